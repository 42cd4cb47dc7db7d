"""The archive's layout: the keys and contents of its objects.

Everything of one stream lies under its identity, ``<name>/<creation time>``: a stream of the same name that was
made anew never mixes with it (counting rule 10). Below ``records/`` each object is a batch as the mapping delivered
it; batches may overlap. ``links/`` says what came directly before a batch in its shard, so that a lost object shows
as a gap. ``lineage/`` has each shard's parents and numbers, since Kinesis forgets expired shards. ``tips/`` is the
writer's note of how far each shard has come; readers need none.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

RECORDS, LINKS, LINEAGE, TIPS = "records", "links", "lineage", "tips"
END = "end"
"""In place of a link's first number: nothing follows, the shard is closed."""
NOTHING = "nothing"
"""In place of the number that a link follows: the shard begins there."""
PROVED, TOLD = "proved", "told"
_LINK_KEY = re.compile(
    r"links/(?P<identity>[^/]+/[^/]+)/(?P<shard>[^/]+)/(?P<first>\d+|end)\.after\.(?P<after>\d+|nothing)"
    r"\.(?P<how>proved|told)"
)
_RECORDS_KEY = re.compile(
    r"records/(?P<identity>[^/]+/[^/]+)/\d{4}/\d\d/\d\d/(?P<shard>[^/]+)/(?P<first>\d+)-(?P<last>\d+)\.jsonl\.gz"
)


@dataclass(frozen=True, slots=True)
class ArchivedRecord:
    """A record of the log; ``data`` is base64, ``arrival`` in seconds."""

    shard_id: str
    number: str
    partition_key: str
    arrival: float
    data: str

    @property
    def sequence(self) -> int:
        """The sequence number, to compare by: texts of unequal length compare wrongly."""
        return int(self.number)


@dataclass(frozen=True, slots=True)
class Span:
    """The batch that an object's key names: its first and last numbers."""

    key: str
    shard_id: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Link:
    """A link: record ``first`` follows record ``after``, or nothing (``None``).

    A ``first`` of ``None`` is the shard's end. ``proved`` tells whether the stream itself said so; otherwise only
    the mapping's order does, since the stream had forgotten what may have been between.
    """

    shard_id: str
    first: int | None
    after: int | None
    proved: bool


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard, its parents and its range; ``end`` is ``None`` while open."""

    shard_id: str
    parents: tuple[str, ...]
    start: int
    end: int | None


def format_stream_identity(stream: str, created: datetime) -> str:
    """Return the name that no other stream ever has."""
    return f"{stream}/{created.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def parse_record(record: Mapping[str, Any]) -> ArchivedRecord:
    """Return a record of a Kinesis event as Lambda delivers it."""
    kinesis = record["kinesis"]
    return ArchivedRecord(
        shard_id=record["eventID"].partition(":")[0],
        number=kinesis["sequenceNumber"],
        partition_key=kinesis["partitionKey"],
        arrival=float(kinesis["approximateArrivalTimestamp"]),
        data=kinesis["data"],
    )


def build_kinesis_event(records: Sequence[ArchivedRecord], stream_arn: str) -> dict[str, Any]:
    """Return a shard's records as the Kinesis event that Lambda delivers."""
    return {
        "Records": [
            {
                "eventID": f"{record.shard_id}:{record.number}",
                "eventSource": "aws:kinesis",
                "eventSourceARN": stream_arn,
                "eventName": "aws:kinesis:record",
                "eventVersion": "1.0",
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": record.partition_key,
                    "sequenceNumber": record.number,
                    "data": record.data,
                    "approximateArrivalTimestamp": record.arrival,
                },
            }
            for record in records
        ]
    }


def format_records_key(stream: str, batch: Sequence[ArchivedRecord]) -> str:
    """Return the key of a batch's object, dated (UTC) by its first arrival.

    The same batch delivered twice has the same name, and by ``pack_records`` the same bytes.
    """
    day = datetime.fromtimestamp(batch[0].arrival, UTC).strftime("%Y/%m/%d")
    return f"{RECORDS}/{stream}/{day}/{batch[0].shard_id}/{batch[0].number}-{batch[-1].number}.jsonl.gz"


def parse_records_key(key: str) -> Span | None:
    """Return the span that a key names; ``None`` for other keys."""
    match = _RECORDS_KEY.fullmatch(key)
    if match is None:
        return None
    return Span(key, match["shard"], int(match["first"]), int(match["last"]))


def pack_records(batch: Sequence[ArchivedRecord]) -> bytes:
    """Return a batch as gzipped JSON lines that depend on its content only."""
    lines = [
        json.dumps(
            {
                "shardId": record.shard_id,
                "sequenceNumber": record.number,
                "partitionKey": record.partition_key,
                "approximateArrivalTimestamp": record.arrival,
                "data": record.data,
            },
            separators=(",", ":"),
        )
        for record in batch
    ]
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)


def unpack_records(content: bytes) -> list[ArchivedRecord]:
    """Return the records of an object that ``pack_records`` made."""
    return [
        ArchivedRecord(
            shard_id=line["shardId"],
            number=line["sequenceNumber"],
            partition_key=line["partitionKey"],
            arrival=line["approximateArrivalTimestamp"],
            data=line["data"],
        )
        for line in map(json.loads, gzip.decompress(content).splitlines())
    ]


def format_link_key(stream: str, link: Link) -> str:
    """Return the key of a link's object, which holds the whole link."""
    first = END if link.first is None else link.first
    after = NOTHING if link.after is None else link.after
    return f"{LINKS}/{stream}/{link.shard_id}/{first}.after.{after}.{PROVED if link.proved else TOLD}"


def parse_link_key(key: str) -> Link | None:
    """Return the link that a key names; ``None`` for other keys."""
    match = _LINK_KEY.fullmatch(key)
    if match is None:
        return None
    first, after = match["first"], match["after"]
    return Link(
        match["shard"],
        None if first == END else int(first),
        None if after == NOTHING else int(after),
        proved=match["how"] == PROVED,
    )


def parse_shard_description(description: Mapping[str, Any]) -> Shard:
    """Return a shard as Kinesis' ListShards describes it."""
    numbers = description["SequenceNumberRange"]
    parents = (description.get("ParentShardId"), description.get("AdjacentParentShardId"))
    return Shard(
        description["ShardId"],
        tuple(parent for parent in parents if parent),
        int(numbers["StartingSequenceNumber"]),
        _number(numbers.get("EndingSequenceNumber")),
    )


def format_lineage_key(stream: str, shard: Shard) -> str:
    """Return the key of a shard's object; a closed shard has two."""
    return f"{LINEAGE}/{stream}/{shard.shard_id}/{'open' if shard.end is None else 'closed'}.json"


def encode_shard(shard: Shard) -> bytes:
    """Return a shard as JSON."""
    return json.dumps(
        {
            "shardId": shard.shard_id,
            "parents": list(shard.parents),
            "startingSequenceNumber": str(shard.start),
            "endingSequenceNumber": None if shard.end is None else str(shard.end),
        }
    ).encode()


def decode_shard(content: bytes) -> Shard:
    """Return the shard that ``encode_shard`` wrote."""
    description = json.loads(content)
    return Shard(
        description["shardId"],
        tuple(description["parents"]),
        int(description["startingSequenceNumber"]),
        _number(description["endingSequenceNumber"]),
    )


def format_tip_key(stream: str, shard_id: str) -> str:
    """Return the name of the note of how far a shard has come."""
    return f"{TIPS}/{stream}/{shard_id}.json"


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
