"""The menu on every screen: names to tap, the page's own title, light or dark as one likes, and full screen."""

import pytest
from playwright.sync_api import expect

from tests.browser import COUNT_INK, CROSSED_SEVEN, GROUND, PHONE, THEMES

TITLES = {
    "Draw": "Draw a digit",
    "Read a number": "Read a number · Draw a digit",
    "Teach it": "Teach it · Draw a digit",
    "Train your own": "Train your own · Draw a digit",
    "Look inside": "Look inside · Draw a digit",
    "How good is it?": "How good is it? · Draw a digit",
}
LIGHT, DARK = THEMES["light"], THEMES["dark"]
SCREENS = [{"viewport": {"width": 320, "height": 568}}, PHONE, {"viewport": {"width": 820, "height": 1180}}, {}]

# JavaScript: the menu's targets: left, top, right, bottom.
TARGETS = """[...document.querySelectorAll('.st-key-menu a, .dd-full-screen, [data-testid=stMainMenuButton]')]
  .map(target => target.getBoundingClientRect()).filter(box => box.width)
  .map(({ left, top, right, bottom }) => [left, top, right, bottom])"""


# Before the page's own scripts: `listening` has how many of a kind listen to what happens anywhere on the page.
COUNT_LISTENERS = """
  window.listening = {}
  for (const [name, by] of [['addEventListener', 1], ['removeEventListener', -1]]) {
    const change = document[name]
    document[name] = function (kind, ...rest) {
      listening[kind] = (listening[kind] ?? 0) + by
      return change.call(this, kind, ...rest)
    }
  }
"""


def menu(page):
    return page.get_by_role("navigation")


def choose(page, theme):
    page.get_by_role("button", name="Main menu").click()
    page.get_by_role("menuitemradio", name=theme).click()
    page.keyboard.press("Escape")


@pytest.mark.parametrize("screen", SCREENS, ids=["small", "phone", "tablet", "laptop"])
def test_names_to_tap_lead_to_pages_with_titles_of_their_own(visit, screen):
    page = visit(**screen).page
    for name, title in reversed(TITLES.items()):
        menu(page).get_by_role("link", name=name, exact=True).click()
        expect(page).to_have_title(title)
        expect(menu(page).locator("[aria-current=page] p")).to_have_text(name)


# JavaScript: whether the page has this title and has rested for a second, far longer than `links.js` waits before it clicks
# again. While a click or a way back is taken back and made again, the page may show the right title and be at rest, too.
RESTS_ON = """title => {
  const app = document.querySelector("[data-testid=stApp]")
  const rests = document.title === title && app?.dataset.testScriptState === "notRunning"
  window.restingSince = rests ? (window.restingSince ?? performance.now()) : undefined
  return performance.now() - window.restingSince > 1000
}"""


def rests_on(visitor, name):
    visitor.page.wait_for_function(RESTS_ON, arg=TITLES[name])


def test_a_click_is_not_lost_to_what_the_page_reports_meanwhile(visit):
    visitor = visit()
    visitor.at_rest()
    report = "() => setTimeout(() => document.dispatchEvent(new Event('digits:reconnected')))"
    visitor.page.evaluate(f"() => document.addEventListener('click', {report}, {{ once: true }})")
    visitor.go("How good is it?")
    rests_on(visitor, "How good is it?")
    visitor.page.go_back()  # one way back for one click
    rests_on(visitor, "Draw")


def test_a_way_back_is_not_lost_to_what_the_page_reports_meanwhile(visit):
    visitor = visit()
    visitor.go("How good is it?")
    rests_on(visitor, "How good is it?")
    report = "() => setTimeout(() => document.dispatchEvent(new Event('digits:reconnected')))"
    visitor.page.evaluate(f"() => addEventListener('popstate', {report}, {{ once: true }})")
    visitor.page.go_back()
    rests_on(visitor, "Draw")


def test_a_link_within_a_page_leads_to_another_and_one_stays_there(visit):
    visitor = visit()
    visitor.go("How good is it?")
    visitor.page.locator(".st-key-part").get_by_text(visitor.said("Disturbances"), exact=True).click()
    visitor.page.get_by_role("link", name="Draw your own").click()
    visitor.draw(CROSSED_SEVEN)
    visitor.expect_digit("7")
    visitor.at_rest()
    expect(visitor.page).to_have_title(TITLES["Draw"])


