"""The law of orders: money is taken exactly for what is confirmed, and nothing is sold twice.

Whatever happens between any two calls: crashes, zombies, lost answers, conflicts, executions that are stopped, ends
that nobody tells, prices that change, a provider that lets go of what it held.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hello_retail.dynamodb import transactions
from hello_retail.order_tasks import handler, work
from hello_retail.orders import events
from hello_retail.orders.items import OrderState
from hello_retail.payments.provider import PaymentState
from hello_retail.payments.simulated import SimulatedProvider
from support.event_source import Faults
from support.faults import conflicting, seeds
from support.laws import histories
from support.orders import Customs, OrdersWorld, run_history

QUARTER = Faults(
    refused=0.04, lost=0.05, sent_again=0.04, crash=0.04, abandoned=0.04, unprocessed=0.05, conflict=0.04
)
"""One call of four goes wrong."""
RUDE = Customs(abort=1, lost_end=0.3, end_twice=0.3, gives_up=0.2, let_go=0.3)

customs = st.builds(
    Customs,
    abort=st.sampled_from((0.0, 0.1, 1.0)),
    lost_end=st.sampled_from((0.0, 0.3, 1.0)),
    end_twice=st.sampled_from((0.0, 0.3)),
    again=st.sampled_from((0.0, 0.5)),
    gives_up=st.sampled_from((0.0, 0.5)),
    price_change=st.sampled_from((0.0, 0.3, 1.0)),
    let_go=st.sampled_from((0.0, 0.5)),
)


@pytest.fixture(autouse=True)
def no_pauses_and_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "FIRST_PAUSE", 0)
    monkeypatch.setattr(handler, "logger", Mock())


def follow(seed: int, faults: Faults, customs: Customs, **most: int) -> OrdersWorld:
    random.seed(seed)
    return run_history(seed, faults, customs, **most)


@given(seed=seeds)
@settings(max_examples=40)
def test_without_faults_every_order_ends_in_three_transitions_and_nothing_is_reconciled(seed: int) -> None:
    world = follow(seed, Faults(), Customs())
    assert world.reconciled == 0
    assert {each.transitions for each in world.machine.executions.values()} == {3}


@given(seed=seeds, faults=conflicting, customs=customs)
@settings(max_examples=60)
def test_money_is_taken_exactly_for_what_is_confirmed_through_failures_zombies_and_conflicts(
    seed: int, faults: Faults, customs: Customs
) -> None:
    follow(seed, soften(faults), customs)


@pytest.mark.slow
@given(seed=seeds)
@histories(2000)
def test_money_is_taken_exactly_for_what_is_confirmed_when_a_call_of_four_goes_wrong(seed: int) -> None:
    follow(seed, QUARTER, RUDE)


@pytest.mark.slow
@given(seed=seeds, faults=conflicting, customs=customs)
@histories(2000)
def test_money_is_taken_exactly_for_what_is_confirmed_in_many_histories(
    seed: int, faults: Faults, customs: Customs
) -> None:
    follow(seed, soften(faults), customs)


def soften(faults: Faults) -> Faults:
    """Return faults at which a step of five calls gets through now and then."""
    return replace(
        faults,
        **{
            name: getattr(faults, name) / 3
            for name in ("refused", "lost", "sent_again", "crash", "abandoned", "conflict")
        },
    )


# What happens without a rule


def take_no_money(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SimulatedProvider, "capture", lambda *_: PaymentState.CAPTURED)


def go_back_from_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    end_execution = work.Work.end_execution

    def give_up(self: work.Work, user_id: str, order_id: str) -> None:
        steps = {OrderState.PAID: lambda order: self._end(order, work.STOPPED)}
        self._act(user_id, order_id, steps)
        end_execution(self, user_id, order_id)

    monkeypatch.setattr(work.Work, "end_execution", give_up)


def undo_without_a_void(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work.Work, "_void", lambda self, order: self._end(order, work.STOPPED))


def void_without_barring(monkeypatch: pytest.MonkeyPatch) -> None:
    advance = SimulatedProvider._advance

    def forgetful(self: SimulatedProvider, payment_id: str, if_absent: Any, *given: Any, **more: Any) -> Any:
        """Release what is held; of a payment that is not there yet, keep nothing."""
        if if_absent is PaymentState.VOIDED:
            key = {"orderId": {"S": payment_id}}
            item = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True)
            if "state" not in item.get("Item", {}):
                return PaymentState.VOIDED
        return advance(self, payment_id, if_absent, *given, **more)

    monkeypatch.setattr(SimulatedProvider, "_advance", forgetful)


def make_up_event_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "derive_sale_event_id", lambda *_: str(uuid4()))


def publish_once_it_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    def hasty(self: work.Work, order: Any) -> bool:
        payment = self.provider.capture(work.name_payment(order.user_id, order.order_id))
        taken = payment is PaymentState.CAPTURED
        done = self._end(order, work.CONFIRMED if taken else work.REFUSED_CAPTURE)
        if done and taken:
            self._publish(order)
        return done

    monkeypatch.setattr(work.Work, "_confirm", hasty)


def hear_of_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work.Work, "end_execution", lambda *_: None)


def reconcile_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "list_open_orders", lambda *_: [])


def end_whatever_state_it_is_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hello_retail.orders.table._build_step", without_condition())


def without_condition() -> Callable[..., Any]:
    from hello_retail.orders import table  # noqa: PLC0415

    build = table._build_step

    def careless(*given: Any) -> Any:
        step = build(*given)
        step["ConditionExpression"] = "attribute_exists(userId)"
        return step

    return careless


@pytest.mark.slow
@pytest.mark.parametrize(
    "break_a_rule",
    [
        take_no_money,
        go_back_from_paid,
        undo_without_a_void,
        void_without_barring,
        make_up_event_ids,
        publish_once_it_is_noted,
        hear_of_no_end,
        reconcile_nothing,
        end_whatever_state_it_is_in,
    ],
)
def test_the_law_notices_a_broken_rule(
    break_a_rule: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_a_rule(monkeypatch)
    assert any(goes_wrong(seed) for seed in range(800))


def goes_wrong(seed: int) -> bool:
    try:
        follow(seed, QUARTER, RUDE)
    except AssertionError:
        return True
    return False
