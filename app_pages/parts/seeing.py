"""The first steps of "Look inside", but for convolution: the picture, ReLU, pooling, and the deeper maps."""

import numpy as np
import streamlit as st

from app_pages.components.pictures import figure, picked, sheet, show_figures, show_sheets
from app_pages.locale import _, ngettext
from app_pages.parts.looking import (
    KINDS,
    POINTED,
    SIGNED,
    anatomy_of,
    choose_place,
    head,
    look_of,
    number,
    place,
    running,
    said,
    slider,
    take_click,
    tasks,
)
from model.ink.image import SIDE

FARTHEST = 3  # pixels by which the drawing is moved

state = st.session_state


# ── The picture ───────────────────────────────────────────────────────────────────────────────────────────────────────


def show_preparation(steps) -> None:
    head(
        _("From your drawing to 28 × 28"),
        _(
            "The network always sees 28 × 28 pixels: the ink is found, scaled until its longer side has 20 pixels, and set so "
            "that its centre of mass lies in the middle. Point at a pixel of the large picture to read its value."
        ),
    )
    height, width = steps.page.shape[:2]
    left, top, right, bottom = steps.box
    row, column = steps.mass
    corner_top, corner_left = steps.corner
    rows, columns = steps.scaled.shape
    show_figures(
        "steps",
        [
            figure("drawing", steps.page, _("Your drawing."), decimals=None, paper=True),
            figure(
                "ink",
                steps.page,
                _("The ink that was found stands in a box."),
                boxes=((left * width, top * height, right * width, bottom * height),),
                decimals=None,
                paper=True,
            ),
            figure(
                "scaled",
                steps.scaled,
                _(
                    "The ink alone, scaled to {rows} rows and {columns} columns. The dot marks its centre of mass.",
                    columns=columns,
                    rows=rows,
                ),
                dot=(column, row),
            ),
            figure(
                "placed",
                steps.picture,
                _("Set into 28 × 28, with the centre of mass in the middle."),
                boxes=((corner_left, corner_top, corner_left + columns, corner_top + rows),),
                dot=(corner_left + column, corner_top + row),
            ),
            figure("grid", steps.picture, _("What the network sees: 784 numbers from 0 (page) to 1 (ink).")),
        ],
        "steps",
        reading=_(POINTED),
    )
    tasks(
        _("Draw the same digit tiny and in a corner: the large picture hardly changes."),
        _("What does the network see of your drawing?"),
        _(
            "Nothing but these 784 numbers. It does not know how large you drew, where on the sheet, how fast, or in which "
            "order: all that is gone before it begins."
        ),
    )


# ── ReLU ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def pick_on_activation() -> None:
    clicked = picked("activation", figure=2, row=SIDE, column=SIDE)
    choose_place("activation", (clicked["row"], clicked["column"]))


def show_activation(look) -> None:
    anatomy = look.anatomy
    if not anatomy.activations:
        head(_("ReLU"), _("After a convolution, most networks set what is below zero to zero."))
        st.info(_("This network has no such layer among its feature maps."))
        return
    index = anatomy.activations[0]
    head(
        _("ReLU: what is below zero becomes zero"),
        _(
            "Blue places of a feature map say “the opposite of what I look for”. ReLU sets them to zero and leaves the others "
            "as they are, so that only what was found goes on."
        ),
    )
    before, after = look.before_activation(index), look.maps[index]
    height, width, count = after.shape
    both = np.minimum((before > 0).mean((0, 1)), (before < 0).mean((0, 1)))  # a map in which there is something to see
    channel = slider(_("Feature map"), "activation_map", count, int(both.argmax()))
    strongest = np.unravel_index(before[..., channel].argmin(), (height, width))
    row, column = place("activation", (height, width), (int(strongest[0]), int(strongest[1])))
    full = float(np.abs(before[..., channel]).max()) or 1.0
    value, result = before[row, column, channel], after[row, column, channel]
    box = (column, row, column + 1, row + 1)
    below = (before[..., channel] < 0).mean()
    show_figures(
        "activation",
        [
            figure(
                "before",
                before[..., channel],
                _("Feature map {number} before. Its marked pixel is {value}.", number=channel + 1, value=said(value)),
                signed=True,
                full=full,
                boxes=(box,),
                pick=True,
            ),
            figure(
                "after",
                after[..., channel],
                _(
                    "After: {below:.0%} of its pixels were below zero. The marked one is {result}.",
                    result=said(result),
                    below=below,
                ),
                signed=True,
                full=full,
                boxes=(box,),
                before="→",
                pick=True,
            ),
        ],
        "pair",
        reading=_(POINTED),
        legend=tuple(map(_, SIGNED)),
        on_pick=pick_on_activation,
    )
    name = anatomy.activation_of(index)
    rule = rf"\max(0,\; {number(value)})" if name == "relu" else rf"\mathrm{{{name}}}({number(value)})"
    st.latex(rf"y = {rule} = {number(result)}")
    tasks(
        _("Look for a map of which nearly nothing is left, and for one of which nearly all is."),
        _("Why is that done at all?"),
        _(
            "Sums of sums are only sums: without something that bends in between, all layers together could do no more than "
            "one. Setting what is below zero to zero is the simplest bend there is, and it is enough."
        ),
    )


