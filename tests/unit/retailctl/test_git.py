"""git in the clone."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from retailctl.errors import UserError
from retailctl.git import UNKNOWN_COMMIT, find_checked_out_commit, read_git
from support.miniature import write

if TYPE_CHECKING:
    from retailctl.project import Project


@pytest.fixture
def commit(clone: Project, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put the clone under git, with one commit, and return its hash."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "ada@example.com")
    write(clone.root, {".gitignore": ".retail/\nbuild/\n"})
    read_git(clone, "init", "--quiet")
    read_git(clone, "add", "--all")
    read_git(clone, "commit", "--quiet", "--no-gpg-sign", "--message=first")
    git = ["git", "-C", str(clone.root), "rev-parse", "HEAD"]
    return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()


def test_the_commit_is_told_and_whether_files_differ_from_it(clone: Project, commit: str) -> None:
    assert find_checked_out_commit(clone) == commit
    write(clone.root, {"new.txt": ""})
    assert find_checked_out_commit(clone) == f"{commit}+changes"


def test_a_clone_that_git_does_not_know_has_no_known_commit(
    clone: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(clone.root.parent))
    assert find_checked_out_commit(clone) == UNKNOWN_COMMIT
    monkeypatch.setenv("PATH", "")
    assert find_checked_out_commit(clone) == UNKNOWN_COMMIT


def test_where_git_fails_its_own_words_are_told(clone: Project, commit: str) -> None:
    with pytest.raises(UserError, match=r"^`git switch` failed: fatal: invalid reference: nowhere$"):
        read_git(clone, "switch", "nowhere")
    assert read_git(clone, "log", "--format=%H") == commit


def test_where_there_is_no_git_that_is_a_sentence(clone: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match=r"^git is not installed, or cannot run: put it on the PATH\.$"):
        read_git(clone, "status")
