"""`make bench`: measure sales, cold starts, reads and writes against bounds.

Everything is measured against a local cloud of its own, with the bytes that get deployed: the artifacts are
unpacked, and the real handlers run from there in processes that have the functions' environment and no more. In the
end an environment is applied to that cloud, and signed-in people send events to its API.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from retailctl import cli, interrupts, project
from retailctl.artifacts import package
from retailctl.console import print_note
from retailctl.cost import original
from retailctl.emulator import ministack
from retailctl.environments import outputs
from retailctl.errors import UserError
from retailctl.files import hold_lock, write_atomically
from retailctl.http import send_request
from retailctl.local_cloud import up_down
from retailctl.progress import show_progress
from retailctl.scores import recount, stored
from retailctl.simulation import api_load
from retailctl.simulation.workshop import Workshop
from retailctl.stream import reader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from retailctl.emulator.cloud import Cloud
    from retailctl.project import Project

CLOUD = "bench"
PURCHASES = 20_000
ORIGINAL_SALES = 600
COLD_STARTS = 9
READ_ROUNDS = 150
SCORE_BUCKETS = 4
CONTRIBUTIONS, SCORES, STREAM = "bench-contributions", "bench-scores", "bench-events"
REDRIVES = "bench-redrives"
CATALOG, CATEGORIES, STOCK = "bench-catalog", "bench-categories", "bench-stock"
CATALOG_BATCH = 100
LISTED_PRODUCTS, LISTED_CATEGORIES, LISTED_AT_ONCE = 10_000, 20, 25
LIST_ROUNDS = 100
WRITE_ROUNDS = 300
FRONT_DOOR_ENVIRONMENT = "dev"
FRONT_DOOR_PEOPLE = 40
FRONT_DOOR_EVENTS = 800
FRONT_DOOR_RATE = 200.0
"""Events a second: more than a local cloud takes, so that what it takes shows."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds at one batch size: maximum units, minimum speed-up."""

    write_units: float
    read_units: float
    speedup: float


ROOT = Path(__file__).parents[2]
"""Of this clone, from which a worker in a function's place takes `tools`."""

BATCHES = {67: Bounds(0.65, 0.12, 8.0), 335: Bounds(0.30, 0.06, 18.0), 1000: Bounds(0.16, 0.04, 30.0)}
IDS_WRITE_UNITS = 0.02
COLD_START = {
    "winner_view": 1.35,
    "winner_api": 1.6,
    "event_writer": 1.8,
    "shop_view": 1.6,
    "catalog_api": 1.6,
}
CATALOG_WRITE_UNITS = {"create": 7.0, "price": 2.0, "image": 2.0, "stock": 1.0, "purchase": 0.0}
"""Write units of an event: of a new product, its price, its picture, its stock, and of a sale."""
PRODUCTS_LISTED = 1.3
SCORES_READ = 1.5
EVENT_WRITTEN = 1.5

BARE_START = "import boto3; boto3.client({service!r})"
BARE_SERVICE = {name: "kinesis" if name == "event_writer" else "dynamodb" for name in COLD_START}
"""Which service's bare client each function's cold start is measured against."""

FUNCTION_START = """import importlib, sys
module = importlib.import_module(sys.argv[1])
getattr(module, "get_store", int)()"""
"""Imports a handler's module and makes its clients: at import, or by the module's `get_store`."""


