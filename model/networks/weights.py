"""Trained networks from their files, checked where they enter."""

import logging
from pathlib import Path

import keras
import numpy as np

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


def check_network(network: keras.Model, name: str, shapes: list[tuple]) -> None:
    """Whether a network is the one that is expected.

    Args:
        name: of its file.
        shapes: of its inputs and outputs, one after another.

    Raises:
        WeightsError: it has others, or weights that are no finite numbers.
    """
    if [tuple(tensor.shape) for tensor in (*network.inputs, *network.outputs)] != shapes:
        raise WeightsError("The file {name} holds another network.", name=name)
    if not all(np.isfinite(weights).all() for weights in network.get_weights()):
        raise WeightsError("The file {name} holds weights that are no finite numbers.", name=name)


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
