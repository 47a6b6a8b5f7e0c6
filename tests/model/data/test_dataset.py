import contextlib
import functools
import gzip
import hashlib
import http.server
import io
import json
import os
import re
import socket
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

from model.data import dataset
from model.data.dataset import (
    BRUSHES,
    MNIST_VALIDATION_START,
    PEN_DIGITS_FILE,
    TEST_WRITERS,
    VALIDATION_WRITERS,
    DataError,
    by_writers,
    canvas_picture,
    load_mnist,
    load_pen_digits,
    load_symbols,
    parse_unipen,
    photograph,
    rendered,
)
from model.ink.image import prepare

DAMAGED_PARTS = [0, 0.001, 0.01, 0.3, 0.7, 0.999]  # how much of a file came through


# MNIST from a file


def small_mnist():
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (30, 28, 28), np.uint8),
        "y_train": np.arange(30, dtype=np.uint8) % 10,
        "x_test": rng.integers(0, 256, (20, 28, 28), np.uint8),
        "y_test": np.arange(20, dtype=np.uint8) % 10,
    }


def npz_bytes(arrays, save=np.savez):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


@pytest.fixture
def npz(tmp_path):
    def write(content=None, save=np.savez, **changes):
        path = tmp_path / "mnist.npz"
        if content is None:
            arrays = {name: array for name, array in (small_mnist() | changes).items() if array is not None}
            content = npz_bytes(arrays, save)
        path.write_bytes(content)
        return path

    return write


def assert_is_small_mnist(loaded):
    for part in ("train", "test"):
        np.testing.assert_array_equal(getattr(loaded, f"{part}_images"), small_mnist()[f"x_{part}"])
        np.testing.assert_array_equal(getattr(loaded, f"{part}_labels"), small_mnist()[f"y_{part}"])


