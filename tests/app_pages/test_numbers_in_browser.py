"""A person at "Read a number": a real browser, a real server, the weights that ship."""

import csv
import io
import json
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from app_pages.parts import samples
from model.ink.strokes import draw
from tests.browser import COUNT_INK, CROSSED_SEVEN, FOUR, PHONE, ZERO, NumbersPage, components_in


def picture(text: str, kind: str = "PNG") -> bytes:
    """A file with a number in our own handwriting, dark on light."""
    size = (800, 300)
    ((strokes, brush),) = samples.written(text, np.random.default_rng(3), size, 12)
    file = io.BytesIO()
    Image.fromarray(255 - draw(strokes, brush, *size)).save(file, kind)
    return file.getvalue()


def test_digits_side_by_side_are_read_together_and_boxed(visit):
    page = NumbersPage(visit())
    page.write(CROSSED_SEVEN, 0.2)
    page.expect_number("7")
    page.write(ZERO, 0.5)
    page.expect_number("70")
    page.write(FOUR, 0.8)
    page.expect_number("704")
    expect(page.words).to_contain_text("sure")


def test_a_number_is_read_before_the_pen_is_lifted(visit):
    page = NumbersPage(visit())
    page.write(CROSSED_SEVEN, 0.2)
    page.expect_number("7")
    page.visitor.pen_down(page.strokes(ZERO, 0.5)[0])
    expect(page.reading).to_have_text("70")
    page.page.mouse.up()
    page.expect_number("70")


def test_the_page_does_not_run_while_the_pen_is_down(visit):
    visitor = visit()
    frames = visitor.listen()
    page = NumbersPage(visitor)
    page.write(CROSSED_SEVEN, 0.2)
    page.expect_number("7")
    visitor.wait_until_run()
    assert {"number_view", "reading_view"} <= components_in(frames)
    frames.clear()
    visitor.pen_down(page.strokes(ZERO, 0.5)[0])
    expect(page.reading).to_have_text("70")
    assert frames == []
    page.page.mouse.up()
    page.expect_number("70")


def test_a_scribble_beside_a_digit_is_told_and_boxed(visit):
    page = NumbersPage(visit())
    page.write(CROSSED_SEVEN, 0.2)
    page.expect_number("7")
    page.write("0 0, 2 8, 4 0, 6 8, 8 0, 10 8", 0.6)
    page.expect_number("7?")
    expect(page.words).to_have_text("one cannot be read")


def test_undo_and_clear_take_back_what_was_written(visit):
    page = NumbersPage(visit())
    page.write(ZERO, 0.2)
    page.write("5 0, 5 10", 0.5)
    page.expect_number("01")
    page.press("Undo")
    page.expect_number("0")
    page.press("Clear")
    expect(page.words).to_have_text("Write a number on the sheet, digit beside digit.")
    expect(page.reading).to_be_empty()
    expect(page.text).to_have_count(0)
    assert page.visitor.ink() == 0


def test_show_me_one_writes_a_number_of_the_kind_that_is_expected(visit):
    page = NumbersPage(visit())
    page.page.get_by_text("Postcode", exact=True).click()
    digits = page.page.get_by_label("Digits of the postcode")
    digits.fill("3")
    digits.press("Enter")
    page.page.locator('.st-key-canvas [data-shows="postcode:3"]').wait_for()
    page.press("Show me one")
    expect(page.page.locator(".st-key-reading .dd-lines span")).to_have_count(3)
    expect(page.page.locator(".st-key-reading .dd-note")).to_be_empty()


def test_what_was_written_is_there_again_after_another_page(visit):
    page = NumbersPage(visit())
    page.write(CROSSED_SEVEN, 0.3)
    page.write(FOUR, 0.7)
    page.expect_number("74")
    ink = page.visitor.ink()
    page.go("Draw")
    expect(page.visitor.words).to_have_text("Draw a digit, as large as you like.")
    page.page.wait_for_function(f"{COUNT_INK}() === 0")
    page = NumbersPage(page.visitor)
    page.expect_number("74")
    page.page.wait_for_function(f"ink => Math.abs({COUNT_INK}() - ink) < 0.01 * ink", arg=ink)


def test_a_correction_changes_the_text_and_both_files_and_goes_with_its_number(visit):
    page = NumbersPage(visit())
    page.write(CROSSED_SEVEN, 0.2)
    page.write(ZERO, 0.5)
    page.expect_number("70")
    page.correct(0, "3")
    expect(page.text).to_have_text(re.compile("^(30|73)$"))  # whichever of the two it was less sure of
    corrected = page.text.inner_text()
    expect(page.reading).to_have_text(corrected)
    rows = list(csv.DictReader(io.StringIO(page.download("CSV").decode("utf-8-sig"))))
    assert "".join(row["label"] for row in rows) == corrected
    assert sorted(row["corrected"] for row in rows) == ["no", "yes"]
    (file,) = json.loads(page.download("JSON"))["files"]
    assert file["text"] == corrected
    assert sorted(character["corrected"] for character in file["characters"]) == [False, True]
    page.write(FOUR, 0.8)
    page.expect_number("704")


