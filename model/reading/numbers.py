"""Several digits on one page: found, judged, and put into lines. `Recognizer.read` is the door to it.

    page       the ink of the whole page                                                `model.ink.page.find_page`
    finds      where a network sees digits, marks and empty boxes, and another one
               that looks closer agrees                                                 `model.reading.finding.Finder`
    things     each digit judged again by the single digits' network, by its own ink    `_judged`
    scribbles  ink in which digits were found that do not make it up, unless something
               is expected to stand there                                               `_without_scribbles`
    unread     on a sheet, ink as high as its digits in which nothing was found         `_unread`
    print      on other pages, lines of doubtful digits that are far lower than others  `_without_print`
    lines      what stands side by side, level or tilted                                `_lines`
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from scipy import ndimage

from model.data.pages import CLASSES, DIGITS, EMPTY
from model.ink.image import Ink, check_image, find_ink, normalize
from model.ink.limits import BATCH, MOST_FINDS
from model.ink.page import (
    EIGHT,
    Box,
    Components,
    Page,
    clockwise,
    common_areas,
    find_page,
    ink_in,
    weighted_median,
    whole_ink,
)

if TYPE_CHECKING:  # pages of the app use this module before TensorFlow is there
    from model.reading.finding import Find, Finder

# Who is listened to where a digit's ink touches nothing else.
ALONE = 0.4  # the single digits' network's weight against those that find, for logarithms of probabilities
DENIED = 0.3  # what its word that this is no digit counts for
RESEMBLING = 0.4  # how likely the likeliest digit is, below which it is less likely that this is one at all
READABLE = 0.35  # how likely a digit stands somewhere, from which it is read …
DOUBTFUL = 0.3  # … and from which something stands there, "?"
COUNTED, KEPT = 0.05, 0.9  # the same for as many digits as are expected; from this on, more than these
MARKED = 0.3  # how likely a decimal mark stands somewhere, from which it is one …
MARKED_ALONE, MARKED_TOUCHING = 0.12, 0.15  # … and in an amount without another, if it stands by itself or touches a line
# What the network that finds says of marks and empty boxes is brought to how often it is right, on the logistic scale, as
# measured with its digits: of those of validation pages that it gave .4, .5, .6 and .7, 0.1, 0.5, 0.9 and all were right.
STEEPER, HIGHER = 5.0, 0.4
NOTHING = 0.02  # how likely all ink of a page is a digit, below which none that was found in it counts, if it is one alone
PART = 0.2  # how likely what is found is a digit, for it to be weighed against one digit of all its ink
EMPTIED = 0.55  # how likely a box is empty, from which it is shown

# Which way is up.
AT_EASE = 0.95  # how sure the digits are on the average, from which a page lies as it should
HEIGHTS_AROUND = 11.0  # heights of a digit to each side of the middle one that are looked at from all sides
FEWEST, AS_MUCH = 4, 0.6  # digits that have to be found from a side, and of what is found as the page lies
TURNED, BETTER = 0.6, 0.06  # how sure the network that finds is of them on the average, and by how much surer

# Which ink is a find's own.
AROUND = 0.1  # of its sides, around its box
SPARSE = 0.02  # ink of its own that a digit has at the least, of its height's square: a thin one has 0.035
SURELY = 0.75  # how likely it is that digit, from which it needs no such ink; a thin one between two that touch it has none …
THIN = 0.42  # … and may look like other digits, too: its width over its height, at the most
LOOSE_INK = 0.135  # times the ink of likelier ones, for its height, that loose ink beside one of them has at the most …
LOOSE_NEAR = 0.15  # … their usual height away at the most …
LOOSE_SURE = 0.98  # … unless it is so likely a digit
WHOLE = 0.85  # share of a component that lies within, for it to belong there with all it has
FOREIGN = 0.1  # share of other ink within, up to which a digit stands alone
FITTING = 0.8  # overlap over union of that ink's box and the find's: else it has parts of a frame
MARK_FITTING = 0.3  # the same for a decimal mark, which is small
JOINED = 0.9  # how likely ink in which several were found is one digit, by a closer look, for it to be one
WIDEST = 1.3  # width over height of ink that may be one digit though several were found in it
# Scribbles have strokes that look like digits, but doubtful ones, which do not make them up. Of 3,950 pieces of ink of
# validation pages, in which digits stand, none would be taken for one even by 0.9, 0.1 and 2.6.
DOUBTED = 0.6  # how sure the digits of a piece of ink are on the average, below which it may be a scribble
LEFT_OVER = 0.25  # share of its ink that lies in the box of none of them, from which it is one
CROWDED = 3.0  # … or so many of them on a width of its height
EDGE = 1  # pixels from the edge of the page, up to which ink may go on beyond it
SCRIBBLE_WIDE, SCRIBBLE_HIGH = 3.0, 2.0  # its width over its height, and its height over its highest digit's, at the most
UNREAD = 0.5  # height of ink over that of the usual digit, at the least, to be something that cannot be read …
UNREAD_FREE = 0.75  # … and the share of it that lies in the box of nothing
INSIDE = 0.7  # share of a digit that lies within a likelier one, for it to be a part of that
COVERED = 0.6  # overlap over union from which a find is all the ink of its page

# Lines. Heights are those of the digits themselves.
NEIGHBOUR = 6.0  # heights: so far away, at the most, is what shows how a line is tilted
STEEPEST = 20.0  # degrees
SAME_LINE = 0.4  # share of the lower one's height that two must have in common to stand on one line
PRINT, PRINT_SURE = 0.5, 0.9  # times as high as usual digits are, and how sure its digits are, below which a line may be print
LOWEST = 0.35  # times as high as its neighbours are, at the least, is a digit
MARK_NEAR = 0.8  # heights from its neighbours' middle that a mark may lie above or below
MARK_HIGH = 1.15  # heights that a mark may have
COMMA_WIDE = 0.7  # width over height of a comma that looks like a one
COMMA_NEAR, COMMA_DEEP = 2.0, 0.3  # heights of its neighbours that it is from their middles, and may begin below them

# Symbols that were taught, in ink where no digit was found.
SYMBOL_HIGH = 0.3, 4.0  # times as high as a usual piece of ink, at the least and at the most
SYMBOL_GAP = 0.12  # of that height, between the parts of one symbol
SURE = 0.5  # how likely it is one of those that are known, from which it is

# The picture of what the network that finds sees.
FADED = 0.55  # share of its strength that the ink loses
DIM = 0.05  # how likely something has its middle somewhere, from which there is colour
CENTRE_COLOURS = (222, 86, 24), (32, 98, 214), (22, 140, 90)  # of digits, decimal marks and empty boxes

_POSTCODE = re.compile(r"postcode:([1-9][0-9]?)")


@dataclass(frozen=True, eq=False)
class Character:
    """One character of a line.

    Attributes:
        kind: "digit"; "symbol" (one that was taught); "mark" (a decimal mark or thousands separator); "empty" (a form's
            box with nothing in it); "other" (what cannot be read).
        label: "0" to "9"; the name of a symbol; "." or ","; "" for an empty box; "?" for what cannot be read.
        box: (left, top, right, bottom) on the page, in its pixels; right and bottom are not included.
        confidence: 0 to 1, how likely it is that kind and label are right.
        probabilities: float32 (L,), of each label, as in `Prediction`; zeros for marks and empty boxes.
        image: uint8 (28, 28), what the single digits' network saw; None for marks and empty boxes.
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
        left_out: how many pieces of ink were not looked at because the page holds more than is read of one
            (`model.ink.limits`).
        turned: by how many degrees, clockwise, the page was turned to be read: 0, 90, 180 or 270. Boxes are on the page as
            it lies.
    """

    lines: tuple[tuple[Character, ...], ...]
    left_out: int = 0
    turned: int = 0

    @property
    def text(self) -> str:
        """The lines, joined by line feeds; an empty box is a space, what cannot be read is "?"."""
        return self.to_text()

    def upright(self, size: tuple[int, int]) -> "Reading":
        """The same with its boxes on the page as it was read: turned.

        Args:
            size: (width, height) of the page as it lies.
        """
        lines = tuple(
            tuple(replace(one, box=clockwise(one.box, size, self.turned // 90)) for one in line) for line in self.lines
        )
        return replace(self, lines=lines, turned=0)

    def to_text(self, other: str = "?") -> str:
        """As `text`, with `other` in the place of each character that cannot be read."""
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


Probabilities = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def read(
    probabilities: Probabilities,
    labels: tuple[str, ...],
    finder: "Finder",
    image: np.ndarray,
    expect: str | None = None,
    is_drawn: bool = False,
) -> Reading:
    """All digits on a page, and symbols that were taught; see `Recognizer.read`.

    Args:
        probabilities: reads pictures of single digits, as `Recognizer.probabilities`.
        labels: of what it gives probabilities, the digits first.
        finder: says where they stand.
    """
    count = expected_count(expect)
    page = find_page(check_image(image))
    if page is None:
        return Reading(())
    looked = _as_it_lies if is_drawn else _upright
    page, components, finds, things = looked(probabilities, finder, page)
    scribbles = []
    if expect is None:  # where something is expected, it is there
        things, scribbles = _without_scribbles(probabilities, page, components, things)
    if len(labels) > DIGITS:
        things += _symbols(probabilities, page, components, things)
    things += scribbles
    boxes = [find for find in finds if find.kind == EMPTY and find.score >= EMPTIED] if expect == "form" else []
    if sum(thing.known >= DOUBTFUL for thing in things) < 2 and not boxes:
        things = _alone(probabilities, page, image, things)
    if is_drawn and expect is None:
        things += _unread(probabilities, page, components, things)
    things += [_Thing(find.box, find.score, "empty") for find in boxes]
    marks = [_Thing(find.box, find.score, "mark", CLASSES[find.kind]) for find in finds if find.is_mark]
    if expect == "amount":
        commas = [thing for thing in things if _is_comma(thing, things)]
        things = [thing for thing in things if thing not in commas]
        marks += [_Thing(thing.box, max(thing.known, MARKED), "mark", ",") for thing in commas]
    things = [thing for thing in things if thing.known >= (COUNTED if count else DOUBTFUL)]
    if not is_drawn:
        things = _without_print(things)
    lines = _lines(things)
    lines = [_without_specks(line) for line in lines]
    if count is not None:
        lines = [_counted(line, count) for line in lines if max(thing.known for thing in line) >= DOUBTFUL]
    if expect == "amount":
        sure = [mark for mark in marks if mark.known >= MARKED]
        # An amount has a mark as a rule: where none is sure, a less likely one will do, the less if it stands by itself.
        perhaps = [
            mark
            for mark in marks
            if mark.known >= (MARKED_ALONE if _stands_alone(page, components, mark.box) else MARKED_TOUCHING)
        ]
        marked = [(_marked(line, sure), line) for line in lines]
        lines = [one if any(thing.kind == "mark" for thing in one) else _marked(line, perhaps) for one, line in marked]
        lines = [_grouped(line) for line in lines]
    characters = (tuple(thing.character(labels, page) for thing in line) for line in lines)
    turned = -90 * page.quarters % 360
    return Reading(tuple(line for line in characters if line), components.left_out, turned)


def centres(finder: "Finder", image: np.ndarray) -> np.ndarray | None:
    """See `Recognizer.centres`."""
    page = find_page(check_image(image))
    if page is None:
        return None
    heat = finder.centres(page, Components.of(page))
    height, width = page.strength.shape
    layers = [Image.fromarray(np.round(255 * layer).astype(np.uint8)) for layer in np.moveaxis(heat, 2, 0)]
    hot = np.stack([np.asarray(layer.resize((width, height), Image.Resampling.BILINEAR)) for layer in layers], axis=2)
    hot = np.sqrt(np.maximum(0, hot / np.float32(255) - DIM) / (1 - DIM))  # what is half likely is to be seen well
    grey = 255 - (1 - FADED) * page.strength[..., None].astype(np.float32)
    share = np.minimum(1, hot.sum(axis=2, keepdims=True))
    colour = hot @ np.array(CENTRE_COLOURS, np.float32) / np.maximum(hot.sum(axis=2, keepdims=True), 1e-6)
    return np.round(grey * (1 - share) + colour * share).astype(np.uint8)


@dataclass(eq=False)
class _Thing:
    """What stands on a page, judged.

    Attributes:
        box: (left, top, right, bottom) on the working page.
        known: 0 to 1, how likely it is what it is taken for at all.
        kind, label: as of `Character`; of digits and symbols, `probabilities` say it.
        probabilities: float32 (L,), or None for marks and empty boxes.
        picture: what the single digits' network saw, or None.
    """

    box: tuple[float, float, float, float]
    known: float
    kind: str = ""
    label: str = ""
    probabilities: np.ndarray | None = None
    picture: np.ndarray | None = None

    @property
    def width(self) -> float:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]

    @property
    def middle(self) -> tuple[float, float]:
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    @property
    def is_readable(self) -> bool:
        return self.known >= READABLE

    @property
    def sureness(self) -> float:
        """How likely it is the likeliest of its labels."""
        return self.known * float(self.probabilities.max())

    @property
    def certainty(self) -> float:
        """As `known`; of marks and empty boxes, of which the network that finds is too modest, right as often as it says."""
        if self.probabilities is not None:
            return self.known
        known = min(max(self.known, 1e-6), 1 - 1e-6)
        return 1 / (1 + math.exp(-(STEEPER * math.log(known / (1 - known)) + HIGHER)))

    def character(self, labels: tuple[str, ...], page: Page) -> Character:
        box = page.to_image(self.box)
        if self.probabilities is None:
            return Character(self.kind, self.label, box, self.certainty, np.zeros(len(labels), np.float32), None)
        if self.kind == "other" or not self.is_readable:
            confidence = self.known if self.kind == "other" else 1 - self.known
            return Character("other", "?", box, confidence, self.probabilities, self.picture)
        best = int(self.probabilities.argmax())
        kind = "digit" if best < DIGITS else "symbol"
        confidence = float(self.probabilities[best]) * self.known
        return Character(kind, labels[best], box, confidence, self.probabilities, self.picture)


# ── Which way is up ───────────────────────────────────────────────────────────────────────────────────────────────────


def _upright(probabilities: Probabilities, finder: "Finder", page: Page) -> tuple:
    """A page as it is to be read, its components, what was found on it and what that is.

    Where the digits of a page are doubtful, all in all, a part of it is looked at from the other sides, too, and the page is
    turned if the network that finds is far surer from one of them. Small print beside large digits is not asked: it is looked
    at only once the page lies as it should.
    """
    components = Components.of(page)
    looks = finder.looks(page, components)
    is_all = not looks.small
    lies = _looked(probabilities, finder, page, components, finder.found(page, looks, is_all))
    if not is_all and sum(thing.known >= DOUBTFUL for thing in lies[-1]) < 2:  # it is the small that is written
        is_all = True
        lies = _looked(probabilities, finder, page, components, finder.found(page, looks))
    if best := _quarters(finder, page, lies[-1]):
        return _as_it_lies(probabilities, finder, page.turned(best))
    return lies if is_all else _looked(probabilities, finder, page, components, finder.found(page, looks))


def _quarters(finder: "Finder", page: Page, things: list[_Thing]) -> int:
    """How many quarters a page has to be turned to lie as it should.

    Args:
        things: what was found on it as it lies.
    """
    things = [thing for thing in things if thing.known >= DOUBTFUL]
    sureness = [thing.sureness for thing in things]
    if len(things) < 2 or np.mean(sureness) >= AT_EASE:
        return 0
    sizes = np.array([max(thing.width, thing.height) for thing in things])
    height = weighted_median(sizes, sizes**2)  # of a page on its side much print is taken for small digits
    x, y = np.median([thing.middle for thing, size in zip(things, sizes, strict=True) if size >= PRINT * height], axis=0)
    reach = HEIGHTS_AROUND * height
    rows, columns = (slice(max(0, int(middle - reach)), int(middle + reach)) for middle in (y, x))
    part = replace(page, strength=page.strength[rows, columns])
    sides = []
    for quarters in range(4):
        finds = [find for find in finder.looked(part.turned(quarters), height) if find.is_digit and find.score >= DOUBTFUL]
        sides.append([find.score * float(find.probabilities.max()) for find in finds])
    likely = [quarters for quarters in (1, 2, 3) if len(sides[quarters]) >= FEWEST]
    best = max(likely, key=lambda quarters: np.mean(sides[quarters]), default=0)
    # One digit that is sure among many that are lost does not make a page.
    is_better = sum(sides[best]) >= AS_MUCH * sum(sides[0])
    least = max(TURNED, np.mean(sides[0] or [0.0]) + BETTER)
    return best if best and is_better and np.mean(sides[best]) >= least else 0


def _as_it_lies(probabilities: Probabilities, finder: "Finder", page: Page) -> tuple:
    """A page that is not turned, its components, what was found on it and what that is."""
    components = Components.of(page)
    return _looked(probabilities, finder, page, components, finder.find(page, components))


def _looked(probabilities: Probabilities, finder: "Finder", page: Page, components: Components, finds: list["Find"]) -> tuple:
    """The page, its components, what was found on it, and what that is."""
    things = _judged(probabilities, page, components, [find for find in finds if find.is_digit])
    return page, components, finds, _distinct(_whole(probabilities, finder, page, components, things))


# ── Judging ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _judged(probabilities: Probabilities, page: Page, components: Components, finds: list["Find"]) -> list[_Thing]:
    """Digits that were found, with what the single digits' network says of their ink; the likeliest first."""
    finds = _inked(page, components, finds)
    inks = [_own_ink(page, components, find.box) for find in finds]
    sure = np.array([find.box for find in finds if find.score >= SURELY]).reshape(-1, 4)
    inked = [
        (find, ink[0], ink[1] and not _is_shared(ink[0], find, sure))
        for find, ink in zip(finds, inks, strict=True)
        if ink is not None
    ]
    pictures = [normalize(ink) for _, ink, _ in inked]
    things = []
    answers = _answers(probabilities, pictures)
    for (find, ink, is_alone), picture, (row, share) in zip(inked, pictures, answers, strict=True):
        known, mixed = _mixed(find, row, share, is_alone)
        if len(row) > DIGITS and not is_alone:
            # What was found in a symbol may be a part of it that looks like a digit.
            whole = _most_of(page, components, find.box)
            ((of_whole, sure),) = _answers(probabilities, [normalize(whole)])
            if of_whole.argmax() >= DIGITS and sure >= SURE:
                things.append(_judged_as(whole.box, sure, of_whole, normalize(whole)))
                continue
        box = ink.box if is_alone else find.box
        things.append(_Thing(box, known, probabilities=mixed, picture=picture))
    return things