def test_real_mnist_is_loaded(mnist):
    assert (mnist.train_images.shape, mnist.train_images.dtype) == ((60000, 28, 28), np.uint8)
    assert (mnist.test_images.shape, mnist.test_images.dtype) == ((10000, 28, 28), np.uint8)
    assert mnist.train_labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.test_labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(mnist.test_labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("as_path", [str, Path])
def test_mnist_is_loaded_from_a_file(npz, save, as_path):
    assert_is_small_mnist(load_mnist(as_path(npz(save=save))))


@pytest.mark.parametrize("kind", [np.int64, np.int8, np.uint16])
def test_labels_may_be_any_whole_numbers(npz, kind):
    labels = small_mnist()["y_train"].astype(kind)
    assert load_mnist(npz(y_train=labels)).train_labels.tolist() == labels.tolist()


def test_missing_mnist_names_the_file_and_where_to_get_it(tmp_path):
    path = tmp_path / "none.npz"
    with pytest.raises(DataError, match=f"{re.escape(str(path))}: no such file.*https://"):
        load_mnist(path)


def test_folder_instead_of_mnist_names_it(tmp_path):
    with pytest.raises(DataError, match=re.escape(str(tmp_path))):
        load_mnist(tmp_path)


@pytest.mark.parametrize("missing", [["x_train"], ["y_train"], ["x_test"], ["y_test"], ["x_train", "y_test"]])
def test_missing_arrays_are_named(npz, missing):
    path = npz(**dict.fromkeys(missing))
    with pytest.raises(DataError, match=f"{re.escape(str(path))}: {' and '.join(missing)} missing"):
        load_mnist(path)


@pytest.mark.parametrize("name", ["x_train", "x_test"])
@pytest.mark.parametrize(
    "images",
    [
        np.zeros((30, 28, 28), np.float32),
        np.zeros((30, 28, 28), bool),
        np.zeros((30, 784), np.uint8),
        np.zeros((30, 32, 32), np.uint8),
        np.zeros((30, 28, 28, 1), np.uint8),
        np.zeros((0, 28, 28), np.uint8),
        np.uint8(7),
    ],
    ids=lambda images: f"{images.dtype} {images.shape}",
)
def test_images_of_another_kind_are_named(npz, name, images):
    path = npz(**{name: images})
    with pytest.raises(DataError, match=re.escape(f"{path}: {name} is {images.dtype} {images.shape}")):
        load_mnist(path)


@pytest.mark.parametrize(("name", "count"), [("y_train", 30), ("y_test", 20)])
@pytest.mark.parametrize(
    "shape_and_kind", [((-1,), np.uint8), ((1,), np.uint8), ((0, 10), np.uint8), ((0,), np.float64), ((0,), "<U1")]
)
def test_labels_of_another_kind_are_named(npz, name, count, shape_and_kind):
    (more, *rest), kind = shape_and_kind
    labels = np.zeros((count + more, *rest), kind)
    path = npz(**{name: labels})
    with pytest.raises(DataError, match=re.escape(f"{path}: {name} is {labels.dtype} {labels.shape}")):
        load_mnist(path)


@pytest.mark.parametrize("name", ["y_train", "y_test"])
@pytest.mark.parametrize("label", [-1, 10, 255])
def test_labels_outside_0_to_9_are_named(npz, name, label):
    labels = small_mnist()[name].astype(int)
    labels[7] = label
    path = npz(**{name: labels})
    with pytest.raises(DataError, match=re.escape(f"{path}: {name} holds labels outside 0 to 9")):
        load_mnist(path)


def test_pickled_objects_are_refused(npz):
    path = npz(x_train=np.array([{}, None], object))
    with pytest.raises(DataError, match=re.escape(str(path))):
        load_mnist(path)


@pytest.mark.parametrize("part", DAMAGED_PARTS)
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_truncated_mnist_names_the_file(npz, part, save):
    whole = npz(save=save).read_bytes()
    path = npz(whole[: int(len(whole) * part)])
    with pytest.raises(DataError, match=re.escape(f"{path}: not a whole mnist.npz")):
        load_mnist(path)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_damaged_mnist_names_the_file_or_is_whole(npz, save):
    whole = npz(save=save).read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        broken = bytearray(whole)
        for place in rng.integers(0, len(whole), 8):
            broken[place] ^= 1 << rng.integers(8)
        path = npz(bytes(broken))
        try:
            assert_is_small_mnist(load_mnist(path))
        except DataError as error:
            assert str(path) in str(error)


@pytest.mark.parametrize("content", [b"no numbers at all", bytes(500), b"PK\x03\x04" + bytes(100), b"\x80\x04K\x01."])
def test_garbage_instead_of_mnist_names_the_file(npz, content):
    path = npz(content)
    with pytest.raises(DataError, match=re.escape(f"{path}: not a whole mnist.npz")):
        load_mnist(path)


def test_a_single_array_instead_of_mnist_names_the_file(npz):
    file = io.BytesIO()
    np.save(file, np.zeros((3, 28, 28), np.uint8))
    path = npz(file.getvalue())
    with pytest.raises(DataError, match=re.escape(str(path))):
        load_mnist(path)


# Splits


@pytest.mark.skipif("DIGITS_DATA" not in os.environ, reason="who wrote what is known to the folder DIGITS_DATA alone")
def test_validation_images_are_by_writers_without_training_images():
    with np.load(Path(os.environ["DIGITS_DATA"], "mnist_writers.npz")) as file:
        writers = file["writer_train"]
    assert not set(writers[:MNIST_VALIDATION_START]) & set(writers[MNIST_VALIDATION_START:])


def test_writers_of_the_pen_digits_are_split(pen_digits):
    writers = {digit.writer for digit in pen_digits}
    assert writers == set(range(1, 31))
    assert not set(VALIDATION_WRITERS) & set(TEST_WRITERS)
    assert set(VALIDATION_WRITERS + TEST_WRITERS) < writers


SYMBOLS = {
    "Latin": {"character01": [[[[0, 0], [5, 9]]]], "character03": [[[[9, 1], [1, 5], [9, 9]]], [[[8, 1]], [[3, 3]]]]},
    "Runes": {"character01": [[[[0, 0], [5, 9]], []]]},
}


@pytest.mark.parametrize("packed", [False, True])
def test_symbols_are_those_that_resemble_no_digit(tmp_path, packed):
    content = json.dumps(SYMBOLS).encode()
    (tmp_path / "symbols").write_bytes(gzip.compress(content) if packed else content)
    drawings = load_symbols(tmp_path / "symbols")
    assert [[stroke.tolist() for stroke in strokes] for strokes in drawings] == [
        [[[9, 1], [1, 5], [9, 9]]],
        [[[8, 1]], [[3, 3]]],
        [[[0, 0], [5, 9]]],
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no JSON",
        b"[]",
        b"{}",
        b'{"Latin": []}',
        b'{"Latin": {"c": [[[[1, 2]]]]}}',
        b'{"Latin": {"character03": [[[[1, 2, 3]]]]}}',
        b'{"Latin": {"character03": [[[["a", 2]]]]}}',
        b'{"Latin": {"character03": [[[[NaN, 2]]]]}}',
        b'{"Latin": {"character03": [5]}}',
        b"\x1f\x8bnot gzipped",
    ],
)
def test_what_holds_no_symbols_is_a_data_error_that_names_the_file(tmp_path, content):
    (tmp_path / "symbols.json").write_bytes(content)
    with pytest.raises(DataError, match="symbols.json: "):
        load_symbols(tmp_path / "symbols.json")


