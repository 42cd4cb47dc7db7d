"""The Lambda entry of the event writer: an HTTP request of API Gateway (payload 2.0) in, a receipt out."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from hello_retail.aws_failures import Unavailable
from hello_retail.event_writer.identifiers import RANDOM_BYTES, Identifiers, fresh
from hello_retail.event_writer.kinds import KINDS
from hello_retail.event_writer.store import AWS_CONFIG, Stream
from hello_retail.event_writer.submission import (
    Record,
    Refused,
    Submission,
    is_preflight,
    read,
    record,
)
from hello_retail.events.registry import INGRESS_1_1, prepare
from hello_retail.http_api.problems import Answer, Problem, as_text, fault, trace, unavailable
from hello_retail.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hello_retail.event_writer.once import Once


@dataclass(frozen=True, slots=True)
class Settings:
    """What the function is told by its environment, under these names in upper case."""

    stream_name: str
    idempotency_table: str
    environment: str
    powertools_metrics_namespace: str


NOT_TAKEN = "The event could not be taken just now; send it again in a moment, with the same Idempotency-Key."
PERHAPS_TAKEN = (
    "The event may have been taken, or not: sent again, it may count twice. "
    "Only what has an Idempotency-Key from its first attempt on can be sent again safely."
)

SETTINGS = read_settings(Settings)
logger = Logger()
metrics = Metrics(namespace=SETTINGS.powertools_metrics_namespace)
metrics.set_default_dimensions(Environment=SETTINGS.environment)
stream = Stream(boto3.client("kinesis", config=AWS_CONFIG), SETTINGS.stream_name)
prepare(INGRESS_1_1, *KINDS)


@cache
def once() -> Once:
    """Load what only requests with an Idempotency-Key need when the first of them comes."""
    from hello_retail.event_writer.once import Once  # noqa: PLC0415 - it would double the cold start

    return Once(boto3.client("dynamodb", config=AWS_CONFIG), SETTINGS.idempotency_table, receipt_lost)


def receipt_lost(error: Exception) -> None:
    """Log and count that an accepted event's receipt could not be kept for a retry."""
    logger.warning("An accepted event's receipt is not in the table", extra=trace(error))
    metrics.add_metric("ReceiptsLost", MetricUnit.Count, 1)
    metrics.flush_metrics()


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Put one event on the stream; whatever happens, the client gets a receipt or a problem document.

    A preflight gets a 204 without CORS headers: API Gateway, which may pass it on to a route of any method, adds
    them for the origins on its list.
    """
    if is_preflight(event):
        return Answer(HTTPStatus.NO_CONTENT, {"cache-control": "no-store"}).as_event()
    submission = None
    try:
        submission = read(event, os.environ.get("_X_AMZN_TRACE_ID", ""))
        answer = accepted(accept(submission, context))
        count("EventsAccepted", "EventType", submission.kind)
    except Exception as error:  # noqa: BLE001 - no client sees a fault's words
        has_key = submission is not None and submission.key is not None
        answer = problem(error, str(getattr(context, "aws_request_id", "")), has_key=has_key).answer()
    return answer.as_event()


def accept(submission: Submission, context: object) -> dict[str, str]:
    """Put the submission's event on the stream, once if it has a key, and return the receipt.

    Raises:
        Refused: what the client can mend.
        Unavailable: AWS does not answer now.

    """
    if submission.key is None:
        return put(event_record(submission, fresh(time.time_ns() // 1_000_000, os.urandom(2 * RANDOM_BYTES))))
    ready = event_record(submission, submission.derived_identifiers(submission.key))
    return once().run(submission, lambda: put(ready), context)


def event_record(submission: Submission, identifiers: Identifiers) -> Record:
    """Return the submission's record, made now."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return record(submission, identifiers, now)


def put(ready: Record) -> dict[str, str]:
    """Put the record on the stream, measure how long that took, and return the receipt."""
    started = time.perf_counter()
    try:
        stream.put(ready)
    finally:
        metrics.add_metric("PutLatency", MetricUnit.Milliseconds, (time.perf_counter() - started) * 1000)
        metrics.flush_metrics()
    return ready.receipt()


def accepted(receipt: Mapping[str, str]) -> Answer:
    """Return the 202, which no cache keeps."""
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return Answer(HTTPStatus.ACCEPTED, headers, as_text(receipt))


def problem(error: Exception, request_id: str, *, has_key: bool) -> Problem:
    """Return what the client is told of an error; count it, and log what is not the client's doing.

    Only where the request ``has_key`` is it told to send the same again.
    """
    if isinstance(error, Refused):
        count("EventsRefused", "Code", error.code)
        logger.debug("refused", extra={"request_id": request_id, "refusal": error.code})
        return error
    if isinstance(error, Unavailable):
        count("EventsRefused", "Code", "unavailable")
        logger.warning("AWS is not available", extra={"request_id": request_id, "code": error.code})
        return unavailable(NOT_TAKEN if has_key else PERHAPS_TAKEN, request_id)
    count("EventsRefused", "Code", "fault")
    logger.error("The request failed unexpectedly", extra={"request_id": request_id, **trace(error)})
    return fault(request_id)


def count(name: str, dimension: str, value: str) -> None:
    """Count one request under a dimension of its own."""
    with single_metric(name, MetricUnit.Count, 1, namespace=SETTINGS.powertools_metrics_namespace) as metric:
        metric.add_dimension("Environment", SETTINGS.environment)
        metric.add_dimension(dimension, value)
