"""The states of the page "Read a number", and what it writes down, without a browser."""

import base64
import csv
import io
import json
from concurrent.futures import Future
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from PIL import Image

from app_pages.parts import network, results, samples, words
from model.ink.files import PictureError, decode_picture
from model.problems import Problem
from model.reading.numbers import Character, Reading
from tests.apptest import button, open_page, seven, shown, told, use

PAGE = "numbers.py"
PICTURE = ":material/photo_library: Picture"


def character(label: str, confidence: float = 0.99, place: int = 0) -> Character:
    """As read: a digit, "." or ",", " " for an empty box or "?" for what is no digit."""
    kind = {".": "mark", ",": "mark", " ": "empty", "?": "other"}.get(label, "digit")
    box = (100 * place, 10, 100 * place + 80, 90)
    return Character(kind, label.strip(), box, confidence, np.zeros(10, np.float32), None)


def reading(*lines) -> Reading:
    """Lines of labels, or of pairs of label and confidence."""
    return Reading(
        tuple(
            tuple(
                character(*(item if isinstance(item, tuple) else (item,)), place=place)
                for place, item in enumerate(line)
            )
            for line in lines
        )
    )


def there():
    """Stands in for what loads a network beside the digits'."""


class Reader:
    """A stand-in for a recogniser that always reads the same, and remembers what it was asked."""

    def __init__(self, *lines):
        self.reading = reading(*lines)
        self.asked = []

    finder = staticmethod(there)

    def read(self, image, expect=None, is_drawn=False):
        self.asked.append((image.shape, expect))
        return self.reading

    def centres(self, image):
        return np.full((*image.shape[:2], 3), (222, 86, 24), np.uint8)


def png(value: int = 200, size: tuple[int, int] = (900, 260)) -> bytes:
    file = io.BytesIO()
    Image.new("L", size, value).save(file, "PNG")
    return file.getvalue()


def open_sheet(monkeypatch, reader, ink=True):
    """The page for a visitor who has written something."""
    use(monkeypatch, reader)
    app = open_page(path=PAGE)
    if ink:
        app.session_state["number_ink"] = np.zeros((260, 900), np.uint8)
        app.run()
    assert not app.exception
    return app


def open_pictures(monkeypatch, reader, *files, **state):
    """The page for a visitor who has uploaded files: name and content of each."""
    use(monkeypatch, reader)
    app = open_page(path=PAGE)
    app.session_state["way"] = PICTURE
    for name, value in state.items():
        app.session_state[name] = value
    app.run()
    return upload(app, *files)


def upload(app, *files):
    app.file_uploader(key="uploads").set_value([(name, content, "image/png") for name, content in files]).run()
    assert not app.exception
    return app


def lines(data) -> list[str]:
    return ["".join(character["label"] for character in line) for line in data["lines"]]


# ── The sheet ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_sheet_gets_an_invitation_and_no_guess(monkeypatch):
    app = open_sheet(monkeypatch, Reader("12"), ink=False)
    data = shown(app, "reading_view")
    assert (data["lines"], data["boxes"]) == ([], [])
    assert data["words"] == "Write a number on the sheet, digit beside digit."
    assert not app.code
    assert told(app, "number_view")["width"] == 900
    assert told(app, "number_view")["height"] == 260


def test_what_is_written_is_shown_with_boxes_in_their_places(monkeypatch):
    app = open_sheet(monkeypatch, Reader("704"))
    data = shown(app, "reading_view")
    assert lines(data) == ["704"]
    assert [box["label"] for box in data["boxes"]] == ["7", "0", "4"]
    assert data["boxes"][1]["edges"] == pytest.approx([100 / 900, 10 / 260, 180 / 900, 90 / 260], abs=1e-4)
    assert app.code[0].value == "704"


