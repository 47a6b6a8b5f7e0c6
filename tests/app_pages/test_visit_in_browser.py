"""What a visitor made is still there: after a reload, without a connection, and on a server that was started anew; and
what is shown is never older than what was shown before."""

import base64
import json
import time

import numpy as np
import pytest
from playwright.sync_api import expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from model.ink.image import decode_drawing
from tests.browser import (
    COUNT_INK,
    CROSSED_SEVEN,
    FOUR,
    PATIENCE,
    WAKING,
    ZERO,
    DrawPage,
    NumbersPage,
    components_in,
    free_port,
    running_app,
)

LOST = "The connection to the server is gone."


def test_a_reload_loses_neither_drawing_nor_tally_nor_brush(visit):
    page = visit()
    page.broaden(1)
    expect(page.brush).to_have_value("40")
    page.draw(FOUR)
    page.expect_digit("4")
    page.wait_until_run()
    page.page.locator(".st-key-verdict").get_by_text("9", exact=True).click()
    expect(page.page.locator(".st-key-tally")).to_contain_text("Read right: 0 · wrong: 1")
    page.at_rest()
    ink, shares = page.ink(), page.percents()
    page.page.reload()
    page.expect_digit("4")
    page.page.wait_for_function(f"ink => Math.abs({COUNT_INK}() - ink) < 0.001 * ink", arg=ink)
    assert page.percents() == shares
    expect(page.page.locator(".st-key-tally")).to_contain_text("Read right: 0 · wrong: 1")
    expect(page.brush).to_have_value("40")
    page.press("Undo")
    page.page.wait_for_function(f"ink => {COUNT_INK}() < ink", arg=ink)
    assert page.ink() > 0


def test_a_reload_loses_neither_number_nor_correction_nor_expectation(visit):
    page = NumbersPage(visit())
    page.page.get_by_text("Amount", exact=True).click()
    page.write(CROSSED_SEVEN, 0.2)
    page.write(ZERO, 0.5)
    page.expect_number("70")
    page.correct(0, "3")
    expect(page.reading).to_contain_text("3")
    expect(page.text).to_contain_text("3")
    corrected = page.text.inner_text()
    page.at_rest()
    late = []  # what the browser asks for itself is answered after the page has
    page.page.route("**/live/number*", lambda route: late.append(route))
    page.page.reload()
    expect(page.text).to_have_text(corrected)
    expect(page.reading).to_have_text(corrected)
    expect(page.page.get_by_role("radio", name="Amount")).to_be_checked()
    assert late
    for question in late:
        with page.page.expect_request_finished(lambda request: request == question.request):
            question.continue_()
    page.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(page.reading).to_have_text(corrected)


def test_what_was_cleared_does_not_come_back(visit):
    page = visit()
    page.draw(CROSSED_SEVEN)
    page.expect_digit("7")
    page.press("Clear")
    page.expect_empty()
    page.wait_until_run()
    page.page.reload()
    page.expect_empty()
    page.page.reload()
    page.expect_empty()


def test_another_tab_is_another_visit(visit):
    page = visit()
    page.draw(CROSSED_SEVEN)
    page.expect_digit("7")
    address = page.page.url.partition("?")[0]  # which has the drawing in it, too, as a link to it
    other = DrawPage(page.page.context.new_page(), address)
    other.expect_empty()


@pytest.mark.parametrize(
    "kept",
    [
        "no JSON",
        "7",
        '{"order": 3}',
        '{"order": "", "count": 2, "objects": 5}',
        '{"tally": 3, "brush": "fat", "kind": 9}',
    ],
)
def test_what_the_browser_keeps_is_not_believed(visit, kept):
    page = visit()
    page.page.evaluate(
        "kept => ['canvas_view', 'visit'].forEach(name => sessionStorage.setItem(`digits:${name}`, kept))", kept
    )
    page.page.reload()
    page.expect_empty()
    page.draw(CROSSED_SEVEN)
    page.expect_digit("7")


