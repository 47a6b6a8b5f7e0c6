"""Sheets to write on: a canvas on a page, and what one visitor has written on it.

What is on a sheet lies in the session under names that no widget uses, so it is there on every page.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from streamlit_drawable_canvas import st_canvas

from app_pages.components import live
from model.ink.image import decode_drawing
from model.ink.strokes import Strokes, draw

INK = "#000000"  # the browser turns it to light ink where the theme is dark
CONTAINER = "canvas"  # key of the container in which the canvas of a page stands

_log = logging.getLogger(__name__)
state = st.session_state


@dataclass(frozen=True)
class Sheet:
    """A sheet, the same for all visitors; what each has on it lies in the session.

    Attributes:
        prefix: what the names in the session begin with. `sheet[name]` is, of this visitor,
            "drawing": what the canvas was last told to show, its strokes under "objects";
            "objects": what is on the canvas: strokes, as the canvas writes them;
            "ink": uint8 (H, W), the ink that the page is about, or None;
            "finished": the finished drawing that was read last, as the canvas reported it;
            "sample": number of the picture that was read last while the pen was down;
            "pen_down": whether "ink" came from such a picture.
        view: key of the canvas.
        watcher: key of the component that watches it.
        width, height: pixels of the canvas inside; the browser shows it as large as the screen allows.
        tallest: how high it may be on the screen, in CSS.
        brush: stroke width at first, in the same pixels; `brushes` are the thinnest and the fattest.
        changed: called when another drawing takes the place of the last.
    """

    prefix: str
    view: str
    watcher: str
    width: int
    height: int
    tallest: str
    brush: int
    brushes: tuple[int, int]
    changed: Callable[[], None] = lambda: None

    def __getitem__(self, name: str):
        return state[self.prefix + name]

    def __setitem__(self, name: str, value) -> None:
        state[self.prefix + name] = value

    def start(self) -> None:
        """Lays an empty sheet before a new visitor."""
        self["drawing"] = {"objects": [], "number": 0}
        self["objects"] = []
        self["ink"] = self["finished"] = self["sample"] = None
        self["pen_down"] = False

    @property
    def started(self) -> bool:
        return f"{self.prefix}drawing" in state

    @property
    def chosen_brush(self) -> int:
        return state.get(f"{self.prefix}brush", self.brush)

    # ── What changes the drawing ──────────────────────────────────────────────────────────────────────────────────────

    def redraw(self, objects: list) -> None:
        """Has the canvas show `objects`; it reports back once it does."""
        self["drawing"] = {"objects": objects, "number": self["drawing"]["number"] + 1}
        self["objects"] = objects
        if not objects:
            self["ink"] = None
        self.changed()

    def write(self, *parts: tuple[Strokes, float]) -> None:
        """Makes strokes the visitor's drawing; each part has a brush of its own, in pixels of the canvas."""
        self.redraw([_object(stroke, brush) for strokes, brush in parts for stroke in strokes])
        layers = [draw(strokes, brush, self.width, self.height) for strokes, brush in parts]
        self["ink"], self["pen_down"] = np.maximum.reduce(layers), False

    def clear(self) -> None:
        self.redraw([])

    def undo(self) -> None:
        self.redraw(self._drawn()[:-1])

    def resume(self) -> None:
        """Puts the drawing on the canvas again if the visitor comes back from another page: there, a canvas forgets."""
        if self.view not in state and self["objects"]:
            self.redraw(self["objects"])
            self["finished"] = self["sample"] = None

    # ── What the canvas and the watcher report ────────────────────────────────────────────────────────────────────────

    def follow(self) -> None:
        """Takes up what is new since the last run: a picture sent while the pen is down, or a finished drawing."""
        sample = live.current_sample(self.watcher)
        if sample is not None and sample[0] != self["sample"]:
            self["sample"], self["pen_down"] = sample[0], True
            self._take(sample[1])
        # A stroke is finished, undone or loaded: the drawing is read whole.
        finished = self._reported().get("data")
        if finished == self["finished"]:
            return
        self["finished"], self["pen_down"] = finished, False
        self["objects"] = self._drawn()
        self._take(live.decode_data_url(finished))

    def _take(self, png: bytes | None) -> None:
        """Makes the ink of `png` the one that the page is about; a picture that cannot be read changes nothing."""
        self.changed()
        if png is None:
            return
        try:
            self["ink"] = decode_drawing(png)
        except ValueError as error:
            _log.warning("A drawing was refused: %s", error)

    def _reported(self) -> dict:
        """What the canvas last reported: its objects under "raw", a PNG as data URL under "data"."""
        return (state.get(self.view) or {}).get("drawing") or {}

    def _drawn(self) -> list:
        """The strokes on the canvas, as it last reported them."""
        return (self._reported().get("raw") or {}).get("objects") or []

    # ── What one sees ─────────────────────────────────────────────────────────────────────────────────────────────────

    def show_canvas(self) -> None:
        """The canvas; not to be called in a fragment.

        Streamlit drops what the page's run had to say of a fragment that runs again before it was sent, and then takes
        the fragment's elements away until they come anew: a canvas would be emptied by that.
        """
        with st.container(key=CONTAINER):
            st_canvas(
                stroke_width=self.chosen_brush,
                stroke_color=INK,
                width=self.width,
                height=self.height,
                initial_drawing=self["drawing"],
                return_image_data=True,
                key=self.view,
            )

    def show_tools(self, undo: Callable, clear: Callable, show_one: Callable) -> None:
        """The buttons below the canvas, and what they call."""
        with st.container(horizontal=True, key="tools", gap="small"):
            st.button("Undo", icon=":material/undo:", on_click=undo)
            st.button("Clear", icon=":material/delete:", on_click=clear)
            st.button("Show me one", icon=":material/auto_awesome:", on_click=show_one)
            with st.popover("Brush", icon=":material/brush:"):
                key = f"{self.prefix}brush"
                st.slider("Brush width", *self.brushes, self.brush, 4, key=key, persist_state="session")

    def watched(self) -> dict:
        """What the watcher in the browser has to know, see live/watcher.js."""
        return {
            "canvas": CONTAINER,
            "width": self.width,
            "height": self.height,
            "tallest": self.tallest,
            "sample": self["sample"],
        }


def _object(stroke: np.ndarray, brush: float) -> dict:
    """A stroke as the canvas writes it."""
    points = np.round(stroke, 1).tolist()
    return {
        "type": "Path",
        "path": [["M", *points[0]], *(["L", *point] for point in points[1:])],
        "fill": None,
        "stroke": INK,
        "strokeWidth": brush,
        "strokeLineCap": "round",
        "strokeLineJoin": "round",
    }
