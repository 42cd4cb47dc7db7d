"""`retailctl bootstrap`: create the state bucket and CI's roles, once per account."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from retailctl import project
from retailctl.console import ask, print_note
from retailctl.environments import ci_roles as ci
from retailctl.environments.state import apply_bootstrap
from retailctl.environments.target import resolve_target
from retailctl.errors import UserError
from retailctl.gh import GhError
from retailctl.options import DEFAULT_CLOUD, CloudName, EnvironmentName


def bootstrap_account(
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
    github_repository: Annotated[
        str | None,
        typer.Option(
            "--github-repository",
            envvar="GITHUB",
            help="owner/name: create roles for its workflows; '' removes them.",
            show_default="unchanged",
        ),
    ] = None,
) -> None:
    """Create the state bucket and CI's roles, once per account."""
    target = resolve_target(environment, cloud)
    if target.has_state_bucket() and not target.bootstrap_state.is_file():
        if github_repository is not None:
            raise UserError(
                f"The bucket {target.state_bucket} was created in another clone, and CI's roles belong to the same "
                f"state. Run this where {project.format_path(target.bootstrap_state)} is, or copy that file here."
            )
        print_note(
            f"The bucket {target.state_bucket} already exists, created in another clone: there is nothing to do."
        )
        return
    if github_repository and target.cloud is None:
        github_repository = _ask_for_token_name(github_repository)
    apply_bootstrap(target, github_repository)
    for environment_of, (plan_role, apply_role) in ci.read_role_arns(target).items():
        print_note(f"{environment_of}: {plan_role} plans, {apply_role} applies.")
    if plan_roles := ci.list_plan_roles(target):
        print_note(f"PLAN_ROLE_ARNS, a variable of the repository: {json.dumps(plan_roles)}")


def _ask_for_token_name(repository: str) -> str:
    """Return a repository's name in the tokens of its workflows.

    It comes from GitHub or the operator.

    Raises:
        UserError: where neither gives it.

    """
    try:
        return ci.find_token_name(repository)
    except GhError as error:
        reason = f"The name of {repository} in GitHub's tokens is unknown. {error}"
        if not sys.stdin.isatty():
            raise UserError(
                f"{reason} Sign in with `gh auth login`, or set GITHUB=<owner>@<id>/<name>@<id>, or "
                f"GITHUB=repo:{repository} for a repository from before 15 July 2026."
            ) from None
        print_note(reason)
    answer = ask(
        f"{repository}, or <owner>@<id>/<name>@<id> if it was created, renamed or moved since 15 July 2026"
    ).strip()
    if not ci.is_token_name(answer, repository):
        raise UserError(f"'{answer}' does not name {repository}: nothing was changed.")
    return answer
