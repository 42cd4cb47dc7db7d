"""Putting records on a stream so that those of one partition key stay in order, whatever is throttled.

Kinesis may take some records of a ``PutRecords`` request and refuse others, and does not promise an order
within one request. So a request here carries at most one record of a key, always the earliest that is not on
the stream yet: nothing of a key can overtake. Between keys there is no order to keep, which lets a request
reach ahead by up to ``WINDOW`` records; what it took from there is told exactly when the sending stops.
"""

from __future__ import annotations

import random
import sys
import time
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
)
from botocore.parsers import ResponseParserError

from retailctl.aws import FAILURES
from retailctl.progress import OnProgress, ignore_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_kinesis.type_defs import PutRecordsRequestEntryTypeDef

    from retailctl.stream.log_file import LogEntry

WINDOW = 500
"""Records past the first unsent one that a request may reach ahead to."""

MAX_REQUEST_RECORDS = 500
MAX_REQUEST_BYTES = 5 * 1024 * 1024
"""What one PutRecords request may carry, partition keys included."""

PATIENCE_SECONDS = 60.0
"""How long the sender waits for a stream that takes nothing at all before it gives up."""

THROTTLES = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "LimitExceededException",
        "ThrottlingException",
        "KMSThrottlingException",
    }
)
_SERVER_ERROR = 500


class PutRecordsRefused(Exception):
    """The stream took nothing of the request and will not: the message says why."""


class PutRecordsUnanswered(Exception):
    """The request's answer was lost: its records may be on the stream or not."""


class PutEnd(Enum):
    """How a put ended that failed."""

    NOT_TAKEN = "The stream took nothing, and may take the same later: it throttles, or is out of reach."
    REFUSED = "The stream took nothing and will not."
    UNKNOWN = "The answer was lost: the records may be on the stream or not."


def classify_put_failure(failure: Exception) -> PutEnd:
    """Return how a put ended that failed with one of ``aws.FAILURES``."""
    if isinstance(failure, ClientError):
        code = failure.response.get("Error", {}).get("Code", "")
        status = failure.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in THROTTLES:
            return PutEnd.NOT_TAKEN
        return PutEnd.UNKNOWN if status >= _SERVER_ERROR else PutEnd.REFUSED
    if isinstance(failure, (EndpointConnectionError, ConnectTimeoutError)):
        return PutEnd.NOT_TAKEN  # no connection, so nothing was sent
    if isinstance(failure, (HTTPClientError, ResponseParserError)):
        return PutEnd.UNKNOWN
    return PutEnd.REFUSED  # no credentials, say


class Put(Protocol):
    """One request to a stream."""

    def __call__(self, entries: Sequence[LogEntry]) -> list[bool]:
        """Put the records and return, for each, whether the stream took it.

        Raises:
            Refused: where nothing was taken and trying again is pointless.
            Unanswered: where nobody can tell what was taken.

        """


class Stopped(Exception):
    """The sending ended before its end; its text says why.

    ``sent`` records are on the stream for certain. ``next_line`` is the first line that is not; ``ahead`` are
    the lines after it that are. ``uncertain`` are the lines of a request whose answer was lost.
    """

    def __init__(
        self, reason: str, *, sent: int, next_line: int, ahead: Sequence[int], uncertain: Sequence[int]
    ) -> None:
        super().__init__(reason)
        self.sent = sent
        self.next_line = next_line
        self.ahead = tuple(ahead)
        self.uncertain = tuple(uncertain)


def build_stream_put(client: KinesisClient, stream: str) -> Put:
    """Return a ``Put`` for a stream; the client must not retry by itself (``total_max_attempts=1``).

    An SDK that sends again after a lost answer would put records twice; this sender stops and says so
    instead.
    """

    def put(entries: Sequence[LogEntry]) -> list[bool]:
        records: list[PutRecordsRequestEntryTypeDef] = [
            {"PartitionKey": entry.partition_key, "Data": entry.data} for entry in entries
        ]
        try:
            answer = client.put_records(StreamName=stream, Records=records)
        except FAILURES as failure:
            end, words = classify_put_failure(failure), str(failure).rstrip(".")
            if end is PutEnd.NOT_TAKEN:
                return [False] * len(entries)
            raise (PutRecordsUnanswered if end is PutEnd.UNKNOWN else PutRecordsRefused)(words) from failure
        return [not record.get("ErrorCode") for record in answer["Records"]]

    return put


