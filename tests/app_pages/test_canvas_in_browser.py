"""What the hand does on a canvas, the browser answers: at once, in this order, and whatever the server says how late."""

import random
import re
import time

import pytest
from playwright.sync_api import expect

from app_pages.parts import words
from tests.browser import (
    COUNT_INK,
    CROSSED_SEVEN,
    FOUR,
    KNOWN,
    PATIENCE,
    ZERO,
    DrawPage,
    NumbersPage,
    TeachPage,
)

ACTIONS = 100
DELAYS = (0, 3)  # seconds
BLANK = words.digit_answer(None)["words"]

# JavaScript: what is on the canvas, in squares of 8 × 8 pixels.
INK = """(async () => {
  await new Promise(requestAnimationFrame) // in which a finished stroke is painted
  await new Promise(requestAnimationFrame)
  const host = [...document.querySelectorAll('.st-key-canvas *')].find(element => element.shadowRoot)
  const canvas = host?.shadowRoot.querySelector('canvas.dc-canvas')
  if (!canvas) return []
  const scratch = new OffscreenCanvas(canvas.width / 8, canvas.height / 8)
  const context = scratch.getContext('2d')
  context.imageSmoothingQuality = 'high'
  context.drawImage(canvas, 0, 0, scratch.width, scratch.height)
  return [...context.getImageData(0, 0, scratch.width, scratch.height).data].filter((_, index) => index % 4 === 3)
})()"""
CLOSE = 24  # grey levels of 255 between two that are the same drawing: painted anew, edges differ a little
# … and the place of the ink: left, top, right and bottom edge, in pixels of the window.
EDGES = """async () => {
  await new Promise(requestAnimationFrame)
  await new Promise(requestAnimationFrame)
  const host = [...document.querySelectorAll('.st-key-canvas *')].find(element => element.shadowRoot)
  const canvas = host.shadowRoot.querySelector('canvas.dc-canvas')
  const { width, height } = canvas
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height)
  const edges = [width, height, 0, 0]
  for (let index = 3; index < data.length; index += 4) {
    if (data[index] < 128) continue
    const [x, y] = [((index - 3) / 4) % width, Math.floor((index - 3) / 4 / width)]
    edges[0] = Math.min(edges[0], x)
    edges[1] = Math.min(edges[1], y)
    edges[2] = Math.max(edges[2], x)
    edges[3] = Math.max(edges[3], y)
  }
  const box = canvas.getBoundingClientRect()
  const scale = box.width / width
  return edges.map((edge, index) => edge * scale + (index % 2 ? box.top : box.left))
}"""
# Holds every live answer back for a random time, and the frames of the web socket so that their order stays.
SLOW = """([low, high, seed]) => {
  let state = seed
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647
  const wait = () => new Promise(resolve => setTimeout(resolve, 1000 * (low + random() * (high - low) * window.slow)))
  window.slow = 0
  const send = window.fetch
  window.fetch = async (address, options) => {
    const response = await send(address, options)
    if (String(address).includes('/live/')) await wait()
    return response
  }
  const Socket = window.WebSocket
  window.WebSocket = class extends Socket {
    set onmessage(listener) {
      let last = Promise.resolve()
      super.onmessage = event => {
        const due = Promise.all([last, wait()])
        last = due.then(() => listener(event))
      }
    }
  }
}"""


def button(page: DrawPage, name: str):
    return page.page.locator(".st-key-canvas").get_by_role("button", name=name, exact=True)


class Drawing(list):
    """What is on a canvas; the same as another if no difference is to be seen."""

    def __eq__(self, other):
        return len(self) == len(other) and all(abs(a - b) < CLOSE for a, b in zip(self, other, strict=True))

    def __ne__(self, other):
        return not self == other

    def __repr__(self):
        return f"<a drawing with {sum(self) / 255:.0f} squares of ink>"


def drawing(page: DrawPage) -> Drawing:
    return Drawing(page.page.evaluate(INK))


def expect_drawing(page: DrawPage, expected: Drawing) -> None:
    """Waits until this is on the canvas."""
    end = time.monotonic() + PATIENCE / 1000
    while drawing(page) != expected:
        assert time.monotonic() < end, "It is not on the canvas."


