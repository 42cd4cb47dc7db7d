"""What the studio costs: a machine's steps, and what the picture of a product takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from retailctl.cost import original
from retailctl.cost.bill import GB, Part, Sheet
from retailctl.cost.figures import (
    API_SECONDS,
    CONNECTIONS,
    FIVE_MINUTES_OF_A_DAY,
    MAPPING_METRICS,
    PROCESSOR_MB,
    READ_LINE_BYTES,
    READ_UNIT_BYTES,
    START_AND_END,
    MachineCost,
    Pieces,
    add_access_log,
    compute_batch_size,
    compute_span,
)
from retailctl.cost.workload import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailctl.cost.prices import Prices
    from retailctl.cost.workload import Workload

PICTURED_BOUND = 0.13
"""Dollars of Step Functions that a thousand photographed products may cost."""
WAITING_BOUND = 2.50
"""Dollars of Step Functions that a thousand products which wait a whole day may cost."""

STEPS_PICTURED = 3
"""States of a product whose first photographer delivers: FindPhotographer, AskForPhoto, Report."""
STEPS_MISSED = 3
"""States that each photographer who does not deliver adds: Release, FindPhotographer, AskForPhoto."""
RECHECK_SECONDS = 900
"""Seconds after which FindPhotographer is tried again (`photos.recheck_seconds`); each is a transition."""
WRITE_UNITS = 30.0
"""Of a product, with its share of registrations; `tests/integration/test_studio_units.py` counts them."""
READ_UNITS = 13.2
"""Of a product, counted there too; those of inbox and desk are apart."""
ITEM_BYTES = 500
"""A product in the table once its picture is there."""
KEPT_DAYS = 90
"""For so long after the log could deliver its events again, a product's item is kept."""
RECONCILIATIONS = DAY / 900
"""A day: each reads the whole table, for executions that ended without a word."""
STEP_CALLS = 3
STEP_SECONDS = 0.1
DESK_SECONDS = 1.0
"""A picture of some hundred kilobytes: read, checked, cleaned, written."""
DESK_LINE_BYTES = 450
INBOX_SECONDS = 120
LOOK_SECONDS = 5
"""The page asks for an open assignment every so many seconds."""
LOOK_READ_UNITS = 2
"""The photographer and their product, strongly consistently."""
PICTURE_BYTES = 350_000
"""A photograph of 1,600 pixels, as the page sends it."""
PICTURE_DAYS = 365
"""Days after which the storage is counted: pictures stay."""
INTAKE_WINDOW, INTAKE_BATCH = 1.0, 500
INTAKE_EVENT_SECONDS = 0.00002
"""An event that the intake decodes; most are sales, which end there."""
METRICS = 5

STUDIO = Pieces(
    (
        "photos",
        "photo_desk",
        "pictures",
        "studio",
        "studio_api",
        "studio_intake",
        "studio_intake_consumer",
        "studio_tasks",
        "aws_cloudwatch_metric_alarm.products_waiting",
    ),
    alarm_metrics=28,
    log_groups=5,
    tables=1,
)


def list_machine_costs(prices: Prices) -> Iterator[MachineCost]:
    """Yield what a thousand products cost, by what becomes of them."""
    yield MachineCost(
        "products photographed, nobody late",
        STEPS_PICTURED,
        compute_span(prices, STEPS_PICTURED, START_AND_END),
        compute_span(prices, original.STEPS_PICTURED, START_AND_END),
    )
    yield MachineCost(
        "photographers who do not deliver", STEPS_MISSED, compute_span(prices, STEPS_MISSED), None
    )
    waits = DAY / RECHECK_SECONDS
    yield MachineCost(
        "products that wait a day for a photographer",
        waits,
        compute_span(prices, waits),
        compute_span(prices, original.STEPS_WAITING),
    )


def price_studio(load: Workload, prices: Prices) -> Part:
    """Return what the studio costs: each new product photographed by the first who is asked."""
    sheet = Sheet(prices)
    _add_machine(sheet, load)
    _add_table(sheet, load)
    _add_functions(sheet, load)
    _add_pictures(sheet, load)
    _add_inbox(sheet, load)
    _add_monitoring(sheet, load)
    return Part("The studio", tuple(sheet.lines))


def _add_machine(sheet: Sheet, load: Workload) -> None:
    sheet.add_line(
        "states.transition",
        "products photographed",
        load.offers_per_day * (STEPS_PICTURED + START_AND_END),
        f"{STEPS_PICTURED} steps a product, and start and end, which AWS's example counts",
    )
    sheet.add_line(
        "states.transition",
        "products that wait",
        load.waiting_products * DAY / RECHECK_SECONDS,
        f"one each {RECHECK_SECONDS} s for each that waits all day",
    )
    if load.texts:
        sheet.add_line(
            "sns.sms", "texts", load.offers_per_day, "one a product, to the US, without carriers' fees"
        )


