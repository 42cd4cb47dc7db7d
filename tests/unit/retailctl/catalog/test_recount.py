"""The independent fold of the catalog, rule by rule."""

from __future__ import annotations

import json
from itertools import permutations

import pytest

from retailctl.catalog.recount import Catalog, compare_catalogs, recount_catalog
from support.events import confirmed, payload

ID = "11111111-1111-4111-8111-11111111111{}"


def event(kind: str, user: str = "m", product: str = "p", event_id: str = "", **data: object) -> bytes:
    version, minted = ("1-1-0", {"eventId": ID.format(event_id)}) if event_id else ("1-0-0", {})
    return json.dumps(
        {
            "schema": f"com.nordstrom/retail-stream-ingress/{version}",
            "origin": f"hello-retail/app/{user}/Name",
            "timeOrigin": "2026-01-01T09:00:00.000Z",
            "data": {"schema": f"com.nordstrom/product/{kind}/1-0-0", "id": product} | data,
        }
        | minted
    ).encode()


def offer(user: str = "m", product: str = "p", event_id: str = "", **texts: str) -> bytes:
    words = {"brand": "Aster", "name": "Lamp", "description": "Warm.", "category": "Lamps"} | texts
    return event("create", user, product, event_id, **words)


def price(cents: object, user: str = "m") -> bytes:
    return event("price", user, cents=cents)


def stock(added: object, user: str = "m", event_id: str = "") -> bytes:
    return event("stock", user, event_id=event_id, added=added)


def picture(place: str) -> bytes:
    return event("image", "f", image=place)


LAMP = {
    "merchant": "m",
    "brand": "Aster",
    "name": "Lamp",
    "description": "Warm.",
    "category": "Lamps",
    "offeredAt": "2026-01-01T09:00:00.000Z",
}


def test_an_offered_product_is_in_its_category_with_price_picture_and_stock() -> None:
    log = [offer(), price(1250), stock(3), stock(4), picture("a/b")]

    assert recount_catalog(log) == Catalog(
        {"p": LAMP | {"cents": 1250, "image": "a/b"}},
        {"Lamps": {"products": 1}},
        {"p": {"available": 7, "added": 7}},
    )


def test_the_first_merchant_s_later_offer_moves_it_and_another_s_changes_nothing() -> None:
    log = [offer(), offer("x", category="Toys"), offer(category="Garden", name="Lantern")]

    assert recount_catalog(log) == Catalog(
        {"p": LAMP | {"category": "Garden", "name": "Lantern"}}, {"Garden": {"products": 1}}, {}
    )


def test_price_and_stock_count_from_its_merchant_only_and_after_the_offer() -> None:
    log = [price(1), stock(1), offer(), price(2, "x"), stock(2, "x")]

    assert recount_catalog(log) == Catalog({"p": LAMP}, {"Lamps": {"products": 1}}, {})


@pytest.mark.parametrize("log", [*permutations([offer(), picture("a/b"), event("purchase", "c")])])
def test_the_order_of_offer_picture_and_sale_does_not_matter(log: tuple[bytes, ...]) -> None:
    assert recount_catalog(log).products == {"p": LAMP | {"image": "a/b"}}


def test_the_first_picture_stays_and_without_an_offer_nobody_is_shown_it() -> None:
    pictures = [picture("a/b"), picture("c/d")]

    assert recount_catalog([*pictures, offer()]).products["p"]["image"] == "a/b"
    assert recount_catalog(pictures) == Catalog({}, {}, {})


def test_what_a_producer_put_twice_counts_once() -> None:
    first, second = offer(event_id="1"), offer(event_id="2", name="Lantern")
    added = stock(5, event_id="3")

    catalog = recount_catalog([first, second, added, first, added])

    assert catalog.products["p"]["name"] == "Lantern"
    assert catalog.stock == {"p": {"available": 5, "added": 5}}


def test_stock_that_came_too_early_counts_when_it_is_put_again() -> None:
    added = stock(5, event_id="3")

    assert recount_catalog([added, offer(), added, added]).stock == {"p": {"available": 5, "added": 5}}


@pytest.mark.parametrize("payload", [b"\xff", b"null", offer(name=""), event("create"), event("login")])
def test_what_is_no_event_of_the_catalog_counts_for_nothing(payload: bytes) -> None:
    assert recount_catalog([payload]) == Catalog({}, {}, {})


@pytest.mark.parametrize(
    "wrong", [price(0), price(1.0), price(1.5), price(100_000_001), stock(0), stock(2.0)]
)
def test_an_amount_that_the_contract_refuses_counts_for_nothing(wrong: bytes) -> None:
    assert recount_catalog([offer(), wrong]) == recount_catalog([offer()])


def test_each_difference_is_a_sentence() -> None:
    must = recount_catalog([offer(), price(1250), stock(3)])
    have = Catalog(
        {"p": LAMP | {"cents": 1300}, "q": LAMP},
        {"Lamps": {"products": 2}},
        {"p": {"available": 2, "added": 3}},
    )

    assert compare_catalogs(must, must) == []
    assert compare_catalogs(must, have) == [
        "Product p: cents is 1300, must be 1250.",
        "Product q is one too many.",
        "Category Lamps: products is 2, must be 1.",
        "Stock of product p: available is 2, must be 3.",
    ]
    assert compare_catalogs(must, Catalog({}, {}, {})) == [
        "Product p is missing.",
        "Category Lamps is missing.",
        "Stock of product p is missing.",
    ]


def test_what_confirmed_orders_have_taken_is_not_available_whenever_their_events_come() -> None:
    orders = [
        payload(confirmed("ann", {"p": 2, "q": 1}, event_id=ID.format("0"))),
        payload(confirmed("bob", {"p": 1}, event_id=ID.format("1"))),
    ]

    for log in ([*orders, offer(), stock(7)], [offer(), stock(7), *orders, *orders]):
        assert recount_catalog(log).stock == {"p": {"available": 4, "added": 7}}
