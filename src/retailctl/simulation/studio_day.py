"""A day of a shop with a studio: merchants offer through the API, and photographers upload pictures.

Nobody posts ``product/image``: that is the workshop's short cut, for environments without a studio.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hello_retail import events
from retailctl import interrupts
from retailctl.photos.stored import GIVEN_UP, PICTURED, StoredStudio, read_stored_studio
from retailctl.simulation.habits import Habits
from retailctl.simulation.load_report import pick_percentile
from retailctl.simulation.photographers import Photographers, StudioReport
from retailctl.stream.reader import read_stream

if TYPE_CHECKING:
    from retailctl.emulator.cloud import Cloud
    from retailctl.progress import OnTick
    from retailctl.simulation.api_load import Door
    from retailctl.simulation.orders_day import OrdersDay
    from retailctl.simulation.workshop import Workshop
    from retailctl.stream.log_file import LogEntry

PATIENCE_SECONDS = 900.0
"""How long after the last event pictures are waited for."""
UNKNOWN_SECONDS = 60.0
"""How long after the last event an offer may be unknown to the studio."""
READ_SECONDS = 2.0
"""How often the studio's table is read meanwhile."""
TICK_SECONDS = 0.5


def has_studio(values: Mapping[str, Any]) -> bool:
    """Return whether an environment's outputs name a studio."""
    return "studio_table" in values


def take_out_pictures(entries: Iterable[LogEntry]) -> Iterator[LogEntry]:
    """Yield what people send where photographers upload their pictures."""
    return (entry for entry in entries if _read_schema(entry) != events.PRODUCT_IMAGE)


def _read_schema(entry: LogEntry) -> str:
    return str(json.loads(entry.data)["data"]["schema"])


@dataclass(frozen=True, slots=True)
class PictureWaits:
    """Seconds from each product's offer to its picture, and from the last offer to the last picture."""

    seconds: list[float] = field(default_factory=list)
    last: float = 0.0


@dataclass(slots=True)
class StudioDay:
    """What a studio day needs, and how it went.

    Attributes:
        running: the local cloud.
        values: the environment's root outputs.
        door: its front door, with the workshop's people signed in.
        workshop: who is there.
        habits: how its photographers behave.
        photographers_report: what they did.
        offered: the products that were offered.

    """

    running: Cloud
    values: Mapping[str, Any]
    door: Door | OrdersDay
    workshop: Workshop
    habits: Habits = field(default_factory=Habits)
    photographers_report: StudioReport = field(default_factory=StudioReport)
    offered: set[str] = field(default_factory=set)
    _since: float = field(default_factory=time.time)

    def send_events(
        self, entries: Iterable[LogEntry], rate: float, duration: float | None, on_tick: OnTick
    ) -> int:
        """Send what people would, let photographers work, and wait until all pictures are there or given up.

        Returns how many events were accepted, registrations not counted.
        """
        self._since = time.time()
        people = [person.user_id for person in self.workshop.photographers]
        photographers = Photographers(
            self.door.api_url, self.door.guests, people, self.habits, self.workshop.seed
        )
        self.photographers_report = photographers.report
        with photographers:
            self.door.send_events(self._note_offers(take_out_pictures(entries)), rate, duration, on_tick)
            self._await_end(photographers, on_tick)
        photographers.check()
        return self.door.report.accepted

    def format_lines(self) -> list[str]:
        """Return in words how the day went: events, photographers, pictures."""
        lines = self.door.format_lines() + self.photographers_report.format_lines()
        states = count_outcomes(self.offered, self._read_studio())
        counted = ", ".join(f"{number:,} {state.replace('-', ' ')}" for state, number in states.items())
        lines.append(f"{len(self.offered):,} products offered: {counted or 'none'}.")
        records = read_stream(self.running.client("kinesis"), str(self.values["stream_name"]), self._since)
        waits = compute_waits(
            (record["ApproximateArrivalTimestamp"].timestamp(), record["Data"]) for record in records
        )
        if waits.seconds:
            shares = ", ".join(
                f"{pick_percentile(waits.seconds, share):.1f} s (P{share})" for share in (50, 95, 99)
            )
            lines.append(
                f"From offer to picture: {shares}; the last picture {waits.last:.1f} s after the last offer."
            )
        return lines

    def _note_offers(self, entries: Iterable[LogEntry]) -> Iterator[LogEntry]:
        for entry in entries:
            if _read_schema(entry) == events.PRODUCT_CREATE:
                self.offered.add(entry.partition_key)
            yield entry

    def _await_end(self, photographers: Photographers, on_tick: OnTick) -> None:
        """Wait until the studio is done with all that was offered, or after ``PATIENCE_SECONDS``."""
        begun = read = time.monotonic()
        while time.monotonic() - begun < PATIENCE_SECONDS and photographers.trouble is None:
            if time.monotonic() >= read:
                read = time.monotonic() + READ_SECONDS
                left = count_unfinished(
                    self.offered, self._read_studio(), with_unknown=time.monotonic() - begun < UNKNOWN_SECONDS
                )
                if not left:
                    return
            on_tick(self.door.report.accepted, self.door.report.seconds + time.monotonic() - begun)
            interrupts.sleep(TICK_SECONDS)

    def _read_studio(self) -> StoredStudio:
        return read_stored_studio(self.running.client("dynamodb"), str(self.values["studio_table"]))


def count_unfinished(offered: Iterable[str], studio: StoredStudio, *, with_unknown: bool) -> int:
    """Return how many products are neither pictured nor given up; an unknown one's offer is on its way."""
    products = [studio.products.get(product_id) for product_id in offered]
    return sum(with_unknown if product is None else not product.is_over for product in products)


def count_outcomes(offered: Iterable[str], studio: StoredStudio) -> dict[str, int]:
    """Return what became of products: how many are pictured, given up, or something else."""
    states = Counter(
        product.state if (product := studio.products.get(product_id)) else "unknown to the studio"
        for product_id in offered
    )
    ended = {state: states.pop(state) for state in (PICTURED, GIVEN_UP) if states[state]}
    return {**ended, **dict(states.most_common())}


def compute_waits(records: Iterable[tuple[float, bytes]]) -> PictureWaits:
    """Return how long products waited, by their first offers and first pictures among ``records``.

    Each record has its arrival, in seconds since the epoch. A product whose offer is not among them did not wait.
    """
    offers: dict[str, float] = {}
    pictures: dict[str, float] = {}
    for arrived, payload in records:
        event = events.decode_event(payload)
        if not isinstance(event, events.Event):
            continue
        if event.kind == events.PRODUCT_CREATE:
            offers.setdefault(event.data["id"], arrived)
        elif event.kind == events.PRODUCT_IMAGE and event.data["id"] in offers:
            pictures.setdefault(event.data["id"], arrived)
    if not pictures:
        return PictureWaits()
    waits = sorted(pictures[product] - offers[product] for product in pictures)
    return PictureWaits(waits, max(pictures.values()) - max(offers.values()))
