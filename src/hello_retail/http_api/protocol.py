"""HTTP for reads: requests of payload format 2.0, validators, caching."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import blake2b
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from hello_retail.http_api.problems import HttpResponse, Problem, WrongParameter, format_json

if TYPE_CHECKING:
    from collections.abc import Mapping

CACHE_SECONDS = 2
"""How long browsers and CDNs may keep an answer, as long as the winner API keeps a board."""

_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """The parts of a request that the routes look at.

    ``path`` has no stage in front, header names are in lower case.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> HttpRequest:
        """Read an event of payload format 2.0.

        Its ``rawPath`` is decoded but for ``%25``, and begins with the stage unless that is ``$default``.
        A parameter that was given twice arrives joined by a comma.
        """
        context = event.get("requestContext") or {}
        path: str = event.get("rawPath") or ""
        stage = context.get("stage", "$default")
        if stage != "$default":
            path = path.removeprefix(f"/{stage}")
        headers = event.get("headers") or {}
        return cls(
            method=(context.get("http") or {}).get("method", ""),
            path=unquote(path),
            query=event.get("queryStringParameters") or {},
            headers={name.lower(): value for name, value in headers.items()},
        )


def build_parameter_problem(wrong: tuple[WrongParameter, ...]) -> Problem:
    """Return the 400 that names each wrong parameter and what would do."""
    detail = " ".join(f"{parameter.name}: {parameter.remedy}" for parameter in wrong)
    return Problem(HTTPStatus.BAD_REQUEST, detail, wrong)


def build_ok_response(content: object, next_page: str | None = None) -> HttpResponse:
    """Return a 200 with JSON content, an ETag and caching headers.

    The entity tag is strong: it covers the body and ``next_page``, the reference of the ``Link`` header
    (RFC 8288), which is relative to the request so that it holds behind any host, stage or CDN path.
    """
    body = format_json(content)
    tag = blake2b(f"{body}\n{next_page or ''}".encode(), digest_size=16).hexdigest()
    headers = {
        "content-type": "application/json",
        "cache-control": f"public, max-age={CACHE_SECONDS}",
        "etag": f'"{tag}"',
    }
    if next_page:
        headers["link"] = f'<{next_page}>; rel="next"'
    return HttpResponse(HTTPStatus.OK, headers, body)


def build_private_response(
    status: HTTPStatus, content: object, more_headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Return a response with JSON content for one user: no cache keeps it."""
    headers = {"content-type": "application/json", "cache-control": "private, no-store"}
    return HttpResponse(status, {**headers, **(more_headers or {})}, format_json(content))


def adapt_response(answer: HttpResponse, request: HttpRequest) -> HttpResponse:
    """Return the response adapted to the request: 304, or no body for HEAD.

    ``If-None-Match`` compares weakly and takes lists and ``*`` (RFC 9110, section 13.1.2).
    """
    tag = answer.headers.get("etag")
    if answer.status == HTTPStatus.OK and tag and _matches_tag(request.headers.get("if-none-match", ""), tag):
        headers = {name: value for name, value in answer.headers.items() if name != "content-type"}
        return HttpResponse(HTTPStatus.NOT_MODIFIED, headers)
    return replace(answer, body="") if request.method == "HEAD" else answer


def _matches_tag(condition: str, tag: str) -> bool:
    return condition.strip() == "*" or tag in _ENTITY_TAG.findall(condition)
