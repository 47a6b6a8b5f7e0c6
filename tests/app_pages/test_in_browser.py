"""A person at the Draw page: a real browser, a real server, the weights that ship."""

import shutil
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser import COUNT_INK, CROSSED_SEVEN, FOUR, PHONE, PICTURE, ROOT, WAKING, ZERO, DrawPage, running_app


def test_a_crossed_seven_is_read_as_seven(visit):
    page = visit()
    page.draw(CROSSED_SEVEN)
    page.expect_digit("7")
    expect(page.words).to_contain_text("sure")
    assert page.percents()[7] > 50


def test_bars_and_answer_move_before_the_pen_is_lifted(visit):
    page = visit()
    page.pen_down(page.strokes(ZERO)[0])
    page.expect_digit("0")
    assert page.percents()[0] > 50
    page.page.mouse.up()
    page.expect_digit("0")


def test_the_bars_change_several_times_during_one_stroke(visit):
    page = visit()
    page.page.evaluate(
        """() => {
          window.seen = new Set()
          const bars = document.querySelector('.st-key-probabilities')
          new MutationObserver(() => seen.add(bars.innerText)).observe(bars, { subtree: true, childList: true })
        }"""
    )
    stroke = page.strokes(ZERO)[0]
    page.pen_down(stroke[:1])
    for point in stroke[1:]:
        before = page.picture()
        page.page.mouse.move(*point, steps=3)
        page.page.wait_for_function(f"before => {PICTURE} !== before || seen.size > 4", arg=before)
    assert page.page.evaluate("seen.size") > 4
    page.page.mouse.up()


def test_the_page_does_not_run_while_the_pen_is_down(visit):
    page = visit()
    frames = page.listen()
    assert page.sent_while_the_pen_is_down(frames) == []


def test_answer_bars_and_picture_are_of_the_same_ink(visit):
    page = visit()
    page.draw(FOUR)
    page.wait_until_read()
    page.expect_digit("4")
    drawn = page.picture()
    page.press("Clear")
    page.expect_empty()
    assert page.picture() != drawn


def test_undo_takes_back_stroke_after_stroke(visit):
    page = visit()
    page.draw(FOUR)
    page.expect_digit("4")
    page.press("Undo")
    expect(page.headline).not_to_have_text("4")
    assert page.ink() > 0
    page.press("Undo")
    page.expect_empty()
    expect(page.page.get_by_role("button", name="Undo", exact=True)).to_be_disabled()


def test_undo_right_after_the_pen_was_lifted_takes_back_that_stroke(visit):
    page = visit()
    page.draw("5 0, 5 10")
    page.expect_digit("1")
    page.wait_until_run()
    before = page.ink()
    page.draw("2 5, 9 5")
    page.press("Undo")
    page.expect_digit("1")
    page.page.wait_for_function(f"count => Math.abs({COUNT_INK}() - count) < 0.001 * count", arg=before)


def test_clear_empties_canvas_and_bars_every_time(visit):
    page = visit()
    for drawing, digit in ((CROSSED_SEVEN, "7"), (ZERO, "0"), (FOUR, "4")):
        page.draw(drawing)
        page.expect_digit(digit)
        page.press("Clear")
        page.expect_empty()


def test_undo_and_clear_stand_once_each(visit):
    page = visit()
    page.canvas.hover()
    for name in ("Undo", "Redo", "Clear"):
        expect(page.page.get_by_role("button", name=name)).to_have_count(1)


def test_show_me_one_shows_another_each_time_and_it_is_read(visit):
    page = visit()
    pictures = [page.picture()]
    for _ in range(4):
        page.press("Show me one")
        page.page.wait_for_function(f"before => {PICTURE} !== before", arg=pictures[-1])
        expect(page.headline).not_to_be_empty()
        pictures.append(page.picture())
    assert len(set(pictures)) == 5
    page.press("Clear")
    page.expect_empty()


def test_a_broader_brush_makes_more_ink(visit):
    page = visit()
    page.draw("5 0, 5 10")
    page.expect_digit("1")
    thin = page.ink()
    page.broaden(6)
    expect(page.brush).to_have_value("60")
    page.press("Clear")
    page.expect_empty()
    page.draw("5 0, 5 10")
    page.expect_digit("1")
    assert page.ink() > 1.4 * thin


def test_a_tap_puts_a_wrong_answer_right_and_is_counted(visit):
    page = visit()
    verdict = page.page.locator(".st-key-verdict")
    counted = page.page.locator(".st-key-tally")
    page.draw(CROSSED_SEVEN)
    page.expect_digit("7")
    verdict.get_by_text("1", exact=True).click()
    expect(counted).to_contain_text("Read right: 0 · wrong: 1")
    verdict.get_by_text("7", exact=True).click()
    expect(counted).to_contain_text("Read right: 1 · wrong: 0")
    page.press("Clear")
    page.draw(FOUR)
    page.expect_digit("4")
    verdict.get_by_text("9", exact=True).click()
    expect(counted).to_contain_text("Read right: 1 · wrong: 1")
    page.press("Reset")
    expect(counted).to_contain_text("Tap the digit you meant")


