"""Trains the network and writes its weights, model/digits.keras, and what they score, model/report.json.

python train.py             the shipped weights: MNIST and pen digits, about an hour on two cores
python train.py --resume    … from where it was interrupted
python train.py --quick     the textbook's CNN on MNIST alone, about a minute, and two to score it
python train.py --symbols-network  the network that tells symbols apart, and how it is listened to: 40 minutes
python train.py --numbers   the network that finds digits on a page: 75 minutes, less with AMX
python train.py --judge     the network that looks closer at what that one finds: 35 minutes
python train.py --evaluate  score the weights that there are, and rewrite the report alone
"""

import argparse
import contextlib
import json
import os
import platform
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow greets with lines that only its makers need

import numpy as np

from model import replacing
from model.data import dataset, symbols
from model.data.examples import own_drawings

TURNS = 3  # each epoch shows another third of the pictures that are made here
RENDERINGS = 5  # pictures of each pen digit in an epoch, so that they are half as many as MNIST's
OWN_RENDERINGS = 30  # of each of our own drawings: five of a hundred pictures
NONSENSE = 7_000  # pictures of what is no digit: seven of a hundred
PHOTOGRAPHS = 0.2  # share of the pen pictures that are photographed before they are read
VALIDATION_PAGES = 96  # to watch the training of the network that finds digits …
VALIDATION_LOOKS = 400  # … and of the one that looks closer
EVALUATION_NUMBERS = 250  # pages of each kind, from MNIST and from the pen digits each, to evaluate with
EVALUATION_NONSENSE = 1_000  # scribbles, and as many pictures of several digits, to evaluate with


