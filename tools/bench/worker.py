"""Run the real handlers for `make bench`, in a process of its own.

The process has the function's environment and nothing else, and imports the handler from the unpacked
artifact, whose folder comes first on its path. What it measures is the name of a function in
``MEASUREMENTS``.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import time
import uuid
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5
from http import HTTPStatus
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Protocol

import boto3

from retailctl.catalog.recount import compare_catalogs, recount_catalog
from retailctl.catalog.stored import read_stored_catalog
from retailctl.cost.original import CALLS_A_SALE
from retailctl.cost.units import EXPONENT, PEOPLE, PRODUCTS, SHARDS
from retailctl.scores.recount import compare_scores, recount_scores
from retailctl.scores.stored import read_stored_scores
from retailctl.simulation.workshop import Workshop
from retailctl.stream.log_file import LogEntry, format_compact_json
from tools.bench.metering import CallLog, Meter
from tools.bench.original import Original

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

SEED = 20_261_122
FIRST_SEQUENCE_NUMBER = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898
"""As AWS gives them: 56 digits."""


class Handler(Protocol):
    """A Lambda handler."""

    def __call__(self, event: Mapping[str, Any], context: object, /) -> Mapping[str, Any]:
        """Handle one event."""


class WrongBench(Exception):
    """The measured run is wrong, so its figures are invalid."""


@dataclass(slots=True)
class Shards:
    """Deals records to shards as Kinesis does, and numbers them."""

    arn: str = "arn:aws:kinesis:us-east-1:000000000000:stream/bench"
    next_number: int = FIRST_SEQUENCE_NUMBER

    def build_batches(self, entries: Iterable[LogEntry], size: int) -> Iterator[dict[str, Any]]:
        """Yield a mapping's Lambda events, shards in turn, remainders last.

        Arrival is the time a batch is made, so that nothing is stale before it is handed over.
        """
        waiting: list[list[dict[str, Any]]] = [[] for _ in range(SHARDS)]
        for entry in entries:
            digest = md5(entry.partition_key.encode(), usedforsecurity=False).digest()
            shard = int.from_bytes(digest) * SHARDS >> 128
            waiting[shard].append(self._record(shard, entry))
            if len(waiting[shard]) == size:
                yield self._event(waiting[shard])
                waiting[shard] = []
        for records in filter(None, waiting):
            yield self._event(records)

    def _event(self, records: list[dict[str, Any]]) -> dict[str, Any]:
        now = time.time()
        for record in records:
            record["kinesis"]["approximateArrivalTimestamp"] = now
        return {"Records": records}

    def _record(self, shard: int, entry: LogEntry) -> dict[str, Any]:
        self.next_number += 16
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": entry.partition_key,
                "sequenceNumber": str(self.next_number),
                "data": b64encode(entry.data).decode(),
                "approximateArrivalTimestamp": 0.0,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"shardId-{shard:012}:{self.next_number}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::000000000000:role/bench",
            "awsRegion": "us-east-1",
            "eventSourceARN": self.arn,
        }


def create_workshop(size: int, *, ids: int = 1) -> Workshop:
    """Return a batch size's workshop (0: the original's), sharing nothing.

    Args:
        size: records a batch.
        ids: 1 where its sales carry an `eventId`, 0 where they carry none.

    """
    return Workshop(SEED, PRODUCTS, PEOPLE, EXPONENT, prefix=f"b{size}-" if ids else f"b{size}-plain-")


def add_event_id(entry: LogEntry) -> LogEntry:
    """Return a workshop's event as the event writer puts it: with an `eventId`."""
    envelope = json.loads(entry.data)
    event_id = uuid.uuid5(uuid.NAMESPACE_OID, f"{entry.partition_key} {entry.line}")
    written = envelope | {
        "schema": "com.nordstrom/retail-stream-ingress/1-1-0",
        "eventId": str(event_id),
    }
    return LogEntry(entry.line, entry.partition_key, format_compact_json(written))


@dataclass(frozen=True, slots=True)
class Instance:
    """A function's instance here, and what hears its AWS calls."""

    module: Any
    handler: Handler
    client: DynamoDBClient
    meter: Meter
    queries: CallLog = field(default_factory=lambda: CallLog("dynamodb.Query"))
    puts: CallLog = field(default_factory=lambda: CallLog("kinesis.PutRecord"))


def register_products(instance: Instance, *, size: int, ids: int) -> dict[str, float]:
    """Register a workshop's products, in an instance of their own."""
    for event in Shards().build_batches(create_workshop(size, ids=ids).generate_registrations(), size):
        _invoke_handler(instance.handler, event)
    return {}


