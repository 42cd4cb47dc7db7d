"""Look at what is under way until what is wrong is known to stay so, and say where the log is too short."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Annotated, Protocol, TypeVar

import typer

from retailctl import interrupts
from retailctl.console import print_note

PATIENCE_SECONDS = 30.0
"""How long something may be wrong while steps are under way."""
Patience = Annotated[float, typer.Option(min=0, help="Seconds for which something may be wrong.")]
PAUSE_SECONDS = 1.0
GAPS_SHOWN = 5


class Look(Protocol):
    """What one look found."""

    @property
    def faults(self) -> Sequence[str]:
        """A sentence for each thing that is wrong."""


Found = TypeVar("Found", bound=Look)


def await_lasting_faults(
    look: Callable[[], Found], patience: float, clock: Callable[[], float] = time.monotonic
) -> tuple[Found, list[str]]:
    """Return the last look, and what was wrong at every look within ``patience`` seconds.

    The machine works on meanwhile, so that each look sees other steps by half.
    """
    deadline = clock() + patience
    latest = look()
    lasting = list(latest.faults)
    while lasting and clock() < deadline:
        interrupts.sleep(min(PAUSE_SECONDS, patience))
        latest = look()
        lasting = [fault for fault in lasting if fault in set(latest.faults)]
    return latest, lasting


def print_gaps(gaps: Sequence[str], consequence: str) -> None:
    """Print where the log is too short, and what follows from that; nothing where it is not."""
    if not gaps:
        return
    listed = "\n".join(f"  {gap}" for gap in gaps[:GAPS_SHOWN])
    more = len(gaps) - GAPS_SHOWN
    rest = f"\n  and {more} more" if more > 0 else ""
    print_note(f"The log does not reach back far enough:\n{listed}{rest}\n{consequence}", has_lines=True)
