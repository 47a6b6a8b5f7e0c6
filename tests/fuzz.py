"""Files, arrays and drawings that try to do harm: what becomes of them, as a table. Prints, asserts nothing.

    python tests/fuzz.py [--files 10000] [--arrays 1000] [--drawings 1000] [--seed 0]
    python tests/fuzz.py --seed 0 --case file:4711        one of them again, with its traceback

Files are decoded and then read, as an upload is; what is built to do harm (`tests.hostile.ATTACKS`) comes first, then what
Pillow makes in many modes, with bytes flipped, with parts left out, repeated, altered or swapped, and cut together. All
of it happens in a process of its own, which is watched and replaced when it dies. Of each kind the table has how many
there were, how many were taken and refused, and how many ended in any other way: in an exception that is not documented
or a wrong answer ("crashed"), or with the process ("died", also by more than a minute or 6 GB). Seconds are those of all
processors; memory is what the peak lies above before; both with the case in which they were highest.
"""

import argparse
import gc
import multiprocessing
import os
import sys
import time
import traceback
import warnings
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from model.ink.files import MAX_BYTES, PictureError, decode_picture
from model.ink.image import decode_drawing
from tests import hostile

PATIENCE = 60  # seconds until a process is ended
MOST_MEMORY = 6 * 2**30  # bytes that a process may have; more counts as its death
EXPECTED = (None, "amount", "form", "postcode:5")
BAD = ("crashed", "died")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, count in (("files", 10_000), ("arrays", 1_000), ("drawings", 1_000), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=count)
    parser.add_argument("--case", help="file:12, array:12 or drawing:12")
    options = parser.parse_args()
    if options.case:
        sort, number = options.case.split(":")
        cases = [(sort, int(number))]
    else:
        counts = {"file": options.files, "array": options.arrays, "drawing": options.drawings}
        cases = [(sort, number) for sort, count in counts.items() for number in range(count)]
    rows = defaultdict(Row)
    start = time.perf_counter()
    with Watched() as worker:
        for done, (sort, number) in enumerate(cases, 1):
            kind, thing, expect = case(sort, options.seed, number)
            for outcome in worker.run(sort, thing, expect):
                rows[f"{kind}, {outcome.step}"].add(outcome, f"{sort}:{number}")
                if outcome.end in BAD or options.case:
                    said = outcome.said if options.case else outcome.said.strip().rpartition("\n")[2]
                    print(f"{sort}:{number} {kind}, {outcome.step}: {outcome.end} {said}", flush=True)
            if done % 1_000 == 0:
                print(f"{done:,} of {len(cases):,} after {time.perf_counter() - start:.0f} s", flush=True)
    print()
    table(rows, options.seed)


def case(sort: str, seed: int, number: int):
    """The kind, what is to be read, and what `Recognizer.read` is told to expect: always the same for the same numbers."""
    rng = np.random.default_rng([{"file": 1, "array": 2, "drawing": 3}[sort], seed, number])
    expect = EXPECTED[rng.integers(len(EXPECTED))]
    if sort != "file":
        kind, thing = (hostile.array if sort == "array" else hostile.drawing)(rng)
        return f"{sort}: {kind}", thing, expect
    attacks = list(hostile.ATTACKS.items())
    if number < len(attacks):
        name, built = attacks[number]
        return f"{name.split()[0].strip(',').upper()} built to harm", built(), expect
    kind, content = hostile.generated(rng)
    match number % 5:
        case 0:
            return f"{kind} as it is", content, expect
        case 1 | 2:
            return f"{kind} mutated", hostile.mutated(content, [hostile.generated(rng)[1]], rng), expect
        case _:
            others = [*hostile.seeds(), hostile.generated(rng)[1]]
            return f"{kind} reordered", hostile.reordered(content, others, rng), expect


# ── The table ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Outcome:
    """How one step with one case ended: "taken", "refused", "crashed" or "died", and what it took."""

    step: str
    end: str
    seconds: float = 0.0
    memory: int = 0
    said: str = ""


@dataclass
class Row:
    """What is known of a kind; the worst with their cases."""

    ends: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("taken", "refused", *BAD), 0))
    slowest: tuple[float, str] = (0.0, "")
    largest: tuple[int, str] = (0, "")

    def add(self, outcome: Outcome, name: str) -> None:
        self.ends[outcome.end] += 1
        self.slowest = max(self.slowest, (outcome.seconds, name))
        self.largest = max(self.largest, (outcome.memory, name))


def table(rows: dict[str, Row], seed: int) -> None:
    head = "".join(f"{name:>9}" for name in ("count", "taken", "refused", *BAD))
    print(f"{f'seed {seed}':34}{head}{'slowest':>11}  {'':14}{'largest':>10}")
    total = Row()
    for kind in sorted(rows):
        print_row(kind, rows[kind])
        for end, count in rows[kind].ends.items():
            total.ends[end] += count
        total.slowest = max(total.slowest, rows[kind].slowest)
        total.largest = max(total.largest, rows[kind].largest)
    print_row("all", total)


