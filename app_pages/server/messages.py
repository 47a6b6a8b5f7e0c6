"""What browsers send by the web socket is checked before Streamlit reads it.

Streamlit keeps a component's state as the text that came, and reads it again at each run: one that cannot be read leaves
its sender with an error on every page until a reload. No browser sends such a thing by itself.
"""

import json
import logging

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

MOST_BYTES = 4 * 2**20  # of a message; a drawing of a minute without a pause has 0.2 MB
DEEPEST = 20  # values within values; a drawing has five
STATES = ("json_value", "json_trigger_value")  # as the protocol names what components send

_log = logging.getLogger(__name__)


class MessageCheck:
    """Leaves out messages that are not sound: middleware for `st.App`."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return

        async def checked():
            while True:
                message = await receive()
                if message["type"] != "websocket.receive" or is_sound(message.get("bytes") or b""):
                    return message
                _log.warning("A message of %d bytes was left out", len(message.get("bytes") or b""))

        await self.app(scope, checked, send)


def is_sound(frame: bytes) -> bool:
    """Whether Streamlit can read a message, and the states of components in it, again and again, and no other is harmed."""
    if len(frame) > MOST_BYTES:
        return False
    try:
        message = BackMsg.FromString(frame)
        if message.WhichOneof("type") == "clear_cache":  # it would be everybody's
            return False
        widgets = message.rerun_script.widget_states.widgets
        states = [getattr(one, kind) for one in widgets if (kind := one.WhichOneof("value")) in STATES]
        return all(depth(json.loads(state)) <= DEEPEST for state in states)
    except (DecodeError, ValueError, RecursionError):
        return False


def depth(value) -> int:
    """How many values lie within each other."""
    levels, level = 0, [value]
    while level:
        levels += 1
        level = [
            inner
            for one in level
            if isinstance(one, (dict, list))
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, (dict, list))
        ]
    return levels
