"""A class of pupils on the app, as figures: prints them, asserts nothing.

    python tests/load.py [--pupils 30] [--trainees 0] [--minutes 2] [--runs 3] [--classes 1] [--numbers] [--overview]
                         [--troublemaker] [--url http://…]

Each pupil speaks as a browser does, by HTTP and Streamlit's web socket, without being one: thirty browsers would take
the cores that the server needs. What is sent is made before the clock starts. Each run has a fresh server, unless
--url names one, or several behind one address; of those neither memory nor CPU time is seen.

With --numbers all of them are on Read a number and write numbers of five digits, beside each other on a wide sheet.
With --overview all of them look at the whole network while they draw: each live answer brings its feature maps.
With --troublemaker one more sends, without a pause, what takes longest to read: files to the API, drawings to the route that
answers while a number is written, and, on one web socket after the other, a large state with which the page is to run.
"""

import argparse
import asyncio
import base64
import gzip
import io
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import aiohttp
import numpy as np
from PIL import Image
from playwright.sync_api import Error as BrowserError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState, ContextInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from model.data.dataset import VALIDATION_WRITERS, by_writers, load_pen_digits, on_this_machine
from model.data.examples import EXAMPLES
from model.ink.strokes import Strokes, draw, parse, placed
from tests.browser import WAKING, DrawPage, open_browser, running_app
from tests.hostile import encoded, grid, large, salt, specks, tiff_of_shared_tiles, zigzags
from tests.processes import cpu, memory

POOL = 60  # drawings in all; two pupils of thirty seldom draw the same at a time
WRITERS = tuple(range(1, VALIDATION_WRITERS[-1] + 1))  # of the pen digits; none of those that the report is about

# How it is drawn, in seconds.
POINT = 0.03  # the writers' pens took 0.01 s from point to point; on a sheet as large as this one is slower
DIGIT = (1.0, 2.0)  # the shortest and the longest that the pen is down for a digit
PICTURE = 0.04  # from one picture of the moving pen to the next that there is
SAMPLE_INTERVAL = 1 / 20  # at the least between two pictures that are sent, as in components/canvas/sheet.js
REST = 2  # and so many times as long as the last answer took, also as there
LATEST, LATE, LATEST_BUSY = 0.15, 3, 3.0  # after a stroke, when the page is told of it, answered or not, also as there
BETWEEN_STROKES = (0.15, 0.3)
LOOKING = (1.0, 3.0)  # at the answer
AFTER_CLEAR = 0.3  # until the pen is down again
ELSEWHERE = 2.0  # on another page
OTHER_PAGES = ("inside", "report", "numbers")
LEAVES = 0.1  # how likely another page is opened before the next digit
JOINING = 10  # in which the whole class comes in
LEFT, RECOVERED = 10, 60  # that the server has, once a class or a troublemaker has left, before its memory is read
FLOOD, FLOOD_BYTES = 100, 2**20  # messages on each of a troublemaker's web sockets, and bytes of each

# As in components/live/answers.js: when an answer is given up at first, when at the latest, and how long for.
ANSWER_TIMEOUT, LONGEST_TIMEOUT, PAUSE = 5, 40, 1
PATIENCE = 60  # seconds after which a run of the page counts as lost
CONNECTIONS = 6  # that a browser opens to one address
KEPT = 4  # seconds for a connection: uvicorn closes it after 5, and a browser, not aiohttp, then sends a POST again
MINUTE = 60

CONTEXT = ContextInfo(timezone="UTC", timezone_offset=0, locale="en-US", is_embedded=False, color_scheme="light")
FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


# ── What the pupils draw ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Sheet:
    """What is drawn on, as app_pages/parts/visit.py has it. Lengths are pixels of the sheet.

    Attributes:
        page: that it is on, by its address.
        width, height, brush: of the sheet.
        scale: so many times smaller it is sent.
        extent: longer side of a digit.
        digits: that are drawn beside each other, as far apart as `apart` from middle to middle.
        live: the route that answers while the pen is down.
        canvas, answer: how the names of the components end that send drawings and show answers.
    """

    page: str
    width: int
    height: int
    brush: int
    scale: int
    extent: int
    digits: int
    apart: int
    live: str
    canvas: str
    answer: str

    def read(self, answer: dict) -> str:
        """What an answer says that was drawn; "" if it was not read."""
        if "lines" in answer:
            return "\n".join("".join(character["label"] for character in line) for line in answer["lines"])
        return answer["headline"][:1]


