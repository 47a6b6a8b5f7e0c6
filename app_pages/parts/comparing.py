"""Where trainings of "Train your own" are compared: curves, settings, scores, and what they make of spoilt pictures."""

from html import escape

import pandas as pd
import streamlit as st

from app_pages.locale import _
from app_pages.parts import charts
from app_pages.parts.building import SOURCES
from app_pages.parts.jobs import SPOILT, Job
from app_pages.parts.tables import headings, numbers, percent
from app_pages.parts.thumbnails import address
from model.data.disturbances import DISTURBANCES, LEVELS, disturbed
from model.networks.stack import rows_of
from model.scores.evaluation import per_digit

state = st.session_state


def show_comparison() -> None:
    """All runs beside each other."""
    st.header(_("Compare"), anchor=False)
    runs = [run for run in state.own_runs if run.epochs]
    if not runs:
        st.markdown(_("There is nothing to compare yet. Train a network: each run stands here, beside those before it."))
        return
    lines = []
    table = []
    for number, run in enumerate(runs, 1):
        name = _("Run {number}", number=number)
        first = run.done - len(run.epochs)
        for epoch, values in enumerate(run.epochs, first + 1):
            lines.append({"run": name, "epoch": epoch, "accuracy": values["val_accuracy"]})
        plan = run.plan
        scores = {key: run.scores[key] for key in ("mnist", "pens") if key in run.scores}
        shares = {key: right / count for key, (right, count) in scores.items() if count}
        table.append(
            {
                "run": name,
                "layers": _(", ").join(_(layer.name) for layer in plan.layers) or _("none but the last"),
                "weights": sum(row.weights for row in rows_of(plan.layers)),
                "pictures": plan.pictures,
                "source": _(SOURCES[plan.source]),
                "rate": plan.learning_rate,
                "L2": plan.penalty,
                "augmented": _("yes") if plan.is_augmented else _("no"),
                "epochs": run.done,
                "validation": run.epochs[-1]["val_accuracy"],
                "MNIST's strangers": shares.get("mnist"),
                "pen writers": shares.get("pens"),
                "seconds": sum(values["seconds"] for values in run.epochs),
            }
        )
    if len(runs) > 1:
        most = max(run.done for run in runs)
        st.vega_lite_chart(
            pd.DataFrame(lines), charts.runs_chart(len(runs), most) | {"height": 260}, alt=_("Validation of each run by epoch")
        )
    shares = "validation", "MNIST's strangers", "pen writers"
    table = pd.DataFrame(table)
    columns = headings(table.columns)
    columns |= {name: st.column_config.NumberColumn(_(name), format="percent") for name in shares}
    columns["seconds"] = st.column_config.NumberColumn(_("seconds"), format="%.1f")
    st.dataframe(table, hide_index=True, column_config=columns, alt=_("The runs, with their settings and scores"))
    st.caption(
        _(
            "Validation is what each run was watched with. MNIST's strangers and the pen writers are people of whom no run has "
            "seen a picture: what is 99% here need not be 99% there."
        )
    )
    named = {_("Run {number}", number=number): run for number, run in enumerate(runs, 1)}
    show_best(named)
    st.fragment(show_spoilt)(named)


def show_best(runs: dict[str, Job]) -> None:
    """Of the run that reads most of strangers' digits right: each digit, and what it is taken for."""
    for key, people in (("pens", _("pen writers")), ("mnist", _("MNIST's strangers"))):
        scored = {name: run for name, run in runs.items() if run.scores.get(key, (0, 0))[1]}
        if scored:
            break
    else:
        return
    best = max(scored, key=lambda name: scored[name].scores[key][0] / scored[name].scores[key][1])
    matrix = scored[best].scores[f"{key}_matrix"]
    st.markdown(_("**{run}** reads most of the {people} right.", run=best, people=people))
    each = pd.DataFrame(per_digit(matrix))[["digit", "images", "recall", "precision"]]
    numbers(each, "own_digits", _("Recall and precision of each digit"), ("recall", "precision"))
    table = pd.DataFrame(matrix, columns=[_("read as {digit}", digit=digit) for digit in range(10)])
    table.insert(0, "digit", range(10))
    numbers(table, "own_confusion", _("What it takes for what"))


def show_spoilt(runs: dict[str, Job]) -> None:
    """What each run reads of pictures that are spoilt more and more."""
    runs = {name: run for name, run in runs.items() if SPOILT[0] in run.scores}
    if not runs:
        return
    st.subheader(_("What if the pictures are spoilt?"), anchor=False)
    kind = st.segmented_control(
        _("Spoilt by"),
        list(SPOILT),
        default=SPOILT[0],
        format_func=lambda kind: _(DISTURBANCES[kind].title),
        required=True,
        key="own_spoilt",
        persist_state="session",
    )
    level = st.slider(_("How much"), 0, LEVELS, key="own_spoilt_level", persist_state="session")
    shown = next(reversed(runs.values())).shown
    if shown is not None:
        images = disturbed(shown[0], kind, level) if level else shown[0]
        alts = [escape(_("a {label}, spoilt", label=label)) for label in shown[1]]
        pictures = (
            f'<img alt="{alt}" src="{address((255 - image).tobytes(), image.shape)}">'
            for image, alt in zip(images, alts, strict=True)
        )
        st.html(f'<div class="dd-own">{"".join(pictures)}</div>')
    with st.container(horizontal=True, gap="large"):
        for name, run in runs.items():
            st.metric(name, percent(run.scores[kind][level], 0), width="content")
    st.caption(_("How much each run reads right of 300 pictures by strangers that are spoilt so."))
