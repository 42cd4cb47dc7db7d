"""What came before a batch: pure, from what the stream still has. This is how a lost object will be noticed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hello_retail.event_log.archive import Link


@dataclass(frozen=True, slots=True)
class Tip:
    """The last record of a shard that is known to be kept, and when it arrived (seconds since the epoch)."""

    number: int
    arrival: float


def find_preceding_link(
    shard_id: str, first: int, tip: Tip | None, there: Iterable[int], *, whole: bool
) -> Link | None:
    """Return what came directly before the record ``first``; ``None`` where the stream does not say.

    ``there`` are the numbers that the stream still has of the shard, in order, from the tip itself on (from the
    oldest, where there is none), up to ``first`` or further. A shard forgets its oldest records first: where the
    tip is there, so is all that follows it. ``whole`` says of a shard without a tip that it forgot nothing yet.
    """
    after, proved = (None, whole) if tip is None else (tip.number, False)
    for number in there:
        if number == first:
            return Link(shard_id, first, after, proved)
        if number > first:
            return None
        after, proved = number, True
    return None


def find_closing_link(shard_id: str, tip: Tip | None, there: Iterable[int], *, whole: bool) -> Link | None:
    """Return the link that ends a closed shard; ``None`` where records follow the tip, which are not kept yet.

    ``there`` and ``whole`` are as for ``find_preceding_link``, read to the shard's end.
    """
    after, proved = (None, whole) if tip is None else (tip.number, False)
    for number in there:
        if number != after:
            return None
        proved = True
    return Link(shard_id, None, after, proved)
