"""The studio's events in one batch of one shard, by photographer and by product; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hello_retail.events import (
    PRODUCT_CREATE,
    PRODUCT_IMAGE,
    USER_REGISTER_PHOTOGRAPHER,
    USER_UNREGISTER_PHOTOGRAPHER,
    USER_UPDATE_PHONE,
    Event,
    decode_base64_event,
)
from hello_retail.studio.events import is_own_picture

REGISTRATIONS = frozenset({USER_REGISTER_PHOTOGRAPHER, USER_UPDATE_PHONE})
OWN_ACTS = REGISTRATIONS | {USER_UNREGISTER_PHOTOGRAPHER}
"""The event types by which photographers come and go."""


@dataclass(frozen=True, slots=True)
class StudioEvent:
    """An event of the batch and its sequence number."""

    sequence: int
    event: Event


@dataclass(slots=True)
class ProductEvents:
    """What a batch says of one product: its first offer, and its first picture from elsewhere."""

    product_id: str
    sequence: int
    offer: Event | None = None
    picture: Event | None = None


@dataclass(frozen=True, slots=True)
class StudioBatch:
    """One invocation's records.

    ``numbers`` gives each record's own text of its sequence number: an answer to Lambda must repeat it to the
    letter.
    """

    shard_id: str
    photographers: dict[str, list[StudioEvent]] = field(default_factory=dict)
    products: dict[str, ProductEvents] = field(default_factory=dict)
    numbers: dict[int, str] = field(default_factory=dict)


def decode_batch(event: Mapping[str, Any]) -> StudioBatch:
    """Sort a Kinesis event as Lambda delivers it (``Records[].kinesis``, ``eventID`` = shard:number).

    People act about themselves: who comes or goes is the event's user, whatever its ``id`` says.
    """
    records = event["Records"]
    batch = StudioBatch(records[0]["eventID"].partition(":")[0])
    for record in records:
        kinesis = record["kinesis"]
        number = int(kinesis["sequenceNumber"])
        batch.numbers[number] = kinesis["sequenceNumber"]
        decoded = decode_base64_event(kinesis["data"])
        if not isinstance(decoded, Event):
            continue  # it is in the winner view's quarantine
        if decoded.kind in OWN_ACTS:
            batch.photographers.setdefault(decoded.user_id, []).append(StudioEvent(number, decoded))
        elif decoded.kind == PRODUCT_CREATE:
            product = _find_product(batch, decoded, number)
            product.offer = product.offer or decoded
        elif decoded.kind == PRODUCT_IMAGE and not is_own_picture(decoded):
            product = _find_product(batch, decoded, number)
            product.picture = product.picture or decoded
    return batch


def _find_product(batch: StudioBatch, event: Event, number: int) -> ProductEvents:
    product_id = event.data["id"]
    return batch.products.setdefault(product_id, ProductEvents(product_id, number))
