"""What a file claims, checked before anything in it is decoded, and what of it makes the picture.

A few bytes can claim to be a picture that fills the memory, and a small file can keep a decoder busy for minutes: with a
million empty chunks, with tiles that all lie in one place, with notes that unfold. So a file is walked through first,
part by part, in time that grows with its bytes alone. Of the parts there may be only so many, and a decoder is given
those that make the picture, nothing else.

    open_container(content)    a whole file → Container
"""

import re
import struct
from dataclasses import dataclass

from model.problems import N_, Problem

# ── Limits ────────────────────────────────────────────────────────────────────────────────────────────────────────────
# Together they keep the decoding of any file below some 1.5 seconds of a processor and 300 MB; `tests/fuzz.py` measures.

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 40_000_000  # a telephone's photograph has 12 to 24 million, a sheet scanned at 600 dpi 35 million
MAX_SIDE = 20_000  # a longer strip that is not too large has fewer than 2,000 pixels across: no page of digits
MAX_UNPACKED = 160_000_000  # bytes of all pixels as they were compressed: 40 million of 32 bits
# Bytes of memory that decoding takes at once. A picture that would take more is made half as large while it is decoded (no
# photograph of 24 million pixels is), and refused where that does not help.
MAX_MEMORY = 200_000_000
MAX_WEBP_PIXELS = 25_000_000  # its decoder holds three copies, for each pixel 12 bytes: 300 MB, whatever becomes of it …
MAX_HEIF_PIXELS = 25_000_000  # … and that of HEIC nearly as much
MAX_PARTS = 10_000  # chunks and segments; programs write them of 8 kB and more, and 20 MB are 2,560 of those
MAX_NOTE = 2**16  # bytes of EXIF or XMP: what one segment of a JPEG holds
MAX_TABLES = 2**18  # bytes of a JPEG beside its scans and notes; some ten scans have tables of 500 each
MAX_SCANS = 100  # a progressive JPEG has some ten …
MAX_SCANNED = 400_000_000  # … each of which costs as much time as the picture is large, however few bytes it has
MAX_HEIF_BOXES, MAX_HEIF_META = 100, 2**20  # boxes of a HEIC, and bytes of the one that says what its tiles are
MAX_PIECES = 20_000  # strips or tiles of a TIFF: a strip for each row of the highest picture
MAX_TAGS = 1_000  # of a TIFF; scanners and cameras write less than a hundred
USUAL_TILE = 1_024  # pixels a side; a tile is decoded whole, and a larger one is no larger than its picture
MAX_RUN_LENGTH = 2_500_000  # pixels and bytes of a run-length BMP, which Pillow decodes in Python: a large screen

# ── What is said ──────────────────────────────────────────────────────────────────────────────────────────────────────

EMPTY = N_("The file is empty; a picture as PNG, JPEG, WebP, HEIC, BMP, TIFF or PDF is taken.")
NOT_TAKEN = N_("{kind} files are not taken; PNG, JPEG, WebP, HEIC, BMP, TIFF and PDF are.")
NO_PICTURE = N_("This is no picture; PNG, JPEG, WebP, HEIC, BMP, TIFF and PDF are taken.")
DAMAGED = N_("The picture is damaged or cut off; send it again, as a whole PNG, JPEG, WebP, HEIC, BMP or TIFF.")
ANIMATED = N_("The picture is animated; a still one is taken.")
SEVERAL_PAGES = N_("The file has several pages; a file with a single picture is taken.")
RARE_JPEG = N_("JPEG files of this rare kind are not taken; save the picture as an ordinary JPEG or as PNG.")
RARE_TIFF = N_("TIFF files compressed in this rare way are not taken; save it with LZW, Deflate or JPEG, or as PNG.")

