"""The Lambda entry of the shop's API (payload format 2.0)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from hello_retail.aws_failures import AWS_CONFIG
from hello_retail.http_api.respond import create_telemetry, respond_to_request
from hello_retail.settings import read_settings
from hello_retail.shop_api.api import ShopApi
from hello_retail.shop_api.store import ShopApiStore, StepFunctions

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ShopApiSettings:
    """The function's environment variables, under these names in upper case."""

    carts_table: str
    catalog_table: str
    orders_table: str
    machine_arn: str
    environment: str
    powertools_metrics_namespace: str


SETTINGS = read_settings(ShopApiSettings)
telemetry = create_telemetry(SETTINGS.environment, SETTINGS.powertools_metrics_namespace)


@cache
def open_machine() -> StepFunctions:
    """Make the client of Step Functions for the first order: reads do not need it."""
    machine: StepFunctions = boto3.client("stepfunctions", config=AWS_CONFIG)
    return machine


api = ShopApi(
    ShopApiStore(
        # Made at import: Lambda lends a whole processor to the start, and a fraction of one to requests.
        boto3.client("dynamodb", config=AWS_CONFIG),
        carts=SETTINGS.carts_table,
        catalog=SETTINGS.catalog_table,
        orders=SETTINGS.orders_table,
        machine_arn=SETTINGS.machine_arn,
        open_machine=open_machine,
    ),
    clock=time.time,
)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one request; an error becomes a problem document."""
    return respond_to_request(event, context, lambda request: api.answer_request(request, event), telemetry)