@pytest.mark.parametrize(
    ("line", "tones", "words"),
    [
        ([("7", 0.995), ("0", 0.91)], ["sure", "sure"], "sure: at least 91%"),
        ([("7", 0.995), ("0", 0.75)], ["sure", "fair"], "fairly sure: at least 75%"),
        ([("7", 0.4), ("0", 0.75)], ["unsure", "fair"], "not sure of one digit: 40%"),
        ([("7", 0.4), ("0", 0.3)], ["unsure", "unsure"], "not sure of 2 digits: at least 30%"),
        ([("7", 0.995), ("?", 0.3)], ["sure", "other"], "one cannot be read"),
        ([("?", 0.9), ("7", 0.4), ("?", 0.3)], ["other", "unsure", "other"], "2 cannot be read"),
    ],
)
def test_colours_and_words_say_how_sure_it_is(monkeypatch, line, tones, words):
    data = shown(open_sheet(monkeypatch, Reader(line)), "reading_view")
    assert [character["tone"] for character in data["lines"][0]] == tones
    assert [box["tone"] for box in data["boxes"]] == tones
    assert data["words"].replace("\u00a0", " ") == words


@pytest.mark.parametrize("line", ["??", [("?", 0.9), (" ", 0.9)]])
def test_ink_that_is_no_digit_is_called_so(monkeypatch, line):
    data = shown(open_sheet(monkeypatch, Reader(line)), "reading_view")
    assert lines(data)[0].startswith("?")
    assert data["words"] == "There is no digit on the sheet that I know."


@pytest.mark.parametrize(
    ("loading", "ink", "words"),
    [
        (Future(), False, "The network is waking up. You can write already."),
        (Future(), True, "The network is waking up. Your number is read as soon as it is there."),
    ],
)
def test_while_the_network_wakes_up_the_sheet_is_there(monkeypatch, loading, ink, words):
    monkeypatch.setattr(network, "recognizer", lambda: loading)
    app = open_page(path=PAGE)
    if ink:
        app.session_state["number_ink"] = seven()
        app.run()
    assert shown(app, "reading_view")["words"] == words
    assert told(app, "number_view")["width"] == 900


def test_without_a_network_the_page_says_what_to_do_and_keeps_its_sheet(monkeypatch):
    future = Future()
    future.set_exception(ImportError("libsomething.so"))
    monkeypatch.setattr(network, "recognizer", lambda: future)
    app = open_page(path=PAGE)
    assert "could not be loaded" in app.error[0].value
    assert shown(app, "reading_view")["words"] == "There is no network to read your number."
    assert told(app, "number_view")["width"] == 900


def test_the_expectation_is_what_the_network_is_asked(monkeypatch):
    reader = Reader("12345")
    app = open_sheet(monkeypatch, reader)
    for kind in ("postcode", "amount", "form", "any"):
        app.button_group(key="kind").set_value(kind).run()
    app.button_group(key="kind").set_value("postcode").run()
    app.number_input(key="digits").set_value(7).run()
    asked = [expect for _, expect in reader.asked]
    assert asked == [None, "postcode:5", "amount", "form", "postcode:7"]  # what was read so before is not read again


def test_a_postcode_of_another_length_is_remarked_on(monkeypatch):
    app = open_sheet(monkeypatch, Reader("1234"))
    assert shown(app, "reading_view")["note"] == ""
    app.button_group(key="kind").set_value("postcode").run()
    assert "no postcode of 5 digits" in shown(app, "reading_view")["note"]
    app.number_input(key="digits").set_value(4).run()
    assert shown(app, "reading_view")["note"] == ""


@pytest.mark.parametrize(
    ("kind", "shows"), [("any", "any"), ("postcode", "postcode:5"), ("amount", "amount"), ("form", "form")]
)
def test_the_sheet_is_told_what_is_expected_so_that_it_can_show_one(monkeypatch, kind, shows):
    app = open_sheet(monkeypatch, Reader("12345"), ink=False)
    app.button_group(key="kind").set_value(kind).run()
    sheet = told(app, "number_view")
    assert sheet["shows"] == shows
    assert sheet["live"] == f"live/number?expect={shows}&lang=en"
    assert sheet["blank"]["words"] == "Write a number on the sheet, digit beside digit."


