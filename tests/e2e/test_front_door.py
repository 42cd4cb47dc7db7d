"""The front door of an applied environment: who gets in, and how often a click counts."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from retailctl.users import sign_in
from support.asking import PATIENCE_SECONDS, Answer, ask
from support.e2e import eventually
from support.players import IMAGE, OFFER, PURCHASE, FrontDoor, Player

pytestmark = pytest.mark.slow

SIDE_BY_SIDE = 20
PUTS_A_RUN = 2
"""The event writer's SDK sends a put twice at most (``AWS_CONFIG`` of its store)."""
PRODUCT = {"schema": OFFER, "brand": "B", "name": "Lamp", "description": "Bright.", "category": "C"}
PURCHASED = {"schema": PURCHASE, "id": "no-such-product"}
STRANGE_ORIGIN = "https://elsewhere.example"


@pytest.fixture(scope="module")
def merchant(door: FrontDoor) -> Player:
    return door.admit("merchant")


@pytest.fixture(scope="module")
def customer(door: FrontDoor) -> Player:
    return door.admit("customer")


def until_decided(door: FrontDoor, customer: Player, product: str, key: str) -> tuple[Answer, list[int]]:
    """Send a purchase again while its first attempt is under way, or AWS is; return the answer and all statuses."""
    deadline, statuses = time.monotonic() + PATIENCE_SECONDS, []
    while True:
        answer = door.buy(customer, product, idempotency_key=key)
        statuses.append(answer.status)
        if answer.status not in {409, 503} or time.monotonic() > deadline:
            return answer, statuses
        time.sleep(float(answer.headers["retry-after"]))


@contextmanager
def short_lived_tokens(door: FrontDoor, seconds: int) -> Iterator[None]:
    """Let the page's client get tokens that are good for seconds, which AWS would refuse."""
    client, ids = door.pool.client, {"UserPoolId": door.pool.pool_id, "ClientId": door.pool.client_id}
    found = client.describe_user_pool_client(**ids)["UserPoolClient"]
    kept = {name: value for name, value in found.items() if value and not name.endswith("Date")}
    units = {**kept.get("TokenValidityUnits", {}), "IdToken": "seconds"}
    client.update_user_pool_client(**{**kept, "IdTokenValidity": seconds, "TokenValidityUnits": units})
    try:
        yield
    finally:
        client.update_user_pool_client(**kept)


def claims_of(token: str) -> dict[str, object]:
    payload = token.split(".")[1]
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def encoded(claims: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()


# A click counts once


def test_a_key_sent_20_times_side_by_side_makes_one_event_and_one_sale(
    door: FrontDoor, merchant: Player, customer: Player
) -> None:
    product = door.offer(merchant)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as people:
        attempts = [
            people.submit(until_decided, door, customer, product, "one click") for _ in range(SIDE_BY_SIDE)
        ]
        answers = [attempt.result() for attempt in attempts]

    assert [statuses[-1] for _, statuses in answers] == [202] * SIDE_BY_SIDE
    assert len({answer.body for answer, _ in answers}) == 1
    events = door.events(PURCHASE, customer)
    assert {event["eventId"] for event in events} == {answers[0][0].json()["eventId"]}
    # A put whose answer is late or lost is put again: two records of one event.
    runs = 1 + sum(statuses.count(503) for _, statuses in answers)
    assert len(events) <= runs * PUTS_A_RUN
    assert answers[0][0].json()["productId"] == product
    assert eventually(lambda: door.sales_of(merchant), 1) == 1

    # Records of a product are counted in order: once this one is on the board, nothing is on its way any more.
    assert door.buy(customer, product, idempotency_key="another click").status == 202
    assert eventually(lambda: door.sales_of(merchant), 2) == 2


def test_a_key_with_another_body_is_refused_and_changes_nothing(
    door: FrontDoor, merchant: Player, customer: Player
) -> None:
    product = door.offer(merchant)
    before = {event["eventId"] for event in door.events(PURCHASE, customer)}

    accepted = door.buy(customer, product, idempotency_key="reused")
    refused = door.buy(customer, "another", idempotency_key="reused")

    assert accepted.status == 202
    assert (refused.status, refused.headers["content-type"]) == (422, "application/problem+json")
    events = {event["eventId"] for event in door.events(PURCHASE, customer)}
    assert events - before == {accepted.json()["eventId"]}


# Who gets in


def test_nobody_gets_in_without_a_token_that_is_good_here_and_now(door: FrontDoor, customer: Player) -> None:
    """What another environment's token gets is in tests/acceptance."""
    with short_lived_tokens(door, 1):
        expired = sign_in.sign_in(door.pool, customer.username, customer.password)
    eventually(lambda: float(str(claims_of(expired)["exp"])) < time.time(), wanted=True, seconds=10)
    head, _, signature = customer.token.split(".")
    promoted = encoded({**claims_of(customer.token), "cognito:groups": ["merchant"]})
    wrong = {
        "none": None,
        "no token at all": "nonsense",
        "expired": expired,
        "with other claims": f"{head}.{promoted}.{signature}",
        "with another signature": f"{customer.token[:-8]}{'A' * 8}",
        "without a signature": f"{encoded({'alg': 'none'})}.{promoted}.",
    }
    door.told |= {token: "a token" for token in wrong.values() if token}

    assert door.send(PURCHASED, customer.token).status == 202, "the right token does not get in either"
    before = len(door.envelopes())
    assert {what: door.send(PURCHASED, token).status for what, token in wrong.items()} == dict.fromkeys(
        wrong, 401
    )
    assert len(door.envelopes()) == before


def test_an_access_token_is_told_what_to_send_instead(door: FrontDoor, customer: Player) -> None:
    given = {"USERNAME": customer.username, "PASSWORD": customer.password}
    signed_in = door.pool.client.initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH", ClientId=door.pool.client_id, AuthParameters=given
    )
    token = signed_in["AuthenticationResult"]["AccessToken"]
    door.told[token] = "a token"

    refused = door.send(PURCHASED, token)

    assert (refused.status, refused.headers["content-type"]) == (401, "application/problem+json")
    assert "Send the ID token" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("data", "group"),
    [(PRODUCT, "merchant"), ({"schema": IMAGE, "id": "p", "image": "photos/p"}, "photographer")],
    ids=["an offer", "a picture"],
)
def test_who_is_not_in_the_group_is_told_which_it_is(
    door: FrontDoor, customer: Player, data: dict[str, str], group: str
) -> None:
    refused = door.send(data, customer.token)

    assert refused.status == 403
    assert refused.json()["detail"] == f"Only users of the group {group} may send this event."


