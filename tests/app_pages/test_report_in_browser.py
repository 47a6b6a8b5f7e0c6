"""A person at the page "How good is it?": a real browser, a real server, the weights and the report that ship."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser import FOUR, PATIENCE, ROOT, DrawPage

REPORT = ROOT / "model" / "report.json"
READING = 180_000  # milliseconds; ten thousand pictures are read once
HEADING = "How good is it?"


@pytest.fixture
def visit(browser, app):
    """Opens a part of the page as a new visitor whose window has this size."""
    contexts, errors = [], []

    def open_page(part="accuracy", width=1280, height=800, address="/report?part=") -> Page:
        contexts.append(browser.new_context(viewport={"width": width, "height": height}))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_default_timeout(PATIENCE)
        page.goto(app + address + part)
        return page

    yield open_page
    assert errors == []
    for context in contexts:
        context.close()


def most_frequent_mistake() -> tuple[int, int, int]:
    """Of MNIST's test images in the report: the digit, what it was read as, and how often."""
    matrix = json.loads(REPORT.read_text(encoding="utf-8"))["sets"]["mnist"]["confusion"]
    count, digit, read_as = max(
        (matrix[digit][read_as], digit, read_as) for digit in range(10) for read_as in range(10) if digit != read_as
    )
    return digit, read_as, count


def test_a_tap_on_a_cell_shows_the_pictures_that_the_report_counts(visit, mnist):
    digit, read_as, count = most_frequent_mistake()
    page = visit("mistakes")
    cell = page.locator(f".st-key-matrix_mnist path[aria-label^='{digit} read as {read_as}:']")
    cell.scroll_into_view_if_needed()
    box = cell.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    pictures = page.locator(".st-key-cell_pictures img")
    expect(pictures).to_have_count(count, timeout=READING)
    expect(page.get_by_text("The report counts")).to_have_count(0)
    for text in page.locator(".st-key-cell_pictures").get_by_text("%").all_inner_texts():
        assert text.startswith(f"{read_as} ")


def test_the_slider_disturbs_the_person_s_own_drawing_and_the_answer_changes(visit):
    page = visit("", address="")
    drawing = DrawPage(page, page.url)
    drawing.draw(FOUR)
    drawing.expect_digit("4")
    page.get_by_role("link", name=HEADING).click()
    page.locator(".st-key-part").get_by_text("Disturbances", exact=True).click()
    answer = page.locator(".st-key-disturbed_answer h2")
    expect(answer).to_contain_text("4, ")
    expect(page.get_by_text("This is an example.")).to_have_count(0)
    expect(page.locator(".st-key-part_disturbances canvas, .st-key-part_disturbances svg.marks").first).to_be_visible()
    disturbance = page.get_by_role("combobox", name="Disturbance")
    disturbance.fill("Gaussian noise")
    disturbance.press("Enter")
    spoilt = page.locator(".st-key-disturbed_pictures img").nth(1)
    drawn = page.locator(".st-key-disturbed_pictures img").nth(0)
    expect(spoilt).to_have_attribute("src", drawn.get_attribute("src"))
    answers = {answer.inner_text()}
    slider = page.locator(".st-key-level").get_by_role("slider")
    for _ in range(5):
        before = spoilt.get_attribute("src")
        slider.press("ArrowRight")
        expect(spoilt).not_to_have_attribute("src", before)
        answers.add(answer.inner_text())
    assert len(answers) > 1


def test_the_report_is_downloaded_as_it_lies_on_the_disk(visit):
    page = visit("origin")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download the report as JSON").click()
    download = waiting.value
    assert download.suggested_filename == "report.json"
    with open(download.path(), "rb") as file:
        assert file.read() == REPORT.read_bytes()


# JavaScript: how high the page is, in screens.
SCREENS = "(main => main.scrollHeight / main.clientHeight)(document.querySelector('.stMain'))"


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800), (1920, 1080)])
def test_no_part_is_wider_than_the_screen_or_longer_than_three(visit, width, height):
    page = visit(width=width, height=height)
    names = page.locator(".st-key-part").get_by_role("radio")
    expect(names.first).to_be_visible()
    for name in names.all_inner_texts():
        page.locator(".st-key-part").get_by_text(name, exact=True).click()
        page.locator(f".st-key-part_{name.lower().replace(' ', '_')} h2").first.wait_for()
        page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
        page.wait_for_function("width => document.querySelector('[data-testid=stMain]').scrollWidth <= width", arg=width)
        if width > 390:
            assert page.evaluate(SCREENS) <= 3, name
