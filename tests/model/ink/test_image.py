import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from model.data.dataset import photograph
from model.ink.image import SIDE, check_image, decode_drawing, find_ink, prepare, stroke_width
from model.ink.strokes import CANVAS_SIDE, draw, placed

SAMPLE = 200
EXTENT, BRUSH = 180, 14  # of a digit drawn at leisure on a canvas of 280
LARGE_EXTENT = 0.64  # the same as a share of the page

# Distances are mean absolute differences in grey levels, as `apart` measures them. Two different digits are about 40
# apart; one digit of a pen drawn with brushes of different width, at most about 15. The limits below lie between what
# was measured over these samples and what would be another digit.


@pytest.fixture(scope="module")
def scanned(mnist):
    chosen = np.random.default_rng(0).choice(len(mnist.test_images), SAMPLE, replace=False)
    return list(mnist.test_images[chosen])


@pytest.fixture(scope="module")
def drawings(pen_digits):
    chosen = np.random.default_rng(1).choice(len(pen_digits), SAMPLE, replace=False)
    return [pen_digits[index].strokes for index in chosen]


@pytest.fixture(scope="module")
def canvases(drawings):
    return [on_canvas(strokes) for strokes in drawings]


@pytest.fixture(params=["scanned", "canvases"])
def pages(request):
    return request.getfixturevalue(request.param)


def on_canvas(strokes, extent=EXTENT, brush=BRUSH, centre=(CANVAS_SIDE / 2, CANVAS_SIDE / 2)):
    return draw(placed(strokes, extent, centre), brush)


def on_page(strokes, width, height, extent, brush):
    return draw(placed(strokes, extent, (width / 2, height / 2)), brush, width, height)


def apart(view, reference):
    # The centre of mass is rounded to whole pixels: a hair's breadth on the page may move the picture by one.
    padded = np.pad(view.astype(int), 1)
    return min(
        np.abs(padded[row : row + SIDE, column : column + SIDE] - reference).mean()
        for row in range(3)
        for column in range(3)
    )


def views(pages):
    return [prepare(page) for page in pages]


def assert_alike(pages, references, typical, nearly_all):
    distances = []
    for view, reference in zip(views(pages), views(references), strict=True):
        assert view is not None
        distances.append(apart(view, reference))
    assert np.median(distances) <= typical
    assert np.percentile(distances, 95) <= nearly_all


def assert_equal(pages, references):
    for view, reference in zip(views(pages), views(references), strict=True):
        np.testing.assert_array_equal(view, reference)


def same_answers(recognizer, pages, references):
    pairs = zip(recognizer.recognize_many(pages), recognizer.recognize_many(references), strict=True)
    return np.mean([found is not None and found.label == expected.label for found, expected in pairs])


def rgb(page):
    return np.dstack([page] * 3)


def opaque(page):
    return np.dstack([page] * 3 + [np.full_like(page, 255)])


def transparent(page, color=(0, 0, 0)):
    return np.dstack([np.full_like(page, value) for value in color] + [page])


def colored(page, ink, paper):
    cover = page[..., None] / 255
    return np.round(cover * np.array(ink) + (1 - cover) * np.array(paper)).astype(np.uint8)


def with_margin(page, margin, value=0):
    return np.pad(page, ((margin, margin), (margin, margin)), constant_values=value)


# What comes out


def test_different_digits_are_far_apart(scanned):
    assert np.median([apart(one, other) for one, other in zip(scanned, scanned[1:], strict=False)]) > 30


def test_mnist_images_stay_nearly_as_they_are(scanned):
    distances = [apart(prepare(image), image) for image in scanned]
    assert np.median(distances) < 1
    assert max(distances) < 8


def test_prepared_pictures_are_uint8_of_28_by_28_with_full_ink(pages):
    for view in views(pages):
        assert (view.dtype, view.shape, view.max()) == (np.uint8, (SIDE, SIDE), 255)


def test_longer_side_of_the_ink_is_20_pixels(pages):
    for view in views(pages):
        rows, columns = np.nonzero(view)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20


def test_centre_of_mass_is_in_the_middle(pages):
    middles = np.arange(SIDE) + 0.5
    for view in views(pages):
        weights = view / view.sum()
        assert abs(weights.sum(axis=1) @ middles - 14.5) < 0.51  # nearer than half a pixel it cannot be moved
        assert abs(weights.sum(axis=0) @ middles - 14.5) < 0.51


