"""The network that a visitor has trained: who answers where the visitor wants that."""

import tempfile
from pathlib import Path

import streamlit as st

from app_pages.locale import _
from app_pages.parts.lesson import Taught, known_by_token

state = st.session_state


def use(job) -> None:
    """Has the network of a training read drawings, here and, as long as the visitor wants that, on the other pages."""
    import keras

    from model.reading.recognizer import Recognizer

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.keras"
        file.write_bytes(job.content)
        network = keras.saving.load_model(file, compile=False)
    state.own = known_by_token(Taught(Recognizer(network)))
    state.own_made_of = id(job), job.done


def is_of(job) -> bool:
    """Whether what reads drawings is the network that this training has come to."""
    return state.get("own_made_of") == (id(job), job.done)


def show_switch() -> None:
    """The switch that says whether the visitor's own network answers on the other pages; only where there is one."""
    if "own" in state:
        state.with_own_switch = state.get("with_own", False)  # a widget's own state is another one on each page
        st.toggle(_("My own network answers on Draw and Look inside"), key="with_own_switch", on_change=_switch)


def _switch() -> None:
    state.with_own = state.with_own_switch


def answering() -> Taught | None:
    """Who answers in the place of the shared network, if the visitor wants that."""
    return state.get("own") if state.get("with_own") else None