def main(arguments=None) -> int:
    """The command line; returns the exit status: 0, 1 if writing failed, 2 for wrong data, 130 when interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="train the textbook's CNN on MNIST alone: for lessons")
    parser.add_argument(
        "--symbols-network", action="store_true", help="train the network that tells symbols apart, for what is taught"
    )
    parser.add_argument("--numbers", action="store_true", help="train the network that finds digits on a page")
    parser.add_argument(
        "--judge", action="store_true", help="train the network that looks closer at what was found on a page"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the training that was interrupted")
    parser.add_argument("--evaluate", action="store_true", help="train nothing; score the weights at --output")
    parser.add_argument("--epochs", type=positive, help="passes over the training images (28, with --quick 5)")
    parser.add_argument("--seed", type=int, help="of initial weights, order and augmentation (0)")
    parser.add_argument(
        "--output", type=Path, default=Path("model/digits.keras"), help="the weights; the report goes beside them"
    )
    parser.add_argument("--mnist", type=Path, metavar="FILE", help="mnist.npz; downloaded if not given")
    parser.add_argument("--pen-digits", type=Path, metavar="FILE", help="pendigits-orig.tra; downloaded if not given")
    parser.add_argument(
        "--symbols", type=Path, metavar="FILE", help="drawn letters (JSON), to score how no-digits are told; optional"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON, all else to standard error")
    options = parser.parse_args(arguments)
    if options.output.suffix != ".keras":
        parser.error("--output must end in .keras")
    if not options.output.parent.is_dir():
        parser.error(f"the folder of --output, {options.output.parent}, does not exist")
    if not os.access(options.output.parent, os.W_OK):
        parser.error(f"the folder of --output, {options.output.parent}, cannot be written to")
    for file in (options.output, report_path(options.output)):
        if file.is_dir():
            parser.error(f"{file} is a folder; a file is to be written there")
    if options.evaluate and (options.quick or options.resume or options.epochs or options.seed is not None):
        parser.error("--evaluate trains nothing: no --quick, --resume, --epochs or --seed with it")
    if options.symbols_network and (options.quick or options.resume or options.evaluate or options.numbers):
        parser.error("--symbols-network trains another network: no --quick, --numbers, --resume or --evaluate with it")
    if options.numbers and (options.quick or options.evaluate):
        parser.error("--numbers trains another network: no --quick or --evaluate with it")
    if options.judge and (options.quick or options.evaluate or options.numbers or options.symbols_network):
        parser.error("--judge trains another network: no --quick, --evaluate, --numbers or --symbols-network with it")
    if options.quick and options.resume:
        parser.error("--quick takes a minute: it cannot be resumed")
    options.seed = options.seed or 0
    if options.symbols_network:
        return train_symbols(options)
    if options.numbers:
        return train_numbers(options)
    if options.judge:
        return train_judge(options)
    with contextlib.redirect_stdout(sys.stderr) if options.json else contextlib.nullcontext():
        status, report = work(options)
    if report is not None and options.json:
        print(json.dumps(report, indent=1))
    return status


def work(options) -> tuple[int, dict | None]:
    """What the command line asks for: the exit status and, unless it failed, the report."""
    weights, report_file = options.output, report_path(options.output)
    state = checkpoint(weights)
    written = report_file if options.evaluate else weights
    before = replacing.version(written)

    try:
        replacing.tidy(weights.parent)
        if options.evaluate:
            scored = replacing.version(weights)
            report = evaluate_existing(options)
            save(None, report, weights, scored)
        else:
            network, report = train_quick(options) if options.quick else train(options)
            save(network, report, weights)
            if not options.quick:
                state.unlink(missing_ok=True)
    except dataset.DataError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2, None
    except KeyboardInterrupt:
        further = " Go on with --resume." if state.exists() and not (options.quick or options.evaluate) else ""
        print(f"\ntrain.py: interrupted; {fate(written, before)}{further}", file=sys.stderr)
        return 130, None
    except OSError as error:
        print(f"train.py: {error.strerror or error}; {fate(written, before)}", file=sys.stderr)
        return 1, None
    print_table(report)
    print(f"Written: {'' if options.evaluate else f'{weights} and '}{report_file}")
    return 0, report


def fate(written: Path, before) -> str:
    """What has become of the file that is to be written, however far that has got.

    Args:
        before: its `replacing.version` at first.
    """
    if replacing.version(written) == before:
        return f"{written} is as it was."
    if (written.parent / replacing.FINISHED).exists():
        return f"the new {written} is used, and gets its place when train.py is started again."
    return f"the new {written} is in its place."


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

    from model.networks.digits import build_network
    from model.networks.training import CheckpointError, Recipe, calibrate, fit

    held_out = dataset.VALIDATION_WRITERS + dataset.TEST_WRITERS
    train_pens = [digit for digit in pens if digit.writer not in held_out]
    validation_pens = dataset.by_writers(pens, dataset.VALIDATION_WRITERS)
    test_pens = dataset.by_writers(pens, dataset.TEST_WRITERS)
    for name, digits in (("train", train_pens), ("validate", validation_pens), ("test", test_pens)):
        if not digits:
            raise dataset.DataError(f"{options.pen_digits or 'The pen digits'}: no writers to {name} with.")

    keras.utils.set_random_seed(options.seed)
    started = time.monotonic()
    # MNIST's pictures, too, are used as they come out of the preparation that every drawing passes.
    bar = Progress("Preparing MNIST", len(mnist.train_images))
    prepared_mnist = dataset.prepared(mnist.train_images, bar.show)
    images, labels, turns = made_pictures(train_pens, options.seed)
    start = dataset.MNIST_VALIDATION_START
    images = np.concatenate([prepared_mnist[:start], images])
    labels = np.concatenate([mnist.train_labels[:start], labels])
    turns = np.concatenate([np.full(start, -1), turns])

    pen_labels = [digit.label for digit in validation_pens]
    validation = [
        (prepared_mnist[start:], mnist.train_labels[start:]),
        (dataset.rendered(validation_pens, seed=1), pen_labels),
        (dataset.rendered(validation_pens, seed=2, photographs=1.0), pen_labels),
    ]
    validation_images = np.concatenate([pictures for pictures, _ in validation])
    validation_labels = np.concatenate([answers for _, answers in validation])
    groups = np.repeat(np.arange(len(validation)), [len(answers) for _, answers in validation])

    prepared_in = time.monotonic() - started
    state = checkpoint(options.output)
    try:
        network, curves = fit(
            build_network,
            images,
            labels,
            turns,
            (validation_images, validation_labels, groups),
            Recipe() if options.epochs is None else Recipe(epochs=options.epochs),
            options.seed,
            verbosity(),
            state,
            options.resume,
        )
    except CheckpointError as error:
        raise dataset.DataError(f"{state}: {error} Start anew without --resume.") from error
    report = describe(network, options.seed, curves, prepared_in + sum(curves["seconds"]))
    report["temperature"] = calibrate(network, validation_images, validation_labels)
    report["trained_on"] = {
        "mnist": start,
        "pen_digits": len(train_pens),
        "pen_writers": sorted({digit.writer for digit in train_pens}),
        "own_drawings": len(own_drawings()),
        "no_digit": TURNS * NONSENSE,
        "pictures": len(images),
    }
    return network, report | evaluate(network, mnist, test_pens, options.symbols)


def made_pictures(pens: list[dataset.PenDigit], seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pictures that training makes itself, of pen digits, of our own drawings and of what is no digit.

    Returns:
        uint8 (N, 28, 28), labels int (N,), 10 for "no digit", and turns int (N,), as for `training.Batches`.
    """
    from model.data.nonsense import nonsense
    from model.networks.digits import DIGITS

    own = [dataset.PenDigit(label, 0, strokes) for label, strokes in own_drawings()]
    rounds = ((pens, TURNS * RENDERINGS, 1.3), (own, TURNS * OWN_RENDERINGS, 1.6))
    whole = sum(len(digits) * count for digits, count, _ in rounds) + TURNS * NONSENSE
    bar, done = Progress("Drawing pen digits", whole), 0
    pictures, labels, turns = [], [], []
    for digits, count, strongest in rounds:
        for number in range(count):
            pictures.append(
                dataset.rendered(
                    digits,
                    seed=seed * 1000 + number,
                    variation=strongest * number / count,  # from as it was drawn to as quite another hand might have
                    photographs=PHOTOGRAPHS,
                    report=lambda drawn, before=done: bar.show(before + drawn),
                )
            )
            labels += [digit.label for digit in digits]
            turns += [number % TURNS] * len(digits)
            done += len(digits)
    rng = np.random.default_rng((seed, 1))
    for number in range(TURNS * NONSENSE):
        picture = None
        while picture is None:
            picture = dataset.prepare(nonsense(pens, rng))
        pictures.append(picture[None])
        labels.append(DIGITS)
        turns.append(number % TURNS)
        bar.show(done + number + 1)
    return np.concatenate(pictures), np.array(labels), np.array(turns)


