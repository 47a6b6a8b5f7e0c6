"""What a machine can find that keeps people out: axe-core on every page, in both themes, on a phone, a tablet and a laptop."""

from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import expect

from tests.browser import CROSSED_SEVEN, GROUND, SETTLED, STILL, THEMES, WAKING, InsidePage, NumbersPage

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
SIZES = {"phone": (390, 844), "tablet": (820, 1180), "laptop": (1280, 800)}

# What is Streamlit's and cannot be mended from here, by axe's rule: a part of the page. It opens its menu outside of all
# landmarks; who gets there comes from the button, and Escape leads back to it.
NOT_OURS = {"region": ".stMainMenuPopover"}

# Where the theme is another one, only these rules can find anything else. What would have to be scrolled to they leave out.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
ALL_OTHERS = {"rules": {rule: {"enabled": False} for rule in OF_COLOURS}}

# JavaScript: of what axe finds, all that is worse than minor: the rule, the element, and what to do.
FINDINGS = """async ([notOurs, chosen]) => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'], ...chosen })
  const isOurs = (rule, node) => !document.querySelector(node.target[0])?.closest(notOurs[rule.id] ?? 'none')
  return violations.filter(rule => rule.impact !== 'minor').flatMap(rule => rule.nodes.filter(
    node => isOurs(rule, node)
  ).map(
    node => `${rule.id} (${rule.impact}): ${node.html.slice(0, 200)} ${node.failureSummary}`
  ))
}"""
LENGTH = "document.querySelector('main').scrollHeight"  # JavaScript: pixels


def show_in(page, theme: str) -> None:
    """The browser asks for a theme, and the page is shown in it."""
    page.emulate_media(color_scheme=theme)
    page.wait_for_function(f"{GROUND} === '{THEMES[theme]}' && {STILL}")


def resize(page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(SETTLED)


def findings(page) -> list[str]:
    """What axe finds on a page in the light theme, and of its colours in the dark one: on each screen, the last a laptop.

    For the colours the screen is as high as the page is long.
    """
    page.evaluate(AXE)
    found = []
    for theme in ("dark", "light"):
        show_in(page, theme)
        for name, (width, height) in SIZES.items():
            resize(page, width, height)
            resize(page, width, max(height, page.evaluate(LENGTH)))
            here = page.evaluate(FINDINGS, [NOT_OURS, {"runOnly": OF_COLOURS}])
            resize(page, width, height)
            if theme == "light":
                here += page.evaluate(FINDINGS, [NOT_OURS, ALL_OTHERS])
            found += [f"{theme}, {name}: {finding}" for finding in here]
    return found


@pytest.fixture
def visitor(visit):
    return visit(color_scheme="light")


def test_drawing_and_looking_inside(visitor):
    assert findings(visitor.page) == []
    visitor.draw(CROSSED_SEVEN)
    visitor.expect_digit("7")
    visitor.wait_until_run()
    assert findings(visitor.page) == []
    inside = InsidePage(visitor)
    for step in visitor.page.locator(".st-key-step").get_by_role("radio").all_inner_texts():
        inside.open(step)
        assert findings(visitor.page) == [], step


def test_training_a_network(visitor, mnist):
    visitor.go("Train your own")
    train = visitor.page.get_by_role("button", name="Train it")
    expect(train).to_be_visible()
    visitor.at_rest()
    assert findings(visitor.page) == []
    visitor.page.get_by_role("radio", name="Empty").click()
    expect(visitor.page.get_by_text("In all 7,850 weights")).to_be_visible()
    drawings = visitor.page.get_by_role("radio", name="Our own drawings")
    drawings.click()
    expect(drawings).to_be_checked()
    visitor.at_rest()
    train.click()
    expect(visitor.page.get_by_text("The training is done.")).to_be_visible(timeout=WAKING)
    visitor.at_rest()
    assert findings(visitor.page) == []
    for part in ("Compare", "Use it"):
        visitor.page.get_by_role("radio", name=part).click()
        expect(visitor.page.get_by_role("heading", name=part)).to_be_visible()
        visitor.at_rest()
        assert findings(visitor.page) == []


def test_reading_a_number(visitor):
    numbers = NumbersPage(visitor)
    assert findings(visitor.page) == []
    numbers.write(CROSSED_SEVEN, 0.3)
    numbers.expect_number("7")
    numbers.at_rest()
    assert findings(visitor.page) == []
    numbers.pictures()
    numbers.at_rest()
    assert findings(visitor.page) == []


def test_how_good_it_is(visitor):
    visitor.go("How good is it?")
    names = visitor.page.locator(".st-key-part").get_by_role("radio")
    expect(names.first).to_be_visible()
    for name in names.all_inner_texts():
        visitor.page.locator(".st-key-part").get_by_text(name, exact=True).click()
        visitor.page.locator(f".st-key-part_{name.lower().replace(' ', '_')} h2").first.wait_for()
        visitor.at_rest()
        for chart in visitor.page.get_by_test_id("stVegaLiteChart").all():
            expect(chart.locator("svg, canvas").first).to_be_visible()
        assert findings(visitor.page) == [], name


def test_the_menu_of_themes(visitor):
    visitor.page.get_by_role("button", name="Main menu").click()
    expect(visitor.page.get_by_role("menuitemradio", name="Dark")).to_be_visible()
    assert findings(visitor.page) == []


def test_what_is_found_is_told(visit):
    page = visit().page
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<button></button>')")
    assert [finding.split()[:3] for finding in findings(page)] == [["light,", f"{name}:", "button-name"] for name in SIZES]


def test_words_that_only_the_dark_theme_hides_are_found(visit):
    page = visit().page
    page.evaluate(
        "document.querySelector('.stMainBlockContainer').insertAdjacentHTML('beforeend', '<p style=\"color: #111\">dark</p>')"
    )
    assert [finding.split()[:3] for finding in findings(page)] == [["dark,", f"{name}:", "color-contrast"] for name in SIZES]