def test_aspect_of_the_ink_is_kept():
    page = draw([np.array([[100.0, 60], [100, 220], [160, 220], [160, 60], [100, 60]])], 10)
    rows, columns = np.nonzero(prepare(page) > 64)
    assert np.ptp(rows) + 1 == 20
    assert np.ptp(columns) + 1 == pytest.approx(20 * 70 / 170, abs=1)


def test_the_page_is_left_as_it_was(pages):
    for page in pages[:20]:
        before = page.copy()
        prepare(page)
        np.testing.assert_array_equal(page, before)


def test_memory_layout_does_not_matter(pages):
    strided = [np.repeat(np.repeat(page, 2, axis=0), 3, axis=1)[::2, ::3] for page in pages[:20]]
    assert_equal(strided, pages[:20])
    assert_equal([np.asfortranarray(rgb(page)) for page in pages[:20]], pages[:20])


def test_read_only_pages_are_taken(canvases):
    page = canvases[0].copy()
    page.flags.writeable = False
    np.testing.assert_array_equal(prepare(page), prepare(canvases[0]))


@pytest.mark.parametrize("side", [280, 1100, 3000])
def test_box_says_where_the_ink_is(side):
    factor = side / 280
    page = draw([np.array([[100.0, 60], [180, 160]]) * factor], 20 * factor, side)
    ink = find_ink(page)
    assert ink.box == pytest.approx(np.array([90, 50, 190, 170]) * factor, abs=2 + factor)
    assert ink.strength.max() == 1
    assert ink.strength.dtype == np.float32


@pytest.mark.parametrize("width", [1, 2, 5, 9])
def test_stroke_width_of_a_long_bar(width):
    bar = np.zeros((300, 20), np.uint8)
    bar[:, 4 : 4 + width] = 255
    assert stroke_width(bar) == pytest.approx(width, rel=0.05)


@pytest.mark.parametrize("brush", [1, 3, 6, 14, 25, 40])
def test_stroke_width_ends_as_in_mnist(drawings, brush):
    widths = [stroke_width(prepare(on_canvas(strokes, 230, brush))) for strokes in drawings[:50]]
    assert 1.6 < np.median(widths) < 3.6


# The same ink on other pages


def test_dark_on_light_is_light_on_dark(pages):
    assert_equal([255 - page for page in pages], pages)


@pytest.mark.parametrize("kind", [rgb, opaque, transparent])
def test_grey_rgb_and_rgba_are_the_same(pages, kind):
    assert_equal([kind(page) for page in pages], pages)


@pytest.mark.parametrize("color", [(255, 255, 255), (200, 30, 30)])
def test_on_a_transparent_page_the_color_of_the_ink_does_not_matter(pages, color):
    assert_equal([transparent(page, color) for page in pages], pages)


def test_dark_on_light_is_the_same_with_an_alpha_channel(pages):
    assert_equal([opaque(255 - page) for page in pages], pages)


def test_opaque_paper_with_transparent_surroundings(canvases):
    pages = []
    for page in canvases:
        paper = np.zeros((340, 340, 4), np.uint8)
        paper[30:310, 30:310] = opaque(255 - page)
        pages.append(paper)
    assert_alike(pages, canvases, typical=1, nearly_all=5)


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        pytest.param((30, 60, 200), (255, 255, 255), id="blue on white"),
        pytest.param((255, 230, 0), (255, 255, 255), id="yellow on white"),
        pytest.param((200, 0, 0), (255, 250, 220), id="red on cream"),
        pytest.param((220, 220, 220), (255, 255, 255), id="light grey on white"),
        pytest.param((0, 160, 0), (0, 0, 0), id="green on black"),
        pytest.param((255, 0, 0), (0, 130, 0), id="red on a green as bright"),
        pytest.param((250, 250, 250), (20, 70, 50), id="chalk on a blackboard"),
    ],
)
def test_colors_of_ink_and_paper_do_not_matter(pages, ink, paper):
    assert_alike([colored(page, ink, paper) for page in pages[::3]], pages[::3], typical=0.5, nearly_all=2)


def test_faint_ink_is_ink(canvases):
    assert_alike([np.round(255 - page * 0.1).astype(np.uint8) for page in canvases], canvases, 1, 5)


