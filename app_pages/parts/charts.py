"""The charts of the page "How good is it?", without their data: Vega-Lite's specifications, made once for all visitors."""

import functools

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from app_pages.locale import N_, _, each_of, language
from app_pages.parts.words import ANSWERS
from model.data.disturbances import LEVELS

DIGITS = list(range(10))
MEASURES = [N_("precision"), N_("recall"), "F1"]
SETS = {"mnist": "MNIST", "pen_digits": N_("Drawn with a pen"), "pen_photographs": N_("Photographs of paper")}
CURVES = {"accuracy": N_("training"), "val_accuracy": N_("validation")}

# Blue and orange are told apart by everybody; these are readable on light and on dark ground.
BLUE, ORANGE, GREY = "#3a86c8", "#d97706", "#8a94a0"
RIGHT, FEW, MANY = "#c9dbee", "#ffdf9e", "#b34700"  # cells of the confusion matrix, with black or white numbers in them
PICTURE = 104  # pixels across; three stand side by side on a phone
LETTERING = 14  # pixels, of the charts' numbers and titles

alt.theme.enable("none")  # Streamlit's own is put on in the browser


def chart(make):
    """Has a chart without its data made once for all who read a language: Altair takes longer over the eight charts of this
    page than thirty pupils' drawings take to be read.

    Args:
        make: gives an Altair chart; it is called once for each of its arguments.

    Returns:
        a function of the same arguments that gives Vega-Lite's specification, with lettering for a projector.
    """

    @st.cache_data(max_entries=200, show_spinner=False)
    @functools.wraps(make)
    def specification(code: str, *arguments) -> dict:
        lettered = make(*arguments).configure_axis(
            labelFontSize=LETTERING, titleFontSize=LETTERING, titleFontWeight="normal", labelFlush=False
        )
        return lettered.to_dict(validate=False)  # which takes longer than all the rest

    return lambda *arguments: specification(language(), *arguments)


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
        format_func=lambda name: _(SETS[name]),
        key=key,
        persist_state="session",
    )


def start_of(shares) -> float:
    """Where an axis of shares begins: at the tenth below the smallest."""
    return max(0.0, float(np.floor(min(shares) * 10 - 0.01)) / 10)


def _tip(field: str, **options):
    """What a tooltip says of a field, under its name in the visitor's language."""
    return alt.Tooltip(field, title=_(field.partition(":")[0]), **options)


def share_axis(field: str, start: float, channel=alt.Y, of: str = N_("read right")):
    """An axis of shares, from `start` to 1, which says so if it does not start at 0."""
    title = _(of) if start == 0 else _("{of} (the scale starts at {start:.0%})", of=_(of), start=start)
    return channel(
        field,
        type="quantitative",
        title=title,
        scale=alt.Scale(domain=[start, 1]),
        axis=alt.Axis(format="%", tickCount=5),
    )


@chart
def writers_chart(start: float, known: bool):
    """A point for each writer, on its interval if that is known."""
    base = alt.Chart().encode(alt.Y("writer:N", title=_("writer"), axis=alt.Axis(labelAngle=0)))
    points = base.mark_point(filled=True, size=160, color=BLUE, opacity=1).encode(
        share_axis("accuracy", start, alt.X), tooltip=[_tip("writer:N"), _tip("accuracy:Q", format=".2%")]
    )
    whiskers = base.mark_rule(strokeWidth=3, color=GREY).encode(
        share_axis("interval from", start, alt.X), alt.X2("interval to")
    )
    return whiskers + points if known else points


@chart
def matrix_chart(most: int):
    """A square for each cell of the confusion matrix, the darker the more mistakes, of which `most` are in one."""
    base = alt.Chart().encode(
        alt.X("read as:O", title=_("read as"), axis=alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False)),
        alt.Y("digit:O", title=_("meant"), axis=alt.Axis(domain=False, ticks=False)),
        tooltip=alt.Tooltip("said:N", title=None),
        description="said:N",
    )
    squares = base.mark_rect(cornerRadius=4, cursor="pointer").encode(
        alt.Color(
            "pictures:Q",
            scale=alt.Scale(type="sqrt", domain=[0, max(1, most)], range=[FEW, MANY]),
            legend=None,
            condition=[
                {"test": "datum.kind === 'right'", "value": RIGHT},
                {"test": "datum.kind === 'none'", "value": "transparent"},
            ],
        ),
        stroke=alt.when("datum.chosen").then(alt.value(BLUE)).otherwise(alt.value(GREY)),
        strokeWidth=alt.when("datum.chosen").then(alt.value(4)).otherwise(alt.value(0.3)),
    )
    counts = (
        base.mark_text(fontSize=LETTERING, cursor="pointer")
        .transform_filter("datum.pictures > 0")
        .encode(
            text=alt.Text("pictures:Q", format=","),
            color=alt.when("datum.white").then(alt.value("white")).otherwise(alt.value("#1b1b1b")),
        )
    )
    cell = alt.selection_point(name="cell", fields=["digit", "read as"])
    return squares.add_params(cell) + counts


