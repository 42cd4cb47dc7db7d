"""The root outputs of an environment in a local cloud."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from retailctl import project
from retailctl.emulator import cloud as clouds
from retailctl.emulator import page as emulator_page
from retailctl.environments.state import initialise_workspace
from retailctl.environments.target import Target
from retailctl.errors import UserError
from retailctl.options import CloudName, EnvironmentName
from retailctl.project import DEFAULT_CLOUD
from retailctl.terraform import workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailctl.emulator.cloud import Cloud

_EXECUTE_API = re.compile(r"https?://(?P<api>[a-z0-9]+)\.execute-api\.[^/]+(?P<path>/.*)?")


def resolve_api_url(api_url: str, cloud: Cloud) -> str:
    """Return the address at which an API of ``cloud`` answers from any program on this machine.

    The root's ``api_url`` is a name below ``execute-api.…``, which resolves in some programs only; the
    emulator answers at ``/_aws/execute-api/<api id>/<stage>`` too.
    """
    match = _EXECUTE_API.fullmatch(api_url)
    if match is None:
        return api_url
    stage, _, rest = (match["path"] or "").strip("/").partition("/")
    path = f"/{rest}" if rest else ""
    return f"{cloud.endpoint}/_aws/execute-api/{match['api']}/{quote(stage or '$default')}{path}"


def read_local_outputs(cloud: Cloud, environment: str) -> dict[str, Any]:
    """Return the root outputs of ``environment`` as ``read_outputs`` does.

    Raises:
        UserError: where the environment is not applied to ``cloud``.

    """
    if environment not in cloud.environments:
        applied = ", ".join(cloud.environments) or "none"
        raise UserError(
            f"{environment} is not applied to the local cloud '{cloud.name}' (applied: {applied}): "
            f"apply it with `make up ENV={environment}`."
        )
    return read_outputs(Target(project.find_project(), environment, cloud))


def read_outputs(target: Target) -> dict[str, Any]:
    """Return the root outputs of an environment, in AWS or in a local cloud.

    In a local cloud, ``api_url`` is an address that works on this machine, and ``page_url`` is the page's where it
    is served.
    """
    if target.cloud is None:
        return workspace.read_root_outputs(initialise_workspace(target))
    found = workspace.read_root_outputs(target.build_app_workspace())
    if isinstance(found.get("api_url"), str):
        found["api_url"] = resolve_api_url(found["api_url"], target.cloud)
    page_url = emulator_page.find_page_address(target.cloud, target.environment)
    if page_url:
        found["page_url"] = page_url
    return found


def print_outputs(values: Mapping[str, Any]) -> None:
    """Print outputs to stdout, one line each: as they are for text, else as JSON."""
    width = max(map(len, values), default=0)
    for name in sorted(values):
        value = values[name]
        typer.echo(f"{name:<{width}}  {value if isinstance(value, str) else json.dumps(value)}")


def show_outputs(
    cloud: CloudName = DEFAULT_CLOUD,
    environment: EnvironmentName = "dev",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Print the root outputs of an environment in a local cloud."""
    found = read_local_outputs(clouds.load_cloud(cloud), environment)
    if as_json:
        typer.echo(json.dumps(found, indent=2, sort_keys=True))
    else:
        print_outputs(found)
