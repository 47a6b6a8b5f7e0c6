"""Where a network is put together on "Train your own": its layers, what it learns from, and experiments for a lesson."""

from dataclasses import replace

import streamlit as st

from app_pages.locale import N_, _, told
from app_pages.parts.handing import show_classroom
from app_pages.parts.tables import decimal
from model.networks.experiments import EXPERIMENTS
from model.networks.stack import (
    BATCHES,
    KINDS,
    MOST_EPOCHS,
    MOST_LAYERS,
    MOST_PICTURES,
    MOST_PRODUCTS,
    MOST_WEIGHTS,
    MOST_WORK,
    OPTIMIZERS,
    PRESETS,
    RATES,
    Plan,
    rows_of,
)

COUNTS = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, MOST_PICTURES)
PENALTIES = (0.0, 1e-5, 1e-4, 1e-3, 1e-2)
SOURCES = {"mnist": "MNIST", "own": N_("Our own drawings"), "class": N_("The class's digits")}
WORDS = {
    "filters": N_("kernels"),
    "kernel": N_("size"),
    "kind": N_("takes"),
    "size": N_("window"),
    "units": N_("units"),
    "rate": N_("share left out"),
}
KINDS_OF_POOLING = {"max": N_("the largest"), "mean": N_("the mean")}

state = st.session_state


def change(**values) -> None:
    state.own_plan = replace(state.own_plan, **values)


def take_plan(plan: Plan) -> None:
    state.own_plan = plan


def show_guide() -> None:
    """Six experiments for a lesson: each a question, plans to train, and what to look for."""
    with st.expander(_("A guided way: six experiments for a lesson of 40 minutes"), icon=":material/route:", key="own_guide"):
        number = st.pills(
            _("Experiments"),
            list(range(len(EXPERIMENTS))),
            format_func=lambda number: f"{number + 1} · {_(EXPERIMENTS[number].title)}",
            key="own_experiment",
            persist_state="session",
            label_visibility="collapsed",
            wrap=True,
        )
        if number is None:
            st.markdown(_("Each asks a question. Take its plans one after the other, train each, and compare. Choose one."))
            return
        experiment = EXPERIMENTS[number]
        st.markdown(f"**{_(experiment.question)}**")
        with st.container(horizontal=True, gap="small"):
            for step, (name, plan) in enumerate(experiment.plans.items(), 1):
                st.button(
                    f"{step}. {_(name)}",
                    key=f"own_plan_{number}_{step}",
                    type="primary" if plan == state.own_plan else "secondary",
                    on_click=take_plan,
                    args=(plan,),
                )
        st.markdown(_("Take one, **train it**, then the next. Look for: {look_for}", look_for=_(experiment.look_for)))
        with st.popover(_("What we found"), icon=":material/lightbulb:", key="own_found"):
            st.markdown(_(experiment.found))


def take_preset() -> None:
    if state.own_preset is not None:
        change(layers=PRESETS[state.own_preset])


def add_layer(kind: str) -> None:
    change(layers=(*state.own_plan.layers, KINDS[kind]()))


def move_layer(index: int, by: int) -> None:
    layers = list(state.own_plan.layers)
    layers.insert(index + by, layers.pop(index))
    change(layers=tuple(layers))


def remove_layer(index: int) -> None:
    layers = state.own_plan.layers
    change(layers=layers[:index] + layers[index + 1 :])


def choose(index: int, name: str, key: str) -> None:
    layers = list(state.own_plan.layers)
    layers[index] = replace(layers[index], **{name: state[key]})
    change(layers=tuple(layers))


def show_layers() -> None:
    """The layers, each with what it makes and costs."""
    plan = state.own_plan
    preset = next((name for name, layers in PRESETS.items() if layers == plan.layers), None)
    state.own_preset = preset
    st.pills(_("Begin with"), list(PRESETS), format_func=_, key="own_preset", on_change=take_preset, wrap=True)
    rows = rows_of(plan.layers)
    for index, row in enumerate(rows[:-1]):
        show_layer(index, row, len(plan.layers))
    with st.container(border=True):
        st.markdown(_("**Dense**, the last one: ten sums, softmax, ten probabilities") + f"  \n{costs(rows[-1])}")
    with st.container(horizontal=True, gap="small", key="own_add"):
        for kind in KINDS:
            full = len(plan.layers) >= MOST_LAYERS
            st.button(_(kind), icon=":material/add:", key=f"own_add_{kind}", on_click=add_layer, args=(kind,), disabled=full)
    weights, products = sum(row.weights for row in rows), sum(row.products for row in rows)
    st.caption(
        _(
            "In all {weights:,} weights, of {most_weights:,} at the most, and {products:,} multiplications for one picture, of "
            "{most_products:,}.",
            weights=weights,
            most_weights=MOST_WEIGHTS,
            products=products,
            most_products=MOST_PRODUCTS,
        )
    )


