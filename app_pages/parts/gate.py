"""Who computes when: so many at once, and who waits is let in visitor by visitor, in turn."""

import asyncio
import threading
from collections import OrderedDict, deque
from concurrent.futures import Future
from contextlib import asynccontextmanager


class BusyError(Exception):
    """This visitor waits for so many turns already that one more is refused."""


class Gate:
    """Lets a few in at a time. A flood from one visitor makes that visitor wait, and the others hardly: each time there
    is room, the next visitor has a turn, however many turns another one waits for (fair queueing; J. Nagle, "On packet
    switches with infinite storage", RFC 970, 1985). It may be used from any thread.

    Args:
        at_once: how many may be in.
        waiting: for how many turns one visitor may wait. A school often has one address for all its pupils.
    """

    def __init__(self, at_once: int, waiting: int):
        self._room, self._waiting = at_once, waiting
        self._queues: OrderedDict[str, deque[Future]] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, visitor: str) -> Future:
        """A future that is done once it is this visitor's turn. Whoever had a turn must `leave`; to cancel it gives it up.

        Raises:
            BusyError: it waits for too many already.
        """
        turn = Future()
        with self._lock:
            if self._room > 0:
                self._room -= 1
                turn.set_result(None)
                return turn
            queue = self._queues.get(visitor, deque())
            if len(queue) >= self._waiting:
                raise BusyError
            self._queues[visitor] = queue
            queue.append(turn)
        return turn

    def leave(self) -> None:
        """Makes room for the next."""
        while True:
            with self._lock:
                if not self._queues:
                    self._room += 1
                    return
                visitor, queue = self._queues.popitem(last=False)
                turn = queue.popleft()
                if queue:
                    self._queues[visitor] = queue  # behind the others
            if turn.set_running_or_notify_cancel():
                turn.set_result(None)
                return

    @asynccontextmanager
    async def enter(self, visitor: str):
        """Waits for a turn, and leaves in the end; raises as `ask`."""
        turn = self.ask(visitor)
        try:
            if not turn.done():
                await asyncio.wrap_future(turn)
        except asyncio.CancelledError:
            if not turn.cancel():
                self.leave()  # its turn had come: the next one has it
            raise
        try:
            yield
        finally:
            self.leave()
