"""The workshop day's log, through our decoder, gives the scores that it must lead to."""

import json
from pathlib import Path

from hello_retail.events import Event, decode_event
from support.events import payload
from support.one_pass import count

FIXTURES = Path(__file__).parents[2] / "fixtures"
RECORDS = [json.loads(line) for line in (FIXTURES / "workshop-day.jsonl").read_text().splitlines()]


def test_every_record_of_the_workshop_day_is_an_event() -> None:
    assert all(isinstance(decode_event(payload(record["data"])), Event) for record in RECORDS)


def test_one_pass_over_the_workshop_day_gives_its_scores() -> None:
    assert count(RECORDS) == json.loads((FIXTURES / "workshop-day.scores.json").read_text())


def test_the_one_pass_count_does_not_depend_on_how_the_shards_interleave() -> None:
    by_shard = sorted(RECORDS, key=lambda record: record["shardId"], reverse=True)
    assert count(by_shard) == count(RECORDS)
