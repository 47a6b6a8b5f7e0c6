"""Words in every language, on every page and screen: none lies over another, none is cut off, none makes the page too wide."""

import re

import pytest

from app_pages.locale import LANGUAGES
from tests.browser import CROSSED_SEVEN, PARTS, SETTLED, STEPS

SCREENS = [(320, 568), (390, 844), (820, 1180), (1180, 820), (1280, 800), (1920, 1080)]
PAGES = {
    "pages": ["", "numbers", "teach", "train", "class", "lesson"],
    "Look inside": [f"inside?step={step}" for step in STEPS.values()],
    "How good is it?": [f"report?part={part}" for part in PARTS],
}
CHOICES = {"Look inside": ".st-key-step", "How good is it?": ".st-key-part"}  # of one of those pages, in their order

# JavaScript: what is wrong with the words on the page, each in a line. Of a line of letters, the middle half counts; of what
# scrolls, what is seen.
PROBLEMS = """() => {
  const drawn = 'svg, canvas, .katex, [data-testid*="Icon"], [data-testid="stDataFrame"]'
  const apart = `script, style, noscript, select, .dc-toolbar, ${drawn}`
  const main = document.querySelector('.stMain')
  const lines = []
  const problems = []
  const parentOf = element => element.parentElement ?? element.getRootNode().host
  // What is seen of an element, as left, top, right, bottom; null if nothing is.
  const windowOn = (element, boxes, text) => {
    let seen = [0, 0, innerWidth, Infinity]
    for (let up = element; up && up !== main; up = parentOf(up)) {
      const { overflowX, overflowY, clipPath } = getComputedStyle(up)
      if (clipPath !== 'none') return null
      if (overflowX === 'visible' && overflowY === 'visible') continue
      const { left, top, right, bottom } = up.getBoundingClientRect()
      if (right - left < 2 || bottom - top < 2) return null
      seen = [Math.max(seen[0], left), Math.max(seen[1], top), Math.min(seen[2], right), Math.min(seen[3], bottom)]
      if ([overflowX, overflowY].some(overflow => ['auto', 'scroll'].includes(overflow))) break
      if (boxes.some(box => box.right > right + 2 || box.left < left - 2)) problems.push(`cut off: ${text}`)
    }
    return seen
  }
  const look = root => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT)
    while (walker.nextNode()) {
      const node = walker.currentNode
      const element = node.parentElement
      if (node.shadowRoot) look(node.shadowRoot)
      if (node.nodeType !== Node.TEXT_NODE || !node.nodeValue.trim() || !element || element.closest(apart)) continue
      if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue
      const range = document.createRange()
      range.selectNodeContents(node)
      const boxes = [...range.getClientRects()].filter(({ width }) => width >= 1)
      const text = node.nodeValue.trim().slice(0, 40)
      const seen = windowOn(element, boxes, text)
      for (const { left, top, right, bottom, height } of seen ? boxes : []) {
        const letters = [left, top + 0.25 * height, right, bottom - 0.2 * height]
        const box = letters.map((edge, side) => (side < 2 ? Math.max(edge, seen[side]) : Math.min(edge, seen[side])))
        if (box[2] - box[0] >= 1 && box[3] - box[1] >= 1) lines.push([text, box])
      }
    }
  }
  look(main)
  lines.forEach(([text, one], index) => {
    for (const [other, another] of lines.slice(0, index)) {
      const common = axis => Math.min(one[axis + 2], another[axis + 2]) - Math.max(one[axis], another[axis])
      if (common(0) > 1.5 && common(1) > 1.5) problems.push(`over each other: ${other} | ${text}`)
    }
  })
  const wider = Math.max(main.scrollWidth - main.clientWidth, document.documentElement.scrollWidth - innerWidth)
  return wider > 0 ? [...problems, `${wider} pixels too wide`] : problems
}"""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pages", PAGES)
def test_words_have_room(visit, pages, language):
    visitor = visit(language)
    page = visitor.page
    visitor.draw(CROSSED_SEVEN)
    visitor.expect_digit("7")
    visitor.wait_until_run()
    root = page.url.partition("?")[0]
    found = []
    for index, path in enumerate(PAGES[pages]):
        if index and pages in CHOICES:  # takes less time than to open it anew
            page.locator(CHOICES[pages]).get_by_role("radio").nth(index).click()
            page.wait_for_url(re.compile(re.escape(path) + "(&|$)"))
        else:
            page.goto(root + path)
        page.locator(".st-key-menu").wait_for()
        visitor.at_rest()
        for width, height in SCREENS:
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate(SETTLED)
            found += [f"{path}, {width} × {height}: {problem}" for problem in page.evaluate(PROBLEMS)]
    assert found == []


def test_what_lies_over_each_other_or_is_cut_off_is_found(visit):
    """The look at a page sees what it is there for."""
    page = visit().page
    assert page.evaluate(PROBLEMS) == []
    page.evaluate(
        """() => {
          const place = document.querySelector('.dd-words').parentElement
          place.style.position = 'relative'
          const box = style => `<div style="position: absolute; ${style}">abcdefghi</div>`
          const add = style => place.insertAdjacentHTML('beforeend', box(style))
          add('top: 0; left: 0')
          add('top: 0; left: 4px')
          add('top: 60px; left: 0; width: 20px; overflow: hidden')
        }"""
    )
    assert page.evaluate(PROBLEMS) == ["cut off: abcdefghi", "over each other: abcdefghi | abcdefghi"]
    page.evaluate("document.querySelector('.dd-words').style.minWidth = '3000px'")
    assert page.evaluate(PROBLEMS)[-1].endswith("pixels too wide")
