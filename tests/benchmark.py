"""Speed and memory, as figures: prints them, asserts nothing.

    python tests/benchmark.py

Browser and server run on this machine and share its cores, as they do not in a classroom; quote the medians.
"""

import os
import platform
import re
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from model.data.dataset import on_this_machine
from model.data.disturbances import LEVELS
from model.ink.strokes import draw, parse, placed
from model.networks.stack import MOST_PICTURES, PRESETS, Plan
from tests.browser import (
    CROSSED_SEVEN,
    FOUR,
    PATIENCE,
    PICTURE,
    ROOT,
    ZERO,
    DrawPage,
    InsidePage,
    open_browser,
    running_app,
)
from tests.processes import memory

DEEPEST = "[...document.querySelectorAll('.dd-column canvas')].at(-1).toDataURL()"  # JavaScript: the deepest feature maps
STROKES = 60  # pen lifts that are timed
VISITORS = 12  # that join one after the other, for the memory of each


def main() -> None:
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    recognizing()
    teaching()
    reading()
    reading_too_much()
    looking_inside()
    training()
    starting()
    with open_browser() as browser, running_app() as address:
        pid = running_app.pid
        before = memory(pid)
        page = DrawPage(browser.new_page(viewport={"width": 1280, "height": 800}), address)
        loading(browser, address)
        lifting(page)
        moving(page, "pictures, bars and answers", PICTURE)
        InsidePage(page)
        moving(page, "feature maps of the whole network", DEEPEST)
        class_of_thirty(browser, address, pid, before)
        panels(DrawPage(browser.new_page(viewport={"width": 1280, "height": 800}), address))
        how_good(browser, address)


def report(name: str, values: list[float], unit: str = "ms") -> None:
    """One line: the median, the 95th percentile and how many values."""
    high = float(np.percentile(values, 95))
    print(f"{name:58}{statistics.median(values):8.1f} {unit:5} median {high:8.1f} p95  ({len(values)})", flush=True)


def milliseconds(action, times: int) -> list[float]:
    """How long `action` takes, `times` over, after ten runs that are not counted."""
    for _ in range(10):
        action()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        taken.append((time.perf_counter() - start) * 1000)
    return taken


def recognizing() -> None:
    """`recognize` of a canvas of 280 × 280, and the network alone."""
    from model import Recognizer, prepare

    recognizer = Recognizer.load()
    ink = draw(placed(parse(CROSSED_SEVEN), 170, (140, 140)), 18)
    canvas = np.zeros((280, 280, 4), np.uint8)
    canvas[..., 3] = ink
    picture = prepare(canvas)[None]
    report("recognize, canvas of 280 × 280 RGBA", milliseconds(lambda: recognizer.recognize(canvas), 300))
    report("  of which finding and normalising the ink", milliseconds(lambda: prepare(canvas), 300))
    report("  of which the network", milliseconds(lambda: recognizer.probabilities(picture), 300))
    weights = ROOT / "model" / "digits.keras"
    print(f"weights: {recognizer.network.count_params():,}, {weights.stat().st_size / 1e6:.2f} MB on disk\n")


def teaching() -> None:
    """One answer with examples against one without, and what it takes until a new example counts."""
    from model import Recognizer
    from model.data.examples import example
    from model.data.signs import SIGNS, sign
    from model.reading.taught import Examples

    recognizer = Recognizer.load()
    rng = np.random.default_rng(0)

    def page(strokes):
        return draw(placed(strokes, rng.uniform(110, 210), (140, 140)), 18)

    def drawn(count):
        """So many examples: of ten digits, and of as many signs as there are."""
        labels = [*map(str, range(10)), *SIGNS]
        wanted = [labels[number % len(labels)] for number in range(count)]
        pages = [page(sign(name, rng) if name in SIGNS else example(rng, name)[1]) for name in wanted]
        return Examples.of(pages, wanted)

    ink = page(parse(CROSSED_SEVEN))
    recognizer.adapt([ink], ["7"]).recognize(ink)  # the networks are loaded
    taught = {count: recognizer.with_examples(drawn(count)) for count in (30, 500)}
    # In turn, so that whatever else the machine does slows all of them down.
    times: dict[int, list[float]] = {0: [], **{count: [] for count in taught}}
    for _ in range(400):
        for count, one in ((0, recognizer), *taught.items()):
            times[count] += milliseconds(lambda one=one: one.recognize(ink), 1)
    for count, values in times.items():
        report(f"recognize, with {count} examples", values)
    base = statistics.median(times[0])
    print(f"  {statistics.median(times[500]) / base:.2f} times as long with 500 examples as with none")
    pages = iter([page(sign("★", rng)) for _ in range(110)])
    report(
        "an example given → the next answer uses it, 500 before",
        milliseconds(lambda: taught[500].adapt([next(pages)], ["★"]).recognize(ink), 100),
    )
    print()


