"""The law of the catalog: whatever happens between log and view, the shop is what one pass over the log says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from hello_retail.shop_view import shelf, store
from support.broken_ledgers import (
    ask_only_that_the_watermark_is_lower,
    forget_what_the_parents_counted,
    let_every_repeat_count,
    write_whatever_the_item_has_taken_meanwhile,
)
from support.event_source import Faults, FaultyClient, Stream, World
from support.fake_aws import FakeDynamoDB
from support.faults import ROUGH, conflicting, seeds
from support.laws import histories
from support.shop import (
    CATALOG,
    CATEGORIES,
    STOCK,
    Shop,
    one_pass,
    random_shop_log,
    read_shop,
    tables,
    warm_instance,
)

ROUGH_WITH_CONFLICTS = replace(ROUGH, conflict=0.1)


def deliver(stream: Stream, random: Random, faults: Faults, dynamodb: FakeDynamoDB, instances: int) -> None:
    """Fold a log into the tables through a world of faults, from its beginning."""
    for shard in stream.shards.values():
        shard.position, shard.running, shard.most = 0, None, None
    world = World(stream, random, faults)
    world.handlers = [warm_instance(FaultyClient(dynamodb, world)) for _ in range(instances)]
    world.run()


def fold_log(seed: int, faults: Faults, events: int = 60, instances: int = 3) -> None:
    """Fold a random log through a world of faults; hold the tables against the log and against a second fold."""
    random = Random(seed)  # noqa: S311 - a seed is a history
    stream = random_shop_log(random, events, products=4, reshards=random.randrange(4))
    dynamodb = tables()
    deliver(stream, random, faults, dynamodb, instances)
    expected = one_pass(stream.records)
    assert read_shop(dynamodb) == expected

    anew = tables()
    anew.items[STOCK] = {key: dict(item) for key, item in dynamodb.items[STOCK].items()}
    deliver(stream, random, Faults(), anew, instances=1)
    assert read_shop(anew) == expected, "a generation that folds anew takes nothing into the stock twice"
    for table in (CATALOG, CATEGORIES):
        assert anew.items[table] == dynamodb.items[table], (
            "item by item, ledgers too, however the batches are cut"
        )


@given(seed=seeds)
@settings(max_examples=50)
def test_the_shop_is_what_the_log_says_however_the_batches_are_cut(seed: int) -> None:
    fold_log(seed, Faults())


@pytest.mark.slow
@given(seed=seeds, faults=conflicting)
@settings(max_examples=50)
def test_the_shop_is_what_the_log_says_through_failures_zombies_and_conflicts(
    seed: int, faults: Faults
) -> None:
    fold_log(seed, faults)


@pytest.mark.slow
@given(seed=seeds, faults=conflicting)
@histories(3000)
def test_the_shop_is_what_the_log_says_in_many_histories(seed: int, faults: Faults) -> None:
    fold_log(seed, faults, events=90, instances=4)


def count_products(products: Mapping[str, Mapping[str, Any]]) -> Counter[str]:
    """Return how many products each category has, by the products themselves."""
    return Counter(item["category"] for item in products.values() if "category" in item)


@pytest.mark.slow
@given(seed=seeds, faults=conflicting)
@settings(max_examples=100)
def test_categories_are_counted_exactly_also_where_a_product_comes_over_several_shards(
    seed: int, faults: Faults
) -> None:
    """Then the order of its events is nobody's to say; but no product is half, and no count is wrong."""
    random = Random(seed)  # noqa: S311 - a seed is a history
    stream = random_shop_log(random, 60, products=2, reshards=4, scattered=True)
    dynamodb = tables()
    deliver(stream, random, faults, dynamodb, instances=3)

    shop = read_shop(dynamodb)

    assert +Counter(shop.categories) == count_products(shop.products)
    assert min(shop.categories.values(), default=0) >= 0
    assert all(("category" in item) is ("merchant" in item) for item in shop.products.values())


def count_apart_from_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_by_one(self: FaultyClient, *, TransactItems: list[Any], ReturnConsumedCapacity: str) -> Any:
        for each in TransactItems:
            self.update_item(**each["Update"])
        return {"ConsumedCapacity": []}

    monkeypatch.setattr(FaultyClient, "transact_write_items", one_by_one, raising=False)


def put_all_moves_of_a_batch_into_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = shelf.plan_step

    def whole(product: Any, entries: Any, ring_size: int) -> Any:
        step = plan(product, entries, ring_size)
        while step.after is not None and step.after.ledger.last != entries[-1].sequence:
            further = plan(step.after, entries, ring_size)
            step = replace(further, changes={**step.changes, **further.changes}, moves=True)
        return step

    monkeypatch.setattr(store, "plan_step", whole)


def take_stock_that_came_before_the_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf.Offer, "precedes", lambda *_: True)


def let_the_last_picture_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = shelf.plan_step

    def unpictured(product: Any, entries: Any, ring_size: int) -> Any:
        return plan(replace(product, pictured=False), entries, ring_size)

    monkeypatch.setattr(store, "plan_step", unpictured)
    monkeypatch.setattr(store, "IF_NOT_PICTURED", "attribute_exists(productId)")


def skip_the_read_of_what_was_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    read = store.ShopViewStore._read_products

    def careless(self: store.ShopViewStore, shard_id: str, folds: Any, usage: Any) -> Any:
        known = {key for key in self._products if key[0] == shard_id}
        wanted = list(folds)
        unknown = [fold for fold in wanted if (shard_id, fold.product_id) not in known]
        found = read(self, shard_id, unknown, usage)
        return [*found, *(fold for fold in wanted if (shard_id, fold.product_id) in known)]

    monkeypatch.setattr(store.ShopViewStore, "_read_products", careless)


def take_a_failed_write_for_done(monkeypatch: pytest.MonkeyPatch) -> None:
    shelve = store.ShopViewStore._shelve

    def hopeful(self: Any, shard_id: str, fold: Any, usage: Any, *, in_turn: bool) -> None:
        shelve(self, shard_id, fold, usage, in_turn=in_turn)
        if not fold.waits:
            fold.entries = []

    monkeypatch.setattr(store.ShopViewStore, "_shelve", hopeful)


def keep_a_product_before_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    write = store.ShopViewStore._write_step

    def hasty(self: Any, shard_id: str, product_id: str, before: Any, step: Any, usage: Any) -> None:
        self._products[shard_id, product_id] = step.after
        write(self, shard_id, product_id, before, step, usage)

    monkeypatch.setattr(store.ShopViewStore, "_write_step", hasty)


@pytest.mark.slow
@pytest.mark.parametrize(
    "break_a_rule",
    [
        write_whatever_the_item_has_taken_meanwhile,
        ask_only_that_the_watermark_is_lower,
        forget_what_the_parents_counted,
        let_every_repeat_count,
        count_apart_from_the_product,
        put_all_moves_of_a_batch_into_one_step,
        take_stock_that_came_before_the_offer,
        let_the_last_picture_stay,
        skip_the_read_of_what_was_not_offered,
        take_a_failed_write_for_done,
        keep_a_product_before_its_answer,
    ],
)
def test_the_law_notices_a_broken_rule(
    break_a_rule: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_a_rule(monkeypatch)
    assert any(goes_wrong(seed) for seed in range(400))


def goes_wrong(seed: int) -> bool:
    try:
        fold_log(seed, ROUGH_WITH_CONFLICTS)
    except AssertionError:
        return True
    return False


def test_the_model_tells_two_shops_apart() -> None:
    assert Shop(stock=one_pass([]).stock) == one_pass([])
