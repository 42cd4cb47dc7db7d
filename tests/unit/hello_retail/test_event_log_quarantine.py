"""The format of the quarantine's objects: what the view packs is what the operator's tools unpack."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hello_retail.event_log.quarantine import (
    QuarantinedRecord,
    QuarantinedRecords,
    format_quarantine_key,
    pack_quarantined,
    unpack_quarantined,
)

records = st.builds(
    QuarantinedRecord,
    sequence_number=st.integers(min_value=0).map(str),
    partition_key=st.text(),
    arrival=st.floats(allow_nan=False, allow_infinity=False),
    code=st.text(),
    reason=st.text(),
    data=st.text(),
)


@given(
    st.builds(
        QuarantinedRecords,
        generation=st.none() | st.integers(min_value=1),
        stream=st.text(),
        shard_id=st.text(),
        records=st.lists(records, max_size=3).map(tuple),
    )
)
def test_what_is_packed_is_unpacked(quarantined: QuarantinedRecords) -> None:
    assert unpack_quarantined(pack_quarantined(quarantined)) == quarantined


def a_record(number: str, arrival: float = 1_795_500_000.0) -> QuarantinedRecord:
    return QuarantinedRecord(number, "p1", arrival, "empty", "The record is empty.", "")


def test_an_object_is_named_for_its_batch_so_that_a_second_delivery_writes_it_again() -> None:
    bad = QuarantinedRecords(3, "retail", "shardId-000000000001", (a_record("007"), a_record("9", 0.0)))

    assert format_quarantine_key(bad) == "records/g3/2026/11/24/retail/shardId-000000000001/007-9.json"


def test_a_records_sequence_number_keeps_its_text() -> None:
    document = json.loads(pack_quarantined(QuarantinedRecords(3, "retail", "shard", (a_record("007"),))))

    assert document["records"][0]["sequenceNumber"] == "007"


def test_an_object_of_before_the_generations_says_none() -> None:
    body = b'{"stream": "retail", "shardId": "shard", "records": []}'

    assert unpack_quarantined(body) == QuarantinedRecords(None, "retail", "shard", ())


@pytest.mark.parametrize(
    "body", [b"no JSON", b"[]", b"{}", b'{"stream": "s", "shardId": "s", "records": [{}]}', b"3"]
)
def test_what_the_view_did_not_write_raises(body: bytes) -> None:
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        unpack_quarantined(body)
