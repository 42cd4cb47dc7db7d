"""The rules of replays, by number, one history each that goes wrong without the rule (docs/how-credit-works.md)."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hello_retail.event_log import archive as layout
from hello_retail.event_log.archive import ArchivedRecord, Link, Shard, Span
from retailctl.errors import UserError
from retailctl.replay import fold
from retailctl.replay.commands import prove_whole_log
from retailctl.replay.proof import Archived, Streamed, find_gaps, order_shards
from support.event_source import FIRST_NUMBER, STREAM_ARN
from support.fake_aws import FakeDynamoDB, client_error
from support.histories import create, image, one_pass, purchase, scores_of
from support.kept_log import Mishaps, archived, replayed
from support.winner_view import SCORES, tables, warm_instance

ROOT = Path(__file__).parents[4]
PARENT, CHILD = "shardId-000000000000", "shardId-000000000001"
OLD = Streamed({PARENT: Shard(PARENT, (), 0, None)}, {PARENT: None}, young=False)


def kept(number: int, payload: bytes, shard_id: str = PARENT) -> ArchivedRecord:
    data = base64.b64encode(payload).decode()
    return ArchivedRecord(shard_id, str(FIRST_NUMBER + number), "product-1", 1_763_800_000.25, data)


def span(first: int, last: int, shard_id: str = PARENT) -> Span:
    return Span(f"records/{shard_id}/{first}", shard_id, first, last)


def link(first: int | None, after: int | None, shard_id: str = PARENT, *, proved: bool = True) -> Link:
    return Link(shard_id, first, after, proved)


def held(*parts: Span | Link, lineage: tuple[Shard, ...] = ()) -> Archived:
    return Archived(
        [part for part in parts if isinstance(part, Span)],
        [part for part in parts if isinstance(part, Link)],
        {shard.shard_id: shard for shard in lineage},
    )


def streamed(first: int | None) -> Streamed:
    return Streamed(OLD.shards, {PARENT: first}, young=False)


def test_rule_16_a_batch_that_was_given_up_half_applied_is_right_in_a_new_generation() -> None:
    log = [
        kept(1, create("ada", "product-1")),
        kept(2, image("ben", "product-1")),
        kept(3, purchase("cy", "product-1")),
    ]
    old, new = tables(), tables()
    update = FakeDynamoDB.update_item

    def refuses_photographers(**request: Any) -> Any:
        if request["TableName"] == SCORES and request["Key"]["userId"] == {"S": "ben"}:
            raise client_error("ProvisionedThroughputExceededException", "UpdateItem")
        return update(old, **request)

    old.update_item = refuses_photographers  # type: ignore[method-assign]
    warm_instance(old, None)(layout.build_kinesis_event(log, STREAM_ARN))
    assert scores_of(old.items[SCORES]) == {("creator", "ada"): 1}

    fold.deliver_batch(log, STREAM_ARN, warm_instance(new, None), lambda _: None)

    assert scores_of(new.items[SCORES]) == {("creator", "ada"): 1, ("photographer", "ben"): 1}


@pytest.mark.parametrize(
    ("archive", "stream", "named"),
    [
        (held(span(1, 5), link(1, None)), streamed(9), "after 5 before 9"),
        (held(span(1, 5), link(1, None), span(8, 9), link(8, 6)), streamed(9), "after 5 before 8"),
        (held(span(1, 5), link(1, None), span(8, 9)), streamed(9), "after 5 before 8"),
        (held(span(3, 5), link(3, 2)), streamed(4), "before 3"),
        (held(span(3, 5)), streamed(4), "before 3"),
        (held(link(1, None)), streamed(1), "before 2"),
        (held(), streamed(7), "before 7"),
    ],
)
def test_rule_19_a_gap_between_archive_and_stream_is_refused_and_named(
    archive: Archived, stream: Streamed, named: str
) -> None:
    found = find_gaps(archive, stream)

    assert any(str(gap).startswith(f"{PARENT} {named}:") for gap in found), list(map(str, found))
    assert not any(gap.doubtful for gap in found)


def test_rule_19_the_refusal_says_where_the_gap_is() -> None:
    class Log:
        def inspect_stream(self) -> Streamed:
            return streamed(9)

    with pytest.raises(
        UserError, match=rf"(?s)nothing was replayed:\n  {PARENT} after 5 before 9: the archive"
    ):
        prove_whole_log(held(span(1, 5), link(1, None)), Log(), trust_order=True)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "archive",
    [
        held(span(1, 5), link(1, None), span(8, 9), link(8, 5)),
        held(span(1, 5), link(1, None), span(3, 9)),
        held(span(1, 9), link(1, None), span(1, 4), span(3, 6)),
        held(span(1, 5), link(1, None), span(6, 9), link(6, 4)),
    ],
)
def test_rule_19_an_archive_that_overlaps_itself_and_the_stream_is_whole(archive: Archived) -> None:
    assert find_gaps(archive, streamed(9)) == []


def test_rule_19_a_shard_that_is_closed_and_kept_to_its_end_needs_no_overlap() -> None:
    closed = Shard(PARENT, (), 0, 6)
    whole = held(span(1, 5), link(1, None), link(None, 5), lineage=(closed,))
    short = held(span(1, 4), link(1, None), link(None, 5), lineage=(closed,))
    nothing = Streamed({}, {}, young=False)

    assert find_gaps(whole, nothing) == []
    assert find_gaps(short, nothing)
    assert find_gaps(held(span(1, 5), link(1, None), lineage=(closed,)), nothing)


def test_rule_19_a_shard_that_the_archive_lacks_is_whole_only_where_the_stream_cannot_have_forgotten() -> (
    None
):
    shards = {shard.shard_id: shard for shard in (Shard(PARENT, (), 0, 6), Shard(CHILD, (PARENT,), 7, None))}
    archive = held(span(1, 5), link(1, None), link(None, 5))

    fresh = Streamed(shards, {PARENT: 3, CHILD: 8}, young=False, fresh=frozenset({CHILD}))
    assert find_gaps(archive, fresh) == []
    (gap,) = find_gaps(archive, Streamed(shards, {PARENT: 3, CHILD: 8}, young=False))
    assert str(gap).startswith(f"{CHILD} before 8: the archive ends before the stream begins")


def test_rule_19_a_child_in_the_archive_without_its_parents_end_is_refused() -> None:
    shards = (Shard(PARENT, (), 0, 6), Shard(CHILD, (PARENT,), 7, None))
    child = (span(8, 9, CHILD), link(8, None, CHILD))
    stream = Streamed({shard.shard_id: shard for shard in shards}, {PARENT: 3, CHILD: 8}, young=False)

    assert find_gaps(held(span(1, 5), link(1, None), link(None, 5), *child), stream) == []
    (gap,) = find_gaps(held(span(1, 5), link(1, None), *child), stream)
    assert "its child" in str(gap)


def test_rule_19_what_only_the_consumers_order_says_takes_the_operators_word() -> None:
    silent = held(span(1, 5), link(1, None), span(8, 9), link(8, 5, proved=False))

    (gap,) = find_gaps(silent, streamed(9))

    assert gap.doubtful
    assert str(gap) == f"{PARENT} after 5 before 8: records may have expired from the stream there."


def test_rule_19_records_of_another_stream_of_the_name_are_refused() -> None:
    stream = Streamed({PARENT: Shard(PARENT, (), 100, None)}, {PARENT: 101}, young=True)

    assert any("another stream" in str(gap) for gap in find_gaps(held(span(1, 5), link(1, None)), stream))


def test_rule_19_what_archive_and_stream_both_have_counts_once() -> None:
    log = archived(7, Mishaps(repeated=0.5, zombie=0.5), events=30, retention_hours=168)

    assert len(log.stream.records) == len(log.kinesis.there(PARENT)) or len(log.stream.shards) > 1
    assert replayed(log, Random(7)) == one_pass(log.stream.records)  # noqa: S311 - a seed is a history


def test_rule_19_a_child_is_folded_after_its_parents() -> None:
    shards = {
        "c": Shard("c", ("a", "b"), 20, None),
        "b": Shard("b", (), 2, 9),
        "a": Shard("a", ("expired",), 1, 9),
        "d": Shard("d", ("c",), 15, None),
    }
    folded: list[str] = []

    def fold_shard(shard: Shard) -> int:
        folded.append(shard.shard_id)
        return 1

    assert fold.fold_shards(order_shards(shards), fold_shard, concurrency=4) == 4
    assert folded.index("c") > max(folded.index("a"), folded.index("b"))
    assert folded[-1] == "d"


def test_rule_20_every_generations_function_has_its_own_tables_in_its_environment() -> None:
    code = (ROOT / "terraform/app/winner_view.tf").read_text()
    view = code[code.index('module "winner_view" {') :]

    assert re.search(r"for_each = local\.generations", view)
    assert re.search(r"SCORES_TABLE\s+= module\.scores\[each\.key\]\.name", view)
    assert re.search(r"CONTRIBUTIONS_TABLE\s+= module\.contributions\[each\.key\]\.name", view)
    assert re.search(r"GENERATION\s+= each\.key", view)

    """Return the events that a function gets, and the function, which leaves off at these numbers."""


def answers(*failures: str | None) -> tuple[list[Mapping[str, Any]], fold.Hand]:
    """Return the events that a function gets, and the function, which leaves off at these numbers."""
    left, seen = list(failures), []

    def hand(event: Mapping[str, Any]) -> Mapping[str, Any]:
        seen.append(event)
        number = left.pop(0) if left else None
        return {"batchItemFailures": [{"itemIdentifier": number}] if number else []}

    return seen, hand


def numbers(event: Mapping[str, Any]) -> list[str]:
    return [record["kinesis"]["sequenceNumber"] for record in event["Records"]]


def test_what_the_function_did_not_finish_is_handed_over_again_from_there() -> None:
    batch = [kept(offset, b"x") for offset in range(4)]
    seen, hand = answers(batch[2].number, None)

    fold.deliver_batch(batch, STREAM_ARN, hand, lambda _: None)

    assert list(map(numbers, seen)) == [
        [each.number for each in batch],
        [each.number for each in batch[2:]],
    ]


def test_a_function_that_gets_no_further_ends_the_fold_with_the_record_it_stands_at() -> None:
    batch = [kept(offset, b"x") for offset in range(2)]
    pauses: list[float] = []

    def hand(event: Mapping[str, Any]) -> Mapping[str, Any]:
        raise fold.NotTaken("it timed out")

    with pytest.raises(UserError, match=rf"beyond record {batch[0].number}.*it timed out.*--resume"):
        fold.deliver_batch(batch, STREAM_ARN, hand, pauses.append)
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_a_batch_is_cut_by_number_and_by_what_a_call_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [kept(offset, b"x" * 300) for offset in range(5)]
    assert [len(batch) for batch in fold.split_batches(found, 2)] == [2, 2, 1]

    monkeypatch.setattr(fold, "BATCH_BYTES", 2200)
    assert [len(batch) for batch in fold.split_batches(found, 100)] == [3, 2]


def test_an_object_that_does_not_hold_what_its_name_says_ends_the_fold() -> None:
    with pytest.raises(UserError, match="does not match its name"):
        list(fold.merge_records([span(1, 3)], lambda _: [kept(1, b"x")]))


def test_a_shard_that_cannot_be_folded_ends_the_fold_of_all() -> None:
    def fold_shard(shard: Shard) -> int:
        raise UserError("no further")

    with pytest.raises(UserError, match="no further"):
        fold.fold_shards([Shard("a", (), 0, None), Shard("b", ("a",), 1, None)], fold_shard, concurrency=2)
