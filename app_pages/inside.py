"""Look inside: what the network computes on the way from the visitor's drawing to its answer, one idea at a time."""

import numpy as np
import streamlit as st

from app_pages.components.pictures import figure, picked, sheet, show_figures, show_sheets
from app_pages.parts import network, own, samples, visit
from app_pages.parts.words import ANSWERS, DIGITS
from app_pages.parts.workbench import show_workbench
from model.ink.files import preview
from model.ink.image import SIDE, preparation

COLDEST, HOTTEST = 0.2, 10.0  # temperatures

# What Keras's classes are called here; others keep their own name.
KINDS = {
    "Conv2D": "Convolution",
    "MaxPooling2D": "Pooling",
    "AveragePooling2D": "Pooling by the mean",
    "BatchNormalization": "Batch normalisation",
    "ReLU": "ReLU",
    "Dropout": "Dropout",
    "Flatten": "Flattening",
    "Dense": "Fully connected layer",
}

POINTED = "Row {row}, column {column}: {value}"
SIGNED = ("negative", "positive")

FINDS_SIDE = 1_600  # pixels of the picture of where digits are found
LOOKS = 12  # pictures of which all maps are kept, 1.3 MB each: a visitor who comes back later waits 13 ms

state = st.session_state


# ── What the page is about ────────────────────────────────────────────────────────────────────────────────────────────


@st.cache_resource(max_entries=1, show_spinner="Taking the network apart …")
def anatomy_of(_network, identity: int):
    """The anatomy of a network, made once; `identity` tells networks apart, and what is made keeps its network alive."""
    from model.networks.anatomy import Anatomy  # brings TensorFlow, which is there once there is a recogniser

    return Anatomy(_network)


def prepared():
    """The steps from the visitor's ink to the network's picture, computed once for each ink; None without ink."""
    if state.get("prepared_of") is not state.ink or "prepared" not in state:
        state.prepared = None if state.ink is None else preparation(state.ink)
        state.prepared_of = state.ink
    return state.prepared


@st.cache_resource(max_entries=LOOKS, show_spinner=False)
def look_of(_anatomy, identity: int, picture: np.ndarray):
    """What `_anatomy`, told from others by `identity`, computes of a picture, uint8 (28, 28)."""
    return _anatomy.look(picture)


# ── Parts of sections ─────────────────────────────────────────────────────────────────────────────────────────────────


def title(number: int, text: str, sentence: str) -> None:
    st.header(f"{number} · {text}", anchor=False)
    st.markdown(sentence)


def slider(label: str, key: str, count: int, first: int) -> int:
    """A slider from 1 to `count`; what it says, counted from 0. `first` is where it stands at the beginning."""
    state[key] = min(state.get(key, first + 1), count)
    if count == 1:
        return 0
    return st.slider(label, 1, count, key=key) - 1


def set_place(prefix: str, place: tuple[int, int]) -> None:
    state[f"{prefix}_row"], state[f"{prefix}_column"] = place[0] + 1, place[1] + 1


def number(value: float) -> str:
    return f"{value:.3f}"


def said(value: float) -> str:
    """A number in a sentence, with a minus sign as wide as a digit."""
    return number(value).replace("-", "−")


def factor(value: float) -> str:
    """A number in a product: in brackets if negative."""
    return number(value) if value >= 0 else f"({number(value)})"


def outputs(look) -> list[str]:
    return ANSWERS[: len(look.logits)]


# ── The sections ──────────────────────────────────────────────────────────────────────────────────────────────────────


