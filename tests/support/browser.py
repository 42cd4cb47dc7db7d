"""Chromium without a screen, and the page in it: what a person does and sees, as methods.

The tests that use ``Shop`` alone run against the stub and, with the environment variable ``RETAIL_SHOP``, against
a deployed page: it names a JSON file {"address", "apiUrl", "players": {"merchant" | "photographer" | "customer":
{"username", "password", "name"}}, "chromiumArguments": [..]}. The arguments are for a name that Chromium has to be
told (`--host-resolver-rules=…`) or a certificate of one's own (`--ignore-certificate-errors`).
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import psutil
import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from selenium.webdriver.remote.webelement import WebElement

    from support.stub_api import StubShop

HOW_TO_GET_IT = (
    "The browser tests need Chromium and its driver "
    "(`sudo apt-get install chromium chromium-driver` on Debian)."
)
SOON = 8.0
"""Seconds in which what is to happen happens, on a machine that does other things too."""


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in."""

    username: str
    password: str
    name: str


@dataclass(frozen=True)
class Shop:
    """A page that is up, and three people who play."""

    address: str
    api_url: str
    merchant: Person
    photographer: Person
    customer: Person
    chromium_arguments: tuple[str, ...] = ()
    stub: StubShop | None = None


def shop_in(path: Path) -> Shop:
    """Return the shop that a JSON file tells of."""
    content = json.loads(path.read_text())
    players = {role: Person(**player) for role, player in content["players"].items()}
    arguments = tuple(content.get("chromiumArguments", ()))
    return Shop(content["address"].rstrip("/"), content["apiUrl"], chromium_arguments=arguments, **players)


def missing(sentence: str) -> NoReturn:
    """End a test for want of a tool: a failure in CI, which installs it, and a skip elsewhere."""
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)


@cache
def find_programs() -> tuple[str | None, str | None]:
    """Return the browser to use and its driver."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    browser = next((found for name in names if (found := shutil.which(name))), None)
    return browser, shutil.which("chromedriver")


_idle: list[webdriver.Chrome] = []
"""Chromiums without arguments of a shop's that no test uses now: to start one takes two seconds of a processor."""


