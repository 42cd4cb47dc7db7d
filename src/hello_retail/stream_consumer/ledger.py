"""An item's ledger: which events it has taken, and its conditional update.

Per shard it keeps a watermark (``w3``: the last sequence number taken from shard 3) and a ring (``r3``: 8-byte
hashes of the last event ids counted from it). The watermark recognises what the mapping delivers again; the ring
what a producer, not having heard, put on the stream again under a new number (counting rules 11 to 15).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Generic, Protocol, TypeVar

from hello_retail.event_log import watermark
from hello_retail.events import Event

HASH_BYTES = 8
MOVE = "#watermark = :last"
REMEMBER = ", #ring = :ring"
IF_NOTHING_TAKEN = "attribute_not_exists(#watermark)"
IF_AS_JUDGED = "#watermark = :known"


class Entry(Protocol):
    """An event of a batch and its sequence number."""

    @property
    def sequence(self) -> int:
        """The place in the shard."""

    @property
    def event(self) -> Event:
        """What happened."""


AnyEntry = TypeVar("AnyEntry", bound=Entry)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What an item had taken from one shard when it was last seen.

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
class Verdict(Generic[AnyEntry]):
    """What becomes of a batch's events for one item.

    ``entries`` are new, in the order of their shard; ``repeats`` were put twice by their producer, ``delivered``
    were taken before. ``after`` is the ledger once the verdict is written; ``None``: there is nothing to write.
    """

    entries: tuple[AnyEntry, ...]
    repeats: int
    delivered: int
    after: Ledger | None

    @property
    def counted(self) -> int:
        """How many entries are new."""
        return len(self.entries)


@dataclass(frozen=True, slots=True)
class Move:
    """The part of a DynamoDB update that moves a shard's ledger.

    ``expression`` goes on a ``SET``; the update is only made on ``condition``. Both use the attribute ``names`` and
    the ``values`` beside them.
    """

    expression: str
    condition: str
    names: dict[str, str]
    values: dict[str, Any]


def format_ring_attribute(shard_id: str) -> str:
    """Return the name of a shard's ring attribute: ``r12`` for ``shardId-000000000012``."""
    return f"r{int(shard_id.rpartition('-')[2])}"


def parse_ledger(item: Mapping[str, Any], shard_id: str) -> Ledger:
    """Return a shard's ledger from a DynamoDB item, which may be empty."""
    if not item:
        return NO_ITEM
    own = format_ring_attribute(shard_id)
    mark = item.get(watermark.format_watermark_attribute(shard_id))
    return Ledger(
        exists=True,
        last=watermark.decode_watermark(mark["B"]) if mark else None,
        ring=_hashes(item[own]["B"]) if own in item else (),
        elsewhere=frozenset(
            hash_
            for name, value in item.items()
            if name[0] == "r" and name[1:].isdigit() and name != own
            for hash_ in _hashes(value["B"])
        ),
    )


def judge_entries(ledger: Ledger, entries: Sequence[AnyEntry], ring_size: int) -> Verdict[AnyEntry]:
    """Judge entries in the order of their shard, event by event.

    The verdict on an event does not depend on how the batch was cut: only what the ledger holds when its turn
    comes counts. A repeat leaves the ring alone; an entry without an event id never enters it (rules 13, 14).
    """
    fresh = [entry for entry in entries if ledger.last is None or entry.sequence > ledger.last]
    delivered = len(entries) - len(fresh)
    if not fresh:
        return Verdict((), 0, delivered, None)
    ring = list(ledger.ring)
    new: list[AnyEntry] = []
    for entry in fresh:
        if entry.event.event_id is not None:
            hash_ = blake2b(entry.event.event_id.encode(), digest_size=HASH_BYTES).digest()
            if hash_ in ring or hash_ in ledger.elsewhere:
                continue
            ring.append(hash_)
            del ring[:-ring_size]
        new.append(entry)
    after = Ledger(exists=True, last=fresh[-1].sequence, ring=tuple(ring), elsewhere=ledger.elsewhere)
    return Verdict(tuple(new), len(fresh) - len(new), delivered, after)


def build_ledger_move(shard_id: str, before: Ledger, after: Ledger, if_no_item: str) -> Move:
    """Return the update of a ledger, conditional on its old value (rule 12).

    ``if_no_item`` is the table's own condition that there is no item.
    """
    names = {"#watermark": watermark.format_watermark_attribute(shard_id)}
    values = {":last": {"B": watermark.encode_watermark(after.last or 0)}}
    expression = MOVE
    if after.ring != before.ring:
        expression += REMEMBER
        names["#ring"] = format_ring_attribute(shard_id)
        values[":ring"] = {"B": b"".join(after.ring)}
    if not before.exists:
        condition = if_no_item
    elif before.last is None:
        condition = IF_NOTHING_TAKEN
    else:
        condition = IF_AS_JUDGED
        values[":known"] = {"B": watermark.encode_watermark(before.last)}
    return Move(expression, condition, names, values)


def find_first_new_entry(ledger: Ledger, entries: Sequence[Entry]) -> int | None:
    """Return the lowest sequence number that the ledger has not taken."""
    return min(
        (entry.sequence for entry in entries if ledger.last is None or entry.sequence > ledger.last),
        default=None,
    )


def _hashes(value: bytes) -> tuple[bytes, ...]:
    return tuple(value[start : start + HASH_BYTES] for start in range(0, len(value), HASH_BYTES))
