"""Languages in a real browser: which one is spoken, that a choice stays, and that no English is left."""

import re

import pytest
from playwright.sync_api import expect

from app_pages.locale import COOKIE
from tests.browser import CROSSED_SEVEN, FOUR, PARTS, PHONE, SETTLED, STEPS, NumbersPage, TeachPage, said_in

CHINESE = "zh_Hans"
HAN = "[\u4e00-\u9fff]"


def choose(page, code: str, place: str = "menu") -> None:
    """Takes a language from the list in the menu, or below the page."""
    page.locator(f".st-key-language_{'in_menu' if place == 'menu' else 'below'} select").select_option(code)


def expect_language(visitor, code: str) -> None:
    """Waits until the page speaks a language: in Streamlit's words, in the components', in its own, and says which."""
    visitor.language = code
    page = visitor.page
    expect(page.locator('[data-testid$="NavLink"]').first).to_have_text(re.compile(visitor.said("Draw")))
    expect(page.locator('.st-key-canvas [data-tool="clear"] span')).to_have_text(visitor.said("Clear"))
    expect(page.locator("html")).to_have_attribute("lang", code.replace("_", "-"))


def test_the_browser_decides_at_first(visit):
    expect_language(visit(CHINESE), CHINESE)
    expect_language(visit(), "en")
    expect_language(visit(locale="de-DE"), "en")


def test_a_choice_holds_on_all_pages_and_after_a_reload_and_keeps_the_drawing(visit):
    visitor = visit()
    page = visitor.page
    visitor.draw(CROSSED_SEVEN)
    visitor.expect_digit("7")
    visitor.wait_until_run()
    ink = visitor.ink()
    choose(page, CHINESE)
    expect_language(visitor, CHINESE)
    expect(visitor.words).to_have_text(re.compile(r"^(比较)?确定：\d+%$"))
    visitor.expect_digit("7")
    assert visitor.ink() == ink
    visitor.go("How good is it?")
    expect(page.get_by_role("heading", name=visitor.said("How often is it right?"))).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name=visitor.said("How often is it right?"))).to_be_visible()
    visitor.go("Draw")
    expect_language(visitor, CHINESE)
    visitor.expect_digit("7")
    assert visitor.ink() == ink
    choose(page, "en")
    expect_language(visitor, "en")
    visitor.expect_digit("7")
    expect(page.locator('[data-testid="stMainMenuButton"]')).to_have_attribute("aria-label", "Main menu")


def test_what_is_said_while_the_pen_is_down_is_in_the_language_that_was_chosen(visit):
    visitor = visit()
    choose(visitor.page, CHINESE)
    expect_language(visitor, CHINESE)
    first, second = visitor.strokes(FOUR)
    visitor.pen_down(first)
    visitor.page.mouse.up()
    visitor.pen_down(second)
    visitor.expect_digit("4")
    expect(visitor.words).to_have_text(re.compile(r"^(比较)?确定：\d+%$"))
    visitor.page.mouse.up()


def test_an_address_may_ask_for_a_language_which_the_browser_remembers(visit):
    visitor = visit()
    page = visitor.page
    address = page.url
    page.goto(f"{address}?lang=zh")
    expect_language(visitor, CHINESE)
    page.wait_for_function(f"document.cookie.includes('{COOKIE}={CHINESE}')")
    page.goto(address)
    expect_language(visitor, CHINESE)
    choose(page, "en")
    expect_language(visitor, "en")
    assert "lang" not in page.url
    page.goto(f"{address}?lang=zh")  # another link is another wish
    expect_language(visitor, CHINESE)
    choose(page, "en")
    expect_language(visitor, "en")
    page.reload()
    expect_language(visitor, "en")


def test_what_nobody_speaks_changes_nothing(visit):
    visitor = visit()
    page = visitor.page
    page.goto(f"{page.url}?lang=../zh_Hans<b>")
    expect_language(visitor, "en")
    page.evaluate(f"document.cookie = '{COOKIE}=../../etc; path=/'")
    page.goto(page.url.partition("?")[0])
    expect_language(visitor, "en")


def test_on_a_phone_the_choice_stands_below_the_page(visit):
    visitor = visit(**PHONE)
    page = visitor.page
    expect(page.locator(".st-key-language_in_menu select")).to_be_hidden()
    choose(page, CHINESE, "below")
    expect_language(visitor, CHINESE)
    expect(page.locator(".st-key-language_below span")).to_have_text("简体中文")


