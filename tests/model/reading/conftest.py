"""What tests of teaching share: drawings of letters and of our own signs, and recognisers that know some."""

import gzip
import json

import numpy as np
import pytest

from model.data.dataset import LIKE_DIGITS, TEST_WRITERS, by_writers, rendered
from model.data.signs import SIGNS
from model.ink.image import prepare
from model.ink.strokes import draw, parse, placed
from model.reading.taught import Examples
from tests.conftest import data_file


def page_of(strokes):
    return draw(placed(strokes, 180, (140, 140)), 14)


@pytest.fixture(scope="session")
def letters():
    """Letters that resemble no digit, each drawn by 20 people: by alphabet and name a uint8 array (20, 28, 28)."""
    file = data_file("omniglot_strokes.json.gz")
    if file is None or not file.is_file():
        pytest.skip("The letters of Omniglot are on no server from which they could be fetched.")
    return {
        alphabet: {
            name: np.stack([prepare(page_of([np.array(stroke, float) for stroke in strokes])) for strokes in drawings])
            for name, drawings in list(characters.items())[:26]
            if int(name[-2:]) not in LIKE_DIGITS[alphabet]
        }
        for alphabet, characters in json.loads(gzip.decompress(file.read_bytes())).items()
    }


@pytest.fixture(scope="session")
def pages_of_signs():
    """Our own signs as three hands draw them: by label three uint8 (280, 280)."""
    return {label: [page_of(parse(drawing)) for drawing in drawings] for label, drawings in SIGNS.items()}


@pytest.fixture(scope="session")
def strangers(pen_digits):
    """Digits of writers whom no network has seen: (writers, labels, pictures)."""
    digits = by_writers(pen_digits, TEST_WRITERS)
    pictures = rendered(digits, seed=21)
    return np.array([digit.writer for digit in digits]), np.array([str(digit.label) for digit in digits]), pictures


@pytest.fixture(scope="session")
def mixed(strangers, pages_of_signs):
    """Examples in one hand: two of each digit but of 8 (one) and 9 (none), three of "★" and "π", one of "→"."""
    writers, labels, pictures = strangers
    mine = np.flatnonzero(writers == 29)
    chosen = [index for digit in "012345678" for index in mine[labels[mine] == digit][: 1 if digit == "8" else 2]]
    signs = Examples.of(
        [*pages_of_signs["★"], *pages_of_signs["π"], pages_of_signs["→"][0]], ["★"] * 3 + ["π"] * 3 + ["→"]
    )
    return Examples(pictures[chosen], tuple(labels[chosen].tolist())) + signs


@pytest.fixture(scope="session")
def adapted(recognizer, mixed):
    """A recogniser that knows `mixed`."""
    return recognizer.with_examples(mixed)
