"""The original winner system: what its README promises, and what was measured of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailctl.cost.bill import Part, Sheet
from retailctl.cost.workload import Workload

if TYPE_CHECKING:
    from retailctl.cost.prices import Prices

PROMISED = (("Lambda", 2.0), ("API Gateway", 0.0035), ("DynamoDB", 10.0))
"""What the original's README promises a day for 10,000,000 events and 1,000 reads, Kinesis not counted."""
PROMISED_EVENTS = 10_000_000

CALLS_A_SALE = 6
WRITE_UNITS_A_SALE = 8.8
READ_UNITS_A_SALE = 2.0
EVENTS_PER_SECOND = 60
"""Measured with the original consumer on Node 20 against the same emulator."""


def price_original(load: Workload, prices: Prices) -> Part:
    """Return what the original's DynamoDB part costs a day, from the units it was measured to take."""
    sheet = Sheet(prices)
    sheet.add_line(
        "dynamodb.write_unit",
        "writes",
        load.events_per_day * WRITE_UNITS_A_SALE,
        f"{WRITE_UNITS_A_SALE} a sale",
    )
    sheet.add_line(
        "dynamodb.read_unit", "reads", load.events_per_day * READ_UNITS_A_SALE, f"{READ_UNITS_A_SALE} a sale"
    )
    return Part("The original, its DynamoDB part as measured", tuple(sheet.lines))
