"""How good is it? What the network scored, for people who would rather look than read."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from app_pages.components.moment import show_moment
from app_pages.locale import _, day, each_of, ngettext, number, told
from app_pages.parts import fetching, network, way
from app_pages.parts.charts import (
    CURVES,
    DIGITS,
    MEASURES,
    accuracy_chart,
    bars_chart,
    digits_chart,
    loss_chart,
    matrix_chart,
    reliability_chart,
    robustness_chart,
    start_of,
    writers_chart,
)
from app_pages.parts.headings import hidden_heading
from app_pages.parts.learning import show_teaching
from app_pages.parts.misreadings import show_numbers
from app_pages.parts.tables import capitalized, decimal, headings, numbers, percent
from app_pages.parts.way import show_way
from app_pages.parts.words import ANSWERS
from model import paths
from model.data import dataset
from model.data.disturbances import DISTURBANCES, LEVELS, disturbed
from model.data.examples import example
from model.ink.image import prepare
from model.replacing import found
from model.scores.report import ReportError, lacking, read_report

SHOWN = 24  # pictures of one cell: what fits on a screen
OWN = 6  # drawings of our own in their place
PICTURE = 104  # pixels across; three stand side by side on a phone
BATCH = 500  # pictures that the network reads at once: its first layers make a megabyte of each

SETS = {"mnist": "MNIST", "pen_digits": _("Drawn with a pen"), "pen_photographs": _("Photographs of paper")}
SENTENCES = {
    "mnist": _("Of **{images:,}** scanned digits by people it had never met, it misreads **{wrong:,}**."),
    "pen_digits": _("Of **{images:,}** digits drawn with a pen by people it had never met, it misreads **{wrong:,}**."),
    "pen_photographs": _("Of the same **{images:,}** digits as photographs of paper, it misreads **{wrong:,}**."),
}
DATA_OF = {"mnist": "mnist", "pen_digits": "pen_digits", "pen_photographs": "pen_digits"}  # set → key of dataset.FILES
LACKING = {
    "reliability": _("whether it knows when it is unsure"),
    "disturbances": _("how much it can bear"),
    "numbers": _("whether it reads whole numbers"),
    "no_digit": _("whether it notices what is no digit"),
    "teaching": _("how well it can be taught"),
}
KINDS = {"scribbles": _("scribbles"), "several_digits": _("several digits at once"), "symbols": _("letters and other symbols")}
LAYERS_HEIGHT = 480  # pixels of the table, in which it scrolls
NAMES = {"python": "Python", "tensorflow": "TensorFlow", "keras": "Keras"}
LAYERS = {
    "Conv2D": _("looks for a small pattern everywhere in the picture"),
    "MaxPooling2D": _("keeps the largest of neighbouring numbers: a smaller picture"),
    "BatchNormalization": _("brings the numbers to a common scale"),
    "ReLU": _("sets what is below zero to zero"),
    "Dropout": _("left numbers out by chance during training; does nothing now"),
    "Flatten": _("writes all numbers in one line"),
    "Dense": _("weighs all numbers, once for each answer"),
}

_log = logging.getLogger(__name__)
state = st.session_state


# ── What comes from the machine ───────────────────────────────────────────────────────────────────────────────────────


@st.cache_data(max_entries=2, show_spinner=False)
def report_of(path, version) -> dict:
    """The report at `path`, read once for all visitors until the file changes."""
    return read_report(path)


@st.cache_data(max_entries=len(SETS), show_spinner=False)
def readings(name, file, data_version, weights_version, _recognizer) -> tuple[np.ndarray, ...]:
    """Pictures of a set, their labels, and the probabilities they get: (N, 28, 28), (N,), (N, 10)."""
    pictures, labels = dataset.evaluation_set(name, file)
    parts = [_recognizer.probabilities(pictures[start : start + BATCH])[0] for start in range(0, len(pictures), BATCH)]
    return pictures, labels, np.concatenate(parts)


# ── Pieces that several sections use ──────────────────────────────────────────────────────────────────────────────────


def show(table: pd.DataFrame, specification: dict, alt_text: str, height: int = 340, **options):
    """A chart of `table`, as wide as its column."""
    return st.vega_lite_chart(table, specification | {"height": height}, alt=alt_text, **options)


def set_choice(report: dict, key: str) -> str:
    """The set that a section speaks of."""
    return st.segmented_control(
        _("Which digits?"),
        list(report["sets"]),
        default="mnist",
        required=True,
        format_func=SETS.get,
        key=key,
        persist_state="session",
    )


# ── The parts ──────────────────────────────────────────────────────────────────────────────────


def show_accuracy(report: dict) -> None:
    st.header(_("How often is it right?"), anchor=False)
    for column, (name, scores) in zip(st.columns(len(report["sets"])), report["sets"].items(), strict=True):
        with column.container(border=True, height="stretch"):
            st.metric(SETS[name], percent(scores["accuracy"]))
            st.markdown(SENTENCES[name].format(images=scores["images"], wrong=scores["images"] - scores["right"]))
            low, high = scores["interval"]
            st.caption(_("{sure:.0%} interval: {low:.2%} to {high:.2%}.", sure=0.95, low=low, high=high))
    st.caption(
        _(
            "Other digits would give a slightly different number, by chance alone. The interval says how different: found this "
            "way, it holds the true share 95 times out of 100."
        )
    )
    if "by_writer" in report["sets"].get("pen_digits", {}):
        show_writers(report["sets"]["pen_digits"]["by_writer"])
    table = pd.DataFrame(
        [
            {
                "digits": SETS[name],
                "images": scores["images"],
                "read right": scores["right"],
                "accuracy": scores["accuracy"],
                "interval from": scores["interval"][0],
                "interval to": scores["interval"][1],
                "calibration error": scores["calibration_error"],
            }
            for name, scores in report["sets"].items()
        ]
    )
    numbers(table, "accuracy", _("Accuracy as a table"), ("accuracy", "interval from", "interval to", "calibration error"))


def show_writers(writers: dict) -> None:
    st.subheader(_("Does it read everybody equally well?"), anchor=False)
    best = max(writers, key=lambda writer: writers[writer]["accuracy"])
    worst = min(writers, key=lambda writer: writers[writer]["accuracy"])
    left, right = st.columns([2, 3], gap="large")
    left.markdown(
        _(
            "It reads writer {best} best, **{most:.1%}**, and writer {worst} worst, **{least:.1%}**. None of them took part "
            "in its training. The bars are 95% intervals: where they overlap, the difference may be chance.",
            best=best,
            most=writers[best]["accuracy"],
            worst=worst,
            least=writers[worst]["accuracy"],
        )
    )
    table = pd.DataFrame(
        [
            {"writer": writer, "accuracy": one["accuracy"]}
            | (
                {
                    "images": one["images"],
                    "read right": one["right"],
                    "interval from": one["interval"][0],
                    "interval to": one["interval"][1],
                }
                if "interval" in one
                else {}
            )
            for writer, one in writers.items()
        ]
    )
    known = "interval from" in table and table["interval from"].notna().all()
    start = start_of(table["interval from" if known else "accuracy"])
    with right:
        show(table, writers_chart(start, known), _("Accuracy of each writer"), 60 + 36 * len(table))
    shares = ("accuracy", "interval from", "interval to") if known else ("accuracy",)
    numbers(table, "by_writer", _("Each writer as a table"), shares)


@st.fragment
def show_confusion(report: dict) -> None:
    st.header(_("What does it take for what?"), anchor=False)
    name = set_choice(report, "confusion_set")
    matrix = report["sets"][name]["confusion"]
    mistakes = sorted(
        ((digit, read_as) for digit in DIGITS for read_as in DIGITS if matrix[digit][read_as]),
        key=lambda cell: (cell[0] == cell[1], -matrix[cell[0]][cell[1]]),
    )
    key = f"cell_{name}"

    def pick() -> None:
        # A second click on the same cell reports none: what was chosen stays.
        for point in state[f"matrix_{name}"].selection.get("cell", []):
            cell = int(point["digit"]), int(point["read as"])
            if cell in mistakes:
                state[key] = cell

    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(
            _(
                "Each row is a digit as it was meant, each column what it was read as. Right answers lie on the blue diagonal; "
                "every other number counts mistakes, the darker the more. **Tap a cell to see those very pictures.**"
            )
        )
        show_matrix(matrix, state.get(key), pick, f"matrix_{name}")
    with right:
        chosen = st.selectbox(
            _("Show the pictures of"),
            mistakes,
            index=None,
            placeholder=_("Choose what was taken for what"),
            format_func=lambda cell: in_words(*cell, matrix[cell[0]][cell[1]]),
            key=key,
        )
        if chosen is not None:
            show_pictures(name, *chosen, matrix[chosen[0]][chosen[1]])
    table = pd.DataFrame(matrix, columns=[_("read as {digit}", digit=digit) for digit in DIGITS])
    table.insert(0, "digit", DIGITS)
    numbers(table, f"confusion_{name}", _("The matrix as a table"))


def in_words(digit: int, read_as: int, count: int) -> str:
    return ngettext(
        "{digit} read as {read_as}: {count:,} time",
        "{digit} read as {read_as}: {count:,} times",
        count,
        digit=digit,
        read_as=read_as,
    )


def show_matrix(matrix: list, chosen, pick, key: str) -> None:
    most = max(matrix[i][j] for i in DIGITS for j in DIGITS if i != j)
    cells = pd.DataFrame(
        [
            {
                "digit": digit,
                "read as": read_as,
                "pictures": matrix[digit][read_as],
                "said": in_words(digit, read_as, matrix[digit][read_as]),
                "kind": "right" if digit == read_as else "wrong" if matrix[digit][read_as] else "none",
                "white": digit != read_as and matrix[digit][read_as] > 0.4 * most,
                "chosen": (digit, read_as) == chosen,
            }
            for digit in DIGITS
            for read_as in DIGITS
        ]
    )
    show(
        cells,
        matrix_chart(most),
        _("How many of each digit were read as which digit"),
        460,
        key=key,
        on_select=pick,
        selection_mode="cell",
    )


def show_pictures(name: str, digit: int, read_as: int, counted: int) -> None:
    """The pictures of one cell of the confusion matrix, with the probabilities they got."""
    file = dataset.on_this_machine(DATA_OF[name])
    if file is None:
        fetching.offer(DATA_OF[name])
        show_own(digit)
        return
    loading = network.recognizer()
    if not loading.done():
        st.info(_("The pictures are shown as soon as the network is awake."))
        return
    if network.failure(loading):
        st.info(_("The pictures cannot be shown: there is no network that could read them."))
        return
    try:
        with st.spinner(_("All pictures are read once; this takes some seconds.")):
            pictures, labels, probabilities = readings(
                name, file, network.version(file), network.version(paths.WEIGHTS), loading.result()
            )
    except dataset.DataError as error:
        _log.warning("The pictures of a set cannot be shown: %s", error)
        st.info(_("The pictures cannot be shown: the data on this machine are damaged. The log says which file."))
        return
    cell = np.flatnonzero((labels == digit) & (probabilities.argmax(axis=1) == read_as))
    if len(cell) != counted:
        st.info(
            _(
                "The report counts {counted:,}, the network that runs now makes it {found:,}: the report is of other "
                "pictures or weights. `python train.py --evaluate` makes one that fits.",
                counted=counted,
                found=len(cell),
            )
        )
    if not len(cell):
        return
    # The most striking first: the surest mistakes, and the right answers that were nearly wrong.
    order = cell[np.argsort(probabilities[cell, read_as] * (1 if digit == read_as else -1))]
    if len(order) > SHOWN:
        least = _("The {shown} of {count:,} that it was least sure of.", shown=SHOWN, count=len(order))
        most = _("The {shown} of {count:,} that it was most sure of.", shown=SHOWN, count=len(order))
        st.caption(least if digit == read_as else most)
    some = order[:SHOWN]
    with st.container(key="cell_pictures"):
        st.image(
            list(pictures[some]),
            caption=[captioned(probabilities[index], digit, read_as) for index in some],
            width=PICTURE,
            output_format="PNG",  # each pixel as it is
            alt=[_("A {digit} that was read as {read_as}", digit=digit, read_as=read_as)] * len(some),
        )
    table = pd.DataFrame(probabilities[some], columns=[str(each) for each in DIGITS])
    table.insert(0, "picture", some)
    title = _("All probabilities of these pictures")
    numbers(table, f"{name}_{digit}_read_as_{read_as}", title, tuple(map(str, DIGITS)))


def show_own(digit: int) -> None:
    """Drawings of our own of a digit, always the same, with what the network takes them for."""
    rng = np.random.default_rng(digit)
    drawn = [prepare(dataset.canvas_picture(example(rng, label=str(digit))[1], rng)) for number in range(OWN)]
    pictures = np.stack(drawn)
    loading = network.recognizer()
    captions = None
    if loading.done() and not network.failure(loading):
        probabilities = loading.result().probabilities(pictures)[0]
        captions = [captioned(each, digit, int(each.argmax())) for each in probabilities]
    st.markdown(_("Meanwhile, drawings of our own: each a {digit}.", digit=digit))
    with st.container(key="own_pictures"):
        st.image(
            list(pictures),
            caption=captions,
            width=PICTURE,
            output_format="PNG",
            alt=[_("A {digit} of our own", digit=digit)] * len(drawn),
        )


def captioned(probabilities: np.ndarray, digit: int, read_as: int) -> str:
    """What the two digits in question got; for a right answer, the runner-up is the other one."""
    other = digit if digit != read_as else int(np.argsort(probabilities)[-2])
    return f"**{read_as}** {percent(probabilities[read_as], 0)}, **{other}** {percent(probabilities[other], 0)}"


@st.fragment
def show_digits(report: dict) -> None:
    st.header(_("Which digits are easy?"), anchor=False)
    name = set_choice(report, "digits_set")
    table = pd.DataFrame(report["sets"][name]["per_digit"]).rename(columns={"f1": "F1"})
    hardest = table.loc[table["F1"].idxmin(), "digit"]
    easiest = table.loc[table["F1"].idxmax(), "digit"]
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown(_("Here the **{easiest}** is easiest and the **{hardest}** is hardest.", easiest=easiest, hardest=hardest))
        st.markdown(
            _(
                "- **Precision**: of all pictures that it calls a 4, the share that is a 4.\n"
                "- **Recall**: of all the 4s, the share that it calls a 4.\n"
                "- **F1**: both in one number, their harmonic mean; it is high only if both are."
            )
        )
        names = (_("precision"), _("recall"), _("right"), _("called so"), _("meant so"))
        precision, recall, right_ones, called, meant = (rf"\text{{{name}}}" for name in names)
        st.latex(
            rf"\begin{{aligned}} {precision} &= \frac{{{right_ones}}}{{{called}}} \\[1.5ex] {recall} &= "
            rf"\frac{{{right_ones}}}{{{meant}}} \\[1.5ex] F_1 &= \frac{{2 \cdot {precision} \cdot {recall}}}"
            rf"{{{precision} + {recall}}} \end{{aligned}}"
        )
    long = table.melt("digit", MEASURES, "measure", "share")
    long["measure"] = long["measure"].map(_)
    with right:
        show(long, digits_chart(start_of(long["share"])), _("Precision, recall and F1 of each digit"), 420)
    numbers(table, f"per_digit_{name}", _("Each digit as a table"), tuple(MEASURES))


@st.fragment
def show_reliability(report: dict) -> None:
    st.header(_("Does it know when it is unsure?"), anchor=False)
    name = set_choice(report, "reliability_set")
    scores = report["sets"][name]
    left, right = st.columns([2, 3], gap="large")
    left.markdown(
        _(
            "With each answer it says how sure it is. If that is to be trusted, nine in ten answers of which it is 90% sure "
            "must be right: then the points lie on the dashed line. **Above the line it is too modest, below it is too sure "
            "of itself.** The larger a point, the more answers stand behind it; the bars are 95% intervals."
        )
    )
    left.markdown(
        _(
            "The **calibration error**, the mean distance from the line over all answers, is **{error:.2%}**.",
            error=scores["calibration_error"],
        )
    )
    table = pd.DataFrame(
        [row | {"interval from": row["interval"][0], "interval to": row["interval"][1]} for row in scores["reliability"]]
    ).drop(columns="interval")
    with right:
        show(table, reliability_chart(), _("Reliability diagram: how often it was right against how sure it was"), 420)
    shares = ("low", "high", "confidence", "accuracy", "interval from", "interval to")
    numbers(table, f"reliability_{name}", _("The diagram as a table"), shares)


@st.fragment
def show_disturbances(report: dict | None) -> None:
    st.header(_("How much can it bear?"), anchor=False)
    st.markdown(_("Choose what happens to the picture, and how badly. The bars are what the network makes of it **now**."))
    choice, strength = st.columns(2, gap="large")
    name = choice.selectbox(
        _("Disturbance"),
        list(DISTURBANCES),
        format_func=lambda key: _(DISTURBANCES[key].title),
        key="disturbance",
        persist_state="session",
    )
    level = strength.slider(_("Level, from 0 (none) to 5 (hard)"), 0, LEVELS, 0, key="level", persist_state="session")
    measured = (report or {}).get("disturbances", {})
    left, right = st.columns(2, gap="large")
    with left:
        try_disturbance(name, level)
    with right:
        if measured:
            show_robustness(report, measured, name, level)
    if measured:
        table = pd.DataFrame(
            [
                {
                    "disturbance": _(DISTURBANCES[key].title),
                    "level": row["level"],
                    "strength": row["strength"],
                    "unit": _(DISTURBANCES[key].unit),
                    "images": row["images"],
                    "read right": row["right"],
                    "accuracy": row["accuracy"],
                    "interval from": row["interval"][0],
                    "interval to": row["interval"][1],
                }
                for key, one in measured.items()
                for row in one["levels"]
            ]
        )
        numbers(table, "disturbances", _("All disturbances as a table"), ("accuracy", "interval from", "interval to"))


def own_picture() -> tuple[np.ndarray, bool]:
    """What is disturbed, uint8 (28, 28), and whether the visitor drew it."""
    ink = state.get("ink")
    picture = None if ink is None else prepare(ink)
    if picture is not None:
        return picture, True
    if "report_example" not in state:
        rng = np.random.default_rng()
        state.report_example = prepare(dataset.canvas_picture(example(rng)[1], rng))
    return state.report_example, False


def try_disturbance(name: str, level: int) -> None:
    """The visitor's drawing, disturbed, and the answer to it."""
    picture, drawn = own_picture()
    if not drawn:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_("This is an example."), width="content")
            st.page_link("draw.py", label=_("Draw your own"), icon=":material/draw:", width="content")
    spoilt = disturbed(picture[None], name, level, state.get("chance", 0))[0] if level else picture
    loading = network.recognizer()
    awake = loading.done() and network.failure(loading) is None
    prediction = loading.result().recognize(spoilt) if awake else None
    with st.container(horizontal=True, key="disturbed_pictures"):
        show_picture(picture, _("The drawing"))
        show_picture(spoilt, _("Disturbed"))
        if prediction is not None:
            show_picture(prediction.image, _("As the network gets it"))
    with st.container(key="disturbed_answer"):
        if not loading.done():
            st.markdown(_("The network is waking up. It answers as soon as it is there."))
        elif not awake:
            st.markdown(_("There is no network that could answer."))
        elif prediction is None:
            st.markdown(_("## No ink is left"))
        elif not prediction.is_digit:
            st.markdown(_("## That is no digit I know"))
        else:
            st.markdown(f"## {prediction.label}, {percent(prediction.probability * prediction.digit_probability, 1)}")
    if prediction is None:
        shares = np.zeros(len(ANSWERS))
    else:
        shares = [*prediction.probabilities * prediction.digit_probability, 1 - prediction.digit_probability]
    table = pd.DataFrame({"answer": [_(answer) for answer in ANSWERS], "probability": shares})
    show(table, bars_chart(), _("How likely the disturbed drawing is each digit, or no digit"), 190)
    if level:

        def roll() -> None:
            state.chance = state.get("chance", 0) + 1

        st.button(_("Once more, by another chance"), icon=":material/casino:", on_click=roll)


