import numpy as np
import pytest

from model.data import symbols
from model.data.dataset import TEST_WRITERS, VALIDATION_WRITERS, PenDigit, by_writers
from model.data.examples import own_drawings
from model.data.symbols import MOST_STROKES, SYMMETRIES, alphabet, lessons, mirrored, on_unit_page, written
from model.ink.image import prepare
from model.ink.strokes import bounds, draw, placed


@pytest.fixture(scope="module")
def pens(pen_digits):
    """A few digits of each of two writers who may be trained on."""
    return [one for writer in (1, 2) for one in by_writers(pen_digits, (writer,))[:30]]


@pytest.fixture(scope="module")
def drawn(pens):
    return [tuple(one.strokes for one in pens if one.label == digit) for digit in range(10)]


@pytest.fixture(scope="module")
def made(drawn):
    return alphabet(24, drawn, np.random.default_rng(0))


def picture(strokes):
    return prepare(draw(placed(strokes, 180, (140, 140)), 14)).astype(float)


def alike(one, other):
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()))


def same(one, other):
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_same_seed_makes_the_same_alphabet_and_another_does_not(drawn):
    first, again, other = (
        [written(symbol, np.random.default_rng(9)) for symbol in alphabet(12, drawn, np.random.default_rng(seed))]
        for seed in (1, 1, 2)
    )
    assert all(same(one, two) for one, two in zip(first, again, strict=True))
    assert not any(same(one, two) for one, two in zip(first, other, strict=True))


def test_an_alphabet_has_as_many_symbols_as_asked_of_one_to_six_parts(made):
    assert len(made) == 24
    assert all(1 <= len(symbol) <= MOST_STROKES + 1 for symbol in made)
    assert len({len(symbol) for symbol in made}) >= 3


def test_symbols_of_an_alphabet_differ(made):
    pictures = [picture(written(symbol, np.random.default_rng(0), strength=0)) for symbol in made]
    pairs = [alike(one, other) for index, one in enumerate(pictures) for other in pictures[:index]]
    assert max(pairs) < 1 - 1e-6
    assert np.median(pairs) < 0.6
    assert max(pairs) > np.median(pairs) + 0.2  # some differ in a stroke alone, as letters do


def test_without_drawings_of_people_an_alphabet_is_made_of_strokes():
    made = alphabet(12, [], np.random.default_rng(0))
    assert all(part.points is not None for symbol in made for part in symbol)


def test_a_symbol_is_written_anew_each_time_and_stays_what_it_is(made):
    rng = np.random.default_rng(3)
    own, foreign = [], []
    pictures = [[picture(written(symbol, rng, 0.6)) for _ in range(3)] for symbol in made]
    for index, (first, second, third) in enumerate(pictures):
        assert not np.array_equal(first, second)
        own += [alike(first, second), alike(second, third)]
        foreign += [alike(first, others[0]) for others in pictures[:index]]
    assert np.mean(own) > np.mean(foreign) + 0.15


def test_a_symbol_of_our_own_strokes_is_written_near_its_key_points(made):
    for symbol in made:
        if any(part.points is None for part in symbol):
            continue
        strokes = written(symbol, np.random.default_rng(0), strength=0.5)
        assert len(strokes) == len(symbol)
        for part, stroke in zip(symbol, strokes, strict=True):
            assert np.isfinite(stroke).all()
            assert np.abs(stroke[0] - part.points[0]).max() < 6  # of a page of 10, turned and slanted as a whole


def test_the_symmetries_are_those_of_the_square():
    assert len({matrix.tobytes() for matrix in SYMMETRIES}) == 7
    corners = {(-1, -1), (-1, 1), (1, -1), (1, 1)}
    for matrix in SYMMETRIES:
        assert {tuple(point) for point in mirrored([np.array(sorted(corners), float)], matrix)[0].astype(int)} == corners
        assert not np.array_equal(matrix, np.eye(2))


@pytest.mark.parametrize("strokes", [[[[3, 4], [13, 44]]], [[[0, 0], [0, 50]]], [[[5, 5]]], [[[0, 0], [9, 3]], [[4, 4]]]])
def test_a_drawing_on_the_unit_page_lies_within_it(strokes):
    low, high = bounds(on_unit_page([np.array(stroke, float) for stroke in strokes]))
    assert (low >= -1e-9).all()
    assert (high <= 1 + 1e-9).all()
    np.testing.assert_allclose((low + high) / 2, 0.5)


# Lessons


@pytest.fixture(scope="module")
def made_lessons(pens):
    reports = []
    return lessons(pens, 2, 5, 3, 0, lambda done, whole: reports.append((done, whole))), reports


def test_lessons_are_pictures_with_symbols_of_alphabets(made_lessons, pens):
    (pictures, of, alphabets), _ = made_lessons
    assert (pictures.dtype, pictures.shape) == (np.uint8, (len(of), 28, 28))
    assert pictures.any(axis=(1, 2)).all()
    digits = 10 * (1 + len(SYMMETRIES))
    assert len(alphabets) == 2 * 5 + digits
    assert alphabets.tolist() == [0] * 5 + [1] * 5 + [2] * digits
    counts = np.bincount(of, minlength=len(alphabets))
    assert (counts[:10] == 3).all()
    for digit in range(10):
        theirs = sum(pen.label == digit for pen in pens)
        ours = sum(label == digit for label, _ in own_drawings())
        assert counts[10 + digit] == theirs + symbols.OWN_UPRIGHT * ours
        assert counts[20 + digit] == theirs + ours


def test_lessons_report_how_far_they_are(made_lessons):
    (pictures, _, alphabets), reports = made_lessons
    done = [one for one, _ in reports]
    assert {whole for _, whole in reports} == {len(pictures)}
    assert done == sorted(done)
    assert done[-1] == len(pictures)
    assert len(reports) == len(alphabets)


def test_the_same_seed_gives_the_same_lessons(made_lessons, pens):
    again, other = lessons(pens, 2, 5, 3, 0), lessons(pens, 2, 5, 3, 1)
    for one, two in zip(made_lessons[0], again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert (other[0] != again[0]).any()


def test_lessons_are_made_of_the_digits_they_are_given_and_of_no_others(monkeypatch):
    """Whoever is held out is so by not being given: no other pen digits are read."""
    strokes = [np.array([[0.0, 0], [1, 7], [5, 5]])]
    seen = []
    draw_varied = symbols.varied
    monkeypatch.setattr(symbols, "varied", lambda strokes, *rest: seen.append(len(strokes)) or draw_varied(strokes, *rest))
    monkeypatch.setattr(symbols, "own_drawings", lambda: [(3, strokes)])
    monkeypatch.setattr("model.data.dataset.load_pen_digits", lambda *arguments: pytest.fail("others were read"))
    pictures, of, alphabets = lessons([PenDigit(7, 1, strokes)], 1, 2, 2, 0)
    of_digits = np.isin(of, np.flatnonzero(alphabets == 1))
    assert of_digits.sum() == 2 * len(SYMMETRIES) + 1 + symbols.OWN_UPRIGHT
    assert set(of[of_digits] % 10 if len(alphabets) % 10 == 0 else (of[of_digits] - 2) % 10) == {3, 7}


def test_writers_to_validate_and_to_test_with_are_others_than_those_to_train_with(pen_digits):
    held_out = set(VALIDATION_WRITERS + TEST_WRITERS)
    assert held_out < {digit.writer for digit in pen_digits}
    assert not set(VALIDATION_WRITERS) & set(TEST_WRITERS)
