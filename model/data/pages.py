"""Pages to learn from where digits stand: rows, forms, tables, amounts and letters, drawn, scanned or photographed.

Each page is made anew, of digits of MNIST, of pen writers and of our own: first what is written and printed, as light ink on
black, then paper, desk, light and camera. It is seen as any picture is, through `model.ink.page`, so that what is learnt
from is what is met. All sizes in the layout are pixels of the page as it is composed, twice as fine as the network sees it.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from scipy import ndimage

from model.data.composites import CURRENCIES, cropped, drawn, until_it_touches
from model.data.dataset import photograph
from model.data.disturbances import moved_pictures
from model.data.nonsense import PRINTED, SIGNS
from model.ink.page import find_page
from model.ink.strokes import Strokes, parse, smooth_curve, varied

CLASSES = (*"0123456789", ".", ",", "")  # of what is found on a page; the last is a form's empty box
DIGITS, EMPTY = 10, len(CLASSES) - 1  # the first of them, and the last
CLASS_OF = {label: number for number, label in enumerate(CLASSES)}
IGNORED = len(CLASSES)  # what may be found, or not: cut off, crossed out
TILE = (112, 176)  # height and width of a page in pixels of the network
MOST_THINGS = 160  # on such a page
FINE = 2  # pages are composed so many times finer than the network sees them
MASTER = 52  # pixels that the masters of drawn glyphs are high
BRUSHES = ((0.035, 0.08), (0.07, 0.13), (0.12, 0.2))  # stroke widths as shares of the height: thin, usual, fat
RENDERINGS = 3  # masters of each pen digit with each kind of brush …
OWN_RENDERINGS = 8  # … and of each of our own drawings
MOVED_COPIES = 2  # of each scanned picture, bent and turned, besides itself
SIZES = (20.0, 66.0)  # pixels that the digits of a page are high; the page is seen half as fine
PHOTOGRAPHS, SCANS = 0.55, 0.12  # shares of the pages
TILT, USUAL_TILT = 15.0, 4.0  # degrees; at the most, and the standard deviation of most pages
WITH_TAILS, LONG_TAILS = (1, 4, 7, 9), 0.06  # digits that people draw far below the line, and how often
VISIBLE = 0.65  # share of a digit's ink that lies on the page, for it to count
PRINT = "abcdefghijklmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
AROUND = (  # what stands before or behind amounts and numbers and is none of them
    *CURRENCIES,
    "0 0, 5 5, 10 0 / 5 5, 5 10 / 2 6, 8 6 / 2 8, 8 8",  # ¥
    SIGNS["#"],
    SIGNS["="],
    SIGNS["+"],
    SIGNS["*"],
)
SLASHES = ("8 0, 2 10", "7 0, 3 10", "~9 0, 6 4, 2 10", "9 0, 0 10")
LETTERS = tuple(text for name, text in SIGNS.items() if name.isalpha() and len(name) == 1)


@dataclass(frozen=True, eq=False)
class Glyphs:
    """Single characters to compose pages of, light ink on black, cropped.

    Attributes:
        scanned: for each digit pictures uint8 (28, 28), as MNIST's; may be empty.
        penned: for each kind of brush, for each digit, pictures uint8 (h, w).
        letters, signs, slashes: for each kind of brush, what is no digit.
        printed: printed letters.
    """

    scanned: tuple[np.ndarray, ...]
    penned: tuple[tuple[list[np.ndarray], ...], ...]
    letters: tuple[list[np.ndarray], ...]
    signs: tuple[list[np.ndarray], ...]
    slashes: tuple[list[np.ndarray], ...]
    printed: list[np.ndarray] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        images: np.ndarray,
        labels: np.ndarray,
        pens: Sequence[tuple[int, Strokes]],
        own: Sequence[tuple[int, Strokes]],
        seed: int,
        report=None,
    ) -> "Glyphs":
        """Glyphs of scanned pictures, uint8 (N, 28, 28) and int (N,), of pen digits and of our own drawings.

        Args:
            report: called with how many drawings are done, and of how many, after each.
        """
        rng = np.random.default_rng((seed, 11))
        penned = tuple(tuple([] for _ in range(10)) for _ in BRUSHES)
        jobs = [(label, strokes, 0.7) for label, strokes in pens for _ in range(RENDERINGS)]
        jobs += [(label, strokes, 1.3) for label, strokes in own for _ in range(OWN_RENDERINGS)]
        for number, (label, strokes, strength) in enumerate(jobs):
            for brushes, masters in zip(BRUSHES, penned, strict=True):
                masters[label].append(_master(strokes, brushes, rng, rng.uniform(0, 1) * strength))
            if report is not None:
                report(number + 1, len(jobs))

        def drawings(texts, count):
            return tuple(
                [_master(parse(texts[rng.integers(len(texts))]), brushes, rng, 1.0) for _ in range(count)]
                for brushes in BRUSHES
            )

        printed = []
        for size in (26, 40):
            font = ImageFont.load_default(size)
            for letter in sorted({*PRINT, *PRINTED}):
                left, top, right, bottom = font.getbbox(letter)
                picture = Image.new("L", (int(right - left) + 4, int(bottom - top) + 4))
                ImageDraw.Draw(picture).text((2 - left, 2 - top), letter, font=font, fill=255)
                printed.append(cropped(np.asarray(picture)))
        scanned = []
        for digit in range(10):
            whole = images[labels == digit]
            parts = [whole]
            for _ in range(MOVED_COPIES):
                moved = [moved_pictures(part / np.float32(255), rng) for part in np.array_split(whole, len(whole) // 500 + 1)]
                parts.append(np.round(255 * np.concatenate(moved)).astype(np.uint8))
            scanned.append(np.concatenate(parts))
        return cls(tuple(scanned), penned, drawings(LETTERS, 500), drawings(AROUND, 300), drawings(SLASHES, 100), printed)


def _master(strokes: Strokes, brushes: tuple[float, float], rng: np.random.Generator, strength: float) -> np.ndarray:
    strokes = varied([np.asarray(stroke, float) for stroke in strokes], rng, strength)
    return drawn(strokes, MASTER, MASTER * rng.uniform(*brushes))


def page(glyphs: Glyphs, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One page as the network sees it, and what stands on it.

    Returns:
        uint8 `TILE`, light ink on black; and float32 (`MOST_THINGS`, 5), for each thing its number in `CLASSES`, or
        `IGNORED`, and left, top, right and bottom in the page's pixels; -1 as the class of rows without a thing.
    """
    strength, things = fine_page(glyphs, rng)
    things[:, 1:] /= FINE
    return np.asarray(Image.fromarray(strength).reduce(FINE)), things


