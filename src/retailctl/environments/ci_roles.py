"""The roles of GitHub's workflows, and the permissions boundary of the roles that they create."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from retailctl.errors import UserError

if TYPE_CHECKING:
    from retailctl.environments.target import Target
    from retailctl.terraform.workspace import Workspace

PREFIX = "hello-retail"
BOUNDARY = "TF_VAR_permissions_boundary_arn"


def _outputs(target: Target) -> dict[str, Any]:
    """Return the outputs of the bootstrap; none where it was not applied in this clone."""
    try:
        state = json.loads(target.bootstrap_state.read_text())
    except FileNotFoundError:
        return {}
    return {name: output["value"] for name, output in state.get("outputs", {}).items()}


def read_role_arns(target: Target) -> dict[str, tuple[str, str]]:
    """Return the ARNs of the plan role and the apply role, by environment."""
    values = _outputs(target)
    apply_roles = values.get("apply_role_arns", {})
    return {name: (role, apply_roles[name]) for name, role in values.get("plan_role_arns", {}).items()}


def prepare_bootstrap(target: Target, github_repository: str | None) -> Workspace:
    """Return the bootstrap's workspace with the variables for the roles of a repository.

    Args:
        target: an environment of the account.
        github_repository: as owner/name; None: the one that has roles now; empty: no repository.

    """
    workspace = target.build_bootstrap_workspace()
    repository = _outputs(target).get("github_repository") if github_repository is None else github_repository
    # As environment variables: a bootstrap root without these variables ignores them.
    variables = {"TF_VAR_environments": json.dumps(target.neighbours)}
    if repository:
        variables["TF_VAR_github_repository"] = repository
    return replace(workspace, environ={**workspace.environ, **variables})


def add_permissions_boundary(target: Target, workspace: Workspace) -> Workspace:
    """Return the app's workspace with the permissions boundary of an account in which CI applies.

    It does not depend on who plans, so that a person's apply does not remove it.

    Raises:
        UserError: where AWS does not say whether it exists.

    """
    if workspace.environ.get(BOUNDARY):
        return workspace
    account = (
        target.cloud.account_id if target.cloud else target.client("sts").get_caller_identity()["Account"]
    )
    arn = f"arn:aws:iam::{account}:policy/{PREFIX}-{target.environment}-boundary"
    try:
        target.client("iam").get_policy(PolicyArn=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return workspace
        raise UserError(
            f"Whether the roles of {target.environment} have CI's boundary is unknown ({error}): allow "
            f"iam:GetPolicy on {arn}, or name the boundary in {BOUNDARY}."
        ) from None
    return replace(workspace, environ={**workspace.environ, BOUNDARY: arn})