# How files that are taken begin, as Pillow calls their formats …
TAKEN = (
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"\xff\xd8\xff", "JPEG"),
    (8, b"WEBP", "WEBP"),
    (0, b"BM", "BMP"),
    (0, b"II*\x00", "TIFF"),
    (0, b"MM\x00*", "TIFF"),
    (0, b"II+\x00", "TIFF"),
    (4, b"ftyphei", "HEIF"),
    (4, b"ftypmif1", "HEIF"),
)
# … and others that people send.
OTHERS = (
    (0, b"GIF8", "GIF"),
    (0, b"8BPS", "Photoshop"),
    (4, b"ftypavif", "AVIF"),
    (0, b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
)

# Parts that make the picture. Notes are those that can say how the camera was held; of each kind the first one counts.
PNG_CHUNKS = (b"PLTE", b"tRNS", b"IDAT", b"IEND")
PNG_NOTES = ((b"eXIf", b""), (b"iTXt", b"XML:com.adobe.xmp\x00"), (b"zTXt", b"Raw profile type exif\x00"))
PNG_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # kind of colour → samples of a pixel
# Baseline, extended and progressive frames, tables, number of lines, restarts, and what JFIF and Adobe say of colours.
JPEG_SEGMENTS = b"\xc0\xc1\xc2\xc4\xdb\xdc\xdd\xe0\xee"
JPEG_RARE = b"\xc3\xc5\xc6\xc7\xc9\xca\xcb\xcd\xce\xcf"  # lossless, hierarchical or arithmetically coded: takes seconds
JPEG_NOTES = ((b"\xe1", b"Exif\x00\x00"), (b"\xe1", b"http://ns.adobe.com/xap/1.0/\x00"))
WEBP_CHUNKS = (b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF")
WEBP_NOTES = ((b"EXIF", b""),)

# A marker, but for restarts, which lie within a scan as does FF 00, a byte FF of its data.
_JPEG_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
# Before a marker may stand any number of these. Pillow gathers them until the marker comes, in time with their square.
_FILL = re.compile(rb"\xff{2,}")

# Tags of a TIFF.
WIDTH, LENGTH, BITS, COMPRESSION, ORIENTATION, SAMPLES = 256, 257, 258, 259, 274, 277
STRIP_OFFSETS, STRIP_ROWS, STRIP_BYTES, PLANES = 273, 278, 279, 284
TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_BYTES = 322, 323, 324, 325
STRIPS, TILES = {STRIP_OFFSETS, STRIP_ROWS, STRIP_BYTES}, {TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_BYTES}
PIXELS = {  # with kind of file, photometric interpretation, order of bits, options of fax, predictor, palette, inks,
    # extra samples, their format, tables of JPEG, and how colours are sampled
    *(WIDTH, LENGTH, BITS, COMPRESSION, SAMPLES, PLANES),
    *(254, 262, 266, 292, 293, 317, 320, 332, 338, 339, 347, 530, 531),
}
NOT_PACKED, JPEG_PACKED = 1, 7
PACKINGS = {NOT_PACKED, 2, 3, 4, 5, JPEG_PACKED, 8, 32771, 32773, 32946}  # none, fax, LZW, JPEG, Deflate, PackBits
# Kinds of values: struct's letter and bytes. BYTE, SHORT, LONG, UNDEFINED and LONG8; no tag kept needs another.
VALUES = {1: ("B", 1), 3: ("H", 2), 4: ("I", 4), 7: ("B", 1), 16: ("Q", 8)}


class PictureError(Problem, ValueError):
    """A file cannot be taken as a picture; the message tells the person in one sentence why and what is taken."""


class PictureTooLargeError(PictureError):
    """It has too many bytes or pixels."""


class PictureTypeError(PictureError):
    """It is no picture, or of a kind that is not taken."""


@dataclass(frozen=True)
class Container:
    """A file without what makes no picture.

    Attributes:
        kind: "PNG", "JPEG", "WEBP", "BMP", "TIFF" or "HEIF", as Pillow calls them.
        content: the file that is left, of the same kind.
        unpacked: bytes that its pixels have as they were compressed; 0 where the size of the picture says all.
        piece: bytes of a compressed TIFF's strips or tiles, each of which is unpacked as a whole.
        scans: how often a JPEG goes through the picture.
        orientation: as EXIF counts, from a TIFF's own tag; 1 in other files, whose notes have it.
    """

    kind: str
    content: bytes
    unpacked: int = 0
    piece: int = 0
    scans: int = 1
    orientation: int = 1


def open_container(content: bytes) -> Container:
    """What of a file makes the picture.

    Raises:
        PictureError: it is none of those that are taken, has several pictures, or claims what no honest file does.
    """
    kind = next((name for at, mark, name in TAKEN if content.startswith(mark, at)), None)
    if kind is None:
        other = next((name for at, mark, name in OTHERS if content.startswith(mark, at)), None)
        raise PictureTypeError(NOT_TAKEN, kind=other) if other else PictureTypeError(NO_PICTURE)
    if kind == "BMP":
        return Container(kind, content)
    try:
        return {"PNG": _png, "JPEG": _jpeg, "WEBP": _webp, "TIFF": _tiff, "HEIF": _heif}[kind](content)
    except (struct.error, OverflowError) as error:  # it ends where more is announced
        raise PictureError(DAMAGED) from error


class _Notes:
    """Which notes to keep: of each kind the first, if it is not too long."""

    def __init__(self, kinds):
        self.missing = list(kinds)

    def keeps(self, name: bytes, content: bytes, start: int, end: int) -> bool:
        kind = next((kind for kind in self.missing if kind[0] == name and content.startswith(kind[1], start)), None)
        if kind is None:
            return False
        self.missing.remove(kind)
        return end - start <= MAX_NOTE


def _png(content: bytes) -> Container:
    content = essential_png(content)
    width, height, bits, colour = struct.unpack_from(">IIBB", content, 16)
    if content[12:16] != b"IHDR":
        raise PictureError(DAMAGED)
    return Container("PNG", content, unpacked=height * -(-width * bits * PNG_SAMPLES.get(colour, 1) // 8))


def essential_png(content: bytes) -> bytes:
    """A PNG without the chunks that make no picture. What is no PNG comes back as something that is none.

    Raises:
        PictureError: it has too many chunks, or is animated.
    """
    whole, kept, notes = memoryview(content), [content[:8]], _Notes(PNG_NOTES)
    at = 8
    for _ in range(MAX_PARTS):
        if at + 8 > len(content):
            break
        length, name = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if name == b"acTL" and content[at + 8 : at + 12] > b"\x00\x00\x00\x01":
            raise PictureTypeError(ANIMATED)
        header = name == b"IHDR" and len(kept) == 1  # of several, Pillow would take the last
        if header or name in PNG_CHUNKS or notes.keeps(name, content, at + 8, end - 4):
            kept.append(whole[at:end])
        at = end
        if name == b"IEND":
            break
    else:
        raise PictureError(DAMAGED)
    return b"".join(kept)


def _jpeg(content: bytes) -> Container:
    whole, kept, notes = memoryview(content), [content[:2]], _Notes(JPEG_NOTES)
    scans = tables = 0
    at = 2
    for _ in range(MAX_PARTS):
        found = _JPEG_MARKER.search(content, at)
        if found is None:
            break
        start, marker = found.start(), found[0][1:]
        if marker == b"\xd9":  # the end; a camera's further pictures lie behind it
            kept.append(found[0])
            break
        if marker in JPEG_RARE:
            raise PictureTypeError(RARE_JPEG)
        length = int.from_bytes(content[start + 2 : start + 4])
        if length < 2:  # it counts itself
            raise PictureError(DAMAGED)
        at = end = start + 2 + length
        if marker == b"\xda":
            scans += 1
            following = _JPEG_MARKER.search(content, end)
            at = end = following.start() if following else len(content)
            scan = content[start:end]
            kept.append(_FILL.sub(b"\xff", scan) if b"\xff\xff" in scan else scan)
        elif marker in JPEG_SEGMENTS:
            tables += end - start
            kept.append(whole[start:end])
        elif notes.keeps(marker, content, start + 4, end):
            kept.append(whole[start:end])
        if scans > MAX_SCANS or tables > MAX_TABLES:
            raise PictureError(DAMAGED)
    else:
        raise PictureError(DAMAGED)
    return Container("JPEG", b"".join(kept), scans=scans)


def _webp(content: bytes) -> Container:
    whole, kept, notes = memoryview(content), [], _Notes(WEBP_NOTES)
    frames = 0
    at = 12
    for _ in range(MAX_PARTS):
        if at + 8 > len(content):
            break
        name, length = struct.unpack_from("<4sI", content, at)
        start, end = at + 8, at + 8 + length + length % 2
        frames += name == b"ANMF"
        if frames > 1:
            raise PictureTypeError(ANIMATED)
        if name in WEBP_CHUNKS or notes.keeps(name, content, start, end):
            if end > len(content):
                raise PictureError(DAMAGED)
            kept.append(whole[at:end])
        at = end
    else:
        raise PictureError(DAMAGED)
    return Container("WEBP", b"".join([b"RIFF", struct.pack("<I", 4 + sum(map(len, kept))), b"WEBP", *kept]))


def _heif(content: bytes) -> Container:
    """A HEIC as it is: its parts lie where others say that they lie. Its boxes are checked, not what is in them.

    Raises:
        PictureError: it has too many boxes, or none that says what is in it; or it is an AVIF or a film.
    """
    at, names = 0, []
    while at < len(content):
        size, name = struct.unpack_from(">I4s", content, at)
        if size == 1:
            (size,) = struct.unpack_from(">Q", content, at + 8)
        elif size == 0:  # to the end
            size = len(content) - at
        if not 8 <= size <= len(content) - at or len(names) == MAX_HEIF_BOXES or name == b"meta" and size > MAX_HEIF_META:
            raise PictureError(DAMAGED)
        if name == b"ftyp" and b"avif" in content[at : at + size]:
            raise PictureTypeError(NOT_TAKEN, kind="AVIF")
        names.append(name)
        at += size
    if b"moov" in names:
        raise PictureTypeError(ANIMATED)
    if b"meta" not in names:
        raise PictureError(DAMAGED)
    return Container("HEIF", content)


def _tiff(content: bytes) -> Container:
    """The list of tags is written anew, behind the rest, with those that make the picture. What is checked are the values
    that lie in the new file: they are those that a decoder sees."""
    order = "<" if content.startswith(b"II") else ">"
    # BigTIFF counts in 64 bits. Where the list begins; how it counts; a tag's number, kind, count and value; an offset.
    big = content[2] == 43
    head, counter, entry, place = (8, "Q", "HHQ8s", "Q") if big else (4, "H", "HHI4s", "I")
    (start,) = struct.unpack_from(order + place, content, head)
    (count,) = struct.unpack_from(order + counter, content, start)
    if count > MAX_TAGS:
        raise PictureError(DAMAGED)
    size = struct.calcsize(order + entry)
    first = start + struct.calcsize(order + counter)
    entries = {}  # of two that are the same, readers take the first
    for at in range(first, first + size * count, size):
        tag, *rest = struct.unpack_from(order + entry, content, at)
        entries.setdefault(tag, rest)
    (following,) = struct.unpack_from(order + place, content, first + size * count)
    if following not in (0, start):
        raise PictureTypeError(SEVERAL_PAGES)

    tiled = TILE_WIDTH in entries or TILE_LENGTH in entries
    kept = sorted(tag for tag in entries if tag in PIXELS | (TILES if tiled else STRIPS) and entries[tag][0] in VALUES)
    behind = len(content) + len(content) % 2
    written = b"".join(
        [
            *(content[:head], struct.pack(order + place, behind)),
            *(memoryview(content)[head + struct.calcsize(order + place) :], bytes(len(content) % 2)),
            struct.pack(order + counter, len(kept)),
            *(struct.pack(order + entry, tag, *entries[tag]) for tag in kept),
            struct.pack(order + place, 0),
        ]
    )

    def values(tag: int, otherwise: tuple[int, ...] = ()) -> tuple[int, ...]:
        if tag not in entries or entries[tag][0] not in VALUES:
            return otherwise
        kind, number, value = entries[tag]
        if number > MAX_PIECES:
            raise PictureError(DAMAGED)
        letter, width = VALUES[kind]
        if number * width <= len(value):
            return struct.unpack_from(f"{order}{number}{letter}", value)
        return struct.unpack_from(f"{order}{number}{letter}", written, *struct.unpack(order + place, value))

    for tag in kept:
        values(tag)  # there are not too many, and they lie in the file
    unpacked, piece = _tiff_pixels(values, tiled, content)
    orientation = values(ORIENTATION, (1,))
    return Container("TIFF", written, unpacked, piece, orientation=orientation[0] if orientation else 1)


def _tiff_pixels(values, tiled: bool, content: bytes) -> tuple[int, int]:
    """Bytes of all pixels of a TIFF, and of one of its strips or tiles if they are compressed.

    Raises:
        PictureError: they are too many, lie over each other, or hold more than the picture.
    """

    def one(tag, otherwise):
        return (values(tag) or (otherwise,))[0]

    width, length = one(WIDTH, 0), one(LENGTH, 0)
    if tiled:
        across, down = one(TILE_WIDTH, 0), one(TILE_LENGTH, 0)
        offsets, sizes = values(TILE_OFFSETS), values(TILE_BYTES)
    else:
        across, down = width, min(one(STRIP_ROWS, length), length)
        offsets, sizes = values(STRIP_OFFSETS), values(STRIP_BYTES)
    packing, samples = one(COMPRESSION, NOT_PACKED), one(SAMPLES, 1)
    if packing not in PACKINGS:
        raise PictureTypeError(RARE_TIFF)
    if min(width, length, across, down) < 1:
        raise PictureError(DAMAGED)
    pieces = -(-width // across) * -(-length // down)
    planes = samples if one(PLANES, 1) == 2 else 1
    bits = max(values(BITS, (1,)), default=1) * samples
    piece = down * -(-across * bits // 8)
    if (
        len(offsets) != pieces * planes
        or across > max(width, USUAL_TILE)
        or down > max(length, USUAL_TILE)
        or sum(sizes) > len(content)  # the same bytes in many places
        or (packing == NOT_PACKED and width * length * bits > 8 * len(content))
        or (packing != NOT_PACKED and len(sizes) != len(offsets) > 1)  # of a single piece, the file has the rest
        or (packing == JPEG_PACKED and content.count(b"\xff\xda") * across * down > MAX_SCANNED)
    ):
        raise PictureError(DAMAGED)
    return pieces * piece, 0 if packing == NOT_PACKED else piece
