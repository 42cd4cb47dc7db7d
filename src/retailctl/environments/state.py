"""The state of an environment: its bucket, and the initialisation of Terraform."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from botocore.exceptions import ClientError

from retailctl.console import print_note
from retailctl.environments import ci_roles as ci
from retailctl.environments.target import Target
from retailctl.errors import UserError
from retailctl.options import format_make
from retailctl.progress import show_progress
from retailctl.terraform import workspace as terraform
from retailctl.terraform.runs import end_orphaned_runs, list_terraform_runs
from retailctl.terraform.workspace import Workspace


def initialise_workspace(target: Target) -> Workspace:
    """Return the app's workspace, initialised with the environment's backend.

    Raises:
        UserError: where the state bucket does not exist, or Terraform fails.

    """
    if not target.has_state_bucket():
        hint = format_make(
            "bootstrap" if target.cloud is None else "up", target.environment, target.cloud_name
        )
        raise UserError(
            f"The bucket {target.state_bucket} for the state of {target.environment} does not exist in "
            f"{target.place}: create it with `{hint}`, once per account."
        )
    workspace = target.build_app_workspace()
    end_orphaned_runs(workspace.data)
    release_stale_lock(target)
    with show_progress("Initialising Terraform"):
        # A local cloud's port, and so its backend, changes with every start.
        options = [] if target.cloud is None else ["-reconfigure"]
        terraform.run_init(workspace, terraform.LOCKED, *target.backend_options, *options)
    return ci.add_permissions_boundary(target, workspace)


def release_stale_lock(target: Target) -> bool:
    """Release a local cloud's stale state lock; say whether it did.

    A local cloud is reached from this machine only. So if a run of this machine took the lock and no process holds
    it, that run was killed.
    """
    if target.cloud is None:
        return False
    s3, location = target.client("s3"), {"Bucket": target.state_bucket, "Key": target.lock_key}
    try:
        lock = json.loads(s3.get_object(**location)["Body"].read())
    except ClientError:  # there is no lock, or no bucket
        return False
    if str(lock.get("Who", "")).rpartition("@")[2] != socket.gethostname():
        return False
    data = target.build_app_workspace().data
    for _, environ in list_terraform_runs():
        folder = Path(environ.get("TF_DATA_DIR", ""))
        is_other_environment = folder.is_relative_to(target.folder) and folder != data
        if environ.get("AWS_ENDPOINT_URL") == target.cloud.endpoint and not is_other_environment:
            return False
    s3.delete_object(**location)
    print_note(
        f"A run of Terraform that was killed held the lock of {target.environment} in {target.place} since "
        f"{lock.get('Created', 'an unknown time')}: the lock is released."
    )
    return True


def apply_bootstrap(target: Target, github_repository: str | None = None) -> None:
    """Create the state bucket and the roles of a repository's workflows.

    Args:
        target: an environment of the account.
        github_repository: as owner/name; None: the one that has roles now; empty: no repository.

    Raises:
        TerraformError: where Terraform fails.

    """
    workspace = ci.prepare_bootstrap(target, github_repository)
    end_orphaned_runs(workspace.data)
    with show_progress("Initialising Terraform"):
        terraform.run_init(workspace, terraform.LOCKED)
    terraform.run_with_progress(
        workspace, "Creating the state bucket", "apply", "-auto-approve", *workspace.arguments
    )
