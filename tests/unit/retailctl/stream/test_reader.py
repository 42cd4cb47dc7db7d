"""Reading a shard by hand: slowly while more is to come, patiently where the stream throttles, each record once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from retailctl.errors import UserError
from retailctl.stream.reader import ATTEMPTS, LONGEST_PAUSE_SECONDS, PAUSE_SECONDS, StreamReader
from support.fake_aws import client_error

SHARD = "shardId-000000000003"
THROTTLED, EXPIRED = "ProvisionedThroughputExceededException", "ExpiredIteratorException"


class FakeKinesis:
    """A shard of five records, two to a page; its calls fail as it is told, one after the other."""

    def __init__(self, *failures: str | None, empty_first: bool = False) -> None:
        self.failures: Iterator[str | None] = iter(failures)
        self.begun: list[dict[str, Any]] = []
        self.limits: list[int] = []
        self.empty_first = empty_first

    def _fail(self, operation: str) -> None:
        code = next(self.failures, None)
        if code:
            raise client_error(code, operation)

    def get_shard_iterator(self, *, StreamName: str, ShardId: str, **where: Any) -> dict[str, str]:
        self._fail("GetShardIterator")
        self.begun.append(where)
        return {"ShardIterator": where.get("StartingSequenceNumber", "0")}

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:
        self._fail("GetRecords")
        self.limits.append(Limit)
        after = int(ShardIterator)
        if self.empty_first:
            self.empty_first = False
            return {"Records": [], "NextShardIterator": ShardIterator, "MillisBehindLatest": 5}
        page = range(after + 1, min(after + 2, 5) + 1)
        last = after + len(page)
        return {
            "Records": [{"SequenceNumber": str(number)} for number in page],
            "NextShardIterator": str(last),
            "MillisBehindLatest": 5 - last,
        }


def read(kinesis: FakeKinesis, since: float | None = None) -> tuple[list[str], list[float]]:
    """Return the numbers that are read, and the pauses that were made."""
    pauses: list[float] = []
    reader = StreamReader(kinesis, "events", pauses.append)  # type: ignore[arg-type]
    return [record["SequenceNumber"] for record in reader.read_records(SHARD, since)], pauses


def test_it_pauses_while_more_is_to_come_and_not_at_the_newest_record() -> None:
    assert read(FakeKinesis()) == (list("12345"), [PAUSE_SECONDS] * 2)


def test_an_empty_answer_on_the_way_is_not_the_end() -> None:
    assert read(FakeKinesis(empty_first=True)) == (list("12345"), [PAUSE_SECONDS] * 3)


def test_it_waits_longer_each_time_that_the_stream_throttles_and_goes_on() -> None:
    numbers, pauses = read(FakeKinesis(THROTTLED, None, THROTTLED, THROTTLED, THROTTLED))

    assert numbers == list("12345")
    first, *waits = pauses[:4]
    assert 0.5 <= first / PAUSE_SECONDS <= 1
    assert all(2**n / 2 <= wait / PAUSE_SECONDS <= 2**n for n, wait in enumerate(waits))


def test_a_stream_that_throttles_for_ever_ends_it_in_a_sentence() -> None:
    pauses: list[float] = []
    reader = StreamReader(FakeKinesis(*[THROTTLED] * 99), "events", pauses.append)  # type: ignore[arg-type]

    with pytest.raises(UserError, match=rf"The stream events throttles reads of {SHARD}: .* Try again"):
        reader.read_first_record(SHARD)
    assert len(pauses) == ATTEMPTS
    assert 50 < sum(pauses) < 150
    assert max(pauses) <= LONGEST_PAUSE_SECONDS


@pytest.mark.parametrize(
    ("failures", "again"),
    [
        ((None, EXPIRED), {"ShardIteratorType": "TRIM_HORIZON"}),
        (
            (None, None, None, EXPIRED),
            {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": "4"},
        ),
    ],
)
def test_an_expired_iterator_is_replaced_by_one_after_the_last_record(
    failures: tuple[str | None, ...], again: dict[str, str]
) -> None:
    kinesis = FakeKinesis(*failures)

    assert read(kinesis)[0] == list("12345")
    assert kinesis.begun == [{"ShardIteratorType": "TRIM_HORIZON"}, again]


def test_whatever_else_the_stream_refuses_is_raised() -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        read(FakeKinesis(None, "AccessDeniedException"))


def test_the_first_record_is_read_alone() -> None:
    kinesis = FakeKinesis()
    first = StreamReader(kinesis, "events").read_first_record(SHARD, since=0.0)  # type: ignore[arg-type]

    assert first is not None
    assert (first["SequenceNumber"], kinesis.limits) == ("1", [1])
    assert kinesis.begun[0]["ShardIteratorType"] == "AT_TIMESTAMP"
