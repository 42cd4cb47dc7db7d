"""Decode a record into an ``Event`` or a ``Rejection``.

``decode`` and ``decode_base64`` take any input and raise nothing. For whoever writes events, ``registry``
holds the JSON Schemas by exact id, and ``strict_json`` is how both sides read JSON.
"""

from hello_retail.events.decoder import decode_base64_event, decode_event
from hello_retail.events.event import Event, Rejection
from hello_retail.events.registry import (
    CART_ADD,
    CART_REMOVE,
    CART_SET,
    ORDER_CONFIRMED,
    PRODUCT_CREATE,
    PRODUCT_IMAGE,
    PRODUCT_PRICE,
    PRODUCT_PURCHASE,
    PRODUCT_STOCK,
    SCHEMAS,
    USER_REGISTER_PHOTOGRAPHER,
    USER_UNREGISTER_PHOTOGRAPHER,
    USER_UPDATE_PHONE,
)

__all__ = [
    "CART_ADD",
    "CART_REMOVE",
    "CART_SET",
    "ORDER_CONFIRMED",
    "PRODUCT_CREATE",
    "PRODUCT_IMAGE",
    "PRODUCT_PRICE",
    "PRODUCT_PURCHASE",
    "PRODUCT_STOCK",
    "SCHEMAS",
    "USER_REGISTER_PHOTOGRAPHER",
    "USER_UNREGISTER_PHOTOGRAPHER",
    "USER_UPDATE_PHONE",
    "Event",
    "Rejection",
    "decode_base64_event",
    "decode_event",
]
