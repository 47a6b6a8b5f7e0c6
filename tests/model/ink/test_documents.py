"""PDF documents: each page becomes a picture, and whatever is wrong with one ends in a sentence."""

import io
import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from model.ink import documents
from model.ink.containers import MAX_SIDE
from model.ink.files import PictureError, PictureTooLargeError, decode_picture, page_count
from tests.hostile import page

LETTER = (612, 792)  # points


def document(*pictures, points: float = 72.0) -> bytes:
    """A PDF with a picture on each page, so many points to an inch of its pixels."""
    first, *others = (Image.fromarray(picture) for picture in pictures)
    file = io.BytesIO()
    first.save(file, "PDF", save_all=True, append_images=others, resolution=points)
    return file.getvalue()


def sized(width: float, height: float, pages: int = 1, trailer: bytes = b"") -> bytes:
    """A PDF of empty pages of this size in points, with no table of where its parts lie; readers make one."""
    kids = b" ".join(b"%d 0 R" % (3 + number) for number in range(pages))
    parts = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, kids)]
    parts += [b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %f %f] >>" % (width, height)] * pages
    body = b"".join(b"%d 0 obj %s endobj\n" % (number, part) for number, part in enumerate(parts, 1))
    return b"%PDF-1.7\n" + body + b"trailer << /Root 1 0 R " + trailer + b" >>\n%%EOF"


def test_each_page_becomes_a_picture_as_it_is_shown():
    turned = page()[::-1]
    content = document(page(), turned)
    assert page_count(content) == 2
    for number, expected in enumerate((page(), turned)):
        read = decode_picture(content, number)
        assert read.dtype == np.uint8
        assert read.shape[2] == 3
        small = np.asarray(Image.fromarray(read).resize((60, 40), Image.Resampling.BOX), int)
        assert np.abs(small - expected).mean() < 6


def test_a_page_has_200_pixels_to_an_inch_small_ones_more_large_ones_fewer():
    assert decode_picture(sized(*LETTER)).shape == (2200, 1700, 3)
    assert max(decode_picture(sized(72, 36)).shape) == 1_600
    poster = decode_picture(sized(3000, 4000))
    assert 0.95 * documents.MAX_RENDERED < poster.shape[0] * poster.shape[1] <= 1.01 * documents.MAX_RENDERED
    strip = decode_picture(sized(14_000, 2))
    assert max(strip.shape) <= MAX_SIDE


def test_pictures_have_one_page():
    file = io.BytesIO()
    Image.fromarray(page()).save(file, "PNG")
    assert page_count(file.getvalue()) == 1
    with pytest.raises(PictureError, match=re.escape("The file has 1 page; there is no page 2.")):
        decode_picture(file.getvalue(), 1)


@pytest.mark.parametrize("number", [-1, 2, 500])
def test_a_page_that_is_not_there_is_named(number):
    with pytest.raises(PictureError, match=f"There is no page {number + 1} in the document; its last one is page 2."):
        decode_picture(document(page(), page()), number)


def test_too_many_pages_are_refused():
    assert page_count(sized(*LETTER, pages=documents.MAX_PAGES)) == documents.MAX_PAGES
    for asked in (page_count, decode_picture):
        with pytest.raises(PictureTooLargeError, match="The document has 21 pages, but at most 20 are taken."):
            asked(sized(*LETTER, pages=documents.MAX_PAGES + 1))


def test_a_password_is_asked_for_in_words():
    lock = b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O (%s) /U (%s) >> /ID [(a) (a)]" % (b"o" * 32, b"u" * 32)
    for asked in (page_count, decode_picture):
        with pytest.raises(PictureError, match="The document is protected by a password; save it without one."):
            asked(sized(*LETTER, trailer=lock))


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"%PDF" + bytes(500), sized(*LETTER, pages=0)])
def test_what_is_no_document_is_called_damaged(content):
    for asked in (page_count, decode_picture):
        with pytest.raises(PictureError, match="The document is damaged or cut off; send it again, as a whole PDF."):
            asked(content)


@pytest.mark.parametrize("size", [(0, 0), (-10, 20), (1e-9, 1e9), (float("inf"), 10), (float("nan"), 10)])
def test_pages_of_impossible_sizes_end_in_a_picture_of_some_size_or_in_a_sentence(size):
    try:
        read = decode_picture(sized(*size))
    except PictureError as error:
        assert str(error) == documents.DAMAGED
    else:
        assert read.shape[0] * read.shape[1] <= 1.01 * documents.MAX_RENDERED


def test_mutated_documents_end_in_pixels_or_in_a_sentence():
    rng, original = np.random.default_rng(3), bytearray(document(page(), page()))
    for _ in range(200):
        content = original.copy()
        for place in rng.integers(8, len(content), rng.integers(1, 30)).tolist():
            content[place] = int(rng.integers(256))
        try:
            read = decode_picture(bytes(content))
        except PictureError as error:
            assert str(error).endswith(".")
        else:
            assert read.shape[0] * read.shape[1] <= 1.01 * documents.MAX_RENDERED


def test_documents_are_read_by_several_threads_at_once():
    contents = [document(np.full((40, 60, 3), shade, np.uint8)) for shade in range(20, 240, 10)]
    with ThreadPoolExecutor(4) as threads:
        pictures = list(threads.map(decode_picture, contents))
    for shade, picture in zip(range(20, 240, 10), pictures, strict=True):
        assert abs(float(np.median(picture)) - shade) < 3