@st.fragment
def show_preparation(steps) -> None:
    title(
        1,
        "From your drawing to 28 × 28",
        "The network always sees 28 × 28 pixels: the ink is found, scaled until its longer side has 20 pixels, and set so "
        "that its centre of mass lies in the middle. Point at a pixel of the large picture to read its value, from 0 "
        "(page) to 1 (ink).",
    )
    height, width = steps.page.shape[:2]
    left, top, right, bottom = steps.box
    row, column = steps.mass
    corner_top, corner_left = steps.corner
    rows, columns = steps.scaled.shape
    show_figures(
        "steps",
        [
            figure("drawing", steps.page, "Your drawing.", decimals=None, paper=True),
            figure(
                "ink",
                steps.page,
                "The ink that was found stands in a box.",
                boxes=((left * width, top * height, right * width, bottom * height),),
                decimals=None,
                paper=True,
            ),
            figure(
                "scaled",
                steps.scaled,
                f"The ink alone, scaled to {rows} rows and {columns} columns. The dot marks its centre of mass.",
                dot=(column, row),
            ),
            figure(
                "placed",
                steps.picture,
                "Set into 28 × 28, with the centre of mass in the middle.",
                boxes=((corner_left, corner_top, corner_left + columns, corner_top + rows),),
                dot=(corner_left + column, corner_top + row),
            ),
            figure("grid", steps.picture, "What the network sees: 784 numbers from 0 to 1."),
        ],
        "steps",
        reading=POINTED,
    )


@st.fragment
def show_convolution(look) -> None:
    title(
        2,
        "One convolution, by hand",
        "A kernel is a small table of weights. It is laid on every place of the picture; each weight is multiplied by the "
        "pixel under it, and the sum becomes one pixel of a new picture, the feature map. Choose a kernel, click on the "
        "picture, or let the window run.",
    )
    anatomy = look.anatomy
    index = next((at for at in anatomy.convolutions if look.into(at).shape[-1] == 1), None)
    if index is None:
        st.info("This network has no convolution that looks at the picture.")
        return
    last = anatomy.after(index)
    kernels = anatomy.weights_of(index)[:, :, 0]
    height, width, count = look.maps[last].shape
    window = anatomy.window(index)

    def pick_kernel():
        state.convolution_kernel = picked("kernels", sheet=1, map=count)["map"] + 1

    def pick_place():
        place = picked("convolution", figure=5, row=SIDE, column=SIDE)
        row, column = place["row"], place["column"]
        set_place("convolution", window.over(row, column, (height, width)) if place["figure"] == 0 else (row, column))

    controls, kernel_sheet = st.columns(2, gap="large")
    with controls:
        kernel = slider("Kernel", "convolution_kernel", count, look.strongest(last)[2])
        row_at, column_at, _ = look.strongest(last, kernel)
        rows, columns = st.columns(2)
        with rows:
            row = slider("Row", "convolution_row", height, row_at)
        with columns:
            column = slider("Column", "convolution_column", width, column_at)
    with kernel_sheet:
        show_sheets(
            "kernels",
            [sheet("", f"The {count} kernels of the first layer. Click on one to choose it.", kernels, chosen=kernel)],
            "Kernel {number}",
            on_pick=pick_kernel,
        )

    hand = look.convolution(index, kernel, row, column)
    patch, weights, products = (table[..., 0] for table in (hand.patch, hand.kernel, hand.products))
    st.latex(convolution_in_tex(hand))
    top, left = window.corner(row, column)
    weight_limit = float(np.abs(kernels).max())
    show_figures(
        "convolution",
        [
            figure(
                "input",
                look.picture,
                "The picture, and the window on it.",
                boxes=((left, top, left + window.size[1], top + window.size[0]),),
                pick=True,
            ),
            figure("patch", patch, "The pixels under the window …", full=1.0, cells=True),
            figure(
                "kernel",
                weights,
                "… times the kernel's weights …",
                signed=True,
                full=weight_limit,
                cells=True,
                before="×",
            ),
            figure(
                "products",
                products,
                f"… are products. Their sum is {said(hand.total)}.",
                signed=True,
                full=weight_limit,
                cells=True,
                before="=",
            ),
            figure(
                "output",
                look.maps[last][..., kernel],
                f"The feature map of kernel {kernel + 1}. Its marked pixel is {said(hand.result)}.",
                signed=True,
                boxes=((column, row, column + 1, row + 1),),
                before="→",
                pick=True,
            ),
        ],
        "window",
        reading=POINTED,
        legend=SIGNED,
        run=running(window, beyond=0),
        on_pick=pick_place,
    )
    st.caption(
        "What networks call a convolution is, strictly, a cross-correlation: a convolution would turn the kernel by half a "
        "turn before it is laid on the picture. As the weights are learnt, it makes no difference. "
        "Colours: orange is positive, blue is negative, and the colour of the page is zero."
    )


