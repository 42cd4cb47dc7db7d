"""A day's bill: lines, parts, and the sheet that collects them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from retailctl.cost.workload import Workload

if TYPE_CHECKING:
    from retailctl.cost.prices import Price, Prices

MONTH = 365.25 / 12
"""Days of a month, for what is paid by the month."""
GB = 1e9


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the bill: units a day, price, and the number's origin."""

    price: Price
    what: str
    quantity: float
    billed: float
    origin: str

    @property
    def usd(self) -> float:
        """Return the dollars a day."""
        return self.billed * self.price.each


@dataclass(frozen=True, slots=True)
class Part:
    """Lines that belong together."""

    name: str
    lines: tuple[Line, ...]

    @property
    def usd(self) -> float:
        """Return the dollars a day."""
        return sum(line.usd for line in self.lines)

    def sum_by_service(self) -> dict[str, float]:
        """Return the dollars a day of each service, the dearest first."""
        sums: dict[str, float] = {}
        for line in self.lines:
            sums[line.price.service] = sums.get(line.price.service, 0.0) + line.usd
        return dict(sorted(sums.items(), key=lambda service: -service[1]))


@dataclass(frozen=True, slots=True)
class Bill:
    """A day's bill: from stream to board, and separate parts.

    ``front_door`` is the one of ``apart`` through which the events come in.
    """

    workload: Workload
    way: Part
    front_door: Part
    apart: tuple[Part, ...]

    @property
    def front_door_to_board(self) -> float:
        """Return the dollars a day from the API to the board."""
        return self.front_door.usd + self.way.usd


@dataclass(slots=True)
class Sheet:
    """Collects lines with a quantity; an item without a price is an error."""

    prices: Prices
    free_tier: bool = False
    lines: list[Line] = field(default_factory=list)
    _used: dict[str, float] = field(default_factory=dict)

    def add_line(self, item: str, what: str, quantity: float, origin: str) -> None:
        """Add a line of so many units of a price list's item."""
        price = self.prices.find_price(item)
        if quantity <= 0:
            return
        billed = quantity
        if self.free_tier:
            free_units = max(0.0, price.free_per_month / MONTH - self._used.get(item, 0.0))
            billed = max(0.0, quantity - free_units)
            self._used[item] = self._used.get(item, 0.0) + quantity
        self.lines.append(Line(price, what, quantity, billed, origin))

    def add_monthly_line(self, item: str, what: str, number: float, origin: str) -> None:
        """Add a day's share of a monthly price."""
        self.add_line(item, what, number / MONTH, origin)
