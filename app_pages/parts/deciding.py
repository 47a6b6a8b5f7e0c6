"""The later steps of "Look inside": from the deepest maps to an answer, why it is that one, and how the network was made."""

import html
import logging
from functools import lru_cache

import numpy as np
import streamlit as st

from app_pages.components.pictures import figure, sheet, show_figures, show_sheets
from app_pages.locale import _
from app_pages.parts import network, samples, visit
from app_pages.parts.looking import POINTED, factor, head, number, outputs, said, tasks
from app_pages.parts.tables import percent
from app_pages.parts.thumbnails import address
from app_pages.parts.words import DIGITS
from model.data.dataset import on_this_machine
from model.data.examples import example
from model.ink.files import preview
from model.ink.image import prepare

COLDEST, HOTTEST = 0.2, 10.0  # temperatures
MOST_FOR, MOST_AGAINST = 6, 3  # maps that are named one by one …
LEAST = 0.005  # … and by how much they speak for an answer, or against it: less is 0.00
FINDS_SIDE = 1_600  # pixels of the picture of where digits are found
KEPT_FINDS = 12  # pictures of where digits are found
MOST_PICTURES = 2_000  # of MNIST, from which those are chosen that are shown
VARIATION = 0.3  # of our own drawings that are shown
SEEDS = 1_000  # ways in which training pictures are spoilt

_log = logging.getLogger(__name__)
state = st.session_state


def answer_chosen(label: str, look) -> str:
    """One of the answers, chosen with pills; the likeliest, also of another drawing, until another one is chosen. The steps
    about answers ask about the same one."""
    labels = outputs(look)
    likeliest = labels[int(look.logits.argmax())]
    if state.get("answer_asked") not in labels or state.answer_asked == state.get("answer_likeliest"):
        state.answer_asked = likeliest
    state.answer_likeliest = likeliest
    return st.pills(label, labels, format_func=_, key="answer_asked", required=True, wrap=True, persist_state="session")


# ── From maps to sums ─────────────────────────────────────────────────────────────────────────────────────────────────


def show_sums(look) -> None:
    head(
        _("From maps to sums"),
        _(
            "The last layer has a weight for each pixel of the last maps and each answer. Pixel times weight, all added up, "
            "is an answer's sum: the larger it is, the more speaks for that answer."
        ),
    )
    chosen = answer_chosen(_("The sum of"), look)
    output = outputs(look).index(chosen)
    logit = look.logit(output)
    contributions = look.contributions(output)
    if contributions is not None:
        order = np.argsort(-contributions)
        speaking = [int(one) for one in order[:MOST_FOR] if contributions[one] >= LEAST]
        opposing = [int(one) for one in order[::-1][:MOST_AGAINST][::-1] if contributions[one] <= -LEAST]
        rest = logit.value - logit.bias - contributions[speaking + opposing].sum()
        maps = look.last_maps()
        brightest = float(np.abs(maps).max()) or 1.0
        rows = [
            (_("Map {number}", number=one + 1), thumbnail(maps[..., one], brightest), contributions[one]) for one in speaking
        ]
        rows += [(_("All other maps"), "", rest)] if len(contributions) > len(speaking) + len(opposing) else []
        rows += [
            (_("Map {number}", number=one + 1), thumbnail(maps[..., one], brightest), contributions[one]) for one in opposing
        ]
        rows.append((_("The answer's own weight (bias)"), "", logit.bias))
        show_contributions(rows, _("The sum of {answer}", answer=_(chosen)), logit.value)
    positive, negative, bias = _("positive products"), _("negative products"), _("bias")
    st.latex(
        rf"z_{{\text{{{_(chosen)}}}}} = \underbrace{{{number(logit.supporting)}}}_{{\text{{{positive}}}}}"
        rf" + \underbrace{{{factor(logit.opposing)}}}_{{\text{{{negative}}}}}"
        rf" + \underbrace{{{factor(logit.bias)}}}_{{\text{{{bias}}}}} = {number(logit.value)}"
    )
    tasks(
        _("Choose the answer that came second: which maps speak for both, and which for one alone?"),
        _("Where do the probabilities come from?"),
        _(
            "From these sums. Each answer has one; the next step makes probabilities of them. Those who build networks call "
            "such a sum a logit."
        ),
    )


