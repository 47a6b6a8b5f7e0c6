"""The part of "How good is it?" about how much it can bear: pictures that are disturbed, the visitor's own among them."""

import numpy as np
import pandas as pd
import streamlit as st

from app_pages.locale import _
from app_pages.parts import network
from app_pages.parts.charts import PICTURE, bars_chart, robustness_chart, show, start_of
from app_pages.parts.tables import numbers, percent
from app_pages.parts.words import ANSWERS
from model.data import dataset
from model.data.disturbances import DISTURBANCES, LEVELS, disturbed
from model.data.examples import example
from model.ink.image import prepare

state = st.session_state


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
