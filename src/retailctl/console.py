"""What the operator sees: progress and notes on stderr, so that stdout carries data only."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from retailctl.errors import UserError

console = Console(stderr=True, highlight=False)


def print_note(text: str) -> None:
    """Print ``text`` as a line on stderr."""
    console.print(text, markup=False, soft_wrap=True)


def print_error(sentence: str) -> None:
    """Print why a command ended."""
    console.print(f"retailctl: {sentence}", style="bold red", markup=False, soft_wrap=True)


def print_done(text: str, seconds: float) -> None:
    """Print that a step is done and how long it took."""
    console.print(f"[green]✓[/green] {text} [dim]({seconds:.1f} s)[/dim]", soft_wrap=True)


def require_confirmation(environment: str, what: str, confirmed: str | None) -> None:
    """Return once the operator has typed the environment's name.

    Raises:
        UserError: where they typed something else, or nobody is there to ask.

    """
    answer = confirmed
    if answer is None:
        if not sys.stdin.isatty():
            raise UserError(f"Nobody is there to confirm {what}: add CONFIRM={environment} (--confirm).")
        answer = typer.prompt(f"To confirm {what}, type {environment}", err=True)
    if answer != environment:
        raise UserError(
            f"'{answer}' does not confirm {what}, which wants '{environment}': nothing was changed."
        )
