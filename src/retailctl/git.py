"""Earlier builds of the clone: its tree as a commit has it, for a generation that keeps its old code."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from retailctl.errors import UserError
from retailctl.project import Project

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

UNKNOWN_COMMIT = "unknown"

PARTS = ("src/hello_retail", "requirements/lambda.txt")
"""What an artifact is made of."""
_HASH = re.compile(r"[0-9a-f]{40}")


@contextmanager
def check_out_commits(in_project: Project, commits: Collection[str]) -> Iterator[dict[str, Project]]:
    """Yield the parts of the clone that artifacts are made of, as each of the commits has them.

    Raises:
        UserError: where the clone has no such commit.

    """
    with tempfile.TemporaryDirectory(prefix="retail-builds-") as folder:
        trees = {}
        for commit in sorted(commits):
            tree = Path(folder) / commit
            with tarfile.open(fileobj=io.BytesIO(_archive_commit(in_project, commit))) as archive:
                archive.extractall(tree, filter="data")
            trees[commit] = Project(tree)
        yield trees


def _archive_commit(in_project: Project, commit: str) -> bytes:
    done = _git(in_project, "archive", "--format=tar", commit, *PARTS)
    if done.returncode != 0:
        raise UserError(
            f"A generation is pinned to the build {commit}, which this clone does not have "
            f"({done.stderr.decode(errors='replace').strip()}): fetch it (`git fetch --unshallow`, where the "
            "clone is shallow)."
        )
    return done.stdout


def resolve_commit(in_project: Project, name: str) -> str:
    """Return the whole hash of a commit that the operator names.

    Raises:
        UserError: where there is none of that name.

    """
    done = _git(in_project, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if done.returncode != 0:
        raise UserError(f"'{name}' names no commit of this clone.")
    return done.stdout.decode().strip()


def list_recent_commits(in_project: Project, most: int) -> list[str]:
    """Return the newest commits that changed what artifacts are made of, the newest first; none without git."""
    done = _git(in_project, "log", f"--max-count={most}", "--format=%H", "--", *PARTS)
    return done.stdout.decode().split() if done.returncode == 0 else []


def is_older_commit(in_project: Project, commit: str, than: str) -> bool:
    """Say whether ``commit`` is one that ``than`` came of: earlier, and on its line.

    It is not said of what is unknown: a commit that the clone lacks, one with `+changes`, any where git is missing.
    """
    if not (_HASH.fullmatch(commit) and _HASH.fullmatch(than)) or commit == than:
        return False
    try:
        return _git(in_project, "merge-base", "--is-ancestor", commit, than).returncode == 0
    except UserError:
        return False


def _git(in_project: Project, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - the operator's own git
            ["git", "-C", str(in_project.root), *arguments],  # noqa: S607 - wherever it is on the PATH
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise UserError("git is not installed, and a build of an earlier commit needs it.") from None
    except OSError as error:
        raise UserError(
            f"git does not run on this machine ({error.strerror}), and a build of an earlier commit needs it."
        ) from None


def find_checked_out_commit(in_project: Project) -> str:
    """Return the commit that is checked out, with `+changes` where files differ from it; `unknown` without git."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(in_project.root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - git

    try:
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return UNKNOWN_COMMIT
