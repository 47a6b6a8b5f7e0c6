"""What is said of a drawing: the same whether a page's run says it or, while the pen moves, the server's own route.

Each function gives what a component of components/live shows, as plain values that JSON can hold.
"""

import base64
from collections import Counter

import numpy as np

from app_pages.locale import N_, _, ngettext
from app_pages.parts.results import FAIRLY_SURE, SURE, Result

DIGITS = [str(digit) for digit in range(10)]
NO_DIGIT, NOTHING_KNOWN = N_("no digit"), N_("nothing I know")
ANSWERS = [*DIGITS, NO_DIGIT]


def answers(labels) -> list[str]:
    """The names of all answers that a recogniser with these labels can give; those of `ANSWERS`, if it knows digits alone."""
    return [*labels, _(NO_DIGIT if len(labels) == len(DIGITS) else NOTHING_KNOWN)]


# ── One digit ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def digit_answer(prediction, labels=tuple(DIGITS)) -> dict:
    """The answer to a drawing, as `said` gives it.

    Args:
        prediction: a `model.Prediction`, or None if nothing is drawn.
        labels: what is known, where nothing is drawn.
    """
    if prediction is None:
        knows_digits_alone = len(labels) == len(DIGITS)
        asked = (
            _("Draw a digit, as large as you like.")
            if knows_digits_alone
            else _("Draw a digit or a symbol, as large as you like.")
        )
        return said("", asked, "quiet", labels=labels)
    return said(*_headline(prediction), prediction)


def said(headline: str, words: str, tone: str, prediction=None, labels=tuple(DIGITS)) -> dict:
    """An answer, and the bars and the picture that go with it.

    Args:
        headline: what fills the space: the digit, or the answers in question.
        words: how sure, or what to do.
        tone: "sure", "unsure", "none" or "quiet".
        prediction: of which bars and picture are; None leaves them empty.
        labels: of which there are bars, where there is no prediction.

    Returns:
        these words; "spoken", what a screen reader says of them; "pixels", the picture that the network saw, 784 bytes
        in base64, or None; "names" of the bars, as `answers` gives them; "shares", their lengths, 0 to 1; "percents", what
        stands beside them; and "winner", the bar to mark, or None.
    """
    names = answers(labels if prediction is None else prediction.labels)
    portions = np.zeros(len(names)) if prediction is None else shares(prediction)
    winner = None
    if prediction is not None:
        winner = prediction.labels.index(prediction.label) if prediction.is_digit else len(names) - 1
    return {
        "headline": headline,
        "words": words,
        "spoken": _("{answer}, {words}", answer=headline, words=words) if tone in ("sure", "unsure") else words,
        "tone": tone,
        "pixels": None if prediction is None else base64.b64encode(prediction.image.tobytes()).decode("ascii"),
        "names": names,
        "shares": np.round(portions, 4).tolist(),
        "percents": percentages(portions),
        "winner": winner,
    }


def _headline(prediction) -> tuple[str, str, str]:
    names = answers(prediction.labels)
    if not prediction.is_digit:
        knows_digits_alone = len(prediction.labels) == len(DIGITS)
        return "?", _("That is no digit I know.") if knows_digits_alone else _("That is nothing I know."), "none"
    portions = shares(prediction)
    first = names.index(prediction.label)
    second = next(index for index in np.argsort(portions)[::-1] if index != first)
    share = percentages(portions)[first] / 100
    if portions[first] >= SURE:
        return names[first], _("sure: {share:.0%}", share=share), "sure"
    if portions[first] >= FAIRLY_SURE:
        return names[first], _("fairly sure: {share:.0%}", share=share), "sure"
    asked = _("{first} or {second}", first=names[first], second=names[second])
    return asked, _("not sure: {share:.0%}", share=share), "unsure"


def in_short(prediction) -> str:
    """An answer in a line, for Markdown: "3, 92%"."""
    if not prediction.is_digit:
        return answers(prediction.labels)[-1]
    share = percentages(shares(prediction))[prediction.labels.index(prediction.label)] / 100
    return _("{answer}, {share:.0%}", answer=plain(prediction.label), share=share)


