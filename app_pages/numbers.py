"""Read a number: several digits at once, written on a wide sheet or found on pictures."""

import hashlib
import logging
from collections.abc import Callable
from concurrent.futures import wait
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import streamlit as st

from app_pages.components import live
from app_pages.locale import _, each_of, told
from app_pages.parts import lesson, network, results, samples, visit, words
from app_pages.parts.headings import hidden_heading
from app_pages.parts.results import EMPTY, LABELS, LEFT_OUT, UNREAD, Result
from app_pages.parts.visit import KINDS, MOST_DIGITS, USUAL_DIGITS
from app_pages.parts.visit import NUMBER_SHEET as SHEET
from app_pages.parts.workers import TOO_LATE, workers
from model.ink.files import EXTENSIONS, PictureError, is_document
from model.problems import Problem
from model.reading.taught import Examples

SAID_ANEW = 0.3  # seconds after which a visitor who waits is told so again
KEPT = 60  # results of pictures that a visitor may come back to
TALLEST = "62svh"  # of a picture

WRITE, PICTURE = ":material/draw: " + _("Write"), ":material/photo_library: " + _("Picture")
NO_CAMERA = _(
    "Browsers give the camera only to pages over https, and this one came over http. Take the photograph with your camera "
    "and send the picture, or ask whoever runs this server for https."
)
SEEN = _("The page as the network sees it: where digits, points and empty boxes have their middle")
TONES = {
    "sure": _("sure"),
    "fair": _("fairly sure"),
    "unsure": _("not sure"),
    "other": _("cannot read it"),
    "none": _("left out"),
}
MOST_DOUBTFUL_FIRST = ("other", "unsure", "fair", "sure", "none")

_log = logging.getLogger(__name__)
state = st.session_state


def start() -> None:
    """Begins a visit of this page, unless it has begun."""
    if "number_result" in state:
        return
    state.number_result_of = None  # the ink, what was expected, and the recogniser that made it
    state.kept = {}  # content of a file, how it was read → result
    state.kept_by = None  # the shared recogniser that made them, perhaps with what was taught
    state.contents = {}  # number of an upload → what tells its content from another
    state.pages = {}  # content of a file → how many pages it has
    state.sent = []  # uploads or a photograph: those to read, also after another page was looked at
    state.number_result = None  # of the sheet; last: a run may be ended at any use of the session


def pair(name: str) -> tuple:
    """Two containers, beside each other where there is room; components/style.css says where that is."""
    with st.container(key=f"pair_{name}"):
        return st.container(), st.container()


# ── What it is ────────────────────────────────────────────────────────────────────────────────────────────────────────


def show_expectation() -> None:
    state.setdefault("kind", "any")
    state.setdefault("digits", USUAL_DIGITS)
    with st.container(horizontal=True, vertical_alignment="bottom", key="expectation"):
        st.segmented_control(
            _("What is it?"), list(KINDS), format_func=each_of(KINDS).get, required=True, key="kind", persist_state="session"
        )
        if state.kind == "postcode":
            st.number_input(_("Digits of the postcode"), 1, MOST_DIGITS, key="digits", persist_state="session", width=180)


def expected() -> str | None:
    """As for `Recognizer.read`."""
    if state.kind == "postcode":
        return f"postcode:{min(MOST_DIGITS, max(1, int(state.digits)))}"
    return None if state.kind == "any" else state.kind


# ── A result, and putting it right ────────────────────────────────────────────────────────────────────────────────────


