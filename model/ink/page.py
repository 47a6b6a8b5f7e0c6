"""The ink of a page on which several digits stand: upright, in connected pieces, without the lines that were printed.

    find_page(image)    (H, W[, 3 | 4]) uint8 → Page or None

A page that lies askew is turned until its lines are level. Ruled lines, squared paper and the frames of forms are taken
out; the boxes that frames enclose are kept as places where a digit may stand.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from model.ink.image import difference_from_page, ink_levels, inked_part, reduced
from model.ink.limits import COMPONENT_AREAS, FRAME_ROUNDS, MOST_COMPONENTS, MOST_REGIONS, MOST_STRAIGHT, STRAIGHT_AREAS

Box = tuple[int, int, int, int]  # (left, top, right, bottom); right and bottom are not included

WORK_SIDE = 2_000  # a page is worked on with at most this many pixels a side: a sheet's digits keep 30 of height
REACH = 0.1  # of the page: no stroke of one digit among several is wider
GRID = 120  # cells a side on which the paper's brightness is estimated: shadows have edges

# Components. Heights are measured in that of a usual digit of the page.
MIN_INK = 4.0  # pixels of full ink; less is a grain of noise
SPECK = 0.012  # share of a usual component's ink; less is a speck

# Print fainter than writing.
FAINT = 0.6  # share of full ink that writing has and faint lines have not
FAINT_LONG = 2.0  # heights of a digit; so long are no strokes' edges
FAINT_SHARE = 0.5  # of all that is faint, in pieces so long

EIGHT = np.ones((3, 3), bool)  # pixels that touch at a corner belong together, too

# Tilt.
TILTS = np.arange(-8, 8.01, 0.5)  # degrees that are tried
TILT_GAIN = 1.08  # by which the lines must stand out more sharply for a page to be turned
LEAST_TILT = 0.75  # degrees; less does no harm

# Printed lines and frames.
LINE_SHARE = 0.014  # of the page's longer side: straight pieces of lines are at least so long …
LINE_LEAST = 17  # … and so many pixels
THICKNESSES = ((0.35, 5), (0.6, 12))  # lines are no thicker than this share of the piece, or so many pixels
LINE_SLIM = 5.0  # a line is so many times longer than thick
LINE_DARK = 0.3  # of full ink: where frames are so dark, they are parted from each other at this level
LINE_EDGE = 2  # pixels on either side of a line found there that are its blurred edge
GRID_POSTS = 3  # upright lines, or more, that lie at the inner lines of a grid
LINE_MEAN = 5  # pixels along a faint line whose mean counts
POST_LOWEST = 0.9  # of the usual height of the upright lines beside it; what is lower is a stroke
LINE_BRIDGE = 6  # pieces' lengths that a stroke may run along a line
LINE_COVERED = 0.8  # share of its length that shows ink
RULE_SHARE = 0.4  # a line without a frame is taken for a ruled one from this share of all ink's width …
RULE_HEIGHTS = 3.0  # … and so many times the height of a digit
BOX_ASPECTS = (0.35, 5.0)  # width over height of a box for one digit, or of a few that run into each other
WIDE_ROUND = 0.25  # of a box's width may be missing of a box that is several
BOX_FILLED = 0.8  # share of the rectangle around it that a box fills


class Placed:
    """What has a place: `box`, (left, top, right, bottom) on the working page."""

    box: Box

    @property
    def width(self) -> int:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> int:
        return self.box[3] - self.box[1]

    @property
    def middle(self) -> tuple[float, float]:
        """(x, y) of the box."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    @property
    def area(self) -> int:
        return self.width * self.height


@dataclass(frozen=True, eq=False)
class Piece(Placed):
    """Ink that is not divided further.

    Attributes:
        box: (left, top, right, bottom) on the working page.
        strength: float32 (bottom - top, right - left), 0 where the ink is another piece's.
        cut: pixels of ink, at CUT_HEIGHT, that were cut through to part it from the piece before; 0 for whole ink.
    """

    box: Box
    strength: np.ndarray
    cut: float = 0.0


def joined(pieces: list[Piece]) -> Piece:
    """All of these as one piece."""
    if len(pieces) == 1:
        return pieces[0]
    boxes = np.array([piece.box for piece in pieces])
    left, top = boxes[:, :2].min(axis=0).tolist()
    right, bottom = boxes[:, 2:].max(axis=0).tolist()
    strength = np.zeros((bottom - top, right - left), np.float32)
    for piece in pieces:
        x, y = piece.box[0] - left, piece.box[1] - top
        part = strength[y : y + piece.height, x : x + piece.width]
        np.maximum(part, piece.strength, out=part)
    return Piece((left, top, right, bottom), strength, pieces[0].cut)


