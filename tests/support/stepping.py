"""Code that runs one AWS call at a time, so that a test decides what happens between any two calls."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class Crash(BaseException):
    """The end of the process that a function runs in: nothing in the function may catch it."""


class InlineExecutor(Executor):
    """Runs each call at once in the caller's thread; a crash takes the caller with it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - a future carries whatever its call raised
            future.set_exception(error)
        return future


class Stepped:
    """A call of ``function`` in a thread of its own that stops before each AWS call until told to go on.

    Bare locks and threads: a law changes between threads a million times; ``threading`` takes a fifth of its time.
    """

    current = threading.local()

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function
        self.ended = False
        self.result: Any = None
        self.error: BaseException | None = None
        self._started = False
        self._go, self._stopped = _thread.allocate_lock(), _thread.allocate_lock()
        self._go.acquire()
        self._stopped.acquire()

    @classmethod
    def pause(cls) -> None:
        """Stop the invocation that this thread runs until its next step."""
        invocation: Stepped = cls.current.invocation
        invocation._stopped.release()
        invocation._go.acquire()

    def step(self) -> None:
        """Let the call go on until its next AWS call or its end."""
        if self._started:
            self._go.release()
        else:
            self._started = True
            _thread.start_new_thread(self._run, ())
        self._stopped.acquire()

    def _run(self) -> None:
        Stepped.current.invocation = self
        try:
            self.result = self.function()
        except BaseException as error:  # noqa: BLE001 - the test looks at how the call ended
            self.error = error
        self.ended = True
        self._stopped.release()
