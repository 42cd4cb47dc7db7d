"""What a product's events make of its catalog item and its stock: pure, over what is known of the item.

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
    """An event of the batch, and its record's sequence number as an integer."""

    sequence: int
    event: Event


@dataclass(frozen=True, slots=True)
class Offer:
    """Who offers a product, the sequence number of the first offer, and the category of the last one."""

    merchant: str
    sequence: int
    category: str

    def precedes(self, entry: ShopEvent) -> bool:
        """Whether the product had been offered when the event came."""
        return self.sequence < entry.sequence


@dataclass(frozen=True, slots=True)
class ShelvedProduct:
    """What a catalog item has taken from the log, and what the effect of later events depends on."""

    ledger: Ledger = NO_ITEM
    offer: Offer | None = None
    pictured: bool = False

    @property
    def category(self) -> str | None:
        """The category that counts the product; ``None`` until it is offered."""
        return self.offer.category if self.offer else None


@dataclass(frozen=True, slots=True)
class ShelfStep:
    """The next write of a catalog item; ``after`` is ``None`` where there is nothing to write.

    ``changes`` are the attributes that it sets, by name. ``moves`` tells whether the product changes its category.
    A step changes it at most once, so that the categories' items do not depend on the cut of the batches either.
    """

    changes: Mapping[str, str | int]
    repeats: int
    redelivered: int
    foreign: int
    moves: bool
    after: ShelvedProduct | None


def plan_step(product: ShelvedProduct, entries: Sequence[ShopEvent], ring_size: int) -> ShelfStep:
    """Return what the next write makes of the product, with as many of the entries as fit one step.

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
    """Return what a category's products are sorted by: the case-folded name, cut to fit a sort key."""
    return name.casefold().encode()[:SORT_NAME_BYTES].decode(errors="ignore")


def select_deliveries(offer: Offer | None, deliveries: Sequence[ShopEvent]) -> tuple[list[ShopEvent], int]:
    """Return the stock events that count, and how many came from somebody other than the merchant."""
    offered = [entry for entry in deliveries if offer is not None and offer.precedes(entry)]
    own = [entry for entry in offered if offer is not None and entry.event.user_id == offer.merchant]
    return own, len(offered) - len(own)