def tight(strength: np.ndarray, left: int, top: int, cut: float = 0.0) -> Piece | None:
    """The piece of this ink without empty rows and columns around it; None if there is no ink."""
    if not strength.any():
        return None
    part = inked_part(strength)
    y, x = part[0].start, part[1].start
    strength = strength[part]
    return Piece((left + x, top + y, left + x + strength.shape[1], top + y + strength.shape[0]), strength, cut)


@dataclass(frozen=True, eq=False)
class Page:
    """The ink of a page. The working page is the part of it that has ink, upright.

    Attributes:
        pieces: connected ink.
        height: of a usual digit, in pixels of the working page.
        cells: a form's boxes on the working page, in rows from top to bottom.
        to_image: a box on the working page → the box on the image.
        left_out: how many more pieces there are than are taken (`limits`); specks are none.
    """

    pieces: list[Piece]
    height: float
    cells: list[list[Box]]
    to_image: Callable[[Box], Box]
    left_out: int = 0


def find_page(image: np.ndarray) -> Page | None:
    """The ink of a page, or None if there is none.

    Args:
        image: as for `image.prepare`, checked.
    """
    factor = -(-max(image.shape[:2]) // WORK_SIDE)
    difference, page_is_even = difference_from_page(reduced(image, factor), REACH, GRID)
    levels = ink_levels(difference, page_is_even, factor)
    if levels is None:
        return None
    contrast, threshold = levels
    tilt = _tilt(difference >= threshold)
    upright = difference
    if tilt:
        upright = np.asarray(Image.fromarray(difference).rotate(tilt, Image.Resampling.BILINEAR, expand=True))
    page_shape = upright.shape
    inked = upright >= threshold
    if not inked.any():
        return None
    # What follows takes time for each pixel: it sees the ink and, around it, as much as lines and frames reach.
    length = max(LINE_LEAST, round(LINE_SHARE * max(page_shape)) | 1)
    margin = LINE_BRIDGE * length
    part = tuple(slice(max(0, span.start - margin), span.stop + margin) for span in inked_part(inked))
    upright, inked = upright[part], inked[part]
    to_image = _back(tilt, page_shape, difference.shape, factor, image.shape[1::-1], (part[1].start, part[0].start))

    components = _components(upright, inked, contrast)
    if not page_is_even:
        strong = upright >= FAINT * contrast
        strong_components = _components(upright, strong, contrast)
        if strong_components is not None and _is_long(inked & ~strong, FAINT_LONG * strong_components.usual_height):
            inked, components = strong, strong_components
    if components is None:
        return None
    height = components.usual_height
    lines, cells = _printed_lines(upright, contrast, threshold, height, page_is_even, length, page_shape[0])
    if lines is not None:
        components = _components(upright, inked & ~lines, contrast)
    if components is None:
        return Page([], 1.0, cells, to_image) if cells else None
    pieces = _pieces(components, upright, contrast)
    return Page(pieces, components.usual_height, cells, to_image, components.count - len(pieces))


def _back(tilt, turned, shape, factor, size, corner):
    """From a box on the upright working page, whose part from `corner` (x, y) on is worked on, to one on the image."""
    angle = math.radians(tilt)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])

    def to_image(box):
        corners = np.array([(x, y) for x in box[::2] for y in box[1::2]], float) + corner
        if tilt:
            # Pillow turns about the middle, counter-clockwise; here each point goes back.
            corners = (corners - (turned[1] / 2, turned[0] / 2)) @ turn.T + (shape[1] / 2, shape[0] / 2)
        corners *= factor
        (left, top), (right, bottom) = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
        left, right = (int(min(max(0, value), size[0])) for value in (left, right))
        top, bottom = (int(min(max(0, value), size[1])) for value in (top, bottom))
        return left, top, max(right, left + 1), max(bottom, top + 1)

    return to_image


