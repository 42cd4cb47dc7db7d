"""What the front door takes and refuses, without AWS."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest

from hello_retail.event_writer.identifiers import Identifiers
from hello_retail.event_writer.kinds import KINDS
from hello_retail.event_writer.submission import (
    MAXIMUM_BODY,
    EventRecord,
    NotDecodable,
    build_event_record,
    parse_submission,
)
from hello_retail.events import Event, decode_event, registry
from hello_retail.http_api.problems import Problem
from support.event_writer import (
    CART,
    CART_SET,
    IMAGE,
    LOGIN,
    NAME,
    OFFER,
    PHONE,
    PRICE,
    PRODUCT,
    PURCHASE,
    REGISTER,
    STOCK,
    SUB,
    UNREGISTER,
    claims,
    post,
)
from support.http import http_event

IDS = Identifiers("01931f2a-7a00-7000-8000-000000000001", "01931f2a-7a00-7000-8000-000000000002")
TIME = "2026-11-22T12:00:00.000Z"
ORIGIN = "hello-retail"
FLOATS = ("1.0", "100.0", "1e2", "1E0", "-0.0")
"""What JSON Schema takes for an integer, but for the last, and a reader of another language may not."""
TRACE = "1-67891233-abcdef012345678912345678"


def taken(body: object, **request: Any) -> EventRecord:
    return build_event_record(parse_submission(post(body, **request)), IDS, TIME, ORIGIN)


def refused(body: object, **request: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        taken(body, **request)
    return caught.value


@pytest.mark.parametrize(
    "body",
    [OFFER, IMAGE, PURCHASE, PRICE, STOCK, LOGIN, PHONE, REGISTER, UNREGISTER, CART, CART_SET],
    ids=lambda body: body["schema"],
)
def test_what_is_taken_is_an_event_of_the_signed_in_user(body: dict[str, Any]) -> None:
    event = decode_event(taken(body).payload)
    assert isinstance(event, Event)
    assert (event.kind, event.user_id, event.display_name) == (body["schema"], SUB, NAME)
    assert event.data == body
    assert (event.event_id, event.time_origin) == (IDS.event_id, TIME)


def test_the_envelope_is_the_one_that_carries_an_id() -> None:
    envelope = json.loads(taken(PURCHASE).payload)
    assert envelope == {
        "schema": "com.nordstrom/retail-stream-ingress/1-1-0",
        "eventId": IDS.event_id,
        "timeOrigin": TIME,
        "origin": f"hello-retail/web-client-purchase-product/{SUB}/{NAME}",
        "data": PURCHASE,
    }


def test_every_schema_that_is_taken_is_one_of_the_registry() -> None:
    assert set(KINDS) == registry.DATA_EVENTS - {registry.USER_ADD_ROLE, registry.ORDER_CONFIRMED}


def test_a_product_is_its_events_order() -> None:
    made = taken(PURCHASE)
    assert (made.partition_key, made.product_id) == ("p1", "p1")
    assert made.build_receipt() == {"eventId": IDS.event_id, "productId": "p1"}


def test_a_users_own_event_is_kept_in_order_by_the_user_and_names_no_product() -> None:
    made = taken(PHONE)
    assert (made.partition_key, made.product_id) == (SUB, None)
    assert made.build_receipt() == {"eventId": IDS.event_id}


def test_an_offer_without_an_id_gets_one() -> None:
    made = taken({"schema": registry.PRODUCT_CREATE, **PRODUCT})
    assert (made.product_id, made.partition_key) == (IDS.product_id, IDS.product_id)
    assert json.loads(made.payload)["data"]["id"] == IDS.product_id


@pytest.mark.parametrize(
    "body", [IMAGE, PURCHASE, PRICE, STOCK, CART, CART_SET], ids=lambda body: body["schema"]
)
def test_only_offers_get_an_id(body: dict[str, Any]) -> None:
    problem = refused({name: value for name, value in body.items() if name != "id"})
    assert (problem.status, problem.code) == (400, "invalid-data")
    assert json.loads(problem.build_response().body)["errors"] == [{"pointer": "/id", "detail": "is missing"}]


@pytest.mark.parametrize("product_id", [None, "", "a/b", "x" * 81, 7])
def test_an_id_of_the_wrong_form_is_not_replaced_but_refused(product_id: object) -> None:
    [wrong] = refused(OFFER | {"id": product_id}).wrong
    assert wrong.as_json()["pointer"] == "/id"


@pytest.mark.parametrize(
    "body", ["", "{", "nonsense", '{"schema": NaN}', '{"a":1,"a":2}', "[" * 99 + "]" * 99]
)
def test_what_is_not_strict_json_gets_400(body: str) -> None:
    problem = refused(body)
    assert problem.status == 400
    assert "record" not in problem.detail


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "7"])
def test_what_is_not_an_object_gets_400(body: str) -> None:
    assert (refused(body).status, refused(body).code) == (400, "not-object")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "",
        "application/jsonp",
        "application/json-patch+json",
        "application/xml",
        "application/json; charset=latin-1",
        'application/json; charset="iso-8859-1"; q=1',
        "application/json; charset=utf-8; charset=utf-16",
        'application/json; charset="utf-8',
        r'application/json; charset="utf-8\""',
        "application/j\u017fon",
        'application/json; charset=utf-8"',
        "application/json; charset=",
        "application/json; charset = utf-8",
        "application/json; charset",
        "application/json charset=utf-8",
        "application/json, application/json",
        'application/json; profile="a\x00b"',
        f"application/json{'; ' * 3000}=",
    ],
)
def test_another_content_type_gets_415(content_type: str) -> None:
    problem = refused(PURCHASE, headers={"content-type": content_type})
    assert problem.status == 415
    assert problem.headers["accept-post"] == "application/json"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        " application/json\t",
        "Application/JSON; Charset=UTF-8",
        'application/json;charset="utf-8"',
        r'application/json; charset="utf\-8"',
        "application/json; charset=UTF8",
        "application/json;",
        "application/json ; ;; charset=utf-8 ;",
        "application/json; version=1",
        'application/json; profile="https://example.com/;charset=latin-1"; charset=utf-8',
        r'application/json; note="a \"quoted\" word"',
    ],
)
def test_json_in_utf_8_is_taken_however_it_is_called(content_type: str) -> None:
    assert taken(PURCHASE, headers={"content-type": content_type})


def test_header_names_have_no_case() -> None:
    event = post(PURCHASE)
    event["headers"] = {name.title(): value for name, value in event["headers"].items()}
    assert parse_submission(event)


def test_64_kib_are_taken_and_a_byte_more_gets_413() -> None:
    fits = json.dumps(PURCHASE).ljust(MAXIMUM_BODY)
    assert taken(fits)
    assert taken(fits, base64=True)
    for encoded in (False, True):
        assert refused(fits + " ", base64=encoded).status == 413
    assert refused("x" * 6_000_000).status == 413
    assert refused(json.dumps("ü" * (MAXIMUM_BODY // 2), ensure_ascii=False)).status == 413


def test_a_base64_body_is_the_same_body() -> None:
    assert taken(OFFER, base64=True) == taken(OFFER)


def test_a_body_that_only_says_that_it_is_base64_gets_400() -> None:
    event = post("not base64!")
    event["isBase64Encoded"] = True
    with pytest.raises(Problem) as caught:
        parse_submission(event)
    assert (caught.value.status, caught.value.code) == (400, "not-base64")


@pytest.mark.parametrize(
    "schema",
    [
        None,
        7,
        "",
        "com.nordstrom/product/create/1-0-1",
        f"{registry.PRODUCT_CREATE}#/properties",
        "http://json-schema.org/draft-07/schema#",
        "http://json-schema.org/draft-04/schema",
        registry.INGRESS_1_1,
        registry.USER_ADD_ROLE,
    ],
)
def test_an_unknown_schema_gets_400_and_the_list_of_what_is_taken(schema: object) -> None:
    problem = refused({"schema": schema, "id": "p1"})
    assert (problem.status, problem.code) == (400, "unknown-schema")
    [wrong] = problem.wrong
    assert wrong.as_json()["pointer"] == "/schema"
    assert all(kind in wrong.as_json()["detail"] for kind in KINDS)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"brand": " "}, "/brand"),
        ({"brand": "a\x00b"}, "/brand"),
        ({"id": "../x"}, "/id"),
        ({"origin": "hello-retail/web-client-create-product/bob/Bob"}, ""),
        ({"eventId": IDS.event_id}, ""),
    ],
)
def test_data_that_break_their_schema_get_400_and_the_place(change: dict[str, Any], pointer: str) -> None:
    problem = refused(OFFER | change)
    document = json.loads(problem.build_response().body)
    assert (problem.status, problem.code) == (400, "invalid-data")
    assert [error["pointer"] for error in document["errors"]] == [pointer]


BEYOND = [
    *[(PRICE, "cents", text) for text in ("0", "-1", "100000001", "24.5", "1e9", "null", '"2495"', "true")],
    *[(STOCK, "added", text) for text in ("0", "-1", "1000001", "0.5", "null", '"40"', "false")],
]
NOT_WRITTEN_SO = [
    (body, name, text) for body, name in ((PRICE, "cents"), (STOCK, "added")) for text in FLOATS
]


@pytest.mark.parametrize(("body", "member", "text"), BEYOND + NOT_WRITTEN_SO)
def test_an_amount_that_is_no_integer_within_its_bounds_gets_400_and_the_place(
    body: dict[str, Any], member: str, text: str
) -> None:
    problem = refused(json.dumps(body).replace(str(body[member]), text))
    assert (problem.status, problem.code) == (400, "invalid-data")
    assert [wrong.as_json()["pointer"] for wrong in problem.wrong] == [f"/{member}"]


@pytest.mark.parametrize(
    ("body", "member", "amount"),
    [(PRICE, "cents", 1), (PRICE, "cents", 100_000_000), (STOCK, "added", 1), (STOCK, "added", 1_000_000)],
)
def test_an_amount_at_its_bounds_is_taken(body: dict[str, Any], member: str, amount: int) -> None:
    event = decode_event(taken(body | {member: amount}).payload)
    assert isinstance(event, Event)
    assert event.data[member] == amount


@pytest.mark.parametrize("text", ["\u200b", "\ufeff", "\u3164", "\u2800 \u00ad"])
@pytest.mark.parametrize("member", ["brand", "name", "description", "category", "price"])
def test_a_product_that_would_be_blank_on_the_board_gets_400(member: str, text: str) -> None:
    problem = refused(OFFER | {member: text})
    assert (problem.status, problem.code) == (400, "invalid-data")
    assert [wrong.as_json() for wrong in problem.wrong] == [
        {"pointer": f"/{member}", "detail": "must have a visible character"}
    ]
    assert taken(OFFER | {member: f"{text}Lamp"})


def test_what_is_in_no_log_yet_stays_valid_for_those_who_read_it() -> None:
    assert registry.find_violation(registry.PRODUCT_CREATE, OFFER | {"name": "\u200b"}) is None


def test_all_missing_members_are_named() -> None:
    problem = refused({"schema": registry.PRODUCT_CREATE})
    names = ["brand", "name", "description", "category"]
    assert [wrong.as_json() for wrong in problem.wrong] == [
        {"pointer": f"/{name}", "detail": "is missing"} for name in names
    ]
    assert problem.detail == " ".join(f"{name} is missing." for name in names)


def test_all_that_is_wrong_is_told_at_once() -> None:
    body = OFFER | {"brand": "", "name": 7, "needle": 1, "needles": 2}
    del body["category"]
    errors = [wrong.as_json() for wrong in refused(body).wrong]
    assert errors == [
        {"pointer": "/brand", "detail": "must be 1 or more characters long"},
        {"pointer": "/name", "detail": "must be of type string"},
        {"pointer": "/category", "detail": "is missing"},
        {"pointer": "", "detail": "has a property that its schema does not list"},
    ]


@pytest.mark.parametrize(
    "body",
    [
        "needle",
        {"schema": "needle"},
        OFFER | {"needle": "needle"},
        {"schema": registry.PRODUCT_CREATE, "needle": "needle", "brand": "needle\n", "name": ["needle"]},
        OFFER | {"id": "needle needle"},
        PURCHASE | {"id": "needle\n"},
        PHONE | {"id": "needle"},
        LOGIN | {"name": "needle"},
    ],
)
def test_no_answer_repeats_what_was_sent(body: object) -> None:
    assert "needle" not in refused(body, headers={"x-needle": "needle"}).build_response().body


@pytest.mark.parametrize(
    ("body", "group"),
    [
        (OFFER, "merchant"),
        (PRICE, "merchant"),
        (STOCK, "merchant"),
        (IMAGE, "photographer"),
        (PHONE, "photographer"),
        (REGISTER, "photographer"),
        (UNREGISTER, "photographer"),
    ],
)
def test_another_group_gets_403_that_says_which_is_needed(body: dict[str, Any], group: str) -> None:
    others = "[customer merchant photographer]".replace(f" {group}", "")
    for groups in (others, None, "[]", f"[not-{group}]"):
        problem = refused(body, token=claims(**{"cognito:groups": groups}))
        assert (problem.status, problem.code) == (403, "wrong-group")
        assert group in problem.detail


@pytest.mark.parametrize("body", [PURCHASE, CART, LOGIN], ids=lambda body: body["schema"])
def test_every_signed_in_user_may_buy(body: dict[str, Any]) -> None:
    assert taken(body, token=claims(**{"cognito:groups": None}))


@pytest.mark.parametrize(
    "body",
    [PHONE | {"id": "bob"}, UNREGISTER | {"id": "bob"}, LOGIN | {"id": "bob"}, LOGIN | {"name": "Bob"}],
)
def test_an_event_about_another_user_gets_403(body: dict[str, Any]) -> None:
    assert (refused(body).status, refused(body).code) == (403, "about-another")


@pytest.mark.parametrize("token", [{}, claims(token_use="access"), claims(sub=None)])
def test_without_an_id_token_the_answer_is_401(token: dict[str, Any]) -> None:
    problem = refused(PURCHASE, token=token)
    assert problem.status == 401
    assert problem.headers["www-authenticate"].startswith("Bearer")


def test_an_event_without_an_authorizer_gets_401_too() -> None:
    for event in (
        post(PURCHASE, token={}),
        {"requestContext": {"http": {"method": "POST"}, "authorizer": None}},
    ):
        with pytest.raises(Problem) as caught:
            parse_submission(event)
        assert caught.value.status == 401


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_get_405(method: str) -> None:
    with pytest.raises(Problem) as caught:
        parse_submission(http_event(method, "/events"))
    assert (caught.value.status, dict(caught.value.headers)) == (405, {"allow": "POST"})


@pytest.mark.parametrize("key", ["k", "x" * 255, "0b5c7a2e-8d6f-4c3e", '"quoted"', "zażółć", "a b"])
def test_a_key_of_up_to_255_characters_is_taken(key: str) -> None:
    assert parse_submission(post(PURCHASE, key=key)).key == key


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a\nb", "\x00", "a\x7f", "\x85", "\ud800"])
def test_another_key_gets_400(key: str) -> None:
    problem = refused(PURCHASE, key=key)
    assert (problem.status, problem.code) == (400, "bad-key")


def test_the_trace_is_lambdas_own_and_else_the_clients() -> None:
    other = TRACE.replace("6", "7")
    event = post(PURCHASE, headers={"x-amzn-trace-id": f"Self=1-2-3;Root={TRACE}"})
    assert parse_submission(event).trace_id == TRACE
    assert parse_submission(event, f"Root={other};Parent=53995c3f42cd8ad8;Sampled=1").trace_id == other
    assert (
        json.loads(build_event_record(parse_submission(event), IDS, TIME, ORIGIN).payload)["traceId"] == TRACE
    )


@pytest.mark.parametrize("header", ["", "Root=1-x", f"Root={TRACE}0", "Root=<script>", f"NotRoot={TRACE}"])
def test_what_is_no_trace_is_left_out(header: str) -> None:
    made = taken(PURCHASE, headers={"x-amzn-trace-id": header})
    assert "traceId" not in json.loads(made.payload)


def test_a_name_with_slashes_moves_no_part_of_the_origin() -> None:
    made = taken(PURCHASE, token=claims(name="x/bob/Bob"))
    event = decode_event(made.payload)
    assert isinstance(event, Event)
    assert (event.user_id, event.display_name) == (SUB, "x/bob/Bob")


def test_a_record_that_no_consumer_would_take_is_never_put() -> None:
    with pytest.raises(NotDecodable) as caught:
        build_event_record(parse_submission(post(PURCHASE)), IDS, TIME, "hello\nretail")
    assert not re.search(f"{SUB}|{NAME}|{quote(NAME)}", str(caught.value))


def test_the_derived_ids_hang_on_user_key_and_body() -> None:
    def ids(body: object, key: str, sub: str = SUB) -> Identifiers:
        return parse_submission(post(body, key=key, token=claims(sub=sub))).derive_own_identifiers(key)

    assert ids(PURCHASE, "k") == ids(json.dumps(PURCHASE, indent=2), "k")
    several = {ids(PURCHASE, "k"), ids(PURCHASE, "l"), ids(CART, "k"), ids(PURCHASE, "k", "bob")}
    assert len(several) == 4
