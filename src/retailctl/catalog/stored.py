"""The catalog, the categories and the stock that the shop view's tables hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from retailctl.catalog.recount import Catalog
from retailctl.environments.generations import SHOP
from retailctl.progress import REAL, Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

PATIENCE_SECONDS = 60.0
"""How long the last event may take until the tables have it."""
INNER = frozenset({"merchantSequence", "sortName"})
"""What the view needs beside what is shown: where the first offer is in the log, and how products are sorted."""
_LEDGER = re.compile(r"[wr]\d+")


def read_stored_products(client: DynamoDBClient, table: str) -> dict[str, dict[str, str | int]]:
    """Return all products' attributes by id, also of those not yet offered.

    Left out is what the view keeps to count each event once.
    """
    return {
        item["productId"]["S"]: {
            name: int(value["N"]) if "N" in value else value["S"]
            for name, value in item.items()
            if name != "productId" and not _LEDGER.fullmatch(name)
        }
        for item in _scan_table(client, table)
    }


def read_stored_categories(client: DynamoDBClient, table: str) -> dict[str, dict[str, int]]:
    """Return how many products each category has; none has zero."""
    counts = {item["category"]["S"]: int(item["products"]["N"]) for item in _scan_table(client, table)}
    return {category: {"products": count} for category, count in counts.items() if count}


def read_stored_stock(client: DynamoDBClient, table: str) -> dict[str, dict[str, int]]:
    """Return the stock of each product that ever had some."""
    stock = {
        item["productId"]["S"]: {name: _read_number(item, name) for name in ("available", "added")}
        for item in _scan_table(client, table)
    }
    return {product: numbers for product, numbers in stock.items() if any(numbers.values())}


def read_generation(client: DynamoDBClient, tables: Mapping[str, str]) -> Catalog:
    """Return all that a generation of the shop view holds.

    Its tables are given by their outputs; stock is not part of it.
    """
    return Catalog(
        read_stored_products(client, tables["catalog_table"]),
        read_stored_categories(client, tables["categories_table"]),
        {},
    )


def read_stored_catalog(client: DynamoDBClient, outputs: Mapping[str, Any]) -> Catalog:
    """Return the catalog that the API shows: offered products only."""
    live = read_generation(client, outputs[SHOP.standing][str(outputs[SHOP.live])])
    offered = {
        product: {name: value for name, value in attributes.items() if name not in INNER}
        for product, attributes in live.products.items()
        if "category" in attributes
    }
    return Catalog(offered, live.categories, read_stored_stock(client, outputs["stock_table"]))


def await_catalog(read: Callable[[], Catalog], expected: Catalog, clock: Clock = REAL) -> Catalog:
    """Return the catalog once it is right, or after its time."""
    deadline = clock.now() + PATIENCE_SECONDS
    while (actual := read()) != expected and clock.now() < deadline:
        clock.pause(0.2)
    return actual


def _read_number(item: Mapping[str, Any], name: str) -> int:
    return int(item[name]["N"]) if name in item else 0


def _scan_table(client: DynamoDBClient, table: str) -> Iterator[Mapping[str, Any]]:
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]
