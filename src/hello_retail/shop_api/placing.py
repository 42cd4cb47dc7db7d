"""What a customer orders: the request, checked. Nothing here talks to AWS or reads a clock.

Imported by the first order: the parser of bodies would be a part of the cold start that reads do not need.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from hello_retail.http_api.json_body import hash_json, read_json_object
from hello_retail.http_api.keys import is_order_id, is_product_id
from hello_retail.http_api.problems import Problem, WrongMember, build_data_problem
from hello_retail.orders.items import Line, Order
from hello_retail.times import format_time

MAXIMUM_BODY: Final = 8 * 1024
"""Bytes: twice what the longest order needs."""
MOST_LINES: Final = 25
MOST_PIECES: Final = 99
"""How many of one product an order takes, as a cart does."""
MOST_CENTS: Final = MOST_LINES * MOST_PIECES * 100_000_000
"""The total of the largest order at the highest price of an event."""
CLOCKS_APART: Final = 600
"""By how many seconds the time in an order's id may differ from ours."""
MEMBERS: Final = ("lines", "totalCents", "paymentToken")

_TOKEN = re.compile(r"tok_[a-z][a-z_]{0,59}")
"""Letters only, so that no number of a card can pass for a token."""


def parse_order_time(order_id: str) -> float:
    """Return when an order's id was made, in seconds.

    Raises:
        Problem: 400 where it is no UUIDv7 in lower case.

    """
    if not is_order_id(order_id):
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            "The order's id must be a UUID of version 7 (RFC 9562) in lower case, made for this order.",
            code="bad-order-id",
        )
    return (UUID(order_id).int >> 80) / 1000


def is_made_now(made: float, now: float) -> bool:
    """Return whether an order's id is new enough to place an order under it."""
    return abs(now - made) <= CLOCKS_APART


def build_time_refusal() -> Problem:
    """Return the refusal of an id that was made at another time, and under which there is no order."""
    return Problem(
        HTTPStatus.BAD_REQUEST,
        f"The order's id was not made within {CLOCKS_APART // 60} minutes of now: make a new one for a new order.",
        code="old-order-id",
    )


def build_reused_id_refusal() -> Problem:
    """Return the refusal of another order under the id of one's own."""
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "You have placed another order under this id: make a new id for a new order.",
        code="order-id-reused",
    )


def read_order(event: Mapping[str, Any], user_id: str, order_id: str, now: float) -> Order:
    """Return the order that a request of payload format 2.0 asks for.

    Raises:
        Problem: 415, 413 or 400, in this order; a 400 names every member that is wrong and quotes nothing.

    """
    body = read_json_object(event, MAXIMUM_BODY)
    wrong = tuple(_list_wrong_members(body))
    if wrong:
        raise build_data_problem(wrong)
    return Order(
        user_id=user_id,
        order_id=order_id,
        lines=tuple(Line(line["id"], line["quantity"]) for line in body["lines"]),
        expected_cents=body["totalCents"],
        placed_at=format_time(now),
        body=hash_json(body),
        payment_token=body["paymentToken"],
    )


def _list_wrong_members(body: Mapping[str, Any]) -> Iterator[WrongMember]:
    yield from _list_wrong_lines(body.get("lines"))
    if not _is_count(body.get("totalCents"), MOST_CENTS):
        yield WrongMember("/totalCents", f"must be a whole number from 1 to {MOST_CENTS}")
    token = body.get("paymentToken")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        yield WrongMember(
            "/paymentToken",
            "must be a token of the payment provider, such as tok_ok; never send a card number",
        )
    if body.keys() - set(MEMBERS):
        yield WrongMember("", f"must have {', '.join(MEMBERS)}, and nothing else")


def _list_wrong_lines(lines: object) -> Iterator[WrongMember]:
    if not isinstance(lines, list) or not 1 <= len(lines) <= MOST_LINES:
        yield WrongMember("/lines", f"must be a list of 1 to {MOST_LINES} products")
        return
    ordered: set[str] = set()
    for number, line in enumerate(lines):
        place = f"/lines/{number}"
        if not isinstance(line, dict) or line.keys() != {"id", "quantity"}:
            yield WrongMember(place, "must have id and quantity, and nothing else")
            continue
        product_id = line["id"]
        if not isinstance(product_id, str) or not is_product_id(product_id):
            yield WrongMember(f"{place}/id", "must be a product's id")
        elif product_id in ordered:
            yield WrongMember(f"{place}/id", "must be another product than in the lines before")
        else:
            ordered.add(product_id)
        if not _is_count(line["quantity"], MOST_PIECES):
            yield WrongMember(f"{place}/quantity", f"must be a whole number from 1 to {MOST_PIECES}")


def _is_count(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most
