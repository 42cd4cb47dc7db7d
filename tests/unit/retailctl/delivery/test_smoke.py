"""The smoke test: one sentence for each thing that is not as it should be, and patience with what is new."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from retailctl.delivery import smoke
from retailctl.environments.target import Target
from retailctl.project import Project

Answers = dict[tuple[str, str], tuple[int, dict[str, str], bytes]]
JSON = {"Content-Type": "application/json; charset=utf-8"}


class Server:
    """A server with set answers, and the requests that it got."""

    def __init__(self) -> None:
        self.answers: Answers = {}
        self.got: list[tuple[str, str, dict[str, str]]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                server.got.append((self.command, self.path, dict(self.headers)))
                status, headers, body = server.answers[self.command, self.path]
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer  # noqa: N815 - http.server's names

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    yield found
    found.http.shutdown()
    found.http.server_close()


def test_json_of_the_right_shape_is_well(server: Server) -> None:
    server.answers["GET", "/scores"] = 200, JSON, b"[]"

    assert smoke.check_json(server.url, "/scores", list) is None


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((503, JSON, b"[]"), "GET /scores answered 503, not 200."),
        (
            (200, {"Content-Type": "text/html"}, b"[]"),
            "GET /scores answered with the content type 'text/html'",
        ),
        ((200, JSON, b"<html>"), "GET /scores answered with invalid JSON."),
        ((200, JSON, b"{}"), "GET /scores answered with JSON of another type than list."),
    ],
)
def test_json_that_is_not_well_is_told_in_a_sentence(
    server: Server, answer: tuple[int, dict[str, str], bytes], sentence: str
) -> None:
    server.answers["GET", "/scores"] = answer

    assert (smoke.check_json(server.url, "/scores", list) or "").startswith(sentence)


def test_the_event_writer_has_to_refuse_who_is_not_signed_in_and_is_told_nothing(server: Server) -> None:
    server.answers["POST", "/events"] = 401, JSON, b"{}"

    assert smoke.check_refusal(server.url, "POST", "/events") is None
    assert not [name for _, _, headers in server.got for name in headers if name.lower() == "authorization"]


@pytest.mark.parametrize("path", ["/cart", "/orders"])
def test_carts_and_orders_have_to_be_refused_to_who_is_not_signed_in(server: Server, path: str) -> None:
    server.answers["GET", path] = 200, JSON, b"[]"
    there = Target(Project(Path()), "dev", None)
    found = {"api_url": server.url, "functions": {"shop_api": "shop"}}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Target, "client", lambda *_: Lambda())
        said = smoke.build_checks(there, found, [])[f"GET {path} unsigned"]()

    assert said == f"GET {path} answered 200 to a request without a token, not 401."


def test_an_event_writer_that_takes_anybody_s_event_is_told(server: Server) -> None:
    server.answers["POST", "/events"] = 202, JSON, b"{}"

    assert "answered 202 to a request without a token, not 401" in str(
        smoke.check_refusal(server.url, "POST", "/events")
    )


def test_the_page_has_to_bring_its_policy(server: Server) -> None:
    html = {"Content-Type": "text/html; charset=utf-8"}
    server.answers["GET", "/"] = 200, html, b"<!doctype html>"
    without = smoke.check_page(server.url, {"Host": "shop.example.com"})
    server.answers["GET", "/"] = 200, {**html, "Content-Security-Policy": "default-src 'none'"}, b""

    assert without == "The page has no Content-Security-Policy."
    assert smoke.check_page(server.url, {}) is None
    assert server.got[0][2]["Host"] == "shop.example.com"


def test_nobody_at_the_address_is_a_sentence(server: Server) -> None:
    server.http.shutdown()
    server.http.server_close()

    assert "GET /winners got no response" in str(smoke.check_json(server.url, "/winners", dict))
    assert "POST /events got no response" in str(smoke.check_refusal(server.url, "POST", "/events"))
    assert "The page got no response" in str(smoke.check_page(server.url, {}))


@pytest.mark.parametrize(
    ("function", "path"), [("catalog_api", "/categories"), ("trending_api", "/trending")]
)
@pytest.mark.parametrize(("body", "wrong"), [(b"[]", None), (b"{}", "JSON of another type than list")])
def test_a_view_with_an_api_is_asked_where_there_is_one(
    server: Server, body: bytes, wrong: str | None, function: str, path: str
) -> None:
    server.answers["GET", path] = 200, JSON, body
    there = Target(Project(Path()), "dev", None)
    found = {"api_url": server.url, "functions": {function: "view"}}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Target, "client", lambda *_: Lambda())
        said = smoke.build_checks(there, found, [])[f"GET {path}"]()
        without = smoke.build_checks(there, {**found, "functions": {"winner_api": "winners"}}, [])

    assert said is None if wrong is None else wrong in str(said)
    assert f"GET {path}" not in without


class Lambda:
    """Answers as Lambda does."""

    def __init__(self, state: str = "Active", update: str = "Successful") -> None:
        self.configuration = {"State": state, "LastUpdateStatus": update}

    def get_function_configuration(self, **asked: str) -> dict[str, str]:
        assert asked == {"FunctionName": "view", "Qualifier": "live"}
        return self.configuration

    def get_event_source_mapping(self, **asked: str) -> dict[str, str]:
        assert asked == {"UUID": "42"}
        return self.configuration


def test_a_function_has_to_be_active_and_updated() -> None:
    assert smoke.check_function(Lambda(), "view") is None
    assert smoke.check_function(Lambda("Inactive"), "view") is None
    assert "view is Failed" in str(smoke.check_function(Lambda("Failed"), "view"))
    assert "last update is Failed" in str(smoke.check_function(Lambda(update="Failed"), "view"))


def test_a_view_has_to_read_the_stream() -> None:
    mapping = {"uuid": "42", "function_name": "arn:aws:lambda:us-east-1:111122223333:function:view:live"}

    assert smoke.check_mapping(Lambda("Enabled"), mapping) is None
    assert smoke.check_mapping(Lambda("Disabled"), mapping) == (
        "The event source mapping of view is Disabled: it does not read the stream."
    )


def after(times: int) -> Callable[[], str | None]:
    """Return a look that finds something wrong ``times`` times."""
    left = [f"Not yet, {n}." for n in range(times)]
    return lambda: left.pop() if left else None


def test_what_takes_a_moment_is_waited_for_and_what_is_well_is_not_asked_again() -> None:
    asked: list[int] = []

    def well() -> None:
        asked.append(1)

    pauses: list[float] = []
    assert smoke.run_checks({"new": after(2), "well": well}, 60, pause=pauses.append) == {}
    assert (len(asked), len(pauses)) == (1, 2)


def test_when_the_patience_ends_each_failure_is_told() -> None:
    looks = {"a": after(1000), "b": lambda: "B is wrong.", "c": lambda: None}

    assert set(smoke.run_checks(looks, 0)) == {"a", "b"}


def test_a_look_that_aws_refuses_is_a_failure_and_no_crash() -> None:
    def refused() -> str | None:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetFunctionConfiguration")

    assert "AWS refuses the check" in smoke.run_checks({"function": refused}, 0)["function"]
