"""The emulator with nothing in it, for the tests of what it asks and refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retailctl.emulator import ministack, processes
from retailctl.emulator.cloud import Cloud


@contextmanager
def started(home: Path, account_id: str = ministack.ACCOUNT_ID) -> Iterator[Cloud]:
    """Give an empty local cloud in ``home``; whatever happens, nothing of it stays."""
    try:
        yield ministack.start_emulator(home, account_id=account_id)
    finally:
        processes.end_cloud_processes(home)
