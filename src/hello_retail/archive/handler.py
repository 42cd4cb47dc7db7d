"""The archive's Lambda handler: writes a batch as one object and links it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from botocore.config import Config

from hello_retail.archive import chain
from hello_retail.archive.store import ArchiveStore, StreamFacts
from hello_retail.event_log import archive as layout
from hello_retail.event_log.archive import ArchivedRecord, Shard
from hello_retail.settings import require_setting

LOOK_AGAIN_SECONDS = 3600.0
"""How long an instance relies on what it knows of the stream's shards."""
AWS_CONFIG = Config(
    connect_timeout=1,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
)

BUCKET = require_setting("ARCHIVE_BUCKET")
logger = Logger()


class Archive:
    """The shards that this instance has recorded, and when."""

    def __init__(self, store: ArchiveStore, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._identity = ""
        self._looked = 0.0
        self._shards: dict[str, Shard] = {}
        self._ended: set[str] = set()

    def add_batch(self, stream_name: str, batch: list[ArchivedRecord]) -> bool:
        """Archive a batch of one shard; return whether it is linked.

        The order of the writes makes a crash between them harmless. A repeated write has the same content. The tip
        is written last, so that it is never ahead of the records and their link.
        """
        shard_id, first, last = batch[0].shard_id, batch[0].sequence, batch[-1]
        stream = self._store.describe_stream(stream_name)
        stored_tip = self._store.read_tip(stream, shard_id)
        tip = stored_tip[0] if stored_tip else None
        self._update_shards(stream, shard_id, is_new=tip is None)
        self._store.write_batch(stream, batch)
        linked = True
        if tip is None or first > tip.number:
            shard = self._shards.get(shard_id)
            whole = tip is None and self._store.has_first_record(stream, shard, self._clock())
            numbers = self._store.read_sequence_numbers(
                stream, shard_id, tip, stored_tip[1] if stored_tip else ""
            )
            link = chain.find_preceding_link(shard_id, first, tip, numbers, whole=whole)
            linked = link is not None
            if link is not None:
                self._store.write_link(stream, link)
        if tip is None or last.sequence > tip.number:
            self._store.write_tip(stream, last)
        return linked

    def _update_shards(self, stream: StreamFacts, shard_id: str, *, is_new: bool) -> None:
        """Record the stream's shards if one is new or may have closed.

        A child's first batch comes after its parents were read to their end, so their end can be recorded then.
        """
        now = self._clock()
        is_same = stream.identity == self._identity
        if is_same and not is_new and shard_id in self._shards and now - self._looked < LOOK_AGAIN_SECONDS:
            return
        recorded = self._shards if is_same else {}
        ended = self._ended if is_same else set()
        shards = self._store.list_shards(stream)
        for shard in shards.values():
            if recorded.get(shard.shard_id) != shard:
                if shard.end is not None:
                    self._store.write_lineage(stream, Shard(shard.shard_id, shard.parents, shard.start, None))
                self._store.write_lineage(stream, shard)
            if (
                shard.end is not None
                and shard.shard_id not in ended
                and self._write_closing_link(stream, shard, now)
            ):
                ended.add(shard.shard_id)
        self._identity, self._looked, self._shards, self._ended = stream.identity, now, shards, ended

    def _write_closing_link(self, stream: StreamFacts, shard: Shard, now: float) -> bool:
        """Record that a closed shard is archived to its end, if it is."""
        stored_tip = self._store.read_tip(stream, shard.shard_id)
        tip = stored_tip[0] if stored_tip else None
        whole = tip is None and self._store.has_first_record(stream, shard, now)
        numbers = self._store.read_sequence_numbers(
            stream, shard.shard_id, tip, stored_tip[1] if stored_tip else ""
        )
        link = chain.find_closing_link(shard.shard_id, tip, numbers, whole=whole)
        if link is not None:
            self._store.write_link(stream, link)
        return link is not None


archive = Archive(
    ArchiveStore(boto3.client("kinesis", config=AWS_CONFIG), boto3.client("s3", config=AWS_CONFIG), BUCKET)
)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[Any]]:
    """Archive one batch of one shard; if AWS fails, raise, for Lambda's retry."""
    batch = [layout.parse_record(record) for record in event["Records"]]
    # Of an enhanced fan-out consumer it is <stream's ARN>/consumer/<name>:<time>.
    stream_name = event["Records"][0]["eventSourceARN"].split("/")[1]
    linked = archive.add_batch(stream_name, batch)
    log = logger.debug if linked else logger.warning
    log(
        "batch kept" if linked else "batch kept, and what came before it could not be told",
        extra={
            "shard": batch[0].shard_id,
            "records": len(batch),
            "first": batch[0].number,
            "last": batch[-1].number,
        },
    )
    return {"batchItemFailures": []}
