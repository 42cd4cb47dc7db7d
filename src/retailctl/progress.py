"""Show how long a step takes.

It is a spinner or bars on a terminal; callers may listen to progress.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from retailctl.console import console, escape_text, print_done

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Advance(Protocol):
    """How a step tells how far it is."""

    def __call__(self, completed: int, total: int | None) -> None:
        """Take how much is done, and of how much (None: unknown)."""


class _Bars:
    """The progress bars of the steps under way.

    It is one display, however many steps run side by side.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._progress: Progress | None = None
        self._steps = 0

    def add_step(self) -> Progress:
        """Return the display, shown while a step is under way."""
        with self._guard:
            if self._progress is None:
                self._progress = Progress(
                    SpinnerColumn(),
                    TextColumn("{task.description}", markup=False),
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

    def remove_step(self) -> None:
        """Take the display away after the last step."""
        with self._guard:
            self._steps -= 1
            if self._steps == 0 and self._progress is not None:
                self._progress.stop()
                self._progress = None


_bars = _Bars()


@contextmanager
def show_progress(title: str) -> Iterator[Advance]:
    """Show a step under way, then its duration; steps may overlap.

    Yields:
        a function to call with how far the step is.

    """
    started = time.monotonic()
    progress = _bars.add_step()
    task = progress.add_task(escape_text(title), total=None)

    def advance(completed: int, total: int | None) -> None:
        progress.update(task, completed=completed if total is None else min(completed, total), total=total)

    try:
        yield advance
    finally:
        progress.remove_task(task)
        _bars.remove_step()
    print_done(title, time.monotonic() - started)


class OnProgress(Protocol):
    """Hears how the sending goes."""

    def __call__(self, records: int, /) -> object:
        """Take a number of records that are on the stream now."""


def ignore_progress(_: int, /) -> None:
    """Hear of progress, and tell nobody."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The time that a play runs by, so that a test's can fly."""

    now: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep


REAL = Clock()


class OnTick(Protocol):
    """Called after each tick with the numbers of events and seconds."""

    def __call__(self, sent: int, seconds: float, /) -> object:
        """Take note."""
