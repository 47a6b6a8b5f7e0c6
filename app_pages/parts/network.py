"""The recogniser that all visitors share: imported and loaded once per server, in the background."""

import gc
import logging
import threading
from concurrent.futures import Future

import streamlit as st

from app_pages.locale import N_, _, told
from model.paths import JUDGE, WEIGHTS
from model.replacing import version

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_loaded: tuple = (None, None)  # of which file, and the future


def recognizer() -> Future:
    """A future of the shared `model.Recognizer`; of other weights once the file has been replaced."""
    global _loaded
    of = WEIGHTS, version(WEIGHTS)
    with _lock:
        if _loaded[0] != of:
            future = Future()
            # TensorFlow takes seconds to import; the page appears meanwhile. A server that is stopped does not wait.
            threading.Thread(target=_load_into, args=(future,), name="load-network", daemon=True).start()
            _loaded = of, future
        return _loaded[1]


def _load_into(future: Future) -> None:
    try:
        future.set_result(_import_and_load())
    except BaseException as error:
        _log.exception("The network cannot be used")
        future.set_exception(error)
        return
    _load_the_others(future.result())


def _load_the_others(recognizer) -> None:
    """Loads what finds digits on a page and what compares with examples, so that nobody waits for them later. One digit is
    read without."""
    for load in (recognizer.finder, recognizer.teacher):
        try:
            load()
        except Exception:
            _log.exception("A network beside the digits' cannot be used")


def reading_failure(future: Future) -> str | None:
    """One sentence on why no numbers are read though digits are, or None if they are or there is no network yet."""
    of_weights = N_("Numbers cannot be read now. {problem} The command `{command}` makes new ones.")
    other = N_("Numbers cannot be read now; the log of the server has the reason.")
    commands = {JUDGE.name: "python train.py --judge"}
    return _failure_of(future, "finder", of_weights, other, "python train.py --numbers", commands)


def teaching_failure(future: Future) -> str | None:
    """One sentence on why nothing can be taught though digits are read, or None if it can be or there is no network yet."""
    of_weights = N_("Nothing can be taught now. {problem} The command `{command}` makes new ones.")
    other = N_("Nothing can be taught now; the log of the server has the reason.")
    return _failure_of(future, "teacher", of_weights, other, "python train.py --symbols-network")


def _failure_of(
    future: Future, name: str, of_weights: str, other: str, command: str, commands: dict[str, str] | None = None
) -> str | None:
    """One sentence on why something of the recogniser cannot be had.

    Args:
        name: of its method.
        command: what makes new weights; `commands` what makes those of single files.
    """
    if not future.done() or future.exception() is not None:
        return None
    try:
        getattr(future.result(), name)()
    except Exception as error:
        if not is_of_weights(error):
            return _(other)
        command = (commands or {}).get(error.values.get("name"), command)
        return _(of_weights, problem=told(error), command=command)
    return None


def is_of_weights(error: BaseException) -> bool:
    """Whether it is a `model.WeightsError`; the class itself would bring TensorFlow with it."""
    return type(error).__name__ == "WeightsError"


def _import_and_load():
    _compute_in_one_thread()
    _spare_the_network()
    from model.reading.recognizer import Recognizer

    recognizer = Recognizer.load(WEIGHTS)
    _spare_garbage_collection()
    return recognizer


def _compute_in_one_thread() -> None:
    """Has TensorFlow compute each answer in the thread that asks.

    The network is small: sharing one answer among cores costs more than it gives, and several are computed at once.
    """
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:  # TensorFlow computes already, as it does when other weights are loaded later
        _log.info("TensorFlow keeps the threads that it has")


def _spare_the_network() -> None:
    """Keeps Streamlit from emptying Keras's session after every run of a page.

    That takes a tenth of a second each time and throws away the compiled kernels that all visitors share.
    """
    import keras

    keras.backend.clear_session = lambda free_memory=True: None


def _spare_garbage_collection() -> None:
    """Leaves what is alive now out of garbage collections to come: modules and networks live as long as the server.

    TensorFlow brings half a million objects, to look at which takes a quarter of a second each time.
    """
    gc.collect()
    gc.freeze()


def failure(future: Future) -> str | None:
    """One sentence on why there is no network and what makes one, or None if there is one or may yet be."""
    if not future.done() or future.exception() is None:
        return None
    error = future.exception()
    if is_of_weights(error):
        return _("{problem} The command `{command}` makes new ones.", problem=told(error), command="python train.py")
    return _("The network could not be loaded. The log has the reason; `pip install -r requirements.txt` may help.")


def say_failure(future: Future) -> None:
    """Shows `failure`, if there is one."""
    if message := failure(future):
        st.error(message, icon=":material/error:")


@st.fragment(run_every=0.4)
def wait() -> None:
    """Waits for the network, then has the page run again."""
    if recognizer().done():
        st.rerun()
