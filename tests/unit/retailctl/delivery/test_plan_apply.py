"""The environments as a workflow asks for them, and what the commands refuse before they look anywhere."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from retailctl import git
from retailctl.artifacts import builds, package
from retailctl.artifacts.builds import KeptBuild
from retailctl.cli import app
from retailctl.delivery import plan_apply, saved_plan
from retailctl.delivery.saved_plan import PlanRecord
from retailctl.environments import listing
from retailctl.errors import UserError
from support.miniature import miniature, write

PLANNERS = {"dev": "arn:dev-plan", "prod": "arn:prod-plan", "gone": "arn:gone-plan"}


@pytest.fixture(autouse=True)
def _clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETAIL_ROOT", str(miniature(tmp_path / "clone").root))


def test_the_environments_are_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    listing.list_environments("", "")

    assert capsys.readouterr().out == "dev\nprod\n"


def test_a_workflow_gets_them_as_a_matrix_with_the_role_of_each(capsys: pytest.CaptureFixture[str]) -> None:
    listing.list_environments(json.dumps(PLANNERS), "matrix")

    name, _, value = capsys.readouterr().out.strip().partition("=")
    assert name == "matrix"
    assert json.loads(value) == [
        {"environment": "dev", "role": "arn:dev-plan"},
        {"environment": "prod", "role": "arn:prod-plan"},
    ]


@pytest.mark.parametrize(
    ("roles", "sentence"),
    [
        ('{"dev": "arn"}', "The roles do not include prod"),
        ("arn", "not a JSON object of ARNs by environment"),
        ("[]", "not a JSON object of ARNs by environment"),
    ],
)
def test_roles_that_do_not_do_are_refused_in_words(roles: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        listing.list_environments(roles, "matrix")


def test_a_summary_is_of_a_saved_plan(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="set OUT"):
        plan_apply.plan_environment("dev", "lab", None, tmp_path / "summary.md")


@pytest.mark.parametrize(
    ("command", "name", "value", "sentence"),
    [
        ("apply", "ENV", "x'; touch F; '", "There is no environment \"x'; touch F; '\": set ENV"),
        ("destroy", "ENV", "de?", "There is no environment 'de?': set ENV"),
        ("up", "ENV", "x\n\x1b[31m", r"There is no environment 'x\n\x1b[31m': set ENV"),
        ("down", "RETAIL_CLOUD", "$(touch F)", "'$(touch F)' cannot name a local cloud"),
        ("down", "RETAIL_CLOUD", "local\n", r"'local\n' cannot name a local cloud"),
        ("rollback", "TO", "x'; touch F; '", "names no build: set TO"),
        ("rollback", "TO", "", "'' names no build: set TO"),
        ("rollback", "TO", "0123\n", "names no build: set TO"),
        ("rollback", "TO", "0" * 41, "names no build: set TO"),
        ("rollback", "TO", "\u0663" * 4, "names no build: set TO"),
        ("plan", "SUMMARY", "x", "set OUT"),
        ("apply", "PLAN", "x'; touch F; '", "x'; touch F; '"),
    ],
)
def test_a_setting_of_the_environment_that_does_not_do_is_refused_in_a_sentence(
    command: str, name: str, value: str, sentence: str
) -> None:
    refused = CliRunner().invoke(app, [command], env={name: value})

    assert isinstance(refused.exception, UserError)
    assert sentence in str(refused.exception)


def test_a_setting_that_is_neither_yes_nor_no_is_refused() -> None:
    refused = CliRunner().invoke(app, ["apply"], env={"OLDER": "perhaps"})

    assert refused.exit_code == 2
    assert "Invalid value for '--older' (env var: 'OLDER')" in refused.output


KEPT = [
    KeptBuild("aaaa11112222", "cccc" + "0" * 36, "2026-11-22T12:00:00Z", {}),
    KeptBuild("aaaa33334444", "dddd" + "0" * 36, "2026-11-21T12:00:00Z", {}),
]


@pytest.mark.parametrize(("wanted", "index"), [("aaaa1", 0), ("aaaa33334444", 1), ("dddd0", 1)])
def test_a_build_is_named_by_the_beginning_of_its_id_or_of_its_commit(wanted: str, index: int) -> None:
    assert builds.find_build(KEPT, wanted, "dev") == KEPT[index]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("aaaa", "names several builds of dev"),
        ("ffff", "names no build of dev"),
        ("cc", "names no build of dev"),
    ],
)
def test_a_build_that_is_none_or_several_is_refused_with_those_there_are(wanted: str, said: str) -> None:
    with pytest.raises(UserError, match=rf"{said}: take an id of aaaa11112222 \(2026-11-22"):
        builds.find_build(KEPT, wanted, "dev")


def test_where_no_build_is_kept_the_sentence_says_so() -> None:
    with pytest.raises(UserError, match="dev has no kept builds: `apply` keeps each build"):
        builds.find_build([], "aaaa", "dev")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"build": 1}'])
def test_what_is_no_record_of_a_build_is_named(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "builds/dev/aaaa11112222/build.json"
    s3 = SimpleNamespace(get_object=lambda Bucket, Key: {"Body": io.BytesIO(content)})
    target: Any = SimpleNamespace(client=lambda _: s3, state_bucket="state", environment="dev")
    monkeypatch.setattr(builds, "list_keys", lambda *_: [key])

    with pytest.raises(UserError, match=f"s3://state/{key} is no record of a build"):
        builds.list_kept_builds(target)


@pytest.mark.parametrize("manifest", [b"", b"[]", b"{}", b'{"functions": {"a": {}}}'])
def test_what_is_no_manifest_is_said_to_be_none(manifest: bytes) -> None:
    with pytest.raises(UserError, match="is no manifest of artifacts: write it anew with `make package`"):
        builds.check_artifacts({"manifest.json": manifest}, "build/artifacts")


def test_artifacts_without_a_manifest_are_none() -> None:
    with pytest.raises(UserError, match=r"There is no manifest\.json in build/artifacts"):
        builds.check_artifacts({"a.zip": b""}, "build/artifacts")


def test_zips_that_another_command_swaps_while_an_apply_waits_for_it_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = plan_apply.project.find_project()
    package.build_artifacts(here)
    _, hashes = builds.read_artifacts(here)
    plan = tmp_path / "plan"
    plan.write_bytes(b"")
    record = PlanRecord(
        "dev", saved_plan.hash_plan(plan), None, hashes, git.UNKNOWN_COMMIT, builds.format_current_time(), {}
    )
    saved_plan.record_file(plan).write_text(record.format_json())

    @contextmanager
    def after_another(*_: object) -> Iterator[None]:
        write(here.root, {"src/hello_retail/counter/handler.py": "# not what was planned\n"})
        package.build_artifacts(here)
        yield

    monkeypatch.setattr(plan_apply, "hold_lock", after_another)

    with pytest.raises(UserError, match=r"artifacts here are not those of the plan: counter\.zip has"):
        plan_apply.apply_environment("dev", "lab", None, plan)


def test_a_clone_without_git_has_no_known_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    assert git.find_checked_out_commit(plan_apply.project.find_project()) == git.UNKNOWN_COMMIT


@pytest.mark.parametrize(
    ("confirmed", "done"), [("prod", ["planned", "begun", "applied"]), ("dev", ["planned"])]
)
def test_what_is_to_be_done_before_an_apply_waits_for_the_confirmation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, confirmed: str, done: list[str]
) -> None:
    did: list[str] = []
    target: Any = SimpleNamespace(environment="prod", place="AWS")

    def planned(*_: Any) -> Any:
        did.append("planned")
        return SimpleNamespace(changes={"update": 1})

    monkeypatch.setattr(plan_apply, "initialise_workspace", lambda target: SimpleNamespace(data=tmp_path))
    monkeypatch.setattr(plan_apply, "save_plan", planned)
    monkeypatch.setattr(plan_apply, "print_plan", lambda *_: None)
    monkeypatch.setattr(plan_apply, "apply_saved_plan", lambda *_: did.append("applied"))

    with (
        contextlib.nullcontext()
        if confirmed == "prod"
        else pytest.raises(UserError, match="nothing was changed")
    ):
        plan_apply.ask_and_apply(target, {}, {}, "c", confirmed, lambda: did.append("begun"))
    assert did == done