def show_corrections(result: Result) -> None:
    """The characters of a result in a table in which they can be put right, and what then stands there."""
    table, order = as_table(result)
    # Also what the table holds though it is no longer known.
    read = [entry.label for entry in result.entries]
    labels = list(dict.fromkeys([*LABELS[:-3], *lesson.examples().symbols, *LABELS[-3:], *read]))
    key = f"characters_{result.number}"

    def take_corrections() -> None:
        for row, changes in state[key]["edited_rows"].items():
            if changes.get("reading") in labels:
                result.correct(order[int(row)], changes["reading"])

    left, right = pair(f"corrections_{result.number}")
    with left:
        st.caption(_("What is least sure stands first. Double-click or double-tap on a reading to put it right."))
        st.data_editor(
            table,
            key=key,
            on_change=take_corrections,
            hide_index=True,
            disabled=[name for name in table if name != "reading"],
            row_height=44,
            column_config={
                "picture": st.column_config.ImageColumn("", width=60),
                "how sure": st.column_config.TextColumn(_("how sure")),
                "reading": st.column_config.SelectboxColumn(
                    _("reading"), options=labels, required=True, format_func=label_in_words, width=90
                ),
                "confidence": st.column_config.NumberColumn(_("confidence"), format="percent", width=90),
                "line": st.column_config.NumberColumn(_("line"), width=60),
                "position": st.column_config.NumberColumn(_("position"), width=70),
            },
            alt=_("What was read, character by character"),
        )
    with right:
        st.caption(_("The reading with your corrections, to copy or to take away."))
        st.code(result.text, language=None)
        show_downloads(
            {
                "CSV": (results.to_csv, "reading.csv", "text/csv"),
                "JSON": (results.to_json, "reading.json", "application/json"),
            },
            [result],
        )


def as_table(result: Result) -> tuple[pd.DataFrame, list[int]]:
    """The characters, the most doubtful first, and the number of the character in each row."""
    entries = result.entries
    # What is put right keeps its place: a row that jumped away would look as if it were lost.
    tones = [results.Entry(entry.line, entry.position, entry.character, None).tone for entry in entries]
    order = sorted(range(len(entries)), key=lambda index: (MOST_DOUBTFUL_FIRST.index(tones[index]), index))
    chosen = [entries[index] for index in order]
    columns = {
        "picture": [result.crops[index] for index in order],
        "reading": [entry.label for entry in chosen],
        "how sure": [_("put right") if entry.corrected else TONES[entry.tone] for entry in chosen],
        "confidence": [entry.character.confidence for entry in chosen],
        "line": [entry.line for entry in chosen],
        "position": [entry.position for entry in chosen],
    }
    return pd.DataFrame(columns), order


def label_in_words(label: str) -> str:
    return {EMPTY: _("empty"), LEFT_OUT: _("leave out"), UNREAD: "?"}.get(label, label)


def show_downloads(files: dict[str, tuple[Callable, str, str]], of: list[Result]) -> None:
    """Buttons by which results are taken away: label → what writes them, name of the file, and its type."""
    with st.container(horizontal=True, gap="small"):
        for label, (write, name, mime) in files.items():
            st.download_button(
                label,
                write(of),
                name,
                mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"download_{name}",
            )


# ── The sheet ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def who_reads(loading):
    """Whom the visitor has taught, or the shared recogniser, which has to be there."""
    answering = lesson.answering(loading)
    return answering.recognizer if answering else loading.result()


def problem(loading) -> str | None:
    """One sentence on why no number can be read, or None if one can be or there is no network yet."""
    return network.failure(loading) or network.reading_failure(loading)


def read_sheet(loading) -> Result | None:
    """What is read on the sheet, once for each ink; None if there is no ink or no network."""
    if not loading.done() or problem(loading) or SHEET["ink"] is None:
        return None
    recognizer, ink = who_reads(loading), SHEET["ink"]
    of = state.number_result_of
    # A drawing that was put on the canvas again is another array; what was put right of it stays.
    if of is None or of[1:] != (expected(), recognizer) or not np.array_equal(of[0], ink):
        state.number_result = results.read_picture(recognizer, "sheet", ink, expected(), is_upright=True)
    state.number_result_of = ink, expected(), recognizer
    keep_corrections(state.number_result)
    return state.number_result


def keep_corrections(result: Result) -> None:
    """Notes what was put right of the sheet, for the browser to keep; puts right again what it kept of this drawing."""
    kept = state.get("corrections") or {"of": None, "labels": [], "is_restored": False}
    if kept["is_restored"] and kept["of"] == SHEET["of"]:
        for index, label in kept["labels"]:
            if index < len(result.entries):
                result.correct(index, label)
    state.corrections = {"of": SHEET["of"], "labels": list(result.corrections.items()), "is_restored": False}


