"""Train your own: a network is put together, trained while one watches, compared with others and drawn with."""

import base64
import io
from dataclasses import replace
from functools import lru_cache
from html import escape

import numpy as np
import pandas as pd
import segno
import streamlit as st

from app_pages.components.lesson import show_gallery
from app_pages.components.pictures import sheet, show_sheets
from app_pages.locale import _, told
from app_pages.parts import charts, classroom, fetching, network, own, visit, way
from app_pages.parts.headings import hidden_heading
from app_pages.parts.jobs import SPOILT, Job, this_session, trainer
from app_pages.parts.tables import decimal, headings, numbers, percent
from app_pages.parts.thumbnails import address
from app_pages.parts.words import DIGITS
from app_pages.parts.workbench import show_workbench
from model.data.dataset import on_this_machine
from model.data.disturbances import DISTURBANCES, LEVELS, disturbed
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
    PlanError,
    program,
    rows_of,
)
from model.reading.lesson import to_file
from model.reading.taught import Examples
from model.scores.evaluation import per_digit

COUNTS = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, MOST_PICTURES)
PENALTIES = (0.0, 1e-5, 1e-4, 1e-3, 1e-2)
SOURCES = {"mnist": "MNIST", "own": _("Our own drawings"), "class": _("The class's digits")}
WORDS = {
    "filters": _("kernels"),
    "kernel": _("size"),
    "kind": _("takes"),
    "size": _("window"),
    "units": _("units"),
    "rate": _("share left out"),
}
KINDS_OF_POOLING = {"max": _("the largest"), "mean": _("the mean")}
STATUSES = {
    "starting": _("The training starts …"),
    "paused": _("The training pauses."),
    "done": _("The training is done."),
    "stopped": _("The training was stopped."),
}
MOST_RUNS = 8
MOST_SHOWN = 20  # pictures of a digit that a class has handed in
WATCHED_EVERY = 1.0  # seconds
BY_HEART, APART = 0.97, 0.05  # accuracy on what was learnt from, and lead over new pictures, from which it is overfitting

state = st.session_state


def start() -> None:
    """Begins a visit of this page, unless it has begun."""
    if "own_plan" in state:
        return
    state.own_job = None
    state.own_runs = []
    state.own_plan = Plan(PRESETS["The textbook's CNN"])  # last: a run may be ended at any use of the session


def change(**values) -> None:
    state.own_plan = replace(state.own_plan, **values)


# ── A guided way ──────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── Build ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


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
                    WORDS[name],
                    allowed,
                    format_func=lambda value: KINDS_OF_POOLING.get(value, str(value)),
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

    widget(st.pills, _("Pictures"), list(SOURCES), "source", format_func=SOURCES.get, required=True, wrap=True)
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


# ── The class's own digits ────────────────────────────────────────────────────────────────────────────────────────────


def own_class() -> classroom.Classroom | None:
    """The class of which the visitor is the teacher."""
    return classroom.find_own(state.get("class_key"), this_session())


def show_classroom() -> None:
    """The way into the class, and what comes in; runs alone while pupils draw."""
    room = own_class()
    if problem_of(state.own_plan) != state.own_problem:
        st.rerun()  # there are enough pictures now, or no longer
    if room is None:
        st.markdown(
            _(
                "Pupils open a page with a code, draw what it asks for, and the network learns from the class's own hands. The "
                "pictures have no names, and are gone with the lesson."
            )
        )
        if st.button(_("Begin a class"), icon=":material/groups:", key="begin_class"):
            try:
                state.class_key = classroom.begin(this_session()).key
            except classroom.ClassroomError as error:
                st.warning(told(error), icon=":material/info:")
            else:
                st.rerun()  # the whole page, at whose end the browser is told what to keep
        return
    address = classroom.address_of(room, st.context.url or "http://localhost/train")
    with st.container(horizontal=True, vertical_alignment="center", key="class_door"):
        st.image(code_of(address), width=170, output_format="PNG", alt=_("The QR code of {address}", address=address))
        with st.container():
            st.html(f'<span class="dd-code">{room.code}</span>')
            st.markdown(f"[{address.partition('?')[0]}]({address})")
    st.subheader(_("What has come in"), anchor=False)
    st.markdown(_("Pictures: **{count:,}**", count=len(room.handed)))
    show_handed(room)
    with st.container(horizontal=True):
        st.button(
            _("Put it back"),
            icon=":material/undo:",
            key="put_back",
            on_click=room.put_back,
            disabled=not room.taken_out,
            help=_("The picture that was taken out last."),
        )
        st.button(_("End the class"), icon=":material/close:", key="end_class", on_click=classroom.end, args=(room,))


