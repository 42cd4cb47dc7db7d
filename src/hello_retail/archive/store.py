"""The archive's calls to AWS: its bucket and the stream."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hello_retail.archive.chain import Tip
from hello_retail.event_log import archive
from hello_retail.event_log.archive import ArchivedRecord, Link, Shard
from hello_retail.event_log.retention import compute_retention_start

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_s3 import S3Client

PAGES = 50
"""The maximum number of GetRecords pages to read for the record before a batch."""
RECORDS_A_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """A stream's name, ARN and creation time."""

    name: str
    arn: str
    created: datetime

    @property
    def identity(self) -> str:
        """The archive's folder for this very stream."""
        return archive.format_stream_identity(self.name, self.created)


class ArchiveStore:
    """The archive's bucket and the stream; errors of AWS are raised."""

    def __init__(self, kinesis: KinesisClient, s3: S3Client, bucket: str) -> None:
        self._kinesis = kinesis
        self._s3 = s3
        self._bucket = bucket

    def describe_stream(self, name: str) -> StreamFacts:
        """Describe the stream now: it may have been recreated under its name."""
        summary = self._kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        return StreamFacts(name, summary["StreamARN"], summary["StreamCreationTimestamp"])

    def list_shards(self, stream: StreamFacts) -> dict[str, Shard]:
        """Return the shards that the stream still lists."""
        pages = self._kinesis.get_paginator("list_shards").paginate(StreamName=stream.name)
        shards = [
            archive.parse_shard_description(description) for page in pages for description in page["Shards"]
        ]
        return {shard.shard_id: shard for shard in shards}

    def has_first_record(self, stream: StreamFacts, shard: Shard | None, now: float) -> bool:
        """Return whether the stream must still have a shard's first record.

        It must if the stream is younger than the minimum retention, or if a parent of the shard took a record
        within that time. ``now`` is in seconds since the epoch.
        """
        if stream.created.timestamp() > compute_retention_start(now):
            return True
        tips = (self.read_tip(stream, parent) for parent in (shard.parents if shard else ()))
        return any(
            stored_tip is not None and stored_tip[0].arrival > compute_retention_start(now)
            for stored_tip in tips
        )

    def read_sequence_numbers(
        self, stream: StreamFacts, shard_id: str, tip: Tip | None, own_text: str = ""
    ) -> Iterator[int]:
        """Yield the sequence numbers of a shard that the stream has, in order.

        They start at the tip if the stream still has it and end at the newest record or the end of the shard.
        ``own_text`` is the tip's number as the stream writes it.
        """
        position: dict[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}
        if tip is not None:
            position = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": own_text}
        answer = self._kinesis.get_shard_iterator(StreamName=stream.name, ShardId=shard_id, **position)
        iterator: str | None = answer["ShardIterator"]
        pages = 0
        while iterator is not None and pages < PAGES:
            page = self._kinesis.get_records(
                ShardIterator=iterator, StreamARN=stream.arn, Limit=RECORDS_A_PAGE
            )
            yield from (int(record["SequenceNumber"]) for record in page["Records"])
            pages += bool(page["Records"])
            iterator = page.get("NextShardIterator")
            if not page["Records"] and not page["MillisBehindLatest"]:
                return

    def read_tip(self, stream: StreamFacts, shard_id: str) -> tuple[Tip, str] | None:
        """Return a shard's tip and its number; ``None`` before the first batch."""
        try:
            answer = self._s3.get_object(
                Bucket=self._bucket, Key=archive.format_tip_key(stream.identity, shard_id)
            )
        except self._s3.exceptions.NoSuchKey:
            return None
        note = json.loads(answer["Body"].read())
        return Tip(int(note["number"]), float(note["arrival"])), str(note["number"])

    def write_batch(self, stream: StreamFacts, batch: Sequence[ArchivedRecord]) -> None:
        """Write a batch as one object; a repeat writes the same again."""
        self._put(
            archive.format_records_key(stream.identity, batch),
            archive.pack_records(batch),
            "application/gzip",
        )

    def write_link(self, stream: StreamFacts, link: Link) -> None:
        """Write what came before a batch."""
        self._put(archive.format_link_key(stream.identity, link), b"", "text/plain")

    def write_lineage(self, stream: StreamFacts, shard: Shard) -> None:
        """Write a shard's place in the stream."""
        self._put(archive.format_lineage_key(stream.identity, shard), archive.encode_shard(shard))

    def write_tip(self, stream: StreamFacts, last: ArchivedRecord) -> None:
        """Write a shard's tip."""
        note = {"number": last.number, "arrival": last.arrival}
        self._put(archive.format_tip_key(stream.identity, last.shard_id), json.dumps(note).encode())

    def _put(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)
