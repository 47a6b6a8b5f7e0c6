"""Many files read by all cores, a row of a table for each, gone on with where it was stopped.

    files_of(patterns)                  names, folders and globs → the files there are
    Table(path, expect)                 a CSV or a JSONL file, with what it holds already
    read_files(files, expect, cores)    for each file, in their order, what a row holds
    read_on_cluster(files, expect, address)    the same, read by the workers of a Dask cluster
"""

import csv
import glob
import io
import itertools
import json
import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from pathlib import Path

import pebble

from model.ink.files import EXTENSIONS, PictureError, decode_picture, page_count

COLUMNS = ("file", "expected", "reading", "digits", "lowest confidence", "problem", "left out")
LONGEST = 120  # seconds by the clock for one file
CONNECTED = "10s"  # in which a cluster's scheduler has to answer
IN_FLIGHT = 3  # files for each thread of a cluster that are sent ahead
# Spreadsheets take a cell that begins with one of these for a formula, with full-width forms of them in some languages.
FORMULA = tuple("=+-@\t\r＝＋－＠")
NO_DIGIT = "There is no digit on this picture that is known."
TOO_MUCH = "This picture takes too long or too much memory to read."
FAILED = "This picture could not be read: {}."

_recognizer = None  # of this process


class TableError(ValueError):
    """The table cannot be gone on with; the message says why in one sentence."""


def files_of(patterns: Sequence[str]) -> list[Path]:
    """The files that names, folders (with all that lies below) and globs mean: each once, folders' in their order by name.

    A name that is no folder and no glob is taken as it is, whether there is such a file or not: it gets its row.
    """
    found: dict[Path, None] = {}
    for pattern in patterns:
        path = Path(pattern)
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.suffix.lower().lstrip(".") in EXTENSIONS)
            found |= dict.fromkeys(file for file in inside if file.is_file())
        elif not path.exists() and glob.has_magic(pattern):
            matches = sorted(map(Path, glob.glob(pattern, recursive=True)))
            found |= dict.fromkeys(file for file in matches if file.is_file())
        else:
            found[path] = None
    return list(found)


class NoNetworkError(Exception):
    """The networks cannot be used; the message says why in one sentence."""


class ClusterError(Exception):
    """The cluster cannot be used; the message says why in one sentence."""


