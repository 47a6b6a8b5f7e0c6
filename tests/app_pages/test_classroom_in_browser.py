"""A lesson with a class: the teacher's page on a projector, a pupil's on a tablet, in a browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.app_pages.test_accessibility_in_browser import findings
from tests.browser import COUNT_INK, CROSSED_SEVEN, DrawPage

PUPIL = {"viewport": {"width": 820, "height": 1180}, "has_touch": True}


@pytest.fixture
def teacher(visit):
    teacher = visit()
    teacher.go("Train your own")
    teacher.page.get_by_role("radio", name="The class's digits").click()
    teacher.page.get_by_role("button", name="Begin a class").click()
    expect(teacher.page.locator(".dd-code")).to_have_text(re.compile("^[A-Z]{5}$"))
    return teacher


@pytest.fixture
def pupil(visit, teacher, app):
    pupil: DrawPage = visit(**PUPIL)
    pupil.page.goto(f"{app}/class?code={teacher.page.locator('.dd-code').inner_text()}")
    expect(pupil.page.get_by_text("0 of them yours.")).to_be_visible()
    return pupil


def test_what_a_pupil_draws_comes_in_and_can_be_taken_out(teacher, pupil):
    for count in (1, 2):
        pupil.draw(CROSSED_SEVEN)
        pupil.at_rest()
        pupil.page.get_by_role("button", name="Hand in this").click()
        expect(pupil.page.get_by_text(f": {count}, {count} of them yours.")).to_be_visible()
        pupil.page.wait_for_function(f"{COUNT_INK}() === 0")
    pictures = teacher.page.locator(".st-key-gallery .dd-row button")
    expect(pictures).to_have_count(2)
    pictures.first.click()
    expect(pictures).to_have_count(1)
    teacher.page.get_by_role("button", name="Put it back").click()
    expect(pictures).to_have_count(2)
    assert findings(teacher.page) == []
    pupil.page.get_by_role("button", name="Take my last one back").click()
    expect(pictures).to_have_count(1)


def test_on_a_pupil_s_sheet_the_hand_alone_draws(pupil):
    expect(pupil.page.get_by_role("button", name="Undo")).to_be_visible()
    expect(pupil.page.get_by_role("button", name="Show me one")).to_be_hidden()
    pupil.canvas.focus()
    pupil.page.keyboard.press("5")
    assert pupil.ink() == 0
    assert findings(pupil.page) == []


def test_a_teacher_who_reloads_the_page_has_the_class_still(teacher):
    code = teacher.page.locator(".dd-code").inner_text()
    teacher.at_rest()
    teacher.page.reload()
    teacher.page.get_by_role("radio", name="The class's digits").click()
    expect(teacher.page.locator(".dd-code")).to_have_text(code)


def test_a_wrong_code_says_so_and_a_right_one_opens(teacher, visit, app):
    page = visit(**PUPIL).page
    page.goto(f"{app}/class?code=ZZZZZ")
    expect(page.get_by_text("there never was one with this code")).to_be_visible()
    page.get_by_label("The code").fill(teacher.page.locator(".dd-code").inner_text().lower())
    page.keyboard.press("Enter")
    expect(page.get_by_text("0 of them yours")).to_be_visible()


def test_a_class_that_ends_says_so_to_its_pupils(teacher, pupil):
    teacher.page.get_by_role("button", name="End the class").click()
    expect(pupil.page.get_by_text("This class is over")).to_be_visible()


def test_who_leaves_the_class_is_asked_for_a_code_again(pupil):
    pupil.page.get_by_role("button", name="Leave the class").click()
    expect(pupil.page.get_by_label("The code")).to_have_value("")
    expect(pupil.page).to_have_url(re.compile("/class$"))
