"""A log that is archived while it grows and is forgotten, with all that may go wrong: for the law of replays.

`TimedStream` notes when each record arrived and each shard came and went; `FakeKinesis` shows it as Kinesis at
one moment, gone for good what was ever older than the retention of that time. `archived` delivers it to the
archive's own code, as a mapping does that crashes, repeats, cuts batches anew, is overtaken by zombies or gives up;
`replayed` does what `retailctl replay fold` does, with its own parts.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from botocore.exceptions import ClientError

from hello_retail.archive.handler import Archive
from hello_retail.archive.store import ArchiveStore
from hello_retail.event_log import archive
from hello_retail.event_log.archive import ArchivedRecord, Shard
from retailctl.replay import fold, proof
from retailctl.replay.log import ReplayLog
from support.event_source import FIRST_NUMBER, STREAM_ARN, LogRecord, Stream
from support.fake_aws import client_error
from support.histories import Scores, random_log, scores_of
from support.winner_view import SCORES, tables, warm_instance

BUCKET = "archive"
NAME = STREAM_ARN.rpartition("/")[2]
BORN = 1_763_800_000.0
SECONDS_A_RECORD = 4320.0
PAUSES = (360.0, 360.0, 360.0, 360.0, 20160.0)
"""How long it may take until the next record comes; ``SECONDS_A_RECORD`` on average."""
SHORT, LONG = 24, 168
"""Hours of retention, before and after it is raised."""


class TimedStream(Stream):
    """A stream that knows when everything happened."""

    def __init__(self, random: Random) -> None:
        self.now = BORN
        self.arrivals: dict[str, float] = {}
        self.born: dict[str, tuple[float, int]] = {}
        self.closed: dict[str, tuple[float, int]] = {}
        super().__init__(random)
        self.born["shardId-000000000000"] = (BORN, FIRST_NUMBER)

    def put(self, partition_key: str, payload: bytes) -> None:
        super().put(partition_key, payload)
        self.arrivals[self.records[-1].sequence_number] = self.now
        self.now += self._random.choice(PAUSES)

    def reshard(self) -> None:
        before = set(self.open.values())
        super().reshard()
        for shard_id in before - set(self.open.values()):
            self._number += 2
            self.closed[shard_id] = (self.now, self._number - 1)
        for shard_id in set(self.open.values()) - before:
            self.born[shard_id] = (self.now, self._number)

    def kept(self, record: LogRecord) -> ArchivedRecord:
        return ArchivedRecord(
            record.shard_id,
            record.sequence_number,
            record.partition_key,
            self.arrivals[record.sequence_number],
            base64.b64encode(record.payload).decode(),
        )


@dataclass
class FakeKinesis:
    """What Kinesis tells of a timed stream at the moment ``now``."""

    stream: TimedStream
    first_retention_hours: int
    now: float = BORN
    changes: tuple[tuple[float, int], ...] = ()
    """When the retention was changed, in order, and to how many hours."""

    @property
    def retention_hours(self) -> int:
        """What it keeps today."""
        return self._kept()[-1][1]

    @property
    def oldest(self) -> float:
        """From when on it has every record: raising the retention brings nothing back."""
        return max(until - hours * 3600 for until, hours in self._kept())

    def _kept(self) -> list[tuple[float, int]]:
        """Until when it kept records for how many hours, in order, up to now."""
        begun = [change for change in self.changes if change[0] <= self.now]
        hours = [self.first_retention_hours, *(each for _, each in begun)]
        return list(zip([*(at for at, _ in begun), self.now], hours, strict=True))

    def there(self, shard_id: str) -> list[LogRecord]:
        """Return the records of a shard that have arrived and are not forgotten."""
        arrivals = self.stream.arrivals
        return [
            record
            for record in self.stream.shards[shard_id].records
            if self.oldest <= arrivals[record.sequence_number] <= self.now
        ]

    def is_closed(self, shard_id: str) -> bool:
        return shard_id in self.stream.closed and self.stream.closed[shard_id][0] <= self.now

    def listed(self) -> Iterator[str]:
        """Yield the shards by today's retention: one may come back when that is raised, without its records."""
        oldest = self.now - self.retention_hours * 3600
        for shard_id, (born, _) in self.stream.born.items():
            forgotten = self.is_closed(shard_id) and self.stream.closed[shard_id][0] < oldest
            if born <= self.now and not forgotten:
                yield shard_id

    def describe_stream_summary(self, *, StreamName: str) -> dict[str, Any]:
        return {
            "StreamDescriptionSummary": {
                "StreamARN": STREAM_ARN,
                "StreamCreationTimestamp": datetime.fromtimestamp(BORN, UTC),
                "RetentionPeriodHours": self.retention_hours,
            }
        }

    def get_paginator(self, operation: str) -> FakeKinesis:
        assert operation == "list_shards"
        return self

    def paginate(self, *, StreamName: str) -> Iterator[dict[str, Any]]:
        for shard_id in self.listed():
            numbers = {"StartingSequenceNumber": str(self.stream.born[shard_id][1])}
            if self.is_closed(shard_id):
                numbers["EndingSequenceNumber"] = str(self.stream.closed[shard_id][1])
            names = ("ParentShardId", "AdjacentParentShardId")
            parents = dict(zip(names, self.stream.shards[shard_id].parents, strict=False))
            yield {"Shards": [{"ShardId": shard_id, "SequenceNumberRange": numbers, **parents}]}

    def get_shard_iterator(
        self,
        *,
        StreamName: str,
        ShardId: str,
        ShardIteratorType: str,
        StartingSequenceNumber: str = "0",
        Timestamp: datetime | None = None,
    ) -> dict[str, str]:
        after = int(StartingSequenceNumber) - (ShardIteratorType == "AT_SEQUENCE_NUMBER")
        if Timestamp is not None:
            arrivals = self.stream.arrivals
            earlier = [
                each for each in self.there(ShardId) if arrivals[each.sequence_number] < Timestamp.timestamp()
            ]
            after = int(earlier[-1].sequence_number) if earlier else 0
        return {"ShardIterator": f"{ShardId}/{max(after, 0)}"}

    def get_records(self, *, ShardIterator: str, StreamARN: str = "", Limit: int) -> dict[str, Any]:
        shard_id, _, after = ShardIterator.partition("/")
        found = [record for record in self.there(shard_id) if int(record.sequence_number) > int(after)]
        size = min(Limit, 3)
        page, rest = found[:size], found[size:]
        last = page[-1].sequence_number if page else after
        answer: dict[str, Any] = {
            "Records": [
                {"SequenceNumber": record.sequence_number, "Data": record.payload} for record in page
            ],
            "MillisBehindLatest": 1 if rest else 0,
        }
        if rest or not self.is_closed(shard_id):
            answer["NextShardIterator"] = f"{shard_id}/{last}"
        return answer


