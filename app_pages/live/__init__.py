"""The two components that show what the network makes of the drawing: the answer, and the bars.

The bars also watch the canvas: while the pen is down they send small pictures of the ink, because the canvas itself
reports a drawing only when the pen is lifted.
"""

import base64
import binascii
from pathlib import Path

import numpy as np
import streamlit as st

from app_pages.components import THEME, component

MAX_PICTURE = 400_000  # characters of a picture's data URL; a drawn one has some 5,000

_HERE = Path(__file__).parent

_answer = component(_HERE, "answer")
_bars = component(_HERE, "bars", THEME)


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


def show_bars(
    shares: list[float], percents: list[int], winner: int | None, sample: int | None, canvas: str
) -> None:
    """Ten bars, 0 to 9, on a fixed scale from 0 to 100 %.

    Args:
        shares: ten lengths, 0 to 1.
        percents: what stands beside them.
        winner: the bar to mark, if any.
        sample: the number of the picture that `shares` answer, as `current_sample` gave it; the next is
            sent once it is answered.
        canvas: key of the container in which the canvas stands.
    """
    _bars(
        key="bars_view",
        data={"shares": shares, "percents": percents, "winner": winner, "sample": sample, "canvas": canvas},
        default={"sample": None},
        on_sample_change=lambda: None,
    )


def current_sample() -> tuple[int, bytes] | None:
    """The latest picture that the bars sent: its number and the PNG of the ink. None if it is not one."""
    sample = (st.session_state.get("bars_view") or {}).get("sample")
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
