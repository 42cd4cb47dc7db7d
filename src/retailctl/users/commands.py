"""`retailctl users`: make and list people who can sign in."""

from __future__ import annotations

from typing import Annotated

import typer

from retailctl import project
from retailctl.console import note
from retailctl.environments import outputs
from retailctl.environments.target import Target, target_of
from retailctl.errors import UserError
from retailctl.options import CloudName, EnvironmentName, InAws
from retailctl.users.pool import ASK, Newcomer, made_password, pool_of, username_of

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make and list people who can sign in.")


def _target(environment: str, cloud: str, *, aws: bool) -> Target:
    return target_of(environment, None if aws else cloud)


@app.command()
def add(
    *,
    name: Annotated[str, typer.Option(help="What others see, on the board and elsewhere.")],
    group: Annotated[
        str, typer.Option(help="What they may do, comma-separated: merchant, photographer, customer.")
    ] = "customer",
    username: Annotated[str, typer.Option(help="What they sign in with; made of the name if left out.")] = "",
    password: Annotated[
        str,
        typer.Option(help=f"At least as strong as the pool asks; made if left out, asked for with {ASK}."),
    ] = "",
    cloud: CloudName = project.DEFAULT_CLOUD,
    environment: EnvironmentName = "dev",
    aws: InAws = False,
) -> None:
    """Make an account, and print what to sign in with: the password is shown once and kept nowhere."""
    shown_name = " ".join(name.split())
    if not shown_name:
        raise UserError("The name is empty: give --name what others are to see.")
    target = _target(environment, cloud, aws=aws)
    pool = pool_of(target, outputs.of(target))
    if password == ASK:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    groups = tuple(dict.fromkeys(part.strip() for part in group.split(",") if part.strip()))
    newcomer = Newcomer(username or username_of(shown_name), password or made_password(), shown_name, groups)
    pool.add(newcomer)
    note(f"{shown_name} can sign in to {environment} in {target.place}:")
    outputs.show(
        {"username": newcomer.username, "password": newcomer.password, "groups": ", ".join(groups) or "none"}
    )


@app.command("list")
def list_players(
    cloud: CloudName = project.DEFAULT_CLOUD, environment: EnvironmentName = "dev", *, aws: InAws = False
) -> None:
    """Print who can sign in: user name, groups and name."""
    target = _target(environment, cloud, aws=aws)
    for player in pool_of(target, outputs.of(target)).players():
        typer.echo(f"{player.username}\t{','.join(player.groups)}\t{player.name}")
