"""Who computes when."""

import asyncio

import pytest

from app_pages.parts.gate import BusyError, Gate


async def settle():
    """Lets everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


class Visitors:
    """Those who come to a gate, and in which order they were let in."""

    def __init__(self, gate):
        self.gate, self.entered, self.tasks, self.done = gate, [], {}, {}

    async def come(self, *names):
        """Each name begins with its address."""
        for name in names:
            self.done[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._visit(name))
            await settle()

    async def _visit(self, name):
        async with self.gate.enter(name[0]):
            self.entered.append(name)
            await self.done[name].wait()

    async def leave(self, *names):
        for name in names:
            self.done[name].set()
            await settle()


def test_so_many_are_in_at_once_and_no_more():
    async def scene():
        visitors = Visitors(Gate(at_once=2, waiting=5))
        await visitors.come("a1", "b1", "c1", "d1")
        assert visitors.entered == ["a1", "b1"]
        await visitors.leave("b1")
        assert visitors.entered == ["a1", "b1", "c1"]
        await visitors.leave("a1", "c1", "d1")
        await visitors.come("e1", "e2", "e3")
        assert visitors.entered[-2:] == ["e1", "e2"]
        await visitors.leave("e1", "e2", "e3")

    asyncio.run(scene())


def test_a_flood_from_one_address_makes_that_address_wait_and_not_the_others():
    async def scene():
        visitors = Visitors(Gate(at_once=1, waiting=50))
        await visitors.come("a0", *(f"a{number}" for number in range(1, 9)), "b1", "c1", "b2")
        for name in ["a0", "a1", "b1", "c1", "a2", "b2"]:
            assert visitors.entered[-1] == name
            await visitors.leave(name)
        for task in visitors.tasks.values():
            task.cancel()

    asyncio.run(scene())


def test_who_comes_to_too_long_a_queue_is_turned_away_and_others_are_not():
    async def scene():
        visitors = Visitors(Gate(at_once=1, waiting=2))
        await visitors.come("a1", "a2", "a3", "a4", "b1")
        with pytest.raises(BusyError):
            await visitors.tasks["a4"]
        await visitors.leave("a1", "a2", "b1", "a3")
        assert visitors.entered == ["a1", "a2", "b1", "a3"]

    asyncio.run(scene())


@pytest.mark.parametrize("moment", ["while it waits", "as its turn comes"])
def test_who_goes_away_takes_no_room_with_it(moment):
    async def scene():
        gate = Gate(at_once=1, waiting=5)
        visitors = Visitors(gate)
        await visitors.come("a1", "b1", "c1")
        if moment == "as its turn comes":
            visitors.done["a1"].set()
            await asyncio.sleep(0)  # a1 leaves; b1's turn has come, but it has not run yet
        visitors.tasks["b1"].cancel()
        await settle()
        await visitors.leave("a1")
        assert visitors.entered[-1] == "c1"
        await visitors.leave("c1")
        await visitors.come("d1")
        assert visitors.entered[-1] == "d1"
        await visitors.leave("d1")

    asyncio.run(scene())
