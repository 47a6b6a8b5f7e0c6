"""The teacher's sheet: it prints on one sheet of A4, and each of its twelve questions leads to where the answer is seen."""

import re

import pytest
from playwright.sync_api import expect

from app_pages.parts.questions import QUESTIONS
from tests.browser import CROSSED_SEVEN

# What answers the question there, by its address.
SHOWN = {
    "inside?step=picture": "What the network sees: 784 numbers",
    "inside?step=convolution": "are products. Their sum is",
    "inside?step=convolution&weights=-1,-1,-1,0,0,0,1,1,1": "times your weights",
    "inside?step=pooling&moved=1": "By moving it, the picture changed by",
    "inside?step=sums": "The sum of 7",
    "inside?step=why": "what the ink adds to the sum of 7",
    ".": "no digit",
    "report": "How often is it right?",
    "inside?step=training": "The same as training disturbs them",
    "train": "A guided way",
    "teach": "Take it as",
}


@pytest.mark.parametrize("number", range(1, 13))
def test_each_question_leads_to_where_it_is_answered(visit, number):
    visitor = visit()
    visitor.draw(CROSSED_SEVEN)
    visitor.expect_digit("7")
    visitor.wait_until_run()
    visitor.go("Look inside")
    visitor.page.get_by_role("link", name="For teachers").click()
    link = visitor.page.locator(".dd-sheet-of-paper tr").nth(number - 1).get_by_role("link")
    link.click()
    shown = visitor.page.locator(".stMain").get_by_text(SHOWN[QUESTIONS[number - 1][2]])
    expect(shown.filter(visible=True).first).to_be_attached()
    assert visitor.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_prints_on_one_sheet(visit, scheme):
    visitor = visit(color_scheme=scheme)
    visitor.page.goto(f"{visitor.page.url.split('?')[0]}lesson")
    expect(visitor.page.get_by_role("button", name="Print this sheet")).to_be_visible()
    expect(visitor.page.locator(".dd-sheet-of-paper tr")).to_have_count(12)
    visitor.at_rest()
    pdf = visitor.page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    visitor.page.emulate_media(media="print")
    expect(visitor.page.get_by_role("button", name="Print this sheet")).to_be_hidden()
    for place in (".dd-sheet-of-paper h2", ".dd-sheet-of-paper tr", "h1"):
        for one in visitor.page.locator(place).all():
            expect(one).to_be_visible()


def test_the_button_opens_the_dialog_for_printing(visit):
    visitor = visit()
    visitor.page.goto(f"{visitor.page.url.split('?')[0]}lesson")
    visitor.page.evaluate("window.print = () => (window.printed = true)")
    visitor.page.get_by_role("button", name="Print this sheet").click()
    visitor.page.wait_for_function("window.printed")


def test_it_fits_a_phone(visit):
    visitor = visit(viewport={"width": 390, "height": 844})
    visitor.page.goto(f"{visitor.page.url.split('?')[0]}lesson")
    expect(visitor.page.locator(".dd-sheet-of-paper tr")).to_have_count(12)
    assert visitor.page.evaluate("document.querySelector('.stMain').scrollWidth") == 390
