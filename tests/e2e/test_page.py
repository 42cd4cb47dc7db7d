"""The page of an applied environment, in a browser at its distribution's own address, over HTTPS.

The distribution's name leads to a server on the loopback with a certificate of its own
(retailctl.emulator.page_proxy).
What goes wrong between page and shop is in tests/browser, where a stub makes all kinds of trouble.
"""

from __future__ import annotations

import secrets
import time
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from retailctl.delivery import page
from retailctl.emulator.page_proxy import LOOPBACK, Origin, Server
from retailctl.simulation.drawing import draw_picture
from support.asking import ask
from support.browser import Browser, Person, Shop
from support.certificates import server_context
from support.ordering import ShopDoor
from support.page_tools import installed, violations
from support.photographing import StudioDoor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.players import FrontDoor, Player

pytestmark = pytest.mark.slow

SOON_ENOUGH = 3.0
"""Seconds from pressing the button to the board."""
MOST_TRIES = 3
"""A busy machine may hold a sale up: what took longer is measured anew, with another purchase."""
ROLES = ("merchant", "photographer", "customer")
MARKUP = "<script>document.title='taken'<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def shop(
    door: FrontDoor, deployed: page.EnvironmentPage, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """The shop at its distribution's address, and three people who have just got their accounts."""
    context = server_context(deployed.domain, tmp_path_factory.mktemp("certificate"))
    server = Server(Origin(door.cloud.port, deployed.domain), context=context)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    arguments = (
        f"--host-resolver-rules=MAP {deployed.domain}:443 {LOOPBACK}:{server.server_port}",
        "--ignore-certificate-errors",
    )
    people = {role: as_person(door.admit(role)) for role in ROLES}
    try:
        yield Shop(deployed.url, deployed.url, chromium_arguments=arguments, **people)
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def board(shop: Shop) -> Iterator[Browser]:
    """Somebody who only watches."""
    yield from opened(shop)


@pytest.fixture(scope="module")
def player(shop: Shop) -> Iterator[Browser]:
    """The browser that people play in, one after another."""
    yield from opened(shop)


def opened(shop: Shop) -> Iterator[Browser]:
    browser = Browser(shop)
    try:
        yield browser
        assert browser.complaints() == [], "the console has errors or violated policies"
    finally:
        browser.close()


def as_person(player: Player) -> Person:
    return Person(player.username, player.password, player.name)


def sign_in(browser: Browser, person: Person) -> None:
    """Let a person sign in whoever was signed in before."""
    if browser.find("#sign-out").is_displayed():
        browser.click("#sign-out")
    browser.sign_in(person)


def test_the_distribution_s_own_address_has_the_page_and_a_strict_policy(
    door: FrontDoor, deployed: page.EnvironmentPage, board: Browser
) -> None:
    headers = ask(f"{door.cloud.endpoint}/", host=deployed.domain, x_forwarded_proto="https").headers
    insecure = ask(f"{door.cloud.endpoint}/config.json", host=deployed.domain)
    board.open("board")

    assert deployed.domain.endswith(".cloudfront.net")
    assert board.driver.current_url == f"https://{deployed.domain}/#/board"
    assert board.run("return window.isSecureContext")
    policy = headers["content-security-policy"]
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'"} <= set(policy.split("; "))
    assert "unsafe" not in policy
    assert "*" not in policy
    assert headers["strict-transport-security"].startswith("max-age=")
    assert (insecure.status, insecure.headers["location"]) == (301, f"https://{deployed.domain}/config.json")


def test_the_policy_that_the_browser_enforces_is_told_when_it_is_broken(shop: Shop) -> None:
    intruder = Browser(shop)
    try:
        intruder.open("board")
        intruder.run(
            "const made = document.createElement('img'); made.src = 'https://elsewhere.example/x.png';"
            "document.body.append(made)"
        )
        intruder.until(
            lambda: any("Content Security Policy" in complaint for complaint in intruder.complaints()),
            "a violation of the policy",
        )
    finally:
        intruder.close()


