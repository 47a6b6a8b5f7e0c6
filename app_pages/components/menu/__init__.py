"""What Streamlit's links and its choice of theme lack to be the app's menu, links to copy, and full screen."""

from app_pages.components import component

_menu = component("menu/menu")


def dress(current: int, paths: list[str], host: str) -> None:
    """Makes a menu of the links in the container "menu", in which this stands, too.

    Args:
        current: which of the links leads to where one is.
        paths: of the pages, below the app's address.
        host: of the address under which others find this page, for a link to it.
    """
    words = {"full_screen": "Full screen", "link": "Copy a link to what you see", "copied": "The link is copied"}
    _menu(key="menu_view", data={"current": current, "paths": paths, "host": host, "words": words})
