"""What a photographer sees of their assignment, and until when they may upload: pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from hello_retail.http_api.problems import Problem
from hello_retail.studio.items import ASKED, DELIVERED

if TYPE_CHECKING:
    from hello_retail.studio.items import Photographer, Product

TICKET_SECONDS: Final = 600
"""For how long a ticket is good at the most."""


@dataclass(frozen=True, slots=True)
class OpenAssignment:
    """The attempt that a photographer may upload a picture for, and for how many seconds a ticket is good."""

    attempt: int
    seconds: int


def build_inbox_json(photographer: Photographer | None, product: Product | None) -> dict[str, Any]:
    """Return the inbox: ``product`` is the photographer's assignment, as far as it is known.

    An assignment is shown once it has a deadline, until the photographer is free again.
    """
    is_registered = photographer is not None and not photographer.gone
    return {
        "registered": is_registered,
        "left": photographer.allowance if photographer and is_registered else 0,
        "completed": photographer.completed if photographer else 0,
        "assignment": _build_assignment(product)
        if photographer and product and _has(photographer, product)
        else None,
    }


def find_open_assignment(product: Product | None, user_id: str, now: datetime) -> OpenAssignment:
    """Return the user's assignment for a product; a ticket is good until its deadline at the most.

    Raises:
        Problem: 404 where the product was never the user's to photograph, 410 where it is over.

    """
    if product is None or user_id not in {product.photographer, *product.tried}:
        raise Problem(
            HTTPStatus.NOT_FOUND, "You have no assignment for a product with this id.", code="not-theirs"
        )
    if product.photographer == user_id and product.state == ASKED and product.until is not None:
        seconds = int((datetime.fromisoformat(product.until) - now).total_seconds())
        if seconds > 0:
            return OpenAssignment(product.attempt, min(seconds, TICKET_SECONDS))
    raise Problem(
        HTTPStatus.GONE,
        "This assignment is over: its picture is here, its time has run out or it was withdrawn.",
        code="over",
    )


def _has(photographer: Photographer, product: Product) -> bool:
    return product.photographer == photographer.user_id and product.state in {ASKED, DELIVERED}


def _build_assignment(product: Product) -> dict[str, Any]:
    return {
        "product": product.product_id,
        "name": product.name,
        "brand": product.brand,
        "attempt": product.attempt,
        "until": product.until,
        "problem": product.problem,
        "state": product.state,
    }
