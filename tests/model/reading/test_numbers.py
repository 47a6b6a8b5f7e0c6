"""Several digits on one page: found, judged, put into lines; and what cannot be read is told."""

import itertools

import numpy as np
import pytest
from PIL import Image, ImageDraw

from model.data.amounts import amount
from model.data.composites import (
    KINDS,
    composite,
    composites,
    form,
    from_images,
    from_strokes,
    pages_of,
    right,
    row,
    until_it_touches,
)
from model.data.composites import amount as amount_page
from model.data.composites import drawn as drawn_glyph
from model.data.dataset import MNIST_VALIDATION_START, TEST_WRITERS, by_writers
from model.data.examples import EXAMPLES, own_drawings
from model.data.nonsense import SIGNS
from model.ink.strokes import draw, parse, placed
from model.reading import numbers
from model.reading.finding import Finder
from model.reading.numbers import Character, Reading, expected_count
from model.reading.taught import Examples
from model.scores.evaluation import differences


@pytest.fixture(scope="module")
def sources(mnist, pen_digits):
    return {
        "mnist": from_images(mnist.test_images, mnist.test_labels),
        "pen_digits": from_strokes([(one.label, one.strokes) for one in by_writers(pen_digits, TEST_WRITERS)]),
    }


@pytest.fixture(scope="module")
def own():
    """Our own drawings, in styles that are easily read."""
    return from_strokes([(int(label), parse(texts[0])) for label, texts in EXAMPLES.items()])


@pytest.fixture(scope="module")
def styles():
    """Our own drawings in all styles."""
    return from_strokes(own_drawings())


@pytest.fixture(scope="module")
def report():
    from model.scores.report import read_report

    return read_report()


def line_of(glyphs, gap=30, margin=40):
    """Pictures side by side with their feet on one line, and their boxes."""
    height = max(glyph.shape[0] for glyph in glyphs)
    page = np.zeros((height + 2 * margin, sum(glyph.shape[1] + gap for glyph in glyphs) + 2 * margin), np.uint8)
    left, boxes = margin, []
    for glyph in glyphs:
        top = margin + height - glyph.shape[0]
        page[top : top + glyph.shape[0], left : left + glyph.shape[1]] = glyph
        boxes.append((left, top, left + glyph.shape[1], top + glyph.shape[0]))
        left += glyph.shape[1] + gap
    return page, boxes


# ── Whole pages ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", KINDS)
def test_pages_are_read_as_well_as_the_report_says(kind, sources, recognizer, report):
    """A sample of 30 pages may be a little worse than the report's 500, not much."""
    answers = [
        answer
        for source in sources.values()
        for page, truth in composites(kind, source, pages_of(kind, 15), seed=9)
        for answer in right(kind, recognizer.read(page, KINDS[kind].expect).text, truth)
    ]
    assert np.mean(answers) >= report["numbers"][kind]["accuracy"] - 0.12


def test_each_digit_has_its_box_its_picture_and_how_sure_it_is(own, recognizer):
    rng = np.random.default_rng(1)
    page, boxes = line_of([own.glyph(label, 90, rng) for label in (3, 1, 4)])
    (line,) = recognizer.read(page).lines
    assert [one.label for one in line] == ["3", "1", "4"]
    for one, box in zip(line, boxes, strict=True):
        np.testing.assert_allclose(one.box, box, atol=2)
        assert one.kind == "digit"
        assert 0.5 < one.confidence <= 1
        assert (one.probabilities.shape, one.image.shape) == ((10,), (28, 28))
        assert one.probabilities.argmax() == int(one.label)
        assert one.probabilities.sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("paper", ["light", "blue ink", "transparent"])
def test_paper_and_ink_may_have_any_colour(paper, own, recognizer):
    page = row("48151", own, 90, np.random.default_rng(4))
    if paper == "light":
        image = 255 - page
    elif paper == "blue ink":
        image = np.stack([250 - page * 0.8, 250 - page * 0.7, 250 - page * 0.2], axis=-1).astype(np.uint8)
    else:
        image = np.zeros((*page.shape, 4), np.uint8)
        image[..., 3] = page
    assert recognizer.read(image).text == "48151"


@pytest.mark.parametrize("size", [12, 30, 150, 400])
def test_digits_of_any_size_are_read(size, own, recognizer):
    assert recognizer.read(row("27405", own, size, np.random.default_rng(3))).text == "27405"


