"""Whatever comes from outside ends in pixels or in one sentence: properties, tried on files, drawings and arrays that
hypothesis puts together. The same every time; tests/fuzz.py tries far more, and measures."""

import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from hypothesis.extra import numpy as some_numpy

from model.ink.files import PictureError, decode_picture, preview
from model.ink.image import decode_drawing, find_ink, prepare
from model.ink.page import find_page
from tests import hostile

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")  # Pillow's, on what it finds and skips


def tried(times: int) -> settings:
    return settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=times,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


sizes = some.one_of(some.integers(0, 90), some.sampled_from([255, 5_000, 20_001, 65_535, 2**31 - 1, 2**32 - 1]))
numbers = some.one_of(some.integers(0, 70), some.sampled_from(hostile.TELLING))
bodies = some.binary(max_size=60)

png_chunks = some.builds(
    hostile.chunk,
    some.sampled_from(
        [b"PLTE", b"tRNS", b"IDAT", b"IHDR", b"eXIf", b"iTXt", b"zTXt", b"acTL", b"fcTL", b"fdAT", b"abCd", b"IEND"]
    ),
    bodies,
)
pngs = some.builds(
    lambda width, height, parts, data, bits, colour, interlaced: hostile.png(
        width, height, *parts, data=data, bits=bits, colour=colour, interlaced=interlaced
    ),
    sizes,
    sizes,
    some.lists(png_chunks, max_size=5),
    some.one_of(bodies, some.integers(0, 9_000).map(lambda length: hostile.packed(length, 1))),
    some.sampled_from([0, 1, 2, 4, 8, 16, 255]),
    some.sampled_from([0, 2, 3, 4, 6, 7]),
    some.integers(0, 1),
)
jpegs = some.builds(
    lambda segments, at: hostile.jpeg_with(b"".join(segments)) if at is None else _spliced(segments, at),
    some.lists(some.builds(hostile.segment, some.integers(0xC0, 0xFE), bodies), max_size=5),
    some.one_of(some.none(), some.integers(0, 700)),
)
webps = some.lists(
    some.tuples(
        some.sampled_from([b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"EXIF", b"ICCP", b"abcd"]), bodies
    ),
    max_size=5,
).map(lambda parts: hostile.riff(*parts))
bmps = some.builds(
    hostile.bmp,
    some.integers(-90, 2**31 - 1),
    some.integers(-90, 2**31 - 1),
    bodies,
    some.sampled_from([1, 4, 8, 16, 24, 32, 7]),
    some.integers(0, 6),
    some.sampled_from([1, 2, 4, 16, 256]),
)
tags = some.sampled_from(
    [
        256,
        257,
        258,
        259,
        262,
        266,
        273,
        274,
        277,
        278,
        279,
        284,
        317,
        320,
        322,
        323,
        324,
        325,
        338,
        339,
        347,
        530,
        34665,
    ]
)
values = some.one_of(
    numbers,
    some.lists(numbers, min_size=1, max_size=9).map(tuple),
    some.tuples(some.integers(0, 18), some.one_of(some.integers(0, 30), some.just(2**32 - 1)), bodies),
)
tiffs = some.builds(
    lambda entries, data: hostile.tiff(data, **{f"t{tag}": value for tag, value in entries.items()}),
    some.dictionaries(tags, values, max_size=9).map(lambda entries: {273: 0, 279: 0} | entries),
    bodies,
)


def _spliced(segments: list[bytes], at: int) -> bytes:
    content = hostile.encoded(hostile.page(), "JPEG")
    return content[:at] + b"".join(segments) + content[at:]


def ends_in_pixels_or_in_a_sentence(content: bytes) -> None:
    try:
        pixels = decode_picture(content)
    except PictureError as error:
        assert str(error).endswith(".")
        return
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    assert pixels.size > 0
    assert pixels.ndim == 2 or pixels.shape[2] in (3, 4)


@pytest.mark.parametrize("kind", ["pngs", "jpegs", "webps", "bmps", "tiffs"])
def test_any_parts_put_together_end_in_pixels_or_in_a_sentence(kind):
    tried(250)(given(globals()[kind])(ends_in_pixels_or_in_a_sentence))()


@tried(400)
@given(some.integers(0, 2**32 - 1), some.booleans())
def test_real_files_in_disorder_end_in_pixels_or_in_a_sentence(seed, whole):
    rng = np.random.default_rng(seed)
    originals = hostile.seeds()
    change = hostile.reordered if whole else hostile.mutated
    ends_in_pixels_or_in_a_sentence(change(originals[rng.integers(len(originals))], originals, rng))


@tried(200)
@given(some.one_of(pngs, jpegs, bodies))
def test_any_drawing_ends_in_ink_or_in_a_value_error(content):
    try:
        ink = decode_drawing(content)
    except ValueError:
        return
    assert ink.dtype == np.uint8
    assert ink.ndim == 2
    assert 0 < max(ink.shape) <= 2_000


# ── Arrays ────────────────────────────────────────────────────────────────────────────────────────────────────────────

pages = some_numpy.arrays(
    np.uint8,
    some.one_of(
        some_numpy.array_shapes(min_dims=2, max_dims=2, max_side=70),
        some.tuples(some.integers(1, 40), some.integers(1, 40), some.sampled_from([3, 4])),
        some.tuples(some.just(1), some.integers(1, 5_000)),
    ),
    elements=some.sampled_from([0, 0, 0, 255, 254, 128, 16]),
    fill=some.sampled_from([0, 255, 128]),
)


@tried(150)
@given(pages, some.sampled_from([None, "amount", "form", "postcode:5"]))
def test_any_page_is_read_within_itself(recognizer, image, expect):
    given_image = image.copy()
    prediction, reading = recognizer.recognize(image), recognizer.read(image, expect)
    assert np.array_equal(image, given_image)
    assert prediction is None or np.isclose(prediction.probabilities.sum(), 1, atol=1e-3)
    for character in (character for line in reading.lines for character in line):
        left, top, right, bottom = character.box
        assert 0 <= left < right <= image.shape[1]
        assert 0 <= top < bottom <= image.shape[0]
        assert 0 <= character.confidence <= 1 + 1e-6
        assert preview(image, 64, character.box).startswith(b"\xff\xd8")


@tried(200)
@given(
    some_numpy.arrays(
        some_numpy.scalar_dtypes() | some.just(np.dtype(object)), some_numpy.array_shapes(min_dims=0, min_side=0)
    )
)
def test_any_other_array_is_a_value_error_that_says_what_is_taken(image):
    is_image = (
        image.dtype == np.uint8 and image.size and (image.ndim == 2 or image.ndim == 3 and image.shape[2] in (3, 4))
    )
    for reader in (prepare, find_ink):
        if is_image:
            reader(image)
        else:
            with pytest.raises(ValueError, match=r"taken\.$"):
                reader(image)


@tried(100)
@given(pages)
def test_ink_of_any_page_lies_on_it(image):
    ink = find_ink(image)
    if ink is not None:
        left, top, right, bottom = ink.box
        assert 0 <= left < right <= image.shape[1]
        assert 0 <= top < bottom <= image.shape[0]
        assert np.isfinite(ink.strength).all()
    page = find_page(image)
    assert page is None or (0 < page.threshold <= 255 and (page.strength >= page.threshold).any())


# ── Finds, kept ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_png_of_a_header_alone_is_damaged():
    ends_in_pixels_or_in_a_sentence(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR")
