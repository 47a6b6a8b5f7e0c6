"""What the steps of "Look inside" share: a network taken apart, the look at the visitor's drawing, and how numbers are said."""

import base64
import threading
from functools import lru_cache

import numpy as np
import streamlit as st

from app_pages.locale import N_, _
from app_pages.parts.words import ANSWERS
from model.ink.image import preparation

LOOKS = 12  # pictures of which all maps are kept, 1.3 MB each: a visitor who comes back later waits 13 ms
MOST_NETWORKS = 16  # taken apart at once: the shared one, and those that pupils have trained

POINTED = N_("Row {row}, column {column}: {value}")
SIGNED = (N_("negative"), N_("positive"))
# What Keras's classes are called here; others keep their own name.
KINDS = {
    "Conv2D": N_("Convolution"),
    "MaxPooling2D": N_("Pooling"),
    "AveragePooling2D": N_("Pooling by the mean"),
    "BatchNormalization": N_("Batch normalisation"),
    "ReLU": N_("ReLU"),
}

state = st.session_state
_lock = threading.Lock()


# ── A network taken apart ─────────────────────────────────────────────────────────────────────────────────────────────


def anatomy_of(network):
    """The `model.networks.anatomy.Anatomy` of a network, made once. It may be called from any thread.

    Raises:
        ValueError: the network is no stack that can be looked into.
    """
    with _lock:
        return _anatomy_of(network)


def flow_of(network):
    """The `model.networks.flow.Flow` of a network; as `anatomy_of`."""
    with _lock:
        return _flow_of(network)


@lru_cache(maxsize=MOST_NETWORKS)
def _anatomy_of(network):
    from model.networks.anatomy import Anatomy  # brings TensorFlow, which is there once there is a recogniser

    return Anatomy(network)


@lru_cache(maxsize=MOST_NETWORKS)
def _flow_of(network):
    from model.networks.flow import Flow

    return Flow(_anatomy_of(network))


@st.cache_resource(max_entries=LOOKS, show_spinner=False)
def look_of(_anatomy, identity: int, picture: np.ndarray):
    """What `_anatomy`, told from others by `identity`, computes of a picture, uint8 (28, 28)."""
    return _anatomy.look(picture)


def passage_of(network, picture: np.ndarray | None) -> dict | None:
    """A drawing on its way through a network, as the component of the overview takes it; None without a picture, and of a
    network that cannot be looked into. It may be called from any thread.

    Returns:
        "maps": for each stage its maps one after the other, a byte each, -127 to 127 of the largest, in base64; "links":
        what each map before adds to each here, in the same way; "sums" of the answers.
    """
    if picture is None:
        return None
    try:
        passage = flow_of(network).of(picture)
    except ValueError:
        return None
    return {
        "maps": [_bytes(maps.transpose(2, 0, 1)) for maps in passage.maps],
        "links": [_bytes(links) for links in passage.links],
        "sums": np.round(passage.sums.astype(float), 3).tolist(),
    }


def _bytes(values: np.ndarray) -> str:
    levels = np.round(values * (127 / (np.abs(values).max() or 1)))
    return base64.b64encode(levels.astype(np.int8).tobytes()).decode("ascii")


# ── The visitor's drawing ─────────────────────────────────────────────────────────────────────────────────────────────


def prepared():
    """The steps from the visitor's ink to the network's picture, computed once for each ink; None without ink."""
    if state.get("prepared_of") is not state.ink or "prepared" not in state:
        state.prepared = None if state.ink is None else preparation(state.ink)
        state.prepared_of = state.ink
    return state.prepared


# ── What steps have in common ─────────────────────────────────────────────────────────────────────────────────────────


def slider(label: str, key: str, count: int, first: int) -> int:
    """A slider from 1 to `count`; what it says, counted from 0. `first` is where it stands at the beginning."""
    state[key] = min(state.get(key, first + 1), count)
    if count == 1:
        return 0
    return st.slider(label, 1, count, key=key, persist_state="session") - 1


def place(prefix: str, shape: tuple[int, int], first: tuple[int, int]) -> tuple[int, int]:
    """The pixel of a figure that was chosen, (row, column); `first` before any was, and none beyond `shape`."""
    chosen = state.get(f"{prefix}_place", first)
    return min(chosen[0], shape[0] - 1), min(chosen[1], shape[1] - 1)


def choose_place(prefix: str, chosen: tuple[int, int]) -> None:
    state[f"{prefix}_place"] = chosen


def take_click(prefix: str, window, shape: tuple[int, int]) -> None:
    """Has the window stand where the input was clicked, with its middle, or the output, which is of `shape`."""
    if clicked := state.pop(f"{prefix}_click", None):
        at = clicked["row"], clicked["column"]
        choose_place(prefix, window.over(*at, shape) if clicked["figure"] == 0 else at)


def running(window, beyond: float | None) -> dict:
    """What the figures need to let a window run."""
    return {
        "words": {"moving": {"begin": _("Run"), "pause": _("Pause")}, "still": {"begin": _("Next row")}},
        "size": window.size,
        "stride": window.stride,
        "padding": window.padding,
        "beyond": beyond,
    }


def number(value: float, decimals: int = 3) -> str:
    return f"{value:.{decimals}f}"


def said(value: float, decimals: int = 3) -> str:
    """A number in a sentence, with a minus sign as wide as a digit."""
    return number(value, decimals).replace("-", "−")


def factor(value: float, decimals: int = 3) -> str:
    """A number in a product: in brackets if negative."""
    return number(value, decimals) if value >= 0 else f"({number(value, decimals)})"


def outputs(look) -> list[str]:
    """The names of a network's answers, untranslated."""
    return ANSWERS[: len(look.logits)]


def head(title: str, sentence: str) -> None:
    """What a step is about, in at most two sentences before something can be touched."""
    st.header(title, anchor=False)
    st.markdown(sentence)


def tasks(try_: str, question: str, answer: str) -> None:
    """One thing to try in a step, and one question, whose answer is there for the asking."""
    with st.container(key="tasks"):
        st.markdown(_("**Try it.** {what}", what=try_))
        with st.popover(question, icon=":material/help:", width="stretch"):
            st.markdown(answer)
