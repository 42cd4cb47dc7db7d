"""Look at the studio's table, executions and log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hello_retail.event_log import retention
from hello_retail.events import PRODUCT_IMAGE
from retailctl.checks import await_lasting_faults
from retailctl.executions import Executions
from retailctl.photos.comparison import PhotosEvidence, find_faults
from retailctl.photos.pictures import collect_pictures
from retailctl.photos.stored import STATES, StoredStudio, read_stored_studio
from retailctl.replay.kept import read_kept_events
from retailctl.replay.log import ReplayLog

if TYPE_CHECKING:
    from retailctl.environments.target import Target

REMEMBERED = timedelta(days=90)
"""For how long at least the table keeps a product that is pictured, from its picture on."""


@dataclass(frozen=True, slots=True)
class PhotosLook:
    """What one look found."""

    studio: StoredStudio
    running: int
    gaps: Sequence[str]
    faults: Sequence[str]


def look_at_photos(target: Target, values: Mapping[str, Any], log: ReplayLog, now: datetime) -> PhotosLook:
    """Hold table, executions and log against each other once.

    The table is read before the log: what it has as pictured is in the log by then.
    """
    executions = Executions(target.client("stepfunctions"), str(values["photos_machine_arn"]))
    studio = read_stored_studio(target.client("dynamodb"), str(values["studio_table"]))
    running = executions.list_running()
    kept = read_kept_events(log, (PRODUCT_IMAGE,))
    stream_start = datetime.fromtimestamp(retention.compute_retention_start(now.timestamp()), UTC)
    evidence = PhotosEvidence(
        studio,
        running,
        collect_pictures(kept.payloads),
        log_start=_format_time(stream_start) if kept.gaps else "",
        remembered_since=_format_time(now - REMEMBERED),
    )
    return PhotosLook(studio, len(running), kept.gaps, find_faults(evidence))


def check_environment(
    target: Target, values: Mapping[str, Any], patience: float
) -> tuple[PhotosLook, list[str]]:
    """Return the last look at an environment's studio, and what was wrong at every look."""
    log = ReplayLog(target, values)
    return await_lasting_faults(lambda: look_at_photos(target, values, log, datetime.now(UTC)), patience)


def describe_studio(studio: StoredStudio) -> str:
    """Return a sentence on what became of the products, and how the pictures are shared out."""
    counts = count_states(studio)
    parts = ", ".join(f"{number:,} {state}" for state, number in counts.items()) or "none"
    shares = [photographer.completed for photographer in studio.photographers.values()]
    shared = (
        f" {len(shares):,} photographers completed {min(shares):,} to {max(shares):,} pictures each."
        if shares
        else ""
    )
    return f"Products: {parts}.{shared}"


def count_states(studio: StoredStudio) -> dict[str, int]:
    """Return how many products are in each state that there is."""
    states = [product.state for product in studio.products.values()]
    return {state: states.count(state) for state in sorted(set(states), key=_order_state)}


def _order_state(state: str) -> tuple[int, str]:
    return (STATES.index(state) if state in STATES else len(STATES), state)


def _format_time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
