"""What happens when the server starts."""

import asyncio
import socket

import pytest

from app_pages.server.start import _send_at_once

LOOPS = [asyncio.new_event_loop]
try:
    import uvloop

    LOOPS.append(uvloop.new_event_loop)
except ImportError:  # there is none for Windows
    pass


@pytest.mark.parametrize("new_loop", LOOPS)
def test_small_answers_are_sent_at_once(new_loop):
    async def scene():
        _send_at_once(asyncio.get_running_loop())
        listening = socket.socket(socket.AF_INET)  # as Streamlit makes it: without a protocol number
        listening.bind(("127.0.0.1", 0))
        connected = asyncio.get_running_loop().create_future()

        def greet(reader, writer):
            connected.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        server = await asyncio.start_server(greet, sock=listening)
        _, writer = await asyncio.open_connection(*listening.getsockname())
        writer.close()
        assert await connected
        server.close()

    loop = new_loop()
    try:
        loop.run_until_complete(scene())
    finally:
        loop.close()
