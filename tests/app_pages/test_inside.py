"""The states of the page "Look inside", without a browser."""

import base64
import re
from concurrent.futures import Future

import numpy as np
import pytest
import streamlit as st

from app_pages.components.pictures import picked
from app_pages.parts import convolving, deciding, looking, network, overview
from model import Recognizer, prepare
from model.data.examples import one_of_each
from model.ink.strokes import draw, parse, placed
from model.networks.anatomy import Anatomy, by_hand, moved, softmax
from model.networks.digits import build_network
from model.networks.flow import Flow
from model.networks.own import build_textbook_network
from tests.apptest import button, open_page, seven, shown, told, use
from tests.browser import FOUR

PATH = "inside.py"
HEADS = {
    "overview": "The whole network, live",
    "picture": "From your drawing to 28 × 28",
    "convolution": "A convolution",
    "relu": "ReLU: what is below zero becomes zero",
    "pooling": "Pooling",
    "deeper": "Layer upon layer",
    "sums": "From maps to sums",
    "softmax": "Softmax: from sums to probabilities",
    "why": "Why this digit?",
    "training": "How was it trained?",
    "numbers": "Many digits at once",
}
OF_A_DRAWING = [step for step in HEADS if step not in ("overview", "training", "numbers")]


class State(dict):
    """As `st.session_state`."""

    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__


def page(step="overview", ink=None):
    """The page at a step for a visitor who has drawn `ink`."""
    app = open_page(ink, PATH)
    return at(app, step) if step != "overview" else app


def at(app, step):
    app.button_group(key="step").set_value(step).run()
    assert not app.exception
    return app


def heads(app):
    return [header.value for header in app.header]


def figures(app, key):
    """The figures of a component: name → what is told about it, with its values as numbers."""
    found = {}
    for figure in told(app, key)["figures"]:
        pixels = figure["pixels"]
        values = np.frombuffer(base64.b64decode(pixels["values"]), {"u1": np.uint8, "f4": np.float32}[pixels["kind"]])
        found[figure["name"]] = figure | {"values": values.reshape(figure["height"], figure["width"])}
    return found


def slider(app, key):
    return next(slider for slider in app.slider if slider.key == key)


def look(recognizer, ink=None):
    return Anatomy(recognizer.network).look(prepare(seven() if ink is None else ink))


def choose(app, **values):
    """Has the visitor have chosen this, as a click on a picture does."""
    for name, value in values.items():
        app.session_state[name] = value
    app.run()
    assert not app.exception
    return app


# ── From step to step ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_overview_comes_first_and_next_leads_through_all_steps_and_back_again(awake):
    app = page(ink=seven())
    passed = [heads(app)]
    while not button(app, "Next").disabled:
        button(app, "Next").click().run()
        assert not app.exception
        passed.append(heads(app))
    assert passed == [[head] for head in HEADS.values()]
    for head in list(HEADS.values())[-2::-1]:
        button(app, "Back").click().run()
        assert heads(app) == [head]
    assert button(app, "Back").disabled


@pytest.mark.parametrize("step", OF_A_DRAWING)
def test_without_a_drawing_there_is_an_invitation(awake, step):
    app = page(step)
    assert any("There is no drawing yet" in text.value for text in app.markdown)
    assert heads(app) == []
    assert not app.error


@pytest.mark.parametrize("step", ["overview", "training", "numbers"])
def test_what_needs_no_drawing_is_there_without_one(awake, step):
    app = page(step)
    assert heads(app) == [HEADS[step]]
    assert not app.error


@pytest.mark.parametrize("step", [step for step in HEADS if step != "overview"])
def test_each_step_has_something_to_try_and_a_question_with_an_answer(awake, step):
    app = page(step, seven())
    assert any(text.value.startswith("**Try it.**") for text in app.markdown)
    (question,) = app.get("popover")
    assert question.proto.popover.label.endswith("?")


