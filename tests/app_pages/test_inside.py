"""The states of the page "Look inside", without a browser."""

import base64
from concurrent.futures import Future

import numpy as np
import pytest
import streamlit as st

from app_pages.components.pictures import picked
from app_pages.parts import network
from model import Recognizer, prepare
from model.networks.anatomy import Anatomy, softmax
from model.networks.digits import build_network
from model.networks.own import build_textbook_network
from tests.apptest import open_page, seven, shown, told, use

PATH = "inside.py"
SECTIONS = [
    "1 · From your drawing to 28 × 28",
    "2 · One convolution, by hand",
    "3 · Pooling",
    "4 · Layer by layer",
    "5 · From features to probabilities",
    "6 · Why this digit?",
    "7 · Many digits at once",
]


def page(ink=None):
    return open_page(ink, PATH)


def headers(app):
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


def test_without_a_drawing_there_is_an_invitation(awake):
    app = page()
    assert "There is no drawing yet" in app.markdown[1].value
    assert headers(app) == []
    assert [app.button(key=f"wanted_{digit}").label for digit in range(10)] == list("0123456789")
    assert not app.error


def test_a_tapped_digit_becomes_the_visitors_drawing_each_time_another(awake):
    app = page()
    drawings = []
    for _ in range(2):
        app.button(key="wanted_4").click().run()
        assert not app.exception
        assert headers(app) == SECTIONS
        drawings.append(app.session_state["ink"])
    assert not np.array_equal(*drawings)
    app.switch_page("draw.py").run()
    assert told(app, "canvas_view")["order"]["objects"]
    assert shown(app, "answer_view")["headline"] == "4"


def test_a_cleared_drawing_is_none(awake):
    assert headers(page(np.zeros((560, 560), np.uint8))) == []


def test_the_steps_are_shown_while_the_network_wakes_up(monkeypatch):
    monkeypatch.setattr(network, "recognizer", lambda: Future())
    app = page(seven())
    assert headers(app) == SECTIONS[:1]
    assert "waking up" in app.info[0].value
    np.testing.assert_array_equal(figures(app, "steps")["grid"]["values"], prepare(seven()))


def test_without_a_network_the_page_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(network, "WEIGHTS", tmp_path / "digits.keras")
    assert network.recognizer().exception(timeout=120) is not None
    app = page(seven())
    assert "python train.py" in app.error[0].value
    assert headers(app) == SECTIONS[:1]


def test_every_section_is_there_for_a_drawing(awake):
    app = page(seven())
    assert headers(app) == SECTIONS
    assert not app.error
    assert set(figures(app, "steps")) == {"drawing", "ink", "scaled", "placed", "grid"}


@pytest.mark.parametrize("build", [build_network, build_textbook_network])
def test_other_networks_are_looked_into_too(monkeypatch, build):
    use(monkeypatch, Recognizer(build()))
    app = page(seven())
    assert headers(app) == SECTIONS
    assert not app.error
    labels = [*"0123456789", *(["no digit"] if build is build_network else [])]
    assert app.button_group(key="why").options == labels
    assert len(told(app, "sheets")["sheets"]) == len(build().layers)


def test_a_network_that_is_no_stack_is_refused_in_a_sentence(monkeypatch):
    import keras

    picture = keras.Input((28, 28, 1))
    two_ways = keras.layers.add([keras.layers.Dense(10)(keras.layers.Flatten()(picture)) for _ in range(2)])
    use(monkeypatch, Recognizer(keras.Model(picture, keras.layers.Softmax()(two_ways))))
    app = page(seven())
    assert "cannot be looked into" in app.error[0].value
    assert headers(app) == SECTIONS[:1]


