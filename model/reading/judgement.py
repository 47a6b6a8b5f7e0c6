"""What teaching has changed: how a recogniser reads the examples that it was given, each judged by the others; where they
lie; and what comes of training a new last layer on them instead.

Each function takes an adapted `Recognizer`, and its examples in their order.
"""

from dataclasses import dataclass

import numpy as np

from model.reading.taught import DIGIT_LABELS, softmax

CONFUSED_FROM = 2  # drawings of a pair of labels of which one must be confused for the pair to be told
STEPS = 60  # of training a last layer …
RATE = 40.0  # … by plain gradient descent on features of length 1: higher ones swing, lower ones take hundreds of steps
FOLDS = 5  # parts of the examples, each judged by a layer that was trained on the others
MOST_TRAINED = 300  # examples that a last layer is trained on; a later one of a label takes the place of an earlier one


@dataclass(frozen=True)
class Judgement:
    """How the examples are read.

    Attributes:
        before: for each example whether the recogniser without examples reads it right; None for a symbol, which it does
            not know.
        now: whether it is read right, judged by the other examples.
        answers: what it is read as, judged by the others; None for nothing that is known.
    """

    before: tuple[bool | None, ...]
    now: tuple[bool, ...]
    answers: tuple[str | None, ...]


def judged(recognizer) -> Judgement:
    """How the examples are read before and now. A digit of which there is one example alone is judged by the digits'
    network and the other labels; a symbol of which there is one alone cannot be known, and counts as not read."""
    labels = recognizer.examples.labels
    rows = recognizer.judged_by_the_others()
    answers = tuple(
        None if index == len(recognizer.labels) else recognizer.labels[index] for index in rows.argmax(axis=1).tolist()
    )
    shares, digits = recognizer.digits_before()
    before = tuple(
        (share >= 0.5 and digit == label) if label in DIGIT_LABELS else None
        for label, share, digit in zip(labels, shares.tolist(), digits, strict=True)
    )
    return Judgement(before, tuple(a == label for a, label in zip(answers, labels, strict=True)), answers)


@dataclass(frozen=True)
class Confusion:
    """Two labels that look too much alike.

    Attributes:
        labels: the two.
        drawings: how many examples there are of both.
        confused: how many of these were read as the other, judged by the others.
    """

    labels: tuple[str, str]
    drawings: int
    confused: int


def confusions(recognizer, judgement: Judgement) -> list[Confusion]:
    """The pairs of labels of which examples are taken for each other, the worst first."""
    labels, counts = recognizer.examples.labels, recognizer.examples.counts
    found: dict[tuple[str, str], int] = {}
    for label, answer in zip(labels, judgement.answers, strict=True):
        if answer is not None and answer != label and not (label in DIGIT_LABELS and answer in DIGIT_LABELS):
            pair = tuple(sorted((label, answer), key=recognizer.labels.index))
            found[pair] = found.get(pair, 0) + 1
    result = [Confusion(pair, counts[pair[0]] + counts[pair[1]], times) for pair, times in found.items()]
    return sorted(
        (one for one in result if one.drawings >= CONFUSED_FROM),
        key=lambda one: one.confused / one.drawings,
        reverse=True,
    )


@dataclass(frozen=True, eq=False)
class Projection:
    """A map of places: the plane through their middle in which they lie farthest apart (principal component analysis;
    K. Pearson, 1901).

    Attributes:
        middle: (D,), of the examples' places.
        axes: (D, 2), of length 1; the second is zero where the places lie on one line.
        scale: a place of the examples is at most 1 from the middle, along each axis.
        share: of the places' variance that the map shows, 0 to 1.
    """

    middle: np.ndarray
    axes: np.ndarray
    scale: float
    share: float

    @classmethod
    def of(cls, places: np.ndarray) -> "Projection":
        """The map of places (n, D)."""
        middle = places.mean(axis=0)
        away = (places - middle).astype(np.float64)
        # The axes through the n × n products: there are fewer examples than features.
        values, vectors = np.linalg.eigh(away @ away.T)
        axes = np.zeros((places.shape[1], 2))
        for column, index in enumerate(np.argsort(-values)[:2]):
            if values[index] > 1e-9:
                axis = away.T @ vectors[:, index] / np.sqrt(values[index])
                axes[:, column] = axis * (1 if axis[np.abs(axis).argmax()] > 0 else -1)  # the same map each time
        total = float(np.maximum(values, 0).sum())
        shown = float(np.maximum(np.sort(values)[::-1][:2], 0).sum())
        reach = float(np.abs(away @ axes).max(initial=0))
        return cls(middle, axes, 1 / reach if reach > 1e-9 else 1.0, shown / total if total > 1e-9 else 1.0)

    def points(self, places: np.ndarray) -> np.ndarray:
        """Where places (N, D) lie on the map: float64 (N, 2), x to the right, y up; the examples' within -1 to 1."""
        return (places - self.middle) @ self.axes * self.scale


@dataclass(frozen=True)
class LastLayer:
    """What comes of training a new last layer on the examples, step by step.

    Attributes:
        examples: how many it was trained on.
        loss: cross-entropy after each step, the first before any.
        right: how many of its examples it reads right then.
        judged: how many are read right by layers that were trained without them (cross-validation in five parts).
        compared: how many of the same are read right by comparing, each judged by the others.
    """

    examples: int
    loss: tuple[float, ...]
    right: tuple[int, ...]
    judged: tuple[int, ...]
    compared: int


def last_layer(recognizer, judgement: Judgement) -> LastLayer | None:
    """Trains a new last layer for the labels that were taught, on the same features, by gradient descent.

    Returns:
        None if there are fewer than two labels, or of none more than one example.
    """
    labels = np.array(recognizer.examples.labels)
    names, given = np.unique(labels, return_inverse=True)
    if len(names) < 2 or np.bincount(given).max() < 2:
        return None
    chosen = np.arange(len(labels))[-MOST_TRAINED:]
    places, given = recognizer.places[chosen].astype(np.float64), given[chosen]
    products, target = places @ places.T + 1, np.eye(len(names))[given]  # 1: a shift for each label
    # Parts that hold about as many of each label.
    parts = np.empty(len(given), int)
    parts[np.argsort(given, kind="stable")] = np.arange(len(given)) % FOLDS
    loss, right = [], []
    votes = np.zeros((STEPS + 1, len(given)), bool)

    def train(rows):
        """The sums that a layer trained on `rows` gives to all examples, before each step and after the last. Gradient
        descent never leaves what the examples span, so the layer's weights are kept as amounts of each example."""
        amounts = np.zeros((len(rows), len(names)))
        for step in range(STEPS + 1):
            sums = products[:, rows] @ amounts
            yield step, sums
            amounts -= RATE / len(rows) * (softmax(sums[rows]) - target[rows])

    for step, sums in train(np.arange(len(given))):
        loss.append(float(-np.log(np.maximum(softmax(sums)[np.arange(len(given)), given], 1e-12)).mean()))
        right.append(int((sums.argmax(axis=1) == given).sum()))
    for part in range(FOLDS):
        rows, others = np.flatnonzero(parts != part), np.flatnonzero(parts == part)
        if not len(rows) or not len(others):
            continue
        for step, sums in train(rows):
            votes[step, others] = sums[others].argmax(axis=1) == given[others]
    judged_right = tuple(int(row.sum()) for row in votes)
    compared = int(np.array(judgement.now)[chosen].sum())
    return LastLayer(len(given), tuple(loss), tuple(right), judged_right, compared)
