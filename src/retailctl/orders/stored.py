"""What the tables of orders, payments and stock hold.

It exists to check the functions of the orders, so it shares no code with them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

NEW, RESERVED, PAID, CONFIRMED = "new", "reserved", "paid", "confirmed"
REFUSED, DECLINED, CANCELLED = "refused", "declined", "cancelled"
STATES = (NEW, RESERVED, PAID, CONFIRMED, REFUSED, DECLINED, CANCELLED)
"""In the order in which an order passes them, and then the bad ends."""
OPEN = frozenset({NEW, RESERVED, PAID})
BEGUN = "begun"
HOLDING = frozenset({RESERVED, PAID, CONFIRMED})
"""States in which what is ordered is out of the stock."""


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line of an order; its price and name are those of the reservation."""

    product_id: str
    quantity: int
    cents: int | None = None


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order, as the table has it.

    Attributes:
        total_cents: the catalog's total, once it is reserved.
        has_token: whether the item still has its payment token.
        open_place: the attribute of the index of open orders.

    """

    user_id: str
    order_id: str
    state: str
    lines: tuple[StoredLine, ...] = ()
    total_cents: int | None = None
    reason: str | None = None
    placed_at: str = ""
    ended_at: str | None = None
    has_token: bool = False
    open_place: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self.state not in OPEN

    @property
    def number(self) -> str:
        """Return the name of its execution, which is the id of its payment too."""
        return name_order(self.user_id, self.order_id)


@dataclass(frozen=True, slots=True)
class StoredPayment:
    """A payment, as the simulated provider's table has it; its state is "begun" until it has one."""

    payment_id: str
    state: str
    cents: int = 0


def name_order(user_id: str, order_id: str) -> str:
    """Return the hash by which an order's execution and payment are named."""
    return sha256(json.dumps([user_id, order_id]).encode()).hexdigest()


def read_stored_orders(client: DynamoDBClient, table: str) -> list[StoredOrder]:
    """Return all orders, the oldest first; steps that are made meanwhile may be in it by half."""
    return sorted(
        (_parse_order(item) for item in _scan_table(client, table)),
        key=lambda order: (order.placed_at, order.user_id, order.order_id),
    )


def read_stored_payments(client: DynamoDBClient, table: str) -> dict[str, StoredPayment]:
    """Return the simulated provider's payments by id."""
    return {
        item["orderId"]["S"]: StoredPayment(
            item["orderId"]["S"], _read_text(item, "state") or BEGUN, _read_number(item, "cents") or 0
        )
        for item in _scan_table(client, table)
    }


def _parse_order(item: Mapping[str, Any]) -> StoredOrder:
    return StoredOrder(
        item["userId"]["S"],
        item["orderId"]["S"],
        item["state"]["S"],
        tuple(_parse_line(line["M"]) for line in item["lines"]["L"]),
        total_cents=_read_number(item, "totalCents"),
        reason=_read_text(item, "reason"),
        placed_at=_read_text(item, "placedAt") or "",
        ended_at=_read_text(item, "endedAt"),
        has_token="paymentToken" in item,
        open_place=_read_text(item, "open"),
    )


def _parse_line(line: Mapping[str, Any]) -> StoredLine:
    return StoredLine(line["id"]["S"], int(line["quantity"]["N"]), _read_number(line, "cents"))


def _read_text(item: Mapping[str, Any], name: str) -> str | None:
    return str(item[name]["S"]) if name in item else None


def _read_number(item: Mapping[str, Any], name: str) -> int | None:
    return int(item[name]["N"]) if name in item else None


def _scan_table(client: DynamoDBClient, table: str) -> Iterator[Mapping[str, Any]]:
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]