def test_missing_symbols_are_optional(tmp_path):
    with pytest.raises(DataError, match="leave --symbols out"):
        load_symbols(tmp_path / "none.json")


def test_by_writers_takes_theirs_and_only_theirs(pen_digits):
    parts = [by_writers(pen_digits, (writer,)) for writer in range(1, 31)]
    assert sum(len(part) for part in parts) == len(pen_digits)
    for writer, part in enumerate(parts, 1):
        assert part
        assert {digit.writer for digit in part} == {writer}
    assert by_writers(pen_digits, (99,)) == []


# Pen digits from a file

UNIPEN = """\
.INCLUDE        dene.doc

.LEXICON "0" "1" "2" "3" "4" "5" "6" "7" "8" "9"
.HIERARCHY      DIGIT

.SEGMENT DIGIT    0 ? "7"
.COMMENT 7 12  224
.PEN_DOWN
 10  90
 60  90
 30  10
.PEN_UP
.PEN_DOWN
 20  50
 50  50
.PEN_UP
.DT 100

.SEGMENT DIGIT    1 ? "1"
.COMMENT 1 3  5
.PEN_DOWN
 -5  40
 5 0
.PEN_UP
.DT 100
"""


def lzw(content):
    # As the old `compress` writes it, in its simplest form: every byte a code of 9 bits, the table cleared (code 256)
    # before codes would need a tenth bit. A clear ends a group of eight codes, so no padding is due.
    codes = []
    for start in range(0, len(content), 239):
        codes += [*content[start : start + 239], 256]
    bits = sum(code << (9 * index) for index, code in enumerate(codes[:-1]))
    return b"\x1f\x9d\x90" + bits.to_bytes((9 * (len(codes) - 1) + 7) // 8, "little")


def zipped(name, content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pendigits.names", "other things")
        archive.writestr(name, content)
    return file.getvalue()


PACKINGS = {
    ".tra": lambda content: content,
    ".tra.Z": lzw,
    "zip of .tra": lambda content: zipped("pendigits-orig.tra", content),
    "zip of .tra.Z": lambda content: zipped("folder/pendigits-orig.tra.Z", lzw(content)),
}


@pytest.fixture
def pen_file(tmp_path):
    def write(content):
        path = tmp_path / "pens"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def assert_is_unipen_example(digits):
    assert [(digit.label, digit.writer) for digit in digits] == [(7, 12), (1, 3)]
    seven, one = (digit.strokes for digit in digits)
    assert [stroke.tolist() for stroke in seven] == [[[10, -90], [60, -90], [30, -10]], [[20, -50], [50, -50]]]
    assert [stroke.tolist() for stroke in one] == [[[-5, -40], [5, 0]]]


def test_real_pen_digits_are_loaded(pen_digits):
    assert len(pen_digits) == 7494
    assert {digit.label for digit in pen_digits} == set(range(10))
    for digit in pen_digits:
        assert digit.strokes
        assert all(stroke.ndim == 2 and stroke.shape[1] == 2 and len(stroke) for stroke in digit.strokes)
    assert (pen_digits[0].label, pen_digits[0].writer, len(pen_digits[0].strokes)) == (8, 12, 1)
    assert pen_digits[0].strokes[0][0].tolist() == [267, -333]


def test_labels_of_the_pen_digits_are_what_the_strokes_show(pen_digits, recognizer):
    some = pen_digits[:: len(pen_digits) // 100]
    answers = recognizer.probabilities(rendered(some, seed=0))[0].argmax(axis=1)
    assert np.mean(answers == [digit.label for digit in some]) > 0.9


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("as_path", [str, Path])
def test_pen_digits_are_unpacked(pen_file, packing, as_path):
    assert_is_unipen_example(load_pen_digits(as_path(pen_file(PACKINGS[packing](UNIPEN.encode())))))


def test_line_ends_of_windows_are_taken(pen_file):
    assert_is_unipen_example(load_pen_digits(pen_file(UNIPEN.replace("\n", "\r\n"))))


def test_missing_pen_digits_name_the_file_and_where_to_get_it(tmp_path):
    path = tmp_path / "none.tra"
    with pytest.raises(DataError, match=f"{re.escape(str(path))}: no such file.*https://"):
        load_pen_digits(path)


def test_folder_instead_of_pen_digits_names_it(tmp_path):
    with pytest.raises(DataError, match=re.escape(str(tmp_path))):
        load_pen_digits(tmp_path)


def test_zip_without_pen_digits_names_the_file(pen_file):
    path = pen_file(zipped("optdigits.tra", b"1,2,3"))
    with pytest.raises(DataError, match=re.escape(f"{path}: the zip holds no {PEN_DIGITS_FILE}")):
        load_pen_digits(path)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"1,2,3\n", bytes(1000), b"\xff\xfe\x00", b"<html>Not found</html>"])
def test_garbage_instead_of_pen_digits_names_the_file(pen_file, content):
    path = pen_file(content)
    with pytest.raises(DataError, match=re.escape(str(path))):
        load_pen_digits(path)


@pytest.mark.parametrize("packing", PACKINGS)
def test_truncated_pen_digits_name_the_file(pen_file, packing):
    whole = PACKINGS[packing](UNIPEN.encode())
    end = len(whole) - len(".DT 100\n") * 2  # without these lines, nothing is lost
    for length in range(0, end, 11):
        path = pen_file(whole[:length])
        try:
            digits = load_pen_digits(path)
        except DataError as error:
            assert str(path) in str(error)
        else:  # a text may be cut between two digits
            assert len(digits) == 1


@pytest.mark.parametrize("packing", PACKINGS)
def test_damaged_pen_digits_raise_nothing_else(pen_file, packing):
    whole = PACKINGS[packing](UNIPEN.encode() * 2)
    rng = np.random.default_rng(0)
    for _ in range(200):
        broken = bytearray(whole)
        for place in rng.integers(2, len(whole), 3):
            broken[place] = rng.integers(256)
        path = pen_file(bytes(broken))
        try:
            load_pen_digits(path)
        except DataError as error:
            assert str(path) in str(error)


def test_encrypted_zip_names_the_file(pen_file):
    content = bytearray(zipped("pendigits-orig.tra", UNIPEN.encode()))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for match in re.finditer(re.escape(mark), bytes(content)):
            content[match.start() + flags] |= 1
    path = pen_file(bytes(content))
    with pytest.raises(DataError, match=re.escape(str(path))):
        load_pen_digits(path)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('? "7"', '? "77"', 6),
        ('? "7"', '? "x"', 6),
        ('? "7"', "? 7", 6),
        (".COMMENT 7 12  224", ".COMMENT 8 12  224", 7),
        (".COMMENT 7 12  224", ".COMMENT 7 12", 7),
        (".COMMENT 7 12  224", ".COMMENT 7 -1 224", 7),
        (".COMMENT 7 12  224", ".COMMENT seven", 7),
        (".COMMENT 7 12  224\n", "", 18),
        (" 60  90", " 60  9O", 10),
        (" 60  90", " 60", 10),
        (" 60  90", " 60  90  10", 10),
        (" 60  90", " 60.5  90", 10),
        (" 60  90", " 60  9000000", 10),
        (" 60  90", " nan  90", 10),
        (" 60  90", "garbage", 10),
        (" 60  90", ".PEN_DOWN", 10),
        (".PEN_UP\n.PEN_DOWN\n", ".PEN_UP\n.PEN_UP\n", 13),
        (".PEN_DOWN\n 20  50\n 50  50\n.PEN_UP", ".PEN_DOWN\n.PEN_UP", 14),
        (".PEN_DOWN\n 20  50\n 50  50\n.PEN_UP", " 20  50", 13),
        (".PEN_DOWN\n 20  50\n 50  50\n.PEN_UP", ".PEN_DOWN\n 20  50", 17),
        (" 5 0\n.PEN_UP\n.DT 100\n", " 5 0\n", 23),
        (".LEXICON", ".UNKNOWN", 3),
        (".DT 100", ".PEN_DOWN\n 1 2", 20),
    ],
)
def test_damage_in_the_strokes_names_file_and_line(pen_file, old, new, line):
    assert old in UNIPEN
    path = pen_file(UNIPEN.replace(old, new, 1))
    with pytest.raises(DataError, match=rf"^{re.escape(str(path))}, line {line}: "):
        load_pen_digits(path)


