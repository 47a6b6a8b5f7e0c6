"""A drawing on its way through networks of several kinds: what is shown is what the network computes."""

import keras
import numpy as np
import pytest
from keras import layers

from model import prepare
from model.networks.anatomy import Anatomy
from model.networks.digits import build_network
from model.networks.flow import MOST, Flow
from model.networks.own import build_textbook_network
from tests.apptest import seven
from tests.model.networks.test_anatomy import unusual_network


def dense(hidden=()):
    stack = [keras.Input((28, 28, 1)), layers.Flatten(), *(layers.Dense(units, activation="relu") for units in hidden)]
    return keras.Sequential([*stack, layers.Dense(10, activation="softmax")])


def pooled_over_all():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(6, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, activation="softmax"),
        ]
    )


BUILT = {
    "shipped": build_network,
    "textbook": build_textbook_network,
    "dense": dense,
    "hidden": lambda: dense((32, 20)),
    "pooled": pooled_over_all,
    "unusual": unusual_network,
}
PICTURE = prepare(seven())


@pytest.fixture(params=BUILT)
def anatomy(request):
    return Anatomy(BUILT[request.param]())


def test_maps_and_sums_are_those_of_the_network(anatomy):
    flow, look = Flow(anatomy), anatomy.look(PICTURE)
    passage = flow.of(PICTURE)
    np.testing.assert_allclose(passage.sums, look.logits, atol=1e-4)
    for stage, maps in zip(flow.stages, passage.maps, strict=True):
        np.testing.assert_allclose(maps, look.maps[stage.last].reshape(stage.shape)[..., stage.shown], atol=1e-4)
        assert len(stage.shown) == min(MOST, stage.shape[2])
        assert list(stage.shown) == sorted(set(stage.shown))


def test_links_have_a_row_for_each_map_before_and_a_column_for_each_here(anatomy):
    flow = Flow(anatomy)
    counts = [1, *(len(stage.shown) for stage in flow.stages), anatomy.classes]
    assert [links.shape for links in flow.of(PICTURE).links] == list(zip(counts, counts[1:], strict=False))


@pytest.mark.parametrize("name", ["shipped", "textbook"])
def test_what_maps_add_to_the_sums_is_exact(name):
    anatomy = Anatomy(BUILT[name]())
    flow, look = Flow(anatomy), anatomy.look(PICTURE)
    for output in (0, 7):
        added = look.contributions(output)
        assert added.sum() + look.logit(output).bias == pytest.approx(float(look.logits[output]), abs=1e-4)
        np.testing.assert_allclose(flow.of(PICTURE).links[-1][:, output], added[list(flow.stages[-1].shown)], atol=1e-4)


def test_the_maps_that_add_most_are_shown():
    """Of a dense layer whose other weights are zero, those are shown that have some."""
    network = dense((20,))
    kernel = np.zeros((20, 10), np.float32)
    kernel[[3, 5, 7, 11, 13, 17, 18, 19]] = 1
    network.layers[1].set_weights([np.full((784, 20), 0.01, np.float32), np.zeros(20, np.float32)])
    network.layers[2].set_weights([kernel, np.zeros(10, np.float32)])
    assert Flow(Anatomy(network)).stages[0].shown == (3, 5, 7, 11, 13, 17, 18, 19)


def test_a_link_follows_weight_and_ink():
    """A 1 × 1 convolution of the picture: what it adds is the mean ink times the weight, with batch normalisation's scale."""
    stack = [keras.Input((28, 28, 1)), layers.Conv2D(2, 1, use_bias=False), layers.BatchNormalization(), layers.Flatten()]
    network = keras.Sequential([*stack, layers.Dense(10, activation="softmax")])
    network.layers[0].set_weights([np.array([2.0, -3.0], np.float32).reshape(1, 1, 1, 2)])
    network.layers[1].gamma.assign([1.0, 2.0])
    links = Flow(Anatomy(network)).of(PICTURE).links[0]
    scale = 1 / np.sqrt(1 + network.layers[1].epsilon)
    np.testing.assert_allclose(links, np.array([[2.0, -6.0]]) * PICTURE.mean() / 255 * scale, rtol=1e-4)


def test_dropout_is_no_end_of_a_stage():
    flow = Flow(Anatomy(build_network()))
    assert all(not isinstance(flow._stack[stage.last], layers.Dropout) for stage in flow.stages)
    assert flow.sees_the_picture
    assert not Flow(Anatomy(dense((20,)))).sees_the_picture