def fine_page(glyphs: Glyphs, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """As `page`, `FINE` times as fine: as it is composed, and as any picture's working page is."""
    while True:
        sheet = _Sheet(glyphs, rng)
        kinds = list(LAYOUTS)
        chances = np.array([LAYOUTS[kind] for kind in kinds], float)
        kinds[rng.choice(len(kinds), p=chances / chances.sum())](sheet)
        seen = sheet.seen()
        if seen is not None:
            return seen


def _with_tail(picture: np.ndarray, longer: float) -> np.ndarray:
    """A digit whose lower half is so many times as long."""
    half = (picture.shape[0] + 1) // 2
    lower = Image.fromarray(picture[half:])
    size = lower.width, max(1, round(lower.height * longer))
    return np.concatenate([picture[:half], np.asarray(lower.resize(size, Image.Resampling.BILINEAR))])


# ── A page in the making ──────────────────────────────────────────────────────────────────────────────────────────────


class _Sheet:
    """Ink, light on black, and what stands where. Written level and upright; `seen` tilts all of it.

    Attributes:
        size: how high a usual digit is.
        ink: uint8 (H, W), what was written; print lies on a layer of its own.
        things: for each its class, and where its ink lies, float (n, 2) of (x, y).
    """

    def __init__(self, glyphs: Glyphs, rng: np.random.Generator):
        self.glyphs, self.rng = glyphs, rng
        self.height, self.width = TILE[0] * FINE, TILE[1] * FINE
        self.size = float(np.exp(rng.uniform(*np.log(SIZES))))
        self.ink = np.zeros((self.height, self.width), np.uint8)
        self.print = Image.new("L", (self.width, self.height))
        self.pen = ImageDraw.Draw(self.print)
        self.things: list[tuple[int, np.ndarray]] = []
        self.brush = int(rng.choice(len(BRUSHES), p=(0.35, 0.45, 0.2)))
        self.is_scanned = rng.random() < 0.5  # the digits are, for the most part
        self.has_tilt = True

    # Single characters.

    def digit(self, label: int, size: float) -> np.ndarray:
        """A picture of a digit, about `size` pixels high."""
        scanned, masters = self.glyphs.scanned[label], self.glyphs.penned[self.brush][label]
        chance = self.rng.random() < (0.95 if self.is_scanned else 0.05)
        if len(scanned) and (chance or not masters):
            picture = cropped(scanned[self.rng.integers(len(scanned))])
            # As high as wide digits are in relation to others, as in MNIST, and no lower than half.
            size *= max(0.5, picture.shape[0] / 20)
        else:
            picture = masters[self.rng.integers(len(masters))]
            size *= max(0.5, picture.shape[0] / MASTER)
        if label in WITH_TAILS and self.rng.random() < LONG_TAILS:
            longer = self.rng.uniform(1.3, 2.2)
            size *= 0.5 + 0.5 * longer
            picture = _with_tail(picture, longer)
        return self.shaped(picture, size)

    def shaped(self, picture: np.ndarray, height: float) -> np.ndarray:
        """A picture so many pixels high, a little turned, slanted and squeezed."""
        rng = self.rng
        angle, slant = np.radians(rng.normal(0, 5)), rng.normal(0, 0.13)
        squeeze = np.exp(rng.normal(0, 0.12))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        scale = height / picture.shape[0]
        matrix = turn @ np.array([[squeeze, slant], [0, 1]]) * scale
        half = np.abs(matrix) @ (np.array(picture.shape[::-1]) / 2) + 1
        width, tall = np.ceil(2 * half).astype(int).tolist()
        back = np.linalg.inv(matrix)
        shift = np.array(picture.shape[::-1]) / 2 - back @ (width / 2, tall / 2)
        image = Image.fromarray(picture)
        if scale < 0.5:  # else pixels in between would be jumped over
            image, back, shift = image.reduce(2), back / 2, shift / 2
        entries = (back[0, 0], back[0, 1], shift[0], back[1, 0], back[1, 1], shift[1])
        shaped = np.asarray(image.transform((width, tall), Image.Transform.AFFINE, entries, Image.Resampling.BILINEAR))
        return cropped(shaped) if (shaped > 25).any() else np.full((2, 2), 255, np.uint8)

    def put(self, picture: np.ndarray, left: float, top: float, kind: int | None) -> None:
        """Puts a picture on the page; as a thing of that class, or as something that is none."""
        left, top = round(left), round(top)
        if kind is not None:
            rows, columns = np.nonzero(picture > 100)
            if not len(rows):
                return
            self.things.append((kind, np.stack([columns + left + 0.5, rows + top + 0.5], axis=1)))
        x, y = max(0, -left), max(0, -top)
        part = self.ink[max(0, top) : max(0, top + picture.shape[0]), max(0, left) : max(0, left + picture.shape[1])]
        np.maximum(part, picture[y : y + part.shape[0], x : x + part.shape[1]], out=part)

    # Lines of characters.

    def write(
        self,
        text: str,
        left: float,
        middle: float,
        size: float,
        gaps: tuple[float, float] = (0.1, 0.5),
        touching: float = 0.0,
        overlap: float = 0.0,
    ) -> float:
        """Characters in a line; where it ends.

        Args:
            text: digits, points, commas; "a" for any letter, "s" for a sign, "/" and "-", and a space.
            middle: of the line, from the top.
            gaps: between neighbours, as shares of `size`.
            touching: how likely two digits touch.
            overlap: by how much more of `size` those that touch lie over each other, at the most.
        """
        rng, before, right = self.rng, None, left
        drift = rng.normal(0, 0.02)  # a line climbs or falls
        for label in text:
            if label == " ":
                right += size * rng.uniform(0.4, 1)
                before = None
                continue
            picture, top, kind = self.character(label, size)
            top += middle + drift * (right - left)
            gap = size * rng.uniform(*gaps)
            if label in ".,":
                gap = size * rng.uniform(0.0, 0.3)
            x = right + (gap if right > left else 0)
            if before is not None and label.isdecimal() and rng.random() < touching:
                at, y, other = before
                x = until_it_touches(other, (at, y), picture, round(top)) - size * rng.uniform(0, overlap)
                # Two narrow ones do not lie in the same place.
                x = max(x, at + 0.3 * min(other.shape[1], picture.shape[1]) + 2)
            self.put(picture, x, top, kind)
            right = max(right, x + picture.shape[1])
            before = (round(x), round(top), picture) if label.isdecimal() else None
        return right

    def character(self, label: str, size: float) -> tuple[np.ndarray, float, int | None]:
        """A picture, how far its top lies from the middle of the line, and its class."""
        rng = self.rng
        brush = size * rng.uniform(*BRUSHES[self.brush])
        if label == ".":
            picture = drawn([np.zeros((1, 2))], brush, max(2.0, 1.2 * brush))
            if rng.random() < 0.3:
                picture = drawn([rng.normal(0, 0.05 * size, (2, 2))], 0.12 * size, max(2.0, brush))
            return picture, size * rng.uniform(0.36, 0.52) - picture.shape[0] / 2, CLASS_OF["."]
        if label == ",":
            tall = size * (rng.uniform(0.2, 0.42) if rng.random() < 0.75 else rng.uniform(0.4, 1.0))
            bow = rng.uniform(-0.02, 0.12)
            stroke = np.array([[0.25, 0], [0.25 + bow, 0.5], [rng.uniform(-0.25, 0.25), 1]])
            picture = drawn([smooth_curve(stroke)], tall, max(2.0, 0.9 * brush))
            return picture, size * rng.uniform(0.28, 0.5) - 0.2 * picture.shape[0], CLASS_OF[","]
        if label == "-":
            length = size * rng.uniform(0.25, 0.7)
            picture = drawn([np.array([[0, 0], [1, rng.normal(0, 0.08)]])], length, max(2.0, brush))
            return picture, size * rng.normal(0, 0.08) - picture.shape[0] / 2, None
        if label.isdecimal():
            picture = self.digit(int(label), size * np.exp(rng.normal(0, 0.07)))
            # Low digits stand on the line, or in its middle.
            top = size * rng.normal(0, 0.05)
            top += size / 2 - picture.shape[0] if rng.random() < 0.5 else -picture.shape[0] / 2
            return picture, top, CLASS_OF[label]
        masters = {"a": self.glyphs.letters, "s": self.glyphs.signs, "/": self.glyphs.slashes}[label][self.brush]
        picture = masters[rng.integers(len(masters))]
        tall = size * (rng.uniform(0.6, 1.05) if label == "a" else rng.uniform(0.85, 1.5))
        picture = self.shaped(picture, max(4.0, tall * picture.shape[0] / MASTER))
        return picture, size * rng.normal(0, 0.06) - picture.shape[0] / 2, None

    def label(self, text_length: int, left: float, middle: float, size: float) -> None:
        """Printed letters, as on a form."""
        shade = self.rng.uniform(0.5, 1)
        for _ in range(text_length):
            letter = self.glyphs.printed[self.rng.integers(len(self.glyphs.printed))]
            scale = size / 26
            width, height = (max(2, round(side * scale)) for side in letter.shape[::-1])
            picture = np.asarray(Image.fromarray(letter).resize((width, height), Image.Resampling.BILINEAR))
            self.put((picture * shade).astype(np.uint8), left, middle + size * 0.4 - height, None)
            left += width + size * 0.12

    def digits(self, count: int) -> str:
        return "".join(map(str, self.rng.integers(0, 10, count)))

    # Print.

    def line(self, first, last, width: float, shade: float, dots: float = 0.0, shaky: float = 0.0) -> None:
        """A printed line, or one that somebody drew: `shaky` pixels off at its points; dotted in steps of `dots`."""
        first, last = np.array(first, float), np.array(last, float)
        length = float(np.hypot(*(last - first)))
        fill, thick = round(255 * min(1.0, shade)), max(1, round(width))
        if dots:
            steps = np.arange(0, length, 2 * dots) / max(1e-6, length)
            for step in steps:
                start, end = first + step * (last - first), first + min(1, step + dots / length) * (last - first)
                self.pen.line([*start, *end], fill=fill, width=thick)
            return
        points = first + np.linspace(0, 1, max(2, int(length / 25)) if shaky else 2)[:, None] * (last - first)
        points += self.rng.normal(0, shaky, points.shape) if shaky else 0
        self.pen.line([tuple(point) for point in points.tolist()], fill=fill, width=thick)

    # What becomes of it.

    def seen(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The page's ink as it is found, and what stands on it; None if there is none."""
        rng = self.rng
        ink = self.ink
        chance = rng.random()
        if chance < 0.08 and self.size > 30:  # a fatter pen, or one that is running dry
            ink = ndimage.grey_dilation(ink, (3, 3))
        elif chance < 0.14 and self.size > 26:
            ink = ndimage.grey_erosion(ink, (2, 2))
        if rng.random() < 0.3:
            ink = (ink * rng.uniform(0.35, 1)).astype(np.uint8)
        layer = np.maximum(ink, np.asarray(self.print))
        matrix, shift = self.tilted()
        if matrix is not None:
            back = np.linalg.inv(matrix)
            offset = -back @ shift
            entries = (back[0, 0], back[0, 1], offset[0], back[1, 0], back[1, 1], offset[1])
            size = (self.width, self.height)
            layer = np.asarray(
                Image.fromarray(layer).transform(size, Image.Transform.AFFINE, entries, Image.Resampling.BILINEAR)
            )
        strength = self.pictured(layer)
        if strength is None:
            return None
        return strength, self.targets(matrix, shift)

    def tilted(self):
        """How the page lies askew: where a point (x, y) comes to, matrix @ point + shift; (None, None) if it does not."""
        rng = self.rng
        if not self.has_tilt or rng.random() < 0.25:
            return None, None
        degrees = rng.uniform(-TILT, TILT) if rng.random() < 0.3 else np.clip(rng.normal(0, USUAL_TILT), -TILT, TILT)
        angle = np.radians(degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        matrix = turn @ np.array([[np.exp(rng.normal(0, 0.06)), rng.normal(0, 0.06)], [0, 1]])
        middle = np.array([self.width / 2, self.height / 2])
        return matrix, middle - matrix @ middle

    def pictured(self, layer: np.ndarray) -> np.ndarray | None:
        """Drawn, scanned or photographed, and its ink as it is found then: uint8, light on black; None if none is."""
        rng = self.rng
        kind = rng.random()
        if kind > PHOTOGRAPHS + SCANS:
            if rng.random() < 0.1:
                layer = np.asarray(_coarse(Image.fromarray(layer), self.size, rng))
            return layer if layer.any() else None
        if kind > PHOTOGRAPHS:
            picture = 255 - layer
            if rng.random() < 0.5:
                picture = np.where(layer > rng.uniform(60, 150), 0, 255).astype(np.uint8)
        else:
            picture = _photographed(layer, self.size, rng)
        found = find_page(picture)
        return None if found is None else found.strength

    def targets(self, matrix, shift) -> np.ndarray:
        rows = np.full((MOST_THINGS, 5), -1, np.float32)
        number = 0
        for kind, points in self.things:
            if matrix is not None:
                points = points @ matrix.T + shift
            inside = ((points >= 0) & (points < (self.width, self.height))).all(axis=1)
            share = inside.mean()
            if not inside.any() or number == MOST_THINGS:
                continue
            points = points[inside]
            low, high = points.min(axis=0) - 0.5, points.max(axis=0) + 0.5
            rows[number] = (kind if share >= VISIBLE else IGNORED, *low, *high)
            number += 1
        return rows


def _photographed(layer: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    """As people photograph: dark ink on paper, uneven light, sometimes a desk around it, a lens, a coarse JPEG."""
    if rng.random() < 0.12:  # a sheet on a desk, or a page's edge and what lies beside it
        shade, height, width = round(255 * rng.uniform(0.4, 1)), *layer.shape
        around = Image.new("L", (width, height), shade)
        edges = [rng.uniform(0.02, 0.14) * side if rng.random() < 0.6 else -50 for side in (width, height) * 2]
        slope = np.tan(np.radians(rng.normal(0, 4))) * height
        left, top, right, bottom = edges[0], edges[1], width - edges[2], height - edges[3]
        corners = [(left, top), (right, top + slope / 3), (right - slope, bottom), (left - slope, bottom)]
        ImageDraw.Draw(around).polygon(corners, fill=0)
        layer = np.maximum(layer, np.asarray(around))
    picture = photograph(layer, rng)
    if rng.random() < 0.25:  # pencil, or a photograph against the light
        level = float(np.median(picture))
        picture = np.clip(level + (picture - level) * rng.uniform(0.25, 0.7), 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        image = Image.fromarray(picture)
        if rng.random() < 0.5:
            image = _coarse(image, size, rng)
        elif rng.random() < 0.5:
            image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, size / 25)))
        with io.BytesIO() as file:
            image.save(file, "JPEG", quality=int(rng.integers(15, 80)))
            picture = np.asarray(Image.open(file).convert("L"))
    if rng.random() < 0.08:
        picture = 255 - picture
    return picture


def _coarse(image: Image.Image, size: float, rng: np.random.Generator) -> Image.Image:
    """As a picture of fewer pixels that was made larger: blurred, or with steps."""
    coarse = rng.uniform(1.2, max(1.3, min(2.5, size / 14)))
    small = image.resize([max(8, round(side / coarse)) for side in image.size], Image.Resampling.BOX)
    return small.resize(image.size, Image.Resampling.NEAREST if rng.random() < 0.3 else Image.Resampling.BICUBIC)


# ── What stands on a page ─────────────────────────────────────────────────────────────────────────────────────────────


def _gaps(rng) -> dict:
    """How close the digits of a line stand."""
    chance = rng.random()
    if chance < 0.35:
        return {"gaps": (0.1, 0.5)}
    if chance < 0.5:
        return {"gaps": (0.3, 1.6)}
    if chance < 0.8:
        return {"gaps": (0.02, 0.4), "touching": rng.uniform(0.3, 1)}
    return {"gaps": (0.0, 0.25), "touching": rng.uniform(0.6, 1), "overlap": rng.uniform(0.05, 0.16)}


def _rows(sheet: _Sheet) -> None:
    """One line or several of digits, as written on blank, ruled or squared paper."""
    rng = sheet.rng
    close = _gaps(rng)
    for middle, size in _lines(sheet, 1.15, 2.2):
        if rng.random() < 0.15:
            close = _gaps(rng)
        left = rng.uniform(-0.3, 3) * size
        while left < sheet.width:
            count = int(rng.integers(1, 9))
            left = sheet.write(sheet.digits(count), left, middle, size, **close) + size * rng.uniform(0.8, 4)
            if rng.random() < 0.15:
                _other(sheet, left, middle, size)
                left += size * rng.uniform(1.5, 3)
            if rng.random() < 0.4:
                break
        if rng.random() < 0.2:
            break
    if rng.random() < 0.12:
        _strike(sheet)


def _other(sheet: _Sheet, left: float, middle: float, size: float) -> None:
    """Letters, written or printed, a dash, a slash, a sign."""
    rng = sheet.rng
    chance = rng.random()
    if chance < 0.4:
        sheet.write("a" * int(rng.integers(1, 5)), left, middle, size * rng.uniform(0.8, 1.1), (0.05, 0.3))
    elif chance < 0.7:
        sheet.label(int(rng.integers(1, 9)), left, middle, size * rng.uniform(0.35, 1))
    else:
        sheet.write(str(rng.choice(["-", "/", "s", "--", "s-"])), left, middle, size)


def _strike(sheet: _Sheet) -> None:
    """A digit or more that was scribbled out: what is under it is no longer to be read."""
    rng = sheet.rng
    digits = [thing for thing in sheet.things if thing[0] < 10]
    if not digits:
        return
    _, points = digits[rng.integers(len(digits))]
    low, high = points.min(axis=0), points.max(axis=0)
    count = int(rng.integers(5, 16))
    scribble = rng.uniform(low - 2, high + 2, (count, 2))
    if rng.random() < 0.5:
        scribble = scribble[np.argsort(scribble[:, 0])]
    layer = Image.new("L", (sheet.width, sheet.height))
    thick = max(2, round(sheet.size * 0.09))
    ImageDraw.Draw(layer).line([tuple(point) for point in smooth_curve(scribble).tolist()], fill=255, width=thick)
    np.maximum(sheet.ink, np.asarray(layer), out=sheet.ink)
    kept = []
    for kind, where in sheet.things:
        centre = (where.min(axis=0) + where.max(axis=0)) / 2
        hit = (centre > low - 2).all() and (centre < high + 2).all()
        kept.append((IGNORED if hit else kind, where))
    sheet.things = kept


def _lines(sheet: _Sheet, closest: float, widest: float) -> Iterator[tuple[float, float]]:
    """Paper, and where lines are to be written: their middles, and how high their digits are.

    Args:
        closest, widest: how far they are apart if they do not keep to the lines of the paper, in heights.
    """
    rng, usual = sheet.rng, sheet.size
    ruled = _paper(sheet)
    if len(ruled) > 1 and rng.random() < 0.6:
        size = min(usual, 1.15 * (ruled[1] - ruled[0]))
        above = rng.uniform(0.35, 0.6) * size  # digits stand on the line, or a little above or below
        for y in ruled[(ruled > 0.6 * size) & (ruled < sheet.height + 0.2 * size)]:
            yield y - above, size * np.exp(rng.normal(0, 0.07))
        return
    step, middle = usual * rng.uniform(closest, widest), usual * rng.uniform(0.6, 1.6)
    while middle < sheet.height - 0.5 * usual:
        yield middle, usual * np.exp(rng.normal(0, 0.11))
        middle += step


def _paper(sheet: _Sheet) -> np.ndarray:
    """Ruled, squared or blank paper; how far from the top the lines of ruled paper are."""
    rng = sheet.rng
    chance = rng.random()
    if chance < 0.55:
        return np.zeros(0)
    shade = rng.uniform(0.12, 0.5) if rng.random() < 0.75 else rng.uniform(0.5, 1)
    width = max(1.0, sheet.size * rng.uniform(0.015, 0.05))
    dots = sheet.size * 0.06 if rng.random() < 0.1 else 0.0
    step = sheet.size * (rng.uniform(0.9, 2.4) if chance < 0.78 else rng.uniform(0.4, 1.1))
    rows = np.arange(rng.uniform(0, step), sheet.height * 1.3, step) - 0.15 * sheet.height
    for y in rows:
        sheet.line((-80, y), (sheet.width + 80, y), width, shade, dots)
    if chance >= 0.78:
        for x in np.arange(rng.uniform(0, step), sheet.width * 1.3, step) - 0.15 * sheet.width:
            sheet.line((x, -80), (x, sheet.height + 80), width, shade, dots)
        return np.zeros(0)
    if rng.random() < 0.3:  # a margin
        x = rng.uniform(0, sheet.width)
        sheet.line((x, -80), (x, sheet.height + 80), width, shade)
    return rows


def _frames(sheet: _Sheet, columns: int, rows: int, left: float, top: float, cell, apart: float, gap: float) -> list:
    """Boxes for one digit each, as one printer makes them all: their places (left, top)."""
    rng = sheet.rng
    width, height = cell
    shade = float(rng.choice([rng.uniform(0.15, 0.45), rng.uniform(0.4, 0.8), rng.uniform(0.8, 1)]))
    thick = max(1.0, sheet.size * rng.choice([rng.uniform(0.012, 0.04), rng.uniform(0.04, 0.12)], p=(0.65, 0.35)))
    dots = sheet.size * rng.uniform(0.04, 0.1) if rng.random() < 0.1 else 0.0
    shaky = sheet.size * rng.uniform(0.01, 0.04) if rng.random() < 0.15 else 0.0
    is_comb = rng.random() < 0.12
    places = []

    def draw(first, last):
        reach = rng.normal(0, 0.03 * sheet.size, 2) if shaky else (0, 0)
        sheet.line(first + reach[0], last + reach[1], thick, shade, dots, shaky)

    for row in range(rows):
        y = top + row * (height + gap)
        for column in range(columns):
            x = left + column * (width + apart)
            places.append((x, y))
            corners = np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])
            if is_comb:
                half = np.array([0, height * 0.5])
                sides = [(corners[0] + half, corners[3]), (corners[1] + half, corners[2]), (corners[3], corners[2])]
            else:
                sides = [(corners[side], corners[(side + 1) % 4]) for side in range(4)]
            for first, last in sides:
                draw(first, last)
    return places


