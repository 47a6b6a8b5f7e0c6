"""What somebody taught: a few examples of their own digits, or of symbols, that a recogniser compares drawings with.

Nothing is trained. The network that tells symbols apart (`model.networks.embedding`) gives each picture a place; a drawing
is near to what looks like it. How near it is to the nearest example of each label, and what the digits' network says, are
added up to probabilities by a few numbers that train.py has fitted on people and symbols of whom no network knows
(`Comparison`). This is learning from few examples as J. Snell, K. Swersky, R. Zemel describe it ("Prototypical networks for
few-shot learning", 2017), with the examples kept beside their mean: so it can be said which one spoke for an answer.
"""

import json
import unicodedata
from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from pathlib import Path

import numpy as np

from model.ink.image import SIDE, prepare
from model.paths import COMPARISON
from model.problems import Problem
from model.replacing import found

DIGIT_LABELS = tuple("0123456789")
LONGEST_LABEL = 12  # characters
MOST_LABELS = 50
MOST_EXAMPLES = 1_000
BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # characters that Unicode calls letters or signs, and that show nothing
NEAREST = 3  # examples that are named as those that spoke for an answer
LEAST_PROBABILITY = 1e-7  # of the digits' network that counts: below it its numbers are noise


class TeachingError(Problem, ValueError):
    """What cannot be taught; the message says why, in one sentence, to the person who tried."""


def checked_label(text: str) -> str:
    """A label as it is kept: without space around it, letters with their accents in one piece (Unicode's form C).

    Raises:
        TeachingError: it has no characters or more than 12, or some that cannot be seen or are no text.
    """
    if not isinstance(text, str):
        raise TeachingError("A name is a text.")
    if len(text) > 20 * LONGEST_LABEL:  # before work is done on it
        raise TeachingError("A name has at most {most} characters.", most=LONGEST_LABEL)
    label = unicodedata.normalize("NFC", text).strip()
    if not any(_is_seen(character) for character in label):
        raise TeachingError("A name has at least one character that can be seen.")
    if len(label) > LONGEST_LABEL:
        raise TeachingError("A name has at most {most} characters.", most=LONGEST_LABEL)
    if any(not _is_text(character) for character in label):
        raise TeachingError("A name cannot have line breaks or characters that cannot be seen.")
    return label


def _is_seen(character: str) -> bool:
    """By itself: an accent is not, nor what joins others."""
    category = unicodedata.category(character)
    return category == "Cn" or category[0] not in "ZCM" and character not in BLANK


def _is_text(character: str) -> bool:
    joiners = "\u200c\u200d"  # that hold emoji, and letters of some scripts, together
    category = unicodedata.category(character)
    if category == "Cn":  # emoji are newer than Python's table of them; the last two of each plane, and 32, never will be any
        number = ord(character)
        return number & 0xFFFE != 0xFFFE and not 0xFDD0 <= number <= 0xFDEF and number < 0xE0000
    return character in joiners or category not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


