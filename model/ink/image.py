"""Ink on any page → the 28 × 28 picture that the network was trained on.

The target is the input that MNIST's makers defined (LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to
document recognition", 1998, section III-A): the ink cropped, scaled so that its longer side is 20 pixels with its
aspect kept, and set into 28 × 28 with its centre of mass in the middle. Two steps lead there, each usable alone:

    find_ink(image)    what on this page is ink, and where        (H, W[, 3 | 4]) uint8 → Ink or None
    normalize(ink)     that ink as MNIST would have stored it     Ink → (28, 28) uint8

`prepare(image)` does both; `preparation(image)` shows what comes between.
"""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from model.ink.containers import essential_png

SIDE = 28  # the network's picture, pixels
BOX = 20  # the longer side of the ink inside it
CENTRE = 14.5  # where MNIST has the centre of mass, both ways: the middle of its pixel number 14

MAX_PIXELS = 64_000_000  # 8,000 × 8,000; what is larger is refused before any work is done on it
MAX_DRAWING_SIDE = 2_000  # a canvas is no larger
BAND = 2**20  # pixels that are averaged at once: Pillow makes up to two copies of what it is given
WORK_SIDE = 512  # ink is looked for on a page of at most this many pixels a side: 25 times what is needed of a digit
STROKE_SIDE = 100  # stroke width is measured and mended with the ink at this size, 5 pixels to one of the result
SHOWN_SIDE = 160  # a page is shown with at most this many pixels a side
GRID = 40  # cells a side of the coarse page on which the paper's brightness is estimated
REACH = 0.4  # share of the page that a digit's strokes may span: two fifths are wider than any

SHEET_GRID = 100  # cells a side of the coarse page on which a sheet is looked for that does not fill the picture
SHEET_SIDE = 100  # pixels; a smaller picture is one digit's, which may itself be large, light and convex
SHEET_RIM = 0.9  # share of the picture's rim that is as light at the most
SHEET_AREA = 0.2  # share of the picture that it fills at the least
SHEET_LIGHT = 0.9  # share of it that is light: the rest is ink
SHEET_CONVEX = 0.97  # share of its rows' and columns' spans that it fills
SHEET_CONTRAST = 0.68  # its surroundings are darker than this share of it
SHEET_INK = 4  # times as large are components of its ink as what else there is

MIN_CONTRAST = 16  # grey levels of 255 that ink differs from its page at the least; less is texture
MIN_CONTRAST_UNEVEN = 24  # the same where light and shadow alone may differ by a few
EDGE = 0.06  # share of full contrast from which a pixel is ink: above a JPEG's ringing, below an anti-aliased edge
UNEVEN_EDGE = 0.2  # the same where the page's brightness had to be estimated and may be off at the edge of a shadow
HOT_ON_EVEN = 50  # pixels that stand out more than full ink does, on an even page
MIN_SIDE_FOR_NOISE = 16  # pixels; a smaller page is too full of ink to measure the noise beside it
NOISE_SIGMAS = 4.0  # and so many standard deviations above the page's own noise
INK_SIGMAS = 4.75  # ink itself stands out more; noise alone reaches 2 or 3
SPECK = 0.03  # a component with less than this share of the largest one's ink is a speck
MIN_EXTENT = 0.01  # ink that spans less than this share of the page is a speck even if it is alone
MIN_SPAN = 3  # … and so many pixels at the least

# `stroke_width` of nine in ten of MNIST's training images lies between 1.65 and 3.5 pixels. Ink drawn thinner or fatter
# is thickened or thinned to about these limits before it is made small: a hairline would turn into a grey veil and a
# fat brush would close its loops.
STROKE_WIDTHS = (1.8, 3.2)


@dataclass(frozen=True)
class Ink:
    """The ink found on a page.

    Attributes:
        strength: float32 (h, w), 0 (page) to 1 (full ink), cropped to the ink.
        box: (left, top, right, bottom) of the crop on the page, in the page's pixels.
    """

    strength: np.ndarray
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class Preparation:
    """What becomes of a page, step by step.

    Attributes:
        page: uint8, what was given, made smaller if it is large.
        box: (left, top, right, bottom) of the ink, as shares of the page's width and height, 0 to 1.
        scaled: uint8 (h, w), the ink alone, its longer side 20 pixels.
        mass: (row, column) of the centre of mass of `scaled`, in its pixels; (0, 0) is the corner of the first pixel.
        corner: (top, left), the pixel of `picture` at which `scaled` begins.
        picture: uint8 (28, 28), what the network sees.
    """

    page: np.ndarray
    box: tuple[float, float, float, float]
    scaled: np.ndarray
    mass: tuple[float, float]
    corner: tuple[int, int]
    picture: np.ndarray


