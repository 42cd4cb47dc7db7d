"""Calculate a day's bill from measured units and a price list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

from retailctl.cost.bill import GB, Bill, Part, Sheet
from retailctl.cost.figures import (
    API_SECONDS,
    CONNECTIONS,
    FIVE_MINUTES_OF_A_DAY,
    MAPPING_METRICS,
    PROCESSOR_MB,
    READ_LINE_BYTES,
    READ_UNIT_BYTES,
    VIEW_LOG_BYTES,
    Pieces,
    add_access_log,
    compute_batch_size,
)
from retailctl.cost.orders import ORDERS, price_orders
from retailctl.cost.studio import STUDIO, price_studio
from retailctl.cost.units import Measured, compute_crowd
from retailctl.cost.workload import DAYS_KEPT_BY_THE_HOUR, FRESHEST, SHORTEST_POLL, Workload

if TYPE_CHECKING:
    from retailctl.cost.prices import Prices

BOUND = 3.0
"""Dollars a day that the way from stream to board may cost at the default workload."""
FRONT_DOOR_BOUND = 16.5
"""Dollars a day that the writer's API may cost at the default workload."""

VIEW_METRICS = (
    "EventsApplied", "RecordsQuarantined", "RedeliveredSales", "RepeatedSales", "WriteCapacityUnits",
    "ReadCapacityUnits", "Freshness",
)  # fmt: skip
EVENT_LINE_BYTES = 284
"""An accepted event: its one line in the access log, with the 26 bytes that CloudWatch adds to each."""
RECORD_BYTES = 270
"""The mean of the events of a simulated day."""
ARCHIVE_RATIO = 8.0
"""How much smaller gzip makes a batch of events; on simulated days it is 17."""
WRITER_SECONDS = 0.03
"""An event through the writer: the checks and one call to Kinesis."""
ARCHIVE_SECONDS = 1.0
"""A batch of the archive: decode, compress, ask the stream what came before, three PUTs."""
ARCHIVE_BATCH = 10_000
ARCHIVE_PUTS = 3
"""The batch itself, its link to the one before, and the note of how far the shard has come."""
SCORE_BUCKETS = 4
TABLES_IN_USE = 2
"""Of the tables, those that batches and reads use; an instance of the view reads the redrives' once in its life."""
TRENDING_WINDOW, TRENDING_BATCH = 60.0, 5_000
"""As staging and prod have them."""
TRENDING_WRITE_SECONDS = 0.003
TRENDING_METRICS = 5
CATALOG_WRITE_UNITS = 6.0
"""A new product: its item, its place in the index and its category's count, doubled by their transaction."""
PRICE_WRITE_UNITS = 2.0
PICTURE_WRITE_UNITS = 2.0
"""The item and its place in the index, which holds both."""
STOCK_WRITE_UNITS = 1.0
CATALOG_EVENT_SECONDS = 0.00002
"""An event that the shop view decodes; most are sales, which end there."""
CATALOG_WRITE_SECONDS = 0.005
CATALOG_METRICS = 6
CATALOG_ITEM_BYTES = 1_200
"""A product and its place in the index: texts, and a watermark and a ring for each shard."""
LISTED_BYTES = 400
"""A product in the index: the texts of a list."""
PAGE_OF_PRODUCTS = 25
"""What `GET /products` lists where no limit is given."""
CATALOG_READS = 3
"""Requests of a look at the shop: the categories, a page of one, a product."""
DAYS_OF_OFFERS = 365
"""Days after which the catalog's storage is counted: products stay."""
PRODUCT_BYTES = 500
BAD_RECORD_BYTES = 1_000