def _inked(page: Page, components: Components, finds: list["Find"]) -> list["Find"]:
    """Without those that have hardly any ink but in the boxes of likelier ones: specks beside a digit are none, nor is what
    two digits make where they meet, which may well be a digit but resembles none of them much. Nor are loose strokes beside
    a digit, as it leaves them where it was cleaned or scanned badly: far thinner or paler than what its pen wrote."""
    kept: list[Find] = []
    inks: list[float] = []  # of those, for their heights
    is_taken = np.zeros(page.strength.shape, bool)
    for find in sorted(finds, key=lambda find: -find.score):
        part = _part(find.box)
        own = page.strength[part][(components.labels[part] > 0) & ~is_taken[part]].sum() / 255
        high, wide = is_taken[part].shape
        sure = find.score
        if find.kind != 1 or wide > THIN * high:
            sure *= float(find.probabilities.max())
        has_ink = own >= SPARSE * high**2 or sure >= SURELY
        if has_ink and not (kept and _is_loose(page, components, find, kept, float(np.median(inks)), is_taken)):
            kept.append(find)
            inks.append(page.strength[part].sum() / 255 / max(1, high))
            is_taken[part] = True
    return kept


def _is_loose(
    page: Page, components: Components, find: "Find", likelier: list["Find"], usual: float, is_taken: np.ndarray
) -> bool:
    """Whether a find has no ink but loose strokes beside a likelier one.

    Args:
        likelier: at least one.
        usual: ink of likelier ones, for their heights.
        is_taken: bool (H, W), what lies in the boxes of likelier ones.
    """
    if find.score >= LOOSE_SURE:
        return False
    boxes = np.array([one.box for one in likelier])
    near = LOOSE_NEAR * float(np.median(boxes[:, 3] - boxes[:, 1]))
    around = find.box[0] - near, find.box[1] - near, find.box[2] + near, find.box[3] + near
    if not common_areas(boxes, around).any():
        return False

    def inks(part, counts=1):
        """Ink of each component in a part of the page."""
        weights = page.strength[part] / 255 * counts
        return np.bincount(components.labels[part].ravel(), weights.ravel(), len(components.amounts) + 1)[1:]

    own = _part(find.box)
    free, there = inks(own, ~is_taken[own]), inks(_part(around))
    is_loose = (there >= WHOLE * components.amounts) & (free > 0.5 * there)
    if not 0 < WHOLE * free.sum() <= free[is_loose].sum():
        return False
    return there[is_loose].sum() < LOOSE_INK * usual * (find.box[3] - find.box[1])