DIGIT_SHEET = Sheet("", 560, 560, 36, 2, 340, 1, 0, "live/digit", "-canvas_view", "-answer_view")
NUMBER_SHEET = Sheet("numbers", 900, 260, 14, 1, 130, 5, 160, "live/number", "-number_view", "-reading_view")


@dataclass(frozen=True)
class Stroke:
    """One stroke and all that is sent of it: PNGs while it is drawn, and once it is finished, of the drawing so far.

    Attributes:
        seconds: that it takes.
        pictures: of the moving pen, one for each `PICTURE` seconds.
        finished: of all finished strokes.
        state: what the canvas tells of them, without the braces and what tells it from others.
    """

    seconds: float
    pictures: list[bytes]
    finished: bytes
    state: str


def png(strokes: Strokes, sheet: Sheet) -> bytes:
    """The picture that a browser's canvas gives of these strokes: ink in the alpha channel, the rest zero."""
    picture = np.zeros((sheet.height // sheet.scale, sheet.width // sheet.scale, 4), np.uint8)
    if strokes:
        picture[..., 3] = Image.fromarray(draw(strokes, sheet.brush, sheet.width, sheet.height)).reduce(sheet.scale)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def told(picture: bytes) -> str:
    """What the canvas tells of a drawing, without the braces and what tells it from others."""
    return f'"picture": "data:image/png;base64,{base64.b64encode(picture).decode("ascii")}"'


def prepared(digits: list[Strokes], sheet: Sheet) -> list[Stroke]:
    """A digit, or several beside each other, with all pictures of them."""
    strokes, seconds = [], []
    for number, digit in enumerate(digits):
        x = sheet.width / 2 + (number - (len(digits) - 1) / 2) * sheet.apart
        digit = placed(digit, sheet.extent, (x, sheet.height / 2))
        points = sum(map(len, digit))
        strokes += digit
        seconds += [np.clip(points * POINT, *DIGIT) / points] * len(digit)
    result = []
    for number, (stroke, each) in enumerate(zip(strokes, seconds, strict=True)):
        before, long = strokes[:number], len(stroke) * each
        reached = [max(1, round(at / each)) for at in np.arange(PICTURE, long + PICTURE, PICTURE)]
        finished = png(strokes[: number + 1], sheet)
        pictures = [png([*before, stroke[:end]], sheet) for end in reached]
        result.append(Stroke(long, pictures, finished, told(finished)))
    return result


def pool(sheet: Sheet) -> list[tuple[str, list[Stroke]]]:
    """What is drawn, with labels: real digits if they are on this machine, else the project's own."""
    file = on_this_machine("pen_digits")
    if file is None:
        digits = [(str(label), parse(text)) for label, texts in EXAMPLES.items() for text in texts]
    else:
        digits = [(str(digit.label), digit.strokes) for digit in by_writers(load_pen_digits(file), WRITERS)]
    rng = np.random.default_rng(0)
    drawn = ([digits[index] for index in rng.integers(len(digits), size=sheet.digits)] for _ in range(POOL))
    return [("".join(label for label, _ in some), prepared([strokes for _, strokes in some], sheet)) for some in drawn]


def files_of_a_page(address: str) -> list[str]:
    """What a browser that has nothing cached fetches with the first page; empty if there is no browser."""
    found = []
    try:
        with open_browser() as browser:
            page = browser.new_page()
            page.on("request", lambda request: request.method == "GET" and found.append(request.url))
            DrawPage(page, address)
            page.wait_for_load_state("networkidle")
    except (BrowserError, OSError, subprocess.CalledProcessError) as error:
        print(f"No browser, so the files of the page are left out ({str(error).splitlines()[0]})")
    return [url for url in found if url.startswith(address) and url.removeprefix(address) not in ("", "/")]


# ── What is measured ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Figures:
    """What happened to one class. Times are in milliseconds, amounts in bytes.

    Attributes:
        readings: of each picture, what was first read on it; the same for all classes.
        live, lifted, finished, first, other, begun, points: how long answers, pages and points of curves took.
        counts: of what happened, of bytes and of what went wrong.
        pen_down: seconds of all pupils together.
    """

    readings: dict[bytes, str]
    live: list[float] = field(default_factory=list)
    lifted: list[float] = field(default_factory=list)
    finished: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    other: list[float] = field(default_factory=list)
    begun: list[float] = field(default_factory=list)
    points: list[float] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)
    errors: Counter = field(default_factory=Counter)
    pen_down: float = 0.0

    def check(self, picture: bytes, read: str, way: str) -> None:
        """Notes where the same picture is read in another way than before: it may be another pupil's answer."""
        if self.readings.setdefault(picture, read) != read:
            self.counts[f"wrong {way}"] += 1

    def failed(self, error: BaseException) -> None:
        for one in error.exceptions if isinstance(error, BaseExceptionGroup) else [error]:
            self.errors[f"{type(one).__name__}: {one}"[:100]] += 1

    def rows(self, pupils: int, seconds: float, server: float | None, own: float) -> dict[str, float]:
        """The figures by name; what cannot be said is left out.

        Args:
            seconds: that the class took.
            server, own: CPU seconds of the server, if they are known, and of all pupils.
        """
        counts, rows = self.counts, {}
        for name in NAMES:
            if values := getattr(self, name):
                rows[f"{NAMES[name]}, p50, ms"], rows[f"{NAMES[name]}, p95, ms"] = np.percentile(values, [50, 95])
        if self.points:
            rows["the longest that one waited for a new point, ms"] = max(self.points)
        answers = len(self.live) + len(self.finished)
        if self.pen_down:
            rows["live answers per second and pupil while drawing"] = counts["while drawing"] / self.pen_down
        rows["script runs per second"] = counts["runs"] / seconds
        if counts["drawings"]:
            rows["drawings read right, %"] = 100 * counts["right"] / counts["drawings"]
        for way, times in (("live", len(self.live)), ("finished", len(self.finished))):
            if times:
                rows[f"bytes up for each {way} answer"] = counts[f"{way} up"] / times
                rows[f"bytes down for each {way} answer"] = counts[f"{way} down"] / times
        if server is not None:
            rows["CPU seconds of the server in a minute"] = server * MINUTE / seconds
            rows["CPU of the server for each answer, ms"] = 1000 * server / max(1, answers)
        rows[f"CPU seconds of {pupils} pupils in a minute"] = own * MINUTE / seconds
        return rows

    def happened(self) -> Counter:
        """What is counted and not averaged."""
        return Counter(
            {
                "live answers": len(self.live),
                "finished drawings answered": len(self.finished),
                "finished drawings overtaken by the next stroke": self.counts["overtaken"],
                "finished drawings for which no network was there": self.counts["unread"],
                "pages opened": len(self.first) + len(self.other),
                "wrong live answers": self.counts["wrong live"],
                "wrong answers to finished drawings": self.counts["wrong finished"],
                "trainings that came to their end": self.counts["trainings"],
                "sockets closed by the server": self.counts["closed"],
                "errors": self.errors.total(),
            }
        )


NAMES = {
    "live": "live answer",
    "lifted": "pen lifted to the last live answer",
    "finished": "pen lifted to the page's answer",
    "first": "first page opened",
    "other": "another page opened",
    "begun": "Train it pressed to the first point of the curve",
    "points": "from one new point of the curve to the next",
}


def show(title: str, rows: dict[str, float], happened: Counter, errors: Counter) -> None:
    print(f"\n{title}")
    for name, value in rows.items():
        print(f"  {name:56}{value:10,.1f}")
    for name, times in happened.items():
        print(f"  {name:56}{times:10,}")
    for error, times in errors.most_common():
        print(f"    {times} × {error}")
    sys.stdout.flush()


def connected(session: aiohttp.ClientSession, address: str, token: str | None = None):
    """A web socket to the page, open in its context."""
    return session.ws_connect(
        address.replace("http", "ws", 1) + "/_stcore/stream",
        protocols=["streamlit", token or "PLACEHOLDER_AUTH_TOKEN"],
        origin=address,
        max_msg_size=0,
    )


# ── A pupil ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Pupil:
    """Draws digit after digit, as one browser would have it sent.

    Args:
        number: among all pupils, of whom there are `pupils`.
        address: of the app.
        sheet: what is drawn on.
        live: the route that answers while the pen is down, with its query.
        files: that come with the first page.
        drawings: as `pool` gives them.
        until: when the lesson is over, on the event loop's clock.
    """

    def __init__(self, number, pupils, address, sheet, live, files, drawings, until, figures: Figures):
        self.address, self.live, self.files, self.until, self.figures = address, live, files, until, figures
        self.rng = np.random.default_rng(number)
        self.timeout = ANSWER_TIMEOUT
        self.paper, self.drawings = sheet, drawings
        self.blank = told(png([], sheet))
        self.turn = number * len(drawings) // pupils  # at any time, each is somewhere else in the pool
        self.now = asyncio.get_running_loop().time
        self.headers = {"Content-Type": "image/png", "Origin": address}

    async def stay(self) -> None:
        """Is there until the lesson is over; where something fails, the page is opened anew."""
        while self.now() < self.until:
            jar = aiohttp.CookieJar(unsafe=True)  # which only means: also where the address is a number
            try:
                async with aiohttp.ClientSession(
                    cookie_jar=jar,
                    connector=aiohttp.TCPConnector(limit_per_host=CONNECTIONS, keepalive_timeout=KEPT),
                    auto_decompress=False,
                    timeout=aiohttp.ClientTimeout(PATIENCE),
                ) as self.session:
                    await self.visit()
            except Exception as error:
                self.figures.failed(error)
                await asyncio.sleep(PAUSE)

    async def visit(self) -> None:
        start = self.now()
        self.widgets, self.pages, self.page = {}, {}, ""
        self.count, self.sheet, self.tellings, self.unanswered = 0, 0, 0, {}
        self.run_over, self.over, self.leaving, self.finishing = lambda: True, None, False, False
        self.sampled, self.paused, self.took, self.lasted = 0.0, 0.0, 0.0, 0.0
        self.asking, self.newest = asyncio.Lock(), 0
        await self.fetch(self.address)
        await asyncio.gather(*map(self.fetch, self.files))
        token = next((cookie.value for cookie in self.session.cookie_jar if cookie.key == "_streamlit_xsrf"), None)
        async with connected(self.session, self.address, token) as self.socket, asyncio.TaskGroup() as group:
            self.start = group.create_task
            self.start(self.listen())
            await self.run(lambda: True)
            self.figures.first.append((self.now() - start) * 1000)
            await self.work()
            self.leaving = True
            await self.socket.close()

    async def work(self) -> None:
        """What is done on the page until the lesson is over."""
        if self.paper.page:
            await self.open(self.pages[self.paper.page])
        while self.now() < self.until:
            await self.draw(*self.drawings[self.turn % len(self.drawings)])
            self.turn += 1
            if self.rng.random() < LEAVES:
                await self.look_elsewhere()
            await self.wipe()

    async def fetch(self, url: str) -> None:
        async with self.session.get(url) as response:
            await response.read()
            if response.status != 200:
                self.figures.errors[f"GET: status {response.status}"] += 1

    async def draw(self, label: str, strokes: list[Stroke]) -> None:
        """A digit or a number, stroke by stroke, in the time that it takes, and a look at the answer."""
        self.read = ""
        for stroke in strokes:
            end = self.now() + stroke.seconds
            await self.ask_while_drawing(stroke, end)
            self.figures.pen_down += stroke.seconds
            self.count += 1
            self.unanswered["", self.count] = (end, stroke.finished)
            asking = self.start(self.ask_once_drawn(stroke, end))
            telling = self.start(self.tell_once_answered(stroke, asking, self.count))
            await asyncio.sleep(self.rng.uniform(*BETWEEN_STROKES))
        await telling
        await asyncio.sleep(self.rng.uniform(*LOOKING))
        self.figures.counts["drawings"] += 1
        self.figures.counts["right"] += self.read == label

    async def ask_while_drawing(self, stroke: Stroke, end: float) -> None:
        """Live answers, one after the other, while the pen is down."""
        begin = end - stroke.seconds
        while True:
            pace = max(SAMPLE_INTERVAL, REST * self.took)
            await asyncio.sleep(min(end, max(self.sampled + pace, self.now() + 0.01)) - self.now())
            at = self.now()
            if at >= end:
                break
            if self.asking.locked() or at < self.paused:
                continue
            self.sampled = at
            picture = stroke.pictures[min(int((at - begin) / PICTURE), len(stroke.pictures) - 1)]
            self.start(self.ask(picture)).add_done_callback(self.count_while_drawing)

    def count_while_drawing(self, asking) -> None:
        self.figures.counts["while drawing"] += not asking.cancelled() and asking.exception() is None and asking.result()

    async def ask_once_drawn(self, stroke: Stroke, end: float) -> None:
        """A live answer to what was drawn."""
        if await self.ask(stroke.finished):
            self.figures.lifted.append((self.now() - end) * 1000)

    async def tell_once_answered(self, stroke: Stroke, asking, count: int) -> None:
        """The page is told once there is an answer, or it is late; not of what was drawn on meanwhile."""
        late = self.start(asyncio.sleep(min(max(LATEST, LATE * self.lasted), LATEST_BUSY)))
        await asyncio.wait({asking, late}, return_when=asyncio.FIRST_COMPLETED)
        if not (asking.done() and asking.result()):
            await late
        if count == self.count:
            await self.tell(stroke.state)

    async def ask(self, picture: bytes) -> bool:
        """One live answer; whether there was one. One is asked for at a time, and only the newest question waits."""
        if self.now() < self.paused:
            return False
        self.newest = newest = self.newest + 1
        async with self.asking:
            return newest == self.newest and await self.answered(picture)

    async def answered(self, picture: bytes) -> bool:
        sent = self.now()
        figures = self.figures
        try:
            async with self.session.post(
                f"{self.address}/{self.live}",
                data=picture,
                headers=self.headers,
                timeout=aiohttp.ClientTimeout(self.timeout),
            ) as response:
                body = await response.read()
            if response.status != 200:
                raise ValueError(f"status {response.status}")
            answer = json.loads(gzip.decompress(body) if response.headers.get("Content-Encoding") == "gzip" else body)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            figures.errors[f"live answer: {type(error).__name__} {error}"[:100]] += 1
            self.paused = self.now() + PAUSE
            if isinstance(error, TimeoutError):
                self.lasted = self.timeout
                self.timeout = min(2 * self.timeout, LONGEST_TIMEOUT)
            return False
        self.timeout = ANSWER_TIMEOUT
        self.took = self.lasted = self.now() - sent
        figures.live.append(self.took * 1000)
        figures.counts["live up"] += len(picture)
        figures.counts["live down"] += len(body)
        figures.check(picture, self.paper.read(answer), "live")
        return True

    # ── By the web socket ───────────────────────────────────────────────────────────────────────────────────────────

    async def send(self, page: str, finishing: bool = False) -> None:
        """Has the page's script run, with what its widgets are at."""
        state = ClientState(page_script_hash=page, context_info=CONTEXT)
        state.context_info.url = f"{self.address}/"
        state.widget_states.widgets.extend(self.widgets.values())
        frame = BackMsg(rerun_script=state).SerializeToString()
        self.finishing = finishing
        if finishing:
            self.figures.counts["finished up"] += len(frame)
        await self.socket.send_bytes(frame)

    async def run(self, done, **message) -> None:
        """Sends, and waits for the end of a run after which `done()`."""
        self.run_over, self.over = done, asyncio.get_running_loop().create_future()
        await self.send(**{"page": self.page, **message})
        await asyncio.wait_for(self.over, PATIENCE)

    async def tell(self, state: str) -> None:
        """What the canvas tells the page once a drawing is finished."""
        name = self.canvas
        self.tellings += 1
        of = f'"order": "", "count": {self.count}, "sheet": {self.sheet}, "telling": {self.tellings}'
        value = f'{{"drawing": {{{of}, {state}}}}}'
        self.widgets[name] = WidgetState(id=name, json_value=value)
        await self.send(self.page, finishing=True)

    async def wipe(self) -> None:
        """Clears the sheet: the canvas does it, and tells the page afterwards."""
        self.figures.counts["overtaken"] += len(self.unanswered)
        self.unanswered.clear()
        self.count += 1
        self.sheet += 1
        await self.tell(self.blank)
        await asyncio.sleep(AFTER_CLEAR)

    async def look_elsewhere(self) -> None:
        """Opens another page, and comes back."""
        own = self.page
        others = [page for page in OTHER_PAGES if self.pages[page] != own]
        await self.open(self.pages[self.rng.choice(others)])
        await asyncio.sleep(ELSEWHERE)
        await self.open(own)

    async def open(self, page: str) -> None:
        """Opens another page."""
        self.widgets.clear()
        start = self.now()
        await self.run(lambda: self.page == page, page=page)
        self.figures.other.append((self.now() - start) * 1000)

    async def listen(self) -> None:
        """Takes up what the server sends, until the pupil leaves."""
        async for frame in self.socket:
            if frame.type is aiohttp.WSMsgType.BINARY:
                if self.finishing:
                    self.figures.counts["finished down"] += len(frame.data)
                self.take(ForwardMsg.FromString(frame.data))
        if not self.leaving:
            self.figures.counts["closed"] += 1
            raise ConnectionError(f"The server closed the socket: {self.socket.close_code}")

    def take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self.take_element(message.delta.new_element)
        elif kind == "navigation":
            self.page = message.navigation.page_script_hash
            self.pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
        elif kind == "script_finished":
            self.figures.counts["runs"] += 1
            done = message.script_finished in FINISHED and self.run_over()
            if done and self.over is not None and not self.over.done():
                self.over.set_result(None)

    def take_element(self, element) -> None:
        kind = element.WhichOneof("type")
        if kind == "bidi_component":
            name = element.bidi_component.id
            if name.endswith(self.paper.canvas):
                self.canvas = name
            elif name.endswith(self.paper.answer):
                self.take_answer(**json.loads(element.bidi_component.json))
        elif kind == "button_group" and element.button_group.id.endswith("-verdict"):
            name = element.button_group.id
            self.widgets[name] = WidgetState(id=name, string_array_value={})
        elif kind == "exception":
            self.figures.errors[f"script: {element.exception.type} {element.exception.message}"[:100]] += 1

    def take_answer(self, of: list, answer: dict, **_) -> None:
        """The page's answer to a finished drawing; one that an older run says again is of no interest."""
        of, figures = tuple(of), self.figures
        if of not in self.unanswered:
            return
        for earlier in list(self.unanswered):
            sent, picture = self.unanswered.pop(earlier)
            if earlier == of:
                break
            figures.counts["overtaken"] += 1
        read = self.paper.read(answer)
        if not read:
            figures.counts["unread"] += 1  # the server was started anew
            return
        self.read = read
        figures.finished.append((self.now() - sent) * 1000)
        figures.check(picture, read, "finished")


# ── One who trains ──────────────────────────────────────────────────────────────────────────────────────────────────


class Trainee(Pupil):
    """Trains the textbook's CNN, as often as there is time, and watches how it learns."""

    async def work(self) -> None:
        self.train, self.watched, self.is_busy = None, None, False
        await self.run(lambda: self.page == self.pages["train"], page=self.pages["train"])
        while self.now() < self.until:
            self.curve, self.pressed, self.seen = b"", self.now(), None
            self.widgets = {self.train: WidgetState(id=self.train, trigger_value=True)}
            await self.run(lambda: self.is_busy)
            self.widgets = {}
            while self.is_busy and self.now() < self.until:
                await asyncio.sleep(self.watched[1])
                self.finishing = False
                state = ClientState(page_script_hash=self.page, context_info=CONTEXT, fragment_id=self.watched[0])
                state.is_auto_rerun = True
                await self.socket.send_bytes(BackMsg(rerun_script=state).SerializeToString())
            self.figures.counts["trainings"] += not self.is_busy

    def take(self, message: ForwardMsg) -> None:
        if message.WhichOneof("type") == "auto_rerun":
            self.watched = message.auto_rerun.fragment_id, message.auto_rerun.interval
        super().take(message)

    def take_element(self, element) -> None:
        kind = element.WhichOneof("type")
        if kind == "button" and element.button.id.endswith("-own_train"):
            self.train, self.is_busy = element.button.id, element.button.disabled
        elif kind == "vega_lite_chart" and element.vega_lite_chart.alt.startswith("Read right"):
            chart = element.vega_lite_chart
            curve = chart.data.data + b"".join(part.data.data for part in chart.datasets)
            if self.is_busy and len(curve) > len(self.curve):
                seen = self.seen or self.pressed
                (self.figures.points if self.seen else self.figures.begun).append((self.now() - seen) * 1000)
                self.curve, self.seen = curve, self.now()
        else:
            super().take_element(element)


# ── A troublemaker ──────────────────────────────────────────────────────────────────────────────────────────────────


def trouble() -> list[tuple[str, bytes]]:
    """Where to, and what: each is the slowest of its kind that is known."""
    rng = np.random.default_rng(0)
    pages = [
        specks(2_000, 2_000, 30_000, 8, rng),
        grid(8_000, 8_000, 10, 1)[:5_000],
        salt(2_000, 2_000, 0.2, rng),
        zigzags(2_000, 2_000, 15, 12),
    ]
    files = [*map(encoded, pages), large(8_000, 5_000, "JPEG", detail=12), tiff_of_shared_tiles(6_272, 6_272, 64, 64)]
    ink = np.zeros((260, 900, 4), np.uint8)
    ink[..., 3] = zigzags(900, 260, 10, 5)
    drawing = encoded(ink)
    return [("/api/read", file) for file in files] + [("/live/number", drawing)] * len(files)


async def make_trouble(address: str, sendings: list[tuple[str, bytes]], until: float, answers: Counter) -> None:
    """Sends two at a time, one after the other, and floods the page, until the lesson is over; counts what came of it."""
    now = asyncio.get_running_loop().time

    async def one_after_the_other(session, turn: int) -> None:
        while now() < until:
            path, body = sendings[turn % len(sendings)]
            async with session.post(address + path, data=body) as response:
                await response.read()
                answers[f"{path}: {response.status}"] += 1
            turn += 1

    state = ClientState(context_info=CONTEXT)
    state.widget_states.widgets.add(id="flood", json_value=json.dumps({"drawing": "x" * FLOOD_BYTES}))
    frame = BackMsg(rerun_script=state).SerializeToString()

    async def hear(socket) -> None:
        async for _ in socket:
            pass

    async def flood(session) -> None:
        while now() < until:
            try:
                async with connected(session, address) as socket:
                    hearing = asyncio.create_task(hear(socket))
                    for _ in range(FLOOD):
                        await socket.send_bytes(frame)
                        answers["messages taken"] += 1
                    hearing.cancel()
            except (aiohttp.ClientError, ConnectionError):
                answers["web sockets closed"] += 1

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PATIENCE)) as session:
        await asyncio.gather(
            flood(session), *(one_after_the_other(session, start) for start in (0, len(sendings) // 2))
        )


# ── A class ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def lesson(
    pupils: int, trainees: int, minutes: float, figures: Figures, pid: int | None, sendings: list[tuple[str, bytes]], *page
) -> dict[str, float]:
    """One class comes, draws, and leaves; its figures, and what its server held.

    Args:
        trainees: how many more train a network instead.
        pid: of the server, if it is known.
        sendings: as `trouble` gives them, if there is a troublemaker.
        page: its address, the sheet, the live route, its files, and what is to be drawn.
    """
    now = asyncio.get_running_loop().time
    start, own, before = now(), time.process_time(), pid and cpu(pid)
    until = start + minutes * MINUTE
    held = {}

    async def come(number: int) -> None:
        await asyncio.sleep(JOINING * number / (pupils + trainees))
        await (Pupil if number < pupils else Trainee)(number, pupils, *page, until, figures).stay()

    async def watch() -> None:
        for minute in range(1, int(minutes) + 1):
            await asyncio.sleep(start + minute * MINUTE - now() - 1)  # while all are still there
            held[minute] = memory(pid)
            print(f"    minute {minute}: {held[minute]:.0f} MB, {figures.errors.total()} errors", flush=True)

    watching = asyncio.create_task(watch()) if pid else None
    answers = Counter()
    troublemaker = asyncio.create_task(make_trouble(page[0], sendings, until, answers)) if sendings else None
    await asyncio.gather(*map(come, range(pupils + trainees)))
    if troublemaker:
        await troublemaker
        print(f"    the troublemaker was answered: {dict(answers)}")
    if watching:
        watching.cancel()
    server = cpu(pid) - before if pid else None
    rows = figures.rows(pupils, now() - start, server, time.process_time() - own)
    if held:
        if 2 in held:
            rows["memory of the server after 2 minutes, MB"] = held[2]
        rows["memory of the server at the end, MB"] = held[max(held)]
    if pid:
        await asyncio.sleep(RECOVERED if sendings else LEFT)
        rows["memory of the server when they have left, MB"] = memory(pid)
    return rows


def wait_until_ready(address: str) -> None:
    """Waits until the network of the app is loaded."""
    end = time.monotonic() + WAKING / 1000
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{address}/api/health", timeout=PATIENCE) as response:
                if json.load(response)["ready"]:
                    return
        except urllib.error.HTTPError:
            pass  # 503: it is waking up
        time.sleep(0.2)
    raise TimeoutError("The network does not wake up.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pupils", type=int, default=30)
    parser.add_argument("--trainees", type=int, default=0, help="so many more, who train a network of their own")
    parser.add_argument("--minutes", type=float, default=2, help="that each class stays")
    parser.add_argument("--runs", type=int, default=3, help="each with a server started anew, unless there is --url")
    parser.add_argument("--classes", type=int, default=1, help="in each run, one after the other")
    parser.add_argument("--numbers", action="store_true", help="all write numbers of five digits, on Read a number")
    parser.add_argument("--overview", action="store_true", help="all look at the whole network while they draw")
    parser.add_argument("--troublemaker", action="store_true", help="one more, who sends what takes longest")
    parser.add_argument("--url", help="of an app that is running already")
    options = parser.parse_args()
    if options.numbers and options.overview:
        parser.error("--overview is of Draw: not with --numbers")

    sheet = NUMBER_SHEET if options.numbers else DIGIT_SHEET
    drawings = pool(sheet)
    sendings = trouble() if options.troublemaker else []
    readings, all_rows, happened, errors = {}, [], Counter(), Counter()
    for run in range(1, options.runs + 1):
        with ExitStack() as stack:
            address = options.url.rstrip("/") if options.url else stack.enter_context(running_app())
            pid = None if options.url else running_app.pid
            wait_until_ready(address)
            live = f"{sheet.live}?flow=yes" if options.overview else sheet.live
            page = (address, sheet, live, files_of_a_page(address), drawings)
            if pid:
                print(f"\nrun {run}: {memory(pid):.0f} MB, {cpu(pid):.1f} CPU seconds before it", flush=True)
            for number in range(1, options.classes + 1):
                figures = Figures(readings)
                rows = asyncio.run(lesson(options.pupils, options.trainees, options.minutes, figures, pid, sendings, *page))
                show(f"run {run}, class {number}", rows, figures.happened(), figures.errors)
                all_rows.append(rows)
                happened.update(figures.happened())
                errors.update(figures.errors)
    names = dict.fromkeys(name for rows in all_rows for name in rows)
    medians = {name: statistics.median(rows[name] for rows in all_rows if name in rows) for name in names}
    show(f"medians of {len(all_rows)} classes of {options.pupils}, and all that happened", medians, happened, errors)


if __name__ == "__main__":
    main()
