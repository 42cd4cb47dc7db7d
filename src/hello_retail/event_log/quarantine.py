"""The format of the quarantine's objects, for the view and `retailctl`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

RECORDS = "records/"
"""The prefix of the objects that hold single records."""


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """A record that is no valid event; ``data`` is its base64 text."""

    sequence_number: str
    partition_key: str
    arrival: float
    code: str
    reason: str
    data: str


@dataclass(frozen=True, slots=True)
class QuarantinedRecords:
    """The bad records of one batch, as one object holds them.

    ``generation`` is the generation of the views that judged them; None in an object that does not say.
    """

    generation: int | None
    stream: str
    shard_id: str
    records: tuple[QuarantinedRecord, ...]


def format_quarantine_key(quarantined: QuarantinedRecords) -> str:
    """Return the name of the object that holds a batch's bad records.

    The same batch delivered twice has the same name, so it is written once; the date is the first bad record's
    arrival (UTC).
    """
    first, last = quarantined.records[0], quarantined.records[-1]
    day = datetime.fromtimestamp(first.arrival, UTC).strftime("%Y/%m/%d")
    folder = f"{RECORDS}g{quarantined.generation}/{day}/{quarantined.stream}/{quarantined.shard_id}"
    return f"{folder}/{first.sequence_number}-{last.sequence_number}.json"


def pack_quarantined(quarantined: QuarantinedRecords) -> bytes:
    """Return the content of the object."""
    document = {
        "generation": quarantined.generation,
        "stream": quarantined.stream,
        "shardId": quarantined.shard_id,
        "records": [
            {
                "sequenceNumber": record.sequence_number,
                "partitionKey": record.partition_key,
                "approximateArrivalTimestamp": record.arrival,
                "code": record.code,
                "reason": record.reason,
                "data": record.data,
            }
            for record in quarantined.records
        ],
    }
    return json.dumps(document).encode()


def unpack_quarantined(body: bytes) -> QuarantinedRecords:
    """Return what an object holds.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: where ``pack_quarantined`` did not write it.

    """
    document = json.loads(body)
    generation = document.get("generation")
    return QuarantinedRecords(
        generation=None if generation is None else int(generation),
        stream=str(document["stream"]),
        shard_id=str(document["shardId"]),
        records=tuple(
            QuarantinedRecord(
                sequence_number=str(record["sequenceNumber"]),
                partition_key=str(record["partitionKey"]),
                arrival=float(record["approximateArrivalTimestamp"]),
                code=str(record["code"]),
                reason=str(record["reason"]),
                data=str(record["data"]),
            )
            for record in document["records"]
        ),
    )
