"""Random logs of a small, busy shop: few products and people, so that everything meets everything."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from random import Random

from support.event_source import FIRST_NUMBER, LogRecord, Stream

UNKNOWN = "UNKNOWN"
Scores = dict[tuple[str, str], int]


def envelope(action: str, user: str, product: str, **fields: str) -> bytes:
    """Return the payload of an ingress 1-0-0 event."""
    return json.dumps(
        {
            "schema": "com.nordstrom/retail-stream-ingress/1-0-0",
            "origin": f"hello-retail/test/{user}/Name of {user}",
            "timeOrigin": "2026-11-22T00:03:37.000Z",
            "data": {"schema": f"com.nordstrom/{action}/1-0-0", "id": product, **fields},
        }
    ).encode()


def create(user: str, product: str) -> bytes:
    return envelope(
        "product/create", user, product, brand="Brand", name="Name", description="Text", category="Category"
    )


def image(user: str, product: str) -> bytes:
    return envelope("product/image", user, product, image=f"bucket/i/p/{product}")


def purchase(user: str, product: str) -> bytes:
    return envelope("product/purchase", user, product)


def random_log(random: Random, events: int, products: int, people: int, reshards: int) -> Stream:
    """Return a log of mostly purchases with garbage and foreign events between, resharded on the way."""
    stream = Stream(random)
    moments = {random.randrange(events) for _ in range(reshards)}
    for moment in range(events):
        if moment in moments:
            stream.reshard()
        product, user = f"product-{random.randrange(products)}", f"user-{random.randrange(people)}"
        kind = random.random()
        if kind < 0.15:
            payload = create(user, product)
        elif kind < 0.30:
            payload = image(user, product)
        elif kind < 0.90:
            payload = purchase(user, product)
        elif kind < 0.95:
            payload = random.choice((b"garbage", b"null", b"\xff\xfe", b'{"schema": 1}'))
        else:
            payload = envelope("user-info/login", user, user, name="Name")
        stream.put(product, payload)
    return stream


def one_pass(records: list[LogRecord]) -> Scores:
    """Count every sale of a log in one pass over it, by the workshop's rule and nothing of our own code."""
    creators: dict[str, str] = {}
    photographers: dict[str, str] = {}
    scores: defaultdict[tuple[str, str], int] = defaultdict(int)
    for record in records:
        try:
            data = json.loads(record.payload)["data"]
            user = json.loads(record.payload)["origin"].split("/")[2]
        except (ValueError, TypeError, KeyError):
            continue
        action, product = data["schema"].split("/", 1)[1], data["id"]
        if not action.startswith("product/"):
            continue
        creator = creators.setdefault(product, user if action == "product/create/1-0-0" else UNKNOWN)
        if action == "product/image/1-0-0":
            photographers.setdefault(product, user)
        if action == "product/purchase/1-0-0":
            scores["creator", creator] += 1
            photographer = UNKNOWN if creator == UNKNOWN else photographers.get(product)
            if photographer:
                scores["photographer", photographer] += 1
    return dict(scores)


def scores_of(items: Mapping[tuple[str, ...], Mapping[str, Mapping[str, str]]]) -> Scores:
    """Return the scores that the items of a Scores table hold."""
    return {(board.partition("#")[0], user): int(item["score"]["N"]) for (board, user), item in items.items()}


__all__ = [
    "FIRST_NUMBER",
    "create",
    "envelope",
    "image",
    "one_pass",
    "purchase",
    "random_log",
    "scores_of",
]
