"""What the operator did or lacks, in words: one sentence and the remedy."""

from __future__ import annotations


class UserError(Exception):
    """A condition that the operator can fix; its message is printed.

    The exit status is 1.
    """


class CloudNotRunning(UserError):
    """The local cloud that a command needs is not running."""
