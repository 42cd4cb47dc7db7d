"""The original winner system: promised and measured costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailctl.cost.bill import Part, Sheet
from retailctl.cost.workload import DAY, Workload

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
SHARDS = 3
BATCH_SIZE = 5
MEMORY_MB = 1_024
"""What the Serverless Framework gives a function that names no memory, as the original's do not."""

STEPS_PICTURED = 13
"""States that the original's machine enters for a product whose first photographer delivers."""
POLL_SECONDS, STEPS_A_POLL = 15, 3
STEPS_WAITING = STEPS_A_POLL * DAY / POLL_SECONDS
"""Of a product that waits a day: its machine asks for a photographer every 15 seconds."""


def price_original(load: Workload, prices: Prices) -> Part:
    """Return the measured daily cost of the original's DynamoDB part."""
    sheet = Sheet(prices)
    _add_tables(sheet, load)
    return Part("The original, its DynamoDB part as measured", tuple(sheet.lines))


def price_original_day(load: Workload, prices: Prices, writer_seconds: float) -> Part:
    """Return the original's daily cost from its API to its board.

    Its event writer is taken to need ``writer_seconds`` for an event, as ours is. Logs and alarms are not counted.
    """
    sheet = Sheet(prices)
    events = load.events_per_day
    sheet.add_line("apigateway.rest_request", "events posted", events, "a REST API, every event one by one")
    sheet.add_line("lambda.request", "event writer", events, "every event, one by one")
    sheet.add_line(
        "lambda.gb_second",
        "event writer, time",
        events * writer_seconds * MEMORY_MB / 1024,
        f"{writer_seconds * 1000:.0f} ms an event, estimated as ours; {MEMORY_MB:,} MB, its framework's default",
    )
    shards = SHARDS * max(1.0, events / PROMISED_EVENTS)
    sheet.add_line(
        "kinesis.shard_hour", "shards", shards * 24, f"{SHARDS} for {PROMISED_EVENTS:,} events a day"
    )
    sheet.add_line("kinesis.put_unit", "events put", events, "an event is far below 25 KB")
    sheet.add_line("lambda.request", "consumer, batches", events / BATCH_SIZE, f"{BATCH_SIZE} events a batch")
    sheet.add_line(
        "lambda.gb_second",
        "consumer, time",
        events / EVENTS_PER_SECOND * MEMORY_MB / 1024,
        f"{EVENTS_PER_SECOND} events a second, measured with the emulator's own part",
    )
    _add_tables(sheet, load)
    return Part("The original, from its front door to its board", tuple(sheet.lines))


def _add_tables(sheet: Sheet, load: Workload) -> None:
    """Add the units that the tables take, as measured."""
    events = load.events_per_day
    sheet.add_line(
        "dynamodb.write_unit", "writes", events * WRITE_UNITS_A_SALE, f"{WRITE_UNITS_A_SALE} a sale, measured"
    )
    sheet.add_line(
        "dynamodb.read_unit", "reads", events * READ_UNITS_A_SALE, f"{READ_UNITS_A_SALE} a sale, measured"
    )
