"""What `retailctl cost` counts by the piece is what an environment has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from retailctl.cost import model

if TYPE_CHECKING:
    from support.planned_app import PlannedApp, Resource

pytestmark = pytest.mark.slow
REMEDY = "bring src/retailctl/cost/model.py up to date and run `.venv/bin/python -m tools.cost_page`"


def metrics_of(alarm: Resource) -> int:
    """Return how many metrics an alarm watches, each of which is paid for."""
    queries = alarm.values.get("metric_query") or []
    return sum(bool(query.get("metric")) for query in queries) or 1


def part_of(resource: Resource) -> str:
    """Return the part that pays for a resource: that which has its module of the root, or else the way's."""
    module = (
        resource.address.split(".")[1].partition("[")[0] if resource.address.startswith("module.") else ""
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
    modules = {resource.address.split(".")[1] for resource in prod.resources if "module." in resource.address}
    assert {module for pieces in model.PIECES.values() for module in pieces.modules} <= modules
