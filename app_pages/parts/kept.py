"""What the browser keeps of a visit beside the drawings, so that a reload, another server or none does not lose it.

Uploaded pictures are not kept: they are larger than what a browser stores for a page.
"""

import secrets
from collections.abc import Callable

import streamlit as st

from app_pages.components.visit import keep_visit, restored_visit
from app_pages.parts import visit
from app_pages.parts.results import LABELS

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
    kept = {name: state[name] for name in PARTS if name in state}
    if "tally" in kept:
        kept["tally"] = list(kept["tally"].items())
    keep_visit(state.session, kept, state.is_restored)


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
    number, label = _number(0, MOST), _one_of(LABELS)
    order, count = kept["of"]
    _checked(kept["labels"], len(kept["labels"]) <= MOST)
    return {
        "of": [_checked(order, isinstance(order, str)), number(count)],
        "labels": [[number(index), label(correction)] for index, correction in kept["labels"]],
        "is_restored": True,
    }


PARTS = {
    "drawings": _number(0, MOST),
    "tally": _tally,
    "kind": _one_of(visit.KINDS),
    "digits": _number(1, visit.MOST_DIGITS),
    "corrections": _corrections,
}
