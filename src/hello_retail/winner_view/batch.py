"""What the event source mapping hands over, decoded: one batch of one shard."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from hello_retail.event_log.quarantine import QuarantinedRecord
from hello_retail.event_log.record_id import format_record_identity
from hello_retail.events import Rejection, decode_base64_event
from hello_retail.winner_view.tally import KINDS, SequencedEvent


@dataclass(frozen=True, slots=True)
class WinnerBatch:
    """One invocation's records: to fold, to skip and to quarantine.

    ``entries`` are in the order of the shard; ``skipped`` has the types of the rest by number. ``numbers`` gives
    each record's own text of its sequence number: an answer to Lambda must repeat it to the letter. ``arrivals``
    are in seconds since the epoch. ``redriven`` are the numbers of records that are passed over, since a copy
    of each is on the log (rule 18).
    """

    stream: str
    shard_id: str
    entries: list[SequencedEvent]
    skipped: dict[int, str]
    rejected: list[QuarantinedRecord]
    numbers: dict[int, str]
    arrivals: dict[int, float]
    redriven: frozenset[int] = frozenset()

    @property
    def first_rejected(self) -> int | None:
        """The lowest sequence number of a bad record."""
        return min((int(record.sequence_number) for record in self.rejected), default=None)

    def exclude_redriven(self, redriven: AbstractSet[str]) -> WinnerBatch:
        """Return the batch without the records of these identities.

        They may be valid or not: their copies count instead.
        """
        passed = frozenset(
            sequence
            for sequence in (self.numbers if redriven else ())
            if format_record_identity(self.stream, self.shard_id, sequence) in redriven
        )
        if not passed:
            return self
        return replace(
            self,
            entries=[entry for entry in self.entries if entry.sequence not in passed],
            skipped={number: kind for number, kind in self.skipped.items() if number not in passed},
            rejected=[record for record in self.rejected if int(record.sequence_number) not in passed],
            redriven=passed,
        )


def decode_batch(event: Mapping[str, Any]) -> WinnerBatch:
    """Sort a Kinesis event as Lambda delivers it (``Records[].kinesis``, ``eventID`` = shard:number)."""
    records = event["Records"]
    batch = WinnerBatch(
        stream=records[0]["eventSourceARN"].rpartition("/")[2],
        shard_id=records[0]["eventID"].partition(":")[0],
        entries=[],
        skipped={},
        rejected=[],
        numbers={},
        arrivals={},
    )
    for record in records:
        kinesis = record["kinesis"]
        number: str = kinesis["sequenceNumber"]
        sequence = int(number)
        batch.numbers[sequence] = number
        decoded = decode_base64_event(kinesis["data"])
        if isinstance(decoded, Rejection):
            batch.rejected.append(
                QuarantinedRecord(
                    sequence_number=number,
                    partition_key=kinesis["partitionKey"],
                    arrival=float(kinesis["approximateArrivalTimestamp"]),
                    code=decoded.code,
                    reason=decoded.reason,
                    data=kinesis["data"],
                )
            )
        elif decoded.kind in KINDS:
            batch.entries.append(SequencedEvent(sequence, decoded))
            batch.arrivals[sequence] = float(kinesis["approximateArrivalTimestamp"])
        else:
            batch.skipped[sequence] = decoded.kind
    return batch
