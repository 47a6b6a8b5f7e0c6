"""The page "Teach it" as a person uses it, from the first symbol to the model that one takes home."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from model.data.signs import SIGNS
from model.reading.lesson import from_file, to_file
from tests.app_pages.test_teach import page_of, signs
from tests.browser import FOUR, PHONE, WAKING, TeachPage

WINNER = '.st-key-probabilities li[data-winner="true"] .dd-digit'


@pytest.fixture
def teach(visit):
    """Opens "Teach it" as a new visitor."""
    return lambda **options: TeachPage(visit(**options))


def answers(page, name: str) -> None:
    """Waits until the answer is this name."""
    expect(page.page.locator(WINNER)).to_have_text(name)


def load(page, content: bytes) -> None:
    """Loads what was saved."""
    page.at_rest()
    page.press("Load a file")
    field = page.page.locator(".st-key-lesson_file input[type=file]")
    field.set_input_files([{"name": "lesson.json", "mimeType": "application/json", "buffer": content}])


def test_a_symbol_is_taught_and_known_on_draw_while_the_pen_moves(teach):
    page = teach()
    page.name("★")
    page.teach(SIGNS["★"][0])
    expect(page.groups).to_have_text(["★ 1 example"])
    page.visitor.go("Draw")
    expect(page.page.get_by_text("With what I taught it")).to_be_visible()
    *first, last = page.visitor.strokes(SIGNS["★"][0])
    for stroke in first:
        page.visitor.pen_down(stroke)
        page.page.mouse.up()
    page.visitor.pen_down(last)
    answers(page, "★")  # the pen is still down
    page.page.mouse.up()
    answers(page, "★")


def test_what_was_taught_outlives_a_reload(teach):
    page = teach()
    page.name("π")
    page.teach(SIGNS["π"][0])
    page.page.wait_for_function("JSON.parse(sessionStorage.getItem('digits:lesson'))?.text?.includes('π')")
    page.page.reload()
    expect(page.groups).to_have_text(["π 1 example"], timeout=WAKING)
    page.draw(SIGNS["π"][0])
    answers(page, "π")


def test_an_example_is_deleted_by_a_tap_and_comes_back(teach):
    page = teach()
    page.name("π")
    page.teach(SIGNS["π"][0])
    page.teach(SIGNS["π"][2])
    page.pictures.first.click()
    expect(page.groups).to_have_text(["π 1 example"])
    page.at_rest()
    page.press("Undo the last change")
    expect(page.groups).to_have_text(["π 2 examples"])
    page.press("Start over")
    expect(page.pictures).to_have_count(0)
    page.at_rest()
    page.press("Undo the last change")
    expect(page.groups).to_have_text(["π 2 examples"])


def test_a_drawing_is_taken_by_itself_once_the_pen_rests(teach):
    page = teach()
    page.page.locator(".st-key-by_itself label").click()
    page.at_rest()
    page.draw(FOUR)
    expect(page.pictures).to_have_count(1)
    expect(page.groups).to_have_text(["7 1 example"])  # it was a seven that was asked for
    page.expect_empty()


def test_enter_on_the_canvas_takes_the_drawing(teach):
    page = teach()
    page.draw(FOUR)
    page.visitor.wait_until_run()
    page.visitor.canvas.press("Enter")
    expect(page.pictures).to_have_count(1)
    page.expect_empty()


def test_the_drawing_moves_on_the_map_while_the_pen_does_with_lines_to_the_nearest(teach):
    page = teach()
    load(page, to_file(signs("★", "π")))
    places = page.page.locator(".dd-map .dd-examples > div")
    expect(places).to_have_count(6)
    here, near = page.page.locator(".dd-map .dd-here"), page.page.locator('.dd-map [data-near="true"] bdi')
    expect(here).to_be_hidden()
    page.page.locator(".stMain").evaluate("main => main.scrollTo(0, 0)")
    first, *others = page.visitor.strokes(SIGNS["π"][0])
    page.visitor.pen_down(first)  # and not lifted
    expect(here).to_be_attached()
    place = here.get_attribute("style")
    page.page.mouse.up()
    for stroke in others:
        page.visitor.pen_down(stroke)
        page.page.mouse.up()
    expect(near).to_have_text(["π"] * 3)
    expect(page.page.locator(".dd-map line")).to_have_count(3)
    assert here.get_attribute("style") != place


def test_what_was_taught_is_saved_and_loaded_by_another_visitor(teach):
    page = teach()
    page.name("🙂 ok")
    page.teach(SIGNS["☺"][0])
    content = page.download("Save to a file")
    assert from_file(content).labels == ("🙂 ok",)
    other = teach()
    load(other, content)
    expect(other.groups).to_have_text(["🙂 ok 1 example"])
    load_another = json.dumps({"format": "another"}).encode()
    other.page.keyboard.press("Escape")
    other.page.reload()
    expect(other.groups).to_have_count(1, timeout=WAKING)
    load(other, load_another)
    expect(other.page.get_by_text("This is no file that was saved here. What you taught is as it was.")).to_be_visible()
    expect(other.groups).to_have_text(["🙂 ok 1 example"])


def test_the_model_that_one_takes_home_reads_a_picture_with_the_program_beside_it(teach, tmp_path):
    page = teach()
    load(page, to_file(signs("★", "π")))
    expect(page.groups).to_have_count(2)
    page.page.keyboard.press("Escape")
    page.at_rest()
    page.press("Take it as a Keras model")
    program = page.page.locator(".stPopoverBody .stCode code, [data-testid=stPopoverBody] code").first.inner_text()
    (tmp_path / "taught.keras").write_bytes(page.download("Download taught.keras"))
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    from model import prepare

    Image.fromarray(prepare(page_of("π"))).save(tmp_path / re.search(r'"(\w+\.png)"', program)[1])
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONIOENCODING": "utf-8"}
    run = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, encoding="utf-8", env=quiet, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "π" in run.stdout


def test_a_finger_on_a_phone_teaches_a_symbol(teach):
    page = teach(**PHONE)
    page.name("★")
    page.teach(SIGNS["★"][0])
    page.draw(SIGNS["★"][0])
    answers(page, "★")
    assert page.page.evaluate("document.querySelector('.stMain').scrollWidth <= innerWidth")


def test_ready_made_signs_are_taught_with_one_tap_and_told_apart(teach):
    page = teach()
    page.press("Try it with ready-made signs")
    expect(page.pictures).to_have_count(12)
    for sign in ("π", "♥"):
        page.page.locator(".stMain").evaluate("main => main.scrollTo(0, 0)")
        page.draw(SIGNS[sign][0])
        answers(page, sign)
        page.at_rest()
        page.press("Clear")
        page.expect_empty()


def test_pictures_of_the_examples_are_those_that_were_drawn(teach):
    page = teach()
    load(page, to_file(signs("★", "π")))
    expect(page.page.locator(".dd-gallery[data-shown]")).to_be_visible()
    known = signs("★", "π")
    pixels = page.page.evaluate(
        """async () => {
          const buttons = [...document.querySelectorAll('.dd-gallery button')]
          const image = new Image()
          image.src = buttons[0].style.backgroundImage.slice(5, -2)
          await image.decode()
          const canvas = new OffscreenCanvas(28, image.height)
          const context = canvas.getContext('2d')
          context.drawImage(image, 0, 0)
          const { data } = context.getImageData(0, 0, 28, image.height)
          return data.filter((_, index) => index % 4 === 0).join()
        }"""
    )
    assert np.array_equal(np.array(pixels.split(","), int).reshape(-1, 28, 28), known.pictures)