class _Outbox:
    """The records not on the stream yet, as far as the window reaches, and what is known of the others."""

    def __init__(self, entries: Iterable[LogEntry]) -> None:
        self._source = iter(entries)
        self._pending: list[LogEntry] = []
        self._ahead: list[int] = []
        self._sent = 0

    @property
    def sent(self) -> int:
        return self._sent

    def build_request(self) -> list[LogEntry]:
        """Return the earliest pending record of each key, as many as one request takes; empty at the end."""
        room = WINDOW - len(self._ahead) - len(self._pending)
        self._pending += islice(self._source, max(room, 0))
        chosen: list[LogEntry] = []
        keys: set[str] = set()
        size = 0
        for entry in self._pending:
            if entry.partition_key in keys:
                continue
            size += entry.size
            if chosen and (size > MAX_REQUEST_BYTES or len(chosen) == MAX_REQUEST_RECORDS):
                break
            keys.add(entry.partition_key)
            chosen.append(entry)
        return chosen

    def apply_answers(self, request: Sequence[LogEntry], answers: Sequence[bool]) -> int:
        """Note what the stream took of a request, and return how many records that is."""
        lines = {entry.line for entry, taken in zip(request, answers, strict=True) if taken}
        self._pending = [entry for entry in self._pending if entry.line not in lines]
        first = self._pending[0].line if self._pending else sys.maxsize
        self._ahead = sorted(line for line in (*self._ahead, *lines) if line > first)
        self._sent += len(lines)
        return len(lines)

    def build_stopped(self, reason: str, uncertain: Sequence[LogEntry] = ()) -> Stopped:
        """Return the account of a sending that ends here; at least one record is pending or in the source."""
        following = self._pending or list(islice(self._source, 1))
        return Stopped(
            reason,
            sent=self._sent,
            next_line=following[0].line if following else 0,
            ahead=self._ahead,
            uncertain=[entry.line for entry in uncertain],
        )


def send_entries(
    entries: Iterable[LogEntry],
    put: Put,
    *,
    on_sent: OnProgress = ignore_progress,
    pause: Callable[[float], None] = time.sleep,
    patience_seconds: float = PATIENCE_SECONDS,
) -> int:
    """Put all entries on the stream, in order per partition key, and return their number.

    ``on_sent`` hears after every request how many records it brought. A throttled request is repeated after a
    growing, random pause, until the stream has taken nothing for ``patience_seconds`` of pauses.

    Raises:
        Stopped: with how far it got, where the stream refuses, stays throttled or does not answer, or the
            sending is interrupted from the keyboard.

    """
    outbox = _Outbox(entries)
    failures, waited = 0, 0.0
    while request := outbox.build_request():
        taken = outbox.apply_answers(request, _send_request(put, request, outbox))
        try:
            if taken:
                failures, waited = 0, 0.0
                on_sent(taken)
            if taken < len(request):
                failures += 1
                seconds = _compute_backoff(failures)
                waited += seconds
                pause(seconds)
        except KeyboardInterrupt as error:
            raise outbox.build_stopped("it was interrupted") from error
        if waited > patience_seconds:
            raise outbox.build_stopped(
                f"the stream took nothing for {patience_seconds:.0f} s (it throttles, or is out of reach)"
            )
    return outbox.sent


def _send_request(put: Put, request: Sequence[LogEntry], outbox: _Outbox) -> list[bool]:
    try:
        return put(request)
    except PutRecordsRefused as error:
        raise outbox.build_stopped(f"the stream refused: {error}") from error
    except PutRecordsUnanswered as error:
        raise outbox.build_stopped(f"no answer came: {error}", uncertain=request) from error
    except KeyboardInterrupt as error:
        raise outbox.build_stopped("it was interrupted", uncertain=request) from error


def _compute_backoff(failures: int) -> float:
    """Return a random pause in seconds below 0.1 s doubled per failure, 5 s at most."""
    return random.uniform(0.05, min(5.0, 0.1 * 2 ** min(failures, 10)))  # noqa: S311 - jitter is no secret
