"""What comes by the web socket."""

import asyncio

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
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


# ── What is pressed has its effect ────────────────────────────────────────────────────────────────────────────────────


def told(**values) -> dict:
    """A message with the states of several widgets."""
    widgets = [WidgetState(id=name, **{kind: value}) for name, (kind, value) in values.items()]
    states = BackMsg(rerun_script=ClientState(widget_states=WidgetStates(widgets=widgets)))
    return {"type": "websocket.receive", "bytes": states.SerializeToString()}


def shown(kind: str) -> dict:
    """A message of the server."""
    message = ForwardMsg()
    if kind == "script_finished":
        message.script_finished = ForwardMsg.FINISHED_SUCCESSFULLY
    elif kind == "ref_hash":
        message.ref_hash = "digest"
    else:
        getattr(message, kind).SetInParent()
    return {"type": "websocket.send", "bytes": message.SerializeToString()}


def heard_after(first: list[dict], sent: list[str], monkeypatch, longest: float = 30) -> bool:
    """Whether one more message is heard after `first`, once the server has sent messages of these kinds."""
    monkeypatch.setattr(messages, "LONGEST", longest)
    waiting = [*first, told(drawing=("json_value", DRAWING))]
    heard = []

    async def receive():
        return waiting.pop(0)

    async def send(message):
        pass

    async def streamlit(scope, receive, send):
        for _ in first:
            await receive()
        last = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        for kind in sent:
            await send(shown(kind))
        done, _ = await asyncio.wait([last], timeout=0.05 if longest == 30 else 10)
        heard.append(bool(done))
        last.cancel()

    asyncio.run(MessageCheck(streamlit)({"type": "websocket"}, receive, send))
    return heard[0]


PRESS = told(take=("trigger_value", True))


@pytest.mark.parametrize(
    ("sent", "heard"),
    [
        ([], False),
        (["delta"], False),  # of the run before
        (["new_session"], False),
        (["new_session", "delta"], True),
        (["new_session", "ref_hash"], True),
        (["delta", "new_session", "script_finished"], True),
    ],
)
def test_after_a_press_no_more_is_heard_until_its_run_shows_something(monkeypatch, sent, heard):
    assert heard_after([PRESS], sent, monkeypatch) is heard


def test_a_press_without_an_effect_holds_nothing_up_for_long(monkeypatch):
    assert heard_after([PRESS], [], monkeypatch, longest=0.05)


def test_what_a_pen_tells_holds_nothing_up(monkeypatch):
    kind = ("string_array_value", {"data": ["7"]})
    first = [told(verdict=kind, drawing=("json_value", "{}")), told(verdict=kind, drawing=("json_value", DRAWING))]
    assert not heard_after(first[:1], [], monkeypatch)  # what is chosen is new to the server
    presses = messages.Presses()
    for message in first:
        presses.hear(message["bytes"])
        presses.see(shown("new_session")["bytes"])
        presses.see(shown("delta")["bytes"])
        asyncio.run(presses.settled())
    presses.hear(first[1]["bytes"])
    assert presses._run is None


def test_a_button_is_pressed_again_by_the_same_message(monkeypatch):
    presses = messages.Presses()
    for _ in range(2):
        presses.hear(PRESS["bytes"])
        assert presses._run is not None
        presses.see(shown("new_session")["bytes"])
        presses.see(shown("script_finished")["bytes"])
        asyncio.run(presses.settled())


@pytest.mark.parametrize("frame", [b"", b"\xff\xff", b"\x00"])
def test_what_the_server_sends_otherwise_harms_nothing(frame):
    presses = messages.Presses()
    presses.hear(PRESS["bytes"])
    presses.see(frame)
