"""Files that people send → arrays that can be read; and arrays → small pictures that a browser can show.

A file comes from outside: nothing in it is believed before it has been checked, and what it claims to be is checked
before anything is decoded. What may be in it, and how much of it, stands in `containers`.
"""

import io
import logging

import numpy as np
from PIL import Image

from model.ink import documents
from model.ink.containers import (
    ANIMATED,
    DAMAGED,
    EMPTY,
    MAX_BYTES,
    MAX_HEIF_PIXELS,
    MAX_MEMORY,
    MAX_PIXELS,
    MAX_RUN_LENGTH,
    MAX_SCANNED,
    MAX_SIDE,
    MAX_UNPACKED,
    MAX_WEBP_PIXELS,
    ORIENTATION,
    Container,
    PictureError,
    PictureTooLargeError,
    PictureTypeError,
    open_container,
)

__all__ = ["EXTENSIONS", "MAX_BYTES", "PictureError", "PictureTooLargeError", "PictureTypeError"]
__all__ += ["decode_picture", "is_document", "page_count", "preview"]

EXTENSIONS = ("png", "jpg", "jpeg", "webp", "heic", "heif", "bmp", "tif", "tiff", "pdf")
DOCUMENT = b"%PDF"  # how one begins
BAND = 2**18  # pixels that become an array at once: all of them would take the memory of two more pictures
ROW_PADDING = 3  # bytes that may be missing behind the last row of a BMP

# How a picture is stored → how it stands upright: the steps through its rows and columns, and whether they change places.
TURNS = {
    2: (1, -1, False),
    3: (-1, -1, False),
    4: (-1, 1, False),
    5: (1, 1, True),
    6: (-1, 1, True),
    7: (-1, -1, True),
    8: (1, -1, True),
}

_log = logging.getLogger(__name__)


def is_document(content: bytes) -> bool:
    """Whether a file may have several pages: a PDF."""
    return content.startswith(DOCUMENT)


def page_count(content: bytes) -> int:
    """How many pictures a file holds: 1, or the pages of a PDF.

    Raises:
        PictureError: a PDF is damaged, protected by a password, or of too many pages or bytes; of other files this is said
            when they are decoded.
    """
    if not is_document(content):
        return 1
    _check_bytes(content)
    return documents.page_count(content)


def decode_picture(content: bytes, page: int = 0) -> np.ndarray:
    """The picture in a file, upright as its camera was held.

    Args:
        content: a whole file of at most 20 MB: PNG, JPEG, WebP, HEIC, BMP or TIFF of at most 40 million pixels, one picture
            in it; or a PDF.
        page: which of a PDF's pages, counted from 0.

    Returns:
        uint8 (H, W) grey, (H, W, 3) RGB, or (H, W, 4) RGBA if it has transparent pixels or could have. Greys of 16 bits
        lose their lower 8; greys of 32 bits, whole or floating point, are scaled from their darkest to their lightest.
        A picture whose decoding would take more than 200 MB (colours of some 28 million pixels do) comes half as wide
        and high, 2 × 2 pixels averaged into one.

    Raises:
        PictureError: the file is anything else, or damaged, or has no such page.
        MemoryError: there is less memory than decoding takes.
    """
    if not content:
        raise PictureError(EMPTY)
    _check_bytes(content)
    if is_document(content):
        return documents.render_page(content, page)
    if page != 0:
        raise PictureError("The file has 1 page; there is no page {page}.", page=page + 1)
    container = open_container(content)
    try:
        pixels, orientation = _decoded(container)
    except (PictureError, MemoryError):  # what memory there is, the caller knows
        raise
    except Image.DecompressionBombError:  # Pillow's own limit, above ours
        raise PictureTooLargeError("The picture has far more than the 40 million pixels that are taken.") from None
    except Exception as error:  # Pillow lets through whatever its parsers and codecs raise
        _log.info("A picture cannot be decoded: %r", error)
        raise PictureError(DAMAGED) from error
    if orientation not in TURNS:
        return pixels
    rows, columns, swapped = TURNS[orientation]
    turned = pixels[::rows, ::columns]
    return np.ascontiguousarray(turned.swapaxes(0, 1) if swapped else turned)


def _check_bytes(content: bytes) -> None:
    if len(content) > MAX_BYTES:
        raise PictureTooLargeError("The file has {size:.0f} MB, but at most 20 MB are taken.", size=len(content) / 2**20)


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


