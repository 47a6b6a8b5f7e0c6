"""Pages of several digits, made from single ones: what reading whole numbers is measured on, and tried out with.

A glyph here is the picture of one digit alone, uint8 (h, w), light ink on black, cropped to its ink. Pages are light
ink on black as well, until `photographed`. All sizes are relative to `size`, the height of a usual digit in pixels.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from model.data.amounts import amount as amount_of
from model.data.dataset import photograph
from model.ink.image import inked_part
from model.ink.strokes import Strokes, bounds, draw, parse, placed
from model.problems import N_

MNIST_SIDE = 20  # pixels of MNIST's pictures that a usual digit is high

CLEAR_GAPS = (0.12, 0.5)  # between the inks of neighbours
MOST_OVERLAP = 0.35  # of the narrower of two that touch, how much may lie above or below the other
UNEVEN = 0.05  # standard deviation of each digit's place above or below the line
TILT = 5.0  # degrees, at the most, of a photograph
OVERLAP = 0.1  # of the narrower of two digits, at the most, that lies over the other
SCANNED_TILT = 1.5  # degrees, at the most
SCAN_ROWS = 6  # of boxes on a scanned page
WORDS = "abcdefghiklmnoprstuvwxyz ACDEFHKLMNPRT  "  # letters that are printed on forms
SQUARES = (0.5, 0.8)  # of a digit's height: the lines of squared paper lie so far apart

# Currency signs, in the notation of `strokes.parse`, on a page of 10 × 10.
CURRENCIES = (
    "~9 2, 6 0, 3 2, 2 5, 3 8, 6 10, 9 8 / 0 4, 7 4 / 0 6, 6 6",  # €
    "~8 2, 5 1, 2 3, 5 5, 8 7, 5 9, 2 8 / 5 0, 5 10",  # $
    "~8 2, 6 0, 4 2, 4 6, 2 10 / 2 10, 8 10 / 2 5, 6 5",  # £
)


@dataclass(frozen=True, eq=False)
class Source:
    """Single digits to compose pages of.

    Attributes:
        glyph: (label, size, rng) → the picture of such a digit, of about `size` pixels.
        labels: the digits that there are.
        stroke: the width of its strokes as a share of `size`, for marks and signs drawn beside it.
    """

    glyph: Callable[[int, float, np.random.Generator], np.ndarray]
    labels: tuple[int, ...]
    stroke: float = 0.1


def from_images(images: np.ndarray, labels: np.ndarray) -> Source:
    """Glyphs from pictures like MNIST's: uint8 (N, 28, 28) and int (N,), at least one."""
    by_label = {int(label): np.flatnonzero(labels == label) for label in np.unique(labels)}

    def glyph(label, size, rng):
        image = Image.fromarray(images[rng.choice(by_label[label])])
        side = round(image.width * size / MNIST_SIDE)
        return cropped(np.asarray(image.resize((side, side), Image.Resampling.BICUBIC)))

    return Source(glyph, tuple(by_label))


def from_strokes(drawings: Sequence[tuple[int, Strokes]]) -> Source:
    """Glyphs from labelled pen strokes, at least one, each drawn with a brush of its own."""
    labels = sorted({label for label, _ in drawings})
    by_label = {label: [strokes for number, strokes in drawings if number == label] for label in labels}

    def glyph(label, size, rng):
        strokes = by_label[label][rng.integers(len(by_label[label]))]
        return drawn(strokes, size, size * rng.uniform(0.07, 0.16))

    return Source(glyph, tuple(by_label))


def drawn(strokes: Strokes, size: float, brush: float) -> np.ndarray:
    """A glyph of strokes, its longer side `size` pixels with the brush's own width."""
    strokes = placed(strokes, max(1.0, size - brush), (0, 0))
    low, high = bounds(strokes)
    width, height = np.ceil(high - low + 2 * brush + 2).astype(int)
    return cropped(draw([stroke - low + brush + 1 for stroke in strokes], brush, int(width), int(height)))


def cropped(picture: np.ndarray) -> np.ndarray:
    """`picture` without the empty rows and columns around its ink."""
    return picture[inked_part(picture > 25)]


