"""Decide, without AWS, what may become of each quarantined entry."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from hello_retail.events import Rejection
from retailctl.quarantine import redrive
from retailctl.quarantine.records import (
    Copy,
    Entry,
    GivenUp,
    Held,
    build_copy,
    deduplicate_records,
    get_event_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from retailctl.quarantine.redrive import Mark

GIVEN_UP = "given-up"
"""The code of a batch from the failure destination, among those of single records."""
NEW_GENERATION = (
    "It may be half applied, so it is never put back: fold the views anew, in a new generation, while the stream "
    "or the archive still has its records (docs/quarantine.md)."
)


class QuarantineVerdict(Enum):
    """What may become of something in the quarantine."""

    READY = "ready"
    """Its copy is valid today and can be put on the stream."""
    UNFINISHED = "unfinished"
    """A redrive of it was begun and not finished; it goes on by looking in the log."""
    INVALID = "invalid"
    """It is still no valid event."""
    REPEAT = "repeat"
    """It is the same click as another record here."""
    NOT_ALONE = "not-alone"
    """More than one generation of the views stands."""
    OTHER_GENERATION = "other-generation"
    """Another generation than the live one judged it."""
    OTHER_STREAM = "other-stream"
    """It came from another stream than the environment's."""
    HALF_APPLIED = "half-applied"
    """It is a batch that was given up."""
    SENT = "sent"
    """Its copy is on the stream."""
    DROPPED = "dropped"
    """Somebody decided that it stays as it is."""


OPEN = frozenset(QuarantineVerdict) - {QuarantineVerdict.SENT, QuarantineVerdict.DROPPED}
"""What somebody still has to look at."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What may become of an entry; ``copy`` would go on the stream."""

    entry: Entry
    verdict: QuarantineVerdict
    reason: str
    copy: Copy | None = None
    mark: Mark | None = None

    @property
    def code(self) -> str:
        """Why it lies there, in short."""
        return self.entry.code if isinstance(self.entry, Held) else GIVEN_UP


@dataclass(frozen=True, slots=True)
class Choice:
    """The entries that match all criteria; ``since`` and ``until`` are arrivals."""

    identities: frozenset[str] = frozenset()
    objects: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def names_nothing(self) -> bool:
        """Whether it leaves nothing out."""
        return self == Choice()

    def matches_entry(self, entry: Entry, code: str, objects: frozenset[str] = frozenset()) -> bool:
        """Say whether an entry is meant; ``objects`` are all that hold it."""
        return (
            (not self.identities or entry.identity in self.identities)
            and (not self.objects or not self.objects.isdisjoint(objects | {entry.key}))
            and (not self.codes or code in self.codes)
            and (self.since is None or entry.arrived >= self.since)
            and (self.until is None or entry.arrived < self.until)
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """A decision on each entry, in order of arrival, and who holds it."""

    decisions: list[Decision]
    objects: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def select_decisions(self, choice: Choice) -> list[Decision]:
        """Return the decisions on what is meant."""
        return [
            decision
            for decision in self.decisions
            if choice.matches_entry(
                decision.entry, decision.code, self.objects.get(decision.entry.identity, frozenset())
            )
        ]


def decide_entries(
    entries: Iterable[Entry], marks: Mapping[str, Mark], live: int, stream: str, *, alone: bool = True
) -> Plan:
    """Return what may become of each thing in the quarantine.

    ``live`` is the live generation, and ``alone`` says whether no other stands beside it.
    """
    all_entries = list(entries)
    helds = [entry for entry in all_entries if isinstance(entry, Held)]
    objects: dict[str, frozenset[str]] = {}
    for held in helds:
        objects[held.identity] = objects.get(held.identity, frozenset()) | {held.key}
    records = deduplicate_records(helds, live)
    taken = {
        click: held.identity
        for held in reversed(records)
        if held.identity in marks
        and marks[held.identity].status != redrive.DROPPED
        and (click := get_event_key(held))
    }
    decisions = [
        _decide_batch(entry, marks.get(entry.identity)) for entry in all_entries if isinstance(entry, GivenUp)
    ]
    for held in records:
        decision = _decide_record(held, marks.get(held.identity), live, stream)
        click = get_event_key(held)
        if decision.verdict is QuarantineVerdict.READY and click is not None:
            first = taken.setdefault(click, held.identity)
            if first != held.identity:
                decision = Decision(
                    held,
                    QuarantineVerdict.REPEAT,
                    f"It is the same event as {first}, put twice by its producer.",
                )
        if decision.verdict is QuarantineVerdict.READY and not alone:
            decision = Decision(held, QuarantineVerdict.NOT_ALONE, redrive.NOT_ALONE)
        decisions.append(decision)
    decisions.sort(key=lambda decision: decision.entry.arrival)
    return Plan(decisions, objects)


def _decide_batch(batch: GivenUp, mark: Mark | None) -> Decision:
    if mark is not None:
        return Decision(batch, QuarantineVerdict.DROPPED, f"By {mark.by}: {mark.because}", mark=mark)
    return Decision(batch, QuarantineVerdict.HALF_APPLIED, NEW_GENERATION)


def _decide_record(held: Held, mark: Mark | None, live: int, stream: str) -> Decision:
    copy = build_copy(held)
    if mark is not None and mark.status != redrive.SENDING:
        return _decide_marked(held, mark)
    if held.stream != stream:
        return Decision(
            held,
            QuarantineVerdict.OTHER_STREAM,
            f"It came from the stream {held.stream}, which is another than {stream}.",
        )
    if isinstance(copy, Rejection):
        return Decision(held, QuarantineVerdict.INVALID, copy.reason, mark=mark)
    if mark is not None:
        return Decision(
            held, QuarantineVerdict.UNFINISHED, "Its redrive was begun and not finished.", copy, mark
        )
    if held.generation != live:
        judge = "an unnamed generation" if held.generation is None else f"generation {held.generation}"
        return Decision(
            held,
            QuarantineVerdict.OTHER_GENERATION,
            f"It was {judge} that judged it, and {live} is live: that one has folded the log anew, and put the "
            "original aside, or counted it, itself.",
        )
    return Decision(held, QuarantineVerdict.READY, _ready(copy), copy)


def _decide_marked(held: Held, mark: Mark) -> Decision:
    if mark.status == redrive.DROPPED:
        return Decision(held, QuarantineVerdict.DROPPED, f"By {mark.by}: {mark.because}", mark=mark)
    place = f"{mark.place.shard_id}:{mark.place.sequence_number}" if mark.place else "the stream"
    return Decision(held, QuarantineVerdict.SENT, f"Its copy {mark.event_id} is at {place}.", mark=mark)


def _ready(copy: Copy) -> str:
    sentence = f"It is a valid event today; its copy is {copy.event_id}."
    if copy.left_out:
        sentence += f" The copy leaves out of its envelope: {', '.join(map(repr, copy.left_out))}."
    return sentence


def count_codes(decisions: Iterable[Decision]) -> dict[str, int]:
    """Return how many there are of each code, most first."""
    counts: dict[str, int] = {}
    for decision in decisions:
        counts[decision.code] = counts.get(decision.code, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
