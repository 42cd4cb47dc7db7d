"""Start the emulator's processes for Python functions as forks of one that has imported the AWS SDK.

A new Python process imports the SDK and reads its descriptions of services, which takes a quarter of a second. A
fork of a process that has done so need not. See "forkserver" in
https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods; that of multiprocessing itself
cannot be used, because its forks import the emulator again.

The emulator runs ``python -m retailctl.emulator.fork_server <home> <descriptor>``. Its forks have the same command
line.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TextIO

import psutil

from retailctl.emulator import processes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SDK = ("boto3", "botocore")
"""What the fork server imports; a function whose zip has one of them gets a process of its own."""
SERVICES = ("dynamodb", "kinesis", "s3", "sns", "stepfunctions")
"""Those that functions mostly call. The SDK reads its descriptions of them, some MB, before the first fork."""
MAX_BYTES = 1 << 18
"""Of a request to the fork server: Linux lets a process have 128 KiB in one variable, and AWS 4 KB in all."""
END_OF_LOG = "\x1eend of the invocation's log"
"""The line on stderr after what an invocation has logged."""


class ForkedProcess:
    """A fork, as ``subprocess.Popen`` shows a process that writes and reads lines."""

    def __init__(self, pid: int, stdin: TextIO, stdout: TextIO, stderr: TextIO) -> None:
        """Take over the process with this id, and the other ends of its pipes."""
        self.pid = pid
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        try:
            self._process: psutil.Process | None = psutil.Process(pid)
        except psutil.NoSuchProcess:
            self._process = None

    def poll(self) -> int | None:
        """Return None while the process runs, else 0: nobody knows its exit code."""
        with suppress(psutil.NoSuchProcess):
            if self._process is not None and self._process.status() != psutil.STATUS_ZOMBIE:
                return None
        return 0

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(psutil.NoSuchProcess):
                self._process.send_signal(number)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the process to end.

        Raises:
            psutil.TimeoutExpired: where it has not after ``timeout`` seconds.

        """
        if self._process is not None:
            self._process.wait(timeout)
        return 0


class ForkServer:
    """The fork server of the emulator in this process; it ends with the emulator."""

    def __init__(self, home: Path) -> None:
        """Remember the cloud's folder; the first fork starts the server."""
        self._home = home
        self._channel: socket.socket | None = None
        self._asking = threading.Lock()

    def start_process(self, script: str, folder: str, environ: Mapping[str, str]) -> ForkedProcess:
        """Return a process that runs a Python script.

        Args:
            script: its path.
            folder: the current one of the process.
            environ: all environment variables of the process.

        Raises:
            OSError: where the fork server has ended.

        """
        stdin, stdout, stderr = os.pipe(), os.pipe(), os.pipe()
        theirs, ours = [stdin[0], stdout[1], stderr[1]], [stdin[1], stdout[0], stderr[0]]
        request = json.dumps({"script": script, "folder": folder, "environ": dict(environ)}).encode()
        try:
            pid = self._request(request, theirs)
        except BaseException:
            for descriptor in ours:
                os.close(descriptor)
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        write, *read = ours
        return ForkedProcess(
            pid,
            os.fdopen(write, "w", buffering=1, encoding="utf-8"),
            *(os.fdopen(each, encoding="utf-8", errors="replace") for each in read),
        )

    def _request(self, request: bytes, descriptors: Sequence[int]) -> int:
        """Return the id of the process that the server has forked."""
        with self._asking:
            if self._channel is None:
                self._channel = self._start()
            try:
                answer = self._ask(self._channel, request, descriptors)
            except ConnectionError:  # the server had ended and has not read this request
                self._channel.close()
                self._channel = self._start()
                answer = self._ask(self._channel, request, descriptors)
        if not answer:
            raise ConnectionResetError(f"The fork server of the local cloud in {self._home} has ended.")
        return int(answer)

    @staticmethod
    def _ask(channel: socket.socket, request: bytes, descriptors: Sequence[int]) -> bytes:
        socket.send_fds(channel, [request], descriptors)
        return channel.recv(MAX_BYTES)

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", processes.FORK_SERVER_MODULE, str(self._home), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        return ours


class _Responses:
    """The stdout of a function's process: its answers, each after the end of its log."""

    def __init__(self, stdout: IO[str], stderr: IO[str]) -> None:
        self._stdout, self._stderr = stdout, stderr

    def write(self, text: str) -> int:
        if '"status": "ready"' not in text[:20]:
            self._stderr.write(f"{END_OF_LOG}\n")
            self._stderr.flush()
        return self._stdout.write(text)

    def flush(self) -> None:
        self._stdout.flush()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._stdout, name)


def can_be_forked(arguments: Sequence[str], folder: str | Path) -> bool:
    """Say whether a process of the emulator's can be a fork.

    On Linux only: system libraries of macOS do not survive a fork.

    Args:
        arguments: its command line.
        folder: the unpacked zip.

    """
    is_python = arguments[0] == sys.executable and arguments[-1].endswith("_worker.py")
    return sys.platform == "linux" and is_python and not any((Path(folder) / name).exists() for name in SDK)


def forget_modules(folder: Path) -> None:
    """Have the modules that a zip has imported from there, also those that the SDK has imported."""
    own = {each.name.removesuffix(".py") for each in folder.iterdir()}
    for name in [name for name in sys.modules if name.split(".")[0] in own]:
        del sys.modules[name]


def _run(script: str, folder: str, environ: Mapping[str, str], descriptors: Sequence[int]) -> int:
    """Become a process that runs a script; return its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    os.chdir(folder)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - they last as long as the process
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    answers = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = _Responses(answers, sys.stderr)
    sys.argv = [script]
    sys.path[0] = str(Path(script).parent)
    forget_modules(Path(folder))
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:  # noqa: BLE001 - whatever it is, a Python process prints it
        traceback.print_exc()
        return 1
    finally:
        with suppress(OSError):
            sys.stderr.flush()
            answers.flush()
    return 0


def serve(channel: socket.socket) -> None:
    """Fork a process for each request, until the other end of the channel is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
    while True:
        request, descriptors, _, _ = socket.recv_fds(channel, MAX_BYTES, 3)
        if not request:
            return
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                channel.close()
                code = _run(**json.loads(request), descriptors=descriptors)
            finally:
                os._exit(code)
        for descriptor in descriptors:
            os.close(descriptor)
        channel.send(str(pid).encode())


def share_descriptions() -> None:
    """Have all of the SDK's sessions share the descriptions of services that one of them has read."""
    from botocore.loaders import Loader  # noqa: PLC0415 - the emulator itself does not need it

    descriptions: dict[tuple[Any, ...], Any] = {}
    initialise = Loader.__init__

    def initialise_with_descriptions(self: Loader, *arguments: Any, **named: Any) -> None:  # noqa: ANN401
        initialise(self, *arguments, **named)
        self._cache = descriptions  # type: ignore[attr-defined]

    Loader.__init__ = initialise_with_descriptions  # type: ignore[method-assign]


def import_sdk() -> None:
    """Import the SDK with all that it imports late, and read the descriptions of services for all forks."""
    import boto3  # noqa: PLC0415 - only a fork server needs it before its first request

    share_descriptions()
    session = boto3.Session(region_name="us-east-1")
    for service in SERVICES:
        session.client(service)  # type: ignore[call-overload]  # the service is known at run time only


def main() -> None:
    """Serve on the channel whose descriptor is the second argument."""
    import_sdk()
    serve(socket.socket(fileno=int(sys.argv[2])))


if __name__ == "__main__":
    main()
