"""The components that show what the network makes of ink: the answer and the bars of one digit; the reading of a number,
and the picture on which it stands.

Answer, bars and reading of a sheet show what the browser asked while the pen was down, too; see answers.js. So each says
which drawing it is of, and an older one does not take the place of a newer.
"""

import base64

from app_pages.components import component
from app_pages.locale import _

_answer = component("live/answer")
_bars = component("live/bars")
_reading = component("live/reading")
_page = component("live/page")

SURE, FAIRLY_SURE = 0.9, 0.6  # probabilities from which a page says so


def show_answer(sheet: str, of: list, answer: dict) -> None:
    """The answer, large, and the picture that the network saw.

    Args:
        sheet: key of the canvas.
        of: which drawing the answer is of, as `Sheet` has it.
        answer: with "headline", "words", "spoken", "tone" and "pixels", as `words.said` gives it.
    """
    data = {name: answer[name] for name in ("headline", "words", "spoken", "tone", "pixels")}
    _answer(key="answer_view", data={"sheet": sheet, "of": of, "answer": data, "words": words_of_answer()})


def words_of_answer() -> dict[str, str]:
    """What live/answer.js itself says, by name."""
    return {
        "reading": _("Reading …"),
        "seen": _("What the network sees"),
        "picture": _("The picture that the network sees"),
    }


def show_bars(sheet: str, of: list, answer: dict, names: list[str]) -> None:
    """A bar for each answer that there can be, on a fixed scale from 0 to 100 %.

    Args:
        sheet, of: as for `show_answer`.
        answer: with "names", "shares", "percents" and "winner", as `words.said` gives it.
        names: of the bars, where there is no answer yet.
    """
    data = {name: answer[name] for name in ("names", "shares", "percents", "winner")}
    label = _("Probability of each answer")
    _bars(key="bars_view", data={"sheet": sheet, "of": of, "answer": data, "names": names, "label": label})


def show_reading(key: str, answer: dict, sheet: str | None = None, of: list | None = None) -> None:
    """A number as it was read, large.

    Args:
        answer: as `words.read_as` gives it; its boxes are shown on the canvas, if there is one.
        sheet, of: as for `show_answer`, if the number is written on a canvas.
    """
    _reading(key=key, data={"answer": answer, "sheet": sheet, "of": of, "words": words_of_reading()})


def words_of_reading() -> dict[str, str]:
    """What live/reading.js itself says, by name."""
    return {
        "reading": _("Reading …"),
        "colours": _("What the colours mean"),
        "sure": _("sure: {share:.0%} or more", share=SURE),
        "fair": _("fairly sure: {share:.0%} or more", share=FAIRLY_SURE),
        "unsure": _("not sure"),
        "other": _("cannot be read"),
    }


def show_page(picture: bytes, size: tuple[int, int], boxes: list[dict], alt: str, tallest: str, key: str = "page_view") -> None:
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
    _page(key=key, data=data)