def test_undo_brings_back_what_was_cleared_and_what_an_example_took_the_place_of(visit):
    page = visit()
    page.draw(FOUR)
    page.expect_digit("4")
    four = drawing(page)
    page.press("Clear")
    page.expect_empty()
    page.press("Show me one")
    expect(page.headline).not_to_be_empty()
    shown = drawing(page)
    page.press("Undo")
    page.expect_empty()
    page.press("Undo")
    page.expect_digit("4")
    assert drawing(page) == four
    page.press("Redo")
    page.press("Redo")
    assert drawing(page) == shown
    expect(button(page, "Redo")).to_be_disabled()
    page.press("Undo")
    page.press("Undo")
    page.draw("1 9, 9 9")
    expect(button(page, "Redo")).to_be_disabled()  # another way was taken


def test_what_was_known_of_a_drawing_is_said_at_once_when_it_comes_back(visit):
    page = visit()
    page.draw(FOUR)
    page.expect_digit("4")
    page.wait_until_run()
    page.press("Clear")
    page.expect_empty()
    page.page.route("**/live/**", lambda route: route.abort())
    page.page.evaluate("window.WebSocket.prototype.send = () => {}")  # the server hears nothing any more
    page.press("Undo")
    assert page.headline.inner_text() == "4"
    assert max(page.percents()) > 50


def test_a_new_drawing_never_stands_beside_the_answer_to_the_last(visit):
    page = visit()
    page.draw(CROSSED_SEVEN)
    page.expect_digit("7")
    page.wait_until_run()
    page.page.route("**/live/**", lambda route: None)  # never answered
    page.page.evaluate("window.WebSocket.prototype.send = () => {}")
    page.press("Show me one")
    expect(page.headline).to_be_empty()
    expect(page.page.locator('.st-key-probabilities li[data-winner="true"]')).to_have_count(0)
    page.press("Undo")
    page.expect_digit("7")
    page.draw("1 9, 9 9")  # a stroke more, which nobody reads
    expect(page.headline).to_be_empty()
    page.press("Clear")
    page.expect_empty()


def test_a_question_that_failed_is_asked_again_while_the_pen_rests(visit):
    page = visit()
    page.page.route("**/live/**", lambda route: route.abort())
    with page.page.expect_event("requestfailed"):
        page.pen_down(page.strokes(ZERO)[0])
    page.page.unroute("**/live/**")
    page.expect_digit("0")
    page.page.mouse.up()


def test_the_page_of_a_busy_server_hears_of_a_stroke_after_its_answer(visit):
    page = visit()
    page.page.evaluate(
        """() => {
          window.events = []
          window.open = 0
          const { fetch } = window
          window.fetch = async (...request) => {
            if (!String(request[0]).includes("/live/")) return fetch(...request)
            window.open += 1
            const response = await fetch(...request)
            await new Promise(resolve => setTimeout(resolve, 800))
            window.open -= 1
            events.push("answered")
            return response
          }
          const { send } = WebSocket.prototype
          WebSocket.prototype.send = function (...data) {
            events.push("told")
            return send.apply(this, data)
          }
        }"""
    )
    page.draw("5 0, 5 10")  # from here on it is known that answers take so long
    page.wait_until_read()
    page.page.wait_for_function("events.includes('told') && !window.open")
    page.at_rest()
    page.page.evaluate("events.length = 0")
    page.draw("2 5, 9 5")
    page.page.wait_for_function("events.includes('told')")
    assert page.page.evaluate("events[0]") == "answered"


def test_a_slow_server_is_given_more_and_more_time_until_it_answers(visit):
    page = visit()
    page.page.evaluate(
        """() => {
          window.timeouts = []
          window.haste = 50
          const timeout = AbortSignal.timeout.bind(AbortSignal)
          AbortSignal.timeout = milliseconds => (timeouts.push(milliseconds), timeout(milliseconds / haste))
        }"""
    )
    page.page.route("**/live/**", lambda route: None)  # never answered
    page.pen_down(page.strokes(ZERO)[0])
    page.page.wait_for_function("timeouts.length >= 5")
    assert page.page.evaluate("timeouts.slice(0, 5)") == [5_000, 10_000, 20_000, 40_000, 40_000]
    page.page.evaluate("haste = 1")
    page.page.unroute("**/live/**")
    page.expect_digit("0")
    page.page.mouse.up()
    page.wait_until_read()
    assert page.page.evaluate("timeouts.at(-1)") == 5_000