@lru_cache(maxsize=20)
def code_of(address: str) -> bytes:
    """The QR code of an address as a PNG, dark on white with a margin, as readers want it in any theme."""
    file = io.BytesIO()
    segno.make(address, error="m").save(file, kind="png", scale=8, border=4)
    return file.getvalue()


def show_handed(room) -> None:
    """The newest pictures by digit; a tap takes one out."""
    newest: list = []
    groups = []
    for digit in DIGITS:
        own_digit = [one for one in list(room.handed) if one.label == digit][: -MOST_SHOWN - 1 : -1]
        if own_digit:
            places = list(range(len(newest), len(newest) + len(own_digit)))
            groups.append({"label": digit, "words": f"{room.counts[digit]}", "examples": places})
            newest += own_digit
    if not newest:
        st.caption(_("Nothing has come in yet."))
        return
    st.caption(_("A tap takes a bad one out."))
    content = to_file(Examples(np.array([one.picture for one in newest]), tuple(one.label for one in newest)))
    before = state.get("class_shown", [])
    pressed = show_gallery(
        f"data:application/json;base64,{base64.b64encode(content).decode('ascii')}", groups, _("Take this picture out")
    )
    state.class_shown = newest
    if type(pressed) is int and 0 <= pressed < len(before):
        room.take_out(before[pressed])
        st.rerun(scope="fragment")


# ── Watch ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def begin() -> None:
    job = Job(state.own_plan, this_session(), handed())
    state.own_job = job
    state.own_runs = [*state.own_runs, job][-MOST_RUNS:]
    trainer().start(job)


def one_more() -> None:
    """Goes on with the last network for one more epoch: its run goes on, too."""
    before = state.own_job
    plan = replace(before.plan, epochs=before.done + 1)
    job = Job(
        plan, this_session(), before.handed, before.done, before.content, epochs=list(before.epochs), steps=list(before.steps)
    )
    state.own_job = job
    state.own_runs = [job if run is before else run for run in state.own_runs]
    trainer().start(job)


def handed() -> tuple | None:
    """The class's pictures, if it is to be learnt from them."""
    room = own_class() if state.own_plan.source == "class" else None
    return room.pictures() if room else None


def reset() -> None:
    if state.own_job is not None:
        state.own_job.stop()
    state.own_job = None


def show_start(problem: str) -> None:
    """What can be done with the training now."""
    job = state.own_job
    is_busy = job is not None and not job.is_over
    with st.container(horizontal=True, gap="small", key="own_start"):
        st.button(
            _("Train it"), icon=":material/play_arrow:", key="own_train", on_click=begin, disabled=is_busy or bool(problem)
        )
        if is_busy and job.status == "paused":
            st.button(_("Go on"), icon=":material/play_arrow:", on_click=job.go_on)
        elif is_busy:
            st.button(_("Pause"), icon=":material/pause:", on_click=job.pause, disabled=job.status != "training")
        if is_busy:
            st.button(_("Stop"), icon=":material/stop:", on_click=job.stop)
        elif job is not None and job.content:
            more = job.done < MOST_EPOCHS
            st.button(_("One more epoch"), icon=":material/plus_one:", on_click=one_more, disabled=not more)
        if job is not None and not is_busy:
            st.button(_("Clear"), icon=":material/restart_alt:", on_click=reset)


def show_watch(problem: str) -> None:
    """What can be done with the training, and what it has told: a part of the page that runs alone while it trains."""
    job = state.own_job
    is_busy = job is not None and not job.is_over
    st.fragment(show_training, run_every=WATCHED_EVERY if is_busy else None)(problem, is_busy)


