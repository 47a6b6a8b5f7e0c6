"""Several digits on one page: found, cut apart or joined, and read line by line. `Recognizer.read` is the door to it.

    page        ink of the whole page, upright, printed lines and frames taken out        `find_page`
    pieces      connected ink, sorted into lines; what may be two digits is cut           `_lines`, `_cut`
    candidates  every run of neighbouring pieces that may be one character, all read by the network
    path        the likeliest way through a line: each piece used once                    `_best_path`

That the recogniser itself weighs the ways to cut is the method of Y. LeCun, L. Bottou, Y. Bengio, P. Haffner
("Gradient-based learning applied to document recognition", 1998, section V), there called heuristic over-segmentation.
"""

import itertools
import math
import re
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from scipy import ndimage

from model.ink.image import Ink, check_image, normalize
from model.ink.limits import (
    BATCH,
    CUT_COLUMNS,
    CUT_PICTURES,
    MOST_COMPONENTS,
    PAGE_PICTURES,
    PICTURE_PIXELS,
    SHEET_PICTURES,
    SHEET_PIXELS,
)
from model.ink.page import MIN_INK, Box, Page, Piece, Placed, find_page, joined, tight

DIGITS = 10  # the first of the labels

TALL = 0.5  # from which a component can be a digit by itself
SAME_LINE = 0.4  # share of the lower one's height that two must have in common to stand on one line
NEAR_LINE = 0.45  # how far small ink may lie from the line that it belongs to

BOX_EMPTY = 0.004  # share of a box's area; with less ink it is empty

# Ways to join and to cut. Heights are measured in the line's.
WIDEST = 1.5  # a character
WIDEST_GAP = 0.3  # between pieces of one character
MOST_PIECES = 9  # of one character
CUT_HEIGHT = 40  # pixels; cuts are looked for at this height
CUT_STEP = 0.12  # of full ink; what a cut pays for each pixel that it goes aside
CUT_INK = 20.0  # pixels of full ink, at that height, that a cut may go through
MERGED, MERGED_COST = 1.1, 0.1  # half strokes from its edge, ink is where two strokes merged; cuts pay less there
CUT_APART = 6.0  # pixels of full ink, at that height, that lie between two cuts at the least
CUT_ROWS = (0.25, 0.5, 0.75)  # of the height; where cuts are looked for
PICTURES_PER_PART = 3  # that the parts of a cut piece give, as a rule: each begins as many candidates
CUT_INSIDE = 4  # pixels of a stroke, at that height, that lie on either side of a cut through it
CUTS_PER_HEIGHT = 6  # through a component as wide as high, at the most
NARROWEST = 0.3  # of all components that are cut
SURE, SURE_WIDTH = 0.97, 0.75  # a component that is read for sure is not cut unless it is wider than this

# What a way through a line costs, in units of log-probability.
OTHER_COST, OTHER_APART = 2.0, 6.0  # taking something for no digit; for each further piece beside the first
OTHER_WIDE, OTHER_WIDTH = 8.0, 1.0  # for each height of width beyond this: digits that touch are wider than a letter
MARK_COST = 0.1
GAP_COST = 4.0  # for each height of gap inside a character
CUT_BASE = 0.6  # for each cut …
CUT_COST = 0.05  # … and for each pixel of ink cut through
LOW_COST = 1.5  # for digits lower than the others: times the square of the logarithm of the ratio, in units of LOW_UNIT
LOW_UNIT = 0.4
WIDE_COST, WIDE = 5.0, 0.9  # for each height of width beyond this: a digit so wide may be two that touch
NARROW_COUNT = 12.0  # how much worse a way with the expected number of digits may be and still be taken

MARK_HEIGHT, MARK_WIDTH = 0.42, 0.4  # of the line's; a decimal mark is smaller
MARK_MIDDLE = 0.72  # and its middle lies below this share of the line's height
COMMA = 1.3  # a mark so many times higher than wide is a comma

_POSTCODE = re.compile(r"postcode:([1-9][0-9]?)")


