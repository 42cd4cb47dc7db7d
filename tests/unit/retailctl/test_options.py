"""Where a command acts, and how a command that is printed as a remedy says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import typer.main
import typer.testing

from retailctl import cli
from retailctl.environments.target import resolve_target
from retailctl.errors import CloudNotRunning, UserError
from retailctl.local_cloud.up_down import describe_next_steps
from retailctl.options import NAME_AWS, choose_cloud, format_make, format_retailctl
from support.makefile import TARGETS

if TYPE_CHECKING:
    import click


def leaves(command: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield every command that acts, by its words."""
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
        return
    for word, each in below.items():
        yield from leaves(each, f"{name} {word}".strip())


ROOT = typer.main.get_command(cli.app)
LEAVES = dict(leaves(ROOT))


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_says_by_the_same_options_where_it_acts(name: str) -> None:
    parameters = {option: each for each in LEAVES[name].params for option in each.opts}

    for option, parameter, variable, default in (
        ("--cloud", "cloud", "RETAIL_CLOUD", {"local", "demo"}),
        ("--env", "environment", "ENV", {"dev"}),
    ):
        if option in parameters:
            found = parameters[option]
            assert (found.name, found.envvar) == (parameter, variable)
            assert found.default in default
    assert ("--env" not in parameters) or ("--cloud" in parameters) or name == "drift-issue"


@pytest.mark.parametrize("name", ["", *LEAVES])
def test_help_fits_in_eighty_columns_and_cuts_nothing_off(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")

    shown = typer.testing.CliRunner().invoke(cli.app, [*name.split(), "--help"], terminal_width=80).output

    assert max(map(len, shown.splitlines())) <= 80
    assert "..." not in "".join(line for line in shown.splitlines() if "Usage:" not in line)
    assert not any(line.rstrip(" │").endswith("…") for line in shown.splitlines())


def test_help_lists_every_command_in_a_panel_with_a_title() -> None:
    shown = typer.testing.CliRunner().invoke(cli.app, ["--help"], terminal_width=80).output

    assert [title for title in cli.COMMANDS if f"─ {title} ─" not in shown] == []
    assert "─ Commands ─" not in shown


def test_without_a_local_cloud_a_command_names_aws_and_acts_nowhere() -> None:
    with pytest.raises(CloudNotRunning, match=r"'none-there' is not running.*Name AWS with --cloud aws"):
        resolve_target("dev", "none-there")


def test_the_option_of_before_means_aws_and_never_a_local_cloud() -> None:
    assert choose_cloud("local", aws=True) == choose_cloud("aws", aws=True) == "aws"
    assert choose_cloud("lab", aws=False) == "lab"
    with pytest.raises(UserError, match="--aws and --cloud lab name two places"):
        choose_cloud("lab", aws=True)


def test_a_printed_command_acts_where_the_present_one_does() -> None:
    assert format_retailctl("outputs") == "retailctl outputs"
    assert format_retailctl("outputs", "dev", "aws") == "retailctl outputs --cloud aws"
    assert (
        format_retailctl("replay fold 2", "prod", "lab") == "retailctl replay fold 2 --cloud lab --env prod"
    )
    assert format_make("up", "dev", "local") == "make up"
    assert format_make("down", cloud="lab") == "make down CLOUD=lab"
    assert format_make("apply", "prod", "aws") == "make apply ENV=prod"
    assert format_make("apply", "dev", "local") == "make apply CLOUD=local"
    assert set(TARGETS) >= NAME_AWS


def test_what_a_person_wants_next_stands_in_ten_lines() -> None:
    values = {"page_url": "https://page", "api_url": "http://api", "alarm_arns": ["arn"] * 99}

    lines = describe_next_steps(values, "lab", "staging")

    assert len(lines) <= 10
    assert [line.split(None, 2)[-1] for line in lines[:2]] == ["https://page", "http://api"]
    assert "retailctl users add --name Grace --cloud lab --env staging" in lines[2]
    assert lines[-1].endswith("make down CLOUD=lab")
