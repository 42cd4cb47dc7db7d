"""The Lambda entry of the shop view."""

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
from hello_retail.shop_view.batch import ShopBatch, decode_batch
from hello_retail.shop_view.carts import CartStore
from hello_retail.shop_view.store import ShopTables, ShopViewStore
from hello_retail.stream_consumer.answer import AWS_CONFIG, SIDE_BY_SIDE, build_batch_response
from hello_retail.stream_consumer.usage import Usage


@dataclass(frozen=True, slots=True)
class ShopViewSettings:
    """The function's environment variables, in lower case."""

    catalog_table: str
    categories_table: str
    stock_table: str
    carts_table: str
    retention_hours: int
    generation: int
    recent_events: int
    environment: str
    powertools_metrics_namespace: str


SETTINGS = read_settings(ShopViewSettings)
logger = Logger()
metrics = Metrics(namespace=SETTINGS.powertools_metrics_namespace)
metrics.set_default_dimensions(Environment=SETTINGS.environment, Generation=str(SETTINGS.generation))


@dataclass(frozen=True, slots=True)
class ShopStores:
    """Where the view writes to."""

    shelf: ShopViewStore
    carts: CartStore

    def fold_batch(self, batch: ShopBatch, usage: Usage) -> None:
        """Fold the batch once; each of its folds keeps what is not applied."""
        self.shelf.fold_batch(batch, usage)
        self.carts.fold_batch(batch, usage)


@cache
def get_store() -> ShopStores:
    """Make the stores once for the function's instance."""
    dynamodb, executor = boto3.client("dynamodb", config=AWS_CONFIG), ThreadPoolExecutor(SIDE_BY_SIDE)
    return ShopStores(
        ShopViewStore(
            dynamodb,
            executor,
            tables=ShopTables(SETTINGS.catalog_table, SETTINGS.categories_table, SETTINGS.stock_table),
            recent_events=SETTINGS.recent_events,
        ),
        CartStore(
            dynamodb,
            executor,
            table=SETTINGS.carts_table,
            recent_events=SETTINGS.recent_events,
            retention_hours=SETTINGS.retention_hours,
        ),
    )


get_store()  # at import, while Lambda lends a full processor


def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Fold one batch of one shard into the view.

    Returns Lambda's ``batchItemFailures``: empty where every record is done with, else the lowest sequence number
    that is not, from which the mapping delivers again. A failure of AWS is never raised; anything raised is a
    defect, and the mapping delivers the whole batch again.
    """
    return fold_batch(decode_batch(event), get_store())


def fold_batch(batch: ShopBatch, view: ShopStores) -> dict[str, list[dict[str, str]]]:
    """Apply a decoded batch to the view."""
    usage = Usage()
    view.fold_batch(batch, usage)
    unapplied = [fold.unapplied for fold in batch.folds]
    resume = min((number for number in unapplied if number is not None), default=None)
    report_batch(batch, resume, usage)
    return build_batch_response(batch.numbers, resume)


def report_batch(batch: ShopBatch, resume: int | None, usage: Usage) -> None:
    """Write the metrics and one log line, without payloads or names."""
    products, folds = batch.products.values(), batch.folds
    metrics.add_metric("ProductsFolded", MetricUnit.Count, sum(fold.unapplied is None for fold in products))
    metrics.add_metric("RedeliveredEvents", MetricUnit.Count, sum(fold.redelivered for fold in folds))
    metrics.add_metric("RepeatedEvents", MetricUnit.Count, sum(fold.repeats for fold in folds))
    foreign = sum(fold.foreign for fold in products)
    if foreign:  # a metric that is never sent costs nothing
        metrics.add_metric("ForeignOffers", MetricUnit.Count, foreign)
    metrics.add_metric("WriteCapacityUnits", MetricUnit.Count, usage.write_units)
    metrics.add_metric("ReadCapacityUnits", MetricUnit.Count, usage.read_units)
    metrics.flush_metrics()
    log = logger.warning if usage.failures else logger.debug
    log(
        "batch folded",
        extra={
            "shard": batch.shard_id,
            "records": len(batch.numbers),
            "products": len(products),
            "lines": len(batch.carts),
            "resume_at": None if resume is None else batch.numbers[resume],
            "failures": usage.failures,
        },
    )
