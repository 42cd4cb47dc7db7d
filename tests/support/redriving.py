"""Operators who redrive the same records at once, over a table and a stream in memory, with all that may go wrong.

Every call of AWS stops the operator who makes it; in between the clock moves, the stream is resharded, others act
and a new generation of the views may begin. The table and the stream are fakes, the code over them is the real.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5
from random import Random
from typing import Any

from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from hello_retail.event_log.record_id import format_record_identity
from retailctl.quarantine import decisions, redrive
from retailctl.quarantine.log import RedriveStream
from retailctl.quarantine.marks import GENERATIONS, Redrives
from retailctl.quarantine.records import Entry, parse_copy, parse_entries
from retailctl.quarantine.redrive import Mark, RedriveOutcome, Redriver
from support.fake_aws import FakeDynamoDB, client_error
from support.histories import purchase
from support.stepping import Crash, Stepped

TABLE, STREAM, SHARD = "redrives", "hello-retail-test-stream", "shardId-000000000007"
BEGINNING = 1_763_800_000.0
KEY_SPACE = 2**128
A_PUT_TAKES = 30.0
"""Seconds at most, by the time-outs of its client."""


class Paginator:
    """A paginator that has one page."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def paginate(self, **request: Any) -> Iterator[Any]:
        yield self._call(**request)


@dataclass
class FakeShard:
    low: int
    high: int
    open: bool = True
    records: list[tuple[float, str, bytes]] = field(default_factory=list)
    """Arrival, sequence number, data."""


class FakeKinesis:
    """A Kinesis client over one stream that can be resharded; one page of it holds three records."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._number, self._created = clock, 10**55, clock()
        self.retention_hours, self.forgotten_until = 24, 0.0
        self.shards = {"shardId-000000000000": FakeShard(0, KEY_SPACE - 1)}

    def get_paginator(self, operation: str) -> Paginator:
        return Paginator(getattr(self, operation))

    def describe_stream_summary(self, *, StreamName: str) -> Any:
        return {
            "StreamDescriptionSummary": {
                "RetentionPeriodHours": self.retention_hours,
                "StreamCreationTimestamp": datetime.fromtimestamp(self._created, UTC),
            }
        }

    def put_record(self, *, StreamName: str, PartitionKey: str, Data: bytes) -> Any:
        hash_key = int.from_bytes(md5(PartitionKey.encode(), usedforsecurity=False).digest())
        shard_id, shard = next(
            (id_, each)
            for id_, each in self.shards.items()
            if each.open and each.low <= hash_key <= each.high
        )
        self._number += 7
        shard.records.append((self._clock(), str(self._number), Data))
        return {"ShardId": shard_id, "SequenceNumber": str(self._number)}

    def list_shards(self, *, StreamName: str) -> Any:
        return {
            "Shards": [
                {
                    "ShardId": id_,
                    "HashKeyRange": {"StartingHashKey": str(shard.low), "EndingHashKey": str(shard.high)},
                }
                for id_, shard in self.shards.items()
            ]
        }

    def get_shard_iterator(
        self, *, StreamName: str, ShardId: str, ShardIteratorType: str, Timestamp: datetime | None = None
    ) -> Any:
        assert ShardIteratorType == ("AT_TIMESTAMP" if Timestamp else "TRIM_HORIZON")
        since = max(self.forgotten_until, Timestamp.timestamp() if Timestamp else 0.0)
        records = self.shards[ShardId].records
        first = next((n for n, (at, _, _) in enumerate(records) if at >= since), len(records))
        return {"ShardIterator": f"{ShardId}@{first}"}

    def get_records(self, *, ShardIterator: str, Limit: int) -> Any:
        shard_id, _, first = ShardIterator.partition("@")
        shard = self.shards[shard_id]
        page = shard.records[int(first) :][: min(Limit, 3)]
        end = int(first) + len(page)
        answer: dict[str, Any] = {
            "Records": [
                {
                    "SequenceNumber": number,
                    "Data": data,
                    "ApproximateArrivalTimestamp": datetime.fromtimestamp(at, UTC),
                }
                for at, number, data in page
            ],
            "MillisBehindLatest": 1000 if end < len(shard.records) else 0,
        }
        if shard.open or end < len(shard.records):
            answer["NextShardIterator"] = f"{shard_id}@{end}"
        return answer

    def reshard(self, random: Random) -> None:
        """Split an open shard in two."""
        shard = random.choice([each for each in self.shards.values() if each.open])
        if shard.high - shard.low < 2:
            return
        shard.open, middle = False, (shard.low + shard.high) // 2
        for low, high in ((shard.low, middle), (middle + 1, shard.high)):
            self.shards[f"shardId-{len(self.shards):012d}"] = FakeShard(low, high)

    def payloads(self) -> list[bytes]:
        return [data for shard in self.shards.values() for _, _, data in shard.records]


@dataclass(frozen=True)
class Mishaps:
    """How often, out of 1, each thing goes wrong at a call of AWS."""

    refused: float = 0.0
    """It has no effect and says so."""
    lost: float = 0.0
    """It has its effect, and its answer is lost."""
    sent_again: float = 0.0
    """It has its effect, its answer is lost, and the SDK sends it again by itself: never a put."""
    crash: float = 0.0
    """The operator's process dies before or after it."""
    held_up: float = 0.0
    """The operator stops there for minutes."""


