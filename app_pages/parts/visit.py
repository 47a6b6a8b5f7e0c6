"""What one visitor has: drawings and the network's answer to them. Nothing of it is stored here or seen by another.

It lies in the session under names that no widget uses, so it is there on every page.
"""

from dataclasses import replace

import numpy as np
import streamlit as st

from app_pages.locale import N_
from app_pages.parts.sheet import Sheet

state = st.session_state


def forget_verdict() -> None:
    state.verdict = None


SHEET = Sheet(
    prefix="",
    view="canvas_view",
    live="live/digit",
    width=560,
    height=560,
    scale=0.5,  # read as well as whole: of 400 digits each at eleven sizes and brushes, none but blots differ
    tallest="var(--canvas-tallest)",
    brush=36,  # a felt pen on a sheet that one digit fills
    brushes=(12, 80),
    label=N_("Sheet for a digit. The keys 0 to 9 show that digit, Backspace takes back, Delete clears."),
    changed=forget_verdict,
)
NUMBER_SHEET = Sheet(
    prefix="number_",
    view="number_view",
    live="live/number",
    width=900,
    height=260,
    scale=1,
    tallest="var(--canvas-tallest)",
    brush=14,
    brushes=(6, 30),
    label=N_("Sheet for a number. The keys 0 to 9 write one more digit, Backspace takes back, Delete clears."),
)
TEACH_SHEET = replace(
    SHEET,
    prefix="teach_",
    view="teach_view",
    label=N_("Sheet for an example. The keys 0 to 9 show that digit, Backspace takes back, Delete clears."),
    changed=lambda: None,
    linked=False,
)
CLASS_SHEET = replace(
    TEACH_SHEET,
    prefix="class_",
    view="class_view",
    label=N_("Sheet for your class. Backspace takes back, Delete clears."),
)
BLANK = np.zeros((28, 28), np.uint8)  # what a network sees of an empty sheet
KINDS = {"any": N_("Numbers"), "postcode": N_("Postcode"), "amount": N_("Amount"), "form": N_("Form")}
MOST_DIGITS, USUAL_DIGITS = 12, 5  # of a postcode


def start() -> None:
    """Begins a visit, unless it has begun."""
    if "is_begun" in state:
        return
    for one in (SHEET, NUMBER_SHEET, TEACH_SHEET, CLASS_SHEET):
        if not one.started:
            one.start()
    state.prediction = None
    state.prediction_of = state.prediction_by = None  # the ink and the recogniser that made it
    state.verdict = None
    state.setdefault("tally", {})  # number of the sheet of paper → whether it was read right; the browser may have kept it
    state.is_begun = True  # last: a run may be ended at any use of the session, and the next one begins what is missing