def test_without_a_server_one_draws_on_and_a_new_one_reads_it(browser):
    port = free_port()
    with running_app(port=port) as address:
        page = DrawPage(browser.new_page(viewport={"width": 1280, "height": 800}), address)
        down, across = page.strokes(CROSSED_SEVEN)
        page.pen_down(down)
        page.page.mouse.up()
        page.wait_until_run()
    # The server is gone.
    told = page.page.get_by_text(LOST)
    expect(told).to_be_visible()
    page.page.get_by_test_id("stApp").evaluate(
        "app => new Promise(resolve => setTimeout(resolve, 6000))"
    )  # Streamlit's own dialog comes after some seconds; it must not shut the canvas off
    assert page.page.get_by_test_id("stDialog").count() == 0
    ink = page.ink()
    page.pen_down(across)
    page.page.mouse.up()
    page.page.wait_for_function(f"ink => {COUNT_INK}() > ink", arg=ink)
    with running_app(port=port):
        page.expect_digit("7", timeout=WAKING)
        expect(told).to_be_hidden()
        page.wait_until_run()
        expect(page.page.get_by_role("button", name="Undo", exact=True)).to_be_enabled()
        page.press("Undo")  # the first click is understood
        page.page.wait_for_function(f"ink => Math.abs({COUNT_INK}() - ink) < 0.001 * ink", arg=ink)
        assert page.errors == []
    page.page.close()


def test_where_live_answers_cannot_be_had_the_bars_follow_finished_strokes(visit):
    page = visit()
    page.page.route("**/live/**", lambda route: route.abort())
    page.draw(CROSSED_SEVEN)
    page.expect_digit("7")
    page.press("Clear")
    page.expect_empty()
    page.page.unroute_all()
    page.draw(ZERO)
    page.expect_digit("0")


def reported(frames: list[bytes]) -> dict:
    """The drawing that the canvas reported last, of the frames that the page sent."""
    for frame in reversed(frames):
        for widget in BackMsg.FromString(frame).rerun_script.widget_states.widgets:
            if widget.id.endswith("-canvas_view") and (drawing := json.loads(widget.json_value)["drawing"]):
                return drawing
    return {"count": 0}


def test_the_page_says_the_same_of_the_same_ink_as_the_live_answer(visit):
    page = visit()
    said, live = [], []
    page.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: said.append(frame)))
    page.page.on("response", lambda response: "/live/" in response.url and live.append(response.json()))
    page.page.reload()
    page.expect_empty()
    for drawing in (CROSSED_SEVEN, FOUR, ZERO, "~2 1, 5 0, 8 2, 7 4, 5 5, 8 6, 8 9, 5 10, 2 9"):
        page.draw(drawing)
        page.wait_until_run()
        shown = {}
        for frame in said:
            message = ForwardMsg.FromString(frame)
            if message.delta.new_element.HasField("bidi_component"):
                component = message.delta.new_element.bidi_component
                shown[component.id.rpartition("-")[2]] = json.loads(component.json)
        answer = shown["answer_view"]["answer"] | shown["bars_view"]["answer"]
        assert answer["headline"] not in ("", "?")
        deadline = time.monotonic() + PATIENCE / 1000
        while answer not in live and time.monotonic() < deadline:
            page.page.wait_for_timeout(20)  # lets responses come; those of one drawing may be told in another order
        assert answer in live
        page.press("Clear")
        page.expect_empty()


def test_the_picture_that_is_read_is_what_is_on_the_canvas(visit):
    page = visit()
    sent = []
    page.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page.page.reload()
    page.expect_empty()
    page.draw(CROSSED_SEVEN)
    page.wait_until_run()
    while reported(sent)["count"] < 2:
        page.page.wait_for_timeout(20)  # lets the frames be told
    canvas = page.page.evaluate(
        """() => {
          const host = [...document.querySelectorAll('.st-key-canvas *')].find(element => element.shadowRoot)
          return host.shadowRoot.querySelector('.dc-canvas').toDataURL()
        }"""
    )
    drawn = decode_drawing(base64.b64decode(canvas.partition(",")[2])).astype(float)
    picture = reported(sent)["picture"]
    read = decode_drawing(base64.b64decode(picture.partition(",")[2])).astype(float)
    halved = drawn.reshape(280, 2, 280, 2).mean(axis=(1, 3))
    assert np.abs(halved - read).mean() < 0.5  # grey levels of 255; only anti-aliasing differs
    assert np.abs(halved - read).max() < 128


# ── A slow server ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def held(visit):
    """A visitor, and lists of what the page's script said: "held" until it is let through by `release`."""

    class Held:
        def __init__(self):
            self.visitor = visit()
            self.frames, self.holding, self.socket = [], False, None
            self.visitor.page.route_web_socket("**/_stcore/stream", self.connect)
            self.visitor.page.reload()
            self.visitor.expect_empty()

        def connect(self, socket):
            server = socket.connect_to_server()
            self.socket = socket
            socket.on_message(server.send)
            server.on_message(lambda frame: self.frames.append(frame) if self.holding else socket.send(frame))

        def wait_for(self, component, first=0):
            """Waits until what is held has the component, from a frame on."""
            end = time.monotonic() + PATIENCE / 1000
            while component not in components_in(self.frames[first:]):
                assert time.monotonic() < end
                self.visitor.page.wait_for_timeout(20)  # lets the frames come

        def release(self):
            self.holding = False
            while self.frames:
                self.socket.send(self.frames.pop(0))

    return Held()


