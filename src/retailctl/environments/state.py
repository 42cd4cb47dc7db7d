"""The state of an environment: its bucket, and Terraform initialised with it."""

from __future__ import annotations

from retailctl.environments import ci_roles as ci
from retailctl.environments.target import Target
from retailctl.errors import UserError
from retailctl.progress import show_progress
from retailctl.terraform import workspace as terraform
from retailctl.terraform.workspace import Workspace


def initialise_workspace(target: Target) -> Workspace:
    """Return the app's workspace, initialised with the environment's backend.

    Raises:
        UserError: where the bucket of the state is missing, or Terraform fails.

    """
    if not target.has_state_bucket():
        hint = f"make bootstrap ENV={target.environment}" if target.cloud is None else "make up"
        raise UserError(
            f"The bucket {target.state_bucket} for the state of {target.environment} does not exist in "
            f"{target.place}: make it with `{hint}`, once per account."
        )
    workspace = target.build_app_workspace()
    with show_progress("Initialising Terraform"):
        # A local cloud's port, and so its backend, changes with every start.
        options = [] if target.cloud is None else ["-reconfigure"]
        backend = f"-backend-config={target.project.backend_file(target.environment)}"
        terraform.run_init(workspace, terraform.LOCKED, backend, *options)
    return ci.add_permissions_boundary(target, workspace)


def apply_bootstrap(target: Target, github_repository: str | None = None) -> None:
    """Make the bucket of the state where it does not exist, and the roles of a repository's workflows.

    Args:
        target: whose account is meant.
        github_repository: as owner/name; None: the one that has roles already, if any; empty: none any more.

    Raises:
        TerraformError: where that fails.

    """
    workspace = ci.prepare_bootstrap(target, github_repository)
    with show_progress("Initialising Terraform"):
        terraform.run_init(workspace, terraform.LOCKED)
    terraform.run_with_progress(
        workspace, "Making the bucket for the state", "apply", "-auto-approve", *workspace.arguments
    )