def show_contributions(rows: list[tuple[str, str, float]], total_name: str, total: float) -> None:
    """What adds up to a sum; of single maps as bars to the left and to the right of zero."""
    longest = max((abs(value) for _, picture, value in rows if picture), default=1.0)
    cells = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th><td>{picture}</td>'
        f'<td class="dd-both" data-below="{str(value < 0).lower()}">'
        f'<div style="width:{50 * abs(value) / longest if picture else 0:.1f}%"></div></td>'
        f"<td>{said(value, 2)}</td></tr>"
        for name, picture, value in rows
    )
    with st.container(key="contributions"):
        st.html(
            f'<table class="dd-softmax"><tbody>{cells}</tbody><tfoot><tr data-chosen="true"><th scope="row">'
            f"{html.escape(total_name)}</th><td></td><td></td><td>{said(total, 2)}</td></tr></tfoot></table>"
        )


def thumbnail(values: np.ndarray, full: float) -> str:
    """A small map as an image: black is zero, white is `full`."""
    levels = np.round(np.clip(values / full, 0, 1) * 255).astype(np.uint8)
    return f'<img alt="" src="{address(levels.tobytes(), levels.shape)}">'


# ── Softmax ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def show_softmax(look) -> None:
    from model.networks.anatomy import powers, softmax

    head(
        _("Softmax: from sums to probabilities"),
        _(
            "Each sum becomes a power of e, which is never negative; its share in all powers is the answer's probability. A "
            "low temperature makes the network more certain, a high one less; 1 leaves it as it is."
        ),
    )
    labels = outputs(look)
    choice, heat = st.columns([5, 2], gap="medium")
    with choice:
        chosen = answer_chosen(_("The numbers of"), look)
    with heat:
        temperature = st.slider(_("Temperature"), COLDEST, HOTTEST, 1.0, 0.1, key="temperature", persist_state="session")
    output = labels.index(chosen)
    shares, raised = softmax(look.logits, temperature), powers(look.logits, temperature)
    rows = "".join(
        f'<tr data-chosen="{str(at == output).lower()}"><th scope="row">{html.escape(_(label))}</th><td>{said(logit, 2)}</td>'
        f'<td>{power:.4f}</td><td class="dd-bar"><div style="width:{100 * share:.2f}%"></div></td>'
        f"<td>{percent(share)}</td></tr>"
        for at, (label, logit, power, share) in enumerate(zip(labels, look.logits, raised, shares, strict=True))
    )
    with st.container(key="softmax"):
        heads = [(_("answer"), 1), (_("sum"), 1), (_("power"), 1), (_("probability"), 2)]
        head_row = "".join(f'<th scope="col" colspan="{span}">{html.escape(words)}</th>' for words, span in heads)
        st.html(f'<table class="dd-softmax"><thead><tr>{head_row}</tr></thead><tbody>{rows}</tbody></table>')
    difference = f"({number(look.logits[output], 2)} - {factor(look.logits.max(), 2)}) / {temperature:.1f}"
    all_powers = _("all powers")
    st.latex(
        rf"p_{{\text{{{_(chosen)}}}}} = \frac{{e^{{(z - z_\text{{max}}) / T}}}}{{\text{{{all_powers}}}}}"
        rf" = \frac{{e^{{{difference}}}}}{{{raised.sum():.4f}}} = \frac{{{raised[output]:.4f}}}{{{raised.sum():.4f}}}"
        rf" = {shares[output]:.4f}"
    )
    tasks(
        _(
            "Raise the temperature until the network is not sure any more; then draw a digit that is hard to read and set it "
            "to 1."
        ),
        _("What is it unsure about?"),
        _(
            "About the answers whose bars are long together: their sums lie close to each other. A network can be sure and "
            "wrong, too; after training, its sums were divided by a temperature of their own, so that what it says fits how "
            "often it is right (“How good is it?” names it, under Origin). That is in its weights already, so here it is 1."
        ),
    )