def test_the_drawings_of_the_two_sheets_are_apart(monkeypatch):
    app = open_sheet(monkeypatch, Reader("12"))
    use(monkeypatch, SimpleNamespace(recognize=lambda image: None, finder=there))
    app.switch_page("draw.py").run()
    assert app.session_state["ink"] is None
    assert app.session_state["number_ink"] is not None


# ── Putting right ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_most_doubtful_stand_first_and_all_can_be_chosen(monkeypatch):
    app = open_sheet(monkeypatch, Reader([("1", 0.99), ("2", 0.7), ("3", 0.2), ("?", 0.9), (".", 0.95)]))
    table = app.data_editor[0].value
    assert table["reading"].tolist() == ["?", "3", "2", "1", "."]
    assert table["how sure"].tolist() == ["cannot read it", "not sure", "fairly sure", "sure", "sure"]
    assert table["position"].tolist() == [4, 3, 2, 1, 5]
    assert all(url.startswith("data:image/jpeg;base64,") for url in table["picture"])


def corrected(*lines) -> results.Result:
    return results.read_picture(Reader(*lines), "page.png", np.full((100, 600), 200, np.uint8), "amount")


def test_a_correction_counts_everywhere_and_can_be_taken_back():
    result = corrected([("1", 0.3), "2", "?"], "34")
    assert (result.text, result.digits, result.lowest) == ("12?\n34", 4, 0.3)
    result.correct(0, "7")
    result.correct(2, "5")
    assert (result.text, result.digits, result.lowest) == ("725\n34", 5, 0.99)
    assert result.entries[0].tone == "sure"
    result.correct(4, "–")
    result.correct(3, " ")
    assert (result.text, result.digits) == ("725", 3)
    result.correct(4, "?")
    assert (result.text, result.digits) == ("725\n ?", 3)
    for index, label in ((0, "1"), (2, "?"), (3, "3"), (4, "4")):
        result.correct(index, label)
    assert (result.text, result.corrections) == ("12?\n34", {})


def test_marks_and_empty_boxes_have_their_place_in_the_text():
    assert corrected("1,2 3?.").text == "1,2 3?."
    assert corrected("??", "42", "  ").text == "??\n42"


def test_what_is_left_out_by_the_visitor_is_nowhere():
    result = corrected("1?2")
    result.correct(1, "–")
    assert (result.text, result.digits) == ("12", 2)
    assert [entry["label"] for line in words.lines_of(result) for entry in line] == ["1", "2"]
    assert [box["label"] for box in words.boxes_on(result)] == ["1", "2"]
    assert words.words_on(result).startswith("sure")
    (file,) = json.loads(results.to_json([result]))["files"]
    assert [(entry["kind"], entry["label"]) for entry in file["characters"]] == [("digit", "1"), ("none", ""), ("digit", "2")]


@pytest.mark.parametrize(
    ("file", "command"), [("numbers.keras", "train.py --numbers"), ("judge.keras", "train.py --judge")]
)
def test_without_the_networks_that_find_digits_the_page_says_so(file, command, monkeypatch):
    class WeightsError(Problem):
        pass

    def missing():
        raise WeightsError("There are no weights at {name}.", name=file)

    reader = Reader("12")
    reader.finder = missing
    app = open_sheet(monkeypatch, reader)
    (error,) = app.error
    assert f"There are no weights at {file}." in error.value
    assert command in error.value
    assert reader.asked == []


def test_a_correction_survives_a_rerun_and_goes_with_its_picture(monkeypatch):
    app = open_pictures(monkeypatch, Reader("12"), ("a.png", png()))
    (result,) = app.session_state["kept"].values()
    result.correct(0, "9")
    app.run()
    assert app.code[0].value == "92"
    upload(app, ("b.png", png(201)))
    assert app.code[0].value == "12"
    upload(app, ("a.png", png()))
    assert app.code[0].value == "12"


