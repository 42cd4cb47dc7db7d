"""The shop view's calls of AWS.

Every call may fail, be repeated by the SDK after its answer was lost, or come from an invocation that should be
dead. Each write is made on the condition that the item still is what it was when judged; a product and the counts
of its categories change in one transaction. The stock has a ledger of its own, so a crash between the catalog's
write and the stock's loses nothing and adds nothing twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from hello_retail.aws_failures import FAILURES
from hello_retail.read_models.catalog import SHELF
from hello_retail.shop_view.conditional import (
    ATTEMPTS,
    Plan,
    parse_refusal,
    update_as_judged,
    wait_after_conflict,
)
from hello_retail.shop_view.shelf import (
    Offer,
    ShelfStep,
    ShelvedProduct,
    ShopEvent,
    plan_step,
    select_deliveries,
)
from hello_retail.stream_consumer import batch_get
from hello_retail.stream_consumer import ledger as ledgers
from hello_retail.stream_consumer.concurrently import run_concurrently
from hello_retail.stream_consumer.ledger import Ledger, Verdict
from hello_retail.stream_consumer.usage import Usage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import UpdateTypeDef

    from hello_retail.shop_view.batch import ProductFold, ShopBatch

IF_NO_ITEM = "attribute_not_exists(productId)"
IF_NOT_OFFERED = "attribute_not_exists(merchant)"
IF_NOT_PICTURED = "attribute_not_exists(image)"
IF_SAME_CATEGORY = "#category = :was"
COUNT = "ADD products :change"
RECEIVE = "ADD available :added, added :added"
PRODUCTS_KEPT = 30_000
"""How many products a warm function keeps in mind: some 40 MB."""


@dataclass(frozen=True, slots=True)
class ShopTables:
    """The names of the tables."""

    catalog: str
    categories: str
    stock: str


class ShopViewStore:
    """The shop view's tables.

    ``executor`` runs calls side by side; ``pause`` sleeps for some seconds.
    """

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        executor: Executor,
        *,
        tables: ShopTables,
        recent_events: int,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._dynamodb = dynamodb
        self._executor = executor
        self._tables = tables
        self._recent_events = recent_events
        self._pause = pause
        self._products: dict[tuple[str, str], ShelvedProduct] = {}
        self._stocks: dict[tuple[str, str], Ledger] = {}

    def fold_batch(self, batch: ShopBatch, usage: Usage) -> None:
        """Fold the batch once; each ``ProductFold`` keeps what is not applied.

        Products that change a category do so one after another: two transactions on one category would conflict.
        The first that stays undone leaves those behind it undone too. All else runs side by side.
        """
        folds = self._read_products(batch.shard_id, batch.products.values(), usage)
        run_concurrently(
            self._executor,
            [
                partial(self._shelve, batch.shard_id, fold, usage, in_turn=False)
                for fold in folds
                if fold.entries
            ],
        )
        waiting = sorted((fold for fold in folds if fold.waits), key=lambda fold: fold.entries[0].sequence)
        for fold in waiting:
            self._shelve(batch.shard_id, fold, usage, in_turn=True)
            if fold.entries:
                break
        run_concurrently(
            self._executor,
            [partial(self._receive, batch.shard_id, fold, usage) for fold in folds if fold.deliveries],
        )
        for fold in folds:
            if fold.entries:  # the next invocation is to read what became of it
                self._products.pop((batch.shard_id, fold.product_id), None)

    def _read_products(self, shard_id: str, folds: Iterable[ProductFold], usage: Usage) -> list[ProductFold]:
        """Read the products that are not cached; return those that are known.

        That a product has not been offered is never taken from an earlier invocation where stock depends on it:
        another instance may have folded the offer.
        """
        if len(self._products) > PRODUCTS_KEPT:
            self._products.clear()
        known, unknown = [], []
        for fold in folds:
            product = self._products.get((shard_id, fold.product_id))
            if product is None or (fold.deliveries and product.offer is None):
                unknown.append(fold)
            else:
                fold.product = product
                known.append(fold)
        ids = [fold.product_id for fold in unknown]
        found, unread = batch_get.read_items(self._dynamodb, self._tables.catalog, "productId", ids, usage)
        read = [fold for fold in unknown if fold.product_id not in unread]
        for fold in read:
            fold.product = parse_product(found.get(fold.product_id, {}), shard_id)
        return known + read

    def _shelve(self, shard_id: str, fold: ProductFold, usage: Usage, *, in_turn: bool) -> None:
        """Write the product's catalog item step by step, until one fails.

        Where the item has changed, judge it again as it is now. What is kept between invocations is only ever
        the answer to a call of this shard's, and kept after it (rule 11).
        """
        attempts = 0
        while fold.entries:
            step = plan_step(fold.product, fold.entries, self._recent_events)
            fold.waits = step.moves and not in_turn
            if fold.waits:
                break
            if step.after is not None:
                try:
                    self._write_step(shard_id, fold.product_id, fold.product, step, usage)
                except FAILURES as error:
                    attempts += 1
                    refusal = parse_refusal(error)
                    if refusal is None or attempts == ATTEMPTS:
                        usage.note_failure(error)
                        break
                    usage.add_write_units(4.0 if step.moves else 1.0)  # refused writes are billed, too
                    if refusal.item is None:
                        wait_after_conflict(attempts, self._pause)
                    else:
                        fold.product = parse_product(refusal.item, shard_id)
                    continue
                attempts = 0
            fold.finish_step(step)
            self._products[shard_id, fold.product_id] = fold.product

    def _write_step(
        self, shard_id: str, product_id: str, before: ShelvedProduct, step: ShelfStep, usage: Usage
    ) -> None:
        """Write one step, in a transaction if a category changes."""
        update = self._build_update(shard_id, product_id, before, step)
        if not step.moves:
            answer = self._dynamodb.update_item(**update, ReturnConsumedCapacity="TOTAL")
            usage.add_write_units(answer["ConsumedCapacity"]["CapacityUnits"])
            return
        counts = [self._build_count(str(step.changes["category"]), 1)]
        if before.category is not None:
            counts.append(self._build_count(before.category, -1))
        # botocore adds a ClientRequestToken, by which a request that it sends again is recognised.
        written = self._dynamodb.transact_write_items(
            TransactItems=[{"Update": each} for each in (update, *counts)],
            ReturnConsumedCapacity="TOTAL",
        )
        usage.add_write_units(sum(used["CapacityUnits"] for used in written["ConsumedCapacity"]))

    def _build_update(
        self, shard_id: str, product_id: str, before: ShelvedProduct, step: ShelfStep
    ) -> UpdateTypeDef:
        """Return the update of a catalog item, conditional on ``before`` (rule 12).

        The ledger's condition covers this shard. The others are for a product whose events come over several
        shards at once, since a producer may choose other partition keys.
        """
        after = step.after.ledger if step.after else before.ledger
        move = ledgers.build_ledger_move(shard_id, before.ledger, after, IF_NO_ITEM)
        conditions, values = [move.condition], dict(move.values)
        if before.ledger.exists:
            if before.offer is None:
                conditions.append(IF_NOT_OFFERED)
            elif "category" in step.changes:
                conditions.append(IF_SAME_CATEGORY)
                values[":was"] = {"S": before.offer.category}
            if "image" in step.changes:
                conditions.append(IF_NOT_PICTURED)
        for name, value in step.changes.items():
            values[f":{name}"] = {"N": str(value)} if isinstance(value, int) else {"S": value}
        return {
            "TableName": self._tables.catalog,
            "Key": {"productId": {"S": product_id}},
            "UpdateExpression": "SET "
            + ", ".join([*(f"#{name} = :{name}" for name in step.changes), move.expression]),
            "ConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": {f"#{name}": name for name in step.changes} | move.names,
            "ExpressionAttributeValues": values,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _build_count(self, category: str, change: int) -> UpdateTypeDef:
        return {
            "TableName": self._tables.categories,
            "Key": {"shelf": {"S": SHELF}, "category": {"S": category}},
            "UpdateExpression": COUNT,
            "ExpressionAttributeValues": {":change": {"N": str(change)}},
        }

    def _receive(self, shard_id: str, fold: ProductFold, usage: Usage) -> None:
        """Add the product's deliveries to its stock once.

        What lies at or above a catalog event that stays undone is left: it may depend on the offer in there.
        """
        cut = fold.entries[0].sequence if fold.entries else None
        decided = [entry for entry in fold.deliveries if cut is None or entry.sequence < cut]
        left = fold.deliveries[len(decided) :]
        kept = (shard_id, fold.product_id)
        own, foreign = select_deliveries(fold.product.offer, decided)
        fold.foreign += foreign
        fold.deliveries = own + left  # what does not count is done with
        if not own:
            return
        verdicts: list[Verdict[ShopEvent]] = []

        def plan_receipt(before: Ledger) -> Plan[Ledger]:
            verdict = ledgers.judge_entries(before, own, self._recent_events)
            verdicts.append(verdict)
            if verdict.after is None:
                return Plan(None, before)
            added = sum(entry.event.data["added"] for entry in verdict.entries)
            return Plan(
                self._build_receipt(shard_id, fold.product_id, before, verdict.after, added), verdict.after
            )

        ledger = update_as_judged(
            self._dynamodb,
            self._stocks.get(kept, ledgers.NO_ITEM),
            plan_receipt,
            lambda item: ledgers.parse_ledger(item, shard_id),
            self._pause,
            usage,
        )
        if ledger is None:
            return
        self._keep_stock(kept, ledger)
        fold.deliveries = left
        fold.repeats += verdicts[-1].repeats
        fold.redelivered += verdicts[-1].delivered

    def _keep_stock(self, kept: tuple[str, str], ledger: Ledger) -> None:
        if len(self._stocks) > PRODUCTS_KEPT:
            self._stocks.clear()
        self._stocks[kept] = ledger

    def _build_receipt(
        self, shard_id: str, product_id: str, before: Ledger, after: Ledger, added: int
    ) -> dict[str, Any]:
        move = ledgers.build_ledger_move(shard_id, before, after, IF_NO_ITEM)
        return {
            "TableName": self._tables.stock,
            "Key": {"productId": {"S": product_id}},
            "UpdateExpression": f"{RECEIVE} SET {move.expression}",
            "ConditionExpression": move.condition,
            "ExpressionAttributeNames": move.names,
            "ExpressionAttributeValues": {":added": {"N": str(added)}, **move.values},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ReturnConsumedCapacity": "TOTAL",
        }


def parse_product(item: Mapping[str, Any], shard_id: str) -> ShelvedProduct:
    """Return a product from its item; an empty one is none."""
    offer = None
    if "merchant" in item:
        offer = Offer(item["merchant"]["S"], int(item["merchantSequence"]["S"]), item["category"]["S"])
    return ShelvedProduct(ledgers.parse_ledger(item, shard_id), offer, "image" in item)
