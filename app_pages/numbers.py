"""Read a number: several digits at once, written on a wide sheet or found on pictures."""

import numpy as np
import pandas as pd
import streamlit as st

from app_pages.components import live
from app_pages.locale import _, each_of, told
from app_pages.parts import lesson, network, results, visit, words
from app_pages.parts.correcting import pair, show_corrections, show_downloads
from app_pages.parts.headings import hidden_heading
from app_pages.parts.reading import each_page, read_chosen, seen_on, show_centres_switch
from app_pages.parts.results import Result
from app_pages.parts.sending import chosen, show_sources
from app_pages.parts.visit import KINDS, MOST_DIGITS, USUAL_DIGITS
from app_pages.parts.visit import NUMBER_SHEET as SHEET
from model.reading.taught import Examples

TALLEST = "62svh"  # of a picture

WRITE, PICTURE = ":material/draw: " + _("Write"), ":material/photo_library: " + _("Picture")
SEEN = _("The page as the network sees it: where digits, points and empty boxes have their middle")

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
        state.number_result = results.read_picture(recognizer, "sheet", ink, expected(), is_drawn=True)
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
        examples = lesson.examples() if lesson.answering(loading) else Examples()
        read = read_chosen(loading.result(), pictures, examples, expected())
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
