"""Recount the scores from the log, with nothing of the winner view.

It exists to check the view, so it shares no code with it and parses the records itself. The rule (see
``docs/how-credit-works.md``): a product's first event decides its creator, ``UNKNOWN`` unless it is the
offer; its first picture decides its photographer; a purchase counts one for the creator and one for the
photographer known at that point of the log, or for ``UNKNOWN`` in both roles where the creator is unknown.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Iterable

Scores = dict[str, dict[str, int]]
"""Role (``creator``, ``photographer``) to user id to number of sales; users without a sale are absent."""

_ENVELOPES = [
    f"com.nordstrom/retail-stream-{direction}/{version}"
    for direction in ("ingress", "egress")
    for version in ("1-0-0", "1-1-0")
] + ["com.nordstrom/retail-stream-ingress/1-2-0"]
_OFFER = "com.nordstrom/product/create/1-0-0"
_PICTURE = "com.nordstrom/product/image/1-0-0"
_SALE = "com.nordstrom/product/purchase/1-0-0"


def recount_scores(payloads: Iterable[bytes]) -> Scores:
    """Return the scores of a log, whose records are in order per product.

    What is no event of a product (garbage, other events, no user, a user named UNKNOWN, no product)
    counts for nothing. Fields that play no part in the credit are not looked at: the schemas are the view's
    to check.
    """
    creators: dict[str, str] = {}
    photographers: dict[str, str] = {}
    sales: Counter[tuple[str, str]] = Counter()
    counted: set[tuple[str, str, str]] = set()
    for payload in payloads:
        event = _parse_event(payload)
        if event is None:
            continue
        creator = creators.setdefault(event.product, event.user if event.kind == _OFFER else "UNKNOWN")
        if event.kind == _PICTURE:
            photographers.setdefault(event.product, event.user)
        if event.kind != _SALE:
            continue
        photographer = "UNKNOWN" if creator == "UNKNOWN" else photographers.get(event.product)
        for role, earner in (("creator", creator), ("photographer", photographer)):
            if earner is None or (event.id and (role, earner, event.id) in counted):
                continue
            sales[role, earner] += 1
            counted.add((role, earner, event.id))
    return {
        role: {user: score for (of, user), score in sales.items() if of == role}
        for role in ("creator", "photographer")
    }


class _Event(NamedTuple):
    """A product's event; ``id`` is its producer's, or ""."""

    kind: str
    product: str
    user: str
    id: str


def _parse_event(payload: bytes) -> _Event | None:
    """Return a product's event, or nothing for any other bytes."""
    try:
        envelope = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(envelope, dict) or envelope.get("schema") not in _ENVELOPES:
        return None
    data, origin = envelope.get("data"), envelope.get("origin")
    if not isinstance(data, dict) or not isinstance(origin, str):
        return None
    kind, product = data.get("schema"), data.get("id")
    parts = origin.split("/")
    if kind not in (_OFFER, _PICTURE, _SALE) or not isinstance(product, str) or not product:
        return None
    if len(parts) < 3 or parts[2].strip() in ("", "UNKNOWN"):  # noqa: PLR2004 - app/action/user/name
        return None
    return _Event(str(kind), product, parts[2], _minted_id(envelope))


def _minted_id(envelope: dict[str, Any]) -> str:
    """Return the UUID that the producer minted.

    An egress 1-0-0 event's id is not one: it is its place on some stream.
    """
    text = str(envelope.get("eventId", "")) if envelope["schema"].endswith(("/1-1-0", "/1-2-0")) else ""
    try:
        return str(UUID(text)) if len(text) == len(str(UUID(int=0))) else ""
    except ValueError:
        return ""


def collect_event_ids(payloads: Iterable[bytes]) -> set[str]:
    """Return the event ids of a log; a repeated event has one."""
    ids = set()
    for payload in payloads:
        try:
            envelope = json.loads(payload)
            ids.add(_minted_id(envelope))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # no event
    return ids - {""}


def compare_scores(expected: Scores, actual: Scores) -> list[str]:
    """Return a sentence for each score that is wrong.

    There are none where all are right.
    """
    sentences = []
    for role in sorted(expected.keys() | actual.keys()):
        must, have = expected.get(role, {}), actual.get(role, {})
        sentences += [
            f"{role} {user} has {have.get(user, 0)} sales, and must have {must.get(user, 0)}."
            for user in sorted(must.keys() | have.keys())
            if must.get(user, 0) != have.get(user, 0)
        ]
    return sentences