def test_place_on_the_page_does_not_matter(pages):
    rng = np.random.default_rng(0)
    shifted = []
    for page in pages:
        canvas = np.zeros((420, 500), np.uint8)
        row, column = rng.integers(1, 420 - page.shape[0]), rng.integers(1, 500 - page.shape[1])
        canvas[row : row + page.shape[0], column : column + page.shape[1]] = page
        shifted.append(canvas)
    assert_alike(shifted, pages, typical=0, nearly_all=0.5)


@pytest.mark.parametrize("centre", [(55, 55), (225, 225), (77.3, 140.8)])
def test_drawing_in_a_corner_is_drawing_in_the_middle(drawings, centre):
    corner = [on_canvas(strokes, 80, 8, centre) for strokes in drawings]
    middle = [on_canvas(strokes, 80, 8) for strokes in drawings]
    assert_alike(corner, middle, typical=4, nearly_all=10)


@pytest.mark.parametrize(("extent", "brush"), [(60, 1), (60, 6), (100, 10), (180, 1), (180, 20), (230, 6), (230, 25)])
def test_size_and_brush_hardly_matter(drawings, canvases, recognizer, extent, brush):
    pages = [on_canvas(strokes, extent, brush) for strokes in drawings[::2]]
    assert_alike(pages, canvases[::2], typical=8, nearly_all=14)
    assert same_answers(recognizer, pages, canvases[::2]) >= 0.97


@pytest.mark.parametrize(("extent", "brush"), [(60, 20), (100, 30), (140, 40), (230, 40)])
def test_fat_brushes_are_read_alike(drawings, canvases, recognizer, extent, brush):
    # They fill loops and corners, so the picture is another one, but the digit is the same.
    pages = [on_canvas(strokes, extent, brush) for strokes in drawings[::2]]
    assert same_answers(recognizer, pages, canvases[::2]) >= 0.97


def test_any_size_place_and_brush_is_read_alike(drawings, canvases, recognizer):
    rng = np.random.default_rng(0)
    pages = []
    for strokes in drawings:
        brush = rng.uniform(6, 40)
        extent = rng.uniform(max(60, 5 * brush), 230)
        reach = extent / 2 + brush / 2 + 1
        pages.append(on_canvas(strokes, extent, brush, tuple(rng.uniform(reach, CANVAS_SIDE - reach, 2))))
    assert same_answers(recognizer, pages, canvases) >= 0.97


@pytest.mark.parametrize("factor", [2, 3, 10])
def test_enlarged_images_are_alike(scanned, factor):
    pages = [np.kron(image, np.ones((factor, factor), np.uint8)) for image in scanned]
    assert_alike(pages, scanned, typical=4, nearly_all=8)


@pytest.mark.parametrize("factor", [2, 5, 20])
def test_smoothly_enlarged_images_are_read_alike(scanned, recognizer, factor):
    side = SIDE * factor
    pages = [np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)) for image in scanned]
    assert_alike(pages, scanned, typical=10, nearly_all=15)
    assert same_answers(recognizer, pages, scanned) >= 0.97


@pytest.mark.parametrize(("side", "typical", "nearly_all"), [(12, 20, 33), (16, 14, 22), (28, 14, 22)])
def test_small_pages_are_alike(drawings, canvases, recognizer, side, typical, nearly_all):
    pages = [on_page(strokes, side, side, 0.75 * side, 1) for strokes in drawings]
    assert_alike(pages, canvases, typical, nearly_all)
    assert same_answers(recognizer, pages, canvases) >= 0.97


@pytest.mark.parametrize(("side", "share"), [(10, 0.93), (12, 0.97), (20, 0.97)])
def test_reduced_images_are_read_alike(scanned, recognizer, side, share):
    pages = [np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BOX)) for image in scanned]
    assert same_answers(recognizer, pages, scanned) >= share


def test_images_of_8_by_8_are_not_empty(scanned):
    pages = [np.asarray(Image.fromarray(image).resize((8, 8), Image.Resampling.BOX)) for image in scanned]
    assert np.mean([prepare(page) is not None for page in pages]) >= 0.98


@pytest.mark.parametrize(("width", "height"), [(1000, 700), (2000, 2000), (3000, 4000)])
def test_large_pages_are_alike(drawings, canvases, recognizer, width, height):
    some = drawings[:24]
    extent = LARGE_EXTENT * min(width, height)
    pages = [on_page(strokes, width, height, extent, extent * BRUSH / EXTENT) for strokes in some]
    assert_alike(pages, canvases[: len(some)], typical=3, nearly_all=9)
    assert same_answers(recognizer, pages, canvases[: len(some)]) >= 0.95  # all but one


