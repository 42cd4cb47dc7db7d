"""Read a shard slowly beside its live consumers, with retries.

A shard answers five reads a second and 2 MB a second for all its readers together (Kinesis Data Streams quotas),
and the live consumers come first.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from retailctl.aws import FAILURES
from retailctl.errors import UserError
from retailctl.stream.sender import THROTTLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_kinesis.type_defs import RecordTypeDef, ShardTypeDef

PAUSE_SECONDS = 0.25
"""Between two answers while more is to come."""
MOST_RECORDS = 10_000
"""In one answer; Kinesis gives no more."""
ATTEMPTS = 16
"""Attempts for a throttled read: a minute or two in all."""
LONGEST_PAUSE_SECONDS = 10.0
_EXPIRED = "ExpiredIteratorException"
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class StreamReader:
    """Reads the shards of one stream."""

    client: KinesisClient
    name: str
    pause: Callable[[float], None] = time.sleep

    def read_records(
        self, shard_id: str, since: float | None = None, limit: int = MOST_RECORDS
    ) -> Iterator[RecordTypeDef]:
        """Yield a shard's records in order, from ``since`` on or all.

        ``since`` is in seconds since the epoch; ``limit`` is how many are asked for at once. It ends at the newest
        record, or at the shard's end.

        Raises:
            UserError: where the stream throttles for longer than our patience.

        """
        where: dict[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}
        if since is not None:
            where = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": datetime.fromtimestamp(since, UTC)}
        iterator = self._iterator(shard_id, where)
        while iterator:
            try:
                page = self._call_with_backoff(
                    shard_id, partial(self.client.get_records, ShardIterator=iterator, Limit=limit)
                )
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") != _EXPIRED:
                    raise
                iterator = self._iterator(shard_id, where)  # the caller was slow
                continue
            for record in page["Records"]:
                yield record
                where = {
                    "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                    "StartingSequenceNumber": record["SequenceNumber"],
                }
            is_behind = bool(page.get("MillisBehindLatest"))
            if not page["Records"] and not is_behind:
                return
            iterator = page.get("NextShardIterator")
            if iterator and is_behind:
                self.pause(PAUSE_SECONDS)

    def read_first_record(self, shard_id: str, since: float | None = None) -> RecordTypeDef | None:
        """Return the first record that ``read_records`` would yield, and read no others."""
        return next(self.read_records(shard_id, since, limit=1), None)

    def _iterator(self, shard_id: str, where: dict[str, Any]) -> str | None:
        call = partial(self.client.get_shard_iterator, StreamName=self.name, ShardId=shard_id, **where)
        return self._call_with_backoff(shard_id, call)["ShardIterator"]

    def _call_with_backoff(self, shard_id: str, call: Callable[[], Answer]) -> Answer:
        """Make a call, and again after a pause where the stream throttles."""
        for attempt in range(ATTEMPTS):
            try:
                return call()
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") not in THROTTLES:
                    raise
                longest = min(LONGEST_PAUSE_SECONDS, PAUSE_SECONDS * 2**attempt)
                self.pause(random.uniform(longest / 2, longest))  # noqa: S311 - jitter is no secret
        raise UserError(
            f"The stream {self.name} throttles reads of {shard_id}: its consumers use all that a shard allows "
            f"({ATTEMPTS} attempts were throttled). Try again when they have caught up."
        )


def list_shards(client: KinesisClient, stream: str) -> Iterator[ShardTypeDef]:
    """Yield the shards that a stream has not forgotten."""
    for page in client.get_paginator("list_shards").paginate(StreamName=stream):
        yield from page["Shards"]


def read_stream(client: KinesisClient, stream: str, since: float | None = None) -> Iterator[RecordTypeDef]:
    """Yield a stream's records, from ``since`` on, parents before children.

    A shard's first sequence number is above every number of its parents, so ascending order is enough.
    """
    shards = sorted(
        list_shards(client, stream),
        key=lambda shard: int(shard["SequenceNumberRange"]["StartingSequenceNumber"]),
    )
    reader = StreamReader(client, stream)
    for shard in shards:
        yield from reader.read_records(shard["ShardId"], since)


def read_payloads(client: KinesisClient, stream: str) -> list[bytes]:
    """Return the bytes of all records on a stream now.

    Each shard is in order.
    """
    return [record["Data"] for record in read_stream(client, stream)]


def read_stream_time(client: KinesisClient, stream: str) -> float:
    """Return the stream's own time, in whole seconds since the epoch.

    It is the ``Date`` of any answer, refusals included. Where the stream does not answer, it is the time
    of this machine.
    """
    headers: Mapping[str, str] = {}
    try:
        headers = client.describe_stream_summary(StreamName=stream)["ResponseMetadata"]["HTTPHeaders"]
    except ClientError as error:
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    except FAILURES:
        pass
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return float(int(time.time()))
