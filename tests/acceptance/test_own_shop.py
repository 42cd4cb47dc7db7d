"""The renamed shop with a fourth environment, as docs/adopting.md says, applied to a local cloud and destroyed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from retailctl.emulator import cloud as clouds
from support import own_shop
from support.command import Operator
from support.own_cloud import operate_clone
from support.pipeline import copy_clone

pytestmark = [pytest.mark.slow, pytest.mark.nightly, pytest.mark.usefixtures("signals_heard")]


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    clone = copy_clone(own_shop.ROOT, tmp_path / "clone")
    own_shop.rename(clone.root)
    own_shop.add_environment(clone.root)
    own_shop.run_commands(own_shop.BRING, clone.root)
    with operate_clone(clone, tmp_path / "outside") as someone:
        yield someone


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
