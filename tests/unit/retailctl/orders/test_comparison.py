"""What `retailctl orders check` calls wrong: nothing that is right, and each thing alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from retailctl.catalog.stored import read_stored_stock
from retailctl.orders.comparison import OrdersEvidence, count_units, find_faults
from retailctl.orders.confirmations import Confirmation, OrderEvents, Sale, collect_order_events
from retailctl.orders.stored import (
    StoredLine,
    StoredOrder,
    StoredPayment,
    read_stored_orders,
    read_stored_payments,
)
from support.event_source import Faults
from support.events import payload, purchase
from support.orders import ORDERS as ORDERS_TABLE
from support.orders import PAYMENTS as PAYMENTS_TABLE
from support.orders import STOCK as STOCK_TABLE
from support.orders import Customs, run_history

HISTORIES = 12
ROUGH = Faults(refused=0.02, lost=0.02, crash=0.02, abandoned=0.02)

PLACED = "2026-11-28T12:00:00.000Z"
LINES = (StoredLine("p", 2, 100), StoredLine("q", 1, 50))
CONFIRMED = StoredOrder("ann", "1", "confirmed", LINES, 250, placed_at=PLACED)
PAID = StoredOrder("ann", "2", "paid", LINES, 250, placed_at=PLACED, has_token=True, open_place="0")
RESERVED = StoredOrder("bob", "1", "reserved", LINES, 250, placed_at=PLACED, has_token=True, open_place="1")
NEW = StoredOrder("bob", "2", "new", (StoredLine("p", 9),), placed_at=PLACED, has_token=True, open_place="2")
REFUSED = StoredOrder("bob", "3", "refused", (StoredLine("p", 9),), reason="out-of-stock", placed_at=PLACED)
DECLINED = StoredOrder("bob", "4", "declined", LINES, 250, reason="declined", placed_at=PLACED)
CANCELLED = StoredOrder("bob", "5", "cancelled", LINES, 250, reason="stopped", placed_at=PLACED)
ORDERS = (CONFIRMED, PAID, RESERVED, NEW, REFUSED, DECLINED, CANCELLED)
PAYMENTS = {
    CONFIRMED.number: "captured",
    PAID.number: "held",
    RESERVED.number: "begun",
    DECLINED.number: "declined",
    CANCELLED.number: "voided",
}
STOCK = {
    "p": {"available": 4, "added": 10},
    "q": {"available": 0, "added": 3},
    "r": {"available": 7, "added": 7},
}
CONFIRMATION = Confirmation("e1", "ann", "1", frozenset({("p", 2, 100), ("q", 1, 50)}), 250)
SALES = {"s1": Sale("s1", "p", "ann", "e1"), "s2": Sale("s2", "q", "ann", "e1")}


def evidence(
    *changed: StoredOrder,
    payments: dict[StoredOrder, str | None] | None = None,
    confirmations: tuple[Confirmation, ...] = (CONFIRMATION,),
    sales: dict[str, Sale] = SALES,
    **other: Any,
) -> OrdersEvidence:
    """Return what orders that are right look like, with some things in other shapes."""
    orders = {order.number: order for order in (*ORDERS, *changed)}
    states: dict[str, str | None] = {**PAYMENTS}
    states |= {order.number: state for order, state in (payments or {}).items()}
    right: dict[str, Any] = {
        "payments": {name: StoredPayment(name, state, 250) for name, state in states.items() if state},
        "stock": STOCK,
        "running": frozenset({PAID.number, RESERVED.number}),
        "events": OrderEvents({each.event_id: each for each in confirmations}, sales),
    }
    return OrdersEvidence(list(orders.values()), **right | other)


def test_orders_that_are_right_have_no_faults() -> None:
    assert find_faults(evidence()) == []
    assert find_faults(evidence(running=frozenset({NEW.number, PAID.number, RESERVED.number}))) == []
    assert find_faults(evidence(payments={PAID: "captured", RESERVED: "held", CANCELLED: None})) == []


def test_units_are_those_of_orders_that_hold_them() -> None:
    assert count_units(ORDERS) == {"p": 6, "q": 3}
    assert count_units(ORDERS, {"confirmed"}) == {"p": 2, "q": 1}


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (
            evidence(stock=STOCK | {"p": {"available": 5, "added": 10}}),
            "Product p has 5 available, 4 reserved and 2 sold, which are not the 10 added.",
        ),
        (
            evidence(stock=STOCK | {"r": {"available": 6, "added": 7}}),
            "Product r has 6 available, 0 reserved and 0 sold, which are not the 7 added.",
        ),
        (
            evidence(stock=STOCK | {"p": {"available": -1, "added": 5}}),
            "Product p has -1 available.",
        ),
        (
            evidence(running=frozenset({PAID.number})),
            "Order 1 of bob is reserved, and no execution runs for it.",
        ),
        (
            evidence(running=frozenset({PAID.number, RESERVED.number, REFUSED.number})),
            f"Order 3 of bob is refused, and its execution {REFUSED.number} still runs.",
        ),
        (
            evidence(running=frozenset({PAID.number, RESERVED.number, "x"})),
            "The execution x runs, and it is no order's.",
        ),
        (evidence(payments={CONFIRMED: "held"}), "Order 1 of ann is confirmed, and its payment is held."),
        (evidence(payments={CONFIRMED: None}), "Order 1 of ann is confirmed, and its payment is missing."),
        (
            evidence(payments={CANCELLED: "captured"}),
            "Order 5 of bob is cancelled, and its payment is captured.",
        ),
        (evidence(payments={CANCELLED: "begun"}), "Order 5 of bob is cancelled, and its payment is begun."),
        (evidence(payments={DECLINED: "held"}), "Order 4 of bob is declined, and its payment is held."),
        (evidence(payments={REFUSED: "held"}), "Order 3 of bob is refused, and its payment is held."),
        (
            evidence(replace(CONFIRMED, total_cents=251)),
            "Order 1 of ann is confirmed for 251, and its payment of 250 is captured.",
        ),
        (
            evidence(replace(CONFIRMED, total_cents=251)),
            "Order 1 of ann is confirmed, and its lines do not come to its total of 251.",
        ),
        (
            evidence(payments={replace(CONFIRMED, order_id="9"): "captured"}),
            f"The payment {replace(CONFIRMED, order_id='9').number} is captured, and it is no order's.",
        ),
        (
            evidence(replace(CONFIRMED, has_token=True)),
            "Order 1 of ann is confirmed, and still has its payment token.",
        ),
        (
            evidence(replace(CONFIRMED, open_place="0")),
            "Order 1 of ann is confirmed, and the index of open orders has it.",
        ),
        (
            evidence(replace(PAID, open_place=None)),
            "Order 2 of ann is paid, and the index of open orders lacks it.",
        ),
        (evidence(confirmations=(), sales={}), "Order 1 of ann is confirmed, and the log says so 0 times."),
        (
            evidence(confirmations=(CONFIRMATION, replace(CONFIRMATION, event_id="e2"))),
            "Order 1 of ann is confirmed, and the log says so 2 times.",
        ),
        (
            evidence(confirmations=(replace(CONFIRMATION, total_cents=1),)),
            "Order 1 of ann is confirmed, and the log has it with other lines or another total.",
        ),
        (
            evidence(sales={"s1": SALES["s1"]}),
            "Order 1 of ann is confirmed with 2 lines, and the log has 1 sales of it, or others.",
        ),
        (
            evidence(sales=SALES | {"s3": replace(SALES["s1"], event_id="s3")}),
            "Order 1 of ann is confirmed with 2 lines, and the log has 3 sales of it, or others.",
        ),
        (
            evidence(sales=SALES | {"s1": replace(SALES["s1"], user_id="bob")}),
            "Order 1 of ann is confirmed, and the log has bob as its buyer.",
        ),
        (
            evidence(sales=SALES | {"s3": replace(SALES["s1"], event_id="s3", follows="e9")}),
            "The log has 1 sales of an order that it does not have as confirmed.",
        ),
        (
            evidence(confirmations=(CONFIRMATION, Confirmation("e2", "bob", "4", frozenset(), 250))),
            "Order 4 of bob is declined, and the log has it as confirmed.",
        ),
        (
            evidence(confirmations=(CONFIRMATION, Confirmation("e2", "eve", "1", frozenset(), 250))),
            "The log has order 1 of eve as confirmed, and the table does not know it.",
        ),
    ],
)
def test_each_thing_that_is_wrong_is_a_sentence(found: OrdersEvidence, fault: str) -> None:
    assert fault in find_faults(found)


def test_what_a_short_log_may_lack_is_not_looked_for() -> None:
    late = {"confirmations": (), "sales": {"s1": SALES["s1"]}}

    assert find_faults(evidence(**late, log_start="2026-11-28T12:00:00.001Z")) == []
    assert find_faults(evidence(**late, log_start=PLACED)) == [
        "Order 1 of ann is confirmed, and the log says so 0 times."
    ]


def test_what_is_paid_may_be_on_the_log() -> None:
    early = Confirmation("e2", "ann", "2", frozenset({("p", 2, 100), ("q", 1, 50)}), 250)
    sold = {"s3": Sale("s3", "p", "ann", "e2")}

    assert find_faults(evidence(confirmations=(CONFIRMATION, early), sales=SALES | sold)) == []


@pytest.mark.parametrize("faults", [Faults(), ROUGH], ids=["calm", "rough"])
def test_what_the_orders_own_code_leaves_is_right(faults: Faults) -> None:
    customs = Customs(abort=0.3, lost_end=0.3, end_twice=0.3, let_go=0.2)
    for seed in range(HISTORIES):
        world = run_history(seed, faults, customs)
        orders = read_stored_orders(cast("Any", world.dynamodb), ORDERS_TABLE)
        found = OrdersEvidence(
            orders,
            read_stored_payments(cast("Any", world.dynamodb), PAYMENTS_TABLE),
            read_stored_stock(cast("Any", world.dynamodb), STOCK_TABLE),
            frozenset(name for name, execution in world.machine.executions.items() if execution.running),
            collect_order_events(payload for _, payload in world.kinesis.records),
        )
        assert find_faults(found) == []
        assert {order.number for order in orders} >= world.machine.executions.keys()
        confirmed = [order for order in orders if order.state == "confirmed"]
        assert len(found.events.confirmations) == len(confirmed)


def test_another_action_and_what_cannot_be_decoded_are_no_order_events() -> None:
    sale = purchase("p", "ann", event_id="0a0a0a0a-0000-4000-8000-000000000000")

    assert collect_order_events([payload(sale), b"garbage"]) == OrderEvents()