@dataclass(frozen=True, eq=False)
class Character:
    """One character of a line.

    Attributes:
        kind: "digit"; "symbol" (one that was taught); "mark" (a decimal mark or thousands separator); "empty" (a form's
            box with nothing in it); "other" (nothing that is known).
        label: "0" to "9"; the name of a symbol; "." or ","; "" for an empty box; "?" for what is no digit.
        box: (left, top, right, bottom) on the page, in its pixels; right and bottom are not included.
        confidence: 0 to 1, how likely it is that kind and label are right.
        probabilities: float32 (L,), of each label, as in `Prediction`; zeros for marks and empty boxes.
        image: uint8 (28, 28), what the network saw; None for marks and empty boxes.
    """

    kind: str
    label: str
    box: Box
    confidence: float
    probabilities: np.ndarray
    image: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Reading:
    """What stands on a page.

    Attributes:
        lines: from top to bottom, each of characters from left to right; none where no ink is.
        left_out: how many pieces of ink, or boxes of a form, were not read, or not cut to see whether they are several
            digits, because the page holds more than is read of one (`model.ink.limits`).
    """

    lines: tuple[tuple[Character, ...], ...]
    left_out: int = 0

    @property
    def text(self) -> str:
        """The lines with digits or marks in them, joined by line feeds; an empty box is a space; what is not known is
        left out."""
        return self.to_text()

    def to_text(self, other: str = "") -> str:
        """As `text`, with `other` in the place of each character that is not known."""
        shown = {"other": other, "empty": " "}
        lines = ("".join(shown.get(character.kind, character.label) for character in line) for line in self.lines)
        return "\n".join(line for line in lines if line.strip())


def expected_count(expect: str | None) -> int | None:
    """How many digits stand on a line, if `expect` says so.

    Raises:
        ValueError: `expect` is none of those that `Recognizer.read` takes.
    """
    if expect in (None, "amount", "form"):
        return None
    match = _POSTCODE.fullmatch(expect) if isinstance(expect, str) else None
    if match is None:
        raise ValueError(f'{expect!r} was expected; None, "postcode:1" to "postcode:99", "amount" or "form" is taken.')
    return int(match[1])


def read(
    probabilities: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    labels: tuple[str, ...],
    image: np.ndarray,
    expect: str | None = None,
) -> Reading:
    """All digits on a page, and symbols that were taught; see `Recognizer.read`.

    Args:
        probabilities: reads pictures of single digits, as `Recognizer.probabilities`.
        labels: of what it gives probabilities, the digits first.
    """
    count = expected_count(expect)
    page = find_page(check_image(image))
    if page is None:
        return Reading(())
    is_sheet = image.shape[0] * image.shape[1] <= SHEET_PIXELS
    budget = _Budget(SHEET_PICTURES if is_sheet else PAGE_PICTURES)
    if expect == "form" and page.cells:
        return _read_form(probabilities, labels, page, budget)
    left_out, lattices = page.left_out, []
    for line in _lines(page.pieces, page.height):
        lattice = _Lattice(line, _candidates(line, {}), expect == "amount")
        left_out += _shorten(lattice, budget)
        if lattice.line.pieces:
            lattices.append(lattice)
    _weigh(probabilities, lattices)
    lattices, uncut = _cut_doubtful(lattices, count, budget)
    _weigh(probabilities, lattices)
    read_lines = [_characters(labels, lattice, _best_path(lattice, count), page) for lattice in lattices]
    return Reading(tuple(tuple(line) for line in read_lines if line), left_out + uncut)


@dataclass(eq=False)
class _Budget:
    """How much work is left, in pictures that the network reads."""

    left: float


def _work(ink: Placed) -> float:
    """What it takes to have this ink read, in pictures."""
    return 1 + ink.area / PICTURE_PIXELS


def _answers(probabilities, pictures: list[np.ndarray]) -> Iterator[tuple[np.ndarray, float]]:
    """What the network reads on each picture, in batches."""
    for first in range(0, len(pictures), BATCH):
        rows, shares = probabilities(np.stack(pictures[first : first + BATCH]))
        yield from zip(rows, map(float, shares), strict=True)