def test_clear_waits_for_nobody(visit):
    page = visit()
    page.draw(CROSSED_SEVEN)
    page.expect_digit("7")
    page.wait_until_run()
    page.page.evaluate("window.WebSocket.prototype.send = () => {}")
    page.press("Clear")
    assert page.ink() == 0
    expect(page.words).to_have_text(BLANK)
    down, across = page.strokes(FOUR)
    page.pen_down(down)
    page.page.mouse.up()
    first = drawing(page)
    page.pen_down(across)
    page.page.mouse.up()
    assert sum(drawing(page)) > sum(first) > 0
    page.expect_digit("4")


def test_what_is_pressed_while_the_pen_is_down_is_done_once_it_is_lifted(visit):
    page = visit()
    page.draw(FOUR)
    page.expect_digit("4")
    page.press("Undo")
    one = drawing(page)
    page.press("Redo")
    page.pen_down(page.strokes(ZERO)[0])
    page.page.keyboard.press("Control+z")
    page.page.keyboard.press("Control+z")
    assert page.ink() > 0
    page.page.mouse.up()
    expect_drawing(page, one)
    page.press("Redo")
    page.expect_digit("4")


def test_what_is_pressed_as_the_pen_is_lifted_comes_after_the_stroke(visit):
    page = visit()
    page.draw(FOUR)
    page.expect_digit("4")
    four = drawing(page)
    page.pen_down(page.strokes(ZERO)[0])
    page.page.evaluate(
        """() => {
          document.dispatchEvent(new MouseEvent('mouseup', { bubbles: true }))
          document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'z', ctrlKey: true, bubbles: true }))
        }"""
    )
    page.page.mouse.up()
    expect_drawing(page, four)
    expect(button(page, "Redo")).to_be_enabled()


def test_the_brush_by_fast_keys_leaves_the_drawing_and_is_the_next_stroke_s(visit):
    page = visit()
    page.draw(CROSSED_SEVEN)
    page.expect_digit("7")
    before = drawing(page)
    page.press("Brush")
    for turn in range(30):
        page.brush.press("ArrowRight" if turn % 6 < 4 else "ArrowLeft")
        assert drawing(page) == before
    page.page.keyboard.press("Escape")
    expect(page.brush).to_have_value("72")
    page.at_rest()
    assert drawing(page) == before
    page.expect_digit("7")
    page.press("Clear")
    page.pen_down(page.strokes("0 5, 10 5")[0])
    page.page.mouse.up()
    left, top, right, bottom = page.page.evaluate(EDGES)
    scale = page.canvas.bounding_box()["width"] / 560
    assert bottom - top == pytest.approx(72 * scale, abs=3)


def test_a_reload_keeps_the_drawing_and_the_way_that_led_to_it(visit):
    page = visit()
    seen = []
    for text in (FOUR, None, ZERO, "1 9, 9 9"):
        seen.append(drawing(page))
        page.draw(text) if text else page.press("Clear")
    seen.append(drawing(page))
    page.press("Undo")
    page.page.reload()
    page.canvas.wait_for()
    expect_drawing(page, seen[-2])
    page.press("Redo")
    assert drawing(page) == seen[-1]
    page.press("Undo")
    assert drawing(page) == seen[-2]
    page.press("Undo")
    page.press("Undo")  # the Clear
    page.expect_digit("4")
    page.press("Undo")
    page.press("Undo")
    page.expect_empty()
    expect(button(page, "Undo")).to_be_disabled()


def test_a_reload_while_the_pen_is_down_keeps_what_it_drew(visit):
    page = visit()
    page.pen_down(page.strokes(ZERO)[0])
    page.page.reload()
    page.page.mouse.up()
    page.expect_digit("0")
    page.page.wait_for_function(f"{COUNT_INK}() > 0")


def test_of_a_very_long_way_a_reload_keeps_the_end(visit):
    page = visit()
    # The browser has little room left.
    page.page.evaluate(
        """() => {
          const fill = size => { for (let n = 0; ; n++) sessionStorage.setItem(`${size} ${n}`, 'x'.repeat(size)) }
          sessionStorage.setItem('room', 'x'.repeat(20_000))
          for (const size of [500_000, 50_000, 1_000]) try { fill(size) } catch {}
          sessionStorage.removeItem('room')
        }"""
    )
    for _ in range(40):
        page.press("Show me one")
    last = drawing(page)
    page.press("Undo")
    before = drawing(page)
    page.page.reload()
    page.canvas.wait_for()
    expect_drawing(page, before)
    page.press("Redo")
    assert drawing(page) == last
    page.press("Undo")
    page.press("Undo")
    assert drawing(page) not in (last, before)


