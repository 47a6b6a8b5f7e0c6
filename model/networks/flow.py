"""A drawing on its way through a whole network, in numbers few enough to be sent while a pen moves.

    flow = Flow(anatomy)           once for each network; thread-safe
    passage = flow.of(picture)     feature maps of every stage, and what each adds to those of the next

A stage is a layer with weights and all that follows it up to the next one: a convolution with its pooling, normalisation and
ReLU, or a hidden dense layer, each of whose values counts as a map of one pixel.
"""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from model.data.examples import one_of_each
from model.ink.image import SIDE
from model.networks.anatomy import Anatomy

MOST = 8  # maps of a stage that are shown: more are too small to be seen from the last row


@dataclass(frozen=True)
class Stage:
    """What is shown of one stage.

    Attributes:
        first, last: index in `network.layers` of the layer with weights, and of the one whose maps are shown.
        shape: rows and columns of its maps, and how many there are.
        shown: which maps, in ascending order: of more than `MOST`, those that add most to the next stage, for or against,
            in the mean over a drawing of each digit.
    """

    first: int
    last: int
    shape: tuple[int, int, int]
    shown: tuple[int, ...]


@dataclass(frozen=True)
class Passage:
    """One drawing on its way.

    Attributes:
        maps: for each stage float32 (rows, columns, shown).
        links: for each stage, and last for the sums, float32 (shown before, shown here): what each map before adds to each
            map here, all places together, as far as that can be told from its mean. The picture is the map before the first.
            Before the sums it is exact where the last layer sees the maps themselves.
        sums: float32 (classes,), the last layer's.
    """

    maps: list[np.ndarray]
    links: list[np.ndarray]
    sums: np.ndarray


class Flow:
    """The stages of a network, and what of them is shown. Nothing changes it, so threads may share it.

    Attributes:
        stages: from the picture to the sums, without both; empty for a network of one dense layer.
    """

    def __init__(self, anatomy: Anatomy):
        self._stack = anatomy.network.layers
        self._last = anatomy.last
        self._firsts = [index for index, layer in enumerate(self._stack) if isinstance(layer, layers.Conv2D | layers.Dense)]
        ends = [self._end(first) for first in self._firsts[:-1]]
        shapes = [_shape(self._stack[end].output.shape[1:]) for end in ends]
        before = [(SIDE, SIDE, 1), *shapes]
        self._weights = [self._of(first, shape) for first, shape in zip(self._firsts, before, strict=True)]
        self._compile(anatomy.network, ends)
        shown = self._busiest(shapes)
        self.stages = [
            Stage(first, end, shape, which)
            for first, end, shape, which in zip(self._firsts[:-1], ends, shapes, shown, strict=True)
        ]
        picked = [(0,), *shown, tuple(range(anatomy.classes))]
        self._weights = [
            weights[:, into][:, :, out] for weights, into, out in zip(self._weights, picked[:-1], picked[1:], strict=True)
        ]

    def _busiest(self, shapes: list[tuple[int, int, int]]) -> list[tuple[int, ...]]:
        """Which maps of each stage are shown, see `Stage.shown`."""
        added = [np.zeros(count) for *_, count in shapes]
        for picture in one_of_each():
            outputs, _ = self._through(_given(picture))
            for sums, output, shape, weights in zip(added, outputs, shapes, self._weights[1:], strict=True):
                sums += np.abs(_links(np.asarray(output)[0].reshape(shape), weights)).sum(1)
        return [tuple(sorted(np.argsort(-sums, kind="stable")[:MOST].tolist())) for sums in added]

    def _end(self, first: int) -> int:
        """The last layer of a stage whose output is still maps, or values, of its own."""
        is_maps = len(self._stack[first].output.shape) == 4
        end = first
        for index in range(first + 1, self._firsts[self._firsts.index(first) + 1]):
            if is_maps != (len(self._stack[index].output.shape) == 4):
                break
            if not isinstance(self._stack[index], layers.Dropout):  # which does nothing here
                end = index
        return end

    def _of(self, first: int, before: tuple[int, int, int]) -> np.ndarray:
        """What one unit of each map before adds to each map of a stage: float32 (places or 1, before, here)."""
        layer = self._stack[first]
        kernel = np.asarray(layer.kernel)
        rows, columns, count = before
        if isinstance(layer, layers.Conv2D):
            weights = np.zeros((1, count, layer.filters), np.float32)
            own, made = count // layer.groups, layer.filters // layer.groups  # maps that each group sees, and makes
            for group in range(layer.groups):
                into, out = slice(group * own, (group + 1) * own), slice(group * made, (group + 1) * made)
                weights[0, into, out] = kernel[..., out].sum((0, 1))
        elif len(kernel) == rows * columns * count:
            weights = kernel.reshape(rows * columns, count, -1)
        else:
            weights = kernel.reshape(-1, count, kernel.shape[1]).mean(0, keepdims=True)  # pooled over all places
        following = self._firsts.index(first) + 1
        end = self._firsts[following] if following < len(self._firsts) else len(self._stack)
        for norm in self._stack[first + 1 : end]:
            if isinstance(norm, layers.BatchNormalization):
                scale = np.asarray(norm.gamma) if norm.scale else 1.0
                weights = weights * (scale / np.sqrt(np.asarray(norm.moving_variance) + norm.epsilon))
        return weights.astype(np.float32)

    def _compile(self, network: keras.Sequential, ends: list[int]) -> None:
        wanted = [*(self._stack[end].output for end in ends), self._last.input, network.outputs[0]]  # never one alone
        model = keras.Model(network.inputs[0], wanted)
        last = self._last

        def through(pictures):
            *maps, features, _ = model(pictures, training=False)
            sums = tf.matmul(features, last.kernel)
            return maps, sums if last.bias is None else sums + last.bias

        self._through = tf.function(through, input_signature=[tf.TensorSpec((1, SIDE, SIDE, 1), tf.float32)])

    @property
    def sees_the_picture(self) -> bool:
        """Whether the first stage is a convolution of the picture."""
        return bool(self.stages) and isinstance(self._stack[self.stages[0].first], layers.Conv2D)

    def of(self, picture: np.ndarray) -> Passage:
        """The way of one picture, uint8 (28, 28), as `model.ink.image.prepare` makes it."""
        given = _given(picture)
        outputs, sums = self._through(given)
        maps = [
            np.asarray(output)[0].reshape(stage.shape)[..., stage.shown]
            for output, stage in zip(outputs, self.stages, strict=True)
        ]
        links = [_links(before, weights) for before, weights in zip([given[0], *maps], self._weights, strict=True)]
        return Passage(maps, links, np.asarray(sums)[0])


def _given(picture: np.ndarray) -> np.ndarray:
    """A picture as the network takes it."""
    return (picture / np.float32(255))[None, ..., None]


def _links(before: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What maps (rows, columns, before) add to those of the next stage, by weights as `Flow._of` gives them."""
    values = before.reshape(-1, before.shape[-1])
    at_places = values if len(weights) == len(values) else values.mean(0, keepdims=True)
    return np.einsum("pb,pbh->bh", at_places, weights)


def _shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    return tuple(shape) if len(shape) == 3 else (1, 1, shape[-1])
