"""Networks that visitors train, each in a process of its own: a few at once, the others wait for their turn.

Those that train at the same time take turns, so that everybody's curve moves and one core is left for what answers those who
draw. A process tells what it has come to; what it told last stays when it dies, and no other process notices.
"""

import gc
import logging
import os
import signal
import tempfile
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.connection import Connection, wait
from pathlib import Path

import numpy as np
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app_pages.locale import N_
from app_pages.parts.workers import processes_context
from model.data import dataset
from model.data.disturbances import LEVELS, disturbed
from model.networks.stack import Plan, PlanError
from model.problems import Problem
from model.scores.evaluation import confusion_matrix

MOST_AT_ONCE = 8
CORES = os.cpu_count() or 1
MOST_THREADS = 2  # of a training; one where others train
NICENESS = 19  # what answers those who draw comes first
TURN = 0.1  # seconds until it is the next one's turn; what all have to do before their first batch takes many
TOLD_EVERY = 0.25  # seconds between two points of a curve that an epoch has at the least
LINGER = 120  # seconds that a visitor may be away before the training ends
SHOWN = 16  # validation pictures of which it is told what the network says
MOST_STEPS = 2_000  # points of a curve

TESTED_SPOILT = 300  # pictures at each level of …
SPOILT = ("noise", "elastic")

ASK, LEAVE, GO = b"ask", b"leave", b"go"  # what is said of turns

KILLED = N_("The training was ended from outside, perhaps because memory ran out.")
FAILED = N_("The training failed; the log of the server has the reason.")
NO_NUMBERS = N_("The loss is no number any more: the learning rate is far too high for this network.")

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Job:
    """A training, and what it has told.

    Attributes:
        session: of the visitor, who ends it by leaving.
        handed: a class's pictures and labels, for a plan that learns from them.
        status: "waiting", "starting", "training", "paused", "done", "stopped" or "failed".
        problem: why it failed, as `told` takes it, or "".
        steps: (epochs done, loss, accuracy) as they were on the way.
        epochs: for each that is over loss, accuracy, val_loss, val_accuracy, seconds.
        shown: the validation pictures that are shown, uint8 (n, 28, 28), and what they are.
        answers: float32 (n, 10), what the network says of them after the last epoch.
        kernels: float32 (k, k, n), of the first convolution, before training and now; None if there is none.
        content: the network after the last epoch, a whole .keras file; empty before.
        scores: of pictures by strangers: "mnist" and "pens" → (read right, of how many), and their confusion matrices, int
            (10, 10), as "mnist_matrix" and "pens_matrix"; for each of `SPOILT` the share that is read right at each level of
            it, from none.
    """

    plan: Plan
    session: str = ""
    handed: tuple[np.ndarray, np.ndarray] | None = None
    done: int = 0
    content: bytes = b""
    status: str = "waiting"
    problem: str | Problem = ""
    steps: list[tuple[float, float, float]] = field(default_factory=list)
    epochs: list[dict] = field(default_factory=list)
    shown: tuple | None = None
    answers: np.ndarray | None = None
    kernels: tuple | None = None
    scores: dict = field(default_factory=dict)

    def __post_init__(self):
        self._commands: Connection | None = None
        self._process = None
        self._first: tuple[float, float] | None = None  # when its first step was told, and of which epoch
        self._wanted = threading.Event()
        self._wanted.set()

    @property
    def is_over(self) -> bool:
        return self.status in ("done", "stopped", "failed")

    @property
    def is_running(self) -> bool:
        return self.status in ("starting", "training", "paused")

    @property
    def seconds_left(self) -> float | None:
        """About how long it will take from now on; None where nothing tells."""
        if not self.steps or self.status != "training":
            return None
        if self._first is None:
            return None
        since, first = self._first
        now = self.steps[-1][0]
        return (time.monotonic() - since) / (now - first) * (self.plan.epochs - now) if now > first else None

    def pause(self) -> None:
        if self.status == "training":
            self.status = "paused"
            self._send("pause")

    def go_on(self) -> None:
        if self.status == "paused":
            self.status = "training"
            self._send("go")

    def stop(self) -> None:
        """Ends it; what was trained up to the last epoch stays."""
        if not self.is_over:
            self._wanted.clear()
            if self.status == "waiting":
                self._end("stopped")

    def _send(self, command: str) -> None:
        try:
            if self._commands is not None:
                self._commands.send(command)
        except OSError:
            pass  # it is dead, which the thread that listens will say

    def _end(self, status: str, problem: str | Problem = "") -> None:
        self.status, self.problem = status, problem

    def _hear(self, told: dict) -> None:
        kind = told.pop("kind")
        if kind == "begun":
            self.shown, self.kernels = told["shown"], (told["kernels"], told["kernels"])
            if self.status == "starting":
                self.status = "training"
        elif kind == "step":
            if self._first is None:
                self._first = time.monotonic(), told["at"]
            self.steps.append((told["at"], told["loss"], told["accuracy"]))
            if len(self.steps) > MOST_STEPS:
                del self.steps[1:-1:2]
        elif kind == "epoch":
            self.epochs.append(told["values"])
            self.done = told["done"]
            self.answers, self.content = told["answers"], told["content"]
            if self.kernels and told["kernels"] is not None:
                self.kernels = self.kernels[0], told["kernels"]
        elif kind == "scores":
            self.scores = told["scores"]
        elif kind == "done":
            self._end("done")
        elif kind == "problem":
            self._end("failed", told["problem"])


