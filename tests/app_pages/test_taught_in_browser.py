"""What a visitor taught answers on Draw and Read a number, for this visitor alone, and outlives a reload."""

import hashlib
import json

import pytest
from playwright.sync_api import expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from model.reading.lesson import to_file
from model.reading.taught import Examples
from tests.apptest import seven
from tests.browser import CROSSED_SEVEN, FOUR, WAKING, ZERO, NumbersPage

STAR = "★"
KEPT = "JSON.parse(sessionStorage.getItem('digits:lesson'))"


@pytest.fixture
def taught(visit):
    """The page of a visitor to whom a crossed seven is a star."""
    page = visit()
    page.wait_until_run()
    page.page.wait_for_function("sessionStorage.getItem('digits:visit')")
    text = to_file(Examples.of([seven()] * 3, [STAR] * 3)).decode()
    kept = json.dumps({"digest": hashlib.sha256(text.encode()).hexdigest(), "text": text})
    page.page.evaluate("kept => sessionStorage.setItem('digits:lesson', kept)", kept)
    page.page.reload()
    expect(switch(page)).to_be_visible(timeout=WAKING)
    return page


def switch(page):
    return page.page.get_by_text("With what I taught it")


def star_is_read(page) -> None:
    expect(page.page.locator('.st-key-probabilities li[data-winner="true"] .dd-digit')).to_have_text(STAR)


def test_a_symbol_has_its_bar_while_the_pen_moves(taught):
    expect(taught.shares).to_have_count(12)
    first, last = taught.strokes(CROSSED_SEVEN)
    taught.pen_down(first)
    taught.page.mouse.up()
    taught.pen_down(last)
    star_is_read(taught)  # the pen is still down
    taught.page.mouse.up()
    star_is_read(taught)
    expect(taught.page.get_by_text("Without what you taught: 7,")).to_be_visible()


def test_the_switch_and_what_was_taught_outlive_a_reload(taught):
    taught.draw(CROSSED_SEVEN)
    star_is_read(taught)
    switch(taught).click()
    taught.expect_digit("7")
    expect(taught.page.get_by_text(f"With what you taught: {STAR},")).to_be_visible()
    taught.at_rest()
    taught.page.reload()
    taught.expect_digit("7", timeout=WAKING)
    switch(taught).click()
    star_is_read(taught)


def test_a_reload_leads_to_no_run_that_could_undo_what_is_pressed_meanwhile(taught):
    told = []  # whether it says how the switch stands; Streamlit has a run that was not told set it

    def listen(frame):
        message = BackMsg.FromString(frame).rerun_script
        told.append(any(one.WhichOneof("value") == "bool_value" for one in message.widget_states.widgets))

    taught.page.on("websocket", lambda socket: socket.on("framesent", listen))
    taught.page.reload()
    taught.draw(CROSSED_SEVEN)
    taught.wait_until_run()
    assert told.count(False) == 2  # the first run, and the one that takes up what the browser kept
    assert told[2:] and all(told[2:])


def test_a_digit_put_right_is_kept_through_a_reload_and_undone_for_good(visit):
    page = visit()
    page.draw(FOUR)
    page.expect_digit("4")
    page.wait_until_run()
    page.page.locator(".st-key-verdict").get_by_text("9", exact=True).click()
    page.press("Keep it as an example")
    expect(page.page.get_by_text("It is kept as an example")).to_be_visible()
    page.page.wait_for_function(f"{KEPT}?.text?.includes('\"9\"')")
    page.press("Take it back")
    expect(page.page.get_by_text("It is kept as an example")).to_be_hidden()


def test_another_visitor_sees_nothing_of_it(taught, visit):
    other = visit()
    other.draw(CROSSED_SEVEN)
    other.expect_digit("7")
    expect(other.shares).to_have_count(11)
    expect(switch(other)).to_have_count(0)


def test_a_number_on_the_sheet_is_read_with_a_page_that_has_the_same_switch(taught):
    page = NumbersPage(taught)
    page.write(ZERO, 0.3)
    page.expect_number("0")
    expect(switch(page)).to_be_visible()
