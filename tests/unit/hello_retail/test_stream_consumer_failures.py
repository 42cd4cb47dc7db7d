"""Whatever botocore raises, a view raises nothing: the batch comes again from the first record not done with."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from support import trending
from support.event_source import FIRST_NUMBER, LogRecord, kinesis_event
from support.fake_aws import FakeS3
from support.histories import create, purchase
from support.winner_view import tables, warm_instance

SHARD = "shardId-000000000002"
FAILURES = [
    ClientError({"Error": {"Code": "ThrottlingException"}}, "Any"),
    ReadTimeoutError(endpoint_url="https://example.com"),
    ResponseParserError("<html>"),
]


class Failing:
    """A client of AWS, one of whose calls fails."""

    def __init__(self, client: Any, call: str, error: Exception) -> None:
        self._client, self._call, self._error = client, call, error

    def __getattr__(self, name: str) -> Any:
        return self._fail if name == self._call else getattr(self._client, name)

    def _fail(self, **_: object) -> None:
        raise self._error


def records(*payloads: bytes) -> list[LogRecord]:
    return [
        LogRecord(SHARD, str(FIRST_NUMBER + offset), "p1", payload) for offset, payload in enumerate(payloads)
    ]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("call", ["scan", "batch_get_item", "update_item", "put_object"])
def test_the_winner_view_raises_no_failure_of_aws(call: str, error: Exception) -> None:
    dynamodb = tables()
    batch = records(b"garbage", purchase("cy", "p1"), create("ada", "p2"))
    if call == "batch_get_item":  # garbage and an offer alone read nothing
        warm_instance(dynamodb, FakeS3())(kinesis_event(records(create("ada", "p1"))))
    handler = warm_instance(Failing(dynamodb, call, error), Failing(FakeS3(), call, error))

    (failed,) = handler(kinesis_event(batch))["batchItemFailures"]

    first = 0 if call in {"scan", "put_object"} else 1
    assert failed == {"itemIdentifier": str(FIRST_NUMBER + first)}


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("call", ["batch_get_item", "update_item"])
def test_the_trending_view_raises_no_failure_of_aws(call: str, error: Exception) -> None:
    log = records(purchase("cy", "p1"))
    arrivals = {record.sequence_number: trending.EPOCH for record in log}
    handler = trending.warm_instance(Failing(trending.table(), call, error), arrivals)

    (failed,) = handler(kinesis_event(log))["batchItemFailures"]

    assert failed == {"itemIdentifier": str(FIRST_NUMBER)}
