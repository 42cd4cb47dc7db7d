"""Ids of events: by time, or derived from the client's key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

RANDOM_BYTES: Final = 10
"""How many random bytes a UUIDv7 takes."""
_NAMESPACE: Final = UUID("6f0c1a1e-7b52-4b8f-9a4f-2f6a2c6d9e31")
"""Ours alone; with another, an event put again across the change would be another event."""


@dataclass(frozen=True, slots=True)
class Identifiers:
    """An accepted event's id, and a product id if it has none."""

    event_id: str
    product_id: str


def create_uuid7(milliseconds: int, randomness: bytes) -> UUID:
    """Return the UUIDv7 (RFC 9562) of a Unix time and random bytes."""
    value = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(randomness)
    value = value & ~(0xF << 76) | 0x7 << 76  # version
    value = value & ~(0b11 << 62) | 0b10 << 62  # variant
    return UUID(int=value)


def create_identifiers(milliseconds: int, randomness: bytes) -> Identifiers:
    """Return random ids from a Unix time and twice ``RANDOM_BYTES`` bytes."""
    event, product = randomness[:RANDOM_BYTES], randomness[RANDOM_BYTES:]
    return Identifiers(str(create_uuid7(milliseconds, event)), str(create_uuid7(milliseconds, product)))


def derive_identifiers(user_id: str, key: str, body_digest: str) -> Identifiers:
    """Return the ids (UUIDv5) that every attempt at the same request gets.

    The body is part of it: after a failed attempt its key is free again, and a client that then sends another body
    under it must not have the second event taken for a repeat of the first.
    """
    event = uuid5(_NAMESPACE, json.dumps([user_id, key, body_digest]))
    return Identifiers(str(event), str(uuid5(event, "product")))
