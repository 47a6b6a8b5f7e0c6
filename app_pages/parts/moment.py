"""The moment that a link leads to: which step of "Look inside" is seen, and what is chosen there.

The address holds it as parameters: "step", and of that step what `PARAMETERS` names. They come from outside, so each is
checked alone when a visit begins, and left out if it is not sound; what is no more than a number too large is brought into
bounds where it is used.
"""

import re
from collections.abc import Callable

import streamlit as st

from app_pages.parts import way
from app_pages.parts.convolving import BY_HAND, LEARNT
from app_pages.parts.seeing import FARTHEST
from app_pages.parts.words import ANSWERS

MOST = 9_999  # of anything that is counted
MOST_WEIGHT = 9  # of a kernel made by hand

state = st.session_state


# ── How values are written, and read ──────────────────────────────────────────────────────────────────────────────────


def _count(text: str) -> int:
    if not re.fullmatch("[0-9]{1,4}", text):
        raise ValueError
    return int(text)


def _position(text: str) -> int:
    return max(1, _count(text))


def _place(text: str) -> tuple[int, int]:
    row, column = text.split(".")
    return _count(row), _count(column)


def _weights(text: str) -> tuple[int, ...]:
    weights = tuple(int(one) for one in text.split(",") if re.fullmatch("-?[0-9]", one))
    if len(weights) != 9 or max(map(abs, weights)) > MOST_WEIGHT:
        raise ValueError
    return weights


def _answer(text: str) -> str:
    return ANSWERS[_count(text)]


def _steps(text: str) -> int:
    if not re.fullmatch("-?[0-9]", text):
        raise ValueError
    return max(-FARTHEST, min(FARTHEST, int(text)))


def _temperature(text: str) -> float:
    from app_pages.parts.deciding import COLDEST, HOTTEST

    if not re.fullmatch(r"[0-9]{1,2}\.[0-9]", text):
        raise ValueError
    return max(COLDEST, min(HOTTEST, float(text)))


def _place_written(place: tuple[int, int]) -> str:
    return f"{place[0]}.{place[1]}"


def _weights_written(weights: tuple[int, ...]) -> str:
    return ",".join(map(str, weights))


def _answer_written(label: str) -> str:
    return str(ANSWERS.index(label))


# Step → its parameters: name in the address, key in the session, how it is read, how it is written.
PARAMETERS: dict[str, list[tuple[str, str, Callable, Callable]]] = {
    "convolution": [
        ("kernel", "convolution_kernel", _position, str),
        ("weights", "handmade", _weights, _weights_written),
        ("place", "convolution_place", _place, _place_written),
    ],
    "relu": [("map", "activation_map", _position, str), ("place", "activation_place", _place, _place_written)],
    "pooling": [
        ("map", "pooling_map", _position, str),
        ("place", "pooling_place", _place, _place_written),
        ("moved", "moved", _steps, str),
    ],
    "deeper": [
        ("layer", "layer", _count, str),
        ("map", "layer_map", _position, str),
        ("place", "layer_place", _place, _place_written),
    ],
    "sums": [("answer", "answer_asked", _answer, _answer_written)],
    "softmax": [
        ("answer", "answer_asked", _answer, _answer_written),
        ("temperature", "temperature", _temperature, lambda value: f"{value:.1f}"),
    ],
    "why": [("answer", "answer_asked", _answer, _answer_written), ("not", "why_not", _answer, _answer_written)],
}
NAMES = sorted({name for parameters in PARAMETERS.values() for name, *_ in parameters})


def arrive(steps) -> None:
    """Takes up what the address says, once in each visit.

    Args:
        steps: names of those that there are.
    """
    if "step_arrived" in state:
        return
    way.arrive(steps, "step")
    if (step := st.query_params.get("step")) in steps:
        for name, key, read, _ in PARAMETERS.get(step, []):
            try:
                if name in st.query_params:
                    state[key] = read(st.query_params[name])
            except (ValueError, IndexError):
                continue
        if step == "convolution":
            state.kernel_kind = BY_HAND if "weights" in st.query_params else LEARNT


def told(step: str) -> dict[str, str | None]:
    """What the address is to say, for `components.moment.show_moment`."""
    parameters = dict.fromkeys(NAMES) | {"step": step}
    for name, key, _, write in PARAMETERS.get(step, []):
        if state.get(key) is not None:
            parameters[name] = write(state[key])
    if step == "convolution":
        parameters["weights" if state.get("kernel_kind") == LEARNT else "kernel"] = None
    return parameters