# ── Pictures ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_before_a_picture_is_there_the_page_says_how_to_get_one_and_asks_for_no_camera(monkeypatch):
    app = open_pictures(monkeypatch, Reader("12"))
    assert "Take a picture of a number, or an example, and it is read here." in [text.value for text in app.markdown]
    assert not app.camera_input
    app.toggle(key="camera").set_value(True).run()
    assert len(app.camera_input) == 1


def test_a_photograph_from_the_camera_is_read(monkeypatch):
    reader = Reader("12")
    app = open_pictures(monkeypatch, reader)
    app.toggle(key="camera").set_value(True).run()
    file = io.BytesIO()
    Image.new("RGB", (640, 480), "white").save(file, "JPEG")
    app.camera_input(key="photograph").set_value(("shot.jpg", file.getvalue(), "image/jpeg")).run()
    assert reader.asked == [((480, 640, 3), None)]
    assert lines(shown(app, "reading_of_picture")) == ["12"]


def test_a_picture_is_shown_with_its_boxes_and_its_reading_beside_it(monkeypatch):
    app = open_pictures(monkeypatch, Reader("12", "345"), ("a.png", png(size=(2000, 500))))
    page = told(app, "page_view")
    assert page["picture"].startswith("data:image/jpeg;base64,")
    assert (page["width"], page["height"]) == (2000, 500)
    assert page["boxes"][1]["edges"] == pytest.approx([100 / 2000, 10 / 500, 180 / 2000, 90 / 500])
    assert lines(shown(app, "reading_of_picture")) == ["12", "345"]


@pytest.mark.parametrize(
    ("line", "said"), [(None, "no ink"), ("??", "no digit that I know"), ("   ", "All boxes of this form are empty")]
)
def test_a_picture_without_digits_gets_one_sentence(monkeypatch, line, said):
    app = open_pictures(monkeypatch, Reader(*([] if line is None else [line])), ("a.png", png()))
    data = shown(app, "reading_of_picture")
    assert lines(data) == (["??"] if line == "??" else [])
    assert said in data["words"]


def test_a_file_that_is_no_picture_gets_one_sentence_and_the_page_goes_on(monkeypatch):
    app = open_pictures(monkeypatch, Reader("12"), ("a.png", b"hello"))
    assert [error.value for error in app.error] == ["This is no picture; PNG, JPEG, WebP, HEIC, BMP, TIFF and PDF are taken."]
    upload(app, ("b.png", png()))
    assert lines(shown(app, "reading_of_picture")) == ["12"]
    assert not app.error


def test_a_failure_nobody_expected_is_told_without_its_traceback(monkeypatch):
    def read(image, expect, **kwargs):
        raise RuntimeError("libsomething")

    app = open_pictures(monkeypatch, SimpleNamespace(read=read, finder=there), ("a.png", png()))
    assert [error.value for error in app.error] == [results.FAILED]


def test_of_many_files_each_has_a_row_and_the_bad_ones_a_reason(monkeypatch):
    app = open_pictures(
        monkeypatch, Reader([("1", 0.99), ("2", 0.5)], "3"), ("a.png", png()), ("b.png", b"hello"), ("c.png", png(9))
    )
    table = app.dataframe(key="files").value
    assert table["file"].tolist() == ["a.png", "b.png", "c.png"]
    assert table["reading"].tolist() == ["12 | 3", "", "12 | 3"]
    assert table["digits"].tolist() == [3, 0, 3]
    said = "This is no picture; PNG, JPEG, WebP, HEIC, BMP, TIFF and PDF are taken."
    assert table["what is wrong"].tolist() == ["", said, ""]
    assert table["lowest confidence"].tolist()[::2] == [0.5, 0.5]
    assert "2 of 3 pictures were read" in app.warning[0].value


