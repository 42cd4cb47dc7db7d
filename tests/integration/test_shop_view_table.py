"""The shop view over moto's DynamoDB: its expressions and its transactions are AWS's."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from support.carts import CartLog
from support.event_source import Faults, LogRecord, Stream, World, kinesis_event
from support.events import image, payload, price, stock
from support.fake_aws import FakeDynamoDB
from support.shop import KEYS, create_tables, offer, random_shop_log, tables, warm_instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

CLICK = "6f1c2a52-8c3e-4a57-9d1c-0a3e3d0f9c11"


@pytest.fixture
def dynamodb() -> Iterator[DynamoDBClient]:
    with mock_aws():
        client = boto3.client("dynamodb")
        create_tables(client)
        yield client


def fold(handler: Any, *documents: Any, first: int = 1, shard: int = 0) -> Any:
    records = [
        LogRecord(f"shardId-{shard:012}", str(number), "p", payload(document))
        for number, document in enumerate(documents, start=first)
    ]
    return handler(kinesis_event(records))["batchItemFailures"]


def items(dynamodb: DynamoDBClient) -> dict[str, dict[tuple[str, ...], Any]]:
    fake = tables()
    return {
        table: {fake.key(table, item): item for item in dynamodb.scan(TableName=table)["Items"]}
        for table in KEYS
    }


@pytest.mark.parametrize("of_carts", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_the_tables_are_the_fakes_after_a_whole_log(
    dynamodb: DynamoDBClient, seed: int, *, of_carts: bool
) -> None:
    """So what the laws show over the fake holds over what answers as AWS does."""
    random, fake = Random(seed), tables()  # noqa: S311 - a seed is a history
    stream: Stream = (
        CartLog(random).fill_stream(60, reshards=2)
        if of_carts
        else random_shop_log(random, 60, products=4, reshards=2)
    )
    for client in (dynamodb, fake):
        for shard in stream.shards.values():
            shard.position = 0
        world = World(stream, Random(seed), Faults(redelivered=0.2))  # noqa: S311 - a seed is a history
        world.handlers = [warm_instance(client) for _ in range(3)]
        world.run()

    assert items(dynamodb) == fake.items


def test_a_function_that_was_overtaken_judges_anew_from_the_item_in_the_refusal(
    dynamodb: DynamoDBClient,
) -> None:
    behind, ahead = warm_instance(dynamodb), warm_instance(dynamodb)
    fold(behind, offer("p1", "ann", "Light"))
    fold(ahead, offer("p1", "ann", "Light"), offer("p1", "ann", "Desk"), price("p1", "ann", 2))
    moved = [
        offer("p1", "ann", "Desk"),
        price("p1", "ann", 2),
        offer("p1", "ann", "Bed"),
        price("p1", "ann", 3),
    ]

    assert fold(behind, *moved, first=2) == []

    catalog, categories = items(dynamodb)["catalog"], items(dynamodb)["categories"]
    assert {category: item["products"]["N"] for (_, category), item in categories.items()} == {
        "Light": "0",
        "Desk": "0",
        "Bed": "1",
    }
    assert (catalog["p1",]["category"], catalog["p1",]["cents"]) == ({"S": "Bed"}, {"N": "3"})


def test_only_what_is_offered_is_in_the_index(dynamodb: DynamoDBClient) -> None:
    fold(
        warm_instance(dynamodb),
        image("p1", "bob"),
        price("p2", "ann", 1),
        offer("p3", "ann", name="\u00c4pfel"),
    )

    [item] = dynamodb.scan(TableName="catalog", IndexName="byCategory")["Items"]
    assert set(item) == {"productId", "category", "sortName", "brand", "name", "description"}
    assert item["sortName"] == {"S": "\u00e4pfel"}


def test_a_delivery_that_came_over_the_parent_shard_is_known_on_the_child(dynamodb: DynamoDBClient) -> None:
    fold(warm_instance(dynamodb), offer("p1", "ann"), stock("p1", "ann", 4, event_id=CLICK))
    fold(
        warm_instance(dynamodb),
        stock("p1", "ann", 4, event_id=CLICK),
        stock("p1", "ann", 1),
        first=9,
        shard=1,
    )

    assert items(dynamodb)["stock"]["p1",]["available"] == {"N": "5"}


def test_the_longest_texts_fit_the_keys(dynamodb: DynamoDBClient) -> None:
    longest = offer("x" * 80, "ann", "\U0001f600" * 100, "\u0390" * 200)
    longest["data"]["description"] = "\U0001f600" * 2000

    assert fold(warm_instance(dynamodb), longest) == []
    assert isinstance(items(dynamodb)["catalog"]["x" * 80,]["sortName"]["S"], str)


def test_the_fake_refuses_a_transaction_as_moto_does(dynamodb: DynamoDBClient) -> None:
    fake: FakeDynamoDB = tables()
    requests: list[dict[str, Any]] = []

    class Recording:
        exceptions = dynamodb.exceptions

        def __getattr__(self, name: str) -> Any:
            def call(**request: Any) -> Any:
                if name == "transact_write_items":
                    requests.append(request)
                return getattr(dynamodb, name)(**request)

            return call

    fold(warm_instance(Recording()), offer("p1", "ann", "Light"), offer("p1", "ann", "Desk"))
    found = []
    for request in requests:
        fake.transact_write_items(**request)
        again = []
        for client in (fake, dynamodb):
            with pytest.raises(ClientError) as refused:
                client.transact_write_items(**request)
            response: Any = refused.value.response
            reasons = response["CancellationReasons"]
            again.append([(reason["Code"], reason.get("Item")) for reason in reasons])
        found.append(again)

    assert len(found) == 2
    assert found[1][0] == found[1][1]
    assert [code for code, _ in found[1][0]] == ["ConditionalCheckFailed", "None", "None"]
