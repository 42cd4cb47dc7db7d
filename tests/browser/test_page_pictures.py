"""Pictures of the page: in build/screenshots, or in the folder that ``RETAIL_SCREENSHOTS`` names (docs/images)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.still_lifes import draw_product, hang_pictures
from support.stub_api import CUSTOMER, PHOTOGRAPHER, open_for_business, sell

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.browser import Browser, Shop
    from support.stub_api import StubShop

pytestmark = pytest.mark.slow
LOOKS = pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("light", {}),
        ("dark", {"dark": True}),
        ("phone", {"width": 390, "height": 844}),
    ],
)
FOLDER = Path(os.environ.get("RETAIL_SCREENSHOTS", Path(__file__).parents[2] / "build" / "screenshots"))

LOADED = (
    "return [...document.images].filter(each => each.offsetParent).slice(0, 6).every(each => each.complete)"
)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("board-light", {}),
        ("board-dark", {"dark": True}),
        ("board-phone", {"width": 390, "height": 844}),
    ],
)
def test_the_board_has_its_picture_taken(
    browsing: Callable[..., Browser], shop: Shop, name: str, settings: dict[str, bool | int]
) -> None:
    browser = browsing(**settings)
    if shop.stub:
        chance = open_for_business(shop.stub)
    browser.open("board")
    browser.sees("Live", "#freshness")
    if shop.stub:
        browser.until(lambda: browser.board("merchant"), "the merchants")
        sell(shop.stub, chance, 70)
        browser.until(lambda: browser.find_all(".move-up"), "movement")
    settled = "return document.getAnimations().every(a => a.effect.getTiming().iterations === Infinity)"
    browser.until(lambda: browser.run(settled), "the end of the animations")
    browser.picture(FOLDER / f"{name}.png", whole="phone" not in name)
    assert (FOLDER / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_the_forms_have_their_pictures_taken(browsing: Callable[..., Browser], shop: Shop) -> None:
    browser = browsing(height=820)
    if shop.stub:
        open_for_business(shop.stub)
    browser.open("offer")
    browser.sign_in(shop.merchant)
    browser.fill_offer("Reading lamp")
    browser.picture(FOLDER / "offer.png", whole=False)


@LOOKS
def test_the_inbox_has_its_picture_taken(
    browsing: Callable[..., Browser],
    stub: StubShop,
    tmp_path: Path,
    name: str,
    settings: dict[str, bool | int],
) -> None:
    stub.has_studio, stub.workshop = True, False
    open_for_business(stub)
    stub.studio.register(PHOTOGRAPHER.user_id)
    lamp = next(product for product, item in stub.catalog.items() if item["name"] == "Reading lamp")
    stub.studio.ask(PHOTOGRAPHER.user_id, lamp)
    stub.studio.photographers[PHOTOGRAPHER.user_id].completed = 4
    browser = browsing(**settings)
    browser.devtools("Emulation.setTouchEmulationEnabled", enabled=name == "phone")
    browser.open("photograph")
    browser.sign_in(PHOTOGRAPHER)
    photo = tmp_path / "lamp.jpg"
    photo.write_bytes(draw_product(browser, "Reading lamp"))
    browser.until(lambda: browser.find("#picture-form").is_displayed(), "the assignment")
    browser.find("#picture-form [name=image]").send_keys(str(photo))
    browser.until(lambda: browser.find_all("#picture-form img"), "the preview")
    browser.picture(FOLDER / f"inbox-{name}.png")


@LOOKS
def test_the_shop_a_product_the_cart_and_the_orders_have_their_pictures_taken(
    browsing: Callable[..., Browser], shop: Shop, name: str, settings: dict[str, bool | int]
) -> None:
    browser = browsing(**settings)
    if shop.stub:
        open_for_business(shop.stub)
    browser.open("board")
    if shop.stub:
        hang_pictures(browser, shop.stub)
    browser.go("shop")
    if shop.stub:
        browser.go_to("shop/Household")
    browser.settled()
    browser.until(lambda: browser.find_all(".tile"), "the products")
    browser.until(lambda: browser.run(LOADED), "the pictures")
    browser.picture(FOLDER / f"shop-{name}.png", whole=False)
    browser.click(".tile:last-child a")
    browser.until(lambda: browser.find_all(".sheet"), "a product")
    browser.until(lambda: browser.run(LOADED), "its picture")
    browser.picture(FOLDER / f"product-{name}.png", whole=False)
    if shop.stub:
        take_pictures_of_orders(browser, shop.stub, name)


def take_pictures_of_orders(browser: Browser, stub: StubShop, name: str) -> None:
    pieces = {"Reading lamp": 1, "Stoneware mug": 4, "Salad bowl": 1}
    ids = {item["name"]: product for product, item in stub.catalog.items()}
    for item in stub.catalog.values():
        item["pieces"] = 20
    stub.orders.carts[CUSTOMER.user_id] = {ids[each]: quantity for each, quantity in pieces.items()}
    browser.go("cart")
    browser.sign_in(CUSTOMER)
    submit = "#order-form [type=submit]"
    browser.until(lambda: browser.find(submit).is_displayed(), "the filled cart")
    browser.until(lambda: browser.run(LOADED), "its pictures")
    browser.run("scrollTo(0, 0); document.activeElement.blur()")
    browser.picture(FOLDER / f"cart-{name}.png", whole="phone" in name)
    browser.click("#order-form [value=tok_declined]")
    browser.click(submit)
    browser.sees("Declined", ".order")
    stub.orders.holds = "reserved"
    for cents, state in ((200, "Refused"), (0, "Reserved")):
        browser.go("cart")
        browser.until(lambda: browser.find(submit).is_displayed(), "the cart as before")
        browser.click("#order-form [value=tok_ok]")
        browser.sees(f"{(19400 + 200 * (state == 'Reserved')) / 100:.2f}", submit)
        stub.catalog[ids["Salad bowl"]]["cents"] += cents
        browser.click(submit)
        browser.sees(state, ".order:first-child .state")
    browser.run("scrollTo(0, 0); document.activeElement.blur()")
    browser.picture(FOLDER / f"orders-{name}.png", whole="phone" in name)
