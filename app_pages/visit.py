"""What one visitor has: a drawing and the network's answer to it. Nothing of it is stored or seen by another.

It lies in the session under names that no widget uses, so it is there on every page.
"""

import numpy as np
import streamlit as st

from model.examples import example
from model.strokes import draw, placed

SIDE = 560  # pixels of the canvas inside; the browser shows it as large as the screen allows
BRUSH = 36  # of the same pixels: a felt pen on a sheet that one digit fills
INK = "#000000"  # the browser turns it to light ink where the theme is dark

state = st.session_state


def start() -> None:
    """Begins a visit, unless it has begun."""
    if "drawing" in state:
        return
    state.drawing = {"objects": [], "number": 0}  # what the canvas was last told to show
    state.objects = []  # what is on the canvas: strokes, as the canvas writes them
    state.ink = None  # uint8 (H, W), the ink that answer, bars and picture are about
    state.finished = None  # the finished drawing that was read last, as the canvas reported it
    state.sample = None  # number of the picture that was read last while the pen was down
    state.pen_down = False  # whether `ink` came from such a picture
    state.prediction = None
    state.prediction_of = state.prediction_by = None  # the ink and the recogniser that made it
    state.verdict = None
    state.shown = None  # the example last shown
    state.tally = {}  # number of the drawing → whether it was read right
    state.drawings = 0


def redraw(objects: list) -> None:
    """Has the canvas show `objects`; it reports back once it does."""
    state.drawing = {"objects": objects, "number": state.drawing["number"] + 1}
    state.objects = objects
    state.verdict = None
    if not objects:
        state.ink = None


def show_one(label: str | None = None) -> None:
    """Makes an example the visitor's drawing: the digit `label`, or another one than was shown last."""
    rng = np.random.default_rng()
    state.shown, strokes = example(rng, after=state.shown, label=label)
    extent = SIDE * rng.uniform(0.45, 0.65)
    strokes = placed(strokes, extent, tuple(SIDE / 2 + rng.uniform(-0.05, 0.05, 2) * SIDE))
    brush = state.get("brush", BRUSH)
    objects = []
    for stroke in strokes:
        points = np.round(stroke, 1).tolist()
        path = [["M", *points[0]], *(["L", *point] for point in points[1:])]
        objects.append(
            {
                "type": "Path",
                "path": path,
                "fill": None,
                "stroke": INK,
                "strokeWidth": brush,
                "strokeLineCap": "round",
                "strokeLineJoin": "round",
            }
        )
    redraw(objects)
    state.ink, state.pen_down = draw(strokes, brush, SIDE), False
    state.drawings += 1
