"""Pages to learn from: things lie where they are said to lie, and look like what they are said to be."""

import numpy as np
import pytest

from model.data import pages
from model.data.dataset import VALIDATION_WRITERS, by_writers
from model.data.examples import own_drawings
from model.data.pages import CLASSES, DIGITS, EMPTY, IGNORED, LAYOUTS, MOST_THINGS, TILE, Glyphs, page


@pytest.fixture(scope="module")
def glyphs(mnist, pen_digits):
    pens = [(digit.label, digit.strokes) for digit in by_writers(pen_digits, VALIDATION_WRITERS)][::4]
    return Glyphs.of(mnist.train_images[:2000], mnist.train_labels[:2000], pens, own_drawings()[::3], 0)


@pytest.fixture
def only(monkeypatch):
    """Has pages of one layout alone made, drawn, not photographed, and level."""

    def choose(layout, level=True):
        monkeypatch.setattr(pages, "LAYOUTS", {layout: 1})
        if level:
            monkeypatch.setattr(pages, "PHOTOGRAPHS", 0.0)
            monkeypatch.setattr(pages, "SCANS", 0.0)
            monkeypatch.setattr(pages._Sheet, "tilted", lambda sheet: (None, None))

    return choose


def things_of(rows):
    return rows[rows[:, 0] >= 0]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_page_is_light_ink_on_black_and_repeats_with_its_seed(layout, glyphs, only):
    only(layout, level=False)
    for seed in range(6):
        picture, rows = page(glyphs, np.random.default_rng(seed))
        assert (picture.shape, picture.dtype) == (TILE, np.uint8)
        assert (rows.shape, rows.dtype) == ((MOST_THINGS, 5), np.float32)
        things = things_of(rows)
        assert set(things[:, 0]) <= set(range(IGNORED + 1))
        assert (things[:, 1] < things[:, 3]).all() and (things[:, 2] < things[:, 4]).all()
        assert things[:, 1:].min(initial=0) >= -0.5
        assert (things[:, 3] <= TILE[1] + 0.5).all() and (things[:, 4] <= TILE[0] + 0.5).all()
        again, same = page(glyphs, np.random.default_rng(seed))
        np.testing.assert_array_equal(picture, again)
        np.testing.assert_array_equal(rows, same)


def test_the_digits_are_what_they_are_said_to_be_where_they_are_said_to_be(glyphs, only, recognizer):
    """The single digits' network reads what lies in the boxes of digits that stand apart."""
    only(pages._rows)
    read = asked = 0
    for seed in range(60):
        picture, rows = page(glyphs, np.random.default_rng(seed))
        for kind, left, top, right, bottom in things_of(rows).tolist():
            height, width = bottom - top, right - left
            if kind >= DIGITS or height < 14 or not (6 < top and bottom < TILE[0] - 6):
                continue
            around = picture[round(top) : round(bottom), max(0, round(left) - 4) : round(right) + 4]
            if (around[:, :3] > 60).any() or (around[:, -3:] > 60).any() or width < 3:
                continue  # another one is near
            prediction = recognizer.recognize(np.pad(picture[round(top) : round(bottom), round(left) : round(right)], 6))
            if prediction is not None:
                asked += 1
                read += prediction.label == CLASSES[int(kind)]
    assert asked > 60
    assert read / asked > 0.85


def test_tilted_things_lie_where_their_ink_has_come_to(glyphs, only, monkeypatch):
    only(pages._one)
    angle = np.radians(12)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array([TILE[1], TILE[0]]) * pages.FINE / 2
    monkeypatch.setattr(pages._Sheet, "tilted", lambda sheet: (turn, middle - turn @ middle))
    monkeypatch.setattr(pages, "_paper", lambda sheet: None)
    monkeypatch.setattr(pages, "PHOTOGRAPHS", 0.0)  # else there may be ink of a desk, too
    tried = near = 0
    for seed in range(40):
        picture, rows = page(glyphs, np.random.default_rng(seed))
        things = things_of(rows)
        if len(things) != 1 or things[0, 0] >= DIGITS:
            continue
        left, top, right, bottom = things[0, 1:]
        inked = np.argwhere(picture > 100)
        if not len(inked):
            continue
        tried += 1
        found = *inked.min(axis=0), *(inked.max(axis=0) + 1)
        near += np.abs(np.subtract(found, (top, left, bottom, right))).max() <= 2.5
    assert tried > 5
    assert near >= 0.7 * tried  # a drawing that is blurred, or fat, has its edges farther out


def test_forms_have_empty_boxes_and_digits_in_the_others(glyphs, only):
    only(pages._form)
    empties = digits = 0
    for seed in range(30):
        picture, rows = page(glyphs, np.random.default_rng(seed))
        things = things_of(rows)
        digits += int((things[:, 0] < DIGITS).sum())
        for kind, left, top, right, bottom in things.tolist():
            if kind == EMPTY and right - left > 12:
                inside = picture[round(top) + 3 : round(bottom) - 2, round(left) + 3 : round(right) - 2]
                empties += 1
                assert np.median(inside) < 60
    assert empties > 10
    assert digits > 60


def test_amounts_have_marks_that_are_small(glyphs, only):
    only(pages._amounts)
    marks = [thing for seed in range(20) for thing in things_of(page(glyphs, np.random.default_rng(seed))[1])
             if DIGITS <= thing[0] < EMPTY]
    assert len(marks) > 20
    points = [thing for thing in marks if CLASSES[int(thing[0])] == "."]
    assert np.median([thing[4] - thing[2] for thing in points]) < 6


def test_letters_signs_and_scribbles_are_nothing(glyphs, only):
    only(pages._nothing)
    for seed in range(10):
        picture, rows = page(glyphs, np.random.default_rng(seed))
        assert not len(things_of(rows))
        assert picture.any()


def test_what_is_struck_out_counts_neither_way(glyphs, only, monkeypatch):
    only(pages._rows)
    struck = 0
    for seed in range(80):
        rows = things_of(page(glyphs, np.random.default_rng(seed))[1])
        struck += (rows[:, 0] == IGNORED).sum()
    assert struck > 0


def test_a_digit_that_is_cut_off_counts_neither_way(glyphs, only):
    only(pages._rows)
    for seed in range(30):
        _, rows = page(glyphs, np.random.default_rng(seed))
        for kind, left, _, right, bottom in things_of(rows).tolist():
            if kind < DIGITS and right >= TILE[1] - 0.5:
                assert right - left > 2
            assert bottom <= TILE[0] + 0.5
    sheet = pages._Sheet(glyphs, np.random.default_rng(0))
    sheet.put(np.full((40, 30), 255, np.uint8), sheet.width - 12, 20, 5)
    assert sheet.targets(None, None)[0, 0] == IGNORED
    sheet.things.clear()
    sheet.put(np.full((40, 30), 255, np.uint8), sheet.width - 25, 20, 5)
    assert sheet.targets(None, None)[0, 0] == 5
