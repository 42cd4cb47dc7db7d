"""Event logs as files: JSON lines, each a record of a stream or an event on its own.

A record is what an export of the stream holds: ``{"shardId", "sequenceNumber", "partitionKey", "data"}``, of
which the partition key and the data count (shard and number are the stream's to give). Its ``data`` goes on
the stream as it is, valid event or not: an object as JSON, a text as its UTF-8 bytes. An event on its own
line is an envelope as a producer writes it; it must be valid, and its partition key is its product
(``data.id``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from hello_retail import events

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MAX_KEY_CHARACTERS = 256
"""Longest partition key that Kinesis takes."""

MAX_RECORD_BYTES = 1024 * 1024
"""Largest record that Kinesis takes, partition key included."""


class BrokenLog(Exception):
    """A file that is not an event log: the message names the line and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One record to put: the line it stands on (from 1), its partition key and its bytes."""

    line: int
    partition_key: str
    data: bytes

    @property
    def size(self) -> int:
        """Bytes that the record counts for against Kinesis' limits."""
        return len(self.data) + len(self.partition_key.encode())


def read_event_log(path: Path) -> Iterator[LogEntry]:
    """Yield the records of an event log in the order of its lines; blank lines are passed over.

    Raises:
        BrokenLog: at the first line that is neither a record nor a valid event, with its number and the
        reason. OSError: where the file cannot be read.

    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")  # noqa: PLW2901 - a byte order mark is no part of line 1
            if line.strip():
                try:
                    yield parse_log_line(line, number)
                except ValueError as error:
                    raise BrokenLog(f"Line {number} of {path} is broken: {error}.") from error


def parse_log_line(line: bytes, number: int) -> LogEntry:
    """Return the record that one line stands for.

    Raises:
        ValueError: with the reason, as a clause without a full stop.

    """
    value = _parse_json(line)
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 - one kind of error for a broken line
    entry = _parse_record(value, number) if _is_record(value) else _parse_event(value, number)
    if entry.size > MAX_RECORD_BYTES:
        raise ValueError(
            f"a record of {entry.size:,} bytes is larger than the {MAX_RECORD_BYTES:,} Kinesis takes"
        )
    return entry


def _is_record(value: Mapping[str, Any]) -> bool:
    return not value.keys().isdisjoint({"partitionKey", "shardId", "sequenceNumber"})


def _parse_record(value: Mapping[str, Any], number: int) -> LogEntry:
    key = value.get("partitionKey")
    if not isinstance(key, str) or not 1 <= len(key) <= MAX_KEY_CHARACTERS:
        raise ValueError(f"a record needs a `partitionKey`, a text of 1 to {MAX_KEY_CHARACTERS} characters")
    if not _encodable(key):
        raise ValueError("its `partitionKey` holds half a surrogate pair, which UTF-8 cannot write")
    if "data" not in value:
        raise ValueError("a record needs `data`")
    data = value["data"]
    # "surrogatepass" lets a test put bytes on the stream that no JSON parser takes.
    return LogEntry(
        number,
        key,
        data.encode("utf-8", "surrogatepass") if isinstance(data, str) else format_compact_json(data),
    )


def _parse_event(value: Mapping[str, Any], number: int) -> LogEntry:
    payload = format_compact_json(value)
    decoded = events.decode_event(payload)
    if isinstance(decoded, events.Rejection):
        raise ValueError(f"it is not a valid event: {decoded.reason.rstrip('.')}")  # noqa: TRY004 - as above
    key = decoded.data.get("id")
    if not isinstance(key, str) or not 1 <= len(key) <= MAX_KEY_CHARACTERS:
        raise ValueError(
            f"its `data.id`, the partition key, is no text of 1 to {MAX_KEY_CHARACTERS} characters"
        )
    return LogEntry(number, key, payload)


def format_compact_json(value: object) -> bytes:
    """Return a JSON value as the fewest ASCII bytes."""
    return json.dumps(value, separators=(",", ":")).encode()


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _parse_json(line: bytes) -> object:
    try:
        return json.loads(line.decode().rstrip("\r\n"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 at byte {error.start + 1}") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON at column {error.colno} ({error.msg})") from error
    except RecursionError as error:
        raise ValueError("its JSON is nested too deeply") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
