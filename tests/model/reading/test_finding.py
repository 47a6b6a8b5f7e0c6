"""Where digits stand on a page: once each, at any scale; and networks that are none."""

import keras
import numpy as np
import pytest

from model.data.composites import from_strokes
from model.data.examples import EXAMPLES
from model.data.pages import CLASSES
from model.ink.limits import MOST_PIXELS
from model.ink.page import Components, find_page
from model.ink.strokes import parse
from model.networks.numbers import HEIGHT, STRIDE, build_finder
from model.networks.weights import WeightsError, load_network
from model.paths import NUMBERS, WEIGHTS
from model.reading import finding
from model.reading.finding import Find, Finder, distinct


@pytest.fixture(scope="module")
def own():
    return from_strokes([(int(label), parse(texts[0])) for label, texts in EXAMPLES.items()])


def a_page(own, size, shape=(400, 600)):
    """A 5 in the middle of a page, and its box."""
    glyph = own.glyph(5, size, np.random.default_rng(0))
    page = np.zeros(shape, np.uint8)
    top, left = (whole // 2 - part // 2 for whole, part in zip(shape, glyph.shape, strict=True))
    page[top : top + glyph.shape[0], left : left + glyph.shape[1]] = glyph
    return page, (left, top, left + glyph.shape[1], top + glyph.shape[0])


@pytest.mark.parametrize("size", [14, 40, 130, 330])
def test_a_digit_is_found_once_at_any_size(size, own, recognizer):
    image, box = a_page(own, size)
    page = find_page(image)
    best, *others = recognizer.finder().find(page, Components.of(page))
    assert CLASSES[best.kind] == "5"
    assert best.score > 0.5
    np.testing.assert_allclose(best.box, box, atol=max(3, 0.2 * size))
    assert all(other.score < 0.3 for other in others if other.is_digit)


@pytest.mark.parametrize("size", [20, 90])
def test_what_is_blank_is_not_looked_at_and_changes_nothing(size, own, recognizer, monkeypatch):
    """The network sees the same around a digit in a corner of a large page as on all of it."""
    image = np.zeros((700, 900), np.uint8)
    glyph = own.glyph(5, size, np.random.default_rng(0))
    image[150 : 150 + glyph.shape[0], 230 : 230 + glyph.shape[1]] = glyph
    finder = Watched(recognizer.finder())
    around = [one for one in finder.looked(find_page(image), size) if one.is_digit]
    corners = image.copy()
    corners[:3, :3] = corners[-3:, -3:] = 255  # there is nothing to see, but all of the page is looked at
    monkeypatch.setattr(finding, "TILE", 2_000)
    everywhere = Watched(recognizer.finder())
    whole = [one for one in everywhere.looked(find_page(corners), size) if one.is_digit]
    assert sum(finder.pixels) < 0.5 * sum(everywhere.pixels)
    assert len(around) == len(whole) > 0
    for one, other in zip(around, whole, strict=True):
        assert one.kind == other.kind
        np.testing.assert_allclose(one.box, other.box, atol=0.5)
        np.testing.assert_allclose(one.score, other.score, atol=0.01)


def test_small_ink_beside_a_digit_is_looked_at_by_itself(own, recognizer):
    """As when the pen begins the second digit of a number: where else would a digit of that size be?"""
    glyph = own.glyph(5, 160, np.random.default_rng(0))
    image = np.zeros((260, 900), np.uint8)
    image[50 : 50 + glyph.shape[0], 40 : 40 + glyph.shape[1]] = glyph
    alone, both = Watched(recognizer.finder()), Watched(recognizer.finder())
    page = find_page(image)
    alone.find(page, Components.of(page))
    small = own.glyph(7, 20, np.random.default_rng(0))
    image[60 : 60 + small.shape[0], 700 : 700 + small.shape[1]] = small
    page = find_page(image)
    found = both.find(page, Components.of(page))
    assert {CLASSES[one.kind] for one in found if one.score > 0.5} == {"5", "7"}
    assert sum(both.pixels) < sum(alone.pixels) + 300 * 260


class Watched(Finder):
    """A finder of which one sees how many pixels its network looks at, each time."""

    def __init__(self, finder):
        self.__dict__.update(finder.__dict__)
        self.pixels = []

    def outputs(self, strength):
        self.pixels.append(strength.size)
        return super().outputs(strength)


def find(box, score, label, scale=1.0):
    probabilities = np.zeros(len(CLASSES), np.float32)
    probabilities[CLASSES.index(label)] = 1
    return Find(box, score, probabilities, scale)


def test_of_the_same_thing_the_likeliest_find_stays_and_the_one_at_the_better_scale():
    here = (0, 0, 10, 20)
    assert distinct([find(here, 0.6, "3"), find((1, 0, 10, 20), 0.8, "8")])[0].kind == 8
    assert len(distinct([find(here, 0.6, "3"), find((1, 0, 10, 20), 0.8, "8")])) == 1
    assert distinct([find(here, 0.8, "3", 3.0), find(here, 0.7, "8")])[0].kind == 8
    assert len(distinct([find(here, 0.6, "3"), find((9, 0, 19, 20), 0.8, "8")])) == 2  # neighbours that touch


def test_a_part_of_a_digit_is_none_and_a_box_with_a_digit_is_not_empty():
    digit = find((0, 0, 20, 40), 0.9, "8", 0.5)
    assert distinct([digit, find((2, 2, 18, 18), 0.6, "0")]) == [digit]
    assert distinct([digit, find((-10, -10, 30, 50), 0.7, "")]) == [digit]
    assert len(distinct([digit, find((22, 34, 26, 40), 0.7, ".")])) == 2


def test_a_doubtful_mark_does_not_take_the_place_of_a_digit():
    five, comma = find((0, 0, 20, 40), 0.87, "5"), find((0, 12, 18, 40), 0.22, ",")
    assert distinct([five, comma]) == [five]
    sure = find((0, 12, 18, 40), 0.6, ",")
    assert distinct([five, sure]) == [sure]


@pytest.mark.parametrize(("label", "share"), [(0, (0, 0, 0.5, 0.67)), (6, (0, 0, 0.5, 0.67)), (7, (0, 0.5, 1, 1))])
def test_a_closer_look_says_that_a_part_of_a_digit_is_none(label, share, own, recognizer):
    """The lower half of a seven looks like a one to who does not see what stands above it."""
    glyph = own.glyph(label, 100, np.random.default_rng(0))
    page = find_page(np.pad(glyph, 60))
    height, width = glyph.shape
    left, top, right, bottom = share
    whole = find((60, 60, 60 + width, 60 + height), 0.5, str(label), 0.2)
    part = find((60 + left * width, 60 + top * height, 60 + right * width, 60 + bottom * height), 0.5, "1", 0.2)
    seen_whole, seen_part = recognizer.finder().closer(page, [whole, part])
    assert CLASSES[seen_whole.kind] == str(label)
    assert seen_whole.score > 0.6
    assert seen_part.score < 0.4
    assert Finder(load_network(NUMBERS)).closer(page, [whole, part]) == [whole, part]


def test_what_is_found_as_a_mark_or_a_box_needs_no_closer_look(recognizer):
    page = find_page(np.pad(np.full((9, 9), 255, np.uint8), 20))
    finds = [find((20, 20, 29, 29), 0.4, "."), find((5, 5, 40, 40), 0.6, "")]
    assert recognizer.finder().closer(page, finds) == finds


def test_a_page_in_parts_is_seen_as_it_is_at_once(own, recognizer, monkeypatch):
    """Wherever the edges of the parts lie: in the middle of digits, too."""
    rng = np.random.default_rng(0)
    image = np.zeros((300, 400), np.uint8)
    for number, (top, left) in enumerate((top, left) for top in range(10, 270, 33) for left in range(10, 370, 31)):
        glyph = own.glyph(number % 10, 20, rng)
        image[top : top + glyph.shape[0], left : left + glyph.shape[1]] |= glyph
    page, seen = find_page(image), []
    for side in (400, 70):
        monkeypatch.setattr(finding, "TILE", side)
        finder = Watched(recognizer.finder())
        seen.append(sorted((one for one in finder.looked(page, 20) if one.score >= 0.5), key=lambda one: one.box))
        assert (len(finder.pixels) > 1) == (side < 400)
    whole, parts = seen
    assert len(whole) == len(parts) > 80
    assert [one.kind for one in whole] == [one.kind for one in parts]
    np.testing.assert_allclose([one.box for one in whole], [one.box for one in parts], atol=0.5)


def test_on_a_large_page_only_where_ink_is_is_looked_at(own, recognizer):
    """Digits of 12 pixels in the corners of a page of 2,000 × 1,500: looked at whole, it would be over the limit."""
    image = np.zeros((1500, 2000), np.uint8)
    for top in (30, 1450):
        for left in (30, 1900):
            glyph = own.glyph(5, 12, np.random.default_rng(0))
            image[top : top + glyph.shape[0], left : left + glyph.shape[1]] = glyph
    finder = Watched(recognizer.finder())
    page = find_page(image)
    found = [one for one in finder.find(page, Components.of(page)) if one.is_digit and one.score > 0.5]
    assert [CLASSES[one.kind] for one in found] == ["5"] * 4
    assert max(finder.pixels) < 40_000


def test_a_page_full_of_small_ink_is_looked_at_as_large_as_the_limit_allows(own, recognizer):
    glyph = own.glyph(5, 14, np.random.default_rng(0))
    image = np.zeros((1200, 1600), np.uint8)
    for top in range(20, 1160, 60):
        for left in range(20, 1560, 50):
            image[top : top + glyph.shape[0], left : left + glyph.shape[1]] = glyph
    finder = Watched(recognizer.finder())
    found = [one for one in finder.looked(find_page(image), 14) if one.is_digit and one.score > 0.5]
    assert len(found) >= 0.99 * 19 * 31
    assert all(CLASSES[one.kind] == "5" for one in found)
    assert found[0].height < HEIGHT  # smaller than the network knows them best
    assert sum(finder.pixels) < 2 * MOST_PIXELS  # with the margins


def test_what_would_be_too_small_is_not_looked_at(own, recognizer):
    image = np.zeros((2000, 2000), np.uint8)
    image[::12, ::12] = image[1::12, ::12] = image[2::12, ::12] = 255
    finder = Watched(recognizer.finder())
    assert finder.looked(find_page(image), 3) == []
    assert finder.pixels == []


def test_the_middle_of_a_digit_is_where_the_network_is_surest(own, recognizer):
    image, (left, top, right, bottom) = a_page(own, HEIGHT, (96, 128))
    outputs = recognizer.finder().outputs(image)
    row, column = np.unravel_index(outputs[..., 0].argmax(), outputs.shape[:2])
    assert abs((column + 0.5) * STRIDE - (left + right) / 2) <= 3
    assert abs((row + 0.5) * STRIDE - (top + bottom) / 2) <= 3


def test_the_map_of_tiny_ink_on_a_large_page_stays_small(recognizer):
    image = np.zeros((2000, 2000), np.uint8)
    image[1000:1004, 1000:1048] = np.tile(np.repeat([255, 0], 4), 6)
    page = find_page(image)
    assert max(recognizer.finder().centres(page, Components.of(page)).shape) <= 2000


def test_too_many_components_are_counted():
    page = np.zeros((900, 900), np.uint8)
    page[::12, ::12] = page[1::12, ::12] = page[::12, 1::12] = page[1::12, 1::12] = 255
    page[2::12, ::12] = page[2::12, 1::12] = 255
    components = Components.of(find_page(page))
    assert len(components.boxes) + components.left_out == 75 * 75
    assert components.left_out > 0


def test_other_networks_and_broken_ones_are_refused():
    other = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)])
    with pytest.raises(WeightsError, match="another network"):
        Finder(other)
    broken = build_finder()
    broken.layers[1].set_weights([np.full_like(weights, np.nan) for weights in broken.layers[1].get_weights()])
    with pytest.raises(WeightsError, match="no finite numbers"):
        Finder(broken)
    with pytest.raises(WeightsError, match="judge.keras holds another network"):
        Finder(load_network(NUMBERS), load_network(WEIGHTS))
