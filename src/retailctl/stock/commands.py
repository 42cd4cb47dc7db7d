"""`retailctl stock`: hold the stock against the log. See docs/catalog.md."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retailctl import interrupts
from retailctl.catalog.recount import OFFER, STOCK, recount_catalog
from retailctl.catalog.stored import read_stored_catalog
from retailctl.checks import print_gaps
from retailctl.console import DataTable, print_note, print_renderable
from retailctl.environments import outputs
from retailctl.environments.target import resolve_target
from retailctl.options import DEFAULT_CLOUD, CloudName, EnvironmentName
from retailctl.orders.comparison import count_units
from retailctl.orders.stored import read_stored_orders
from retailctl.progress import show_progress
from retailctl.replay.kept import KeptEvents, read_kept_events
from retailctl.replay.log import ReplayLog
from retailctl.stock.comparison import compare_stock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailctl.environments.target import Target
    from retailctl.stock.comparison import StockComparison

PATIENCE_SECONDS = 30.0
"""How long the stock may differ while stock events are in flight."""

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Hold the stock against the log.",
)


@app.callback()
def _stock() -> None:
    """Hold the stock against the log."""


@app.command("check")
def check_stock(
    *,
    patience: Annotated[
        float, typer.Option(help="Seconds for which the stock may differ.")
    ] = PATIENCE_SECONDS,
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
) -> None:
    """Compare the stock with the log; differences give exit status 1."""
    target = resolve_target(environment, cloud)
    values = outputs.read_outputs(target)
    log = ReplayLog(target, values)
    deadline = time.monotonic() + patience
    with show_progress("Comparing the stock with the log"):
        stock_log, comparison = _compare_once(target, values, log)
        while comparison.differences and time.monotonic() < deadline:
            interrupts.sleep(min(1.0, patience))
            stock_log, comparison = _compare_once(target, values, log)
    unknown = f"{comparison.unknown} products whose first offer is not in it were not compared."
    print_gaps(stock_log.gaps, unknown)
    if comparison.differences:
        print_renderable(_build_table(comparison))
        print_note(
            f"The stock of {len(comparison.differences)} of {comparison.compared} products is not what their "
            "merchants added less what is ordered."
        )
        raise typer.Exit(1)
    print_note(
        f"The stock of {comparison.compared} products is what their merchants added less what is ordered."
    )


def _compare_once(
    target: Target, values: Mapping[str, Any], log: ReplayLog
) -> tuple[KeptEvents, StockComparison]:
    stock_log = read_kept_events(log, (OFFER, STOCK))
    dynamodb = target.client("dynamodb")
    stored = read_stored_catalog(dynamodb, values)
    ordered = count_units(read_stored_orders(dynamodb, str(values["orders_table"])))
    recounted = recount_catalog(stock_log.payloads)
    is_whole = not stock_log.gaps
    return stock_log, compare_stock(recounted, stored.products, stored.stock, ordered, is_log_whole=is_whole)


def _build_table(comparison: StockComparison) -> DataTable:
    table = DataTable("Product")
    for title in ("Added, by the log", "Added", "Available", "Ordered"):
        table.add_column(title, justify="right")
    for each in comparison.differences:
        table.add_row(
            each.product, f"{each.logged:,}", f"{each.added:,}", f"{each.available:,}", f"{each.ordered:,}"
        )
    return table