def train_beside(options, name: str, work) -> int:
    """Trains one of the networks that stand beside the digits' network; returns the exit status.

    Args:
        name: of its file, in the folder of `--output`.
        work: (digits' network, pens to train with, to validate with) trains, and gives what writes its files into a folder.
    """
    written = options.output.parent / name
    state = checkpoint(written)
    before = replacing.version(written)
    try:
        replacing.tidy(written.parent)
        pens = dataset.load_pen_digits(options.pen_digits)

        import keras

        from model.networks.training import CheckpointError
        from model.networks.weights import WeightsError, load_network

        try:
            digits = load_network(options.output)
        except WeightsError as error:
            raise dataset.DataError(f"{options.output}: {error}") from error
        held_out = dataset.VALIDATION_WRITERS + dataset.TEST_WRITERS
        train_pens = [digit for digit in pens if digit.writer not in held_out]
        validation_pens = dataset.by_writers(pens, dataset.VALIDATION_WRITERS)
        for purpose, some in (("train", train_pens), ("validate", validation_pens)):
            if not some:
                raise dataset.DataError(f"{options.pen_digits or 'The pen digits'}: no writers to {purpose} with.")
        keras.utils.set_random_seed(options.seed)
        try:
            write = work(digits, train_pens, validation_pens)
        except CheckpointError as error:
            raise dataset.DataError(f"{state}: {error} Start anew without --resume.") from error
        with replacing.alone(written.parent) as staging:
            write(staging)
            replacing.put(staging)
        state.unlink(missing_ok=True)
    except dataset.DataError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        further = " Go on with --resume." if state.exists() else ""
        print(f"\ntrain.py: interrupted; {fate(written, before)}{further}", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"train.py: {error.strerror or error}; {fate(written, before)}", file=sys.stderr)
        return 1
    print(f"Written: {written}")
    return 0


