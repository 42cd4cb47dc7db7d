"""The shop's events in one batch of one shard, by product and by line of a cart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hello_retail.events import PRODUCT_STOCK, Event, decode_base64_event
from hello_retail.shop_view import basket, shelf
from hello_retail.shop_view.basket import CartEvent
from hello_retail.shop_view.shelf import ShelfStep, ShelvedProduct, ShopEvent


@dataclass(slots=True)
class ProductFold:
    """One product's events in a batch, and the result so far.

    ``entries`` (for the catalog) and ``deliveries`` (for the stock) are not folded yet, in the order of the shard.
    ``waits``: the next write changes a category, so it must wait for its turn. ``product`` is the catalog item as
    the last call showed it, not as the store's cache has it: a zombie in the same instance may change the cache.
    """

    product_id: str
    entries: list[ShopEvent] = field(default_factory=list)
    deliveries: list[ShopEvent] = field(default_factory=list)
    waits: bool = False
    product: ShelvedProduct = field(default_factory=ShelvedProduct)
    repeats: int = 0
    redelivered: int = 0
    foreign: int = 0

    @property
    def unapplied(self) -> int | None:
        """The lowest sequence number that is not applied; ``None`` if all are."""
        return min((entry.sequence for entry in (*self.entries[:1], *self.deliveries[:1])), default=None)

    def finish_step(self, step: ShelfStep) -> None:
        """Record that a step is done."""
        self.product = step.after or self.product
        last = None if step.after is None else step.after.ledger.last
        self.entries = [entry for entry in self.entries if last is not None and entry.sequence > last]
        self.repeats += step.repeats
        self.redelivered += step.redelivered
        self.foreign += step.foreign


@dataclass(slots=True)
class CartFold:
    """The events of a batch for one product in one customer's cart, not folded yet, in the order of the shard."""

    user_id: str
    product_id: str
    entries: list[CartEvent] = field(default_factory=list)
    repeats: int = 0
    redelivered: int = 0

    @property
    def unapplied(self) -> int | None:
        """The lowest sequence number that is not applied; ``None`` if all are."""
        return self.entries[0].sequence if self.entries else None


@dataclass(frozen=True, slots=True)
class ShopBatch:
    """One invocation's records; ``carts`` are by customer and product.

    ``numbers`` gives each record's own text of its sequence number: an answer to Lambda must repeat it to the
    letter.
    """

    shard_id: str
    products: dict[str, ProductFold]
    carts: dict[tuple[str, str], CartFold]
    numbers: dict[int, str]

    @property
    def folds(self) -> list[ProductFold | CartFold]:
        """All that the batch folds."""
        return [*self.products.values(), *self.carts.values()]


def decode_batch(event: Mapping[str, Any]) -> ShopBatch:
    """Sort a Kinesis event as Lambda delivers it (``Records[].kinesis``, ``eventID`` = shard:number).

    Sales and other events belong to other views, and what is no event is in the winner view's quarantine.
    """
    records = event["Records"]
    batch = ShopBatch(records[0]["eventID"].partition(":")[0], {}, {}, {})
    for record in records:
        kinesis = record["kinesis"]
        number = int(kinesis["sequenceNumber"])
        batch.numbers[number] = kinesis["sequenceNumber"]
        decoded = decode_base64_event(kinesis["data"])
        if not isinstance(decoded, Event):
            continue
        if decoded.kind in basket.KINDS:
            entry = CartEvent(number, decoded, float(kinesis["approximateArrivalTimestamp"]))
            for product_id in basket.list_products(decoded):
                place = (decoded.user_id, product_id)
                batch.carts.setdefault(place, CartFold(*place)).entries.append(entry)
        elif decoded.kind in shelf.KINDS:
            product_id = str(decoded.data["id"])
            fold = batch.products.setdefault(product_id, ProductFold(product_id))
            entries = fold.deliveries if decoded.kind == PRODUCT_STOCK else fold.entries
            entries.append(ShopEvent(number, decoded))
    return batch
