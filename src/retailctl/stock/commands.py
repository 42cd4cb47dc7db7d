"""`retailctl stock`: hold the stock against the log. See docs/catalog.md."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retailctl import interrupts
from retailctl.catalog.recount import OFFER, STOCK, recount_catalog
from retailctl.catalog.stored import read_stored_catalog
from retailctl.console import DataTable, print_note, print_renderable
from retailctl.environments import outputs
from retailctl.environments.target import resolve_target
from retailctl.options import DEFAULT_CLOUD, CloudName, EnvironmentName
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
GAPS_SHOWN = 5

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
    _print_gaps(stock_log, comparison)
    if comparison.differences:
        print_renderable(_build_table(comparison))
        print_note(
            f"The stock of {len(comparison.differences)} of {comparison.compared} products is not what their "
            "merchants added."
        )
        raise typer.Exit(1)
    print_note(f"The stock of {comparison.compared} products is what their merchants added.")


def _compare_once(
    target: Target, values: Mapping[str, Any], log: ReplayLog
) -> tuple[KeptEvents, StockComparison]:
    stock_log = read_kept_events(log, (OFFER, STOCK))
    stored = read_stored_catalog(target.client("dynamodb"), values)
    recounted = recount_catalog(stock_log.payloads)
    is_whole = not stock_log.gaps
    return stock_log, compare_stock(recounted, stored.products, stored.stock, is_log_whole=is_whole)


def _print_gaps(stock_log: KeptEvents, comparison: StockComparison) -> None:
    """Print where the log is too short, and what that leaves out."""
    if not stock_log.gaps:
        return
    listed = "\n".join(f"  {gap}" for gap in stock_log.gaps[:GAPS_SHOWN])
    more = len(stock_log.gaps) - GAPS_SHOWN
    rest = f"\n  and {more} more" if more > 0 else ""
    print_note(
        f"The log does not reach back far enough:\n{listed}{rest}\n{comparison.unknown} products whose first offer "
        "is not in it were not compared.",
        has_lines=True,
    )


def _build_table(comparison: StockComparison) -> DataTable:
    table = DataTable("Product")
    for title in ("Added, by the log", "Added", "Available"):
        table.add_column(title, justify="right")
    for each in comparison.differences:
        table.add_row(each.product, f"{each.logged:,}", f"{each.added:,}", f"{each.available:,}")
    return table
