"""The states of the page "How good is it?", without a browser: Streamlit's own AppTest."""

import csv
import io
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app_pages.parts import fetching, network
from model import paths
from model.data import download
from model.data.composites import composite, from_images
from model.data.dataset import canvas_picture
from model.ink.image import prepare
from model.ink.strokes import parse
from model.scores.evaluation import NUMBERS_SEED
from tests.browser import CROSSED_SEVEN, ROOT
from tests.downloads import serving
from tests.reports import answers, new_report, old_report, textbook_report, untold_report

SECTIONS = {
    "accuracy": "How often is it right?",
    "mistakes": "What does it take for what?",
    "digits": "Which digits are easy?",
    "certainty": "Does it know when it is unsure?",
    "disturbances": "How much can it bear?",
    "numbers": "Does it read whole numbers?",
    "no_digit": "Does it notice what is no digit?",
    "teaching": "Can it be taught?",
    "training": "How did it learn?",
    "origin": "What was it made with?",
    "layers": "What is it made of?",
}
COMMAND = "`python train.py --evaluate`"


@pytest.fixture(autouse=True)
def fresh(monkeypatch, tmp_path):
    """No data on the machine, nothing cached, and a network that wakes up for ever."""
    st.cache_data.clear()
    monkeypatch.setattr(network, "recognizer", Future)
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def report(monkeypatch, tmp_path):
    """Has the page read what this is called with; gives the file."""
    path = tmp_path / "report.json"
    monkeypatch.setattr(paths, "REPORT", path)

    def write(content):
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write


@pytest.fixture
def awake(monkeypatch):
    """A network is there that reads every picture as a 7, and the pictures of `answers` as those say."""
    _, probabilities = answers()

    def recognize(image):
        picture = prepare(image)
        return (
            None
            if picture is None
            else SimpleNamespace(
                label="7",
                probability=0.75,
                probabilities=np.full(10, 0.1, np.float32),
                digit_probability=1.0,
                is_digit=True,
                image=picture,
            )
        )

    convolution = type("Conv2D", (), {"output": SimpleNamespace(shape=(None, 26, 24, 8)), "count_params": lambda _: 72})
    use(
        monkeypatch,
        SimpleNamespace(
            recognize=recognize,
            probabilities=lambda pictures: (probabilities[: len(pictures)], np.ones(len(pictures))),
            network=SimpleNamespace(layers=[convolution()], count_params=lambda: 1000),
        ),
    )


def use(monkeypatch, recognizer):
    future = Future()
    future.set_result(recognizer)
    monkeypatch.setattr(network, "recognizer", lambda: future)


@pytest.fixture
def data(monkeypatch, tmp_path):
    """MNIST lies on this machine: as many test pictures as `answers` has labels."""
    labels, _ = answers()
    rng = np.random.default_rng(1)
    picture = prepare(canvas_picture(parse(CROSSED_SEVEN), rng))
    images = np.repeat(picture[None], len(labels), axis=0)
    np.savez(tmp_path / "mnist.npz", x_train=images[:1], y_train=labels[:1], x_test=images, y_test=labels)
    monkeypatch.setenv("DIGITS_DATA", str(tmp_path))
    return tmp_path / "mnist.npz"


def page(part=None, **session):
    """The page of a visitor who has this in the session, at one of its parts."""
    app = AppTest.from_file(str(ROOT / "app_pages" / "menu.py"), default_timeout=120)
    for key, value in session.items():
        app.session_state[key] = value
    app.switch_page("report.py").run()
    assert not app.exception
    return at(app, part) if part else app


def at(app, part):
    app.button_group(key="part").set_value(part).run()
    assert not app.exception
    return app


def parts(app):
    """The page at each of its parts, one after the other."""
    titles = app.button_group(key="part").options
    for name in SECTIONS:
        if name.replace("_", " ").capitalize() in titles:
            yield at(app, name)


def sections(app):
    return [header.value for here in parts(app) for header in here.header]


