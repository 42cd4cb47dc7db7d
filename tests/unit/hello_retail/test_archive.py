"""The archive: names and bytes that depend on the records only, and links that the stream itself vouches for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

import pytest

from hello_retail.archive import chain, handler
from hello_retail.archive.chain import Tip
from hello_retail.archive.store import ArchiveStore
from hello_retail.event_log import archive
from hello_retail.event_log.archive import ArchivedRecord, Link, Shard
from support.histories import purchase
from support.kept_log import BORN, NAME, FakeBucket, FakeKinesis, KeptLog, Mishaps, TimedStream, archived

SHARD = "shardId-000000000000"
IDENTITY = "shop-events/20261122T211400Z"
TIP = Tip(5, 900.0)
BATCH = [
    ArchivedRecord(SHARD, f"{number:030d}", "product-1", 1_763_800_000.25 + number, "eyJ9")
    for number in (7, 8, 10)
]


def test_a_stream_made_anew_under_its_name_has_another_identity() -> None:
    made = datetime(2026, 11, 22, 22, 14, tzinfo=timezone(timedelta(hours=1)))

    assert archive.format_stream_identity("shop-events", made) == IDENTITY
    assert archive.format_stream_identity("shop-events", made + timedelta(seconds=1)) != IDENTITY


def test_an_object_is_named_by_stream_day_shard_and_numbers() -> None:
    key = archive.format_records_key(IDENTITY, BATCH)

    assert key == (
        f"records/{IDENTITY}/2025/11/22/{SHARD}/000000000000000000000000000007-000000000000000000000000000010.jsonl.gz"
    )
    assert archive.parse_records_key(key) == archive.Span(key, SHARD, 7, 10)
    assert archive.parse_records_key("records/elsewhere.txt") is None


def test_the_same_batch_is_the_same_object_and_comes_back_whole() -> None:
    assert archive.pack_records(BATCH) == archive.pack_records(list(BATCH))
    assert archive.unpack_records(archive.pack_records(BATCH)) == BATCH


def test_a_record_comes_back_as_lambda_delivered_it() -> None:
    event = archive.build_kinesis_event(BATCH, "arn:aws:kinesis:us-east-1:123456789012:stream/shop-events")

    assert [archive.parse_record(record) for record in event["Records"]] == BATCH


@pytest.mark.parametrize(
    "link",
    [
        Link(SHARD, 7, 5, proved=True),
        Link(SHARD, 7, None, proved=False),
        Link(SHARD, None, 10, proved=True),
        Link(SHARD, None, None, proved=True),
    ],
)
def test_a_links_name_says_it_all(link: Link) -> None:
    assert archive.parse_link_key(archive.format_link_key(IDENTITY, link)) == link
    assert archive.parse_link_key("links/elsewhere") is None


@pytest.mark.parametrize("end", [None, 99])
def test_a_shards_place_in_the_stream_is_kept(end: int | None) -> None:
    shard = Shard(SHARD, ("shardId-000000000001", "shardId-000000000002"), 7, end)

    assert archive.decode_shard(archive.encode_shard(shard)) == shard
    assert archive.format_lineage_key(IDENTITY, shard).endswith("closed.json" if end else "open.json")


@pytest.mark.parametrize(
    ("tip", "there", "whole", "link"),
    [
        (TIP, [5, 7], False, Link(SHARD, 7, 5, proved=True)),
        (TIP, [5, 6, 7], False, Link(SHARD, 7, 6, proved=True)),
        (TIP, [7], False, Link(SHARD, 7, 5, proved=False)),
        (TIP, [6, 7], False, Link(SHARD, 7, 6, proved=True)),
        (None, [7], True, Link(SHARD, 7, None, proved=True)),
        (None, [7], False, Link(SHARD, 7, None, proved=False)),
        (TIP, [5, 8], False, None),
        (TIP, [5], False, None),
    ],
)
def test_what_came_before_a_batch_is_what_the_stream_says(
    tip: Tip | None,
    there: list[int],
    whole: bool,
    link: Link | None,
) -> None:
    assert chain.find_preceding_link(SHARD, 7, tip, there, whole=whole) == link


def test_a_closed_shard_is_kept_to_its_end_when_nothing_follows_the_tip() -> None:
    assert chain.find_closing_link(SHARD, TIP, [5], whole=False) == Link(SHARD, None, 5, proved=True)
    assert chain.find_closing_link(SHARD, TIP, [], whole=False) == Link(SHARD, None, 5, proved=False)
    assert chain.find_closing_link(SHARD, TIP, [5, 6], whole=False) is None
    assert chain.find_closing_link(SHARD, None, [6], whole=True) is None
    assert chain.find_closing_link(SHARD, None, [], whole=True) == Link(SHARD, None, None, proved=True)
    assert chain.find_closing_link(SHARD, None, [], whole=False) == Link(SHARD, None, None, proved=False)


@pytest.mark.parametrize(("hours", "how"), [(23, "proved"), (72, "told")])
def test_a_stream_is_not_taken_for_whole_by_what_it_keeps_today(hours: int, how: str) -> None:
    stream = TimedStream(Random(1))  # noqa: S311 - a seed is a history
    now = stream.now = BORN + hours * 3600
    stream.put("product-1", purchase("cy", "product-1"))
    log = KeptLog(stream, FakeKinesis(stream, 24, now, changes=((now - 60, 168),)), FakeBucket())
    instance = handler.Archive(ArchiveStore(log.kinesis, log.bucket, "archive"), lambda: now)  # type: ignore[arg-type]

    instance.add_batch(NAME, [stream.kept(stream.records[0])])

    (link,) = (key for key in log.bucket.objects if key.startswith("links/"))
    assert link.endswith(f".after.nothing.{how}")
    assert log.log().is_young == (how == "proved")


def test_a_shard_is_whole_whose_parent_took_a_record_within_the_last_day() -> None:
    stream = TimedStream(Random(1))  # noqa: S311 - a seed is a history
    stream.now = BORN + 48 * 3600
    stream.put("product-1", purchase("cy", "product-1"))
    stream.reshard()
    stream.put("product-1", purchase("cy", "product-1"))
    log = KeptLog(stream, FakeKinesis(stream, 24, stream.now), FakeBucket())
    instance = handler.Archive(ArchiveStore(log.kinesis, log.bucket, "archive"), lambda: stream.now)  # type: ignore[arg-type]

    assert log.log().inspect_stream().fresh == set(stream.open.values())
    for record in stream.records:
        instance.add_batch(NAME, [stream.kept(record)])
    child = stream.records[1]
    links = [key for key in log.bucket.objects if key.startswith("links/") and child.shard_id in key]
    assert any(key.endswith(f"/{child.sequence_number}.after.nothing.proved") for key in links)
    log.kinesis.now += 36 * 3600
    assert not log.log().inspect_stream().fresh


def test_a_batch_that_comes_twice_leaves_the_same_objects() -> None:
    once, twice = archived(3, Mishaps()), archived(3, Mishaps())
    instance = handler.Archive(
        ArchiveStore(twice.kinesis, twice.bucket, "archive"), lambda: twice.kinesis.now
    )  # type: ignore[arg-type]
    for key in [key for key in twice.bucket.objects if key.startswith("records/")]:
        instance.add_batch(NAME, archive.unpack_records(twice.bucket.objects[key]))

    assert twice.bucket.objects == once.bucket.objects


@pytest.mark.parametrize("consumer", ["", "/consumer/archive:1700000000"], ids=["standard", "fan-out"])
def test_the_function_keeps_a_batch_and_answers_that_it_is_done(
    monkeypatch: pytest.MonkeyPatch, consumer: str
) -> None:
    stream = TimedStream(Random(1))  # noqa: S311 - a seed is a history
    stream.put("product-1", purchase("cy", "product-1"))
    stream.put("product-1", purchase("cy", "product-1"))
    log = KeptLog(stream, FakeKinesis(stream, 24, now=stream.now), FakeBucket())
    store = ArchiveStore(log.kinesis, log.bucket, "archive")  # type: ignore[arg-type]
    monkeypatch.setattr(handler, "archive", handler.Archive(store, lambda: stream.now))
    records = [stream.kept(record) for record in stream.records]
    arn = f"arn:aws:kinesis:us-east-1:123456789012:stream/{NAME}{consumer}"

    assert handler.handler(archive.build_kinesis_event(records[1:], arn), None) == {"batchItemFailures": []}
    identity = archive.format_stream_identity(NAME, datetime.fromtimestamp(BORN, UTC))
    first, second = (record.number for record in records)
    assert set(log.bucket.objects) == {
        archive.format_records_key(identity, records[1:]),
        f"links/{identity}/{SHARD}/{second}.after.{first}.proved",
        f"lineage/{identity}/{SHARD}/open.json",
        f"tips/{identity}/{SHARD}.json",
    }


def test_a_batch_whose_predecessor_nobody_knows_is_kept_and_warned_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = TimedStream(Random(1))  # noqa: S311 - a seed is a history
    stream.put("product-1", purchase("cy", "product-1"))
    batch = [stream.kept(stream.records[0])]
    log = KeptLog(stream, FakeKinesis(stream, 24, now=stream.now + 30 * 3600), FakeBucket())
    warned: list[Any] = []
    store = ArchiveStore(log.kinesis, log.bucket, "archive")  # type: ignore[arg-type]
    monkeypatch.setattr(handler, "archive", handler.Archive(store, lambda: log.kinesis.now))
    monkeypatch.setattr(handler.logger, "warning", lambda text, extra: warned.append(extra))

    handler.handler(
        archive.build_kinesis_event(batch, f"arn:aws:kinesis:us-east-1:123456789012:stream/{NAME}"), None
    )

    assert [extra["first"] for extra in warned] == [batch[0].number]
    assert not any(key.startswith("links/") for key in log.bucket.objects)
