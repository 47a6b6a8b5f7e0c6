"""What happens inside a network while it reads a digit: every value, and how it can be computed by hand.

    anatomy = Anatomy(network)      once for each network; thread-safe
    look = anatomy.look(picture)    all feature maps of one drawing; its evidence when asked for

Layers are told apart by their class and settings, never by their names, so that any stack of Keras's layers can be
looked into that ends in a Dense layer and a softmax. `index` always counts `network.layers`.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from model.ink.image import SIDE
from model.problems import N_

INK = 32  # of 255: a fainter pixel is no ink to speak of
STEPS = 128  # pictures between blank and drawn along which gradients are integrated
# How far between the two each lies, and how much of the way it stands for: they lie closer together where the ink is
# faint, since that is where the logits move most.
SHARES = ((np.arange(STEPS, dtype=np.float32) + 0.5) / STEPS) ** 2
WIDTHS = np.diff((np.arange(STEPS + 1, dtype=np.float32) / STEPS) ** 2)
COVER, COVER_STEP = 6, 2  # pixels a side of the square that covers, and from one place to the next

# Layers that make a pixel of the same pixel alone, whatever stands beside it.
POINTWISE = (
    layers.BatchNormalization,
    layers.ReLU,
    layers.LeakyReLU,
    layers.ELU,
    layers.Activation,
    layers.Dropout,
    layers.SpatialDropout2D,
)

Pair = tuple[int, int]  # (rows, columns)


@dataclass(frozen=True)
class Field:
    """Which pixels of the picture a pixel of a feature map sees.

    Computed layer by layer (Araujo, Norris, Sim, "Computing receptive fields of convolutional neural networks",
    Distill, 2019).

    Attributes:
        size: rows and columns that one pixel sees.
        stride: pixels of the picture from one pixel of the map to the next.
        start: first row and column that the map's first pixel sees; negative where padding lies there.
    """

    size: Pair = (1, 1)
    stride: Pair = (1, 1)
    start: Pair = (0, 0)

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """(left, top, right, bottom) of what this pixel sees in the 28 × 28, right and bottom not included."""
        (top, bottom), (left, right) = (
            (max(0, start + place * stride), min(SIDE, start + place * stride + size))
            for place, size, stride, start in zip((row, column), self.size, self.stride, self.start, strict=True)
        )
        return left, top, right, bottom


@dataclass(frozen=True)
class Layer:
    """One layer of a network.

    Attributes:
        index: its place in `network.layers`.
        kind: name of its Keras class, as "Conv2D".
        shape: of what it gives: (rows, columns, maps), or (values,) once there are no maps any more.
        weights: how many numbers it has learnt or measured.
        field: what one pixel of its maps sees; None where that is not known, or there are no maps.
    """

    index: int
    kind: str
    shape: tuple[int, ...]
    weights: int
    field: Field | None


@dataclass(frozen=True)
class Window:
    """Where the window of a convolution or a pooling stands.

    Attributes:
        size: rows and columns of the input from its first to its last pixel, gaps of a dilation included.
        stride: pixels of the input from one place to the next.
        padding: rows above and columns to the left of the input that its first place reaches beyond it.
    """

    size: Pair
    stride: Pair
    padding: Pair

    def corner(self, row: int, column: int) -> Pair:
        """First row and column of the input under the window that makes this pixel of the output."""
        return row * self.stride[0] - self.padding[0], column * self.stride[1] - self.padding[1]

    def over(self, row: int, column: int, shape: Pair) -> Pair:
        """The pixel of an output of this shape whose window has its middle nearest to a pixel of the input."""
        return _pair(
            lambda place, size, stride, padding, count: min(max(0, round((place + padding - size // 2) / stride)), count - 1),
            (row, column),
            self.size,
            self.stride,
            self.padding,
            shape,
        )


@dataclass(frozen=True)
class Normalization:
    """Batch normalisation of one value: scale · (value − mean) / √(variance + epsilon) + shift (Ioffe, Szegedy, 2015).

    Attributes:
        result: what comes out.
    """

    index: int
    mean: float
    variance: float
    epsilon: float
    scale: float
    shift: float
    result: float


@dataclass(frozen=True)
class Activation:
    """An activation function applied to one value.

    Attributes:
        name: of the function, as Keras calls it: "relu".
        result: what comes out.
    """

    index: int
    name: str
    result: float


@dataclass(frozen=True)
class Convolution:
    """One pixel of a convolution, computed by hand: `products` added up, `bias` added, then step by step.

    Attributes:
        patch: float64 (rows, columns, channels), what lies under the kernel; 0 beyond the edge.
        kernel: float64 of the same shape.
        products: `patch` times `kernel`.
        total: of the products.
        bias: 0 if the layer has none.
        steps: what is done to `total + bias` before the next layer that looks at more than one pixel.
    """

    patch: np.ndarray
    kernel: np.ndarray
    products: np.ndarray
    total: float
    bias: float
    steps: tuple[Normalization | Activation, ...]

    @property
    def result(self) -> float:
        """The value of the feature map's pixel, after all steps."""
        return self.steps[-1].result if self.steps else self.total + self.bias


