"""Watch the board move until it has settled."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from rich.console import Group
from rich.live import Live
from rich.text import Text

from retailctl.console import create_console, print_line
from retailctl.progress import REAL, Clock, OnTick
from retailctl.scores import board

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from retailctl.scores.board import Board

BOARD_SECONDS = 1.0
"""How often the board is read again."""
SETTLED_READS = 4
SETTLE_SECONDS = 20.0
"""After the last event: the board has settled once it read the same this often; longest wait for that."""
TOP = 10


def watch_board(
    run: Callable[[OnTick], int],
    read: Callable[[], Board],
    show: Callable[[int, float, Board], None],
    clock: Clock = REAL,
    *,
    settle: bool = True,
) -> int:
    """Show the board during a simulation; return the events sent.

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
def display_board(*, transient: bool = False) -> Iterator[Callable[[int, float, Board], None]]:
    """Yield the board's display: a live table, or lines outside a terminal.

    ``transient`` takes the table away at the end.
    """
    console = create_console()
    if console.is_terminal:
        with Live(console=console, auto_refresh=False, transient=transient) as live:
            yield lambda sent, seconds, latest_board: live.update(
                render_progress(sent, seconds, latest_board), refresh=True
            )
        return
    latest: list[str] = [""]

    def print_board_line(sent: int, seconds: float, latest_board: Board) -> None:
        text = f"{sent:,} events; {board.format_board_line(latest_board)}"
        if text != latest[0]:
            latest[0] = text
            print_line(f"{seconds:5.1f} s  {text}")

    yield print_board_line


def render_progress(sent: int, seconds: float, latest_board: Board) -> Group:
    """Return the board and how far the play is, for Rich to print."""
    return Group(Text(f"{sent:,} events in {seconds:.0f} s", style="dim"), board.render_board(latest_board))
