"""Logs of carts, and what they make of a cart by the rules alone."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from support.event_source import LogRecord, Stream
from support.events import cart, confirmed, payload, price, purchase
from support.fake_aws import FakeDynamoDB
from support.shop import CARTS

CUSTOMERS, PRODUCTS = ("ann", "bob"), ("p1", "p2", "p3")
MOST = 99
Line = tuple[str, str]
"""A customer and a product."""


@dataclass
class CartLog:
    """Builds a log of carts; a fifth of its events is put again by a producer that did not hear.

    ``only_moves``: customers add and order only, so that the order of the events does not matter.
    ``one_key``: an order is of one product, and keyed by it, so that all events of a line are in one order.
    """

    random: Random
    only_moves: bool = False
    one_key: bool = False
    _again: list[tuple[int, str, bytes]] = field(default_factory=list)

    def fill_stream(self, events: int, reshards: int) -> Stream:
        stream = Stream(self.random)
        moments = {self.random.randrange(events) for _ in range(reshards)}
        for moment in range(events):
            if moment in moments:
                stream.reshard()
            for due in [due for due in self._again if due[0] <= moment]:
                self._again.remove(due)
                stream.put(*due[1:])
            key, record = self._draw_record()
            stream.put(key, record)
            if b"eventId" in record and self.random.random() < 0.2:
                self._again.append((moment + self.random.randrange(1, 9), key, record))
        return stream

    def _draw_record(self) -> tuple[str, bytes]:
        user, product = self.random.choice(CUSTOMERS), self.random.choice(PRODUCTS)
        envelope = {"time_origin": f"2026-11-22T00:00:{self.random.randrange(60):02}.000Z"}
        if self.random.random() < 0.8:
            envelope["event_id"] = str(UUID(int=self.random.getrandbits(128), version=4))
        kind = self.random.random()
        if kind < 0.35:
            return product, payload(cart("add", product, user, **envelope))
        if kind < 0.6:
            others = () if self.one_key else PRODUCTS
            ordered = {each for each in others if self.random.random() < 0.4} | {product}
            document = confirmed(
                user, {each: self.random.choice((1, 1, 2)) for each in sorted(ordered)}, **envelope
            )
            return (product if self.one_key else user), payload(document)
        if kind < 0.7:
            return product, self.random.choice(
                (payload(purchase(product, user)), payload(price(product, user, 5)), b"garbage")
            )
        if self.only_moves:
            return product, payload(cart("add", product, user, **envelope))
        if kind < 0.85:
            return product, payload(cart("set", product, user, self.random.choice((0, 3, 99)), **envelope))
        return product, payload(cart("remove", product, user, **envelope))


def list_changes(records: Iterable[LogRecord]) -> dict[Line, list[tuple[str, str, int]]]:
    """Return what a log does to each line: the partition key, the act and its number, each event once."""
    changes: defaultdict[Line, list[tuple[str, str, int]]] = defaultdict(list)
    seen: set[tuple[Any, ...]] = set()
    for record in records:
        try:
            event = json.loads(record.payload)
        except ValueError:
            continue
        data, user = event["data"], event["origin"].split("/")[2]
        _, topic, act, _ = data["schema"].split("/")
        if topic not in {"cart", "order"}:
            continue
        lines = (
            data["lines"]
            if topic == "order"
            else [{"product": data["id"], "quantity": data.get("quantity", 0)}]
        )
        for line in lines:
            sent = (user, line["product"], event.get("eventId", record.sequence_number))
            if sent not in seen:
                seen.add(sent)
                changes[user, line["product"]].append((record.partition_key, act, line["quantity"]))
    return changes


def apply(quantity: int, act: str, number: int) -> int:
    """Return how many there are after an act, by the words of the rules."""
    return {
        "add": min(quantity + 1, MOST),
        "set": number,
        "remove": 0,
        "confirmed": max(quantity - number, 0),
    }[act]


def count_in_order(records: Sequence[LogRecord], begin: int = 0) -> dict[Line, int]:
    """Return the carts of a log by one pass over it."""
    carts = {}
    for line, changes in list_changes(records).items():
        carts[line] = begin
        for _, act, number in changes:
            carts[line] = apply(carts[line], act, number)
    return carts


def count_in_any_order(records: Sequence[LogRecord]) -> dict[Line, set[int]]:
    """Return what each line may hold, whichever of its two shards is read first at each moment."""
    carts = {}
    for line, changes in list_changes(records).items():
        user, _ = line
        acts = [(act, number) for key, act, number in changes if key != user]
        orders = [(act, number) for key, act, number in changes if key == user]
        reached: dict[tuple[int, int], set[int]] = defaultdict(set)
        reached[0, 0] = {0}
        for done in range(len(acts) + 1):
            for ordered in range(len(orders) + 1):
                for quantity in reached[done, ordered]:
                    if done < len(acts):
                        reached[done + 1, ordered].add(apply(quantity, *acts[done]))
                    if ordered < len(orders):
                        reached[done, ordered + 1].add(apply(quantity, *orders[ordered]))
        carts[line] = reached[len(acts), len(orders)]
    return carts


def read_carts(dynamodb: FakeDynamoDB) -> dict[Line, int]:
    """Return what the table holds; each empty line expires, and no other."""
    carts = {}
    for (user, product), item in dynamodb.items[CARTS].items():
        carts[user, product] = int(item["quantity"]["N"])
        assert ("expiresAt" in item) is (carts[user, product] == 0)
    return carts
