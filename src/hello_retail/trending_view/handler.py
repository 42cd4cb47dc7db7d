"""The trending view's Lambda handler: decode, fold, return where to resume."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from hello_retail.settings import read_settings
from hello_retail.stream_consumer.answer import AWS_CONFIG, SIDE_BY_SIDE, Applied, build_batch_response
from hello_retail.stream_consumer.usage import Usage
from hello_retail.trending_view.batch import TrendingBatch, decode_batch
from hello_retail.trending_view.store import TrendingViewStore
from hello_retail.trending_view.trend import Rule


@dataclass(frozen=True, slots=True)
class TrendingViewSettings:
    """The function's environment variables, under these names in upper case."""

    trending_table: str
    half_life_minutes: int
    retention_hours: int
    recent_events: int
    environment: str
    powertools_metrics_namespace: str

    @property
    def rule(self) -> Rule:
        """Return how sales are weighed.

        A product is kept for a day longer than the log keeps its sales (rule 9).
        """
        return Rule(
            half_life=self.half_life_minutes * 60.0,
            recent_events=self.recent_events,
            kept_seconds=(self.retention_hours + 24) * 3600.0,
        )


SETTINGS = read_settings(TrendingViewSettings)
logger = Logger()
metrics = Metrics(namespace=SETTINGS.powertools_metrics_namespace)
metrics.set_default_dimensions(Environment=SETTINGS.environment)


@cache
def get_store() -> TrendingViewStore:
    """Create the store and its client once for each instance."""
    return TrendingViewStore(
        boto3.client("dynamodb", config=AWS_CONFIG),
        ThreadPoolExecutor(SIDE_BY_SIDE),
        table=SETTINGS.trending_table,
        rule=SETTINGS.rule,
    )


get_store()  # at import, while Lambda lends a full processor


def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Fold one batch of one shard into the view.

    Returns Lambda's ``batchItemFailures``: empty where every record is done with, else the lowest sequence number
    that is not, from which the mapping delivers again. A failure of AWS is never raised; anything raised is a
    defect, and the mapping delivers the whole batch again.
    """
    return fold_batch(decode_batch(event), get_store())


def fold_batch(batch: TrendingBatch, view: TrendingViewStore) -> dict[str, list[dict[str, str]]]:
    """Apply a decoded batch to the view."""
    usage = Usage()
    applied = view.apply_sales(batch.shard_id, batch.sales, usage)
    resume = min((outcome.unapplied for outcome in applied if outcome.unapplied is not None), default=None)
    report_batch(batch, applied, resume, usage)
    return build_batch_response(batch.numbers, resume)


def report_batch(batch: TrendingBatch, applied: list[Applied], resume: int | None, usage: Usage) -> None:
    """Write metrics and one log line, without payloads or names."""
    metrics.add_metric("SalesCounted", MetricUnit.Count, sum(outcome.counted for outcome in applied))
    metrics.add_metric("RedeliveredSales", MetricUnit.Count, sum(outcome.redelivered for outcome in applied))
    metrics.add_metric("RepeatedSales", MetricUnit.Count, sum(outcome.repeats for outcome in applied))
    metrics.add_metric("WriteCapacityUnits", MetricUnit.Count, usage.write_units)
    metrics.add_metric("ReadCapacityUnits", MetricUnit.Count, usage.read_units)
    metrics.flush_metrics()
    log = logger.warning if usage.failures else logger.debug
    log(
        "batch folded",
        extra={
            "shard": batch.shard_id,
            "records": len(batch.numbers),
            "products": len(batch.sales),
            "resume_at": None if resume is None else batch.numbers[resume],
            "failures": usage.failures,
        },
    )
