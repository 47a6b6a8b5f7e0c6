"""A person at the page "Look inside": a real browser, a real server, the weights that ship."""

import re
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import TimeoutError, expect

from tests.browser import COUNT_INK, CROSSED_SEVEN, FOUR, PHONE, STEPS, InsidePage

# JavaScript: how many pixels of a canvas are painted, and what is on it.
PAINTED = """canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  let painted = 0
  for (let index = 3; index < data.length; index += 4) painted += data[index] > 0
  return painted
}"""
CONTENT = "canvas => canvas.toDataURL()"
# … and where the scripts lie.
SCRIPTS = """performance.getEntriesByType('resource').map(({ name }) => name).find(name => name.includes('/assets/'))
  .replace(/(.assets.[^/]+).*/, '$1')"""

@pytest.fixture
def inside(visit):
    """Opens the page as a visitor who has drawn a crossed seven."""

    def open_inside(step=None, **options):
        visitor = visit(**options)
        visitor.draw(CROSSED_SEVEN)
        visitor.expect_digit("7")
        visitor.wait_until_run()
        page = InsidePage(visitor)
        if step:
            page.open(step)
        return page

    return open_inside


def changed(locator, before):
    locator.page.wait_for_function(
        f"([canvas, before]) => ({CONTENT})(canvas) !== before", arg=[locator.element_handle(), before]
    )


