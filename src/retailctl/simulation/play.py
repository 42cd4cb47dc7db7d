"""`retailctl play`: a simulated workshop, put on the stream or sent through the API, and the moving board."""

from __future__ import annotations

import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from retailctl import project
from retailctl.console import note
from retailctl.emulator import cloud as clouds
from retailctl.environments import outputs
from retailctl.environments.bootstrap import Target
from retailctl.errors import UserError
from retailctl.options import CloudName, EnvironmentName
from retailctl.progress import REAL, Clock, OnTick, step
from retailctl.scores import board
from retailctl.simulation import api_load
from retailctl.simulation.workshop import Workshop
from retailctl.stream import sender
from retailctl.stream.publish import once
from retailctl.users import pool as users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from retailctl.emulator.cloud import Cloud
    from retailctl.scores.board import Board
    from retailctl.stream.log_file import Entry

TICK_SECONDS = 0.1
"""How often what is due is put on the stream."""

BOARD_SECONDS = 1.0
"""How often the board is read again."""

SETTLED_READS = 4
SETTLE_SECONDS = 20.0
"""After the last event: the board has settled once it read the same this often; longest wait for that."""

TOP = 10


class Through(StrEnum):
    """Which way a simulation's events take."""

    STREAM = "stream"
    API = "api"


def play(  # noqa: PLR0913 - each is an option of the command
    *,
    rate: Annotated[float, typer.Option(min=0.1, max=5000, help="Events a second.")] = 50.0,
    seed: Annotated[int, typer.Option(help="The same seed plays the same workshop.")] = 1,
    count: Annotated[int, typer.Option(min=0, help="How many events; 0 for as many as fit.")] = 0,
    duration: Annotated[float, typer.Option(min=0, help="How many seconds; 0 for no end.")] = 0.0,
    products: Annotated[int, typer.Option(min=1, max=100_000, help="How many products.")] = 100,
    people: Annotated[int, typer.Option(min=2, max=10_000, help="Merchants and photographers.")] = 40,
    through: Annotated[
        Through, typer.Option(help="Put events on the stream, or sign in and send them to the API.")
    ] = Through.STREAM,
    cloud: CloudName = project.DEFAULT_CLOUD,
    env: EnvironmentName = "dev",
) -> None:
    """Simulate a workshop and watch the board: 30 s, unless --count or --duration say otherwise."""
    running = clouds.load(cloud)
    found = outputs.read(running, env)
    workshop = Workshop(
        seed, products=products, people=people, start=datetime.now(UTC), seconds_per_event=1 / rate
    )
    until = duration or (None if count else 30.0)
    entries = workshop.day(count or None)
    if "page_url" in found:
        note(f"The page is at {found['page_url']}.")

    def read() -> Board:
        return board.read(str(found["api_url"]), TOP)

    if through is Through.STREAM:
        put = sender.to_stream(running.client("kinesis", **once()), str(found["stream_name"]))
        with shown() as show:
            sent = watch(lambda on_tick: simulate(entries, put, rate, until, on_tick), read, show)
        note(f"{sent:,} events are on the stream (seed {seed}); `retailctl winners` prints the board again.")
        return
    door = opened(running, env, found, workshop)
    try:
        with shown() as show:
            watch(lambda on_tick: door.send(entries, rate, until, on_tick), read, show)
    finally:
        for line in door.report.lines():
            note(line)


@dataclass(frozen=True, slots=True)
class Door:
    """An environment's front door, with the people of a workshop signed in."""

    api_url: str
    guests: api_load.Guests
    report: api_load.Report = field(default_factory=api_load.Report)

    def send(self, entries: Iterable[Entry], rate: float, duration: float | None, on_tick: OnTick) -> int:
        """Send what the people of ``entries`` would; return how many events were accepted."""
        source = api_load.submissions(entries, uuid.uuid4().hex)
        api_load.run(
            self.api_url, self.guests, source, rate, duration=duration, on_tick=on_tick, report=self.report
        )
        return self.report.accepted


