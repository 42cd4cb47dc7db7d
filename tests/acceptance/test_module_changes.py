"""Every change of a module's inputs can be applied, or is refused at plan in words.

On a local cloud that keeps AWS's rules of what is still in use (support/strict_aws.py). One change of each module
is tried with every merge, all at once; the nightly tests try every one, forth and back.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from retailctl import interrupts, project
from retailctl.emulator import ministack
from retailctl.emulator.cloud import Cloud
from retailctl.local_cloud import up_down
from retailctl.terraform import installation
from support import module_changes, shared_provider
from support.module_changes import MODULES, Inputs
from support.strict_aws import Refusal, strict

ROOT = Path(__file__).parents[2]
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        ],
    }
)
EVERYTHING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)


@dataclass(frozen=True)
class Root:
    """A root with modules in it, and the cloud that it is applied to."""

    folder: Path
    environment: dict[str, str]
    refused: list[Refusal]

    def terraform(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        with shared_provider.lent(self.folder, self.environment) as setting:
            return subprocess.run(
                [installation.find_terraform(), f"-chdir={self.folder}", *arguments, "-no-color"],
                env={**self.environment, **setting},
                capture_output=True,
                text=True,
                check=False,
            )

    def write(self, inputs: dict[str, Inputs]) -> None:
        """Give each module its inputs."""
        called = {name: {"source": f"./modules/{name}", **given} for name, given in inputs.items()}
        (self.folder / "main.tf.json").write_text(json.dumps({**PROVIDER, "module": called}))

    def apply(self, inputs: dict[str, Inputs]) -> str:
        """Apply the modules with these inputs; return what went wrong."""
        self.write(inputs)
        before = len(self.refused)
        done = self.terraform("apply", "-auto-approve", "-refresh=false", "-parallelism=20")
        if done.returncode == 0:
            return ""
        return f"{self.refused[before:]}\n{done.stderr[-2000:]}"

    def plan_error(self, inputs: dict[str, Inputs]) -> str:
        self.write(inputs)
        return " ".join(self.terraform("plan", "-refresh=false").stderr.replace("│", " ").split())


PROVIDER: dict[str, Any] = {
    "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
    "provider": {"aws": {"region": "us-east-1", "skip_requesting_account_id": False}},
}


def furnish(cloud: Cloud, folder: Path) -> None:
    """Make what the modules' inputs name and the modules do not make."""
    for name in ("one", "two"):
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as file:
            file.writestr("f.py", f"def handler(event, context):\n    return '{name}'\n\n\nother = handler\n")
    iam, functions, kinesis, s3 = map(cloud.client, ("iam", "lambda", "kinesis", "s3"))
    role = iam.create_role(RoleName="fixture", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.put_role_policy(RoleName="fixture", PolicyName="all", PolicyDocument=EVERYTHING)
    for policy in ("fixture-boundary", "fixture-boundary-2"):
        iam.create_policy(PolicyName=policy, PolicyDocument=EVERYTHING)
    for name in ("one", "two"):
        functions.create_function(
            FunctionName=f"fixture-{name}",
            Role=role,
            Runtime="python3.13",
            Handler="f.handler",
            Code={"ZipFile": (folder / f"{name}.zip").read_bytes()},
            Publish=True,
        )
        functions.create_alias(FunctionName=f"fixture-{name}", Name="live", FunctionVersion="1")
    for stream in ("fixture-clicks", "fixture-sales"):
        kinesis.create_stream(StreamName=stream, ShardCount=1)
    for bucket in ("fixture-failures", "fixture-other-failures"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="fixture-failures", Key="one.zip", Body=(folder / "one.zip").read_bytes())
    for name in ("one", "two"):
        content = {"ZipFile": (folder / f"{name}.zip").read_bytes()}
        functions.publish_layer_version(LayerName="fixture-tools", Content=content)
    cloud.client("sqs").create_queue(QueueName="fixture-failures")


@contextmanager
def rooted(folder: Path, modules: list[str]) -> Iterator[Root]:
    """Start a strict cloud and give an initialised root that has ``modules`` as they are given."""
    name = f"changes-{secrets.token_hex(4)}"
    try:
        with interrupts.handle_signals():
            cloud = ministack.start_emulator(project.find_project().cloud_folder(name))
            cloud.save_state()
            furnish(cloud, folder)
            ignored = shutil.ignore_patterns(".terraform*", "examples", "tests")
            shutil.copytree(ROOT / "modules", folder / "modules", ignore=ignored)
            shutil.copy(ROOT / "terraform/app/.terraform.lock.hcl", folder)
            with strict(cloud) as (address, refused):
                environment = {
                    **installation.build_cli_environ(project.find_project(), os.environ),
                    **cloud.build_environ(),
                }
                environment["AWS_ENDPOINT_URL"] = address
                root = Root(folder, environment, refused)
                root.write({module: MODULES[module].given for module in modules})
                done = root.terraform("init", "-backend=false")
                assert done.returncode == 0, done.stderr
                yield root
    finally:
        up_down.stop_local_cloud(name)


@pytest.mark.slow
def test_a_change_of_every_module_is_applied(tmp_path: Path) -> None:
    given = {module: each.given for module, each in MODULES.items()}
    changed = {module: module_changes.changes(module)[each.usual] for module, each in MODULES.items()}

    with rooted(tmp_path, list(MODULES)) as root:
        assert root.apply(given) == ""
        assert root.apply(changed) == ""
        assert root.refused == []


@pytest.mark.nightly
@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_every_change_is_applied_or_refused_at_plan(tmp_path: Path, module: str) -> None:
    given, refused = {module: MODULES[module].given}, MODULES[module].refused
    wrong = {}
    with rooted(tmp_path, [module]) as root:
        assert root.apply(given) == ""
        for name, inputs in module_changes.changes(module).items():
            if name in refused:
                said = root.plan_error({module: inputs})
                if refused[name] not in said:
                    wrong[name] = f"not refused with “{refused[name]}”: {said}"
                continue
            forth = root.apply({module: inputs})
            back = root.apply(given)
            if forth or back:
                wrong[name] = f"{forth}\n{back}"
    assert wrong == {}, "\n\n".join(f"{name}: {why}" for name, why in wrong.items())
    assert root.refused == []
