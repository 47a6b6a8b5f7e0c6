"""The states of the Draw page, without a browser: Streamlit's own AppTest."""

import base64
import gc
import itertools
import json
from concurrent.futures import Future
from types import SimpleNamespace

import numpy as np
import pytest

from app_pages.components import ASSETS
from app_pages.parts import network, sheet, words
from app_pages.parts.visit import SHEET
from model.data.examples import EXAMPLES
from model.ink.strokes import parse
from model.networks.weights import WeightsError
from model.reading.taught import Examples
from tests.apptest import button, encoded, open_page, seven, shown, told, use
from tests.browser import ROOT


def answering(*probabilities, digit=1.0):
    """A stand-in for a recogniser that always answers the same."""
    probabilities = np.array(probabilities, np.float32)
    return SimpleNamespace(
        labels=tuple("0123456789"),
        recognize=lambda image: SimpleNamespace(
            label=str(probabilities.argmax()),
            probabilities=probabilities,
            digit_probability=digit,
            labels=tuple("0123456789"),
            is_digit=digit >= 0.5,
            image=np.zeros((28, 28), np.uint8),
        )
    )


def test_nothing_drawn_gives_an_invitation_and_no_guess(awake):
    app = open_page()
    answer, bars = shown(app, "answer_view"), shown(app, "bars_view")
    assert (answer["headline"], answer["words"]) == ("", "Draw a digit, as large as you like.")
    assert answer["pixels"] is None
    assert bars["shares"] == [0.0] * 11
    assert bars["percents"] == [0] * 11
    assert bars["winner"] is None


def test_a_drawing_is_answered_with_bars_and_the_picture_of_the_same_ink(awake, recognizer):
    app = open_page(seven())
    answer, bars = shown(app, "answer_view"), shown(app, "bars_view")
    prediction = recognizer.recognize(seven())
    assert answer["headline"] == "7"
    assert bars["winner"] == 7
    assert bars["shares"][:10] == pytest.approx(prediction.probabilities * prediction.digit_probability, abs=1e-4)
    assert bars["shares"][10] == pytest.approx(1 - prediction.digit_probability, abs=1e-4)
    assert base64.b64decode(answer["pixels"]) == prediction.image.tobytes()


@pytest.mark.parametrize(
    ("probabilities", "digit", "headline", "words", "tone"),
    [
        ([0.002, 0, 0, 0, 0, 0, 0, 0.998, 0, 0], 1, "7", "sure: 99%", "sure"),
        ([0, 0, 0, 0, 0, 0, 0, 1, 0, 0], 1, "7", "sure: 100%", "sure"),
        ([0.3, 0, 0, 0, 0, 0, 0, 0.7, 0, 0], 1, "7", "fairly sure: 70%", "sure"),
        ([0, 0, 0, 0, 0.52, 0, 0, 0, 0, 0.48], 1, "4 or 9", "not sure: 52%", "unsure"),
        ([0, 0, 0, 0, 1, 0, 0, 0, 0, 0], 0.55, "4 or no digit", "not sure: 55%", "unsure"),
        ([0, 0, 0, 0, 1, 0, 0, 0, 0, 0], 0.1, "?", "That is no digit I know.", "none"),
    ],
)
def test_words_say_how_sure_the_network_is(monkeypatch, probabilities, digit, headline, words, tone):
    use(monkeypatch, answering(*probabilities, digit=digit))
    answer = shown(open_page(seven()), "answer_view")
    assert (answer["headline"], answer["words"], answer["tone"]) == (headline, words, tone)


def test_what_is_no_digit_fills_the_last_bar(monkeypatch):
    use(monkeypatch, answering(*np.eye(10)[4], digit=0.1))
    bars = shown(open_page(seven()), "bars_view")
    assert bars["winner"] == 10
    assert (bars["shares"][4], bars["shares"][10]) == pytest.approx((0.1, 0.9))
    assert (bars["percents"][4], bars["percents"][10]) == (10, 90)


def test_while_the_network_wakes_up_the_page_says_so_and_has_its_canvas(monkeypatch):
    monkeypatch.setattr(network, "recognizer", lambda: Future())
    app = open_page(seven())
    assert "waking up" in shown(app, "answer_view")["words"]
    assert told(app, "canvas_view")["width"] == 560
    assert shown(app, "bars_view")["shares"] == [0.0] * 11


