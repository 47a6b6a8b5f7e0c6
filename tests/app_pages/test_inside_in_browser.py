"""A person at the page "Look inside": a real browser, a real server, the weights that ship."""

import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser import COUNT_INK, CROSSED_SEVEN, FOUR, PHONE, InsidePage

# JavaScript: how many pixels of a canvas are painted, and what is on it.
PAINTED = """canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  let painted = 0
  for (let index = 3; index < data.length; index += 4) painted += data[index] > 0
  return painted
}"""
CONTENT = "canvas => canvas.toDataURL()"
# … and whether nothing on the page is being animated, as an expander is while it opens.
OPENED = "() => document.getAnimations().every(one => one.playState !== 'running')"


@pytest.fixture
def inside(visit):
    """Opens the page as a visitor who has drawn a crossed seven."""

    def open_inside(**options):
        visitor = visit(**options)
        visitor.draw(CROSSED_SEVEN)
        visitor.expect_digit("7")
        visitor.wait_until_run()
        page = InsidePage(visitor)
        page.whole()
        return page

    return open_inside


def changed(locator, before):
    locator.page.wait_for_function(
        f"([canvas, before]) => ({CONTENT})(canvas) !== before", arg=[locator.element_handle(), before]
    )


def test_the_drawing_is_carried_over_and_back(inside):
    page = inside()
    visitor = page.visitor
    expect(page.page.locator('.dd-softmax tr[data-chosen="true"] th')).to_have_text("7")
    page.go("Draw")
    visitor.expect_digit("7")
    page.page.wait_for_function(f"{COUNT_INK}() > 0")
    whole = visitor.ink()
    visitor.press("Undo")
    visitor.page.wait_for_function(f"whole => {COUNT_INK}() < whole", arg=whole)
    assert visitor.ink() > 0
    visitor.press("Undo")
    visitor.expect_empty()


def test_the_page_does_not_run_while_the_pen_is_down(visit):
    visitor = visit()
    frames = visitor.listen()
    page = InsidePage(visitor)
    page.page.get_by_text("Draw here").click()
    visitor.canvas.wait_for()
    page.page.wait_for_function(OPENED)
    assert visitor.sent_while_the_pen_is_down(frames) == []


def test_the_tally_and_the_brush_stay_on_the_way(inside):
    page = inside()
    page.go("Draw")
    page.visitor.expect_digit("7")
    page.page.locator(".st-key-verdict").get_by_text("1", exact=True).click()
    counted = page.page.locator(".st-key-tally")
    expect(counted).to_contain_text("Read right: 0 · wrong: 1")
    page.visitor.broaden(1)
    expect(page.visitor.brush).to_have_value("40")
    page.go("Look inside")
    page.whole()
    page.go("Draw")
    page.visitor.expect_digit("7")
    expect(counted).to_contain_text("Read right: 0 · wrong: 1")
    expect(page.visitor.brush).to_have_value("40")


def test_clear_after_coming_back_empties_canvas_and_page(inside):
    page = inside()
    page.go("Draw")
    page.visitor.expect_digit("7")
    page.visitor.press("Clear")
    page.visitor.expect_empty()
    page.go("Look inside")
    expect(page.page.get_by_text("There is no drawing yet")).to_be_visible()


def test_without_a_drawing_an_example_is_taken_and_lies_on_the_canvas(visit):
    visitor = visit()
    page = InsidePage(visitor)
    expect(page.page.get_by_text("There is no drawing yet")).to_be_visible()
    page.page.locator(".st-key-wanted").get_by_text("4", exact=True).click()
    page.whole()
    page.go("Draw")
    visitor.expect_digit("4")
    page.page.wait_for_function(f"{COUNT_INK}() > 0")


def test_a_digit_can_be_drawn_here_too(visit):
    visitor = visit()
    page = InsidePage(visitor)
    page.page.get_by_text("Draw here").click()
    visitor.expect_empty()
    page.page.wait_for_function(OPENED)
    visitor.canvas.hover()
    place = visitor.canvas.bounding_box()
    visitor.draw(CROSSED_SEVEN)
    visitor.expect_digit("7")
    page.whole()
    assert visitor.canvas.bounding_box() == place  # what appears below does not move the canvas under the pen
    expect(page.page.locator(".st-key-output [aria-checked=true]")).to_have_text("7")
    assert visitor.ink() > 0
    visitor.press("Clear")
    visitor.expect_empty()
    expect(page.page.get_by_text("There is no drawing yet")).to_be_visible()
    visitor.draw(FOUR)
    visitor.expect_digit("4")
    page.go("Draw")
    visitor.expect_digit("4")
    page.page.wait_for_function(f"{COUNT_INK}() > 0")


def test_pointing_at_a_pixel_reads_its_value(inside):
    page = inside()
    grid = page.figure("steps", "grid")
    grid.scroll_into_view_if_needed()
    box = grid.locator("canvas").bounding_box()
    page.page.mouse.move(box["x"] + 0.5 / 28 * box["width"], box["y"] + 0.5 / 28 * box["height"])
    expect(page.page.locator(".st-key-steps .dd-reading")).to_have_text("Row 1, column 1: 0.000")