def test_nobody_says_who_he_is_but_by_his_token(door: FrontDoor, customer: Player) -> None:
    refused = door.send({**PURCHASED, "origin": "x/y/somebody-else/Somebody"}, customer.token)

    assert (refused.status, refused.json()["errors"][0]["pointer"]) == (400, "")
    assert b"somebody" not in refused.body.lower()


# What is refused


@pytest.mark.parametrize(
    ("body", "headers", "status", "says"),
    [
        ("{needle", {}, 400, "not JSON"),
        ("", {}, 400, "not JSON"),
        ("[]", {}, 400, "not an object"),
        (PURCHASED, {"content_type": "text/plain; needle=1"}, 415, "application/json"),
        ({**PURCHASED, "needle": "x" * 65_536}, {}, 413, "64 KiB"),
        (
            {**PURCHASED, "schema": "com.nordstrom/needle/1-0-0"},
            {},
            400,
            "com.nordstrom/product/purchase/1-0-0",
        ),
        ({**PURCHASED, "schema": f"{PURCHASE}#/properties/needle"}, {}, 400, "must be one of"),
        ({**PURCHASED, "schema": "http://json-schema.org/draft-07/schema#"}, {}, 400, "must be one of"),
        ({"schema": PURCHASE}, {}, 400, "is missing"),
        ({**PURCHASED, "id": f"needle {'x' * 999}"}, {}, 400, "/id"),
        ({**PURCHASED, "needle": 1}, {}, 400, "pointer"),
        (PURCHASED, {"idempotency_key": "needle" * 50}, 400, "Idempotency-Key"),
    ],
    ids=lambda part: str(part)[:32] if isinstance(part, str) else None,
)
def test_what_is_not_as_it_should_be_is_refused_in_words_of_our_own(
    door: FrontDoor, customer: Player, body: object, headers: dict[str, str], status: int, says: str
) -> None:
    before = len(door.envelopes())

    refused = door.send(body, customer.token, **headers)

    assert (refused.status, refused.headers["content-type"]) == (status, "application/problem+json")
    assert says.lower() in refused.body.decode().lower()
    assert b"needle" not in refused.body
    assert len(door.envelopes()) == before


# Pages elsewhere


def cors(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


def test_a_page_elsewhere_gets_no_cors_headers(door: FrontDoor, customer: Player) -> None:
    url, origin = door.api_url, {"origin": STRANGE_ORIGIN}
    asked = {"access_control_request_method": "POST", "access_control_request_headers": "authorization"}
    answers = {
        "a read": ask(f"{url}/scores?role=creator", **origin),
        "an event": door.send(PURCHASED, customer.token, **origin),
        "a refusal": door.send(PRODUCT, customer.token, **origin),
        "without a token": door.send(PURCHASED, **origin),
        "a preflight": ask(f"{url}/events", "OPTIONS", **origin, **asked),
    }

    assert [answer.status for answer in answers.values()][:4] == [200, 202, 403, 401]
    assert {what: cors(answer) for what, answer in answers.items()} == {what: {} for what in answers}


def test_only_a_page_on_the_list_gets_cors_headers(door: FrontDoor) -> None:
    gateway, api, url = door.cloud.client("apigatewayv2"), {"ApiId": door.found["api_id"]}, door.api_url
    assert "CorsConfiguration" not in gateway.get_api(**api)
    on_the_list = "https://page.example"
    gateway.update_api(
        **api, CorsConfiguration={"AllowOrigins": [on_the_list], "AllowMethods": ["GET", "POST"]}
    )
    try:
        listed = ask(f"{url}/winners", origin=on_the_list)
        strange = ask(f"{url}/winners", origin=STRANGE_ORIGIN)
    finally:
        gateway.delete_cors_configuration(**api)

    assert cors(listed)["access-control-allow-origin"] == on_the_list
    assert "access-control-allow-credentials" not in cors(listed)
    assert cors(strange) == {}
