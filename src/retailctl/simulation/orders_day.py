"""A day of a shop with orders: nobody posts a sale; customers fill carts and order.

Posting ``product/purchase`` is the workshop's short cut, for environments without orders.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from retailctl import interrupts
from retailctl.orders.check import describe_orders
from retailctl.orders.stored import CONFIRMED, StoredOrder, read_stored_orders
from retailctl.simulation.baskets import Baskets
from retailctl.simulation.customers import Customers, CustomersReport
from retailctl.simulation.habits import OrderHabits
from retailctl.simulation.load_report import LoadReport, pick_percentile

if TYPE_CHECKING:
    from retailctl.emulator.cloud import Cloud
    from retailctl.progress import OnTick
    from retailctl.simulation.api_load import Door
    from retailctl.simulation.people import Guests
    from retailctl.stream.log_file import LogEntry

PATIENCE_SECONDS = 900.0
"""How long after the last event ends of orders are waited for."""
READ_SECONDS = 2.0
"""How often the table is read meanwhile."""
TICK_SECONDS = 0.5


def has_orders(values: Mapping[str, Any]) -> bool:
    """Return whether an environment's outputs name a table of orders."""
    return "orders_table" in values


@dataclass(slots=True)
class OrdersDay:
    """A front door where sales are orders, and how that went.

    Attributes:
        running: the local cloud.
        values: the environment's root outputs.
        door: its front door, with the workshop's people signed in.
        seed: the same seed, the same orders.
        habits: how customers behave.
        customers_report: what they did.

    """

    running: Cloud
    values: Mapping[str, Any]
    door: Door
    seed: int
    habits: OrderHabits = field(default_factory=OrderHabits)
    customers_report: CustomersReport = field(default_factory=CustomersReport)

    @property
    def api_url(self) -> str:
        """Where the API is."""
        return self.door.api_url

    @property
    def guests(self) -> Guests:
        """The people, signed in."""
        return self.door.guests

    @property
    def report(self) -> LoadReport:
        """How sending events went."""
        return self.door.report

    def send_events(
        self, entries: Iterable[LogEntry], rate: float, duration: float | None, on_tick: OnTick
    ) -> int:
        """Send what people would, let customers order, and wait until all orders have ended.

        Returns how many events were accepted.
        """
        baskets = Baskets(self.seed, self.habits)
        customers = Customers(self.api_url, self.guests)
        self.customers_report = customers.report
        with customers:
            self.door.send_events(fill_carts(entries, baskets, customers), rate, duration, on_tick)
            for basket in baskets.finish():
                customers.order_basket(basket)
            self._await_end(customers, on_tick)
        customers.check()
        return self.report.accepted

    def format_lines(self) -> list[str]:
        """Return in words how the day went: events, customers, orders."""
        orders = self._read_orders()
        lines = self.door.format_lines() + self.customers_report.format_lines()
        lines.append(f"{len(self.customers_report.placed):,} orders placed: {describe_orders(orders)}.")
        waits = compute_waits(orders)
        if waits:
            shares = ", ".join(f"{pick_percentile(waits, share):.1f} s (P{share})" for share in (50, 95, 99))
            lines.append(f"From order to confirmed: {shares}.")
        return lines

    def _await_end(self, customers: Customers, on_tick: OnTick) -> None:
        """Wait until all baskets are ordered and all orders have ended, or after ``PATIENCE_SECONDS``."""
        begun = read = time.monotonic()
        while time.monotonic() - begun < PATIENCE_SECONDS and customers.trouble is None:
            if time.monotonic() >= read and not customers.count_tasks():
                read = time.monotonic() + READ_SECONDS
                if all(order.is_over for order in self._read_orders()):
                    return
            on_tick(self.report.accepted, self.report.seconds + time.monotonic() - begun)
            interrupts.sleep(TICK_SECONDS)

    def _read_orders(self) -> list[StoredOrder]:
        """Return the orders of this day."""
        stored = read_stored_orders(self.running.client("dynamodb"), str(self.values["orders_table"]))
        return [order for order in stored if order.order_id in self.customers_report.placed]


def fill_carts(entries: Iterable[LogEntry], baskets: Baskets, customers: Customers) -> Iterator[LogEntry]:
    """Yield what people send where sales are orders, and let customers order as their carts fill."""
    for entry in entries:
        sent, full = baskets.take_entry(entry)
        yield sent
        if full is not None:
            customers.order_basket(full)


def compute_waits(orders: Iterable[StoredOrder]) -> list[float]:
    """Return the seconds from placing to confirmation of each confirmed order, ascending."""
    return sorted(
        (datetime.fromisoformat(order.ended_at) - datetime.fromisoformat(order.placed_at)).total_seconds()
        for order in orders
        if order.state == CONFIRMED and order.ended_at is not None
    )
