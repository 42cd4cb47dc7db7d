"""Put records on a stream, in order per key despite throttling.

Kinesis may take some records of a ``PutRecords`` request and refuse others, and does not promise an order
within one request. So a request here carries at most one record of a key, always the earliest that is not on
the stream yet: nothing of a key can overtake. Between keys there is no order to keep, which lets a request
reach ahead by up to ``WINDOW`` records; what it took from there is told exactly when the sending stops.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass, replace
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
)
from botocore.parsers import ResponseParserError

from retailctl import interrupts
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
    """The stream refused a request for good, as the message says."""


class PutRecordsUnanswered(Exception):
    """The request's answer was lost; its records may be there or not."""


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
    if isinstance(failure, (HTTPClientError, IncompleteReadError, ResponseParserError)):
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
    """Return a ``Put`` for a stream.

    The client must not retry by itself (``total_max_attempts=1``).

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


@dataclass(frozen=True, slots=True)
class _Account:
    """What is known of the records at one moment.

    ``pending`` are read and not on the stream, ``ahead`` are the lines on the stream behind the first of them,
    ``under_way`` are the records of a request without an answer.
    """

    pending: tuple[LogEntry, ...] = ()
    ahead: tuple[int, ...] = ()
    sent: int = 0
    under_way: tuple[LogEntry, ...] = ()
    last_read: int = 0


class _Outbox:
    """The records that are not on the stream yet.

    It has them as far as the window reaches, and what is known of the others.

    The account is replaced as a whole, so that an interruption at any moment leaves a true one.
    """

    def __init__(self, entries: Iterable[LogEntry]) -> None:
        self._source = iter(entries)
        self.account = _Account()

    def build_request(self) -> tuple[LogEntry, ...]:
        """Return each key's earliest pending record, for one request."""
        account = self.account
        room = WINDOW - len(account.ahead) - len(account.pending)
        pending = (*account.pending, *islice(self._source, max(room, 0)))
        chosen: list[LogEntry] = []
        keys: set[str] = set()
        size = 0
        for entry in pending:
            if entry.partition_key in keys:
                continue
            size += entry.size
            if chosen and (size > MAX_REQUEST_BYTES or len(chosen) == MAX_REQUEST_RECORDS):
                break
            keys.add(entry.partition_key)
            chosen.append(entry)
        request = tuple(chosen)
        last_read = pending[-1].line if pending else account.last_read
        self.account = replace(
            account, pending=pending, under_way=request, last_read=max(last_read, account.last_read)
        )
        return request

    def apply_answers(self, request: Sequence[LogEntry], answers: Sequence[bool]) -> int:
        """Note what the stream took of a request, and count it."""
        account = self.account
        lines = {entry.line for entry, taken in zip(request, answers, strict=True) if taken}
        pending = tuple(entry for entry in account.pending if entry.line not in lines)
        first = pending[0].line if pending else sys.maxsize
        ahead = tuple(sorted(line for line in (*account.ahead, *lines) if line > first))
        self.account = replace(
            account, pending=pending, ahead=ahead, sent=account.sent + len(lines), under_way=()
        )
        return len(lines)

    def build_stopped(self, reason: str, *, is_answered: bool) -> Stopped:
        """Return the account of a sending that ends here."""
        account = self.account
        return Stopped(
            reason,
            sent=account.sent,
            next_line=account.pending[0].line if account.pending else account.last_read + 1,
            ahead=account.ahead,
            uncertain=() if is_answered else [entry.line for entry in account.under_way],
        )


def send_entries(
    entries: Iterable[LogEntry],
    put: Put,
    *,
    on_sent: OnProgress = ignore_progress,
    pause: Callable[[float], None] = interrupts.sleep,
    patience_seconds: float = PATIENCE_SECONDS,
) -> int:
    """Put entries in order per partition key; return their number.

    ``on_sent`` hears after every request how many records it brought. A throttled request is repeated after a
    growing, random pause, until the stream has taken nothing for ``patience_seconds`` of pauses. Where the caller
    defers interruptions, the first one waits for the answer of a request.

    Raises:
        Stopped: with how far it got, where the stream refuses, stays throttled or does not answer, or the
            sending is interrupted.

    """
    outbox = _Outbox(entries)
    failures, waited = 0, 0.0
    try:
        while waited <= patience_seconds:
            interrupts.check_interrupted()
            request = outbox.build_request()
            if not request:
                return outbox.account.sent
            with interrupts.admit_second_interrupt():
                answers = put(request)
            taken = outbox.apply_answers(request, answers)
            if taken:
                failures, waited = 0, 0.0
                on_sent(taken)
            if taken < len(request):
                failures += 1
                seconds = _compute_backoff(failures)
                waited += seconds
                pause(seconds)
    except PutRecordsRefused as error:
        raise outbox.build_stopped(f"the stream refused: {error}", is_answered=True) from error
    except PutRecordsUnanswered as error:
        raise outbox.build_stopped(f"no answer came: {error}", is_answered=False) from error
    except KeyboardInterrupt as error:
        raise outbox.build_stopped("it was interrupted", is_answered=False) from error
    raise outbox.build_stopped(
        f"the stream took nothing for {patience_seconds:.0f} s (it throttles, or is out of reach)",
        is_answered=True,
    )


def _compute_backoff(failures: int) -> float:
    """Return a random pause in seconds, longer with each failure.

    It is below 0.1 s doubled per failure, 5 s at most.
    """
    return random.uniform(0.05, min(5.0, 0.1 * 2 ** min(failures, 10)))  # noqa: S311 - jitter is no secret
