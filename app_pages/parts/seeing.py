"""The first steps of "Look inside": from the drawing to the deepest feature maps."""

import numpy as np
import streamlit as st

from app_pages.components.pictures import figure, picked, sheet, show_figures, show_sheets
from app_pages.locale import N_, _, ngettext
from app_pages.parts.looking import (
    POINTED,
    SIGNED,
    anatomy_of,
    choose_place,
    factor,
    head,
    look_of,
    number,
    place,
    said,
    slider,
    tasks,
)
from model.ink.image import SIDE

# What Keras's classes are called here; others keep their own name.
KINDS = {
    "Conv2D": N_("Convolution"),
    "MaxPooling2D": N_("Pooling"),
    "AveragePooling2D": N_("Pooling by the mean"),
    "BatchNormalization": N_("Batch normalisation"),
    "ReLU": N_("ReLU"),
}
# Kernels that people made before there were learnt ones.
HANDMADE = {
    N_("Left and right edges"): (-1, 0, 1, -1, 0, 1, -1, 0, 1),
    N_("Upper and lower edges"): (-1, -1, -1, 0, 0, 0, 1, 1, 1),
    N_("Slanting edges"): (0, 1, 1, -1, 0, 1, -1, -1, 0),
    N_("Outlines"): (-1, -1, -1, -1, 8, -1, -1, -1, -1),
    N_("Blur"): (1, 1, 1, 1, 1, 1, 1, 1, 1),
}
LEARNT, BY_HAND = N_("A learnt kernel"), N_("One made by hand")
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


# ── Convolution ───────────────────────────────────────────────────────────────────────────────────────────────────────


def pick_kernel() -> None:
    state.convolution_kernel = picked("kernels", sheet=1, map=100_000)["map"] + 1


def pick_on_convolution() -> None:
    """A click on a figure: on the picture or the feature map it moves the window, on a kernel made by hand it changes a
    weight."""
    clicked = picked("convolution", figure=5, row=SIDE, column=SIDE)
    if clicked["figure"] == 2:
        change_weight(3 * min(clicked["row"], 2) + min(clicked["column"], 2))
    else:
        state.convolution_click = clicked


def change_weight(cell: int) -> None:
    """The next of −1, 0 and 1."""
    kernel = list(state.handmade)
    kernel[cell] = {-1: 0, 0: 1}.get(kernel[cell], -1)
    state.handmade = tuple(kernel)


def take_handmade() -> None:
    if state.handmade_preset in HANDMADE:
        state.handmade = HANDMADE[state.handmade_preset]


