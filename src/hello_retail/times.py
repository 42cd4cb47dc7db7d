"""Times as items hold them."""

from __future__ import annotations

from datetime import UTC, datetime


def format_time(seconds: float) -> str:
    """Return a time in ISO 8601, UTC, with milliseconds: it sorts as text."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def measure_seconds(start: str, end: str) -> float:
    """Return the seconds between two times of ``format_time``."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
