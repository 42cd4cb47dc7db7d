"""The independent count: who has how many sales, in one pass over a log, by the rule of the workshop."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from hello_retail.events import PRODUCT_CREATE, PRODUCT_IMAGE, PRODUCT_PURCHASE, Event, decode_event

UNKNOWN = "UNKNOWN"


def count(records: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Return role -> user id -> number of sales.

    Takes lines of an event log (``shardId``, ``sequenceNumber`` as decimal text, ``data`` as any JSON), with
    the shards in any order; within a shard they count by sequence number. What does not decode is skipped.
    All events of a product are on one shard. Where nobody is known to have offered the product, ``UNKNOWN``
    gets the merchant's and the photographer's sale.
    """
    creators: dict[str, str] = {}
    photographers: dict[str, str] = {}
    scores: dict[str, Counter[str]] = {"creator": Counter(), "photographer": Counter()}
    for record in sorted(records, key=lambda record: (record["shardId"], int(record["sequenceNumber"]))):
        event = decode_event(json.dumps(record["data"]).encode())
        if not isinstance(event, Event) or event.kind not in {
            PRODUCT_CREATE,
            PRODUCT_IMAGE,
            PRODUCT_PURCHASE,
        }:
            continue
        product = event.data["id"]
        creator = creators.setdefault(product, event.user_id if event.kind == PRODUCT_CREATE else UNKNOWN)
        if event.kind == PRODUCT_IMAGE:
            photographers.setdefault(product, event.user_id)
        elif event.kind == PRODUCT_PURCHASE:
            scores["creator"][creator] += 1
            photographer = UNKNOWN if creator == UNKNOWN else photographers.get(product)
            if photographer is not None:
                scores["photographer"][photographer] += 1
    return {role: dict(counted) for role, counted in scores.items()}
