"""Make the processes that run functions in MiniStack start with less work.

The emulator starts a process for each invocation that finds no idle one, and unpacks the function's zip for it. So
a burst started a process per invocation, each of which compiled the same code again.
"""

from __future__ import annotations

import hashlib
import queue
import subprocess
import tempfile
import threading
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from retailctl.emulator.fork_server import END_OF_LOG, ForkedProcess, ForkServer, can_be_forked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PATIENCE_SECONDS = 2.0
"""How long an invocation waits for a start of the same function's before it starts a process of its own.

It is bounded because a function that invokes itself while it starts would wait for itself.
"""
POLL_SECONDS = 0.005
END_OF_LOG_SECONDS = 0.25
"""How long the end of an invocation's log is waited for after each line; as long as the emulator's at most."""
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


def drain_log(worker: Any, drain: Callable[[Any], str]) -> str:  # noqa: ANN401
    """Return what an invocation has logged.

    The emulator itself waits 50 ms for a log that may be empty. A fork says where it ends.

    Args:
        worker: the invocation's, after its answer.
        drain: waits for the log of a worker that is no fork.

    """
    if not worker.says_end_of_log:
        return drain(worker)
    lines: list[str] = []
    with suppress(queue.Empty):  # a process that has died says nothing more
        while (line := worker._stderr_queue.get(timeout=END_OF_LOG_SECONDS)) != END_OF_LOG:  # noqa: SLF001
            lines.append(line)
    return "\n".join(lines)


def patch_emulator(home: Path) -> None:
    """Make the emulator of the cloud in ``home`` start and fill fewer processes, and fork them."""
    from ministack.core import lambda_runtime  # noqa: PLC0415 - importing it starts half of it
    from ministack.services import lambda_svc  # noqa: PLC0415

    fork_server = ForkServer(home)
    acquire = lambda_runtime.acquire_worker
    spawn, drain = lambda_runtime.Worker._spawn, lambda_runtime.Worker._drain_stderr_bounded  # noqa: SLF001

    def acquire_worker(name: str, config: dict[str, Any], code_zip: bytes, qualifier: str = "$LATEST") -> Any:  # noqa: ANN401
        key = lambda_runtime._worker_key(name, config, qualifier)  # noqa: SLF001
        return wait_for_worker(
            lambda: lambda_runtime._workers.get(key, ()),  # noqa: SLF001
            lambda: acquire(name, config, code_zip, qualifier),
        )

    def start_process(arguments: list[str], **settings: Any) -> Any:  # noqa: ANN401
        if can_be_forked(arguments, settings.get("cwd", "")):
            return fork_server.start_process(arguments[1], settings["cwd"], settings["env"])
        return subprocess.Popen(arguments, **settings)  # noqa: S603 - the emulator's own command

    def spawn_worker(worker: Any) -> None:  # noqa: ANN401
        spawn(worker)
        worker.says_end_of_log = isinstance(worker._proc, ForkedProcess)  # noqa: SLF001

    lambda_runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": CodeZip})
    lambda_runtime.subprocess = SimpleNamespace(**{**vars(subprocess), "Popen": start_process})
    lambda_runtime.Worker.says_end_of_log = False
    lambda_runtime.Worker._spawn = spawn_worker  # noqa: SLF001
    lambda_runtime.Worker._drain_stderr_bounded = lambda worker: drain_log(worker, drain)  # noqa: SLF001
    lambda_svc.acquire_worker = acquire_worker