def sheet_answer(loading, result: Result | None) -> dict:
    """What is said of the sheet, as `words.read_as` gives it."""
    if problem(loading):
        return words.read_as(_("There is no network to read your number."))
    if not loading.done() and SHEET["ink"] is None:
        return words.read_as(_("The network is waking up. You can write already."))
    if not loading.done():
        return words.read_as(_("The network is waking up. Your number is read as soon as it is there."))
    return words.sheet_answer(result)


def show_sheet_reading() -> Result | None:
    """What is read on the sheet. While the pen is down, the browser shows newer readings than this."""
    loading = network.recognizer()
    result = read_sheet(loading)
    live.show_reading("reading_view", sheet_answer(loading, result), SHEET.view, SHEET["of"])
    return result


# ── Pictures ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def choose_files(files: list) -> None:
    """Has these files read; without any, an example that was chosen stays."""
    state.sent = files
    if files:
        state.example = None


def choose_uploads() -> None:
    choose_files(state.uploads or [])


def choose_photograph() -> None:
    choose_files([state.photograph] if state.photograph else state.uploads or [])


def choose_example() -> None:
    if state.example is None:
        return
    sample = samples.SAMPLES[state.example]
    state.kind = sample.kind
    if sample.kind == "postcode":
        state.digits = len(sample.lines[0])


def show_sources() -> None:
    """The ways by which pictures come."""
    left, right = pair("sources")
    with left:
        st.file_uploader(
            _("Pictures of numbers"),
            EXTENSIONS,
            accept_multiple_files=True,
            key="uploads",
            on_change=choose_uploads,
            help=_(
                "Pictures, also HEIC as telephones make them, and PDF of up to 20 pages. Up to 20 MB and 40 million pixels "
                "each, several at once, up to 60 MB together."
            ),
        )
    with right:
        st.pills(
            _("Or take an example"),
            list(samples.SAMPLES),
            format_func=lambda name: _(samples.SAMPLES[name].title),
            key="example",
            on_change=choose_example,
            persist_state="session",
            wrap=True,
        )
        with st.container(horizontal=True):
            st.toggle(_("As a photograph"), key="photographed", persist_state="session")
            allowed = camera_is_allowed()
            camera = st.toggle(_("Use the camera"), key="camera", disabled=not allowed)
        if not allowed:
            st.caption(NO_CAMERA)
    # Behind a switch: the browser asks for permission as soon as the camera is on the page.
    if camera:
        st.camera_input(_("Photograph a number"), key="photograph", on_change=choose_photograph, resolution="1080p")
    # The widgets forget what they hold when another page is looked at, or the camera switched off.
    held = [file.file_id for file in (*(state.uploads or []), state.get("photograph")) if file]
    earlier = [words.plain(file.name) for file in state.sent if file.file_id not in held]
    if earlier and state.example is None:
        with st.container(horizontal=True, vertical_alignment="center", key="earlier"):
            st.markdown(_("From before: {earlier}", earlier=", ".join(earlier)), width="content")
            st.button(_("Remove"), icon=":material/close:", type="tertiary", on_click=choose_uploads)


def camera_is_allowed() -> bool:
    """Whether the browser gives this page the camera: over https, or from the machine itself (W3C, "Secure Contexts")."""
    url = urlsplit(st.context.url or "")
    local = url.hostname in ("localhost", "::1") or (url.hostname or "").startswith("127.")
    return url.scheme == "https" or local or not url.scheme


def chosen() -> list[tuple[tuple, str, Callable, tuple]]:
    """The files to read: for each what tells its content from another, its name, what reads it, and from what."""
    if state.example is not None:
        name, photographed = state.example, bool(state.photographed)
        return [(("example", name, photographed), name, results.read_sample, (name, photographed))]
    return [(content_of(file), file.name, results.read_file, (file.name, file.getvalue(), 0)) for file in state.sent]


def each_page(files: list) -> list[tuple[tuple, str, Callable, tuple]]:
    """The same with each page of a document by itself."""
    pictures = []
    place = st.empty()
    for content, name, task, arguments in files:
        if task is results.read_sample or not is_document(arguments[1]):
            pictures.append((content, name, task, arguments))
            continue
        for page in range(pages_of(content, name, arguments[1], place.caption)):
            title = _("{name}, page {page}", page=page + 1, name=name)
            pictures.append(((*content, page), title, task, (title, arguments[1], page)))
    place.empty()
    return pictures


