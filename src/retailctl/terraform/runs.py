"""Find this machine's Terraform processes, and end the orphaned ones.

An orphan's command has died.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from retailctl.console import print_note
from retailctl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STARTED_BY = "RETAILCTL_PROCESS"
"""The variable that tells a Terraform process which process has started it."""
PATIENCE_SECONDS = 300.0


def describe_this_process() -> str:
    """Return this process's id and start, since ids are reused."""
    return _describe(psutil.Process(os.getpid()))


def _describe(process: psutil.Process) -> str:
    return f"{process.pid} {process.create_time():.2f}"


def list_terraform_runs() -> Iterator[tuple[psutil.Process, Mapping[str, str]]]:
    """Yield the running Terraform processes of this user, each with its environment variables."""
    for process in psutil.process_iter(["cmdline"]):
        arguments = process.info["cmdline"]
        if arguments and Path(arguments[0]).name == "terraform":
            try:
                yield process, process.environ()
            except psutil.Error:  # it has ended, or is another user's
                continue


def end_orphaned_runs(data: Path) -> None:
    """End Terraform processes on ``data`` whose command was killed.

    Terraform goes on without its command. It is asked to end, so that it saves its state and releases its lock.

    Raises:
        UserError: where such a process does not end.

    """
    for process, environ in list_terraform_runs():
        if environ.get("TF_DATA_DIR") != str(data) or _is_running(environ.get(STARTED_BY, "")):
            continue
        print_note(
            f"Terraform (process {process.pid}) still runs for a command that was killed: waiting until it has "
            "saved its state."
        )
        try:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_SECONDS)
        except psutil.NoSuchProcess:
            continue
        except psutil.TimeoutExpired:
            raise UserError(
                f"Terraform (process {process.pid}) does not end: end it with "
                f"`kill -9 {process.pid}`, and try again."
            ) from None


def _is_running(description: str) -> bool:
    """Say whether the process of a ``describe_this_process`` is still running."""
    pid = description.partition(" ")[0]
    if not pid.isdigit():
        return False
    try:
        return _describe(psutil.Process(int(pid))) == description
    except psutil.Error:
        return False
