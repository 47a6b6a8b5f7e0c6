"""Sheets to write on: a canvas on a page, and what one visitor has written on it.

The drawing itself lives in the visitor's browser (components/canvas): it paints, undoes and clears, asks for answers while
the pen moves, and keeps the strokes so that they outlive a reload, a lost connection and this server. Here is what the
pages know of it; it lies in the session under names that no widget uses, so it is there on every page.
"""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from app_pages.components.canvas import decode_data_url, show_canvas
from app_pages.locale import _, language
from model.ink.image import decode_drawing

INK = "#000000"  # the browser turns it to light ink where the theme is dark
BRUSH_STEP = 4  # pixels of the canvas between two widths of the brush
MOST_SHEETS = 1_000_000  # of paper that one visitor takes

_log = logging.getLogger(__name__)
state = st.session_state


@dataclass(frozen=True)
class Sheet:
    """A sheet, the same for all visitors; what each has on it lies in the session.

    Attributes:
        prefix: what the names in the session begin with. `sheet[name]` is, of this visitor,
            "order": what the canvas was last told to show, as `show_canvas` takes it;
            "ink": uint8 (H, W), the ink that the page is about, or None;
            "of": which drawing that is: the order that it began with, and how many times it was changed since;
            "telling": the number of the last report of the canvas that was taken up;
            "drawing": which sheet of paper it is on; "drawings": how many were taken.
        view: key of the canvas.
        live: the route that answers while the pen is down.
        width, height: pixels of the canvas inside; the browser shows it as large as the screen allows.
        scale: of the picture that is read, against the canvas.
        tallest: how high it may be on the screen, in CSS.
        brush: stroke width at first, in the same pixels; `brushes` are the thinnest and the fattest.
        label: what the canvas is, and its keys, for those who do not see it; untranslated.
        changed: called when another drawing takes the place of the last.
        linked: whether the address of the page has the drawing in it, so that others can be sent it.
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
    label: str
    changed: Callable[[], None] = lambda: None
    linked: bool = True

    def __getitem__(self, name: str):
        return state[self.prefix + name]

    def __setitem__(self, name: str, value) -> None:
        state[self.prefix + name] = value

    def start(self) -> None:
        """Lays an empty sheet before a new visitor."""
        self["ink"] = None
        self["of"] = ["", 0]
        self["telling"] = 0
        self["drawing"] = 0
        state.setdefault(f"{self.prefix}drawings", 0)  # the browser may have kept it
        # Last: a run may be ended at any use of the session, and what is begun by half would never be begun again.
        self["order"] = {"id": "", "objects": [], "sheet": 0, "by": ""}

    @property
    def started(self) -> bool:
        return f"{self.prefix}order" in state

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the picture that is read."""
        return round(self.scale * self.height), round(self.scale * self.width)

    # ── What changes the drawing ──────────────────────────────────────────────────────────────────────────────────────

    def clear(self, by: str) -> None:
        """Has the canvas lay a new sheet of paper, unless the visitor draws on before it hears of it.

        Args:
            by: key of the widget that was pressed for it.
        """
        self.follow()  # the last stroke may have come together with the click
        self["drawing"] = self["drawings"] = self["drawings"] + 1
        self["order"] = {"id": secrets.token_hex(8), "objects": [], "sheet": self["drawing"], "by": by}
        self["of"] = [self["order"]["id"], 0]
        self["ink"] = None
        self.changed()

    # ── What the canvas reports ───────────────────────────────────────────────────────────────────────────────────────

    def follow(self) -> None:
        """Takes up the drawing that the canvas reports, once: after that, an order may have taken its place."""
        drawing = (state.get(self.view) or {}).get("drawing")
        try:
            of, sheet, telling, picture = _checked(drawing)
        except ValueError:
            return
        if telling == self["telling"]:
            return
        self["telling"] = telling
        self["of"] = of
        self["drawing"] = sheet
        self["drawings"] = max(self["drawings"], sheet)
        self.changed()
        try:
            ink = decode_drawing(picture)
            if ink.shape != self.shape:
                raise ValueError(f"It has {ink.shape} pixels instead of {self.shape}.")
            self["ink"] = ink if ink.any() else None
        except ValueError as error:
            _log.warning("A drawing was refused: %s", error)

    # ── What one sees ─────────────────────────────────────────────────────────────────────────────────────────────────

    def show_canvas(self, blank: dict, shows: str = "digit", query: str = "") -> None:
        """The canvas and its tools; not to be called in a fragment.

        Streamlit drops what the page's run had to say of a fragment that runs again before it was sent, and then takes
        the fragment's elements away until they come anew.

        Args:
            blank, shows: as for `components.canvas.show_canvas`.
            query: for the live route.
        """
        with st.container(key="canvas"):
            show_canvas(
                self.view,
                width=self.width,
                height=self.height,
                scale=self.scale,
                tallest=self.tallest,
                brush=self.brush,
                brushes=(*self.brushes, BRUSH_STEP),
                colour=INK,
                label=_(self.label),
                shows=shows,
                blank=blank,
                order=self["order"],
                known=self["of"],
                session=state["session"],
                live=f"{self.live}{query}{'&' if query else '?'}lang={language()}",
                linked=self.linked,
            )


def _checked(drawing) -> tuple[list, int, int, bytes]:
    """What a canvas reports of its drawing: which it is, its sheet of paper, the number of the report and the picture. It
    comes from outside.

    Raises:
        ValueError: it is nothing that a canvas reports.
    """
    if not isinstance(drawing, dict):
        raise ValueError("There is no drawing.")
    order, count, sheet, telling = (drawing.get(name) for name in ("order", "count", "sheet", "telling"))
    picture = decode_data_url(drawing.get("picture"))
    is_sheet = type(sheet) is int and 0 <= sheet <= MOST_SHEETS
    if not (isinstance(order, str) and type(count) is type(telling) is int and is_sheet and picture):
        raise ValueError("This is no drawing.")
    return [order, count], sheet, telling, picture
