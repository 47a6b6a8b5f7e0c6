"""What Streamlit's links and its choice of theme lack to be the app's menu, and full screen."""

from app_pages.components import component

_menu = component("menu/menu")


def dress(current: int, paths: list[str]) -> None:
    """Makes a menu of the links in the container "menu", in which this stands, too.

    Args:
        current: which of the links leads to where one is.
        paths: of the pages, below the app's address.
    """
    _menu(key="menu_view", data={"current": current, "paths": paths, "full_screen": "Full screen"})