@dataclass(frozen=True, slots=True)
class Check:
    """One figure against its bound; ``at_most`` says which side is good."""

    name: str
    original: str
    value: float
    bound: float
    at_most: bool
    form: str = ".3f"
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Whether the bound is kept."""
        return self.value <= self.bound if self.at_most else self.value >= self.bound

    def format_cells(self) -> tuple[str, str, str, str, str]:
        """Return name, original, value, bound and verdict as text."""
        sign = "<=" if self.at_most else ">="
        verdict = "[green]pass[/green]" if self.holds else "[bold red]FAIL[/bold red]"
        value, bound = f"{self.value:{self.form}}{self.unit}", f"{sign} {self.bound:g}{self.unit}"
        return self.name, self.original, value, bound, verdict


def run_bench() -> None:
    """Measure cost, throughput, cold starts and reads against their bounds; write build/bench.json."""
    here = project.find_project()
    busy = "Another bench is at work in this clone: wait for it to end."
    with hold_lock(here, "bench", or_else=busy):
        figures = measure_figures(here)
    write_atomically(
        here.root / "build" / "bench.json", json.dumps(build_bench_document(figures), indent=2) + "\n"
    )
    checks = check_figures(figures)
    console = Console(highlight=False)
    console.print(render_report(figures, checks))
    print_note("Written to build/bench.json.")
    missed = [check.name for check in checks if not check.holds]
    if missed:
        raise UserError(f"Out of bounds: {'; '.join(missed)}.")


def measure_figures(here: Project) -> dict[str, Any]:
    """Measure all figures in a temporary local cloud.

    Returns:
        ``original`` and ``batches`` (see ``measure_batch_sizes``), ``cold_start`` (function to
        ratio), ``cold_start_seconds``, ``scores_read`` and ``event_writer`` (see ``bench_worker.reads`` and
        ``writes``), ``catalog`` (see ``measure_catalog``), ``front_door`` (see ``measure_api_load``) and
        ``products_listed`` (see ``measure_product_lists``).

    """
    package.build_artifacts(here)
    if here.cloud_folder(CLOUD).exists():  # a bench that was killed
        up_down.stop_local_cloud(CLOUD)
    try:
        with show_progress("Starting a local cloud for the bench"):
            cloud = ministack.start_emulator(here.cloud_folder(CLOUD))
            create_tables(cloud)
        functions = unpack_artifacts(here, here.cloud_folder(CLOUD) / "functions")
        figures = measure_batch_sizes(cloud, functions["winner_view"])
        with show_progress("Reading the scores"):
            figures["scores_read"] = run_worker(
                cloud, functions["winner_api"], "reads", {"rounds": READ_ROUNDS}
            )
        with show_progress("Writing events"):
            figures["event_writer"] = run_worker(
                cloud, functions["event_writer"], "writes", {"rounds": WRITE_ROUNDS}
            )
        with show_progress("Filling the catalog"):
            figures["catalog"] = run_worker(cloud, functions["shop_view"], "catalog", {"size": CATALOG_BATCH})
        figures |= measure_cold_starts(cloud, functions)
        applied = up_down.bring_up_cloud(here, CLOUD, FRONT_DOOR_ENVIRONMENT)
        figures["front_door"] = measure_api_load(applied, FRONT_DOOR_ENVIRONMENT)
        figures["products_listed"] = measure_product_lists(applied, FRONT_DOOR_ENVIRONMENT)
    finally:
        with interrupts.defer_interrupts():
            up_down.stop_local_cloud(CLOUD)
    return figures


def measure_api_load(cloud: Cloud, environment: str) -> dict[str, float]:
    """Send a workshop through the API and compare scores with a recount.

    Returns:
        ``people``, a ``front_door.Report``'s figures, ``missing`` (accepted events that are not on the stream) and
        ``wrong_scores``.

    """
    root_outputs = outputs.read_local_outputs(cloud, environment)
    workshop = Workshop(1, products=100, people=FRONT_DOOR_PEOPLE, start=datetime.now(UTC))
    door = api_load.open_front_door(cloud, environment, root_outputs, workshop)
    with show_progress(f"Sending {FRONT_DOOR_EVENTS} events through the front door") as progress:
        door.send_events(
            workshop.generate_day(FRONT_DOOR_EVENTS),
            FRONT_DOOR_RATE,
            None,
            lambda sent, _: progress(sent, FRONT_DOOR_EVENTS),
        )
    payloads = reader.read_payloads(cloud.client("kinesis"), str(root_outputs["stream_name"]))
    expected = recount.recount_scores(payloads)
    dynamodb = cloud.client("dynamodb")

    def read_scores() -> recount.Scores:
        return stored.read_stored_scores(dynamodb, str(root_outputs["scores_table"]))

    with show_progress("Waiting until every event counts"):
        stored.await_scores(read_scores, expected)
    return {
        "people": FRONT_DOOR_PEOPLE,
        **door.report.compute_figures(),
        "missing": door.report.accepted - len(recount.collect_event_ids(payloads)),
        "wrong_scores": len(recount.compare_scores(expected, read_scores())),
    }


def measure_product_lists(cloud: Cloud, environment: str) -> dict[str, float]:
    """Time `GET /products` and `GET /trending` by turns, on full tables.

    Returns:
        ``products_seconds`` and ``trending_seconds`` (medians), and ``ratio``.

    Raises:
        UserError: where a list is not what it must be.

    """
    found = outputs.read_local_outputs(cloud, environment)
    live = found["shop_generations"][str(found["live_shop_generation"])]
    with show_progress(f"Filling the catalog with {LISTED_PRODUCTS:,} products"):
        fill_catalog(cloud, live["catalog_table"])
    api_url = str(found["api_url"])
    seconds: dict[str, list[float]] = {"products": [], "trending": []}
    with show_progress("Listing products"):
        for turn in range(LIST_ROUNDS + 1):
            category = f"Category%20{turn % LISTED_CATEGORIES}"
            limit = f"limit={LISTED_AT_ONCE}"
            for name, query in (("products", f"category={category}&{limit}"), ("trending", limit)):
                started = time.perf_counter()
                reply = send_request(f"{api_url}/{name}?{query}", timeout=30)
                took = time.perf_counter() - started
                if reply.status != HTTPStatus.OK:
                    raise UserError(f"GET /{name} answered {reply.status}: {reply.body[:200]!r}")
                if name == "products" and len(json.loads(reply.body)) != LISTED_AT_ONCE:
                    raise UserError(f"GET /products did not list {LISTED_AT_ONCE} products.")
                if turn:  # the first starts the function
                    seconds[name].append(took)
    medians = {name: median(values) for name, values in seconds.items()}
    return {
        "products_seconds": medians["products"],
        "trending_seconds": medians["trending"],
        "ratio": medians["products"] / medians["trending"],
    }


def fill_catalog(cloud: Cloud, table: str) -> None:
    """Put products into a catalog's table, as the shop view would."""
    dynamodb, most = cloud.client("dynamodb"), 25
    numbers = range(LISTED_PRODUCTS)
    for start in range(0, LISTED_PRODUCTS, most):
        puts = []
        for number in numbers[start : start + most]:
            texts = {
                "productId": f"listed-{number}",
                "merchant": "bench",
                "brand": "Bench",
                "name": f"Product {number:05}",
                "sortName": f"product {number:05}",
                "description": "A product of the bench, with as many words as people give one.",
                "category": f"Category {number % LISTED_CATEGORIES}",
                "offeredAt": "2026-01-01T09:00:00.000Z",
                "merchantSequence": "1",
            }
            item = {name: {"S": text} for name, text in texts.items()} | {"cents": {"N": str(100 + number)}}
            puts.append({"PutRequest": {"Item": item}})
        dynamodb.batch_write_item(RequestItems={table: puts})


