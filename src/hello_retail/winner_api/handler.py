"""The winner API's Lambda handler (payload format 2.0).

The routes are a small table (``api.ROUTES``): Powertools' resolver would add a quarter to the cold start.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from hello_retail.aws_failures import AWS_CONFIG
from hello_retail.http_api.respond import create_telemetry, respond_to_request
from hello_retail.settings import read_settings
from hello_retail.winner_api.api import WinnerApi
from hello_retail.winner_api.store import WinnerApiStore

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class WinnerApiSettings:
    """The function's environment variables, under these names in upper case."""

    contributions_table: str
    scores_table: str
    score_buckets: int
    environment: str
    powertools_metrics_namespace: str


SETTINGS = read_settings(WinnerApiSettings)
telemetry = create_telemetry(SETTINGS.environment, SETTINGS.powertools_metrics_namespace)

api = WinnerApi(
    WinnerApiStore(
        # Made at import: Lambda lends a whole processor to the start, and a fraction of one to requests.
        boto3.client("dynamodb", config=AWS_CONFIG),
        scores_table=SETTINGS.scores_table,
        contributions_table=SETTINGS.contributions_table,
        score_buckets=SETTINGS.score_buckets,
    ),
    clock=time.monotonic,
)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one request; errors become problem documents."""
    return respond_to_request(event, context, api.answer_request, telemetry)
