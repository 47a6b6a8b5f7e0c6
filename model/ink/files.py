"""Files that people send → arrays that can be read; and arrays → small pictures that a browser can show.

A file comes from outside: nothing in it is believed before it has been checked, and what it claims to be is checked
before anything is decoded, because a few bytes can claim to be a picture that fills the memory.
"""

import io
import logging

import numpy as np
from PIL import Image

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")  # as Pillow calls them
EXTENSIONS = ("png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff")

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 40_000_000  # a telephone's photograph has 12 to 24 million
# A progressive JPEG has some ten scans. Each costs as much time as the picture is large, however few bytes it has.
MAX_SCANS = 100
START_OF_SCAN = b"\xff\xda"

# How other files that people send begin, and what they are called.
OTHERS = (
    (0, b"GIF8", "GIF"),
    (0, b"%PDF", "PDF"),
    (0, b"8BPS", "Photoshop"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (0, b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
)
# … and those that are taken, to tell a damaged picture from what is none.
TAKEN = (
    (0, b"\x89PNG"),
    (0, b"\xff\xd8\xff"),
    (8, b"WEBP"),
    (0, b"BM"),
    (0, b"II*\x00"),
    (0, b"MM\x00*"),
    (0, b"II+\x00"),
    (0, b"MM\x00+"),
)

NO_PICTURE = "This is no picture; PNG, JPEG, WebP, BMP and TIFF are taken."
DAMAGED = "The picture is damaged or cut off; send it again, as a whole PNG, JPEG, WebP, BMP or TIFF."

ORIENTATION, TILE_WIDTH, TILE_LENGTH = 0x0112, 0x0142, 0x0143  # tags of EXIF and TIFF
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_log = logging.getLogger(__name__)


class PictureError(ValueError):
    """A file cannot be taken as a picture; the message tells the person in one sentence why and what is taken."""


class PictureTooLargeError(PictureError):
    """It has too many bytes or pixels."""


class PictureTypeError(PictureError):
    """It is no picture, or of a kind that is not taken."""


def decode_picture(content: bytes) -> np.ndarray:
    """The picture in a file, upright as its camera was held.

    Args:
        content: a whole file: PNG, JPEG, WebP, BMP or TIFF, of at most 20 MB and 40 million pixels, one picture in it.

    Returns:
        uint8 (H, W) grey, (H, W, 3) RGB, or (H, W, 4) RGBA if it has transparent pixels or could have. Greys of 16 bits
        lose their lower 8; greys of 32 bits, whole or floating point, are scaled from their darkest to their lightest.

    Raises:
        PictureError: the file is anything else, or damaged.
    """
    if not content:
        raise PictureError("The file is empty; a picture as PNG, JPEG, WebP, BMP or TIFF is taken.")
    if len(content) > MAX_BYTES:
        raise PictureTooLargeError(f"The file has {len(content) / 2**20:.0f} MB, but at most 20 MB are taken.")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:  # reads the header, decodes nothing
            _check_header(picture, content)
            picture.load()
            return _pixels(_upright(picture))
    except PictureError:
        raise
    except Image.UnidentifiedImageError:
        what = _what_it_is(content)
        raise (PictureError if what == DAMAGED else PictureTypeError)(what) from None
    except Image.DecompressionBombError:  # Pillow's own limit, above ours
        raise PictureTooLargeError("The picture has far more than the 40 million pixels that are taken.") from None
    except Exception as error:  # Pillow lets through whatever its parsers and codecs raise
        _log.info("A picture cannot be decoded: %r", error)
        raise PictureError(DAMAGED) from error


def preview(image: np.ndarray, side: int, box: tuple[int, int, int, int] | None = None) -> bytes:
    """A small picture for a browser: JPEG, at most `side` pixels a side, never larger than `image` itself.

    Args:
        image: uint8 (H, W), (H, W, 3) or (H, W, 4). A transparent page becomes white; black under light ink.
        box: (left, top, right, bottom), the part to show, in pixels of `image`; all of it if None.
    """
    left, top, right, bottom = box or (0, 0, image.shape[1], image.shape[0])
    picture = Image.fromarray(np.ascontiguousarray(image[max(0, top) : bottom, max(0, left) : right]))
    factor = -(-max(picture.size) // (2 * side))
    if factor > 1:
        picture = picture.reduce(factor)  # fast, to about twice the size; then finely
    picture.thumbnail((side, side))
    if picture.mode == "RGBA":
        picture = _on_paper(picture)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=80)
    return file.getvalue()


def _check_header(picture: Image.Image, content: bytes) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise PictureTooLargeError(f"The picture has {width:,} × {height:,} pixels, but at most 40 million are taken.")
    if picture.format == "TIFF":
        # A tile is decoded whole, however little of it belongs to the picture.
        if picture.tag_v2.get(TILE_WIDTH, 1) * picture.tag_v2.get(TILE_LENGTH, 1) > MAX_PIXELS:
            raise PictureError(DAMAGED)
        try:
            picture.seek(1)
        except EOFError:
            picture.seek(0)
        else:
            raise PictureTypeError("The file has several pages; a file with a single picture is taken.")
    elif picture.format == "JPEG" and content.count(START_OF_SCAN) > MAX_SCANS:
        raise PictureError(DAMAGED)
    elif picture.format in ("PNG", "WEBP") and getattr(picture, "is_animated", False):
        raise PictureTypeError("The picture is animated; a still one is taken.")
    # A JPEG with further pictures behind it (Pillow calls it MPO) comes from a camera; the first is the photograph.


def _upright(picture: Image.Image) -> Image.Image:
    """`picture` as its EXIF says the camera was held; as it lies if that is broken. (Pillow has turned a TIFF already.)"""
    try:
        turn = TURNS.get(picture.getexif().get(ORIENTATION))
    except Exception:  # Pillow lets through whatever its parser raises
        return picture
    return picture if turn is None else picture.transpose(turn)


def _pixels(picture: Image.Image) -> np.ndarray:
    """The pixels of a decoded picture of any mode: uint8 (H, W), (H, W, 3) or (H, W, 4)."""
    if picture.mode.startswith("I;16"):
        return (np.asarray(picture) >> 8).astype(np.uint8)
    if picture.mode in ("I", "F"):
        values = np.nan_to_num(np.asarray(picture, np.float64), posinf=0, neginf=0)
        low, high = values.min(), values.max()
        return np.round((values - low) * (255 / (high - low or 1))).astype(np.uint8)
    if picture.has_transparency_data:
        return np.asarray(picture.convert("RGBA"))
    mode = "L" if picture.mode in ("1", "L") else "RGB"
    return np.asarray(picture if picture.mode == mode else picture.convert(mode))


def _on_paper(picture: Image.Image) -> Image.Image:
    """A picture with transparent pixels laid on white paper, or on black if what is on it is light."""
    pixels = np.asarray(picture.resize((64, 64), Image.Resampling.BOX), np.float64)
    weight = pixels[..., 3].sum()
    brightness = (pixels[..., :3].mean(axis=-1) * pixels[..., 3]).sum() / weight if weight else 0
    paper = Image.new("RGB", picture.size, "black" if brightness > 160 else "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def _what_it_is(content: bytes) -> str:
    """A sentence on a file that none of the readers knows."""
    if any(content[at : at + len(mark)] == mark for at, mark in TAKEN):
        return DAMAGED
    for at, mark, name in OTHERS:
        if content[at : at + len(mark)] == mark:
            return f"{name} files are not taken; PNG, JPEG, WebP, BMP and TIFF are."
    return NO_PICTURE
