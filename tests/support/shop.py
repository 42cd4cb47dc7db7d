"""The shop view over fakes: its real code from Lambda's event to its answer, with any number of instances."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from hello_retail.shop_view.batch import decode_batch
from hello_retail.shop_view.carts import CartStore
from hello_retail.shop_view.handler import ShopStores, fold_batch
from hello_retail.shop_view.store import ShopTables, ShopViewStore
from support.event_source import LogRecord, Stream
from support.events import create, image, payload, price, purchase, stock
from support.fake_aws import FakeDynamoDB
from support.stepping import InlineExecutor

CATALOG, CATEGORIES, STOCK, CARTS = "catalog", "categories", "stock", "carts"
TABLES = ShopTables(CATALOG, CATEGORIES, STOCK)
KEYS = {
    CATALOG: ("productId",),
    CATEGORIES: ("shelf", "category"),
    STOCK: ("productId",),
    CARTS: ("userId", "productId"),
}
RECENT_EVENTS = 16
NOW = 1_763_800_060.0
"""The clock of the carts: a minute after the records of `kinesis_event` arrived."""

Handler = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def tables() -> FakeDynamoDB:
    return FakeDynamoDB(KEYS)


def create_tables(dynamodb: Any) -> None:
    """Create the four tables as Terraform does."""
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
    stores = warm_stores(dynamodb)
    return lambda event: fold_batch(decode_batch(event), stores)


def warm_stores(
    dynamodb: Any, tables: ShopTables = TABLES, pause: Callable[[float], None] = lambda _: None
) -> ShopStores:
    """Return the stores of an instance of the function."""
    shelf = ShopViewStore(dynamodb, InlineExecutor(), tables=tables, recent_events=RECENT_EVENTS, pause=pause)
    carts = CartStore(
        dynamodb,
        InlineExecutor(),
        table=CARTS,
        recent_events=RECENT_EVENTS,
        retention_hours=24,
        pause=pause,
        now=lambda: NOW,
    )
    return ShopStores(shelf, carts)


def offer(product: str, user: str, category: str = "Light", name: str = "Lamp", **envelope: str) -> Any:
    """Return the envelope of an offer with these texts."""
    document = create(product, user, **envelope)
    document["data"] |= {"category": category, "name": name}
    return document


def random_shop_log(
    random: Random, events: int, products: int, reshards: int, *, scattered: bool = False
) -> Stream:
    """Return a log of a small, busy shop: offers and category moves, prices, stock, pictures, sales and garbage.

    A fifth of what has an event id is put again by a producer that did not hear, up to eight records later.
    ``scattered``: producers choose any partition key, so that a product's events come over several shards at once.
    """
    stream = Stream(random)
    moments = {random.randrange(events) for _ in range(reshards)}
    again: list[tuple[int, str, bytes]] = []
    for moment in range(events):
        if moment in moments:
            stream.reshard()
        for due in [due for due in again if due[0] <= moment]:
            again.remove(due)
            stream.put(*due[1:])
        product = f"product-{random.randrange(products)}"
        key = f"key-{random.randrange(8)}" if scattered else product
        record = _random_record(random, product, moment)
        stream.put(key, record)
        if b"eventId" in record and random.random() < 0.2:
            again.append((moment + random.randrange(1, 9), key, record))
    return stream


def _random_record(random: Random, product: str, moment: int) -> bytes:
    user = random.choice(("ann", "ann", "ann", "bob", "cy"))
    envelope = {"time_origin": f"2026-11-22T00:{moment % 60:02}:00.000Z"}
    if random.random() < 0.8:
        envelope["event_id"] = str(UUID(int=random.getrandbits(128), version=4))
    kind = random.random()
    if kind < 0.35:
        category, name = (
            random.choice(("Light", "Desk", "Bed")),
            random.choice(("Lamp", "\u00c4pfel", "chair")),
        )
        return payload(offer(product, user, category, name, **envelope))
    if kind < 0.55:
        return payload(price(product, user, random.randrange(1, 1000), **envelope))
    if kind < 0.75:
        return payload(stock(product, user, random.randrange(1, 100), **envelope))
    if kind < 0.85:
        picture = image(product, user, **envelope)
        picture["data"]["image"] = f"photos/i/p/{moment}"
        return payload(picture)
    if kind < 0.95:
        return payload(purchase(product, user, **envelope))
    return random.choice((b"garbage", b"null", payload(price(product, user, 0, **envelope))))


@dataclass
class Shop:
    """What is in the shop after a log: products by attribute, counts by category, pieces by product."""

    products: dict[str, dict[str, Any]] = field(default_factory=dict)
    categories: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    stock: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))


def one_pass(records: Sequence[LogRecord]) -> Shop:
    """Fold a log in one pass over it, by the shop's rules and nothing of our own code."""
    shop, seen = Shop(), set()
    for record in records:
        try:
            event = json.loads(record.payload)
            data, user = event["data"], event["origin"].split("/")[2]
            action, product = data["schema"].split("/")[2], data["id"]
        except (ValueError, TypeError, KeyError):
            continue
        if action not in {"create", "price", "stock", "image"} or data.get("cents") == 0:
            continue
        item = shop.products.setdefault(product, {}) if action != "stock" else shop.products.get(product, {})
        sent = (product, event.get("eventId", record.sequence_number))
        if sent in seen or (action == "stock" and item.get("merchant") != user):
            continue  # stock that does not count is not remembered; all else of a product is
        seen.add(sent)
        if action == "image":
            item.setdefault("image", data["image"])
        if action == "create" and item.get("merchant", user) == user:
            if item.get("category") != data["category"]:
                shop.categories[data["category"]] += 1
                if "category" in item:
                    shop.categories[item["category"]] -= 1
            item.setdefault("offeredAt", event["timeOrigin"])
            item.setdefault("merchantSequence", record.sequence_number)
            texts = {name: data[name] for name in ("brand", "name", "description", "category")}
            item |= {"merchant": user, "sortName": data["name"].casefold(), **texts}
        if action == "price" and item.get("merchant") == user:
            item["cents"] = data["cents"]
        if action == "stock":
            shop.stock[product] += data["added"]
    return shop


def read_shop(dynamodb: FakeDynamoDB) -> Shop:
    """Return what the three tables hold, without the ledgers."""
    shop = Shop()
    for (product,), item in dynamodb.items[CATALOG].items():
        shop.products[product] = {
            name: int(value["N"]) if "N" in value else value["S"]
            for name, value in item.items()
            if name != "productId" and "B" not in value
        }
    for (_, category), item in dynamodb.items[CATEGORIES].items():
        shop.categories[category] = int(item["products"]["N"])
    for (product,), item in dynamodb.items[STOCK].items():
        shop.stock[product] = int(item["available"]["N"])
        assert item["added"] == item["available"], "nothing is sold from the stock yet"
    return shop
