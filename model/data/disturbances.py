"""What handwriting, pens and cameras do to a picture of a digit, each at five levels from barely visible to hard.

The evaluation measures the network under each; training meets them all, at random strengths.

All functions take float32 pictures (N, 28, 28), 0 (page) to 1 (ink), and give new ones; what they draw at random comes
from `rng` and differs from picture to picture.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from model.ink.image import SIDE
from model.problems import N_

MIDDLE = (SIDE - 1) / 2
LEVELS = 5


def resample(images: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """`images` read at other places, bilinearly; beyond the edge lies empty page.

    Args:
        images: float32 (N, 28, 28).
        rows, columns: (N, 28, 28), where each pixel of the result is taken from.

    Returns:
        float32 (N, 28, 28).
    """
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))  # one empty line around each, so that none sees its neighbour
    side = SIDE + 2
    first = np.arange(len(images), dtype=np.float32)[:, None, None] * side
    rows = np.clip(rows + 1, 0, side - 1) + first
    columns = np.clip(columns + 1, 0, side - 1)
    return ndimage.map_coordinates(padded.reshape(-1, side), [rows, columns], order=1, mode="constant")


def affine(images: np.ndarray, matrices: np.ndarray, shifts: np.ndarray | float = 0.0, waves=None) -> np.ndarray:
    """Pictures turned, sheared, scaled, moved and bent about their middle, in one resampling.

    Args:
        matrices: (N, 2, 2), from a place (x, y) in the result to the place in the picture that it shows.
        shifts: (N, 2) in pixels of the picture.
        waves: None or (2, N, 28, 28), moves each pixel further, (x, y).
    """
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) - np.float32(MIDDLE)
    shifts = np.broadcast_to(np.asarray(shifts, np.float32) + np.float32(MIDDLE), (len(images), 2))
    entries = np.asarray(matrices, np.float32)[..., None, None]
    columns = entries[:, 0, 0] * x + entries[:, 0, 1] * y + shifts[:, 0, None, None]
    rows = entries[:, 1, 0] * x + entries[:, 1, 1] * y + shifts[:, 1, None, None]
    if waves is not None:
        columns, rows = columns + waves[0], rows + waves[1]
    return resample(images, rows, columns)


def smooth_fields(count: int, rng: np.random.Generator) -> np.ndarray:
    """Smooth random fields of unit variance, float32 (count, 28, 28): what elastic deformation moves pixels by."""
    knots = np.arange(7) * (SIDE - 1) / 6
    basis = np.exp(-((np.arange(SIDE)[:, None] - knots) ** 2) / (2 * 4.0**2))  # (28, 7)
    basis = (basis / np.sqrt((basis**2).sum(axis=1, keepdims=True))).astype(np.float32)
    return basis @ rng.standard_normal((count, 7, 7), np.float32) @ basis.T


def moved_pictures(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Pictures turned, sheared, scaled and moved, half of them also bent, in one resampling: float32 (N, 28, 28) of the
    same."""
    count = len(images)
    angle = rng.uniform(-0.26, 0.26, count)  # 15 degrees
    shear = rng.uniform(-0.25, 0.25, count)
    zoom_x, zoom_y = np.exp(rng.uniform(-0.15, 0.15, (2, count)))
    matrices = np.stack(
        [
            [np.cos(angle) / zoom_x, (np.sin(angle) + shear) / zoom_x],
            [-np.sin(angle) / zoom_y, np.cos(angle) / zoom_y],
        ]
    ).transpose(2, 0, 1)
    bent = ((rng.random(count) < 0.5) * rng.uniform(0.3, 1.3, count)).astype(np.float32)[:, None, None]
    waves = bent * np.stack([smooth_fields(count, rng), smooth_fields(count, rng)])
    return affine(images, matrices, rng.uniform(-1.5, 1.5, (count, 2)), waves)


def _rotated(images, degrees, rng):
    angle = np.radians(degrees) * rng.choice([-1, 1], len(images))
    cos, sin = np.cos(angle), np.sin(angle)
    return affine(images, np.stack([[cos, sin], [-sin, cos]]).transpose(2, 0, 1))


def _sheared(images, amount, rng):
    matrices = np.tile(np.eye(2), (len(images), 1, 1))
    matrices[:, 0, 1] = amount * rng.choice([-1, 1], len(images))
    return affine(images, matrices)


def _squeezed(images, factor, rng):
    matrices = np.tile(np.eye(2), (len(images), 1, 1))
    axis = rng.integers(2, size=len(images))
    matrices[np.arange(len(images)), axis, axis] = factor
    return affine(images, matrices)


def _thinned(images, share, rng):
    return images + share * (ndimage.minimum_filter(images, (1, 2, 2)) - images)


def _thickened(images, share, rng):
    return images + share * (ndimage.maximum_filter(images, (1, 3, 3)) - images)


