"""Terraform found, pointed at a provider, and its errors put in words; without running it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from retailctl.errors import UserError
from retailctl.project import Project
from retailctl.terraform import failures, installation
from retailctl.terraform import workspace as terraform
from retailctl.terraform.installation import PROVIDER
from retailctl.terraform.workspace import Workspace
from support.miniature import miniature, write

LOCK = f'provider "{PROVIDER}" {{\n  version     = "5.100.0"\n}}\n'


@pytest.fixture(autouse=True)
def _forget_the_program() -> Iterator[None]:
    installation.find_terraform.cache_clear()
    yield
    installation.find_terraform.cache_clear()


@pytest.fixture
def clone(tmp_path: Path) -> Project:
    project = miniature(tmp_path / "clone")
    write(project.app, {".terraform.lock.hcl": LOCK})
    return project


def a_terraform(folder: Path, says: str, monkeypatch: pytest.MonkeyPatch) -> str:
    folder.mkdir(exist_ok=True)
    script = folder / "terraform"
    script.write_text(f"#!/bin/sh\necho '{says}'\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return str(script)


def test_a_terraform_that_is_new_enough_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = a_terraform(tmp_path / "bin", json.dumps({"terraform_version": "1.12.0-rc1"}), monkeypatch)

    assert installation.find_terraform() == program


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        (
            json.dumps({"terraform_version": "1.10.5"}),
            "Terraform 1.10.5 is too old: install version 1.11 or newer",
        ),
        ("no such command", "is not a working Terraform: install version 1.11 or newer"),
        ("[]", "is not a working Terraform"),
    ],
)
def test_any_other_is_refused_with_the_remedy(
    says: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_terraform(tmp_path / "bin", says, monkeypatch)

    with pytest.raises(UserError, match=sentence):
        installation.find_terraform()


def test_no_terraform_at_all_is_a_sentence_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(
        UserError, match=r"Terraform is not installed: put version 1\.11 or newer .* on the PATH"
    ):
        installation.check_tools()


@pytest.mark.parametrize("depth", ["", "mirror", "vendor/mirror"])
def test_a_mirror_is_found_where_machines_keep_them(depth: str, tmp_path: Path) -> None:
    (tmp_path / depth / PROVIDER / "5.100.0" / "linux_amd64").mkdir(parents=True)

    assert installation.find_mirror("5.100.0", [tmp_path / "none", tmp_path]) == tmp_path / depth
    assert installation.find_mirror(None, [tmp_path]) == tmp_path / depth


def test_a_mirror_of_another_version_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / PROVIDER / "6.0.0").mkdir(parents=True)

    assert installation.find_mirror("5.100.0", [tmp_path]) is None


def test_a_mirror_is_used_through_a_configuration_of_ours(
    clone: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "opt" / "mirror" / PROVIDER / "5.100.0").mkdir(parents=True)
    monkeypatch.setattr(installation, "list_mirror_bases", lambda: [tmp_path / "opt"])
    monkeypatch.setattr(Path, "home", lambda: tmp_path)

    environ = installation.build_cli_environ(clone, {"TF_CLI_CONFIG_FILE": str(tmp_path / "missing")})

    configuration = Path(environ["TF_CLI_CONFIG_FILE"])
    assert configuration.is_relative_to(clone.scratch)
    assert f'path    = "{tmp_path}/opt/mirror"' in configuration.read_text()
    assert environ["CHECKPOINT_DISABLE"] == "1"


def test_without_a_mirror_the_registry_is_asked_with_a_cache_in_the_clone(
    clone: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "list_mirror_bases", lambda: [tmp_path / "none"])
    monkeypatch.setattr(Path, "home", lambda: tmp_path)

    environ = installation.build_cli_environ(clone, {"TF_CLI_CONFIG_FILE": str(tmp_path / "missing")})

    assert "TF_CLI_CONFIG_FILE" not in environ
    assert environ["TF_PLUGIN_CACHE_DIR"] == str(clone.scratch / "providers")
    own = installation.build_cli_environ(clone, {"TF_PLUGIN_CACHE_DIR": "/theirs"})
    assert own["TF_PLUGIN_CACHE_DIR"] == "/theirs"


@pytest.mark.parametrize("named", [True, False])
def test_the_operator_s_own_configuration_is_honoured(
    clone: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, named: bool
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    write(tmp_path, {".terraformrc": ""})
    ambient = {"TF_CLI_CONFIG_FILE": str(tmp_path / ".terraformrc")} if named else {}

    environ = installation.build_cli_environ(clone, ambient)

    assert environ.get("TF_CLI_CONFIG_FILE") == ambient.get("TF_CLI_CONFIG_FILE")
    assert "TF_PLUGIN_CACHE_DIR" not in environ


def test_the_places_for_mirrors_are_few_and_end_at_home() -> None:
    bases = list(installation.list_mirror_bases())

    assert Path("/opt") in bases
    assert bases[-1] == Path.home()


def test_a_lock_file_tells_the_version_and_a_missing_one_none(clone: Project, tmp_path: Path) -> None:
    assert installation.read_locked_version(clone.app / ".terraform.lock.hcl") == "5.100.0"
    assert installation.read_locked_version(tmp_path / "none") is None


def test_terraform_s_sockets_stay_out_of_folders_whose_paths_are_too_long(clone: Project) -> None:
    def tmpdir(folder: Path) -> str | None:
        workspace = Workspace(clone, clone.app, clone.scratch / "data", {}, temporary=folder)
        return workspace.build_process_environ().get("TMPDIR")

    short = Path("/tmp") / "x"  # noqa: S108 - only its length counts
    assert tmpdir(short) == str(short)
    assert tmpdir(clone.root / ("long" * 30)) is None


LOCKED = """
Error: Error acquiring the state lock

