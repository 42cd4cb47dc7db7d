"""The winner view's calls to AWS: registrations, scores, redrives, quarantine.

Every call may fail, be repeated by the SDK after its answer was lost, or come from an invocation that should be
dead. What makes that harmless is in the two updates below; docs/how-credit-works.md tells why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from hello_retail.aws_failures import FAILURES
from hello_retail.event_log import quarantine
from hello_retail.event_log.quarantine import QuarantinedRecords
from hello_retail.read_models.scores import format_board_key
from hello_retail.stream_consumer import batch_get
from hello_retail.stream_consumer import ledger as ledgers
from hello_retail.stream_consumer.answer import Applied
from hello_retail.stream_consumer.concurrently import run_concurrently
from hello_retail.stream_consumer.ledger import Ledger
from hello_retail.stream_consumer.usage import Usage
from hello_retail.winner_view.tally import Contributor, Credit, Facts, ProductUpdate, Registration

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

    from hello_retail.winner_view.batch import WinnerBatch

FACTS_KEPT = 50_000
"""How many products' facts a warm function keeps: some 20 MB."""

REGISTER = (
    "SET creator = if_not_exists(creator, :creator), creatorName = if_not_exists(creatorName, :creatorName), "
    "creatorSequence = if_not_exists(creatorSequence, :creatorSequence)"
)
REGISTER_PHOTOGRAPHER = (
    ", photographer = if_not_exists(photographer, :photographer), "
    "photographerName = if_not_exists(photographerName, :photographerName), "
    "photographerSequence = if_not_exists(photographerSequence, :photographerSequence)"
)
CREDIT = "ADD score :counted SET #name = if_not_exists(#name, :name), updated = :updated"
IF_NO_ITEM = "attribute_not_exists(userId)"
CREDIT_ATTEMPTS = 8
"""How often one score is judged anew because it changed meanwhile; each time another invocation got ahead."""
REDRIVEN = frozenset({"sending", "sent"})
"""What the redrives table says of a record that a copy stands for; what was dropped has none."""
LEDGERS_KEPT = 30_000
"""How many scores' ledgers a warm function keeps: some 40 MB."""


@dataclass(frozen=True, slots=True)
class Places:
    """A generation's table names and its quarantine bucket."""

    contributions_table: str
    scores_table: str
    redrives_table: str
    quarantine_bucket: str
    generation: int