def _form(sheet: _Sheet) -> None:
    """Boxes, a digit in each or none, with words beside them."""
    rng = sheet.rng
    size = sheet.size
    cell = np.array([size * rng.uniform(0.85, 1.7), size * rng.uniform(1.0, 1.8)])
    apart = 0.0 if rng.random() < 0.55 else size * rng.uniform(0.06, 0.6)
    gap = 0.0 if apart == 0 and rng.random() < 0.4 else size * rng.uniform(0.2, 1.5)
    rows = int(rng.integers(1, max(2, int(sheet.height / (cell[1] + gap)) + 1)))
    columns = int(rng.integers(2, max(3, int(sheet.width / (cell[0] + apart)) + 2)))
    left, top = rng.uniform(-0.2, 1.5) * size, rng.uniform(-0.1, 1.0) * size
    if rng.random() < 0.4:  # words before the boxes
        left += size * rng.uniform(1.5, 4)
    places = _frames(sheet, columns, rows, left, top, cell, apart, gap)
    empty = rng.choice([0.0, 0.1, 0.5, 1.0], p=(0.45, 0.3, 0.2, 0.05))
    rest = rng.uniform(0.03, 0.12)  # by which digits miss the middle of their box
    ended = int(rng.integers(1, columns + 1)) if rng.random() < 0.3 else columns  # a number shorter than the form
    for number, (x, y) in enumerate(places):
        inside = np.array([(x + 1, y + 1), (x + cell[0] - 1, y + cell[1] - 1)])
        is_empty = rng.random() < empty or number % columns >= ended
        if is_empty:
            if rng.random() < 0.15:  # what forms print into their boxes
                sheet.label(1, x + 0.25 * cell[0], y + cell[1] / 2, size * rng.uniform(0.4, 0.7))
                sheet.things.append((IGNORED, inside))
            else:
                sheet.things.append((CLASS_OF[""], inside))
            continue
        if rng.random() < 0.02:
            sheet.write("-", x + 0.2 * cell[0], y + cell[1] / 2, size)
            continue
        label = int(rng.integers(10))
        picture = sheet.digit(label, min(size, cell[1] * 1.15))
        middle = np.array([x, y]) + cell / 2 + rng.normal(0, rest * size, 2)
        sheet.put(picture, *(middle - np.array(picture.shape[::-1]) / 2), label)
    if rng.random() < 0.3:  # close beside the boxes
        for row in range(rows):
            high = size * rng.uniform(0.15, 0.5)
            middle = top + row * (cell[1] + gap) + cell[1] * rng.uniform(0.2, 0.9)
            sheet.label(int(rng.integers(1, 7)), left + columns * (cell[0] + apart) - apart + 0.4 * high, middle, high)
    if rng.random() < 0.6:
        for _ in range(int(rng.integers(1, 4))):
            middle = rng.uniform(0, sheet.height)
            sheet.label(int(rng.integers(2, 14)), rng.uniform(-2, 3) * size, middle, size * rng.uniform(0.2, 0.7))


