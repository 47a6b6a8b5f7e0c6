"""What was read on a picture, what the visitor has put right of it, and both written down as CSV and JSON."""

import base64
import csv
import hashlib
import io
import itertools
import json
import logging
import secrets
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import nullcontext
from dataclasses import dataclass, field

import numpy as np

from app_pages.components.live import FAIRLY_SURE, SURE
from app_pages.locale import N_, told
from app_pages.parts import lesson, samples
from model.ink.files import PictureError, decode_picture, page_count, preview
from model.problems import Problem
from model.reading.batch import FORMULA
from model.reading.numbers import Character, Reading
from model.reading.taught import Examples

PREVIEW = 1600  # pixels a side of the picture that is kept: more than most screens show of it
CROP = 64  # pixels a side of the picture of one character
AROUND = 0.15  # of a character's size, shown of what is around it

EMPTY, UNREAD, LEFT_OUT = " ", "?", "–"  # labels of an empty box, of what cannot be read, and of what is to be left out
DIGITS, MARKS = tuple("0123456789"), (".", ",")
LABELS = (*DIGITS, *MARKS, EMPTY, UNREAD, LEFT_OUT)
WRITTEN = {"digit", "mark", "symbol"}  # kinds of characters that a text has
NOTHING = Reading(())

NO_INK = N_("There is no ink on this picture; dark writing on light paper or light writing on dark is read.")
ALL_EMPTY = N_("All boxes of this form are empty; write a digit into each.")
NO_DIGIT = N_("There are marks on this picture, but no digit that I know; write digits from 0 to 9, and go close.")
FAILED = N_("This picture could not be read; the log of the server has the reason.")

MOST_ADAPTED = 4  # recognisers of visitors that a process keeps
LATELY = 120  # readings of sheets that a process keeps: two classes' last ones, of some 10 kB each

_adapted: dict[tuple, object] = {}
_lately: OrderedDict[tuple, Future] = OrderedDict()
_lately_lock = threading.Lock()
_page_reads = threading.Lock()
_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Result:
    """What was read on one picture.

    Attributes:
        name: of the file.
        expect: as for `Recognizer.read`.
        problem: why there is no digit, as `told` takes it; "" if there is one.
        reading: as it was read.
        size: width and height of the picture in pixels.
        turned: by how many degrees, clockwise, the picture was turned; all else is of the turned one.
        picture: JPEG, at most `PREVIEW` pixels a side; empty if there is none to show.
        crops: of each character, the part of the picture around it as data URL; none if there is no picture.
        corrections: number of a character, counted through all lines → the label that the visitor gave it.
        number: tells results apart, also those of several processes.
    """

    name: str
    expect: str | None
    problem: str | Problem
    reading: Reading = NOTHING
    size: tuple[int, int] = (0, 0)
    turned: int = 0
    picture: bytes = b""
    crops: list[str] = field(default_factory=list)
    corrections: dict[int, str] = field(default_factory=dict)
    number: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def entries(self) -> list["Entry"]:
        """All characters, line by line."""
        places = [
            (row, place, character) for row, line in enumerate(self.reading.lines, 1) for place, character in enumerate(line, 1)
        ]
        return [
            Entry(row, place, character, self.corrections.get(index)) for index, (row, place, character) in enumerate(places)
        ]

    @property
    def lines(self) -> list[list["Entry"]]:
        """The lines in which, after corrections, more than empty boxes stand."""
        groups = itertools.groupby(self.entries, lambda entry: entry.line)
        lines = [list(group) for _, group in groups]
        return [line for line in lines if any(entry.kind not in ("empty", "none") for entry in line)]

    @property
    def text(self) -> str:
        """The lines after corrections, joined by line feeds; an empty box is a space, what cannot be read is "?"."""
        return "\n".join("".join(entry.label for entry in line if entry.kind != "none") for line in self.lines)

    @property
    def is_read(self) -> bool:
        """Whether, after corrections, there is a digit, a mark or a symbol."""
        return any(entry.kind in WRITTEN for entry in self.entries)

    @property
    def digits(self) -> int:
        """How many digits there are after corrections."""
        return sum(entry.kind == "digit" for entry in self.entries)

    @property
    def lowest(self) -> float | None:
        """The lowest confidence of what was read and not put right; None if there is nothing of that kind."""
        return min(
            (entry.character.confidence for entry in self.entries if not entry.corrected and entry.character.kind != "other"),
            default=None,
        )

    def correct(self, index: int, label: str) -> None:
        """Gives a character another label: one of `LABELS`, or a symbol that was taught. Its own one ends the correction."""
        if label == read_label(self.entries[index].character):
            self.corrections.pop(index, None)
        else:
            self.corrections[index] = label


