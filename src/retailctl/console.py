"""What the operator sees: progress and notes on stderr, so that stdout carries data only."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

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
    from collections.abc import Iterator

console = Console(stderr=True, highlight=False)


class Advance(Protocol):
    """How a step tells how far it is."""

    def __call__(self, completed: int, total: int | None) -> None:
        """Take how much is done, and of how much in all; None while nobody knows."""


def note(text: str) -> None:
    """Print ``text`` as a line on stderr."""
    console.print(text, markup=False, soft_wrap=True)


def complain(sentence: str) -> None:
    """Print why a command ended."""
    console.print(f"retailctl: {sentence}", style="bold red", markup=False, soft_wrap=True)


def done(text: str, seconds: float) -> None:
    """Print that a step is done and how long it took."""
    console.print(f"[green]✓[/green] {text} [dim]({seconds:.1f} s)[/dim]", soft_wrap=True)


class _Bars:
    """The progress bars of the steps under way: one display, however many steps run side by side."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._progress: Progress | None = None
        self._steps = 0

    def enter(self) -> Progress:
        """Return the display, which is shown as long as a step is under way."""
        with self._guard:
            if self._progress is None:
                self._progress = Progress(
                    SpinnerColumn(),
                    TextColumn("{task.description}"),
                    BarColumn(),
                    MofNCompleteColumn(),
                    TimeElapsedColumn(),
                    console=console,
                    transient=True,
                    disable=not console.is_terminal,
                )
                self._progress.start()
            self._steps += 1
            return self._progress

    def leave(self) -> None:
        """Take the display away after the last step."""
        with self._guard:
            self._steps -= 1
            if self._steps == 0 and self._progress is not None:
                self._progress.stop()
                self._progress = None


_bars = _Bars()


@contextmanager
def step(title: str) -> Iterator[Advance]:
    """Show that ``title`` is under way, and at its end how long it took; steps may overlap.

    Yields:
        a function to call with how far the step is.

    """
    started = time.monotonic()
    progress = _bars.enter()
    task = progress.add_task(title, total=None)

    def advance(completed: int, total: int | None) -> None:
        progress.update(task, completed=completed, total=total)

    try:
        yield advance
    finally:
        progress.remove_task(task)
        _bars.leave()
    done(title, time.monotonic() - started)