def running(window, beyond: float | None) -> dict:
    """What the figures need to let a window run."""
    return {
        "words": {"moving": {"begin": "Run", "pause": "Pause"}, "still": {"begin": "Next row"}},
        "size": window.size,
        "stride": window.stride,
        "padding": window.padding,
        "beyond": beyond,
    }


def convolution_in_tex(hand) -> str:
    """The formula of one pixel, and the same with its numbers; `hand` has one input channel."""
    patch, weights = hand.patch[..., 0], hand.kernel[..., 0]
    rows = [
        " + ".join(rf"{number(x)} \cdot {factor(w)}" for x, w in zip(pixels, row, strict=True))
        for pixels, row in zip(patch, weights, strict=True)
    ]
    lines = [
        r"z &= \sum_{i,\,j} x_{r+i,\;c+j} \cdot w_{i,\,j} + b",
        r"&= " + r" \\ &\quad + ".join(rows),
        rf"&\quad + {factor(hand.bias)}",
        rf"&= {number(hand.total + hand.bias)}",
    ]
    before, name = hand.total + hand.bias, "z"
    for at, step in enumerate(hand.steps):
        after = "y" if at == len(hand.steps) - 1 else "z" + "'" * (at + 1)
        if hasattr(step, "variance"):
            spread = rf"\sqrt{{{step.variance:.5f} + {step.epsilon:.5f}}}"
            standard = rf"\frac{{{number(before)} - {factor(step.mean)}}}{{{spread}}}"
            normalized = rf"{factor(step.scale)} \cdot {standard} + {factor(step.shift)} = {number(step.result)}"
            general = rf"\gamma \cdot \frac{{{name} - \mu}}{{\sqrt{{\sigma^2 + \varepsilon}}}} + \beta"
            lines += [rf"{after} &= {general} \quad \text{{(batch normalisation)}}", f"&= {normalized}"]
        elif step.name == "relu":
            lines.append(rf"{after} &= \max(0,\; {name}) = {number(step.result)} \quad \text{{(ReLU)}}")
        else:
            lines.append(rf"{after} &= \mathrm{{{step.name}}}({name}) = {number(step.result)}")
        before, name = step.result, after
    return r"\begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}"


@st.fragment
def show_pooling(look) -> None:
    title(
        3,
        "Pooling",
        "Pooling makes a feature map smaller: of each window only one number stays, so that it matters less where exactly "
        "something was found. Choose a map, click on it, or let the window run.",
    )
    anatomy = look.anatomy
    if not anatomy.poolings:
        st.info("This network has no pooling.")
        return
    index = anatomy.poolings[0]
    height, width, count = look.maps[index].shape
    given = look.into(index)
    window = anatomy.window(index)

    def pick_place():
        place = picked("pooling", figure=3, row=given.shape[0], column=given.shape[1])
        row, column = place["row"], place["column"]
        set_place("pooling", window.over(row, column, (height, width)) if place["figure"] == 0 else (row, column))

    maps, rows, columns = st.columns(3)
    with maps:
        channel = slider("Feature map", "pooling_map", count, look.strongest(index)[2])
    row_at, column_at, _ = look.strongest(index, channel)
    with rows:
        row = slider("Row", "pooling_row", height, row_at)
    with columns:
        column = slider("Column", "pooling_column", width, column_at)

    hand = look.pooling(index, channel, row, column)
    inside = [number(value) for value in hand.patch.ravel() if not np.isnan(value)]
    if hand.largest:
        st.latex(rf"y = \max({', '.join(inside)}) = {number(hand.result)}")
    else:
        st.latex(rf"y = \frac{{{' + '.join(inside)}}}{{{len(inside)}}} = {number(hand.result)}")
    top, left = window.corner(row, column)
    full = float(np.abs(given[..., channel]).max()) or 1.0
    show_figures(
        "pooling",
        [
            figure(
                "input",
                given[..., channel],
                f"Feature map {channel + 1} before pooling: {given.shape[0]} × {given.shape[1]} pixels.",
                signed=True,
                full=full,
                boxes=((left, top, left + window.size[1], top + window.size[0]),),
                pick=True,
            ),
            figure(
                "window" if hand.largest else "patch",
                hand.patch,
                "The largest number in the window stays." if hand.largest else "The mean of the window stays.",
                signed=True,
                full=full,
                cells=True,
                before="→",
            ),
            figure(
                "output",
                look.maps[index][..., channel],
                f"The map after pooling: {height} × {width} pixels. Its marked pixel is {said(hand.result)}.",
                signed=True,
                full=full,
                boxes=((column, row, column + 1, row + 1),),
                before="→",
                pick=True,
            ),
        ],
        "window",
        reading=POINTED,
        legend=SIGNED,
        run=running(window, beyond=None),
        on_pick=pick_place,
    )


