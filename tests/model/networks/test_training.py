import io
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from model.data.disturbances import moved_pictures
from model.networks import training
from model.networks.digits import DIGITS, OUTPUTS, build_network
from model.networks.training import (
    BATCH,
    MOVED,
    SPOILERS,
    SPOILT,
    Batches,
    CheckpointError,
    MadeAnew,
    Recipe,
    Validation,
    augment,
    calibrate,
    fit,
)

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture(scope="module")
def images(mnist):
    return mnist.train_images[:2000]


@pytest.fixture(scope="module")
def labels(mnist):
    return mnist.train_labels[:2000]


def as_floats(images):
    return images.astype(np.float32) / 255


# Augmentation


def test_augmented_pictures_have_the_form_that_the_network_takes(images):
    pictures = augment(images, np.random.default_rng(0))
    assert (pictures.shape, pictures.dtype) == ((2000, 28, 28, 1), np.float32)
    assert pictures.min() >= 0
    assert pictures.max() <= 1 + 1e-6


def test_augmentation_leaves_its_input(images):
    before = images.copy()
    augment(images, np.random.default_rng(0))
    np.testing.assert_array_equal(images, before)


def test_augmentation_is_reproducible(images):
    first, again, other = (augment(images[:100], np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_some_pictures_keep_their_pixels(images):
    pictures = augment(images, np.random.default_rng(0))[..., 0]
    kept = (pictures == as_floats(images)).all(axis=(1, 2)).mean()
    assert kept == pytest.approx((1 - MOVED) * (1 - SPOILT), abs=0.04)


@pytest.mark.parametrize(("moved", "spoilt"), [(0.0, 0.0), (0.4, 0.0), (0.0, 0.3), (1.0, 0.0), (0.0, 1.0)])
def test_as_many_are_moved_and_spoilt_as_asked(images, moved, spoilt):
    pictures = augment(images, np.random.default_rng(0), moved, spoilt)[..., 0]
    changed = (pictures != as_floats(images)).any(axis=(1, 2)).mean()
    assert changed == pytest.approx(moved + spoilt, abs=0.06)  # faint ink that is prepared again is as before


def test_moved_pictures_are_of_the_same_digit(images, labels, recognizer):
    pictures = moved_pictures(as_floats(images[:500]), np.random.default_rng(0))
    answers = recognizer.probabilities(np.round(pictures * 255).astype(np.uint8))[0].argmax(axis=1)
    assert np.mean(answers == labels[:500]) > 0.97


@pytest.mark.parametrize("kind", range(len(SPOILERS)))
def test_each_way_of_spoiling_changes_pictures_and_keeps_their_form(images, kind):
    pictures = as_floats(images[:100])
    before = pictures.copy()
    changed = 0
    for seed in range(5):
        spoilt = SPOILERS[kind](pictures, np.random.default_rng(seed))
        np.testing.assert_array_equal(pictures, before)
        assert (spoilt.shape, spoilt.dtype) == (pictures.shape, np.float32)
        assert spoilt.min() >= 0
        assert spoilt.max() <= 1 + 1e-6
        changed += (spoilt != pictures).any(axis=(1, 2)).mean()
    assert changed / 5 > 0.7


def test_half_of_the_spoilt_are_prepared_as_a_page(images, monkeypatch):
    monkeypatch.setattr(training, "SPOILERS", [lambda images, rng: images])
    seen = []

    def prepare(image):
        seen.append(image)
        return np.full((28, 28), 51, np.uint8)

    monkeypatch.setattr(training, "prepare", prepare)
    pictures = augment(images[:1000], np.random.default_rng(0), moved=0.0, spoilt=1.0)[..., 0]
    prepared = (pictures == np.float32(0.2)).all(axis=(1, 2))
    assert prepared.mean() == pytest.approx(0.5, abs=0.06)
    assert (np.array(seen) == images[:1000][prepared]).all()


def test_no_pictures_can_be_augmented():
    assert augment(np.zeros((0, 28, 28), np.uint8), np.random.default_rng(0)).shape == (0, 28, 28, 1)


# Batches


def all_of(batches):
    pictures, answers = zip(*(batches[index] for index in range(len(batches))), strict=True)
    return np.concatenate(pictures), np.concatenate(answers)


@pytest.fixture
def unchanged(monkeypatch):
    monkeypatch.setattr(training, "augment", lambda images, rng, moved, spoilt: as_floats(images)[..., None])


def test_batches_cover_all_images_once_an_epoch(images, labels, unchanged):
    batches = Batches(images[:300], labels[:300])
    assert len(batches) == 3
    assert [len(batches[index][0]) for index in range(3)] == [BATCH, BATCH, 300 - 2 * BATCH]
    expected = sorted(image.tobytes() for image in as_floats(images[:300]))
    for _ in range(3):
        pictures, _ = all_of(batches)
        assert sorted(picture.tobytes() for picture in pictures) == expected
        batches.on_epoch_end()


def test_labels_stay_with_their_images(images, labels, unchanged):
    known = {image.tobytes(): label for image, label in zip(as_floats(images[:300]), labels, strict=False)}
    pictures, answers = all_of(Batches(images[:300], labels[:300]))
    assert answers.shape == (300, OUTPUTS)
    assert (answers.sum(axis=1) == 1).all()
    assert [known[picture.tobytes()] for picture in pictures] == answers.argmax(axis=1).tolist()


def test_no_digit_is_the_last_output(images):
    _, answers = Batches(images[:5], np.full(5, DIGITS))[0]
    assert answers.tolist() == [[0.0] * DIGITS + [1.0]] * 5


def test_the_same_seed_gives_the_same_pictures_epoch_by_epoch(images, labels):
    first, again = (Batches(images[:300], labels[:300], seed=7) for _ in range(2))
    for _ in range(2):
        for one, other in zip(all_of(first), all_of(again), strict=True):
            np.testing.assert_array_equal(one, other)
        first.on_epoch_end()
        again.on_epoch_end()


def test_batches_do_not_depend_on_what_was_fetched_before(images, labels):
    first, again = (Batches(images[:300], labels[:300], seed=7) for _ in range(2))
    forwards, backwards = [first[0], first[1]], [again[1], again[0]][::-1]
    for one, other in zip(forwards, backwards, strict=True):
        np.testing.assert_array_equal(one[0], other[0])


def test_another_seed_and_another_epoch_give_another_order(images, labels, unchanged):
    first, other = (Batches(images[:300], labels[:300], seed=seed) for seed in (1, 2))
    pictures, _ = all_of(first)
    assert (pictures != all_of(other)[0]).any()
    first.on_epoch_end()
    assert (pictures != all_of(first)[0]).any()


def test_each_epoch_augments_anew(images, labels):
    batches = Batches(np.repeat(images[:1], 200, axis=0), labels[:200])
    pictures, _ = all_of(batches)
    batches.on_epoch_end()
    assert (pictures != all_of(batches)[0]).any()


def test_images_that_take_turns_come_every_so_many_epochs(images, labels, unchanged):
    turns = np.array([-1] * 60 + [0] * 20 + [1] * 20 + [2] * 20)
    batches = Batches(images[:120], labels[:120], turns)
    places = {image.tobytes(): place for place, image in enumerate(as_floats(images[:120]))}
    for epoch in range(5):
        assert len(batches) == 1
        pictures, _ = all_of(batches)
        present = sorted(places[picture.tobytes()] for picture in pictures)
        first = 60 + 20 * (epoch % 3)
        assert present == [*range(60), *range(first, first + 20)]
        batches.on_epoch_end()


def test_the_last_epochs_are_calm(images, labels, monkeypatch):
    asked = []
    monkeypatch.setattr(training, "augment", lambda images, rng, moved, spoilt: asked.append((moved, spoilt)) or images)
    batches = Batches(images[:10], labels[:10], epochs=20)
    for _ in range(20):
        batches[0]
        batches.on_epoch_end()
    assert asked == [(MOVED, SPOILT)] * 17 + [(training.CALM_MOVED, training.CALM_SPOILT)] * 3


def test_batches_can_begin_with_a_later_epoch(images, labels):
    batches, later = Batches(images[:300], labels[:300]), Batches(images[:300], labels[:300], first_epoch=2)
    batches.on_epoch_end()
    batches.on_epoch_end()
    np.testing.assert_array_equal(later[1][0], batches[1][0])


# Validation


class Answers:
    # A network that reads the first `right` of ten images right.
    def __init__(self, right):
        self.right = right

    def predict(self, images, **options):
        answers = np.eye(OUTPUTS)[np.ones(10, int)]
        answers[: self.right] = np.eye(OUTPUTS)[0]
        return answers


def validated(network, groups):
    callback = Validation(np.zeros((10, 28, 28, 1)), np.zeros(10, int), np.array(groups))
    callback.set_model(network)
    logs = {}
    callback.on_epoch_end(0, logs)
    return logs["val_accuracy"]


@pytest.mark.parametrize("right", [0, 3, 10])
def test_validation_counts_what_is_read_right(right):
    assert validated(Answers(right), [0] * 10) == pytest.approx(right / 10)


@pytest.mark.parametrize(("right", "share"), [(8, 0.5), (4, 0.25), (9, 0.75)])
def test_each_group_counts_the_same(right, share):
    assert validated(Answers(right), [0] * 8 + [1] * 2) == pytest.approx(share)


def test_no_digit_is_no_answer_to_validation_images():
    class Doubtful:
        def predict(self, images, **options):
            return np.tile([0.3] + [0.0] * 9 + [0.7], (10, 1))

    assert validated(Doubtful(), [0] * 10) == 1.0


# Fitting


EPOCHS = 3


def fitting(images, labels, **options):
    keras.utils.set_random_seed(3)
    validation = images[300:400], labels[300:400], np.repeat([0, 1], 50)
    recipe = Recipe(epochs=EPOCHS, average=0.5)
    return fit(build_network, images[:256], labels[:256], None, validation, recipe, seed=3, verbose=0, **options)


@pytest.fixture(scope="module")
def fitted(images, labels, eagerly):
    fetched = []

    class Recorded(Batches):
        def __getitem__(self, index):
            fetched.append((self.epoch, index))
            return super().__getitem__(index)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(training, "Batches", Recorded)
        network, curves = fitting(images, labels)
    return network, curves, fetched


def test_fitting_gives_a_value_of_each_curve_per_epoch(fitted):
    _, curves, _ = fitted
    assert set(curves) == {"loss", "accuracy", "val_accuracy", "seconds"}
    for values in curves.values():
        assert len(values) == EPOCHS
        assert all(type(value) is float and np.isfinite(value) for value in values)
    assert curves["loss"][-1] < curves["loss"][0]


def test_fitting_gives_probabilities(fitted, images):
    network, _, _ = fitted
    probabilities = network.predict(as_floats(images[:20])[..., None], verbose=0)
    assert probabilities.shape == (20, OUTPUTS)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_fitting_ends_with_the_weights_that_were_validated_last(fitted, images, labels):
    network, curves, _ = fitted
    answers = network.predict(as_floats(images[300:400])[..., None], verbose=0)[:, :DIGITS].argmax(axis=1)
    right = answers == labels[300:400]
    assert (right[:50].mean() + right[50:].mean()) / 2 == pytest.approx(curves["val_accuracy"][-1], abs=0.021)


def test_fitting_fetches_each_batch_of_each_epoch_in_order(fitted):
    _, _, fetched = fitted
    wanted = [(epoch, index) for epoch in range(EPOCHS) for index in range(2)]
    assert sorted({one for one in fetched if one[0] < EPOCHS}) == wanted


class Interrupted(Exception):
    pass


def interrupted_fitting(images, labels, file, epoch):
    # Ends as if the power had failed when the network has learnt from the second batch of this epoch.
    class Interruption(training.TimeLeft):
        def on_train_batch_end(self, batch, logs=None):
            if len(self.seconds) == epoch and batch == 1:
                raise Interrupted

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(training, "TimeLeft", Interruption)
        with pytest.raises(Interrupted):
            fitting(images, labels, checkpoint=file)


def assert_same_weights(network, other):
    for one, another in zip(network.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, another, atol=1e-4)  # threads add up in any order


def test_a_resumed_training_ends_where_an_uninterrupted_one_does(fitted, images, labels, tmp_path, capsys):
    file = tmp_path / "state.npz"
    interrupted_fitting(images, labels, file, 2)
    capsys.readouterr()
    assert [path.name for path in tmp_path.iterdir()] == ["state.npz"]
    network, curves = fitting(images, labels, checkpoint=file, resume=True)
    assert f"Going on after epoch 2 of {EPOCHS}." in capsys.readouterr().out
    whole, whole_curves, _ = fitted
    assert_same_weights(network, whole)
    for name in ("loss", "accuracy", "val_accuracy", "seconds"):
        assert len(curves[name]) == EPOCHS
    assert curves["loss"] == pytest.approx(whole_curves["loss"], rel=1e-3)


def test_what_is_interrupted_in_the_first_epoch_starts_anew(fitted, images, labels, tmp_path, capsys):
    file = tmp_path / "state.npz"
    interrupted_fitting(images, labels, file, 0)
    assert not file.exists()
    network, _ = fitting(images, labels, checkpoint=file, resume=True)
    assert "this one begins anew" in capsys.readouterr().out
    assert_same_weights(network, fitted[0])


@pytest.mark.parametrize("place", ["savez", "replace"])
def test_an_interruption_while_the_state_is_written_leaves_the_one_before(images, labels, tmp_path, capsys, place):
    file = tmp_path / "state.npz"
    home = {"savez": np, "replace": Path}[place]
    original, calls = getattr(home, place), []

    def second_one_fails(*arguments, **options):
        calls.append(place)
        if len(calls) == 2:
            raise Interrupted
        return original(*arguments, **options)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(home, place, second_one_fails)
        with pytest.raises(Interrupted):
            fitting(images, labels, checkpoint=file)
    assert [path.name for path in tmp_path.iterdir()] == ["state.npz"]
    fitting(images, labels, checkpoint=file, resume=True)
    assert f"Going on after epoch 1 of {EPOCHS}." in capsys.readouterr().out


def test_another_training_cannot_be_gone_on_with(images, labels, tmp_path):
    file = tmp_path / "state.npz"
    interrupted_fitting(images, labels, file, 1)
    with pytest.raises(CheckpointError, match="other data"):
        fitting(images[::-1], labels, checkpoint=file, resume=True)


def archive(**arrays):
    file = io.BytesIO()
    np.savez(file, np.zeros(3), **arrays)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"no numbers",
        b"PK\x03\x04" + bytes(500),
        archive()[:-50],
        archive(),
        archive(state="no JSON"),
        archive(state="{}"),
        archive(state="[]"),
        archive(state=np.zeros(3)),
    ],
)
def test_a_damaged_checkpoint_is_named(images, labels, tmp_path, content):
    file = tmp_path / "state.npz"
    file.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged"):
        fitting(images, labels, checkpoint=file, resume=True)