def test_digits_are_drawn_by_keys(visit):
    page = visit()
    sheet = page.page.get_by_role("application", name=re.compile("Sheet for a digit. The keys 0 to 9"))
    sheet.focus()
    for digit in "7013":
        page.page.keyboard.press(digit)
        page.expect_digit(digit)
    page.page.keyboard.press("Backspace")
    page.expect_digit("1")
    page.page.keyboard.press("Control+y")
    page.expect_digit("3")
    page.page.keyboard.press("Delete")
    page.expect_empty()
    page.page.keyboard.press("Control+z")
    page.expect_digit("3")
    page.page.keyboard.press("Control+Shift+z")
    page.expect_empty()
    expect(sheet).to_be_focused()
    page.press("Digits")
    page.page.get_by_role("button", name="Show me 8").press("Enter")
    page.expect_digit("8")


def test_the_tools_are_reached_and_worked_by_keys_and_keep_the_focus(visit):
    page = visit()
    page.page.get_by_role("application").focus()
    page.page.keyboard.press("4")
    page.expect_digit("4")
    for name in ("Undo", "Redo", "Clear"):
        page.page.keyboard.press("Tab")
        expect(button(page, name)).to_be_focused()
        page.page.keyboard.press("Enter")
        page.wait_until_run()
        expect(button(page, name)).to_be_focused()  # also where there is nothing more to undo
    page.expect_empty()


def test_a_number_is_written_by_keys(visit):
    page = NumbersPage(visit())
    page.page.get_by_role("application", name=re.compile("Sheet for a number")).focus()
    for number in ("1", "19", "190", "1904"):
        page.page.keyboard.press(number[-1])
        page.expect_number(number)
    page.page.keyboard.press("Backspace")
    page.expect_number("190")


@pytest.mark.parametrize(("kind", "read"), [("Amount", r"\d{3}[.,]\d{2}"), ("Form", r"\d{5}"), ("Postcode", r"\d{5}")])
def test_a_number_of_the_kind_that_is_expected_is_shown(visit, kind, read):
    page = NumbersPage(visit())
    page.page.get_by_text(kind, exact=True).click()
    page.page.locator(f'.st-key-canvas [data-shows^="{kind.lower()}"]').wait_for()  # the canvas has heard of it
    page.at_rest()
    page.press("Show me one")
    expect(page.reading).to_have_text(re.compile(read))


def test_an_order_of_the_page_takes_the_place_of_the_drawing_and_undo_brings_that_back(visit):
    visitor = visit()
    page = TeachPage(visitor)
    visitor.draw(CROSSED_SEVEN)
    visitor.wait_until_run()
    before = drawing(visitor)
    page.take.click()
    page.expect_empty()
    visitor.press("Undo")
    assert drawing(visitor) == before


def test_an_order_that_comes_late_does_not_undo_a_stroke(visit):
    visitor = visit()
    page = TeachPage(visitor)
    visitor.draw(CROSSED_SEVEN)
    visitor.wait_until_run()
    page.page.evaluate(
        """() => {
          const send = WebSocket.prototype.send
          window.held = []
          WebSocket.prototype.send = function (data) { held.push([this, data]) }
          window.release = () => {
            WebSocket.prototype.send = send
            for (const [socket, data] of held) socket.send(data)
          }
        }"""
    )
    page.take.click()
    visitor.pen_down(visitor.strokes("1 10, 9 10")[0])
    visitor.page.mouse.up()
    after = drawing(visitor)
    page.page.evaluate("release()")
    expect(page.pictures).to_have_count(1)
    visitor.wait_until_run()
    assert drawing(visitor) == after
    expect(button(visitor, "Redo")).to_be_disabled()
    visitor.at_rest()
    page.take.click()  # and the next one is obeyed
    page.expect_empty()


def test_ink_is_under_the_pen_also_where_the_canvas_moves(visit):
    page = visit()
    box = page.canvas.bounding_box()
    left, top = box["x"] + 100, box["y"] + 100
    mouse = page.page.mouse
    mouse.move(left, top)
    mouse.down()
    mouse.move(left + 100, top, steps=5)
    page.page.evaluate("document.querySelector('.st-key-canvas').style.transform = 'translate(30px, 60px)'")
    mouse.move(left + 200, top, steps=5)
    mouse.up()
    right_end = page.page.evaluate(EDGES)[2]
    half = 18 * box["width"] / 560
    assert right_end == pytest.approx(left + 200 + half, abs=3)
    page.press("Clear")
    mouse.move(left + 50, top + 150)
    mouse.down()
    mouse.move(left + 250, top + 150, steps=5)
    mouse.up()
    edges = page.page.evaluate(EDGES)
    assert edges == pytest.approx([left + 50 - half, top + 150 - half, left + 250 + half, top + 150 + half], abs=3)


