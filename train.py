"""Trains the network and writes its weights, model/digits.keras, and what they score, model/report.json.

    python train.py             the shipped weights: MNIST and pen digits, about half an hour on two cores
    python train.py --quick     the textbook's CNN on MNIST alone, about a minute
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow greets with lines that only its makers need

import numpy as np

from model import dataset

RENDERINGS = 7  # pictures made of each pen digit, so that they are nearly as many as MNIST's
NONSENSE = 9_000  # pictures of what is no digit, one in ten
PHOTOGRAPHS = 0.2  # share of the pen pictures that are photographed before they are read


def main(arguments=None) -> int:
    """The command line; returns the exit status: 0, 1 if writing failed, 2 for wrong data, 130 when interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="train the textbook's CNN on MNIST alone: for lessons")
    parser.add_argument("--epochs", type=positive, help="passes over the training images (20, with --quick 5)")
    parser.add_argument("--seed", type=int, default=0, help="of initial weights, order and augmentation (0)")
    parser.add_argument(
        "--output", type=Path, default=Path("model/digits.keras"), help="the weights; the report goes beside them"
    )
    parser.add_argument("--mnist", type=Path, metavar="FILE", help="mnist.npz; downloaded if not given")
    parser.add_argument("--pen-digits", type=Path, metavar="FILE", help="pendigits-orig.tra; downloaded if not given")
    options = parser.parse_args(arguments)
    if options.output.suffix != ".keras":
        parser.error("--output must end in .keras")
    if not options.output.parent.is_dir():
        parser.error(f"the folder of --output, {options.output.parent}, does not exist")
    if not os.access(options.output.parent, os.W_OK):
        parser.error(f"the folder of --output, {options.output.parent}, cannot be written to")
    try:
        network, report = train_quick(options) if options.quick else train(options)
        save(network, report, options.output)
    except dataset.DataError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\ntrain.py: interrupted; {options.output} is as it was.", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"train.py: {error.strerror or error}; {options.output} is as it was.", file=sys.stderr)
        return 1
    print_table(report)
    print(f"Written: {options.output} and {report_path(options.output)}")
    return 0


def positive(text: str) -> int:
    """An argument that must be a whole number above 0."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def train(options):
    """The shipped network and its report."""
    mnist = dataset.load_mnist(options.mnist)
    pens = dataset.load_pen_digits(options.pen_digits)

    import keras

    from model.network import DIGITS, build_network
    from model.nonsense import nonsense
    from model.training import Recipe, calibrate, fit

    held_out = dataset.VALIDATION_WRITERS + dataset.TEST_WRITERS
    train_pens = [digit for digit in pens if digit.writer not in held_out]
    validation_pens = dataset.by_writers(pens, dataset.VALIDATION_WRITERS)
    test_pens = dataset.by_writers(pens, dataset.TEST_WRITERS)
    for name, digits in (("train", train_pens), ("validate", validation_pens), ("test", test_pens)):
        if not digits:
            raise dataset.DataError(f"{options.pen_digits or 'The pen digits'}: no writers to {name} with.")

    keras.utils.set_random_seed(options.seed)
    started = time.monotonic()
    bar = Progress("Drawing pen digits", len(train_pens) * RENDERINGS + NONSENSE)
    pictures, labels = [mnist.train_images[: dataset.MNIST_VALIDATION_START]], [
        mnist.train_labels[: dataset.MNIST_VALIDATION_START]
    ]
    for turn in range(RENDERINGS):
        pictures.append(
            dataset.rendered(
                train_pens,
                seed=options.seed * 1000 + turn,
                variation=min(1, turn / 3),  # the first as it was drawn, the others as another hand might have
                photographs=PHOTOGRAPHS,
                report=lambda done, before=turn * len(train_pens): bar.show(before + done),
            )
        )
        labels.append(np.array([digit.label for digit in train_pens]))
    rng = np.random.default_rng((options.seed, 1))
    none = []
    while len(none) < NONSENSE:
        picture = dataset.prepare(nonsense(train_pens, rng))
        if picture is not None:
            none.append(picture)
            bar.show(len(train_pens) * RENDERINGS + len(none))
    pictures.append(np.stack(none))
    labels.append(np.full(NONSENSE, DIGITS))

    validation_mnist = slice(dataset.MNIST_VALIDATION_START, None)
    validation = [
        mnist.train_images[validation_mnist],
        dataset.rendered(validation_pens, seed=1),
        dataset.rendered(validation_pens, seed=2, photographs=1.0),
    ]
    pen_labels = np.array([digit.label for digit in validation_pens])
    network = build_network()
    recipe = Recipe() if options.epochs is None else Recipe(epochs=options.epochs)
    validation_images = np.concatenate(validation)
    validation_labels = np.concatenate([mnist.train_labels[validation_mnist], pen_labels, pen_labels])
    groups = np.repeat(np.arange(len(validation)), [len(part) for part in validation])
    curves = fit(
        network,
        np.concatenate(pictures),
        np.concatenate(labels),
        (validation_images, validation_labels, groups),
        recipe,
        options.seed,
        verbose=verbosity(),
    )
    temperature = calibrate(network, validation_images, validation_labels)
    report = describe(network, options, curves, time.monotonic() - started)
    report["temperature"] = temperature
    report["trained_on"] = {
        "mnist": len(pictures[0]),
        "pen_digits": len(train_pens),
        "pen_writers": sorted({digit.writer for digit in train_pens}),
        "no_digit": NONSENSE,
    }
    report["sets"] = evaluate(network, mnist, test_pens)
    return network, report


def train_quick(options):
    """The textbook's CNN and its report."""
    mnist = dataset.load_mnist(options.mnist)

    import keras

    from model.network import build_textbook_network

    keras.utils.set_random_seed(options.seed)
    network = build_textbook_network()
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    started = time.monotonic()
    history = network.fit(
        (mnist.train_images / np.float32(255))[..., None],
        mnist.train_labels,
        batch_size=128,
        epochs=options.epochs or 5,
        verbose=verbosity(),
    )
    report = describe(network, options, history.history, time.monotonic() - started)
    report["trained_on"] = {"mnist": len(mnist.train_images)}
    report["sets"] = evaluate(network, mnist, [])
    return network, report


