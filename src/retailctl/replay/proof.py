"""Whether an archive and the stream behind it hold the whole log: pure, from names and numbers.

A replay of a log with a hole in it would count too little: it is refused, and the hole named (counting rule 19).
Within a shard each object is a batch without holes; between two of them a link says what came directly before the
second. At the archive's end the first record that the stream would still deliver must be one that the archive has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hello_retail.event_log.archive import Link, Shard, Span

TRUST = "--trust-order"


@dataclass(frozen=True, slots=True)
class Archived:
    """What an archive holds of one stream: its objects and links, and the shards that it has noted."""

    spans: Sequence[Span]
    links: Sequence[Link]
    lineage: Mapping[str, Shard]


@dataclass(frozen=True, slots=True)
class Streamed:
    """What the stream still has.

    ``first`` is the number of each shard's oldest record (``None``: it has none); ``young`` says that the stream
    has not forgotten anything yet, since it is younger than what every stream keeps, and ``fresh`` are the shards
    that are, in an older stream.
    """

    shards: Mapping[str, Shard]
    first: Mapping[str, int | None]
    young: bool
    fresh: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Gap:
    """Where records may be missing in a shard: after one number (``None``: from its beginning), before another.

    ``doubtful`` gaps are those of which only the order of the archive's consumer says that they are none.
    """

    shard_id: str
    after: int | None
    before: int | None
    why: str
    doubtful: bool = False

    def __str__(self) -> str:
        """Return the gap as a sentence."""
        where = "" if self.after is None else f" after {self.after}"
        where += "" if self.before is None else f" before {self.before}"
        return f"{self.shard_id}{where or ', whole'}: {self.why}."


@dataclass(slots=True)
class _Chain:
    """One shard's objects and links, read from the oldest to the newest."""

    spans: list[Span] = field(default_factory=list)
    links: dict[int, Link] = field(default_factory=dict)
    end: Link | None = None

    def add_link(self, link: Link) -> None:
        """Take a link; one that the stream proved wins over one that the order only told."""
        if link.first is None:
            self.end = link if self.end is None or link.proved else self.end
        elif link.first not in self.links or link.proved:
            self.links[link.first] = link

    def is_complete(self, reached: int | None) -> bool:
        """Whether the objects, which go up to ``reached``, go up to the shard's end."""
        if self.end is None:
            return False
        return self.end.after is None or (reached is not None and self.end.after <= reached)


def merge_lineage(archived: Archived, streamed: Streamed) -> dict[str, Shard]:
    """Return every shard that archive or stream knows of; what is closed in one of them is closed."""
    known = {**streamed.shards}
    for shard in archived.lineage.values():
        if shard.shard_id not in known or shard.end is not None:
            known[shard.shard_id] = shard
    return known


def order_shards(shards: Mapping[str, Shard]) -> list[Shard]:
    """Return the shards, parents before children."""
    placed: dict[str, Shard] = {}

    def place(shard: Shard) -> None:
        if shard.shard_id not in placed:
            for parent in shard.parents:
                if parent in shards:
                    place(shards[parent])
            placed[shard.shard_id] = shard

    for shard in sorted(shards.values(), key=lambda each: each.start):
        place(shard)
    return list(placed.values())


def find_gaps(archived: Archived, streamed: Streamed) -> list[Gap]:
    """Return each place where archive and stream may lack a record; none where they hold the whole log."""
    chains: dict[str, _Chain] = {}
    for span in archived.spans:
        chains.setdefault(span.shard_id, _Chain()).spans.append(span)
    for link in archived.links:
        chains.setdefault(link.shard_id, _Chain()).add_link(link)
    shards = merge_lineage(archived, streamed)
    found = [
        Gap(shard_id, None, None, "neither the archive's lineage nor the stream knows this shard")
        for shard_id in sorted(chains.keys() - shards.keys())
    ]
    reaches: dict[str, int | None] = {}
    for shard in order_shards(shards):
        chain = chains.get(shard.shard_id, _Chain())
        reached, inside = _check_spans(shard, chain)
        reaches[shard.shard_id] = reached
        found += [
            *inside,
            *_find_missing_objects(chain, shard),
            *_find_end_gap(shard, chain, reached, streamed),
        ]
        for parent in shard.parents:
            if parent in shards:
                if chain.spans and not chains.get(parent, _Chain()).is_complete(reaches[parent]):
                    why = f"{shard.shard_id}, its child, is in the archive, and its own end is not"
                    found.append(Gap(parent, reaches[parent], None, why))
            elif not streamed.young:
                why = f"nothing is known of it, and it is a parent of {shard.shard_id}"
                found.append(Gap(parent, None, None, why))
    return found


def _check_spans(shard: Shard, chain: _Chain) -> tuple[int | None, list[Gap]]:
    """Return the last number of a shard's objects, and the gaps before and between them."""
    reached: int | None = None
    found = []
    for span in sorted(chain.spans, key=lambda each: (each.first, each.last)):
        if span.first < shard.start:
            why = f"it begins below the shard's first number {shard.start}, so it is of another stream"
            found.append(Gap(shard.shard_id, None, span.first, why))
        elif reached is None or span.first > reached:
            link = chain.links.get(span.first)
            if link is None:
                found.append(Gap(shard.shard_id, reached, span.first, "nobody knows what came between"))
            elif link.after != reached and (link.after is None or reached is None or link.after > reached):
                found.append(Gap(shard.shard_id, reached, span.first, "an object is missing"))
            elif not link.proved:
                why = "the stream had forgotten what may have been there"
                found.append(Gap(shard.shard_id, reached, span.first, why, doubtful=True))
        reached = span.last if reached is None else max(reached, span.last)
    return reached, found


def _find_missing_objects(chain: _Chain, shard: Shard) -> Iterable[Gap]:
    """Yield a gap for each record that a link speaks of and no object has."""
    merged: list[tuple[int, int]] = []
    for span in sorted(chain.spans, key=lambda each: each.first):
        if merged and span.first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], span.last))
        else:
            merged.append((span.first, span.last))
    named = {link.first for link in chain.links.values()} | {chain.end.after if chain.end else None}
    for number in sorted(number for number in named if number is not None):
        if not any(first <= number <= last for first, last in merged):
            yield Gap(shard.shard_id, None, number + 1, f"the object with {number} is missing")


def _find_end_gap(shard: Shard, chain: _Chain, reached: int | None, streamed: Streamed) -> Iterable[Gap]:
    """Yield the gap between a shard's last object and what the stream would deliver first, if there may be one."""
    first = streamed.first.get(shard.shard_id)
    end = chain.end
    if end is not None and chain.is_complete(reached):
        if not end.proved:
            why = "the stream had forgotten what may have been at its end"
            yield Gap(shard.shard_id, reached, None, why, doubtful=True)
        return
    is_listed = shard.shard_id in streamed.shards
    if is_listed and (streamed.young or shard.shard_id in streamed.fresh):
        return  # the stream itself still has every record of this shard
    if first is not None and reached is not None and first <= reached:
        return
    if first is not None:
        why = "the archive ends before the stream begins; it may only be a minute behind"
        yield Gap(shard.shard_id, reached, first, why)
    elif is_listed and shard.end is None:
        yield Gap(shard.shard_id, reached, None, "the stream holds nothing of it any more", doubtful=True)
    else:
        yield Gap(
            shard.shard_id, reached, None, "it is closed, and nobody knows whether the archive has its end"
        )
