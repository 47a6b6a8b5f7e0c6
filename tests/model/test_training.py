import keras
import numpy as np
import pytest

from model import training
from model.network import DIGITS, OUTPUTS, build_network
from model.training import BATCH, Batches, BestWeights, Recipe, augment, calibrate, fit, resample


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


def test_nearly_three_in_ten_pictures_keep_their_pixels(images):
    pictures = augment(images, np.random.default_rng(0))[..., 0]
    kept = (pictures == as_floats(images)).all(axis=(1, 2)).mean()
    assert kept == pytest.approx(0.3 * 0.75, abs=0.04)  # not moved, not disturbed


def test_three_in_ten_are_not_moved(images, monkeypatch):
    monkeypatch.setattr(training, "_disturbed", lambda image, rng: image)
    pictures = augment(images, np.random.default_rng(0))[..., 0]
    assert (pictures == as_floats(images)).all(axis=(1, 2)).mean() == pytest.approx(0.3, abs=0.04)


def test_a_quarter_is_disturbed_each_in_one_way(images, monkeypatch):
    monkeypatch.setattr(training, "_moved", lambda images, rng: images)
    pictures = augment(images, np.random.default_rng(0))[..., 0]
    assert (pictures != as_floats(images)).any(axis=(1, 2)).mean() == pytest.approx(0.25, abs=0.04)


def test_moved_pictures_are_of_the_same_digit(images, labels, recognizer):
    pictures = training._moved(as_floats(images[:500]), np.random.default_rng(0))
    answers = recognizer.probabilities(np.round(pictures * 255).astype(np.uint8))[0].argmax(axis=1)
    assert np.mean(answers == labels[:500]) > 0.97


DISTURBANCES = 10


@pytest.mark.parametrize("kind", range(DISTURBANCES))
def test_each_disturbance_changes_the_picture_and_keeps_its_form(images, kind):
    class Rng:
        def __init__(self, seed):
            self.rng, self.first = np.random.default_rng(seed), True

        def integers(self, *arguments, **options):
            if self.first:
                assert arguments == (DISTURBANCES,)
                self.first = False
                return kind
            return self.rng.integers(*arguments, **options)

        def __getattr__(self, name):
            return getattr(self.rng, name)

    changed = 0
    for seed in range(100):
        image = as_floats(images[seed])
        before = image.copy()
        picture = training._disturbed(image, Rng(seed))
        np.testing.assert_array_equal(image, before)
        assert (picture.shape, picture.dtype) == ((28, 28), np.float32)
        assert picture.min() >= 0
        assert picture.max() <= 1 + 1e-6
        changed += (picture != image).any()
    assert changed > 80


def test_no_pictures_can_be_augmented():
    assert augment(np.zeros((0, 28, 28), np.uint8), np.random.default_rng(0)).shape == (0, 28, 28, 1)


def grid(count):
    return (np.broadcast_to(places, (count, 28, 28)).astype(float) for places in np.mgrid[:28, :28])


def test_resampling_in_place_changes_nothing(images):
    rows, columns = grid(50)
    np.testing.assert_allclose(resample(as_floats(images[:50]), rows, columns), as_floats(images[:50]), atol=1e-6)


def test_resampling_shifts_and_interpolates(images):
    pictures = as_floats(images[:50])
    rows, columns = grid(50)
    shifted = resample(pictures, rows + 1, columns - 2)
    np.testing.assert_allclose(shifted[:, :-1, 2:], pictures[:, 1:, :-2], atol=1e-6)
    between = resample(pictures, rows + 0.5, columns)
    np.testing.assert_allclose(between[:, :-1], (pictures[:, 1:] + pictures[:, :-1]) / 2, atol=1e-6)


def test_beyond_the_edge_lies_empty_page_and_not_the_neighbour():
    rows, columns = grid(3)
    white = np.ones((3, 28, 28), np.float32)
    for shift in (5, -5, 40, -40):
        shifted = resample(white, rows + shift, columns)
        assert shifted[1].sum() == pytest.approx(28 * max(0, 28 - abs(shift)), abs=1e-3)
        shifted = resample(white, rows, columns + shift)
        assert shifted[1].sum() == pytest.approx(28 * max(0, 28 - abs(shift)), abs=1e-3)


# Batches


def all_of(batches):
    pictures, answers = zip(*(batches[index] for index in range(len(batches))), strict=True)
    return np.concatenate(pictures), np.concatenate(answers)


def test_batches_cover_all_images_once_an_epoch(images, labels):
    batches = Batches(images[:300], labels[:300], augmented=False)
    assert len(batches) == 3
    assert [len(batches[index][0]) for index in range(3)] == [BATCH, BATCH, 300 - 2 * BATCH]
    expected = sorted(image.tobytes() for image in as_floats(images[:300]))
    for _ in range(3):
        pictures, _ = all_of(batches)
        assert sorted(picture.tobytes() for picture in pictures) == expected
        batches.on_epoch_end()


def test_labels_stay_with_their_images(images, labels):
    known = {image.tobytes(): label for image, label in zip(as_floats(images[:300]), labels, strict=False)}
    pictures, answers = all_of(Batches(images[:300], labels[:300], augmented=False))
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


