"""The components that show what the network makes of ink: the answer and the bars of one digit; the reading of a number,
and the picture on which it stands.

Bars and reading also watch the canvas: while the pen is down they send small pictures of the ink, because the canvas
itself reports a drawing only when the pen is lifted.
"""

import base64
import binascii
from pathlib import Path

import numpy as np
import streamlit as st

from app_pages.components import THEME, component

MAX_PICTURE = 400_000  # characters of a picture's data URL; a drawn one has some 5,000

_HERE = Path(__file__).parent

_answer = component(_HERE, "answer", _HERE / "text.js")
_bars = component(_HERE, "bars", THEME, _HERE / "watcher.js")
_reading = component(_HERE, "reading", THEME, *(_HERE / f"{name}.js" for name in ("text", "watcher", "boxes")))
_page = component(_HERE, "page", _HERE / "boxes.js")


def show_answer(headline: str, words: str, tone: str, picture: np.ndarray | None, drawing: bool) -> None:
    """The answer, large, and the picture that the network saw.

    Args:
        headline: what fills the space: the digit, or the digits in question.
        words: how sure, or what to do.
        tone: "sure", "unsure", "none" or "quiet".
        picture: uint8 (28, 28), or None for an empty frame.
        drawing: whether the pen is still down; a screen reader is told only what stands when it rests.
    """
    pixels = None if picture is None else base64.b64encode(picture.tobytes()).decode("ascii")
    _answer(
        key="answer_view",
        data={"headline": headline, "words": words, "tone": tone, "pixels": pixels, "drawing": drawing},
    )


def show_bars(shares: list[float], percents: list[int], winner: int | None, sheet: dict) -> None:
    """Ten bars, 0 to 9, on a fixed scale from 0 to 100 %.

    Args:
        shares: ten lengths, 0 to 1.
        percents: what stands beside them.
        winner: the bar to mark, if any.
        sheet: the canvas to watch, as `Sheet.watched` says it.
    """
    _bars(
        key="bars_view",
        data={"shares": shares, "percents": percents, "winner": winner, "sheet": sheet},
        default={"sample": None},
        on_sample_change=lambda: None,
    )


def show_reading(
    key: str,
    lines: list[list[dict]],
    words: str,
    note: str,
    tone: str,
    room: str,
    boxes: list[dict] | None = None,
    sheet: dict | None = None,
    drawing: bool = False,
) -> None:
    """A number as it was read, large.

    Args:
        lines: of characters, each with "label", "kind" (as `Character.kind`) and "tone" ("sure", "fair", "unsure" or
            "other").
        words, note: a sentence on how sure, or on what to do; and one on what else is to be said, or "".
        tone: of the words: "sure" or "quiet".
        room: height of the lines together, in CSS.
        boxes: as for `show_page`; shown on the canvas, if there is one.
        sheet: the canvas to watch, as `Sheet.watched` says it.
        drawing: whether the pen is still down; a screen reader is told only what stands when it rests.
    """
    _reading(
        key=key,
        data={
            "lines": lines,
            "words": words,
            "note": note,
            "tone": tone,
            "room": room,
            "boxes": boxes or [],
            "sheet": sheet,
            "drawing": drawing,
        },
        default={"sample": None},
        on_sample_change=lambda: None,
    )


def show_page(picture: bytes, size: tuple[int, int], boxes: list[dict], alt: str, tallest: str) -> None:
    """A picture with boxes around what was read on it.

    Args:
        picture: JPEG.
        size: width and height, for its shape.
        boxes: each with "label", "tone" and "edges": left, top, right, bottom as shares of width and height, 0 to 1.
        alt: what it shows, for those who do not see it.
        tallest: how high it may be on the screen, in CSS.
    """
    url = f"data:image/jpeg;base64,{base64.b64encode(picture).decode('ascii')}"
    data = {"picture": url, "width": size[0], "height": size[1], "boxes": boxes, "alt": alt, "tallest": tallest}
    _page(key="page_view", data=data)


def current_sample(watcher: str = "bars_view") -> tuple[int, bytes] | None:
    """The latest picture that the component with the key `watcher` sent: its number and the PNG of the ink. None if it
    is not one."""
    sample = (st.session_state.get(watcher) or {}).get("sample")
    if not isinstance(sample, dict) or not isinstance(sample.get("number"), int):
        return None
    png = decode_data_url(sample.get("picture"))
    return None if png is None else (sample["number"], png)


def decode_data_url(url) -> bytes | None:
    """The bytes of a PNG's data URL, or None if it is none or too large: it comes from outside."""
    prefix = "data:image/png;base64,"
    if not isinstance(url, str) or len(url) > MAX_PICTURE or not url.startswith(prefix):
        return None
    try:
        return base64.b64decode(url[len(prefix) :], validate=True)
    except (binascii.Error, ValueError):
        return None
