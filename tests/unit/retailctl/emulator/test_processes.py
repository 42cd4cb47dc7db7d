"""Which processes belong to a local cloud, and that no other is ever touched."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from retailctl.emulator import processes
from retailctl.emulator.processes import Process
from retailctl.errors import UserError
from support.command import wait_for

HOME = Path("/clone/.retail/local")


@pytest.mark.parametrize(
    ("arguments", "belongs"),
    [
        (("python", "-m", "retailctl.emulator.ministack", "/clone/.retail/local"), True),
        (("python", "-m", "retailctl.emulator.ministack", "/clone/.retail/local-two"), False),
        (("python", "-m", "retailctl.emulator.ministack", "/other/.retail/local"), False),
        (("python", "/clone/.retail/local/tmp/ministack-lambda-x/_worker.py"), True),
        (("python", "/clone/.retail/local-two/tmp/ministack-lambda-x/_worker.py"), False),
        (("python", "-m", "retailctl.emulator.fork_server", "/clone/.retail/local", "7"), True),
        (("python", "-m", "retailctl.emulator.fork_server", "/clone/.retail/local-two", "7"), False),
        (("/clone/.retail/local/terraform/dev/app/terraform", "apply"), True),
        (("/clone/.retail/local/terraform/dev/app/providers/terraform-provider-aws_v5",), True),
        (("tail", "-f", "/clone/.retail/local/emulator.log"), False),
        (("vim", "/clone/.retail/local/state.json"), False),
        ((), False),
    ],
)
def test_a_cloud_s_processes_are_known_by_their_command_lines(
    arguments: tuple[str, ...], *, belongs: bool
) -> None:
    assert processes.belongs_to_cloud(Process(1, arguments), HOME) is belongs


def test_a_process_is_listed_by_its_arguments_and_ends_with_its_process() -> None:
    arguments = (sys.executable, "-c", "import time; time.sleep(100)", "an 'odd' one", "")
    process = subprocess.Popen(arguments)
    try:
        wait_for(lambda: Process(process.pid, arguments) in processes.list_processes())
        assert Process(os.getpid(), ()) not in processes.list_processes()
    finally:
        process.kill()

    # Until somebody waits for it, it is a zombie: not running any more.
    wait_for(lambda: Process(process.pid, arguments) not in processes.list_processes())
    process.wait()


def test_what_may_not_be_reached_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    process = subprocess.Popen(["sleep", "100"])
    wait_for(lambda: Process(process.pid, ("sleep", "100")) in processes.list_processes())
    [found] = [each for each in processes.list_processes() if each.pid == process.pid]

    def refuse(_pid: int, _number: int) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(os, "kill", refuse)
        found.send_signal(processes.signal.SIGTERM)
    assert process.poll() is None
    process.kill()
    process.wait()


@pytest.fixture
def stubborn(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a worker of the cloud in ``tmp_path`` that takes no notice of SIGTERM."""
    script = tmp_path / "tmp" / "_worker.py"
    script.parent.mkdir()
    script.write_text(
        "import pathlib, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "pathlib.Path(__file__).with_name('ready').touch()\n"
        "time.sleep(100)\n"
    )
    process = subprocess.Popen([sys.executable, str(script)])
    wait_for((tmp_path / "tmp" / "ready").exists)
    yield process
    process.kill()
    process.wait()


def test_what_does_not_end_when_asked_is_killed(stubborn: subprocess.Popen[bytes], tmp_path: Path) -> None:
    assert processes.end_cloud_processes(tmp_path, patience=0.2) == 1
    assert stubborn.wait(timeout=5) == -9


def test_what_outlives_even_that_is_named(
    stubborn: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "kill", lambda _pid, _number: None)

    with pytest.raises(UserError, match=str(stubborn.pid)):
        processes.end_cloud_processes(tmp_path, patience=0.1)


def test_one_that_has_just_ended_is_no_trouble(tmp_path: Path) -> None:
    process = subprocess.Popen(["true"])
    process.wait()

    processes._send([Process(process.pid, ("true",))], processes.signal.SIGTERM)

    assert processes.end_cloud_processes(tmp_path) == 0
