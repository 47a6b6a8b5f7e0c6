"""The server's own routes: answers while a pen moves, the API that others can use, and the scripts of the components.

    POST /live/digit, /live/number     the drawing on a sheet → what its components show; "?taught=…" has those
                                       answer whom a visitor has taught, "?lang=…" says it in a language
    GET  /live/lesson?taught=…         what this visitor has taught, as a file, for the visitor's browser to keep
    POST /api/recognize, /api/read     a picture → everything that `Prediction` and `Reading` have
    GET  /api/health                   whether the network is loaded
    GET  /assets/…                     what the browser fetches once and keeps

Nothing is stored. What goes wrong is answered in JSON: {"error": one sentence}.
"""

import asyncio
import gzip
import logging
import os
import re
from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit

import anyio
import numpy as np
import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from app_pages.components import ADDRESS, ASSETS, TYPES
from app_pages.locale import asked_for, use
from app_pages.parts import lesson, looking, network, results, words
from app_pages.parts.gate import BusyError, Gate
from app_pages.parts.visit import NUMBER_SHEET, SHEET
from app_pages.parts.workers import BusyWorkersError, workers
from model.ink.files import MAX_BYTES, PictureError, PictureTooLargeError, PictureTypeError, decode_picture, page_count
from model.ink.image import decode_drawing
from model.reading.lesson import to_file

MAX_DRAWING = 300_000  # bytes of a drawing's PNG; it has some 2,000
SLOWEST_BODY = 30  # seconds in which a request must have arrived
SLOWEST_ANSWER = 30  # seconds after which an answer is given up
CORES = os.cpu_count() or 1

# Live answers take milliseconds and are computed here, pictures up to seconds and are read by parts/workers.py: neither
# waits for the other. Of one address as many may wait as two classes have pupils, each with one question out at a time.
_live = Gate(at_once=CORES, waiting=64)

_log = logging.getLogger(__name__)


class ApiError(Exception):
    """What is answered instead: a status of HTTP and a sentence."""

    def __init__(self, status: int, sentence: str, **headers: str):
        self.status, self.sentence, self.headers = status, sentence, headers


def routes() -> list[BaseRoute]:
    """For `st.App`. Other origins may use the API if `server.corsAllowedOrigins` names them."""
    others = Middleware(CORSMiddleware, allow_origins=st.get_option("server.corsAllowedOrigins"), allow_methods=["GET", "POST"])
    api = [
        _route("/recognize", "POST", recognize),
        _route("/read", "POST", read),
        _route("/health", "GET", health),
        _route("/{other:path}", None, unknown),
    ]
    return [
        _route("/live/digit", "POST", live_digit),
        _route("/live/number", "POST", live_number),
        _route("/live/lesson", "GET", live_lesson),
        Mount("/api", routes=api, middleware=[others]),
        Route(f"/{ADDRESS}/{{name:path}}", asset),
    ]


def _route(path: str, method: str | None, answer: Callable) -> Route:
    """A route that answers what `answer(request)` gives, as JSON, or says in JSON why not."""

    async def endpoint(request: Request) -> Response:
        try:
            if method is not None and request.method != method and (method, request.method) != ("GET", "HEAD"):
                raise ApiError(405, f"This address takes {method} requests.", Allow=method)
            return await answer(request)
        except ApiError as error:
            return JSONResponse({"error": error.sentence}, error.status, error.headers)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except Exception as error:
            _log.exception("A request to %s failed", request.url.path)
            if network.is_of_weights(error):
                return JSONResponse({"error": str(error)}, 503)
            return JSONResponse({"error": "This could not be read; the log of the server has the reason."}, 500)

    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    return Route(path, endpoint, methods=methods)


# ── While the pen is down ─────────────────────────────────────────────────────────────────────────────────────────────


async def live_digit(request: Request) -> Response:
    """The drawing of one digit, a PNG whose alpha is the ink → the answer, as `words.said` gives it.

    With "map=yes" of who was taught there is a "place": the "point" on the map of the examples, x and y, and the numbers
    of the "nearest" ones; null if nothing is drawn. With "flow=yes" there is a "flow", as `looking.passage_of` gives it.
    """
    taught = _taught(request)
    flowing = request.query_params.get("flow") == "yes"
    mapped = taught is not None and request.query_params.get("map") == "yes"

    def answer(recognizer, body):
        recognizer = taught.recognizer if taught else recognizer
        prediction = recognizer.recognize(_drawing(body, SHEET.shape))
        told = words.digit_answer(prediction, taught.recognizer.labels) if taught else words.digit_answer(prediction)
        if flowing:
            told["flow"] = looking.passage_of(recognizer.network, prediction and prediction.image)
        if mapped:
            told["place"] = prediction and {
                "point": np.round(taught.projection.points(prediction.place[None])[0], 4).tolist(),
                "nearest": [neighbour.index for neighbour in prediction.nearest],
            }
        return told

    return await _live_answer(request, answer)