def test_digits_need_not_come_from_a_file():
    assert_is_unipen_example(parse_unipen(UNIPEN))
    with pytest.raises(DataError, match="^The text, line 1"):
        parse_unipen("nothing")


# Downloads


@pytest.fixture
def only_loopback(monkeypatch):
    connect = socket.socket.connect

    def refuse_others(self, address):
        assert address[0] in ("127.0.0.1", "::1", "localhost"), f"a test wanted to reach {address}"
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse_others)
    monkeypatch.setenv("no_proxy", "*")
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server(only_loopback):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.requests += 1
            status, content, claimed = self.server.answer
            self.send_response(status)
            self.send_header("Content-Length", str(claimed))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.requests = 0
        server.url = f"http://127.0.0.1:{server.server_port}/file"
        server.give = lambda content, status=200, claimed=None: setattr(
            server, "answer", (status, content, len(content) if claimed is None else claimed)
        )
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    import keras

    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setattr(keras.utils, "get_file", functools.partial(keras.utils.get_file, cache_dir=str(folder)))
    return folder / "datasets"


@pytest.fixture
def pens_online(server, cache, monkeypatch):
    monkeypatch.setattr(dataset, "PEN_DIGITS_URL", server.url)
    return load_pen_digits, PACKINGS["zip of .tra.Z"](UNIPEN.encode()), assert_is_unipen_example


