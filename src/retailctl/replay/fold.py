"""Handing the archive's records to a generation's function as the mapping would: pure but for the calls it gets.

A shard at a time in order, parents before children, what repeats dropped by (shard, number), and never beyond a
record that the function says is not done with (counting rules 7 and 19).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from hello_retail.event_log.archive import ArchivedRecord, Shard, Span, build_kinesis_event
from retailctl.errors import UserError

BATCH_BYTES = 4_000_000
"""Most bytes of base64 in one call; Lambda takes 6 MB, the envelope around the records included."""
ATTEMPTS = 8
"""How often a batch is handed over of which nothing gets done."""
LONGEST_PAUSE_SECONDS = 30.0

Hand = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""One call of the function with a Kinesis event; it raises `NotTaken` where the function failed."""
Fetch = Callable[[Span], Sequence[ArchivedRecord]]


class NotTaken(Exception):
    """The function raised, timed out or was not reached; the message says what it said."""


def merge_records(spans: Iterable[Span], fetch: Fetch) -> Iterator[ArchivedRecord]:
    """Yield a shard's records by number, each once, however its objects overlap.

    Raises:
        UserError: where an object does not hold what its name says.

    """
    reached = -1
    for span in sorted(spans, key=lambda each: (each.first, each.last)):
        if span.last <= reached:
            continue
        found = fetch(span)
        numbers = [record.sequence for record in found]
        if (
            not found
            or (numbers[0], numbers[-1]) != (span.first, span.last)
            or numbers != sorted(set(numbers))
        ):
            raise UserError(
                f"The object {span.key} does not hold what its name says: restore an earlier version of it."
            )
        for record in found:
            if record.sequence > reached:
                yield record
                reached = record.sequence


def split_batches(found: Iterable[ArchivedRecord], most: int) -> Iterator[list[ArchivedRecord]]:
    """Yield records in batches of ``most`` at most, and of what one call takes."""
    batch: list[ArchivedRecord] = []
    size = 0
    for record in found:
        weight = len(record.data) + len(record.partition_key) + 300
        if batch and (len(batch) == most or size + weight > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += weight
    if batch:
        yield batch


def deliver_batch(
    batch: Sequence[ArchivedRecord], stream_arn: str, hand: Hand, pause: Callable[[float], None]
) -> None:
    """Hand a batch over until all of it is done with.

    Raises:
        UserError: where the function gets no further, with the shard and the number it stands at.

    """
    pending = list(batch)
    idle = 0
    while pending:
        try:
            failures = hand(build_kinesis_event(pending, stream_arn)).get("batchItemFailures") or []
        except NotTaken as error:
            rest, said = pending, str(error)
        else:
            lowest = min((int(failure["itemIdentifier"]) for failure in failures), default=None)
            rest = [record for record in pending if lowest is not None and record.sequence >= lowest]
            said = "it says that the record is not done with; its log says why"
        idle = idle + 1 if len(rest) == len(pending) else 0
        if idle >= ATTEMPTS:
            raise UserError(
                f"The function does not get beyond record {rest[0].number} of {rest[0].shard_id} ({said}). Take "
                "the cause away and run the same command with --resume: what is done with is recognised."
            )
        if idle:
            pause(min(2.0 ** (idle - 1), LONGEST_PAUSE_SECONDS))
        pending = rest


def fold_shards(
    shards: Sequence[Shard],
    fold_shard: Callable[[Shard], int],
    side_by_side: int,
) -> int:
    """Fold shards side by side, none before its parents, and return the number of records.

    ``shards`` has parents before children; ``fold_shard`` returns how many records a shard had.
    """
    waiting = {shard.shard_id: shard for shard in shards}
    running: dict[Future[int], str] = {}
    total = 0
    with ThreadPoolExecutor(side_by_side) as pool:
        try:
            while waiting or running:
                under_way = {*waiting, *running.values()}
                ready = [each for each in waiting.values() if not under_way.intersection(each.parents)]
                for shard in ready:
                    running[pool.submit(fold_shard, waiting.pop(shard.shard_id))] = shard.shard_id
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    del running[future]
                    total += future.result()
        except BaseException:
            for future in running:
                future.cancel()
            raise
    return total
