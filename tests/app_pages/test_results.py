"""What is read on a sheet: once for the browser that asks and for the page that runs, and not by all pages at a time."""

import gc
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from app_pages.parts import results
from model.reading.numbers import Reading


class Reader:
    """Reads when it is let; counts."""

    def __init__(self):
        self.may_read, self.is_reading = threading.Event(), threading.Event()
        self.asked, self.now, self.most = [], 0, 0
        self.lock = threading.Lock()

    def read(self, image, expect=None, is_drawn=False):
        with self.lock:
            self.asked.append((int(image.sum()), expect))
            self.now += 1
            self.most = max(self.most, self.now)
        self.is_reading.set()
        assert self.may_read.wait(30)
        with self.lock:
            self.now -= 1
        return Reading(())


def sheet(value):
    return np.full((4, 6), value, np.uint8)


def read(reader, ink, expect=None, illustrated=False):
    return results.read_picture(reader, "sheet", ink, expect, is_drawn=True, illustrated=illustrated)


def test_a_drawing_is_read_once_however_many_ask():
    reader = Reader()
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(read, reader, sheet(1))
        assert reader.is_reading.wait(30)
        others = [threads.submit(read, reader, sheet(1)) for _ in range(2)]
        reader.may_read.set()
        readings = {id(one.result(30).reading) for one in (first, *others)}
    assert len(readings) == 1
    assert id(read(reader, sheet(1)).reading) in readings  # also later
    assert reader.asked == [(24, None)]


def test_another_drawing_another_reader_and_what_is_expected_are_told_apart():
    one, other = Reader(), Reader()
    one.may_read.set(), other.may_read.set()
    for reader, ink, expect in ((one, 1, None), (one, 2, None), (one, 1, "amount"), (other, 1, None)):
        read(reader, sheet(ink), expect)
    read(one, np.ones((6, 4), np.uint8))  # as many pixels, but not so wide
    assert one.asked == [(24, None), (48, None), (24, "amount"), (24, None)]
    assert other.asked == [(24, None)]


def test_what_failed_is_tried_again():
    reader = Reader()
    reader.read = lambda *_, **__: 1 / 0
    with pytest.raises(ZeroDivisionError):
        read(reader, sheet(1))
    reader.read = lambda *_, **__: Reading(())
    assert read(reader, sheet(1)).reading.lines == ()


def test_pages_that_wait_to_read_hold_up_nobody_who_asks():
    reader = Reader()
    with ThreadPoolExecutor(8) as threads:
        pages = [threads.submit(read, reader, sheet(value), illustrated=True) for value in range(4)]
        assert reader.is_reading.wait(30)
        asking = [threads.submit(read, reader, sheet(value)) for value in range(4)]  # what the pages wait to read
        end = time.monotonic() + 30
        while reader.most < 4 and time.monotonic() < end:  # one for a page, and the others for those who ask
            time.sleep(0.01)
        reader.may_read.set()
        for one in (*pages, *asking):
            one.result(30)
    assert len(reader.asked) == 4
    assert reader.most == 4


def test_pages_alone_read_one_at_a_time():
    reader = Reader()
    with ThreadPoolExecutor(4) as threads:
        pages = [threads.submit(read, reader, sheet(value), illustrated=True) for value in range(4)]
        assert reader.is_reading.wait(30)
        end = time.monotonic() + 0.5
        while reader.most < 2 and time.monotonic() < end:  # a second one would begin at once
            time.sleep(0.01)
        reader.may_read.set()
        for one in pages:
            one.result(30)
    assert (len(reader.asked), reader.most) == (4, 1)


def test_a_reader_is_not_kept_by_what_it_read():
    reader = Reader()
    reader.may_read.set()
    read(reader, sheet(1))
    kept = weakref.ref(reader)
    del reader
    gc.collect()
    assert kept() is None


def test_old_readings_are_forgotten(monkeypatch):
    monkeypatch.setattr(results, "LATELY", 2)
    results._lately.clear()
    reader = Reader()
    reader.may_read.set()
    for value in (1, 2, 1, 3, 1, 2):
        read(reader, sheet(value))
    assert [amount // 24 for amount, _ in reader.asked] == [1, 2, 3, 2]