def plain(text: str) -> str:
    """A name in a sentence: its signs are not those of Markdown."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]()<>#+-!|~:$" else sign for sign in text)


def shares(prediction) -> np.ndarray:
    """How likely the drawing is each of `answers`, one more than labels: they add up to 1."""
    digits = prediction.probabilities.astype(float) * prediction.digit_probability
    return np.append(digits, max(0.0, 1 - digits.sum()))


def percentages(portions: np.ndarray) -> list[int]:
    """Shares in whole per cents that add up to 100, or to 0 if nothing is drawn; never 100 for one of them while there is
    a doubt left that one could see in a bar.

    What is left after rounding down goes to the largest remainders (Hamilton's method of apportionment).
    """
    if not portions.any():
        return [0] * len(portions)
    exact = 100 * portions / portions.sum()
    whole = np.floor(exact).astype(int)
    for index in np.argsort(whole - exact, kind="stable")[: 100 - whole.sum()]:
        whole[index] += 1
    first, second = np.argsort(-exact, kind="stable")[:2]
    if whole[first] == 100 > percentage(portions[first]):
        whole[[first, second]] = 99, 1
    return whole.tolist()


def percentage(probability: float) -> int:
    """In per cent, whole; never 100 while there is a doubt left that one could see in a bar."""
    return min(99, round(100 * probability)) if probability < 0.9995 else 100


# ── A number ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def sheet_answer(result: Result | None) -> dict:
    """The answer to a number on the sheet, as `read_as` gives it; `result` is None if nothing is written."""
    if result is None or not result.reading.lines:
        return read_as(_("Write a number on the sheet, digit beside digit."))
    if not result.is_read:
        return read_as(_("There is no digit on the sheet that I know."), note_on(result), result=result)
    return read_as(words_on(result), note_on(result), "sure", result)


def read_as(words: str, note: str = "", tone: str = "quiet", result: Result | None = None) -> dict:
    """A number as it was read.

    Args:
        words: how sure, or what to do.
        note: what else is to be said once the pen rests, or "".
        tone: of the words: "sure" or "quiet".
        result: of which lines and boxes are; None leaves them out.

    Returns:
        these words; "spoken", what a screen reader says of all of it; "lines" of characters, each with "label", "kind"
        (as `Character.kind`) and "tone" (as `Entry.tone`); and "boxes", as `boxes_on` gives them.
    """
    text = "" if result is None else result.text.replace("\n", "; ")
    return {
        "words": words,
        "note": note,
        "spoken": " ".join(filter(None, (f"{text}, {words}" if text.strip() else words, note))),
        "tone": tone,
        "lines": [] if result is None else lines_of(result),
        "boxes": [] if result is None else boxes_on(result),
    }


def words_on(result: Result) -> str:
    """How sure the network is of a result with digits."""
    unsure = [entry for entry in result.entries if entry.tone == "unsure"]
    unread = sum(entry.kind == "other" for entry in result.entries)
    if unread:
        return ngettext("one cannot be read", "{count} cannot be read", unread)
    if result.lowest is None:
        return _("All of it was put right by you.")
    share = percentage(result.lowest) / 100
    if unsure:
        return ngettext(
            "not sure of one digit: {share:.0%}", "not sure of {count} digits: at least {share:.0%}", len(unsure), share=share
        )
    if result.lowest < FAIRLY_SURE:  # of what is no digit any more
        return _("not sure: {share:.0%}", share=share)
    if result.lowest < SURE:
        return _("fairly sure: at least {share:.0%}", share=share)
    return _("sure: at least {share:.0%}", share=share)


def note_on(result: Result) -> str:
    """What else is to be said on a result, or ""."""
    notes = []
    if result.turned:
        is_upside_down = result.turned == 180
        on_its_side = _("The picture lay on its side and was turned.")
        notes.append(_("The picture lay upside down and was turned.") if is_upside_down else on_its_side)
    if result.expect is not None and result.expect.startswith("postcode:"):
        wanted = int(result.expect.removeprefix("postcode:"))
        if any(sum(entry.kind == "digit" for entry in line) != wanted for line in result.lines):
            notes.append(_("This is no postcode of {wanted} digits as it stands: look at it again.", wanted=wanted))
    left_out = result.reading.left_out
    if left_out:
        notes.append(
            ngettext(
                "Not all of it was read: one piece of ink was too much and was left out.",
                "Not all of it was read: {count:,} pieces of ink were too much and were left out.",
                left_out,
            )
        )
    return " ".join(notes)


def boxes_on(result: Result) -> list[dict]:
    """A box for each character: "label", "tone" and "edges": left, top, right, bottom as shares of width and height."""
    scale = np.array(result.size * 2, float)
    return [
        {
            "label": entry.label.strip(),
            "tone": entry.tone,
            "edges": np.round(np.array(entry.character.box) / scale, 4).tolist(),
        }
        for entry in result.entries
        if entry.kind != "none"
    ]


def lines_of(result: Result) -> list[list[dict]]:
    """The lines of a result, as `read_as` gives them."""
    return [
        [{"label": entry.label.strip(), "kind": entry.kind, "tone": entry.tone} for entry in line if entry.kind != "none"]
        for line in result.lines
    ]


def next_digit(counts: Counter, last: str) -> str:
    """One of the digits of which there are fewest examples, in no order; another one than `last`."""
    others = [digit for digit in DIGITS if digit != last]
    fewest = min(counts[digit] for digit in others)
    return str(np.random.default_rng().choice([digit for digit in others if counts[digit] == fewest]))
