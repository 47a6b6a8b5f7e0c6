"""The ink of a page on which several digits stand, whatever else is on it.

    find_page(image)    (H, W[, 3 | 4]) uint8 → Page or None

Nothing is taken out and nothing is turned: what is a digit and what is a frame, a line or a letter, the network that looks
at the page says (`model.networks.numbers`).
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from scipy import ndimage

from model.ink.image import Ink, difference_from_page, ink_levels, inked_part, reduced
from model.ink.limits import MOST_COMPONENTS

Box = tuple[int, int, int, int]  # (left, top, right, bottom); right and bottom are not included

WORK_SIDES = 2_000, 1_000, 500  # a page is worked on with at most so many pixels a side; with fewer, if no ink stands out
REACH, LEAST_REACH, MOST_REACH = 0.1, 60, 0.4  # no stroke is wider: share of the page, or pixels if that is more, at the most
GRID = 120  # cells a side on which the paper's brightness is estimated: shadows have edges
FAINTEST = 12  # grey levels of 255 that ink on an uneven page differs from it at the least; pencil has 18
MIN_INK = 4.0  # pixels of full ink; less is a grain of noise
SPECK = 0.03  # a component with less than this share of the largest one's ink is no part of a digit

EIGHT = np.ones((3, 3), bool)  # pixels that touch at a corner belong together, too


@dataclass(frozen=True, eq=False)
class Page:
    """The ink of a page.

    Attributes:
        strength: uint8 (H, W), 0 (page) to 255 (full ink), on the working page.
        threshold: from which strength a pixel is ink, 1 to 255.
        factor: so many pixels of the image, each way, have been averaged into one of the working page.
        size: (width, height) of the image.
        quarters: by how many quarter turns, counter-clockwise, the working page was turned.
    """

    strength: np.ndarray
    threshold: int
    factor: int
    size: tuple[int, int]
    quarters: int = 0

    def turned(self, quarters: int) -> "Page":
        """The same, so many quarter turns further, counter-clockwise."""
        strength = np.ascontiguousarray(np.rot90(self.strength, quarters))
        return replace(self, strength=strength, quarters=(self.quarters + quarters) % 4)

    def to_image(self, box) -> Box:
        """A box on the working page → the box on the image; it holds a pixel at the least."""
        box = clockwise(box, self.strength.shape[::-1], self.quarters)  # back to how the image lies
        left, top, right, bottom = (value * self.factor for value in box)
        left, right = (int(min(max(0, value), self.size[0])) for value in (np.floor(left), np.ceil(right)))
        top, bottom = (int(min(max(0, value), self.size[1])) for value in (np.floor(top), np.ceil(bottom)))
        left, top = min(left, self.size[0] - 1), min(top, self.size[1] - 1)
        return left, top, max(right, left + 1), max(bottom, top + 1)


def clockwise(box, size: tuple[int, int], quarters: int) -> tuple:
    """A box on a page of this size, (width, height), once that is turned by so many quarters, clockwise."""
    height = size[1]
    for quarter in range(quarters):
        left, top, right, bottom = box
        box = height - bottom, left, height - top, right
        height = size[quarter % 2]
    return box


def find_page(image: np.ndarray) -> Page | None:
    """The ink of a page, or None if there is none.

    Args:
        image: as for `image.prepare`, checked.
    """
    size = image.shape[1::-1]
    for side in WORK_SIDES:
        factor = -(-max(size) // side)
        small = reduced(image, factor)
        longer = max(small.shape[:2])
        reach = min(MOST_REACH, max(REACH, LEAST_REACH / longer))
        difference, page_is_even = difference_from_page(small, reach, GRID)
        levels = ink_levels(difference, page_is_even, factor, FAINTEST)
        if levels is not None:
            contrast, threshold = levels
            scale = np.float32(255 / contrast)
            table = np.minimum(np.round(np.arange(256) * scale), 255).astype(np.uint8)
            return Page(table[difference], max(1, min(255, round(threshold * float(scale)))), factor, size)
        if longer <= WORK_SIDES[-1]:
            break
    return None


@dataclass(frozen=True, eq=False)
class Components:
    """Connected ink of the working page, without grains.

    Attributes:
        labels: int32 (H, W), 1 for the pixels of the first component, and so on; 0 where there is none.
        boxes: int (N, 4), (left, top, right, bottom).
        amounts: float (N,), pixels of full ink.
        left_out: how many more there are than are looked at.
    """

    labels: np.ndarray
    boxes: np.ndarray
    amounts: np.ndarray
    left_out: int

    @classmethod
    def of(cls, page: Page) -> "Components":
        """Those with most ink."""
        inked = page.strength >= page.threshold
        labels, count = ndimage.label(inked, structure=EIGHT)
        pixels = np.flatnonzero(labels)
        owners = labels.ravel()[pixels]
        amounts = np.bincount(owners, page.strength.ravel()[pixels], count + 1)[1:] / 255
        chosen = np.flatnonzero(amounts >= MIN_INK)
        chosen = chosen[np.argsort(-amounts[chosen], kind="stable")]
        left_out = max(0, len(chosen) - MOST_COMPONENTS)
        chosen = chosen[:MOST_COMPONENTS]
        numbers = np.zeros(count + 1, np.int32)
        numbers[chosen + 1] = np.arange(1, len(chosen) + 1)
        labels.ravel()[pixels] = numbers[owners]
        boxes = [(x.start, y.start, x.stop, y.stop) for y, x in ndimage.find_objects(labels)]
        return cls(labels, np.array(boxes, int).reshape(-1, 4), amounts[chosen], left_out)

    @property
    def heights(self) -> np.ndarray:
        return self.boxes[:, 3] - self.boxes[:, 1]

    def mask(self, chosen: np.ndarray) -> np.ndarray:
        """Where the ink of some of them is: bool (H, W).

        Args:
            chosen: bool (N,).
        """
        return np.r_[False, chosen][self.labels]


def common_areas(boxes: np.ndarray, box) -> np.ndarray:
    """The area that each of some boxes, (N, 4), has in common with another one: (N,)."""
    return (np.minimum(boxes[:, 2:], box[2:]) - np.maximum(boxes[:, :2], box[:2])).clip(0).prod(axis=1)


def weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """The value up to which half of all weight is: of (N,) and (N,), N > 0."""
    order = np.argsort(values)
    return float(values[order][np.searchsorted(weights[order].cumsum(), weights.sum() / 2)])


def ink_in(page: Page, box) -> Ink | None:
    """The ink in a box of the working page, without specks; None if there is none."""
    left, top, right, bottom = (round(edge) for edge in box)
    left, top = max(0, left), max(0, top)
    strength = page.strength[top:bottom, left:right]
    return whole_ink(np.where(strength >= page.threshold, strength, 0), left, top)


def whole_ink(strength: np.ndarray, left: int, top: int) -> Ink | None:
    """Ink of which all but specks belongs together, cropped; None if there is none.

    Args:
        strength: uint8 (h, w), 0 where no ink is.
        left, top: where it lies on the working page.
    """
    labels, count = ndimage.label(strength, structure=EIGHT)
    if not count:
        return None
    amounts = np.bincount(labels.ravel(), strength.ravel(), count + 1)
    amounts[0] = 0
    if amounts.sum() < MIN_INK * 255:
        return None
    strength = np.where((amounts >= SPECK * amounts.max())[labels], strength, 0)
    part = inked_part(strength)
    strength = strength[part]
    x, y = left + part[1].start, top + part[0].start
    return Ink(strength.astype(np.float32) / np.float32(255), (x, y, x + strength.shape[1], y + strength.shape[0]))


def surroundings(strength: np.ndarray, boxes, side: int, body: int) -> np.ndarray:
    """What stands in boxes of a working page, and around them: each in the middle, its longer side equally long.

    Args:
        strength: uint8 (H, W).
        boxes: (left, top, right, bottom) of each, float; none is empty.
        side, body: pixels of the pictures, and of the box's longer side in them.

    Returns:
        uint8 (N, side, side); 0 beyond the page.
    """
    pictures = np.zeros((len(boxes), side, side), np.uint8)
    for picture, (left, top, right, bottom) in zip(pictures, boxes, strict=True):
        reach = max(right - left, bottom - top) * side / body / 2
        x, y = (left + right) / 2 - reach, (top + bottom) / 2 - reach
        first_x, first_y = math.floor(x), math.floor(y)
        last_x, last_y = math.ceil(x + 2 * reach), math.ceil(y + 2 * reach)
        part = np.zeros((last_y - first_y, last_x - first_x), np.uint8)
        inner = strength[max(0, first_y) : max(0, last_y), max(0, first_x) : max(0, last_x)]
        down, across = max(0, -first_y), max(0, -first_x)
        part[down : down + inner.shape[0], across : across + inner.shape[1]] = inner
        x, y = x - first_x, y - first_y
        way = Image.Resampling.BILINEAR if 2 * reach < side else Image.Resampling.HAMMING
        edges = (x, y, x + 2 * reach, y + 2 * reach)
        picture[:] = np.asarray(Image.fromarray(part).resize((side, side), way, box=edges))
    return pictures
