"""How much of what visitors send is held."""

import asyncio
import urllib.error
import urllib.request
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from app_pages.server import uploads
from app_pages.server.uploads import UploadLimit, forget_those_who_left


@pytest.fixture
def server(monkeypatch):
    """Streamlit's own store of files, and who is there."""
    server = SimpleNamespace(uploaded_file_mgr=MemoryUploadedFileManager("/_stcore/upload_file"), there={"ann", "bob"})
    server.is_active_session = lambda visitor: visitor in server.there
    monkeypatch.setattr(uploads.runtime, "get_instance", lambda: server)
    monkeypatch.setattr(uploads, "MOST_OF_ONE", 1000)
    monkeypatch.setattr(uploads, "MOST_TOGETHER", 1500)
    return server


@pytest.fixture
def address(server, serve):
    async def keep(request):
        visitor, name = request.path_params["visitor"], request.path_params["name"]
        server.uploaded_file_mgr.add_file(visitor, UploadedFileRec(name, name, "image/png", await request.body()))
        return Response(status_code=204)

    routes = [Route("/_stcore/upload_file/{visitor}/{name}", keep, methods=["PUT"])]
    return serve(Starlette(routes=routes, middleware=[Middleware(UploadLimit)]))


def send(address, visitor, name, content) -> int:
    """The status that a file is answered with."""
    request = urllib.request.Request(f"{address}/_stcore/upload_file/{visitor}/{name}", content, method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def test_one_visitor_may_send_so_much_and_others_still_may(address, server):
    assert [send(address, "ann", name, bytes(400)) for name in "abc"] == [204, 204, 413]
    assert send(address, "bob", "a", bytes(400)) == 204
    server.uploaded_file_mgr.remove_file("ann", "a")
    assert send(address, "ann", "c", bytes(400)) == 204


def test_all_together_may_send_so_much(address):
    assert [send(address, visitor, "a", bytes(700)) for visitor in ("ann", "bob", "cid")] == [204, 204, 413]


def test_files_that_arrive_at_the_same_time_count(server):
    statuses = []

    async def scene():
        arrived = asyncio.Event()

        async def slow(scope, receive, send):
            await arrived.wait()
            await Response(status_code=204)(scope, receive, send)

        limit = UploadLimit(slow)
        scope = {
            "type": "http",
            "method": "PUT",
            "path": "/_stcore/upload_file/ann/a",
            "headers": [(b"content-length", b"600")],
        }

        async def receive():
            return {"type": "http.request", "body": bytes(600)}

        async def note(message):
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        first = asyncio.create_task(limit(scope, receive, note))
        await asyncio.sleep(0)
        await limit(scope, receive, note)
        arrived.set()
        await first
        await limit(scope, receive, note)
        assert not limit.arriving

    asyncio.run(scene())
    assert statuses == [413, 204, 204]


def test_a_file_of_unknown_length_is_refused(address):
    assert send(address, "ann", "a", iter([b"x"])) == 411


def test_files_of_those_who_left_are_forgotten_and_of_those_who_come_back_are_not(address, server, monkeypatch):
    monkeypatch.setattr(uploads, "SWEEP", 0)
    now = 0.0
    monkeypatch.setattr(uploads.time, "monotonic", lambda: now)
    for visitor in ("ann", "bob"):
        send(address, visitor, "a", bytes(10))

    async def scene():
        nonlocal now
        sweeping = asyncio.create_task(forget_those_who_left())

        async def sweep():
            for _ in range(5):
                await asyncio.sleep(0)

        server.there.clear()
        await sweep()
        now = uploads.LINGER / 2
        server.there.add("bob")
        await sweep()
        server.there.clear()
        now = uploads.LINGER
        await sweep()
        assert list(server.uploaded_file_mgr.file_storage) == ["bob"]
        now = 2 * uploads.LINGER
        await sweep()
        assert not server.uploaded_file_mgr.file_storage
        sweeping.cancel()

    asyncio.run(scene())
