"""The page server: a reverse proxy in front of a CloudFront distribution.

A distribution of the emulator answers by its own domain, which browsers cannot resolve, and requires HTTPS. This
server forwards requests to the emulator under that domain, as if they had come over HTTPS. It serves plain HTTP
at ``http://127.0.0.1:<port>``: browsers treat that as a secure context, and nobody has to accept a certificate.
Browser tests give ``Server`` an SSL context and visit the distribution by its own domain.

It accepts requests from this machine only, and only for its address or the distribution's domain, which prevents
DNS rebinding. It logs no requests.
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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retailctl.options import format_make

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

LOOPBACK = "127.0.0.1"
WHOAMI = "/.well-known/retailctl-page"
"""The path at which a server describes itself to the process that started it."""
MAXIMUM_BODY = 10 * 1024 * 1024
TIMEOUT_SECONDS = 60.0
_HOP_BY_HOP = frozenset(
    {
        "connection", "content-length", "host", "keep-alive", "proxy-authenticate", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""Headers of one connection, and headers that are set again for the next connection."""
_FORWARDED = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "forwarded")


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a page: the emulator's ``port`` and the distribution's ``domain``."""

    port: int
    domain: str


class Server(ThreadingHTTPServer):
    """Serves a distribution on loopback: HTTP, or HTTPS with an SSL context."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        origin: Origin,
        port: int = 0,
        context: ssl.SSLContext | None = None,
        *,
        restart: str = "make up",
    ) -> None:
        super().__init__((LOOPBACK, port), _PageHandler)
        self.origin = origin
        self.context = context
        self.restart = restart
        self.names = frozenset({LOOPBACK, "localhost", origin.domain})

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's
        """Serve a connection in its own thread; ignore failed TLS handshakes."""
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
        """Report errors, except for connections that the client closed."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _PageHandler(BaseHTTPRequestHandler):
    """A client's connection, and the connection to the emulator that belongs to it."""

    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.1"  # or a request line that cannot be read is answered without a status
    timeout = TIMEOUT_SECONDS
    server: Server
    _upstream: http.client.HTTPConnection | None = None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as http.server names it
        """Log nothing: addresses and headers contain personal data."""

    def finish(self) -> None:
        """Close the connection to the emulator with the client's."""
        self._close_upstream()
        super().finish()

    def _serve(self) -> None:
        host = self.headers.get("host", "").rpartition(":")[0] or self.headers.get("host", "")
        if host not in self.server.names:
            self._send_text(
                HTTPStatus.MISDIRECTED_REQUEST, "This server serves the page to this machine only."
            )
            return
        if self.path == WHOAMI:
            self._send_response(
                HTTPStatus.OK,
                [("content-type", "application/json")],
                json.dumps(describe_server(self.server.origin)).encode(),
            )
            return
        body = self._read_body()
        if isinstance(body, tuple):
            self._send_text(*body)
            return
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in _HOP_BY_HOP and name.lower() not in _FORWARDED
        }
        try:
            answer, content = self._forward(body, headers)
        except (ValueError, http.client.InvalidURL):  # http.client refuses to send such a header or path
            self._close_upstream()
            self._send_text(HTTPStatus.BAD_REQUEST, "The request holds characters that HTTP does not allow.")
            return
        except (OSError, http.client.HTTPException):
            self._close_upstream()
            self._send_text(
                HTTPStatus.BAD_GATEWAY,
                f"The local cloud does not answer: start it again with `{self.server.restart}`.",
            )
            return
        forwarded = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP]
        self._send_response(answer.status, forwarded, content, length=answer.getheader("content-length"))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815 - http.server's

    def _read_body(self) -> bytes | tuple[HTTPStatus, str]:
        """Return the request's body, or the status and sentence that refuse it."""
        problem = self._find_problem()
        if problem is not None:
            return problem
        length = int(self.headers.get("content-length", "0"))
        try:
            body = self.rfile.read(length)
        except TimeoutError:
            return HTTPStatus.REQUEST_TIMEOUT, "The body did not come in time."
        if len(body) < length:
            return HTTPStatus.BAD_REQUEST, "The body is shorter than its Content-Length."
        return body

    def _find_problem(self) -> tuple[HTTPStatus, str] | None:
        """Return why the request is refused, or None."""
        if not self.path.startswith("/") or not self.path.isascii():
            return HTTPStatus.BAD_REQUEST, "The path must begin with / and be percent-encoded."
        lengths = set(self.headers.get_all("content-length", ["0"]))
        length = lengths.pop()
        if lengths or not (length.isascii() and length.isdecimal()):
            return HTTPStatus.BAD_REQUEST, "Send one Content-Length, a whole number."
        too_long = len(length) > len(str(MAXIMUM_BODY)) or int(length) > MAXIMUM_BODY
        if "transfer-encoding" in self.headers or too_long:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Send a small body with a Content-Length."
        return None

    def _forward(self, body: bytes, headers: dict[str, str]) -> tuple[http.client.HTTPResponse, bytes]:
        """Send the request to the emulator; open a new connection if needed."""
        origin = self.server.origin
        request_headers = {
            **headers,
            "host": origin.domain,
            "x-forwarded-proto": "https",
            "content-length": str(len(body)),
        }
        if not body and self.command in {"GET", "HEAD", "OPTIONS"}:
            del request_headers["content-length"]
        is_fresh = self._upstream is None
        if self._upstream is None:
            self._upstream = http.client.HTTPConnection(LOOPBACK, origin.port, timeout=TIMEOUT_SECONDS)
        try:
            self._upstream.request(self.command, self.path, body or None, request_headers)
            answer = self._upstream.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._close_upstream()
            if is_fresh or self.command not in {"GET", "HEAD", "OPTIONS"}:
                raise
            return self._forward(body, headers)
        return answer, answer.read()

    def _close_upstream(self) -> None:
        if self._upstream is not None:
            self._upstream.close()
            self._upstream = None

    def _send_text(self, status: HTTPStatus, sentence: str) -> None:
        self.close_connection = True
        self._send_response(
            status, [("content-type", "text/plain; charset=utf-8")], sentence.encode() + b"\n"
        )

    def _send_response(
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
    """Return the description that a server gives at ``WHOAMI``."""
    return {"port": origin.port, "domain": origin.domain}


def main(arguments: Sequence[str]) -> None:
    """Serve until SIGTERM.

    Arguments: the cloud's folder, by which `down` finds this process; the environment; the port to serve on; the
    emulator's port; the distribution's domain.
    """
    home, environment, port, emulator, domain = arguments
    restart = format_make("up", environment, Path(home).name)
    server = Server(Origin(int(emulator), domain), int(port), restart=restart)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.2)
    server.server_close()


if __name__ == "__main__":
    main(sys.argv[1:])