def _start_chromium(arguments: Sequence[str]) -> webdriver.Chrome:
    """Start a Chromium whose only tab stays empty."""
    browser, driver = find_programs()
    if not browser or not driver:
        missing(HOW_TO_GET_IT)
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's own refuses to run as root
    for argument in (
        "--headless=new",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--hide-scrollbars",
        "--no-first-run",
        "--renderer-process-limit=1",  # a new one for each tab would start twice in each test
        "--window-size=1280,900",
        *arguments,
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


def end_idle_chromiums() -> list[psutil.Process]:
    """End the Chromiums that are kept for the next test; return the processes that go on."""
    started: list[psutil.Process] = []
    while _idle:
        driver = _idle.pop()
        started += psutil.Process(driver.service.process.pid).children(recursive=True)
        driver.quit()
    _, left = psutil.wait_procs(started, timeout=SOON)
    return [process for process in left if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


class Browser:
    """A tab in a Chromium that has no other page, no cookie, no storage and no cache of an earlier test."""

    def __init__(self, shop: Shop, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        self.shop = shop
        is_kept = _idle and not shop.chromium_arguments
        self.driver = _idle.pop() if is_kept else _start_chromium(shop.chromium_arguments)
        self.driver.switch_to.new_window("tab")
        self.driver.get_log("browser")  # what an earlier test's page complained of
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])
        phone = width < 600
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )  # fmt: skip

    def close(self) -> None:
        """End the Chromium, or clean it for the next test."""
        if self.shop.chromium_arguments:
            self.driver.quit()
            return
        self.devtools("Network.clearBrowserCache")
        self.devtools("Network.clearBrowserCookies")
        self.devtools("Storage.clearDataForOrigin", origin=self.shop.address, storageTypes="all")
        while len(self.driver.window_handles) > 1:
            self.driver.close()
            self.driver.switch_to.window(self.driver.window_handles[-1])
        _idle.append(self.driver)

    def devtools(self, command: str, **arguments: Any) -> Any:
        return self.driver.execute_cdp_cmd(command, arguments)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    # what there is

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        """Return what a person reads there; "" for what is hidden or not there."""
        try:
            found = self.find_all(selector)
            return found[0].text if found else ""
        except StaleElementReferenceException:
            return ""

    def value(self, selector: str) -> str:
        return str(self.find(selector).get_property("value"))

    def has_focus(self, selector: str) -> bool:
        return bool(self.run("return document.activeElement.matches(arguments[0])", selector))

    def focused(self) -> str:
        """Return the id of the focused element, or its text where it has none."""
        return str(self.run("const at = document.activeElement; return at.id || at.textContent.trim()"))

    def shows(self, selector: str) -> bool:
        """Say whether an element is there and takes room on the page."""
        return bool(
            self.run(
                "const at = document.querySelector(arguments[0]);"
                "const shown = at?.checkVisibility({opacityProperty: true, visibilityProperty: true});"
                "return Boolean(shown && at.getClientRects().length)",
                selector,
            )
        )

    def until(self, is_so: Callable[[], Any], what: str, seconds: float = SOON) -> Any:
        """Wait until something is so, and return it."""
        wait = WebDriverWait(
            self.driver, seconds, poll_frequency=0.1, ignored_exceptions=[StaleElementReferenceException]
        )
        try:
            return wait.until(lambda _driver: is_so())
        except TimeoutException:
            seen = self.text("main")[:1500]
            raise AssertionError(f"Not within {seconds} s: {what}. The page says:\n{seen}") from None

    def sees(self, words: str, within: str = "body", seconds: float = SOON) -> None:
        """Wait until a person reads some words there."""
        self.until(lambda: self._reads(words, within), f"'{words}' in {within}", seconds)

    def _reads(self, words: str, within: str) -> bool:
        """Say whether a person reads some words there.

        To ask what a person reads takes up to 25 times the work of asking what the document says: that comes first.
        """
        return self._says(words, within) and words in self.text(within)

    def _says(self, words: str, within: str) -> bool:
        """Say whether the document has some words, whatever their case and spaces, shown or not."""
        return bool(
            self.run(
                "const squeeze = text => text.replace(/[\\s\\u200b\\u200e\\u200f]+/g, '').toLowerCase();"
                "const at = document.querySelector(arguments[1]);"
                "return at !== null && squeeze(at.textContent).includes(squeeze(arguments[0]))",
                words,
                within,
            )
        )

    def settled(self) -> None:
        """Wait until the view has what it asked the shop for."""
        waiting = ("Looking…", "Asking for the scores…")
        self.until(lambda: not any(self._reads(words, "main") for words in waiting), "an answer")

    # what a person does

    def open(self, view: str = "board") -> None:
        self.driver.get(f"{self.shop.address}/#/{view}")
        self.until(lambda: self.shows(f"[data-view={view}]"), f"the view {view}")

    def go(self, view: str) -> None:
        """Go to a view by its link, without loading the page anew."""
        self.click(f'.pages a[href="#/{view}"]')
        self.until(lambda: self.shows(f"[data-view={view}]"), f"the view {view}")

    def click(self, selector: str) -> None:
        self.find(selector).click()

    def type(self, selector: str, text: str) -> None:
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def press_with_shift(self, key: str) -> None:
        ActionChains(self.driver).key_down(Keys.SHIFT).send_keys(key).key_up(Keys.SHIFT).perform()

    def tab_to(self, selector: str, *, back: bool = False) -> None:
        """Press Tab, with Shift to go back, until the focus is on what a selector means."""
        for _ in range(40):
            if back:
                self.press_with_shift(Keys.TAB)
            else:
                self.press(Keys.TAB)
            if self.has_focus(selector):
                return
        raise AssertionError(f"40 times Tab do not reach {selector}; the focus is on {self.focused()}")

    def fill_sign_in(self, username: str, password: str) -> None:
        self.until(lambda: self.shows("#sign-in-dialog"), "the sign-in dialog")
        self.type("#sign-in-username", username)
        self.type("#sign-in-password", password)
        self.click("#sign-in-form [type=submit]")

    def open_sign_in(self) -> None:
        """Open the dialog as soon as the page has started."""
        self.until(lambda: self.shows("#sign-in"), "the button to sign in")
        self.click("#sign-in")

    def sign_in(self, person: Any) -> None:
        self.open_sign_in()
        self.fill_sign_in(person.username, person.password)
        self.sees(person.name, "#who-name")

    def fill_offer(self, name: str, *, category: str = "Household", price: str = "12.50") -> None:
        self.type("#offer-name", name)
        self.type("#offer-brand", "Nordlicht")
        self.type("#offer-category", category)
        self.type("#offer-description", "Warm light for long evenings.")
        self.type("#offer-price", price)
        self.type("#offer-stock", "20")

    def offer(self, name: str, *, category: str = "Household") -> str:
        """Offer a product; return its id."""
        self.go("offer")
        self.fill_offer(name, category=category)
        self.click("#offer-form [type=submit]")
        self.sees("You offer", "#offer-form .form-message")
        return self.text("#offer-form .form-message .mono")

    def photograph(self, product_id: str) -> None:
        """Photograph a product as soon as the list has it."""
        self.go("photograph")
        choice = f'#photograph-form input[value="{product_id}"]'

        def listed() -> bool:
            is_idle = self.text("#photograph-form [data-part=refresh]") == "Look again"
            if not self.find_all(choice) and is_idle:
                more = self.find("#photograph-form [data-part=more]")
                (more if more.is_displayed() else self.find("#photograph-form [data-part=refresh]")).click()
            return bool(self.find_all(choice))

        self.until(listed, "the product among those to photograph", 15)
        self.click(choice)
        self.click("#photograph-form input[value=shoe]")
        self.click("#photograph-form [type=submit]")
        self.sees("is handed in", "#photograph-form .form-message")

    def go_to(self, address: str) -> None:
        """Go to an address of the page, such as `product/lamp-1`, without loading the page anew."""
        self.run("location.hash = arguments[0]", f"#/{address}")
        view, *_ = address.split("/")
        self.until(lambda: self.shows(f"[data-view={view}]"), f"the view {view}")

    def open_product(self, product_id: str) -> str:
        """Open a product's page as soon as the catalog has it; return the selector of what is shown of it."""
        sheet = f'[data-view=product] [data-product="{product_id}"]'
        self.go_to(f"product/{product_id}")

        def is_shown() -> bool:
            if not self.find_all(sheet) and "Nobody has offered" in self.text("[data-view=product]"):
                self.go_to("board")
                self.go_to(f"product/{product_id}")
            return bool(self.find_all(sheet))

        self.until(is_shown, "the product", 15)
        return sheet

    def buy(self, product_id: str, times: int = 1) -> None:
        sheet = self.open_product(product_id)
        for time in range(1, times + 1):
            self.click(f"{sheet} [data-part=buy]")
            self.sees("Bought" if time == 1 else f"Bought {time} times", f"{sheet} .outcome")

    def board(self, role: str) -> list[tuple[str, int]]:
        """Return names and sales as the table shows them."""
        rows = self.run(
            "return [...document.querySelectorAll(`[data-role=${arguments[0]}] tbody tr`)]"
            ".map(row => [row.cells[1].querySelector('bdi').textContent, row.cells[3].textContent])",
            role,
        )
        return [(name, int(score.replace(",", ""))) for name, score in rows]

    # what goes on beneath

    def lose_session(self) -> None:
        """Leave the page with a token that nobody takes and a refresh token that gives no new one; reload."""
        self.run(
            "const kept = JSON.parse(sessionStorage.getItem('hello-retail.session'));"
            "kept.idToken = kept.idToken.slice(0, -6) + 'AAAAAA'; kept.refreshToken = 'nonsense';"
            "sessionStorage.setItem('hello-retail.session', JSON.stringify(kept)); location.reload()"
        )
        self.until(lambda: self.text("#who-name"), "the page after a reload")

    def cut_off(self, address: str) -> None:
        """Let nothing below an address be reached."""
        self.devtools("Network.enable")
        self.devtools("Network.setBlockedURLs", urls=[f"{address.rstrip('/')}/*"])

    def reconnect(self) -> None:
        self.devtools("Network.setBlockedURLs", urls=[])

    def complaints(self) -> list[str]:
        """Return the console's errors and violated policies, but for answers with a status of 400 and up."""
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] in {"SEVERE", "WARNING"} and "Failed to load resource" not in entry["message"]
        ]

    def picture(self, path: Path, *, whole: bool = True) -> None:
        """Save a picture of the page."""
        path.parent.mkdir(parents=True, exist_ok=True)
        taken = self.devtools("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(taken["data"]))