def _part(box) -> tuple[slice, slice]:
    """The pixels of a page in a box."""
    left, top, right, bottom = (max(0, round(edge)) for edge in box)
    return slice(top, bottom), slice(left, right)


def _is_shared(ink: Ink, find: "Find", sure: np.ndarray) -> bool:
    """Whether another digit than this one lies where this ink is.

    Args:
        sure: (N, 4), boxes of what is a digit for sure, this one's among them if it is.
    """
    areas = (sure[:, 2:] - sure[:, :2]).prod(axis=1)
    there = np.count_nonzero(common_areas(sure, ink.box) > INSIDE * areas)
    return there > (find.score >= SURELY)


def _mixed(find: "Find", row: np.ndarray, share: float, is_alone: bool) -> tuple[float, np.ndarray]:
    """What all networks say of a digit: how likely it is one, and the probabilities of all labels. The single digits' network
    is listened to only where nothing had to be cut out for it.

    Args:
        row, share: probabilities of the labels, and of being one of them, as the single digits' network gives them.
    """
    if row.argmax() >= DIGITS and share >= SURE:  # a symbol that was taught looks like a digit, too
        return share, row
    digits = find.probabilities[:DIGITS] / max(1e-9, float(find.probabilities[:DIGITS].sum()))
    known = find.score
    if is_alone:
        logs = (1 - ALONE) * np.log(np.maximum(digits, 1e-6)) + ALONE * np.log(np.maximum(row[:DIGITS], 1e-6))
        digits = np.exp(logs - logs.max())
        digits /= digits.sum()
        known *= max(1e-6, share) ** DENIED
    mixed = np.zeros_like(row)
    mixed[:DIGITS] = digits
    # What resembles all digits a little is none: specks, and commas.
    return known * min(1.0, float(digits.max()) / RESEMBLING), mixed