@dataclass(frozen=True)
class Pooling:
    """One pixel of a pooling layer, computed by hand.

    Attributes:
        patch: float64 (rows, columns), the values under the window; NaN beyond the edge, where nothing counts.
        largest: whether the largest is taken, not the mean.
        result: the value of the smaller map's pixel.
    """

    patch: np.ndarray
    largest: bool
    result: float


@dataclass(frozen=True)
class Logit:
    """The sum that the last layer makes for one output: `supporting + opposing + bias`.

    Attributes:
        supporting: sum of all products of feature and weight that are positive.
        opposing: sum of those that are negative.
    """

    supporting: float
    opposing: float
    bias: float

    @property
    def value(self) -> float:
        return self.supporting + self.opposing + self.bias


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Probabilities from logits: e to the power of each logit over the temperature, divided by the sum of them all.

    Args:
        logits: float (N,).
        temperature: above 0; a higher one makes the answer less certain (Hinton, Vinyals, Dean, "Distilling the
            knowledge in a neural network", 2015). The network's own is 1.

    Returns:
        float64 (N,), sums to 1.

    Raises:
        ValueError: the temperature is not above 0.
    """
    raised = powers(logits, temperature)
    return raised / raised.sum()


def powers(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """What softmax divides by its sum, float64 (N,): e to the power of (logit − largest logit) / temperature.

    Taking the largest off first changes no probability, and keeps the powers small enough to compute with.

    Raises:
        ValueError: the temperature is not above 0.
    """
    if not temperature > 0:
        raise ValueError(f"A temperature of {temperature} was given; it must be above 0.")
    logits = np.asarray(logits, np.float64)
    return np.exp((logits - logits.max()) / temperature)


class Anatomy:
    """A network taken apart. Making it compiles what `look` computes with; nothing changes it, so threads may share it.

    Attributes:
        layers: what each layer is.
        convolutions, poolings, activations: indices of the layers that are one, or apply one.
        last: the Dense layer that makes the sums.

    Example:
        >>> anatomy = Anatomy(recognizer.network)
        >>> look = anatomy.look(prediction.image)
        >>> look.convolution(anatomy.convolutions[0], kernel=3, row=10, column=12).result
        0.731
    """

    def __init__(self, network: keras.Sequential):
        """Args:
        network: (N, 28, 28, 1) → (N, classes) probabilities, a stack that ends in a Dense layer and a softmax.

        Raises:
            ValueError: the network is no such stack.
        """
        self.network = network
        stack = network.layers
        dense = [index for index, layer in enumerate(stack) if isinstance(layer, layers.Dense)]
        a_stack = isinstance(network, keras.Sequential) and dense
        if not a_stack or any(layer.weights for layer in stack[dense[-1] + 1 :]):
            raise ValueError(N_("The network is no stack of layers that ends in a Dense layer and a softmax."))
        self.last = stack[dense[-1]]

        self.layers = self._read_layers()
        self.convolutions = self._indices(layers.Conv2D)
        self.poolings = self._indices(layers.MaxPooling2D, layers.AveragePooling2D)
        self.activations = [
            layer.index
            for layer in self.layers
            if len(layer.shape) == 3 and _activation(stack[layer.index]) not in (None, "softmax")
        ]
        self._compile()

    def _indices(self, *kinds) -> list[int]:
        return [index for index, layer in enumerate(self.network.layers) if type(layer) in kinds]

    def _read_layers(self) -> list[Layer]:
        read, field = [], Field()
        for index, layer in enumerate(self.network.layers):
            before, shape = tuple(layer.input.shape[1:]), tuple(layer.output.shape[1:])
            if len(shape) != 3 or field is None:
                field = None
            elif (window := _window(layer)) is not None:
                field = Field(
                    size=_pair(lambda f, w, s: f + (w - 1) * s, field.size, window.size, field.stride),
                    stride=_pair(lambda s, w: s * w, field.stride, window.stride),
                    start=_pair(lambda f, p, s: f - p * s, field.start, window.padding, field.stride),
                )
            elif shape != before:
                field = None
            read.append(Layer(index, type(layer).__name__, shape, layer.count_params(), field))
        return read

    def _compile(self) -> None:
        network = self.network
        everything = keras.Model(network.inputs[0], [layer.output for layer in network.layers])
        to_features = keras.Model(network.inputs[0], self.last.input)
        pictures = tf.TensorSpec((None, SIDE, SIDE, 1), tf.float32)

        def logits(x):
            sums = tf.matmul(to_features(x, training=False), self.last.kernel)
            return sums if self.last.bias is None else sums + self.last.bias

        def integrated_gradients(picture, question):
            along = SHARES[:, None, None, None] * picture
            with tf.GradientTape() as tape:
                tape.watch(along)
                asked = tf.tensordot(logits(along), question, 1)
            return picture[0, ..., 0] * tf.tensordot(WIDTHS, tape.gradient(asked, along)[..., 0], 1)

        # Compiled when first called, for all sizes of batch at once.
        self._everything = tf.function(lambda x: everything(x, training=False), input_signature=[pictures])
        self._logits = tf.function(logits, input_signature=[pictures])
        self._integrated_gradients = tf.function(
            integrated_gradients,
            input_signature=[tf.TensorSpec((1, SIDE, SIDE, 1), tf.float32), tf.TensorSpec((None,), tf.float32)],
        )

    def activation_of(self, index: int) -> str | None:
        """The name of the activation that a layer applies, as "relu"; None if it applies none."""
        return _activation(self.network.layers[index])

    @property
    def classes(self) -> int:
        """How many outputs the network has."""
        return self.last.units

    def weights_of(self, index: int) -> np.ndarray:
        """The kernels of a convolution: float32 (rows, columns, channels, kernels)."""
        return np.asarray(self.network.layers[index].kernel)

    def untrained(self, index: int) -> np.ndarray:
        """Kernels of a convolution as they are before training, always the same random ones: as `weights_of`."""
        kernel = self.network.layers[index].kernel
        return np.asarray(keras.initializers.GlorotUniform(seed=1)(kernel.shape))

    def window(self, index: int) -> Window:
        """The window of a convolution or a pooling.

        Raises:
            ValueError: the layer is neither.
        """
        window = _window(self.network.layers[index])
        if window is None:
            raise ValueError(f"Layer {index} has no window.")
        return window

    def after(self, index: int) -> int:
        """Index of the last layer from here on that looks at one pixel alone: up to there a pixel can be followed."""
        stack = self.network.layers
        while index + 1 < len(stack) and isinstance(stack[index + 1], POINTWISE):
            index += 1
        return index

    def look(self, picture: np.ndarray) -> "Look":
        """All that the network computes of one picture.

        Args:
            picture: uint8 (28, 28), as `model.ink.image.prepare` makes it.

        Raises:
            ValueError: `picture` is something else.
        """
        if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8 or picture.shape != (SIDE, SIDE):
            raise ValueError("A uint8 array of shape (28, 28) is taken.")
        return Look(self, picture)


class Look:
    """What the network computes of one picture. Made by `Anatomy.look`; threads may share it.

    Attributes:
        picture: uint8 (28, 28).
        maps: for each layer what it gives, float32 of the layer's shape.
        logits: float32 (classes,), the last layer's sums.
        blank_logits: the same for a page without ink.
    """

    def __init__(self, anatomy: Anatomy, picture: np.ndarray):
        self.anatomy = anatomy
        self.picture = picture
        self._input = (picture / np.float32(255))[None, ..., None]
        self.maps = [np.asarray(output)[0] for output in anatomy._everything(self._input)]
        both = np.concatenate([self._input, np.zeros_like(self._input)])
        self.logits, self.blank_logits = np.asarray(anatomy._logits(both))
        self._evidence: dict[int, np.ndarray] = {}
        self._lock = threading.Lock()

    def into(self, index: int) -> np.ndarray:
        """What a layer is given: float32, its input's shape."""
        return self._input[0] if index == 0 else self.maps[index - 1]

    def strongest(self, index: int, channel: int | None = None) -> tuple[int, int, int]:
        """(row, column, map) of the largest value that a layer with maps gives, in one map or in all of them."""
        maps = self.maps[index] if channel is None else self.maps[index][..., channel : channel + 1]
        row, column, found = np.unravel_index(maps.argmax(), maps.shape)
        return int(row), int(column), int(found) if channel is None else channel

    def convolution(self, index: int, kernel: int, row: int, column: int) -> Convolution:
        """One pixel of one feature map of a Conv2D, by hand.

        What layers compute with is called convolution; without the kernel being turned round it is cross-correlation
        (Goodfellow, Bengio, Courville, "Deep Learning", 2016, section 9.1).

        Args:
            index: of the layer, one of `Anatomy.convolutions`.
            kernel: which of its kernels.
            row, column: of the pixel in the feature map.

        Raises:
            ValueError: there is no such layer, kernel or place.
        """
        layer = self._layer(index, layers.Conv2D, row, column, kernel)
        weights = np.asarray(layer.kernel, np.float64)[..., kernel]
        group = kernel // (layer.filters // layer.groups)
        channels = weights.shape[-1]
        given = self.into(index)[..., group * channels : (group + 1) * channels]
        down, across = layer.dilation_rate
        patch = _patch(given, _window(layer), row, column, beyond=0.0)[::down, ::across]
        products = patch * weights
        bias = 0.0 if layer.bias is None else float(layer.bias[kernel])
        total = float(products.sum())
        return Convolution(patch, weights, products, total, bias, self._steps(index, total + bias, kernel))

    def before_activation(self, index: int) -> np.ndarray:
        """What a layer's activation is applied to: float32, the layer's shape.

        Args:
            index: of the layer, one of `Anatomy.activations`.
        """
        layer = self.anatomy.network.layers[index]
        if not isinstance(layer, layers.Conv2D):
            return self.into(index)
        sums = keras.ops.conv(
            self.into(index)[None], layer.kernel, layer.strides, layer.padding, dilation_rate=layer.dilation_rate
        )
        return np.asarray(sums if layer.bias is None else sums + layer.bias)[0]

    def pooling(self, index: int, channel: int, row: int, column: int) -> Pooling:
        """One pixel of one map of a MaxPooling2D or AveragePooling2D, by hand.

        Args:
            index: of the layer, one of `Anatomy.poolings`.
            channel: which of its maps.
            row, column: of the pixel in the smaller map.

        Raises:
            ValueError: there is no such layer, map or place.
        """
        layer = self._layer(index, (layers.MaxPooling2D, layers.AveragePooling2D), row, column, channel)
        patch = _patch(self.into(index)[..., channel], _window(layer), row, column, beyond=np.nan)
        largest = isinstance(layer, layers.MaxPooling2D)
        return Pooling(patch, largest, float((np.nanmax if largest else np.nanmean)(patch)))

    def _layer(self, index: int, kinds, row: int, column: int, channel: int) -> layers.Layer:
        stack = self.anatomy.network.layers
        if not 0 <= index < len(stack) or not isinstance(stack[index], kinds):
            raise ValueError(f"Layer {index} is of another kind.")
        shape = self.maps[index].shape
        if not all(0 <= place < size for place, size in zip((row, column, channel), shape, strict=True)):
            raise ValueError(f"There is no pixel ({row}, {column}) in map {channel}: the layer gives {shape}.")
        return stack[index]

    def _steps(self, index: int, value: float, channel: int) -> tuple[Normalization | Activation, ...]:
        stack, steps = self.anatomy.network.layers, []
        for at in range(index, self.anatomy.after(index) + 1):
            layer = stack[at]
            if isinstance(layer, layers.BatchNormalization):
                steps.append(_normalized(at, layer, value, channel))
            elif (name := _activation(layer)) is not None:
                steps.append(Activation(at, name, float(_function(layer)(np.float32(value)))))
            value = steps[-1].result if steps else value
        return tuple(steps)

    def logit(self, output: int) -> Logit:
        """The last layer's sum for one output, by hand."""
        last = self.anatomy.last
        features = self.into(self.anatomy.network.layers.index(last)).astype(np.float64)
        products = features * np.asarray(last.kernel, np.float64)[:, output]
        bias = 0.0 if last.bias is None else float(last.bias[output])
        return Logit(float(products[products > 0].sum()), float(products[products < 0].sum()), bias)

    def contributions(self, output: int) -> np.ndarray | None:
        """What each map that the last layer sees adds to the sum of one output, all its places together.

        Returns:
            float64 (maps,); with the bias they make the sum. None where the last layer sees no maps.
        """
        at = self.anatomy.network.layers.index(self.anatomy.last)
        products = self.into(at).astype(np.float64) * np.asarray(self.anatomy.last.kernel, np.float64)[:, output]
        before = next((one for one in reversed(self.anatomy.layers[:at]) if one.kind not in ("Flatten", "Dropout")), None)
        if before is None or len(before.shape) != 3 or np.prod(before.shape) != products.size:
            return None
        return products.reshape(-1, before.shape[2]).sum(0)

    def last_maps(self) -> np.ndarray:
        """The maps of which `contributions` speaks, float32 (rows, columns, maps)."""
        return next(output for output in reversed(self.maps) if output.ndim == 3)

    def evidence(self, output: int, rather_than: int | None = None) -> np.ndarray:
        """Where the ink speaks for an output, by integrated gradients.

        The share of each pixel in the logit, found by drawing the picture from blank to full strength and adding up
        how much each pixel moves the logit on the way (Sundararajan, Taly, Yan, "Axiomatic attribution for deep
        networks", 2017). A pixel without ink has none; all of them together make the logit less that of a blank page.

        Args:
            output: which logit is asked about.
            rather_than: another one, whose evidence is taken off.

        Returns:
            float32 (28, 28), positive where the ink speaks for `output`.
        """
        evidence = self._evidence_for(output)
        return evidence if rather_than is None else evidence - self._evidence_for(rather_than)

    def _evidence_for(self, output: int) -> np.ndarray:
        with self._lock:
            if output not in self._evidence:
                question = np.eye(self.anatomy.classes, dtype=np.float32)[output]
                self._evidence[output] = np.asarray(self.anatomy._integrated_gradients(self._input, question))
            return self._evidence[output]

    def occlusion(self, output: int, rather_than: int | None = None) -> np.ndarray:
        """Where covering the ink lowers a logit (Zeiler, Fergus, "Visualizing and understanding convolutional
        networks", 2014).

        A blank square of 6 × 6 pixels is laid on every second place. An inked pixel shows by how much the logit falls,
        in the mean over the squares that cover it.

        Args:
            output: which logit is asked about.
            rather_than: another one, whose map is taken off.

        Returns:
            float32 (28, 28), positive where the covered ink speaks for `output`; 0 where there is no ink to speak of.
        """
        falls = self._falls[..., output]
        return falls if rather_than is None else falls - self._falls[..., rather_than]

    @cached_property
    def _falls(self) -> np.ndarray:
        """float32 (28, 28, classes), of all logits: one batch answers every question."""
        places = range(COVER_STEP - COVER, SIDE, COVER_STEP)
        squares = [(slice(max(0, top), top + COVER), slice(max(0, left), left + COVER)) for top in places for left in places]
        squares = [square for square in squares if self._input[0][square].any()]
        falls = np.zeros((SIDE, SIDE, self.anatomy.classes), np.float32)
        if not squares:
            return falls
        covered = np.repeat(self._input, len(squares), axis=0)
        for picture, square in zip(covered, squares, strict=True):
            picture[square] = 0
        times = np.zeros((SIDE, SIDE, 1), np.float32)
        for square, logits in zip(squares, np.asarray(self.anatomy._logits(covered)), strict=True):
            falls[square] += self.logits - logits
            times[square] += 1
        return np.where(self.picture[..., None] >= INK, falls / np.maximum(times, 1), 0)


HAND_WINDOW = Window(size=(3, 3), stride=(1, 1), padding=(0, 0))  # of a kernel of 3 × 3 for `by_hand`


def by_hand(picture: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """What a kernel made by hand finds in a picture: the sum of the products at each place on which all of it lies.

    Args:
        picture: uint8 (28, 28).
        kernel: float (rows, columns).

    Returns:
        float32, as many rows and columns less as the kernel has, and one more.
    """
    windows = np.lib.stride_tricks.sliding_window_view(picture / np.float32(255), kernel.shape)
    return np.einsum("rcij,ij->rc", windows, np.asarray(kernel, np.float32))


def moved(picture: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """A picture, uint8 (28, 28), moved down and to the right; what comes in is blank."""
    result = np.zeros_like(picture)
    height, width = picture.shape
    result[max(0, rows) : height + min(0, rows), max(0, columns) : width + min(0, columns)] = picture[
        max(0, -rows) : height + min(0, -rows), max(0, -columns) : width + min(0, -columns)
    ]
    return result


def _activation(layer: layers.Layer) -> str | None:
    """The name of the activation that a layer applies, or None if it applies none."""
    if isinstance(layer, layers.ReLU | layers.LeakyReLU | layers.ELU):
        return type(layer).__name__.lower()
    name = getattr(getattr(layer, "activation", None), "__name__", "linear")
    return None if name == "linear" else name


def _function(layer: layers.Layer):
    return layer.activation if hasattr(layer, "activation") else layer


def _normalized(index: int, layer: layers.BatchNormalization, value: float, channel: int) -> Normalization:
    mean, variance = float(layer.moving_mean[channel]), float(layer.moving_variance[channel])
    scale = float(layer.gamma[channel]) if layer.scale else 1.0
    shift = float(layer.beta[channel]) if layer.center else 0.0
    result = scale * (value - mean) / np.sqrt(variance + layer.epsilon) + shift
    return Normalization(index, mean, variance, layer.epsilon, scale, shift, float(result))


def _window(layer: layers.Layer) -> Window | None:
    """The window of a layer that looks at neighbours, or None if it has none."""
    if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D):
        size = _pair(lambda k, d: (k - 1) * d + 1, layer.kernel_size, layer.dilation_rate)
    elif isinstance(layer, layers.MaxPooling2D | layers.AveragePooling2D):
        size = tuple(layer.pool_size)
    else:
        return None
    padding = (0, 0)
    if layer.padding == "same":  # as many as the last place needs, the odd one at the end
        padding = _pair(
            lambda before, after, k, s: max(0, (after - 1) * s + k - before) // 2,
            layer.input.shape[1:3],
            layer.output.shape[1:3],
            size,
            layer.strides,
        )
    return Window(size, tuple(layer.strides), padding)


def _pair(compute, *pairs: Sequence[int]) -> Pair:
    """`compute` for rows and for columns."""
    return tuple(compute(*values) for values in zip(*pairs, strict=True))


def _patch(given: np.ndarray, window: Window, row: int, column: int, beyond: float) -> np.ndarray:
    """What lies under a window: float64 (rows, columns, …), `beyond` where it reaches over the edge."""
    top, left = window.corner(row, column)
    rows, columns = np.arange(top, top + window.size[0]), np.arange(left, left + window.size[1])
    height, width = given.shape[:2]
    patch = given[np.ix_(rows.clip(0, height - 1), columns.clip(0, width - 1))].astype(np.float64)
    patch[(rows < 0) | (rows >= height)] = beyond
    patch[:, (columns < 0) | (columns >= width)] = beyond
    return patch
