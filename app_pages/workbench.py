"""The workbench of every page on which one draws: the canvas, and what the network makes of it while the pen moves."""

import logging

import numpy as np
import streamlit as st
from streamlit_drawable_canvas import st_canvas

from app_pages import live, network, visit
from model.image import decode_drawing

BRUSHES = (12, 80)
DIGITS = [str(digit) for digit in range(10)]

SURE, FAIRLY_SURE = 0.9, 0.6  # probabilities from which the page says so

_log = logging.getLogger(__name__)
state = st.session_state


# ── What the canvas and the watcher report ────────────────────────────────────────────────────────────────────────────


def reported() -> dict:
    """What the canvas last reported: its objects under "raw", a PNG as data URL under "data"."""
    return (state.get("canvas_view") or {}).get("drawing") or {}


def drawn() -> list:
    """The strokes on the canvas, as it last reported them."""
    return (reported().get("raw") or {}).get("objects") or []


def resume() -> None:
    """Puts the drawing on the canvas again if the visitor comes back from another page: there, a canvas forgets it."""
    if "canvas_view" not in state and state.objects:
        visit.redraw(state.objects)
        state.finished = state.sample = None


def follow() -> bool:
    """Takes up what is new since the last run: a picture sent while the pen is down, or a finished drawing.

    Returns:
        Whether there is a new finished drawing.
    """
    sample = live.current_sample()
    if sample is not None and sample[0] != state.sample:
        state.sample, state.pen_down = sample[0], True
        take(sample[1])
    # A stroke is finished, undone or loaded: the drawing is read whole.
    finished = reported().get("data")
    if finished == state.finished:
        return False
    state.finished, state.pen_down = finished, False
    state.objects = drawn()
    take(live.decode_data_url(finished))
    return True


def take(png: bytes | None) -> None:
    """Makes the ink of `png` the one that the page is about; a picture that cannot be read changes nothing."""
    state.verdict = None
    if png is None:
        return
    try:
        state.ink = decode_drawing(png)
    except ValueError as error:
        _log.warning("A drawing was refused: %s", error)


def clear() -> None:
    visit.redraw([])
    state.drawings += 1


def undo() -> None:
    visit.redraw(drawn()[:-1])


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


@st.fragment
def show_workbench(page_follows: bool = False) -> None:
    """The canvas, and all that changes with the drawing; only this reruns while someone draws.

    Args:
        page_follows: whether the rest of the page is about the drawing, and runs again once a stroke is finished.
    """
    left, right = st.columns([12, 10], gap="medium")
    with left:
        with st.container(key="canvas"):
            st_canvas(
                stroke_width=state.get("brush", visit.BRUSH),
                stroke_color=visit.INK,
                width=visit.SIDE,
                height=visit.SIDE,
                initial_drawing=state.drawing,
                return_image_data=True,
                key="canvas_view",
            )
        finished = follow()
        with st.container(horizontal=True, key="tools", gap="small"):
            st.button("Undo", icon=":material/undo:", on_click=undo)
            st.button("Clear", icon=":material/delete:", on_click=clear)
            st.button("Show me one", icon=":material/auto_awesome:", on_click=visit.show_one)
            with st.popover("Brush", icon=":material/brush:"):
                st.slider("Brush width", *BRUSHES, visit.BRUSH, 4, key="brush", persist_state="session")
    with right:
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
                sample=state.sample,
                canvas="canvas",
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
    # Not before all is there: a page that is shorter for a moment would scroll under the pen.
    if finished and page_follows:
        st.rerun()


def tally() -> None:
    right = sum(state.tally.values())
    wrong = len(state.tally) - right
    with st.container(horizontal=True, vertical_alignment="center", key="tally"):
        if state.tally:
            st.markdown(f"Read right: **{right}** · wrong: **{wrong}**", width="content")
            st.button("Reset", icon=":material/restart_alt:", type="tertiary", on_click=reset_tally)
        else:
            st.caption("Tap the digit you meant: the page counts how often the network was right.")