@pytest.mark.parametrize(("width", "height"), [(1000, 700), (2000, 2000), (3000, 4000)])
def test_thin_strokes_on_large_pages_are_alike(drawings, canvases, recognizer, width, height):
    some = drawings[:24]
    pages = [on_page(strokes, width, height, LARGE_EXTENT * min(width, height), 1) for strokes in some]
    assert_alike(pages, canvases[: len(some)], typical=10, nearly_all=16)
    assert same_answers(recognizer, pages, canvases[: len(some)]) >= 0.95


@pytest.mark.parametrize("side", [1500, 3000])
def test_small_digits_on_large_pages_are_alike(drawings, canvases, side):
    some = drawings[:24]
    pages = [on_page(strokes, side, side, 120, 9) for strokes in some]
    assert_alike(pages, canvases[: len(some)], typical=4, nearly_all=10)


@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (0, 255)])
@pytest.mark.parametrize("foot", [1000, 2500, 6500], ids=["upright", "slanted", "diagonal"])
def test_hairline_on_the_largest_page_does_not_vanish(paper, ink, foot):
    page = Image.new("L", (8000, 8000), paper)
    ImageDraw.Draw(page).line([(1000, 1000), (foot, 7000)], fill=ink, width=1)
    view = prepare(np.asarray(page))
    assert view is not None
    rows, columns = np.nonzero(view)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    assert 1 < stroke_width(view) < 3.6


# What is no ink


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("dark", [False, True])
def test_isolated_specks_are_no_ink(canvases, size, dark):
    rng = np.random.default_rng(size)
    speckled = []
    for page in canvases:
        page = page.copy()
        near = np.asarray(Image.fromarray(page).resize((35, 35), Image.Resampling.BOX)) > 0
        rows, columns = np.nonzero(~near[1:-1, 1:-1])
        for index in rng.choice(len(rows), 20, replace=False):
            row, column = 8 * (rows[index] + 1) + 2, 8 * (columns[index] + 1) + 2  # inside a cell that holds no ink
            page[row : row + size, column : column + size] = 255
        speckled.append(255 - page if dark else page)
    assert_equal(speckled, canvases)


@pytest.mark.parametrize(("sigma", "typical", "nearly_all"), [(5, 0.3, 1), (20, 2, 9)])
def test_noise_hardly_matters(canvases, sigma, typical, nearly_all):
    rng = np.random.default_rng(sigma)
    noisy = [
        np.clip(np.round(40 + page * (170 / 255) + rng.normal(0, sigma, page.shape)), 0, 255).astype(np.uint8)
        for page in canvases
    ]
    assert_alike(noisy, canvases, typical, nearly_all)


def test_photographs_are_alike(canvases, recognizer):
    rng = np.random.default_rng(0)
    photographs = [photograph(page, rng) for page in canvases]
    assert_alike(photographs, canvases, typical=3, nearly_all=9)
    assert same_answers(recognizer, photographs, canvases) >= 0.97


@pytest.mark.parametrize("around", [((40, 60), (90, 30)), ((0, 0), (90, 0)), ((0, 70), (0, 50))])
def test_a_sheet_on_something_dark_is_read_as_if_it_filled_the_picture(canvases, recognizer, around):
    rng = np.random.default_rng(1)
    photographs = [photograph(np.pad(page, around, constant_values=240), rng) for page in canvases[:60]]
    assert same_answers(recognizer, photographs, canvases[:60]) >= 0.97


def test_light_ink_on_a_dark_board_is_no_sheet(canvases, recognizer):
    rng = np.random.default_rng(1)
    photographs = [255 - photograph(page, rng) for page in canvases[:60]]
    assert same_answers(recognizer, photographs, canvases[:60]) >= 0.97


