"""Finds to learn from: what they show is what they are labelled as."""

import numpy as np
import pytest

from model.data.examples import own_drawings
from model.data.pages import CLASS_OF, IGNORED, Glyphs
from model.ink.image import prepare
from model.networks.judge import SHIFTED, SIDE
from model.networks.weights import load_network
from model.paths import NUMBERS
from model.reading.finding import Finder
from model.reading.labelled import label_of, labelled_finds

NO_DIGIT = 10
SEVEN, BEFORE = (7, 40, 40, 60, 80), (3, 10, 40, 38, 80)


def things(*rows):
    """As pages give them: rows without a thing behind those with one."""
    return np.array([*rows, (-1, -1, -1, -1, -1)], np.float32)


@pytest.mark.parametrize(
    ("box", "label"),
    [
        ((40, 40, 60, 80), 7),
        ((42, 38, 63, 82), 7),
        ((40, 40, 60, 58), None),  # a good part of it: who can say?
        ((40, 40, 50, 60), NO_DIGIT),  # a small one
        ((30, 40, 50, 80), NO_DIGIT),  # half of each of two
        ((100, 40, 120, 80), NO_DIGIT),
    ],
)
def test_a_find_is_what_most_of_it_is(box, label):
    assert label_of(box, things(BEFORE, SEVEN)) == label


def test_what_is_ignored_is_not_learnt_and_marks_and_boxes_are_no_digits():
    box = (40, 40, 60, 80)
    assert label_of(box, things((IGNORED, *box))) is None
    assert label_of(box, things((IGNORED, 44, 44, 50, 50))) is None
    assert label_of(box, things((CLASS_OF[","], *box))) == NO_DIGIT
    assert label_of(box, things((CLASS_OF[""], *box))) == NO_DIGIT
    assert label_of(box, things()) == NO_DIGIT


def test_finds_of_composed_pages_show_what_their_labels_say(recognizer):
    glyphs = Glyphs.of(np.zeros((0, 28, 28), np.uint8), np.zeros(0, int), [], own_drawings()[::4], 0)
    finder = Finder(load_network(NUMBERS))
    pictures, labels = labelled_finds(finder, glyphs, 12, np.random.default_rng(3))
    again, same = labelled_finds(finder, glyphs, 12, np.random.default_rng(3))
    np.testing.assert_array_equal(pictures, again)
    np.testing.assert_array_equal(labels, same)
    assert pictures.shape == (len(labels), SIDE + 2 * SHIFTED, SIDE + 2 * SHIFTED)
    digits = labels < NO_DIGIT
    assert digits.sum() >= 40
    assert (~digits).sum() >= 5
    middle = slice(SHIFTED + 7, SHIFTED + 29)
    prepared = [prepare(picture[middle, middle]) for picture in pictures[digits]]
    pairs = [(picture, label) for picture, label in zip(prepared, labels[digits], strict=True) if picture is not None]
    probabilities, _ = recognizer.probabilities(np.stack([picture for picture, _ in pairs]))
    right = probabilities.argmax(axis=1) == [label for _, label in pairs]
    assert right.mean() > 0.65  # neighbours and frames reach into many; by chance it would be 0.1
