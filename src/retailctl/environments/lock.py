"""`retailctl unlock`: release the lock of an environment's state."""

from __future__ import annotations

from typing import Annotated

import typer

from retailctl.console import print_note, require_confirmation
from retailctl.environments.state import initialise_workspace
from retailctl.environments.target import resolve_target
from retailctl.options import DEFAULT_CLOUD, CloudName, Confirmed, EnvironmentName
from retailctl.terraform import workspace as terraform


def unlock_state(
    lock: Annotated[
        str, typer.Argument(help="The id of the lock, from Terraform's error.", show_default=False)
    ],
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
    confirmed: Confirmed = None,
) -> None:
    """Release a dead run's lock, after the environment's name was typed."""
    target = resolve_target(environment, cloud)
    require_confirmation(environment, f"releasing the lock of {environment} in {target.place}", confirmed)
    workspace = initialise_workspace(target)
    terraform.read_command_output(workspace, "force-unlock", "-force", lock)
    print_note(f"The lock of {environment} in {target.place} is released.")
