"""Draw: a canvas, and what the network makes of it while the pen moves."""

import streamlit as st

from app_pages.locale import _
from app_pages.parts import network, own, visit
from app_pages.parts.headings import hidden_heading
from app_pages.parts.workbench import show_workbench

visit.start()
visit.SHEET.follow()
loading = network.recognizer()
awake = loading.done()
# The place for bad news is always there: an element that came before the canvas would move it, and empty it by that.
with st.container():
    network.say_failure(loading)
hidden_heading(_("Draw a digit and watch a neural network read it"))
show_workbench(taught=True, own=own.answering())
own.show_switch()
if not awake:
    network.wait()
