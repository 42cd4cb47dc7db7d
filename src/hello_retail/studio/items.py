"""The items of the table ``studio``, as our code sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

OFFERED, WAITING, ASSIGNED, ASKED = "offered", "waiting", "assigned", "asked"
DELIVERED, RELEASED, PICTURED, GIVEN_UP = "delivered", "released", "pictured", "given-up"
HELD = frozenset({ASSIGNED, ASKED, DELIVERED})
"""States in which a photographer has the product."""
OVER = frozenset({PICTURED, GIVEN_UP})
"""States in which nothing is left to do."""
OWN_PLACE = "-"
"""The range key of an item that stands in no line."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the studio.

    ``attempt`` counts its assignments; ``since`` is when it began to wait, ``spot`` its place in the waiting line;
    ``finder`` and ``asker`` are the task tokens of the machine's two callbacks; ``until`` is the deadline of the
    photographer; ``offer`` the event id of its offer; ``execution`` the name of the machine's execution.
    """

    product_id: str
    state: str
    attempt: int
    since: str
    name: str = ""
    brand: str = ""
    offer: str | None = None
    execution: str = ""
    photographer: str | None = None
    spot: str | None = None
    finder: str | None = None
    asker: str | None = None
    until: str | None = None
    tried: frozenset[str] = frozenset()
    image: str | None = None
    delivered_at: str | None = None
    problem: str | None = None

    @property
    def token(self) -> str | None:
        """The token that the machine waits for, as far as the table knows."""
        return self.finder or self.asker


@dataclass(frozen=True, slots=True)
class Photographer:
    """Somebody who is, or was, registered.

    ``allowance`` is how many more pictures they may be asked for; ``completed`` and ``missed`` are their load;
    ``slot`` is their place in the free line, ``assignment`` the product that they have; at most one of both is set.
    ``item`` is the whole item, with its ledger.
    """

    user_id: str
    name: str = ""
    phone: str | None = None
    allowance: int = 0
    completed: int = 0
    missed: int = 0
    in_a_row: int = 0
    slot: str | None = None
    assignment: str | None = None
    gone: bool = False
    item: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def load(self) -> int:
        """How much they have been asked for: who has least is asked first."""
        return self.completed + self.missed


Key = dict[str, Any]


def build_product_key(product_id: str) -> Key:
    """Return the key of a product's item."""
    return build_key(f"product#{product_id}")


def build_photographer_key(user_id: str) -> Key:
    """Return the key of a photographer's item."""
    return build_key(f"photographer#{user_id}")


def build_key(line: str, place: str = OWN_PLACE) -> Key:
    """Return the key of an item."""
    return {"line": {"S": line}, "place": {"S": place}}


def parse_product(item: Mapping[str, Any]) -> Product:
    """Return a product from its item."""
    return Product(
        product_id=item["line"]["S"].partition("#")[2],
        state=item["state"]["S"],
        attempt=int(item["attempt"]["N"]),
        since=item["since"]["S"],
        name=_text(item, "name") or "",
        brand=_text(item, "brand") or "",
        offer=_text(item, "offer"),
        execution=_text(item, "execution") or "",
        photographer=_text(item, "photographer"),
        spot=_text(item, "spot"),
        finder=_text(item, "finder"),
        asker=_text(item, "asker"),
        until=_text(item, "until"),
        tried=frozenset(item["tried"]["SS"]) if "tried" in item else frozenset(),
        image=_text(item, "image"),
        delivered_at=_text(item, "deliveredAt"),
        problem=_text(item, "problem"),
    )


def parse_photographer(item: Mapping[str, Any]) -> Photographer:
    """Return a photographer from their item."""
    return Photographer(
        user_id=item["line"]["S"].partition("#")[2],
        name=_text(item, "name") or "",
        phone=_text(item, "phone"),
        allowance=_number(item, "allowance"),
        completed=_number(item, "completed"),
        missed=_number(item, "missed"),
        in_a_row=_number(item, "inARow"),
        slot=_text(item, "slot"),
        assignment=_text(item, "assignment"),
        gone="gone" in item,
        item=item,
    )


def _text(item: Mapping[str, Any], name: str) -> str | None:
    text: str | None = item[name]["S"] if name in item else None
    return text


def _number(item: Mapping[str, Any], name: str) -> int:
    return int(item[name]["N"]) if name in item else 0
