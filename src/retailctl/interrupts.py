"""SIGINT, SIGTERM and SIGHUP end a command in the same way.

Each raises ``Interrupted`` in the main thread, so that `finally` blocks run. A block that must not be cut short
defers it, and may have parts that only a second signal cuts short. Other threads have to ask, because Python runs
signal handlers in the main thread only: https://docs.python.org/3/library/signal.html#signals-and-threads.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_REPEAT_SECONDS = 0.02
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """A signal has asked the command to end."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(number.name)
        self.number = number


@dataclass(slots=True)
class _State:
    """The signals of this process."""

    received: list[signal.Signals] = field(default_factory=list)
    first: threading.Event = field(default_factory=threading.Event)
    deferrals: int = 0
    admits_second: bool = False
    """Whether a second signal raises though interruptions are deferred."""
    handles: bool = False
    is_repeated: bool = False
    """Whether the next signal is one of before, sent again."""
    repeat: threading.Timer | None = None
    """What sends it again."""


_state = _State()


def _receive(number: int, _frame: FrameType | None) -> None:
    if not _state.is_repeated:
        _state.received.append(signal.Signals(number))
    _state.is_repeated = False
    _state.first.set()
    if not _state.deferrals or (_state.admits_second and len(_state.received) > 1):
        _raise_interrupted()


def _raise_interrupted() -> NoReturn:
    raise Interrupted(_state.received[-1])


def _repeat_signal(unraisable: sys.UnraisableHookArgs, /) -> None:
    """Send a signal again that came in a finalizer, where Python drops it."""
    if not isinstance(unraisable.exc_value, Interrupted):
        sys.__unraisablehook__(unraisable)
        return
    _state.is_repeated = True
    _state.repeat = threading.Timer(_REPEAT_SECONDS, os.kill, (os.getpid(), unraisable.exc_value.number))
    _state.repeat.daemon = True
    _state.repeat.start()


@contextmanager
def handle_signals() -> Iterator[None]:
    """Raise ``Interrupted`` for each signal within the block.

    An outer block and other threads change nothing.

    A signal that is ignored stays ignored: `nohup` and shells ask for that.
    """
    if _state.handles or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    _state.handles = True
    hook, sys.unraisablehook = sys.unraisablehook, _repeat_signal
    try:
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, _receive)
        yield
    finally:
        _state.handles = False
        sys.unraisablehook = hook
        if _state.repeat:  # whoever comes after the block did not ask for it
            _state.repeat.cancel()
            _state.repeat, _state.is_repeated = None, False
        for number, handler in before.items():
            signal.signal(number, handler)
        _state.received.clear()
        _state.first.clear()


@contextmanager
def defer_interrupts() -> Iterator[None]:
    """Raise ``Interrupted`` only at the block's end; in other threads, do nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with handle_signals():
        before = len(_state.received)
        _state.deferrals += 1
        try:
            yield
        finally:
            _state.deferrals -= 1
        if not _state.deferrals and len(_state.received) > before:
            _raise_interrupted()


@contextmanager
def admit_second_interrupt() -> Iterator[None]:
    """Raise ``Interrupted`` at once for a second signal.

    It is for blocks that defer the first. In other threads, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _state.admits_second = True
    try:
        yield
    finally:
        _state.admits_second = False


def count_interrupts() -> int:
    """Return how many signals this process has received."""
    return len(_state.received)


def get_last_signal() -> signal.Signals | None:
    """Return the last signal that this process has received, if any."""
    return _state.received[-1] if _state.received else None


def check_interrupted() -> None:
    """Raise ``Interrupted`` where this process has been interrupted: for loops in other threads."""
    if _state.received:
        _raise_interrupted()


def sleep(seconds: float) -> None:
    """Sleep in any thread; an interruption ends it."""
    if _state.first.wait(seconds):
        _raise_interrupted()
