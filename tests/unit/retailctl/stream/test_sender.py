"""The sender: one record of a key in a request, and an exact account where it stops."""

from __future__ import annotations

import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
)
from botocore.parsers import ResponseParserError

from retailctl import interrupts
from retailctl.stream import sender
from retailctl.stream.log_file import LogEntry
from retailctl.stream.sender import PutRecordsRefused, PutRecordsUnanswered, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from retailctl.stream.sender import Put


def entries(keys: str, data: bytes = b"x") -> list[LogEntry]:
    return [LogEntry(line, key, data) for line, key in enumerate(keys, start=1)]


class Stream:
    """Takes records as told: one answer (or error) a request, then everything."""

    def __init__(self, *answers: Callable[[LogEntry], bool] | BaseException) -> None:
        self.requests: list[list[int]] = []
        self._answers = list(answers)

    def __call__(self, request: Sequence[LogEntry]) -> list[bool]:
        self.requests.append([entry.line for entry in request])
        answer = self._answers.pop(0) if self._answers else lambda _: True
        if isinstance(answer, BaseException):
            raise answer
        return [answer(entry) for entry in request]


def send(records: list[LogEntry], stream: Stream) -> int:
    return sender.send_entries(records, stream, pause=lambda _: None)


def test_a_request_carries_the_earliest_record_of_each_key() -> None:
    stream = Stream()
    assert send(entries("aabac"), stream) == 5
    assert stream.requests == [[1, 3, 5], [2], [4]]


def test_a_throttled_record_holds_back_its_key_and_no_other() -> None:
    stream = Stream(lambda entry: entry.line != 1)
    assert send(entries("abaab"), stream) == 5
    assert stream.requests == [[1, 2], [1, 5], [3], [4]]


def test_a_request_keeps_within_kinesis_limits() -> None:
    stream = Stream()
    records = [LogEntry(line, str(line), b"") for line in range(1, 602)]
    assert send(records, stream) == 601
    assert [len(request) for request in stream.requests] == [500, 101]
    big = Stream()
    assert send(entries("abcdefg", data=b"x" * (1024 * 1024 - 1)), big) == 7
    assert [len(request) for request in big.requests] == [5, 2]


def test_progress_is_told_after_each_request() -> None:
    told: list[int] = []
    stream = Stream(lambda entry: entry.line == 3)
    sender.send_entries(entries("aab"), stream, pause=lambda _: None, on_sent=told.append)
    assert told == [1, 1, 1]


def test_a_refusal_stops_with_the_lines_that_are_ahead() -> None:
    stream = Stream(lambda entry: entry.line in {2, 4}, PutRecordsRefused("the token has expired"))
    with pytest.raises(Stopped, match="the stream refused: the token has expired") as stopped:
        send(entries("abcde"), stream)
    assert (stopped.value.sent, stopped.value.next_line) == (2, 1)
    assert (stopped.value.ahead, stopped.value.uncertain) == ((2, 4), ())


def test_a_lost_answer_stops_with_the_lines_that_may_be_there() -> None:
    stream = Stream(lambda entry: entry.line == 1, PutRecordsUnanswered("the connection closed"))
    with pytest.raises(Stopped, match="no answer came: the connection closed") as stopped:
        send(entries("abb"), stream)
    assert (stopped.value.sent, stopped.value.next_line) == (1, 2)
    assert (stopped.value.ahead, stopped.value.uncertain) == ((), (2,))


def test_an_interruption_stops_with_the_lines_that_may_be_there() -> None:
    with pytest.raises(Stopped, match="interrupted") as stopped:
        send(entries("ab"), Stream(KeyboardInterrupt()))
    assert (stopped.value.sent, stopped.value.uncertain) == (0, (1, 2))


