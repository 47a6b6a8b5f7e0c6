"""Several servers behind nginx, as compose.yaml sets them up: with a real nginx, real servers and a real browser."""

import getpass
import http.client
import http.server
import io
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from model.ink.files import MAX_BYTES
from model.ink.strokes import draw, parse, placed
from tests.browser import COUNT_INK, CROSSED_SEVEN, FOUR, ROOT, DrawPage, NumbersPage, free_port

# Debian has it where only the superuser's PATH leads to.
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
WAKING = 120  # seconds for a server to import and load the network, on a busy machine
READING = 1000 * WAKING  # milliseconds for a picture: the processes that read it may still import
COOKIE = "digits_server"
BLANK = re.compile(r"\$\{(\w+)\}")

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


def wait_until(happened, what: str) -> None:
    """Asks again and again; `happened` may raise OSError, which means not yet."""
    end = time.monotonic() + WAKING
    while time.monotonic() < end:
        try:
            if happened():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"Waited in vain until {what}.")


class App:
    """One server of the app, which can be killed and started again on its port."""

    def __init__(self):
        self.port = free_port()
        self.start()

    def start(self) -> None:
        options = ["--server.headless", "true", "--server.address", "127.0.0.1", "--server.port", str(self.port)]
        command = [sys.executable, "-m", "streamlit", "run", "app.py", *options]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wait_until_ready(self) -> None:
        wait_until(lambda: ask(self.port, "/api/health").status == 200, "a server was ready")

    def terminate(self) -> None:
        self.process.terminate()
        self.process.wait(WAKING)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(WAKING)


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers who it is, and what it was sent."""

    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.connections.append(self.connection)

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        sent = {"port": self.server.server_port, "headers": dict(self.headers), "size": len(body)}
        answer = json.dumps(sent).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET

    def log_message(self, *_):
        pass


@contextmanager
def echo(port: int):
    """A server that starts at once, in place of one of the app's."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Echo) as server:
        server.daemon_threads = True
        server.connections = []
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield
        server.shutdown()
        for connection in server.connections:  # a process that ends closes all that it has
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def write_configuration(folder: Path, ports: tuple[int, int], tls: str, http_port: int, https_port: int) -> None:
    """Fills in the templates as nginx's container does, below a configuration that needs no superuser."""
    blanks = {
        "TLS": tls,
        "HTTP_PORT": f"127.0.0.1:{http_port}",
        "HTTPS_PORT": f"127.0.0.1:{https_port}",
        "CERTIFICATES": str(folder),
        "SERVER_1": f"127.0.0.1:{ports[0]}",
        "SERVER_2": f"127.0.0.1:{ports[1]}",
        "NGINX_LOCAL_RESOLVERS": "127.0.0.1",  # nobody is asked: these servers have no names
    }
    (folder / "conf.d").mkdir(exist_ok=True)
    for template in (ROOT / "nginx").glob("*.template"):
        text = BLANK.sub(lambda blank: blanks[blank[1]], template.read_text())
        (folder / "conf.d" / template.name.removesuffix(".template")).write_text(text)
    bodies = "\n".join(f"{kind}_temp_path {kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    # A superuser's nginx works as nobody, who may not enter a folder for tests.
    user = f"user {getpass.getuser()} root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid nginx.pid; events {{ }} http {{ {bodies} include conf.d/*.conf; }}"
    )


def nginx(folder: Path) -> list[str]:
    return [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]


@contextmanager
def running_nginx(folder: Path, ports: tuple[int, int], tls: str = "off"):
    """Starts nginx in front of the servers on these ports; gives its own for http and for https."""
    http_port, https_port = free_port(), free_port()
    write_configuration(folder, ports, tls, http_port, https_port)
    process = subprocess.Popen(nginx(folder), stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: socket.create_connection(("127.0.0.1", http_port), 1).close() or True, "nginx listened")
        yield http_port, https_port
    finally:
        process.terminate()
        process.wait(WAKING)


class Answer:
    """What came back: `status`, `headers`, `text`, and the number of the server that a cookie was set for, if any."""

    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.text = response.read().decode()
        cookie = response.headers.get("Set-Cookie", "")
        self.cookie = cookie
        self.server = cookie.split(";")[0].removeprefix(f"{COOKIE}=") or None

    def json(self):
        return json.loads(self.text)


def ask(port: int, path: str = "/", body: bytes | None = None, server: str | None = None, tls=None, **headers: str):
    """One request, of a visitor whose cookie holds `server`."""
    if server is not None:
        headers["Cookie"] = f"{COOKIE}={server}"
    scheme = "https" if tls else "http"
    request = urllib.request.Request(f"{scheme}://127.0.0.1:{port}{path}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60, context=tls) as response:
            return Answer(response)
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error)


@pytest.fixture(scope="module")
def apps():
    """Two servers of the app, which run."""
    apps = [App(), App()]
    for app in apps:
        app.wait_until_ready()
    yield apps
    for app in apps:
        app.kill()


