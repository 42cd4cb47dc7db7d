"""The photographer's inbox, with real uploads to a stub of S3."""

from __future__ import annotations

import base64
import struct
import time
import zlib
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.keys import Keys

from support.page_tools import violations
from support.stub_api import CUSTOMER, PHOTOGRAPHER
from support.stub_studio import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.browser import Browser, Shop
    from support.stub_api import StubShop

pytestmark = pytest.mark.slow

INBOX = "[data-view=photograph] [data-part=inbox]"
MESSAGE = f"{INBOX} > [data-part=message]"
FORM = "#picture-form"
FILE = f"{FORM} [name=image]"
SEND = f"{FORM} [type=submit]"
REGISTER = f"{INBOX} [data-part=register]"
LEAVE = f"{INBOX} [data-part=leave]"
PROBLEM = f"{INBOX} [data-part=problem]"
WHO = PHOTOGRAPHER.user_id
EXPIRED = Refusal(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
PLACE_AND_TIME = b"taken at home"


@pytest.fixture
def stub(stub: StubShop) -> StubShop:
    """A shop with a studio and one product without a picture."""
    stub.has_studio, stub.workshop = True, False
    stub.stock("lamp-1", "Grace", None, name="Reading lamp")
    return stub


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A PNG that is larger than what is sent."""
    return png(tmp_path / "photo.png", 1800, 1200)


def png(path: Path, width: int, height: int) -> Path:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    rows = (b"\0" + b"\x30\x70\x90" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows, 1))
        + chunk(b"IEND", b"")
    )
    return path


def with_camera_data(jpeg: bytes) -> bytes:
    """Return a JPEG as a phone held upright makes it: orientation 6, and a text where it was taken."""
    entries = struct.pack("<HHII", 0x010E, 2, len(PLACE_AND_TIME) + 1, 38) + struct.pack(
        "<HHIHH", 0x0112, 3, 1, 6, 0
    )
    tiff = b"II*\0" + struct.pack("<IH", 8, 2) + entries + struct.pack("<I", 0) + PLACE_AND_TIME + b"\0"
    segment = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


def size_of(browser: Browser, picture: bytes) -> list[int]:
    """Return width and height of a picture as a browser shows it."""
    found: list[int] = browser.driver.execute_async_script(
        "const [coded, done] = arguments;"
        "fetch(`${document.baseURI}icon.svg`).catch(() => {}).finally(async () => {"
        "  const bytes = Uint8Array.from(atob(coded), character => character.charCodeAt(0));"
        "  const map = await createImageBitmap(new Blob([bytes]));"
        "  done([map.width, map.height]); });",
        base64.b64encode(picture).decode(),
    )
    return found


def asked(browser: Browser, stub: StubShop, seconds: float = 600) -> None:
    """Let the photographer be signed in, registered and asked for a picture of the lamp."""
    stub.studio.register(WHO)
    stub.studio.ask(WHO, "lamp-1", seconds)
    browser.open("photograph")
    browser.sign_in(PHOTOGRAPHER)
    browser.until(lambda: browser.find(FORM).is_displayed(), "the assignment")


def choose(browser: Browser, file: Path) -> None:
    browser.find(FILE).send_keys(str(file))
    browser.until(lambda: browser.find_all(f"{FORM} img"), "the preview")


def test_who_registers_is_asked_sends_a_picture_and_finds_it_in_the_shop(
    stubbed: Browser, stub: StubShop, photo: Path
) -> None:
    stubbed.open("photograph")
    stubbed.sees("Register, and the shop asks you", INBOX)
    assert not stubbed.find("#photograph-form").is_displayed()
    stubbed.click(REGISTER)
    stubbed.fill_sign_in(PHOTOGRAPHER.username, PHOTOGRAPHER.password)
    stubbed.sees("You are registered.", MESSAGE)
    stubbed.sees("You have no assignment now.", INBOX)
    assert stubbed.text(f"{INBOX} [data-part=allowance]") == "3"
    assert [taken.data for taken in stub.taken] == [
        {"schema": "com.nordstrom/user-info/register-photographer/1-0-0", "id": WHO}
    ]

    stub.studio.ask(WHO, "lamp-1")
    stubbed.sees("Reading lamp", f"{INBOX} [data-part=product]")
    assert stubbed.text(f"{INBOX} [data-part=allowance]") == "2"
    choose(stubbed, photo)
    assert "1,067 pixels" in stubbed.text(FORM)
    stubbed.click(SEND)
    stubbed.sees("Your picture of Reading lamp is sent.", MESSAGE)
    assert stubbed.has_focus(MESSAGE)
    stubbed.sees("Your picture of Reading lamp is in the shop.", MESSAGE)
    assert stubbed.text(f"{INBOX} [data-part=completed]") == "1"
    (sent,) = stub.studio.uploads
    assert stub.studio.tickets == [{"contentType": "image/jpeg", "bytes": len(sent)}]
    assert size_of(stubbed, sent) == [1600, 1067]

    stubbed.click(f"{MESSAGE} a")
    stubbed.until(lambda: stubbed.find_all(".sheet img.picture"), "the picture of the product")
    stubbed.go("shop")
    stubbed.until(lambda: stubbed.find_all(".tile img.picture"), "the picture in the shop")
    assert stubbed.run("return document.querySelector('.tile img').naturalWidth") == 1600
    assert stubbed.complaints() == []


def test_a_picture_is_sent_upright_and_without_what_the_camera_wrote_beside_it(
    stubbed: Browser, stub: StubShop, tmp_path: Path
) -> None:
    asked(stubbed, stub)
    coded = stubbed.run(
        "const canvas = document.createElement('canvas'); canvas.width = 600; canvas.height = 300;"
        "return canvas.toDataURL('image/jpeg').split(',')[1]"
    )
    file = tmp_path / "upright.jpg"
    file.write_bytes(with_camera_data(base64.b64decode(coded)))
    choose(stubbed, file)
    stubbed.click(SEND)
    stubbed.sees("is sent.", MESSAGE)
    (sent,) = stub.studio.uploads
    assert size_of(stubbed, file.read_bytes()) == [300, 600]
    assert size_of(stubbed, sent) == [300, 600]
    assert PLACE_AND_TIME not in sent
    assert b"Exif" not in sent


def test_what_is_no_picture_or_too_small_is_told_beside_the_field_and_not_sent(
    stubbed: Browser, stub: StubShop, tmp_path: Path
) -> None:
    asked(stubbed, stub)
    error = "#picture-image-error[role=alert]"
    stubbed.click(SEND)
    stubbed.sees("Choose a picture first.", error)
    assert stubbed.has_focus(FILE)
    text = tmp_path / "text.jpg"
    text.write_text("no picture")
    stubbed.find(FILE).send_keys(str(text))
    stubbed.sees("cannot read the file as a picture", error)
    stubbed.find(FILE).send_keys(str(png(tmp_path / "small.png", 900, 100)))
    stubbed.sees("at least 200 pixels each way. This one would have 900", error)
    choose(stubbed, png(tmp_path / "good.png", 200, 200))
    assert stubbed.text(error) == ""
    assert not stub.studio.tickets


def test_each_refusal_is_a_sentence_and_the_picture_is_kept_for_the_next_try(
    stubbed: Browser, stub: StubShop, photo: Path
) -> None:
    studio = stub.studio
    asked(stubbed, stub)
    choose(stubbed, photo)

    def refused(words: str) -> None:
        stubbed.click(SEND)
        stubbed.sees(words, f"{MESSAGE}[role=alert]")
        assert stubbed.has_focus(MESSAGE)
        assert stubbed.find_all(f"{FORM} img")

    for status, words in (
        (404, "Reading lamp is not your assignment any more, so the picture was not sent."),
        (410, "The time for Reading lamp is over, so the picture was not sent."),
        (400, "The studio made a 400."),
    ):
        studio.ticket_failures.append(status)
        refused(words)
    for refusal, words in (
        (Refusal(400, "EntityTooLarge"), "The picture has more bytes than the shop takes."),
        (
            Refusal(403, "AccessDenied", "Policy Condition failed"),
            "does not take this picture (AccessDenied).",
        ),
        (Refusal(503, "SlowDown"), "Too many pictures arrive at once."),
        (Refusal(500, "InternalError"), "The shop's storage has a fault."),
    ):
        studio.refusals.append(refusal)
        refused(words)
    stubbed.cut_off(studio.address)
    refused("The picture could not be uploaded. Check your connection and send it again.")
    stubbed.reconnect()
    studio.refusals.extend([EXPIRED, EXPIRED])
    refused("The permission for this upload is over. Send the picture again.")
    studio.address, address = stub.api_url, studio.address
    refused("The shop takes pictures at another address than this page knows.")
    studio.address = address
    assert not studio.uploads

    before = len(studio.tickets)
    studio.ticket_seconds.append(-1)
    stubbed.click(SEND)
    stubbed.sees("is sent.", f"{MESSAGE}[role=status]")
    assert len(studio.tickets) == before + 2
    assert len(studio.uploads) == 1


def test_what_was_wrong_with_the_last_picture_is_told_and_the_clock_goes_on(
    stubbed: Browser, stub: StubShop, photo: Path
) -> None:
    asked(stubbed, stub)
    for problem, words in (
        ("cut-short", "Your last picture arrived incomplete. Send another one."),
        ("of-a-later-version", "The shop did not take your last picture (of-a-later-version)."),
    ):
        stub.studio.verdicts.append(problem)
        choose(stubbed, photo)
        stubbed.click(SEND)
        stubbed.sees(words, PROBLEM)
        assert not stubbed.text(MESSAGE)
        assert ":" in stubbed.text(f"{INBOX} [data-part=clock]")
    choose(stubbed, photo)
    stubbed.click(SEND)
    stubbed.sees("is in the shop.", MESSAGE)


def test_the_clock_is_the_shops_and_what_comes_after_its_end_is_told(
    stubbed: Browser, stub: StubShop, photo: Path
) -> None:
    stubbed.devtools(
        "Page.addScriptToEvaluateOnNewDocument",
        source="const own = Date.now; Date.now = () => own() + 3_600_000",
    )
    asked(stubbed, stub)
    clock = f"{INBOX} [data-part=clock]"
    stubbed.sees("9:5", clock)
    known = stub.studio.photographers[WHO]
    known.assignment = None
    stub.studio.ask(WHO, "lamp-1", seconds=2)
    stubbed.go("board")
    stubbed.go("photograph")
    stubbed.sees("0:00 left: the time is over.", clock)
    assert stubbed.run(
        "return document.querySelector(arguments[0]).textContent", f"{INBOX} [data-part=news]"
    ) == ("The time for your picture is over.")
    choose(stubbed, photo)
    stubbed.click(SEND)
    stubbed.sees("The time for Reading lamp is over, so the picture was not sent.", MESSAGE)
    known.assignment = None
    stubbed.sees("Reading lamp is not your assignment any more", MESSAGE)
    stubbed.sees("You have no assignment now.", INBOX)
    assert stubbed.has_focus(MESSAGE)


def test_everything_in_the_inbox_works_by_keyboard(stubbed: Browser, stub: StubShop, photo: Path) -> None:
    stubbed.open("photograph")
    stubbed.sign_in(PHOTOGRAPHER)
    stubbed.tab_to(REGISTER)
    stubbed.press(Keys.ENTER)
    stubbed.sees("You are registered.", MESSAGE)
    stubbed.until(lambda: stubbed.text(REGISTER) == "Register again", "the registration")
    assert stubbed.has_focus(REGISTER)
    stub.studio.ask(WHO, "lamp-1")
    stubbed.until(lambda: stubbed.find(FORM).is_displayed(), "the assignment")
    assert stubbed.has_focus(REGISTER)
    stubbed.tab_to(FILE, back=True)
    outline = "return getComputedStyle(document.querySelector(arguments[0]).parentElement).outlineStyle"
    assert stubbed.run(outline, FILE) == "solid"
    choose(stubbed, photo)
    stubbed.tab_to(SEND)
    stubbed.press(Keys.ENTER)
    stubbed.sees("is sent.", MESSAGE)
    assert stubbed.has_focus(MESSAGE)
    stubbed.sees("is in the shop.", MESSAGE)
    stubbed.tab_to(LEAVE)
    stubbed.press(Keys.ENTER)
    stubbed.sees("You have left, and are not asked any more.", MESSAGE)
    stubbed.until(lambda: not stubbed.find(LEAVE).is_displayed(), "the end of the registration")
    assert stubbed.has_focus(MESSAGE)
    assert not stubbed.find(f"{INBOX} [data-part=assignment]").is_displayed()


def test_the_inbox_is_asked_for_while_it_is_seen_and_more_often_while_something_is_open(
    stubbed: Browser, stub: StubShop
) -> None:
    stubbed.devtools(
        "Page.addScriptToEvaluateOnNewDocument",
        source="window.waits = []; const own = setTimeout; const shorter = wait => wait === 30000 ? 100 : wait;"
        "window.setTimeout = (act, wait, ...rest) => (waits.push(wait), own(act, shorter(wait), ...rest))",
    )
    stub.studio.register(WHO)
    stubbed.open("photograph")
    assert stub.studio.asks == 0
    stubbed.sign_in(PHOTOGRAPHER)
    stubbed.until(lambda: stub.studio.asks > 2, "asking, 30 seconds apart")
    for event, hidden in (("visibilitychange", True), ("visibilitychange", False)):
        stubbed.run(
            "Object.defineProperty(document, 'hidden', {value: arguments[1], configurable: true});"
            "document.dispatchEvent(new Event(arguments[0]))", event, hidden
        )  # fmt: skip
        before = stub.studio.asks
        if hidden:
            time.sleep(0.5)
            assert stub.studio.asks <= before + 1, "one may be on its way"
        else:
            stubbed.until(lambda before=before: stub.studio.asks > before, "asking again")
    assert 5000 not in stubbed.run("return waits")
    stub.studio.ask(WHO, "lamp-1")
    stubbed.until(lambda: stubbed.find(FORM).is_displayed(), "the assignment")
    stubbed.until(lambda: 5000 in stubbed.run("return waits"), "asking, 5 seconds apart")


def test_an_inbox_that_cannot_be_read_says_so_and_a_session_that_ends_keeps_the_picture(
    stubbed: Browser, stub: StubShop, photo: Path
) -> None:
    asked(stubbed, stub)
    choose(stubbed, photo)
    stubbed.go("board")
    stubbed.cut_off(stub.api_url)
    stubbed.go("photograph")
    stubbed.sees("The shop cannot be reached.", f"{INBOX} [data-part=trouble]")
    stubbed.reconnect()
    stubbed.sees("Reading lamp", INBOX)
    stub.end_sessions()
    stubbed.go("board")
    stubbed.go("photograph")
    stubbed.sees("Your session has ended", "#who-name")
    assert not stubbed.find("#sign-in-dialog").is_displayed()
    stubbed.click(SEND)
    stubbed.sees("Your session has ended.", "#sign-in-dialog")
    stubbed.press(Keys.ESCAPE)
    stubbed.sees("You are not signed in, so this was not sent.", f"{MESSAGE}[role=alert]")
    stubbed.click(SEND)
    stubbed.fill_sign_in(PHOTOGRAPHER.username, PHOTOGRAPHER.password)
    stubbed.sees("is sent.", MESSAGE)
    assert len(stub.studio.uploads) == 1


def test_another_persons_inbox_is_never_shown(stubbed: Browser, stub: StubShop, photo: Path) -> None:
    asked(stubbed, stub)
    choose(stubbed, photo)
    stubbed.click("#sign-out")
    stubbed.until(lambda: not stubbed.find(FORM).is_displayed(), "the end of the assignment")
    assert "Reading lamp" not in stubbed.run("return document.querySelector(arguments[0]).textContent", INBOX)
    assert not stubbed.find_all(f"{FORM} img")
    stubbed.sign_in(CUSTOMER)
    stubbed.sees("Only photographers can photograph products.", "[data-view=photograph] [data-part=gate]")
    stubbed.click(REGISTER)
    stubbed.sees("Only users of the group photographer may send this event.", f"{MESSAGE}[role=alert]")


def test_a_picture_can_be_named_unasked_in_a_workshop_and_where_there_is_no_studio(
    stubbed: Browser, stub: StubShop
) -> None:
    stub.workshop = True
    stubbed.open("photograph")
    stubbed.sign_in(PHOTOGRAPHER)
    stubbed.sees("This environment is a workshop", INBOX)
    assert stubbed.find(REGISTER).is_displayed()
    stubbed.photograph("lamp-1")
    assert stub.taken[-1].data["schema"] == "com.nordstrom/product/image/1-0-0"
    stubbed.until(lambda: stub.products["lamp-1"]["photographer"], "the photographer in the view")
    stub.has_studio = False
    stubbed.driver.refresh()
    stubbed.sees("Every product in the shop has been photographed.", "#photograph-form")
    assert not stubbed.find(INBOX).is_displayed()


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (320, True)], ids=["light", "dark phone"])
def test_axe_finds_nothing_in_any_state_of_the_inbox(
    browsing: Callable[..., Browser],
    shop: Shop,
    stub: StubShop,
    tools: Path,
    photo: Path,
    width: int,
    *,
    dark: bool,
) -> None:
    assert shop.stub is stub
    stub.workshop = True
    stub.stock("y" * 80, "Grace", None, name="N" * 200, brand="B" * 100)
    browser = browsing(width=width, dark=dark)

    def is_well(state: str) -> None:
        assert violations(browser, tools) == [], state
        assert browser.run("return document.documentElement.scrollWidth") <= width, state

    browser.open("photograph")
    browser.settled()
    is_well("signed out")
    browser.sign_in(PHOTOGRAPHER)
    browser.click(REGISTER)
    browser.sees("You have no assignment now.", INBOX)
    is_well("registered")
    stub.studio.ask(WHO, "y" * 80, seconds=50)
    stub.studio.verdicts.append("too-small")
    browser.until(lambda: browser.find(FORM).is_displayed(), "the assignment")
    browser.click(SEND)
    browser.sees("Choose a picture first.", FORM)
    is_well("asked, with an error")
    choose(browser, photo)
    is_well("with a preview")
    browser.click(SEND)
    browser.sees("too small", PROBLEM)
    is_well("with a problem")
    stub.view_delay = 30
    stub.studio.photographers[WHO].assignment["state"] = "delivered"
    browser.sees("The shop has taken your picture.", INBOX)
    is_well("taken")
