"""Builders of what lies in the quarantine."""

from __future__ import annotations

import base64
from typing import Any

from retailctl.quarantine.records import Held
from support.events import payload

SHARD, STREAM = "shardId-000000000002", "hello-retail-test-stream"
KEY = "records/g3/2026/11/22/s/shardId-000000000002/1-1.json"
ARRIVAL = 1_763_800_000.25


def held(document: object, number: int = 17, **fields: Any) -> Held:
    """Return a record that generation 3 put aside; ``document`` is its bytes, or an event to write as JSON."""
    data = document if isinstance(document, bytes) else payload(document)
    given: dict[str, Any] = {
        "key": KEY,
        "stream": STREAM,
        "shard_id": SHARD,
        "sequence_number": number,
        "partition_key": "p1",
        "arrival": ARRIVAL + number - 17,
        "code": "unknown-envelope",
        "reason": "It was.",
        "data": base64.b64encode(data).decode(),
        "generation": 3,
    }
    return Held(**given | fields)


def document_of(*records: Held) -> dict[str, Any]:
    """Return the object that holds some records of one batch."""
    return {
        **({} if records[0].generation is None else {"generation": records[0].generation}),
        "stream": records[0].stream,
        "shardId": records[0].shard_id,
        "records": [
            {
                "sequenceNumber": str(each.sequence_number),
                "partitionKey": each.partition_key,
                "approximateArrivalTimestamp": each.arrival,
                "code": each.code,
                "reason": each.reason,
                "data": each.data,
            }
            for each in records
        ],
    }


GIVEN_UP_KEY = "aws/lambda/5b7-uuid/shardId-000000000002/2026/11/22/2026-11-22T10.11.12-1f.json"
GIVEN_UP: dict[str, Any] = {
    "requestContext": {
        "condition": "RecordAgeExceeded",
        "functionArn": "arn:aws:lambda:us-east-1:1:function:f",
    },
    "KinesisBatchInfo": {
        "shardId": SHARD,
        "startSequenceNumber": "4711",
        "endSequenceNumber": "4720",
        "approximateArrivalOfFirstRecord": "2026-11-22T00:38:06.021Z",
        "approximateArrivalOfLastRecord": "2026-11-22T00:38:06.021Z",
        "batchSize": 10,
        "streamArn": f"arn:aws:kinesis:us-east-1:123456789012:stream/{STREAM}",
    },
    "payload": "{}",
}
"""The invocation record that Lambda writes of a batch which it gave up (its developer guide, "Kinesis errors")."""
