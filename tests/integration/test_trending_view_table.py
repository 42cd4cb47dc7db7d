"""The trending view over moto's DynamoDB: its expressions are AWS's, and numbers come back as they went."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from hello_retail.read_models.trending import Weight
from hello_retail.stream_consumer.usage import Usage
from hello_retail.trending_api.store import TrendingApiStore as Reader
from hello_retail.trending_view.batch import decode_batch
from hello_retail.trending_view.store import TrendingViewStore
from support.event_source import LogRecord, kinesis_event
from support.events import payload, purchase
from support.trending import HALF_LIFE, RULE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

ARRIVAL = 1_763_800_000.25  # as the event source's records have it


@pytest.fixture
def dynamodb() -> Iterator[DynamoDBClient]:
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(
            TableName="trending",
            KeySchema=[{"AttributeName": "productId", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "productId", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


def view(dynamodb: DynamoDBClient) -> TrendingViewStore:
    return TrendingViewStore(dynamodb, ThreadPoolExecutor(2), table="trending", rule=RULE)


def apply(store: TrendingViewStore, shard: str, *sales: tuple[int, str, str | None]) -> Usage:
    records = [
        LogRecord(shard, str(number), product, payload(purchase(product, "cy", **_id(event_id))))
        for number, product, event_id in sales
    ]
    batch, usage = decode_batch(kinesis_event(records)), Usage()
    outcomes = store.apply_sales(batch.shard_id, batch.sales, usage)
    assert [outcome.unapplied for outcome in outcomes if outcome.unapplied] == []
    return usage


def _id(event_id: str | None) -> dict[str, Any]:
    return {"event_id": event_id} if event_id else {}


def weights(dynamodb: DynamoDBClient) -> dict[str, Weight]:
    products = Reader(dynamodb, "trending").read_products()
    return {product.product_id: product.weight for product in products}


def test_a_cold_function_goes_on_where_another_left_off(dynamodb: DynamoDBClient) -> None:
    apply(view(dynamodb), "shardId-000000000000", (1, "lamp", None), (2, "chair", None))
    apply(view(dynamodb), "shardId-000000000000", (2, "chair", None), (3, "lamp", None))
    apply(view(dynamodb), "shardId-000000000001", (4, "lamp", None))

    found = weights(dynamodb)

    age = ARRIVAL / HALF_LIFE
    once = 2 ** (age - int(age))
    assert found["chair"] == Weight(once, int(age))
    assert found["lamp"].mantissa == pytest.approx(3 * once)


def test_a_function_that_was_overtaken_judges_anew(dynamodb: DynamoDBClient) -> None:
    behind, ahead = view(dynamodb), view(dynamodb)
    apply(behind, "shardId-000000000000", (1, "lamp", None))
    apply(ahead, "shardId-000000000000", (1, "lamp", None), (2, "lamp", None))

    usage = apply(behind, "shardId-000000000000", (2, "lamp", None), (3, "lamp", None))

    assert weights(dynamodb)["lamp"].mantissa / 2 ** ((ARRIVAL / HALF_LIFE) % 1) == pytest.approx(3)
    assert usage.write_units == 1.5  # a refused write is one unit, and moto tells 0.5 of one that it took


def test_a_click_that_came_over_the_parent_shard_is_known_on_the_child(dynamodb: DynamoDBClient) -> None:
    click = "6f1c2a52-8c3e-4a57-9d1c-0a3e3d0f9c11"
    apply(view(dynamodb), "shardId-000000000000", (1, "lamp", click))
    apply(view(dynamodb), "shardId-000000000001", (2, "lamp", click))

    assert weights(dynamodb)["lamp"].mantissa / 2 ** ((ARRIVAL / HALF_LIFE) % 1) == pytest.approx(1)


def test_an_item_of_five_shards_is_below_a_kilobyte(dynamodb: DynamoDBClient) -> None:
    number = 49_671_669_009_522_853_278_119_462_494_300_940_056_686_602_130_905_854_121
    for shard in range(5):
        clicks = [f"6f1c2a52-8c3e-4a57-9d{shard}{n // 16:x}-0a3e3d0f9c{n % 16:x}1" for n in range(20)]
        sales = [(number + shard * 100 + n, "p" * 36, click) for n, click in enumerate(clicks)]
        apply(view(dynamodb), f"shardId-{shard:012}", *sales)
    (item,) = dynamodb.scan(TableName="trending")["Items"]

    size = sum(len(name) + len(value.get("B", value.get("S", b"x" * 21))) for name, value in item.items())

    assert len([name for name in item if name[0] == "r"]) == 5
    assert size <= 1024
