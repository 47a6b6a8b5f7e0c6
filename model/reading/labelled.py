"""What is found on composed pages, and what it is: to teach the network that looks closer (`model.networks.judge`)."""

import numpy as np

from model.data.pages import DIGITS, FINE, IGNORED, Glyphs, fine_page
from model.ink.page import Page, common_areas, surroundings
from model.networks.digits import DIGITS as NO_DIGIT
from model.networks.judge import BODY, SHIFTED, SIDE
from model.networks.numbers import HEIGHT
from model.reading.finding import Finder, distinct

HIT, MISSED = 0.5, 0.4  # overlap over union with a digit, from which a find is that, and below which it is none
HIDDEN = 0.4  # share of the smaller of a find and what does not count, by which they overlap at the most
UNSURE = 0.3  # octaves by which the scale misses the digits' own, standard deviation
THRESHOLD = 20  # strength from which a pixel of such a page is ink


def labelled_finds(
    finder: Finder, glyphs: Glyphs, pages: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """What is found on so many pages.

    Returns:
        uint8 (N, S, S), S = `SIDE` + 2 `SHIFTED`, so that it can be moved; and int (N,), 0 to 9, or 10 for what is no digit.
    """
    side = SIDE + 2 * SHIFTED
    pictures, labels = [np.zeros((0, side, side), np.uint8)], []
    while not labels:
        for _ in range(pages):
            strength, things = fine_page(glyphs, rng)
            page = Page(strength, THRESHOLD, 1, strength.shape[::-1])
            height = HEIGHT * FINE * 2 ** rng.normal(0, UNSURE)
            finds = [find for find in distinct(finder.looked(page, height)) if find.is_digit]
            answers = [(find.box, label_of(find.box, things)) for find in finds]
            answers = [(box, label) for box, label in answers if label is not None]
            pictures.append(surroundings(strength, [box for box, _ in answers], side, BODY))
            labels += [label for _, label in answers]
    return np.concatenate(pictures), np.array(labels)


def label_of(box, things: np.ndarray) -> int | None:
    """What stands in a box: 0 to 9, 10 if it is no digit; None if that cannot be said.

    Args:
        things: as `model.data.pages.page` gives them.
    """
    things = things[things[:, 0] >= 0]
    edges = things[:, 1:]
    common = common_areas(edges, box)
    area = (box[2] - box[0]) * (box[3] - box[1])
    areas = (edges[:, 2:] - edges[:, :2]).prod(axis=1)
    if ((things[:, 0] == IGNORED) & (common > HIDDEN * np.minimum(area, areas))).any():
        return None
    overlaps = np.where(things[:, 0] < DIGITS, common / (area + areas - common), 0)
    best = int(overlaps.argmax()) if len(things) else 0
    if not len(things) or overlaps[best] < MISSED:
        return NO_DIGIT
    return int(things[best, 0]) if overlaps[best] >= HIT else None
