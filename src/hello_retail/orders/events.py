"""The events of a confirmed order; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from hello_retail.events import ORDER_CONFIRMED, PRODUCT_PURCHASE, Event, decode_event
from hello_retail.events.registry import INGRESS_1_1

if TYPE_CHECKING:
    from hello_retail.orders.items import Order

ACTION: Final = "order-confirm"
_NAMESPACE: Final = UUID("3b0d5a0e-61c7-4f0a-9d55-8a4c6f1e7b20")
"""Ours alone; with another, an event put again across the change would be another event."""


class NotDecodable(Exception):
    """A finished event is not one that consumers take: a defect."""


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """A record for the stream."""

    partition_key: str
    payload: bytes


def derive_order_event_id(user_id: str, order_id: str) -> str:
    """Return the event id (UUIDv5) of an order's confirmation: publishing it again is the same event."""
    return str(uuid5(_NAMESPACE, json.dumps([user_id, order_id])))


def derive_sale_event_id(user_id: str, order_id: str, product_id: str) -> str:
    """Return the event id (UUIDv5) of the sale of one of an order's lines."""
    return str(uuid5(_NAMESPACE, json.dumps([user_id, order_id, product_id])))


def build_order_records(order: Order, origin: str) -> list[OrderRecord]:
    """Return the ``order/confirmed`` of a paid order and a ``product/purchase`` for each line.

    They are to the byte the same whenever they are built: the time is when the order was placed. ``origin`` names
    the system. The customer's name is not in the table, so the id stands for it.

    Raises:
        NotDecodable: where a consumer would not take an event.

    """
    confirmed_id = derive_order_event_id(order.user_id, order.order_id)
    confirmed = {
        "schema": ORDER_CONFIRMED,
        "id": order.order_id,
        "lines": [
            {"product": line.product_id, "quantity": line.quantity, "cents": line.cents}
            for line in order.lines
        ],
        "totalCents": order.total_cents,
    }
    return [
        OrderRecord(order.user_id, _build_payload(order, origin, confirmed_id, confirmed)),
        *(
            OrderRecord(
                line.product_id,
                _build_payload(
                    order,
                    origin,
                    derive_sale_event_id(order.user_id, order.order_id, line.product_id),
                    {"schema": PRODUCT_PURCHASE, "id": line.product_id},
                    follows_from=confirmed_id,
                ),
            )
            for line in order.lines
        ),
    ]


def _build_payload(
    order: Order, origin: str, event_id: str, data: Mapping[str, Any], *, follows_from: str | None = None
) -> bytes:
    envelope: dict[str, Any] = {
        "schema": INGRESS_1_1,
        "eventId": event_id,
        "timeOrigin": order.placed_at,
        "origin": f"{origin}/{ACTION}/{order.user_id}/{order.user_id}",
        "data": data,
    }
    if follows_from is not None:
        envelope["followsFrom"] = follows_from
    payload = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
    decoded = decode_event(payload)
    if not isinstance(decoded, Event) or decoded.user_id != order.user_id:
        raise NotDecodable("The event of a confirmed order is not one that consumers take.")
    return payload