def test_each_page_of_a_document_has_a_row(monkeypatch):
    file = io.BytesIO()
    Image.new("L", (90, 60), 250).save(file, "PDF", save_all=True, append_images=[Image.new("L", (90, 60), 240)])
    app = open_pictures(monkeypatch, Reader("12"), ("forms.pdf", file.getvalue()), ("b.png", png()))
    table = app.dataframe(key="files").value
    assert table["file"].tolist() == ["forms.pdf, page 1", "forms.pdf, page 2", "b.png"]
    assert table["reading"].tolist() == ["12", "12", "12"]
    app = open_pictures(monkeypatch, Reader("12"), ("bad.pdf", b"%PDF-1.4"))
    assert [error.value for error in app.error] == [
        "The document is damaged or cut off; send it again, as a whole PDF."
    ]


def test_each_picture_is_read_once_for_each_expectation(monkeypatch):
    reader = Reader("12")
    app = open_pictures(monkeypatch, reader, ("a.png", png()), ("b.png", png(9)))
    app.run()
    assert len(reader.asked) == 2
    app.button_group(key="kind").set_value("amount").run()
    assert len(reader.asked) == 4
    app.button_group(key="kind").set_value("any").run()
    upload(app, ("b.png", png(9)))
    upload(app, ("a.png", png()), ("b.png", png(9)))
    assert len(reader.asked) == 4


def test_pictures_and_what_was_put_right_are_there_again_after_another_page_until_they_are_removed(monkeypatch):
    reader = Reader("12")
    app = open_pictures(monkeypatch, reader, ("a.png", png()), ("b_b.png", png(9)))
    (first, _) = app.session_state["kept"].values()
    first.correct(0, "7")
    app.switch_page("draw.py").run()
    app.switch_page(PAGE).run()
    app.session_state["way"] = PICTURE
    app.run()
    assert not app.file_uploader(key="uploads").value
    assert "From before: a.png, b\\_b.png" in [text.value for text in app.markdown]
    assert lines(shown(app, "reading_of_picture")) == ["72"]
    assert len(reader.asked) == 2
    button(app, "Remove").click().run()
    assert not app.exception
    assert "Take a picture of a number, or an example, and it is read here." in [text.value for text in app.markdown]
    assert "Remove" not in [one.label for one in app.button]


def test_new_pictures_take_the_place_of_those_from_before(monkeypatch):
    app = open_pictures(monkeypatch, Reader("12"), ("a.png", png()))
    app.switch_page("draw.py").run()
    app.switch_page(PAGE).run()
    app.session_state["way"] = PICTURE
    upload(app, ("b.png", png(9)))
    assert not [text.value for text in app.markdown if "From before" in text.value]
    assert [name for (name, _), _ in app.session_state["kept"]] == ["a.png", "b.png"]


def test_an_example_is_chosen_still_after_another_page(monkeypatch):
    reader = Reader("12")
    app = open_pictures(monkeypatch, reader)
    app.button_group(key="example").set_value("amount").run()
    app.switch_page("draw.py").run()
    app.switch_page(PAGE).run()
    app.session_state["way"] = PICTURE
    app.run()
    assert app.button_group(key="example").value == "amount"
    assert lines(shown(app, "reading_of_picture")) == ["12"]
    assert len(reader.asked) == 1


def test_another_network_reads_again(monkeypatch):
    app = open_pictures(monkeypatch, Reader("12"), ("a.png", png()))
    use(monkeypatch, Reader("34"))
    app.run()
    assert lines(shown(app, "reading_of_picture")) == ["34"]


def test_no_more_results_are_kept_than_are_shown_or_may_be_wanted_again(monkeypatch):
    app = open_pictures(monkeypatch, Reader("1"))
    for start in range(0, 80, 20):
        upload(app, *((f"{number}.png", png(number, (30, 20))) for number in range(start, start + 20)))
    assert len(app.session_state["kept"]) == 60
    assert all(len(result.picture) < 5_000 for result in app.session_state["kept"].values())


