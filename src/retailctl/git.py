"""git in the clone: commits, their order, and their trees."""

from __future__ import annotations

import io
import os
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
_SETTINGS = (
    "-c", "core.autocrlf=false",
    "-c", "core.eol=lf",
    "-c", "log.showSignature=false",
    "-c", "status.showUntrackedFiles=normal",
)  # fmt: skip
"""Settings of a clone or its owner that would change the bytes of an archive, or what git prints."""
_OTHER_REPOSITORY = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
}
"""Variables that lead git to another repository; git sets them for its hooks."""
_HASH = re.compile(r"[0-9a-f]{40}")


@contextmanager
def check_out_commits(in_project: Project, commits: Collection[str]) -> Iterator[dict[str, Project]]:
    """Yield what artifacts are made of, as each commit has it.

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
    process = run_git(in_project, "archive", "--format=tar", commit, *PARTS)
    if process.returncode != 0:
        raise UserError(
            f"A generation is pinned to the build {commit}, which this clone does not have "
            f"({process.stderr.decode(errors='replace').strip()}): fetch it (`git fetch --unshallow`, where the "
            "clone is shallow)."
        )
    return process.stdout


def resolve_commit(in_project: Project, name: str) -> str:
    """Return the whole hash of a commit that the operator names.

    Raises:
        UserError: where there is none of that name.

    """
    process = run_git(
        in_project, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
    )
    if process.returncode != 0:
        raise UserError(f"'{name}' names no commit of this clone.")
    return process.stdout.decode().strip()


def list_recent_commits(in_project: Project, most: int) -> list[str]:
    """Return the newest commits that changed artifacts; none without git."""
    process = run_git(in_project, "log", f"--max-count={most}", "--format=%H", "--", *PARTS)
    return process.stdout.decode().split() if process.returncode == 0 else []


def is_older_commit(in_project: Project, commit: str, than: str) -> bool:
    """Say whether ``commit`` is an ancestor of ``than``.

    It is not said of what is unknown: a commit that the clone lacks, one with `+changes`, any where git is missing.
    """
    if not (_HASH.fullmatch(commit) and _HASH.fullmatch(than)) or commit == than:
        return False
    try:
        return run_git(in_project, "merge-base", "--is-ancestor", commit, than).returncode == 0
    except UserError:
        return False


def find_checked_out_commit(in_project: Project) -> str:
    """Return the checked-out commit, with `+changes`; `unknown` without git.

    `+changes` means that files differ from it.
    """
    try:
        return read_git(in_project, "rev-parse", "HEAD") + (
            "+changes" if read_git(in_project, "status", "--porcelain") else ""
        )
    except UserError:
        return UNKNOWN_COMMIT


def read_git(in_project: Project, *arguments: str) -> str:
    """Return what git prints in the clone, without the space around it.

    Raises:
        UserError: with git's own words, or where there is no git.

    """
    process = run_git(in_project, *arguments)
    if process.returncode != 0:
        words = (process.stderr or process.stdout).decode(errors="replace").strip()
        raise UserError(f"`git {arguments[0]}` failed: {words}")
    return process.stdout.decode().strip()


def run_git(in_project: Project, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run git in the clone, however it ends.

    Raises:
        UserError: where there is no git.

    """
    try:
        return subprocess.run(  # noqa: S603 - the operator's own git, and no shell
            ["git", *_SETTINGS, "-C", str(in_project.root), *arguments],  # noqa: S607 - wherever it is on the PATH
            env={name: value for name, value in os.environ.items() if name not in _OTHER_REPOSITORY},
            capture_output=True,
            check=False,
        )
    except OSError:
        raise UserError("git is not installed, or cannot run: put it on the PATH.") from None
