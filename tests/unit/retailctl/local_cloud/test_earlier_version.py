"""A local cloud that a version before 0.2.0 started, when its modules had other names."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from retailctl import cli
from retailctl.emulator import cloud
from retailctl.emulator.cloud import Cloud
from retailctl.errors import UserError
from retailctl.local_cloud import up_down
from support.command import wait_for
from support.miniature import miniature

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from retailctl.project import Project

SLEEPER = "import pathlib, sys, time\npathlib.Path(sys.argv[1], 'ready').touch()\ntime.sleep(100)\n"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = miniature(tmp_path / "clone")
    monkeypatch.setenv("RETAIL_ROOT", str(made.root))
    return made


@pytest.fixture(params=["retailctl.emulator", "retailctl.page_server"])
def earlier(
    request: pytest.FixtureRequest, clone: Project, tmp_path: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """What an earlier version left running: a process under the module's old name, and its `state.json`."""
    home, package = clone.cloud_folder("local"), tmp_path / "earlier" / "retailctl"
    for folder in (home, package):
        folder.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / f"{request.param.rpartition('.')[2]}.py").write_text(SLEEPER)
    process = subprocess.Popen(
        [sys.executable, "-m", request.param, str(home)],
        env=os.environ | {"PYTHONPATH": str(package.parent)},
    )
    there = Cloud("local", home, process.pid, 4566, "AKIA", "secret", "000000000000", "us-east-1")
    replace(there, environments=("dev",)).save_state()
    wait_for((home / "ready").exists, seconds=20)
    yield process
    process.kill()
    process.wait()


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli.app, arguments)


def sentence(process: subprocess.Popen[bytes]) -> str:
    return (
        "This version does not know the local cloud 'local': a version before 0.2.0 started it. End it with "
        f"`kill {process.pid}`, and run this again."
    )


@pytest.mark.parametrize("command", [("down",), ("down", "--all"), ("env",), ("outputs",)])
def test_a_command_on_it_says_what_to_do_and_changes_nothing(
    earlier: subprocess.Popen[bytes], clone: Project, command: tuple[str, ...]
) -> None:
    result = run(*command)

    assert isinstance(result.exception, UserError)
    assert str(result.exception) == sentence(earlier)
    assert earlier.poll() is None
    assert (clone.cloud_folder("local") / cloud.STATE).is_file()


def test_an_up_does_not_put_it_away(earlier: subprocess.Popen[bytes], clone: Project) -> None:
    with pytest.raises(UserError, match="This version does not know the local cloud 'local'"):
        up_down._find_running_cloud(clone.cloud_folder("local"))
    assert earlier.poll() is None
    assert (clone.cloud_folder("local") / cloud.STATE).is_file()


def test_once_its_processes_have_ended_down_removes_the_rest(
    earlier: subprocess.Popen[bytes], clone: Project
) -> None:
    earlier.kill()
    earlier.wait()

    assert run("down").exit_code == 0
    assert not clone.cloud_folder("local").exists()


def test_the_sentence_goes_to_stderr_with_exit_status_1(
    earlier: subprocess.Popen[bytes], clone: Project
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from retailctl.cli import main; main()", "down"],
        env=os.environ | {"RETAIL_ROOT": str(clone.root), "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (1, f"retailctl: {sentence(earlier)}\n")
