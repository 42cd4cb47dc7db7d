"""The door of a local cloud's page: what it passes on, what it keeps to itself, and whom it serves."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from retailctl.delivery import page
from retailctl.emulator import ministack, page_proxy, processes
from retailctl.emulator import page as emulator_page
from retailctl.emulator.page_proxy import Origin, Server
from support.certificates import server_context
from support.command import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOMAIN = "d123.cloudfront.net"


class Emulator:
    """What arrived at the emulator, and what it answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.connections: set[Any] = set()
        self.status, self.headers, self.body = 200, {"content-type": "text/html"}, b"<p>page</p>"
        self.hangs_up_after: int | None = None

    @property
    def last(self) -> tuple[str, str, dict[str, str], bytes]:
        return self.asked[-1]


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[int]:
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def behind() -> Iterator[tuple[Emulator, int]]:
    """An emulator that answers as told, and its port."""
    told = Emulator()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.asked.append((self.command, self.path, headers, body))
            told.connections.add(self.client_address)
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            if told.status != 304:
                self.send_header("content-length", str(len(told.body)))
            self.end_headers()
            if self.command != "HEAD" and told.status != 304:
                self.wfile.write(told.body)
            if told.hangs_up_after is not None and len(told.asked) >= told.hangs_up_after:
                self.close_connection = True  # without a word, as a server that was idle for too long

        do_GET = do_HEAD = do_POST = do_OPTIONS = do_DELETE = answer  # noqa: N815 - http.server's

        def log_message(self, *_: object) -> None:
            pass

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield told, port


@pytest.fixture
def door(behind: tuple[Emulator, int]) -> Iterator[http.client.HTTPConnection]:
    """A browser's connection to the door of that emulator."""
    with serving(Server(Origin(behind[1], DOMAIN))) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        yield connection
        connection.close()


def ask(
    door: http.client.HTTPConnection,
    method: str = "GET",
    path: str = "/",
    body: str | None = None,
    **headers: str,
) -> tuple[int, dict[str, str], bytes]:
    door.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = door.getresponse()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


# What it passes on


def test_it_asks_for_the_distribution_as_if_over_https(
    behind: tuple[Emulator, int], door: http.client.HTTPConnection
) -> None:
    status, headers, body = ask(door, path="/scores?role=creator&limit=3", if_none_match='"x"')

    assert (status, body, headers["content-type"]) == (200, b"<p>page</p>", "text/html")
    method, path, sent, _ = behind[0].last
    assert (method, path) == ("GET", "/scores?role=creator&limit=3")
    assert (sent["host"], sent["x-forwarded-proto"], sent["if-none-match"]) == (DOMAIN, "https", '"x"')


def test_bodies_and_refusals_go_through_as_they_are(
    behind: tuple[Emulator, int], door: http.client.HTTPConnection
) -> None:
    told, _ = behind
    told.status, told.body, told.headers = 401, b'{"message": "Unauthorized"}', {"x-thing": "1"}

    status, headers, body = ask(
        door, "POST", "/events", '{"a": 1}', authorization="Bearer t", idempotency_key="k"
    )

    assert (status, body, headers["x-thing"]) == (401, told.body, "1")
    method, path, sent, arrived = told.last
    assert (method, path, arrived) == ("POST", "/events", b'{"a": 1}')
    assert (sent["authorization"], sent["idempotency-key"]) == ("Bearer t", "k")


def test_answers_without_a_body_have_none(
    behind: tuple[Emulator, int], door: http.client.HTTPConnection
) -> None:
    told, _ = behind
    assert ask(door, "HEAD")[1]["content-length"] == str(len(told.body))
    told.status = 304
    status, headers, body = ask(door)
    assert (status, body) == (304, b"")
    assert "content-length" not in headers


def test_what_a_client_claims_of_other_proxies_is_not_believed(
    behind: tuple[Emulator, int], door: http.client.HTTPConnection
) -> None:
    ask(door, x_forwarded_proto="http", x_forwarded_host="evil.example", te="trailers")

    sent = behind[0].last[2]
    assert sent["x-forwarded-proto"] == "https"
    assert not sent.keys() & {"x-forwarded-host", "te"}