class Faulty:
    """A client of AWS whose calls stop its operator, and may go wrong."""

    def __init__(self, client: Any, world: World) -> None:
        self._client, self._world = client, world
        self.exceptions = FakeDynamoDB.exceptions

    def get_paginator(self, operation: str) -> Paginator:
        return Paginator(getattr(self, operation))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self._client, name)

        def call(**request: Any) -> Any:
            world, asked = self._world, self._world.now
            Stepped.pause()
            if world.happens("crash"):
                raise Crash
            if name == "put_record" and world.now - asked > A_PUT_TAKES:
                raise ConnectTimeoutError(endpoint_url="https://aws")  # our time-outs see to that
            if world.happens("refused"):
                raise client_error("ProvisionedThroughputExceededException", name)
            if name != "put_record" and world.happens("sent_again"):
                try:
                    operation(**request)
                except (
                    self.exceptions.ConditionalCheckFailedException,
                    self.exceptions.TransactionCanceledException,
                ):
                    pass
                else:
                    Stepped.pause()
            answer = operation(**request)
            if world.happens("lost"):
                raise ReadTimeoutError(endpoint_url="https://aws")
            if world.happens("crash"):
                raise Crash
            return answer

        return call


@dataclass
class Original:
    """What the new generation, for which the original is valid, makes of it: it counts it once."""

    identity: str
    counted: bool = False
    done: bool = False


