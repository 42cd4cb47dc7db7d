"""Make the processes that run functions in MiniStack start with less work.

The emulator starts a process for each invocation that finds no idle one, and unpacks the function's zip for it. So
a burst started a process per invocation, each of which compiled the same code again.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PATIENCE_SECONDS = 2.0
"""How long an invocation waits for a start of the same function's before it starts a process of its own.

It is bounded because a function that invokes itself while it starts would wait for itself.
"""
POLL_SECONDS = 0.005
_choosing = threading.Lock()
"""Held while an invocation chooses its worker."""
_unpacking = threading.Lock()
"""Held while a zip is unpacked."""


class CodeZip(zipfile.ZipFile):
    """A function's zip that is unpacked once, for all processes that run it.

    They share what Python compiles of it, too. As in AWS, a function may only read there:
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html.
    """

    def extractall(
        self,
        path: Any = None,  # noqa: ANN401 - as in the base class
        members: Any = None,  # noqa: ANN401
        pwd: bytes | None = None,
    ) -> None:
        """Make the empty folder ``path`` a link to the unpacked zip."""
        folder, zipped = Path(path), Path(str(self.filename))
        digest = hashlib.sha256(zipped.read_bytes()).hexdigest()
        unpacked = Path(tempfile.gettempdir()) / "code" / digest
        with _unpacking:
            if not unpacked.exists():
                unpacked.parent.mkdir(exist_ok=True)
                being_unpacked = tempfile.mkdtemp(dir=unpacked.parent)
                super().extractall(being_unpacked, members, pwd)
                Path(being_unpacked).rename(unpacked)
        folder.rmdir()
        folder.symlink_to(unpacked, target_is_directory=True)


def is_starting(worker: Any) -> bool:  # noqa: ANN401 - a worker of the emulator's
    """Say whether a process is being started for an invocation."""
    return bool(worker.in_use and worker._start_time is None)  # noqa: SLF001


def wait_for_worker(list_workers: Callable[[], Iterable[Any]], acquire: Callable[[], Any]) -> Any:  # noqa: ANN401
    """Return a function's worker: an idle one, or a new one once no other is being started.

    So a burst of invocations starts as many processes as it keeps busy, not as many as it has invocations.

    Args:
        list_workers: returns the function's workers.
        acquire: leases an idle worker, or makes one.

    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with _choosing:
            workers = list(list_workers())
            is_idle = any(not each.in_use for each in workers)
            if is_idle or not any(map(is_starting, workers)) or time.monotonic() > deadline:
                return acquire()
        time.sleep(POLL_SECONDS)


def patch_emulator() -> None:
    """Make the emulator in this process start and fill fewer processes."""
    from ministack.core import lambda_runtime  # noqa: PLC0415 - importing it starts half of it
    from ministack.services import lambda_svc  # noqa: PLC0415

    acquire = lambda_runtime.acquire_worker

    def acquire_worker(name: str, config: dict[str, Any], code_zip: bytes, qualifier: str = "$LATEST") -> Any:  # noqa: ANN401
        key = lambda_runtime._worker_key(name, config, qualifier)  # noqa: SLF001
        return wait_for_worker(
            lambda: lambda_runtime._workers.get(key, ()),  # noqa: SLF001
            lambda: acquire(name, config, code_zip, qualifier),
        )

    lambda_runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": CodeZip})
    lambda_svc.acquire_worker = acquire_worker