def test_digits_of_very_different_size_on_one_page_are_read(own, recognizer):
    rng = np.random.default_rng(3)
    large, small = row("274", own, 300, rng), row("958", own, 24, rng)
    page = np.zeros((large.shape[0] + small.shape[0] + 60, large.shape[1]), np.uint8)
    page[: large.shape[0]] = large
    page[-small.shape[0] :, 100 : 100 + small.shape[1]] = small
    assert recognizer.read(page).text == "274\n958"


@pytest.mark.parametrize("angle", [-12, -5, 7, 14])
def test_lines_of_a_tilted_page_are_its_own(angle, own, recognizer):
    rng = np.random.default_rng(2)
    lines = [row(text, own, 60, rng) for text in ("31415", "92653", "58979")]
    page = np.zeros((3 * 130, max(line.shape[1] for line in lines)), np.uint8)
    for number, line in enumerate(lines):
        page[130 * number : 130 * number + line.shape[0], : line.shape[1]] = line
    turned = Image.fromarray(page).rotate(angle, Image.Resampling.BICUBIC, expand=True)
    read = recognizer.read(np.asarray(turned)).text.split("\n")
    truth = ["31415", "92653", "58979"]
    assert len(read) == len(truth)
    errors = [differences(true, line) for true, line in zip(truth, read, strict=True)]
    assert sum(sum(count for name, count in one.items() if name != "digits") for one in errors) <= 1


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_page_that_lies_on_its_side_or_upside_down_is_turned(quarters, own, recognizer):
    rng = np.random.default_rng(4)
    lines = ["2473", "59324", "734"]
    page = np.zeros((500, 560), np.uint8)
    for top, text in zip((0, 160, 320), lines, strict=True):
        line = row(text, own, 80, rng)
        page[top : top + line.shape[0], 20 : 20 + line.shape[1]] = line
    image = np.rot90(page, quarters)
    read = recognizer.read(image)
    assert read.text == "\n".join(lines)
    assert read.turned == 90 * quarters
    # The boxes are on the page as it lies: together they hold all its ink.
    seen = image.copy()
    for low_x, low_y, high_x, high_y in (one.box for line in read.lines for one in line):
        seen[max(0, low_y - 2) : high_y + 2, max(0, low_x - 2) : high_x + 2] = 0
    assert not seen.any()
    # And on the page as it was read, where they lie from left to right.
    upright = read.upright(image.shape[1::-1])
    assert (upright.text, upright.turned) == (read.text, 0)
    straight = recognizer.read(page)
    for one, other in zip(sum(upright.lines, ()), sum(straight.lines, ()), strict=True):
        np.testing.assert_allclose(one.box, other.box, atol=3)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_form_that_was_scanned_on_its_side_is_turned(quarters, sources, recognizer):
    """Though it has far more print, which looks like small digits, than digits."""
    page, truth = composite("scan", sources["mnist"], 3, 5)
    read = recognizer.read(np.rot90(page, quarters))
    assert read.turned == 90 * quarters
    assert sum(right("scan", read.text, truth)) >= len(truth.split("\n")) - 1


