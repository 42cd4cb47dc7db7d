"""What lies in the quarantine is read back, and becomes a copy or a reason why it cannot."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from hello_retail.events import Event, Rejection, decode_event
from hello_retail.winner_view.batch import decode_batch
from retailctl.quarantine import records
from retailctl.quarantine.records import (
    BrokenObject,
    Copy,
    GivenUp,
    Held,
    build_copy,
    deduplicate_records,
    parse_entries,
)
from support.event_source import LogRecord, kinesis_event
from support.events import TIME, egress, payload, purchase
from support.fake_aws import FakeS3
from support.quarantined import GIVEN_UP, GIVEN_UP_KEY, KEY, SHARD, STREAM, document_of, held
from support.winner_view import tables, warm_instance

MINTED = "0193e5a0-7c1b-7d3e-8f00-0123456789ab"


def made(document: object, **fields: Any) -> Copy:
    copy = build_copy(held(document, **fields))
    assert isinstance(copy, Copy), copy
    return copy


def refused(document: object) -> str:
    rejection = build_copy(held(document))
    assert isinstance(rejection, Rejection), rejection
    return rejection.code


def test_what_the_winner_view_puts_aside_is_read_back_whole() -> None:
    s3 = FakeS3()
    bad = [LogRecord(SHARD, f"{17 + n:030d}", "p1", data) for n, data in enumerate((b"\xff", b"null"))]
    batch = kinesis_event(bad)
    warm_instance(tables(), s3)(batch)
    ((_, key), body) = next(iter(s3.objects.items()))

    found = parse_entries(key, body)

    assert [each.identity for each in found] == [f"{STREAM}/{SHARD}/17", f"{STREAM}/{SHARD}/18"]
    assert [each.payload for each in found if isinstance(each, Held)] == [b"\xff", b"null"]
    for each, rejected in zip(found, decode_batch(batch).rejected, strict=True):
        assert isinstance(each, Held)
        assert (each.code, each.reason, each.arrival) == (rejected.code, rejected.reason, rejected.arrival)
        assert (each.generation, each.key, each.partition_key) == (3, key, "p1")


def test_a_batch_from_the_failure_destination_is_one_entry_that_is_no_record() -> None:
    (batch,) = parse_entries(GIVEN_UP_KEY, json.dumps(GIVEN_UP).encode())

    assert isinstance(batch, GivenUp)
    assert (batch.identity, batch.records, batch.condition) == (GIVEN_UP_KEY, 10, "RecordAgeExceeded")
    assert (batch.stream, batch.first, batch.last) == (STREAM, 4711, 4720)
    assert batch.arrived.isoformat() == "2026-11-22T00:38:06.021000+00:00"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"records": [{}]}', b'{"records": 1}', b"\xff", b"null"]
)
@pytest.mark.parametrize("key", [KEY, GIVEN_UP_KEY])
def test_an_object_that_nobody_of_ours_wrote_is_named(key: str, body: bytes) -> None:
    with pytest.raises(BrokenObject, match=f"The object {key} is none"):
        parse_entries(key, body)


def test_an_object_from_before_generations_were_noted_says_none() -> None:
    (each,) = parse_entries(KEY, json.dumps(document_of(held(b"x", generation=None))).encode())
    assert isinstance(each, Held)
    assert each.generation is None


SALE = purchase("p1", "ann", "Ann")
NEWER = SALE | {"schema": "com.nordstrom/retail-stream-ingress/1-9-0"}


@pytest.mark.parametrize(
    "document",
    [
        SALE,
        NEWER,
        SALE | {"fromTheFuture": 1},
        purchase("p1", "ann", "Ann", event_id=MINTED) | {"eventId": "mine"},
        egress(SALE) | {"timeProcess": "yesterday"},
        NEWER | {"traceId": "not visible\n", "followsFrom": " "},
    ],
)
def test_whose_envelope_was_at_fault_gets_one_of_ours_around_the_same_event(document: dict[str, Any]) -> None:
    event = decode_event(made(document).payload)

    assert isinstance(event, Event)
    assert (event.user_id, event.display_name, event.data) == ("ann", "Ann", SALE["data"])
    assert event.time_origin == TIME


def test_a_copy_says_whose_it_is_and_keeps_key_id_and_cause() -> None:
    document = NEWER | {"followsFrom": "before", "traceId": "1-5759e988"}
    copy = made(document)
    envelope = json.loads(copy.payload)

    assert envelope["schema"] == "com.nordstrom/retail-stream-ingress/1-2-0"
    assert envelope["redriveOf"] == copy.identity == f"{STREAM}/{SHARD}/17"
    assert UUID(envelope["eventId"]).version == 5
    assert (envelope["followsFrom"], envelope["traceId"]) == ("before", "1-5759e988")
    assert copy.partition_key == "p1"
    assert records.parse_copy(copy.payload) == (copy.event_id, copy.identity)


def test_the_copy_of_a_record_is_always_the_same_bytes_and_of_another_never() -> None:
    assert made(NEWER) == made(NEWER, key="records/g3/other.json")
    assert made(NEWER).event_id != made(NEWER, number=18).event_id


def test_event_ids_of_copies_never_change() -> None:
    assert records.derive_event_id("s/shardId-000000000000/1") == "9c4b7036-fbfb-5dae-ad16-2face47ea681"


def test_what_the_copys_envelope_has_no_place_for_is_named() -> None:
    assert made(NEWER | {"fromTheFuture": 1, "eventId": MINTED}).left_out == ("fromTheFuture",)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"garbage", "not-json"),
        (b"\xff\xfe", "not-utf-8"),
        (b"null", "not-object"),
        (b'{"a": 1, "a": 2}', "duplicate-name"),
        (b"", "empty"),
        ({"schema": 1}, "unknown-envelope"),
        (SALE | {"schema": "com.nordstrom/retail-stream-ingress/2-0-0"}, "unknown-envelope"),
        (SALE | {"schema": "com.example/envelope/1-0-0"}, "unknown-envelope"),
        (SALE | {"schema": "com.nordstrom/retail-stream-ingress/1-0-0#"}, "unknown-envelope"),
        ({**NEWER, "origin": "a/b"}, "no-user"),
        ({**NEWER, "origin": "a/b/UNKNOWN/x"}, "reserved-user"),
        ({**NEWER, "timeOrigin": "yesterday"}, "invalid-envelope"),
        ({**NEWER, "data": {**SALE["data"], "more": 1}}, "invalid-data"),
        ({**NEWER, "data": SALE}, "invalid-data"),
        ({name: value for name, value in NEWER.items() if name != "data"}, "invalid-envelope"),
    ],
)
def test_what_is_still_no_event_stays_with_todays_reason(document: object, code: str) -> None:
    assert refused(document) == code


def test_data_that_is_no_base64_stays() -> None:
    rejection = build_copy(held(b"x", data="%%%"))
    assert isinstance(rejection, Rejection)
    assert rejection.code == "not-base64"


def test_a_copy_larger_than_a_record_may_be_stays() -> None:
    data = {"schema": "com.example/large/1-0-0", "text": "x" * (1024 * 1024 - 300)}
    assert refused(NEWER | {"data": data}) == "too-large"


def test_a_record_in_two_objects_is_one_and_the_live_generations_word_counts() -> None:
    old, live, same = held(NEWER, generation=2), held(NEWER), held(NEWER, key="records/g3/again.json")
    later = held(NEWER, number=18)

    assert deduplicate_records([later, old, live, same], live=3) == [live, later]
    assert deduplicate_records([live, old], live=4) == [live]


def test_what_a_producer_put_twice_is_one_click() -> None:
    sale = purchase("p1", "ann", event_id=MINTED) | {"odd": 1}
    assert records.get_event_key(held(sale)) == records.get_event_key(held(sale, number=18)) == ("p1", MINTED)
    assert records.get_event_key(held(SALE)) is None
    assert records.get_event_key(held(egress(SALE))) is None
    assert records.get_event_key(held(b"garbage")) is None


@pytest.mark.parametrize("data", [b'{"redriveOf": ', b'["redriveOf"]', payload(SALE | {"redriveOf": "x"})])
def test_a_record_that_only_speaks_of_a_redrive_is_no_copy(data: bytes) -> None:
    assert records.parse_copy(data) is None
