"""What simulated customers put in their carts, until they order it; pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hello_retail import events
from retailctl.simulation.habits import OrderHabits, Purchase, create_dice
from retailctl.simulation.lanes import CART_ADD
from retailctl.stream.log_file import format_compact_json

if TYPE_CHECKING:
    from retailctl.stream.log_file import LogEntry

FEWEST, MOST = 3, 9
"""How many times a customer adds to the cart before they order."""
LARGEST_QUANTITY = 99
"""Of a line, as the API takes it."""


@dataclass(frozen=True, slots=True)
class Basket:
    """What one customer orders at once, and how."""

    person: str
    quantities: dict[str, int]
    purchase: Purchase = Purchase.PLAIN


@dataclass(slots=True)
class Baskets:
    """Turns sales into carts' events, and gathers what each customer orders.

    Attributes:
        seed: the same seed, the same baskets.
        habits: how customers behave.

    """

    seed: int
    habits: OrderHabits = field(default_factory=OrderHabits)
    _open: dict[str, list[str]] = field(default_factory=dict)
    _orders: Counter[str] = field(default_factory=Counter)
    _added: Counter[str] = field(default_factory=Counter)

    def take_entry(self, entry: LogEntry) -> tuple[LogEntry, Basket | None]:
        """Return what is sent instead of an entry, and the basket that it makes full."""
        envelope = json.loads(entry.data)
        data = envelope["data"]
        if data["schema"] == events.PRODUCT_STOCK:
            self._added[data["id"]] += data["added"]
        if data["schema"] != events.PRODUCT_PURCHASE:
            return entry, None
        envelope["data"] = {"schema": CART_ADD, "id": data["id"]}
        sent = replace(entry, data=format_compact_json(envelope))
        return sent, self._add_product(envelope["origin"].split("/")[2], data["id"])

    def finish(self) -> Iterable[Basket]:
        """Yield what is left in baskets that are not full."""
        for person in list(self._open):
            yield self._close_basket(person)

    def _add_product(self, person: str, product_id: str) -> Basket | None:
        basket = self._open.setdefault(person, [])
        basket.append(product_id)
        size = create_dice(self.seed, "basket", person, self._orders[person]).randint(FEWEST, MOST)
        return self._close_basket(person) if len(basket) >= size else None

    def _close_basket(self, person: str) -> Basket:
        quantities = dict(Counter(self._open.pop(person)))
        purchase = self.habits.choose_purchase(self.seed, person, self._orders[person])
        self._orders[person] += 1
        if purchase is Purchase.OUT_OF_STOCK:
            scarce = min(quantities, key=lambda product_id: self._added[product_id])
            quantities[scarce] = min(self._added[scarce] + 1, LARGEST_QUANTITY)
            if quantities[scarce] <= self._added[scarce]:
                purchase = Purchase.PLAIN
        return Basket(person, quantities, purchase)