@dataclass(frozen=True, eq=False)
class Entry:
    """A character in its place: line and position count from 1."""

    line: int
    position: int
    character: Character
    correction: str | None

    @property
    def corrected(self) -> bool:
        return self.correction is not None

    @property
    def label(self) -> str:
        return read_label(self.character) if self.correction is None else self.correction

    @property
    def written(self) -> str:
        """The label for a file: nothing for what is left out."""
        return "" if self.kind == "none" else self.label

    @property
    def kind(self) -> str:
        """As `Character.kind`, after the correction; "none" for what is left out."""
        if self.correction is None:
            return self.character.kind
        if self.label in DIGITS:
            return "digit"
        return {EMPTY: "empty", UNREAD: "other", LEFT_OUT: "none"}.get(self.label, "mark" if self.label in MARKS else "symbol")

    @property
    def tone(self) -> str:
        """How sure it is: "sure", "fair" or "unsure"; "other" for what cannot be read, "none" for what is left out."""
        if self.kind in ("other", "none"):
            return self.kind
        if self.corrected or self.character.confidence >= SURE:
            return "sure"
        return "fair" if self.character.confidence >= FAIRLY_SURE else "unsure"


def read_label(character: Character) -> str:
    """The one of `LABELS` that says what was read."""
    return {"empty": EMPTY, "other": UNREAD}.get(character.kind, character.label)


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_taught(recognizer, examples: Examples, task: Callable, *arguments) -> "Result":
    """What `task(recognizer, *arguments)` reads with what a visitor has taught; the last few that were taught are kept."""
    of = recognizer, lesson.digest(examples)
    adapted = _adapted.pop(of, None) or recognizer.with_examples(examples)
    _adapted[of] = adapted
    while len(_adapted) > MOST_ADAPTED:
        _adapted.pop(next(iter(_adapted)), None)
    return task(adapted, *arguments)


def count_pages(recognizer, content: bytes) -> int:
    """As `model.ink.files.page_count`; 1 of a file that cannot be read, so that reading its first page says why."""
    try:
        return page_count(content)
    except PictureError:
        return 1


def read_file(recognizer, name: str, content: bytes, page: int, expect: str | None) -> Result:
    """What is read on the picture in a file, or on a page of a document; a file that is none gives a result that says so."""
    try:
        return read_picture(recognizer, name, decode_picture(content, page), expect)
    except PictureError as error:
        return Result(name, expect, error.with_traceback(None))
    except MemoryError:
        raise  # what the process may take is used up: it says so to others, and to the visitor
    except Exception:  # one picture of many: the others shall be read
        _log.exception("A picture could not be read")
        return Result(name, expect, FAILED)


def read_sample(recognizer, name: str, photographed: bool, expect: str | None) -> Result:
    """What is read on one of `samples.SAMPLES`."""
    return read_picture(recognizer, name, samples.picture(name, photographed), expect)


