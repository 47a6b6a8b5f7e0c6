"""What the address of a page says of what is seen on it: it leads there again, and nothing unsound comes in by it."""

import pytest
from streamlit.testing.v1 import AppTest

from app_pages.parts import convolving, moment
from tests.app_pages.test_inside import PATH, at, figures, open_page, slider
from tests.apptest import seven, told
from tests.browser import ROOT


def arrive(ink=None, **parameters):
    """The page for somebody who follows a link."""
    app = AppTest.from_file(str(ROOT / "app_pages" / "menu.py"), default_timeout=60)
    app.run()
    for name, value in parameters.items():
        app.query_params[name] = value
    if ink is not None:
        app.session_state["ink"] = ink
    app.switch_page(PATH).run()
    assert not app.exception
    return app


@pytest.mark.parametrize(
    ("step", "chosen"),
    [
        ("convolution", {"kernel": "4", "place": "8.11"}),
        ("convolution", {"weights": "0,0,0,-1,8,1,0,0,-9", "place": "3.4"}),
        ("relu", {"map": "5", "place": "2.3"}),
        ("pooling", {"map": "6", "place": "4.6", "moved": "-2"}),
        ("deeper", {"layer": "10", "map": "20", "place": "1.3"}),
        ("sums", {"answer": "4"}),
        ("softmax", {"answer": "10", "temperature": "2.5"}),
        ("why", {"answer": "7", "not": "9"}),
        ("training", {}),
    ],
)
def test_a_link_leads_to_the_moment_and_the_address_says_the_same(awake, step, chosen):
    app = arrive(seven(), step=step, **chosen)
    said = {name: value for name, value in told(app, "moment").items() if value is not None}
    assert said == {"step": step} | chosen


def test_a_link_shows_what_was_seen(awake):
    app = arrive(seven(), step="pooling", map="6", place="4.6", moved="1")
    assert slider(app, "pooling_map").value == 6
    assert slider(app, "moved").value == 1
    assert figures(app, "pooling")["output"]["boxes"] == [[6, 4, 7, 5]]


@pytest.mark.parametrize(
    "parameters",
    [
        {"step": "nowhere"},
        {"step": "convolution", "kernel": "99999", "place": "1.1.1"},
        {"step": "convolution", "kernel": "-1", "place": "a.b"},
        {"step": "convolution", "kernel": "9999", "place": "9999.9999"},
        {"step": "convolution", "weights": "1,2"},
        {"step": "convolution", "weights": "0,0,0,0,0,0,0,0,99"},
        {"step": "convolution", "weights": "0,0,0,0,0,0,0,0,0"},
        {"step": "pooling", "map": "", "moved": "9"},
        {"step": "pooling", "map": "0", "moved": "x"},
        {"step": "deeper", "layer": "999", "map": "1e3", "place": "."},
        {"step": "softmax", "answer": "11", "temperature": "99.9"},
        {"step": "softmax", "answer": "<b>", "temperature": "nan"},
        {"step": "why", "answer": "7", "not": "7"},
    ],
)
def test_what_is_not_sound_is_left_out_or_brought_into_bounds(awake, parameters):
    app = arrive(seven(), **parameters)
    assert not app.error
    again = {name: value for name, value in told(app, "moment").items() if value is not None}
    assert len(app.header) == 1
    assert arrive(seven(), **again).header[0].value == app.header[0].value


def test_the_address_counts_once_in_a_visit(awake):
    app = arrive(seven(), step="pooling", map="6")
    slider(app, "pooling_map").set_value(3).run()
    assert told(app, "moment")["map"] == "3"
    assert told(at(app, "why"), "moment")["map"] is None
    app.switch_page("draw.py").run()
    app.switch_page(PATH).run()
    assert told(app, "moment")["step"] == "why"


def test_every_parameter_of_another_step_is_taken_out(awake):
    app = open_page(seven(), PATH)
    for step in moment.PARAMETERS:
        own = {name for name, *_ in moment.PARAMETERS[step]}
        said = told(at(app, step), "moment")
        assert set(said) == {*moment.NAMES, "step"}
        assert {name for name, value in said.items() if value is not None} <= own | {"step"}


def test_a_kernel_by_hand_is_written_as_its_weights():
    kernel = convolving.HANDMADE["Outlines"]
    assert moment._weights(moment._weights_written(kernel)) == kernel
