"""The simulated customers: they look into their carts, and order what is in there.

What goes wrong on the way is tried again, with the same order id, so that an order whose answer was lost is one.
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError

from retailctl.errors import UserError
from retailctl.http import NoReply
from retailctl.simulation.api_client import ApiClient, NotAnswered
from retailctl.simulation.crew import Crew
from retailctl.simulation.habits import Purchase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailctl.simulation.baskets import Basket
    from retailctl.simulation.people import Guests

AT_ONCE = 3
"""How many customers look or order at a time, beside the people who send events."""
FIRST_LOOK_SECONDS = 1.0
"""How long after the last addition a customer looks into the cart."""
LOOK_SECONDS = 1.0
CART_SECONDS = 30.0
"""How long an addition may take until the cart shows it; then what it shows is ordered."""
PATIENCE_SECONDS = 60.0
"""How long an order is sent again."""
_TOKENS = {Purchase.DECLINED: "tok_declined", Purchase.FLAKY: "tok_flaky"}
_PASSING = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS})
"""Refusals after which the same request may do better, as after any failure."""


@dataclass(slots=True)
class CustomersReport:
    """What customers did.

    Attributes:
        placed: the ids of the orders that the API accepted.
        purchases: how many orders were made in which way.
        nothing_to_order: baskets of which nothing was for sale.
        refused: what was refused or failed, by act and status.

    """

    placed: set[str] = field(default_factory=set)
    purchases: Counter[str] = field(default_factory=Counter)
    nothing_to_order: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def format_lines(self) -> list[str]:
        """Return the report in words."""
        lines = []
        odd = [
            f"{number:,} {name}" for name, number in self.purchases.most_common() if name != Purchase.PLAIN
        ]
        refused = [f"{number:,} of {name}" for name, number in self.refused.most_common()]
        for title, parts in (("Orders made otherwise", odd), ("Orders refused or failed", refused)):
            if parts:
                lines.append(f"{title}: {', '.join(parts)}.")
        if self.nothing_to_order:
            lines.append(f"{self.nothing_to_order:,} carts had nothing that is for sale.")
        return lines


@dataclass(slots=True)
class _Errand:
    """A basket on its way to an order; times are of ``time.monotonic``."""

    basket: Basket
    begun: float
    order: dict[str, Any] | None = None
    order_id: str = ""


class Customers(Crew[ApiClient, _Errand]):
    """Customers who order, until they are told to stop.

    Args:
        api_url: where the API is.
        guests: their tokens.

    """

    def __init__(self, api_url: str, guests: Guests) -> None:
        super().__init__("customers", AT_ONCE)
        self.report = CustomersReport()
        self._api_url = api_url
        self._guests = guests

    def open_client(self) -> ApiClient:
        """Return a customer's connection."""
        return ApiClient(self._api_url)

    def order_basket(self, basket: Basket) -> None:
        """Let a customer order a basket whose last addition is on its way."""
        self.add_task(_Errand(basket, time.monotonic()), FIRST_LOOK_SECONDS)

    def do_task(self, client: ApiClient, task: _Errand) -> float | None:
        """Go on with a basket: look into the cart until it is there, then order."""
        token = self._guests.tokens[task.basket.person]
        try:
            if task.order is None and not self._fill_order(client, token, task):
                return LOOK_SECONDS
            if task.order is None:
                return None
            client.send("PUT", f"/orders/{task.order_id}", token, task.order, expected=HTTPStatus.ACCEPTED)
        except NoReply as error:
            return self._fail(task, error.kind, is_final=False)
        except NotAnswered as error:
            if error.status == HTTPStatus.UNAUTHORIZED:
                self._renew_token(task, token)
            is_final = error.status < HTTPStatus.INTERNAL_SERVER_ERROR and error.status not in _PASSING
            return self._fail(task, str(error), is_final=is_final)
        with self.changed:
            self.report.placed.add(task.order_id)
            self.report.purchases[task.basket.purchase] += 1
        return None

    def _fill_order(self, client: ApiClient, token: str, task: _Errand) -> bool:
        """Make the order from the cart; return whether the cart shows the basket or its time is over."""
        cart = {line["id"]: line for line in client.send("GET", "/cart", token)["lines"]}
        wanted = task.basket.quantities
        if not wanted.keys() <= cart.keys() and time.monotonic() - task.begun < CART_SECONDS:
            return False
        lines = {
            product_id: quantity
            for product_id, quantity in wanted.items()
            if product_id in cart and cart[product_id]["cents"] is not None
        }
        if not lines:
            with self.changed:
                self.report.nothing_to_order += 1
            return True
        total = sum(quantity * cart[product_id]["cents"] for product_id, quantity in lines.items())
        task.order = build_order(lines, total, task.basket.purchase)
        task.order_id = mint_order_id(time.time())
        task.begun = time.monotonic()
        return True

    def _fail(self, task: _Errand, kind: str, *, is_final: bool) -> float | None:
        """Count a request that failed; return after how long it is made again."""
        what = "a look into the cart" if task.order is None else "an order"
        self.count_one(self.report.refused, f"{kind} to {what}")
        return None if is_final or time.monotonic() - task.begun > PATIENCE_SECONDS else LOOK_SECONDS

    def _renew_token(self, task: _Errand, token: str) -> None:
        try:
            self._guests.renew_token(task.basket.person, token)
        except (UserError, BotoCoreError) as error:
            self.count_one(self.report.refused, f"a new token ({type(error).__name__})")


def build_order(lines: Mapping[str, int], total: int, purchase: Purchase) -> dict[str, Any]:
    """Return the body of an order."""
    return {
        "lines": [{"id": product_id, "quantity": quantity} for product_id, quantity in lines.items()],
        "totalCents": total + 1 if purchase is Purchase.CHANGED_PRICE else total,
        "paymentToken": _TOKENS.get(purchase, "tok_ok"),
    }


def mint_order_id(now: float) -> str:
    """Return a new UUIDv7 of a time, in seconds since the epoch (RFC 9562, section 5.7)."""
    milliseconds = int(now * 1000)
    fields = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=fields))
