"""Recognizer and Prediction: load once, recognise many times, from many threads."""

import logging
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from model.data.examples import one_of_each
from model.ink.image import SIDE, prepare
from model.networks.digits import DIGITS, OUTPUTS
from model.paths import WEIGHTS
from model.reading import segmentation
from model.reading.segmentation import Reading
from model.replacing import found

IS_DIGIT = 0.5  # the digit probability from which a picture is called a digit
SUM_TOLERANCE = 1e-3  # by which the sum of probabilities may miss 1: twice what rounding to half precision makes it
READS_AT_LEAST = 5  # of ten plain digits; untrained networks read 0 to 3, the textbook's after 16 batches 6 to 9

_log = logging.getLogger(__name__)


class WeightsError(Exception):
    """The weights cannot be used; the message says why in one sentence."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the network makes of one picture.

    Attributes:
        label: the likeliest digit, "0" to "9".
        probabilities: float32 (10,), one for each digit in the order of `Recognizer.labels`; they sum to 1.
        digit_probability: 0 to 1, how likely the picture is a digit at all (1 for a network that was not taught what
            is none).
        image: uint8 (28, 28), what the network saw.
    """

    label: str
    probabilities: np.ndarray
    digit_probability: float
    image: np.ndarray

    @property
    def probability(self) -> float:
        """Of `label`, 0 to 1."""
        return float(self.probabilities.max())

    @property
    def is_digit(self) -> bool:
        """Whether the picture is called a digit."""
        return self.digit_probability >= IS_DIGIT


class Recognizer:
    """Reads handwritten digits. Loading makes it, nothing changes it: share it between threads.

    Example:
        >>> recognizer = Recognizer.load()
        >>> recognizer.recognize(image).label
        '7'
    """

    labels = tuple(str(digit) for digit in range(DIGITS))

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
                f"The network maps {shapes[0]} to {shapes[-1]}; pictures (None, 28, 28, 1) to 10 or 11 are needed."
            )
        if not all(np.isfinite(weights).all() for weights in network.get_weights()):
            raise WeightsError("The network has weights that are no finite numbers.")
        self.network = network

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
        try:
            network = found(path, _load)
        except FileNotFoundError:
            raise WeightsError(f"There are no weights at {path.name}.") from None
        try:
            recognizer = cls(network)
            if (read := recognizer._read_right()) < READS_AT_LEAST:
                raise WeightsError(
                    f"The file {path.name} holds a network that reads {read} of ten plain digits, not {READS_AT_LEAST}."
                )
        except WeightsError:
            _log.exception("The weights in %s cannot be used", path)
            raise
        except Exception as error:
            _log.exception("The network in %s cannot be run", path)
            raise WeightsError(f"The file {path.name} holds a network that cannot be run.") from error
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

    def read(self, image: np.ndarray, expect: str | None = None) -> Reading:
        """All digits on a page, line by line.

        Args:
            image: as for `recognize`.
            expect: what stands on each line: "postcode:6" (or another count: exactly so many digits), "amount" (a
                decimal mark, thousands separators, a currency sign that is ignored), "form" (a row or grid of boxes, a
                digit in each); None if nothing is known.

        Raises:
            ValueError: `image` cannot be an image, or `expect` is none of these.
        """
        return segmentation.read(self.probabilities, image, expect)

    def probabilities(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The network's answers to pictures that `model.ink.image.prepare` made.

        Args:
            pictures: uint8 (N, 28, 28).

        Returns:
            float32 (N, 10), probabilities of the digits, rows that sum to 1; and float32 (N,), how likely each is a
            digit at all.
        """
        digits = self._outputs(pictures)[:, :DIGITS]
        whole = digits.sum(axis=1, keepdims=True)
        return digits / np.maximum(whole, 1e-12), np.minimum(whole[:, 0], 1)

    def _outputs(self, pictures: np.ndarray) -> np.ndarray:
        network = self._one if len(pictures) == 1 else self._many
        return network(tf.constant((pictures / np.float32(255))[..., None])).numpy()

    def _read_right(self) -> int:
        """How many of `one_of_each` get their label and are called a digit."""
        predictions = self._predictions(one_of_each())
        return sum(one.is_digit and one.label == label for one, label in zip(predictions, self.labels, strict=True))

    def _predictions(self, pictures: np.ndarray) -> list[Prediction]:
        probabilities, digit_probabilities = self.probabilities(pictures)
        return [
            Prediction(self.labels[int(row.argmax())], row, float(share), picture)
            for row, share, picture in zip(probabilities, digit_probabilities, pictures, strict=True)
        ]


def _load(path: Path) -> keras.Model:
    if not path.is_file():
        raise FileNotFoundError(path)
    try:
        # Safe mode: a file from somewhere else must not bring code along.
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras lets through whatever its readers raise
        if not path.is_file():  # put in its place meanwhile
            raise FileNotFoundError(path) from error
        _log.exception("The weights in %s cannot be loaded", path)
        raise WeightsError(f"The file {path.name} is damaged or not a Keras model.") from error