def measure_sales(instance: Instance, *, size: int, purchases: int, ids: int) -> dict[str, float]:
    """Measure a cold handler on purchases in batches of ``size``.

    With ``ids`` they are as the event writer puts them; without, as a producer of the first envelope does.

    Returns:
        ``batch_size``, ``write_units_per_purchase``, ``read_units_per_purchase``, ``events_per_second``.

    Raises:
        WrongBench: where a batch was not taken, a call was not metered or a score is wrong afterwards.

    """
    people = create_workshop(size, ids=ids)
    sold = [add_event_id(entry) if ids else entry for entry in people.generate_purchases(purchases)]
    batches = list(Shards(next_number=FIRST_SEQUENCE_NUMBER + 1_000_000_000).build_batches(sold, size))
    instance.meter.reset()
    seconds = 0.0
    for event in batches:
        started = time.perf_counter()
        _invoke_handler(instance.handler, event)
        seconds += time.perf_counter() - started
    if instance.meter.unmetered:
        calls = ", ".join(sorted(instance.meter.unmetered))
        raise WrongBench(f"The handler does not ask {calls} for consumed capacity.")
    figures = {
        "batch_size": size,
        "write_units_per_purchase": instance.meter.write_units / purchases,
        "read_units_per_purchase": instance.meter.read_units / purchases,
        "events_per_second": purchases / seconds,
    }
    expected = recount_scores(entry.data for entry in (*people.generate_registrations(), *sold))
    scores = read_stored_scores(instance.client, os.environ["SCORES_TABLE"], people.prefix)
    wrong = compare_scores(expected, scores)
    if wrong:
        raise WrongBench(f"With batches of {size}, {len(wrong)} scores are wrong: {wrong[0]}")
    return figures


def _invoke_handler(handler: Handler, event: Mapping[str, Any]) -> None:
    failures = handler(event, None).get("batchItemFailures")
    if failures:
        raise WrongBench(f"The handler did not take a batch of {len(event['Records'])}: {failures}.")


def measure_original(instance: Instance, *, sales: int) -> dict[str, float]:
    """Count sales the original's way; create and fill its tables if missing.

    Returns:
        ``write_units_per_purchase``, ``read_units_per_purchase``, ``events_per_second``.

    Raises:
        WrongBench: where a sale took another number of calls than the original's.

    """
    people, tables, meter = create_workshop(0), Original(instance.client), instance.meter
    if not tables.has_tables():
        tables.create_tables()
        for product in people.catalog:
            tables.register_product(product)
    sold = list(people.generate_purchases(sales))
    now = datetime.now(UTC).isoformat()
    meter.reset()
    started = time.perf_counter()
    for sale in sold:
        tables.count_sale(sale.partition_key, f"shardId-000000000000:{time.time_ns():020}", now)
    seconds = time.perf_counter() - started
    if meter.calls != CALLS_A_SALE * sales:
        raise WrongBench(f"The reference loop made {meter.calls} calls for {sales} sales.")
    return {
        "write_units_per_purchase": meter.write_units / sales,
        "read_units_per_purchase": meter.read_units / sales,
        "events_per_second": sales / seconds,
    }


def time_reads(instance: Instance, *, rounds: int) -> dict[str, float]:
    """Time `GET /scores` with an expired cache and its bare queries, by turns.

    The queries are taken from the handler's own first call and repeated as they were.

    Returns:
        ``handler_seconds`` and ``bare_seconds`` (medians), ``queries``, and ``ratio``.

    Raises:
        WrongBench: where a call fails or makes no query.

    """
    instance.module.api.clock = itertools.count(
        0.0, 3600.0
    ).__next__  # every call finds its cache an hour old
    log = instance.queries
    log.calls.clear()
    _get_scores(instance.handler)
    queries = list(log.calls)
    through, bare = [], []
    for _ in range(rounds):
        log.calls.clear()
        started = time.perf_counter()
        _get_scores(instance.handler)
        through.append(time.perf_counter() - started)
        if not queries or len(log.calls) != len(queries):
            raise WrongBench("GET /scores answered from its cache.")
        started = time.perf_counter()
        for query in queries:
            instance.client.query(**query)
        bare.append(time.perf_counter() - started)
    return {
        "handler_seconds": median(through),
        "bare_seconds": median(bare),
        "queries": len(queries),
        "ratio": median(through) / median(bare),
    }


def time_writes(instance: Instance, *, rounds: int) -> dict[str, float]:
    """Time `POST /events` without a key and its bare PutRecord, by turns.

    The put is taken from the handler's own first call and repeated as it was, with the handler's own client.

    Returns:
        ``handler_seconds`` and ``bare_seconds`` (medians), and ``ratio``.

    Raises:
        WrongBench: where an event is not accepted, or is not one put.

    """
    puts, client = instance.puts.calls, instance.module.stream.client
    through, bare = [], []
    for _ in range(rounds + 1):
        puts.clear()
        started = time.perf_counter()
        _post_event(instance.handler)
        through.append(time.perf_counter() - started)
        if len(puts) != 1:
            raise WrongBench(f"POST /events made {len(puts)} puts.")
        request = dict(puts[0])
        started = time.perf_counter()
        client.put_record(**request)
        bare.append(time.perf_counter() - started)
    handler_seconds, bare_seconds = median(through[1:]), median(bare[1:])
    return {
        "handler_seconds": handler_seconds,
        "bare_seconds": bare_seconds,
        "ratio": handler_seconds / bare_seconds,
    }


