"""Augmentation and fitting, used by train.py and by every page that trains."""

import json
import math
import time
import zipfile
import zlib
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from scipy import ndimage

from model.data.disturbances import DISTURBANCES, Disturbance, moved_pictures
from model.ink.image import SIDE, prepare
from model.networks.digits import DIGITS, OUTPUTS
from model.replacing import alone

BATCH = 128
MOVED, SPOILT = 0.7, 0.25  # shares of the pictures that `augment` changes
CALM = 0.15  # the last epochs, this share of all, change fewer: the network ends on what it meets most in use
CALM_MOVED, CALM_SPOILT = 0.45, 0.12
PROCESSOR = Path("/proc/cpuinfo")  # what Linux says of it


@dataclass(frozen=True)
class Recipe:
    """How the shipped network is trained."""

    epochs: int = 28
    learning_rate: float = 2e-3  # the peak; after one epoch of warm-up it falls along a cosine
    weight_decay: float = 0.05
    label_smoothing: float = 0.03  # enough to keep the network from claiming 100 %, little enough to stay calibrated
    average: float = 0.999  # share kept of the moving average of the weights at each step: about 1,000 steps


def augment(images: np.ndarray, rng: np.random.Generator, moved: float = MOVED, spoilt: float = SPOILT) -> np.ndarray:
    """Other pictures of the same digits: as another hand, pen or camera would have made them.

    Many keep their pixels, because what the network meets in use is not resampled either. The others are turned,
    sheared, scaled and moved, half of these also bent (Simard, Steinkraus, Platt, 2003), in one resampling. Some get
    one of `disturbances.DISTURBANCES` more, or come from a scanner that knows only black and white, or a coarse one.

    Args:
        images: uint8 (N, 28, 28).
        moved: the share that does not keep its place and shape.
        spoilt: the share that gets a disturbance.

    Returns:
        float32 (N, 28, 28, 1), 0 to 1.
    """
    images = images.astype(np.float32) / 255
    chosen = np.flatnonzero(rng.random(len(images)) < moved)
    if len(chosen):
        images[chosen] = moved_pictures(images[chosen], rng)
    kinds = rng.integers(len(SPOILERS), size=len(images))
    kinds[rng.random(len(images)) >= spoilt] = -1
    for kind, spoil in enumerate(SPOILERS):
        chosen = np.flatnonzero(kinds == kind)
        if len(chosen):
            images[chosen] = spoil(images[chosen], rng)
    # Half of these as the page that someone else prepares: a line across it makes the digit small, specks move it.
    for index in np.flatnonzero(kinds >= 0):
        if rng.random() < 0.5:
            again = prepare(np.round(images[index] * 255).astype(np.uint8))
            if again is not None:
                images[index] = again / np.float32(255)
    return images[..., None]


def _at_any_strength(disturbance: Disturbance):
    """A spoiler of one strength for all pictures, between the disturbance's first and last level."""

    def spoil(images, rng):
        low, high = sorted((disturbance.strengths[0], disturbance.strengths[-1]))
        return disturbance.apply(images, float(rng.uniform(low, high)), rng)

    return spoil


def _black_and_white(images, rng):
    return (images > rng.uniform(0.2, 0.7)).astype(np.float32)


def _coarse(images, rng):
    """Large pixels, then smoothed over."""
    coarse = SIDE / rng.uniform(12, 22)
    places = np.minimum((np.floor(np.arange(SIDE) / coarse) + 0.5) * coarse, SIDE - 1).astype(int)
    images = ndimage.gaussian_filter(images, (0, coarse / 3, coarse / 3))
    return ndimage.gaussian_filter(images[:, places[:, None], places], (0, coarse / 4, coarse / 4))


SPOILERS = (*map(_at_any_strength, DISTURBANCES.values()), _black_and_white, _coarse)


