"""How products and places in their lists are shown, without AWS and HTTP."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hello_retail.catalog_api.listing import (
    CatalogProduct,
    ListedProduct,
    ProductPlace,
    decode_category_cursor,
    decode_product_cursor,
    encode_category_cursor,
    encode_product_cursor,
)
from hello_retail.http_api.cursor import MAX_CHARACTERS, BadCursor, seal_cursor
from hello_retail.http_api.mask import mask_user_id
from hello_retail.read_models.catalog import find_picture_path
from hello_retail.shop_view.shelf import build_sort_name

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=100)
IDS = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}", fullmatch=True)
PLACES = st.builds(ProductPlace, NAMES, NAMES.map(build_sort_name), IDS)
LAMP = ListedProduct("p1", "lamp", "Brand", "Lamp", "A lamp.", 2495, "photos/pictures/p1/0f3a.jpg")


def test_a_product_is_shown_with_its_merchants_mask_and_its_pictures_path() -> None:
    shown = CatalogProduct(LAMP, "Light", "amzn1.account.7B3811E20B8F", "2026-11-22T00:03:37Z", in_stock=True)

    assert shown.as_json() == {
        "id": "p1",
        "brand": "Brand",
        "name": "Lamp",
        "description": "A lamp.",
        "cents": 2495,
        "image": "pictures/p1/0f3a.jpg",
        "category": "Light",
        "merchant": mask_user_id("amzn1.account.7B3811E20B8F"),
        "offeredAt": "2026-11-22T00:03:37Z",
        "inStock": True,
    }


@pytest.mark.parametrize(
    "place",
    [
        None,
        "",
        "photos/i/p/p1",
        "photos/pictures/p1",
        "photos/pictures/p1/x.svg",
        "photos/pictures/p2/x.jpg",
        "photos/more/pictures/p1/x.jpg",
        "photos/pictures/p1/x/y.jpg",
        "https://evil.example/pictures/p1/x.jpg",
        "photos/pictures/p1/x.jpg\n",
    ],
)
def test_a_picture_elsewhere_is_not_shown(place: str | None) -> None:
    assert find_picture_path("p1", place) is None


@given(place=PLACES)
def test_a_cursor_leads_back_to_its_place(place: ProductPlace) -> None:
    cursor = encode_product_cursor(place)

    assert decode_product_cursor(cursor) == place
    assert len(cursor) <= MAX_CHARACTERS


@given(category=NAMES)
def test_a_categorys_cursor_leads_back_to_it(category: str) -> None:
    assert decode_category_cursor(encode_category_cursor(category)) == category
    with pytest.raises(BadCursor):
        decode_product_cursor(encode_category_cursor(category))


def test_the_longest_place_has_a_cursor_that_the_contract_takes() -> None:
    place = ProductPlace("\U0001f600" * 100, build_sort_name("\u0390" * 200), "x" * 80)

    cursor = encode_product_cursor(place)
    assert decode_product_cursor(cursor) == place
    assert len(cursor) <= MAX_CHARACTERS


@given(place=PLACES, at=st.integers(0, 10_000), character=st.sampled_from("Aa0_-"))
def test_a_changed_cursor_is_refused(place: ProductPlace, at: int, character: str) -> None:
    cursor = encode_product_cursor(place)
    changed = cursor[: at % len(cursor)] + character + cursor[at % len(cursor) + 1 :]
    if changed != cursor:
        with pytest.raises(BadCursor):
            decode_product_cursor(changed)


@pytest.mark.parametrize(
    "place",
    ["", "Light", "Light\0lamp", "Light\0lamp\0p1\0p2", "\0lamp\0p1", "Light\0\0p1", "Light\0lamp\0a/b"],
)
def test_a_sealed_text_that_is_no_place_is_refused(place: str) -> None:
    with pytest.raises(BadCursor):
        decode_product_cursor(seal_cursor(b"cursor-products", place))


def test_a_category_that_cannot_be_has_no_cursor() -> None:
    with pytest.raises(BadCursor):
        decode_category_cursor(seal_cursor(b"cursor-category", "x" * 101))