# ── Forms ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_form(probabilities, labels: tuple[str, ...], page: Page, budget: _Budget) -> Reading:
    """A digit in each box, or none."""
    places, inks = [], []
    cells = [(number, cell) for number, row in enumerate(page.cells) for cell in row]
    count, cells = len(cells), cells[:MOST_COMPONENTS]
    edges = np.array([piece.box for piece in page.pieces], int).reshape(-1, 4)
    for number, cell in cells:
        ink = _ink_in(cell, page.pieces, edges)
        work = 0.0 if ink is None else _work(ink)
        if work > budget.left:
            break
        budget.left -= work
        places.append((number, cell))
        inks.append(ink)
    pictures = [normalize(Ink(ink.strength, ink.box)) for ink in inks if ink is not None]
    answers = zip(_answers(probabilities, pictures), pictures, strict=True)
    lines = [[] for _ in page.cells]
    for (number, cell), ink in zip(places, inks, strict=True):
        if ink is None:
            lines[number].append(Character("empty", "", page.to_image(cell), 1.0, np.zeros(len(labels), np.float32), None))
            continue
        (row, share), picture = next(answers)
        lines[number].append(_character(labels, ink.box, row, share, picture, 1.0, page))
    left_out = page.left_out + count - len(places)
    return Reading(tuple(tuple(line) for line in lines if line), left_out)