# ── Pooling ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def pick_on_pooling() -> None:
    state.pooling_click = picked("pooling", figure=3, row=SIDE, column=SIDE)


def show_pooling(look) -> None:
    from model.networks.anatomy import moved

    head(
        _("Pooling"),
        _(
            "Pooling makes a feature map smaller: of each window only one number stays, so that it matters less where exactly "
            "something was found."
        ),
    )
    anatomy = look.anatomy
    if not anatomy.poolings:
        st.info(_("This network has no pooling."))
        return
    index = anatomy.poolings[0]
    height, width, count = look.maps[index].shape
    window = anatomy.window(index)
    maps, moving = st.columns(2, gap="medium")
    with maps:
        channel = slider(_("Feature map"), "pooling_map", count, look.strongest(index)[2])
    with moving:
        right = st.slider(
            _("Move the drawing to the right, in pixels"), -FARTHEST, FARTHEST, 0, key="moved", persist_state="session"
        )
    still = look
    if right:
        anatomy = anatomy_of(look.anatomy.network)
        look = look_of(anatomy, id(anatomy.network), moved(look.picture, 0, right))
    given = look.into(index)
    take_click("pooling", window, (height, width))
    row, column = place("pooling", (height, width), look.strongest(index, channel)[:2])
    hand = look.pooling(index, channel, row, column)
    top, left = window.corner(row, column)
    full = float(np.abs(given[..., channel]).max()) or 1.0
    show_figures(
        "pooling",
        [
            figure(
                "input",
                given[..., channel],
                _(
                    "Feature map {number} before pooling: {height} × {width} pixels.",
                    number=channel + 1,
                    height=given.shape[0],
                    width=given.shape[1],
                ),
                signed=True,
                full=full,
                boxes=((left, top, left + window.size[1], top + window.size[0]),),
                pick=True,
            ),
            figure(
                "window" if hand.largest else "patch",
                hand.patch,
                _("The largest number in the window stays.") if hand.largest else _("The mean of the window stays."),
                signed=True,
                full=full,
                cells=True,
                decimals=2,
                before="→",
            ),
            figure(
                "output",
                look.maps[index][..., channel],
                _(
                    "The map after pooling: {height} × {width} pixels. Its marked pixel is {result}.",
                    result=said(hand.result),
                    width=width,
                    height=height,
                ),
                signed=True,
                full=full,
                boxes=((column, row, column + 1, row + 1),),
                before="→",
                pick=True,
            ),
        ],
        "window",
        reading=_(POINTED),
        legend=tuple(map(_, SIGNED)),
        run=running(window, beyond=None),
        on_pick=pick_on_pooling,
    )
    inside = [number(value) for value in hand.patch.ravel() if not np.isnan(value)]
    if hand.largest:
        st.latex(rf"y = \max({', '.join(inside)}) = {number(hand.result)}")
    else:
        st.latex(rf"y = \frac{{{' + '.join(inside)}}}{{{len(inside)}}} = {number(hand.result)}")
    if right:
        last = anatomy.poolings[-1]
        picture = change(still.picture.astype(float), look.picture.astype(float))
        first, deepest = change(still.maps[index], look.maps[index]), change(still.maps[last], look.maps[last])
        if last == index:
            sentence = _(
                "By moving it, the picture changed by **{picture:.0%}**, what comes out of this pooling by **{first:.0%}**.",
                picture=picture,
                first=first,
            )
        else:
            sentence = _(
                "By moving it, the picture changed by **{picture:.0%}**, what comes out of this pooling by **{first:.0%}**, "
                "and after the last one by **{deepest:.0%}**.",
                picture=picture,
                first=first,
                deepest=deepest,
            )
        st.markdown(sentence)
    tasks(
        _("Move the drawing by one pixel, and compare how much the picture and the pooled maps change."),
        _("What is pooling good for?"),
        _(
            "Two people never put a stroke in exactly the same place. After pooling, a stroke may lie a pixel farther and give "
            "nearly the same numbers; and the next layers have fewer numbers to look at."
        ),
    )


