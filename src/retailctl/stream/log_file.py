"""Event logs as JSON lines, each a record or an event.

A record is what an export of the stream holds: ``{"shardId", "sequenceNumber", "partitionKey", "data"}``. The
partition key and the data count; the stream gives shard and number anew. The ``data`` goes on the stream as it
is, valid event or not: a text as its UTF-8 bytes, any other JSON as the bytes that stand in the file. An event
on its own line is an envelope as a producer writes it; it must be valid, and its partition key is its product
(``data.id``). The line goes on the stream byte for byte.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from hello_retail import events

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

MAX_KEY_CHARACTERS = 256
"""Longest partition key that Kinesis takes."""

MAX_RECORD_BYTES = 1024 * 1024
"""Largest record that Kinesis takes, partition key included."""

_WHITESPACE = re.compile(r"[ \t\r\n]*")


class BrokenLog(Exception):
    """The file is no event log; the message names line and fault."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One record to put: its line (from 1), partition key and bytes."""

    line: int
    partition_key: str
    data: bytes

    @property
    def size(self) -> int:
        """Bytes that the record counts for against Kinesis' limits."""
        return len(self.data) + len(self.partition_key.encode())


def read_event_log(path: Path) -> Iterator[LogEntry]:
    """Yield the records of an event log in the order of its lines.

    Raises:
        BrokenLog: as ``parse_event_log`` does. OSError: where the file cannot be read.

    """
    with path.open("rb") as lines:
        yield from parse_event_log(lines, str(path))


def parse_event_log(lines: Iterable[bytes], name: str) -> Iterator[LogEntry]:
    """Yield the records of an event log, without its blank lines.

    Raises:
        BrokenLog: at the first line that is neither a record nor a valid event, with its number and the
        reason.

    """
    for number, line in enumerate(lines, start=1):
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")  # noqa: PLW2901 - a byte order mark is no part of line 1
        if line.strip():
            try:
                yield parse_log_line(line, number)
            except ValueError as error:
                unfinished = "" if line.endswith(b"\n") else ", and has no line end: it may still be written"
                raise BrokenLog(f"Line {number} of {name} is broken: {error}{unfinished}.") from error


def parse_log_line(line: bytes, number: int) -> LogEntry:
    """Return the record that one line stands for.

    Raises:
        ValueError: with the reason, as a clause without a full stop.

    """
    text = _decode_text(line)
    value = _parse_json(text)
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 - one kind of error for a broken line
    entry = _parse_record(text, value, number) if _is_record(value) else _parse_event(text, number)
    if entry.size > MAX_RECORD_BYTES:
        raise ValueError(
            f"a record of {entry.size:,} bytes is larger than the {MAX_RECORD_BYTES:,} Kinesis takes"
        )
    return entry


def _is_record(value: Mapping[str, Any]) -> bool:
    return not value.keys().isdisjoint({"partitionKey", "shardId", "sequenceNumber"})


def _parse_record(text: str, value: Mapping[str, Any], number: int) -> LogEntry:
    members = _split_members(text)
    for name, times in Counter(name for name, _ in members).items():
        if times > 1:
            raise ValueError(f"a record has the name {name!r} {times} times")
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
        data.encode("utf-8", "surrogatepass") if isinstance(data, str) else dict(members)["data"].encode(),
    )


def _parse_event(text: str, number: int) -> LogEntry:
    payload = text.encode()
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


def _decode_text(line: bytes) -> str:
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 at byte {error.start + 1}") from error


def _parse_json(text: str) -> object:
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_int=float)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON at column {error.colno} ({error.msg})") from error
    except RecursionError as error:
        raise ValueError("its JSON is nested too deeply") from error


def _split_members(text: str) -> list[tuple[str, str]]:
    """Return a JSON object's members: name and text of the value."""
    members = []
    decoder = json.JSONDecoder(parse_int=float)
    place = _skip_whitespace(text, _skip_whitespace(text, 0) + 1)
    while text[place] != "}":
        name, place = decoder.raw_decode(text, place)
        start = _skip_whitespace(text, _skip_whitespace(text, place) + 1)
        _, end = decoder.raw_decode(text, start)
        members.append((name, text[start:end]))
        place = _skip_whitespace(text, end)
        if text[place] == ",":
            place = _skip_whitespace(text, place + 1)
    return members


def _skip_whitespace(text: str, place: int) -> int:
    match = _WHITESPACE.match(text, place)
    return match.end() if match else place


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