CATALOG_PHASES = ("create", "price", "image", "stock", "purchase")
"""The kinds of events whose write units are measured, one after another."""


def measure_catalog(instance: Instance, *, size: int) -> dict[str, float]:
    """Give the shop view a catalog's events in batches of ``size``.

    Returns:
        the write units of an event of each of ``CATALOG_PHASES``.

    Raises:
        WrongBench: where a batch was not taken, a call was not metered or the catalog is wrong afterwards.

    """
    people = Workshop(SEED, PRODUCTS, PEOPLE, EXPONENT, prefix="catalog-")
    registrations = people.add_prices_and_stock(people.generate_registrations())
    entries = [add_event_id(entry) for entry in (*registrations, *people.generate_purchases(PRODUCTS))]
    shards, figures = Shards(), {}
    handed_over: list[LogEntry] = []
    for kind in CATALOG_PHASES:
        phase = [entry for entry in entries if f"com.nordstrom/product/{kind}/".encode() in entry.data]
        handed_over += phase
        instance.meter.reset()
        for event in shards.build_batches(phase, size):
            _invoke_handler(instance.handler, event)
        if instance.meter.unmetered:
            calls = ", ".join(sorted(instance.meter.unmetered))
            raise WrongBench(f"The handler does not ask {calls} for consumed capacity.")
        figures[kind] = instance.meter.write_units / len(phase)
    tables = {f"{name}_table": os.environ[f"{name.upper()}_TABLE"] for name in ("catalog", "categories")}
    outputs = {"shop_generations": {"1": tables}, "live_shop_generation": 1}
    stored = read_stored_catalog(instance.client, {**outputs, "stock_table": os.environ["STOCK_TABLE"]})
    wrong = compare_catalogs(recount_catalog(entry.data for entry in handed_over), stored)
    if wrong:
        raise WrongBench(f"{len(wrong)} items of the catalog are wrong: {wrong[0]}")
    return figures


MEASUREMENTS: dict[str, Callable[..., dict[str, float]]] = {
    "register": register_products,
    "sell": measure_sales,
    "original": measure_original,
    "reads": time_reads,
    "writes": time_writes,
    "catalog": measure_catalog,
}


def _get_scores(handler: Handler) -> None:
    event = {
        "version": "2.0",
        "routeKey": "GET /scores",
        "rawPath": "/scores",
        "rawQueryString": "role=creator&limit=10",
        "headers": {"accept": "*/*", "host": "bench"},
        "queryStringParameters": {"role": "creator", "limit": "10"},
        "requestContext": {
            "http": {"method": "GET", "path": "/scores", "sourceIp": "127.0.0.1"},
            "stage": "$default",
            "requestId": "bench",
        },
        "isBase64Encoded": False,
    }
    answer = handler(event, None)
    if answer.get("statusCode") != HTTPStatus.OK:
        raise WrongBench(f"GET /scores answered {answer.get('statusCode')}.")


def _post_event(handler: Handler) -> None:
    claims = {"sub": "bench-user", "name": "Bench", "token_use": "id", "cognito:groups": "[customer]"}
    event = {
        "version": "2.0",
        "routeKey": "POST /events",
        "rawPath": "/events",
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "host": "bench"},
        "requestContext": {
            "authorizer": {"jwt": {"claims": claims, "scopes": None}},
            "http": {"method": "POST", "path": "/events", "sourceIp": "127.0.0.1"},
            "stage": "$default",
            "requestId": "bench",
        },
        "body": json.dumps({"schema": "com.nordstrom/product/purchase/1-0-0", "id": "bench-product"}),
        "isBase64Encoded": False,
    }
    answer = handler(event, None)
    if answer.get("statusCode") != HTTPStatus.ACCEPTED:
        raise WrongBench(f"POST /events answered {answer.get('statusCode')}.")


def import_instance(target: str) -> Instance:
    """Import a handler (``package.module.function``), listened to by a meter and a log."""
    meter, session = Meter(), boto3.Session()
    boto3.DEFAULT_SESSION = session
    logs = CallLog("dynamodb.Query"), CallLog("kinesis.PutRecord")
    for listener in (meter, *logs):
        listener.attach(session.events)  # before the handler makes its clients: they copy the session's hooks
    module_name, _, function = target.rpartition(".")
    module = import_module(module_name)
    return Instance(module, getattr(module, function), session.client("dynamodb"), meter, *logs)


def main(arguments: Sequence[str]) -> None:
    """Run one measurement and write its figures to a file as JSON.

    Arguments: its name, the result file, the handler, and its numbers as a JSON object.
    """
    what, result, target, numbers = arguments
    figures = MEASUREMENTS[what](import_instance(target), **json.loads(numbers))
    Path(result).write_text(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1:])
