"""The network that finds digits on a page: where the middle of each lies, which it is, and how large.

It is the digits' network (`model.networks.digits`) without its last layers, run over a whole page, and a few layers more that
see farther. For each place on a map half as fine as the page it says whether something has its middle here, what that is,
and where its edges lie: X. Zhou, D. Wang, P. Krähenbühl, "Objects as Points", 2019. Digits should be about `HEIGHT` pixels
high; `model.reading.finding` looks at a page at several scales for that.
"""

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops

from model.data.pages import CLASSES, IGNORED, TILE, Glyphs, page
from model.networks.training import MadeAnew, mixed_precision, trained

HEIGHT = 20.0  # pixels of a usual digit, as in the digits' network
STRIDE = 2  # pixels to a place of the map
COARSEST = 16  # pixels: sides of a page are padded to a multiple of this
OUTPUTS = 1 + len(CLASSES) + 4  # for each place: is anything here, what is it, how far are its left, top, right and bottom
RARE = -4.0  # the first of these, before anything is learnt
SPREAD = 0.16  # of a thing's sides: the standard deviation of the heat around its middle
LEAST_SPREAD = 0.7  # places
NEAR = 0.5  # heat from which a place has to say what is there


@dataclass(frozen=True)
class NumbersRecipe:
    """How it is trained."""

    epochs: int = 104
    steps: int = 90  # of an epoch
    pages: int = 16  # of a step; each is made anew
    learning_rate: float = 2e-3  # the peak; after one epoch of warm-up it falls along a cosine
    weight_decay: float = 0.03
    average: float = 0.997  # share kept of the moving average of the weights at each step


def build_finder(digits: keras.Model | None = None) -> keras.Model:
    """The network: six convolutions of the digits' network, and eight more; 840,000 weights.

    Args:
        digits: the network for single digits, whose weights it begins with; None to begin with none.

    Returns:
        An untrained model, (N, H, W, 1), 0 (page) to 1 (ink), sides multiples of 16, → (N, H / 4, W / 4, 72), of which
        `finer` makes (N, H / 2, W / 2, 18): the sums before the sigmoid of "something has its middle here" and before the
        softmax over `CLASSES`; and how far its left, top, right and bottom edges lie from the middle of the place, in units
        of `HEIGHT`.
    """

    def convolution(x, filters, size=3, activated=True, **options):
        x = layers.Conv2D(filters, size, padding="same", use_bias=False, **options)(x)
        x = layers.BatchNormalization()(x)
        return layers.ReLU()(x) if activated else x

    def pooled(x, filters, **options):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False, **options)(x)
        return layers.ReLU()(layers.BatchNormalization()(layers.MaxPooling2D()(x)))

    inputs = keras.Input((None, None, 1))
    # As in `digits`, but with margins: a page's edge may have ink.
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(inputs)  # (N, H, W, 16)
    x = pooled(x, 32)  # (N, H/2, W/2, 32)
    x = convolution(x, 64)
    x = pooled(x, 64)  # (N, H/4, W/4, 64)
    x = convolution(x, 144)
    x = convolution(x, 144)
    # What is around it: frames, neighbours, the size of what else is written.
    near = convolution(x, 96)  # (N, H/4, W/4, 96)
    far = convolution(near, 96, strides=2)  # (N, H/8, W/8, 96)
    farther = convolution(far, 96, strides=2)  # (N, H/16, W/16, 96)
    farther = convolution(farther, 96)
    far = layers.Add()([far, layers.UpSampling2D()(farther)])
    far = convolution(far, 96)
    x = layers.Add()([near, layers.UpSampling2D()(far)])
    x = convolution(x, 112)
    outputs = layers.Conv2D(4 * OUTPUTS, 1)(x)  # (N, H/4, W/4, 72)
    network = keras.Model(inputs, outputs, name="numbers")
    # It begins by saying that there is hardly ever anything.
    kernel, shifts = network.layers[-1].get_weights()
    shifts.reshape(4, OUTPUTS)[:, 0] = RARE
    network.layers[-1].set_weights([kernel, shifts])
    if digits is not None:
        with_weights = [layer for layer in network.layers if layer.weights]
        taken = [layer for layer in digits.layers if layer.weights][:11]  # six convolutions, five normalisations
        for own, its in zip(with_weights, taken, strict=False):
            own.set_weights(its.get_weights())
    return network


def finer(outputs):
    """What the network says, a square of four places for each of its own: a tensor (N, h, w, 4 C) → (N, 2 h, 2 w, C)."""
    n, h, w = (ops.shape(outputs)[axis] for axis in range(3))
    squares = ops.reshape(outputs, (n, h, w, 2, 2, OUTPUTS))
    return ops.reshape(ops.transpose(squares, (0, 1, 3, 2, 4, 5)), (n, 2 * h, 2 * w, OUTPUTS))


# ── What it is to say ─────────────────────────────────────────────────────────────────────────────────────────────────


