"""The states of the page "Teach it", without a browser: Streamlit's own AppTest."""

import io
import json
import re
from concurrent.futures import Future

import numpy as np
import pytest
from PIL import Image

from app_pages.parts import lesson, network
from model.data.signs import SIGNS
from model.ink.strokes import draw, parse, placed
from model.networks.weights import WeightsError
from model.reading.lesson import from_file, to_file
from model.reading.taught import MOST_EXAMPLES, MOST_LABELS, Examples
from tests.apptest import button, open_page, seven, shown, told, use
from tests.browser import FOUR

PAGE = "teach.py"
HAND, SYMBOLS = "hand", "symbols"


def page_of(sign: str, hand: int = 0) -> np.ndarray:
    """One of our signs on the sheet."""
    return draw(placed(parse(SIGNS[sign][hand]), 170, (140, 140)), 18)


def signs(*names: str) -> Examples:
    """Three drawings of each."""
    return Examples.of([page_of(name, hand) for name in names for hand in range(3)], [n for n in names for _ in range(3)])


def starred() -> np.ndarray:
    """A star and a four on the sheet for numbers."""
    strokes = placed(parse(SIGNS["★"][0]), 140, (250, 130)) + placed(parse(FOUR), 140, (550, 130))
    return draw(strokes, 14, 900, 260)


def page(known: Examples | None = None, ink: np.ndarray | None = None):
    """The page of a visitor who has taught this, and has drawn `ink`."""
    app = open_page()
    if known is not None:
        app.session_state["lesson"] = known
    app.session_state["teach_ink"] = ink
    app.switch_page(PAGE).run()
    assert not app.exception
    return app


def drawn(app, ink):
    """The same page once this is drawn on its sheet."""
    app.session_state["teach_ink"] = ink
    return app.run()


def taught(app) -> Examples:
    return app.session_state["lesson"]


def named(app, name: str):
    """The page where a symbol of this name is taught."""
    app.segmented_control(key="teach_mode").set_value(SYMBOLS).run()
    return app.text_input(key="symbol_name").set_value(name).run()


def take(app):
    app.button(key="take").click().run()
    assert not app.exception
    return app


def metrics(app) -> dict[str, str]:
    return {one.label: one.value for one in app.metric}


# ── Nothing taught yet ────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_page_says_what_it_is_for_and_offers_something_to_try(awake):
    app = page()
    assert any("symbols that it has never seen" in one.value for one in app.markdown)
    assert button(app, "Try it with ready-made signs")
    assert shown(app, "answer_view")["words"] == "Draw 7, as large as you like."
    assert app.button(key="undo_lesson").disabled
    assert app.button(key="start_over").disabled
    assert not [one for one in app.header if one.value in ("What you taught it", "How it knows")]


def test_ready_made_signs_are_there_at_once(awake):
    app = page()
    button(app, "Try it with ready-made signs").click().run()
    assert not app.exception
    assert dict(taught(app).counts) == {"→": 3, "♥": 3, "π": 3, "☺": 3}
    right = int(metrics(app)["Your symbols, now"].removesuffix(" of 12"))
    assert right >= 11  # they are drawn anew each time, and one of the faces may be none to the others
    assert shown(drawn(app, page_of("π")), "answer_view")["headline"] == "π"


@pytest.mark.parametrize("known", [None, signs("★")])
def test_while_the_network_wakes_up_one_can_draw_and_take(monkeypatch, known):
    monkeypatch.setattr(network, "recognizer", Future)
    app = page(known, seven())
    assert shown(app, "answer_view")["words"] == "The network is waking up. You can draw already."
    take(app)
    assert taught(app).labels[-1] == "7"
    assert any("as soon as the network is there" in one.value for one in app.caption)


def test_where_there_is_no_network_the_page_says_so_and_keeps_what_was_taught(monkeypatch):
    failed = Future()
    failed.set_exception(WeightsError("The file is gone."))
    monkeypatch.setattr(network, "recognizer", lambda: failed)
    app = page(signs("★"))
    assert [one.value for one in app.error] == ["The file is gone. The command `python train.py` makes new ones."]
    assert shown(app, "answer_view")["words"] == "There is no network to teach."
    assert taught(app).counts == {"★": 3}


