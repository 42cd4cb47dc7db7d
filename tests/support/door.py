"""The event writer over a stream and a table of moto's, which can be made to fail."""

from __future__ import annotations

import threading
from itertools import count
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    IncompleteReadError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from hello_retail.event_writer import handler as entry
from hello_retail.event_writer.once import Once
from hello_retail.event_writer.store import EventStream
from hello_retail.events import Event, decode_event
from support.event_writer import NAME, post
from support.http import Client, Reply

if TYPE_CHECKING:
    import pytest

NUMBERS = count()


class Broken:
    """An AWS client whose ``method`` fails as told, a number of times; it may do its work first."""

    def __init__(self, client: Any, method: str, *errors: Exception, works: bool = False) -> None:
        self.client, self.method, self.errors, self.works = client, method, list(errors), works

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.client, name)
        if name != self.method:
            return call

        def broken(**request: Any) -> Any:
            if not self.errors:
                return call(**request)
            if self.works:
                call(**request)
            raise self.errors.pop(0)

        return broken


class AtomicWrites:
    """A DynamoDB client whose conditional writes are one step each, as in AWS: moto's threads look, then write."""

    def __init__(self, client: Any) -> None:
        self.client, self.lock = client, threading.Lock()

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.client, name)
        if name not in {"put_item", "update_item", "delete_item"}:
            return call

        def write(**request: Any) -> Any:
            with self.lock:
                return call(**request)

        return write


def aws_error(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": f"needle {NAME}"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        },
        "PutRecord",
    )


def code_of(error: Exception) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__


THROTTLED = aws_error("ProvisionedThroughputExceededException")
TIMED_OUT = ReadTimeoutError(endpoint_url="https://kinesis.us-east-1.amazonaws.com")
UNREACHABLE = EndpointConnectionError(endpoint_url="https://kinesis.us-east-1.amazonaws.com")
LOST = [
    TIMED_OUT,
    ConnectionClosedError(endpoint_url="https://kinesis.us-east-1.amazonaws.com"),
    IncompleteReadError(actual_bytes=1, expected_bytes=2),
    ResponseParserError(f"needle {NAME}"),
]
"""Failures after which nobody knows whether the call did its work."""
PASSING = [
    *LOST,
    THROTTLED,
    UNREACHABLE,
    aws_error("InternalFailure", 500),
    aws_error("KMSThrottlingException"),
    aws_error("RequestThrottled"),
    aws_error("RequestTimeout"),
    aws_error("TooManyRequestsException", 429),
]
LASTING = [aws_error("AccessDeniedException"), aws_error("ResourceNotFoundException"), KeyError("needle")]


class Door:
    """The event writer with a stream and a table of its own."""

    def __init__(self, kinesis: Any, dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kinesis, self.dynamodb = kinesis, AtomicWrites(dynamodb)
        self.stream = self.table = f"door-{next(NUMBERS)}"
        kinesis.create_stream(StreamName=self.stream, ShardCount=1)
        dynamodb.create_table(
            TableName=self.table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.monkeypatch = monkeypatch
        self.client = Client(entry.handler)
        self.use()

    def use(self, kinesis: Any = None, dynamodb: Any = None) -> None:
        """Let the function use these clients, where given, instead of the real ones."""
        once = Once(dynamodb or self.dynamodb, self.table, entry.report_lost_receipt)
        self.monkeypatch.setattr(entry, "stream", EventStream(kinesis or self.kinesis, self.stream))
        self.monkeypatch.setattr(entry, "load_idempotency", lambda: once)

    def post(self, body: object, **request: Any) -> Reply:
        return self.client.send(post(body, **request))

    def records(self) -> list[dict[str, Any]]:
        iterator = self.kinesis.get_shard_iterator(
            StreamName=self.stream, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        return list(self.kinesis.get_records(ShardIterator=iterator)["Records"])

    def events(self) -> list[Event]:
        decoded = [decode_event(record["Data"]) for record in self.records()]
        assert all(isinstance(event, Event) for event in decoded)
        return [event for event in decoded if isinstance(event, Event)]

    def items(self) -> list[dict[str, Any]]:
        return list(self.dynamodb.scan(TableName=self.table)["Items"])