class WinnerViewStore:
    """The winner view's tables and its quarantine.

    ``s3`` is a function, for a client that few invocations need. ``executor`` runs calls side by side; none
    is left running when a method returns, since threads freeze with the handler and thaw in the next invocation.
    """

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        s3: Callable[[], S3Client],
        executor: Executor,
        *,
        places: Places,
        score_buckets: int,
        recent_events: int,
    ) -> None:
        self._dynamodb = dynamodb
        self._s3 = s3
        self._executor = executor
        self._contributions = places.contributions_table
        self._scores = places.scores_table
        self._redrives = places.redrives_table
        self._bucket = places.quarantine_bucket
        self._generation = places.generation
        self._score_buckets = score_buckets
        self._recent_events = recent_events
        self._settled: dict[str, Facts] = {}
        self._ledgers: dict[tuple[str, str, str], Ledger] = {}
        self._redriven: frozenset[str] | None = None

    def read_redriven(self, usage: Usage) -> frozenset[str] | None:
        """Return the identities of redriven records; ``None`` if AWS fails.

        They are read once in the life of an instance, strongly consistently. That is enough. A record is marked
        only while the generation that judged it stands alone, so whatever was marked before this generation was
        made is in the first reading of each of its instances. And what was marked since is invalid for this
        generation, for good (rule 10): no instance counts the original, whether it knows of the mark or not.
        """
        if self._redriven is not None:
            return self._redriven
        identities: set[str] = set()
        request: dict[str, Any] = {
            "TableName": self._redrives,
            "ConsistentRead": True,
            "ProjectionExpression": "#identity, #status",
            "ExpressionAttributeNames": {"#identity": "identity", "#status": "status"},
            "ReturnConsumedCapacity": "TOTAL",
        }
        while True:
            try:
                answer = self._dynamodb.scan(**request)
            except FAILURES as error:
                usage.note_failure(error)
                return None
            usage.read_units += answer["ConsumedCapacity"]["CapacityUnits"]
            identities |= {
                item["identity"]["S"]
                for item in answer["Items"]
                if item.get("status", {}).get("S") in REDRIVEN
            }
            if "LastEvaluatedKey" not in answer:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        self._redriven = frozenset(identities)
        return self._redriven

    def register_products(
        self, products: Mapping[str, ProductUpdate], usage: Usage
    ) -> tuple[dict[str, Facts], int | None]:
        """Register a batch's products; return their facts and the cut.

        The cut is the lowest first event of the products whose facts a failure left undecided (rule 5), or
        ``None``. The facts of a product that sells nothing in this batch may be left out.
        """
        facts = {id_: self._settled[id_] for id_ in products if id_ in self._settled}
        writes = [id_ for id_, product in products.items() if product.needs_write(facts.get(id_))]
        reads = [
            id_
            for id_, product in products.items()
            if product.needs_read(facts.get(id_)) and not product.needs_write(facts.get(id_))
        ]
        items, unread = batch_get.read_items(self._dynamodb, self._contributions, "productId", reads, usage)
        facts.update({id_: _parse_facts(item) for id_, item in items.items()})
        writes += [id_ for id_ in reads if id_ not in items and id_ not in unread]
        registered = run_concurrently(
            self._executor, [partial(self._register, id_, products[id_], usage) for id_ in writes]
        )
        answers = dict(zip(writes, registered, strict=True))
        facts.update(
            {id_: product_facts for id_, product_facts in answers.items() if product_facts is not None}
        )
        undecided = unread | {id_ for id_, product_facts in answers.items() if product_facts is None}
        self._cache_facts(facts)
        return facts, min((products[id_].first for id_ in undecided), default=None)

    def apply_credits(
        self, shard_id: str, earned: Mapping[Contributor, Credit], now: int, usage: Usage
    ) -> list[Applied]:
        """Count each contributor's sales once, with one conditional update each, side by side.

        ``now`` is in milliseconds since the epoch.
        """
        if len(self._ledgers) > LEDGERS_KEPT:
            self._ledgers.clear()
        return run_concurrently(
            self._executor,
            [partial(self._credit, shard_id, key, credit, now, usage) for key, credit in earned.items()],
        )

    def write_quarantine(self, batch: WinnerBatch) -> None:
        """Write the batch's invalid records, unchanged, into one quarantine object.

        Raises:
            One of ``FAILURES``: where S3 did not take it.

        """
        records = QuarantinedRecords(self._generation, batch.stream, batch.shard_id, tuple(batch.rejected))
        self._s3().put_object(
            Bucket=self._bucket,
            Key=quarantine.format_quarantine_key(records),
            Body=quarantine.pack_quarantined(records),
            ContentType="application/json",
        )

    def _cache_facts(self, facts: Mapping[str, Facts]) -> None:
        """Cache final facts; a missing photographer is never cached (rule 3)."""
        if len(self._settled) > FACTS_KEPT:
            self._settled.clear()
        self._settled.update(
            {id_: product_facts for id_, product_facts in facts.items() if product_facts.settled}
        )

    def _register(self, product_id: str, product: ProductUpdate, usage: Usage) -> Facts | None:
        """Register missing contributors; return the facts, or ``None`` if unknown.

        Without a condition: a condition on the whole item would lose the photographer (rule 1).
        """
        expression, values = REGISTER, _values("creator", product.creator)
        if product.photographer is not None:
            expression += REGISTER_PHOTOGRAPHER
            values |= _values("photographer", product.photographer)
        try:
            answer = self._dynamodb.update_item(
                TableName=self._contributions,
                Key={"productId": {"S": product_id}},
                UpdateExpression=expression,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
                ReturnConsumedCapacity="TOTAL",
            )
        except FAILURES as error:
            usage.note_failure(error)
            return None
        usage.add_write_units(answer["ConsumedCapacity"]["CapacityUnits"])
        return _parse_facts(answer["Attributes"])

    def _credit(self, shard_id: str, key: Contributor, credit: Credit, now: int, usage: Usage) -> Applied:
        """Count a contributor's new sales and move watermark and ring, in one write.

        The write is made on the condition that the score is as it was when judged. Where it is not (an earlier
        delivery, a zombie, a request that the SDK repeated), the item comes back and the sales are judged anew.
        Only the response to a call for this shard is cached between invocations, and only after the call (rule 11).
        """
        ledger_key = (shard_id, *key)
        ledger = self._ledgers.get(ledger_key, ledgers.NO_ITEM)
        for _ in range(CREDIT_ATTEMPTS):
            verdict = ledgers.judge_entries(ledger, credit.sales, self._recent_events)
            if verdict.after is None:
                self._ledgers[ledger_key] = ledger
                return Applied(0, 0, verdict.delivered, None)
            try:
                answer = self._dynamodb.update_item(
                    **self._update(shard_id, key, credit.name, ledger, verdict.after, verdict.counted, now)
                )
            except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
                usage.add_write_units(1.0)  # a refused write is billed by the item's size, here at most 1 KB
                item: Mapping[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
                ledger = ledgers.parse_ledger(item, shard_id)
            except FAILURES as error:
                usage.note_failure(error)
                break
            else:
                usage.add_write_units(answer["ConsumedCapacity"]["CapacityUnits"])
                self._ledgers[ledger_key] = verdict.after
                return Applied(verdict.counted, verdict.repeats, verdict.delivered, None)
        return Applied(0, 0, 0, ledgers.find_first_new_entry(ledger, credit.sales))

    def _update(
        self,
        shard_id: str,
        key: Contributor,
        name: str,
        before: Ledger,
        after: Ledger,
        counted: int,
        now: int,
    ) -> dict[str, Any]:
        """Return the request that turns a ledger's ``before`` into ``after`` (rule 12)."""
        role, user_id = key
        move = ledgers.build_ledger_move(shard_id, before, after, IF_NO_ITEM)
        return {
            "TableName": self._scores,
            "Key": {
                "board": {"S": format_board_key(role, user_id, self._score_buckets)},
                "userId": {"S": user_id},
            },
            "UpdateExpression": f"{CREDIT}, {move.expression}",
            "ConditionExpression": move.condition,
            "ExpressionAttributeNames": {"#name": "name", **move.names},
            "ExpressionAttributeValues": {
                ":counted": {"N": str(counted)},
                ":name": {"S": name},
                ":updated": {"N": str(now)},
                **move.values,
            },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ReturnConsumedCapacity": "TOTAL",
        }


def _values(role: str, registration: Registration) -> dict[str, Any]:
    """Return the values that :data:`REGISTER` names for a role."""
    return {
        f":{role}": {"S": registration.user_id},
        f":{role}Name": {"S": registration.name},
        f":{role}Sequence": {"S": str(registration.sequence)},
    }


def _parse_facts(item: Mapping[str, Any]) -> Facts:
    """Return the facts of a Contributions item."""
    photographer = _parse_registration(item, "photographer") if "photographer" in item else None
    return Facts(_parse_registration(item, "creator"), photographer)


def _parse_registration(item: Mapping[str, Any], role: str) -> Registration:
    return Registration(item[role]["S"], item[f"{role}Name"]["S"], int(item[f"{role}Sequence"]["S"]))
