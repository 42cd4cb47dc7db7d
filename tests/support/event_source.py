"""A model of the documented Kinesis event source mapping, with everything that may go wrong around it.

Source: AWS Lambda's developer guide, "Using Lambda with Kinesis" (batches of one shard in order; a partial
response checkpoints at the lowest number it names; a failed batch is retried, cut by bisection; parents are
drained before children) and what anyone has seen of functions that time out (their threads go on). One
`random.Random` makes every choice, so a seed is a history.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from support.fake_aws import FakeDynamoDB, FakeS3, client_error, transaction_canceled
from support.stepping import Crash, Stepped

STREAM_ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/hello-retail-test-stream"
WRITES = frozenset({"update_item", "transact_write_items"})
FIRST_NUMBER = 49_671_669_009_522_853_278_119_462_494_300_940_056_686_602_130_905_854_121
"""A real sequence number: 56 digits."""


@dataclass(frozen=True)
class LogRecord:
    """A record on the stream."""

    shard_id: str
    sequence_number: str
    partition_key: str
    payload: bytes

    def as_kinesis(self) -> dict[str, Any]:
        """Return the record as Lambda hands it over."""
        return {
            "eventID": f"{self.shard_id}:{self.sequence_number}",
            "eventSourceARN": STREAM_ARN,
            "kinesis": {
                "partitionKey": self.partition_key,
                "sequenceNumber": self.sequence_number,
                "data": base64.b64encode(self.payload).decode(),
                "approximateArrivalTimestamp": 1_763_800_000.25,
            },
        }


def kinesis_event(records: Sequence[LogRecord]) -> dict[str, Any]:
    """Return the event of one invocation."""
    return {"Records": [record.as_kinesis() for record in records]}


@dataclass
class Shard:
    """One shard as its poller sees it; ``parents`` must be drained before its first record is read."""

    shard_id: str
    parents: tuple[str, ...] = ()
    records: list[LogRecord] = field(default_factory=list)
    position: int = 0
    running: Delivery | None = None
    most: int | None = None
    """The size that bisection has cut the next batch to."""

    @property
    def done(self) -> bool:
        return self.position == len(self.records) and self.running is None


@dataclass
class Delivery:
    """One invocation of the function with one batch."""

    records: list[LogRecord]
    invocation: Stepped


class Stream:
    """Builds a log: puts go to the open shard of their key's half; shards split and merge on the way."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._number = FIRST_NUMBER
        self.shards = {"shardId-000000000000": Shard("shardId-000000000000")}
        self.open: dict[int, str] = dict.fromkeys(range(4), "shardId-000000000000")
        self.records: list[LogRecord] = []

    def put(self, partition_key: str, payload: bytes) -> None:
        shard = self.shards[self.open[sum(partition_key.encode()) % 4]]
        self._number += self._random.choice((1, 1, 2, 10**6, 10**20))
        record = LogRecord(shard.shard_id, str(self._number), partition_key, payload)
        shard.records.append(record)
        self.records.append(record)

    def _child(self, *parents: str) -> str:
        shard_id = f"shardId-{len(self.shards):012d}"
        self.shards[shard_id] = Shard(shard_id, parents)
        return shard_id

    def reshard(self) -> None:
        """Split the shard of a random range in two, or merge two neighbours."""
        parent = self.open[self._random.randrange(4)]
        ranges = [range_ for range_, shard_id in self.open.items() if shard_id == parent]
        if len(ranges) > 1:
            low, high = self._child(parent), self._child(parent)
            for index, range_ in enumerate(ranges):
                self.open[range_] = low if index < len(ranges) / 2 else high
        else:
            other = self.open[(ranges[0] + 1) % 4]
            child = self._child(parent, other)
            self.open = {
                range_: child if shard_id in {parent, other} else shard_id
                for range_, shard_id in self.open.items()
            }


@dataclass(frozen=True)
class Faults:
    """How often, out of 1, each thing goes wrong at an AWS call or an invocation."""

    refused: float = 0.0
    """A call is throttled: it has no effect and says so."""
    lost: float = 0.0
    """A call has its effect, its answer is lost, and the caller sees a time-out."""
    sent_again: float = 0.0
    """A call has its effect, its answer is lost, and the SDK sends it again by itself."""
    crash: float = 0.0
    """The process dies before or after a call."""
    unprocessed: float = 0.0
    """A batch read leaves a key out."""
    abandoned: float = 0.0
    """The mapping gives an invocation up at a call; it goes on as a zombie."""
    redelivered: float = 0.0
    """The mapping did not hear that a batch was done, and delivers it again."""
    conflict: float = 0.0
    """A write meets a transaction that has hold of its item: it has no effect and says so."""

    @classmethod
    def none(cls) -> Faults:
        return cls()