def train_symbols(options) -> int:
    """The network that tells symbols apart and the numbers of the comparison, beside the weights at `--output`, which the
    comparison listens to; returns the exit status."""
    from model.paths import COMPARISON, EMBEDDING

    def work(digits, train_pens, validation_pens):
        from model.networks.embedding import EmbeddingRecipe, fit_embedding
        from model.reading.comparing import fit_comparison

        recipe = EmbeddingRecipe() if options.epochs is None else EmbeddingRecipe(epochs=options.epochs)
        bar = Progress("Drawing symbols", 1)
        lessons = symbols.lessons(
            train_pens, recipe.alphabets, recipe.symbols, recipe.drawings, options.seed, bar.show_of
        )
        network, _ = fit_embedding(*lessons, recipe, options.seed, verbosity())
        comparison = fit_comparison(digits, network, validation_pens, options.seed)

        def write(folder):
            text = json.dumps(asdict(comparison), indent=1) + "\n"
            (folder / COMPARISON.name).write_text(text, encoding="utf-8")
            network.save(folder / EMBEDDING.name)

        return write

    return train_beside(options, EMBEDDING.name, work)


def train_numbers(options) -> int:
    """The network that finds digits on a page, beside the weights at `--output`, from which it begins; returns the exit
    status."""
    from model.paths import NUMBERS

    def work(digits, train_pens, validation_pens):
        from model.networks.numbers import NumbersRecipe, batch, fit_numbers

        training, unseen = glyphs_of(options, train_pens, validation_pens)
        validation = batch(unseen, VALIDATION_PAGES, np.random.default_rng(1))
        recipe = NumbersRecipe() if options.epochs is None else NumbersRecipe(epochs=options.epochs)
        network, _ = fit_numbers(digits, training, validation, recipe, options.seed, **progress(options, NUMBERS.name))
        network.optimizer = None  # its averages would quadruple the file
        return lambda folder: network.save(folder / NUMBERS.name)

    return train_beside(options, NUMBERS.name, work)


def train_judge(options) -> int:
    """The network that looks closer at what the one beside the weights at `--output` finds; returns the exit status."""
    from model.paths import JUDGE, NUMBERS

    def work(digits, train_pens, validation_pens):
        from model.networks.judge import JudgeRecipe, fit_judge
        from model.networks.weights import WeightsError, load_network
        from model.reading.finding import Finder
        from model.reading.labelled import labelled_finds

        file = options.output.parent / NUMBERS.name
        try:
            finder = Finder(load_network(file))
        except WeightsError as error:
            raise dataset.DataError(f"{file}: {error} The command `python train.py --numbers` makes it.") from error
        training, unseen = glyphs_of(options, train_pens, validation_pens)
        validation = labelled_finds(finder, unseen, VALIDATION_LOOKS, np.random.default_rng(1))
        recipe = JudgeRecipe() if options.epochs is None else JudgeRecipe(epochs=options.epochs)
        network, _ = fit_judge(
            digits,
            lambda pages, rng: labelled_finds(finder, training, pages, rng),
            validation,
            recipe,
            options.seed,
            **progress(options, JUDGE.name),
        )
        network.optimizer = None
        return lambda folder: network.save(folder / JUDGE.name)

    return train_beside(options, JUDGE.name, work)


def glyphs_of(options, train_pens: list[dataset.PenDigit], validation_pens: list[dataset.PenDigit]):
    """What pages are composed of, to train with and to validate with: `model.data.pages.Glyphs`."""
    from model.data.pages import Glyphs

    mnist = dataset.load_mnist(options.mnist)
    start = dataset.MNIST_VALIDATION_START

    def glyphs(images, labels, pens, own, title):
        bar = Progress(title, 1)
        drawings = [(digit.label, digit.strokes) for digit in pens]
        return Glyphs.of(images, labels, drawings, own, options.seed, bar.show_of)

    return (
        glyphs(mnist.train_images[:start], mnist.train_labels[:start], train_pens, own_drawings(), "Drawing digits"),
        glyphs(
            mnist.train_images[start:], mnist.train_labels[start:], validation_pens, [], "Drawing digits to validate with"
        ),
    )


