"""Teach it: a few drawings of one's own digits, or of symbols, and from then on the bars know them."""

import numpy as np
import streamlit as st

from app_pages.components import live
from app_pages.components.lesson import show_taker
from app_pages.locale import N_, _, told
from app_pages.parts import lesson, network, visit, words
from app_pages.parts.headings import hidden_heading
from app_pages.parts.learnt import show_changes, show_examples, show_files
from app_pages.parts.understanding import show_understanding
from app_pages.parts.visit import TEACH_SHEET as SHEET
from app_pages.parts.words import DIGITS
from model.data.signs import sign
from model.ink.strokes import draw, placed
from model.reading.taught import LONGEST_LABEL, Examples, TeachingError, checked_label

HAND, SYMBOLS = "hand", "symbols"
MODES = {HAND: ":material/back_hand: " + _("Your hand"), SYMBOLS: ":material/star: " + _("New symbols")}
PAUSE = 1.5  # seconds without a pen after which a drawing is taken by itself
BETTER = 3  # examples of each, from which more help little
READY_MADE = ("→", "♥", "π", "☺")
EACH = 3  # drawings of each of those

state = st.session_state


def start() -> None:
    """Begins a visit of this page, unless it has begun."""
    state.setdefault("teach_mode", HAND)
    state.setdefault("asked", "7")
    state.setdefault("symbol_name", "")
    state.setdefault("by_itself", False)
    state.setdefault("teach_problem", None)
    state.setdefault("teach_seen", None)  # the ink, and the recogniser that made …
    state.setdefault("teach_prediction", None)


# ── What the visitor does ─────────────────────────────────────────────────────────────────────────────────────────────


def wanted_label() -> str:
    """What the next drawing is an example of.

    Raises:
        TeachingError: the symbol has no name that can be taken.
    """
    if state.teach_mode == HAND:
        return state.asked or DIGITS[0]
    if not state.symbol_name.strip():
        raise TeachingError("Name it first.")
    return checked_label(state.symbol_name)


def take() -> None:
    """Has the drawing become an example, and lays an empty sheet."""
    SHEET.follow()  # the last stroke may have come together with the click
    if SHEET["ink"] is None:
        state.teach_problem = N_("There is nothing on the sheet yet: draw it first.")
        return
    try:
        label = wanted_label()
        lesson.teach(SHEET["ink"], label)
    except TeachingError as error:
        state.teach_problem = error.with_traceback(None)
        return
    SHEET.clear(by="take")
    if state.teach_mode == HAND:
        state.asked = words.next_digit(lesson.examples().counts, label)


def keep_asking() -> None:
    """The digit that is asked for stays chosen when it is tapped again."""
    if state.asked is None:
        state.asked = words.next_digit(lesson.examples().counts, "")


def choose_symbol() -> None:
    """Another drawing of a symbol that is known."""
    if state.symbol_pick is not None:
        state.symbol_name = state.symbol_pick
    state.symbol_pick = None


def take_ready_made() -> None:
    """Adds the ready-made signs to what was taught."""
    rng = np.random.default_rng()
    labels = [name for name in READY_MADE for number in range(EACH)]
    try:
        lesson.change(lesson.examples() + Examples.of([page_with(name, rng) for name in labels], labels))
    except TeachingError as error:
        state.teach_problem = error.with_traceback(None)
        return
    state.teach_mode = SYMBOLS


def page_with(name: str, rng: np.random.Generator) -> np.ndarray:
    """One of our signs as a visitor might have drawn it: uint8 (280, 280)."""
    return draw(placed(sign(name, rng), rng.uniform(130, 200), (140, 140)), SHEET.brush * SHEET.scale)


# ── What one sees ─────────────────────────────────────────────────────────────────────────────────────────────────────