def read_picture(
    recognizer, name: str, image: np.ndarray, expect: str | None, is_drawn: bool = False, illustrated: bool = True
) -> Result:
    """What is read on a picture.

    Args:
        image, expect, is_drawn: as for `Recognizer.read`.
        illustrated: whether to keep pictures of it and of its characters.
    """
    reading = _read_sheet(recognizer, image, expect, illustrated) if is_drawn else recognizer.read(image, expect)
    turned = reading.turned
    if turned:  # it is shown as it was read
        reading = reading.upright(image.shape[1::-1])
        image = np.ascontiguousarray(np.rot90(image, -turned // 90))
    characters = [character for line in reading.lines for character in line]
    kinds = {character.kind for character in characters}
    if kinds & WRITTEN:
        problem = ""
    elif not kinds:
        problem = NO_INK
    else:
        problem = ALL_EMPTY if kinds == {"empty"} else NO_DIGIT
    size = (image.shape[1], image.shape[0])
    if not illustrated:
        return Result(name, expect, problem, reading, size, turned)
    crops = [_url(preview(image, CROP, _around(character.box))) for character in characters]
    return Result(name, expect, problem, reading, size, turned, preview(image, PREVIEW), crops)


def _read_sheet(recognizer, ink: np.ndarray, expect: str | None, is_for_page: bool) -> Reading:
    """What is read on a sheet, once: the browser asks for a drawing, and then the page runs for the same one. Pages, which a
    class has thirty of, read one at a time what was not: they would take the cores from those who are asked.

    Raises:
        What `Recognizer.read` raises, to all who wait for this reading; the next one tries again.
    """
    # Weakly: who has taught is not to be kept by what was read.
    key = weakref.ref(recognizer), expect, ink.shape, hashlib.blake2b(np.ascontiguousarray(ink)).digest()
    # A page waits before it begins: who asks for the same drawing meanwhile reads it, and the page has it from there.
    with _page_reads if is_for_page and key not in _lately else nullcontext():
        with _lately_lock:
            is_first = key not in _lately
            future = _lately.setdefault(key, Future())
            _lately.move_to_end(key)
            if len(_lately) > LATELY:
                _lately.popitem(last=False)
        if is_first:
            try:
                future.set_result(recognizer.read(ink, expect, is_drawn=True))
            except BaseException as error:
                with _lately_lock:
                    _lately.pop(key, None)
                future.set_exception(error)
        return future.result()


def centres_on(recognizer, picture: bytes) -> bytes:
    """A result's picture as the network that finds digits sees it, JPEG; see `Recognizer.centres`."""
    image = decode_picture(picture)
    seen = recognizer.centres(image)
    return preview(image if seen is None else seen, PREVIEW)


def _around(box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    left, top, right, bottom = box
    margin = 1 + round(AROUND * max(right - left, bottom - top))
    return left - margin, top - margin, right + margin, bottom + margin


def _url(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"


# ── Writing down ──────────────────────────────────────────────────────────────────────────────────────────────────────


def to_json(results: list[Result]) -> bytes:
    """Everything about the results: UTF-8, an object whose "files" are one object for each."""
    files = [
        {
            "file": result.name,
            "expected": result.expect,
            "text": result.text,
            "problem": told(result.problem) or None,
            "left_out": result.reading.left_out,
            "width": result.size[0],
            "height": result.size[1],
            "characters": [
                {
                    "line": entry.line,
                    "position": entry.position,
                    "kind": entry.kind,
                    "label": entry.written,
                    "corrected": entry.corrected,
                    "confidence": round(entry.character.confidence, 4),
                    "box": [int(edge) for edge in entry.character.box],
                }
                for entry in result.entries
            ],
        }
        for result in results
    ]
    return json.dumps({"files": files}, ensure_ascii=False, indent=1).encode(errors="replace")


def to_csv(results: list[Result]) -> bytes:
    """A row for each character; one for each file without any, too, with what is wrong with it. As `table_as_csv`."""
    head = ("file", "expected", "line", "position", "kind", "label", "corrected", "confidence")
    rows = [(*head, "left", "top", "right", "bottom", "problem")]
    for result in results:
        first = (result.name, result.expect or "")
        for entry in result.entries:
            character = entry.character
            corrected = "yes" if entry.corrected else "no"
            said = (entry.kind, entry.written, corrected, round(character.confidence, 4))
            rows.append((*first, entry.line, entry.position, *said, *map(int, character.box), told(result.problem)))
        if not result.entries:
            rows.append((*first, *[""] * 10, told(result.problem)))
    return table_as_csv(rows)


def readings_to_csv(results: list[Result]) -> bytes:
    """A row for each file. As `table_as_csv`."""
    rows = [("file", "expected", "reading", "digits", "lowest confidence", "problem", "left out")]
    for result in results:
        lowest = "" if result.lowest is None else round(result.lowest, 4)
        said = (result.digits, lowest, told(result.problem), result.reading.left_out)
        rows.append((result.name, result.expect or "", result.text, *said))
    return table_as_csv(rows)


def table_as_csv(rows: list[tuple]) -> bytes:
    """UTF-8 with the mark by which spreadsheets know it; text that one would take for a formula begins with '."""
    file = io.StringIO()
    csv.writer(file).writerows([[_cell(value) for value in row] for row in rows])
    return file.getvalue().encode("utf-8-sig", errors="replace")


def _cell(value):
    if isinstance(value, str) and value.lstrip(" \n\v\f").startswith(FORMULA):
        return f"'{value}"
    return value
