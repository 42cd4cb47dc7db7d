"""What confirmed orders put on the log."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hello_retail import events

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ACTION = "order-confirm"
"""What the second part of an origin says of events that an order puts on the log."""
ORDER_CONFIRMED = "com.nordstrom/order/confirmed/1-0-0"
KINDS = (ORDER_CONFIRMED, events.PRODUCT_PURCHASE)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """An `order/confirmed`: its event's id, whose order it is, and lines of product, quantity and cents."""

    event_id: str
    user_id: str
    order_id: str
    lines: frozenset[tuple[str, int, int]]
    total_cents: int


@dataclass(frozen=True, slots=True)
class Sale:
    """A `product/purchase` of an order: its event's id, the product, who bought, and the event that it follows."""

    event_id: str
    product_id: str
    user_id: str
    follows: str


@dataclass(frozen=True, slots=True)
class OrderEvents:
    """The confirmations and sales of a log, by event id."""

    confirmations: Mapping[str, Confirmation] = field(default_factory=dict)
    sales: Mapping[str, Sale] = field(default_factory=dict)


def collect_order_events(payloads: Iterable[bytes]) -> OrderEvents:
    """Return what orders put on the log; a repeated event is one."""
    confirmations: dict[str, Confirmation] = {}
    sales: dict[str, Sale] = {}
    for payload in payloads:
        event = events.decode_event(payload)
        if not isinstance(event, events.Event) or event.event_id is None:
            continue
        envelope = json.loads(payload)
        if envelope["origin"].split("/")[1] != ACTION:
            continue
        if event.kind == ORDER_CONFIRMED:
            lines = frozenset(
                (line["product"], line["quantity"], line["cents"]) for line in event.data["lines"]
            )
            confirmations[event.event_id] = Confirmation(
                event.event_id, event.user_id, event.data["id"], lines, event.data["totalCents"]
            )
        elif event.kind == events.PRODUCT_PURCHASE:
            sales[event.event_id] = Sale(
                event.event_id, event.data["id"], event.user_id, envelope.get("followsFrom", "")
            )
    return OrderEvents(confirmations, sales)
