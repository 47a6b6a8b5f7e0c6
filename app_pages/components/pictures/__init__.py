"""The two components that show values as pictures: figures side by side, and sheets of many small maps.

Colours are chosen in the browser, where the theme is known: ink from black to white; signed values from blue through the
page's own colour, which stands for zero, to orange. Blue and orange differ for colour-blind people too.
"""

import base64
from collections.abc import Callable

import numpy as np
import streamlit as st

from app_pages.components import component
from app_pages.locale import N_, _, each_of

# Said by screen readers of what takes the keys.
BY_KEYS = {
    "read": N_("Arrow keys go from pixel to pixel."),
    "choose": N_("Arrow keys go from pixel to pixel, Enter chooses one."),
}
MAPS_BY_KEYS = N_("Arrow keys go from one to the next, Enter chooses one.")

_figures = component("pictures/figures")
_sheets = component("pictures/sheets")


def figure(
    name: str,
    values: np.ndarray,
    caption: str,
    *,
    signed: bool = False,
    full: float | None = None,
    under: np.ndarray | None = None,
    boxes: tuple = (),
    dot: tuple[float, float] | None = None,
    decimals: int | None = 3,
    cells: bool = False,
    before: str = "",
    pick: bool = False,
    paper: bool = False,
) -> dict:
    """One picture.

    Args:
        name: unique among the figures shown together.
        values: uint8 or float32 (h, w); uint8 counts as 0 to 1.
        caption: what stands below.
        signed: colours for values below and above zero, instead of black to white.
        full: the value with full colour; the largest there is, if None.
        under: uint8 (h, w), ink that shines faintly through where a signed value is near zero.
        boxes: each (left, top, right, bottom) in the figure's pixels.
        dot: (column, row) to mark, in the figure's pixels.
        decimals: of the value that is read below the figure when one points at it; None reads none.
        cells: write every value into its pixel.
        before: a sign between this figure and the one before.
        pick: whether a click on a pixel is reported.
        paper: as it was drawn: dark ink on a light page, where the theme is light.
    """
    height, width = values.shape
    if full is None:
        full = 1.0 if values.dtype == np.uint8 else float(np.nanmax(np.abs(values))) or 1.0
    return {
        "name": name,
        "caption": caption,
        "width": width,
        "height": height,
        "pixels": _packed(values),
        "signed": signed,
        "full": full,
        "under": None if under is None else _packed(under),
        "boxes": [list(map(float, box)) for box in boxes],
        "dot": None if dot is None else list(map(float, dot)),
        "decimals": decimals,
        "cells": cells,
        "before": before,
        "pick": pick,
        "paper": paper,
    }


def show_figures(
    key: str,
    figures: list[dict],
    layout: str,
    *,
    reading: str,
    legend: tuple[str, str] | None = None,
    run: dict | None = None,
    on_pick: Callable[[], None] = lambda: None,
) -> None:
    """Figures side by side.

    Args:
        layout: "steps", "pair" or "window", see figures.css.
        reading: a sentence with {row}, {column} and {value}, said of the pixel one points at.
        legend: what full blue and full orange mean.
        run: what the play button needs, see figures.js.
        on_pick: called after a click on a pixel; `picked(key)` says which one.
    """
    data = {"figures": figures, "layout": layout, "reading": reading, "legend": legend, "run": run, "how": each_of(BY_KEYS)}
    _figures(key=key, data=data, on_place_change=on_pick)


def sheet(title: str, words: str, maps: np.ndarray | None, chosen: int | None = None, ink: bool = False) -> dict:
    """Many small maps in one picture.

    Args:
        title, words: what stands above.
        maps: float32 (h, w, maps); None for words alone.
        chosen: the map to mark.
        ink: black to white, for pictures, instead of colours for values below and above zero.
    """
    if maps is None:
        return {"title": title, "words": words, "count": 0}
    height, width, count = maps.shape
    full = float(np.abs(maps).max()) or 1.0
    levels = np.round(maps.transpose(2, 0, 1) * (127 / full)).astype(np.int8)  # finer than colours can be told apart
    return {
        "title": title,
        "words": words,
        "count": count,
        "height": height,
        "width": width,
        "pixels": _packed(levels),
        "chosen": chosen,
        "ink": ink,
    }


def show_sheets(
    key: str, sheets: list[dict], label: str, *, tall: bool = False, on_pick: Callable[[], None] = lambda: None
) -> None:
    """Sheets one below the other.

    Args:
        label: a word with {number} for one map, as "Map {number}".
        tall: whether they scroll in a box of their own.
        on_pick: called after a click on a map; `picked(key)` says which one.
    """
    _sheets(key=key, data={"sheets": sheets, "label": label, "tall": tall, "how": _(MAPS_BY_KEYS)}, on_place_change=on_pick)


def _packed(values: np.ndarray) -> dict:
    kind = {"uint8": "u1", "int8": "i1"}.get(values.dtype.name, "f4")
    values = values if kind != "f4" else values.astype(np.float32)
    return {"kind": kind, "values": base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")}


def picked(key: str, **limits: int) -> dict[str, int]:
    """Where the last click was: it comes from outside, so each number is brought into 0 to its limit, not included.

    Args:
        limits: for each number that the click consists of. Of figures: `figure` (its place in the list), `row` and
            `column`. Of sheets: `sheet` and `map`.
    """
    place = (st.session_state.get(key) or {}).get("place")
    place = place if isinstance(place, dict) else {}
    numbers = {name: place.get(name) for name in limits}
    return {name: min(max(0, number), limits[name] - 1) if isinstance(number, int) else 0 for name, number in numbers.items()}
