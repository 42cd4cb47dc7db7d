"""`retailctl play`: simulate a workshop and show the moving board.

Events are put on the stream or sent through the API.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retailctl.console import print_note
from retailctl.emulator import cloud as clouds
from retailctl.environments import outputs
from retailctl.errors import UserError
from retailctl.options import DEFAULT_CLOUD, EnvironmentName, LocalCloudName, format_retailctl
from retailctl.scores import board
from retailctl.simulation.api_load import open_front_door
from retailctl.simulation.habits import Habits, OrderHabits
from retailctl.simulation.orders_day import OrdersDay, has_orders
from retailctl.simulation.stream_load import run_stream_load
from retailctl.simulation.studio_day import StudioDay, has_studio
from retailctl.simulation.watch import TOP, display_board, watch_board
from retailctl.simulation.workshop import Workshop
from retailctl.stream import sender
from retailctl.stream.publish import build_no_retry_settings

if TYPE_CHECKING:
    from retailctl.scores.board import Board
    from retailctl.simulation.api_load import Door


def _build_share_option(what: str) -> Any:  # noqa: ANN401 - as Typer's
    """Return the option of a share."""
    return typer.Option(min=0, max=1, help=f"Share of the {what}; with --through api.")


_PHOTOGRAPHERS = "--late, --ignore, --twice and --rubbish"
_CUSTOMERS = "--decline, --flaky, --changed-price and --out-of-stock"


class Through(StrEnum):
    """Which way a simulation's events take."""

    STREAM = "stream"
    API = "api"


def play_workshop(  # noqa: PLR0913 - each is an option of the command
    *,
    rate: Annotated[float, typer.Option(min=0.1, max=5000, help="Events a second.")] = 50.0,
    seed: Annotated[int, typer.Option(help="The same seed plays the same workshop.")] = 1,
    count: Annotated[
        int,
        typer.Option(
            min=0,
            help="How many offers, pictures and sales; 0 for as many as fit. "
            "A price and a stock follow each first offer.",
        ),
    ] = 0,
    duration: Annotated[float, typer.Option(min=0, help="How many seconds; 0 for no end.")] = 0.0,
    products: Annotated[int, typer.Option(min=1, max=100_000, help="How many products.")] = 100,
    people: Annotated[int, typer.Option(min=2, max=10_000, help="Merchants and photographers.")] = 40,
    through: Annotated[
        Through, typer.Option(help="Put events on the stream, or sign in and send them to the API.")
    ] = Through.STREAM,
    late: Annotated[float, _build_share_option("assignments whose picture comes after their time")] = 0.0,
    ignore: Annotated[float, _build_share_option("assignments that are ignored")] = 0.0,
    twice: Annotated[float, _build_share_option("assignments that get two uploads at once")] = 0.0,
    rubbish: Annotated[float, _build_share_option("assignments that first get what is no picture")] = 0.0,
    decline: Annotated[float, _build_share_option("orders whose payment is declined")] = 0.0,
    flaky: Annotated[float, _build_share_option("orders whose payment first fails twice")] = 0.0,
    changed_price: Annotated[float, _build_share_option("orders at another total than the catalog's")] = 0.0,
    out_of_stock: Annotated[float, _build_share_option("orders of more than there is")] = 0.0,
    cloud: LocalCloudName = DEFAULT_CLOUD,
    environment: EnvironmentName = "dev",
) -> None:
    """Simulate a workshop and watch the board, for 30 s by default."""
    habits = Habits(late, ignore, twice, rubbish)
    order_habits = OrderHabits(decline, flaky, changed_price, out_of_stock)
    if through is Through.STREAM and (habits, order_habits) != (Habits(), OrderHabits()):
        raise UserError(
            f"{_PHOTOGRAPHERS} are for photographers, {_CUSTOMERS} for customers who order: add --through api."
        )
    running = clouds.load_cloud(cloud)
    environment_outputs = outputs.read_local_outputs(running, environment)
    workshop = Workshop(
        seed, products=products, people=people, start=datetime.now(UTC), seconds_per_event=1 / rate
    )
    until = duration or (None if count else 30.0)
    entries = workshop.generate_shop_day(count or None)
    if "page_url" in environment_outputs:
        print_note(f"The page is at {environment_outputs['page_url']}.")

    def read() -> Board:
        return board.read_board(str(environment_outputs["api_url"]), TOP)

    if through is Through.STREAM:
        put = sender.build_stream_put(
            running.client("kinesis", **build_no_retry_settings()), str(environment_outputs["stream_name"])
        )
        with display_board() as show:
            sent = watch_board(
                lambda on_tick: run_stream_load(entries, put, rate, until, on_tick), read, show
            )
        print_note(
            f"{sent:,} events are on the stream (seed {seed}); "
            f"`{format_retailctl('winners', environment, cloud)}` prints the board again."
        )
        return
    front_door = open_front_door(running, environment, environment_outputs, workshop)
    where = f"{environment} in the local cloud '{cloud}'"
    door: Door | OrdersDay = front_door
    if has_orders(environment_outputs):
        door = OrdersDay(running, environment_outputs, front_door, seed, order_habits)
    else:
        _require_none(order_habits, f"{where} has no orders, so {_CUSTOMERS} mean nothing there.")
        print_note("There are no orders here: customers post `product/purchase` themselves.")
    players: Door | OrdersDay | StudioDay = door
    if has_studio(environment_outputs):
        players = StudioDay(running, environment_outputs, door, workshop, habits)
    else:
        _require_none(habits, f"{where} has no studio, so {_PHOTOGRAPHERS} mean nothing there.")
        print_note("There is no studio here: photographers post `product/image` themselves.")
    try:
        with display_board() as show:
            watch_board(lambda on_tick: players.send_events(entries, rate, until, on_tick), read, show)
    finally:
        for line in players.format_lines():
            print_note(line)


def _require_none(habits: Habits | OrderHabits, sentence: str) -> None:
    """Check that no share was asked for.

    Raises:
        UserError: with the sentence, where one was.

    """
    if habits != type(habits)():
        raise UserError(sentence)
