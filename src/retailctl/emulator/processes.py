"""Find and end the processes that belong to a local cloud.

They are identified by their command lines. So `down` finds them after any crash, and never ends another process
that happens to have a recorded process id:

- the emulator runs as ``python -m retailctl.emulator.ministack <home>``, a page's server as
  ``python -m retailctl.emulator.page_proxy <home> <environment> …``;
- its Lambda workers run a script below ``<home>``;
- Terraform runs with an ``argv[0]`` below ``<home>``, its provider from a path below ``<home>``.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from retailctl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

EMULATOR_MODULE = "retailctl.emulator.ministack"
PAGE_SERVER_MODULE = "retailctl.emulator.page_proxy"
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """A process as the operating system lists it."""

    pid: int
    arguments: tuple[str, ...]


def _list_from_proc() -> Iterator[Process]:
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:  # ended while we read
                continue
            if line:  # a zombie and a kernel thread have none
                yield Process(int(entry.name), tuple(line.rstrip(b"\0").decode(errors="replace").split("\0")))


def _list_from_ps() -> Iterator[Process]:
    table = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,command="],  # noqa: S607 - wherever this system keeps it
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for line in table.splitlines():
        pid, _, command = line.strip().partition(" ")
        try:
            arguments = tuple(shlex.split(command))
        except ValueError:  # an unbalanced quote in the arguments
            arguments = tuple(command.split())
        yield Process(int(pid), arguments)


def list_processes() -> Iterator[Process]:
    """Yield every visible process."""
    yield from _list_from_proc() if (_PROC / "self" / "cmdline").exists() else _list_from_ps()


def is_emulator(process: Process, home: Path) -> bool:
    """Say whether ``process`` is the emulator of the local cloud in ``home``."""
    return process.arguments[1:4] == ("-m", EMULATOR_MODULE, str(home))


def is_page_server(process: Process, home: Path) -> bool:
    """Say whether ``process`` serves a page of the local cloud in ``home``."""
    return process.arguments[1:4] == ("-m", PAGE_SERVER_MODULE, str(home))


def belongs_to_cloud(process: Process, home: Path) -> bool:
    """Say whether ``process`` was started by the local cloud in ``home``."""
    below = f"{home}{os.sep}"
    program, *rest = process.arguments or ("",)
    is_worker = bool(rest) and rest[0].startswith(below) and rest[0].endswith("_worker.py")
    is_ours = is_emulator(process, home) or is_page_server(process, home)
    return program.startswith(below) or is_worker or is_ours


def list_cloud_processes(home: Path) -> list[Process]:
    """Return the running processes of the local cloud in ``home``, the emulator first."""
    ours = [
        process
        for process in list_processes()
        if belongs_to_cloud(process, home) and process.pid != os.getpid()
    ]
    return sorted(ours, key=lambda process: not is_emulator(process, home))


def _send(processes: list[Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            continue


def _wait_until_gone(home: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while list_cloud_processes(home):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def end_process(process: Process, *, patience: float = 8.0) -> None:
    """End a process and wait for it; kill it after ``patience`` seconds."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        _send([process], number)
        deadline = time.monotonic() + patience
        while process in list_processes():
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        else:
            return


def end_cloud_processes(home: Path, *, patience: float = 8.0) -> int:
    """End every process of the local cloud in ``home`` and return how many there were.

    They get SIGTERM, and SIGKILL after ``patience`` seconds.

    Raises:
        UserError: where a process does not end.

    """
    running = list_cloud_processes(home)
    _send(running, signal.SIGTERM)
    if not _wait_until_gone(home, patience):
        _send(list_cloud_processes(home), signal.SIGKILL)
        if not _wait_until_gone(home, patience):
            left = ", ".join(str(process.pid) for process in list_cloud_processes(home))
            raise UserError(f"These processes of the local cloud do not end: {left}. End them by hand.")
    return len(running)
