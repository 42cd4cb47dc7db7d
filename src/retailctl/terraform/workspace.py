"""Terraform at work on one root: found, pointed at a provider, run with progress, its errors in words."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from retailctl.errors import UserError
from retailctl.files import alone, write_atomically
from retailctl.progress import step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from retailctl.progress import Advance
    from retailctl.project import Project

MINIMUM = (1, 11)
INSTALL = "https://developer.hashicorp.com/terraform/install"
PROVIDER = "registry.terraform.io/hashicorp/aws"
_LOCKED_VERSION = re.compile(rf'provider "{re.escape(PROVIDER)}" \{{\s*version\s*=\s*"([^"]+)"')
QUIET = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
"""What keeps Terraform from asking, from advising, and from phoning home and writing into ours."""
LOCKED = "-lockfile=readonly"
_LONGEST_SOCKET_FOLDER = (
    80  # Terraform's plugins listen on sockets below TMPDIR, whose paths end at 104 bytes
)


class TerraformError(UserError):
    """Terraform failed; the message carries its own words, and before them our sentence where we have one."""


@lru_cache(maxsize=1)
def program() -> str:
    """Return the path of a Terraform that is new enough.

    Raises:
        UserError: where there is none, with where to get it.

    """
    wanted = ".".join(map(str, MINIMUM))
    found = shutil.which("terraform")
    if found is None:
        raise UserError(f"Terraform is not installed: put version {wanted} or newer ({INSTALL}) on the PATH.")
    answer = subprocess.run(  # noqa: S603 - the operator's own Terraform
        [found, "version", "-json"],
        env={**os.environ, **QUIET},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        version = json.loads(answer.stdout)["terraform_version"]
        number = tuple(int(part) for part in version.split("-")[0].split("."))
    except (ValueError, KeyError, TypeError):
        raise UserError(
            f"{found} is no Terraform that works: install version {wanted} or newer ({INSTALL})."
        ) from None
    if number < MINIMUM:
        raise UserError(f"Terraform {version} is too old: install version {wanted} or newer ({INSTALL}).")
    return found


def locked_version(lock_file: Path) -> str | None:
    """Return the version of the AWS provider that a root's lock file names."""
    match = _LOCKED_VERSION.search(lock_file.read_text()) if lock_file.is_file() else None
    return match[1] if match else None


def mirror_bases() -> Iterator[Path]:
    """Yield the folders below which machines without a registry keep providers.

    Terraform's own implied mirrors (`~/.terraform.d/plugins` and its like) are not among them: it finds those
    itself.
    """
    for base in ("/opt", "/srv", "/usr/share", "/usr/local/share", "/usr/local/lib", "/usr/lib", "/var/lib"):
        yield Path(base)
    yield Path.home()


def find_mirror(version: str | None, bases: Iterable[Path]) -> Path | None:
    """Return the first folder, two levels below ``bases`` at most, that mirrors the provider in ``version``."""
    for base in bases:
        for pattern in (PROVIDER, f"*/{PROVIDER}", f"*/*/{PROVIDER}"):
            for found in sorted(base.glob(pattern)):
                if version is None or any(found.glob(f"*{version}*")):
                    return found.parents[2]
    return None


def _configured(environ: Mapping[str, str]) -> bool:
    """Say whether the operator has a Terraform CLI configuration of their own."""
    named = environ.get("TF_CLI_CONFIG_FILE")
    if named:
        return Path(named).is_file()
    return (Path.home() / ".terraformrc").is_file()


def cli_environ(project: Project, environ: Mapping[str, str]) -> dict[str, str]:
    """Return ``environ`` with what makes Terraform find its provider, ask nothing and phone nobody.

    The operator's own CLI configuration is honoured where it exists. Without one, a local mirror of the provider is
    used where there is one, and otherwise the public registry, with a cache in the clone.
    """
    result = {**environ, **QUIET}
    if _configured(environ):
        return result
    result.pop("TF_CLI_CONFIG_FILE", None)
    version = locked_version(project.app / ".terraform.lock.hcl")
    mirror = find_mirror(version, mirror_bases())
    if mirror is not None:
        configuration = project.scratch / "terraform.rc"
        write_atomically(
            configuration,
            "provider_installation {\n"
            f'  filesystem_mirror {{\n    path    = "{mirror}"\n    include = ["{PROVIDER}"]\n  }}\n'
            f'  direct {{\n    exclude = ["{PROVIDER}"]\n  }}\n'
            "}\n",
        )
        result["TF_CLI_CONFIG_FILE"] = str(configuration)
    elif "TF_PLUGIN_CACHE_DIR" not in result:
        cache = project.scratch / "providers"
        cache.mkdir(parents=True, exist_ok=True)
        result["TF_PLUGIN_CACHE_DIR"] = str(cache)
    return result