WAY = Pieces(alarm_metrics=26, log_groups=3, tables=3, keys=1, dashboards=1)
WRITER = Pieces(("event_writer", "idempotency", "players", "site"), alarm_metrics=12, log_groups=1, tables=1)
ARCHIVE = Pieces(("archive", "archive_bucket", "archive_consumer"), alarm_metrics=6, log_groups=1)
TRENDING = Pieces(
    ("trending", "trending_api", "trending_consumer", "trending_view"),
    alarm_metrics=14,
    log_groups=2,
    tables=1,
)
CATALOG = Pieces(
    ("catalog", "categories", "stock", "catalog_api", "shop_view", "shop_view_consumer"),
    alarm_metrics=27,
    log_groups=2,
    tables=3,
)
PIECES = {
    "the way from stream to board": WAY,
    "the archive": ARCHIVE,
    "the writer's API": WRITER,
    "trending": TRENDING,
    "the catalog": CATALOG,
    "the studio": STUDIO,
    "carts and orders": ORDERS,
}


@dataclass(frozen=True, slots=True)
class Fold:
    """A day of the winner view: batches, write and read units, CPU seconds."""

    batches: float
    write_units: float
    read_units: float
    seconds: float


def estimate_fold(load: Workload, measured: Measured) -> Fold:
    """Return what folding a day takes.

    In each part of the day a shard's batch holds what comes in one window, one sale at least and ``batch_size`` at
    most.
    """
    crowd = compute_crowd(load.contributors, load.shards)
    batches = writes = reads = seconds = 0.0
    for rate, lasting in load.compute_rates():
        size = compute_batch_size(load, rate)
        number = lasting * rate / size
        batches += number
        writes += number * measured.estimate_write_units(size, crowd)
        reads += lasting * rate * measured.estimate_read_units(size)
        seconds += number * measured.estimate_seconds(size, crowd)
    return Fold(batches, writes, reads, seconds)


def compute_bill(load: Workload, measured: Measured, prices: Prices, *, free_tier: bool = False) -> Bill:
    """Return what a day of the workload costs.

    Raises:
        UserError: naming the price that is missing.

    """
    writer = _price_writer(load, prices)
    return Bill(
        load,
        _price_stream_to_board(load, measured, prices, free_tier=free_tier),
        writer,
        (
            _price_archive(load, prices),
            writer,
            _price_trending(load, prices),
            _price_catalog(load, prices),
            price_studio(load, prices),
            price_orders(load, prices),
        ),
    )


def _price_stream_to_board(load: Workload, measured: Measured, prices: Prices, *, free_tier: bool) -> Part:
    sheet = Sheet(prices, free_tier=free_tier)
    fold = estimate_fold(load, measured)
    _add_stream(sheet, load)
    mean = load.events_per_day / fold.batches
    units = fold.write_units / load.events_per_day
    source = f"{measured.source}, at {mean:,.0f} sales a batch"
    sheet.add_line("dynamodb.write_unit", "scores written", fold.write_units, f"{units:.3f} a sale: {source}")
    sheet.add_line(
        "dynamodb.read_unit",
        "registrations read",
        fold.read_units,
        f"{fold.read_units / load.events_per_day:.3f} a sale: {source}",
    )
    _add_tables(sheet, load)
    share = min(1.0, load.memory_mb / PROCESSOR_MB)
    sheet.add_line(
        "lambda.request",
        "winner view, batches",
        fold.batches,
        f"{load.shards} shards, a batch each {load.window_seconds:g} s or {load.batch_size:,} records",
    )
    sheet.add_line(
        "lambda.gb_second",
        "winner view, time",
        fold.seconds / share * load.memory_mb / 1024,
        f"{fold.seconds / fold.batches * 1000:.0f} ms of a whole processor a batch, measured with the emulator's "
        f"own part; {load.memory_mb} MB have {share:.2f} of one",
    )
    _add_reads(sheet, load)
    _add_monitoring(sheet, load, fold)
    _add_key_use(sheet, load)
    sheet.add_line("s3.put", "quarantine", load.bad_records_per_day, "an object for each bad record")
    sheet.add_monthly_line(
        "s3.storage",
        "quarantine, kept",
        load.bad_records_per_day * BAD_RECORD_BYTES * load.log_days / GB,
        f"kept for {load.log_days} days",
    )
    return Part("From stream to board", tuple(sheet.lines))


