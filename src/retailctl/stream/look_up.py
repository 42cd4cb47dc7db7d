"""Find which lines of an event log are on a stream."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from retailctl.stream.lines import LineRanges, LineSelection

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from retailctl.stream.log_file import LogEntry


def compute_digest(partition_key: str, data: bytes) -> bytes:
    """Return what stands for a record among many, in 16 bytes."""
    key = partition_key.encode()
    return blake2b(len(key).to_bytes(4) + key + data, digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class LookUp:
    """The lines that are on the stream, and those that are not."""

    present: Sequence[int]
    missing: Sequence[int]

    def select_missing(self, selection: LineSelection) -> LineSelection:
        """Return the selection of the missing lines; there is one at least."""
        return selection.select_rest(
            self.missing[0], (line for line in self.present if line > self.missing[0])
        )

    def describe_lines(self) -> list[str]:
        """Return sentences for the lines that are there and are not."""
        if not self.present and not self.missing:
            return ["The options select no record."]
        return [
            _describe(self.present, ("is on the stream", "are on the stream")),
            _describe(self.missing, ("is not on the stream", "are not on the stream"))
            if self.missing
            else "Each line is on the stream.",
        ]


def _describe(lines: Sequence[int], verbs: tuple[str, str]) -> str:
    if not lines:
        return f"No line {verbs[0]}."
    plural = len(lines) > 1
    return f"Line{'s' if plural else ''} {LineRanges.from_lines(lines)} {verbs[plural]}."


def look_up_entries(entries: Iterable[LogEntry], digests: Iterable[bytes]) -> LookUp:
    """Say of each record whether the stream has it.

    It is given the digests of the records that arrived.

    The records of a partition key arrive in the order of their lines. So where several lines hold the same record,
    and the stream has fewer of it, it has those of the first lines.
    """
    on_stream = Counter(digests)
    present, missing = [], []
    for entry in entries:
        digest = compute_digest(entry.partition_key, entry.data)
        if on_stream[digest]:
            on_stream[digest] -= 1
            present.append(entry.line)
        else:
            missing.append(entry.line)
    return LookUp(present, missing)