def show_picture(picture: np.ndarray, caption: str) -> None:
    st.image(picture, caption=caption, width=PICTURE, output_format="PNG", alt=_("{caption}, 28 by 28 pixels", caption=caption))


def show_robustness(report: dict, measured: dict, name: str, level: int) -> None:
    """Accuracy against strength: the chosen disturbance among all the others."""
    undisturbed, title = report["sets"]["mnist"], _(DISTURBANCES[name].title)
    rows = [
        {"disturbance": _(DISTURBANCES[key].title), "level": row["level"]}
        | {"accuracy": row["accuracy"], "low": row["interval"][0], "high": row["interval"][1]}
        for key, one in measured.items()
        for row in [
            {"level": 0, "accuracy": undisturbed["accuracy"], "interval": undisturbed["interval"]},
            *one["levels"],
        ]
    ]
    table = pd.DataFrame(rows)
    if name not in measured:
        st.markdown(_("The report holds no figures for this disturbance."))
    elif level:
        row = measured[name]["levels"][level - 1]
        st.markdown(
            _(
                "**{disturbance}**, level {level} ({strength:g} {unit}): of {images:,} of MNIST's test digits it still reads "
                "**{accuracy:.2%}** right.",
                disturbance=title,
                level=level,
                strength=row["strength"],
                unit=_(DISTURBANCES[name].unit),
                images=row["images"],
                accuracy=row["accuracy"],
            )
        )
    else:
        st.markdown(
            _(
                "Undisturbed, it reads **{accuracy:.2%}** of MNIST's test digits right. The orange line is “{disturbance}”, "
                "the grey ones are the other disturbances.",
                accuracy=undisturbed["accuracy"],
                disturbance=title,
            )
        )
    show(
        table,
        robustness_chart(title, level, start_of(table["low"])),
        _("Accuracy against the strength of: {disturbance}", disturbance=title),
        380,
    )


