"""Whatever comes from outside: states of components and requests that nobody thinks of end in an answer or in one sentence."""

import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from starlette.applications import Starlette

from app_pages.parts.sheet import _checked
from app_pages.server import routes
from app_pages.server.messages import DEEPEST, is_sound
from tests.app_pages.server.test_messages import frame
from tests.app_pages.server.test_routes import ask
from tests.apptest import encoded, seven

CALM = settings(
    derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
DRAWINGS = some.fixed_dictionaries(
    {},
    optional={
        "order": VALUES | some.text(max_size=5),
        "count": VALUES,
        "sheet": VALUES,
        "telling": VALUES,
        "picture": VALUES,
    },
)


@CALM
@given(VALUES | DRAWINGS)
def test_a_drawing_of_any_kind_is_taken_or_refused(drawing):
    try:
        of, sheet, telling, picture = _checked(drawing)
    except ValueError:
        return
    assert (
        isinstance(of[0], str)
        and type(of[1]) is int
        and type(sheet) is type(telling) is int
        and isinstance(picture, bytes)
    )


@CALM
@given(some.text(max_size=50) | VALUES.map(json.dumps))
def test_a_state_that_is_taken_can_be_read_again(text):
    try:
        expected = frame(json_value=text)
    except UnicodeEncodeError:  # half a character, which the protocol has no bytes for
        return
    if is_sound(expected):
        json.loads(text)


@CALM
@given(some.integers(1, 3 * DEEPEST), some.sampled_from([("[", "]"), ('{"a":', "}"), ('[0,{"b":', "}]")]))
def test_only_states_of_a_certain_depth_are_taken(levels, brackets):
    opening, closing = brackets
    text = opening * levels + "0" + closing * levels
    depth = levels * (2 if "," in opening else 1)
    assert is_sound(frame(json_value=text)) == (depth <= DEEPEST)


@pytest.fixture
def address(awake, serve):
    routes._threads.cache_clear()  # it belongs to the event loop of the server before
    yield serve(Starlette(routes=routes.routes()))
    routes._threads.cache_clear()


@CALM
@given(
    some.sampled_from(["/live/digit", "/live/number", "/api/recognize", "/api/read", "/api/health", "/api/", "/live/"]),
    some.binary(max_size=200)
    | some.tuples(some.binary(max_size=8), some.integers(0, 500)).map(lambda cut: spliced(*cut)),
    some.text(max_size=12),
)
def test_a_request_of_any_kind_is_answered_in_json(address, path, body, expect):
    status, answer, _ = ask(f"{address}{path}?expect={quote(expect, errors='replace')}", body)
    assert status in (200, 400, 404, 405, 413, 415)
    if path != "/live/":
        assert isinstance(answer, dict)
        assert status == 200 or list(answer) == ["error"]


def spliced(piece: bytes, place: int) -> bytes:
    """A drawing into which something was put."""
    whole = encoded(seven())
    return whole[:place] + piece + whole[place + len(piece) :]
