"""Drawings that are no digit, to teach the network the answer "that is no digit I know".

All of it is made here: dots, scribbles, letters and signs, drawn and printed, several digits in one picture, halves of
digits, digits with a part of their neighbour, digits lying on their side, strokes of different digits mixed. Shapes that
people do write for a digit (I, O, S, Z, l, b, q, g) are left out.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from model.data.dataset import PenDigit, canvas_picture
from model.ink.strokes import CANVAS_SIDE, bounds, draw, parse, placed, smooth_curve, varied

# In the notation of `strokes.parse`, on a page of 10 × 10.
SIGNS = {
    "A": "0 10, 5 0, 10 10 / 2 6, 8 6",
    "C": "~9 2, 6 0, 2 2, 1 5, 2 8, 6 10, 9 8",
    "E": "8 0, 1 0, 1 10, 8 10 / 1 5, 6 5",
    "F": "8 0, 1 0, 1 10 / 1 5, 6 5",
    "H": "1 0, 1 10 / 9 0, 9 10 / 1 5, 9 5",
    "J": "~7 0, 7 7, 5 10, 2 9, 1 7",
    "K": "1 0, 1 10 / 8 0, 1 6, 8 10",
    "L": "2 0, 2 10, 8 10",
    "M": "0 10, 1 0, 5 7, 9 0, 10 10",
    "N": "1 10, 1 0, 9 10, 9 0",
    "P": "1 10, 1 0 / ~1 0, 6 0, 8 3, 6 5, 1 5",
    "R": "1 10, 1 0 / ~1 0, 6 0, 8 2, 6 5, 1 5 / 3 5, 9 10",
    "T": "0 0, 10 0 / 5 0, 5 10",
    "U": "~1 0, 1 6, 3 10, 7 10, 9 6, 9 0",
    "V": "0 0, 5 10, 10 0",
    "W": "0 0, 3 10, 5 3, 7 10, 10 0",
    "X": "0 0, 10 10 / 10 0, 0 10",
    "h": "1 0, 1 10 / ~1 6, 4 4, 7 5, 8 10",
    "m": "0 4, 0 10 / ~0 6, 2 4, 4 5, 5 10 / ~5 6, 7 4, 9 5, 10 10",
    "n": "1 3, 1 10 / ~1 5, 4 3, 7 4, 8 10",
    "e": "~1 6, 9 5, 8 2, 4 1, 1 5, 2 9, 6 10, 9 8",
    "a": "~8 2, 4 1, 1 5, 3 9, 7 7, 8 2, 8 8, 10 10",
    "k": "1 0, 1 10 / 7 4, 1 7, 8 10",
    "f": "~8 1, 5 0, 4 3, 4 10 / 1 4, 7 4",
    "w": "~0 2, 2 9, 5 3, 8 9, 10 2",
    "ö": "~5 3, 1 5, 2 9, 6 10, 9 7, 7 3, 5 3 / 3 0, 3 1 / 7 0, 7 1",
    "+": "5 0, 5 10 / 0 5, 10 5",
    "=": "0 3, 10 3 / 0 7, 10 7",
    "#": "3 0, 2 10 / 8 0, 7 10 / 0 3, 10 3 / 0 7, 10 7",
    "*": "5 0, 5 10 / 0 2, 10 8 / 0 8, 10 2",
    "%": "9 0, 1 10 / ~2 0, 0 2, 2 4, 4 2, 2 0 / ~8 6, 6 8, 8 10, 10 8, 8 6",
    "!": "5 0, 5 7 / 5 9, 5 10",
    ":": "5 0, 5 1 / 5 9, 5 10",
    "triangle": "5 0, 10 10, 0 10, 5 0",
    "square": "0 0, 10 0, 10 10, 0 10, 0 0",
    "star": "5 0, 8 10, 0 4, 10 4, 2 10, 5 0",
    "heart": "~5 10, 0 4, 1 1, 4 1, 5 4, 6 1, 9 1, 10 4, 5 10",
    "tick": "0 6, 3 10, 10 0",
    "arrow": "0 5, 10 5 / 6 1, 10 5, 6 9",
    "house": "0 10, 0 4, 5 0, 10 4, 10 10, 0 10, 10 4, 0 4, 10 10",
    "face": "~5 0, 1 2, 0 6, 3 10, 7 10, 10 6, 9 2, 5 0 / 3 3, 3 4 / 7 3, 7 4 / ~3 7, 5 8, 7 7",
    "spiral": "~5 5, 6 6, 5 7, 3 6, 3 3, 6 2, 8 4, 8 8, 4 10, 1 8, 0 4, 2 1, 6 0",
    "wave": "~0 5, 1 2, 2 5, 3 8, 4 5, 5 2, 6 5, 7 8, 8 5, 9 2, 10 5",
    "equals-slash": "0 3, 10 3 / 0 7, 10 7 / 8 0, 2 10",
    "euro": "~9 2, 6 0, 3 2, 2 5, 3 8, 6 10, 9 8 / 0 4, 7 4 / 0 6, 6 6",
    "dollar": "~8 2, 5 1, 2 3, 5 5, 8 7, 5 9, 2 8 / 5 0, 5 10",
    "pound": "~8 2, 6 0, 4 2, 4 6, 2 10 / 2 10, 8 10 / 2 5, 7 5",
    "yen": "0 0, 5 5, 10 0 / 5 5, 5 10 / 2 6, 8 6 / 2 8, 8 8",
    "dash": "0 5, 10 5",
    "tilde": "~0 6, 3 4, 6 6, 10 4",
}

PRINTED = "ACEFGHJKLMNPRTUVWXacdefhkmnprtuvwx@&%$#?+="  # in the font that comes with Pillow

# On its side or in the mirror, these are no digit any more (a 6 upside down is a 9, a 2 in the mirror nearly a 5).
TURNED = (2, 3, 4, 5, 7)
MIRRORED = (3, 4, 7)

# Cut from top to bottom, these leave on this side something that is no digit (the right half of an 8 is a 3).
HALVES = {0: "lr", 2: "lr", 3: "l", 4: "l", 6: "r", 7: "l", 9: "l"}
NARROW = 0.3  # width over height; half a 0 that is narrower is a 1


def nonsense(digits: list[PenDigit], rng: np.random.Generator) -> np.ndarray:
    """One picture of something that is no digit.

    Args:
        digits: pen digits to take strokes from.

    Returns:
        uint8 (280, 280), light ink on black; there is ink on it.
    """
    kinds = list(KINDS)
    make = kinds[rng.choice(len(kinds), p=np.array([KINDS[kind] for kind in kinds]) / sum(KINDS.values()))]
    return make(digits, rng)


def _pick(digits, rng) -> PenDigit:
    return digits[rng.integers(len(digits))]


def _dots(digits, rng):
    count = rng.choice([1, 1, 2, 3, 5])
    points = rng.uniform(40, CANVAS_SIDE - 40, (count, 1, 2))
    return draw(list(points), rng.uniform(6, 40))


def scribble(digits: list[PenDigit], rng: np.random.Generator) -> np.ndarray:
    """A line to and fro, tangled or as one blackens an area: uint8 (280, 280), as for `nonsense`."""
    count = rng.integers(8, 60)
    reach = rng.uniform(30, 130)
    points = CANVAS_SIDE / 2 + rng.uniform(-1, 1, (count, 2)) * (reach, reach * rng.uniform(0.3, 1))
    if rng.random() < 0.5:  # to and fro, as one blackens an area
        points = points[np.argsort(points[:, rng.integers(2)])]
    return draw([smooth_curve(points)], rng.uniform(4, 40))


def _sign(digits, rng):
    strokes = parse(SIGNS[rng.choice(list(SIGNS))])
    return canvas_picture([stroke * 20 for stroke in strokes], rng, variation=1.3)


def _printed(digits, rng):
    """One to three printed letters, as they stand beside handwriting on a form."""
    text = "".join(rng.choice(list(PRINTED), rng.choice([1, 1, 1, 2, 3])))
    font = ImageFont.load_default(120)
    left, top, right, bottom = font.getbbox(text)
    letters = Image.new("L", (int(right - left) + 8, int(bottom - top) + 8))
    ImageDraw.Draw(letters).text((4 - left, 4 - top), text, font=font, fill=255)
    if rng.random() < 0.5:
        letters = letters.filter(ImageFilter.MaxFilter(int(rng.choice([3, 5, 7]))))  # bold
    size = rng.uniform(30, 200) * np.array(letters.size) / max(letters.size) * (rng.uniform(0.7, 1), 1)
    letters = letters.resize(tuple(np.maximum(8, size).astype(int).tolist()), Image.Resampling.HAMMING)
    page = Image.new("L", (CANVAS_SIDE, CANVAS_SIDE))
    page.paste(letters, tuple(int(rng.integers(0, CANVAS_SIDE - side)) for side in letters.size))
    return np.asarray(page)


def several(digits: list[PenDigit], rng: np.random.Generator, count: int | None = None) -> np.ndarray:
    """Two to four of `digits` in a row, or `count`, apart or touching: uint8 (280, 280), as for `nonsense`."""
    count = count or rng.choice([2, 2, 2, 3, 4])
    size, step = rng.uniform(60, 110), rng.uniform(0.7, 1.2)
    strokes = []
    for index in range(count):
        centre = (index * size * step, rng.normal(0, size * 0.08))
        strokes += placed(_pick(digits, rng).strokes, size * rng.uniform(0.8, 1.1), centre)
    low, high = bounds(strokes)
    if (high - low)[0] < 0.75 * size:  # two ones on top of each other read as one
        strokes += placed(_pick(digits, rng).strokes, size, (size * 1.2, 0))
    return canvas_picture(strokes, rng)


def _half(digits, rng):
    """What is left of a digit that was cut from top to bottom in the wrong place."""
    while True:
        digit = _pick(digits, rng)
        if digit.label not in HALVES:
            continue
        page = canvas_picture(digit.strokes, rng, variation=0.7).copy()
        left, right = _columns(page)
        kept = round((right - left) * rng.uniform(0.35, 0.5))
        if kept < NARROW * np.count_nonzero(page.any(axis=1)):
            continue
        if rng.choice(list(HALVES[digit.label])) == "l":
            page[:, left + kept :] = 0
        else:
            page[:, : right - kept] = 0
        return page


def _beside(digits, rng):
    """A digit with a part of its neighbour: half of it at the least."""
    page = several(digits, rng, count=2).copy()
    left, right = _columns(page)
    width = right - left
    if rng.random() < 0.5:
        page[:, right - round(width * rng.uniform(0.1, 0.25)) :] = 0
    else:
        page[:, : left + round(width * rng.uniform(0.1, 0.25))] = 0
    return page


def _columns(page):
    """The first column with ink and the one after the last."""
    columns = np.flatnonzero(page.any(axis=0))
    return int(columns[0]), int(columns[-1]) + 1


def _turned(digits, rng):
    quarter = rng.random() < 0.7
    labels = TURNED if quarter else MIRRORED
    digit = _pick(digits, rng)
    while digit.label not in labels:
        digit = _pick(digits, rng)
    if quarter:
        turn = np.array([[0, 1], [-1, 0]]) * rng.choice([-1, 1])
    else:
        turn = np.diag([-1, 1])
    return canvas_picture([stroke @ turn for stroke in digit.strokes], rng, variation=0.7)


def _mixed(digits, rng):
    """Two digits over each other, of different size and place."""
    first = placed(_pick(digits, rng).strokes, 100, (0, 0))
    second = placed(_pick(digits, rng).strokes, rng.uniform(60, 140), tuple(rng.uniform(-60, 60, 2)))
    return canvas_picture(varied(first, rng) + varied(second, rng), rng)


def _lines(digits, rng):
    """Three to six unconnected lines and arcs."""
    strokes = []
    for _ in range(rng.integers(3, 7)):
        points = rng.uniform(0, 200, (rng.integers(2, 4), 2))
        strokes.append(smooth_curve(points))
    return canvas_picture(strokes, rng)


# How often each comes, relative to the others.
KINDS = {
    _dots: 1,
    scribble: 1,
    _sign: 3,
    _printed: 2,
    several: 2,
    _half: 1,
    _beside: 1,
    _turned: 1,
    _mixed: 1,
    _lines: 1,
}
