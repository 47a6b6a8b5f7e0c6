"""A real browser in which a person opens the page and draws: for tests and for the benchmark."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Locator, Page, TimeoutError, expect, sync_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from app_pages.locale import SOURCE, _, use
from app_pages.locale import language as spoken
from model.ink.strokes import Strokes, parse, placed

ROOT = Path(__file__).parent.parent
# The first is the same browser without what only windows need: pages are there in half the time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
UNHINTED = "--font-render-hinting=none"  # letters as wide as on telephones, tablets and Macs, not in whole pixels
PATIENCE = 60_000  # milliseconds; a busy machine is slow, not wrong
WAKING = 300_000  # milliseconds for a server to import and load the network

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 3,
    # Streamlit closes its menu after a choice where the browser says that it is a phone's.
    "user_agent": "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130 Mobile Safari/537.36",
}

CROSSED_SEVEN = "2 0, 8 0, 4 10 / 3 5, 8 5"
FOUR = "6 0, 1 7, 9 7 / 6 0, 6 10"
ZERO = "~6 0, 3 1, 2 5, 3 9, 6 10, 8 8, 8 3, 6 0"

# JavaScript: the picture that the network saw, and a function that counts the canvas's pixels with ink, which gives NaN
# while there is no canvas, as between two pages.
PICTURE = "document.querySelector('.st-key-answer canvas').toDataURL()"
COUNT_INK = """(() => {
  const host = [...document.querySelectorAll('.st-key-canvas *')].find(element => element.shadowRoot)
  if (!host) return NaN
  let inked = 0
  for (const layer of host.shadowRoot.querySelectorAll('.canvas-container canvas')) {
    const { data } = layer.getContext('2d').getImageData(0, 0, layer.width, layer.height)
    for (let index = 3; index < data.length; index += 4) inked += data[index] > 0
  }
  return inked
})"""

# JavaScript: whether the page's script knows the drawing as it is.
KNOWN = """() => [...document.querySelectorAll('.st-key-canvas *')].some(
  element => element.shadowRoot?.querySelector('.canvas-root')?.dataset.known === 'true'
)"""

# JavaScript: the colour of the page's ground, which is one of `THEMES`, as .streamlit/config.toml says.
GROUND = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
THEMES = {"light": "rgb(247, 248, 250)", "dark": "rgb(16, 21, 28)"}
# JavaScript: whether nothing fades or moves but what goes on for ever.
STILL = "document.getAnimations().every(one => one.playState !== 'running' || one.effect.getTiming().iterations === Infinity)"

expect.set_options(timeout=PATIENCE)


@contextmanager
def open_browser():
    """A headless browser: one that the system has, else Playwright's own, which is installed if need be."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)
    # Chromium refuses to sandbox itself for the superuser, whom many build machines run as.
    superuser = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=[*QUIET, UNHINTED, *(["--no-sandbox"] if superuser else [])]
        )
        yield browser
        browser.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


logs: dict[str, int] = {}  # address of an app that runs → the file descriptor of what its server logs


@contextmanager
def running_app(root: Path = ROOT, port: int | None = None):
    """Starts the app that lies in `root`, on a free port if none is given, and gives its address once it answers."""
    port = port or free_port()
    with tempfile.TemporaryFile() as log:
        options = ["--server.headless", "true", "--server.address", "127.0.0.1", "--server.port", str(port)]
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", *options], cwd=root, stdout=log, stderr=log
        )
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
                    break
                except OSError:
                    if server.poll() is not None:
                        log.seek(0)
                        raise RuntimeError(f"The app ended: {log.read().decode(errors='replace')}") from None
                    time.sleep(0.1)
            else:
                raise RuntimeError("The app does not answer.")
            running_app.pid = server.pid
            logs[address] = log.fileno()
            yield address
        finally:
            server.terminate()
            server.wait(PATIENCE / 1000)


def components_in(frames: list[bytes]) -> set[str]:
    """Keys of the components that the server sent in these frames of its web socket."""
    keys = set()
    for frame in frames:
        message = ForwardMsg.FromString(frame)
        if message.delta.new_element.HasField("bidi_component"):
            keys.add(message.delta.new_element.bidi_component.id.rpartition("-")[2])
    return keys


def box_at_rest(locator: Locator) -> dict[str, float]:
    """The bounding box of an element in the window once it has stayed where it is for ten frames, as nothing does whose
    expander is still opening."""
    locator.evaluate(
        """async element => {
          const place = () => JSON.stringify(element.getBoundingClientRect())
          let last = place()
          for (let same = 0; same < 10; ) {
            await new Promise(requestAnimationFrame)
            const now = place()
            same = now === last ? same + 1 : 0
            last = now
          }
        }"""
    )
    return locator.bounding_box()


