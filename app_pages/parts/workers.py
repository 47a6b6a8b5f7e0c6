"""Pictures that people send are read in processes of their own, a few for all visitors.

A picture can be made to take minutes or gigabytes, or to bring its decoder down. What goes wrong there ends that process and
costs its sender one sentence; the server, its pages and all other visitors go on. The limits stand here, with those of
single files in model/ink/files.py and those of pages in model/ink/page.py.
"""

import ctypes
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from pathlib import Path

import pebble

from app_pages.locale import N_
from app_pages.parts import network
from app_pages.parts.gate import Gate
from model.ink.files import PictureError, PictureTooLargeError

PROCESSES = max(1, min(4, (os.cpu_count() or 1) // 2))  # live answers need the other cores
MOST_WAITING = 8  # pictures of one visitor or address; each may have 20 MB
SECONDS = 12  # of processor for one picture; a scanned form of six rows with print takes 2 to 5
LONGEST = 30  # seconds by the clock, of which the others' pictures may take most
STOPPING = 5  # seconds; whoever has a container end waits no more than ten
MEMORY = 400 * 2**20  # bytes above what a process has, for one picture
NICENESS = 10  # a picture may wait for the live answers of those who draw

TOO_MUCH = N_("This picture takes too long or too much memory to read; send a smaller or a simpler one.")
TOO_LATE = N_("The server is too busy to read this picture now; send it again in a moment.")

_log = logging.getLogger(__name__)


class BusyWorkersError(PictureError):
    """The picture was not read in time, for no fault of its own."""


class Workers:
    """Processes that compute, each with a network of its own, for one visitor after the other.

    Args:
        processes: how many; they are started when the first picture comes, or by `start`.
    """

    def __init__(self, processes: int = PROCESSES):
        self._gate = Gate(processes, MOST_WAITING)
        self._processes, self._pool, self._computing = processes, None, set()
        # The only thread that has to do with the pool: it waits seconds until the first process has imported what it needs,
        # and who submits a picture may be the thread that serves all.
        self._clerk = ThreadPoolExecutor(1, "workers")
        self._stopped = False

    def start(self) -> None:
        """Has the processes load their networks, in the background."""
        self._stopped = False
        self._clerk.submit(self._schedule, _nothing).add_done_callback(_log_failure)

    def submit(self, visitor: str, task: Callable, *arguments) -> Future:
        """A future of `task(recognizer, *arguments)`, computed when it is this visitor's turn.

        Args:
            visitor: who waits behind all others for a second turn: a session, or an address.
            task: a function that processes can import; so are its arguments, its result and what it raises.

        Raises:
            BusyError: this visitor's pictures fill the queue already.
            PictureError: by the future: it took too much, or too long. So does what `task` raises.
        """
        result = Future()
        turn = self._gate.ask(visitor)

        def begin(turn):
            if turn.cancelled():
                return
            if result.set_running_or_notify_cancel():
                self._clerk.submit(hand_over)
            else:
                self._gate.leave()

        def hand_over():
            try:
                self._schedule(task, *arguments).add_done_callback(end)
            except Exception as error:  # the processes cannot be started
                self._gate.leave()
                result.set_exception(error)

        def end(computed):
            self._gate.leave()
            try:
                result.set_result(computed.result())
            except (pebble.ProcessExpired, MemoryError) as error:
                _log.warning("A picture was given up: %r", error)
                result.set_exception(PictureTooLargeError(TOO_MUCH))
            except (TimeoutError, CancelledError, BrokenProcessPool) as error:
                _log.warning("A picture was given up: %r", error)
                result.set_exception(BusyWorkersError(TOO_LATE))
            except Exception as error:
                result.set_exception(error)

        turn.add_done_callback(begin)
        result.add_done_callback(lambda result: result.cancelled() and turn.cancel())
        return result

    def _schedule(self, task: Callable, *arguments) -> Future:
        if self._stopped:  # whose turn came because another's work was ended
            raise BusyWorkersError(TOO_LATE)
        if self._pool is not None and not self._pool.active:  # its processes died with nothing to do
            self._end()
        if self._pool is None:
            self._pool = pebble.ProcessPool(self._processes, initializer=_prepare, context=processes_context())
        computed = self._pool.schedule(_run, (task, *arguments), timeout=LONGEST)
        self._computing.add(computed)
        computed.add_done_callback(self._computing.discard)
        return computed

    def stop(self) -> None:
        """Ends the processes, whatever they compute, until `start`.

        What starts them imports for seconds and cannot be interrupted; then they end in the background, or with the server.
        """
        self._stopped = True
        wait([self._clerk.submit(self._end)], STOPPING)

    def _end(self) -> None:
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()
            self._pool = None
            for computed in list(self._computing):  # what came to the pool as it stopped, it has forgotten
                computed.cancel()


@cache
def workers() -> Workers:
    """Those that all visitors share."""
    return Workers()


def _log_failure(begun: Future) -> None:
    if error := begun.exception():
        _log.error("The processes that read pictures cannot be started", exc_info=error)


def processes_context():
    """How processes are started: by one that has imported all that they need, where the system can do that.

    It has no threads, and what it has imported is in memory once for all of them.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods() or sys.platform == "darwin":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["app_pages.parts.shared"])
    return context


# ── In a process ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _prepare() -> None:
    """Loads the network."""
    if hasattr(os, "nice"):
        os.nice(NICENESS - os.nice(0))
    if network.recognizer().exception() is None:
        # What finds digits and what compares with examples is loaded now, not at a picture's cost.
        network.reading_failure(network.recognizer())
        network.teaching_failure(network.recognizer())


def _limit_memory() -> None:
    """Lets the process take `MEMORY` more than it has; where the system has no such limit, files.py's must do.

    What it has grows with each size of picture that it has not seen before, up to some 700 MB of addresses, of which a fifth
    is used: there lies the code that TensorFlow makes for each size and keeps.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return
    import resource

    held = next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith("VmData"))
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    allowed = held + MEMORY
    resource.setrlimit(resource.RLIMIT_DATA, (allowed if most == resource.RLIM_INFINITY else min(allowed, most), most))


def _run(task: Callable, *arguments):
    """The task's result; when it has taken too long, the system ends the process, whatever library it is in."""
    _limit_memory()
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        return task(network.recognizer().result(), *arguments)
    finally:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_PROF, 0)
        _give_back_memory()


def _give_back_memory() -> None:
    """Gives the system what the task has left free, which glibc would keep for the next one."""
    if trim := getattr(ctypes.CDLL(None) if os.name == "posix" else None, "malloc_trim", None):
        trim(0)


def _nothing(recognizer) -> None:
    pass