async def live_number(request: Request) -> Response:
    """The drawing of a number → its reading, as `words.read_as` gives it; `expect` as for `read`."""
    expect, taught = _expected(request), _taught(request)

    def answer(recognizer, body):
        recognizer = taught.recognizer if taught else recognizer
        drawing = _drawing(body, NUMBER_SHEET.shape)
        read = results.read_picture(recognizer, "sheet", drawing, expect, is_drawn=True, illustrated=False)
        return words.sheet_answer(read)

    return await _live_answer(request, answer)


async def live_lesson(request: Request) -> Response:
    """What a visitor has taught, as `model.reading.lesson.to_file` writes it."""
    _refuse_other_origins(request)
    taught = _taught(request)
    content = b"" if taught is None else await anyio.to_thread.run_sync(to_file, taught.recognizer.examples)
    return Response(content, headers={"Cache-Control": "no-store"}, media_type="application/json")


def _taught(request: Request) -> lesson.Taught | None:
    """Whom the visitor has taught that the query names; None if it names none."""
    token = request.query_params.get("taught")
    taught = lesson.find(token)
    if token is not None and taught is None:
        raise ApiError(409, "What was taught has changed; the page brings the answer.")
    return taught


def _drawing(body: bytes, shape: tuple[int, int]):
    height, width = shape
    try:
        drawing = decode_drawing(body)
    except ValueError:
        drawing = None
    if drawing is None or drawing.shape != shape:
        raise ApiError(400, f"This is no drawing; a PNG of {width} × {height} pixels whose alpha is the ink is taken.")
    return drawing


async def _live_answer(request: Request, answer: Callable) -> Response:
    """What `answer(recognizer, body)` gives, computed in a thread when it is this address's turn, as JSON."""
    recognizer, body = await _received(request, MAX_DRAWING)
    use(asked_for(request.query_params.get("lang"), request.headers.get("accept-language")))  # in the thread that answers, too

    async def in_turn():
        async with _live.enter(_address(request)):
            if await request.is_disconnected():  # the browser has given this up, and asks for something newer
                raise ClientDisconnect
            return await anyio.to_thread.run_sync(answer, recognizer, body, limiter=_threads())

    # Who computes is not stopped by a time that is over, and keeps its place at the gate until it is done.
    task = asyncio.create_task(in_turn())
    try:
        async with asyncio.timeout(SLOWEST_ANSWER):
            return JSONResponse(await asyncio.shield(task))
    except BusyError:
        raise _busy() from None
    except TimeoutError:
        task.add_done_callback(lambda late: late.cancelled() or late.exception())
        raise _late() from None


@cache
def _threads() -> anyio.CapacityLimiter:
    """The gate lets in only so many; these threads are not those that serve files."""
    return anyio.CapacityLimiter(CORES)


# ── The API ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def recognize(request: Request) -> Response:
    """The digit on a picture: what `Prediction` has; its fields are null if there is no ink. As in `read`, the query may
    hold `page`."""
    return await _picture_answer(request, recognized, _page(request))


async def read(request: Request) -> Response:
    """All digits on a picture: what `Reading` has. The query may hold `expect`, as for `Recognizer.read`, and `page`, which
    of a document's pages is meant, counted from 1."""
    return await _picture_answer(request, all_read, _page(request), _expected(request))


def recognized(recognizer, content: bytes, page: int) -> dict:
    """What `recognize` answers to a page of a file."""
    prediction = recognizer.recognize(decode_picture(content, page))
    return {
        "label": prediction and prediction.label,
        "is_digit": prediction and prediction.is_digit,
        "digit_probability": prediction and _rounded(prediction.digit_probability),
        "probabilities": prediction and _by_label(recognizer, prediction.probabilities),
        "image": prediction and prediction.image.tolist(),
    }


def all_read(recognizer, content: bytes, page: int, expect: str | None) -> dict:
    """What `read` answers to a page of a file."""
    picture = decode_picture(content, page)
    reading = recognizer.read(picture, expect)
    return {
        "text": reading.text,
        "page": page + 1,
        "pages": page_count(content),
        "width": picture.shape[1],  # what boxes are of: very large pictures were read at half their size
        "height": picture.shape[0],
        "lines": [
            [
                {
                    "kind": character.kind,
                    "label": character.label,
                    "box": [int(edge) for edge in character.box],
                    "confidence": _rounded(character.confidence),
                    "probabilities": _by_label(recognizer, character.probabilities),
                    "image": None if character.image is None else character.image.tolist(),
                }
                for character in line
            ]
            for line in reading.lines
        ],
        "left_out": reading.left_out,
        "turned": reading.turned,
    }


