"""What the browser keeps of a visit beside the drawings, so that a reload, another server or none does not lose it.

Uploaded pictures are not kept: they are larger than what a browser stores for a page. What was taught the browser fetches when
it has changed (server/routes.py), so that no run of a page has to send it.
"""

import secrets
from collections.abc import Callable

import streamlit as st

from app_pages.components.visit import has_no_room, keep_visit, restored_visit
from app_pages.locale import N_, _
from app_pages.parts import lesson, network, visit
from app_pages.parts.results import LABELS
from model.reading.lesson import from_file
from model.reading.taught import Examples

NO_ROOM = N_(
    "Your browser has no room to keep what you taught through a reload of the page: save it to a file on the page “Teach it”."
)
MOST = 10_000  # drawings that are counted, characters that are put right

state = st.session_state


def restore() -> None:
    """Takes up what the browser kept, once in each session. Each part is checked alone, and left out if it is not sound."""
    state.setdefault("session", secrets.token_hex(8))
    state.setdefault("is_restored", False)
    offered = None if state.is_restored else restored_visit(state.session)
    if offered is None:
        return
    state.is_restored = True
    for name, sound in PARTS.items():
        try:
            if name in offered:
                state[name] = sound(offered[name])
        except (TypeError, ValueError, KeyError, IndexError):
            continue


def keep() -> None:
    """Has the browser keep this visit as it is now."""
    kept = {name: state[name] for name in PARTS if name in state and name != "lesson"}
    if "tally" in kept:
        kept["tally"] = list(kept["tally"].items())
    keep_visit(state.session, kept, state.is_restored, _lesson())
    if has_no_room():
        st.warning(_(NO_ROOM), icon=":material/warning:")


def _lesson() -> dict | None:
    """What was taught, as `keep_visit` takes it; None where it cannot be fetched yet."""
    known = lesson.examples()
    if not len(known):
        return {"digest": "", "query": ""}
    taught = lesson.available(network.recognizer())
    return taught and {"digest": lesson.digest(known), "query": f"?taught={taught.token}"}


# ── What is kept, and how it is checked when it comes back ────────────────────────────────────────────────────────────


def _checked(value, is_sound: bool):
    if not is_sound:
        raise ValueError(f"{value!r} was not kept by this program.")
    return value


def _number(low: int, high: int) -> Callable:
    return lambda value: _checked(value, type(value) is int and low <= value <= high)


def _one_of(choices) -> Callable:
    return lambda value: _checked(value, isinstance(value, str) and value in choices)


def _tally(pairs) -> dict[int, bool]:
    number = _number(0, MOST)
    _checked(pairs, len(pairs) <= MOST)
    return {number(drawing): _checked(right, isinstance(right, bool)) for drawing, right in pairs}


def _corrections(kept) -> dict:
    number, label = _number(0, MOST), _one_of([*LABELS, *lesson.examples().symbols])
    order, count = kept["of"]
    _checked(kept["labels"], len(kept["labels"]) <= MOST)
    return {
        "of": [_checked(order, isinstance(order, str)), number(count)],
        "labels": [[number(index), label(correction)] for index, correction in kept["labels"]],
        "is_restored": True,
    }


def _lesson_of(text) -> Examples:
    _checked(text, isinstance(text, str))
    return from_file(text.encode(errors="replace"))


PARTS = {
    "lesson": _lesson_of,  # first: corrections may name its symbols
    "with_lesson": lambda value: _checked(value, isinstance(value, bool)),
    "drawings": _number(0, MOST),
    "tally": _tally,
    "kind": _one_of(visit.KINDS),
    "digits": _number(1, visit.MOST_DIGITS),
    "corrections": _corrections,
    "class_key": lambda value: _checked(value, isinstance(value, str) and 0 < len(value) <= 32),
}
