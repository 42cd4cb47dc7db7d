"""Random logs of a small, busy shop: few products and people, so that everything meets everything."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from random import Random
from uuid import UUID

from support.event_source import LogRecord, Stream

UNKNOWN = "UNKNOWN"
Scores = dict[tuple[str, str], int]


def envelope(action: str, user: str, product: str, event_id: str | None = None, **fields: str) -> bytes:
    """Return the payload of an ingress event: 1-1-0 with an event id, 1-0-0 without."""
    return json.dumps(
        {
            "schema": f"com.nordstrom/retail-stream-ingress/1-{1 if event_id else 0}-0",
            "origin": f"hello-retail/test/{user}/Name of {user}",
            "timeOrigin": "2026-11-22T00:03:37.000Z",
            "data": {"schema": f"com.nordstrom/{action}/1-0-0", "id": product, **fields},
            **({"eventId": event_id} if event_id else {}),
        }
    ).encode()


def create(user: str, product: str) -> bytes:
    return envelope(
        "product/create", user, product, brand="Brand", name="Name", description="Text", category="Category"
    )


def image(user: str, product: str) -> bytes:
    return envelope("product/image", user, product, image=f"bucket/i/p/{product}")


def purchase(user: str, product: str, event_id: str | None = None) -> bytes:
    return envelope("product/purchase", user, product, event_id)


def random_log(
    random: Random, events: int, products: int, people: int, reshards: int, stream: Stream | None = None
) -> Stream:
    """Return a log of mostly purchases with garbage and foreign events between, resharded on the way.

    A tenth of the purchases is put again by a producer that did not hear, up to eight records later: within the
    16 sales that every score remembers of a shard.
    """
    stream = stream or Stream(random)
    moments = {random.randrange(events) for _ in range(reshards)}
    again: list[tuple[int, str, bytes]] = []
    for moment in range(events):
        if moment in moments:
            stream.reshard()
        for due, partition_key, payload in list(again):
            if due <= moment:
                again.remove((due, partition_key, payload))
                stream.put(partition_key, payload)
        product, user = f"product-{random.randrange(products)}", f"user-{random.randrange(people)}"
        kind = random.random()
        if kind < 0.15:
            payload = create(user, product)
        elif kind < 0.30:
            payload = image(user, product)
        elif kind < 0.90:
            identified = random.random() < 0.8
            payload = purchase(
                user, product, str(UUID(int=random.getrandbits(128), version=4)) if identified else None
            )
            if identified and random.random() < 0.2:
                again.append((moment + random.randrange(1, 9), product, payload))
        elif kind < 0.95:
            payload = random.choice((b"garbage", b"null", b"\xff\xfe", b'{"schema": 1}'))
        else:
            payload = envelope("user-info/login", user, user, name="Name")
        stream.put(product, payload)
    return stream


def one_pass(records: list[LogRecord]) -> Scores:
    """Count every sale of a log in one pass over it, by the workshop's rule and nothing of our own code.

    What a producer put twice counts once for each contributor (rule 15).
    """
    counted: set[tuple[str, str, str]] = set()
    creators: dict[str, str] = {}
    photographers: dict[str, str] = {}
    scores: defaultdict[tuple[str, str], int] = defaultdict(int)
    for record in records:
        try:
            event = json.loads(record.payload)
            data, user = event["data"], event["origin"].split("/")[2]
        except (ValueError, TypeError, KeyError):
            continue
        action, product = data["schema"].split("/", 1)[1], data["id"]
        if not action.startswith("product/"):
            continue
        creator = creators.setdefault(product, user if action == "product/create/1-0-0" else UNKNOWN)
        if action == "product/image/1-0-0":
            photographers.setdefault(product, user)
        if action == "product/purchase/1-0-0":
            photographer = UNKNOWN if creator == UNKNOWN else photographers.get(product)
            for role, earner in (("creator", creator), ("photographer", photographer)):
                sale = (role, earner or "", event.get("eventId") or record.sequence_number)
                if earner and sale not in counted:
                    counted.add(sale)
                    scores[role, earner] += 1
    return dict(scores)


def scores_of(items: Mapping[tuple[str, ...], Mapping[str, Mapping[str, str]]]) -> Scores:
    """Return the scores that the items of a Scores table hold."""
    return {(board.partition("#")[0], user): int(item["score"]["N"]) for (board, user), item in items.items()}