# JavaScript: waits until nothing has moved for some frames, as after another size of the window.
SETTLED = """async () => {
  const main = document.querySelector('.stMain')
  const look = () => [...main.querySelectorAll('*')].map(element => element.getBoundingClientRect().bottom).join()
  for (let last = '', same = 0; same < 8; ) {
    await new Promise(requestAnimationFrame)
    const now = look()
    same = now === last ? same + 1 : 0
    last = now
  }
}"""


def said_in(language: str, sentence: str, **values) -> str:
    """A sentence of the app in one of its languages."""
    before = spoken()
    use(language)
    try:
        return _(sentence, **values)
    finally:
        use(before)


class DrawPage:
    """The Draw page as a person uses it.

    Args:
        page: a fresh page of the browser.
        address: of the app.
        awake: whether to wait until the network is.
        language: of the browser, as the app names it.
    """

    def __init__(self, page: Page, address: str, awake: bool = True, language: str = SOURCE):
        self.page, self.language = page, language
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        self.answer = page.locator(".st-key-answer")
        self.headline = page.locator(".st-key-answer .dd-headline")
        self.words = page.locator(".st-key-answer .dd-words")
        self.shares = page.locator(".st-key-probabilities .dd-share")
        self.canvas = page.locator(".st-key-canvas canvas.upper-canvas")
        self.brush = page.locator(".st-key-canvas input[type=range]")
        self.canvas.wait_for()
        if awake:
            expect(self.words).to_have_text(self.said("Draw a digit, as large as you like."), timeout=WAKING)

    def said(self, sentence: str, **values) -> str:
        """A sentence of the app in the language of this page."""
        return said_in(self.language, sentence, **values)

    def strokes(self, text: str, extent: float = 0.6) -> Strokes:
        """A drawing in the notation of `strokes.parse` as points of the window, in the middle of the canvas."""
        box = box_at_rest(self.canvas)
        centre = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        return placed(parse(text), extent * box["width"], centre)

    def pen_down(self, stroke: np.ndarray) -> None:
        """One stroke without lifting the pen at its end."""
        mouse = self.page.mouse
        mouse.move(*stroke[0])
        mouse.down()
        for point in stroke[1:]:
            mouse.move(*point, steps=4)

    def draw(self, text: str, extent: float = 0.6) -> None:
        """A drawing, stroke by stroke."""
        for stroke in self.strokes(text, extent):
            self.pen_down(stroke)
            self.page.mouse.up()

    def press(self, name: str) -> None:
        """Clicks the button of this accessible name."""
        self.page.get_by_role("button", name=self.said(name), exact=True).click()

    def broaden(self, steps: int) -> None:
        """Makes the brush broader, by keys."""
        self.press("Brush")
        for step in range(steps):
            self.brush.press("ArrowRight")
        self.page.keyboard.press("Escape")

    def percents(self) -> list[int]:
        """What the eleven bars say."""
        return [int(text.removesuffix("%")) for text in self.shares.all_inner_texts()]

    def picture(self) -> str:
        """What the network saw, as a data URL."""
        return self.page.evaluate(PICTURE)

    def expect_digit(self, digit: str, timeout: int = PATIENCE) -> None:
        """Waits until the answer is `digit`, and checks that the bars say the same."""
        expect(self.headline).to_have_text(digit, timeout=timeout)
        winner = '.st-key-probabilities li[data-winner="true"] .dd-digit, .dd-sum[data-winner="true"] b'
        expect(self.page.locator(winner)).to_have_text(digit)

    def expect_empty(self) -> None:
        """Waits until nothing is drawn, nothing claimed, and the canvas is blank."""
        expect(self.words).to_have_text(self.said("Draw a digit, as large as you like."))
        expect(self.headline).to_be_empty()
        expect(self.shares).to_have_text(["0%"] * 11)
        self.page.wait_for_function(f"{COUNT_INK}() === 0")

    def listen(self) -> list[bytes]:
        """Opens the page anew; the list fills with the frames that its server sends, for `components_in`."""
        frames: list[bytes] = []
        self.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame)))
        self.page.reload()
        expect(self.words).to_have_text(self.said("Draw a digit, as large as you like."))
        return frames

    def sent_while_the_pen_is_down(self, frames: list[bytes]) -> list[bytes]:
        """Draws a 4, whose second stroke is not finished; what came through the web socket from its beginning on.

        Args:
            frames: as `listen` gives them.
        """
        self.canvas.wait_for()
        first, second = self.strokes(FOUR)
        self.pen_down(first)
        expect(self.headline).not_to_be_empty()
        self.page.mouse.up()
        self.wait_until_run()
        assert {"canvas_view", "bars_view"} <= components_in(frames)
        frames.clear()
        self.pen_down(second)
        self.expect_digit("4")
        sent = list(frames)
        self.page.mouse.up()
        return sent

    def wait_until_read(self) -> None:
        """Waits until the finished drawing has been read: only then does a screen reader hear the answer."""
        expect(self.answer.locator(".dd-answer")).to_have_attribute("data-finished", "true")

    def wait_until_run(self) -> None:
        """Waits until the page's script knows the finished drawing, and has ended."""
        self.page.wait_for_function(KNOWN)
        self.at_rest()

    def at_rest(self) -> None:
        """Waits until the page's script has ended."""
        self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()

    def download(self, label: str) -> bytes:
        """What the button of this name lets one take away, once the page has come to rest."""
        self.at_rest()
        with self.page.expect_download() as download:
            self.page.get_by_test_id("stDownloadButton").get_by_role("button", name=label).click()
        return Path(download.value.path()).read_bytes()

    def go(self, title: str) -> None:
        """Takes the menu's way to a page."""
        self.page.locator('[data-testid$="NavLink"]').filter(has_text=self.said(title)).first.click()

    def ink(self) -> int:
        """How many pixels of the canvas hold ink, once there is a canvas."""
        counted = f"() => {{ const inked = {COUNT_INK}(); return Number.isNaN(inked) ? null : {{ inked }} }}"
        return self.page.wait_for_function(counted).json_value()["inked"]


