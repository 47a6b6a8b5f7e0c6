"""Symbols that nobody has seen: made-up alphabets, to train a network that is to tell any symbols apart.

A symbol is written anew each time as another hand would write it: its strokes begin and end elsewhere, bend, lie a little
apart. Some symbols of an alphabet differ in one stroke alone, as letters do. Learning from made-up characters what to look
for in real ones follows the idea of B. Lake, R. Salakhutdinov, J. Tenenbaum ("Human-level concept learning through
probabilistic program induction", Science, 2015), that characters are made of strokes in relation to each other.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from model.data.dataset import PenDigit, photograph
from model.data.examples import own_drawings
from model.ink.image import SIDE, prepare
from model.ink.strokes import Strokes, bounds, draw, placed_anywhere, smooth_curve, varied

MOST_STROKES = 5
TWINS = 0.4  # share of an alphabet's symbols that are another one's with one stroke changed
BORROWED = 0.45  # share of the other strokes' groups that are parts of what people drew
LENT = 40  # drawings of each digit from which parts are taken
BRUSHES, FAT = (8.0, 26.0), 18.0  # stroke widths in pixels of a canvas of 280; with a fat one …
EXTENTS, FAT_EXTENTS = (0.35, 0.9), (0.5, 0.9)  # … symbols are written larger, or they would be blots
PHOTOGRAPHS = 0.1  # share of the drawings that are photographed
DIGITS_UPRIGHT, DIGITS_TURNED = 300, 60  # drawings of each digit as it is, and under each symmetry
OWN_UPRIGHT = 4  # times that each of our own drawings is among them
SLOPPINESS = (0.015, 0.05)  # by which points of a stroke are missed, as a share of the symbol
# The symmetries of a square that are not the identity; a digit under one of them is another symbol.
SYMMETRIES = tuple(
    np.array(matrix, float)
    for matrix in (
        ((0, -1), (1, 0)),
        ((-1, 0), (0, -1)),
        ((0, 1), (-1, 0)),
        ((-1, 0), (0, 1)),
        ((1, 0), (0, -1)),
        ((0, 1), (1, 0)),
        ((0, -1), (-1, 0)),
    )
)


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a symbol.

    Attributes:
        points: key points of one stroke on a page of 10 × 10, (n, 2); or None for what people drew.
        smooth: whether a curve goes through the points, or straight lines.
        drawings: what people drew, one of which is taken each time; each on a page of 1 × 1.
        corner, size: where the drawing lies on the page of 10 × 10, (x, y), and how large it is, (width, height).
    """

    points: np.ndarray | None = None
    smooth: bool = False
    drawings: tuple[Strokes, ...] = ()
    corner: tuple[float, float] = (0.0, 0.0)
    size: tuple[float, float] = (1.0, 1.0)


Symbol = tuple[Part, ...]


def alphabet(count: int, drawn: list[tuple[Strokes, ...]], rng: np.random.Generator) -> list[Symbol]:
    """So many symbols that might be one people's.

    Args:
        drawn: what people drew, to take parts from: for each kind of drawing several by different hands.
    """
    curves, straight = rng.uniform(0.1, 0.9), rng.uniform(0.2, 0.8)
    usual = rng.uniform(1.2, 3.2)  # strokes of a symbol
    pool = [_stroke(rng, curves, straight) for _ in range(4)]  # that return, as strokes of an alphabet do
    symbols: list[Symbol] = []
    while len(symbols) < count:
        if symbols and rng.random() < TWINS:
            symbols.append(_twin(symbols[rng.integers(len(symbols))], rng, curves, straight))
            continue
        strokes = int(np.clip(1 + rng.poisson(usual - 1), 1, MOST_STROKES))
        parts = []
        for _ in range(strokes):
            chance = rng.random()
            if drawn and chance < BORROWED / strokes:
                parts.append(_borrowed(drawn[rng.integers(len(drawn))], rng, alone=strokes == 1))
            elif chance > 0.8:
                parts.append(_moved(pool[rng.integers(len(pool))], rng))
            else:
                parts.append(_stroke(rng, curves, straight))
        if (
            len(parts) > 1 or parts[0].points is None or len(parts[0].points) > 3
        ):  # every alphabet has lines and corners
            symbols.append(tuple(parts))
    return symbols