@dataclass(frozen=True, slots=True)
class Workspace:
    """One root at work on one environment of one cloud."""

    project: Project
    root: Path
    data: Path
    """TF_DATA_DIR: the provider's link, the modules and the backend's settings."""
    environ: Mapping[str, str]
    patient: bool = True
    """Whether an interrupted run is let come to its end, so that its state is saved and its lock released."""
    temporary: Path | None = None
    """A folder for Terraform's own temporary files, which a killed run leaves behind."""
    arguments: tuple[str, ...] = field(default=())
    """The `-var` and `-var-file` (and, for local state, `-state`) options of plan, apply and destroy."""

    def command(self, *arguments: str) -> list[str]:
        """Return the command line, by whose first word `down` knows a run that lost its parent."""
        return [str(self.data / "terraform"), f"-chdir={self.root}", *arguments]

    def process_environ(self) -> dict[str, str]:
        """Return the environment that Terraform runs in."""
        environ = {**cli_environ(self.project, self.environ), "TF_DATA_DIR": str(self.data)}
        if self.temporary is not None and len(str(self.temporary)) <= _LONGEST_SOCKET_FOLDER:
            self.temporary.mkdir(parents=True, exist_ok=True)
            environ["TMPDIR"] = str(self.temporary)
        return environ


Event = dict[str, Any]
"""One line of Terraform's `-json` output."""


