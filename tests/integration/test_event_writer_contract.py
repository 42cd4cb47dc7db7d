"""The OpenAPI document against the event writer: its rules, and what it really answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from jsonschema import ValidationError
from moto import mock_aws

from hello_retail.event_writer.actor import parse_actor
from hello_retail.event_writer.kinds import KINDS
from hello_retail.event_writer.submission import BUSY_SECONDS, MAXIMUM_KEY
from hello_retail.events import registry
from support.door import THROTTLED, Broken, Door, aws_error
from support.event_writer import (
    CART,
    CART_SET,
    IMAGE,
    LOGIN,
    OFFER,
    PHONE,
    PRICE,
    PRODUCT,
    PURCHASE,
    REGISTER,
    STOCK,
    UNREGISTER,
    claims,
    post,
)
from support.http import http_event
from support.openapi import SEND, SPEC, check, check_examples, check_reply, problem_example, resolved

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = SEND["requestBody"]["content"]["application/json"]["schema"]
EVENT = SPEC["components"]["schemas"]["Event"]


@pytest.fixture(scope="module")
def clients() -> Iterator[tuple[Any, Any]]:
    with mock_aws():
        yield boto3.client("kinesis"), boto3.client("dynamodb")


@pytest.fixture
def door(clients: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> Door:
    return Door(*clients, monkeypatch)


def test_it_takes_the_events_that_the_code_takes_by_the_registrys_own_schemas() -> None:
    assert list(EVENT["discriminator"]["mapping"]) == list(KINDS)
    assert [part["$ref"] for part in EVENT["oneOf"]] == list(EVENT["discriminator"]["mapping"].values())
    for kind, place in EVENT["discriminator"]["mapping"].items():
        expected = registry.read_schema(kind)
        expected = {name: part for name, part in expected.items() if name not in {"$schema", "$id"}}
        if KINDS[kind].gets_id:
            expected["required"] = [name for name in expected["required"] if name != "id"]
        assert resolved({"$ref": place}) == expected


@pytest.mark.parametrize(
    "body",
    [OFFER, IMAGE, PURCHASE, PRICE, STOCK, LOGIN, PHONE, REGISTER, UNREGISTER, CART, CART_SET],
    ids=lambda body: body["schema"],
)
def test_what_the_code_takes_is_what_the_document_takes(body: dict[str, Any]) -> None:
    check(body, BODY)
    for wrong in (body | {"id": ""}, body | {"origin": "x"}, body | {"schema": "x"}):
        with pytest.raises(ValidationError):
            check(wrong, BODY)


def test_only_this_operation_needs_a_signed_in_user() -> None:
    assert SEND["security"] == [{"idToken": []}]
    assert SPEC["security"] == []
    assert parse_actor(claims()).groups >= {kind.group for kind in KINDS.values() if kind.group}


def test_it_has_the_keys_that_the_code_takes() -> None:
    [key] = map(resolved, SEND["parameters"])
    assert (key["name"], key["in"], key["required"]) == ("Idempotency-Key", "header", False)
    assert key["schema"]["maxLength"] == MAXIMUM_KEY
    assert SPEC["components"]["headers"]["RetrySoon"]["example"] == BUSY_SECONDS


def test_every_example_is_what_its_schema_says() -> None:
    check_examples(SEND["requestBody"])
    for answer in map(resolved, SEND["responses"].values()):
        check_examples(answer)


def test_the_examples_of_errors_are_the_errors_of_the_code(door: Door) -> None:
    def answer(body: object, **request: Any) -> Any:
        return door.post(body, **request).json()

    assert answer(PURCHASE | {"id": "a b"}) == problem_example("InvalidEvent")
    assert answer(PURCHASE, token=claims(token_use="access")) == problem_example("NotSignedIn")
    assert answer(OFFER, token=claims(**{"cognito:groups": "[customer]"})) == problem_example("WrongGroup")
    assert door.client.send(http_event("GET", "/events")).json() == problem_example("PostOnly")
    assert answer("x" * 70_000) == problem_example("TooLarge")
    assert answer(PURCHASE, headers={"content-type": "text/plain"}) == problem_example("WrongMediaType")
    assert door.post(PURCHASE, key="k").status == 202
    assert answer(CART, key="k") == problem_example("KeyReused")
    door.use(kinesis=Broken(door.kinesis, "put_record", THROTTLED, THROTTLED))
    assert answer(PURCHASE, key="l") == problem_example("NotTaken", "with a key")
    assert answer(PURCHASE) == problem_example("NotTaken", "without a key")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (post(OFFER), 202),
        (post({"schema": registry.PRODUCT_CREATE, **PRODUCT}), 202),
        (post(PHONE), 202),
        (post(REGISTER), 202),
        (post(UNREGISTER), 202),
        (post(PURCHASE, key="a key"), 202),
        (post(PRICE), 202),
        (post(PRICE | {"cents": 2495.0}), 400),
        (post(STOCK), 202),
        (post(STOCK | {"added": 0}), 400),
        (post("nonsense"), 400),
        (post({}), 400),
        (post(OFFER | {"name": ""}), 400),
        (post(PURCHASE, key=""), 400),
        (post(PURCHASE, token={}), 401),
        (post(PURCHASE, token=claims(token_use="access")), 401),
        (post(OFFER, token=claims(**{"cognito:groups": None})), 403),
        (post(PHONE | {"id": "bob"}), 403),
        (post(UNREGISTER | {"id": "bob"}), 403),
        (http_event("DELETE", "/events"), 405),
        (post("x" * 70_000), 413),
        (post(PURCHASE, headers={"content-type": ""}), 415),
    ],
)
def test_real_answers_are_what_it_says(door: Door, request_: dict[str, Any], status: int) -> None:
    reply = door.client.send(request_)
    assert reply.status == status
    check_reply(SEND, reply)


def test_real_failures_are_what_it_says(door: Door) -> None:
    errors = {503: THROTTLED, 500: aws_error("AccessDeniedException")}
    for status, error in errors.items():
        door.use(kinesis=Broken(door.kinesis, "put_record", error))
        reply = door.post(PURCHASE)
        assert reply.status == status
        check_reply(SEND, reply)


def test_a_key_that_is_reused_or_busy_gets_what_it_says(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    door.post(PURCHASE, key="k")
    reused = door.post(CART, key="k")
    assert reused.status == 422
    check_reply(SEND, reused)
    door.use(
        kinesis=Broken(door.kinesis, "put_record", THROTTLED),
        dynamodb=Broken(door.dynamodb, "delete_item", THROTTLED),
    )
    door.post(CART, key="l")
    busy = door.post(CART, key="l")
    assert (busy.status, busy.json()) == (409, problem_example("UnderWay"))
    check_reply(SEND, busy)
