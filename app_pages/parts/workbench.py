"""The workbench of every page on which one draws: the canvas, and what the network makes of it."""

import streamlit as st

from app_pages.components import live
from app_pages.parts import network, words
from app_pages.parts.visit import SHEET
from app_pages.parts.words import DIGITS

state = st.session_state


# ── What the visitor does ─────────────────────────────────────────────────────────────────────────────────────────────


def judge() -> None:
    """Keeps the visitor's word on this drawing; a second word on the same one replaces the first."""
    if state.verdict is None:
        state.tally.pop(SHEET["drawing"], None)
    elif state.prediction is not None:
        state.tally[SHEET["drawing"]] = state.prediction.is_digit and state.verdict == state.prediction.label


def reset_tally() -> None:
    state.tally = {}


# ── What the page says ────────────────────────────────────────────────────────────────────────────────────────────────


def predict(loading):
    """The network's answer to the ink, computed once for each ink; None if there is no ink or no network."""
    if not loading.done() or loading.exception() is not None:
        return None
    recognizer = loading.result()
    if state.prediction_of is not state.ink or state.prediction_by is not recognizer:
        state.prediction = None if state.ink is None else recognizer.recognize(state.ink)
        state.prediction_of, state.prediction_by = state.ink, recognizer
    return state.prediction


def answer(loading, prediction) -> dict:
    """The answer to the drawing, or what stands in its place, as `words.said` gives it."""
    if not loading.done():
        if state.ink is None:
            return words.said("", "The network is waking up. You can draw already.", "quiet")
        return words.said("", "The network is waking up. Your drawing is read as soon as it is there.", "quiet")
    if network.failure(loading):
        return words.said("", "There is no network to read your drawing.", "none")
    return words.digit_answer(prediction)


# ── What one sees ─────────────────────────────────────────────────────────────────────────────────────────────────────


def show_workbench() -> None:
    """The canvas, and what the network makes of it. A finished stroke runs the page, which may be about the drawing."""
    with st.container(key="workbench"):  # components/style.css puts its parts where there is room
        with st.container(key="drawing"):
            SHEET.show_canvas(words.digit_answer(None))
        show_prediction()


def show_prediction() -> None:
    """The network's answer. While the pen is down, the browser shows newer ones than these."""
    loading = network.recognizer()
    prediction = predict(loading)
    told = answer(loading, prediction)
    with st.container(key="answer"):
        live.show_answer(SHEET.view, SHEET["of"], told)
    with st.container(key="probabilities"):
        live.show_bars(SHEET.view, SHEET["of"], told, words.ANSWERS)
    with st.container(key="verdict_row"):
        st.pills(
            "Which digit was it really?",
            DIGITS,
            key="verdict",
            on_change=judge,
            disabled=prediction is None,
        )
        tally()


def tally() -> None:
    right = sum(state.tally.values())
    wrong = len(state.tally) - right
    with st.container(horizontal=True, vertical_alignment="center", key="tally"):
        if state.tally:
            st.markdown(f"Read right: **{right}** · wrong: **{wrong}**", width="content")
            st.button("Reset", icon=":material/restart_alt:", type="tertiary", on_click=reset_tally)
        else:
            st.caption("Tap the digit you meant: the page counts how often the network was right.")