class Table:
    """A table that grows by a row at a time, each written whole.

    Args:
        path: of a CSV file, with `COLUMNS`; or, if it ends in .jsonl, of one with a JSON object in each line.
        expect: what every row says was expected.

    Attributes:
        done: names of the files that it has rows of.
        failed: how many of these have a problem.

    Raises:
        TableError: the file holds something else, or was made with another expectation.
        OSError: it cannot be read or written.
    """

    def __init__(self, path: Path, expect: str | None):
        self.path, self.expect = path, expect
        self.is_json = path.suffix.lower() == ".jsonl"
        content = path.read_bytes() if path.exists() else b""
        # What was being written when it was stopped is written again.
        whole = content[: content.rfind(b"\n") + 1]
        rows = self._rows(whole)
        if any(row["expected"] != (expect or "") for row in rows):
            raise TableError(f"{path} was made with another --expect; choose another file, or the same expectation.")
        self.done = {row["file"] for row in rows}
        self.failed = sum(bool(row["problem"]) for row in rows)
        self._file = path.open("r+b" if path.exists() else "xb")
        self._file.truncate(len(whole))
        self._file.seek(len(whole))
        if not whole and not self.is_json:
            self._write("\ufeff" + _as_csv(COLUMNS))

    def _rows(self, whole: bytes) -> list[dict]:
        try:
            text = whole.decode("utf-8-sig")
            if self.is_json:
                rows = [json.loads(line) for line in text.splitlines()]
                return [{"expected": row["expected"] or "", "file": row["file"], "problem": row["problem"]} for row in rows]
            reader = csv.DictReader(io.StringIO(text, newline=""))
            if whole and tuple(reader.fieldnames or ()) != COLUMNS:
                raise ValueError("other columns")
            return [{**row, "file": _without_mark(row["file"])} for row in reader]
        except (ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
            raise TableError(f"{self.path} holds something else; choose another file.") from error

    def add(self, row: dict) -> None:
        """Writes what was read on one file, as `read_files` gives it."""
        self.done.add(row["file"])
        self.failed += bool(row["problem"])
        if self.is_json:
            self._write(json.dumps(row, ensure_ascii=False) + "\n")
            return
        digits = [one for line in row["lines"] for one in line if one["kind"] == "digit"]
        lowest = min((one["confidence"] for one in digits), default="")
        cells = (row["file"], row["expected"] or "", row["text"], len(digits), lowest, row["problem"] or "", row["left_out"])
        self._write(_as_csv(cells))

    def _write(self, text: str) -> None:
        self._file.write(text.encode(errors="replace"))
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def _as_csv(cells: Sequence) -> str:
    """A row; text that a spreadsheet would take for a formula begins with '. Line feeds within it become " | "."""
    safe = [
        f"'{cell}" if isinstance(cell, str) and cell.lstrip().startswith(FORMULA) else cell
        for cell in (cell.replace("\n", " | ") if isinstance(cell, str) else cell for cell in cells)
    ]
    file = io.StringIO(newline="")
    csv.writer(file).writerow(safe)
    return file.getvalue()


def _without_mark(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].lstrip().startswith(FORMULA) else cell


def read_files(files: Sequence[Path], expect: str | None, processes: int) -> Iterator[dict]:
    """What is read on files, one after the other, by so many processes.

    Yields:
        for each file "file", its name; "expected"; "text"; "lines" of characters, each with "kind", "label", "confidence",
        "page" and "box"; "left_out"; and "problem", a sentence on why nothing was read, or None.

    Raises:
        NoNetworkError: the weights are missing or damaged.
    """
    # Not forked: a caller that has TensorFlow loaded would leave its locks to processes that have none of its threads.
    pool = pebble.ProcessPool(processes, context=multiprocessing.get_context("spawn"))
    try:
        pending = [pool.schedule(read_file, (str(file), expect), timeout=LONGEST) for file in files]
        for file, reading in zip(files, pending, strict=True):
            try:
                yield reading.result()
            except (pebble.ProcessExpired, MemoryError, TimeoutError, CancelledError):
                yield _row(str(file), expect, TOO_MUCH)
            except Exception as error:
                yield _failed(error, str(file), expect)
        pool.close()
    finally:
        pool.stop()
        pool.join()


def read_on_cluster(files: Sequence[Path], expect: str | None, address: str) -> Iterator[dict]:
    """As `read_files`, by the workers of a Dask cluster, on which this project has to be importable; files are sent to them.
    What a worker that is lost was reading is read by another.

    Args:
        address: of the scheduler, "tcp://host:8786".

    Raises:
        ClusterError: there is no scheduler at that address, or it is gone.
        NoNetworkError: as `read_files`.
        ImportError: Dask's `distributed` is not installed.
    """
    from distributed import Client, KilledWorker
    from distributed.comm.core import CommClosedError

    try:
        client = Client(address, timeout=CONNECTED)
    except (OSError, ValueError) as error:
        raise ClusterError(f"There is no scheduler at {address}.") from error
    with client:
        most = IN_FLIGHT * max(1, sum(client.nthreads().values()))
        waiting, pending = iter(files), deque()
        while True:
            for file in itertools.islice(waiting, most - len(pending)):
                try:
                    content = file.read_bytes()
                except OSError as error:
                    pending.append((file, None, _row(str(file), expect, _cannot_open(error))))
                else:
                    pending.append((file, client.submit(read_content, str(file), content, expect, pure=False), None))
            if not pending:
                return
            file, reading, row = pending.popleft()
            try:
                yield row or reading.result()
            except (KilledWorker, MemoryError):
                yield _row(str(file), expect, TOO_MUCH)
            except (CommClosedError, CancelledError) as error:
                raise ClusterError(f"The scheduler at {address} is gone.") from error
            except Exception as error:
                yield _failed(error, str(file), expect)


def _failed(error: Exception, name: str, expect: str | None) -> dict:
    """The row of one picture of many: the others shall be read.

    Raises:
        NoNetworkError: it would fail for all of them.
    """
    if type(error).__name__ == "WeightsError":  # the class itself would bring TensorFlow with it
        raise NoNetworkError(str(error)) from error
    return _row(name, expect, FAILED.format(type(error).__name__))


def _cannot_open(error: OSError) -> str:
    return FAILED.format(error.strerror or "it cannot be opened")


def read_file(name: str, expect: str | None) -> dict:
    """What is read on one file, as `read_files` gives it; by this process, which loads its networks once."""
    try:
        content = Path(name).read_bytes()
    except OSError as error:
        return _row(name, expect, _cannot_open(error))
    return read_content(name, content, expect)


def read_content(name: str, content: bytes, expect: str | None) -> dict:
    """As `read_file`, of a file's content."""
    _prepare()
    try:
        readings = [_recognizer.read(decode_picture(content, page), expect) for page in range(page_count(content))]
    except PictureError as error:
        return _row(name, expect, str(error))
    lines = [
        [
            {
                "kind": one.kind,
                "label": one.label,
                "confidence": round(one.confidence, 4),
                "page": page,
                "box": [int(edge) for edge in one.box],
            }
            for one in line
        ]
        for page, reading in enumerate(readings, 1)
        for line in reading.lines
    ]
    is_read = any(one["kind"] in ("digit", "mark", "empty") for line in lines for one in line)
    return _row(name, expect, None if is_read else NO_DIGIT) | {
        "text": "\n".join(reading.text for reading in readings if reading.lines),
        "lines": lines,
        "left_out": sum(reading.left_out for reading in readings),
    }


def _row(name: str, expect: str | None, problem: str | None) -> dict:
    return {"file": name, "expected": expect, "text": "", "lines": [], "left_out": 0, "problem": problem}


def _prepare() -> None:
    """Loads the networks, once in each process; each computes in one thread, as there are as many processes as cores."""
    global _recognizer
    if _recognizer is not None:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:  # it computes already
        pass
    from model.reading.recognizer import Recognizer

    recognizer = Recognizer.load()
    recognizer.finder()
    _recognizer = recognizer
