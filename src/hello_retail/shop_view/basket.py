"""The rules of a cart; pure.

``cart/add`` puts one more in, ``cart/set`` says how many there are, ``cart/remove`` takes the product out, and
``order/confirmed`` takes out what was ordered. A line holds 0 to 99.

The first three come in the order of the product's shard. An order is keyed by its customer, so it may come over
another shard, before or after them: nothing orders two shards, but each event counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hello_retail.events import CART_ADD, CART_REMOVE, CART_SET, ORDER_CONFIRMED, Event
from hello_retail.stream_consumer import ledger as ledgers
from hello_retail.stream_consumer.ledger import NO_ITEM, Ledger, Verdict

KINDS: Final = frozenset({CART_ADD, CART_SET, CART_REMOVE, ORDER_CONFIRMED})
"""The event types that change a cart."""
MOST: Final = 99
"""How many of a product a cart holds at most, as the schema of cart/set has it."""


@dataclass(frozen=True, slots=True)
class CartEvent:
    """An event of the batch, its sequence number, and when the stream got it (seconds)."""

    sequence: int
    event: Event
    arrival: float


@dataclass(frozen=True, slots=True)
class CartLine:
    """How many of a product a customer has in the cart."""

    ledger: Ledger = NO_ITEM
    quantity: int = 0


@dataclass(frozen=True, slots=True)
class CartStep:
    """The next write of a line.

    ``after`` is the line once it is written, ``None`` if there is nothing to write; ``changed_at`` is the time of
    the last event that counts, as its producer has it, ``None`` if none does.
    """

    verdict: Verdict[CartEvent]
    after: CartLine | None
    changed_at: str | None


def list_products(event: Event) -> list[str]:
    """Return the products whose lines a cart's event changes, each once."""
    if event.kind == ORDER_CONFIRMED:
        return list(dict.fromkeys(line["product"] for line in event.data["lines"]))
    return [event.data["id"]]


def plan_step(product_id: str, line: CartLine, entries: Sequence[CartEvent], ring_size: int) -> CartStep:
    """Return the write that folds the entries into a product's line."""
    verdict = ledgers.judge_entries(line.ledger, entries, ring_size)
    if verdict.after is None:
        return CartStep(verdict, None, None)
    quantity, changed_at = line.quantity, None
    for entry in verdict.entries:
        quantity = change_quantity(quantity, product_id, entry.event)
        changed_at = entry.event.time_origin
    return CartStep(verdict, CartLine(verdict.after, quantity), changed_at)


def change_quantity(quantity: int, product_id: str, event: Event) -> int:
    """Return how many of a product are in the cart after an event."""
    if event.kind == CART_ADD:
        return min(quantity + 1, MOST)
    if event.kind == CART_SET:
        return int(event.data["quantity"])
    if event.kind == CART_REMOVE:
        return 0
    ordered: int = sum(line["quantity"] for line in event.data["lines"] if line["product"] == product_id)
    return max(quantity - ordered, 0)