def test_where_nothing_can_be_compared_the_page_says_so_and_how_to_mend_it(awake, recognizer, monkeypatch):
    def fail(self):
        raise WeightsError("The file symbols.keras is damaged.")

    monkeypatch.setattr(type(recognizer), "teacher", fail)
    app = page(signs("★"), seven())
    assert "`python train.py --symbols-network`" in app.error[0].value
    assert shown(app, "answer_view")["headline"] == "7"


# ── Taking an example ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_drawing_becomes_an_example_of_the_digit_that_was_asked_for_and_another_is_asked_for(awake):
    app = page(ink=seven())
    assert app.button(key="take").label == "Take it as 7"
    take(app)
    assert taught(app).labels == ("7",)
    assert app.session_state["teach_ink"] is None
    assert app.session_state["asked"] != "7"
    assert app.button(key="take").label == f"Take it as {app.session_state['asked']}"
    assert metrics(app) == {"Your digits, before": "1 of 1", "Your digits, now": "1 of 1"}


def test_those_digits_are_asked_for_of_which_there_are_fewest(awake):
    most = [digit for digit in "0123456789" if digit not in "37"]
    app = page(Examples.of([seven()] * 8, most), seven())
    take(app)
    assert app.session_state["asked"] == "3"


def test_the_digit_that_is_asked_for_can_be_chosen_and_never_is_none(awake):
    app = page(ink=seven())
    app.pills(key="asked").set_value("4").run()
    assert app.button(key="take").label == "Take it as 4"
    app.pills(key="asked").set_value(None).run()
    assert app.pills(key="asked").value is not None


def test_with_nothing_drawn_nothing_is_taken_and_a_sentence_says_why(awake):
    app = take(page())
    assert [one.value for one in app.warning] == ["There is nothing on the sheet yet: draw it first."]
    assert "lesson" not in app.session_state or not len(taught(app))
    assert not app.run().warning  # said once


@pytest.mark.parametrize("name", ["★", "π", "七", "heart", "👩‍🏫", "é", "שָׁ"])
def test_one_drawing_of_a_symbol_is_enough_for_a_bar_and_an_answer(awake, name):
    app = take(named(page(ink=page_of("★")), name))
    assert taught(app).symbols == (name,)
    assert shown(app, "bars_view")["names"][-2:] == [name, "nothing I know"]
    assert "?taught=" in told(app, "teach_view")["live"]
    assert shown(drawn(app, page_of("★", 1)), "answer_view")["headline"].split()[0] == name


def test_an_empty_sheet_asks_for_the_symbol_by_its_name_once_it_has_one(awake):
    app = named(page(), "")
    assert shown(app, "answer_view")["words"] == "Draw your symbol, as large as you like."
    assert shown(named(app, "★"), "answer_view")["words"] == "Draw ★, as large as you like."
    assert told(app, "teach_view")["blank"]["words"] == "Draw ★, as large as you like."


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "a\u2028b"])
def test_a_name_that_cannot_be_taken_takes_nothing_and_leaves_the_drawing(awake, name):
    app = named(page(ink=page_of("★")), name)
    assert app.button(key="take").label == "Take it"
    take(app)
    assert len(app.warning) == 1
    assert "name" in app.warning[0].value.lower()
    assert app.session_state["teach_ink"] is not None


def test_a_digit_may_be_named_as_a_symbol_is(awake):
    app = take(named(page(ink=seven()), "7"))
    assert taught(app).labels == ("7",)
    assert not taught(app).symbols


def test_another_drawing_of_a_known_symbol_is_one_tap_away(awake):
    app = page(signs("★", "π"))
    app.segmented_control(key="teach_mode").set_value(SYMBOLS).run()
    app.pills(key="symbol_pick").set_value("π").run()
    assert app.text_input(key="symbol_name").value == "π"
    assert app.pills(key="symbol_pick").value is None
    take(drawn(app, page_of("π")))
    assert taught(app).counts["π"] == 4


