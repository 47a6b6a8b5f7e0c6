"""The HTML of every page brings what speaks for the app while there is no connection."""

import gzip
import urllib.request

import pytest

from app_pages.components import ADDRESS
from app_pages.server.front import INSERTED, LOST, REFUSED


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
    assert page.count(INSERTED) == 1
    assert LOST.encode() in page
    assert REFUSED.encode() in page
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
    assert INSERTED not in page
    headers, style = ask(f"{app}/{ADDRESS}/pages.css", Accept_Encoding="gzip")
    assert b".dd-lost" in (gzip.decompress(style) if headers.get("content-encoding") == "gzip" else style)
