"""The part of "How good is it?" about what is taken for what, down to the very pictures."""

import logging

import numpy as np
import pandas as pd
import streamlit as st

from app_pages.locale import _, ngettext
from app_pages.parts import fetching, network
from app_pages.parts.charts import DIGITS, PICTURE, SETS, matrix_chart, set_choice, show
from app_pages.parts.tables import numbers, percent
from model import paths
from model.data import dataset
from model.data.examples import example
from model.ink.image import prepare

SHOWN = 24  # pictures of one cell: what fits on a screen
OWN = 6  # drawings of our own in their place
BATCH = 500  # pictures that the network reads at once: its first layers make a megabyte of each
DATA_OF = {"mnist": "mnist", "pen_digits": "pen_digits", "pen_photographs": "pen_digits"}  # set → key of dataset.FILES

_log = logging.getLogger(__name__)
state = st.session_state


@st.cache_data(max_entries=len(SETS), show_spinner=False)
def readings(name, file, data_version, weights_version, _recognizer) -> tuple[np.ndarray, ...]:
    """Pictures of a set, their labels, and the probabilities they get: (N, 28, 28), (N,), (N, 10)."""
    pictures, labels = dataset.evaluation_set(name, file)
    parts = [_recognizer.probabilities(pictures[start : start + BATCH])[0] for start in range(0, len(pictures), BATCH)]
    return pictures, labels, np.concatenate(parts)


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
