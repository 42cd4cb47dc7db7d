"""`retailctl winners`: the board of an environment, from its API."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from retailctl import project
from retailctl.emulator import cloud as clouds
from retailctl.environments import outputs
from retailctl.options import CloudName, EnvironmentName
from retailctl.scores import board


def winners(
    *,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many of each role.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    api_url: Annotated[str, typer.Option(help="The API to ask, instead of the local cloud's.")] = "",
    cloud: CloudName = project.DEFAULT_CLOUD,
    env: EnvironmentName = "dev",
) -> None:
    """Print who is winning."""
    url = api_url or str(outputs.read(clouds.load(cloud), env)["api_url"])
    found = board.read(url, limit)
    if as_json:
        typer.echo(board.as_json(found))
    else:
        Console(highlight=False).print(board.tables(found))
