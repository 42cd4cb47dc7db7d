"""How simulated photographers and customers behave, from a seed; pure."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TypeVar

from retailctl.errors import UserError

Choice = TypeVar("Choice")


class Conduct(StrEnum):
    """What a photographer does with one assignment."""

    PROMPT = "prompt"
    IGNORE = "ignore"
    LATE = "late"
    TWICE = "twice"
    RUBBISH = "rubbish"


class Purchase(StrEnum):
    """How a customer makes one order."""

    PLAIN = "plain"
    DECLINED = "declined"
    FLAKY = "flaky"
    CHANGED_PRICE = "changed price"
    OUT_OF_STOCK = "out of stock"


@dataclass(frozen=True, slots=True)
class Habits:
    """The share of the assignments, 0 to 1, that photographers deal with in each other way than promptly.

    Attributes:
        late: they upload after their time.
        ignore: they do nothing.
        twice: they upload two pictures at once, the same one or different ones.
        rubbish: they first upload something that is no picture.

    """

    late: float = 0.0
    ignore: float = 0.0
    twice: float = 0.0
    rubbish: float = 0.0

    def __post_init__(self) -> None:
        check_shares("assignments", asdict(self))

    def choose_conduct(self, seed: int, product_id: str, attempt: int) -> Conduct:
        """Return what becomes of an attempt: the same whoever is asked, in whatever order."""
        shares = {
            Conduct.IGNORE: self.ignore,
            Conduct.LATE: self.late,
            Conduct.TWICE: self.twice,
            Conduct.RUBBISH: self.rubbish,
        }
        return choose_by_share(create_dice(seed, product_id, attempt), shares, Conduct.PROMPT)


@dataclass(frozen=True, slots=True)
class OrderHabits:
    """The share of the orders, 0 to 1, that customers make in each other way than plainly.

    Attributes:
        decline: their payment is declined.
        flaky: their payment's provider fails twice.
        changed_price: they saw another total than the catalog's.
        out_of_stock: they want more of a product than was ever added.

    """

    decline: float = 0.0
    flaky: float = 0.0
    changed_price: float = 0.0
    out_of_stock: float = 0.0

    def __post_init__(self) -> None:
        check_shares("orders", asdict(self))

    def choose_purchase(self, seed: int, person: str, number: int) -> Purchase:
        """Return how a customer makes their order of this number."""
        shares = {
            Purchase.DECLINED: self.decline,
            Purchase.FLAKY: self.flaky,
            Purchase.CHANGED_PRICE: self.changed_price,
            Purchase.OUT_OF_STOCK: self.out_of_stock,
        }
        return choose_by_share(create_dice(seed, "order", person, number), shares, Purchase.PLAIN)


def check_shares(what: str, shares: Mapping[str, float]) -> None:
    """Check that shares can be had together.

    Raises:
        UserError: where they cannot.

    """
    if min(shares.values()) < 0 or sum(shares.values()) > 1:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in shares)
        raise UserError(f"{options} are shares of the {what}: give each 0 to 1, and together 1 at most.")


def choose_by_share(dice: random.Random, shares: Mapping[Choice, float], otherwise: Choice) -> Choice:
    """Return one of the choices by their shares, or ``otherwise`` for the rest."""
    chance = dice.random()
    for choice, share in shares.items():
        chance -= share
        if chance < 0:
            return choice
    return otherwise


def create_dice(seed: int, *purpose: object) -> random.Random:
    """Return the random numbers of one purpose."""
    return random.Random(f"{seed} {purpose}")  # noqa: S311 - a simulation, and no secret
