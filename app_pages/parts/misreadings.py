"""The part of "How good is it?" about whole numbers: how many are read right, what goes wrong, and the very pages."""

import logging
from functools import lru_cache
from pathlib import Path

import pandas as pd
import streamlit as st

from app_pages.locale import N_, _
from app_pages.parts import network
from app_pages.parts.tables import capitalized, decimal, numbers, percent
from model.data import dataset
from model.data.composites import KINDS, Source, composite, from_images, from_strokes
from model.scores.evaluation import NUMBERS_SEED

BESIDE = 5  # kinds of pages
WIDTH = 280  # pixels across, of a page that is shown: as wide as the smallest phone has room for
ERRORS = {
    "misread": N_("taken for another digit"),
    "unread": N_('told as "?"'),
    "left_out": N_("left out without a word"),
    "invented": N_("read where no digit is"),
}
DATA = {"mnist": N_("MNIST's pictures"), "pen_digits": N_("the pen digits")}

_log = logging.getLogger(__name__)


def show_numbers(kinds: dict) -> None:
    """The section, from the report's figures of each kind of page."""
    st.header(_("Does it read whole numbers?"), anchor=False)
    st.markdown(
        _(
            "Pages made of single digits that it had never met, half of them scanned, half drawn with a pen. A page counts "
            "only if all that stands on it is read right: one digit in five wrong, and the number is wrong."
        )
    )
    table = pd.DataFrame(
        [
            {
                "what": _(KINDS[name].title),
                "pages": kind["images"],
                "read right": kind["accuracy"],
                "interval from": kind["interval"][0],
                "interval to": kind["interval"][1],
            }
            for name, kind in kinds.items()
        ]
    )
    rows = table.to_dict("records")
    for first in range(0, len(rows), BESIDE):
        for column, row, name in zip(st.columns(BESIDE), rows[first : first + BESIDE], list(kinds)[first:], strict=False):
            with column.container(border=True, height="stretch"):
                st.markdown(row["what"])  # the whole of it: the label of a metric has one line
                st.metric(row["what"], percent(row["read right"], 1), label_visibility="collapsed")
                by_page = _("of {count:,} pages were read right as a whole.", count=row["pages"])
                st.markdown(_("of {count:,} rows were read right.", count=row["pages"]) if KINDS[name].by_line else by_page)
    numbers(table, "numbers", _("Whole numbers as a table"), ("read right", "interval from", "interval to"))
    show_errors({name: kind["errors"] for name, kind in kinds.items() if kind.get("errors")})
    show_misread({name: kind["misread"] for name, kind in kinds.items() if kind.get("misread")})


def show_errors(errors: dict[str, dict]) -> None:
    """What becomes of the digits that are not read right."""
    whole = sum(one["digits"] for one in errors.values())
    if not whole:
        return
    st.subheader(_("What goes wrong"), anchor=False)
    st.markdown(_("Of the **{whole:,}** digits on all these pages:", whole=whole))
    for column, (error, words) in zip(st.columns(len(ERRORS)), ERRORS.items(), strict=True):
        count = sum(one[error] for one in errors.values())
        column.metric(capitalized(_(words)), decimal(count), percent(count / whole, 2), delta_color="off", delta_arrow="off")
    table = pd.DataFrame(
        [
            {"what": _(KINDS[name].title), "digits": one["digits"], **{_(words): one[error] for error, words in ERRORS.items()}}
            for name, one in errors.items()
        ]
    )
    numbers(table, "number_errors", _("What goes wrong as a table"), ())


@st.fragment
def show_misread(misread: dict[str, list]) -> None:
    """The first pages of a kind that were not read right, made again as they were."""
    if not misread:
        return
    kind = st.selectbox(
        _("Pages that were not read right"), list(misread), format_func=lambda name: _(KINDS[name].title), key="misread_kind"
    )
    pages = misread[kind]
    with st.container(key="misread_pages", horizontal=True):
        for source_name in dict.fromkeys(page["source"] for page in pages):
            file = dataset.on_this_machine(source_name)
            if file is None:
                st.markdown(
                    _(
                        "The pages made of {pictures} are shown once these are here: “Mistakes” offers them.",
                        pictures=_(DATA[source_name]),
                    )
                )
                continue
            try:
                source = _source(source_name, file, network.version(file))
            except dataset.DataError as error:
                _log.warning("The pages of a set cannot be shown: %s", error)
                st.info(_("The pages cannot be shown: the data on this machine are damaged. The log says which file."))
                continue
            for page in (page for page in pages if page["source"] == source_name):
                picture = composite(kind, source, page["page"], NUMBERS_SEED)[0]
                truth, read = (page[name].replace("\n", " | ") for name in ("truth", "read"))
                said = (
                    _("`{truth}` read as `{read}`", read=read, truth=truth)
                    if read.strip()
                    else _("`{truth}`, of which nothing was read", truth=truth)
                )
                st.image(picture, caption=said, width=WIDTH, output_format="PNG", alt=_("A page with {truth}", truth=truth))


@lru_cache(maxsize=2)
def _source(name: str, file: Path, version) -> Source:
    """Single digits to make pages of, as the evaluation does."""
    if name == "mnist":
        mnist = dataset.load_mnist(file)
        return from_images(mnist.test_images, mnist.test_labels)
    digits = dataset.by_writers(dataset.load_pen_digits(file), dataset.TEST_WRITERS)
    if not digits:
        raise dataset.DataError(f"{file}: holds no digits of the writers to test with.")
    return from_strokes([(digit.label, digit.strokes) for digit in digits])
