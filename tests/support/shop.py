"""The shop view over fakes: its real code from Lambda's event to its answer, with any number of instances."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hello_retail.shop_view.batch import decode_batch
from hello_retail.shop_view.handler import fold_batch
from hello_retail.shop_view.store import ShopTables, ShopViewStore
from support.fake_aws import FakeDynamoDB
from support.stepping import InlineExecutor

CATALOG, CATEGORIES, STOCK = "catalog", "categories", "stock"
TABLES = ShopTables(CATALOG, CATEGORIES, STOCK)
KEYS = {CATALOG: ("productId",), CATEGORIES: ("shelf", "category"), STOCK: ("productId",)}
RECENT_EVENTS = 16

Handler = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def tables() -> FakeDynamoDB:
    return FakeDynamoDB(KEYS)


def create_tables(dynamodb: Any) -> None:
    """Create the three tables as Terraform does."""
    for table, keys in KEYS.items():
        indexed = ("category", "sortName") if table == CATALOG else ()
        schema = [
            {"AttributeName": name, "KeyType": kind}
            for name, kind in zip(keys, ("HASH", "RANGE"), strict=False)
        ]
        more: dict[str, Any] = {}
        if indexed:
            more["GlobalSecondaryIndexes"] = [
                {
                    "IndexName": "byCategory",
                    "KeySchema": [
                        {"AttributeName": name, "KeyType": kind}
                        for name, kind in zip(indexed, ("HASH", "RANGE"), strict=True)
                    ],
                    "Projection": {
                        "ProjectionType": "INCLUDE",
                        "NonKeyAttributes": ["brand", "name", "description", "cents", "image"],
                    },
                }
            ]
        dynamodb.create_table(
            TableName=table,
            KeySchema=schema,
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in (*keys, *indexed)
            ],
            BillingMode="PAY_PER_REQUEST",
            **more,
        )


def warm_instance(dynamodb: Any) -> Handler:
    """Return a handler with a cache of its own, as a warm instance of the function has."""
    view = ShopViewStore(
        dynamodb, InlineExecutor(), tables=TABLES, recent_events=RECENT_EVENTS, pause=lambda _: None
    )
    return lambda event: fold_batch(decode_batch(event), view)
