"""The network that a visitor has trained: who answers where the visitor wants that."""

import tempfile
from pathlib import Path

import streamlit as st

from app_pages.parts.lesson import Taught, known_by_token

state = st.session_state


def of(job) -> Taught:
    """What reads drawings with the network of a training, made once for each epoch that it came to."""
    made_of = id(job), job.done
    if state.get("own_made_of") != made_of:
        import keras

        from model.reading.recognizer import Recognizer

        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "network.keras"
            file.write_bytes(job.content)
            network = keras.saving.load_model(file, compile=False)
        state.own = known_by_token(Taught(Recognizer(network)))
        state.own_made_of = made_of
    return state.own


def show_switch() -> None:
    """The switch that says whether the visitor's own network answers on the other pages; only where there is one."""
    if "own" in state:
        state.with_own_switch = state.get("with_own", False)  # a widget's own state is another one on each page
        st.toggle("My own network answers on Draw and Look inside", key="with_own_switch", on_change=_switch)


def _switch() -> None:
    state.with_own = state.with_own_switch


def answering() -> Taught | None:
    """Who answers in the place of the shared network, if the visitor wants that."""
    return state.get("own") if state.get("with_own") else None
