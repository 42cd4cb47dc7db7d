"""What the trending view's batches cost, as the emulator's DynamoDB tells it: it bills as AWS does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from hello_retail.stream_consumer.usage import Usage
from hello_retail.trending_view.batch import decode_batch
from hello_retail.trending_view.store import TrendingViewStore
from support.event_source import FIRST_NUMBER, LogRecord, kinesis_event
from support.events import payload, purchase
from support.trending import RULE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Units:
    """How many products a batch sold, and the capacity units that folding it took."""

    products: int
    written: float
    read: float


def measured(
    dynamodb: DynamoDBClient, table: str, batches: int, sales_a_batch: int, products: int
) -> list[Units]:
    """Fold batches of the same products into a table, as one instance of the function, and say what each took."""
    random = Random(4)  # noqa: S311 - a seed is a history
    store, found = TrendingViewStore(dynamodb, ThreadPoolExecutor(2), table=table, rule=RULE), []
    for batch in range(batches):
        records = []
        for place in range(sales_a_batch):
            product = f"product-{place % products:029}"
            click = str(UUID(int=random.getrandbits(128), version=4))
            number = str(FIRST_NUMBER + batch * sales_a_batch + place)
            body = payload(purchase(product, "cy", event_id=click))
            records.append(LogRecord("shardId-000000000000", number, product, body))
        decoded, usage = decode_batch(kinesis_event(records)), Usage()
        store.apply_sales(decoded.shard_id, decoded.sales, usage)
        found.append(Units(len(decoded.sales), usage.write_units, usage.read_units))
    return found