def test_three_people_play_and_the_board_shows_each_sale_within_three_seconds(
    board: Browser, player: Browser, shop: Shop, door: FrontDoor
) -> None:
    board.open("board")
    board.run("window.hasNotBeenReloaded = true")
    name = f"Lamp {secrets.token_hex(6)}"
    door.told[name] = "a product's name"
    player.open("offer")
    sign_in(player, shop.merchant)
    product = player.offer(name)
    sign_in(player, shop.photographer)
    player.photograph(product)
    sign_in(player, shop.customer)
    sheet = player.open_product(product)
    contributors = (("merchant", shop.merchant), ("photographer", shop.photographer))
    assert not any(person.name in dict(board.board(role)) for role, person in contributors)
    sales = 0

    def buy_and_wait() -> float:
        nonlocal sales
        sales += 1
        pressed = time.monotonic()
        player.click(f"{sheet} [data-part=buy]")
        for role, person in contributors:
            board.until(
                lambda role=role, person=person: (person.name, sales) in board.board(role),
                f"{person.name}'s sale {sales} on the board",
                15,
            )
        waited = time.monotonic() - pressed
        player.sees("Bought" if sales == 1 else f"Bought {sales} times", f"{sheet} .outcome")
        return waited

    waits: list[list[float]] = []
    for _ in range(3):
        tries = [buy_and_wait()]
        while tries[-1] > SOON_ENOUGH and len(tries) < MOST_TRIES:
            tries.append(buy_and_wait())
        waits.append(tries)
    shown = ", ".join(" then ".join(f"{wait:.2f} s" for wait in tries) for tries in waits)
    print(f"From the button to the board: {shown}")  # noqa: T201

    assert board.run("return window.hasNotBeenReloaded")
    assert "Live" in board.text("#freshness")
    assert all(tries[-1] <= SOON_ENOUGH for tries in waits), shown


INBOX = "[data-view=photograph] [data-part=inbox]"
MESSAGE = f"{INBOX} > [data-part=message]"


def test_who_is_asked_for_a_picture_sends_it_and_it_is_in_the_shop(
    player: Browser, shop: Shop, door: FrontDoor, tmp_path: Path
) -> None:
    StudioDoor(door).end_all()
    name, photo = f"Lamp {secrets.token_hex(6)}", tmp_path / "photo.png"
    door.told[name] = "a product's name"
    photo.write_bytes(draw_picture(name))
    player.open("offer")
    sign_in(player, shop.merchant)
    product = player.offer(name)
    sign_in(player, shop.photographer)
    player.go("photograph")
    player.until(
        lambda: player.find(f"{INBOX} [data-part=register]").is_displayed(), "the button to register"
    )
    player.click(f"{INBOX} [data-part=register]")
    player.sees("You are registered.", MESSAGE)
    player.sees(name, f"{INBOX} [data-part=product]", 30)
    player.find("#picture-form [name=image]").send_keys(str(photo))
    player.until(lambda: player.find_all("#picture-form img"), "the preview")
    player.click("#picture-form [type=submit]")
    player.sees(f"Your picture of {name} is in the shop.", MESSAGE, 30)

    player.click(f"{MESSAGE} a")
    picture = "[data-view=product] .sheet img.picture"
    player.until(lambda: player.find_all(picture), "the picture of the product", 30)
    shown = "const shown = document.querySelector(arguments[0]); return shown.complete && shown.naturalWidth"
    player.until(lambda: player.run(shown, picture), "the picture's pixels")
    assert f"/pictures/{product}/" in str(player.find(picture).get_property("src"))
    player.go_to("shop/Household")
    tile = f'[data-view=shop] .tile img.picture[src*="/{product}/"]'
    player.until(lambda: bool(player.find_all(tile)) and player.run(shown, tile), "the picture in the shop")
    sign_in(player, shop.photographer)
    player.go("photograph")
    player.until(lambda: player.find(f"{INBOX} [data-part=leave]").is_displayed(), "the button to leave")
    player.click(f"{INBOX} [data-part=leave]")


CART, ORDER = "[data-view=cart]", "[data-view=orders] .order:first-child"


