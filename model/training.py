"""Augmentation and fitting, used by train.py and by every page that trains."""

import math
import time
from dataclasses import dataclass

import keras
import numpy as np
from scipy import ndimage

from model.image import SIDE
from model.network import DIGITS, OUTPUTS

BATCH = 128


@dataclass(frozen=True)
class Recipe:
    """How the shipped network is trained."""

    epochs: int = 20
    learning_rate: float = 2e-3  # the peak; after one epoch of warm-up it falls along a cosine
    weight_decay: float = 0.02
    label_smoothing: float = 0.03  # enough to keep the network from claiming 100 %, little enough to stay calibrated
    average: float = 0.999  # share kept of the moving average of the weights at each step: about 1,000 steps


def resample(images: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """`images` read at other places, bilinearly; beyond the edge lies empty page.

    Args:
        images: float32 (N, 28, 28).
        rows, columns: (N, 28, 28), where each pixel of the result is taken from.

    Returns:
        float32 (N, 28, 28).
    """
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))  # one empty line around each, so that none sees its neighbour
    side = SIDE + 2
    first = np.arange(len(images))[:, None, None] * side
    rows = np.clip(rows + 1, 0, side - 1) + first
    columns = np.clip(columns + 1, 0, side - 1)
    return ndimage.map_coordinates(padded.reshape(-1, side), [rows, columns], order=1, mode="constant")


def _waves(rng: np.random.Generator, count: int) -> np.ndarray:
    """Smooth random fields of unit variance, (count, 28, 28): what elastic deformation moves pixels by."""
    knots = np.arange(7) * (SIDE - 1) / 6
    basis = np.exp(-((np.arange(SIDE)[:, None] - knots) ** 2) / (2 * 4.0**2))  # (28, 7)
    basis /= np.sqrt((basis**2).sum(axis=1, keepdims=True))
    return np.einsum("ik,nkl,jl->nij", basis, rng.standard_normal((count, 7, 7)), basis)


