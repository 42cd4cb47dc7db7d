"""Who is asked for which picture; pure.

Two lines stand in the table: the products that need a photographer, the longest waiting first, and the
photographers who may be asked, the one with the least load first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hello_retail.studio.items import Photographer

FREE = "free"
"""The line of the photographers who may be asked."""
WAITING = "waiting"
"""The line of the products that need a photographer."""
MISSES_IN_A_ROW = 3
"""After so many nobody is asked again until they register again."""
_LOAD_DIGITS = 9


@dataclass(frozen=True, slots=True)
class WaitingProduct:
    """A product's place in the line, and who was asked for it before."""

    place: str
    tried: frozenset[str] = frozenset()

    @property
    def product_id(self) -> str:
        """The product that waits."""
        return self.place.split("#", 1)[1]


@dataclass(frozen=True, slots=True)
class FreePhotographer:
    """A photographer's place in the line."""

    place: str

    @property
    def load(self) -> str:
        """Their load, as text that sorts like the number."""
        return self.place.split("#", 1)[0]

    @property
    def user_id(self) -> str:
        """The photographer who is free."""
        return self.place.split("#", 2)[2]


def choose_pair(
    waiting: Sequence[WaitingProduct], free: Sequence[FreePhotographer]
) -> tuple[WaitingProduct, FreePhotographer] | None:
    """Return the first product and its photographer; ``None`` if a line is empty.

    It is the first photographer who was not asked for it yet; if all were, the first.
    """
    if not waiting or not free:
        return None
    product = waiting[0]
    untried = (photographer for photographer in free if photographer.user_id not in product.tried)
    return product, next(untried, free[0])


def format_waiting_place(since: str, product_id: str) -> str:
    """Return a product's place: ``<since>#<product>``, ``since`` in ISO 8601."""
    return f"{since}#{product_id}"


def format_free_place(load: int, since: str, user_id: str) -> str:
    """Return a photographer's place: ``<load>#<since>#<user>``; load sorts as text."""
    return f"{load:0{_LOAD_DIGITS}}#{since}#{user_id}"


def may_be_asked(photographer: Photographer) -> bool:
    """Return whether a photographer belongs in the line of the free ones."""
    return (
        not photographer.gone
        and photographer.assignment is None
        and photographer.allowance > 0
        and photographer.in_a_row < MISSES_IN_A_ROW
    )
