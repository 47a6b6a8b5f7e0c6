"""What one visitor has: drawings and the network's answer to them. Nothing of it is stored here or seen by another.

It lies in the session under names that no widget uses, so it is there on every page.
"""

import numpy as np
import streamlit as st

from app_pages.parts.sheet import Sheet
from model.data.examples import example
from model.ink.strokes import placed

state = st.session_state


def forget_verdict() -> None:
    state.verdict = None


SHEET = Sheet(
    prefix="",
    view="canvas_view",
    live="live/digit",
    width=560,
    height=560,
    scale=0.5,  # read as well as whole: of 400 digits each at eleven sizes and brushes, none but blots differ
    tallest="var(--canvas-tallest)",
    brush=36,  # a felt pen on a sheet that one digit fills
    brushes=(12, 80),
    changed=forget_verdict,
)
NUMBER_SHEET = Sheet(
    prefix="number_",
    view="number_view",
    live="live/number",
    width=900,
    height=260,
    scale=1,
    tallest="var(--canvas-tallest)",
    brush=14,
    brushes=(6, 30),
)
KINDS = {"any": "Numbers", "postcode": "Postcode", "amount": "Amount", "form": "Form"}
MOST_DIGITS, USUAL_DIGITS = 12, 5  # of a postcode


def start() -> None:
    """Begins a visit, unless it has begun."""
    if SHEET.started:
        return
    SHEET.start()
    NUMBER_SHEET.start()
    state.prediction = None
    state.prediction_of = state.prediction_by = None  # the ink and the recogniser that made it
    state.verdict = None
    state.shown = None  # the example last shown
    state.setdefault("tally", {})  # number of the drawing → whether it was read right; the browser may have kept it
    state.setdefault("drawings", 0)


def show_one(label: str | None = None) -> None:
    """Makes an example the visitor's drawing: the digit `label`, or another one than was shown last."""
    rng = np.random.default_rng()
    state.shown, strokes = example(rng, after=state.shown, label=label)
    extent = SHEET.width * rng.uniform(0.45, 0.65)
    centre = SHEET.width / 2 + rng.uniform(-0.05, 0.05, 2) * SHEET.width
    SHEET.write((placed(strokes, extent, tuple(centre)), SHEET.chosen_brush))
    state.drawings += 1
