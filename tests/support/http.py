"""API Gateway's HTTP API as a function sees it: events of payload format 2.0 in, responses out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REQUEST_ID = "8f5b8f8e-5a8e-4f0e-9d0e-3c1f5f1f7a10"


class Context:
    """The part of Lambda's context that the functions look at."""

    aws_request_id = REQUEST_ID
    function_name = "function-under-test"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function-under-test:live"

    def get_remaining_time_in_millis(self) -> int:
        return 20_000


def http_event(
    method: str,
    path: str,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
    stage: str = "$default",
) -> dict[str, Any]:
    """Return the event for a request; ``path`` is as API Gateway hands it over, without the stage."""
    raw_path = path if stage == "$default" else f"/{stage}{path}"
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw_path,
        "rawQueryString": urlencode(query or {}),
        "headers": {"host": "api.example.com", "x-forwarded-for": "192.0.2.1", **(headers or {})},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "api.example.com",
            "http": {
                "method": method,
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "test",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": stage,
            "time": "22/Nov/2026:12:00:00 +0000",
            "timeEpoch": 1795348800000,
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict(query)
    if body is not None:
        event["body"] = body
    return event


@dataclass(frozen=True)
class Reply:
    """What a client would get: header names in lower case."""

    status: int
    headers: dict[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


def reply(response: Mapping[str, Any]) -> Reply:
    """Return a function's response, which must be one that API Gateway takes."""
    assert set(response) == {"statusCode", "headers", "body", "isBase64Encoded"}
    assert response["isBase64Encoded"] is False
    assert isinstance(response["statusCode"], int)
    assert all(isinstance(value, str) for value in [*response["headers"].values(), response["body"]])
    assert all(name == name.lower() for name in response["headers"])
    wire = json.loads(json.dumps(response))
    return Reply(wire["statusCode"], wire["headers"], wire["body"])


@dataclass(frozen=True)
class Client:
    """A client of one function behind an HTTP API."""

    handler: Callable[[Mapping[str, Any], Any], Mapping[str, Any]]

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, **query: str | int) -> Reply:
        texts = {name: str(value) for name, value in query.items()}
        return self.send(http_event("GET", path, texts, headers))

    def send(self, event: Mapping[str, Any]) -> Reply:
        return reply(self.handler(event, Context()))