def _own_ink(page: Page, components: Components, box, fitting: float = FITTING) -> tuple[Ink, bool] | None:
    """The ink of something that was found, and whether it touches nothing else; None if there is no ink.

    Args:
        fitting: overlap over union of the ink's box and this one from which it does not.
    """
    wide, high = AROUND * (box[2] - box[0]) + 1, AROUND * (box[3] - box[1]) + 1
    left, top = max(0, round(box[0] - wide)), max(0, round(box[1] - high))
    right, bottom = round(box[2] + wide), round(box[3] + high)
    labels = components.labels[top:bottom, left:right]
    if not labels.any():
        return None
    inside = np.bincount(labels.ravel(), page.strength[top:bottom, left:right].ravel() / 255, len(components.amounts) + 1)[1:]
    touched = np.flatnonzero(inside)
    whole = touched[inside[touched] >= WHOLE * components.amounts[touched]]
    foreign = inside[touched].sum() - inside[whole].sum()
    if len(whole) and foreign <= FOREIGN * inside[whole].sum():
        edges = components.boxes[whole]
        (left, top), (right, bottom) = edges[:, :2].min(axis=0), edges[:, 2:].max(axis=0)
        own = np.isin(components.labels[top:bottom, left:right], whole + 1)
        ink = whole_ink(np.where(own, page.strength[top:bottom, left:right], 0), int(left), int(top))
        if ink is not None and _overlap(ink.box, box) >= fitting:
            return ink, True
    ink = ink_in(page, box)
    return None if ink is None else (ink, False)