# ── Why this digit ────────────────────────────────────────────────────────────────────────────────────────────────────


def show_evidence(look) -> None:
    labels = outputs(look)
    head(
        _("Why this digit?"),
        _(
            "Which ink speaks for an answer? Two methods put that question to the network in different ways; where they "
            "agree, you may trust them more."
        ),
    )
    asked, other = st.columns([5, 2], gap="medium")
    with asked:
        chosen = answer_chosen(_("Why"), look)
    others = [label for label in labels if label != chosen]
    if state.get("why_not") not in others:
        state.why_not = None
    with other:
        rather = st.selectbox(
            _("and not"),
            others,
            index=None,
            format_func=_,
            key="why_not",
            placeholder=_("(any other)"),
            persist_state="session",
        )
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
                _(
                    "Integrated gradients: each pixel's share in the sum, added up while the drawing fades in from a blank "
                    "page."
                ),
                signed=True,
                under=look.picture,
            ),
            figure(
                "covering",
                covering,
                _("Occlusion: by how much the sum falls, in the mean, when a blank square of 6 × 6 pixels covers this ink."),
                signed=True,
                under=look.picture,
            ),
        ],
        "pair",
        reading=_(POINTED),
        legend=(_("speaks against it"), _("speaks for it"))
        if rather is None
        else (_("for {answer}", answer=_(rather)), _("for {answer}", answer=_(chosen))),
    )
    sums = look.logits - look.blank_logits
    if rather is None:
        st.markdown(
            _(
                "All values of the left map make **{gradients}**: what the ink adds to the sum of {chosen} "
                "({with_it} with it, {without} on a blank page, a difference of **{difference}**), but for rounding.",
                gradients=said(gradients.sum(), 2),
                chosen=_(chosen),
                with_it=said(look.logits[output], 2),
                without=said(look.blank_logits[output], 2),
                difference=said(sums[output], 2),
            )
        )
    else:
        st.markdown(
            _(
                "Orange ink speaks for {chosen} rather than {rather}, blue ink for {rather} rather than {chosen}. All values "
                "of the left map make **{gradients}**; the ink moves the two sums apart by **{apart}**.",
                chosen=_(chosen),
                rather=_(rather),
                gradients=said(gradients.sum(), 2),
                apart=said(sums[output] - sums[against], 2),
            )
        )
    tasks(
        _("Ask why it is this digit and not the one that is most like it. Then change that part of the drawing."),
        _("Can one believe that?"),
        _(
            "With care. Both methods speak of ink that is there; they cannot say that a digit was ruled out because ink is "
            "missing, like the open top of a 4. Sources: Sundararajan, Taly, Yan, “Axiomatic attribution for deep "
            "networks”, 2017; Zeiler, Fergus, “Visualizing and understanding convolutional networks”, 2014."
        ),
    )


# ── Where it comes from ───────────────────────────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=1)
def mnist_pictures() -> tuple[np.ndarray, np.ndarray] | None:
    """Some of those of MNIST from which the network has learnt, and their digits; None where MNIST is not on this machine."""
    from model.data.dataset import DataError, load_mnist

    file = on_this_machine("mnist")
    if file is None:
        return None
    try:
        mnist = load_mnist(file)
    except DataError:
        _log.exception("MNIST cannot be shown")
        return None
    return mnist.train_images[:MOST_PICTURES].copy(), mnist.train_labels[:MOST_PICTURES].copy()


