"""The API, and the answers while a pen moves: a real server, asked over HTTP."""

import base64
import contextlib
import http.client
import io
import json
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette

from app_pages.components import ADDRESS, ASSETS
from app_pages.parts import lesson, network, results, words, workers
from app_pages.parts.gate import Gate
from app_pages.parts.workers import Workers
from app_pages.server import routes as module
from model.ink.strokes import draw, parse, placed
from model.reading.numbers import Reading
from tests.apptest import encoded, seven, use
from tests.browser import CROSSED_SEVEN, FOUR, ZERO


@pytest.fixture
def server(monkeypatch, serve):
    """Serves the routes, as often as it is called, and gives the address."""
    monkeypatch.setattr(module, "_live", Gate(at_once=2, waiting=64))
    monkeypatch.setattr(workers, "MOST_WAITING", 2)
    own = Workers(1)
    monkeypatch.setattr(module, "workers", lambda: own)
    module._threads.cache_clear()  # it belongs to the event loop of the server before
    yield lambda: serve(Starlette(routes=module.routes()))
    module._threads.cache_clear()


def ask(address, body=None, method=None, **headers) -> tuple[int, dict | bytes, dict]:
    """Status, JSON and headers of an answer."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(address, body, names, method=method or ("GET" if body is None else "POST"))
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            content, status, headers = response.read(), response.status, response.headers
    except urllib.error.HTTPError as error:
        content, status, headers = error.read(), error.code, error.headers
    is_json = headers.get("Content-Type", "").startswith("application/json")
    return status, json.loads(content) if is_json else content, headers


def picture(ink, kind="PNG") -> bytes:
    """A file with dark ink on light paper."""
    file = io.BytesIO()
    Image.fromarray(255 - ink).save(file, kind)
    return file.getvalue()


def number() -> np.ndarray:
    """704, as on the wide sheet."""
    digits = [placed(parse(text), 130, (180 + 220 * place, 130)) for place, text in enumerate((CROSSED_SEVEN, ZERO, FOUR))]
    return draw(sum(digits, []), 14, 900, 260)


# ── The API ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
def test_a_picture_of_a_digit_is_recognised(awake, server, recognizer, kind):
    body = picture(seven(), kind)
    status, answer, _ = ask(f"{server()}/api/recognize", body)
    prediction = recognizer.recognize(np.asarray(Image.open(io.BytesIO(body)).convert("L")))
    assert status == 200
    assert (answer["label"], answer["is_digit"]) == ("7", True)
    assert answer["digit_probability"] == pytest.approx(prediction.digit_probability, abs=1e-4)
    assert list(answer["probabilities"]) == list("0123456789")
    assert list(answer["probabilities"].values()) == pytest.approx(prediction.probabilities, abs=1e-3)
    assert np.abs(np.array(answer["image"]) - prediction.image.astype(int)).max() <= 1


def test_a_picture_without_ink_has_no_label(awake, server):
    status, answer, _ = ask(f"{server()}/api/recognize", picture(np.zeros((50, 50), np.uint8)))
    assert status == 200
    assert set(answer.values()) == {None}
    assert answer.keys() == {"label", "is_digit", "digit_probability", "probabilities", "image"}


def test_a_number_is_read_with_all_that_a_reading_has(awake, server, recognizer):
    status, answer, _ = ask(f"{server()}/api/read?expect=postcode:3", picture(number()))
    reading = recognizer.read(255 - number(), "postcode:3")
    assert status == 200
    assert answer["text"] == reading.text == "704"
    assert (answer["height"], answer["width"]) == number().shape[:2]
    assert (len(answer["lines"]), answer["left_out"]) == (1, 0)
    for told, character in zip(answer["lines"][0], reading.lines[0], strict=True):
        assert (told["kind"], told["label"], told["box"]) == ("digit", character.label, list(character.box))
        assert told["confidence"] == pytest.approx(character.confidence, abs=1e-4)
        assert told["image"] == character.image.tolist()


def test_the_number_of_digits_that_is_expected_is_heeded(monkeypatch, server):
    asked = []

    def read(image, expect):
        asked.append(expect)
        return Reading(())

    use(monkeypatch, SimpleNamespace(read=read, finder=lambda: None))
    address = server()
    for query in ("", "?expect=any", "?expect=amount", "?expect=postcode:12", "?expect=form"):
        assert ask(f"{address}/api/read{query}", picture(seven()))[0] == 200
    assert asked == [None, None, "amount", "postcode:12", "form"]


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/api/recognize", b"", 400, "empty"),
        ("/api/recognize", b"hello, I am no picture", 415, "no picture"),
        ("/api/recognize", b"%PDF-1.4 and more", 400, "document is damaged"),
        ("/api/read?page=0", picture(seven()), 400, "As page, a whole number from 1"),
        ("/api/read?page=2", picture(seven()), 400, "there is no page 2"),
        ("/api/recognize", picture(seven())[:200], 400, "damaged"),
        ("/api/recognize", bytes(21 * 2**20), 413, "At most 20.0 MB"),
        ("/api/read?expect=telephone", picture(seven()), 400, "As expect"),
        ("/api/read?expect=postcode:100", picture(seven()), 400, "As expect"),
        ("/live/digit", b"no png", 400, "no drawing"),
        ("/live/digit", bytes(400_000), 413, "At most 0.3 MB"),
        ("/live/number?expect=x", encoded(seven()), 400, "As expect"),
        ("/api/nothing", b"x", 404, "no such address"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_one_sentence(awake, server, path, body, status, said):
    got, answer, _ = ask(f"{server()}{path}", body)
    assert got == status
    assert answer.keys() == {"error"}
    assert said in answer["error"]


def test_the_page_of_a_document_that_is_asked_for_is_read(awake, server):
    blank = Image.new("L", (280, 280), 255)
    file = io.BytesIO()
    blank.save(file, "PDF", save_all=True, append_images=[Image.fromarray(255 - seven())])
    address = server()
    for page, text in (("", ""), ("?page=1", ""), ("?page=2", "7")):
        status, answer, _ = ask(f"{address}/api/read{page}", file.getvalue())
        assert (status, answer["text"], answer["pages"]) == (200, text, 2)
        assert answer["page"] == int(page[-1:] or 1)
    assert ask(f"{address}/api/recognize?page=2", file.getvalue())[1]["label"] == "7"
    assert ask(f"{address}/api/recognize", file.getvalue())[1]["label"] is None


def test_a_picture_of_too_many_pixels_is_refused(awake, server):
    status, answer, _ = ask(f"{server()}/api/read", picture(np.zeros((6400, 6400), np.uint8)))
    assert status == 413
    assert "40 million" in answer["error"]


def test_only_what_an_address_is_for_is_taken(awake, server):
    status, answer, headers = ask(f"{server()}/api/recognize")
    assert (status, headers["Allow"]) == (405, "POST")
    assert "POST" in answer["error"]


def test_a_body_of_unknown_length_is_refused_once_it_is_too_large(awake, server):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(server()).netloc, timeout=60)
    connection.putrequest("POST", "/live/digit")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    chunk = b"x" * 100_000
    # The body never ends, and what is sent after the refusal goes nowhere.
    with contextlib.suppress(ConnectionError):
        for _ in range(9):
            connection.send(b"%x\r\n%s\r\n" % (len(chunk), chunk))
    response = connection.getresponse()
    assert response.status == 413
    assert "At most" in json.loads(response.read())["error"]
    connection.close()


def test_a_failure_is_told_without_its_trace(monkeypatch, server, caplog):
    def fail(image):
        raise RuntimeError("secret")

    use(monkeypatch, SimpleNamespace(recognize=fail))
    status, answer, _ = ask(f"{server()}/api/recognize", picture(seven()))
    assert status == 500
    assert "secret" not in json.dumps(answer)
    assert "secret" in caplog.text


def test_health_says_whether_the_network_is_loaded(monkeypatch, server):
    loading = Future()
    monkeypatch.setattr(network, "recognizer", lambda: loading)
    address = server()
    assert ask(f"{address}/api/health")[:2] == (503, {"ready": False, "error": "The network is waking up."})
    status, answer, headers = ask(f"{address}/api/recognize", picture(seven()))
    assert (status, headers["Retry-After"]) == (503, "3")
    assert "waking up" in answer["error"]
    loading.set_result(None)
    assert ask(f"{address}/api/health")[:2] == (200, {"ready": True})


def test_without_a_network_health_and_api_say_so(monkeypatch, server):
    loading = Future()
    loading.set_exception(ImportError("libsomething.so"))
    monkeypatch.setattr(network, "recognizer", lambda: loading)
    address = server()
    for path, body in (("/api/health", None), ("/api/recognize", picture(seven()))):
        status, answer, _ = ask(f"{address}{path}", body)
        assert status == 503
        assert "could not be loaded" in answer["error"]


def test_pages_of_other_origins_may_not_use_it(awake, server):
    address = server()
    body = picture(seven())
    assert ask(f"{address}/api/recognize", body, Origin=address)[0] == 200
    status, _, headers = ask(f"{address}/api/recognize", body, Origin="http://elsewhere.example")
    assert status == 403
    assert "Access-Control-Allow-Origin" not in headers


def test_an_origin_that_is_named_may_use_it(awake, server, monkeypatch):
    monkeypatch.setattr(module.st, "get_option", lambda name: ["http://friend.example"])
    address = server()
    status, _, headers = ask(f"{address}/api/recognize", picture(seven()), Origin="http://friend.example")
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "http://friend.example")
    assert ask(f"{address}/api/recognize", picture(seven()), Origin="http://elsewhere.example")[0] == 403


# ── How many at once, and for how long ────────────────────────────────────────────────────────────────────────────────


class Slow:
    """A stand-in for a recogniser that answers when it is let."""

    def __init__(self):
        self.go, self.busy, self.most = threading.Event(), 0, 0
        self._lock = threading.Lock()

    def recognize(self, image):
        with self._lock:
            self.busy += 1
            self.most = max(self.most, self.busy)
        self.go.wait(60)
        with self._lock:
            self.busy -= 1


def test_a_flood_is_turned_away_and_computes_one_at_a_time(monkeypatch, server):
    slow = Slow()
    use(monkeypatch, slow)
    address = server()
    with ThreadPoolExecutor(8) as pool:
        flood = [pool.submit(ask, f"{address}/api/recognize", picture(seven())) for _ in range(8)]
        while sum(one.done() for one in flood) < 5:  # one computes, two wait
            time.sleep(0.01)
        slow.go.set()
        statuses = sorted(one.result()[0] for one in flood)
    assert statuses == [200] * 3 + [503] * 5
    assert slow.most == 1


def test_an_answer_that_takes_too_long_is_given_up_and_keeps_its_place_until_it_is_done(monkeypatch, server):
    slow = Slow()
    use(monkeypatch, slow)
    monkeypatch.setattr(module, "SLOWEST_ANSWER", 0.2)
    address = server()
    status, answer, _ = ask(f"{address}/api/recognize", picture(seven()))
    assert status == 503
    assert "longer than" in answer["error"]
    assert ask(f"{address}/api/recognize", picture(seven()))[0] == 503
    assert slow.most == 1  # the second waited for the place that the first still held
    slow.go.set()
    while slow.busy:
        time.sleep(0.01)
    assert ask(f"{address}/api/recognize", picture(seven()))[0] == 200


def test_a_request_that_never_arrives_whole_is_given_up(awake, server, monkeypatch):
    monkeypatch.setattr(module, "SLOWEST_BODY", 0.2)
    host, port = server().removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as line:
        line.sendall(b"POST /api/recognize HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\nonly this")
        assert line.recv(1000).startswith(b"HTTP/1.1 408 ")


# ── While the pen is down ─────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_browser_has_given_up_is_not_computed(awake, server, monkeypatch):
    gate, computed, may_end = Gate(at_once=1, waiting=64), [], threading.Event()
    address = server()
    monkeypatch.setattr(module, "_live", gate)

    def read(recognizer, name, drawing, *_, **__):
        computed.append(int(drawing.max()))
        assert may_end.wait(60)
        return results.Result(name, None, "", Reading(()))

    monkeypatch.setattr(module.results, "read_picture", read)
    bodies = [encoded(np.full((260, 900), strength, np.uint8)) for strength in (10, 20, 30)]
    host = urllib.parse.urlsplit(address)

    def wait_for(condition):
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end
            time.sleep(0.01)

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(ask, f"{address}/live/number", bodies[0])
        wait_for(lambda: computed)
        with contextlib.closing(http.client.HTTPConnection(host.hostname, host.port)) as connection:
            connection.request("POST", "/live/number", bodies[1])
            wait_for(lambda: gate._queues)
        assert ask(f"{address}/api/health")[0] == 200  # by then the server has heard that it was closed
        may_end.set()
        assert first.result(60)[0] == 200
    assert ask(f"{address}/live/number", bodies[2])[0] == 200
    assert computed == [10, 30]


def test_a_drawing_is_answered_in_the_words_of_the_page(awake, server, recognizer):
    status, answer, _ = ask(f"{server()}/live/digit", encoded(seven()))
    assert status == 200
    assert answer == words.digit_answer(recognizer.recognize(seven()))
    assert answer["headline"] == "7"
    assert base64.b64decode(answer["pixels"]) == recognizer.recognize(seven()).image.tobytes()


def test_an_empty_canvas_is_answered_with_the_invitation(awake, server):
    answer = ask(f"{server()}/live/digit", encoded(np.zeros((280, 280), np.uint8)))[1]
    assert (answer["headline"], answer["words"], answer["winner"]) == ("", "Draw a digit, as large as you like.", None)


def test_a_number_on_the_sheet_is_read_with_boxes(awake, server):
    answer = ask(f"{server()}/live/number?expect=postcode:5", encoded(number()))[1]
    assert ["".join(one["label"] for one in line) for line in answer["lines"]] == ["704"]
    assert [box["label"] for box in answer["boxes"]] == list("704")
    assert "no postcode of 5 digits" in answer["note"]


# ── Scripts and styles ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["canvas/sheet.js", "drawable-canvas.js", "pages.css"])
def test_scripts_and_styles_are_kept_by_the_browser(server, name):
    address = f"{server()}/{ADDRESS}/{name}"
    status, content, headers = ask(address)
    assert (status, content) == (200, ASSETS[name])
    assert headers["Content-Type"].startswith("text/css" if name.endswith("css") else "text/javascript")
    assert "immutable" in headers["Cache-Control"]
    zipped = ask(address, Accept_Encoding="gzip")
    assert zipped[2]["Content-Encoding"] == "gzip"
    assert len(zipped[1]) < len(content)


@pytest.mark.parametrize("name", ["__init__.py", "../menu.py", "live/answer.html", "nothing.js"])
def test_nothing_else_is_served(server, name):
    assert ask(f"{server()}/{ADDRESS}/{name}")[0] == 404


# ── With what was taught ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def taught(recognizer):
    """A visitor's lesson: a crossed seven is a "★"."""
    one = lesson.Taught(recognizer.adapt([seven()], ["★"]))
    lesson._by_token[one.token] = one
    return one