def _add_table(sheet: Sheet, load: Workload) -> None:
    sheet.add_line(
        "dynamodb.write_unit",
        "products photographed",
        load.offers_per_day * WRITE_UNITS,
        f"{WRITE_UNITS:g} a product, counted",
    )
    sheet.add_line(
        "dynamodb.read_unit",
        "products photographed",
        load.offers_per_day * READ_UNITS,
        f"{READ_UNITS:g} a product, counted",
    )
    stored = load.offers_per_day * (KEPT_DAYS + load.stream_days) * ITEM_BYTES
    origin = f"{KEPT_DAYS + load.stream_days} days of offers"
    sheet.add_line(
        "dynamodb.read_unit",
        "reconciliation",
        RECONCILIATIONS * stored / READ_UNIT_BYTES / 2,
        f"the whole table, {RECONCILIATIONS:g} times",
    )
    sheet.add_monthly_line("dynamodb.storage", "the table", stored / GB, origin)
    sheet.add_monthly_line("dynamodb.recovery", "the table, to any second", stored / GB, origin)


def _add_functions(sheet: Sheet, load: Workload) -> None:
    offers, memory = load.offers_per_day, load.memory_mb / 1024
    each = replace(load, window_seconds=INTAKE_WINDOW, batch_size=INTAKE_BATCH)
    batches = sum(lasting * rate / compute_batch_size(each, rate) for rate, lasting in load.compute_rates())
    origin = f"a batch each {INTAKE_WINDOW:g} s of a shard"
    share = min(1.0, load.memory_mb / PROCESSOR_MB)
    sheet.add_line("lambda.request", "studio intake, batches", batches, origin)
    sheet.add_line(
        "lambda.gb_second",
        "studio intake, time",
        load.events_per_day * INTAKE_EVENT_SECONDS / share * memory,
        f"{INTAKE_EVENT_SECONDS * 1e6:g} µs of a whole processor an event, estimated",
    )
    for name, calls, seconds in (("studio tasks", STEP_CALLS, STEP_SECONDS), ("photo desk", 1, DESK_SECONDS)):
        sheet.add_line("lambda.request", name, calls * offers, f"{calls} a product")
        sheet.add_line(
            "lambda.gb_second",
            f"{name}, time",
            calls * offers * seconds * memory,
            f"{seconds * 1e3:,.0f} ms each, estimated",
        )


def _add_pictures(sheet: Sheet, load: Workload) -> None:
    offers = load.offers_per_day
    sheet.add_line("s3.put", "uploads and pictures", 2 * offers, "one of each a product")
    sheet.add_line("s3.get", "uploads read", offers, "one a product")
    sheet.add_monthly_line(
        "s3.storage",
        "pictures, kept",
        PICTURE_DAYS * offers * PICTURE_BYTES / GB,
        f"{PICTURE_DAYS} days of offers, {PICTURE_BYTES / 1_000:g} KB each",
    )


def _add_inbox(sheet: Sheet, load: Workload) -> None:
    looks = load.offers_per_day * INBOX_SECONDS / LOOK_SECONDS
    requests = looks + load.offers_per_day
    origin = f"a look each {LOOK_SECONDS} s of the {INBOX_SECONDS} s that an assignment is open, and a ticket"
    sheet.add_line("apigateway.request", "inbox", requests, origin)
    sheet.add_line("lambda.request", "studio API", requests, origin)
    sheet.add_line(
        "lambda.gb_second",
        "studio API, time",
        requests * API_SECONDS * load.memory_mb / 1024,
        "as the winner API's",
    )
    sheet.add_line("dynamodb.read_unit", "inbox", requests * LOOK_READ_UNITS, f"{LOOK_READ_UNITS} a request")
    add_access_log(sheet, load, requests * READ_LINE_BYTES, "lines as the winner API's")


def _add_monitoring(sheet: Sheet, load: Workload) -> None:
    logged = load.offers_per_day * DESK_LINE_BYTES / GB
    sheet.add_line("cloudwatch.log_gb", "logs", logged, "a line a picture; the other functions write none")
    sheet.add_monthly_line(
        "cloudwatch.metric", "our metrics", METRICS, "counted as if each were sent every hour"
    )
    sheet.add_monthly_line(
        "cloudwatch.metric", "the mapping's metrics", len(MAPPING_METRICS), "as the winner view's"
    )
    sheet.add_monthly_line(
        "cloudwatch.alarm", "alarms", STUDIO.alarm_metrics, "metrics that its alarms watch"
    )
    connections = STUDIO.tables * (CONNECTIONS * load.shards + 3)
    sheet.add_line(
        "kms.request",
        "use of the key",
        (12 + connections + 1 + STUDIO.log_groups) * FIVE_MINUTES_OF_A_DAY,
        "every five minutes: 12 to read the stream, one by the machine, by each connection to the table and "
        "by each log group",
    )
