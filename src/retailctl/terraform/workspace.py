"""Run Terraform on one root, with progress, and explain its errors."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from retailctl.files import hold_lock
from retailctl.progress import show_progress
from retailctl.terraform.failures import Event, TerraformError, build_error, format_diagnostic
from retailctl.terraform.installation import build_cli_environ, find_terraform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from retailctl.progress import Advance
    from retailctl.project import Project

LOCKED = "-lockfile=readonly"
_LONGEST_SOCKET_FOLDER = (
    80  # Terraform's plugins listen on sockets below TMPDIR, whose paths end at 104 bytes
)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A root of Terraform, with the data, variables and process environment of one target."""

    project: Project
    root: Path
    data: Path
    """TF_DATA_DIR: the provider, the modules and the settings of the backend."""
    environ: Mapping[str, str]
    patient: bool = True
    """Whether an interrupted run is let come to its end, so that its state is saved and its lock released."""
    temporary: Path | None = None
    """A folder for Terraform's temporary files, which a killed run leaves behind."""
    arguments: tuple[str, ...] = field(default=())
    """The `-var` and `-var-file` (and, for local state, `-state`) options of plan, apply and destroy."""

    def build_command(self, *arguments: str) -> list[str]:
        """Return the command line; by its first word `down` finds a run without a parent process."""
        return [str(self.data / "terraform"), f"-chdir={self.root}", *arguments]

    def build_process_environ(self) -> dict[str, str]:
        """Return the environment variables of the Terraform process."""
        environ = {**build_cli_environ(self.project, self.environ), "TF_DATA_DIR": str(self.data)}
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
    """Run Terraform, call ``on_line`` for each line of its output, and return its exit status.

    Args:
        workspace: the root to run in.
        arguments: the subcommand and its options.
        on_line: takes a line of stdout, and of stderr unless ``errors`` is given.
        errors: a file for stderr, where stdout is data.

    """
    workspace.data.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(  # noqa: S603 - the operator's own Terraform
        workspace.build_command(*arguments),
        executable=find_terraform(),
        env=workspace.build_process_environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors or subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        if process.stdout is None:  # pragma: no cover - it is a pipe
            raise TerraformError("Terraform's output could not be read.")
        try:
            for line in process.stdout:
                on_line(line.rstrip("\n"))
        except BaseException:
            # The terminal sends Ctrl-C to Terraform too; others signal us alone.
            process.send_signal(signal.SIGINT)
            if not workspace.patient:
                process.kill()
            process.stdout.read()
            raise
    return process.returncode


def run_init(workspace: Workspace, *options: str) -> None:
    """Run `terraform init`.

    Raises:
        TerraformError: where it fails.

    """
    lines: list[str] = []
    # Terraform's plugin cache may be filled by one run at a time only.
    with hold_lock(workspace.project, "terraform-init"):
        status = _run(workspace, ["init", "-input=false", "-no-color", *options], lines.append)
    if status != 0:
        raise build_error("`terraform init`", "\n".join(lines))


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
    """Run a subcommand that takes `-json` with a progress bar; return its counts (add, change, remove).

    Raises:
        TerraformError: where it fails.

    """
    with show_progress(title) as advance:
        progress = _Progress(advance)
        status = _run(
            workspace, [arguments[0], "-json", "-input=false", *arguments[1:]], progress.count_event
        )
        if status != 0:
            raise build_error(title, "\n\n".join(progress.errors))
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
        raise build_error(f"`terraform {arguments[0]}`", error_output)
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
