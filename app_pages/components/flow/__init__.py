"""The overview: a drawing that flows through a whole network, live."""

from collections.abc import Callable

import streamlit as st

from app_pages.components import component

_flow = component("flow/flow")
KEY = "flow"


def show_flow(
    sheet: str, of: list, answer: dict, stages: list[dict], words: dict[str, str], on_open: Callable[[], None]
) -> None:
    """The drawing, a strip of feature maps for each stage, and the answers, from left to right; on a narrow screen from top to
    bottom. While it is shown, the live route is asked for the maps, too.

    Args:
        sheet, of: as for `components.live.show_answer`.
        answer: as `words.said` gives it, with the "flow" of `looking.passage_of`.
        stages: each with "title" and "words" above it, the "shape" of its maps (rows, columns), and the "names" of those that
            are shown.
        words: of the figure itself, see flow.js.
        on_open: called after a tap; `opened` says on what.
    """
    told = {name: answer[name] for name in ("pixels", "names", "percents", "shares", "winner", "flow")}
    data = {"sheet": sheet, "of": of, "answer": told, "stages": stages, "words": words}
    _flow(key=KEY, data=data, on_open_change=on_open)


def opened(columns: int) -> tuple[int, int]:
    """What was tapped, brought into bounds since it comes from outside: the column (0 is the drawing, the last one the
    answers), and which of its maps or answers."""
    place = (st.session_state.get(KEY) or {}).get("open")
    column, which = (place.get(name) if isinstance(place, dict) else 0 for name in ("column", "which"))
    column = column if type(column) is int else 0
    which = which if type(which) is int else 0
    return min(max(0, column), columns - 1), max(0, which)
