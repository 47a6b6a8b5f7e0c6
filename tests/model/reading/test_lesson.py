import base64
import io
import json
import os
import subprocess
import sys
import time
import zipfile

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from PIL import Image

from model import Recognizer
from model.ink.image import prepare
from model.networks.own import build_textbook_network
from model.reading.lesson import FORMAT, MOST_BYTES, VERSION, from_file, program, to_file, to_keras
from model.reading.taught import MOST_EXAMPLES, MOST_LABELS, Examples, TeachingError
from tests import hostile

SECONDS = 5  # in which any file is taken or refused; it takes milliseconds, and the machine may be busy


def tried(times):
    return settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=times,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
    )


def ends_in_examples_or_in_a_sentence(content):
    started = time.monotonic()
    try:
        result = from_file(content)
    except TeachingError as error:
        text = str(error)
        assert "\n" not in text
        assert text[0].isupper()
        assert text.endswith(".")
        assert ". " not in text
        result = None
    else:
        assert isinstance(result, Examples)
    assert time.monotonic() - started < SECONDS
    return result


def refused(content):
    assert ends_in_examples_or_in_a_sentence(content) is None


def changed(content, **values):
    return json.dumps(json.loads(content) | values).encode()


def picture_of(pixels, kind="PNG", **options):
    return base64.b64encode(hostile.encoded(pixels, kind, **options)).decode()


@pytest.fixture(scope="module")
def file(mixed):
    return to_file(mixed)


# There and back


def test_what_was_taught_comes_back_from_its_file(mixed, file):
    again = from_file(file)
    assert again.labels == mixed.labels
    assert again.pictures.dtype == np.uint8
    np.testing.assert_array_equal(again.pictures, mixed.pictures)


def test_the_same_examples_make_the_same_file(mixed, file):
    assert to_file(from_file(file)) == file
    assert to_file(mixed.without(0)) != file


def test_nothing_taught_comes_back_as_nothing_taught():
    assert len(from_file(to_file(Examples()))) == 0


def test_what_was_loaded_is_read_like_what_was_saved(recognizer, adapted, file, strangers):
    loaded = recognizer.with_examples(from_file(file))
    assert loaded.labels == adapted.labels
    np.testing.assert_allclose(
        loaded.probabilities(strangers[2][:20])[0], adapted.probabilities(strangers[2][:20])[0], atol=1e-5
    )


@pytest.mark.parametrize("label", ["é", "👨\u200d👩\u200d👧\u200d👦", "خمسة", '"}]', "\\n", "<b>", "七" * 12, "\U0001fa77"])
def test_names_of_any_script_come_back(label):
    examples = Examples(np.full((1, 28, 28), 9, np.uint8), (label,))
    assert from_file(to_file(examples)).labels == (label,)


def test_as_much_as_can_be_taught_comes_back():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (MOST_EXAMPLES, 28, 28)).astype(np.uint8)
    names = [("𠀀" * 11) + chr(ord("A") + number) for number in range(MOST_LABELS)]
    whole = Examples(pictures, tuple(names[number % MOST_LABELS] for number in range(MOST_EXAMPLES)))
    content = to_file(whole)
    assert len(content) <= MOST_BYTES
    np.testing.assert_array_equal(from_file(content).pictures, pictures)


def test_the_file_is_json_without_code(file, mixed):
    kept = json.loads(file)
    assert set(kept) == {"format", "version", "labels", "pictures"}
    assert (kept["format"], kept["version"], tuple(kept["labels"])) == (FORMAT, VERSION, mixed.labels)
    with Image.open(io.BytesIO(base64.b64decode(kept["pictures"]))) as sheet:
        assert (sheet.format, sheet.mode, sheet.size) == ("PNG", "L", (28, 28 * len(mixed)))


# Files from outside


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"no JSON", b"null", b"7", b"[]", b"{}", b'"text"', b"NaN", b"\xff\xfe", b"\x89PNG\r\n\x1a\n", b"\0" * 1000),
        b"[" * 1_000_000,
        b'{"format":' * 250_000,
        b'{"version": ' + b"9" * 100_000 + b"}",
        b" " * (MOST_BYTES + 1),
        json.dumps({"format": FORMAT}).encode(),
        json.dumps({"format": [FORMAT], "version": 1, "labels": [], "pictures": ""}).encode(),
        json.dumps({"format": FORMAT, "version": 1, "labels": [], "pictures": ""}).encode("utf-16")[:-1],
    ],
)
def test_other_files_are_refused(content):
    refused(content)


