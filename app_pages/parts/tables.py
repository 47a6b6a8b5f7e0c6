"""Tables of figures, to read and to take away, and figures in sentences."""

import pandas as pd
import streamlit as st


def percent(share: float, decimals: int = 2) -> str:
    return f"{100 * share:.{decimals}f} %"


def numbers(table: pd.DataFrame, name: str, title: str, shares: tuple[str, ...] = ()) -> None:
    """A chart's numbers, to read and to take away; the columns `shares` are 0 to 1."""
    with st.expander(title, icon=":material/table:"):
        st.dataframe(
            table,
            hide_index=True,
            column_config={column: st.column_config.NumberColumn(format="percent") for column in shares},
            alt=title,
        )
        st.download_button(
            "Download as CSV",
            table.to_csv(index=False),
            f"{name}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            key=f"csv_{name}",
        )
