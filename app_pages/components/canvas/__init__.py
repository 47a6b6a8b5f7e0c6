"""The canvas: streamlit-drawable-canvas, wrapped so that the browser keeps what is drawn and asks for answers itself."""

import base64
import binascii

from app_pages.components import component
from app_pages.locale import _

MAX_PICTURE = 400_000  # characters of a picture's data URL; a drawn one has some 5,000

# The canvas brings a style of its own, which shall reach nothing else.
_sheet = component("canvas/sheet", isolated=True)


def show_canvas(
    key: str,
    *,
    width: int,
    height: int,
    scale: float,
    tallest: str,
    brush: int,
    brushes: tuple[int, int, int],
    colour: str,
    label: str,
    shows: str,
    blank: dict,
    order: dict,
    known: list,
    session: str,
    live: str,
    linked: bool,
) -> None:
    """A canvas to draw on with a mouse, a finger or a pen, and by keys; below it the tools: Undo, Redo, Clear, Show me one …

    Its state, `st.session_state[key]["drawing"]`, tells the finished drawing: "picture", the data URL of a PNG whose alpha
    is the ink; "order" and "count", the last order that was obeyed and how many times the drawing was changed since; and
    "sheet", which sheet of paper it is on: Clear and Show me one take a new one, Undo brings back the last. "telling" says
    how many times something was told: the same may be told again.

    Args:
        key: of the component, and the name under which the browser keeps the drawings.
        width, height: pixels inside; the browser shows it as large as the screen allows.
        scale: of the picture, against the canvas.
        tallest: how high it may be on the screen, in CSS.
        brush, colour: of strokes, at first: their width in pixels of the canvas, and a CSS colour.
        brushes: the thinnest and the fattest brush, and the step between two.
        label: what the canvas is, and its keys, for those who do not see it.
        shows: what Show me one shows: "digit"; or a number: "any", "amount", "form" or "postcode:" and its digits; or
            "nothing", where the hand alone is to draw.
        blank: the answer to an empty canvas.
        order: an "id"; the "objects" that are to take the place of the drawing, once for each id, and their "sheet"; and
            "by", the key of the widget that was pressed for it: where the hand has drawn since, the order comes too late and
            is refused. There is none if the id is "".
        known: "order" and "count" of the drawing that the page knows already.
        session: of the server; where it is another, the drawing is told anew.
        live: address of the route that answers to pictures while the pen is down.
        linked: whether the address of the page has the drawing in it.
    """
    _sheet(
        key=key,
        data={
            "name": key,
            "width": width,
            "height": height,
            "scale": scale,
            "tallest": tallest,
            "brush": brush,
            "brushes": brushes,
            "colour": colour,
            "label": label,
            "shows": shows,
            "blank": blank,
            "order": order,
            "known": known,
            "session": session,
            "live": live,
            "linked": linked,
            "words": {
                "tools": _("Drawing tools"),
                "undo": _("Undo"),
                "redo": _("Redo"),
                "clear": _("Clear"),
                "show": _("Show me one"),
                "digits": _("Digits"),
                "brush": _("Brush"),
                "this_digit": _("Show me this digit"),
                "digit": _("Show me {digit}"),
                "width": _("Brush width"),
            },
        },
        default={"drawing": None},
        on_drawing_change=lambda: None,
    )


def decode_data_url(url) -> bytes | None:
    """The bytes of a PNG's data URL, or None if it is none or too large: it comes from outside."""
    prefix = "data:image/png;base64,"
    if not isinstance(url, str) or len(url) > MAX_PICTURE or not url.startswith(prefix):
        return None
    try:
        return base64.b64decode(url[len(prefix) :], validate=True)
    except (binascii.Error, ValueError):
        return None
