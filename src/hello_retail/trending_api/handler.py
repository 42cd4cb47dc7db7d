"""The Lambda entry of the trending API: an HTTP request of API Gateway (payload 2.0) in, a response out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics

from hello_retail.aws_failures import AWS_CONFIG
from hello_retail.http_api.respond import Telemetry, respond_to_request
from hello_retail.settings import require_count, require_setting
from hello_retail.trending_api.api import TrendingApi
from hello_retail.trending_api.store import TrendingApiStore

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class TrendingApiSettings:
    """What the function is told by its environment; it fails at cold start and names what is missing."""

    table: str
    half_life_minutes: int
    environment: str
    metrics_namespace: str

    @classmethod
    def from_environment(cls) -> TrendingApiSettings:
        """Read the settings from the environment variables.

        Raises:
            MissingSetting: for the first that is absent or malformed.

        """
        return cls(
            table=require_setting("TRENDING_TABLE"),
            half_life_minutes=require_count("HALF_LIFE_MINUTES"),
            environment=require_setting("ENVIRONMENT"),
            metrics_namespace=require_setting("POWERTOOLS_METRICS_NAMESPACE"),
        )


SETTINGS = TrendingApiSettings.from_environment()
logger = Logger()
metrics = Metrics(namespace=SETTINGS.metrics_namespace)
metrics.set_default_dimensions(Environment=SETTINGS.environment)
telemetry = Telemetry(logger, metrics)

api = TrendingApi(
    # Made at import: Lambda lends a whole processor to the start, and a fraction of one to requests.
    TrendingApiStore(boto3.client("dynamodb", config=AWS_CONFIG), SETTINGS.table),
    half_life=SETTINGS.half_life_minutes * 60.0,
    clock=time.time,
)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one request; whatever happens, the client gets what it asked for or a problem document."""
    return respond_to_request(event, context, api.answer_request, telemetry)