def test_a_click_on_a_pixel_moves_the_window_there(inside):
    page = inside()
    page.click(page.figure("convolution", "input").locator("canvas"), 14.5 / 28, 10.5 / 28)
    expect(page.slider("convolution_row")).to_have_value("10")  # the kernel's middle lies on the pixel
    expect(page.slider("convolution_column")).to_have_value("14")
    page.click(page.figure("convolution", "output").locator("canvas"), 3.5 / 26, 20.5 / 26)
    expect(page.slider("convolution_row")).to_have_value("21")
    expect(page.slider("convolution_column")).to_have_value("4")
    page.slider("convolution_column").press("ArrowRight")
    box = page.figure("convolution", "output").locator(".dd-box")
    expect(box).to_have_attribute("style", re.compile(r"left: 15\.38"))


def test_products_on_the_page_add_up_to_the_sum_that_it_says(inside):
    page = inside()

    def numbers(name):
        cells = page.figure("convolution", name).locator(".dd-cells span")
        expect(cells).to_have_count(9)
        texts = cells.all_inner_texts()
        return np.array([float(text.replace("−", "-")) for text in texts])

    np.testing.assert_allclose(numbers("products"), numbers("patch") * numbers("kernel"), atol=2e-3)
    said = page.figure("convolution", "products").locator("figcaption").inner_text()
    total = float(re.search(r"[−\d]\d*\.\d{3}", said)[0].replace("−", "-"))
    assert total == pytest.approx(numbers("products").sum(), abs=6e-3)


def test_a_click_on_a_kernel_chooses_it(inside):
    page = inside()
    kernels = page.page.locator(".st-key-kernels canvas")
    output = page.figure("convolution", "output").locator("canvas")
    expect(page.slider("convolution_kernel")).not_to_have_value("1")
    before = output.evaluate(CONTENT)
    page.click(kernels, 0.01, 0.1)
    expect(page.slider("convolution_kernel")).to_have_value("1")
    changed(output, before)