def test_a_network_without_convolution_or_pooling_is_looked_into(monkeypatch):
    import keras

    use(
        monkeypatch,
        Recognizer(
            keras.Sequential(
                [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
            )
        ),
    )
    app = page(seven())
    assert headers(app) == SECTIONS
    assert [info.value for info in app.info] == [
        "This network has no convolution that looks at the picture.",
        "This network has no pooling.",
        "This network has no feature maps.",
    ]


def test_the_convolution_follows_kernel_and_place(awake, recognizer):
    app = page(seven())
    slider(app, "convolution_kernel").set_value(4).run()
    slider(app, "convolution_row").set_value(9).run()
    slider(app, "convolution_column").set_value(12).run()
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
    assert all(f"{value:.3f}" in formula for value in hand.kernel.ravel())
    assert told(app, "kernels")["sheets"][0]["chosen"] == 3
    assert any("cross-correlation" in caption.value for caption in app.caption)


def test_the_pooling_follows_map_and_place(awake, recognizer):
    app = page(seven())
    slider(app, "pooling_map").set_value(6).run()
    slider(app, "pooling_row").set_value(5).run()
    slider(app, "pooling_column").set_value(7).run()
    own = look(recognizer)
    index = own.anatomy.poolings[0]
    drawn = figures(app, "pooling")
    np.testing.assert_allclose(drawn["window"]["values"], own.into(index)[8:10, 12:14, 5], atol=1e-5)
    assert drawn["input"]["boxes"] == [[12, 8, 14, 10]]
    assert f"= {own.maps[index][4, 6, 5]:.3f}" in app.latex[1].value


def test_every_layer_has_its_sheet_and_a_map_can_be_enlarged(awake, recognizer):
    app = page(seven())
    own = look(recognizer)
    sheets = told(app, "sheets")["sheets"]
    for layer, sheet in zip(own.anatomy.layers, sheets, strict=True):
        has_maps = len(layer.shape) == 3 and layer.kind != "Dropout"
        assert sheet["count"] == (layer.shape[2] if has_maps else 0)
        if layer.weights:
            assert f"{layer.weights:,} weights" in sheet["words"]
    index = own.anatomy.poolings[-1]
    app.selectbox(key="layer").set_value(index).run()
    slider(app, "layer_map").set_value(20).run()
    slider(app, "layer_row").set_value(1).run()
    slider(app, "layer_column").set_value(3).run()
    drawn = figures(app, "map")
    np.testing.assert_allclose(drawn["map"]["values"], own.maps[index][..., 19], atol=1e-5)
    assert drawn["seen"]["boxes"] == [list(own.anatomy.layers[index].field.box(0, 2))]
    assert [sheet.get("chosen") for sheet in told(app, "sheets")["sheets"]][index] == 19
    # A layer with smaller maps after one with larger: the place moves inside.
    app.selectbox(key="layer").set_value(0).run()
    slider(app, "layer_row").set_value(26).run()
    app.selectbox(key="layer").set_value(index).run()
    assert slider(app, "layer_row").value == own.anatomy.layers[index].shape[0]
    assert not app.exception


def table(app):
    return next(element.proto.body for element in app.get("html") if "dd-softmax" in element.proto.body)


def test_probabilities_follow_the_temperature(awake, recognizer):
    app = page(seven())
    logits = look(recognizer).logits
    for temperature in (1.0, 5.0):
        slider(app, "temperature").set_value(temperature).run()
        shares = softmax(logits, temperature)
        for share, logit in zip(shares, logits, strict=True):
            assert f"{100 * share:.2f} %" in table(app)
            assert f"{logit:.3f}".replace("-", "−") in table(app)
    assert f"= {shares[7]:.4f}" in app.latex[2].value
    app.button_group(key="output").set_value("1").run()
    assert f"= {shares[1]:.4f}" in app.latex[2].value


def test_evidence_answers_the_question_that_is_asked(awake, recognizer):
    app = page(seven())
    own = look(recognizer)
    assert app.button_group(key="why").value == "7"
    drawn = figures(app, "evidence")
    np.testing.assert_allclose(drawn["gradients"]["values"], own.evidence(7), atol=1e-4)
    np.testing.assert_allclose(drawn["covering"]["values"], own.occlusion(7), atol=1e-4)
    app.button_group(key="why_not").set_value("9").run()
    drawn = figures(app, "evidence")
    np.testing.assert_allclose(drawn["gradients"]["values"], own.evidence(7, 9), atol=1e-4)
    assert told(app, "evidence")["legend"] == ["for 9", "for 7"]
    app.button_group(key="why").set_value("9").run()  # no longer a question against itself
    assert app.button_group(key="why_not").value is None
    np.testing.assert_allclose(figures(app, "evidence")["gradients"]["values"], own.evidence(9), atol=1e-4)


def test_a_drawing_and_the_tally_survive_the_way_there_and_back(awake):
    app = open_page(path=PATH)
    app.button(key="wanted_4").click().run()
    app.switch_page("draw.py").run()
    drawn, ink = told(app, "canvas_view")["order"], app.session_state["ink"]
    assert drawn["objects"]
    app.session_state["tally"] = {0: True, 1: False}
    app.switch_page(PATH).run()
    assert headers(app) == SECTIONS
    app.switch_page("draw.py").run()
    assert told(app, "canvas_view")["order"] == drawn
    np.testing.assert_array_equal(app.session_state["ink"], ink)
    assert "Read right: **1** · wrong: **1**" in [text.value for text in app.markdown]


def test_nothing_is_computed_again_while_the_drawing_stays(awake, monkeypatch):
    looks, look = [], Anatomy.look
    monkeypatch.setattr(Anatomy, "look", lambda self, picture: looks.append(picture) or look(self, picture))
    st.cache_resource.clear()
    app = page(seven())
    slider(app, "temperature").set_value(3.0).run()
    app.switch_page("draw.py").run()
    app.switch_page(PATH).run()
    assert len(looks) == 1
    app.session_state["ink"] = seven()[::-1].copy()
    app.run()
    assert len(looks) == 2


def images(app):
    return [image.proto.imgs[0].caption for image in app.get("image")]


def test_where_digits_are_found_is_shown_of_the_visitors_number_if_there_is_one(awake):
    app = page(seven())
    assert images(app) == ["A photographed form"]
    app.session_state["number_ink"] = np.zeros((260, 900), np.uint8)
    app.run()
    assert images(app) == ["A photographed form"]
    app.session_state["number_ink"] = np.pad(seven(), ((0, 0), (0, 600)))
    app.run()
    assert images(app) == ["What you wrote on Read a number"]


def test_without_the_network_that_finds_the_other_sections_are_there(monkeypatch, recognizer):
    def finder():
        raise RuntimeError("no file")

    monkeypatch.setattr(recognizer, "finder", finder)
    use(monkeypatch, recognizer)
    app = page(seven())
    assert headers(app) == SECTIONS
    assert [error.value for error in app.error] == ["Numbers cannot be read now; the log of the server has the reason."]


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