def test_a_scribble_is_no_digit(visit):
    page = visit()
    page.draw("0 0, 10 1, 0 2, 10 3, 0 4, 10 5, 0 6, 10 7, 0 8, 10 9, 0 10 / 0 0, 1 10, 3 0, 5 10, 7 0, 9 10")
    expect(page.words).to_have_text("That is no digit I know.")
    expect(page.page.locator('.st-key-probabilities li[data-winner="true"] .dd-digit')).to_have_text("no digit")


def test_visitors_do_not_see_each_other(visit):
    first, second = visit(), visit()
    first.draw(CROSSED_SEVEN)
    first.expect_digit("7")
    second.expect_empty()
    second.draw(FOUR)
    second.expect_digit("4")
    first.expect_digit("7")


def test_bars_follow_finished_strokes_where_the_watcher_sees_no_canvas(visit):
    page = visit()
    # Pointer events do not get through, as if the canvas had another structure; it draws by mouse events all the same.
    page.page.evaluate(
        "for (const type of ['pointerdown', 'pointermove'])"
        " window.addEventListener(type, event => event.stopImmediatePropagation(), true)"
    )
    page.draw(CROSSED_SEVEN)
    page.expect_digit("7")


def test_a_finger_draws_on_a_phone_and_the_page_stays_where_it_is(visit):
    page = visit(**PHONE)
    box = page.canvas.bounding_box()
    assert box["width"] > 340
    touch = page.page.context.new_cdp_session(page.page)

    def send(kind, points):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    down, across = page.strokes(CROSSED_SEVEN)
    for stroke, digit in ((down, None), (across, "7")):
        points = [{"x": float(x), "y": float(y)} for x, y in stroke]
        send("touchStart", points[:1])
        for start, end in zip(points, points[1:], strict=False):
            for part in range(1, 9):
                send("touchMove", [{axis: start[axis] + (end[axis] - start[axis]) * part / 8 for axis in "xy"}])
        if digit is None:  # the finger is still down
            expect(page.headline).not_to_be_empty()
        send("touchEnd", [])
    page.expect_digit("7")
    assert page.page.evaluate("[scrollY, document.querySelector('.stMain').scrollTop]") == [0, 0]
    assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for name in ("Undo", "Clear"):
        button = page.page.get_by_role("button", name=name).bounding_box()
        assert button["x"] >= 0
        assert button["x"] + button["width"] <= 390
    page.press("Clear")
    page.expect_empty()


@pytest.mark.parametrize(("scheme", "light_ink"), [("light", False), ("dark", True)])
def test_ink_stands_out_in_both_themes(visit, scheme, light_ink):
    page = visit(color_scheme=scheme)
    page.draw("5 0, 5 10")
    page.expect_digit("1")
    picture = Image.open(BytesIO(page.canvas.screenshot())).convert("L")
    middle = picture.getpixel((picture.width // 2, picture.height // 2))
    paper = picture.getpixel((picture.width // 8, picture.height // 2))
    assert abs(middle - paper) > 200
    assert (middle > paper) == light_ink


def test_bars_are_there_as_text_in_order(visit):
    page = visit()
    digits = page.page.locator(".st-key-probabilities .dd-digit").all_inner_texts()
    assert digits == [*"0123456789", "no digit"]
    expect(page.page.get_by_role("list", name="Probability of each answer").get_by_role("listitem")).to_have_count(11)


def test_a_drawing_made_while_the_network_wakes_up_is_read(browser):
    with running_app() as address:
        page = DrawPage(browser.new_page(), address, awake=False)
        page.draw(CROSSED_SEVEN)
        page.expect_digit("7", timeout=WAKING)
        page.page.close()


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "There are no weights at digits.keras."), (b"no weights", "The file digits.keras is damaged")],
)
def test_without_usable_weights_the_page_says_what_to_do_and_the_canvas_works(browser, tmp_path, content, said):
    for name in ("app.py", "app_pages", "model", ".streamlit"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    weights = tmp_path / "model" / "digits.keras"
    weights.unlink()
    if content is not None:
        weights.write_bytes(content)
    with running_app(tmp_path) as address:
        page = DrawPage(browser.new_page(), address, awake=False)
        alert = page.page.get_by_role("alert")
        expect(alert).to_contain_text(said, timeout=WAKING)
        expect(alert).to_contain_text("python train.py")
        page.draw(CROSSED_SEVEN)
        expect(page.words).to_have_text("There is no network to read your drawing.")
        assert page.ink() > 0
        page.press("Clear")
        page.page.wait_for_function(f"{COUNT_INK}() === 0")
        page.page.close()