def augment(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Other pictures of the same digits: as another hand, pen or camera would have made them.

    Three in ten keep their pixels, because what the network meets in use is not resampled either. The others are
    turned, sheared, scaled and moved, half of these also bent (Simard, Steinkraus, Platt, 2003), in one resampling. A
    quarter of all get one disturbance more: a stroke thinner or thicker, noise, blur, specks, a line across, a part
    hidden, faint ink, a scanner that knows only black and white, or a coarse one.

    Args:
        images: uint8 (N, 28, 28).

    Returns:
        float32 (N, 28, 28, 1), 0 to 1.
    """
    images = images.astype(np.float32) / 255
    moved = np.flatnonzero(rng.random(len(images)) < 0.7)
    if len(moved):
        images[moved] = _moved(images[moved], rng)
    for index in np.flatnonzero(rng.random(len(images)) < 0.25):
        images[index] = _disturbed(images[index], rng)
    return images[..., None]


def _moved(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    count = len(images)
    angle = rng.uniform(-0.26, 0.26, count)  # 15 degrees
    shear = rng.uniform(-0.25, 0.25, count)
    zoom_x, zoom_y = np.exp(rng.uniform(-0.15, 0.15, (2, count)))
    shift = rng.uniform(-1.5, 1.5, (2, count, 1, 1))
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    a = (np.cos(angle) / zoom_x)[:, None, None]
    b = ((np.sin(angle) + shear) / zoom_x)[:, None, None]
    c = (-np.sin(angle) / zoom_y)[:, None, None]
    d = (np.cos(angle) / zoom_y)[:, None, None]
    columns, rows = a * x + b * y + shift[0], c * x + d * y + shift[1]
    bent = (rng.random(count) < 0.5) * rng.uniform(0.3, 1.3, count)
    columns += bent[:, None, None] * _waves(rng, count)
    rows += bent[:, None, None] * _waves(rng, count)
    return resample(images, rows + (SIDE - 1) / 2, columns + (SIDE - 1) / 2)


def _disturbed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    kind = rng.integers(10)
    if kind in (0, 1):  # thicker, thinner: part of the way to the largest or smallest neighbour
        neighbours = ndimage.maximum_filter(image, 3) if kind == 0 else ndimage.minimum_filter(image, (2, 2))
        return image + rng.uniform(0.2, 0.9) * (neighbours - image)
    if kind == 2:
        return np.clip(image + rng.normal(0, rng.uniform(0.03, 0.25), image.shape), 0, 1).astype(np.float32)
    if kind == 3:
        return ndimage.gaussian_filter(image, rng.uniform(0.4, 1.1))
    if kind == 4:
        hit = rng.random(image.shape) < rng.uniform(0.01, 0.12)
        return np.where(hit, rng.integers(0, 2, image.shape), image).astype(np.float32)
    if kind == 5:  # a thin line across
        angle, offset = rng.uniform(0, math.pi), rng.uniform(-6, 6)
        y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
        away = np.abs(x * math.sin(angle) - y * math.cos(angle) - offset)
        return np.maximum(image, np.clip(rng.uniform(0.6, 1.2) - away, 0, 1)).astype(np.float32)
    if kind == 6:  # a part hidden
        image = image.copy()
        size = rng.integers(3, 8)
        row, column = rng.integers(4, SIDE - 4 - size, 2)
        image[row : row + size, column : column + size] = 0
        return image
    if kind == 7:  # faint ink
        return image * rng.uniform(0.3, 1.0)
    if kind == 8:  # black and white only
        return (image > rng.uniform(0.2, 0.7)).astype(np.float32)
    coarse = SIDE / rng.uniform(12, 22)  # pixels of this size, then smoothed over
    rows = np.minimum((np.floor(np.arange(SIDE) / coarse) + 0.5) * coarse, SIDE - 1)
    image = ndimage.gaussian_filter(image, coarse / 3)
    blocks = ndimage.map_coordinates(image, np.meshgrid(rows, rows, indexing="ij"), order=1)
    return ndimage.gaussian_filter(blocks, coarse / 4)


class Batches(keras.utils.PyDataset):
    """Batches of augmented pictures; the same seed gives the same pictures in the same order, epoch by epoch.

    Args:
        images: uint8 (N, 28, 28).
        labels: int (N,), below `outputs`.
        outputs: how many outputs the network has.
        seed: of order and augmentation.
        augmented: False gives the pictures as they are.
    """

    def __init__(self, images, labels, outputs=OUTPUTS, seed=0, augmented=True):
        super().__init__(workers=2, max_queue_size=16)  # two threads: one would have Keras make batches in between
        self.images, self.labels, self.outputs = images, labels, outputs
        self.seed, self.augmented = seed, augmented
        self.epoch = -1
        self.on_epoch_end()

    def on_epoch_end(self):
        """Draws the next epoch's order (at its beginning, Keras's threads already fetch batches)."""
        self.epoch += 1
        self.order = np.random.default_rng((self.seed, self.epoch)).permutation(len(self.images))

    def __len__(self):
        return math.ceil(len(self.images) / BATCH)

    def __getitem__(self, index):
        chosen = self.order[index * BATCH : (index + 1) * BATCH]
        images = self.images[chosen]
        if self.augmented:
            images = augment(images, np.random.default_rng((self.seed, self.epoch, index)))
        else:
            images = (images.astype(np.float32) / 255)[..., None]
        return images, np.eye(self.outputs, dtype=np.float32)[self.labels[chosen]]


class TimeLeft(keras.callbacks.Callback):
    """Prints, after each epoch, about how long the rest of the training will take."""

    def on_train_begin(self, logs=None):
        self.start = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        done, whole = epoch + 1, self.params["epochs"]
        if done < whole:
            left = (time.monotonic() - self.start) / done * (whole - done)
            print(f"Epoch {done} of {whole} done, about {max(1, round(left / 60))} min left.", flush=True)


class BestWeights(keras.callbacks.Callback):
    """Keeps the weights of the epoch that read most validation images right, and gives them back at the end.

    Args:
        images: float32 (N, 28, 28, 1).
        labels: int (N,).
        groups: int (N,); each group counts the same, however many images it has.
    """

    def __init__(self, images, labels, groups):
        super().__init__()
        self.images, self.labels, self.groups = images, labels, groups
        self.best, self.best_epoch, self.weights = -1.0, 0, None

    def on_epoch_end(self, epoch, logs=None):
        probabilities = self.model.predict(self.images, batch_size=512, verbose=0)
        right = probabilities[:, :DIGITS].argmax(axis=1) == self.labels
        shares = [float(right[self.groups == group].mean()) for group in np.unique(self.groups)]
        reached = float(np.mean(shares))
        logs["val_accuracy"] = reached
        print("  validation: " + ", ".join(f"{share:.2%}" for share in shares), flush=True)
        if reached >= self.best:
            self.best, self.best_epoch = reached, epoch + 1
            self.weights = self.model.get_weights()

    def on_train_end(self, logs=None):
        if self.weights is not None:
            self.model.set_weights(self.weights)


def fit(
    network: keras.Model,
    images: np.ndarray,
    labels: np.ndarray,
    validation: tuple[np.ndarray, np.ndarray, np.ndarray],
    recipe: Recipe,
    seed: int,
    verbose: int | str = "auto",
) -> dict[str, list[float]]:
    """Trains `network` by `recipe`; it ends with the best weights of all epochs.

    Args:
        images, labels: uint8 (N, 28, 28) and int (N,), 10 for "no digit".
        validation: uint8 (M, 28, 28), int (M,) and the group of each image, int (M,).
        seed: of order and augmentation; the initial weights are the caller's.

    Returns:
        The curves: for each of loss, accuracy, val_accuracy and learning_rate a value per epoch.
    """
    batches = Batches(images, labels, seed=seed)
    steps = len(batches)
    rate = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 20,
        decay_steps=max(1, steps * (recipe.epochs - 1)),
        alpha=0.01,
        warmup_target=recipe.learning_rate,
        warmup_steps=steps,
    )
    network.compile(
        optimizer=keras.optimizers.AdamW(
            rate, weight_decay=recipe.weight_decay, use_ema=True, ema_momentum=recipe.average
        ),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        metrics=["accuracy"],
    )
    val_images, val_labels, val_groups = validation
    best = BestWeights((val_images.astype(np.float32) / 255)[..., None], val_labels, val_groups)
    history = network.fit(
        batches,
        epochs=recipe.epochs,
        verbose=verbose,
        # The average of the weights is put in before the validation and taken out after it.
        callbacks=[keras.callbacks.SwapEMAWeights(swap_on_epoch=True), best, TimeLeft()],
    )
    return {name: [float(value) for value in values] for name, values in history.history.items()} | {
        "best_epoch": best.best_epoch
    }


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