@dataclass(frozen=True, eq=False)
class Examples:
    """Pictures with labels, in the order in which they were given. Nothing changes it.

    Attributes:
        pictures: uint8 (n, 28, 28), as `model.prepare` makes them.
        labels: n texts, as `checked_label` gives them.
    """

    pictures: np.ndarray = field(default_factory=lambda: np.zeros((0, SIDE, SIDE), np.uint8))
    labels: tuple[str, ...] = ()

    def __post_init__(self):
        if self.pictures.dtype != np.uint8 or self.pictures.shape != (len(self.labels), SIDE, SIDE):
            raise TeachingError("Pictures of {side} × {side} pixels are taken, one for each label.", side=SIDE)
        if any(checked_label(label) != label for label in set(self.labels)):
            raise TeachingError("A name has space around it, or letters whose accents stand apart.")
        if len(self.labels) > MOST_EXAMPLES:
            raise TeachingError("At most {most:,} examples can be kept.", most=MOST_EXAMPLES)
        if len(set(self.labels)) > MOST_LABELS:
            raise TeachingError("At most {most} different names can be kept.", most=MOST_LABELS)
        if len(self.pictures) and not self.pictures.reshape(len(self.pictures), -1).any(axis=1).all():
            raise TeachingError("One of the pictures is empty.")

    @classmethod
    def of(cls, images: list[np.ndarray], labels: list[str]) -> "Examples":
        """Examples from pages.

        Args:
            images: as for `Recognizer.recognize`.
            labels: one for each.

        Raises:
            TeachingError: a page without ink, a label that `checked_label` refuses, another number of labels, too many.
            ValueError: what cannot be an image.
        """
        if len(images) != len(labels):
            raise TeachingError("There are {images} pictures and {labels} names.", labels=len(labels), images=len(images))
        if len(images) > MOST_EXAMPLES:
            raise TeachingError("At most {most:,} examples can be kept.", most=MOST_EXAMPLES)
        checked = tuple(checked_label(label) for label in labels)
        pictures = [prepare(image) for image in images]
        if any(picture is None for picture in pictures):
            raise TeachingError("There is nothing drawn on one of the pictures.")
        return cls(np.stack(pictures), checked) if pictures else cls()

    def __len__(self) -> int:
        return len(self.labels)

    def __add__(self, other: "Examples") -> "Examples":
        """Both, one after the other; raises as the class does."""
        return Examples(np.concatenate([self.pictures, other.pictures]), self.labels + other.labels)

    def without(self, *indices: int) -> "Examples":
        """All but these."""
        return self.chosen([index for index in range(len(self)) if index not in indices])

    def chosen(self, indices) -> "Examples":
        """Some of them, in this order."""
        indices = list(indices)
        return Examples(self.pictures[indices], tuple(self.labels[index] for index in indices))

    @cached_property
    def counts(self) -> Counter:
        """How many there are of each label."""
        return Counter(self.labels)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The labels that are no digits, in the order in which they first came."""
        return tuple(label for label in self.counts if label not in DIGIT_LABELS)

    @property
    def known(self) -> tuple[str, ...]:
        """All labels that a recogniser with these examples has: the digits, then `symbols`."""
        return DIGIT_LABELS + self.symbols


@dataclass(frozen=True)
class Neighbour:
    """An example that spoke for an answer.

    Attributes:
        index: which of `Recognizer.examples` it is.
        label: its label.
        similarity: the cosine of the angle between the two places, -1 to 1; 1 for the same picture.
    """

    index: int
    label: str
    similarity: float


@dataclass(frozen=True)
class Comparison:
    """The numbers that turn what the digits' network says, and similarities, into probabilities.

    The sums that softmax takes are, with q the digits' network's probabilities of the digits and of no digit:

        for a digit:     trust · log q + digit_slope · (similarity - digit_middle) where there are examples of it
        for a symbol:    symbol_slope · (similarity - symbol_middle)
        for neither:     doubt · log q + nothing

    Attributes:
        trust, doubt: weights of the digits' network's word.
        digit_slope, digit_middle, symbol_slope, symbol_middle: of similarities.
        nothing: how readily it is said that something is not known.
        share: of the digits' network's own features in a similarity; the rest is the embedding's.
    """

    trust: float
    digit_slope: float
    digit_middle: float
    symbol_slope: float
    symbol_middle: float
    doubt: float
    nothing: float
    share: float

    @classmethod
    def load(cls, path: str | Path = COMPARISON) -> "Comparison":
        """Those at `path`.

        Raises:
            TeachingError: no file, or it does not hold them.
        """
        try:
            values = json.loads(found(Path(path), lambda file: file.read_text(encoding="utf-8")))
            comparison = cls(**{entry.name: float(values[entry.name]) for entry in fields(cls)})
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise TeachingError(
                "The file {name}, which train.py makes, is missing or damaged.", name=Path(path).name
            ) from error
        if not all(np.isfinite(value) for value in asdict(comparison).values()) or not 0 <= comparison.share <= 1:
            raise TeachingError("The file {name}, which train.py makes, is damaged.", name=Path(path).name)
        return comparison

    def sums(self, logs: np.ndarray, similarities: np.ndarray, labels: tuple[str, ...]) -> np.ndarray:
        """What softmax makes probabilities of.

        Args:
            logs: (N, 11), logarithms of the digits' network's probabilities, "no digit" last.
            similarities: (N, L), to each of the taught `labels`.
            labels: L taught labels, digits among them.

        Returns:
            float64 (N, 10 + S + 1): the digits, the S symbols in their order among `labels`, nothing that is known.
        """
        weights, shifts = self.as_dense(labels)
        return np.concatenate([logs, similarities], axis=1) @ weights + shifts

    def as_dense(self, labels: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
        """The same as a dense layer: weights (11 + L, 10 + S + 1) and shifts (10 + S + 1,)."""
        symbols = [label for label in labels if label not in DIGIT_LABELS]
        weights, shifts = np.zeros((11 + len(labels), 11 + len(symbols))), np.zeros(11 + len(symbols))
        weights[np.arange(10), np.arange(10)] = self.trust
        weights[10, -1], shifts[-1] = self.doubt, self.nothing
        for row, label in enumerate(labels, 11):
            if label in DIGIT_LABELS:
                column, slope, middle = int(label), self.digit_slope, self.digit_middle
            else:
                column, slope, middle = 10 + symbols.index(label), self.symbol_slope, self.symbol_middle
            weights[row, column] = slope
            shifts[column] -= slope * middle
        return weights, shifts


@dataclass(frozen=True, eq=False)
class Memory:
    """Examples at their places, ready to be compared with.

    Attributes:
        labels: the taught labels, in the order in which they first came.
        places: float32 (n, D), of length 1, of each example.
        rows: float32 (m, D), the same sorted by label, the mean of each label's examples behind them.
        examples: int (m,), which example each row is; -1 for a mean.
        starts: int (L,), the row at which each label begins.
    """

    labels: tuple[str, ...]
    places: np.ndarray
    rows: np.ndarray
    examples: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, places: np.ndarray, labels: tuple[str, ...]) -> "Memory":
        """Args:
        places: float32 (n, D), of length 1.
        labels: n of them.
        """
        names = tuple(dict.fromkeys(labels))
        given = np.array([names.index(label) for label in labels])
        rows, examples, starts, count = [], [], [], 0
        for number in range(len(names)):
            own = np.flatnonzero(given == number)
            starts.append(count)
            mean = places[own].mean(axis=0, keepdims=True)
            length = np.linalg.norm(mean)
            if len(own) > 1 and length > 1e-6:
                rows += [places[own], mean / length]
                examples += [*own.tolist(), -1]
            else:
                rows.append(places[own])
                examples += own.tolist()
            count = len(examples)
        return cls(names, places, np.concatenate(rows), np.array(examples), np.array(starts))

    def cosines(self, places: np.ndarray) -> np.ndarray:
        """float32 (N, m), of the angles between places (N, D) and `rows`."""
        return places @ self.rows.T

    def similarities(self, cosines: np.ndarray) -> np.ndarray:
        """float32 (N, L): for each label the highest of `cosines`: to one of its examples, or to their mean."""
        return np.maximum.reduceat(cosines, self.starts, axis=1)

    def nearest(self, cosines: np.ndarray, label: str | None = None) -> tuple[Neighbour, ...]:
        """The examples nearest to a place, nearest first.

        Args:
            cosines: (m,), of the place.
            label: only those with this one; of any if none is given.
        """
        first, end = 0, len(self.rows)
        if label is not None:
            number = self.labels.index(label)
            first = self.starts[number]
            end = self.starts[number + 1] if number + 1 < len(self.starts) else end
        found = []
        for row in first + np.argsort(-cosines[first:end], kind="stable"):
            if len(found) < NEAREST and (index := int(self.examples[row])) >= 0:
                name = self.labels[int(np.searchsorted(self.starts, row, "right")) - 1]
                found.append(Neighbour(index, name, float(min(1, cosines[row]))))
        return tuple(found)

    def without_themselves(self, labels: tuple[str, ...]) -> np.ndarray:
        """float32 (n, L): as `similarities` of the examples' own places, each compared with the others alone; NaN where a
        label has no other example.

        Args:
            labels: of all examples.
        """
        cosines = self.places @ self.places.T
        np.fill_diagonal(cosines, -np.inf)
        result = np.full((len(labels), len(self.labels)), np.nan, np.float32)
        given = np.array([self.labels.index(label) for label in labels])
        for column in range(len(self.labels)):
            own = given == column
            whole = self.places[own].sum(axis=0)
            others = np.where(own[:, None], whole - self.places, whole)
            counts = np.where(own, own.sum() - 1, own.sum())
            lengths = np.linalg.norm(others, axis=1)
            means = (others * self.places).sum(axis=1) / np.maximum(lengths, 1e-6)
            best = cosines[:, own].max(axis=1, initial=-np.inf)
            best = np.where((counts > 1) & (lengths > 1e-6), np.maximum(best, means), best)
            result[:, column] = np.where(counts > 0, best, np.nan)
        return result


def softmax(sums: np.ndarray) -> np.ndarray:
    """float32, rows that sum to 1."""
    raised = np.exp(sums - sums.max(axis=1, keepdims=True))
    return (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)
