"""The state of an environment: its bucket, and Terraform initialised with it."""

from __future__ import annotations

from retailctl.environments import ci_roles as ci
from retailctl.environments.target import Target
from retailctl.errors import UserError
from retailctl.progress import step
from retailctl.terraform import workspace as terraform
from retailctl.terraform.workspace import Workspace


def initialised(target: Target) -> Workspace:
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
    workspace = target.app()
    with step("Initialising Terraform"):
        # A local cloud's port, and so its backend, changes with every start.
        options = [] if target.cloud is None else ["-reconfigure"]
        backend = f"-backend-config={target.project.backend(target.environment)}"
        terraform.init(workspace, terraform.LOCKED, backend, *options)
    return ci.bounded(target, workspace)


def bootstrapped(target: Target, github_repository: str | None = None) -> None:
    """Make the bucket of the state where it does not exist, and the roles of a repository's workflows.

    Args:
        target: whose account is meant.
        github_repository: as owner/name; None: the one that has roles already, if any; empty: none any more.

    Raises:
        TerraformError: where that fails.

    """
    workspace = ci.with_roles(target, github_repository)
    with step("Initialising Terraform"):
        terraform.init(workspace, terraform.LOCKED)
    terraform.run_reported(
        workspace, "Making the bucket for the state", "apply", "-auto-approve", *workspace.arguments
    )
