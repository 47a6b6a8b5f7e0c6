"""The ink of a page: pieces, tilt, printed lines and boxes."""

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from model.data.composites import form, from_strokes, row, squared
from model.data.dataset import photograph
from model.ink.limits import COMPONENT_AREAS, MOST_COMPONENTS, MOST_STRAIGHT
from model.ink.page import _straight, find_page, joined, tight


@pytest.fixture(scope="module")
def drawn(pen_digits):
    return from_strokes([(digit.label, digit.strokes) for digit in pen_digits if digit.writer > 24])


def ring(page, left, top, size=60, brush=8):
    """A circle-like digit 0 whose box is known."""
    rows, columns = np.mgrid[: page.shape[0], : page.shape[1]]
    distance = np.hypot(rows - top - size / 2 + 0.5, columns - left - size / 2 + 0.5)
    page[(distance <= size / 2) & (distance >= size / 2 - brush)] = 255


def boxes_of(page):
    return sorted(page.to_image(piece.box) for piece in page.pieces)


@pytest.mark.parametrize("image", [np.zeros((50, 80), np.uint8), np.full((50, 80, 3), 255, np.uint8)])
def test_a_page_without_ink_is_none(image):
    assert find_page(image) is None


def test_pieces_lie_where_the_ink_lies():
    image = np.zeros((100, 300), np.uint8)
    ring(image, 20, 25)
    ring(image, 150, 25)
    assert boxes_of(find_page(image)) == [(20, 25, 80, 85), (150, 25, 210, 85)]


def test_on_a_large_page_too():
    image = np.zeros((1000, 5000), np.uint8)
    ring(image, 300, 150, 600, 80)
    ring(image, 4000, 150, 600, 80)
    for box, expected in zip(boxes_of(find_page(image)), [(300, 150, 900, 750), (4000, 150, 4600, 750)], strict=True):
        np.testing.assert_allclose(box, expected, atol=3)


def test_ink_far_from_the_page_s_corner_is_the_same_ink(drawn):
    image = np.pad(form("20689", drawn, 60, np.random.default_rng(0)), 60)
    large = np.pad(image, ((500, 40), (400, 30)))
    near, far = find_page(image), find_page(large)
    for here, there in ((near.pieces, far.pieces), (near.cells[0], far.cells[0])):
        here, there = (
            [page.to_image(getattr(place, "box", place)) for place in places]
            for page, places in ((near, here), (far, there))
        )
        np.testing.assert_array_equal(np.array(here) + (400, 500, 400, 500), there)


