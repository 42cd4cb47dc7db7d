"""What is said of tests that were skipped for want of a program: one sentence, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable


def describe(reasons: Iterable[str]) -> str | None:
    """Return how many tests were left out and what would bring them, or None where none was.

    Args:
        reasons: why each was, as pytest gives it.

    """
    listed = [reason.removeprefix("Skipped: ").partition("\n")[0].rstrip(".:") for reason in reasons]
    if not listed:
        return None
    number = "1 test was" if len(listed) == 1 else f"{len(listed)} tests were"
    distinct = [reason[:1].lower() + reason[1:] for reason in dict.fromkeys(listed)]
    return f"{number} left out: {'; '.join(distinct)}."