def test_a_picture_is_read_with_boxes_and_can_be_taken_away(visit):
    page = NumbersPage(visit())
    page.pictures()
    page.upload(("a letter.png", picture("704")))
    expect(page.read).to_have_text("704")
    expect(page.page.locator(".st-key-page .dd-box-of")).to_have_count(3)
    assert (
        page.page.locator(".st-key-page img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 800
    )
    (file,) = json.loads(page.download("JSON"))["files"]
    assert (file["file"], file["text"], file["expected"]) == ("a letter.png", "704", None)
    assert (file["width"], file["height"]) == (800, 300)


def test_of_many_files_the_bad_are_named_and_the_others_read(visit):
    page = NumbersPage(visit())
    page.pictures()
    page.upload(
        ("one.png", picture("70")),
        ("cut off.png", picture("704")[:300]),
        ("=two.jpg", picture("42", "JPEG")),
        ("moving.webp", picture("42", "GIF")),
    )
    expect(page.page.get_by_text("2 of 4 pictures were read")).to_be_visible()
    rows = list(csv.DictReader(io.StringIO(page.download("Readings as CSV").decode("utf-8-sig"))))
    assert [(row["file"], row["reading"]) for row in rows] == [
        ("one.png", "70"),
        ("cut off.png", ""),
        ("'=two.jpg", "42"),
        ("moving.webp", ""),
    ]
    assert "damaged or cut off" in rows[1]["problem"]
    assert "GIF files are not taken" in rows[3]["problem"]
    assert len(json.loads(page.download("All as JSON"))["files"]) == 4
    # The row of another file shows that file.
    expect(page.read).to_have_text("70")
    table = page.page.locator(".st-key-files [data-testid=stDataFrame]").bounding_box()
    page.page.mouse.click(table["x"] + 20, table["y"] + 35 + 2.5 * 35)
    expect(page.read).to_have_text("42")


def test_another_expectation_reads_the_picture_again(visit):
    page = NumbersPage(visit())
    page.pictures()
    page.upload(("letter.png", picture("704")))
    expect(page.read).to_have_text("704")
    page.page.get_by_text("Postcode", exact=True).click()
    digits = page.page.get_by_label("Digits of the postcode")
    digits.fill("3")
    digits.press("Enter")
    expect(page.page.locator(".st-key-reading_beside .dd-note")).to_be_empty()
    expect(page.read).to_have_text("704")
    (file,) = json.loads(page.download("JSON"))["files"]
    assert file["expected"] == "postcode:3"


def test_uploads_and_writing_stay_while_one_looks_at_the_other(visit):
    page = NumbersPage(visit())
    page.write(ZERO, 0.5)
    page.expect_number("0")
    page.pictures()
    page.upload(("letter.png", picture("704")))
    expect(page.read).to_have_text("704")
    page.page.get_by_role("tab", name="Write").click()
    page.expect_number("0")
    page.pictures()
    expect(page.read).to_have_text("704")


def test_a_phone_shows_all_of_it_and_a_finger_s_width_of_sheet(visit):
    page = NumbersPage(visit(**PHONE))
    fits = "document.documentElement.scrollWidth <= innerWidth"
    box = page.canvas.bounding_box()
    assert box["width"] > 380
    assert box["height"] > 105
    page.write(CROSSED_SEVEN, 0.2)
    page.write(ZERO, 0.5)
    page.expect_number("70")
    assert page.page.evaluate(fits)
    page.pictures()
    page.page.locator(".st-key-example").get_by_text("Several lines").click()
    expect(page.page.locator(".st-key-page .dd-box-of").first).to_be_visible()
    assert page.page.locator(".st-key-page .dd-page").bounding_box()["width"] > 340
    assert page.page.evaluate(fits)


@pytest.mark.parametrize("screen", [{}, PHONE, {"viewport": {"width": 820, "height": 1180}}], ids=["laptop", "phone", "tablet"])
def test_of_many_lines_each_is_larger_than_what_is_said_of_them(visit, screen):
    page = NumbersPage(visit(**screen))
    page.pictures()
    page.page.locator(".st-key-example").get_by_text("Several lines").click()
    reading = page.page.locator(".st-key-reading_of_picture")
    expect(reading.locator(".dd-lines > div")).to_have_count(3)
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    digits, words = (reading.locator(part).evaluate(size) for part in (".dd-lines", ".dd-how-sure"))
    assert digits > 2 * words
    assert 3 * digits > 0.5 * reading.locator(".dd-reading-of").bounding_box()["height"]
    bottom = "element => element.getBoundingClientRect().bottom"
    assert reading.locator(".dd-key").evaluate(bottom) <= reading.locator(".dd-reading-of").evaluate(bottom)


@pytest.mark.parametrize(("scheme", "light_ink"), [("light", False), ("dark", True)])
def test_ink_stands_out_on_the_wide_sheet_in_both_themes(visit, scheme, light_ink):
    page = NumbersPage(visit(color_scheme=scheme))
    page.write("5 0, 5 10", 0.5)
    page.expect_number("1")
    shot = Image.open(io.BytesIO(page.canvas.screenshot())).convert("L")
    middle = shot.getpixel((shot.width // 2, shot.height // 2))
    paper = shot.getpixel((shot.width // 8, shot.height // 2))
    assert abs(middle - paper) > 200
    assert (middle > paper) == light_ink