def whole(app):
    """All that the page says in words, in all its parts."""
    return "\n".join(text(here) for here in parts(app))


def metrics(app):
    return {metric.label: metric.value for here in parts(app) for metric in here.metric}


def text(app):
    """All that the page says in words."""
    kinds = (app.markdown, app.caption, app.info, app.warning, app.error, app.title, app.header)
    return "\n".join(element.value for kind in kinds for element in kind)


def downloads(app):
    return [button.label for button in app.get("download_button")]


def choose(app, label, value):
    next(box for box in app.selectbox if box.label == label).select(value).run()
    assert not app.exception


def pictures(app):
    return [image.caption for images in app.get("image") for image in images.proto.imgs]


def addresses(app):
    return [image.url for images in app.get("image") for image in images.proto.imgs]


# The report


def test_a_new_report_is_shown_whole_while_the_network_still_wakes_up(report):
    report(new_report())
    app = page()
    assert sections(app) == list(SECTIONS.values())
    assert not app.warning
    assert COMMAND not in whole(app)
    assert [metric.value for metric in at(app, "accuracy").metric][:3] == ["97.00%"] * 3
    assert metrics(app)["Amounts with a decimal mark"] == "99.0%"
    said = whole(app)
    assert "The network is waking up. Its layers are listed as soon as it is there." in said
    assert "Of **200** scanned digits by people it had never met, it misreads **6**." in said
    assert "95% interval: 93.61% to 98.62%." in said
    assert "It reads writer 25 best, **100.0%**, and writer 30 worst, **90.0%**." in said
    assert "the average of the weights" in said
    assert "It turns away **17** of 100 real digits." in said


def test_it_is_said_how_well_it_can_be_taught(report):
    report(new_report())
    app = page("teaching")
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Without examples"] == "98.00%"
    assert shown["3 examples of each"] in ("99.00%", "94.00%")  # digits in one's own hand, letters
    assert shown["Letters that were not"] == "96.00%"
    assert "the writer whom it reads worst has **95.00%**" in text(app)
    assert "No writer lost more than 0.10 points" in text(app)


def test_without_letters_the_own_hand_is_shown_alone(report):
    new = new_report()
    for name in ("letters", "beside_letters"):
        del new["teaching"][name]
    report(new)
    app = page("teaching")
    assert "Letters that were taught" not in [metric.label for metric in app.metric]


def test_an_old_report_is_shown_as_far_as_it_goes_with_the_command_for_a_new_one(report):
    report(old_report())
    app = page()
    assert sections(app) == [
        title
        for key, title in SECTIONS.items()
        if key not in ("certainty", "numbers", "no_digit", "teaching")
    ]
    assert "This report was made by an earlier version." in text(app)
    assert COMMAND in text(app)
    said = whole(app)
    assert "it misreads **6**" in said
    assert "writer 30 worst, **90.0%**" in said


def test_the_report_of_the_textbook_network_lacks_nothing(report):
    report(textbook_report())
    app = page()
    assert sections(app) == [
        title for key, title in SECTIONS.items() if key not in ("numbers", "no_digit", "teaching")
    ]
    said = whole(app)
    assert COMMAND not in said
    assert "validation" not in said
    assert "it misreads **6**" in said


def test_what_no_report_tells_of_the_training_the_page_does_not_make_up(report):
    report(untold_report())
    said = whole(page())
    assert "The report does not say how these weights were trained." in said
    assert "Temperature" not in said


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "There is no report.json."),
        ("{", "The file report.json is damaged"),
        ("{}", "The file report.json is damaged"),
    ],
)
def test_without_a_sound_report_the_page_names_the_commands_and_what_needs_none_is_there(report, content, reason):
    path = report(content or "")
    if content is None:
        path.unlink()
    app = page()
    assert sections(app) == [SECTIONS["disturbances"], SECTIONS["layers"]]
    assert app.warning[0].value.startswith(reason)
    assert COMMAND in app.warning[0].value
    assert "`python train.py` trains" in app.warning[0].value
    assert str(path.parent) not in text(app)


