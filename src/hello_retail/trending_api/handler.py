"""The trending API's Lambda handler (payload format 2.0)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from hello_retail.aws_failures import AWS_CONFIG
from hello_retail.http_api.respond import create_telemetry, respond_to_request
from hello_retail.settings import read_settings
from hello_retail.trending_api.api import TrendingApi
from hello_retail.trending_api.store import TrendingApiStore

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class TrendingApiSettings:
    """The function's environment variables, under these names in upper case."""

    trending_table: str
    half_life_minutes: int
    environment: str
    powertools_metrics_namespace: str


SETTINGS = read_settings(TrendingApiSettings)
telemetry = create_telemetry(SETTINGS.environment, SETTINGS.powertools_metrics_namespace)

api = TrendingApi(
    # Made at import: Lambda lends a whole processor to the start, and a fraction of one to requests.
    TrendingApiStore(boto3.client("dynamodb", config=AWS_CONFIG), SETTINGS.trending_table),
    half_life=SETTINGS.half_life_minutes * 60.0,
    clock=time.time,
)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one request; errors become problem documents."""
    return respond_to_request(event, context, api.answer_request, telemetry)