def row(
    text: str,
    source: Source,
    size: float,
    rng: np.random.Generator,
    touching: Callable[[int], bool] = lambda _: False,
    overlap: float = 0.0,
) -> np.ndarray:
    """A line of digits.

    Args:
        text: digits 0 to 9.
        touching: whether the digit of this number, from 1 on, touches the one before it; if not, a clear gap lies
            between.
        overlap: by how much those that touch are moved into each other, at the most, as a share of the narrower one.
    """
    glyphs = [source.glyph(int(label), size, rng) for label in text]
    places, right = [], 0
    for number, glyph in enumerate(glyphs):
        top = round(rng.normal(0, UNEVEN * size) - glyph.shape[0] / 2)
        left = right + round(size * rng.uniform(*CLEAR_GAPS)) if number else 0
        if number and touching(number):
            left = until_it_touches(glyphs[number - 1], places[-1], glyph, top)
            if overlap:
                left -= round(rng.uniform(0, overlap) * min(glyph.shape[1], glyphs[number - 1].shape[1]))
        places.append((left, top))
        right = left + glyph.shape[1]
    return _laid(glyphs, places, round(size * 0.4))


def until_it_touches(before: np.ndarray, place: tuple[int, int], glyph: np.ndarray, top: int) -> int:
    """Where `glyph` lies if it is moved to the left until its ink meets that of `before`."""
    left, first = place
    low, high = max(first, top), min(first + before.shape[0], top + glyph.shape[0])
    closest = left + before.shape[1] - int(MOST_OVERLAP * min(before.shape[1], glyph.shape[1]))
    if low >= high:
        return closest
    one = before[low - first : high - first] > 100
    other = glyph[low - top : high - top] > 100
    both = one.any(axis=1) & other.any(axis=1)
    if not both.any():
        return closest
    ends = one.shape[1] - 1 - one[both, ::-1].argmax(axis=1)
    starts = other[both].argmax(axis=1)
    return max(closest, left + int((ends - starts).max()) - 1)


def _laid(pictures: list[np.ndarray], places: list[tuple[int, int]], margin: int) -> np.ndarray:
    """Pictures at their places (left, top) on one page, whose size follows from them."""
    lefts, tops = np.array(places).T
    rights = lefts + [picture.shape[1] for picture in pictures]
    bottoms = tops + [picture.shape[0] for picture in pictures]
    page = np.zeros((bottoms.max() - tops.min() + 2 * margin, rights.max() - lefts.min() + 2 * margin), np.uint8)
    for picture, left, top in zip(pictures, lefts - lefts.min() + margin, tops - tops.min() + margin, strict=True):
        part = page[top : top + picture.shape[0], left : left + picture.shape[1]]
        np.maximum(part, picture, out=part)
    return page


def form(text: str, source: Source, size: float, rng: np.random.Generator) -> np.ndarray:
    """Digits in a row of boxes with printed frames, joined or apart; a space in `text` leaves its box empty."""
    boxes = Boxes.any(size, rng)
    margin = round(size * 0.4)
    page = np.zeros((boxes.height + boxes.line + 2 * margin, boxes.length(len(text)) + 2 * margin), np.uint8)
    boxes.draw(page, text, margin, margin, source, rng)
    return page


@dataclass(frozen=True)
class Boxes:
    """How the boxes of a form look, in pixels: their width and height, how far they stand apart, the width of their lines and
    how light these are; and the height of a digit."""

    width: int
    height: int
    apart: int
    line: int
    shade: int
    size: float

    @classmethod
    def any(cls, size: float, rng: np.random.Generator) -> "Boxes":
        width, height = round(size * rng.uniform(1.05, 1.35)), round(size * rng.uniform(1.2, 1.5))
        apart = 0 if rng.random() < 0.5 else round(size * rng.uniform(0.1, 0.3))
        line = max(1, round(size * rng.uniform(0.015, 0.04)))
        return cls(width, height, apart, line, round(255 * rng.uniform(0.5, 1)), size)

    def length(self, count: int) -> int:
        """Of so many boxes."""
        return (self.width + self.apart) * count + self.line

    def draw(self, page: np.ndarray, text: str, left: int, top: int, source: Source, rng: np.random.Generator) -> None:
        """Boxes from (left, top) on, with a digit in each or, for a space, none; `page` is changed in place."""
        size, line = self.size, self.line
        for number, label in enumerate(text):
            x = left + number * (self.width + self.apart)
            right, bottom = x + self.width, top + self.height
            for y in (top, bottom):
                page[y : y + line, x : right + line] = self.shade
            for side in (x, right):
                page[top : bottom + line, side : side + line] = self.shade
            if label == " ":
                continue
            glyph = source.glyph(int(label), size, rng)
            x += (self.width + line - glyph.shape[1]) // 2 + round(rng.normal(0, 0.07 * size))
            y = top + (self.height + line - glyph.shape[0]) // 2 + round(rng.normal(0, 0.06 * size))
            y, x = (min(max(0, at), whole - part) for at, whole, part in zip((y, x), page.shape, glyph.shape, strict=True))
            part = page[y : y + glyph.shape[0], x : x + glyph.shape[1]]
            np.maximum(part, glyph, out=part)


