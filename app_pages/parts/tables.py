"""Tables of figures, to read and to take away, and figures in sentences."""

import pandas as pd
import streamlit as st

from app_pages.locale import N_, _, number

# What columns are called, and alphabets in them; files that are taken away have the columns' names as they stand here.
NAMES = (
    N_("accuracy"), N_("area under ROC"), N_("calibration error"), N_("confidence"), N_("digit"), N_("digits"),
    N_("disturbance"), N_("alphabet"), N_("drawings"), N_("epoch"), N_("examples of each digit"), N_("examples of each letter"),
    N_("images"), N_("interval from"), N_("interval to"), N_("level"), N_("loss"),
    N_("answers"), N_("pages"), N_("picture"), N_("pictures"),
    N_("precision"), N_("read right"), N_("recall"), N_("seconds"), N_("strength"), N_("turned away"), N_("unit"), N_("what"),
    N_("what is no digit"), N_("worst writer"), N_("writer"), N_("validation accuracy"), N_("high"), N_("low"), N_("run"),
    N_("answer"), N_("probability"), N_("measure"), N_("share"), N_("layer"), N_("what it does"), N_("numbers it gives"),
    N_("weights"), N_("kind"), N_("layers"), N_("source"), N_("rate"), N_("augmented"), N_("epochs"), N_("validation"),
    N_("Balinese"), N_("Early Aramaic"), N_("Korean"), N_("Latin"),
    N_("MNIST's strangers"), N_("pen writers"), N_("file"), N_("reading"), N_("line"), N_("position"), N_("lowest confidence"),
)  # fmt: skip


def percent(share: float, decimals: int = 2) -> str:
    """A share in per cent."""
    return number(f".{decimals}%", share)


def decimal(count: int) -> str:
    """A whole number, its digits in groups."""
    return number(",", count)


def capitalized(words: str) -> str:
    """The same words, as the beginning of a sentence."""
    return words[:1].upper() + words[1:]


def headings(columns) -> dict[str, str]:
    """What columns are called in the visitor's language, as `column_config` takes it."""
    return {column: _(column) for column in columns}


def numbers(table: pd.DataFrame, name: str, title: str, shares: tuple[str, ...] = ()) -> None:
    """A chart's numbers, to read and to take away; the columns `shares` are 0 to 1."""
    with st.expander(title, icon=":material/table:"):
        st.dataframe(
            table,
            hide_index=True,
            column_config=headings(table.columns)
            | {column: st.column_config.NumberColumn(_(column), format="percent") for column in shares},
            alt=title,
        )
        st.download_button(
            _("Download as CSV"),
            table.to_csv(index=False),
            f"{name}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            key=f"csv_{name}",
        )
