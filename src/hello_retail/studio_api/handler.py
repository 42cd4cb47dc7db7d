"""The Lambda entry of the studio's API (payload format 2.0)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from hello_retail.aws_failures import AWS_CONFIG
from hello_retail.http_api.respond import create_telemetry, respond_to_request
from hello_retail.settings import read_settings
from hello_retail.studio_api.api import StudioApi

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hello_retail.studio_api.tickets import TicketOffice


@dataclass(frozen=True, slots=True)
class StudioApiSettings:
    """The function's environment variables, under these names in upper case."""

    studio_table: str
    pictures_bucket: str
    max_bytes: int
    environment: str
    powertools_metrics_namespace: str


SETTINGS = read_settings(StudioApiSettings)
telemetry = create_telemetry(SETTINGS.environment, SETTINGS.powertools_metrics_namespace)


@cache
def open_office() -> TicketOffice:
    """Open the ticket office for the first request that needs it."""
    from hello_retail.studio_api.tickets import open_ticket_office  # noqa: PLC0415 - see there

    return open_ticket_office(SETTINGS.pictures_bucket)


api = StudioApi(
    # Made at import: Lambda lends a whole processor to the start, and a fraction of one to requests.
    boto3.client("dynamodb", config=AWS_CONFIG),
    SETTINGS.studio_table,
    SETTINGS.max_bytes,
    open_office,
    clock=lambda: datetime.now(UTC),
)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one request; an error becomes a problem document."""
    return respond_to_request(event, context, lambda request: api.answer_request(request, event), telemetry)