def parameters(page):
    """What the address says."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


# ── The drawing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_drawing_is_carried_over_and_back(inside):
    page = inside("7 Softmax")
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
    InsidePage(visitor)
    visitor.at_rest()
    assert visitor.sent_while_the_pen_is_down(frames) == []


def test_a_drawing_can_be_changed_at_every_step(inside):
    page = inside()
    visitor = page.visitor
    for step in STEPS:
        page.open(step)
        expect(visitor.headline).to_have_text("7")
        visitor.press("Clear")
        expect(visitor.words).to_have_text("Draw a digit, as large as you like.")
        place = visitor.canvas.bounding_box()
        visitor.draw(CROSSED_SEVEN)
        expect(visitor.headline).to_have_text("7")
        visitor.at_rest()
        assert visitor.canvas.bounding_box() == place  # what appears beside it does not move the canvas under the pen


def test_another_drawing_changes_what_a_step_shows(inside):
    page = inside("1 Picture")
    grid = page.figure("steps", "grid").locator("canvas")
    before = grid.evaluate(CONTENT)
    page.visitor.press("Clear")
    expect(page.page.get_by_text("There is no drawing yet")).to_be_visible()
    page.visitor.draw(FOUR)
    expect(page.visitor.headline).to_have_text("4")
    changed(page.figure("steps", "grid").locator("canvas"), before)


def test_without_a_drawing_one_is_shown_to_who_asks(visit):
    visitor = visit()
    page = InsidePage(visitor)
    page.open("8 Why?")
    expect(page.page.get_by_text("There is no drawing yet")).to_be_visible()
    visitor.press("Show me one")
    expect(page.figure("evidence", "gradients")).to_be_visible()
    expect(visitor.headline).not_to_be_empty()


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
    page.page.locator(".st-key-step_overview").wait_for()
    page.go("Draw")
    page.visitor.expect_digit("7")
    expect(counted).to_contain_text("Read right: 0 · wrong: 1")
    expect(page.visitor.brush).to_have_value("40")


# ── The overview ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_maps_change_while_the_pen_moves(visit):
    visitor = visit()
    page = InsidePage(visitor)
    visitor.at_rest()
    last = page.page.locator(".dd-column canvas").last
    before = last.evaluate(CONTENT)
    visitor.pen_down(visitor.strokes(CROSSED_SEVEN)[0])
    changed(last, before)
    expect(page.page.locator('.dd-sum[data-winner="true"]')).to_have_count(1)
    page.page.mouse.up()
    # The page's own answer is the same as the last one that was asked for.
    visitor.at_rest()
    expect(page.page.locator(".dd-flow")).to_have_attribute("data-shown", "yes")


def test_pointing_at_a_map_shows_what_it_is_made_of_and_goes_into(inside):
    page = inside()
    lines = page.page.locator(".dd-links path")
    expect(lines.first).to_be_attached()
    canvas = page.page.locator(".dd-column canvas").nth(4)
    box = canvas.bounding_box()
    page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.5 / 8 * box["height"])
    expect(page.page.locator(".dd-flow-says")).to_contain_text(re.compile(r"^Stage 4, map \d+: "))
    expect(page.page.locator(".dd-links .dd-pointed")).to_have_count(1)
    left, right = (page.page.locator(".dd-column canvas").nth(at).bounding_box() for at in (3, 5))
    marked = [one.bounding_box() for one in page.page.locator(".dd-links rect:not(.dd-pointed)").all()]
    assert any(left["x"] - 3 < one["x"] < left["x"] + left["width"] for one in marked)
    assert any(right["x"] - 3 < one["x"] < right["x"] + right["width"] for one in marked)


def test_a_tap_on_a_map_opens_its_step(inside):
    page = inside()
    page.click(page.page.locator(".dd-column canvas").nth(1), 0.5, 2.5 / 8)
    expect(page.page.get_by_role("heading", name="A convolution")).to_be_visible()
    page.open("Overview")
    page.click(page.page.locator(".dd-column canvas").nth(7), 0.5, 2.5 / 8)
    expect(page.page.get_by_role("heading", name="Layer upon layer")).to_be_visible()
    expect(page.page.locator(".st-key-sheet h3")).to_have_text(re.compile("ReLU"))


def test_the_overview_goes_by_keys_too(inside):
    page = inside()
    stage = page.page.get_by_role("button", name=re.compile("^Stage 2: "))
    stage.press("ArrowDown")
    stage.press("ArrowDown")
    expect(page.page.locator(".dd-flow-says")).to_contain_text("Stage 2, map")
    stage.press("Enter")
    expect(page.page.get_by_role("heading", name="Layer upon layer")).to_be_visible()


# JavaScript: shows a network of one stage with two maps, and two sums for three answers; points at one of the answers. Which
# lines are drawn then, and what is marked.
TWO_SUMS = """async at => {
  const { default: show } = await import(`${SCRIPTS}/flow/flow.js`)
  const place = document.createElement('div')
  place.style.width = '900px'
  place.innerHTML =
    '<div class="dd-flow"><div class="dd-columns"></div><svg class="dd-links"></svg><output class="dd-flow-says"></output></div>'
  document.querySelector('.stMainBlockContainer').append(place)
  const packed = values => btoa(String.fromCharCode(...Uint8Array.from(values)))
  const flow = { maps: [packed([1, 2])], links: [packed([5, 5]), packed([100, -100, 0, 90])], sums: [1, 2] }
  const answer = { pixels: null, names: ['0', '1', 'no digit'], percents: [1, 99, 0], shares: [0.01, 0.99, 0], winner: 1, flow }
  const stages = [{ title: 'Stage 1', words: '', shape: [1, 1], names: ['a', 'b'] }]
  const words = { drawing: 'drawing', answers: 'answers', sums: '', open: '', lines: '{name}' }
  show({ data: { sheet: 'sheet of the test', of: ['', 0], answer, stages, words }, parentElement: place, setTriggerValue() {} })
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
  const row = place.querySelectorAll('.dd-sum')[at].getBoundingClientRect()
  const place_of = { clientX: row.left + 5, clientY: row.top + 5, bubbles: true }
  place.querySelector('.dd-sums').dispatchEvent(new PointerEvent('pointermove', place_of))
  const lines = [...place.querySelectorAll('path')].map(line => line.getAttribute('class'))
  place.remove()
  return lines
}""".replace("SCRIPTS", SCRIPTS)


@pytest.mark.parametrize(("answer", "lines"), [(0, ["dd-for"]), (1, ["dd-against", "dd-for"]), (2, [])])
def test_an_answer_without_a_sum_has_no_lines_and_the_others_have_their_own(inside, answer, lines):
    assert inside().page.evaluate(TWO_SUMS, answer) == lines


# ── The steps ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_next_leads_on_and_only_what_changes_runs_again(inside):
    page = inside()
    expect(page.visitor.answer.get_by_role("status")).not_to_be_empty()  # all is said
    page.visitor.at_rest()
    page.page.evaluate(
        """() => {
          window.touched = new Set()
          for (const key of ['answer', 'bench', 'menu'])
            new MutationObserver(() => touched.add(key)).observe(document.querySelector(`.st-key-${key}`),
              { childList: true, subtree: true })
        }"""
    )
    for step in list(STEPS)[1:]:
        page.page.locator(".st-key-next button").click()
        expect(page.page.locator(".st-key-step [aria-checked=true]")).to_have_text(step)
    expect(page.page.locator(".st-key-next button")).to_be_disabled()
    page.visitor.at_rest()
    assert page.page.evaluate("[...touched]") == []


def test_pointing_at_a_pixel_reads_its_value(inside):
    page = inside("1 Picture")
    grid = page.figure("steps", "grid")
    box = grid.locator("canvas").bounding_box()
    page.page.mouse.move(box["x"] + 0.5 / 28 * box["width"], box["y"] + 0.5 / 28 * box["height"])
    expect(page.page.locator(".st-key-steps .dd-reading")).to_have_text("Row 1, column 1: 0.000")


def test_a_click_on_a_pixel_moves_the_window_there(inside):
    page = inside("2 Convolution")
    page.click(page.figure("convolution", "input").locator("canvas"), 14.5 / 28, 10.5 / 28)
    box = page.figure("convolution", "output").locator(".dd-box")
    expect(box).to_have_attribute("style", re.compile(r"left: 50%; top: 34\.6"))  # the kernel's middle lies on the pixel
    page.click(page.figure("convolution", "output").locator("canvas"), 3.5 / 26, 20.5 / 26)
    expect(box).to_have_attribute("style", re.compile(r"left: 11\.53.*top: 76\.9"))


def numbers(page, name):
    cells = page.figure("convolution", name).locator(".dd-cells span")
    expect(cells).to_have_count(9)
    return np.array([float(text.replace("−", "-")) for text in cells.all_inner_texts()])


def test_products_on_the_page_add_up_to_the_sum_that_it_says(inside):
    page = inside("2 Convolution")
    np.testing.assert_allclose(numbers(page, "products"), numbers(page, "patch") * numbers(page, "kernel"), atol=0.02)
    said = page.figure("convolution", "products").locator("figcaption").inner_text()
    total = float(re.search(r"[−\d]\d*\.\d{3}", said)[0].replace("−", "-"))
    assert total == pytest.approx(numbers(page, "products").sum(), abs=0.05)


def test_a_click_on_a_kernel_chooses_it(inside):
    page = inside("2 Convolution")
    kernels = page.page.locator(".st-key-kernels canvas")
    output = page.figure("convolution", "output")
    before = output.locator("canvas").evaluate(CONTENT)
    page.click(kernels, 0.01, 0.1)
    expect(output.locator("figcaption")).to_contain_text("kernel 1.")
    changed(output.locator("canvas"), before)


def test_a_kernel_is_made_by_hand(inside):
    page = inside("2 Convolution")
    page.page.get_by_role("radio", name="One made by hand").click()
    page.page.locator(".st-key-handmade_preset").get_by_text("Outlines").click()
    expect(page.figure("convolution", "kernel").locator(".dd-cells span").nth(4)).to_have_text("8")
    output = page.figure("convolution", "output").locator("canvas")
    before = output.evaluate(CONTENT)
    page.figure("convolution", "kernel").locator(".dd-cells span").nth(4).click()
    expect(page.figure("convolution", "kernel").locator(".dd-cells span").nth(4)).to_have_text("−1")
    changed(output, before)


def test_the_window_runs_pauses_and_goes_on_to_the_end(inside):
    page = inside("4 Pooling")
    run = page.page.locator(".st-key-pooling .dd-run")
    output = page.figure("pooling", "output").locator("canvas")
    whole = output.evaluate(PAINTED)
    run.click()
    expect(run).to_have_text("Pause")
    output.page.wait_for_function(f"canvas => ({PAINTED})(canvas) > 15", arg=output.element_handle())
    assert output.evaluate(PAINTED) < whole
    run.click()
    expect(run).to_have_text("Run")
    painted = output.evaluate(PAINTED)
    width = int(output.get_attribute("width"))
    row, column = divmod(painted - 1, width)
    page.page.wait_for_url(f"**place={row}.{column}*")  # formula and address follow to where it stands
    assert output.evaluate(PAINTED) == painted
    run.click()
    expect(run).to_have_text("Pause")
    expect(run).to_have_text("Run")  # at its end
    assert output.evaluate(PAINTED) == whole


def test_another_kernel_ends_the_run(inside):
    page = inside("2 Convolution")
    run = page.page.locator(".st-key-convolution .dd-run")
    output = page.figure("convolution", "output").locator("canvas")
    whole = output.evaluate(PAINTED)
    run.click()
    expect(run).to_have_text("Pause")
    page.click(page.page.locator(".st-key-kernels canvas"), 0.01, 0.1)
    expect(page.figure("convolution", "output").locator("figcaption")).to_contain_text("kernel 1.")
    expect(run).to_have_text("Run")
    assert output.evaluate(PAINTED) == whole


def test_a_drawing_is_moved_by_a_slider(inside):
    page = inside("4 Pooling")
    before = page.figure("pooling", "input").locator("canvas").evaluate(CONTENT)
    page.slider("moved").press("ArrowRight")
    expect(page.page.get_by_text("By moving it, the picture changed by")).to_be_visible()
    changed(page.figure("pooling", "input").locator("canvas"), before)


def test_a_click_on_a_small_map_enlarges_it_and_one_on_its_pixel_shows_what_it_sees(inside):
    page = inside("5 Deeper")
    large = page.figure("map", "map").locator("canvas")
    before = large.evaluate(CONTENT)
    last = page.page.locator(".st-key-sheet canvas")
    page.click(last, 0.99, 0.95)
    changed(large, before)
    side = int(large.get_attribute("width"))
    page.click(large, 0.5 / side, 0.5 / side)
    page.page.wait_for_url("**place=0.0*")
    seen = page.figure("map", "seen").locator(".dd-box")
    expect(seen).to_have_attribute("style", re.compile(r"left: 0%; top: 0%"))


def test_changing_the_digit_in_question_changes_both_maps(inside):
    page = inside("8 Why?")
    maps = [page.figure("evidence", name).locator("canvas") for name in ("gradients", "covering")]
    before = [canvas.evaluate(CONTENT) for canvas in maps]
    page.page.locator(".st-key-why_not").get_by_role("combobox").click()
    page.page.get_by_role("option", name="9", exact=True).click()
    expect(page.page.locator(".st-key-evidence .dd-legend")).to_contain_text("for 9")
    expect(page.page.get_by_text("speaks for 7 rather than 9")).to_be_visible()
    for canvas, old in zip(maps, before, strict=True):
        changed(canvas, old)


def test_the_question_of_a_step_is_answered_for_the_asking(inside):
    page = inside("6 Sums")
    answer = page.page.get_by_text("Those who build networks call such a sum a logit.")
    expect(answer).to_be_hidden()
    page.page.get_by_role("button", name="Where do the probabilities come from?").click()
    expect(answer).to_be_visible()


# ── A link to a moment ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_link_gives_another_browser_what_is_seen(inside, visit):
    page = inside("4 Pooling")
    page.slider("pooling_map").press("Home")
    page.slider("moved").press("ArrowRight")
    page.click(page.figure("pooling", "output").locator("canvas"), 3.5 / 12, 8.5 / 12)
    page.page.wait_for_url("**place=8.3*")
    page.page.get_by_role("button", name="Copy a link to what you see").click()
    expect(page.page.locator(".dd-copied")).to_have_text("The link is copied")
    address = page.page.url
    assert len(address) <= 2_000
    assert {"step": "pooling", "map": "1", "moved": "1", "place": "8.3"}.items() <= parameters(page.page).items()
    other = visit()
    other.page.goto(address)
    there = other.page.locator('.st-key-pooling .dd-figure[data-name="output"]')
    expect(there.locator(".dd-box")).to_have_attribute("style", re.compile(r"left: 25%; top: 66\.6"))
    expect(other.headline).to_have_text("7")
    expect(other.page.locator(".st-key-moved input[type=range]")).to_have_value("1")
    assert parameters(other.page) == parameters(page.page)


def test_a_reload_finds_the_moment_again(inside):
    page = inside("2 Convolution")
    page.click(page.page.locator(".st-key-kernels canvas"), 0.01, 0.1)
    page.page.wait_for_url("**kernel=1*")
    said = parameters(page.page)
    page.page.reload()
    expect(page.figure("convolution", "output").locator("figcaption")).to_contain_text("kernel 1.")
    expect(page.visitor.headline).to_have_text("7")
    page.visitor.at_rest()
    assert parameters(page.page) == said
    whole = page.visitor.ink()
    page.visitor.press("Undo")  # what was drawn before is still there
    page.page.wait_for_function(f"whole => 0 < {COUNT_INK}() && {COUNT_INK}() < whole", arg=whole)


def test_the_address_has_the_drawing_of_its_page_and_no_others(inside):
    page = inside()
    page.page.wait_for_url("**drawing=*")
    page.go("Read a number")
    page.page.wait_for_url(lambda url: "numbers" in url and "drawing" not in url)
    page.go("Draw")
    page.page.wait_for_url(lambda url: "step" not in url and "drawing" in url)
    page.visitor.press("Clear")
    page.page.wait_for_url(lambda url: "drawing" not in url)


def test_what_a_page_was_about_to_say_is_not_said_of_the_next_one(visit):
    page = visit().page
    page.evaluate(
        f"""async () => {{
          const {{ writeAddress, flushAddress }} = await import(`${{{SCRIPTS}}}/address.js`)
          writeAddress({{ step: 'overview' }})
          history.pushState(null, '', 'numbers')
          writeAddress({{ answer: '1' }})
          flushAddress()
          history.pushState(null, '', 'report')
          flushAddress()
          history.back()
        }}"""
    )
    page.wait_for_url("**/numbers?answer=1")


@pytest.mark.parametrize("drawing", ["x", ".AA", "*BI", ".BIAAAA" * 400, "*____AAAA", "<script>", "..BIAAAA"])
def test_what_is_no_drawing_in_an_address_is_left_out(visit, drawing):
    visitor = visit()
    visitor.page.goto(f"{visitor.page.url.split('?')[0]}?drawing={drawing}")
    expect(visitor.words).to_have_text("Draw a digit, as large as you like.")
    assert visitor.ink() == 0
    assert visitor.errors == []
    visitor.draw(FOUR)
    visitor.expect_digit("4")


# JavaScript: packs and unpacks strokes; what comes of it, how long it is, and whether it stays the same from then on.
PACK = """async strokes => {
  const { pack, unpack } = await import(`${SCRIPTS}/canvas/packing.js`)
  const text = pack(strokes)
  const back = text && unpack(text, '#000000')
  return { text, back, again: back && pack(back) }
}""".replace("SCRIPTS", SCRIPTS)


def stroke(points, width=36, smooth=True):
    kind = [["M", *points[0]], *(["Q", *one, *one] for one in points[:-1]), ["L", *points[-1]]]
    straight = [["M", *points[0]], *(["L", *one] for one in points[1:])]
    return {"type": "Path", "path": kind if smooth else straight, "strokeWidth": width}


def test_a_long_drawing_is_simplified_until_an_address_can_hold_it(visit):
    page = visit().page
    angle = np.linspace(0, 40 * np.pi, 3_000)
    spiral = np.stack([280 + 0.08 * np.arange(3_000) * np.cos(angle), 280 + 0.08 * np.arange(3_000) * np.sin(angle)], 1)
    packed = page.evaluate(PACK, [stroke(spiral.round(3).tolist())])
    assert len(packed["text"]) <= 1_700
    assert packed["again"] == packed["text"]
    ends = [step[-2:] for step in packed["back"][0]["path"]]
    np.testing.assert_allclose([ends[0], ends[-1]], [spiral[0], spiral[-1]], atol=0.3)
    assert page.evaluate(PACK, [stroke([[1, 1], [2, 2]])] * 101)["text"] is None  # far too many strokes
    assert page.evaluate(PACK, [])["text"] is None


@pytest.mark.parametrize("smooth", [True, False])
def test_strokes_come_back_as_they_were(visit, smooth):
    points = [[10.0, 20.5], [300.0, -12.0], [559.5, 555.0], [559.5, 560.0]]
    packed = visit().page.evaluate(PACK, [stroke(points, 12, smooth), stroke([[5, 5], [5, 5]], 80, smooth=False)])
    first, dot = packed["back"]
    assert (first["strokeWidth"], dot["strokeWidth"]) == (12, 80)
    if smooth:
        assert [step[1:3] for step in first["path"]] == [points[0], *points]
    else:
        assert [step[1:3] for step in first["path"]] == points
    assert dot["path"] == [["M", 5, 5], ["L", 5, 5]]
    assert packed["again"] == packed["text"]


# ── Every screen ──────────────────────────────────────────────────────────────────────────────────────────────────────


# JavaScript: where the pictures of a step begin and end from left to right.
EDGES = """() => [...document.querySelectorAll('.st-key-lesson :is(.dd-figure, .dd-column canvas, .dd-tiles)')].filter(
  picture => picture.checkVisibility()
).map(picture => picture.getBoundingClientRect()).map(({ left, right }) => [left, right])"""


# JavaScript: how much of the page lies below the screen, in pixels.
BELOW = "document.querySelector('.stMain').scrollHeight - document.querySelector('.stMain').clientHeight"


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080)])
def test_a_laptop_and_a_projector_show_each_step_without_scrolling(inside, width, height):
    page = inside(viewport={"width": width, "height": height})
    for step in STEPS:
        page.open(step)
        try:
            page.page.wait_for_function(f"{BELOW} <= 8")
        except TimeoutError:
            pytest.fail(f"{step}: {page.page.evaluate(BELOW)} pixels lie below the screen")
        assert page.page.evaluate("document.querySelector('.stMain').scrollWidth") == width


def test_a_phone_shows_all_of_it_without_scrolling_sideways_and_the_drawing_stays_in_sight(inside):
    page = inside(**PHONE)
    for step in STEPS:
        page.open(step)
        assert page.page.evaluate("document.querySelector('.stMain').scrollWidth") == 390
        for left, right in page.page.evaluate(EDGES):
            assert left >= 0
            assert right <= 390
        page.page.locator(".stMain").evaluate("main => main.scrollTo(0, main.scrollHeight)")
        expect(page.visitor.canvas).to_be_in_viewport(ratio=0.99)
        expect(page.visitor.headline).to_be_in_viewport()
        page.page.locator(".stMain").evaluate("main => main.scrollTo(0, 0)")
    page.open("2 Convolution")
    page.figure("convolution", "input").locator("canvas").tap(position={"x": 20, "y": 20})
    page.page.wait_for_url(re.compile(r"place=[0-3]\.[0-3]"))


@pytest.mark.parametrize(("scheme", "light"), [("light", True), ("dark", False)])
def test_zero_has_the_colour_of_the_page_in_both_themes(inside, scheme, light):
    page = inside("8 Why?", color_scheme=scheme)
    picture = Image.open(BytesIO(page.figure("evidence", "gradients").locator("canvas").screenshot())).convert("L")
    assert (picture.getpixel((5, picture.height // 2)) > 128) == light
    assert np.ptp(np.asarray(picture)) > 60


def test_pixels_are_read_and_chosen_by_keys(inside):
    page = inside("1 Picture")
    grid = page.figure("steps", "grid").get_by_role("application")
    grid.press("ArrowDown")
    grid.press("ArrowRight")
    expect(page.page.locator(".st-key-steps .dd-reading")).to_have_text("Row 2, column 2: 0.000")
    page.open("2 Convolution")
    window = page.figure("convolution", "output").get_by_role("application")
    page.click(page.figure("convolution", "output").locator("canvas"), 12.5 / 26, 9.5 / 26)
    page.page.wait_for_url("**place=9.12*")
    for key in ("ArrowUp", "ArrowLeft", "ArrowLeft", "Enter"):
        window.press(key)
    page.page.wait_for_url("**place=8.10*")
    expect(window).to_be_focused()  # and goes on from there


def test_maps_are_chosen_by_keys(inside):
    page = inside("2 Convolution")
    kernels = page.page.locator(".st-key-kernels").get_by_role("slider")
    kernels.press("Home")
    kernels.press("ArrowRight")
    expect(kernels).to_have_attribute("aria-valuetext", "Kernel 2")
    kernels.press("Enter")
    expect(page.figure("convolution", "output").locator("figcaption")).to_contain_text("kernel 2.")
    page.open("5 Deeper")
    maps = page.page.locator(".st-key-sheet").get_by_role("slider")
    maps.press("End")
    maps.press(" ")
    expect(page.figure("map", "map").locator("figcaption")).to_contain_text("Map 16 of 16.")


def test_focus_is_seen_on_pictures(inside):
    page = inside()
    for step, place in (
        ("Overview", ".dd-column canvas"),
        ("1 Picture", ".st-key-steps [role=application]"),
        ("2 Convolution", ".st-key-kernels [role=slider]"),
    ):
        page.open(step)
        picture = page.page.locator(place).first
        picture.press("ArrowRight")  # by keys: that alone shows where the focus is
        assert picture.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"


def test_nothing_moves_by_itself_where_that_is_asked_for(inside):
    page = inside("4 Pooling", reduced_motion="reduce")
    run = page.page.locator(".st-key-pooling .dd-run")
    output = page.figure("pooling", "output").locator("canvas")
    width, whole = int(output.get_attribute("width")), output.evaluate(PAINTED)
    for row in range(whole // width):
        expect(run).to_have_text("Next row")
        run.press("Enter")
        page.page.wait_for_url(f"**place={row}.*")
        assert output.evaluate(PAINTED) == (row + 1) * width
    run.press("Enter")  # from its end to the beginning
    run.press("Enter")
    page.page.wait_for_url("**place=0.*")
    assert output.evaluate(PAINTED) == width


@pytest.mark.parametrize(("scheme", "light"), [("light", True), ("dark", False)])
def test_the_drawing_is_shown_as_it_was_drawn(inside, scheme, light):
    page = inside("1 Picture", color_scheme=scheme)
    for name in ("drawing", "ink"):
        picture = Image.open(BytesIO(page.figure("steps", name).locator("canvas").screenshot())).convert("L")
        assert (picture.getpixel((10, picture.height // 2)) > 128) == light


def test_what_is_tapped_has_room_for_a_finger(inside):
    page = inside(**PHONE)
    for step in STEPS:
        page.open(step)
        for button in page.page.locator(".st-key-lesson :is(.stButtonGroup, .stButton, .stPopover) button:visible").all():
            box = button.bounding_box()
            assert min(box["width"], box["height"]) >= 43.9