def _most_of(page: Page, components: Components, box) -> Ink:
    """All ink of the component that has most ink within a box; there has to be some."""
    left, top, right, bottom = (max(0, round(edge)) for edge in box)
    return _component_ink(page, components, int(np.bincount(components.labels[top:bottom, left:right].ravel())[1:].argmax()))


def _component_ink(page: Page, components: Components, number: int) -> Ink | None:
    """All ink of a component; None if it is too faint to be seen by itself."""
    left, top, right, bottom = components.boxes[number].tolist()
    own = components.labels[top:bottom, left:right] == number + 1
    return whole_ink(np.where(own, page.strength[top:bottom, left:right], 0), left, top)


def _by_component(components: Components, things: list[_Thing]) -> dict[int, list[_Thing]]:
    """What may be digits, by the number of the component that they are part of."""
    parts: dict[int, list[_Thing]] = {}
    for thing in things:
        if thing.known < PART:
            continue
        left, top, right, bottom = (max(0, round(edge)) for edge in thing.box)
        inside = np.bincount(components.labels[top:bottom, left:right].ravel())[1:]
        if inside.any() and inside.max() >= WHOLE * inside.sum():
            parts.setdefault(int(inside.argmax()), []).append(thing)
    return parts


def _whole(
    probabilities: Probabilities, finder: "Finder", page: Page, components: Components, things: list[_Thing]
) -> list[_Thing]:
    """With what is one digit, by the single digits' network and by a closer look, though several were found in its ink."""
    found, inks = [], []
    for number, some in _by_component(components, things).items():
        left, top, right, bottom = components.boxes[number].tolist()
        if len(some) < 2 or right - left > WIDEST * (bottom - top):
            continue
        ink = _component_ink(page, components, number)
        if ink is not None:
            found.append(some)
            inks.append(ink)
    if not inks:
        return things
    pictures = [normalize(ink) for ink in inks]
    closer = 1 - finder.judged(page, [ink.box for ink in inks])[:, -1]
    answers = _answers(probabilities, pictures)
    for some, ink, picture, (row, share), seen in zip(found, inks, pictures, answers, closer, strict=True):
        if seen >= JOINED and share * row.max() > np.mean([thing.known for thing in some]):
            things = [thing for thing in things if thing not in some]
            things.append(_judged_as(ink.box, share, row, picture))
    return things


