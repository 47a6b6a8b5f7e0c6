"""What tests of the server share."""

import threading
import time

import pytest
import uvicorn

from tests.browser import free_port


@pytest.fixture
def serve():
    """Serves an ASGI application, as often as it is called, and gives the address."""
    servers = []

    def start(application):
        port = free_port()
        one = uvicorn.Server(uvicorn.Config(application, port=port, log_level="error"))
        thread = threading.Thread(target=one.run)
        thread.start()
        servers.append((one, thread))
        while not one.started:
            time.sleep(0.01)
        return f"http://127.0.0.1:{port}"

    yield start
    for one, thread in servers:
        one.should_exit = True
        thread.join(20)