def _add_stream(sheet: Sheet, load: Workload) -> None:
    sheet.add_line("kinesis.shard_hour", "shards", load.shards * 24, f"{load.shards} shards")
    sheet.add_line("kinesis.put_unit", "events put", load.events_per_day, "an event is far below 25 KB")
    if load.stream_days > 1:
        sheet.add_line(
            "kinesis.extended_retention",
            "hours beyond the first 24",
            load.shards * 24,
            f"{load.shards} shards, whether 2 days are kept or {DAYS_KEPT_BY_THE_HOUR}",
        )
    if load.window_seconds < SHORTEST_POLL:
        _add_fan_out(sheet, load, f"below {SHORTEST_POLL:g} s records have to be pushed")


def _add_fan_out(sheet: Sheet, load: Workload, origin: str) -> None:
    sheet.add_line("kinesis.fan_out_shard_hour", "enhanced fan-out", load.shards * 24, origin)
    sheet.add_line(
        "kinesis.fan_out_gb", "enhanced fan-out, data", load.events_per_day * RECORD_BYTES / GB, origin
    )


def _add_tables(sheet: Sheet, load: Workload) -> None:
    stored = (load.contributors * _score_bytes(load) + _products(load) * PRODUCT_BYTES) / GB
    origin = f"{load.contributors:,} scores, {_products(load):,.0f} products"
    sheet.add_monthly_line("dynamodb.storage", "both tables", stored, origin)
    sheet.add_monthly_line("dynamodb.recovery", "both tables, to any second", stored, origin)


