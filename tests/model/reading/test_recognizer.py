import os
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image, ImageFilter

from model import Prediction, Recognizer, WeightsError, prepare
from model.data.dataset import TEST_WRITERS, by_writers, rendered
from model.ink.strokes import draw, placed
from model.networks.digits import DIGITS, OUTPUTS, build_network
from model.networks.own import build_textbook_network
from model.paths import WEIGHTS
from model.replacing import FINISHED

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture(scope="module")
def canvases(pen_digits):
    digits = by_writers(pen_digits, TEST_WRITERS)[::7]  # 214
    return [draw(placed(digit.strokes, 180, (140, 140)), 14) for digit in digits]


@pytest.fixture(scope="module")
def scanned(mnist):
    return list(mnist.test_images[1000:1200])


def empty():
    return np.zeros((280, 280), np.uint8)


def one_sentence(error):
    text = str(error.value)
    return "\n" not in text and text[0].isupper() and text.endswith(".") and ". " not in text


# Predictions


def test_a_prediction_says_all_that_it_promises(recognizer, scanned):
    for prediction in recognizer.recognize_many(scanned[:50]):
        assert isinstance(prediction, Prediction)
        assert prediction.label in recognizer.labels
        assert (prediction.probabilities.shape, prediction.probabilities.dtype) == ((10,), np.float32)
        assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-5)
        assert prediction.probabilities.min() >= 0
        assert prediction.probability == prediction.probabilities.max()
        assert 0 <= prediction.digit_probability <= 1
        assert prediction.is_digit == (prediction.digit_probability >= 0.5)
        assert (prediction.image.shape, prediction.image.dtype) == ((28, 28), np.uint8)


def test_labels_are_the_digits_in_order():
    assert Recognizer.labels == tuple("0123456789")


def test_the_label_is_the_likeliest_digit(recognizer, scanned):
    for prediction in recognizer.recognize_many(scanned[:50]):
        assert prediction.label == str(prediction.probabilities.argmax())


def test_the_image_is_what_the_network_saw(recognizer, canvases):
    prediction = recognizer.recognize(canvases[0])
    np.testing.assert_array_equal(prediction.image, prepare(canvases[0]))
    probabilities, share = recognizer.probabilities(prediction.image[None])
    np.testing.assert_allclose(probabilities[0], prediction.probabilities, atol=1e-6)
    assert share[0] == pytest.approx(prediction.digit_probability, abs=1e-6)


def test_probabilities_are_those_of_the_network(recognizer, mnist):
    pictures = mnist.test_images[:64]
    outputs = recognizer.network.predict(pictures.astype(np.float32)[..., None] / 255, verbose=0)
    probabilities, shares = recognizer.probabilities(pictures)
    assert (probabilities.dtype, probabilities.shape) == (np.float32, (64, 10))
    assert (shares.dtype, shares.shape) == (np.float32, (64,))
    np.testing.assert_allclose(probabilities, outputs[:, :10] / outputs[:, :10].sum(axis=1, keepdims=True), atol=1e-5)
    np.testing.assert_allclose(shares, outputs[:, :10].sum(axis=1), atol=1e-5)


def test_a_network_without_no_digit_takes_everything_for_a_digit(mnist):
    recognizer = Recognizer(build_textbook_network())
    probabilities, shares = recognizer.probabilities(mnist.test_images[:20])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(shares, 1, atol=1e-5)
    assert recognizer.recognize(mnist.test_images[0]).is_digit


def test_a_network_sure_that_it_is_no_digit_still_gives_probabilities(scanned):
    network = build_network()
    output = network.layers[-1]
    output.set_weights([np.zeros_like(output.get_weights()[0]), np.array([0] * 10 + [1000], np.float32)])
    prediction = Recognizer(network).recognize(scanned[0])
    assert np.isfinite(prediction.probabilities).all()
    assert prediction.digit_probability == pytest.approx(0, abs=1e-6)
    assert not prediction.is_digit


