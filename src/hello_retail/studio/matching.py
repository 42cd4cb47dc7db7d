"""Bring the two lines together.

Whoever joins a line writes that down first and then matches: of two who join at once, one sees the other.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from hello_retail.dynamodb.transactions import Contended, try_again
from hello_retail.studio.items import ASSIGNED
from hello_retail.studio.lines import choose_pair
from hello_retail.studio.table import (
    assign_product,
    read_free,
    read_product,
    read_waiting,
)
from hello_retail.studio.tokens import answer_token

if TYPE_CHECKING:
    from hello_retail.studio.items import Product
    from hello_retail.studio.table import Studio
    from hello_retail.studio.tokens import StepFunctions


def match_lines(studio: Studio, machine: StepFunctions) -> None:
    """Give waiting products to free photographers until a line is empty.

    Who loses to another matcher looks again, at other ones: the first of both lines are likely taken.

    Raises:
        Contended: where others came first each time.

    """
    while _match_pair(studio, machine):
        pass


def _match_pair(studio: Studio, machine: StepFunctions) -> bool:
    for attempt in try_again():
        waiting = read_waiting(studio.client, studio.table)
        free = read_free(studio.client, studio.table) if waiting else []
        if attempt:
            random.shuffle(waiting)
            random.shuffle(free)
            free.sort(key=lambda each: each.load)
        pair = choose_pair(waiting, free)
        if pair is None:
            return False
        if assign_product(studio, *pair):
            announce_photographer(studio, machine, pair[0].product_id)
            return True
    raise Contended


def announce_photographer(studio: Studio, machine: StepFunctions, product_id: str) -> None:
    """Tell the machine who has a product that was just assigned.

    The token is read after the assignment: whoever writes a newer one later finds the product assigned.
    """
    product = read_product(studio.client, studio.table, product_id)
    if product is not None and product.state == ASSIGNED and product.finder is not None:
        answer_token(machine, product.finder, build_found(product))


def build_found(product: Product) -> dict[str, str | int | None]:
    """Return what FindPhotographer answers."""
    return {"photographer": product.photographer, "attempt": product.attempt}
