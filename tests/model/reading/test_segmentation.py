"""Several digits on one page: cut, joined, read, and what is no digit left out."""

import itertools
import math

import numpy as np
import pytest
from PIL import Image, ImageDraw

from model.data.amounts import amount
from model.data.composites import (
    KINDS,
    composites,
    form,
    from_images,
    from_strokes,
    row,
    same,
)
from model.data.composites import (
    amount as amount_page,
)
from model.data.composites import (
    drawn as drawn_glyph,
)
from model.data.dataset import TEST_WRITERS, by_writers
from model.data.examples import EXAMPLES
from model.data.nonsense import SIGNS
from model.ink.image import normalize
from model.ink.limits import (
    BATCH,
    CUT_PICTURES,
    MOST_COMPONENTS,
    PAGE_PICTURES,
    PICTURE_PIXELS,
    SHEET_PICTURES,
)
from model.ink.page import Piece
from model.ink.strokes import parse
from model.reading import segmentation
from model.reading.segmentation import (
    Character,
    Reading,
    _best_path,
    _Candidate,
    _cut,
    _Lattice,
    _Line,
    _seams,
    expected_count,
)
from model.reading.taught import DIGIT_LABELS


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
    """A sample of 40 pages may be a little worse than the report's 500, not much."""
    right = [
        same(kind, recognizer.read(page, KINDS[kind].expect).text, truth)
        for source in sources.values()
        for page, truth in composites(kind, source, 20, seed=9)
    ]
    assert np.mean(right) >= report["numbers"][kind]["accuracy"] - 0.12


@pytest.fixture(scope="module")
def report():
    from model.scores.report import read_report

    return read_report()


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


def test_lines_come_from_top_to_bottom_and_may_climb(own, recognizer):
    rng = np.random.default_rng(2)
    page = np.zeros((620, 900), np.uint8)
    for index, text in enumerate(("31415", "92653", "58979")):
        for place, label in enumerate(text):
            glyph = own.glyph(int(label), 90, rng)
            top, left = 60 + 180 * index + 8 * (len(text) - place), 40 + 160 * place
            page[top : top + glyph.shape[0], left : left + glyph.shape[1]] = glyph
    assert recognizer.read(page).text == "31415\n92653\n58979"


@pytest.mark.parametrize(("text", "seed"), [("12", 30), ("44", 68), ("26", 121)])
def test_two_digits_that_look_like_a_wide_one_together_are_two(text, seed, recognizer):
    drawings = from_strokes([(int(label), parse(one)) for label, texts in EXAMPLES.items() for one in texts])
    rng = np.random.default_rng(seed)
    assert "".join(map(str, rng.integers(0, 10, 2))) == text
    assert recognizer.read(row(text, drawings, 90, rng, touching=lambda _: True)).text == text


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


def test_what_is_no_digit_is_marked_and_left_out(own, recognizer):
    rng = np.random.default_rng(3)
    right = 0
    # Without N, M and R: cut in two, they are digits.
    for letters in ("KET", "AEW", "TEK", "HTX", "KFX", "EFC"):
        pictures = [drawn_glyph(parse(SIGNS[letter]), 100, 10) for letter in letters]
        page, _ = line_of([*pictures, *(own.glyph(int(label), 100, rng) for label in "2749")], gap=45)
        reading = recognizer.read(page)
        right += reading.to_text("?") == "???2749" and reading.text == "2749"
    assert right >= 5


def test_a_page_without_ink_has_no_lines(recognizer):
    reading = recognizer.read(np.zeros((100, 200), np.uint8))
    assert reading.lines == ()
    assert reading.text == ""


def test_all_pages_of_a_small_picture_are_read(own, recognizer):
    page = row("27", own, 60, np.random.default_rng(3))
    small = np.asarray(Image.fromarray(page).resize((28, round(page.shape[0] * 28 / page.shape[1]))))
    assert recognizer.read(small).text == "27"


