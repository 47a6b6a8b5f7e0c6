"""MNIST and the pen digits: where they come from, how they are read, what can go wrong.

MNIST: LeCun, Cortes, Burges; CC BY-SA 3.0. Pen digits: Alpaydin and Alimoglu, "Pen-Based Recognition of Handwritten
Digits", UCI Machine Learning Repository, 1998, doi 10.24432/C5MG6K; CC BY 4.0; the original strokes, which the archive
keeps as `pendigits-orig.tra.Z`, in the UNIPEN format (Guyon et al., 1994). Symbols, to evaluate with: Omniglot (Lake,
Salakhutdinov, Tenenbaum, "Human-level concept learning through probabilistic program induction", 2015); MIT licence.
"""

import gzip
import io
import json
import os
import re
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.ink.image import SIDE, prepare
from model.ink.strokes import Strokes, draw, placed_anywhere, varied
from model.problems import Problem

MNIST_PAGE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
PEN_DIGITS_URL = "https://archive.ics.uci.edu/static/public/81/pen+based+recognition+of+handwritten+digits.zip"
PEN_DIGITS_FILE = "pendigits-orig.tra"

# From image 58,160 on, MNIST's training images are by writers of whom it has none before (checked against QMNIST: Yadav
# and Bottou, 2019): a split by writer without a second file.
MNIST_VALIDATION_START = 58_160

# Of the pen digits. One is enough to choose the temperature on, with MNIST's; recipes are compared on more of them.
VALIDATION_WRITERS = (24,)
TEST_WRITERS = (25, 26, 27, 28, 29, 30)  # never trained on, never tuned on

TEST_SEED = 3  # of size, place and brush with which the test writers' digits are drawn
PHOTOGRAPHED = {"pen_digits": 0.0, "pen_photographs": 1.0}  # the sets made of those: which share is photographed

# The data sets' files under all the names that they go by: the first as their makers gave it, or as Keras caches it.
FILES = {"mnist": ("mnist.npz",), "pen_digits": ("pendigits-orig.tra", "pendigits.zip")}

# Characters of Omniglot that resemble no digit, chosen by eye, by alphabet: those to leave out.
LIKE_DIGITS = {
    "Balinese": (5, 14),
    "Early_Aramaic": (2, 3, 4, 5, 6, 7, 10, 11, 12, 14, 16, 17, 20),
    "Korean": (5, 7, 9, 20, 21, 22, 27, 28, 31, 33, 37),
    "Latin": (1, 2, 7, 9, 12, 15, 17, 19, 25, 26),
}

BRUSHES = (8.0, 30.0)  # stroke widths in pixels of a canvas of 280, thinnest and fattest


class DataError(Problem):
    """Data that are missing or not what they should be; the message says what, where, and what to do."""


@dataclass(frozen=True)
class Mnist:
    """MNIST as its makers stored it: uint8 images (N, 28, 28) and labels (N,)."""

    train_images: np.ndarray  # (60000, 28, 28)
    train_labels: np.ndarray  # (60000,)
    test_images: np.ndarray  # (10000, 28, 28)
    test_labels: np.ndarray  # (10000,)


@dataclass(frozen=True)
class PenDigit:
    """One digit drawn with a pen: its label 0 to 9, the writer's number, the strokes with y downwards."""

    label: int
    writer: int
    strokes: Strokes


def folders() -> list[Path]:
    """Where the data sets' files may lie: in the folder that the environment variable DIGITS_DATA names, in Keras's cache,
    and where Keras has its cache if it cannot write there, as in a container."""
    keras_home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    own = [Path(os.environ["DIGITS_DATA"])] if os.environ.get("DIGITS_DATA") else []
    return [*own, keras_home / "datasets", Path(tempfile.gettempdir(), ".keras", "datasets")]


def on_this_machine(data: str) -> Path | None:
    """The file of one of `FILES`, if it is there to be read without a download."""
    files = (folder / name for folder in folders() for name in FILES[data])
    return next((file for file in files if file.is_file()), None)