@chart
def digits_chart(start: float):
    """Three points for each digit, one for each measure."""
    return (
        alt.Chart()
        .mark_point(filled=True, size=130, opacity=0.9)
        .encode(
            share_axis("share", start, alt.X, N_("share")),
            alt.Y("digit:N", title=_("digit")),
            alt.Color(
                "measure:N",
                scale=alt.Scale(domain=[_(one) for one in MEASURES], range=[BLUE, ORANGE, GREY]),
                legend=alt.Legend(orient="bottom", title=None, labelFontSize=LETTERING),
            ),
            alt.Shape(
                "measure:N", scale=alt.Scale(domain=[_(one) for one in MEASURES], range=["circle", "square", "triangle-up"])
            ),
            tooltip=[_tip("digit:N"), _tip("measure:N"), _tip("share:Q", format=".2%")],
        )
    )


@chart
def reliability_chart():
    """Points on their intervals, and the line on which they ought to lie."""
    base = alt.Chart().encode(
        alt.X(
            "confidence:Q",
            title=_("how sure it was"),
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format="%", tickCount=5),
        )
    )
    sure_as_right = alt.Data(values=[{"confidence": share, "accuracy": share} for share in (0, 1)])
    honest = (
        alt.Chart(sure_as_right)
        .mark_line(strokeDash=[6, 6], color=GREY, strokeWidth=2)
        .encode(alt.X("confidence:Q"), alt.Y("accuracy:Q"))
    )
    whiskers = base.mark_rule(color=GREY, strokeWidth=2).encode(
        alt.Y("interval from:Q", title=_("how often it was right")), alt.Y2("interval to")
    )
    points = base.mark_point(filled=True, color=BLUE, opacity=1).encode(
        alt.Y(
            "accuracy:Q",
            title=_("how often it was right"),
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format="%", tickCount=5),
        ),
        size=alt.Size("images:Q", scale=alt.Scale(type="log", range=[60, 500]), legend=None),
        tooltip=[_tip("images:Q"), _tip("confidence:Q", format=".1%"), _tip("accuracy:Q", format=".1%")],
    )
    return honest + whiskers + points


