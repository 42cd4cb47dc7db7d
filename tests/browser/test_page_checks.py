"""What checkers say of the page: accessibility, HTML, CSS, the types in its modules."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.page_tools import evaluate, violations
from support.stub_api import CUSTOMER, MERCHANT, open_for_business

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.browser import Browser, Shop

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
WEB = HERE.parents[1] / "src" / "web"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390], ids=["desktop", "phone"])
def test_axe_finds_nothing_in_any_view_or_state(
    browsing: Callable[..., Browser], shop: Shop, tools: Path, width: int, dark: bool
) -> None:
    if shop.stub:
        open_for_business(shop.stub)
    browser = browsing(width=width, dark=dark)
    browser.open("board")
    browser.sees("Live", "#freshness")
    if shop.stub:
        browser.until(lambda: browser.board("merchant"), "the merchants")
        shop.stub.credit("creator", "Noor Aziz", 400)
        browser.until(lambda: browser.board("merchant")[0][0] == "Noor Aziz", "a new leader")
    assert violations(browser, tools) == []
    for view in ("offer", "photograph", "shop"):
        browser.go(view)
        browser.settled()
        assert violations(browser, tools) == [], view
    browser.type("#shop-filter", "nothing has such a name")
    browser.sees("No loaded product matches", "[data-view=shop]")
    assert violations(browser, tools) == [], "with an empty search"
    browser.type("#shop-filter", "e")
    browser.click(".tile a")
    browser.until(lambda: browser.find_all(".sheet"), "a product")
    assert violations(browser, tools) == [], "product"
    browser.go_to("product/nobody-has-offered-this")
    browser.sees("Nobody has offered", "[data-view=product]")
    assert violations(browser, tools) == [], "no product"
    browser.go("offer")
    browser.click("#offer-form [type=submit]")
    browser.sees("Name is missing.", "#offer-form")
    assert violations(browser, tools) == [], "with errors beside the fields"
    browser.open_sign_in()
    browser.fill_sign_in("nobody@example.com", "not-the-password-1A")
    browser.sees("not right", "#sign-in-dialog")
    assert violations(browser, tools) == [], "in the dialog"
    browser.fill_sign_in(shop.merchant.username, shop.merchant.password)
    browser.sees(shop.merchant.name, "#who-name")
    browser.offer("A lamp")
    browser.sees("A lamp", "[data-part=own-products]")
    browser.click("[data-part=own-products] .own button")
    assert violations(browser, tools) == [], "after an offer"
    browser.cut_off(shop.api_url)
    browser.go("board")
    browser.sees("The shop cannot be reached.", "#board-problem")
    assert violations(browser, tools) == [], "without the API"


def test_less_movement_is_less_movement(stubbed: Browser) -> None:
    stub = stubbed.shop.stub
    assert stub is not None
    stubbed.devtools(
        "Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}]
    )
    stub.credit("creator", "Grace", 5)
    stubbed.open("board")
    stubbed.until(lambda: stubbed.board("merchant") == [("Grace", 5)], "the first board")
    stub.credit("creator", "Amara", 9)
    stubbed.until(lambda: len(stubbed.board("merchant")) == 2, "the second board")
    assert stubbed.run("return document.getAnimations().length") == 0


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)


def test_the_html_is_valid(tools: Path) -> None:
    checked = run(
        tools / "node_modules/.bin/html-validate", "--config", HERE / "htmlvalidate.json", WEB / "index.html"
    )
    assert checked.returncode == 0, checked.stdout


def test_the_html_that_the_scripts_have_made_is_valid_too(
    stubbed: Browser, tools: Path, tmp_path: Path
) -> None:
    assert stubbed.shop.stub is not None
    open_for_business(stubbed.shop.stub)
    stubbed.shop.stub.has_studio = True
    stub = stubbed.shop.stub
    stub.orders.carts[CUSTOMER.user_id] = dict.fromkeys(stub.catalog, 1)
    for view in ("board", "photograph", "shop", "product", "offer", "cart", "orders"):
        if view == "product":
            stubbed.click(".tile a")
            stubbed.until(lambda: stubbed.find_all(".sheet"), "a product")
        elif view == "orders":
            stubbed.click("#order-form [type=submit]")
            stubbed.until(lambda: stubbed.find_all(".order"), "an order")
        else:
            stubbed.open(view)
        stubbed.settled()
        if view == "offer":
            stubbed.sign_in(MERCHANT)
            stubbed.offer("A lamp")
        if view == "cart":
            stubbed.click("#sign-out")
            stubbed.sign_in(CUSTOMER)
            stubbed.until(lambda: stubbed.find_all(".line"), "the cart")
        made = tmp_path / f"{view}.html"
        made.write_text("<!DOCTYPE html>\n" + stubbed.run("return document.documentElement.outerHTML"))
        checked = run(
            tools / "node_modules/.bin/html-validate", "--config", HERE / "htmlvalidate.made.json", made
        )
        assert checked.returncode == 0, checked.stdout


def test_the_css_is_valid(tools: Path) -> None:
    checked = run("node", HERE / "check-css.mjs", tools, *sorted((WEB / "css").glob("*.css")))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_modules_types_hold(tools: Path) -> None:
    checked = run(tools / "node_modules/.bin/tsc", "-p", HERE / "tsconfig.json")
    assert checked.returncode == 0, checked.stdout


def test_what_is_compared_is_a_minute_old_and_no_older(tools: Path) -> None:
    script = """
      const { remember, compare } = await import(process.argv[1]);
      const entry = (userId, rank, score) => ({ userId, rank, score, name: userId });
      const shown = (row) => [row.userId, row.movement, row.places, row.gained];
      let history = [];
      history = remember(history, { at: 0, entries: [entry("a", 1, 5), entry("b", 2, 4)] }, 60);
      history = remember(history, { at: 30, entries: [entry("b", 1, 6), entry("a", 2, 5)] }, 60);
      history = remember(history, { at: 40, entries: [entry("b", 1, 6), entry("a", 2, 5)] }, 60);
      const now = [entry("b", 1, 7), entry("c", 2, 6), entry("a", 3, 5)];
      const early = compare(now, remember(history, { at: 60, entries: now }, 60)[0].entries);
      const late = compare(now, remember(history, { at: 95, entries: now }, 60)[0].entries);
      console.log(JSON.stringify([early, late].map(rows => rows.map(shown))));
    """
    assert evaluate("movement.js", script) == [
        [["b", "up", 1, 3], ["c", "new", 0, 0], ["a", "down", 2, 0]],
        [["b", "same", 0, 1], ["c", "new", 0, 0], ["a", "down", 1, 0]],
    ]


PRICES = [
    ("12.50", "USD", "en", 1250),
    (" 7 ", "USD", "en", 700),
    ("0.01", "USD", "en", 1),
    ("0.07", "USD", "en", 7),
    ("1000000", "USD", "en", 100_000_000),
    ("1.1", "USD", "en", 110),
    ("8.2", "USD", "en", 820),
    ("12,50", "USD", "de", 1250),
    ("12.50", "USD", "de", 1250),
    ("1200", "JPY", "en", 1200),
    ("1.250", "KWD", "en", 1250),
    ("0.001", "KWD", "en", 1),
    ("", "USD", "en", "Write the price as a number without other signs, for example 12.50."),
    ("12,50", "USD", "en", "Write the price as a number without other signs, for example 12.50."),
    ("1,200.00", "USD", "en", "Write the price as a number without other signs, for example 12.50."),
    ("1.200,00", "USD", "de", "Write the price as a number without other signs, for example 12.50."),
    ("-1", "USD", "en", "Write the price as a number without other signs, for example 12.50."),
    ("1e3", "USD", "en", "Write the price as a number without other signs, for example 12.50."),
    ("12.", "USD", "en", "Write the price as a number without other signs, for example 12.50."),
    (".5", "USD", "en", "Write the price as a number without other signs, for example 12.50."),
    ("$5", "USD", "en", "Write the price as a number without other signs, for example 12.50."),
    ("\u0661\u0662", "USD", "en", "Write the price as a number without other signs, for example 12.50."),
    ("12.505", "USD", "en", "A price in USD has at most 2 decimals, for example 12.50."),
    ("12.5", "JPY", "en", "A price in JPY has no decimals, for example 1200."),
    ("1.2345", "KWD", "en", "A price in KWD has at most 3 decimals, for example 12.500."),
    ("0", "USD", "en", "The price must be at least $0.01."),
    ("0.00", "USD", "en", "The price must be at least $0.01."),
    ("0", "JPY", "en", "The price must be at least ¥1."),
    ("1000000.01", "USD", "en", "The price may be at most $1,000,000.00."),
    ("100000.001", "KWD", "en", "The price may be at most KWD\u00a0100,000.000."),
]


@pytest.mark.usefixtures("tools")
def test_prices_are_whole_minor_units_to_the_last_digit() -> None:
    script = f"""
      const {{ parsePrice }} = await import(process.argv[1]);
      const read = ([text, currency, locale]) => parsePrice(text, currency, locale);
      console.log(JSON.stringify({json.dumps(PRICES)}.map(read).map((entry) => entry.error ?? entry.value)));
    """
    assert evaluate("prices.js", script) == [expected for *_, expected in PRICES]


@pytest.mark.usefixtures("tools")
def test_a_price_that_is_shown_is_read_back_the_same() -> None:
    script = """
      const { formatPrice, parsePrice, toUnits } = await import(process.argv[1]);
      const amounts = [1, 7, 10, 99, 100, 101, 110, 820, 999, 1000, 1001, 1999, 12345, 99999999, 100000000];
      const wrong = ["USD", "JPY", "KWD", "CLF"].flatMap((currency) =>
        amounts.filter((cents) => parsePrice(toUnits(cents, currency), currency, "en").value !== cents));
      const shown = [[1250, "USD"], [5, "USD"], [1200, "JPY"], [1250, "KWD"], [100000000, "EUR"]];
      console.log(JSON.stringify([wrong, shown.map(([cents, currency]) => formatPrice(cents, currency, "en"))]));
    """
    wrong, shown = evaluate("prices.js", script)
    assert wrong == []
    assert shown == ["$12.50", "$0.05", "¥1,200", "KWD\u00a01.250", "€1,000,000.00"]


@pytest.mark.usefixtures("tools")
def test_an_act_keeps_its_key_while_only_the_sign_in_has_failed() -> None:
    script = """
      const { Api } = await import(process.argv[1]);
      const { Problem } = await import(new URL("http.js", process.argv[1]));
      const { Attempts } = await import(new URL("storage.js", process.argv[1]));
      const kept = {}, keys = [];
      const store = { getItem: (key) => kept[key] ?? null, setItem: (key, value) => (kept[key] = value) };
      const attempts = new Attempts(store);
      const fault = async () => { throw new Problem(403, "The sign-in service has a fault."); };
      const session = { user: { id: "u" }, idToken: async () => "t", renew: fault };
      const api = new Api("http://shop.example", session, attempts, fault);
      let isTaken = false;
      globalThis.fetch = async (address, { headers }) => {
        if (!String(address).endsWith("/events")) return new Response("{}");
        keys.push(headers["idempotency-key"]);
        if (!isTaken) throw new TypeError("a refusal without CORS headers");
        return new Response("{}", { status: 202 });
      };
      const words = await api.send("buy", { id: "lamp-1" }).catch((error) => error.message);
      isTaken = true;
      await api.send("buy", { id: "lamp-1" });
      await api.send("buy", { id: "lamp-1" });
      console.log(JSON.stringify([words, keys.length, keys[0] === keys[1], keys[1] === keys[2]]));
    """
    assert evaluate("api.js", script) == ["The sign-in service has a fault.", 3, True, False]
