"""The root outputs of an environment, in a local cloud or in AWS."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any, NoReturn
from urllib.parse import quote

import typer

from retailctl import project
from retailctl.console import print_document, print_line
from retailctl.emulator import cloud as clouds
from retailctl.emulator import page as emulator_page
from retailctl.environments.state import initialise_workspace
from retailctl.environments.target import Target, resolve_target
from retailctl.errors import UserError
from retailctl.options import AWS, DEFAULT_CLOUD, CloudName, EnvironmentName
from retailctl.terraform import workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailctl.emulator.cloud import Cloud

_EXECUTE_API = re.compile(r"https?://(?P<api>[a-z0-9]+)\.execute-api\.[^/]+(?P<path>/.*)?")


class Outputs(dict[str, Any]):
    """An environment's root outputs; a missing one is an error with its remedy."""

    def __init__(self, target: Target, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self._target = target

    def __missing__(self, name: str) -> NoReturn:
        """Raise the error of an output that the applied root does not have."""
        raise UserError(
            f"{self._target.environment} in {self._target.place} has no output '{name}': bring it up to date with "
            f"`{self._target.update_command}`."
        )


def resolve_api_url(api_url: str, cloud: Cloud) -> str:
    """Return an API's URL in ``cloud`` that any program here can reach.

    The root's ``api_url`` has a host name below ``execute-api.…``, which only some programs resolve. The emulator
    also serves the API at ``/_aws/execute-api/<api id>/<stage>``.
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
    return read_outputs(Target(project.find_project(), environment, cloud))


def read_outputs(target: Target) -> dict[str, Any]:
    """Return an environment's root outputs, in AWS or a local cloud.

    In a local cloud, ``api_url`` is a URL that works on this machine, and ``page_url`` is added if the page is
    served.

    Raises:
        UserError: where the environment is not applied there.

    """
    if target.cloud is None:
        values = Outputs(target, workspace.read_root_outputs(initialise_workspace(target)))
        if not values:
            raise UserError(
                f"{target.environment} is not applied in AWS: apply it with `{target.update_command}`."
            )
        return values
    if target.environment not in target.cloud.environments:
        target.project.check_environment(target.environment)
        applied = ", ".join(target.cloud.environments) or "none"
        raise UserError(
            f"{target.environment} is not applied to {target.place} (applied: {applied}): "
            f"apply it with `{target.update_command}`."
        )
    values = Outputs(target, workspace.read_root_outputs(target.build_app_workspace()))
    if isinstance(values.get("api_url"), str):
        values["api_url"] = resolve_api_url(values["api_url"], target.cloud)
    page_url = emulator_page.find_page_address(target.cloud, target.environment)
    if page_url:
        values["page_url"] = page_url
    return values


def find_outputs(environment: str, cloud: str) -> dict[str, Any]:
    """Return root outputs where ``--cloud`` says, as ``read_outputs`` does.

    Raises:
        UserError: where the place cannot be reached, or the environment is not applied to it.

    """
    if cloud == AWS:
        return read_outputs(resolve_target(environment, cloud))
    return read_local_outputs(clouds.load_cloud(cloud), environment)


def format_outputs(values: Mapping[str, Any]) -> list[str]:
    """Return outputs as lines, a list's or map's entries below its name."""
    width = max(
        (len(name) for name, value in values.items() if not isinstance(value, dict | list)), default=0
    )
    plain, nested = [], []
    for name, value in sorted(values.items()):
        if isinstance(value, dict | list):
            nested += [f"{name}:", *(f"  {line}" for line in _format_entries(value))]
        else:
            plain.append(f"{name:<{width}}  {_format_value(value)}")
    return plain + nested


def _format_entries(value: dict[str, Any] | list[Any]) -> list[str]:
    """Return the entries of a map or a list, one line each."""
    if not value:
        return ["(none)"]
    if isinstance(value, list):
        return [_format_value(each) for each in value]
    width = max(map(len, value))
    return [f"{key:<{width}}  {_format_value(value[key])}" for key in sorted(value)]


def _format_value(value: Any) -> str:  # noqa: ANN401 - any JSON
    return value if isinstance(value, str) else json.dumps(value)


def print_outputs(values: Mapping[str, Any]) -> None:
    """Print outputs to stdout."""
    for line in format_outputs(values):
        print_line(line)


def show_outputs(
    cloud: CloudName = DEFAULT_CLOUD,
    environment: EnvironmentName = "dev",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the root outputs of an environment: addresses, names, ARNs."""
    values = find_outputs(environment, cloud)
    if as_json:
        print_document(json.dumps(values, indent=2, sort_keys=True))
    else:
        print_outputs(values)
