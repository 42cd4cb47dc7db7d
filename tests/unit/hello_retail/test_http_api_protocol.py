from __future__ import annotations

from http import HTTPStatus

import pytest

from hello_retail.http_api.problems import Problem, WrongParameter
from hello_retail.http_api.protocol import (
    HttpRequest,
    adapt_response,
    build_ok_response,
    build_parameter_problem,
)
from support.http import http_event


def asking(method: str = "GET", **headers: str) -> HttpRequest:
    return HttpRequest(
        method, "/scores", {}, {name.replace("_", "-"): value for name, value in headers.items()}
    )


def test_a_stage_in_front_of_the_path_is_taken_off() -> None:
    assert HttpRequest.from_event(http_event("GET", "/scores", stage="dev")).path == "/scores"
    assert HttpRequest.from_event(http_event("GET", "/scores")).path == "/scores"


def test_what_api_gateway_leaves_encoded_in_the_path_is_decoded() -> None:
    assert HttpRequest.from_event(http_event("GET", "/contributions/100%25")).path == "/contributions/100%"


def test_header_names_are_read_in_any_case() -> None:
    request = HttpRequest.from_event(http_event("GET", "/scores", headers={"If-None-Match": "*"}))
    assert request.headers["if-none-match"] == "*"


def test_an_event_that_is_no_request_reads_as_an_empty_one() -> None:
    assert HttpRequest.from_event({}) == HttpRequest("", "", {}, {})


def test_what_is_found_is_compact_json_that_may_be_kept_for_two_seconds() -> None:
    answer = build_ok_response({"name": "Zoë"})
    assert (answer.status, answer.body) == (200, '{"name":"Zoë"}')
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "public, max-age=2"


def test_the_entity_tag_is_strong_and_covers_body_and_next_page() -> None:
    tags = [
        answer.headers["etag"]
        for answer in (
            build_ok_response([1]),
            build_ok_response([1]),
            build_ok_response([2]),
            build_ok_response([1], "contributions?x"),
        )
    ]
    assert tags[0] == tags[1]
    assert len(set(tags)) == 3
    assert all(tag.startswith('"') and tag.endswith('"') for tag in tags)


def test_the_next_page_is_a_link_relative_to_the_request() -> None:
    assert build_ok_response([], "contributions?limit=2&cursor=a").headers["link"] == (
        '<contributions?limit=2&cursor=a>; rel="next"'
    )


@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", '"other", {tag}', '"a,b" , W/"c",W/{tag} ', "*", " * "])
def test_a_copy_that_still_holds_gets_304_without_a_body(form: str) -> None:
    whole = build_ok_response([1], "contributions?x")
    answer = adapt_response(whole, asking(if_none_match=form.format(tag=whole.headers["etag"])))
    assert (answer.status, answer.body) == (304, "")
    assert answer.headers == {name: whole.headers[name] for name in ("cache-control", "etag", "link")}


@pytest.mark.parametrize("form", ["", '"other"', "{bare}", 'W/"{bare}x"', "w/*", '"*"'])
def test_any_other_copy_gets_the_whole_answer(form: str) -> None:
    whole = build_ok_response([1])
    bare = whole.headers["etag"].strip('"')
    assert adapt_response(whole, asking(if_none_match=form.format(bare=bare))) == whole


def test_head_gets_the_headers_only() -> None:
    whole = build_ok_response([1])
    answer = adapt_response(whole, asking("HEAD"))
    assert (answer.status, answer.headers, answer.body) == (200, whole.headers, "")


def test_a_condition_changes_nothing_in_an_error() -> None:
    problem = Problem(HTTPStatus.NOT_FOUND, "There is none.").build_response()
    assert adapt_response(problem, asking(if_none_match="*")) == problem


def test_a_problem_document_names_each_wrong_parameter_and_what_would_do() -> None:
    wrong = (WrongParameter("role", "give one."), WrongParameter("limit", "give a number."))
    answer = build_parameter_problem(wrong).build_response()
    assert answer.status == 400
    assert answer.headers == {"content-type": "application/problem+json", "cache-control": "no-store"}
    assert answer.body == (
        '{"type":"about:blank","title":"Bad Request","status":400,"detail":"role: give one. limit: give a number.",'
        '"errors":[{"parameter":"role","detail":"give one."},{"parameter":"limit","detail":"give a number."}]}'
    )


def test_no_answer_is_read_as_another_type_than_it_has() -> None:
    assert build_ok_response([]).as_event()["headers"]["x-content-type-options"] == "nosniff"