def _bent(images, pixels, rng):
    fields = pixels * np.stack([smooth_fields(len(images), rng), smooth_fields(len(images), rng)])
    return affine(images, np.tile(np.eye(2), (len(images), 1, 1)), waves=fields)


def _noisy(images, sigma, rng):
    return np.clip(images + np.float32(sigma) * rng.standard_normal(images.shape, np.float32), 0, 1)


def _blurred(images, sigma, rng):
    return ndimage.gaussian_filter(images, (0, sigma, sigma))


def _specked(images, share, rng):
    hit = rng.random(images.shape, np.float32) < share
    return np.where(hit, rng.integers(0, 2, images.shape).astype(np.float32), images)


def _crossed_through(images, width, rng):
    angle = rng.uniform(0, np.pi, (len(images), 1, 1)).astype(np.float32)
    offset = rng.uniform(-6, 6, (len(images), 1, 1)).astype(np.float32)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) - np.float32(MIDDLE)
    away = np.abs(x * np.sin(angle) - y * np.cos(angle) - offset)
    return np.maximum(images, np.clip(width / 2 + 0.5 - away, 0, min(1, width)))


def _partly_hidden(images, side, rng):
    rows, columns = rng.uniform(4, SIDE - 4 - side, (2, len(images), 1))
    places = np.arange(SIDE)

    def within(start):
        return (places >= np.round(start)) & (places < np.round(start) + round(side))

    return np.where(within(rows)[:, :, None] & within(columns)[:, None, :], np.float32(0), images)


def _faint(images, share, rng):
    return images * np.float32(share)


@dataclass(frozen=True)
class Disturbance:
    """One way in which a picture can be spoilt.

    Attributes:
        title: its name, for people.
        unit: what its strengths are measured in.
        strengths: at the five levels.
        apply: (images float32 (N, 28, 28), strength, rng) → float32 (N, 28, 28), 0 to 1.
    """

    title: str
    unit: str
    strengths: tuple[float, float, float, float, float]
    apply: Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


DISTURBANCES = {
    "rotation": Disturbance(N_("Rotation"), N_("degrees"), (6, 12, 18, 24, 30), _rotated),
    "shear": Disturbance(N_("Shear"), N_("of the height"), (0.1, 0.2, 0.3, 0.4, 0.5), _sheared),
    "axis_scale": Disturbance(N_("One axis squeezed"), N_("times"), (1.1, 1.2, 1.35, 1.5, 1.7), _squeezed),
    "thinner": Disturbance(N_("Stroke thinner"), N_("of a pixel"), (0.2, 0.4, 0.6, 0.8, 1.0), _thinned),
    "thicker": Disturbance(N_("Stroke thicker"), N_("of two pixels"), (0.2, 0.4, 0.6, 0.8, 1.0), _thickened),
    "elastic": Disturbance(N_("Elastic deformation"), N_("pixels"), (0.4, 0.7, 1.0, 1.3, 1.6), _bent),
    "noise": Disturbance(N_("Gaussian noise"), N_("of full ink"), (0.05, 0.1, 0.15, 0.2, 0.3), _noisy),
    "blur": Disturbance(N_("Blur"), N_("pixels"), (0.4, 0.7, 1.0, 1.3, 1.6), _blurred),
    "salt_and_pepper": Disturbance(N_("Salt and pepper"), N_("of the pixels"), (0.01, 0.02, 0.04, 0.07, 0.12), _specked),
    "line_across": Disturbance(N_("A line across"), N_("pixels"), (0.4, 0.7, 1.0, 1.4, 1.8), _crossed_through),
    "part_hidden": Disturbance(N_("A part hidden"), N_("pixels"), (2, 3, 4, 5, 7), _partly_hidden),
    "faint_ink": Disturbance(N_("Faint ink"), N_("of full ink"), (0.7, 0.5, 0.35, 0.2, 0.1), _faint),
}


def disturbed(images: np.ndarray, name: str, level: int, seed: int = 0) -> np.ndarray:
    """Pictures under one of `DISTURBANCES`; the same seed gives the same pictures.

    Args:
        images: uint8 (N, 28, 28).
        name: a key of `DISTURBANCES`.
        level: 1, barely visible, to 5, hard.

    Returns:
        uint8 (N, 28, 28).

    Raises:
        KeyError: there is no disturbance of that name.
        ValueError: `level` is not 1 to 5.
    """
    disturbance = DISTURBANCES[name]
    if level not in range(1, LEVELS + 1):
        raise ValueError(f"level {level} was given; 1 to {LEVELS} is taken.")
    rng = np.random.default_rng((seed, level, *name.encode()))
    spoilt = disturbance.apply(images.astype(np.float32) / 255, disturbance.strengths[level - 1], rng)
    return np.clip(np.round(spoilt * 255), 0, 255).astype(np.uint8)
