"""What customers put in their carts and order, from a seed."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from retailctl.errors import UserError
from retailctl.simulation.baskets import FEWEST, MOST, Basket, Baskets
from retailctl.simulation.habits import OrderHabits, Purchase
from retailctl.simulation.lanes import CART_ADD, SALE, build_submissions
from retailctl.simulation.workshop import Workshop

if TYPE_CHECKING:
    from retailctl.stream.log_file import LogEntry

DAY = list(Workshop(1, products=20, people=6).generate_shop_day(600))


def schema_of(entry: LogEntry) -> str:
    return str(json.loads(entry.data)["data"]["schema"])


def play(habits: OrderHabits | None = None, seed: int = 1) -> tuple[list[LogEntry], list[Basket]]:
    baskets = Baskets(seed, habits or OrderHabits())
    taken = [baskets.take_entry(entry) for entry in DAY]
    return [entry for entry, _ in taken], [full for _, full in taken if full] + list(baskets.finish())


def test_each_sale_becomes_an_addition_to_its_buyers_cart_and_nothing_else_changes() -> None:
    sent, _ = play()

    assert len(sent) == len(DAY)
    for before, after in zip(DAY, sent, strict=True):
        if schema_of(before) == SALE:
            assert schema_of(after) == CART_ADD
            (bought,), (put,) = build_submissions([before], "r"), build_submissions([after], "r")
            assert (put.person, put.product, put.key) == (bought.person, bought.product, bought.key)
            assert put.is_sale
        else:
            assert after == before


def test_everything_in_the_carts_is_ordered_once() -> None:
    _, baskets = play()
    bought = Counter(
        (submission.person, submission.product)
        for submission in build_submissions(DAY, "r")
        if submission.data["schema"] == SALE
    )

    ordered: Counter[tuple[str, str]] = Counter()
    for basket in baskets:
        ordered.update({(basket.person, product): number for product, number in basket.quantities.items()})
    assert ordered == bought
    sizes = [sum(basket.quantities.values()) for basket in baskets]
    assert max(sizes) <= MOST
    assert sum(size < FEWEST for size in sizes) <= 6  # what was left at the end
    assert {basket.purchase for basket in baskets} == {Purchase.PLAIN}


def test_the_same_seed_makes_the_same_orders() -> None:
    habits = OrderHabits(decline=0.2, flaky=0.2, changed_price=0.2, out_of_stock=0.2)

    assert play(habits)[1] == play(habits)[1]
    assert play(habits)[1] != play(habits, seed=2)[1]
    assert {basket.purchase for basket in play(habits)[1]} == set(Purchase)


def test_who_wants_too_much_wants_one_more_than_was_ever_added() -> None:
    added: Counter[str] = Counter()
    for entry in DAY:
        data = json.loads(entry.data)["data"]
        added[data["id"]] += data.get("added", 0)

    _, baskets = play(OrderHabits(out_of_stock=1))

    greedy = [basket for basket in baskets if basket.purchase is Purchase.OUT_OF_STOCK]
    assert greedy
    for basket in greedy:
        assert any(quantity > added[product] for product, quantity in basket.quantities.items())
    assert all(quantity <= 99 for basket in baskets for quantity in basket.quantities.values())


def test_shares_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(
        UserError, match="--decline, --flaky, --changed-price, --out-of-stock are shares of the ord"
    ):
        OrderHabits(decline=0.6, out_of_stock=0.6)
