"""Plan, apply, roll back, look for drift and destroy: Terraform itself on a clone in miniature, its state in moto.

What AWS and the emulator refuse meanwhile is in tests/acceptance/test_pipeline.py.
"""

from __future__ import annotations

import itertools
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import typer
import urllib3
from moto.server import ThreadedMotoServer

from retailctl.artifacts import builds
from retailctl.delivery import destroy, drift, plan_apply, rollback
from retailctl.delivery.drift import DriftReport
from retailctl.environments.target import Target
from retailctl.errors import UserError
from retailctl.project import Project
from retailctl.terraform import workspace as terraform
from support.miniature import miniature, write
from support.pipeline import WHO, git

pytestmark = pytest.mark.slow

CODE = """
resource "terraform_data" "code" {
  input = filesha256("../../build/artifacts/counter.zip")
}

output "code" { value = terraform_data.code.output }
"""
IN = ("dev", "aws")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A clone under git, with the bucket of its states in an AWS of its own."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # moto's server tells of each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    urllib3.request("POST", f"{address}/moto-api/reset")  # moto keeps what the last test has left
    clone = miniature(tmp_path / "clone")
    write(clone.app, {"code.tf": CODE})
    write(clone.root, {".gitignore": "/build/\n/.retail/\n.terraform*\n"})
    git(clone.root, "init", "--quiet")
    commit(clone, "first")
    for name, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
        "RETAIL_AWS_STAND_IN": "1",
        "RETAIL_ROOT": str(clone.root),
    }.items():
        monkeypatch.setenv(name, value)
    seconds = itertools.count()  # two builds would be applied in the same second
    monkeypatch.setattr(builds, "format_current_time", lambda: f"2026-11-22T12:00:{next(seconds):02}Z")
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="miniature-state")
    yield clone
    server.stop()


def commit(clone: Project, code: str) -> None:
    """Commit a function whose handler says ``code``."""
    write(
        clone.root, {"src/hello_retail/counter/handler.py": f"def handler(event, context): ...  # {code}\n"}
    )
    git(clone.root, "add", "--all")
    git(clone.root, *WHO, "commit", "--quiet", "--message", code)


def target(clone: Project) -> Target:
    return Target(clone, "dev", None)


def applied_code(clone: Project) -> str:
    """Return the hash of the zip that the state has."""
    found: str = terraform.read_root_outputs(target(clone).build_app_workspace())["code"]
    return found


def test_exactly_the_saved_plan_is_applied_and_its_build_is_kept(
    clone: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan, summary = tmp_path / "dev.tfplan", tmp_path / "dev.md"
    plan_apply.plan_environment(*IN)
    assert "Plan: 2 to add, 0 to change, 0 to destroy." in capsys.readouterr().out
    plan_apply.plan_environment(*IN, plan, summary)
    assert summary.read_text().startswith("### dev: ")
    assert plan.stat().st_mode & 0o077 == 0
    assert f"apply it with `retailctl apply --plan {plan}" in capsys.readouterr().err

    plan_apply.apply_environment(*IN, None, plan)

    _, hashes = builds.read_artifacts(clone)
    (kept,) = builds.list_kept_builds(target(clone))
    assert applied_code(clone) == hashes["counter.zip"] == kept.artifacts["counter.zip"]
    assert kept.build == builds.compute_build_id(hashes)
    with pytest.raises(UserError, match="Plan again with"):
        plan_apply.apply_environment(*IN, None, plan)
    assert [
        resource["address"] for resource in terraform.list_resources(target(clone).build_app_workspace())
    ] == [
        "terraform_data.code",
        "terraform_data.environment_pin",
    ]


def test_an_environment_goes_back_to_an_earlier_build_by_its_bytes(
    clone: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    plan_apply.apply_environment(*IN, "dev")
    first = applied_code(clone)
    commit(clone, "second")
    with pytest.raises(UserError, match="Nobody is there to confirm these changes to dev in AWS"):
        plan_apply.apply_environment(*IN)
    plan_apply.apply_environment(*IN, "dev")
    assert applied_code(clone) != first
    capsys.readouterr()
    rollback.list_builds(*IN, as_json=True)
    second_build, first_build = json.loads(capsys.readouterr().out)

    rollback.roll_back_environment(first_build["build"], *IN, "dev")

    assert applied_code(clone) == first
    capsys.readouterr()
    rollback.list_builds(*IN)
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == [first_build["build"], second_build["build"]]
    assert listed[0].endswith("(present)")


def test_a_build_that_was_altered_is_not_gone_back_to(clone: Project) -> None:
    plan_apply.apply_environment(*IN, "dev")
    before = applied_code(clone)
    (kept,) = builds.list_kept_builds(target(clone))
    key = f"builds/dev/{kept.build}/counter.zip"
    boto3.client("s3", region_name="us-east-1").put_object(Bucket="miniature-state", Key=key, Body=b"another")

    with pytest.raises(UserError, match=r"counter\.zip has SHA-256"):
        rollback.roll_back_environment(kept.build, *IN, "dev")
    assert applied_code(clone) == before


def test_a_commit_that_is_older_than_the_present_build_is_applied_only_where_it_is_asked_for(
    clone: Project,
) -> None:
    commit(clone, "second")
    plan_apply.apply_environment(*IN, "dev")
    second = applied_code(clone)
    git(clone.root, "checkout", "--quiet", "HEAD~1")

    with pytest.raises(UserError, match=r"Nothing was changed\. To go back, use `retailctl rollback"):
        plan_apply.apply_environment(*IN, "dev")
    assert applied_code(clone) == second

    plan_apply.apply_environment(*IN, "dev", older=True)
    assert applied_code(clone) != second


def test_what_waits_for_an_apply_is_told_from_drift(clone: Project, tmp_path: Path) -> None:
    plan_apply.apply_environment(*IN, "dev")
    report = tmp_path / "drift.json"

    def look() -> tuple[int, DriftReport]:
        with pytest.raises(typer.Exit) as end:
            drift.report_drift(*IN, report)
        return end.value.exit_code, drift.read_report(report, "dev")

    status, found = look()
    assert (status, found.drifted, found.pending, found.error) == (0, (), (), "")

    write(clone.app, {"more.tf": 'resource "terraform_data" "more" {}\n'})
    status, found = look()
    assert (status, found.drifted, found.error) == (0, (), "")
    assert [each.address for each in found.pending] == ["terraform_data.more"]

    write(clone.app, {"more.tf": "no Terraform"})
    status, found = look()
    assert (status, found.pending) == (1, ())
    assert "more.tf" in found.error


def test_an_environment_is_destroyed_once_its_name_is_typed(clone: Project) -> None:
    plan_apply.apply_environment(*IN, "dev")
    with pytest.raises(UserError, match="'prod' does not confirm destroying dev in AWS"):
        destroy.destroy_environment(*IN, "prod")
    backend = clone.backend_file("prod")
    right = backend.read_text()
    backend.write_text(right.replace("prod", "dev"))
    with pytest.raises(UserError, match=r"is pinned to 'dev', not to 'prod'\. Nothing was changed"):
        destroy.destroy_environment("prod", "aws", "prod")
    backend.write_text(right)
    assert len(terraform.list_resources(target(clone).build_app_workspace())) == 2

    destroy.destroy_environment(*IN, "dev")

    assert terraform.list_resources(target(clone).build_app_workspace()) == []
    assert plan_apply.read_state(target(clone).build_app_workspace()) is not None