def pages_of(of: tuple, name: str, content: bytes, say: Callable) -> int:
    """How many pages a document has; asked once of each."""
    if of not in state.pages:
        count = in_turn(lambda: say(_("Opening {name}", name=words.plain(name))), results.count_pages, content)
        if isinstance(count, str | Problem):  # reading it says the same
            return 1
        state.pages[of] = count
    return state.pages[of]


def content_of(file) -> tuple:
    """What tells a file's name and content from another's; made once for each upload."""
    if file.file_id not in state.contents:
        state.contents[file.file_id] = hashlib.sha256(file.getvalue()).hexdigest()
    return file.name, state.contents[file.file_id]


def read_chosen(recognizer, pictures: list, examples: Examples) -> list[Result]:
    """What is read on the pictures, each once; with a bar that shows how far it is if there are several."""
    if state.kept_by is not recognizer:
        state.kept, state.kept_by = {}, recognizer
    # What the server was too busy to read is tried again.
    state.kept = {of: result for of, result in state.kept.items() if str(result.problem) != TOO_LATE}
    expect = expected()
    how = expect, lesson.digest(examples) if len(examples) else ""
    contents = list(dict.fromkeys(content for content, *_ in pictures))
    # What was put right of a picture is forgotten with it.
    for (content, read_how), result in state.kept.items():
        if content not in contents:
            result.corrections.clear()
    place = st.empty()
    for number, (content, name, task, arguments) in enumerate(pictures):
        if (content, how) not in state.kept:

            def say(number=number, name=name):
                place.progress(
                    number / len(pictures),
                    _("Reading {number} of {count}: {name}", number=number + 1, count=len(pictures), name=words.plain(name)),
                )

            if len(examples):
                task, arguments = results.read_taught, (examples, task, *arguments)
            state.kept[content, how] = read_in_turn(say, name, task, *arguments, expect)
    place.empty()
    for content in contents:  # those that are shown come last, so that the oldest of the others go first
        state.kept[content, how] = state.kept.pop((content, how))
    while len(state.kept) > max(KEPT, len(contents)):
        state.kept.pop(next(iter(state.kept)))
    return [state.kept[content, how] for content, *_ in pictures]


def read_in_turn(say: Callable, name: str, task: Callable, *arguments) -> Result:
    """What a process reads, as `in_turn`; the last of the arguments is `expect`."""
    result = in_turn(say, task, *arguments)
    return Result(name, arguments[-1], result) if isinstance(result, str | Problem) else result


def in_turn(say: Callable, task: Callable, *arguments):
    """What a process computes once it is this visitor's turn, or the problem because of which it does not, as `told` takes it.
    Who turns to something else meanwhile gives the turn up.

    Args:
        say: is called while the visitor waits; there, Streamlit ends a run that another one follows.
        task: as for `Workers.submit`, as are its arguments.
    """
    reading = workers().submit(state.session, task, *arguments)
    try:
        while not reading.done():
            say()
            wait([reading], timeout=SAID_ANEW)
        return reading.result()
    except PictureError as error:
        return error.with_traceback(None)
    except Exception:
        _log.exception("A picture could not be read")
        return results.FAILED
    finally:
        reading.cancel()


def show_picture(result: Result) -> None:
    """A picture with its boxes, the reading beside it, and the table to put it right."""
    if not result.picture:
        st.error(told(result.problem), icon=":material/broken_image:")
        return
    left, right = pair("picture")
    with left:
        seen = seen_on(result) if state.get("centres") else None
        with st.container(key="page"):
            boxes = [] if seen else words.boxes_on(result)
            alt = SEEN if seen else _("The picture, with a box around each digit")
            live.show_page(seen or result.picture, result.size, boxes, alt, TALLEST)
        show_centres_switch()
    with right, st.container(key="reading_beside"):
        said = words.words_on(result) if result.is_read else told(result.problem)
        answer = words.read_as(said, words.note_on(result), "sure", result)
        live.show_reading("reading_of_picture", answer)
    if result.entries:
        show_corrections(result)


