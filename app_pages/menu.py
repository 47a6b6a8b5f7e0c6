"""Page set-up and the menu: what every page begins with."""

from pathlib import Path

import streamlit as st

from app_pages.components import STYLE
from app_pages.components.menu import dress, show_languages
from app_pages.components.visit import sentences_of_connection
from app_pages.locale import _, choose, start
from app_pages.parts import kept
from app_pages.parts.addresses import host_for_others

ICON = str(Path(__file__).with_name("icon.svg"))


def show() -> None:
    """The page that is asked for, below the menu."""
    start()
    name = _("Draw a digit")
    about = _(
        "A convolutional neural network reads what you draw. It was trained on MNIST (Y. LeCun, C. Cortes, C. Burges; CC "
        "BY-SA 3.0), on the pen digits of E. Alpaydin and F. Alimoglu (CC BY 4.0) and on drawings of our own. What you draw "
        "goes to the computer on which this program runs, and is not stored there."
    )
    draw = st.Page("draw.py", title=_("Draw"), icon=":material/draw:", default=True)
    pages = [
        draw,
        st.Page("numbers.py", title=_("Read a number"), icon=":material/pin:"),
        st.Page("teach.py", title=_("Teach it"), icon=":material/school:"),
        st.Page("train.py", title=_("Train your own"), icon=":material/model_training:"),
        st.Page("inside.py", title=_("Look inside"), icon=":material/troubleshoot:"),
        st.Page("report.py", title=_("How good is it?"), icon=":material/query_stats:"),
    ]
    pupils = st.Page("pupils.py", title=_("Your class"), url_path="class", visibility="hidden")  # a code leads there
    lesson = st.Page("lesson.py", title=_("A lesson"), url_path="lesson", visibility="hidden")  # Look inside leads there
    page = st.navigation([*pages, pupils, lesson], position="hidden")  # Streamlit's own menu would be a button "»" on a phone
    st.set_page_config(
        page_title=name if page == draw else f"{page.title} · {name}",
        page_icon=ICON,
        layout="wide",
        menu_items={
            "About": f"**{name}**: {about}"
        },  # without an entry there would be no menu, and no choice of light and dark in it
    )
    st.logo(ICON, size="large")
    st.html(f'<style>@import url("{STYLE}");</style>')
    kept.restore()
    with st.container(horizontal=True, key="menu"):
        for each in pages:
            st.page_link(each, label=each.title, icon=each.icon)
        current = pages.index(page) if page in pages else -1
        paths, host = [each.url_path for each in pages], host_for_others(st.context.url or "")
        dress(current, paths, host, sentences_of_connection())
        with st.container(key="menu_language"):
            show_languages("language_in_menu", choose)
    page.run()
    with st.container(key="foot"):
        show_languages("language_below", choose)
    kept.keep()


if __name__ == "__main__":  # the processes that read pictures import this script, too, and have nothing to show
    show()
