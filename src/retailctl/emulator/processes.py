"""Find and end the processes that belong to a local cloud.

They are identified by their command lines. So `down` finds them after any crash, and never ends another process
that happens to have a recorded process id:

- the emulator runs as ``python -m retailctl.emulator.ministack <home>``, a page's server as
  ``python -m retailctl.emulator.page_proxy <home> <environment> …``;
- its Lambda workers run a script below ``<home>``, or ``python -m retailctl.emulator.fork_server <home> …``;
- Terraform runs with an ``argv[0]`` below ``<home>``, its provider from a path below ``<home>``.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from retailctl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EMULATOR_MODULE = "retailctl.emulator.ministack"
PAGE_SERVER_MODULE = "retailctl.emulator.page_proxy"
FORK_SERVER_MODULE = "retailctl.emulator.fork_server"
EARLIER_MODULES = ("retailctl.emulator", "retailctl.page_server")
"""What the two were called before 0.2.0: their processes are known, so that nothing is taken from under them."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process as the operating system lists it."""

    pid: int
    arguments: tuple[str, ...]
    handle: psutil.Process | None = field(default=None, compare=False, repr=False)
    """Reaches this very process, and none that gets its id later."""

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the process, if it may be reached."""
        with suppress(psutil.Error):
            (self.handle or psutil.Process(self.pid)).send_signal(number)


def list_processes() -> Iterator[Process]:
    """Yield every process whose command line we may see."""
    for process in psutil.process_iter(["cmdline"]):
        if process.info["cmdline"]:
            yield Process(process.pid, tuple(process.info["cmdline"]), process)


def _runs_module(process: Process, module: str, home: Path) -> bool:
    return process.arguments[1:4] == ("-m", module, str(home))


def is_emulator(process: Process, home: Path) -> bool:
    """Say whether ``process`` is the emulator of the local cloud in ``home``."""
    return _runs_module(process, EMULATOR_MODULE, home)


def is_page_server(process: Process, home: Path) -> bool:
    """Say whether ``process`` serves a page of the local cloud in ``home``."""
    return _runs_module(process, PAGE_SERVER_MODULE, home)


def belongs_to_cloud(process: Process, home: Path) -> bool:
    """Say whether ``process`` was started by the local cloud in ``home``."""
    below = f"{home}{os.sep}"
    program, *rest = process.arguments or ("",)
    is_worker = bool(rest) and rest[0].startswith(below) and rest[0].endswith("_worker.py")
    modules = (EMULATOR_MODULE, PAGE_SERVER_MODULE, FORK_SERVER_MODULE)
    is_ours = any(_runs_module(process, module, home) for module in modules)
    return program.startswith(below) or is_worker or is_ours


def list_cloud_processes(home: Path) -> list[Process]:
    """Return the running processes of the local cloud in ``home``, the emulator first."""
    ours = [
        process
        for process in list_processes()
        if belongs_to_cloud(process, home) and process.pid != os.getpid()
    ]
    return sorted(ours, key=lambda process: not is_emulator(process, home))


def check_known(home: Path) -> None:
    """Check that no earlier version started processes of the cloud in ``home``.

    Raises:
        UserError: where one was, with how to end it.

    """
    earlier = [
        str(process.pid)
        for process in list_processes()
        if process.arguments[1:2] == ("-m",)
        and process.arguments[2:3] in {(module,) for module in EARLIER_MODULES}
        and process.arguments[3:4] == (str(home),)
    ]
    if earlier:
        raise UserError(
            f"This version does not know the local cloud '{home.name}': a version before 0.2.0 started it. End it "
            f"with `kill {' '.join(earlier)}`, and run this again."
        )


def _send(processes: Iterable[Process], number: signal.Signals) -> None:
    for process in processes:
        process.send_signal(number)


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
    """End all processes of the cloud in ``home``; return their number.

    They get SIGTERM, and SIGKILL after ``patience`` seconds.

    Raises:
        UserError: where one outlives even that, or an earlier version started one: then none is ended.

    """
    check_known(home)
    running = list_cloud_processes(home)
    _send(running, signal.SIGTERM)
    if not _wait_until_gone(home, patience):
        _send(list_cloud_processes(home), signal.SIGKILL)
        if not _wait_until_gone(home, patience):
            left = ", ".join(str(process.pid) for process in list_cloud_processes(home))
            raise UserError(f"These processes of the local cloud do not end: {left}. End them by hand.")
    return len(running)
