"""The network, layer by layer: the one file that says what it is.

It takes float32 pictures (N, 28, 28, 1), 0 (page) to 1 (ink), and gives float32 probabilities that sum to 1.
"""

import keras
from keras import layers

from model.ink.image import SIDE

DIGITS = 10
OUTPUTS = DIGITS + 1  # the last one says "this is no digit"


def build_network(side: int = SIDE, name: str = "digits") -> keras.Model:
    """The shipped network: seven 3 × 3 convolutions, 530,000 weights.

    Args:
        side: of its pictures; with another one than 28 it is built in the same way.

    Returns:
        An untrained model, (N, 28, 28, 1) → (N, 11): the digits 0 to 9, then "no digit".
    """

    def convolution(filters, *pooling):
        # Normalising each feature map over the batch lets a plain stack learn fast and at high rates; the shift that
        # normalisation adds makes a bias of the convolution's own redundant. Where pictures are made smaller, that
        # comes first: the largest of four stays the largest, and a quarter is left to compute with.
        return [
            layers.Conv2D(filters, 3, padding="same", use_bias=False),
            *pooling,
            layers.BatchNormalization(),
            layers.ReLU(),
        ]

    return keras.Sequential(
        [
            keras.Input((side, side, 1)),
            # The margin of the picture is empty, so the first two lose nothing by doing without it.
            layers.Conv2D(16, 3, activation="relu"),  # (N, 26, 26, 16)
            layers.Conv2D(32, 3, use_bias=False),  # (N, 24, 24, 32)
            layers.MaxPooling2D(),  # (N, 12, 12, 32)
            layers.BatchNormalization(),
            layers.ReLU(),
            *convolution(64),  # (N, 12, 12, 64)
            *convolution(64, layers.MaxPooling2D()),  # (N, 6, 6, 64)
            layers.Dropout(0.1),
            *convolution(144),  # (N, 6, 6, 144)
            *convolution(144),  # (N, 6, 6, 144)
            *convolution(144, layers.MaxPooling2D()),  # (N, 3, 3, 144)
            layers.Flatten(),  # (N, 1296)
            layers.Dropout(0.3),
            layers.Dense(OUTPUTS, activation="softmax"),  # (N, 11)
        ],
        name=name,
    )