def show_no_digit(report: dict) -> None:
    st.header(_("Does it notice what is no digit?"), anchor=False)
    scores = report["no_digit"]
    digits = scores["digits"]
    st.markdown(
        _(
            "Given a digit and something else, it finds the digit the likelier one in **{area:.2%}** of all such pairs (the "
            "area under the ROC curve; 95% interval {low:.2%} to {high:.2%}). It turns away **{refused:,}** of {images:,} "
            "real digits.",
            area=scores["area_under_roc"],
            low=scores["interval"][0],
            high=scores["interval"][1],
            refused=digits["images"] - digits["right"],
            images=digits["images"],
        )
    )
    table = pd.DataFrame(
        [
            {
                "what is no digit": KINDS[name],
                "images": kind["images"],
                "turned away": kind["accuracy"],
                "interval from": kind["interval"][0],
                "interval to": kind["interval"][1],
                "area under ROC": kind["area_under_roc"],
            }
            for name, kind in scores["kinds"].items()
        ]
    )
    for column, row in zip(st.columns(max(1, len(table))), table.to_dict("records"), strict=False):
        with column.container(border=True, height="stretch"):
            st.metric(capitalized(row["what is no digit"]), percent(row["turned away"], 1))
            st.markdown(_("of {images:,} were turned away: “That is no digit I know.”", images=row["images"]))
    shares = ("turned away", "interval from", "interval to", "area under ROC")
    numbers(table, "no_digit", _("What is no digit as a table"), shares)


