"""What a file claims: refused before anything is decoded, or cut down to what makes the picture, which stays as it is."""

import io
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from model.ink import containers, files
from model.ink.containers import PictureError, open_container
from model.ink.files import decode_picture
from tests import hostile
from tests.hostile import ATTACKS, chunk, encoded, page, png, segment

# ── Claims ────────────────────────────────────────────────────────────────────────────────────────────────────────────

REFUSED = {
    "PNG, a million empty chunks": "damaged",
    "PNG, a million empty data chunks": "damaged",
    "PNG, profiles that unfold": "damaged",
    "PNG, texts that unfold": "damaged",
    "PNG, palettes": "damaged",
    "PNG, 5,000 by 8,000 RGBA of 16 bits": "320 MB when it is unpacked",
    "PNG, 40,000,000 by 1": "at most 20,000 a side",
    "PNG, 1 by 40,000,000": "at most 20,000 a side",
    "PNG, 50 million bytes of frames": "animated",
    "JPEG, empty comments": "damaged",
    "JPEG, tables of quantisation": "damaged",
    "JPEG, quantisation without length": "damaged",
    "JPEG, 90 scans of 24 megapixels": "too many scans",
    "JPEG with further pictures, 200 scans": "damaged",
    "JPEG, arithmetic": "rare kind",
    "WebP, a million empty chunks": "damaged",
    "WebP, a million empty frames": "animated",
    "BMP, 40,000,000 by 1 in 60 bytes": "at most 20,000 a side",
    "BMP, claims 6,000 by 6,000": "damaged",
    "BMP, run lengths of 8,000 by 5,000": "run-length",
    "BMP, run lengths of nothing": "run-length",
    "TIFF, tiles that share their bytes": "damaged",
    "TIFF, small tiles that share their bytes": "damaged",
    "TIFF, strips that share their bytes": "damaged",
    "TIFF, more strips than pixels": "damaged",
    "TIFF, 5 million bits per sample": "damaged",
    "TIFF, 5 million colours": "damaged",
    "TIFF, 65,535 tags": "damaged",
    "TIFF, a million tags": "damaged",
    "TIFF, 200,000 pages": "several pages",
    "TIFF, 40 megapixels of floats": "takes 320 MB",
}


@pytest.mark.parametrize(("name", "said"), REFUSED.items())
def test_what_would_take_seconds_or_gigabytes_is_refused_before_it_is_decoded(name, said, monkeypatch):
    content = ATTACKS[name]()
    decoders = []
    getdecoder = Image._getdecoder
    monkeypatch.setattr(Image, "_getdecoder", lambda *given: decoders.append(given) or getdecoder(*given))
    with pytest.raises(PictureError, match=said):
        decode_picture(content)
    assert not decoders


@pytest.mark.parametrize(
    "name",
    [
        "PNG, wide texts that unfold",
        "PNG, an EXIF of a million tags",
        "JPEG, 20 MB of padding",
        "JPEG, 20 MB of zeros",
        "JPEG, long comments",
        "JPEG, an EXIF in many parts",
        "WebP, an EXIF of a million tags",
    ],
)
def test_what_makes_no_picture_reaches_no_decoder(name):
    assert len(open_container(ATTACKS[name]()).content) < 70_000  # of 20 MB: the picture and a note


def test_a_tiff_s_decoder_sees_only_tags_that_make_the_picture():
    left = open_container(ATTACKS["TIFF, an EXIF of many tags"]()).content
    with Image.open(io.BytesIO(left)) as picture:
        assert 34665 not in picture.tag_v2
        assert np.array_equal(np.asarray(picture), np.zeros((4, 4)))


def test_padding_within_a_scan_is_gone():
    plain = encoded(page(), "JPEG")
    at = plain.index(b"\xff\xda") + 30
    padded = plain[:-2] + b"\xff" * 1_000_000 + plain[-2:]
    assert at < len(open_container(padded).content) < len(plain) + 10
    assert np.array_equal(decode_picture(padded), decode_picture(plain))


def test_of_two_headers_the_first_counts():
    assert decode_picture(ATTACKS["PNG, two headers"]()).shape == (4, 4, 3)


@pytest.mark.parametrize("sof", range(0xC0, 0xD0))
def test_jpegs_of_rare_kinds_are_named_and_others_are_decoded_or_damaged(sof):
    content = encoded(page(), "JPEG").replace(b"\xff\xc0", bytes([0xFF, sof]), 1)
    if sof in (0xC0, 0xC1):
        assert decode_picture(content).shape == (40, 60, 3)
    else:
        with pytest.raises(PictureError, match="rare kind" if bytes([sof]) in containers.JPEG_RARE else "damaged"):
            decode_picture(content)


