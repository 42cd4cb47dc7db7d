"""Sales weighted by age: exponential decay without a clock or overflow.

A sale's weight halves with every half-life. Relative to a moment long ago, every sale's weight is fixed for good
(forward decay: Cormode, Shkapenyuk, Srivastava and Xu, ICDE 2009), namely two to the power of the half-lives from
then to the sale. So weights are added up once, at the sale, and age together without being touched; which of two
sums is the greater never changes. Powers of two grow without bound, so a sum is kept as a pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, frexp, ldexp


@dataclass(frozen=True, slots=True)
class Weight:
    """A sum of sales, relative to one at the epoch.

    It is ``mantissa`` times two to the power of ``half_lives``.

    ``half_lives`` is that of the newest sale in it, counted from the epoch and rounded down, so ``mantissa`` is at
    least 1 and at most twice the number of sales.
    """

    mantissa: float
    half_lives: int

    @property
    def order(self) -> tuple[int, float]:
        """What compares as the sums do, exactly, at any moment."""
        fraction, exponent = frexp(self.mantissa)
        return exponent + self.half_lives, fraction


def add_sale(weight: Weight | None, arrival: float, half_life: float) -> Weight:
    """Return the sum with one more sale; ``None`` is an empty sum.

    Args:
        weight: what was sold before.
        arrival: when the sale came, in seconds since the epoch.
        half_life: in seconds; the same for all sales of a sum.

    """
    age = arrival / half_life
    half_lives = floor(age)
    sale = 2.0 ** (age - half_lives)
    if weight is None:
        return Weight(sale, half_lives)
    if half_lives < weight.half_lives:
        return Weight(weight.mantissa + ldexp(sale, half_lives - weight.half_lives), weight.half_lives)
    return Weight(ldexp(weight.mantissa, weight.half_lives - half_lives) + sale, half_lives)


def compute_score(weight: Weight, moment: float, half_life: float) -> float:
    """Return the sum as of a time (seconds since the epoch)."""
    age = moment / half_life
    half_lives = floor(age)
    since = age - half_lives
    return ldexp(weight.mantissa, weight.half_lives - half_lives) / float(2.0**since)
