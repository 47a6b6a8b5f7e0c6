"""What tests share: real data, and a browser with a running app."""

import os
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def pytest_collection_modifyitems(items):
    """Tests in a browser come last: from the first on, Playwright's event loop runs in this thread, and no other can."""
    items.sort(key=lambda item: "browser" in item.fixturenames)


class Scheduling(LoadFileScheduling):
    """Each file's tests run in one process, as they share what was costly to make. Those in a browser share the app alone, and
    go to whichever process is free: files of some minutes each would leave one process without work at the end."""

    def _split_scope(self, nodeid):
        file = super()._split_scope(nodeid)
        return nodeid if file.endswith("_in_browser.py") else file


def pytest_xdist_make_scheduler(config, log):
    return Scheduling(config, log)


def data_file(name: str) -> Path | None:
    """A file of real data in the folder that DIGITS_DATA names, or None: Keras fetches it."""
    folder = os.environ.get("DIGITS_DATA")
    return Path(folder, name) if folder else None


@pytest.fixture(scope="session")
def mnist():
    """`model.data.dataset.Mnist`, the real one."""
    from model.data.dataset import load_mnist

    return load_mnist(data_file("mnist.npz"))


@pytest.fixture(scope="session")
def pen_digits():
    """The real pen digits, a list of `model.data.dataset.PenDigit`."""
    from model.data.dataset import load_pen_digits

    return load_pen_digits(data_file("pendigits-orig.tra"))


@pytest.fixture(scope="session")
def recognizer():
    """`model.Recognizer` with the weights that ship."""
    from model import Recognizer

    return Recognizer.load()


@pytest.fixture(scope="module")
def eagerly():
    """TensorFlow computes step by step: to make a graph of a test's few steps first takes several times as long."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium or Chrome: the system's, else the one that Playwright installs."""
    from tests.browser import open_browser

    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def app():
    """The address of a running app whose network is awake."""
    from tests.browser import running_app

    with running_app() as address:
        yield address