@pytest.fixture(scope="module")
def front(apps, tmp_path_factory):
    """The port of nginx in front of `apps`."""
    with running_nginx(tmp_path_factory.mktemp("nginx"), (apps[0].port, apps[1].port)) as (port, _):
        yield port


@pytest.fixture
def echoes(tmp_path):
    """The port of nginx, and those of the two places behind it where an `echo` can stand."""
    ports = (free_port(), free_port())
    with running_nginx(tmp_path, ports) as (port, _):
        yield port, ports


@pytest.fixture
def visit(browser):
    """Opens the page at an address as a new visitor."""
    visitors = []

    def open_page(address: str) -> DrawPage:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, ignore_https_errors=True)
        visitors.append(DrawPage(context.new_page(), address))
        return visitors[-1]

    yield open_page
    assert [error for visitor in visitors for error in visitor.errors] == []
    for visitor in visitors:
        visitor.page.context.close()


def server_of(visitor: DrawPage) -> int:
    """Which of `apps` the visitor's cookie names."""
    (value,) = [cookie["value"] for cookie in visitor.page.context.cookies() if cookie["name"] == COOKIE]
    return int(value) - 1


@contextmanager
def reconnecting(*visitors: DrawPage):
    """What is done in this block makes these visitors' pages lose their web sockets; waits until they have others."""
    with ExitStack() as sockets:
        for visitor in visitors:
            sockets.enter_context(visitor.page.expect_websocket())
        yield
    for visitor in visitors:
        visitor.page.locator('[data-testid="stApp"][data-test-connection-state="CONNECTED"]').wait_for()
        visitor.at_rest()


def expect_drawing(visitor: DrawPage, digit: str) -> None:
    """Waits until there is ink on the canvas, and it is read as this digit."""
    visitor.page.wait_for_function(f"() => {COUNT_INK}() > 0")
    visitor.expect_digit(digit)


def picture(text: str) -> bytes:
    """A file with a digit, dark on light."""
    strokes = placed(parse(text), 160, (150, 150))
    file = io.BytesIO()
    Image.fromarray(255 - draw(strokes, 16, 300, 300)).save(file, "PNG")
    return file.getvalue()


# ── Which server a visitor gets ─────────────────────────────────────────────────────────────────────────────────────


def test_visitors_are_spread_over_the_servers_and_each_stays_on_one(echoes):
    front, ports = echoes
    with echo(ports[0]), echo(ports[1]):
        arrivals = [ask(front) for _ in range(60)]
        for arrival in arrivals:
            assert arrival.json()["port"] == ports[int(arrival.server) - 1]
        # Of sixty visitors fewer than ten get one of the two once in a hundred million times.
        assert all(sum(arrival.server == server for arrival in arrivals) >= 10 for server in "12")
        for server in "12":
            answers = [ask(front, f"/{number}", server=server) for number in range(20)]
            assert {answer.json()["port"] for answer in answers} == {ports[int(server) - 1]}
            assert {answer.cookie for answer in answers} == {""}  # set once


def test_a_cookie_that_names_no_server_is_as_none(echoes):
    front, ports = echoes
    with echo(ports[0]), echo(ports[1]):
        for forged in ("3", "", "1:1", "127.0.0.1:80"):
            assert ask(front, server=forged).server in ("1", "2")


def test_who_loses_the_server_gets_another_and_stays_there(echoes):
    front, ports = echoes
    with echo(ports[1]):
        with echo(ports[0]):
            assert ask(front, "/api/recognize", b"ink", server="1").json()["port"] == ports[0]
        moved = ask(front, "/api/recognize", b"ink", server="1")
        assert (moved.json()["port"], moved.json()["size"], moved.server) == (ports[1], 3, "2")
        with echo(ports[0]):
            assert ask(front, server="2").json()["port"] == ports[1]


def test_without_any_server_there_is_a_sentence(echoes):
    front, _ = echoes
    page = ask(front)
    assert (page.status, page.headers["Content-Type"]) == (503, "text/plain; charset=utf-8")
    assert page.text == "No server is there at the moment; please try again in a few seconds.\n"
    for path in ("/api/recognize", "/live/digit"):
        answer = ask(front, path, b"ink", server="1")
        assert (answer.status, answer.headers["Content-Type"]) == (503, "application/json")
        assert list(answer.json()) == ["error"]


def test_the_server_learns_the_address_that_nginx_saw_and_the_host_that_the_visitor_named(echoes):
    front, ports = echoes
    with echo(ports[0]), echo(ports[1]):
        headers = ask(front, **{"X-Forwarded-For": "192.0.2.1", "Host": "digits.school:8080"}).json()["headers"]
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "http"
    assert headers["Host"] == headers["X-Forwarded-Host"] == "digits.school:8080"


def test_a_body_is_taken_up_to_the_limit_of_the_app_and_refused_in_json_above_it(echoes):
    front, ports = echoes
    with echo(ports[0]), echo(ports[1]):
        form = 10_000  # bytes that an upload has beside the file
        assert ask(front, "/_stcore/upload_file/a/b", bytes(MAX_BYTES + form)).json()["size"] == MAX_BYTES + form
        refused = ask(front, "/api/recognize", bytes(MAX_BYTES + 2**20 + 1))
    assert (refused.status, refused.headers["Content-Type"]) == (413, "application/json")
    assert refused.json() == {"error": "At most 20.0 MB are taken."}


