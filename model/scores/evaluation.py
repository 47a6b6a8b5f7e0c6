"""How good a network is: accuracy with its interval, precision and recall, confusion, calibration, robustness, and
telling digits from what is none.

A `read` here is `Recognizer.probabilities`: uint8 (N, 28, 28) → probabilities (N, 10) and digit probabilities (N,).
"""

import math

import numpy as np

from model.data.composites import KINDS, Source, composites, pages_of, right
from model.data.dataset import prepared
from model.data.disturbances import DISTURBANCES, LEVELS, disturbed

CALIBRATION_BINS = 15
NUMBERS_SEED = 0  # of the pages that are composed
MISREAD_KEPT = 12  # pages of each kind of which the report says how they were misread
MIDDLE_LEVEL = 3  # the one that is measured on all images; the others on a fifth, for time


def wilson_interval(right: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share of `right` in `count` (Wilson, 1927): (low, high), 0 to 1.

    Raises:
        ValueError: `count` is not positive or `right` is not between 0 and `count`.
    """
    if count < 1 or not 0 <= right <= count:
        raise ValueError(f"{right} of {count} was given; 0 to count of a positive count is taken.")
    z = 1.959964
    share = right / count
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (middle - spread) / (1 + z * z / count), (middle + spread) / (1 + z * z / count)


def confusion_matrix(labels: np.ndarray, answers: np.ndarray, size: int = 10) -> np.ndarray:
    """int64 (size, size): in row i, column j, how many of digit i were read as j."""
    matrix = np.zeros((size, size), np.int64)
    np.add.at(matrix, (labels, answers), 1)
    return matrix


def per_digit(matrix: np.ndarray) -> list[dict]:
    """Precision, recall and F1 of each digit, 0 to 1, from a confusion matrix; 0 where nothing was to be had."""
    rows = []
    for digit in range(len(matrix)):
        right = int(matrix[digit, digit])
        found, given = int(matrix[:, digit].sum()), int(matrix[digit].sum())
        rows.append(
            {
                "digit": str(digit),
                "images": given,
                "precision": right / found if found else 0.0,
                "recall": right / given if given else 0.0,
                "f1": 2 * right / (found + given) if found + given else 0.0,
            }
        )
    return rows


def reliability(labels: np.ndarray, probabilities: np.ndarray, bins: int = CALIBRATION_BINS) -> list[dict]:
    """The reliability diagram: answers sorted by how sure they were into `bins` of equal width.

    Args:
        labels: int (N,).
        probabilities: (N, 10).

    Returns:
        For each bin that holds answers its bounds `low` and `high`, how many `images`, their mean `confidence` and the
        `accuracy` that they came with, 0 to 1.
    """
    sure = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    index = np.minimum((sure * bins).astype(int), bins - 1)
    return [
        {
            "low": number / bins,
            "high": (number + 1) / bins,
            "images": int((index == number).sum()),
            "confidence": float(sure[index == number].mean()),
            "accuracy": float(right[index == number].mean()),
        }
        for number in np.unique(index).tolist()
    ]


def calibration_error(labels: np.ndarray, probabilities: np.ndarray, bins: int = CALIBRATION_BINS) -> float:
    """Expected calibration error (Guo, Pleiss, Sun, Weinberger, 2017), 0 to 1: the mean distance, over bins of equal
    width, between how sure the answers were and how often they were right.

    Args:
        labels: int (N,).
        probabilities: (N, 10).
    """
    return sum(
        row["images"] * abs(row["accuracy"] - row["confidence"]) for row in reliability(labels, probabilities, bins)
    ) / len(labels)


def score(labels: np.ndarray, probabilities: np.ndarray) -> dict:
    """All figures of one set of images, ready for JSON.

    Args:
        labels: int (N,), 0 to 9.
        probabilities: (N, 10), rows that sum to 1.
    """
    answers = probabilities.argmax(axis=1)
    matrix = confusion_matrix(labels, answers)
    return share_right(answers == labels) | {
        "calibration_error": calibration_error(labels, probabilities),
        "reliability": reliability(labels, probabilities),
        "confusion": matrix.tolist(),
        "per_digit": per_digit(matrix),
    }


def share_right(right: np.ndarray) -> dict:
    """Of booleans (N,): how many, how many are true, their share and its 95 % interval (Wilson)."""
    count = int(right.sum())
    interval = wilson_interval(count, len(right))
    return {"images": len(right), "right": count, "accuracy": count / len(right), "interval": list(interval)}


def score_pens(read, digits: list, pictures: np.ndarray) -> dict:
    """As `score`, of pen digits, and of each writer by itself.

    Args:
        digits: N `dataset.PenDigit`.
        pictures: uint8 (N, 28, 28), what `dataset.rendered` made of them.
    """
    labels = np.array([digit.label for digit in digits])
    writers = np.array([digit.writer for digit in digits])
    probabilities = read(pictures)[0]
    right = probabilities.argmax(axis=1) == labels
    return score(labels, probabilities) | {
        "by_writer": {str(writer): share_right(right[writers == writer]) for writer in np.unique(writers)}
    }


def robustness(read, images: np.ndarray, labels: np.ndarray, report=None) -> dict:
    """Accuracy under each of `disturbances.DISTURBANCES` at each level: the disturbed picture is taken for a page, its ink
    found and centred as for any other.

    Args:
        images: uint8 (N, 28, 28).
        labels: int (N,).
        report: called with the number of pictures read, after each set.

    Returns:
        For each disturbance its title and unit, and a row per level: strength, number of images, accuracy, interval.
    """
    scores = {}
    done = 0
    for name, disturbance in DISTURBANCES.items():
        rows = []
        for level in range(1, LEVELS + 1):
            some = slice(None) if level == MIDDLE_LEVEL else slice(None, None, 5)
            answers = read(prepared(disturbed(images[some], name, level)))[0].argmax(axis=1)
            rows.append(
                {"level": level, "strength": disturbance.strengths[level - 1]} | share_right(answers == labels[some])
            )
            done += len(answers)
            if report is not None:
                report(done)
        scores[name] = {"title": disturbance.title, "unit": disturbance.unit, "levels": rows}
    return scores


def robustness_images(count: int) -> int:
    """How many pictures `robustness` reads for `count` images."""
    return len(DISTURBANCES) * (count + (LEVELS - 1) * len(range(0, count, 5)))


def score_numbers(read, sources: dict[str, Source], count: int, seed: int = NUMBERS_SEED, report=None) -> dict:
    """How many pages with several digits are read right as a whole, for each of `composites.KINDS`.

    Args:
        read: `Recognizer.read`.
        sources: name → single digits to make pages of.
        count: pages of each kind from each source, or lines where these count by themselves.
        report: called with the number of pages read, after each.

    Returns:
        For each kind its title, and the share that was read right, over all and for each source; "errors", what became of
        the digits, as `differences` tells it; and "misread", the first pages that were not read right: "source" and "page",
        their number, by which `composites` makes them again, "truth" and "read".
    """
    scores, done = {}, 0
    for name, kind in KINDS.items():
        by_source, errors, misread = {}, {}, []
        for source_name, source in sources.items():
            read_right = []
            for number, (page, truth) in enumerate(composites(name, source, pages_of(name, count), seed)):
                text = read(page, kind.expect).text
                answers = right(name, text, truth)
                read_right += answers
                for error, times in differences(truth, text).items():
                    errors[error] = errors.get(error, 0) + times
                if not all(answers) and len(misread) < MISREAD_KEPT:
                    misread.append({"source": source_name, "page": number, "truth": truth, "read": text})
                done += 1
                if report is not None:
                    report(done)
            by_source[source_name] = np.array(read_right)
        everything = share_right(np.concatenate(list(by_source.values())))
        scores[name] = {
            "title": kind.title,
            **everything,
            "by_source": {source_name: share_right(answers) for source_name, answers in by_source.items()},
            "errors": errors,
            "misread": misread,
        }
    return scores


def differences(truth: str, read: str) -> dict[str, int]:
    """What became of the digits of a page, by the fewest changes that make what was read of what stands there (Levenshtein,
    1966).

    Returns:
        "digits" that there are; "misread", taken for another; "unread", told as "?"; "left_out" without a word; and
        "invented", read where none is.
    """
    truth, read = ("".join(label for label in text if label.isdecimal() or label == "?") for text in (truth, read))
    costs = np.zeros((len(truth) + 1, len(read) + 1), int)
    costs[0], costs[:, 0] = np.arange(len(read) + 1), np.arange(len(truth) + 1)
    for row, label in enumerate(truth, 1):
        for column, answer in enumerate(read, 1):
            replaced = costs[row - 1, column - 1] + (label != answer)
            costs[row, column] = min(replaced, costs[row - 1, column] + 1, costs[row, column - 1] + 1)
    found = {"digits": len(truth), "misread": 0, "unread": 0, "left_out": 0, "invented": 0}
    row, column = len(truth), len(read)
    while row or column:
        if row and column and costs[row, column] == costs[row - 1, column - 1] + (truth[row - 1] != read[column - 1]):
            row, column = row - 1, column - 1
            if read[column] != truth[row]:
                found["unread" if read[column] == "?" else "misread"] += 1
        elif row and costs[row, column] == costs[row - 1, column] + 1:
            row -= 1
            found["left_out"] += 1
        else:
            column -= 1
            found["invented"] += 1
    return found


def area_under_roc(digits: np.ndarray, others: np.ndarray) -> float:
    """The chance that a digit scores higher than what is none, ties counted half (Hanley and McNeil, 1982), 0 to 1.

    Args:
        digits, others: (N,) and (M,), digit probabilities.
    """
    others = np.sort(others)
    below = np.searchsorted(others, digits, "left") + np.searchsorted(others, digits, "right")
    return float(below.mean() / 2 / len(others))


def telling_digits(digits: np.ndarray, others: dict[str, np.ndarray], threshold: float) -> dict:
    """How well digits are told from what is none.

    Args:
        digits: (N,), digit probabilities of digits.
        others: name of a kind of what is none → (M,), its digit probabilities.
        threshold: the digit probability from which a picture is called a digit.

    Returns:
        Area under the ROC curve with its 95 % interval (Hanley and McNeil, 1982), the share of digits that are called
        digits, and for each kind its own area and the share that is not.
    """
    everything = np.concatenate(list(others.values()))
    area = area_under_roc(digits, everything)
    positives, negatives = len(digits), len(everything)
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (positives - 1) * (first - area**2) + (negatives - 1) * (second - area**2)
    spread = 1.959964 * math.sqrt(max(0.0, variance) / (positives * negatives))
    return {
        "images": positives + negatives,
        "area_under_roc": area,
        "interval": [max(0.0, area - spread), min(1.0, area + spread)],
        "digits": share_right(digits >= threshold),
        "kinds": {
            name: share_right(values < threshold) | {"area_under_roc": area_under_roc(digits, values)}
            for name, values in others.items()
        },
    }
