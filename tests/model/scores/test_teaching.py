"""How well examples teach is counted right: by recognisers whose answers are known."""

import json

import numpy as np
import pytest

from model.data.dataset import PenDigit, load_alphabets
from model.scores import teaching
from model.scores.teaching import Letters, drawn_letters, lessons_taught, score_teaching

STROKE = [np.array([[0.0, 0.0], [1.0, 1.0]])]


def pictures_of(values: np.ndarray) -> np.ndarray:
    """Pictures that carry what they are of in their first pixels."""
    pictures = np.zeros((len(values), 28, 28), np.uint8)
    pictures[:, 0, 0] = values
    return pictures


@pytest.fixture
def pens():
    return [PenDigit(digit, writer, STROKE) for writer in (25, 26) for digit in range(10) for _ in range(8)]


@pytest.fixture
def letters():
    of = np.repeat(np.arange(24), 20)
    drawers = np.tile(np.arange(20), 24)
    return [Letters("Made_up", pictures_of(100 + of), of, drawers, of % 2 == 0)]


def one_hot(answers: np.ndarray, size: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    return np.eye(size, dtype=np.float32)[answers], np.full(len(answers), share, np.float32)


def knowing(examples: np.ndarray, labels: list[str]):
    """A recogniser that reads what a picture carries, and knows no letters but those of its examples."""
    symbols = list(dict.fromkeys(label for label in labels if not label.isdigit()))
    of = {int(picture[0, 0]): 10 + symbols.index(label) for picture, label in zip(examples, labels) if label in symbols}

    def read(pictures):
        carried = pictures[:, 0, 0].tolist()
        answers = np.array([value if value < 10 else of.get(value, 0) for value in carried])
        shares = np.array([value < 10 or value in of for value in carried], np.float32)
        return np.eye(10 + len(symbols), dtype=np.float32)[answers], shares

    return read


def test_what_is_read_right_is_counted_right(pens, letters):
    pictures = pictures_of(np.array([pen.label for pen in pens]))
    read = knowing(pictures[:0], [])
    scores = score_teaching(knowing, read, pens, pictures, letters)
    assert [one["examples"] for one in scores["own_hand"]] == [0, 1, 3, 5]
    for one in scores["own_hand"]:
        assert (one["accuracy"], one["worst_writer"], one["most_lost"]) == (1, 1, 0)
        assert one["calibration_error"] == 0
        assert set(one["by_writer"]) == {"25", "26"}
    # Of each writer's 80 drawings, those that are no examples, ten times.
    assert [one["images"] for one in scores["own_hand"]] == [160, 1400, 1000, 600]
    assert [one["accuracy"] for one in scores["letters"]] == [1, 1]
    assert [one["images"] for one in scores["letters"]] == [20 * 20 * 2, 20 * 20 * 6]
    beside = scores["beside_letters"]
    assert [beside[name]["accuracy"] for name in ("digits_before", "digits", "taught", "not_taught")] == [1, 1, 1, 1]
    assert beside["taught"]["images"] == 10 * 5 * 17  # twelve letters are strange: five taught, seven not
    assert beside["not_taught"]["images"] == 10 * 7 * 17


def test_what_is_read_wrong_is_counted_too(pens, letters):
    labels = np.array([pen.label for pen in pens])
    writers = np.array([pen.writer for pen in pens])
    pictures = pictures_of(labels)
    pictures[:, 0, 1] = writers

    def forgetful(examples, labels):
        """Reads a 3 of writer 26 as a 5, for sure, once it has examples; takes all letters for the first; knows all."""
        symbols = len({label for label in labels if not label.isdigit()})

        def read(pictures):
            answers = np.where(pictures[:, 0, 0] < 10, pictures[:, 0, 0], 10).astype(int)
            answers[(pictures[:, 0, 1] == 26) & (answers == 3)] = 5
            return one_hot(answers, 10 + max(1, symbols), 1.0)

        return read

    scores = score_teaching(forgetful, knowing(pictures[:0], []), pens, pictures, letters)
    before, after = scores["own_hand"][0], scores["own_hand"][1]
    assert (before["accuracy"], after["accuracy"]) == (1, pytest.approx(0.95))
    assert after["worst_writer"] == pytest.approx(0.9)
    assert after["most_lost"] == pytest.approx(0.1)
    assert after["calibration_error"] == pytest.approx(0.05)
    assert [one["accuracy"] for one in scores["letters"]] == [pytest.approx(1 / 20)] * 2
    assert scores["beside_letters"]["digits"]["accuracy"] == pytest.approx(0.95)
    assert scores["beside_letters"]["taught"]["accuracy"] == pytest.approx(1 / 5)
    assert scores["beside_letters"]["not_taught"]["accuracy"] == 0


def test_who_is_tested_drew_no_example(pens, letters, monkeypatch):
    (one,) = letters
    drawn_by = pictures_of(100 + one.letters)
    drawn_by[:, 0, 1] = one.drawers
    letters = [Letters(one.alphabet, drawn_by, one.letters, one.drawers, one.strange)]

    def watching(examples, labels):
        teachers = {int(picture[0, 1]) for picture in examples if picture[0, 0] >= 100}
        read = knowing(examples, labels)

        def watched(pictures):
            asked = {int(picture[0, 1]) for picture in pictures if picture[0, 0] >= 100}
            assert not teachers & asked
            return read(pictures)

        return watched

    pictures = pictures_of(np.array([pen.label for pen in pens]))
    score_teaching(watching, knowing(pictures[:0], []), pens, pictures, letters)


def test_own_examples_are_not_asked_for(pens):
    pictures = pictures_of(np.array([pen.label for pen in pens]))
    pictures[:, 1, 0] = np.arange(len(pens))  # tells each from all others

    def watching(examples, labels):
        assert sorted(labels) == sorted(label for label in "0123456789" for _ in range(len(labels) // 10))
        given = set(examples[:, 1, 0].tolist())
        read = knowing(examples, labels)

        def watched(asked):
            assert not given & set(asked[:, 1, 0].tolist())
            return read(asked)

        return watched

    scores = score_teaching(watching, knowing(pictures[:0], []), pens, pictures, [])
    assert "letters" not in scores


def test_progress_comes_to_its_end(pens, letters, monkeypatch):
    monkeypatch.setattr(teaching, "RUNS", 2)
    monkeypatch.setattr(teaching, "DRAWS", 2)
    pictures = pictures_of(np.array([pen.label for pen in pens]))
    done = []
    score_teaching(knowing, knowing(pictures[:0], []), pens, pictures, letters, done.append)
    assert done == list(range(1, lessons_taught(pens, letters) + 1))


def test_letters_are_drawn_from_the_file(tmp_path):
    file = tmp_path / "letters.json"
    bar, ring = [[[5, 0], [5, 100]]], [[[0, 50], [50, 0], [100, 50], [50, 100], [0, 50]]]
    file.write_text(json.dumps({"Latin": {"character01": [ring] * 3, "character03": [bar] * 3}}))
    (latin,) = drawn_letters(load_alphabets(file))
    assert latin.alphabet == "Latin"
    assert latin.pictures.shape == (6, 28, 28)
    assert latin.letters.tolist() == [0, 0, 0, 1, 1, 1]
    assert latin.drawers.tolist() == [0, 1, 2] * 2
    assert latin.strange.tolist() == [False] * 3 + [True] * 3  # the first of Latin looks like a digit
    assert all(picture.any() for picture in latin.pictures)
    assert latin.pictures[3:, :, :10].sum() == 0  # a bar stands in the middle
    assert not latin.is_enough


def test_an_alphabet_is_enough_where_something_is_left_to_ask_for(letters):
    assert all(one.is_enough for one in letters)
    one = letters[0]
    few = np.isin(one.drawers, np.unique(one.drawers)[:3])
    of_few = teaching.Letters(one.alphabet, one.pictures[few], one.letters[few], one.drawers[few], one.strange[few])
    assert not of_few.is_enough
