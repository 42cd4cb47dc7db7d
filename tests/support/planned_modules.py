"""Modules together in one root, planned by `terraform test` without AWS, as `planned_app` makes the app."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import planned_app
from support.module_changes import Inputs
from support.planned_app import ROOT, Resource

REGIONS = {"near": "us-east-1", "far": "us-west-2", "china": "cn-north-1", "government": "us-gov-west-1"}
"""Place to its region; a module that is called there has the place at the end of its label."""
PARTITIONS = {"near": "aws", "china": "aws-cn", "government": "aws-us-gov"}
OFFLINE = """
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
"""


@dataclass(frozen=True)
class Call:
    """A module called in a root: which, with what, and where."""

    module: str
    inputs: Inputs
    place: str = "near"

    @property
    def partition(self) -> str:
        return PARTITIONS.get(self.place, "aws")


def root(folder: Path, calls: Mapping[str, Call]) -> Path:
    """Write a root that calls the modules by their labels, and return it initialised."""
    ignored = shutil.ignore_patterns(".terraform*", "examples", "tests")
    shutil.copytree(ROOT / "modules", folder / "modules", ignore=ignored)
    text = "".join(
        f'provider "aws" {{\n  alias  = "{place}"\n  region = "{region}"{OFFLINE}}}\n'
        for place, region in REGIONS.items()
    )
    for label, call in calls.items():
        given = "".join(f"  {name} = {json.dumps(value)}\n" for name, value in call.inputs.items())
        provider = f"  providers = {{ aws = aws.{call.place} }}\n"
        text += f'module "{label}" {{\n  source = "./modules/{call.module}"\n{provider}{given}}}\n'
    (folder / "main.tf").write_text(text)
    shutil.copy(ROOT / "terraform/app/.terraform.lock.hcl", folder)
    (folder / "tests").mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.zip").write_bytes(b"")
    return planned_app.initialised(folder, with_provider=True)


def _test(app: Path, calls: Mapping[str, Call]) -> str:
    """Return the test that plans everything, with all that AWS would give: ARNs of each module's place."""
    blocks = planned_app.terraform_test(app).removeprefix(planned_app.PROVIDER).split("\n\n")
    for number, block in enumerate(blocks):
        for label, call in calls.items():
            if f"target = module.{label}." in block:
                domain = "amazonaws.com.cn" if call.partition == "aws-cn" else "amazonaws.com"
                blocks[number] = (
                    block.replace("us-east-1", REGIONS[call.place])
                    .replace("arn:aws:", f"arn:{call.partition}:")
                    .replace("amazonaws.com", domain)
                )
    text = "\n\n".join(blocks).replace("  values = {", "  override_during = plan\n  values = {")
    return text.replace('run "everything" {}', 'run "everything" {\n  command = plan\n}')


def planned(folder: Path, calls: Mapping[str, Call]) -> tuple[Resource, ...]:
    """Return all resources of the modules called."""
    app = root(folder, calls)
    (app / "tests" / "everything.tftest.hcl").write_text(_test(app, calls))
    done = planned_app.run(app, "test", "-json", "-verbose", "-filter=tests/everything.tftest.hcl")
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    errors = [
        f"{event['diagnostic']['summary']}: {event['diagnostic'].get('detail', '')}"
        for event in events
        if event.get("type") == "diagnostic" and event["diagnostic"]["severity"] == "error"
    ]
    assert not errors, "\n".join(errors)
    assert done.returncode == 0, done.stdout + done.stderr
    plan: dict[str, Any] = next(each["test_plan"] for each in events if each.get("type") == "test_plan")
    return tuple(
        Resource(each["address"], each["type"], each["mode"] == "data", each["change"]["after"])
        for each in plan["resource_changes"]
    )
