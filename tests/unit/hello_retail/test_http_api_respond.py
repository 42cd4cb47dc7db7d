"""From a request to a response: what an answer becomes for this client, made once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from hello_retail.http_api import protocol, respond
from hello_retail.http_api.problems import HttpResponse
from hello_retail.http_api.protocol import HttpRequest, build_ok_response
from hello_retail.winner_api.api import WinnerApi
from hello_retail.winner_api.board import Score
from support.http import http_event

if TYPE_CHECKING:
    import pytest

TELEMETRY: Any = SimpleNamespace(metrics=SimpleNamespace(metric_set={}))


def api() -> WinnerApi:
    store: Any = SimpleNamespace(read_scores=lambda _role: [Score("ada", "Ada", 3)])
    return WinnerApi(store, clock=lambda: 0.0)


def ask(answer: Any, method: str = "GET", **headers: str) -> dict[str, Any]:
    event = http_event(method, "/winners", headers=headers)
    return respond.respond_to_request(event, None, answer, TELEMETRY)


def test_head_gets_the_headers_of_get_without_the_body() -> None:
    get, head = ask(api().answer_request), ask(api().answer_request, "HEAD")

    assert (head["statusCode"], head["headers"], head["body"]) == (200, get["headers"], "")


def test_a_copy_that_still_holds_is_not_sent_again() -> None:
    tag = ask(api().answer_request)["headers"]["etag"]
    again = ask(api().answer_request, **{"if-none-match": tag})

    assert (again["statusCode"], again["body"]) == (304, "")


def test_a_response_is_finished_once(monkeypatch: pytest.MonkeyPatch) -> None:
    finished: list[HttpResponse] = []
    finish = protocol.adapt_response

    def adapt_response(answer: HttpResponse, request: HttpRequest) -> HttpResponse:
        finished.append(answer)
        return finish(answer, request)

    for module in (protocol, respond):
        monkeypatch.setattr(module, "adapt_response", adapt_response)
    monkeypatch.setattr("hello_retail.winner_api.api.adapt_response", adapt_response, raising=False)

    ask(api().answer_request)
    assert len(finished) == 1


def test_whatever_answers_gets_the_request_as_it_came() -> None:
    seen: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return build_ok_response("yes")

    assert ask(answer, accept="*/*")["body"] == '"yes"'
    assert (seen[0].method, seen[0].path, seen[0].headers["accept"]) == ("GET", "/winners", "*/*")
