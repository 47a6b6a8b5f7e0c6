import math
from types import SimpleNamespace

import numpy as np
import pytest

from model.reading.judgement import FOLDS, MOST_TRAINED, STEPS, Judgement, Projection, confusions, judged, last_layer
from model.reading.taught import DIGIT_LABELS, Examples


@pytest.fixture(scope="module")
def judgement(adapted):
    return judged(adapted)


# Judged by the others


def test_an_example_is_judged_as_if_it_had_not_been_given(recognizer, adapted, mixed):
    rows = adapted.judged_by_the_others()
    assert rows.shape == (len(mixed), len(adapted.labels) + 1)
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-5)
    for index in range(len(mixed)):
        without = recognizer.with_examples(mixed.without(index))
        probabilities, shares = without.probabilities(mixed.pictures[[index, index]])  # as many examples are looked at
        expected = dict(zip(without.labels, probabilities[0] * shares[0], strict=True))
        named = [expected.get(label, 0) for label in adapted.labels]
        np.testing.assert_allclose(rows[index], [*named, 1 - shares[0]], atol=5e-3)


def test_a_symbol_of_one_example_is_not_known_without_it(adapted, mixed):
    index = mixed.labels.index("→")
    assert adapted.judged_by_the_others()[index, adapted.labels.index("→")] == pytest.approx(0, abs=1e-6)


def test_a_digit_of_one_example_is_judged_by_the_network(adapted, judgement, mixed):
    assert mixed.counts["8"] == 1
    assert judgement.answers[mixed.labels.index("8")] == "8"


def test_the_same_drawing_twice_judges_itself(recognizer, pages_of_signs):
    twice = recognizer.adapt([pages_of_signs["★"][0]] * 2 + [pages_of_signs["π"][0]], ["★", "★", "π"])
    assert judged(twice).now == (True, True, False)


def test_before_is_what_the_untaught_recognizer_says(adapted, recognizer, judgement, mixed):
    for index, prediction in enumerate(recognizer.recognize_many(list(mixed.pictures))):
        label = mixed.labels[index]
        expected = (prediction.is_digit and prediction.label == label) if label in DIGIT_LABELS else None
        assert judgement.before[index] == expected


def test_now_says_which_answers_are_right(judgement, mixed, adapted):
    assert len(judgement.before) == len(judgement.now) == len(judgement.answers) == len(mixed)
    assert judgement.now == tuple(answer == label for answer, label in zip(judgement.answers, mixed.labels, strict=True))
    assert set(judgement.answers) <= {*adapted.labels, None}
    assert not judgement.now[mixed.labels.index("→")]


def test_a_wrong_name_is_found_out(recognizer, strangers):
    _, labels, pictures = strangers
    sevens, twos = pictures[labels == "7"][:3], pictures[labels == "2"][:1]
    judgement = judged(recognizer.with_examples(Examples(np.concatenate([sevens, twos]), ("7",) * 4)))
    assert judgement.now[3] is False
    assert judgement.answers[3] != "7"
    assert judgement.before == (True, True, True, False)


# What looks alike


def test_what_looks_alike_is_told(recognizer, pages_of_signs):
    """Hearts under two names, taken for each other; and what cannot be mistaken for them."""
    pages = [*pages_of_signs["♥"], *pages_of_signs["♥"], *pages_of_signs["→"]]
    adapted = recognizer.adapt(pages, ["♥", "♥", "♥", "heart", "heart", "heart", "→", "→", "→"])
    found = confusions(adapted, judged(adapted))
    assert found[0].labels == ("♥", "heart")
    assert found[0].drawings == 6
    assert found[0].confused == 6
    assert not any("→" in one.labels and "♥" in one.labels for one in found)


def test_confusions_are_counted_from_the_answers_the_worst_first(adapted, judgement, mixed):
    answers = list(mixed.labels)
    for label, other, times in (("★", "π", 2), ("π", "★", 1), ("→", "★", 1), ("1", "π", 2), ("2", "3", 2)):
        for index in [index for index, own in enumerate(mixed.labels) if own == label][:times]:
            answers[index] = other
    answers[-1] = answers[-1] if answers[-1] != "→" else None
    given = type(judgement)(judgement.before, judgement.now, tuple(answers))
    found = {one.labels: (one.drawings, one.confused) for one in confusions(adapted, given)}
    assert found == {("★", "π"): (6, 3), ("1", "π"): (5, 2), ("★", "→"): (4, 1)}
    shares = [confused / drawings for drawings, confused in found.values()]
    assert shares == sorted(shares, reverse=True)
    # Digits among themselves are told by the network, and nothing known is no label.
    assert not any(set(one) <= set(DIGIT_LABELS) for one in found)


def test_nothing_is_told_where_all_is_right(adapted, judgement, mixed):
    assert confusions(adapted, type(judgement)(judgement.before, judgement.now, mixed.labels)) == []


# The map


def numpys_map(places):
    away = places - places.mean(axis=0)
    left, sizes, _ = np.linalg.svd(away, full_matrices=False)
    return left[:, :2] * sizes[:2], (sizes[:2] ** 2).sum() / (sizes**2).sum()


