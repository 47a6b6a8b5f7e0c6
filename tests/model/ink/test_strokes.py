import numpy as np
import pytest

from model.ink.strokes import CANVAS_SIDE, bounds, draw, parse, placed, placed_anywhere, smooth_curve, varied

BRUSHES = [1, 2, 6, 14, 40]


@pytest.fixture(scope="module")
def drawings(pen_digits):
    chosen = np.random.default_rng(0).choice(len(pen_digits), 60, replace=False)
    return [pen_digits[index].strokes for index in chosen]


def assert_same(strokes, others):
    assert len(strokes) == len(others)
    for stroke, other in zip(strokes, others, strict=True):
        np.testing.assert_allclose(stroke, other, atol=1e-9)


# draw


def test_a_drawing_is_light_on_black_uint8_of_the_size_asked_for():
    line = [np.array([[20.0, 20], [60, 30]])]
    square, wide = draw(line, 10), draw(line, 10, 100, 50)
    assert (square.dtype, square.shape) == (np.uint8, (CANVAS_SIDE, CANVAS_SIDE))
    assert wide.shape == (50, 100)
    assert (wide.min(), wide.max()) == (0, 255)
    assert wide[0, 0] == 0
    assert wide[25, 40] == 255


def test_no_strokes_give_an_empty_page():
    assert not draw([], 10).any()


@pytest.mark.parametrize("brush", BRUSHES)
def test_width_of_a_line_is_the_brush(brush):
    across = draw([np.array([[60.0, 140], [220, 140]])], brush)
    down = draw([np.array([[140.0, 60], [140, 220]])], brush)
    assert across[:, 140].sum() / 255 == pytest.approx(brush, abs=0.5)
    assert down[140].sum() / 255 == pytest.approx(brush, abs=0.5)


@pytest.mark.parametrize("brush", BRUSHES)
def test_width_of_a_slanted_line_is_the_brush(brush):
    page = draw([np.array([[60.0, 60], [220, 180]])], brush)  # 160 to the right, 120 down: 200 long
    assert page[:, 140].sum() / 255 * 160 / 200 == pytest.approx(brush, abs=0.7)


@pytest.mark.parametrize("brush", [6, 14, 40])
def test_caps_are_round(brush):
    rows, columns = np.nonzero(draw([np.array([[100.0, 140], [180, 140]])], brush) > 127)
    assert columns.min() == pytest.approx(100 - brush / 2, abs=1)
    assert columns.max() == pytest.approx(180 + brush / 2, abs=1)
    ends = rows[columns < 100 - brush * 0.4]
    assert np.ptp(ends) < brush


def test_joints_are_round():
    brush = 30
    page = draw([np.array([[60.0, 200], [140, 100], [220, 200]])], brush)
    assert np.nonzero(page[:, 140] > 127)[0].min() == pytest.approx(100 - brush / 2, abs=1)


@pytest.mark.parametrize("brush", BRUSHES)
def test_a_stroke_of_one_point_is_a_dot_as_wide_as_the_brush(brush):
    page = draw([np.array([[140.0, 100.0]])], brush)
    assert page.any()
    rows, columns = np.nonzero(page > 127)
    assert np.ptp(rows) + 1 == pytest.approx(brush, abs=1.1)
    assert np.ptp(columns) + 1 == pytest.approx(brush, abs=1.1)
    assert rows.mean() + 0.5 == pytest.approx(100, abs=0.6)
    assert columns.mean() + 0.5 == pytest.approx(140, abs=0.6)


def test_dots_are_drawn_beside_lines():
    line, dot = np.array([[40.0, 40], [240, 40]]), np.array([[200.0, 200]])
    page = draw([line, dot], 10)
    np.testing.assert_array_equal(page, np.maximum(draw([line], 10), draw([dot], 10)))


def test_edges_are_smooth():
    page = draw([np.array([[60.0, 60], [220, 150]])], 14)
    assert ((page > 0) & (page < 255)).any()


# placed


@pytest.mark.parametrize(("extent", "centre"), [(180, (140, 140)), (60, (50, 200)), (1, (0, 0))])
def test_placed_drawing_has_the_extent_and_the_centre(drawings, extent, centre):
    for strokes in drawings:
        low, high = bounds(placed(strokes, extent, centre))
        assert (high - low).max() == pytest.approx(extent)
        assert (low + high) / 2 == pytest.approx(centre)


def test_placing_keeps_the_aspect(drawings):
    for strokes in drawings:
        low, high = bounds(strokes)
        new_low, new_high = bounds(placed(strokes, 100, (0, 0)))
        np.testing.assert_allclose((new_high - new_low) / 100, (high - low) / (high - low).max())


def test_a_dot_is_placed_at_the_centre():
    assert_same(placed([np.array([[3.0, 4]])], 100, (140, 90)), [np.array([[140.0, 90]])])


