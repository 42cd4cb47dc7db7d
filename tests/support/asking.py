"""Requests as any HTTP client makes them, past whatever proxy there is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Here(HTTPRedirectHandler):
    """Follows nothing: what leads elsewhere is an answer too."""

    def redirect_request(self, *_: Any) -> None:
        return None


DIRECTLY = build_opener(ProxyHandler({}), _Here)
PATIENCE_SECONDS = 90.0
"""Twenty functions that start at once on two busy cores take half a minute."""


@dataclass(frozen=True)
class Answer:
    """What a client of the API gets; the names of headers are in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def ask(url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    """Ask an API; ``_`` in the names of headers stands for ``-``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(url, body, named, method=method)  # noqa: S310 - the local cloud's address
    try:
        reply = DIRECTLY.open(request, timeout=PATIENCE_SECONDS)
    except HTTPError as error:
        reply = error
    with reply:
        return Answer(
            url, reply.status, {name.lower(): value for name, value in reply.headers.items()}, reply.read()
        )
