"""The port to a payment provider: what an order needs of it, and nothing of how it is paid.

A payment is named by an id that we choose, and every call may come twice, late, or from a process that was thought
dead. tests/support/payments.py states the contract as tests, which any provider's adapter has to pass:

- ``authorise`` again under one id holds the money once, and answers as the first time.
- ``void`` bars: once it answered ``VOIDED``, also for an id that was never authorised, no later call holds or
  takes money.
- ``capture`` takes the money once. Where the provider refuses, it answers ``VOIDED`` or ``DECLINED`` ever after.
- ``CAPTURED`` is for ever; a void that comes later answers it, and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class PaymentState(StrEnum):
    """What has become of a payment."""

    HELD = "held"
    CAPTURED = "captured"
    VOIDED = "voided"
    DECLINED = "declined"


class ProviderUnavailable(Exception):
    """The provider did not answer: what it did is not known, and a later attempt may succeed."""


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in minor units of a currency (ISO 4217)."""

    cents: int
    currency: str


class PaymentProvider(Protocol):
    """A payment provider. Each call returns what the payment is after it.

    All raise ``ProviderUnavailable``, or a failure of AWS, where it is to be called again.
    """

    def authorise(self, payment_id: str, amount: Amount, token: str) -> PaymentState:
        """Hold an amount: ``HELD`` (or ``CAPTURED`` since), ``DECLINED``, or ``VOIDED`` where it is barred."""

    def capture(self, payment_id: str) -> PaymentState:
        """Take the money that is held: ``CAPTURED``, or ``VOIDED`` or ``DECLINED`` where it cannot be taken."""

    def void(self, payment_id: str) -> PaymentState:
        """Bar a payment and release what it holds: ``VOIDED``, or what it was where it ended before."""
