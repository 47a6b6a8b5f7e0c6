"""The overview of "Look inside": the whole network on one screen, live, and the way from there to each step."""

import streamlit as st

from app_pages.components.flow import opened, show_flow
from app_pages.locale import _, ngettext
from app_pages.parts import looking, visit
from app_pages.parts.convolving import LEARNT
from app_pages.parts.looking import head
from app_pages.parts.words import ANSWERS

state = st.session_state


def open_stage(flow) -> None:
    """A tap on the overview: opens the step that says more of what was tapped."""
    column, which = opened(len(flow.stages) + 2)
    if column == 0:
        state.step = "picture"
    elif column > len(flow.stages):
        state.step = "softmax"
        state.answer_asked = ANSWERS[min(which, len(ANSWERS) - 1)]
    else:
        stage = flow.stages[column - 1]
        chosen = stage.shown[min(which, len(stage.shown) - 1)]
        if column == 1 and flow.sees_the_picture:
            state.step, state.kernel_kind, state.convolution_kernel = "convolution", LEARNT, chosen + 1
        elif stage.shape[:2] == (1, 1):  # no maps any more
            state.step = "sums"
        else:
            state.step, state.layer, state.layer_map = "deeper", stage.last, chosen + 1


def words_on(shown: int, shape: tuple[int, int, int]) -> str:
    """How much of a stage there is, and how much of it is shown."""
    rows, columns, count = shape
    if rows == columns == 1:
        return ngettext("{shown} of {count} number", "{shown} of {count} numbers", count, shown=shown)
    return ngettext(
        "{shown} of {count} map, {rows}\u00a0×\u00a0{columns}",
        "{shown} of {count} maps, {rows}\u00a0×\u00a0{columns}",
        count,
        shown=shown,
        rows=rows,
        columns=columns,
    )


def show_overview(net, steps, told: dict) -> None:
    head(
        _("The whole network, live"),
        _(
            "Your drawing flows through all stages, and of each you see some feature maps. Point at a map to see what it is "
            "made of and what it goes into, or tap it to open its step."
        ),
    )
    flow = looking.flow_of(net)
    stages = []
    for at, stage in enumerate(flow.stages):
        rows, columns = stage.shape[:2]
        stages.append(
            {
                "title": _("Stage {number}", number=at + 1),
                "words": words_on(len(stage.shown), stage.shape),
                "shape": [rows, columns],
                "names": [_("Stage {number}, map {map}", number=at + 1, map=one + 1) for one in stage.shown],
            }
        )
    answer = told | {"flow": looking.passage_of(net, steps and steps.picture)}
    show_flow(
        visit.SHEET.view,
        visit.SHEET["of"],
        answer,
        stages,
        words={
            "drawing": _("Your drawing"),
            "answers": _("Answers"),
            "sums": _("A sum for each, and its probability"),
            "open": _("Enter opens its step."),
            "lines": _("{name}: what it is made of, and what it goes into. Orange adds, blue takes away."),
        },
        on_open=lambda: open_stage(flow),
    )
    st.page_link("lesson.py", label=_("For teachers: a lesson on one sheet of paper"), icon=":material/print:", width="content")
