"""The layout in every size of screen: nothing lies over anything else, nothing moves when the answer changes, and the answer
is in sight while one draws. And what those get who see it otherwise, or hear it.

A screen that is zoomed has fewer pixels: 640 × 400 is a laptop of 1280 × 800 at 200%.
"""

import re
from io import BytesIO
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from app_pages.components import live
from app_pages.locale import LANGUAGES, SOURCE, _, ngettext, use
from app_pages.parts import words
from tests.browser import ZERO, NumbersPage

SIZES = [
    (320, 568),
    (360, 640),
    (390, 844),
    (568, 320),
    (640, 400),
    (667, 375),
    (768, 1024),
    (820, 1180),
    (960, 1040),
    (1024, 768),
    (1180, 820),
    (1280, 800),
    (1920, 1080),
    (3840, 2160),
]


def prediction(digit=1.0, **probabilities):
    """As the recogniser gives it; `probabilities` by their digits: _9=0.5."""
    row = np.zeros(10, np.float32)
    for name, probability in probabilities.items():
        row[int(name[1:])] = probability
    return SimpleNamespace(
        label=str(row.argmax()),
        probabilities=row,
        digit_probability=digit,
        is_digit=digit >= 0.5,
        image=np.zeros((28, 28), np.uint8),
        labels=tuple(words.DIGITS),
    )


def number(lines: list[str], said: str, note: str = "") -> dict:
    """A number as the live route gives it."""
    characters = [[{"label": label, "kind": "digit", "tone": "unsure"} for label in line] for line in lines]
    return words.read_as(said, note, "sure") | {"lines": characters}


# The shortest that can be said, and the longest.
def digits() -> list:
    return [
        words.digit_answer(prediction(_7=1.0)),
        words.digit_answer(prediction(_9=0.52, _5=0.48)),
        words.digit_answer(prediction(0.55, _4=1.0)),
        words.digit_answer(prediction(0.01, _4=1.0)),
        words.said("", _("The network is waking up. Your drawing is read as soon as it is there."), "quiet"),
        None,
    ]


def numbers() -> list:
    def unsure(count: int) -> str:
        return ngettext(
            "not sure of one digit: {share:.0%}", "not sure of {count} digits: at least {share:.0%}", count, share=0.52
        )

    note = _("This is no postcode of {wanted} digits as it stands: look at it again.", wanted=12)
    left_out = ngettext(
        "Not all of it was read: one piece of ink was too much and was left out.",
        "Not all of it was read: {count:,} pieces of ink were too much and were left out.",
        12,
    )
    nothing = _("There is no digit on the sheet that I know.")
    return [
        number(["7"], _("sure: at least {share:.0%}", share=1)),
        number(["704128834911"], unsure(12)),
        number(["704128834911"], unsure(12), note),
        number(["70412883", "491"], unsure(11), f"{note} {left_out}"),
        number([], nothing, f"{note} {left_out}"),
        number(["7041288349117041288349", "70412883"], unsure(30)),
        words.read_as(nothing),
        words.read_as(_("The network is waking up. Your number is read as soon as it is there.")),
        None,
    ]


@pytest.fixture(params=LANGUAGES)
def spoken(request):
    """A language, which is spoken by this test as by the app."""
    use(request.param)
    yield request.param
    use(SOURCE)



# JavaScript: where everything stands, as left, top, right, bottom; of texts, where their letters do.
MEASURE = """() => {
  const edges = ({ left, top, right, bottom }) => [left, top, right, bottom]
  const inner = element => {
    const range = document.createRange()
    range.selectNodeContents(element)
    return [...range.getClientRects()].filter(({ width }) => width > 0).map(({ left, top, right, bottom }) => {
      const height = bottom - top // of a line: letters fill the middle of it
      return [left, top + 0.25 * height, right, bottom - 0.2 * height]
    })
  }
  const seen = selector => [...document.querySelectorAll(selector)].filter(element => element.checkVisibility())
  const host = [...document.querySelectorAll('.st-key-canvas *')].find(element => element.shadowRoot)
  const main = document.querySelector('.stMain')
  return {
    answer: edges(document.querySelector('.dd-answer, .dd-reading-of').getBoundingClientRect()),
    fixed: {
      canvas: edges(host.shadowRoot.querySelector('.dc-container').getBoundingClientRect()),
      ...Object.fromEntries(seen('.dd-seen canvas, .dd-bars li, .dd-track, .st-key-verdict_row').map(
        (element, index) => [`${element.className || element.tagName} ${index}`, edges(element.getBoundingClientRect())]
      )),
    },
    texts: seen('.dd-headline, .dd-words, .dd-seen figcaption, .dd-lines span, .dd-how-sure, .dd-note, .dd-key span').flatMap(
      element => inner(element).map(box => [element.className || element.tagName, box])
    ),
    bars: seen('.dd-digit, .dd-track, .dd-share').map(element => edges(element.getBoundingClientRect())),
    wider: Math.max(main.scrollWidth - main.clientWidth, document.documentElement.scrollWidth - innerWidth),
  }
}"""

