"""The Lambda entry of the studio's steps."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from hello_retail.settings import read_settings
from hello_retail.stream_consumer.answer import AWS_CONFIG
from hello_retail.studio.table import Studio, compute_kept_seconds
from hello_retail.studio_tasks.work import Reconciled, Rules, Work


@dataclass(frozen=True, slots=True)
class StudioTasksSettings:
    """The function's environment variables, under these names in upper case."""

    studio_table: str
    machine_arn: str
    stream_name: str
    pictures_bucket: str
    origin: str
    minutes: int
    per_registration: int
    retention_hours: int
    messages: str
    page_url: str
    environment: str
    powertools_metrics_namespace: str


SETTINGS = read_settings(StudioTasksSettings)
logger = Logger()


class UnknownAction(Exception):
    """The input is none that this function takes: a defect of the machine's definition."""


@cache
def get_work() -> Work:
    """Make the work and its clients once for the function's instance."""
    return Work(
        studio=Studio(
            boto3.client("dynamodb", config=AWS_CONFIG),
            SETTINGS.studio_table,
            compute_kept_seconds(SETTINGS.retention_hours),
        ),
        machine=boto3.client("stepfunctions", config=AWS_CONFIG),
        machine_arn=SETTINGS.machine_arn,
        kinesis=boto3.client("kinesis", config=AWS_CONFIG),
        stream=SETTINGS.stream_name,
        rules=Rules(
            minutes=SETTINGS.minutes,
            allowance=SETTINGS.per_registration,
            origin=SETTINGS.origin,
            pictures_bucket=SETTINGS.pictures_bucket,
            page_url=SETTINGS.page_url,
        ),
        clock=time.time,
        messages=boto3.client("sns", config=AWS_CONFIG) if SETTINGS.messages == "sms" else None,
        note_unsent=note_unsent,
    )


def note_unsent(error: Exception) -> None:
    """Log a text that could not be sent, without the phone's number."""
    logger.warning("A photographer's text was not sent", extra={"failure": type(error).__name__})


get_work()  # at import, while Lambda lends a full processor


def handler(event: Mapping[str, Any], _context: object) -> None:
    """Do one step.

    A failure of AWS is raised: the machine, EventBridge or the schedule calls again.
    """
    run_action(event, get_work())


def run_action(event: Mapping[str, Any], work: Work) -> None:
    """Do what the input asks for.

    Raises:
        UnknownAction: for no input of this function's.

    """
    match event:
        case {"action": "find", "product": product, "token": token}:
            work.find_photographer(product, token)
        case {"action": "ask", "product": product, "attempt": attempt, "token": token}:
            work.ask_photographer(product, int(attempt), token)
        case {"action": "settle", "product": product, "attempt": attempt}:
            work.settle(product, int(attempt), timed_out=event.get("timedOut") is True)
        case {"source": "aws.states", "detail": {"status": "FAILED" | "TIMED_OUT" | "ABORTED"} as detail}:
            work.end_from_event(detail)
        case {"action": "reconcile"}:
            report_reconciliation(work.reconcile())
        case _:
            raise UnknownAction("The input is no find, ask, settle, reconcile or end of an execution.")


def report_reconciliation(found: Reconciled) -> None:
    """Log executions that had ended unheard of, and measure the longest wait for a picture."""
    if found.ended:
        logger.warning("Executions had ended and were not told", extra={"executions": found.ended})
    if found.longest_wait:  # a metric that is never sent costs nothing
        with single_metric(
            "LongestWait",
            MetricUnit.Seconds,
            found.longest_wait,
            namespace=SETTINGS.powertools_metrics_namespace,
        ) as metric:
            metric.add_dimension("Environment", SETTINGS.environment)
