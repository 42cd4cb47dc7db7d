"""A price list and units for sums that a person can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailctl.cost.units import Measured, Point

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = Measured("a table", (Point(batch_size=10, reach=10, read_units=0.5, seconds=0.01),))
"""Whatever the batch: ten faces to meet, half a read unit a sale, ten milliseconds a write."""


def price_list(folder: Path, text: str) -> Path:
    """Write a price list and return its path."""
    file = folder / "prices.toml"
    file.write_text(text)
    return file