def test_what_was_typed_and_trained_outlives_a_change(visit):
    """All of it would be gone with a reload."""
    visitor = visit()
    teach = TeachPage(visitor)
    teach.name("π")
    choose(visitor.page, CHINESE)
    visitor.language = CHINESE
    expect(teach.take).to_have_text(re.compile(f"{re.escape(visitor.said('Take it as {label}', label='π'))}$"))
    visitor.go("Train your own")
    visitor.page.locator(".st-key-own_preset").get_by_text(visitor.said("Empty")).click()
    expect(visitor.page.locator(".st-key-own_layer_0")).to_have_count(0)
    choose(visitor.page, "en")
    visitor.language = "en"
    expect(visitor.page.get_by_role("heading", name="Build", exact=True)).to_be_visible()
    expect(visitor.page.locator(".st-key-own_layer_0")).to_have_count(0)


# ── No English is left ────────────────────────────────────────────────────────────────────────────────────────────────

# JavaScript: every text that is on the page, and what is said of things to those who do not see them.
TEXTS = """() => {
  const found = new Set()
  const signs = '[data-testid*="Icon"], [aria-label$=" icon"], [role="graphics-symbol"]'
  const hidden = '[data-testid="stStatusWidget"]' // components/visit/connection.css
  const leftOut = `script, style, noscript, code, pre, .katex, select, .dc-toolbar, ${signs}, ${hidden}`
  const walk = root => {
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) walk(element.shadowRoot)
      if (element.closest(leftOut)) continue
      for (const name of ['aria-label', 'title', 'placeholder', 'alt']) found.add(element.getAttribute(name) ?? '')
      for (const { nodeType, nodeValue } of element.childNodes) if (nodeType === Node.TEXT_NODE) found.add(nodeValue.trim())
    }
  }
  walk(document.body)
  return [...found]
}"""
# Names, and what is the same in every language.
NAMES = re.compile(
    r"MNIST|(\d+\.? )?(ReLU|Softmax)|Dropout|Adam|SGD|RMSprop|F1|L2|CSV|JSON|((Python|TensorFlow|Keras) [\d.]+(, )?)+"
    r"|Conv2D|MaxPooling2D|BatchNormalization|Flatten|Dense|GlobalAveragePooling2D|digits"
    r"|Y\. LeCun, C\. Cortes, C\. Burges|E\. Alpaydin, F\. Alimoglu \(UCI.*\)|CC BY(-SA)? [\d.]+|• [A-Z, ]+"
    r"|https?://\S+|/class|[A-Z]{5}|\w+\.(keras|csv|json|py|png)(, [\d.]+B)?|[\d.]+[KM]?B|[\de.-]+|[^a-z]*"
)
TITLES = re.compile("“(Axiomatic|Visualizing|Objects)[^”]*”")
CHART = re.compile("titled '|for a linear scale|Symbol legend|^[xy]-axis|icon$|: [0-9.]+(; |$)", re.IGNORECASE)


def english_on(page) -> list[str]:
    """What is said on the page that is no Chinese."""
    texts = [TITLES.sub("", text) for text in page.evaluate(TEXTS)]
    whole = [text for text in texts if text and not re.search(HAN, text) and not NAMES.fullmatch(text)]
    parts = [text for text in texts if re.search(HAN, text) and re.search("[A-Za-z]{2,} [a-z]{2,}", text)]
    return sorted(text for text in whole + parts if not CHART.search(text) and not text.startswith("data:"))


@pytest.fixture
def chinese(visit):
    """A visitor who reads Chinese, and a check that no English is on the page."""
    visitor = visit(CHINESE)

    def check(where: str) -> None:
        visitor.at_rest()
        menu = visitor.page.locator('[data-testid="stMainMenuButton"]')
        expect(menu).to_have_attribute("aria-label", visitor.said("Main menu"))  # Streamlit's words are replaced
        visitor.page.evaluate(SETTLED)
        assert english_on(visitor.page) == [], where

    return visitor, check


