"""The event writer as tests drive it: requests as the HTTP API and its JWT authorizer hand them over."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from hello_retail.events import registry
from support.http import http_event

if TYPE_CHECKING:
    from collections.abc import Mapping

SUB = "3f2b8a52-8c3e-4a57-9d1c-0a3e3d0f9c11"
NAME = "Ada Lovelace"

PRODUCT = {"brand": "Brand 1", "name": "Lamp", "description": "A lamp.", "category": "Light"}
OFFER: dict[str, Any] = {"schema": registry.PRODUCT_CREATE, "id": "p1", **PRODUCT}
IMAGE: dict[str, Any] = {"schema": registry.PRODUCT_IMAGE, "id": "p1", "image": "photos/i/p/p1"}
PURCHASE: dict[str, Any] = {"schema": registry.PRODUCT_PURCHASE, "id": "p1"}
PRICE: dict[str, Any] = {"schema": registry.PRODUCT_PRICE, "id": "p1", "cents": 2495}
STOCK: dict[str, Any] = {"schema": registry.PRODUCT_STOCK, "id": "p1", "added": 40}
LOGIN: dict[str, Any] = {"schema": registry.USER_LOGIN, "id": SUB, "name": NAME}
PHONE: dict[str, Any] = {"schema": registry.USER_UPDATE_PHONE, "id": SUB, "phone": "+48123456789"}
REGISTER: dict[str, Any] = {"schema": registry.USER_REGISTER_PHOTOGRAPHER, "id": SUB}
UNREGISTER: dict[str, Any] = {"schema": registry.USER_UNREGISTER_PHOTOGRAPHER, "id": SUB}
CART: dict[str, Any] = {"schema": registry.CART_ADD, "id": "p1"}
CART_SET: dict[str, Any] = {"schema": registry.CART_SET, "id": "p1", "quantity": 3}
EVERY_GROUP = "[merchant photographer customer]"


def claims(**changes: Any) -> dict[str, Any]:
    """Return an ID token's claims as the authorizer hands them over: texts; None takes one out."""
    every = {
        "sub": SUB,
        "name": NAME,
        "cognito:groups": EVERY_GROUP,
        "cognito:username": "ada@example.com",
        "email": "ada@example.com",
        "token_use": "id",
        "aud": "4s9f0example",
        "exp": "1795352400",
    }
    return {name: value for name, value in (every | changes).items() if value is not None}


def post(
    body: object,
    *,
    key: str | None = None,
    token: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    base64: bool = False,
) -> dict[str, Any]:
    """Return the event for ``POST /events``: ``body`` as it is if text, else as JSON; ``token`` is claims."""
    text = body if isinstance(body, str) else json.dumps(body)
    sent = {"content-type": "application/json"} | ({} if key is None else {"idempotency-key": key})
    if base64:
        text = b64encode(text.encode()).decode()
    event = http_event("POST", "/events", headers={**sent, **(headers or {})}, body=text)
    event["isBase64Encoded"] = base64
    given = claims() if token is None else token
    if given:
        event["requestContext"]["authorizer"] = {"jwt": {"claims": dict(given), "scopes": None}}
    return event
