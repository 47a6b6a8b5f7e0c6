import numpy as np
import pytest

from model.data import nonsense as module
from model.data.dataset import TEST_WRITERS, by_writers
from model.data.examples import EXAMPLES, PECULIAR, example, own_drawings
from model.data.nonsense import HALVES, KINDS, NARROW, PRINTED, SIGNS, nonsense
from model.ink.image import prepare
from model.ink.strokes import draw, parse, placed


@pytest.fixture(scope="module")
def new_pens(pen_digits):
    return by_writers(pen_digits, TEST_WRITERS)


def drawn(strokes):
    return draw(placed(strokes, 180, (140, 140)), 14)


# Nonsense


@pytest.mark.parametrize("name", SIGNS)
def test_signs_can_be_drawn(name):
    strokes = parse(SIGNS[name])
    for stroke in strokes:
        assert stroke.ndim == 2
        assert stroke.shape[1] == 2
        assert np.isfinite(stroke).all()
    assert prepare(drawn(strokes)) is not None


def test_no_sign_is_written_like_a_digit():
    assert not set(SIGNS) & set("0123456789IOSZlbqgoszi|")


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_each_kind_of_nonsense_leaves_ink(new_pens, make):
    for seed in range(60):
        page = make(new_pens, np.random.default_rng(seed))
        assert (page.shape, page.dtype) == ((280, 280), np.uint8)
        assert prepare(page) is not None, seed


def test_nonsense_is_of_all_kinds(new_pens, monkeypatch):
    made = []
    noting = {lambda digits, rng, kind=kind: made.append(kind): weight for kind, weight in KINDS.items()}
    monkeypatch.setattr(module, "KINDS", noting)
    rng = np.random.default_rng(0)
    for _ in range(400):
        nonsense(new_pens, rng)
    assert set(made) == set(KINDS)
    assert made.count(module._sign) > made.count(module._lines)


def test_no_printed_sign_looks_like_a_digit():
    assert not set(PRINTED) & set("0123456789IOSZBDlbqgoszi|yY")


def test_half_a_digit_is_cut_straight_and_not_so_narrow_that_it_is_a_one(new_pens):
    drawings = [digit for digit in new_pens if digit.label in HALVES]
    for seed in range(60):
        page = module._half(drawings, np.random.default_rng(seed))
        columns, rows = np.flatnonzero(page.any(axis=0)), np.flatnonzero(page.any(axis=1))
        assert np.ptp(columns) + 1 >= 0.9 * NARROW * (np.ptp(rows) + 1)
        edges = page[:, [columns[0], columns[-1]]]
        assert (edges > 200).any()  # a stroke's own end is round and faint at its edge


def test_nonsense_is_reproducible(new_pens):
    for seed in range(20):
        first, again = (nonsense(new_pens, np.random.default_rng(seed)) for _ in range(2))
        np.testing.assert_array_equal(first, again)
    assert (first != nonsense(new_pens, np.random.default_rng(99))).any()


def test_nonsense_leaves_the_digits_as_they_were(new_pens):
    some = new_pens[:50]
    before = [[stroke.copy() for stroke in digit.strokes] for digit in some]
    rng = np.random.default_rng(0)
    for _ in range(50):
        nonsense(some, rng)
    for digit, strokes in zip(some, before, strict=True):
        for stroke, old in zip(digit.strokes, strokes, strict=True):
            np.testing.assert_array_equal(stroke, old)


def test_most_nonsense_is_called_no_digit(new_pens, recognizer):
    rng = np.random.default_rng(1)
    predictions = recognizer.recognize_many([nonsense(new_pens, rng) for _ in range(300)])
    assert np.mean([not prediction.is_digit for prediction in predictions]) >= 0.85


def test_most_signs_are_called_no_digit(recognizer):
    predictions = recognizer.recognize_many([drawn(parse(text)) for text in SIGNS.values()])
    assert np.mean([not prediction.is_digit for prediction in predictions]) >= 0.85


# Examples


def test_there_are_three_examples_of_each_digit_at_least():
    assert sorted(EXAMPLES) == list("0123456789")
    for drawings in EXAMPLES.values():
        assert len(set(drawings)) >= 3


def test_peculiar_hands_are_read_too(recognizer):
    drawings = [(label, parse(text)) for label, texts in PECULIAR.items() for text in texts]
    predictions = recognizer.recognize_many([drawn(strokes) for _, strokes in drawings])
    right = [prediction.label == label for prediction, (label, _) in zip(predictions, drawings, strict=True)]
    assert np.mean(right) >= 0.97


def test_own_drawings_are_all_of_them():
    drawings = own_drawings()
    assert len(drawings) == sum(len(texts) for source in (EXAMPLES, PECULIAR) for texts in source.values())
    assert {label for label, _ in drawings} == set(range(10))


@pytest.mark.parametrize("label", EXAMPLES)
def test_each_example_is_read_as_its_digit(recognizer, label):
    predictions = recognizer.recognize_many([drawn(parse(text)) for text in EXAMPLES[label]])
    assert [prediction.label for prediction in predictions] == [label] * len(EXAMPLES[label])


def test_examples_as_they_are_shown_are_read_right(recognizer):
    rng = np.random.default_rng(0)
    shown = [example(rng) for _ in range(200)]
    predictions = recognizer.recognize_many([drawn(strokes) for _, strokes in shown])
    right = [prediction.label == label for prediction, (label, _) in zip(predictions, shown, strict=True)]
    assert np.mean(right) >= 0.95
    assert np.mean([prediction.is_digit for prediction in predictions]) >= 0.95


def test_all_digits_are_shown():
    rng = np.random.default_rng(0)
    labels = [example(rng)[0] for _ in range(150)]
    assert set(labels) == set(EXAMPLES)
    assert all(type(label) is str for label in labels)


def test_an_example_of_a_wanted_digit_is_of_that_digit():
    rng = np.random.default_rng(0)
    assert {example(rng, label="4")[0] for _ in range(20)} == {"4"}


def test_no_example_is_shown_twice_quite_the_same():
    rng = np.random.default_rng(0)
    pictures = {drawn(example(rng)[1]).tobytes() for _ in range(100)}
    assert len(pictures) == 100