def test_a_customer_orders_from_the_shop_and_is_told_whether_it_was_paid(
    player: Browser, shop: Shop, door: FrontDoor
) -> None:
    name = f"Lamp {secrets.token_hex(6)}"
    door.told[name] = "a product's name"
    player.open("offer")
    sign_in(player, shop.merchant)
    product = player.offer(name)
    sign_in(player, shop.customer)
    sheet = player.open_product(product)
    player.until(lambda: player.find(f"{sheet} [data-part=add]").is_enabled(), "the price and the stock", 15)
    for pieces in ("1", "2"):
        player.click(f"{sheet} [data-part=add]")
        player.sees(f"Cart {pieces}", ".pages")

    for token, ending in (("tok_declined", "Declined"), ("tok_ok", "Confirmed")):
        player.go("cart")
        player.sees(name, CART)
        player.sees("25.00", "#order-form")
        player.click(f"#order-form [value={token}]")
        player.click("#order-form [type=submit]")
        player.sees(ending, f"{ORDER} .state", 30)
        player.sees(name, ORDER)
    assert ShopDoor(door).available(product) == 18
    player.go("cart")
    player.sees("Your cart is empty.", CART)


def test_a_wrong_password_is_told_in_words(player: Browser, shop: Shop) -> None:
    player.open("board")
    if player.find("#sign-out").is_displayed():
        player.click("#sign-out")
    player.open_sign_in()
    player.fill_sign_in(shop.merchant.username, "not-the-password-1A")
    player.sees("The user name or the password is not right.", "#sign-in-dialog [role=alert]")
    player.fill_sign_in(shop.merchant.username, shop.merchant.password)
    player.sees(shop.merchant.name, "#who-name")


def test_a_session_that_has_ended_asks_to_sign_in_and_keeps_what_was_typed(
    player: Browser, shop: Shop
) -> None:
    player.open("offer")
    sign_in(player, shop.merchant)
    player.lose_session()
    player.fill_offer("Typed before")
    player.click("#offer-form [type=submit]")
    player.sees("Your session has ended.", "#sign-in-dialog")
    assert player.value("#offer-name") == "Typed before"
    player.fill_sign_in(shop.merchant.username, shop.merchant.password)
    player.sees("You offer Typed before", "#offer-form .form-message")


def test_a_product_and_a_person_named_script_are_only_text(
    player: Browser, board: Browser, shop: Shop, door: FrontDoor
) -> None:
    somebody = as_person(door.admit("merchant", name=MARKUP))
    player.open("offer")
    sign_in(player, somebody)
    product = player.offer(MARKUP)
    player.sees(MARKUP, "[data-part=own-products]")
    sign_in(player, shop.customer)
    player.buy(product)
    player.sees(MARKUP, "#product-title")
    player.go_to("shop/Household")
    player.sees(MARKUP, "[data-view=shop] [data-part=products]")
    board.open("board")
    board.until(lambda: (MARKUP, 1) in board.board("merchant"), "the name on the board", 15)
    for browser in (player, board):
        assert "taken" not in browser.driver.title
        assert browser.find_all("main script, main img:not([src*='/pictures/'])") == []


def test_without_the_api_the_page_says_so_and_goes_on_when_it_is_back(player: Browser, shop: Shop) -> None:
    player.open("board")
    sign_in(player, shop.merchant)
    player.sees("Live", "#freshness")
    player.cut_off(shop.api_url)
    try:
        player.sees("The shop cannot be reached.", "#board-problem")
        player.go("offer")
        player.fill_offer("Typed without the API")
        player.click("#offer-form [type=submit]")
        player.sees("The shop cannot be reached.", "#offer-form [role=alert]", 12)
    finally:
        player.reconnect()
    assert player.value("#offer-name") == "Typed without the API"
    player.click("#offer-form [type=submit]")
    player.sees("You offer Typed without the API", "#offer-form .form-message")
    player.go("board")
    player.until(lambda: not player.text("#board-problem"), "the problem's end")
    player.sees("Live", "#freshness")


def test_axe_finds_nothing_in_any_view(player: Browser, shop: Shop) -> None:
    look_through(player, shop)


def test_axe_finds_nothing_on_a_phone_in_the_dark(shop: Shop) -> None:
    phone = Browser(shop, width=390, height=844, dark=True)
    try:
        look_through(phone, shop)
    finally:
        phone.close()


def look_through(browser: Browser, shop: Shop) -> None:
    tools = installed()
    browser.open("board")
    sign_in(browser, shop.merchant)
    browser.until(lambda: browser.board("merchant"), "the merchants")
    for view in ("board", "shop", "offer", "photograph", "cart", "orders"):
        browser.go(view)
        browser.settled()
        assert violations(browser, tools) == [], view