def progress(options, name: str) -> dict:
    """How a training tells of itself, and where it keeps what it needs to go on: for `model.networks.training.trained`."""
    return {
        "verbose": verbosity(),
        "checkpoint": checkpoint(options.output.parent / name),
        "resume": options.resume,
    }


def train_quick(options):
    """The textbook's CNN and its report. It is trained as the page "Train your own" trains it, on all there is."""
    mnist = dataset.load_mnist(options.mnist)

    import keras

    from model.networks import own
    from model.networks.stack import MOST_PICTURES, PRESETS, Plan
    from model.networks.training import TimeLeft

    keras.utils.set_random_seed(options.seed)
    network = own.build_textbook_network()
    plan = Plan(
        PRESETS["The textbook's CNN"], epochs=options.epochs or 5, pictures=MOST_PICTURES, seed=options.seed
    )
    pictures = own.pictures_of(plan, mnist)
    curves = own.fit(network, plan, pictures, [TimeLeft()], verbose=verbosity())
    report = describe(network, options.seed, curves, sum(curves["seconds"]))
    report["trained_on"] = {"mnist": len(pictures.images)}
    return network, report | evaluate(network, mnist)


def evaluate_existing(options) -> dict:
    """The report of the weights at `--output`, scored anew; how they were trained is taken from the report beside them.

    Raises:
        DataError: there are no such weights, or the data are missing or wrong.
    """
    from model.reading.recognizer import Recognizer, WeightsError

    try:
        network = Recognizer.load(options.output).network
    except WeightsError as error:
        raise dataset.DataError(f"{options.output}: {error}") from error
    mnist = dataset.load_mnist(options.mnist)
    if network.name == "textbook":
        test_pens, symbols = None, None
    else:
        test_pens = dataset.by_writers(dataset.load_pen_digits(options.pen_digits), dataset.TEST_WRITERS)
        symbols = options.symbols
    try:
        report = json.loads(replacing.found(report_path(options.output), Path.read_bytes))
        if report["weights"] != network.count_params():
            raise ValueError("another network's")
    except (OSError, ValueError, KeyError, TypeError):
        report = {"network": network.name, "weights": network.count_params()}  # how it was trained is not known
    return report | evaluate(network, mnist, test_pens, symbols)


def verbosity() -> int:
    """Keras's progress bar on a terminal, a line per epoch in a log file."""
    return 1 if sys.stdout.isatty() else 2


def evaluate(network, mnist, test_pens=None, symbols_file=None) -> dict:
    """Scores on MNIST's test images, as they are and under disturbances, and, where `test_pens` are given, on those,
    drawn and photographed, on pages of several digits, and on telling digits from what is none: symbols of the file,
    scribbles, several digits in one.

    Raises:
        DataError: the network's answers are no probabilities.
    """
    from model.data.composites import KINDS, from_images, from_strokes, pages_of
    from model.data.nonsense import scribble, several
    from model.reading.recognizer import IS_DIGIT, Recognizer, WeightsError
    from model.scores.evaluation import (
        robustness,
        robustness_images,
        score,
        score_numbers,
        score_pens,
        telling_digits,
    )

    try:
        recognizer = Recognizer(network)
    except WeightsError as error:
        raise dataset.DataError(f"The training came to nothing: {error}") from error
    read = recognizer.probabilities
    symbols = [] if symbols_file is None else dataset.load_symbols(symbols_file)
    probabilities, certainties = read(dataset.prepared(mnist.test_images))
    sets = {"mnist": score(mnist.test_labels, probabilities)}
    bar = Progress("Disturbing MNIST", robustness_images(len(mnist.test_images)))
    report = {
        "evaluated": datetime.now(UTC).date().isoformat(),
        "sets": sets,
        "disturbances": robustness(read, mnist.test_images, mnist.test_labels, bar.show),
    }
    if not test_pens:
        return report
    pictures = {
        name: dataset.rendered(test_pens, dataset.TEST_SEED, photographs=share)
        for name, share in dataset.PHOTOGRAPHED.items()
    }
    sources = {
        "mnist": from_images(mnist.test_images, mnist.test_labels),
        "pen_digits": from_strokes([(digit.label, digit.strokes) for digit in test_pens]),
    }
    try:
        recognizer.finder()
    except WeightsError as error:
        raise dataset.DataError(f"{error} The command `python train.py --numbers` makes a new one.") from error
    pages = sum(pages_of(kind, EVALUATION_NUMBERS) for kind in KINDS)
    bar = Progress("Reading numbers", pages * len(sources))
    report["numbers"] = score_numbers(recognizer.read, sources, EVALUATION_NUMBERS, report=bar.show)
    sets.update((name, score_pens(read, test_pens, drawn)) for name, drawn in pictures.items())
    rng = np.random.default_rng(4)
    kinds = {
        "scribbles": [scribble(test_pens, rng) for _ in range(EVALUATION_NONSENSE)],
        "several_digits": [several(test_pens, rng) for _ in range(EVALUATION_NONSENSE)],
    }
    if symbols:
        kinds["symbols"] = [dataset.canvas_picture(strokes, rng) for strokes in symbols]
    report["no_digit"] = telling_digits(
        np.concatenate([certainties, read(pictures["pen_digits"])[1]]),
        {name: read(dataset.prepared(pages))[1] for name, pages in kinds.items()},
        IS_DIGIT,
    )
    report["teaching"] = evaluate_teaching(recognizer, test_pens, pictures["pen_digits"], symbols_file)
    return report


