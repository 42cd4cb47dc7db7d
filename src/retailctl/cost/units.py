"""Units of a sale, from figures that `make bench` measured.

A batch writes once for each (contributor, role) in it, so a bigger batch costs less per sale. Between the sizes
that were measured, the writes of a batch of n sales follow ``a * ln(1 + 2 n / a)``: two writes for a lone sale, and
ever fewer new faces as it grows. Each measured size gives its own a (the effective number of contributors in a
shard, some 17 in the bench), and a is interpolated over ln n. The curve meets every measured point; exact counts of
simulated days lie within a tenth of it (`tests/unit/retailctl/cost/test_units.py`).
"""

from __future__ import annotations

import json
from bisect import bisect
from dataclasses import dataclass
from functools import cache
from math import exp, log, log1p
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retailctl.cost.original import EVENTS_PER_SECOND
from retailctl.errors import UserError
from retailctl.files import read_limited
from retailctl.project import format_path

if TYPE_CHECKING:
    from collections.abc import Sequence

PRODUCTS, PEOPLE, EXPONENT, SHARDS = 300, 120, 0.9, 3

COMMITTED = Path(__file__).with_name("measured.json")
"""Figures of one bench, kept with their date for clones that have not run one."""
WRITES_OF_A_LONE_SALE = 2.0
"""One for the merchant, one for the photographer."""


@dataclass(frozen=True, slots=True)
class Point:
    """What was measured at one batch size.

    ``reach`` is a in the module's formula, ``read_units`` are per sale, ``seconds`` per write, on the machine that
    the original was measured on.
    """

    batch_size: float
    reach: float
    read_units: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A bench's figures, by ascending batch size, and where they are from."""

    source: str
    points: tuple[Point, ...]

    def estimate_write_units(self, batch: float, crowd: float = 1.0) -> float:
        """Return the write units of a batch of so many sales.

        ``crowd`` is how many contributors a shard sees, against the bench's (see ``compute_crowd``).
        """
        reach = crowd * self._interpolate("reach", batch / crowd)
        return reach * log1p(WRITES_OF_A_LONE_SALE * batch / reach)

    def estimate_read_units(self, batch: float) -> float:
        """Return the read units of a sale in a batch of so many."""
        return self._interpolate("read_units", batch)

    def estimate_seconds(self, batch: float, crowd: float = 1.0) -> float:
        """Return the CPU seconds of a batch, including the emulator's."""
        return self.estimate_write_units(batch, crowd) * self._interpolate("seconds", batch / crowd)

    def _interpolate(self, figure: str, batch: float) -> float:
        """Interpolate over the logarithm of the batch size; clamp at the ends."""
        sizes = [point.batch_size for point in self.points]
        values = [float(getattr(point, figure)) for point in self.points]
        if batch <= sizes[0]:
            return values[0]
        if batch >= sizes[-1]:
            return values[-1]
        right = bisect(sizes, batch)
        left = right - 1
        share = log(batch / sizes[left]) / log(sizes[right] / sizes[left])
        return values[left] + share * (values[right] - values[left])


def read_figures(file: Path, source: str = "") -> Measured:
    """Read the figures that `make bench` wrote.

    Raises:
        UserError: where there are none, or they cannot be right.

    """
    try:
        figures = json.loads(read_limited(file))
    except FileNotFoundError:
        raise UserError(f"There are no measured units at {format_path(file)}: run `make bench`.") from None
    except ValueError:
        raise UserError(f"{format_path(file)} is no JSON: run `make bench` to write it anew.") from None
    batches = figures.get("batches") if isinstance(figures, dict) else None
    if not isinstance(batches, list) or not batches:
        raise UserError(f"{format_path(file)} has no batches: run `make bench` to write it anew.")
    points = tuple(sorted((_point(file, batch) for batch in batches), key=lambda point: point.batch_size))
    return Measured(source or format_path(file), points)


def read_latest_figures(bench: Path) -> Measured:
    """Return the figures of this clone's bench, or else the committed ones."""
    if bench.is_file():
        return read_figures(bench, "build/bench.json")
    return read_committed_figures()


def read_committed_figures() -> Measured:
    """Return the committed figures."""
    when = json.loads(COMMITTED.read_text(encoding="utf-8"))["measured"]
    return read_figures(COMMITTED, f"src/retailctl/cost/measured.json, of {when}")


def _point(file: Path, batch: Any) -> Point:  # noqa: ANN401 - as JSON has it
    try:
        size, units, reads, speedup = (
            float(batch[name])
            for name in ("batch_size", "write_units_per_purchase", "read_units_per_purchase", "speedup")
        )
    except (KeyError, TypeError, ValueError):
        raise UserError(
            f"{format_path(file)} lacks figures of a batch: run `make bench` to write it anew."
        ) from None
    writes = size * units
    if not (size > 1 and 1 < writes < WRITES_OF_A_LONE_SALE * size and reads >= 0 and speedup > 0):
        raise UserError(
            f"{format_path(file)}: {units:g} write units a sale in batches of {size:g} cannot be: "
            "run `make bench` to write it anew."
        )
    seconds = size / (speedup * EVENTS_PER_SECOND)
    return Point(size, _reach(size, writes), reads, seconds / writes)


def _reach(batch: float, writes: float) -> float:
    """Return the curve's parameter for a batch's number of writes."""
    low, high = 1e-9, 1e12
    while high / low > 1 + 1e-12:
        middle = (low * high) ** 0.5
        if middle * log1p(WRITES_OF_A_LONE_SALE * batch / middle) < writes:
            low = middle
        else:
            high = middle
    return low


def compute_crowd(contributors: int, shards: int) -> float:
    """Return the contributors of a shard, relative to the bench's shards.

    Products are dealt to shards, so a shard sees those contributors who have a product in it; the fewer the
    shards, the more. Products per contributor, and everybody's share of them, are the bench's.
    """
    return _count_expected(contributors, shards) / _count_expected(PEOPLE, SHARDS)


@cache
def _count_expected(contributors: int, shards: int) -> float:
    """Return the expected number of (contributor, role) in a shard."""
    products = contributors * PRODUCTS / PEOPLE
    shares = _zipf(max(1, contributors // 2))
    return 2 * sum(1 - exp(-products * share / shards) for share in shares)


def _zipf(number: int) -> Sequence[float]:
    weights = [1 / rank**EXPONENT for rank in range(1, number + 1)]
    total = sum(weights)
    return [weight / total for weight in weights]