@pytest.mark.parametrize(
    "values",
    [
        *({"version": version} for version in (0, 2, 10**30, -1, "1", None, [1], 1.5, True)),
        *({"labels": labels} for labels in (None, "★", 7, {}, [7], [None], ["★", ["★"]], ["A"] * 1_001)),
        *({"pictures": pictures} for pictures in (None, 7, [], "", "no base 64", "AAAA", "é", "\ud800", "A" * 100_000)),
    ],
)
def test_parts_of_another_kind_are_refused(file, values):
    refused(changed(file, **values))


def test_a_file_of_a_later_version_says_so(file):
    with pytest.raises(TeachingError, match="later version"):
        from_file(changed(file, version=VERSION + 1))


def test_a_file_that_is_too_large_says_so(file):
    with pytest.raises(TeachingError, match="too large"):
        from_file(file + b" " * MOST_BYTES)


@pytest.mark.parametrize(
    "label",
    ["", " ", "x" * 13, "x" * 1_000_000, "a\nb", "\ud800", "\u202ea", "\u200b", " a", "e\u0301", "a\0", "\ue000"],
)
def test_hostile_names_are_refused(file, mixed, label):
    refused(changed(file, labels=[label, *mixed.labels[1:]]))


def test_more_names_than_can_be_taught_are_refused():
    pixels = np.full((28 * 51, 28), 9, np.uint8)
    content = {"format": FORMAT, "version": VERSION, "labels": [f"name {n}" for n in range(51)], "pictures": picture_of(pixels)}
    refused(json.dumps(content).encode())


def sheets():
    sheet = np.full((56, 28), 9, np.uint8)
    one_empty = sheet.copy()
    one_empty[28:] = 0
    head = b"\x89PNG\r\n\x1a\n"
    text = hostile.chunk(b"zTXt", b"a\0\0" + hostile.packed(2**20, 40))
    return {
        "one empty": picture_of(one_empty),
        "too low": picture_of(sheet[:-1]),
        "too high": picture_of(np.pad(sheet, ((0, 1), (0, 0)), mode="edge")),
        "turned": picture_of(sheet.T),
        "in colour": picture_of(np.dstack([sheet] * 3)),
        "of two tones": picture_of(Image.fromarray(sheet).convert("1")),
        "of a palette": picture_of(Image.fromarray(sheet).convert("P")),
        "with transparency": picture_of(Image.fromarray(sheet).convert("LA")),
        "of 16 bits": picture_of(sheet.astype(np.uint16)),
        "a JPEG": picture_of(sheet, "JPEG"),
        "a BMP": picture_of(sheet, "BMP"),
        "cut off": base64.b64encode(hostile.encoded(sheet)[:-30]).decode(),
        "a mark alone": base64.b64encode(head).decode(),
        "without data": base64.b64encode(hostile.png(28, 56, data=b"", colour=0)).decode(),
        "claimed huge": base64.b64encode(hostile.png_header(2**31 - 1, 2**31 - 1)).decode(),
        "claimed large": base64.b64encode(hostile.png_header(12_000, 12_000)).decode(),
        "claimed wide": base64.b64encode(hostile.png_header(2**31 - 1, 56)).decode(),
        "unpacked huge": base64.b64encode(
            hostile.png(28, 56, data=hostile.packed(2**20, 200), colour=0)[:-12]
        ).decode()[: 4 * 10**6],
        "with text that unpacks": base64.b64encode(hostile.png(28, 56, text, colour=0)).decode(),
    }


@pytest.mark.parametrize("name", sheets())
@pytest.mark.filterwarnings("error")  # what Pillow only warns of ends in a sentence, too
def test_pictures_that_are_no_pictures_of_examples_are_refused(name):
    content = {"format": FORMAT, "version": VERSION, "labels": ["A", "B"], "pictures": sheets()[name]}
    refused(json.dumps(content).encode())


any_json = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@tried(200)
@given(some.binary(max_size=300))
def test_any_bytes_are_refused(content):
    refused(content)


@tried(200)
@given(any_json)
def test_any_json_is_refused(content):
    refused(json.dumps(content).encode())


@tried(300)
@given(
    some.fixed_dictionaries(
        {"format": some.just(FORMAT), "version": some.sampled_from([1, 1, 1, 0, 2, 1.0, "1"])},
        optional={"labels": some.lists(some.text(max_size=14), max_size=3) | any_json, "pictures": any_json},
    )
)
def test_any_parts_end_in_examples_or_in_a_sentence(content):
    ends_in_examples_or_in_a_sentence(json.dumps(content).encode())


