"""Where on a page digits, decimal marks and empty boxes may stand: the page as `model.networks.numbers` sees it.

The network knows digits of about 20 pixels. A page is therefore looked at as large as makes its usual ink that high; once
more at twice or half that size, and so on, if there is ink of other sizes, and where it is of far other ones only around it;
and at last so that the digits that were found are right. What is blank is not looked at. What was found several times is kept
once. What was found as a digit is then looked at once more, each by itself, by the network of `model.networks.judge`, and both
together say how likely it is one, and which.
"""

import itertools
import math
from dataclasses import dataclass, field, replace

import keras
import numpy as np
import tensorflow as tf
from PIL import Image
from scipy import ndimage

from model.data.pages import CLASSES, DIGITS, EMPTY
from model.ink.limits import BATCH, MOST_FINDS, MOST_PIXELS, TILE, TRIED_PIXELS
from model.ink.page import Components, Page, common_areas, surroundings, weighted_median
from model.networks.digits import OUTPUTS as ANSWERS
from model.networks.judge import BODY, SIDE, as_inputs
from model.networks.numbers import COARSEST, HEIGHT, OUTPUTS, STRIDE, finer
from model.networks.weights import check_network
from model.paths import JUDGE, NUMBERS

LEAST = 0.08  # how likely something is a find, at the least
CONFIDENT = 0.5  # from which digits say how large digits are on this page
SHARE = 0.005  # of all ink, that is as high as a scale is for, for the page to be looked at at that scale
FAR_SHARE = 0.002  # the same where only what is around that ink is looked at
OCTAVE = 0.55  # in octaves: ink belongs to a scale that it is so much too high or too low for
SCALES = 5  # octaves above and below the first that are tried if nothing was found
NEARER = 0.85, 1.2  # times as large as they should be, digits are looked at again
SMALLEST, LARGEST = 9.0, 46.0  # pixels, for the network, of digits that count
BEST = 13.0, 32.0  # between which it is at its best
MARGIN = 64  # pixels around a part of a page that are looked at, too: as far as the network sees
LEAST_SIDE = 4  # pixels of a page that is looked at
FINEST = 2  # times as large as the page, at the most, is the page of which the whole map is given

MARK_GAP = 0.9  # heights of a digit that lie between it and a mark at the most
MARK_HIGHEST, MARK_LOWEST = 0.55, 1.7  # of a digit's height, from its top, where a mark's middle lies

# How likely something is a digit, by both networks: the weights of their logarithms of odds, and what is added, by logistic
# regression on what is found on pages to validate with; and the closer look's weight where they say which digit it is.
FOUND, CLOSER, HIGHER = 1.45, 0.73, -1.0
CLOSER_KIND = 0.35
ONES = 3.0  # the same for what looks like a one: among those pages are more slashes than people write

MARK_WORTH = 2.5  # what a mark's score counts for against that of a digit in the same place
SAME = 0.4  # overlap over union from which two finds are one
INSIDE = 0.75  # share of a digit that lies within another one for it to be a part of that


@dataclass(frozen=True, eq=False)
class Find:
    """Something that was found.

    Attributes:
        box: (left, top, right, bottom) on the working page, float.
        score: 0 to 1, how likely something stands here.
        probabilities: float32 (13,), of each of `CLASSES`.
        scale: pixels that a pixel of the working page was when it was found.
    """

    box: tuple[float, float, float, float]
    score: float
    probabilities: np.ndarray
    scale: float

    @property
    def height(self) -> float:
        """Pixels that it had for the network."""
        return (self.box[3] - self.box[1]) * self.scale

    @property
    def kind(self) -> int:
        """Number of the likeliest class."""
        return int(self.probabilities.argmax())

    @property
    def is_digit(self) -> bool:
        return self.kind < DIGITS

    @property
    def is_mark(self) -> bool:
        """Whether it is a point or a comma."""
        return DIGITS <= self.kind < EMPTY