def scan(rows: Sequence[str], source: Source, size: float, rng: np.random.Generator) -> np.ndarray:
    """A whole page of a form as a scanner sees it: rows of boxes, printed words before and over them, a little tilted.

    Returns:
        uint8 (H, W), dark ink on light paper.
    """
    boxes = Boxes.any(size, rng)
    step = round(boxes.height + size * rng.uniform(0.9, 1.6))
    words = round(size * rng.uniform(3, 6))
    margin = round(1.5 * size)
    width = words + max(map(boxes.length, map(len, rows))) + 2 * margin
    page = np.zeros((step * len(rows) + 2 * margin, width), np.uint8)
    printed = Image.new("L", page.shape[::-1])
    pen, font = ImageDraw.Draw(printed), ImageFont.load_default(0.4 * size)
    shade = round(255 * rng.uniform(0.7, 1))
    for number, text in enumerate(rows):
        top = margin + number * step
        boxes.draw(page, text, margin + words, top, source, rng)
        for left, y, length in ((margin, top + 0.5 * boxes.height, words), (margin + words, top - 0.5 * size, 2 * words)):
            word = "".join(rng.choice(list(WORDS), int(rng.integers(3, max(4, int(length / (0.3 * size)))))))
            pen.text((left, y - 0.2 * size), word, font=font, fill=shade)
    whole = Image.fromarray(np.maximum(page, np.asarray(printed)))
    whole = whole.rotate(rng.uniform(-SCANNED_TILT, SCANNED_TILT), Image.Resampling.BICUBIC)
    whole = whole.filter(ImageFilter.GaussianBlur(rng.uniform(0, 0.8)))
    noise = rng.normal(0, rng.uniform(1, 6), page.shape)
    return np.clip(np.round(250 - 0.8 * np.asarray(whole, np.float32) + noise), 0, 255).astype(np.uint8)


def amount(text: str, source: Source, size: float, rng: np.random.Generator) -> np.ndarray:
    """Digits with points and commas, small and low, as `text` has them; sometimes behind a currency sign."""
    brush = source.stroke * size * rng.uniform(0.9, 1.5)
    pictures, places, right = [], [], 0
    if rng.random() < 0.4:
        sign = parse(CURRENCIES[rng.integers(len(CURRENCIES))])
        pictures.append(drawn(sign, size * rng.uniform(0.9, 1.1), brush))
        places.append((0, round(size / 2 - pictures[0].shape[0])))
        right = pictures[0].shape[1] + round(size * rng.uniform(0.2, 0.6))
    for label in text:
        if label == ".":
            mark = drawn([np.zeros((1, 2))], brush, brush)
            top = size / 2 - brush * rng.uniform(0.6, 1.4)
        elif label == ",":
            slant = rng.uniform(0.05, 0.15)
            mark = drawn([np.array([[slant, 0], [0, 0.3]])], size * rng.uniform(0.22, 0.32), brush * 0.9)
            top = size / 2 - mark.shape[0] * rng.uniform(0.3, 0.6)
        else:
            mark = source.glyph(int(label), size, rng)
            top = size / 2 - mark.shape[0] + rng.normal(0, UNEVEN * size)
        pictures.append(mark)
        places.append((right, round(top)))
        right += mark.shape[1] + round(size * rng.uniform(0.08, 0.35))
    return _laid(pictures, places, round(size * 0.4))


