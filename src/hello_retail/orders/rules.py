"""What an order costs, and why it is refused; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hello_retail.orders.items import Line, OrderState, Reason

if TYPE_CHECKING:
    from hello_retail.orders.items import Order
    from hello_retail.orders.prices import Offer


@dataclass(frozen=True, slots=True)
class PricedLines:
    """The lines of an order at the catalog's prices."""

    lines: tuple[Line, ...]
    total_cents: int


@dataclass(frozen=True, slots=True)
class Ending:
    """How an order ends: in which state, and why."""

    state: OrderState
    reason: Reason | None = None
    products: tuple[str, ...] = ()
    new_total_cents: int | None = None


def price_order(order: Order, offers: Mapping[str, Offer]) -> PricedLines | Ending:
    """Return the lines at the catalog's prices, or why the order is refused.

    The client's total is compared and never used.
    """
    unknown = tuple(line.product_id for line in order.lines if line.product_id not in offers)
    if unknown:
        return Ending(OrderState.REFUSED, Reason.NOT_FOR_SALE, unknown)
    lines = tuple(
        Line(line.product_id, line.quantity, offers[line.product_id].cents, offers[line.product_id].name)
        for line in order.lines
    )
    total_cents = sum(line.quantity * (line.cents or 0) for line in lines)
    if total_cents != order.expected_cents:
        return Ending(OrderState.REFUSED, Reason.PRICE_CHANGED, new_total_cents=total_cents)
    return PricedLines(lines, total_cents)
