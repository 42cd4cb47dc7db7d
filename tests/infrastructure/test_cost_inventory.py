"""What `retailctl cost` counts by the piece is what an environment has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from retailctl import costing
from support import planned_app

if TYPE_CHECKING:
    from support.planned_app import PlannedApp, Resource

pytestmark = pytest.mark.slow
REMEDY = "bring src/retailctl/costing.py up to date and run `.venv/bin/python -m retailctl.cost_docs`"


@pytest.fixture(scope="module")
def prod(tmp_path_factory: pytest.TempPathFactory) -> PlannedApp:
    app = planned_app.initialised(planned_app.copy_of_the_app(tmp_path_factory.mktemp("clone")))
    return planned_app.planned(app, "prod")


def metrics_of(alarm: Resource) -> int:
    """Return how many metrics an alarm watches, each of which is paid for."""
    queries = alarm.values.get("metric_query") or []
    return sum(bool(query.get("metric")) for query in queries) or 1


def test_no_more_metrics_are_watched_than_are_paid_for(prod: PlannedApp) -> None:
    watched = sum(metrics_of(alarm) for alarm in prod.of("aws_cloudwatch_metric_alarm"))
    assert watched <= costing.ALARM_METRICS, f"{watched} metrics have alarms: {REMEDY}"


@pytest.mark.parametrize(
    ("kind", "counted"),
    [
        ("aws_kms_key", costing.KEYS),
        ("aws_cloudwatch_dashboard", costing.DASHBOARDS),
        ("aws_cloudwatch_log_group", costing.LOG_GROUPS),
        ("aws_dynamodb_table", costing.TABLES),
    ],
)
def test_there_are_no_more_of_a_kind_than_are_paid_for(prod: PlannedApp, kind: str, counted: int) -> None:
    assert len(prod.of(kind)) <= counted, f"{len(prod.of(kind))} of {kind}: {REMEDY}"