def load_mnist(path: str | Path | None = None) -> Mnist:
    """MNIST from `path`, or downloaded once and cached by Keras.

    Raises:
        DataError: no file and no network, or the file is not MNIST in the layout of `keras.datasets.mnist`.
    """
    if path is None:
        from keras.datasets import mnist

        try:
            (train_images, train_labels), (test_images, test_labels) = mnist.load_data()
        except Exception as error:  # Keras raises bare Exception for a URL that cannot be reached
            raise DataError(
                f"MNIST could not be downloaded ({_reason(error)}). Give its file with --mnist FILE; it can be had "
                f"from {MNIST_PAGE}."
            ) from error
        data = {"x_train": train_images, "y_train": train_labels, "x_test": test_images, "y_test": test_labels}
    else:
        data = _read_npz(Path(path))
    for name in ("train", "test"):
        images, labels = data[f"x_{name}"], data[f"y_{name}"]
        if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (SIDE, SIDE) or not len(images):
            raise DataError(f"{path or 'MNIST'}: x_{name} is {images.dtype} {images.shape}, but uint8 (N, 28, 28) is needed.")
        if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
            raise DataError(
                f"{path or 'MNIST'}: y_{name} is {labels.dtype} {labels.shape}, but whole numbers ({len(images)},) are needed."
            )
        if labels.min() < 0 or labels.max() > 9:
            raise DataError(f"{path or 'MNIST'}: y_{name} holds labels outside 0 to 9.")
    return Mnist(data["x_train"], data["y_train"].astype(int), data["x_test"], data["y_test"].astype(int))


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    names = ("x_train", "y_train", "x_test", "y_test")
    try:
        with np.load(path, allow_pickle=False) as file:
            if missing := [name for name in names if name not in file]:
                raise DataError(f"{path}: {' and '.join(missing)} missing; a file like Keras's mnist.npz is needed.")
            return {name: file[name] for name in names}
    except FileNotFoundError:
        raise DataError(f"{path}: no such file. MNIST can be had from {MNIST_PAGE}.") from None
    except DataError:
        raise
    except Exception as error:  # NumPy's reader lets through what zip, zlib and its own parser raise
        raise DataError(f"{path}: not a whole mnist.npz ({_reason(error)}). It can be had from {MNIST_PAGE}.") from error


def load_pen_digits(path: str | Path | None = None) -> list[PenDigit]:
    """The pen digits of 30 writers from `path`, or downloaded once from the UCI archive and cached by Keras.

    Args:
        path: `pendigits-orig.tra`, the same as `.Z`, or the archive's zip that holds it.

    Raises:
        DataError: no file and no network, or the file is not what it should be.
    """
    if path is None:
        from keras.utils import get_file

        try:
            path = Path(get_file("pendigits.zip", PEN_DIGITS_URL))
        except Exception as error:  # Keras raises bare Exception for a URL that cannot be reached
            raise DataError(
                f"The pen digits could not be downloaded ({_reason(error)}). Give the file with --pen-digits FILE; it "
                f"can be had from {PEN_DIGITS_URL}."
            ) from error
        try:
            return _read_pen_digits(path)
        except DataError:
            path.unlink(missing_ok=True)  # the next run downloads it anew
            raise
    return _read_pen_digits(Path(path))


def _read_pen_digits(path: Path) -> list[PenDigit]:
    try:
        content = path.read_bytes()
        if content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                names = [name for name in archive.namelist() if Path(name).name.startswith(PEN_DIGITS_FILE)]
                if not names:
                    raise DataError(f"{path}: the zip holds no {PEN_DIGITS_FILE}.")
                content = archive.read(names[0])
        if content.startswith(b"\x1f\x9d"):  # the mark of the old `compress`
            from unlzw3 import unlzw

            content = unlzw(content)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file. The pen digits can be had from {PEN_DIGITS_URL}.") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError) as error:
        raise DataError(
            f"{path}: cannot be unpacked ({_reason(error)}). The pen digits can be had from {PEN_DIGITS_URL}."
        ) from error
    return parse_unipen(content.decode("latin-1"), str(path))