class FaultyClient:
    """An AWS client whose every call stops the invocation, and may then go wrong."""

    def __init__(self, client: FakeDynamoDB | FakeS3, world: World) -> None:
        self._client, self._world = client, world
        self.exceptions = FakeDynamoDB.exceptions

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self._client, name)

        def call(**request: Any) -> Any:
            Stepped.pause()
            happens = self._world.happens
            if happens("crash"):
                raise Crash
            if happens("refused"):
                raise client_error("ProvisionedThroughputExceededException", name)
            if name in WRITES and happens("conflict"):
                raise self._conflict(name, request)
            if happens("sent_again"):
                try:
                    first = operation(**request)
                except (
                    self.exceptions.ConditionalCheckFailedException,
                    self.exceptions.TransactionCanceledException,
                ):
                    pass
                else:
                    Stepped.pause()
                    if name == "transact_write_items" and self._world.random.random() < 0.5:
                        return first  # DynamoDB knows the request by its ClientRequestToken, for ten minutes
            answer = operation(**request)
            if name == "batch_get_item":
                answer = self._leave_out(answer)
            if happens("lost"):
                raise ReadTimeoutError(endpoint_url="https://aws")
            if happens("crash"):
                raise Crash
            return answer

        return call

    def _conflict(self, name: str, request: Mapping[str, Any]) -> ClientError:
        if name == "update_item":
            return client_error("TransactionConflictException", name)
        reasons = [{"Code": "None"} for _ in request["TransactItems"]]
        self._world.random.choice(reasons)["Code"] = "TransactionConflict"
        return transaction_canceled(reasons)

    def _leave_out(self, answer: dict[str, Any]) -> dict[str, Any]:
        for table, items in answer["Responses"].items():
            if items and self._world.happens("unprocessed"):
                item = items.pop(self._world.random.randrange(len(items)))
                answer["UnprocessedKeys"] = {table: {"Keys": [{"productId": item["productId"]}]}}
        return answer


Handler = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class World:
    """The mapping's pollers, the function's warm instances and their zombies."""

    def __init__(self, stream: Stream, random: Random, faults: Faults) -> None:
        self.stream, self.random, self.faults = stream, random, faults
        self.handlers: list[Handler] = []
        self.zombies: list[Stepped] = []
        self.invocations = 0

    def happens(self, fault: str) -> bool:
        rate: float = getattr(self.faults, fault)
        return rate > 0 and self.random.random() < rate

    def run(self) -> None:
        """Deliver the whole log; then let what is left of the zombies end."""
        while True:
            ready = [shard for shard in self.stream.shards.values() if self._ready(shard)]
            if not ready:
                break
            choices: list[Shard | Stepped] = [*ready, *self.zombies]
            choice = self.random.choice(choices)
            if isinstance(choice, Shard):
                self._advance(choice)
            else:
                self._haunt(choice)
        while self.zombies:
            self._haunt(self.random.choice(self.zombies))

    def _ready(self, shard: Shard) -> bool:
        return not shard.done and all(map(self._drained, shard.parents))

    def _drained(self, shard_id: str) -> bool:
        """Whether a shard is read to its end: an empty one is not before its own parents are."""
        shard = self.stream.shards[shard_id]
        return shard.done and all(map(self._drained, shard.parents))

    def _haunt(self, zombie: Stepped) -> None:
        zombie.step()
        if zombie.ended:
            self.zombies.remove(zombie)

    def _advance(self, shard: Shard) -> None:
        if shard.running is None:
            self._deliver(shard)
            return
        delivery = shard.running
        if self.happens("abandoned"):
            self.zombies.append(delivery.invocation)
            self._retry(shard, delivery)
            return
        delivery.invocation.step()
        if delivery.invocation.ended:
            self._settle(shard, delivery)

    def _deliver(self, shard: Shard) -> None:
        left = len(shard.records) - shard.position
        size = self.random.randint(1, min(left, shard.most or left))
        records = shard.records[shard.position : shard.position + size]
        handler = self.random.choice(self.handlers)
        event = kinesis_event(records)
        self.invocations += 1
        shard.running = Delivery(records, Stepped(lambda: handler(event)))

    def _retry(self, shard: Shard, delivery: Delivery) -> None:
        shard.running = None
        shard.most = max(1, len(delivery.records) // 2) if self.random.random() < 0.5 else None

    def _settle(self, shard: Shard, delivery: Delivery) -> None:
        invocation = delivery.invocation
        if isinstance(invocation.error, Crash) or self.happens("redelivered"):
            self._retry(shard, delivery)
            return
        if invocation.error is not None:
            raise invocation.error
        shard.running = None
        shard.most = None
        failures = invocation.result["batchItemFailures"]
        numbers = [record.sequence_number for record in delivery.records]
        assert all(failure["itemIdentifier"] in numbers for failure in failures)
        done = min((numbers.index(failure["itemIdentifier"]) for failure in failures), default=len(numbers))
        shard.position += done