@pytest.mark.parametrize(("quality", "typical", "nearly_all"), [(30, 6, 12), (80, 2, 8)])
def test_jpegs_are_alike(canvases, quality, typical, nearly_all):
    pages = []
    for page in canvases:
        file = io.BytesIO()
        Image.fromarray(colored(page, (20, 30, 90), (240, 240, 235))).save(file, "JPEG", quality=quality)
        pages.append(np.asarray(Image.open(file)))
    assert_alike(pages, canvases, typical, nearly_all)


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (28, 28), (280, 280), (3, 900), (1500, 1000)])
@pytest.mark.parametrize("value", [0, 77, 255])
def test_a_page_of_one_color_is_empty(shape, value):
    grey = np.full(shape, value, np.uint8)
    assert prepare(grey) is None
    assert prepare(colored(np.zeros_like(grey), (0, 0, 0), (value, 40, 200))) is None
    assert prepare(opaque(grey)) is None
    assert prepare(np.dstack([np.zeros((*shape, 3), np.uint8), grey])) is None  # evenly transparent


@pytest.mark.parametrize("shape", [(28, 28), (100, 100), (280, 280), (480, 640), (280, 280, 3), (2000, 1500)])
@pytest.mark.parametrize("sigma", [1, 4, 12, 40])
def test_noise_alone_is_no_ink(shape, sigma):
    rng = np.random.default_rng(sigma)
    for paper in (60, 128, 230):
        assert prepare(np.clip(np.round(rng.normal(paper, sigma, shape)), 0, 255).astype(np.uint8)) is None


@pytest.mark.parametrize("shape", [(28, 28), (280, 280), (480, 640)])
def test_random_pixels_are_no_ink(shape):
    rng = np.random.default_rng(0)
    for _ in range(10):
        assert prepare(rng.integers(0, 256, shape).astype(np.uint8)) is None