def test_more_than_can_be_kept_is_refused_with_a_sentence(awake, monkeypatch):
    full = Examples(np.repeat(signs("★").pictures[:1], MOST_EXAMPLES, axis=0), ("★",) * MOST_EXAMPLES)
    monkeypatch.setattr(lesson, "available", lambda loading: None)  # a thousand of one picture are not to be compared here
    app = take(page(full, seven()))
    assert app.warning[0].value == "At most 1,000 examples can be kept."
    assert len(taught(app)) == MOST_EXAMPLES
    many = Examples(np.repeat(signs("★").pictures[:1], MOST_LABELS, axis=0), tuple(map(str, range(MOST_LABELS))))
    app = take(named(page(many, seven()), "★"))
    assert app.warning[0].value == "At most 50 different names can be kept."


# ── What has changed, and what can be taken back ──────────────────────────────────────────────────────────────────────


def test_undo_brings_each_change_back_and_start_over_can_be_undone(awake):
    app = page(signs("★"), seven())
    take(app)
    app.button(key="start_over").click().run()
    assert not len(taught(app))
    app.button(key="undo_lesson").click().run()
    assert taught(app).labels == ("★", "★", "★", "7")
    app.button(key="undo_lesson").click().run()
    assert taught(app).labels == ("★", "★", "★")
    assert app.button(key="undo_lesson").disabled


def test_a_symbol_with_one_drawing_says_that_it_has_no_other_to_be_judged_by(awake):
    app = page(signs("★").chosen([0]))
    assert any("no other to be judged by" in one.value for one in app.caption)
    assert not app.metric
    assert not any("no other to be judged by" in one.value for one in page(signs("★")).caption)


def test_symbols_that_look_alike_are_told(awake):
    pages = [page_of("★", hand) for hand in (0, 1, 2, 0, 1, 2)]
    app = page(Examples.of(pages, ["★"] * 3 + ["✶"] * 3))
    warnings = [one.value for one in app.warning]
    assert len(warnings) == 1
    assert warnings[0].startswith("Your ★ and your ✶ are hard to tell apart: of 6 drawings, ")


def test_names_are_text_and_no_markup(awake):
    app = take(named(page(ink=page_of("★")), "**a**<b>[x]"))
    name = r"\*\*a\*\*\<b\>\[x\]"
    assert app.button(key="take").label == f"Take it as {name}"
    assert f"Draw **{name}**" in [one.value for one in app.markdown]
    assert app.pills(key="symbol_pick").options == [f"{name} ●○○"]


def test_the_examples_are_shown_by_label_and_one_is_deleted_by_its_number(awake):
    app = page(signs("★") + Examples.of([seven()], ["7"]))
    groups = told(app, "gallery")["groups"]
    assert [(group["label"], group["words"], group["examples"]) for group in groups] == [
        ("7", "1 example", [3]),
        ("★", "3 examples", [0, 1, 2]),
    ]


# ── How it knows ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_map_has_every_example_and_the_drawing_with_its_nearest(awake):
    app = page(signs("★", "π"))
    shown_map = told(app, "map")
    assert shown_map["labels"] == ["★"] * 3 + ["π"] * 3
    assert len(shown_map["points"]) == 6
    assert shown_map["answer"]["place"] is None
    place = told(drawn(app, page_of("π")), "map")["answer"]["place"]
    assert {shown_map["labels"][index] for index in place["nearest"]} == {"π"}
    assert any(one.value.startswith("Nearest to your drawing: π (100% alike)") for one in app.caption)


def test_the_network_is_shown_with_its_last_layer_replaced(awake):
    steps = told(page(signs("★", "π")), "network_picture")["steps"]
    assert [step["kind"] for step in steps] == ["kept", "kept", "gone", "new", "kept"]
    assert "6 drawings of 2 names" in steps[3]["words"]


