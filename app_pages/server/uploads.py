"""How much of what visitors send is held: Streamlit limits each file, but neither a visitor's nor all of them together."""

import asyncio
import re
import time
from collections import Counter

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime

MOST_OF_ONE = 60 * 2**20  # bytes of one visitor: three of the largest files, or some fifteen photographs
MOST_TOGETHER = 400 * 2**20  # bytes of all visitors: a photograph of each pupil in two classes
LINGER = 120  # seconds that files of a visitor who is gone are kept; as long may he come back to his session
SWEEP = 30  # seconds from one look for such files to the next

_ADDRESS = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+$")


class UploadLimit:
    """Refuses files that would be too many before they are read: middleware for `st.App`."""

    def __init__(self, app: ASGIApp):
        self.app = app
        self.arriving = Counter()  # bytes by visitor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = scope["type"] == "http" and scope["method"] == "PUT" and _ADDRESS.search(scope["path"])
        if not found:
            await self.app(scope, receive, send)
            return
        visitor, announced = found[1], dict(scope["headers"]).get(b"content-length", b"")
        size, held = int(announced) if announced.isdigit() else None, held_by_visitor() + self.arriving
        refusal = None
        if size is None:
            refusal = PlainTextResponse("The length must be given.", 411)
        elif held[visitor] + size > MOST_OF_ONE or held.total() + size > MOST_TOGETHER:
            refusal = PlainTextResponse("Too many files; remove some first.", 413)
        if refusal is not None:
            while (await receive()).get("more_body"):
                pass  # a browser that is still sending would see a broken connection instead
            await refusal(scope, receive, send)
            return
        self.arriving[visitor] += size
        try:
            await self.app(scope, receive, send)
        finally:
            self.arriving[visitor] -= size
            self.arriving += Counter()  # drops those who have sent all


def held_by_visitor() -> Counter:
    """Bytes of the files that are held, by number of the session."""
    files = runtime.get_instance().uploaded_file_mgr.file_storage
    return Counter({visitor: sum(len(file.data) for file in own.values()) for visitor, own in list(files.items())})


async def forget_those_who_left() -> None:
    """Forgets, for as long as the server runs, the files of visitors who are gone; else they would stay until others come."""
    gone: dict[str, float] = {}
    while True:
        await asyncio.sleep(SWEEP)
        server = runtime.get_instance()
        away = [visitor for visitor in held_by_visitor() if not server.is_active_session(visitor)]
        gone = {visitor: gone.get(visitor, time.monotonic()) for visitor in away}
        for visitor, since in gone.items():
            if time.monotonic() - since >= LINGER:
                server.uploaded_file_mgr.remove_session_files(visitor)
