"""The steps of the pipelines in a local cloud: a plan saved and applied just so, all else refused, rolled back.

A clone in miniature has them at work in seconds; `test_three_environments.py` runs them on the real system.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from retailctl.artifacts import builds
from retailctl.delivery import saved_plan
from retailctl.emulator import cloud as clouds
from retailctl.git import find_checked_out_commit
from support.command import Operator, wait_for
from support.miniature import miniature, write
from support.own_cloud import operate_clone
from support.pipeline import WHO, git

pytestmark = pytest.mark.slow

CODE = """
resource "terraform_data" "code" {
  input = filesha256("../../build/artifacts/counter.zip")
}

output "code" { value = terraform_data.code.output }
"""
PINNED = """
resource "terraform_data" "pinned" {
  input = filesha256("../../build/artifacts/PINNED")
}
"""
THERE = ("--cloud", "lab", "--env", "dev")
LOCK = "miniature/dev/terraform.tfstate.tflock"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Return somebody in a clone whose dev has been applied by a saved plan."""
    folder = tmp_path_factory.mktemp("pipeline")
    with operate_clone(miniature(folder / "clone"), folder / "outside") as someone:
        write(someone.project.app, {"code.tf": CODE})
        write(someone.project.root, {"src/web/index.html": "<!doctype html>\n"})
        someone.do("up", "--cloud", "lab")
        yield someone


@pytest.fixture
def cloud(operator: Operator) -> clouds.Cloud:
    return clouds.load_cloud("lab", operator.project)


