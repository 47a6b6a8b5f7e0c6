"""The front door: page set-up and the menu."""

from pathlib import Path

import streamlit as st

PAGES = Path(__file__).parent / "app_pages"

st.set_page_config(page_title="Draw a digit", page_icon=str(PAGES / "icon.svg"), layout="wide")
st.logo(str(PAGES / "icon.svg"), size="large")
st.html(PAGES / "components" / "style.css")

st.navigation(
    [
        st.Page("app_pages/draw.py", title="Draw", icon=":material/draw:", default=True),
        st.Page("app_pages/numbers.py", title="Read a number", icon=":material/pin:"),
        st.Page("app_pages/inside.py", title="Look inside", icon=":material/troubleshoot:"),
        st.Page("app_pages/report.py", title="How good is it?", icon=":material/query_stats:"),
    ],
    position="top",
).run()
