"""Numbers to try, in our own handwriting: for the wide sheet as strokes, and as pictures. Always the same pictures."""

from dataclasses import dataclass

import numpy as np

from app_pages.locale import N_
from model.data.dataset import photograph
from model.data.examples import example
from model.ink.strokes import Strokes, draw, placed

SEED = 11
PEN, RULER = 11, 3  # stroke widths in pixels: of what is written, and of the boxes of a form
MARK_ROOM = 0.45  # of a digit's, that a decimal mark takes


@dataclass(frozen=True)
class Sample:
    """A picture to try.

    Attributes:
        title: on its button.
        kind: what it is: "any", "postcode", "amount" or "form".
        lines: what stands on it; "_" is an empty box.
        size: width and height in pixels.
    """

    title: str
    kind: str
    lines: tuple[str, ...]
    size: tuple[int, int]


SAMPLES = {
    "postcode": Sample(N_("A postcode"), "postcode", ("90417",), (1000, 320)),
    "amount": Sample(N_("An amount"), "amount", ("2750.36",), (1000, 320)),
    "form": Sample(N_("A form"), "form", ("48_261",), (1000, 320)),
    "lines": Sample(N_("Several lines"), "any", ("1905", "26384", "7019"), (900, 780)),
}


def picture(name: str, photographed: bool) -> np.ndarray:
    """One of `SAMPLES` as dark ink on light paper, uint8 (H, W).

    Args:
        photographed: with uneven light, a soft lens and noise.
    """
    sample = SAMPLES[name]
    rng = np.random.default_rng((SEED, list(SAMPLES).index(name)))
    width, height = sample.size
    page = np.zeros((height, width), np.uint8)
    tall = height // len(sample.lines)
    for number, line in enumerate(sample.lines):
        for strokes, brush in written(line, rng, (width, tall), PEN, boxed=sample.kind == "form"):
            moved = [stroke + (0, number * tall) for stroke in strokes]
            page = np.maximum(page, draw(moved, brush, width, height))
    return photograph(page, rng) if photographed else 255 - page


def written(
    text: str, rng: np.random.Generator, size: tuple[int, int], brush: float, boxed: bool = False
) -> list[tuple[Strokes, float]]:
    """A number as strokes, each part with its brush.

    Args:
        text: digits, "." and ","; "_" is an empty box.
        size: width and height of the sheet in pixels.
        boxed: whether each digit stands in a box.
    """
    width, height = size
    rooms = np.array([MARK_ROOM if label in ".," else 1.0 for label in text])
    room = min(0.92 * width / rooms.sum(), 0.8 * height)
    tall = min(0.6 * height, room - 2 * brush) * (0.8 if boxed else 1)
    edges = (width - room * rooms.sum()) / 2 + room * np.concatenate([[0], rooms.cumsum()])
    base = (height + tall) / 2
    ink, ruled = [], []
    for label, left, right in zip(text, edges[:-1], edges[1:], strict=True):
        middle = (left + right) / 2
        if label in ".,":
            down, across = (0.16, -0.06) if label == "," else (0.01, 0.01)
            ink.append(np.array([[middle, base], [middle + across * tall, base + down * tall]]))
        elif label != "_":
            _, strokes = example(rng, label=label)
            lift = rng.uniform(-0.03, 0.03) * height
            ink += placed(strokes, tall * rng.uniform(0.92, 1), (middle, height / 2 + lift))
        if boxed:
            gap = 0.04 * room
            left, right, top, bottom = left + gap, right - gap, (height - room) / 2 + gap, (height + room) / 2 - gap
            ruled.append(np.array([[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]))
    return [part for part in ((ink, brush), (ruled, RULER)) if part[0]]
