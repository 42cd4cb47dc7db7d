"""The simulated payment provider keeps the port's contract, and does what its tokens say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from hello_retail.dynamodb import transactions
from hello_retail.dynamodb.transactions import Contended
from hello_retail.payments.provider import PaymentProvider, ProviderUnavailable
from hello_retail.payments.simulated import SimulatedProvider
from support.fake_aws import FakeDynamoDB, client_error
from support.orders import PAYMENTS, order_tables
from support.payments import AMOUNT, CAPTURED, DECLINED, HELD, VOIDED, ProviderContract
from support.studio_scene import before_each


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "FIRST_PAUSE", 0)


@pytest.fixture
def dynamodb() -> FakeDynamoDB:
    return order_tables()


def simulate(dynamodb: FakeDynamoDB, pause: Callable[[float], None] = lambda _: None) -> SimulatedProvider:
    return SimulatedProvider(dynamodb, PAYMENTS, pause)  # type: ignore[arg-type]


class TestSimulatedProvider(ProviderContract):
    good: ClassVar[str] = "tok_ok"
    bad: ClassVar[str] = "tok_declined"

    @pytest.fixture
    def provider(self, dynamodb: FakeDynamoDB) -> PaymentProvider:
        return simulate(dynamodb)


def test_an_unknown_token_is_declined(dynamodb: FakeDynamoDB) -> None:
    assert simulate(dynamodb).authorise("payment", AMOUNT, "tok_never_heard_of") is DECLINED


def test_a_slow_token_holds_the_money_and_answers_after_three_seconds(dynamodb: FakeDynamoDB) -> None:
    pauses: list[float] = []
    assert simulate(dynamodb, pauses.append).authorise("payment", AMOUNT, "tok_slow") is HELD
    assert pauses == [3]


def test_a_flaky_token_fails_twice_and_then_holds_the_money_once(dynamodb: FakeDynamoDB) -> None:
    provider = simulate(dynamodb)
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            provider.authorise("payment", AMOUNT, "tok_flaky")
    assert [provider.authorise("payment", AMOUNT, "tok_flaky") for _ in range(2)] == [HELD, HELD]
    assert dynamodb.items[PAYMENTS]["payment",] == {
        "orderId": {"S": "payment"},
        "state": {"S": "held"},
        "cents": {"N": "1250"},
        "attempts": {"N": "4"},
    }


def test_a_flaky_token_is_barred_by_a_void_between_its_attempts(dynamodb: FakeDynamoDB) -> None:
    provider = simulate(dynamodb)
    with pytest.raises(ProviderUnavailable):
        provider.authorise("payment", AMOUNT, "tok_flaky")
    assert provider.void("payment") is VOIDED
    with pytest.raises(ProviderUnavailable):
        provider.authorise("payment", AMOUNT, "tok_flaky")
    assert provider.authorise("payment", AMOUNT, "tok_flaky") is VOIDED


def test_the_table_keeps_no_token(dynamodb: FakeDynamoDB) -> None:
    simulate(dynamodb).authorise("payment", AMOUNT, "tok_ok")
    assert "tok_" not in str(dynamodb.items)


def test_a_void_and_a_capture_at_once_leave_one_of_both(dynamodb: FakeDynamoDB) -> None:
    provider = simulate(dynamodb)
    provider.authorise("payment", AMOUNT, "tok_ok")
    dynamodb.update_item = before_each(  # type: ignore[method-assign]
        dynamodb.update_item, lambda: provider.void("payment")
    )
    assert provider.capture("payment") is VOIDED


def test_a_void_while_the_money_is_being_held_bars_it(dynamodb: FakeDynamoDB) -> None:
    provider, update = simulate(dynamodb), dynamodb.update_item
    calls: list[str] = []

    def void_before_the_second(**request: Any) -> Any:
        calls.append("update")
        if len(calls) == 2:
            assert provider.void("payment") is VOIDED
        return update(**request)

    dynamodb.update_item = void_before_the_second  # type: ignore[method-assign]
    assert provider.authorise("payment", AMOUNT, "tok_ok") is VOIDED


@pytest.mark.parametrize("call", ["authorise", "capture"])
def test_what_others_always_forestall_is_left_to_a_later_attempt(dynamodb: FakeDynamoDB, call: str) -> None:
    provider = simulate(dynamodb)
    provider.authorise("payment", AMOUNT, "tok_ok")

    def busy(**_: Any) -> Any:
        raise client_error("TransactionConflictException", "UpdateItem")

    dynamodb.update_item = busy  # type: ignore[method-assign]
    calls = {
        "authorise": lambda: provider.authorise("payment", AMOUNT, "tok_ok"),
        "capture": lambda: provider.capture("payment"),
    }
    with pytest.raises(Contended):
        calls[call]()


def test_captured_money_is_shown_in_the_table(dynamodb: FakeDynamoDB) -> None:
    provider = simulate(dynamodb)
    provider.authorise("payment", AMOUNT, "tok_ok")
    assert provider.capture("payment") is CAPTURED
    assert dynamodb.items[PAYMENTS]["payment",]["state"] == {"S": "captured"}
