"""What the browser keeps of a visit comes from outside when it comes back: each part is checked alone."""

import pytest

from app_pages.parts import kept
from app_pages.parts.kept import PARTS

SOUND = {
    "drawings": 3,
    "tally": [[0, True], [2, False]],
    "kind": "amount",
    "digits": 7,
    "corrections": {"of": ["", 2], "labels": [[0, "3"]], "is_restored": False},
}


@pytest.fixture
def session(monkeypatch):
    """A session of a visitor whose browser offers what a test says."""
    state = {}
    monkeypatch.setattr(kept, "state", Session(state))

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

    def setdefault(self, name, value):
        return self.__dict__.setdefault(name, value)


def test_what_was_kept_is_there_again(session):
    state = session(SOUND)
    assert state["tally"] == {0: True, 2: False}
    assert state["corrections"] == {"of": ["", 2], "labels": [[0, "3"]], "is_restored": True}
    for name in ("drawings", "kind", "digits"):
        assert state[name] == SOUND[name]


def test_it_is_taken_up_once(session):
    session(SOUND)
    assert session(SOUND | {"digits": 9})["digits"] == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [
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
    assert name not in state
    assert set(PARTS) - {name} <= set(state)