def test_a_page_that_is_left_listens_no_more(visit):
    visitor = visit()
    visitor.page.add_init_script(COUNT_LISTENERS)
    visitor.page.reload()
    counts = []
    for name in list(TITLES) * 3:  # after the first time, nothing more is made that stays, as the sheets do
        visitor.go(name)
        expect(visitor.page).to_have_title(TITLES[name])
        visitor.at_rest()
        counts.append(visitor.page.evaluate("Object.entries(listening).sort()"))
    _, second, third = (counts[first : first + len(TITLES)] for first in range(0, len(counts), len(TITLES)))
    assert second == third
    assert "keydown" in dict(second[0])


@pytest.mark.parametrize("screen", SCREENS, ids=["small", "phone", "tablet", "laptop"])
def test_each_target_has_room_for_a_finger_and_none_covers_another(visit, screen):
    page = visit(**screen).page
    expect(menu(page).locator("[aria-current=page] p")).to_have_text("Draw")
    boxes = sorted(page.evaluate(TARGETS))
    assert len(boxes) == (8 if page.viewport_size["width"] > 640 else 7)
    for left, top, right, bottom in boxes:
        assert right - left >= 44
        assert bottom - top >= 44
        assert left >= 0
        assert right <= page.viewport_size["width"]
    assert all(before[2] <= after[0] for before, after in zip(boxes[:-1], boxes[1:], strict=True))
    for name in menu(page).locator("a").all():
        assert name.evaluate(
            "link => [...link.querySelectorAll('*')].every(one => one.scrollWidth <= link.clientWidth)"
        )


def test_a_link_opened_in_a_new_tab_leads_where_it_says(visit):
    page = visit().page
    menu(page).get_by_role("link", name="Look inside").click()
    expect(page).to_have_title(TITLES["Look inside"])
    links = {
        link.locator("p").inner_text(): link.evaluate("link => link.href") for link in menu(page).locator("a").all()
    }
    for name, address in links.items():
        page.goto(address)
        expect(page).to_have_title(TITLES[name])


def test_the_menu_is_gone_through_by_keys_and_focus_is_seen(visit):
    page = visit().page
    first = menu(page).get_by_role("link", name="Draw")
    first.press("Tab")
    second = menu(page).get_by_role("link", name="Read a number")
    expect(second).to_be_focused()
    style, width = second.evaluate("link => [getComputedStyle(link).outlineStyle, getComputedStyle(link).outlineWidth]")
    assert (style, width) == ("solid", "3px")
    page.keyboard.press("Enter")
    expect(page).to_have_title(TITLES["Read a number"])


def test_the_chosen_theme_holds_on_every_page_and_after_a_reload_and_the_drawing_stays(visit):
    visitor = visit(color_scheme="light")
    page = visitor.page
    visitor.draw(CROSSED_SEVEN)
    visitor.expect_digit("7")
    visitor.wait_until_run()
    ink, shares = visitor.ink(), visitor.percents()
    choose(page, "Dark")
    page.wait_for_function(f"{GROUND} === '{DARK}'")
    visitor.expect_digit("7")
    assert (visitor.ink(), visitor.percents()) == (ink, shares)
    page.reload()
    page.wait_for_function(f"{GROUND} === '{DARK}'")
    visitor.expect_digit("7")
    page.wait_for_function(f"ink => {COUNT_INK}() === ink", arg=ink)
    page.goto(page.url.split("?")[0] + "inside")  # another address, chosen elsewhere
    expect(page).to_have_title(TITLES["Look inside"])
    assert page.evaluate(GROUND) == DARK
    choose(page, "System")
    page.wait_for_function(f"{GROUND} === '{LIGHT}'")
    page.reload()
    expect(page).to_have_title(TITLES["Look inside"])
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"{GROUND} === '{DARK}'")


def test_the_projector_gets_the_whole_screen_and_gives_it_back(visit):
    page = visit().page
    button = page.get_by_role("button", name="Full screen")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("document.fullscreenElement !== null")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("document.fullscreenElement === null")


def test_where_a_browser_has_no_full_screen_none_is_offered(visit):
    page = visit().page
    page.add_init_script("Object.defineProperty(Document.prototype, 'fullscreenEnabled', { value: false })")
    page.reload()
    expect(menu(page).locator("[aria-current=page] p")).to_have_text("Draw")
    expect(page.get_by_role("button", name="Full screen")).to_be_hidden()
