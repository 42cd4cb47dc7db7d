from __future__ import annotations

import os
import subprocess
import sys

import pytest

ENVIRONMENT = {
    "STREAM_NAME": "retail",
    "IDEMPOTENCY_TABLE": "idempotency",
    "ENVIRONMENT": "dev",
    "ORIGIN": "hello-retail",
    "MESSAGES": "none",
    "WORKSHOP": "true",
    "POWERTOOLS_METRICS_NAMESPACE": "HelloRetail",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}
LOADED = "import sys; from hello_retail.event_writer import handler; print(*sorted(sys.modules))"


def cold_start(code: str = LOADED, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = (
        {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)} | ENVIRONMENT | changes
    )
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    "name",
    [
        "STREAM_NAME",
        "IDEMPOTENCY_TABLE",
        "ENVIRONMENT",
        "ORIGIN",
        "MESSAGES",
        "WORKSHOP",
        "POWERTOOLS_METRICS_NAMESPACE",
    ],
)
def test_without_a_setting_the_function_fails_at_its_start_and_names_it(name: str) -> None:
    started = cold_start(**{name: ""})
    assert started.returncode != 0
    assert f"The environment variable {name} is not set" in started.stderr


def test_the_start_loads_nothing_that_a_put_without_a_key_does_not_need() -> None:
    started = cold_start()
    assert started.returncode == 0, started.stderr
    loaded = set(started.stdout.split())
    heavy = {
        "aws_lambda_powertools.event_handler",
        "aws_lambda_powertools.utilities.idempotency",
        "aws_lambda_powertools.utilities.parser",
        "aws_xray_sdk",
        "hello_retail.event_writer.once",
        "hello_retail.winner_api",
        "hello_retail.winner_view",
        "jsonschema",
        "pydantic",
        "retailctl",
    }
    assert loaded & heavy == set()


def test_what_a_key_needs_loads_when_the_first_one_comes() -> None:
    code = "from hello_retail.event_writer import handler; handler.load_idempotency()"
    started = cold_start(f"{code}; import sys; print(*sys.modules)")
    assert "aws_lambda_powertools.utilities.idempotency" in started.stdout.split(), started.stderr
