"""Links between archived batches, computed from the stream. They reveal a lost object."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hello_retail.event_log.archive import Link


@dataclass(frozen=True, slots=True)
class Tip:
    """The last archived record of a shard.

    ``arrival`` is in seconds since the epoch.
    """

    number: int
    arrival: float


def find_preceding_link(
    shard_id: str, first: int, tip: Tip | None, numbers: Iterable[int], *, whole: bool
) -> Link | None:
    """Return the link to the record before ``first``, or ``None`` if unknown.

    ``numbers`` are the sequence numbers that the stream still has of the shard, in order. They start at the tip, or
    at the oldest record if there is no tip, and reach ``first`` or further. A shard expires its oldest records
    first: if the tip is present, so are all records after it. ``whole`` says that a shard without a tip has
    expired no record yet.
    """
    after, proved = (None, whole) if tip is None else (tip.number, False)
    for number in numbers:
        if number == first:
            return Link(shard_id, first, after, proved)
        if number > first:
            return None
        after, proved = number, True
    return None


def find_closing_link(shard_id: str, tip: Tip | None, numbers: Iterable[int], *, whole: bool) -> Link | None:
    """Return a closed shard's last link, or ``None`` if records are missing.

    ``numbers`` and ``whole`` are as for ``find_preceding_link``, read to the shard's end.
    """
    after, proved = (None, whole) if tip is None else (tip.number, False)
    for number in numbers:
        if number != after:
            return None
        proved = True
    return Link(shard_id, None, after, proved)
