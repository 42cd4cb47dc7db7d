"""What every payment provider's adapter has to do: subclass ``ProviderContract`` in a test of it.

The subclass gives the fixture ``provider``, and ``good`` and ``bad``: tokens that the provider takes and declines.
A real provider's are its test tokens.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

import pytest

from hello_retail.payments.provider import Amount, PaymentProvider, PaymentState

AMOUNT = Amount(1250, "USD")
HELD, CAPTURED = PaymentState.HELD, PaymentState.CAPTURED
VOIDED, DECLINED = PaymentState.VOIDED, PaymentState.DECLINED


class ProviderContract:
    """The tests; each pays under an id of its own. A subclass gives the fixture ``provider``, and two tokens."""

    good: ClassVar[str]
    bad: ClassVar[str]

    @pytest.fixture
    def payment(self) -> str:
        return uuid4().hex * 2

    def test_money_is_held_and_then_taken(self, provider: PaymentProvider, payment: str) -> None:
        assert provider.authorise(payment, AMOUNT, self.good) is HELD
        assert provider.capture(payment) is CAPTURED

    def test_each_call_again_answers_as_before(self, provider: PaymentProvider, payment: str) -> None:
        assert [provider.authorise(payment, AMOUNT, self.good) for _ in range(2)] == [HELD, HELD]
        assert [provider.capture(payment) for _ in range(2)] == [CAPTURED, CAPTURED]
        assert provider.authorise(payment, AMOUNT, self.good) is CAPTURED

    def test_a_declined_payment_stays_declined(self, provider: PaymentProvider, payment: str) -> None:
        assert provider.authorise(payment, AMOUNT, self.bad) is DECLINED
        assert provider.authorise(payment, AMOUNT, self.good) is DECLINED
        assert provider.capture(payment) is DECLINED
        assert provider.void(payment) is DECLINED

    def test_a_void_releases_the_money_and_bars_the_payment(
        self, provider: PaymentProvider, payment: str
    ) -> None:
        provider.authorise(payment, AMOUNT, self.good)
        assert [provider.void(payment) for _ in range(2)] == [VOIDED, VOIDED]
        assert provider.authorise(payment, AMOUNT, self.good) is VOIDED
        assert provider.capture(payment) is VOIDED

    def test_a_void_bars_what_was_never_authorised(self, provider: PaymentProvider, payment: str) -> None:
        assert provider.void(payment) is VOIDED
        assert provider.authorise(payment, AMOUNT, self.good) is VOIDED
        assert provider.authorise(payment, AMOUNT, self.bad) is VOIDED
        assert provider.capture(payment) is VOIDED

    def test_a_void_after_the_capture_changes_nothing(self, provider: PaymentProvider, payment: str) -> None:
        provider.authorise(payment, AMOUNT, self.good)
        provider.capture(payment)
        assert provider.void(payment) is CAPTURED
        assert provider.capture(payment) is CAPTURED

    def test_a_capture_that_is_refused_bars_the_payment(
        self, provider: PaymentProvider, payment: str
    ) -> None:
        assert provider.capture(payment) is VOIDED
        assert provider.authorise(payment, AMOUNT, self.good) is VOIDED

    def test_payments_do_not_touch_each_other(self, provider: PaymentProvider, payment: str) -> None:
        other = f"{payment[:-1]}{'1' if payment[-1] == '0' else '0'}"
        provider.void(other)
        assert provider.authorise(payment, AMOUNT, self.good) is HELD
