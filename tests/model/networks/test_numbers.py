"""The network that finds digits: what it is made of, what it is to say, how it learns."""

import keras
import numpy as np
import pytest
from keras import ops

from model.data.examples import own_drawings
from model.data.pages import CLASSES, IGNORED, MOST_THINGS, TILE, Glyphs
from model.networks import numbers, training
from model.networks.numbers import (
    HEIGHT,
    OUTPUTS,
    STRIDE,
    NumbersRecipe,
    batch,
    build_finder,
    finer,
    fit_numbers,
    loss,
    targets,
)
from model.networks.weights import load_network
from model.paths import NUMBERS, WEIGHTS


@pytest.fixture(scope="module")
def glyphs():
    """Our own drawings alone: quickly made."""
    return Glyphs.of(np.zeros((0, 28, 28), np.uint8), np.zeros(0, int), [], own_drawings()[::4], 0)


def things(*rows):
    result = np.full((MOST_THINGS, 5), -1, np.float32)
    result[: len(rows)] = rows
    return result


def test_it_begins_with_what_the_digits_network_has_learnt():
    digits = load_network(WEIGHTS)
    network = build_finder(digits)
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    learnt = [layer for layer in digits.layers if isinstance(layer, keras.layers.Conv2D)]
    for own, its in zip(convolutions[:6], learnt[:6], strict=True):
        for weights, other in zip(own.get_weights(), its.get_weights(), strict=True):
            np.testing.assert_array_equal(weights, other)


