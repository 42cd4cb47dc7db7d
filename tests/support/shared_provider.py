"""One AWS provider for all Terraform runs that reach no AWS.

Terraform starts a provider some three times for each run of a test, which takes most of the time of such a test. A
provider that was started by hand prints how Terraform attaches to it
(https://developer.hashicorp.com/terraform/plugin/debugging). It keeps the configuration of whoever came last, so it
is for one Terraform at a time.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SETTING = "TF_REATTACH_PROVIDERS"
_started: list[subprocess.Popen[str]] = []
_addresses: dict[str, str] = {}
"""How to attach to the provider that a lock file's text asks for."""


def attached(root: Path) -> dict[str, str]:
    """Return the setting that attaches Terraform to the provider that ``root`` locks, started if it is not yet."""
    lock = _read_lock(root)
    if lock not in _addresses:
        (program,) = root.glob(".terraform/providers/*/*/aws/*/*/terraform-provider-aws*")
        _addresses[lock] = _start(program.resolve())
    return {SETTING: _addresses[lock]}


def attached_if_started(root: Path) -> dict[str, str]:
    """Return that setting, or none: then ``root`` is to be initialised with the provider itself."""
    address = _addresses.get(_read_lock(root))
    return {SETTING: address} if address else {}


def _read_lock(root: Path) -> str:
    return (root / ".terraform.lock.hcl").read_text()


def _start(program: Path) -> str:
    """Start ``program`` and return how to attach to it."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
    process = subprocess.Popen(
        [program, "-debug"],
        env={**environ, "AWS_EC2_METADATA_DISABLED": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    _started.append(process)
    assert process.stdout
    said = next((line.strip() for line in process.stdout if SETTING + "=" in line), "")
    assert said, f"{program} does not say how to attach to it"
    return said.removeprefix(f"{SETTING}=").strip("'")


def end() -> None:
    """End what was started."""
    for process in _started:
        process.terminate()
        process.wait(timeout=30)
    _started.clear()
    _addresses.clear()