def test_without_weights_the_page_names_the_command_and_keeps_its_canvas(monkeypatch, tmp_path):
    monkeypatch.setattr(network, "WEIGHTS", tmp_path / "digits.keras")
    loading = network.recognizer()
    assert loading.exception(timeout=120) is not None
    app = open_page(seven())
    assert "no weights at digits.keras" in app.error[0].value
    assert "python train.py" in app.error[0].value
    assert told(app, "canvas_view")["width"] == 560


def test_an_unexpected_failure_is_told_without_its_traceback(monkeypatch):
    future = Future()
    future.set_exception(ImportError("libsomething.so"))
    monkeypatch.setattr(network, "recognizer", lambda: future)
    app = open_page()
    assert "could not be loaded" in app.error[0].value
    assert "libsomething" not in app.error[0].value


def test_new_weights_are_loaded_without_a_restart(monkeypatch, tmp_path):
    weights = tmp_path / "digits.keras"
    monkeypatch.setattr(network, "WEIGHTS", weights)
    assert network.recognizer().exception(timeout=120) is not None
    weights.write_bytes((ROOT / "model" / "digits.keras").read_bytes())
    assert network.recognizer().result(timeout=120).recognize(seven()).label == "7"


def test_the_canvas_has_what_it_needs_to_clear_and_to_show_one_by_itself(awake):
    canvas = told(open_page(seven()), "canvas_view")
    assert canvas["blank"] == words.digit_answer(None)
    assert canvas["shows"] == "digit"
    digits = json.loads(ASSETS["digits.js"].removeprefix(b"export default "))
    assert list(digits) == list(EXAMPLES)
    for label, drawings in digits.items():
        for strokes, text in zip(drawings, EXAMPLES[label], strict=True):
            for stroke, points in zip(strokes, parse(text), strict=True):
                np.testing.assert_allclose(stroke, points, atol=0.006)


def test_the_tally_counts_each_drawing_once_and_can_be_reset(awake):
    app = open_page(seven())
    verdict = app.button_group(key="verdict")
    verdict.set_value("1").run()
    assert app.session_state["tally"] == {0: False}
    app.button_group(key="verdict").set_value("7").run()
    assert app.session_state["tally"] == {0: True}
    assert "Read right: **1** · wrong: **0**" in [text.value for text in app.markdown]
    button(app, "Reset").click().run()
    assert app.session_state["tally"] == {}


def test_a_digit_that_was_taken_for_none_was_read_wrong(monkeypatch):
    use(monkeypatch, answering(*np.eye(10)[4], digit=0.1))
    app = open_page(seven())
    app.button_group(key="verdict").set_value("4").run()
    assert app.session_state["tally"] == {0: False}


def test_a_verdict_needs_an_answer(awake):
    assert open_page().button_group(key="verdict").disabled


PNG = "data:image/png;base64," + base64.b64encode(encoded(seven())).decode()
BLANK = "data:image/png;base64," + base64.b64encode(encoded(np.zeros((280, 280), np.uint8))).decode()
LINE = ([np.array([[100.0, 100], [300, 400]])], 36)


@pytest.fixture
def reporting(monkeypatch):
    """A session in which what the canvas reports can be said, without a canvas."""
    monkeypatch.setattr(sheet, "state", reported := {})
    SHEET.start()

    tellings = itertools.count(1)

    def say(**drawing):
        drawing = {"order": "", "count": 1, "sheet": 0, "picture": PNG, "telling": next(tellings)} | drawing
        reported["canvas_view"] = {"drawing": drawing}
        SHEET.follow()

    return say


def test_a_drawing_that_the_canvas_reports_is_taken_up_once(reporting):
    reporting()
    assert np.array_equal(SHEET["ink"], seven())
    assert SHEET["of"] == ["", 1]
    ink = SHEET["ink"]
    SHEET.follow()
    assert SHEET["ink"] is ink


def test_a_blank_sheet_has_no_ink(reporting):
    reporting()
    reporting(count=2, sheet=1, picture=BLANK)
    assert SHEET["ink"] is None
    assert (SHEET["drawing"], SHEET["drawings"]) == (1, 1)
    reporting(count=3, sheet=0)  # Undo brings the sheet of paper back
    assert (SHEET["drawing"], SHEET["drawings"]) == (0, 1)


