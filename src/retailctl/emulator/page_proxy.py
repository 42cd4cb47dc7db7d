"""The door of a local cloud's page: a small server on the loopback in front of its CloudFront distribution.

A distribution of the emulator answers by its own name, which no browser here resolves, and insists on HTTPS. This
server sends what it is asked on to the emulator under that name, as if it had come over HTTPS. To people it speaks
plain HTTP at ``http://127.0.0.1:<port>``: browsers take that for a secure context, and nobody has to accept a
certificate. Browser tests give ``Server`` an SSL context and visit the distribution by its own name.

It serves this machine alone, and knows itself by its address and the distribution's name only: a page elsewhere
whose name is pointed at the loopback (DNS rebinding) gets nothing. It logs no request.
"""

from __future__ import annotations

import http.client
import json
import signal
import sys
import threading
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

LOOPBACK = "127.0.0.1"
WHOAMI = "/.well-known/retailctl-page"
"""Where a server says which page it serves, for whoever has started it."""
MAXIMUM_BODY = 10 * 1024 * 1024
TIMEOUT_SECONDS = 60.0
_HOP_BY_HOP = frozenset(
    {
        "connection", "content-length", "host", "keep-alive", "proxy-authenticate", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""Headers that are about one connection, and those that are written anew for the next one."""
_FORWARDED = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "forwarded")


@dataclass(frozen=True, slots=True)
class Origin:
    """What is behind the door: the emulator's ``port`` on the loopback, and the distribution's ``domain``."""

    port: int
    domain: str


class Server(ThreadingHTTPServer):
    """Serves a distribution on the loopback: plain HTTP, or HTTPS with an SSL context."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, origin: Origin, port: int = 0, context: ssl.SSLContext | None = None) -> None:
        super().__init__((LOOPBACK, port), _Door)
        self.origin = origin
        self.context = context
        self.names = frozenset({LOOPBACK, "localhost", origin.domain})

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's
        """Serve a connection, in its own thread; a TLS handshake that fails is the client's affair."""
        if self.context is None:
            super().finish_request(request, client_address)
            return
        request.settimeout(TIMEOUT_SECONDS)
        try:
            secured = self.context.wrap_socket(request, server_side=True)
        except OSError:
            return
        with secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's
        """Keep quiet of connections that break off; tell of all else."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Door(BaseHTTPRequestHandler):
    """One connection of a client's, and one to the emulator that goes with it."""

    protocol_version = "HTTP/1.1"
    timeout = TIMEOUT_SECONDS
    server: Server
    _upstream: http.client.HTTPConnection | None = None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as http.server names it
        """Log no request: addresses and headers hold what nobody is to read."""

    def finish(self) -> None:
        """Hang up at the emulator with the client."""
        self._hang_up()
        super().finish()

    def _serve(self) -> None:
        host = self.headers.get("host", "").rpartition(":")[0] or self.headers.get("host", "")
        if host not in self.server.names:
            self._say(HTTPStatus.MISDIRECTED_REQUEST, "This server is for the page on this machine only.")
            return
        if self.path == WHOAMI:
            self._answer(
                HTTPStatus.OK,
                [("content-type", "application/json")],
                json.dumps(describe_server(self.server.origin)).encode(),
            )
            return
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not length.isdecimal() or int(length) > MAXIMUM_BODY:
            self._say(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Send a body of a stated length, and a small one.")
            return
        body = self.rfile.read(int(length))
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in _HOP_BY_HOP and name.lower() not in _FORWARDED
        }
        try:
            answer, content = self._ask(body, headers)
        except (OSError, http.client.HTTPException):
            self._hang_up()
            self._say(
                HTTPStatus.BAD_GATEWAY, "The local cloud does not answer: start it anew with `make up`."
            )
            return
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP]
        self._answer(answer.status, kept, content, length=answer.getheader("content-length"))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815 - http.server's

    def _ask(self, body: bytes, headers: dict[str, str]) -> tuple[http.client.HTTPResponse, bytes]:
        """Return the emulator's answer, over the open connection or, where that has been closed, a new one."""
        origin = self.server.origin
        sent = {
            **headers,
            "host": origin.domain,
            "x-forwarded-proto": "https",
            "content-length": str(len(body)),
        }
        if not body and self.command in {"GET", "HEAD", "OPTIONS"}:
            del sent["content-length"]
        is_fresh = self._upstream is None
        if self._upstream is None:
            self._upstream = http.client.HTTPConnection(LOOPBACK, origin.port, timeout=TIMEOUT_SECONDS)
        try:
            self._upstream.request(self.command, self.path, body or None, sent)
            answer = self._upstream.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._hang_up()
            if is_fresh or self.command not in {"GET", "HEAD", "OPTIONS"}:
                raise
            return self._ask(body, headers)
        return answer, answer.read()

    def _hang_up(self) -> None:
        if self._upstream is not None:
            self._upstream.close()
            self._upstream = None

    def _say(self, status: HTTPStatus, sentence: str) -> None:
        self.close_connection = True
        self._answer(status, [("content-type", "text/plain; charset=utf-8")], sentence.encode() + b"\n")

    def _answer(
        self, status: int, headers: Sequence[tuple[str, str]], content: bytes, *, length: str | None = None
    ) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if self.command == "HEAD":
            self.send_header("content-length", length or "0")
        elif status not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
            self.send_header("content-length", str(len(content)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def describe_server(origin: Origin) -> dict[str, object]:
    """Return what a server says of itself at ``WHOAMI``."""
    return {"port": origin.port, "domain": origin.domain}


def main(arguments: Sequence[str]) -> None:
    """Serve until SIGTERM.

    Arguments: the cloud's folder, by which `down` knows this process; the environment; the port to serve on; the
    emulator's port; the distribution's domain.
    """
    _, _, port, emulator, domain = arguments
    server = Server(Origin(int(emulator), domain), int(port))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.2)
    server.server_close()


if __name__ == "__main__":
    main(sys.argv[1:])
