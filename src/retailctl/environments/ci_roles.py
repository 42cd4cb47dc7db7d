"""The roles of GitHub's workflows: asked for at the bootstrap, and the boundary that all they make carries."""

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

PREFIX = "hello-retail"
BOUNDARY = "TF_VAR_permissions_boundary_arn"


def _outputs(bootstrap_state: Path) -> dict[str, Any]:
    """Return the outputs of a bootstrap, from its own state; none where it was not applied from here."""
    try:
        state = json.loads(bootstrap_state.read_text())
    except FileNotFoundError:
        return {}
    return {name: output["value"] for name, output in state.get("outputs", {}).items()}


def read_role_arns(target: Target) -> dict[str, tuple[str, str]]:
    """Return the ARNs of the role that plans and of the one that applies, by environment."""
    found = _outputs(target.bootstrap_state)
    apply_roles = found.get("apply_role_arns", {})
    return {name: (role, apply_roles[name]) for name, role in found.get("plan_role_arns", {}).items()}


def list_plan_roles(target: Target) -> dict[str, str]:
    """Return the ARN of the role that plans each environment, in all accounts that were bootstrapped from here."""
    states = sorted(target.bootstrap_state.parent.glob("*.tfstate"))
    return {
        name: role
        for state in states
        for name, role in sorted(_outputs(state).get("plan_role_arns", {}).items())
    }


def find_token_name(repository: str) -> str:
    """Return ``repository`` (owner/name) as GitHub names it in the tokens of its workflows.

    One that was made, renamed or transferred since 15 July 2026 has ids in it: owner@1/name@2. A name with ids, or
    with `repo:` before it, is taken as it is.
    Source: https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens.

    Raises:
        UserError: where GitHub cannot be asked, or the tokens have subjects of another form.

    """
    if "@" in repository or repository.startswith("repo:"):
        return repository.removeprefix("repo:")
    told = json.loads(run_gh("api", f"repos/{repository}/actions/oidc/customization/sub"))
    if not told.get("use_default", True):
        raise UserError(
            f"The tokens of {repository}'s workflows have subjects of their own form: the roles trust GitHub's "
            "default one. Set it back: gh api -X PUT "
            f"repos/{repository}/actions/oidc/customization/sub -F use_default=true"
        )
    return str(told.get("sub_claim_prefix") or repository).removeprefix("repo:")


def is_token_name(answer: str, repository: str) -> bool:
    """Say whether ``answer`` names ``repository`` (owner/name) as a token may: as it is, or with both ids."""
    owner, _, name = map(re.escape, repository.partition("/"))
    return bool(re.fullmatch(rf"{owner}/{name}|{owner}@\d+/{name}@\d+", answer, re.IGNORECASE))


def prepare_bootstrap(target: Target, github_repository: str | None) -> Workspace:
    """Return the bootstrap's workspace, asked for the roles of a repository.

    Args:
        target: whose account is meant.
        github_repository: as owner/name; None: the one that has roles already, if any; empty: none any more.

    """
    workspace = target.build_bootstrap_workspace()
    repository = (
        _outputs(target.bootstrap_state).get("github_repository")
        if github_repository is None
        else github_repository
    )
    # By the environment, which a bootstrap that knows of no roles does not mind.
    asked = {"TF_VAR_environments": json.dumps(target.neighbours)}
    if repository:
        asked["TF_VAR_github_repository"] = repository
    return replace(workspace, environ={**workspace.environ, **asked})


def add_permissions_boundary(target: Target, workspace: Workspace) -> Workspace:
    """Return the app's workspace with the boundary that roles carry in an account where CI applies.

    It is the same for whoever plans, so that a person's apply does not take it off.

    Raises:
        UserError: where it cannot be seen whether there is one.

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
            f"It cannot be seen whether roles of {target.environment} carry CI's boundary ({error}): allow "
            f"iam:GetPolicy on {arn}, or name the boundary in {BOUNDARY}."
        ) from None
    return replace(workspace, environ={**workspace.environ, BOUNDARY: arn})