@chart
def bars_chart():
    """How likely each answer is."""
    return (
        alt.Chart()
        .mark_bar(color=BLUE, cornerRadiusEnd=3)
        .encode(
            alt.X(
                "answer:O",
                title=None,
                scale=alt.Scale(domain=[_(one) for one in ANSWERS]),
                axis=alt.Axis(labelAngle=0, labelOverlap=False, labelExpr="split(datum.label, ' ')"),
            ),
            alt.Y("probability:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=3)),
            tooltip=[_tip("answer:O"), _tip("probability:Q", format=".1%")],
        )
    )


@chart
def robustness_chart(title: str, level: int, start: float):
    """The accuracy at each level: that of one disturbance before all others, and where the level stands."""
    all_of_them = alt.Chart()
    chosen = all_of_them.transform_filter(alt.datum.disturbance == title)
    axis = share_axis("accuracy", start)
    levels = alt.X("level:Q", title=_("level"), axis=alt.Axis(values=list(range(LEVELS + 1)), format="d", grid=False))
    described = [_tip("disturbance:N"), _tip("level:Q"), _tip("accuracy:Q", format=".2%")]
    others = all_of_them.mark_line(color=GREY, opacity=0.45, strokeWidth=1.5).encode(
        levels, axis, detail="disturbance:N", tooltip=described
    )
    band = chosen.mark_area(color=ORANGE, opacity=0.25).encode(levels, share_axis("low", start), alt.Y2("high"))
    line = chosen.mark_line(color=ORANGE, strokeWidth=3, point=alt.OverlayMarkDef(color=ORANGE, size=70, filled=True)).encode(
        levels, axis, tooltip=described
    )
    here = alt.Chart(alt.Data(values=[{"level": level}])).mark_rule(color=BLUE, strokeWidth=2, strokeDash=[4, 4])
    return others + band + line + here.encode(levels)


@chart
def accuracy_chart(epochs: int, start: float):
    """A line for the training, and one for the validation pictures."""
    titles = list(each_of(CURVES).values())
    return curve(epochs).encode(
        share_axis("accuracy", start),
        alt.Color(
            "pictures:N",
            scale=alt.Scale(domain=titles, range=[ORANGE, BLUE]),
            legend=alt.Legend(orient="bottom", title=None, labelFontSize=LETTERING),
        ),
        alt.StrokeDash("pictures:N", scale=alt.Scale(domain=titles, range=[[6, 3], [1, 0]])),
        tooltip=[_tip("epoch:Q"), _tip("pictures:N"), _tip("accuracy:Q", format=".2%")],
    )


@chart
def loss_chart(epochs: int):
    """A falling line, one hopes."""
    return curve(epochs).encode(
        alt.Y("loss:Q", title=_("loss: how wrong it is in training"), scale=alt.Scale(zero=True)),
        color=alt.value(ORANGE),
        tooltip=[_tip("epoch:Q"), _tip("loss:Q", format=".4f")],
    )


def _whole_epochs(epochs: int):
    return alt.Axis(format="d", tickCount=min(5, epochs), tickMinStep=1, grid=False)


@chart
def own_chart(measure: str, epochs: int):
    """A line for what is learnt from, on the way, and one for the validation pictures, after each epoch."""
    titles = list(each_of(CURVES).values())
    axis = alt.Axis(format="%", tickCount=3) if measure == "accuracy" else alt.Axis(tickCount=3)
    scale = alt.Scale(domain=[0, 1]) if measure == "accuracy" else alt.Scale(zero=True)
    base = alt.Chart().encode(
        alt.X("epoch:Q", title=_("epochs"), scale=alt.Scale(domain=[0, epochs], nice=False), axis=_whole_epochs(epochs)),
        alt.Y(f"{measure}:Q", title=None, scale=scale, axis=axis),
        alt.Color(
            "pictures:N",
            scale=alt.Scale(domain=titles, range=[ORANGE, BLUE]),
            legend=alt.Legend(orient="bottom", title=None, labelFontSize=LETTERING, columns=1),  # a tablet has no room for two
        ),
        tooltip=[_tip("epoch:Q"), _tip("pictures:N"), _tip(f"{measure}:Q", format=".3f")],
    )
    lines = base.mark_line(strokeWidth=2)
    points = base.mark_point(filled=True, size=60).transform_filter(alt.datum.pictures == titles[1])
    return lines + points


@chart
def runs_chart(runs: int, epochs: int):
    """A line for each run: what it reads right of validation pictures."""
    return (
        alt.Chart()
        .mark_line(point=True, strokeWidth=2)
        .encode(
            alt.X("epoch:Q", title=_("epoch"), scale=alt.Scale(domain=[0, epochs], nice=False), axis=_whole_epochs(epochs)),
            alt.Y("accuracy:Q", title=_("validation, read right"), scale=alt.Scale(zero=False), axis=alt.Axis(format="%")),
            alt.Color(
                "run:N",
                sort=[_("Run {number}", number=number) for number in range(1, runs + 1)],
                legend=alt.Legend(orient="bottom", title=None, labelFontSize=LETTERING),
            ),
            tooltip=[_tip("run:N"), _tip("epoch:Q"), _tip("accuracy:Q", format=".2%")],
        )
    )


def curve(epochs: int):
    """Something per epoch; a training of one epoch is a point, not a line."""
    axis = alt.X(
        "epoch:Q",
        title=_("epoch"),
        scale=alt.Scale(domain=[1, max(2, epochs)], nice=False),
        axis=alt.Axis(format="d", tickMinStep=1, grid=False),
    )
    return alt.Chart().mark_line(strokeWidth=2.5, clip=True, point=epochs < 10).encode(axis)
