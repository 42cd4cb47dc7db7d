"""`retailctl`: the operator's command line.

A command is a plain function, typed with Typer's annotations, in the module of its topic; its entry in
``COMMANDS`` registers it. A topic of several commands has an app of Typer in its place.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from retailctl import interrupts
from retailctl.console import print_error
from retailctl.errors import UserError

if TYPE_CHECKING:
    from typer._click import Command

PLAY, LOCAL = "See it work, in a local cloud", "Work in a local cloud"
AWS_AND_LOCAL = "Operate an environment (in a local cloud; in AWS with --cloud aws)"
BUILD, CI = "Build", "For CI"

COMMANDS = {
    PLAY: {
        "demo": "local_cloud.demo:run_demo",
        "up": "local_cloud.up_down:start_local_cloud",
        "play": "simulation.play:play_workshop",
        "winners": "scores.board:show_winners",
        "down": "local_cloud.up_down:stop_local_cloud",
    },
    LOCAL: {
        "publish": "stream.publish:publish_log",
        "env": "local_cloud.up_down:print_exports",
    },
    AWS_AND_LOCAL: {
        "outputs": "environments.outputs:show_outputs",
        "users": "users.commands:app",
        "quarantine": "quarantine.commands:app",
        "replay": "replay.commands:app",
        "stock": "stock.commands:app",
        "photos": "photos.commands:app",
        "plan": "delivery.plan_apply:plan_environment",
        "apply": "delivery.plan_apply:apply_environment",
        "destroy": "delivery.destroy:destroy_environment",
        "unlock": "environments.lock:unlock_state",
        "smoke": "delivery.smoke:run_smoke_test",
        "drift": "delivery.drift:report_drift",
        "builds": "delivery.rollback:list_builds",
        "rollback": "delivery.rollback:roll_back_environment",
        "canary": "delivery.canary:app",
        "site": "delivery.page:app",
        "bootstrap": "environments.bootstrap:bootstrap_account",
    },
    BUILD: {
        "package": "artifacts.package:package_functions",
        "cost": "cost.report:estimate_cost",
        "tools": "terraform.installation:check_tools",
    },
    CI: {
        "environments": "environments.listing:list_environments",
        "plan-comment": "delivery.github:post_plan_comment",
        "drift-issue": "delivery.github:sync_drift_issue",
    },
}
"""Where each command stands, by the panel of `--help` that lists it, in its order."""


class _Commands(Mapping[str, "Command"]):
    """The commands by their names, in the order of `--help`.

    A command's module is imported when the command is asked for: together the modules take longer to import than
    most commands to run.
    """

    def __init__(self) -> None:
        self._places = {
            name: (panel, place) for panel, commands in COMMANDS.items() for name, place in commands.items()
        }

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, name: str) -> Command:
        panel, place = self._places[name]
        return _load_command(name, panel, place)


@functools.cache
def _load_command(name: str, panel: str, place: str) -> Command:
    module, _, attribute = place.partition(":")
    command = getattr(importlib.import_module(f"retailctl.{module}"), attribute)
    program = typer.Typer(rich_markup_mode="markdown")
    program.callback()(_retailctl)  # without it, a program of one command is that command
    if isinstance(command, typer.Typer):
        program.add_typer(command, name=name, rich_help_panel=panel)
    else:
        program.command(name, rich_help_panel=panel)(command)
    loaded: Command = typer.main.get_command(program).commands[name]  # type: ignore[attr-defined]
    return loaded


class _RetailctlGroup(TyperGroup):
    """A group that knows its commands by name before their modules are imported."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - whatever Typer gives its groups
        super().__init__(**settings)
        self.commands = _Commands()  # type: ignore[assignment]  # nothing is added to it


app = typer.Typer(
    cls=_RetailctlGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


@app.callback()
def _retailctl() -> None:
    """Hello, Retail! for its operator: package, local cloud, Terraform, play."""


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
        from retailctl.explanations import TRACEBACK, explain_error  # noqa: PLC0415 - only a failure needs botocore

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
