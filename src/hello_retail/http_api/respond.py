"""Turn an API Gateway event (payload 2.0) into a response.

Whatever happens, the client gets what it asked for or a problem document, and the log what went wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from hello_retail.aws_failures import Unavailable
from hello_retail.http_api.problems import (
    HttpResponse,
    Problem,
    build_fault_problem,
    build_unavailable_problem,
    describe_fault,
)
from hello_retail.http_api.protocol import HttpRequest, adapt_response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Where a function reports to."""

    logger: Logger
    metrics: Metrics

    def count_failure(self, name: str) -> None:
        """Write the metric of one request that failed."""
        self.metrics.add_metric(name, MetricUnit.Count, 1)
        self.metrics.flush_metrics()


def create_telemetry(environment: str, metrics_namespace: str) -> Telemetry:
    """Return the telemetry of a function; its metrics have the environment as their dimension."""
    metrics = Metrics(namespace=metrics_namespace)
    metrics.set_default_dimensions(Environment=environment)
    return Telemetry(Logger(), metrics)


def respond_to_request(
    event: Mapping[str, Any],
    context: object,
    answer: Callable[[HttpRequest], HttpResponse],
    telemetry: Telemetry,
) -> dict[str, Any]:
    """Return the response to one request; ``answer`` may raise any exception.

    A request that is answered leaves no line here: the API's access log has one.
    """
    request = HttpRequest.from_event(event)
    try:
        response = answer(request)
    except Exception as error:  # noqa: BLE001 - no client sees a fault's words
        response = _problem(error, str(getattr(context, "aws_request_id", "")), telemetry).build_response()
    return adapt_response(response, request).as_event()


def _problem(error: Exception, request_id: str, telemetry: Telemetry) -> Problem:
    """Return the problem for an error; log and count server errors."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Unavailable):
        telemetry.logger.warning(
            "DynamoDB is not available", extra={"request_id": request_id, "code": error.code}
        )
        telemetry.count_failure("Unavailable")
        return build_unavailable_problem(
            "The answer cannot be read just now; ask again in a moment.", request_id
        )
    telemetry.logger.error(
        "The request failed unexpectedly", extra={"request_id": request_id, **describe_fault(error)}
    )
    telemetry.count_failure("Faults")
    return build_fault_problem(request_id)
