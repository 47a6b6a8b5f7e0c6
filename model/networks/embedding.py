"""The network that tells symbols apart: a picture gets a place, and what looks alike lies near.

It is trained to name the symbols of made-up alphabets (`model.data.symbols`), many at once, by the angle to a direction for
each: H. Wang et al. ("CosFace: Large margin cosine loss for deep face recognition", 2018). The directions are then thrown
away; what the network has learnt to look for is what tells symbols apart that nobody made up yet.
"""

import math
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops

from model.data.disturbances import moved_pictures
from model.ink.image import SIDE
from model.networks.training import BATCH, trained

FEATURES = 576


@dataclass(frozen=True)
class EmbeddingRecipe:
    """How it is trained."""

    alphabets: int = 300  # made up; few teach what these few have in common
    symbols: int = 24  # of an alphabet
    drawings: int = 12  # of a symbol
    epochs: int = 26
    learning_rate: float = 2e-3  # the peak; after one epoch of warm-up it falls along a cosine
    weight_decay: float = 0.02
    moved: float = 0.7  # share of the pictures that are turned, sheared, scaled, moved or bent
    scale: float = 20.0  # of cosines, before softmax
    margin: float = 0.2  # by which the right one has to be nearer
    average: float = 0.998  # share kept of the moving average of the weights at each step


def build_embedding() -> keras.Model:
    """The network: six 3 × 3 convolutions, 215,000 weights.

    Returns:
        An untrained model, (N, 28, 28, 1), 0 (page) to 1 (ink), → (N, 576), of length 1.
    """

    def convolution(filters, *pooling):
        return [
            layers.Conv2D(filters, 3, padding="same", use_bias=False),
            *pooling,
            layers.BatchNormalization(),
            layers.ReLU(),
        ]

    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 1)),
            layers.Conv2D(16, 3, activation="relu"),  # (N, 26, 26, 16)
            layers.Conv2D(32, 3, use_bias=False),  # (N, 24, 24, 32)
            layers.MaxPooling2D(),  # (N, 12, 12, 32)
            layers.BatchNormalization(),
            layers.ReLU(),
            *convolution(64),  # (N, 12, 12, 64)
            *convolution(64, layers.MaxPooling2D()),  # (N, 6, 6, 64)
            *convolution(128),  # (N, 6, 6, 128)
            *convolution(64, layers.MaxPooling2D()),  # (N, 3, 3, 64)
            # Where on the page something is stays told apart: symbols are parts in relation to each other.
            layers.Flatten(),  # (N, 576)
            layers.UnitNormalization(),
        ],
        name="symbols",
    )


@keras.saving.register_keras_serializable("draw-a-digit")
class Directions(layers.Layer):
    """The cosine of the angle between a place and a direction for each symbol.

    Args:
        count: of symbols.

    Input: (N, D), of length 1. Output: (N, count).
    """

    def __init__(self, count: int, **options):
        super().__init__(**options)
        self.count = count

    def build(self, shape):
        self.directions = self.add_weight((shape[-1], self.count), "random_normal", name="directions")

    def call(self, places):
        lengths = ops.sqrt(ops.sum(ops.square(self.directions), axis=0, keepdims=True))
        return places @ (self.directions / ops.maximum(lengths, 1e-6))


def cosine_loss(alphabets: np.ndarray, recipe: EmbeddingRecipe):
    """The loss of naming a symbol among all, and among those of its own alphabet, half of each.

    Args:
        alphabets: int (count,), which alphabet each symbol is of. A line is a line in every alphabet, so that only its own
            can tell what it is.
    """
    of = ops.convert_to_tensor(alphabets.astype(np.int32))
    count = len(alphabets)

    def loss(symbols, cosines):
        symbols = ops.reshape(ops.cast(symbols, "int32"), (-1,))
        target = ops.one_hot(symbols, count)
        sums = recipe.scale * (cosines - recipe.margin * target)
        foreign = ops.cast(ops.not_equal(of[None], ops.take(of, symbols)[:, None]), "float32")
        among_all = ops.categorical_crossentropy(target, sums, from_logits=True)
        among_own = ops.categorical_crossentropy(target, sums - 1e4 * foreign, from_logits=True)
        return (among_all + among_own) / 2

    return loss


class Lessons(keras.utils.PyDataset):
    """Batches of moved pictures; the same seed gives the same in the same order, epoch by epoch.

    Args:
        pictures: uint8 (N, 28, 28).
        symbols: int (N,).
        moved: the share that does not keep its place and shape.
    """

    def __init__(self, pictures: np.ndarray, symbols: np.ndarray, moved: float, seed: int):
        super().__init__(workers=2, max_queue_size=16)
        self.pictures, self.symbols, self.moved, self.seed = pictures, symbols, moved, seed
        self.epoch = -1
        self.on_epoch_end()

    def on_epoch_end(self):
        self.epoch += 1
        self.order = np.random.default_rng((self.seed, self.epoch)).permutation(len(self.pictures))

    def __len__(self):
        return math.ceil(len(self.order) / BATCH)

    def __getitem__(self, index):
        chosen = self.order[index * BATCH : (index + 1) * BATCH]
        rng = np.random.default_rng((self.seed, self.epoch, index))
        pictures = self.pictures[chosen].astype(np.float32) / 255
        some = np.flatnonzero(rng.random(len(pictures)) < self.moved)
        if len(some):
            pictures[some] = moved_pictures(pictures[some], rng)
        return pictures[..., None], self.symbols[chosen]


def fit_embedding(
    pictures: np.ndarray,
    symbols: np.ndarray,
    alphabets: np.ndarray,
    recipe: EmbeddingRecipe,
    seed: int,
    verbose: int | str = "auto",
) -> tuple[keras.Model, dict[str, list[float]]]:
    """Trains the network by `recipe`; it ends with the moving average of its weights.

    Args:
        pictures: uint8 (N, 28, 28).
        symbols: int (N,), below S.
        alphabets: int (S,), which alphabet each symbol is of.
        seed: of order and augmentation; that of the initial weights is the caller's.

    Returns:
        The network, and the curves: for each of loss and seconds a value per epoch.
    """
    network = build_embedding()
    _, curves = trained(
        lambda: keras.Sequential([network, Directions(len(alphabets))]),
        {"loss": cosine_loss(alphabets, recipe)},
        lambda done: Lessons(pictures, symbols, recipe.moved, seed),
        recipe,
        [],
        {},
        verbose,
    )
    return network, curves