class Batches(keras.utils.PyDataset):
    """Batches of augmented pictures; the same seed gives the same pictures in the same order, epoch by epoch.

    Args:
        images: uint8 (N, 28, 28).
        labels: int (N,), below `outputs`.
        turns: int (N,), for images that take turns: t takes part in the epochs t, t + T, t + 2 T, … of T turns in all,
            -1 in every epoch; all turns must have equally many. None: all in every epoch.
        outputs: how many outputs the network has.
        seed: of order and augmentation.
        epochs: how many there will be; the last are calm.
        first_epoch: the number of the first, counted from 0.
    """

    def __init__(self, images, labels, turns=None, outputs=OUTPUTS, seed=0, epochs=1, first_epoch=0):
        super().__init__(workers=2, max_queue_size=16)  # two threads: one would have Keras make batches in between
        self.images, self.labels, self.outputs = images, labels, outputs
        self.turns = np.full(len(images), -1) if turns is None else turns
        self.seed, self.epochs = seed, epochs
        self.epoch = first_epoch - 1
        self.on_epoch_end()

    def on_epoch_end(self):
        """Draws the next epoch's order (at its beginning, Keras's threads already fetch batches)."""
        self.epoch += 1
        turn = self.epoch % (self.turns.max(initial=0) + 1)
        taking_part = np.flatnonzero((self.turns == -1) | (self.turns == turn))
        self.order = np.random.default_rng((self.seed, self.epoch)).permutation(taking_part)

    def __len__(self):
        return math.ceil(len(self.order) / BATCH)

    def __getitem__(self, index):
        chosen = self.order[index * BATCH : (index + 1) * BATCH]
        calm = self.epochs - self.epoch <= CALM * self.epochs
        images = augment(
            self.images[chosen],
            np.random.default_rng((self.seed, self.epoch, index)),
            *((CALM_MOVED, CALM_SPOILT) if calm else (MOVED, SPOILT)),
        )
        return images, np.eye(self.outputs, dtype=np.float32)[self.labels[chosen]]


class MadeAnew(keras.utils.PyDataset):
    """Batches that are made when they are needed; the same seed makes the same, epoch by epoch.

    Args:
        make: rng → a batch: what the network is shown, and what it is to say. Two threads use it at once.
        steps: of an epoch.
        first_epoch: the number of the first, counted from 0.
    """

    def __init__(
        self,
        make: Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]],
        steps: int,
        seed: int,
        first_epoch: int = 0,
    ):
        super().__init__(workers=2, max_queue_size=8)
        self.make, self.steps, self.seed, self.epoch = make, steps, seed, first_epoch - 1
        self.on_epoch_end()

    def on_epoch_end(self):
        self.epoch += 1

    def __len__(self):
        return self.steps

    def __getitem__(self, index):
        return self.make(np.random.default_rng((self.seed, self.epoch, index)))


class TimeLeft(keras.callbacks.Callback):
    """Adds to the curves the seconds that each epoch took, and prints about how long the rest will take."""

    def on_train_begin(self, logs=None):
        self.before, self.seconds = time.monotonic(), []

    def on_epoch_end(self, epoch, logs=None):
        now = time.monotonic()
        logs["seconds"] = now - self.before
        self.before = now
        self.seconds.append(logs["seconds"])
        done, whole = epoch + 1, self.params["epochs"]
        if done < whole:
            left = float(np.median(self.seconds)) * (whole - done)
            print(f"Epoch {done} of {whole} done, about {max(1, round(left / 60))} min left.", flush=True)


class Validation(keras.callbacks.Callback):
    """Adds to the curves how many validation images are read right, at the end of each epoch.

    Args:
        images: float32 (N, 28, 28, 1).
        labels: int (N,).
        groups: int (N,); each group counts the same, however many images it has.
    """

    def __init__(self, images, labels, groups):
        super().__init__()
        self.images, self.labels, self.groups = images, labels, groups

    def on_epoch_end(self, epoch, logs=None):
        probabilities = self.model.predict(self.images, batch_size=512, verbose=0)
        right = probabilities[:, :DIGITS].argmax(axis=1) == self.labels
        shares = [float(right[self.groups == group].mean()) for group in np.unique(self.groups)]
        logs["val_accuracy"] = float(np.mean(shares))
        print("  validation: " + ", ".join(f"{share:.2%}" for share in shares), flush=True)


class CheckpointError(Exception):
    """The interrupted training cannot be gone on with; the message says why in one sentence."""


