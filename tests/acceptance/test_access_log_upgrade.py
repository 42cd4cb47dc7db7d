"""An API whose access log was in a Standard log group is upgraded to the module as it is: nothing is lost."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from retailctl import interrupts, project
from retailctl.emulator import ministack
from retailctl.local_cloud import up_down
from support.stranger import LOCK, environ, run, state

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
OLD, NEW = "/aws/vendedlogs/apigateway/example-shop", "/aws/vendedlogs/apigateway/example-shop-requests"
LINE = '{"routeKey":"GET /articles","status":"200"}'
AS_IT_WAS = f"""
resource "aws_cloudwatch_log_group" "access" {{
  name              = "{OLD}"
  retention_in_days = var.log.retention_days
  kms_key_id        = var.kms_key_arn
}}
"""


@dataclass(frozen=True)
class Upgrade:
    """What the apply of the new module said, the second plan, and what was there before and after a destroy."""

    said: str
    planned_again: str
    addresses: list[str]
    groups: dict[str, dict[str, Any]]
    destination: str
    kept_lines: list[str]
    groups_at_the_end: dict[str, dict[str, Any]]


def make_the_log_as_it_was(module: Path) -> None:
    """Give the module the access log's group of before 0.1.0."""
    main = module / "main.tf"
    group = re.compile(
        r'^resource "aws_cloudwatch_log_group" "requests" \{\n.*?^\}\n', re.MULTILINE | re.DOTALL
    )
    text, found = group.subn(AS_IT_WAS, main.read_text())
    assert found == 1
    main.write_text(text.replace("log_group.requests[var.log.class]", "log_group.access"))
    outputs = module / "outputs.tf"
    outputs.write_text(outputs.read_text().replace("log_group.requests[var.log.class]", "log_group.access"))
    (module / "moved.tf").unlink()


def groups_of(logs: Any) -> dict[str, dict[str, Any]]:
    found = logs.describe_log_groups(logGroupNamePrefix="/aws/vendedlogs/")["logGroups"]
    return {group["logGroupName"]: group for group in found}


@pytest.fixture(scope="module")
def upgrade(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgrade]:
    name = f"upgrade-{secrets.token_hex(4)}"
    try:
        with interrupts.handle_signals():
            cloud = ministack.start_emulator(project.find_project().cloud_folder(name))
            cloud.save_state()
            folder = tmp_path_factory.mktemp("upgrade")
            shutil.copytree(
                ROOT / "modules", folder / "modules", ignore=shutil.ignore_patterns(".terraform*")
            )
            example, environment = folder / "modules/http-api/examples/basic", environ(cloud)
            shutil.copy(LOCK, example)
            make_the_log_as_it_was(folder / "modules/http-api")
            run("python3 -m zipfile -c shop.zip shop.py", example, environment)
            run("terraform init -input=false", example, environment)
            run("terraform apply -auto-approve", example, environment)
            logs = cloud.client("logs")
            logs.create_log_stream(logGroupName=OLD, logStreamName="before")
            logs.put_log_events(
                logGroupName=OLD,
                logStreamName="before",
                logEvents=[{"timestamp": time.time_ns() // 1_000_000, "message": LINE}],
            )

            for file in ("main.tf", "outputs.tf", "moved.tf"):
                shutil.copy(ROOT / "modules/http-api" / file, folder / "modules/http-api")
            said = run("terraform apply -auto-approve -no-color", example, environment)
            planned = run("terraform plan -no-color", example, environment)
            addresses = state(example, environment)
            groups = groups_of(logs)
            gateway = cloud.client("apigatewayv2")
            (api,) = gateway.get_apis()["Items"]
            (stage,) = gateway.get_stages(ApiId=api["ApiId"])["Items"]
            run("terraform destroy -auto-approve", example, environment)
            kept = logs.filter_log_events(logGroupName=OLD)["events"]
            yield Upgrade(
                said,
                planned,
                addresses,
                groups,
                stage["AccessLogSettings"]["DestinationArn"],
                [event["message"] for event in kept],
                groups_of(logs),
            )
    finally:
        up_down.stop_local_cloud(name)


def test_terraform_forgets_the_old_group_and_destroys_nothing(upgrade: Upgrade) -> None:
    assert "will no longer be managed by Terraform" in upgrade.said
    assert re.search(r"^Apply complete! .* 0 destroyed\.", upgrade.said, re.MULTILINE), upgrade.said
    changed = re.findall(r"^  # (\S+) (?:will|must) be", upgrade.planned_again, re.MULTILINE)
    assert [address for address in changed if "aws_cloudwatch_metric_alarm" not in address] == []
    assert 'module.api.aws_cloudwatch_log_group.requests["INFREQUENT_ACCESS"]' in upgrade.addresses
    assert "module.api.aws_cloudwatch_log_group.access" not in upgrade.addresses


def test_the_api_writes_to_a_group_of_the_infrequent_access_class(upgrade: Upgrade) -> None:
    assert upgrade.groups[NEW]["logGroupClass"] == "INFREQUENT_ACCESS"
    assert upgrade.destination.removesuffix(":*").endswith(f":log-group:{NEW}")


def test_the_old_group_keeps_its_lines_until_they_expire_even_without_the_api(upgrade: Upgrade) -> None:
    assert upgrade.groups[OLD]["retentionInDays"] == 365
    assert upgrade.kept_lines == [LINE]
    assert set(upgrade.groups_at_the_end) == {OLD}
