"""Run GitHub's program `gh`, which has the operator's credentials."""

from __future__ import annotations

import subprocess

from retailctl.errors import UserError


class GhError(UserError):
    """`gh` is not installed or has failed."""


def run_gh(*arguments: str, given: str | None = None) -> str:
    """Run `gh` and return its output.

    Raises:
        GhError: where it is not installed or fails.

    """
    try:
        done = subprocess.run(["gh", *arguments], input=given, capture_output=True, text=True, check=False)  # noqa: S603, S607 - GitHub's own program, wherever it is
    except FileNotFoundError:
        raise GhError("`gh`, GitHub's program, is not installed: see https://cli.github.com.") from None
    except OSError as error:
        raise GhError(
            f"`gh` does not run on this machine ({error.strerror}): see https://cli.github.com."
        ) from None
    if done.returncode != 0:
        raise GhError(f"`gh {arguments[0]}` failed: {done.stderr.strip() or 'it printed nothing'}")
    return done.stdout