def test_it_looks_at_pages_of_any_size_and_says_at_first_that_there_is_hardly_ever_anything():
    network = build_finder()
    for height, width in ((16, 16), (64, 160)):
        said = ops.convert_to_numpy(finer(network(np.zeros((2, height, width, 1), np.float32))))
        assert said.shape == (2, height // STRIDE, width // STRIDE, OUTPUTS)
        assert (said[..., 0] < -3).all()


def test_the_weights_that_ship_are_those_of_this_network_and_small():
    shipped = load_network(NUMBERS)
    assert [tuple(weights.shape) for weights in shipped.weights] == [
        tuple(weights.shape) for weights in build_finder().weights
    ]
    assert NUMBERS.stat().st_size < 8e6


def test_each_place_of_the_finer_map_is_where_its_square_was():
    outputs = np.arange(2 * 3 * 4 * OUTPUTS, dtype=np.float32).reshape(1, 2, 3, 4 * OUTPUTS)
    fine = ops.convert_to_numpy(finer(outputs))
    assert fine.shape == (1, 4, 6, OUTPUTS)
    for row in range(4):
        for column in range(6):
            square = outputs[0, row // 2, column // 2].reshape(2, 2, OUTPUTS)
            np.testing.assert_array_equal(fine[0, row, column], square[row % 2, column % 2])


def test_the_heat_is_one_in_the_middle_and_the_edges_lie_where_the_thing_ends():
    target = targets(things((7, 40, 30, 52, 50)))
    row, column = np.argwhere(target[..., 0] == 1)[0]
    assert (row, column) == (20, 23)
    assert target[row, column, 1] == 7
    left, top, right, bottom = target[row, column, 2:6] * HEIGHT
    x, y = (column + 0.5) * STRIDE, (row + 0.5) * STRIDE
    assert (x - left, y - top, x + right, y + bottom) == pytest.approx((40, 30, 52, 50), abs=1e-3)
    assert (target[..., 0] == 1).sum() == 1
    assert target[0, 0, 0] < 1e-6


def test_of_neighbours_each_place_belongs_to_the_nearer():
    target = targets(things((1, 40, 30, 44, 50), (8, 48, 30, 60, 50)))
    assert target[20, 21, 1] == 1
    assert target[20, 27, 1] == 8
    assert (target[..., 0] == 1).sum() == 2


def test_what_is_ignored_does_not_count_and_what_lies_in_it_does():
    target = targets(things((IGNORED, 20, 20, 60, 60), (3, 30, 30, 40, 50)))
    assert target[15, 25, 6] == 0
    assert target[20, 17, 6] == 1
    assert target[2, 2, 6] == 1
    assert (target[..., 0] == 1).sum() == 1


def answer_of(target):
    """What a network would say that knows the answer."""
    said = np.zeros((*target.shape[:3], OUTPUTS), np.float32)
    said[..., 0] = np.where(target[..., 0] == 1, 12, -12)
    names = np.eye(len(CLASSES), dtype=np.float32)[target[..., 1].astype(int)]
    said[..., 1 : 1 + len(CLASSES)] = 12 * names
    said[..., 1 + len(CLASSES) :] = target[..., 2:6]
    n, height, width, _ = said.shape
    squares = said.reshape(n, height // 2, 2, width // 2, 2, OUTPUTS).transpose(0, 1, 3, 2, 4, 5)
    return squares.reshape(n, height // 2, width // 2, 4 * OUTPUTS)


def test_the_loss_is_small_for_the_right_answer_and_grows_with_each_kind_of_mistake():
    target = targets(things((7, 40, 30, 52, 50), (2, 80, 30, 92, 50)))[None]
    right = float(loss(target, answer_of(target)))
    assert right < 0.5
    for wrong in (
        things((7, 40, 30, 52, 50)),  # one is missed
        things((7, 40, 30, 52, 50), (2, 80, 30, 92, 50), (2, 120, 30, 132, 50)),  # one is invented
        things((7, 40, 30, 52, 50), (3, 80, 30, 92, 50)),  # one is taken for another
        things((7, 40, 30, 52, 50), (2, 76, 26, 96, 54)),  # one is too large
    ):
        assert float(loss(target, answer_of(targets(wrong)[None]))) > right + 0.1


def test_batches_hold_pages_and_what_is_to_be_said_of_them(glyphs):
    pages, target = batch(glyphs, 2, np.random.default_rng(1))
    assert pages.shape == (2, *TILE, 1)
    assert target.shape == (2, TILE[0] // STRIDE, TILE[1] // STRIDE, 7)
    assert 0 <= pages.min() and pages.max() <= 1
    np.testing.assert_array_equal(batch(glyphs, 2, np.random.default_rng(1))[0], pages)


@pytest.mark.parametrize(("processor", "precision"), [("flags: avx2 amx_bf16", "bfloat16"), ("flags: avx2", "float32")])
def test_it_learns_as_the_processor_multiplies_fastest_and_ends_as_float32(
    glyphs, monkeypatch, tmp_path, processor, precision
):
    monkeypatch.setattr(training, "PROCESSOR", tmp_path / "cpuinfo")
    training.PROCESSOR.write_text(processor)
    computed, weights = [], []

    def trained(build, *arguments, **options):
        network = build()
        computed.extend(layer.compute_dtype for layer in network.layers)
        weights.extend(network.get_weights())
        return network, {}

    monkeypatch.setattr(numbers, "trained", trained)
    network, _ = fit_numbers(load_network(WEIGHTS), glyphs, None, NumbersRecipe(), 0)
    assert set(computed) == {precision}
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}
    for own, learnt in zip(network.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(own, learnt)


def test_it_learns_and_goes_on_where_it_was_interrupted(glyphs, eagerly, monkeypatch, tmp_path):
    monkeypatch.setattr(training, "PROCESSOR", tmp_path / "none")  # coarser numbers would not add up alike
    digits = load_network(WEIGHTS)
    validation = batch(glyphs, 2, np.random.default_rng(0))
    recipe = NumbersRecipe(epochs=3, steps=2, pages=4)
    state = tmp_path / "state.npz"

    def fit(resume=False, stop=None):
        keras.utils.set_random_seed(0)
        on = keras.callbacks.LambdaCallback

        def interrupt(epoch, logs):
            if epoch == stop:
                raise KeyboardInterrupt

        before = training.TimeLeft
        training.TimeLeft = lambda: on(on_epoch_begin=interrupt)
        try:
            return fit_numbers(digits, glyphs, validation, recipe, 0, verbose=0, checkpoint=state, resume=resume)
        finally:
            training.TimeLeft = before

    whole, curves = fit()
    assert len(curves["loss"]) == len(curves["val_loss"]) == 3
    assert curves["loss"][-1] < curves["loss"][0]
    state.unlink()
    with pytest.raises(KeyboardInterrupt):
        fit(stop=2)
    resumed, curves = fit(resume=True)
    assert len(curves["loss"]) == 3
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-3, atol=2e-4)
