"""What may become of each thing in the quarantine, and what an operator means by what he says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from retailctl.moments import parse_moment
from retailctl.quarantine.decisions import (
    Choice,
    Decision,
    QuarantineVerdict,
    count_codes,
    decide_entries,
)
from retailctl.quarantine.records import Entry, Held, parse_entries
from retailctl.quarantine.redrive import DROPPED, SENDING, SENT, Mark, Place
from support.events import purchase
from support.quarantined import GIVEN_UP, GIVEN_UP_KEY, SHARD, STREAM, held

MINTED = "0193e5a0-7c1b-7d3e-8f00-0123456789ab"
NEWER = {"schema": "com.nordstrom/retail-stream-ingress/1-9-0"}
SALE = purchase("p1", "ann") | NEWER
CLICK = purchase("p1", "ann", event_id=MINTED) | NEWER
(BATCH,) = parse_entries(GIVEN_UP_KEY, json.dumps(GIVEN_UP).encode())


def name(number: int) -> str:
    return f"{STREAM}/{SHARD}/{number}"


def mark(number: int, status: str, **fields: Any) -> dict[str, Mark]:
    return {name(number): Mark(name(number), status, 3, 0.0, **fields)}


def decided(
    *entries: Entry, marks: dict[str, Mark] | None = None, live: int = 3, alone: bool = True
) -> list[Decision]:
    return decide_entries(entries, marks or {}, live, STREAM, alone=alone).decisions


def verdicts(*entries: Entry, **more: Any) -> list[QuarantineVerdict]:
    return [decision.verdict for decision in decided(*entries, **more)]


def test_what_is_valid_today_is_ready_with_its_copy() -> None:
    (decision,) = decided(held(SALE))
    assert decision.verdict is QuarantineVerdict.READY
    assert decision.copy
    assert decision.copy.event_id in decision.reason


def test_the_reason_says_what_the_copy_leaves_out() -> None:
    (decision,) = decided(held(SALE | {"fromTheFuture": 1}))
    assert decision.reason.endswith("leaves out of its envelope: 'fromTheFuture'.")


def test_what_is_still_invalid_has_todays_reason_and_no_copy() -> None:
    (decision,) = decided(held(b"garbage"))
    assert (decision.verdict, decision.reason) == (QuarantineVerdict.INVALID, "The record is not JSON.")
    assert decision.copy is None


def test_a_batch_that_was_given_up_is_never_put_back_and_the_way_out_is_named() -> None:
    (decision,) = decided(BATCH)
    assert decision.verdict is QuarantineVerdict.HALF_APPLIED
    assert decision.copy is None
    assert "new generation" in decision.reason
    assert decision.code == "given-up"


def test_a_record_that_another_generation_judged_stays() -> None:
    assert verdicts(held(SALE, generation=2)) == [QuarantineVerdict.OTHER_GENERATION]
    assert verdicts(held(SALE, generation=None)) == [QuarantineVerdict.OTHER_GENERATION]
    assert verdicts(held(SALE, generation=2), live=2) == [QuarantineVerdict.READY]


def test_nothing_is_ready_while_another_generation_stands() -> None:
    (decision,) = decided(held(SALE), alone=False)
    assert decision.verdict is QuarantineVerdict.NOT_ALONE
    assert decision.copy is None


def test_what_was_begun_can_be_finished_whatever_stands_and_whoever_is_live() -> None:
    (decision,) = decided(held(SALE), marks=mark(17, SENDING), live=4, alone=False)
    assert decision.verdict is QuarantineVerdict.UNFINISHED
    assert decision.copy


def test_a_record_of_another_stream_stays() -> None:
    assert verdicts(held(SALE, stream="theirs")) == [QuarantineVerdict.OTHER_STREAM]


def test_what_was_sent_or_dropped_says_so() -> None:
    sent = mark(17, SENT, event_id="e", place=Place("shardId-000000000000", "42"))
    dropped = mark(18, DROPPED, by="ann", because="a test")
    first, second = decided(held(SALE), held(SALE, 18), marks=sent | dropped)
    assert (first.verdict, first.copy) == (QuarantineVerdict.SENT, None)
    assert first.reason == "Its copy e is at shardId-000000000000:42."
    assert (second.verdict, second.reason) == (QuarantineVerdict.DROPPED, "By ann: a test")


def test_a_batch_can_be_dropped_once_it_is_dealt_with() -> None:
    identity = BATCH.identity
    marks = {identity: Mark(identity, DROPPED, 3, 0.0, by="ann", because="generation 4 has it")}
    assert verdicts(BATCH, marks=marks) == [QuarantineVerdict.DROPPED]


def test_of_one_click_put_twice_only_the_first_is_ready() -> None:
    first, second = decided(held(CLICK, 18), held(CLICK))
    assert (first.entry.identity, first.verdict) == (name(17), QuarantineVerdict.READY)
    assert (second.verdict, second.copy) == (QuarantineVerdict.REPEAT, None)
    assert name(17) in second.reason


def test_of_one_click_put_twice_the_one_that_was_redriven_is_it() -> None:
    assert verdicts(held(CLICK), held(CLICK, 18), marks=mark(18, SENT)) == [
        QuarantineVerdict.REPEAT,
        QuarantineVerdict.SENT,
    ]
    assert verdicts(held(CLICK), held(CLICK, 18), marks=mark(18, DROPPED)) == [
        QuarantineVerdict.READY,
        QuarantineVerdict.DROPPED,
    ]


def test_two_sales_without_an_id_are_two() -> None:
    assert verdicts(held(SALE), held(SALE, 18)) == [QuarantineVerdict.READY, QuarantineVerdict.READY]


def test_a_record_in_two_objects_is_decided_on_once_and_found_by_either() -> None:
    plan = decide_entries([held(SALE), held(SALE, key="again.json"), held(SALE, 18)], {}, 3, STREAM)
    (decision,) = plan.select_decisions(Choice(objects=frozenset({"again.json"})))
    assert len(plan.decisions) == 2
    assert decision.entry.identity == name(17)


@pytest.mark.parametrize(
    ("choice", "numbers"),
    [
        (Choice(), {17, 18, 19}),
        (Choice(identities=frozenset({name(18)})), {18}),
        (Choice(codes=frozenset({"not-json"})), {19}),
        (Choice(since=datetime.fromtimestamp(1_763_800_001.25, UTC)), {18, 19}),
        (Choice(until=datetime.fromtimestamp(1_763_800_001.25, UTC)), {17}),
        (Choice(codes=frozenset({"not-json"}), identities=frozenset({name(18)})), set()),
    ],
)
def test_a_choice_takes_what_meets_all_of_it(choice: Choice, numbers: set[int]) -> None:
    plan = decide_entries([held(SALE), held(SALE, 18), held(b"x", 19, code="not-json")], {}, 3, STREAM)
    found = {
        each.entry.sequence_number for each in plan.select_decisions(choice) if isinstance(each.entry, Held)
    }
    assert found == numbers
    assert choice.names_nothing is (choice == Choice())


def test_reasons_are_counted_most_first() -> None:
    found = decided(held(b"x", 1, code="b"), held(b"x", 2, code="a"), held(b"x", 3, code="b"), BATCH)
    assert list(count_codes(found).items()) == [("b", 2), ("a", 1), ("given-up", 1)]


NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90m", "2026-11-22T10:30:00+00:00"),
        ("36h", "2026-11-21T00:00:00+00:00"),
        ("7d", "2026-11-15T12:00:00+00:00"),
        ("2026-11-22", "2026-11-22T00:00:00+00:00"),
        ("2026-11-22T18:00", "2026-11-22T18:00:00+00:00"),
        ("2026-11-22T18:00:00+01:00", "2026-11-22T18:00:00+01:00"),
        ("2026-11-22T18:00:00Z", "2026-11-22T18:00:00+00:00"),
    ],
)
def test_a_time_is_a_moment_or_so_long_ago(text: str, expected: str) -> None:
    assert parse_moment(text, NOW) == datetime.fromisoformat(expected)


@pytest.mark.parametrize("text", ["", "yesterday", "7", "7w", "d", "-7d"])
def test_anything_else_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="Invalid isoformat"):
        parse_moment(text, NOW)
