"""What the address of a page says of what is seen on it, beside the drawing, which the canvas writes there itself."""

from app_pages.components import component

_moment = component("moment/moment")


def show_moment(parameters: dict[str, str | None]) -> None:
    """Has the address say this; a parameter that is None is taken out of it."""
    _moment(key="moment", data=parameters)