class Checkpoint(keras.callbacks.Callback):
    """Keeps, at the beginning of each epoch, all that the training needs to go on from there.

    Args:
        file: where; its folder must exist.
        key: what the training depends on (seed, data, recipe); one with another key does not go on from here.
    """

    def __init__(self, file: Path, key: dict):
        super().__init__()
        self.file, self.key = file, key
        self.before = {}  # the curves of the epochs before this session
        self.restored = None  # the variables to start with

    def on_train_begin(self, logs=None):
        # Not before: Keras's own preparations draw random numbers, which would be drawn twice.
        if self.restored is not None:
            with self.model.distribute_strategy.scope():
                self.model.optimizer.build(self.model.trainable_variables)
                for variable, value in zip(self.variables(), self.restored, strict=True):
                    variable.assign(value)

    def on_epoch_begin(self, epoch, logs=None):
        # Not at an epoch's end: then the average of the weights stands in for the weights.
        if epoch == 0:
            return
        state = {"key": self.key, "epoch": epoch, "curves": self.curves()}
        with alone(self.file.parent) as staging:
            new = staging / self.file.name
            with new.open("wb") as file:
                np.savez(file, *(variable.numpy() for variable in self.variables()), state=json.dumps(state))
            new.replace(self.file)

    def variables(self) -> list:
        """All that changes in training: weights, averages, moments, and where dropout's random numbers have got to."""
        return [
            variable for layer in self.model.layers for variable in layer.variables
        ] + self.model.optimizer.variables

    def curves(self) -> dict[str, list[float]]:
        """A value per epoch, those of earlier sessions too."""
        return {
            name: self.before.get(name, []) + [float(value) for value in values]
            for name, values in self.model.history.history.items()
        }

    def restore(self) -> int:
        """Makes the training start from the kept state; the number of epochs done, 0 if none is kept.

        Raises:
            CheckpointError: what is kept is of another training, or damaged.
        """
        if not self.file.exists():
            return 0
        try:
            with np.load(self.file) as kept:
                state = json.loads(str(kept["state"]))
                if state["key"] != self.key:
                    raise CheckpointError("The interrupted training had other data, another seed or another recipe.")
                self.restored = [kept[name] for name in kept.files if name != "state"]
            self.before = state["curves"]
            return state["epoch"]
        # IndexError: a file that holds one array, no archive of several.
        except (OSError, EOFError, ValueError, KeyError, IndexError, TypeError, zipfile.BadZipFile) as error:
            raise CheckpointError("What the interrupted training left is damaged.") from error


def fit(
    build: Callable[[], keras.Model],
    images: np.ndarray,
    labels: np.ndarray,
    turns: np.ndarray | None,
    validation: tuple[np.ndarray, np.ndarray, np.ndarray],
    recipe: Recipe,
    seed: int,
    verbose: int | str = "auto",
    checkpoint: Path | None = None,
    resume: bool = False,
) -> tuple[keras.Model, dict[str, list[float]]]:
    """Trains a network by `recipe`, on all the GPUs there are; it ends with the moving average of its weights.

    Args:
        build: makes the untrained network; the seed of its initial weights is the caller's.
        images, labels: uint8 (N, 28, 28) and int (N,), 10 for "no digit".
        turns: as for `Batches`.
        validation: uint8 (M, 28, 28), int (M,) and the group of each image, int (M,).
        seed: of order and augmentation.
        checkpoint: a file for what is needed to go on after an interruption; its folder must exist.
        resume: whether to go on from `checkpoint`; from the beginning if nothing is there.

    Returns:
        The network, and the curves: for each of loss, accuracy, val_accuracy and seconds a value per epoch.

    Raises:
        CheckpointError: `checkpoint` is of another training, or damaged.
    """
    val_images, val_labels, val_groups = validation
    return trained(
        build,
        {
            "loss": keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
            "metrics": ["accuracy"],
        },
        lambda done: Batches(images, labels, turns, seed=seed, epochs=recipe.epochs, first_epoch=done),
        recipe,
        [Validation((val_images.astype(np.float32) / 255)[..., None], val_labels, val_groups)],
        {"seed": seed, "data": zlib.crc32(np.ascontiguousarray(images), zlib.crc32(labels.astype(np.int64)))},
        verbose,
        checkpoint,
        resume,
    )