def change(before: np.ndarray, after: np.ndarray) -> float:
    """By which share of all that was there values have changed."""
    return float(np.abs(after - before).sum() / (np.abs(before).sum() or 1.0))


# ── Deeper ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def pick_map() -> None:
    state.layer_map = picked("sheet", sheet=1, map=100_000)["map"] + 1


def pick_on_map() -> None:
    clicked = picked("map", figure=2, row=SIDE, column=SIDE)
    choose_place("layer", (clicked["row"], clicked["column"]))


def show_layers(look) -> None:
    head(
        _("Layer upon layer"),
        _(
            "Each layer makes its maps from all maps of the layer before. The deeper the layer, the more of your drawing one "
            "pixel of a map sees: that part is its receptive field."
        ),
    )
    anatomy = look.anatomy
    mapped = [layer for layer in anatomy.layers if len(layer.shape) == 3 and layer.kind != "Dropout"]
    if not mapped:
        st.info(_("This network has no feature maps."))
        return
    indices = [layer.index for layer in mapped]
    if state.get("layer") not in indices:
        state.layer = indices[0]
    index = st.select_slider(
        _("Layer, from the first to the deepest"),
        indices,
        key="layer",
        format_func=lambda at: name_of(anatomy.layers[at]),
        persist_state="session",
    )
    layer, maps = anatomy.layers[index], look.maps[index]
    height, width, count = maps.shape
    channel = min(state.get("layer_map", look.strongest(index)[2] + 1), count) - 1
    row, column = place("layer", (height, width), look.strongest(index, channel)[:2])
    all_maps, enlarged = st.columns([10, 11], gap="medium")
    with all_maps:
        show_sheets(
            "sheet",
            [sheet(name_of(layer), words_on(layer), maps, chosen=channel)],
            _("Map {number}"),
            on_pick=pick_map,
            tall=True,
        )
    with enlarged:
        show_figures(
            "map",
            [
                figure(
                    "map",
                    maps[..., channel],
                    _(
                        "Map {number} of {count}. Its marked pixel is {value}.",
                        number=channel + 1,
                        count=count,
                        value=said(maps[row, column, channel]),
                    ),
                    signed=True,
                    boxes=((column, row, column + 1, row + 1),),
                    pick=True,
                ),
                figure(
                    "seen",
                    look.picture,
                    _("What the marked pixel sees of the picture.")
                    if layer.field
                    else _("It is not known what the pixel sees."),
                    boxes=(layer.field.box(row, column),) if layer.field else (),
                ),
            ],
            "pair",
            reading=_(POINTED),
            legend=tuple(map(_, SIGNED)),
            on_pick=pick_on_map,
        )
        tasks(
            _("Take the deepest layer, click on a small map, then on a pixel of the large one: what does it see?"),
            _("What do the deeper layers look for?"),
            _(
                "Patterns of patterns. A pixel of the first layer sees a bit of an edge; deeper ones see a corner, an arc, a "
                "loop, and in the end the whole digit."
            ),
        )


def name_of(layer) -> str:
    return f"{layer.index + 1}. {_(KINDS.get(layer.kind, layer.kind))}"


def words_on(layer) -> str:
    """Shape, number of weights and receptive field of a layer with maps."""
    height, width, count = layer.shape
    maps = ngettext(
        "{count} map of {height} × {width}", "{count} maps of {height} × {width}", count, height=height, width=width
    )
    weights = ngettext("{count:,} weight", "{count:,} weights", layer.weights) if layer.weights else _("no weights")
    words = f"{maps} · {weights}"
    if layer.field is None:
        return words
    rows, columns = layer.field.size
    if max(rows, columns) > SIDE:
        return f"{words} · " + _(
            "one pixel can see {rows} × {columns}, more than the whole picture", rows=rows, columns=columns
        )
    return f"{words} · " + _("one pixel sees {rows} × {columns} of the picture", rows=rows, columns=columns)
