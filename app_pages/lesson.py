"""A lesson: one sheet for teachers, to be printed."""

import streamlit as st

from app_pages.components.printing import show_print_button
from app_pages.locale import _
from app_pages.parts.questions import sheet

st.title(_("A lesson about a network that reads digits"), anchor=False)
show_print_button(_("Print this sheet"))
st.html(sheet())