def show_layer(index: int, row, count: int) -> None:
    layer = row.layer
    with st.container(border=True, key=f"own_layer_{index}"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.markdown(f"**{index + 1} · {_(layer.name)}**  \n{costs(row)}", width="stretch")
            for name, allowed in layer.choices.items():
                key = f"own_{index}_{name}"
                state[key] = getattr(layer, name)
                st.selectbox(
                    _(WORDS[name]),
                    allowed,
                    format_func=lambda value: _(KINDS_OF_POOLING[value]) if value in KINDS_OF_POOLING else str(value),
                    key=key,
                    on_change=choose,
                    args=(index, name, key),
                    width=110,
                )
            for name, label, icon, by, off in (
                ("Up", _("Up"), "arrow_upward", -1, index == 0),
                ("Down", _("Down"), "arrow_downward", 1, index == count - 1),
            ):
                st.button(
                    "",
                    icon=f":material/{icon}:",
                    key=f"own_{name}_{index}",
                    help=label,
                    on_click=move_layer,
                    args=(index, by),
                    disabled=off,
                )
            st.button(
                "", icon=":material/close:", key=f"own_out_{index}", help=_("Take out"), on_click=remove_layer, args=(index,)
            )
        if row.problem:
            st.markdown(f":red[{told(row.problem)}]")


def costs(row) -> str:
    """What a layer makes and costs, in words."""
    if row.shape is None:
        return _(":red[cannot be]")
    shape = " × ".join(map(str, row.shape))
    if len(row.shape) == 3:
        return _("{shape} maps · {weights:,} weights", shape=shape, weights=row.weights)
    return _("{shape} values · {weights:,} weights", shape=shape, weights=row.weights)


def show_learning() -> None:
    """What it learns from, and how."""
    plan = state.own_plan

    def chosen(name, key):
        change(**{name: state[key]})

    def widget(make, title, options, name, **more):
        key = f"own_{name}"
        state[key] = getattr(plan, name)
        make(title, options, key=key, on_change=chosen, args=(name, key), **more)

    def slider(title, most, name, step, **more):
        key = f"own_{name}"
        state[key] = getattr(plan, name)
        st.slider(title, type(step)(0), most, key=key, step=step, on_change=chosen, args=(name, key), **more)

    def choose_digits():
        change(digits=tuple(sorted(state.own_digits)))

    sources = {name: _(title) for name, title in SOURCES.items()}
    widget(st.pills, _("Pictures"), list(sources), "source", format_func=sources.get, required=True, wrap=True)
    if plan.source == "class":
        st.fragment(show_classroom, run_every=2)()
    widget(st.select_slider, _("How many to learn from"), COUNTS, "pictures", format_func=decimal)
    state.own_digits = list(plan.digits)
    st.pills(_("Which digits"), list(range(10)), key="own_digits", selection_mode="multi", on_change=choose_digits, wrap=True)
    state.own_epochs = plan.epochs
    st.slider(_("Epochs"), 1, MOST_EPOCHS, key="own_epochs", on_change=chosen, args=("epochs", "own_epochs"))
    widget(st.select_slider, _("Learning rate"), RATES, "learning_rate", format_func=lambda rate: f"{rate:g}")
    st.caption(_("This training is {share:.1%} of the longest that a lesson allows.", share=plan.work / MOST_WORK))
    with st.expander(_("More: optimiser, batch, L2, augmentation"), key="own_more"):
        widget(st.segmented_control, _("Optimiser"), list(OPTIMIZERS), "optimizer", format_func=OPTIMIZERS.get, required=True)
        widget(st.select_slider, _("Pictures in a batch"), BATCHES, "batch")
        widget(
            st.select_slider, _("L2: the cost of large weights"), PENALTIES, "penalty", format_func=lambda value: f"{value:g}"
        )
        st.caption(_("Augmentation: other pictures are made of those that it learns from, new ones in each epoch."))
        slider(_("Turned by up to, in degrees"), 45.0, "turn", 5.0)
        slider(_("Moved by up to, as a share of the picture"), 0.3, "shift", 0.05)
        slider(_("Made larger or smaller by up to, as a share"), 0.3, "zoom", 0.05)
        state.own_flip = plan.flip
        st.toggle(_("Half of them mirrored"), key="own_flip", on_change=chosen, args=("flip", "own_flip"))
