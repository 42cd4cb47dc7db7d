"""A commit of this clone whose rule of credit is another, on no branch: photographers earn two for each sale."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

STORE = "src/hello_retail/winner_view/store.py"
RULE = '":counted": {"N": str(counted)},'
OTHER_RULE = '":counted": {"N": str(counted * (2 if role == "photographer" else 1))},'
_NOBODY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "test"), ("EMAIL", "test@example.com"), ("DATE", "2026-01-01T00:00:00Z"))
}


def commit(root: Path, index: Path) -> str:
    """Return the hash of such a commit above the clone's HEAD; ``index`` is a file for git to work in.

    Only objects are added to the clone, which nothing refers to and `git gc` takes away in time.
    """

    def git(*arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            env={**os.environ, **_NOBODY, "GIT_INDEX_FILE": str(index)},
            input=stdin,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    code = git("show", f"HEAD:{STORE}")
    assert RULE in code
    changed = git("hash-object", "-w", "--stdin", stdin=code.replace(RULE, OTHER_RULE)).strip()
    git("read-tree", "HEAD")
    git("update-index", "--cacheinfo", f"100644,{changed},{STORE}")
    return git("commit-tree", git("write-tree").strip(), "-p", "HEAD", "-m", "photographers earn two").strip()
