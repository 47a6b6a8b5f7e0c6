"""How good a network is: accuracy with its interval, precision and recall, confusion, calibration."""

import math

import numpy as np

CALIBRATION_BINS = 15


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


def calibration_error(labels: np.ndarray, probabilities: np.ndarray, bins: int = CALIBRATION_BINS) -> float:
    """Expected calibration error (Guo, Pleiss, Sun, Weinberger, 2017), 0 to 1: the mean distance, over bins of equal
    width, between how sure the answers were and how often they were right.

    Args:
        labels: int (N,).
        probabilities: (N, 10).
    """
    sure = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    index = np.minimum((sure * bins).astype(int), bins - 1)
    counts = np.bincount(index, minlength=bins)
    gaps = np.abs(np.bincount(index, right, bins) - np.bincount(index, sure, bins))
    return float(gaps.sum() / counts.sum())


def score(labels: np.ndarray, probabilities: np.ndarray) -> dict:
    """All figures of one set of images, ready for JSON.

    Args:
        labels: int (N,), 0 to 9.
        probabilities: (N, 10), rows that sum to 1.
    """
    answers = probabilities.argmax(axis=1)
    right = int((answers == labels).sum())
    matrix = confusion_matrix(labels, answers)
    low, high = wilson_interval(right, len(labels))
    return {
        "images": len(labels),
        "right": right,
        "accuracy": right / len(labels),
        "interval": [low, high],
        "calibration_error": calibration_error(labels, probabilities),
        "confusion": matrix.tolist(),
        "per_digit": per_digit(matrix),
    }