def test_small_print_is_looked_at_only_once_the_page_lies_as_it_should(sources, recognizer, monkeypatch):
    finder, heights = recognizer.finder(), {}

    def looked(page, height, inked=None):
        heights.setdefault(page.quarters, []).append(height)
        return Finder.looked(finder, page, height, inked)

    monkeypatch.setattr(finder, "looked", looked)
    page, _ = composite("scan", sources["mnist"], 3, 5)
    read = recognizer.read(np.rot90(page))
    assert min(heights[0]) > 2 * min(heights[4 - read.turned // 90])


def test_lines_come_from_top_to_bottom_and_may_climb(own, recognizer):
    rng = np.random.default_rng(2)
    page = np.zeros((620, 900), np.uint8)
    for index, text in enumerate(("31415", "92653", "58979")):
        for place, label in enumerate(text):
            glyph = own.glyph(int(label), 90, rng)
            top, left = 60 + 180 * index + 8 * (len(text) - place), 40 + 160 * place
            page[top : top + glyph.shape[0], left : left + glyph.shape[1]] = glyph
    assert recognizer.read(page).text == "31415\n92653\n58979"


@pytest.mark.parametrize(("text", "seed"), [("44", 68), ("26", 121)])
def test_two_digits_that_look_like_a_wide_one_together_are_two(text, seed, recognizer):
    drawings = from_strokes([(int(label), parse(one)) for label, texts in EXAMPLES.items() for one in texts])
    rng = np.random.default_rng(seed)
    assert "".join(map(str, rng.integers(0, 10, 2))) == text
    read = recognizer.read(row(text, drawings, 90, rng, touching=lambda _: True)).text
    assert len(read) == 2
    assert all(label in ("?", true) for label, true in zip(read, text, strict=True))
    assert read != "??"


@pytest.mark.parametrize("width", [1.0, 1.3, 1.6])
@pytest.mark.parametrize("label", ["0", "2", "4", "5", "9"])
def test_a_wide_digit_is_one(label, width, recognizer):
    strokes = [stroke * (12 * width, 12) for stroke in parse(EXAMPLES[label][0])]
    page, _ = line_of([drawn_glyph(strokes, 150, 12)])
    assert recognizer.read(page).text == label


def test_strokes_that_do_not_touch_are_one_digit(recognizer):
    five = drawn_glyph(parse("2 1, 2 4 / ~2 4, 6 4, 8 7, 5 10, 2 9 / 3 -1, 8 -1"), 100, 9)
    four = drawn_glyph(parse("2 0, 1 6, 7 6 / 8 3, 8 10"), 100, 9)
    page, _ = line_of([five, four, five])
    assert recognizer.read(page).text == "545"


def touching(text, own, size=110):
    """Digits of which each touches the one before it."""
    glyphs = [own.glyph(int(label), size, np.random.default_rng(1)) for label in text]
    page = np.zeros((size + 120, (size + 40) * len(text)), np.uint8)
    left = 60
    for number, glyph in enumerate(glyphs):
        if number:
            left = until_it_touches(glyphs[number - 1], (left, 60), glyph, 60)
        part = page[60 : 60 + glyph.shape[0], left : left + glyph.shape[1]]
        np.maximum(part, glyph, out=part)
    return page


@pytest.mark.parametrize("text", ["81", "18", "210", "501", "416", "719", "0088"])
def test_digits_that_touch_are_all_read_and_none_is_made_of_where_they_meet(text, own, recognizer):
    assert recognizer.read(touching(text, own)).text == text


def read_tight(text, styles, seed, overlap, recognizer):
    """What is read of digits of which every second pair touches, or all of which overlap."""
    rng = np.random.default_rng(seed)
    page = row(text, styles, 80, rng, lambda number: number % 2 == 1 or overlap > 0, overlap)
    return recognizer.read(255 - np.pad(page, 20)).text


@pytest.mark.parametrize(("text", "seed"), [("1777", 774664), ("8165", 371752), ("2182", 221728), ("0111", 936755)])
def test_a_digit_that_shares_its_ink_with_a_thin_one_is_not_judged_by_the_ink_of_both(text, seed, styles, recognizer):
    assert read_tight(text, styles, seed, 0.0, recognizer) == text


@pytest.mark.parametrize(("text", "seed", "overlap"), [("7112", 413021, 0.1), ("1230", 243215, 0.0)])
def test_what_two_digits_make_where_they_meet_is_none_though_it_looks_like_one(text, seed, overlap, styles, recognizer):
    assert read_tight(text, styles, seed, overlap, recognizer) == text


@pytest.mark.parametrize(("text", "seed"), [("4117", 529053), ("9914", 982367), ("7114", 757416)])
def test_a_thin_one_between_two_that_touch_it_is_read(text, seed, styles, recognizer):
    assert read_tight(text, styles, seed, 0.1, recognizer) == text


def test_two_ones_that_cross_are_not_joined(mnist, recognizer):
    drawings = from_images(mnist.train_images[:MNIST_VALIDATION_START], mnist.train_labels[:MNIST_VALIDATION_START])
    page, text = composite("touching", drawings, 190, 31)
    assert recognizer.read(page).text == text == "47113"


@pytest.mark.parametrize(
    ("kind", "number", "seed"), [("clear", 815, 777), ("clear", 1228, 777), ("clear", 1499, 777), ("touching", 343, 778)]
)
def test_a_loose_stroke_beside_a_digit_is_none(kind, number, seed, mnist, recognizer):
    """Some of MNIST's pictures have one, of what stood beside the digit."""
    drawings = from_images(mnist.train_images[MNIST_VALIDATION_START:], mnist.train_labels[MNIST_VALIDATION_START:])
    page, text = composite(kind, drawings, number, seed)
    assert recognizer.read(page).text == text


@pytest.mark.parametrize(("text", "fat", "gap"), [("818", 14, 14), ("7140", 14, 14), ("7140", 20, 40)])
def test_a_one_of_a_finer_pen_than_that_of_its_neighbours_is_read(text, fat, gap, recognizer):
    glyphs = [drawn_glyph(parse(EXAMPLES[label][0]), 100, 6 if label == "1" else fat) for label in text]
    assert recognizer.read(line_of(glyphs, gap)[0]).text == text


def test_letters_before_a_number_are_no_digits(own, recognizer):
    rng = np.random.default_rng(3)
    read = 0
    for letters in ("KET", "AEW", "TEK", "HTX", "KFX", "EFC"):
        pictures = [drawn_glyph(parse(SIGNS[letter]), 100, 10) for letter in letters]
        page, _ = line_of([*pictures, *(own.glyph(int(label), 100, rng) for label in "2749")], gap=45)
        read += recognizer.read(page).to_text("") == "2749"
    assert read >= 5


def test_one_digit_is_read_as_recognize_reads_it(sources, recognizer):
    """However the two networks differ: what `recognize` is sure of stands."""
    rng = np.random.default_rng(6)
    for number in range(60):
        label = int(rng.integers(10))
        page = np.pad(sources[("mnist", "pen_digits")[number % 2]].glyph(label, 90, rng), 30)
        prediction = recognizer.recognize(page)
        if prediction.is_digit and prediction.probability > 0.9:
            assert recognizer.read(page).text == prediction.label


def test_a_page_without_ink_has_no_lines(recognizer):
    reading = recognizer.read(np.zeros((100, 200), np.uint8))
    assert reading.lines == ()
    assert reading.text == ""


def test_digits_of_a_small_picture_are_read(own, recognizer):
    page = row("27", own, 60, np.random.default_rng(3))
    small = np.asarray(Image.fromarray(page).resize((28, round(page.shape[0] * 28 / page.shape[1]))))
    assert recognizer.read(small).text == "27"


# ── What cannot be read ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("size", "brush"), [(120, 14), (156, 14), (200, 20)])
def test_a_scribble_in_which_digits_are_found_is_told_too(size, brush, recognizer):
    zigzag = parse("1 1, 9 4, 2 7, 8 9, 3 3, 9 1, 1 9, 7 2, 2 8")
    assert recognizer.read(draw(placed(zigzag, size, (450, 130)), brush, 900, 260)).text == "?"


def zigzag(turns, width, height, at=(500, 40)):
    """A sheet with such a line to and fro, whose strokes look like ones."""
    x, y = np.linspace(0, width, turns + 1), np.where(np.arange(turns + 1) % 2, height, 0)
    sheet = Image.new("L", (900, 260))
    ImageDraw.Draw(sheet).line(list(zip(at[0] + x, at[1] + y, strict=True)), fill=255, width=9, joint="curve")
    return np.array(sheet)


ZIGZAGS = [(8, 180, 160), (7, 120, 160), (10, 180, 160)]


@pytest.mark.parametrize(("turns", "width", "height"), ZIGZAGS)
def test_a_line_to_and_fro_beside_digits_is_one_scribble(turns, width, height, own, recognizer):
    page = zigzag(turns, width, height)
    digits, _ = line_of([own.glyph(label, 110, np.random.default_rng(1)) for label in (2, 0, 7)])
    page[20 : 20 + digits.shape[0], 60 : 60 + digits.shape[1]] = digits
    reading = recognizer.read(page)
    assert reading.text == "207?"
    scribble = reading.lines[0][-1]
    np.testing.assert_allclose(scribble.box, (500, 40, 500 + width, 40 + height), atol=8)
    assert scribble.confidence >= 0.5


def test_doubtful_digits_are_no_scribble_if_their_ink_may_be_more(recognizer):
    """Ink that goes on beyond the page may be a frame or a shadow; and where an amount is expected, one is there."""
    page = zigzag(*ZIGZAGS[0])
    assert recognizer.read(page).text == "?"
    assert "1" in recognizer.read(page[40:]).text
    assert "1" in recognizer.read(page, "amount").text


def test_a_scribble_that_was_taught_as_a_symbol_is_that(recognizer):
    pages = [zigzag(*ZIGZAGS[0], at)[:, :280] for at in [(60, 60), (80, 40), (40, 90)]]
    taught = recognizer.with_examples(Examples.of(pages, ["~"] * len(pages)))
    assert taught.read(zigzag(*ZIGZAGS[0])).text == "~"


def beside(sign, size, at, own):
    """A sheet with 207 and a sign, whose longer side has `size` pixels and whose middle is `at`."""
    page = np.array(draw(placed(parse(sign), size, at), 9, 900, 260))
    digits, _ = line_of([own.glyph(label, 110, np.random.default_rng(1)) for label in (2, 0, 7)])
    page[20 : 20 + digits.shape[0], 60 : 60 + digits.shape[1]] |= digits
    return page


@pytest.mark.parametrize("name", ["W", "K", "+", "heart", "tick"])
def test_on_a_sheet_a_sign_that_is_no_digit_keeps_its_place(name, own, recognizer):
    page = beside(SIGNS[name], 110, (700, 115), own)
    reading = recognizer.read(page, is_drawn=True)
    assert reading.text == "207?"
    sign = reading.lines[0][-1]
    rows, columns = np.nonzero(page[:, 600:])
    ink = 600 + columns.min(), rows.min(), 600 + columns.max() + 1, rows.max() + 1
    np.testing.assert_allclose(sign.box, ink, atol=2)
    assert sign.kind == "other" and sign.confidence >= 0.5
    assert recognizer.read(page).text == "207"  # on a picture, who knows what it is


@pytest.mark.parametrize(
    ("sign", "size", "at"),
    [
        ("0 5, 10 5", 500, (260, 200)),  # below the digits
        ("0 5, 10 5", 60, (700, 110)),  # a dash
        ("5 0, 5 1", 8, (700, 160)),  # a speck
        ("0 0, 10 0, 10 4, 0 4, 0 0", 480, (270, 115)),  # around them
    ],
)
def test_on_a_sheet_lines_dashes_and_frames_are_no_signs(sign, size, at, own, recognizer):
    assert recognizer.read(beside(sign, size, at, own), is_drawn=True).text == "207"


@pytest.mark.parametrize("digit", ["4 0, 1 6, 5 6 / 7 0, 7 10", "~6 1, 3 0, 1 3, 3 5, 5 4 / 7.5 1, 7 10"])
def test_a_stroke_of_a_digit_that_does_not_touch_it_is_no_sign(digit, recognizer):
    sheets = [draw(placed(parse(digit), 120, (x, 130)), 8, 900, 260) for x in (150, 450, 700)]
    assert "?" not in recognizer.read(np.max(sheets, axis=0), is_drawn=True).text


def test_where_something_is_expected_on_a_sheet_a_sign_is_passed_over(own, recognizer):
    page = beside(SIGNS["heart"], 110, (700, 115), own)
    assert recognizer.read(page, "form", is_drawn=True).text == "207"


def test_a_symbol_on_a_sheet_that_was_taught_is_that(own, recognizer):
    page = beside(SIGNS["heart"], 110, (700, 115), own)
    pages = [draw(placed(parse(SIGNS["heart"]), size, (140, 140)), 9, 280, 280) for size in (100, 120, 150)]
    taught = recognizer.with_examples(Examples.of(pages, ["♥"] * len(pages)))
    assert taught.read(page, is_drawn=True).text == "207♥"


def test_digits_of_several_strokes_are_whole_on_a_sheet(sources, recognizer):
    """Of unseen people's digits no stroke is taken for a sign of its own."""
    pages = list(composites("clear", sources["pen_digits"], 40, 3))
    assert sum("?" in recognizer.read(page, is_drawn=True).text for page, _ in pages) == 0


@pytest.mark.parametrize("size", [10, 14, 20])
@pytest.mark.parametrize("shape", [(1200, 1600), (1500, 2000)])
def test_small_digits_are_read_on_a_large_page(size, shape, own, recognizer):
    rng = np.random.default_rng(size)
    page = np.zeros(shape, np.uint8)
    texts = ["204719", "865324", "190736"]
    for text, top in zip(texts, (40, 700, shape[0] - 60), strict=True):
        line, _ = line_of([own.glyph(int(label), size, rng) for label in text], gap=size // 3 + 2, margin=0)
        page[top : top + line.shape[0], 900 : 900 + line.shape[1]] = line
    assert recognizer.read(page).text == "\n".join(texts)
    page[600:] = 0
    assert recognizer.read(page).text == texts[0]


@pytest.mark.parametrize(("size", "quarters"), [(10, 0), (20, 0), (60, 0), (20, 1)])
def test_small_and_large_digits_are_read_on_one_page(size, quarters, own, recognizer):
    rng = np.random.default_rng(size)
    page = np.zeros((1200, 1600), np.uint8)
    large = own.glyph(5, 400, rng)
    page[300 : 300 + large.shape[0], 100 : 100 + large.shape[1]] = large
    line, _ = line_of([own.glyph(int(label), size, rng) for label in "204719"], gap=size // 3 + 2, margin=0)
    page[480 : 480 + line.shape[0], 700 : 700 + line.shape[1]] = line
    assert recognizer.read(np.rot90(page, quarters)).text == "5204719"


def test_small_print_around_large_digits_is_no_number(sources, recognizer):
    """The words on scanned forms, of a fifth to a third of the digits' height."""
    for page, text in composites("scan", sources["mnist"], 4, 3):
        assert len(recognizer.read(page, KINDS["scan"].expect).lines) == text.count("\n") + 1


def test_low_and_doubtful_lines_are_print_but_what_is_sure_and_empty_boxes_stay():
    def thing(top, left, height, known, kind=""):
        row = None if kind else np.eye(10, dtype=np.float32)[1]
        return numbers._Thing((left, top, left + height / 2, top + height), known, kind, probabilities=row)

    large = [thing(100, 60 * number, 80, 0.5) for number in range(3)]
    sure = [thing(300, 30 * number, 20, 0.95) for number in range(3)]
    doubtful = [thing(400, 30 * number, 20, 0.8) for number in range(9)]
    boxes = [thing(500, 30 * number, 20, 0.6, "empty") for number in range(2)]
    assert numbers._without_print([*large, *sure, *doubtful, *boxes]) == [*large, *sure, *boxes]
    assert numbers._without_print([]) == []


def test_a_scribble_alone_is_told(recognizer):
    page = drawn_glyph(parse(SIGNS["face"]), 150, 10)
    reading = recognizer.read(np.pad(page, 40))
    assert (reading.text, reading.to_text("")) == ("?", "")
    ((one,),) = reading.lines
    assert (one.kind, one.label) == ("other", "?")
    np.testing.assert_allclose(one.box, (40, 40, 40 + page.shape[1], 40 + page.shape[0]), atol=3)


def test_what_is_found_and_cannot_be_read_keeps_its_place(own, recognizer, monkeypatch):
    """A digit of which nobody is sure is "?" between the others, not gone."""
    page, boxes = line_of([own.glyph(label, 90, np.random.default_rng(1)) for label in (2, 0, 7)])
    judge = numbers._mixed

    def unsure(find, row, *further):
        known, mixed = judge(find, row, *further)
        return (0.32 if mixed.argmax() == 0 else known), mixed

    monkeypatch.setattr(numbers, "_mixed", unsure)
    reading = recognizer.read(page)
    assert reading.text == "2?7"
    assert [one.kind for one in reading.lines[0]] == ["digit", "other", "digit"]
    assert recognizer.read(page, "postcode:3").text == "207"


def test_a_reading_becomes_text():
    def one(kind, label):
        return Character(kind, label, (0, 0, 1, 1), 1.0, np.zeros(10, np.float32), None)

    reading = Reading(
        (
            (one("other", "?"), one("digit", "1"), one("mark", ","), one("digit", "5")),
            (one("other", "?"),),
            (one("empty", ""), one("empty", "")),
            (one("digit", "2"), one("empty", ""), one("digit", "3")),
        )
    )
    assert reading.text == "?1,5\n?\n2 3"
    assert reading.to_text("") == "1,5\n2 3"


# ── Anything ──────────────────────────────────────────────────────────────────────────────────────────────────────────

HOSTILE = {
    "one pixel": np.zeros((1, 1), np.uint8),
    "one row": np.full((1, 300), 7, np.uint8),
    "one row with ink": np.repeat([[0, 255, 0, 0]], 60, axis=1).reshape(1, -1).astype(np.uint8),
    "checkerboard": (np.indices((400, 500)).sum(axis=0) % 2 * 255).astype(np.uint8),
    "large squares": ((np.indices((900, 900)) // 40).sum(axis=0) % 2 * 255).astype(np.uint8),
    "noise": np.random.default_rng(0).integers(0, 256, (300, 400, 3)).astype(np.uint8),
    "all ink": np.full((200, 300), 255, np.uint8),
    "stripes": np.tile(np.array([255, 0, 0, 0, 0, 0, 0], np.uint8), (200, 60)),
    "grid": np.where((np.indices((400, 400)) % 25 == 0).any(axis=0), 255, 0).astype(np.uint8),
}


def specks():
    rng = np.random.default_rng(0)
    page = np.zeros((1500, 1500), np.uint8)
    for y, x, side in zip(*rng.integers(0, 1490, (2, 10_000)), rng.integers(1, 9, 10_000), strict=True):
        page[y : y + side, x : x + side] = 255
    return page


@pytest.mark.parametrize("expect", [None, "postcode:7", "amount", "form"])
@pytest.mark.parametrize("name", [*HOSTILE, "specks"])
def test_no_picture_is_too_strange_to_be_answered(name, expect, recognizer):
    image = specks() if name == "specks" else HOSTILE[name]
    reading = recognizer.read(image, expect)
    assert isinstance(reading.text, str)
    for one in itertools.chain(*reading.lines):
        assert 0 <= one.confidence <= 1
        left, top, right_edge, bottom = one.box
        assert 0 <= left < right_edge <= image.shape[1] and 0 <= top < bottom <= image.shape[0]


@pytest.mark.parametrize("image", [np.zeros((0, 5), np.uint8), np.zeros((5, 5), float), np.zeros((5, 5, 2), np.uint8)])
def test_what_is_no_image_is_refused(image, recognizer):
    with pytest.raises(ValueError, match="taken"):
        recognizer.read(image)


def test_of_too_many_pieces_some_are_left_out_and_counted(recognizer):
    assert recognizer.read(specks()).left_out > 0


def test_five_hundred_digits_are_read(own, recognizer):
    rng = np.random.default_rng(8)
    page, truth = np.zeros((2_000, 1_500), np.uint8), []
    for top in range(20, 1_945, 77):
        labels = rng.integers(0, 10, 20)
        truth.append("".join(map(str, labels)))
        for place, label in enumerate(labels):
            glyph = own.glyph(int(label), 50, rng)
            left = 20 + 73 * place
            page[top : top + glyph.shape[0], left : left + glyph.shape[1]] = glyph
    assert sum(map(len, truth)) == 500
    reading = recognizer.read(page)
    assert reading.left_out == 0
    read = reading.text.split("\n")
    assert len(read) == 25
    assert sum(one == other for one, other in zip(read, truth, strict=True)) >= 22
    assert 495 <= sum(map(len, read)) <= 502


# ── What is expected ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("expect", ["postcode:0", "postcode:", "postcode:100", "postcode:-1", "date", "", 5])
def test_an_expectation_that_there_is_not_is_refused(expect, recognizer):
    with pytest.raises(ValueError, match="was expected"):
        recognizer.read(np.zeros((9, 9), np.uint8), expect)


def test_expectations_that_there_are():
    expectations = (None, "amount", "form", "postcode:1", "postcode:12")
    assert [expected_count(expect) for expect in expectations] == [None, None, None, 1, 12]


def test_knowing_how_many_digits_there_are_helps(sources, recognizer):
    pages = list(composites("overlapping", sources["pen_digits"], 40, seed=3))
    free = sum(recognizer.read(page).text == text for page, text in pages)
    told = sum(recognizer.read(page, "postcode:5").text == text for page, text in pages)
    assert told >= free


def test_a_digit_that_is_expected_is_not_invented(own, recognizer):
    page = row("20574", own, 90, np.random.default_rng(1))
    for expect in ("postcode:3", "postcode:8"):
        assert recognizer.read(page, expect).text == "20574"


@pytest.mark.parametrize("text", ["12.50", "1,234.50", "7,20", "1.234,50", "305.7"])
def test_points_and_commas_are_read_in_amounts(text, own, recognizer):
    reading = recognizer.read(amount_page(text, own, 100, np.random.default_rng(5)), "amount")
    assert amount(reading.text) == amount(text)
    marks = [one for one in itertools.chain(*reading.lines) if one.kind == "mark"]
    assert len(marks) == sum(not label.isdigit() for label in text)
    assert all(one.image is None and not one.probabilities.any() for one in marks)
    assert all(one.confidence > 0.98 for one in marks)


def test_a_mark_stands_between_digits(own, recognizer):
    page = row("208", own, 100, np.random.default_rng(5))
    page[-60:-48, 10:22] = 255
    page[-60:-48, -22:-10] = 255
    assert recognizer.read(page, "amount").text == "208"


def test_what_stands_around_an_amount_is_no_part_of_it(own, recognizer):
    rng = np.random.default_rng(2)
    euro = drawn_glyph(parse(SIGNS["euro"]), 100, 9)
    slash, dash = drawn_glyph(parse("8 0, 2 10"), 110, 9), drawn_glyph(parse("0 0, 10 0"), 45, 9)
    page, _ = line_of([euro, *(own.glyph(int(label), 100, rng) for label in "274"), slash])
    page = np.pad(page, ((0, 0), (0, 60)))
    page[85 : 85 + dash.shape[0], -90 : -90 + dash.shape[1]] = dash
    assert recognizer.read(page, "amount").text == "274"


@pytest.mark.parametrize("seed", range(6))
def test_empty_boxes_of_a_form_are_kept(seed, own, recognizer):
    reading = recognizer.read(form("4 27 1", own, 90, np.random.default_rng(seed)), "form")
    assert reading.text == "4 27 1"
    (line,) = reading.lines
    assert [one.kind for one in line] == ["digit", "empty", "digit", "digit", "empty", "digit"]
    assert line[1].box[0] > line[0].box[0]


def test_a_form_of_empty_boxes_alone_is_empty(own, recognizer):
    reading = recognizer.read(form("     ", own, 90, np.random.default_rng(1)), "form")
    assert reading.text == ""
    assert [one.kind for line in reading.lines for one in line] == ["empty"] * 5


def test_a_form_is_read_without_being_expected(own, recognizer):
    assert recognizer.read(form("4 27 1", own, 90, np.random.default_rng(0))).text == "4271"


def test_ink_outside_a_form_s_boxes_is_read_too(own, recognizer):
    rng = np.random.default_rng(0)
    boxes, beside = form("42", own, 90, rng), own.glyph(7, 90, rng)
    page = np.pad(boxes, ((0, 0), (0, 160)))
    page[60 : 60 + beside.shape[0], -110 : -110 + beside.shape[1]] = beside
    assert recognizer.read(page, "form").text == "427"


def test_a_form_without_boxes_is_read_as_a_line(own, recognizer):
    assert recognizer.read(row("20574", own, 90, np.random.default_rng(1)), "form").text == "20574"


# ── What was taught ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_symbols_that_were_taught_are_read_among_digits(own, adapted, recognizer, pages_of_signs):
    rng = np.random.default_rng(1)
    star = drawn_glyph(parse("2 10, 5 0, 8 10, 0 4, 10 4, 2 10"), 100, 10)
    page, _ = line_of([own.glyph(2, 100, rng), star, own.glyph(7, 100, rng)], gap=50)
    assert adapted.read(page).text == "2★7"
    assert "★" not in recognizer.read(page).text


# ── What the network that finds sees ──────────────────────────────────────────────────────────────────────────────────


def nearest(colour) -> int:
    """Which of `CENTRE_COLOURS` a colour is; -1 if it is a grey."""
    colour = np.asarray(colour, float)
    if np.ptp(colour) < 40:
        return -1
    hue = (colour - colour.max()) / np.ptp(colour)
    hues = [(full - full.max()) / np.ptp(full) for full in np.array(numbers.CENTRE_COLOURS, float)]
    return int(np.argmin([np.abs(one - hue).sum() for one in hues]))


def test_the_map_of_centres_has_colour_where_something_has_its_middle(own, recognizer):
    page = form("4 71", own, 90, np.random.default_rng(2))
    seen = recognizer.centres(page)
    assert seen.shape == (*page.shape, 3)
    assert seen.dtype == np.uint8
    (line,) = recognizer.read(page, "form").lines
    assert [one.label for one in line] == ["4", "", "7", "1"]
    for one in line:
        left, top, right, bottom = one.box
        middle = seen[(top + bottom) // 2, (left + right) // 2]
        assert nearest(middle) == (2 if one.kind == "empty" else 0)
    assert (seen[:3] == 255).all()  # where nothing is, there is no colour


def test_the_map_of_centres_shows_decimal_marks(own, recognizer):
    page = amount_page("25.7", own, 80, np.random.default_rng(1))
    (line,) = recognizer.read(page, "amount").lines
    (mark,) = [one for one in line if one.kind == "mark"]
    left, top, right, bottom = mark.box
    assert nearest(recognizer.centres(page)[(top + bottom) // 2, (left + right) // 2]) == 1


def test_a_page_without_ink_has_no_map_of_centres(recognizer):
    assert recognizer.centres(np.zeros((60, 90), np.uint8)) is None
    with pytest.raises(ValueError):
        recognizer.centres(np.zeros((60,), np.uint8))
    dot = np.zeros((400, 400), np.uint8)
    dot[200:220, 200:220] = 255
    assert recognizer.centres(dot).shape == (400, 400, 3)
