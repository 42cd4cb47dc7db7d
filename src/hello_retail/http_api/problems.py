"""Responses of payload format 2.0, and problem documents (RFC 9457).

No text that a client sent is ever part of a problem: problems are made of sentences from the code.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

RETRY_AFTER_SECONDS = 2
"""After how long a client that got a 503 should ask again."""

_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
"""As RFC 9110 has them, and Python only from 3.13 on."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response: ``headers`` with names in lower case, ``body`` as text."""

    status: int
    headers: dict[str, str]
    body: str = ""

    def as_event(self) -> dict[str, Any]:
        """Return the response in payload format 2.0."""
        return {
            "statusCode": int(self.status),
            "headers": self.headers | {"x-content-type-options": "nosniff"},
            "body": self.body,
            "isBase64Encoded": False,
        }


@dataclass(frozen=True, slots=True)
class WrongParameter:
    """A missing or wrong query parameter, and what to send instead."""

    name: str
    remedy: str

    def as_json(self) -> dict[str, str]:
        """Return the member of ``errors``."""
        return {"parameter": self.name, "detail": self.remedy}


@dataclass(frozen=True, slots=True)
class WrongMember:
    """A place in a JSON body and what is wrong there.

    The place is a JSON Pointer (RFC 6901; "" is all of the body). The text says what is wrong or would do.
    """

    pointer: str
    detail: str

    def as_json(self) -> dict[str, str]:
        """Return the member of ``errors``."""
        return {"pointer": self.pointer, "detail": self.detail}


@dataclass(eq=False)
class Problem(Exception):
    """A request that gets an RFC 9457 problem document.

    ``detail`` is a sentence that quotes nothing; ``code`` is a stable id of the reason, for metrics.
    """

    status: HTTPStatus
    detail: str
    wrong: tuple[WrongParameter | WrongMember, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str | None = None
    code: str = "refused"

    def build_response(self) -> HttpResponse:
        """Return the problem document, which no cache keeps."""
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": _TITLES.get(self.status, self.status.phrase),
            "status": int(self.status),
            "detail": self.detail,
        }
        if self.wrong:
            document["errors"] = [wrong.as_json() for wrong in self.wrong]
        if self.request_id:
            document["requestId"] = self.request_id
        headers = {"content-type": "application/problem+json", "cache-control": "no-store", **self.headers}
        return HttpResponse(self.status, headers, format_json(document))


def build_data_problem(wrong: tuple[WrongMember, ...], code: str = "invalid-data") -> Problem:
    """Return the 400 that names each wrong member of a JSON body and what would do."""
    detail = " ".join(f"{each.pointer.removeprefix('/') or 'The body'} {each.detail}." for each in wrong)
    return Problem(HTTPStatus.BAD_REQUEST, detail, wrong, code=code)


def build_unavailable_problem(detail: str, request_id: str) -> Problem:
    """Return the 503 for a transient failure."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        detail,
        headers={"retry-after": str(RETRY_AFTER_SECONDS)},
        request_id=request_id,
    )


def build_fault_problem(request_id: str) -> Problem:
    """Return the 500 for what is not the client's doing."""
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong on our side; the requestId finds it in our log.",
        request_id=request_id,
    )


def describe_fault(error: BaseException) -> dict[str, Any]:
    """Return a fault's type and place, without its message (personal data)."""
    code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
    stack = [f"{frame.name}, {frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]
    return {"error": type(error).__name__, "code": code, "stack": stack}


def format_json(content: object) -> str:
    """Return the content as compact JSON."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
