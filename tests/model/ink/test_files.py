"""Files from outside: every format and mode is read as it looks, and whatever is wrong ends in one sentence."""

import gc
import io
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from model.ink import files
from model.ink.files import PictureError, decode_picture, preview
from tests.browser import ROOT
from tests.hostile import (
    FORMATS,
    encoded,
    large,
    mutated,
    page,
    png,
    png_header,
    seeds,
    tiff,
    tiff_of_one_large_tile,
)

MUTANTS = 2000
# How a picture is stored, as EXIF counts it → what makes it stand upright.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


# ── What is taken ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_every_format_gives_its_pixels(kind, mode):
    picture = Image.fromarray(page()).convert(mode)
    read = decode_picture(encoded(picture, kind))
    assert read.dtype == np.uint8
    assert read.shape[:2] == (40, 60)
    luminance = np.asarray(Image.fromarray(read).convert("L"), int)
    assert np.abs(luminance - np.asarray(picture.convert("L"), int)).mean() < 4


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_transparent_pixels_stay_transparent(kind):
    drawn = np.zeros((40, 60, 4), np.uint8)
    drawn[10:20, 10:20] = (0, 0, 0, 255)
    read = decode_picture(encoded(drawn, kind, **({"lossless": True} if kind == "WEBP" else {})))
    assert read.shape == (40, 60, 4)
    assert np.array_equal(read[..., 3], drawn[..., 3])


def test_a_transparent_palette_stays_transparent():
    picture = Image.fromarray((page()[..., 0] < 100).astype(np.uint8), "P")
    picture.putpalette([255, 255, 255, 10, 20, 30])
    read = decode_picture(encoded(picture, transparency=0))
    assert read.shape == (40, 60, 4)
    assert read[0, 0, 3] == 0
    assert read[10, 10].tolist() == [10, 20, 30, 255]


def test_grey_with_alpha_and_palettes_without_are_read():
    alpha = Image.fromarray(page()).convert("LA")
    assert decode_picture(encoded(alpha)).shape == (40, 60, 4)
    palette = Image.fromarray(page()).quantize(4)
    assert np.abs(decode_picture(encoded(palette, "BMP")).astype(int) - page()).max() < 8


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_one_bit_becomes_black_and_white(kind):
    picture = Image.fromarray(page()).convert("1", dither=Image.Dither.NONE)
    assert set(np.unique(decode_picture(encoded(picture, kind)))) == {0, 255}


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_greys_of_16_bits_keep_their_brightness(kind):
    deep = (page()[..., 0].astype(np.uint16) << 8) + 77
    assert np.array_equal(decode_picture(encoded(deep, kind)), page()[..., 0])


@pytest.mark.parametrize(("dtype", "scale"), [(np.int32, 1000), (np.float32, 1 / 255)])
def test_greys_of_32_bits_are_scaled_to_their_range(dtype, scale):
    read = decode_picture(encoded((page()[..., 0].astype(np.float64) * scale).astype(dtype), "TIFF"))
    assert (read[10, 10], read[0, 0]) == (0, 255)


def test_values_that_are_no_numbers_do_not_matter():
    deep = page()[..., 0].astype(np.float32)
    deep[0, :3] = np.nan, np.inf, -np.inf
    assert decode_picture(encoded(deep, "TIFF"))[30, 30] > 200


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_printers_colours_become_those_of_a_screen(kind):
    read = decode_picture(encoded(Image.fromarray(page()).convert("CMYK"), kind))
    assert np.abs(read.astype(int) - page()).mean() < 6


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_as_its_camera_was_held(kind, orientation):
    exif = Image.Exif()
    exif[files.ORIENTATION] = orientation
    lies = Image.fromarray(page())
    if orientation > 1:  # as a camera held that way would store it; but for quarter turns, a turn is its own undoing
        lies = lies.transpose(UPRIGHT[{6: 8, 8: 6}.get(orientation, orientation)])
    read = decode_picture(encoded(lies, kind, exif=exif.tobytes()))
    assert read.shape == (40, 60, 3)
    assert read[10, 10].mean() < 100
    assert read[30, 50].mean() > 200


