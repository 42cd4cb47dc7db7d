"""A product's standing, and how a batch of sales changes it.

Sales are folded one by one in the order of their shard, by the time at which the log took them. So the outcome
depends on the log alone: not on the clock, not on how its batches were cut, not on when it is folded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from hello_retail.events import Event
from hello_retail.read_models.trending import Weight, add_sale
from hello_retail.stream_consumer import ledger as ledgers
from hello_retail.stream_consumer.ledger import NO_ITEM, Ledger

FORGOTTEN = 100
"""Half-lives after which a sale weighs nothing beside a new one: 2**-100 of it, far beyond a float's 53 bits."""


@dataclass(frozen=True, slots=True)
class TrendingSale:
    """A sale; ``arrival`` is in seconds since the epoch."""

    sequence: int
    event: Event
    arrival: float


@dataclass(frozen=True, slots=True)
class Rule:
    """How sales are weighed.

    It is the half-life in seconds, and how much is remembered of the last ones.

    ``kept_seconds`` is how long a product is kept at least: as long as the log could deliver its sales again.
    """

    half_life: float
    recent_events: int
    kept_seconds: float


@dataclass(frozen=True, slots=True)
class Standing:
    """A product's item in the table.

    It says what it has taken from the log, the weight of that, and when it may go (Unix seconds).
    """

    ledger: Ledger = NO_ITEM
    weight: Weight | None = None
    expires: int = 0


@dataclass(frozen=True, slots=True)
class TrendingOutcome:
    """What becomes of a batch's sales of one product.

    ``after`` is ``None`` where there is nothing to write.
    """

    counted: int
    repeats: int
    redelivered: int
    after: Standing | None


def fold_sales(standing: Standing, sales: Sequence[TrendingSale], rule: Rule) -> TrendingOutcome:
    """Return a product's standing after the ordered sales of one shard."""
    verdict = ledgers.judge_entries(standing.ledger, sales, rule.recent_events)
    if verdict.after is None:
        return TrendingOutcome(0, 0, verdict.delivered, None)
    weight = standing.weight
    for sale in verdict.entries:
        weight = add_sale(weight, sale.arrival, rule.half_life)
    newest = max(sale.arrival for sale in sales)
    expires = max(standing.expires, ceil(newest + FORGOTTEN * rule.half_life + rule.kept_seconds))
    after = Standing(verdict.after, weight, expires)
    return TrendingOutcome(verdict.counted, verdict.repeats, verdict.delivered, after)