def show_training(problem: str, was_busy: bool) -> None:
    job = state.own_job
    if was_busy != (job is not None and not job.is_over):
        st.rerun()  # the rest of the page is about it, too
    show_start(problem)
    if problem:
        st.error(problem, icon=":material/block:")
    if job is None:
        st.markdown(
            _(
                "**Train it**, and see here how the network learns: how wrong it is, how much it gets right of pictures that "
                "it has never seen, and what its first kernels become."
            )
        )
        return
    if job.status == "failed":
        st.error(f"{told(job.problem)} {kept(job)}", icon=":material/error:")
    else:
        done = job.steps[-1][0] if job.steps else job.done
        st.progress(min(1.0, done / job.plan.epochs), progress_of(job))
    show_curves(job)
    if sentence := judged(job):
        st.markdown(sentence)
    if job.answers is not None and job.shown is not None:
        show_validation(job)
    if job.kernels is not None and job.kernels[0] is not None:
        show_kernels(job)


def progress_of(job: Job) -> str:
    """How far it is, in a sentence."""
    if job.status == "waiting":
        ahead = trainer().ahead(job)
        return _("It waits for its turn: {ahead} before it.", ahead=ahead) if ahead else _("It is next.")
    if job.status == "training":
        left = job.seconds_left
        epoch = min(job.plan.epochs, 1 + int(job.steps[-1][0] if job.steps else job.done))
        if left is None:
            return _("Epoch {epoch} of {epochs}", epoch=epoch, epochs=job.plan.epochs)
        seconds = max(1, round(left))
        return _("Epoch {epoch} of {epochs}, about {seconds} s left", epoch=epoch, epochs=job.plan.epochs, seconds=seconds)
    return STATUSES[job.status]


def kept(job: Job) -> str:
    if not job.content:
        return _("Nothing was trained yet; try again.")
    return _("The network is kept as it was after epoch {epoch}.", epoch=job.done)


def show_curves(job: Job) -> None:
    """Loss and accuracy, on what is learnt from as it goes, and on validation pictures after each epoch."""
    steps = [{"epoch": at, "loss": loss, "accuracy": right, "pictures": _("training")} for at, loss, right in job.steps]
    first = job.done - len(job.epochs)
    epochs = [
        {
            "epoch": first + number,
            "loss": values["val_loss"],
            "accuracy": values["val_accuracy"],
            "pictures": _("validation"),
        }
        for number, values in enumerate(job.epochs, 1)
    ]
    if not steps and not epochs:
        return
    table = pd.DataFrame(steps + epochs)
    for column, measure, words in zip(st.columns(2), ("accuracy", "loss"), (_("Read right"), _("Loss")), strict=True):
        specification = charts.own_chart(measure, max(1, job.plan.epochs)) | {"height": 230}
        with column:
            st.markdown(f"**{words}**")
            st.vega_lite_chart(
                table, specification, alt=_("{measure}, of training and validation pictures, by epoch", measure=words)
            )


def judged(job: Job) -> str:
    """What the numbers say of the training, in a sentence, where they do."""
    if not job.epochs:
        return ""
    last = job.epochs[-1]
    learnt, new = last["accuracy"], last["val_accuracy"]
    if learnt >= BY_HEART and learnt - new >= APART:
        return _(
            "It knows its {pictures:,} pictures nearly by heart ({learnt:.1%} right), and new ones less well ({new:.1%}): that "
            "is **overfitting**.",
            pictures=job.plan.pictures,
            learnt=learnt,
            new=new,
        )
    if len(job.epochs) >= 3 and last["val_loss"] > 1.2 * min(one["val_loss"] for one in job.epochs):
        return _("On new pictures the loss rises again while it falls on those it learns from: **overfitting** begins.")
    return _("After epoch {epoch} it reads **{new:.1%}** of new pictures right.", epoch=job.done, new=new)


def show_validation(job: Job) -> None:
    """Some validation pictures, and what the network says of them now."""
    images, labels = job.shown
    cells = []
    for image, label, answer in zip(images, labels, job.answers, strict=True):
        best = int(answer.argmax())
        tone, alt = "sure" if best == label else "other", escape(_("a {label}", label=label))
        cells.append(
            f'<figure class="dd-own-{tone}"><img alt="{alt}" src="{address((255 - image).tobytes(), image.shape)}">'
            f"<figcaption>{best} <small>{percent(answer[best], 0)}</small></figcaption></figure>"
        )
    st.caption(_("Pictures that it never learns from, and what it says of them after the last epoch:"))
    st.html(f'<div class="dd-own">{"".join(cells)}</div>')


