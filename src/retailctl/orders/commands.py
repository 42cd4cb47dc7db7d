"""`retailctl orders`: what became of the orders, and whether stock, money and log agree. See docs/orders.md."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from retailctl.checks import PATIENCE_SECONDS, Patience, print_gaps
from retailctl.console import DataTable, print_document, print_line, print_note, print_renderable
from retailctl.environments import outputs
from retailctl.environments.target import resolve_target
from retailctl.options import DEFAULT_CLOUD, CloudName, EnvironmentName
from retailctl.orders import check
from retailctl.orders.stored import StoredOrder, read_stored_orders
from retailctl.progress import show_progress

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="The customers' orders: status, check.",
)


@app.command("status")
def show_status(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
) -> None:
    """Print how many orders are in which state, and why some ended badly."""
    target = resolve_target(environment, cloud)
    values = outputs.read_outputs(target)
    orders = read_stored_orders(target.client("dynamodb"), str(values["orders_table"]))
    if as_json:
        print_document(json.dumps(_build_document(orders), indent=2))
        return
    print_renderable(_build_table(orders))
    if reasons := check.count_reasons(orders):
        listed = ", ".join(f"{number:,} {reason}" for reason, number in reasons.items())
        print_note(f"Reasons: {listed}.")


def _build_document(orders: Sequence[StoredOrder]) -> dict[str, Any]:
    """Return the status as JSON has it, with each order that is open."""
    return {
        "orders": check.count_states(orders),
        "reasons": check.count_reasons(orders),
        "open": [
            {
                "user": order.user_id,
                "order": order.order_id,
                "state": order.state,
                "placedAt": order.placed_at,
                "execution": order.number,
                "lines": [asdict(line) for line in order.lines],
            }
            for order in orders
            if not order.is_over
        ],
    }


def _build_table(orders: Sequence[StoredOrder]) -> DataTable:
    table = DataTable("State")
    table.add_column("Orders", justify="right")
    table.add_column("Total", justify="right")
    table.add_column("The first placed at")
    for state, number in check.count_states(orders).items():
        of_state = [order for order in orders if order.state == state]
        total = sum(order.total_cents or 0 for order in of_state)
        table.add_row(state, f"{number:,}", f"{total:,}", min(order.placed_at for order in of_state))
    return table


@app.command("check")
def check_orders(
    *,
    patience: Patience = PATIENCE_SECONDS,
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
) -> None:
    """Compare orders, stock, payments and log; what is wrong gives exit status 1."""
    target = resolve_target(environment, cloud)
    values = outputs.read_outputs(target)
    with show_progress("Comparing orders, stock, payments, executions and log"):
        look, faults = check.check_environment(target, values, patience)
    print_gaps(look.gaps, "Events of orders from before are not looked for.")
    print_note(f"Orders: {check.describe_orders(look.orders)}.")
    for fault in faults:
        print_line(fault)
    if faults:
        print_note(f"{len(faults)} things are wrong: docs/orders.md says what to do.")
        raise typer.Exit(1)
    print_note(f"Executions that run: {look.running:,}. {check.describe_agreement(look.orders)}")
