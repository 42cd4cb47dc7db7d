"""The shop renamed, with an environment more and with what an organisation brings, as docs/adopting.md says."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import hcl2
import pytest

from retailctl.project import Project
from support import own_shop, planned_app, planned_bootstrap
from support.planned_app import ROOT, PlannedApp, Resource
from tools import environments, module_readmes, release

OLD = re.compile("hello-retail|HelloRetail|Hello, Retail!")

slow = pytest.mark.slow


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy of all that names the project or an environment, changed as the page says."""
    root = tmp_path_factory.mktemp("clone")
    planned_app.copy_of_the_app(root)
    for name in (own_shop.MERGE, own_shop.TABLE):
        (root / name).parent.mkdir(parents=True)
        shutil.copy(ROOT / name, root / name)
    own_shop.rename(root)
    own_shop.add_environment(root)
    own_shop.bring_key_boundary_and_tags(root, "qa")
    return Project(root)


@pytest.fixture(scope="module")
def qa(own: Project) -> PlannedApp:
    """Return the new environment as it would be."""
    return planned_app.planned(planned_app.initialised(own.app), "qa")


def test_the_page_s_steps_leave_no_environment_forgotten(own: Project) -> None:
    assert own.name == "acme-shop"
    assert own.environments == ("dev", "staging", "qa", "prod")
    assert environments.find_problems(own) == []


def old_names(resources: tuple[Resource, ...]) -> list[str]:
    """Return the addresses of what still has the old name in it."""
    return [each.address for each in resources if OLD.search(json.dumps(each.values, default=str))]


@slow
def test_nothing_of_the_renamed_shop_has_the_old_name(qa: PlannedApp) -> None:
    assert old_names(qa.resources) == []
    assert not OLD.search(json.dumps(qa.outputs))
    assert qa.outputs["scores_table"] == "acme-shop-qa-scores-g1"
    assert qa.outputs["stream_name"] == "acme-shop-qa-events"
    writer = qa.one("module.event_writer.aws_lambda_function.this")["environment"][0]["variables"]
    assert writer["ORIGIN"] == "acme-shop"
    assert writer["POWERTOOLS_METRICS_NAMESPACE"] == "AcmeShop"


@slow
def test_the_key_and_the_boundary_that_an_organisation_brings_are_everywhere(qa: PlannedApp) -> None:
    brought = own_shop.read_block(own_shop.BRING, "hcl")
    boundary = re.search(r'permissions_boundary_arn += "(.+)"', brought)
    key = re.search(r'kms_key_arn += "(.+)"', brought)
    assert boundary
    assert key

    assert {each.values["permissions_boundary"] for each in qa.of("aws_iam_role")} == {boundary[1]}
    assert list(qa.of("aws_kms_key")) == []
    assert {each.values["kms_key_id"] for each in qa.of("aws_kinesis_stream")} == {key[1]}
    tables = [each.values["server_side_encryption"][0]["kms_key_arn"] for each in qa.of("aws_dynamodb_table")]
    assert set(tables) == {key[1]}


def test_both_roots_give_everything_the_tags_that_an_organisation_brings(own: Project) -> None:
    """That AWS gets them is seen in tests/acceptance/test_own_shop.py."""
    assert json.loads((own.root / environments.LIST).read_text())["tags"] == {"CostCenter": "4711"}
    for root in ("app", "bootstrap"):
        (provider,) = hcl2.loads((ROOT / "terraform" / root / "versions.tf").read_text())["provider"]
        (default_tags,) = provider['"aws"']["default_tags"]
        assert default_tags["tags"].startswith("${merge(local.project_file.tags, {")


@slow
def test_nothing_of_the_renamed_bootstrap_has_the_old_name(tmp_path: Path) -> None:
    resources = planned_bootstrap.planned(tmp_path, own_shop.rename)

    assert old_names(resources) == []
    assert any(each.values.get("name") == "acme-shop-prod-apply" for each in resources)


def test_every_example_names_the_tag_that_a_release_makes() -> None:
    tag = release.Version.parse(Project(ROOT).version).tag
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("modules/**/*.md")]
    named = {
        reference
        for page in pages
        if page.name not in {"CHANGELOG.md", "UPGRADE.md"}
        for reference in re.findall(
            rf"{re.escape(module_readmes.REPOSITORY)}[^\s\"]*\?ref=([^\s\"]+)", page.read_text()
        )
    }

    assert named == {tag}
