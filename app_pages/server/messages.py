"""What browsers send by the web socket is checked before Streamlit reads it, and no press of a button is lost.

Streamlit keeps a component's state as the text that came, and reads it again at each run: one that cannot be read leaves
its sender with an error on every page until a reload. No browser sends such a thing by itself.

Streamlit ends a run of a page's script for the next message, also before what was pressed has had its effect, which is then
lost: on a slow server, a press and a stroke that follows it come as one. So a press has its effect before more is heard.
"""

import asyncio
import json
import logging

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

MOST_BYTES = 4 * 2**20  # of a message; a drawing of a minute without a pause has 0.2 MB
DEEPEST = 20  # values within values; a drawing has five
STATES = ("json_value", "json_trigger_value")  # as the protocol names what components send
SHOWN = ("delta", "ref_hash", "script_finished")  # … and what a run sends once what was pressed has had its effect
LONGEST = 3.0  # seconds for which more is not heard at the most

_log = logging.getLogger(__name__)


class MessageCheck:
    """Leaves out messages that are not sound, and lets what was pressed have its effect: middleware for `st.App`."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        presses = Presses()

        async def checked():
            await presses.settled()
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    return message
                frame = message.get("bytes") or b""
                if is_sound(frame):
                    presses.hear(frame)
                    return message
                _log.warning("A message of %d bytes was left out", len(frame))

        async def sending(message):
            if message["type"] == "websocket.send":
                presses.see(message.get("bytes") or b"")
            await send(message)

        await self.app(scope, checked, sending)


class Presses:
    """Whether what was pressed last in a browser still waits for its effect."""

    def __init__(self):
        self._values: dict[str, bytes] = {}  # of the widgets, as they were last told
        self._run: asyncio.Event | None = None  # set once the run that a press led to shows something
        self._begun = False

    def hear(self, frame: bytes) -> None:
        """Takes note of a sound message of the browser."""
        message = BackMsg.FromString(frame)
        if message.WhichOneof("type") != "rerun_script":
            return
        widgets = message.rerun_script.widget_states.widgets
        # A component's state may change as often as a pen is lifted, and nothing is lost with a run that it led to.
        values = {one.id: one.SerializeToString() for one in widgets if one.WhichOneof("value") != "json_value"}
        if values and values != self._values:
            self._run, self._begun = asyncio.Event(), False
        # What was pressed is told once and not again.
        self._values = {
            one.id: values[one.id] for one in widgets if one.id in values and "trigger" not in (one.WhichOneof("value") or "")
        }

    def see(self, frame: bytes) -> None:
        """Takes note of what the server sends."""
        if self._run is None or self._run.is_set():
            return
        try:
            kind = ForwardMsg.FromString(frame).WhichOneof("type")
        except DecodeError:
            return
        self._begun = self._begun or kind == "new_session"
        if self._begun and kind in SHOWN:
            self._run.set()

    async def settled(self) -> None:
        """Waits until what was pressed has had its effect."""
        if self._run is None:
            return
        try:
            async with asyncio.timeout(LONGEST):
                await self._run.wait()
        except TimeoutError:
            _log.warning("A press had no effect within %.0f seconds", LONGEST)
        self._run = None


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
