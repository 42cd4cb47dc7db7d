"""The Lambda entry of the studio's intake."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from hello_retail.settings import read_settings
from hello_retail.stream_consumer.answer import AWS_CONFIG, SIDE_BY_SIDE, build_batch_response
from hello_retail.studio.table import Studio, compute_kept_seconds
from hello_retail.studio_intake.batch import StudioBatch, decode_batch
from hello_retail.studio_intake.store import Intake, Outcome


@dataclass(frozen=True, slots=True)
class StudioIntakeSettings:
    """The function's environment variables, under these names in upper case."""

    studio_table: str
    machine_arn: str
    per_registration: int
    recent_events: int
    retention_hours: int
    messages: str
    environment: str
    powertools_metrics_namespace: str


SETTINGS = read_settings(StudioIntakeSettings)
logger = Logger()


@cache
def get_intake() -> Intake:
    """Make the intake and its clients once for the function's instance."""
    return Intake(
        studio=Studio(
            boto3.client("dynamodb", config=AWS_CONFIG),
            SETTINGS.studio_table,
            compute_kept_seconds(SETTINGS.retention_hours),
        ),
        machine=boto3.client("stepfunctions", config=AWS_CONFIG),
        machine_arn=SETTINGS.machine_arn,
        executor=ThreadPoolExecutor(SIDE_BY_SIDE),
        clock=time.time,
        allowance=SETTINGS.per_registration,
        recent_events=SETTINGS.recent_events,
        keeps_phones=SETTINGS.messages == "sms",
    )


get_intake()  # at import, while Lambda lends a full processor


def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Take one batch of one shard into the studio.

    Returns Lambda's ``batchItemFailures``: empty where every record is done with, else the lowest sequence number
    that is not, from which the mapping delivers again. A failure of AWS is never raised; anything raised is a
    defect, and the mapping delivers the whole batch again.
    """
    return take_batch(decode_batch(event), get_intake())


def take_batch(batch: StudioBatch, intake: Intake) -> dict[str, list[dict[str, str]]]:
    """Take a decoded batch; return where to resume."""
    outcome = intake.take_batch(batch)
    resume = min(outcome.unapplied, default=None)
    report_batch(batch, resume, outcome)
    return build_batch_response(batch.numbers, resume)


def report_batch(batch: StudioBatch, resume: int | None, outcome: Outcome) -> None:
    """Count pictures from elsewhere, and log failures; a batch without either leaves no line."""
    if outcome.foreign:  # a metric that is never sent costs nothing
        with single_metric(
            "ForeignPictures",
            MetricUnit.Count,
            len(outcome.foreign),
            namespace=SETTINGS.powertools_metrics_namespace,
        ) as metric:
            metric.add_dimension("Environment", SETTINGS.environment)
    if outcome.usage.failures:
        logger.warning(
            "A batch was not taken whole",
            extra={
                "shard": batch.shard_id,
                "records": len(batch.numbers),
                "resume_at": None if resume is None else batch.numbers[resume],
                "failures": sorted(outcome.usage.failures),
            },
        )
