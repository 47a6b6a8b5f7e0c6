"""Recognizer and Prediction: load once, recognise many times, from many threads."""

import copy
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from model.data.examples import one_of_each
from model.ink.image import SIDE, prepare
from model.networks.digits import DIGITS, OUTPUTS
from model.networks.weights import WeightsError, check_network, load_network
from model.paths import COMPARISON, EMBEDDING, JUDGE, NUMBERS, WEIGHTS
from model.reading import numbers
from model.reading.finding import Finder
from model.reading.numbers import Reading
from model.reading.taught import (
    DIGIT_LABELS,
    LEAST_PROBABILITY,
    Comparison,
    Examples,
    Memory,
    Neighbour,
    TeachingError,
    softmax,
)
from model.replacing import version

IS_DIGIT = 0.5  # the digit probability from which a picture is called a digit
SUM_TOLERANCE = 1e-3  # by which the sum of probabilities may miss 1: twice what rounding to half precision makes it
READS_AT_LEAST = 5  # of ten plain digits; untrained networks read 0 to 3, the textbook's after 16 batches 6 to 9

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the network makes of one picture.

    Attributes:
        label: the likeliest digit, "0" to "9", or symbol that was taught.
        probabilities: float32 (10,) or longer, one for each digit and each symbol that was taught, in the order of
            `labels`; they sum to 1.
        digit_probability: 0 to 1, how likely the picture is one of `labels` at all (1 for a network that was not taught
            what is none).
        image: uint8 (28, 28), what the network saw.
        labels: those of the recogniser that gave the answer.
        nearest: the examples that are most like the picture, nearest first: those of `label`, or of any where the answer
            is that it is nothing known; none where nothing was taught.
        place: float32 (D,), of length 1, where the picture lies among the examples; None where nothing was taught.
        untaught: what the recogniser without examples says; None where nothing was taught.
    """

    label: str
    probabilities: np.ndarray
    digit_probability: float
    image: np.ndarray
    labels: tuple[str, ...] = DIGIT_LABELS
    nearest: tuple[Neighbour, ...] = ()
    place: np.ndarray | None = None
    untaught: "Prediction | None" = None

    @property
    def probability(self) -> float:
        """Of `label`, 0 to 1."""
        return float(self.probabilities.max())

    @property
    def is_digit(self) -> bool:
        """Whether the picture is called a digit, or a symbol that was taught."""
        return self.digit_probability >= IS_DIGIT


class Recognizer:
    """Reads handwritten digits. Loading makes it, nothing changes it: share it between threads.

    Example:
        >>> recognizer = Recognizer.load()
        >>> recognizer.recognize(image).label
        '7'
    """

    labels = DIGIT_LABELS
    examples = Examples()  # what was taught

    def __init__(self, network: keras.Model):
        """Args:
        network: (N, 28, 28, 1) → (N, 10) or, with "no digit" as the last output, (N, 11) probabilities.

        Raises:
            WeightsError: the network has other inputs or outputs, or weights that are no finite numbers, or its answers
                are no probabilities.
        """
        shapes = [tuple(tensor.shape) for tensor in (*network.inputs, *network.outputs)]
        if shapes not in ([(None, SIDE, SIDE, 1), (None, DIGITS)], [(None, SIDE, SIDE, 1), (None, OUTPUTS)]):
            raise WeightsError(
                "The network maps {inputs} to {outputs}; pictures (None, 28, 28, 1) to 10 or 11 are needed.",
                inputs=shapes[0],
                outputs=shapes[-1],
            )
        if not all(np.isfinite(weights).all() for weights in network.get_weights()):
            raise WeightsError("The network has weights that are no finite numbers.")
        self.network = network
        self.untaught = self
        self.memory: Memory | None = None
        self._looks: dict[bytes, tuple] = {}  # picture of an example → what `Teacher.look` gives of it
        self._teacher: Teacher | None = None
        self._finder: Finder | None = None
        self._lock = threading.Lock()

        def compiled(pictures, **options):
            signature = [tf.TensorSpec((pictures, SIDE, SIDE, 1), tf.float32)]
            function = tf.function(lambda x: network(x, training=False), input_signature=signature, **options)
            return function.get_concrete_function()  # a call to it takes a sixth less: it checks no types

        # XLA is a quarter faster, but compiles anew for every size of batch: it gets the one that matters while drawing.
        self._one, self._many = compiled(1, jit_compile=True), compiled(None)
        # Tried, and thereby compiled, so that no visitor waits for it. Pictures without ink and full of it go to the ends of
        # what the network's sums can be.
        extremes = [np.full((SIDE, SIDE), ink, np.uint8) for ink in (0, 255)]
        digits = one_of_each()
        for pictures in (digits[:1], np.stack([*extremes, *digits])):
            outputs = self._outputs(pictures)
            sums = outputs.sum(axis=1)
            if not ((outputs >= 0).all() and (abs(sums - 1) <= SUM_TOLERANCE).all()):  # neither is what is no number
                raise WeightsError("The network gives answers that are no probabilities.")

    @classmethod
    def load(cls, path: str | Path = WEIGHTS) -> "Recognizer":
        """The recogniser with the weights at `path`, those that come with the project if none is given.

        They are tried: a network that reads less than half of ten plain digits, one of each, is broken or untrained, and
        would answer every visitor with nonsense. One that is merely bad is taken; how bad it is, the report says.

        Raises:
            WeightsError: no file, a damaged one, not one of these networks, or one that does not read. The log has the
                cause.
        """
        path = Path(path)
        network = load_network(path)
        try:
            recognizer = cls(network)
            if (read := recognizer._read_right()) < READS_AT_LEAST:
                raise WeightsError(
                    "The file {name} holds a network that reads {read} of ten plain digits, not {least}.",
                    name=path.name,
                    read=read,
                    least=READS_AT_LEAST,
                )
        except WeightsError:
            _log.exception("The weights in %s cannot be used", path)
            raise
        except Exception as error:
            _log.exception("The network in %s cannot be run", path)
            raise WeightsError("The file {name} holds a network that cannot be run.", name=path.name) from error
        return recognizer

    def recognize(self, image: np.ndarray) -> Prediction | None:
        """The digit on a page.

        Args:
            image: uint8 array, (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA; light ink on dark or dark on light.

        Returns:
            None if there is no ink.

        Raises:
            ValueError: `image` cannot be an image.
        """
        return self.recognize_many([image])[0]

    def recognize_many(self, images: list[np.ndarray]) -> list[Prediction | None]:
        """As `recognize`, for many images in one batch."""
        pictures = [prepare(image) for image in images]
        inked = [picture for picture in pictures if picture is not None]
        if not inked:
            return [None] * len(pictures)
        predictions = iter(self._predictions(np.stack(inked)))
        return [None if picture is None else next(predictions) for picture in pictures]

    def read(self, image: np.ndarray, expect: str | None = None, is_drawn: bool = False) -> Reading:
        """All digits on a page, and symbols that were taught, line by line. A page that lies on its side or upside down is
        turned if that is plain to see (`Reading.turned`).

        Args:
            image: as for `recognize`.
            expect: what stands on each line: "postcode:6" (or another count: exactly so many digits), "amount" (a
                decimal mark, thousands separators, a currency sign that is ignored), "form" (a row or grid of boxes, a
                digit in each); None if nothing is known.
            is_drawn: whether the page was drawn on a canvas: it lies as it should, and all that is about as high as its
                digits is meant to be read. On other pages what is no digit may be anything and is passed over.

        Raises:
            ValueError: `image` cannot be an image, or `expect` is none of these.
            WeightsError: the network that finds digits on a page is missing or damaged.
        """
        return numbers.read(self.probabilities, self.labels, self.finder(), image, expect, is_drawn)

    def centres(self, image: np.ndarray) -> np.ndarray | None:
        """What the network that finds digits on a page makes of one: its ink, faded, and over it where something has its
        middle: orange a digit, blue a decimal mark, green an empty box; the fuller the colour, the likelier.

        Args:
            image: as for `recognize`, upright.

        Returns:
            uint8 (H, W, 3), RGB, of at most 2,000 pixels a side; None if there is no ink.

        Raises:
            ValueError: `image` cannot be an image.
            WeightsError: as for `read`.
        """
        return numbers.centres(self.finder(), image)

    def finder(self) -> Finder:
        """What finds digits on a page, loaded when it is first asked for and shared from then on.

        Raises:
            WeightsError: its network is missing or damaged.
        """
        with self._lock:
            if self.untaught._finder is None:
                self.untaught._finder = _once(_load_finder, NUMBERS, JUDGE)
        return self.untaught._finder

    def probabilities(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The answers to pictures that `model.ink.image.prepare` made.

        Args:
            pictures: uint8 (N, 28, 28).

        Returns:
            float32 (N, L), probabilities of `labels`, rows that sum to 1; and float32 (N,), how likely each is one of
            them at all.
        """
        if not len(self.examples):
            return _parted(self._outputs(pictures))
        logs, places = self.teacher().look(pictures)
        return _parted(self._compared(logs, self.memory.cosines(places)))

    # ── What is taught ────────────────────────────────────────────────────────────────────────────────────────────────

    def adapt(self, images: list[np.ndarray], labels: list[str]) -> "Recognizer":
        """A recogniser that knows these examples, too, beside those that this one knows. This one stays as it is; both
        share the networks.

        Args:
            images: pages, as for `recognize`.
            labels: for each a digit, or the name of a symbol: 1 to 12 characters of any script.

        Raises:
            TeachingError: a page without ink, a name that cannot be taken, more than 1,000 examples or 50 names.
            ValueError: what cannot be an image.
            WeightsError: the network that tells symbols apart is missing or damaged.
        """
        return self.with_examples(self.examples + Examples.of(images, labels))

    def with_examples(self, examples: Examples) -> "Recognizer":
        """A recogniser that knows these examples and no others; the one that was taught nothing if there are none.

        Examples that this one knows already cost nothing.

        Raises:
            WeightsError: as for `adapt`.
        """
        if not len(examples):
            return self.untaught
        known = self._looks
        keys = [picture.tobytes() for picture in examples.pictures]
        if new := [index for index, key in enumerate(keys) if key not in known]:
            logs, places = self.teacher().look(examples.pictures[new])
            known = known | {keys[index]: look for index, *look in zip(new, logs, places, strict=True)}
        adapted = copy.copy(self)
        adapted.examples, adapted.labels = examples, examples.known
        adapted._looks = {key: known[key] for key in keys}
        adapted._logs = np.stack([known[key][0] for key in keys])
        adapted.memory = Memory.of(np.stack([known[key][1] for key in keys]), examples.labels)
        adapted.untaught = self.untaught
        return adapted

    def teacher(self) -> "Teacher":
        """What it takes to compare with examples, loaded when it is first asked for and shared from then on.

        Raises:
            WeightsError: the network that tells symbols apart, or what goes with it, is missing or damaged.
        """
        with self._lock:
            if self.untaught._teacher is None:
                self.untaught._teacher = Teacher(self.network, *_once(_load_embedding, EMBEDDING, COMPARISON))
        return self.untaught._teacher

    @property
    def places(self) -> np.ndarray:
        """float32 (n, D), of length 1: where each of `examples` lies."""
        return self.memory.places

    def judged_by_the_others(self) -> np.ndarray:
        """float32 (n, L + 1): what each of `examples` would be taken for if it had not been given, as probabilities of
        `labels` and of nothing that is known."""
        similarities = self.memory.without_themselves(self.examples.labels)
        comparison = self.teacher().comparison
        # A digit of which there is no other example is left to the digits' network, a symbol is not known.
        for column, label in enumerate(self.memory.labels):
            missing = comparison.digit_middle if label in DIGIT_LABELS else -np.inf
            similarities[np.isnan(similarities[:, column]), column] = missing
        weights, shifts = comparison.as_dense(self.memory.labels)
        finite = np.where(np.isinf(similarities), -1e6, similarities)
        return softmax(np.concatenate([self._logs, finite], axis=1) @ weights + shifts)

    def digits_before(self) -> tuple[np.ndarray, list[str]]:
        """What the recogniser without examples makes of each of `examples`: how likely it is a digit, (n,), and which."""
        rows, shares = _parted(np.exp(self._logs))
        return shares, [DIGIT_LABELS[int(row.argmax())] for row in rows]

    def _compared(self, logs: np.ndarray, cosines: np.ndarray) -> np.ndarray:
        """Probabilities (N, L + 1) from the digits' network's logarithms and the cosines of `memory`."""
        similarities = self.memory.similarities(cosines)
        return softmax(self.teacher().comparison.sums(logs, similarities, self.memory.labels))

    def _outputs(self, pictures: np.ndarray) -> np.ndarray:
        network = self._one if len(pictures) == 1 else self._many
        return network(tf.constant((pictures / np.float32(255))[..., None])).numpy()

    def _read_right(self) -> int:
        """How many of `one_of_each` get their label and are called a digit."""
        predictions = self._predictions(one_of_each())
        return sum(one.is_digit and one.label == label for one, label in zip(predictions, self.labels, strict=True))

    def _predictions(self, pictures: np.ndarray) -> list[Prediction]:
        if not len(self.examples):
            rows, shares = _parted(self._outputs(pictures))
            return [
                Prediction(self.labels[int(row.argmax())], row, float(share), picture)
                for row, share, picture in zip(rows, shares, pictures, strict=True)
            ]
        logs, places = self.teacher().look(pictures)
        cosines = self.memory.cosines(places)
        untaught = zip(*_parted(np.exp(logs)), strict=True)
        taught = zip(*_parted(self._compared(logs, cosines)), strict=True)
        predictions = []
        for picture, place, near, before, (row, share) in zip(pictures, places, cosines, untaught, taught, strict=True):
            label = self.labels[int(row.argmax())]
            nearest = self.memory.nearest(near, label if share >= IS_DIGIT and label in self.memory.labels else None)
            plain = Prediction(DIGIT_LABELS[int(before[0].argmax())], before[0], float(before[1]), picture)
            predictions.append(Prediction(label, row, float(share), picture, self.labels, nearest, place, plain))
        return predictions


class Teacher:
    """What it takes to compare pictures with examples.

    Args:
        network: of the digits; its last layer is dense.
        embedding: (N, 28, 28, 1) → (N, D), places of length 1.
        comparison: fitted to both.
    """

    def __init__(self, network: keras.Model, embedding: keras.Model, comparison: Comparison):
        self.embedding, self.comparison = embedding, comparison
        features = keras.Model(network.inputs, [network.outputs[0], network.layers[-1].input])

        def look(pictures):
            outputs, own = features(pictures, training=False)
            places = [
                tf.sqrt(comparison.share) * tf.math.l2_normalize(own, axis=1),
                tf.sqrt(1 - comparison.share) * embedding(pictures, training=False),
            ]
            return outputs, tf.concat(places, axis=1)

        def compiled(count, **options):
            signature = [tf.TensorSpec((count, SIDE, SIDE, 1), tf.float32)]
            return tf.function(look, input_signature=signature, **options).get_concrete_function()

        self._one, self._many = compiled(1, jit_compile=True), compiled(None)
        for function, count in ((self._one, 1), (self._many, 2)):  # so that no visitor waits for it
            _, places = function(tf.zeros((count, SIDE, SIDE, 1)))
        self._numbers = places.shape[1]

    def look(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the networks make of pictures.

        Args:
            pictures: uint8 (N, 28, 28).

        Returns:
            float32 (N, 11), logarithms of the digits' network's probabilities, "no digit" last; and float32 (N, D), the
            places, of length 1.
        """
        if not len(pictures):  # TensorFlow cannot put one convolution behind another there
            return np.zeros((0, OUTPUTS), np.float32), np.zeros((0, self._numbers), np.float32)
        network = self._one if len(pictures) == 1 else self._many
        outputs, places = network(tf.constant((pictures / np.float32(255))[..., None]))
        outputs = outputs.numpy()
        if outputs.shape[1] == DIGITS:
            outputs = np.pad(outputs, ((0, 0), (0, 1)))
        return np.log(np.maximum(outputs, LEAST_PROBABILITY)), places.numpy()


def _once(load: Callable, *files: Path):
    """What `load()` makes of the files that come with the project. Files that cannot be used are not tried again before they
    have changed.

    Raises:
        WeightsError: they cannot be used.
    """
    found = _tried(load, *map(version, files))
    if isinstance(found, WeightsError):
        raise WeightsError(found.sentence, **found.values) from found
    return found


@lru_cache(maxsize=4)
def _tried(load: Callable, *versions):
    try:
        return load()
    except WeightsError as error:
        return error


def _load_finder() -> Finder:
    return Finder(load_network(NUMBERS), load_network(JUDGE))


def _load_embedding() -> tuple[keras.Model, Comparison]:
    network = load_network(EMBEDDING)
    check_network(network, EMBEDDING.name, [(None, SIDE, SIDE, 1), (None, network.output_shape[-1])])
    try:
        return network, Comparison.load()
    except TeachingError as error:
        raise WeightsError(error.sentence, **error.values) from error


def _parted(outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of labels, rows that sum to 1, and of being one of them, from those of labels and "none of them" (which
    a network may not have)."""
    known = outputs[:, :DIGITS] if outputs.shape[1] <= OUTPUTS else outputs[:, :-1]
    whole = known.sum(axis=1, keepdims=True)
    return known / np.maximum(whole, 1e-12), np.minimum(whole[:, 0], 1)
