"""What the browser keeps of a visit comes from outside when it comes back: each part is checked alone."""

import pytest

from app_pages.parts import kept, lesson
from app_pages.parts.kept import PARTS
from model.reading.lesson import to_file
from model.reading.taught import Examples
from tests.apptest import seven

LESSON = Examples.of([seven(), seven()], ["★", "7"])
SOUND = {
    "lesson": to_file(LESSON).decode(),
    "with_lesson": False,
    "drawings": 3,
    "tally": [[0, True], [2, False]],
    "kind": "amount",
    "digits": 7,
    "corrections": {"of": ["", 2], "labels": [[0, "3"]], "is_restored": False},
    "class_key": "0123456789abcdef" * 2,
}


@pytest.fixture
def session(monkeypatch):
    """A session of a visitor whose browser offers what a test says."""
    state = {}
    for module in (kept, lesson):
        monkeypatch.setattr(module, "state", Session(state))

    def restore(offered):
        monkeypatch.setattr(kept, "restored_visit", lambda session: offered)
        kept.restore()
        return state

    return restore


class Session(dict):
    """As Streamlit's session: entries are attributes, too."""

    def __init__(self, entries):
        self.__dict__ = entries

    def __setitem__(self, name, value):
        self.__dict__[name] = value

    def __contains__(self, name):
        return name in self.__dict__

    def setdefault(self, name, value):
        return self.__dict__.setdefault(name, value)


def test_what_was_kept_is_there_again(session):
    state = session(SOUND)
    assert state["tally"] == {0: True, 2: False}
    assert state["corrections"] == {"of": ["", 2], "labels": [[0, "3"]], "is_restored": True}
    assert state["lesson"].labels == ("★", "7")
    assert (state["lesson"].pictures == LESSON.pictures).all()
    for name in ("drawings", "kind", "digits", "with_lesson", "class_key"):
        assert state[name] == SOUND[name]


def test_it_is_taken_up_once(session):
    session(SOUND)
    assert session(SOUND | {"digits": 9})["digits"] == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lesson", 3),
        ("lesson", "{}"),
        ("lesson", to_file(LESSON).decode()[:-40]),
        ("with_lesson", "yes"),
        ("drawings", -1),
        ("drawings", True),
        ("drawings", "3"),
        ("tally", 3),
        ("tally", [[0, 1]]),
        ("tally", [["0", True]]),
        ("tally", [[0]]),
        ("tally", [[0, True]] * 10_001),
        ("kind", "telephone"),
        ("kind", ["any"]),
        ("digits", 0),
        ("corrections", []),
        ("corrections", {"of": [3, 4], "labels": []}),
        ("corrections", {"of": ["", 2], "labels": [[0, "11"]]}),
        ("corrections", {"of": ["", 2], "labels": [[-1, "1"]]}),
    ],
)
def test_a_part_that_is_not_sound_is_left_out_and_the_others_are_not(session, name, value):
    state = session(SOUND | {name: value})
    if name == "lesson":  # which all have, if only an empty one
        assert not len(state.pop(name))
    assert name not in state
    assert set(PARTS) - {name} <= set(state)


def test_a_correction_may_name_a_symbol_that_was_taught_and_no_other(session):
    corrections = {"of": ["", 2], "labels": [[0, "★"]]}
    state = session(SOUND | {"corrections": corrections})
    assert state["corrections"]["labels"] == [[0, "★"]]


def test_a_correction_to_a_symbol_that_nobody_taught_is_left_out(session):
    assert "corrections" not in session(SOUND | {"corrections": {"of": ["", 2], "labels": [[0, "π"]]}})
