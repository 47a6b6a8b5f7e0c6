"""What is said of a drawing: eleven shares in whole per cents, and the same answer in words."""

from types import SimpleNamespace

import numpy as np
import pytest

from app_pages.parts import words


def prediction(probabilities, digit=1.0):
    probabilities = np.array(probabilities, np.float32)
    return SimpleNamespace(
        label=str(probabilities.argmax()),
        probabilities=probabilities,
        digit_probability=digit,
        labels=tuple("0123456789"),
        is_digit=digit >= 0.5,
        image=np.zeros((28, 28), np.uint8),
    )


def predictions():
    """From nearly even to nearly certain ones, of all degrees of being no digit."""
    rng = np.random.default_rng(5)
    for sharpness in (0.01, 0.1, 1, 10):
        for _ in range(200):
            yield prediction(rng.dirichlet(np.full(10, sharpness)), rng.beta(0.3, 0.3))


def test_the_eleven_per_cents_add_up_and_are_off_by_less_than_one():
    for one in predictions():
        shares, percents = words.shares(one), words.percentages(words.shares(one))
        assert sum(percents) == 100
        assert shares.sum() == pytest.approx(1)
        if 100 not in percents and max(shares) < 0.99:
            assert np.abs(100 * shares - percents).max() < 1


@pytest.mark.parametrize(
    ("doubt", "percents"), [(0, [100, 0]), (0.0004, [100, 0]), (0.001, [99, 1]), (0.006, [99, 1]), (0.02, [98, 2])]
)
def test_nothing_is_certain_while_a_doubt_can_be_seen(doubt, percents):
    shares = np.zeros(11)
    shares[[7, 10]] = 1 - doubt, doubt
    assert np.array(words.percentages(shares))[[7, 10]].tolist() == percents


def test_without_a_drawing_all_bars_are_empty():
    assert words.digit_answer(None)["percents"] == [0] * 11
    assert words.digit_answer(None)["winner"] is None


def test_words_name_the_bar_that_is_marked_and_its_per_cents():
    for one in predictions():
        answer = words.digit_answer(one)
        name = words.ANSWERS[answer["winner"]]
        if answer["tone"] == "none":
            assert name == "no digit"
        else:
            assert answer["headline"].split()[0] == name
            assert answer["words"].endswith(f": {answer['percents'][answer['winner']]}%")


def test_an_unsure_answer_names_what_the_second_longest_bar_says():
    even = np.zeros(10)
    even[[4, 9]] = 0.52, 0.48
    assert words.digit_answer(prediction(even))["headline"] == "4 or 9"
    assert words.digit_answer(prediction(even, 0.9))["headline"] == "4 or 9"
    assert words.digit_answer(prediction(np.eye(10)[4], 0.55))["headline"] == "4 or no digit"


def test_what_is_spoken_is_the_answer_in_one_sentence():
    assert words.digit_answer(prediction(np.eye(10)[7]))["spoken"] == "7, sure: 100%"
    assert words.digit_answer(prediction(np.eye(10)[7], 0.1))["spoken"] == "That is no digit I know."
    assert words.digit_answer(None)["spoken"] == "Draw a digit, as large as you like."
    assert words.sheet_answer(None)["spoken"] == "Write a number on the sheet, digit beside digit."


def taught(probabilities, known=1.0):
    one = prediction(probabilities, known)
    one.labels = (*"0123456789", "heart", "★")
    one.label = one.labels[int(one.probabilities.argmax())]
    return one


def test_a_symbol_that_was_taught_has_a_bar_and_is_named():
    answer = words.digit_answer(taught(np.eye(12)[11]))
    assert answer["names"] == [*"0123456789", "heart", "★", "nothing I know"]
    assert (answer["headline"], answer["winner"], answer["percents"][11]) == ("★", 11, 100)
    assert len(answer["shares"]) == 13


def test_where_symbols_are_known_what_is_none_is_nothing_known():
    answer = words.digit_answer(taught(np.eye(12)[11], 0.1))
    assert (answer["words"], answer["winner"]) == ("That is nothing I know.", 12)
    assert words.digit_answer(taught(np.eye(12)[11], 0.55))["headline"] == "★ or nothing I know"


def test_an_answer_in_a_line_shows_no_signs_of_markdown():
    one = taught(np.eye(12)[11])
    one.labels, one.label = (*one.labels[:-1], "*"), "*"
    assert words.in_short(one) == "\\*, 100%"
    assert words.in_short(taught(np.eye(12)[11], 0.1)) == "nothing I know"