def evaluate_teaching(recognizer, test_pens, pictures, symbols_file) -> dict:
    """Scores of the recogniser with examples: of the same hand, and of the letters in the file, if there is one.

    Args:
        pictures: uint8 (N, 28, 28), of the `test_pens`.

    Raises:
        DataError: what compares drawings with examples is missing or damaged.
    """
    from model.networks.weights import WeightsError
    from model.reading.taught import Examples
    from model.scores.teaching import drawn_letters, lessons_taught, score_teaching

    def adapt(examples, labels):
        return recognizer.with_examples(Examples(examples, tuple(labels))).probabilities

    letters = [] if symbols_file is None else drawn_letters(dataset.load_alphabets(symbols_file))
    letters = [one for one in letters if one.is_enough]
    bar = Progress("Teaching", lessons_taught(test_pens, letters))
    try:
        return score_teaching(adapt, recognizer.probabilities, test_pens, pictures, letters, bar.show)
    except WeightsError as error:
        raise dataset.DataError(f"{error} The command `python train.py --symbols-network` makes new ones.") from error


def describe(network, seed, curves, seconds) -> dict:
    """What was trained, how, and with what."""
    import keras
    import tensorflow as tf

    return {
        "network": network.name,
        "weights": network.count_params(),
        "seed": seed,
        "seconds": round(seconds),
        "trained": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "gpus": len(tf.config.list_logical_devices("GPU")),
        "versions": {"python": platform.python_version(), "tensorflow": tf.__version__, "keras": keras.__version__},
        "curves": curves,
    }


def checkpoint(weights: Path) -> Path:
    """The file with what an interrupted training of these weights needs to go on."""
    return weights.with_name(f".train-{weights.stem}.npz")


def report_path(weights: Path) -> Path:
    """Where the report of these weights lies: beside them, `report.json` for those that ship."""
    return weights.with_name("report.json" if weights.name == "digits.keras" else f"{weights.stem}.report.json")


def save(network, report: dict, output: Path, scored: tuple[int, int] | None = None) -> None:
    """Weights and report: both or neither, each whole, whenever the process ends.

    Args:
        network: None to write the report alone.
        scored: of which version of the weights at `output` the report is, if it is written alone.

    Raises:
        OSError: they could not be written; what was there before is untouched, unless `replacing.FINISHED` is there.
        DataError: the weights at `output` are others than those that were scored.
    """
    with replacing.alone(output.parent) as staging:
        text = json.dumps(report, indent=1) + "\n"
        (staging / report_path(output).name).write_text(text, encoding="utf-8")
        if network is not None:
            network.optimizer = None  # its averages would quadruple the file
            network.save(staging / output.name)
        elif replacing.version(output) != scored:
            raise dataset.DataError(f"{output}: replaced by another training while it was scored. Start again.")
        replacing.put(staging)


