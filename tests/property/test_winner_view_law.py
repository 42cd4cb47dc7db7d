"""The law of counting: whatever happens between log and board, every sale counts exactly once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hello_retail.events import PRODUCT_PURCHASE, Event
from hello_retail.read_models.scores import CREATOR, PHOTOGRAPHER
from hello_retail.stream_consumer import ledger
from hello_retail.stream_consumer.answer import Applied
from hello_retail.unknown import UNKNOWN
from hello_retail.winner_view import store, tally
from support.broken_ledgers import (
    ask_only_that_the_watermark_is_lower,
    forget_what_the_parents_counted,
    let_every_repeat_count,
    write_whatever_the_item_has_taken_meanwhile,
)
from support.event_source import Faults, FaultyClient, LogRecord, World
from support.fake_aws import FakeDynamoDB, FakeS3
from support.faults import ROUGH, faults, seeds
from support.histories import one_pass, random_log, scores_of
from support.laws import histories
from support.winner_view import CONTRIBUTIONS, SCORES, tables, warm_instance


def fold_log(seed: int, faults: Faults, events: int = 60, instances: int = 3) -> None:
    """Fold a random log through a world of faults, and hold all that it leaves against the log."""
    random = Random(seed)  # noqa: S311 - a seed is a history
    stream = random_log(random, events, products=4, people=4, reshards=random.randrange(4))
    world, dynamodb, s3 = World(stream, random, faults), tables(), FakeS3()
    world.handlers = [
        warm_instance(FaultyClient(dynamodb, world), FaultyClient(s3, world)) for _ in range(instances)
    ]
    world.run()
    assert scores_of(dynamodb.items[SCORES]) == one_pass(stream.records)
    assert quarantined(s3) == garbage(stream.records)
    assert set(dynamodb.items[CONTRIBUTIONS]) == {
        (record.partition_key,) for record in stream.records if b'"com.nordstrom/product/' in record.payload
    }


def quarantined(s3: FakeS3) -> set[str]:
    bodies = [json.loads(body) for body in s3.objects.values()]
    return {record["sequenceNumber"] for body in bodies for record in body["records"]}


def garbage(records: Iterable[LogRecord]) -> set[str]:
    return {record.sequence_number for record in records if b"com.nordstrom" not in record.payload}


@given(cuts=st.lists(st.integers(1, 6), max_size=30), seed=seeds)
def test_the_verdict_on_a_sale_does_not_depend_on_how_the_batches_are_cut(cuts: list[int], seed: int) -> None:
    random = Random(seed)  # noqa: S311 - a seed is a history
    sales = [
        tally.SequencedEvent(number, sale(random.choice((None, "a", "b", "c", "d", "e", "f"))))
        for number in range(1, 61)
    ]
    whole = ledger.judge_entries(ledger.NO_ITEM, sales, ring_size=3)
    state, counted, rest = ledger.NO_ITEM, list[tally.SequencedEvent](), sales
    for size in [*cuts, len(sales)]:
        verdict = ledger.judge_entries(state, rest[:size], ring_size=3)
        counted, rest, state = [*counted, *verdict.entries], rest[size:], verdict.after or state
    assert (counted, state) == (list(whole.entries), whole.after)


def sale(event_id: str | None) -> Event:
    return Event(PRODUCT_PURCHASE, "cy", "Cy", {"id": "product-1"}, "2026-11-22T00:00:00Z", event_id)


@given(seed=seeds)
@settings(max_examples=50)
def test_every_sale_counts_once_however_the_batches_are_cut(seed: int) -> None:
    fold_log(seed, Faults())


@pytest.mark.slow
@given(seed=seeds, faults=faults)
@settings(max_examples=50)
def test_every_sale_counts_once_through_failures_zombies_and_resharding(seed: int, faults: Faults) -> None:
    fold_log(seed, faults)


@pytest.mark.slow
@given(seed=seeds, faults=faults)
@histories(2000)
def test_every_sale_counts_once_in_thousands_of_histories(seed: int, faults: Faults) -> None:
    fold_log(seed, faults, events=90, instances=4)


def take_a_cold_cache_for_an_empty_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "IF_NO_ITEM", "attribute_not_exists(#watermark)")  # against rule 12


def keep_a_ledger_before_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    update = store.WinnerViewStore._update

    def hasty(self: store.WinnerViewStore, shard_id: str, key: Any, *rest: Any) -> Any:
        self._ledgers[shard_id, *key] = rest[2]
        return update(self, shard_id, key, *rest)

    monkeypatch.setattr(store.WinnerViewStore, "_update", hasty)  # against rule 11


def keep_one_ledger_for_all_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    credit = store.WinnerViewStore._credit

    class OneShard(dict[Any, Any]):
        def get(self, key: Any, default: Any = None) -> Any:
            return super().get(key[1:], default)

        def __setitem__(self, key: Any, value: Any) -> None:
            super().__setitem__(key[1:], value)

    def shared(self: store.WinnerViewStore, *arguments: Any) -> Applied:
        if not isinstance(self._ledgers, OneShard):
            self._ledgers = OneShard()
        return credit(self, *arguments)

    monkeypatch.setattr(store.WinnerViewStore, "_credit", shared)  # against rule 11


def believe_that_no_photographer_will_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally.Facts, "settled", property(lambda facts: True))  # against rule 3


def read_eventually_consistently(monkeypatch: pytest.MonkeyPatch) -> None:
    read = FakeDynamoDB.batch_get_item

    def stale(self: FakeDynamoDB, *, RequestItems: dict[str, Any], **request: Any) -> dict[str, Any]:
        weaker = {table: keys | {"ConsistentRead": False} for table, keys in RequestItems.items()}
        return read(self, RequestItems=weaker, **request)

    monkeypatch.setattr(FakeDynamoDB, "batch_get_item", stale)  # against rule 3


def credit_what_lies_behind_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    credit = tally.assign_credits

    def all_decided(
        entries: Iterable[tally.SequencedEvent], facts: dict[str, tally.Facts], cut: int | None
    ) -> Any:
        del cut
        return credit([entry for entry in entries if entry.product_id in facts], facts, None)

    monkeypatch.setattr(tally, "assign_credits", all_decided)  # against rule 5


def pay_photographers_for_what_was_sold_before(monkeypatch: pytest.MonkeyPatch) -> None:
    def always(sequence: int, facts: tally.Facts) -> Any:
        del sequence
        photographer = facts.creator if facts.creator.user_id == UNKNOWN else facts.photographer
        return ((CREATOR, facts.creator), *([(PHOTOGRAPHER, photographer)] if photographer else []))

    monkeypatch.setattr(tally, "list_earners", always)  # against rule 4


def take_an_unknown_outcome_for_success(monkeypatch: pytest.MonkeyPatch) -> None:
    credit = store.WinnerViewStore._credit

    def hopeful(*arguments: Any) -> Applied:
        return replace(credit(*arguments), unapplied=None)

    monkeypatch.setattr(store.WinnerViewStore, "_credit", hopeful)  # against rule 7


NOTICED_FIRST = {"read_eventually_consistently": 161}
"""The seed that notices a broken rule, where the search for it is long: a hint that may be out of date."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "break_a_rule",
    [
        write_whatever_the_item_has_taken_meanwhile,
        ask_only_that_the_watermark_is_lower,
        take_a_cold_cache_for_an_empty_ring,
        forget_what_the_parents_counted,
        keep_a_ledger_before_its_answer,
        keep_one_ledger_for_all_shards,
        let_every_repeat_count,
        believe_that_no_photographer_will_come,
        read_eventually_consistently,
        credit_what_lies_behind_a_failure,
        pay_photographers_for_what_was_sold_before,
        take_an_unknown_outcome_for_success,
    ],
)
def test_the_law_notices_a_broken_rule(
    break_a_rule: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_a_rule(monkeypatch)
    first = NOTICED_FIRST.get(break_a_rule.__name__, 0)
    assert any(goes_wrong(seed) for seed in (first, *range(400)))


def goes_wrong(seed: int) -> bool:
    try:
        fold_log(seed, ROUGH)
    except AssertionError:
        return True
    return False
