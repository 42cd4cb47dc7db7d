"""How simulated photographers behave, from a seed; pure."""

from __future__ import annotations

import random
from dataclasses import dataclass, fields
from enum import StrEnum

from retailctl.errors import UserError


class Conduct(StrEnum):
    """What a photographer does with one assignment."""

    PROMPT = "prompt"
    IGNORE = "ignore"
    LATE = "late"
    TWICE = "twice"
    RUBBISH = "rubbish"


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
        shares = {each.name: getattr(self, each.name) for each in fields(self)}
        if min(shares.values()) < 0 or sum(shares.values()) > 1:
            options = ", ".join(f"--{name}" for name in shares)
            raise UserError(
                f"{options} are shares of the assignments: give each 0 to 1, and together 1 at most."
            )

    def choose_conduct(self, seed: int, product_id: str, attempt: int) -> Conduct:
        """Return what becomes of an attempt: the same whoever is asked, in whatever order."""
        chance = create_dice(seed, product_id, attempt).random()
        for conduct in (Conduct.IGNORE, Conduct.LATE, Conduct.TWICE, Conduct.RUBBISH):
            chance -= float(getattr(self, conduct.value))
            if chance < 0:
                return conduct
        return Conduct.PROMPT


def create_dice(seed: int, *purpose: object) -> random.Random:
    """Return the random numbers of one purpose."""
    return random.Random(f"{seed} {purpose}")  # noqa: S311 - a simulation, and no secret
