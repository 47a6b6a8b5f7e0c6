"""Who computes when: so many at once, and who waits is let in address by address, in turn."""

import asyncio
from collections import OrderedDict, deque
from contextlib import asynccontextmanager


class BusyError(Exception):
    """So many from this address wait already that one more is turned away."""


class Gate:
    """Lets a few in at a time. A flood from one address makes that address wait, and the others hardly: each time there
    is room, the next address has its turn, however many wait behind it (fair queueing; J. Nagle, "On packet switches with
    infinite storage", RFC 970, 1985).

    Args:
        at_once: how many may be in.
        waiting: how many of one address may wait. A school often has one address for all its pupils.
    """

    def __init__(self, at_once: int, waiting: int):
        self._room = at_once
        self._waiting = waiting
        self._queues: OrderedDict[str, deque[asyncio.Future]] = OrderedDict()

    @asynccontextmanager
    async def enter(self, address: str):
        """Waits for its turn; raises `BusyError` if too many of this address do."""
        await self._wait(address)
        try:
            yield
        finally:
            self._leave()

    async def _wait(self, address: str) -> None:
        if self._room > 0:
            self._room -= 1
            return
        queue = self._queues.setdefault(address, deque())
        if len(queue) >= self._waiting:
            raise BusyError
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()  # its turn had come: the next one has it
            raise

    def _leave(self) -> None:
        while self._queues:
            address, queue = self._queues.popitem(last=False)
            turn = queue.popleft()
            if queue:
                self._queues[address] = queue  # behind the others
            if not turn.done():
                turn.set_result(None)
                return
        self._room += 1