@st.fragment
def show_layers(look) -> None:
    title(
        4,
        "Layer by layer",
        "Each layer makes its maps from all maps of the layer before. The deeper the layer, the more of your drawing one "
        "pixel of a map sees: that part is its receptive field. Scroll the sheets down to the deepest layer, click on a small "
        "map, then on a pixel of the large one.",
    )
    anatomy = look.anatomy
    mapped = [layer for layer in anatomy.layers if len(layer.shape) == 3]
    if not mapped:
        st.info("This network has no feature maps.")
        return

    def pick_map():
        place = picked("sheets", sheet=len(anatomy.layers), map=max(layer.shape[2] for layer in mapped))
        if anatomy.layers[place["sheet"]] in mapped:
            state.layer = place["sheet"]
            state.layer_map = place["map"] + 1

    def pick_pixel():
        place = picked("map", figure=2, row=SIDE, column=SIDE)
        set_place("layer", (place["row"], place["column"]))

    indices = [layer.index for layer in mapped]
    if state.get("layer") not in indices:
        state.layer = indices[0]
    sheets, enlarged = st.columns([11, 10], gap="large")
    with enlarged:
        index = st.selectbox("Layer", indices, key="layer", format_func=lambda at: name_of(anatomy.layers[at]))
        height, width, count = look.maps[index].shape
        maps, rows, columns = st.columns(3)
        with maps:
            channel = slider("Map", "layer_map", count, look.strongest(index)[2])
        row_at, column_at, _ = look.strongest(index, channel)
        with rows:
            row = slider("Row", "layer_row", height, row_at)
        with columns:
            column = slider("Column", "layer_column", width, column_at)
        field = anatomy.layers[index].field
        show_figures(
            "map",
            [
                figure(
                    "map",
                    look.maps[index][..., channel],
                    f"Map {channel + 1} of {count}. Its marked pixel is {said(look.maps[index][row, column, channel])}.",
                    signed=True,
                    boxes=((column, row, column + 1, row + 1),),
                    pick=True,
                ),
                figure(
                    "seen",
                    look.picture,
                    "What the marked pixel sees of the picture." if field else "It is not known what the pixel sees.",
                    boxes=(field.box(row, column),) if field else (),
                ),
            ],
            "pair",
            reading=POINTED,
            legend=SIGNED,
            on_pick=pick_pixel,
        )
    with sheets:
        show_sheets(
            "sheets",
            [
                sheet(
                    name_of(layer),
                    words_on(layer),
                    look.maps[layer.index] if layer in mapped and layer.kind != "Dropout" else None,
                    chosen=channel if layer.index == index else None,
                )
                for layer in anatomy.layers
            ],
            "Map {number}",
            tall=True,
            on_pick=pick_map,
        )


def name_of(layer) -> str:
    return f"{layer.index + 1}. {KINDS.get(layer.kind, layer.kind)}"


def words_on(layer) -> str:
    """Shape, number of weights and receptive field of a layer."""
    weights = f"{layer.weights:,} weights" if layer.weights else "no weights"
    if layer.kind == "Dropout":
        return "It drops values at random while the network is trained, and does nothing now."
    if len(layer.shape) < 3:
        return f"{layer.shape[-1]:,} numbers · {weights}"
    height, width, count = layer.shape
    words = f"{count} maps of {height} × {width} · {weights}"
    if layer.field is None:
        return words
    rows, columns = layer.field.size
    if max(rows, columns) > SIDE:
        return f"{words} · one pixel can see {rows} × {columns}, more than the whole picture"
    return f"{words} · one pixel sees {rows} × {columns} of the picture"