@pytest.mark.parametrize("step", HEADS)
def test_no_more_than_two_sentences_stand_before_what_can_be_touched(awake, step):
    words = page(step, seven()).markdown[0].value
    assert len(re.findall(r"[.?](?:”)?(?: |$)", words)) <= 2
    assert len(words) < 270


def test_a_cleared_drawing_is_none(awake):
    assert heads(page("picture", np.zeros((560, 560), np.uint8))) == []


def test_the_picture_is_shown_while_the_network_wakes_up(monkeypatch):
    monkeypatch.setattr(network, "recognizer", lambda: Future())
    app = page("picture", seven())
    assert heads(app) == [HEADS["picture"]]
    assert "waking up" in app.info[0].value
    np.testing.assert_array_equal(figures(app, "steps")["grid"]["values"], prepare(seven()))


def test_without_a_network_the_page_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(network, "WEIGHTS", tmp_path / "digits.keras")
    assert network.recognizer().exception(timeout=120) is not None
    app = page("picture", seven())
    assert "python train.py" in app.error[0].value
    assert heads(app) == [HEADS["picture"]]


def test_the_answer_stands_beside_every_step(awake):
    app = page(ink=seven())
    for step in HEADS:
        assert shown(at(app, step), "answer_view")["headline"] == "7"


# ── Other networks ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("build", [build_network, build_textbook_network])
def test_other_networks_are_looked_into_too(monkeypatch, build):
    use(monkeypatch, Recognizer(build()))
    app = page(ink=seven())
    for step in HEADS:
        assert heads(at(app, step)) == [HEADS[step]]
        assert not app.error or step == "numbers"
    labels = [*"0123456789", *(["no digit"] if build is build_network else [])]
    assert at(app, "why").button_group(key="answer_asked").options == labels
    first = build().layers[0].output.shape[-1]
    assert told(at(app, "deeper"), "sheet")["sheets"][0]["count"] == first


def test_a_network_that_is_no_stack_is_refused_in_a_sentence(monkeypatch):
    import keras

    picture = keras.Input((28, 28, 1))
    two_ways = keras.layers.add([keras.layers.Dense(10)(keras.layers.Flatten()(picture)) for _ in range(2)])
    use(monkeypatch, Recognizer(keras.Model(picture, keras.layers.Softmax()(two_ways))))
    for step in ("overview", "convolution", "why"):
        assert "cannot be looked into" in page(step, seven()).error[0].value
    assert heads(page("picture", seven())) == [HEADS["picture"]]


