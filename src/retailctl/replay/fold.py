"""Deliver archived records to a function as its mapping would.

Each shard is delivered in order, parents before children. Repeated records are dropped by (shard, number).
Nothing is delivered beyond a record that the function reports as failed (counting rules 7 and 19).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from hello_retail.event_log.archive import ArchivedRecord, Shard, Span, build_kinesis_event
from retailctl.errors import UserError

BATCH_BYTES = 4_000_000
"""Maximum bytes of base64 in one call; Lambda's limit is 6 MB with the envelope."""
ATTEMPTS = 8
"""How many times a batch is delivered without progress."""
LONGEST_PAUSE_SECONDS = 30.0

Deliver = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Calls the function with a Kinesis event; raises `NotTaken` where the function fails."""
Fetch = Callable[[Span], Sequence[ArchivedRecord]]


class NotTaken(Exception):
    """The function raised, timed out or was not reached, as the message says."""


def merge_records(spans: Iterable[Span], fetch: Fetch) -> Iterator[ArchivedRecord]:
    """Yield a shard's records by number, each once, even if its objects overlap.

    Raises:
        UserError: where an object's content does not match its name.

    """
    reached = -1
    for span in sorted(spans, key=lambda each: (each.first, each.last)):
        if span.last <= reached:
            continue
        fetched = fetch(span)
        numbers = [record.sequence for record in fetched]
        if (
            not fetched
            or (numbers[0], numbers[-1]) != (span.first, span.last)
            or numbers != sorted(set(numbers))
        ):
            raise UserError(
                f"The object {span.key} does not match its name: restore an earlier version of it."
            )
        for record in fetched:
            if record.sequence > reached:
                yield record
                reached = record.sequence


def split_batches(records: Iterable[ArchivedRecord], most: int) -> Iterator[list[ArchivedRecord]]:
    """Yield records in batches of at most ``most`` that fit in one call."""
    batch: list[ArchivedRecord] = []
    size = 0
    for record in records:
        weight = len(record.data) + len(record.partition_key) + 300
        if batch and (len(batch) == most or size + weight > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += weight
    if batch:
        yield batch


def deliver_batch(
    batch: Sequence[ArchivedRecord], stream_arn: str, deliver: Deliver, pause: Callable[[float], None]
) -> None:
    """Deliver a batch until all of it is processed.

    Raises:
        UserError: where the function makes no progress, with the shard and the record.

    """
    pending = list(batch)
    idle = 0
    while pending:
        try:
            failures = deliver(build_kinesis_event(pending, stream_arn)).get("batchItemFailures") or []
        except NotTaken as error:
            rest, reason = pending, str(error)
        else:
            lowest = min((int(failure["itemIdentifier"]) for failure in failures), default=None)
            rest = [record for record in pending if lowest is not None and record.sequence >= lowest]
            reason = "it reports the record as failed; see its log"
        idle = idle + 1 if len(rest) == len(pending) else 0
        if idle >= ATTEMPTS:
            raise UserError(
                f"The function does not get beyond record {rest[0].number} of {rest[0].shard_id} ({reason}). "
                "Remove the cause and run the same command with --resume: processed records are skipped."
            )
        if idle:
            pause(min(2.0 ** (idle - 1), LONGEST_PAUSE_SECONDS))
        pending = rest


def fold_shards(
    shards: Sequence[Shard],
    fold_shard: Callable[[Shard], int],
    concurrency: int,
) -> int:
    """Fold shards concurrently, none before its parents, and return the number of records.

    ``shards`` has parents before children. ``fold_shard`` returns the number of records of a shard.
    """
    waiting = {shard.shard_id: shard for shard in shards}
    running: dict[Future[int], str] = {}
    total = 0
    with ThreadPoolExecutor(concurrency) as pool:
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
