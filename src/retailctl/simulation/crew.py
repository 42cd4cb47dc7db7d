"""Threads that do tasks when their turns come, until they are told to stop."""

from __future__ import annotations

import heapq
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from contextlib import closing
from itertools import count
from typing import Generic, Protocol, Self, TypeVar

from retailctl.errors import UserError


class Closable(Protocol):
    """What a thread works with, and closes at its end."""

    def close(self) -> None:
        """Hang up."""


Client = TypeVar("Client", bound=Closable)
Task = TypeVar("Task")


class Crew(ABC, Generic[Client, Task]):
    """Does tasks, a few at a time.

    Args:
        name: who they are, as a sentence on a defect says it.
        at_once: how many tasks are done at a time.

    """

    def __init__(self, name: str, at_once: int) -> None:
        self.trouble: Exception | None = None
        self.changed = threading.Condition()
        self._name = name
        self._is_over = False
        self._turns = count()
        self._due: list[tuple[float, int, Task]] = []
        self._under_way = 0
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(at_once)]

    @abstractmethod
    def open_client(self) -> Client:
        """Return what one thread works with."""

    @abstractmethod
    def do_task(self, client: Client, task: Task) -> float | None:
        """Do a task; return after how many seconds it is to be done again, ``None`` for never."""

    def __enter__(self) -> Self:
        """Begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End once what is under way has its answer."""
        with self.changed:
            self._is_over = True
            self.changed.notify_all()
        for thread in self._threads:
            thread.join()

    def add_task(self, task: Task, pause: float = 0.0) -> None:
        """Let a task be done in so many seconds."""
        with self.changed:
            heapq.heappush(self._due, (time.monotonic() + pause, next(self._turns), task))
            self.changed.notify()

    def count_tasks(self) -> int:
        """Return how many tasks wait or are under way."""
        with self.changed:
            return len(self._due) + self._under_way

    def count_one(self, counts: Counter[str], name: str) -> None:
        """Add one to what the threads count together."""
        with self.changed:
            counts[name] += 1

    def check(self) -> None:
        """Raise what ended the work.

        Raises:
            UserError: where something unforeseen did.

        """
        if self.trouble is not None:
            raise UserError(
                f"The {self._name} stopped, by {type(self.trouble).__name__} ({self.trouble}); this is a defect, "
                "please report it."
            ) from self.trouble

    def _work(self) -> None:
        try:
            with closing(self.open_client()) as client:
                while (task := self._take_next()) is not None:
                    pause = self.do_task(client, task)
                    if pause is not None:
                        self.add_task(task, pause)
                    with self.changed:
                        self._under_way -= 1
        except Exception as error:  # noqa: BLE001 - nobody above a thread would hear of it
            self.trouble = error

    def _take_next(self) -> Task | None:
        """Return the next task, when it is time; ``None`` once all is over."""
        with self.changed:
            while not self._is_over:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    self._under_way += 1
                    return heapq.heappop(self._due)[2]
                self.changed.wait(wait)
        return None
