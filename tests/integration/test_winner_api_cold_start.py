from __future__ import annotations

import os
import subprocess
import sys

import pytest

ENVIRONMENT = {
    "CONTRIBUTIONS_TABLE": "contributions",
    "SCORES_TABLE": "scores",
    "SCORE_BUCKETS": "4",
    "ENVIRONMENT": "dev",
    "POWERTOOLS_METRICS_NAMESPACE": "HelloRetail",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}
LOADED = "import sys; from hello_retail.winner_api import handler; print(*sorted(sys.modules))"


def cold_start(**changes: str) -> subprocess.CompletedProcess[str]:
    environment = (
        {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)} | ENVIRONMENT | changes
    )
    return subprocess.run(
        [sys.executable, "-c", LOADED],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "name",
    ["CONTRIBUTIONS_TABLE", "SCORES_TABLE", "SCORE_BUCKETS", "ENVIRONMENT", "POWERTOOLS_METRICS_NAMESPACE"],
)
def test_without_a_setting_the_function_fails_at_its_start_and_names_it(name: str) -> None:
    started = cold_start(**{name: ""})
    assert started.returncode != 0
    assert f"The environment variable {name} is not set" in started.stderr


def test_a_wrong_number_of_buckets_fails_at_the_start_too() -> None:
    assert "SCORE_BUCKETS must be a whole number" in cold_start(SCORE_BUCKETS="few").stderr


def test_the_start_loads_nothing_that_four_reads_do_not_need() -> None:
    started = cold_start()
    assert started.returncode == 0, started.stderr
    loaded = set(started.stdout.split())
    heavy = {
        "aws_lambda_powertools.event_handler",
        "aws_lambda_powertools.utilities.parser",
        "aws_xray_sdk",
        "fastjsonschema",
        "jsonschema",
        "pydantic",
        "hello_retail.events",
        "hello_retail.winner_view",
        "retailctl",
    }
    assert loaded & heavy == set()
