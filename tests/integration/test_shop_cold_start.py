"""What the function behind carts and orders loads and asks for when it starts."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ENVIRONMENT = {
    "CARTS_TABLE": "carts",
    "CATALOG_TABLE": "catalog",
    "ORDERS_TABLE": "orders",
    "MACHINE_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:orders:live",
    "ENVIRONMENT": "dev",
    "POWERTOOLS_METRICS_NAMESPACE": "HelloRetail",
}
ELSEWHERE = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
UNNEEDED = {
    "aws_lambda_powertools.event_handler",
    "aws_xray_sdk",
    "fastjsonschema",
    "hello_retail.events",
    "hello_retail.shop_api.placing",
    "retailctl",
}


def cold_start(**changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import sys; from hello_retail.shop_api import handler; print(*sys.modules)"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
        | ENVIRONMENT
        | ELSEWHERE
        | changes,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_start_loads_nothing_that_reads_do_not_need() -> None:
    started = cold_start()

    assert started.returncode == 0, started.stderr
    assert set(started.stdout.split()) & UNNEEDED == set()


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_without_a_setting_the_function_fails_at_its_start_and_names_it(name: str) -> None:
    started = cold_start(**{name: ""})

    assert started.returncode != 0
    assert f"The environment variable {name} is not set" in started.stderr