def _table(sheet: _Sheet) -> None:
    """Lines to and fro, numbers of some digits in the cells, letters in some."""
    rng = sheet.rng
    size = sheet.size * rng.uniform(0.6, 1)
    shade = rng.uniform(0.3, 1)
    thick = max(1.0, size * rng.uniform(0.02, 0.08))
    shaky = size * rng.uniform(0.01, 0.03) if rng.random() < 0.3 else 0.0
    height = size * rng.uniform(1.15, 2)
    xs = np.cumsum([rng.uniform(-0.5, 1) * size, *(size * rng.uniform(1.2, 4, 12))])
    ys = np.cumsum([rng.uniform(-0.5, 1) * size, *([height] * 14)])
    xs, ys = xs[xs < sheet.width + size], ys[ys < sheet.height + size]
    if rng.random() < 0.85:
        for y in ys:
            sheet.line((xs[0], y), (xs[-1], y), thick, shade, 0.0, shaky)
    for x in xs:
        sheet.line((x, ys[0]), (x, ys[-1]), thick, shade, 0.0, shaky)
    close = _gaps(rng) if rng.random() < 0.5 else {"gaps": (0.05, 0.3)}
    for top in ys[:-1]:
        for left, right in zip(xs[:-1], xs[1:], strict=True):
            room = (right - left) / (0.85 * size)
            chance = rng.random()
            if chance < 0.1:
                continue
            start = left + size * rng.uniform(0.1, 0.4)
            if chance < 0.2:
                sheet.write("a" * int(max(1, room / 1.2)), start, top + height / 2, 0.8 * size, (0.05, 0.2))
                continue
            text = sheet.digits(int(rng.integers(1, max(2, int(room) + 1))))
            if rng.random() < 0.12:
                text = "-" + text[1:]
            elif len(text) > 2 and rng.random() < 0.2:
                place = int(rng.integers(1, len(text) - 1))
                text = f"{text[:place]}{rng.choice(['.', ','])}{text[place + 1 :]}"
            sheet.write(text, start, top + height / 2, size, **close)