def show_training(report: dict) -> None:
    st.header(_("How did it learn?"), anchor=False)
    if "curves" not in report:
        st.markdown(
            _("The report does not say how these weights were trained. `python train.py` trains new ones and writes it down.")
        )
        return
    curves = report["curves"]
    table = pd.DataFrame(curves)
    table.insert(0, "epoch", range(1, len(table) + 1))
    st.markdown(_("An epoch is one pass over all training pictures. After each, the network is a little better."))
    if "val_accuracy" in table:
        st.markdown(
            _(
                "The training pictures are turned, bent and blurred on purpose, so it does better on the validation pictures, "
                "which it is not trained on. What is validated, and kept in the end, is the average of the weights over about "
                "a thousand steps: it reads strangers more steadily than the weights of any one step."
            )
        )
    left, right = st.columns(2, gap="large")
    curves = each_of(CURVES)
    present = [title for name, title in curves.items() if name in table]
    shares = table.rename(columns=curves).melt("epoch", present, "pictures", "accuracy")
    with left:
        start = start_of([shares["accuracy"].median()])  # the first epochs would flatten all the others
        show(shares, accuracy_chart(len(table), start), _("Accuracy after each epoch"))
    with right:
        show(table[["epoch", "loss"]], loss_chart(len(table)), _("Loss after each epoch"))
    shown = table.rename(columns={"val_accuracy": "validation accuracy"})
    percents = tuple(name for name in ("accuracy", "validation accuracy") if name in shown)
    numbers(shown, "curves", _("Each epoch as a table"), percents)


