"""What carts and orders cost: a machine's steps, and what an order of two lines takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailctl.cost.bill import GB, Part, Sheet
from retailctl.cost.figures import (
    API_SECONDS,
    FIVE_MINUTES_OF_A_DAY,
    READ_LINE_BYTES,
    START_AND_END,
    MachineCost,
    Pieces,
    add_access_log,
    compute_span,
)
from retailctl.cost.workload import DAY

if TYPE_CHECKING:
    from retailctl.cost.prices import Prices
    from retailctl.cost.workload import Workload

ORDERED_BOUND = 0.13
"""Dollars of Step Functions that a thousand orders may cost."""
STEPS = 3
"""States of an order, whatever becomes of it: Reserve, Pay, Confirm."""
LINES = 2
"""Of an order."""
WRITE_UNITS = 16.0
"""Of an order: its item and index, stock and payment; `tests/integration/test_order_units.py` counts them."""
READ_UNITS = 6.0
"""Of an order's steps, counted there too."""
CART_WRITE_UNITS = 2.0
"""Of a line: put in by its customer, and taken out by the confirmation."""
CART_READ_UNITS = 1.0
"""Of a line whose events come in a batch of their own: the view reads what it has judged."""
CART_LOOKS, ORDER_LOOKS = 3, 3
"""Of the page: at the cart, and at an order until it has ended, once a second."""
LOOK_READ_UNITS = 2
"""A cart and its products, or an order with its page."""
TASK_SECONDS = 0.1
ORDER_BYTES = 1_000
"""An order of two lines once it has ended, and its payment."""
ORDER_DAYS = 365
"""Days after which the storage is counted: orders stay."""
RECONCILIATIONS = DAY / 900
"""A day: each asks the index of open orders, of which there are next to none."""
OPEN_SHARDS = 4
METRICS = 3
TABLE_CONNECTIONS = 7
"""Of the two functions: to orders, stock, payments and catalog; to carts, catalog and orders."""

ORDERS = Pieces(
    (
        "carts",
        "order_machine",
        "order_tasks",
        "orders",
        "payments",
        "shop_api",
        "aws_cloudwatch_metric_alarm.orders_waiting",
    ),
    alarm_metrics=30,
    log_groups=3,
    tables=3,
)


def list_machine_costs(prices: Prices) -> list[MachineCost]:
    """Return what a thousand orders cost."""
    return [
        MachineCost("orders", STEPS, compute_span(prices, STEPS, START_AND_END), None),
    ]


def price_orders(load: Workload, prices: Prices) -> Part:
    """Return what carts and orders cost: each order confirmed at once."""
    sheet = Sheet(prices)
    orders, memory = load.orders_per_day, load.memory_mb / 1024
    sheet.add_line(
        "states.transition",
        "orders",
        orders * (STEPS + START_AND_END),
        f"{STEPS} steps an order, and start and end, which AWS's example counts",
    )
    _add_tables(sheet, load)
    looks = CART_LOOKS + ORDER_LOOKS
    requests, origin = orders * (looks + 1), f"{looks} looks at cart and order, and the order itself"
    sheet.add_line("apigateway.request", "carts and orders", requests, origin)
    for name, calls, seconds in (("order tasks", STEPS, TASK_SECONDS), ("shop API", looks + 1, API_SECONDS)):
        sheet.add_line("lambda.request", name, calls * orders, f"{calls} an order")
        sheet.add_line(
            "lambda.gb_second",
            f"{name}, time",
            calls * orders * seconds * memory,
            f"{seconds * 1e3:,.0f} ms each, estimated",
        )
    sheet.add_line(
        "kinesis.put_unit",
        "events",
        orders * (1 + LINES),
        "the confirmation and a sale a line, beside the day's",
    )
    add_access_log(sheet, load, requests * READ_LINE_BYTES, "lines as the winner API's")
    _add_monitoring(sheet)
    return Part("Carts and orders", tuple(sheet.lines))


def _add_tables(sheet: Sheet, load: Workload) -> None:
    orders = load.orders_per_day
    sheet.add_line(
        "dynamodb.write_unit", "orders", orders * WRITE_UNITS, f"{WRITE_UNITS:g} an order, counted"
    )
    sheet.add_line("dynamodb.read_unit", "orders", orders * READ_UNITS, f"{READ_UNITS:g} an order, counted")
    cart_lines = orders * LINES
    sheet.add_line(
        "dynamodb.write_unit",
        "cart lines",
        cart_lines * CART_WRITE_UNITS,
        f"{CART_WRITE_UNITS:g} a line: put in, taken out",
    )
    sheet.add_line(
        "dynamodb.read_unit", "cart lines", cart_lines * CART_WRITE_UNITS * CART_READ_UNITS, "one a write"
    )
    looks = orders * (CART_LOOKS + ORDER_LOOKS)
    sheet.add_line("dynamodb.read_unit", "looks", looks * LOOK_READ_UNITS, f"{LOOK_READ_UNITS} a look")
    sheet.add_line(
        "dynamodb.read_unit",
        "reconciliation",
        RECONCILIATIONS * OPEN_SHARDS / 2,
        f"an empty answer of {OPEN_SHARDS} shards of the index, {RECONCILIATIONS:g} times",
    )
    stored, origin = orders * ORDER_DAYS * ORDER_BYTES / GB, f"{ORDER_DAYS} days of orders"
    sheet.add_monthly_line("dynamodb.storage", "the tables", stored, origin)
    sheet.add_monthly_line("dynamodb.recovery", "the tables, to any second", stored, origin)


def _add_monitoring(sheet: Sheet) -> None:
    sheet.add_monthly_line(
        "cloudwatch.metric", "our metrics", METRICS, "counted as if each were sent every hour"
    )
    sheet.add_monthly_line(
        "cloudwatch.alarm", "alarms", ORDERS.alarm_metrics, "metrics that its alarms watch"
    )
    sheet.add_line(
        "kms.request",
        "use of the key",
        (TABLE_CONNECTIONS + 1 + ORDERS.log_groups) * FIVE_MINUTES_OF_A_DAY,
        "every five minutes: one by the machine, by each connection to a table and by each log group",
    )