def test_the_window_runs_pauses_and_goes_on_to_the_end(inside):
    page = inside()
    run = page.page.locator(".st-key-pooling .dd-run")
    output = page.figure("pooling", "output").locator("canvas")
    rows, columns = page.slider("pooling_row"), page.slider("pooling_column")
    whole = output.evaluate(PAINTED)
    run.scroll_into_view_if_needed()
    run.click()
    expect(run).to_have_text("Pause")
    output.page.wait_for_function(f"canvas => ({PAINTED})(canvas) > 15", arg=output.element_handle())
    assert output.evaluate(PAINTED) < whole
    run.click()
    expect(run).to_have_text("Run")
    painted = output.evaluate(PAINTED)
    width = int(output.get_attribute("width"))
    expect(rows).to_have_value(str((painted - 1) // width + 1))  # sliders and formula follow to where it stands
    expect(columns).to_have_value(str((painted - 1) % width + 1))
    assert output.evaluate(PAINTED) == painted
    run.click()
    expect(run).to_have_text("Pause")
    expect(run).to_have_text("Run")  # at its end
    assert output.evaluate(PAINTED) == whole


def test_another_kernel_ends_the_run(inside):
    page = inside()
    run = page.page.locator(".st-key-convolution .dd-run")
    output = page.figure("convolution", "output").locator("canvas")
    whole = output.evaluate(PAINTED)
    run.click()
    expect(run).to_have_text("Pause")
    page.slider("convolution_kernel").press("ArrowRight")
    expect(run).to_have_text("Run")
    assert output.evaluate(PAINTED) == whole


def test_a_click_on_a_small_map_enlarges_it_and_one_on_its_pixel_shows_what_it_sees(inside):
    page = inside()
    large = page.figure("map", "map").locator("canvas")
    before = large.evaluate(CONTENT)
    last = page.page.locator(".st-key-sheets .dd-tiles:visible canvas").last
    page.click(last, 0.99, 0.9)
    changed(large, before)
    side = int(large.get_attribute("width"))
    page.click(large, 0.5 / side, 0.5 / side)
    expect(page.slider("layer_row")).to_have_value("1")
    expect(page.slider("layer_column")).to_have_value("1")
    seen = page.figure("map", "seen").locator(".dd-box")
    expect(seen).to_have_attribute("style", re.compile(r"left: 0%; top: 0%"))


def test_changing_the_digit_in_question_changes_both_maps(inside):
    page = inside()
    maps = [page.figure("evidence", name).locator("canvas") for name in ("gradients", "covering")]
    before = [canvas.evaluate(CONTENT) for canvas in maps]
    page.page.locator(".st-key-why_not").get_by_text("9", exact=True).click()
    expect(page.page.locator(".st-key-evidence .dd-legend")).to_contain_text("for 9")
    expect(page.page.get_by_text("speaks for 7 rather than 9")).to_be_visible()
    for canvas, old in zip(maps, before, strict=True):
        changed(canvas, old)


def test_only_the_section_that_changes_runs_again(inside):
    page = inside()
    page.page.evaluate(
        """() => {
          window.touched = new Set()
          for (const key of ['steps', 'convolution', 'pooling', 'sheets', 'evidence'])
            new MutationObserver(() => touched.add(key)).observe(document.querySelector(`.st-key-${key}`),
              { childList: true, subtree: true })
        }"""
    )
    page.slider("temperature").press("ArrowRight")
    expect(page.slider("temperature")).to_have_value("1.1")
    page.slider("pooling_row").press("ArrowLeft")
    page.page.wait_for_function("touched.has('pooling')")
    assert page.page.evaluate("[...touched]") == ["pooling"]


def test_a_phone_shows_all_of_it_without_scrolling_sideways(inside):
    page = inside(**PHONE)
    assert page.page.evaluate("document.querySelector('.stMain').scrollWidth") == 390
    for key in ("convolution", "pooling", "evidence"):
        for figure in page.page.locator(f".st-key-{key} .dd-figure").all():
            box = figure.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
    page.figure("convolution", "input").locator("canvas").tap(position={"x": 20, "y": 20})
    expect(page.slider("convolution_row")).to_have_value(re.compile("^[1-4]$"))


@pytest.mark.parametrize(("scheme", "light"), [("light", True), ("dark", False)])
def test_zero_has_the_colour_of_the_page_in_both_themes(inside, scheme, light):
    page = inside(color_scheme=scheme)
    picture = Image.open(BytesIO(page.figure("evidence", "gradients").locator("canvas").screenshot())).convert("L")
    assert (picture.getpixel((5, picture.height // 2)) > 128) == light
    assert np.ptp(np.asarray(picture)) > 60


def test_pixels_are_read_and_chosen_by_keys(inside):
    page = inside()
    grid = page.figure("steps", "grid").get_by_role("application")
    grid.press("ArrowDown")
    grid.press("ArrowRight")
    expect(page.page.locator(".st-key-steps .dd-reading")).to_have_text("Row 2, column 2: 0.000")
    window = page.figure("convolution", "output").get_by_role("application")
    row, column = page.slider("convolution_row"), page.slider("convolution_column")
    before = int(row.input_value()), int(column.input_value())
    for key in ("ArrowUp", "ArrowLeft", "ArrowLeft", "Enter"):
        window.press(key)
    expect(row).to_have_value(str(before[0] - 1))
    expect(column).to_have_value(str(before[1] - 2))
    expect(window).to_be_focused()  # and goes on from there


def test_maps_are_chosen_by_keys(inside):
    page = inside()
    kernels = page.page.locator(".st-key-kernels").get_by_role("slider")
    kernels.press("Home")
    kernels.press("ArrowRight")
    expect(kernels).to_have_attribute("aria-valuetext", "Kernel 2")
    kernels.press("Enter")
    expect(page.slider("convolution_kernel")).to_have_value("2")
    deepest = page.page.locator(".st-key-sheets").get_by_role("slider").last
    deepest.press("End")
    deepest.press(" ")
    expect(page.slider("layer_map")).to_have_value(deepest.get_attribute("aria-valuemax"))


def test_focus_is_seen_on_pictures(inside):
    page = inside()
    for picture in (
        page.page.locator(".st-key-steps [role=application]"),
        page.page.locator(".st-key-kernels [role=slider]"),
    ):
        picture.first.press("ArrowRight")  # by keys: that alone shows where the focus is
        assert picture.first.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"


def test_nothing_moves_by_itself_where_that_is_asked_for(inside):
    page = inside(reduced_motion="reduce")
    run = page.page.locator(".st-key-pooling .dd-run")
    output = page.figure("pooling", "output").locator("canvas")
    width, whole = int(output.get_attribute("width")), output.evaluate(PAINTED)
    for row in range(1, whole // width + 1):
        expect(run).to_have_text("Next row")
        run.press("Enter")
        expect(page.slider("pooling_row")).to_have_value(str(row))
        assert output.evaluate(PAINTED) == row * width
    run.press("Enter")  # from its end to the beginning
    run.press("Enter")
    expect(page.slider("pooling_row")).to_have_value("1")
    assert output.evaluate(PAINTED) == width


@pytest.mark.parametrize(("scheme", "light"), [("light", True), ("dark", False)])
def test_the_drawing_is_shown_as_it_was_drawn(inside, scheme, light):
    page = inside(color_scheme=scheme)
    for name in ("drawing", "ink"):
        picture = Image.open(BytesIO(page.figure("steps", name).locator("canvas").screenshot())).convert("L")
        assert (picture.getpixel((10, picture.height // 2)) > 128) == light


def test_digits_to_tap_have_room_for_a_finger(inside):
    page = inside(**PHONE)
    for button in page.page.locator(".st-key-inside .stButtonGroup button").all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 44
