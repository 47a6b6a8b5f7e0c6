"""The recogniser that all visitors share: imported and loaded once per server, in the background."""

import gc
import logging
from concurrent.futures import Future, ThreadPoolExecutor

import streamlit as st

from model.paths import WEIGHTS

_log = logging.getLogger(__name__)


def recognizer() -> Future:
    """A future of the shared `model.Recognizer`; of other weights once the file has been replaced."""
    try:
        status = WEIGHTS.stat()
        version = (status.st_mtime_ns, status.st_size)
    except OSError:
        version = None
    return _load(version)


@st.cache_resource(max_entries=1, show_spinner=False)
def _load(version) -> Future:
    # TensorFlow takes seconds to import; the page appears meanwhile.
    with_one_thread = ThreadPoolExecutor(1, thread_name_prefix="load-network")
    future = with_one_thread.submit(_import_and_load)
    with_one_thread.shutdown(wait=False)
    return future


def _import_and_load():
    try:
        from model.recognizer import Recognizer

        recognizer = Recognizer.load(WEIGHTS)
        _spare_the_network()
        return recognizer
    except Exception:
        _log.exception("The network cannot be used")
        raise


def _spare_the_network() -> None:
    """Keeps what Streamlit does after every run of a page from costing a third of a second each time.

    It empties Keras's session, which throws away the compiled kernels that all visitors share, and it collects garbage
    among the objects of all modules, of which TensorFlow has half a million.
    """
    import keras

    keras.backend.clear_session = lambda free_memory=True: None
    gc.collect()
    gc.freeze()  # what is alive now lives as long as the server: no need to visit it again


def failure(future: Future) -> str | None:
    """One sentence on why there is no network and what makes one, or None if there is one or may yet be."""
    if not future.done() or future.exception() is None:
        return None
    error = future.exception()
    if type(error).__name__ == "WeightsError":  # the class itself would bring TensorFlow with it
        return f"{error} The command `python train.py` makes new ones."
    return "The network could not be loaded. The log has the reason; `pip install -r requirements.txt` may help."
