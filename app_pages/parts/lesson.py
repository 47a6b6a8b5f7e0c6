"""What a visitor has taught: examples of digits in their own hand, and of symbols.

They lie in the session, and in the browser (parts/kept.py), so that a reload or a lost connection loses nothing. Nobody else
sees them. The recogniser that knows them is made once for each change; live answers find it by a token that only this
visitor's pages have.
"""

import hashlib
import secrets
from functools import cached_property
from weakref import WeakValueDictionary

import numpy as np
import streamlit as st

from app_pages.locale import _
from model.reading.taught import Examples

MOST_UNDONE = 50  # changes that can be taken back

state = st.session_state
_by_token: WeakValueDictionary = WeakValueDictionary()  # as long as a session holds it


class Taught:
    """A recogniser that knows a visitor's examples, and what is worked out from it when it is first asked for.

    Attributes:
        recognizer: the adapted `model.Recognizer`.
        token: by which `find` finds it; another one for each change.
    """

    def __init__(self, recognizer):
        self.recognizer = recognizer
        self.token = secrets.token_hex(16)

    @cached_property
    def projection(self):
        """Where the examples lie on a map: a `model.reading.judgement.Projection`."""
        from model.reading.judgement import Projection

        return Projection.of(self.recognizer.places)

    @cached_property
    def points(self) -> np.ndarray:
        """float64 (n, 2), where each example lies on the map."""
        return self.projection.points(self.recognizer.places)

    @cached_property
    def judgement(self):
        """How the examples are read, each judged by the others: a `model.reading.judgement.Judgement`."""
        from model.reading.judgement import judged

        return judged(self.recognizer)

    @cached_property
    def last_layer(self):
        """What comes of training a new last layer on the same examples: a `model.reading.judgement.LastLayer`, or None."""
        from model.reading.judgement import last_layer

        return last_layer(self.recognizer, self.judgement)


def known_by_token(one: Taught) -> Taught:
    """The same, which `find` finds from now on, as long as somebody holds it."""
    _by_token[one.token] = one
    return one


def find(token: str | None) -> Taught | None:
    """What the visitor with this token has taught; None if there is none any more. It may be called from any thread."""
    return _by_token.get(token) if token else None


# ── What was taught ───────────────────────────────────────────────────────────────────────────────────────────────────


def examples() -> Examples:
    """Those of this visitor, oldest first."""
    if "lesson" not in state:
        state.lesson = Examples()
    return state.lesson


def digest(of: Examples) -> str:
    """Tells these examples from all others."""
    return hashlib.sha256(of.pictures.tobytes() + repr(of.labels).encode(errors="replace")).hexdigest()


def change(new: Examples) -> None:
    """Has these take the place of what was taught; `undo` brings those back."""
    before = [*state.get("lesson_before", []), examples()]
    state.lesson_before = before[-MOST_UNDONE:]
    state.lesson = new


def teach(image: np.ndarray, label: str) -> None:
    """Adds an example.

    Raises:
        model.TeachingError: there is no ink, the name cannot be taken, or there are too many.
    """
    change(examples() + Examples.of([image], [label]))


def can_undo() -> bool:
    return bool(state.get("lesson_before"))


def undo() -> None:
    """Takes the last change back."""
    if can_undo():
        state.lesson = state.lesson_before.pop()


def start_over() -> None:
    """Forgets all examples; `undo` brings them back."""
    if len(examples()):
        change(Examples())


# ── Who answers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def taught(loading) -> Taught | None:
    """What this visitor has taught, ready to answer, whether it is switched on or not; None if there is nothing, or no
    network yet.

    Args:
        loading: the future of the shared recogniser.

    Raises:
        model.WeightsError: the network that compares is missing or damaged.
    """
    known = examples()
    if not len(known) or not loading.done() or loading.exception() is not None:
        state.pop("taught", None)
        return None
    shared = loading.result()
    kept = state.get("taught")
    if kept is None or kept.recognizer.examples is not known or kept.recognizer.untaught is not shared:
        # From what it knew before: only new examples are looked at.
        before = shared if kept is None or kept.recognizer.untaught is not shared else kept.recognizer
        state.taught = kept = known_by_token(Taught(before.with_examples(known)))
    return kept


def is_on() -> bool:
    """Whether this visitor wants answers by what was taught."""
    return bool(state.get("with_lesson", True))


def answering(loading) -> Taught | None:
    """As `taught`, but None where it is switched off, or the network that compares cannot be had: who answers this visitor
    then is the shared recogniser."""
    return available(loading) if is_on() else None


def show_switch() -> None:
    """The switch that says who answers; only where something was taught. All pages have the same one."""
    if len(examples()):
        state.setdefault("with_lesson", True)
        st.toggle(_("With what I taught it"), key="with_lesson", persist_state="session")


def available(loading) -> Taught | None:
    """As `taught`, but None where the network that compares cannot be had; `network.teaching_failure` says why."""
    if not len(examples()) or not loading.done() or loading.exception() is not None:
        return None
    # Not before: it brings TensorFlow, and two threads that import that at once find half of it.
    from model.networks.weights import WeightsError

    try:
        return taught(loading)
    except WeightsError:
        return None


def query(loading, map: bool = False) -> str:
    """For the live route: "", or "?taught=…", by which it finds who answers this visitor.

    Args:
        loading: the future of the shared recogniser.
        map: whether the answers say where the drawing lies among the examples, whatever the switch says.
    """
    if map:
        known = available(loading)
        return f"?taught={known.token}&map=yes" if known else ""
    known = answering(loading)
    return f"?taught={known.token}" if known else ""


def holds(picture: np.ndarray, label: str) -> bool:
    """Whether this picture, as the network saw it, is an example of this label already."""
    known = examples()
    return any(one == label and np.array_equal(kept, picture) for one, kept in zip(known.labels, known.pictures, strict=True))
