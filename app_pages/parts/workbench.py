"""The workbench of every page on which one draws: the canvas, and what the network makes of it."""

import streamlit as st

from app_pages.components import live
from app_pages.locale import _, told
from app_pages.parts import lesson, network, words
from app_pages.parts.visit import SHEET
from app_pages.parts.words import DIGITS
from model.reading.taught import TeachingError

state = st.session_state


# ── What the visitor does ─────────────────────────────────────────────────────────────────────────────────────────────


def judge() -> None:
    """Keeps the visitor's word on this drawing; a second word on the same one replaces the first."""
    if state.verdict is None:
        state.tally.pop(SHEET["drawing"], None)
    elif state.prediction is not None:
        state.tally[SHEET["drawing"]] = state.prediction.is_digit and state.verdict == state.prediction.label


def keep_example() -> None:
    """Has the drawing become an example of what the visitor says that it was."""
    try:
        lesson.teach(state.ink, state.verdict)
    except TeachingError as error:
        state.not_kept = error.with_traceback(None)


def reset_tally() -> None:
    state.tally = {}


# ── What the page says ────────────────────────────────────────────────────────────────────────────────────────────────


def predict(loading, taught=None):
    """The network's answer to the ink, computed once for each ink; None if there is no ink or no network.

    Args:
        loading: the future of the shared recogniser.
        taught: the `lesson.Taught` that answers in its place, or None.
    """
    if not loading.done() or loading.exception() is not None:
        return None
    recognizer = taught.recognizer if taught else loading.result()
    if state.prediction_of is not state.ink or state.prediction_by is not recognizer:
        state.prediction = None if state.ink is None else recognizer.recognize(state.ink)
        state.prediction_of, state.prediction_by = state.ink, recognizer
    return state.prediction


def answer(loading, prediction, labels=tuple(DIGITS)) -> dict:
    """The answer to the drawing, or what stands in its place, as `words.said` gives it."""
    if not loading.done():
        if state.ink is None:
            return words.said("", _("The network is waking up. You can draw already."), "quiet")
        return words.said("", _("The network is waking up. Your drawing is read as soon as it is there."), "quiet")
    if network.failure(loading):
        return words.said("", _("There is no network to read your drawing."), "none")
    return words.digit_answer(prediction, labels)


# ── What one sees ─────────────────────────────────────────────────────────────────────────────────────────────────────


def show_workbench(taught: bool = False, own: lesson.Taught | None = None) -> None:
    """The canvas, and what the network makes of it. A finished stroke runs the page, which may be about the drawing.

    Args:
        taught: whether whom the visitor has taught may answer; the shared recogniser does otherwise.
        own: who answers in the place of both: a network that the visitor has trained.
    """
    loading = network.recognizer()
    taught = taught and own is None
    answering = own or (lesson.answering(loading) if taught else None)
    labels = answering.recognizer.labels if answering else tuple(DIGITS)
    query = f"?taught={own.token}" if own else lesson.query(loading) if taught else ""
    with st.container(key="workbench"):  # components/style.css puts its parts where there is room
        with st.container(key="drawing"):
            SHEET.show_canvas(words.digit_answer(None, labels), query=query)
        show_prediction(loading, taught, answering, labels)


def show_prediction(loading, taught: bool, answering, labels) -> None:
    """The network's answer. While the pen is down, the browser shows newer ones than these."""
    prediction = predict(loading, answering)
    said = answer(loading, prediction, labels)
    with st.container(key="answer"):
        live.show_answer(SHEET.view, SHEET["of"], said)
    with st.container(key="probabilities"):
        live.show_bars(SHEET.view, SHEET["of"], said, said["names"])
    with st.container(key="verdict_row"):
        st.pills(
            _("Which digit was it really?"),
            [*DIGITS, *(lesson.examples().symbols if taught else ())],
            format_func=words.plain,
            key="verdict",
            on_change=judge,
            disabled=prediction is None,
        )
        tally()
        if taught:
            show_keeping(prediction)
            show_switch(loading, prediction)


def show_keeping(prediction) -> None:
    """The button by which a drawing becomes an example; once it is one, it says so."""
    if prediction is None or state.verdict is None:
        return
    known = lesson.examples()
    with st.container(horizontal=True, vertical_alignment="center", key="keeping"):
        if not lesson.holds(prediction.image, state.verdict):
            st.button(_("Keep it as an example"), icon=":material/school:", key="keep_example", on_click=keep_example)
        else:
            st.markdown(_("It is kept as an example, on the page “Teach it”."), width="content")
            is_last = known.labels[-1] == state.verdict and (known.pictures[-1] == prediction.image).all()
            if is_last and lesson.can_undo():
                st.button(_("Take it back"), icon=":material/undo:", key="undo_example", on_click=lesson.undo)
        if problem := state.pop("not_kept", None):
            st.markdown(told(problem), width="content")


def show_switch(loading, prediction) -> None:
    """Where something was taught: the switch that says who answers, and what the other one would have said."""
    if not len(lesson.examples()):
        return
    lesson.show_switch()
    taught = lesson.available(loading)
    if taught is None or prediction is None:
        return
    if lesson.is_on():
        st.caption(_("Without what you taught: {answer}", answer=words.in_short(prediction.untaught)))
    else:
        st.caption(_("With what you taught: {answer}", answer=words.in_short(taught.recognizer.recognize(state.ink))))


def tally() -> None:
    right = sum(state.tally.values())
    wrong = len(state.tally) - right
    with st.container(horizontal=True, vertical_alignment="center", key="tally"):
        if state.tally:
            st.markdown(_("Read right: **{right}** · wrong: **{wrong}**", wrong=wrong, right=right), width="content")
            st.button(_("Reset"), icon=":material/restart_alt:", type="tertiary", on_click=reset_tally)
        else:
            st.caption(_("Tap the digit you meant: the page counts how often the network was right."))
