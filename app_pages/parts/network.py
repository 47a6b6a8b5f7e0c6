"""The recogniser that all visitors share: imported and loaded once per server, in the background."""

import gc
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import streamlit as st

from model.paths import WEIGHTS

_log = logging.getLogger(__name__)


def recognizer() -> Future:
    """A future of the shared `model.Recognizer`; of other weights once the file has been replaced."""
    return _load(version(WEIGHTS))


def version(path: Path) -> tuple[int, int] | None:
    """What changes when a file is replaced, to cache by; None if there is no such file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


@st.cache_resource(max_entries=1, show_spinner=False)
def _load(version) -> Future:
    # TensorFlow takes seconds to import; the page appears meanwhile.
    with_one_thread = ThreadPoolExecutor(1, thread_name_prefix="load-network")
    future = with_one_thread.submit(_import_and_load)
    with_one_thread.shutdown(wait=False)
    return future


def _import_and_load():
    try:
        _spare_the_network()
        from model.reading.recognizer import Recognizer

        recognizer = Recognizer.load(WEIGHTS)
        _spare_garbage_collection()
        return recognizer
    except Exception:
        _log.exception("The network cannot be used")
        raise


def _spare_the_network() -> None:
    """Keeps Streamlit from emptying Keras's session after every run of a page.

    That takes a tenth of a second each time and throws away the compiled kernels that all visitors share.
    """
    import keras

    keras.backend.clear_session = lambda free_memory=True: None


def _spare_garbage_collection() -> None:
    """Leaves what is alive now out of garbage collections to come: modules and networks live as long as the server.

    Streamlit collects garbage after every run of a page, and TensorFlow brings half a million objects, which would take
    a quarter of a second each time.
    """
    gc.freeze()


def failure(future: Future) -> str | None:
    """One sentence on why there is no network and what makes one, or None if there is one or may yet be."""
    if not future.done() or future.exception() is None:
        return None
    error = future.exception()
    if type(error).__name__ == "WeightsError":  # the class itself would bring TensorFlow with it
        return f"{error} The command `python train.py` makes new ones."
    return "The network could not be loaded. The log has the reason; `pip install -r requirements.txt` may help."


def say_failure(future: Future) -> None:
    """Shows `failure`, if there is one."""
    if message := failure(future):
        st.error(message, icon=":material/error:")


@st.fragment(run_every=0.4)
def wait() -> None:
    """Waits for the network, then has the page run again."""
    if recognizer().done():
        st.rerun()
    _spare_garbage_collection()  # it would hold up the import that the visitor waits for
