"""Pictures are read in processes of their own: real ones, that hang, die and fill the memory."""

import os
import signal
import threading
import time

import numpy as np
import pytest

from app_pages.parts import results, workers
from app_pages.parts.gate import BusyError
from app_pages.parts.workers import BusyWorkersError, Workers
from model.data.composites import composite, from_images, right
from model.ink.files import PictureError, PictureTooLargeError, PictureTypeError
from tests.app_pages.server.test_routes import number, picture
from tests.app_pages.test_teach import signs, starred


@pytest.fixture
def pictures_are_read_here():
    """Not here."""


@pytest.fixture(scope="module")
def process():
    """One process for all visitors, with its network loaded."""
    one = Workers(1)
    one.submit("nobody", process_number).result(120)
    yield one
    one.stop()


# What a process is given to do.


def process_number(recognizer) -> int:
    return os.getpid()


def compute_for_ever(recognizer):
    while True:
        sum(range(1000))


def fill_the_memory(recognizer):
    return [np.ones(2**20) for _ in range(1000)]  # 8 MB each


def crash(recognizer):
    os.kill(os.getpid(), signal.SIGSEGV)


def refuse(recognizer):
    raise PictureTypeError("No picture.")


def fail(recognizer):
    raise RuntimeError("broken")


def rest(recognizer, seconds: float, said: str) -> str:
    time.sleep(seconds)
    return said


def test_a_file_is_read_as_it_is_here(process, recognizer):
    file = picture(number())
    there = process.submit("somebody", results.read_file, "a.png", file, 0, None).result(60)
    here = results.read_file(recognizer, "a.png", file, 0, None)
    assert there.text == here.text == "704"
    assert there.crops == here.crops
    assert there.number != here.number
    assert [one.character.confidence for one in there.entries] == pytest.approx(
        [one.character.confidence for one in here.entries], abs=1e-4
    )


def test_whole_scanned_forms_are_read_one_after_the_other_however_they_lie(process, mnist):
    """Their print is looked at closely, too; and of each size of picture, the process keeps something for the next one."""
    source = from_images(mnist.test_images, mnist.test_labels)
    for index in range(3):
        page, truth = composite("scan", source, index, 5)
        file = picture(255 - np.rot90(page, index))
        read = process.submit("somebody", results.read_file, "a.png", file, 0, None).result(60)
        assert sum(right("scan", read.text, truth)) >= len(truth.split("\n")) - 1


def test_what_a_visitor_taught_is_read_there_too(process, recognizer):
    known = signs("★")
    file = picture(starred())
    there = process.submit("somebody", results.read_taught, known, results.read_file, "a.png", file, 0, None).result(60)
    assert there.text == results.read_file(recognizer.with_examples(known), "a.png", file, 0, None).text
    assert there.text == "★4"
    assert process.submit("somebody else", results.read_file, "a.png", file, 0, None).result(60).text != "★4"


@pytest.mark.parametrize("task", [compute_for_ever, fill_the_memory, crash])
def test_what_hangs_dies_or_fills_the_memory_costs_its_sender_one_sentence(process, task):
    waiting = process.submit("somebody else", process_number)  # before or behind it
    with pytest.raises(PictureTooLargeError, match="send a smaller"):
        process.submit("somebody", task).result(60)
    assert waiting.result(60)
    file = picture(number())
    assert process.submit("somebody", results.read_file, "a.png", file, 0, None).result(60).text == "704"


@pytest.mark.parametrize(("task", "error"), [(refuse, PictureTypeError), (fail, RuntimeError)])
def test_what_goes_wrong_is_told_as_it_is(process, task, error):
    before = process.submit("somebody", process_number).result(60)
    with pytest.raises(error):
        process.submit("somebody", task).result(60)
    assert process.submit("somebody", process_number).result(60) == before


def test_what_takes_too_long_by_the_clock_is_given_up(process, monkeypatch):
    monkeypatch.setattr(workers, "LONGEST", 0.5)
    with pytest.raises(BusyWorkersError, match="send it again"):
        process.submit("somebody", rest, 60, "").result(60)
    monkeypatch.undo()
    assert process.submit("somebody", rest, 0, "rested").result(60) == "rested"


def test_who_submits_does_not_wait_for_the_first_process(monkeypatch):
    may_start = threading.Event()
    start = workers.pebble.ProcessPool

    def slow(*arguments, **options):
        may_start.wait(60)
        return start(*arguments, **options)

    monkeypatch.setattr(workers.pebble, "ProcessPool", slow)
    some = Workers(1)
    some.start()
    reading = some.submit("somebody", rest, 0, "rested")
    assert not reading.done()
    may_start.set()
    assert reading.result(120) == "rested"
    some.stop()


def test_what_waits_when_the_processes_are_stopped_is_given_up():
    some = Workers(1)
    waiting = [some.submit("somebody", rest, 60, "") for _ in range(3)]
    some.stop()
    for reading in waiting:
        with pytest.raises(BusyWorkersError, match="send it again"):
            reading.result(60)
    some.start()
    assert some.submit("somebody", rest, 0, "rested").result(120) == "rested"
    some.stop()


def test_a_server_that_ends_does_not_wait_until_the_processes_have_started(monkeypatch):
    may_start = threading.Event()
    started = []
    start = workers.pebble.ProcessPool

    def slow(*arguments, **options):
        may_start.wait(60)
        started.append(start(*arguments, **options))
        return started[0]

    monkeypatch.setattr(workers.pebble, "ProcessPool", slow)
    monkeypatch.setattr(workers, "STOPPING", 0.1)
    some = Workers(1)
    reading = some.submit("somebody", rest, 60, "")
    some.stop()
    assert not started
    may_start.set()
    with pytest.raises(BusyWorkersError, match="send it again"):  # and yet they end
        reading.result(60)
    assert not started[0].active


def test_one_visitors_pictures_wait_behind_the_others(process):
    order, done = [], threading.Event()

    def note(future):
        order.append(future.result())
        if len(order) == 5:
            done.set()

    for said in ("a1", "a2", "a3", "b1", "c1"):
        process.submit(said[0], rest, 0.2, said).add_done_callback(note)
    assert done.wait(60)
    assert order == ["a1", "a2", "b1", "c1", "a3"]


def test_who_goes_away_is_not_computed_for(process):
    first = process.submit("a", rest, 0.3, "a1")
    second = process.submit("a", rest, 60, "a2")
    third = process.submit("a", rest, 0, "a3")
    assert second.cancel()
    assert (first.result(60), third.result(30)) == ("a1", "a3")


def test_more_than_may_wait_are_turned_away(process):
    waiting = [process.submit("a", rest, 0.1, "") for _ in range(1 + workers.MOST_WAITING)]
    with pytest.raises(BusyError):
        process.submit("a", rest, 0, "")
    assert process.submit("b", rest, 0, "b").result(60) == "b"
    assert [one.result(60) for one in waiting]


def test_a_process_that_dies_with_nothing_to_do_is_replaced(process):
    os.kill(process.submit("a", process_number).result(60), signal.SIGKILL)
    for _ in range(100):  # the death may be noticed a little later, and then costs one picture
        try:
            assert process.submit("a", rest, 0, "there").result(60) == "there"
            break
        except PictureError:
            time.sleep(0.1)
    else:
        raise AssertionError("No process came instead.")