def measure_batch_sizes(cloud: Cloud, function: Unpacked) -> dict[str, Any]:
    """Sell at each batch size, and the original's way before, between and after.

    Returns:
        ``original`` (units, and the median of its rates), ``batches``, each with ``speedup`` against it, and
        ``event_ids_write_units``: by batch size, what the sales' event ids add to a purchase.

    """
    loops, batches = [], []
    added: dict[str, float] = {}
    sales = {"sales": ORIGINAL_SALES // (len(BATCHES) + 1)}

    def measure_sales(size: int, ids: int) -> dict[str, float]:
        run_worker(cloud, function, "register", {"size": size, "ids": ids})
        return run_worker(cloud, function, "sell", {"size": size, "purchases": PURCHASES, "ids": ids})

    with show_progress("Selling the original's way and ours") as progress:
        loops.append(run_worker(cloud, function, "original", sales))
        for number, size in enumerate(BATCHES, start=1):
            batch, plain = measure_sales(size, 1), measure_sales(size, 0)
            units = "write_units_per_purchase"
            added[str(size)] = batch[units] - plain[units]
            batches.append(batch)
            loops.append(run_worker(cloud, function, "original", sales))
            progress(number, len(BATCHES))
    reference = {name: median(loop[name] for loop in loops) for name in loops[0]}
    for batch in batches:
        batch["speedup"] = batch["events_per_second"] / reference["events_per_second"]
    return {"original": reference, "batches": batches, "event_ids_write_units": added}


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A function's artifact in a folder, and its handler's full name."""

    name: str
    folder: Path
    handler: str


def unpack_artifacts(here: Project, folder: Path) -> dict[str, Unpacked]:
    """Unpack the artifacts of the functions that have bounds below ``folder``."""
    manifest = json.loads((here.artifacts / package.MANIFEST).read_text())
    functions = {}
    for name in COLD_START:
        entry = manifest["functions"][name]
        with zipfile.ZipFile(here.artifacts / entry["file"]) as archive:
            archive.extractall(folder / name)
        functions[name] = Unpacked(name, folder / name, entry["handler"])
    return functions


def create_tables(cloud: Cloud) -> None:
    """Create a stream and the views' tables as in the environments."""
    cloud.client("kinesis").create_stream(StreamName=STREAM, ShardCount=1)
    dynamodb = cloud.client("dynamodb")
    for table, keys in (
        (CONTRIBUTIONS, ["productId"]),
        (REDRIVES, ["identity"]),
        (SCORES, ["board", "userId"]),
        (CATALOG, ["productId"]),
        (CATEGORIES, ["shelf", "category"]),
        (STOCK, ["productId"]),
    ):
        index = CATALOG_INDEX if table == CATALOG else []
        names = [*keys, *(key["AttributeName"] for each in index for key in each["KeySchema"])]
        more = {"GlobalSecondaryIndexes": index} if index else {}
        dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=_build_key_schema(keys),
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            **more,
        )


