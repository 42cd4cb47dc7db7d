"""What the catalog's functions load and ask for when they start."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ENVIRONMENT = {
    "CATALOG_TABLE": "catalog",
    "CATEGORIES_TABLE": "categories",
    "STOCK_TABLE": "stock",
    "CARTS_TABLE": "carts",
    "RETENTION_HOURS": "24",
    "GENERATION": "1",
    "RECENT_EVENTS": "16",
    "ENVIRONMENT": "dev",
    "POWERTOOLS_METRICS_NAMESPACE": "HelloRetail",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}
VIEW, API = "shop_view", "catalog_api"
TABLES = ("CATALOG_TABLE", "CATEGORIES_TABLE", "STOCK_TABLE")


def cold_start(function: str, **changes: str) -> subprocess.CompletedProcess[str]:
    loaded = f"import sys; from hello_retail.{function} import handler; print(*sorted(sys.modules))"
    environment = (
        {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)} | ENVIRONMENT | changes
    )
    return subprocess.run(
        [sys.executable, "-c", loaded],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("function", "name"),
    [
        *(
            (VIEW, name)
            for name in (*TABLES, "CARTS_TABLE", "RETENTION_HOURS", "GENERATION", "RECENT_EVENTS")
        ),
        *((API, name) for name in (*TABLES, "ENVIRONMENT", "POWERTOOLS_METRICS_NAMESPACE")),
    ],
)
def test_without_a_setting_the_function_fails_at_its_start_and_names_it(function: str, name: str) -> None:
    started = cold_start(function, **{name: ""})

    assert started.returncode != 0
    assert f"The environment variable {name} is not set" in started.stderr


@pytest.mark.parametrize(
    ("function", "unneeded"),
    [
        (VIEW, {"hello_retail.http_api.protocol", "fastjsonschema"}),
        (API, {"hello_retail.events", "hello_retail.stream_consumer", "fastjsonschema"}),
    ],
)
def test_the_start_loads_nothing_that_the_function_does_not_need(function: str, unneeded: set[str]) -> None:
    started = cold_start(function)

    assert started.returncode == 0, started.stderr
    others = {"aws_lambda_powertools.event_handler", "aws_xray_sdk", "hello_retail.winner_view", "retailctl"}
    assert set(started.stdout.split()) & (unneeded | others) == set()