def _tilt(inked: np.ndarray) -> float:
    """By how many degrees the page must be turned, counter-clockwise, for its lines to be level; 0 if they are.

    The rows of a level page are full or empty, so the sum of their squares is largest (projection profile: Postl,
    "Detection of linear oblique structures and skew scan in digitized documents", 1986).
    """
    pixels = np.flatnonzero(inked)
    if len(pixels) < 50:
        return 0.0
    height, width = (part.stop - part.start for part in inked_part(inked))
    if width - 1 < 2 * (height - 1) / 3:
        return 0.0
    some = pixels[:: 1 + len(pixels) // 20_000]
    rows, columns = (values.astype(np.float32) for values in divmod(some, inked.shape[1]))
    bin_height = max(1.0, np.ptp(rows) / 150)

    def sharpness(angle):
        level = (rows - columns * math.tan(math.radians(angle))) / bin_height
        counts = np.bincount((level - level.min()).astype(int))
        return float((counts.astype(np.float64) ** 2).sum())

    scores = [sharpness(angle) for angle in TILTS]
    best = int(np.argmax(scores))
    if scores[best] < TILT_GAIN * sharpness(0.0):
        return 0.0
    finer = TILTS[best] + np.arange(-0.4, 0.41, 0.1)
    angle = float(max(finer, key=sharpness))
    return angle if abs(angle) >= LEAST_TILT else 0.0


def _is_long(faint: np.ndarray, length: float) -> bool:
    """Whether most of what is faint, bool (H, W), are lines of at least this length, as on squared paper."""
    # Such lines are torn by noise, hence grown.
    labels, count = ndimage.label(_grown(faint), structure=EIGHT)
    if not count:
        return False
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    may_be = np.flatnonzero(areas >= length)
    _keep(labels, np.flatnonzero(labels), may_be, count)
    left, top, right, bottom = _places(labels).T
    long = may_be[np.maximum(right - left, bottom - top) >= length]
    return bool(areas[long].sum() >= FAINT_SHARE * areas.sum())


@dataclass(frozen=True, eq=False)
class _Components:
    """Connected ink without specks.

    Attributes:
        labels: int32 (H, W), 1 for the pixels of the first component, and so on; 0 where there is none.
        places: int (N, 4), the boxes around them.
        amounts: float (N,), pixels of full ink.
        count: how many there are, N or, on a page of more than are taken, more.
    """

    labels: np.ndarray
    places: np.ndarray
    amounts: np.ndarray
    count: int

    @property
    def usual_height(self) -> float:
        """Of those that are not much smaller than the largest."""
        heights = self.places[:, 3] - self.places[:, 1]
        return float(np.median(heights[self.amounts >= 0.15 * np.percentile(self.amounts, 90)]))


def _components(difference: np.ndarray, inked: np.ndarray, contrast: int) -> _Components | None:
    """The components, those with most ink first; None if there are none."""
    labels, count = ndimage.label(inked, structure=EIGHT)
    pixels = np.flatnonzero(labels)
    owners, values = labels.ravel()[pixels], difference.ravel()[pixels]
    amounts = np.bincount(owners, values, count + 1)[1:] / contrast
    large = np.flatnonzero(amounts >= MIN_INK)
    if not len(large):
        return None
    large = large[np.argsort(-amounts[large], kind="stable")]
    most = amounts[large[:MOST_COMPONENTS]]
    large = large[amounts[large] >= SPECK * np.median(most[most >= 0.1 * most[0]])]
    taken = large[:MOST_COMPONENTS]
    owners = _keep(labels, pixels, taken, count)
    inks = np.bincount(owners, np.minimum(values, contrast), len(taken) + 1)[1:] / contrast
    return _Components(labels, _places(labels), inks, len(large))


def _pieces(components: _Components, difference: np.ndarray, contrast: int) -> list[Piece]:
    """The components as pieces. Where their boxes cover the page too often, the largest boxes are left out."""
    left, top, right, bottom = components.places.T
    areas = (right - left) * (bottom - top)
    smallest_first = np.argsort(areas, kind="stable")
    fits = smallest_first[areas[smallest_first].cumsum() <= COMPONENT_AREAS * difference.size]
    pieces = []
    for number in np.sort(fits).tolist():
        left, top, right, bottom = box = tuple(components.places[number].tolist())
        own = components.labels[top:bottom, left:right] == number + 1
        strength = np.where(own, difference[top:bottom, left:right], 0) * np.float32(1 / contrast)
        pieces.append(Piece(box, np.minimum(strength, 1)))
    return pieces


def _keep(labels: np.ndarray, pixels: np.ndarray, chosen: np.ndarray, count: int) -> np.ndarray:
    """Labels a few of `count` components anew, from 1 on, and all others 0.

    Args:
        labels: int32 (H, W), as `ndimage.label` gives them; changed in place.
        pixels: int (M,), places in the flat `labels` of all that are not 0.
        chosen: int (N,), the components in their new order: 0 for that with label 1.

    Returns:
        int32 (M,), the new labels of these pixels.
    """
    numbers = np.zeros(count + 1, np.int32)
    numbers[chosen + 1] = np.arange(1, len(chosen) + 1)
    flat = labels.ravel()
    flat[pixels] = numbers[flat[pixels]]
    return flat[pixels]


def _places(labels: np.ndarray) -> np.ndarray:
    """The boxes (left, top, right, bottom) around all components: int (N, 4)."""
    places = [(x.start, y.start, x.stop, y.stop) for y, x in ndimage.find_objects(labels)]
    return np.array(places, int).reshape(-1, 4)


# ── Printed lines and frames ──────────────────────────────────────────────────────────────────────────────────────────


def _printed_lines(
    difference: np.ndarray,
    contrast: int,
    threshold: float,
    height: float,
    sharp: bool,
    length: int,
    page_height: int,
):
    """Which pixels are ruled lines or frames, (H, W) bool or None, and the boxes that frames enclose.

    Lines are looked for in several ways, of which the one that shows most boxes is right: as thin and thicker ones, and
    in all ink and in what is darker. In a photograph, printed lines are blurred, and torn where they are faint: there,
    they are looked for in the mean of a few pixels along them.
    """
    along, down = difference, difference
    if not sharp:
        along, down = (ndimage.uniform_filter1d(difference, LINE_MEAN, axis=axis) for axis in (1, 0))
    ink = along >= threshold, down >= threshold
    if not ink[0].any():
        return None, []
    ruled = max(RULE_SHARE * np.ptp(np.flatnonzero(ink[0].any(axis=0))), RULE_HEIGHTS * height)
    ruled = ruled, max(RULE_SHARE * page_height, ruled)
    found = []
    for level in sorted({threshold, max(threshold, LINE_DARK * contrast)}):
        dark, edge = ((along >= level, down >= level), LINE_EDGE) if found else (ink, 1)
        for share, least in THICKNESSES:
            found.append(_lines_of(dark, ink, edge, ruled, length, max(least, round(share * length))))
            if (sharp or len(found) == len(THICKNESSES)) and all(lines is None for lines, _ in found):
                return None, []  # as of nearly every drawing
    return max(found, key=lambda lines: sum(map(len, lines[1])))


def _lines_of(dark, ink, edge: int, ruled: tuple[float, float], length: int, thickest: int):
    """As `_printed_lines`, from straight pieces at least so long and at most so thick, in pixels.

    Args:
        dark: where level and where upright lines are looked for, two (H, W) bool.
        ink: what is taken out with them, likewise.
        edge: by how much they may be thicker in `ink` on each side, in pixels.
        ruled: from which length on level and upright lines need no frame, in pixels.
    """
    level, level_labels = _straight(dark[0], length, thickest)
    if not len(level):
        return None, []
    upright, upright_labels = _straight(dark[1].T, length, thickest)
    near = max(4, length // 5)

    # Which ends of level lines (rows) and upright ones (columns) lie at each other.
    left, top, right, bottom = level.T[:, :, None]
    post_top, post_left, post_bottom, post_right = upright.T[:, None, :]
    x, y = (post_left + post_right) / 2, (top + bottom) / 2
    meet = (left - near <= x) & (x <= right + near) & (post_top - near <= y) & (y <= post_bottom + near)
    reach_down, reach_aside = near + bottom - top, near + post_right - post_left
    at_left, at_right = meet & (abs(left - x) <= reach_aside), meet & (abs(right - x) <= reach_aside)
    at_top, at_bottom = meet & (abs(post_top - y) <= reach_down), meet & (abs(post_bottom - y) <= reach_down)

    # A frame's side meets another at each end. What does not is none, and so on until all that is left does.
    heights = (post_bottom - post_top)[0]
    long_line, long_post = (right - left)[:, 0] >= ruled[0], heights >= ruled[1]
    beside = np.where((post_top < post_bottom.T) & (post_bottom > post_top.T), heights, np.nan)
    lines, posts = np.ones(len(level), bool), np.ones(len(upright), bool)
    for _ in range(FRAME_ROUNDS):
        before = lines.sum() + posts.sum()
        posts &= long_post | (at_top[lines].any(axis=0) & at_bottom[lines].any(axis=0))
        # A stroke that goes through a box from side to side has another line beyond it; so have a grid's inner lines, at
        # which more sides lie.
        highest = np.where(at_top & lines[:, None], bottom, len(ink[0])).min(axis=0)
        lowest = np.where(at_bottom & lines[:, None], top, -1).max(axis=0)
        last_top, last_bottom = at_top & (top <= highest), at_bottom & (bottom >= lowest)
        held = last_top | last_bottom | (meet[:, posts].sum(axis=1) >= GRID_POSTS)[:, None]
        lines &= long_line | ((at_left & held)[:, posts].any(axis=1) & (at_right & held)[:, posts].any(axis=1))
        # The sides of boxes that stand beside each other are as high; strokes that end at two lines are not.
        posts[posts] = heights[posts] >= POST_LOWEST * _medians(beside[posts][:, posts])
        if lines.sum() + posts.sum() == before:
            break
    else:
        return None, []
    if not before:
        return None, []

    gone, level_frame = _taken_out(ink[0], level, level_labels, lines, edge)
    gone_upright, upright_frame = _taken_out(ink[1].T, upright, upright_labels, posts, edge)
    crossings = _grown(level_frame & upright_frame.T, edge)
    return gone | gone_upright.T | crossings, _boxes(level_frame | upright_frame.T, near)


def _medians(values: np.ndarray) -> np.ndarray:
    """Of each row, (N, N) with at least one number in each, without what is NaN: as `np.nanmedian`, but fast."""
    ordered = np.sort(values, axis=1)  # NaN goes to the end
    counts = np.count_nonzero(~np.isnan(values), axis=1)
    rows = np.arange(len(values))
    return (ordered[rows, (counts - 1) // 2] + ordered[rows, counts // 2]) / 2


def _taken_out(
    inked: np.ndarray, places: np.ndarray, labels: np.ndarray, chosen: np.ndarray, edge: int
) -> tuple[np.ndarray, np.ndarray]:
    """The ink that goes with level lines, and their pixels.

    Args:
        places, labels: as `_straight` gives them.
        chosen: bool, for each of them whether it counts.
        edge: pixels on either side that belong to a line if there is ink.
    """
    gone, frame = np.zeros(inked.shape, bool), np.zeros(inked.shape, bool)
    for number in np.flatnonzero(chosen).tolist():
        left, top, right, bottom = places[number].tolist()
        part = slice(max(0, top - edge - 1), bottom + edge + 1), slice(max(0, left - edge - 1), right + edge + 1)
        own, ink = labels[part] == number + 1, inked[part]
        frame[part] |= own
        thick = _dilated(own, 2 * edge + 1)[edge:-edge] & ink
        # Where a stroke crosses the line, there is ink on both sides of it: there it stays.
        gone[part] |= thick & ~_reaches_beyond(ink, thick)[None, :]
    return gone, frame


def _reaches_beyond(ink: np.ndarray, line: np.ndarray) -> np.ndarray:
    """In which columns of a level line there is ink right above and right below it."""
    rows = np.arange(ink.shape[0])[:, None]
    top = np.where(line.any(axis=0), line.argmax(axis=0), 0)
    bottom = np.where(line.any(axis=0), ink.shape[0] - 1 - line[::-1].argmax(axis=0), 0)
    above = (ink & (rows < top) & (rows >= top - 2)).any(axis=0)
    below = (ink & (rows > bottom) & (rows <= bottom + 2)).any(axis=0)
    return above & below


def _straight(inked: np.ndarray, length: int, thickest: int) -> tuple[np.ndarray, np.ndarray]:
    """Level lines: their boxes (left, top, right, bottom), int (N, 4), and the labels of their pixels, int32 (H, W)."""
    # A line that is not quite level, or a little torn, still counts. What is thick is a stroke; a line goes on behind it.
    thin = _grown(inked & ~_opened(inked, thickest + 1))
    thin |= _closed(thin.T, LINE_BRIDGE * length + 1).T & _grown(inked)
    run = _opened(thin.T, length).T
    run = _eroded(np.pad(run, ((1, 1), (0, 0)), constant_values=True), 3)  # as thick again as it was
    labels, count = ndimage.label(run, structure=EIGHT)
    places = _places(labels)
    if not count:
        return places, labels
    pixels = np.flatnonzero(labels)
    left, top, right, bottom = places.T
    widths = right - left
    slim = widths >= np.maximum(
        length, LINE_SLIM * np.bincount(labels.ravel()[pixels], minlength=count + 1)[1:] / widths
    )
    chosen = np.flatnonzero(slim)
    chosen = chosen[np.argsort(-widths[chosen], kind="stable")][:MOST_STRAIGHT]
    areas = widths[chosen] * (bottom - top)[chosen]
    chosen = np.sort(chosen[areas.cumsum() <= STRAIGHT_AREAS * labels.size])

    owners = _keep(labels, pixels, chosen, count) * inked.ravel()[pixels]
    covered = np.zeros((len(chosen) + 1, inked.shape[1]), bool)
    covered[owners, pixels % inked.shape[1]] = True
    dark = np.flatnonzero(covered[1:].sum(axis=1) / widths[chosen] >= LINE_COVERED)
    _keep(labels, pixels, dark, len(chosen))
    return places[chosen[dark]], labels


# Binary morphology along the columns. Each step joins two windows to one of up to twice the length, which takes a quarter
# to a tenth of the time of scipy's filters: those are made for grey.


def _eroded(pixels: np.ndarray, length: int) -> np.ndarray:
    """Where `length` pixels of a column, from here down, are all set: bool (H, W) → (H - length + 1, W)."""
    done = 1
    while done < length:
        step = min(done, length - done)
        pixels = pixels[:-step] & pixels[step:]
        done += step
    return pixels


def _dilated(pixels: np.ndarray, length: int) -> np.ndarray:
    """Each pixel spread over `length` of its column, from here down: bool (H, W) → (H + length - 1, W)."""
    spread = np.zeros((len(pixels) + length - 1, pixels.shape[1]), bool)
    spread[: len(pixels)] = pixels
    done = 1
    while done < length:
        step = min(done, length - done)
        spread[step:] |= spread[:-step]
        done += step
    return spread


def _opened(pixels: np.ndarray, length: int) -> np.ndarray:
    """What of each column, bool (H, W), are runs of at least `length` pixels."""
    return np.zeros_like(pixels) if len(pixels) < length else _dilated(_eroded(pixels, length), length)


def _closed(pixels: np.ndarray, length: int) -> np.ndarray:
    """Columns, bool (H, W), with gaps shorter than `length` filled, as if the page was mirrored at its edges."""
    mirrored = np.pad(pixels, ((length // 2, length // 2), (0, 0)), mode="symmetric")
    return _eroded(_dilated(mirrored, length), length)[length // 2 : length // 2 + len(pixels)]


def _grown(pixels: np.ndarray, by: int = 1) -> np.ndarray:
    """Each pixel, bool (H, W), and all within so many rows and columns of it."""
    return _dilated(_dilated(pixels, 2 * by + 1)[by:-by].T, 2 * by + 1)[by:-by].T


def _boxes(frame: np.ndarray, near: int) -> list[list[Box]]:
    """The boxes for one digit each that the lines of `frame` enclose, in rows."""
    closed = _grown(frame, max(1, near // 2))
    labels, count = ndimage.label(~closed)
    if count > MOST_REGIONS:
        return []
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    places = _places(labels)
    left, top, right, bottom = places.T
    width, height = right - left, bottom - top
    inside = (top > 0) & (left > 0) & (bottom < frame.shape[0]) & (right < frame.shape[1])
    formed = (BOX_ASPECTS[0] <= width / height) & (width / height <= BOX_ASPECTS[1])
    cells = places[inside & formed & (areas >= BOX_FILLED * height * width)].tolist()
    if cells:
        usual = np.median([bottom - top for _, top, _, bottom in cells])
        cells = [cell for cell in cells if 0.6 <= (cell[3] - cell[1]) / usual <= 1.6]
    if not cells:
        return []
    # A box as wide as several is several whose frame was not seen between them.
    wide = np.median([right - left for left, _, right, _ in cells])
    cells = [
        (round(left + part * (right - left) / count), top, round(left + (part + 1) * (right - left) / count), bottom)
        for left, top, right, bottom in cells
        for count in [max(1, int((right - left) / wide + WIDE_ROUND))]
        for part in range(count)
    ]
    rows = []
    for cell in sorted(cells, key=lambda cell: cell[1] + cell[3]):
        middle = (cell[1] + cell[3]) / 2
        if rows and middle < rows[-1][-1][3]:
            rows[-1].append(cell)
        else:
            rows.append([cell])
    return [sorted(row) for row in rows]
