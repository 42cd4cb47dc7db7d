"""One request and what comes of it, over real sockets on the loopback."""

from __future__ import annotations

import socket
import struct
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import urllib3

from retailctl.http import REDIRECTS, HttpReply, NoReply, open_pool, send_request
from support.certificates import server_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str, str | None, bytes]] = []  # noqa: RUF012 - emptied by the fixture
    ports: list[int] = []  # noqa: RUF012 - as above

    def log_message(self, *_: object) -> None:
        pass

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.seen.append((self.command, self.path, self.headers.get("host"), body))
        self.ports.append(self.client_address[1])
        path = urlsplit(self.path).path  # a proxy is given the whole address
        status = HTTPStatus.FOUND if path.startswith("/moved") else HTTPStatus(int(path[1:]))
        self.send_response(status)
        if status == HTTPStatus.FOUND:
            left = int(path.removeprefix("/moved"))
            self.send_header("Location", f"/moved{left - 1}" if left > 1 else "/200")
        self.send_header("Content-Type", "Text/HTML; charset=utf-8")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_GET = do_POST = answer  # noqa: N815 - http.server's names


@pytest.fixture
def url() -> Iterator[str]:
    Handler.seen.clear()
    Handler.ports.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def one_connection(handle: Callable[[socket.socket], object]) -> Iterator[str]:
    """Take one connection, and do with it what a test wants."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def take() -> None:
            connection, _ = listening.accept()
            with connection:
                handle(connection)

        thread = Thread(target=take)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize("status", [200, 202, 401, 404, 503])
def test_a_reply_is_told_whatever_its_status(url: str, status: int) -> None:
    reply = send_request(f"{url}/{status}", timeout=5)

    assert reply == HttpReply(status, reply.headers, b"ok", HTTPStatus(status).phrase)
    assert reply.media_type == "text/html"


def test_headers_and_body_are_sent_as_given(url: str) -> None:
    send_request(f"{url}/202", timeout=5, method="POST", headers={"Host": "shop.example.com"}, body=b"{}")

    assert Handler.seen == [("POST", "/202", "shop.example.com", b"{}")]


def test_a_read_follows_redirects_so_far_and_no_further(url: str) -> None:
    assert send_request(f"{url}/moved{REDIRECTS}", timeout=5).status == HTTPStatus.OK
    assert send_request(f"{url}/moved{REDIRECTS + 1}", timeout=5).status == HTTPStatus.FOUND


def test_what_is_written_follows_none(url: str) -> None:
    assert send_request(f"{url}/moved1", timeout=5, method="POST", body=b"{}").status == HTTPStatus.FOUND
    assert len(Handler.seen) == 1


def test_a_pool_keeps_its_connection(url: str) -> None:
    pool = open_pool(url)
    for _ in range(3):
        send_request(f"{url}/200", timeout=5, pool=pool)
    pool.clear()

    assert len(set(Handler.ports)) == 1


def test_where_nobody_listens_that_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    with pytest.raises(NoReply, match="Connection refused") as failed:
        send_request(f"http://127.0.0.1:{port}/", timeout=5)
    assert failed.value.kind == "ConnectionRefusedError"


def test_a_server_that_hangs_up_is_no_reply_and_nothing_is_sent_again() -> None:
    def read_request(connection: socket.socket) -> None:
        request = b""
        while not request.endswith(b"{}"):  # what is left unread would make the kernel reset the connection
            request += connection.recv(1000)

    with one_connection(read_request) as address, pytest.raises(NoReply) as failed:
        send_request(f"http://{address}/", timeout=5, method="POST", body=b"{}")
    assert failed.value.kind == "RemoteDisconnected"


def test_a_server_that_resets_the_connection_is_no_reply() -> None:
    def reset(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with one_connection(reset) as address, pytest.raises(NoReply, match="reset by peer") as failed:
        send_request(f"http://{address}/", timeout=5)
    assert failed.value.kind == "ConnectionResetError"


def test_a_server_that_says_nothing_is_no_reply() -> None:
    def wait(connection: socket.socket) -> None:
        while connection.recv(1000):
            pass

    with one_connection(wait) as address, pytest.raises(NoReply, match="timed out") as failed:
        send_request(f"http://{address}/", timeout=0.2)
    assert failed.value.kind == "TimeoutError"


def test_what_is_no_http_is_no_reply() -> None:
    def say_hello(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"hello\r\n\r\n")

    with one_connection(say_hello) as address, pytest.raises(NoReply) as failed:
        send_request(f"http://{address}/", timeout=5)
    assert failed.value.kind == "BadStatusLine"


def test_a_certificate_that_nobody_vouches_for_is_no_reply(tmp_path: Path) -> None:
    context = server_context("127.0.0.1", tmp_path)

    def shake_hands(connection: socket.socket) -> None:
        with suppress(OSError):
            context.wrap_socket(connection, server_side=True)

    with one_connection(shake_hands) as address, pytest.raises(NoReply, match="CERTIFICATE_VERIFY_FAILED"):
        send_request(f"https://{address}/", timeout=5)


@pytest.mark.parametrize(
    "address",
    ["http://", "http://[bad", "ftp://x/", "nowhere", "http://h/a b", "http://h:0", "http://h:99999"],
)
def test_what_is_no_address_is_no_reply(address: str) -> None:
    with pytest.raises(NoReply):
        send_request(address, timeout=5)


def test_the_shells_proxy_is_used_but_not_for_this_machine(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("http_proxy", url)
    monkeypatch.setenv("no_proxy", "inside.example.com")

    assert send_request("http://elsewhere.example.com/200", timeout=5).status == HTTPStatus.OK
    assert send_request(f"{url}/404", timeout=5).status == HTTPStatus.NOT_FOUND
    assert [path for _, path, *_ in Handler.seen] == ["http://elsewhere.example.com/200", "/404"]
    assert isinstance(open_pool("http://elsewhere.example.com"), urllib3.ProxyManager)
    assert not isinstance(open_pool("http://inside.example.com"), urllib3.ProxyManager)