def test_an_answer_of_the_page_that_is_late_does_not_take_the_place_of_a_newer_one(held):
    page = held.visitor
    first, second = page.strokes(FOUR)
    held.holding = True
    page.pen_down(first)
    page.page.mouse.up()
    held.wait_for("answer_view")
    page.page.evaluate(
        """() => {
          window.seen = []
          const headline = document.querySelector('.st-key-answer .dd-headline')
          new MutationObserver(() => seen.push(headline.textContent)).observe(headline, { childList: true, subtree: true })
        }"""
    )
    page.pen_down(second)
    page.expect_digit("4")
    page.page.evaluate("seen.length = 0")
    held.release()
    page.at_rest()
    page.page.mouse.up()
    page.wait_until_run()
    page.expect_digit("4")
    assert set(page.page.evaluate("seen")) <= {"4"}


# Runs in the page, for an element: presses keys there without a pause until `pressed()`, which gives how many, and how many
# of them nobody heard.
PRESS = """element => {
  const { port1, port2 } = new MessageChannel() // a task for each key
  let count = 0, unheard = 0, isOver = false
  port1.onmessage = () => {
    if (isOver) return
    const redo = { key: 'y', ctrlKey: true, bubbles: true, composed: true, cancelable: true }
    count += 1
    unheard += element.dispatchEvent(new KeyboardEvent('keydown', redo))
    port2.postMessage(null)
  }
  port2.postMessage(null)
  window.pressed = () => ((isOver = true), [count, unheard])
}"""


def test_no_key_is_lost_between_two_runs_that_come_at_once(held):
    page = held.visitor
    sheet = page.page.get_by_role("application")
    sheet.focus()
    held.holding = True
    for digit in "0123":
        known = len(held.frames)
        page.page.keyboard.press(digit)
        held.wait_for("canvas_view", known)
    sheet.evaluate(PRESS)
    held.release()
    page.wait_until_run()
    count, unheard = page.page.evaluate("pressed()")
    assert count > 0 and unheard == 0


# Runs in the page: live questions are held back until `answerLive()`; `live` says how many there are.
HOLD = """() => {
  const send = window.fetch
  window.live = { asked: 0, out: 0, most: 0 }
  const held = []
  window.answerLive = () => held.splice(0).forEach(go => go())
  window.fetch = async (address, options) => {
    if (!String(address).includes('/live/')) return send(address, options)
    live.asked += 1
    live.most = Math.max(live.most, (live.out += 1))
    const response = await send(address, options)
    await new Promise(resolve => held.push(resolve))
    live.out -= 1
    return response
  }
}"""


def test_a_slow_server_slows_the_bars_down_and_not_the_pen(visit):
    page = visit()
    page.page.evaluate(HOLD)
    page.pen_down(page.strokes(ZERO)[0])
    assert page.page.evaluate("live.asked") == 1  # however far the pen went
    page.page.mouse.up()
    page.wait_until_run()  # the page answers what is finished
    page.expect_digit("0")
    page.page.evaluate("answerLive()")
    page.page.wait_for_function("live.asked === 2")  # the newest picture, and none of those between
    page.page.evaluate("answerLive()")
    assert page.page.evaluate("live.most") == 1


def test_a_live_answer_that_comes_after_clear_is_not_shown(visit):
    page = visit()
    page.page.evaluate(HOLD)
    page.pen_down(page.strokes(CROSSED_SEVEN)[0])
    page.page.wait_for_function("live.out === 1")
    page.page.mouse.up()
    page.wait_until_run()
    page.press("Clear")
    page.expect_empty()
    page.page.evaluate(
        """() => {
          window.seen = []
          const headline = document.querySelector('.st-key-answer .dd-headline')
          new MutationObserver(() => seen.push(headline.textContent)).observe(headline, { childList: true, subtree: true })
          answerLive()
        }"""
    )
    page.page.wait_for_function("live.asked > 1")  # so the old answer is through
    page.page.wait_for_function("() => { answerLive(); return live.out === 0 }")
    page.expect_empty()
    assert page.page.evaluate("seen") == []
