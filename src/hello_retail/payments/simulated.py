"""A provider that is simulated, over a table of its own.

What a payment token does: ``tok_ok`` holds the money, ``tok_slow`` too but answers after three seconds,
``tok_flaky`` does not answer the first two times; every other token is declined. Nothing is left to chance.

An item of the table holds ``orderId`` (the payment's id), ``cents``, ``attempts`` (calls of ``authorise``) and
``state``, which is absent until the first answer of a flaky token.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hello_retail.dynamodb.transactions import Contended, try_again, update_item
from hello_retail.dynamodb.writes import build_update
from hello_retail.payments.provider import Amount, PaymentState, ProviderUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OK, SLOW, FLAKY = "tok_ok", "tok_slow", "tok_flaky"
GOOD: Final = frozenset({OK, SLOW, FLAKY})
SLOW_SECONDS: Final = 3
FAILURES_OF_FLAKY: Final = 2


@dataclass(frozen=True, slots=True)
class SimulatedProvider:
    """The provider over its table, as a ``PaymentProvider``; ``pause`` sleeps for some seconds."""

    client: DynamoDBClient
    table: str
    pause: Callable[[float], None] = time.sleep

    def authorise(self, payment_id: str, amount: Amount, token: str) -> PaymentState:
        """Hold an amount, if the token is good."""
        count = build_update(self.table, _build_key(payment_id), adds={"attempts": 1}, condition={})
        item = update_item(self.client, count)
        if item is None:
            raise Contended
        if token == FLAKY and int(item["attempts"]["N"]) <= FAILURES_OF_FLAKY:
            raise ProviderUnavailable("The provider did not answer.")
        decided = PaymentState.HELD if token in GOOD else PaymentState.DECLINED
        state = self._advance(payment_id, decided, cents=amount.cents, item=item)
        if token == SLOW:
            self.pause(SLOW_SECONDS)
        return state

    def capture(self, payment_id: str) -> PaymentState:
        """Take what is held; what was never held is barred."""
        return self._advance(payment_id, PaymentState.VOIDED, PaymentState.CAPTURED)

    def void(self, payment_id: str) -> PaymentState:
        """Bar a payment, whether it was authorised or not."""
        return self._advance(payment_id, PaymentState.VOIDED, PaymentState.VOIDED)

    def _advance(
        self,
        payment_id: str,
        if_absent: PaymentState,
        if_held: PaymentState = PaymentState.HELD,
        *,
        cents: int | None = None,
        item: Mapping[str, Any] | None = None,
    ) -> PaymentState:
        """Move a payment on from no state or from ``HELD``; every other state stays. Return the state after it.

        ``item`` is the payment as it was last seen.

        Raises:
            Contended: where other writes came first each time.

        """
        key = _build_key(payment_id)
        for _ in try_again():
            if item is None:
                item = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get(
                    "Item", {}
                )
            state = PaymentState(item["state"]["S"]) if "state" in item else None
            after = {None: if_absent, PaymentState.HELD: if_held}.get(state)
            if after is None or after is state:
                return state or if_absent
            changes = {"state": after} | ({} if cents is None else {"cents": cents})
            if update_item(
                self.client, build_update(self.table, key, sets=changes, condition={"state": state})
            ):
                return after
            item = None
        raise Contended


def _build_key(payment_id: str) -> dict[str, Any]:
    return {"orderId": {"S": payment_id}}
