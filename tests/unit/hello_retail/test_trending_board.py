"""What trends, in which order, and with which scores."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hello_retail.http_api.parameters import MAX_LIMIT
from hello_retail.read_models.trending import add_sale
from hello_retail.trending_api.board import TrendingProduct, rank_products

HALF_LIFE = 3600.0
NOW = 1_763_802_000.0
"""A whole half-life's minute, so that scores are as of this very moment."""


def sold(product_id: str, *ages: float) -> TrendingProduct:
    """Return a product that was sold once for each age, in half-lives before now."""
    weight = None
    for age in sorted(ages, reverse=True):
        weight = add_sale(weight, NOW - age * HALF_LIFE, HALF_LIFE)
    assert weight
    return TrendingProduct(product_id, weight)


def shown(products: Sequence[TrendingProduct], now: float = NOW) -> list[tuple[int, str, float]]:
    return [(line.rank, line.product_id, line.score) for line in rank_products(products, now, HALF_LIFE)]


def test_one_sale_now_is_worth_two_of_a_half_life_ago() -> None:
    assert shown([sold("old", 1, 1), sold("new", 0)]) == [(1, "new", 1.0), (2, "old", 1.0)]


def test_few_new_sales_go_before_many_old_ones() -> None:
    assert shown([sold("old", *[5] * 20), sold("new", 0)]) == [(1, "new", 1.0), (2, "old", 0.625)]


def test_ties_go_by_product_id() -> None:
    assert [line[1] for line in shown([sold(name, 0, 1) for name in "cab"])] == ["a", "b", "c"]


def test_time_alone_lowers_scores_and_changes_no_order() -> None:
    products = [sold("a", 0, 0.5), sold("b", 0.1), sold("c", 2, 2, 2)]
    now, later = shown(products), shown(products, NOW + 3 * HALF_LIFE)

    assert [line[:2] for line in later] == [line[:2] for line in now]
    assert [line[2] for line in later] == pytest.approx([line[2] / 8 for line in now], abs=0.0006)


def test_what_rounds_to_nothing_is_no_trend() -> None:
    assert shown([sold("forgotten", 11), sold("remembered", 10)]) == [(1, "remembered", 0.001)]


def test_scores_stay_for_a_sixtieth_of_the_half_life_and_never_say_more_than_was_sold() -> None:
    products = [sold("a", 0)]

    assert shown(products, NOW + 1) == shown(products, NOW + 60) != shown(products, NOW + 61)
    assert shown(products, NOW + 1)[0][2] <= 1


def test_the_best_hundred_are_kept() -> None:
    products = [sold(f"product-{number:03}", *[0] * (number + 1)) for number in range(MAX_LIMIT + 20)]

    best = shown(products)

    assert [line[0] for line in best] == list(range(1, MAX_LIMIT + 1))
    assert best[0] == (1, f"product-{MAX_LIMIT + 19:03}", MAX_LIMIT + 20)
