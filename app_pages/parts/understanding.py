"""How it knows: where the examples lie, what was kept of the network and what is new, and what training would do."""

import altair as alt
import pandas as pd
import streamlit as st

from app_pages.components.lesson import show_map, show_network
from app_pages.locale import _, ngettext
from app_pages.parts import words

COLOURS = ["#2f86d6", "#e8740c"]  # of those it was not shown, and of those it was trained on


def show_understanding(taught, sheet, prediction) -> None:
    """What a visitor has taught, as a map, as a picture of the network, and beside a trained last layer.

    Args:
        taught: a `lesson.Taught`.
        sheet: the `Sheet` whose drawing moves on the map.
        prediction: the `model.Prediction` of that drawing by `taught.recognizer`, or None if nothing is drawn.
    """
    st.header(_("How it knows"), anchor=False)
    show_places(taught, sheet, prediction)
    show_layers(taught)
    show_last_layer(taught)


def show_places(taught, sheet, prediction) -> None:
    """The map."""
    st.subheader(_("What looks alike lies near"), anchor=False)
    st.markdown(
        _(
            "The network turns each drawing into a list of numbers, and so into a place. Draw on the sheet above: your drawing "
            "moves among the examples, with a line to the nearest ones."
        )
    )
    place = None
    if prediction is not None and prediction.place is not None:
        place = {
            "point": taught.projection.points(prediction.place[None])[0].round(4).tolist(),
            "nearest": [one.index for one in prediction.nearest],
        }
    examples = taught.recognizer.examples
    show_map(
        sheet.view,
        sheet["of"],
        f"live/lesson?taught={taught.token}",
        taught.points.round(4).tolist(),
        list(examples.labels),
        place,
        ngettext(
            "A map of {count} example of {names}: those that look alike lie near each other.",
            "A map of {count} examples of {names}: those that look alike lie near each other.",
            len(examples),
            names=", ".join(examples.counts),
        ),
        _("your drawing"),
    )
    if prediction is not None and prediction.nearest:
        said = ", ".join(
            _("{label} ({similarity:.0%} alike)", label=words.plain(one.label), similarity=one.similarity)
            for one in prediction.nearest
        )
        st.caption(_("Nearest to your drawing: {examples}.", examples=said))
    st.caption(
        _(
            "A place has {count:,} numbers and the map has two: it shows {share:.0%} of how the examples differ (principal "
            "component analysis).",
            count=taught.recognizer.places.shape[1],
            share=taught.projection.share,
        )
    )


def show_layers(taught) -> None:
    """What is kept of the network, and what is new."""
    st.subheader(_("What is kept, and what is new"), anchor=False)
    st.markdown(
        _(
            "All layers stay as they were trained; only the last one is replaced. What it learnt from many thousand digits is "
            "carried over to what it has met a few times: that is called transfer learning."
        )
    )
    recognizer = taught.recognizer
    numbers = recognizer.places.shape[1]
    count, names = len(recognizer.examples), len(recognizer.examples.counts)
    steps = [
        {"title": _("Your drawing"), "words": _("28 × 28 pixels"), "kind": "kept"},
        {
            "title": _("Layers that look for patterns"),
            "words": _("as before: {numbers:,} numbers come out", numbers=numbers),
            "kind": "kept",
        },
        {"title": _("The last layer"), "words": _("knew ten digits and nothing else"), "kind": "gone"},
        {
            "title": _("Your examples"),
            "words": _("new: how like is it to each of the {count} drawings of {names} names?", count=count, names=names),
            "kind": "new",
        },
        {
            "title": _("Probabilities"),
            "words": _("of {count} answers, and of nothing I know", count=len(recognizer.labels)),
            "kind": "kept",
        },
    ]
    show_network(steps, _("; then ").join(f"{step['title']}: {step['words']}" for step in steps))


def show_last_layer(taught) -> None:
    """The same examples, used to train a new last layer."""
    st.subheader(_("Or train a new last layer"), anchor=False)
    trained = taught.last_layer
    if trained is None:
        st.markdown(
            _(
                "Textbooks train a new last layer on the examples. That takes at least two names, and more than one example of "
                "one of them."
            )
        )
        return
    count = trained.examples
    st.markdown(
        _(
            "Textbooks train a new last layer on the same {count} examples, step by step. Each drawing judged by the others, "
            "comparing reads **{compared} of {count}** right, the trained layer **{judged} of {count}**.",
            judged=trained.judged[-1],
            count=count,
            compared=trained.compared,
        )
    )
    rows = [
        {"step": step, "share": right / count, "drawings": name}
        for name, values in (
            (_("those it was trained on"), trained.right),
            (_("those it was not shown"), trained.judged),
        )
        for step, right in enumerate(values)
    ]
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_line(strokeWidth=3)
        .encode(
            alt.X("step:Q", title=_("step of training")),
            alt.Y("share:Q", title=_("read right"), axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, 1])),
            alt.Color("drawings:N", title=None, legend=alt.Legend(orient="bottom", columns=1), scale=alt.Scale(range=COLOURS)),
            alt.StrokeDash("drawings:N", title=None, legend=None),
        )
    )
    st.altair_chart(chart.properties(height=260), alt=_("Drawings read right after each step of training a new last layer"))