@pytest.mark.parametrize(
    "exif", [b"Exif\x00\x00", b"Exif\x00\x00II*\x00\xff\xff\xff\xff", b"Exif\x00\x00" + b"\xee" * 400]
)
def test_a_broken_exif_leaves_the_picture_as_it_lies(exif):
    for kind in ("JPEG", "WEBP", "PNG"):
        assert decode_picture(encoded(page(), kind, exif=exif)).shape == (40, 60, 3)


def test_an_orientation_that_is_none_leaves_the_picture_as_it_lies():
    for orientation in (0, 9, 999):
        exif = Image.Exif()
        exif[files.ORIENTATION] = orientation
        assert decode_picture(encoded(page(), "JPEG", exif=exif)).shape == (40, 60, 3)


def test_a_camera_s_jpeg_with_further_pictures_behind_it_is_its_photograph():
    several = encoded(page(), "MPO", save_all=True, append_images=[Image.fromarray(page(20, 20))])
    assert decode_picture(several).shape == (40, 60, 3)


# ── What is not ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        (b"a letter to the editor", "no picture"),
        (b"%PDF-1.7 ...", "document is damaged or cut off"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(40), "damaged or cut off"),
        (b"\x00\x00\x00\x18ftypavif" + bytes(40), "AVIF files are not taken"),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif", "AVIF files are not taken"),
        (encoded(page(), "HEIF") + b"\x00\x00\x00\x08moov", "animated"),
        (encoded(page(), "HEIF") + b"\x00\x00\x00\x08free" * 100, "damaged or cut off"),
        (encoded(page(), "HEIF").replace(b"meta", b"atem"), "damaged or cut off"),
        (encoded(page(), "HEIF")[:-20], "damaged or cut off"),
        (encoded(page(), "GIF"), "GIF files are not taken"),
        (encoded(page(), "JPEG2000"), "JPEG 2000 files are not taken"),
        (b"\x89PNG\r\n\x1a\n", "damaged or cut off"),
        (b"\xff\xd8\xff\xe0" + bytes(30), "damaged or cut off"),
    ],
)
def test_what_is_no_picture_that_is_taken_is_named(content, said):
    with pytest.raises(PictureError, match=said):
        decode_picture(content)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_that_was_cut_off_is_called_so(kind):
    noise = np.random.default_rng(0).integers(0, 255, (80, 80, 3)).astype(np.uint8)
    content = encoded(noise, kind)
    for share in (0.02, 0.3, 0.7):
        with pytest.raises(PictureError, match="damaged or cut off"):
            decode_picture(content[: int(share * len(content))])


def test_more_than_20_megabytes_are_refused():
    with pytest.raises(PictureError, match="The file has 21 MB, but at most 20 MB are taken."):
        decode_picture(encoded(page()) + bytes(21 * 2**20))


# A process of its own: a peak of memory stays the peak of its process.
MEASURE = """
import sys
from model.ink.files import PictureError, decode_picture
from tests.fuzz import memory_begins, memory_peak
from tests.hostile import encoded, page
content = sys.stdin.buffer.read()
for kind in ("PNG", "TIFF"):  # what Pillow imports at the first picture is not the bomb's
    decode_picture(encoded(page(), kind))
before = memory_begins()
try:
    said = str(decode_picture(content).shape)
except PictureError as error:
    said = error
print(memory_peak() - before, said)
"""


MEASURABLE = pytest.mark.skipif(sys.platform == "win32", reason="a peak of memory is not to be had there")


def measured(content: bytes) -> tuple[int, str]:
    """Bytes above before, and the shape that is given or the sentence that is said."""
    done = subprocess.run([sys.executable, "-c", MEASURE], input=content, capture_output=True, cwd=ROOT, check=True)
    memory, said = done.stdout.decode().split(maxsplit=1)
    return int(memory), said.strip()


