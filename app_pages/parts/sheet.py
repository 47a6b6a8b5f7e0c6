"""Sheets to write on: a canvas on a page, and what one visitor has written on it.

The drawing itself lives in the visitor's browser (components/canvas): it paints, asks for answers while the pen moves,
and keeps the strokes so that they outlive a reload, a lost connection and this server. Here is what the pages know of it;
it lies in the session under names that no widget uses, so it is there on every page.
"""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app_pages.components.canvas import decode_data_url, show_canvas
from model.ink.image import decode_drawing
from model.ink.strokes import Strokes, draw

INK = "#000000"  # the browser turns it to light ink where the theme is dark
UNSEEN = -1  # instead of how many times a drawing was changed: its picture is still to come from the browser

_log = logging.getLogger(__name__)
state = st.session_state


@dataclass(frozen=True)
class Sheet:
    """A sheet, the same for all visitors; what each has on it lies in the session.

    Attributes:
        prefix: what the names in the session begin with. `sheet[name]` is, of this visitor,
            "order": what the canvas was last told to show: strokes under "objects", and an "id"; "" if nothing yet;
            "objects": what is on the canvas: strokes, as the canvas writes them;
            "ink": uint8 (H, W), the ink that the page is about, or None;
            "of": which drawing that is: the order that it began with, and how many times it was changed since.
        view: key of the canvas.
        live: the route that answers while the pen is down.
        width, height: pixels of the canvas inside; the browser shows it as large as the screen allows.
        scale: of the picture that is read, against the canvas.
        tallest: how high it may be on the screen, in CSS.
        brush: stroke width at first, in the same pixels; `brushes` are the thinnest and the fattest.
        changed: called when another drawing takes the place of the last.
    """

    prefix: str
    view: str
    live: str
    width: int
    height: int
    scale: float
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
        self["order"] = {"id": "", "objects": []}
        self["objects"] = []
        self["ink"] = None
        self["of"] = ["", 0]

    @property
    def started(self) -> bool:
        return f"{self.prefix}order" in state

    @property
    def chosen_brush(self) -> int:
        return state.get(f"{self.prefix}brush", self.brush)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the picture that is read."""
        return round(self.scale * self.height), round(self.scale * self.width)

    # ── What changes the drawing ──────────────────────────────────────────────────────────────────────────────────────

    def redraw(self, objects: list, ink: np.ndarray | None) -> None:
        """Has the canvas show `objects`. It reports their picture, unless `ink` says here what that is."""
        self["order"] = {"id": secrets.token_hex(8), "objects": objects}
        self["of"] = [self["order"]["id"], UNSEEN if ink is None else 0]
        self["objects"] = objects
        if ink is not None:
            self["ink"] = ink if objects else None
        self.changed()

    def write(self, *parts: tuple[Strokes, float]) -> None:
        """Makes strokes the visitor's drawing; each part has a brush of its own, in pixels of the canvas."""
        height, width = self.shape
        layers = [
            draw([stroke * self.scale for stroke in strokes], brush * self.scale, width, height)
            for strokes, brush in parts
        ]
        self.redraw([_object(stroke, brush) for strokes, brush in parts for stroke in strokes], np.maximum.reduce(layers))

    def clear(self) -> None:
        self.redraw([], np.zeros(self.shape, np.uint8))

    def undo(self) -> None:
        self.follow()  # the last stroke may have come together with the click
        self.redraw(self["objects"][:-1], None)

    # ── What the canvas reports ───────────────────────────────────────────────────────────────────────────────────────

    def follow(self) -> None:
        """Takes up the drawing that the canvas reports, if it is another than the page is about."""
        drawing = (state.get(self.view) or {}).get("drawing")
        try:
            of, objects, picture = _checked(drawing)
        except ValueError:
            return
        # What was drawn before the last order came is gone from the canvas, too.
        if of == self["of"] or self["order"]["id"] not in ("", of[0]):
            return
        self["of"], self["objects"] = of, objects
        self.changed()
        try:
            ink = decode_drawing(picture)
            if ink.shape != self.shape:
                raise ValueError(f"It has {ink.shape} pixels instead of {self.shape}.")
            self["ink"] = ink if objects else None
        except ValueError as error:
            _log.warning("A drawing was refused: %s", error)

    # ── What one sees ─────────────────────────────────────────────────────────────────────────────────────────────────

    def show_canvas(self, query: str = "") -> None:
        """The canvas; not to be called in a fragment.

        Streamlit drops what the page's run had to say of a fragment that runs again before it was sent, and then takes
        the fragment's elements away until they come anew: a canvas would be emptied by that.

        Args:
            query: for the live route.
        """
        with st.container(key="canvas"):
            show_canvas(
                self.view,
                width=self.width,
                height=self.height,
                scale=self.scale,
                tallest=self.tallest,
                brush=self.chosen_brush,
                colour=INK,
                order=self["order"],
                known=self["of"],
                session=state["session"],
                live=self.live + query,
            )

    def show_tools(self, undo: Callable, clear: Callable, show_one: Callable) -> None:
        """The buttons below the canvas, and what they call."""
        with st.container(horizontal=True, key="tools", gap="small"):
            st.button("Undo", icon=":material/undo:", on_click=undo)
            st.button("Clear", icon=":material/delete:", on_click=clear)
            st.button("Show me one", icon=":material/auto_awesome:", on_click=show_one)
            with st.popover("Brush", icon=":material/brush:"):
                key = f"{self.prefix}brush"
                state.setdefault(key, self.brush)
                st.slider("Brush width", *self.brushes, step=4, key=key, persist_state="session")


def _checked(drawing) -> tuple[list, list, bytes]:
    """What a canvas reports of its drawing: which it is, its strokes and its picture. It comes from outside.

    Raises:
        ValueError: it is nothing that a canvas reports.
    """
    if not isinstance(drawing, dict):
        raise ValueError("There is no drawing.")
    order, count, objects = (drawing.get(name) for name in ("order", "count", "objects"))
    picture = decode_data_url(drawing.get("picture"))
    if not (isinstance(order, str) and type(count) is int and isinstance(objects, list) and picture):
        raise ValueError("This is no drawing.")
    return [order, count], objects, picture


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
