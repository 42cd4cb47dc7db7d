"""The orders' writes are ones that DynamoDB takes, and the fake takes them as moto does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import boto3
import pytest
from moto import mock_aws

from hello_retail.orders import table
from hello_retail.orders.items import OrderState
from hello_retail.payments.provider import PaymentProvider
from hello_retail.payments.simulated import SimulatedProvider
from support.orders import KEYS, ORDERS, PAYMENTS, create_order_id, create_order_tables, order_tables
from support.orders_scene import OrderScene
from support.payments import ProviderContract


@pytest.fixture
def real() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        create_order_tables(client)
        yield client


def play(scene: OrderScene) -> None:
    """Bring orders through every step and end of the tables."""
    scene.place(1)
    scene.place(1)
    scene.run("reserve", "pay", "confirm", number=1)
    scene.place(2, {"p1": 9})
    scene.run("reserve", number=2)
    scene.place(3, cents=1)
    scene.run("reserve", number=3)
    scene.place(4, {"p1": 1, "p9": 1})
    scene.run("reserve", number=4)
    scene.place(5, token="tok_declined")
    scene.run("reserve", "pay", number=5)
    scene.place(6)
    scene.run("reserve", "end_execution", number=6)
    scene.place(7)
    scene.run("reserve", "pay", number=7)
    scene.provider.void(scene.name(7))
    scene.run("confirm", number=7)
    scene.place(8)
    scene.place(9, {"p2": 2})
    scene.run("reserve", number=9)


def read_items(client: Any) -> dict[str, list[dict[str, Any]]]:
    """Return all items by table, in the order of their keys."""
    return {
        name: sorted(
            (
                item
                for page in client.get_paginator("scan").paginate(TableName=name, ConsistentRead=True)
                for item in page["Items"]
            ),
            key=lambda item: [item[key]["S"] for key in keys],
        )
        for name, keys in KEYS.items()
    }


def test_the_fake_ends_where_moto_does(real: Any) -> None:
    fake = order_tables()
    play(OrderScene(fake))
    play(OrderScene(real))
    assert read_items(real) == read_items(fake)
    assert [item["state"]["S"] for item in read_items(real)[ORDERS]] == [
        "confirmed",
        *["refused"] * 3,
        "declined",
        *["cancelled"] * 2,
        "new",
        "reserved",
    ]


def test_the_index_holds_the_open_orders_and_is_read_to_its_end(
    real: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = OrderScene(real)
    for number in range(1, 21):
        scene.place(number, {"p1": 1})
    scene.run("end_execution", number=1)
    query = real.query
    monkeypatch.setattr(real, "query", lambda **request: query(**request, Limit=2))
    listed = sorted(table.list_open_orders(real, ORDERS, "2027"))
    assert listed == [("cy", create_order_id(number)) for number in range(2, 21)]
    assert list(table.list_open_orders(real, ORDERS, "2026-01-01")) == []


def test_a_customers_orders_are_listed_as_the_fake_lists_them(real: Any) -> None:
    scene = OrderScene(real)
    for number in range(5):
        scene.place(number)
    first = table.list_orders(real, ORDERS, "cy", 2)
    rest = table.list_orders(real, ORDERS, "cy", 9, before=first[-1].order_id)
    assert [order.order_id for order in first + rest] == [
        create_order_id(number) for number in (4, 3, 2, 1, 0)
    ]


def test_a_reconciliation_ends_what_nothing_runs_for(real: Any) -> None:
    scene = OrderScene(real)
    play(scene)
    scene.now += 3600
    assert scene.work.reconcile().ended == 2
    assert (scene.order(8).state, scene.order(9).state) == (OrderState.CANCELLED, OrderState.CANCELLED)
    assert scene.left("p2") == 4


class TestSimulatedProviderOverMoto(ProviderContract):
    good: ClassVar[str] = "tok_ok"
    bad: ClassVar[str] = "tok_declined"

    @pytest.fixture
    def provider(self, real: Any) -> PaymentProvider:
        return SimulatedProvider(real, PAYMENTS)
