"""Read the events of some types that archive and stream hold."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hello_retail import events
from retailctl.replay.fold import merge_records
from retailctl.replay.proof import Archived, find_gaps

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from retailctl.replay.log import ReplayLog


@dataclass(frozen=True, slots=True)
class KeptEvents:
    """A log's events of some types, and where it may lack records."""

    payloads: Sequence[bytes]
    gaps: Sequence[str]


def read_kept_events(log: ReplayLog, kinds: Collection[str]) -> KeptEvents:
    """Return the events of these types that archive and stream hold now.

    A record that both hold has one sequence number. A shard's numbers are above all of its parents', so that
    ascending order is the log's order for each product.
    """
    archived = log.inspect_archive() if log.has_archive else Archived([], [], {})
    if log.has_archive:
        gaps = [str(gap) for gap in find_gaps(archived, log.inspect_stream())]
    else:
        gaps = [] if log.is_young else [f"There is no archive, and the stream keeps {log.retention_hours} h."]
    records = {
        number: payload
        for source in (_read_archive(archived, log), log.read_stream())
        for number, payload in source
        if _is_of(payload, kinds)
    }
    return KeptEvents([records[number] for number in sorted(records)], gaps)


def _read_archive(archived: Archived, log: ReplayLog) -> Iterator[tuple[int, bytes]]:
    for shard_id in sorted({span.shard_id for span in archived.spans}):
        spans = [span for span in archived.spans if span.shard_id == shard_id]
        for record in merge_records(spans, log.read_records):
            yield record.sequence, base64.b64decode(record.data)


def _is_of(payload: bytes, kinds: Collection[str]) -> bool:
    event = events.decode_event(payload)
    return isinstance(event, events.Event) and event.kind in kinds
