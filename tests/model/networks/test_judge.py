"""The network that looks closer: what it begins with, what it is shown, that it learns."""

import keras
import numpy as np
import pytest

from model.networks.digits import OUTPUTS, build_network
from model.networks.judge import SHIFTED, SIDE, JudgeRecipe, as_inputs, batch, build_judge, fit_judge
from model.networks.weights import load_network
from model.paths import JUDGE, WEIGHTS

WHOLE = SIDE + 2 * SHIFTED


def dots(count, rng):
    """Pictures with a square left (0) or right (1) of the middle."""
    labels = rng.integers(0, 2, count)
    pictures = np.zeros((count, WHOLE, WHOLE), np.uint8)
    for picture, label in zip(pictures, labels, strict=True):
        picture[15:25, 6 + 20 * label : 14 + 20 * label] = 255
    return pictures, labels


def test_it_begins_with_what_the_digits_network_has_learnt_but_for_the_last_layer():
    digits, network = load_network(WEIGHTS), build_judge(load_network(WEIGHTS))
    own, its = ([layer.get_weights() for layer in one.layers if layer.weights] for one in (network, digits))
    assert len(own) == len(its)
    for some, others in zip(own[:-1], its[:-1], strict=True):
        for weights, other in zip(some, others, strict=True):
            np.testing.assert_array_equal(weights, other)
    assert own[-1][0].shape != its[-1][0].shape


def test_the_weights_that_ship_are_those_of_this_network_and_small():
    shipped, built = load_network(JUDGE), build_judge()
    assert [tuple(weights.shape) for weights in shipped.weights] == [tuple(weights.shape) for weights in built.weights]
    assert JUDGE.stat().st_size < 4e6


def test_the_network_takes_the_middle_of_a_picture():
    pictures = np.random.default_rng(0).integers(0, 256, (2, WHOLE, WHOLE)).astype(np.uint8)
    taken = as_inputs(pictures)
    assert taken.shape == (2, SIDE, SIDE, 1)
    np.testing.assert_allclose(taken[..., 0] * 255, pictures[:, SHIFTED:-SHIFTED, SHIFTED:-SHIFTED], atol=1e-3)
    np.testing.assert_allclose(as_inputs(pictures[:, SHIFTED:-SHIFTED, SHIFTED:-SHIFTED]), taken)


def test_pictures_are_moved_a_little_and_keep_their_labels():
    rng = np.random.default_rng(0)
    pictures, answers = batch(*dots(200, rng), rng)
    assert pictures.shape == (200, SIDE, SIDE, 1)
    assert answers.shape == (200, OUTPUTS)
    first = (pictures[..., 0] > 0.5).any(axis=1).argmax(axis=1) - 20 * answers.argmax(axis=1) - (6 - SHIFTED)
    assert set(first.tolist()) == set(range(-SHIFTED, SHIFTED + 1))


def test_it_learns_and_keeps_how_it_got_there():
    keras.utils.set_random_seed(0)
    recipe = JudgeRecipe(epochs=3, steps=8, pages=32, average=0.5)
    validation = dots(64, np.random.default_rng(9))
    _, curves = fit_judge(build_network(), dots, validation, recipe, 0, verbose=0)
    assert {"loss", "accuracy", "val_loss", "val_accuracy", "seconds"} <= set(curves)
    assert all(len(values) == 3 for values in curves.values())
    assert curves["accuracy"][0] < 0.9 < curves["accuracy"][-1]
    assert curves["loss"][-1] < 0.5 * curves["loss"][0]


@pytest.mark.parametrize("count", [1, 3])
def test_it_gives_probabilities(count):
    answers = build_judge()(np.zeros((count, SIDE, SIDE, 1), np.float32)).numpy()
    assert answers.shape == (count, OUTPUTS)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)
