"""`retailctl` as an operator runs it: a process of its own, with a home and a TMPDIR that tests can look into."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from retailctl.emulator import processes
from retailctl.project import Project

ROOT = Path(__file__).resolve().parents[2]
RETAILCTL = Path(sys.executable).parent / "retailctl"


_OUR_CODE = re.compile(r'File ".*/src/retailctl/(?!__main__\.py|__init__\.py)\w')


class Operator:
    """Somebody at a shell in a clone.

    Attributes:
        project: the clone.
        outside: everything of theirs that is no part of the clone: their home and their TMPDIR.

    """

    def __init__(self, project: Project, outside: Path) -> None:
        self.project = project
        self.outside = outside
        for folder in ("home", "tmp"):
            (outside / folder).mkdir(parents=True, exist_ok=True)

    @property
    def environ(self) -> dict[str, str]:
        """Return their environment, without any AWS setting."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RETAIL_"))}
        own = {"HOME": str(self.outside / "home"), "TMPDIR": str(self.outside / "tmp")}
        return {**kept, **own, "RETAIL_ROOT": str(self.project.root), "AWS_EC2_METADATA_DISABLED": "true"}

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        """Start `retailctl` with ``arguments``, in a process group as a shell gives it."""
        return subprocess.Popen(
            [RETAILCTL, *arguments],
            env={**self.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run `retailctl` with ``arguments`` to its end."""
        process = self.start(*arguments, **environ)
        out, err = process.communicate(timeout=240)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def run_tool(self, module: str) -> subprocess.CompletedProcess[str]:
        """Run one of the maintainers' tools on the clone, as pre-commit does."""
        return subprocess.run(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    def do(self, *arguments: str, **environ: str) -> str:
        """Run `retailctl` with ``arguments``, which must succeed, and return its stdout."""
        result = self.run(*arguments, **environ)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def left_outside(self) -> list[str]:
        """Return the files and folders that commands have left outside of the clone."""
        found = [path.relative_to(self.outside) for path in self.outside.rglob("*")]
        return sorted(str(path) for path in found if str(path) not in {"home", "tmp"})

    def running(self, cloud: str) -> list[processes.Process]:
        """Return the processes of a local cloud."""
        return processes.list_cloud_processes(self.project.cloud_folder(cloud))


def wait_for(
    condition: Callable[[], object], process: subprocess.Popen[str] | None = None, seconds: float = 60
) -> None:
    """Return as soon as ``condition`` holds; fail when it does not in time, or not before ``process`` ends."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        assert process is None or process.poll() is None, "the command ended before it happened"
        time.sleep(0.05)


def shows_traceback(complaint: str) -> bool:
    """Say whether a command printed a traceback, other than that of Ctrl-C while Python itself starts.

    No code of ours runs there: it ends before `retailctl.__main__` has set how Ctrl-C ends it.
    """
    is_python_start = complaint.rstrip().endswith("KeyboardInterrupt") and not _OUR_CODE.search(complaint)
    return "Traceback" in complaint and not is_python_start
