"""Networks that somebody put together (`model.networks.stack`): built, given pictures, trained."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from model.data import dataset
from model.data.dataset import Mnist, canvas_picture
from model.data.examples import own_drawings
from model.ink.image import SIDE, prepare
from model.networks.stack import (
    DIGITS,
    OPTIMIZERS,
    ORDER,
    PRESETS,
    VALIDATED,
    Convolution,
    Dense,
    Dropout,
    Normalization,
    Plan,
    PlanError,
    Pooling,
)

TESTED, TESTED_PENS = 2_000, 500  # pictures of strangers
VARIATION = 1.3  # of our own drawings, as `strokes.varied` counts


@dataclass(frozen=True)
class Pictures:
    """What a network learns from, and what it is validated with; pictures uint8 (N, 28, 28), labels int (N,)."""

    images: np.ndarray
    labels: np.ndarray
    validation_images: np.ndarray
    validation_labels: np.ndarray


def build(plan: Plan, name: str = "own") -> keras.Model:
    """The untrained network, (N, 28, 28, 1), 0 (page) to 1 (ink), → (N, 10), probabilities. It draws its weights with Keras's
    random numbers.

    Raises:
        PlanError: it cannot be built.
    """
    plan.check()
    penalty = keras.regularizers.L2(plan.penalty) if plan.penalty else None
    stack: list = [keras.Input((SIDE, SIDE, 1))]
    is_flat = False
    for layer in plan.layers:
        match layer:
            case Convolution():
                stack.append(layers.Conv2D(layer.filters, layer.kernel, activation="relu", kernel_regularizer=penalty))
            case Pooling():
                stack.append({"max": layers.MaxPooling2D, "mean": layers.AveragePooling2D}[layer.kind](layer.size))
            case Dense():
                stack += [] if is_flat else [layers.Flatten()]
                is_flat = True
                stack.append(layers.Dense(layer.units, activation="relu", kernel_regularizer=penalty))
            case Dropout():
                stack.append(layers.Dropout(layer.rate))
            case Normalization():
                stack.append(layers.BatchNormalization())
    stack += [] if is_flat else [layers.Flatten()]
    return keras.Sequential([*stack, layers.Dense(DIGITS, activation="softmax")], name=name)


def build_textbook_network() -> keras.Model:
    """The CNN of most introductions, for lessons, untrained: (N, 28, 28, 1) → (N, 10), 34,826 weights."""
    return build(Plan(PRESETS["The textbook's CNN"]), "textbook")


def pictures_of(plan: Plan, mnist: Mnist | None, handed: tuple[np.ndarray, np.ndarray] | None = None) -> Pictures:
    """The pictures that a plan asks for.

    MNIST is shuffled, always in the same way, so that more pictures hold those of fewer, and every plan is validated with the
    same ones: its last pictures are by people who write more plainly than the others, and every network would seem to read
    what it has not learnt from better than what it has. Our own drawings are validated with variations of drawings that are
    not learnt from; of a class's drawings every fifth of each digit is kept for that.

    Args:
        mnist: needed if the plan's source is "mnist".
        handed: pictures uint8 (N, 28, 28) and labels int (N,) of a class, needed if it is "class".

    Raises:
        PlanError: they are not there, or too few.
    """
    if plan.source == "class":
        return _of_a_class(plan, *(handed or (np.zeros((0, SIDE, SIDE), np.uint8), np.zeros(0, int))))
    if plan.source == "mnist":
        if mnist is None:
            raise PlanError("There are no pictures of MNIST on this server.")
        order = np.random.default_rng(ORDER).permutation(len(mnist.train_labels))
        order = order[np.isin(mnist.train_labels[order], plan.digits)]
        split = min(VALIDATED, len(order) // 6)
        validated, learnt = order[:split], order[split:][: plan.pictures]
        return Pictures(
            mnist.train_images[learnt],
            mnist.train_labels[learnt],
            mnist.train_images[validated],
            mnist.train_labels[validated],
        )
    drawings = [(label, strokes) for label, strokes in own_drawings() if label in plan.digits]
    # Of each digit every fifth drawing is kept to validate with, and one at the least.
    counts = dict.fromkeys(plan.digits, 0)
    kept, learnt = [], []
    for label, strokes in drawings:
        (kept if counts[label] % 5 == 0 else learnt).append((label, strokes))
        counts[label] += 1
    return Pictures(*_drawn(learnt, plan.pictures, plan.seed), *_drawn(kept, min(VALIDATED, plan.pictures), plan.seed + 1))


def _of_a_class(plan: Plan, images: np.ndarray, labels: np.ndarray) -> Pictures:
    plan.check_handed(labels.tolist())
    order = np.random.default_rng(ORDER).permutation(len(labels))
    order = order[np.isin(labels[order], plan.digits)]
    rank = np.zeros(len(order), int)  # of each among those of its digit
    for digit in plan.digits:
        own = labels[order] == digit
        rank[own] = np.arange(own.sum())
    validated, learnt = order[rank % 5 == 0], order[rank % 5 != 0][: plan.pictures]
    return Pictures(images[learnt], labels[learnt], images[validated], labels[validated])


def _drawn(drawings: list, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """So many variations of drawings, as the network sees them."""
    rng = np.random.default_rng((seed, 16))
    images, labels = [], []
    while len(images) < count:
        label, strokes = drawings[int(rng.integers(len(drawings)))]
        picture = prepare(canvas_picture(strokes, rng, VARIATION))
        if picture is not None:
            images.append(picture)
            labels.append(label)
    return np.stack(images), np.array(labels)


def strangers(plan: Plan) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Pictures by people whom no plan learns from, as far as they are on this machine: "mnist" and "pens" → pictures and
    labels."""
    tests = {}
    if (mnist := mnist_here()) is not None:
        chosen = np.flatnonzero(np.isin(mnist.test_labels, plan.digits))[:TESTED]
        tests["mnist"] = mnist.test_images[chosen], mnist.test_labels[chosen]
    if (pens := pens_here()) is not None:
        images, labels = pens
        chosen = np.flatnonzero(np.isin(labels, plan.digits))[:TESTED_PENS]
        tests["pens"] = images[chosen], labels[chosen]
    return tests