@st.cache_data(max_entries=64, show_spinner=False)
def training_pictures(with_mnist: bool, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture of each digit from which the network has learnt, and the same as training disturbs them: each float32
    (28, 28, 10)."""
    from model.data.dataset import canvas_picture
    from model.networks.training import augment

    rng = np.random.default_rng((seed, 17))
    if with_mnist:
        images, labels = mnist_pictures()
        pictures = images[[rng.choice(np.flatnonzero(labels == digit)) for digit in range(10)]]
    else:
        drawn = [canvas_picture(example(rng, digit)[1], rng, VARIATION) for digit in DIGITS]
        pictures = np.stack([prepare(one) for one in drawn])
    disturbed = augment(pictures, rng, moved=1.0, spoilt=0.5)[..., 0]
    return (pictures / np.float32(255)).transpose(1, 2, 0), disturbed.transpose(1, 2, 0)


def another() -> None:
    state.training_seed = (state.get("training_seed", 0) + 1) % SEEDS


def show_training(look) -> None:
    head(
        _("How was it trained?"),
        _(
            "Before training, all weights are random numbers. Then it sees pictures whose digit is known, a hundred and more "
            "at a time, and each time all weights are moved a little so that the right answer's probability grows."
        ),
    )
    with_mnist = mnist_pictures() is not None
    pictures, disturbed = training_pictures(with_mnist, state.get("training_seed", 0))
    source = _("Pictures of MNIST from which it learns:") if with_mnist else _("Our own drawings, from which it learns, too:")
    show_sheets(
        "training_pictures",
        [
            sheet("", source, pictures, ink=True),
            sheet("", _("The same as training disturbs them, anew each time:"), disturbed, ink=True),
        ],
        _("Digit {number}"),
    )
    anatomy = look.anatomy
    first = next((at for at in anatomy.convolutions if look.into(at).shape[-1] == 1), None)
    if first is not None:
        show_sheets(
            "before_and_after",
            [
                sheet("", _("The kernels of the first layer before training, random:"), anatomy.untrained(first)[:, :, 0]),
                sheet("", _("… and after it:"), anatomy.weights_of(first)[:, :, 0]),
            ],
            _("Kernel {number}"),
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(_("Disturb others"), icon=":material/casino:", on_click=another)
        st.page_link("train.py", label=_("Train one yourself, and see what overfitting is"), icon=":material/model_training:")
        st.page_link("report.py", label=_("How good has it become?"), icon=":material/query_stats:")
    tasks(
        _("Disturb others a few times: would you still know all of them?"),
        _("Why are the pictures disturbed?"),
        _(
            "So that it cannot learn them by heart: each time they look a little different, as another hand, pen or camera "
            "would have made them. What it has learnt by heart helps with no new drawing; that is called overfitting."
        ),
    )


@st.cache_data(max_entries=KEPT_FINDS, show_spinner=False)
def centres_of(_recognizer, identity: int, page: np.ndarray | None) -> bytes:
    """The picture of where `_recognizer`, told from others by `identity`, sees digits on a page, or on an example: JPEG."""
    return preview(_recognizer.centres(samples.picture("form", photographed=True) if page is None else page), FINDS_SIDE)


def show_finding(look) -> None:
    head(
        _("Many digits at once"),
        _(
            "A number is found by a second network, which runs such convolutions over a whole page. For each place it says how "
            "likely :orange[a digit], :blue[a point or comma] or :green[an empty box] has its middle there."
        ),
    )
    loading = network.recognizer()
    if failure := network.reading_failure(loading):
        st.error(failure, icon=":material/error:")
        return
    recognizer, ink = loading.result(), visit.NUMBER_SHEET["ink"]
    is_own = ink is not None and ink.any()
    seen = centres_of(recognizer, id(recognizer), ink if is_own else None)
    of = _("What you wrote on Read a number") if is_own else _("A photographed form")
    with st.container(key="finds"):
        st.image(
            seen,
            width="stretch",
            caption=of,
            alt=_("{picture}, with colour where digits and empty boxes have their middle", picture=of),
        )
    st.page_link("numbers.py", label=_("Read a number of your own"), icon=":material/pin:", width="content")
    tasks(
        _("Write a number on Read a number, then come back: it is shown here."),
        _("How does it know where one digit ends and the next begins?"),
        _(
            "It does not cut. It looks for the middle of each digit and says how far its edges are; then each digit that was "
            "found is read as in the steps before. Source: Zhou, Wang, Krähenbühl, “Objects as Points”, 2019."
        ),
    )
