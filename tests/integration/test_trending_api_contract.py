"""The trending API's handler over moto's table, held against its part of the contract."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from hello_retail.aws_failures import Unavailable
from hello_retail.http_api.parameters import MAX_LIMIT
from hello_retail.read_models.trending import add_sale
from hello_retail.trending_api import handler as entry
from hello_retail.trending_api.api import BOARD_SECONDS, LIMIT, PATH, TrendingApi
from hello_retail.trending_api.store import TrendingApiStore
from support.http import REQUEST_ID, Client, http_event
from support.openapi import SPEC, check_examples, check_reply, paths_of, reads_of, resolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

READS = reads_of("trending_api.json")
HALF_LIFE = 3600.0
NOW = 1_763_802_000.0


class World:
    """The table, and a client of the API over it; ``now`` is the function's clock."""

    def __init__(self, dynamodb: DynamoDBClient) -> None:
        self.dynamodb = dynamodb
        self.now = NOW
        self.client = Client(entry.handler)

    def sold(self, product_id: str, *ages: float, padding: str = "") -> None:
        """Put a product that was sold once for each age, in half-lives before now."""
        weight = None
        for age in ages:
            weight = add_sale(weight, NOW - age * HALF_LIFE, HALF_LIFE)
        assert weight
        numbers = {"weight": repr(weight.mantissa), "halfLives": str(weight.half_lives), "expiresAt": "1"}
        item: Any = {"productId": {"S": product_id}, "r0": {"B": padding.encode() or b"-"}}
        self.dynamodb.put_item(
            TableName="trending", Item=item | {name: {"N": text} for name, text in numbers.items()}
        )

    def products(self, **query: Any) -> list[str]:
        return [line["productId"] for line in self.client.get(PATH, **query).json()]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        dynamodb.create_table(
            TableName="trending",
            KeySchema=[{"AttributeName": "productId", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "productId", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        world = World(dynamodb)
        store = TrendingApiStore(dynamodb, "trending")
        monkeypatch.setattr(entry, "api", TrendingApi(store, HALF_LIFE, lambda: world.now))
        yield world


def test_its_part_of_the_contract_has_the_route_and_the_limits_of_the_code() -> None:
    limit = next(each["schema"] for each in READS[PATH]["parameters"] if each.get("name") == "limit")

    assert {path: set(item) for path, item in paths_of("trending_api.json").items()} == {PATH: {"get"}}
    assert limit == {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": LIMIT.default}
    assert "trending" in {tag["name"] for tag in SPEC["tags"]}


def test_every_example_is_what_its_schema_says() -> None:
    for answer in map(resolved, READS[PATH]["responses"].values()):
        check_examples(answer)


def test_what_sells_just_now_comes_first(world: World) -> None:
    world.sold("once popular", *[6.0] * 30)
    world.sold("new", 0.0, 0.0)
    world.sold("forgotten", 50.0)

    reply = world.client.get(PATH)

    check_reply(READS[PATH], reply)
    assert reply.json() == [
        {"rank": 1, "productId": "new", "score": 2.0},
        {"rank": 2, "productId": "once popular", "score": 0.469},
    ]


def test_ten_are_listed_unless_the_client_says_otherwise(world: World) -> None:
    for number in range(12):
        world.sold(f"product-{number:02}", *[0.0] * (12 - number))

    assert len(world.products()) == 10
    assert world.products(limit=2) == ["product-00", "product-01"]
    assert len(world.products(limit=100)) == 12


def test_a_table_that_takes_several_reads_is_read_to_its_end(world: World) -> None:
    for number in range(5):
        world.sold(f"product-{number}", 0.0, padding="x" * 350_000)

    assert len(world.products()) == 5


@pytest.mark.parametrize("limit", ["0", "101", "1.5", "ten", "", "+1", "٣"])
def test_a_limit_that_cannot_be_is_refused_in_words(world: World, limit: str) -> None:
    reply = world.client.get(PATH, limit=limit)

    assert reply.status == 400
    assert reply.json()["errors"] == [{"parameter": "limit", "detail": "give a whole number from 1 to 100."}]
    check_reply(READS[PATH], reply)


def test_a_copy_that_still_holds_is_not_sent_again(world: World) -> None:
    world.sold("lamp", 0.0)
    world.now += 10
    first = world.client.get(PATH)
    world.now += 30  # within the step

    again = world.client.get(PATH, headers={"if-none-match": first.headers["etag"]})

    assert (again.status, again.body) == (304, "")
    check_reply(READS[PATH], again)


def test_a_list_is_as_new_as_ten_seconds_ago(world: World) -> None:
    world.sold("lamp", 0.0)
    before = world.client.get(PATH).json()
    world.sold("chair", 0.0, 0.0)

    world.now += BOARD_SECONDS - 0.1
    assert world.client.get(PATH).json() == before
    world.now += 0.1
    assert world.products() == ["chair", "lamp"]


def test_a_clock_that_is_set_back_does_not_freeze_the_list(world: World) -> None:
    world.products()
    world.sold("lamp", 0.0)
    world.now -= 3600

    assert world.products() == ["lamp"]


def test_other_methods_and_other_paths_are_refused_in_words(world: World) -> None:
    other = world.client.send(http_event("DELETE", PATH))
    elsewhere = world.client.get("/trendings")

    assert (other.status, other.headers["allow"]) == (405, "GET, HEAD")
    check_reply(READS[PATH], other)
    assert (elsewhere.status, elsewhere.json()["detail"]) == (
        404,
        "There is no such resource; there is /trending.",
    )


def test_head_answers_as_get_does_without_the_body(world: World) -> None:
    world.sold("lamp", 0.0)
    got, head = world.client.get(PATH), world.client.send(http_event("HEAD", PATH))

    assert (head.status, head.headers, head.body) == (200, got.headers, "")


@pytest.mark.parametrize(
    ("error", "status"), [(Unavailable("ThrottlingException"), 503), (KeyError("weight"), 500)]
)
def test_failures_are_problem_documents_that_the_log_explains(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(TrendingApiStore, "read_products", fail)

    reply = world.client.get(PATH)

    assert (reply.status, reply.json()["requestId"]) == (status, REQUEST_ID)
    check_reply(READS[PATH], reply)


def test_a_read_that_is_answered_writes_nothing(
    world: World, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    world.sold("lamp", 0.0)

    reply = world.client.get(PATH)

    assert (reply.status, len(reply.json())) == (200, 1)
    assert tuple(capfd.readouterr()) == ("", "")


def test_a_read_that_fails_has_its_metric(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")

    def fail(*_: object) -> None:
        raise Unavailable("ThrottlingException")

    monkeypatch.setattr(TrendingApiStore, "read_products", fail)
    world.client.get(PATH)

    [metric] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert metric["Unavailable"] == [1.0]