class World:
    """Records in the quarantine, operators who redrive them, and a new generation that may begin."""

    def __init__(self, random: Random, mishaps: Mishaps, records: int = 3) -> None:
        self.random, self.mishaps, self.now = random, mishaps, BEGINNING
        self.dynamodb = FakeDynamoDB({TABLE: ("identity",)})
        self.kinesis = FakeKinesis(lambda: self.now)
        self.now += 3600
        self.entries = list(held(records, random))
        self.identities = sorted({entry.identity for entry in self.entries})
        self.stand({1})
        self.originals = [Original(each) for each in self.identities]
        self._loaded: list[tuple[frozenset[str], list[Original]]] = []

    def abandon(self) -> None:
        """Leave some records as operators did whose process ended long ago, before or after the put."""
        marks = Redrives(self.dynamodb, TABLE)  # type: ignore[arg-type]
        for decision in decisions.decide_entries(self.entries, {}, 1, STREAM).decisions:
            if decision.copy is None or self.random.random() < 0.6:
                continue
            copy, at = decision.copy, self.now - 1000
            marks.begin_redrive(
                Mark(copy.identity, redrive.SENDING, 1, at, copy.event_id, copy.partition_key, "x", at + 1)
            )
            if self.random.random() < 0.5:
                self.kinesis.put_record(StreamName=STREAM, PartitionKey=copy.partition_key, Data=copy.payload)

    def happens(self, mishap: str) -> bool:
        rate: float = getattr(self.mishaps, mishap)
        return rate > 0 and self.random.random() < rate

    def stand(self, generations: set[int]) -> None:
        """Write which generations stand, as Terraform does before it makes one."""
        self.standing = generations
        text = ",".join(map(str, sorted(generations)))
        item = {"identity": {"S": GENERATIONS}, "standing": {"S": text}}
        self.dynamodb.items[TABLE][GENERATIONS,] = item

    def operator(self, live: int) -> list[RedriveOutcome]:
        """Redrive all that can be redriven, as the command does, and return how each record ended."""
        marks = Redrives(Faulty(self.dynamodb, self), TABLE)  # type: ignore[arg-type]
        client = Faulty(self.kinesis, self)
        stream = RedriveStream(client, client, STREAM, lambda: self.now, pause=self._sleep)  # type: ignore[arg-type]
        redriver = Redriver(marks, stream, live, lambda: self.now, self._owner)
        plan = decisions.decide_entries(self.entries, self._marks(), live, STREAM)
        return [redriver.redrive_copy(each.copy).outcome for each in plan.decisions if each.copy is not None]

    def _owner(self) -> str:
        return f"{self.random.getrandbits(64):x}"

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def _marks(self) -> dict[str, Mark]:
        return Redrives(self.dynamodb, TABLE).list_marks()  # type: ignore[arg-type]

    def run(self, operators: int, *, new_generation: bool) -> None:
        """Let operators work at once, each beginning when he likes; then let nothing go wrong any more."""
        waiting = [Stepped(lambda: self.operator(1)) for _ in range(operators)]
        moment = self.random.randrange(60) if new_generation else -1
        steps, operator, turns = 0, waiting[0], self.random.choice((0.1, 0.3, 1.0))
        while waiting:
            self.now += self.random.choice((0.01, 0.1, 1.0, 5.0))
            if self.happens("held_up"):
                self.now += self.random.choice((40.0, 130.0, 200.0, 400.0))
            if self.random.random() < 0.05:
                self.kinesis.reshard(self.random)
            if steps == moment:
                self.stand({1, 2})
            if 2 in self.standing:
                self._fold(0.2)
            steps += 1
            if operator not in waiting or self.random.random() < turns:
                operator = self.random.choice(waiting)
            operator.step()
            if operator.ended:
                waiting.remove(operator)
                if operator.error is not None and not expected(operator.error):
                    raise operator.error
        self.mishaps = Mishaps()

    def settle(self) -> list[RedriveOutcome]:
        """Let what is begun be ended by somebody to whom nothing happens, after all leases are over."""
        self.now += redrive.LEASE_SECONDS + redrive.SLACK_SECONDS + 1
        live = 1
        if 2 in self.standing:
            self._fold(1.0)
            self.stand({2})
            live = 2
        return finish(Stepped(lambda: self.operator(live)))

    def _fold(self, chance: float) -> None:
        """Let instances of the new generation begin, each reading the table once, and meet the originals."""
        pending = [each for each in self.originals if not each.done]
        if pending and self.random.random() < chance:
            marks = self._marks().values()
            skipped = frozenset(each.identity for each in marks if each.status != redrive.DROPPED)
            self._loaded.append((skipped, self.random.sample(pending, self.random.randint(1, len(pending)))))
        for skipped, originals in self._loaded if chance < 1 else [*self._loaded, self._last()]:
            for original in originals:
                if not original.done and (chance == 1 or self.random.random() < chance):
                    original.done, original.counted = True, original.identity not in skipped

    def _last(self) -> tuple[frozenset[str], list[Original]]:
        return frozenset(self._marks()), self.originals

    def copies(self, of: str) -> int:
        """Return how many copies of a record are on the stream."""
        found = [parse_copy(payload) for payload in self.kinesis.payloads()]
        return sum(each is not None and each[1] == of for each in found)

    def status(self, of: str) -> str:
        item = self.dynamodb.items[TABLE].get((of,))
        return item["status"]["S"] if item else ""


def finish(call: Stepped) -> list[RedriveOutcome]:
    while not call.ended:
        call.step()
    if call.error is not None:
        raise call.error
    found: list[RedriveOutcome] = call.result
    return found


def expected(error: BaseException) -> bool:
    """Say whether an operator's command may end so: his process died, or AWS failed."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - beside their use

    return isinstance(error, (Crash, BotoCoreError, ClientError))


def held(records: int, random: Random) -> Iterator[Entry]:
    """Yield quarantined records of a few products, each in one object or in two that spell its number otherwise."""
    for n in range(records):
        number = 4711 + n
        envelope = json.loads(purchase("cy", f"product-{n % 2}"))
        envelope["schema"] = "com.nordstrom/retail-stream-ingress/1-9-0"  # a version that nobody knows
        for copy in range(random.choice((1, 2))):
            body = {
                "generation": 1,
                "stream": STREAM,
                "shardId": SHARD,
                "records": [
                    {
                        "sequenceNumber": f"{number:0{30 * copy or 1}d}",
                        "partitionKey": f"product-{n % 2}",
                        "approximateArrivalTimestamp": BEGINNING + n,
                        "code": "unknown-envelope",
                        "reason": "The record's schema is none of the envelopes.",
                        "data": base64.b64encode(json.dumps(envelope).encode()).decode(),
                    }
                ],
            }
            yield from parse_entries(f"records/g1/{n}-{copy}.json", json.dumps(body).encode())
        assert format_record_identity(STREAM, SHARD, f"{number:030d}").endswith(f"/{number}")
