"""The HTML of every page brings what speaks for the app while there is no connection."""

import gzip
import urllib.request

import pytest

from app_pages.components import ADDRESS
from app_pages.components.visit import sentences_of_connection
from app_pages.locale import COOKIE, use
from app_pages.server.front import inserted


def ask(address, **headers):
    request = urllib.request.Request(
        address, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    with urllib.request.urlopen(request) as response:
        return response.headers, response.read()


@pytest.mark.parametrize("path", ["/", "/inside"])
@pytest.mark.parametrize("asked", [{}, {"Accept_Encoding": "gzip"}, {"Range": "bytes=0-99"}])
def test_every_page_has_it_once_and_whole(app, path, asked):
    headers, page = ask(app + path, Accept="text/html,application/xhtml+xml", **asked)
    assert "content-encoding" not in headers
    assert page.count(inserted()) == 1
    assert page.count(b'<html lang="en"') == 1
    assert page.rstrip().endswith(b"</html>")
    assert int(headers["content-length"]) == len(page)


def test_a_browser_does_not_keep_it_for_another_version(app):
    headers, _ = ask(app, Accept="text/html")
    assert "etag" not in headers
    assert "last-modified" not in headers
    assert headers["cache-control"] == "no-cache"


def test_what_is_no_page_comes_as_it_is(app):
    _, health = ask(f"{app}/_stcore/health", Accept="text/html")
    assert health == b"ok"
    _, page = ask(app, Accept="*/*")
    assert b"connection.js" not in page
    headers, style = ask(f"{app}/{ADDRESS}/pages.css", Accept_Encoding="gzip")
    assert b".dd-lost" in (gzip.decompress(style) if headers.get("content-encoding") == "gzip" else style)


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", {"Accept_Language": "zh-CN,zh;q=0.9,en;q=0.8"}),
        ("", {"Accept_Language": "en", "Cookie": f"{COOKIE}=zh_Hans"}),
        ("?lang=zh", {"Accept_Language": "en", "Cookie": f"{COOKIE}=en"}),
    ],
)
def test_it_speaks_the_language_that_was_asked_for(app, query, headers):
    _, page = ask(f"{app}/{query}", Accept="text/html", **headers)
    use("zh_Hans")
    try:
        said = [sentence.encode() for sentence in sentences_of_connection().values()]
    finally:
        use("en")
    assert b'<html lang="zh-Hans"' in page
    assert all(sentence in page for sentence in said)
    assert not any(sentence.encode() in page for sentence in sentences_of_connection().values())
