"""A network as somebody puts it together: its layers, what each of them makes and costs, and how it is to be trained.

Nothing here needs TensorFlow: a page can tell what a network would be before any is built. `model.networks.own` builds and
trains it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from model.ink.image import SIDE
from model.problems import N_, Problem

MOST_LAYERS = 16
MOST_WEIGHTS = 1_500_000
MOST_PRODUCTS = 25_000_000  # multiplications for one picture; the textbook's CNN has 2.5 million
MOST_EPOCHS = 50
VALIDATED = 1_000  # pictures
MOST_PICTURES = 60_000 - VALIDATED  # of MNIST
ORDER = 0  # seed of the order in which MNIST is taken
MOST_WORK = 3e12  # multiplications of the whole training, forwards: about five minutes of one core
FEWEST_PICTURES = 100
DIGITS = 10
OPTIMIZERS = {"adam": "Adam", "sgd": "SGD", "rmsprop": "RMSprop"}
RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0)
BATCHES = (16, 32, 64, 128, 256)
SOURCES = ("mnist", "own", "class")
FEWEST_HANDED = 20  # pictures of a class


class PlanError(Problem, ValueError):
    """A plan that cannot be trained; the message says why in one sentence."""


# ── Layers ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Convolution:
    """So many kernels of `kernel` × `kernel`, without margins, then ReLU."""

    filters: int = 32
    kernel: int = 3

    name: ClassVar[str] = N_("Convolution")
    choices: ClassVar[dict[str, tuple]] = {"filters": (4, 8, 16, 32, 64, 128), "kernel": (3, 5, 7)}

    def made(self, shape):
        if len(shape) == 1:
            raise PlanError("A convolution needs maps, and behind a dense layer there are none: move it up.")
        rows, columns, maps = shape
        if self.kernel > min(rows, columns):
            raise PlanError(
                "A kernel of {kernel} × {kernel} does not fit on maps of {rows} × {columns}: take a smaller one, or "
                "fewer layers before it.",
                kernel=self.kernel,
                rows=rows,
                columns=columns,
            )
        new = rows - self.kernel + 1, columns - self.kernel + 1, self.filters
        weights = self.kernel**2 * maps * self.filters + self.filters
        return new, weights, new[0] * new[1] * self.kernel**2 * maps * self.filters

    def code(self) -> str:
        return f'layers.Conv2D({self.filters}, {self.kernel}, activation="relu"{{penalty}})'


@dataclass(frozen=True)
class Pooling:
    """The largest, or the mean, of each square of `size` × `size`."""

    kind: str = "max"
    size: int = 2

    name: ClassVar[str] = N_("Pooling")
    choices: ClassVar[dict[str, tuple]] = {"kind": ("max", "mean"), "size": (2, 3, 4)}

    def made(self, shape):
        if len(shape) == 1:
            raise PlanError("Pooling needs maps, and behind a dense layer there are none: move it up.")
        rows, columns, maps = shape
        if self.size > min(rows, columns):
            raise PlanError(
                "Maps of {rows} × {columns} are too small to pool {size} × {size} of them: take this layer out.",
                rows=rows,
                columns=columns,
                size=self.size,
            )
        return (rows // self.size, columns // self.size, maps), 0, 0

    def code(self) -> str:
        return f"layers.{'MaxPooling2D' if self.kind == 'max' else 'AveragePooling2D'}({self.size})"


@dataclass(frozen=True)
class Dense:
    """So many sums of all that the layer before gives, then ReLU."""

    units: int = 64

    name: ClassVar[str] = N_("Dense")
    choices: ClassVar[dict[str, tuple]] = {"units": (16, 32, 64, 128, 256, 512)}

    def made(self, shape):
        inputs = math.prod(shape)
        return (self.units,), inputs * self.units + self.units, inputs * self.units

    def code(self) -> str:
        return f'layers.Dense({self.units}, activation="relu"{{penalty}})'


@dataclass(frozen=True)
class Dropout:
    """In training, a share of what comes is left out at random (N. Srivastava et al., 2014)."""

    rate: float = 0.25

    name: ClassVar[str] = N_("Dropout")
    choices: ClassVar[dict[str, tuple]] = {"rate": (0.1, 0.25, 0.5, 0.75)}

    def made(self, shape):
        return shape, 0, 0

    def code(self) -> str:
        return f"layers.Dropout({self.rate})"


@dataclass(frozen=True)
class Normalization:
    """Each map is brought to mean 0 and variance 1 over the batch (S. Ioffe, C. Szegedy, 2015)."""

    name: ClassVar[str] = N_("Batch normalisation")
    choices: ClassVar[dict[str, tuple]] = {}

    def made(self, shape):
        return shape, 4 * shape[-1], math.prod(shape)

    def code(self) -> str:
        return "layers.BatchNormalization()"


Layer = Convolution | Pooling | Dense | Dropout | Normalization
KINDS = {kind.name: kind for kind in (Convolution, Pooling, Dense, Dropout, Normalization)}


@dataclass(frozen=True)
class Row:
    """What one layer makes of what comes to it.

    Attributes:
        layer: None for the last one, which gives the ten probabilities.
        shape: (rows, columns, maps), or (values,); None behind a layer that cannot be.
        weights: how many numbers it learns or measures.
        products: multiplications for one picture.
        problem: why it cannot be, or None.
    """

    layer: Layer | None
    shape: tuple[int, ...] | None
    weights: int
    products: int
    problem: PlanError | None = None


def rows_of(layers: Sequence[Layer]) -> list[Row]:
    """Each layer of a network for pictures of 28 × 28, and the last, dense one."""
    shape: tuple[int, ...] | None = (SIDE, SIDE, 1)
    rows = []
    for layer in (*layers, None):
        if shape is None:
            rows.append(Row(layer, None, 0, 0))
            continue
        try:
            shape, weights, products = (layer or Dense(DIGITS)).made(shape)
            rows.append(Row(layer, shape, weights, products))
        except PlanError as error:
            shape = None
            rows.append(Row(layer, None, 0, 0, error.with_traceback(None)))
    return rows


# ── How it is to be trained ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Plan:
    """A network, what it learns from, and how.

    Attributes:
        layers: without the last one, which every network has.
        optimizer: a key of `OPTIMIZERS`.
        penalty: L2 on the weights of convolutions and dense layers.
        turn: degrees, up to which pictures are turned while they are learnt from.
        shift, zoom: the same as shares of the side and the size.
        flip: whether half of them are mirrored.
        source: "mnist", "own", our own drawings, or "class", those that a class hands in.
        pictures: how many to learn from.
        digits: of which.
        seed: of weights, order and augmentation.
    """

    layers: tuple[Layer, ...] = ()
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    batch: int = 128
    epochs: int = 5
    penalty: float = 0.0
    turn: float = 0.0
    shift: float = 0.0
    zoom: float = 0.0
    flip: bool = False
    source: str = "mnist"
    pictures: int = 2_000
    digits: tuple[int, ...] = field(default=tuple(range(DIGITS)))
    seed: int = 0

    def check(self) -> None:
        """Whether it can be trained.

        Raises:
            PlanError: it cannot.
        """
        if len(self.layers) > MOST_LAYERS:
            raise PlanError("A network may have {most} layers here: take some out.", most=MOST_LAYERS)
        limits = {
            "learning_rate": (1e-6, 10),
            "batch": (1, 1_024),
            "epochs": (1, MOST_EPOCHS),
            "penalty": (0, 1),
            "turn": (0, 180),
            "shift": (0, 0.5),
            "zoom": (0, 0.5),
            "pictures": (FEWEST_PICTURES, MOST_PICTURES),
        }
        for name, (least, most) in limits.items():
            if not least <= getattr(self, name) <= most:
                raise PlanError("{name} may be {least} to {most}.", name=name, least=least, most=most)
        if self.optimizer not in OPTIMIZERS or self.source not in SOURCES:
            raise PlanError("There is no such optimiser, or no such source of pictures.")
        if len(set(self.digits)) < 2 or not set(self.digits) <= set(range(DIGITS)):
            raise PlanError("Choose two digits at least: of one alone there is nothing to tell apart.")
        rows = rows_of(self.layers)
        if problem := next((row.problem for row in rows if row.problem), None):
            raise problem
        if (weights := sum(row.weights for row in rows)) > MOST_WEIGHTS:
            raise PlanError(
                "This network has {weights:,} weights, and at most {most:,} are taken: pool before a dense layer, or "
                "take fewer filters or units.",
                weights=weights,
                most=MOST_WEIGHTS,
            )
        products = sum(row.products for row in rows)
        if products > MOST_PRODUCTS:
            raise PlanError(
                "This network takes {products:,} multiplications for one picture, and at most {most:,} are taken: fewer "
                "filters, or pooling earlier.",
                products=products,
                most=MOST_PRODUCTS,
            )
        if self.work > MOST_WORK:
            raise PlanError("This training would take too long for a lesson: fewer pictures or epochs, or a smaller network.")

    def check_handed(self, labels: Sequence[int]) -> None:
        """Whether it can be trained with what a class has handed in.

        Args:
            labels: of all its pictures.

        Raises:
            PlanError: there are too few.
        """
        wanted = [label for label in labels if label in self.digits]
        if len(wanted) < FEWEST_HANDED or sum(wanted.count(digit) > 1 for digit in set(wanted)) < 2:
            raise PlanError(
                "The class has handed in too little: {fewest} pictures of these digits are needed, two of two digits at the "
                "least.",
                fewest=FEWEST_HANDED,
            )

    @property
    def work(self) -> float:
        """Multiplications of the whole training, forwards."""
        return float(sum(row.products for row in rows_of(self.layers)) * self.pictures * self.epochs)

    @property
    def is_augmented(self) -> bool:
        return bool(self.turn or self.shift or self.zoom or self.flip)


PRESETS = {
    N_("The textbook's CNN"): (Convolution(32), Pooling(), Convolution(64), Pooling()),
    N_("One dense layer"): (Dense(128),),
    N_("Far too large"): (Convolution(32), Pooling(), Convolution(64), Pooling(), Dense(512), Dense(512)),
    N_("Empty"): (),
}


# ── As a program ──────────────────────────────────────────────────────────────────────────────────────────────────────

_PROGRAM = '''"""Trains a network on MNIST as it was put together on the page. Before: pip install keras tensorflow"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

