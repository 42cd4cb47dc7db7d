"""The shop in the page: categories, products, an offer with price and stock; seen from both sides (a stub)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.stub_api import CUSTOMER, MERCHANT

if TYPE_CHECKING:
    from support.browser import Browser
    from support.stub_api import StubShop

pytestmark = pytest.mark.slow

SHOP = "[data-view=shop]"
PRODUCT = "[data-view=product]"
COUNT = "#shop-count"
OWN = "[data-part=own-products]"
MESSAGE = "#offer-form .form-message"


def names(browser: Browser) -> list[str]:
    """Return the names of the products that the shop shows."""
    found = browser.run("return [...document.querySelectorAll('.tile h3')].map(name => name.textContent)")
    return [str(name) for name in found]


def sent(stub: StubShop) -> list[tuple[str, str]]:
    """Return kind and key of each event that arrived, taken or not."""
    return [(body["schema"].split("/")[2], key) for key, body in stub.attempts]


def kinds(stub: StubShop) -> list[str]:
    return [kind for kind, _ in sent(stub)]


def address(browser: Browser) -> str:
    return str(browser.run("return location.hash"))


def block(browser: Browser, *addresses: str) -> None:
    browser.devtools("Network.enable")
    browser.devtools("Network.setBlockedURLs", urls=list(addresses))


# offering, finding, opening, buying


def test_what_is_offered_with_price_and_stock_is_found_opened_bought_and_seen_on_the_board(
    stubbed: Browser, stub: StubShop
) -> None:
    stub.stock("mug-1", "Grace", "Ada", category="Kitchen", name="A mug")
    stubbed.open("offer")
    stubbed.sign_in(MERCHANT)
    product = stubbed.offer("Reading lamp", category="Light & Shade")
    stubbed.sees("You offer Reading lamp at $12.50, with 20 in stock.", MESSAGE)
    amounts = [{**taken.data, "schema": "", "id": ""} for taken in stub.taken[1:]]
    assert amounts == [{"schema": "", "id": "", "cents": 1250}, {"schema": "", "id": "", "added": 20}]
    assert [taken.data["id"] for taken in stub.taken] == [product] * 3
    stubbed.sees("$12.50 · in stock", OWN)

    stubbed.click("#sign-out")
    stubbed.sign_in(CUSTOMER)
    stubbed.go("shop")
    stubbed.until(lambda: names(stubbed) == ["A mug"], "the first category")
    stubbed.click(f"{SHOP} a[href='#/shop/Light%20%26%20Shade']")
    stubbed.until(lambda: names(stubbed) == ["Reading lamp"], "the other category")
    stubbed.sees("$12.50", ".tile")
    assert stubbed.driver.title == "Light & Shade · Shop · Hello, Retail!"
    stubbed.click(".tile a")
    stubbed.sees("Reading lamp", "#product-title")
    stubbed.sees("In stock", PRODUCT)
    assert stubbed.driver.title == "Reading lamp · Hello, Retail!"
    stubbed.click(f"{PRODUCT} [data-part=buy]")
    stubbed.sees("Bought", f"{PRODUCT} .outcome")
    assert stubbed.text(f"{PRODUCT} [data-part=buy]") == "Buy"

    stubbed.go("board")
    stubbed.until(lambda: ("Mira Sato", 1) in stubbed.board("merchant"), "the sale on the board")
    stubbed.until(
        lambda: stubbed.text(".trends li a") == "Reading lamp", "the product among the trending", 15
    )
    assert stubbed.complaints() == []


def test_trending_products_have_their_names_and_unknown_ones_their_ids(
    stubbed: Browser, stub: StubShop
) -> None:
    stub.stock("mug-1", "Grace", "Ada", name="A mug")
    stub.sales.update({"mug-1": 3, "never-offered": 5})
    stubbed.open("board")
    stubbed.until(lambda: len(stubbed.find_all(".trends li")) == 2, "the trending products")
    links = stubbed.find_all(".trends a")
    assert [link.text for link in links] == ["never-offered", "A mug"]
    assert links[1].get_attribute("href") == f"{stubbed.shop.address}/#/product/mug-1"


# the shop


def test_an_empty_shop_says_so(stubbed: Browser) -> None:
    stubbed.open("shop")
    stubbed.sees("The shop has no products yet: a merchant has to offer one.", SHOP)
    assert not stubbed.find("#shop-filter").is_displayed()


def test_an_empty_category_says_so_beside_those_that_have_products(stubbed: Browser, stub: StubShop) -> None:
    stub.stock("mug-1", "Grace", "Ada", category="Kitchen")
    stubbed.open("board")
    stubbed.go_to("shop/Gone")
    stubbed.sees("The shop has no products in “Gone”. Choose another category.", SHOP)
    stubbed.click(f"{SHOP} nav a")
    stubbed.until(lambda: names(stubbed) == ["Product mug-1"], "the category that has products")


def test_without_the_api_the_shop_says_so_and_looks_again_when_asked(
    stubbed: Browser, stub: StubShop
) -> None:
    stub.stock("mug-1", "Grace", "Ada")
    stubbed.open("board")
    stubbed.cut_off(stub.api_url)
    stubbed.go("shop")
    stubbed.sees("The shop cannot be reached.", f"{SHOP} [role=alert]")
    assert "no products" not in stubbed.text(SHOP)
    stubbed.reconnect()
    stubbed.click(f"{SHOP} [data-part=again]")
    stubbed.until(lambda: names(stubbed) == ["Product mug-1"], "the products")
    assert not stubbed.find(f"{SHOP} .form-message").is_displayed()
    stubbed.cut_off(stub.api_url)
    stubbed.go_to("product/mug-1")
    stubbed.sees("The shop cannot be reached.", f"{PRODUCT} [role=alert]")
    stubbed.reconnect()
    stubbed.click(f"{PRODUCT} [data-part=again]")
    stubbed.sees("Product mug-1", "#product-title")


def test_more_products_come_page_by_page_and_the_search_says_how_many_it_shows(
    stubbed: Browser, stub: StubShop
) -> None:
    stub.page_size = 2
    for index in range(5):
        stub.stock(
            f"lamp-{index}", "Grace", "Ada", name=f"Lamp {index}", brand="Even" if index % 2 == 0 else "Odd"
        )
    stubbed.open("shop")
    stubbed.sees("2 of 5 products are shown.", COUNT)
    stubbed.click(f"{SHOP} [data-part=more]")
    stubbed.sees("4 of 5 products are shown.", COUNT)
    stubbed.type("#shop-filter", "odd")
    stubbed.sees("2 of 4 loaded products are shown.", COUNT)
    assert names(stubbed) == ["Lamp 1", "Lamp 3"]
    stubbed.type("#shop-filter", "lamp 4")
    stubbed.sees("No loaded product matches “lamp 4”. Load more products to search them too.", SHOP)
    stubbed.find(f"{SHOP} [data-part=more]").send_keys("\n")
    stubbed.sees("1 of 5 loaded products is shown.", COUNT)
    stubbed.until(lambda: stubbed.has_focus(".tile[data-product=lamp-4] a"), "the focus on what was added")
    stubbed.type("#shop-filter", "Lamp")
    stubbed.sees("5 of 5 loaded products are shown.", COUNT)


def test_a_category_in_the_address_can_be_shared_and_back_goes_back(stubbed: Browser, stub: StubShop) -> None:
    odd = "Café / 100% “neu” #1?"
    stub.stock("mug-1", "Grace", "Ada", category="Art")
    stub.stock("cup-1", "Grace", "Ada", category=odd, name="A cup")
    stubbed.open("shop")
    stubbed.until(lambda: names(stubbed) == ["Product mug-1"], "the first category")
    assert address(stubbed) == "#/shop/Art"
    stubbed.click(f"{SHOP} nav li:nth-child(2) a")
    stubbed.until(lambda: names(stubbed) == ["A cup"], "the second category")
    shared = stubbed.driver.current_url
    stubbed.driver.back()
    stubbed.until(lambda: names(stubbed) == ["Product mug-1"], "the first category again")
    stubbed.driver.get("about:blank")
    stubbed.driver.get(shared)
    stubbed.until(lambda: names(stubbed) == ["A cup"], "what was shared")
    assert stubbed.text(f"{SHOP} h2") == odd
    assert stubbed.find(f"{SHOP} nav [aria-current]").text.startswith(odd)


def test_half_an_escape_sequence_in_the_address_is_no_category(stubbed: Browser, stub: StubShop) -> None:
    stub.stock("mug-1", "Grace", "Ada", category="Art")
    stubbed.open("board")
    stubbed.go_to("shop/%E4%")
    stubbed.until(lambda: address(stubbed) == "#/shop/Art", "the first category")


def test_the_old_address_of_buying_leads_to_the_shop(stubbed: Browser, stub: StubShop) -> None:
    stub.stock("mug-1", "Grace", "Ada", category="Art")
    stubbed.driver.get(f"{stubbed.shop.address}/#/buy")
    stubbed.until(lambda: names(stubbed) == ["Product mug-1"], "the shop")
    assert address(stubbed) == "#/shop/Art"


def test_coming_back_from_a_product_the_shop_is_where_it_was_left(stubbed: Browser, stub: StubShop) -> None:
    stub.page_size = 20
    for index in range(40):
        stub.stock(f"lamp-{index:02}", "Grace", "Ada")
    stubbed.open("shop")
    stubbed.sees("20 of 40 products are shown.", COUNT)
    stubbed.click(f"{SHOP} [data-part=more]")
    stubbed.sees("All 40 products are shown.", COUNT)
    stubbed.run("document.querySelector('[data-product=lamp-37] a').scrollIntoView({block: 'center'})")
    left = stubbed.run("return scrollY")
    assert left > 300
    stubbed.click("[data-product=lamp-37] a")
    stubbed.sees("Product lamp-37", "#product-title")
    assert stubbed.run("return scrollY") == 0
    stubbed.driver.back()
    stubbed.until(lambda: stubbed.has_focus(".tile[data-product=lamp-37] a"), "the focus where it was")
    assert abs(stubbed.run("return scrollY") - left) < 3
    stubbed.sees("All 40 products are shown.", COUNT)


def test_pictures_below_the_page_are_shown_and_drawings_where_there_are_none(
    stubbed: Browser, stub: StubShop
) -> None:
    stubbed.open("board")
    icon = stubbed.find("link[rel=icon]").get_dom_attribute("href")
    stub.stock("a", "Grace", "Ada", image=icon)
    stub.stock("b", "Grace", "Ada", image="pictures/gone.jpg")
    stub.stock("c", "Grace", None)
    stub.stock("d", "Grace", "Ada", image="https://elsewhere.example/x.png")
    stubbed.go("shop")
    stubbed.until(lambda: len(names(stubbed)) == 4, "the products")
    stubbed.until(
        lambda: not stubbed.find_all("[data-product=b] img"), "the drawing for a picture that is gone"
    )
    shown = "return [...document.querySelectorAll('.tile')].map(tile => tile.firstChild.localName)"
    assert stubbed.run(shown) == ["img", "svg", "svg", "svg"]
    assert stubbed.find("[data-product=a] img").get_attribute("alt") == ""
    assert stubbed.run("return document.querySelector('[data-product=a] img').naturalWidth") > 0
    assert stubbed.complaints() == []


# one product


def test_a_product_that_nobody_has_offered_is_said_to_be_none(stubbed: Browser, stub: StubShop) -> None:
    stub.stock("seen-only-in-a-sale", None, None)
    stubbed.open("board")
    stubbed.go_to("product/seen-only-in-a-sale")
    stubbed.sees("Nobody has offered a product with the id “seen-only-in-a-sale”.", PRODUCT)
    assert stubbed.text("#product-title") == "No such product"
    assert not stubbed.find_all(".sheet")
    stubbed.click(f"{PRODUCT} .back a")
    stubbed.sees("The shop has no products yet", SHOP)


def test_without_price_and_stock_a_product_says_so_and_can_be_bought(
    stubbed: Browser, stub: StubShop
) -> None:
    stub.stock("lamp-1", "Grace", "Ada", cents=None, pieces=0)
    stubbed.open("shop")
    stubbed.sees("No price yet", ".tile")
    stubbed.sign_in(CUSTOMER)
    stubbed.buy("lamp-1")
    stubbed.sees("No price yet", PRODUCT)
    stubbed.sees("Not in stock.", PRODUCT)
    assert not stubbed.find_all(f"{PRODUCT} [data-part=add]")
    assert len(stub.taken) == 1


def test_a_sale_that_fails_is_told_beside_the_button_and_the_next_press_has_the_same_key(
    stubbed: Browser, stub: StubShop
) -> None:
    stub.stock("lamp-1", "Grace", "Ada")
    stubbed.open("shop")
    stubbed.sign_in(CUSTOMER)
    sheet = stubbed.open_product("lamp-1")
    stub.failures = [500, 500, 500]
    stubbed.click(f"{sheet} [data-part=buy]")
    stubbed.sees("The shop made a 500.", f"{sheet} .outcome[role=alert]")
    stubbed.click(f"{sheet} [data-part=buy]")
    stubbed.sees("Bought", f"{sheet} .outcome.is-good")
    assert len(sent(stub)) == 4
    assert len(set(sent(stub))) == 1
    assert len(stub.taken) == 1


def test_a_product_that_was_offered_a_moment_ago_shows_as_soon_as_the_catalog_has_it(
    stubbed: Browser, stub: StubShop
) -> None:
    stub.view_delay = 2.5
    stubbed.open("offer")
    stubbed.sign_in(MERCHANT)
    product = stubbed.offer("Lamp")
    stubbed.sees("Not in the catalog yet", OWN)
    stubbed.go_to(f"product/{product}")
    stubbed.sees("This product was offered a moment ago.", PRODUCT)
    assert stubbed.text("#product-title") == "Lamp"
    stubbed.sees("$12.50", f"{PRODUCT} .sheet")


# offering


def test_a_wrong_price_or_stock_is_told_beside_its_field_and_nothing_is_sent(
    stubbed: Browser, stub: StubShop
) -> None:
    stub.currency = "JPY"
    stubbed.open("offer")
    stubbed.sees("In Japanese yen, for example 1200.", "#offer-price-hint")
    stubbed.fill_offer("Lamp", price="12.5")
    stubbed.type("#offer-stock", "some")
    stubbed.click("#offer-form [type=submit]")
    stubbed.sees("A price in JPY has no decimals, for example 1200.", "#offer-price-error")
    stubbed.sees("Write the number of pieces as a whole number, for example 20.", "#offer-stock-error")
    assert stubbed.focused() == "offer-price"
    stubbed.type("#offer-price", "")
    stubbed.type("#offer-stock", "1000001")
    stubbed.click("#offer-form [type=submit]")
    stubbed.sees("Price is missing.", "#offer-price-error")
    stubbed.sees("At most 1,000,000 pieces can be added at once.", "#offer-stock-error")
    assert stub.attempts == []


@pytest.mark.parametrize(
    ("currency", "typed", "cents", "shown"),
    [
        ("JPY", "1200", 1200, "¥1,200"),
        ("KWD", "1.25", 1250, "KWD 1.250"),
        (None, "8.20", 820, "$8.20"),
    ],
)
def test_a_price_is_sent_in_the_currencys_smallest_unit(
    stubbed: Browser, stub: StubShop, currency: str | None, typed: str, cents: int, shown: str
) -> None:
    stub.currency = currency
    stubbed.open("offer")
    stubbed.sign_in(MERCHANT)
    stubbed.fill_offer("Lamp", price=typed)
    stubbed.click("#offer-form [type=submit]")
    stubbed.sees(f"You offer Lamp at {shown}", MESSAGE)
    assert stub.taken[1].data["cents"] == cents
    stubbed.sees(shown, f"{OWN} .own")


def test_an_offer_that_broke_off_says_how_far_it_got_and_goes_on_from_there(
    stubbed: Browser, stub: StubShop
) -> None:
    stubbed.open("offer")
    stubbed.sign_in(MERCHANT)
    stub.failures_of = {"price": [500, 500, 500], "stock": [500, 500, 500]}
    stubbed.fill_offer("Lamp")
    stubbed.click("#offer-form [type=submit]")
    stubbed.sees("Lamp is offered, but it has no price yet. Press “Offer it” to go on from there.", MESSAGE)
    stubbed.sees("The shop made a 500.", f"{MESSAGE}[role=alert]")
    assert kinds(stub) == ["create", "price", "price", "price"]
    stubbed.click("#offer-form [type=submit]")
    stubbed.sees("Lamp is offered and its price is set, but no stock is added yet.", MESSAGE)
    stubbed.driver.refresh()
    stubbed.sees(MERCHANT.name, "#who-name")
    stubbed.click("#offer-form [type=submit]")
    stubbed.sees("You offer Lamp at $12.50, with 20 in stock.", MESSAGE)
    assert kinds(stub) == ["create", *["price"] * 4, *["stock"] * 4]
    assert len(set(sent(stub))) == 3
    assert len({key for _, key in sent(stub)}) == 3
    assert len({taken.data["id"] for taken in stub.taken}) == 1


def test_texts_that_are_mended_after_a_failure_are_of_the_same_product(
    stubbed: Browser, stub: StubShop
) -> None:
    stubbed.open("offer")
    stubbed.sign_in(MERCHANT)
    stub.failures_of = {"price": [500, 500, 500]}
    stubbed.fill_offer("Lmap")
    stubbed.click("#offer-form [type=submit]")
    stubbed.sees("but it has no price yet", MESSAGE)
    stubbed.type("#offer-name", "Lamp")
    stubbed.click("#offer-form [type=submit]")
    stubbed.sees("You offer Lamp", MESSAGE)
    assert len({taken.data["id"] for taken in stub.taken}) == 1
    stubbed.sees("Lamp", f"{OWN} .own")
    assert len(stubbed.find_all(f"{OWN} .own")) == 1


def test_the_next_offer_is_another_product(stubbed: Browser, stub: StubShop) -> None:
    stubbed.open("offer")
    stubbed.sign_in(MERCHANT)
    first = stubbed.offer("Lamp")
    stubbed.fill_offer("Lamp")
    stubbed.click("#offer-form [type=submit]")
    stubbed.until(lambda: len(stub.taken) == 6, "the second offer")
    assert first != stub.taken[3].data["id"]


def test_a_refusal_of_the_price_is_told_beside_its_field(stubbed: Browser, stub: StubShop) -> None:
    stubbed.open("offer")
    stubbed.sign_in(MERCHANT)
    stub.problem_kind = "price"
    stub.problem = {
        "status": 400,
        "detail": "The event does not fit its schema.",
        "errors": [{"pointer": "/cents", "detail": "must not be that."}],
    }
    stubbed.fill_offer("Lamp")
    stubbed.click("#offer-form [type=submit]")
    stubbed.sees("must not be that.", "#offer-price-error")
    assert stubbed.focused() == "offer-price"


def test_a_merchants_products_come_from_the_catalog_and_others_do_not(
    stubbed: Browser, stub: StubShop
) -> None:
    stub.page_size = 3
    for index in range(9):
        stub.stock(f"lamp-{index}", "Grace", "Ada")
    stub.stock(
        "mine", MERCHANT.name, None, name="My own lamp", cents=990, merchant=MERCHANT.user_id, pieces=0
    )
    stub.products["mine"]["creator"] = MERCHANT.user_id
    stubbed.open("offer")
    stubbed.sees("Sign in to see your products.", OWN)
    stubbed.run(
        "localStorage.setItem('hello-retail.names', JSON.stringify([{id: 'lamp-1', name: 'A', at: 1}]))"
    )
    stubbed.driver.refresh()
    stubbed.sign_in(MERCHANT)
    stubbed.sees("My own lamp", OWN)
    stubbed.sees("$9.90 · not in stock", OWN)
    assert len(stubbed.find_all(f"{OWN} .own")) == 1
    stubbed.click("#sign-out")
    stubbed.sees("Sign in to see your products.", OWN)
    assert not stubbed.find_all(f"{OWN} .own")


def test_a_merchant_changes_price_and_stock_of_a_product(stubbed: Browser, stub: StubShop) -> None:
    stub.stock("mine", "Mira", None, name="My own lamp", cents=990, merchant=MERCHANT.user_id, pieces=0)
    stubbed.open("shop")
    stubbed.sign_in(MERCHANT)
    sheet = stubbed.open_product("mine")
    stubbed.click(f"{sheet} [data-part=own] a")
    line = f"{OWN} .own[data-product=mine]"
    stubbed.until(lambda: stubbed.focused() == "own-mine-price", "the form of that product")
    assert stubbed.value("#own-mine-price") == "9.90"
    stubbed.click(f"{line} [type=submit]")
    stubbed.sees("Nothing is changed.", f"{line} [role=alert]")
    stubbed.type("#own-mine-price", "12.345")
    stubbed.click(f"{line} [type=submit]")
    stubbed.sees("A price in USD has at most 2 decimals", "#own-mine-price-error")
    assert stub.attempts == []
    stub.failures_of = {"stock": [500, 500, 500]}
    stubbed.type("#own-mine-price", "12.34")
    stubbed.type("#own-mine-stock", "3")
    stubbed.click(f"{line} [type=submit]")
    stubbed.sees("The price is now $12.34. No stock was added. The shop made a 500.", f"{line} [role=alert]")
    stubbed.click(f"{line} [type=submit]")
    stubbed.sees("3 pieces are added.", f"{line} [role=status]")
    assert kinds(stub) == ["price", *["stock"] * 4]
    assert len(set(sent(stub))) == 2
    stubbed.sees("$12.34 · in stock", line)
    stubbed.until(lambda: "on its way" not in stubbed.text(line), "the catalog's own word")


def test_somebody_elses_product_has_no_link_to_change_it(stubbed: Browser, stub: StubShop) -> None:
    stub.stock("theirs", "Grace", None)
    stubbed.open("shop")
    stubbed.sign_in(MERCHANT)
    sheet = stubbed.open_product("theirs")
    assert not stubbed.find(f"{sheet} [data-part=own]").is_displayed()


# modules


def test_a_view_is_loaded_at_its_first_visit(stubbed: Browser) -> None:
    stubbed.open("board")
    stubbed.sees("Live", "#freshness")
    loaded = (
        "return performance.getEntriesByType('resource').map(entry => entry.name)"
        ".filter(name => /\\/(shop|product|offer|own-products|photograph|prices)-/.test(name)).length"
    )
    assert stubbed.run(loaded) == 0
    stubbed.go("shop")
    stubbed.sees("The shop has no products yet", SHOP)
    assert stubbed.run(loaded) == 2


def test_a_view_that_cannot_be_loaded_says_so_and_the_others_work(stubbed: Browser) -> None:
    stubbed.open("board")
    block(stubbed, f"{stubbed.shop.address}/assets/shop-*")
    stubbed.click('.pages a[href="#/shop"]')
    stubbed.sees("This part of the page cannot be loaded.", "#page-problem[role=alert]")
    stubbed.go("board")
    stubbed.until(lambda: not stubbed.text("#page-problem"), "the problem's end")
    block(stubbed)
    stubbed.driver.get(f"{stubbed.shop.address}/#/shop")
    stubbed.driver.refresh()
    stubbed.sees("The shop has no products yet", SHOP)