@pytest.mark.parametrize(("side", "size"), [(28, 1), (28, 2), (280, 1), (280, 2), (1000, 1), (1000, 8)])
def test_a_lone_speck_is_no_ink(side, size):
    page = np.zeros((side, side), np.uint8)
    page[side // 3 : side // 3 + size, side // 2 : side // 2 + size] = 255
    assert prepare(page) is None
    assert prepare(255 - page) is None


# Strange pages


def checkerboard(side, cell):
    return ((np.indices((side, side)) // cell).sum(axis=0) % 2 * 255).astype(np.uint8)


def scribble():
    points = np.random.default_rng(0).uniform(0, 280, (300, 2))
    return draw([points], 20)


STRANGE = {
    "one dot": draw([np.array([[140.0, 140]])], 20),
    "checkerboard of pixels": checkerboard(280, 1),
    "checkerboard": checkerboard(280, 8),
    "scribble over everything": scribble(),
    "1 × 1": np.full((1, 1), 9, np.uint8),
    "1 × 2": np.array([[0, 255]], np.uint8),
    "2 × 2": np.array([[0, 255], [255, 0]], np.uint8),
    "3 × 3": np.array([[0, 0, 0], [0, 255, 0], [0, 0, 0]], np.uint8),
    "1 × 500": (np.arange(500) % 256).astype(np.uint8)[None],
    "500 × 1": (np.arange(500) % 256).astype(np.uint8)[:, None],
    "1 × 500, one pixel": np.eye(1, 500, 250, dtype=np.uint8) * 255,
    "1 × 500, half": np.repeat(np.array([0, 255], np.uint8), 250)[None],
    "3 × 60,000": np.repeat(np.array([[0], [255], [0]], np.uint8), 60_000, axis=1),
    "half and half": np.repeat(np.array([0, 255], np.uint8), 140)[None].repeat(280, axis=0),
    "gradient": np.linspace(0, 255, 280).astype(np.uint8)[None].repeat(280, axis=0),
    "frame": with_margin(np.zeros((260, 260), np.uint8), 10, 255),
    "ink to the very edge": 255 - with_margin(np.zeros((40, 40), np.uint8), 0),
}


@pytest.mark.parametrize("name", STRANGE)
@pytest.mark.parametrize("kind", [np.asarray, rgb, opaque, transparent])
def test_strange_pages_are_no_error(name, kind):
    view = prepare(kind(STRANGE[name]))
    assert view is None or (view.shape == (SIDE, SIDE) and view.dtype == np.uint8 and view.max() == 255)


def test_a_dot_is_ink():
    assert prepare(STRANGE["one dot"]) is not None


# What is no image


@pytest.mark.parametrize(
    ("image", "given"),
    [
        (None, "NoneType"),
        ([[0, 255], [255, 0]], "list"),
        ("digit.png", "str"),
        (Image.new("L", (28, 28)), "Image"),
        (np.zeros((28, 28)), "float64"),
        (np.full((28, 28), np.nan, np.float32), "float32"),
        (np.zeros((28, 28), bool), "bool"),
        (np.zeros((28, 28), np.int64), "int64"),
        (np.zeros((28, 28), np.uint16), "uint16"),
        (np.array(None), "object"),
        (np.zeros((), np.uint8), r"\(\)"),
        (np.zeros(784, np.uint8), r"\(784,\)"),
        (np.zeros((28, 28, 1), np.uint8), r"\(28, 28, 1\)"),
        (np.zeros((28, 28, 2), np.uint8), r"\(28, 28, 2\)"),
        (np.zeros((28, 28, 5), np.uint8), r"\(28, 28, 5\)"),
        (np.zeros((1, 28, 28, 3), np.uint8), r"\(1, 28, 28, 3\)"),
        (np.zeros((0, 28), np.uint8), r"\(0, 28\)"),
        (np.zeros((28, 0, 3), np.uint8), r"\(28, 0, 3\)"),
        (np.broadcast_to(np.uint8(0), (8001, 8000)), r"\(8001, 8000\).*64,000,000"),
        (np.broadcast_to(np.uint8(0), (1, 64_000_001, 3)), r"\(1, 64000001, 3\)"),
    ],
)
@pytest.mark.parametrize("function", [prepare, find_ink, check_image])
def test_what_is_no_image_is_a_value_error_that_names_what_was_given(function, image, given):
    with pytest.raises(ValueError, match=given):
        function(image)


def test_the_largest_image_is_taken():
    image = np.broadcast_to(np.uint8(0), (8000, 8000))
    assert check_image(image) is image


# Drawings from the canvas


def png(image, **options):
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


@pytest.fixture
def drawing():
    alpha = np.random.default_rng(0).integers(0, 256, (60, 80), np.uint8)
    return png(Image.fromarray(transparent(alpha, (200, 30, 30)))), alpha


def test_ink_of_a_drawing_is_its_alpha_channel(drawing):
    content, alpha = drawing
    ink = decode_drawing(content)
    assert ink.dtype == np.uint8
    np.testing.assert_array_equal(ink, alpha)


def test_largest_drawing_is_taken():
    assert decode_drawing(png(Image.new("RGBA", (2000, 2000)))).shape == (2000, 2000)


@pytest.mark.parametrize("size", [(2001, 1), (1, 2001), (2001, 2001)])
def test_larger_drawings_are_refused(size):
    with pytest.raises(ValueError, match="2001"):
        decode_drawing(png(Image.new("RGBA", size)))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "I;16"])
def test_drawings_of_other_modes_are_refused(mode):
    with pytest.raises(ValueError, match=f"A {mode} picture"):
        decode_drawing(png(Image.new(mode, (20, 20))))


@pytest.mark.parametrize("file_format", ["JPEG", "GIF", "BMP", "TIFF"])
def test_other_files_are_refused(file_format):
    file = io.BytesIO()
    Image.new("RGB", (20, 20)).save(file, file_format)
    with pytest.raises(ValueError, match="no PNG"):
        decode_drawing(file.getvalue())


@pytest.mark.parametrize("content", [b"", b"\x89PNG", b"\x89PNG\r\n\x1a\n", b"no picture at all", bytes(1000)])
def test_bytes_that_are_no_png_are_refused(content):
    with pytest.raises(ValueError, match="no PNG"):
        decode_drawing(content)


def test_truncated_drawings_are_refused(drawing):
    content, _ = drawing
    end_of_pixels = content.index(b"IEND") - 20  # before the last chunk's head and the checksums
    for length in range(0, end_of_pixels, 37):
        with pytest.raises(ValueError):
            decode_drawing(content[:length])


def test_damaged_drawings_are_refused_or_read(drawing):
    content, alpha = drawing
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        broken = bytearray(content)
        broken[rng.integers(8, 80)] = rng.integers(0, 256)
        try:
            assert decode_drawing(bytes(broken)).shape == alpha.shape
        except ValueError:
            refused += 1
    assert refused > 200


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("width", "height"), [(2_001, 2_001), (10_000, 10_000), (100_000, 100_000), (2**31 - 1, 2**31 - 1), (10, 2**31 - 1)]
)
def test_drawings_that_claim_to_be_huge_are_refused(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)  # 8 bits, RGBA
    pixels = zlib.compress(bytes(99))
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    with pytest.raises(ValueError):
        decode_drawing(content)