class Turns:
    """Who may compute now: so many at a time, each for a moment, in the order in which they ask. It may be used from any thread.

    Args:
        at_once: how many.
    """

    def __init__(self, at_once: int):
        self._at_once = at_once
        self._at_work: set[Connection] = set()
        self._waiting: deque[Connection] = deque()
        self._lock = threading.Lock()

    def ask(self, who: Connection) -> None:
        """Whose turn it was, if it was, gives it to the next one, and comes behind all who wait. It is told when it is its turn."""
        with self._lock:
            self._forget(who)
            self._waiting.append(who)
            self._call()

    def leave(self, who: Connection) -> None:
        with self._lock:
            self._forget(who)
            self._call()

    def _forget(self, who: Connection) -> None:
        self._at_work.discard(who)
        if who in self._waiting:
            self._waiting.remove(who)

    def _call(self) -> None:
        while self._waiting and len(self._at_work) < self._at_once:
            who = self._waiting.popleft()
            try:
                who.send_bytes(GO)
                self._at_work.add(who)
            except OSError:
                pass  # it is dead


class Trainer:
    """Those who train, and those who wait for it. It may be used from any thread."""

    def __init__(self, at_once: int = MOST_AT_ONCE):
        self._at_once = at_once
        self._running: set[Job] = set()
        self._waiting: deque[Job] = deque()
        self._lock = threading.Lock()
        self._turns = Turns(max(1, CORES - 1))

    def start(self, job: Job) -> None:
        """Has it trained when it is its turn.

        Raises:
            PlanError: the plan cannot be trained.
        """
        job.plan.check()
        with self._lock:
            self._waiting.append(job)
        self._next()

    def ahead(self, job: Job) -> int:
        """How many come before it."""
        with self._lock:
            return self._waiting.index(job) if job in self._waiting else 0

    def stop(self) -> None:
        """Ends all."""
        with self._lock:
            jobs = [*self._running, *self._waiting]
        for job in jobs:
            job.stop()

    def _next(self) -> None:
        with self._lock:
            self._waiting = deque(job for job in self._waiting if not job.is_over)
            while self._waiting and len(self._running) < self._at_once:
                job = self._waiting.popleft()
                self._running.add(job)
                threading.Thread(target=self._run, args=(job,), name="training", daemon=True).start()

    def _run(self, job: Job) -> None:
        try:
            _watched(job, self._turns, MOST_THREADS if len(self._running) == 1 else 1)
        except Exception:
            _log.exception("A training could not be watched")
            job._end("failed", FAILED)
        finally:
            with self._lock:
                self._running.discard(job)
            self._next()


@cache
def trainer() -> Trainer:
    """The one of all visitors."""
    return Trainer()


