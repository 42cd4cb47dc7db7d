"""Run Terraform on one root, with progress, and explain its errors."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from retailctl import interrupts
from retailctl.console import print_note
from retailctl.files import hold_lock
from retailctl.options import DEFAULT_CLOUD
from retailctl.progress import show_progress
from retailctl.project import format_path
from retailctl.terraform.failures import Event, TerraformError, build_error, format_diagnostic
from retailctl.terraform.initialisation import (
    compute_digest,
    forget_initialisation,
    is_initialised,
    note_initialisation,
)
from retailctl.terraform.installation import build_cli_environ, find_terraform
from retailctl.terraform.runs import STARTED_BY, describe_this_process

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from retailctl.progress import Advance
    from retailctl.project import Project

LOCKED = "-lockfile=readonly"
_POLL_SECONDS = 0.05
_CHUNK_BYTES = 2**20
_REQUESTS_TO_END = 2
"""After the second SIGINT, Terraform ends at once and may not save its state."""
_LONGEST_SOCKET_FOLDER = (
    80  # Terraform's plugins listen on sockets below TMPDIR, whose paths end at 104 bytes
)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A Terraform root with one target's data, variables and process environment."""

    project: Project
    root: Path
    data: Path
    """TF_DATA_DIR: the provider, the modules and the settings of the backend."""
    environ: Mapping[str, str]
    environment: str = ""
    cloud: str = DEFAULT_CLOUD
    """With ``environment``, the place that the commands in messages name."""
    temporary: Path | None = None
    """A folder for Terraform's temporary files, which a killed run leaves behind."""
    arguments: tuple[str, ...] = field(default=())
    """The `-var` and `-var-file` (and, for local state, `-state`) options of plan, apply and destroy."""

    def build_command(self, *arguments: str) -> list[str]:
        """Return the command line; `down` finds a run by its first word."""
        return [str(self.data / "terraform"), f"-chdir={self.root}", *arguments]

    def build_process_environ(self) -> dict[str, str]:
        """Return the environment variables of the Terraform process."""
        environ = {**build_cli_environ(self.project, self.environ), "TF_DATA_DIR": str(self.data)}
        environ[STARTED_BY] = describe_this_process()
        if self.temporary is not None and len(str(self.temporary)) <= _LONGEST_SOCKET_FOLDER:
            self.temporary.mkdir(parents=True, exist_ok=True)
            environ["TMPDIR"] = str(self.temporary)
        return environ


