"""Prove, by names and numbers, that archive and stream are whole.

A replay of a log with a gap would count too little, so it is refused and the gap is named (counting rule 19).
Within a shard, each object is a batch without gaps. Between two objects, a link names the record directly before
the second. At the archive's end, the first record that the stream still has must be one that the archive has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hello_retail.event_log.archive import Link, Shard, Span

TRUST = "--trust-order"


@dataclass(frozen=True, slots=True)
class Archived:
    """What an archive holds of one stream: objects, links and the recorded shards."""

    spans: Sequence[Span]
    links: Sequence[Link]
    lineage: Mapping[str, Shard]


@dataclass(frozen=True, slots=True)
class Streamed:
    """What the stream still holds.

    ``first`` is the number of each shard's oldest record (``None``: it has no records). ``young``: no record of the
    stream has expired yet, because it is younger than the shortest retention. ``fresh`` are the shards of an older
    stream for which the same is true.
    """

    shards: Mapping[str, Shard]
    first: Mapping[str, int | None]
    young: bool
    fresh: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a shard may lack records: after one number, before another.

    ``None`` is the shard's beginning.

    For ``doubtful`` gaps, only the order of the archive's consumer shows that nothing is missing.
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
    """The objects and links of one shard."""

    spans: list[Span] = field(default_factory=list)
    links: dict[int, Link] = field(default_factory=dict)
    end: Link | None = None

    def add_link(self, link: Link) -> None:
        """Add a link; one proved by the stream replaces a derived one."""
        if link.first is None:
            self.end = link if self.end is None or link.proved else self.end
        elif link.first not in self.links or link.proved:
            self.links[link.first] = link

    def is_complete(self, reached: int | None) -> bool:
        """Whether the objects, which end at ``reached``, include the shard's end."""
        if self.end is None:
            return False
        return self.end.after is None or (reached is not None and self.end.after <= reached)


def merge_lineage(archived: Archived, streamed: Streamed) -> dict[str, Shard]:
    """Return archive's and stream's shards; closed in one means closed."""
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
    """Return the places where archive and stream may lack records."""
    chains: dict[str, _Chain] = {}
    for span in archived.spans:
        chains.setdefault(span.shard_id, _Chain()).spans.append(span)
    for link in archived.links:
        chains.setdefault(link.shard_id, _Chain()).add_link(link)
    shards = merge_lineage(archived, streamed)
    gaps = [
        Gap(shard_id, None, None, "neither the archive's lineage nor the stream has this shard")
        for shard_id in sorted(chains.keys() - shards.keys())
    ]
    reaches: dict[str, int | None] = {}
    for shard in order_shards(shards):
        chain = chains.get(shard.shard_id, _Chain())
        reached, inner_gaps = _check_spans(shard, chain)
        reaches[shard.shard_id] = reached
        gaps += [
            *inner_gaps,
            *_find_missing_objects(chain, shard),
            *_find_end_gap(shard, chain, reached, streamed),
        ]
        for parent in shard.parents:
            if parent in shards:
                if chain.spans and not chains.get(parent, _Chain()).is_complete(reaches[parent]):
                    why = f"{shard.shard_id}, its child, is in the archive, and its own end is not"
                    gaps.append(Gap(parent, reaches[parent], None, why))
            elif not streamed.young:
                why = f"it is a parent of {shard.shard_id}, and neither the archive nor the stream has it"
                gaps.append(Gap(parent, None, None, why))
    return gaps


def _check_spans(shard: Shard, chain: _Chain) -> tuple[int | None, list[Gap]]:
    """Return a shard's last archived number, and the gaps up to it."""
    reached: int | None = None
    gaps = []
    for span in sorted(chain.spans, key=lambda each: (each.first, each.last)):
        if span.first < shard.start:
            why = f"it begins below the shard's first number {shard.start}, so it is of another stream"
            gaps.append(Gap(shard.shard_id, None, span.first, why))
        elif reached is None or span.first > reached:
            link = chain.links.get(span.first)
            if link is None:
                gaps.append(Gap(shard.shard_id, reached, span.first, "nothing shows what came between"))
            elif link.after != reached and (link.after is None or reached is None or link.after > reached):
                gaps.append(Gap(shard.shard_id, reached, span.first, "an object is missing"))
            elif not link.proved:
                why = "records may have expired from the stream there"
                gaps.append(Gap(shard.shard_id, reached, span.first, why, doubtful=True))
        reached = span.last if reached is None else max(reached, span.last)
    return reached, gaps


def _find_missing_objects(chain: _Chain, shard: Shard) -> Iterable[Gap]:
    """Yield a gap for each linked record that no object has."""
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
    """Yield the possible gap between a shard's archive and its stream."""
    first = streamed.first.get(shard.shard_id)
    end = chain.end
    if end is not None and chain.is_complete(reached):
        if not end.proved:
            why = "records may have expired from the stream at its end"
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
        yield Gap(shard.shard_id, reached, None, "the stream has no records of it any more", doubtful=True)
    else:
        yield Gap(
            shard.shard_id, reached, None, "it is closed, and nothing shows whether the archive has its end"
        )
