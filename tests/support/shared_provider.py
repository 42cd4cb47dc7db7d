"""AWS providers that outlive a run of Terraform, for the next one.

Terraform starts a provider two or three times for each of its commands, which takes a quarter of the time of such a
command, and most of it where the root is small. A provider that was started by hand prints how Terraform attaches
to it (https://developer.hashicorp.com/terraform/plugin/debugging). It keeps the configuration of whoever came last,
gets AWS's settings from its own environment and reads files from its own folder. So it serves one Terraform at a
time, in the folder and the environment that it was started in.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING

from retailctl.terraform import workspace as terraform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pytest

    from retailctl.terraform.workspace import Workspace

SETTING = "TF_REATTACH_PROVIDERS"
SERVED = ("apply", "destroy", "plan", "show", "validate")
"""The commands of Terraform that start a provider."""
KEPT = 4
"""How many providers wait for their next run at most; each takes half a gigabyte."""
_INSTALLED = "providers/*/*/aws/*/*/terraform-provider-aws*"


@dataclass(frozen=True)
class _Provider:
    process: subprocess.Popen[str]
    address: str
    seen: frozenset[tuple[str, str]]
    """What it depends on, as `_describe` tells it."""


_started: list[_Provider] = []
_idle: list[_Provider] = []
_lock = Lock()


def attached(root: Path) -> dict[str, str]:
    """Return the setting that attaches Terraform to the provider which the initialised ``root`` has.

    It is for runs that reach no AWS, read no files by it and follow one another.
    """
    (program,) = root.glob(f".terraform/{_INSTALLED}")
    return {SETTING: _start_for_good(program.resolve()).address}


@cache
def _start_for_good(program: Path) -> _Provider:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return _start(program, Path.cwd(), {**environ, "AWS_EC2_METADATA_DISABLED": "true"})


@contextmanager
def lent(root: Path, environ: Mapping[str, str], data: Path | None = None) -> Iterator[dict[str, str]]:
    """Lend the provider that is installed for a root; give the setting that attaches to it.

    Args:
        root: the folder that Terraform runs in.
        data: TF_DATA_DIR, where it is not in there.
        environ: the environment of Terraform's process.

    """
    program = next((found.resolve() for found in (data or root / ".terraform").glob(_INSTALLED)), None)
    if program is None:  # Terraform is to say so
        yield {}
        return
    provider = _take(program, root, environ)
    try:
        yield {SETTING: provider.address}
    except BaseException:  # a provider that was asked to stop serves no more
        _end(provider)
        raise
    _give_back(provider)


def _take(program: Path, root: Path, environ: Mapping[str, str]) -> _Provider:
    wanted = _describe(program, root, environ)
    with _lock:
        for provider in _idle:
            if provider.seen == wanted:
                _idle.remove(provider)
                return provider
    return _start(program, root, environ)


def _give_back(provider: _Provider) -> None:
    with _lock:
        _idle.append(provider)
        superfluous = _idle[:-KEPT]
        del _idle[:-KEPT]
    for each in superfluous:
        _end(each)


def _describe(program: Path, root: Path, environ: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Return what a provider depends on: its program, its folder and AWS's settings."""
    settings = {name: value for name, value in environ.items() if name.startswith("AWS_")}
    return frozenset({**settings, "program": str(program), "folder": str(root)}.items())


def _start(program: Path, root: Path, environ: Mapping[str, str]) -> _Provider:
    # With a bundle of certificates it can be configured only once; what it reaches here speaks no TLS.
    left_out = ("AWS_CA_BUNDLE", "TF_")
    process = subprocess.Popen(
        [program, "-debug"],
        cwd=root,
        env={name: value for name, value in environ.items() if not name.startswith(left_out)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # a signal from the terminal is Terraform's to hear
    )
    assert process.stdout
    said = next((line.strip() for line in process.stdout if SETTING + "=" in line), "")
    assert said, f"{program} does not say how to attach to it"
    provider = _Provider(
        process, said.removeprefix(f"{SETTING}=").strip("'"), _describe(program, root, environ)
    )
    with _lock:
        _started.append(provider)
    return provider


def _end(provider: _Provider) -> None:
    provider.process.terminate()
    provider.process.wait(timeout=30)
    with _lock:
        _started.remove(provider)


def lend_to_all(patch: pytest.MonkeyPatch) -> None:
    """Have each command of Terraform that retailctl runs in this process use a provider that is lent."""
    run = terraform._run

    def run_attached(
        workspace: Workspace,
        arguments: Sequence[str],
        on_line: Callable[[str], None],
        *,
        errors: IO[bytes] | None = None,
    ) -> int:
        if arguments[0] not in SERVED:
            return run(workspace, arguments, on_line, errors=errors)
        with lent(workspace.root, workspace.environ, workspace.data) as setting:
            lending = replace(workspace, environ={**workspace.environ, **setting})
            return run(lending, arguments, on_line, errors=errors)

    patch.setattr(terraform, "_run", run_attached)


def end() -> None:
    """End what was started."""
    _idle.clear()
    while _started:
        _end(_started[-1])
    _start_for_good.cache_clear()
