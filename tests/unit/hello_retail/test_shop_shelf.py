"""What a product's events make of its catalog item and its stock, without AWS."""

from __future__ import annotations

from typing import Any

import pytest

from hello_retail.events import Event, decode_event
from hello_retail.shop_view.shelf import (
    SORT_NAME_BYTES,
    Offer,
    ShelvedProduct,
    ShopEvent,
    build_sort_name,
    plan_step,
    select_deliveries,
)
from hello_retail.stream_consumer.ledger import Ledger
from support.events import image, payload, price, stock
from support.shop import offer

ID = "6f1c2a52-8c3e-4a57-9d1c-0a3e3d0f9c11"


def entries(*documents: Any, first: int = 1) -> list[ShopEvent]:
    found = []
    for number, document in enumerate(documents, start=first):
        event = decode_event(payload(document))
        assert isinstance(event, Event)
        found.append(ShopEvent(number, event))
    return found


def fold(*documents: Any, before: ShelvedProduct | None = None, first: int = 1) -> Any:
    return plan_step(before or ShelvedProduct(), entries(*documents, first=first), ring_size=16)


def test_the_first_offer_fixes_the_merchant_and_the_time_and_a_later_one_of_hers_the_texts() -> None:
    step = fold(
        offer("p1", "ann", "Light", "Lamp", time_origin="2026-11-22T01:00:00Z"),
        offer("p1", "ann", "Light", "Big lamp", time_origin="2026-11-22T02:00:00Z"),
    )

    assert step.changes == {
        "merchant": "ann",
        "merchantSequence": "1",
        "offeredAt": "2026-11-22T01:00:00Z",
        "brand": "Brand 1",
        "name": "Big lamp",
        "description": "Description of item p1",
        "category": "Light",
        "sortName": "big lamp",
    }
    assert (step.moves, step.foreign, step.after.ledger.last) == (True, 0, 2)
    assert step.after.offer == Offer("ann", 1, "Light")


@pytest.mark.parametrize("foreign", [offer("p1", "eve", "Bed", "Trap"), price("p1", "eve", 1)])
def test_what_another_merchant_says_changes_nothing_and_is_counted(foreign: dict[str, Any]) -> None:
    mine = fold(offer("p1", "ann"), price("p1", "ann", 2495))
    step = fold(foreign, before=mine.after, first=3)

    assert (step.changes, step.foreign, step.moves) == ({}, 1, False)
    assert step.after.offer == mine.after.offer
    assert step.after.ledger.last == 3, "its watermark moves all the same (rule 14)"


def test_a_price_counts_only_after_the_offer() -> None:
    step = fold(price("p1", "ann", 1), offer("p1", "ann"), price("p1", "ann", 3), price("p1", "ann", 2))

    assert step.changes["cents"] == 2
    assert "cents" not in fold(price("p1", "ann", 1), offer("p1", "ann")).changes


def test_the_first_picture_stays_and_may_come_before_the_offer() -> None:
    first, second = image("p1", "bob"), image("p1", "cy")
    second["data"]["image"] = "photos/i/p/other"
    step = fold(first, offer("p1", "ann"), second)

    assert step.changes["image"] == "photos/i/p/p1"
    assert "image" not in fold(second, before=step.after, first=4).changes


def test_an_item_that_is_not_offered_has_no_category() -> None:
    step = fold(image("p1", "bob"), price("p1", "ann", 1))

    assert step.changes == {"image": "photos/i/p/p1"}
    assert (step.moves, step.after.category) == (False, None)


def test_the_same_category_again_is_no_move() -> None:
    before = fold(offer("p1", "ann", "Light")).after

    assert not fold(offer("p1", "ann", "Light", "New"), before=before, first=2).moves
    assert fold(offer("p1", "ann", "Desk"), before=before, first=2).moves


def test_a_step_ends_before_a_second_move() -> None:
    documents = [
        offer("p1", "ann", "Light"),
        price("p1", "ann", 7),
        offer("p1", "ann", "Desk"),
        offer("p1", "ann", "Light"),
    ]
    product, moved = ShelvedProduct(), []
    left = entries(*documents)
    while left:
        step = plan_step(product, left, ring_size=16)
        assert step.after
        product = step.after
        moved.append((product.category, product.ledger.last))
        left = [entry for entry in left if entry.sequence > (product.ledger.last or 0)]

    assert moved == [("Light", 2), ("Desk", 3), ("Light", 4)]


def test_a_repeat_under_a_new_number_does_not_bring_an_old_price_back() -> None:
    step = fold(
        offer("p1", "ann"),
        price("p1", "ann", 100, event_id=ID),
        price("p1", "ann", 200),
        price("p1", "ann", 100, event_id=ID),
    )

    assert (step.changes["cents"], step.repeats) == (200, 1)


def test_what_was_taken_before_is_not_taken_again() -> None:
    before = ShelvedProduct(Ledger(exists=True, last=2), Offer("ann", 1, "Light"))
    step = fold(offer("p1", "ann", "Desk"), offer("p1", "ann", "Bed"), before=before)

    assert (step.after, step.redelivered, step.changes) == (None, 2, {})


@pytest.mark.parametrize(
    ("name", "sorted_as"), [("Lamp", "lamp"), ("STRASSE", "strasse"), ("stra\u00dfe", "strasse")]
)
def test_products_are_sorted_without_regard_to_case(name: str, sorted_as: str) -> None:
    assert build_sort_name(name) == sorted_as


@pytest.mark.parametrize("character", ["a", "\u0390", "\U0001f600", "\ufb03"])
def test_a_sort_name_fits_its_key_in_every_script(character: str) -> None:
    key = build_sort_name(character * 200)

    assert 0 < len(key.encode()) <= SORT_NAME_BYTES
    assert (character * 200).casefold().startswith(key)


def test_stock_counts_from_the_merchant_and_only_after_the_offer() -> None:
    deliveries = entries(stock("p1", "ann", 1), stock("p1", "ann", 2), stock("p1", "eve", 4), first=4)

    own, foreign = select_deliveries(Offer("ann", 4, "Light"), deliveries)

    assert ([entry.event.data["added"] for entry in own], foreign) == ([2], 1)
    assert select_deliveries(None, deliveries) == ([], 0)
