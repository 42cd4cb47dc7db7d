"""Interruptions that wait for the answer of a request, so that nothing is unknown after them."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from retailctl.interrupts import SIGNALS, record_signal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


class Interruption:
    """Raises ``KeyboardInterrupt`` for a signal: at once, or at the end of the block that holds it back.

    A second signal is not held back.
    """

    def __init__(self) -> None:
        self._is_held = False
        self._is_due = False
        self._is_ignored = False

    def handle_signal(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        record_signal(number)
        if self._is_ignored:
            return
        if not self._is_held or self._is_due:
            raise KeyboardInterrupt
        self._is_due = True

    def ignore_signals(self) -> None:
        """Let no signal interrupt any more: what is left is to print the account."""
        self._is_ignored = True

    @contextmanager
    def hold_back(self) -> Iterator[None]:
        """Hold a first signal back until the end of the block."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
        if self._is_due:
            raise KeyboardInterrupt


@contextmanager
def catch_signals() -> Iterator[Interruption]:
    """Let SIGINT, SIGTERM and SIGHUP interrupt the block; one that the process ignores stays ignored."""
    interruption = Interruption()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    handled = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    for number in handled:
        signal.signal(number, interruption.handle_signal)
    try:
        yield interruption
    finally:
        for number in handled:
            signal.signal(number, before[number])
