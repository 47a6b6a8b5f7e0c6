"""The parts of "How good is it?" about how the network was trained, with what, and what it is made of."""

from pathlib import Path

import pandas as pd
import streamlit as st

from app_pages.locale import N_, _, day, each_of, ngettext, number
from app_pages.parts import network
from app_pages.parts.charts import CURVES, accuracy_chart, loss_chart, show, start_of
from app_pages.parts.tables import decimal, headings, numbers
from model import paths
from model.replacing import found

LAYERS_HEIGHT = 480  # pixels of the table, in which it scrolls
NAMES = {"python": "Python", "tensorflow": "TensorFlow", "keras": "Keras"}
LAYERS = {
    "Conv2D": N_("looks for a small pattern everywhere in the picture"),
    "MaxPooling2D": N_("keeps the largest of neighbouring numbers: a smaller picture"),
    "BatchNormalization": N_("brings the numbers to a common scale"),
    "ReLU": N_("sets what is below zero to zero"),
    "Dropout": N_("left numbers out by chance during training; does nothing now"),
    "Flatten": N_("writes all numbers in one line"),
    "Dense": N_("weighs all numbers, once for each answer"),
}


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
                "layer": (kind := type(layer).__name__),
                "what it does": _(LAYERS[kind]) if kind in LAYERS else "",
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