def test_no_ink_is_none(recognizer):
    assert recognizer.recognize(empty()) is None
    assert recognizer.recognize(255 - empty()) is None
    assert recognizer.recognize_many([]) == []
    assert recognizer.recognize_many([empty(), empty()]) == [None, None]


def test_pages_without_ink_keep_their_place_among_others(recognizer, scanned):
    mixed = [empty(), scanned[0], empty(), scanned[1], scanned[2], empty()]
    found = recognizer.recognize_many(mixed)
    assert [prediction is None for prediction in found] == [True, False, True, False, False, True]
    for index, image in ((1, scanned[0]), (3, scanned[1]), (4, scanned[2])):
        np.testing.assert_array_equal(found[index].image, prepare(image))


def test_many_are_recognized_as_one_by_one(recognizer, scanned, canvases):
    images = [*scanned[:25], *canvases[:25]]
    for alone, among in zip(map(recognizer.recognize, images), recognizer.recognize_many(images), strict=True):
        assert alone.label == among.label
        np.testing.assert_allclose(alone.probabilities, among.probabilities, atol=1e-5)
        assert alone.digit_probability == pytest.approx(among.digit_probability, abs=1e-5)


@pytest.mark.parametrize("image", [None, np.zeros((28, 28)), np.zeros(784, np.uint8), np.full((28, 28), np.nan)])
def test_what_is_no_image_is_a_value_error(recognizer, image):
    with pytest.raises(ValueError, match="is taken"):
        recognizer.recognize(image)
    with pytest.raises(ValueError, match="is taken"):
        recognizer.recognize_many([empty(), image])


def test_eight_threads_share_one_recognizer(recognizer, scanned, canvases):
    images = [*scanned[:40], *canvases[:40]]
    expected = [recognizer.recognize(image) for image in images]

    def recognize_all(start):
        order = np.roll(np.arange(len(images)), start)
        return {index: recognizer.recognize(images[index]) for index in order}

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(recognize_all, range(0, 80, 10)))
    assert len(results) == 8
    for result in results:
        for index, prediction in result.items():
            assert prediction.label == expected[index].label
            np.testing.assert_allclose(prediction.probabilities, expected[index].probabilities, atol=1e-6)
            np.testing.assert_array_equal(prediction.image, expected[index].image)


