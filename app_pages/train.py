"""Train your own: a network is put together, trained while one watches, compared with others and drawn with."""

import pandas as pd
import streamlit as st

from app_pages.locale import _
from app_pages.parts import fetching, network, own, visit, way
from app_pages.parts.building import show_guide, show_layers, show_learning
from app_pages.parts.comparing import show_comparison
from app_pages.parts.handing import own_class, problem_of
from app_pages.parts.headings import hidden_heading
from app_pages.parts.jobs import Job
from app_pages.parts.watching import show_watch
from app_pages.parts.workbench import show_workbench
from model.data.dataset import on_this_machine
from model.networks.stack import PRESETS, Plan, PlanError, program

state = st.session_state


def start() -> None:
    """Begins a visit of this page, unless it has begun."""
    if "own_plan" in state:
        return
    state.own_job = None
    state.own_runs = []
    state.own_plan = Plan(PRESETS["The textbook's CNN"])  # last: a run may be ended at any use of the session


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
