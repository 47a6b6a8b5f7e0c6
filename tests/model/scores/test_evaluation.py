import json

import numpy as np
import pytest
from scipy import stats

from model.data.dataset import PenDigit, prepared
from model.data.disturbances import DISTURBANCES, disturbed
from model.scores.evaluation import (
    area_under_roc,
    calibration_error,
    confusion_matrix,
    per_digit,
    reliability,
    robustness,
    robustness_images,
    score,
    score_pens,
    telling_digits,
    wilson_interval,
)


def sure(answers, probabilities, size=10):
    # Rows that give `answers` with `probabilities` and share the rest among the other digits.
    rows = np.repeat((1 - np.asarray(probabilities, float))[:, None] / (size - 1), size, axis=1)
    rows[np.arange(len(rows)), answers] = probabilities
    return rows


# Wilson's interval


@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    [
        (9950, 10000, 0.993415, 0.996205),
        (50, 100, 0.403832, 0.596168),
        (0, 10, 0.0, 0.277533),
        (10, 10, 0.722467, 1.0),
        (1, 1, 0.206549, 1.0),
    ],
)
def test_known_intervals(right, count, low, high):
    assert wilson_interval(right, count) == pytest.approx((low, high), abs=1e-6)


def test_intervals_are_those_of_scipy():
    for count in (1, 7, 100, 10000):
        for right in {0, 1, count // 3, count - 1, count}:
            expected = stats.binomtest(right, count).proportion_ci(method="wilson")
            assert wilson_interval(right, count) == pytest.approx((expected.low, expected.high), abs=1e-6)


@pytest.mark.parametrize(("right", "count"), [(0, 0), (1, 0), (0, -1), (-1, 10), (11, 10)])
def test_impossible_counts_are_value_errors_that_name_them(right, count):
    with pytest.raises(ValueError, match=f"^{right} of {count} "):
        wilson_interval(right, count)


# Confusion


def test_confusion_counts_what_was_read_as_what():
    matrix = confusion_matrix(np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 0, 2]), size=3)
    assert matrix.dtype == np.int64
    assert matrix.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 2]]


def test_confusion_has_a_row_and_a_column_for_each_digit():
    matrix = confusion_matrix(np.array([3, 3, 3]), np.array([5, 5, 3]))
    assert matrix.shape == (10, 10)
    assert (matrix[3, 5], matrix[3, 3], matrix.sum()) == (2, 1, 3)


# Precision and recall


def test_per_digit_figures_are_those_computed_by_hand():
    # given 0: 8 right, 2 read as 1; given 1: 1 read as 0, 4 right; given 2: none, but 5 of digit 3 were read as it
    matrix = np.array([[8, 2, 0, 0], [1, 4, 0, 0], [0, 0, 0, 0], [0, 0, 5, 0]])
    rows = per_digit(matrix)
    assert [row["digit"] for row in rows] == ["0", "1", "2", "3"]
    assert [row["images"] for row in rows] == [10, 5, 0, 5]
    assert [row["precision"] for row in rows] == pytest.approx([8 / 9, 4 / 6, 0, 0])
    assert [row["recall"] for row in rows] == pytest.approx([8 / 10, 4 / 5, 0, 0])
    assert [row["f1"] for row in rows] == pytest.approx([16 / 19, 8 / 11, 0, 0])


def test_f1_is_the_harmonic_mean_of_precision_and_recall():
    matrix = np.random.default_rng(0).integers(1, 50, (10, 10))
    for row in per_digit(matrix):
        assert row["f1"] == pytest.approx(2 / (1 / row["precision"] + 1 / row["recall"]))


# Calibration


def test_answers_as_sure_as_they_are_right_have_no_error():
    labels = np.array([0] * 5)
    assert calibration_error(labels, sure([0, 0, 0, 0, 1], [0.8] * 5)) == pytest.approx(0)
    assert calibration_error(labels, sure([0] * 5, [1.0] * 5)) == pytest.approx(0)


def test_too_sure_and_too_modest_answers_have_the_distance_as_error():
    labels = np.zeros(10, int)
    assert calibration_error(labels, sure([0] * 5 + [1] * 5, [0.9] * 10)) == pytest.approx(0.4)
    assert calibration_error(labels, sure([0] * 10, [0.7] * 10)) == pytest.approx(0.3)
    assert calibration_error(labels, sure([1] * 10, [1.0] * 10)) == pytest.approx(1)


def test_errors_of_bins_are_weighted_by_their_answers_and_do_not_cancel():
    labels = np.zeros(8, int)
    # six answers, 0.95 sure and half of them right: 0.45 off; two, 0.6 sure and both right: 0.4 off
    probabilities = sure([0, 0, 0, 1, 1, 1, 0, 0], [0.95] * 6 + [0.6] * 2)
    assert calibration_error(labels, probabilities) == pytest.approx((6 * 0.45 + 2 * 0.4) / 8)


def test_within_a_bin_errors_cancel():
    labels = np.zeros(4, int)
    probabilities = sure([0, 0, 0, 1], [0.7, 0.7, 0.8, 0.8])
    assert calibration_error(labels, probabilities, bins=1) == pytest.approx(0)
    assert calibration_error(labels, probabilities, bins=15) == pytest.approx(0.3)


def test_an_answer_on_the_edge_of_two_bins_counts_in_the_upper_one():
    labels = np.zeros(2, int)
    assert calibration_error(labels, sure([0, 1], [0.5, 0.75]), bins=2) == pytest.approx(0.125)