def test_recognizing_changes_no_weights(recognizer, scanned):
    before = recognizer.network.get_weights()
    first = recognizer.recognize(scanned[0]).probabilities
    recognizer.recognize_many(scanned)
    for old, new in zip(before, recognizer.network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    np.testing.assert_array_equal(recognizer.recognize(scanned[0]).probabilities, first)


# Imports


@pytest.mark.parametrize(
    "statement",
    [
        "import model",
        "from model import prepare",
        "import model.ink.image",
        "import model.ink.strokes",
        "import model.data.dataset",
        "import model.data.nonsense",
        "import model.data.examples",
        "import model.scores.evaluation",
        "import model.paths",
        "import train",
    ],
)
def test_tensorflow_is_imported_only_by_what_computes_with_it(statement):
    code = f"import sys; {statement}; print(sorted({{'tensorflow', 'keras', 'streamlit'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_public_names_are_those_listed():
    import model

    assert model.__all__ == ["Examples", "Prediction", "Recognizer", "TeachingError", "WeightsError", "prepare"]
    for name in model.__all__:
        assert getattr(model, name).__name__ == name
    with pytest.raises(AttributeError, match="nothing"):
        _ = model.nothing


# Loading


def test_the_weights_that_ship_know_what_is_no_digit(recognizer):
    assert recognizer.network.output_shape == (None, OUTPUTS)


@pytest.mark.parametrize("as_path", [str, Path])
def test_weights_are_loaded_from_a_path(tmp_path, scanned, as_path):
    path = tmp_path / "other.keras"
    network = other_than_shipped(lambda weights, bias: (weights / 2, bias))
    network.save(path)
    expected = network.predict(scanned[0].astype(np.float32)[None, ..., None] / 255, verbose=0)[0, :10]
    probabilities = Recognizer.load(as_path(path)).probabilities(scanned[0][None])[0][0]
    np.testing.assert_allclose(probabilities, expected / expected.sum(), atol=1e-5)


def other_than_shipped(change):
    # The network that ships, with other weights in its last layer.
    network = keras.saving.load_model(WEIGHTS, compile=False)
    last = network.layers[-1]
    last.set_weights(list(change(*last.get_weights())))
    return network


def test_finished_weights_are_loaded_before_they_are_in_their_place(tmp_path):
    (tmp_path / "other.keras").write_bytes(b"no network")
    (tmp_path / FINISHED).mkdir()
    shutil.copy(WEIGHTS, tmp_path / FINISHED / "other.keras")
    assert Recognizer.load(tmp_path / "other.keras")


def test_weights_that_get_their_place_while_they_are_loaded_are_loaded_from_there(tmp_path, monkeypatch):
    (tmp_path / "other.keras").write_bytes(b"no network")
    (tmp_path / FINISHED).mkdir()
    shutil.copy(WEIGHTS, tmp_path / FINISHED / "other.keras")
    load = keras.saving.load_model

    def put_first(path, **options):
        if path.parent.name == FINISHED:
            path.replace(tmp_path / "other.keras")
        return load(path, **options)

    monkeypatch.setattr(keras.saving, "load_model", put_first)
    assert Recognizer.load(tmp_path / "other.keras")


@pytest.mark.parametrize("name", ["none.keras", "."])
def test_missing_weights_are_named(tmp_path, name):
    with pytest.raises(WeightsError, match="no weights at") as error:
        Recognizer.load(tmp_path / name)
    assert one_sentence(error)


@pytest.mark.parametrize("part", [0, 0.0001, 0.2, 0.5, 0.9, 0.9999])
def test_truncated_weights_are_one_sentence(tmp_path, part):
    path = tmp_path / "half.keras"
    whole = WEIGHTS.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(WeightsError, match="half.keras is damaged") as error:
        Recognizer.load(path)
    assert one_sentence(error)


@pytest.mark.parametrize(
    "content", [b"no network at all", bytes(4096), b"PK\x03\x04" + bytes(500), b"\x89HDF\r\n\x1a\n"]
)
@pytest.mark.parametrize("name", ["strange.keras", "strange.h5", "strange.txt"])
def test_files_that_hold_no_network_are_one_sentence(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=name) as error:
        Recognizer.load(path)
    assert one_sentence(error)


@pytest.mark.parametrize("damaged", ["config.json", "model.weights.h5"])
@pytest.mark.parametrize("damage", ["halved", "emptied", "left out"])
def test_whole_archives_with_damaged_parts_are_one_sentence(tmp_path, damaged, damage):
    path = tmp_path / "parts.keras"
    with zipfile.ZipFile(WEIGHTS) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name != damaged:
                target.writestr(name, content)
            elif damage != "left out":
                target.writestr(name, content[: len(content) // 2] if damage == "halved" else b"{}")
    with pytest.raises(WeightsError, match="parts.keras") as error:
        Recognizer.load(path)
    assert one_sentence(error)


def other_networks():
    picture = keras.Input((28, 28, 1))
    flat = layers.Flatten()(picture)
    return {
        "larger pictures": keras.Sequential([keras.Input((32, 32, 1)), layers.Flatten(), layers.Dense(10)]),
        "flat pictures": keras.Sequential([keras.Input((784,)), layers.Dense(10)]),
        "colors": keras.Sequential([keras.Input((28, 28, 3)), layers.Flatten(), layers.Dense(11)]),
        "too few outputs": keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(9)]),
        "too many outputs": keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(26)]),
        "a picture as output": keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(10, 3)]),
        "two outputs": keras.Model(picture, [layers.Dense(10)(flat), layers.Dense(10)(flat)]),
        "two inputs": keras.Model([picture, keras.Input((28, 28, 1))], layers.Dense(10)(flat)),
        "a fixed batch": keras.Sequential([keras.Input((28, 28, 1), batch_size=4), layers.Flatten(), layers.Dense(10)]),
    }


