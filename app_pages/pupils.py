"""A class's own digits: who has the code draws what is asked for, and hands it in."""

import streamlit as st

from app_pages.components import live
from app_pages.components.lesson import show_taker
from app_pages.locale import _, told
from app_pages.parts import classroom, network, visit, words
from app_pages.parts.classroom import ClassroomError
from app_pages.parts.headings import hidden_heading
from app_pages.parts.jobs import this_session
from app_pages.parts.visit import CLASS_SHEET as SHEET

CODE = "code"  # in the address

state = st.session_state


def start() -> None:
    """Begins a visit of this page, unless it has begun."""
    state.setdefault("class_code", st.query_params.get(CODE, "")[:20])  # it comes from outside
    state.setdefault("class_asked", "7")
    state.setdefault("class_problem", None)


# ── What the pupil does ───────────────────────────────────────────────────────────────────────────────────────────────


def enter() -> None:
    state.class_code = state.class_code_typed


def hand_in(room) -> None:
    """Hands the drawing in, and lays an empty sheet."""
    SHEET.follow()  # the last stroke may have come together with the click
    try:
        if SHEET["ink"] is None:
            raise ClassroomError("There is nothing on the sheet yet: draw it first.")
        room.hand_in(this_session(), SHEET["ink"], state.class_asked)
    except ClassroomError as error:
        state.class_problem = error.with_traceback(None)
        return
    SHEET.clear(by="hand_in")
    state.class_asked = words.next_digit(room.counts, state.class_asked)


def try_it(room) -> None:
    """Has the class's network answer on Draw."""
    state.own, state.with_own = room.taught, True


# ── What one sees ─────────────────────────────────────────────────────────────────────────────────────────────────────


def show_door() -> None:
    """Where the code is asked for."""
    st.markdown(_("Your teacher's screen shows a code: with it, you draw digits that the class's own network learns from."))
    state.class_code_typed = state.class_code
    st.text_input(_("The code"), key="class_code_typed", max_chars=20, on_change=enter, width=200)
    if state.class_code:
        st.warning(_("This class is over, or there never was one with this code."), icon=":material/info:")


def invitation() -> dict:
    """What is said of an empty sheet."""
    return words.said("", _("Draw {digit}, in your own hand.", digit=state.class_asked), "quiet")


def told_of_drawing() -> dict:
    """What the shared network makes of the drawing, or what stands in its place."""
    loading = network.recognizer()
    if SHEET["ink"] is None or not loading.done() or network.failure(loading):
        return invitation()
    return words.digit_answer(loading.result().recognize(SHEET["ink"]))


def show_desk(room) -> None:
    """The sheet, what is asked for, and the button that hands it in."""
    answer = told_of_drawing()
    with st.container(key="teaching"), st.container(key="workbench"):
        with st.container(key="drawing"):
            SHEET.show_canvas(invitation(), shows="nothing")
            with st.container(horizontal=True, vertical_alignment="center", key="taking"):
                st.markdown(_("Draw **{label}**", label=state.class_asked), width="stretch")
                st.button(
                    _("Hand in this {digit}", digit=state.class_asked),
                    icon=":material/send:",
                    type="primary",
                    key="hand_in",
                    on_click=hand_in,
                    args=(room,),
                )
            if state.class_problem:
                st.warning(told(state.class_problem), icon=":material/info:")
                state.class_problem = None
            show_taker(SHEET.view, "hand_in", None)
        with st.container(key="answer"):
            live.show_answer(SHEET.view, SHEET["of"], answer)
        with st.container(key="probabilities"):
            live.show_bars(SHEET.view, SHEET["of"], answer, answer["names"])
        with st.container(key="verdict_row"):
            st.fragment(show_class, run_every=3)(room)


def show_class(room) -> None:
    """How much there is, and the class's network once it can be tried."""
    if classroom.find(room.code) is None:
        st.rerun()
    mine = room.of(this_session())
    st.markdown(
        _("Pictures of class **{code}**: {count:,}, {mine} of them yours.", code=room.code, count=len(room.handed), mine=mine)
    )
    with st.container(horizontal=True):
        st.button(
            _("Take my last one back"),
            icon=":material/undo:",
            key="take_back",
            on_click=room.take_back,
            args=(this_session(),),
            disabled=not mine,
        )
        if st.button(_("Leave the class"), icon=":material/logout:", key="leave_class", type="tertiary"):
            state.class_code = ""
            st.query_params.clear()
            st.rerun()
    if room.taught is not None:
        st.success(_("Your class has trained a network."), icon=":material/celebration:")
        if st.button(_("Draw with it"), icon=":material/draw:", key="try_class", on_click=try_it, args=(room,)):
            st.switch_page("draw.py")


def show_page() -> None:
    hidden_heading(_("Draw digits for your class"))
    room = classroom.find(state.class_code)
    if room is None:
        show_door()
        return
    show_desk(room)
    if not network.recognizer().done():
        network.wait()


visit.start()
SHEET.follow()
start()
show_page()