def show_kernels(job: Job) -> None:
    before, now = (kernels.astype(np.float32) for kernels in job.kernels)
    sheets = [
        sheet(_("Before"), _("The first kernels as they were drawn at random"), before),
        sheet(_("Now"), _("The same after epoch {epoch}", epoch=job.done) if job.done else _("The same now"), now),
    ]
    show_sheets("own_kernels", sheets, _("Kernel {number}"))


# ── Compare ───────────────────────────────────────────────────────────────────────────────────────────────────────────


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
                "source": SOURCES[plan.source],
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


# ── Use ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def show_use() -> None:
    """Drawing with the network, and taking it away."""
    st.header(_("Use it"), anchor=False)
    job = state.own_job
    if job is None or not job.content or not job.is_over:
        st.markdown(_("There is no trained network yet. Train one: here you draw with it, and take it away with you."))
        return
    with st.container(horizontal=True, gap="small"):
        csv = pd.DataFrame(job.epochs).to_csv(index_label="epoch")
        st.download_button(
            _("The network"), job.content, "network.keras", icon=":material/download:", on_click="ignore", key="own_keras"
        )
        try:
            text = program(job.plan)
        except PlanError:
            text = None
        if text:
            st.download_button(
                _("The program"),
                text,
                "network.py",
                "text/x-python",
                icon=":material/code:",
                on_click="ignore",
                key="own_program",
            )
        st.download_button(
            _("The run as CSV"), csv, "run.csv", "text/csv", icon=":material/download:", on_click="ignore", key="own_csv"
        )
        if not own.is_of(job):
            st.button(_("Draw with it"), icon=":material/draw:", key="own_use", type="primary", on_click=own.use, args=(job,))
            return
    if not network.recognizer().done():
        st.info(_("The other network is still waking up; you can draw as soon as it is there."))
        network.wait()
        return
    own.show_switch()
    if room := own_class():
        if room.taught is state.own:
            st.caption(_("The class can draw with it, too: on the page where it hands in."))
        else:
            st.button(_("Let the class draw with it"), icon=":material/groups:", key="share", on_click=share, args=(room,))
    show_workbench(own=state.own)


def draw_with(job: Job) -> None:
    """Has the network of a training read drawings, and goes to where one draws."""
    own.use(job)
    state.training_part = "use"


def share(room) -> None:
    room.taught = state.own


# ── The page ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def problem_of(plan: Plan) -> str:
    """Why the plan cannot be trained now, or ""."""
    try:
        plan.check()
        if plan.source == "class":
            room = own_class()
            plan.check_handed([int(one.label) for one in room.handed] if room else [])
    except PlanError as error:
        return told(error)
    return ""


def show_building() -> None:
    """Putting a network together, and watching it learn."""
    st.markdown(_("Put a network together, train it, and draw with it. It takes a minute."))
    show_guide()
    plan = state.own_plan
    state.own_problem = problem_of(plan)
    missing = plan.source == "mnist" and on_this_machine("mnist") is None
    build, watch = st.columns([5, 6], gap="large")
    with build:
        st.header(_("Build"), anchor=False)
        show_layers()
        st.header(_("Learn"), anchor=False)
        show_learning()
    with watch:
        with st.container(horizontal=True, vertical_alignment="center", key="own_watch"):  # nothing moves when it is done
            st.header(_("Watch"), anchor=False, width="content")
            job = state.own_job
            if job is not None and job.content and job.is_over:
                st.button(_("Draw with it"), icon=":material/draw:", key="own_use_now", on_click=draw_with, args=(job,))
        if missing:
            fetching.offer("mnist")
        else:
            show_watch(state.own_problem)


PARTS = {"build": _("Build and train"), "compare": _("Compare"), "use": _("Use it")}


def show_page() -> None:
    hidden_heading(_("Train your own"))
    part = way.show_way(PARTS, "training_part")
    if part == "build":
        show_building()
    elif part == "compare":
        show_comparison()
    else:
        show_use()


visit.start()
visit.SHEET.follow()
start()
with st.container(key="train"):
    show_page()
