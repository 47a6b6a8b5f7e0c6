import numpy as np
import pytest

from model.data.disturbances import DISTURBANCES, LEVELS, affine, disturbed, resample, smooth_fields


@pytest.fixture(scope="module")
def images(mnist):
    return mnist.test_images[:200]


def as_floats(images):
    return images.astype(np.float32) / 255


# Resampling


def grid(count):
    return (np.broadcast_to(places, (count, 28, 28)).astype(float) for places in np.mgrid[:28, :28])


def test_resampling_in_place_changes_nothing(images):
    rows, columns = grid(50)
    np.testing.assert_allclose(resample(as_floats(images[:50]), rows, columns), as_floats(images[:50]), atol=1e-6)


def test_resampling_shifts_and_interpolates(images):
    pictures = as_floats(images[:50])
    rows, columns = grid(50)
    shifted = resample(pictures, rows + 1, columns - 2)
    np.testing.assert_allclose(shifted[:, :-1, 2:], pictures[:, 1:, :-2], atol=1e-6)
    between = resample(pictures, rows + 0.5, columns)
    np.testing.assert_allclose(between[:, :-1], (pictures[:, 1:] + pictures[:, :-1]) / 2, atol=1e-6)


def test_beyond_the_edge_lies_empty_page_and_not_the_neighbour():
    rows, columns = grid(3)
    white = np.ones((3, 28, 28), np.float32)
    for shift in (5, -5, 40, -40):
        shifted = resample(white, rows + shift, columns)
        assert shifted[1].sum() == pytest.approx(28 * max(0, 28 - abs(shift)), abs=1e-3)
        shifted = resample(white, rows, columns + shift)
        assert shifted[1].sum() == pytest.approx(28 * max(0, 28 - abs(shift)), abs=1e-3)


def test_an_identity_moves_nothing_and_a_shift_shifts(images):
    pictures = as_floats(images[:20])
    identity = np.tile(np.eye(2), (20, 1, 1))
    np.testing.assert_allclose(affine(pictures, identity), pictures, atol=1e-5)
    np.testing.assert_allclose(affine(pictures, identity, (2, 1))[:, :-1, :-2], pictures[:, 1:, 2:], atol=1e-5)


def test_a_quarter_turn_turns_about_the_middle(images):
    pictures = as_floats(images[:20])
    quarter = np.tile([[0.0, 1.0], [-1.0, 0.0]], (20, 1, 1))
    np.testing.assert_allclose(affine(pictures, quarter), np.rot90(pictures, -1, axes=(1, 2)), atol=1e-5)


def test_smooth_fields_are_smooth_and_of_unit_variance():
    fields = smooth_fields(500, np.random.default_rng(0))
    assert (fields.shape, fields.dtype) == ((500, 28, 28), np.float32)
    assert fields.std() == pytest.approx(1, abs=0.05)
    assert np.abs(np.diff(fields, axis=1)).mean() < 0.25


# Disturbances


@pytest.mark.parametrize("name", DISTURBANCES)
@pytest.mark.parametrize("level", range(1, LEVELS + 1))
def test_disturbed_pictures_keep_their_form_and_their_source(images, name, level):
    before = images.copy()
    pictures = disturbed(images, name, level)
    np.testing.assert_array_equal(images, before)
    assert (pictures.shape, pictures.dtype) == (images.shape, np.uint8)
    assert (pictures != images).any(axis=(1, 2)).mean() > 0.4  # what is hidden may be empty page


@pytest.mark.parametrize("name", DISTURBANCES)
def test_each_level_disturbs_more_than_the_one_before(images, name):
    changes = [np.abs(disturbed(images, name, level).astype(int) - images).mean() for level in range(1, LEVELS + 1)]
    assert changes == sorted(changes)
    assert changes[-1] > 1.5 * changes[0]


@pytest.mark.parametrize("name", DISTURBANCES)
def test_the_same_seed_gives_the_same_pictures(images, name):
    np.testing.assert_array_equal(disturbed(images, name, 3, seed=5), disturbed(images, name, 3, seed=5))


@pytest.mark.parametrize("name", ["rotation", "elastic", "noise", "salt_and_pepper", "line_across", "part_hidden"])
def test_another_seed_gives_others(images, name):
    assert (disturbed(images, name, 3, seed=5) != disturbed(images, name, 3, seed=6)).any()


def test_disturbances_do_what_they_say(images):
    ink = images.sum()
    assert disturbed(images, "thinner", 5).sum() < 0.8 * ink
    assert disturbed(images, "thicker", 5).sum() > 1.2 * ink
    assert disturbed(images, "faint_ink", 3).max() == pytest.approx(255 * 0.35, abs=1)
    assert disturbed(images, "blur", 5).sum() == pytest.approx(ink, rel=0.05)
    hidden = disturbed(images, "part_hidden", 3)
    assert ((hidden == images) | (hidden == 0)).all()
    assert 1 <= (hidden != images).sum(axis=(1, 2)).max() <= 16
    crossed = disturbed(images, "line_across", 3)
    assert (crossed >= images).all()
    specks = (disturbed(images, "salt_and_pepper", 5) != images).mean()
    assert specks == pytest.approx(0.06, abs=0.02)  # half of the specks fall on pixels of their own colour
    noise = disturbed(images, "noise", 2).astype(int) - images
    assert noise[(images > 100) & (images < 150)].std() == pytest.approx(0.1 * 255, rel=0.1)


@pytest.mark.parametrize("level", [0, 6, -1, 2.5])
def test_other_levels_are_value_errors(images, level):
    with pytest.raises(ValueError, match=f"^level {level} "):
        disturbed(images, "blur", level)


def test_other_names_are_key_errors(images):
    with pytest.raises(KeyError):
        disturbed(images, "rain", 1)
