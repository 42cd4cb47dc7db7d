"""Send one HTTP request; return its status or raise why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Mapping

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
REDIRECTS = 5
"""How many are followed, one after another, for a read."""


class NoReply(OSError):
    """Nothing answered; ``kind`` is the name of the operating system's error."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(str(cause))
        self.kind = type(cause).__name__


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What a request got; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    reason: str = ""

    @property
    def media_type(self) -> str:
        """Return the content type without its parameters."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


def check_address(address: str) -> None:
    """Check that a text is an address of HTTP.

    It has a scheme, a host, and maybe a port, a path and a query.

    Raises:
        ValueError: saying what is wrong with it.

    """
    if odd := next((each for each in address if each.isspace() or not each.isprintable()), None):
        raise ValueError(f"it holds the character {odd!r}")
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"}:
        raise ValueError("it must begin with http:// or https://")
    if not parts.hostname:
        raise ValueError("it names no host")
    if parts.port == 0:  # the property judges all else
        raise ValueError("Port out of range 1-65535")


def open_pool(url: str) -> urllib3.PoolManager:
    """Return a pool of connections to an address.

    It goes through the shell's proxy, unless the address is this machine's own.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxy = None if host in LOOPBACK or proxy_bypass(host) else getproxies().get(parts.scheme)
    return urllib3.ProxyManager(proxy) if proxy else urllib3.PoolManager()


def send_request(
    url: str,
    *,
    timeout: float,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    pool: urllib3.PoolManager | None = None,
) -> HttpReply:
    """Return the reply to one request, whatever its status; a read follows redirects.

    Args:
        url: the address.
        timeout: seconds to connect, and seconds without a byte.
        method: of HTTP.
        headers: what to send.
        body: what to send.
        pool: connections to use and to keep; without one, the connection is closed again.

    Raises:
        NoReply: where none came.

    """
    redirects = REDIRECTS if body is None else 0
    retries = urllib3.Retry(
        total=None, connect=0, read=0, status=0, other=0, redirect=redirects, raise_on_redirect=False
    )
    connections = pool
    try:
        check_address(url)
        connections = connections or open_pool(url)
        reply = connections.request(
            method, url, headers=dict(headers or {}), body=body, timeout=timeout, retries=retries
        )
    except (HTTPError, ValueError) as error:  # ValueError: no address at all
        raise NoReply(_find_cause(error)) from error
    finally:
        if pool is None and connections is not None:
            connections.clear()
    lower = {name.lower(): value for name, value in reply.headers.items()}
    return HttpReply(reply.status, lower, reply.data, reply.reason or "")


def _find_cause(error: BaseException) -> BaseException:
    """Return the cause of urllib3's error, from system or protocol."""
    if isinstance(error, MaxRetryError) and error.reason is not None:
        return _find_cause(error.reason)
    if isinstance(error, ProtocolError) and isinstance(error.args[-1], Exception):
        return _find_cause(error.args[-1])
    return error if error.__cause__ is None else _find_cause(error.__cause__)