def test_dark_ink_on_colour_is_the_same_ink():
    image = np.zeros((100, 300), np.uint8)
    ring(image, 20, 15)
    ring(image, 150, 25)
    colour = np.stack([255 - image // 2, 250 - image, 240 - (image // 3)], axis=-1)
    assert boxes_of(find_page(colour)) == boxes_of(find_page(image))


def test_specks_and_noise_are_no_pieces():
    rng = np.random.default_rng(0)
    image = np.zeros((120, 300), np.uint8)
    ring(image, 20, 15)
    ring(image, 150, 25)
    paper = photograph(image, rng)
    for y, x in rng.integers(5, 110, (30, 2)):
        paper[y, x + 180] = 0
    assert len(find_page(paper).pieces) == 2


def test_writing_in_a_deep_shadow_is_found_like_that_in_the_light():
    image = np.zeros((160, 400), np.uint8)
    ring(image, 50, 50)
    ring(image, 290, 50)
    paper = photograph(image, np.random.default_rng(0)).astype(float)
    paper[:, 220:] *= 0.5
    boxes = boxes_of(find_page(np.round(paper).astype(np.uint8)))
    for expected in [(50, 50, 110, 110), (290, 50, 350, 110)]:
        assert any(np.abs(np.subtract(box, expected)).max() <= 3 for box in boxes)


def test_what_lies_around_a_sheet_is_no_ink():
    image = np.zeros((160, 400), np.uint8)
    ring(image, 50, 50)
    ring(image, 290, 50)
    picture = photograph(np.pad(image, ((30, 60), (80, 0)), constant_values=240), np.random.default_rng(0))
    found = boxes_of(find_page(picture))
    np.testing.assert_allclose(found, [(130, 80, 190, 140), (370, 80, 430, 140)], atol=3)


def test_the_lines_of_squared_paper_are_no_ink():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        image = np.zeros((160, 400), np.uint8)
        ring(image, 50, 50)
        ring(image, 290, 50)
        paper = 230 - 0.7 * squared(image, 60, rng) + rng.normal(0, 3, image.shape)
        found = boxes_of(find_page(np.round(paper).astype(np.uint8)))
        np.testing.assert_allclose(found, [(50, 50, 110, 110), (290, 50, 350, 110)], atol=4)


@pytest.mark.parametrize("angle", [-5, -2, 0, 3, 5])
def test_a_tilted_page_is_levelled_and_boxes_lie_on_the_tilted_image(drawn, angle):
    page = row("3141592", drawn, 90, np.random.default_rng(3))
    page = np.pad(page, ((60, 60), (20, 20)))
    tilted = np.asarray(Image.fromarray(page).rotate(angle, Image.Resampling.BICUBIC))
    found = find_page(tilted)
    tops = [piece.box[1] for piece in found.pieces if piece.height > 60]
    assert np.ptp(tops) < 45  # at 5 degrees, left and right of this line differ by 60
    for left, top, right, bottom in map(found.to_image, (piece.box for piece in found.pieces)):
        assert (tilted[top:bottom, left:right] > 128).sum() > 100
    covered = np.zeros(tilted.shape, bool)
    for left, top, right, bottom in map(found.to_image, (piece.box for piece in found.pieces)):
        covered[top:bottom, left:right] = True
    assert (tilted[~covered] > 128).mean() < 0.001


def test_ruled_lines_are_taken_out_and_the_strokes_across_them_stay(drawn):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        page = row("20689", drawn, 90, rng)
        plain = find_page(page)
        ruled = page.copy()
        for y in (20, page.shape[0] // 2, page.shape[0] - 20):
            ruled[y : y + 3] = 180
        found = find_page(ruled)
        tall = [piece for piece in found.pieces if piece.height > 45]
        assert len(tall) == len([piece for piece in plain.pieces if piece.height > 45])
        assert max(piece.width for piece in found.pieces) < 150


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("photographed", [False, True])
def test_the_boxes_of_a_form_are_found_and_its_frames_are_no_ink(drawn, seed, photographed):
    rng = np.random.default_rng(seed)
    page = form("6 81", drawn, 90, rng)
    found = find_page(photograph(page, rng) if photographed else page)
    assert [len(line) for line in found.cells] == [4]
    widths = [right - left for left, _, right, _ in found.cells[0]]
    assert np.ptp(widths) <= 4
    assert all(piece.width < 140 for piece in found.pieces)
    left, top, right, bottom = found.cells[0][1]
    assert not [piece for piece in found.pieces if left < piece.middle[0] < right and top < piece.middle[1] < bottom]


def test_a_grid_of_boxes_comes_in_rows():
    page = np.zeros((400, 500), np.uint8)
    page[40:342:100, 40:442] = 255
    page[40:342, 40:442:100] = 255
    found = find_page(page)
    assert [len(line) for line in found.cells] == [4, 4, 4]
    assert found.cells[0][0] < found.cells[0][1] and found.cells[0][0][1] < found.cells[1][0][1]
    assert not found.pieces


def test_hairlines_in_noise_are_no_lines_and_no_error():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        image = np.linspace(230, 150, 300) + rng.normal(0, 15, (120, 300))
        image[15:105, rng.integers(20, 280, 3)] -= 100
        found = find_page(image.clip(0, 255).astype(np.uint8))
        assert found is None or not found.cells


def scanned_frames(gap, side, line, blur, write=lambda page, left: None):
    """Six boxes beside each other as a scanner sees them; `write` writes into each."""
    page = np.zeros((300, 700), np.uint8)
    for left in range(100, 100 + 6 * (side + gap), side + gap):
        page[100 : 100 + side, left : left + side] = 255
        page[100 + line : 100 + side - line, left + line : left + side - line] = 0
        write(page, left)
    paper = 250 - 0.8 * ndimage.gaussian_filter(page.astype(np.float32), blur)
    return np.round(paper + np.random.default_rng(0).normal(0, 2, page.shape)).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(("gap", "line", "blur"), [(5, 2, 1.3), (6, 3, 1.0), (8, 3, 1.6)])
def test_frames_that_nearly_touch_are_parted(gap, line, blur):
    found = find_page(scanned_frames(gap, 50, line, blur))
    assert [len(line) for line in found.cells] == [6]
    lefts = [found.to_image(cell)[0] for cell in found.cells[0]]
    np.testing.assert_allclose(np.diff(lefts), 50 + gap, atol=4)


def test_a_stroke_from_side_to_side_of_its_box_is_no_frame():
    def write(page, left):
        page[110:146, left + 26 : left + 32] = 255
        page[146:152, left + 6 : left + 54] = 255

    found = find_page(scanned_frames(12, 60, 3, 0.8, write))
    assert [len(line) for line in found.cells] == [6]
    written = [piece.box for piece in found.pieces if piece.height > 30]
    assert len(written) == 6
    for left, top, right, bottom in map(found.to_image, written):
        np.testing.assert_allclose((right - left, top, bottom), (50, 109, 153), atol=3)


def test_digits_are_no_frames(pen_digits, drawn):
    for seed in range(20):
        assert find_page(row("4080174", drawn, 100, np.random.default_rng(seed))).cells == []


@pytest.mark.filterwarnings("error")
def test_two_frames_of_very_different_heights_are_no_form():
    image = np.zeros((400, 700), np.uint8)
    for top, left, bottom, right in ((60, 60, 110, 150), (130, 300, 380, 640)):
        image[top:bottom, left:right] = 255
        image[top + 2 : bottom - 2, left + 2 : right - 2] = 0
    ring(image, 400, 200)
    assert find_page(image).cells == []


def test_pieces_join_and_shrink_to_their_ink():
    strength = np.zeros((10, 12), np.float32)
    strength[2:5, 3:6] = 1
    one = tight(strength, 100, 200)
    assert one.box == (103, 202, 106, 205)
    far = np.zeros((10, 12), np.float32)
    far[8, 9] = 0.5
    both = joined([one, tight(far, 100, 200)])
    assert both.box == (103, 202, 110, 209)
    assert both.strength.sum() == 9.5
    assert tight(np.zeros((3, 3), np.float32), 0, 0) is None


# ── Pages of too much ink ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_largest_components_are_taken_and_the_others_counted():
    page = np.zeros((800, 800), np.uint8)
    places = [(8 + 20 * down, 8 + 20 * aside) for down in range(39) for aside in range(39)][: MOST_COMPONENTS + 250]
    for number, (top, left) in enumerate(places):
        page[top : top + 6, left : left + (6 if number % 2 else 9)] = 255
    found = find_page(page)
    assert (len(found.pieces), found.left_out) == (MOST_COMPONENTS, 250)
    assert sum(piece.width == 9 for piece in found.pieces) == len(places) / 2


def test_of_rings_around_rings_the_inner_ones_are_taken():
    rows, columns = np.indices((600, 600)) - 300
    page = np.where(np.hypot(rows, columns) % 12 < 3, 255, 0).astype(np.uint8)[1:, 1:]
    found = find_page(page)
    areas = sorted(piece.area for piece in found.pieces)
    assert sum(areas) <= COMPONENT_AREAS * page.size
    assert areas[0] < 100
    assert len(areas) > 5
    assert found.left_out > 5


def test_of_many_straight_pieces_the_longest_are_lines():
    inked = np.zeros((900, 900), bool)
    for row_number, top in enumerate(range(4, 890, 7)):
        for left in range(4, 850, 40):
            inked[top : top + 2, left : left + (36 if row_number % 5 == 0 else 30)] = True
    places, labels = _straight(inked, 21, 5)
    assert len(places) == MOST_STRAIGHT == labels.max()
    widths = places[:, 2] - places[:, 0]
    assert (widths >= 36).sum() == 26 * 22
    for number in (1, 500, MOST_STRAIGHT):
        left, top, right, bottom = places[number - 1]
        assert labels[top:bottom, left:right].max() == number
