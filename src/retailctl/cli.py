"""`retailctl`: the operator's command line.

A command is a plain function, typed with Typer's annotations, in the module of its topic; its entry in
``COMMANDS`` registers it.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from retailctl import interrupts
from retailctl.artifacts import package
from retailctl.console import print_error
from retailctl.cost import report
from retailctl.delivery import canary, destroy, drift, github, page, plan_apply, rollback, smoke
from retailctl.environments import bootstrap, listing, lock, outputs
from retailctl.errors import UserError
from retailctl.explanations import TRACEBACK, explain_error
from retailctl.local_cloud import demo, up_down
from retailctl.orders import commands as orders
from retailctl.photos import commands as photos
from retailctl.quarantine import commands as quarantine
from retailctl.replay import commands as replay
from retailctl.scores import board
from retailctl.simulation import play
from retailctl.stock import commands as stock
from retailctl.stream import publish
from retailctl.terraform import installation
from retailctl.users import commands as users

if TYPE_CHECKING:
    from collections.abc import Callable

PLAY, LOCAL = "See it work, in a local cloud", "Work in a local cloud"
AWS_AND_LOCAL = "Operate an environment (in a local cloud; in AWS with --cloud aws)"
BUILD, CI = "Build", "For CI"

COMMANDS: dict[str, dict[str, Callable[..., Any] | typer.Typer]] = {
    PLAY: {
        "demo": demo.run_demo,
        "up": up_down.start_local_cloud,
        "play": play.play_workshop,
        "winners": board.show_winners,
        "down": up_down.stop_local_cloud,
    },
    LOCAL: {
        "publish": publish.publish_log,
        "env": up_down.print_exports,
    },
    AWS_AND_LOCAL: {
        "outputs": outputs.show_outputs,
        "users": users.app,
        "quarantine": quarantine.app,
        "replay": replay.app,
        "stock": stock.app,
        "photos": photos.app,
        "orders": orders.app,
        "plan": plan_apply.plan_environment,
        "apply": plan_apply.apply_environment,
        "destroy": destroy.destroy_environment,
        "unlock": lock.unlock_state,
        "smoke": smoke.run_smoke_test,
        "drift": drift.report_drift,
        "builds": rollback.list_builds,
        "rollback": rollback.roll_back_environment,
        "canary": canary.app,
        "site": page.app,
        "bootstrap": bootstrap.bootstrap_account,
    },
    BUILD: {
        "package": package.package_functions,
        "cost": report.estimate_cost,
        "tools": installation.check_tools,
    },
    CI: {
        "environments": listing.list_environments,
        "plan-comment": github.post_plan_comment,
        "drift-issue": github.sync_drift_issue,
    },
}
"""The commands by the panel of `--help` that lists them, in its order."""

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


@app.callback()
def _retailctl() -> None:
    """Hello, Retail! for its operator: package, local cloud, Terraform, play."""


for _panel, _commands in COMMANDS.items():
    for _name, _command in _commands.items():
        if isinstance(_command, typer.Typer):
            app.add_typer(_command, name=_name, rich_help_panel=_panel)
        else:
            app.command(_name, rich_help_panel=_panel)(_command)


def main() -> None:
    """Run the command line of `retailctl`."""
    run_program(app)


def build_single_command(command: Callable[..., Any]) -> typer.Typer:
    """Return the command line of a program that has one command."""
    program = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown")
    program.command()(command)
    return program


def run_program(program: typer.Typer) -> None:
    """Run a command line; a failure is one sentence and exit status 1.

    The exit status of an interrupted command is 128 and the number of the signal, as shells have it. With
    RETAIL_TRACEBACK set, Python's traceback is printed instead of the sentence.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names may hold what no encoding can print
    try:
        with interrupts.handle_signals():
            _run_to_exit(program)
    finally:
        _close_broken_streams()


def _run_to_exit(program: typer.Typer) -> None:
    try:
        _check_working_directory()
        try:
            program()
        except SystemExit as ended:
            _flush_output()
            if ended.code and (status := _interrupted_status()):
                sys.exit(status)
            raise
    except KeyboardInterrupt:  # after Typer has handled the command's end
        sys.exit(_interrupted_status() or 1)
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        with contextlib.suppress(OSError):
            print_error(explain_error(error))
        sys.exit(_interrupted_status() or 1)


def _interrupted_status() -> int:
    """Return an interrupted command's exit status, 0 for others."""
    number = interrupts.get_last_signal()
    return 128 + number if number else 0


def _check_working_directory() -> None:
    try:
        Path.cwd()
    except OSError:
        raise UserError(
            "The working directory of this shell no longer exists: change to one that does (`cd`)."
        ) from None


def _flush_output() -> None:
    if sys.stdout is not None:  # it is None where the shell has closed it
        sys.stdout.flush()


def _close_broken_streams() -> None:
    """Keep Python from flushing broken streams again at its exit.

    A full disk or a closed pipe did not take their text.

    See https://docs.python.org/3/library/signal.html#note-on-sigpipe.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
