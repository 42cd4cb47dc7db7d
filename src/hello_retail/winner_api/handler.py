"""The Lambda entry of the winner API: an HTTP request of API Gateway (payload 2.0) in, a response out.

The routes are a small table (``api.ROUTES``): Powertools' resolver would add a quarter to the cold start.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from hello_retail.problems import Problem, fault, trace, unavailable
from hello_retail.settings import require, require_count
from hello_retail.winner_api.api import Api
from hello_retail.winner_api.protocol import Request, for_request
from hello_retail.winner_api.store import AWS_CONFIG, Store, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """What the function is told by its environment; it fails at cold start and names what is missing."""

    contributions_table: str
    scores_table: str
    score_buckets: int
    environment: str
    metrics_namespace: str

    @classmethod
    def read(cls) -> Settings:
        """Read the settings from the environment variables.

        Raises:
            MissingSetting: for the first that is absent or malformed.

        """
        return cls(
            contributions_table=require("CONTRIBUTIONS_TABLE"),
            scores_table=require("SCORES_TABLE"),
            score_buckets=require_count("SCORE_BUCKETS"),
            environment=require("ENVIRONMENT"),
            metrics_namespace=require("POWERTOOLS_METRICS_NAMESPACE"),
        )


SETTINGS = Settings.read()
logger = Logger()
metrics = Metrics(namespace=SETTINGS.metrics_namespace)
metrics.set_default_dimensions(Environment=SETTINGS.environment)


def measure(name: str, value: float) -> None:
    """Add a count to the metrics of this invocation."""
    metrics.add_metric(name, MetricUnit.Count, value)


api = Api(
    Store(
        # Made at import: Lambda lends a whole processor to the start, and a fraction of one to requests.
        boto3.client("dynamodb", config=AWS_CONFIG),
        scores_table=SETTINGS.scores_table,
        contributions_table=SETTINGS.contributions_table,
        score_buckets=SETTINGS.score_buckets,
        measure=measure,
    ),
    clock=time.monotonic,
    measure=measure,
)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one request; whatever happens, the client gets what it asked for or a problem document."""
    request = Request.from_event(event)
    try:
        answer = api.answer(request)
    except Exception as error:  # noqa: BLE001 - no client sees a fault's words
        answer = _problem(error, str(getattr(context, "aws_request_id", ""))).answer()
    if metrics.metric_set:
        metrics.flush_metrics()
    return for_request(answer, request).as_event()


def _problem(error: Exception, request_id: str) -> Problem:
    """Return what the client is told of an error; log and count what is not the client's doing."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, StoreUnavailable):
        logger.warning("DynamoDB is not available", extra={"request_id": request_id, "code": error.code})
        measure("Unavailable", 1)
        return unavailable("The answer cannot be read just now; ask again in a moment.", request_id)
    logger.error("The request failed unexpectedly", extra={"request_id": request_id, **trace(error)})
    measure("Faults", 1)
    return fault(request_id)
