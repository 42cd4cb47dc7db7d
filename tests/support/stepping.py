"""Code that runs one AWS call at a time, so that a test decides what happens between any two calls."""

from __future__ import annotations

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
    """A call of ``function`` in a thread of its own that stops before each AWS call until told to go on."""

    current = threading.local()

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function
        self.ended = False
        self.result: Any = None
        self.error: BaseException | None = None
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._stopped.acquire()

    @classmethod
    def pause(cls) -> None:
        """Stop the invocation that this thread runs until its next step."""
        invocation: Stepped = cls.current.invocation
        invocation._stopped.release()
        invocation._go.acquire()

    def step(self) -> None:
        """Let the call go on until its next AWS call or its end."""
        self._go.release()
        self._stopped.acquire()
        if self.ended:
            self._thread.join()

    def _run(self) -> None:
        Stepped.current.invocation = self
        Stepped.pause()
        try:
            self.result = self.function()
        except BaseException as error:  # noqa: BLE001 - the test looks at how the call ended
            self.error = error
        self.ended = True
        self._stopped.release()
