"""How a request finds its route."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from hello_retail.http_api.parameters import build_limit_parameter
from hello_retail.http_api.problems import HttpResponse, Problem
from hello_retail.http_api.protocol import HttpRequest, build_ok_response
from hello_retail.http_api.routes import Route, answer_by_route


def show(api: str, segment: str, values: Mapping[str, Any]) -> HttpResponse:
    return build_ok_response([api, segment, dict(values)])


ROUTES = (Route("/things", show, (build_limit_parameter(default=7),)), Route("/things/{id}", show))


def ask(path: str, method: str = "GET", **query: str) -> HttpResponse:
    return answer_by_route(ROUTES, "the api", HttpRequest(method, path, query, {}))


def test_a_route_gets_the_api_the_segment_and_its_parameters() -> None:
    assert ask("/things", limit="3").body == '["the api","",{"limit":3}]'
    assert ask("/things/p1", limit="nonsense").body == '["the api","p1",{}]'


@pytest.mark.parametrize("path", ["", "/", "/thing", "/things/", "/things/p1/more", "/other/p1", "things"])
def test_another_path_is_refused_with_those_that_there_are(path: str) -> None:
    with pytest.raises(Problem) as refused:
        ask(path)
    assert (refused.value.status, refused.value.detail) == (
        404,
        "There is no such resource; there are /things, /things/{id}.",
    )


def test_another_method_is_refused_before_the_parameters_are_read() -> None:
    with pytest.raises(Problem) as refused:
        ask("/things", "POST", limit="nonsense")
    assert refused.value.status == 405