def test_draw_has_no_english(chinese):
    visitor, check = chinese
    check("an empty sheet")
    visitor.draw(CROSSED_SEVEN)
    visitor.expect_digit("7")
    visitor.wait_until_run()
    check("a drawing")
    visitor.page.locator('[data-testid="stMainMenuButton"]').click()
    expect(visitor.page.get_by_text("使用 Streamlit 制作")).to_be_visible()
    check("the menu")


def test_read_a_number_has_no_english(chinese):
    visitor, check = chinese
    page = NumbersPage(visitor)
    check("an empty sheet")
    page.press("Show me one")
    expect(page.reading).not_to_be_empty()
    visitor.wait_until_run()
    check("a number")
    page.pictures()
    check("the choice of pictures")
    for example in ("A postcode", "A form", "Several lines"):
        page.page.locator(".st-key-example").get_by_text(visitor.said(example)).click()
        expect(page.read).not_to_be_empty()
        check(example)
    page.upload(("broken.png", b"\x89PNG\r\n\x1a\n nothing"))
    expect(
        page.page.get_by_text(
            visitor.said("The picture is damaged or cut off; send it again, as a whole PNG, JPEG, WebP, HEIC, BMP or TIFF.")
        )
    ).to_be_visible()
    check("a damaged picture")


def test_teach_it_has_no_english(chinese):
    visitor, check = chinese
    page = TeachPage(visitor)
    check("nothing taught")
    visitor.press("Try it with ready-made signs")
    expect(page.pictures).to_have_count(12)
    expect(visitor.page.get_by_role("heading", name=visitor.said("Or train a new last layer"))).to_be_visible()
    check("signs taught")
    page.choose(visitor.said("Your hand"))
    page.take.click()
    expect(visitor.page.get_by_text(visitor.said("There is nothing on the sheet yet: draw it first."))).to_be_visible()
    check("nothing to take")


def test_look_inside_has_no_english(chinese):
    visitor, check = chinese
    page = visitor.page
    visitor.draw(CROSSED_SEVEN)
    visitor.expect_digit("7")
    visitor.wait_until_run()
    visitor.go("Look inside")
    for number, step in enumerate(STEPS.values()):
        page.locator(".st-key-step").get_by_role("radio").nth(number).click()
        page.locator(f".st-key-moment .dd-moment[data-step={step}]").wait_for(state="attached")
        check(step)
        if step != "overview":
            page.locator('.st-key-tasks [data-testid="stPopover"] button').click()
            expect(page.locator('[data-testid="stPopoverBody"]')).to_be_visible()
            check(f"{step}, its question answered")


def test_the_report_has_no_english(chinese):
    visitor, check = chinese
    page = visitor.page
    visitor.go("How good is it?")
    for number, part in enumerate(PARTS):
        page.locator(".st-key-part").get_by_role("radio").nth(number).click()
        page.locator(f".st-key-part_{part}").wait_for()
        visitor.at_rest()
        for table in page.locator(f'.st-key-part_{part} [data-testid="stExpander"] summary').all():
            table.click()
        check(part)


def test_train_your_own_has_no_english(chinese):
    visitor, check = chinese
    page = visitor.page
    visitor.go("Train your own")
    page.locator(".st-key-own_guide summary").click()
    for number in range(6):
        page.locator(".st-key-own_experiment button").nth(number).click()
        check(f"experiment {number + 1}")
    page.locator(".st-key-own_more summary").click()
    page.locator(".st-key-own_source button").nth(2).click()
    check("no class")
    visitor.press("Begin a class")
    expect(page.locator(".dd-code")).to_be_visible()
    check("a class")
    page.locator(".st-key-own_source button").nth(1).click()
    page.locator(".st-key-own_train button").click()
    expect(page.locator(".st-key-own_use_now")).to_be_visible(timeout=300_000)
    check("a training")
    for part in ("Compare", "Use it"):
        page.locator(".st-key-way").get_by_text(visitor.said(part)).click()
        check(part)


@pytest.mark.parametrize("path", ["lesson", "class", "class?code=ABCDE"])
def test_pages_outside_the_menu_have_no_english(chinese, path):
    visitor, check = chinese
    page = visitor.page
    page.goto(page.url.partition("?")[0] + path)
    first = "A lesson about a network that reads digits" if path == "lesson" else "The code"
    expect(page.get_by_text(said_in(CHINESE, first)).first).to_be_visible()
    check(path)
