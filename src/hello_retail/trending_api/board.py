"""Ranks trending products: pure functions, without AWS or HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nlargest
from math import ceil
from typing import TYPE_CHECKING

from hello_retail.http_api.parameters import MAX_LIMIT
from hello_retail.read_models.trending import Weight, compute_score

if TYPE_CHECKING:
    from collections.abc import Iterable

STEPS = 60
"""Parts of a half-life in which the shown scores stay: so long a client's copy holds while nothing is sold."""
DIGITS = 3
"""Decimals of a shown score; what rounds to nothing is no trend and is left out."""


@dataclass(frozen=True, slots=True)
class TrendingProduct:
    """A product and the weight of its sales."""

    product_id: str
    weight: Weight


@dataclass(frozen=True, slots=True)
class RankedProduct:
    """A line of the answer.

    ``score`` is in sales of this moment: one sold a half-life ago counts a half.
    """

    rank: int
    product_id: str
    score: float

    def as_json(self) -> dict[str, str | int | float]:
        """Return the object that the API answers."""
        return {"rank": self.rank, "productId": self.product_id, "score": self.score}


def rank_products(
    products: Iterable[TrendingProduct], now: float, half_life: float
) -> tuple[RankedProduct, ...]:
    """Return the ``MAX_LIMIT`` products that trend most, highest first.

    Ties go by product id, ranks from 1 without gaps.

    ``now`` is in seconds since the epoch, ``half_life`` in seconds. Scores are as of the end of the running step
    (:data:`STEPS`), so no sale counts more than one.
    """
    step = half_life / STEPS
    moment = ceil(now / step) * step
    by_id = sorted(products, key=lambda product: product.product_id)
    best = nlargest(MAX_LIMIT, by_id, key=lambda product: product.weight.order)
    scored = (
        (product.product_id, round(compute_score(product.weight, moment, half_life), DIGITS))
        for product in best
    )
    shown = ((product_id, score) for product_id, score in scored if score > 0)
    return tuple(
        RankedProduct(rank, product_id, score) for rank, (product_id, score) in enumerate(shown, start=1)
    )
