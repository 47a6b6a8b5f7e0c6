"""Pen strokes and the pictures they make.

A drawing is a list of strokes; a stroke is a float array (n, 2) of points in the order in which the pen passed them,
x to the right, y down. A stroke of one point is a dot.
"""

import math

import numpy as np
from PIL import Image, ImageDraw

CANVAS_SIDE = 280  # pixels; the canvas on which drawings for training and evaluation are made
OVERSAMPLING = 2  # drawn so many times larger, then averaged: anti-aliased edges, as a browser draws them

Strokes = list[np.ndarray]


def draw(strokes: Strokes, brush: float, width: int = CANVAS_SIDE, height: int | None = None) -> np.ndarray:
    """The drawing as a canvas shows it: round caps and joints, light ink on black.

    Args:
        strokes: points in pixels of the canvas.
        brush: stroke width in pixels.
        width, height: size of the canvas in pixels; square if no height is given.

    Returns:
        uint8 (height, width).
    """
    height = width if height is None else height
    page = Image.new("L", (width * OVERSAMPLING, height * OVERSAMPLING))
    pen = ImageDraw.Draw(page)
    thickness = max(1, round(brush * OVERSAMPLING))
    radius = thickness / 2
    for stroke in strokes:
        points = [tuple(point) for point in (np.asarray(stroke) * OVERSAMPLING).tolist()]
        if len(points) > 1:
            pen.line(points, fill=255, width=thickness)
        if thickness > 2 or len(points) == 1:
            for x, y in points:
                pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(page.reduce(OVERSAMPLING))


def bounds(strokes: Strokes) -> tuple[np.ndarray, np.ndarray]:
    """The smallest and the largest (x, y) of all points."""
    points = np.concatenate(strokes)
    return points.min(axis=0), points.max(axis=0)


def placed(strokes: Strokes, extent: float, centre: tuple[float, float]) -> Strokes:
    """The drawing scaled until its longer side is `extent` pixels, its middle at `centre` (x, y)."""
    low, high = bounds(strokes)
    longer = float((high - low).max())
    scale = extent / longer if longer > 0 else 1.0
    return [(np.asarray(stroke) - (low + high) / 2) * scale + centre for stroke in strokes]


def placed_anywhere(
    strokes: Strokes, brush: float, rng: np.random.Generator, extents: tuple[float, float] = (0.3, 0.9)
) -> Strokes:
    """The drawing at a random size, a share of the canvas between the two `extents`, anywhere it fits whole."""
    room = CANVAS_SIDE - brush - 2
    extent = min(CANVAS_SIDE * rng.uniform(*extents), room)
    strokes = placed(strokes, extent, (0, 0))
    reach = np.minimum(bounds(strokes)[1] + brush / 2 + 1, CANVAS_SIDE / 2)
    centre = rng.uniform(reach, CANVAS_SIDE - reach)
    return [stroke + centre for stroke in strokes]


def varied(strokes: Strokes, rng: np.random.Generator, strength: float = 1.0) -> Strokes:
    """The drawing as another hand might have made it, on another device: rotated, slanted, squeezed, its points moved
    smoothly; sometimes with few points (a slow tablet) or with a tremble (a mouse).

    Args:
        strength: 1 for what people do; 0 gives the drawing as it was.
    """
    angle = math.radians(rng.normal(0, 6) * strength)
    slant = rng.normal(0, 0.15) * strength
    squeeze = math.exp(rng.normal(0, 0.15) * strength)
    transform = (
        np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        @ np.array([[1.0, slant], [0.0, 1.0]])
        @ np.diag([squeeze, 1.0])
    )
    low, high = bounds(strokes)
    size = max(1.0, float((high - low).max()))
    # A smooth field over the page: three waves of about the drawing's size move points by a few per cent of it.
    waves = rng.normal(0, 1, (3, 2)) * 2.5 / size
    phases = rng.uniform(0, 2 * math.pi, 3)
    moves = rng.normal(0, 0.018 * strength * size, (3, 2))
    every = int(rng.choice([1, 1, 1, 2, 3, 4])) if strength else 1
    tremble = rng.choice([0, 0, 0.006]) * strength * size
    result = []
    for stroke in strokes:
        stroke = np.asarray(stroke, float)
        if len(stroke) > 2 * every:
            stroke = np.concatenate([stroke[:-1:every], stroke[-1:]])
        field = np.sin(stroke @ waves.T + phases) @ moves
        apart = rng.normal(0, 0.012 * strength * size, 2)  # each stroke starts where the hand happened to put the pen
        shaken = rng.normal(0, 1, stroke.shape) * tremble
        result.append((stroke + field + apart + shaken) @ transform.T)
    return result


def smooth_curve(points: np.ndarray, steps: int = 8) -> np.ndarray:
    """A curve through `points`, `steps` points for each pair (Catmull and Rom, 1974).

    Args:
        points: (n, 2), at least one point.

    Returns:
        float64 ((n - 1) * steps + 1, 2).
    """
    points = np.asarray(points, float)
    if len(points) < 2:
        return points
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        pieces.append(
            0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        )
    return np.concatenate([*pieces, points[-1:]])


def parse(text: str) -> Strokes:
    """Strokes from a short notation: points "x y", parted by commas; strokes parted by "/"; "~" marks a smooth curve.

    Example:
        >>> parse("0 0, 10 0 / ~5 0, 4 5, 5 10")[0]
        array([[ 0.,  0.], [10.,  0.]])
    """
    strokes = []
    for part in text.split("/"):
        part = part.strip()
        points = np.array([pair.split() for pair in part.lstrip("~").split(",")], float)
        strokes.append(smooth_curve(points) if part.startswith("~") else points)
    return strokes
