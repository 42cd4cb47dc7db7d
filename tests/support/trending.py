"""The trending view over fakes: its real code from Lambda's event to its answer, with any number of instances."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from math import fsum
from random import Random
from typing import Any

from hello_retail.read_models.trending import Weight
from hello_retail.trending_view.batch import decode_batch
from hello_retail.trending_view.handler import fold_batch
from hello_retail.trending_view.store import TrendingViewStore
from hello_retail.trending_view.trend import Rule
from support.event_source import LogRecord
from support.fake_aws import FakeDynamoDB
from support.stepping import InlineExecutor

TRENDING = "trending"
HALF_LIFE = 3600.0
RULE = Rule(half_life=HALF_LIFE, recent_events=16, kept_seconds=48 * 3600.0)
EPOCH = 1_763_800_000.0

Arrivals = Mapping[str, float]
"""When the log took each record, in seconds since the epoch, by sequence number."""


def table() -> FakeDynamoDB:
    return FakeDynamoDB({TRENDING: ("productId",)})


def warm_instance(dynamodb: Any, arrivals: Arrivals) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """Return a handler with a cache of its own, as a warm instance of the function has."""
    view = TrendingViewStore(dynamodb, InlineExecutor(), table=TRENDING, rule=RULE)

    def handler(event: Mapping[str, Any]) -> Mapping[str, Any]:
        for record in event["Records"]:
            kinesis = record["kinesis"]
            kinesis["approximateArrivalTimestamp"] = arrivals[kinesis["sequenceNumber"]]
        return fold_batch(decode_batch(event), view)

    return handler


def random_arrivals(random: Random, records: Sequence[LogRecord]) -> dict[str, float]:
    """Return arrivals that mostly grow: by moments, now and then by days, and sometimes a little backwards."""
    arrivals, now = {}, EPOCH
    for record in records:
        now += random.choice((0.0, 0.001, 1.5, 60.0, 3599.999, -0.25, 86_400.0 * random.randrange(1, 40)))
        arrivals[record.sequence_number] = round(now, 3)
    return arrivals


def sales(records: Sequence[LogRecord], arrivals: Arrivals) -> dict[str, list[float]]:
    """Return when each product was sold, in one pass over a log and with nothing of our own code.

    What a producer put twice counts where it came first.
    """
    seen: set[tuple[str, str]] = set()
    found: defaultdict[str, list[float]] = defaultdict(list)
    for record in records:
        try:
            event = json.loads(record.payload)
            kind, product = event["data"]["schema"], event["data"]["id"]
        except (ValueError, TypeError, KeyError):
            continue
        sale = (product, event.get("eventId") or record.sequence_number)
        if kind == "com.nordstrom/product/purchase/1-0-0" and sale not in seen:
            seen.add(sale)
            found[product].append(arrivals[record.sequence_number])
    return dict(found)


def weighted(times: Sequence[float], moment: float) -> float:
    """Return the sales weighted by their age as of ``moment``, straight from the definition."""
    return fsum(0.5 ** ((moment - time) / HALF_LIFE) for time in times)


def weights(items: Mapping[tuple[str, ...], Mapping[str, Mapping[str, str]]]) -> dict[str, Weight]:
    """Return the weights that the items of a trending table hold."""
    return {
        product: Weight(float(item["weight"]["N"]), int(item["halfLives"]["N"]))
        for (product,), item in items.items()
    }
