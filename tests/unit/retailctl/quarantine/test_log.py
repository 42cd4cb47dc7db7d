"""How the put of a redriven copy ends: as the sender of whole logs judges it too."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from retailctl.quarantine.log import PAUSES, RedriveStream
from retailctl.quarantine.redrive import NotPut, Place, PutUnanswered


class Putter:
    """A client whose puts end in one way after another; the last goes on for ever."""

    def __init__(self, *ends: Exception | dict[str, str]) -> None:
        self.ends = list(ends)
        self.puts = 0

    def put_record(self, **_: object) -> dict[str, str]:
        self.puts += 1
        end = self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]
        if isinstance(end, Exception):
            raise end
        return end


def refused(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "m."}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PutRecord")


def put(putter: Any) -> Place:
    return RedriveStream(putter, putter, "events", clock=lambda: 0.0, pause=lambda _: None).put_record(
        "p1", b"x"
    )


THERE = {"ShardId": "shardId-000000000001", "SequenceNumber": "7"}


def test_a_put_says_where_the_copy_is() -> None:
    assert put(Putter(THERE)) == Place("shardId-000000000001", "7")


def test_a_throttled_put_is_made_again() -> None:
    putter = Putter(refused("ProvisionedThroughputExceededException"), THERE)

    assert put(putter) == Place("shardId-000000000001", "7")
    assert putter.puts == 2


def test_a_stream_that_stays_throttled_has_not_taken_it() -> None:
    putter = Putter(refused("ProvisionedThroughputExceededException"))

    with pytest.raises(NotPut, match="ProvisionedThroughputExceededException"):
        put(putter)
    assert putter.puts == len(PAUSES) + 1


@pytest.mark.parametrize(
    "failure",
    [
        refused("ResourceNotFoundException"),
        NoCredentialsError(),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
        ConnectTimeoutError(endpoint_url="http://127.0.0.1:1"),
    ],
)
def test_what_was_surely_not_taken_is_not_put(failure: Exception) -> None:
    with pytest.raises(NotPut):
        put(Putter(failure))


@pytest.mark.parametrize(
    "failure",
    [
        refused("InternalFailure", 500),
        ReadTimeoutError(endpoint_url="http://127.0.0.1:1"),
        ResponseParserError("<html>"),
    ],
)
def test_a_put_without_an_answer_may_be_there(failure: Exception) -> None:
    putter = Putter(failure)

    with pytest.raises(PutUnanswered):
        put(putter)
    assert putter.puts == 1
