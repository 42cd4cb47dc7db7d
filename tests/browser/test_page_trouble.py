"""What the page does when things go wrong, seen from both sides: the browser's and the shop's (a stub)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from support.stub_api import CAREFUL, CODE, CUSTOMER, MERCHANT, NEWCOMER, PHOTOGRAPHER

if TYPE_CHECKING:
    from support.browser import Browser
    from support.stub_api import StubShop

pytestmark = pytest.mark.slow


def keys(stub: StubShop) -> list[str]:
    return [key for key, _ in stub.attempts]


def kinds(stub: StubShop) -> list[str]:
    """Return which events the shop took: create, price, stock."""
    return [taken.data["schema"].split("/")[2] for taken in stub.taken]


def keys_of_offers(stub: StubShop) -> list[str]:
    return [key for key, body in stub.attempts if "/create/" in body["schema"]]


def submit_offer(browser: Browser, name: str = "Lamp") -> None:
    browser.fill_offer(name)
    browser.click("#offer-form [type=submit]")


def test_an_answer_that_is_lost_is_asked_for_again_under_the_same_key(
    stubbed: Browser, stub: StubShop
) -> None:
    stubbed.open("offer")
    stubbed.sign_in(MERCHANT)
    stub.failures = [0]
    submit_offer(stubbed)
    stubbed.sees("You offer Lamp", "#offer-form .form-message")
    assert len(keys_of_offers(stub)) > 1
    assert len(set(keys_of_offers(stub))) == 1
    assert kinds(stub) == ["create", "price", "stock"]
    assert len(set(keys(stub))) == 3
    uuid.UUID(keys(stub)[0])


def test_a_shop_that_is_busy_is_asked_again_when_it_says_so(stubbed: Browser, stub: StubShop) -> None:
    stub.stock("lamp-1", "Grace", "Ada")
    stubbed.open("shop")
    stubbed.sign_in(CUSTOMER)
    stub.failures = [503, 409]
    stubbed.buy("lamp-1")
    assert len(set(keys(stub))) == 1
    assert len(keys(stub)) == 3
    assert len(stub.taken) == 1


def test_a_fault_that_stays_is_told_and_the_next_press_has_the_same_key(
    stubbed: Browser, stub: StubShop
) -> None:
    stubbed.open("offer")
    stubbed.sign_in(MERCHANT)
    stub.failures = [500, 500, 500]
    submit_offer(stubbed)
    stubbed.sees("The shop made a 500.", "#offer-form [role=alert]")
    stubbed.click("#offer-form [type=submit]")
    stubbed.sees("You offer Lamp", "#offer-form [role=status]")
    assert len(set(keys_of_offers(stub))) == 1


def test_the_key_outlives_a_reload_and_changes_with_what_is_sent(stubbed: Browser, stub: StubShop) -> None:
    stubbed.open("offer")
    stubbed.sign_in(MERCHANT)
    stub.failures = [500, 500, 500]
    submit_offer(stubbed)
    stubbed.sees("The shop made a 500.", "#offer-form [role=alert]")
    stubbed.driver.refresh()
    stubbed.sees(MERCHANT.name, "#who-name")
    stub.failures = [500, 500, 500]
    stubbed.click("#offer-form [type=submit]")
    stubbed.sees("The shop made a 500.", "#offer-form [role=alert]")
    assert len(set(keys(stub))) == 1
    stubbed.type("#offer-name", "Another lamp")
    stubbed.click("#offer-form [type=submit]")
    stubbed.sees("You offer Another lamp", "#offer-form [role=status]")
    assert len(set(keys_of_offers(stub))) == 2


def test_each_purchase_is_one_even_when_the_button_is_pressed_twice(stubbed: Browser, stub: StubShop) -> None:
    stub.stock("lamp-1", "Grace", "Ada")
    stubbed.open("shop")
    stubbed.sign_in(CUSTOMER)
    stub.answer_delay = 0.2
    sheet = stubbed.open_product("lamp-1")
    stubbed.run(
        "const b = document.querySelector(arguments[0]); b.click(); b.click()", f"{sheet} [data-part=buy]"
    )
    stubbed.sees("Bought", f"{sheet} .outcome")
    assert len(stub.taken) == 1
    stubbed.click(f"{sheet} [data-part=buy]")
    stubbed.sees("Bought 2 times", f"{sheet} .outcome")
    assert len(set(keys(stub))) == 2


def test_a_token_that_is_refused_unreadably_is_renewed_without_a_word(
    stubbed: Browser, stub: StubShop
) -> None:
    stubbed.open("offer")
    stubbed.sign_in(MERCHANT)
    stub._tokens.clear()
    submit_offer(stubbed)
    stubbed.sees("You offer Lamp", "#offer-form .form-message")
    assert len(set(keys_of_offers(stub))) == 1


def test_refusals_that_go_on_ask_to_sign_in_and_then_end_in_words(stubbed: Browser, stub: StubShop) -> None:
    stubbed.open("offer")
    stubbed.sign_in(MERCHANT)
    stub.refuse_tokens_unreadably = True
    submit_offer(stubbed)
    stubbed.sees("Your session has ended.", "#sign-in-dialog")
    stubbed.fill_sign_in(MERCHANT.username, MERCHANT.password)
    stubbed.sees("The shop does not accept your sign-in, although it is new.", "#offer-form [role=alert]")
    assert stubbed.value("#offer-name") == "Lamp"


def test_what_one_person_sent_is_not_sent_again_for_another(stubbed: Browser, stub: StubShop) -> None:
    stubbed.open("offer")
    stubbed.sign_in(MERCHANT)
    stub.end_sessions()
    submit_offer(stubbed)
    stubbed.sees("Your session has ended.", "#sign-in-dialog")
    stubbed.fill_sign_in(PHOTOGRAPHER.username, PHOTOGRAPHER.password)
    stubbed.sees("Somebody else is signed in now", "#offer-form [role=alert]")
    assert stub.taken == []


def test_the_page_renews_its_token_before_it_ends(stubbed: Browser, stub: StubShop) -> None:
    stub.token_seconds = 3
    stubbed.open("offer")
    stubbed.sign_in(MERCHANT)
    stubbed.until(lambda: len(stub._tokens) >= 3, "two renewals")
    assert stubbed.text("#sign-in") == ""


def test_a_session_that_ends_by_itself_is_told_without_taking_the_keyboard(
    stubbed: Browser, stub: StubShop
) -> None:
    stub.token_seconds = 3
    stub.refresh_works = False
    stubbed.open("offer")
    stubbed.sign_in(MERCHANT)
    stubbed.type("#offer-name", "Half a na")
    stubbed.sees("Your session has ended", "#who-name[role=status]")
    assert stubbed.focused() == "offer-name"
    assert stubbed.value("#offer-name") == "Half a na"
    stubbed.sees("Sign in again", "#sign-in")


def test_what_is_wrong_with_a_field_is_told_beside_it_before_and_after_sending(
    stubbed: Browser, stub: StubShop
) -> None:
    stubbed.open("offer")
    stubbed.sign_in(MERCHANT)
    stubbed.type("#offer-name", "Lamp")
    stubbed.click("#offer-form [type=submit]")
    stubbed.sees("Brand is missing.", "#offer-brand-error")
    assert stubbed.focused() == "offer-brand"
    assert stub.attempts == []
    stub.problem = {
        "status": 400,
        "detail": "The event does not fit its schema.",
        "errors": [
            {"pointer": "/category", "detail": "must not be that."},
            {"pointer": "/x", "detail": "Nor that."},
        ],
    }
    submit_offer(stubbed)
    stubbed.sees("must not be that.", "#offer-category-error")
    stubbed.sees("The event does not fit its schema. Nor that.", "#offer-form [role=alert]")
    assert stubbed.find("#offer-category").get_attribute("aria-invalid") == "true"
    assert "offer-category-error" in stubbed.find("#offer-category").get_attribute("aria-describedby")
    assert stubbed.focused() == "offer-category"


def test_who_may_not_is_told_beforehand_and_by_the_shop(stubbed: Browser) -> None:
    stubbed.open("offer")
    stubbed.sign_in(CUSTOMER)
    stubbed.sees(
        "Only merchants can offer products. You are signed in as Cleo Adams, a customer.", "[data-view=offer]"
    )
    submit_offer(stubbed)
    stubbed.sees("Only users of the group merchant may send this event.", "#offer-form [role=alert]")


def test_a_first_password_is_replaced_at_the_first_sign_in(stubbed: Browser) -> None:
    stubbed.open("board")
    stubbed.open_sign_in()
    stubbed.fill_sign_in(NEWCOMER.username, NEWCOMER.password)
    stubbed.sees("Choose your own.", "#sign-in-dialog")
    stubbed.type("#sign-in-new-password", "short")
    stubbed.type("#sign-in-name", "Nina Park")
    stubbed.click("#sign-in-form [type=submit]")
    stubbed.sees("Password not long enough", "#sign-in-new-password-error")
    stubbed.type("#sign-in-new-password", "Granite-Window-75")
    stubbed.click("#sign-in-form [type=submit]")
    stubbed.sees("Nina Park", "#who-name")


def test_a_code_is_asked_for_where_the_account_wants_one(stubbed: Browser) -> None:
    stubbed.open("board")
    stubbed.open_sign_in()
    stubbed.fill_sign_in(CAREFUL.username, CAREFUL.password)
    stubbed.sees("Code from your authenticator app", "#sign-in-dialog")
    stubbed.type("#sign-in-code", "000000")
    stubbed.click("#sign-in-form [type=submit]")
    stubbed.sees("The code is not right.", "#sign-in-dialog [role=alert]")
    stubbed.type("#sign-in-code", f"{CODE[:3]} {CODE[3:]}")
    stubbed.click("#sign-in-form [type=submit]")
    stubbed.sees(CAREFUL.name, "#who-name")


def test_signing_out_revokes_what_could_renew_the_session(stubbed: Browser, stub: StubShop) -> None:
    stubbed.open("board")
    stubbed.sign_in(MERCHANT)
    stubbed.click("#sign-out")
    stubbed.until(lambda: len(stub.revoked) == 1, "the revocation")
    assert "hello-retail.session" not in stubbed.run("return Object.keys(sessionStorage)")


def test_the_board_asks_about_every_second_with_the_tag_of_what_it_has(
    stubbed: Browser, stub: StubShop
) -> None:
    stub.credit("creator", "Grace", 3)
    stubbed.open("board")
    stubbed.until(lambda: stub.score_answers[304] >= 4, "answers without a body", 6)
    assert stub.score_answers[200] == 2
    assert stubbed.board("merchant") == [("Grace", 3)]
    stubbed.go("offer")
    stubbed.until(lambda: stubbed.text("#offer-title"), "another view")
    asked = sum(stub.score_answers.values())
    stubbed.fill_offer("Some typing takes a while")
    assert sum(stub.score_answers.values()) <= asked + 2


def test_who_passes_whom_shows_in_picture_table_and_words(stubbed: Browser, stub: StubShop) -> None:
    stub.credit("creator", "Grace", 5)
    stub.credit("creator", "Amara", 3)
    stubbed.open("board")
    stubbed.until(lambda: stubbed.board("merchant") == [("Grace", 5), ("Amara", 3)], "the first board")
    stub.credit("creator", "Amara", 4)
    stubbed.until(lambda: stubbed.board("merchant") == [("Amara", 7), ("Grace", 5)], "the second board", 3)
    rows = stubbed.find_all("[data-role=merchant] tbody tr")
    assert rows[0].find_element("css selector", ".move-up").text == "▲1"
    assert rows[1].find_element("css selector", ".move-down").text == "▼1"
    assert rows[0].get_property("textContent") == "1▲1, up 1 placeAmara+47"
    label = stubbed.find("[data-role=merchant] .chart").get_attribute("aria-label")
    assert label.startswith("Bar chart of the merchants' sales, led by Amara 7, Grace 5.")
    assert stubbed.text("[data-role=merchant] .leader-name") == "Amara"
    sent = stubbed.find("#board-news").get_property("textContent")
    assert sent == "Grace leads the merchants."


def test_what_has_no_picture_is_found_on_a_later_page_and_named_by_the_catalog(
    stubbed: Browser, stub: StubShop
) -> None:
    stub.page_size = 2
    for index in range(5):
        stub.stock(f"lamp-{index}", "Grace", None if index == 4 else "Ada", name=f"Lamp number {index}")
    stubbed.open("photograph")
    stubbed.until(
        lambda: stubbed.find_all("#photograph-form input[value=lamp-4]"), "the one without a picture"
    )
    assert len(stubbed.find_all("#photograph-form .choice")) == 1
    stubbed.sees("Lamp number 4", "#photograph-form .choice")


LIST_NOTE = "#photograph-form [data-part=list-note]"


def test_an_empty_shop_has_nothing_to_photograph(stubbed: Browser) -> None:
    stubbed.open("photograph")
    stubbed.sees("The shop has no products yet", LIST_NOTE)


def test_all_are_photographed_is_said_when_the_last_page_is_read(stubbed: Browser, stub: StubShop) -> None:
    stub.page_size = 1
    for index in range(11):
        stub.stock(f"lamp-{index}", "Grace", "Ada")
    stubbed.open("photograph")
    stubbed.sees("None of the first 10 products is without a picture. There are more.", LIST_NOTE)
    stubbed.click("#photograph-form [data-part=more]")
    stubbed.sees("Every product in the shop has been photographed.", LIST_NOTE)


def test_nothing_is_said_of_pictures_when_the_products_cannot_be_read(
    stubbed: Browser, stub: StubShop
) -> None:
    stubbed.open("board")
    stubbed.cut_off(stub.api_url)
    stubbed.go("photograph")
    stubbed.sees("The shop cannot be reached.", "#photograph-form [role=alert]")
    assert stubbed.text(LIST_NOTE) == ""


def test_a_board_that_becomes_empty_has_no_leader(stubbed: Browser, stub: StubShop) -> None:
    stub.credit("creator", "Grace", 3)
    stubbed.open("board")
    stubbed.until(lambda: stubbed.text("[data-role=merchant] .leader-name") == "Grace", "the leader")
    stub.scores["creator"].clear()
    stubbed.sees("No sales yet.", "[data-role=merchant]")
    assert stubbed.text("[data-role=merchant] [data-part=leader]") == "\N{EN DASH}"


def test_a_board_whose_answer_stalls_says_so_and_goes_on(stubbed: Browser, stub: StubShop) -> None:
    stubbed.open("board")
    stubbed.sees("Live", "#freshness")
    stub.credit("creator", "Grace", 3)
    stub.stalls = 1
    stubbed.sees("Not live", "#freshness")
    stubbed.until(lambda: stubbed.board("merchant") == [("Grace", 3)], "the board")


def test_an_answer_that_stalls_is_asked_for_again_under_the_same_key(
    stubbed: Browser, stub: StubShop
) -> None:
    stubbed.open("offer")
    stubbed.sign_in(MERCHANT)
    stub.stalls_of = "/events"  # the view may still be asking for something else
    stub.stalls = 1
    submit_offer(stubbed)
    stubbed.sees("You offer Lamp", "#offer-form .form-message", 20)
    assert len(keys_of_offers(stub)) == 2
    assert len(set(keys_of_offers(stub))) == 1
    assert kinds(stub) == ["create", "price", "stock"]


@pytest.mark.parametrize("is_missing", [False, True], ids=["throwing", "missing"])
def test_where_site_data_is_blocked_the_game_goes_on(
    stubbed: Browser, stub: StubShop, is_missing: bool
) -> None:
    answer = "return null" if is_missing else "throw new DOMException('blocked', 'SecurityError')"
    stubbed.devtools(
        "Page.addScriptToEvaluateOnNewDocument",
        source=f"for (const name of ['localStorage', 'sessionStorage'])"
        f" Object.defineProperty(window, name, {{get() {{ {answer} }}}})",
    )
    stubbed.open("offer")
    stubbed.sign_in(MERCHANT)
    stub.failures = [0]
    submit_offer(stubbed)
    stubbed.sees("You offer Lamp", "#offer-form .form-message")
    assert len(set(keys_of_offers(stub))) == 1
    stubbed.sees("Lamp", "[data-part=own-products]")
    assert stubbed.complaints() == []


def test_a_page_without_its_configuration_says_so(stubbed: Browser) -> None:
    stubbed.devtools("Network.enable")
    stubbed.devtools("Network.setBlockedURLs", urls=[f"{stubbed.shop.address}/config.json"])
    stubbed.open("board")
    stubbed.sees("The shop cannot be reached.", "#page-problem[role=alert]")
    assert not stubbed.find("#sign-in").is_displayed(), "there is a button that nothing listens to"
