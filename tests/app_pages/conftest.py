"""What tests of the pages share."""

import pytest

from tests.apptest import use
from tests.browser import DrawPage


@pytest.fixture
def awake(recognizer, monkeypatch):
    """The network is loaded."""
    use(monkeypatch, recognizer)


@pytest.fixture
def visit(browser, app):
    """Opens the page as a new visitor; call it again for another one."""
    contexts = []

    def open_page(**options):
        contexts.append(browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options)))
        visitor = DrawPage(contexts[-1].new_page(), app)
        pages.append(visitor)
        return visitor

    pages = []
    yield open_page
    assert [error for page in pages for error in page.errors] == []
    for context in contexts:
        context.close()