def written(symbol: Symbol, rng: np.random.Generator, strength: float = 1.0) -> Strokes:
    """The symbol as one hand writes it once.

    Args:
        strength: as for `strokes.varied`.
    """
    sloppy = rng.uniform(*SLOPPINESS) * 10 * strength
    strokes: Strokes = []
    for part in symbol:
        if part.points is None:
            drawing = part.drawings[rng.integers(len(part.drawings))]
            corner = np.array(part.corner) + rng.normal(0, 0.7 * sloppy, 2)
            size = np.array(part.size) * np.exp(rng.normal(0, 0.08 * strength, 2))
            strokes += [stroke * size + corner for stroke in drawing]
            continue
        points = part.points + rng.normal(0, sloppy, part.points.shape) + rng.normal(0, 0.5 * sloppy, 2)
        if len(points) > 1:  # a stroke begins before its first point or after it, and ends likewise
            reach = rng.normal(0, 0.06 * strength, 2)
            first, last = (
                points[0] + (points[0] - points[1]) * reach[0],
                points[-1] + (points[-1] - points[-2]) * reach[1],
            )
            points = np.concatenate([first[None], points[1:-1], last[None]])
        strokes.append(smooth_curve(points) if part.smooth else points)
    return varied(strokes, rng, strength)


def lessons(
    pens: list[PenDigit],
    alphabets: int,
    symbols: int,
    drawings: int,
    seed: int,
    report: Callable[[int, int], None] | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pictures to learn from: so many made-up alphabets of so many symbols, each drawn so many times; and the digits as
    one more alphabet, as they are and under `SYMMETRIES`.

    Args:
        pens: the digits to draw, and to take parts of symbols from.
        report: called with how many pictures are done, and of how many, after each symbol.

    Returns:
        uint8 (N, 28, 28), as `model.prepare` makes them; int (N,), the symbol of each; and int (S,), the alphabet of each
        symbol.
    """
    rng = np.random.default_rng((seed, 5))
    by_digit = [[pen.strokes for pen in pens if pen.label == digit] for digit in range(10)]
    own = [[strokes for label, strokes in own_drawings() if label == digit] for digit in range(10)]
    drawn = [tuple(some[index] for index in rng.permutation(len(some))[:LENT]) for some in by_digit]
    drawn = [some for some in (*drawn, *map(tuple, own)) if some]
    pictures, labels, alphabet_of = [], [], []
    upright = 1 + len(SYMMETRIES)
    whole = alphabets * symbols * drawings + sum(
        min(count, len(some)) + times * len(ours)
        for count, times in ((DIGITS_UPRIGHT, OWN_UPRIGHT), *((DIGITS_TURNED, 1),) * (upright - 1))
        for some, ours in zip(by_digit, own, strict=True)
    )

    def add(of: int, strokes_of_each) -> None:
        for strokes in strokes_of_each:
            pictures.append(_picture(strokes, rng))
            labels.append(len(alphabet_of))
        alphabet_of.append(of)
        if report is not None:
            report(len(pictures), whole)

    for number in range(alphabets):
        for symbol in alphabet(symbols, drawn, rng):
            add(number, (written(symbol, rng, rng.uniform(0.4, 1.5)) for _ in range(drawings)))
    for number, symmetry in enumerate((np.eye(2), *SYMMETRIES)):
        count, times = (DIGITS_TURNED, 1) if number else (DIGITS_UPRIGHT, OWN_UPRIGHT)
        for some, ours in zip(by_digit, own, strict=True):
            chosen = [(some[index], rng.choice([0, 0.6, 1.0])) for index in rng.permutation(len(some))[:count]]
            chosen += [(strokes, 1.2) for strokes in ours * times]
            add(alphabets, (varied(mirrored(strokes, symmetry), rng, strength) for strokes, strength in chosen))
    return np.stack(pictures), np.array(labels), np.array(alphabet_of)


def _picture(strokes: Strokes, rng: np.random.Generator) -> np.ndarray:
    """A drawing as the network gets it; an empty picture where no ink is found."""
    brush = rng.uniform(*BRUSHES)
    page = draw(placed_anywhere(strokes, brush, rng, FAT_EXTENTS if brush > FAT else EXTENTS), brush)
    picture = prepare(photograph(page, rng) if rng.random() < PHOTOGRAPHS else page)
    return np.zeros((SIDE, SIDE), np.uint8) if picture is None else picture


def mirrored(strokes: Strokes, symmetry: np.ndarray) -> Strokes:
    """A drawing under one of `SYMMETRIES`."""
    return [np.asarray(stroke) @ symmetry.T for stroke in strokes]


def on_unit_page(strokes: Strokes) -> Strokes:
    """A drawing moved and scaled, each way by itself, to fill a page of 1 × 1; what is slim stays in its middle."""
    low, high = bounds(strokes)
    span = high - low
    longer = max(float(span.max()), 1e-6)
    scale = np.maximum(span, 0.25 * longer)
    return [(np.asarray(stroke) - (low + high) / 2) / scale + 0.5 for stroke in strokes]


def _stroke(rng: np.random.Generator, curves: float, straight: float) -> Part:
    """A stroke by itself: a line, an arc, a hook, a loop, a zigzag or a dot."""
    kind = rng.random()
    centre = rng.uniform(1.5, 8.5, 2)
    if kind < 0.06:
        return Part(np.array([centre]))
    length = float(np.clip(rng.lognormal(1.5, 0.5), 1.5, 10))
    angle = rng.choice(8) * np.pi / 4 if rng.random() < straight else rng.uniform(0, 2 * np.pi)
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    if kind < 0.34:  # a line
        shape = np.array([[-0.5, 0], [0.5, 0]])
    elif kind < 0.5:  # an arc
        bow = rng.uniform(0.15, 0.7) * rng.choice([-1, 1])
        shape = np.array([[-0.5, 0], [-0.25, 0.75 * bow], [0, bow], [0.25, 0.75 * bow], [0.5, 0]])
    elif kind < 0.64:  # a hook
        back = rng.uniform(0.2, 0.8)
        shape = np.array([[-0.5, 0], [0.4, 0], [0.5, 0.15], [0.5 - 0.3 * back, back * rng.choice([-1, 1])]])
    elif kind < 0.74:  # a loop, closed or nearly so
        turns = rng.uniform(0.75, 1.15) * 2 * np.pi * rng.choice([-1, 1])
        steps = np.linspace(0, turns, 9)
        shape = 0.5 * np.stack([np.cos(steps), rng.uniform(0.5, 1.2) * np.sin(steps)], axis=1)
    elif kind < 0.88:  # a corner or a zigzag
        count = int(rng.integers(3, 6))
        sides = np.where(np.arange(count) % 2, 1, -1) * rng.uniform(0.15, 0.5)
        shape = np.stack([np.linspace(-0.5, 0.5, count), sides], axis=1)
    else:  # anything
        shape = rng.uniform(-0.5, 0.5, (int(rng.integers(3, 6)), 2))
    points = np.clip(centre + length * (shape[:, :1] * along + shape[:, 1:] * across), 0, 10)
    return Part(points, len(points) > 2 and (0.5 <= kind < 0.74 and len(points) > 5 or rng.random() < curves))


def _borrowed(drawings: tuple[Strokes, ...], rng: np.random.Generator, alone: bool) -> Part:
    """What people drew as a part of a symbol, turned or mirrored."""
    symmetry = SYMMETRIES[rng.integers(len(SYMMETRIES))]
    turned = tuple(on_unit_page(mirrored(strokes, symmetry)) for strokes in drawings)
    size = np.array([10.0, 10.0]) if alone else rng.uniform(2.5, 7.5, 2)
    if alone:
        size *= (rng.uniform(0.5, 1), 1)
    corner = rng.uniform(0, 1, 2) * (10 - size)
    return Part(drawings=turned, corner=tuple(corner), size=tuple(size))


def _moved(part: Part, rng: np.random.Generator) -> Part:
    if part.points is None:
        return Part(
            drawings=part.drawings, corner=tuple(rng.uniform(0, 1, 2) * (10 - np.array(part.size))), size=part.size
        )
    low, high = part.points.min(axis=0), part.points.max(axis=0)
    return Part(part.points - low + rng.uniform(0, 1, 2) * (10 - (high - low)), part.smooth)


def _twin(symbol: Symbol, rng: np.random.Generator, curves: float, straight: float) -> Symbol:
    """Another symbol that differs in one part: one more, one less, one moved, changed or mirrored."""
    parts = list(symbol)
    index = int(rng.integers(len(parts)))
    change = rng.random()
    if change < 0.35 and len(parts) < MOST_STROKES or len(parts) == 1 and change < 0.6:
        parts.append(_stroke(rng, curves, straight))
    elif change < 0.5 and len(parts) > 1:
        parts.pop(index)
    elif change < 0.7 and len(parts) > 1:
        parts[index] = _moved(parts[index], rng)
    elif change < 0.9 or parts[index].points is None:
        parts[index] = _stroke(rng, curves, straight)
    else:
        points = parts[index].points
        flip = rng.integers(2)
        middle = (points.min(axis=0) + points.max(axis=0)) / 2
        mirrored_points = points.copy()
        mirrored_points[:, flip] = 2 * middle[flip] - points[:, flip]
        parts[index] = Part(mirrored_points, parts[index].smooth)
    return tuple(parts)
