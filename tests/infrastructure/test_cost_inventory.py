"""What `retailctl cost` counts by the piece is what an environment has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from retailctl.cost import figures, model, studio, workload
from support.names import PROJECT

if TYPE_CHECKING:
    from support.planned_app import PlannedApp, Resource

pytestmark = pytest.mark.slow
REMEDY = "bring src/retailctl/cost/model.py up to date and run `.venv/bin/python -m tools.cost_page`"


def metrics_of(alarm: Resource) -> int:
    """Return how many metrics an alarm watches, each of which is paid for."""
    queries = alarm.values.get("metric_query") or []
    return sum(bool(query.get("metric")) for query in queries) or 1


def part_of(resource: Resource) -> str:
    """Return the part that pays for a resource: that which has it, or its module of the root, or else the way."""
    module = (
        resource.address.split(".")[1].partition("[")[0]
        if resource.address.startswith("module.")
        else resource.address
    )
    owners = (part for part, pieces in model.PIECES.items() if module in pieces.modules)
    return next(owners, "the way from stream to board")


@pytest.mark.parametrize("part", model.PIECES)
def test_no_more_metrics_are_watched_than_are_paid_for(prod: PlannedApp, part: str) -> None:
    alarms = [alarm for alarm in prod.of("aws_cloudwatch_metric_alarm") if part_of(alarm) == part]
    watched = sum(map(metrics_of, alarms))
    assert 0 < watched <= model.PIECES[part].alarm_metrics, f"{watched} metrics have alarms: {REMEDY}"


@pytest.mark.parametrize("part", model.PIECES)
@pytest.mark.parametrize(
    ("kind", "counted"),
    [
        ("aws_kms_key", "keys"),
        ("aws_cloudwatch_dashboard", "dashboards"),
        ("aws_cloudwatch_log_group", "log_groups"),
        ("aws_dynamodb_table", "tables"),
    ],
)
def test_there_are_no_more_of_a_kind_than_are_paid_for(
    prod: PlannedApp, kind: str, counted: str, part: str
) -> None:
    found = [resource.address for resource in prod.of(kind) if part_of(resource) == part]
    assert len(found) <= getattr(model.PIECES[part], counted), f"{found}: {REMEDY}"


def test_the_parts_name_modules_that_there_are(prod: PlannedApp) -> None:
    there = {resource.address.split(".")[1] for resource in prod.resources if "module." in resource.address}
    there |= {resource.address for resource in prod.resources}
    assert {module for pieces in model.PIECES.values() for module in pieces.modules} <= there


ACCESS_LOG = f"/aws/vendedlogs/apigateway/{PROJECT}-prod-api-requests"
ADDED_BY_CLOUDWATCH = 26
"""Bytes that CloudWatch counts for each log event (PutLogEvents)."""
OF_A_REQUEST = {
    "$context.error.message": "-",
    "$context.integration.requestId": "8f5b8f8e-5a8e-4f0e-9d0e-3c1f5f1f7a10",
    "$context.integrationErrorMessage": "-",
    "$context.integrationLatency": "132",
    "$context.integrationStatus": "200",
    "$context.requestId": "JKJaXmPLvHcESHA=",
    "$context.responseLatency": "135",
    "$context.status": "202",
}
"""What API Gateway puts in for a request that succeeds, ids as long as in AWS's examples; "-" is nothing."""


def line_bytes(prod: PlannedApp, route: str) -> int:
    """Return what a request's line in the access log is paid as."""
    (settings,) = prod.one("module.api.aws_apigatewayv2_stage.this")["access_log_settings"]
    fields = json.loads(settings["format"])
    values = OF_A_REQUEST | {"$context.routeKey": route}
    line = json.dumps({name: values[variable] for name, variable in fields.items()}, separators=(",", ":"))
    return len(line.encode()) + ADDED_BY_CLOUDWATCH


def test_an_event_has_the_one_line_that_is_paid_for(prod: PlannedApp) -> None:
    assert line_bytes(prod, "POST /events") == model.EVENT_LINE_BYTES


def test_no_request_has_a_longer_line_than_is_paid_for(prod: PlannedApp) -> None:
    routes = [route.values["route_key"] for route in prod.of("aws_apigatewayv2_route")]
    assert max(line_bytes(prod, route) for route in routes) == figures.READ_LINE_BYTES


def test_the_access_log_is_of_the_class_and_kept_as_long_as_is_paid_for(prod: PlannedApp) -> None:
    (group,) = [
        each.values for each in prod.of("aws_cloudwatch_log_group") if each.values["name"] == ACCESS_LOG
    ]
    assert group["log_group_class"] == "INFREQUENT_ACCESS"
    assert group["retention_in_days"] == workload.build_workload().access_log_days


def test_a_product_that_waits_is_looked_at_as_often_as_is_paid_for(prod: PlannedApp) -> None:
    definition = json.loads(prod.one("module.photos.aws_sfn_state_machine.this")["definition"])
    schedule = prod.one("aws_cloudwatch_event_rule.reconcile")["schedule_expression"]

    assert definition["States"]["FindPhotographer"]["TimeoutSeconds"] == studio.RECHECK_SECONDS
    assert schedule == f"rate({workload.DAY / studio.RECONCILIATIONS / 60:g} minutes)"


def test_the_intake_gathers_as_long_as_is_paid_for(prod: PlannedApp) -> None:
    mapping = prod.one("module.studio_intake_consumer.aws_lambda_event_source_mapping.this")
    window, batch = mapping["maximum_batching_window_in_seconds"], mapping["batch_size"]
    assert (window, batch) == (studio.INTAKE_WINDOW, studio.INTAKE_BATCH)


def test_nothing_else_that_a_request_passes_writes_a_line_when_it_succeeds(prod: PlannedApp) -> None:
    """Lambda's START, END and REPORT of a success are below WARN; that handlers write nothing, their tests show."""
    for name in ("catalog_api", "event_writer", "shop_api", "studio_api", "trending_api", "winner_api"):
        (logging,) = prod.one(f"module.{name}.aws_lambda_function.this")["logging_config"]
        assert (logging["log_format"], logging["system_log_level"]) == ("JSON", "WARN")