def _watched(job: Job, turns: Turns, threads: int) -> None:
    """Has a process train, with so many threads, and hears what it tells until it ends."""
    job.status = "starting"
    context = processes_context()
    ours, theirs = context.Pipe()
    turn, asking = context.Pipe()
    task = job.plan, job.handed, job.content, job.done
    process = context.Process(target=_train, args=(theirs, asking, threads, *task), daemon=True)
    process.start()
    theirs.close()
    asking.close()
    job._commands, job._process = ours, process
    away_since = None
    heard = [ours, turn]
    try:
        while not job.is_over:
            if not job._wanted.is_set():
                job._end("stopped")
                break
            for connection in wait(heard, 0.3):
                if connection is ours:
                    job._hear(ours.recv())
                    continue
                try:
                    (turns.ask if turn.recv_bytes() == ASK else turns.leave)(turn)
                except (EOFError, OSError):
                    heard.remove(turn)  # it has ended; what it said last is still to be heard
            if is_here(job.session):
                away_since = None
            else:
                away_since = away_since or time.monotonic()
                if time.monotonic() - away_since > LINGER:
                    job.stop()
    except (EOFError, OSError):
        if not job.is_over:
            process.join(1)
            _log.error("The process of a training ended with exit code %s", process.exitcode)
            job._end("failed", KILLED)
    finally:
        job._commands = None
        turns.leave(turn)
        ours.close()
        turn.close()
        process.join(0.5 if job.status == "done" else 0)
        process.kill()
        process.join()


