"""A connection that is lost, or never was: said in the page's own words, on every page, and gone by itself."""

import pytest
from playwright.sync_api import expect

from tests.browser import PATIENCE

LOST = "The connection to the server is gone. You can go on drawing"
REFUSED = "The server is full or away. This page tries again by itself"
PAGES = {
    "": "What the network sees",
    "numbers": "Write a number",
    "inside": "The whole network, live",
    "report": "How often is it right?",
}


@pytest.fixture
def line(browser, app):
    """A page whose line to the server a test cuts and mends."""

    class Line:
        def __init__(self):
            self.context = browser.new_context(viewport={"width": 1280, "height": 800})
            self.page = self.context.new_page()
            self.page.set_default_timeout(PATIENCE)
            self.errors, self.sockets, self.status = [], [], None
            self.is_mute = False  # whether nothing of what the server says comes through
            self.page.on("pageerror", lambda error: self.errors.append(str(error)))
            self.page.route_web_socket("**/_stcore/stream", self.connect)
            for asked in ("health", "host-config"):
                self.page.route(f"**/_stcore/{asked}", self.answer)

        def connect(self, socket):
            if self.status is not None:
                socket.close(code=1011)
                return
            server = socket.connect_to_server()
            if self.is_mute:
                server.on_message(lambda frame: None)
            self.sockets.append(socket)

        def answer(self, route):
            route.continue_() if self.status is None else route.fulfill(status=self.status)

        def cut(self, status=503):
            self.status = status
            while self.sockets:
                self.sockets.pop().close(code=1011)

        def mend(self):
            self.status = None

        def open(self, path=""):
            self.page.goto(f"{app}/{path}")
            return self.page

    line = Line()
    yield line
    assert line.errors == []
    line.context.close()


def said(page):
    return page.locator(".dd-lost")


@pytest.mark.parametrize("status", [403, 503])
def test_somebody_who_is_turned_away_is_told_so_and_let_in_later(line, status):
    line.cut(status)
    page = line.open()
    expect(said(page)).to_contain_text(REFUSED)
    expect(page.get_by_text("Streamlit", exact=False)).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    line.mend()
    expect(page.get_by_text(PAGES[""])).to_be_visible()
    expect(said(page)).to_be_empty()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_says_that_the_connection_is_lost_and_works_again_when_it_is_back(line, path):
    page = line.open(path)
    expect(page.get_by_text(PAGES[path]).first).to_be_visible()
    line.cut()
    expect(said(page)).to_contain_text(LOST)
    expect(page.get_by_text("connected to the internet")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_test_id("stStatusWidget").filter(visible=True)).to_have_count(0)
    line.mend()
    expect(said(page)).to_be_empty()
    page.get_by_role("link", name="Draw", exact=True).first.click()
    expect(page.get_by_text(PAGES[""])).to_be_visible()


def test_in_the_first_second_nobody_is_told_to_draw_where_there_is_no_canvas(line):
    line.is_mute = True
    page = line.open()
    page.locator('[data-test-connection-state="CONNECTED"]').wait_for()
    line.cut()
    expect(said(page)).to_contain_text(REFUSED)
    expect(page.get_by_role("dialog")).to_have_count(0)
    line.is_mute = False
    line.mend()
    expect(page.get_by_text(PAGES[""])).to_be_visible()
    expect(said(page)).to_be_empty()


def test_a_dialog_of_streamlit_s_does_not_take_the_pen_after_its_menu_was_open(line):
    page = line.open()
    expect(page.get_by_text(PAGES[""])).to_be_visible()
    page.get_by_role("button", name="Main menu").click()
    page.keyboard.press("Escape")
    line.cut()
    expect(said(page)).to_contain_text(LOST)
    page.wait_for_timeout(6000)  # Streamlit's dialog comes after some seconds
    expect(page.get_by_role("dialog")).to_have_count(0)
    canvas = page.locator(".st-key-canvas canvas.upper-canvas")
    hit = canvas.evaluate(
        """canvas => {
          const { left, top, width, height } = canvas.getBoundingClientRect()
          return canvas.getRootNode().elementFromPoint(left + width / 2, top + height / 2) === canvas
        }"""
    )
    assert hit
