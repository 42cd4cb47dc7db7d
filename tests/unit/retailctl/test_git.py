"""git in the clone."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from retailctl.errors import UserError
from retailctl.git import (
    UNKNOWN_COMMIT,
    check_out_commits,
    find_checked_out_commit,
    list_recent_commits,
    read_git,
)
from support.miniature import write

if TYPE_CHECKING:
    from pathlib import Path

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


def test_the_settings_of_a_clone_and_of_a_hook_change_nothing(
    clone: Project, commit: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def archive() -> bytes:
        with check_out_commits(clone, [commit]) as trees:
            return (trees[commit].root / "src" / "hello_retail" / "settings.py").read_bytes()

    for setting in ("core.autocrlf=true", "log.showSignature=true", "status.showUntrackedFiles=no"):
        read_git(clone, "config", *setting.split("="))
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "another"))

    assert archive() == b"SHARED = True\n"
    assert list_recent_commits(clone, 5) == [commit]
    write(clone.root, {"new.txt": ""})
    assert find_checked_out_commit(clone) == f"{commit}+changes"
