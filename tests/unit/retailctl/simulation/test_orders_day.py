"""A day of a shop with orders: what is sent, how long is waited, what is told."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import pytest

from retailctl.errors import UserError
from retailctl.orders.stored import StoredOrder
from retailctl.photos.stored import StoredStudio
from retailctl.simulation import orders_day, studio_day
from retailctl.simulation.customers import CustomersReport
from retailctl.simulation.orders_day import OrdersDay, compute_waits
from retailctl.simulation.studio_day import StudioDay
from retailctl.simulation.workshop import Workshop
from support.open_door import Door

if TYPE_CHECKING:
    from retailctl.simulation.baskets import Basket

WORKSHOP = Workshop(1, products=9, people=4)


def placed(number: int, state: str = "confirmed", seconds: int = 1) -> StoredOrder:
    at = "2026-11-28T12:00:0{}.500Z"
    return StoredOrder("ann", str(number), state, placed_at=at.format(0), ended_at=at.format(seconds))


class Staff:
    """Customers who order every basket at once."""

    trouble: Exception | None = None
    baskets: list[Basket]

    def __init__(self, *_: object) -> None:
        self.report = CustomersReport()
        type(self).baskets = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def order_basket(self, basket: Basket) -> None:
        self.baskets.append(basket)
        self.report.placed.add(str(len(self.baskets)))

    def count_tasks(self) -> int:
        return 0

    def check(self) -> None:
        if self.trouble:
            raise UserError("The customers stopped.")


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> OrdersDay:
    looks = {"number": 0}

    def look(*_: object) -> list[StoredOrder]:
        looks["number"] += 1
        done = looks["number"] * 5
        return [placed(number, "confirmed" if number <= done else "paid", 2) for number in range(100)]

    monkeypatch.setattr(orders_day, "Customers", Staff)
    monkeypatch.setattr(orders_day, "read_stored_orders", look)
    monkeypatch.setattr(orders_day, "READ_SECONDS", 0.0)
    monkeypatch.setattr(orders_day, "TICK_SECONDS", 0.0)
    running: Any = SimpleNamespace(client=lambda _: None)
    return OrdersDay(running, {"orders_table": "orders"}, Door(), 1)  # type: ignore[arg-type]


def play(day: OrdersDay) -> int:
    return day.send_events(WORKSHOP.generate_shop_day(150), 50, None, lambda *_: None)


def test_nobody_posts_a_sale_and_every_cart_is_ordered(day: OrdersDay) -> None:
    sent = play(day)

    schemas = [json.loads(entry.data)["data"]["schema"] for entry in day.door.sent]  # type: ignore[attr-defined]
    assert sent == len(schemas)
    assert not any("/purchase/" in schema for schema in schemas)
    additions = sum("/cart/add/" in schema for schema in schemas)
    assert additions == sum(sum(basket.quantities.values()) for basket in Staff.baskets) > 50


def test_a_day_waits_for_its_orders_and_tells_of_them(day: OrdersDay) -> None:
    play(day)

    number = len(Staff.baskets)
    assert number > 10
    assert day.format_lines()[-2:] == [
        f"{number} orders placed: {number} confirmed.",
        "From order to confirmed: 2.0 s (P50), 2.0 s (P95), 2.0 s (P99).",
    ]


def test_a_day_of_pictures_around_it_tells_of_orders_too(
    day: OrdersDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio_day, "read_stored_studio", lambda *_: StoredStudio())
    monkeypatch.setattr(studio_day, "read_stream", lambda *_: [])
    values = {"studio_table": "studio", "stream_name": "events"}
    play(day)

    lines = StudioDay(day.running, values, day, WORKSHOP).format_lines()

    assert any("orders placed:" in line for line in lines)
    assert any("products offered:" in line for line in lines)


def test_a_day_ends_though_orders_do_not(day: OrdersDay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders_day, "PATIENCE_SECONDS", 0.0)

    play(day)

    assert (
        f"{len(Staff.baskets)} orders placed: {len(Staff.baskets) - 5} paid, 5 confirmed."
        in day.format_lines()
    )


def test_a_defect_of_the_customers_ends_the_day(day: OrdersDay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Staff, "trouble", ZeroDivisionError())
    with pytest.raises(UserError, match="The customers stopped"):
        play(day)


def test_waits_are_those_of_confirmed_orders() -> None:
    orders = [
        placed(1, seconds=3),
        placed(2, "declined"),
        placed(3, seconds=1),
        StoredOrder("ann", "4", "new"),
    ]

    assert compute_waits(orders) == [1.0, 3.0]
