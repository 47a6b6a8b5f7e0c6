import errno
import functools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import train
from model import Recognizer
from model.data import dataset
from model.data.composites import KINDS
from model.data.disturbances import DISTURBANCES, disturbed
from model.data.examples import own_drawings
from model.data.nonsense import scribble, several
from model.networks.training import Recipe
from model.reading.recognizer import IS_DIGIT
from model.scores.evaluation import area_under_roc, calibration_error
from model.scores.report import read_report

ROOT = Path(__file__).parent.parent
QUICK = ["--quick", "--epochs", "1"]


@pytest.fixture(scope="module")
def small_mnist(mnist, tmp_path_factory):
    rng = np.random.default_rng(0)
    train_chosen = rng.choice(len(mnist.train_images), 2000, replace=False)
    test_chosen = rng.choice(len(mnist.test_images), 200, replace=False)
    path = tmp_path_factory.mktemp("data") / "mnist.npz"
    np.savez(
        path,
        x_train=mnist.train_images[train_chosen],
        y_train=mnist.train_labels[train_chosen].astype(np.uint8),
        x_test=mnist.test_images[test_chosen],
        y_test=mnist.test_labels[test_chosen].astype(np.uint8),
    )
    return path


@pytest.fixture(scope="module")
def small_pens(pen_digits, tmp_path_factory):
    lines = []
    for writer in range(1, 31):
        for index, digit in enumerate(dataset.by_writers(pen_digits, (writer,))[:5]):
            lines += [f'.SEGMENT DIGIT {index} ? "{digit.label}"', f".COMMENT {digit.label} {writer} {index}"]
            for stroke in digit.strokes:
                lines += [".PEN_DOWN", *(f"{x:.0f} {-y:.0f}" for x, y in stroke), ".PEN_UP"]
    path = tmp_path_factory.mktemp("data") / "pendigits-orig.tra"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def old_files(tmp_path):
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "digits.keras").write_bytes(b"the weights from before")
    (folder / "report.json").write_bytes(b"the report from before")
    return folder


def content_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


OLD = {"digits.keras": b"the weights from before", "report.json": b"the report from before"}


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "train.py", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


def main(*arguments):
    try:
        return train.main([str(argument) for argument in arguments])
    except KeyboardInterrupt:  # would end the tests as if a person had stopped them
        pytest.fail("an interruption was let through")


def assert_one_line(text, *parts):
    assert text.startswith("train.py: ")
    assert text.count("\n") == 1
    for part in parts:
        assert str(part) in text


# The command line


def test_help_names_all_options():
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    options = ("quick", "resume", "evaluate", "epochs", "seed", "output", "mnist", "pen-digits", "symbols", "json")
    for option in options:
        assert f"--{option}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--epochs", "0"], "--epochs"),
        (["--epochs", "-3"], "--epochs"),
        (["--epochs", "2.5"], "--epochs"),
        (["--epochs", "many"], "--epochs"),
        (["--epochs"], "--epochs"),
        (["--seed", "x"], "--seed"),
        (["--output", "weights.h5"], "--output"),
        (["--output", "weights"], "--output"),
        (["--output", "no-such-folder/weights.keras"], "no-such-folder"),
        (["--fast"], "--fast"),
        (["--evaluate", "--quick"], "--evaluate"),
        (["--evaluate", "--resume"], "--evaluate"),
        (["--evaluate", "--epochs", "3"], "--evaluate"),
        (["--evaluate", "--seed", "0"], "--evaluate"),
        (["--quick", "--resume"], "--quick"),
        (["file"], "file"),
    ],
)
def test_wrong_arguments_are_named(capsys, arguments, named):
    with pytest.raises(SystemExit) as stop:
        train.main(arguments)
    assert stop.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert "error: " in last
    assert named in last


@pytest.mark.parametrize("name", ["digits.keras", "report.json"])
def test_a_folder_where_a_file_is_to_be_written_is_named_before_anything_is_done(tmp_path, capsys, name):
    (tmp_path / name).mkdir()
    with pytest.raises(SystemExit) as stop:
        train.main([*QUICK, "--mnist", str(tmp_path / "none.npz"), "--output", str(tmp_path / "digits.keras")])
    assert stop.value.code == 2
    assert f"{tmp_path / name} is a folder" in capsys.readouterr().err


def test_where_nothing_can_be_written_that_is_said_before_the_training(tmp_path, monkeypatch, old_files, capsys):
    def refuse(*arguments):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "mkdir", refuse)  # whoever is root may write everywhere
    assert main(*QUICK, "--mnist", tmp_path / "none.npz", "--output", old_files / "digits.keras") == 1
    assert_one_line(capsys.readouterr().err, "Read-only file system", old_files / "digits.keras")
    assert content_of(old_files) == OLD


def test_wrong_arguments_end_the_process_with_2():
    done = run("--epochs", "0")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


# Missing and damaged data


