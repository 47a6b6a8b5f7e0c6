"""The components of "Teach it": what takes drawings by itself, the examples to look at and delete, their map, and the
picture of the network.
"""

import streamlit as st

from app_pages.components import component

_taker = component("lesson/taker")
_gallery = component("lesson/gallery")
_map = component("lesson/map")
_network = component("lesson/network")


def show_taker(sheet: str, button: str, pause: float | None) -> None:
    """Presses a button once a drawing is finished; the Enter key on the canvas presses it, too.

    Args:
        sheet: key of the canvas.
        button: key of the button.
        pause: seconds without a pen after which a drawing counts as finished; None leaves it to the hand.
    """
    _taker(key="taker", data={"sheet": sheet, "button": button, "pause": pause})


def show_gallery(address: str, groups: list[dict], spoken: str) -> int | None:
    """The examples as small pictures, by label; one that is pressed is to be deleted.

    Args:
        address: of the route that gives the file of what was taught.
        groups: each with "label", "words" and "examples", their numbers.
        spoken: what pressing a picture does, for those who do not see it.

    Returns:
        The number of the example that was pressed in this run, or None. It comes from outside.
    """
    data = {"address": address, "groups": groups, "spoken": spoken}
    _gallery(key="gallery", data=data, on_delete_change=lambda: None)
    return (st.session_state.get("gallery") or {}).get("delete")


def show_map(
    sheet: str, of: list, address: str, points: list, labels: list[str], place: dict | None, alt: str, drawn: str
) -> None:
    """The examples where they lie, each as a small picture; the drawing moves among them while the pen moves.

    Args:
        sheet, of: as for `components.live.show_answer`.
        address: of the route that gives the file of what was taught.
        points: of each example (x, y), -1 to 1, y up.
        labels: of each example.
        place: of the drawing: its "point" and the numbers of the "nearest" examples; None if nothing is drawn.
        alt: what the map shows, for those who do not see it.
        drawn: what stands at the drawing.
    """
    data = {
        "sheet": sheet,
        "of": of,
        "address": address,
        "points": points,
        "labels": labels,
        "answer": {"place": place},
        "alt": alt,
        "drawn": drawn,
    }
    _map(key="map", data=data)


def show_network(steps: list[dict], alt: str) -> None:
    """What is kept of the network and what is new, as boxes from left to right.

    Args:
        steps: each with "title", "words", and "kind": "kept", "gone" or "new".
        alt: what the picture shows, for those who do not see it.
    """
    _network(key="network_picture", data={"steps": steps, "alt": alt})
