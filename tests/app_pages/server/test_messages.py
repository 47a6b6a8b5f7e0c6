"""What comes by the web socket."""

import asyncio

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates

from app_pages.server import messages
from app_pages.server.messages import MessageCheck, is_sound


def frame(**value) -> bytes:
    """A message that tells the state of one widget."""
    states = WidgetStates(widgets=[WidgetState(id="canvas", **value)])
    return BackMsg(rerun_script=ClientState(widget_states=states)).SerializeToString()


DRAWING = '{"drawing": {"order": "", "count": 1, "objects": [{"path": [["M", 1, 2]]}], "picture": "data:"}}'


@pytest.mark.parametrize(
    "sound",
    [
        frame(json_value=DRAWING),
        frame(json_trigger_value="[]"),
        frame(string_value="no {JSON"),
        frame(trigger_value=True),
        BackMsg(stop_script=True).SerializeToString(),
        b"",
    ],
)
def test_what_a_browser_sends_is_taken(sound):
    assert is_sound(sound)


@pytest.mark.parametrize(
    "broken",
    [
        b"\xff\xff\xff",
        frame(json_value='{"drawing": '),
        frame(json_value=""),
        frame(json_trigger_value="]"),
        frame(json_value="[" * 100_000 + "]" * 100_000),
        frame(json_value='{"a":' * 900 + "1" + "}" * 900),  # which is read here, but not further down in a script
        frame(json_value="9" * 5000),
        BackMsg(clear_cache=True).SerializeToString(),  # which all visitors share
    ],
)
def test_what_streamlit_could_not_read_or_harms_others_is_left_out(broken):
    assert not is_sound(broken)


def test_a_message_that_is_too_large_is_left_out(monkeypatch):
    monkeypatch.setattr(messages, "MOST_BYTES", 100)
    assert not is_sound(frame(json_value=f'"{"x" * 100}"'))


def test_what_comes_after_it_is_heard():
    good = {"type": "websocket.receive", "bytes": frame(json_value=DRAWING)}
    sent = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "bytes": frame(json_value="{")},
        good,
        {"type": "websocket.disconnect"},
    ]
    heard = []

    async def receive():
        return sent.pop(0)

    async def streamlit(scope, receive, send):
        while sent:
            heard.append(await receive())

    asyncio.run(MessageCheck(streamlit)({"type": "websocket"}, receive, None))
    assert [message["type"] for message in heard] == ["websocket.connect", "websocket.receive", "websocket.disconnect"]
    assert heard[1] is good