def test_a_canvas_that_is_taken_away_and_put_back_keeps_the_stroke(visit):
    page = visit()
    first, second = page.strokes(FOUR)
    page.pen_down(first)
    page.page.evaluate(
        """() => {
          const canvas = document.querySelector('.st-key-canvas')
          const place = canvas.nextSibling
          const parent = canvas.parentNode
          canvas.remove()
          parent.insertBefore(canvas, place)
        }"""
    )
    page.page.mouse.up()
    page.pen_down(second)
    page.page.mouse.up()
    page.expect_digit("4")


# ── A slow server, and a hand that does not wait ────────────────────────────────────────────────────────────────────


class Model:
    """What must be on the canvas: drawings are told apart by what the canvas looked like when they were made."""

    def __init__(self, blank: Drawing):
        self.drawings, self.at = [blank], 0

    def add(self, drawing: Drawing) -> None:
        self.drawings[self.at + 1 :] = [drawing]
        self.at += 1

    def go(self, by: int) -> None:
        self.at = min(max(0, self.at + by), len(self.drawings) - 1)

    @property
    def drawing(self) -> Drawing:
        return self.drawings[self.at]


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_the_server_says_how_late_the_canvas_has_what_the_hand_did(visit, seed):
    page = visit()
    page.page.add_init_script(f"({SLOW})([{DELAYS[0]}, {DELAYS[1]}, {seed}])")
    page.page.reload()
    page.expect_empty()
    page.page.evaluate("window.slow = 1")
    blank = drawing(page)
    model = Model(blank)
    rng = random.Random(seed)
    verdict = page.page.locator(".st-key-verdict")
    for _ in range(ACTIONS):
        action = rng.choices(("draw", "undo", "redo", "clear", "show", "brush", "page"), (6, 4, 3, 2, 2, 1, 2))[0]
        before = model.drawing
        if action == "draw":
            column, row = rng.uniform(0, 8), rng.uniform(0, 8)
            # Its bounds stay the same, so that it is where it is said to be.
            (stroke,) = page.strokes(f"{column} {row}, {column + 2} {row + rng.uniform(0, 2)}")
            box = page.canvas.bounding_box()
            stroke = stroke + (rng.uniform(-0.15, 0.15) * box["width"], rng.uniform(-0.15, 0.15) * box["height"])
            page.page.mouse.move(*stroke[0])
            page.page.mouse.down()
            page.page.mouse.move(*stroke[1], steps=3)
            page.page.mouse.up()
            model.add(drawing(page))
            assert model.drawing != before
        elif action in ("undo", "redo"):
            by = -1 if action == "undo" else 1
            page.page.keyboard.press("Control+z" if action == "undo" else "Control+y")
            model.go(by)
        elif action == "clear":
            if model.drawing != blank:
                page.press("Clear")
                model.add(blank)
        elif action == "show":
            page.press("Show me one")
            model.add(drawing(page))
            assert model.drawing not in (blank, before)
        elif action == "brush":
            width = rng.randrange(12, 81, 4)
            page.brush.evaluate(
                "(slider, width) => { slider.value = width; slider.dispatchEvent(new Event('input')) }", width
            )
        else:
            choice = verdict.get_by_text(str(rng.randrange(10)), exact=True)
            if choice.is_enabled():
                choice.click(force=True)
        assert drawing(page) == model.drawing, action
    page.page.evaluate("window.slow = 0")
    if model.drawing == blank:
        page.press("Show me one")
        model.add(drawing(page))
    page.page.wait_for_function(KNOWN)
    page.at_rest()
    assert drawing(page) == model.drawing
    # Answer, bars and the page's script are about what is on the canvas: a new visitor who drew it would be told the same.
    page.page.wait_for_function("document.querySelector('.st-key-answer .dd-words').textContent !== ''")
    said = page.headline.inner_text(), page.words.inner_text(), page.percents(), page.picture()
    page.page.reload()
    expect_drawing(page, model.drawing)
    page.page.wait_for_function(KNOWN)
    page.at_rest()
    expect(page.words).to_have_text(said[1])
    assert (page.headline.inner_text(), page.words.inner_text(), page.percents(), page.picture()) == said
