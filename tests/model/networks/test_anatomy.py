"""Every value inside a network, computed by hand, is the network's own."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from keras import layers

from model.ink.image import SIDE, find_ink, preparation, prepare
from model.ink.strokes import draw, parse, placed
from model.networks.anatomy import (
    COVER,
    HAND_WINDOW,
    SHARES,
    WIDTHS,
    Anatomy,
    Field,
    by_hand,
    moved,
    powers,
    softmax,
)
from model.networks.digits import build_network
from model.networks.own import build_textbook_network
from tests.browser import CROSSED_SEVEN, FOUR, ZERO

DRAWINGS = [CROSSED_SEVEN, FOUR, ZERO]


def page(text, extent=340, centre=(270, 300)):
    return draw(placed(parse(text), extent, centre), 36, 560)


def unusual_network():
    """Padding, strides, dilation, groups, mean pooling, other activations, no bias at the end."""
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 1)),
            layers.Conv2D(6, (5, 3), strides=2, padding="same", activation="tanh"),  # (N, 14, 14, 6)
            layers.Dropout(0.2),
            layers.Conv2D(8, 3, dilation_rate=2, groups=2, padding="same"),  # (N, 14, 14, 8)
            layers.BatchNormalization(scale=False),
            layers.LeakyReLU(),
            layers.AveragePooling2D(3, strides=2, padding="same"),  # (N, 7, 7, 8)
            layers.MaxPooling2D(3, strides=2),  # (N, 3, 3, 8)
            layers.Flatten(),
            layers.Dense(12, activation="relu"),
            layers.Dense(10, use_bias=False),
            layers.Softmax(),
        ]
    )


def with_random_weights(network, seed=0):
    """Every weight random, those of batch normalisation and biases too, so that none can be left out unnoticed."""
    rng = np.random.default_rng(seed)
    for layer in network.layers:
        values = [rng.normal(0, 0.3, weight.shape) for weight in layer.get_weights()]
        if isinstance(layer, layers.BatchNormalization):
            values[-1] = rng.uniform(0.5, 2, values[-1].shape)  # a variance
        layer.set_weights(values)
    return network


@pytest.fixture(scope="module", params=["shipped", "built", "textbook", "unusual"])
def anatomy(request):
    if request.param == "shipped":
        return Anatomy(request.getfixturevalue("recognizer").network)
    build = {"built": build_network, "textbook": build_textbook_network, "unusual": unusual_network}[request.param]
    return Anatomy(with_random_weights(build()))


@pytest.fixture(scope="module", params=DRAWINGS, ids=["7", "4", "0"])
def look(anatomy, request):
    return anatomy.look(prepare(page(request.param)))


def places(shape, count, seed=0):
    """Corners and random pixels of maps of this shape."""
    rows, columns, channels = shape
    rng = np.random.default_rng(seed)
    chosen = [(0, 0, 0), (rows - 1, columns - 1, channels - 1), (0, columns - 1, 0), (rows - 1, 0, channels - 1)]
    return chosen + [tuple(int(rng.integers(size)) for size in shape) for _ in range(count)]


# The way to 28 × 28


@pytest.mark.parametrize("text", DRAWINGS)
def test_the_steps_lead_to_the_picture_that_the_network_sees(text):
    image = page(text)
    steps = preparation(image)
    np.testing.assert_array_equal(steps.picture, prepare(image))
    left, top, right, bottom = find_ink(image).box
    assert steps.box == pytest.approx((left / 560, top / 560, right / 560, bottom / 560))
    assert max(steps.scaled.shape) == 20
    top, left = steps.corner
    height, width = steps.scaled.shape
    np.testing.assert_array_equal(steps.picture[top : top + height, left : left + width], steps.scaled)
    assert steps.picture.sum(dtype=int) == steps.scaled.sum(dtype=int)
    rows, columns = np.mgrid[:height, :width] + 0.5
    ink = steps.scaled / steps.scaled.sum(dtype=int)
    assert steps.mass == pytest.approx(((rows * ink).sum(), (columns * ink).sum()))
    assert max(steps.page.shape) <= 160


def test_a_page_without_ink_has_no_steps():
    assert preparation(np.zeros((100, 100), np.uint8)) is None


# Layers


def test_every_layer_is_read_in_order(anatomy):
    network = anatomy.network
    assert [layer.kind for layer in anatomy.layers] == [type(layer).__name__ for layer in network.layers]
    assert [layer.shape for layer in anatomy.layers] == [layer.output.shape[1:] for layer in network.layers]
    assert sum(layer.weights for layer in anatomy.layers) == network.count_params()


def test_names_of_layers_make_no_difference():
    network = build_textbook_network()
    config = network.get_config()
    for number, layer in enumerate(config["layers"]):
        layer["config"]["name"] = f"renamed_{number}"
    renamed = keras.Sequential.from_config(config)
    renamed.set_weights(network.get_weights())
    picture = prepare(page(FOUR))
    assert Anatomy(renamed).layers == Anatomy(network).layers
    np.testing.assert_array_equal(Anatomy(renamed).look(picture).logits, Anatomy(network).look(picture).logits)


@pytest.mark.parametrize(
    "network",
    [
        keras.Sequential([keras.Input((SIDE, SIDE, 1)), layers.Conv2D(10, SIDE), layers.Flatten(), layers.Softmax()]),
        keras.Sequential(
            [keras.Input((SIDE, SIDE, 1)), layers.Flatten(), layers.Dense(10), layers.BatchNormalization()]
        ),
    ],
    ids=["no dense layer", "weights after it"],
)
def test_what_is_no_such_stack_is_refused(network):
    with pytest.raises(ValueError, match="no stack of layers"):
        Anatomy(network)


@pytest.mark.parametrize(
    "picture", [None, np.zeros((28, 28)), np.zeros((27, 28), np.uint8), np.zeros((28, 28, 1), np.uint8)]
)
def test_what_is_no_picture_is_refused(picture):
    with pytest.raises(ValueError, match="28, 28"):
        Anatomy(build_textbook_network()).look(picture)


# Values by hand


def test_maps_are_those_of_the_network(look):
    x = (look.picture / np.float32(255))[None, ..., None]
    for layer, maps in zip(look.anatomy.network.layers, look.maps, strict=True):
        x = layer(x, training=False)
        np.testing.assert_allclose(maps, np.asarray(x)[0], atol=1e-4)


def test_convolutions_by_hand_are_those_of_the_network(look):
    for index in look.anatomy.convolutions:
        last = look.anatomy.after(index)
        for row, column, kernel in places(look.maps[index].shape, 30, seed=index):
            hand = look.convolution(index, kernel, row, column)
            assert hand.patch.shape == hand.kernel.shape == hand.products.shape
            assert hand.total == pytest.approx(sum((hand.patch * hand.kernel).ravel()), abs=1e-9)
            assert hand.result == pytest.approx(look.maps[last][row, column, kernel], abs=1e-4)
            for step in hand.steps:
                assert step.result == pytest.approx(look.maps[step.index][row, column, kernel], abs=1e-4)


def test_poolings_by_hand_are_those_of_the_network(look):
    for index in look.anatomy.poolings:
        for row, column, channel in places(look.maps[index].shape, 30, seed=index):
            hand = look.pooling(index, channel, row, column)
            assert hand.result == pytest.approx(look.maps[index][row, column, channel], abs=1e-4)
            numbers = hand.patch[~np.isnan(hand.patch)]
            assert hand.result == pytest.approx(numbers.max() if hand.largest else numbers.mean(), abs=1e-6)


def test_logits_by_hand_and_their_softmax_are_those_of_the_network(look):
    probabilities = look.maps[-1]
    np.testing.assert_allclose(softmax(look.logits), probabilities, atol=1e-4)
    for output in range(look.anatomy.classes):
        logit = look.logit(output)
        assert logit.value == pytest.approx(look.logits[output], abs=1e-4)
        assert logit.supporting >= 0 >= logit.opposing


def test_the_blank_page_has_logits_of_its_own(look):
    blank = look.anatomy.look(np.zeros((SIDE, SIDE), np.uint8))
    np.testing.assert_allclose(look.blank_logits, blank.logits, atol=1e-4)


@pytest.mark.parametrize(
    ("index", "channel", "row", "column"), [(1, 0, 0, 0), (99, 0, 0, 0), (0, 32, 0, 0), (0, 0, 26, 0), (0, 0, 0, -1)]
)
def test_places_that_are_not_there_are_refused(index, channel, row, column):
    look = Anatomy(build_textbook_network()).look(prepare(page(FOUR)))
    with pytest.raises(ValueError, match=r"kind|no pixel"):
        look.convolution(index, channel, row, column)


def test_a_click_on_the_input_leads_to_the_window_around_it(anatomy):
    for index in (*anatomy.convolutions, *anatomy.poolings):
        window, shape = anatomy.window(index), anatomy.layers[index].shape[:2]
        for row, column, _ in places((*shape, 1), 10):
            top, left = window.corner(row, column)
            middle = (top + window.size[0] // 2, left + window.size[1] // 2)
            assert window.over(*middle, shape) == (row, column)
    with pytest.raises(ValueError, match="no window"):
        anatomy.window(len(anatomy.layers) - 1)


def test_the_strongest_pixel_is_found(look):
    for layer in look.anatomy.layers:
        if len(layer.shape) == 3:
            row, column, found = look.strongest(layer.index)
            assert look.maps[layer.index][row, column, found] == look.maps[layer.index].max()
            row, column, same = look.strongest(layer.index, 1)
            assert (look.maps[layer.index][row, column, same], same) == (look.maps[layer.index][..., 1].max(), 1)


# Softmax


def test_temperature_makes_an_answer_more_or_less_certain():
    logits = np.array([2.0, 1.0, -3.0])
    cold, own, hot = (softmax(logits, temperature) for temperature in (0.2, 1, 10))
    assert cold[0] > own[0] > hot[0] > 1 / 3
    for shares in (cold, own, hot):
        assert shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(own, np.exp(logits) / np.exp(logits).sum())
    np.testing.assert_allclose(powers(logits, 2) / powers(logits, 2).sum(), softmax(logits, 2))
    assert np.isfinite(softmax(np.array([1e4, -1e4]), 0.01)).all()


@pytest.mark.parametrize("temperature", [0, -1, float("nan")])
def test_a_temperature_is_above_zero(temperature):
    with pytest.raises(ValueError, match="above 0"):
        softmax(np.zeros(3), temperature)


# Receptive fields


def in_double_precision(network):
    """The same network, whose roundings are so small that none passes for a change."""
    policy = {"dtype": "float64"}
    same = keras.models.clone_model(network, clone_function=lambda layer: layer.from_config(layer.get_config() | policy))
    same.set_weights(network.get_weights())
    return same


def test_receptive_fields_hold_all_that_changes_a_pixel_and_no_more(anatomy):
    """Found by changing every pixel of noise in turn: those inside the field change the value, those outside do not."""
    noise = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE)) / 255
    changed = np.repeat(noise[None, ..., None], SIDE * SIDE + 1, axis=0)
    for pixel in range(SIDE * SIDE):
        changed[pixel, pixel // SIDE, pixel % SIDE, 0] += 20  # so much that no maximum hides it everywhere
    mapped = [layer for layer in anatomy.layers if layer.field is not None]
    network = in_double_precision(anatomy.network)
    dilated = any(max(getattr(layer, "dilation_rate", (1,))) > 1 for layer in network.layers)
    model = keras.Model(network.inputs[0], [network.layers[layer.index].output for layer in mapped])
    chosen = [[(row, column) for row, column, _ in places(layer.shape, 4, seed=layer.index)] for layer in mapped]
    seen = [[] for _ in mapped]
    for some in np.array_split(changed, 8):  # the maps of all at once would take gigabytes
        for values, output, where in zip(seen, model(some, training=False), chosen, strict=True):
            values.append(np.stack([np.asarray(output)[:, row, column] for row, column in where], axis=1))
    for layer, values, where in zip(mapped, map(np.concatenate, seen), chosen, strict=True):
        for (row, column), at in zip(where, values.swapaxes(0, 1), strict=True):
            left, top, right, bottom = layer.field.box(row, column)
            different = (np.abs(at[:-1] - at[-1]) > 1e-9).any(axis=1)
            rows, columns = np.nonzero(different.reshape(SIDE, SIDE))
            assert rows.min() >= top
            assert rows.max() < bottom
            assert columns.min() >= left
            assert columns.max() < right
            cut = 0 in (left, top) or SIDE in (right, bottom)
            if not (cut and dilated):  # a kernel with gaps may have one of them at the picture's edge
                assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (top, bottom, left, right)


def test_receptive_fields_of_the_textbook_network():
    fields = [layer.field for layer in Anatomy(build_textbook_network()).layers]
    assert fields == [
        Field((3, 3), (1, 1), (0, 0)),
        Field((4, 4), (2, 2), (0, 0)),
        Field((8, 8), (2, 2), (0, 0)),
        Field((10, 10), (4, 4), (0, 0)),
        None,
        None,
    ]
    assert fields[3].box(4, 0) == (0, 16, 10, 26)
    assert Field((24, 24), (4, 4), (-8, -8)).box(0, 5) == (12, 0, 28, 16)


# Evidence


def test_there_is_no_evidence_where_there_is_no_ink(look):
    for output in (0, 7):
        assert (look.evidence(output)[look.picture == 0] == 0).all()
        assert (look.occlusion(output)[look.picture == 0] == 0).all()
        assert np.abs(look.evidence(output)).max() > 0
        assert np.abs(look.occlusion(output)).max() > 0


def test_a_blank_page_gives_no_evidence_at_all(anatomy):
    blank = anatomy.look(np.zeros((SIDE, SIDE), np.uint8))
    assert not blank.evidence(3).any()
    assert not blank.occlusion(3).any()


def test_evidence_changes_sign_when_the_question_is_turned_round(look):
    for method in (look.evidence, look.occlusion):
        np.testing.assert_array_equal(method(4, 9), -method(9, 4))
        np.testing.assert_allclose(method(4, 9), method(4) - method(9), atol=1e-5)
        assert not method(4, 4).any()


def test_evidence_adds_up_to_what_the_ink_does_to_the_logit(look):
    for output in range(0, look.anatomy.classes, 3):
        whole = look.logits[output] - look.blank_logits[output]
        scale = float(np.abs(look.evidence(output)).sum())
        assert look.evidence(output).sum() == pytest.approx(whole, abs=0.03 * scale)


def test_evidence_is_the_mean_of_the_networks_own_gradients(recognizer):
    """At one pixel, with gradients from differences instead of Keras's."""
    anatomy = Anatomy(recognizer.network)
    picture = prepare(page(CROSSED_SEVEN))
    look = anatomy.look(picture)
    row, column = np.unravel_index(np.abs(look.evidence(7)).argmax(), picture.shape)
    assert WIDTHS.sum() == pytest.approx(1)
    along = SHARES[:, None, None, None] * (picture / 255)[None, ..., None]
    step = np.zeros_like(along)
    step[:, row, column] = 1e-3

    def logit(x):
        return np.log(np.asarray(recognizer.network(x.astype(np.float32), training=False), np.float64))[:, [7, 1]] @ [
            1,
            -1,
        ]

    slopes = (logit(along + step) - logit(along - step)) / 2e-3
    assert look.evidence(7, 1)[row, column] == pytest.approx(
        slopes @ WIDTHS * picture[row, column] / 255, rel=0.1, abs=0.02
    )