def test_a_checkpoint_that_is_one_array_is_damaged(images, labels, tmp_path):
    np.save(tmp_path / "state.npy", np.zeros(3))
    with pytest.raises(CheckpointError, match="damaged"):
        fitting(images, labels, checkpoint=tmp_path / "state.npy", resume=True)


# Two pieces of the processor stand in for two GPUs.
SEVERAL_DEVICES = """
import keras, numpy as np, tensorflow as tf
from model.networks import training
from model.networks.digits import build_network

(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
devices = [device.name for device in tf.config.list_logical_devices("CPU")]
mirrored = tf.distribute.MirroredStrategy
used = []

def over_cpus():
    used.append(mirrored(devices, cross_device_ops=tf.distribute.ReductionToOneDevice()))
    return used[0]

training.tf.config.list_logical_devices = lambda kind: devices if kind == "GPU" else []
training.tf.distribute.MirroredStrategy = over_cpus
images = np.random.default_rng(0).integers(0, 256, (256, 28, 28)).astype(np.uint8)
labels = np.arange(256) % 10
validation = images[:20], labels[:20], np.zeros(20, int)
keras.utils.set_random_seed(0)
network, curves = training.fit(
    build_network, images, labels, None, validation, training.Recipe(epochs=2), 0, 0
)
assert used[0].num_replicas_in_sync == 2
assert network.distribute_strategy is used[0]
assert np.isfinite(curves["loss"]).all() and len(curves["loss"]) == 2
"""


