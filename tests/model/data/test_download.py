"""Files of data from the internet come whole or not at all; here from a server on this machine."""

import tempfile
from dataclasses import replace

import pytest

from model.data import dataset, download
from model.data.dataset import DataError, on_this_machine
from model.data.download import MNIST_SHA256, SOURCES, fetch
from tests.downloads import serving

CONTENT = bytes(range(256)) * 2_000
REAL = dict(SOURCES)


@pytest.fixture
def server():
    with serving(CONTENT) as server:
        yield server


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path, server):
    """MNIST comes from the server, is what that has, and is kept below this folder."""
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    is_sound = lambda path: path.read_bytes() == CONTENT  # noqa: E731
    monkeypatch.setitem(SOURCES, "mnist", replace(SOURCES["mnist"], url=server.address, is_sound=is_sound))
    return tmp_path / "keras" / "datasets"


def left(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_whole_and_is_found_and_the_way_is_told(cache):
    reported = []
    assert fetch("mnist", lambda *bytes_of: reported.append(bytes_of)) == on_this_machine("mnist")
    assert (cache / "mnist.npz").read_bytes() == CONTENT
    assert left(cache) == ["mnist.npz"]
    assert reported[0] == (0, len(CONTENT))
    assert reported[-1] == (len(CONTENT), len(CONTENT))
    assert reported == sorted(reported)


def test_a_server_that_does_not_say_how_much_it_is(cache, server):
    server.told = -1
    reported = []
    fetch("mnist", lambda *bytes_of: reported.append(bytes_of))
    assert reported[-1] == (len(CONTENT), None)
    assert on_this_machine("mnist")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": 404}, "MNIST could not be had from 127.0.0.1 (Not Found)."),
        ({"content": CONTENT[:-1]}, "MNIST: what came from 127.0.0.1 is something else."),
        ({"content": b"<html>Please log in</html>"}, "MNIST: what came from 127.0.0.1 is something else."),
    ],
)
def test_what_is_not_the_file_does_not_get_its_place(cache, server, change, message):
    cache.mkdir(parents=True)
    (cache / "mnist.npz").write_bytes(b"as it was")
    for name, value in change.items():
        setattr(server, name, value)
    with pytest.raises(DataError) as raised:
        fetch("mnist")
    assert str(raised.value) == message
    assert (cache / "mnist.npz").read_bytes() == b"as it was"
    assert left(cache) == ["mnist.npz"]


def test_a_connection_that_breaks_off(cache, server):
    server.told = len(CONTENT) + 1
    server.protocol_version = "HTTP/1.0"
    with pytest.raises(DataError, match="in part only|could not be had"):
        fetch("mnist")
    assert left(cache) == []


def test_a_flood_is_cut_off(cache, server, monkeypatch):
    monkeypatch.setattr(download, "MOST", len(CONTENT) - 1)
    with pytest.raises(DataError, match="something else"):
        fetch("mnist")
    assert left(cache) == []


def test_no_server_at_all(cache, monkeypatch):
    monkeypatch.setitem(SOURCES, "mnist", replace(SOURCES["mnist"], url="http://127.0.0.1:9/mnist.npz"))
    with pytest.raises(DataError, match="MNIST could not be had from 127.0.0.1"):
        fetch("mnist")


def test_where_one_folder_can_only_be_read_the_next_is_taken(cache, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DIGITS_DATA", str(tmp_path / "file" / "folder"))  # cannot be made
    assert fetch("mnist") == cache / "mnist.npz"
    monkeypatch.setattr(download, "folders", lambda: [tmp_path / "file" / "folder"])
    with pytest.raises(DataError, match="MNIST cannot be kept on this machine"):
        fetch("mnist")


def test_the_real_files_are_told_from_others(tmp_path):
    other = tmp_path / "other"
    other.write_bytes(CONTENT)
    for data, source in REAL.items():
        assert not source.is_sound(other)
        assert source.file in dataset.FILES[data]
    assert len(MNIST_SHA256) == 64
