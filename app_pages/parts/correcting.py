"""What was read, character by character: a table in which it is put right, and what is taken away of it."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from app_pages.locale import N_, _
from app_pages.parts import lesson, results
from app_pages.parts.results import EMPTY, LABELS, LEFT_OUT, UNREAD, Result

TONES = {
    "sure": N_("sure"),
    "fair": N_("fairly sure"),
    "unsure": N_("not sure"),
    "other": N_("cannot read it"),
    "none": N_("left out"),
}
MOST_DOUBTFUL_FIRST = ("other", "unsure", "fair", "sure", "none")

state = st.session_state


def pair(name: str) -> tuple:
    """Two containers, beside each other where there is room; components/style.css says where that is."""
    with st.container(key=f"pair_{name}"):
        return st.container(), st.container()


def show_corrections(result: Result) -> None:
    """The characters of a result in a table in which they can be put right, and what then stands there."""
    table, order = as_table(result)
    # Also what the table holds though it is no longer known.
    read = [entry.label for entry in result.entries]
    labels = list(dict.fromkeys([*LABELS[:-3], *lesson.examples().symbols, *LABELS[-3:], *read]))
    key = f"characters_{result.number}"

    def take_corrections() -> None:
        for row, changes in state[key]["edited_rows"].items():
            if changes.get("reading") in labels:
                result.correct(order[int(row)], changes["reading"])

    left, right = pair(f"corrections_{result.number}")
    with left:
        st.caption(_("What is least sure stands first. Double-click or double-tap on a reading to put it right."))
        st.data_editor(
            table,
            key=key,
            on_change=take_corrections,
            hide_index=True,
            disabled=[name for name in table if name != "reading"],
            row_height=44,
            column_config={
                "picture": st.column_config.ImageColumn("", width=60),
                "how sure": st.column_config.TextColumn(_("how sure")),
                "reading": st.column_config.SelectboxColumn(
                    _("reading"), options=labels, required=True, format_func=label_in_words, width=90
                ),
                "confidence": st.column_config.NumberColumn(_("confidence"), format="percent", width=90),
                "line": st.column_config.NumberColumn(_("line"), width=60),
                "position": st.column_config.NumberColumn(_("position"), width=70),
            },
            alt=_("What was read, character by character"),
        )
    with right:
        st.caption(_("The reading with your corrections, to copy or to take away."))
        st.code(result.text, language=None)
        show_downloads(
            {
                "CSV": (results.to_csv, "reading.csv", "text/csv"),
                "JSON": (results.to_json, "reading.json", "application/json"),
            },
            [result],
        )


def as_table(result: Result) -> tuple[pd.DataFrame, list[int]]:
    """The characters, the most doubtful first, and the number of the character in each row."""
    entries = result.entries
    # What is put right keeps its place: a row that jumped away would look as if it were lost.
    tones = [results.Entry(entry.line, entry.position, entry.character, None).tone for entry in entries]
    order = sorted(range(len(entries)), key=lambda index: (MOST_DOUBTFUL_FIRST.index(tones[index]), index))
    chosen = [entries[index] for index in order]
    columns = {
        "picture": [result.crops[index] for index in order],
        "reading": [entry.label for entry in chosen],
        "how sure": [_("put right") if entry.corrected else _(TONES[entry.tone]) for entry in chosen],
        "confidence": [entry.character.confidence for entry in chosen],
        "line": [entry.line for entry in chosen],
        "position": [entry.position for entry in chosen],
    }
    return pd.DataFrame(columns), order


def label_in_words(label: str) -> str:
    return {EMPTY: _("empty"), LEFT_OUT: _("leave out"), UNREAD: "?"}.get(label, label)


def show_downloads(files: dict[str, tuple[Callable, str, str]], of: list[Result]) -> None:
    """Buttons by which results are taken away: label → what writes them, name of the file, and its type."""
    with st.container(horizontal=True, gap="small"):
        for label, (write, name, mime) in files.items():
            st.download_button(
                label,
                write(of),
                name,
                mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"download_{name}",
            )
