"""Which methods a resource takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from hello_retail.http_api.problems import HttpResponse, Problem

READS = ("GET", "HEAD")
"""What a resource that is read takes; HEAD answers as GET does, without the body."""
POST = ("POST",)
READS_AND_PUT = (*READS, "PUT")


def get_method(event: Mapping[str, Any]) -> str:
    """Return the method of a request of payload format 2.0."""
    method: str = ((event.get("requestContext") or {}).get("http") or {}).get("method", "")
    return method


def is_preflight(event: Mapping[str, Any]) -> bool:
    """Return whether the request is a CORS preflight, which has no token."""
    asked = {"origin", "access-control-request-method"}
    return get_method(event) == "OPTIONS" and {name.lower() for name in event.get("headers") or {}} >= asked


def build_preflight_response() -> HttpResponse:
    """Return a preflight's 204, without CORS headers.

    API Gateway, which may pass a preflight on to a route of any method, adds them for the origins on its list.
    """
    return HttpResponse(HTTPStatus.NO_CONTENT, {"cache-control": "no-store"})


def refuse_other_methods(method: str, allowed: Sequence[str]) -> None:
    """Raise the 405 for a method that the resource does not take.

    Raises:
        Problem: for every method but the ``allowed`` ones.

    """
    if method not in allowed:
        raise Problem(
            HTTPStatus.METHOD_NOT_ALLOWED,
            f"This resource takes {' and '.join(filter(None, (', '.join(allowed[:-1]), allowed[-1])))} only.",
            headers={"allow": ", ".join(allowed)},
            code="wrong-method",
        )
