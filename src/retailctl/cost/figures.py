"""Figures and lines that several parts of the bill share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from retailctl.cost.bill import GB
from retailctl.cost.workload import DAY

if TYPE_CHECKING:
    from retailctl.cost.bill import Sheet
    from retailctl.cost.prices import Prices
    from retailctl.cost.workload import Workload

FIVE_MINUTES_OF_A_DAY = DAY / 300
MAPPING_METRICS = (
    "PolledEventCount", "FilteredOutEventCount", "InvokedEventCount", "FailedInvokeEventCount",
    "OnFailureDestinationDeliveredEventCount", "DroppedEventCount",
)  # fmt: skip
VIEW_LOG_BYTES = 1_000
"""The metrics' line of a batch, with what CloudWatch adds to each."""
READ_LINE_BYTES = 309
"""A request: its one line in the access log, where its route is the longest."""
PROCESSOR_MB = 1_769
"""Memory at which a function has a whole processor."""
API_SECONDS = 0.13
"""A read through the API: the P99 that the original promised."""
CONNECTIONS = 8
"""Of an instance of a view to DynamoDB: as many as it has threads."""
READ_UNIT_BYTES = 4_096
THOUSAND = 1_000
START_AND_END = 2
"""The price list counts each step executed; AWS's own example counts start and end of an execution too."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a part of the system has that is paid by the piece.

    `tests/infrastructure/test_cost_inventory.py` counts them in prod's plan.

    Attributes:
        modules: the root's, or resources of it, whose pieces these are; of one part: what no other has.
        alarm_metrics: metrics that alarms watch.

    """

    modules: tuple[str, ...] = ()
    alarm_metrics: int = 0
    log_groups: int = 0
    tables: int = 0
    keys: int = 0
    dashboards: int = 0


@dataclass(frozen=True, slots=True)
class MachineCost:
    """Dollars of Step Functions for a thousand of something, and the original's; lower and upper."""

    what: str
    steps: float
    ours: tuple[float, float]
    original: tuple[float, float] | None


def compute_span(prices: Prices, steps: float, around: int = 0) -> tuple[float, float]:
    """Return the dollars of a thousand times so many steps, without and with the steps ``around`` them."""
    each = THOUSAND * prices.find_price("states.transition").each
    return steps * each, (steps + around) * each


def compute_batch_size(load: Workload, rate: float) -> float:
    """Return the sales in a batch for a rate over all shards."""
    return min(max(rate / load.shards * load.window_seconds, 1.0), float(load.batch_size))


def add_access_log(sheet: Sheet, load: Workload, line_bytes: float, origin: str) -> None:
    """Add the cost of lines in the access log."""
    sheet.add_line("cloudwatch.infrequent_log_gb", "access log", line_bytes / GB, origin)
    sheet.add_monthly_line(
        "cloudwatch.log_storage",
        "access log, kept",
        line_bytes * load.access_log_days / GB,
        f"for {load.access_log_days} days",
    )
