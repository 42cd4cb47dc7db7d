"""The items of the table ``orders``, as our code sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class OrderState(StrEnum):
    """How far an order has come.

    new -> reserved -> paid -> confirmed; new -> refused; reserved -> declined; all but the last four -> cancelled.
    """

    NEW = "new"
    RESERVED = "reserved"
    PAID = "paid"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    DECLINED = "declined"
    CANCELLED = "cancelled"


OPEN = frozenset({OrderState.NEW, OrderState.RESERVED, OrderState.PAID})
"""States that an order does not end in."""
HOLDING_STOCK = frozenset({OrderState.RESERVED, OrderState.PAID})
"""States in which the order's pieces are taken from the stock, and may be given back."""


class Reason(StrEnum):
    """Why an order ended otherwise than confirmed."""

    OUT_OF_STOCK = "out-of-stock"
    PRICE_CHANGED = "price-changed"
    NOT_FOR_SALE = "not-for-sale"
    DECLINED = "declined"
    PAYMENT_REFUSED = "payment-refused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Line:
    """How many pieces of a product; ``cents`` a piece and ``name`` once the order is reserved."""

    product_id: str
    quantity: int
    cents: int | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a customer.

    ``expected_cents`` is the total that the client showed, ``total_cents`` the catalog's once it is reserved;
    ``products`` are those that ``reason`` is about, ``new_total_cents`` comes with ``price-changed``. ``body`` is
    the hash of the request. Times are those of ``format_time``.
    """

    user_id: str
    order_id: str
    lines: tuple[Line, ...]
    expected_cents: int
    placed_at: str
    body: str
    payment_token: str | None = field(default=None, repr=False)
    state: OrderState = OrderState.NEW
    total_cents: int | None = None
    reason: Reason | None = None
    products: tuple[str, ...] = ()
    new_total_cents: int | None = None
    ended_at: str | None = None


def build_order_key(user_id: str, order_id: str) -> dict[str, Any]:
    """Return the key of an order's item."""
    return {"userId": {"S": user_id}, "orderId": {"S": order_id}}


def build_lines(lines: tuple[Line, ...]) -> dict[str, Any]:
    """Return lines as DynamoDB has them."""
    return {"L": [{"M": _build_line(line)} for line in lines]}


def parse_order(item: Mapping[str, Any]) -> Order:
    """Return an order from its item."""
    return Order(
        user_id=item["userId"]["S"],
        order_id=item["orderId"]["S"],
        lines=tuple(_parse_line(line["M"]) for line in item["lines"]["L"]),
        expected_cents=int(item["expectedCents"]["N"]),
        placed_at=item["placedAt"]["S"],
        body=item["body"]["S"],
        payment_token=_text(item, "paymentToken"),
        state=OrderState(item["state"]["S"]),
        total_cents=_number(item, "totalCents"),
        reason=Reason(item["reason"]["S"]) if "reason" in item else None,
        products=tuple(each["S"] for each in item["products"]["L"]) if "products" in item else (),
        new_total_cents=_number(item, "newTotalCents"),
        ended_at=_text(item, "endedAt"),
    )


def _build_line(line: Line) -> dict[str, Any]:
    attributes: dict[str, Any] = {"id": {"S": line.product_id}, "quantity": {"N": str(line.quantity)}}
    if line.cents is not None:
        attributes["cents"] = {"N": str(line.cents)}
    if line.name is not None:
        attributes["name"] = {"S": line.name}
    return attributes


def _parse_line(line: Mapping[str, Any]) -> Line:
    return Line(line["id"]["S"], int(line["quantity"]["N"]), _number(line, "cents"), _text(line, "name"))


def _text(item: Mapping[str, Any], name: str) -> str | None:
    return item[name]["S"] if name in item else None


def _number(item: Mapping[str, Any], name: str) -> int | None:
    return int(item[name]["N"]) if name in item else None
