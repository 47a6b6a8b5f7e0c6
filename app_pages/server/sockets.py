"""How many pages may be open at once, and how often each may ask: a page costs a session, a message a run of its script."""

import asyncio
import logging
import time
from collections import Counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_OF_ONE = 150  # web sockets of an address: two classes that reach the server through one, and some second windows
MOST_TOGETHER = 400  # of all: 250 MB of sessions
RATE = 10  # messages a second of one socket; a finished stroke and each press of a button are one …
BURST = 30  # … and so many come at once before the next ones wait
USUAL = 20_000  # bytes; a larger message counts as several: a finished drawing has 5,000
TRY_AGAIN_LATER = 1013  # as RFC 6455's registry of close codes has it; refused before it is open, a browser sees a 403

_log = logging.getLogger(__name__)


class SocketLimit:
    """Refuses web sockets that would be too many, and hears each no faster than `RATE`: middleware for `st.App`."""

    def __init__(self, app: ASGIApp):
        self.app = app
        self.open = Counter()  # by address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        address = scope["client"][0] if scope.get("client") else ""
        if self.open[address] >= MOST_OF_ONE or self.open.total() >= MOST_TOGETHER:
            _log.warning("A web socket was refused: %d of %d are its address's", self.open[address], self.open.total())
            await receive()  # the request to connect
            await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})
            return
        self.open[address] += 1
        try:
            await self.app(scope, paced(receive), send)
        finally:
            self.open[address] -= 1
            self.open += Counter()  # drops those who have left


def paced(receive: Receive) -> Receive:
    """`receive`, which waits where messages come faster than `RATE`; what has not been received stays with its sender.

    Virtual scheduling of the generic cell rate algorithm (ITU-T I.371).
    """
    due = float("-inf")  # when the last message would have come at an even pace

    async def in_time() -> Message:
        nonlocal due
        message = await receive()
        now = time.monotonic()
        due = max(due, now) + max(1, len(message.get("bytes") or b"") / USUAL) / RATE
        if (wait := due - now - BURST / RATE) > 0:
            await asyncio.sleep(wait)
        return message

    return in_time
