"""The law of trending: whatever happens between log and view, every sale weighs once, by its age alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hello_retail.read_models.trending import Weight, add_sale, compute_score
from hello_retail.stream_consumer.answer import Applied
from hello_retail.trending_view import store, trend
from support.broken_ledgers import (
    ask_only_that_the_watermark_is_lower,
    forget_what_the_parents_counted,
    let_every_repeat_count,
    write_whatever_the_item_has_taken_meanwhile,
)
from support.event_source import Faults, FaultyClient, World
from support.faults import ROUGH, faults, seeds
from support.histories import random_log
from support.laws import histories
from support.trending import (
    HALF_LIFE,
    TRENDING,
    random_arrivals,
    sales,
    table,
    warm_instance,
    weighted,
    weights,
)

times = st.lists(st.floats(0, 4e9, allow_nan=False).map(lambda time: round(time, 3)), min_size=1, max_size=40)


def summed(arrivals: list[float]) -> Weight:
    weight = None
    for arrival in arrivals:
        weight = add_sale(weight, arrival, HALF_LIFE)
    assert weight
    return weight


def fold_log(seed: int, faults: Faults, events: int = 60, instances: int = 3) -> None:
    """Fold a random log through a world of faults, and hold the view against the log."""
    random = Random(seed)  # noqa: S311 - a seed is a history
    stream = random_log(random, events, products=4, people=4, reshards=random.randrange(4))
    arrivals = random_arrivals(random, stream.records)
    world, dynamodb = World(stream, random, faults), table()
    world.handlers = [warm_instance(FaultyClient(dynamodb, world), arrivals) for _ in range(instances)]
    world.run()
    found, sold = weights(dynamodb.items[TRENDING]), sales(stream.records, arrivals)
    assert set(found) == set(sold)
    for product, its_sales in sold.items():
        moment = max(its_sales)
        assert compute_score(found[product], moment, HALF_LIFE) == pytest.approx(
            weighted(its_sales, moment), rel=1e-9
        )
        assert found[product] == summed(its_sales), "to the last bit, however it was folded"


@given(seed=seeds)
@settings(max_examples=50)
def test_every_sale_weighs_once_however_the_batches_are_cut(seed: int) -> None:
    fold_log(seed, Faults())


@given(seed=seeds, faults=faults)
@settings(max_examples=50)
def test_every_sale_weighs_once_through_failures_zombies_and_resharding(seed: int, faults: Faults) -> None:
    fold_log(seed, faults)


@pytest.mark.slow
@given(seed=seeds, faults=faults)
@histories(1600)
def test_every_sale_weighs_once_in_many_histories(seed: int, faults: Faults) -> None:
    fold_log(seed, faults, events=90, instances=4)


@given(arrivals=times, later=st.floats(0, 4e9))
def test_a_weight_is_worth_what_its_sales_are_by_their_age(arrivals: list[float], later: float) -> None:
    moment = max(arrivals) + later
    assert compute_score(summed(arrivals), moment, HALF_LIFE) == pytest.approx(
        weighted(arrivals, moment), rel=1e-9, abs=1e-300
    )


@given(one=times, other=times, later=st.floats(0, 1e6))
def test_the_order_of_two_weights_is_that_of_their_worth_at_any_moment(
    one: list[float], other: list[float], later: float
) -> None:
    moment = max(*one, *other) + later
    first, second = weighted(one, moment), weighted(other, moment)
    if first > second * (1 + 1e-9):
        assert summed(one).order > summed(other).order


@given(arrivals=times)
def test_a_weight_never_overflows_nor_vanishes(arrivals: list[float]) -> None:
    weight = summed(arrivals)
    assert 1 <= weight.mantissa <= 2 * len(arrivals)


@given(old=times)
def test_what_may_be_forgotten_weighs_nothing_beside_a_new_sale(old: list[float]) -> None:
    new = max(old) + trend.FORGOTTEN * HALF_LIFE
    assert add_sale(summed(old), new, HALF_LIFE) == add_sale(None, new, HALF_LIFE)


def write_whatever_the_product_has_become(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "IF_THE_SAME", "")
    write_whatever_the_item_has_taken_meanwhile(monkeypatch)


def ask_only_that_the_products_watermark_is_lower(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "IF_THE_SAME", "")
    ask_only_that_the_watermark_is_lower(monkeypatch)


def keep_a_standing_before_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    update = store.TrendingViewStore._update

    def hasty(self: store.TrendingViewStore, shard_id: str, product_id: str, before: Any, after: Any) -> Any:
        self._standings[shard_id, product_id] = after
        return update(self, shard_id, product_id, before, after)

    monkeypatch.setattr(store.TrendingViewStore, "_update", hasty)


def take_an_unknown_outcome_for_success(monkeypatch: pytest.MonkeyPatch) -> None:
    fold = store.TrendingViewStore._fold

    def hopeful(*arguments: Any) -> Applied:
        return replace(fold(*arguments), unapplied=None)

    monkeypatch.setattr(store.TrendingViewStore, "_fold", hopeful)


def weigh_all_sales_of_a_batch_by_its_last(monkeypatch: pytest.MonkeyPatch) -> None:
    folded = trend.fold_sales

    def by_the_last(standing: Any, sales: Any, rule: Any) -> Any:
        return folded(standing, [replace(sale, arrival=sales[-1].arrival) for sale in sales], rule)

    monkeypatch.setattr(store, "fold_sales", by_the_last)


@pytest.mark.slow
@pytest.mark.parametrize(
    "break_a_rule",
    [
        write_whatever_the_product_has_become,
        ask_only_that_the_products_watermark_is_lower,
        forget_what_the_parents_counted,
        let_every_repeat_count,
        keep_a_standing_before_its_answer,
        take_an_unknown_outcome_for_success,
        weigh_all_sales_of_a_batch_by_its_last,
    ],
)
def test_the_law_notices_a_broken_rule(
    break_a_rule: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_a_rule(monkeypatch)
    assert any(goes_wrong(seed) for seed in range(400))


def goes_wrong(seed: int) -> bool:
    try:
        fold_log(seed, ROUGH)
    except AssertionError:
        return True
    return False
