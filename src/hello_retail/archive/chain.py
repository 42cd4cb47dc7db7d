"""What came before a batch: pure, from what the stream still has. This is how a lost object will be noticed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hello_retail.archive.layout import Link

MARGIN_SECONDS = 300.0
"""How much sooner than the stream forgets a record it is taken for forgotten."""


@dataclass(frozen=True, slots=True)
class Tip:
    """The last record of a shard that is known to be kept, and when it arrived (seconds since the epoch)."""

    number: int
    arrival: float


@dataclass(frozen=True, slots=True)
class Memory:
    """How far the stream remembers.

    ``oldest`` is the arrival (seconds since the epoch) from which on every record is still there; ``whole`` tells
    whether the shard's first record must be there too, since the shard is younger than that.
    """

    oldest: float
    whole: bool

    def reaches(self, tip: Tip | None) -> bool:
        """Whether nothing after the tip can have been forgotten."""
        return self.whole if tip is None else self.whole or tip.arrival > self.oldest + MARGIN_SECONDS


def before(shard_id: str, first: int, tip: Tip | None, later: Iterable[int], memory: Memory) -> Link | None:
    """Return what came directly before the record ``first``; ``None`` where the stream does not say.

    ``later`` are the numbers of the shard that follow the tip (from the oldest there is, where there is none), in
    order, up to ``first`` or further.
    """
    after = None if tip is None else tip.number
    seen = False
    for number in later:
        if number == first:
            return Link(shard_id, first, after, proved=seen or memory.reaches(tip))
        if number > first:
            return None
        after, seen = number, True
    return None


def at_its_end(shard_id: str, tip: Tip | None, later: Iterable[int], memory: Memory) -> Link | None:
    """Return the link that ends a closed shard; ``None`` where records follow the tip, which are not kept yet.

    ``later`` are the numbers that follow the tip, read to the shard's end.
    """
    if any(True for _ in later):
        return None
    return Link(shard_id, None, None if tip is None else tip.number, proved=memory.reaches(tip))
