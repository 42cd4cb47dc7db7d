"""Put one copy of a record on the stream; say how that ended."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from hello_retail.event_log.retention import MARGIN_SECONDS, compute_retention_start
from retailctl.aws import FAILURES
from retailctl.quarantine.records import parse_copy
from retailctl.quarantine.redrive import SLACK_SECONDS, Forgotten, Mark, NotPut, Place, PutUnanswered
from retailctl.stream.reader import StreamReader, list_shards
from retailctl.stream.sender import THROTTLES, PutEnd, classify_put_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_kinesis.type_defs import PutRecordOutputTypeDef

PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds between attempts to put a record that the stream throttles: all within ``redrive.PUT_SECONDS``."""


@dataclass(frozen=True, slots=True)
class RedriveStream:
    """The stream as ``redrive.Log``; ``putter`` never sends a request twice."""

    client: KinesisClient
    putter: KinesisClient
    name: str
    clock: Callable[[], float]
    pause: Callable[[float], None] = time.sleep

    def put_record(self, partition_key: str, payload: bytes) -> Place:
        """Put a record.

        Raises:
            NotPut: where it is not on the stream, and why.
            PutUnanswered: where nobody can tell.

        """
        try:
            answer = self._put_with_backoff(partition_key, payload)
        except FAILURES as failure:
            failed = PutUnanswered if classify_put_failure(failure) is PutEnd.UNKNOWN else NotPut
            raise failed(str(failure).rstrip(".")) from failure
        return Place(answer["ShardId"], answer["SequenceNumber"])

    def _put_with_backoff(self, partition_key: str, payload: bytes) -> PutRecordOutputTypeDef:
        """Put a record, with retries where the stream throttled and took nothing."""
        for seconds in PAUSES:
            try:
                return self.putter.put_record(StreamName=self.name, PartitionKey=partition_key, Data=payload)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code", "") not in THROTTLES:
                    raise
                self.pause(seconds)
        return self.putter.put_record(StreamName=self.name, PartitionKey=partition_key, Data=payload)

    def find_copy(self, mark: Mark) -> Place | None:
        """Return where a mark's copy is, or None if the log has none.

        It can only be in the shards that the partition key's hash ever led to, and not before the mark was made.

        Raises:
            Forgotten: where the log no longer reaches back to the time of the mark.

        """
        about = self.client.describe_stream_summary(StreamName=self.name)["StreamDescriptionSummary"]
        created = about["StreamCreationTimestamp"].timestamp()
        since = max(mark.marked_at - SLACK_SECONDS, created)
        reader, shards = StreamReader(self.client, self.name, self.pause), self._shards_of(mark.partition_key)
        if mark.marked_at < created or not self._remembers(reader, shards, since):
            raise Forgotten(
                f"Its redrive began on {datetime.fromtimestamp(mark.marked_at, UTC):%Y-%m-%d %H:%M} UTC, and the "
                f"stream has nothing from then any more. Whether the copy {mark.event_id} was put, only an archive "
                "or a view can tell."
            )
        for shard_id in shards:
            for record in reader.read_records(shard_id, since):
                if parse_copy(record["Data"]) == (mark.event_id, mark.identity):
                    return Place(shard_id, record["SequenceNumber"])
        return None

    def _remembers(self, reader: StreamReader, shards: Iterable[str], since: float) -> bool:
        """Say whether the stream still has a key's shards since then.

        Nothing is forgotten for a day. Later on, one record from before the moment says so: what is older goes
        first. What the stream keeps today does not, since it may have kept less before.
        """
        if since > compute_retention_start(self.clock()):
            return True
        oldest = filter(None, map(reader.read_first_record, shards))
        arrivals = (record["ApproximateArrivalTimestamp"].timestamp() for record in oldest)
        return any(arrival < since - MARGIN_SECONDS for arrival in arrivals)

    def _shards_of(self, partition_key: str) -> list[str]:
        hash_key = int.from_bytes(md5(partition_key.encode(), usedforsecurity=False).digest())
        return [
            shard["ShardId"]
            for shard in list_shards(self.client, self.name)
            if int(shard["HashKeyRange"]["StartingHashKey"])
            <= hash_key
            <= int(shard["HashKeyRange"]["EndingHashKey"])
        ]