def test_occlusion_is_the_mean_fall_of_the_squares_that_cover_a_pixel(recognizer):
    anatomy = Anatomy(recognizer.network)
    picture = prepare(page(CROSSED_SEVEN))
    look = anatomy.look(picture)
    row, column = np.unravel_index(look.occlusion(7).argmax(), picture.shape)
    falls = []
    for top in range(row - COVER + 1, row + 1):
        for left in range(column - COVER + 1, column + 1):
            if top % 2 == 0 and left % 2 == 0:
                covered = picture.copy()
                covered[max(0, top) : top + COVER, max(0, left) : left + COVER] = 0
                falls.append(look.logits[7] - anatomy.look(covered).logits[7])
    assert look.occlusion(7)[row, column] == pytest.approx(np.mean(falls), abs=1e-4)


def test_evidence_lies_on_the_ink_that_matters(recognizer):
    """The closed top is what makes this nine no four: without it, the four is likelier than before."""
    look = Anatomy(recognizer.network).look(prepare(page("~8 2, 5 0, 2 2, 4 5, 7 4, 8 2, 7 6, 6 10")))
    assert int(look.logits.argmax()) == 9
    for method in (look.evidence, look.occlusion):
        assert method(9, 4)[:12].sum() > 0


# Threads


def test_eight_threads_share_one_anatomy(recognizer):
    anatomy = Anatomy(recognizer.network)
    pictures = [prepare(page(text)) for text in DRAWINGS]

    def examine(picture):
        look = anatomy.look(picture)
        return look.logits, look.evidence(4, 9), look.occlusion(7)

    expected = [examine(picture) for picture in pictures]
    with ThreadPoolExecutor(8) as threads:
        for number, found in enumerate(threads.map(examine, pictures * 4)):
            for own, alone in zip(found, expected[number % len(pictures)], strict=True):
                np.testing.assert_allclose(own, alone, atol=1e-4)
    before = recognizer.network.get_weights()
    examine(pictures[0])
    for old, new in zip(before, recognizer.network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_before_an_activation_is_what_it_is_applied_to():
    for network in (build_network(), build_textbook_network()):
        look = Anatomy(network).look(prepare(page(CROSSED_SEVEN)))
        assert look.anatomy.activations
        for index in look.anatomy.activations:
            assert look.anatomy.activation_of(index) == "relu"
            np.testing.assert_allclose(np.maximum(look.before_activation(index), 0), look.maps[index], atol=1e-4)
            assert look.before_activation(index).min() < 0


def test_a_kernel_by_hand_is_laid_on_every_place():
    rng = np.random.default_rng(3)
    picture, kernel = rng.integers(0, 256, (28, 28)).astype(np.uint8), rng.normal(size=(3, 3))
    found = by_hand(picture, kernel)
    assert found.shape == (26, 26)
    assert found[4, 9] == pytest.approx((picture[4:7, 9:12] / 255 * kernel).sum(), abs=1e-5)
    assert HAND_WINDOW.corner(4, 9) == (4, 9)


@pytest.mark.parametrize(("rows", "columns"), [(0, 0), (2, 0), (-3, 1), (0, -2)])
def test_a_moved_picture_is_the_same_elsewhere(rows, columns):
    picture = np.zeros((28, 28), np.uint8)
    picture[10:15, 8:12] = np.arange(1, 21).reshape(5, 4)
    expected = np.roll(picture, (rows, columns), (0, 1))
    np.testing.assert_array_equal(moved(picture, rows, columns), expected)
    assert moved(picture, 20, 0).sum() == 0


def test_contributions_are_none_where_the_last_layer_sees_no_maps():
    stack = [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(8), layers.Dense(10, activation="softmax")]
    assert Anatomy(keras.Sequential(stack)).look(prepare(page(CROSSED_SEVEN))).contributions(3) is None


def test_untrained_kernels_are_random_and_always_the_same():
    anatomy = Anatomy(build_network())
    first = anatomy.untrained(0)
    assert first.shape == anatomy.weights_of(0).shape
    assert first.std() > 0.05
    np.testing.assert_array_equal(first, anatomy.untrained(0))