# JavaScript: notes what was moved on the page; its menu finds its size a moment after the window has changed.
WATCH = """() => {
  const moved = []
  const main = document.querySelector('.stMain')
  const note = entries => {
    const nodes = entries.flatMap(({ sources }) => sources.map(({ node }) => node)).filter(node => main.contains(node))
    moved.push(...nodes.map(node => (node.parentElement ?? node).className))
  }
  const observer = new PerformanceObserver(list => note(list.getEntries()))
  observer.observe({ type: 'layout-shift' })
  window.takeMoved = () => {
    note(observer.takeRecords())
    return moved.splice(0)
  }
}"""

# JavaScript: has what the page consists of show an answer, as the page's script would. (While a pen is down, browsers do not
# tell of what moves.)
SHOW = """async ([answer, names, words]) => {
  for (const [script, selector] of [['answer', '.dd-answer'], ['bars', '.dd-bars'], ['reading', '.dd-reading-of']]) {
    const place = document.querySelector(selector)
    if (!place) continue
    const address = performance.getEntriesByType('resource').find(({ name }) => name.endsWith(`/live/${script}.js`)).name
    const { default: show } = await import(address)
    const data = { answer, names, words, sheet: 'canvas of the test', of: ['', 0] }
    show({ data, parentElement: place.parentElement })
  }
}"""

PAINTED = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def overlap(one, other) -> bool:
    """Whether two boxes have more than a pixel's edge in common."""
    return all(min(one[axis + 2], other[axis + 2]) - max(one[axis], other[axis]) > 1 for axis in (0, 1))


def within(one, other) -> bool:
    return all(one[axis] >= other[axis] - 1 and one[axis + 2] <= other[axis + 2] + 1 for axis in (0, 1))


def check(now: dict, width: int, height: int) -> None:
    """What has to be true of a page in any size, with any answer."""
    canvas, screen = now["fixed"]["canvas"], (0, 0, width, height)
    assert now["wider"] <= 0
    assert within(now["answer"], screen)
    assert within(canvas, screen)
    assert (canvas[2] - canvas[0]) * (canvas[3] - canvas[1]) > 0.09 * width * height
    for name, text in now["texts"]:
        assert within(text, now["answer"]), f"{name} does not fit"
    places = [canvas, *now["bars"], *(box for name, box in now["fixed"].items() if name.startswith("CANVAS"))]
    boxes = [("place", place) for place in places] + [(name, text) for name, text in now["texts"]]
    for index, (name, box) in enumerate(boxes):
        for other_name, other in boxes[:index]:
            assert not overlap(box, other), f"{name} and {other_name} lie over each other"


def go_through(page, said, answers: list) -> None:
    """Shows each answer in each size."""
    page.evaluate(WATCH)
    own = live.words_of_answer() | live.words_of_reading()
    for size in SIZES:
        page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
        page.evaluate(PAINTED)
        page.evaluate("takeMoved()")  # by another size of the window
        first = None
        for answer in answers:
            page.evaluate(SHOW, [answer, words.answers(words.DIGITS), own])
            expect(said).to_have_text(answer["words"] if answer else own["reading"])
            page.evaluate(PAINTED)
            now = page.evaluate(MEASURE)
            try:
                check(now, *size)
                first = first or now["fixed"]
                assert now["fixed"] == first
                assert page.evaluate("takeMoved()") == []
            except AssertionError as error:
                shown = answer and (answer.get("headline"), answer["words"])
                raise AssertionError(f"{size[0]} × {size[1]}, {shown}: {error}") from None


def test_every_answer_has_room_on_every_screen(visit, spoken):
    visitor = visit(spoken)
    go_through(visitor.page, visitor.words, digits())


def test_every_number_has_room_on_every_screen(visit, spoken):
    page = NumbersPage(visit(spoken))
    go_through(page.page, page.words, numbers())


# JavaScript: whether the picture and its reading stand beside each other or one below the other, and nothing is too wide.
FITS = """() => {
  const main = document.querySelector('.stMain')
  const [picture, reading] = ['.st-key-page .dd-page', '.st-key-reading_beside .dd-reading-of'].map(
    one => document.querySelector(one).getBoundingClientRect(),
  )
  return main.scrollWidth <= main.clientWidth && (reading.left >= picture.right || reading.top >= picture.bottom)
}"""


def test_pictures_of_numbers_fit_every_screen(visit, spoken):
    page = NumbersPage(visit(spoken))
    page.pictures()
    page.page.locator(".st-key-example").get_by_text(_("Several lines")).click()
    expect(page.page.locator(".st-key-page .dd-box-of").first).to_be_visible()
    page.at_rest()
    for width, height in SIZES:
        page.page.set_viewport_size({"width": width, "height": height})
        page.page.wait_for_function(FITS)