def test_one_connection_serves_request_after_request(
    behind: tuple[Emulator, int], door: http.client.HTTPConnection
) -> None:
    for _ in range(5):
        ask(door)

    assert len(behind[0].connections) == 1


def test_a_connection_that_the_emulator_closed_is_opened_anew_for_a_read(
    behind: tuple[Emulator, int], door: http.client.HTTPConnection
) -> None:
    behind[0].hangs_up_after = 1

    assert [ask(door)[0] for _ in range(3)] == [200, 200, 200]
    assert len(behind[0].asked) == 3


def test_without_an_emulator_there_is_a_sentence() -> None:
    with serving(Server(Origin(ministack.find_free_port(), DOMAIN))) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        status, _, body = ask(connection)

    assert status == 502
    assert b"start it again with `make up`" in body


# Whom it serves


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_a_page_elsewhere_that_points_its_name_here_gets_nothing(
    behind: tuple[Emulator, int], door: http.client.HTTPConnection, host: str
) -> None:
    assert ask(door, host=host)[0] == 421
    assert behind[0].asked == []


@pytest.mark.parametrize("host", ["127.0.0.1:1234", "localhost", "localhost:99", DOMAIN])
def test_its_own_names_are_known(door: http.client.HTTPConnection, host: str) -> None:
    assert ask(door, host=host)[0] == 200


@pytest.mark.parametrize("headers", [{"content_length": "99999999999"}, {"transfer_encoding": "chunked"}])
def test_a_body_of_any_size_is_not_taken(
    behind: tuple[Emulator, int], door: http.client.HTTPConnection, headers: dict[str, str]
) -> None:
    assert ask(door, "POST", "/events", None, **headers)[0] == 413
    assert behind[0].asked == []