def mnist_here() -> Mnist | None:
    """MNIST, loaded once; None if it is not on this machine."""
    return None if (file := dataset.on_this_machine("mnist")) is None else _mnist(file)


def pens_here() -> tuple[np.ndarray, np.ndarray] | None:
    """Every second pen digit of the writers whom no network has seen, drawn once: pictures and labels; None if they are not
    on this machine."""
    return None if (file := dataset.on_this_machine("pen_digits")) is None else _pens(file)


@cache
def _mnist(file: Path) -> Mnist:
    return dataset.load_mnist(file)


@cache
def _pens(file: Path) -> tuple[np.ndarray, np.ndarray]:
    digits = dataset.by_writers(dataset.load_pen_digits(file), dataset.TEST_WRITERS)[::2]
    return dataset.rendered(digits, dataset.TEST_SEED), np.array([digit.label for digit in digits])


def fit(
    network: keras.Model,
    plan: Plan,
    pictures: Pictures,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    done: int = 0,
    verbose: int | str = "auto",
) -> dict[str, list[float]]:
    """Trains a network as its plan says.

    Args:
        network: as `build` made it, or as it was after the first `done` epochs, compiled then.
        done: epochs that it was trained already.

    Returns:
        For each of loss, accuracy, val_loss and val_accuracy a value per epoch, of those trained now.
    """
    if not network.compiled:
        optimizer = getattr(keras.optimizers, OPTIMIZERS[plan.optimizer])(plan.learning_rate)
        network.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    augment = _augmentation(plan)

    def prepared(images, labels):
        images = tf.cast(images, tf.float32) / 255.0
        return (augment(images, training=True) if augment else images), labels

    # The thread that tunes pipelines while they run now and then holds them up for seconds where many train at once.
    options = tf.data.Options()
    options.autotune.enabled = False
    learnt = tf.data.Dataset.from_tensor_slices((pictures.images[..., None], pictures.labels.astype(np.int64)))
    learnt = learnt.shuffle(len(pictures.images), seed=plan.seed + done).batch(plan.batch).map(prepared).prefetch(2)
    inks = pictures.validation_images[..., None] / np.float32(255)
    validated = tf.data.Dataset.from_tensor_slices((inks, pictures.validation_labels.astype(np.int64))).batch(100)
    history = network.fit(
        learnt.with_options(options),
        shuffle=False,  # they are
        initial_epoch=done,
        epochs=max(plan.epochs, done + 1),
        validation_data=validated.with_options(options),
        callbacks=list(callbacks),
        verbose=verbose,
    )
    return {name: [float(value) for value in values] for name, values in history.history.items()}


def _augmentation(plan: Plan) -> keras.Model | None:
    """What makes other pictures of those that are learnt from; None if they stay as they are."""
    steps: list = []
    if plan.flip:
        steps.append(layers.RandomFlip("horizontal", seed=plan.seed))
    if plan.turn:
        steps.append(layers.RandomRotation(plan.turn / 360, fill_mode="constant", seed=plan.seed))
    if plan.shift:
        steps.append(layers.RandomTranslation(plan.shift, plan.shift, fill_mode="constant", seed=plan.seed))
    if plan.zoom:
        steps.append(layers.RandomZoom(plan.zoom, fill_mode="constant", seed=plan.seed))
    return keras.Sequential(steps) if steps else None
