"""The game in the page, as people play it: against the stub, or a deployed shop (see support.browser)."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.browser import Browser, Person, Shop

pytestmark = pytest.mark.slow
VIEWS = ("board", "shop", "offer", "photograph")


def a_name(what: str = "Lamp") -> str:
    return f"{what} {secrets.token_hex(3)}"


def test_three_people_play_and_the_board_shows_each_sale_within_three_seconds(
    browsing: Callable[..., Browser], shop: Shop
) -> None:
    board, player = browsing(), browsing()
    board.open("board")
    board.run("window.hasNotBeenReloaded = true")
    player.open("offer")
    player.sign_in(shop.merchant)
    product = player.offer(a_name())
    player.click("#sign-out")
    player.sign_in(shop.photographer)
    player.photograph(product)
    player.click("#sign-out")
    player.sign_in(shop.customer)
    sheet = player.open_product(product)
    before = {role: dict(board.board(role)) for role in ("merchant", "photographer")}
    for sale in (1, 2, 3):
        player.click(f"{sheet} [data-part=buy]")
        pressed = time.monotonic()
        for role, person in (("merchant", shop.merchant), ("photographer", shop.photographer)):
            expected = (person.name, before[role].get(person.name, 0) + sale)
            left = 3 - (time.monotonic() - pressed)
            board.until(
                lambda role=role, expected=expected: expected in board.board(role),
                f"{expected} on the board",
                left,
            )
        player.until(
            lambda sale=sale: f"{sale} times" in player.text(f"{sheet} .outcome") or sale == 1,
            "its being bought",
        )
    assert board.run("return window.hasNotBeenReloaded")
    assert board.text("[data-role=merchant] .bar-score") != ""
    assert "Live" in board.text("#freshness")
    assert player.complaints() == []
    assert board.complaints() == []


def test_a_wrong_password_is_told_in_words_and_the_right_one_still_works(
    browser: Browser, shop: Shop
) -> None:
    browser.open("board")
    browser.open_sign_in()
    browser.fill_sign_in(shop.merchant.username, "not-the-password-1A")
    browser.sees("The user name or the password is not right.", "#sign-in-dialog [role=alert]")
    assert browser.focused() == "sign-in-password"
    browser.fill_sign_in(shop.merchant.username, shop.merchant.password)
    browser.sees(shop.merchant.name, "#who-name")


def test_a_token_that_is_not_taken_any_more_asks_to_sign_in_and_keeps_what_was_typed(
    browser: Browser, shop: Shop
) -> None:
    name = a_name()
    browser.open("offer")
    browser.sign_in(shop.merchant)
    browser.lose_session()
    browser.fill_offer(name)
    browser.click("#offer-form [type=submit]")
    browser.sees("Your session has ended.", "#sign-in-dialog")
    assert browser.value("#offer-name") == name
    browser.fill_sign_in(shop.merchant.username, shop.merchant.password)
    browser.sees(f"You offer {name}", "#offer-form .form-message")


def test_without_the_api_the_page_says_so_and_goes_on_when_it_is_back(browser: Browser, shop: Shop) -> None:
    name = a_name()
    browser.open("board")
    browser.sees("Live", "#freshness")
    browser.sign_in(shop.merchant)
    browser.cut_off(shop.api_url)
    browser.sees("The shop cannot be reached.", "#board-problem")
    browser.sees("Not live", "#freshness")
    browser.go("offer")
    browser.fill_offer(name)
    browser.click("#offer-form [type=submit]")
    browser.sees("The shop cannot be reached.", "#offer-form [role=alert]", 12)
    assert browser.value("#offer-name") == name
    browser.reconnect()
    browser.click("#offer-form [type=submit]")
    browser.sees(f"You offer {name}", "#offer-form .form-message")
    browser.go("board")
    browser.sees("Live", "#freshness")
    browser.until(lambda: not browser.text("#board-problem"), "the problem's end")


def test_a_product_named_script_is_only_text(browser: Browser, shop: Shop) -> None:
    name = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
    browser.open("offer")
    browser.sign_in(shop.merchant)
    product = browser.offer(name)
    assert name in browser.text("#offer-form .form-message")
    browser.sees(name, "[data-part=own-products]")
    browser.open_product(product)
    browser.sees(name, "#product-title")
    browser.go_to("shop/Household")
    browser.sees(name, "[data-view=shop] [data-part=products]")
    assert "taken" not in browser.driver.title
    assert browser.find_all("main script, main img") == []
    assert browser.complaints() == []


def test_everything_works_by_keyboard(browser: Browser, shop: Shop) -> None:
    browser.open("offer")
    browser.press(Keys.TAB)
    assert browser.focused() == "Skip to the content"
    browser.press(Keys.ENTER)
    assert browser.focused() == "main"
    browser.press_with_shift(Keys.TAB)
    assert browser.focused() == "sign-in"
    browser.press(Keys.ENTER)
    browser.until(lambda: browser.focused() == "sign-in-username", "the first field's focus")
    browser.press(shop.merchant.username, Keys.TAB, shop.merchant.password, Keys.ENTER)
    browser.sees(shop.merchant.name, "#who-name")
    browser.until(lambda: browser.focused() == "sign-out", "the focus on what took the button's place")
    name = a_name()
    browser.press(Keys.TAB)
    assert browser.focused() == "offer-name"
    browser.press(name, Keys.TAB, "Nord", Keys.TAB, "Toys", Keys.TAB, "Fine.", Keys.TAB)
    browser.press("9.99", Keys.TAB, "3", Keys.TAB, Keys.ENTER)
    browser.sees(f"You offer {name}", "#offer-form [role=status]")
    assert browser.focused() == "offer-name"
    product = browser.text("#offer-form .form-message .mono")

    sign_in_by_keyboard(browser, shop.photographer)
    go_by_keyboard(browser, "photograph")
    choice = f"#photograph-form input[value='{product}']"
    while not browser.find_all(choice):
        browser.tab_to("#photograph-form [data-part=refresh]")
        browser.press(Keys.ENTER)
        browser.settled()
        browser.tab_to("#sign-out", back=True)
    browser.tab_to("#photograph-form input[name=product]")
    while not browser.has_focus(choice):
        browser.press(Keys.ARROW_DOWN)
    browser.press(Keys.SPACE)
    browser.tab_to("#photograph-form input[name=shape]")
    browser.press(Keys.ARROW_RIGHT)
    browser.tab_to("#photograph-form [type=submit]")
    browser.press(Keys.ENTER)
    browser.sees("is handed in", "#photograph-form .form-message")
    assert browser.has_focus("#photograph-form .form-message")

    sign_in_by_keyboard(browser, shop.customer)
    find_and_buy_by_keyboard(browser, product, name)
    sign_out_by_keyboard(browser)


def find_and_buy_by_keyboard(browser: Browser, product: str, name: str) -> None:
    """Find a product in its category, open it, buy it and come back to it."""
    go_by_keyboard(browser, "shop")
    browser.tab_to("[data-part=categories] a[href='#/shop/Toys']")
    browser.press(Keys.ENTER)
    tile = f".tile[data-product='{product}'] a"
    browser.until(lambda: browser.find_all(tile), "the product in the shop")
    browser.tab_to("#shop-filter")
    browser.press(name)
    browser.tab_to(tile)
    browser.press(Keys.ENTER)
    sheet = f".sheet[data-product='{product}']"
    browser.until(lambda: browser.find_all(sheet), "the product")
    assert browser.focused() == "main"
    browser.tab_to(f"{sheet} [data-part=buy]")
    browser.press(Keys.ENTER)
    browser.sees("Bought", f"{sheet} .outcome")
    assert browser.has_focus(f"{sheet} [data-part=buy]")
    browser.driver.back()
    browser.until(lambda: browser.has_focus(tile), "the focus on the product that was opened")


def sign_out_by_keyboard(browser: Browser) -> None:
    browser.tab_to("#sign-out", back=True)
    browser.press(Keys.ENTER)
    browser.until(lambda: browser.focused() == "sign-in", "the focus on what took the button's place")


def sign_in_by_keyboard(browser: Browser, person: Person) -> None:
    """Let another person sign in."""
    sign_out_by_keyboard(browser)
    browser.press(Keys.ENTER)
    browser.until(lambda: browser.focused() == "sign-in-username", "the first field's focus")
    browser.press(person.username, Keys.TAB, person.password, Keys.ENTER)
    browser.sees(person.name, "#who-name")
    browser.until(lambda: browser.focused() == "sign-out", "the focus on what took the button's place")


def go_by_keyboard(browser: Browser, view: str) -> None:
    browser.tab_to(f".pages a[href='#/{view}']", back=True)
    browser.press(Keys.ENTER)
    browser.until(lambda: browser.focused() == "main", f"the view {view}")


def test_the_dialog_gives_the_focus_back_to_where_it_was(browser: Browser, shop: Shop) -> None:
    browser.open("shop")
    browser.tab_to("#sign-in")
    browser.press(Keys.ENTER)
    browser.until(lambda: browser.focused() == "sign-in-username", "the first field's focus")
    browser.press(Keys.ESCAPE)
    browser.until(lambda: browser.focused() == "sign-in", "the focus where it was")
    browser.go("offer")
    browser.fill_offer("A lamp")
    browser.type("#offer-name", f"A lamp{Keys.ENTER}")
    browser.until(lambda: browser.focused() == "sign-in-username", "the first field's focus")
    browser.press(shop.customer.username, Keys.TAB, shop.customer.password, Keys.ENTER)
    browser.sees("Only", "#offer-form [role=alert]")
    assert browser.focused() == "offer-name"


def test_the_dialog_closes_with_escape_and_nothing_is_lost(browser: Browser) -> None:
    browser.open("offer")
    browser.fill_offer("A lamp")
    browser.click("#offer-form [type=submit]")
    browser.until(lambda: browser.find("#sign-in-dialog").is_displayed(), "the dialog")
    browser.press(Keys.ESCAPE)
    browser.sees("You are not signed in, so this was not sent.", "#offer-form [role=alert]")
    assert browser.value("#offer-name") == "A lamp"


def test_the_back_button_and_the_title_follow_the_view(browser: Browser) -> None:
    browser.open("board")
    browser.go("photograph")
    assert browser.driver.title == "Photograph · Hello, Retail!"
    browser.driver.back()
    browser.until(lambda: browser.driver.title == "Board · Hello, Retail!", "the board's title")
    assert browser.find("[data-view=board]").is_displayed()


def test_a_reload_keeps_the_session_the_view_and_what_was_typed(browser: Browser, shop: Shop) -> None:
    browser.open("offer")
    browser.sign_in(shop.merchant)
    browser.type("#offer-description", "Half a sentence")
    browser.driver.refresh()
    browser.sees(shop.merchant.name, "#who-name")
    assert browser.value("#offer-description") == "Half a sentence"
    browser.click("#sign-out")
    browser.until(lambda: browser.find("#sign-in").is_displayed(), "the button to sign in")
    browser.driver.refresh()
    browser.until(lambda: browser.find("#sign-in").is_displayed(), "still nobody signed in")


@pytest.mark.parametrize("width", [320, 390])
def test_no_view_is_wider_than_a_phone(browsing: Callable[..., Browser], shop: Shop, width: int) -> None:
    if shop.stub:
        shop.stub.credit(
            "creator", "A merchant with a very long name, longer than any phone is wide", 1234567
        )
        shop.stub.stock("y" * 80, None, None)
        long = {"name": "N" * 200, "brand": "B" * 100, "description": "D" * 2000, "category": "C" * 100}
        shop.stub.stock("x" * 80, "A merchant of that name", None, cents=100_000_000, **long)
        shop.stub.sales["x" * 80] = 1234567
    phone = browsing(width=width, height=740)
    for view in (*VIEWS, "product/" + "x" * 80):
        phone.go_to(view) if view.startswith("product") else phone.open(view)
        phone.settled()
        assert phone.run("return document.documentElement.scrollWidth") <= width, view


def test_the_page_is_light_and_asks_nobody_else(browser: Browser, shop: Shop) -> None:
    browser.open("board")
    browser.sees("Live", "#freshness")
    entries = browser.run(
        "return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".map(entry => ({name: entry.name, size: entry.transferSize}))"
    )
    own = [entry for entry in entries if entry["name"].startswith(f"{shop.address}/")]
    assert len(own) > 15
    assert sum(entry["size"] for entry in own) < 60 * 1024
    elsewhere = [
        entry["name"]
        for entry in entries
        if not entry["name"].startswith((f"{shop.address}/", f"{shop.api_url}/"))
    ]
    assert elsewhere == []
    assert browser.complaints() == []