class FakeBucket:
    """An S3 client of one bucket, whose puts may fail."""

    class exceptions:  # noqa: N801 - boto3's name
        class NoSuchKey(Exception):
            pass

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.fails: Callable[[], bool] = lambda: False

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:
        if self.fails():
            raise client_error("InternalError", "PutObject")
        self.objects[Key] = Body

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            raise self.exceptions.NoSuchKey
        return {"Body": io.BytesIO(self.objects[Key])}

    def get_paginator(self, operation: str) -> FakeBucket:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        yield {"Contents": [{"Key": key} for key in sorted(self.objects) if key.startswith(Prefix)]}


@dataclass(frozen=True)
class Mishaps:
    """How often, out of 1, each thing goes wrong with a batch of the archive."""

    crash: float = 0.0
    """A write fails half-way; the batch comes again."""
    repeated: float = 0.0
    """A batch was done, and comes again, cut anew."""
    zombie: float = 0.0
    """An old batch is run once more by an instance that should be dead."""
    given_up: float = 0.0
    """The mapping goes on without the batch."""
    late: float = 0.0
    """The archive is switched on when half of the log is there."""
    behind: float = 0.0
    """The archive's consumer rests for longer than the stream remembers."""
    lost: float = 0.0
    """One object of the archive is lost, if it has any."""
    raised: float = 0.0
    """The stream kept less, until its retention was raised."""
    lowered: float = 0.0
    """The retention was lowered for an hour, and raised again."""


@dataclass
class KeptLog:
    """A history: the stream, what the archive holds of it, and the moment."""

    stream: TimedStream
    kinesis: FakeKinesis
    bucket: FakeBucket = field(default_factory=FakeBucket)

    def client(self, service: str, **settings: Any) -> Any:
        return {"kinesis": self.kinesis, "s3": self.bucket}[service]

    def log(self) -> ReplayLog:
        outputs = {"archive_bucket": BUCKET, "stream_name": NAME}
        return ReplayLog(self, outputs, lambda: self.kinesis.now, lambda _: None)  # type: ignore[arg-type]


def archived(seed: int, mishaps: Mishaps, events: int = 40, retention_hours: int = SHORT) -> KeptLog:
    """Return a random log after its archive has consumed it."""
    random = Random(seed)  # noqa: S311 - a seed is a history
    stream = TimedStream(random)
    random_log(random, events, products=3, people=3, reshards=random.randrange(4), stream=stream)
    kept = KeptLog(stream, FakeKinesis(stream, retention_hours))
    changed = BORN + (stream.now - BORN) * random.random()
    if random.random() < mishaps.lowered:
        kept.kinesis.first_retention_hours = LONG
        kept.kinesis.changes = ((changed, SHORT), (changed + 3600, LONG))
    elif random.random() < mishaps.raised:
        kept.kinesis.changes = ((changed, LONG),)
    _consume(kept, random, mishaps)
    if random.random() < mishaps.lost and kept.bucket.objects:
        del kept.bucket.objects[random.choice(sorted(kept.bucket.objects))]
    return kept