@pytest.fixture
def mnist_online(server, cache, monkeypatch):
    import keras

    good = npz_bytes(small_mnist())

    def get_file(fname, origin, file_hash):
        assert origin == dataset.MNIST_PAGE
        return keras.utils.get_file(fname, server.url, file_hash=hashlib.sha256(good).hexdigest())

    keras_module = sys.modules[keras.datasets.mnist.load_data.__module__]
    monkeypatch.setattr(keras_module, "get_file", get_file)
    return load_mnist, good, assert_is_small_mnist


@pytest.fixture(params=["pens_online", "mnist_online"])
def online(request):
    return request.getfixturevalue(request.param)


def test_download_is_kept(online, server, cache):
    load, good, assert_whole = online
    server.give(good)
    assert_whole(load())
    assert [path.read_bytes() for path in cache.iterdir()] == [good]
    server.give(b"gone", 404)
    assert_whole(load())
    assert server.requests == 1


BAD_ANSWERS = {
    "not found": {"content": b"<html>no</html>", "status": 404},
    "broken server": {"content": b"", "status": 500},
    "truncated": {"content": b"PK\x03\x04" + bytes(50), "claimed": 5000},
    "garbage": {"content": b"<html>Please log in</html>"},
    "empty": {"content": b""},
    "broken zip": {"content": b"PK\x03\x04" + bytes(50)},
}


@pytest.mark.parametrize("answer", BAD_ANSWERS)
def test_failed_download_is_a_data_error_and_does_not_stay(online, server, answer):
    load, good, assert_whole = online
    server.give(**BAD_ANSWERS[answer])
    with pytest.raises(DataError) as failure:
        load()
    assert "\n" not in str(failure.value)
    server.give(good)
    assert_whole(load())


