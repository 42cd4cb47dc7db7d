"""For how long the stream certainly has a record."""

from __future__ import annotations

KEPT_SECONDS = 24 * 3600.0
"""For how long Kinesis keeps every record at least.

What a stream keeps today says nothing of the past: it may have kept less before, and raising the retention does not
bring back what is forgotten (Kinesis Developer Guide, "Change the data retention period").
"""
MARGIN_SECONDS = 300.0
"""How many seconds before its expiry a record counts as expired."""


def compute_retention_start(now: float) -> float:
    """Return the time, in seconds, since which the stream certainly has every record."""
    return now - KEPT_SECONDS + MARGIN_SECONDS