def test_a_trained_last_layer_stands_beside_with_its_curve(awake):
    app = page(signs("★", "π"))
    judged = json.loads(app.get("vega_lite_chart")[0].proto.spec)
    assert judged["encoding"]["y"]["field"] == "share"
    sentence = re.compile(r"comparing reads \*\*\d of 6\*\* right, the trained layer \*\*\d of 6\*\*")
    assert any(sentence.search(one.value) for one in app.markdown)
    assert len(app.get("vega_lite_chart")) == 1
    alone = page(signs("★"))
    assert any("at least two names" in one.value for one in alone.markdown)
    assert not alone.get("vega_lite_chart")


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def load(app, content: bytes):
    app.file_uploader(key="lesson_file").upload("lesson.json", content, "application/json").run()
    assert not app.exception
    return app


def test_a_file_that_was_saved_takes_the_place_of_what_was_taught_and_undo_brings_that_back(awake):
    app = load(page(signs("★")), to_file(signs("π", "→")))
    assert taught(app).counts == {"π": 3, "→": 3}
    app.button(key="undo_lesson").click().run()
    assert taught(app).counts == {"★": 3}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This is no file that was saved here."),
        (b"\xff\xd8\xff", "This is no file that was saved here."),
        (b"[]", "This is no file that was saved here."),
        (json.dumps({"format": "draw-a-digit-lesson", "version": 2}).encode(), "This file was saved by a later version"),
        (to_file(signs("★")).replace(b"iVBOR", b"AAAAA"), "The pictures in this file are damaged."),
    ],
)
def test_a_file_that_is_none_changes_nothing_and_says_why(awake, content, sentence):
    app = load(page(signs("★")), content)
    assert taught(app).counts == {"★": 3}
    said = [one.value for one in app.error]
    assert len(said) == 1
    assert said[0].startswith(sentence)
    assert said[0].endswith("What you taught is as it was.")


def test_what_was_saved_is_what_was_taught():
    known = signs("★", "π")
    again = from_file(to_file(known))
    assert again.labels == known.labels
    assert (again.pictures == known.pictures).all()


# ── Who answers here ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_this_page_answers_with_what_was_taught_whatever_the_switch_says(awake, recognizer):
    app = page(signs("★"), page_of("★"))
    app.session_state["with_lesson"] = False
    app.run()
    assert shown(app, "answer_view")["headline"] == "★"


def test_other_weights_are_taught_the_same(awake, recognizer, monkeypatch):
    app = page(signs("★"), page_of("★"))
    use(monkeypatch, type(recognizer)(recognizer.network))
    assert shown(app.run(), "answer_view")["headline"] == "★"


# ── On "Read a number" ────────────────────────────────────────────────────────────────────────────────────────────────


def numbers_page(known: Examples, **session):
    app = open_page()
    for name, value in {"lesson": known, **session}.items():
        app.session_state[name] = value
    app.switch_page("numbers.py").run()
    assert not app.exception
    return app


def test_a_symbol_is_read_on_the_sheet_can_be_put_right_and_the_switch_says_by_whom(awake):
    app = numbers_page(signs("★", "π"), number_ink=starred())
    assert app.code[0].value == "★4"
    result = app.session_state["number_result"]
    assert [entry.kind for entry in result.entries] == ["symbol", "digit"]
    result.correct(0, "π")
    app.run()
    assert app.code[0].value == "π4"
    app.toggle(key="with_lesson").set_value(False).run()
    assert "★" not in app.code[0].value


def test_what_was_put_right_of_a_picture_is_there_again_once_the_same_one_answers(awake):
    file = io.BytesIO()
    Image.fromarray(starred()).save(file, "PNG")
    app = numbers_page(signs("★"), way=":material/photo_library: Picture")
    app.file_uploader(key="uploads").set_value([("a.png", file.getvalue(), "image/png")]).run()
    assert app.code[0].value == "★4"
    (result,) = app.session_state["kept"].values()
    result.correct(1, "9")
    app.toggle(key="with_lesson").set_value(False).run()
    assert "★" not in app.code[0].value
    app.toggle(key="with_lesson").set_value(True).run()
    assert app.code[0].value == "★9"