def test_transfer_that_breaks_off_within_a_good_file_does_not_stay(online, server):
    load, good, assert_whole = online
    server.give(good[: len(good) // 2], claimed=len(good))
    with pytest.raises(DataError):
        load()
    server.give(good)
    assert_whole(load())


@pytest.mark.parametrize(
    ("fixture", "option"), [("pens_online", "--pen-digits FILE"), ("mnist_online", "--mnist FILE")]
)
def test_without_a_network_the_message_says_how_to_go_on(request, server, fixture, option):
    load, _, _ = request.getfixturevalue(fixture)
    server.socket.close()  # nobody listens any more
    with pytest.raises(DataError, match=f"could not be downloaded.*{option}.*http"):
        load()


def test_connections_beyond_the_loopback_are_refused_here(only_loopback):
    with contextlib.closing(socket.socket()) as outside, pytest.raises(AssertionError):
        outside.connect(("192.0.2.1", 80))


# Pictures


@pytest.fixture(scope="module")
def some_pens(pen_digits):
    return pen_digits[::150]  # 50


def test_canvas_pictures_are_read(some_pens):
    rng = np.random.default_rng(0)
    for digit in some_pens:
        for variation in (0, 1):
            page = canvas_picture(digit.strokes, rng, variation)
            assert (page.shape, page.dtype, page.max()) == ((280, 280), np.uint8, 255)
            assert prepare(page) is not None


def test_canvas_pictures_have_brushes_of_all_widths():
    line = [np.array([[0.0, 0], [1, 0]])]
    widths = [canvas_picture(line, np.random.default_rng(seed)).sum(axis=0).max() / 255 for seed in range(300)]
    assert BRUSHES[0] - 0.6 < min(widths) < 10
    assert 28 < max(widths) < BRUSHES[1] + 0.6


def test_photographs_are_dark_on_light_and_uneven(some_pens):
    for seed, digit in enumerate(some_pens):
        page = canvas_picture(digit.strokes, np.random.default_rng(seed))
        image = photograph(page, np.random.default_rng(seed))
        assert (image.shape, image.dtype) == (page.shape, np.uint8)
        assert image[page == 255].mean() < image[page == 0].mean() - 16
        assert np.ptp(image[page == 0]) > 4


def test_photographs_are_reproducible_and_leave_the_picture(some_pens):
    page = canvas_picture(some_pens[0].strokes, np.random.default_rng(0))
    before = page.copy()
    first, again, other = (photograph(page, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    np.testing.assert_array_equal(page, before)


@pytest.mark.parametrize("photographs", [0.0, 0.5, 1.0])
def test_rendered_pictures_are_reproducible(some_pens, photographs):
    first, again = (rendered(some_pens, 5, 0.7, photographs) for _ in range(2))
    other = rendered(some_pens, 6, 0.7, photographs)
    assert (first.shape, first.dtype) == ((len(some_pens), 28, 28), np.uint8)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any(axis=(1, 2)).all()
    assert first.any(axis=(1, 2)).all()


def test_each_picture_is_rendered_by_itself(some_pens):
    np.testing.assert_array_equal(rendered(some_pens, 5)[:10], rendered(some_pens[:10], 5))


def test_rendering_reports_each_digit(some_pens):
    done = []
    rendered(some_pens[:5], 0, report=done.append)
    assert done == [1, 2, 3, 4, 5]


def test_no_digits_give_no_pictures():
    assert rendered([], 0).shape == (0, 28, 28)


# What is on this machine


@pytest.fixture
def no_data(monkeypatch, tmp_path):
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "keras" / "datasets").mkdir(parents=True)
    return tmp_path


def test_data_are_found_where_keras_caches_them_or_where_the_environment_says(no_data, monkeypatch):
    assert dataset.on_this_machine("mnist") is None
    assert dataset.on_this_machine("pen_digits") is None
    cached = no_data / "keras" / "datasets" / "pendigits.zip"
    cached.touch()
    assert dataset.on_this_machine("pen_digits") == cached
    monkeypatch.setenv("DIGITS_DATA", str(no_data))
    assert dataset.on_this_machine("pen_digits") == cached
    given = no_data / "pendigits-orig.tra"
    given.touch()
    assert dataset.on_this_machine("pen_digits") == given
    (no_data / "mnist.npz").mkdir()
    assert dataset.on_this_machine("mnist") is None


def test_a_set_of_the_report_is_what_the_evaluation_reads(npz, pen_file):
    pictures, labels = dataset.evaluation_set("mnist", npz())
    np.testing.assert_array_equal(pictures, dataset.prepared(small_mnist()["x_test"]))
    assert labels.tolist() == small_mnist()["y_test"].tolist()
    writer = dataset.TEST_WRITERS[0]
    path = pen_file(re.sub(r"(\.COMMENT \d+) \d+", rf"\1 {writer}", UNIPEN))
    digits = load_pen_digits(path)
    for name, share in dataset.PHOTOGRAPHED.items():
        pictures, labels = dataset.evaluation_set(name, path)
        np.testing.assert_array_equal(pictures, rendered(digits, dataset.TEST_SEED, photographs=share))
        assert labels.tolist() == [digit.label for digit in digits]


def test_pen_digits_without_the_test_writers_are_refused(pen_file):
    with pytest.raises(DataError, match="holds no digits of the writers to test with"):
        dataset.evaluation_set("pen_digits", pen_file(UNIPEN))
