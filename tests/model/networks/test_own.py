"""Networks that somebody put together, built and trained."""

import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest

from model.networks import own
from model.networks.stack import PRESETS, Convolution, Dense, Dropout, Normalization, Plan, PlanError, Pooling, program, rows_of
from tests.browser import ROOT

EVERYTHING = (Convolution(8, 5), Normalization(), Pooling("mean"), Convolution(8), Pooling("max", 3), Dropout(0.25), Dense(16))
SMALL = Plan((Convolution(8), Pooling("max", 4)), pictures=300, epochs=2, batch=32)


@pytest.mark.parametrize("layers", [*PRESETS.values(), EVERYTHING])
def test_what_is_built_is_what_was_said(layers):
    plan = Plan(layers)
    network = own.build(plan)
    assert network.input_shape == (None, 28, 28, 1)
    assert network.output_shape == (None, 10)
    assert network.count_params() == sum(row.weights for row in rows_of(layers))
    made = [layer.output.shape[1:] for layer in network.layers if not isinstance(layer, keras.layers.Flatten)]
    assert made == [row.shape for row in rows_of(layers)]


def test_what_cannot_be_is_not_built():
    with pytest.raises(PlanError, match="needs maps"):
        own.build(Plan((Dense(), Convolution())))


def test_learning_and_validation_pictures_are_of_the_digits_asked_for_and_others(mnist):
    pictures = own.pictures_of(replace(SMALL, digits=(1, 7)), mnist)
    assert len(pictures.images) == 300
    assert len(pictures.validation_images) == 1_000
    assert set(pictures.labels) == set(pictures.validation_labels) == {1, 7}
    assert not {image.tobytes() for image in pictures.images} & {image.tobytes() for image in pictures.validation_images}
    more = own.pictures_of(replace(SMALL, digits=(1, 7), pictures=500, seed=3), mnist)
    assert np.array_equal(more.images[:300], pictures.images)
    assert np.array_equal(more.validation_images, pictures.validation_images)


def test_without_mnist_a_plan_for_it_is_refused():
    with pytest.raises(PlanError, match="MNIST"):
        own.pictures_of(SMALL, None)


def test_our_own_drawings_are_endless_and_need_no_file():
    plan = replace(SMALL, source="own", pictures=200)
    pictures, again = own.pictures_of(plan, None), own.pictures_of(plan, None)
    assert len(pictures.images) == len(pictures.validation_images) == 200
    assert np.array_equal(pictures.images, again.images)
    assert len({image.tobytes() for image in pictures.images}) == 200
    assert not {image.tobytes() for image in pictures.images} & {image.tobytes() for image in pictures.validation_images}
    assert set(pictures.labels) == set(range(10))


def handed(counts: dict[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A class's pictures, no two alike: so many of each digit."""
    labels = np.repeat(list(counts), list(counts.values()))
    images = np.zeros((len(labels), 28, 28), np.uint8)
    images[np.arange(len(labels)), np.arange(len(labels)) // 28, np.arange(len(labels)) % 28] = 255
    return images, labels


def test_of_a_class_every_fifth_picture_of_each_digit_is_kept_to_validate_with():
    images, labels = handed({1: 30, 7: 11, 4: 5})
    pictures = own.pictures_of(replace(SMALL, source="class", digits=(1, 7)), None, (images, labels))
    assert np.bincount(pictures.validation_labels).tolist() == [0, 6, 0, 0, 0, 0, 0, 3]
    assert np.bincount(pictures.labels).tolist() == [0, 24, 0, 0, 0, 0, 0, 8]
    both = np.concatenate([pictures.images, pictures.validation_images])
    assert len({image.tobytes() for image in both}) == 41
    for image, label in zip(both, [*pictures.labels, *pictures.validation_labels], strict=True):
        assert label == labels[images.reshape(len(images), -1).argmax(axis=1) == image.argmax()][0]


@pytest.mark.parametrize("counts", [{}, {1: 10, 7: 9}, {1: 100}, {1: 100, 7: 1}])
def test_a_class_that_has_handed_in_too_little_is_told(counts):
    with pytest.raises(PlanError, match="20 pictures of these digits are needed"):
        own.pictures_of(replace(SMALL, source="class"), None, handed(counts))
    with pytest.raises(PlanError, match="too little"):
        own.pictures_of(replace(SMALL, source="class"), None)


@pytest.mark.parametrize("values", [{}, {"turn": 10.0, "shift": 0.1, "zoom": 0.1, "flip": True, "penalty": 1e-4}])
def test_it_learns(mnist, values):
    plan = replace(SMALL, pictures=1_000, epochs=4, learning_rate=3e-3, **values)
    keras.utils.set_random_seed(0)
    curves = own.fit(own.build(plan), plan, own.pictures_of(plan, mnist), verbose=0)
    assert set(curves) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert len(curves["loss"]) == 4
    assert curves["loss"][-1] < curves["loss"][0]
    assert curves["val_accuracy"][-1] > 0.4


def test_it_goes_on_where_it_was(mnist):
    plan = SMALL
    pictures = own.pictures_of(plan, mnist)
    keras.utils.set_random_seed(0)
    network = own.build(plan)
    before = own.fit(network, plan, pictures, verbose=0)["loss"][-1]
    curves = own.fit(network, plan, pictures, done=2, verbose=0)
    assert len(curves["loss"]) == 1
    assert curves["loss"][0] < before


def test_the_program_gets_the_same_curve(mnist, tmp_path):
    plan = replace(SMALL, turn=10.0, penalty=1e-4)
    keras.utils.set_random_seed(plan.seed)
    curves = own.fit(own.build(plan), plan, own.pictures_of(plan, mnist), verbose=0)
    (tmp_path / "network.py").write_text(program(plan), encoding="utf-8")
    np.savez(tmp_path / "mnist.npz", x=mnist.train_images, y=mnist.train_labels)
    run = """
import json, keras, numpy as np, runpy
data = np.load("mnist.npz")
keras.datasets.mnist.load_data = lambda: ((data["x"], data["y"].astype("uint8")), None)
fit = keras.Sequential.fit
def noted(self, *arguments, **options):
    history = fit(self, *arguments, **options)
    json.dump({name: list(map(float, values)) for name, values in history.history.items()}, open("curves.json", "w"))
    return history
keras.Sequential.fit = noted
runpy.run_path("network.py")
"""
    subprocess.run([sys.executable, "-c", run], cwd=tmp_path, check=True, capture_output=True, env=_environment())
    import json

    told = json.loads((tmp_path / "curves.json").read_text())
    for name, values in curves.items():
        np.testing.assert_allclose(told[name], values, rtol=0.02, atol=0.005)
    assert keras.saving.load_model(tmp_path / "network.keras").count_params() == own.build(plan).count_params()


def _environment():
    import os

    return os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
