"""The original winner system: what its README promises, and what was measured of it."""

from __future__ import annotations

CALLS_A_SALE = 6
WRITE_UNITS_A_SALE = 8.8
READ_UNITS_A_SALE = 2.0
EVENTS_PER_SECOND = 60
"""Measured with the original consumer on Node 20 against the same emulator."""