def _amounts(sheet: _Sheet) -> None:
    """Numbers with a decimal mark, with thousands in groups, with signs around them."""
    rng = sheet.rng
    for middle, size in _lines(sheet, 1.3, 2.5):
        left = rng.uniform(-0.2, 2) * size
        whole = sheet.digits(int(rng.integers(1, 8)))
        point, comma = (".", ",") if rng.random() < 0.6 else (",", ".")
        if len(whole) > 3 and rng.random() < 0.7:
            step = 3 if rng.random() < 0.7 else 2
            head, tail = whole[:-3], whole[-3:]
            groups = [head[max(0, end - step) : end] for end in range(len(head), 0, -step)][::-1]
            whole = comma.join([*groups, tail])
        text = whole
        if rng.random() < 0.7:
            text += point + sheet.digits(int(rng.choice([1, 2, 2, 2, 3])))
        chance = rng.random()
        if chance < 0.5:
            text = f"s{text}"
        if rng.random() < 0.45:
            text += str(rng.choice(["/-", "/-", "s", "-", "/", "-/-", "--", "="]).replace("=", "-"))
        close = {"gaps": (0.05, 0.4)} if rng.random() < 0.7 else _gaps(rng)
        sheet.write(text, left, middle, size, **close)
    if rng.random() < 0.25:  # a box around it
        thick, shade = max(1.0, 0.04 * sheet.size), rng.uniform(0.4, 1)
        low, high = sheet.size * rng.uniform(0, 0.2), sheet.size * rng.uniform(1.3, 2.5)
        for first, last in (((0, low), (350, low)), ((0, high), (350, high)), ((2, low), (2, high))):
            sheet.line(first, last, thick, shade)