@MEASURABLE
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: png_header(60_000, 60_000), "40 million"),
        (lambda: png_header(10_000, 4_001), "10,000 × 4,001 pixels, but at most 40 million"),
        (lambda: tiff(t256=60_000, t257=60_000, t259=5, t273=0, t278=60_000, t279=0), "40 million"),
        (lambda: tiff_of_one_large_tile(12_000), "damaged"),
    ],
)
def test_a_bomb_is_refused_and_fills_no_memory(make, said):
    memory, message = measured(make())
    assert said in message
    assert memory < 20_000_000


@MEASURABLE
@pytest.mark.parametrize(
    ("make", "shape", "most"),
    [
        (lambda: large(5_712, 4_284, "JPEG"), (4_284, 5_712, 3), 200_000_000),
        (lambda: large(5_712, 4_284, "WEBP", method=0), (4_284, 5_712, 3), 320_000_000),
        (lambda: png(5_000, 8_000), (4_000, 2_500, 3), 220_000_000),
        (lambda: png(5_000, 8_000, bits=1, colour=0), (8_000, 5_000), 100_000_000),
    ],
)
def test_the_largest_pictures_fill_little_memory(make, shape, most):
    memory, said = measured(make())
    assert said == str(shape)
    assert memory < most


def test_a_jpeg_of_endless_scans_is_refused():
    content = encoded(page(), "JPEG", progressive=True)
    scan = content[content.rindex(b"\xff\xda") : -2]
    with pytest.raises(PictureError, match="damaged"):
        decode_picture(content[:-2] + scan * 200 + content[-2:])


@pytest.mark.parametrize(("kind", "said"), [("PNG", "animated"), ("WEBP", "animated"), ("TIFF", "several pages")])
def test_more_than_one_picture_in_a_file_is_refused(kind, said):
    frames = [Image.fromarray(np.roll(page(), 3 * index, axis=1)) for index in range(3)]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    with pytest.raises(PictureError, match=said):
        decode_picture(content)


# ── Mutated files ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, on what it finds and skips
def test_mutated_files_end_in_pixels_or_in_a_sentence_and_leave_no_memory_behind():
    rng = np.random.default_rng(7)
    originals = seeds()
    outcomes = {"read": 0, "refused": 0}
    kept = []
    tracemalloc.start()
    for number in range(MUTANTS):
        content = mutated(originals[number % len(originals)], originals, rng)
        try:
            pixels = decode_picture(content)
        except PictureError as error:
            outcomes["refused"] += 1
            assert str(error).endswith(".")
        else:
            outcomes["read"] += 1
            assert pixels.dtype == np.uint8
            assert pixels.ndim == 2 or pixels.shape[2] in (3, 4)
            assert 0 < pixels.shape[0] * pixels.shape[1] <= files.MAX_PIXELS
        if number in (MUTANTS // 2, MUTANTS - 1):
            del content, pixels
            gc.collect()
            kept.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert min(outcomes.values()) > MUTANTS // 10  # both ways were taken
    assert kept[1] - kept[0] < 200_000
    assert not any(isinstance(thing, Image.Image) and thing.size == (60, 40) for thing in gc.get_objects())


# ── Previews ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def shown(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("L"), int)


def test_a_preview_is_no_larger_than_asked_and_keeps_its_shape():
    assert shown(preview(page(3000, 1000), 600)).shape == (200, 600)
    assert shown(preview(page(), 600)).shape == (40, 60)
    assert shown(preview(np.zeros((1, 5000), np.uint8), 100)).shape == (1, 100)


def test_a_preview_of_a_box_shows_that_part_even_over_the_edge():
    part = shown(preview(page(), 100, (-3, -3, 28, 18)))
    assert part.shape == (18, 28)
    assert part[10, 10] < 80


@pytest.mark.parametrize(("ink", "darker"), [(0, True), (255, False)])
def test_ink_on_a_transparent_page_stands_out(ink, darker):
    drawn = np.zeros((40, 60, 4), np.uint8)
    drawn[10:30, 10:30] = (ink, ink, ink, 255)
    picture = shown(preview(drawn, 100))
    assert abs(picture[20, 20] - picture[5, 50]) > 200
    assert (picture[20, 20] < picture[5, 50]) == darker