def this_session() -> str:
    """The number by which Streamlit knows the visitor whose page this is, "" without a server."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


def is_here(session: str) -> bool:
    """Whether the visitor with this session has not left; also where there is no server that could say so."""
    return not session or not runtime.exists() or runtime.get_instance().is_active_session(session)


# ── In a process ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Turn:
    """The turns of this process: whenever one has lasted for a moment, it waits for its next one, in its first thread.

    Args:
        connection: to who gives the turns.
    """

    def __init__(self, connection: Connection):
        self._connection = connection
        self._is_kept = False

    def take(self) -> None:
        """Waits for a turn."""
        if not hasattr(signal, "setitimer"):
            return  # on Windows all that train compute at once
        signal.signal(signal.SIGALRM, lambda *_: self._end())
        signal.siginterrupt(signal.SIGALRM, False)  # whatever library is at work goes on as if nothing had happened
        self._connection.send_bytes(ASK)
        self._connection.recv_bytes()
        signal.setitimer(signal.ITIMER_REAL, TURN)

    def give(self) -> None:
        """Has no turns until `take`."""
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._connection.send_bytes(LEAVE)

    @contextmanager
    def kept(self):
        """The turn does not end meanwhile: who listens to half of what is told does not hear who asks for a turn."""
        self._is_kept = True
        yield
        self._is_kept = False

    def _end(self) -> None:
        if self._is_kept:
            signal.setitimer(signal.ITIMER_REAL, TURN)
        else:
            self.take()


def _train(connection: Connection, asking: Connection, threads: int, *task) -> None:
    """Trains, and tells what comes of it; ends when nobody listens any more."""
    gc.freeze()  # what was imported stays shared with all others: looking for garbage among it would copy it
    if hasattr(os, "nice"):
        os.nice(NICENESS - os.nice(0))
    if hasattr(os, "SCHED_IDLE"):  # Linux: what nobody else wants, and at once away from it when somebody does
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    try:
        _trained(connection, Turn(asking), threads, *task)
    except (BrokenPipeError, EOFError, _Stopped):
        pass
    except (PlanError, dataset.DataError) as error:
        connection.send({"kind": "problem", "problem": error.with_traceback(None)})
    except MemoryError:
        connection.send({"kind": "problem", "problem": KILLED})
    except Exception:
        _log.exception("A training failed")
        connection.send({"kind": "problem", "problem": FAILED})


class _Stopped(Exception):
    """The loss is no number, which was told."""


def _trained(
    connection: Connection, turn: Turn, threads: int, plan: Plan, handed: tuple | None, content: bytes, done: int
) -> None:
    import keras
    import tensorflow as tf

    from model.networks import own

    turn.take()
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    pictures = own.pictures_of(plan, own.mnist_here(), handed)
    keras.utils.set_random_seed(plan.seed + done)
    network = _loaded(content) if content else own.build(plan)
    shown = _shown(pictures)

    def tell(told: dict) -> None:
        with turn.kept():
            connection.send(told)

    class Telling(keras.callbacks.Callback):
        """Tells each step, not too often, and each epoch; waits while it is to pause."""

        def on_train_begin(self, logs=None):
            self.last = 0.0
            tell({"kind": "begun", "shown": shown, "kernels": _kernels(network)})

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch, self.since = epoch, time.monotonic()

        def on_train_batch_end(self, batch, logs=None):
            while connection.poll():
                if connection.recv() == "pause":
                    turn.give()
                    while connection.recv() != "go":
                        pass
                    turn.take()
            now = time.monotonic()
            if now - self.last < TOLD_EVERY and batch + 1 != self.params["steps"]:
                return
            self.last = now
            if not np.isfinite(logs["loss"]):
                tell({"kind": "problem", "problem": NO_NUMBERS})
                raise _Stopped
            at = self.epoch + (batch + 1) / self.params["steps"] if self.params["steps"] else float(self.epoch)
            tell({"kind": "step", "at": at, "loss": float(logs["loss"]), "accuracy": float(logs["accuracy"])})

        def on_epoch_end(self, epoch, logs=None):
            values = {name: float(value) for name, value in logs.items()} | {"seconds": time.monotonic() - self.since}
            answers = network(shown[0][..., None] / np.float32(255), training=False).numpy()
            told = {"values": values, "done": epoch + 1, "answers": answers, "kernels": _kernels(network)}
            tell({"kind": "epoch", **told, "content": _saved(network)})

    own.fit(network, plan, pictures, [Telling()], done, verbose=0)
    tell({"kind": "scores", "scores": _scores(network, own.strangers(plan))})
    tell({"kind": "done"})


def _shown(pictures) -> tuple[np.ndarray, np.ndarray]:
    """Some validation pictures, of all digits in turn."""
    order = np.argsort(pictures.validation_labels, kind="stable")
    chosen = np.sort(order[np.linspace(0, len(order) - 1, min(SHOWN, len(order))).astype(int)])
    chosen = chosen[np.argsort(pictures.validation_labels[chosen], kind="stable")]
    return pictures.validation_images[chosen], pictures.validation_labels[chosen]


def _kernels(network) -> np.ndarray | None:
    """Those of the first layer, if it is a convolution."""
    first = network.layers[0]
    return None if type(first).__name__ != "Conv2D" else first.get_weights()[0][:, :, 0]


def _saved(network) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.keras"
        network.save(file)
        return file.read_bytes()


def _loaded(content: bytes):
    import keras

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.keras"
        file.write_bytes(content)
        return keras.saving.load_model(file)


def _scores(network, tests: dict) -> dict:
    if not tests:
        return {}
    asked = dict(tests)
    images, labels = (part[:TESTED_SPOILT] for part in next(iter(tests.values())))
    for kind in SPOILT:
        levels = [disturbed(images, kind, level) if level else images for level in range(LEVELS + 1)]
        asked[kind] = np.concatenate(levels), np.tile(labels, LEVELS + 1)
    pictures = np.concatenate([images for images, _ in asked.values()])
    parts = np.array_split(pictures[..., None] / np.float32(255), 1 + len(pictures) // 500)
    answers = np.concatenate([network(part, training=False).numpy().argmax(axis=1) for part in parts])
    scores: dict = {}
    for name, (images, labels) in asked.items():
        given, answers = np.split(answers, [len(images)])
        if name in tests:
            scores[name] = int((given == labels).sum()), len(labels)
            scores[f"{name}_matrix"] = confusion_matrix(labels, given)
        else:
            scores[name] = (given == labels).reshape(LEVELS + 1, -1).mean(axis=1).tolist()
    return scores
