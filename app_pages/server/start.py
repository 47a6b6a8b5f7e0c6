"""What happens when the server starts, before anybody comes."""

import asyncio
import socket
import sys
from contextlib import asynccontextmanager

from app_pages.parts import network
from app_pages.parts.jobs import trainer
from app_pages.parts.workers import workers
from app_pages.server.uploads import forget_those_who_left

SWITCH = 0.0002  # seconds that one thread of Python runs while another waits, instead of 0.005: live answers are short


@asynccontextmanager
async def lifespan(app):
    """Loads the network, in the background so that pages appear at once, and has small answers sent without delay."""
    sys.setswitchinterval(SWITCH)
    _send_at_once(asyncio.get_running_loop())
    network.recognizer().add_done_callback(lambda _: workers().start())
    sweeping = asyncio.create_task(forget_those_who_left())
    yield
    sweeping.cancel()
    trainer().stop()
    workers().stop()


def _send_at_once(loop: asyncio.AbstractEventLoop) -> None:
    """Has sockets that this loop listens on send small answers without waiting for more to send (TCP_NODELAY).

    asyncio sets that itself, but only for sockets made with a protocol number, and Streamlit's is made without one; a
    connection that is accepted has what its listening socket has.
    """
    create_server = loop.create_server

    def listening(*arguments, sock=None, **options):
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return create_server(*arguments, sock=sock, **options)

    loop.create_server = listening
