"""Where one watches a network learn on "Train your own"."""

from dataclasses import replace
from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from app_pages.components.pictures import sheet, show_sheets
from app_pages.locale import N_, _, told
from app_pages.parts import charts
from app_pages.parts.handing import handed
from app_pages.parts.jobs import Job, this_session, trainer
from app_pages.parts.tables import percent
from app_pages.parts.thumbnails import address
from model.networks.stack import MOST_EPOCHS

STATUSES = {
    "starting": N_("The training starts …"),
    "paused": N_("The training pauses."),
    "done": N_("The training is done."),
    "stopped": N_("The training was stopped."),
}
MOST_RUNS = 8
WATCHED_EVERY = 1.0  # seconds
BY_HEART, APART = 0.97, 0.05  # accuracy on what was learnt from, and lead over new pictures, from which it is overfitting

state = st.session_state


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
    return _(STATUSES[job.status])


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
        specification = charts.own_chart(measure, max(1, job.plan.epochs)) | {"height": 260}
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
