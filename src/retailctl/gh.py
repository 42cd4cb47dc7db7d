"""GitHub, through its own program `gh`, which knows who is signed in."""

from __future__ import annotations

import subprocess

from retailctl.errors import UserError


class GhError(UserError):
    """`gh` is not there, or GitHub did not do what it was asked."""


def run_gh(*arguments: str, given: str | None = None) -> str:
    """Run `gh` and return what it prints.

    Raises:
        GhError: where it is not there, or fails, with what it says.

    """
    try:
        done = subprocess.run(["gh", *arguments], input=given, capture_output=True, text=True, check=False)  # noqa: S603, S607 - GitHub's own program, wherever it is
    except FileNotFoundError:
        raise GhError("`gh`, GitHub's program, is not installed: see https://cli.github.com.") from None
    if done.returncode != 0:
        raise GhError(f"`gh {arguments[0]}` failed: {done.stderr.strip() or 'it said nothing'}")
    return done.stdout
