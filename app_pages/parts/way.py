"""One part of a page to a screen: the names of all parts, and the way from one to the next."""

import streamlit as st

from app_pages.locale import _

state = st.session_state


def arrive(parts: dict[str, str], key: str) -> None:
    """Goes to the part that the address asks for, once in each visit."""
    if f"{key}_arrived" in state:
        return
    asked = st.query_params.get(key)
    if asked in parts:
        state[key] = asked
    state[f"{key}_arrived"] = True


def show_way(parts: dict[str, str], key: str) -> str:
    """Back, the parts, next.

    Args:
        parts: names, and what they are called.
        key: of the choice in the session, and its name in the address.

    Returns:
        the part that is chosen, at first the first one.
    """
    names = list(parts)
    if state.get(key) not in names:
        state[key] = names[0]
    with st.container(key="way", horizontal=True, vertical_alignment="center", gap="small"):
        at_first, at_last = state[key] == names[0], state[key] == names[-1]
        st.button(_("Back"), icon=":material/arrow_back:", key="back", on_click=_go, args=(key, names, -1), disabled=at_first)
        st.segmented_control(
            _("Part"),
            names,
            key=key,
            format_func=parts.get,
            required=True,
            label_visibility="collapsed",
            persist_state="session",
        )
        st.button(
            _("Next"),
            icon=":material/arrow_forward:",
            icon_position="right",
            key="next",
            type="primary",
            on_click=_go,
            args=(key, names, 1),
            disabled=at_last,
        )
    return state[key]


def _go(key: str, names: list[str], by: int) -> None:
    state[key] = names[min(max(0, names.index(state[key]) + by), len(names) - 1)]
