"""What the catalog says of the products of an order, read strongly consistently."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hello_retail.aws_failures import Unavailable
from hello_retail.read_models.catalog import is_for_sale
from hello_retail.stream_consumer.batch_get import read_items
from hello_retail.stream_consumer.usage import Usage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Offer:
    """A product that is for sale."""

    name: str
    cents: int


def read_offers(client: DynamoDBClient, catalog: str, product_ids: Iterable[str]) -> dict[str, Offer]:
    """Return the offers of those of the products that are for sale: they are offered, and have a price.

    Raises:
        Unavailable: where a product could not be read.

    """
    usage = Usage()
    items, unread = read_items(client, catalog, "productId", product_ids, usage)
    if unread:
        raise Unavailable(", ".join(usage.failures) or "UnprocessedKeys")
    return {
        product_id: Offer(item["name"]["S"], int(item["cents"]["N"]))
        for product_id, item in items.items()
        if is_for_sale(item)
    }
