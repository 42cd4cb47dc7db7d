"""`retailctl environments`: list the environments."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from retailctl import project
from retailctl.console import print_line
from retailctl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable


def list_environments(
    roles: Annotated[
        str, typer.Option("--roles", help="A JSON object of role ARNs by environment, to list too.")
    ] = "",
    output: Annotated[
        str, typer.Option("--output", help="Print JSON under this name, as an output of a workflow step.")
    ] = "",
) -> None:
    """List the environments, in the order in which they are deployed."""
    here = project.find_project()
    names = [here.check_environment(name) for name in here.environments]
    arns = _roles(roles, names) if roles else {}
    entries = [{"environment": name, **({"role": arns[name]} if arns else {})} for name in names]
    if output:
        print_line(f"{output}={json.dumps(entries)}")
        return
    for entry in entries:
        print_line("  ".join(entry.values()))


def _roles(text: str, names: Iterable[str]) -> dict[str, str]:
    """Return the role of each environment from JSON.

    Raises:
        UserError: where an environment has none.

    """
    try:
        arns = json.loads(text)
        return {name: str(arns[name]) for name in names}
    except (ValueError, TypeError):
        raise UserError(
            "The roles are not a JSON object of ARNs by environment, such as the bootstrap's output plan_role_arns."
        ) from None
    except KeyError as error:
        raise UserError(f"The roles do not include {error.args[0]}: add its ARN.") from None