def show_convolution(look) -> None:
    from model.networks.anatomy import HAND_WINDOW, Convolution, by_hand

    head(
        _("A convolution"),
        _(
            "A kernel is a small table of weights. It is laid on every place of the picture; each weight is multiplied by the "
            "pixel under it, and the sum becomes one pixel of a new picture, the feature map."
        ),
    )
    anatomy = look.anatomy
    index = next((at for at in anatomy.convolutions if look.into(at).shape[-1] == 1), None)
    kinds = [LEARNT, BY_HAND] if index is not None else [BY_HAND]
    if state.get("kernel_kind") not in kinds:
        state.kernel_kind = kinds[0]
    state.setdefault("handmade", HANDMADE["Left and right edges"])
    kind = st.segmented_control(
        _("Kernel"),
        kinds,
        format_func=_,
        key="kernel_kind",
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
    if kind == LEARNT:
        kernels = anatomy.weights_of(index)[:, :, 0]
        last = anatomy.after(index)
        count = kernels.shape[-1]
        kernel = min(state.get("convolution_kernel", look.strongest(last)[2] + 1), count) - 1
        output, window = look.maps[last][..., kernel], anatomy.window(index)
        show_sheets(
            "kernels",
            [sheet("", "", kernels, chosen=kernel)],
            _("Kernel {number}"),
            on_pick=pick_kernel,
        )
    else:
        preset = next((name for name, weights in HANDMADE.items() if weights == state.handmade), None)
        state.handmade_preset = preset
        st.pills(
            _("What it finds"),
            list(HANDMADE),
            format_func=_,
            key="handmade_preset",
            on_change=take_handmade,
            label_visibility="collapsed",
        )
        weights = np.array(state.handmade, float).reshape(3, 3)
        output, window = by_hand(look.picture, weights), HAND_WINDOW
    shape = output.shape
    take_click("convolution", window, shape)
    strongest = np.unravel_index(output.argmax(), shape)
    row, column = place("convolution", shape, (int(strongest[0]), int(strongest[1])))
    if kind == LEARNT:
        hand = look.convolution(index, kernel, row, column)
        patch, weights, products = (table[..., 0] for table in (hand.patch, hand.kernel, hand.products))
        limit = float(np.abs(kernels).max())
    else:
        top, left = window.corner(row, column)
        patch = look.picture[top : top + 3, left : left + 3] / 255
        products = patch * weights
        hand = Convolution(patch, weights, products, float(products.sum()), 0.0, ())
        limit = float(np.abs(weights).max()) or 1.0
    top, left = window.corner(row, column)
    result = said(hand.result)
    if kind == LEARNT:
        of_map = _("The feature map of kernel {number}. Its marked pixel is {result}.", number=kernel + 1, result=result)
    else:
        of_map = _("The feature map of your kernel. Its marked pixel is {result}.", result=result)
    show_figures(
        "convolution",
        [
            figure(
                "input",
                look.picture,
                _("The picture, and the window on it. Click to move it."),
                boxes=((left, top, left + window.size[1], top + window.size[0]),),
                pick=True,
            ),
            figure("patch", patch, _("The pixels under the window …"), full=1.0, cells=True, decimals=2),
            figure(
                "kernel",
                weights,
                _("… times the kernel's weights …") if kind == LEARNT else _("… times your weights: click to change one …"),
                signed=True,
                full=limit,
                cells=True,
                decimals=2 if kind == LEARNT else 0,
                before="×",
                pick=kind == BY_HAND,
            ),
            figure(
                "products",
                products,
                _("… are products. Their sum is {total}.", total=said(hand.total)),
                signed=True,
                full=limit,
                cells=True,
                decimals=2,
                before="=",
            ),
            figure(
                "output",
                output,
                of_map,
                signed=True,
                boxes=((column, row, column + 1, row + 1),),
                before="→",
                pick=True,
            ),
        ],
        "window",
        reading=_(POINTED),
        legend=tuple(map(_, SIGNED)),
        run=running(window, beyond=0),
        on_pick=pick_on_convolution,
    )
    st.latex(convolution_in_tex(hand))
    tasks(
        _("Choose the edges made by hand, then look for a learnt kernel whose feature map is like it."),
        _("What does a kernel look for?"),
        _(
            "A small pattern: where the pixels under the window are like its weights, the sum is large. The network was not "
            "told which patterns to look for; training found them. (Strictly, this is a cross-correlation: a convolution "
            "would turn the kernel by half a turn first.)"
        ),
    )


def take_click(prefix: str, window, shape: tuple[int, int]) -> None:
    """Has the window stand where the input was clicked, with its middle, or the output, which is of `shape`."""
    if clicked := state.pop(f"{prefix}_click", None):
        at = clicked["row"], clicked["column"]
        choose_place(prefix, window.over(*at, shape) if clicked["figure"] == 0 else at)


def running(window, beyond: float | None) -> dict:
    """What the figures need to let a window run."""
    return {
        "words": {"moving": {"begin": _("Run"), "pause": _("Pause")}, "still": {"begin": _("Next row")}},
        "size": window.size,
        "stride": window.stride,
        "padding": window.padding,
        "beyond": beyond,
    }


def convolution_in_tex(hand) -> str:
    """The formula of one pixel, and the same with its numbers."""
    before, name = hand.total + hand.bias, "z"
    summed = rf"{number(hand.total)} + {factor(hand.bias)} = {number(before)}"
    lines = [rf"z &= \textstyle\sum_{{i,\,j}} x_{{r+i,\;c+j}} \cdot w_{{i,\,j}} + b = {summed}"]
    for at, step in enumerate(hand.steps):
        after = "y" if at == len(hand.steps) - 1 else "z" + "'" * (at + 1)
        if hasattr(step, "variance"):
            called = _(KINDS["BatchNormalization"])
            spread = rf"\sqrt{{{step.variance:.3f} + {step.epsilon:.3f}}}"
            normalized = rf"{factor(step.scale)} \cdot \frac{{{number(before)} - {factor(step.mean)}}}{{{spread}}}"
            lines.append(
                rf"{after} &= {normalized} + {factor(step.shift)} = {number(step.result)} \quad \text{{({called})}}"
            )
        elif step.name == "relu":
            lines.append(rf"{after} &= \max(0,\; {name}) = {number(step.result)} \quad \text{{(ReLU)}}")
        else:
            lines.append(rf"{after} &= \mathrm{{{step.name}}}({name}) = {number(step.result)}")
        before, name = step.result, after
    return r"\begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}"


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