def _without_scribbles(
    probabilities: Probabilities, page: Page, components: Components, things: list[_Thing]
) -> tuple[list[_Thing], list[_Thing]]:
    """What is left without what was found in scribbles, and those, each as something that cannot be read."""
    scribbles = []
    for number, some in _by_component(components, things).items():
        left, top, right, bottom = components.boxes[number].tolist()
        wide, high = right - left, bottom - top
        sureness = [thing.sureness for thing in some]
        if np.mean(sureness) >= DOUBTED or wide > SCRIBBLE_WIDE * high:
            continue
        # What runs off the page may be a shadow or a frame, and so may what is far larger than its digits.
        if min(left, top, page.strength.shape[1] - right, page.strength.shape[0] - bottom) <= EDGE:
            continue
        if high > SCRIBBLE_HIGH * max(thing.height for thing in some):
            continue
        ink = _component_ink(page, components, number)
        if ink is None or _left_over(ink, some) <= LEFT_OVER and (len(some) == 1 or len(some) * high <= CROWDED * wide):
            continue
        things = [thing for thing in things if thing not in some]
        picture = normalize(ink)
        ((row, _),) = _answers(probabilities, [picture])
        known = max(SURE, 1 - float(np.prod(sureness)))
        scribbles.append(_unreadable(ink.box, known, row, picture))
    return things, scribbles


def _unread(probabilities: Probabilities, page: Page, components: Components, things: list[_Thing]) -> list[_Thing]:
    """Ink in which nothing was found and which is about as high as the digits of a page, as something that cannot be read;
    not what goes around a digit."""
    things = [thing for thing in things if thing.known >= DOUBTFUL]
    if not things:
        return []
    usual = float(np.median([thing.height for thing in things]))
    middles = np.array([thing.middle for thing in things])
    inks = []
    for number, box in enumerate(components.boxes):
        if box[3] - box[1] < UNREAD * usual or ((middles > box[:2]) & (middles < box[2:])).all(axis=1).any():
            continue
        ink = _component_ink(page, components, number)
        if ink is not None and _left_over(ink, things) >= UNREAD_FREE:
            inks.append(ink)
    pictures = [normalize(ink) for ink in inks]
    return [
        _unreadable(ink.box, max(SURE, 1 - share), row, picture)
        for ink, picture, (row, share) in zip(inks, pictures, _answers(probabilities, pictures), strict=True)
    ]


def _left_over(ink: Ink, things: list[_Thing]) -> float:
    """The share of some ink that lies in the box of none of these."""
    free = ink.strength.astype(np.float32)
    for thing in things:
        left, top, right, bottom = (
            max(0, round(edge) - first) for edge, first in zip(thing.box, 2 * ink.box[:2], strict=True)
        )
        free[top:bottom, left:right] = 0
    return float(free.sum() / ink.strength.sum())


