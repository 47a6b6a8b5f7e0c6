"""How this project's components are made: from an HTML, a CSS and a JavaScript file, and scripts that several share."""

from pathlib import Path

import streamlit as st

THEME = Path(__file__).with_name("theme.js")


def component(folder: Path, name: str, *shared: Path):
    """The component whose files lie in `folder` as `name`.html, .css and .js.

    Args:
        shared: scripts whose functions the component's own script uses.
    """
    scripts = [*shared, folder / f"{name}.js"]
    return st.components.v2.component(
        f"digits_{name}",
        html=(folder / f"{name}.html").read_text(encoding="utf-8"),
        css=(folder / f"{name}.css").read_text(encoding="utf-8"),
        js="\n".join(script.read_text(encoding="utf-8") for script in scripts),
        isolate_styles=False,  # the text shall be found by the browser's search and by screen readers' lists
    )