def test_an_example_is_read_as_what_it_is_until_something_else_comes(monkeypatch):
    reader = Reader("12")
    app = open_pictures(monkeypatch, reader, ("a.png", png()))
    app.button_group(key="example").set_value("amount").run()
    assert reader.asked[-1] == ((320, 1000), "amount")
    app.toggle(key="photographed").set_value(True).run()
    assert len(reader.asked) == 3
    upload(app, ("b.png", png(9)))
    assert app.button_group(key="example").value is None
    assert reader.asked[-1] == ((260, 900), "amount")


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_examples_are_always_the_same_and_their_photographs_are_not_even(name):
    drawn, photograph = samples.picture(name, False), samples.picture(name, True)
    assert drawn.dtype == photograph.dtype == np.uint8
    assert drawn.shape == photograph.shape == samples.SAMPLES[name].size[::-1]
    assert np.array_equal(drawn, samples.picture(name, False))
    assert np.array_equal(photograph, samples.picture(name, True))
    assert set(drawn[:, 0]) == {255}
    assert len(set(photograph[:, 0])) > 10


@pytest.mark.parametrize("photographed", [False, True])
def test_the_example_of_a_postcode_is_read_right(recognizer, photographed):
    picture = samples.picture("postcode", photographed)
    assert recognizer.read(picture, "postcode:5").text == samples.SAMPLES["postcode"].lines[0]


# ── Writing down ──────────────────────────────────────────────────────────────────────────────────────────────────────


def cells(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_characters_are_written_down_one_a_row():
    result = corrected([("1", 0.31234567), " "])
    result.correct(0, "7")
    head, first, second = cells(results.to_csv([result]))
    assert dict(zip(head, first, strict=True)) == {
        "file": "page.png",
        "expected": "amount",
        "line": "1",
        "position": "1",
        "kind": "digit",
        "label": "7",
        "corrected": "yes",
        "confidence": "0.3123",
        "left": "0",
        "top": "10",
        "right": "80",
        "bottom": "90",
        "problem": "",
    }
    assert dict(zip(head, second, strict=True))["kind"] == "empty"


def test_what_was_left_out_is_written_down_and_said():
    result = corrected("12")
    result.reading = replace(result.reading, left_out=1_234)
    (file,) = json.loads(results.to_json([result]))["files"]
    assert file["left_out"] == 1_234
    head, row = cells(results.readings_to_csv([result]))
    assert dict(zip(head, row, strict=True))["left out"] == "1234"
    assert words.sheet_answer(result)["note"] == (
        "Not all of it was read: 1,234 pieces of ink were too much and were left out."
    )
    result.reading = replace(result.reading, left_out=1)
    assert words.note_on(result) == "Not all of it was read: one piece of ink was too much and was left out."
    result.problem = results.NO_DIGIT
    assert words.sheet_answer(result)["note"] == words.note_on(result)
    result.reading = replace(result.reading, left_out=0)
    assert words.note_on(result) == ""


def test_json_holds_all_of_it():
    result = corrected("1?", "2")
    result.correct(1, "8")
    (file,) = json.loads(results.to_json([result]))["files"]
    assert (file["file"], file["expected"], file["text"], file["problem"]) == ("page.png", "amount", "18\n2", None)
    assert (file["width"], file["height"]) == (600, 100)
    assert file["characters"][1] == {
        "line": 1,
        "position": 2,
        "kind": "digit",
        "label": "8",
        "corrected": True,
        "confidence": 0.99,
        "box": [100, 10, 180, 90],
    }
    assert [character["line"] for character in file["characters"]] == [1, 1, 2]


@pytest.mark.parametrize("name", ["=1+1.png", "+a", "-a", "@SUM(A1)", "\t=1", " =1", "\r=1", "\n=1", "＝1+1"])
def test_no_cell_is_a_formula(name):
    result = results.Result(name, None, "This is no picture.")
    for content in (results.to_csv([result]), results.readings_to_csv([result])):
        assert cells(content)[1][0].startswith("'")


def test_names_of_all_languages_and_broken_ones_are_written_down():
    listed = [results.Result(name, None, "This is no picture.") for name in ("Größe, 図.png", "a\udcffb.png")]
    assert cells(results.readings_to_csv(listed))[1][0] == "Größe, 図.png"
    assert [file["file"] for file in json.loads(results.to_json(listed))["files"]] == ["Größe, 図.png", "a?b.png"]


def test_a_bad_file_has_a_row_of_its_own():
    listed = [results.read_file(Reader("1"), "bad.png", b"", 0, None), corrected("12")]
    with pytest.raises(PictureError) as error:
        decode_picture(b"")
    rows = cells(results.to_csv(listed))
    assert [row[0] for row in rows[1:]] == ["bad.png", "page.png", "page.png"]
    assert rows[1][-1] == str(error.value)
    assert {len(row) for row in rows} == {13}
    assert [row[2] for row in cells(results.readings_to_csv(listed))] == ["reading", "", "12"]


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://digits.example/numbers", True),
        ("http://localhost:8501/numbers", True),
        ("http://127.0.0.1:8501", True),
        ("http://192.168.1.7:8501/numbers", False),
        ("http://school.example", False),
    ],
)
def test_over_http_the_page_says_why_there_is_no_camera(monkeypatch, url, allowed):
    monkeypatch.setattr(type(st.context), "url", url)
    app = open_pictures(monkeypatch, Reader("12"))
    assert app.toggle(key="camera").disabled == (not allowed)
    assert any("only to pages over https" in caption.value for caption in app.caption) == (not allowed)


