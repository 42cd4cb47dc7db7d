"""What is asked of the system in a day, checked."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import ceil, cos, inf, pi
from typing import Any

from retailctl.errors import UserError

DAY = 86_400
PEAK_OVER_AVERAGE = 1.728
"""The workshop's: 200 sales a second at the peak of a day of 10,000,000."""
PEAK_PER_SHARD = 100.0
"""A shard for every 100 sales a second at the peak: a tenth of what one takes."""
SHARD_LIMIT = 1_000.0
"""Records a second that a shard takes."""
SLOTS = 48
"""Parts of a day that are counted each at its own rate."""
SHORTEST_POLL = 1.0
"""Seconds between two reads of a shard by a mapping; fresher takes enhanced fan-out, which pushes."""
FRESHEST = 0.2
"""Seconds below which gathering is not the wait that counts: the push and the fold take that."""
LONGEST_WINDOW = 300.0
"""Seconds that a mapping gathers at most."""
DAYS_KEPT_BY_THE_HOUR = 7
"""Days up to which Kinesis asks for each further hour of its log; what is older is priced otherwise."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What is asked of the system, whole and checked; ``build_workload`` makes one."""

    events_per_day: float
    peak_per_second: float
    shards: int
    window_seconds: float
    batch_size: int
    memory_mb: int
    contributors: int
    reads_per_day: float
    bad_records_per_day: float
    log_days: int
    access_log_days: int
    stream_days: int
    archive_window_seconds: float
    archive_days: int
    archive_fan_out: bool
    offers_per_day: float
    waiting_products: float
    texts: bool
    orders_per_day: float

    @property
    def average(self) -> float:
        """Return the sales a second, over the whole day."""
        return self.events_per_day / DAY

    def compute_rates(self) -> list[tuple[float, float]]:
        """Return (sales a second, seconds) for ``SLOTS`` equal parts of the day.

        They swing as a cosine between the peak and as far below the average; where that would be below nothing,
        the shop is closed for the rest of the day.
        """
        open_share = min(1.0, 2 * self.average / self.peak_per_second)
        middle = self.average / open_share
        swing = self.peak_per_second - middle
        seconds = DAY * open_share / SLOTS
        return [(middle - swing * cos(2 * pi * (slot + 0.5) / SLOTS), seconds) for slot in range(SLOTS)]


def build_workload(  # noqa: PLR0913 - one for each option of the command
    *,
    events_per_day: float = 10_000_000,
    peak_per_second: float | None = None,
    shards: int | None = None,
    window_seconds: float = 5.0,
    batch_size: int = 1_000,
    memory_mb: int = 512,
    contributors: int = 120,
    reads_per_day: float = 1_000,
    bad_records_per_day: float = 100,
    log_days: int = 365,
    access_log_days: int = 90,
    stream_days: int = 1,
    archive_window_seconds: float = 60.0,
    archive_days: int = 365,
    archive_fan_out: bool = True,
    offers_per_day: float = 1_000,
    waiting_products: float = 0,
    texts: bool = False,
    orders_per_day: float = 1_000,
) -> Workload:
    """Return a workload, with the default peak and shards if not given.

    Raises:
        UserError: where it cannot be, in words.

    """
    _check_positive("events a day", events_per_day)
    average = events_per_day / DAY
    peak = average * PEAK_OVER_AVERAGE if peak_per_second is None else peak_per_second
    if peak < average:
        raise UserError(
            f"{events_per_day:,.0f} events a day are {average:,.1f} a second on average: "
            f"a peak of {peak:g} is below that."
        )
    number = ceil(round(peak / PEAK_PER_SHARD, 6)) if shards is None else shards
    _check_positive("shards", number)
    if peak > number * SHARD_LIMIT:
        raise UserError(
            f"A shard takes {SHARD_LIMIT:,.0f} records a second: a peak of {peak:,.0f} needs "
            f"{ceil(peak / SHARD_LIMIT)} shards or more, not {number}."
        )
    if not FRESHEST <= window_seconds <= LONGEST_WINDOW:
        raise UserError(
            f"A window of {window_seconds:g} s cannot be: give {FRESHEST:g} to {LONGEST_WINDOW:g} s "
            f"(below {SHORTEST_POLL:g} s with enhanced fan-out, which is counted)."
        )
    if contributors < 2:  # noqa: PLR2004 - one of each role
        raise UserError(f"{contributors} contributors cannot be: it takes a merchant and a photographer.")
    if min(reads_per_day, bad_records_per_day, offers_per_day, waiting_products, orders_per_day) < 0:
        raise UserError("Reads, bad records, offers, products that wait and orders cannot be below nothing.")
    if not 1 <= stream_days <= DAYS_KEPT_BY_THE_HOUR:
        raise UserError(
            f"A log of {stream_days} days is not priced here: give 1 to {DAYS_KEPT_BY_THE_HOUR}; "
            "what is older is the archive's."
        )
    for name, value in (
        ("records a batch", batch_size),
        ("MB of memory", memory_mb),
        ("days for which logs are kept", log_days),
        ("days for which the access log is kept", access_log_days),
        ("seconds of the archive's window", archive_window_seconds),
        ("days of archive", archive_days),
    ):
        _check_positive(name, value)
    return Workload(
        events_per_day=events_per_day,
        peak_per_second=peak,
        shards=number,
        window_seconds=window_seconds,
        batch_size=batch_size,
        memory_mb=memory_mb,
        contributors=contributors,
        reads_per_day=reads_per_day,
        bad_records_per_day=bad_records_per_day,
        log_days=log_days,
        access_log_days=access_log_days,
        stream_days=stream_days,
        archive_window_seconds=archive_window_seconds,
        archive_days=archive_days,
        archive_fan_out=archive_fan_out,
        offers_per_day=offers_per_day,
        waiting_products=waiting_products,
        texts=texts,
        orders_per_day=orders_per_day,
    )


def change_workload(load: Workload, **changes: Any) -> Workload:  # noqa: ANN401 - as the fields are
    """Return the workload with some of its fields changed, and checked anew."""
    return build_workload(**asdict(load) | changes)


def multiply_workload(load: Workload, times: int) -> Workload:
    """Return the workload with a day's events and the shards multiplied."""
    return change_workload(
        load,
        events_per_day=load.events_per_day * times,
        peak_per_second=load.peak_per_second * times,
        shards=load.shards * times,
        reads_per_day=load.reads_per_day * times,
        bad_records_per_day=load.bad_records_per_day * times,
        offers_per_day=load.offers_per_day * times,
        waiting_products=load.waiting_products * times,
        orders_per_day=load.orders_per_day * times,
    )


def _check_positive(what: str, value: float) -> None:
    if not 0 < value < inf:
        raise UserError(f"{value:g} {what} cannot be: give more than nothing.")
