from dataclasses import asdict

import numpy as np
import pytest

from model.data.dataset import VALIDATION_WRITERS, by_writers
from model.reading import comparing
from model.reading.comparing import fit_comparison


@pytest.fixture
def few_visitors(monkeypatch):
    for name, value in (("VISITORS", 12), ("ALPHABETS", 2), ("SYMBOLS", 5), ("DRAWINGS", 5), ("RENDERINGS", 1)):
        monkeypatch.setattr(comparing, name, value)
    monkeypatch.setattr(comparing, "SHARES", (0.4,))


def test_a_few_visitors_give_numbers_that_make_sense(few_visitors, recognizer, pen_digits):
    pens = by_writers(pen_digits, VALIDATION_WRITERS)[:60]
    comparison = fit_comparison(recognizer.network, recognizer.teacher().embedding, pens, 0)
    assert all(np.isfinite(value) for value in asdict(comparison).values())
    assert comparison.share == 0.4
    assert comparison.trust > 0
    assert comparison.symbol_slope > 0
    assert comparison.digit_slope > 0