def _ink_in(cell: Box, pieces: list[Piece], edges: np.ndarray) -> Piece | None:
    """The ink that belongs in a box: a piece by its middle, one that spans several boxes by its pixels.

    Args:
        edges: int (N, 4), the boxes of the pieces.
    """
    left, top, right, bottom = cell
    width, height = right - left, bottom - top
    margin_x, margin_y = round(0.15 * width), round(0.15 * height)
    low, high = (left - margin_x, top - margin_y), (right + margin_x, bottom + margin_y)
    parts = []
    for index in np.flatnonzero((edges[:, :2] <= high).all(axis=1) & (edges[:, 2:] >= low).all(axis=1)):
        piece = pieces[index]
        x, y = piece.middle
        if piece.width <= 1.4 * width and piece.height <= 1.6 * height:
            if left <= x <= right and top <= y <= bottom:
                parts.append(piece)
            continue
        low_x, low_y = max(left - margin_x // 2, piece.box[0]), max(top - margin_y, piece.box[1])
        high_x, high_y = min(right + margin_x // 2, piece.box[2]), min(bottom + margin_y, piece.box[3])
        if low_x < high_x and low_y < high_y:
            inside = piece.strength[
                low_y - piece.box[1] : high_y - piece.box[1], low_x - piece.box[0] : high_x - piece.box[0]
            ]
            part = tight(inside, low_x, low_y)
            if part is not None:
                parts.append(part)
    if not parts or sum(float(part.strength.sum()) for part in parts) < max(MIN_INK, BOX_EMPTY * width * height):
        return None
    largest = max(float(part.strength.sum()) for part in parts)
    return joined([part for part in parts if part.strength.sum() >= 0.03 * largest])


# ── Lines ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class _Line:
    """Pieces that stand side by side, from left to right.

    Attributes:
        top, bottom: between which its digits stand, as a rule.
    """

    pieces: list[Piece]
    top: float
    bottom: float

    @property
    def height(self) -> float:
        return max(1.0, self.bottom - self.top)


def _lines(pieces: list[Piece], height: float) -> list[_Line]:
    tall = [piece for piece in pieces if piece.height >= TALL * height]
    small = [piece for piece in pieces if piece.height < TALL * height]
    if not tall:
        tall, small = pieces, []
    groups: list[list[Piece]] = []
    ends = np.empty((len(tall), 2))  # between which each group's last pieces stand: a line may climb
    for piece in sorted(tall, key=lambda piece: piece.box[0]):
        top, bottom = ends[: len(groups)].T
        common = np.minimum(bottom, piece.box[3]) - np.maximum(top, piece.box[1])
        shares = common / np.maximum(1.0, np.minimum(bottom - top, piece.height))
        best = int(shares.argmax()) if groups else 0
        if not groups or shares[best] <= SAME_LINE:
            best = len(groups)
            groups.append([])
        groups[best].append(piece)
        ends[best] = _extent(groups[best][-3:])
    extents = [_extent(group) for group in groups]
    placed = np.array([(number, *piece.box) for number, group in enumerate(groups) for piece in group]).reshape(-1, 5)
    for piece in small:
        distances = _distances(piece, placed)
        nearest = int(distances.argmin())
        if distances[nearest] <= NEAR_LINE * height:
            groups[nearest].append(piece)
            placed = np.vstack([placed, (nearest, *piece.box)])
    order = sorted(range(len(groups)), key=lambda number: sum(extents[number]))
    return [_Line(sorted(groups[number], key=lambda piece: piece.middle[0]), *extents[number]) for number in order]


def _distances(piece: Piece, placed: np.ndarray) -> np.ndarray:
    """How far a small piece lies above or below its neighbour in each line, and a little also how far beside it.

    Args:
        placed: int (N, 5), of each piece in a line the line's number and the piece's box.
    """
    x, y = piece.middle
    number, left, top, right, bottom = placed.T
    order = np.lexsort((np.abs((left + right) / 2 - x), number))
    near = order[np.flatnonzero(np.diff(number[order], prepend=-1))]
    beyond = np.maximum(np.maximum(top - y, y - bottom), 0)
    return (beyond + 0.1 * np.maximum(np.maximum(left - x, x - right), 0))[near]


def _extent(pieces: list[Piece]) -> tuple[float, float]:
    return tuple(float(statistics.median(piece.box[edge] for piece in pieces)) for edge in (1, 3))


# ── Candidates ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(eq=False)
class _Candidate(Placed):
    """A run of pieces, from `first` to before `end`, that may be one character."""

    first: int
    end: int
    parts: list[Piece]
    box: Box
    cost: float  # of the gaps in it
    apart: int  # how many pieces in it were neither cut from the one before nor lie over or under it
    picture: np.ndarray | None = None  # None for a mark
    probabilities: np.ndarray | None = None
    share: float = 0.0


@dataclass(eq=False)
class _Lattice:
    """All that may stand on a line."""

    line: _Line
    candidates: list[_Candidate]
    marks: bool  # whether a small low piece may be a decimal mark


def _candidates(line: _Line, known: dict) -> list[_Candidate]:
    """All runs of neighbouring pieces that may be one character; those in `known`, by the pieces they consist of, are
    taken over."""
    result = []
    for first in range(len(line.pieces)):
        (left, top, right, bottom), cost, apart = line.pieces[first].box, 0.0, 0
        for end in range(first + 1, min(first + MOST_PIECES, len(line.pieces)) + 1):
            piece = line.pieces[end - 1]
            if end > first + 1:
                gap = max(0, piece.box[0] - right) / line.height
                is_beside = piece.box[0] >= right
                left, top = min(left, piece.box[0]), min(top, piece.box[1])
                right, bottom = max(right, piece.box[2]), max(bottom, piece.box[3])
                if gap > WIDEST_GAP or right - left > WIDEST * line.height:
                    break
                cost += GAP_COST * gap
                apart += not piece.cut and is_beside
            parts = line.pieces[first:end]
            before = known.get(tuple(map(id, parts)))
            if before is None:
                result.append(_Candidate(first, end, parts, (left, top, right, bottom), cost, apart))
            else:
                result.append(replace(before, first=first, end=end))
    return result


def _shorten(lattice: _Lattice, budget: _Budget) -> int:
    """Takes what a line needs from the budget; what that does not suffice for is left out, and counted."""
    size = len(lattice.line.pieces)
    ends = [candidate.end for candidate in lattice.candidates]
    work = np.bincount(ends, [_work(candidate) for candidate in lattice.candidates], size + 1).cumsum()
    end = int(np.searchsorted(work, budget.left, side="right")) - 1
    budget.left -= work[end]
    if end < size:
        lattice.line = replace(lattice.line, pieces=lattice.line.pieces[:end])
        lattice.candidates = [candidate for candidate in lattice.candidates if candidate.end <= end]
    return size - end


def _weigh(probabilities, lattices: list[_Lattice]) -> None:
    """Has the network read all candidates that it has not read yet."""
    new = [candidate for lattice in lattices for candidate in lattice.candidates if candidate.picture is None]
    for candidate in new:
        ink = joined(candidate.parts)
        candidate.picture = normalize(Ink(ink.strength, ink.box))
    answers = _answers(probabilities, [candidate.picture for candidate in new])
    for candidate, (row, share) in zip(new, answers, strict=True):
        candidate.probabilities, candidate.share = row, share


# ── Cuts ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _cut_doubtful(lattices: list[_Lattice], count: int | None, budget: _Budget) -> tuple[list[_Lattice], int]:
    """Cuts the pieces that may be several digits, the narrowest first, and adds the candidates that the parts give.

    Returns:
        The lattices; and how many of these pieces stay whole because the budget does not suffice for their parts,
        without those that are surely one digit.
    """
    doubtful = [(lattice.line, *one) for lattice in lattices for one in _doubtful(lattice, count)]
    # What is read for sure, and not very wide, comes last: nearly all of it is one digit.
    doubtful.sort(key=lambda one: (one[2], one[1].width / one[0].height))
    parts: dict[int, list[Piece]] = {}  # by the piece's id
    uncut = {id(piece) for _, piece, is_sure in doubtful if not is_sure}
    promised = 0
    for line, piece, _ in doubtful:
        work = CUT_PICTURES + piece.width * CUT_HEIGHT / piece.height / CUT_COLUMNS + piece.area / PICTURE_PIXELS
        # What could not be read afterwards is not cut.
        if budget.left < work + promised:
            break
        budget.left -= work
        uncut.discard(id(piece))
        cut = _cut(piece, line)
        if len(cut) > 1:
            parts[id(piece)] = cut
            promised += PICTURES_PER_PART * len(cut)
    cut_lattices = [_with_parts(lattice, parts) for lattice in lattices]
    work, shares = _work_for_parts(cut_lattices, parts)
    if work > budget.left:
        in_order = [(is_sure, shares[id(piece)], id(piece)) for _, piece, is_sure in doubtful if id(piece) in parts]
        in_order.sort(key=lambda one: one[:2])
        work = np.cumsum([share for _, share, _ in in_order])
        for is_sure, _, piece in itertools.compress(in_order, work > budget.left):
            del parts[piece]
            if not is_sure:
                uncut.add(piece)
        cut_lattices = [_with_parts(lattice, parts) for lattice in lattices]
    return cut_lattices, len(uncut)


def _doubtful(lattice: _Lattice, count: int | None) -> Iterator[tuple[Piece, bool]]:
    """The pieces of a line that may be several digits, and whether each is read for sure as one and not very wide."""
    line = lattice.line
    fewer = count is not None and len(line.pieces) < count
    for candidate in lattice.candidates:
        if candidate.end > candidate.first + 1:
            continue
        sure = float(candidate.probabilities.max()) * candidate.share >= SURE
        wide = candidate.width > SURE_WIDTH * line.height
        is_large = candidate.height >= TALL * line.height and candidate.width > NARROWEST * line.height
        if is_large and (wide or fewer or not sure):
            yield line.pieces[candidate.first], sure and candidate.width <= OTHER_WIDTH * line.height


def _with_parts(lattice: _Lattice, parts: dict[int, list[Piece]]) -> _Lattice:
    """A line with parts, by the piece's id, in the place of some pieces."""
    line = lattice.line
    cut = [piece for piece in line.pieces if id(piece) in parts]
    if not cut:
        return lattice
    known = {tuple(map(id, candidate.parts)): candidate for candidate in lattice.candidates}
    for piece in cut:
        known[tuple(map(id, parts[id(piece)]))] = known[(id(piece),)]
    line = replace(line, pieces=[part for piece in line.pieces for part in parts.get(id(piece), [piece])])
    return _Lattice(line, _candidates(line, known), lattice.marks)


def _work_for_parts(lattices: list[_Lattice], parts: dict[int, list[Piece]]) -> tuple[float, dict[int, float]]:
    """What it takes to have read all candidates that are not; and, by the id of each cut piece, those with a part of it."""
    owners = {id(part): piece for piece, cut in parts.items() for part in cut}
    work, shares = 0.0, dict.fromkeys(parts, 0.0)
    for lattice in lattices:
        for candidate in lattice.candidates:
            if candidate.picture is None:
                work += _work(candidate)
                for piece in {owners[id(part)] for part in candidate.parts if id(part) in owners}:
                    shares[piece] += _work(candidate)
    return work, shares


def _cut(piece: Piece, line: _Line) -> list[Piece]:
    """The piece cut from top to bottom wherever little ink is in the way; itself if there is no such place."""
    scale = CUT_HEIGHT / piece.height
    width = max(3, round(piece.width * scale))
    small = np.asarray(Image.fromarray(piece.strength).resize((width, CUT_HEIGHT), Image.Resampling.BOX))
    ways = _cuts(small, max(2, round(CUTS_PER_HEIGHT * piece.width / line.height)))
    rows = (np.arange(piece.height) + 0.5) * scale - 0.5
    columns = np.arange(piece.width)
    rest, parts, cut = piece.strength.copy(), [], 0.0
    start = 0  # of the columns that are not cut off in all rows
    for cost, way in ways:
        borders = np.interp(rows, np.arange(CUT_HEIGHT), way + 0.5) / scale
        end = math.ceil(borders.max())
        left, near = columns[start:end] < borders[:, None], rest[:, start:end]
        part = tight(np.where(left, near, 0), piece.box[0] + start, piece.box[1], cut)
        if part is not None and part.strength.sum() >= MIN_INK:
            parts.append(part)
            near[left] = 0
            cut, start = cost, max(start, math.ceil(borders.min()))
    part = tight(rest[:, start:], piece.box[0] + start, piece.box[1], cut)
    if part is not None:
        parts.append(part)
    return parts


def _cuts(strength: np.ndarray, most: int) -> list[tuple[float, np.ndarray]]:
    """The cheapest ways from top to bottom that part the ink differently, from left to right.

    They are looked for from each gap between strokes, and through each long stroke, in a few rows: from there, up and
    down, once as straight through all ink as can be and once through the ink where two strokes merged.

    Args:
        strength: float32 (h, w), 0 to 1.
        most: how many at the most.

    Returns:
        For each what it pays, and the column that it has in each row, int (h,).
    """
    height = len(strength)
    found = []
    strengths = np.stack([strength, _resistance(strength)])
    costs, ways = _seams(strengths)
    for number in range(len(strengths)):
        for row in (round(share * height) for share in CUT_ROWS):
            places = np.array(_promising(costs[number, row], strength[row] >= 0.5), int)
            places = places[costs[number, row, places] <= CUT_INK]
            found += zip(costs[number, row, places].tolist(), ways(number, row, places), strict=True)
    # How much ink lies to the left of each way: ways that have the same there are the same cut.
    before = np.pad(strength.cumsum(axis=1), ((0, 0), (1, 0)))
    chosen, lefts = [], np.empty((most, height), before.dtype)
    for cost, way in sorted(found, key=lambda one: one[0]):
        if len(chosen) == most:
            break
        left = before[np.arange(height), way]
        if (np.abs(lefts[: len(chosen)] - left).sum(axis=1) >= CUT_APART).all():
            lefts[len(chosen)] = left
            chosen.append((cost, way))
    return sorted(chosen, key=lambda one: one[1].mean())


def _promising(costs: np.ndarray, inked: np.ndarray) -> list[int]:
    """Where the cheapest ways through one row lie: one for each gap between strokes and for each long stroke.

    Args:
        costs: float (w,), of the way through each place.
        inked: bool (w,), whether there is a stroke.
    """
    edges = [0, *(np.flatnonzero(np.diff(inked)) + 1).tolist(), len(inked)]
    places = []
    for first, end in zip(edges[:-1], edges[1:], strict=True):
        if inked[first]:  # near a stroke's side, a way would only scratch it
            first, end = first + CUT_INSIDE, end - CUT_INSIDE
        elif first == 0 or end == len(inked):
            continue
        if first < end:
            places.append(first + int(costs[first:end].argmin()))
    return places


def _resistance(strength: np.ndarray) -> np.ndarray:
    """What a cut pays at each pixel: for ink, but less within ink thicker than a stroke, where two strokes merged."""
    inked = strength >= 0.5
    if not inked.any():
        return strength
    depth = ndimage.distance_transform_edt(inked)
    # Within a stroke of even width, the depth grows evenly from its edge: its mean is half of that in the middle.
    half = 2 * float(depth[inked].mean()) - 0.5
    return np.where(depth > MERGED * half, MERGED_COST, 1) * strength


def _seams(strengths: np.ndarray) -> tuple[np.ndarray, Callable[[int, int, np.ndarray], np.ndarray]]:
    """The cheapest way from top to bottom through each pixel, going aside one pixel a row at most.

    Args:
        strengths: float (n, h, w), 0 to 1; several of the same size take little longer than one.

    Returns:
        float (n, h, w), the ink on each way and what it pays for going aside; and (number, row, columns (m,)) → the
        columns that the ways through these pixels have in each row, int (m, h).
    """
    count, height = strengths.shape[:2]
    costs, steps = _half_seams(np.concatenate([strengths, strengths[:, ::-1]]))
    up, down = costs[:count], costs[count:, ::-1]
    up_steps, down_steps = steps[:count], steps[count:, ::-1]

    def ways(number, row, columns):
        result = np.empty((height, len(columns)), int)
        result[row] = columns
        for above in range(row - 1, -1, -1):
            result[above] = result[above + 1] + up_steps[number, above + 1, result[above + 1]]
        for below in range(row + 1, height):
            result[below] = result[below - 1] + down_steps[number, below - 1, result[below - 1]]
        return result.T

    return up + down - strengths, ways


def _half_seams(strengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the cheapest way from the first row to each pixel costs, and how far aside its last step before came from."""
    costs, steps = np.empty(strengths.shape), np.zeros(strengths.shape, np.int8)
    costs[:, 0] = strengths[:, 0]
    from_left, from_right = np.full((2, len(strengths), strengths.shape[2]), np.inf)
    for row in range(1, strengths.shape[1]):
        above = costs[:, row - 1]
        from_left[:, 1:] = above[:, :-1] + CUT_STEP
        from_right[:, :-1] = above[:, 1:] + CUT_STEP
        nearer = np.minimum(above, from_left)
        steps[:, row] = np.where(from_right < nearer, 1, -(from_left < above).astype(np.int8))
        costs[:, row] = strengths[:, row] + np.minimum(nearer, from_right)
    return costs, steps


# ── The path ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _costs(lattice: _Lattice) -> list[tuple[_Candidate, str, float]]:
    """What each candidate may be, and the log-probability of that, less its costs."""
    line = lattice.line
    # A decimal mark stands between digits.
    tall = [number for number, piece in enumerate(line.pieces) if piece.height >= TALL * line.height] or [0]
    options = []
    for candidate in lattice.candidates:
        cost = candidate.cost
        pieces = line.pieces[candidate.first : candidate.end]
        cut = pieces[0].cut
        if cut:
            cost += CUT_BASE + CUT_COST * cut
        low = min(0.0, math.log(candidate.height / line.height)) / LOW_UNIT
        known = math.log(max(1e-9, float(candidate.probabilities.max()) * candidate.share)) - cost
        if candidate.probabilities.argmax() < DIGITS:  # a symbol may be as low and as wide as it likes
            known -= LOW_COST * low * low + WIDE_COST * max(0.0, candidate.width / line.height - WIDE)
        options.append((candidate, "known", known))
        if lattice.marks and tall[0] < candidate.first < tall[-1] and _is_low(candidate, line):
            options.append((candidate, "mark", -cost - MARK_COST))
        else:
            other = OTHER_COST + OTHER_APART * candidate.apart
            other += OTHER_WIDE * max(0.0, candidate.width / line.height - OTHER_WIDTH)
            options.append((candidate, "other", math.log(max(1e-9, 1 - candidate.share)) - cost - other))
    return options


def _is_low(ink: _Candidate, line: _Line) -> bool:
    """Whether this may be a decimal mark: small, and at the foot of the line."""
    return (
        ink.height <= MARK_HEIGHT * line.height
        and ink.width <= MARK_WIDTH * line.height
        and ink.middle[1] >= line.top + MARK_MIDDLE * line.height
    )


def _best_path(lattice: _Lattice, count: int | None) -> list[tuple[_Candidate, str, float]]:
    """The likeliest characters that use each piece once, with how likely each of them is among all ways.

    With `count`, of the ways with so many digits the likeliest, unless it is much less likely than another.
    """
    options = _costs(lattice)
    size = len(lattice.line.pieces)
    starting = [[] for _ in range(size)]
    for option in options:
        starting[option[0].first].append(option)
    counted = count is not None

    # best[i][n]: the likeliest way to use the pieces from i on, with n digits; 0 for any number if none is expected.
    best: list[dict[int, tuple[float, tuple | None]]] = [{} for _ in range(size)] + [{0: (0.0, None)}]
    for first in range(size - 1, -1, -1):
        for option in starting[first]:
            candidate, kind, score = option
            for digits, (rest, _) in best[candidate.end].items():
                number = digits + (kind == "known") if counted else 0
                if number not in best[first] or score + rest > best[first][number][0]:
                    best[first][number] = (score + rest, (option, digits))
    ends = best[0]
    digits = max(ends, key=lambda number: ends[number][0])
    if count in ends and ends[count][0] >= ends[digits][0] - NARROW_COUNT:
        digits = count
    chosen, place = [], 0
    while place < size:
        option, digits = best[place][digits][1]
        chosen.append(option)
        place = option[0].end
    certainty = _certainty(starting, size)
    return [(candidate, kind, certainty(candidate, kind, score)) for candidate, kind, score in chosen]


def _certainty(starting, size):
    """The share of all ways, weighed by their likelihood, that contain an option (forward-backward algorithm)."""
    after = np.full(size + 1, -np.inf)
    after[size] = 0.0
    for first in range(size - 1, -1, -1):
        scores = [score + after[candidate.end] for candidate, _, score in starting[first]]
        after[first] = np.logaddexp.reduce(scores)
    before = np.full(size + 1, -np.inf)
    before[0] = 0.0
    for first in range(size):
        for candidate, _, score in starting[first]:
            before[candidate.end] = np.logaddexp(before[candidate.end], before[first] + score)

    def certainty(candidate, kind, score):
        return float(min(1.0, math.exp(before[candidate.first] + score + after[candidate.end] - after[0])))

    return certainty


def _characters(labels: tuple[str, ...], lattice: _Lattice, path, page: Page) -> list[Character]:
    characters = []
    for candidate, kind, certainty in path:
        if kind == "mark":
            is_comma = (
                candidate.height > COMMA * candidate.width
                or candidate.box[3] > lattice.line.bottom + 0.12 * lattice.line.height
            )
            label, box = "," if is_comma else ".", page.to_image(candidate.box)
            characters.append(Character("mark", label, box, certainty, np.zeros(len(labels), np.float32), None))
        else:
            characters.append(
                _character(
                    labels,
                    candidate.box,
                    candidate.probabilities,
                    candidate.share,
                    candidate.picture,
                    certainty,
                    page,
                    kind,
                )
            )
    return characters


def _character(labels, box, probabilities, share, picture, certainty, page, kind=None) -> Character:
    """What the network read, as a character."""
    if kind is None:
        kind = "known" if share >= 0.5 else "other"
    if kind == "known":
        best = int(probabilities.argmax())
        kind, label = "digit" if best < DIGITS else "symbol", labels[best]
        confidence = float(probabilities.max()) * share * certainty
    else:
        label, confidence = "?", (1 - share) * certainty
    return Character(kind, label, page.to_image(box), confidence, probabilities, picture)