def test_a_picture_that_was_turned_is_shown_upright_and_it_is_said(monkeypatch):
    reader = Reader("12")
    reader.reading = replace(reader.reading, turned=270)
    app = open_pictures(monkeypatch, reader, ("a.png", png()))
    assert len(reader.asked) == 1
    assert "The picture lay on its side and was turned." in shown(app, "reading_of_picture")["note"]
    page = told(app, "page_view")
    assert (page["width"], page["height"]) == (260, 900)
    first, second = (np.array(box["edges"]) * (260, 900, 260, 900) for box in page["boxes"])
    np.testing.assert_allclose(first, (10, 820, 90, 900), atol=0.1)
    np.testing.assert_allclose(second, (10, 720, 90, 800), atol=0.1)


def switch_to_what_the_network_sees(app):
    app.toggle(key="centres").set_value(True).run()


def test_a_switch_shows_what_the_network_sees_of_a_picture(monkeypatch):
    app = open_pictures(monkeypatch, Reader("12"), ("a.png", png()))
    before = told(app, "page_view")
    assert len(before["boxes"]) == 2
    switch_to_what_the_network_sees(app)
    seen = told(app, "page_view")
    assert seen["boxes"] == []
    assert "as the network sees it" in seen["alt"]
    pixels = decode_picture(base64.b64decode(seen["picture"].partition(",")[2]))
    assert np.abs(pixels.astype(int) - (222, 86, 24)).max() < 8
    app.toggle(key="centres").set_value(False).run()
    assert told(app, "page_view") == before


def test_a_switch_shows_what_the_network_sees_of_the_sheet(monkeypatch):
    app = open_sheet(monkeypatch, Reader("12"))
    switch_to_what_the_network_sees(app)
    assert "as the network sees it" in told(app, "seen_on_sheet")["alt"]


def test_what_the_network_sees_cannot_be_shown_and_the_reading_stays(monkeypatch):
    def centres(image):
        raise RuntimeError("libsomething")

    reader = Reader("12")
    reader.centres = centres
    app = open_pictures(monkeypatch, reader, ("a.png", png()))
    switch_to_what_the_network_sees(app)
    assert [warning.value for warning in app.warning] == [results.FAILED]
    assert len(told(app, "page_view")["boxes"]) == 2