def test_a_network_without_convolution_or_pooling_is_looked_into(monkeypatch):
    import keras

    layers = [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    use(monkeypatch, Recognizer(keras.Sequential(layers)))
    app = page(ink=seven())
    assert told(app, "flow")["stages"] == []
    said = {step: [info.value for info in at(app, step).info] for step in ("relu", "pooling", "deeper")}
    assert said == {
        "relu": ["This network has no such layer among its feature maps."],
        "pooling": ["This network has no pooling."],
        "deeper": ["This network has no feature maps."],
    }
    assert at(app, "convolution").button_group(key="kernel_kind").options == ["One made by hand"]


# ── The overview ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_overview_shows_the_maps_of_every_stage_and_what_links_them(awake, recognizer):
    app = page(ink=seven())
    shown_flow = told(app, "flow")
    passage = Flow(Anatomy(recognizer.network)).of(prepare(seven()))
    assert len(shown_flow["stages"]) == len(passage.maps) == 7
    flow = shown_flow["answer"]["flow"]
    for text, maps, stage in zip(flow["maps"], passage.maps, shown_flow["stages"], strict=True):
        levels = np.frombuffer(base64.b64decode(text), np.int8).reshape(-1, *stage["shape"])
        np.testing.assert_allclose(levels / 127 * np.abs(maps).max(), maps.transpose(2, 0, 1), atol=np.abs(maps).max() / 250)
        assert len(levels) == len(stage["names"])
    assert flow["sums"] == pytest.approx(passage.sums.tolist(), abs=1e-3)
    assert len(flow["links"]) == len(flow["maps"]) + 1


@pytest.mark.parametrize(
    ("column", "which", "step", "expected"),
    [
        (0, 0, "picture", {}),
        (1, 2, "convolution", {"kernel_kind": "A learnt kernel"}),
        (3, 1, "deeper", {}),
        (8, 4, "softmax", {"answer_asked": "4"}),
        ("1", None, "picture", {}),
        (99, 99, "softmax", {"answer_asked": "no digit"}),
    ],
)
def test_a_tap_on_the_overview_opens_the_step_that_says_more(awake, recognizer, monkeypatch, column, which, step, expected):
    flow = Flow(Anatomy(recognizer.network))
    state = State(flow={"open": {"column": column, "which": which}})
    monkeypatch.setattr(st, "session_state", state)
    monkeypatch.setattr(overview, "state", state)
    overview.open_stage(flow)
    assert state.step == step
    assert expected.items() <= state.items()
    if step == "convolution":
        assert state.convolution_kernel == flow.stages[0].shown[2] + 1
    if step == "deeper":
        assert (state.layer, state.layer_map) == (flow.stages[2].last, flow.stages[2].shown[1] + 1)


def test_a_tap_on_a_hidden_dense_layer_opens_the_sums(monkeypatch):
    import keras

    layers = [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(16), keras.layers.Dense(10)]
    state = State(flow={"open": {"column": 1, "which": 3}})
    monkeypatch.setattr(st, "session_state", state)
    monkeypatch.setattr(overview, "state", state)
    overview.open_stage(Flow(Anatomy(keras.Sequential([*layers, keras.layers.Softmax()]))))
    assert state.step == "sums"


# ── The steps ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_picture_shows_how_it_was_made(awake):
    drawn = figures(page("picture", seven()), "steps")
    assert set(drawn) == {"drawing", "ink", "scaled", "placed", "grid"}
    np.testing.assert_array_equal(drawn["grid"]["values"], prepare(seven()))


def test_the_convolution_follows_kernel_and_place(awake, recognizer):
    app = choose(page("convolution", seven()), convolution_kernel=4, convolution_place=(8, 11))
    own = look(recognizer)
    index = own.anatomy.convolutions[0]
    hand = own.convolution(index, 3, 8, 11)
    drawn = figures(app, "convolution")
    np.testing.assert_allclose(drawn["patch"]["values"], own.picture[8:11, 11:14] / 255, atol=1e-6)
    np.testing.assert_allclose(drawn["products"]["values"], hand.products[..., 0], atol=1e-6)
    np.testing.assert_allclose(drawn["output"]["values"], own.maps[own.anatomy.after(index)][..., 3], atol=1e-5)
    assert drawn["input"]["boxes"] == [[11, 8, 14, 11]]
    assert drawn["output"]["boxes"] == [[11, 8, 12, 9]]
    assert drawn["output"]["values"][8, 11] == pytest.approx(hand.result, abs=1e-4)
    formula = app.latex[0].value
    assert f"{hand.total + hand.bias:.3f}" in formula
    assert f"{hand.result:.3f}" in formula
    assert told(app, "kernels")["sheets"][0]["chosen"] == 3


def test_a_kernel_made_by_hand_finds_what_it_looks_for(awake):
    app = page("convolution", seven())
    app.button_group(key="kernel_kind").set_value("One made by hand").run()
    app.button_group(key="handmade_preset").set_value("Upper and lower edges").run()
    assert not app.exception
    kernel = np.array([[-1, -1, -1], [0, 0, 0], [1, 1, 1]], float)
    drawn = figures(app, "convolution")
    np.testing.assert_array_equal(drawn["kernel"]["values"], kernel)
    np.testing.assert_allclose(drawn["output"]["values"], by_hand(prepare(seven()), kernel), atol=1e-6)
    picture = prepare(seven()) / 255
    left, top, *_ = map(int, drawn["input"]["boxes"][0])
    np.testing.assert_allclose(drawn["patch"]["values"], picture[top : top + 3, left : left + 3], atol=1e-6)


def test_a_weight_that_is_tapped_goes_from_minus_one_to_one_and_round(monkeypatch):
    state = State(handmade=(8, 0, 0, 0, 0, 0, 0, 0, 1))
    monkeypatch.setattr(convolving, "state", state)
    seen = []
    for cell in (0, 8, 8, 8):
        convolving.change_weight(cell)
        seen.append(state.handmade[cell])
    assert seen == [-1, -1, 0, 1]


def test_relu_takes_away_what_is_below_zero(awake, recognizer):
    app = page("relu", seven())
    slider(app, "activation_map").set_value(5).run()
    drawn = figures(app, "activation")
    own = look(recognizer)
    np.testing.assert_allclose(drawn["after"]["values"], own.maps[own.anatomy.activations[0]][..., 4], atol=1e-5)
    np.testing.assert_allclose(drawn["after"]["values"], np.maximum(drawn["before"]["values"], 0), atol=1e-5)
    assert (drawn["before"]["values"] < 0).any()
    assert r"\max(0" in app.latex[0].value


def test_the_pooling_follows_map_and_place(awake, recognizer):
    app = page("pooling", seven())
    slider(app, "pooling_map").set_value(6).run()
    choose(app, pooling_place=(4, 6))
    own = look(recognizer)
    index = own.anatomy.poolings[0]
    drawn = figures(app, "pooling")
    np.testing.assert_allclose(drawn["window"]["values"], own.into(index)[8:10, 12:14, 5], atol=1e-5)
    assert drawn["input"]["boxes"] == [[12, 8, 14, 10]]
    assert f"= {own.maps[index][4, 6, 5]:.3f}" in app.latex[0].value


def test_a_drawing_that_is_moved_says_what_changed_by_that(awake, recognizer):
    app = page("pooling", seven())
    assert not any("By moving it" in text.value for text in app.markdown)
    slider(app, "moved").set_value(1).run()
    own = look(recognizer)
    other = own.anatomy.look(moved(own.picture, 0, 1))
    deepest = own.anatomy.poolings[-1]

    def changed(before, after):
        return f"**{np.abs(after - before).sum() / np.abs(before).sum():.0%}**"

    said = next(text.value for text in app.markdown if "By moving it" in text.value)
    assert changed(own.picture.astype(float), other.picture.astype(float)) in said
    assert changed(own.maps[deepest], other.maps[deepest]) in said


def test_every_layer_has_its_sheet_and_a_map_can_be_enlarged(awake, recognizer):
    app = page("deeper", seven())
    own = look(recognizer)
    layers = next(slider for slider in app.select_slider if slider.key == "layer")
    shown = [layer for layer in own.anatomy.layers if len(layer.shape) == 3 and layer.kind != "Dropout"]
    assert len(layers.options) == len(shown)
    for layer in shown:
        choose(app, layer=layer.index)
        (sheet,) = told(app, "sheet")["sheets"]
        assert sheet["count"] == layer.shape[2]
        if layer.weights:
            assert f"{layer.weights:,} weights" in sheet["words"]
    index = own.anatomy.poolings[-1]
    choose(app, layer=index, layer_map=20, layer_place=(0, 2))
    drawn = figures(app, "map")
    np.testing.assert_allclose(drawn["map"]["values"], own.maps[index][..., 19], atol=1e-5)
    assert drawn["seen"]["boxes"] == [list(own.anatomy.layers[index].field.box(0, 2))]
    assert told(app, "sheet")["sheets"][0]["chosen"] == 19
    # A layer with smaller and fewer maps after one with larger: place and map move inside.
    choose(app, layer=0, layer_place=(25, 25))
    assert told(app, "sheet")["sheets"][0]["chosen"] == 15
    choose(app, layer=index)
    last = own.anatomy.layers[index].shape[0]
    assert figures(app, "map")["map"]["boxes"] == [[last - 1, last - 1, last, last]]


def table(app, key="dd-softmax"):
    return next(element.proto.body for element in app.get("html") if key in element.proto.body)


def test_what_the_maps_add_makes_the_sum(awake, recognizer):
    app = page("sums", seven())
    own = look(recognizer)
    added = own.contributions(7)
    assert added.sum() + own.logit(7).bias == pytest.approx(own.logits[7], abs=1e-4)
    best = int(added.argmax())
    assert f"Map {best + 1}<" in table(app)
    assert f"{added[best]:.2f}" in table(app)
    assert f"The sum of 7</th><td></td><td></td><td>{own.logits[7]:.2f}" in table(app)
    numbers = [cell.split("<")[0].replace("−", "-") for cell in table(app).split("<td>") if cell[:1] in "−0123456789"]
    *parts, total = map(float, numbers)
    assert sum(parts) == pytest.approx(total, abs=0.06)  # each is rounded
    app.button_group(key="answer_asked").set_value("1").run()
    assert f"{own.logits[1]:.2f}".replace("-", "−") in table(app)


def test_probabilities_follow_the_temperature(awake, recognizer):
    app = page("softmax", seven())
    logits = look(recognizer).logits
    for temperature in (1.0, 5.0):
        slider(app, "temperature").set_value(temperature).run()
        shares = softmax(logits, temperature)
        for share, logit in zip(shares, logits, strict=True):
            assert f"{100 * share:.2f}%" in table(app)
            assert f"{logit:.2f}".replace("-", "−") in table(app)
    assert f"= {shares[7]:.4f}" in app.latex[0].value
    app.button_group(key="answer_asked").set_value("1").run()
    assert f"= {shares[1]:.4f}" in app.latex[0].value


def test_evidence_answers_the_question_that_is_asked(awake, recognizer):
    app = page("why", seven())
    own = look(recognizer)
    assert app.button_group(key="answer_asked").value == "7"
    drawn = figures(app, "evidence")
    np.testing.assert_allclose(drawn["gradients"]["values"], own.evidence(7), atol=1e-4)
    np.testing.assert_allclose(drawn["covering"]["values"], own.occlusion(7), atol=1e-4)
    app.selectbox(key="why_not").set_value("9").run()
    drawn = figures(app, "evidence")
    np.testing.assert_allclose(drawn["gradients"]["values"], own.evidence(7, 9), atol=1e-4)
    assert told(app, "evidence")["legend"] == ["for 9", "for 7"]
    app.button_group(key="answer_asked").set_value("9").run()  # no longer a question against itself
    assert app.selectbox(key="why_not").value is None
    np.testing.assert_allclose(figures(app, "evidence")["gradients"]["values"], own.evidence(9), atol=1e-4)


@pytest.mark.parametrize("step", ["sums", "softmax", "why"])
def test_the_answer_in_question_follows_the_drawing_until_another_is_chosen(awake, step):
    app = page(step, seven())
    four = draw(placed(parse(FOUR), 170, (140, 140)), 18)
    choose(app, ink=four)
    assert app.button_group(key="answer_asked").value == "4"
    app.button_group(key="answer_asked").set_value("1").run()
    choose(app, ink=seven())
    assert app.button_group(key="answer_asked").value == "1"


def sheet_values(sheet):
    levels = np.frombuffer(base64.b64decode(sheet["pixels"]["values"]), np.int8)
    return levels.reshape(sheet["count"], sheet["height"], sheet["width"]).astype(int)


@pytest.mark.parametrize("with_mnist", [True, False])
def test_training_pictures_are_shown_and_disturbed_anew(awake, recognizer, monkeypatch, with_mnist):
    of_mnist = one_of_each(), np.arange(10)
    monkeypatch.setattr(deciding, "mnist_pictures", lambda: of_mnist if with_mnist else None)
    st.cache_data.clear()
    app = page("training")
    pictures, disturbed = told(app, "training_pictures")["sheets"]
    assert ("MNIST" in pictures["words"]) == with_mnist
    read = [recognizer.recognize(np.uint8(2 * one)).label for one in sheet_values(pictures)]
    assert read == list("0123456789")
    if with_mnist:
        np.testing.assert_allclose(sheet_values(pictures) * 255 / 127, of_mnist[0], atol=1.1)
    assert not np.array_equal(sheet_values(pictures), sheet_values(disturbed))
    before, after = told(app, "before_and_after")["sheets"]
    assert not np.array_equal(sheet_values(before), sheet_values(after))
    button(app, "Disturb others").click().run()
    assert not np.array_equal(sheet_values(told(app, "training_pictures")["sheets"][1]), sheet_values(disturbed))


def test_mnist_that_cannot_be_read_is_not_shown(monkeypatch, tmp_path):
    file = tmp_path / "mnist.npz"
    file.write_bytes(b"no archive")
    monkeypatch.setattr(deciding, "on_this_machine", lambda data: file)
    deciding.mnist_pictures.cache_clear()
    assert deciding.mnist_pictures() is None
    deciding.mnist_pictures.cache_clear()


def images(app):
    return [image.proto.imgs[0].caption for image in app.get("image")]


def test_where_digits_are_found_is_shown_of_the_visitors_number_if_there_is_one(awake):
    app = page("numbers", seven())
    assert images(app) == ["A photographed form"]
    choose(app, number_ink=np.zeros((260, 900), np.uint8))
    assert images(app) == ["A photographed form"]
    choose(app, number_ink=np.pad(seven(), ((0, 0), (0, 600))))
    assert images(app) == ["What you wrote on Read a number"]


def test_without_the_network_that_finds_the_step_says_so(monkeypatch, recognizer):
    def finder():
        raise RuntimeError("no file")

    monkeypatch.setattr(recognizer, "finder", finder)
    use(monkeypatch, recognizer)
    app = page("numbers", seven())
    assert [error.value for error in app.error] == ["Numbers cannot be read now; the log of the server has the reason."]


# ── What stays ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_drawing_the_step_and_the_tally_survive_the_way_there_and_back(awake):
    app = page("pooling", seven())
    slider(app, "pooling_map").set_value(6).run()
    app.switch_page("draw.py").run()
    assert shown(app, "answer_view")["headline"] == "7"
    app.session_state["tally"] = {0: True, 1: False}
    app.switch_page(PATH).run()
    assert heads(app) == [HEADS["pooling"]]
    assert slider(app, "pooling_map").value == 6
    app.switch_page("draw.py").run()
    assert "Read right: **1** · wrong: **1**" in [text.value for text in app.markdown]


def test_nothing_is_computed_again_while_the_drawing_stays(awake, monkeypatch):
    looks, look = [], Anatomy.look
    monkeypatch.setattr(Anatomy, "look", lambda self, picture: looks.append(picture) or look(self, picture))
    st.cache_resource.clear()
    app = page("softmax", seven())
    slider(app, "temperature").set_value(3.0).run()
    at(app, "sums")
    app.switch_page("draw.py").run()
    app.switch_page(PATH).run()
    assert len(looks) == 1
    choose(app, ink=seven()[::-1].copy())
    assert len(looks) == 2


def test_networks_are_taken_apart_once_and_no_more_than_a_class_needs_are_kept():
    networks = [build_textbook_network() for _ in range(2)]
    assert looking.anatomy_of(networks[0]) is looking.anatomy_of(networks[0])
    assert looking.anatomy_of(networks[0]) is not looking.anatomy_of(networks[1])
    assert looking.flow_of(networks[0]) is looking.flow_of(networks[0])
    assert looking._anatomy_of.cache_info().maxsize == looking.MOST_NETWORKS


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (None, {"row": 0, "column": 0}),
        ("3", {"row": 0, "column": 0}),
        ({"row": 3, "column": 4}, {"row": 3, "column": 4}),
        ({"row": -3, "column": 400}, {"row": 0, "column": 27}),
        ({"row": "3", "column": [1]}, {"row": 0, "column": 0}),
    ],
)
def test_clicks_from_outside_are_brought_inside(monkeypatch, place, expected):
    from app_pages.components import pictures

    monkeypatch.setattr(pictures.st, "session_state", {"view": {"place": place}})
    assert picked("view", row=28, column=28) == expected