def parse_unipen(text: str, name: str = "The text") -> list[PenDigit]:
    """The digits of a UNIPEN file as the pen digits use it.

    `.SEGMENT DIGIT … "8"` names a digit, `.COMMENT 8 12 224` its digit, writer and index; a stroke's points stand
    between `.PEN_DOWN` and `.PEN_UP`, one `x y` a line, y upwards.

    Raises:
        DataError: something else is found; the message has the number of the line.
    """
    digits: list[PenDigit] = []
    label, writer, strokes, stroke = None, None, [], None

    def finish(line):
        if label is None:
            return
        if writer is None or not strokes or stroke is not None:
            raise DataError(f"{name}, line {line}: the digit that ends here has no writer or no whole stroke.")
        digits.append(PenDigit(label, writer, strokes))

    number = 0
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0] in (".INCLUDE", ".LEXICON", ".HIERARCHY", ".DT"):
            continue
        if words[0] == ".SEGMENT":
            finish(number)
            match = re.fullmatch(r'"([0-9])"', words[-1])
            if match is None:
                raise DataError(f"{name}, line {number}: .SEGMENT names no digit from 0 to 9.")
            label, writer, strokes, stroke = int(match[1]), None, [], None
        elif words[0] == ".COMMENT" and label is not None:
            if len(words) != 4 or not all(word.isdecimal() for word in words[1:]) or int(words[1]) != label:
                raise DataError(f"{name}, line {number}: .COMMENT with digit, writer and index was expected.")
            writer = int(words[2])
        elif words[0] == ".PEN_DOWN" and label is not None and stroke is None:
            stroke = []
        elif words[0] == ".PEN_UP" and stroke:
            strokes.append(np.array(stroke, float) * (1, -1))
            stroke = None
        elif stroke is not None and re.fullmatch(r"\s*-?\d{1,6}\s+-?\d{1,6}\s*", line):
            stroke.append((int(words[0]), int(words[1])))
        else:
            raise DataError(f"{name}, line {number}: {line[:40]!r} is not expected here.")
    finish(number)
    if not digits:
        raise DataError(f"{name}: holds no digits; {PEN_DIGITS_FILE} from {PEN_DIGITS_URL} is needed.")
    return digits


def load_symbols(path: str | Path) -> list[Strokes]:
    """Drawings of symbols that resemble no digit: letters of Omniglot's alphabets without `LIKE_DIGITS`.

    Args:
        path: as for `load_alphabets`.

    Raises:
        DataError: as `load_alphabets`.
    """
    return [
        strokes
        for alphabet, characters in load_alphabets(path).items()
        for name, drawings in characters.items()
        if int(name[-2:]) not in LIKE_DIGITS.get(alphabet, ())
        for strokes in drawings
    ]


