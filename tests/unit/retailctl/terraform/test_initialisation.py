"""`terraform init` is run where it would change something, and only there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from retailctl.project import Project
from retailctl.terraform import installation
from retailctl.terraform import workspace as terraform
from retailctl.terraform.failures import TerraformError
from retailctl.terraform.workspace import Workspace
from support.miniature import miniature, write

OPTIONS = ("-backend-config=bucket=state", "-reconfigure")
PROGRAM = """#!/bin/sh
if [ "$1" = version ]; then echo '{"terraform_version": "1.11.4"}'; exit; fi
echo "$*" >> "$TF_DATA_DIR/runs"
[ ! -e "$TF_DATA_DIR/broken" ] || exit 1
made="$TF_DATA_DIR/providers/registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64"
mkdir -p "$made" "$TF_DATA_DIR/modules"
touch "$made/terraform-provider-aws_v5.100.0" "$TF_DATA_DIR/modules/modules.json"
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    project = miniature(tmp_path / "clone")
    write(project.app, {".terraform.lock.hcl": "# 5.100.0", "main.tf": "# a root"})
    write(project.root, {"modules/table/main.tf": "# a module"})
    program = tmp_path / "bin" / "terraform"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    installation.find_terraform.cache_clear()
    environ = {"PATH": f"{program.parent}:/usr/bin:/bin"}
    yield Workspace(project, project.app, tmp_path / "data", environ)
    installation.find_terraform.cache_clear()


def count_runs(workspace: Workspace) -> int:
    return len((workspace.data / "runs").read_text().splitlines())


def test_a_second_init_of_the_same_is_left_out(workspace: Workspace) -> None:
    for _ in range(3):
        terraform.run_init(workspace, *OPTIONS)

    assert count_runs(workspace) == 1


def change_root(workspace: Workspace) -> None:
    write(workspace.root, {"main.tf": "# another module"})


def add_file(workspace: Workspace) -> None:
    write(workspace.root, {"more.tf": ""})


def change_module(workspace: Workspace) -> None:
    write(workspace.project.root, {"modules/table/main.tf": "# it calls another"})


def change_lock(workspace: Workspace) -> None:
    write(workspace.root, {".terraform.lock.hcl": "# 5.101.0"})


def lose_provider(workspace: Workspace) -> None:
    shutil.rmtree(workspace.data / "providers")


def lose_modules(workspace: Workspace) -> None:
    shutil.rmtree(workspace.data / "modules")


@pytest.mark.parametrize(
    "change", [change_root, add_file, change_module, change_lock, lose_provider, lose_modules]
)
def test_whatever_changes_it_is_initialised_anew(
    workspace: Workspace, change: Callable[[Workspace], None]
) -> None:
    terraform.run_init(workspace, *OPTIONS)
    change(workspace)

    terraform.run_init(workspace, *OPTIONS)

    assert count_runs(workspace) == 2


def test_other_options_and_another_root_are_initialised_anew(workspace: Workspace, tmp_path: Path) -> None:
    terraform.run_init(workspace, *OPTIONS)
    terraform.run_init(workspace, "-backend-config=bucket=other", "-reconfigure")
    terraform.run_init(workspace, *OPTIONS)
    elsewhere = Project(tmp_path / "elsewhere")
    shutil.copytree(workspace.project.root, elsewhere.root)
    terraform.run_init(replace(workspace, project=elsewhere, root=elsewhere.app), *OPTIONS)

    assert count_runs(workspace) == 4


def test_an_init_that_failed_is_run_again(workspace: Workspace) -> None:
    terraform.run_init(workspace, *OPTIONS)
    change_root(workspace)
    (workspace.data / "broken").touch()
    with pytest.raises(TerraformError):
        terraform.run_init(workspace, *OPTIONS)
    write(workspace.root, {"main.tf": "# a root"})  # as it was before the init that failed
    (workspace.data / "broken").unlink()

    terraform.run_init(workspace, *OPTIONS)

    assert count_runs(workspace) == 3
