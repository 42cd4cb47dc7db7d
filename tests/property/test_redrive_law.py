"""The law of redriving: at most one copy of a record on the log, and one when it is done (rules 17, 18)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailctl.quarantine import log, records, redrive
from retailctl.quarantine import marks as quarantine_marks
from retailctl.quarantine.redrive import ENDED, SENT, Begun, Mark
from support.faults import seeds
from support.laws import histories
from support.redriving import Mishaps, World

RATES = (0.0, 0.05, 0.2)
mishaps = st.builds(
    Mishaps,
    refused=st.sampled_from(RATES),
    lost=st.sampled_from(RATES),
    sent_again=st.sampled_from(RATES),
    crash=st.sampled_from(RATES),
    held_up=st.sampled_from(RATES),
)
ROUGH = Mishaps(refused=0.05, lost=0.1, sent_again=0.1, crash=0.1, held_up=0.15)

GENTLE = Mishaps(lost=0.02, crash=0.04, held_up=0.01)
"""Long enough alive to be in each other's way."""
SLOW = Mishaps(held_up=0.12)


def redrive_together(
    seed: int, mishaps: Mishaps, *, operators: int = 3, new_generation: bool = False
) -> None:
    """Let operators redrive the same records through mishaps, and hold what is on the log against the law."""
    world = World(Random(seed), mishaps)  # noqa: S311 - a seed is a history
    world.abandon()
    for _ in range(2):
        world.run(operators, new_generation=new_generation)
        assert all(world.copies(each) <= 1 for each in world.identities)
        world.mishaps = mishaps
        world.now += world.random.choice((0, 500))
        if new_generation:
            break
    world.mishaps = Mishaps()
    outcomes = world.settle()
    if not new_generation:
        assert set(outcomes) <= ENDED
        assert [world.copies(each) for each in world.identities] == [1] * len(world.identities)
        assert {world.status(each) for each in world.identities} == {SENT}
        return
    for original in world.originals:
        assert world.copies(original.identity) <= 1
        if 2 in world.standing:
            assert original.counted + world.copies(original.identity) == 1


@given(seed=seeds)
@settings(max_examples=50)
def test_a_record_in_two_objects_redriven_by_three_at_once_is_on_the_log_once(seed: int) -> None:
    redrive_together(seed, Mishaps())


@given(seed=seeds, mishaps=mishaps)
@settings(max_examples=150)
def test_a_record_is_put_at_most_once_whatever_fails_and_once_when_done(seed: int, mishaps: Mishaps) -> None:
    redrive_together(seed, mishaps)


@given(seed=seeds, mishaps=mishaps)
@settings(max_examples=100)
def test_a_generation_that_begins_meanwhile_counts_the_original_or_the_copy(
    seed: int, mishaps: Mishaps
) -> None:
    redrive_together(seed, mishaps, operators=2, new_generation=True)


@pytest.mark.slow
@given(seed=seeds, mishaps=mishaps, new_generation=st.booleans())
@histories(1000)
def test_a_record_is_put_at_most_once_in_a_thousand_histories(
    seed: int, mishaps: Mishaps, new_generation: bool
) -> None:
    redrive_together(seed, mishaps, operators=4, new_generation=new_generation)


def put_without_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log.RedriveStream, "find_copy", lambda self, mark: None)


def look_only_where_new_records_go(monkeypatch: pytest.MonkeyPatch) -> None:
    shards = log.RedriveStream._shards_of

    def last(self: log.RedriveStream, partition_key: str) -> list[str]:
        return shards(self, partition_key)[-1:]

    monkeypatch.setattr(log.RedriveStream, "_shards_of", last)


def look_from_the_time_of_the_last_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    find = log.RedriveStream.find_copy

    def late(self: log.RedriveStream, mark: Mark) -> Any:
        return find(self, replace(mark, marked_at=mark.until - redrive.LEASE_SECONDS))

    monkeypatch.setattr(log.RedriveStream, "find_copy", late)


def wait_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redrive, "SLACK_SECONDS", -redrive.LEASE_SECONDS)


def put_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redrive, "PUT_SECONDS", -3600.0)


def take_over_whatever_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    renew = quarantine_marks.Redrives.renew_lease

    def always(self: quarantine_marks.Redrives, seen: Mark, owner: str, until: float) -> bool:
        renew(self, seen, owner, until)
        return True

    monkeypatch.setattr(quarantine_marks.Redrives, "renew_lease", always)


def mark_whatever_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine_marks, "IF_NEW", "attribute_not_exists(nothing)")


def put_again_after_a_lost_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    put = log.RedriveStream.put_record

    def hasty(self: log.RedriveStream, partition_key: str, payload: bytes) -> Any:
        try:
            return put(self, partition_key, payload)
        except redrive.PutUnanswered:
            return put(self, partition_key, payload)

    monkeypatch.setattr(log.RedriveStream, "put_record", hasty)


def name_a_record_by_its_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records.Held, "identity", property(lambda held: f"{held.key}"))


NOTICED_BY_ONE = [
    put_without_looking,
    look_only_where_new_records_go,
    look_from_the_time_of_the_last_mark,
    wait_for_nobody,
    put_when_the_time_is_over,
    take_over_whatever_was_seen,
    mark_whatever_there_is,
    put_again_after_a_lost_answer,
    name_a_record_by_its_object,
]


def mark_though_another_generation_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    def begin(self: quarantine_marks.Redrives, mark: Mark) -> Begun:
        return Begun.YES if self.drop_record(mark) else Begun.THERE

    monkeypatch.setattr(quarantine_marks.Redrives, "begin_redrive", begin)


def take_the_mark_back_where_nothing_was_put(monkeypatch: pytest.MonkeyPatch) -> None:
    def take_back(self: quarantine_marks.Redrives, mark: Mark) -> None:
        self.client.delete_item(TableName=self.table, Key={"identity": {"S": mark.identity}})

    monkeypatch.setattr(quarantine_marks.Redrives, "release_lease", take_back)


def count_originals_whatever_was_redriven(monkeypatch: pytest.MonkeyPatch) -> None:
    fold = World._fold

    def unread(self: World, chance: float) -> None:
        marks, self._marks = self._marks, dict  # type: ignore[method-assign]
        fold(self, chance)
        self._marks = marks  # type: ignore[method-assign]

    monkeypatch.setattr(World, "_fold", unread)


@pytest.mark.slow
@pytest.mark.parametrize("break_a_rule", NOTICED_BY_ONE)
def test_the_law_notices_a_broken_rule(
    break_a_rule: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_a_rule(monkeypatch)
    assert any(goes_wrong(seed, new_generation=False) for seed in range(1500))


@pytest.mark.slow
@pytest.mark.parametrize(
    "break_a_rule",
    [
        mark_though_another_generation_stands,
        take_the_mark_back_where_nothing_was_put,
        count_originals_whatever_was_redriven,
    ],
)
def test_the_law_notices_a_broken_rule_of_generations(
    break_a_rule: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_a_rule(monkeypatch)
    assert any(goes_wrong(seed, new_generation=True) for seed in range(1500))


def goes_wrong(seed: int, *, new_generation: bool) -> bool:
    try:
        redrive_together(seed, (ROUGH, GENTLE, SLOW)[seed % 3], operators=2, new_generation=new_generation)
    except AssertionError:
        return True
    return False