def test_a_training_uses_all_gpus():
    done = subprocess.run([sys.executable, "-c", SEVERAL_DEVICES], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# Calibration


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_calibration_finds_the_temperature_and_changes_no_answer(images, temperature):
    rng = np.random.default_rng(0)
    network = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    network.layers[-1].set_weights([rng.normal(0, 0.3, (784, 10)), rng.normal(0, 0.3, 10)])
    pictures = as_floats(images)[..., None]
    before = network.predict(pictures, verbose=0)
    truth = before ** (1 / temperature)
    truth /= truth.sum(axis=1, keepdims=True)
    labels = (truth.cumsum(axis=1) < rng.random((len(truth), 1))).sum(axis=1).clip(0, 9)
    assert calibrate(network, images, labels) == pytest.approx(temperature, rel=0.1)
    after = network.predict(pictures, verbose=0)
    np.testing.assert_array_equal(after.argmax(axis=1), before.argmax(axis=1))
    np.testing.assert_allclose(after, truth, atol=0.05)


def test_the_recipe_is_worth_its_name():
    recipe = Recipe()
    assert recipe.epochs > 0
    assert 0 < recipe.learning_rate < 0.1
    assert 0 <= recipe.label_smoothing < 0.2
    assert 0.9 < recipe.average < 1


def test_the_same_seed_makes_the_same_batches_anew_and_each_epoch_others():
    def make(rng):
        return rng.random(3), rng.random(2)

    batches, again, later = MadeAnew(make, 4, 5), MadeAnew(make, 4, 5), MadeAnew(make, 4, 5, first_epoch=1)
    other = MadeAnew(make, 4, 6)
    assert len(batches) == 4
    np.testing.assert_array_equal(batches[1][0], again[1][0])
    for different in (batches[2], other[1], later[1]):
        assert not np.array_equal(batches[1][0], different[0])
    batches.on_epoch_end()
    np.testing.assert_array_equal(batches[1][0], later[1][0])
