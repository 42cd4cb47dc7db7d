"""HTTP as the API speaks it: API Gateway's payload format 2.0 in and out, validators, problem documents.

No text that a client sent is ever part of an answer: problems are made of sentences from the code.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

CACHE_SECONDS = 2
"""How long browsers and CDNs may keep an answer, the same as the function keeps a board."""
RETRY_AFTER_SECONDS = 2
"""After how long a client that got a 503 should ask again."""

_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')


@dataclass(frozen=True, slots=True)
class Request:
    """What the routes look at. ``path`` has no stage in front, header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
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


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: ``headers`` with names in lower case, ``body`` as text."""

    status: int
    headers: dict[str, str]
    body: str = ""

    def as_event(self) -> dict[str, Any]:
        """Return the response in payload format 2.0."""
        return {
            "statusCode": self.status,
            "headers": self.headers | {"x-content-type-options": "nosniff"},
            "body": self.body,
            "isBase64Encoded": False,
        }


@dataclass(frozen=True, slots=True)
class WrongParameter:
    """A query parameter that is missing or wrong, and a sentence that says what would do."""

    name: str
    remedy: str


@dataclass(eq=False)
class Problem(Exception):
    """A request that gets an RFC 9457 problem document. ``detail`` is a sentence that quotes nothing."""

    status: HTTPStatus
    detail: str
    wrong: tuple[WrongParameter, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str | None = None

    def answer(self) -> Answer:
        """Return the problem document, which no cache keeps."""
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
        }
        if self.wrong:
            document["errors"] = [{"parameter": wrong.name, "detail": wrong.remedy} for wrong in self.wrong]
        if self.request_id:
            document["requestId"] = self.request_id
        headers = {"content-type": "application/problem+json", "cache-control": "no-store", **self.headers}
        return Answer(self.status, headers, _json(document))


def wrong_parameters(wrong: tuple[WrongParameter, ...]) -> Problem:
    """Return the 400 that names each wrong parameter and what would do."""
    detail = " ".join(f"{parameter.name}: {parameter.remedy}" for parameter in wrong)
    return Problem(HTTPStatus.BAD_REQUEST, detail, wrong)


def found(content: object, next_page: str | None = None) -> Answer:
    """Return a 200 with the content as JSON, a validator and leave to cache.

    The entity tag is strong: it covers the body and ``next_page``, the reference of the ``Link`` header
    (RFC 8288), which is relative to the request so that it holds behind any host, stage or CDN path.
    """
    body = _json(content)
    tag = blake2b(f"{body}\n{next_page or ''}".encode(), digest_size=16).hexdigest()
    headers = {
        "content-type": "application/json",
        "cache-control": f"public, max-age={CACHE_SECONDS}",
        "etag": f'"{tag}"',
    }
    if next_page:
        headers["link"] = f'<{next_page}>; rel="next"'
    return Answer(HTTPStatus.OK, headers, body)


def for_request(answer: Answer, request: Request) -> Answer:
    """Return the answer as this client wants it: 304 without body if its copy still holds, no body for HEAD.

    ``If-None-Match`` compares weakly and takes lists and ``*`` (RFC 9110, section 13.1.2).
    """
    if answer.status == HTTPStatus.OK and _holds(
        request.headers.get("if-none-match", ""), answer.headers["etag"]
    ):
        headers = {name: value for name, value in answer.headers.items() if name != "content-type"}
        return Answer(HTTPStatus.NOT_MODIFIED, headers)
    return replace(answer, body="") if request.method == "HEAD" else answer


def _holds(condition: str, tag: str) -> bool:
    return condition.strip() == "*" or tag in _ENTITY_TAG.findall(condition)


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
