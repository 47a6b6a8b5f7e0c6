"""The page before Streamlit has a connection: what says, in the app's own words, that there is none.

All else of a page comes by the connection itself. So this comes with the HTML: a script and its style. So do the app's other
styles: the menu would stand in the page's way for a moment. (Streamlit's own rules come after them, so that menu.py brings
them again.)
"""

from html import escape

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app_pages.components import ADDRESS, STYLE
from app_pages.components.visit import sentences_of_connection
from app_pages.locale import COOKIE, asked_for, language, tag, use

HTML = b'<html lang="en"'  # as Streamlit begins its page

# With these, the browser would get part of the page, or keep one of another version.
UNASKED = {b"accept-encoding", b"if-none-match", b"if-modified-since", b"range"}


def inserted() -> bytes:
    """What is put before the end of the page's head, in the language that is spoken now."""
    said = "".join(f' data-{name}="{escape(sentence)}"' for name, sentence in sentences_of_connection().items())
    return (
        f'<link rel="stylesheet" href="./{STYLE}">'
        f'<script type="module" src="./{ADDRESS}/visit/connection.js"{said}></script></head>'
    ).encode()


class FrontPage:
    """Puts what `inserted` gives into the app's HTML, and says its language: middleware for `st.App`."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self.app(scope, receive, send)
            return
        asked = [(name, value) for name, value in scope["headers"] if name not in UNASKED]
        start: Message = {}
        body = b""

        async def insert(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            if not Headers(raw=start["headers"]).get("content-type", "").startswith("text/html"):
                await send(message)
                return
            if message["type"] == "http.response.start":
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            request = Request(scope)
            use(
                asked_for(
                    request.query_params.get("lang") or request.cookies.get(COOKIE), Headers(scope=scope).get("accept-language")
                )
            )
            page = body.replace(HTML, f'<html lang="{tag(language())}"'.encode(), 1).replace(b"</head>", inserted(), 1)
            headers = MutableHeaders(raw=start["headers"])
            headers["content-length"] = str(len(page))
            del headers["etag"], headers["last-modified"]
            await send(start)
            await send({"type": "http.response.body", "body": page})

        await self.app(scope | {"headers": asked}, receive, insert)
