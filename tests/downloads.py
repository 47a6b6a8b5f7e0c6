"""A server from which a file can be had, on this machine: slow, broken or lying, as a test wants it."""

import http.server
import threading
from contextlib import contextmanager


class Server(http.server.ThreadingHTTPServer):
    """Serves `content` whatever it is asked for.

    Attributes:
        status: of its answers.
        told: how many bytes it says that there are; None says the truth, -1 nothing.
        asked: how often it was asked.
    """

    daemon_threads = True

    def __init__(self, content: bytes):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content, self.status, self.told, self.asked = content, 200, None, 0
        self._free = threading.Event()
        self._free.set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/file"

    def hold(self) -> None:
        """Has answers stop half-way until `release`."""
        self._free.clear()

    def release(self) -> None:
        self._free.set()


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.asked += 1
        self.send_response(server.status)
        size = len(server.content) if server.told is None else server.told
        if size >= 0:
            self.send_header("Content-Length", str(size))
        self.end_headers()
        half = len(server.content) // 2
        self.wfile.write(server.content[:half])
        server._free.wait(60)
        self.wfile.write(server.content[half:])

    def log_message(self, *arguments):
        pass


@contextmanager
def serving(content: bytes):
    """A `Server` that runs."""
    with Server(content) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.release()
        server.shutdown()