def _build_key_schema(keys: Sequence[str]) -> list[dict[str, str]]:
    return [
        {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
    ]


CATALOG_INDEX: list[dict[str, Any]] = [
    {
        "IndexName": "byCategory",
        "KeySchema": _build_key_schema(["category", "sortName"]),
        "Projection": {
            "ProjectionType": "INCLUDE",
            "NonKeyAttributes": ["brand", "cents", "description", "image", "name"],
        },
    }
]
"""As terraform/app/catalog.tf has it: a write of the index costs what its projection takes."""


def build_function_environ(cloud: Cloud, function: Unpacked) -> dict[str, str]:
    """Return the whole environment of a process that stands for a function's instance."""
    return {
        "PATH": os.defpath,
        "PYTHONPATH": str(function.folder),
        **cloud.build_environ(),
        "AWS_LAMBDA_FUNCTION_NAME": f"hello-retail-bench-{function.name.replace('_', '-')}",
        "CARTS_TABLE": "bench-carts",
        "CATALOG_TABLE": CATALOG,
        "CATEGORIES_TABLE": CATEGORIES,
        "CONTRIBUTIONS_TABLE": CONTRIBUTIONS,
        "ENVIRONMENT": "bench",
        "GENERATION": "1",
        "IDEMPOTENCY_TABLE": "bench-idempotency",
        "LOG_LEVEL": "INFO",
        "MESSAGES": "none",
        "ORIGIN": "hello-retail",
        "POWERTOOLS_METRICS_NAMESPACE": "HelloRetail",
        "POWERTOOLS_SERVICE_NAME": function.name,
        "QUARANTINE_BUCKET": "bench-quarantine",
        "RECENT_EVENTS": "16",
        "REDRIVES_TABLE": REDRIVES,
        "RETENTION_HOURS": "24",
        "SCORES_TABLE": SCORES,
        "SCORE_BUCKETS": str(SCORE_BUCKETS),
        "STOCK_TABLE": STOCK,
        "STREAM_NAME": STREAM,
        "WORKSHOP": "true",
    }


def run_worker(cloud: Cloud, function: Unpacked, what: str, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Run one measurement of ``worker`` in its own process; return its figures.

    Raises:
        UserError: where it fails, with the end of what it wrote.

    """
    result = function.folder.parent / f"{what}.json"
    command = [sys.executable, "-m", "tools.bench.worker", what, str(result), function.handler]
    path = os.pathsep.join([str(function.folder), str(ROOT)])
    process = subprocess.run(  # noqa: S603 - our own module
        [*command, json.dumps(numbers)],
        env=build_function_environ(cloud, function) | {"PYTHONPATH": path},
        cwd=function.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if process.returncode:
        last = (process.stderr.strip().splitlines() or ["it wrote nothing"])[-1]
        raise UserError(f"The bench of {function.name} failed: {last}")
    figures: dict[str, Any] = json.loads(result.read_text())
    return figures


def measure_cold_starts(cloud: Cloud, functions: Mapping[str, Unpacked]) -> dict[str, Any]:
    """Time cold starts of handlers, alternating with bare clients.

    Byte code is warm for all: the first round is not counted.

    Returns:
        ``cold_start`` (function to ratio of medians) and ``cold_start_seconds`` (medians; ``bare`` is DynamoDB's,
        ``bare_kinesis`` the other).

    """
    names = sorted(functions)
    services = sorted({BARE_SERVICE[name] for name in names})
    bare = {service: "bare" if service == "dynamodb" else f"bare_{service}" for service in services}
    programs = {bare[service]: BARE_START.format(service=service) for service in services}
    programs |= dict.fromkeys(names, FUNCTION_START)
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    with show_progress("Starting cold") as progress:
        for turn in range(COLD_STARTS + 1):
            for name, code in programs.items():
                took = time_cold_start(cloud, functions.get(name, functions[names[0]]), code)
                if turn:
                    seconds[name].append(took)
            progress(turn, COLD_STARTS)
    medians = {name: median(values) for name, values in seconds.items()}
    ratios = {name: medians[name] / medians[bare[BARE_SERVICE[name]]] for name in names}
    return {"cold_start": ratios, "cold_start_seconds": medians}


def time_cold_start(cloud: Cloud, place: Unpacked, code: str) -> float:
    """Return the seconds of a cold start that runs ``code``."""
    module = place.handler.rpartition(".")[0]
    started = time.perf_counter()
    process = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code, module],
        env=build_function_environ(cloud, place),
        cwd=place.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if process.returncode:
        last = (process.stderr.strip().splitlines() or ["it wrote nothing"])[-1]
        raise UserError(f"{place.name} does not start: {last}")
    return seconds


def build_bench_document(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `build/bench.json` holds."""
    return {
        "batches": figures["batches"],
        "cold_start": figures["cold_start"],
        "event_ids_write_units": figures["event_ids_write_units"],
        "scores_read": figures["scores_read"]["ratio"],
        "event_writer": figures["event_writer"]["ratio"],
        "catalog": figures["catalog"],
        "front_door": figures["front_door"],
        "products_listed": figures["products_listed"]["ratio"],
    }


def check_figures(figures: Mapping[str, Any]) -> list[Check]:
    """Return every figure that has a bound, with its bound."""
    checks = []
    for batch in figures["batches"]:
        size = batch["batch_size"]
        bounds = BATCHES[size]
        checks += [
            Check(
                f"write units a purchase, {size} a batch",
                f"{original.WRITE_UNITS_A_SALE}",
                batch["write_units_per_purchase"],
                bounds.write_units,
                at_most=True,
            ),
            Check(
                f"read units a purchase, {size} a batch",
                f"{original.READ_UNITS_A_SALE}",
                batch["read_units_per_purchase"],
                bounds.read_units,
                at_most=True,
            ),
            Check(
                f"write units that event ids add, {size} a batch",
                "",
                figures["event_ids_write_units"][str(size)],
                IDS_WRITE_UNITS,
                at_most=True,
            ),
            Check(
                f"sales a second, {size} a batch: {batch['events_per_second']:,.0f}, against the loop",
                "1x",
                batch["speedup"],
                bounds.speedup,
                at_most=False,
                form=".1f",
                unit="x",
            ),
        ]
    checks += [
        Check(
            f"cold start of {name}, against a bare {BARE_SERVICE[name]} client",
            "",
            figures["cold_start"][name],
            bound,
            at_most=True,
        )
        for name, bound in COLD_START.items()
    ]
    reads, writes = figures["scores_read"]["ratio"], figures["event_writer"]["ratio"]
    return [
        *checks,
        Check("GET /scores, against its bare queries", "", reads, SCORES_READ, at_most=True),
        Check("POST /events, against its bare PutRecord", "", writes, EVENT_WRITTEN, at_most=True),
        *_catalog_checks(figures["catalog"], figures["products_listed"]),
        *_front_door_checks(figures["front_door"]),
    ]


def _catalog_checks(units: Mapping[str, float], lists: Mapping[str, float]) -> list[Check]:
    titles = {
        "create": "new product",
        "price": "price",
        "image": "picture",
        "stock": "stock",
        "purchase": "sale",
    }
    written = [
        Check(f"catalog's write units of a {title}", "", units[kind], CATALOG_WRITE_UNITS[kind], at_most=True)
        for kind, title in titles.items()
    ]
    pace = f"{lists['products_seconds'] * 1000:.0f} ms against {lists['trending_seconds'] * 1000:.0f} ms"
    title = f"GET /products of {LISTED_PRODUCTS:,}, against GET /trending (P50: {pace})"
    return [*written, Check(title, "", lists["ratio"], PRODUCTS_LISTED, at_most=True)]


def _front_door_checks(figures: Mapping[str, float]) -> list[Check]:
    pace = f"{figures['accepted']:,.0f} accepted, {figures['accepted_per_second']:.0f} a second"
    titles = {
        "failed": f"{figures['people']:.0f} people's events given up ({pace})",
        "missing": "accepted events that are not on the stream",
        "wrong_scores": "scores that are not the one-pass count's",
    }
    return [Check(title, "", figures[name], 0, at_most=True, form=".0f") for name, title in titles.items()]


def render_report(figures: Mapping[str, Any], checks: list[Check]) -> Table:
    """Return the figures beside their bounds and the original's, for Rich to print."""
    loop = figures["original"]
    caption = (
        f"The reference loop makes the original's {original.CALLS_A_SALE} calls a sale: here "
        f"{loop['events_per_second']:.0f} sales a second, {loop['write_units_per_purchase']:.1f} write and "
        f"{loop['read_units_per_purchase']:.1f} read units a sale. The original itself was measured at "
        f"{original.EVENTS_PER_SECOND} sales a second. Products' sales are after Zipf, and so are people's shares "
        "of the products."
    )
    table = Table(
        title="Bench", title_justify="left", title_style="bold", caption=caption, caption_justify="left"
    )
    table.add_column("Figure")
    for title in ("Original", "Here", "Bound"):
        table.add_column(title, justify="right")
    table.add_column("")
    for check in checks:
        table.add_row(*check.format_cells())
    return table


app = cli.build_single_command(run_bench)
