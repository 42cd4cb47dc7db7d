"""The carts' calls of AWS.

A line is written like the stock: without a read, on the condition that it still is what it was when judged. The
condition is on the quantity, too: events of other shards change it under ledgers of their own.

An emptied line keeps its ledger for as long as the stream could deliver its events again, and some days more; then
it expires. What the stream no longer has is not folded: its line may have been emptied and have expired. So all
generations of the view write to the one table, and a rebuild from the archive changes no cart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING, Any

from hello_retail.shop_view.basket import CartLine, CartStep, plan_step
from hello_retail.shop_view.conditional import Plan, update_as_judged
from hello_retail.stream_consumer import ledger as ledgers
from hello_retail.stream_consumer.concurrently import run_concurrently

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from hello_retail.shop_view.batch import CartFold, ShopBatch
    from hello_retail.stream_consumer.usage import Usage

IF_NO_ITEM = "attribute_not_exists(userId)"
IF_SAME_QUANTITY = "quantity = :was"
HOUR = 3600
KEPT_DAYS = 7
"""For how many days an emptied line is kept after the stream could last deliver its events again.

So the retention of the stream can be raised to a week without a line that has gone too early.
"""
LINES_KEPT = 10_000
"""How many lines a warm function keeps in mind: some 15 MB."""


class CartStore:
    """The table of the carts.

    ``executor`` runs calls side by side; ``retention_hours`` is for how long the stream has a record; ``pause``
    sleeps for some seconds; ``now`` returns the time in seconds.
    """

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        executor: Executor,
        *,
        table: str,
        recent_events: int,
        retention_hours: int,
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._dynamodb = dynamodb
        self._executor = executor
        self._table = table
        self._recent_events = recent_events
        self._retention_seconds = retention_hours * HOUR
        self._pause = pause
        self._now = now
        self._lines: dict[tuple[str, str, str], CartLine] = {}

    def fold_batch(self, batch: ShopBatch, usage: Usage) -> None:
        """Fold the batch's carts once, side by side; each ``CartFold`` keeps what is not applied."""
        oldest = self._now() - self._retention_seconds
        for fold in batch.carts.values():
            fold.entries = [entry for entry in fold.entries if entry.arrival > oldest]
        if len(self._lines) > LINES_KEPT:
            self._lines.clear()
        run_concurrently(
            self._executor,
            [
                partial(self._fold_line, batch.shard_id, fold, usage)
                for fold in batch.carts.values()
                if fold.entries
            ],
        )

    def _fold_line(self, shard_id: str, fold: CartFold, usage: Usage) -> None:
        """Write one line; what is kept between invocations is only ever the answer to a call (rule 11)."""
        place = (shard_id, fold.user_id, fold.product_id)
        steps: list[CartStep] = []

        def plan_line(line: CartLine) -> Plan[CartLine]:
            step = plan_step(fold.product_id, line, fold.entries, self._recent_events)
            steps.append(step)
            update = None if step.after is None else self._build_update(shard_id, fold, line, step)
            return Plan(update, step.after or line)

        line = update_as_judged(
            self._dynamodb,
            self._lines.pop(place, CartLine()),
            plan_line,
            lambda item: parse_line(item, shard_id),
            self._pause,
            usage,
        )
        if line is None:
            return
        self._lines[place] = line
        fold.entries = []
        fold.repeats += steps[-1].verdict.repeats
        fold.redelivered += steps[-1].verdict.delivered

    def _build_update(
        self, shard_id: str, fold: CartFold, before: CartLine, step: CartStep
    ) -> dict[str, Any]:
        after = step.after or before
        move = ledgers.build_ledger_move(shard_id, before.ledger, after.ledger, IF_NO_ITEM)
        changes = ["quantity = :quantity", move.expression]
        values: dict[str, Any] = {":quantity": {"N": str(after.quantity)}, **move.values}
        condition = move.condition
        if before.ledger.exists:
            condition = f"{condition} AND {IF_SAME_QUANTITY}"
            values[":was"] = {"N": str(before.quantity)}
        if step.changed_at is not None:
            changes.append("changedAt = :changed")
            values[":changed"] = {"S": step.changed_at}
        if after.quantity == 0:
            changes.append("expiresAt = :expires")
            values[":expires"] = {"N": str(self._compute_expiry())}
        return {
            "TableName": self._table,
            "Key": {"userId": {"S": fold.user_id}, "productId": {"S": fold.product_id}},
            "UpdateExpression": f"SET {', '.join(changes)}" + (" REMOVE expiresAt" if after.quantity else ""),
            "ConditionExpression": condition,
            "ExpressionAttributeNames": move.names,
            "ExpressionAttributeValues": values,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ReturnConsumedCapacity": "TOTAL",
        }

    def _compute_expiry(self) -> int:
        return int(self._now() + self._retention_seconds + KEPT_DAYS * 24 * HOUR)


def parse_line(item: Mapping[str, Any], shard_id: str) -> CartLine:
    """Return a line from its item; an empty one is none."""
    return CartLine(ledgers.parse_ledger(item, shard_id), int(item["quantity"]["N"]) if item else 0)