keras.utils.set_random_seed({seed})

# Shuffled; the first {validated} are to validate with, the next ones to learn from.
(images, labels), _ = keras.datasets.mnist.load_data()
order = np.random.default_rng({order}).permutation(len(labels))
{choose}\
images, labels = images[order][..., None], labels[order].astype("int64")
validation = images[:{validated}] / 255.0, labels[:{validated}]
images, labels = images[{validated}:][:{pictures}], labels[{validated}:][:{pictures}]

network = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
{layers}
        layers.Dense(10, activation="softmax"),
    ]
)
{augmentation}\


def prepared(pictures, digits):
    pictures = tf.cast(pictures, tf.float32) / 255.0
    return {prepared}, digits


batches = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(len(images), seed={seed}).batch({batch})
network.compile(
    optimizer=keras.optimizers.{optimizer}({learning_rate}),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
network.fit(batches.map(prepared).prefetch(2), shuffle=False, epochs={epochs}, validation_data=validation, verbose=2)
network.save("network.keras")
'''


def program(plan: Plan) -> str:
    """A Python program that makes and trains the same network on MNIST.

    Raises:
        PlanError: the plan is of pictures that the program would not have.
    """
    if plan.source != "mnist":
        raise PlanError("A program can be made of a training on MNIST alone: others would not have the pictures.")
    lines, is_flat = [], False
    for layer in (*plan.layers, Dense(DIGITS)):
        if isinstance(layer, Dense) and not is_flat:
            lines.append("layers.Flatten()")
            is_flat = True
        lines.append(layer.code())
    penalty = f", kernel_regularizer=keras.regularizers.L2({plan.penalty})" if plan.penalty else ""
    body = "\n".join(f"        {line}," for line in lines[:-1]).replace("{penalty}", penalty)
    is_whole = len(plan.digits) == DIGITS
    choose = "" if is_whole else f"order = order[np.isin(labels[order], {list(plan.digits)})]\n"
    steps = []
    if plan.flip:
        steps.append(f'layers.RandomFlip("horizontal", seed={plan.seed})')
    if plan.turn:
        steps.append(f'layers.RandomRotation({plan.turn / 360!r}, fill_mode="constant", seed={plan.seed})')
    if plan.shift:
        steps.append(f'layers.RandomTranslation({plan.shift!r}, {plan.shift!r}, fill_mode="constant", seed={plan.seed})')
    if plan.zoom:
        steps.append(f'layers.RandomZoom({plan.zoom!r}, fill_mode="constant", seed={plan.seed})')
    augmentation = ""
    if steps:
        augmentation = "augment = keras.Sequential(\n    [\n" + "".join(f"        {step},\n" for step in steps) + "    ]\n)\n"
    return _PROGRAM.format(
        seed=plan.seed,
        choose=choose,
        order=ORDER,
        validated=VALIDATED,
        pictures=plan.pictures,
        layers=body,
        augmentation=augmentation,
        prepared="augment(pictures, training=True)" if steps else "pictures",
        batch=plan.batch,
        optimizer=OPTIMIZERS[plan.optimizer],
        learning_rate=repr(plan.learning_rate),
        epochs=plan.epochs,
    )