def damaged_files(tmp_path, small_mnist):
    whole = small_mnist.read_bytes()
    (tmp_path / "half.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "garbage.npz").write_bytes(b"no numbers")
    np.savez(tmp_path / "keys.npz", images=np.zeros((3, 28, 28), np.uint8))
    with zipfile.ZipFile(tmp_path / "pens.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing here")
    (tmp_path / "pens.tra").write_text('.SEGMENT DIGIT 0 ? "8"\n.COMMENT 8 12 224\n.PEN_DOWN\n1 x\n')
    (tmp_path / "one-writer.tra").write_text(
        '.SEGMENT DIGIT 0 ? "8"\n.COMMENT 8 12 224\n.PEN_DOWN\n1 1\n5 9\n.PEN_UP\n'
    )


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("name", ["none.npz", "half.npz", "garbage.npz", "keys.npz"])
def test_wrong_mnist_is_one_line_and_status_2(tmp_path, small_mnist, old_files, capsys, quick, name):
    damaged_files(tmp_path, small_mnist)
    arguments = ["--mnist", tmp_path / name, "--output", old_files / "digits.keras"]
    assert main(*(["--quick"] if quick else []), *arguments) == 2
    assert_one_line(capsys.readouterr().err, tmp_path / name)
    assert content_of(old_files) == OLD


@pytest.mark.parametrize(
    ("name", "says"),
    [("none.tra", "no such file"), ("pens.zip", "zip"), ("pens.tra", "line 4"), ("one-writer.tra", "no writers to")],
)
def test_wrong_pen_digits_are_one_line_and_status_2(tmp_path, small_mnist, old_files, capsys, name, says):
    damaged_files(tmp_path, small_mnist)
    output = old_files / "digits.keras"
    assert main("--mnist", small_mnist, "--pen-digits", tmp_path / name, "--output", output) == 2
    assert_one_line(capsys.readouterr().err, tmp_path / name, says)
    assert content_of(old_files) == OLD


def test_a_missing_file_ends_the_process_with_2_and_no_traceback(tmp_path, old_files):
    done = run("--quick", "--mnist", tmp_path / "none.npz", "--output", old_files / "digits.keras")
    assert done.returncode == 2
    assert_one_line(done.stderr, tmp_path / "none.npz")
    assert content_of(old_files) == OLD


@pytest.fixture
def no_network(tmp_path, monkeypatch):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/file"
        cached = functools.partial(keras.utils.get_file, cache_dir=str(tmp_path / "cache"))
        (tmp_path / "cache").mkdir()
        monkeypatch.setenv("no_proxy", "*")
        monkeypatch.setattr(keras.utils, "get_file", cached)
        monkeypatch.setattr(dataset, "PEN_DIGITS_URL", url)
        mnist_module = sys.modules[keras.datasets.mnist.load_data.__module__]
        monkeypatch.setattr(mnist_module, "get_file", lambda fname, origin, file_hash: cached(fname, url))
        yield  # bound but not listening: connections are refused


@pytest.mark.parametrize("arguments", [["--quick"], []])
def test_without_files_and_network_the_option_is_named(no_network, old_files, capsys, arguments):
    assert main(*arguments, "--output", old_files / "digits.keras") == 2
    assert_one_line(capsys.readouterr().err, "MNIST could not be downloaded", "--mnist FILE")
    assert content_of(old_files) == OLD


def test_without_pen_digits_and_network_the_option_is_named(no_network, small_mnist, old_files, capsys):
    assert main("--mnist", small_mnist, "--output", old_files / "digits.keras") == 2
    assert_one_line(capsys.readouterr().err, "pen digits could not be downloaded", "--pen-digits FILE")
    assert content_of(old_files) == OLD


# Training


def quick(folder, mnist_file, seed=0, name="digits.keras"):
    assert main(*QUICK, "--seed", seed, "--mnist", mnist_file, "--output", folder / name) == 0
    return json.loads(train.report_path(folder / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def trained(small_mnist, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    return folder, quick(folder, small_mnist)


def test_quick_training_writes_weights_that_read_digits(trained, mnist):
    folder, _ = trained
    assert set(content_of(folder)) == {"digits.keras", "report.json"}
    recognizer = Recognizer.load(folder / "digits.keras")
    answers = recognizer.probabilities(mnist.test_images[:500])[0].argmax(axis=1)
    assert np.mean(answers == mnist.test_labels[:500]) > 0.6


def test_quick_report_says_what_was_trained_and_what_it_scores(trained):
    folder, report = trained
    assert report["network"] == "textbook"
    assert report["weights"] == Recognizer.load(folder / "digits.keras").network.count_params()
    assert report["seed"] == 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", report["trained"])
    assert set(report["versions"]) == {"python", "tensorflow", "keras"}
    assert report["trained_on"] == {"mnist": 1667}
    curves = {name: len(values) for name, values in report["curves"].items()}
    assert curves == {"loss": 1, "accuracy": 1, "val_loss": 1, "val_accuracy": 1, "seconds": 1}
    assert report["seconds"] == round(report["curves"]["seconds"][0])
    assert set(report["sets"]) == {"mnist"}
    assert set(report["disturbances"]) == set(DISTURBANCES)
    for disturbance in report["disturbances"].values():
        assert [level["images"] for level in disturbance["levels"]] == [40, 40, 200, 40, 40]
        assert [level["level"] for level in disturbance["levels"]] == [1, 2, 3, 4, 5]
    assert "no_digit" not in report
    scores = report["sets"]["mnist"]
    assert scores["images"] == 200
    assert scores["accuracy"] == scores["right"] / 200
    assert scores["interval"][0] < scores["accuracy"] < scores["interval"][1]
    assert np.sum(scores["confusion"]) == 200
    assert len(scores["per_digit"]) == 10


def test_report_scores_the_weights_beside_it(trained, small_mnist):
    folder, report = trained
    data = dataset.load_mnist(small_mnist)
    predictions = Recognizer.load(folder / "digits.keras").recognize_many(list(data.test_images))
    right = sum(int(prediction.label) == label for prediction, label in zip(predictions, data.test_labels, strict=True))
    assert report["sets"]["mnist"]["right"] == right


def test_quick_training_prints_the_table_and_replaces_old_files(small_mnist, tmp_path, capsys):
    (tmp_path / "other.keras").write_bytes(b"the weights from before")
    (tmp_path / "other.report.json").write_bytes(b"the report from before")
    report = quick(tmp_path, small_mnist, name="other.keras")
    printed = capsys.readouterr().out
    scores = report["sets"]["mnist"]
    low, high = scores["interval"]
    assert re.search(
        rf"MNIST, test images +200 +{scores['accuracy']:.2%} +{low:.2%} to {high:.2%} +{scores['calibration_error']:.4f}\n",
        printed,
    )
    for row in scores["per_digit"]:
        assert re.search(
            rf"\n +{row['digit']} +{row['precision']:.2%} +{row['recall']:.2%} +{row['f1']:.2%}\n", printed
        )
    for disturbance in report["disturbances"].values():
        levels = " +".join(f"{level['accuracy']:.2%}" for level in disturbance["levels"])
        assert re.search(rf"\n{disturbance['title']} +{levels}\n", printed)
    assert f"Written: {tmp_path / 'other.keras'} and {tmp_path / 'other.report.json'}" in printed
    assert set(content_of(tmp_path)) == {"other.keras", "other.report.json"}
    assert Recognizer.load(tmp_path / "other.keras")


def test_the_same_seed_trains_alike_and_another_does_not(trained, small_mnist, tmp_path):
    _, first = trained
    again, other = quick(tmp_path, small_mnist), quick(tmp_path, small_mnist, seed=1)
    assert again["curves"]["loss"] == pytest.approx(first["curves"]["loss"], rel=1e-3)  # threads add up in any order
    assert other["curves"]["loss"] != pytest.approx(first["curves"]["loss"], rel=1e-3)
    assert other["seed"] == 1


@pytest.fixture
def little_work(monkeypatch):
    monkeypatch.setattr(train, "TURNS", 2)
    monkeypatch.setattr(train, "RENDERINGS", 1)
    monkeypatch.setattr(train, "OWN_RENDERINGS", 1)
    monkeypatch.setattr(train, "NONSENSE", 20)
    monkeypatch.setattr(train, "EVALUATION_NONSENSE", 20)
    monkeypatch.setattr(train, "EVALUATION_NUMBERS", 2)
    monkeypatch.setattr(dataset, "MNIST_VALIDATION_START", 1900)


@pytest.fixture
def what_was_fitted(monkeypatch):
    from model.networks import training

    calls = []

    def fit(build, images, labels, turns, validation, recipe, seed, verbose, checkpoint, resume):
        network = build()
        calls.append(
            SimpleNamespace(
                weights=network.get_weights(),
                images=images,
                labels=labels,
                turns=turns,
                validation=validation,
                recipe=recipe,
                seed=seed,
                checkpoint=checkpoint,
                resume=resume,
            )
        )
        return network, {"loss": [1.0], "seconds": [1.0]}

    monkeypatch.setattr(training, "fit", fit)
    monkeypatch.setattr(train, "evaluate", lambda network, mnist, test_pens, symbols: {"sets": {}, "disturbances": {}})
    monkeypatch.setattr(train, "print_table", lambda report: None)
    return calls


OWN = len(own_drawings())


def full(folder, small_mnist, small_pens, *arguments):
    files = ["--mnist", small_mnist, "--pen-digits", small_pens, "--output", folder / "digits.keras"]
    return main("--epochs", "1", *files, *arguments)


def test_full_training_writes_weights_and_report(little_work, small_mnist, small_pens, tmp_path, capsys):
    assert full(tmp_path, small_mnist, small_pens) == 0
    assert set(content_of(tmp_path)) == {"digits.keras", "report.json"}
    # Of one epoch of so little it has not learnt what `Recognizer` asks for.
    assert keras.saving.load_model(tmp_path / "digits.keras").output_shape == (None, 11)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    held_out = {*dataset.VALIDATION_WRITERS, *dataset.TEST_WRITERS}
    assert report["trained_on"] == {
        "mnist": 1900,
        "pen_digits": 5 * 23,
        "pen_writers": sorted(set(range(1, 31)) - held_out),
        "own_drawings": OWN,
        "no_digit": 40,
        "pictures": 1900 + 2 * 115 + 2 * OWN + 40,
    }
    assert {name: len(values) for name, values in report["curves"].items()} == {
        "loss": 1,
        "accuracy": 1,
        "val_accuracy": 1,
        "seconds": 1,
    }
    assert report["temperature"] > 0
    assert {name: scores["images"] for name, scores in report["sets"].items()} == {
        "mnist": 200,
        "pen_digits": 5 * 6,
        "pen_photographs": 5 * 6,
    }
    assert sorted(map(int, report["sets"]["pen_digits"]["by_writer"])) == sorted(dataset.TEST_WRITERS)
    assert {name: kind["images"] for name, kind in report["no_digit"]["kinds"].items()} == {
        "scribbles": 20,
        "several_digits": 20,
    }
    assert report["no_digit"]["images"] == 200 + 30 + 40
    rows = {name: 12 if kind.by_line else 4 for name, kind in KINDS.items()}  # of a scan, six rows of a page from each source
    assert {name: kind["images"] for name, kind in report["numbers"].items()} == rows
    printed = capsys.readouterr().out
    assert "Pen digits, new writers" in printed
    assert "100 %" in printed


def test_full_training_is_given_what_it_should_learn_from(
    little_work, what_was_fitted, small_mnist, small_pens, tmp_path
):
    assert full(tmp_path, small_mnist, small_pens, "--seed", "5") == 0
    (call,) = what_was_fitted
    made = 2 * 115 + 2 * OWN
    assert (call.images.shape, call.images.dtype) == ((1900 + made + 40, 28, 28), np.uint8)
    data = dataset.load_mnist(small_mnist)
    np.testing.assert_array_equal(call.images[:1900], dataset.prepared(data.train_images[:1900]))
    np.testing.assert_array_equal(call.labels[:1900], data.train_labels[:1900])
    assert call.images.any(axis=(1, 2)).all()
    assert set(call.labels[1900:-40]) <= set(range(10))
    assert set(call.labels[-40:]) == {10}
    assert set(call.turns[:1900]) == {-1}
    assert np.bincount(call.turns[1900:]).tolist() == [(made + 40) // 2] * 2
    assert [len(part) for part in call.validation] == [100 + 5 + 5] * 3
    np.testing.assert_array_equal(call.validation[0][:100], dataset.prepared(data.train_images[1900:]))
    assert np.bincount(call.validation[2]).tolist() == [100, 5, 5]
    assert (call.recipe.epochs, call.seed, call.resume) == (1, 5, False)
    assert call.checkpoint == tmp_path / ".train-digits.npz"


def test_the_same_seed_gives_the_same_weights_and_pictures_at_the_start(
    little_work, what_was_fitted, small_mnist, small_pens, tmp_path
):
    for seed in (5, 5, 6):
        assert full(tmp_path, small_mnist, small_pens, "--seed", seed) == 0
    first, again, other = what_was_fitted
    for one, same in zip(first.weights, again.weights, strict=True):
        np.testing.assert_array_equal(one, same)
    np.testing.assert_array_equal(first.images, again.images)
    assert any((one != another).any() for one, another in zip(first.weights, other.weights, strict=True))
    assert (first.images[1900:] != other.images[1900:]).any()
    np.testing.assert_array_equal(first.validation[0], other.validation[0])  # validated on the same in any case


def test_resume_goes_on_with_what_was_interrupted(
    little_work, what_was_fitted, small_mnist, small_pens, tmp_path, monkeypatch, capsys
):
    from model.networks import training

    fit = training.fit

    def interrupt(*arguments):
        arguments[-2].write_bytes(b"what --resume needs")
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "fit", interrupt)
    assert full(tmp_path, small_mnist, small_pens) == 130
    assert "Go on with --resume." in capsys.readouterr().err
    state = tmp_path / ".train-digits.npz"
    assert state.is_file()
    monkeypatch.setattr(training, "fit", fit)
    assert full(tmp_path, small_mnist, small_pens, "--resume") == 0
    assert what_was_fitted[0].resume
    assert what_was_fitted[0].checkpoint == state
    assert not state.exists()


def test_what_cannot_be_resumed_is_one_line_and_status_2(little_work, small_mnist, small_pens, old_files, capsys):
    state = old_files / ".train-digits.npz"
    state.write_text("{}")
    assert full(old_files, small_mnist, small_pens, "--resume") == 2
    assert_one_line(capsys.readouterr().err, state, "Start anew without --resume.")
    assert (old_files / "digits.keras").read_bytes() == OLD["digits.keras"]


# Evaluation


def test_evaluation_rewrites_the_report_alone(trained, small_mnist, tmp_path, capsys):
    folder, report = trained
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    changed = report | {"sets": {}, "evaluated": "1999-01-01"}
    (tmp_path / "report.json").write_text(json.dumps(changed))
    before = (tmp_path / "digits.keras").read_bytes()
    assert main("--evaluate", "--mnist", small_mnist, "--output", tmp_path / "digits.keras") == 0
    assert (tmp_path / "digits.keras").read_bytes() == before
    assert json.loads((tmp_path / "report.json").read_text()) == report
    assert f"Written: {tmp_path / 'report.json'}\n" in capsys.readouterr().out
    assert set(content_of(tmp_path)) == {"digits.keras", "report.json"}


@pytest.mark.parametrize("old", [None, "no JSON", "[]", '{"weights": 1, "seed": 7}'])
def test_evaluation_needs_no_report(monkeypatch, trained, small_mnist, tmp_path, old):
    folder, report = trained
    scores = {name: report[name] for name in ("sets", "disturbances", "evaluated")}
    monkeypatch.setattr(train, "evaluate", lambda *arguments: scores)
    shutil.copy(folder / "digits.keras", tmp_path / "digits.keras")
    if old is not None:
        (tmp_path / "report.json").write_text(old)
    assert main("--evaluate", "--mnist", small_mnist, "--output", tmp_path / "digits.keras") == 0
    made = json.loads((tmp_path / "report.json").read_text())
    known = ("network", "weights", "sets", "disturbances", "evaluated")
    assert made == {name: report[name] for name in known}


@pytest.mark.parametrize("content", [None, b"no weights"])
def test_evaluation_without_usable_weights_is_one_line_and_status_2(small_mnist, tmp_path, capsys, content):
    output = tmp_path / "digits.keras"
    if content is not None:
        output.write_bytes(content)
    assert main("--evaluate", "--mnist", small_mnist, "--output", output) == 2
    assert_one_line(capsys.readouterr().err, output)
    assert not (tmp_path / "report.json").exists()


def test_evaluation_with_symbols_scores_telling_digits(little_work, small_mnist, small_pens, tmp_path, capsys):
    shutil.copy(ROOT / "model" / "digits.keras", tmp_path / "digits.keras")
    symbols = {
        "Latin": {"character03": [[[[0, 0], [9, 9]], [[9, 0], [0, 9]]]] * 7, "character15": [[[[0, 0], [9, 9]]]]}
    }
    (tmp_path / "symbols.json").write_text(json.dumps(symbols))
    files = ["--mnist", small_mnist, "--pen-digits", small_pens, "--symbols", tmp_path / "symbols.json"]
    assert main("--evaluate", "--json", *files, "--output", tmp_path / "digits.keras") == 0
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert report == json.loads((tmp_path / "report.json").read_text())
    assert report["no_digit"]["kinds"]["symbols"]["images"] == 7  # an "o" resembles a digit
    assert "Telling digits from what is none" in printed.err
    assert "letters" not in report["teaching"]  # two are too few to teach some and ask for others


def test_weights_that_were_replaced_while_they_were_scored_keep_their_own_report(
    monkeypatch, trained, small_mnist, tmp_path, capsys
):
    folder, _ = trained
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)

    def evaluate(*arguments):
        train.save(Network(), {"accuracy": 1}, tmp_path / "digits.keras")
        return {"accuracy": 0}

    monkeypatch.setattr(train, "evaluate", evaluate)
    assert main("--evaluate", "--mnist", small_mnist, "--output", tmp_path / "digits.keras") == 2
    assert_one_line(capsys.readouterr().err, tmp_path / "digits.keras", "Start again.")
    assert json.loads((tmp_path / "report.json").read_text()) == {"accuracy": 1}


# Interruptions


@pytest.fixture
def no_fitting(monkeypatch):
    done = SimpleNamespace(history={"loss": [1.0], "accuracy": [0.5], "seconds": [1.0]})
    monkeypatch.setattr(keras.Model, "fit", lambda *arguments, **options: done)


@pytest.mark.parametrize("place", ["fit", "save"])
def test_an_interruption_leaves_the_old_files(monkeypatch, no_fitting, small_mnist, old_files, capsys, place):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(keras.Model, place, interrupt)
    assert main(*QUICK, "--mnist", small_mnist, "--output", old_files / "digits.keras") == 130
    error = capsys.readouterr().err
    assert "interrupted" in error
    assert str(old_files / "digits.keras") in error
    assert content_of(old_files) == OLD
    assert sorted(path.name for path in old_files.iterdir()) == sorted(OLD)


def test_an_interruption_of_the_full_training_leaves_the_old_files(
    monkeypatch, little_work, small_mnist, small_pens, old_files, capsys
):
    from model.networks import training

    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "fit", interrupt)
    assert full(old_files, small_mnist, small_pens) == 130
    assert "interrupted" in capsys.readouterr().err
    assert content_of(old_files) == OLD


def test_a_full_disk_leaves_the_old_files(monkeypatch, no_fitting, small_mnist, old_files, capsys):
    def fill(self, path, *arguments, **options):
        Path(path).write_bytes(b"the beginning of")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(keras.Model, "save", fill)
    assert main(*QUICK, "--mnist", small_mnist, "--output", old_files / "digits.keras") == 1
    assert_one_line(capsys.readouterr().err, "No space left on device", old_files / "digits.keras")
    assert content_of(old_files) == OLD
    assert sorted(path.name for path in old_files.iterdir()) == sorted(OLD)


def test_a_network_of_no_use_leaves_the_old_files(monkeypatch, small_mnist, old_files, capsys):
    def diverge(network, *arguments, **options):
        network.set_weights([np.full_like(weights, np.nan) for weights in network.get_weights()])
        return SimpleNamespace(history={"loss": [np.nan], "accuracy": [0.1], "seconds": [1.0]})

    monkeypatch.setattr(keras.Model, "fit", diverge)
    assert main(*QUICK, "--mnist", small_mnist, "--output", old_files / "digits.keras") == 2
    assert_one_line(capsys.readouterr().err, "came to nothing", "no finite numbers")
    assert content_of(old_files) == OLD


class Network:
    def save(self, path, **options):
        Path(path).write_bytes(b"new weights")


def test_weights_and_report_are_written_together(old_files):
    train.save(Network(), {"accuracy": 1}, old_files / "digits.keras")
    assert content_of(old_files)["digits.keras"] == b"new weights"
    assert json.loads(content_of(old_files)["report.json"]) == {"accuracy": 1}
    assert sorted(path.name for path in old_files.iterdir()) == sorted(OLD)


def test_what_cannot_be_put_in_its_place_is_said_and_used_and_put_there_by_the_next_start(
    monkeypatch, no_fitting, small_mnist, old_files, tmp_path, capsys
):
    replace, output = os.replace, old_files / "digits.keras"

    def fail(source, target):
        if Path(target).name == "report.json":
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail)
    assert main(*QUICK, "--mnist", small_mnist, "--output", output) == 1
    assert_one_line(capsys.readouterr().err, "Permission denied", f"the new {output} is used")
    report = read_report(old_files / "report.json")
    assert report["network"] == "textbook"
    monkeypatch.undo()
    assert main(*QUICK, "--mnist", tmp_path / "none.npz", "--output", output) == 2
    assert sorted(path.name for path in old_files.iterdir()) == sorted(OLD)
    assert json.loads((old_files / "report.json").read_text())["network"] == "textbook"


def test_leftovers_of_killed_runs_go_at_the_next_start_and_what_resume_needs_stays(old_files, tmp_path):
    for name in (".train.py-staging", ".train-ab12_3cd"):
        (old_files / name).mkdir()
        (old_files / name / "weights.keras").write_bytes(b"half")
    (old_files / ".train-digits.npz").write_bytes(b"what --resume needs")
    assert main(*QUICK, "--mnist", tmp_path / "none.npz", "--output", old_files / "digits.keras") == 2
    assert content_of(old_files) == OLD | {".train-digits.npz": b"what --resume needs"}
    assert sorted(path.name for path in old_files.iterdir()) == sorted([*OLD, ".train-digits.npz"])


def test_a_report_that_is_no_json_leaves_the_old_files(old_files):
    with pytest.raises(TypeError):
        train.save(Network(), {"image": np.zeros(3)}, old_files / "digits.keras")
    assert content_of(old_files) == OLD


@pytest.mark.parametrize(
    ("weights", "report"),
    [("model/digits.keras", "model/report.json"), ("a/mine.keras", "a/mine.report.json"), ("x.keras", "x.report.json")],
)
def test_the_report_lies_beside_the_weights(weights, report):
    assert train.report_path(Path(weights)) == Path(report)


# The files that ship


@pytest.fixture(scope="module")
def report():
    return json.loads((ROOT / "model" / "report.json").read_text(encoding="utf-8"))


def test_the_report_that_ships_is_of_the_weights_that_ship(recognizer, report):
    assert report["network"] == recognizer.network.name
    assert report["weights"] == recognizer.network.count_params()
    assert set(report["sets"]) == {"mnist", "pen_digits", "pen_photographs"}
    assert report["sets"]["mnist"]["images"] == 10_000
    assert set(report["no_digit"]["kinds"]) == {"scribbles", "several_digits", "symbols"}
    assert set(report["disturbances"]) == set(DISTURBANCES)
    assert not set(report["trained_on"]["pen_writers"]) & {*dataset.VALIDATION_WRITERS, *dataset.TEST_WRITERS}
    assert len(report["curves"]["loss"]) == Recipe().epochs


def test_mnist_is_read_as_the_report_says(recognizer, report, mnist):
    sample = slice(None, None, 5)
    labels = mnist.test_labels[sample]
    probabilities = recognizer.probabilities(dataset.prepared(mnist.test_images[sample]))[0]
    assert np.mean(probabilities.argmax(axis=1) == labels) > report["sets"]["mnist"]["accuracy"] - 0.01
    assert calibration_error(labels, probabilities) < report["sets"]["mnist"]["calibration_error"] + 0.01


@pytest.mark.parametrize(("name", "photographs"), [("pen_digits", 0.0), ("pen_photographs", 1.0)])
def test_strangers_are_read_exactly_as_the_report_says(recognizer, report, pen_digits, name, photographs):
    strangers = dataset.by_writers(pen_digits, dataset.TEST_WRITERS)
    labels = np.array([digit.label for digit in strangers])
    probabilities, certainties = recognizer.probabilities(dataset.rendered(strangers, 3, photographs=photographs))
    right = int((probabilities.argmax(axis=1) == labels).sum())
    assert right == pytest.approx(report["sets"][name]["right"], abs=2)  # processors round differently
    assert calibration_error(labels, probabilities) < report["sets"][name]["calibration_error"] + 0.003
    assert np.mean(certainties >= IS_DIGIT) > 0.98


@pytest.mark.parametrize("name", DISTURBANCES)
def test_disturbed_digits_are_read_as_the_report_says(recognizer, report, mnist, name):
    sample = slice(None, None, 20)
    answers = recognizer.probabilities(dataset.prepared(disturbed(mnist.test_images[sample], name, 3)))[0].argmax(
        axis=1
    )
    reported = report["disturbances"][name]["levels"][2]["accuracy"]
    assert np.mean(answers == mnist.test_labels[sample]) > reported - 0.015


def test_what_is_no_digit_is_told_as_the_report_says(recognizer, report, pen_digits):
    strangers = dataset.by_writers(pen_digits, dataset.TEST_WRITERS)
    rng = np.random.default_rng(9)
    digits = recognizer.probabilities(dataset.rendered(strangers[::5], 9))[1]
    others = [make(strangers, rng) for make in (scribble, several) for _ in range(100)]
    area = area_under_roc(digits, recognizer.probabilities(dataset.prepared(others))[1])
    assert area > report["no_digit"]["area_under_roc"] - 0.01


# The network that tells symbols apart


@pytest.fixture
def symbols_in_seconds(monkeypatch):
    """What is learnt is tested where it is learnt: here the networks come ready."""
    from model.data import symbols
    from model.networks import embedding
    from model.reading import comparing
    from model.reading.recognizer import _load_embedding

    calls = SimpleNamespace(trained_on=None, compared_on=None, recipe=None)

    def made(pens, alphabets, count, drawings, seed, report):
        calls.trained_on = {pen.writer for pen in pens}
        report(1, 1)
        return np.zeros((1, 28, 28), np.uint8), np.zeros(1, int), np.zeros(1, int)

    def fit(pictures, of, alphabets, recipe, seed, verbose):
        calls.recipe = recipe
        return _load_embedding()[0], {}

    def compare(digits, network, pens, seed):
        calls.compared_on = {pen.writer for pen in pens}
        return _load_embedding()[1]

    monkeypatch.setattr(symbols, "lessons", made)
    monkeypatch.setattr(embedding, "fit_embedding", fit)
    monkeypatch.setattr(comparing, "fit_comparison", compare)
    return calls


@pytest.fixture
def symbols_folder(old_files):
    shutil.copy(ROOT / "model" / "digits.keras", old_files / "digits.keras")
    (old_files / "symbols.keras").write_bytes(b"the network from before")
    (old_files / "symbols.json").write_bytes(b"the numbers from before")
    return old_files


def symbols_network(folder, pens, *arguments):
    return main("--symbols-network", "--pen-digits", pens, "--output", folder / "digits.keras", *arguments)


def test_the_symbols_network_and_its_numbers_are_written_together(symbols_in_seconds, symbols_folder, small_pens):
    from model.networks.weights import load_network
    from model.reading.taught import Comparison

    before = content_of(symbols_folder)
    assert symbols_network(symbols_folder, small_pens, "--epochs", "3") == 0
    assert set(content_of(symbols_folder)) == set(before)
    assert content_of(symbols_folder)["digits.keras"] == before["digits.keras"]
    assert Comparison.load(symbols_folder / "symbols.json") == Comparison.load()
    assert load_network(symbols_folder / "symbols.keras").input_shape == (None, 28, 28, 1)
    held_out = set(dataset.VALIDATION_WRITERS + dataset.TEST_WRITERS)
    assert symbols_in_seconds.trained_on == set(range(1, 31)) - held_out
    assert symbols_in_seconds.compared_on == set(dataset.VALIDATION_WRITERS)
    assert symbols_in_seconds.recipe.epochs == 3


@pytest.mark.parametrize("option", ["--quick", "--resume", "--evaluate"])
def test_the_symbols_network_goes_with_no_other_training(capsys, option):
    with pytest.raises(SystemExit) as stop:
        train.main(["--symbols-network", option])
    assert stop.value.code == 2
    assert "--symbols-network" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(("failure", "status"), [(KeyboardInterrupt, 130), (OSError(28, "No space left"), 1)])
def test_a_symbols_network_that_is_not_finished_leaves_the_old_one(
    monkeypatch, symbols_in_seconds, symbols_folder, small_pens, capsys, failure, status
):
    def fail(*arguments, **options):
        raise failure

    before = content_of(symbols_folder)
    monkeypatch.setattr(keras.Model, "save", fail)
    assert symbols_network(symbols_folder, small_pens) == status
    assert "train.py: " in capsys.readouterr().err
    assert content_of(symbols_folder) == before


def test_a_symbols_network_needs_pen_digits_and_weights(symbols_in_seconds, symbols_folder, small_pens, tmp_path, capsys):
    assert symbols_network(symbols_folder, tmp_path / "none.tra") == 2
    assert_one_line(capsys.readouterr().err, "none.tra")
    (symbols_folder / "digits.keras").write_bytes(b"no weights")
    before = content_of(symbols_folder)
    assert symbols_network(symbols_folder, small_pens) == 2
    assert_one_line(capsys.readouterr().err, "digits.keras")
    assert content_of(symbols_folder) == before


# ── The network that finds digits ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def numbers_in_seconds(monkeypatch):
    """How it learns is tested where it learns: here the network comes ready."""
    from model.networks import numbers
    from model.networks.weights import load_network
    from model.paths import NUMBERS

    calls = SimpleNamespace(recipe=None, digits=None, drawn=None, checkpoint=None, resume=None, scanned=None)

    def fit(digits, glyphs, validation, recipe, seed, verbose, checkpoint, resume):
        calls.digits, calls.recipe, calls.checkpoint, calls.resume = digits.name, recipe, checkpoint, resume
        calls.drawn, calls.scanned = sum(map(len, glyphs.penned[0])), sum(map(len, glyphs.scanned))
        checkpoint.write_bytes(b"what is needed to go on")
        return load_network(NUMBERS), {}

    monkeypatch.setattr(numbers, "fit_numbers", fit)
    monkeypatch.setattr(train, "VALIDATION_PAGES", 2)
    monkeypatch.setattr(dataset, "MNIST_VALIDATION_START", 1900)
    return calls


@pytest.fixture
def numbers_folder(old_files):
    shutil.copy(ROOT / "model" / "digits.keras", old_files / "digits.keras")
    (old_files / "numbers.keras").write_bytes(b"the network from before")
    return old_files


def numbers_network(folder, mnist, pens, *arguments):
    return main("--numbers", "--mnist", mnist, "--pen-digits", pens, "--output", folder / "digits.keras", *arguments)


def test_the_network_that_finds_digits_is_written_beside_the_one_it_begins_with(
    numbers_in_seconds, numbers_folder, small_mnist, small_pens
):
    from model.data.pages import OWN_RENDERINGS, RENDERINGS
    from model.networks.weights import load_network

    before = content_of(numbers_folder)
    assert numbers_network(numbers_folder, small_mnist, small_pens, "--epochs", "3", "--resume") == 0
    after = content_of(numbers_folder)
    assert set(after) == set(before)
    assert {name for name in after if after[name] != before[name]} == {"numbers.keras"}
    assert load_network(numbers_folder / "numbers.keras").name == "numbers"
    calls = numbers_in_seconds
    assert (calls.digits, calls.recipe.epochs, calls.resume) == ("digits", 3, True)
    assert calls.scanned == 3 * 1900  # each with two moved copies
    held_out = set(dataset.VALIDATION_WRITERS + dataset.TEST_WRITERS)
    pens = [digit for digit in dataset.load_pen_digits(small_pens) if digit.writer not in held_out]
    assert calls.drawn == RENDERINGS * len(pens) + OWN_RENDERINGS * len(own_drawings())
    assert calls.checkpoint == numbers_folder / ".train-numbers.npz"


@pytest.mark.parametrize("option", ["--quick", "--evaluate", "--symbols-network"])
def test_the_network_that_finds_digits_goes_with_no_other_training(capsys, option):
    with pytest.raises(SystemExit) as stop:
        train.main(["--numbers", option])
    assert stop.value.code == 2
    assert "--numbers" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(("failure", "status"), [(KeyboardInterrupt, 130), (OSError(28, "No space left"), 1)])
def test_a_network_that_finds_digits_and_is_not_finished_leaves_the_old_one(
    monkeypatch, numbers_in_seconds, numbers_folder, small_mnist, small_pens, capsys, failure, status
):
    def fail(*arguments, **options):
        raise failure

    before = content_of(numbers_folder)
    monkeypatch.setattr(keras.Model, "save", fail)
    assert numbers_network(numbers_folder, small_mnist, small_pens) == status
    error = capsys.readouterr().err
    assert "train.py: " in error
    assert ("--resume" in error) == (status == 130)
    after = content_of(numbers_folder)
    assert {name: after[name] for name in before} == before


def test_the_network_that_finds_digits_needs_its_data_and_weights(
    numbers_in_seconds, numbers_folder, small_mnist, small_pens, tmp_path, capsys
):
    assert numbers_network(numbers_folder, tmp_path / "none.npz", small_pens) == 2
    assert_one_line(capsys.readouterr().err.splitlines()[-1] + "\n", "none.npz")
    (numbers_folder / "digits.keras").write_bytes(b"no weights")
    before = content_of(numbers_folder)
    assert numbers_network(numbers_folder, small_mnist, small_pens) == 2
    assert_one_line(capsys.readouterr().err, "digits.keras")
    assert content_of(numbers_folder) == before


# ── The network that looks closer ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def judge_in_seconds(monkeypatch, numbers_in_seconds):
    from model.networks import judge
    from model.networks.weights import load_network
    from model.paths import JUDGE

    calls = SimpleNamespace(recipe=None, digits=None, resume=None, shown=None)

    def fit(digits, finds, validation, recipe, seed, verbose, checkpoint, resume):
        calls.digits, calls.recipe, calls.resume = digits.name, recipe, resume
        calls.shown = finds(2, np.random.default_rng(0)), validation
        checkpoint.write_bytes(b"what is needed to go on")
        return load_network(JUDGE), {}

    monkeypatch.setattr(judge, "fit_judge", fit)
    monkeypatch.setattr(train, "VALIDATION_LOOKS", 2)
    return calls


@pytest.fixture
def judge_folder(numbers_folder):
    shutil.copy(ROOT / "model" / "numbers.keras", numbers_folder / "numbers.keras")
    (numbers_folder / "judge.keras").write_bytes(b"the network from before")
    return numbers_folder


def judge_network(folder, mnist, pens, *arguments):
    return main("--judge", "--mnist", mnist, "--pen-digits", pens, "--output", folder / "digits.keras", *arguments)


def test_the_network_that_looks_closer_learns_from_what_the_other_finds(
    judge_in_seconds, judge_folder, small_mnist, small_pens
):
    before = content_of(judge_folder)
    assert judge_network(judge_folder, small_mnist, small_pens, "--epochs", "3", "--resume") == 0
    after = content_of(judge_folder)
    assert {name for name in after if after.get(name) != before.get(name)} == {"judge.keras"}
    calls = judge_in_seconds
    assert (calls.digits, calls.recipe.epochs, calls.resume) == ("digits", 3, True)
    for pictures, labels in calls.shown:
        assert len(pictures) == len(labels) > 3
        assert (labels < 10).any()


@pytest.mark.parametrize("option", ["--quick", "--evaluate", "--symbols-network", "--numbers"])
def test_the_network_that_looks_closer_goes_with_no_other_training(capsys, option):
    with pytest.raises(SystemExit) as stop:
        train.main(["--judge", option])
    assert stop.value.code == 2
    assert "--judge" in capsys.readouterr().err.splitlines()[-1]


def test_the_network_that_looks_closer_needs_the_one_that_finds(
    judge_in_seconds, judge_folder, small_mnist, small_pens, capsys
):
    (judge_folder / "numbers.keras").write_bytes(b"no weights")
    before = content_of(judge_folder)
    assert judge_network(judge_folder, small_mnist, small_pens) == 2
    assert_one_line(capsys.readouterr().err, "train.py --numbers")
    assert content_of(judge_folder) == before