def reading() -> None:
    """`read` of a line of six digits on the wide canvas and of what a pen begins there, of a photograph of 12 million pixels,
    and of ten thousand specks."""
    from model import Recognizer
    from model.data.composites import from_strokes, photographed, row
    from model.data.examples import EXAMPLES
    from model.ink.page import find_page

    recognizer = Recognizer.load()
    rng = np.random.default_rng(0)
    source = from_strokes([(int(label), parse(text)) for label, texts in EXAMPLES.items() for text in texts])

    def set_into(height, width, lines, size):
        page = np.zeros((height, width), np.uint8)
        for number, text in enumerate(lines):
            line = row(text, source, size, rng)[:, :width]
            top = round((number + 0.5) * height / len(lines) - line.shape[0] / 2)
            page[top : top + line.shape[0], 20 : 20 + line.shape[1]] = line[:, : width - 20]
        return page

    canvas = set_into(260, 900, ["204719"], 90)
    begun = np.zeros_like(canvas)
    begun[40:55, 120:145] = 255  # a stroke of which there is little yet
    second = set_into(260, 900, ["7"], 90) | np.roll(begun, 300, 1)
    photograph = photographed(set_into(2800, 3800, ["2047193", "8651042", "739158"], 300), rng)[:3000, :4000]
    small = set_into(1200, 1600, ["204719", "865104", "739158"], 14)
    specks = np.zeros((2000, 2000), np.uint8)
    for y, x, side in zip(*rng.integers(0, 1990, (2, 10_000)), rng.integers(1, 9, 10_000), strict=True):
        specks[y : y + side, x : x + side] = 255
    report("read, six digits on a canvas of 900 × 260", milliseconds(lambda: recognizer.read(canvas), 100))
    report("  of which finding the ink", milliseconds(lambda: find_page(canvas), 100))
    report("read, a digit that has just been begun there", milliseconds(lambda: recognizer.read(begun, is_drawn=True), 20))
    report("read, one that has just been begun beside a 7", milliseconds(lambda: recognizer.read(second, is_drawn=True), 20))
    name = f"read, photograph of {photograph.size / 1e6:.0f} million pixels, 20 digits"
    report(name, milliseconds(lambda: recognizer.read(photograph), 10))
    report("read, 18 digits of 14 pixels on 1,600 × 1,200", milliseconds(lambda: recognizer.read(small), 10))
    report("read, ten thousand specks", milliseconds(lambda: recognizer.read(specks), 5))
    print()


