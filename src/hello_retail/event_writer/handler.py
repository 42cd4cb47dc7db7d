"""The event writer's Lambda handler (payload format 2.0)."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from hello_retail.aws_failures import Unavailable
from hello_retail.event_writer.identifiers import RANDOM_BYTES, Identifiers, create_identifiers
from hello_retail.event_writer.kinds import KINDS
from hello_retail.event_writer.store import AWS_CONFIG, EventStream
from hello_retail.event_writer.submission import (
    EventRecord,
    EventSubmission,
    build_event_record,
    check_phone,
    parse_submission,
    refuse_shortcut,
)
from hello_retail.events.registry import INGRESS_1_1, compile_validators
from hello_retail.http_api.methods import build_preflight_response, is_preflight
from hello_retail.http_api.problems import (
    HttpResponse,
    Problem,
    build_fault_problem,
    build_unavailable_problem,
    describe_fault,
    format_json,
)
from hello_retail.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hello_retail.event_writer.once import Once


@dataclass(frozen=True, slots=True)
class EventWriterSettings:
    """The function's environment variables, under these names in upper case."""

    stream_name: str
    idempotency_table: str
    environment: str
    origin: str
    messages: str
    workshop: str
    powertools_metrics_namespace: str


NOT_TAKEN = "The event could not be taken just now; send it again in a moment, with the same Idempotency-Key."
PERHAPS_TAKEN = (
    "The event may have been taken, or not: sent again, it may count twice. "
    "Only what has an Idempotency-Key from its first attempt on can be sent again safely."
)

SETTINGS = read_settings(EventWriterSettings)
logger = Logger()
stream = EventStream(boto3.client("kinesis", config=AWS_CONFIG), SETTINGS.stream_name)
compile_validators(INGRESS_1_1, *KINDS)


@cache
def load_idempotency() -> Once:
    """Load the idempotency store for the first request that needs it."""
    from hello_retail.event_writer.once import Once  # noqa: PLC0415 - it would double the cold start

    return Once(boto3.client("dynamodb", config=AWS_CONFIG), SETTINGS.idempotency_table, report_lost_receipt)


def report_lost_receipt(error: Exception) -> None:
    """Log and count a receipt that could not be stored."""
    logger.warning("An accepted event's receipt is not in the table", extra=describe_fault(error))
    with single_metric(
        "ReceiptsLost", MetricUnit.Count, 1, namespace=SETTINGS.powertools_metrics_namespace
    ) as metric:
        metric.add_dimension("Environment", SETTINGS.environment)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Put one event on the stream; return a receipt or a problem.

    An event that is accepted leaves no line here: the access log has one, and Kinesis counts it.
    """
    if is_preflight(event):
        return build_preflight_response().as_event()
    submission = None
    try:
        submission = parse_submission(event, os.environ.get("_X_AMZN_TRACE_ID", ""))
        if SETTINGS.messages == "sms":
            check_phone(submission)
        if SETTINGS.workshop != "true":
            refuse_shortcut(submission)
        answer = build_accepted_response(accept_submission(submission, context))
    except Exception as error:  # noqa: BLE001 - no client sees a fault's words
        has_key = submission is not None and submission.key is not None
        answer = build_problem(
            error, str(getattr(context, "aws_request_id", "")), has_key=has_key
        ).build_response()
    return answer.as_event()


def accept_submission(submission: EventSubmission, context: object) -> dict[str, str]:
    """Put the event on the stream (once, given a key); return the receipt.

    Raises:
        Problem: what the client can mend.
        Unavailable: AWS does not answer now.

    """
    if submission.key is None:
        return put_record(
            create_record(
                submission, create_identifiers(time.time_ns() // 1_000_000, os.urandom(2 * RANDOM_BYTES))
            )
        )
    ready = create_record(submission, submission.derive_own_identifiers(submission.key))
    return load_idempotency().run(submission, lambda: put_record(ready), context)


def create_record(submission: EventSubmission, identifiers: Identifiers) -> EventRecord:
    """Return the submission's record, made now."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return build_event_record(submission, identifiers, now, SETTINGS.origin)


def put_record(ready: EventRecord) -> dict[str, str]:
    """Put the record on the stream and return the receipt."""
    stream.put_record(ready)
    return ready.build_receipt()


def build_accepted_response(receipt: Mapping[str, str]) -> HttpResponse:
    """Return the 202, which no cache keeps."""
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return HttpResponse(HTTPStatus.ACCEPTED, headers, format_json(receipt))


def build_problem(error: Exception, request_id: str, *, has_key: bool) -> Problem:
    """Return the problem for an error; count it, and log server errors.

    Only where the request ``has_key`` is it told to send the same again.
    """
    if isinstance(error, Problem):
        count_refusal(error.code, request_id)
        return error
    if isinstance(error, Unavailable):
        count_refusal("unavailable", request_id)
        logger.warning("AWS is not available", extra={"request_id": request_id, "code": error.code})
        return build_unavailable_problem(NOT_TAKEN if has_key else PERHAPS_TAKEN, request_id)
    count_refusal("fault", request_id)
    logger.error("The request failed unexpectedly", extra={"request_id": request_id, **describe_fault(error)})
    return build_fault_problem(request_id)


def count_refusal(code: str, request_id: str) -> None:
    """Write a refused event's metric, with the request's id."""
    with single_metric(
        "EventsRefused", MetricUnit.Count, 1, namespace=SETTINGS.powertools_metrics_namespace
    ) as metric:
        metric.add_dimension("Environment", SETTINGS.environment)
        metric.add_dimension("Code", code)
        metric.add_metadata("request_id", request_id)
