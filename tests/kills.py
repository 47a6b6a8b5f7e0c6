"""Kills train.py again and again, and counts what has become of weights and report: prints a table, asserts nothing.

    python tests/kills.py [--kills 200] [--seed 0]

Each kill is a SIGKILL of a process that runs a whole, if small, `train.py --quick`. The processes are forked from one
that has imported everything, because importing is most of what so small a training takes. It does not run on Windows,
where there is no fork.

A third of the kills comes at any time, a third while files are written, and a third just when something has changed in
the folder, which is where weights and report could part. What is there afterwards is read as the program reads it; then
train.py is started once more, and the folder must hold the two files as they were read, and nothing else. "finished
later" counts the kills after which that start put new files in their places, "not finished" those after which it did not.
"""

import argparse
import hashlib
import os
import random
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: F401  imported for the processes to come; computing with it here would keep them from it
import numpy as np

import model.reading.recognizer  # noqa: F401
import train
from model.data import dataset
from model.data.examples import own_drawings
from model.replacing import FINISHED, STAGING, found
from model.scores.report import ReportError, read_report

IMAGES = 256, 10  # to train on and to test with
WRITING = 0.05  # seconds, about what the writing takes
CHANGES = 5  # seen while files are written: weights, both finished, one in its place, the other, the folder gone
LATE = 0.001  # seconds at most from a change in the folder to the kill
PAUSE = 0.0005  # seconds between two looks whether files are being written yet; a training needs the processor, too
COLUMNS = ("kills", "old", "new", "mixed", "lost", "finished later", "not finished", "leftovers")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        place = Place(Path(name))
        whole = seconds_of_one(place)
        moments = {
            "at any time": lambda: after(rng.uniform(0, whole)),
            "while files are written": lambda: while_writing(0, rng.uniform(0, WRITING)),
            "at a change in the folder": lambda: while_writing(rng.randint(1, CHANGES), rng.uniform(0, LATE)),
        }
        counts = {kind: Counter() for kind in moments}
        done, seed = 0, 2
        with suppress(KeyboardInterrupt):  # whoever has not the patience sees how far it got
            while done < options.kills:
                kind, seed = list(moments)[done % len(moments)], seed + 1
                if outcome := kill_one(place, seed, moments[kind]()):
                    counts[kind].update(outcome)
                    done += 1
    print(f"{seed - 2} trainings were begun; those that were done before the kill came are not counted.\n")
    print_table(counts)


class Place:
    """A folder with weights and report, and the data to train on beside it."""

    def __init__(self, folder: Path):
        self.folder = folder / "weights"
        self.folder.mkdir()
        self.weights = self.folder / "digits.keras"
        self.report = train.report_path(self.weights)
        self.mnist, self.log = folder / "mnist.npz", folder / "log"
        digits = [dataset.PenDigit(label, 0, strokes) for label, strokes in own_drawings()]
        arrays = {}
        for name, count in zip(("train", "test"), IMAGES, strict=True):
            some = (digits * (count // len(digits) + 1))[:count]
            arrays[f"x_{name}"] = dataset.rendered(some, seed=count, variation=1)
            arrays[f"y_{name}"] = np.array([digit.label for digit in some], np.uint8)
        np.savez(self.mnist, **arrays)

    def start(self, *arguments) -> int:
        """Starts train.py; gives the process's number."""
        sys.stdout.flush()
        if pid := os.fork():
            return pid
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        try:
            status = train.main([*map(str, arguments), "--quick", "--output", str(self.weights)])
        except BaseException:
            sys.excepthook(*sys.exc_info())
            status = 70
        sys.stdout.flush()
        os._exit(status)

    def train(self, seed: int) -> int:
        return self.start("--epochs", "1", "--seed", seed, "--mnist", self.mnist)

    def look(self) -> tuple[str | None, str | None]:
        """Digests of weights and report as the program reads them; None for one that is not there or not whole."""
        digests = []
        for path, check in ((self.weights, sound), (self.report, read_report)):
            try:
                check(path)
                digests.append(hashlib.sha256(found(path, Path.read_bytes)).hexdigest())
            except (OSError, ReportError, zipfile.BadZipFile):
                digests.append(None)
        return digests[0], digests[1]

    def state(self) -> list[tuple[str, int]]:
        """What changes when something happens in the folder."""
        try:
            return sorted((entry.name, entry.stat().st_mtime_ns) for entry in os.scandir(self.folder))
        except FileNotFoundError:  # one went while they were looked at
            return []


def sound(weights: Path) -> None:
    """Raises zipfile.BadZipFile if the weights are not whole."""
    if found(weights, lambda path: zipfile.ZipFile(path).testzip()):
        raise zipfile.BadZipFile


def ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def seconds_of_one(place: Place) -> float:
    """How long a training takes, at the second time: the first has more to do."""
    for seed in range(2):
        start = time.monotonic()
        if os.waitstatus_to_exitcode(os.waitpid(place.train(seed), 0)[1]):
            sys.exit(place.log.read_text())
    return time.monotonic() - start


def wait_for_writing(place: Place, pid: int) -> None:
    while not ended(pid) and not (place.folder / STAGING / place.report.name).exists():
        time.sleep(PAUSE)


def after(seconds: float) -> Callable[[Place, int], None]:
    """A moment: so long after the start."""

    def wait(place: Place, pid: int) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not ended(pid):
            time.sleep(PAUSE)

    return wait


def while_writing(changes: int, seconds: float) -> Callable[[Place, int], None]:
    """A moment: so long after so many changes in the folder were seen since it was begun to write."""

    def wait(place: Place, pid: int) -> None:
        wait_for_writing(place, pid)
        seen, state = 0, place.state()
        while seen < changes and not ended(pid):
            if state != (state := place.state()):
                seen += 1
        end = time.monotonic() + seconds
        while time.monotonic() < end:  # no sleep is so short
            pass

    return wait


def kill_one(place: Place, seed: int, wait: Callable[[Place, int], None]) -> Counter | None:
    """What has become of the files when a training was killed; None if it was done before."""
    before = place.look()
    pid = place.train(seed)
    wait(place, pid)
    os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status != -signal.SIGKILL:
        if status:
            sys.exit(place.log.read_text())
        return None
    seen, unplaced = place.look(), (place.folder / FINISHED).exists()
    outcome = Counter(kills=1)
    if None in seen:
        outcome["lost"] = 1
    elif len(new := {now != then for now, then in zip(seen, before, strict=True)}) == 2:
        outcome["mixed"] = 1
    else:
        outcome["new" if new == {True} else "old"] = 1
    outcome["finished later"] = unplaced
    os.waitpid(place.start("--mnist", place.folder / "none.npz"), 0)  # starts, and ends because there are no data
    outcome["not finished"] = place.look() != seen or (place.folder / FINISHED).exists()
    outcome["leftovers"] = len(set(os.listdir(place.folder)) - {place.weights.name, place.report.name})
    return outcome


def print_table(counts: dict[str, Counter]) -> None:
    print(f"{'killed':26}" + "".join(f"{column:>16}" for column in COLUMNS))
    for kind, count in [*counts.items(), ("all", sum(counts.values(), Counter()))]:
        print(f"{kind:26}" + "".join(f"{count[column]:16}" for column in COLUMNS))


if __name__ == "__main__":
    main()
