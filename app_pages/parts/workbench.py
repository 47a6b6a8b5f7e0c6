"""The workbench of every page on which one draws: the canvas, and what the network makes of it while the pen moves."""

import numpy as np
import streamlit as st

from app_pages.components import live
from app_pages.parts import network, visit
from app_pages.parts.results import FAIRLY_SURE, SURE
from app_pages.parts.visit import SHEET

DIGITS = [str(digit) for digit in range(10)]

state = st.session_state


# ── What the visitor does ─────────────────────────────────────────────────────────────────────────────────────────────


def clear() -> None:
    SHEET.clear()
    state.drawings += 1


def judge() -> None:
    """Keeps the visitor's word on this drawing; a second word on the same one replaces the first."""
    if state.verdict is None:
        state.tally.pop(state.drawings, None)
    elif state.prediction is not None:
        state.tally[state.drawings] = state.prediction.is_digit and state.verdict == state.prediction.label


def reset_tally() -> None:
    state.tally = {}


# ── What the page says ────────────────────────────────────────────────────────────────────────────────────────────────


def predict(loading):
    """The network's answer to the ink, computed once for each ink; None if there is no ink or no network."""
    if loading.exception() is not None:
        return None
    recognizer = loading.result()
    if state.prediction_of is not state.ink or state.prediction_by is not recognizer:
        state.prediction = None if state.ink is None else recognizer.recognize(state.ink)
        state.prediction_of, state.prediction_by = state.ink, recognizer
    return state.prediction


def answer(loading, awake: bool, prediction) -> tuple[str, str, str]:
    """Headline, words and tone for a prediction, or for what stands in its place."""
    if not awake:
        if state.ink is None:
            return "", "The network is waking up. You can draw already.", "quiet"
        return "", "The network is waking up. Your drawing is read as soon as it is there.", "quiet"
    if network.failure(loading):
        return "", "There is no network to read your drawing.", "none"
    if prediction is None:
        return "", "Draw a digit, as large as you like.", "quiet"
    if not prediction.is_digit:
        return "?", "That is no digit I know.", "none"
    likeliest = np.argsort(prediction.probabilities)[::-1]
    first, second = (DIGITS[index] for index in likeliest[:2])
    probability = float(shares(prediction).max())
    percent = percentage(probability)
    if probability >= SURE:
        return first, f"sure: {percent} %", "sure"
    if probability >= FAIRLY_SURE:
        return first, f"fairly sure: {percent} %", "sure"
    return f"{first} or {second}", f"not sure: {percent} %", "unsure"


def shares(prediction) -> np.ndarray:
    """How likely the drawing is each digit, (10,): what is probably no digit fills no bar."""
    if prediction is None:
        return np.zeros(len(DIGITS))
    return prediction.probabilities * prediction.digit_probability


def percentage(probability: float) -> int:
    """In per cent, whole; never 100 while there is a doubt left that one could see in a bar."""
    return min(99, round(100 * probability)) if probability < 0.9995 else 100


# ── What one sees ─────────────────────────────────────────────────────────────────────────────────────────────────────


def show_workbench() -> None:
    """The canvas, and what the network makes of it. A finished stroke runs the page, which may be about the drawing."""
    left, right = st.columns([12, 10], gap="medium")
    with left:
        SHEET.show_canvas()
        SHEET.show_tools(SHEET.undo, clear, visit.show_one)
    with right:
        show_prediction()


@st.fragment
def show_prediction() -> None:
    """The network's answer; only this reruns while the pen is down."""
    SHEET.follow()
    loading = network.recognizer()
    awake = loading.done()
    prediction = predict(loading) if awake else None
    with st.container(key="answer"):
        live.show_answer(
            *answer(loading, awake, prediction),
            picture=None if prediction is None else prediction.image,
            drawing=state.pen_down,
        )
    with st.container(key="probabilities"):
        known = prediction is not None and prediction.is_digit
        live.show_bars(
            shares=np.round(shares(prediction), 4).tolist(),
            percents=[percentage(share) for share in shares(prediction)],
            winner=int(prediction.label) if known else None,
            sheet=SHEET.watched(),
        )
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