def _judged_as(box, share: float, row: np.ndarray, picture: np.ndarray) -> _Thing:
    """What the single digits' network alone says."""
    return _Thing(tuple(map(float, box)), share, probabilities=row, picture=picture)


def _unreadable(box, known: float, row: np.ndarray, picture: np.ndarray) -> _Thing:
    """What is no digit that the single digits' network knows."""
    return _Thing(tuple(map(float, box)), known, "other", "?", row, picture)


def _distinct(things: list[_Thing]) -> list[_Thing]:
    """Without those that lie within likelier ones."""
    things = sorted(things, key=lambda thing: -thing.known)
    boxes = np.array([thing.box for thing in things]).reshape(-1, 4)
    kept: list[int] = []
    for index, thing in enumerate(things):
        if (common_areas(boxes[kept], thing.box) <= INSIDE * thing.width * thing.height).all():
            kept.append(index)
    return [things[index] for index in kept]


def _stands_alone(page: Page, components: Components, box) -> bool:
    ink = _own_ink(page, components, box, MARK_FITTING)
    return ink is not None and ink[1]


def _answers(probabilities: Probabilities, pictures: list[np.ndarray]) -> Iterator[tuple[np.ndarray, float]]:
    """What the single digits' network says of each picture, in batches."""
    for first in range(0, len(pictures), BATCH):
        rows, shares = probabilities(np.stack(pictures[first : first + BATCH]))
        yield from zip(rows, map(float, shares), strict=True)


def _alone(probabilities: Probabilities, page: Page, image: np.ndarray, things: list[_Thing]) -> list[_Thing]:
    """What stands on a page on which one thing was found, or none: read as `Recognizer.recognize` reads it.

    If nothing was found, and the ink is no digit either, it is something that cannot be read; so is what was found in a
    scribble.
    """
    ink = find_ink(image)
    if ink is None:
        return things
    box = tuple(edge / page.factor for edge in ink.box)
    best = max(things, key=lambda thing: thing.known, default=None)
    if best is not None and best.known >= DOUBTFUL and _overlap(box, best.box) < COVERED:
        return things
    picture = normalize(ink)
    ((row, share),) = _answers(probabilities, [picture])
    if share >= SURE:
        return [_judged_as(box, share, row, picture)]
    if best is not None and best.known >= DOUBTFUL and share >= NOTHING:
        return things
    return [_unreadable(box, 1 - share, row, picture)]


def _overlap(one, other) -> float:
    """Overlap over union of two boxes."""
    common = float(common_areas(np.array([one]), other)[0])
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return common / max(1e-9, sum(areas) - common)


def _symbols(probabilities: Probabilities, page: Page, components: Components, things: list[_Thing]) -> list[_Thing]:
    """Symbols that were taught, in the ink where nothing was found."""
    free = components.labels > 0
    for thing in things:
        if thing.is_readable:
            left, top, right, bottom = (round(edge) for edge in thing.box)
            free[max(0, top) : bottom, max(0, left) : right] = False
    heights = components.heights
    usual = float(np.median(heights[components.amounts >= 0.15 * components.amounts.max()]))
    near = ndimage.binary_dilation(free, EIGHT, iterations=max(1, round(SYMBOL_GAP * usual / 2)))
    labels, count = ndimage.label(near, structure=EIGHT)
    inks = []
    for number, part in enumerate(ndimage.find_objects(labels, min(count, MOST_FINDS)), 1):
        own = (labels[part] == number) & free[part]
        ink = whole_ink(np.where(own, page.strength[part], 0), part[1].start, part[0].start)
        if ink is not None and SYMBOL_HIGH[0] <= max(ink.strength.shape) / usual <= SYMBOL_HIGH[1]:
            inks.append(ink)
    pictures = [normalize(ink) for ink in inks]
    return [
        _judged_as(ink.box, share, row, picture)
        for ink, picture, (row, share) in zip(inks, pictures, _answers(probabilities, pictures), strict=True)
        if share >= SURE and row.argmax() >= DIGITS
    ]


# ── Lines ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _lines(things: list[_Thing]) -> list[list[_Thing]]:
    """Things that stand side by side, from left to right; the lines from top to bottom."""
    if not things:
        return []
    slope = _slope(things)
    levels = {id(thing): thing.middle[1] - slope * thing.middle[0] for thing in things}
    groups: list[list[_Thing]] = []
    for thing in sorted(things, key=lambda thing: thing.middle[0]):
        best, most = None, SAME_LINE
        for group in groups:
            last = group[-3:]
            level = float(np.median([levels[id(one)] for one in last]))
            height = float(np.median([one.height for one in last]))
            common = (height + thing.height) / 2 - abs(level - levels[id(thing)])
            share = min(common, height, thing.height) / max(1e-9, min(height, thing.height))
            if share > most:
                best, most = group, share
        if best is None:
            groups.append([thing])
        else:
            best.append(thing)
    return sorted(groups, key=lambda group: float(np.median([levels[id(thing)] for thing in group])))


