"""The parts of "How good is it?" about whether it knows when it is unsure, and what is no digit."""

import pandas as pd
import streamlit as st

from app_pages.locale import N_, _
from app_pages.parts.charts import reliability_chart, set_choice, show
from app_pages.parts.tables import capitalized, numbers, percent

KINDS = {
    "scribbles": N_("scribbles"),
    "several_digits": N_("several digits at once"),
    "symbols": N_("letters and other symbols"),
}


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
                "what is no digit": _(KINDS[name]),
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