def test_a_new_report_is_shown_without_a_restart(report):
    report("{")
    app = page()
    assert app.warning
    report(new_report())
    app.run()
    assert not app.warning
    assert "it misreads **6**" in whole(app)
    report(textbook_report())
    app.run()
    assert SECTIONS["no_digit"] not in sections(app)


def test_the_page_does_not_wait_for_tensorflow(report):
    path = report(new_report())
    code = f"""
import sys
from concurrent.futures import Future
from pathlib import Path
from streamlit.testing.v1 import AppTest
from app_pages.parts import network
from model import paths
paths.REPORT = Path({str(path)!r})
network.recognizer = Future
app = AppTest.from_file({str(ROOT / "app_pages" / "menu.py")!r}, default_timeout=120)
app.switch_page("report.py").run()
assert not app.exception and len(app.header) == 1
assert "tensorflow" not in sys.modules and "keras" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_table_and_the_report_can_be_taken_away(report, awake):
    path = report(new_report())
    taken = [label for here in parts(page()) for label in downloads(here)]
    assert taken.count("Download the report as JSON") == 1
    # Accuracy, writers, confusion, digits, reliability, disturbances, numbers, their errors, no digit, own hand, letters,
    # curves, layers.
    assert taken.count("Download as CSV") == 13
    assert path.exists()


def test_pages_that_were_misread_are_made_again_and_shown(report, awake, monkeypatch, mnist):
    from app_pages.parts import misreadings

    report(new_report())
    monkeypatch.setattr(misreadings.dataset, "on_this_machine", lambda data: Path(f"{data}.npz"))
    source = from_images(mnist.test_images, mnist.test_labels)
    monkeypatch.setattr(misreadings, "_source", lambda name, file, version: source)
    shown = []
    monkeypatch.setattr(misreadings.st, "image", lambda picture, **options: shown.append((picture, options["caption"])))
    page("numbers")
    ((picture, caption),) = [one for one in shown if "read as" in one[1]]
    expected, _ = composite("clear", source, 1, NUMBERS_SEED)
    np.testing.assert_array_equal(picture, expected)
    assert caption == "`12345` read as `1?345`"


def test_the_tables_hold_the_report_s_figures(report):
    report(new_report())
    tables = {tuple(frame.value.columns): frame.value for here in parts(page()) for frame in here.dataframe}
    matrix = next(table for columns, table in tables.items() if "read as 9" in columns)
    assert matrix.loc[4, "read as 9"] == 3
    disturbances = next(table for columns, table in tables.items() if "disturbance" in columns)
    assert len(disturbances) == 60
    rows = list(csv.DictReader(io.StringIO(disturbances.to_csv(index=False))))
    assert float(rows[-1]["accuracy"]) == pytest.approx(0.85)


def test_licences_seed_versions_and_time_are_named(report):
    report(new_report())
    app = page("origin")
    shown = "\n".join(table.value.to_string() for table in app.table)
    for fact in ("CC BY-SA 3.0", "CC BY 4.0", "10.24432/C5MG6K", "58,100", "104", "50 minutes", "TensorFlow 2.21.0"):
        assert fact in shown
    assert "7" in shown


# The network


def test_layers_are_listed_with_shape_and_weights(report, awake):
    report(new_report())
    app = page("layers")
    layers = next(frame.value for frame in app.dataframe if "layer" in frame.value.columns)
    assert layers.iloc[0].tolist()[0] == "Conv2D"
    assert layers.iloc[0].tolist()[2:] == ["26 × 24 × 8", 72]
    assert not app.warning


def test_a_report_of_another_network_is_noticed(report, awake):
    report(new_report() | {"weights": 999})
    app = page("layers")
    assert "The report is of another network, with 999 weights." in app.warning[0].value
    assert COMMAND in app.warning[0].value


def test_without_a_network_the_report_is_there_and_the_reason_is_told(report, monkeypatch):
    report(new_report())
    future = Future()
    future.set_exception(ImportError("libsomething.so"))
    monkeypatch.setattr(network, "recognizer", lambda: future)
    app = page()
    assert sections(app) == list(SECTIONS.values())
    assert "could not be loaded" in app.error[0].value
    said = whole(app)
    assert "libsomething" not in said
    assert "There is no network whose layers could be listed." in said
    assert "There is no network that could answer." in said


# The pictures behind a cell


CELL = "Show the pictures of"


def test_mistakes_are_listed_first_the_most_frequent_before_the_others(report):
    report(new_report())
    box = next(box for box in page("mistakes").selectbox if box.label == CELL)
    assert box.options[:4] == [
        "4 read as 9: 3 times",
        "7 read as 1: 2 times",
        "3 read as 5: 1 time",
        "0 read as 0: 20 times",
    ]
    assert box.value is None


def test_a_cell_shows_its_pictures_with_their_probabilities(report, awake, data):
    report(new_report())
    app = page("mistakes")
    choose(app, CELL, (4, 9))
    shown = [caption for caption in pictures(app) if caption.startswith("**9**")]
    assert shown == ["**9** 60%, **4** 4%"] * 3
    table = next(frame.value for frame in app.dataframe if "picture" in frame.value.columns)
    assert table["picture"].tolist() == [80, 81, 82]
    choose(app, CELL, (0, 0))
    assert len([caption for caption in pictures(app) if caption.startswith("**0**")]) == 20


def test_pictures_that_the_report_does_not_count_are_told(report, awake, data):
    changed = new_report()
    matrix = changed["sets"]["mnist"]["confusion"]
    matrix[4][9], matrix[4][8] = 2, 1
    report(changed)
    app = page("mistakes")
    choose(app, CELL, (4, 9))
    assert "The report counts 2, the network that runs now makes it 3" in text(app)
    choose(app, CELL, (4, 8))
    assert "the network that runs now makes it 0" in text(app)
    assert not [caption for caption in pictures(app) if caption.startswith("**8**")]


@pytest.fixture
def source(monkeypatch, data):
    """MNIST can be had from this server, which waits to be let go, and is not on this machine; gives the server."""
    content = data.read_bytes()
    data.unlink()
    monkeypatch.setattr(fetching, "_fetched", {})
    with serving(content) as server:
        is_sound = lambda path: path.read_bytes() == content  # noqa: E731
        mnist = replace(download.SOURCES["mnist"], url=server.address, is_sound=is_sound)
        monkeypatch.setitem(download.SOURCES, "mnist", mnist)
        yield server


def until(app, is_so):
    """Runs the page again, as it does itself, until something is so."""
    deadline = time.monotonic() + 60
    while not is_so(app):
        assert time.monotonic() < deadline
        app.run()


def test_without_the_data_the_page_offers_them_and_downloads_nothing(report, awake, source):
    report(new_report())
    app = page("mistakes")
    choose(app, CELL, (4, 9))
    assert "70,000 scanned digits: 11 MB from storage.googleapis.com" in text(app)
    assert "Meanwhile, drawings of our own: each a 4." in text(app)
    assert len(pictures(app)) == 6
    assert source.asked == 0


def test_the_data_are_fetched_once_for_all_visitors_and_one_who_leaves_does_not_stop_it(report, awake, source):
    report(new_report())
    visitors = [page("mistakes"), page("mistakes")]
    for app in visitors:
        choose(app, CELL, (4, 9))
    source.hold()
    for app in visitors:  # both offered it before one of them wanted it
        app.button(key="fetch_mnist").click().run()
        assert any("Fetching the pictures" in bar.proto.text for bar in app.get("progress"))
    late = page("mistakes")
    choose(late, CELL, (4, 9))
    assert not [button for button in late.button if button.key == "fetch_mnist"]
    del visitors[0]
    source.release()
    for app in (*visitors, late):
        until(app, lambda app: [caption for caption in pictures(app) if caption.startswith("**9**")])
    assert source.asked == 1


def test_what_goes_wrong_with_the_download_is_said_and_it_can_be_tried_again(report, awake, source):
    report(new_report())
    app = page("mistakes")
    choose(app, CELL, (4, 9))
    source.status = 503
    app.button(key="fetch_mnist").click().run()
    until(app, lambda app: "MNIST could not be had from 127.0.0.1 (Service Unavailable)." in text(app))
    source.status = 200
    app.button(key="fetch_mnist").click().run()
    until(app, lambda app: [caption for caption in pictures(app) if caption.startswith("**9**")])


def test_damaged_data_are_told_without_their_path(report, awake, data):
    report(new_report())
    data.write_bytes(b"PK")
    app = page("mistakes")
    choose(app, CELL, (4, 9))
    assert "the data on this machine are damaged" in text(app)
    assert str(data) not in text(app)


def test_the_pictures_wait_for_the_network(report, data):
    report(new_report())
    app = page("mistakes")
    choose(app, CELL, (4, 9))
    assert "The pictures are shown as soon as the network is awake." in text(app)


# Disturbances


def ink():
    return canvas_picture(parse(CROSSED_SEVEN), np.random.default_rng(2))


def test_the_visitor_s_own_drawing_is_disturbed_and_answered(report, awake):
    report(new_report())
    app = page("disturbances", ink=ink())
    assert pictures(app) == ["The drawing", "Disturbed", "As the network gets it"]
    assert "This is an example." not in text(app)
    assert "## 7, 75.0%" in text(app)
    assert "Undisturbed, it reads **97.00%**" in text(app)
    choose(app, "Disturbance", "noise")
    app.slider(key="level").set_value(3).run()
    assert "**Gaussian noise**, level 3 (0.15 of full ink): of 100" in text(app)
    assert "**91.00%** right" in text(app)


@pytest.mark.parametrize("nothing", [None, np.zeros((20, 20), np.uint8)])
def test_without_a_drawing_an_example_is_disturbed_and_stays_the_same(report, awake, nothing):
    report(new_report())
    app = page("disturbances", ink=nothing)
    assert "This is an example." in text(app)
    first = app.session_state["report_example"]
    app.slider(key="level").set_value(5).run()
    assert app.session_state["report_example"] is first


def test_another_chance_changes_what_is_disturbed(report, awake):
    report(new_report())
    app = page("disturbances", ink=ink())
    choose(app, "Disturbance", "noise")
    app.slider(key="level").set_value(5).run()
    before = addresses(app)
    next(button for button in app.button if button.label == "Once more, by another chance").click().run()
    after = addresses(app)
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_a_drawing_is_disturbed_without_a_report(report, awake):
    report("")
    app = page("disturbances", ink=ink())
    app.slider(key="level").set_value(2).run()
    assert not app.exception
    assert "## 7, 75.0%" in text(app)


# From part to part


def test_next_leads_through_all_parts_and_a_link_to_one_of_them(report):
    report(new_report())
    app = page()
    passed = []
    while True:
        passed += [header.value for header in app.header]
        following = next(button for button in app.button if button.label == "Next")
        if following.disabled:
            break
        following.click().run()
    assert passed == list(SECTIONS.values())
    linked = AppTest.from_file(str(ROOT / "app_pages" / "menu.py"), default_timeout=120).run()
    linked.query_params["part"] = "teaching"
    linked.switch_page("report.py").run()
    assert [header.value for header in linked.header] == [SECTIONS["teaching"]]


def test_a_part_that_there_is_not_leads_to_the_first(report):
    report(textbook_report())
    for part in ("teaching", "nowhere"):
        app = AppTest.from_file(str(ROOT / "app_pages" / "menu.py"), default_timeout=120).run()
        app.query_params["part"] = part
        app.switch_page("report.py").run()
        assert [header.value for header in app.header] == [SECTIONS["accuracy"]]
