"""Plan, apply and destroy against a local cloud: the guards, and the sentences that Terraform's errors lack."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from retailctl.emulator import cloud as clouds
from support.command import Operator
from support.miniature import miniature, with_resources, write
from support.own_cloud import operate_clone

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    folder = tmp_path_factory.mktemp("environments")
    with operate_clone(miniature(folder / "clone"), folder / "outside") as someone:
        someone.do("up", "--cloud", "lab")
        yield someone


@pytest.fixture
def cloud(operator: Operator) -> clouds.Cloud:
    return clouds.load_cloud("lab", operator.project)


def as_aws(cloud: clouds.Cloud) -> dict[str, str]:
    """Return what leads to a local cloud as if it were AWS."""
    return {**cloud.build_environ(), "RETAIL_AWS_STAND_IN": "1"}


def refused(operator: Operator, *arguments: str, **environ: str) -> str:
    result = operator.run(*arguments, **environ)
    assert result.returncode == 1, result.stdout
    return result.stderr


def tables(cloud: clouds.Cloud) -> list[str]:
    return list(cloud.client("dynamodb").list_tables()["TableNames"])


def test_an_environment_is_planned_applied_and_destroyed_once_its_name_is_typed(
    operator: Operator, cloud: clouds.Cloud
) -> None:
    there = ("--cloud", "lab", "--env", "prod")
    with with_resources(operator.project):
        shown = operator.do("plan", *there)
        assert "Plan: 3 to add, 0 to change, 0 to destroy." in shown
        assert "\x1b[" not in shown
        unasked = refused(operator, "apply", *there)
        assert "Nobody is there to confirm these changes to prod in the local cloud 'lab'" in unasked
        assert "add CONFIRM=prod" in unasked
        assert tables(cloud) == []

        operator.do("apply", *there, CONFIRM="prod")
        assert tables(cloud) == ["miniature-prod-board"]
        assert not list(operator.project.scratch.rglob("*.tfplan"))

        # Ambient credentials that reach the emulator stand for an account.
        account = {**as_aws(cloud), "CONFIRM": "prod"}
        protected = refused(operator, "destroy", "--env", "prod", "--cloud", "aws", **account)
        assert "These tables are protected against deletion: miniature-prod-board" in protected
        cloud.client("s3").put_object(Bucket="miniature-prod-quarantine", Key="record", Body=b"{}")
        full = refused(operator, "destroy", "--env", "prod", "--lift-protection", "--cloud", "aws", **account)
        assert "These buckets contain objects: miniature-prod-quarantine" in full
        assert "No changes." in operator.do("apply", *there)

        assert "'dev' does not confirm" in refused(operator, "destroy", *there, "--confirm", "dev")
        operator.do("destroy", *there, "--confirm", "prod")
        assert tables(cloud) == []


def test_prod_s_values_against_dev_s_state_are_refused_in_words(operator: Operator) -> None:
    backend = operator.project.backend_file("prod")
    right = backend.read_text()
    backend.write_text(right.replace("prod", "dev"))
    try:
        planned = refused(operator, "plan", "--cloud", "lab", "--env", "prod")
        destroyed = refused(operator, "destroy", "--cloud", "lab", "--env", "prod", "--confirm", "prod")
    finally:
        backend.write_text(right)

    assert "The state and the values belong to different environments" in planned
    assert "Instance cannot be destroyed" in planned
    assert "is pinned to 'dev', not to 'prod'. Nothing was changed" in destroyed


def test_a_held_lock_tells_who_and_since_when(operator: Operator, cloud: clouds.Cloud) -> None:
    key = "miniature/dev/terraform.tfstate.tflock"
    holder = {
        "ID": "1234",
        "Operation": "OperationTypeApply",
        "Who": "ada@till",
        "Created": "2026-11-20T10:00:00Z",
    }
    cloud.client("s3").put_object(Bucket="miniature-state", Key=key, Body=json.dumps(holder).encode())
    try:
        complaint = refused(operator, "plan", "--cloud", "lab")
    finally:
        cloud.client("s3").delete_object(Bucket="miniature-state", Key=key)

    assert "The state is locked: ada@till has held it since 2026-11-20" in complaint


def test_a_missing_bucket_for_the_state_names_the_command_that_makes_it(
    operator: Operator, cloud: clouds.Cloud
) -> None:
    backend = operator.project.backend_file("prod")
    right = backend.read_text()
    backend.write_text(right.replace("miniature-state", "miniature-other"))
    try:
        complaint = refused(operator, "plan", "--env", "prod", "--cloud", "aws", **as_aws(cloud))
        assert "The bucket miniature-other for the state of prod does not exist in AWS" in complaint
        assert "make bootstrap ENV=prod" in complaint
        operator.do("bootstrap", "--env", "prod", "--cloud", "aws", **as_aws(cloud))
        cloud.client("s3").head_bucket(Bucket="miniature-other")
    finally:
        backend.write_text(right)
    assert (operator.project.bootstrap / "miniature-other.tfstate").is_file()
    elsewhere = operator.run("bootstrap", "--env", "prod", "--cloud", "aws", **as_aws(cloud))
    assert "The bucket miniature-state already exists, created in another clone" in elsewhere.stderr


def test_without_credentials_a_sentence_says_what_is_lacking(operator: Operator) -> None:
    complaint = refused(operator, "plan", "--env", "prod", "--cloud", "aws")

    assert "prod is in AWS, and there are no credentials for it" in complaint
    assert "CLOUD=local" in complaint
    assert len(complaint.strip().splitlines()) == 1


def test_credentials_that_aws_refuses_are_told_from_none(operator: Operator, cloud: clouds.Cloud) -> None:
    wrong = {**as_aws(cloud), "AWS_ACCESS_KEY_ID": "AKIA0000000000000000"}

    assert "AWS refuses the credentials (" in refused(
        operator, "plan", "--env", "prod", "--cloud", "aws", **wrong
    )


def test_validation_covers_roots_and_modules_by_their_examples_and_leaves_no_lock_file(
    tmp_path: Path,
) -> None:
    someone = Operator(miniature(tmp_path / "clone"), tmp_path / "outside")
    module = "modules/shelf"
    example = 'module "shelf" {\n  source = "../.."\n  height = 3\n}\n'
    write(
        someone.project.root,
        {
            f"{module}/main.tf": 'variable "height" {\n  type = number\n}\n',
            f"{module}/examples/basic/main.tf": example,
        },
    )
    assert "3 roots and examples are valid." in someone.run_tool("tools.validate").stderr

    write(someone.project.root, {f"{module}/examples/basic/main.tf": example.replace("height", "width")})
    found = someone.run_tool("tools.validate")
    assert found.returncode == 1
    assert "retailctl: terraform validate finds:\nmodules/shelf/examples/basic: " in found.stderr
    assert "width" in found.stderr
    assert not list(someone.project.root.rglob("*.lock.hcl"))
    assert not list(someone.project.scratch.glob("validate-*"))


def test_a_missing_terraform_is_one_sentence(operator: Operator, tmp_path: Path) -> None:
    path = os.pathsep.join([str(tmp_path), "/usr/bin-without-terraform"])

    complaint = refused(operator, "up", "--cloud", "none", PATH=path)

    assert complaint.startswith("retailctl: Terraform is not installed: put version 1.11 or newer")
    assert not operator.project.cloud_folder("none").exists()


def test_an_unknown_environment_names_those_there_are(operator: Operator) -> None:
    assert "set ENV (or --env) to one of dev, prod" in refused(operator, "plan", "--env", "produktion")