def _without_specks(line: list[_Thing]) -> list[_Thing]:
    """A line without what is far too low among its digits: ink of theirs that does not touch them."""
    usual = float(np.median([thing.height for thing in line]))
    return [thing for thing in line if thing.height >= LOWEST * usual]


def _without_print(things: list[_Thing]) -> list[_Thing]:
    """What stands on a page without lines far lower than its digits that are doubtful: printed words look like this where
    they were looked at closely enough to read what people wrote as small."""
    if not things:
        return []
    heights = np.array([thing.height for thing in things])
    least = PRINT * weighted_median(heights, heights**2)
    small = [thing for thing in things if thing.kind != "empty" and thing.height < least]
    lines = [line for line in _lines(small) if np.mean([thing.sureness for thing in line]) < PRINT_SURE]
    doubtful = {id(thing) for line in lines for thing in line}
    return [thing for thing in things if id(thing) not in doubtful]


def _slope(things: list[_Thing]) -> float:
    """By how much lines fall, in pixels for each to the right: as their neighbours lie to each other."""
    if len(things) < 3:
        return 0.0
    middles = np.array([thing.middle for thing in things])
    heights = np.array([thing.height for thing in things])
    slopes = []
    for (x, y), height in zip(middles, heights, strict=True):
        away_x, away_y = middles[:, 0] - x, middles[:, 1] - y
        reach = np.maximum(height, heights)
        near = (away_x > 0.2 * reach) & (away_x < NEIGHBOUR * reach) & (abs(away_y) < 0.6 * reach)
        if near.any():
            nearest = np.flatnonzero(near)[away_x[near].argmin()]
            slopes.append(away_y[nearest] / away_x[nearest])
    if len(slopes) < 2:
        return 0.0
    most = math.tan(math.radians(STEEPEST))
    return float(np.clip(np.median(slopes), -most, most))


def _counted(line: list[_Thing], count: int) -> list[_Thing]:
    """So many of a line as are expected, the likeliest; those that are nearly sure stay, if they are more."""
    known = sorted((thing.known for thing in line), reverse=True)
    if len(line) <= count:
        return [_readable(thing) for thing in line]
    least = min(KEPT, known[count - 1])
    return [_readable(thing) for thing in line if thing.known >= least]


def _readable(thing: _Thing) -> _Thing:
    """The same as a digit that is read: as many are expected as there are."""
    return thing if thing.kind else replace(thing, known=max(thing.known, READABLE))


def _marked(line: list[_Thing], marks: list[_Thing]) -> list[_Thing]:
    """A line with the decimal marks that stand between its digits."""
    marked = line[:1]
    for before, after in zip(line[:-1], line[1:], strict=True):
        height = max(before.height, after.height)
        level = (before.middle[1] + after.middle[1]) / 2
        between = [
            mark
            for mark in marks
            if before.middle[0] < mark.middle[0] < after.middle[0]
            and abs(mark.middle[1] - level) <= MARK_NEAR * height
            and mark.height <= MARK_HIGH * height
        ]
        if between:
            marked.append(max(between, key=lambda mark: mark.known))
        marked.append(after)
    return marked


def _grouped(line: list[_Thing]) -> list[_Thing]:
    """An amount without the least likely of marks that cannot all be: between two of them stand two digits or three, three
    before cents, and the mark before cents is another one than those between thousands."""
    while True:
        places = [index for index, thing in enumerate(line) if thing.kind == "mark"]
        inner = [after - before - 1 for before, after in zip(places[:-1], places[1:], strict=True)]
        has_cents = places and len(line) - 1 - places[-1] != 3
        is_same = len(places) > 1 and has_cents and line[places[-1]].label in {line[place].label for place in places[:-1]}
        if not is_same and set(inner) <= {2, 3} and not (has_cents and inner[-1:] == [2]):
            return line
        least = min(places, key=lambda place: line[place].known)
        line = line[:least] + line[least + 1 :]


def _is_comma(thing: _Thing, things: list[_Thing]) -> bool:
    """Whether a stroke that was taken for a one begins below the middle of both its neighbours, and ends lower than they do:
    a long comma."""
    if thing.probabilities is None or thing.is_readable and thing.probabilities.argmax() != 1:
        return False
    if thing.width > COMMA_WIDE * thing.height:
        return False
    x, _ = thing.middle
    near = [
        one
        for one in things
        if one.is_readable
        and one is not thing
        and abs(one.middle[0] - x) <= COMMA_NEAR * one.height
        and one.box[1] < thing.box[1] < one.box[3] + COMMA_DEEP * one.height
        and thing.height <= MARK_HIGH * one.height
    ]
    before = max((one for one in near if one.middle[0] < x), key=lambda one: one.middle[0], default=None)
    after = min((one for one in near if one.middle[0] > x), key=lambda one: one.middle[0], default=None)
    if before is None or after is None:
        return False
    return all(thing.box[1] > one.middle[1] for one in (before, after)) and thing.box[3] > max(before.box[3], after.box[3])