@st.fragment
def show_softmax(look) -> None:
    from model.networks.anatomy import powers, softmax

    labels = outputs(look)
    title(
        5,
        "From features to probabilities",
        "The last layer multiplies every feature by a weight and adds up: one sum for each answer, its logit. Softmax turns "
        "the logits into probabilities. Move the temperature: a low one makes the answer more certain, a high one less. The "
        "network itself uses 1.",
    )
    choice, heat = st.columns(2, gap="large")
    with choice:
        likeliest = labels[int(look.logits.argmax())]
        chosen = st.pills("Show the numbers of", labels, default=likeliest, key="output", required=True, wrap=True)
    with heat:
        temperature = st.slider("Temperature T", COLDEST, HOTTEST, 1.0, 0.1, key="temperature")
    output = labels.index(chosen)
    shares, raised = softmax(look.logits, temperature), powers(look.logits, temperature)
    logit = look.logit(output)
    name = rf"\text{{{chosen}}}"
    raised_difference = rf"({number(look.logits[output])} - {factor(look.logits.max())}) / {temperature:.1f}"
    st.latex(
        rf"""\begin{{aligned}}
        z_{{{name}}} &= \underbrace{{{number(logit.supporting)}}}_{{\text{{positive}}}}
          + \underbrace{{{factor(logit.opposing)}}}_{{\text{{negative}}}}
          + \underbrace{{{factor(logit.bias)}}}_{{\text{{bias}}}} = {number(logit.value)} \\
        p_{{{name}}} &= \frac{{e^{{(z_{{{name}}} - z_\text{{max}}) / T}}}}{{\sum_k e^{{(z_k - z_\text{{max}}) / T}}}}
          = \frac{{e^{{{raised_difference}}}}}{{{raised.sum():.4f}}} \\
        &= \frac{{{raised[output]:.4f}}}{{{raised.sum():.4f}}} = {shares[output]:.4f}
        \end{{aligned}}"""
    )
    st.caption(
        "The positive and the negative products of features and weights are added up apart. The power of an answer is e to "
        "the power of its logit less the largest logit, divided by the temperature; its probability is its power divided by "
        "the sum of all powers."
    )
    rows = "".join(
        f'<tr data-chosen="{str(at == output).lower()}"><th scope="row">{label}</th><td>{said(logit)}</td>'
        f'<td>{power:.4f}</td><td class="dd-bar"><div style="width:{100 * share:.2f}%"></div></td>'
        f"<td>{100 * share:.2f} %</td></tr>"
        for at, (label, logit, power, share) in enumerate(zip(labels, look.logits, raised, shares, strict=True))
    )
    with st.container(key="softmax"):
        st.html(
            '<table class="dd-softmax"><thead><tr><th scope="col">answer</th><th scope="col">logit</th>'
            '<th scope="col">power</th><th scope="col" colspan="2">probability</th></tr></thead>'
            f"<tbody>{rows}</tbody></table>"
        )


@st.fragment
def show_evidence(look) -> None:
    labels = outputs(look)
    title(
        6,
        "Why this digit?",
        "Which ink speaks for an answer? Two methods put the same question to the network in different ways; where they "
        "agree, you may trust them more. Choose an answer, and another one to ask why it is not that.",
    )
    asked, other = st.columns(2, gap="large")
    with asked:
        likeliest = labels[int(look.logits.argmax())]
        chosen = st.pills("Why", labels, default=likeliest, key="why", required=True, wrap=True)
    with other:
        rather = st.pills("and not", [label for label in labels if label != chosen], key="why_not", wrap=True)
    output = labels.index(chosen)
    against = None if rather is None else labels.index(rather)
    gradients = look.evidence(output, against)
    covering = look.occlusion(output, against)
    show_figures(
        "evidence",
        [
            figure(
                "gradients",
                gradients,
                "Integrated gradients: the share of each pixel in the logit, added up while the drawing fades in from a "
                "blank page.",
                signed=True,
                under=look.picture,
            ),
            figure(
                "covering",
                covering,
                "Occlusion: by how much the logit falls, in the mean, when a blank square of 6 × 6 pixels covers this ink.",
                signed=True,
                under=look.picture,
            ),
        ],
        "pair",
        reading=POINTED,
        legend=("speaks against it", "speaks for it") if rather is None else (f"for {rather}", f"for {chosen}"),
    )
    sums = look.logits - look.blank_logits
    if rather is None:
        st.markdown(
            f"All values of the left map together make **{said(gradients.sum())}**. That is, up to the steps of the sum, "
            f"what the ink adds to the logit of {chosen}: {said(look.logits[output])} with your drawing, "
            f"{said(look.blank_logits[output])} with a blank page, a difference of **{said(sums[output])}**."
        )
    else:
        st.markdown(
            f"Orange ink speaks for {chosen} rather than {rather}, blue ink for {rather} rather than {chosen}. All values of "
            f"the left map together make **{said(gradients.sum())}**; the ink moves the two logits apart by "
            f"**{said(sums[output] - sums[against])}**."
        )
    st.caption(
        "Both methods speak of ink that is there. They cannot say that a digit was ruled out because ink is missing, like "
        "the open top of a 4. Sources: Sundararajan, Taly, Yan, “Axiomatic attribution for deep networks”, 2017; Zeiler, "
        "Fergus, “Visualizing and understanding convolutional networks”, 2014."
    )