def test_a_token_has_those_answer_whom_its_visitor_taught_and_nobody_else(awake, server, taught):
    address = server()
    _, answer, _ = ask(f"{address}/live/digit?taught={taught.token}&map=yes", encoded(seven()))
    assert answer["names"] == [*"0123456789", "★", "nothing I know"]
    assert answer["headline"].split()[0] == "★"
    assert answer["place"]["nearest"] == [0]
    assert answer["place"]["point"] == pytest.approx(taught.points[0], abs=1e-3)
    _, other, _ = ask(f"{address}/live/digit", encoded(seven()))
    assert (other["headline"], len(other["names"]), "place" in other) == ("7", 11, False)
    _, api, _ = ask(f"{address}/api/recognize?taught={taught.token}", picture(seven()))
    assert list(api["probabilities"]) == list("0123456789")


def test_nothing_drawn_has_no_place_on_the_map(awake, server, taught):
    blank = encoded(np.zeros((280, 280), np.uint8))
    _, answer, _ = ask(f"{server()}/live/digit?taught={taught.token}&map=yes", blank)
    assert answer["place"] is None


def test_the_way_through_the_network_is_told_to_those_who_ask(awake, server, recognizer):
    address = f"{server()}/live/digit"
    _, answer, _ = ask(f"{address}?flow=yes", encoded(seven()))
    flow = answer["flow"]
    assert answer["headline"] == "7"
    assert int(np.argmax(flow["sums"])) == 7
    assert len(flow["links"]) == len(flow["maps"]) + 1
    _, blank, _ = ask(f"{address}?flow=yes", encoded(np.zeros((280, 280), np.uint8)))
    assert blank["flow"] is None
    assert "flow" not in ask(address, encoded(seven()))[1]


@pytest.mark.parametrize("path", ["digit", "number"])
def test_a_token_that_nobody_has_any_more_is_told(awake, server, path):
    status, answer, _ = ask(f"{server()}/live/{path}?taught=0123", encoded(seven()))
    assert status == 409
    assert "taught" in answer["error"]


def test_a_browser_fetches_what_its_visitor_taught(awake, server, taught):
    address = server()
    status, content, headers = ask(f"{address}/live/lesson?taught={taught.token}")
    assert (status, content["labels"]) == (200, ["★"])
    assert headers["Cache-Control"] == "no-store"
    assert ask(f"{address}/live/lesson?taught=0123")[0] == 409