def _consume(kept: KeptLog, random: Random, mishaps: Mishaps) -> None:
    """Deliver the log to the archive while it grows, to its end."""
    stream, kinesis = kept.stream, kept.kinesis
    consumer = _Consumer(kept, random, mishaps)
    start = random.choice((0.5, 0.8)) if random.random() < mishaps.late else 0.0
    kinesis.now = BORN + (stream.now - BORN) * start
    kept.bucket.fails = lambda: random.random() < mishaps.crash
    while kinesis.now < stream.now + SECONDS_A_RECORD:
        rests = random.random() < mishaps.behind
        kinesis.now += random.choice((1, 3, 8)) * SECONDS_A_RECORD + rests * 36 * 3600
        kinesis.now = min(kinesis.now, stream.now + SECONDS_A_RECORD)
        for shard_id in list(kinesis.listed()):
            consumer.drain(shard_id)
    kept.bucket.fails = lambda: False


class _Consumer:
    """The mapping of the archive: it knows where it stands in each shard, and reads parents first."""

    def __init__(self, kept: KeptLog, random: Random, mishaps: Mishaps) -> None:
        store = ArchiveStore(kept.kinesis, kept.bucket, BUCKET)  # type: ignore[arg-type]
        self._instances = [Archive(store, lambda: kept.kinesis.now) for _ in range(2)]
        self._stream, self._kinesis, self._random, self._mishaps = kept.stream, kept.kinesis, random, mishaps
        self._position = dict.fromkeys(kept.stream.shards, 0)
        self._done: list[list[ArchivedRecord]] = []

    def drain(self, shard_id: str) -> None:
        """Deliver what a shard has that is new, once its parents are read to their end."""
        if all(map(self._is_read, self._stream.shards[shard_id].parents)):
            while new := self._new(shard_id):
                batch = [self._stream.kept(record) for record in new[: self._random.randint(1, len(new))]]
                self._deliver(shard_id, batch)

    def _new(self, shard_id: str) -> list[LogRecord]:
        there = self._kinesis.there(shard_id)
        return [record for record in there if int(record.sequence_number) > self._position[shard_id]]

    def _is_read(self, shard_id: str) -> bool:
        return self._kinesis.is_closed(shard_id) and not self._new(shard_id)

    def _deliver(self, shard_id: str, batch: list[ArchivedRecord]) -> None:
        happens, mishaps = self._random.random, self._mishaps
        if happens() < mishaps.given_up:
            self._position[shard_id] = batch[-1].sequence
        elif self._run(batch):
            self._done.append(batch)
            again = happens() < mishaps.repeated
            self._position[shard_id] = (
                self._random.choice(batch).sequence - 1 if again else batch[-1].sequence
            )
        if self._done and happens() < mishaps.zombie:
            self._run(self._random.choice(self._done))

    def _run(self, batch: list[ArchivedRecord]) -> bool:
        """Run an instance, and say whether it got to its end; what raises comes again."""
        try:
            self._random.choice(self._instances).add_batch(NAME, batch)
        except ClientError:
            return False
        return True


def replayed(kept: KeptLog, random: Random, *, trust_order: bool = False) -> Scores | None:
    """Fold archive and stream into empty tables, as `retailctl replay fold` does; ``None``: refused."""
    log = kept.log()
    held, streamed = log.inspect_archive(), log.inspect_stream()
    if any(not (trust_order and gap.doubtful) for gap in proof.find_gaps(held, streamed)):
        return None
    dynamodb = tables()
    handlers = [warm_instance(dynamodb, _Nowhere()) for _ in range(2)]

    def hand(event: Mapping[str, Any]) -> Mapping[str, Any]:
        return random.choice(handlers)(event)

    def fold_shard(shard: Shard) -> int:
        spans = [span for span in held.spans if span.shard_id == shard.shard_id]
        found = fold.merge_records(spans, log.read_records)
        for batch in fold.split_batches(found, random.choice((1, 3, 50))):
            fold.deliver_batch(batch, log.arn, hand, lambda _: None)
        return 0

    fold.fold_shards(proof.order_shards(proof.merge_lineage(held, streamed)), fold_shard, 1)
    # Then the mapping, from the oldest record that the stream still has.
    for shard in proof.order_shards(log.list_shards()):
        there = [kept.stream.kept(record) for record in kept.kinesis.there(shard.shard_id)]
        for batch in fold.split_batches(there, random.choice((1, 4, 50))):
            hand(archive.build_kinesis_event(batch, log.arn))
    return scores_of(dynamodb.items[SCORES])


class _Nowhere:
    """An S3 client for the quarantine of bad records, which is not looked at."""

    def put_object(self, **request: Any) -> None:
        pass