@pytest.mark.parametrize("brush", [6, 20, 40])
def test_placed_anywhere_stays_on_the_canvas(drawings, brush):
    for seed in range(500):
        rng = np.random.default_rng(seed)
        low, high = bounds(placed_anywhere(drawings[seed % len(drawings)], brush, rng))
        assert low.min() >= brush / 2
        assert high.max() <= CANVAS_SIDE - brush / 2


def test_placed_anywhere_reaches_all_sizes_and_places(drawings):
    limits = [bounds(placed_anywhere(drawings[0], 10, np.random.default_rng(seed))) for seed in range(500)]
    extents = [(high - low).max() / CANVAS_SIDE for low, high in limits]
    assert 0.3 <= min(extents) < 0.35
    assert 0.85 < max(extents) <= 0.9
    middles = np.array([(low + high) / 2 for low, high in limits])
    assert (middles.min(axis=0) < 80).all()
    assert (middles.max(axis=0) > 200).all()


# varied


def test_variation_of_strength_0_changes_nothing(drawings):
    for seed, strokes in enumerate(drawings):
        assert_same(varied(strokes, np.random.default_rng(seed), strength=0), strokes)


def ends(strokes):
    return np.concatenate([stroke[[0, -1]] for stroke in strokes])


def test_variation_keeps_the_strokes_but_moves_them(drawings):
    for seed, strokes in enumerate(drawings):
        before = [stroke.copy() for stroke in strokes]
        changed = varied(strokes, np.random.default_rng(seed))
        assert len(changed) == len(strokes)
        for new, old in zip(changed, strokes, strict=True):
            assert new.shape[1] == 2
            assert min(2, len(old)) <= len(new) <= len(old)  # a slow tablet gives fewer points
            assert np.isfinite(new).all()
            assert not np.allclose(new[[0, -1]], old[[0, -1]])
        assert_same(strokes, before)


def test_variation_is_reproducible(drawings):
    first, again, other = (varied(drawings[0], np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert_same(first, again)
    assert not np.allclose(ends(first), ends(other))


def test_variation_grows_with_its_strength(drawings):
    def moved(strength):
        distances = []
        for seed, strokes in enumerate(drawings):
            standard = placed(strokes, 100, (0, 0))
            changed = varied(standard, np.random.default_rng(seed), strength)
            distances.append(np.abs(ends(changed) - ends(standard)).mean())
        return np.mean(distances)

    assert 0 < moved(0.2) < moved(1) < moved(3)
    assert moved(1) < 20  # of 100: still the same digit


def test_a_dot_can_be_varied():
    changed = varied([np.array([[5.0, 5]])], np.random.default_rng(0))
    assert changed[0].shape == (1, 2)
    assert np.isfinite(changed[0]).all()


# smooth_curve


@pytest.mark.parametrize("count", [2, 3, 10])
@pytest.mark.parametrize("steps", [1, 8])
def test_a_smooth_curve_passes_through_its_points(count, steps):
    points = np.random.default_rng(count).uniform(0, 100, (count, 2))
    curve = smooth_curve(points, steps)
    assert curve.shape == ((count - 1) * steps + 1, 2)
    np.testing.assert_allclose(curve[::steps], points)


def test_a_smooth_curve_has_no_corners():
    curve = smooth_curve(np.array([[0.0, 0], [10, 0], [10, 10], [20, 10]]), 50)
    directions = np.diff(curve, axis=0)
    angles = np.unwrap(np.arctan2(directions[:, 1], directions[:, 0]))
    assert np.abs(np.diff(angles)).max() < 0.2


def test_a_smooth_curve_through_points_on_a_line_is_the_line():
    points = np.array([[0.0, 0], [1, 2], [2, 4], [3, 6]])
    curve = smooth_curve(points)
    np.testing.assert_allclose(curve[:, 1], 2 * curve[:, 0])


def test_a_smooth_curve_of_one_point_is_the_point():
    np.testing.assert_array_equal(smooth_curve([[3, 4]]), [[3.0, 4.0]])


# parse


def test_points_and_strokes_are_parsed():
    assert_same(parse("0 0, 10 0 / 5.5 -1, 4 5, 5 10"), [[[0, 0], [10, 0]], [[5.5, -1], [4, 5], [5, 10]]])


def test_a_tilde_marks_a_smooth_curve():
    strokes = parse("~0 0, 4 5, 5 10 / 1 1, 2 2")
    assert_same(strokes, [smooth_curve([[0, 0], [4, 5], [5, 10]]), [[1, 1], [2, 2]]])


def test_one_point_is_parsed_as_a_dot():
    assert_same(parse("3 4"), [[[3, 4]]])


@pytest.mark.parametrize("text", ["a b", "0 0, 1", "0 0, 1 2 3", "0 0,, 1 1"])
def test_what_cannot_be_parsed_is_a_value_error(text):
    with pytest.raises(ValueError):
        parse(text)
