"""Reports as train.py writes them, has written them, and writes them for the textbook's network; made up, but sound."""

import copy

import numpy as np

from model.data.composites import KINDS
from model.data.disturbances import DISTURBANCES, LEVELS
from model.scores.evaluation import score, share_right, telling_digits

MISTAKES = {(4, 9): 3, (7, 1): 2, (3, 5): 1}  # (digit, what it was read as) → how often, in every set
EACH = 20  # pictures of each digit


def answers() -> tuple[np.ndarray, np.ndarray]:
    """Labels (200,) and probabilities (200, 10) with exactly `MISTAKES`."""
    labels = np.repeat(np.arange(10), EACH)
    read_as = labels.copy()
    for (digit, other), times in MISTAKES.items():
        read_as[np.flatnonzero(labels == digit)[:times]] = other
    sure = np.where(read_as == labels, np.linspace(0.7, 0.99, len(labels)), 0.6)
    probabilities = np.repeat((1 - sure)[:, None] / 9, 10, axis=1)
    probabilities[np.arange(len(labels)), read_as] = sure
    return labels, probabilities


def new_report() -> dict:
    """Of weights trained and evaluated by the train.py of today."""
    labels, probabilities = answers()
    right = np.arange(100) >= 1
    writers = {str(25 + number): share_right(np.arange(50) >= number) for number in range(6)}
    pens = score(labels, probabilities) | {"by_writer": writers}
    return {
        "network": "digits",
        "weights": 1000,
        "seed": 7,
        "seconds": 3000,
        "trained": "2025-01-02",
        "evaluated": "2025-01-03",
        "cores": 2,
        "gpus": 0,
        "versions": {"python": "3.11.7", "tensorflow": "2.21.0", "keras": "3.15.1"},
        "curves": {
            "loss": [0.9, 0.4, 0.3],
            "accuracy": [0.8, 0.95, 0.97],
            "val_accuracy": [0.6, 0.985, 0.98],
            "seconds": [61.0, 60.0, 60.5],
        },
        "temperature": 0.7,
        "trained_on": {
            "mnist": 58100,
            "pen_digits": 5246,
            "pen_writers": list(range(1, 22)),
            "own_drawings": 104,
            "no_digit": 9000,
        },
        "sets": {"mnist": score(labels, probabilities), "pen_digits": pens, "pen_photographs": copy.deepcopy(pens)},
        "disturbances": {
            name: {
                "title": one.title,
                "unit": one.unit,
                "levels": [
                    {"level": level, "strength": one.strengths[level - 1]} | share_right(np.arange(100) >= 3 * level)
                    for level in range(1, LEVELS + 1)
                ],
            }
            for name, one in DISTURBANCES.items()
        },
        "numbers": {
            name: {
                "title": kind.title,
                **share_right(right),
                "by_source": {"mnist": share_right(right)},
                "errors": {"digits": 500, "misread": 3, "unread": 2, "left_out": 1, "invented": 0},
                "misread": [{"source": "mnist", "page": 1, "truth": "12345", "read": "1?345"}],
            }
            for name, kind in KINDS.items()
        },
        "no_digit": telling_digits(
            np.linspace(0.4, 1, 100),
            {"scribbles": np.where(right, 0.1, 0.9), "symbols": np.where(right, 0.2, 0.8)},
            0.5,
        ),
        "teaching": teaching(),
    }


def teaching() -> dict:
    """How well examples teach, as `model.scores.teaching` gives it."""
    hands = [
        {
            "examples": count,
            **share_right(np.arange(400) >= wrong),
            "worst_writer": 0.95,
            "most_lost": 0.001,
            "calibration_error": 0.01,
            "by_writer": {str(25 + number): share_right(np.arange(50) >= number) for number in range(6)},
        }
        for count, wrong in ((0, 8), (1, 6), (3, 4), (5, 2))
    ]
    letters = [
        {
            "examples": count,
            **share_right(np.arange(200) >= wrong),
            "by_alphabet": {"Latin": share_right(np.arange(100) >= wrong), "Early_Aramaic": share_right(np.arange(100) >= 0)},
        }
        for count, wrong in ((1, 30), (3, 12))
    ]
    scores = {name: share_right(np.arange(100) >= 4) for name in ("digits_before", "digits", "taught", "not_taught")}
    return {"own_hand": hands, "letters": letters, "beside_letters": {"letters": 5, "examples": 3} | scores}


def old_report() -> dict:
    """Of the first train.py: no reliability, no disturbances, no "no digit", and of each writer the accuracy alone."""
    report = new_report()
    for key in ("disturbances", "numbers", "no_digit", "teaching", "cores", "gpus", "evaluated"):
        del report[key]
    del report["curves"]["seconds"]
    for scores in report["sets"].values():
        del scores["reliability"]
        if "by_writer" in scores:
            scores["by_writer"] = {writer: one["accuracy"] for writer, one in scores["by_writer"].items()}
    return report


def textbook_report() -> dict:
    """Of `train.py --quick`."""
    report = new_report()
    report["network"] = "textbook"
    for key in ("numbers", "no_digit", "teaching", "temperature"):
        del report[key]
    for name in ("pen_digits", "pen_photographs"):
        del report["sets"][name]
    del report["curves"]["val_accuracy"]
    report["trained_on"] = {"mnist": 60000}
    return report


def untold_report() -> dict:
    """Of `train.py --evaluate` with weights that no report lay beside."""
    report = new_report()
    kept = ("network", "weights", "evaluated", "sets", "disturbances", "numbers", "no_digit", "teaching")
    return {key: report[key] for key in kept}
