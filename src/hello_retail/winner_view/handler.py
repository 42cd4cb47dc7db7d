"""The winner view's Lambda handler: decode, fold, return where to resume."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from hello_retail import events
from hello_retail.aws_failures import FAILURES
from hello_retail.settings import read_settings
from hello_retail.stream_consumer.answer import AWS_CONFIG, SIDE_BY_SIDE, Applied, build_batch_response
from hello_retail.stream_consumer.usage import Usage
from hello_retail.winner_view import tally
from hello_retail.winner_view.batch import WinnerBatch, decode_batch
from hello_retail.winner_view.store import Places, WinnerViewStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FRESHNESS_VALUES = 20
"""How many evenly spaced quantiles of a batch's freshness are recorded: a metric takes at most 100 values."""


@dataclass(frozen=True, slots=True)
class WinnerViewSettings:
    """The function's environment variables, under these names in upper case."""

    contributions_table: str
    scores_table: str
    redrives_table: str
    quarantine_bucket: str
    generation: int
    score_buckets: int
    recent_events: int
    environment: str
    powertools_metrics_namespace: str


SETTINGS = read_settings(WinnerViewSettings)
logger = Logger()
metrics = Metrics(namespace=SETTINGS.powertools_metrics_namespace)
DIMENSIONS = {"Environment": SETTINGS.environment, "Generation": str(SETTINGS.generation)}
"""Of every metric: two generations that stand side by side are not added up."""
metrics.set_default_dimensions(**DIMENSIONS)


@cache
def get_s3_client() -> S3Client:
    """Create the S3 client for the first invalid record: most invocations need none."""
    return boto3.client("s3", config=AWS_CONFIG)


@cache
def get_store() -> WinnerViewStore:
    """Create the store and its clients once for each instance."""
    return WinnerViewStore(
        boto3.client("dynamodb", config=AWS_CONFIG),
        get_s3_client,
        ThreadPoolExecutor(SIDE_BY_SIDE),
        places=Places(
            contributions_table=SETTINGS.contributions_table,
            scores_table=SETTINGS.scores_table,
            redrives_table=SETTINGS.redrives_table,
            quarantine_bucket=SETTINGS.quarantine_bucket,
            generation=SETTINGS.generation,
        ),
        score_buckets=SETTINGS.score_buckets,
        recent_events=SETTINGS.recent_events,
    )


get_store()  # at import, while Lambda lends a full processor


def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Fold one batch of one shard into the views.

    Returns Lambda's ``batchItemFailures``: empty where every record is done with, else the lowest sequence number
    that is not, from which the mapping delivers again. A failure of AWS is never raised; anything raised is a
    defect, and the mapping delivers the whole batch again.
    """
    return fold_batch(decode_batch(event), get_store(), time.time)


def fold_batch(
    batch: WinnerBatch, views: WinnerViewStore, clock: Callable[[], float]
) -> dict[str, list[dict[str, str]]]:
    """Apply a decoded batch to the views; ``clock`` gives seconds since the epoch."""
    usage = Usage()
    redriven = views.read_redriven(usage)
    if redriven is None:
        first = min(batch.numbers)
        report_batch(batch, [], first, clock(), usage)
        return build_batch_response(batch.numbers, first)
    batch = batch.exclude_redriven(redriven)
    cuts = [quarantine_rejected(batch, views, usage)]
    facts, undecided = views.register_products(tally.collect_products(batch.entries), usage)
    cuts.append(undecided)
    cut = min((number for number in cuts if number is not None), default=None)
    earned = tally.assign_credits(batch.entries, facts, cut)
    applied = views.apply_credits(batch.shard_id, earned, round(clock() * 1000), usage)
    unapplied = [cut, *(outcome.unapplied for outcome in applied)]
    resume = min((number for number in unapplied if number is not None), default=None)
    report_batch(batch, applied, resume, clock(), usage)
    return build_batch_response(batch.numbers, resume)


def quarantine_rejected(batch: WinnerBatch, views: WinnerViewStore, usage: Usage) -> int | None:
    """Quarantine invalid records before any write; return the cut on failure."""
    if not batch.rejected:
        return None
    try:
        views.write_quarantine(batch)
    except FAILURES as error:
        usage.note_failure(error)
        return batch.first_rejected
    return None


def report_batch(
    batch: WinnerBatch, applied: list[Applied], resume: int | None, now: float, usage: Usage
) -> None:
    """Write metrics and one log line, without payloads or names."""
    applied_sequences = [
        entry.sequence for entry in batch.entries if resume is None or entry.sequence < resume
    ]
    rejected = [r for r in batch.rejected if resume is None or int(r.sequence_number) < resume]
    redriven = sum(resume is None or sequence < resume for sequence in batch.redriven)
    waits = sorted(round((now - batch.arrivals[sequence]) * 1000) for sequence in applied_sequences)
    redelivered = sum(outcome.redelivered for outcome in applied)
    repeats = sum(outcome.repeats for outcome in applied)
    metrics.add_metric("EventsApplied", MetricUnit.Count, len(applied_sequences))
    metrics.add_metric("RecordsQuarantined", MetricUnit.Count, len(rejected))
    if redriven:  # a metric that is never sent costs nothing
        metrics.add_metric("RecordsRedriven", MetricUnit.Count, redriven)
    metrics.add_metric("RedeliveredSales", MetricUnit.Count, redelivered)
    metrics.add_metric("RepeatedSales", MetricUnit.Count, repeats)
    metrics.add_metric("WriteCapacityUnits", MetricUnit.Count, usage.write_units)
    metrics.add_metric("ReadCapacityUnits", MetricUnit.Count, usage.read_units)
    for wait in select_quantiles(waits, FRESHNESS_VALUES):
        metrics.add_metric("Freshness", MetricUnit.Milliseconds, wait)
    metrics.flush_metrics()
    skipped_kinds = Counter(
        kind if kind in events.SCHEMAS else "other"
        for sequence, kind in batch.skipped.items()
        if resume is None or sequence < resume
    )
    for kind, count in skipped_kinds.items():
        with single_metric("EventsSkipped", MetricUnit.Count, count) as skipped:
            for name, value in {**DIMENSIONS, "EventType": kind}.items():
                skipped.add_dimension(name, value)
    log = logger.warning if usage.failures or rejected else logger.debug
    log(
        "batch folded",
        extra={
            "shard": batch.shard_id,
            "records": len(batch.numbers),
            "applied": len(applied_sequences),
            "skipped": skipped_kinds.total(),
            "quarantined": len(rejected),
            "redriven": redriven,
            "redelivered": redelivered,
            "repeats": repeats,
            "resume_at": None if resume is None else batch.numbers[resume],
            "failures": usage.failures,
        },
    )


def select_quantiles(ordered: list[int], most: int) -> list[int]:
    """Return at most ``most`` evenly spaced values of an ascending list.

    Its first and last are among them.
    """
    if len(ordered) <= most:
        return ordered
    return [ordered[round(index * (len(ordered) - 1) / (most - 1))] for index in range(most)]