def test_tiffs_compressed_in_rare_ways_are_named():
    with pytest.raises(PictureError, match="rare way"):
        decode_picture(encoded(page(), "TIFF", compression="lzma"))


# ── What is left ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("number", range(60))
def test_pixels_of_every_format_and_mode_stay_as_pillow_has_them(number):
    _, content = hostile.generated(np.random.default_rng(number))
    with Image.open(io.BytesIO(content)) as picture:
        ours = decode_picture(content)
        upright = ImageOps.exif_transpose(picture)
    match picture.mode:
        case "I;16" | "I;16B":
            theirs = np.asarray(upright) >> 8
        case "I" | "F":
            values = np.asarray(upright, np.float64)
            theirs = np.round((values - values.min()) * (255 / (np.ptp(values) or 1)))
        case "LAB":
            theirs = np.asarray(upright.getchannel(0))
        case mode if upright.has_transparency_data:
            theirs = np.asarray(upright.convert("RGBA"))
        case mode:
            theirs = np.asarray(upright.convert("L" if mode in ("1", "L") else "RGB"))
    assert np.array_equal(ours, theirs)


def test_bands_of_a_large_picture_fit_together(monkeypatch):
    noise = np.random.default_rng(0).integers(0, 256, (301, 203), np.uint8)
    deep = noise.astype(np.float32) ** 2
    for content in (encoded(noise), encoded(deep, "TIFF")):
        whole = decode_picture(content)
        with monkeypatch.context() as patch:
            patch.setattr(files, "BAND", 1_000)
            assert np.array_equal(decode_picture(content), whole)


def test_a_webp_s_profile_and_notes_do_not_matter():
    content = encoded(page(), "WEBP", lossless=True, icc_profile=bytes(200), xmp=b"<x/>", exif=Image.Exif())
    assert np.array_equal(decode_picture(content), page())


def test_a_bigtiff_is_read():
    assert np.array_equal(decode_picture(encoded(page(), "TIFF", big_tiff=True)), page())


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_xmp_tells_how_a_camera_was_held_where_exif_does_not(kind):
    xmp = b'<x:xmpmeta tiff:Orientation="6"/>'
    if kind == "PNG":
        content = encoded(page())
        note = chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x00\x00\x00\x00" + xmp)
        content = content[:33] + note + content[33:]
    else:
        content = hostile.jpeg_with(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + xmp))
    assert decode_picture(content).shape == (60, 40, 3)


def test_exif_behind_the_pixels_counts():
    exif = Image.Exif()
    exif[files.ORIENTATION] = 6
    plain = encoded(page())
    note = chunk(b"eXIf", exif.tobytes()[6:])
    assert decode_picture(plain[:-12] + note + plain[-12:]).shape == (60, 40, 3)


def test_tiles_larger_than_a_small_picture_are_taken():
    tile = np.zeros((256, 256), np.uint8)
    tile[:40, :60] = page()[..., 0]
    content = hostile.tiff(zlib.compress(tile.tobytes()), t256=60, t257=40, t259=8, t322=256, t323=256, t324=0, t325=0)
    assert np.array_equal(decode_picture(content), page()[..., 0])


# ── Large pictures ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "options"), [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("WEBP", {"method": 0})]
)
def test_a_photograph_of_24_megapixels_keeps_its_pixels(kind, options):
    content = hostile.large(5_712, 4_284, kind, detail=2 if kind == "JPEG" else 0, **options)
    assert decode_picture(content).shape == (4_284, 5_712, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_sheet_scanned_at_600_dpi_comes_half_as_large(kind):
    sheet = np.full((7_016, 4_961, 3), 230, np.uint8)
    sheet[1_000:3_000, 500:2_500] = 20
    pixels = decode_picture(encoded(sheet, kind, **({"compress_level": 1} if kind == "PNG" else {})))
    assert pixels.shape == (3_508, 2_481, 3)
    assert np.abs(pixels[:, :2_480].astype(int) - sheet[::2, : 2 * 2_480 : 2]).max() < 8


def test_a_grey_sheet_scanned_at_600_dpi_keeps_its_pixels():
    assert decode_picture(png(4_960, 7_016, colour=0)).shape == (7_016, 4_960)
