"""`retailctl`: the operator's command line.

A command is a plain function, typed with Typer's annotations, in the module of its topic; its entry in
``COMMANDS`` registers it, in the order that `--help` shows.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from retailctl.artifacts import package
from retailctl.aws import FAILURES, explain_failure
from retailctl.console import complain
from retailctl.cost import report
from retailctl.delivery import canary, destroy, drift, github, page, plan_apply, rollback, smoke
from retailctl.environments import bootstrap, listing, outputs
from retailctl.errors import UserError
from retailctl.local_cloud import demo, up_down
from retailctl.quarantine import commands as quarantine
from retailctl.replay import commands as replay
from retailctl.scores import board
from retailctl.simulation import play
from retailctl.stream import publish
from retailctl.terraform import installation
from retailctl.users import commands as users
from retailctl.users import second_factor

if TYPE_CHECKING:
    from collections.abc import Callable

COMMANDS: tuple[Callable[..., Any], ...] = (
    package.package,
    up_down.up,
    up_down.down,
    outputs.outputs,
    up_down.env,
    publish.publish,
    play.play,
    board.winners,
    demo.demo,
    report.cost,
    bootstrap.bootstrap,
    plan_apply.plan,
    plan_apply.apply,
    smoke.smoke,
    drift.drift,
    rollback.rollback,
    destroy.destroy,
    installation.tools,
)

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _retailctl() -> None:
    """Hello, Retail! for its operator: package, local cloud, Terraform, play."""


for _command in COMMANDS:
    app.command()(_command)
app.add_typer(canary.app, name="canary")
app.add_typer(quarantine.app, name="quarantine")
app.command("builds")(rollback.list_builds)
app.command("environments")(listing.list_environments)
app.command("plan-comment")(github.plan_comment)
app.command("drift-issue")(github.drift_issue)
app.add_typer(replay.app, name="replay")
users.app.command("second-factor")(second_factor.second_factor)
app.add_typer(users.app, name="users")
_site = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Put up the page.")
_site.command("deploy")(page.deploy_site)
app.add_typer(_site, name="site")


@_site.callback()
def _site_commands() -> None:
    """Keep `deploy` a command of its own, though it is the only one."""


def main() -> None:
    """Run the command line of `retailctl`."""
    run(app)


def single(command: Callable[..., Any]) -> typer.Typer:
    """Return the command line of a program that has one command."""
    program = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    program.command()(command)
    return program


def run(program: typer.Typer) -> None:
    """Run a command line; what the operator can mend is one sentence on stderr and exit status 1."""
    try:
        program()
    except UserError as error:
        complain(str(error))
        sys.exit(1)
    except FAILURES as error:
        complain(explain_failure(error))
        sys.exit(1)
