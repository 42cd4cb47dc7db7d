"""Local clouds of a test's own."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from retailctl.emulator import cloud as clouds
from retailctl.emulator import processes
from support.command import Operator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from retailctl.project import Project


@contextmanager
def operate_clone(clone: Project, outside: Path) -> Iterator[Operator]:
    """Yield somebody who runs commands in a clone, from ``outside`` it; whatever happens, its local clouds end."""
    try:
        yield Operator(clone, outside)
    finally:
        for home in clone.scratch.glob("*"):
            processes.end_cloud_processes(home)


@contextmanager
def applied_cloud(operator: Operator, prefix: str) -> Iterator[tuple[clouds.Cloud, dict[str, Any]]]:
    """Yield a cloud whose name begins with ``prefix``, and dev's root outputs; whatever happens, it is stopped."""
    name = f"{prefix}-{secrets.token_hex(3)}"
    try:
        operator.do("package")
        operator.do("up", "--cloud", name)
        found = json.loads(operator.do("outputs", "--json", "--cloud", name))
        yield clouds.load_cloud(name, operator.project), found
    finally:
        operator.run("down", "--cloud", name)
