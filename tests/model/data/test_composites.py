"""Pages of several digits: what stands on them is what they say."""

import numpy as np
import pytest
from scipy import ndimage

from model.data.composites import (
    KINDS,
    composites,
    cropped,
    form,
    from_images,
    from_strokes,
    on_desk,
    photographed,
    right,
    row,
    scan,
    squared,
)


@pytest.fixture(scope="module")
def scanned(mnist):
    return from_images(mnist.test_images[:500], mnist.test_labels[:500])


@pytest.fixture(scope="module")
def drawn(pen_digits):
    return from_strokes([(digit.label, digit.strokes) for digit in pen_digits if digit.writer > 24])


@pytest.mark.parametrize("kind", KINDS)
def test_pages_are_light_on_dark_or_photographs_and_repeat_with_their_seed(kind, scanned):
    pages = list(composites(kind, scanned, 4, seed=5))
    for page, text in pages:
        assert (page.dtype, page.ndim) == (np.uint8, 2)
        digits = {"form": (6,), "form_photograph": (6,), "scan": range(24, 61)}.get(kind, range(3, 7))
        assert sum(label.isdigit() for label in text) in digits
        assert (np.median(page) > 60) == (kind.endswith("photograph") or kind == "scan")
    again = list(composites(kind, scanned, 4, seed=5))
    other = list(composites(kind, scanned, 4, seed=6))
    assert all((page == twin).all() and text == told for (page, text), (twin, told) in zip(pages, again, strict=True))
    assert [text for _, text in pages] != [text for _, text in other]


def test_each_glyph_is_of_its_label_and_about_its_size(scanned, drawn, recognizer):
    rng = np.random.default_rng(0)
    for source, least in ((scanned, 0.95), (drawn, 0.95)):
        labels = rng.integers(0, 10, 100)
        glyphs = [source.glyph(int(label), 80, rng) for label in labels]
        read = recognizer.recognize_many([np.pad(glyph, 20) for glyph in glyphs])
        assert np.mean([int(one.label) == label for one, label in zip(read, labels, strict=True)]) >= least
        assert all(60 <= max(glyph.shape) <= 100 for glyph in glyphs)


def test_clear_gaps_part_what_touching_joins(drawn):
    parts = {True: [], False: []}
    for touching, counts in parts.items():
        for seed in range(20):
            page = row("2080", drawn, 90, np.random.default_rng(seed), lambda number, joined=touching: joined)
            counts.append(ndimage.label(page > 100, structure=np.ones((3, 3)))[1])
    assert min(parts[False]) >= 4
    assert np.mean(parts[True]) < 2


def test_a_form_has_a_box_for_each_digit_and_leaves_the_spaces_empty(drawn):
    for seed in range(6):
        pages = [form(text, drawn, 90, np.random.default_rng(seed)) for text in ("   ", "1  ")]
        boxes = ndimage.label(pages[0] == 0)[1] - 1
        assert boxes == 3
        assert (pages[1] != pages[0])[:, : pages[1].shape[1] // 3 + 40].any()


def test_a_photograph_is_dark_ink_on_a_light_page(drawn):
    rng = np.random.default_rng(2)
    page = row("1234", drawn, 90, rng)
    picture = photographed(page, rng)
    assert picture.shape[0] >= page.shape[0]
    assert np.median(picture) > picture.min() + 50


def test_squared_paper_has_lines_fainter_than_ink_and_leaves_the_ink(drawn):
    page = row("1234", drawn, 90, np.random.default_rng(2))
    paper = squared(page, 90, np.random.default_rng(2))
    lines = (paper != page) & (page == 0)
    assert 0.02 < lines.mean() < 0.2
    assert paper[lines].max() < 140
    assert (paper[page > 140] == page[page > 140]).all()
    rows, columns = lines.mean(axis=1) > 0.5, lines.mean(axis=0) > 0.5
    assert rows.any()
    assert columns.any()


def test_on_a_desk_the_sheet_is_whole_and_lighter_than_what_lies_around_it(drawn):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        picture = on_desk(row("1234", drawn, 90, rng), 90, rng)
        rim = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
        assert np.percentile(rim, 99) < 0.75 * np.median(picture[picture > rim.max()])


def test_cropped_leaves_the_ink_alone():
    page = np.zeros((9, 9), np.uint8)
    page[3:5, 2:7] = 200
    assert cropped(page).shape == (2, 5)


def test_amounts_count_by_their_value_rows_of_a_scan_each_and_all_else_by_its_digits():
    assert right("amount", "1.234,50", "1,234.50") == [True]
    assert right("amount", "123,450", "1,234.50") == [False]
    assert right("amount", "", "1,234.50") == [False]
    assert right("clear", "01", "01") == [True]
    assert right("clear", "1", "01") == [False]
    assert right("scan", "123\n?\n456", "123\n456\n789") == [True, True, False]


def test_digits_that_overlap_are_one_piece(drawn):
    pieces = [
        ndimage.label(page > 100, structure=np.ones((3, 3)))[1] for page, _ in composites("overlapping", drawn, 30, seed=1)
    ]
    assert np.mean(np.array(pieces) == 1) > 0.5  # some digits are of several strokes themselves
    assert np.mean(pieces) < 2


def test_a_scan_has_its_rows_below_each_other_and_words_beside_them(scanned):
    page = scan(["   ", "     "], scanned, 50, np.random.default_rng(1))
    dark = page < 150
    assert np.median(page) > 200
    assert dark[:, : page.shape[1] // 3].any()  # words
    boxes, count = ndimage.label(~dark)
    areas = np.bincount(boxes.ravel())[1:]
    assert ((areas > 30**2) & (areas < 100**2)).sum() == 8
