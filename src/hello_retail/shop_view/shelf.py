"""The rules of the catalog and the stock; pure.

The first offer fixes the merchant, whose later offers change texts and category; nobody else's do. Price and stock
count from the merchant only, and only after the offer. The first picture stays, as in the winner view. All of it
depends on the log alone: not on a clock, and not on how the batches were cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hello_retail.events import PRODUCT_CREATE, PRODUCT_IMAGE, PRODUCT_PRICE, PRODUCT_STOCK, Event
from hello_retail.stream_consumer.ledger import NO_ITEM, Ledger, judge_entries

CATALOG_KINDS = frozenset({PRODUCT_CREATE, PRODUCT_PRICE, PRODUCT_IMAGE})
"""The event types that change a catalog item; PRODUCT_STOCK changes the stock."""
KINDS = CATALOG_KINDS | {PRODUCT_STOCK}
SORT_NAME_BYTES = 1024
"""DynamoDB's limit for a sort key."""


@dataclass(frozen=True, slots=True)
class ShopEvent:
    """An event of the batch and its sequence number."""

    sequence: int
    event: Event


@dataclass(frozen=True, slots=True)
class Offer:
    """The merchant and sequence number of the first offer, and the current category."""

    merchant: str
    sequence: int
    category: str

    def precedes(self, entry: ShopEvent) -> bool:
        """Whether the product had been offered when the event came."""
        return self.sequence < entry.sequence


@dataclass(frozen=True, slots=True)
class ShelvedProduct:
    """The part of a catalog item that later events depend on."""

    ledger: Ledger = NO_ITEM
    offer: Offer | None = None
    pictured: bool = False

    @property
    def category(self) -> str | None:
        """The category that counts the product; ``None`` until it is offered."""
        return self.offer.category if self.offer else None


@dataclass(frozen=True, slots=True)
class ShelfStep:
    """The next write of a catalog item.

    ``changes`` are the attributes that it sets, by name; ``moves`` whether the product changes its category;
    ``after`` is the product once it is written, ``None`` if there is nothing to write. A step changes the category
    at most once, so that the items of the categories do not depend on how batches are cut.
    """

    changes: Mapping[str, str | int]
    repeats: int
    redelivered: int
    foreign: int
    moves: bool
    after: ShelvedProduct | None


def plan_step(product: ShelvedProduct, entries: Sequence[ShopEvent], ring_size: int) -> ShelfStep:
    """Return the next write, with as many entries as fit one step.

    ``after.ledger.last`` tells how many did; whatever lies above it is for the next step.
    """
    verdict = judge_entries(product.ledger, entries, ring_size)
    if verdict.after is None:
        return ShelfStep({}, 0, verdict.delivered, 0, moves=False, after=None)
    offer, pictured = product.offer, product.pictured
    changes: dict[str, str | int] = {}
    foreign, moves = 0, False
    for entry in verdict.entries:
        event = entry.event
        if event.kind == PRODUCT_IMAGE:
            if not pictured:
                pictured, changes["image"] = True, event.data["image"]
        elif offer is not None and event.user_id != offer.merchant:
            foreign += 1
        elif event.kind == PRODUCT_CREATE:
            category = event.data["category"]
            if offer is None or category != offer.category:
                if moves:
                    return plan_step(
                        product, [before for before in entries if before.sequence < entry.sequence], ring_size
                    )
                moves = True
            if offer is None:
                offer = Offer(event.user_id, entry.sequence, category)
                changes |= {
                    "merchant": event.user_id,
                    "merchantSequence": str(entry.sequence),
                    "offeredAt": event.time_origin,
                }
            offer = replace(offer, category=category)
            changes |= list_offer_texts(event)
        elif offer is not None:
            changes["cents"] = event.data["cents"]
    after = ShelvedProduct(verdict.after, offer, pictured)
    return ShelfStep(changes, verdict.repeats, verdict.delivered, foreign, moves, after)


def list_offer_texts(event: Event) -> dict[str, str]:
    """Return the attributes that every offer of the merchant sets."""
    texts: dict[str, str] = {name: event.data[name] for name in ("brand", "name", "description", "category")}
    return texts | {"sortName": build_sort_name(texts["name"])}


def build_sort_name(name: str) -> str:
    """Return the case-folded name, cut to fit a sort key."""
    return name.casefold().encode()[:SORT_NAME_BYTES].decode(errors="ignore")


def select_deliveries(offer: Offer | None, deliveries: Sequence[ShopEvent]) -> tuple[list[ShopEvent], int]:
    """Return the deliveries that count, and the number of foreign ones."""
    offered = [entry for entry in deliveries if offer is not None and offer.precedes(entry)]
    own = [entry for entry in offered if offer is not None and entry.event.user_id == offer.merchant]
    return own, len(offered) - len(own)
