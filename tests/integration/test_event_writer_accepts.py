"""The handler against a stream and a table: what is answered, what is put, and what is remembered."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING, Any
from uuid import UUID

import boto3
import pytest
from moto import mock_aws

from hello_retail.event_writer import handler as entry
from hello_retail.event_writer.once import KEPT_SECONDS
from hello_retail.events import registry
from support.door import LASTING, LOST, PASSING, THROTTLED, TIMED_OUT, Broken, Door, aws_error, code_of
from support.event_writer import (
    CART,
    CART_SET,
    IMAGE,
    LOGIN,
    NAME,
    OFFER,
    PHONE,
    PRICE,
    PRODUCT,
    PURCHASE,
    REGISTER,
    STOCK,
    SUB,
    UNREGISTER,
    claims,
    post,
)
from support.http import REQUEST_ID, Context, Reply, http_event

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRETS = (NAME, SUB, "ada@example.com", "Lamp", "+48123456789", "my-key", "needle")


@pytest.fixture(scope="module")
def clients() -> Iterator[tuple[Any, Any]]:
    with mock_aws():
        yield boto3.client("kinesis"), boto3.client("dynamodb")


@pytest.fixture
def door(clients: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> Door:
    return Door(*clients, monkeypatch)


def check_problem(reply: Reply, status: int) -> dict[str, Any]:
    assert reply.status == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"
    document: dict[str, Any] = reply.json()
    assert document["status"] == status
    return document


@pytest.mark.parametrize(
    "body", [OFFER, IMAGE, PURCHASE, PRICE, STOCK, CART, CART_SET], ids=lambda body: body["schema"]
)
def test_an_event_is_answered_202_and_is_on_the_stream(door: Door, body: dict[str, Any]) -> None:
    before = datetime.now(UTC)
    reply = door.post(body)
    [event] = door.events()
    [record] = door.records()
    assert reply.status == 202
    assert reply.json() == {"eventId": event.event_id, "productId": "p1"}
    assert record["PartitionKey"] == "p1"
    assert (event.user_id, event.display_name, dict(event.data)) == (SUB, NAME, body)
    assert UUID(event.event_id).version == 7
    age = datetime.fromisoformat(event.time_origin) - before
    assert -0.001 <= age.total_seconds() < 60


@pytest.mark.parametrize("body", [LOGIN, PHONE, REGISTER, UNREGISTER], ids=lambda body: body["schema"])
def test_a_users_own_event_has_the_user_as_its_partition_key(door: Door, body: dict[str, Any]) -> None:
    reply = door.post(body)
    [event] = door.events()
    assert reply.json() == {"eventId": event.event_id}
    assert door.records()[0]["PartitionKey"] == SUB


@pytest.mark.parametrize(
    ("messages", "token", "status"),
    [
        ("none", {}, 202),
        ("sms", {}, 403),
        ("sms", {"phone_number": PHONE["phone"]}, 403),
        ("sms", {"phone_number": PHONE["phone"], "phone_number_verified": "false"}, 403),
        ("sms", {"phone_number": "+15550123456", "phone_number_verified": "true"}, 403),
        ("sms", {"phone_number": PHONE["phone"], "phone_number_verified": "true"}, 202),
    ],
)
def test_where_texts_are_sent_a_phone_must_be_verified(
    door: Door, monkeypatch: pytest.MonkeyPatch, messages: str, token: dict[str, str], status: int
) -> None:
    monkeypatch.setattr(entry, "SETTINGS", replace(entry.SETTINGS, messages=messages))
    assert door.post(PHONE, token=claims(**token)).status == status
    assert door.post(REGISTER, token=claims(**token)).status == 202


@pytest.mark.parametrize(("workshop", "status"), [("true", 202), ("false", 403)])
def test_only_a_workshop_takes_a_picture_that_nobody_asked_for_and_a_sale_without_an_order(
    door: Door, monkeypatch: pytest.MonkeyPatch, workshop: str, status: int
) -> None:
    monkeypatch.setattr(entry, "SETTINGS", replace(entry.SETTINGS, workshop=workshop))
    for body, remedy in ((IMAGE, "GET /assignments"), (PURCHASE, "PUT /orders/{orderId}")):
        reply = door.post(body)
        assert reply.status == status
        assert (remedy in reply.body) is (status == 403)
    assert len(door.records()) == (2 if status == 202 else 0)
    assert door.post(CART).status == 202


def test_an_offer_without_an_id_is_answered_with_the_one_it_got(door: Door) -> None:
    reply = door.post({"schema": registry.PRODUCT_CREATE, **PRODUCT})
    [event] = door.events()
    assert reply.json()["productId"] == event.data["id"] == door.records()[0]["PartitionKey"]
    assert UUID(event.data["id"]).version == 7


def test_without_a_key_each_request_is_an_event(door: Door) -> None:
    ids = {door.post(PURCHASE).json()["eventId"] for _ in range(5)}
    assert len(ids) == len(door.records()) == 5
    assert door.items() == []


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (post("nonsense"), 400),
        (post({"schema": "com.nordstrom/product/delete/1-0-0"}), 400),
        (post(OFFER | {"name": ""}), 400),
        (post(PURCHASE, key="x" * 256), 400),
        (post(PURCHASE, token={}), 401),
        (post(OFFER, token=claims(**{"cognito:groups": "[customer]"})), 403),
        (http_event("GET", "/events"), 405),
        (post("x" * 70_000), 413),
        (post(PURCHASE, headers={"content-type": "text/plain"}), 415),
    ],
)
def test_what_is_refused_is_a_problem_document_and_not_on_the_stream(
    door: Door, request_: dict[str, Any], status: int
) -> None:
    check_problem(door.client.send(request_), status)
    assert door.records() == []
    assert door.items() == []


def test_a_preflight_gets_204_and_leaves_the_cors_headers_to_api_gateway(door: Door) -> None:
    asked = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}
    reply = door.client.send(http_event("OPTIONS", "/events", headers=asked))
    assert (reply.status, reply.body) == (204, "")
    assert set(reply.headers) == {"cache-control", "x-content-type-options"}
    assert door.records() == []


@pytest.mark.parametrize("headers", [{}, {"origin": "https://page.example"}])
def test_options_that_no_browser_asks_beforehand_get_405(door: Door, headers: dict[str, str]) -> None:
    check_problem(door.client.send(http_event("OPTIONS", "/events", headers=headers)), 405)


@pytest.mark.parametrize("error", PASSING, ids=code_of)
def test_what_may_pass_gets_503_and_when_to_come_again(door: Door, error: Exception) -> None:
    door.use(kinesis=Broken(door.kinesis, "put_record", error))
    reply = door.post(PURCHASE)
    assert check_problem(reply, 503)["requestId"] == Context.aws_request_id
    assert reply.headers["retry-after"] == "2"
    assert door.post(PURCHASE).status == 202


@pytest.mark.parametrize("works", [False, True])
def test_who_sent_a_key_is_told_to_send_it_again_and_who_sent_none_that_it_may_count_twice(
    door: Door, works: bool
) -> None:
    def said(key: str | None) -> str:
        door.use(kinesis=Broken(door.kinesis, "put_record", TIMED_OUT, works=works))
        return str(check_problem(door.post(PURCHASE, key=key), 503)["detail"])

    assert "with the same Idempotency-Key" in said("my-key")
    assert "same Idempotency-Key" not in said(None)
    assert "may have been taken" in said(None)


@pytest.mark.parametrize("error", LASTING, ids=code_of)
def test_a_fault_of_ours_gets_500_and_tells_nothing(door: Door, error: Exception) -> None:
    door.use(kinesis=Broken(door.kinesis, "put_record", error))
    reply = door.post(PURCHASE)
    check_problem(reply, 500)
    assert not re.search("|".join(map(re.escape, SECRETS)), reply.body)


def test_a_key_used_again_gets_the_same_answer_and_makes_one_event(door: Door) -> None:
    first = door.post(OFFER, key="my-key")
    again = door.post(json.dumps(OFFER, indent=1), key="my-key")
    assert (first.status, again.status) == (202, 202)
    assert (first.body, first.headers) == (again.body, again.headers)
    [event] = door.events()
    assert UUID(event.event_id).version == 5


def test_an_offer_without_an_id_gets_the_same_one_again(door: Door) -> None:
    offer = {"schema": registry.PRODUCT_CREATE, **PRODUCT}
    first, again = (door.post(offer, key="my-key").json() for _ in range(2))
    assert first == again
    assert len(door.records()) == 1


def test_a_key_with_another_body_gets_422(door: Door) -> None:
    door.post(PURCHASE, key="my-key")
    check_problem(door.post(PURCHASE | {"id": "p2"}, key="my-key"), 422)
    check_problem(door.post(CART, key="my-key"), 422)
    assert len(door.records()) == 1


def test_users_keys_are_their_own(door: Door) -> None:
    for sub in ("ann", "bob"):
        assert door.post(PURCHASE, key="my-key", token=claims(sub=sub)).status == 202
    assert [event.user_id for event in door.events()] == ["ann", "bob"]


def test_a_key_sent_while_its_first_request_is_under_way_gets_409(door: Door) -> None:
    answers = []

    class Slow(Broken):
        def __getattr__(self, name: str) -> Any:
            if name == "put_record" and not answers:
                answers.append(door.post(PURCHASE, key="my-key"))
            return super().__getattr__(name)

    door.use(kinesis=Slow(door.kinesis, "put_record"))
    assert door.post(PURCHASE, key="my-key").status == 202
    check_problem(answers[0], 409)
    assert answers[0].headers["retry-after"] == "1"
    assert len(door.records()) == 1


def test_the_calls_of_aws_are_the_ones_that_the_role_allows(door: Door) -> None:
    calls = []
    for client in (door.kinesis, door.dynamodb):
        client.meta.events.register(
            "before-call.*.*", lambda model, **_: calls.append(model.name), unique_id="spy"
        )
    door.post(PURCHASE)
    assert calls == ["PutRecord"]
    for _ in range(2):
        door.post(PURCHASE, key="my-key")
    door.post(CART, key="my-key")
    door.use(kinesis=Broken(door.kinesis, "put_record", THROTTLED))
    door.post(CART, key="other")
    for client in (door.kinesis, door.dynamodb):
        client.meta.events.unregister("before-call.*.*", unique_id="spy")
    assert set(calls) == {"PutRecord", "PutItem", "UpdateItem", "DeleteItem"}


def test_a_key_sent_20_times_side_by_side_makes_one_event(door: Door) -> None:
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: door.post(PURCHASE, key="my-key"), range(20)))
    statuses = Counter(reply.status for reply in replies)
    assert statuses[202] >= 1
    assert set(statuses) <= {202, 409}
    assert len({reply.body for reply in replies if reply.status == 202}) == 1
    assert len(door.records()) == 1


@pytest.mark.parametrize("error", [THROTTLED, TIMED_OUT, aws_error("AccessDeniedException")], ids=code_of)
def test_a_failed_put_leaves_the_key_free(door: Door, error: Exception) -> None:
    door.use(kinesis=Broken(door.kinesis, "put_record", error))
    assert door.post(PURCHASE, key="my-key").status in {500, 503}
    assert door.items() == []
    assert door.post(PURCHASE, key="my-key").status == 202
    assert len(door.records()) == 1


@pytest.mark.parametrize("error", LOST, ids=code_of)
def test_a_put_whose_answer_was_lost_is_put_again_as_the_same_event(door: Door, error: Exception) -> None:
    offer = {"schema": registry.PRODUCT_CREATE, **PRODUCT}
    door.use(kinesis=Broken(door.kinesis, "put_record", error, works=True))
    check_problem(door.post(offer, key="my-key"), 503)
    reply = door.post(offer, key="my-key")
    first, second = door.events()
    assert reply.json() == {"eventId": first.event_id, "productId": first.data["id"]}
    assert (first.event_id, first.data) == (second.event_id, second.data)


def test_after_a_lost_answer_another_body_is_another_event(door: Door) -> None:
    door.use(kinesis=Broken(door.kinesis, "put_record", TIMED_OUT, works=True))
    check_problem(door.post(PURCHASE, key="my-key"), 503)
    assert door.post(PURCHASE | {"id": "p2"}, key="my-key").status == 202
    assert len({event.event_id for event in door.events()}) == 2


@pytest.mark.parametrize("error", PASSING, ids=code_of)
def test_without_the_table_a_request_with_a_key_gets_503_and_puts_nothing(
    door: Door, error: Exception
) -> None:
    door.use(dynamodb=Broken(door.dynamodb, "put_item", error))
    check_problem(door.post(PURCHASE, key="my-key"), 503)
    assert door.records() == []
    assert door.post(PURCHASE, key="my-key").status == 202


def test_a_table_that_may_not_be_used_is_a_fault(door: Door) -> None:
    door.use(dynamodb=Broken(door.dynamodb, "put_item", aws_error("AccessDeniedException")))
    check_problem(door.post(PURCHASE, key="my-key"), 500)
    assert door.records() == []


@pytest.mark.parametrize("error", [THROTTLED, aws_error("AccessDeniedException")], ids=code_of)
def test_an_event_whose_receipt_could_not_be_kept_is_accepted_all_the_same(
    door: Door, error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    door.use(dynamodb=Broken(door.dynamodb, "update_item", error))
    reply = door.post(PURCHASE, key="my-key")
    [event] = door.events()
    assert (reply.status, reply.json()["eventId"]) == (202, event.event_id)
    assert "ReceiptsLost" in capsys.readouterr().out


def test_a_key_that_a_dead_attempt_left_behind_is_free_when_its_time_is_over(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: -1)
    door.use(dynamodb=Broken(door.dynamodb, "update_item", THROTTLED))
    first, again = (door.post(PURCHASE, key="my-key") for _ in range(2))
    assert first.body == again.body
    assert len({event.event_id for event in door.events()}) == 1


@pytest.mark.parametrize("error", PASSING, ids=code_of)
def test_a_failed_put_whose_key_cannot_be_freed_gets_503_too(door: Door, error: Exception) -> None:
    door.use(
        kinesis=Broken(door.kinesis, "put_record", TIMED_OUT),
        dynamodb=Broken(door.dynamodb, "delete_item", error),
    )
    check_problem(door.post(PURCHASE, key="my-key"), 503)
    check_problem(door.post(PURCHASE, key="my-key"), 409)


def test_an_item_holds_ids_and_hashes_and_its_time_to_live(door: Door) -> None:
    reply = door.post(LOGIN, key="my-key")
    [item] = door.items()
    assert set(item) == {"id", "expiration", "status", "data", "validation", "in_progress_expiration"}
    assert json.loads(item["data"]["S"]) == reply.json()
    assert abs(int(item["expiration"]["N"]) - time.time() - KEPT_SECONDS) < 60
    assert not re.search("|".join(map(re.escape, SECRETS)), json.dumps(item))


def let_a_day_pass(door: Door) -> None:
    """Let the time of the one item be over, and leave it there as DynamoDB may."""
    [item] = door.items()
    door.dynamodb.update_item(
        TableName=door.table,
        Key={"id": item["id"]},
        UpdateExpression="SET expiration = :past",
        ExpressionAttributeValues={":past": {"N": str(int(time.time()) - 10)}},
    )


def test_a_key_whose_time_is_over_is_a_new_one_though_the_item_is_still_there(door: Door) -> None:
    door.post(PURCHASE, key="my-key")
    let_a_day_pass(door)
    assert door.post(CART, key="my-key").status == 202
    assert len(door.records()) == 2


def test_the_same_again_under_a_key_whose_time_is_over_is_put_as_the_same_event(door: Door) -> None:
    door.post(PURCHASE, key="my-key")
    let_a_day_pass(door)
    assert door.post(PURCHASE, key="my-key").status == 202
    first, again = door.events()
    assert first.event_id == again.event_id


def test_neither_log_nor_metrics_hold_tokens_names_or_payloads(
    door: Door, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = StringIO()
    monkeypatch.setattr(entry.logger.registered_handler, "stream", log)
    level = entry.logger.log_level
    entry.logger.setLevel("DEBUG")
    for body in (OFFER, PHONE, LOGIN, OFFER | {"name": "needle\x00"}, "needle", {"schema": "needle"}):
        for key in (None, "my-key"):
            door.post(body, key=key, headers={"authorization": "Bearer needle"})
    for error in (*PASSING, *LASTING):
        door.use(kinesis=Broken(door.kinesis, "put_record", error))
        door.post(OFFER, key="my-key-2")
    entry.logger.setLevel(level)
    written = "".join([*capsys.readouterr(), log.getvalue()])
    assert '"EventsRefused":[1.0]' in written
    assert '"Code":"invalid-data"' in written
    assert "The request failed unexpectedly" in written
    assert not re.search("|".join(map(re.escape, SECRETS)), written)


def metrics_of(written: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    return [line for line in lines if "_aws" in line]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """Return what the function's logger writes to."""
    written = StringIO()
    monkeypatch.setattr(entry.logger.registered_handler, "stream", written)
    return written


