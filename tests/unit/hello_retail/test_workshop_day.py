"""The workshop day, real input with its awkward cases, leads to the scores that are known to be right."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from support.event_source import LogRecord, kinesis_event
from support.fake_aws import FakeS3
from support.histories import scores_of
from support.winner_view import SCORES, tables, warm_instance

FIXTURES = Path(__file__).parents[2] / "fixtures"


def workshop_day() -> dict[str, list[LogRecord]]:
    """Return the day's records by shard, in the order of their sequence numbers."""
    shards: defaultdict[str, list[LogRecord]] = defaultdict(list)
    for line in (FIXTURES / "workshop-day.jsonl").read_text().splitlines():
        record = json.loads(line)
        data = record["data"]
        payload = data if isinstance(data, str) else json.dumps(data)
        shards[record["shardId"]].append(
            LogRecord(record["shardId"], record["sequenceNumber"], record["partitionKey"], payload.encode())
        )
    return {
        shard: sorted(records, key=lambda record: int(record.sequence_number))
        for shard, records in shards.items()
    }


@pytest.mark.parametrize("batch_size", [1, 67, 1000])
def test_every_score_of_the_workshop_day_is_right(batch_size: int) -> None:
    dynamodb = tables()
    instance = warm_instance(dynamodb, FakeS3())
    for records in workshop_day().values():
        for start in range(0, len(records), batch_size):
            assert instance(kinesis_event(records[start : start + batch_size])) == {"batchItemFailures": []}
    expected = json.loads((FIXTURES / "workshop-day.scores.json").read_text())
    assert scores_of(dynamodb.items[SCORES]) == {
        (role, user): score for role, scores in expected.items() for user, score in scores.items()
    }
