"""What the operator did or lacks, in words: one sentence and the remedy."""

from __future__ import annotations


class UserError(Exception):
    """A condition that the operator can mend; its message is the sentence that is printed, exit status 1."""


class CloudNotRunning(UserError):
    """The local cloud that a command needs is not running."""