def _decoded(container: Container) -> tuple[np.ndarray, int]:
    """The pixels as they are stored, as `decode_picture` gives them, and the orientation that EXIF or TIFF tells."""
    if container.kind == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener(thumbnails=False)
    # Opening reads the header and decodes nothing.
    with Image.open(io.BytesIO(container.content), formats=[container.kind]) as picture:
        factor = _checked(picture, container)
        if factor > 1 and container.kind == "JPEG":
            picture.draft(None, (picture.width // factor, picture.height // factor))
            factor = 1
        if container.kind == "WEBP":
            picture.load_seek = lambda _: vars(picture).pop("_decoder", None)  # called when all is copied out of it
        picture.load()
        # A TIFF has given its own away, or Pillow would turn it, which takes the memory of a second picture.
        orientation = container.orientation if container.kind == "TIFF" else _orientation(picture)
        return _pixels(picture, factor), orientation


def _checked(picture: Image.Image, container: Container) -> int:
    """By which factor the picture is to be made smaller, 1 or 2.

    Raises:
        PictureError: it is too large, or of several pictures.
    """
    width, height = picture.size
    pixels = width * height
    if pixels > MAX_PIXELS:
        raise PictureTooLargeError(
            "The picture has {width:,} × {height:,} pixels, but at most 40 million are taken.", width=width, height=height
        )
    if max(width, height) > MAX_SIDE:
        raise PictureTooLargeError(
            "The picture has {width:,} × {height:,} pixels, but at most 20,000 a side are taken.", width=width, height=height
        )
    if container.kind != "HEIF" and getattr(picture, "is_animated", False):  # of several pictures one is the main one
        raise PictureTypeError(ANIMATED)
    if container.scans * pixels > MAX_SCANNED:
        raise PictureTooLargeError("This JPEG has too many scans for its size; save it with fewer pixels or as baseline.")
    if container.kind == "BMP":
        _check_bitmap(picture, container)
    if container.unpacked > MAX_UNPACKED:
        unpacked = container.unpacked / 1e6
        raise PictureTooLargeError(
            "The picture has {size:.0f} MB when it is unpacked, but at most 160 MB are taken.", size=unpacked
        )
    if container.kind == "WEBP" and pixels > MAX_WEBP_PIXELS:
        raise PictureTooLargeError("A WebP may have 25 million pixels; send a smaller one, or a JPEG.")
    if container.kind == "HEIF" and pixels > MAX_HEIF_PIXELS:
        raise PictureTooLargeError("A HEIC may have 25 million pixels; send a smaller one, or a JPEG.")
    whole, halved = _memory(picture, container)
    if whole <= MAX_MEMORY:
        return 1
    if halved > MAX_MEMORY:
        raise PictureTooLargeError(
            "To unpack the picture takes {size:.0f} MB of memory; send a smaller one.", size=halved / 1e6
        )
    return 2


def _check_bitmap(picture: Image.Image, container: Container) -> None:
    """Whether a BMP has the bytes that its size needs."""
    codec, _, start, arguments = picture.tile[0]
    if codec == "bmp_rle":
        if max(picture.width * picture.height, len(container.content)) > MAX_RUN_LENGTH:
            raise PictureTooLargeError("A run-length BMP may have 2.5 million pixels and bytes; save the picture as PNG.")
    elif start + picture.height * arguments[1] > len(container.content) + ROW_PADDING:
        raise PictureError(DAMAGED)


def _memory(picture: Image.Image, container: Container) -> tuple[float, float]:
    """How many bytes decoding takes at once: if the picture stays as large as it is, and if it becomes half as large."""
    pixels = picture.width * picture.height
    stored = 2 if picture.mode.startswith("I;16") else 1 if picture.mode in ("1", "L", "P") else 4  # in Pillow
    given = 1 if stored < 4 and not picture.has_transparency_data else 4  # as an array; P becomes RGB
    codec = 0.0
    if container.kind == "JPEG" and (container.scans > 1 or "progressive" in picture.info):
        # All coefficients of 16 bits wait for the last scan.
        areas = [across * down for _, down, across, _ in picture.layer]
        codec = 2 * sum(areas) / max(1, *areas)
    elif container.kind == "TIFF":
        codec = container.piece / pixels
    drafted = stored / 4 if container.kind == "JPEG" else stored
    return pixels * (stored + max(codec, given)), pixels * (drafted + max(codec, given / 4))


def _orientation(picture: Image.Image) -> int:
    """As the EXIF or XMP of a loaded picture tells; 1 if that is broken."""
    try:
        return picture.getexif().get(ORIENTATION, 1)
    except Exception:  # Pillow lets through whatever its parser raises
        return 1


def _pixels(picture: Image.Image, factor: int) -> np.ndarray:
    """The pixels of a decoded picture of any mode, `factor` × `factor` averaged into one: uint8 (H, W[, 3 | 4])."""
    width, height = picture.size
    rows = factor * max(1, BAND // (factor * width))
    bands = [(0, top, width, min(top + rows, height)) for top in range(0, height, rows)]
    span = _span(picture, bands) if picture.mode in ("I", "F") else None
    result = None
    for band in bands:
        part = _band(picture.crop(band), span)
        if factor > 1:
            part = np.asarray(Image.fromarray(part).reduce(factor))
        if result is None:
            result = np.empty((-(-height // factor), *part.shape[1:]), np.uint8)
        result[band[1] // factor :][: len(part)] = part
    return result


def _span(picture: Image.Image, bands: list[tuple[int, int, int, int]]) -> tuple[float, float]:
    """The least and the greatest of all greys of 32 bits."""
    spans = [(values.min(), values.max()) for values in (_numbers(picture.crop(band)) for band in bands)]
    return min(low for low, _ in spans), max(high for _, high in spans)


def _numbers(picture: Image.Image) -> np.ndarray:
    """Greys of 32 bits, float64 (H, W); 0 where they are no numbers."""
    return np.nan_to_num(np.array(picture, np.float64), copy=False, posinf=0, neginf=0)


def _band(picture: Image.Image, span: tuple[float, float] | None) -> np.ndarray:
    """As `_pixels`; greys of 32 bits are scaled from `span`, their least and greatest on the whole picture."""
    if picture.mode.startswith("I;16"):
        return (np.asarray(picture) >> 8).astype(np.uint8)
    if span is not None:
        low, high = span
        return np.round((_numbers(picture) - low) * (255 / (high - low or 1))).astype(np.uint8)
    if picture.mode == "LAB":
        return np.asarray(picture.getchannel(0))  # to make colours of it takes seconds
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
