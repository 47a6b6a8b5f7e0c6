"""The ink of a page with several digits, where it lies on the image, and the ink of a part of it."""

import numpy as np
import pytest

from model.data.dataset import photograph
from model.ink.page import WORK_SIDES, Components, find_page, ink_in, surroundings, whole_ink


def ring(page, left, top, size=60, brush=8):
    """A circle-like digit 0 whose box is known."""
    rows, columns = np.mgrid[: page.shape[0], : page.shape[1]]
    distance = np.hypot(rows - top - size / 2 + 0.5, columns - left - size / 2 + 0.5)
    page[(distance <= size / 2) & (distance >= size / 2 - brush)] = 255


def boxes_of(page):
    return sorted(page.to_image(box) for box in Components.of(page).boxes)


@pytest.mark.parametrize("image", [np.zeros((50, 80), np.uint8), np.full((50, 80, 3), 255, np.uint8)])
def test_a_page_without_ink_is_none(image):
    assert find_page(image) is None


def test_components_lie_where_the_ink_lies():
    image = np.zeros((100, 300), np.uint8)
    ring(image, 20, 25)
    ring(image, 150, 25)
    assert boxes_of(find_page(image)) == [(20, 25, 80, 85), (150, 25, 210, 85)]


def test_on_a_large_page_too():
    image = np.zeros((1000, 5000), np.uint8)
    ring(image, 300, 150, 600, 80)
    ring(image, 4000, 150, 600, 80)
    page = find_page(image)
    assert max(page.strength.shape) <= WORK_SIDES[0]
    for box, expected in zip(boxes_of(page), [(300, 150, 900, 750), (4000, 150, 4600, 750)], strict=True):
        np.testing.assert_allclose(box, expected, atol=3)


def test_dark_ink_on_colour_is_the_same_ink():
    image = np.zeros((100, 300), np.uint8)
    ring(image, 20, 15)
    ring(image, 150, 25)
    colour = np.stack([255 - image // 2, 250 - image, 240 - (image // 3)], axis=-1)
    assert boxes_of(find_page(colour)) == boxes_of(find_page(image))


def test_full_ink_is_full_and_paper_is_empty():
    image = np.full((100, 300), 230, np.uint8)
    ink = np.zeros_like(image)
    ring(ink, 20, 15)
    image[ink > 0] = 90
    page = find_page(image)
    assert (page.strength[ink > 0] == 255).all()
    assert not page.strength[ink == 0].any()


def test_writing_in_a_deep_shadow_is_found_like_that_in_the_light():
    image = np.zeros((200, 600), np.uint8)
    ring(image, 60, 60)
    ring(image, 460, 60)
    paper = 220 * (1 - 0.6 / (1 + np.exp((np.arange(600) - 300) / 12)))
    photo = np.clip(paper * (1 - 0.7 * (image / 255)) + np.random.default_rng(0).normal(0, 2, image.shape), 0, 255)
    page = find_page(photo.astype(np.uint8))
    large = [box for box in boxes_of(page) if box[2] - box[0] > 40 and box[3] - box[1] > 40]
    np.testing.assert_allclose(large, [(60, 60, 120, 120), (460, 60, 520, 120)], atol=4)


def test_faint_pencil_is_ink():
    image = np.zeros((300, 900), np.uint8)
    ring(image, 100, 90, 120, 14)
    rng = np.random.default_rng(1)
    photo = 190 + 10 * np.linspace(0, 1, 900) - 18 * (image / 255) + rng.normal(0, 1.5, image.shape)
    page = find_page(np.round(photo).astype(np.uint8))
    left, top, right, bottom = max(boxes_of(page), key=lambda box: (box[2] - box[0]) * (box[3] - box[1]))
    np.testing.assert_allclose((left, top, right, bottom), (100, 90, 220, 210), atol=4)


def test_specks_and_grains_are_no_part_of_a_digit():
    rng = np.random.default_rng(0)
    image = np.zeros((120, 300), np.uint8)
    ring(image, 20, 15)
    paper = photograph(image, rng)
    for y, x in rng.integers(10, 80, (6, 2)):
        paper[y, x + 20] = 0
    page = find_page(paper)
    ink = ink_in(page, (14, 9, 86, 81))
    np.testing.assert_allclose(ink.box, (20, 15, 80, 75), atol=3)


def test_ink_of_a_box_is_what_lies_in_it():
    image = np.zeros((100, 300), np.uint8)
    ring(image, 20, 25)
    ring(image, 150, 25)
    page = find_page(image)
    ink = ink_in(page, (140.4, 20.2, 260, 95))
    assert ink.box == (150, 25, 210, 85)
    assert ink.strength.max() == 1
    assert ink_in(page, (90, 0, 130, 99)) is None
    assert ink_in(page, (-50, -50, 10, 10)) is None


def test_less_than_a_grain_is_no_ink():
    strength = np.zeros((9, 9), np.uint8)
    strength[4, 4] = 255
    assert whole_ink(strength, 0, 0) is None


def test_boxes_on_the_image_hold_a_pixel_and_lie_on_it():
    page = find_page(np.pad(np.full((30, 30), 255, np.uint8), 20))
    assert page.to_image((-5.5, -3, 4, 7)) == (0, 0, 4, 7)
    assert page.to_image((69.9, 69.9, 90, 90)) == (69, 69, 70, 70)
    assert page.to_image((80, 80, 90, 90)) == (69, 69, 70, 70)


@pytest.mark.parametrize("size", [8, 20, 90])
@pytest.mark.parametrize("place", [(100, 120), (0, 0), (210, 150)])
def test_what_stands_in_a_box_comes_to_the_middle_equally_large(size, place):
    left, top = place
    strength = np.zeros((240, 300), np.uint8)
    strength[top : top + size, left : left + size // 2] = 255
    (picture,) = surroundings(strength, [(left, top, left + size / 2, top + size)], 36, 20)
    assert picture.shape == (36, 36)
    np.testing.assert_allclose(np.flatnonzero((picture > 127).any(axis=1))[[0, -1]], [8, 27], atol=1)
    np.testing.assert_allclose(np.flatnonzero((picture > 127).any(axis=0))[[0, -1]], [13, 22], atol=1)


def test_what_stands_around_a_box_is_seen_and_beyond_the_page_is_nothing():
    strength = np.zeros((100, 100), np.uint8)
    strength[:, 60:] = 255
    inner, outer = surroundings(strength, [(40, 40, 60, 60), (95, 40, 115, 60)], 36, 20)
    assert inner[:, :27].max() < 30
    assert inner[:, 29:].min() > 225
    assert outer[:, :12].min() > 225
    assert outer[:, 14:].max() == 0
    assert surroundings(strength, [], 36, 20).shape == (0, 36, 36)
    assert not surroundings(strength, [(300, 300, 320, 320)], 36, 20).any()
