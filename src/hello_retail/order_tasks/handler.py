"""The Lambda entry of the orders' steps."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from hello_retail.order_tasks.work import Reconciled, Work
from hello_retail.orders.table import OrderTables
from hello_retail.payments.simulated import SimulatedProvider
from hello_retail.settings import read_settings
from hello_retail.stream_consumer.answer import AWS_CONFIG


@dataclass(frozen=True, slots=True)
class OrderTasksSettings:
    """The function's environment variables, under these names in upper case."""

    orders_table: str
    catalog_table: str
    stock_table: str
    payments_table: str
    machine_arn: str
    stream_name: str
    origin: str
    currency: str
    environment: str
    powertools_metrics_namespace: str


SETTINGS = read_settings(OrderTasksSettings)
logger = Logger()


class UnknownAction(Exception):
    """The input is none that this function takes: a defect of the machine's definition."""


class NotReconciled(Exception):
    """Some orders could not be dealt with; the others were."""


@cache
def get_work() -> Work:
    """Make the work and its clients once for the function's instance."""
    dynamodb = boto3.client("dynamodb", config=AWS_CONFIG)
    return Work(
        tables=OrderTables(dynamodb, SETTINGS.orders_table, SETTINGS.stock_table),
        catalog=SETTINGS.catalog_table,
        provider=SimulatedProvider(dynamodb, SETTINGS.payments_table),
        machine=boto3.client("stepfunctions", config=AWS_CONFIG),
        machine_arn=SETTINGS.machine_arn,
        kinesis=boto3.client("kinesis", config=AWS_CONFIG),
        stream=SETTINGS.stream_name,
        origin=SETTINGS.origin,
        currency=SETTINGS.currency,
        clock=time.time,
    )


get_work()  # at import, while Lambda lends a full processor


def handler(event: Mapping[str, Any], _context: object) -> None:
    """Do one step.

    A failure of AWS or of the provider is raised: the machine, EventBridge or the schedule calls again.
    """
    run_action(event, get_work())


def run_action(event: Mapping[str, Any], work: Work) -> None:
    """Do what the input asks for.

    Raises:
        NotReconciled: where a reconciliation failed for some orders.
        UnknownAction: for no input of this function's.

    """
    match event:
        case {"action": "reserve", "user": user, "order": order}:
            work.reserve(user, order)
        case {"action": "pay", "user": user, "order": order}:
            work.pay(user, order)
        case {"action": "confirm", "user": user, "order": order}:
            work.confirm(user, order)
        case {"source": "aws.states", "detail": {"status": "FAILED" | "TIMED_OUT" | "ABORTED"} as detail}:
            work.end_from_event(detail)
        case {"action": "reconcile"}:
            report_reconciliation(work.reconcile())
        case _:
            raise UnknownAction("The input is no reserve, pay, confirm, reconcile or end of an execution.")


def report_reconciliation(reconciled: Reconciled) -> None:
    """Log what was found, and measure how long an order has been open.

    Raises:
        NotReconciled: where some orders failed.

    """
    if reconciled.ended:
        logger.warning("Executions had ended and were not told", extra={"executions": reconciled.ended})
    if reconciled.oldest_open:  # a metric that is never sent costs nothing
        with single_metric(
            "OldestOpenOrder",
            MetricUnit.Seconds,
            reconciled.oldest_open,
            namespace=SETTINGS.powertools_metrics_namespace,
        ) as metric:
            metric.add_dimension("Environment", SETTINGS.environment)
    for execution, error in reconciled.failures.items():
        logger.error(
            "An order could not be ended", extra={"execution": execution, "failure": type(error).__name__}
        )
    if reconciled.failures:
        raise NotReconciled(
            f"Orders that could not be ended: {len(reconciled.failures)}. The log names them."
        )
