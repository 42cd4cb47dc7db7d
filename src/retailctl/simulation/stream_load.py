"""Put a simulated workshop on the stream, at its rate."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from retailctl.errors import UserError
from retailctl.progress import REAL, Clock, OnTick
from retailctl.stream import sender

if TYPE_CHECKING:
    from collections.abc import Iterable

    from retailctl.stream.log_file import LogEntry

TICK_SECONDS = 0.1
"""How often what is due is put on the stream."""


def run_stream_load(
    entries: Iterable[LogEntry],
    put: sender.Put,
    rate: float,
    duration: float | None = None,
    on_tick: OnTick = lambda _sent, _seconds: None,
    clock: Clock = REAL,
) -> int:
    """Put events on the stream at ``rate`` until time is up; count them.

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
            sent += sender.send_entries(batch, put, pause=clock.pause)
            on_tick(sent, clock.now() - start)
            clock.pause(TICK_SECONDS if (clock.now() - start) * rate < sent else 0.0)
    except sender.Stopped as stopped:
        if isinstance(stopped.__cause__, KeyboardInterrupt):
            raise KeyboardInterrupt from stopped
        raise UserError(f"The play stopped after {sent + stopped.sent:,} events: {stopped}.") from stopped
    return sent
