"""Days of simulated photographers, by `retailctl play --through api`: which there are, and what is read of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from retailctl.photos.stored import StoredStudio


@dataclass(frozen=True)
class Day:
    """A day: so many products and photographers, and the shares of assignments that are dealt with otherwise."""

    products: int
    photographers: int
    events: int
    seed: int = 1
    rate: int = 100
    shares: Mapping[str, float] = field(default_factory=dict)

    @property
    def options(self) -> list[str]:
        """The options of the command; of its people, every other one is a photographer."""
        given = {
            "through": "api",
            "products": self.products,
            "people": 2 * self.photographers,
            "count": self.events,
            "seed": self.seed,
            "rate": self.rate,
            **self.shares,
        }
        return [part for name, value in given.items() for part in (f"--{name}", str(value))]


SMALL = Day(12, 4, 150, shares={"twice": 0.25, "rubbish": 0.25})
"""The day of `make test`. Whoever is late or ignores an assignment takes minutes, which the nightly days have."""
PROMPT = Day(500, 40, 5500, rate=200)
UNRULY = Day(500, 40, 5500, rate=200, shares={"ignore": 0.1, "late": 0.05, "twice": 0.05, "rubbish": 0.05})


def read_outcome(told: str) -> dict[str, int]:
    """Return what a day says of its products: how many were offered, and became what."""
    found = re.search(r"([\d,]+) products offered: ([^.]+)\.", told)
    assert found is not None, told
    parts = (part.split(" ", 1) for part in found[2].split(", "))
    return {"offered": _number(found[1]), **{state: _number(number) for number, state in parts}}


def read_last_picture(told: str) -> float:
    """Return the seconds from a day's last offer to its last picture."""
    found = re.search(r"the last picture ([\d,.-]+) s after the last offer", told)
    assert found is not None, told
    return float(found[1].replace(",", ""))


def measure_spread(studio: StoredStudio) -> int:
    """Return how many more pictures the busiest photographer who is still there has than the least busy one."""
    completed = [each.completed for each in studio.photographers.values() if not each.gone]
    return max(completed) - min(completed)


def list_locks(studio: StoredStudio) -> list[str]:
    """Return who is held, and what waits."""
    held = [each.user_id for each in studio.photographers.values() if each.assignment is not None]
    return held + sorted(studio.waiting)


def _number(text: str) -> int:
    return int(text.replace(",", ""))
