"""`retailctl`: the operator's command line.

A command is a plain function, typed with Typer's annotations, in the module of its topic; its entry in
``COMMANDS`` registers it, in the order that `--help` shows.
"""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from retailctl import interrupts
from retailctl.artifacts import package
from retailctl.console import print_error
from retailctl.cost import report
from retailctl.delivery import canary, destroy, drift, github, page, plan_apply, rollback, smoke
from retailctl.environments import bootstrap, listing, lock, outputs
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
    "unlock": lock.unlock_state,
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
    """Run a command line; what the operator can mend is one sentence on stderr and exit status 1.

    The exit status of an interrupted command is 128 and the number of the signal, as shells have it.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names may hold what no encoding can print
    with interrupts.handle_signals():
        try:
            program()
        except (UserError, ClientError, BotoCoreError) as error:
            print_error(explain_error(error))
            sys.exit(_interrupted_status() or 1)
        except SystemExit as ended:
            if ended.code and (status := _interrupted_status()):
                sys.exit(status)
            raise


def _interrupted_status() -> int:
    """Return the exit status of a command that was interrupted; 0 where it was not."""
    number = interrupts.get_last_signal()
    return 128 + number if number else 0


def explain_error(error: Exception) -> str:
    """Return what went wrong in words, with what would do."""
    if isinstance(error, ClientError):
        code, words = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        return (
            f"AWS refused {error.operation_name} ({code}): {words.rstrip('.') or 'it does not say why'}. "
            "`aws sts get-caller-identity` says whose credentials these are."
        )
    if isinstance(error, (NoConnection, HTTPClientError)):
        return (
            f"AWS, or the local cloud in its place, does not answer ({error}): try again, or see `make up`."
        )
    if isinstance(error, BotoCoreError):
        return f"AWS cannot be asked: {str(error).rstrip('.')}. See the AWS variables of this shell."
    return str(error)
