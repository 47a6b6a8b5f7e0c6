"""A class that draws together: what it takes, who may do what, and when it is forgotten."""

import numpy as np
import pytest

from app_pages.parts import addresses, classroom
from app_pages.parts.classroom import ClassroomError
from tests.apptest import seven


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Time that a test moves, and no classes but its own."""
    now = [1_000.0]
    monkeypatch.setattr(classroom, "monotonic", lambda: now[0])
    monkeypatch.setattr(classroom, "_classes", {})
    return now


@pytest.fixture
def room():
    return classroom.begin("teacher")


def hand_in(room, clock, pupil="one", label="7"):
    clock[0] += classroom.EVERY
    room.hand_in(pupil, seven(), label)


def test_a_class_is_found_by_its_code_however_it_is_written(room):
    assert classroom.find(f" {room.code.lower()} ") is room
    assert classroom.find("") is classroom.find(None) is classroom.find("ZZZZZ0") is None
    assert len(room.code) == 5
    assert not set(room.code) & set("0O1I")


def test_what_is_handed_in_is_what_a_network_learns_from(room, clock):
    hand_in(room, clock)
    hand_in(room, clock, "another", "1")
    images, labels = room.pictures()
    assert images.shape == (2, 28, 28)
    assert images.dtype == np.uint8
    assert images.any(axis=(1, 2)).all()
    assert labels.tolist() == [7, 1]
    assert room.counts == {"7": 1, "1": 1}
    assert room.of("one") == 1


def test_an_empty_class_has_no_pictures(room):
    images, labels = room.pictures()
    assert images.shape == (0, 28, 28)
    assert labels.shape == (0,)


def test_an_empty_sheet_another_label_and_haste_are_refused(room, clock):
    with pytest.raises(ClassroomError, match="nothing on the sheet"):
        room.hand_in("one", np.zeros((280, 280), np.uint8), "7")
    for label in ("", "17", "x", "٣"):
        with pytest.raises(ClassroomError, match="0 to 9"):
            room.hand_in("one", seven(), label)
    hand_in(room, clock)
    with pytest.raises(ClassroomError, match="Not so fast"):
        room.hand_in("one", seven(), "7")
    room.hand_in("another", seven(), "7")
    assert len(room.handed) == 2


def test_one_pupil_and_one_class_hand_in_only_so_much(room, clock, monkeypatch):
    monkeypatch.setattr(classroom, "MOST_EACH", 2)
    monkeypatch.setattr(classroom, "MOST_PICTURES", 3)
    hand_in(room, clock)
    hand_in(room, clock)
    with pytest.raises(ClassroomError, match="as many as one may"):
        hand_in(room, clock)
    hand_in(room, clock, "another")
    with pytest.raises(ClassroomError, match="as many as fit"):
        hand_in(room, clock, "a third")


def test_pupils_take_back_their_own_alone(room, clock):
    hand_in(room, clock, "one", "1")
    hand_in(room, clock, "another", "2")
    room.take_back("one")
    room.take_back("one")
    assert [one.label for one in room.handed] == ["2"]


def test_what_the_teacher_takes_out_can_be_put_back(room, clock):
    hand_in(room, clock, label="1")
    hand_in(room, clock, label="2")
    bad = room.handed[0]
    room.take_out(bad)
    room.take_out(bad)
    assert [one.label for one in room.handed] == ["2"]
    room.put_back()
    room.put_back()
    assert [one.label for one in room.handed] == ["2", "1"]


def test_a_teacher_finds_the_class_again_after_a_reload(room, monkeypatch):
    monkeypatch.setattr(classroom, "is_here", lambda session: session == "the same teacher's next session")
    assert classroom.find_own("another key", "a pupil") is None
    assert classroom.find_own(None, "a pupil") is None
    assert classroom.find_own(room.key, "the same teacher's next session") is room


def test_a_class_whose_teacher_has_left_is_forgotten(room, clock, monkeypatch):
    monkeypatch.setattr(classroom, "is_here", lambda session: False)
    clock[0] += classroom.LINGER - 1
    assert classroom.find(room.code) is room
    clock[0] += 2
    assert classroom.find(room.code) is None
    assert classroom.find_own(room.key, "teacher") is None


def test_a_class_that_is_ended_is_forgotten_at_once(room):
    classroom.end(room)
    classroom.end(room)
    assert classroom.find(room.code) is None


def test_there_are_only_so_many_classes(monkeypatch):
    monkeypatch.setattr(classroom, "MOST_CLASSES", 2)
    assert classroom.begin("one").code != classroom.begin("another").code
    with pytest.raises(ClassroomError, match="too many classes"):
        classroom.begin("a third")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://192.168.1.5:8501/train", "http://192.168.1.5:8501/class"),
        ("https://digits.example.org/app/train?lang=en#top", "https://digits.example.org/app/class"),
        ("http://school.example/train", "http://school.example/class"),
        ("http://[fd00::5]:8501/train", "http://[fd00::5]:8501/class"),
    ],
)
def test_the_address_is_the_one_by_which_the_teacher_has_come(room, url, address):
    assert classroom.address_of(room, url) == f"{address}?code={room.code}"


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
def test_where_the_page_is_opened_by_the_computer_s_own_name_another_takes_its_place(room, name, monkeypatch):
    monkeypatch.setattr(addresses, "_name_for_others", lambda name: "10.0.0.7")
    assert classroom.address_of(room, f"http://{name}:8501/train") == f"http://10.0.0.7:8501/class?code={room.code}"
