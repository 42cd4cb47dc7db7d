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
from retailctl.simulation.habits import Habits
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
    """Return the option of a share of the photographers' assignments."""
    return typer.Option(min=0, max=1, help=f"Share of the assignments {what}; with --through api.")


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
    late: Annotated[float, _build_share_option("whose picture comes after their time")] = 0.0,
    ignore: Annotated[float, _build_share_option("that are ignored")] = 0.0,
    twice: Annotated[float, _build_share_option("that get two uploads at once")] = 0.0,
    rubbish: Annotated[float, _build_share_option("that first get what is no picture")] = 0.0,
    cloud: LocalCloudName = DEFAULT_CLOUD,
    environment: EnvironmentName = "dev",
) -> None:
    """Simulate a workshop and watch the board, for 30 s by default."""
    habits = Habits(late, ignore, twice, rubbish)
    if through is Through.STREAM and habits != Habits():
        raise UserError("--late, --ignore, --twice and --rubbish are for photographers: add --through api.")
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
    door = open_front_door(running, environment, environment_outputs, workshop)
    players: Door | StudioDay = door
    if has_studio(environment_outputs):
        players = StudioDay(running, environment_outputs, door, workshop, habits)
    elif habits != Habits():
        raise UserError(
            f"{environment} in the local cloud '{cloud}' has no studio, so --late, --ignore, --twice and --rubbish "
            "mean nothing there."
        )
    else:
        print_note("There is no studio here: photographers post `product/image` themselves.")
    try:
        with display_board() as show:
            watch_board(lambda on_tick: players.send_events(entries, rate, until, on_tick), read, show)
    finally:
        for line in players.format_lines():
            print_note(line)