# ── What a person sees ──────────────────────────────────────────────────────────────────────────────────────────────


def test_drawing_uploading_and_the_api_work_through_nginx(visit, front):
    visitor = visit(f"http://127.0.0.1:{front}")
    visitor.draw(CROSSED_SEVEN)
    visitor.expect_digit("7")
    visitor.wait_until_run()
    page = NumbersPage(visitor)
    page.pictures()
    page.upload(("seven.png", picture(CROSSED_SEVEN)))
    expect(page.read).to_have_text("7", timeout=READING)
    answer = ask(front, "/api/recognize", picture(FOUR))
    assert (answer.status, answer.json()["label"]) == (200, "4")
    # Above what the app takes, and below what nginx does: the same sentence.
    refused = ask(front, "/api/recognize", bytes(MAX_BYTES + 1))
    assert (refused.status, refused.json()) == (413, {"error": "At most 20.0 MB are taken."})


def test_a_drawing_survives_its_server(visit, front, apps):
    visitor = visit(f"http://127.0.0.1:{front}")
    visitor.draw(CROSSED_SEVEN)
    visitor.expect_digit("7")
    visitor.wait_until_run()
    dead = server_of(visitor)
    try:
        with reconnecting(visitor):
            apps[dead].kill()
        assert server_of(visitor) != dead
        expect_drawing(visitor, "7")
        visitor.page.reload()
        expect_drawing(visitor, "7")
        visitor.press("Clear")
        visitor.expect_empty()
        visitor.draw(FOUR)
        visitor.expect_digit("4")
    finally:
        apps[dead].start()
        apps[dead].wait_until_ready()


def test_servers_are_restarted_in_turn_and_nobody_loses_a_drawing(visit, front, apps):
    visitors = {}
    while len(visitors) < len(apps):  # one at each server
        visitor = visit(f"http://127.0.0.1:{front}")
        visitors.setdefault(server_of(visitor), visitor)
    drawn = {visitors[0]: (CROSSED_SEVEN, "7"), visitors[1]: (FOUR, "4")}
    for visitor, (strokes, digit) in drawn.items():
        visitor.draw(strokes)
        visitor.expect_digit(digit)
        visitor.wait_until_run()
    for number, app in enumerate(apps):
        with reconnecting(*(visitor for visitor in drawn if server_of(visitor) == number)):
            app.terminate()
        app.start()
        app.wait_until_ready()
        assert {server_of(visitor) for visitor in drawn} == {1 - number}
        for visitor, (_, digit) in drawn.items():
            expect_drawing(visitor, digit)
    for visitor in drawn:  # what is uploaded goes to the server that now has the visitor
        page = NumbersPage(visitor)
        page.pictures()
        page.upload(("four.png", picture(FOUR)))
        expect(page.read).to_have_text("4", timeout=READING)


# ── Https, and the container ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    """A folder with a certificate for 127.0.0.1 that nobody but the tests trusts."""
    folder = tmp_path_factory.mktemp("tls")
    made = ["-keyout", folder / "key.pem", "-out", folder / "certificate.pem"]
    named = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *named, *made]
    subprocess.run(request, check=True, capture_output=True)
    return folder


def test_one_setting_turns_https_on(visit, apps, certified):
    trusted = ssl.create_default_context(cafile=certified / "certificate.pem")
    with running_nginx(certified, (apps[0].port, apps[1].port), tls="on") as (_, front):
        subprocess.run([*nginx(certified), "-t"], check=True, capture_output=True)
        answer = ask(front, tls=trusted)
        assert answer.status == 200
        assert answer.cookie.split("; ")[1:] == ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"]
        visitor = visit(f"https://127.0.0.1:{front}")
        visitor.draw(CROSSED_SEVEN)
        visitor.expect_digit("7")


def test_http_leads_to_https_where_it_is_on(certified):
    with running_nginx(certified, (free_port(), free_port()), tls="on") as (front, _):
        connection = http.client.HTTPConnection("127.0.0.1", front)
        connection.request("GET", "/numbers?expect=form")
        response = connection.getresponse()
        assert (response.status, response.headers["Location"]) == (301, "https://127.0.0.1/numbers?expect=form")
        connection.close()


def test_the_container_knows_every_blank_of_the_templates():
    compose = (ROOT / "compose.yaml").read_text()
    blanks = {name for file in (ROOT / "nginx").glob("*.template") for name in BLANK.findall(file.read_text())}
    given = set(re.findall(r"^ {6}(\w+):", compose, re.MULTILINE))
    # nginx's container finds out itself whom it asks for addresses.
    assert blanks - {"NGINX_LOCAL_RESOLVERS"} <= given
    assert "NGINX_ENTRYPOINT_LOCAL_RESOLVERS" in given
