"""The event of a picture that the studio publishes; pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from hello_retail.events import PRODUCT_IMAGE, Event, decode_event
from hello_retail.events.registry import INGRESS_1_1

if TYPE_CHECKING:
    from hello_retail.studio.items import Photographer, Product

ACTION: Final = "studio-report"
_NAMESPACE: Final = UUID("9d1b6f0a-3c54-4e8e-8a6b-5b7f1a0c2e44")
"""Ours alone; with another, a picture published again across the change would be another event."""


class NotDecodable(Exception):
    """The finished event is not one that consumers take: a defect."""


def derive_picture_event_id(product_id: str, place: str) -> str:
    """Return the event id (UUIDv5) of a product's picture: publishing it again is the same event."""
    return str(uuid5(_NAMESPACE, json.dumps([product_id, place])))


def is_own_picture(event: Event) -> bool:
    """Return whether a ``product/image`` is one that the studio published."""
    return event.event_id == derive_picture_event_id(event.data["id"], event.data["image"])


def build_picture_event(product: Product, photographer: Photographer, place: str, origin: str) -> bytes:
    """Return the ``product/image`` of a delivered picture, to the byte the same whenever it is built.

    ``place`` is bucket and key, as the event's schema has it; ``origin`` names the system. The photographer is the
    contributor, under the name that they registered with.

    Raises:
        NotDecodable: where a consumer would not take the event.

    """
    envelope = {
        "schema": INGRESS_1_1,
        "eventId": derive_picture_event_id(product.product_id, place),
        "timeOrigin": product.delivered_at,
        "origin": f"{origin}/{ACTION}/{photographer.user_id}/{photographer.name}",
        "data": {"schema": PRODUCT_IMAGE, "id": product.product_id, "image": place},
    }
    if product.offer is not None:
        envelope["followsFrom"] = product.offer
    payload = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
    decoded = decode_event(payload)
    if not isinstance(decoded, Event) or decoded.user_id != photographer.user_id:
        raise NotDecodable("The finished picture's event is not one that consumers take.")
    return payload