@pytest.fixture(scope="module")
def saved(operator: Operator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a plan of dev, for the tests that no more than look at it."""
    code(operator, "# planned\n")
    file = tmp_path_factory.mktemp("plans") / "dev.tfplan"
    operator.do("plan", *THERE, "--out", str(file))
    return file


@pytest.fixture
def plan(operator: Operator, saved: Path, tmp_path: Path) -> Path:
    """Return a copy of that plan, in the clone as it was planned in."""
    code(operator, "# planned\n")
    operator.do("package")
    for file in (saved, saved_plan.record_file(saved)):
        shutil.copy(file, tmp_path)
    return tmp_path / saved.name


def code(operator: Operator, text: str) -> None:
    write(operator.project.root, {"src/hello_retail/counter/handler.py": text})


def packaged(operator: Operator) -> builds.Hashes:
    """Return the hashes of the artifacts in the clone."""
    return builds.read_artifacts(operator.project)[1]


@contextmanager
def locked(cloud: clouds.Cloud) -> Iterator[None]:
    """Hold the lock of dev's state, as ada's apply."""
    holder = {
        "ID": "1234",
        "Operation": "OperationTypeApply",
        "Who": "ada@till",
        "Created": "2026-11-20T10:00:00Z",
    }
    s3 = cloud.client("s3")
    s3.put_object(Bucket="miniature-state", Key=LOCK, Body=json.dumps(holder).encode())
    try:
        yield
    finally:
        s3.delete_object(Bucket="miniature-state", Key=LOCK)


@contextmanager
def history(operator: Operator) -> Iterator[Callable[[str], str]]:
    """Make a repository of the clone for a while; yield what commits a code and returns the commit."""
    root = operator.project.root
    write(root, {".gitignore": "/build/\n/.retail/\n"})
    git(root, "init", "--quiet")

    def commit(text: str) -> str:
        code(operator, text)
        git(root, "add", "--all")
        git(root, *WHO, "commit", "--quiet", "--message", "a change")
        return find_checked_out_commit(operator.project)

    try:
        yield commit
    finally:
        shutil.rmtree(root / ".git")


def checked_out(operator: Operator, commit: str) -> None:
    git(operator.project.root, "checkout", "--quiet", commit)


def refused(operator: Operator, *arguments: str) -> str:
    result = operator.run(*arguments)
    assert result.returncode == 1, result.stdout
    return result.stderr


def applied_code(operator: Operator) -> str:
    found = json.loads(operator.do("outputs", *THERE, "--json"))
    return str(found["code"])


def test_exactly_the_saved_plan_is_applied_with_exactly_its_artifacts(
    operator: Operator, tmp_path: Path
) -> None:
    code(operator, "# first\n")
    file, summary = tmp_path / "dev.tfplan", tmp_path / "dev.md"

    shown = operator.do("plan", *THERE, "--out", str(file), "--summary", str(summary))
    said = operator.run("apply", *THERE, "--plan", str(file))

    record = json.loads(Path(f"{file}.json").read_text())
    assert "terraform_data.code will be updated in-place" in shown
    assert summary.read_text().startswith("### dev: 1 to update\n")
    assert said.returncode == 0, said.stderr
    assert applied_code(operator) == packaged(operator)["counter.zip"] == record["artifacts"]["counter.zip"]
    assert file.stat().st_mode & 0o077 == 0
    assert record["build"] in operator.do("builds", *THERE)


def test_the_artifacts_that_were_built_elsewhere_are_planned_with_as_they_are(
    operator: Operator, tmp_path: Path
) -> None:
    code(operator, "# built elsewhere\n")
    operator.do("package")
    elsewhere = packaged(operator)
    code(operator, "# not this\n")

    operator.do("plan", *THERE, "--prebuilt", "--out", str(tmp_path / "plan"))

    assert packaged(operator) == elsewhere
    assert json.loads((tmp_path / "plan.json").read_text())["artifacts"] == elsewhere


def test_an_artifact_with_another_hash_than_the_plans_is_refused(operator: Operator, plan: Path) -> None:
    before = applied_code(operator)
    code(operator, "# not what was planned\n")
    operator.do("package")

    complaint = refused(operator, "apply", *THERE, "--plan", str(plan))

    assert "The artifacts here are not those of the plan: counter.zip has SHA-256" in complaint
    assert "Nothing was changed" in complaint
    assert applied_code(operator) == before


def test_an_artifact_that_is_not_its_manifests_is_refused(operator: Operator, plan: Path) -> None:
    artifact = operator.project.artifacts / "counter.zip"
    artifact.write_bytes(artifact.read_bytes() + b"x")

    complaint = refused(operator, "apply", *THERE, "--plan", str(plan))

    operator.do("package")
    assert "not those of their manifest: counter.zip has SHA-256" in complaint


def test_a_plan_for_another_environment_is_refused(operator: Operator, plan: Path) -> None:
    complaint = refused(operator, "apply", "--cloud", "lab", "--env", "prod", "--plan", str(plan))

    assert "is a plan for dev, not for prod: nothing was changed" in complaint


def test_a_plan_that_was_tampered_with_is_refused(operator: Operator, plan: Path) -> None:
    plan.write_bytes(plan.read_bytes() + b"x")

    assert "does not match its record (another SHA-256)" in refused(
        operator, "apply", *THERE, "--plan", str(plan)
    )


def test_a_plan_without_its_record_is_refused_with_the_way_to_make_one(
    operator: Operator, tmp_path: Path
) -> None:
    alone = tmp_path / "alone"
    alone.write_bytes(b"")

    complaint = refused(operator, "apply", *THERE, "--plan", str(alone))

    assert "A saved plan is two files: make it with `retailctl plan --env <env> --out <file>`" in complaint


def test_a_stale_plan_is_refused_in_words_by_us_and_where_we_are_deceived_by_terraform(
    operator: Operator, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    code(operator, "# of two plans\n")
    operator.do("plan", *THERE, "--out", str(first))
    operator.do("plan", *THERE, "--out", str(second))
    operator.do("apply", *THERE, "--plan", str(first))

    ours = refused(operator, "apply", *THERE, "--plan", str(second))
    record = json.loads(Path(f"{second}.json").read_text())
    record["state"]["serial"] += 1
    Path(f"{second}.json").write_text(json.dumps(record))
    terraforms = refused(operator, "apply", *THERE, "--plan", str(second))

    assert "The plan is stale: it was made" in ours
    assert "Plan again" in ours
    assert "The plan is stale: the state has changed since the" in terraforms
    assert "Saved plan is stale" in terraforms


def test_an_apply_while_another_holds_the_lock_says_who_and_since_when_and_touches_nothing(
    operator: Operator, cloud: clouds.Cloud, tmp_path: Path
) -> None:
    code(operator, "# while locked\n")
    file = tmp_path / "plan"
    operator.do("plan", *THERE, "--out", str(file))
    before = applied_code(operator)

    with locked(cloud):
        complaint = refused(operator, "apply", *THERE, "--plan", str(file))

    assert "The state is locked: ada@till has held it since 2026-11-20" in complaint
    assert applied_code(operator) == before


def test_an_apply_that_is_told_to_waits_for_the_lock_as_the_pipelines_do(
    operator: Operator, cloud: clouds.Cloud, tmp_path: Path
) -> None:
    code(operator, "# after a wait\n")
    file, log = tmp_path / "plan", tmp_path / "log"
    operator.do("plan", *THERE, "--out", str(file))
    told = {"TF_CLI_ARGS_apply": "-lock-timeout=2m", "TF_LOG_PATH": str(log), "TF_LOG": "debug"}

    with locked(cloud):
        applying = operator.start("apply", *THERE, "--plan", str(file), **told)
        wait_for(lambda: log.exists() and "PreconditionFailed" in log.read_text(), applying)
    _, said = applying.communicate(timeout=240)

    assert applying.returncode == 0, said
    assert applied_code(operator) == packaged(operator)["counter.zip"]


def test_what_is_older_than_the_present_build_is_refused_unless_it_is_asked_for(
    operator: Operator, tmp_path: Path
) -> None:
    slow = tmp_path / "slow"
    with history(operator) as commit:
        older, newer = commit("# older\n"), commit("# newer\n")
        checked_out(operator, older)
        operator.do("apply", *THERE, CONFIRM="dev")
        first = packaged(operator)
        checked_out(operator, newer)
        operator.do("apply", *THERE, CONFIRM="dev")
        second = packaged(operator)
        checked_out(operator, older)
        operator.do("plan", *THERE, "--out", str(slow))

        overtaken = refused(operator, "apply", *THERE, "--plan", str(slow))
        by_hand = refused(operator, "apply", *THERE)
        assert applied_code(operator) == second["counter.zip"]
        operator.do("apply", *THERE, "--plan", str(slow), OLDER="1")
        assert applied_code(operator) == first["counter.zip"]
        checked_out(operator, newer)
        operator.do("apply", *THERE, CONFIRM="dev")
        operator.do("rollback", *THERE, "--to", builds.compute_build_id(first), CONFIRM="dev")
        assert applied_code(operator) == first["counter.zip"]

    for complaint in (overtaken, by_hand):
        assert (
            f"Commit {older} is older than {newer}, whose build {builds.compute_build_id(second)} was applied to"
            in complaint
        )
        assert "Nothing was changed" in complaint


def test_a_build_from_before_a_pin_is_rolled_back_to_with_the_pinned_zip_beside_it(
    operator: Operator,
) -> None:
    values = operator.project.values_file("dev")
    unpinned = values.read_text()
    view = operator.project.root / "src/hello_retail/winner_view"
    write(view, {"__init__.py": "", "handler.py": "def handler(event, context): ...\n"})
    with history(operator) as commit:
        good = commit("# before the pin\n")
        checked_out(operator, good)
        operator.do("apply", *THERE, CONFIRM="dev")
        before = packaged(operator)
        commit("# after the pin\n")
        pinned = f"winner_view@{good}.zip"
        values.write_text(f'{unpinned}generations = {{\n  "1" = {{ build = "{good}" }}\n}}\n')
        write(operator.project.app, {"pinned.tf": PINNED.replace("PINNED", pinned)})
        try:
            operator.do("apply", *THERE, CONFIRM="dev")
            after = packaged(operator)
            said = operator.run("rollback", *THERE, "--to", builds.compute_build_id(before), CONFIRM="dev")
            assert said.returncode == 0, said.stderr
            assert applied_code(operator) == before["counter.zip"] != after["counter.zip"]
            present = json.loads(operator.do("builds", *THERE, "--json"))[0]
        finally:
            values.write_text(unpinned)
            (operator.project.app / "pinned.tf").unlink()
            shutil.rmtree(view)

    assert present["artifacts"] == {**before, pinned: after[pinned]}
    assert present["commit"] == good
    assert f"the build also gets {pinned}" in said.stderr


def test_an_environment_is_rolled_back_to_an_earlier_build_by_its_bytes(operator: Operator) -> None:
    code(operator, "# good\n")
    operator.do("apply", *THERE, CONFIRM="dev")
    good = packaged(operator)
    code(operator, "# bad\n")
    operator.do("apply", *THERE, CONFIRM="dev")
    bad = packaged(operator)
    listed = operator.do("builds", *THERE).splitlines()
    assert [line.split()[0] for line in listed[:2]] == [
        builds.compute_build_id(bad),
        builds.compute_build_id(good),
    ]

    unasked = refused(operator, "rollback", *THERE, "--to", builds.compute_build_id(good))
    operator.do("rollback", *THERE, "--to", builds.compute_build_id(good)[:6], CONFIRM="dev")

    assert "Nobody is there to confirm these changes to dev" in unasked
    assert applied_code(operator) == good["counter.zip"] != bad["counter.zip"]
    present = json.loads(operator.do("builds", *THERE, "--json"))[0]
    assert (present["build"], present["artifacts"]) == (builds.compute_build_id(good), good)


def test_a_rollback_to_what_never_was_or_has_been_altered_or_lacks_a_function_is_refused(
    operator: Operator, cloud: clouds.Cloud
) -> None:
    code(operator, "# kept\n")
    operator.do("apply", *THERE, CONFIRM="dev")
    build = builds.compute_build_id(packaged(operator))
    s3, key = cloud.client("s3"), f"builds/dev/{build}/counter.zip"
    unknown = refused(operator, "rollback", *THERE, "--to", "ffffffffffff")

    write(operator.project.root, {"src/hello_retail/painter/handler.py": "# new\n"})
    older = refused(operator, "rollback", *THERE, "--to", build)
    (operator.project.root / "src/hello_retail/painter/handler.py").unlink()
    s3.put_object(Bucket="miniature-state", Key=key, Body=b"altered")
    altered = refused(operator, "rollback", *THERE, "--to", build)

    assert "'ffffffffffff' names no build of dev: take an id of " in unknown
    assert build in unknown
    assert f"Build {build} is older than a present function: it has no painter.zip" in older
    assert "counter.zip has SHA-256" in altered


def test_drift_tells_what_waits_for_an_apply_from_what_has_drifted(
    operator: Operator, tmp_path: Path
) -> None:
    code(operator, "# not applied yet\n")
    report = tmp_path / "report.json"

    found = operator.run("drift", *THERE, "--report", str(report))

    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines() == [
        "dev has not drifted.",
        "dev has pending changes to 1 resource, which are not drift:",
        "  terraform_data.code: input, output",
    ]
    assert json.loads(report.read_text())[0]["drifted"] == []


def test_drift_that_cannot_be_told_is_an_error_and_not_clean(operator: Operator) -> None:
    backend = operator.project.backend_file("prod")
    right = backend.read_text()
    backend.write_text(right.replace("miniature-state", "miniature-nowhere"))
    try:
        found = operator.run("drift", "--cloud", "lab", "--all", "--json")
    finally:
        backend.write_text(right)

    assert found.returncode == 1
    assert [(each["environment"], bool(each["error"])) for each in json.loads(found.stdout)] == [
        ("dev", False),
        ("prod", True),
    ]
    assert "prod could not be checked: The bucket miniature-nowhere" in found.stderr
