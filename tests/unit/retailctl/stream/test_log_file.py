"""The lines of an event log: what goes on the stream, and what is told of a broken one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retailctl.stream import log_file
from retailctl.stream.log_file import BrokenLog, LogEntry

FIXTURE = Path(__file__).parents[3] / "fixtures" / "workshop-day.jsonl"
EVENT = {
    "schema": "com.nordstrom/retail-stream-ingress/1-0-0",
    "origin": "hello-retail/web-client-purchase-product/amzn1.account.1/Grace",
    "timeOrigin": "2026-01-01T09:00:00.000Z",
    "data": {"schema": "com.nordstrom/product/purchase/1-0-0", "id": "4711001"},
}


def record(**fields: object) -> str:
    return json.dumps(
        {"shardId": "shardId-000000000000", "sequenceNumber": "1", "partitionKey": "p"} | fields
    )


def log(tmp_path: Path, *lines: str | bytes) -> Path:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines))
    return path


def test_the_workshop_day_is_read_record_by_record() -> None:
    entries = list(log_file.read_event_log(FIXTURE))
    assert len(entries) == 1581
    assert [entry.line for entry in entries] == list(range(1, 1582))
    first = json.loads(FIXTURE.read_text().splitlines()[0])
    assert (entries[0].partition_key, json.loads(entries[0].data)) == (first["partitionKey"], first["data"])


def test_a_records_text_goes_on_the_stream_as_its_bytes(tmp_path: Path) -> None:
    path = log(tmp_path, record(data="not JSON: é"))
    assert list(log_file.read_event_log(path)) == [LogEntry(1, "p", "not JSON: é".encode())]


@pytest.mark.parametrize("data", [None, 7, [1, 2], {"schema": "nobody's"}])
def test_a_records_other_data_goes_on_the_stream_as_json_valid_or_not(tmp_path: Path, data: object) -> None:
    (entry,) = log_file.read_event_log(log(tmp_path, record(data=data)))
    assert json.loads(entry.data) == data


def test_an_event_on_its_own_line_goes_by_its_product(tmp_path: Path) -> None:
    (entry,) = log_file.read_event_log(log(tmp_path, json.dumps(EVENT)))
    assert entry.partition_key == "4711001"
    assert json.loads(entry.data) == EVENT


BYTES = [
    '{"n": 1e400, "a": 1, "a": 2}',
    '[1.10,  2E0, "\\u00e9", "é"]',
    "12345678901234567890.0",
    "9" * 5000,
    '{ "d" : {"data": 1} }',
    "null",
]


@pytest.mark.parametrize("data", BYTES)
@pytest.mark.parametrize(
    "form", ['{"partitionKey": "p", "data": %s}', ' { "data" :%s , "partitionKey":"p" } \r']
)
def test_a_records_data_goes_on_the_stream_to_the_byte(tmp_path: Path, data: str, form: str) -> None:
    (entry,) = log_file.read_event_log(log(tmp_path, form % data))
    assert entry.data == data.encode()


def test_an_event_goes_on_the_stream_to_the_byte(tmp_path: Path) -> None:
    line = json.dumps(EVENT, indent=1).replace("\n", "  ").replace("Grace", "Gr\\u00e4ce é")
    (entry,) = log_file.read_event_log(log(tmp_path, line + "\r"))
    assert entry.data == line.encode()


def test_a_line_without_an_end_may_still_be_written(tmp_path: Path) -> None:
    path = log(tmp_path, record(data="a"))
    path.write_bytes(path.read_bytes() + b'{"partitionKey": "p", "da')
    with pytest.raises(BrokenLog, match=r"Line 2 of .* has no line end: it may still be written"):
        list(log_file.read_event_log(path))


def test_blank_lines_and_a_byte_order_mark_are_passed_over(tmp_path: Path) -> None:
    path = log(tmp_path, b"\xef\xbb\xbf" + record(data="a").encode(), "", "  \t", record(data="b"))
    assert [entry.line for entry in log_file.read_event_log(path)] == [1, 4]


def test_a_lone_surrogate_of_a_text_reaches_the_stream(tmp_path: Path) -> None:
    (entry,) = log_file.read_event_log(log(tmp_path, record(data="\ud800")))
    assert entry.data == b"\xed\xa0\x80"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"partitionKey": "p", "data"', "not JSON at column 29"),
        (b'{"partitionKey": "\xff"}', "not UTF-8 at byte 19"),
        ("[1]", "not a JSON object"),
        ('"text"', "not a JSON object"),
        ('{"partitionKey": "p", "data": NaN}', "NaN is not JSON"),
        ("[" * 200_000, "nested too deeply"),
        (record(partitionKey=""), "needs a `partitionKey`"),
        (record(partitionKey=7), "needs a `partitionKey`"),
        (record(partitionKey="k" * 257), "needs a `partitionKey`"),
        (record(partitionKey="\ud800", data=1), "half a surrogate pair"),
        ('{"shardId": "shardId-000000000000", "data": {}}', "needs a `partitionKey`"),
        (record(), "needs `data`"),
        ('{"partitionKey": "p", "data": 1, "data": 2}', "has the name 'data' 2 times"),
        (
            '{"partitionKey": "p", "partition\\u004bey": "q", "data": 1}',
            "has the name 'partitionKey' 2 times",
        ),
        (record(data="x" * 1024 * 1024), "larger than the 1,048,576 Kinesis takes"),
        ("{}", "not a valid event"),
        (json.dumps(EVENT["data"]), "not a valid event"),
        (json.dumps(EVENT | {"origin": "hello-retail"}), "not a valid event"),
        (
            json.dumps(EVENT | {"data": {"schema": "com.example/other/1-0-0", "key": 1}}),
            "its `data.id`, the partition key, is no text",
        ),
    ],
)
def test_a_broken_line_is_named_with_its_reason(tmp_path: Path, line: str | bytes, reason: str) -> None:
    path = log(tmp_path, record(data="fine"), line)
    with pytest.raises(BrokenLog, match=rf"^Line 2 of .*log\.jsonl is broken: .*{reason}"):
        list(log_file.read_event_log(path))
