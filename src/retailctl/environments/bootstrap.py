"""`retailctl bootstrap`: the bucket that holds the state, and CI's roles, once per account."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from retailctl import project
from retailctl.console import print_note
from retailctl.environments import ci_roles as ci
from retailctl.environments.state import apply_bootstrap
from retailctl.environments.target import resolve_target
from retailctl.errors import UserError
from retailctl.gh import GhError
from retailctl.options import AnyCloud, EnvironmentName


def bootstrap_account(
    environment: EnvironmentName = "dev",
    cloud: AnyCloud = None,
    github_repository: Annotated[
        str | None,
        typer.Option(
            "--github-repository",
            envvar="GITHUB",
            help="owner/name: its workflows get roles to plan and apply by. They stay until '' is given.",
            show_default="as it is",
        ),
    ] = None,
) -> None:
    """Make the bucket that holds the state, and CI's roles, once per account."""
    target = resolve_target(environment, cloud)
    if target.has_state_bucket() and not target.bootstrap_state.is_file():
        if github_repository is not None:
            raise UserError(
                f"The bucket {target.state_bucket} was made elsewhere: CI's roles belong to the same state. "
                f"Run this where {project.format_path(target.bootstrap_state)} is, or bring that file here."
            )
        print_note(
            f"The bucket {target.state_bucket} exists already, made elsewhere: there is nothing to do."
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
    """Return a repository as the tokens of its workflows name it: GitHub is asked, and else the operator.

    Raises:
        UserError: where neither answers.

    """
    try:
        return ci.find_token_name(repository)
    except GhError as error:
        said = f"GitHub cannot be asked how it names {repository} in its tokens. {error}"
        if not sys.stdin.isatty():
            raise UserError(
                f"{said} Sign `gh` in, or give the name as a token has it: GITHUB=<owner>@<id>/<name>@<id>, "
                f"or GITHUB=repo:{repository} for a repository of before 15 July 2026."
            ) from None
        print_note(said)
    answer = str(
        typer.prompt(
            f"{repository}, or <owner>@<id>/<name>@<id> where it was made, renamed or moved since 15 July 2026",
            err=True,
        )
    ).strip()
    if not ci.is_token_name(answer, repository):
        raise UserError(f"'{answer}' does not name {repository}: nothing was changed.")
    return answer
