"""What a cart's events make of one of its lines, without AWS."""

from __future__ import annotations

from typing import Any

import pytest

from hello_retail.events import Event, decode_event
from hello_retail.shop_view.basket import (
    MOST,
    CartEvent,
    CartLine,
    change_quantity,
    list_products,
    plan_step,
)
from hello_retail.stream_consumer.ledger import Ledger
from support.events import cart, confirmed, payload

ID = "6f1c2a52-8c3e-4a57-9d1c-0a3e3d0f9c11"


def decoded(document: dict[str, Any]) -> Event:
    event = decode_event(payload(document))
    assert isinstance(event, Event)
    return event


def plan(*documents: dict[str, Any], before: CartLine | None = None, first: int = 1) -> Any:
    entries = [CartEvent(number, decoded(each), 0.0) for number, each in enumerate(documents, start=first)]
    return plan_step("p1", before or CartLine(), entries, ring_size=16)


@pytest.mark.parametrize(
    ("before", "document", "after"),
    [
        (0, cart("add", "p1", "ann"), 1),
        (MOST - 1, cart("add", "p1", "ann"), MOST),
        (MOST, cart("add", "p1", "ann"), MOST),
        (4, cart("set", "p1", "ann", 0), 0),
        (4, cart("set", "p1", "ann", MOST), MOST),
        (4, cart("remove", "p1", "ann"), 0),
        (0, cart("remove", "p1", "ann"), 0),
        (4, confirmed("ann", {"p1": 3, "p2": 9}), 1),
        (4, confirmed("ann", {"p1": 9}), 0),
        (4, confirmed("ann", {"p2": 9}), 4),
    ],
)
def test_an_event_changes_a_line(before: int, document: dict[str, Any], after: int) -> None:
    assert change_quantity(before, "p1", decoded(document)) == after


def test_an_order_changes_the_lines_of_its_products_and_every_other_event_one() -> None:
    assert list_products(decoded(confirmed("ann", {"p2": 1, "p1": 2}))) == ["p2", "p1"]
    assert list_products(decoded(cart("set", "p1", "ann", 2))) == ["p1"]


def test_a_batch_is_one_write_and_the_time_is_the_last_events() -> None:
    step = plan(
        cart("add", "p1", "ann", time_origin="2026-11-22T01:00:00Z"),
        cart("set", "p1", "ann", 3, time_origin="2026-11-22T02:00:00Z"),
        confirmed("ann", {"p1": 1}, time_origin="2026-11-22T03:00:00Z"),
    )

    assert (step.after.quantity, step.after.ledger.last, step.changed_at) == (2, 3, "2026-11-22T03:00:00Z")


def test_what_was_delivered_before_and_what_was_put_twice_does_not_count_again() -> None:
    first = plan(cart("add", "p1", "ann", event_id=ID))

    again = plan(cart("add", "p1", "ann", event_id=ID), before=first.after, first=2)
    delivered = plan(cart("add", "p1", "ann", event_id=ID), before=first.after)

    assert (again.after.quantity, again.after.ledger.last, again.changed_at) == (1, 2, None)
    assert again.verdict.repeats == 1
    assert (delivered.after, delivered.verdict.delivered) == (None, 1)


def test_a_line_that_another_shard_made_is_gone_on_from() -> None:
    step = plan(confirmed("ann", {"p1": 1}), before=CartLine(Ledger(exists=True), 5))

    assert step.after.quantity == 4