def trained(
    build: Callable[[], keras.Model],
    aim: dict,
    batches: Callable[[int], keras.utils.PyDataset],
    recipe,
    callbacks: list[keras.callbacks.Callback],
    key: dict,
    verbose: int | str = "auto",
    checkpoint: Path | None = None,
    resume: bool = False,
    **options,
) -> tuple[keras.Model, dict[str, list[float]]]:
    """Trains any network: AdamW, one epoch of warm-up, a cosine, the moving average of the weights at the end.

    Args:
        build: makes the untrained network.
        aim: loss and metrics, as `keras.Model.compile` takes them.
        batches: the number of epochs done → the batches of those to come, in their order.
        recipe: a dataclass with epochs, learning_rate, weight_decay and average, as `Recipe`.
        callbacks: those that are to see the averaged weights at each epoch's end.
        key: what the training depends on beside recipe and size, for `Checkpoint`.
        checkpoint, resume: as for `fit`.
        options: further ones for `keras.Model.fit`.

    Returns, Raises: as `fit`.
    """
    gpus = tf.config.list_logical_devices("GPU")
    strategy = tf.distribute.MirroredStrategy() if len(gpus) > 1 else tf.distribute.get_strategy()
    steps = len(batches(0))
    with strategy.scope():
        network = build()
        rate = keras.optimizers.schedules.CosineDecay(
            recipe.learning_rate / 20,
            decay_steps=max(1, steps * (recipe.epochs - 1)),
            alpha=0.01,
            warmup_target=recipe.learning_rate,
            warmup_steps=steps,
        )
        optimizer = keras.optimizers.AdamW(
            rate, weight_decay=recipe.weight_decay, use_ema=True, ema_momentum=recipe.average
        )
        network.compile(optimizer=optimizer, **aim)
    # The average of the weights is put in before the validation and taken out after it.
    callbacks = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True), *callbacks, TimeLeft()]
    done, keeper = 0, None
    if checkpoint is not None:
        keeper = Checkpoint(checkpoint, asdict(recipe) | {"weights": network.count_params()} | key)
        callbacks.append(keeper)
        if resume and (done := keeper.restore()):
            print(f"Going on after epoch {done} of {recipe.epochs}.", flush=True)
        elif resume:
            print("There is no interrupted training to go on with: this one begins anew.", flush=True)
    history = network.fit(
        batches(done),
        shuffle=False,  # the batches come in their own order, and a resumed training must get the same
        initial_epoch=done,
        epochs=recipe.epochs,
        verbose=verbose,
        callbacks=callbacks,
        **options,
    )
    curves = keeper.curves() if keeper else {k: [float(v) for v in values] for k, values in history.history.items()}
    return network, curves


@contextmanager
def mixed_precision():
    """Layers that are made meanwhile multiply in bfloat16 where the processor has a unit for that (Intel's AMX): training takes
    half the time. The weights stay float32 (P. Micikevicius et al., "Mixed Precision Training", 2018)."""
    usual = keras.mixed_precision.dtype_policy()
    if PROCESSOR.is_file() and "amx_bf16" in PROCESSOR.read_text():
        keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    try:
        yield
    finally:
        keras.mixed_precision.set_dtype_policy(usual)


def calibrate(network: keras.Model, images: np.ndarray, labels: np.ndarray) -> float:
    """Scales the last layer so that the network is as sure as it is right (temperature scaling: Guo et al., 2017).

    The temperature is the one under which the validation images are likeliest; no answer changes.

    Args:
        network: ends in a dense layer with softmax.
        images: uint8 (N, 28, 28), not trained on.
        labels: int (N,).

    Returns:
        The temperature that the sums before softmax were divided by; below 1 the network had been too modest.
    """
    probabilities = network.predict((images.astype(np.float32) / 255)[..., None], batch_size=512, verbose=0)
    logits = np.log(np.maximum(probabilities.astype(np.float64), 1e-12))

    def surprise(temperature):
        scaled = logits / temperature
        highest = scaled.max(axis=1)
        whole = np.log(np.exp(scaled - highest[:, None]).sum(axis=1)) + highest
        return float((whole - scaled[np.arange(len(labels)), labels]).mean())

    temperature = float(min(np.geomspace(0.2, 5, 323), key=surprise))  # steps of one per cent
    last = network.layers[-1]
    last.set_weights([weights / temperature for weights in last.get_weights()])
    return temperature
