"""What a score remembers of the log, and which sales are new to it: pure, over one Scores item.

Per shard an item keeps a watermark (``w3``: the last sequence number taken from shard 3) and a ring (``r3``: 8-byte
hashes of the last event ids counted from it). The watermark recognises what the mapping delivers again; the ring
what a producer, not having heard, put on the stream again under a new number (counting rules 11 to 15).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from hello_retail.winner_view import watermark
from hello_retail.winner_view.tally import Entry

HASH_BYTES = 8


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a score had taken from one shard when it was last seen.

    ``exists`` tells whether there is an item at all; ``last`` is the shard's watermark (``None``: nothing yet);
    ``ring`` the shard's own hashes, oldest first; ``elsewhere`` those of the item's other shards, the ancestors'
    among them.
    """

    exists: bool = False
    last: int | None = None
    ring: tuple[bytes, ...] = ()
    elsewhere: frozenset[bytes] = frozenset()


NO_ITEM = Ledger()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a batch's sales for one contributor.

    ``counted`` are new, ``repeats`` were put twice by their producer, ``delivered`` were taken before. ``after`` is
    the ledger once the verdict is written; ``None`` where there is nothing to write.
    """

    counted: int
    repeats: int
    delivered: int
    after: Ledger | None


def ring_attribute(shard_id: str) -> str:
    """Return the name of a shard's ring attribute: ``r12`` for ``shardId-000000000012``."""
    return f"r{int(shard_id.rpartition('-')[2])}"


def read(item: Mapping[str, Any], shard_id: str) -> Ledger:
    """Return the ledger of a shard in a Scores item as DynamoDB gives it; an empty item is none."""
    if not item:
        return NO_ITEM
    own = ring_attribute(shard_id)
    mark = item.get(watermark.attribute(shard_id))
    return Ledger(
        exists=True,
        last=watermark.decode(mark["B"]) if mark else None,
        ring=_hashes(item[own]["B"]) if own in item else (),
        elsewhere=frozenset(
            hash_
            for name, value in item.items()
            if name[0] == "r" and name[1:].isdigit() and name != own
            for hash_ in _hashes(value["B"])
        ),
    )


def judge(ledger: Ledger, sales: Sequence[Entry], ring_size: int) -> Verdict:
    """Judge sales in the order of their shard, event by event.

    The verdict on an event does not depend on how the batch was cut: only what the ledger holds when its turn
    comes counts. A repeat leaves the ring alone; a sale without an event id never enters it (rules 13, 14).
    """
    fresh = [sale for sale in sales if ledger.last is None or sale.sequence > ledger.last]
    delivered = len(sales) - len(fresh)
    if not fresh:
        return Verdict(0, 0, delivered, None)
    ring = list(ledger.ring)
    repeats = 0
    for sale in fresh:
        if sale.event.event_id is None:
            continue
        hash_ = blake2b(sale.event.event_id.encode(), digest_size=HASH_BYTES).digest()
        if hash_ in ring or hash_ in ledger.elsewhere:
            repeats += 1
            continue
        ring.append(hash_)
        del ring[:-ring_size]
    after = Ledger(exists=True, last=fresh[-1].sequence, ring=tuple(ring), elsewhere=ledger.elsewhere)
    return Verdict(len(fresh) - repeats, repeats, delivered, after)


def first_new(ledger: Ledger, sales: Sequence[Entry]) -> int | None:
    """Return the lowest sequence number among the sales that the ledger has not taken."""
    return min(
        (sale.sequence for sale in sales if ledger.last is None or sale.sequence > ledger.last), default=None
    )


def _hashes(value: bytes) -> tuple[bytes, ...]:
    return tuple(value[start : start + HASH_BYTES] for start in range(0, len(value), HASH_BYTES))