@st.cache_data(max_entries=LOOKS, show_spinner=False)
def centres_of(_recognizer, identity: int, page: np.ndarray | None) -> bytes:
    """The picture of where `_recognizer`, told from others by `identity`, sees digits on a page, or on an example: JPEG."""
    return preview(_recognizer.centres(samples.picture("form", photographed=True) if page is None else page), FINDS_SIDE)


def show_finding(loading) -> None:
    title(
        7,
        "Many digits at once",
        "A number is found by a second network. It begins with the convolutions of the first, but runs them over a whole page, "
        "whatever its size. Behind them, other layers look farther around: is this a digit, or a piece of a frame, a letter, a "
        "line of the paper? For each place they say how likely :orange[a digit], :blue[a point or comma] or :green[an empty "
        "box] has its middle there, and how far its edges are. Each digit that is found is then read as above.",
    )
    if failure := network.reading_failure(loading):
        st.error(failure, icon=":material/error:")
        return
    recognizer, ink = loading.result(), visit.NUMBER_SHEET["ink"]
    is_own = ink is not None and ink.any()
    seen = centres_of(recognizer, id(recognizer), ink if is_own else None)
    of = "What you wrote on Read a number" if is_own else "A photographed form"
    st.image(seen, width="stretch", caption=of, alt=f"{of}, with colour where digits and empty boxes have their middle")
    st.page_link("numbers.py", label="Read a number of your own", icon=":material/pin:", width="content")
    st.caption("Source: Zhou, Wang, Krähenbühl, “Objects as Points”, 2019.")


# ── The page ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def show_page(loading) -> None:
    st.title("Look inside", anchor=False)
    # This place is always there: an element that came before the canvas, or went, would move it, and empty it by that.
    with st.container():
        network.say_failure(loading)
    st.markdown("Take an example of")
    with st.container(horizontal=True, gap="small", key="wanted"):
        for digit in DIGITS:
            st.button(digit, key=f"wanted_{digit}", on_click=visit.show_one, args=(digit, "wanted"))
    own.show_switch()
    bench = st.expander("Draw here", icon=":material/draw:", key="bench", on_change="rerun")
    if bench.open:
        with bench:
            show_workbench()
    steps = prepared()
    # Below the canvas, which would jump under the pen when this goes.
    if steps is None:
        st.markdown(
            "Here you see what the network does with a drawing, step by step. There is no drawing yet: tap a digit and take an "
            "example, or draw one yourself."
        )
    if steps is not None:
        show_preparation(steps)
    if not loading.done():
        st.info("The network is waking up. What it does with the drawing is shown as soon as it is there.")
        network.wait()
    elif steps is not None and loading.exception() is None:
        mine = own.answering()
        recognizer = mine.recognizer if mine else loading.result()
        try:
            identity = id(recognizer.network)
            look = look_of(anatomy_of(recognizer.network, identity), identity, steps.picture)
        except ValueError as error:
            st.error(f"This network cannot be looked into. {error}")
        else:
            for section in (show_convolution, show_pooling, show_layers, show_softmax, show_evidence):
                section(look)
            show_finding(loading)


visit.start()
visit.SHEET.follow()
with st.container(key="inside"):
    show_page(network.recognizer())
