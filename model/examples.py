"""Digits drawn by us, as strokes: for demonstrations without drawing. Several for each digit, in different styles."""

import numpy as np

from model.strokes import Strokes, parse, varied

# In the notation of `strokes.parse`, on a page of 10 × 10.
EXAMPLES = {
    "0": [
        "~6 0, 3 1, 2 5, 3 9, 6 10, 8 8, 8 3, 6 0",
        "~5 0, 2 3, 2 7, 5 10, 8 7, 8 3, 6 0, 4 0",
        "~5 0, 2 2, 1 6, 3 9, 6 10, 8 6, 8 2, 5 0 / 8 1, 2 9",
    ],
    "1": [
        "5 0, 5 10",
        "2 3, 5 0, 5 10",
        "2 3, 5 0, 5 10 / 2 10, 8 10",
        "~6 0, 5 4, 4 10",
    ],
    "2": [
        "~2 2, 4 0, 7 0, 8 3, 6 6, 2 10 / 2 10, 8 10",
        "~2 2, 4 0, 7 1, 7 4, 5 7, 2 9, 2 10, 4 9, 6 10, 8 9",
        "~2 3, 3 1, 6 0, 8 2, 7 5, 4 8, 1 10, 3 10, 9 10",
    ],
    "3": [
        "~2 1, 5 0, 8 2, 7 4, 4 5, 7 5, 8 8, 6 10, 2 9",
        "2 0, 8 0, 4 4 / ~4 4, 7 5, 8 8, 5 10, 2 9",
        "~2 2, 4 0, 7 1, 7 4, 5 5, 8 7, 7 10, 4 10, 2 8",
    ],
    "4": [
        "6 0, 1 7, 9 7 / 6 0, 6 10",
        "2 0, 2 5, 8 5 / 7 1, 7 10",
        "~3 0, 2 4, 3 5, 8 5 / 8 0, 7 10",
    ],
    "5": [
        "8 0, 3 0, 2 4 / ~2 4, 5 4, 8 6, 7 9, 4 10, 2 9",
        "~3 0, 3 4, 6 4, 8 7, 6 10, 2 9 / 3 0, 8 0",
        "~8 0, 3 0, 3 4, 6 4, 8 6, 7 9, 4 10, 2 9",
    ],
    "6": [
        "~7 0, 4 2, 2 6, 3 9, 6 10, 8 8, 6 6, 3 7",
        "~6 0, 3 4, 2 8, 4 10, 7 10, 8 7, 5 6, 2 8",
        "~5 0, 2 4, 2 8, 5 10, 8 8, 7 5, 4 5, 2 7",
    ],
    "7": [
        "2 0, 8 0, 4 10",
        "2 0, 8 0, 4 10 / 3 5, 8 5",
        "2 1, 2 0, 8 0 / ~8 0, 6 4, 5 10 / 3 5, 8 5",
    ],
    "8": [
        "~7 1, 4 0, 2 2, 4 4, 7 6, 8 8, 5 10, 2 8, 4 5, 7 3, 7 1",
        "~5 5, 2 3, 4 0, 7 1, 7 4, 5 5, 2 8, 4 10, 7 9, 8 7, 5 5",
        "~5 0, 3 2, 5 4, 7 2, 5 0 / ~5 4, 2 7, 5 10, 8 7, 5 4",
    ],
    "9": [
        "~8 2, 5 0, 2 2, 4 5, 7 4, 8 2, 7 6, 6 10",
        "~8 2, 6 0, 3 1, 3 4, 6 5, 8 2 / 8 1, 7 10",
        "~7 2, 5 0, 3 2, 4 4, 7 3, 8 2, 8 6, 6 9, 3 9",
    ],
}


def example(rng: np.random.Generator, after: str | None = None) -> tuple[str, Strokes]:
    """A digit to show, another than `after`: label and strokes on a page of 10 × 10, never twice the same."""
    label = str(rng.choice([digit for digit in EXAMPLES if digit != after]))
    drawings = EXAMPLES[label]
    return label, varied(parse(drawings[rng.integers(len(drawings))]), rng, strength=0.4)