def opened(running: Cloud, environment: str, found: Mapping[str, Any], workshop: Workshop) -> Door:
    """Return the front door of an environment with the people of a workshop signed in."""
    pool = users.pool_of(Target(project.find(), environment, running), found)
    people = len(workshop.merchants) + len(workshop.photographers)
    with step(f"Signing in {people} simulated people") as advance:
        signed_in = 0

        def on_one(number: int) -> None:
            nonlocal signed_in
            signed_in += number
            advance(signed_in, people)

        return Door(str(found["api_url"]), api_load.admit(pool, workshop, on_one))


def simulate(
    entries: Iterable[Entry],
    put: sender.Put,
    rate: float,
    duration: float | None = None,
    on_tick: OnTick = lambda _sent, _seconds: None,
    clock: Clock = REAL,
) -> int:
    """Put events on the stream at ``rate`` a second until they or the seconds run out; return their number.

    Raises:
        UserError: where the stream refuses, with how many events it has.
        KeyboardInterrupt: where it is interrupted, also in the middle of a request.

    """
    source, sent, start = iter(entries), 0, clock.now()
    try:
        while duration is None or clock.now() - start < duration:
            due = min(int((clock.now() - start) * rate) + 1 - sent, sender.MAX_REQUEST_RECORDS)
            batch = list(islice(source, max(due, 0)))
            if due > 0 and not batch:
                break
            sent += sender.send(batch, put, pause=clock.pause)
            on_tick(sent, clock.now() - start)
            clock.pause(TICK_SECONDS if (clock.now() - start) * rate < sent else 0.0)
    except sender.Stopped as stopped:
        if isinstance(stopped.__cause__, KeyboardInterrupt):
            raise KeyboardInterrupt from stopped
        raise UserError(f"The play stopped after {sent + stopped.sent:,} events: {stopped}.") from stopped
    return sent


def watch(
    run: Callable[[OnTick], int],
    read: Callable[[], Board],
    show: Callable[[int, float, Board], None],
    clock: Clock = REAL,
    *,
    settle: bool = True,
) -> int:
    """Run a simulation and show the board as it goes; return the events sent.

    With ``settle`` it goes on until the board has not moved for a while, and Ctrl-C ends the simulation like
    the end of its time; the number may then lack those of its last moment.

    Raises:
        NoBoard: where the board cannot be read once the simulation has ended.

    """
    start = last = clock.now()
    sent = 0

    def on_tick(so_far: int, seconds: float) -> None:
        nonlocal last, sent
        sent = so_far
        if clock.now() - last >= BOARD_SECONDS:
            last = clock.now()
            # A look that fails on a busy machine ends no play: there is a next one.
            with suppress(board.NoBoard):
                show(sent, seconds, read())

    try:
        sent = run(on_tick)
    except KeyboardInterrupt:
        if not settle:
            raise
    if not settle:
        return sent
    ended = clock.now()
    same, latest = 0, read()
    while same < SETTLED_READS and clock.now() - ended < SETTLE_SECONDS:
        show(sent, clock.now() - start, latest)
        clock.pause(BOARD_SECONDS / 2)
        previous, latest = latest, read()
        same = same + 1 if latest == previous else 0
    show(sent, clock.now() - start, latest)
    return sent


@contextmanager
def shown(*, transient: bool = False) -> Iterator[Callable[[int, float, Board], None]]:
    """Yield what shows the board: a table that moves in a terminal, a line now and then elsewhere.

    ``transient`` takes the table away at the end.
    """
    console = Console(highlight=False)
    if console.is_terminal:
        with Live(console=console, auto_refresh=False, transient=transient) as live:
            yield lambda sent, seconds, found: live.update(picture(sent, seconds, found), refresh=True)
        return
    latest: list[str] = [""]

    def print_line(sent: int, seconds: float, found: Board) -> None:
        text = f"{sent:,} events; {board.line(found)}"
        if text != latest[0]:
            latest[0] = text
            console.print(f"{seconds:5.1f} s  {text}", markup=False, soft_wrap=True)

    yield print_line


def picture(sent: int, seconds: float, found: Board) -> Group:
    """Return the board and how far the play is, for Rich to print."""
    return Group(Text(f"{sent:,} events in {seconds:.0f} s", style="dim"), board.tables(found))