Error message: operation error S3: PutObject, https response error StatusCode: 412
Lock Info:
  ID:        6f2a
  Path:      bucket/key
  Operation: OperationTypeApply
  Who:       ada@till
  Created:   2026-11-20 10:00:00 +0000 UTC
"""


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (LOCKED, "ada@till has held it since 2026-11-20 10:00:00 +0000 UTC (OperationTypeApply)"),
        (LOCKED, "`retailctl unlock 6f2a --cloud two --env prod`"),
        (
            "Error: Instance cannot be destroyed\n  with terraform_data.environment_pin",
            "prod/backend.hcl names the state of prod. To remove prod, use `make destroy CLOUD=two ENV=prod`",
        ),
        (
            "Error: Saved plan is stale",
            "save a new plan with `make plan CLOUD=two ENV=prod` and OUT=<file>.",
        ),
        ('Error: S3 bucket "x" does not exist.', "`make bootstrap CLOUD=two ENV=prod`"),
        ("Error: Backend configuration changed", "or remove .retail/x/prod/app to use"),
        ("Error: No valid credential sources found", "There are no valid AWS credentials for prod: log in"),
        (
            "dial tcp 127.0.0.1:4566: connect: connection refused",
            "start it again with `make up CLOUD=two ENV=prod`",
        ),
        (
            "Error: Failed to query available provider packages",
            "Terraform cannot download the AWS provider",
        ),
    ],
)
def test_a_known_failure_gets_the_sentence_that_it_lacks(output: str, sentence: str) -> None:
    error = str(failures.build_error("Applying dev", output, "prod", "two", ".retail/x/prod/app"))

    assert error.startswith("Applying dev failed. ")
    assert sentence in error
    assert error.endswith(output.strip())


MACHINE_WIDE = (
    r"[Cc]ould not (retrieve|query).*(provider|registry)|Failed to query available provider packages"
)


def test_each_explanation_names_the_environment_and_the_cloud_that_were_meant() -> None:
    for pattern, sentence in failures._EXPLANATIONS:
        if pattern != MACHINE_WIDE:
            assert "{" in sentence, f"{sentence} names no place"


def test_an_unknown_failure_is_shown_as_it_is() -> None:
    assert (
        str(failures.build_error("Applying dev", "Error: strange"))
        == "Applying dev failed.\n\nError: strange"
    )
    assert "Terraform printed nothing." in str(failures.build_error("Applying dev", ""))


def test_a_run_is_counted_by_its_events_and_its_errors_are_kept_whole() -> None:
    seen: list[tuple[int, int | None]] = []
    progress = terraform._Progress(lambda done, total: seen.append((done, total)))
    error = {
        "severity": "error",
        "summary": "No luck",
        "detail": "It is Friday.",
        "address": "aws_x.y",
        "range": {"filename": "x.tf", "start": {"line": 7}},
    }

    for event in (
        {"type": "version"},
        {"type": "diagnostic", "diagnostic": {"severity": "warning", "summary": "Mind"}},
        {"type": "change_summary", "changes": {"add": 2, "change": 0, "remove": 1, "operation": "plan"}},
        {"type": "apply_complete", "hook": {"action": "create"}},
        {"type": "apply_complete", "hook": {"action": "read"}},
        {"type": "diagnostic", "diagnostic": error},
        {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "Bare"}},
    ):
        progress.count_event(json.dumps(event))
    progress.count_event("panic: oh no")
    progress.count_event('"not an event"')

    assert seen == [(0, None), (0, None), (0, 3), (1, 3), (1, 3), (1, 3), (1, 3)]
    assert progress.changes == {"add": 2, "change": 0, "remove": 1}
    assert progress.errors == [
        "Error: No luck\n  with aws_x.y\n  on x.tf line 7\nIt is Friday.",
        "Error: Bare",
        "panic: oh no",
        '"not an event"',
    ]