# ── Those who hear it, and those who see it otherwise ─────────────────────────────────────────────────────────────────

# JavaScript: notes what is put into an element of this selector.
LISTEN = """selector => {
  const region = document.querySelector(selector)
  window.heard = []
  new MutationObserver(() => window.heard.push(region.textContent)).observe(
    region, { childList: true, characterData: true, subtree: true }
  )
}"""


def heard(page, count: int) -> list[str]:
    """What a screen reader was told, once that is at least so many times."""
    page.wait_for_function("count => heard.length >= count", arg=count)
    return page.evaluate("heard")


def test_the_answer_is_announced_once_after_the_pen_rests(visit):
    visitor = visit()
    region = visitor.answer.get_by_role("status")
    expect(region).to_have_text("Draw a digit, as large as you like.")
    expect(visitor.page.locator(".st-key-answer [aria-live], .st-key-answer [role=status]")).to_have_count(1)
    visitor.page.evaluate(LISTEN, ".st-key-answer [role=status]")
    stroke = visitor.strokes(ZERO)[0]
    visitor.pen_down(stroke)
    visitor.expect_digit("0")
    assert visitor.page.evaluate("heard") == []
    visitor.page.mouse.up()
    (said,) = heard(visitor.page, 1)
    assert re.fullmatch(r"0, (fairly )?sure: \d+%", said)
    visitor.wait_until_run()
    visitor.press("Clear")
    # All that was said until now: the page's own run said the same as the answer before it, and was not heard.
    assert heard(visitor.page, 2) == [said, "Draw a digit, as large as you like."]


def test_a_number_is_announced_once_after_the_pen_rests(visit):
    page = NumbersPage(visit())
    region = page.page.locator(".st-key-reading").get_by_role("status")
    expect(region).to_have_text("Write a number on the sheet, digit beside digit.")
    page.page.evaluate(LISTEN, ".st-key-reading [role=status]")
    page.visitor.pen_down(page.strokes(ZERO, 0.5)[0])
    expect(page.reading).to_have_text("0")
    assert page.page.evaluate("heard") == []
    page.page.mouse.up()
    (said,) = heard(page.page, 1)
    assert re.fullmatch(r"0, (fairly )?sure: at least \d+%", said)
    page.visitor.wait_until_run()
    page.press("Clear")
    assert heard(page.page, 2) == [said, "Write a number on the sheet, digit beside digit."]


def test_what_is_said_again_or_drawn_on_is_not_announced(visit):
    told = visit().page.evaluate(
        """async () => {
          const { name } = performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/announcer.js'))
          const { createAnnouncer } = await import(name)
          const region = document.createElement('div')
          const told = []
          new MutationObserver(() => told.push(region.textContent)).observe(region, { childList: true })
          const announcer = createAnnouncer(region)
          const rest = () => new Promise(done => setTimeout(done, 600)) // begun later, so over later than the announcer's
          announcer.say('1')
          announcer.say(null) // the pen is down again
          await rest()
          for (const text of ['7', '7', '9 or 5']) {
            announcer.say(text)
            announcer.say(text)
            await rest()
          }
          return told
        }"""
    )
    assert told == ["7", "9 or 5"]


def test_bars_are_seen_where_the_system_chooses_the_colours(visit):
    visitor = visit(forced_colors="active", reduced_motion="reduce")
    visitor.draw(ZERO)
    visitor.expect_digit("0")
    visitor.wait_until_run()
    full, empty = (
        np.asarray(Image.open(BytesIO(track.screenshot())).convert("RGB"), int)
        for track in visitor.page.locator(".dd-track").all()[:2]
    )
    height, width = full.shape[:2]
    assert np.abs(full[height // 2, width // 4] - empty[height // 2, width // 4]).sum() > 150
    assert np.abs(empty[0, width // 4] - empty[height // 2, width // 4]).sum() > 150  # its edge


def test_bars_do_not_glide_where_motion_is_not_wanted(visit):
    visitor = visit(reduced_motion="reduce")
    fills = visitor.page.locator(".dd-fill")
    assert fills.evaluate_all("fills => fills.map(fill => getComputedStyle(fill).transitionDuration)") == ["0s"] * 11


def test_each_digit_has_as_many_pixels_as_a_finger_needs(visit):
    digits = visit(viewport={"width": 320, "height": 568}).page.locator(".st-key-verdict button")
    boxes = [digit.bounding_box() for digit in digits.all()]
    assert len(boxes) == 10
    assert all(min(box["width"], box["height"]) >= 44 for box in boxes)
    edges = [(box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]) for box in boxes]
    assert all(edge[2] <= 320 for edge in edges)
    assert not any(overlap(one, other) for index, one in enumerate(edges) for other in edges[:index])
