"""The Lambda entry of the catalog API (payload format 2.0)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from hello_retail.aws_failures import AWS_CONFIG
from hello_retail.catalog_api.api import CatalogApi
from hello_retail.catalog_api.store import CatalogApiStore
from hello_retail.http_api.respond import create_telemetry, respond_to_request
from hello_retail.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class CatalogApiSettings:
    """The function's environment variables, in lower case."""

    catalog_table: str
    categories_table: str
    stock_table: str
    environment: str
    powertools_metrics_namespace: str


SETTINGS = read_settings(CatalogApiSettings)
telemetry = create_telemetry(SETTINGS.environment, SETTINGS.powertools_metrics_namespace)

api = CatalogApi(
    CatalogApiStore(
        # Made at import: Lambda lends a whole processor to the start, and a fraction of one to requests.
        boto3.client("dynamodb", config=AWS_CONFIG),
        catalog=SETTINGS.catalog_table,
        categories=SETTINGS.categories_table,
        stock=SETTINGS.stock_table,
    ),
    clock=time.monotonic,
)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one request; an error becomes a problem document."""
    return respond_to_request(event, context, api.answer_request, telemetry)