def show_centres_switch() -> None:
    """Whether to see where the network that finds digits sees them."""
    if st.toggle(_("What the network sees"), key="centres", persist_state="session"):
        st.caption(
            _(
                "One network looks at the whole page at once and says for each place how likely something has its middle "
                "there: :orange[a digit], :blue[a point or comma], :green[an empty box]. What it finds is then judged one by "
                "one."
            )
        )


def seen_on(result: Result) -> bytes | None:
    """The picture of a result as the network that finds digits sees it, made once; None, and a sentence, if that fails."""
    if state.get("seen_of") != result.number:
        place = st.empty()
        state.seen = in_turn(lambda: place.caption(_("Looking …")), results.centres_on, result.picture)
        state.seen_of = result.number
        place.empty()
    if isinstance(state.seen, str | Problem):
        st.warning(told(state.seen))
        return None
    return state.seen


def show_files(of: list[Result]) -> Result:
    """A row for each file; the result of the one that is selected."""
    table = pd.DataFrame(
        {
            "file": [result.name for result in of],
            "reading": [result.text.replace("\n", " | ") for result in of],
            "what is wrong": [" ".join(filter(None, (told(result.problem), words.note_on(result)))) for result in of],
            "digits": [result.digits for result in of],
            "lowest confidence": [result.lowest for result in of],
        }
    ).astype({"lowest confidence": float})
    bad = sum(bool(result.problem) for result in of)
    if bad:
        st.warning(
            _(
                "{read} of {count} pictures were read; the table says what is wrong with the others.",
                read=len(of) - bad,
                count=len(of),
            )
        )
    else:
        st.success(_("All {count} pictures were read.", count=len(of)))
    selected = st.dataframe(
        table,
        key="files",
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [0]}},
        hide_index=True,
        column_config={
            "file": _("file"),
            "reading": _("reading"),
            "what is wrong": _("what is wrong"),
            "digits": _("digits"),
            "lowest confidence": st.column_config.NumberColumn(_("lowest confidence"), format="percent"),
        },
        placeholder="",
        alt=_("The pictures and what was read on them"),
    )
    show_downloads(
        {
            _("Readings as CSV"): (results.readings_to_csv, "readings.csv", "text/csv"),
            _("Characters as CSV"): (results.to_csv, "characters.csv", "text/csv"),
            _("All as JSON"): (results.to_json, "readings.json", "application/json"),
        },
        of,
    )
    rows = [row for row in selected.selection.rows if row < len(of)]
    return of[rows[0] if rows else 0]


def show_results(loading) -> None:
    pictures = chosen()
    if not pictures:
        st.markdown(_("Take a picture of a number, or an example, and it is read here."))
    elif not loading.done():
        st.info(_("The network is waking up. Your pictures are read as soon as it is there."))
    elif not problem(loading):
        pictures = each_page(pictures)
        read = read_chosen(loading.result(), pictures, lesson.examples() if lesson.answering(loading) else Examples())
        show_picture(read[0] if len(read) == 1 else show_files(read))


# ── The page ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def show_page(loading) -> None:
    # The place for bad news is always there: an element that came before the canvas would move it, and empty it by that.
    with st.container():
        network.say_failure(loading)
        if failure := network.reading_failure(loading):
            st.error(failure, icon=":material/error:")
    hidden_heading(_("Read a number"))
    show_expectation()
    lesson.show_switch()
    write, picture = st.tabs([WRITE, PICTURE], key="way", on_change="rerun")
    with write:
        # Above the sheet, where no hand covers it.
        reading = st.container(key="reading")
        kind = expected() or "any"
        taught = lesson.query(loading).replace("?", "&")
        SHEET.show_canvas(words.sheet_answer(None), kind, f"?expect={kind}{taught}")
        with reading:
            result = show_sheet_reading()
        if write.open and result is not None and result.crops:
            show_corrections(result)
            show_centres_switch()
            if state.centres and (seen := seen_on(result)):
                live.show_page(seen, result.size, [], SEEN, TALLEST, key="seen_on_sheet")
    # Always there: what was uploaded would go with its place.
    with picture:
        show_sources()
        if picture.open:
            show_results(loading)


visit.start()
start()
SHEET.follow()
the_network = network.recognizer()
awake = the_network.done()
with st.container(key="numbers"):
    show_page(the_network)
if not awake:
    network.wait()