def _dates(sheet: _Sheet) -> None:
    """Dates, phone numbers, times, and words among them."""
    rng = sheet.rng
    for middle, size in _lines(sheet, 1.3, 2.5):
        between = str(rng.choice(["/", "-", ".", " ", "/", "-"]))
        lengths = ((2, 2, 4), (2, 2, 2), (3, 3, 4), (4, 2), (2, 2), (1, 2, 4))[rng.integers(6)]
        text = between.join(sheet.digits(length) for length in lengths)
        if rng.random() < 0.3:
            text = "a" * int(rng.integers(1, 5)) + " " + text
        left = rng.uniform(-0.2, 2) * size
        end = sheet.write(text, left, middle, size, (0.03, 0.4), rng.choice([0.0, 0.0, 0.4]))
        if rng.random() < 0.3:
            _other(sheet, end + size * rng.uniform(0.5, 2), middle, size)


def _one(sheet: _Sheet) -> None:
    """One digit alone, or few of any size."""
    rng = sheet.rng
    if rng.random() < 0.3:
        _paper(sheet)
    for _ in range(int(rng.choice([1, 1, 2, 3]))):
        size = float(np.exp(rng.uniform(*np.log((18.0, 80.0)))))
        label = int(rng.integers(10))
        picture = sheet.digit(label, size)
        left = rng.uniform(0, max(1, sheet.width - picture.shape[1]))
        top = rng.uniform(0, max(1, sheet.height - picture.shape[0]))
        if sheet.ink[int(top) : int(top) + picture.shape[0], int(left) : int(left) + picture.shape[1]].any():
            continue
        sheet.put(picture, left, top, label)


