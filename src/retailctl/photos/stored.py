"""What the table ``studio`` holds.

It exists to check the studio's functions, so it shares no code with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

OFFERED, WAITING, PICTURED, GIVEN_UP = "offered", "waiting", "pictured", "given-up"
STATES = (OFFERED, WAITING, "assigned", "asked", "delivered", "released", PICTURED, GIVEN_UP)
"""In the order in which a product passes them."""
HELD = frozenset({"assigned", "asked", "delivered"})
"""States in which a photographer has the product."""
OVER = frozenset({PICTURED, GIVEN_UP})
"""States in which nothing runs for the product."""
MISSES_IN_A_ROW = 3
"""After so many a photographer is not asked again until they register."""


@dataclass(frozen=True, slots=True)
class StudioProduct:
    """A product: its state, the execution that runs for it, and who has it."""

    product_id: str
    state: str
    attempt: int = 0
    since: str = ""
    execution: str = ""
    photographer: str | None = None
    spot: str | None = None
    until: str | None = None
    image: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self.state in OVER


@dataclass(frozen=True, slots=True)
class StudioPhotographer:
    """A photographer: what they may still be asked for, what they have done, and what they have now."""

    user_id: str
    allowance: int = 0
    completed: int = 0
    missed: int = 0
    in_a_row: int = 0
    slot: str | None = None
    assignment: str | None = None
    gone: bool = False

    @property
    def may_be_asked(self) -> bool:
        """Whether they belong in the line of the free ones."""
        return not (self.gone or self.assignment or self.allowance < 1 or self.in_a_row >= MISSES_IN_A_ROW)


@dataclass(frozen=True, slots=True)
class StoredStudio:
    """All of the table: people and products by id, and the places of its two lines."""

    products: Mapping[str, StudioProduct] = field(default_factory=dict)
    photographers: Mapping[str, StudioPhotographer] = field(default_factory=dict)
    free: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()


def read_stored_studio(client: DynamoDBClient, table: str) -> StoredStudio:
    """Return all that the table holds now; steps that are made meanwhile may be in it by half."""
    products, photographers = {}, {}
    lines: dict[str, set[str]] = {"free": set(), "waiting": set()}
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            kind, _, name = item["line"]["S"].partition("#")
            if kind in lines:
                lines[kind].add(item["place"]["S"])
            elif kind == "product":
                products[name] = _parse_product(name, item)
            elif kind == "photographer":
                photographers[name] = _parse_photographer(name, item)
    return StoredStudio(products, photographers, frozenset(lines["free"]), frozenset(lines["waiting"]))


def _parse_product(product_id: str, item: Mapping[str, Any]) -> StudioProduct:
    return StudioProduct(
        product_id,
        item["state"]["S"],
        attempt=_read_number(item, "attempt"),
        since=_read_text(item, "since") or "",
        execution=_read_text(item, "execution") or "",
        photographer=_read_text(item, "photographer"),
        spot=_read_text(item, "spot"),
        until=_read_text(item, "until"),
        image=_read_text(item, "image"),
    )


def _parse_photographer(user_id: str, item: Mapping[str, Any]) -> StudioPhotographer:
    return StudioPhotographer(
        user_id,
        allowance=_read_number(item, "allowance"),
        completed=_read_number(item, "completed"),
        missed=_read_number(item, "missed"),
        in_a_row=_read_number(item, "inARow"),
        slot=_read_text(item, "slot"),
        assignment=_read_text(item, "assignment"),
        gone="gone" in item,
    )


def _read_text(item: Mapping[str, Any], name: str) -> str | None:
    text: str | None = item[name]["S"] if name in item else None
    return text


def _read_number(item: Mapping[str, Any], name: str) -> int:
    return int(item[name]["N"]) if name in item else 0
