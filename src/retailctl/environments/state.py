"""The state of an environment: its bucket, and the initialisation of Terraform."""

from __future__ import annotations

from retailctl.environments import ci_roles as ci
from retailctl.environments.target import Target
from retailctl.errors import UserError
from retailctl.options import format_make
from retailctl.progress import show_progress
from retailctl.terraform import workspace as terraform
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
    with show_progress("Initialising Terraform"):
        # A local cloud's port, and so its backend, changes with every start.
        options = [] if target.cloud is None else ["-reconfigure"]
        backend = f"-backend-config={target.project.backend_file(target.environment)}"
        terraform.run_init(workspace, terraform.LOCKED, backend, *options)
    return ci.add_permissions_boundary(target, workspace)


def apply_bootstrap(target: Target, github_repository: str | None = None) -> None:
    """Create the state bucket and the roles of a repository's workflows.

    Args:
        target: an environment of the account.
        github_repository: as owner/name; None: the one that has roles now; empty: no repository.

    Raises:
        TerraformError: where Terraform fails.

    """
    workspace = ci.prepare_bootstrap(target, github_repository)
    with show_progress("Initialising Terraform"):
        terraform.run_init(workspace, terraform.LOCKED)
    terraform.run_with_progress(
        workspace, "Creating the state bucket", "apply", "-auto-approve", *workspace.arguments
    )
