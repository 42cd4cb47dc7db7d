"""Which texts of a request DynamoDB takes as a key."""

from __future__ import annotations

import re

_PRODUCT_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}")
_ORDER_ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
HASH_KEY_BYTES = 2048


def is_product_key(product_id: str) -> bool:
    """Return whether DynamoDB accepts the hash key: 1 to 2,048 bytes of UTF-8."""
    try:
        return 0 < len(product_id.encode()) <= HASH_KEY_BYTES
    except UnicodeEncodeError:  # half of a surrogate pair, as JSON may hold it
        return False


def is_product_id(text: str) -> bool:
    """Return whether a text is a product id by the events' schemas."""
    return _PRODUCT_ID.fullmatch(text) is not None


def is_order_id(text: str) -> bool:
    """Return whether a text is an order id by the events' schemas: a UUIDv7 (RFC 9562) in lower case."""
    return _ORDER_ID.fullmatch(text) is not None
