"""The rules of an order, its names and its events."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from hello_retail.aws_failures import Unavailable
from hello_retail.dynamodb import transactions
from hello_retail.events import ORDER_CONFIRMED, PRODUCT_PURCHASE, Event, decode_event
from hello_retail.orders import table
from hello_retail.orders.events import NotDecodable, build_order_records
from hello_retail.orders.items import Line, OrderState, Reason
from hello_retail.orders.names import OPEN_SHARDS, choose_open_shard, name_execution, name_payment
from hello_retail.orders.prices import Offer
from hello_retail.orders.rules import Ending, PricedLines, price_order
from support.fake_aws import client_error
from support.orders import ORDERS, create_order, create_order_id
from support.orders_scene import OrderScene

PAID = replace(
    create_order(1, {}, 1500),
    lines=(Line("p1", 2, 500, "One"), Line("p2", 1, 500, "Two")),
    total_cents=1500,
    state=OrderState.PAID,
)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "FIRST_PAUSE", 0)


@pytest.fixture
def scene() -> OrderScene:
    return OrderScene()


# Prices


def test_an_order_costs_what_the_catalog_says() -> None:
    order = create_order(1, {"p1": 2, "p2": 1}, 1300)
    offers = {"p1": Offer("One", 400), "p2": Offer("Two", 500)}
    lines = (Line("p1", 2, 400, "One"), Line("p2", 1, 500, "Two"))
    assert price_order(order, offers) == PricedLines(lines, 1300)


@pytest.mark.parametrize("expected", [0, 1299, 1301, 10**12])
def test_another_total_is_refused_with_the_catalogs(expected: int) -> None:
    offers = {"p1": Offer("One", 400), "p2": Offer("Two", 500)}
    refused = Ending(OrderState.REFUSED, Reason.PRICE_CHANGED, new_total_cents=1300)
    assert price_order(create_order(1, {"p1": 2, "p2": 1}, expected), offers) == refused


def test_what_is_not_for_sale_goes_before_a_total_that_differs() -> None:
    refused = Ending(OrderState.REFUSED, Reason.NOT_FOR_SALE, ("p2",))
    assert price_order(create_order(1, {"p1": 1, "p2": 1}, 7), {"p1": Offer("One", 400)}) == refused


# Names


def test_an_order_is_named_by_its_user_and_its_id() -> None:
    names = {name_execution(user, order) for user in ("ann", "bob") for order in ("1", "2")}
    names |= {name_execution("ann,1", "2"), name_execution("ann", "1,2")}
    assert len(names) == 6
    assert {len(name) for name in names} == {64}
    assert name_payment("ann", "1") == name_execution("ann", "1")


def test_open_orders_are_spread_over_the_index() -> None:
    assert {choose_open_shard("ann", create_order_id(number)) for number in range(40)} == set(OPEN_SHARDS)


# Events


def test_the_events_of_an_order_are_ones_that_consumers_take() -> None:
    records = build_order_records(PAID, "hello-retail")
    decoded = [decode_event(record.payload) for record in records]
    events = [event for event in decoded if isinstance(event, Event)]
    assert [event.kind for event in events] == [ORDER_CONFIRMED, PRODUCT_PURCHASE, PRODUCT_PURCHASE]
    assert {event.user_id for event in events} == {"cy"}
    assert {event.time_origin for event in events} == {PAID.placed_at}
    assert [record.partition_key for record in records] == ["cy", "p1", "p2"]


def test_the_same_order_id_of_two_customers_is_two_orders() -> None:
    records = build_order_records(PAID, "x") + build_order_records(replace(PAID, user_id="bob"), "x")
    assert len({json.loads(record.payload)["eventId"] for record in records}) == 6


def test_neither_token_nor_name_is_in_an_event() -> None:
    assert not [record for record in build_order_records(PAID, "hello-retail") if b"tok_" in record.payload]


@pytest.mark.parametrize("wrong", [{"user_id": "a/b"}, {"total_cents": None}, {"lines": ()}])
def test_an_event_that_no_consumer_takes_is_a_defect(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotDecodable):
        build_order_records(replace(PAID, **wrong), "hello-retail")


def test_an_order_that_is_printed_shows_no_token() -> None:
    assert "tok_" not in repr(PAID)


# Placing


def test_an_order_that_is_placed_again_is_the_one_that_is_there(scene: OrderScene) -> None:
    placed = scene.place()
    scene.run("reserve", "pay")
    again = scene.place()
    assert (placed.state, again.state) == (OrderState.NEW, OrderState.PAID)
    assert again == scene.order()


def test_another_order_under_the_same_id_changes_nothing(scene: OrderScene) -> None:
    scene.place()
    other = replace(create_order(1, {"p1": 5}, 2500), body="another hash")
    assert table.place_order(scene.dynamodb, ORDERS, other).body == "hash of the body"
    assert scene.order().expected_cents == 1500


def test_a_new_order_expires_in_a_day(scene: OrderScene) -> None:
    scene.place()
    assert scene.item()["expiresAt"] == {"N": str(int(scene.now) + 24 * 3600)}
    assert scene.item()["open"]["S"] in OPEN_SHARDS


@pytest.mark.parametrize("conflicts", [1, transactions.ATTEMPTS])
def test_an_order_is_placed_beside_a_transaction_of_its_own(scene: OrderScene, conflicts: int) -> None:
    """The client sends it again while the first is being reserved."""
    put, left = scene.dynamodb.put_item, [client_error("TransactionConflictException", "PutItem")] * conflicts

    def busy(**request: Any) -> Any:
        if left:
            raise left.pop()
        return put(**request)

    scene.dynamodb.put_item = busy
    if conflicts < transactions.ATTEMPTS:
        assert scene.place().state is OrderState.NEW
    else:
        with pytest.raises(Unavailable, match="TransactionConflict"):
            scene.place()


def test_a_put_that_fails_is_raised(scene: OrderScene) -> None:
    scene.dynamodb.put_item = lambda **_: (_ for _ in ()).throw(client_error("InternalServerError", "x"))
    with pytest.raises(Exception, match="InternalServerError"):
        scene.place()


# Listing


def test_a_customers_orders_are_listed_newest_first_and_nobody_elses(scene: OrderScene) -> None:
    for number in (2, 1, 3):
        scene.place(number)
    scene.place(4, user="bob")
    listed = table.list_orders(scene.dynamodb, ORDERS, "cy", 10)
    assert [order.order_id for order in listed] == [create_order_id(number) for number in (3, 2, 1)]


def test_pages_of_orders_follow_each_other(scene: OrderScene) -> None:
    for number in range(5):
        scene.place(number)
    first = table.list_orders(scene.dynamodb, ORDERS, "cy", 2)
    second = table.list_orders(scene.dynamodb, ORDERS, "cy", 9, before=first[-1].order_id)
    assert [order.order_id for order in first + second] == [
        create_order_id(number) for number in (4, 3, 2, 1, 0)
    ]
    assert table.list_orders(scene.dynamodb, ORDERS, "cy", 9, before=second[-1].order_id) == []