class Finder:
    """Finds what stands on a page. Share it between threads.

    Args:
        network: as `model.networks.numbers.build_finder` makes it.
        judge: as `model.networks.judge.build_judge` makes it; None to do without a closer look.

    Raises:
        WeightsError: one is another network, or has weights that are no finite numbers.
    """

    def __init__(self, network: keras.Model, judge: keras.Model | None = None):
        check_network(network, NUMBERS.name, [(None, None, None, 1), (None, None, None, 4 * OUTPUTS)])
        self._closer = None
        if judge is not None:
            check_network(judge, JUDGE.name, [(None, SIDE, SIDE, 1), (None, ANSWERS)])
            signature = [tf.TensorSpec((None, SIDE, SIDE, 1), tf.float32)]
            closer = tf.function(lambda x: judge(x, training=False), input_signature=signature)
            self._closer = closer.get_concrete_function()
            self._closer(tf.zeros((1, SIDE, SIDE, 1)))
        signature = [tf.TensorSpec((1, None, None, 1), tf.float32)]
        look = tf.function(lambda x: finer(network(x, training=False)), input_signature=signature)
        self._look = look.get_concrete_function()
        self._look(tf.zeros((1, COARSEST, COARSEST, 1)))  # so that no visitor waits for it

    def find(self, page: Page, components: Components) -> list[Find]:
        """What stands on a page, the likeliest first; nothing twice."""
        return self.found(page, self.looks(page, components))

    def looks(self, page: Page, components: Components) -> "Looks":
        """A first look at a page, at all ink but what is far smaller than the usual: a look at that takes most of the time."""
        looks = Looks()
        if not len(components.boxes):
            return looks
        heights, amounts = components.heights.astype(float), components.amounts
        usual = weighted_median(heights, amounts)
        octaves = np.log2(heights / usual)
        whole = amounts.sum()
        for octave in range(SCALES, -SCALES - 1, -1):  # from the largest digits, which take least time, to the smallest
            height, alike = usual * 2.0**octave, abs(octaves - octave) <= OCTAVE
            is_far = abs(octave) > 1  # the scales beside the usual one say something of its ink, too
            if octave and amounts[alike].sum() < (FAR_SHARE if is_far else SHARE) * whole:
                looks.others.append(height)
            elif octave < -1:
                looks.small.append((height, components.mask(alike)))
            else:
                looks.found += self.looked(page, height, components.mask(alike) if is_far else None)
        return looks

    def found(self, page: Page, looks: "Looks", is_all: bool = True) -> list[Find]:
        """What stands on a page after a first look at it, the likeliest first; nothing twice.

        Args:
            looks: as `Finder.looks` gives them.
            is_all: whether to look at the page further; else what was found so far will do.
        """
        found = list(looks.found)
        if not is_all:
            return self.closer(page, distinct(found))
        for height, inked in looks.small:
            found += self.looked(page, height, inked)
        if not _confident(found):
            pixels = 0.0
            for height in looks.others:
                pixels += page.strength.size * (HEIGHT / height) ** 2
                if pixels > TRIED_PIXELS or len(_confident(found)) > 1:
                    break
                found += self.looked(page, height)
        usual = _usual_height(found)
        if usual:
            for nearer in NEARER:
                found += self.looked(page, usual / nearer)
        return self.closer(page, distinct(found))

    def closer(self, page: Page, finds: list[Find]) -> list[Find]:
        """The same after a closer look at those that are digits."""
        digits = [find for find in finds if find.is_digit]
        if self._closer is None or not digits:
            return finds
        answers = iter(self.judged(page, [find.box for find in digits]))
        looked = [_judged(find, next(answers)) if find.is_digit else find for find in finds]
        return sorted(looked, key=lambda find: -find.score)

    def judged(self, page: Page, boxes: list) -> np.ndarray:
        """What the network that looks closer says of boxes of the working page: float32 (N, 11)."""
        parts = [
            self._closer(tf.constant(as_inputs(surroundings(page.strength, boxes[first : first + BATCH], SIDE, BODY)))).numpy()
            for first in range(0, len(boxes), BATCH)
        ]
        return np.concatenate(parts)

    def centres(self, page: Page, components: Components) -> np.ndarray:
        """How likely a digit, a decimal mark and an empty box have their middle at each place of a page, where digits of
        this page are about as high as the network knows them.

        Returns:
            float32 (h, w, 3), 0 to 1, of the page's proportions.
        """
        if not len(components.boxes):
            return np.zeros((1, 1, 3), np.float32)
        height = _usual_height(self.find(page, components)) or weighted_median(components.heights, components.amounts)
        scale, parts = _parts(page, max(height, HEIGHT / FINEST))
        width, height = (-(-side // STRIDE) for side in _scaled_size(page, scale))
        heat = np.zeros((height, width, 3), np.float32)
        for part in parts:
            outputs = self.outputs(part.cut(page, scale))
            names = _softmax(outputs[..., 1 : 1 + len(CLASSES)].reshape(-1, len(CLASSES))).reshape(*outputs.shape[:2], -1)
            kinds = names[..., :DIGITS].sum(axis=2), names[..., DIGITS:EMPTY].sum(axis=2), names[..., EMPTY]
            own = slice(part.top // STRIDE, part.bottom // STRIDE), slice(part.left // STRIDE, part.right // STRIDE)
            there = heat[own]
            seen = (_sigmoid(outputs[..., :1]) * np.stack(kinds, axis=2))[: there.shape[0], : there.shape[1]]
            np.maximum(there, seen * part.holds(*part.places(seen.shape[:2]))[..., None], out=there)
        return heat

    def looked(self, page: Page, height: float, inked: np.ndarray | None = None) -> list[Find]:
        """What is found where digits of the working page that are `height` pixels high are as the network knows them, or as
        near to that as the amount of ink allows.

        Args:
            inked: bool (H, W), the ink around which to look; None for all.
        """
        scale, parts = _parts(page, height, inked)
        finds = [find for part in parts for find in self._found(part, page, scale)]
        finds = sorted(finds, key=lambda find: -find.score)[:MOST_FINDS]
        digits = _confident(finds)
        return [find for find in finds if not find.is_mark or any(_belongs(find, digit) for digit in digits)]

    def _found(self, part: "_Part", page: Page, scale: float) -> list[Find]:
        """What has its middle in a part of a page."""
        outputs = self.outputs(part.cut(page, scale))
        chance = _sigmoid(outputs[..., 0])
        x, y = part.places(chance.shape)
        rows, columns = np.nonzero((chance >= LEAST) & (chance == ndimage.maximum_filter(chance, 3)) & part.holds(x, y))
        chances = chance[rows, columns]
        best = np.argsort(-chances, kind="stable")[:MOST_FINDS]
        chances, rows, columns = chances[best], rows[best], columns[best]
        x, y = x[0, columns], y[rows, 0]
        values = outputs[rows, columns]
        kinds = _softmax(values[:, 1 : 1 + len(CLASSES)])
        edges = np.maximum(values[:, 1 + len(CLASSES) :], 0.02) * HEIGHT
        boxes = np.stack([x - edges[:, 0], y - edges[:, 1], x + edges[:, 2], y + edges[:, 3]], axis=1)
        size = np.array(page.strength.shape[::-1])
        boxes *= np.tile(size / _scaled_size(page, scale), 2)
        boxes = np.clip(boxes, 0, np.tile(size, 2))
        finds = []
        for box, score, probabilities in zip(boxes.tolist(), chances.tolist(), kinds, strict=True):
            find = Find(tuple(box), score, probabilities, scale)
            if not find.is_digit or SMALLEST <= find.height <= LARGEST:
                finds.append(find)
        return finds

    def outputs(self, strength: np.ndarray) -> np.ndarray:
        """What the network says of a page, or a part of one.

        Args:
            strength: uint8 (H, W).

        Returns:
            float32 (H / 2, W / 2, 18), rounded up, as `build_finder` describes it.
        """
        height, width = strength.shape
        padded = np.pad(strength, ((0, -height % COARSEST), (0, -width % COARSEST))).astype(np.float32) / np.float32(255)
        return self._look(tf.constant(padded[None, ..., None])).numpy()[0, : -(-height // STRIDE), : -(-width // STRIDE)]


@dataclass
class Looks:
    """What is known of a page after a first look at it.

    Attributes:
        found: what was found.
        small: height of ink far smaller than the usual, in pixels of the working page, and where it is, bool (H, W), for each
            scale that is still to be looked at.
        others: heights of which there is hardly any ink.
    """

    found: list[Find] = field(default_factory=list)
    small: list[tuple[float, np.ndarray]] = field(default_factory=list)
    others: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class _Part:
    """A part of a scaled page that the network looks at at once.

    Attributes:
        left, top, right, bottom: what it looks at, whole pixels; the first two are multiples of `COARSEST`.
        low, high: (x, y) between which lies what it looks for: all of that but a margin.
    """

    left: int
    top: int
    right: int
    bottom: int
    low: tuple[float, float]
    high: tuple[float, float]

    def cut(self, page: Page, scale: float) -> np.ndarray:
        """What is there: uint8 (H, W)."""
        ratio = np.array(page.strength.shape[::-1]) / _scaled_size(page, scale)
        edges = (np.array([[self.left, self.top], [self.right, self.bottom]]) * ratio).ravel()
        way = Image.Resampling.BILINEAR if scale > 1 else Image.Resampling.HAMMING
        size = self.right - self.left, self.bottom - self.top
        return np.asarray(Image.fromarray(page.strength).resize(size, way, box=tuple(edges)))

    def places(self, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """The middles of the places of the network's map of this part: x, (1, w), and y, (h, 1)."""
        rows, columns = (STRIDE * (np.arange(count) + 0.5) for count in shape)
        return self.left + columns[None], self.top + rows[:, None]

    def holds(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Whether what has its middle there is looked for."""
        return (x >= self.low[0]) & (x < self.high[0]) & (y >= self.low[1]) & (y < self.high[1])


def _scaled_size(page: Page, scale: float) -> np.ndarray:
    """Width and height of a page at a scale."""
    return np.round(np.array(page.strength.shape[::-1]) * scale).astype(int)


def _parts(page: Page, height: float, inked: np.ndarray | None = None) -> tuple[float, list[_Part]]:
    """How large to look at a page so that what is `height` pixels high is as high as the network knows it, or as nearly so as
    `MOST_PIXELS` allow, and the parts of it that have ink; none if that cannot be.

    Args:
        inked: as for `Finder.looked`.
    """
    inked = page.strength >= page.threshold if inked is None else inked
    scale = HEIGHT / height
    parts = _parts_at(page, inked, scale)
    pixels = sum(math.prod(np.subtract(part.high, part.low)) for part in parts)
    if pixels > MOST_PIXELS:
        scale *= math.sqrt(MOST_PIXELS / pixels)
        parts = _parts_at(page, inked, scale) if height * scale >= SMALLEST else []
    return scale, parts


def _parts_at(page: Page, inked: np.ndarray, scale: float) -> list[_Part]:
    """The parts of a page at a scale that have ink: on the rest is nothing.

    Args:
        inked: bool (H, W), where ink is.
    """
    scaled = _scaled_size(page, scale)
    if scaled.min() < LEAST_SIDE:
        return []
    ratio = inked.shape[::-1] / scaled
    low, high = _ink_bounds(inked).reshape(2, 2) / ratio
    counts = (1, 1) if (high - low).prod() <= TILE**2 else np.maximum(1, np.ceil((high - low) / TILE)).astype(int)
    across, down = (np.linspace(first, last, count + 1) for first, last, count in zip(low, high, counts, strict=True))
    for edges in (across, down):
        edges[[0, -1]] += -HEIGHT / 2, HEIGHT / 2
    parts = []
    for edges in itertools.product(itertools.pairwise(across), itertools.pairwise(down)):
        edges = np.transpose(edges)  # [[left, top], [right, bottom]]
        around = ((edges + [[-HEIGHT], [HEIGHT]]) * ratio).clip(0).astype(int)
        bounds = _ink_bounds(inked[around[0, 1] : around[1, 1], around[0, 0] : around[1, 0]])
        if bounds.any():
            bounds = (bounds.reshape(2, 2) + around[0]) / ratio
            low, high = np.maximum(edges[0], bounds[0] - HEIGHT / 2), np.minimum(edges[1], bounds[1] + HEIGHT / 2)
            if (low >= high).any():  # its middle lies in the next part
                continue
            start = (low + HEIGHT / 2 - MARGIN).clip(0).astype(int) // COARSEST * COARSEST
            end = np.minimum(np.ceil(high - HEIGHT / 2 + MARGIN), scaled).astype(int)
            parts.append(_Part(*start.tolist(), *end.tolist(), tuple(low.tolist()), tuple(high.tolist())))
    return parts


def _ink_bounds(inked: np.ndarray) -> np.ndarray:
    """The box around all ink, (4,); nothing where there is none."""
    columns, rows = np.flatnonzero(inked.any(axis=0)), np.flatnonzero(inked.any(axis=1))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1] if len(rows) else [0, 0, 0, 0])


def distinct(finds: list[Find]) -> list[Find]:
    """Of finds that are the same thing the best one; the likeliest first."""
    finds = sorted(finds, key=_rank, reverse=True)
    boxes = np.array([find.box for find in finds]).reshape(-1, 4)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    digits = np.array([find.is_digit for find in finds], bool)
    empties = np.array([find.kind == EMPTY for find in finds], bool)
    kept: list[int] = []
    votes: dict[int, list[Find]] = {}
    for index, find in enumerate(finds):
        if kept:
            before = np.array(kept)
            common = common_areas(boxes[before], boxes[index])
            smaller = np.minimum(areas[before], areas[index])
            shares = common / np.maximum(areas[before] + areas[index] - common, 1e-9)
            same = shares > SAME
            alike = digits[before] & find.is_digit
            same |= alike & (common > INSIDE * smaller)
            # A box with a digit in it is not empty.
            same |= (empties[before] ^ (find.kind == EMPTY)) & (common > INSIDE * smaller)
            if same.any():
                one = int(shares.argmax())
                if alike[one] and shares[one] > SAME:
                    votes[kept[one]].append(find)
                continue
        kept.append(index)
        votes[index] = [find]
        if len(kept) == MOST_FINDS:
            break
    return [_agreed(votes[index]) for index in kept]


def _agreed(finds: list[Find]) -> Find:
    """What several finds of one thing say together: the first one's box, and all their words, by how much they are worth."""
    if len(finds) == 1:
        return finds[0]
    weights = np.array([_rank(find) for find in finds])
    probabilities = np.average([find.probabilities for find in finds], axis=0, weights=weights)
    return replace(finds[0], probabilities=probabilities.astype(np.float32))


def _judged(find: Find, answers: np.ndarray) -> Find:
    """A find by what both networks say of it.

    Args:
        answers: (11,), of the one that looks closer.
    """
    likelier = HIGHER + (ONES if answers[:DIGITS].argmax() == 1 else 0)
    score = _sigmoid(FOUND * _log_odds(find.score) + CLOSER * _log_odds(1 - answers[-1]) + likelier)
    share = find.probabilities[:DIGITS].sum()
    first, second = (np.log(np.maximum(some[:DIGITS] / some[:DIGITS].sum(), 1e-6)) for some in (find.probabilities, answers))
    kinds = _softmax(((1 - CLOSER_KIND) * first + CLOSER_KIND * second)[None])[0]
    return replace(find, score=float(score), probabilities=np.r_[share * kinds, find.probabilities[DIGITS:]])


def _log_odds(chance: float) -> float:
    chance = min(max(float(chance), 1e-6), 1 - 1e-6)
    return math.log(chance / (1 - chance))


def _belongs(mark: Find, digit: Find) -> bool:
    """Whether a decimal mark stands beside a digit, and low."""
    tall = digit.box[3] - digit.box[1]
    y = (mark.box[1] + mark.box[3]) / 2
    gap = max(mark.box[0] - digit.box[2], digit.box[0] - mark.box[2])
    return gap <= MARK_GAP * tall and MARK_HIGHEST * tall <= y - digit.box[1] <= MARK_LOWEST * tall


def _rank(find: Find) -> float:
    """How much a find is worth among those of the same thing: less where it was too large or too small. What stands beside
    digits as a mark does is one, though it may look like a digit by itself when looked at closely."""
    if find.is_mark:
        return MARK_WORTH * find.score
    if not find.is_digit:
        return find.score
    low, high = BEST
    return find.score * min(1.0, (find.height / low) ** 2, (high / find.height) ** 2)


def _usual_height(finds: list[Find]) -> float | None:
    """How high the digits are that were found for sure, in pixels of the working page; None if there are none."""
    heights = [find.box[3] - find.box[1] for find in _confident(finds)]
    return float(np.median(heights)) if heights else None


def _confident(finds: list[Find]) -> list[Find]:
    return [find for find in finds if find.is_digit and find.score >= CONFIDENT]


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -30, 30)))


def _softmax(sums: np.ndarray) -> np.ndarray:
    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