def _large(sheet: _Sheet) -> None:
    """Digits that are too large to be read at this scale, and those that are too small."""
    rng = sheet.rng
    left = rng.uniform(-100, 50)
    while left < sheet.width:
        size = rng.uniform(110, 260) if rng.random() < 0.8 else rng.uniform(4, 11)
        picture = sheet.digit(int(rng.integers(10)), size)
        sheet.put(picture, left, rng.uniform(-0.3 * size, sheet.height - 0.7 * size), None)
        left += picture.shape[1] + rng.uniform(0.1, 0.5) * size


def _nothing(sheet: _Sheet) -> None:
    """Letters, signs, scribbles, lines: nothing to be read."""
    rng = sheet.rng
    _paper(sheet)
    for _ in range(int(rng.integers(1, 5))):
        middle, left = rng.uniform(0, sheet.height), rng.uniform(-0.5, 4) * sheet.size
        chance = rng.random()
        if chance < 0.6:
            sheet.write("".join(rng.choice(list("aaaas-/"), int(rng.integers(1, 8)))), left, middle, sheet.size, (0.05, 0.5))
        elif chance < 0.8:
            sheet.label(int(rng.integers(3, 20)), left, middle, sheet.size * rng.uniform(0.4, 1))
        else:
            points = rng.uniform((0, 0), (sheet.width, sheet.height), (int(rng.integers(4, 14)), 2))
            layer = Image.new("L", (sheet.width, sheet.height))
            curve = [tuple(point) for point in smooth_curve(points).tolist()]
            ImageDraw.Draw(layer).line(curve, fill=255, width=int(rng.integers(1, 7)))
            np.maximum(sheet.ink, np.asarray(layer), out=sheet.ink)


# How often each comes, relative to the others.
LAYOUTS = {
    _rows: 34,
    _form: 24,
    _table: 8,
    _amounts: 16,
    _dates: 6,
    _one: 8,
    _large: 3,
    _nothing: 3,
}
