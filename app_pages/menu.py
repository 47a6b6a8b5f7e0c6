"""Page set-up and the menu: what every page begins with."""

from pathlib import Path

import streamlit as st

from app_pages.components import STYLE
from app_pages.parts import kept

ICON = str(Path(__file__).with_name("icon.svg"))

st.set_page_config(page_title="Draw a digit", page_icon=ICON, layout="wide")
st.logo(ICON, size="large")
st.html(f'<style>@import url("{STYLE}");</style>')
kept.restore()

st.navigation(
    [
        st.Page("draw.py", title="Draw", icon=":material/draw:", default=True),
        st.Page("numbers.py", title="Read a number", icon=":material/pin:"),
        st.Page("inside.py", title="Look inside", icon=":material/troubleshoot:"),
        st.Page("report.py", title="How good is it?", icon=":material/query_stats:"),
    ],
    position="top",
).run()

kept.keep()
