"""Carts and orders of ``support.stub_api``.

What cart events do is seen a moment later, and an order goes from one state to the next by timers, as the machine
takes it there: the page sees each state.
"""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.stub_api import StubShop

MOST_AGE_MS = 10 * 60_000
MOST_LINES = 25
MOST_PIECES = 99
TOKEN = re.compile(r"tok_[a-z][a-z_]{0,59}")
SECONDS = {"tok_slow": 3.0, "tok_flaky": 0.5}
"""How long the simulated provider takes; others answer at once."""
NOBODY_S = {"name": None, "brand": None, "cents": None, "image": None}


@dataclass
class StubOrders:
    """The carts, the orders, and the trouble that they make."""

    shop: StubShop
    step_seconds: float = 0.2
    """How long an order stays in each state."""
    holds: str | None = None
    """The state in which orders stay."""
    failures: deque[int] = field(default_factory=deque)
    """Statuses for the next orders that are sent; a negative one takes the order and says it did not."""
    cart_failures: deque[int] = field(default_factory=deque)
    """Statuses for the next times that a cart is asked for."""

    carts: dict[str, dict[str, int]] = field(default_factory=dict)
    """Pieces by product, by user."""
    orders: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """Orders by id, by user, the oldest first."""
    attempts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Id and body of every order that arrived, taken or not."""
    _bodies: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def change(self, user_id: str, data: dict[str, Any]) -> None:
        """Fold an event of a cart."""
        cart = self.carts.setdefault(user_id, {})
        act = data["schema"].split("/")[2]
        before = cart.get(data["id"], 0)
        after = {"add": before + 1, "set": data.get("quantity", 0), "remove": 0}[act]
        self._fill(cart, data["id"], min(after, MOST_PIECES))

    def cart(self, user_id: str) -> dict[str, Any]:
        """Return what `GET /cart` answers."""
        lines = []
        for product, quantity in self.carts.get(user_id, {}).items():
            item = self.shop.catalog.get(product)
            is_on_sale = item is not None and item["cents"] is not None
            goods = {name: item[name] for name in NOBODY_S} if item and is_on_sale else NOBODY_S
            lines.append({"id": product, "quantity": quantity, **goods})
        lines.sort(key=lambda line: (line["name"] or "", line["id"]))
        return {
            "lines": lines,
            "totalCents": sum(line["quantity"] * (line["cents"] or 0) for line in lines),
        }

    def list_orders(self, user_id: str) -> list[dict[str, Any]]:
        """Return the orders of a user, the newest first."""
        return [*self.orders.get(user_id, {}).values()][::-1]

    def find(self, user_id: str, order_id: str) -> dict[str, Any] | None:
        return self.orders.get(user_id, {}).get(order_id)

    def place(self, user_id: str, order_id: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return status and body for `PUT /orders/{orderId}`."""
        if problem := find_problem(order_id, body):
            return 400, {"status": 400, "detail": problem}
        if known := self.find(user_id, order_id):
            if self._bodies[user_id, order_id] != body:
                return 422, {"status": 422, "detail": "This order came with another body before."}
            return 202, known
        order = {
            "id": order_id, "state": "new", "placedAt": _now(), "totalCents": None,
            "lines": [{**line, "cents": None, "name": None} for line in body["lines"]],
            "expectedCents": body["totalCents"], "reason": None, "products": [], "newTotalCents": None,
        }  # fmt: skip
        self.orders.setdefault(user_id, {})[order_id] = order
        self._bodies[user_id, order_id] = body
        self._later(user_id, order, body["paymentToken"])
        return 202, dict(order)

    def _later(self, user_id: str, order: dict[str, Any], token: str) -> None:
        seconds = self.step_seconds + (SECONDS.get(token, 0) if order["state"] == "reserved" else 0)
        threading.Timer(seconds, self._advance, (user_id, order, token)).start()

    def _advance(self, user_id: str, order: dict[str, Any], token: str) -> None:
        with self.shop._guard:
            if order["state"] == self.holds:
                self._later(user_id, order, token)
                return
            if order["state"] == "new":
                self._reserve(order)
            elif order["state"] == "reserved" and token not in {"tok_ok", *SECONDS}:
                order |= {"state": "declined", "reason": "declined"}
                self._move_stock(order, 1)
            elif order["state"] == "reserved":
                order["state"] = "paid"
            else:
                order["state"] = "confirmed"
                cart = self.carts.get(user_id, {})
                for line in order["lines"]:
                    self._fill(cart, line["id"], cart.get(line["id"], 0) - line["quantity"])
            if order["state"] in {"reserved", "paid"}:
                self._later(user_id, order, token)

    def _reserve(self, order: dict[str, Any]) -> None:
        catalog = self.shop.catalog
        gone = [line["id"] for line in order["lines"] if catalog.get(line["id"], {}).get("cents") is None]
        if gone:
            order |= {"state": "refused", "reason": "not-for-sale", "products": gone}
            return
        total = sum(line["quantity"] * catalog[line["id"]]["cents"] for line in order["lines"])
        short = [line["id"] for line in order["lines"] if catalog[line["id"]]["pieces"] < line["quantity"]]
        if total != order["expectedCents"]:
            order |= {"state": "refused", "reason": "price-changed", "newTotalCents": total}
        elif short:
            order |= {"state": "refused", "reason": "out-of-stock", "products": short}
        else:
            for line in order["lines"]:
                line |= {name: catalog[line["id"]][name] for name in ("cents", "name")}
            order |= {"state": "reserved", "totalCents": total}
            self._move_stock(order, -1)

    def _move_stock(self, order: dict[str, Any], sign: int) -> None:
        for line in order["lines"]:
            self.shop.catalog[line["id"]]["pieces"] += sign * line["quantity"]

    @staticmethod
    def _fill(cart: dict[str, int], product: str, quantity: int) -> None:
        cart.pop(product, None)
        if quantity > 0:
            cart[product] = quantity


def find_problem(order_id: str, body: dict[str, Any]) -> str:
    """Return why an order is not taken; "" where it is."""
    try:
        found = uuid.UUID(order_id)
    except ValueError:
        return "The order's id is no UUID."
    if found.version != 7 or abs((found.int >> 80) - time.time() * 1000) > MOST_AGE_MS:
        return "The order's id is no UUIDv7 of the last ten minutes."
    products = [line["id"] for line in body["lines"]]
    quantities = [line["quantity"] for line in body["lines"]]
    if not 1 <= len(products) <= MOST_LINES or len({*products}) < len(products):
        return f"An order has 1 to {MOST_LINES} lines, each of another product."
    if not all(isinstance(each, int) and 1 <= each <= MOST_PIECES for each in quantities):
        return f"A quantity is a whole number from 1 to {MOST_PIECES}."
    if not isinstance(body["totalCents"], int) or not TOKEN.fullmatch(body["paymentToken"]):
        return "The total or the payment token is not well formed."
    return ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
