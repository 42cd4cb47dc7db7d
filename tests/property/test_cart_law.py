"""The law of the carts: whatever happens between log and table, each event counts once in its owner's cart."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from hello_retail.shop_view import carts
from support.broken_ledgers import (
    ask_only_that_the_watermark_is_lower,
    forget_what_the_parents_counted,
    let_every_repeat_count,
    write_whatever_the_item_has_taken_meanwhile,
)
from support.carts import (
    CUSTOMERS,
    PRODUCTS,
    CartLog,
    count_in_any_order,
    count_in_order,
    read_carts,
)
from support.event_source import Faults, FaultyClient, LogRecord, Stream, World, kinesis_event
from support.events import cart, payload
from support.fake_aws import FakeDynamoDB
from support.faults import ROUGH, conflicting, seeds
from support.laws import histories
from support.shop import CARTS, tables, warm_instance

BEGIN = 50
"""How many there are in each line before customers only add and order: neither 0 nor 99 is ever reached."""


def deliver(stream: Stream, random: Random, faults: Faults, dynamodb: FakeDynamoDB) -> None:
    """Fold a log into the table through a world of faults, from its beginning; then again without any."""
    world = World(stream, random, faults)
    world.handlers = [warm_instance(FaultyClient(dynamodb, world)) for _ in range(3)]
    world.run()

    folded = {line: dict(item) for line, item in dynamodb.items[CARTS].items()}
    for shard in stream.shards.values():
        shard.position, shard.running, shard.most = 0, None, None
    world = World(stream, random, Faults())
    world.handlers = [warm_instance(FaultyClient(dynamodb, world))]
    world.run()
    assert dynamodb.items[CARTS] == folded, "a new generation changes no cart"


def fold_in_order(seed: int, faults: Faults, events: int = 60) -> None:
    random = Random(seed)  # noqa: S311 - a seed is a history
    stream = CartLog(random, one_key=True).fill_stream(events, reshards=random.randrange(4))
    dynamodb = tables()
    deliver(stream, random, faults, dynamodb)
    assert read_carts(dynamodb) == count_in_order(stream.records)


def fold_moves(seed: int, faults: Faults, events: int = 60) -> None:
    random = Random(seed)  # noqa: S311 - a seed is a history
    stream = CartLog(random, only_moves=True).fill_stream(events, reshards=random.randrange(4))
    dynamodb = tables()
    begin = [payload(cart("set", product, user, BEGIN)) for user in CUSTOMERS for product in PRODUCTS]
    records = [LogRecord("shardId-000000000999", str(n), "k", each) for n, each in enumerate(begin)]
    warm_instance(dynamodb)(kinesis_event(records))
    deliver(stream, random, faults, dynamodb)
    moved = count_in_order(stream.records, BEGIN)
    assert read_carts(dynamodb) == {
        (user, product): moved.get((user, product), BEGIN) for user in CUSTOMERS for product in PRODUCTS
    }


@given(seed=seeds)
@settings(max_examples=50)
def test_a_cart_is_what_its_owner_did_however_the_batches_are_cut(seed: int) -> None:
    fold_in_order(seed, Faults())


@pytest.mark.slow
@given(seed=seeds, faults=conflicting)
@settings(max_examples=50)
def test_a_cart_is_what_its_owner_did_through_failures_and_zombies(seed: int, faults: Faults) -> None:
    fold_in_order(seed, faults)


@pytest.mark.slow
@given(seed=seeds, faults=conflicting)
@settings(max_examples=50)
def test_what_comes_over_two_shards_at_once_counts_once(seed: int, faults: Faults) -> None:
    fold_moves(seed, faults)


@pytest.mark.slow
@given(seed=seeds, faults=conflicting)
@settings(max_examples=50)
def test_a_cart_is_what_its_two_shards_say_in_some_order(seed: int, faults: Faults) -> None:
    random = Random(seed)  # noqa: S311 - a seed is a history
    stream = CartLog(random).fill_stream(60, reshards=random.randrange(4))
    dynamodb = tables()
    deliver(stream, random, faults, dynamodb)

    possible, found = count_in_any_order(stream.records), read_carts(dynamodb)

    assert found.keys() == possible.keys()
    assert [line for line, quantity in found.items() if quantity not in possible[line]] == []


@pytest.mark.slow
@given(seed=seeds, faults=conflicting)
@histories(2000)
def test_a_cart_is_what_its_owner_did_in_many_histories(seed: int, faults: Faults) -> None:
    fold_in_order(seed, faults, events=90)
    fold_moves(seed, faults, events=90)


def forget_what_another_shard_made_of_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carts, "IF_SAME_QUANTITY", "attribute_exists(quantity)")


def take_a_failed_write_for_done(monkeypatch: pytest.MonkeyPatch) -> None:
    fold = carts.CartStore._fold_line

    def hopeful(self: Any, shard_id: str, line: Any, usage: Any) -> None:
        fold(self, shard_id, line, usage)
        line.entries = []

    monkeypatch.setattr(carts.CartStore, "_fold_line", hopeful)


def keep_a_line_before_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    build = carts.CartStore._build_update

    def hasty(self: Any, shard_id: str, fold: Any, before: Any, step: Any) -> Any:
        self._lines[shard_id, fold.user_id, fold.product_id] = step.after
        return build(self, shard_id, fold, before, step)

    monkeypatch.setattr(carts.CartStore, "_build_update", hasty)


@pytest.mark.slow
@pytest.mark.parametrize(
    "break_a_rule",
    [
        write_whatever_the_item_has_taken_meanwhile,
        ask_only_that_the_watermark_is_lower,
        forget_what_the_parents_counted,
        let_every_repeat_count,
        forget_what_another_shard_made_of_the_line,
        take_a_failed_write_for_done,
        keep_a_line_before_its_answer,
    ],
)
def test_the_law_notices_a_broken_rule(
    break_a_rule: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_a_rule(monkeypatch)
    assert any(goes_wrong(seed) for seed in range(400))


def goes_wrong(seed: int) -> bool:
    try:
        fold_in_order(seed, ROUGH)
        fold_moves(seed, ROUGH)
    except AssertionError:
        return True
    return False