def _add_reads(sheet: Sheet, load: Workload) -> None:
    of_a_role = max(1, load.contributors // 2)
    per_bucket = of_a_role * _score_bytes(load) / SCORE_BUCKETS
    units = SCORE_BUCKETS * ceil(per_bucket / READ_UNIT_BYTES) / 2
    sheet.add_line(
        "dynamodb.read_unit",
        "boards read",
        load.reads_per_day * units,
        f"{SCORE_BUCKETS} queries a read, none from the cache",
    )
    sheet.add_line("apigateway.request", "reads of the board", load.reads_per_day, "the workload's")
    sheet.add_line("lambda.request", "winner API", load.reads_per_day, "the workload's")
    sheet.add_line(
        "lambda.gb_second",
        "winner API, time",
        load.reads_per_day * API_SECONDS * load.memory_mb / 1024,
        f"{API_SECONDS * 1000:.0f} ms a read, the P99 that the original promised",
    )


def _add_monitoring(sheet: Sheet, load: Workload, fold: Fold) -> None:
    logged = fold.batches * VIEW_LOG_BYTES / GB
    sheet.add_line("cloudwatch.log_gb", "logs", logged, f"a line of {VIEW_LOG_BYTES:,} bytes a batch")
    sheet.add_monthly_line(
        "cloudwatch.log_storage", "logs, kept", logged * load.log_days, f"for {load.log_days} days"
    )
    origin = f"a line of {READ_LINE_BYTES} bytes a read, measured"
    add_access_log(sheet, load, load.reads_per_day * READ_LINE_BYTES, origin)
    sheet.add_monthly_line("cloudwatch.metric", "our metrics", len(VIEW_METRICS), "the view's")
    sheet.add_monthly_line(
        "cloudwatch.metric",
        "the mapping's metrics",
        len(MAPPING_METRICS),
        "switched on for the alarms on records given up; counted as paid for",
    )
    sheet.add_monthly_line("cloudwatch.alarm", "alarms", WAY.alarm_metrics, "metrics that its alarms watch")
    sheet.add_monthly_line("cloudwatch.dashboard", "dashboard", WAY.dashboards, "one")


def _add_key_use(sheet: Sheet, load: Workload) -> None:
    sheet.add_monthly_line(
        "kms.key", "the environment's key", WAY.keys, "its first version; each of the next two adds as much"
    )
    stream = 12 * 2 * FIVE_MINUTES_OF_A_DAY
    view = CONNECTIONS * load.shards * TABLES_IN_USE * FIVE_MINUTES_OF_A_DAY
    api = TABLES_IN_USE * min(load.reads_per_day, FIVE_MINUTES_OF_A_DAY)
    logs = WAY.log_groups * FIVE_MINUTES_OF_A_DAY
    sheet.add_line(
        "kms.request",
        "use of the key",
        stream + view + api + logs + load.bad_records_per_day,
        "every five minutes: 12 by the stream for its reader and its writer, one by each connection to a table and "
        "by each log group",
    )


def _price_archive(load: Workload, prices: Prices) -> Part:
    """Return the archive's cost: one compressed object for each batch."""
    sheet = Sheet(prices)
    each = replace(load, window_seconds=load.archive_window_seconds, batch_size=ARCHIVE_BATCH)
    batches = sum(lasting * rate / compute_batch_size(each, rate) for rate, lasting in load.compute_rates())
    origin = f"a batch each {load.archive_window_seconds:g} s of a shard"
    sheet.add_line("lambda.request", "batches", batches, origin)
    sheet.add_line(
        "lambda.gb_second",
        "time",
        batches * ARCHIVE_SECONDS * load.memory_mb / 1024,
        f"{ARCHIVE_SECONDS:g} s a batch, estimated",
    )
    sheet.add_line("s3.put", "objects", batches * ARCHIVE_PUTS, f"{ARCHIVE_PUTS} for {origin}")
    sheet.add_monthly_line(
        "s3.storage",
        "kept",
        load.events_per_day * RECORD_BYTES / ARCHIVE_RATIO * load.archive_days / GB,
        f"{load.archive_days} days of {RECORD_BYTES} bytes an event, compressed to an eighth; as if none were in "
        "cold storage, which takes a sixth of that",
    )
    if load.archive_fan_out:
        _add_fan_out(sheet, load, "a consumer of its own, which takes no read from the others")
    sheet.add_line("cloudwatch.log_gb", "logs", batches * VIEW_LOG_BYTES / GB, "a line a batch, as the view")
    sheet.add_monthly_line(
        "cloudwatch.metric", "the mapping's metrics", len(MAPPING_METRICS), "as the view's"
    )
    sheet.add_monthly_line("cloudwatch.alarm", "alarms", ARCHIVE.alarm_metrics, "of function and mapping")
    sheet.add_line(
        "kms.request",
        "use of the key",
        (12 + 1) * FIVE_MINUTES_OF_A_DAY,
        "every five minutes: 12 to read, 1 to write",
    )
    return Part("The archive", tuple(sheet.lines))


def _price_writer(load: Workload, prices: Prices) -> Part:
    """Return what it costs when every event comes through `POST /events`."""
    sheet = Sheet(prices)
    sheet.add_line("apigateway.request", "events posted", load.events_per_day, "every event, one by one")
    sheet.add_line("lambda.request", "event writer", load.events_per_day, "every event, one by one")
    sheet.add_line(
        "lambda.gb_second",
        "event writer, time",
        load.events_per_day * WRITER_SECONDS * load.memory_mb / 1024,
        f"{WRITER_SECONDS * 1000:.0f} ms an event, estimated",
    )
    origin = f"a line of {EVENT_LINE_BYTES} bytes an event, measured"
    add_access_log(sheet, load, load.events_per_day * EVENT_LINE_BYTES, origin)
    sheet.add_monthly_line(
        "cloudwatch.alarm",
        "alarms",
        WRITER.alarm_metrics,
        "metrics that those of the writer, its table, the players and the page watch",
    )
    return Part("The writer's API", tuple(sheet.lines))


def _price_trending(load: Workload, prices: Prices) -> Part:
    """Return the trending view's cost: a write for each product and batch.

    All products of a shard are taken to sell alike, which puts the most of them into a batch.
    """
    sheet = Sheet(prices)
    each = replace(load, window_seconds=TRENDING_WINDOW, batch_size=TRENDING_BATCH)
    products = _products(load)
    of_a_shard = max(1.0, products / load.shards)
    batches = writes = 0.0
    for rate, lasting in load.compute_rates():
        size = compute_batch_size(each, rate)
        number = lasting * rate / size
        batches += number
        writes += number * of_a_shard * (1 - (1 - 1 / of_a_shard) ** size)
    origin = f"a batch each {TRENDING_WINDOW:g} s of a shard"
    sheet.add_line(
        "dynamodb.write_unit",
        "products written",
        writes,
        f"one for each product and batch, {products:,.0f} products that sell alike",
    )
    sheet.add_line("lambda.request", "batches", batches, origin)
    sheet.add_line(
        "lambda.gb_second",
        "time",
        writes * TRENDING_WRITE_SECONDS / min(1.0, load.memory_mb / PROCESSOR_MB) * load.memory_mb / 1024,
        f"{TRENDING_WRITE_SECONDS * 1000:g} ms of a whole processor a product, estimated",
    )
    item = _score_bytes(load)
    sheet.add_line(
        "dynamodb.read_unit",
        "products read",
        load.reads_per_day * ceil(products * item / READ_UNIT_BYTES) / 2,
        "as many reads as of the board, none from the cache",
    )
    sheet.add_line("apigateway.request", "reads", load.reads_per_day, "as many as of the board")
    sheet.add_line("lambda.request", "trending API", load.reads_per_day, "as many as of the board")
    sheet.add_line(
        "lambda.gb_second",
        "trending API, time",
        load.reads_per_day * API_SECONDS * load.memory_mb / 1024,
        "as the winner API's",
    )
    sheet.add_monthly_line("dynamodb.storage", "the table", products * item / GB, f"{products:,.0f} products")
    logged = batches * VIEW_LOG_BYTES / GB
    sheet.add_line("cloudwatch.log_gb", "logs", logged, "lines as the winner view's")
    add_access_log(sheet, load, load.reads_per_day * READ_LINE_BYTES, "lines as the winner API's")
    sheet.add_monthly_line("cloudwatch.metric", "our metrics", TRENDING_METRICS, "the view's")
    sheet.add_monthly_line(
        "cloudwatch.metric", "the mapping's metrics", len(MAPPING_METRICS), "as the view's"
    )
    sheet.add_monthly_line(
        "cloudwatch.alarm", "alarms", TRENDING.alarm_metrics, "metrics that its alarms watch"
    )
    sheet.add_line(
        "kms.request",
        "use of the key",
        (12 + CONNECTIONS * load.shards + 1 + TRENDING.log_groups) * FIVE_MINUTES_OF_A_DAY,
        "every five minutes: 12 to read the stream, one by each connection to the table and by each log group",
    )
    return Part("Trending products", tuple(sheet.lines))


def _price_catalog(load: Workload, prices: Prices) -> Part:
    """Return what the catalog costs.

    It counts each new product with price, stock and picture, and people's looks at it.
    """
    sheet = Sheet(prices)
    offers, looks = load.offers_per_day, load.reads_per_day
    batches = sum(lasting * rate / compute_batch_size(load, rate) for rate, lasting in load.compute_rates())
    for what, units, origin in (
        ("products offered", CATALOG_WRITE_UNITS, "item, index and category's count, in a transaction"),
        ("prices", PRICE_WRITE_UNITS, "item and index"),
        ("pictures", PICTURE_WRITE_UNITS, "item and index"),
        ("stock", STOCK_WRITE_UNITS, "one item"),
    ):
        sheet.add_line("dynamodb.write_unit", what, offers * units, f"{units:g} a product: {origin}")
    sheet.add_line(
        "dynamodb.read_unit", "products judged", offers / 2, "one item a new product, a batch at a time"
    )
    sheet.add_line(
        "lambda.request", "shop view, batches", batches, f"a batch each {load.window_seconds:g} s of a shard"
    )
    share = min(1.0, load.memory_mb / PROCESSOR_MB)
    seconds = load.events_per_day * CATALOG_EVENT_SECONDS + 4 * offers * CATALOG_WRITE_SECONDS
    sheet.add_line(
        "lambda.gb_second",
        "shop view, time",
        seconds / share * load.memory_mb / 1024,
        f"{CATALOG_EVENT_SECONDS * 1e6:g} µs of a whole processor an event, {CATALOG_WRITE_SECONDS * 1e3:g} ms a "
        "write, estimated",
    )
    page = ceil(PAGE_OF_PRODUCTS * LISTED_BYTES / READ_UNIT_BYTES) / 2
    sheet.add_line(
        "dynamodb.read_unit",
        "categories, pages and products read",
        looks * (0.5 + page + 1.0),
        f"as many looks as reads of the board, none from the cache: categories 0.5, a page of {PAGE_OF_PRODUCTS} "
        f"{page:g}, a product with its stock 1",
    )
    sheet.add_line("apigateway.request", "reads", looks * CATALOG_READS, f"{CATALOG_READS} a look")
    sheet.add_line("lambda.request", "catalog API", looks * CATALOG_READS, f"{CATALOG_READS} a look")
    sheet.add_line(
        "lambda.gb_second",
        "catalog API, time",
        looks * CATALOG_READS * API_SECONDS * load.memory_mb / 1024,
        "as the winner API's",
    )
    stored = DAYS_OF_OFFERS * offers * CATALOG_ITEM_BYTES / GB
    origin = f"{DAYS_OF_OFFERS} days of offers"
    sheet.add_monthly_line("dynamodb.storage", "the tables", stored, origin)
    sheet.add_monthly_line("dynamodb.recovery", "the tables, to any second", stored, origin)
    sheet.add_line("cloudwatch.log_gb", "logs", batches * VIEW_LOG_BYTES / GB, "lines as the winner view's")
    origin = "lines as the winner API's"
    add_access_log(sheet, load, looks * CATALOG_READS * READ_LINE_BYTES, origin)
    sheet.add_monthly_line("cloudwatch.metric", "our metrics", CATALOG_METRICS, "the view's")
    sheet.add_monthly_line(
        "cloudwatch.metric", "the mapping's metrics", len(MAPPING_METRICS), "as the view's"
    )
    sheet.add_monthly_line(
        "cloudwatch.alarm", "alarms", CATALOG.alarm_metrics, "metrics that its alarms watch"
    )
    sheet.add_line(
        "kms.request",
        "use of the key",
        (12 + CATALOG.tables * (CONNECTIONS * load.shards + 1) + CATALOG.log_groups) * FIVE_MINUTES_OF_A_DAY,
        "every five minutes: 12 to read the stream, one by each connection to a table and by each log group",
    )
    return Part("The catalog", tuple(sheet.lines))


def _score_bytes(load: Workload) -> float:
    """Return the size of a score's item, with its watermarks and rings."""
    return min(1_024.0, 200.0 + 170.0 * load.shards)


def _products(load: Workload) -> float:
    return load.contributors * 2.5


Total = Callable[[float], float]
"""From a window in seconds to the dollars a day of the way from stream to board."""


def build_total_function(load: Workload, measured: Measured, prices: Prices) -> Total:
    """Return the function that says what another window would cost."""
    return lambda seconds: compute_bill(replace(load, window_seconds=seconds), measured, prices).way.usd


def find_window(dollars: float, total: Total, now: float) -> float:
    """Return the smallest affordable window in seconds, or ``now`` if none is.

    Below ``SHORTEST_POLL`` there is a step up, for enhanced fan-out: that side is looked at first.
    """
    for freshest, stalest in ((FRESHEST, SHORTEST_POLL - 1e-6), (SHORTEST_POLL, now)):
        if freshest > now or total(min(stalest, now)) > dollars:
            continue
        return _find_smallest_window(dollars, total, freshest, min(stalest, now))
    return now


def _find_smallest_window(dollars: float, total: Total, low: float, high: float) -> float:
    """Return the smallest affordable window of a range whose upper end is affordable."""
    if total(low) <= dollars:
        return low
    while high - low > 1e-4:  # noqa: PLR2004 - finer than anybody can tell
        middle = (low + high) / 2
        if total(middle) <= dollars:
            high = middle
        else:
            low = middle
    return high
