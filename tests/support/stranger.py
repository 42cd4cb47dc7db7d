"""Somebody who works with Terraform and the modules in a local cloud, and not in this project's folder."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from retailctl import project
from retailctl.terraform import installation
from support import shared_provider

if TYPE_CHECKING:
    from retailctl.emulator.cloud import Cloud

LOCK = Path(__file__).parents[2] / "terraform/app/.terraform.lock.hcl"
PLANNED_ONLY = "# Only planned by the tests: "
"""How an example begins that no emulator can apply; the reason follows."""


def run(line: str, folder: Path, environment: dict[str, str]) -> str:
    """Run a command as it would be typed, say yes where it asks, and return what it prints."""
    with ExitStack() as until_it_has_run:
        if re.match(rf"terraform ({'|'.join(shared_provider.SERVED)})\b", line.rpartition("\n")[2]):
            lent = shared_provider.lent(folder, environment)
            environment = {**environment, **until_it_has_run.enter_context(lent)}
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=folder,
            env=environment,
            input="yes\n",
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, f"{line}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout.strip()


def environ(cloud: Cloud, **more: str) -> dict[str, str]:
    """Return the environment of somebody who works in the cloud."""
    here = installation.build_cli_environ(project.find_project(), os.environ)
    here = {name: value for name, value in here.items() if not name.lower().endswith("_proxy")}
    path = f"{Path(installation.find_terraform()).parent}{os.pathsep}{os.environ['PATH']}"
    return {**here, **cloud.build_environ(), "PATH": path, "TF_IN_AUTOMATION": "1", **more}


def state(folder: Path, environment: dict[str, str]) -> list[str]:
    return run("terraform state list", folder, environment).splitlines()
