"""Trained networks from their files, checked where they enter."""

import logging
from pathlib import Path

import keras

from model.problems import Problem
from model.replacing import found

_log = logging.getLogger(__name__)


class WeightsError(Problem):
    """The weights cannot be used; the message says why in one sentence."""


def load_network(path: str | Path) -> keras.Model:
    """The network in the file at `path`, or in the one that takes its place; see `model.replacing`.

    Raises:
        WeightsError: no file, a damaged one, or no Keras model. The log has the cause.
    """
    path = Path(path)
    try:
        return found(path, _load)
    except FileNotFoundError:
        raise WeightsError("There are no weights at {name}.", name=path.name) from None


def _load(path: Path) -> keras.Model:
    if not path.is_file():
        raise FileNotFoundError(path)
    try:
        # Safe mode: a file from somewhere else must not bring code along.
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras lets through whatever its readers raise
        if not path.is_file():  # put in its place meanwhile
            raise FileNotFoundError(path) from error
        _log.exception("The weights in %s cannot be loaded", path)
        raise WeightsError("The file {name} is damaged or not a Keras model.", name=path.name) from error
