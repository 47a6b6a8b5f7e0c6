"""Data that a page wants and that are not on this machine: fetched once for all visitors, in the background."""

import logging
import threading
from dataclasses import dataclass

import streamlit as st

from app_pages.locale import N_, _, told
from model.data.dataset import DataError
from model.data.download import SOURCES, fetch
from model.problems import Problem

# What it is, from where, and how much.
OFFERS = {
    "mnist": (
        N_(
            "The pictures are not on this machine yet. They belong to MNIST, 70,000 scanned digits: 11 MB from "
            "storage.googleapis.com. They are fetched once, for everybody who uses this server."
        )
    ),
    "pen_digits": (
        N_(
            "The pictures are not on this machine yet. They are made of the pen digits of E. Alpaydin and F. Alimoglu, the "
            "strokes of 30 people: some megabytes from archive.ics.uci.edu. They are fetched once, for everybody who uses "
            "this server."
        )
    ),
}

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_fetched: dict[str, "Fetching"] = {}  # by data set, the last one


@dataclass
class Fetching:
    """How far a download is.

    Attributes:
        done, total: bytes; `total` is None until the server has said it.
        is_over: whether it has ended, well or not.
        problem: why it has failed, as `told` takes it, or "".
    """

    done: int = 0
    total: int | None = None
    is_over: bool = False
    problem: str | Problem = ""

    def report(self, done: int, total: int | None) -> None:
        self.done, self.total = done, total


def begin(data: str) -> None:
    """Has a data set fetched, unless it is on its way. Whoever leaves does not stop it."""
    with _lock:
        if data in _fetched and not _fetched[data].is_over:
            return
        _fetched[data] = Fetching()
        threading.Thread(target=_run, args=(data, _fetched[data]), name=f"fetch-{data}", daemon=True).start()


def _run(data: str, fetching: Fetching) -> None:
    try:
        fetch(data, fetching.report)
    except DataError as error:
        _log.warning("%s", error)
        fetching.problem = error.with_traceback(None)
    except Exception:
        _log.exception("%s could not be fetched", SOURCES[data].name)
        fetching.problem = Problem("{name} could not be fetched; the log has the reason.", name=SOURCES[data].name)
    finally:
        fetching.is_over = True


def offer(data: str) -> None:
    """Says that a data set is not here, and fetches it if one likes; the page runs again once it is here."""
    fetching = _fetched.get(data)
    if fetching is not None and not fetching.is_over:
        show_progress(data)
        return
    if fetching is not None and fetching.problem:
        st.warning(
            _("{problem} Nothing has changed; try again, perhaps later.", problem=told(fetching.problem)),
            icon=":material/cloud_off:",
        )
    st.markdown(_(OFFERS[data]))
    st.button(_("Fetch the pictures"), icon=":material/cloud_download:", on_click=begin, args=(data,), key=f"fetch_{data}")


@st.fragment(run_every=0.5)
def show_progress(data: str) -> None:
    """How far a download is; runs the page again once it has ended."""
    fetching = _fetched[data]
    if fetching.is_over:
        st.rerun()
    megabytes = fetching.done / 1e6
    if fetching.total:
        share = min(1.0, fetching.done / fetching.total)
        st.progress(share, _("Fetching the pictures: {done:.1f} of {total:.1f} MB", done=megabytes, total=fetching.total / 1e6))
    else:
        st.progress(0.0, _("Fetching the pictures: {done:.1f} MB", done=megabytes))
