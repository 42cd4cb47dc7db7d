from __future__ import annotations

from http import HTTPStatus

import pytest

from hello_retail.http_api.problems import Problem, WrongParameter
from hello_retail.http_api.protocol import Request, for_request, found, wrong_parameters
from support.http import http_event


def asking(method: str = "GET", **headers: str) -> Request:
    return Request(method, "/scores", {}, {name.replace("_", "-"): value for name, value in headers.items()})


def test_a_stage_in_front_of_the_path_is_taken_off() -> None:
    assert Request.from_event(http_event("GET", "/scores", stage="dev")).path == "/scores"
    assert Request.from_event(http_event("GET", "/scores")).path == "/scores"


def test_what_api_gateway_leaves_encoded_in_the_path_is_decoded() -> None:
    assert Request.from_event(http_event("GET", "/contributions/100%25")).path == "/contributions/100%"


def test_header_names_are_read_in_any_case() -> None:
    request = Request.from_event(http_event("GET", "/scores", headers={"If-None-Match": "*"}))
    assert request.headers["if-none-match"] == "*"


def test_an_event_that_is_no_request_reads_as_an_empty_one() -> None:
    assert Request.from_event({}) == Request("", "", {}, {})


def test_what_is_found_is_compact_json_that_may_be_kept_for_two_seconds() -> None:
    answer = found({"name": "Zoë"})
    assert (answer.status, answer.body) == (200, '{"name":"Zoë"}')
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "public, max-age=2"


def test_the_entity_tag_is_strong_and_covers_body_and_next_page() -> None:
    tags = [
        answer.headers["etag"]
        for answer in (found([1]), found([1]), found([2]), found([1], "contributions?x"))
    ]
    assert tags[0] == tags[1]
    assert len(set(tags)) == 3
    assert all(tag.startswith('"') and tag.endswith('"') for tag in tags)


def test_the_next_page_is_a_link_relative_to_the_request() -> None:
    assert found([], "contributions?limit=2&cursor=a").headers["link"] == (
        '<contributions?limit=2&cursor=a>; rel="next"'
    )


@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", '"other", {tag}', '"a,b" , W/"c",W/{tag} ', "*", " * "])
def test_a_copy_that_still_holds_gets_304_without_a_body(form: str) -> None:
    whole = found([1], "contributions?x")
    answer = for_request(whole, asking(if_none_match=form.format(tag=whole.headers["etag"])))
    assert (answer.status, answer.body) == (304, "")
    assert answer.headers == {name: whole.headers[name] for name in ("cache-control", "etag", "link")}


@pytest.mark.parametrize("form", ["", '"other"', "{bare}", 'W/"{bare}x"', "w/*", '"*"'])
def test_any_other_copy_gets_the_whole_answer(form: str) -> None:
    whole = found([1])
    bare = whole.headers["etag"].strip('"')
    assert for_request(whole, asking(if_none_match=form.format(bare=bare))) == whole


def test_head_gets_the_headers_only() -> None:
    whole = found([1])
    answer = for_request(whole, asking("HEAD"))
    assert (answer.status, answer.headers, answer.body) == (200, whole.headers, "")


def test_a_condition_changes_nothing_in_an_error() -> None:
    problem = Problem(HTTPStatus.NOT_FOUND, "There is none.").answer()
    assert for_request(problem, asking(if_none_match="*")) == problem


def test_a_problem_document_names_each_wrong_parameter_and_what_would_do() -> None:
    wrong = (WrongParameter("role", "give one."), WrongParameter("limit", "give a number."))
    answer = wrong_parameters(wrong).answer()
    assert answer.status == 400
    assert answer.headers == {"content-type": "application/problem+json", "cache-control": "no-store"}
    assert answer.body == (
        '{"type":"about:blank","title":"Bad Request","status":400,"detail":"role: give one. limit: give a number.",'
        '"errors":[{"parameter":"role","detail":"give one."},{"parameter":"limit","detail":"give a number."}]}'
    )


def test_no_answer_is_read_as_another_type_than_it_has() -> None:
    assert found([]).as_event()["headers"]["x-content-type-options"] == "nosniff"