def show_origin(report: dict) -> None:
    st.header(_("What was it made with?"), anchor=False)
    trained_on = report.get("trained_on", {})
    sources = [
        ("mnist", _("scanned digits of MNIST"), "Y. LeCun, C. Cortes, C. Burges", "CC BY-SA 3.0"),
        (
            "pen_digits",
            _("digits drawn with a pen by {count} people", count=len(trained_on.get("pen_writers", []))),
            "E. Alpaydin, F. Alimoglu (UCI Machine Learning Repository, 1998, doi 10.24432/C5MG6K)",
            "CC BY 4.0",
        ),
        ("own_drawings", _("drawings of our own"), _("this project"), _("that of this project")),
        ("no_digit", _("pictures of what is no digit"), _("made by this project"), _("that of this project")),
    ]
    if trained_on:
        table = pd.DataFrame(
            [
                {_("number"): decimal(trained_on[key]), _("what"): what, _("by"): by, _("licence"): licence}
                for key, what, by, licence in sources
                if trained_on.get(key)
            ]
        )
        st.table(table, hide_index=True, border="horizontal", alt=_("What the network was trained on"))
    versions = report.get("versions", {})
    facts = {
        _("Network"): report["network"],
        _("Weights"): decimal(report["weights"]),
        _("Trained on"): day(report.get("trained")),
        _("Evaluated on"): day(report.get("evaluated")),
        _("Training took"): duration(report["seconds"]) if "seconds" in report else None,
        _("Processor cores"): report.get("cores"),
        _("Graphics processors"): report.get("gpus"),
        _("Seed of all chance"): report.get("seed"),
        _("Made with"): ", ".join(f"{NAMES[name]} {version}" for name, version in versions.items()),
        _("Temperature"): number(".2f", report["temperature"]) if "temperature" in report else None,
    }
    known = {name: str(fact) for name, fact in facts.items() if fact not in (None, "")}
    st.table(known, border="horizontal", width="content", alt=_("How the network was trained"))
    if "temperature" in report:
        st.caption(
            _(
                "After training, the sums before softmax were divided by the temperature, so that the network is as sure as "
                "it is right. Below 1 it had been too modest. No answer changes."
            )
        )
    st.download_button(
        _("Download the report as JSON"),
        lambda: found(paths.REPORT, Path.read_bytes),
        "report.json",
        "application/json",
        icon=":material/download:",
        on_click="ignore",
        key="json",
    )


def duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 2:
        return ngettext("{count} second", "{count} seconds", round(seconds))
    if minutes < 120:
        return ngettext("{count} minute", "{count} minutes", minutes)
    return _("{hours} hours and {minutes} minutes", hours=minutes // 60, minutes=minutes % 60)


def show_layers(loading, report: dict | None) -> None:
    st.header(_("What is it made of?"), anchor=False)
    if not loading.done():
        st.info(_("The network is waking up. Its layers are listed as soon as it is there."))
        return
    if network.failure(loading):
        st.markdown(_("There is no network whose layers could be listed."))
        return
    model = loading.result().network
    table = pd.DataFrame(
        [
            {
                "layer": type(layer).__name__,
                "what it does": LAYERS.get(type(layer).__name__, ""),
                "numbers it gives": " × ".join(map(str, layer.output.shape[1:])),
                "weights": layer.count_params(),
            }
            for layer in model.layers
        ]
    )
    st.markdown(
        _(
            "A picture of 28 × 28 numbers goes in at the top. What each layer gives is what the next one gets. Together they "
            "hold **{weights:,}** weights, the numbers that training found.",
            weights=model.count_params(),
        )
    )
    if report is not None and report["weights"] != model.count_params():
        st.warning(
            _(
                "The report is of another network, with {weights:,} weights. `python train.py --evaluate` makes one that fits.",
                weights=report["weights"],
            )
        )
    st.dataframe(
        table,
        hide_index=True,
        height=LAYERS_HEIGHT,
        column_config=headings(table.columns) | {"weights": st.column_config.NumberColumn(_("weights"), format="localized")},
        alt=_("The network's layers"),
    )
    st.download_button(
        _("Download as CSV"),
        table.to_csv(index=False),
        "layers.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="csv_layers",
    )


# ── The page ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def the_report() -> dict | None:
    """The report, or None once the page has said why there is none and what makes one."""
    try:
        report = report_of(paths.REPORT, network.version(paths.REPORT))
    except ReportError as error:
        st.warning(
            _(
                "{problem} The command `python train.py --evaluate` makes a new one for the weights that there are; "
                "`python train.py` trains new ones first.",
                problem=told(error),
            )
        )
        return None
    if absent := lacking(report):
        st.info(
            _(
                "This report was made by an earlier version. `python train.py --evaluate` makes a new one, which also says: "
                "{parts}.",
                parts=_("; ").join(LACKING[part] for part in absent),
            )
        )
    return report


@st.fragment
def show_part(loading, report: dict | None) -> None:
    """The part of the page at which the visitor is; what is chosen in it runs it alone."""
    part = show_way({name: title for name, title in PARTS.items() if is_told(report, name)}, "part")
    with st.container(key=f"part_{part}"):
        if part == "disturbances":
            show_disturbances(report)
        elif part == "layers":
            show_layers(loading, report)
        else:
            SHOWN_OF_REPORT[part](report)
    show_moment({"part": part})


def is_told(report: dict | None, part: str) -> bool:
    """Whether there is something to show: a report of an earlier version has not all of it."""
    if report is None or part in ("disturbances", "layers"):
        return part in ("disturbances", "layers")
    if part == "certainty":
        return all("reliability" in scores for scores in report["sets"].values())
    return bool(report.get(part)) if part in ("numbers", "no_digit", "teaching") else True


PARTS = {
    "accuracy": _("Accuracy"),
    "mistakes": _("Mistakes"),
    "digits": _("Digits"),
    "certainty": _("Certainty"),
    "disturbances": _("Disturbances"),
    "numbers": _("Numbers"),
    "no_digit": _("No digit"),
    "teaching": _("Teaching"),
    "training": _("Training"),
    "origin": _("Origin"),
    "layers": _("Layers"),
}
SHOWN_OF_REPORT = {
    "accuracy": show_accuracy,
    "mistakes": show_confusion,
    "digits": show_digits,
    "certainty": show_reliability,
    "numbers": lambda report: show_numbers(report["numbers"]),
    "no_digit": show_no_digit,
    "teaching": lambda report: show_teaching(report["teaching"]),
    "training": show_training,
    "origin": show_origin,
}


def show_page(loading) -> None:
    hidden_heading(_("How good is it?"))
    network.say_failure(loading)
    report = the_report()
    show_part(loading, report)
    if not loading.done():
        network.wait()


way.arrive(PARTS, "part")
with st.container(key="report"):
    show_page(network.recognizer())