# What the steps of "Look inside" are called, and in the address.
STEPS = {
    "Overview": "overview",
    "1 Picture": "picture",
    "2 Convolution": "convolution",
    "3 ReLU": "relu",
    "4 Pooling": "pooling",
    "5 Deeper": "deeper",
    "6 Sums": "sums",
    "7 Softmax": "softmax",
    "8 Why?": "why",
    "Training": "training",
    "Numbers": "numbers",
}
# What the parts of "How good is it?" are called in the address.
PARTS = [
    "accuracy",
    "mistakes",
    "digits",
    "certainty",
    "disturbances",
    "numbers",
    "no_digit",
    "teaching",
    "training",
    "origin",
    "layers",
]


class InsidePage:
    """The page "Look inside" as a person uses it.

    Args:
        visitor: at the Draw page, from which the menu leads here.
    """

    def __init__(self, visitor: DrawPage):
        self.visitor, self.page = visitor, visitor.page
        self.go = visitor.go
        self.go("Look inside")
        self.page.locator(".st-key-step_overview").wait_for()

    def open(self, step: str) -> None:
        """Goes to the step of this name; waits until it alone is there and the page's script has ended."""
        self.page.locator(".st-key-step").get_by_text(step, exact=True).click()
        expect(self.page.locator(".st-key-step [aria-checked=true]")).to_have_text(step)
        self.page.locator(f".st-key-moment .dd-moment[data-step={STEPS[step]}]").wait_for(state="attached")
        self.visitor.at_rest()

    def figure(self, key: str, name: str) -> Locator:
        """A figure of the component with this key: a canvas in a frame, or a table of numbers."""
        return self.page.locator(f'.st-key-{key} .dd-figure[data-name="{name}"]')

    def slider(self, key: str) -> Locator:
        return self.page.locator(f".st-key-{key}:not([data-stale=true]) input[type=range]")

    def click(self, picture: Locator, column: float, row: float) -> None:
        """Clicks at a place of a picture, given as shares of its width and height, once the page has come to rest."""
        self.visitor.at_rest()
        box = box_at_rest(picture)
        picture.click(position={"x": column * box["width"], "y": row * box["height"]})


