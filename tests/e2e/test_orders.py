"""Carts and orders of an applied environment by plain requests: a purchase's whole way, and what bad input gets."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest

from hello_retail.orders.items import OPEN
from retailctl.simulation.customers import mint_order_id
from support.command import Operator
from support.e2e import eventually
from support.kept_texts import collect_texts
from support.ordering import CENTS, ShopDoor, body

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.e2e import Landscape
    from support.players import FrontDoor, Player

pytestmark = pytest.mark.slow

ORDERS, CUSTOMERS, PRODUCTS, PIECES = 60, 8, 4, 5
"""How many orders come at once, of one piece each, and how many pieces there are of each product."""
SECRET = f"tok_{''.join(secrets.choice('abcdefgh') for _ in range(20))}"
"""A payment token that the provider declines."""


@pytest.fixture(scope="module")
def shop(door: FrontDoor) -> ShopDoor:
    return ShopDoor(door)


@pytest.fixture(scope="module")
def merchant(shop: ShopDoor) -> Player:
    return shop.door.admit("merchant")


@pytest.fixture(scope="module")
def customers(shop: ShopDoor) -> list[Player]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda _: shop.door.admit("customer"), range(CUSTOMERS)))


@pytest.fixture(scope="module")
def customer(customers: list[Player]) -> Player:
    return customers[0]


@pytest.fixture(scope="module")
def operator(there: Landscape, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return Operator(there.here, tmp_path_factory.mktemp("operator"))


@pytest.fixture
def product(shop: ShopDoor, merchant: Player) -> str:
    """A product of which there are five pieces."""
    return shop.sell(merchant, PIECES)


# The way of an order


def test_an_order_goes_from_the_cart_to_the_board(
    shop: ShopDoor, merchant: Player, customer: Player, product: str
) -> None:
    mug = shop.sell(merchant, PIECES, 300)
    before = shop.door.sales_of(merchant)
    shop.put_in_cart(customer, product, 2)
    shop.put_in_cart(customer, mug, 3)

    def in_cart() -> dict[str, int]:
        return {line["id"]: line["quantity"] for line in shop.cart(customer)["lines"]}

    assert eventually(in_cart, {product: 2, mug: 3}) == {product: 2, mug: 3}
    total = 2 * CENTS + 300
    assert shop.cart(customer)["totalCents"] == total + 2 * 300

    order_id = shop.order(customer, body({product: 2, mug: 1}, total))
    order = shop.ended(customer, order_id)

    assert (order["state"], order["totalCents"], order["reason"]) == ("confirmed", total, None)
    assert {line["id"]: (line["quantity"], line["cents"]) for line in order["lines"]} == {
        product: (2, CENTS),
        mug: (1, 300),
    }
    assert (shop.available(product), shop.available(mug)) == (PIECES - 2, PIECES - 1)
    assert shop.payment(customer, order_id) == "captured"
    (confirmed,), sales = shop.events_of(order_id)
    assert confirmed["data"]["totalCents"] == total
    assert sorted(sale["data"]["id"] for sale in sales) == sorted([product, mug])
    assert all(
        event["origin"].split("/")[1:3] == ["order-confirm", customer.user_id]
        for event in [confirmed, *sales]
    )
    assert {"paymentToken", "open", "expiresAt"}.isdisjoint(shop.stored(customer, order_id))
    assert eventually(in_cart, {mug: 2}) == {mug: 2}
    assert eventually(lambda: shop.door.sales_of(merchant), before + 2) == before + 2
    listed = shop.get(customer, "/orders").json()
    assert listed[0] == order


def test_an_order_is_placed_once_however_often_it_is_sent(
    shop: ShopDoor, customers: list[Player], product: str
) -> None:
    customer, other = customers[1:3]
    order_id, wanted = mint_order_id(time.time()), body({product: 1}, CENTS)
    first, again = shop.put(customer, order_id, wanted), shop.put(customer, order_id, wanted)
    another = shop.put(customer, order_id, body({product: 2}, 2 * CENTS))
    same_id = shop.put(other, order_id, wanted)

    assert [answer.status for answer in (first, again, another, same_id)] == [202, 202, 422, 202]
    assert urljoin(first.url, first.headers["location"]) == first.url
    assert first.headers["cache-control"] == "private, no-store"
    for each in (customer, other):
        assert shop.ended(each, order_id)["state"] == "confirmed"
    assert shop.put(customer, order_id, wanted).json()["state"] == "confirmed"
    assert shop.available(product) == PIECES - 2
    confirmed, sales = shop.events_of(order_id)
    assert (len(confirmed), len(sales)) == (2, 2)


# What is no order


def test_what_is_no_order_is_refused_and_leaves_nothing(
    shop: ShopDoor, customers: list[Player], product: str
) -> None:
    customer, now = customers[3], time.time()
    good = body({product: 1}, CENTS)
    bad: dict[str, tuple[str, object]] = {
        "no UUIDv7": ("0d9e4b1e-6f5a-4c5e-9d7a-0c1f8e2b3a4d", good),
        "from yesterday": (mint_order_id(now - 86_400), good),
        "from tomorrow": (mint_order_id(now + 86_400), good),
        "no lines": (mint_order_id(now), good | {"lines": []}),
        "26 lines": (mint_order_id(now), body({f"p{number}": 1 for number in range(26)}, CENTS)),
        "a product twice": (mint_order_id(now), good | {"lines": good["lines"] * 2}),
        "quantity 0": (mint_order_id(now), body({product: 0}, CENTS)),
        "quantity 100": (mint_order_id(now), body({product: 100}, 100 * CENTS)),
        "a card's number": (mint_order_id(now), good | {"paymentToken": "4111111111111111"}),
        "a card's number as a token": (mint_order_id(now), good | {"paymentToken": "tok_4111111111111111"}),
        "no token": (mint_order_id(now), {name: good[name] for name in ("lines", "totalCents")}),
        "a price of its own": (mint_order_id(now), good | {"cents": 1}),
        "no JSON": (mint_order_id(now), b"{"),
    }
    answers = {what: shop.put(customer, *asked) for what, asked in bad.items()}

    assert {what: answer.status for what, answer in answers.items()} == dict.fromkeys(bad, 400)
    assert not any(b"4111" in answer.body for answer in answers.values())
    assert shop.get(customer, "/orders").json() == []
    assert shop.available(product) == PIECES
    assert shop.put(None, mint_order_id(now), good).status == 401


def test_somebody_else_s_order_and_cart_are_never_answered(
    shop: ShopDoor, merchant: Player, customers: list[Player], product: str
) -> None:
    owner, other = customers[4:6]
    shop.put_in_cart(owner, product, 1)
    order_id = shop.order(owner, body({product: 1}, CENTS))
    shop.ended(owner, order_id)

    assert shop.get(other, f"/orders/{order_id}").status == 404
    assert shop.get(other, f"/orders/{order_id}?userId={owner.user_id}").status in {400, 404}
    assert shop.get(other, f"/cart?userId={owner.user_id}").json() == shop.cart(other)
    assert shop.get(other, f"/cart/{owner.user_id}").status == 404
    assert shop.cart(other) == {"lines": [], "totalCents": 0}
    assert shop.get(other, "/orders").json() == []
    assert {shop.get(None, path).status for path in ("/cart", "/orders", f"/orders/{order_id}")} == {401}
    assert shop.put(merchant, mint_order_id(time.time()), body({product: 1}, CENTS)).status == 403
    assert shop.available(product) == PIECES - 1


# What the shop refuses


def test_what_cannot_be_sold_as_it_was_shown_is_refused_with_the_reason(
    shop: ShopDoor, merchant: Player, customer: Player, product: str
) -> None:
    unpriced = shop.door.offer(merchant)

    def outcome(lines: dict[str, int], total: int) -> tuple[str, str, list[str], int | None]:
        order = shop.ended(customer, shop.order(customer, body(lines, total)))
        return order["state"], order["reason"], order["products"], order["newTotalCents"]

    assert outcome({product: 1}, CENTS - 1) == ("refused", "price-changed", [], CENTS)
    assert outcome({product: 1, unpriced: 1}, CENTS) == ("refused", "not-for-sale", [unpriced], None)
    assert outcome({product: 1, "nothing-here": 1}, CENTS) == (
        "refused",
        "not-for-sale",
        ["nothing-here"],
        None,
    )
    assert outcome({product: PIECES + 1}, (PIECES + 1) * CENTS) == (
        "refused",
        "out-of-stock",
        [product],
        None,
    )
    assert shop.available(product) == PIECES


# What the payment provider does


@pytest.mark.parametrize(
    ("token", "ends"),
    [
        (SECRET, ("declined", "declined", "declined", PIECES)),
        ("tok_slow", ("confirmed", None, "captured", PIECES - 2)),
        ("tok_flaky", ("confirmed", None, "captured", PIECES - 2)),
    ],
    ids=["declines", "is slow", "fails twice"],
)
def test_an_order_ends_well_whatever_the_provider_does(
    shop: ShopDoor, customer: Player, product: str, token: str, ends: tuple[str, str | None, str, int]
) -> None:
    order_id = shop.order(customer, body({product: 2}, 2 * CENTS, token))
    order = shop.ended(customer, order_id)

    assert (
        order["state"],
        order["reason"],
        shop.payment(customer, order_id),
        shop.available(product),
    ) == ends


# The machine is stopped by hand


def wait_for(shop: ShopDoor, customer: Player, order_id: str, state: str) -> None:
    assert eventually(lambda: shop.stored(customer, order_id)["state"]["S"], state, 20) == state


def test_stopped_before_it_has_taken_anything_an_order_is_cancelled(
    shop: ShopDoor, customer: Player, product: str
) -> None:
    with shop.forbidden("dynamodb:BatchGetItem"):
        order_id = shop.order(customer, body({product: 1}, CENTS))
        time.sleep(1)
        assert shop.look(customer, order_id)["state"] == "new"
        shop.stop(customer, order_id)
        order = shop.ended(customer, order_id)

    assert (order["state"], order["reason"]) == ("cancelled", "stopped")
    assert (shop.available(product), shop.payment(customer, order_id)) == (PIECES, None)


def test_stopped_while_the_provider_is_asked_an_order_is_cancelled_and_no_money_is_held(
    shop: ShopDoor, customer: Player, product: str
) -> None:
    order_id = shop.order(customer, body({product: 1}, CENTS, "tok_slow"))
    wait_for(shop, customer, order_id, "reserved")
    shop.stop(customer, order_id)
    order = shop.ended(customer, order_id)
    time.sleep(3)  # the step that was asking goes on, and finds the order cancelled

    assert (order["state"], order["reason"]) == ("cancelled", "stopped")
    assert shop.look(customer, order_id) == order
    assert (shop.available(product), shop.payment(customer, order_id)) == (PIECES, "voided")


def test_stopped_after_the_money_was_taken_an_order_is_confirmed_even_if_nobody_is_told(
    shop: ShopDoor, customer: Player, product: str
) -> None:
    with shop.untold(), shop.forbidden("kinesis:PutRecords"):
        order_id = shop.order(customer, body({product: 1}, CENTS))
        wait_for(shop, customer, order_id, "paid")
        assert eventually(lambda: shop.payment(customer, order_id), "captured", 20) == "captured"
        shop.stop(customer, order_id)
    assert shop.look(customer, order_id)["state"] == "paid"
    shop.reconcile(customer, order_id)

    assert shop.look(customer, order_id)["state"] == "confirmed"
    assert (shop.available(product), shop.payment(customer, order_id)) == (PIECES - 1, "captured")
    confirmed, sales = shop.events_of(order_id)
    assert (len(confirmed), len(sales)) == (1, 1)


# Many at once


def test_what_is_ordered_at_once_is_never_sold_twice(
    shop: ShopDoor, merchant: Player, customers: list[Player], operator: Operator
) -> None:
    with ThreadPoolExecutor(4) as pool:
        products = list(pool.map(lambda _: shop.sell(merchant, PIECES), range(PRODUCTS)))
    wanted = [(customers[number % CUSTOMERS], products[number % PRODUCTS]) for number in range(ORDERS)]

    def order(wish: tuple[Player, str]) -> tuple[dict[str, Any], str]:
        customer, product = wish
        order_id = shop.order(customer, body({product: 1}, CENTS))
        return shop.ended(customer, order_id, 120), order_id

    with ThreadPoolExecutor(12) as pool:
        done = list(pool.map(order, wanted))

    states = Counter((found["state"], found["reason"]) for found, _ in done)
    assert states == {
        ("confirmed", None): PRODUCTS * PIECES,
        ("refused", "out-of-stock"): ORDERS - PRODUCTS * PIECES,
    }
    assert [shop.available(product) for product in products] == [0] * PRODUCTS
    operator.do("orders", "check", *shop.where)


# In the end


def test_a_payment_token_is_nowhere(shop: ShopDoor) -> None:
    def is_open() -> bool:
        table = shop.door.found["orders_table"]
        items = shop.door.cloud.client("dynamodb").scan(TableName=table)["Items"]
        return any(item["state"]["S"] in OPEN for item in items)

    assert eventually(is_open, wanted=False) is False
    texts = collect_texts(shop.door, shop.machine)
    holds: Callable[[str], set[str]] = lambda word: {where for where, text in texts if word in text}  # noqa: E731

    assert holds(SECRET) == set()
    assert holds("tok_ok") <= {"object: site"}  # the page names the simulated tokens
    assert holds("4111111111111111") == set()
    assert {where for where, _ in texts} >= {
        "history",
        "log: order-tasks",
        "stream: order/confirmed",
        "table: orders",
    }