def ask_raw(port: int, request: bytes) -> bytes:
    """Send bytes as they are, end the sending, and return the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(4096), b""))


@pytest.mark.parametrize(
    ("request_line", "headers", "status"),
    [
        ("GET /caf\xe9 HTTP/1.1", "", 400),
        ("GET /a\x01b HTTP/1.1", "", 400),
        ("GET http://elsewhere/ HTTP/1.1", "", 400),
        ("OPTIONS * HTTP/1.1", "", 400),
        ("GET / HTTP/9.9", "", 505),
        ("GET /a b HTTP/1.1", "", 400),
        ("BREW / HTTP/1.1", "", 501),
        ("POST / HTTP/1.1", "content-length: -1", 400),
        ("POST / HTTP/1.1", "content-length: 1e3", 400),
        ("POST / HTTP/1.1", "content-length: \xb2", 400),
        ("POST / HTTP/1.1", "content-length: 1\r\ncontent-length: 2", 400),
        ("POST / HTTP/1.1", "content-length: 5", 400),
        ("POST / HTTP/1.1", "content-length: " + "9" * 5000, 413),
        ("POST / HTTP/1.1", "content-length: " + str(10 * 1024 * 1024 + 1), 413),
        ("GET /" + "a" * 70_000 + " HTTP/1.1", "", 414),
    ],
)
def test_odd_paths_and_lengths_are_answered_with_a_status(
    behind: tuple[Emulator, int],
    capfd: pytest.CaptureFixture[str],
    request_line: str,
    headers: str,
    status: int,
) -> None:
    with serving(Server(Origin(behind[1], DOMAIN))) as port:
        lines = [request_line, "host: localhost", *filter(None, [headers]), "", ""]
        answer = ask_raw(port, "\r\n".join(lines).encode("latin-1"))

    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer[:200]
    assert behind[0].asked == []
    assert "Traceback" not in capfd.readouterr().err


def test_the_hint_names_the_cloud_that_the_page_belongs_to() -> None:
    server = Server(Origin(ministack.find_free_port(), DOMAIN), restart="make up CLOUD=lab")
    with serving(server) as port:
        assert b"start it again with `make up CLOUD=lab`" in ask_raw(
            port, b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"
        )


def test_it_says_which_page_it_serves(behind: tuple[Emulator, int], door: http.client.HTTPConnection) -> None:
    assert json.loads(ask(door, path=page_proxy.WHOAMI)[2]) == {"port": behind[1], "domain": DOMAIN}


def test_with_a_certificate_it_is_the_distribution_s_own_address(
    behind: tuple[Emulator, int], tmp_path: Path
) -> None:
    server = Server(Origin(behind[1], DOMAIN), context=server_context(DOMAIN, tmp_path))
    trusting = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
    with serving(server) as port:
        plain = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        with pytest.raises((http.client.HTTPException, OSError)):
            ask(plain)
        raw = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        raw.connect()
        assert raw.sock
        raw.sock = trusting.wrap_socket(raw.sock, server_hostname=DOMAIN)
        assert ask(raw, host=DOMAIN)[0] == 200
        raw.close()


# As a process


class Cloud:
    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port


@pytest.fixture
def cloud(behind: tuple[Emulator, int], tmp_path: Path) -> Iterator[Any]:
    yield Cloud(tmp_path, behind[1])
    processes.end_cloud_processes(tmp_path)


def a_page(domain: str = DOMAIN) -> page.EnvironmentPage:
    found = dict.fromkeys(page._NEEDED, "x") | {"site_url": f"https://{domain}"}
    told = page.find_page("dev", found)
    assert told
    return told


def test_the_page_is_served_until_its_cloud_goes_down(cloud: Any) -> None:
    assert emulator_page.find_page_address(cloud, "dev") is None

    url = emulator_page.serve_page(cloud, "dev", a_page().domain)

    assert emulator_page.find_page_address(cloud, "dev") == url
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    assert ask(connection)[2] == b"<p>page</p>"
    connection.close()
    assert processes.end_cloud_processes(cloud.home) == 1
    assert emulator_page.find_page_address(cloud, "dev") is None


def test_a_server_that_serves_the_page_goes_on_and_a_new_distribution_gets_its_port(cloud: Any) -> None:
    first = emulator_page.serve_page(cloud, "dev", a_page().domain)
    [before] = processes.list_cloud_processes(cloud.home)
    assert emulator_page.serve_page(cloud, "dev", a_page().domain) == first
    assert processes.list_cloud_processes(cloud.home) == [before]

    assert emulator_page.serve_page(cloud, "dev", "d456.cloudfront.net") == first

    [after] = processes.list_cloud_processes(cloud.home)
    assert after.arguments[-1] == "d456.cloudfront.net"
    wait_for(lambda: before not in processes.list_processes())


def test_environments_are_served_side_by_side(cloud: Any) -> None:
    both = {emulator_page.serve_page(cloud, name, a_page().domain) for name in ("dev", "prod")}

    assert len(both) == 2
    assert {emulator_page.find_page_address(cloud, name) for name in ("dev", "prod")} == both


def test_a_server_that_does_not_come_up_is_told_with_its_last_words(
    cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulator_page, "ATTEMPTS", 1)
    monkeypatch.setattr(processes, "PAGE_SERVER_MODULE", "retailctl.nowhere")

    with pytest.raises(
        emulator_page.UserError, match=r"did not start(.|\n)*No module named retailctl\.nowhere"
    ):
        emulator_page.serve_page(cloud, "dev", a_page().domain)


def test_a_port_that_somebody_took_is_no_trouble(cloud: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = iter([cloud.port, ministack.find_free_port()])
    monkeypatch.setattr(emulator_page.ministack, "find_free_port", lambda: next(ports))

    assert emulator_page.serve_page(cloud, "dev", a_page().domain) != f"http://127.0.0.1:{cloud.port}"


def test_the_process_ends_when_asked(tmp_path: Path) -> None:
    port = ministack.find_free_port()
    command = [
        sys.executable,
        "-m",
        "retailctl.emulator.page_proxy",
        str(tmp_path),
        "dev",
        str(port),
        "1",
        DOMAIN,
    ]
    process = subprocess.Popen(command, env={**os.environ})
    try:
        wait_for(lambda: emulator_page._serves(port, Origin(1, DOMAIN)), seconds=20)
        process.terminate()
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()


def test_an_environment_without_a_site_has_no_page() -> None:
    assert page.find_page("dev", {"site_url": "https://x"}) is None


def test_a_page_knows_its_api_by_whatever_name_it_is_visited(tmp_path: Path) -> None:
    config = json.loads(a_page().config.render_file().content)

    assert config["apiUrl"] == "/"
    assert a_page().domain == DOMAIN
