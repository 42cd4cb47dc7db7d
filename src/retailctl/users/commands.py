"""`retailctl users`: make and list people who can sign in."""

from __future__ import annotations

from typing import Annotated

import typer

from retailctl.console import ask, print_fields, print_note
from retailctl.environments import outputs
from retailctl.environments.target import Target, resolve_target
from retailctl.errors import UserError
from retailctl.options import DEFAULT_CLOUD, CloudName, EnvironmentName, InAws, check_text, choose_cloud
from retailctl.users.pool import ASK, Newcomer, create_username, find_pool, generate_password
from retailctl.users.second_factor import set_up_second_factor

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode="markdown", help="Make and list people who can sign in."
)
app.command("second-factor")(set_up_second_factor)


def _target(environment: str, cloud: str, *, aws: bool) -> Target:
    return resolve_target(environment, choose_cloud(cloud, aws=aws))


@app.command("add")
def add_player(
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
    cloud: CloudName = DEFAULT_CLOUD,
    environment: EnvironmentName = "dev",
    aws: InAws = False,
) -> None:
    """Create an account; print user name and password, which is kept nowhere."""
    for option, text in {"--name": name, "--username": username, "--password": password}.items():
        check_text(option, text)
    shown_name = " ".join(name.split())
    if not shown_name:
        raise UserError("The name is empty: give --name what others are to see.")
    target = _target(environment, cloud, aws=aws)
    pool = find_pool(target, outputs.read_outputs(target))
    if password == ASK:
        password = ask("Password", is_secret=True, is_repeated=True)
    groups = tuple(dict.fromkeys(part.strip() for part in group.split(",") if part.strip()))
    newcomer = Newcomer(
        username or create_username(shown_name), password or generate_password(), shown_name, groups
    )
    pool.create_account(newcomer)
    print_note(f"{shown_name} can sign in to {environment} in {target.place}:")
    outputs.print_outputs(
        {"username": newcomer.username, "password": newcomer.password, "groups": ", ".join(groups) or "none"}
    )


@app.command("list")
def list_players(
    cloud: CloudName = DEFAULT_CLOUD, environment: EnvironmentName = "dev", *, aws: InAws = False
) -> None:
    """Print who can sign in: user name, groups and name."""
    target = _target(environment, cloud, aws=aws)
    for player in find_pool(target, outputs.read_outputs(target)).read_players():
        print_fields(player.username, ",".join(player.groups), player.name)