@pytest.mark.parametrize(
    "drawing",
    [
        {"count": "1"},
        {"count": True},
        {"order": 3},
        {"sheet": None},
        {"sheet": -1},
        {"sheet": 10**9},
        {"telling": "2"},
        {"picture": 3},
        {"picture": "data:text/html;base64,AAAA"},
        {"picture": "data:image/png;base64,%%%"},
        {"picture": "data:image/png;base64,AAAA"},
        {"picture": "data:image/png;base64," + "A" * 500_000},
        {"picture": "data:image/png;base64," + base64.b64encode(encoded(np.zeros((20, 30), np.uint8))).decode()},
    ],
)
def test_drawings_from_outside_are_checked(reporting, drawing):
    reporting(**drawing)
    assert SHEET["ink"] is None


def test_what_was_told_before_an_order_does_not_come_back_and_what_is_told_later_does(reporting):
    reporting()
    SHEET.clear(by="take")
    SHEET.follow()
    SHEET.clear(by="take")  # before the canvas has heard of the first
    SHEET.follow()
    assert SHEET["of"] == [SHEET["order"]["id"], 0]
    assert SHEET["ink"] is None
    reporting()  # the canvas has refused the order, because of a stroke that came after the click
    assert SHEET["of"] == ["", 1]
    assert np.array_equal(SHEET["ink"], seven())


def test_a_stroke_that_came_together_with_the_click_does_not_take_the_place_of_the_order(reporting):
    reporting()
    sheet.state["canvas_view"]["drawing"] |= {"count": 2, "telling": 2}
    SHEET.clear(by="take")
    SHEET.follow()
    assert SHEET["of"] == [SHEET["order"]["id"], 0]


def test_streamlit_cannot_empty_keras_s_session_while_the_network_loads(monkeypatch):
    import keras

    from model import Recognizer

    empties = keras.backend.clear_session
    monkeypatch.setattr(keras.backend, "clear_session", empties)
    during = []
    monkeypatch.setattr(Recognizer, "load", lambda path: during.append(keras.backend.clear_session))
    gc.unfreeze()
    network._import_and_load()
    assert during[0] is not empties
    assert gc.get_freeze_count() > 0


# ── With what was taught ──────────────────────────────────────────────────────────────────────────────────────────────


def taught_seven(label="★"):
    """The page of a visitor who has taught that a crossed seven is something else."""
    app = open_page()
    app.session_state["lesson"] = Examples.of([seven()], [label])
    app.session_state["ink"] = seven()
    return app.run()


def test_where_nothing_was_taught_there_is_no_switch(awake):
    assert not open_page(seven()).toggle


def test_the_switch_says_who_answers_and_the_other_answer_stands_beside(awake):
    app = taught_seven()
    assert shown(app, "answer_view")["headline"].split()[0] == "★"
    assert shown(app, "bars_view")["names"][-2:] == ["★", "nothing I know"]
    assert "?taught=" in told(app, "canvas_view")["live"]
    assert any(one.value.startswith("Without what you taught: 7, ") for one in app.caption)
    app.toggle(key="with_lesson").set_value(False).run()
    assert shown(app, "answer_view")["headline"] == "7"
    assert len(shown(app, "bars_view")["names"]) == 11
    assert told(app, "canvas_view")["live"] == "live/digit?lang=en"
    assert any(one.value.startswith("With what you taught: ★, ") for one in app.caption)


def test_a_digit_that_was_put_right_becomes_an_example_once(awake):
    app = open_page(seven())
    app.pills(key="verdict").set_value("4").run()
    button(app, "Keep it as an example").click().run()
    assert app.session_state["lesson"].labels == ("4",)
    assert not [one for one in app.button if one.label == "Keep it as an example"]
    button(app, "Take it back").click().run()
    assert not len(app.session_state["lesson"])
    assert button(app, "Keep it as an example")


def test_the_question_offers_the_symbols(awake):
    assert "★" in taught_seven().pills(key="verdict").options


def test_where_nothing_can_be_compared_digits_are_read_as_before(awake, recognizer, monkeypatch):
    def fail(self, examples):
        raise WeightsError("The file is missing.")

    monkeypatch.setattr(type(recognizer), "with_examples", fail)
    app = taught_seven()
    assert not app.exception
    assert shown(app, "answer_view")["headline"] == "7"
