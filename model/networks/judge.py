"""The network that looks closer at what was found on a page: is it a digit, and which.

The network that finds (`model.networks.numbers`) sees a whole page at once, each digit wherever it lies on its map. This one
gets each find by itself, as large and as much in the middle as the next, with what stands around it: a stroke of a four is
told from a one by what is beside it, and a digit that touches another is read in spite of it. To look twice, the second time
with the find in the middle: S. Ren et al., "Faster R-CNN", 2015.

It takes float32 pictures (N, 36, 36, 1), 0 (page) to 1 (ink), as `model.ink.page.surroundings` makes them, and gives float32
probabilities that sum to 1: of the digits 0 to 9, then of "no digit, or a part of one".
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from model.networks.digits import OUTPUTS, build_network
from model.networks.training import MadeAnew, trained

SIDE, BODY = 36, 20  # pixels of its pictures, and of the longer side of the find in the middle
SHIFTED = 2  # pixels by which training moves them, at the most
FAR = 0.3  # how often it moves them so far; else by half of it

# (how many pages, rng) → uint8 (n, S, S), S = `SIDE` + 2 `SHIFTED`, and int (n,), 0 to 10.
Finds = Callable[[int, np.random.Generator], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class JudgeRecipe:
    """How it is trained."""

    epochs: int = 18
    steps: int = 250  # of an epoch
    pages: int = 14  # of a step, each made anew: some 180 finds
    learning_rate: float = 1.5e-3  # the peak; after one epoch of warm-up it falls along a cosine
    weight_decay: float = 0.05
    label_smoothing: float = 0.03
    average: float = 0.999  # share kept of the moving average of the weights at each step


def build_judge(digits: keras.Model | None = None) -> keras.Model:
    """The network: as the digits' network, for larger pictures; 540,000 weights.

    Args:
        digits: the network for single digits, whose convolutions it begins with; None to begin with none.

    Returns:
        An untrained model, (N, 36, 36, 1) → (N, 11).
    """
    network = build_network(SIDE, "judge")
    if digits is not None:
        own, its = ([layer for layer in one.layers if layer.weights][:-1] for one in (network, digits))
        for layer, begun in zip(own, its, strict=True):
            layer.set_weights(begun.get_weights())
    return network


def batch(pictures: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Finds, each a little off the middle, as the network takes them, and what it is to say: float32 (N, 11).

    Args:
        pictures, labels: as `Finds` gives them.
    """
    reach = np.where(rng.random((len(pictures), 1)) < FAR, SHIFTED, SHIFTED // 2)
    corners = SHIFTED + rng.integers(-reach, reach + 1, (len(pictures), 2))
    moved = [picture[y : y + SIDE, x : x + SIDE] for picture, (y, x) in zip(pictures, corners, strict=True)]
    return as_inputs(np.stack(moved)), np.eye(OUTPUTS, dtype=np.float32)[labels]


def as_inputs(pictures: np.ndarray) -> np.ndarray:
    """Pictures, uint8 (N, S, S), as the network takes them: float32 (N, 36, 36, 1), without what lies around."""
    margin = (pictures.shape[1] - SIDE) // 2
    inner = pictures[:, margin : margin + SIDE, margin : margin + SIDE]
    return (inner.astype(np.float32) / np.float32(255))[..., None]


def fit_judge(
    digits: keras.Model,
    finds: Finds,
    validation: tuple[np.ndarray, np.ndarray],
    recipe: JudgeRecipe,
    seed: int,
    **options,
) -> tuple[keras.Model, dict[str, list[float]]]:
    """Trains the network by `recipe`; it ends with the moving average of its weights.

    Args:
        digits: whose convolutions it begins with.
        finds: what is shown, some pages' worth at a time.
        validation: as `finds` gives them.
        options: verbose, checkpoint and resume, as for `model.networks.training.trained`.

    Returns:
        The network, and the curves: for each of loss, accuracy, val_loss, val_accuracy and seconds a value per epoch.
    """
    pictures, labels = validation
    return trained(
        lambda: build_judge(digits),
        {
            "loss": keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
            "metrics": ["accuracy"],
        },
        lambda done: MadeAnew(lambda rng: batch(*finds(recipe.pages, rng), rng), recipe.steps, seed, done),
        recipe,
        [],
        {"seed": seed},
        validation_data=(as_inputs(pictures), np.eye(OUTPUTS, dtype=np.float32)[labels]),
        validation_batch_size=512,
        **options,
    )
