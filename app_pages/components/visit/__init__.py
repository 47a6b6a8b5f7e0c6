"""What outlives the server: the browser keeps a visit, by tab; and the page runs when a lost connection is there again."""

import streamlit as st

from app_pages.components import component
from app_pages.locale import _

_visit = component("visit/visit")


def keep_visit(session: str, kept: dict, is_restored: bool, lesson: dict | None) -> None:
    """Has the browser keep what a visitor made, and offer it to a session that does not know it; see `restored_visit`.

    Args:
        session: tells this session from others.
        kept: what JSON can hold, some kilobytes.
        is_restored: whether this session has taken what was offered.
        lesson: of what was taught, "digest", which tells it from others ("" if nothing was taught), and "query", by which the
            browser fetches it; None leaves what is kept of it. It is offered as "lesson" of the visit.
    """
    data = {"session": session, "kept": kept, "is_restored": is_restored, "lesson": lesson}
    _visit(
        key="visit",
        data=data,
        default={"connected": 0, "full": False},
        on_restored_change=lambda: None,
        on_connected_change=lambda: None,
        on_full_change=lambda: None,
    )


def sentences_of_connection() -> dict[str, str]:
    """What visit/connection.js says where there is no connection, by name."""
    return {
        "lost": _(
            "The connection to the server is gone. You can go on drawing: it is read as soon as the server is there again."
        ),
        "refused": _("The server is full or away. This page tries again by itself, and opens as soon as there is room."),
    }


def has_no_room() -> bool:
    """Whether the browser could not keep what was taught. It comes from outside."""
    return (st.session_state.get("visit") or {}).get("full") is True


def restored_visit(session: str) -> dict | None:
    """What the browser has kept and offers to this session, or None. It comes from outside."""
    offered = (st.session_state.get("visit") or {}).get("restored")
    if not isinstance(offered, dict) or offered.get("session") != session or not isinstance(offered.get("kept"), dict):
        return None
    return offered["kept"]