def verbosity() -> int:
    """Keras's progress bar on a terminal, a line per epoch in a log file."""
    return 1 if sys.stdout.isatty() else 2


def evaluate(network, mnist, test_pens) -> dict:
    """Scores on MNIST's test images and, unless there are none, on pen digits of writers left out of training."""
    from model.evaluation import score
    from model.recognizer import Recognizer

    recognizer = Recognizer(network)
    sets = {"mnist": score(mnist.test_labels, recognizer.probabilities(dataset.prepared(mnist.test_images))[0])}
    if test_pens:
        labels = np.array([digit.label for digit in test_pens])
        writers = np.array([digit.writer for digit in test_pens])
        for name, photographs in (("pen_digits", 0.0), ("pen_photographs", 1.0)):
            probabilities = recognizer.probabilities(dataset.rendered(test_pens, 3, photographs=photographs))[0]
            sets[name] = score(labels, probabilities)
            sets[name]["by_writer"] = {
                str(writer): float((probabilities.argmax(axis=1) == labels)[writers == writer].mean())
                for writer in np.unique(writers)
            }
    return sets


def describe(network, options, curves, seconds) -> dict:
    """What was trained, how, and with what."""
    import keras
    import tensorflow as tf

    return {
        "network": network.name,
        "weights": network.count_params(),
        "seed": options.seed,
        "seconds": round(seconds),
        "trained": datetime.now(UTC).date().isoformat(),
        "versions": {"python": platform.python_version(), "tensorflow": tf.__version__, "keras": keras.__version__},
        "curves": curves,
    }


def report_path(weights: Path) -> Path:
    """Where the report of these weights lies: beside them, `report.json` for those that ship."""
    return weights.with_name("report.json" if weights.name == "digits.keras" else f"{weights.stem}.report.json")


def save(network, report: dict, output: Path) -> None:
    """Weights and report, both or neither, each whole.

    Raises:
        OSError: they could not be written; what was there before is untouched.
    """
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".train-") as folder:
        weights, text = Path(folder, "weights.keras"), Path(folder, "report.json")
        network.optimizer = None  # its averages would quadruple the file
        network.save(weights)
        text.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        before = Path(folder, "before.keras")
        if output.exists():
            shutil.copy2(output, before)
        weights.replace(output)
        try:
            text.replace(report_path(output))
        except OSError:
            if before.exists():
                before.replace(output)
            else:
                output.unlink()
            raise


def print_table(report: dict) -> None:
    """The scores, as a table."""
    names = {
        "mnist": "MNIST, test images",
        "pen_digits": "Pen digits, new writers",
        "pen_photographs": "… photographed",
    }
    print(f"\n{'':26}{'images':>8}{'accuracy':>10}   95 % interval")
    for name, scores in report["sets"].items():
        low, high = scores["interval"]
        print(f"{names[name]:26}{scores['images']:8,}{scores['accuracy']:10.2%}   {low:.2%} to {high:.2%}")
    for name, scores in report["sets"].items():
        print(f"\n{names[name]:26}{'digit':>8}{'precision':>11}{'recall':>9}")
        for row in scores["per_digit"]:
            print(f"{'':26}{row['digit']:>8}{row['precision']:11.2%}{row['recall']:9.2%}")
        if "by_writer" in scores:
            print("  by writer: " + ", ".join(f"{writer} {share:.1%}" for writer, share in scores["by_writer"].items()))
    print()


class Progress:
    """A progress bar with an estimate of the time left."""

    def __init__(self, title: str, whole: int):
        self.title, self.whole, self.start, self.shown = title, whole, time.monotonic(), -1

    def show(self, done: int) -> None:
        """Redraws the bar if a further per cent is done."""
        percent = done * 100 // self.whole
        if percent == self.shown:
            return
        self.shown = percent
        left = (time.monotonic() - self.start) / done * (self.whole - done)
        end = "\n" if done == self.whole else ""
        print(f"\r{self.title} {'█' * (percent // 5):░<20} {percent:3} %, {left:3.0f} s left ", end=end, flush=True)


if __name__ == "__main__":
    sys.exit(main())
