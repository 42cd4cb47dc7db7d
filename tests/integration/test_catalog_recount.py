"""The shop view over moto leads to the catalog that the independent fold gives, however the batches were cut."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from retailctl.catalog.recount import compare_catalogs, recount_catalog
from retailctl.catalog.stored import await_catalog, read_generation, read_stored_catalog
from retailctl.progress import Clock
from retailctl.simulation.workshop import Workshop
from support import shop
from support.event_source import LogRecord, kinesis_event

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

TABLES = {"catalog_table": shop.CATALOG, "categories_table": shop.CATEGORIES}
OUTPUTS = {"shop_generations": {"1": TABLES}, "live_shop_generation": 1, "stock_table": shop.STOCK}


def list_records() -> list[LogRecord]:
    """Return a shop's day, in which each tenth event is put twice."""
    records: list[LogRecord] = []
    for entry in Workshop(3, products=40, people=12).generate_shop_day(600):
        minted = {
            "schema": "com.nordstrom/retail-stream-ingress/1-1-0",
            "eventId": str(uuid.UUID(int=entry.line, version=4)),
        }
        payload = json.dumps(json.loads(entry.data) | minted).encode()
        for _ in range(1 + (entry.line % 10 == 0)):
            number = str(1_000 + len(records))
            records.append(LogRecord("shardId-000000000000", number, entry.partition_key, payload))
    return records


def fold(batch_size: int) -> Any:
    """Fold the day in batches, each delivered twice; return the DynamoDB client."""
    dynamodb = boto3.client("dynamodb")
    shop.create_tables(dynamodb)
    instance, records = shop.warm_instance(dynamodb), list_records()
    for start in range(0, len(records), batch_size):
        for _ in range(2):
            answer = instance(kinesis_event(records[start : start + batch_size]))
            assert answer == {"batchItemFailures": []}
    return dynamodb


@pytest.fixture(params=[7, 200])
def dynamodb(request: pytest.FixtureRequest) -> Iterator[Any]:
    with mock_aws():
        yield fold(request.param)


def test_every_product_category_and_stock_is_what_the_independent_fold_says(dynamodb: Any) -> None:
    expected = recount_catalog(record.payload for record in list_records())

    assert len(expected.products) == 40
    assert compare_catalogs(expected, read_stored_catalog(dynamodb, OUTPUTS)) == []


def test_a_wrong_item_is_found(dynamodb: Any) -> None:
    expected = recount_catalog(record.payload for record in list_records())
    product = next(iter(expected.products))
    dynamodb.update_item(
        TableName=shop.CATALOG,
        Key={"productId": {"S": product}},
        UpdateExpression="SET cents = :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )

    (sentence,) = compare_catalogs(expected, read_stored_catalog(dynamodb, OUTPUTS))

    assert sentence == f"Product {product}: cents is 1, must be {expected.products[product]['cents']}."


def test_other_cuts_of_the_batches_give_the_same_generation() -> None:
    generations = []
    for batch_size in (1, 33, 1000):
        with mock_aws():
            generations.append(read_generation(fold(batch_size), TABLES))

    assert compare_catalogs(generations[0], generations[1]) == []
    assert compare_catalogs(generations[0], generations[2]) == []


def test_a_catalog_that_is_late_is_waited_for() -> None:
    catalogs = [recount_catalog([]), recount_catalog(record.payload for record in list_records())]
    pauses: list[float] = []
    clock = Clock(lambda: float(len(pauses)), pauses.append)

    assert await_catalog(lambda: catalogs[min(len(pauses), 1)], catalogs[1], clock) == catalogs[1]
    assert len(pauses) == 1
