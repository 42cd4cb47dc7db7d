"""What the functions of the studio that people reach load and ask for when they start."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ENVIRONMENT = {
    "STUDIO_TABLE": "studio",
    "PICTURES_BUCKET": "pictures",
    "MAX_BYTES": "10485760",
    "ENVIRONMENT": "dev",
    "POWERTOOLS_METRICS_NAMESPACE": "HelloRetail",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}
COMMON = {"aws_lambda_powertools.event_handler", "aws_xray_sdk", "retailctl", "fastjsonschema"}


def cold_start(function: str, **changes: str) -> subprocess.CompletedProcess[str]:
    loaded = f"import sys; from hello_retail.{function} import handler; print(*sorted(sys.modules))"
    return subprocess.run(
        [sys.executable, "-c", loaded],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)} | ENVIRONMENT | changes,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("function", "unneeded"),
    [
        ("studio_api", {"hello_retail.studio_api.tickets", "hello_retail.events"}),
        ("photo_desk", {"hello_retail.http_api", "hello_retail.events"}),
    ],
)
def test_the_start_loads_nothing_that_the_function_does_not_need(function: str, unneeded: set[str]) -> None:
    started = cold_start(function)

    assert started.returncode == 0, started.stderr
    assert set(started.stdout.split()) & (unneeded | COMMON) == set()


@pytest.mark.parametrize("function", ["studio_api", "photo_desk"])
def test_without_a_setting_the_function_fails_at_its_start_and_names_it(function: str) -> None:
    started = cold_start(function, MAX_BYTES="many")

    assert started.returncode != 0
    assert "The environment variable MAX_BYTES must be a whole number" in started.stderr
