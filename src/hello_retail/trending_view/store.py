"""The trending view's calls to AWS: one item for each product.

Every call may fail, be repeated by the SDK after its answer was lost, or come from an invocation that should be
dead. The update is made on the condition that the item still is what it was when judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING, Any

from hello_retail.aws_failures import FAILURES
from hello_retail.read_models.trending import Weight
from hello_retail.stream_consumer import batch_get
from hello_retail.stream_consumer import ledger as ledgers
from hello_retail.stream_consumer.answer import Applied
from hello_retail.stream_consumer.concurrently import run_concurrently
from hello_retail.stream_consumer.usage import Usage
from hello_retail.trending_view.trend import Rule, Standing, TrendingSale, fold_sales

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FOLD = "SET weight = :weight, halfLives = :halfLives, expiresAt = :expires"
IF_NO_ITEM = "attribute_not_exists(productId)"
IF_THE_SAME = "weight = :was AND halfLives = :then AND "
ATTEMPTS = 8
"""How often one product is judged anew because it changed meanwhile; each time another invocation got ahead."""
STANDINGS_KEPT = 30_000
"""How many products' standings a warm function keeps: some 40 MB."""


class TrendingViewStore:
    """The trending view's table. ``executor`` runs calls side by side."""

    def __init__(self, dynamodb: DynamoDBClient, executor: Executor, *, table: str, rule: Rule) -> None:
        self._dynamodb = dynamodb
        self._executor = executor
        self._table = table
        self._rule = rule
        self._standings: dict[tuple[str, str], Standing] = {}

    def apply_sales(
        self, shard_id: str, sales: Mapping[str, Sequence[TrendingSale]], usage: Usage
    ) -> list[Applied]:
        """Count each product's sales once, with one write and at most one read.

        A product that cannot be read stays unapplied.
        """
        if len(self._standings) > STANDINGS_KEPT:
            self._standings.clear()
        unknown = [id_ for id_ in sales if (shard_id, id_) not in self._standings]
        items, unread = batch_get.read_items(self._dynamodb, self._table, "productId", unknown, usage)
        for id_ in unknown:
            if id_ not in unread:
                self._standings[shard_id, id_] = _parse_standing(items.get(id_, {}), shard_id)
        calls = [
            partial(self._fold, shard_id, id_, its_sales, usage)
            for id_, its_sales in sales.items()
            if id_ not in unread
        ]
        unapplied = [Applied(0, 0, 0, sales[id_][0].sequence) for id_ in unread]
        return [*run_concurrently(self._executor, calls), *unapplied]

    def _fold(self, shard_id: str, product_id: str, sales: Sequence[TrendingSale], usage: Usage) -> Applied:
        """Write a product's new standing; recompute it if the item changed meanwhile.

        Only the response to a call for this shard is cached between invocations, and only after the call (rule 11).
        """
        standing_key = (shard_id, product_id)
        standing = self._standings.get(standing_key, Standing())
        for _ in range(ATTEMPTS):
            outcome = fold_sales(standing, sales, self._rule)
            if outcome.after is None:
                self._standings[standing_key] = standing
                return Applied(0, 0, outcome.redelivered, None)
            try:
                answer = self._dynamodb.update_item(
                    **self._update(shard_id, product_id, standing, outcome.after)
                )
            except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
                usage.add_write_units(1.0)  # a refused write is billed by the item's size, here at most 1 KB
                item: Mapping[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
                standing = _parse_standing(item, shard_id)
            except FAILURES as error:
                usage.note_failure(error)
                break
            else:
                usage.add_write_units(answer["ConsumedCapacity"]["CapacityUnits"])
                self._standings[standing_key] = outcome.after
                return Applied(outcome.counted, outcome.repeats, outcome.redelivered, None)
        return Applied(0, 0, 0, ledgers.find_first_new_entry(standing.ledger, sales))

    def _update(self, shard_id: str, product_id: str, before: Standing, after: Standing) -> dict[str, Any]:
        """Return the request that turns a product's ``before`` into ``after`` (rule 12).

        The weight is replaced, not added to, so the condition is on it too: whatever shard changed it.
        """
        move = ledgers.build_ledger_move(shard_id, before.ledger, after.ledger, IF_NO_ITEM)
        condition, was = move.condition, {}
        if before.ledger.exists:
            condition = IF_THE_SAME + condition
            was = _weight_values(before.weight, ":was", ":then")
        return {
            "TableName": self._table,
            "Key": {"productId": {"S": product_id}},
            "UpdateExpression": f"{FOLD}, {move.expression}",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": move.names,
            "ExpressionAttributeValues": {
                **_weight_values(after.weight, ":weight", ":halfLives"),
                ":expires": {"N": str(after.expires)},
                **move.values,
                **was,
            },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ReturnConsumedCapacity": "TOTAL",
        }


def _parse_standing(item: Mapping[str, Any], shard_id: str) -> Standing:
    """Return a product's standing from its DynamoDB item, which may be empty."""
    if not item:
        return Standing()
    weight = Weight(float(item["weight"]["N"]), int(item["halfLives"]["N"]))
    return Standing(ledgers.parse_ledger(item, shard_id), weight, int(item["expiresAt"]["N"]))


def _weight_values(weight: Weight | None, mantissa: str, half_lives: str) -> dict[str, dict[str, str]]:
    """Return the values of a weight; a float's shortest text names it exactly."""
    if weight is None:  # an item is only ever written with a sale in it
        raise ValueError("A product that has sold nothing has no item.")
    return {mantissa: {"N": repr(weight.mantissa)}, half_lives: {"N": str(weight.half_lives)}}
