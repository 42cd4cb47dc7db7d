"""One AWS provider for all Terraform runs that reach no AWS.

Terraform starts a provider some three times for each run of a test, which takes most of the time of such a test. A
provider that was started by hand prints how Terraform attaches to it
(https://developer.hashicorp.com/terraform/plugin/debugging). It keeps the configuration of whoever came last, so it
is for one Terraform at a time.
"""

from __future__ import annotations

import os
import subprocess
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SETTING = "TF_REATTACH_PROVIDERS"
_started: list[subprocess.Popen[str]] = []


def attached(root: Path) -> dict[str, str]:
    """Return the setting that attaches Terraform to the provider which the initialised ``root`` has."""
    (program,) = root.glob(".terraform/providers/*/*/aws/*/*/terraform-provider-aws*")
    return {SETTING: _address_of(program.resolve())}


@cache
def _address_of(program: Path) -> str:
    """Start ``program``, unless it is at work, and return how to attach to it."""
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
    _address_of.cache_clear()
