"""Run AWS calls concurrently and wait for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, wait
from typing import TypeVar

Result = TypeVar("Result")


def run_concurrently(executor: Executor, calls: Sequence[Callable[[], Result]]) -> list[Result]:
    """Return the calls' results in order, after all have ended.

    Threads freeze with the handler and thaw in the next invocation, so none may outlive the one it began in.
    """
    if len(calls) == 1:
        return [calls[0]()]
    futures = [executor.submit(call) for call in calls]
    wait(futures)
    return [future.result() for future in futures]
