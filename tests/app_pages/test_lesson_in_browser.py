"""The teacher's sheet: it prints on one sheet of A4, and each of its twelve questions leads to where the answer is seen."""

import re

import pytest
from playwright.sync_api import expect

from app_pages.locale import LANGUAGES
from app_pages.parts.questions import QUESTIONS
from tests.browser import CROSSED_SEVEN

# What answers the question there, by its address: a sentence of the app, or its beginning where it has gaps.
SHOWN = {
    "inside?step=picture": "What the network sees: 784 numbers from 0 (page) to 1 (ink).",
    "inside?step=convolution": "… are products. Their sum is {total}.",
    "inside?step=convolution&weights=-1,-1,-1,0,0,0,1,1,1": "… times your weights: click to change one …",
    "inside?step=pooling&moved=1": "By moving it, the picture changed by **{picture:.0%}**, what comes out of this pooling by "
    "**{first:.0%}**, and after the last one by **{deepest:.0%}**.",
    "inside?step=sums": "The answer's own weight (bias)",
    "inside?step=why": "All values of the left map make **{gradients}**: what the ink adds to the sum of {chosen} "
    "({with_it} with it, {without} on a blank page, a difference of **{difference}**), but for rounding.",
    ".": "no digit",
    "report": "How often is it right?",
    "inside?step=training": "The same as training disturbs them, anew each time:",
    "train": "A guided way: six experiments for a lesson of 40 minutes",
    "teach": "Take it as {label}",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_question_leads_to_where_it_is_answered(visit, language):
    visitor = visit(language)
    visitor.draw(CROSSED_SEVEN)
    visitor.expect_digit("7")
    visitor.wait_until_run()
    visitor.go("Look inside")
    visitor.page.get_by_role("link", name=visitor.said("For teachers: a lesson on one sheet of paper")).click()
    expect(visitor.page.locator(".dd-sheet-of-paper tr")).to_have_count(len(QUESTIONS))
    rows = visitor.page.locator(".dd-sheet-of-paper tr").all()
    ways = [row.get_by_role("link").evaluate("link => link.href") for row in rows]
    for row, (question, *_) in zip(rows, QUESTIONS, strict=True):
        expect(row).to_contain_text(visitor.said(question))
    rows[0].get_by_role("link").click()
    visitor.page.wait_for_url(ways[0])
    for way, (question, _, address, _) in zip(ways, QUESTIONS, strict=True):
        visitor.page.goto(way)
        answered = visitor.said(SHOWN[address]).partition("{")[0].strip("* ")
        shown = visitor.page.locator(".stMain").get_by_text(answered)
        expect(shown.filter(visible=True).first, question).to_be_attached()
        visitor.at_rest()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_prints_on_one_sheet(visit, scheme, language):
    visitor = visit(language, color_scheme=scheme)
    visitor.page.goto(f"{visitor.page.url.split('?')[0]}lesson")
    expect(visitor.page.get_by_role("button", name=visitor.said("Print this sheet"))).to_be_visible()
    expect(visitor.page.locator(".dd-sheet-of-paper tr")).to_have_count(12)
    visitor.at_rest()
    pdf = visitor.page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    visitor.page.emulate_media(media="print")
    expect(visitor.page.get_by_role("button", name=visitor.said("Print this sheet"))).to_be_hidden()
    for place in (".dd-sheet-of-paper h2", ".dd-sheet-of-paper tr", "h1"):
        for one in visitor.page.locator(place).all():
            expect(one).to_be_visible()


def test_the_button_opens_the_dialog_for_printing(visit):
    visitor = visit()
    visitor.page.goto(f"{visitor.page.url.split('?')[0]}lesson")
    visitor.page.evaluate("window.print = () => (window.printed = true)")
    visitor.page.get_by_role("button", name="Print this sheet").click()
    visitor.page.wait_for_function("window.printed")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_fits_a_phone(visit, language):
    visitor = visit(language, viewport={"width": 390, "height": 844})
    visitor.page.goto(f"{visitor.page.url.split('?')[0]}lesson")
    expect(visitor.page.locator(".dd-sheet-of-paper tr")).to_have_count(12)
    assert visitor.page.evaluate("document.querySelector('.stMain').scrollWidth") == 390