@tried(300)
@given(some.integers(0, 2**32 - 1))
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_pictures_end_in_examples_or_in_a_sentence(file, mixed, seed):
    rng = np.random.default_rng(seed)
    originals = [base64.b64decode(json.loads(file)["pictures"]), *hostile.seeds()]
    change = hostile.reordered if seed % 2 else hostile.mutated
    damaged = change(originals[0], originals, rng)
    examples = ends_in_examples_or_in_a_sentence(changed(file, pictures=base64.b64encode(damaged).decode()))
    assert examples is None or examples.labels == mixed.labels


@tried(200)
@given(some.integers(0, 2**32 - 1))
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_files_end_in_examples_or_in_a_sentence(file, seed):
    ends_in_examples_or_in_a_sentence(hostile.mutated(file, [file], np.random.default_rng(seed)))


# A Keras model of its own


def loaded(recognizer, folder):
    path = folder / "taught.keras"
    path.write_bytes(to_keras(recognizer))
    return keras.saving.load_model(path, compile=False, safe_mode=True)


def assert_answers_alike(recognizer, model, pictures):
    outputs = model.predict(pictures[..., None] / np.float32(255), verbose=0)
    probabilities, shares = recognizer.probabilities(pictures)
    assert outputs.shape == (len(pictures), len(recognizer.labels) + 1)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, atol=1e-4)
    np.testing.assert_allclose(outputs[:, :-1], probabilities * shares[:, None], atol=5e-3)


@pytest.fixture(scope="module")
def asked(strangers, pages_of_signs):
    signs = [prepare(page) for pages in pages_of_signs.values() for page in pages]
    return np.concatenate([strangers[2][::40], signs, np.zeros((1, 28, 28), np.uint8)])


def test_the_exported_model_answers_like_the_recognizer(adapted, asked, tmp_path):
    assert_answers_alike(adapted, loaded(adapted, tmp_path), asked)


def test_with_digits_alone_taught_the_exported_model_answers_like_the_recognizer(recognizer, mixed, asked, tmp_path):
    of_digits = recognizer.with_examples(mixed.chosen(range(4)))
    assert_answers_alike(of_digits, loaded(of_digits, tmp_path), asked)


def test_the_textbooks_network_is_exported_too(mixed, asked, tmp_path):
    network = build_textbook_network()
    last = network.layers[-1]
    weights, shifts = last.get_weights()
    last.set_weights([weights, shifts - 40])  # sums that are all far below 0 are probabilities like others
    adapted = Recognizer(network).with_examples(mixed)
    assert_answers_alike(adapted, loaded(adapted, tmp_path), asked)


def test_the_exported_model_is_of_ordinary_layers(adapted, tmp_path):
    (tmp_path / "taught.keras").write_bytes(to_keras(adapted))
    with zipfile.ZipFile(tmp_path / "taught.keras") as archive:
        layers = list(_layers(json.loads(archive.read("config.json"))))
    assert {"Dense", "Conv2D", "GlobalMaxPooling1D"} <= {name for name, _ in layers}
    assert "Lambda" not in {name for name, _ in layers}
    assert all(module.startswith("keras") and registered is None for _, (module, registered) in layers)


def _layers(part):
    if isinstance(part, dict):
        if "class_name" in part and "module" in part:
            yield part["class_name"], (part["module"] or "keras", part.get("registered_name") and None)
        for inner in part.values():
            yield from _layers(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _layers(inner)


def test_exporting_leaves_the_recognizer_as_it_was(adapted, asked):
    before = adapted.probabilities(asked)
    to_keras(adapted)
    np.testing.assert_array_equal(adapted.probabilities(asked)[0], before[0])


def test_ten_lines_of_python_use_the_exported_model(adapted, mixed, tmp_path):
    (tmp_path / "taught.keras").write_bytes(to_keras(adapted))
    picture = mixed.pictures[mixed.labels.index("π")]
    Image.fromarray(picture).save(tmp_path / "drawing.png")
    (tmp_path / "use.py").write_text(program(adapted.labels), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "use.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    first, *rest = done.stdout.splitlines()
    probabilities, shares = adapted.probabilities(picture[None])
    name, percent = first.split(": ")
    assert name == adapted.labels[probabilities[0].argmax()] == "π"
    assert float(percent.rstrip("%")) == pytest.approx(100 * probabilities[0].max() * shares[0], abs=1)
    assert len(rest) == 2


@pytest.mark.parametrize("label", ['"', "'", "\\", '"""', "{x}", "%s", "\\u0041", '")#', "👨\u200d👩"])
def test_names_stand_in_the_program_as_texts(label):
    code = compile(program((*"0123456789", label)), "use.py", "exec")
    names = [line for line in program((*"0123456789", label)).splitlines() if line.startswith("labels = ")]
    values = {}
    exec(names[0], values)
    assert values["labels"] == [*"0123456789", label, "nothing I know"]
    assert code
