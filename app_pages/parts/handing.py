"""Where a class hands in its own digits, to "Train your own": the way into it, and what has come in."""

import base64
import io
from functools import lru_cache

import numpy as np
import segno
import streamlit as st

from app_pages.components.lesson import show_gallery
from app_pages.locale import _, told
from app_pages.parts import classroom
from app_pages.parts.jobs import this_session
from app_pages.parts.words import DIGITS
from model.networks.stack import Plan, PlanError
from model.reading.lesson import to_file
from model.reading.taught import Examples

MOST_SHOWN = 20  # pictures of a digit that a class has handed in

state = st.session_state


def own_class() -> classroom.Classroom | None:
    """The class of which the visitor is the teacher."""
    return classroom.find_own(state.get("class_key"), this_session())


def handed() -> tuple | None:
    """The class's pictures, if it is to be learnt from them."""
    room = own_class() if state.own_plan.source == "class" else None
    return room.pictures() if room else None


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