HOSTILE = {
    "one pixel": np.zeros((1, 1), np.uint8),
    "one row": np.full((1, 300), 7, np.uint8),
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
        left, top, right, bottom = one.box
        assert 0 <= left < right <= image.shape[1] and 0 <= top < bottom <= image.shape[0]


@pytest.mark.parametrize("image", [np.zeros((0, 5), np.uint8), np.zeros((5, 5), float), np.zeros((5, 5, 2), np.uint8)])
def test_what_is_no_image_is_refused(image, recognizer):
    with pytest.raises(ValueError, match="taken"):
        recognizer.read(image)


# ── Pages of too much ink ─────────────────────────────────────────────────────────────────────────────────────────────


class Unsure:
    """Stands in for the network: counts what it is given, and is never sure, so that all is cut that can be."""

    def __init__(self):
        self.batches = []

    def __call__(self, pictures):
        self.batches.append(len(pictures))
        return np.full((len(pictures), 10), 0.1, np.float32), np.full(len(pictures), 0.5, np.float32)


def zigzags(count, height, width):
    """Lines from side to side, under each other: each may be cut in many ways."""
    page = Image.new("L", (width, height))
    for middle in (np.arange(count) + 0.5) * height / count:
        xs = np.arange(10, width - 10, max(8, height / count / 6)).tolist()
        reach = 0.35 * height / count
        ys = [middle + reach * (-1) ** number for number in range(len(xs))]
        ImageDraw.Draw(page).line(list(zip(xs, ys, strict=True)), fill=255, width=4)
    return np.asarray(page)


def squares(count, side, apart, columns):
    """As many squares, in rows."""
    page = np.zeros((apart * -(-count // columns) + apart, apart * columns + apart), np.uint8)
    for number in range(count):
        top, left = (apart * (place + 1) - side for place in divmod(number, columns))
        page[top : top + side, left : left + side] = 255
    return page


TOO_MUCH = {
    "fifteen zigzags": (lambda: zigzags(15, 2_000, 2_000), PAGE_PICTURES),
    "forty zigzags": (lambda: zigzags(40, 2_000, 2_000), PAGE_PICTURES),
    "ten zigzags on a sheet": (lambda: zigzags(10, 260, 900), SHEET_PICTURES),
    "squares on a sheet": (lambda: squares(1_100, 8, 13, 60), SHEET_PICTURES),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_of_a_page_of_too_much_ink_so_much_is_read_and_the_rest_is_counted(name, monkeypatch):
    make, most = TOO_MUCH[name]
    page, pixels, cut = make(), [], []
    monkeypatch.setattr(segmentation, "normalize", lambda ink: pixels.append(ink.strength.size) or normalize(ink))
    monkeypatch.setattr(segmentation, "_cut", lambda piece, line: cut.append(piece.area) or _cut(piece, line))
    network = Unsure()
    reading = segmentation.read(network, DIGIT_LABELS, page)
    assert 0 < sum(network.batches) + CUT_PICTURES * len(cut) + sum(pixels + cut) / PICTURE_PIXELS <= most
    assert max(network.batches) <= BATCH
    assert reading.left_out > 0
    assert reading.lines


def test_pieces_are_left_out_from_the_end():
    """On a sheet, the first of 300 squares are read, each alone: they stand too far apart to be joined."""
    network = Unsure()
    page = squares(300, 8, 13, 60)
    reading = segmentation.read(network, DIGIT_LABELS, page)
    boxes = [one.box for line in reading.lines for one in line]
    assert 100 < len(boxes) <= SHEET_PICTURES
    assert len(boxes) + reading.left_out >= 300
    places = [divmod(number, 60) for number in range(len(boxes))]
    assert boxes == [(13 * aside + 5, 13 * down + 5, 13 * aside + 13, 13 * down + 13) for down, aside in places]


def test_what_is_cut_when_not_all_can_be_is_what_is_simplest(own, recognizer):
    """Two digits that touch are read as two although a scribble stands beside them that would take too long."""
    rng = np.random.default_rng(30)
    drawings = from_strokes([(int(label), parse(one)) for label, texts in EXAMPLES.items() for one in texts])
    rng.integers(0, 10, 2)
    pair = row("12", drawings, 90, rng, touching=lambda _: True)
    page = np.zeros((2_000, 2_000), np.uint8)
    page[500:] = zigzags(12, 1_500, 2_000)
    page[100 : 100 + pair.shape[0], 100 : 100 + pair.shape[1]] = pair
    reading = recognizer.read(page)
    assert reading.left_out > 0
    assert reading.text.startswith("12")


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
    assert sum(one == other for one, other in zip(read, truth, strict=True)) >= 20
    assert 495 <= sum(map(len, read)) <= 500


def test_of_a_form_of_too_many_boxes_the_first_are_read():
    page = np.pad(np.where((np.indices((601, 1_501)) % 20 == 0).any(axis=0), 255, 0).astype(np.uint8), 20)
    page[20 + 8 : 620 : 20, 20:1_520] |= (np.arange(1_500) % 20 // 6 == 1).astype(np.uint8) * 255
    network = Unsure()
    reading = segmentation.read(network, DIGIT_LABELS, page, "form")
    boxes = sum(map(len, reading.lines))
    assert 0 < boxes <= MOST_COMPONENTS
    assert boxes + reading.left_out >= 30 * 75
    assert max(network.batches) <= BATCH
    assert reading.lines[0][0].box[1] < 60
    assert len(reading.lines[0]) == 75


# ── What is expected ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("expect", ["postcode:0", "postcode:", "postcode:100", "postcode:-1", "date", "", 5])
def test_an_expectation_that_there_is_not_is_refused(expect, recognizer):
    with pytest.raises(ValueError, match="was expected"):
        recognizer.read(np.zeros((9, 9), np.uint8), expect)


def test_expectations_that_there_are():
    assert [expected_count(expect) for expect in (None, "amount", "form", "postcode:1", "postcode:12")] == [
        None,
        None,
        None,
        1,
        12,
    ]


def test_knowing_how_many_digits_there_are_helps(sources, recognizer):
    pages = list(composites("touching", sources["pen_digits"], 40, seed=3))
    free = sum(recognizer.read(page).text == text for page, text in pages)
    told = sum(recognizer.read(page, "postcode:5").text == text for page, text in pages)
    assert told >= free


def test_a_digit_that_is_expected_is_not_invented(own, recognizer):
    page = row("20574", own, 90, np.random.default_rng(1))
    for expect in ("postcode:3", "postcode:8"):
        assert recognizer.read(page, expect).text == "20574"


@pytest.mark.parametrize("text", ["12.50", "1,234.50", "7,20", "1.234,50", "305.7"])
def test_points_and_commas_are_read_in_amounts(text, own, recognizer):
    rng = np.random.default_rng(5)
    reading = recognizer.read(amount_page(text, own, 100, rng), "amount")
    assert amount(reading.text) == amount(text)
    marks = [one for one in itertools.chain(*reading.lines) if one.kind == "mark"]
    assert len(marks) == sum(not label.isdigit() for label in text)
    assert all(one.image is None and not one.probabilities.any() for one in marks)


def test_a_mark_stands_between_digits(own, recognizer):
    page = row("208", own, 100, np.random.default_rng(5))
    page[-60:-48, 10:22] = 255
    page[-60:-48, -22:-10] = 255
    assert recognizer.read(page, "amount").text == "208"


@pytest.mark.parametrize("seed", range(6))
def test_empty_boxes_of_a_form_are_kept(seed, own, recognizer):
    reading = recognizer.read(form("4 27 1", own, 90, np.random.default_rng(seed)), "form")
    assert reading.text == "4 27 1"
    (line,) = reading.lines
    assert [one.kind for one in line] == ["digit", "empty", "digit", "digit", "empty", "digit"]
    assert line[1].box[0] > line[0].box[0]


def test_a_form_is_read_without_being_expected(own, recognizer):
    assert recognizer.read(form("4 27 1", own, 90, np.random.default_rng(0))).text == "4271"


def test_a_form_without_boxes_is_read_as_a_line(own, recognizer):
    assert recognizer.read(row("20574", own, 90, np.random.default_rng(1)), "form").text == "20574"


def test_a_reading_becomes_text():
    def one(kind, label):
        return Character(kind, label, (0, 0, 1, 1), 1.0, np.zeros(10, np.float32), None)

    reading = Reading(
        (
            (one("other", "?"), one("digit", "1"), one("mark", ","), one("digit", "5")),
            (one("other", "?"),),
            (one("digit", "2"), one("empty", ""), one("digit", "3")),
        )
    )
    assert reading.text == "1,5\n2 3"
    assert reading.to_text("?") == "?1,5\n?\n2 3"


# ── Cuts and paths ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_cheapest_cut_through_each_place_is_found():
    rng = np.random.default_rng(0)
    strength = rng.random((5, 6)).astype(np.float32)
    costs, ways = _seams(strength[None])
    for x in range(6):
        cheapest = math.inf
        for steps in itertools.product((-1, 0, 1), repeat=4):
            columns = [x, x, x, x, x]
            columns[1] = x + steps[0]
            columns[0] = columns[1] + steps[1]
            columns[3] = x + steps[2]
            columns[4] = columns[3] + steps[3]
            if all(0 <= column < 6 for column in columns):
                aside = 0.12 * sum(map(abs, steps))
                cheapest = min(cheapest, aside + sum(strength[row, column] for row, column in enumerate(columns)))
        assert costs[0, 2, x] == pytest.approx(cheapest, abs=1e-5)
        (columns,) = ways(0, 2, np.array([x]))
        assert columns[2] == x
        aside = np.abs(np.diff(columns))
        assert aside.max() <= 1
        assert strength[np.arange(5), columns].sum() + 0.12 * aside.sum() == pytest.approx(cheapest, abs=1e-5)


def test_a_cut_follows_a_gap():
    strength = np.ones((40, 30), np.float32)
    for row_number in range(40):
        strength[row_number, 5 + row_number // 2] = 0
    costs, ways = _seams(strength[None])
    assert costs[0, 20].argmin() == 15
    assert strength[np.arange(40), ways(0, 20, np.array([15]))].sum() == 0


def lattice_of(rng, size):
    """Random answers for all runs of up to three of `size` pieces."""
    pieces = [Piece((20 * index, 0, 20 * index + 18, 40), np.ones((40, 18), np.float32)) for index in range(size)]
    candidates = []
    for first in range(size):
        for end in range(first + 1, min(first + 3, size) + 1):
            probabilities = rng.dirichlet(np.full(10, 0.2)).astype(np.float32)
            parts, box = pieces[first:end], (20 * first, 0, 20 * end - 2, 40)
            answer = np.zeros((28, 28), np.uint8), probabilities, float(rng.random())
            candidates.append(_Candidate(first, end, parts, box, 0.0, 0, *answer))
    return _Lattice(_Line(pieces, 0, 40), candidates, False)


def all_ways(lattice):
    from model.reading.segmentation import _costs

    options = _costs(lattice)

    def from_place(place):
        if place == len(lattice.line.pieces):
            yield []
        for option in options:
            if option[0].first == place:
                for rest in from_place(option[0].end):
                    yield [option, *rest]

    return list(from_place(0))


@pytest.mark.parametrize("seed", range(5))
def test_the_likeliest_way_is_found_and_its_share_is_right(seed):
    lattice = lattice_of(np.random.default_rng(seed), 5)
    ways = all_ways(lattice)
    scores = np.array([sum(score for *_, score in way) for way in ways])
    best = ways[int(scores.argmax())]
    path = _best_path(lattice, None)
    assert [(candidate.first, candidate.end, kind) for candidate, kind, _ in path] == [
        (candidate.first, candidate.end, kind) for candidate, kind, _ in best
    ]
    weights = np.exp(scores - scores.max())
    for candidate, kind, certainty in path:
        holds = [any(option[0] is candidate and option[1] == kind for option in way) for way in ways]
        assert certainty == pytest.approx(weights[holds].sum() / weights.sum(), abs=1e-6)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_of_the_ways_with_so_many_digits_the_likeliest_is_found(count):
    for seed in range(5):
        lattice = lattice_of(np.random.default_rng(seed), 5)
        ways = all_ways(lattice)
        scores = {index: sum(score for *_, score in way) for index, way in enumerate(ways)}
        fitting = [index for index, way in enumerate(ways) if sum(kind == "known" for _, kind, _ in way) == count]
        best = max(fitting, key=scores.get)
        if scores[best] < max(scores.values()) - 11:
            continue
        path = _best_path(lattice, count)
        assert [(candidate.first, kind) for candidate, kind, _ in path] == [
            (candidate.first, kind) for candidate, kind, _ in ways[best]
        ]
