"""The renamed shop with a fourth environment, as docs/adopting.md says, applied to a local cloud and destroyed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from retailctl.emulator import cloud as clouds
from retailctl.emulator import processes
from retailctl.project import Project
from support import own_shop
from support.command import Operator
from support.pipeline import COPIED, FILES

pytestmark = [pytest.mark.slow, pytest.mark.nightly, pytest.mark.usefixtures("signals_heard")]


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    clone = Project(tmp_path / "clone")
    leave = shutil.ignore_patterns(".terraform", "__pycache__", "*.tfstate*")
    for name in COPIED:
        if (own_shop.ROOT / name).is_dir():
            shutil.copytree(own_shop.ROOT / name, clone.root / name, ignore=leave)
    for name in FILES:
        shutil.copy(own_shop.ROOT / name, clone.root)
    own_shop.rename(clone.root)
    own_shop.add_environment(clone.root)
    own_shop.run_commands(own_shop.BRING, clone.root)
    someone = Operator(clone, tmp_path / "outside")
    yield someone
    for home in clone.scratch.glob("*"):
        processes.end_cloud_processes(home)


def test_the_renamed_shop_with_a_fourth_environment_is_applied_and_destroyed(operator: Operator) -> None:
    operator.do("package")
    operator.do("up", "--env", "qa")
    cloud = clouds.read_cloud(operator.project.cloud_folder("local"))
    assert cloud is not None
    applied = json.loads(operator.do("outputs", "--env", "qa", "--json"))
    table = applied["scores_table"]
    arn = cloud.client("dynamodb").describe_table(TableName=table)["Table"]["TableArn"]
    tags = cloud.client("dynamodb").list_tags_of_resource(ResourceArn=arn)["Tags"]
    functions = cloud.client("lambda").list_functions()["Functions"]

    assert table == "acme-shop-qa-scores-g1"
    assert "hello-retail" not in json.dumps(applied)
    assert functions
    assert {each["FunctionName"].startswith("acme-shop-qa-") for each in functions} == {True}
    assert {each["Key"]: each["Value"] for each in tags} == {
        "CostCenter": "4711",
        "Environment": "qa",
        "ManagedBy": "terraform",
        "Project": "acme-shop",
        "Stack": "acme-shop-qa",
    }
    assert [bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]].count(
        "acme-shop-terraform-state"
    ) == 1

    operator.do("destroy", "--env", "qa", "--cloud", "local", "--confirm", "qa")
    assert cloud.client("lambda").list_functions()["Functions"] == []
    assert cloud.client("dynamodb").list_tables()["TableNames"] == []
    operator.do("down")
