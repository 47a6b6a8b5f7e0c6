"""Look inside: what the network computes on the way from the visitor's drawing to its answer; first all of it on one screen,
then one step to a screen, beside the drawing."""

import streamlit as st

from app_pages.components import live
from app_pages.components.moment import show_moment
from app_pages.locale import _
from app_pages.parts import convolving, deciding, looking, moment, network, overview, own, seeing, visit, words
from app_pages.parts.headings import hidden_heading
from app_pages.parts.way import show_way
from app_pages.parts.workbench import answer, predict

# What is computed where, in the order of the computation. Each takes what was looked at.
STEPS = {
    "overview": _("Overview"),
    "picture": _("1 Picture"),
    "convolution": _("2 Convolution"),
    "relu": _("3 ReLU"),
    "pooling": _("4 Pooling"),
    "deeper": _("5 Deeper"),
    "sums": _("6 Sums"),
    "softmax": _("7 Softmax"),
    "why": _("8 Why?"),
    "training": _("Training"),
    "numbers": _("Numbers"),
}
SHOWN = {
    "convolution": convolving.show_convolution,
    "relu": seeing.show_activation,
    "pooling": seeing.show_pooling,
    "deeper": seeing.show_layers,
    "sums": deciding.show_sums,
    "softmax": deciding.show_softmax,
    "why": deciding.show_evidence,
    "training": deciding.show_training,
    "numbers": deciding.show_finding,
}


# ── The page ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@st.fragment
def show_step(loading, steps, told: dict) -> None:
    """The step at which the visitor is; its own buttons and sliders run it alone."""
    step = show_way(STEPS, "step")
    if not loading.done() or loading.exception() is not None:
        if step == "picture" and steps is not None:  # which takes no network
            seeing.show_preparation(steps)
        if not loading.done():
            st.info(_("The network is waking up. What it does with the drawing is shown as soon as it is there."))
        return
    mine = own.answering()
    net = (mine.recognizer if mine else loading.result()).network
    with st.container(key=f"step_{step}"):
        sentence = st.empty()  # goes as soon as there is a drawing, though the first look into a network takes seconds
        try:
            if step == "overview":
                overview.show_overview(net, steps, told)
            elif steps is None and step not in ("training", "numbers"):
                sentence.markdown(_("There is no drawing yet: draw a digit, or have one shown to you."))
            elif step == "picture":
                seeing.show_preparation(steps)
            else:
                picture = visit.BLANK if steps is None else steps.picture
                with st.spinner(_("Looking …")):
                    look = looking.look_of(looking.anatomy_of(net), id(net), picture)
                SHOWN[step](look)
        except ValueError as error:
            st.error(_("This network cannot be looked into. {problem}", problem=_(str(error))))
    show_moment(moment.told(step))


def show_page(loading) -> None:
    hidden_heading(_("Look inside"))
    # This place is always there: an element that came before the canvas, or went, would move it, and empty it by that.
    with st.container(key="failure"):
        network.say_failure(loading)
    mine = own.answering()
    labels = mine.recognizer.labels if mine else tuple(words.DIGITS)
    told = answer(loading, predict(loading, mine), labels)
    with st.container(key="bench"):
        visit.SHEET.show_canvas(words.digit_answer(None, labels), query=f"?taught={mine.token}" if mine else "")
        with st.container(key="answer"):
            live.show_answer(visit.SHEET.view, visit.SHEET["of"], told)
        own.show_switch()
    steps = looking.prepared()
    with st.container(key="lesson"):
        show_step(loading, steps, told)
    if not loading.done():
        network.wait()


visit.start()
visit.SHEET.follow()
moment.arrive(STEPS)
with st.container(key="inside"):
    show_page(network.recognizer())