def _run(
    workspace: Workspace,
    arguments: Sequence[str],
    on_line: Callable[[str], None],
    *,
    errors: IO[bytes] | None = None,
) -> int:
    """Run Terraform, hand each line of its output on, and return its exit status.

    Args:
        workspace: where.
        arguments: the subcommand and its options.
        on_line: takes a line of stdout, and of stderr unless that goes elsewhere.
        errors: takes stderr, where stdout is data.

    """
    workspace.data.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(  # noqa: S603 - the operator's own Terraform
        workspace.command(*arguments),
        executable=program(),
        env=workspace.process_environ(),
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


def _diagnostic(event: Event) -> str:
    """Return an error event as Terraform prints it for people."""
    diagnostic = event["diagnostic"]
    lines = [f"Error: {diagnostic['summary']}"]
    if diagnostic.get("address"):
        lines.append(f"  with {diagnostic['address']}")
    if diagnostic.get("range"):
        lines.append(f"  on {diagnostic['range']['filename']} line {diagnostic['range']['start']['line']}")
    if diagnostic.get("detail"):
        lines.append(diagnostic["detail"].rstrip())
    return "\n".join(lines)


def failed(what: str, output: str) -> TerraformError:
    """Return the error of a failed run: our sentence for what we know, then all that Terraform says."""
    sentence = explanation(output)
    words = output.strip() or "Terraform said nothing."
    return TerraformError(
        f"{what} failed. {sentence}\n\n{words}" if sentence else f"{what} failed.\n\n{words}"
    )


def _lock_holder(output: str) -> str:
    found = {
        key: value.strip()
        for key, value in re.findall(r"^\W*(ID|Operation|Who|Created):(.*)$", output, re.MULTILINE)
    }
    who = found.get("Who") or "somebody"
    since = found.get("Created") or "a time unknown"
    doing = found.get("Operation") or "operation"
    return (
        f"The state is locked: {who} has held it since {since} ({doing}). Wait for them; only if that run is dead, "
        f"release it with `terraform force-unlock {found.get('ID', '<lock id>')}`."
    )


_EXPLANATIONS: tuple[tuple[str, Callable[[str], str]], ...] = (
    (r"Error acquiring the state lock", _lock_holder),
    (
        r"Instance cannot be destroyed(?s:.*)terraform_data|terraform_data(?s:.*)Instance cannot be destroyed",
        lambda _: (
            "The state belongs to another environment than the values: it is pinned to its own. "
            "Check that environments/<ENV>/backend.hcl names the state of that very ENV; "
            "to remove an environment, use `make destroy ENV=<name>`."
        ),
    ),
    (
        r"Saved plan is stale",
        lambda _: (
            "The plan is stale: the state has changed since it was made. Nothing was changed; plan anew."
        ),
    ),
    (
        r"S3 bucket .* does not exist|NoSuchBucket",
        lambda _: (
            "The bucket for the state is missing: make it with `make bootstrap ENV=<name>`, once per account."
        ),
    ),
    (
        r"Backend configuration changed",
        lambda _: (
            "backend.hcl has changed since the last run here: move the state by hand, "
            "or remove the environment's folder below .retail/ to start from what the new backend holds."
        ),
    ),
    (
        r"No valid credential sources|failed to refresh cached credentials|ExpiredToken|InvalidClientTokenId",
        lambda _: (
            "AWS takes no credentials from here: log in (`aws sso login`, or export AWS_PROFILE or keys)."
        ),
    ),
    (
        r"(127\.0\.0\.1|localhost):\d+\S*: (connect: )?connection refused",
        lambda _: "The local cloud does not answer any more: start it anew with `make up`.",
    ),
    (
        r"[Cc]ould not (retrieve|query).*(provider|registry)|Failed to query available provider packages",
        lambda _: (
            "The AWS provider can be fetched from nowhere: connect to registry.terraform.io, "
            "or set TF_CLI_CONFIG_FILE to a configuration with a mirror."
        ),
    ),
)


def explanation(output: str) -> str | None:
    """Return the sentence that a known failure of Terraform lacks, or None for the others."""
    for pattern, sentence in _EXPLANATIONS:
        if re.search(pattern, output):
            return sentence(output)
    return None


def init(workspace: Workspace, *options: str) -> None:
    """Initialise the root.

    Raises:
        TerraformError: where that fails.

    """
    lines: list[str] = []
    # Terraform's plugin cache may be filled by one run at a time only.
    with alone(workspace.project, "terraform-init"):
        status = _run(workspace, ["init", "-input=false", "-no-color", *options], lines.append)
    if status != 0:
        raise failed("`terraform init`", "\n".join(lines))


@dataclass(slots=True)
class _Progress:
    """What the events of a run add up to."""

    advance: Advance
    errors: list[str] = field(default_factory=list)
    finished: int = 0
    total: int | None = None
    changes: Mapping[str, int] = field(default_factory=dict)

    def take(self, line: str) -> None:
        """Count what ``line`` reports."""
        try:
            event: Event = json.loads(line)
            kind = event["type"]
        except (ValueError, KeyError, TypeError):
            self.errors.append(line)  # not from Terraform's reporter: a panic, a plugin's last words
            return
        if kind == "diagnostic" and event["diagnostic"]["severity"] == "error":
            self.errors.append(_diagnostic(event))
        elif kind == "change_summary":
            self.changes = {name: n for name, n in event["changes"].items() if isinstance(n, int)}
            if event["changes"].get("operation") == "plan":
                self.total = sum(self.changes.values())
        elif kind == "apply_complete":
            self.finished += 1
        self.advance(self.finished, self.total)


def run_reported(workspace: Workspace, title: str, *arguments: str) -> dict[str, int]:
    """Run a subcommand that knows `-json` under a progress bar and return what it changed (add, change, remove).

    Raises:
        TerraformError: where it fails.

    """
    with step(title) as advance:
        progress = _Progress(advance)
        status = _run(workspace, [arguments[0], "-json", "-input=false", *arguments[1:]], progress.take)
        if status != 0:
            raise failed(title, "\n\n".join(progress.errors))
        return dict(progress.changes)


def read(workspace: Workspace, *arguments: str) -> str:
    """Return the stdout of a reading subcommand.

    Raises:
        TerraformError: where it fails and says so on stderr; `validate -json` fails in its answer only.

    """
    lines: list[str] = []
    with tempfile.TemporaryFile() as errors:
        status = _run(workspace, arguments, lines.append, errors=errors)
        errors.seek(0)
        complaint = errors.read().decode(errors="replace")
    if status != 0 and complaint.strip():
        raise failed(f"`terraform {arguments[0]}`", complaint)
    return "\n".join(lines)


def outputs(workspace: Workspace) -> dict[str, Any]:
    """Return the root outputs that the state holds."""
    return {name: output["value"] for name, output in json.loads(read(workspace, "output", "-json")).items()}


def resources(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the managed resources in the state: address, type and values of each."""
    state = json.loads(read(workspace, "show", "-json"))
    found: list[dict[str, Any]] = []
    pending = [state.get("values", {}).get("root_module", {})]
    while pending:
        module = pending.pop()
        found += [each for each in module.get("resources", []) if each["mode"] == "managed"]
        pending += module.get("child_modules", [])
    return found


def tools() -> None:
    """Check that the programs which the project cannot bring along are there and new enough."""
    program()