def print_table(report: dict) -> None:
    """The scores, as tables."""
    names = {
        "mnist": "MNIST, test images",
        "pen_digits": "Pen digits, new writers",
        "pen_photographs": "… photographed",
    }

    def row(name, scores, value, further=""):
        low, high = scores["interval"]
        print(f"{name:26}{scores['images']:8,}{value:10.2%}   {low:.2%} to {high:.2%}{further}")

    print(f"\n{'':26}{'images':>8}{'accuracy':>10}   95 % interval      calibration error")
    for name, scores in report["sets"].items():
        row(names[name], scores, scores["accuracy"], f"   {scores['calibration_error']:.4f}")
        if "by_writer" in scores:
            writers = (f"{writer} {one['accuracy']:.1%}" for writer, one in scores["by_writer"].items())
            print("  by writer: " + ", ".join(writers))
    print("\nMNIST's test images under disturbances, levels 1 to 5:")
    for disturbance in report["disturbances"].values():
        levels = "".join(f"{level['accuracy']:9.2%}" for level in disturbance["levels"])
        print(f"{disturbance['title']:26}{levels}")
    if "numbers" in report:
        print(f"\n{'Pages of several digits':60}{'pages':>8}{'all right':>10}")
        for kind in report["numbers"].values():
            low, high = kind["interval"]
            print(f"{kind['title']:60}{kind['images']:8,}{kind['accuracy']:10.1%}   {low:.1%} to {high:.1%}")
        errors = [kind["errors"] for kind in report["numbers"].values()]
        whole = sum(one["digits"] for one in errors)
        for error in ("misread", "unread", "left_out", "invented"):
            print(f"  digits {error.replace('_', ' ')}: {sum(one[error] for one in errors) / whole:.2%} of {whole:,}")
    if "no_digit" in report:
        print("\nTelling digits from what is none, area under the ROC curve:")
        row("All", report["no_digit"], report["no_digit"]["area_under_roc"])
        for name, kind in report["no_digit"]["kinds"].items():
            print(
                f"{name:26}{kind['images']:8,}{kind['area_under_roc']:10.2%}   {kind['accuracy']:.1%} called no digit"
            )
        print(f"{'digits':26}{report['no_digit']['digits']['accuracy']:18.2%}   called digits")
    if "teaching" in report:
        print_teaching(report["teaching"])
    print(f"\n{'MNIST, by digit':26}{'digit':>8}{'precision':>11}{'recall':>9}{'F1':>9}")
    for one in report["sets"]["mnist"]["per_digit"]:
        print(f"{'':26}{one['digit']:>8}{one['precision']:11.2%}{one['recall']:9.2%}{one['f1']:9.2%}")
    print()


def print_teaching(teaching: dict) -> None:
    """How well examples teach, as tables."""

    def row(name, scores, further=""):
        low, high = scores["interval"]
        print(f"{name:44}{scores['images']:8,}{scores['accuracy']:10.2%}   {low:.2%} to {high:.2%}{further}")

    print("\nDigits by a hand that no network has seen, with examples of each digit by the same hand:")
    for one in teaching["own_hand"]:
        further = (
            f"   worst writer {one['worst_writer']:.2%}, most lost by one {one['most_lost']:.2%}, "
            f"calibration error {one['calibration_error']:.4f}"
        )
        row(f"{one['examples']} of each", one, further)
    if "letters" not in teaching:
        return
    print("\nLetters of one alphabet told from each other, drawn by others than the examples:")
    for one in teaching["letters"]:
        row(f"{one['examples']} of each", one)
        alphabets = (f"{name} {scores['accuracy']:.1%}" for name, scores in one["by_alphabet"].items())
        print("  " + ", ".join(alphabets))
    beside = teaching["beside_letters"]
    print(f"\nWith all digits and {beside['letters']} letters known, {beside['examples']} examples of each letter:")
    row("digits, before the letters were taught", beside["digits_before"])
    row("digits", beside["digits"])
    row("letters that were taught", beside["taught"])
    row('letters that were not, called "nothing I know"', beside["not_taught"])
    print()


class Progress:
    """A progress bar with an estimate of the time left."""

    def __init__(self, title: str, whole: int):
        self.title, self.whole, self.start, self.shown = title, whole, time.monotonic(), -1

    def show_of(self, done: int, whole: int) -> None:
        """As `show`, where how much there is shows only later."""
        self.whole = whole
        self.show(done)

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
