"""Calls of AWS that run side by side, none of which is left running."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, wait
from typing import TypeVar

Result = TypeVar("Result")


def run_concurrently(executor: Executor, calls: Sequence[Callable[[], Result]]) -> list[Result]:
    """Return the results of the calls, in order, once all have ended, also where one raised.

    Threads freeze with the handler and thaw in the next invocation, so none may outlive the one it began in.
    """
    if len(calls) == 1:
        return [calls[0]()]
    futures = [executor.submit(call) for call in calls]
    wait(futures)
    return [future.result() for future in futures]
