"""What a page is called, for those who do not see its menu."""

from html import escape

import streamlit as st


def hidden_heading(words: str) -> None:
    """The page's heading, for screen readers alone."""
    st.html(f'<h1 class="dd-hidden">{escape(words)}</h1>')
