"""Names of an order's execution and payment.

Customers make order ids themselves, so an order is named by its user and its id together.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Final

OPEN_SHARDS: Final = ("0", "1", "2", "3")
"""The hash keys of the index of open orders: more than one, so that no key is hot."""


def name_execution(user_id: str, order_id: str) -> str:
    """Return the name of an order's execution: 64 of at most 80 characters."""
    return _hash_order(user_id, order_id)


def name_payment(user_id: str, order_id: str) -> str:
    """Return the id of an order's payment: the execution's name, so that either leads to the other."""
    return _hash_order(user_id, order_id)


def choose_open_shard(user_id: str, order_id: str) -> str:
    """Return the hash key under which an order stands in the index while it is open."""
    return OPEN_SHARDS[int(_hash_order(user_id, order_id)[-1], 16) % len(OPEN_SHARDS)]


def _hash_order(user_id: str, order_id: str) -> str:
    return sha256(json.dumps([user_id, order_id]).encode()).hexdigest()
