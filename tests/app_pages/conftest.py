"""What tests of the pages share."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from app_pages.locale import SOURCE, tag
from app_pages.parts import network
from app_pages.parts.workers import Workers
from tests.apptest import use
from tests.browser import DrawPage, logs

# JavaScript: how wide two Chinese characters of 100 pixels are; each is as wide as high where there is a font that has them.
WIDTH_OF_TWO = """() => {
  const context = document.createElement('canvas').getContext('2d')
  context.font = '100px "Source Sans", sans-serif'
  return context.measureText('中文').width
}"""


@pytest.fixture
def awake(recognizer, monkeypatch):
    """The network is loaded."""
    use(monkeypatch, recognizer)


@pytest.fixture(autouse=True)
def pictures_are_read_here(request, monkeypatch):
    """Pictures are read by the recogniser that the test has, in threads, unless it is about the processes."""
    if request.node.get_closest_marker("processes"):
        yield
        return
    with ThreadPoolExecutor(2) as pool:

        def schedule(self, task, *arguments):
            return pool.submit(lambda: task(network.recognizer().result(), *arguments))

        monkeypatch.setattr(Workers, "_schedule", schedule)
        yield


@pytest.fixture
def visit(browser, app):
    """Opens the page as a new visitor; call it again for another one."""
    contexts = []

    def open_page(language=SOURCE, **options):
        usual = {"viewport": {"width": 1280, "height": 800}, "locale": tag(language)}
        contexts.append(browser.new_context(**(usual | options)))
        visitor = DrawPage(contexts[-1].new_page(), app, language=language)
        if language == "zh_Hans":
            assert visitor.page.evaluate(WIDTH_OF_TWO) == 200, "a font that has Chinese is needed, see README.md"
        pages.append(visitor)
        return visitor

    pages = []
    log_file = logs[app]
    before = os.fstat(log_file).st_size
    yield open_page
    log = os.pread(log_file, os.fstat(log_file).st_size - before, before).decode(errors="replace")
    print(f"The server's log of this test:\n{log}")  # pytest shows it where the test fails
    assert [error for page in pages for error in page.errors] == []
    for context in contexts:
        context.close()
