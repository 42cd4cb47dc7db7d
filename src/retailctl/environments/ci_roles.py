"""The roles of GitHub's workflows, and their permissions boundary."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from retailctl.errors import UserError
from retailctl.gh import run_gh

if TYPE_CHECKING:
    from pathlib import Path

    from retailctl.environments.target import Target
    from retailctl.terraform.workspace import Workspace

BOUNDARY = "TF_VAR_permissions_boundary_arn"


def _outputs(bootstrap_state: Path) -> dict[str, Any]:
    """Return a bootstrap's outputs; none where this clone did not apply it.

    Raises:
        UserError: where the state was not written to its end.

    """
    try:
        text = bootstrap_state.read_text()
        state = json.loads(text) if text else {}  # Terraform creates the file before it has a state
    except FileNotFoundError:
        return {}
    except ValueError:
        raise UserError(
            f"{bootstrap_state} is not whole: Terraform was killed while it wrote it. Copy "
            f"{bootstrap_state.name}.backup over it."
        ) from None
    return {name: output["value"] for name, output in state.get("outputs", {}).items()}


def read_role_arns(target: Target) -> dict[str, tuple[str, str]]:
    """Return the ARNs of the plan role and the apply role, by environment."""
    values = _outputs(target.bootstrap_state)
    apply_roles = values.get("apply_role_arns", {})
    return {name: (role, apply_roles[name]) for name, role in values.get("plan_role_arns", {}).items()}


def list_plan_roles(target: Target) -> dict[str, str]:
    """Return each environment's plan role ARN, from all bootstraps of this clone."""
    states = sorted(target.bootstrap_state.parent.glob("*.tfstate"))
    return {
        name: role
        for state in states
        for name, role in sorted(_outputs(state).get("plan_role_arns", {}).items())
    }


def find_token_name(repository: str) -> str:
    """Return ``repository`` (owner/name) as GitHub names it in the tokens of its workflows.

    Repositories created, renamed or transferred since 15 July 2026 have ids in the name: owner@1/name@2. A name
    with ids or the prefix `repo:` is used as it is.
    Source: https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens.

    Raises:
        UserError: where GitHub cannot be reached, or the repository customises the subjects of its tokens.

    """
    if "@" in repository or repository.startswith("repo:"):
        return repository.removeprefix("repo:")
    customization = json.loads(run_gh("api", f"repos/{repository}/actions/oidc/customization/sub"))
    if not customization.get("use_default", True):
        raise UserError(
            f"{repository} customises the subjects of its tokens, and the roles trust GitHub's default form. "
            "Restore the default: gh api -X PUT "
            f"repos/{repository}/actions/oidc/customization/sub -F use_default=true"
        )
    return str(customization.get("sub_claim_prefix") or repository).removeprefix("repo:")


def is_token_name(answer: str, repository: str) -> bool:
    """Say whether ``answer`` names ``repository`` as a token may.

    That is owner/name, or both with their ids.
    """
    owner, _, name = map(re.escape, repository.partition("/"))
    return bool(re.fullmatch(rf"{owner}/{name}|{owner}@\d+/{name}@\d+", answer, re.IGNORECASE))


def prepare_bootstrap(target: Target, github_repository: str | None) -> Workspace:
    """Return the bootstrap's workspace with the variables for the roles of a repository.

    Args:
        target: an environment of the account.
        github_repository: as owner/name; None: the one that has roles now; empty: no repository.

    """
    workspace = target.build_bootstrap_workspace()
    repository = (
        _outputs(target.bootstrap_state).get("github_repository")
        if github_repository is None
        else github_repository
    )
    # As environment variables: a bootstrap root without these variables ignores them.
    variables = {"TF_VAR_environments": json.dumps(target.neighbours)}
    if repository:
        variables["TF_VAR_github_repository"] = repository
    return replace(workspace, environ={**workspace.environ, **variables})


def add_permissions_boundary(target: Target, workspace: Workspace) -> Workspace:
    """Return the app's workspace with an account's permissions boundary.

    The account has one if CI applies there.

    It does not depend on who plans, so that a person's apply does not remove it.

    Raises:
        UserError: where AWS does not say whether it exists.

    """
    if workspace.environ.get(BOUNDARY):
        return workspace
    account = (
        target.cloud.account_id if target.cloud else target.client("sts").get_caller_identity()["Account"]
    )
    arn = f"arn:aws:iam::{account}:policy/{target.project.name}-{target.environment}-boundary"
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