def test_another_seed_and_another_epoch_give_another_order(images, labels):
    first, other = (Batches(images[:300], labels[:300], seed=seed, augmented=False) for seed in (1, 2))
    pictures, _ = all_of(first)
    assert (pictures != all_of(other)[0]).any()
    first.on_epoch_end()
    assert (pictures != all_of(first)[0]).any()


def test_each_epoch_augments_anew(images, labels):
    batches = Batches(np.repeat(images[:1], 200, axis=0), labels[:200])
    pictures, _ = all_of(batches)
    batches.on_epoch_end()
    assert (pictures != all_of(batches)[0]).any()


# Best weights


class Answers:
    # A network of one weight; how many of ten images it reads right is set from outside.
    def __init__(self):
        self.right, self.weight = 0, None

    def predict(self, images, **options):
        answers = np.eye(OUTPUTS)[np.ones(10, int)]
        answers[: self.right] = np.eye(OUTPUTS)[0]
        return answers

    def get_weights(self):
        return self.weight

    def set_weights(self, weights):
        self.weight = weights


def trained(callback, network, history):
    callback.set_model(network)
    for epoch, right in enumerate(history):
        network.right, network.weight = right, f"of epoch {epoch + 1}"
        logs = {}
        callback.on_epoch_end(epoch, logs)
        yield logs["val_accuracy"]
    callback.on_train_end()


@pytest.mark.parametrize(
    ("history", "best"), [([3, 9, 5], 2), ([1, 2, 3], 3), ([5, 1, 1], 1), ([4, 4, 4], 3), ([0, 0], 2)]
)
def test_the_best_weights_are_kept(history, best):
    network = Answers()
    callback = BestWeights(np.zeros((10, 28, 28, 1)), np.zeros(10, int), np.zeros(10, int))
    assert list(trained(callback, network, history)) == pytest.approx([right / 10 for right in history])
    assert network.weight == f"of epoch {best}"
    assert (callback.best, callback.best_epoch) == (max(history) / 10, best)


def test_each_group_counts_the_same():
    callback = BestWeights(np.zeros((10, 28, 28, 1)), np.zeros(10, int), np.array([0] * 8 + [1] * 2))
    assert list(trained(callback, Answers(), [8, 4])) == pytest.approx([0.5, 0.25])


def test_no_digit_is_no_answer_to_validation_images():
    class Doubtful(Answers):
        def predict(self, images, **options):
            return np.tile([0.3] + [0.0] * 9 + [0.7], (10, 1))

    callback = BestWeights(np.zeros((10, 28, 28, 1)), np.zeros(10, int), np.zeros(10, int))
    assert list(trained(callback, Doubtful(), [0])) == [1.0]


# Fitting


@pytest.fixture(scope="module")
def fitted(images, labels):
    fetched = []

    class Recorded(Batches):
        def __getitem__(self, index):
            fetched.append((self.epoch, index))
            return super().__getitem__(index)

    def run(seed):
        fetched.clear()
        keras.utils.set_random_seed(seed)
        network = build_network()
        initial = network.get_weights()
        validation = images[300:400], labels[300:400], np.repeat([0, 1], 50)
        curves = fit(network, images[:256], labels[:256], validation, Recipe(epochs=2), seed, verbose=0)
        return network, initial, curves, set(fetched)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(training, "Batches", Recorded)
        return [run(3), run(3)]


def test_fitting_gives_a_value_of_each_curve_per_epoch(fitted):
    _, _, curves, _ = fitted[0]
    for name in ("loss", "accuracy", "val_accuracy"):
        assert len(curves[name]) == 2
        assert all(type(value) is float and np.isfinite(value) for value in curves[name])
    assert curves["best_epoch"] in (1, 2)
    assert curves["loss"][1] < curves["loss"][0]


def test_fitting_changes_the_weights_and_gives_probabilities(fitted, images):
    network, initial, _, _ = fitted[0]
    assert any((new != old).any() for new, old in zip(network.get_weights(), initial, strict=True))
    probabilities = network.predict(as_floats(images[:20])[..., None], verbose=0)
    assert probabilities.shape == (20, OUTPUTS)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_fitting_ends_with_the_weights_of_the_best_epoch(fitted, images, labels):
    network, _, curves, _ = fitted[0]
    answers = network.predict(as_floats(images[300:400])[..., None], verbose=0)[:, :DIGITS].argmax(axis=1)
    right = answers == labels[300:400]
    assert (right[:50].mean() + right[50:].mean()) / 2 == pytest.approx(max(curves["val_accuracy"]), abs=0.021)


def test_fitting_fetches_each_batch_of_each_epoch(fitted):
    for *_, fetched in fitted:
        assert {(epoch, index) for epoch, index in fetched if epoch < 2} == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_the_same_seed_fits_alike(fitted):
    (_, initial, curves, _), (_, initial_again, curves_again, _) = fitted
    for one, other in zip(initial, initial_again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert curves["loss"] == pytest.approx(curves_again["loss"], rel=0.01)  # threads add up in any order


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
