"""The part of "How good is it?" about how often it is right: for each set, each writer and each digit."""

import pandas as pd
import streamlit as st

from app_pages.locale import N_, _
from app_pages.parts.charts import MEASURES, SETS, digits_chart, set_choice, show, start_of, writers_chart
from app_pages.parts.tables import numbers, percent

SENTENCES = {
    "mnist": N_("Of **{images:,}** scanned digits by people it had never met, it misreads **{wrong:,}**."),
    "pen_digits": N_("Of **{images:,}** digits drawn with a pen by people it had never met, it misreads **{wrong:,}**."),
    "pen_photographs": N_("Of the same **{images:,}** digits as photographs of paper, it misreads **{wrong:,}**."),
}


def show_accuracy(report: dict) -> None:
    st.header(_("How often is it right?"), anchor=False)
    for column, (name, scores) in zip(st.columns(len(report["sets"])), report["sets"].items(), strict=True):
        with column.container(border=True, height="stretch"):
            st.metric(_(SETS[name]), percent(scores["accuracy"]))
            st.markdown(_(SENTENCES[name], images=scores["images"], wrong=scores["images"] - scores["right"]))
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
                "digits": _(SETS[name]),
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