@pytest.mark.parametrize("name", other_networks())
def test_networks_of_another_shape_are_refused(tmp_path, name):
    network = other_networks()[name]
    with pytest.raises(WeightsError, match="are needed") as error:
        Recognizer(network)
    assert one_sentence(error)
    path = tmp_path / "other.keras"
    network.save(path)
    with pytest.raises(WeightsError) as error:
        Recognizer.load(path)
    assert one_sentence(error)


BROKEN = ["not a number", "infinite", "too large", "no softmax", "other sums"]


def broken_networks(name):
    if name in ("no softmax", "other sums"):
        activation = None if name == "no softmax" else "sigmoid"
        last = layers.Dense(10, activation=activation)
        return keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), last])
    network = keras.saving.load_model(WEIGHTS, compile=False)
    layer, index, value = {
        "not a number": (network.layers[0], 0, np.nan),
        "infinite": (network.layers[-1], 1, -np.inf),
        "too large": (network.layers[-1], 0, 3e38),
    }[name]
    weights = layer.get_weights()
    weights[index].flat[: None if name == "too large" else 1] = value
    layer.set_weights(weights)
    return network


@pytest.mark.parametrize("name", BROKEN)
def test_networks_that_give_no_probabilities_are_refused(tmp_path, name):
    network = broken_networks(name)
    with pytest.raises(WeightsError, match="that are no") as error:
        Recognizer(network)
    assert one_sentence(error)
    path = tmp_path / "broken.keras"
    network.save(path)
    with pytest.raises(WeightsError, match="that are no") as error:
        Recognizer.load(path)
    assert one_sentence(error)


def one_digit_further(weights, bias):
    order = [*range(1, 10), 0, 10]
    return weights[:, order], bias[order]


def no_digit_at_all(weights, bias):
    return weights, bias + np.array([0] * 10 + [1000], np.float32)


@pytest.mark.parametrize("change", [one_digit_further, no_digit_at_all])
def test_networks_that_read_nothing_are_refused(tmp_path, change):
    path = tmp_path / "strange.keras"
    other_than_shipped(change).save(path)
    with pytest.raises(WeightsError, match="strange.keras holds a network that reads 0 of ten") as error:
        Recognizer.load(path)
    assert one_sentence(error)


def test_what_is_no_number_inside_the_network_is_refused_even_if_the_answers_are_numbers(tmp_path):
    # ReLU takes it for 0, on some processors.
    network = keras.saving.load_model(WEIGHTS, compile=False)
    layer = next(layer for layer in network.layers if isinstance(layer, layers.BatchNormalization))
    layer.moving_variance.assign(-np.ones(layer.moving_variance.shape))
    network.save(tmp_path / "negative.keras")
    with pytest.raises(WeightsError) as error:
        Recognizer.load(tmp_path / "negative.keras")
    assert one_sentence(error)


@pytest.mark.parametrize("build", [build_network, build_textbook_network])
@pytest.mark.parametrize("seed", range(3))
def test_untrained_networks_are_refused(tmp_path, build, seed):
    keras.utils.set_random_seed(seed)
    build().save(tmp_path / "untrained.keras")
    with pytest.raises(WeightsError, match="untrained.keras holds a network that reads") as error:
        Recognizer.load(tmp_path / "untrained.keras")
    assert one_sentence(error)


def test_a_network_that_is_merely_bad_is_loaded(tmp_path):
    def two_pairs_confused(weights, bias):
        order = [1, 0, 3, 2, *range(4, 11)]
        return weights[:, order], bias[order]

    other_than_shipped(two_pairs_confused).save(tmp_path / "bad.keras")
    assert Recognizer.load(tmp_path / "bad.keras")


