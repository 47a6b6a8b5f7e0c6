"""Too many pages of one address, and too many messages of one page."""

import asyncio

import pytest

from app_pages.server import sockets
from app_pages.server.sockets import BURST, RATE, USUAL, SocketLimit, paced


def visit(app, address: str, until: asyncio.Event | None = None):
    """A web socket that is open until then; which messages it was sent."""
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    async def page(scope, receive, send):
        await send({"type": "websocket.accept"})
        await until.wait()

    app.app = page
    return sent, asyncio.ensure_future(app({"type": "websocket", "client": (address, 1)}, receive, send))


async def turns():
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("limit", "others"), [("MOST_OF_ONE", "one"), ("MOST_TOGETHER", "another")])
def test_a_socket_too_many_is_refused_until_one_is_closed(monkeypatch, limit, others):
    monkeypatch.setattr(sockets, limit, 2)

    async def scenario():
        app, end = SocketLimit(None), asyncio.Event()
        there = [visit(app, address, end) for address in ("one", others)]
        await turns()
        assert [sent for sent, _ in there] == [[{"type": "websocket.accept"}]] * 2
        refused, done = visit(app, "one", end)
        await done
        assert [message["type"] for message in refused] == ["websocket.close"]
        end.set()
        await asyncio.gather(*(task for _, task in there))
        assert not app.open
        later, done = visit(app, "one", end)
        await done
        assert later == [{"type": "websocket.accept"}]

    asyncio.run(scenario())


def test_addresses_do_not_take_each_others_places(monkeypatch):
    monkeypatch.setattr(sockets, "MOST_OF_ONE", 1)

    async def scenario():
        app, end = SocketLimit(None), asyncio.Event()
        there = [visit(app, address, end) for address in ("one", "another")]
        await turns()
        assert [sent for sent, _ in there] == [[{"type": "websocket.accept"}]] * 2
        end.set()
        await asyncio.gather(*(task for _, task in there))

    asyncio.run(scenario())


@pytest.fixture
def clock(monkeypatch):
    """The time, which only waiting moves: [seconds]; and the waits."""
    now, waits = [100.0], []

    async def sleep(seconds):
        waits.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(sockets.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(sockets.asyncio, "sleep", sleep)
    return now, waits


def test_messages_that_come_too_fast_wait_and_none_is_lost(clock):
    now, waits = clock
    numbers = iter(range(1000))

    async def receive():
        return {"type": "websocket.receive", "number": next(numbers), "bytes": bytes(5_000)}

    async def scenario():
        hear = paced(receive)
        heard = [(await hear())["number"] for _ in range(BURST)]
        assert not waits  # so many at once are a quick hand's
        heard += [(await hear())["number"] for _ in range(RATE)]
        assert heard == list(range(BURST + RATE))
        assert now[0] - 100 == pytest.approx(1)
        now[0] += 60
        waits.clear()
        for _ in range(BURST):
            await hear()
        assert not waits

    asyncio.run(scenario())


def test_a_large_message_counts_as_the_many_that_it_could_be(clock):
    now, _ = clock

    async def receive():
        return {"type": "websocket.receive", "bytes": bytes(50 * USUAL)}

    async def scenario():
        hear = paced(receive)
        for _ in range(3):
            await hear()
        assert now[0] - 100 == pytest.approx((3 * 50 - BURST) / RATE)

    asyncio.run(scenario())