def photographed(page: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A page as a photograph of paper: tilted, dark ink in uneven light, a soft lens, sensor noise."""
    tilted = Image.fromarray(page).rotate(rng.uniform(-TILT, TILT), Image.Resampling.BICUBIC, expand=True)
    return photograph(np.asarray(tilted), rng)


def squared(page: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    """A page on squared paper, with lines less than half as dark as ink."""
    step, width, shade = size * rng.uniform(*SQUARES), max(1.0, 0.02 * size), 255 * rng.uniform(0.15, 0.4)
    lines = [(np.arange(side) + rng.uniform(0, step)) % step < width for side in page.shape]
    return np.where(lines[0][:, None] | lines[1], np.maximum(page, round(shade)), page)


def on_desk(page: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    """As `photographed`, of a small sheet on a desk nearly as dark as the ink."""
    shade = round(255 * rng.uniform(0.75, 1))
    whole = Image.fromarray(np.pad(page, round(size * rng.uniform(0.6, 1.5)), constant_values=shade))
    tilted = whole.rotate(rng.uniform(-TILT, TILT), Image.Resampling.BICUBIC, fillcolor=shade)
    return photograph(np.asarray(tilted), rng)


# ── What is measured ──────────────────────────────────────────────────────────────────────────────────────────────────

SIZES = (60.0, 130.0)  # pixels; of a digit on a canvas of 900 × 260


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of page.

    Attributes:
        title: what it is, in a few words.
        expect: what `Recognizer.read` is told.
        make: (source, size, rng) → a page, uint8 (H, W), and what stands on it.
        by_line: whether each line counts by itself, not the page as a whole.
    """

    title: str
    expect: str | None
    make: Callable[[Source, float, np.random.Generator], tuple[np.ndarray, str]]
    by_line: bool = False


def composites(kind: str, source: Source, count: int, seed: int) -> Iterator[tuple[np.ndarray, str]]:
    """`count` pages of one of `KINDS`, each with what stands on it; the same seed gives the same pages."""
    for number in range(count):
        yield composite(kind, source, number, seed)


def composite(kind: str, source: Source, number: int, seed: int) -> tuple[np.ndarray, str]:
    """One of these pages."""
    rng = np.random.default_rng((seed, number))
    return KINDS[kind].make(source, rng.uniform(*SIZES), rng)


def pages_of(kind: str, count: int) -> int:
    """How many pages of one of `KINDS` give so many that count: its lines may count by themselves."""
    return math.ceil(count / SCAN_ROWS) if KINDS[kind].by_line else count


def right(kind: str, text: str, truth: str) -> list[bool]:
    """Whether a page of this kind has been read right, digit for digit, of amounts the value; or each of its lines."""
    if KINDS[kind].by_line:
        lines = text.split("\n")
        return [line in lines for line in truth.split("\n")]
    if kind != "amount":
        return [text == truth]
    try:
        return [amount_of(text) == amount_of(truth)]
    except ValueError:
        return [False]


def _digits(count: int, source: Source, rng: np.random.Generator) -> str:
    return "".join(map(str, rng.choice(source.labels, count)))


def _clear(source, size, rng):
    text = _digits(5, source, rng)
    return row(text, source, size, rng), text


def _touching(source, size, rng):
    text = _digits(5, source, rng)
    return row(text, source, size, rng, touching=lambda number: number % 2 == 1), text


def _overlapping(source, size, rng):
    text = _digits(5, source, rng)
    return row(text, source, size, rng, touching=lambda _: True, overlap=OVERLAP), text


def _scan(source, size, rng):
    rows = [_digits(rng.integers(4, 11), source, rng) for _ in range(SCAN_ROWS)]
    return scan(rows, source, size / 2, rng), "\n".join(rows)


def _form(source, size, rng):
    text = _digits(6, source, rng)
    return form(text, source, size, rng), text


def _amount(source, size, rng):
    """Below 10,000, in the English or the continental way, with or without a separator."""
    point, separator = (".", ",") if rng.random() < 0.5 else (",", ".")
    whole = _digits(rng.integers(1, 5), source, rng).lstrip("0") or _digits(1, source, rng)
    if len(whole) == 4 and rng.random() < 0.5:
        whole = f"{whole[0]}{separator}{whole[1:]}"
    text = f"{whole}{point}{_digits(2, source, rng)}"
    return amount(text, source, size, rng), text


def _photographed(make):
    def make_photograph(source, size, rng):
        page, text = make(source, size, rng)
        return photographed(page, rng), text

    return make_photograph


def _on_squares(source, size, rng):
    text = _digits(5, source, rng)
    return photographed(squared(row(text, source, size, rng), size, rng), rng), text


def _on_desk(source, size, rng):
    text = _digits(5, source, rng)
    return on_desk(row(text, source, size, rng), size, rng), text


KINDS = {
    "clear": Kind(N_("Five digits in a row, clear gaps"), None, _clear),
    "touching": Kind(N_("Five digits in a row, every second pair touching"), None, _touching),
    "overlapping": Kind(N_("Five digits in one piece, overlapping up to a tenth"), None, _overlapping),
    "form": Kind(N_("Six digits in boxes with printed frames"), "form", _form),
    "amount": Kind(N_("Amounts with a decimal mark"), "amount", _amount),
    "photograph": Kind(N_("Five digits in a row, photographed"), None, _photographed(_clear)),
    "squares_photograph": Kind(N_("Five digits in a row on squared paper, photographed"), None, _on_squares),
    "desk_photograph": Kind(N_("Five digits in a row on a sheet on a desk, photographed"), None, _on_desk),
    "scan": Kind(N_("Rows of 4 to 10 boxes on scanned pages of six, with words"), "form", _scan, by_line=True),
    "form_photograph": Kind(N_("Six digits in boxes, photographed"), "form", _photographed(_form)),
}