def test_weights_that_bring_code_along_are_refused_and_the_code_is_not_run(tmp_path, monkeypatch):
    monkeypatch.setenv("CODE_OF_A_LAMBDA", "did not run")
    code = layers.Lambda(
        lambda x: (__import__("os").environ.__setitem__("CODE_OF_A_LAMBDA", "ran"), x)[1], output_shape=(784,)
    )
    network = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), code, layers.Dense(10)])
    path = tmp_path / "code.keras"
    network.save(path)
    network(np.zeros((1, 28, 28, 1)))
    assert os.environ["CODE_OF_A_LAMBDA"] == "ran"  # so it can be told
    monkeypatch.setenv("CODE_OF_A_LAMBDA", "did not run")
    with pytest.raises(WeightsError, match="code.keras") as error:
        Recognizer.load(path)
    assert one_sentence(error)
    assert os.environ["CODE_OF_A_LAMBDA"] == "did not run"


def test_refused_weights_leave_their_cause_in_the_log(tmp_path, caplog):
    path = tmp_path / "strange.keras"
    path.write_bytes(b"no network")
    with pytest.raises(WeightsError):
        Recognizer.load(path)
    assert str(path) in caplog.text
    assert "Traceback" in caplog.text


# Accuracy of the weights that ship


def test_mnist_is_read(recognizer, mnist):
    predictions = recognizer.recognize_many(list(mnist.test_images[:1000]))
    right = [prediction.label == str(label) for prediction, label in zip(predictions, mnist.test_labels, strict=False)]
    assert np.mean(right) >= 0.985
    assert np.mean([prediction.is_digit for prediction in predictions]) >= 0.98


def test_pen_digits_of_writers_never_seen_are_read(recognizer, pen_digits):
    digits = by_writers(pen_digits, TEST_WRITERS)[:600]
    assert {digit.writer for digit in digits} == set(TEST_WRITERS)
    probabilities, shares = recognizer.probabilities(rendered(digits, seed=3))
    assert np.mean(probabilities.argmax(axis=1) == [digit.label for digit in digits]) >= 0.975
    assert np.mean(shares >= 0.5) >= 0.975


def test_photographed_pen_digits_are_read(recognizer, pen_digits):
    digits = by_writers(pen_digits, TEST_WRITERS)[:200]
    probabilities, _ = recognizer.probabilities(rendered(digits, seed=4, photographs=1.0))
    assert np.mean(probabilities.argmax(axis=1) == [digit.label for digit in digits]) >= 0.96


def shifted(image):
    return np.pad(image, ((3, 60), (41, 2)))


def enlarged(image):
    height, width = image.shape
    return np.asarray(Image.fromarray(image).resize((3 * width, 3 * height), Image.Resampling.BICUBIC))


def thickened(image):
    page = enlarged(image) if len(image) < 100 else image
    return np.asarray(Image.fromarray(page).filter(ImageFilter.MaxFilter(5)))


@pytest.mark.parametrize("change", [np.invert, shifted, enlarged, thickened])
@pytest.mark.parametrize("kind", ["scanned", "canvases"])
def test_answers_do_not_depend_on_how_the_digit_lies_on_the_page(request, recognizer, change, kind):
    images = request.getfixturevalue(kind)
    before = recognizer.recognize_many(images)
    after = recognizer.recognize_many([change(image) for image in images])
    assert np.mean([one.label == other.label for one, other in zip(before, after, strict=True)]) >= 0.97


def doubtful(prediction):
    return not prediction.is_digit or prediction.probability < 0.9


@pytest.mark.parametrize("brush", [6, 14, 20, 40])
def test_a_dot_is_no_certain_digit(recognizer, brush):
    assert doubtful(recognizer.recognize(draw([np.array([[140.0, 140]])], brush)))


def test_scribbles_are_no_certain_digits(recognizer):
    scribbles = [draw([np.random.default_rng(seed).uniform(20, 260, (40, 2))], 12) for seed in range(30)]
    assert np.mean([doubtful(prediction) for prediction in recognizer.recognize_many(scribbles)]) >= 0.95


def test_two_digits_side_by_side_are_no_certain_digit(recognizer, canvases):
    pairs = [np.hstack(pair) for pair in zip(canvases[:60:2], canvases[1:60:2], strict=True)]
    assert np.mean([doubtful(prediction) for prediction in recognizer.recognize_many(pairs)]) >= 0.9


def test_the_network_has_as_many_digits_as_labels():
    assert len(Recognizer.labels) == DIGITS
