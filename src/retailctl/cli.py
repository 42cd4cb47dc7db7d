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
from retailctl.console import print_error
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

COMMANDS: dict[str, Callable[..., Any]] = {
    "package": package.package_functions,
    "up": up_down.start_local_cloud,
    "down": up_down.stop_local_cloud,
    "outputs": outputs.show_outputs,
    "env": up_down.print_exports,
    "publish": publish.publish_log,
    "play": play.play_workshop,
    "winners": board.show_winners,
    "demo": demo.run_demo,
    "cost": report.estimate_cost,
    "bootstrap": bootstrap.bootstrap_account,
    "plan": plan_apply.plan_environment,
    "apply": plan_apply.apply_environment,
    "smoke": smoke.run_smoke_test,
    "drift": drift.report_drift,
    "rollback": rollback.roll_back_environment,
    "destroy": destroy.destroy_environment,
    "tools": installation.check_tools,
}

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _retailctl() -> None:
    """Hello, Retail! for its operator: package, local cloud, Terraform, play."""


for _name, _command in COMMANDS.items():
    app.command(_name)(_command)
app.add_typer(canary.app, name="canary")
app.add_typer(quarantine.app, name="quarantine")
app.command("builds")(rollback.list_builds)
app.command("environments")(listing.list_environments)
app.command("plan-comment")(github.post_plan_comment)
app.command("drift-issue")(github.sync_drift_issue)
app.add_typer(replay.app, name="replay")
users.app.command("second-factor")(second_factor.set_up_second_factor)
app.add_typer(users.app, name="users")
_site = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Put up the page.")
_site.command("deploy")(page.deploy_site)
app.add_typer(_site, name="site")


@_site.callback()
def _site_commands() -> None:
    """Keep `deploy` a command of its own, though it is the only one."""


def main() -> None:
    """Run the command line of `retailctl`."""
    run_program(app)


def build_single_command(command: Callable[..., Any]) -> typer.Typer:
    """Return the command line of a program that has one command."""
    program = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    program.command()(command)
    return program


def run_program(program: typer.Typer) -> None:
    """Run a command line; what the operator can mend is one sentence on stderr and exit status 1."""
    try:
        program()
    except UserError as error:
        print_error(str(error))
        sys.exit(1)
    except FAILURES as error:
        print_error(explain_failure(error))
        sys.exit(1)
