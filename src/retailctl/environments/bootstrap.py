"""`retailctl bootstrap`: create the state bucket and CI's roles, once per account."""

from __future__ import annotations

from typing import Annotated

import typer

from retailctl import project
from retailctl.console import print_note
from retailctl.environments import ci_roles as ci
from retailctl.environments.state import apply_bootstrap
from retailctl.environments.target import resolve_target
from retailctl.errors import UserError
from retailctl.options import AnyCloud, EnvironmentName


def bootstrap_account(
    environment: EnvironmentName = "dev",
    cloud: AnyCloud = None,
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
    apply_bootstrap(target, github_repository)
    for environment_of, (plan_role, apply_role) in ci.read_role_arns(target).items():
        print_note(f"{environment_of}: {plan_role} plans, {apply_role} applies.")
