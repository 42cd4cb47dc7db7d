"""From a request to a response: what an answer becomes for this client, made once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from hello_retail.http_api import protocol, respond
from hello_retail.http_api.problems import Answer
from hello_retail.http_api.protocol import Request, found
from hello_retail.winner_api.api import Api
from hello_retail.winner_api.board import Score
from support.http import http_event

if TYPE_CHECKING:
    import pytest

TELEMETRY: Any = SimpleNamespace(metrics=SimpleNamespace(metric_set={}))


def api() -> Api:
    store: Any = SimpleNamespace(scores=lambda _role: [Score("ada", "Ada", 3)])
    return Api(store, clock=lambda: 0.0, measure=lambda _name, _value: None)


def ask(answer: Any, method: str = "GET", **headers: str) -> dict[str, Any]:
    event = http_event(method, "/winners", headers=headers)
    return respond.respond(event, None, answer, TELEMETRY)


def test_head_gets_the_headers_of_get_without_the_body() -> None:
    get, head = ask(api().answer), ask(api().answer, "HEAD")

    assert (head["statusCode"], head["headers"], head["body"]) == (200, get["headers"], "")


def test_a_copy_that_still_holds_is_not_sent_again() -> None:
    tag = ask(api().answer)["headers"]["etag"]
    again = ask(api().answer, **{"if-none-match": tag})

    assert (again["statusCode"], again["body"]) == (304, "")


def test_a_response_is_finished_once(monkeypatch: pytest.MonkeyPatch) -> None:
    finished: list[Answer] = []
    finish = protocol.for_request

    def for_request(answer: Answer, request: Request) -> Answer:
        finished.append(answer)
        return finish(answer, request)

    for module in (protocol, respond):
        monkeypatch.setattr(module, "for_request", for_request)
    monkeypatch.setattr("hello_retail.winner_api.api.for_request", for_request, raising=False)

    ask(api().answer)
    assert len(finished) == 1


def test_whatever_answers_gets_the_request_as_it_came() -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Answer:
        seen.append(request)
        return found("yes")

    assert ask(answer, accept="*/*")["body"] == '"yes"'
    assert (seen[0].method, seen[0].path, seen[0].headers["accept"]) == ("GET", "/winners", "*/*")