def test_the_reliability_diagram_has_a_row_for_each_bin_that_holds_answers():
    labels = np.zeros(8, int)
    rows = reliability(labels, sure([0, 0, 0, 1, 1, 1, 0, 0], [0.9, 0.92] * 3 + [0.55] * 2), bins=10)
    assert [(row["low"], row["high"], row["images"]) for row in rows] == [(0.5, 0.6, 2), (0.9, 1.0, 6)]
    assert [row["confidence"] for row in rows] == pytest.approx([0.55, 0.91])
    assert [row["accuracy"] for row in rows] == [1.0, 0.5]


# Telling digits from what is none


def test_the_area_under_the_roc_curve_is_the_chance_to_score_higher():
    assert area_under_roc(np.array([0.9, 0.8]), np.array([0.1, 0.2, 0.3])) == 1.0
    assert area_under_roc(np.array([0.1]), np.array([0.5, 0.6])) == 0.0
    assert area_under_roc(np.array([0.5, 0.7]), np.array([0.5, 0.6])) == pytest.approx((0.5 + 0 + 1 + 1) / 4)


def test_the_area_is_that_of_mann_and_whitney():
    rng = np.random.default_rng(0)
    digits, others = rng.beta(8, 1, 300).round(2), rng.beta(1, 3, 200).round(2)
    expected = stats.mannwhitneyu(digits, others).statistic / (300 * 200)
    assert area_under_roc(digits, others) == pytest.approx(expected)


def test_telling_digits_has_all_figures():
    scores = telling_digits(
        np.array([0.9, 0.9, 0.4, 0.8]), {"dots": np.array([0.1, 0.6]), "signs": np.array([0.2, 0.3, 0.3])}, 0.5
    )
    assert scores["images"] == 9
    assert scores["area_under_roc"] == pytest.approx(19 / 20)
    assert 0.6 < scores["interval"][0] < scores["area_under_roc"] < scores["interval"][1] <= 1
    assert (scores["digits"]["right"], scores["digits"]["images"]) == (3, 4)
    assert (scores["kinds"]["dots"]["right"], scores["kinds"]["dots"]["images"]) == (1, 2)
    assert scores["kinds"]["signs"]["accuracy"] == 1.0
    assert scores["kinds"]["dots"]["area_under_roc"] == pytest.approx(7 / 8)
    assert json.loads(json.dumps(scores)) == scores


# Robustness


def test_robustness_has_a_row_for_each_level_of_each_disturbance(mnist):
    done = []
    images, labels = mnist.test_images[:50], mnist.test_labels[:50]
    scores = robustness(
        lambda pictures: (np.eye(10)[labels[:: 50 // len(pictures)]], None), images, labels, done.append
    )
    assert set(scores) == set(DISTURBANCES)
    for name, disturbance in scores.items():
        assert (disturbance["title"], disturbance["unit"]) == (DISTURBANCES[name].title, DISTURBANCES[name].unit)
        assert [row["level"] for row in disturbance["levels"]] == [1, 2, 3, 4, 5]
        assert [row["strength"] for row in disturbance["levels"]] == list(DISTURBANCES[name].strengths)
        assert [row["images"] for row in disturbance["levels"]] == [10, 10, 50, 10, 10]
        assert all(row["accuracy"] == 1 and row["interval"][0] < 1 for row in disturbance["levels"])
    assert len(done) == 5 * len(DISTURBANCES)
    assert done[-1] == robustness_images(50)


def test_robustness_reads_disturbed_and_prepared_pictures(mnist):
    seen = []

    def read(pictures):
        seen.append(pictures)
        return np.eye(10)[np.zeros(len(pictures), int)], None

    images, labels = mnist.test_images[:20], mnist.test_labels[:20]
    scores = robustness(read, images, labels)
    assert scores["blur"]["levels"][2]["accuracy"] == pytest.approx(np.mean(labels == 0))
    names = list(DISTURBANCES)
    middle = seen[5 * names.index("blur") + 2]
    np.testing.assert_array_equal(middle, prepared(disturbed(images, "blur", 3)))


# All figures


@pytest.fixture
def scored():
    labels = np.arange(200) % 10
    answers = labels.copy()
    answers[:4] = 9  # 0, 1, 2 and 3 read as 9
    return score(labels, sure(answers, [0.98] * 200))


def test_score_has_all_figures(scored):
    assert (scored["images"], scored["right"], scored["accuracy"]) == (200, 196, 0.98)
    assert scored["interval"] == pytest.approx(wilson_interval(196, 200))
    assert scored["calibration_error"] == pytest.approx(0)
    assert np.sum(scored["confusion"]) == 200
    assert [scored["confusion"][digit][9] for digit in range(4)] == [1, 1, 1, 1]
    assert scored["per_digit"][9]["precision"] == pytest.approx(20 / 24)
    assert scored["per_digit"][0]["recall"] == pytest.approx(19 / 20)


def test_pen_digits_are_also_scored_by_writer():
    digits = [PenDigit(label, writer, []) for label, writer in ((3, 25), (4, 25), (5, 26), (5, 26), (5, 30))]
    answers = np.array([3, 9, 5, 5, 5])
    pictures = np.zeros((5, 28, 28), np.uint8)
    scores = score_pens(lambda given: (sure(answers, [0.9] * len(given)), None), digits, pictures)
    assert (scores["right"], scores["images"]) == (4, 5)
    assert {name: (one["right"], one["images"]) for name, one in scores["by_writer"].items()} == {
        "25": (1, 2),
        "26": (2, 2),
        "30": (1, 1),
    }
    assert json.loads(json.dumps(scores)) == scores


def test_score_can_be_written_as_json(scored):
    assert json.loads(json.dumps(scored)) == scored


def test_no_images_have_no_score():
    with pytest.raises(ValueError):
        score(np.zeros(0, int), np.zeros((0, 10)))
