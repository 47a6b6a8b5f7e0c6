"""Files, arrays and drawings that do harm, or try to: for the tests of what they must not do, and for tests/fuzz.py.

Bytes are built here, none are kept: each find is a function of a few lines.
"""

import functools
import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw
from pillow_heif import register_heif_opener

register_heif_opener(thumbnails=False)  # and writer

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "HEIF")
MOST = 20 * 2**20  # bytes that are taken at all
ORIENTATION = 0x0112
TELLING = (0, 1, 2, 7, 8, 16, 255, 256, 32_767, 65_535, 2**31 - 1, 2**32 - 1)  # integers at which programs go wrong


def page(width: int = 60, height: int = 40) -> np.ndarray:
    """Dark ink in the upper left quarter of light paper, RGB."""
    pixels = np.full((height, width, 3), 240, np.uint8)
    pixels[5 : height // 2, 5 : width // 2] = (20, 30, 90)
    return pixels


def encoded(picture, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(file, kind, **options)
    return file.getvalue()


# ── Files from their parts ────────────────────────────────────────────────────────────────────────────────────────────


def chunk(name: bytes, body: bytes = b"") -> bytes:
    """Of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, *parts: bytes, data: bytes | None = None, bits=8, colour=2, interlaced=0) -> bytes:
    """A PNG that claims a size, with other chunks before the data: its own if it has none, all black."""
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced)
    if data is None:
        samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
        data = packed(-(-width * bits * samples // 8) + 1, height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(parts) + chunk(b"IDAT", data) + chunk(b"IEND")


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and has a few bytes."""
    return png(width, height, data=zlib.compress(bytes(1000)))


@functools.cache
def packed(width: int, height: int, row: bytes | None = None) -> bytes:
    """So many rows of so many bytes, empty ones if none is given, as zlib packs them, in little memory."""
    packer = zlib.compressobj()
    return b"".join(packer.compress(row or bytes(width)) for _ in range(height)) + packer.flush()


def filled(part: bytes, most: int = MOST) -> bytes:
    """As many of these bytes as a file may have."""
    return part * ((most - 4096) // len(part))


def jpeg_with(part: bytes, content: bytes | None = None) -> bytes:
    """A JPEG with something before its tables."""
    content = content or encoded(page(), "JPEG")
    return content[:2] + part + content[2:]


def segment(marker: int, body: bytes) -> bytes:
    """Of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg_of_scans(content: bytes, times: int) -> bytes:
    """A JPEG with the last scan of its picture, or of its first one, many times over."""
    end = content.index(b"\xff\xd9")
    return content[:end] + content[content.rindex(b"\xff\xda", 0, end) : end] * times + content[end:]


def tiff(data: bytes = bytes(64), **tags) -> bytes:
    """A grey TIFF of 4 × 4 pixels, but for the given tags; that of the place of its data gets it.

    Args:
        tags: t and number → an integer, or several of 32 bits, or a kind of value, how many, and their bytes.
    """
    values = {256: 4, 257: 4, 258: 8, 259: 1, 262: 1, 277: 1} | {int(tag[1:]): value for tag, value in tags.items()}
    place = 8 + 2 + 12 * len(values) + 4
    values |= {tag: place for tag in (273, 324) if values.get(tag) == 0}
    values |= {tag: len(data) for tag in (279, 325) if values.get(tag) == 0}
    entries, behind = [], data
    for tag, value in sorted(values.items()):
        if isinstance(value, int):
            entries.append(struct.pack("<HHII", tag, 4, 1, value))
            continue
        kind, count, content = (
            value if isinstance(value[-1], bytes) else (4, len(value), np.array(value, "<u4").tobytes())
        )
        entries.append(struct.pack("<HHII", tag, kind, count, place + len(behind)))
        behind += content
    return b"II*\x00" + struct.pack("<IH", 8, len(values)) + b"".join(entries) + bytes(4) + behind


def tiff_of_one_large_tile(side: int) -> bytes:
    """A TIFF of 4 × 4 pixels that lie in a tile of `side` × `side` empty ones, which compresses to nearly nothing."""
    return tiff(packed(side, side), t259=8, t322=side, t323=side, t324=0, t325=0)


def tiff_of_shared_tiles(width: int, height: int, across: int, down: int) -> bytes:
    """A TIFF whose tiles are all the same few bytes, empty pixels."""
    data, count = packed(across, down), -(-width // across) * -(-height // down)
    place = 8 + 2 + 12 * 11 + 4  # behind its eleven tags
    sizes = {"t256": width, "t257": height, "t322": across, "t323": down}
    return tiff(data, t259=8, t284=1, t324=(place,) * count, t325=(len(data),) * count, **sizes)


def large_tiff(width: int, height: int, kind: str) -> bytes:
    """A TIFF of nothing, in one strip: "float", "lab", "ycbcr", "cmyk" or "rgb"."""
    bits, photometric, samples, numbers = {
        "float": (32, 1, 1, 3),
        "lab": (8, 8, 3, 1),
        "ycbcr": (8, 6, 3, 1),
        "cmyk": (8, 5, 4, 1),
        "rgb": (8, 2, 3, 1),
    }[kind]
    if samples > 1:
        bits, numbers = ((3, samples, struct.pack("<H", value) * samples) for value in (bits, numbers))
    data = packed(width * (4 if kind == "float" else samples), height)
    form = {"t258": bits, "t262": photometric, "t277": samples, "t339": numbers}
    return tiff(data, t256=width, t257=height, t259=8, t273=0, t278=height, t279=0, **form)


def bmp(width: int, height: int, data: bytes, bits: int = 8, packing: int = 0, colours: int = 2) -> bytes:
    """A BMP that claims a size; `packing` 1 and 2 are run lengths of 8 and 4 bits."""
    start = 54 + 4 * colours
    head = struct.pack("<2sIHHI", b"BM", start + len(data), 0, 0, start)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, packing, len(data), 0, 0, colours, 0)
    return head + info + bytes(range(256)) * (colours // 64) + bytes([1, 2, 3, 0] * (colours % 64)) + data


def riff(*parts: tuple[bytes, bytes]) -> bytes:
    """A WebP of such chunks."""
    body = b"".join(
        name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2) for name, content in parts
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def webp_with(part: bytes) -> bytes:
    """A WebP with chunks before its picture."""
    vp8 = encoded(page(), "WEBP")[12:]
    head = b"VP8X" + struct.pack("<IIHBHB", 10, 8, 59, 0, 39, 0)
    body = head + part + vp8
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def large(width: int, height: int, kind: str, mode: str = "RGB", detail: int = 0, **options) -> bytes:
    """A picture of this size; with detail, a pattern that compresses badly, repeated."""
    channels = len(mode) if mode in ("RGB", "RGBA", "CMYK") else 1
    tile = np.random.default_rng(1).integers(128 - detail, 128 + detail + 1, (256, 256, channels)).astype(np.uint8)
    pixels = np.tile(tile, (-(-height // 256), -(-width // 256), 1))[:height, :width]
    return encoded(Image.fromarray(pixels[..., 0] if channels == 1 else pixels, mode), kind, **options)


def _tags(count: int) -> bytes:
    """A TIFF of so many tags."""
    entries = b"".join(struct.pack("<HHII", 1000 + number % 60_000, 4, 1, number) for number in range(count))
    return b"II*\x00" + struct.pack("<IH", 8, count) + entries + bytes(4)


def _pages(count: int) -> bytes:
    """A TIFF of so many pages."""
    one = tiff()[8:]
    step = len(one)
    pages = []
    for number in range(count):
        entries = one[: 2 + 12 * 6]
        pages.append(entries + struct.pack("<I", 8 + step * (number + 1)) + one[2 + 12 * 6 + 4 :])
    return b"II*\x00" + struct.pack("<I", 8) + b"".join(pages)


def _big_tags(count: int) -> bytes:
    """A BigTIFF of so many tags."""
    entries = b"".join(struct.pack("<HHQQ", 1000 + number % 60_000, 4, 1, number) for number in range(count))
    return b"II+\x00" + struct.pack("<HHQQ", 8, 0, 16, count) + entries + bytes(8)


def _exif_of_tags(count: int) -> bytes:
    return b"Exif\x00\x00" + _big_tags(count)


MEGABYTE_OF_NOTHING = zlib.compress(bytes(2**20), 9)
PHOTOGRAPH = functools.partial(large, detail=12)

# What is built to be slow or large, each by its name. All of them are to be taken or refused in little time and memory.
ATTACKS: dict[str, Callable[[], bytes]] = {
    # PNG
    "PNG, a million empty chunks": lambda: png(4, 4, filled(chunk(b"abCd"))),
    "PNG, a million empty data chunks": lambda: png(4, 4, filled(chunk(b"IDAT"))),
    "PNG, profiles that unfold": lambda: png(4, 4, filled(chunk(b"iCCP", b"x\x00\x00" + MEGABYTE_OF_NOTHING))),
    "PNG, texts that unfold": lambda: png(4, 4, filled(chunk(b"zTXt", b"x\x00\x00" + MEGABYTE_OF_NOTHING))),
    "PNG, wide texts that unfold": lambda: png(
        4,
        4,
        *(
            chunk(b"iTXt", b"%d\x00\x01\x00\x00\x00" % number + zlib.compress("😀".encode() + b"a" * 1_000_000, 9))
            for number in range(60)
        ),
    ),
    "PNG, an EXIF of a million tags": lambda: png(4, 4, chunk(b"eXIf", _big_tags(1_000_000))),
    "PNG, palettes": lambda: png(4, 4, filled(chunk(b"PLTE", bytes(768))), bits=8, colour=3),
    "PNG, 5,000 by 8,000 RGB": lambda: png(5_000, 8_000),
    "PNG, 5,000 by 8,000 RGB, interlaced": lambda: png(5_000, 8_000, data=packed(15_001, 8_010), interlaced=1),
    "PNG, 5,000 by 8,000 RGB, Paeth": lambda: png(5_000, 8_000, data=packed(15_001, 8_000, b"\x04" + bytes(15_000))),
    "PNG, 5,000 by 8,000 RGBA": lambda: png(5_000, 8_000, colour=6),
    "PNG, 5,000 by 8,000 RGBA, Paeth": lambda: png(
        5_000, 8_000, data=packed(20_001, 8_000, b"\x04" + bytes(20_000)), colour=6
    ),
    "PNG, 5,000 by 8,000 RGBA of 16 bits": lambda: png(5_000, 8_000, colour=6, bits=16),
    "PNG, 5,000 by 4,000 RGBA of 16 bits, Paeth": lambda: png(
        5_000, 4_000, colour=6, bits=16, data=packed(40_001, 4_000, b"\x04" + bytes(40_000))
    ),
    "PNG, 5,000 by 8,000 grey of 16 bits": lambda: png(5_000, 8_000, colour=0, bits=16),
    "PNG, 5,000 by 8,000 of one bit": lambda: png(5_000, 8_000, colour=0, bits=1),
    "PNG, 5,000 by 8,000 of a palette": lambda: png(
        5_000, 8_000, chunk(b"PLTE", bytes(range(48))), chunk(b"tRNS", bytes(range(16))), colour=3
    ),
    "PNG, 40,000,000 by 1": lambda: png(40_000_000, 1),
    "PNG, 1 by 40,000,000": lambda: png(1, 40_000_000, data=packed(4_000_000, 40)),
    "PNG, 20,000 by 2,000": lambda: png(20_000, 2_000),
    "PNG, far more data than pixels": lambda: png(4, 4, data=packed(2**20, 10_000)),
    "PNG, claims 60,000 by 60,000": lambda: png_header(60_000, 60_000),
    "PNG, two headers": lambda: png(
        4, 4, chunk(b"IHDR", struct.pack(">IIBBBBB", 9_000, 4_000, 16, 6, 0, 0, 0)), data=packed(72_001, 4_000)
    ),
    "PNG, 50 million bytes of frames": lambda: png(
        4, 4, chunk(b"acTL", struct.pack(">II", 100_000, 0)), filled(chunk(b"fcTL", bytes(26)), 2**20)
    ),
    # JPEG
    "JPEG, 20 MB of padding": lambda: jpeg_with(filled(b"\xff")),
    "JPEG, 20 MB of zeros": lambda: jpeg_with(filled(b"\xff\x00")),
    "JPEG, empty comments": lambda: jpeg_with(filled(segment(0xFE, b""))),
    "JPEG, long comments": lambda: jpeg_with(filled(segment(0xFE, bytes(65_000)))),
    "JPEG, empty notes": lambda: jpeg_with(filled(segment(0xE1, b"Exif\x00\x00"))),
    "JPEG, an EXIF in many parts": lambda: jpeg_with(
        b"".join(segment(0xE1, b"Exif\x00\x00" + part) for part in _in_parts(_big_tags(900_000), 65_000))
    ),
    "JPEG, tables of Huffman": lambda: jpeg_with(filled(segment(0xC4, bytes(17)))),
    "JPEG, tables of quantisation": lambda: jpeg_with(filled(segment(0xDB, (bytes(1) + bytes([1] * 64)) * 1_000))),
    "JPEG, quantisation without length": lambda: jpeg_with(filled(b"\xff\xdb\x00\x00")),
    "JPEG, padding within its scan": lambda: (
        encoded(page(), "JPEG")[:-40] + filled(b"\xff") + encoded(page(), "JPEG")[-40:]
    ),
    "JPEG, restarts within its scan": lambda: (
        encoded(page(), "JPEG")[:-40] + filled(b"\xff\xd0") + encoded(page(), "JPEG")[-40:]
    ),
    "JPEG, bytes of FF within its scan": lambda: (
        encoded(page(), "JPEG")[:-40] + filled(b"\xff\x00") + encoded(page(), "JPEG")[-40:]
    ),
    "JPEG, 200 scans": lambda: jpeg_of_scans(encoded(page(), "JPEG", progressive=True), 200),
    "JPEG, 90 scans of 24 megapixels": lambda: jpeg_of_scans(large(6_000, 4_000, "JPEG", progressive=True), 80),
    "JPEG, 90 scans of 4 megapixels": lambda: jpeg_of_scans(PHOTOGRAPH(2_000, 2_000, "JPEG", progressive=True), 80),
    "JPEG, 10 scans of 40 megapixels": lambda: large(
        8_000, 5_000, "JPEG", detail=60, progressive=True, subsampling=0, quality=40
    ),
    "JPEG, 40 megapixels": lambda: PHOTOGRAPH(8_000, 5_000, "JPEG", quality=90),
    "JPEG, 40 megapixels of noise": lambda: large(8_000, 5_000, "JPEG", detail=90, quality=30, subsampling=0),
    "JPEG, 40 megapixels of grey": lambda: PHOTOGRAPH(8_000, 5_000, "JPEG", "L", quality=90),
    "JPEG, 30 megapixels CMYK": lambda: PHOTOGRAPH(6_000, 5_000, "JPEG", "CMYK", quality=50),
    "JPEG, 65,500 by 600": lambda: PHOTOGRAPH(65_500, 600, "JPEG"),
    "JPEG, arithmetic": lambda: encoded(page(), "JPEG", progressive=True).replace(b"\xff\xc2", b"\xff\xca", 1),
    "JPEG, claims 60,000 by 60,000": lambda: _resized_jpeg(60_000, 60_000),
    "JPEG, claims 6,000 by 6,000": lambda: _resized_jpeg(6_000, 6_000),
    "JPEG with further pictures, 200 scans": lambda: jpeg_of_scans(
        encoded(page(), "MPO", save_all=True, progressive=True, append_images=[Image.fromarray(page())]), 200
    ),
    # WebP
    "WebP, a million empty chunks": lambda: webp_with(filled(b"abcd" + bytes(4))),
    "WebP, an EXIF of a million tags": lambda: webp_with(
        b"EXIF" + struct.pack("<I", len(_big_tags(1_000_000))) + _big_tags(1_000_000)
    ),
    "WebP, a million empty frames": lambda: webp_with(filled(b"ANMF" + bytes(4))),
    "WebP, 24 megapixels": lambda: PHOTOGRAPH(6_000, 4_000, "WEBP", method=0),
    "WebP, 24 megapixels of noise": lambda: large(6_000, 4_000, "WEBP", detail=60, method=0, quality=50),
    "WebP, 40 megapixels": lambda: large(8_000, 5_000, "WEBP", method=0),
    "WebP, 24 megapixels, lossless": lambda: large(6_000, 4_000, "WEBP", detail=2, lossless=True, method=0),
    "WebP, 16,383 by 1,500": lambda: large(16_383, 1_500, "WEBP", method=0),
    # BMP
    "BMP, 40,000,000 by 1 in 60 bytes": lambda: bmp(40_000_000, 1, b"\x01\x01\x00\x00", packing=1, colours=1),
    "BMP, 40,000,000 by 1": lambda: bmp(40_000_000, 1, bytes(4)),
    "BMP, claims 6,000 by 6,000": lambda: bmp(6_000, 6_000, bytes(4), bits=24),
    "BMP, run lengths of 8,000 by 5,000": lambda: bmp(8_000, 5_000, b"\x01\x01\x00\x00" * 5_000, packing=1),
    "BMP, run lengths of 1,600 by 1,500 in 4 bits": lambda: bmp(
        1_600, 1_500, (b"\xff\x12" * 6 + b"\x46\x12" + b"\x00\x00") * 1_500, bits=4, packing=2
    ),
    "BMP, run lengths of nothing": lambda: bmp(1_600, 1_500, filled(b"\x00\x02\x00\x00"), packing=1),
    "BMP, run lengths over the edge": lambda: bmp(1_600, 1_500, b"\xff\x01" * 7 + filled(b"\xff\x01"), packing=1),
    "BMP, 65,536 colours": lambda: bmp(60, 40, bytes(2_400), colours=65_536),
    "BMP, 2,600 by 2,600 RGB": lambda: encoded(page(2_600, 2_600), "BMP"),
    # TIFF
    "TIFF, one large tile": lambda: tiff_of_one_large_tile(12_000),
    "TIFF, tiles that share their bytes": lambda: tiff_of_shared_tiles(20_000, 1_000, 64, 600_000),
    "TIFF, small tiles that share their bytes": lambda: tiff_of_shared_tiles(6_272, 6_272, 64, 64),
    "TIFF, 152,100 small tiles": lambda: tiff_of_shared_tiles(6_240, 6_240, 16, 16),
    "TIFF, strips that share their bytes": lambda: tiff(
        bytes(10), t256=4, t257=1_000_000, t278=1, t273=(8,) * 1_000_000, t279=(4,) * 1_000_000
    ),
    "TIFF, more strips than pixels": lambda: tiff(
        bytes(20_000_000 - 200_000), t256=4_000, t257=4_000, t278=2_000, t273=(8,) * 20_000, t279=(100,) * 20_000
    ),
    "TIFF, 2.5 million rationals": lambda: tiff(t273=0, t279=0, t282=(5, 2_400_000, bytes(19_200_000))),
    "TIFF, 5 million bits per sample": lambda: tiff(t273=0, t279=0, t258=(3, 9_000_000, bytes(18_000_000))),
    "TIFF, 5 million strip offsets": lambda: tiff(t273=(4, 5_000_000, bytes(20_000_000)), t279=0),
    "TIFF, 5 million colours": lambda: tiff(t262=3, t273=0, t279=0, t320=(3, 9_000_000, bytes(18_000_000))),
    "TIFF, 65,535 tags": lambda: _tags(65_535),
    "TIFF, a million tags": lambda: _big_tags(1_000_000),
    "TIFF, 200,000 pages": lambda: _pages(100_000),
    "TIFF, an EXIF of many tags": lambda: _with_exif(60_000),
    "TIFF, 40 megapixels of floats": lambda: large_tiff(8_000, 5_000, "float"),
    "TIFF, 40 megapixels of Lab": lambda: large_tiff(8_000, 5_000, "lab"),
    "TIFF, 40 megapixels of YCbCr": lambda: large_tiff(8_000, 5_000, "ycbcr"),
    "TIFF, 40 megapixels of CMYK": lambda: large_tiff(8_000, 5_000, "cmyk"),
    "TIFF, 40 megapixels of RGB": lambda: large_tiff(8_000, 5_000, "rgb"),
    "TIFF, 40 megapixels of RGB, turned": lambda: large_tiff(8_000, 5_000, "rgb").replace(
        struct.pack("<HHII", 278, 4, 1, 5_000), struct.pack("<HHII", 274, 4, 1, 6), 1
    ),
    "TIFF, 24 megapixels of LZW": lambda: PHOTOGRAPH(6_000, 4_000, "TIFF", "L", compression="tiff_lzw"),
    "TIFF, 40 megapixels of one bit": lambda: encoded(
        Image.fromarray(np.tile(np.eye(8, dtype=bool), (625, 1_000))), "TIFF", compression="group4"
    ),
    "TIFF, 40 megapixels of RGB as LZMA": lambda: large(8_000, 5_000, "TIFF", compression="lzma"),
    "TIFF, 90 scans of 24 megapixels": lambda: _tiff_of_jpeg(
        jpeg_of_scans(large(6_000, 4_000, "JPEG", progressive=True), 80)
    ),
}


def _in_parts(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


def _resized_jpeg(width: int, height: int) -> bytes:
    """A JPEG of a few pixels that claims to have more."""
    content = encoded(page(), "JPEG")
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


def _with_exif(count: int) -> bytes:
    """A TIFF whose EXIF has so many tags."""
    content = tiff(t273=0, t279=0, t34665=0)
    return (
        content.replace(struct.pack("<HHII", 34665, 4, 1, 0), struct.pack("<HHII", 34665, 4, 1, len(content)))
        + _tags(count)[8:]
    )


def _tiff_of_jpeg(content: bytes) -> bytes:
    """A TIFF of 6,000 × 4,000 pixels in one strip, a JPEG."""
    eights = (3, 3, bytes([8, 0] * 3))
    return tiff(content, t256=6_000, t257=4_000, t258=eights, t259=7, t262=6, t273=0, t277=3, t278=4_000, t279=0)


# ── Mutated and generated files ───────────────────────────────────────────────────────────────────────────────────────


def mutated(content: bytes, others: list[bytes], rng: np.random.Generator) -> bytes:
    """`content` with bits flipped, bytes set to telling values, parts cut out, repeated, or taken from another file."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 6)):
        data = data or bytearray(1)
        at, length = int(rng.integers(len(data))), int(rng.integers(1, 40))
        match rng.integers(6):
            case 0:
                data[at] ^= 1 << int(rng.integers(8))
            case 1:
                data[at : at + 4] = rng.choice(
                    [b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x01"]
                )
            case 2:
                del data[at : at + length]
            case 3:
                data[at:at] = data[at : at + length] * int(rng.integers(1, 8))
            case 4:
                other = others[rng.integers(len(others))]
                start = int(rng.integers(len(other)))
                data[at : at + length] = other[start : start + length]
            case 5:
                del data[max(1, at) :]
    return bytes(data)


@functools.cache
def seeds() -> list[bytes]:
    """Small files of every format and of the modes that take other ways through the decoders."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    drawn = np.dstack([page(), page()[..., 0]])
    deep = page()[..., 0].astype(np.uint16) << 8
    return [
        *(encoded(page(), kind) for kind in FORMATS),
        encoded(page(), "JPEG", progressive=True, exif=exif),
        encoded(Image.fromarray(page()).convert("CMYK"), "JPEG"),
        encoded(page(), "MPO", save_all=True, append_images=[Image.fromarray(page(20, 20))]),
        encoded(drawn, "PNG", exif=exif),
        encoded(Image.fromarray(page()).quantize(4), "PNG", transparency=0),
        encoded(deep, "PNG"),
        encoded(drawn, "WEBP", lossless=True, exif=exif),
        encoded(Image.fromarray(page()).convert("1"), "BMP"),
        *(encoded(page(), "TIFF", compression=name) for name in ("tiff_lzw", "jpeg", "tiff_adobe_deflate", "packbits")),
        encoded(deep, "TIFF", exif=exif),
        encoded(page(), "TIFF", save_all=True, append_images=[Image.fromarray(page(20, 20))]),
    ]


def reordered(content: bytes, others: list[bytes], rng: np.random.Generator) -> bytes:
    """A file whose parts (chunks, segments, tags) are left out, repeated, swapped, altered or another file's, with all
    checksums and lengths right: it comes further into a decoder than one of flipped bits."""
    head, parts, joined = _parted(content)
    if not parts:
        return mutated(content, others, rng)
    for _ in range(rng.integers(1, 4)):
        at, other = (int(number) for number in rng.integers(len(parts), size=2))
        match rng.integers(5):
            case 0 if len(parts) > 1:
                del parts[at]
            case 1:
                parts[at:at] = [parts[at]] * int(rng.choice([1, 3, 50]))
            case 2:
                parts[at], parts[other] = parts[other], parts[at]
            case 3:
                parts[at] = _altered(parts[at], rng)
            case 4:
                alike = [theirs for candidate in others if (theirs := _parted(candidate))[0] == head]
                theirs = alike[rng.integers(len(alike))][1] if alike else parts
                parts[at] = theirs[rng.integers(len(theirs))] if theirs else parts[at]
    return joined(parts)


def _parted(content: bytes):
    """A file's format, its parts, each a list of integers and bytes, and what makes a file of such parts."""
    formats = (
        (b"\x89PNG", 0, _png_parts, _png_of),
        (b"WEBP", 8, _webp_parts, _webp_of),
        (b"\xff\xd8", 0, _jpeg_parts, _jpeg_of),
        (b"II*\x00", 0, _tiff_parts, _tiff_of),
        (b"BM", 0, _bmp_parts, _bmp_of),
    )
    for mark, at, parts, joined in formats:
        if content.startswith(mark, at):
            return mark, parts(content), functools.partial(joined, content)
    return b"", [], None


def _png_parts(content: bytes) -> list[list]:
    parts, at = [], 8
    while at + 12 <= len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        parts.append([name, content[at + 8 : at + 8 + length]])
        at += 12 + length
    return parts


def _png_of(content: bytes, parts: list[list]) -> bytes:
    return content[:8] + b"".join(chunk(*part) for part in parts)


def _webp_parts(content: bytes) -> list[list]:
    parts, at = [], 12
    while at + 8 <= len(content):
        name, length = struct.unpack_from("<4sI", content, at)
        parts.append([name, content[at + 8 : at + 8 + length]])
        at += 8 + length + length % 2
    return parts


def _webp_of(content: bytes, parts: list[list]) -> bytes:
    return riff(*map(tuple, parts))


def _jpeg_parts(content: bytes) -> list[list]:
    """Marker, body, and behind a start of scan its data."""
    parts, at = [], 2
    within = (0, *range(0xD0, 0xD8))  # what follows FF within a scan
    while at + 4 <= len(content) and content[at + 1] != 0xD9:
        marker, body = content[at + 1], at + 4
        at = end = at + 2 + int.from_bytes(content[at + 2 : at + 4])
        if marker == 0xDA:
            while at + 1 < len(content) and (content[at] < 255 or content[at + 1] in within):
                at += 1
        parts.append([marker, content[body:end], content[end:at]])
    return parts


def _jpeg_of(content: bytes, parts: list[list]) -> bytes:
    segments = (segment(marker & 0xFF, body[:65_000]) + scan for marker, body, scan in parts)
    return b"\xff\xd8" + b"".join(segments) + b"\xff\xd9"


def _tiff_parts(content: bytes) -> list[list]:
    """Tag, kind, count and value of each entry."""
    (start,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, start)
    return [list(struct.unpack_from("<HHII", content, start + 2 + 12 * number)) for number in range(count)]


def _tiff_of(content: bytes, parts: list[list]) -> bytes:
    """With the entries behind the rest."""
    entries = (
        struct.pack("<HHII", tag % 2**16, kind % 2**16, count % 2**32, value % 2**32)
        for tag, kind, count, value in parts
    )
    head = content[:4] + struct.pack("<I", len(content)) + content[8:]
    return head + struct.pack("<H", len(parts)) + b"".join(entries) + bytes(4)


BITMAP_HEAD = "<IIIIIIHHIIIIII"  # of a BMP, behind its mark


def _bmp_parts(content: bytes) -> list[list]:
    return [[value] for value in struct.unpack_from(BITMAP_HEAD, content, 2)]


def _bmp_of(content: bytes, parts: list[list]) -> bytes:
    letters = BITMAP_HEAD[1:]
    values = [part[0] for part in parts[: len(letters)]] + [0] * (len(letters) - len(parts))
    fitting = (value % 2 ** (16 if letter == "H" else 32) for value, letter in zip(values, letters, strict=True))
    return b"BM" + struct.pack(BITMAP_HEAD, *fitting) + content[54:]


def _altered(part: list, rng: np.random.Generator) -> list:
    """One of a part's integers or bytes changed."""
    at = int(rng.integers(len(part)))
    value = part[at]
    if isinstance(value, int):
        new = int(rng.choice(TELLING)) if rng.integers(2) else value ^ 1 << int(rng.integers(32))
    elif at == 0 and len(value) == 4:
        new = value  # a name
    elif not value:
        new = rng.bytes(int(rng.integers(1, 20)))
    else:
        place = int(rng.integers(len(value)))
        size = int(rng.choice([1, 2, 4]))
        new = value[:place] + int(rng.choice(TELLING)).to_bytes(5)[-size:] + value[place + size :]
        if rng.integers(6) == 0:
            new = new * int(rng.choice([2, 100]))
    return [*part[:at], new, *part[at + 1 :]]


def generated(rng: np.random.Generator) -> tuple[str, bytes]:
    """A format and a picture that Pillow made in it: any mode, options and size, up to some megapixels now and then."""
    kind = str(rng.choice(FORMATS))
    modes = {
        "PNG": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"],
        "JPEG": ["1", "L", "RGB", "CMYK", "YCbCr"],
        "WEBP": ["L", "RGB", "RGBA"],
        "BMP": ["1", "L", "P", "RGB", "RGBA"],
        "HEIF": ["L", "RGB", "RGBA"],
        "TIFF": ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I", "F", "I;16"],
    }[kind]
    most = 3_000 if rng.integers(50) == 0 else 300
    width, height = (int(side) for side in np.exp(rng.uniform(0, np.log(most), 2)))
    colours = Image.fromarray(_marks(rng, max(1, width), max(1, height)))
    mode = str(rng.choice(modes))
    picture = {
        "LAB": lambda: Image.merge("LAB", colours.split()),
        "I;16": lambda: colours.convert("L").convert("I").convert("I;16"),
        "LA": lambda: colours.convert("L").convert("LA"),
    }.get(mode, lambda: colours.convert(mode))()
    exif = Image.Exif()
    exif[ORIENTATION] = int(rng.integers(1, 9))
    options = {} if kind == "BMP" else {"exif": exif}
    if kind == "JPEG":
        options |= {"quality": int(rng.integers(1, 96)), "progressive": bool(rng.integers(2)), "comment": b"a note"}
    elif kind == "WEBP":
        options |= {
            "quality": int(rng.integers(1, 101)),
            "lossless": bool(rng.integers(2)),
            "method": 0,
            "xmp": b"<x/>",
        }
    elif kind == "PNG":
        options |= {"compress_level": int(rng.integers(10)), "icc_profile": bytes(128)}
    elif kind == "TIFF":
        packings = ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"]
        packings += {"1": ["group3", "group4"], "L": ["jpeg"], "RGB": ["jpeg"]}.get(mode, [])
        options |= {"compression": str(rng.choice(packings))}
    return kind, encoded(picture, kind, **options)


# ── Arrays ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _marks(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """A page with lines in colours, RGB."""
    picture = Image.new("RGB", (width, height), tuple(int(value) for value in rng.integers(180, 256, 3)))
    pen = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(1, 8))):
        points = [(int(x * width), int(y * height)) for x, y in rng.random((4, 2))]
        pen.line(points, tuple(int(value) for value in rng.integers(0, 120, 3)), width=max(1, width // 30))
    return np.asarray(picture)


def zigzags(width: int, height: int, lines: int, brush: int) -> np.ndarray:
    """Lines from side to side and back, light on black: (H, W)."""
    picture = Image.new("L", (width, height))
    pen = ImageDraw.Draw(picture)
    row = height / lines
    for line in range(lines):
        xs = np.arange(0, width, 3 * brush)
        ys = row * (line + np.where(np.arange(len(xs)) % 2, 0.85, 0.15))
        pen.line(list(zip(xs.tolist(), ys.tolist(), strict=True)), 255, brush)
    return np.asarray(picture)


def specks(width: int, height: int, count: int, side: int, rng: np.random.Generator) -> np.ndarray:
    image = np.zeros((height, width), np.uint8)
    tops, lefts = rng.integers(0, max(1, height - side), count), rng.integers(0, max(1, width - side), count)
    for y, x in zip(tops.tolist(), lefts.tolist(), strict=True):
        image[y : y + side, x : x + side] = 255
    return image


def grid(width: int, height: int, step: int, thick: int) -> np.ndarray:
    image = np.zeros((height, width), np.uint8)
    for start in range(thick):
        image[start::step] = 255
        image[:, start::step] = 255
    return image


def salt(width: int, height: int, share: float, rng: np.random.Generator) -> np.ndarray:
    return (rng.random((height, width), np.float32) < share).astype(np.uint8) * 255


def no_image(rng: np.random.Generator):
    """Something that is no image: another type, dtype or shape, or no pixels."""
    shape = tuple(int(side) for side in rng.integers(0, 12, rng.integers(0, 5)))
    match rng.integers(6):
        case 0:
            kinds = ["f8", "f4", "i8", "i4", "u2", "i1", "?", "c16", "M8[s]", "U3", "S2", "O"]
            return np.zeros(shape or (5, 5), str(rng.choice(kinds)))
        case 1:
            return np.full((9, 9), rng.choice([np.nan, np.inf, -np.inf, 1e300]))
        case 2:
            return np.zeros((*shape[:2], int(rng.choice([0, 1, 2, 5, 300]))), np.uint8)
        case 3:
            return np.zeros((0, 7) if rng.integers(2) else (7, 0, 3), np.uint8)
        case 4:
            options = [
                None,
                "7",
                b"\x89PNG",
                [[1, 2], [3, 4]],
                7,
                {},
                Image.new("L", (9, 9)),
                np.uint8(7),
                np.ma.zeros((9, 9)),
            ]
            return options[rng.integers(len(options))]
        case _:
            return np.lib.stride_tricks.as_strided(np.zeros(1, np.uint8), (9_000, 9_000), (0, 0))


def array(rng: np.random.Generator, largest: int = 8_000) -> tuple[str, object]:
    """A kind and an array of it, for `Recognizer.recognize` and `read`.

    Args:
        largest: pixels a side at the most.
    """
    kind = str(
        rng.choice(["no image", "thin", "flat", "noise", "grid", "specks", "salt", "zigzags", "odd layout", "marks"])
    )
    side = min(largest, int(rng.choice([1, 2, 9, 28, 100, 500, 1_000, 2_000, 2_000, 4_000, 8_000])))
    other = min(largest, max(1, int(side * rng.choice([0.1, 0.5, 1]))))
    many = min(30_000, side * other // 40 + 1)
    match kind:
        case "no image":
            return kind, no_image(rng)
        case "thin":
            image = salt(min(20 * largest, int(rng.choice([40_000, 1_000_000]))), int(rng.integers(1, 4)), 0.3, rng)
            image = image.T if rng.integers(2) else image
        case "flat":
            image = np.full((side, other, 4), rng.integers(256, size=4), np.uint8)
        case "noise":
            image = rng.integers(
                256, size=(min(side, 2_000), min(other, 2_000), int(rng.choice([3, 4]))), dtype=np.uint8
            )
        case "grid":
            step = int(rng.choice([2, 5, 10, 40]))
            image = grid(side, other, step, int(rng.integers(1, step)))
        case "specks":
            image = specks(side, other, int(rng.integers(1, many + 1)), int(rng.integers(1, 12)), rng)
        case "salt":
            image = salt(side, other, float(rng.choice([0.001, 0.01, 0.1, 0.4])), rng)
        case "zigzags":
            image = zigzags(
                side, other, int(rng.integers(1, 1 + max(1, min(40, other // 12)))), int(rng.integers(2, 30))
            )
        case "odd layout":
            image = np.asfortranarray(_marks(rng, side, other))[:: int(rng.choice([-1, 2])), ::-1]
        case _:
            image = _marks(rng, side, other)
    if image.ndim == 2 and rng.integers(3) == 0:
        image = 255 - image
    return kind, image


def drawing(rng: np.random.Generator) -> tuple[str, bytes]:
    """A kind and what comes instead of a canvas's PNG."""
    width, height = (int(side) for side in rng.choice([1, 28, 280, 560, 900, 2_000, 2_001], 2))
    ink = np.zeros((height, width, 4), np.uint8)
    ink[..., 3] = zigzags(
        width, height, int(rng.integers(1, 1 + max(1, min(20, height // 12)))), int(rng.integers(2, 30))
    )
    kind = str(rng.choice(["zigzags", "mutated", "reordered", "flood", "claims", "another format"]))
    small = encoded(ink[:60, :80])
    match kind:
        case "zigzags":
            return kind, encoded(ink, compress_level=1)
        case "mutated":
            return kind, mutated(small, [small], rng)
        case "reordered":
            return kind, reordered(small, [small, encoded(page())], rng)
        case "flood":
            parts = [
                chunk(b"abCd"),
                chunk(b"IDAT"),
                chunk(b"iCCP", b"x\x00\x00" + MEGABYTE_OF_NOTHING),
                chunk(b"tRNS", bytes(6)),
            ]
            return kind, png(80, 60, filled(parts[rng.integers(len(parts))], 300_000), colour=6)
        case "claims":
            sides = [int(side) for side in rng.choice([0, 1, 2_000, 2_001, 60_000, 2**31 - 1, 2**31], 2)]
            return kind, png(*sides, data=zlib.compress(bytes(999)), bits=int(rng.choice([8, 16])), colour=6)
        case _:
            return kind, encoded(page(), str(rng.choice(FORMATS)))
