"""Page set-up and the menu: what every page begins with."""

from pathlib import Path

import streamlit as st

from app_pages.components import STYLE
from app_pages.components.menu import dress
from app_pages.parts import kept
from app_pages.parts.addresses import host_for_others

NAME = "Draw a digit"
ABOUT = (
    f"**{NAME}**: a convolutional neural network reads what you draw. It was trained on MNIST (Y. LeCun, C. Cortes, C. Burges; "
    "CC BY-SA 3.0), on the pen digits of E. Alpaydin and F. Alimoglu (CC BY 4.0) and on drawings of our own. What you draw goes "
    "to the computer on which this program runs, and is not stored there."
)
ICON = str(Path(__file__).with_name("icon.svg"))


def show() -> None:
    """The page that is asked for, below the menu."""
    draw = st.Page("draw.py", title="Draw", icon=":material/draw:", default=True)
    pages = [
        draw,
        st.Page("numbers.py", title="Read a number", icon=":material/pin:"),
        st.Page("teach.py", title="Teach it", icon=":material/school:"),
        st.Page("train.py", title="Train your own", icon=":material/model_training:"),
        st.Page("inside.py", title="Look inside", icon=":material/troubleshoot:"),
        st.Page("report.py", title="How good is it?", icon=":material/query_stats:"),
    ]
    pupils = st.Page("pupils.py", title="Your class", url_path="class", visibility="hidden")  # a code leads there
    lesson = st.Page("lesson.py", title="A lesson", url_path="lesson", visibility="hidden")  # Look inside leads there
    page = st.navigation([*pages, pupils, lesson], position="hidden")  # Streamlit's own menu would be a button "»" on a phone
    st.set_page_config(
        page_title=NAME if page == draw else f"{page.title} · {NAME}",
        page_icon=ICON,
        layout="wide",
        menu_items={"About": ABOUT},  # without an entry there would be no menu, and no choice of light and dark in it
    )
    st.logo(ICON, size="large")
    st.html(f'<style>@import url("{STYLE}");</style>')
    kept.restore()
    with st.container(horizontal=True, key="menu"):
        for each in pages:
            st.page_link(each, label=each.title, icon=each.icon)
        current = pages.index(page) if page in pages else -1
        dress(current, [each.url_path for each in pages], host_for_others(st.context.url or ""))
    page.run()
    kept.keep()


if __name__ == "__main__":  # the processes that read pictures import this script, too, and have nothing to show
    show()
