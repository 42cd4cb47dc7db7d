"""Builders of what a producer puts on the stream: envelopes as dicts, payloads as bytes or base64.

payload_base64(purchase("p1", "ann"))                                  # ingress 1-0-0
payload(purchase("p1", "ann", event_id=str(uuid4())))                  # ingress 1-1-0
payload(egress(purchase("p1", "ann"), "shardId-000000000000:4711"))    # egress 1-0-0
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

from hello_retail.events import registry

TIME = "2026-11-22T00:03:37.000Z"
REDRIVEN = "hello-retail-dev-events/shardId-000000000000/4711"
PLACE = "shardId-000000000000:49671669009522853278119462494300940056686602130905854121"


def ingress(
    data: object, origin: str, *, event_id: str | None = None, time_origin: str = TIME
) -> dict[str, Any]:
    """Return an ingress envelope around ``data``: 1-1-0 with an ``event_id``, else 1-0-0."""
    envelope: dict[str, Any] = {
        "schema": registry.INGRESS_1_0,
        "origin": origin,
        "timeOrigin": time_origin,
        "data": data,
    }
    if event_id is not None:
        envelope |= {"schema": registry.INGRESS_1_1, "eventId": event_id}
    return envelope


def egress(envelope: dict[str, Any], event_id: str = PLACE, *, version: str = "1-0-0") -> dict[str, Any]:
    """Return the egress envelope that a consumer makes of an ingress one to pass it on."""
    schema = {"1-0-0": registry.EGRESS_1_0, "1-1-0": registry.EGRESS_1_1}[version]
    return envelope | {"schema": schema, "eventId": event_id, "timeIngest": TIME, "timeProcess": TIME}


def redriven(envelope: dict[str, Any], of: str | None = REDRIVEN) -> dict[str, Any]:
    """Return the envelope of a redriven copy: ingress 1-2-0, given one of 1-1-0."""
    return envelope | {"schema": registry.INGRESS_1_2, "redriveOf": of}


def create(product_id: str, user_id: str, name: str = "", **envelope: str) -> dict[str, Any]:
    """Return the envelope of a merchant offering a product."""
    data = {
        "schema": registry.PRODUCT_CREATE,
        "id": product_id,
        "brand": "Brand 1",
        "name": f"Item {product_id}",
        "description": f"Description of item {product_id}",
        "category": "Category 1",
    }
    return ingress(data, origin("create-product", user_id, name), **envelope)


def image(product_id: str, user_id: str, name: str = "", **envelope: str) -> dict[str, Any]:
    """Return the envelope of a photographer's picture of a product."""
    data = {"schema": registry.PRODUCT_IMAGE, "id": product_id, "image": f"photos/i/p/{product_id}"}
    return ingress(data, origin("report-photo", user_id, name), **envelope)


def purchase(product_id: str, user_id: str, name: str = "", **envelope: str) -> dict[str, Any]:
    """Return the envelope of a customer buying a product."""
    data = {"schema": registry.PRODUCT_PURCHASE, "id": product_id}
    return ingress(data, origin("purchase-product", user_id, name), **envelope)


def price(product_id: str, user_id: str, cents: int, name: str = "", **envelope: str) -> dict[str, Any]:
    """Return the envelope of a merchant setting a product's price."""
    data = {"schema": registry.PRODUCT_PRICE, "id": product_id, "cents": cents}
    return ingress(data, origin("price-product", user_id, name), **envelope)


def stock(product_id: str, user_id: str, added: int, name: str = "", **envelope: str) -> dict[str, Any]:
    """Return the envelope of a merchant adding to a product's stock."""
    data = {"schema": registry.PRODUCT_STOCK, "id": product_id, "added": added}
    return ingress(data, origin("stock-product", user_id, name), **envelope)


def cart(
    action: str, product_id: str, user_id: str, quantity: int | None = None, **envelope: str
) -> dict[str, Any]:
    """Return the envelope of a customer's ``add``, ``set`` (of a ``quantity``) or ``remove``."""
    data: dict[str, Any] = {"schema": f"com.nordstrom/cart/{action}/1-0-0", "id": product_id}
    if quantity is not None:
        data["quantity"] = quantity
    return ingress(data, origin(f"cart-{action}", user_id), **envelope)


def confirmed(user_id: str, quantities: Mapping[str, int], **envelope: str) -> dict[str, Any]:
    """Return the envelope of a confirmed order of some pieces of products, each at a price of 5."""
    data = {
        "schema": registry.ORDER_CONFIRMED,
        "id": "01938f2a-7a00-7000-8000-000000000001",
        "lines": [
            {"product": product, "quantity": quantity, "cents": 5} for product, quantity in quantities.items()
        ],
        "totalCents": 5 * sum(quantities.values()),
    }
    return ingress(data, f"hello-retail/order-confirm/{user_id}/{user_id}", **envelope)


def origin(action: str, user_id: str, name: str = "") -> str:
    """Return an origin; ``name`` is the user id unless given."""
    return f"hello-retail/web-client-{action}/{user_id}/{name or user_id}"


def payload(document: object) -> bytes:
    """Return the bytes of one record."""
    return json.dumps(document, separators=(",", ":")).encode()


def payload_base64(document: object) -> str:
    """Return a Kinesis record's ``data`` as Lambda delivers it."""
    return base64.b64encode(payload(document)).decode()
