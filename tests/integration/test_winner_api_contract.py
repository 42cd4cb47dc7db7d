"""The OpenAPI file against the code, and against what the handler really answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws
from openapi_spec_validator import OpenAPIV31SpecValidator

from hello_retail.aws_failures import Unavailable
from hello_retail.contract import WHOLE
from hello_retail.http_api import methods
from hello_retail.http_api.mask import mask_user_id
from hello_retail.http_api.parameters import MAX_LIMIT
from hello_retail.http_api.problems import RETRY_AFTER_SECONDS
from hello_retail.http_api.protocol import CACHE_SECONDS
from hello_retail.read_models.scores import ROLES, format_board_key
from hello_retail.winner_api import handler as entry
from hello_retail.winner_api.api import ROUTES, WinnerApi
from hello_retail.winner_api.board import ROLE_OF, encode_cursor
from hello_retail.winner_api.store import WinnerApiStore
from support.http import Client, http_event
from support.openapi import (
    SPEC,
    check,
    check_examples,
    check_reply,
    paths_of,
    problem_example,
    reads_of,
    resolved,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

READS = reads_of(WHOLE)
KEY_KINDS = ("HASH", "RANGE")
USERS = ["amzn1.account.7B3811E20B8F", "bob", "3f2b8a52-8c3e-4a57-9d1c-0a3e3d0f9c11", "użytkownik-ąę"]


def parameters(path: str, place: str) -> dict[str, dict[str, Any]]:
    every = [resolved(parameter) for parameter in READS[path]["parameters"]]
    return {parameter["name"]: parameter for parameter in every if parameter["in"] == place}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        for name, keys in (("scores", ["board", "userId"]), ("contributions", ["productId"])):
            dynamodb.create_table(
                TableName=name,
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind}
                    for key, kind in zip(keys, KEY_KINDS, strict=False)
                ],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                BillingMode="PAY_PER_REQUEST",
            )
        for score, user_id in enumerate(["UNKNOWN", *USERS], start=1):
            for role in ROLES:
                item = {
                    "userId": user_id,
                    "name": f"Name {score}",
                    "board": format_board_key(role, user_id, 2),
                }
                numbers = {"score": {"N": str(score)}}
                texts = {name: {"S": text} for name, text in item.items()}
                dynamodb.put_item(TableName="scores", Item=texts | numbers)
            product = {"productId": f"p{score}", "creator": user_id}
            if score % 2:
                product["photographer"] = user_id
            dynamodb.put_item(
                TableName="contributions", Item={name: {"S": text} for name, text in product.items()}
            )
        store = WinnerApiStore(
            dynamodb,
            scores_table="scores",
            contributions_table="contributions",
            score_buckets=2,
        )
        monkeypatch.setattr(entry, "api", WinnerApi(store, lambda: 0.0))
        yield Client(entry.handler)


def test_the_document_is_valid_openapi() -> None:
    assert list(OpenAPIV31SpecValidator(SPEC).iter_errors()) == []  # type: ignore[no-untyped-call, unused-ignore]
    assert SPEC["openapi"].startswith("3.1.")


def test_it_has_the_routes_that_the_code_has() -> None:
    assert {route.path for route in ROUTES} == set(READS)
    assert {path: set(item) for path, item in paths_of(WHOLE).items()} == {
        **{path: {"get"} for path in READS},
        "/events": {"post"},
    }
    assert SPEC["components"]["headers"]["Allow"]["schema"]["const"] == ", ".join(methods.READS)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_it_has_the_parameters_that_the_code_reads(route: Any) -> None:
    documented = parameters(route.path, "query")
    assert set(documented) == {parameter.name for parameter in route.parameters}
    for parameter in route.parameters:
        assert documented[parameter.name]["required"] is parameter.required
        assert documented[parameter.name]["schema"].get("default") == parameter.default


@pytest.mark.parametrize("path", ["/scores", "/contributions"])
def test_it_has_the_limits_that_the_code_keeps(path: str) -> None:
    schema = parameters(path, "query")["limit"]["schema"]
    assert (schema["type"], schema["minimum"], schema["maximum"]) == ("integer", 1, MAX_LIMIT)


def test_it_has_the_roles_and_the_times_that_the_code_has() -> None:
    components = SPEC["components"]
    assert components["schemas"]["Role"]["enum"] == list(ROLE_OF)
    assert components["headers"]["CacheControl"]["schema"]["const"] == f"public, max-age={CACHE_SECONDS}"
    assert components["headers"]["RetryAfter"]["example"] == RETRY_AFTER_SECONDS


@pytest.mark.parametrize("product_id", ["p", "p" * 2048, "ü" * 1024])
def test_it_takes_every_cursor_that_the_code_makes(product_id: str) -> None:
    check(encode_cursor(product_id), parameters("/contributions", "query")["cursor"]["schema"])


def test_every_example_is_what_its_schema_says() -> None:
    for operation in READS.values():
        for answer in map(resolved, operation["responses"].values()):
            check_examples(answer)


def test_the_examples_of_errors_are_the_errors_of_the_code(client: Client) -> None:
    assert client.get("/scores", limit=0).json() == problem_example("BadRequest")
    assert client.get("/contributions/none").json() == problem_example("NotFound")
    assert client.send(http_event("POST", "/scores")).json() == problem_example("MethodNotAllowed")


@pytest.mark.parametrize(
    ("path", "request_path", "query", "status"),
    [
        ("/scores", "/scores", {"role": "creator"}, 200),
        ("/scores", "/scores", {"role": "merchant", "limit": 100}, 200),
        ("/scores", "/scores", {"role": "photographer", "limit": 2}, 200),
        ("/scores", "/scores", {}, 400),
        ("/winners", "/winners", {}, 200),
        ("/contributions", "/contributions", {}, 200),
        ("/contributions", "/contributions", {"limit": 2}, 200),
        ("/contributions", "/contributions", {"cursor": encode_cursor("p1")}, 200),
        ("/contributions", "/contributions", {"cursor": "x"}, 400),
        ("/contributions/{productId}", "/contributions/p1", {}, 200),
        ("/contributions/{productId}", "/contributions/p2", {}, 200),
        ("/contributions/{productId}", "/contributions/none", {}, 404),
        ("/openapi.json", "/openapi.json", {}, 200),
    ],
)
def test_real_answers_are_what_it_says(
    client: Client, path: str, request_path: str, query: dict[str, Any], status: int
) -> None:
    reply = client.get(request_path, **query)
    assert reply.status == status
    check_reply(READS[path], reply)
    if status == 200:
        again = client.get(request_path, headers={"if-none-match": reply.headers["etag"]}, **query)
        assert again.status == 304
        check_reply(READS[path], again)


@pytest.mark.parametrize("path", sorted(set(READS) - {"/openapi.json"}))
@pytest.mark.parametrize(("error", "status"), [(Unavailable("Throttling"), 503), (KeyError("userId"), 500)])
def test_real_failures_are_what_it_says(
    client: Client, monkeypatch: pytest.MonkeyPatch, path: str, error: Exception, status: int
) -> None:
    def fail(*_: object) -> None:
        raise error

    for method in ("read_scores", "read_contributions", "read_contribution"):
        monkeypatch.setattr(WinnerApiStore, method, fail)
    reply = client.get(path.replace("{productId}", "p1"), role="creator")
    assert reply.status == status
    check_reply(READS[path], reply)
    other = client.send(http_event("DELETE", path))
    assert other.status == 405
    check_reply(READS[path], other)


def test_the_api_serves_the_document_itself_without_a_table(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry.api, "store", None)
    assert client.get("/openapi.json").json() == SPEC


@pytest.mark.parametrize("user_id", USERS)
def test_every_mask_has_the_documented_form(user_id: str) -> None:
    check(mask_user_id(user_id), SPEC["components"]["schemas"]["MaskedUserId"])
