"""The cart and orders in the page: from the shop to a confirmed order, and to one that is none (a stub)."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from selenium.webdriver.common.keys import Keys

from support.page_tools import evaluate, violations
from support.stub_api import CUSTOMER, MERCHANT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.browser import Browser, Shop
    from support.stub_api import StubShop

pytestmark = pytest.mark.slow

CART = "[data-view=cart]"
ORDERS = "[data-view=orders]"
ORDER = f"{ORDERS} .order"
MESSAGE = f"{CART} > .form-message"
SUBMIT = "#order-form [type=submit]"
WHO = CUSTOMER.user_id
TIMES = "\N{MULTIPLICATION SIGN}"


@pytest.fixture
def stub(stub: StubShop) -> StubShop:
    """A shop that is no workshop, with a lamp and a mug."""
    stub.workshop = False
    stub.stock("lamp-1", "Grace", "Ada", name="Reading lamp", cents=8900, pieces=3)
    stub.stock("mug-1", "Grace", "Ada", name="Stoneware mug", cents=1650, pieces=10)
    return stub


def line(product: str) -> str:
    return f"{CART} .line[data-product={product}]"


def field(product: str) -> str:
    return f"#cart-{product}-quantity"


def acts(stub: StubShop) -> list[tuple[Any, ...]]:
    """Return what was done to carts, in its order."""
    return [
        (data["schema"].split("/")[2], *(data[name] for name in ("id", "quantity") if name in data))
        for data in (taken.data for taken in stub.taken)
    ]


def fill_and_open(browser: Browser, stub: StubShop, **cart: int) -> None:
    """Let the customer be signed in and look at a cart."""
    stub.orders.carts[WHO] = {name.replace("_", "-"): pieces for name, pieces in cart.items()}
    browser.open("cart")
    browser.sign_in(CUSTOMER)
    browser.until(lambda: browser.find(SUBMIT).is_displayed(), "the filled cart")


def test_a_customer_goes_from_the_shop_to_a_confirmed_order_by_keyboard(
    stubbed: Browser, stub: StubShop
) -> None:
    stub.view_delay = 2.0
    stubbed.open("shop")
    stubbed.sign_in(CUSTOMER)
    stubbed.until(lambda: stubbed.find_all(".tile"), "the products")
    for pieces in (1, 2):
        stubbed.tab_to(".tile[data-product=lamp-1] [data-part=add]") if pieces == 1 else None
        stubbed.press(Keys.ENTER)
        stubbed.sees(f"{pieces} in your cart", ".tile[data-product=lamp-1]", 1)
    assert stubbed.run("return document.querySelector('[data-view=shop] [data-part=news]').textContent") == (
        "Reading lamp: 2 in your cart."
    )
    stubbed.open_product("mug-1")
    assert not stubbed.find("[data-part=buy]").is_displayed()
    stubbed.tab_to(".sheet[data-product=mug-1] [data-part=add]")
    stubbed.press(Keys.ENTER)
    stubbed.sees("Cart 3", ".pages")
    stubbed.go("cart")
    assert stubbed.driver.title == "Cart · Hello, Retail!"
    stubbed.sees("Order and pay $194.50", CART, 1)
    assert stub.orders.carts == {} or sum(stub.orders.carts[WHO].values()) < 3, (
        "all shown before it is folded"
    )

    stubbed.tab_to(field("lamp-1"))
    stubbed.press(Keys.ARROW_UP)
    stubbed.sees("$267.00", line("lamp-1"))
    stubbed.tab_to(f"{line('mug-1')} [data-part=remove]")
    stubbed.press(Keys.ENTER)
    stubbed.until(
        lambda: stubbed.has_focus(f"{line('lamp-1')} [data-part=remove]"), "the focus on what is left"
    )
    stubbed.sees("Order and pay $267.00", CART)
    stubbed.until(lambda: stub.orders.carts == {WHO: {"lamp-1": 3}}, "the cart that was shown")
    assert acts(stub) == [
        ("add", "lamp-1"), ("add", "lamp-1"), ("add", "mug-1"), ("set", "lamp-1", 3), ("remove", "mug-1"),
    ]  # fmt: skip

    stub.orders.holds = "reserved"
    stubbed.tab_to(SUBMIT)
    stubbed.press(Keys.ENTER)
    stubbed.sees("The pieces are set aside.", ORDER)
    assert stubbed.focused() == "main"
    assert not stubbed.text("#in-cart")
    stub.orders.holds = None
    stubbed.sees("Confirmed", ORDER)
    stubbed.sees(f"3 {TIMES} Reading lamp", ORDER)
    stubbed.sees("Total $267.00", ORDER)
    assert "Confirmed" in stubbed.run(
        "return document.querySelector(`${arguments[0]} [role=status]`).textContent", ORDERS
    )
    ((order_id, body),) = stub.orders.attempts
    assert stubbed.run("return location.hash") == f"#/orders/{order_id}"
    assert abs((uuid.UUID(order_id).int >> 80) - time.time() * 1000) < 60_000
    assert body == {
        "lines": [{"id": "lamp-1", "quantity": 3}], "totalCents": 26700, "paymentToken": "tok_ok",
    }  # fmt: skip
    assert stub.catalog["lamp-1"]["pieces"] == 0
    assert "tok_" not in stubbed.run("return JSON.stringify([{...localStorage}, {...sessionStorage}])")
    stubbed.go("cart")
    stubbed.sees("Your cart is empty.", CART)
    assert stubbed.complaints() == []


def test_what_became_of_an_order_that_is_none_is_told_in_words_and_the_cart_is_as_before(
    stubbed: Browser, stub: StubShop
) -> None:
    fill_and_open(stubbed, stub, lamp_1=2, mug_1=1)

    def order(payment: str, state: str, *words: str) -> None:
        stubbed.click(f"#order-form [value={payment}]")
        stubbed.click(SUBMIT)
        stubbed.sees(state, f"{ORDER}:first-child .state")
        for each in words:
            stubbed.sees(each, f"{ORDER}:first-child")
        stubbed.click(f"{ORDER}:first-child a[href='#/cart']")
        stubbed.sees("Cart 3", ".pages")
        stubbed.until(lambda: stubbed.value(field("lamp-1")) == "2", "the lines as before")

    order(
        "tok_declined",
        "Declined",
        "The payment was declined. Nothing was sold and nothing was paid.",
        f"2 {TIMES} Reading lamp",
        "Total $194.50",
    )
    assert stub.catalog["lamp-1"]["pieces"] == 3
    stub.catalog["lamp-1"]["cents"] = 9000
    order(
        "tok_ok",
        "Refused",
        "A price has changed since you saw it. The total was $194.50 and is $196.50 now.",
        f"2 {TIMES} Reading lamp",
    )
    stubbed.sees("Order and pay $196.50", CART)
    stub.catalog["lamp-1"]["pieces"] = 1
    order("tok_ok", "Refused", "The shop does not have as many pieces as you ordered (Reading lamp).")
    assert [body["totalCents"] for _, body in stub.orders.attempts] == [19450, 19450, 19650]
    stub.catalog["lamp-1"]["pieces"] = 9
    order_ids = {order_id for order_id, _ in stub.orders.attempts}
    stubbed.click("#order-form [value=tok_flaky]")
    stubbed.click(SUBMIT)
    stubbed.sees("Confirmed", f"{ORDER}:first-child")
    assert len(order_ids) == 3
    assert len(stubbed.find_all(ORDER)) == 4


def test_an_order_whose_answer_is_lost_is_one_order(stubbed: Browser, stub: StubShop) -> None:
    stub.orders.holds = "new"
    fill_and_open(stubbed, stub, mug_1=2)
    stub.orders.failures.extend([-500, 500, 500])
    stubbed.click(SUBMIT)
    stubbed.sees("The order made a 500.", f"{MESSAGE}[role=alert]", 15)
    stubbed.driver.refresh()
    stubbed.until(lambda: stubbed.find(SUBMIT).is_displayed(), "the cart after a reload")
    stubbed.type(field("mug-1"), f"3{Keys.TAB}")
    stubbed.sees("Order and pay $49.50", CART)
    stubbed.click(SUBMIT)
    stubbed.sees("the order that you sent before has arrived after all", MESSAGE)
    assert len({order_id for order_id, _ in stub.orders.attempts}) == 1
    stubbed.click(f"{MESSAGE} a")
    stubbed.sees(f"2 {TIMES} Stoneware mug", ORDER)
    stub.orders.holds = None
    stubbed.sees("Confirmed", ORDER)


def test_what_the_shop_does_not_take_is_taken_back_and_told(stubbed: Browser, stub: StubShop) -> None:
    fill_and_open(stubbed, stub, mug_1=2)
    stub.failures = [500, 500, 500]
    stubbed.type(field("mug-1"), f"5{Keys.TAB}")
    stubbed.sees("$82.50", line("mug-1"))
    stubbed.sees("Stoneware mug is not changed. The shop made a 500.", f"{MESSAGE}[role=alert]", 15)
    stubbed.sees("$33.00", line("mug-1"))
    assert stubbed.value(field("mug-1")) == "2"
    stubbed.type(field("mug-1"), f"0{Keys.ENTER}")
    stubbed.sees("Write a whole number from 1 to 99, or remove the product.", line("mug-1"))
    assert len(stub.attempts) == 3
    del stub.catalog["mug-1"]
    stub.orders.cart_failures.append(503)
    stubbed.go("board")
    stubbed.go("cart")
    stubbed.sees("The cart made a 503. What is shown may be old.", CART)
    stubbed.click(f"{CART} [data-part=again]")
    stubbed.sees("Nothing in your cart is on sale.", CART)
    stubbed.click(SUBMIT)
    stubbed.sees("Nothing in your cart is on sale.", MESSAGE)
    assert stub.orders.attempts == []


def test_another_persons_cart_and_orders_are_never_shown(stubbed: Browser, stub: StubShop) -> None:
    fill_and_open(stubbed, stub, mug_1=2)
    stubbed.click(SUBMIT)
    stubbed.sees("Confirmed", ORDER)
    address = stubbed.driver.current_url
    stub.orders.carts[WHO] = {"lamp-1": 1}
    stubbed.click("#sign-out")
    stubbed.sees("Sign in to see your orders.", ORDERS)
    stubbed.sign_in(MERCHANT)
    stubbed.sees("You have no order with the id", ORDERS)
    stubbed.sees("You have ordered nothing yet.", ORDERS)
    assert stubbed.driver.current_url == address
    stubbed.go("cart")
    stubbed.sees("Your cart is empty.", CART)
    stub.orders.carts[MERCHANT.user_id] = {"mug-1": 1}
    stubbed.driver.refresh()
    stubbed.sees("Only customers can order. You are signed in as Mira Sato, a merchant.", CART)
    stubbed.until(lambda: stubbed.find(SUBMIT).is_displayed(), "the merchant's cart")
    stubbed.click(SUBMIT)
    stubbed.sees("Only users of the group customer may order.", f"{MESSAGE}[role=alert]")


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (320, True)], ids=["light", "dark phone"])
def test_axe_finds_nothing_in_cart_and_orders(
    browsing: Callable[..., Browser], shop: Shop, stub: StubShop, tools: Path, width: int, *, dark: bool
) -> None:
    assert shop.stub is stub
    long = "y" * 80
    stub.stock(long, "Grace", None, name="N" * 200, brand="B" * 100, cents=100_000_000, pieces=99)
    browser = browsing(width=width, dark=dark)

    def is_well(state: str) -> None:
        assert violations(browser, tools) == [], state
        assert browser.run("return document.documentElement.scrollWidth") <= width, state

    browser.open("cart")
    is_well("signed out")
    fill_and_open(browser, stub, mug_1=2, gone=1, **{long: 99})
    is_well("filled")
    browser.type(field("mug-1"), f"100{Keys.TAB}")
    browser.sees("Write a whole number", CART)
    is_well("with an error")
    browser.click(SUBMIT)
    browser.until(lambda: browser.has_focus(field("mug-1")), "the focus on what is wrong")
    browser.type(field("mug-1"), f"3{Keys.TAB}")
    browser.click(SUBMIT)
    browser.sees("Confirmed", ORDER)
    is_well("confirmed")
    stub.catalog["mug-1"]["pieces"] = 0
    browser.open_product("mug-1")
    browser.click(".sheet [data-part=add]")
    browser.sees("1 in your cart", ".sheet")
    is_well("product")
    browser.go("cart")
    browser.click(SUBMIT)
    browser.sees("Refused", ORDER)
    is_well("refused")
    browser.go("shop")
    browser.sees("in your cart", ".tiles")
    is_well("shop")


# the modules by themselves


@pytest.mark.usefixtures("tools")
def test_changes_of_a_cart_show_at_once_go_out_in_their_order_and_give_way_to_the_shops_word() -> None:
    script = """
      const { Basket } = await import(process.argv[1]);
      const pause = () => new Promise((resolve) => setTimeout(resolve));
      let now = 0, answers = [], cart = [], sent = [];
      Date.now = () => now;
      const session = new EventTarget();
      session.user = { id: "u" };
      const mug = { id: "mug", name: "mug", brand: "", cents: 1, image: null };
      const api = {
        cart: async () => ({ lines: cart.map((quantity) => ({ ...mug, quantity })) }),
        send: (_, { schema, quantity = "" }) => {
          sent.push(schema.split("/")[2] + quantity);
          return new Promise((resolve, reject) => answers.push({ resolve, reject }));
        },
      };
      const basket = new Basket(api, session);
      const shown = () => basket.lines.map(({ id, quantity }) => id + quantity).join();
      const said = [];
      const say = () => said.push([shown(), sent.join(" ")]);
      const acts = [basket.add(mug)];
      say();
      await pause();
      acts.push(basket.add(mug), basket.set(mug, 5), basket.set(mug, 4));
      say();
      answers.shift().resolve();
      await pause();
      say();
      answers.shift().resolve();
      await Promise.all(acts);
      await basket.load();
      say();
      cart = [4];
      await basket.load();
      cart = [7];
      await basket.load();
      say();
      const failed = basket.set(mug, 9).catch((error) => said.push(error.message));
      await pause();
      say();
      answers.shift().reject(new Error("no"));
      await failed;
      say();
      const removed = basket.set(mug, 0);
      await pause();
      answers.shift().resolve();
      await removed;
      say();
      now = 14_000;
      await basket.load();
      say();
      now = 16_000;
      await basket.load();
      say();
      console.log(JSON.stringify(said));
      process.exit();
    """
    assert evaluate("basket.js", script) == [
        ["mug1", ""],
        ["mug4", "add"],
        ["mug4", "add set4"],
        ["mug4", "add set4"],
        ["mug7", "add set4"],
        ["mug9", "add set4 set9"],
        "no",
        ["mug7", "add set4 set9"],
        ["", "add set4 set9 remove"],
        ["", "add set4 set9 remove"],
        ["mug7", "add set4 set9 remove"],
    ]


@pytest.mark.usefixtures("tools")
def test_what_was_ordered_leaves_the_cart_and_comes_back_if_it_was_not_bought() -> None:
    script = """
      const { Basket } = await import(process.argv[1]);
      const session = new EventTarget();
      session.user = { id: "u" };
      const line = { id: "mug", quantity: 3, name: "mug", brand: "", cents: 1, image: null };
      const lines = [{ id: "mug", quantity: 2 }];
      let cart = [line];
      const basket = new Basket({ cart: async () => ({ lines: cart }) }, session);
      const said = [];
      await basket.load();
      for (const state of ["declined", "confirmed"]) {
        basket.order({ id: state, lines });
        said.push(basket.pieces);
        if (state === "confirmed") cart = [{ ...line, quantity: 1 }];
        basket.end({ id: state, lines, state });
        await basket.load();
        said.push(basket.pieces);
        basket.end({ id: state, lines, state });
        said.push(basket.pieces);
      }
      console.log(JSON.stringify(said));
      process.exit();
    """
    assert evaluate("basket.js", script) == [1, 3, 3, 1, 1, 1]


@pytest.mark.usefixtures("tools")
def test_an_order_keeps_its_id_until_its_outcome_is_known() -> None:
    script = """
      const { Api } = await import(process.argv[1]);
      const { Attempts } = await import(new URL("storage.js", process.argv[1]));
      const kept = {}, puts = [];
      const store = { getItem: (key) => kept[key] ?? null, setItem: (key, value) => (kept[key] = value) };
      const session = { user: { id: "u" }, idToken: async () => "t" };
      const api = () => new Api("http://shop.example", session, new Attempts(store), async () => {});
      let statuses = [], has = false, now = Date.now();
      Date.now = () => now;
      globalThis.setTimeout = (work, wait) => void (wait < 9_000 && queueMicrotask(work));
      globalThis.fetch = async (address, { method = "GET", body }) => {
        const id = String(address).split("/").pop();
        if (method === "GET") return new Response(JSON.stringify({ id }), { status: has ? 200 : 404 });
        puts.push([id, body]);
        return new Response(JSON.stringify({ id }), { status: statuses.shift() ?? 202 });
      };
      const said = [];
      const place = async (total, token = "tok_ok") => {
        puts.length = 0;
        const lines = [{ id: "mug", quantity: 1 }];
        const placed = await api().placeOrder(lines, total, token).catch((error) => error.status);
        said.push([placed.isEarlier ?? placed, puts.length, new Set(puts.map(([id]) => id)).size]);
        return puts[0]?.[0] ?? placed.order.id;
      };
      statuses = [500, 500, 500];
      const first = await place(1);
      said.push(JSON.stringify(kept).includes("tok_"));
      said.push(first === (await place(1)), first !== (await place(1)));
      statuses = [500, 500, 500];
      const second = await place(1);
      has = true;
      statuses = [422];
      said.push(second === (await place(1, "tok_slow")));
      statuses = [500, 500, 500];
      const third = await place(1);
      said.push(third === (await place(2)));
      has = false;
      statuses = [500, 500, 500];
      const fourth = await place(3);
      now += 9.5 * 60_000;
      const fifth = await place(3);
      const made = Number.parseInt(fifth.replaceAll("-", "").slice(0, 12), 16);
      said.push(fourth !== fifth && Math.abs(made - now) < 2000);
      statuses = [400];
      const sixth = await place(4);
      said.push(sixth !== (await place(4)));
      console.log(JSON.stringify(said));
    """
    assert evaluate("api.js", script) == [
        [500, 3, 1], False,
        [False, 1, 1], [False, 1, 1], True, True,
        [500, 3, 1], [True, 1, 1], True,
        [500, 3, 1], [True, 0, 0], True,
        [500, 3, 1], [False, 1, 1], True,
        [400, 1, 1], [False, 1, 1], True,
    ]  # fmt: skip
