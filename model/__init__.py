"""Everything that knows about digits. The public names; what needs TensorFlow is imported when it is first used.

>>> from model import Recognizer
>>> Recognizer.load().recognize(image).label
'7'
"""

from importlib import import_module

_HOMES = {
    "Examples": "model.reading.taught",
    "Prediction": "model.reading.recognizer",
    "Recognizer": "model.reading.recognizer",
    "TeachingError": "model.reading.taught",
    "WeightsError": "model.networks.weights",
    "prepare": "model.ink.image",
}

__all__ = sorted(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
