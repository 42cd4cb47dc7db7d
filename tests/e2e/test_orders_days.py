"""400 orders by 40 customers at once, on 20 products of which there are five pieces each."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hello_retail.times import format_time, measure_seconds
from retailctl import project
from retailctl.orders.stored import read_stored_orders, read_stored_payments
from support.command import Operator
from support.e2e import Landscape
from support.ordering import CENTS, ShopDoor, body
from support.own_cloud import applied_cloud
from support.players import FrontDoor, Player

pytestmark = [pytest.mark.slow, pytest.mark.nightly, pytest.mark.usefixtures("signals_heard")]

ORDERS, CUSTOMERS, PRODUCTS, PIECES = 400, 40, 20, 5
CONFIRMED_WITHIN = 2.0
"""Seconds from a customer's PUT to the confirmed order, for half of the orders."""
LOOK_SECONDS = 1.0
"""How often a customer looks whether an order has ended, as on the page (src/web/js/orders.js)."""


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(project.find_project(), tmp_path)


@pytest.fixture
def shop(operator: Operator) -> Iterator[ShopDoor]:
    """A shop in a local cloud of the test's own."""
    with applied_cloud(operator, "orders") as (cloud, found):
        there = Landscape(operator.project, cloud, "", {}, {}, {"dev": found})
        yield ShopDoor(FrontDoor(there, "dev"))


def order(shop: ShopDoor, customer: Player, product: str) -> tuple[dict[str, Any], str]:
    """Order one piece; return the order once it has ended, and when it was asked for."""
    asked = format_time(time.time())
    order_id = shop.order(customer, body({product: 1}, CENTS))
    return shop.ended(customer, order_id, 600, LOOK_SECONDS), asked


def measure_waits(done: list[tuple[dict[str, Any], str]], ended: Mapping[str, str | None]) -> list[float]:
    """Return the seconds from request to confirmation of each confirmed order.

    Args:
        done: orders with when each was asked for.
        ended: when each order ended, by its id.

    """
    confirmed = [(found["id"], asked) for found, asked in done if found["state"] == "confirmed"]
    return [measure_seconds(asked, ended[order_id] or "") for order_id, asked in confirmed]


def test_400_orders_at_once_sell_each_piece_once(shop: ShopDoor, operator: Operator) -> None:
    with ThreadPoolExecutor(8) as pool:
        customers = list(pool.map(lambda _: shop.door.admit("customer"), range(CUSTOMERS)))
        merchant = shop.door.admit("merchant")
        calm = shop.sell(merchant, 20)
        products = list(pool.map(lambda _: shop.sell(merchant, PIECES), range(PRODUCTS)))
    calmly = [order(shop, customers[number], calm) for number in range(20)]
    # Each customer orders ten products, each product is ordered by twenty customers.
    wanted = [
        (customer, products[(number + 2 * turn) % PRODUCTS])
        for turn in range(ORDERS // CUSTOMERS)
        for number, customer in enumerate(customers)
    ]
    with ThreadPoolExecutor(CUSTOMERS) as pool:
        done = list(pool.map(lambda wish: order(shop, *wish), wanted))

    states = Counter((found["state"], found["reason"]) for found, _ in done)
    dynamodb = shop.door.cloud.client("dynamodb")
    stored = read_stored_orders(dynamodb, str(shop.door.found["orders_table"]))
    ended = {each.order_id: each.ended_at for each in stored}
    waits, in_the_crowd = (statistics.median(measure_waits(each, ended)) for each in (calmly, done))
    print(  # noqa: T201
        f"{states}; PUT to confirmed, p50: {waits:.2f} s one after another, {in_the_crowd:.2f} s in the crowd"
    )
    assert states == {
        ("confirmed", None): PRODUCTS * PIECES,
        ("refused", "out-of-stock"): ORDERS - PRODUCTS * PIECES,
    }
    assert {shop.available(product) for product in products} == {0}
    payments = read_stored_payments(dynamodb, str(shop.door.found["payments_table"]))
    assert Counter(each.state for each in payments.values()) == {"captured": PRODUCTS * PIECES + len(calmly)}
    operator.do("orders", "check", *shop.where)
    assert max(waits, in_the_crowd) < CONFIRMED_WITHIN
