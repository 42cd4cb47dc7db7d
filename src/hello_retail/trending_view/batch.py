"""A decoded batch of one shard: its sales by product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hello_retail.events import PRODUCT_PURCHASE, Event, decode_base64_event
from hello_retail.trending_view.trend import TrendingSale


@dataclass(frozen=True, slots=True)
class TrendingBatch:
    """The sales of one invocation.

    ``sales`` are in the order of the shard. ``numbers`` gives each record's own text of its sequence number: an
    answer to Lambda must repeat it to the letter.
    """

    shard_id: str
    sales: dict[str, list[TrendingSale]]
    numbers: dict[int, str]


def decode_batch(event: Mapping[str, Any]) -> TrendingBatch:
    """Sort a Kinesis event as Lambda delivers it (``Records[].kinesis``, ``eventID`` = shard:number).

    What is no sale belongs to other views, and what is no event is in the winner view's quarantine.
    """
    records = event["Records"]
    batch = TrendingBatch(records[0]["eventID"].partition(":")[0], {}, {})
    for record in records:
        kinesis = record["kinesis"]
        number = int(kinesis["sequenceNumber"])
        batch.numbers[number] = kinesis["sequenceNumber"]
        decoded = decode_base64_event(kinesis["data"])
        if isinstance(decoded, Event) and decoded.kind == PRODUCT_PURCHASE:
            sale = TrendingSale(number, decoded, float(kinesis["approximateArrivalTimestamp"]))
            batch.sales.setdefault(str(decoded.data["id"]), []).append(sale)
    return batch
