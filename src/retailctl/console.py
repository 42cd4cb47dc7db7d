"""What the operator sees: progress and notes on stderr, so that stdout carries data only."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

console = Console(stderr=True, highlight=False)


def note(text: str) -> None:
    """Print ``text`` as a line on stderr."""
    console.print(text, markup=False, soft_wrap=True)


def complain(sentence: str) -> None:
    """Print why a command ended."""
    console.print(f"retailctl: {sentence}", style="bold red", markup=False, soft_wrap=True)


def done(text: str, seconds: float) -> None:
    """Print that a step is done and how long it took."""
    console.print(f"[green]✓[/green] {text} [dim]({seconds:.1f} s)[/dim]", soft_wrap=True)


@contextmanager
def step(title: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show that ``title`` is under way, and at its end how long it took.

    Yields:
        a function to call with how much is done and of how much in all (None while nobody knows).

    """
    started = time.monotonic()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda completed, total: progress.update(task, completed=completed, total=total)
    done(title, time.monotonic() - started)
