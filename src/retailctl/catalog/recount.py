"""Recount the catalog from the log, with nothing of the shop view.

It exists to check the view, so it shares only the decoding of events with it. The rules (see ``docs/catalog.md``):
a product's first offer fixes its merchant; the merchant's later offers change its texts and its category; offers,
prices and stock of anybody else, and those before the first offer, count for nothing. The first picture stays,
whoever took it and whenever it came. What a producer put twice counts once; stock that counted for nothing may
count when it is put again. What confirmed orders have taken is no longer available.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hello_retail import events

if TYPE_CHECKING:
    from collections.abc import Iterable

OFFER = "com.nordstrom/product/create/1-0-0"
PICTURE = "com.nordstrom/product/image/1-0-0"
PRICE = "com.nordstrom/product/price/1-0-0"
STOCK = "com.nordstrom/product/stock/1-0-0"
ORDER = "com.nordstrom/order/confirmed/1-0-0"
TEXTS = ("brand", "name", "description", "category")
DIFFERENCES_TOLD = 5
"""How many values of a product a sentence tells at most."""


Items = Mapping[str, Mapping[str, str | int]]
"""The attributes of each item, by the item's id."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """What is for sale.

    Attributes:
        products: the offered products.
        categories: how many ``products`` each category has; none has zero.
        stock: how many are ``available``, and how many were ever ``added``, of each product that ever had some.

    """

    products: Items
    categories: Items
    stock: Items


@dataclass(slots=True)
class _Product:
    """What the log says of a product so far."""

    attributes: dict[str, str | int] = field(default_factory=dict)
    merchant: str | None = None
    added: int = 0
    counted: set[str] = field(default_factory=set)


def recount_catalog(payloads: Iterable[bytes]) -> Catalog:
    """Return the catalog of a log, whose records are in order per product."""
    products: dict[str, _Product] = {}
    orders: dict[str | None, events.Event] = {}
    for payload in payloads:
        event = events.decode_event(payload)
        if isinstance(event, events.Event) and event.kind == ORDER:
            orders[event.event_id] = event
        if not isinstance(event, events.Event) or event.kind not in (OFFER, PICTURE, PRICE, STOCK):
            continue
        product = products.setdefault(str(event.data["id"]), _Product())
        if event.event_id is not None and event.event_id in product.counted:
            continue
        if event.event_id is not None and (event.kind != STOCK or product.merchant == event.user_id):
            product.counted.add(event.event_id)
        if event.kind == PICTURE:
            product.attributes.setdefault("image", event.data["image"])
        elif event.kind == OFFER and product.merchant in (None, event.user_id):
            product.attributes |= {text: event.data[text] for text in TEXTS}
            product.attributes.setdefault("offeredAt", event.time_origin)
            product.merchant = product.attributes["merchant"] = event.user_id
        elif product.merchant == event.user_id and event.kind == PRICE:
            product.attributes["cents"] = event.data["cents"]
        elif product.merchant == event.user_id and event.kind == STOCK:
            product.added += event.data["added"]
    offered = {id_: product for id_, product in products.items() if product.merchant is not None}
    sold = Counter[str]()
    for order in orders.values():
        for line in order.data["lines"]:
            sold[line["product"]] += line["quantity"]
    categories = Counter(str(product.attributes["category"]) for product in offered.values())
    return Catalog(
        {id_: product.attributes for id_, product in offered.items()},
        {category: {"products": count} for category, count in categories.items()},
        {
            id_: {"available": product.added - sold[id_], "added": product.added}
            for id_, product in offered.items()
            if product.added
        },
    )


def compare_catalogs(expected: Catalog, actual: Catalog, must: str = "must be") -> list[str]:
    """Return a sentence for each product, category and stock that is wrong."""
    return [
        *_compare_items("Product", expected.products, actual.products, must),
        *_compare_items("Category", expected.categories, actual.categories, must),
        *_compare_items("Stock of product", expected.stock, actual.stock, must),
    ]


def _compare_items(what: str, expected: Items, actual: Items, must: str) -> list[str]:
    sentences = []
    for name in sorted(expected.keys() | actual.keys()):
        wanted, have = expected.get(name), actual.get(name)
        if wanted is None or have is None:
            sentences.append(f"{what} {name} is {'missing' if have is None else 'one too many'}.")
        elif wanted != have:
            wrong = [
                f"{key} is {have.get(key)!r}, {must} {wanted.get(key)!r}"
                for key in sorted({*wanted, *have})
                if wanted.get(key) != have.get(key)
            ]
            sentences.append(f"{what} {name}: {'; '.join(wrong[:DIFFERENCES_TOLD])}.")
    return sentences