def reading_too_much() -> None:
    """`read` of pages of far too much ink: seconds of processor, and memory above what was held before."""
    from model import Recognizer

    recognizer = Recognizer.load()
    rng = np.random.default_rng(0)

    def zigzags(count, height, width):
        page = Image.new("L", (width, height))
        for middle in (np.arange(count) + 0.5) * height / count:
            xs = np.arange(10, width - 10, max(8, height / count / 6)).tolist()
            ys = [middle + 0.35 * height / count * (-1) ** number for number in range(len(xs))]
            ImageDraw.Draw(page).line(list(zip(xs, ys, strict=True)), fill=255, width=4)
        return np.asarray(page)

    def specks(count, height, width):
        page = np.zeros((2_000, 2_000), np.uint8)
        for place in rng.choice(250 * 250, count, replace=False):
            top, left = (8 * place for place in divmod(int(place), 250))
            page[top : top + height, left : left + width] = 255
        return page

    def grid(step, side):
        return np.where((np.arange(side) % step == 0)[:, None] | (np.arange(side) % step == 0), 255, 0).astype(np.uint8)

    pages = {
        **{f"{count} zigzag lines on 2,000 × 2,000": zigzags(count, 2_000, 2_000) for count in (5, 15, 40)},
        "10 zigzag lines on a sheet of 900 × 260": zigzags(10, 260, 900),
        "30,000 specks of 8 pixels": specks(30_000, 2, 4),
        "10,000 specks of 10 pixels": specks(10_000, 2, 5),
        "a grid of 10 pixels on 8,000 × 8,000": grid(10, 8_000),
        "a grid of 40 pixels on 2,000 × 2,000": grid(40, 2_000),
        "salt on 2,000 × 2,000": (255 * (rng.random((2_000, 2_000)) < 0.02)).astype(np.uint8),
        "noise on 2,000 × 2,000": rng.integers(0, 256, (2_000, 2_000)).astype(np.uint8),
    }
    for name, page in pages.items():
        # The peak of the resident memory begins anew (proc(5)).
        Path("/proc/self/clear_refs").write_text("5")
        before, start = memory(os.getpid()), time.process_time()
        left_out = recognizer.read(page).left_out
        taken = time.process_time() - start
        (peak,) = re.findall(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
        above = max(0, int(peak) / 1024 - before)
        print(f"read, {name:52}{taken:8.2f} s of processor {above:6.0f} MB  ({left_out:,} left out)", flush=True)
    print()


def looking_inside() -> None:
    """What the panels of "Look inside" compute."""
    from model import Recognizer
    from model.ink.image import preparation
    from model.networks.anatomy import Anatomy, softmax

    anatomy = Anatomy(Recognizer.load().network)
    ink = draw(placed(parse(CROSSED_SEVEN), 340, (280, 280)), 36, 560)
    picture = preparation(ink).picture
    look = anatomy.look(picture)
    convolution, pooling = anatomy.convolutions[0], anatomy.poolings[0]
    report("look inside: steps to 28 × 28", milliseconds(lambda: preparation(ink), 100))
    report("  all feature maps and logits", milliseconds(lambda: anatomy.look(picture), 100))
    report("  one convolution by hand", milliseconds(lambda: look.convolution(convolution, 0, 9, 9), 100))
    report("  one pooling by hand", milliseconds(lambda: look.pooling(pooling, 0, 4, 4), 100))
    report("  one logit by hand and softmax", milliseconds(lambda: (look.logit(7), softmax(look.logits)), 100))
    report("  integrated gradients, one answer", milliseconds(lambda: anatomy.look(picture).evidence(7), 30))
    report("  occlusion, all answers", milliseconds(lambda: anatomy.look(picture).occlusion(7), 30))
    print()


TRAIN_QUICK = """
import train
train.evaluate = lambda *arguments: {}
options = train.argparse.Namespace(mnist=train.dataset.on_this_machine("mnist"), seed=0, epochs=5)
print(sum(train.train_quick(options)[1]["curves"]["seconds"]))
"""


def training() -> None:
    """Networks that visitors train, without a page: how soon they tell something, how fast they are, what they take."""
    if on_this_machine("mnist") is None:
        print("train your own: MNIST is not on this machine\n")
        return
    from app_pages.parts.jobs import Job, Trainer

    pid, trainer = os.getpid(), Trainer()
    plan = Plan(PRESETS["The textbook's CNN"])

    def begun(plan: Plan = plan) -> Job:
        job = Job(plan)
        trainer.start(job)
        return job

    def awaited(condition) -> float:
        """Seconds until it holds."""
        start = time.perf_counter()
        while not condition():
            time.sleep(0.02)
        return time.perf_counter() - start

    taken = []
    for _ in range(6):
        job = begun()
        taken.append(1000 * awaited(lambda job=job: job.steps))
        awaited(lambda: not trainer._running)
    print(f"train your own: start to the first point, the first time   {taken[0]:10.0f} ms")
    report("train your own: start to the first point", taken[1:])

    job = begun(replace(plan, epochs=30))
    reached = awaited(lambda: any(one["val_accuracy"] >= 0.95 for one in job.epochs) or job.is_over)
    print(f"  start to 95 % of validation, 2,000 pictures              {reached:10.1f} s, in {job.done} epochs")
    job.stop()
    awaited(lambda: not trainer._running)

    before = memory(pid)
    held = [begun(replace(plan, epochs=50)) for _ in range(4)]
    awaited(lambda: all(one.done >= 2 for one in held))
    during = memory(pid)
    trainer.stop()
    awaited(lambda: not trainer._running)
    after = memory(pid)
    each = (during - before) / 4
    print(f"  memory of each of four, while they train and after        {each:10.0f} MB, {after - before:.0f} MB")

    rng = np.random.default_rng(0)
    other, lost = begun(replace(plan, epochs=50)), 0
    for _ in range(20):
        job = begun(replace(plan, epochs=50))
        awaited(lambda job=job: job._process is not None)
        time.sleep(rng.uniform(0, 3))
        job._process.kill()
        awaited(lambda job=job: job.is_over)
        lost += job.status != "failed"
        if other.is_over:
            lost += other.status != "done"
            other = begun(replace(plan, epochs=50))
    print(f"  killed 20 times: what was not told, and others' trainings lost   {lost}")
    trainer.stop()
    awaited(lambda: not trainer._running)

    whole = begun(replace(plan, pictures=MOST_PICTURES))
    awaited(lambda: whole.is_over)
    page = sum(one["seconds"] for one in whole.epochs)
    alone = float(subprocess.check_output([sys.executable, "-c", TRAIN_QUICK], cwd=ROOT).split()[-1])
    both = f"{page:10.1f} s, {alone:.1f} s: {page / alone:.2f} times"
    print(f"  5 epochs of all of MNIST, here and by train.py --quick    {both}\n")


def starting() -> None:
    """From `streamlit run` to the first answer, with a browser that is already open."""
    with open_browser() as browser:
        page = browser.new_page()
        start = time.perf_counter()
        with running_app() as address:
            drawing = DrawPage(page, address, awake=False)
            usable = time.perf_counter() - start
            drawing.draw(CROSSED_SEVEN)
            drawing.expect_digit("7")
            print(f"from `streamlit run` to a canvas that can be drawn on    {usable:10.1f} s")
            print(f"from `streamlit run` to the first answer                 {time.perf_counter() - start:10.1f} s\n")


def loading(browser, address: str) -> None:
    """A visitor's page load on a running server, until the canvas can be drawn on; nothing cached in the browser."""
    taken = []
    for _ in range(10):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        start = time.perf_counter()
        DrawPage(context.new_page(), address, awake=False)
        taken.append((time.perf_counter() - start) * 1000)
        context.close()
    report("page load on a running server, canvas usable", taken)


# Runs in the page: notes when the answer to a finished drawing is painted, in the same frame as bars and picture.
WATCH = """() => {
  window.painted = []
  const said = document.querySelector('.st-key-answer .dd-answer')
  const note = () => {
    if (said.dataset.finished === 'true') requestAnimationFrame(() => painted.push(performance.now()))
  }
  new MutationObserver(note).observe(said, { attributes: true })
  document.addEventListener('mouseup', () => { window.lifted = performance.now() }, true)
}"""


def lifting(page: DrawPage) -> None:
    """Pen lifted to the answer of the whole drawing painted."""
    page.page.evaluate(WATCH)
    taken = []
    while len(taken) < STROKES:
        for text in (CROSSED_SEVEN, FOUR):
            for stroke in page.strokes(text):
                page.pen_down(stroke)
                page.page.evaluate("painted.length = 0")
                page.page.mouse.up()
                page.page.wait_for_function("painted.length && painted.at(-1) > lifted")
                taken.append(page.page.evaluate("painted.find(time => time > lifted) - lifted"))
            page.press("Clear")
            page.expect_empty()
    report("pen lifted to answer painted", taken)


def moving(page: DrawPage, name: str, seen: str) -> None:
    """How often something is repainted while the pen is down; `seen` is JavaScript that says what is seen of it."""
    rates = []
    for _ in range(20):
        stroke = page.strokes(ZERO)[0]
        page.page.mouse.move(*stroke[0])
        page.page.mouse.down()
        page.page.evaluate(
            """() => {
              window.samples = new Set()
              window.started = performance.now()
              const seen = () => samples.add(%s)
              window.watching = setInterval(seen, 20)
            }"""
            % seen
        )
        for point in stroke[1:]:
            page.page.mouse.move(*point, steps=2)
            page.page.wait_for_timeout(25)
        rates.append(
            page.page.evaluate("(clearInterval(watching), samples.size / (performance.now() - started) * 1000)")
        )
        page.page.mouse.up()
        page.press("Clear")
        expect(page.words).to_have_text("Draw a digit, as large as you like.")
    report(f"new {name} while the pen is down", rates, "per s")


def class_of_thirty(browser, address: str, pid: int, before: float) -> None:
    """What the server holds with one visitor, and what each further one adds."""
    with_one = memory(pid)
    pages = []
    for _ in range(VISITORS):
        page = DrawPage(browser.new_context().new_page(), address)
        page.draw(FOUR)
        page.expect_digit("4")
        pages.append(page)
    each = (memory(pid) - with_one) / VISITORS
    print(f"\nmemory of the server: {before:.0f} MB at start, {with_one:.0f} MB with one visitor")
    print(f"each further visitor adds {each:.1f} MB")


# Runs in the page: notes when a click is made, or a key pressed, and when this part of the page last changed after it.
WATCH_PANEL = """part => {
  window.watcher?.disconnect()
  window.watcher = new MutationObserver(() => requestAnimationFrame(() => { window.answered = performance.now() }))
  window.watcher.observe(document.querySelector(part), { subtree: true, childList: true, characterData: true })
  for (const event of ['click', 'keydown']) {
    document.addEventListener(event, () => {
      window.answered = null
      window.clicked = performance.now()
    }, true)
  }
}"""


def panels(visitor: DrawPage) -> None:
    """A step of "Look inside" opened, or something chosen in it, until it is painted; integrated gradients asked for the first
    time."""
    visitor.draw(CROSSED_SEVEN)
    visitor.expect_digit("7")
    page = InsidePage(visitor)

    def pixel(key, name):
        picture = page.figure(key, name).locator("canvas")
        return lambda turn: page.click(picture, (turn % 12 + 0.5) / 12, (turn % 7 + 0.5) / 7)

    def digit(turn):
        page.page.locator(".st-key-answer_asked").get_by_text(str(turn % 7), exact=True).click()

    def map_of_sheet(turn):
        page.click(page.page.locator(".st-key-sheet canvas"), (turn % 4 + 0.5) / 4, 0.1)

    def moved(turn):
        page.slider("moved").press("ArrowRight" if turn % 6 < 3 else "ArrowLeft")

    def step(turn):
        page.page.locator(f".st-key-{'next' if turn % 20 < 10 else 'back'} button").click()

    clicks = {
        "a step": ("Overview", ".st-key-lesson", step, 60),
        "convolution: a place": ("2 Convolution", ".st-key-convolution .dd-row", pixel("convolution", "input"), 20),
        "pooling: a place": ("4 Pooling", ".st-key-pooling .dd-row", pixel("pooling", "input"), 20),
        "pooling: the drawing moved": ("4 Pooling", ".st-key-pooling .dd-row", moved, 20),
        "deeper: a map": ("5 Deeper", ".st-key-map .dd-row", map_of_sheet, 20),
        "deeper: a pixel": ("5 Deeper", ".st-key-map .dd-row", pixel("map", "map"), 20),
        "sums: an answer": ("6 Sums", ".st-key-contributions", digit, 20),
        "softmax: an answer": ("7 Softmax", ".st-key-softmax", digit, 20),
        "why: an answer, the first time": ("8 Why?", ".st-key-evidence .dd-row", digit, 7),
        "why: an answer, again": ("8 Why?", ".st-key-evidence .dd-row", digit, 20),
    }
    print()
    everything = []
    for name, (where, part, click, times) in clicks.items():
        page.open(where)
        page.page.locator(part).first.wait_for()
        page.page.evaluate(WATCH_PANEL, part)
        taken = []
        for turn in range(times):
            click(turn)
            page.page.wait_for_function("window.answered")
            visitor.at_rest()
            page.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            taken.append(page.page.evaluate("answered - clicked"))
        everything += taken
        report(f"look inside, {name}", taken)
    report("look inside, all of these", everything)


def how_good(browser, address: str) -> None:
    """The page "How good is it?": until its first part is there, and from a change in a part to what it changes."""
    loaded, moved, chosen = [], [], []
    for _ in range(5):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        start = time.perf_counter()
        page.goto(f"{address}/report")
        page.locator(".st-key-part_accuracy .stMetric").last.wait_for()
        loaded.append((time.perf_counter() - start) * 1000)
        page.locator(".st-key-part").get_by_text("Disturbances", exact=True).click()
        spoilt = page.locator(".st-key-disturbed_pictures img").nth(1)
        slider = page.locator(".st-key-level").get_by_role("slider")
        for key in ["ArrowRight"] * LEVELS + ["ArrowLeft"] * LEVELS:
            before = spoilt.get_attribute("src")
            start = time.perf_counter()
            slider.press(key)
            expect(spoilt).not_to_have_attribute("src", before)
            moved.append((time.perf_counter() - start) * 1000)
        page.locator(".st-key-part").get_by_text("Mistakes", exact=True).click()
        pictures = page.locator(".st-key-cell_pictures img")
        for digit in range(4) if on_this_machine("mnist") else ():
            before = pictures.first.get_attribute("src") if digit else ""
            cell = page.locator(f".st-key-matrix_mnist path[aria-label^='{digit} read as {digit}:']")
            cell.scroll_into_view_if_needed()
            box = cell.bounding_box()
            start = time.perf_counter()
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            expect(pictures.first).not_to_have_attribute("src", before)
            chosen.append((time.perf_counter() - start) * 1000)
        context.close()
    report("how good is it: page load on a running server", loaded)
    report("  disturbance changed to picture and answer", moved)
    if chosen:
        report("  cell tapped to its pictures", chosen[1:])
        print(f"  the first tap, when all pictures of the set are read    {chosen[0] / 1000:10.1f} s")


if __name__ == "__main__":
    main()
