"""One at a time: locks among the commands of a clone, released when their holder ends, however it ends."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from retailctl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailctl.project import Project


@contextmanager
def alone(project: Project, name: str, *, or_else: str | None = None) -> Iterator[None]:
    """Hold the lock ``name`` of the clone.

    Args:
        project: the clone.
        name: what only one may do at a time.
        or_else: the sentence for whom finds it held; without one, wait.

    Raises:
        UserError: with ``or_else``, where another command holds the lock.

    """
    folder = project.scratch / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (fcntl.LOCK_NB if or_else else 0))
        except BlockingIOError:
            raise UserError(or_else or "") from None
        yield