def test_the_map_is_that_of_the_singular_value_decomposition(adapted):
    places = adapted.places.astype(np.float64)
    projection = Projection.of(places)
    points, share = numpys_map(places)
    assert projection.share == pytest.approx(share, abs=1e-6)
    own = projection.points(places)
    np.testing.assert_allclose(np.abs(own), np.abs(points) * projection.scale, atol=1e-6)
    assert np.abs(own).max() == pytest.approx(1)
    np.testing.assert_allclose(np.linalg.norm(projection.axes, axis=0), 1, atol=1e-6)
    assert projection.axes[:, 0] @ projection.axes[:, 1] == pytest.approx(0, abs=1e-6)
    assert projection.axes.shape == (places.shape[1], 2)


def test_the_map_is_the_same_in_whatever_order_the_examples_come(adapted):
    places = adapted.places
    order = np.random.default_rng(0).permutation(len(places))
    points, shuffled = Projection.of(places).points(places), Projection.of(places[order]).points(places[order])
    np.testing.assert_allclose(shuffled, points[order], atol=1e-4)


def test_a_new_drawing_lies_at_its_example(adapted, mixed):
    projection = Projection.of(adapted.places)
    prediction = adapted.recognize(mixed.pictures[4])
    np.testing.assert_allclose(
        projection.points(prediction.place[None]), projection.points(adapted.places)[4:5], atol=0.05
    )


@pytest.mark.parametrize("count", [1, 2, 5])
def test_equal_places_lie_in_the_middle(count):
    places = np.repeat(np.eye(1, 40, dtype=np.float32), count, axis=0)
    projection = Projection.of(places)
    np.testing.assert_allclose(projection.points(places), np.zeros((count, 2)), atol=1e-6)
    assert (projection.share, projection.scale) == (1, 1)
    assert np.isfinite(projection.points(np.ones((3, 40)))).all()


def test_places_on_a_line_lie_on_a_line():
    along = np.linspace(0, 1, 6)[:, None] * np.array([[3.0, 4, 0, 0]])
    projection = Projection.of(along)
    points = projection.points(along)
    np.testing.assert_allclose(points[:, 0], np.linspace(-1, 1, 6), atol=1e-6)
    np.testing.assert_allclose(points[:, 1], 0, atol=1e-6)
    np.testing.assert_allclose(projection.axes[:, 1], 0, atol=1e-9)
    assert projection.share == pytest.approx(1)


def test_two_places_lie_at_the_ends_of_the_map():
    places = np.eye(2, 9, dtype=np.float32)
    np.testing.assert_allclose(np.sort(Projection.of(places).points(places)[:, 0]), [-1, 1], atol=1e-6)


# A new last layer instead


def test_training_a_last_layer_learns_the_examples(adapted, judgement, mixed):
    trained = last_layer(adapted, judgement)
    names = len(set(mixed.labels))
    assert trained.examples == len(mixed)
    assert len(trained.loss) == len(trained.right) == len(trained.judged) == STEPS + 1
    assert trained.loss[0] == pytest.approx(math.log(names), abs=1e-5)  # nothing is known before the first step
    assert trained.loss[-1] < 0.5 * trained.loss[0]
    assert trained.loss[-1] == min(trained.loss)
    assert trained.right[-1] >= len(mixed) - 2
    assert max(trained.judged) <= len(mixed)
    assert trained.judged[-1] > trained.judged[0]
    assert trained.compared == sum(judgement.now)


def test_a_last_layer_is_judged_by_what_it_was_not_trained_on():
    """Examples that have nothing in common can be learnt by heart; without one of them nothing speaks for it."""
    count = 30
    strange = SimpleNamespace(
        examples=SimpleNamespace(labels=tuple(f"name {number % 3}" for number in range(count))),
        places=np.eye(count, dtype=np.float32),
    )
    trained = last_layer(strange, Judgement((None,) * count, (False,) * count, (None,) * count))
    assert trained.right[-1] == count
    assert trained.judged[-1] <= count / 2
    assert trained.compared == 0


def test_what_cannot_be_judged_is_not_trained(recognizer, pages_of_signs):
    star, pi = pages_of_signs["★"], pages_of_signs["π"]
    for pages, labels in (([star[0]], "★"), (star, "★★★"), ([star[0], pi[0]], "★π")):
        adapted = recognizer.adapt(pages, list(labels))
        assert last_layer(adapted, judged(adapted)) is None
    adapted = recognizer.adapt([*star[:2], pi[0]], list("★★π"))
    trained = last_layer(adapted, judged(adapted))
    assert (trained.examples, trained.judged[-1] <= 2) == (3, True)
    assert trained.examples < FOLDS


def test_of_many_examples_the_latest_are_trained_on(recognizer, strangers):
    _, labels, pictures = strangers
    many = recognizer.with_examples(Examples(pictures[: MOST_TRAINED + 40], tuple(labels[: MOST_TRAINED + 40].tolist())))
    judgement = judged(many)
    trained = last_layer(many, judgement)
    assert trained.examples == MOST_TRAINED
    assert trained.compared == sum(judgement.now[-MOST_TRAINED:])
    assert trained.judged[-1] >= 0.8 * MOST_TRAINED
