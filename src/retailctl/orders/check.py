"""Look at an environment's orders, stock, payments, executions and log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hello_retail.event_log import retention
from retailctl.catalog.stored import read_stored_stock
from retailctl.checks import await_lasting_faults
from retailctl.executions import Executions
from retailctl.orders.comparison import OrdersEvidence, find_faults
from retailctl.orders.confirmations import KINDS, collect_order_events
from retailctl.orders.stored import CONFIRMED, STATES, StoredOrder, read_stored_orders, read_stored_payments
from retailctl.replay.kept import read_kept_events
from retailctl.replay.log import ReplayLog

if TYPE_CHECKING:
    from retailctl.environments.target import Target


@dataclass(frozen=True, slots=True)
class OrdersLook:
    """What one look found."""

    orders: Sequence[StoredOrder]
    running: int
    gaps: Sequence[str]
    faults: Sequence[str]


def look_at_orders(target: Target, values: Mapping[str, Any], log: ReplayLog, now: datetime) -> OrdersLook:
    """Hold tables, executions and log against each other once.

    The orders are read before the log: what is confirmed by then is in it.
    """
    dynamodb = target.client("dynamodb")
    executions = Executions(target.client("stepfunctions"), str(values["orders_machine_arn"]))
    orders = read_stored_orders(dynamodb, str(values["orders_table"]))
    kept = read_kept_events(log, KINDS)
    stream_start = datetime.fromtimestamp(retention.compute_retention_start(now.timestamp()), UTC)
    running = executions.list_running()
    evidence = OrdersEvidence(
        orders,
        read_stored_payments(dynamodb, str(values["payments_table"])),
        read_stored_stock(dynamodb, str(values["stock_table"])),
        running,
        collect_order_events(kept.payloads),
        log_start=stream_start.isoformat(timespec="milliseconds").replace("+00:00", "Z") if kept.gaps else "",
    )
    return OrdersLook(orders, len(running), kept.gaps, find_faults(evidence))


def check_environment(
    target: Target, values: Mapping[str, Any], patience: float
) -> tuple[OrdersLook, list[str]]:
    """Return the last look at an environment's orders, and what was wrong at every look."""
    log = ReplayLog(target, values)
    return await_lasting_faults(lambda: look_at_orders(target, values, log, datetime.now(UTC)), patience)


def count_states(orders: Iterable[StoredOrder]) -> dict[str, int]:
    """Return how many orders are in each state that there is."""
    counts = Counter(order.state for order in orders)
    return {state: counts[state] for state in STATES if counts[state]}


def count_reasons(orders: Iterable[StoredOrder]) -> dict[str, int]:
    """Return how many orders ended for each reason, the most frequent first."""
    return dict(Counter(order.reason for order in orders if order.reason is not None).most_common())


def describe_orders(orders: Sequence[StoredOrder]) -> str:
    """Return in words what became of orders: by state, and why not."""
    states = ", ".join(f"{number:,} {state}" for state, number in count_states(orders).items())
    reasons = ", ".join(f"{number:,} {reason}" for reason, number in count_reasons(orders).items())
    return f"{states or 'none'}{f' ({reasons})' if reasons else ''}"


def describe_agreement(orders: Sequence[StoredOrder]) -> str:
    """Return the sentence on orders that agree with everything else."""
    confirmed = [order for order in orders if order.state == CONFIRMED]
    total = sum(order.total_cents or 0 for order in confirmed)
    lines = sum(len(order.lines) for order in confirmed)
    return (
        "Of each product, what is available, reserved and sold is what was added; "
        f"{total:,} captured are the {len(confirmed):,} confirmed orders; each of their {lines:,} lines is one "
        "sale on the log."
    )
