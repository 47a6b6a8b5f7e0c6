"""A button that prints the page."""

from app_pages.components import component

_printing = component("printing/printing")


def show_print_button(label: str) -> None:
    """A button that opens the browser's own dialog for printing."""
    _printing(key="printing", data={"label": label})