class NumbersPage:
    """The page "Read a number" as a person uses it.

    Args:
        visitor: at the Draw page, from which the menu leads here.
    """

    def __init__(self, visitor: DrawPage):
        self.visitor, self.page = visitor, visitor.page
        self.go, self.press, self.at_rest, self.download = visitor.go, visitor.press, visitor.at_rest, visitor.download
        self.go("Read a number")
        self.canvas = self.page.locator(".st-key-numbers .st-key-canvas canvas.upper-canvas")
        self.reading = self.page.locator(".st-key-reading .dd-lines")
        self.words = self.page.locator(".st-key-reading .dd-how-sure")
        self.read = self.page.locator(".st-key-reading_beside .dd-lines")  # on a picture
        self.text = self.page.locator(".stCode code").filter(visible=True)
        self.canvas.wait_for()
        expect(visitor.answer).to_have_count(0)  # the page before this one is gone, and nothing moves any more
        expect(self.words).not_to_be_empty()

    def strokes(self, text: str, column: float, extent: float = 0.6) -> Strokes:
        """A digit in the notation of `strokes.parse` as points of the window; `column` is its place, 0 to 1, and `extent`
        its size as a share of the canvas's height."""
        self.page.locator(".stMain").evaluate("main => main.scrollTo(0, 0)")
        box = box_at_rest(self.canvas)
        centre = (box["x"] + column * box["width"], box["y"] + box["height"] / 2)
        return placed(parse(text), extent * box["height"], centre)

    def write(self, text: str, column: float) -> None:
        """A digit, stroke by stroke."""
        for stroke in self.strokes(text, column):
            self.visitor.pen_down(stroke)
            self.page.mouse.up()

    def expect_number(self, number: str) -> None:
        """Waits until the number is read on the sheet and stands in the text to copy, with a box around each digit."""
        expect(self.reading).to_have_text(number)
        expect(self.text).to_have_text(number)
        expect(self.page.locator(".st-key-canvas .dd-box-of")).to_have_count(len(number))

    def pictures(self) -> None:
        """Opens the half of the page where pictures are read."""
        self.page.get_by_role("tab", name=self.visitor.said("Picture")).click()
        expect(self.page.get_by_text(self.visitor.said("Or take an example"))).to_be_visible()

    def upload(self, *files: tuple[str, bytes]) -> None:
        """Uploads files: name and content of each."""
        sent = [{"name": name, "mimeType": "image/png", "buffer": content} for name, content in files]
        self.page.locator(".st-key-uploads input[type=file]").set_input_files(sent)

    def correct(self, row: int, label: str) -> None:
        """Puts right the reading in a row of the table, counted from 0. Where the page was not at rest yet, the table may
        be made anew under the mouse; then one double-clicks again."""
        table = self.page.locator('[class*="st-key-characters_"] [data-testid="stDataFrame"]')
        choice = self.page.locator("#portal [role=combobox]")
        for attempt in range(10):
            self.at_rest()
            table.scroll_into_view_if_needed()
            box = table.bounding_box()
            # The reading stands in the second column, from 15 to 34 % of the width.
            self.page.mouse.dblclick(box["x"] + 0.22 * box["width"], box["y"] + 35 + 44 * row + 22)
            try:
                choice.wait_for(timeout=PATIENCE / 10)
                break
            except TimeoutError:
                self.page.keyboard.press("Escape")
        choice.fill(label)
        choice.press("Enter")


class TeachPage:
    """The page "Teach it" as a person uses it.

    Args:
        visitor: at the Draw page, from which the menu leads here.
    """

    def __init__(self, visitor: DrawPage):
        self.visitor, self.page = visitor, visitor.page
        self.press, self.draw, self.at_rest, self.download = visitor.press, visitor.draw, visitor.at_rest, visitor.download
        visitor.go("Teach it")
        self.page.locator(".st-key-teaching").wait_for()
        self.at_rest()
        self.take = self.page.locator(".st-key-take button")
        self.pictures = self.page.locator(".st-key-gallery .dd-row button")
        self.groups = self.page.locator(".st-key-gallery section h4")

    def choose(self, way: str) -> None:
        """Your hand, or New symbols."""
        self.page.locator(".st-key-teach_mode button").filter(has_text=way).click()

    def name(self, symbol: str) -> None:
        """Gives the symbol a name."""
        self.choose("New symbols")
        field = self.page.get_by_label("Name of the symbol")
        field.fill(symbol)
        field.press("Enter")
        expect(self.take).to_have_text(re.compile(f"Take it as {re.escape(symbol)}$"))

    def teach(self, text: str) -> None:
        """Draws an example and takes it; waits until it is there and the sheet is empty."""
        count = self.pictures.count()
        self.draw(text)
        self.visitor.wait_until_run()
        self.take.click()
        expect(self.pictures).to_have_count(count + 1)
        self.expect_empty()

    def expect_empty(self) -> None:
        """Waits until nothing is on the sheet."""
        self.page.wait_for_function(f"{COUNT_INK}() === 0")
        self.at_rest()