def _run(
    workspace: Workspace,
    arguments: Sequence[str],
    on_line: Callable[[str], None],
    *,
    errors: IO[bytes] | None = None,
) -> int:
    """Run Terraform, call ``on_line`` for its output, return its status.

    Terraform has a session of its own, so that signals from the terminal reach this process only. Its output is a
    file: a pipe would break if this process was killed, and Terraform would die before it saved its state.

    Args:
        workspace: the root to run in.
        arguments: the subcommand and its options.
        on_line: takes a line of stdout, and of stderr unless ``errors`` is given.
        errors: a file for stderr, where stdout is data.

    Raises:
        Interrupted: where the command is interrupted, after Terraform has ended.

    """
    interrupts.check_interrupted()
    workspace.data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile() as output, interrupts.defer_interrupts():
        process = subprocess.Popen(  # noqa: S603 - the operator's own Terraform
            workspace.build_command(*arguments),
            executable=find_terraform(),
            env=workspace.build_process_environ(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors or subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _follow_output(process, output, on_line)
        except BaseException:
            process.send_signal(signal.SIGINT)
            process.wait()
            raise
    interrupts.check_interrupted()
    return process.returncode


def _follow_output(
    process: subprocess.Popen[bytes], output: IO[bytes], on_line: Callable[[str], None]
) -> None:
    """Call ``on_line`` for each line that a process writes.

    It does so until the process has ended, and passes interruptions on to it.
    """
    passed_on = offset = 0
    rest = b""
    is_running = True
    while is_running:
        try:
            process.wait(_POLL_SECONDS)
            is_running = False
        except subprocess.TimeoutExpired:
            if interrupts.count_interrupts() > passed_on:
                passed_on += 1
                _pass_interrupt_on(process, passed_on)
        while chunk := os.pread(output.fileno(), _CHUNK_BYTES, offset):
            offset += len(chunk)
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                on_line(line.decode(errors="replace"))
    if rest:
        on_line(rest.decode(errors="replace"))


def _pass_interrupt_on(process: subprocess.Popen[bytes], number: int) -> None:
    """Ask Terraform to end.

    The first time it ends in order, the second time at once; the third time it is killed.
    """
    if number > _REQUESTS_TO_END:
        os.killpg(process.pid, signal.SIGKILL)
        return
    if number == 1 and threading.current_thread() is threading.main_thread():
        print_note(
            "Interrupted: waiting until Terraform has saved its state. Interrupt again to stop it at once."
        )
    process.send_signal(signal.SIGINT)


def _build_error(workspace: Workspace, what: str, output: str) -> TerraformError:
    return build_error(what, output, workspace.environment, workspace.cloud, format_path(workspace.data))


def run_init(workspace: Workspace, *options: str) -> None:
    """Run `terraform init`, unless the last one had the same options and files.

    Raises:
        TerraformError: where it fails.

    """
    digest = compute_digest(workspace.root, workspace.project.root / "modules", options)
    if is_initialised(workspace.data, digest):
        return
    forget_initialisation(workspace.data)
    lines: list[str] = []
    # Terraform's plugin cache may be filled by one run at a time only.
    with hold_lock(workspace.project, "terraform-init"):
        status = _run(workspace, ["init", "-input=false", "-no-color", *options], lines.append)
    if status != 0:
        raise _build_error(workspace, "`terraform init`", "\n".join(lines))
    note_initialisation(workspace.data, digest)


@dataclass(slots=True)
class _Progress:
    """The progress and errors of a run, collected from its events."""

    advance: Advance
    errors: list[str] = field(default_factory=list)
    finished: int = 0
    total: int | None = None
    changes: Mapping[str, int] = field(default_factory=dict)

    def count_event(self, line: str) -> None:
        """Add one line of output."""
        try:
            event: Event = json.loads(line)
            kind = event["type"]
        except (ValueError, KeyError, TypeError):
            self.errors.append(line)  # not JSON: a panic, or output of a plugin
            return
        if kind == "diagnostic" and event["diagnostic"]["severity"] == "error":
            self.errors.append(format_diagnostic(event))
        elif kind == "change_summary":
            self.changes = {name: n for name, n in event["changes"].items() if isinstance(n, int)}
            if event["changes"].get("operation") == "plan":
                self.total = sum(self.changes.values())
        elif kind == "apply_complete" and event.get("hook", {}).get("action") != "read":
            # Data sources that an apply reads are not among the planned changes.
            self.finished += 1
        self.advance(self.finished, self.total)


def run_with_progress(workspace: Workspace, title: str, *arguments: str) -> dict[str, int]:
    """Run a `-json` subcommand with a progress bar; return its counts.

    They are add, change and remove.

    Raises:
        TerraformError: where it fails.

    """
    with show_progress(title) as advance:
        progress = _Progress(advance)
        status = _run(
            workspace, [arguments[0], "-json", "-input=false", *arguments[1:]], progress.count_event
        )
        if status != 0:
            raise _build_error(workspace, title, "\n\n".join(progress.errors))
        return dict(progress.changes)


def read_command_output(workspace: Workspace, *arguments: str) -> str:
    """Return the stdout of a subcommand that only reads.

    Raises:
        TerraformError: where it fails and prints an error; `validate -json` reports errors on stdout.

    """
    lines: list[str] = []
    with tempfile.TemporaryFile() as errors:
        status = _run(workspace, arguments, lines.append, errors=errors)
        errors.seek(0)
        error_output = errors.read().decode(errors="replace")
    if status != 0 and error_output.strip():
        raise _build_error(workspace, f"`terraform {arguments[0]}`", error_output)
    return "\n".join(lines)


def read_root_outputs(workspace: Workspace) -> dict[str, Any]:
    """Return the root outputs in the state."""
    return {
        name: output["value"]
        for name, output in json.loads(read_command_output(workspace, "output", "-json")).items()
    }


def list_resources(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the managed resources in the state, with address, type and values."""
    state = json.loads(read_command_output(workspace, "show", "-json"))
    resources: list[dict[str, Any]] = []
    pending = [state.get("values", {}).get("root_module", {})]
    while pending:
        module = pending.pop()
        resources += [each for each in module.get("resources", []) if each["mode"] == "managed"]
        pending += module.get("child_modules", [])
    return resources
