"""Terraform that runs: it is asked once to end, and a run whose command was killed is ended in order."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from retailctl import interrupts
from retailctl.errors import UserError
from retailctl.interrupts import Interrupted
from retailctl.project import Project
from retailctl.terraform import installation, runs
from retailctl.terraform import workspace as terraform
from retailctl.terraform.workspace import Workspace
from support.command import wait_for
from support.miniature import miniature

TERRAFORM = """#!{python}
import os, pathlib, signal, sys, time
notes = pathlib.Path(os.environ["NOTES"])
def note(word):
    with notes.open("a") as file:
        file.write(word + "\\n")
asked = []
def interrupted(number, frame):
    asked.append(number)
    note(signal.Signals(number).name)
    if len(asked) >= int(os.environ["ENDS_AFTER"]):
        note("saved")
        sys.exit(1)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, interrupted)
print("half a line", end="", flush=True)
note(f"started in {{os.getsid(0) == os.getpid()}}")
while True:
    time.sleep(0.05)
    print(".", flush=True)
"""


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Project]:
    installation.find_terraform.cache_clear()
    yield miniature(tmp_path / "clone")
    installation.find_terraform.cache_clear()


@pytest.fixture
def program(tmp_path: Path) -> Path:
    file = tmp_path / "bin" / "terraform"
    file.parent.mkdir()
    file.write_text(TERRAFORM.format(python=sys.executable))
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


def notes_of(tmp_path: Path) -> list[str]:
    file = tmp_path / "notes"
    return file.read_text().splitlines() if file.is_file() else []


def a_workspace(clone: Project, tmp_path: Path, ends_after: int) -> Workspace:
    environ = {"NOTES": str(tmp_path / "notes"), "ENDS_AFTER": str(ends_after), "PATH": os.environ["PATH"]}
    return Workspace(clone, clone.app, clone.scratch / "data", environ)


def interrupt_when(tmp_path: Path, *numbers: signal.Signals) -> threading.Thread:
    """Send each signal once Terraform has noted the one before it."""

    def send() -> None:
        for sent, number in enumerate(numbers):
            wait_for(lambda sent=sent: len(notes_of(tmp_path)) > sent)  # type: ignore[misc]
            os.kill(os.getpid(), number)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def run_interrupted(workspace: Workspace, tmp_path: Path, *numbers: signal.Signals) -> list[str]:
    lines: list[str] = []
    with interrupts.handle_signals():
        sender = interrupt_when(tmp_path, *numbers)
        try:
            terraform._run(workspace, ["apply"], lines.append)
        finally:
            sender.join()
    return lines


@pytest.mark.parametrize("number", interrupts.SIGNALS)
def test_terraform_is_asked_once_and_waited_for(
    number: signal.Signals,
    clone: Project,
    program: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(terraform, "find_terraform", lambda: str(program))

    with pytest.raises(Interrupted):
        run_interrupted(a_workspace(clone, tmp_path, 1), tmp_path, number)

    assert notes_of(tmp_path) == ["started in True", "SIGINT", "saved"]
    assert "waiting until Terraform has saved its state" in capsys.readouterr().err


def test_a_second_signal_asks_again_and_a_third_kills(
    clone: Project, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terraform, "find_terraform", lambda: str(program))

    with pytest.raises(Interrupted):
        run_interrupted(
            a_workspace(clone, tmp_path, 9), tmp_path, signal.SIGINT, signal.SIGHUP, signal.SIGTERM
        )

    assert notes_of(tmp_path) == ["started in True", "SIGINT", "SIGINT"]


def test_an_interrupted_command_starts_no_further_terraform(
    clone: Project, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terraform, "find_terraform", lambda: str(program))
    ended: list[type[BaseException]] = []

    def work() -> None:
        try:
            terraform._run(a_workspace(clone, tmp_path, 1), ["apply"], print)
        except Interrupted as interrupted:
            ended.append(type(interrupted))

    def run_thread() -> None:
        with interrupts.handle_signals(), interrupts.defer_interrupts():
            os.kill(os.getpid(), signal.SIGTERM)
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()

    with pytest.raises(Interrupted):
        run_thread()
    assert ended == [Interrupted]
    assert notes_of(tmp_path) == []


def test_output_is_handed_on_line_by_line_also_without_an_end(
    clone: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terraform, "find_terraform", lambda: "/bin/sh")
    workspace = a_workspace(clone, tmp_path, 1)
    monkeypatch.setattr(
        Workspace,
        "build_command",
        lambda _self, *arguments: ["sh", "-c", "printf 'one\\n\\377two\\nthree'; exit 3"],
    )
    lines: list[str] = []

    assert terraform._run(workspace, ["output"], lines.append) == 3
    assert lines == ["one", "\ufffdtwo", "three"]


def test_a_reader_that_fails_leaves_no_terraform_behind(
    clone: Project, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terraform, "find_terraform", lambda: str(program))

    def fail(_line: str) -> None:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - ours
        terraform._run(a_workspace(clone, tmp_path, 1), ["apply"], fail)
    assert notes_of(tmp_path)[-1] == "saved"


def start_run(program: Path, tmp_path: Path, data: Path, started_by: str) -> subprocess.Popen[bytes]:
    environ = {
        "PATH": os.environ["PATH"],
        "NOTES": str(tmp_path / "notes"),
        "ENDS_AFTER": "1",
        "TF_DATA_DIR": str(data),
        runs.STARTED_BY: started_by,
    }
    command = [sys.executable, str(program)]
    code = program.read_text().partition("\n")[2]
    process = subprocess.Popen(
        [str(data / "terraform"), "-c", code], executable=command[0], env=environ, stdout=subprocess.DEVNULL
    )
    wait_for(lambda: notes_of(tmp_path), process)
    return process


@pytest.fixture
def reaped() -> Iterator[list[subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []
    stop = threading.Event()

    def reap() -> None:
        while not stop.wait(0.05):
            for each in processes:
                each.poll()

    thread = threading.Thread(target=reap)
    thread.start()
    yield processes
    stop.set()
    thread.join()
    for each in processes:
        each.kill()
        each.wait()


def test_a_run_whose_command_was_killed_is_ended_in_order(
    program: Path, tmp_path: Path, reaped: list[subprocess.Popen[bytes]], capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    process = start_run(program, tmp_path, data, f"{2**22 + 1} 1.00")
    reaped.append(process)

    runs.end_orphaned_runs(data)

    assert process.poll() is not None
    assert notes_of(tmp_path)[1:] == ["SIGINT", "saved"]
    assert (
        f"Terraform (process {process.pid}) still runs for a command that was killed"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize("elsewhere", [True, False])
def test_runs_of_a_living_command_or_another_place_are_left_alone(
    program: Path, tmp_path: Path, reaped: list[subprocess.Popen[bytes]], *, elsewhere: bool
) -> None:
    data = tmp_path / "data"
    started_by = "1 1.00" if elsewhere else runs.describe_this_process()
    reaped.append(start_run(program, tmp_path, data / "other" if elsewhere else data, started_by))

    runs.end_orphaned_runs(data)

    assert reaped[0].poll() is None
    assert len(notes_of(tmp_path)) == 1


def test_a_run_that_does_not_end_is_named(
    program: Path, tmp_path: Path, reaped: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "PATIENCE_SECONDS", 0.1)
    program.write_text(program.read_text().replace('int(os.environ["ENDS_AFTER"])', "9"))
    reaped.append(start_run(program, tmp_path, tmp_path / "data", ""))

    with pytest.raises(UserError, match=rf"`kill -9 {reaped[0].pid}`"):
        runs.end_orphaned_runs(tmp_path / "data")


def test_a_process_is_known_by_its_start_too() -> None:
    own = runs.describe_this_process()

    assert runs._is_running(own)
    assert not runs._is_running(f"{os.getpid()} 1.00")
    assert not runs._is_running("")
    assert json.dumps(own)
    assert time.time() > float(own.split()[1])