def print_row(kind: str, row: Row) -> None:
    counts = "".join(f"{count:9,}" for count in (sum(row.ends.values()), *row.ends.values()))
    (seconds, slow), (memory, large) = row.slowest, row.largest
    print(f"{kind:34}{counts}{seconds:9.2f} s  {slow:14}{memory / 1e6:7.0f} MB  {large}")


# ── The process that is watched ───────────────────────────────────────────────────────────────────────────────────────


class Watched:
    """A process that works on one case after the other; another one takes its place when it dies."""

    def __enter__(self) -> "Watched":
        self.context = multiprocessing.get_context("spawn")
        self.process = None
        return self

    def __exit__(self, *_) -> None:
        self.end()

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.pipe.close()
            self.process = None

    def run(self, sort: str, thing, expect: str | None) -> list[Outcome]:
        """What became of it, step by step."""
        if self.process is None:
            self.pipe, theirs = self.context.Pipe()
            self.process = self.context.Process(target=work, args=(theirs,), daemon=True)
            self.process.start()
            theirs.close()
            self.pipe.recv()  # the network has loaded
        self.pipe.send((sort, thing, expect))
        outcomes = []
        while True:
            try:
                answer = self.pipe.recv() if self.pipe.poll(PATIENCE) else "hung"
            except (EOFError, ConnectionError):
                self.process.join()
                answer = f"exit code {self.process.exitcode}"
            if answer is None:
                return outcomes
            if isinstance(answer, str):
                self.end()
                return [*outcomes, Outcome(STEPS[sort][len(outcomes)][0], "died", said=answer)]
            outcomes.append(answer)


def work(pipe) -> None:
    """Takes cases from a pipe and sends the outcomes of their steps; None after the last."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what libraries say about broken files
    from model import Recognizer

    limit_memory()
    warnings.simplefilter("ignore")  # Pillow's, on what it finds and skips
    recognizer = Recognizer.load()
    recognizer.read(np.zeros((40, 40), np.uint8))
    hostile.seeds()  # Pillow has its readers and writers
    gc.freeze()  # half a million objects of TensorFlow, at which each collection would look
    pipe.send("ready")
    while True:
        sort, thing, expect = pipe.recv()
        gc.collect()
        before = memory_begins()
        for step, act, documented in STEPS[sort]:
            outcome, thing = measured(step, act, documented, recognizer, thing, expect, before)
            pipe.send(outcome)
            if outcome.end != "taken":
                break
        pipe.send(None)


def measured(step: str, act, documented, recognizer, thing, expect: str | None, before: int):
    """The outcome of a step, and what it gives to the next.

    Args:
        documented: what it may raise.
        before: bytes that were used before the first step.
    """
    memory_begins()
    start = time.process_time()
    end, said, result = "taken", "", None
    try:
        result = act(recognizer, thing, expect)
    except documented as error:
        end, said = "refused", str(error)
        if type(error).__module__.split(".")[0] not in ("builtins", "model"):
            end, said = "crashed", traceback.format_exc()
    except BaseException:
        end, said = "crashed", traceback.format_exc()
    return Outcome(step, end, time.process_time() - start, memory_peak() - before, said), result


def decoded(recognizer, content, expect):
    pixels = decode_picture(content)
    assert len(content) <= MAX_BYTES
    assert pixels.dtype == np.uint8 and pixels.flags.c_contiguous
    assert pixels.ndim == 2 or pixels.shape[2] in (3, 4)
    return pixels


def drawing_decoded(recognizer, content, expect):
    ink = decode_drawing(content)
    assert ink.dtype == np.uint8 and ink.ndim == 2 and 0 < ink.size <= 4_000_000
    return ink


def recognized(recognizer, image, expect):
    prediction = recognizer.recognize(image)
    assert prediction is None or (prediction.image.shape == (28, 28) and abs(prediction.probabilities.sum() - 1) < 1e-3)
    return image


def read(recognizer, image, expect):
    reading = recognizer.read(image, expect)
    height, width = image.shape[:2]
    for line in reading.lines:
        for character in line:
            left, top, right, bottom = character.box
            assert 0 <= left < right <= width and 0 <= top < bottom <= height, character.box
            assert 0 <= character.confidence <= 1 + 1e-6, character.confidence
    return image


READ = ("recognised", recognized, ValueError), ("read", read, ValueError)
STEPS = {
    "file": (("decoded", decoded, PictureError), READ[-1]),
    "array": READ,
    "drawing": (("decoded", drawing_decoded, ValueError), READ[-1]),
}


def limit_memory() -> None:
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))


def memory_begins() -> int:
    """Bytes that are used now; the peak is counted anew from here on, where that can be done."""
    if sys.platform != "linux":
        return memory_peak()
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def memory_peak() -> int:
    """Bytes at the most."""
    if sys.platform == "linux":
        return _status("VmHWM")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


if __name__ == "__main__":
    main()
