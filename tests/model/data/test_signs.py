import numpy as np
import pytest

from model.data.signs import SIGNS, sign
from model.ink.image import prepare
from model.ink.strokes import bounds, draw, parse, placed
from model.reading.taught import DIGIT_LABELS, MOST_LABELS, checked_label


def test_the_signs_have_names_that_can_be_taught():
    assert all(checked_label(label) == label for label in SIGNS)
    assert not set(SIGNS) & set(DIGIT_LABELS)
    assert len(DIGIT_LABELS) + len(SIGNS) <= MOST_LABELS


@pytest.mark.parametrize("label", SIGNS)
def test_a_sign_is_drawn_in_several_ways_that_fill_the_page(label):
    assert len(SIGNS[label]) >= 3
    for drawing in SIGNS[label]:
        low, high = bounds(parse(drawing))
        assert (low >= -1).all()  # a curve may swing out
        assert (high <= 11).all()
        assert (high - low).max() >= 7


@pytest.mark.parametrize("label", SIGNS)
def test_a_sign_is_never_drawn_twice_alike(label):
    rng = np.random.default_rng(0)
    pictures = {prepare(draw(placed(sign(label, rng), 180, (140, 140)), 14)).tobytes() for _ in range(6)}
    assert len(pictures) == 6


def test_the_same_seed_draws_the_same_sign():
    first, again = (sign("★", np.random.default_rng(4)) for _ in range(2))
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
