"""The step of "Look inside" about convolution: a kernel, learnt or made by hand, runs over the picture."""

import numpy as np
import streamlit as st

from app_pages.components.pictures import figure, picked, sheet, show_figures, show_sheets
from app_pages.locale import N_, _
from app_pages.parts.looking import (
    KINDS,
    POINTED,
    SIGNED,
    factor,
    head,
    number,
    place,
    running,
    said,
    take_click,
    tasks,
)
from model.ink.image import SIDE

# Kernels that people made before there were learnt ones.
HANDMADE = {
    N_("Left and right edges"): (-1, 0, 1, -1, 0, 1, -1, 0, 1),
    N_("Upper and lower edges"): (-1, -1, -1, 0, 0, 0, 1, 1, 1),
    N_("Slanting edges"): (0, 1, 1, -1, 0, 1, -1, -1, 0),
    N_("Outlines"): (-1, -1, -1, -1, 8, -1, -1, -1, -1),
    N_("Blur"): (1, 1, 1, 1, 1, 1, 1, 1, 1),
}
LEARNT, BY_HAND = N_("A learnt kernel"), N_("One made by hand")

state = st.session_state


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