def load_alphabets(path: str | Path) -> dict[str, dict[str, list[Strokes]]]:
    """Drawn letters: alphabet → character → drawings, each by another person.

    Args:
        path: JSON, plain or gzipped: {alphabet: {"character01": [drawing, …]}}, a drawing being a list of strokes, a
            stroke a list of points [x, y], y downwards.

    Raises:
        DataError: no file, or it is not of that form.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
        kept = json.loads(gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content)
        alphabets = {
            alphabet: {
                name: [[np.array(stroke, float).reshape(-1, 2) for stroke in drawing if stroke] for drawing in repeated]
                for name, repeated in characters.items()
                if int(name[-2:]) >= 0
            }
            for alphabet, characters in kept.items()
        }
    except FileNotFoundError:
        raise DataError(f"{path}: no such file. It is optional: leave --symbols out to do without.") from None
    except (OSError, EOFError, zlib.error, ValueError, AttributeError, TypeError) as error:
        raise DataError(f"{path}: not a file of drawn symbols ({_reason(error)}).") from error
    alphabets = {
        alphabet: {name: [strokes for strokes in drawings if strokes] for name, drawings in characters.items()}
        for alphabet, characters in alphabets.items()
    }
    strokes = [
        stroke
        for characters in alphabets.values()
        for drawings in characters.values()
        for drawing in drawings
        for stroke in drawing
    ]
    if not strokes or not all(np.isfinite(stroke).all() for stroke in strokes):
        raise DataError(f"{path}: holds no symbols that can be drawn.")
    return alphabets


def by_writers(digits: list[PenDigit], writers: tuple[int, ...]) -> list[PenDigit]:
    """Those of `digits` that the `writers` drew."""
    return [digit for digit in digits if digit.writer in writers]


def evaluation_set(name: str, file: Path) -> tuple[np.ndarray, np.ndarray]:
    """The pictures of one set of the report, as the network gets them, and their labels: uint8 (N, 28, 28), int (N,).

    Args:
        name: "mnist", or a key of `PHOTOGRAPHED`.
        file: with MNIST or with the pen digits.

    Raises:
        DataError: the file is not what it should be.
    """
    if name == "mnist":
        mnist = load_mnist(file)
        return prepared(mnist.test_images), mnist.test_labels
    digits = by_writers(load_pen_digits(file), TEST_WRITERS)
    if not digits:
        raise DataError(f"{file}: holds no digits of the writers to test with.")
    return rendered(digits, TEST_SEED, photographs=PHOTOGRAPHED[name]), np.array([digit.label for digit in digits])


def canvas_picture(strokes: Strokes, rng: np.random.Generator, variation: float = 0.0) -> np.ndarray:
    """A drawing as someone might make it on the canvas: of any size, anywhere, with any brush.

    Args:
        variation: strength of `strokes.varied`; 0 keeps the drawing's own shape.

    Returns:
        uint8 (280, 280), light ink on black.
    """
    brush = rng.uniform(*BRUSHES)
    return draw(placed_anywhere(varied(strokes, rng, variation) if variation else strokes, brush, rng), brush)


def photograph(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A drawing as a photograph of paper: dark ink, uneven light, a soft lens, sensor noise.

    Args:
        picture: uint8 (H, W), light ink on black.

    Returns:
        uint8 (H, W), dark ink on light paper.
    """
    from scipy import ndimage

    height, width = picture.shape
    cover = ndimage.gaussian_filter(picture.astype(np.float32) / 255, rng.uniform(0, 1.5))
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    across = rows * np.sin(angle) + columns * np.cos(angle)
    light = 1 + rng.uniform(0, 0.25) * across - rng.uniform(0, 0.2) * (rows**2 + columns**2) / 2
    if rng.random() < 0.3:  # a shadow with a soft edge
        edge = (across - rng.uniform(-0.7, 0.7)) / rng.uniform(0.1, 0.5)
        light *= 1 - rng.uniform(0.1, 0.35) / (1 + np.exp(-4 * edge))
    paper = rng.uniform(150, 235)
    ink = rng.uniform(0.1, 0.55)  # reflectance of the ink relative to the paper
    image = paper * light * (1 - cover * (1 - ink)) + rng.normal(0, rng.uniform(1, 8), picture.shape)
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


def rendered(digits: list[PenDigit], seed: int, variation: float = 0.0, photographs: float = 0.0, report=None) -> np.ndarray:
    """The pen digits as the network gets them: each drawn on the canvas and passed through `model.ink.image`.

    Args:
        seed: the same seed gives the same pictures.
        variation: as for `canvas_picture`.
        photographs: the share that is photographed before it is read.
        report: called with the number of digits done, after each.

    Returns:
        uint8 (N, 28, 28).
    """
    pictures = np.zeros((len(digits), SIDE, SIDE), np.uint8)
    for index, digit in enumerate(digits):
        rng = np.random.default_rng((seed, index))
        page = canvas_picture(digit.strokes, rng, variation)
        picture = prepare(photograph(page, rng) if rng.random() < photographs else page)
        if picture is not None:
            pictures[index] = picture
        if report is not None:
            report(index + 1)
    return pictures


def prepared(images: np.ndarray, report=None) -> np.ndarray:
    """Images as the network gets them, uint8 (N, 28, 28); an empty picture where there is no ink.

    Args:
        report: called with the number of images done, after each.
    """
    pictures = np.zeros((len(images), SIDE, SIDE), np.uint8)
    for index, image in enumerate(images):
        picture = prepare(image)
        if picture is not None:
            pictures[index] = picture
        if report is not None:
            report(index + 1)
    return pictures


def _reason(error: BaseException) -> str:
    """An error as one short line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(".")