def show_task() -> None:
    """What is to be drawn: a digit of one's own hand, or a symbol with a name."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="task"):
        st.segmented_control(
            _("What do you teach?"),
            list(MODES),
            format_func=MODES.get,
            required=True,
            key="teach_mode",
            persist_state="session",
            label_visibility="collapsed",
        )
        counts = lesson.examples().counts
        if state.teach_mode == HAND:
            st.pills(
                _("Which digit comes next? One dot for each example; three are better than one."),
                DIGITS,
                format_func=lambda digit: f"{digit} {'●' * min(BETTER, counts[digit]):○<{BETTER}}",
                key="asked",
                on_change=keep_asking,
                persist_state="session",
            )
            return
        st.text_input(
            _("Name of the symbol"),
            key="symbol_name",
            max_chars=LONGEST_LABEL,
            placeholder=_("Its name: ★, π, heart …"),
            persist_state="session",
            width=220,
        )
        if symbols := lesson.examples().symbols:
            st.pills(
                _("Or another drawing of"),
                symbols,
                format_func=lambda name: f"{words.plain(name)} {'●' * min(BETTER, counts[name]):○<{BETTER}}",
                key="symbol_pick",
                on_change=choose_symbol,
            )


def show_taking(loading) -> None:
    """The button below the canvas by which a drawing is taken, and what is asked for."""
    try:
        label = words.plain(wanted_label())
        asked, title = _("Draw **{label}**", label=label), _("Take it as {label}", label=label)
    except TeachingError as error:
        asked, title = told(error), _("Take it")
    with st.container(horizontal=True, vertical_alignment="center", key="taking"):
        st.markdown(asked, width="stretch")
        st.toggle(_("by itself"), key="by_itself", persist_state="session", help=_("Takes each drawing when the pen rests."))
        st.button(title, icon=":material/add_task:", type="primary", key="take", on_click=take)
    if problem := state.pop("teach_problem", None):
        st.warning(told(problem), icon=":material/info:")
    show_taker(SHEET.view, "take", PAUSE if state.by_itself else None)


def predict(loading, taught):
    """What is made of the drawing, once for each ink; None if there is no ink or no network."""
    if not loading.done() or loading.exception() is not None:
        return None
    recognizer = taught.recognizer if taught else loading.result()
    if state.teach_seen is None or state.teach_seen[0] is not SHEET["ink"] or state.teach_seen[1] is not recognizer:
        state.teach_prediction = None if SHEET["ink"] is None else recognizer.recognize(SHEET["ink"])
        state.teach_seen = SHEET["ink"], recognizer
    return state.teach_prediction


def invitation(labels) -> dict:
    """What is said of an empty sheet, as `words.said` gives it."""
    try:
        asked = _("Draw {label}, as large as you like.", label=wanted_label())
    except TeachingError:
        asked = _("Draw your symbol, as large as you like.")
    return words.said("", asked, "quiet", labels=labels)


def told_of(loading, prediction, labels) -> dict:
    """The answer, or what stands in its place, as `words.said` gives it."""
    if not loading.done():
        return words.said("", _("The network is waking up. You can draw already."), "quiet", labels=labels)
    if network.failure(loading):
        return words.said("", _("There is no network to teach."), "none", labels=labels)
    return invitation(labels) if prediction is None else words.digit_answer(prediction)


def show_bench(loading, taught):
    """The canvas with what is asked for, the answer and the bars; gives the prediction of what is drawn."""
    labels = lesson.examples().known if taught else tuple(DIGITS)
    prediction = predict(loading, taught)
    answer = told_of(loading, prediction, labels)
    with st.container(key="teaching"), st.container(key="workbench"):
        with st.container(key="drawing"):
            SHEET.show_canvas(invitation(labels), query=lesson.query(loading, map=True))
            show_taking(loading)
        with st.container(key="answer"):
            live.show_answer(SHEET.view, SHEET["of"], answer)
        with st.container(key="probabilities"):
            live.show_bars(SHEET.view, SHEET["of"], answer, answer["names"])
        with st.container(key="verdict_row"):
            if len(lesson.examples()):
                show_changes(taught)
            else:
                show_beginning()
    return prediction


def show_beginning() -> None:
    """What this page is for, while nothing was taught."""
    st.markdown(
        _("Show it a few of your own digits, or symbols that it has never seen. It reads them from then on, for you alone.")
    )
    st.button(
        _("Try it with ready-made signs"),
        icon=":material/auto_awesome:",
        key="ready_made",
        on_click=take_ready_made,
        help=_(
            "Adds {each} drawings each of {ready_made}. Then draw one of them.", ready_made=", ".join(READY_MADE), each=EACH
        ),
    )


def show_page() -> None:
    loading = network.recognizer()
    with st.container():  # the place for bad news is always there: see draw.py
        network.say_failure(loading)
        if problem := network.teaching_failure(loading) if len(lesson.examples()) else None:
            st.error(problem, icon=":material/error:")
    hidden_heading(_("Teach it your own hand, and symbols that it has never seen"))
    show_task()
    taught = lesson.available(loading)
    prediction = show_bench(loading, taught)
    if len(lesson.examples()):
        show_examples(taught)
    show_files(taught)
    if taught:
        show_understanding(taught, SHEET, prediction)
    if not loading.done():
        network.wait()


visit.start()
SHEET.follow()
start()
show_page()