async def _picture_answer(request: Request, task: Callable, *arguments) -> Response:
    """What `task(recognizer, body, *arguments)` gives, computed in a process when it is this address's turn, as JSON."""
    _, body = await _received(request, MAX_BYTES)
    try:
        async with asyncio.timeout(SLOWEST_ANSWER):
            reading = workers().submit(_address(request), task, body, *arguments)
            return JSONResponse(await asyncio.wrap_future(reading))
    except BusyError:
        raise _busy() from None
    except TimeoutError:
        raise _late() from None
    except BusyWorkersError as error:
        raise ApiError(503, str(error), **{"Retry-After": "1"}) from None
    except PictureTooLargeError as error:
        raise ApiError(413, str(error)) from None
    except PictureTypeError as error:
        raise ApiError(415, str(error)) from None
    except PictureError as error:
        raise ApiError(400, str(error)) from None


async def health(request: Request) -> Response:
    """200 once the network is loaded, 503 before and where it cannot be."""
    loading = network.recognizer()
    ready = loading.done() and loading.exception() is None
    problem = None if ready else network.failure(loading) or "The network is waking up."
    return JSONResponse({"ready": ready} if ready else {"ready": False, "error": problem}, 200 if ready else 503)


async def unknown(request: Request) -> Response:
    raise ApiError(404, "There is no such address; /api/recognize, /api/read and /api/health are there.")


def _expected(request: Request) -> str | None:
    from model.reading.numbers import expected_count

    expect = request.query_params.get("expect", "any")
    expect = None if expect == "any" else expect
    try:
        expected_count(expect)
    except ValueError:
        raise ApiError(400, 'As expect, "any", "postcode:1" to "postcode:99", "amount" or "form" is taken.') from None
    return expect


def _page(request: Request) -> int:
    """Which page, counted from 0."""
    page = request.query_params.get("page", "1")
    if not re.fullmatch("[1-9][0-9]{0,3}", page):
        raise ApiError(400, "As page, a whole number from 1 is taken.")
    return int(page) - 1


def _rounded(probability: float) -> float:
    return round(float(probability), 4)


def _by_label(recognizer, probabilities) -> dict[str, float]:
    return dict(zip(recognizer.labels, map(_rounded, probabilities), strict=True))


# ── What all of them do ───────────────────────────────────────────────────────────────────────────────────────────────


async def _received(request: Request, most_bytes: int) -> tuple:
    """The recogniser and the whole body; where one of them is not to be had, the reason is raised."""
    _refuse_other_origins(request)
    loading = network.recognizer()
    if not loading.done():
        raise ApiError(503, "The network is waking up; ask again in a few seconds.", **{"Retry-After": "3"})
    if loading.exception() is not None:
        raise ApiError(503, network.failure(loading))
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            return loading.result(), await _body(request, most_bytes)
    except TimeoutError:
        raise ApiError(408, f"The request took longer than {SLOWEST_BODY} seconds to arrive.") from None


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _busy() -> ApiError:
    return ApiError(503, "Too many requests wait already; ask again in a second.", **{"Retry-After": "1"})


def _late() -> ApiError:
    return ApiError(503, f"The answer took longer than {SLOWEST_ANSWER} seconds.")


def _refuse_other_origins(request: Request) -> None:
    """A page of somebody else's shall not have its visitors' browsers work this server."""
    origin = request.headers.get("origin")
    if origin is None or urlsplit(origin).netloc == request.headers.get("host"):
        return
    if not {origin, "*"} & set(st.get_option("server.corsAllowedOrigins")):
        raise ApiError(403, "Pages of other origins may not use this server.")


async def _body(request: Request, most: int) -> bytes:
    """The whole body. What is a little too large is read to its end and thrown away: a client that is still sending would
    see a broken connection instead of the reason."""
    too_large = ApiError(413, f"At most {most / 2**20:.1f} MB are taken.")
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > 2 * most:
        raise too_large
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > 2 * most:
            raise too_large
        if size <= most:
            parts.append(part)
        else:
            parts.clear()
    if size > most:
        raise too_large
    return b"".join(parts)


# ── Scripts and styles ────────────────────────────────────────────────────────────────────────────────────────────────


async def asset(request: Request) -> Response:
    """A script or a style; its address changes with its content, so a browser may keep it for ever."""
    name = request.path_params["name"]
    if name not in ASSETS:
        return Response(status_code=404)
    zipped = "gzip" in request.headers.get("accept-encoding", "")
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if zipped:
        headers["Content-Encoding"] = "gzip"
    kind = TYPES[name[name.rindex(".") :]]
    return Response(_zipped(name) if zipped else ASSETS[name], headers=headers, media_type=kind)


@cache
def _zipped(name: str) -> bytes:
    return gzip.compress(ASSETS[name], 9)