@pytest.mark.parametrize("key", [None, "my-key"])
@pytest.mark.parametrize("body", [OFFER, PURCHASE, PHONE, LOGIN])
def test_an_event_that_is_accepted_writes_nothing(
    door: Door, log: StringIO, capsys: pytest.CaptureFixture[str], body: dict[str, Any], key: str | None
) -> None:
    assert [door.post(body, key=key).status for _ in range(2)] == [202, 202]
    assert (log.getvalue(), *capsys.readouterr()) == ("", "", "")


@pytest.mark.parametrize(
    ("body", "code"),
    [("x", "not-json"), ({"schema": "x"}, "unknown-schema"), (PURCHASE | {"x": 1}, "invalid-data")],
)
def test_what_is_refused_has_one_line_which_is_its_metric(
    door: Door, log: StringIO, capsys: pytest.CaptureFixture[str], body: object, code: str
) -> None:
    door.post(body)
    [line] = capsys.readouterr().out.splitlines()
    [refused] = metrics_of(line)
    assert (refused["EventsRefused"], refused["Code"], refused["Environment"]) == ([1.0], code, "test")
    assert refused["request_id"] == REQUEST_ID
    assert log.getvalue() == ""


@pytest.mark.parametrize(("error", "code"), [(THROTTLED, "unavailable"), (LASTING[0], "fault")])
def test_what_fails_has_its_line_and_its_metric(
    door: Door, log: StringIO, capsys: pytest.CaptureFixture[str], error: Exception, code: str
) -> None:
    door.use(kinesis=Broken(door.kinesis, "put_record", error))
    door.post(PURCHASE)
    [refused] = metrics_of(capsys.readouterr().out)
    [line] = [json.loads(line) for line in log.getvalue().splitlines()]
    assert (refused["EventsRefused"], refused["Code"]) == ([1.0], code)
    assert refused["request_id"] == line["request_id"] == REQUEST_ID