def targets(things: np.ndarray, tile: tuple[int, int] = TILE) -> np.ndarray:
    """What the network is to say of a page.

    Args:
        things: float32 (n, 5), as `model.data.pages.page` gives them.
        tile: height and width of the page.

    Returns:
        float32 (H / 2, W / 2, 7): heat, 0 to 1, 1 where something has its middle; what is nearest, a number in `CLASSES`;
        how far its edges are, as the network gives them; and 0 where it does not matter what is found, else 1.
    """
    height, width = (side // STRIDE for side in tile)
    result = np.zeros((height, width, 7), np.float32)
    result[..., 6] = 1
    rows, columns = (np.arange(height) + 0.5) * STRIDE, (np.arange(width) + 0.5) * STRIDE
    for kind, left, top, right, bottom in things[things[:, 0] >= 0].tolist():
        if kind == IGNORED:
            within = ((rows > top) & (rows < bottom))[:, None] & ((columns > left) & (columns < right))
            result[..., 6][within & (result[..., 0] < 1)] = 0
            continue
        x, y = (left + right) / 2, (top + bottom) / 2
        row, column = int(y // STRIDE), int(x // STRIDE)
        if not (0 <= row < height and 0 <= column < width):
            continue
        away_x = (np.arange(width) - column) / max(LEAST_SPREAD, SPREAD * (right - left) / STRIDE)
        away_y = (np.arange(height) - row) / max(LEAST_SPREAD, SPREAD * (bottom - top) / STRIDE)
        heat = np.exp(-(away_y[:, None] ** 2 + away_x**2) / 2)
        nearer = heat > result[..., 0]
        result[..., 0][nearer] = heat[nearer]
        result[..., 1][nearer] = kind
        edges = columns - left, (rows - top)[:, None], right - columns, (bottom - rows)[:, None]
        result[..., 2:6][nearer] = np.stack(np.broadcast_arrays(*edges), -1)[nearer] / HEIGHT
        result[row, column, 6] = 1
    return result


def loss(target, outputs):
    """The loss of a batch: of finding, of naming, of measuring.

    Finding pays by the focal loss of H. Law and J. Deng ("CornerNet", 2018), which forgives what is found a little beside.
    """
    heat, kinds, edges, counts = target[..., 0], target[..., 1], target[..., 2:6], target[..., 6]
    outputs = finer(outputs)
    found, sums, measured = outputs[..., 0], outputs[..., 1 : 1 + len(CLASSES)], outputs[..., 1 + len(CLASSES) :]
    chance = ops.clip(ops.sigmoid(found), 1e-5, 1 - 1e-5)
    is_middle = ops.cast(heat >= 1, "float32")
    missed = is_middle * ops.square(1 - chance) * ops.log(chance)
    invented = (1 - is_middle) * ops.power(1 - heat, 4) * ops.square(chance) * ops.log(1 - chance)
    finding = -ops.sum(counts * (missed + invented)) / (1 + ops.sum(is_middle))
    weight = heat * ops.cast(heat >= NEAR, "float32") * counts
    whole = 1 + ops.sum(weight)
    names = ops.one_hot(ops.cast(kinds, "int32"), len(CLASSES))
    smooth = 0.97 * names + 0.03 / len(CLASSES)
    naming = ops.sum(weight * ops.categorical_crossentropy(smooth, sums, from_logits=True)) / whole
    measuring = ops.sum(weight[..., None] * ops.abs(edges - measured)) / whole
    return finding + naming + measuring


def batch(glyphs: Glyphs, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """So many pages, float32 (N, H, W, 1), and what the network is to say of them, as `targets` gives it."""
    made = [page(glyphs, rng) for _ in range(count)]
    pages = np.stack([picture for picture, _ in made]).astype(np.float32) / 255
    return pages[..., None], np.stack([targets(things) for _, things in made])


def fit_numbers(
    digits: keras.Model,
    glyphs: Glyphs,
    validation: tuple[np.ndarray, np.ndarray],
    recipe: NumbersRecipe,
    seed: int,
    **options,
) -> tuple[keras.Model, dict[str, list[float]]]:
    """Trains the network by `recipe`; it ends with the moving average of its weights.

    Args:
        digits: whose convolutions it begins with.
        validation: as `batch` gives them.
        options: verbose, checkpoint and resume, as for `model.networks.training.trained`.

    Returns:
        The network, and the curves: for each of loss, val_loss and seconds a value per epoch.
    """

    def build() -> keras.Model:
        with mixed_precision():
            return build_finder(digits)

    network, curves = trained(
        build,
        {"loss": loss},
        lambda done: MadeAnew(lambda rng: batch(glyphs, recipe.pages, rng), recipe.steps, seed, done),
        recipe,
        [],
        {"seed": seed},
        validation_data=validation,
        validation_batch_size=recipe.pages,
        **options,
    )
    whole = build_finder()
    whole.set_weights(network.get_weights())
    return whole, curves