def prepare(image: np.ndarray) -> np.ndarray | None:
    """The network's view of a page.

    Args:
        image: uint8 array, (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA; light ink on dark or dark on light.

    Returns:
        uint8 (28, 28), light ink on black, or None if there is no ink.

    Raises:
        ValueError: `image` cannot be an image: another dtype or shape, no pixels or more than 64 million.
    """
    ink = find_ink(image)
    return None if ink is None else normalize(ink)


def preparation(image: np.ndarray) -> Preparation | None:
    """The steps by which `prepare` comes to its picture, or None if there is no ink.

    Args:
        image: as for `prepare`.

    Raises:
        ValueError: as for `prepare`.
    """
    ink = find_ink(image)
    if ink is None:
        return None
    height, width = image.shape[:2]
    left, top, right, bottom = ink.box
    pixels = _scaled(ink)
    return Preparation(
        page=reduced(image, -(-max(height, width) // SHOWN_SIDE)),
        box=(left / width, top / height, right / width, bottom / height),
        scaled=pixels,
        mass=_centre_of_mass(pixels),
        corner=_corner(pixels),
        picture=_centred(pixels),
    )


def check_image(image: np.ndarray) -> np.ndarray:
    """`image` itself, if it is a uint8 array of (H, W), (H, W, 3) or (H, W, 4) with 1 to 64 million pixels.

    Raises:
        ValueError: it is not; the message says what was given and what is taken.
    """
    taken = "a uint8 array of shape (H, W), (H, W, 3) or (H, W, 4) is taken"
    if not isinstance(image, np.ndarray):
        raise ValueError(f"An image of type {type(image).__name__} was given; {taken}.")
    if image.dtype != np.uint8:
        raise ValueError(f"An array of dtype {image.dtype} was given; {taken}.")
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (3, 4)):
        raise ValueError(f"An array of shape {image.shape} was given; {taken}.")
    if not 1 <= image.shape[0] * image.shape[1] <= MAX_PIXELS:
        raise ValueError(f"An array of shape {image.shape} was given; 1 to {MAX_PIXELS:,} pixels are taken.")
    return image


def decode_drawing(png: bytes) -> np.ndarray:
    """The ink of a canvas's PNG, whose page is transparent: uint8 (H, W), light ink on black.

    Raises:
        ValueError: it is no PNG with an alpha channel, damaged, or larger than 2,000 pixels a side.
    """
    try:
        with Image.open(io.BytesIO(essential_png(png)), formats=["PNG"]) as picture:
            # Checked before anything is decoded: a few bytes can claim to be a picture of any size.
            if picture.mode != "RGBA" or max(picture.size) > MAX_DRAWING_SIDE:
                raise ValueError(f"A {picture.mode} picture of {picture.size} was given; RGBA up to 2,000 is taken.")
            return np.asarray(picture.getchannel("A"))
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:  # what Pillow raises for broken files
        raise ValueError(f"The drawing is no PNG that can be read: {error}") from error


def find_ink(image: np.ndarray) -> Ink | None:
    """The ink on a page, or None if there is none.

    The page's brightness may vary (a photograph): it is estimated as the grey closing of a coarse picture of the page,
    which fills dark strokes and keeps shadows and gradients (Serra, "Image Analysis and Mathematical Morphology",
    1982). Of a light sheet that lies on something darker, only what is on the sheet counts.

    Args:
        image: as for `prepare`.

    Raises:
        ValueError: as for `prepare`.
    """
    image = check_image(image)
    height, width = image.shape[:2]
    factor = -(-max(height, width) // WORK_SIDE)
    ink = _find_ink(reduced(image, factor), factor)
    if ink is None or factor == 1:
        return ink

    left, top, right, bottom = (edge * factor for edge in ink.box)
    if max(ink.strength.shape) < STROKE_SIDE:
        # A small digit on a large page: look again, closer, at its surroundings alone.
        margin = max(right - left, bottom - top) // 2 + 2 * factor
        x, y = max(0, left - margin), max(0, top - margin)
        near = image[y : bottom + margin, x : right + margin]
        nearer = -(-max(near.shape[:2]) // WORK_SIDE)
        closer = _find_ink(reduced(near, nearer), nearer)
        if closer is not None:
            ink = closer
            left, top, right, bottom = (
                edge * nearer + offset for edge, offset in zip(ink.box, (x, y, x, y), strict=True)
            )
    return Ink(ink.strength, (left, top, min(right, width), min(bottom, height)))


def normalize(ink: Ink) -> np.ndarray:
    """Ink as MNIST's makers would have stored it: uint8 (28, 28), light on black.

    Ink that is already of that form keeps its pixels.
    """
    return _centred(_scaled(ink))


def _scaled(ink: Ink) -> np.ndarray:
    """Ink with strokes of usual width and its longer side 20 pixels: uint8 (h, w), light on black."""
    pixels = np.round(ink.strength * 255).astype(np.uint8)
    if max(pixels.shape) > 2 * BOX:  # fewer pixels hold no stroke width that could be mended
        pixels = _mend_stroke_width(_resized(pixels, min(STROKE_SIDE, max(pixels.shape))))
    pixels = _resized(pixels, BOX)
    brightest = pixels.max()
    if 0 < brightest < 255:
        pixels = np.round(pixels * (255 / brightest)).astype(np.uint8)
    return pixels


def reduced(image: np.ndarray, factor: int) -> np.ndarray:
    """`image` with `factor` × `factor` pixels averaged into one."""
    if factor == 1:
        return image
    rows = factor * max(1, BAND // (factor * image.shape[1]))
    bands = (image[top : top + rows] for top in range(0, len(image), rows))
    return np.concatenate([np.asarray(Image.fromarray(band).reduce(factor)) for band in bands])


def _find_ink(image: np.ndarray, factor: int) -> Ink | None:
    """The ink on a page of which `factor` × `factor` pixels have been averaged into one."""
    difference, page_is_even = difference_from_page(image)
    levels = ink_levels(difference, page_is_even, factor)
    if levels is None:
        return None
    contrast, threshold = levels
    mask = difference >= threshold
    rows, columns = inked_part(mask)
    mask, values = mask[rows, columns], difference[rows, columns]
    labels, count = ndimage.label(mask, structure=np.ones((3, 3), bool))
    if count > 1:
        amounts = np.bincount(labels.ravel(), weights=values.ravel(), minlength=count + 1)
        amounts[0] = 0
        mask = (amounts >= SPECK * amounts.max())[labels]
    part = inked_part(mask)
    left, top = columns.start + part[1].start, rows.start + part[0].start
    crop = np.where(mask, values, 0)[part]
    if max(crop.shape) < max(MIN_SPAN, MIN_EXTENT * max(difference.shape)):
        return None
    strength = np.minimum(crop.astype(np.float32) * np.float32(1 / contrast), 1)
    return Ink(strength, (left, top, left + crop.shape[1], top + crop.shape[0]))


def inked_part(inked: np.ndarray) -> tuple[slice, slice]:
    """The rows and the columns from the first to the last with ink.

    Args:
        inked: (H, W), 0 or False without ink; some has ink.
    """
    rows, columns = (np.flatnonzero(inked.any(axis=axis)) for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def ink_levels(
    difference: np.ndarray, page_is_even: bool, factor: int = 1, faintest: int = MIN_CONTRAST_UNEVEN
) -> tuple[int, float] | None:
    """What tells ink from its page.

    Args:
        difference, page_is_even: as `difference_from_page` gives them.
        factor: how many pixels, each way, have been averaged into one.
        faintest: grey levels that ink on an uneven page differs from it at the least.

    Returns:
        The difference of full ink and that from which a pixel is ink, 1 to 255; None if nothing stands out.
    """
    histogram = np.bincount(difference.ravel(), minlength=256)
    # Full ink is what the upper half of the difference typically reaches; a few hot pixels do not define it.
    from_top = histogram[::-1].cumsum()
    hot = difference.size // 5000
    if page_is_even:  # a few small digits on a large one
        hot = min(hot, HOT_ON_EVEN)
    peak = 255 - int(np.searchsorted(from_top, max(2, hot)))
    upper = histogram[peak // 2 :].cumsum()
    contrast = peak // 2 + int(np.searchsorted(upper, upper[-1] / 2))
    sample = difference[:: 1 + difference.shape[0] // 64].astype(np.int16)
    noise = 0.0
    if min(difference.shape) >= MIN_SIDE_FOR_NOISE:
        noise = 1.05 * np.median(np.abs(np.diff(sample)))  # 1.4826 / √2: sigma from the median absolute deviation
    # In heavy noise the threshold stays at half the contrast: the specks above it go with the other specks.
    threshold = max((EDGE if page_is_even else UNEVEN_EDGE) * contrast, min(NOISE_SIGMAS * noise, contrast / 2))
    # A hairline on a large page, averaged with its surroundings, has become faint; on an even page it is still ink.
    least = MIN_CONTRAST / factor if page_is_even else faintest
    if contrast < max(1, least) or contrast < INK_SIGMAS * noise:
        return None
    return contrast, max(1, threshold)


def difference_from_page(image: np.ndarray, reach: float = REACH, grid: int = GRID) -> tuple[np.ndarray, bool]:
    """How far each pixel differs from the page under it, uint8 (H, W), and whether the page is even.

    Args:
        image: as for `prepare`.
        reach: width of the window that is to be wider than any stroke, as a share of the page's longer side; shadows
            narrower than it are taken for ink.
        grid: cells a side of the coarse page; the edges of shadows are followed as finely.
    """
    if image.ndim == 3 and image.shape[2] == 4:
        alpha = np.ascontiguousarray(image[..., 3])
        opaque = alpha >= 128
        if 2 * np.count_nonzero(opaque) <= alpha.size:
            return alpha - alpha.min(), True  # a transparent page: what is on it is ink
        grey = _grey(image[..., :3])
        if alpha.min() < 255:
            if np.ptp(grey[opaque]) < MIN_CONTRAST:
                return alpha - alpha.min(), True  # one colour that covers most of a transparent page
            paper = np.median(grey[opaque])
            weight = alpha / np.float32(255)
            grey = np.round(grey * weight + paper * (1 - weight)).astype(np.uint8)
    elif image.ndim == 3:
        grey = _grey(image)
    else:
        grey = image

    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    if (edge == edge[0]).all():  # drawn, not photographed: the page has one brightness
        return np.maximum(grey, edge[0]) - np.minimum(grey, edge[0]), True
    return _difference_from_uneven_page(grey, reach, grid)


def _difference_from_uneven_page(grey: np.ndarray, reach: float, grid: int) -> tuple[np.ndarray, bool]:
    cells = _cells(grey, SHEET_GRID)
    cells = ndimage.grey_closing(np.pad(cells, 3, mode="edge"), size=(3, 3))[3:-3, 3:-3]  # without thin strokes
    sheet = _sheet(cells) if min(grey.shape) >= SHEET_SIDE else None
    if sheet is not None:
        parts = ndimage.binary_erosion(sheet), ~ndimage.binary_dilation(sheet, iterations=2)
        on_sheet, around_it = (_difference_on(part, grey, cells, reach, grid) for part in parts)
        # Where there is as much ink around it, what was taken for a sheet is a patch of light, or ink itself.
        if _usual_component(on_sheet) > SHEET_INK * _usual_component(around_it):
            return on_sheet, False
    return _difference_within(grey, reach, grid)


def _difference_on(part: np.ndarray, grey: np.ndarray, cells: np.ndarray, reach: float, grid: int) -> np.ndarray:
    """The difference from the page on a part of it, as if the page went on around that; 0 elsewhere.

    Args:
        part: bool (h, w), as coarse as `cells`, with at least one place that belongs to it.
    """
    nearest = ndimage.distance_transform_edt(~part, return_distances=False, return_indices=True)
    around = Image.fromarray(cells[tuple(nearest)]).resize(grey.shape[::-1], Image.Resampling.BILINEAR)
    inside = np.asarray(Image.fromarray(part).resize(grey.shape[::-1], Image.Resampling.NEAREST))
    difference, _ = _difference_within(np.where(inside, grey, np.asarray(around).astype(np.uint8)), reach, grid)
    return np.where(inside, difference, 0)


def _cells(grey: np.ndarray, grid: int) -> np.ndarray:
    """Mean brightness on a coarse grid of so many cells along the longer side: float32 (h, w)."""
    scale = grid / max(grey.shape)
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX), np.float32)


def _usual_component(difference: np.ndarray) -> float:
    """Pixels of a usual component of the ink; 0 if there is no ink."""
    levels = ink_levels(difference, False)
    if levels is None:
        return 0.0
    labels, _ = ndimage.label(difference >= levels[1])
    areas = np.bincount(labels.ravel())[1:]
    return float(np.median(areas[areas >= areas.max() / 4]))


def _sheet(cells: np.ndarray) -> np.ndarray | None:
    """Where a light sheet lies on something darker: bool (h, w); None if there is no such sheet.

    Args:
        cells: float32 (h, w), brightness on a coarse grid, without thin strokes.
    """
    light = cells >= _otsu(cells)
    rim = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    if rim.mean() > SHEET_RIM:
        return None
    labels, count = ndimage.label(light)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    sheet = ndimage.binary_fill_holes(labels == 1 + areas.argmax())
    # A light 0 on a dark board is convex, too, but not light all over.
    if sheet.mean() < SHEET_AREA or areas.max() < SHEET_LIGHT * sheet.sum() or not _is_convex(sheet):
        return None
    inside, outside = ndimage.binary_erosion(sheet, iterations=2), ~ndimage.binary_dilation(sheet, iterations=2)
    near_in = inside & ~ndimage.binary_erosion(inside, iterations=2)
    near_out = outside & ndimage.binary_dilation(~outside, iterations=2)
    if not near_in.any() or not near_out.any():
        return None
    if np.median(cells[near_out]) > SHEET_CONTRAST * np.median(cells[near_in]):
        return None
    return sheet


def _is_convex(shape: np.ndarray) -> bool:
    """Whether each row and each column of a shape, bool (h, w), is one piece, but for a few cells."""
    for lines in (shape, shape.T):
        lines = lines[lines.any(axis=1)]
        spans = lines.shape[1] - lines[:, ::-1].argmax(axis=1) - lines.argmax(axis=1)
        if lines.sum() < SHEET_CONVEX * spans.sum():
            return False
    return True


def _otsu(values: np.ndarray) -> float:
    """The threshold that parts values into two classes whose means lie farthest apart, weighed by their sizes (Otsu,
    "A threshold selection method from gray-level histograms", 1979)."""
    ordered = np.sort(values, axis=None).astype(np.float64)
    sums, counts = ordered.cumsum()[:-1], np.arange(1, len(ordered))
    below, above = sums / counts, (ordered.sum() - sums) / counts[::-1]
    return float(ordered[1 + int((counts * counts[::-1] * (above - below) ** 2).argmax())])


def _difference_within(grey: np.ndarray, reach: float, grid: int) -> tuple[np.ndarray, bool]:
    cells = _cells(grey, grid)
    if _ink_is_light(cells):
        grey, cells = 255 - grey, 255 - cells
    window = 1 + 2 * round(reach * grid / 2)
    page = ndimage.grey_closing(np.pad(cells, window, mode="edge"), size=(window, window))[
        window:-window, window:-window
    ]
    even = bool(np.ptp(page) < 2)
    if even:
        paper = page.max()
    else:
        page = ndimage.gaussian_filter(page, 1.0)
        paper = np.asarray(Image.fromarray(page).resize(grey.shape[::-1], Image.Resampling.BILINEAR))
    return np.clip(np.round(paper - grey), 0, 255).astype(np.uint8), even


def _grey(colors: np.ndarray) -> np.ndarray:
    """Luminance, or the one colour channel that shows far more (yellow ink on white): uint8 (H, W)."""
    luminance = np.asarray(Image.fromarray(colors).convert("L"))
    coarse = (slice(None, None, 1 + colors.shape[0] // 64), slice(None, None, 1 + colors.shape[1] // 64))
    spread = colors[coarse].reshape(-1, 3).std(axis=0)
    channel = int(spread.argmax())
    if spread[channel] > 2 * luminance[coarse].std() + 1:
        return colors[..., channel]
    return luminance


def _ink_is_light(cells: np.ndarray) -> bool:
    """Whether the ink is lighter than the page: a smooth surface is fitted to the page, and ink is what stands out."""
    rows, columns = np.mgrid[-1 : 1 : cells.shape[0] * 1j, -1 : 1 : cells.shape[1] * 1j]
    basis = np.stack([np.ones_like(rows), rows, columns, rows**2, columns**2, rows * columns], axis=-1).reshape(-1, 6)
    values = cells.ravel().astype(np.float64)
    # The page reaches the edge more often than the ink does.
    near_edge = (np.maximum(np.abs(rows), np.abs(columns)) > 0.9).ravel()
    importance = np.where(near_edge, 3.0, 1.0)
    weights = importance
    for _ in range(8):  # least absolute deviations by reweighting: the ink, a minority, does not pull the surface
        scaled = basis * weights[:, None]
        ridge = 1e-3 * np.eye(6) * weights.sum()
        ridge[0, 0] = 0
        surface = basis @ np.linalg.solve(scaled.T @ basis + ridge + 1e-9 * np.eye(6), scaled.T @ values)
        weights = importance / np.maximum(np.abs(values - surface), 1.0)
    residual = values - surface
    return bool(residual.max() > -residual.min())


def _resized(pixels: np.ndarray, longer_side: int) -> np.ndarray:
    """uint8 (h, w) scaled, by averaging, so that its longer side has `longer_side` pixels."""
    height, width = pixels.shape
    longer = max(height, width)
    if longer == longer_side:
        return pixels
    size = (max(1, round(width * longer_side / longer)), max(1, round(height * longer_side / longer)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.HAMMING))


def stroke_width(pixels: np.ndarray) -> float:
    """Mean width of the strokes, in pixels: twice the area over the perimeter.

    The perimeter of grey shapes is their total variation (coarea formula), so anti-aliased edges count as they should.

    Args:
        pixels: uint8 (h, w), light ink on black.
    """
    values = _framed(pixels, 1).astype(np.float32)
    down = values[1:, :-1] - values[:-1, :-1]
    right = values[:-1, 1:] - values[:-1, :-1]
    perimeter = float(np.sqrt(down * down + right * right).sum())
    return 2 * float(values.sum()) / perimeter if perimeter else 0.0


def _mend_stroke_width(pixels: np.ndarray) -> np.ndarray:
    """Strokes thickened or thinned until their width, at the final size, lies within `STROKE_WIDTHS`."""
    unit = max(pixels.shape) / BOX  # pixels here for one of the result
    thinnest, fattest = (limit * unit for limit in STROKE_WIDTHS)
    width = stroke_width(pixels)
    if width < thinnest:
        steps = round((thinnest - width) / 2)
        pixels = _grow(_framed(pixels, steps), steps)
    elif width > fattest:
        # Thin parts of a stroke of uneven width survive: no step is taken that would remove most of what is left.
        steps = round((width - fattest) / 2)
        thinned = 255 - _grow(255 - _framed(pixels, 1), steps)
        if thinned.sum(dtype=np.int64) > pixels.sum(dtype=np.int64) / 4:
            pixels = thinned
    return pixels[inked_part(pixels)]


def _framed(pixels: np.ndarray, margin: int) -> np.ndarray:
    """uint8 (h, w) with so many empty rows and columns on each side: as `np.pad`, in a tenth of its time."""
    height, width = pixels.shape
    framed = np.zeros((height + 2 * margin, width + 2 * margin), np.uint8)
    framed[margin : margin + height, margin : margin + width] = pixels
    return framed


def _grow(pixels: np.ndarray, steps: int) -> np.ndarray:
    """Grey dilation by an octagon of radius `steps`: crosses and squares in turn."""
    for step in range(steps):
        grown = pixels.copy()
        np.maximum(grown[1:], pixels[:-1], out=grown[1:])
        np.maximum(grown[:-1], pixels[1:], out=grown[:-1])
        across = grown if step % 2 else pixels
        pixels = grown.copy()
        np.maximum(pixels[:, 1:], across[:, :-1], out=pixels[:, 1:])
        np.maximum(pixels[:, :-1], across[:, 1:], out=pixels[:, :-1])
    return pixels


def _centre_of_mass(pixels: np.ndarray) -> tuple[float, float]:
    """(row, column) from the corner of the first pixel."""
    height, width = pixels.shape
    total = max(1, pixels.sum(dtype=np.int64))
    row = (pixels.sum(axis=1, dtype=np.int64) @ (np.arange(height) + 0.5)) / total
    column = (pixels.sum(axis=0, dtype=np.int64) @ (np.arange(width) + 0.5)) / total
    return float(row), float(column)


def _corner(pixels: np.ndarray) -> tuple[int, int]:
    """(top, left) at which these pixels, set into 28 × 28, have their centre of mass as near the middle as can be."""
    return tuple(
        min(max(0, round(CENTRE - middle)), SIDE - extent)
        for middle, extent in zip(_centre_of_mass(pixels), pixels.shape, strict=True)
    )


def _centred(pixels: np.ndarray) -> np.ndarray:
    """uint8 (h, w), at most 20 × 20, set into 28 × 28."""
    height, width = pixels.shape
    top, left = _corner(pixels)
    result = np.zeros((SIDE, SIDE), np.uint8)
    result[top : top + height, left : left + width] = pixels
    return result