@pytest.mark.usefixtures("signals_heard")
class TestDeferred:
    """Where the caller defers interruptions, as `retailctl publish` does."""

    @staticmethod
    def send_signalled(put: Put) -> Stopped:
        with (
            suppress(interrupts.Interrupted),
            interrupts.defer_interrupts(),
            pytest.raises(Stopped, match="interrupted") as stopped,
        ):
            sender.send_entries(entries("ab"), put)
        return stopped.value

    def test_an_interruption_waits_for_the_answer_and_leaves_nothing_uncertain(self) -> None:
        def put(request: Sequence[LogEntry]) -> list[bool]:
            signal.raise_signal(signal.SIGTERM)
            return [entry.line == 2 for entry in request]

        stopped = self.send_signalled(put)
        assert (stopped.sent, stopped.next_line) == (1, 1)
        assert (stopped.ahead, stopped.uncertain) == ((2,), ())

    def test_a_second_interruption_does_not_wait(self) -> None:
        def put(_: Sequence[LogEntry]) -> list[bool]:
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
            raise AssertionError

        stopped = self.send_signalled(put)
        assert (stopped.sent, stopped.uncertain) == (0, (1, 2))

    def test_an_interruption_after_the_last_record_tells_that_all_are_there(self) -> None:
        def put(request: Sequence[LogEntry]) -> list[bool]:
            signal.raise_signal(signal.SIGHUP)
            return [True] * len(request)

        stopped = self.send_signalled(put)
        assert (stopped.sent, stopped.next_line, stopped.uncertain) == (2, 3, ())


def test_an_interruption_between_requests_leaves_nothing_uncertain() -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Stopped, match="interrupted") as stopped:
        sender.send_entries(entries("ab"), Stream(lambda entry: entry.line == 2), pause=interrupt)
    assert (stopped.value.sent, stopped.value.next_line) == (1, 1)
    assert (stopped.value.ahead, stopped.value.uncertain) == ((2,), ())


def test_a_stream_that_takes_nothing_is_given_up_in_the_end() -> None:
    waited: list[float] = []
    with pytest.raises(Stopped, match="took nothing for 9 s") as stopped:
        sender.send_entries(
            entries("a"), Stream(*[lambda _: False] * 1000), pause=waited.append, patience_seconds=9
        )
    assert stopped.value.next_line == 1
    assert 9 < sum(waited) < 15


def test_pauses_are_random_and_stay_below_five_seconds() -> None:
    waited: list[float] = []
    with pytest.raises(Stopped):
        sender.send_entries(entries("a"), Stream(*[lambda _: False] * 1000), pause=waited.append)
    assert max(waited) <= 5
    assert len(set(waited)) > 5


class Client:
    """Stands in for boto3's: answers or raises what it is given."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self.answer = answer
        self.asked: dict[str, object] = {}

    def put_records(self, **arguments: object) -> dict[str, Any]:
        self.asked = arguments
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def put(answer: dict[str, Any] | Exception) -> list[bool]:
    return sender.build_stream_put(Client(answer), "events")(entries("ab"))  # type: ignore[arg-type]


def client_error(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "m."}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PutRecords")


def test_records_are_put_with_key_and_bytes_and_judged_one_by_one() -> None:
    client = Client({"Records": [{"SequenceNumber": "1"}, {"ErrorCode": "InternalFailure"}]})
    answer = sender.build_stream_put(client, "events")(entries("ab"))  # type: ignore[arg-type]
    assert answer == [True, False]
    assert client.asked == {
        "StreamName": "events",
        "Records": [{"PartitionKey": "a", "Data": b"x"}, {"PartitionKey": "b", "Data": b"x"}],
    }


@pytest.mark.parametrize(
    "error",
    [
        client_error("ProvisionedThroughputExceededException", 400),
        client_error("ThrottlingException", 400),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
    ],
)
def test_what_surely_was_not_taken_is_tried_again(error: Exception) -> None:
    assert put(error) == [False, False]


@pytest.mark.parametrize("error", [client_error("ResourceNotFoundException", 400), NoCredentialsError()])
def test_a_request_that_cannot_succeed_is_refused(error: Exception) -> None:
    with pytest.raises(PutRecordsRefused, match=r"ResourceNotFoundException|credentials"):
        put(error)


@pytest.mark.parametrize(
    "error",
    [
        client_error("InternalFailure", 500),
        ConnectionClosedError(endpoint_url="http://127.0.0.1:1"),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
        ResponseParserError("cut off"),
    ],
)
def test_a_request_with_a_lost_answer_is_not_tried_again(error: Exception) -> None:
    with pytest.raises(PutRecordsUnanswered):
        put(error)
