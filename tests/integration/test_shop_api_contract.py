"""The shop's API over moto's tables, held against its part of the contract."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError
from moto import mock_aws

from hello_retail.events.registry import CART_SET, ORDER_CONFIRMED, read_schema
from hello_retail.http_api.keys import is_order_id
from hello_retail.http_api.parameters import MAX_LIMIT
from hello_retail.orders.items import OrderState, Reason
from hello_retail.orders.names import name_execution
from hello_retail.orders.table import OrderTables, pay_order, read_order, reserve_order
from hello_retail.shop_api import handler as entry
from hello_retail.shop_api import placing
from hello_retail.shop_api.answers import decode_order_cursor, encode_order_cursor
from hello_retail.shop_api.api import PATHS, ShopApi
from hello_retail.shop_api.store import MOST_LINES, ShopApiStore
from support.event_source import LogRecord, kinesis_event
from support.event_writer import SUB, claims
from support.events import cart, confirmed, image, payload, price, stock
from support.fake_aws import client_error
from support.http import Client, Reply, http_event
from support.openapi import SPEC, check, check_examples, check_reply, paths_of, problem_example, resolved
from support.shop import create_tables, offer, warm_instance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

PATH_ITEMS = paths_of("shop_api.json")
CART, LIST = PATH_ITEMS["/cart"]["get"], PATH_ITEMS["/orders"]["get"]
READ, PLACE = PATH_ITEMS["/orders/{orderId}"]["get"], PATH_ITEMS["/orders/{orderId}"]["put"]
OPERATIONS = (CART, LIST, READ, PLACE)
ORDERS, MACHINE = "orders", "arn:aws:states:us-east-1:123456789012:stateMachine:orders:live"
OTHER = "7b3811e2-0b8f-4a57-9d1c-0a3e3d0f9c12"
NOW = 1_795_348_800.25
LAMPS = {"lines": [{"id": "p1", "quantity": 2}], "totalCents": 4990, "paymentToken": "tok_ok"}
CARD = "4111111111111111"
JSON_TYPE = {"content-type": "application/json"}


def order_id(seconds: float = 0, number: int = 1) -> str:
    """Return the UUIDv7 that a client makes some seconds from now."""
    milliseconds = round((NOW + seconds) * 1000)
    return str(UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | number))


class Machine:
    """Starts executions as AWS does: the same name and input once more is the same execution."""

    def __init__(self) -> None:
        self.started: dict[str, str] = {}
        self.refusals: list[Exception] = []

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, str]:  # noqa: A002
        if self.refusals:
            raise self.refusals.pop()
        assert stateMachineArn == MACHINE
        assert self.started.setdefault(name, input) == input
        return {"executionArn": f"arn:{name}"}


class World:
    """The tables, the view that fills carts and catalog, and the API; ``now`` is the function's clock."""

    def __init__(self, dynamodb: DynamoDBClient) -> None:
        self.dynamodb = dynamodb
        self.view = warm_instance(dynamodb)
        self.machine = Machine()
        self.number = 0
        self.now = NOW
        store = ShopApiStore(dynamodb, "carts", "catalog", ORDERS, MACHINE, lambda: self.machine)  # type: ignore[arg-type,return-value]
        self.api = ShopApi(store, lambda: self.now)

    def log(self, *documents: Any) -> None:
        records = []
        for document in documents:
            self.number += 1
            records.append(LogRecord("shardId-000000000000", str(self.number), "p", payload(document)))
        assert self.view(kinesis_event(records)) == {"batchItemFailures": []}

    def get(self, path: str, user: str | None = SUB, method: str = "GET", **query: Any) -> Reply:
        return send(http_event(method, path, {name: str(value) for name, value in query.items()}), user)

    def put(
        self,
        body: object = LAMPS,
        order: str | None = None,
        user: str | None = SUB,
        content_type: str = "application/json",
        **changes: Any,
    ) -> Reply:
        text = body if isinstance(body, str) else json.dumps(body)
        path, headers = f"/orders/{order or order_id()}", {"content-type": content_type}
        return send(http_event("PUT", path, headers=headers, body=text) | changes, user)

    def items(self) -> list[dict[str, Any]]:
        return self.dynamodb.scan(TableName=ORDERS)["Items"]

    def steps(self) -> OrderTables:
        return OrderTables(self.dynamodb, ORDERS, "stock")


def send(event: dict[str, Any], user: str | None, **more: Any) -> Reply:
    if user is not None:
        event["requestContext"]["authorizer"] = {"jwt": {"claims": claims(sub=user, **more), "scopes": None}}
    return Client(entry.handler).send(event)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        create_tables(dynamodb)
        dynamodb.create_table(
            TableName=ORDERS,
            KeySchema=[
                {"AttributeName": "userId", "KeyType": "HASH"},
                {"AttributeName": "orderId", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "userId", "AttributeType": "S"},
                {"AttributeName": "orderId", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        world = World(dynamodb)
        monkeypatch.setattr(entry, "api", world.api)
        yield world


# The contract


def test_its_part_of_the_contract_has_the_routes_and_the_bounds_of_the_code() -> None:
    assert {path: set(item) for path, item in PATH_ITEMS.items()} == dict(
        zip(PATHS, ({"get"}, {"get"}, {"get", "put"}), strict=True)
    )
    schemas = SPEC["components"]["schemas"]
    assert schemas["Order"]["properties"]["state"]["enum"] == list(OrderState)
    assert schemas["Order"]["properties"]["reason"]["enum"] == [None, *Reason]
    assert schemas["Cart"]["properties"]["lines"]["maxItems"] == MOST_LINES
    asked = schemas["OrderRequest"]["properties"]
    assert asked["lines"]["maxItems"] == placing.MOST_LINES
    assert asked["lines"]["items"]["properties"]["quantity"]["maximum"] == placing.MOST_PIECES
    assert asked["totalCents"]["maximum"] == placing.MOST_CENTS
    assert asked["paymentToken"]["pattern"] == f"^{placing._TOKEN.pattern}$"
    assert list(asked) == list(placing.MEMBERS)
    assert f"{placing.MAXIMUM_BODY // 1024} KiB" in PLACE["requestBody"]["description"]
    assert LIST["parameters"][0]["schema"]["maximum"] == MAX_LIMIT
    assert all(operation["security"] == [{"idToken": []}] for operation in OPERATIONS)


def test_its_bounds_are_those_of_the_events() -> None:
    ordered = read_schema(ORDER_CONFIRMED)["properties"]
    assert ordered["lines"]["maxItems"] == placing.MOST_LINES
    assert ordered["lines"]["items"]["properties"]["quantity"]["maximum"] == placing.MOST_PIECES
    assert ordered["totalCents"]["maximum"] == placing.MOST_CENTS
    assert read_schema(CART_SET)["properties"]["quantity"]["maximum"] == placing.MOST_PIECES
    for text in (order_id(), order_id().upper(), order_id().replace("-7", "-4"), "", "x" * 36):
        assert is_order_id(text) is (re.search(ordered["id"]["pattern"], text) is not None)


def test_every_example_is_what_its_schema_says() -> None:
    for operation in OPERATIONS:
        for answer in map(resolved, operation["responses"].values()):
            check_examples(answer)
    check_examples(PLACE["requestBody"])


def test_the_examples_of_errors_are_the_errors_of_the_code(world: World) -> None:
    assert world.get(f"/orders/{order_id()}").json() == problem_example("NoOrder")
    assert send(http_event("POST", "/orders/x"), None).json() == problem_example("GetAndPutOnly")
    wrong = {"lines": [{"id": "p1", "quantity": 0}], "totalCents": 1, "paymentToken": CARD}
    assert world.put(wrong).json() == problem_example("InvalidOrder")
    assert world.put("x" * (placing.MAXIMUM_BODY + 1)).json() == problem_example("OrderTooLarge")
    assert world.put(content_type="text/plain").json() == problem_example("OrderWrongMediaType")
    world.put()
    assert world.put({**LAMPS, "totalCents": 1}).json() == problem_example("OrderIdReused")


# The cart


def test_a_cart_is_shown_by_name_with_prices_and_its_total(world: World) -> None:
    world.log(
        offer("p1", "m", name="lamp"),
        price("p1", "m", 2495),
        offer("p2", "m", name="Bed"),
        price("p2", "m", 100),
        image("p2", "f") | {"data": {**image("p2", "f")["data"], "image": "photos/pictures/p2/x.jpg"}},
        offer("p3", "m", name="without a price"),
        cart("add", "p1", SUB),
        cart("add", "p1", SUB),
        cart("set", "p2", SUB, 3),
        cart("add", "p3", SUB),
        cart("add", "p0", SUB),
        cart("add", "p9", SUB),
        cart("remove", "p9", SUB),
        cart("add", "p1", OTHER),
    )

    reply = world.get("/cart")

    check_reply(CART, reply)
    known = {"name": None, "brand": None, "cents": None, "image": None}
    assert reply.json() == {
        "lines": [
            {**known, "id": "p2", "quantity": 3, "name": "Bed", "brand": "Brand 1", "cents": 100}
            | {"image": "pictures/p2/x.jpg"},
            {**known, "id": "p1", "quantity": 2, "name": "lamp", "brand": "Brand 1", "cents": 2495},
            {**known, "id": "p0", "quantity": 1},
            {**known, "id": "p3", "quantity": 1},
        ],
        "totalCents": 5290,
    }


def test_a_confirmed_order_takes_out_what_was_ordered(world: World) -> None:
    world.log(cart("set", "p1", SUB, 3), cart("add", "p2", SUB), cart("set", "p1", OTHER, 3))
    world.log(confirmed(SUB, {"p1": 2, "p2": 5}))

    assert [(line["id"], line["quantity"]) for line in world.get("/cart").json()["lines"]] == [("p1", 1)]
    assert [line["quantity"] for line in world.get("/cart", OTHER).json()["lines"]] == [3]


def test_an_empty_cart_is_one(world: World) -> None:
    reply = world.get("/cart")

    check_reply(CART, reply)
    assert reply.json() == {"lines": [], "totalCents": 0}


def test_of_a_very_full_cart_the_first_hundred_are_shown(world: World) -> None:
    world.log(*(cart("add", f"p{number:03}", SUB) for number in range(MOST_LINES + 20)))

    reply = world.get("/cart")

    check_reply(CART, reply)
    assert [line["id"] for line in reply.json()["lines"]] == [f"p{number:03}" for number in range(MOST_LINES)]


def test_what_dynamodb_leaves_out_is_read_again_and_else_the_cart_is_not_shown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.log(offer("p1", "m"), price("p1", "m", 5), cart("add", "p1", SUB))
    read, left_out = world.dynamodb.batch_get_item, [True]

    def read_less(**request: Any) -> Any:
        if left_out.pop():
            return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}
        return read(**request)

    monkeypatch.setattr(world.dynamodb, "batch_get_item", read_less)
    left_out[:] = [False, True]
    assert world.get("/cart").json()["totalCents"] == 5
    left_out[:] = [True] * 9
    assert world.get("/cart").status == 503


# Placing orders


def test_an_order_is_kept_as_new_and_its_machine_started(world: World) -> None:
    reply = world.put()

    check_reply(PLACE, reply)
    assert reply.status == 202
    assert reply.headers["location"] == order_id()
    assert reply.json() == {
        "id": order_id(),
        "state": "new",
        "placedAt": "2026-11-22T12:00:00.250Z",
        "lines": [{"id": "p1", "quantity": 2, "cents": None, "name": None}],
        "totalCents": None,
        "expectedCents": 4990,
        "reason": None,
        "products": [],
        "newTotalCents": None,
    }
    assert world.machine.started == {
        name_execution(SUB, order_id()): json.dumps({"user": SUB, "order": order_id()})
    }
    (item,) = world.items()
    assert item["paymentToken"] == {"S": "tok_ok"}
    assert read_order(world.dynamodb, ORDERS, SUB, order_id()) is not None


def test_the_same_again_is_the_same_order(world: World) -> None:
    first = world.put()
    world.now += 1

    again = world.put(json.dumps(LAMPS, indent=1))

    check_reply(PLACE, again)
    assert (again.status, again.body) == (first.status, first.body)
    assert len(world.items()) == len(world.machine.started) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"totalCents": 4991},
        {"paymentToken": "tok_declined"},
        {"lines": [{"id": "p1", "quantity": 3}]},
        {"lines": [*LAMPS["lines"], {"id": "p2", "quantity": 1}]},  # type: ignore[misc]
    ],
)
def test_another_order_under_the_same_id_is_refused(world: World, change: dict[str, Any]) -> None:
    world.put()

    reply = world.put({**LAMPS, **change})

    check_reply(PLACE, reply)
    assert reply.status == 422
    assert len(world.items()) == 1


def test_the_same_id_of_another_customer_is_another_order(world: World) -> None:
    world.put()

    reply = world.put({**LAMPS, "totalCents": 1}, user=OTHER)

    assert reply.status == 202
    assert len(world.items()) == len(world.machine.started) == 2
    assert world.get(f"/orders/{order_id()}").json()["expectedCents"] == 4990
    assert world.get(f"/orders/{order_id()}", OTHER).json()["expectedCents"] == 1


def test_a_request_that_was_cut_off_before_its_machine_started_is_finished_by_the_next(world: World) -> None:
    world.machine.refusals = [client_error("ThrottlingException", "StartExecution")]
    refused = world.put()
    check_reply(PLACE, refused)
    assert refused.status == 503

    assert world.put().status == 202
    assert len(world.items()) == len(world.machine.started) == 1


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("KmsThrottlingException", 503),
        ("ExecutionLimitExceeded", 503),
        ("AccessDeniedException", 500),
        ("StateMachineDoesNotExist", 500),
    ],
)
def test_a_machine_that_does_not_start_now_is_told_apart_from_a_fault(
    world: World, code: str, status: int
) -> None:
    world.machine.refusals = [client_error(code, "StartExecution")]

    reply = world.put()

    check_reply(PLACE, reply)
    assert reply.status == status


def test_an_execution_that_has_ended_is_not_started_again(world: World) -> None:
    world.machine.refusals = [client_error("ExecutionAlreadyExists", "StartExecution")]

    assert world.put().status == 202


def test_an_order_that_has_gone_on_is_answered_as_it_is(world: World) -> None:
    world.log(offer("p1", "m"), stock("p1", "m", 5))
    world.put()
    order = read_order(world.dynamodb, ORDERS, SUB, order_id())
    assert order is not None
    assert reserve_order(world.steps(), order, order.lines, 4990).made
    world.machine.refusals = [AssertionError("nothing is left to start")]

    reply = world.put()

    check_reply(PLACE, reply)
    assert (reply.status, reply.json()["state"], reply.json()["totalCents"]) == (202, "reserved", 4990)
    reserved = read_order(world.dynamodb, ORDERS, SUB, order_id())
    assert reserved is not None
    assert pay_order(world.steps(), reserved)
    assert world.get(f"/orders/{order_id()}").json()["state"] == "paid"


@pytest.mark.parametrize("seconds", [-600, -1, 0, 600])
def test_an_id_may_be_ten_minutes_off(world: World, seconds: float) -> None:
    assert world.put(order=order_id(seconds)).status == 202


@pytest.mark.parametrize(
    "wrong",
    [
        *(order_id(seconds) for seconds in (-86_400, -601, 601, 10**9)),
        order_id().upper(),
        order_id().replace("-7", "-4"),
        "0" * 36,
        "1",
        "p1%00",
    ],
)
def test_an_id_of_another_time_or_form_is_refused(world: World, wrong: str) -> None:
    reply = world.put(order=wrong)

    check_reply(PLACE, reply)
    assert reply.status == 400
    assert world.items() == []


def test_the_same_again_much_later_is_still_the_same_order(world: World) -> None:
    first = world.put()
    world.now += 86_400

    assert (world.put().status, world.put().body) == (202, first.body)
    assert world.put({**LAMPS, "totalCents": 1}).status == 422
    assert world.put(user=OTHER).status == 400


LINE = {"id": "p1", "quantity": 2}


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/lines", "/totalCents", "/paymentToken"]),
        ({**LAMPS, "lines": []}, ["/lines"]),
        ({**LAMPS, "lines": [{"id": f"p{n}", "quantity": 1} for n in range(26)]}, ["/lines"]),
        ({**LAMPS, "lines": {"id": "p1"}}, ["/lines"]),
        ({**LAMPS, "lines": [LINE, LINE]}, ["/lines/1/id"]),
        ({**LAMPS, "lines": [LINE, {"id": "p2"}]}, ["/lines/1"]),
        ({**LAMPS, "lines": [{**LINE, "cents": 1}]}, ["/lines/0"]),
        ({**LAMPS, "lines": ["p1"]}, ["/lines/0"]),
        *(
            ({**LAMPS, "lines": [{**LINE, "id": id_}]}, ["/lines/0/id"])
            for id_ in ("", "a/b", 7, None, "x" * 81)
        ),
        *(
            ({**LAMPS, "lines": [{**LINE, "quantity": quantity}]}, ["/lines/0/quantity"])
            for quantity in (0, 100, -1, 1.5, 2.0, "1", True, None)
        ),
        *(
            ({**LAMPS, "totalCents": total}, ["/totalCents"])
            for total in (0, -1, 1.0, "4990", True, None, placing.MOST_CENTS + 1)
        ),
        *(
            ({**LAMPS, "paymentToken": token}, ["/paymentToken"])
            for token in (
                CARD,
                f"tok_{CARD}",
                "tok_",
                "tok__a",
                "tok_Ok",
                "ok",
                "",
                None,
                7,
                ["tok_ok"],
                "tok_ok\n",
            )
        ),
        ({**LAMPS, "paymentToken": f"tok_{'a' * 61}"}, ["/paymentToken"]),
        ({**LAMPS, CARD: 1}, [""]),
    ],
)
def test_a_wrong_member_is_named_and_nothing_of_the_request_is_said_again(
    world: World, body: dict[str, Any], pointers: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    reply = world.put(body)

    check_reply(PLACE, reply)
    assert reply.status == 400
    assert [error["pointer"] for error in reply.json()["errors"]] == pointers
    assert CARD not in reply.body + "".join(capsys.readouterr())
    assert (world.items(), world.machine.started) == ([], {})


@pytest.mark.parametrize(
    ("body", "request_changes", "status"),
    [
        ("[]", {}, 400),
        ("{", {}, 400),
        ('{"totalCents": 1, "totalCents": 2}', {}, 400),
        ("%", {"isBase64Encoded": True}, 400),
        (LAMPS, {"content_type": "text/plain"}, 415),
        ("x" * (placing.MAXIMUM_BODY + 1), {}, 413),
    ],
)
def test_a_body_that_is_no_json_object_is_refused_in_words(
    world: World, body: object, request_changes: dict[str, Any], status: int
) -> None:
    reply = world.put(body, **request_changes)

    check_reply(PLACE, reply)
    assert reply.status == status


def test_the_largest_order_is_taken_and_a_body_may_come_encoded(world: World) -> None:
    largest = {
        "lines": [
            {"id": f"{number:080}", "quantity": placing.MOST_PIECES} for number in range(placing.MOST_LINES)
        ],
        "totalCents": placing.MOST_CENTS,
        "paymentToken": f"tok_{'a' * 60}",
    }
    assert len(json.dumps(largest, indent=1)) < placing.MAXIMUM_BODY
    check(largest, SPEC["components"]["schemas"]["OrderRequest"])

    reply = world.put(b64encode(json.dumps(largest, indent=1).encode()).decode(), isBase64Encoded=True)

    check_reply(PLACE, reply)
    assert reply.status == 202


# Reading orders


def test_no_answer_has_the_payment_token(world: World) -> None:
    body = world.put({**LAMPS, "paymentToken": "tok_secret"}).body
    body += world.get("/orders").body + world.get(f"/orders/{order_id()}").body

    assert "tok_" not in body


def test_orders_are_listed_the_newest_first_page_by_page(world: World) -> None:
    ids = [order_id(number) for number in range(5)]
    for id_ in ids:
        world.put(order=id_)
    world.put(order=order_id(9), user=OTHER)

    assert [order["id"] for order in world.get("/orders").json()] == ids[::-1]
    pages, query = [], {"limit": "2"}
    while query:
        reply = world.get("/orders", **query)
        check_reply(LIST, reply)
        pages.append([order["id"] for order in reply.json()])
        link = re.fullmatch(r'<orders\?([^>]+)>; rel="next"', reply.headers.get("link", ""))
        query = dict(parse_qsl(urlsplit(f"?{link[1]}").query)) if link else {}
    assert pages == [ids[:2:-1], ids[2:0:-1], ids[:1]]


@pytest.mark.parametrize(
    "query",
    [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"cursor": "x"}, {"cursor": encode_order_cursor("p1")}],
)
def test_a_wrong_parameter_is_named(world: World, query: dict[str, Any]) -> None:
    reply = world.get("/orders", **query)

    check_reply(LIST, reply)
    assert reply.status == 400
    assert [error["parameter"] for error in reply.json()["errors"]] == list(query)


def test_a_cursor_is_the_position_that_it_was_made_of() -> None:
    assert decode_order_cursor(encode_order_cursor(order_id())) == order_id()


@pytest.mark.parametrize("wrong", [order_id(5), "p1", "x" * 5000, "%00", "ä", "\ud800"])
def test_an_order_that_one_does_not_have_is_404(world: World, wrong: str) -> None:
    world.put(user=OTHER, order=order_id(5))

    reply = world.get(f"/orders/{wrong}")

    check_reply(READ, reply)
    assert reply.status == 404


# Who, how and when not


REQUESTS: list[tuple[dict[str, Any], Mapping[str, str]]] = [
    (CART, {"path": "/cart"}),
    (LIST, {"path": "/orders"}),
    (READ, {"path": f"/orders/{order_id()}"}),
    (PLACE, {"path": f"/orders/{order_id()}", "method": "PUT"}),
]


@pytest.mark.parametrize("token", [None, {"token_use": "access"}, {"sub": "a/b"}])
@pytest.mark.parametrize(("operation", "request_"), REQUESTS)
def test_only_signed_in_users_are_answered(
    operation: dict[str, Any], request_: Mapping[str, str], token: dict[str, str] | None
) -> None:
    event = http_event(
        request_.get("method", "GET"),
        request_["path"],
        headers=JSON_TYPE,
        body="{}",
    )
    if token is not None:
        event["requestContext"]["authorizer"] = {"jwt": {"claims": claims(**token), "scopes": None}}

    reply = Client(entry.handler).send(event)

    check_reply(operation, reply)
    assert reply.status == 401


@pytest.mark.parametrize("groups", [None, "[merchant photographer]"])
def test_only_customers_may_order_and_everybody_sees_their_own(world: World, groups: str | None) -> None:
    event = http_event("PUT", f"/orders/{order_id()}", headers=JSON_TYPE, body=json.dumps(LAMPS))
    reply = send(event, SUB, **{"cognito:groups": groups})

    check_reply(PLACE, reply)
    assert reply.status == 403
    assert world.machine.started == {}
    assert send(http_event("GET", "/orders"), SUB, **{"cognito:groups": groups}).json() == []
    assert send(http_event("GET", "/cart"), SUB, **{"cognito:groups": groups}).status == 200


def test_no_cache_keeps_an_answer(world: World) -> None:
    world.put()
    for path in ("/cart", "/orders", f"/orders/{order_id()}"):
        reply = world.get(path)
        assert reply.headers["cache-control"] == "private, no-store"
        assert "etag" not in reply.headers
        head = world.get(path, method="HEAD")
        assert (head.status, head.body, head.headers) == (200, "", reply.headers)


@pytest.mark.parametrize(
    ("path", "operation", "methods"),
    [
        ("/cart", CART, ["POST", "PUT", "DELETE", "OPTIONS"]),
        ("/orders", LIST, ["POST", "PUT", "PATCH"]),
        ("/orders/x", PLACE, ["POST", "DELETE", "OPTIONS"]),
    ],
)
def test_other_methods_are_refused_in_words(path: str, operation: dict[str, Any], methods: list[str]) -> None:
    for method in methods:
        reply = send(http_event(method, path), None)
        assert reply.status == 405
        check_reply(operation, reply)


def test_a_preflight_is_answered_without_a_token() -> None:
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "PUT"}

    reply = send(http_event("OPTIONS", "/orders/x", headers=headers), None)

    assert (reply.status, reply.body) == (204, "")


@pytest.mark.parametrize("path", ["/", "/cart/", "/cart/p1", "/orders/", "/orders/x/lines", "/carts"])
def test_other_paths_are_404(path: str) -> None:
    reply = send(http_event("GET", path), SUB)

    assert reply.status == 404
    check(reply.json(), SPEC["components"]["schemas"]["Problem"])


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (client_error("ProvisionedThroughputExceededException", "Query"), 503),
        (ConnectTimeoutError(endpoint_url="https://dynamodb.example"), 503),
        (client_error("AccessDeniedException", "Query"), 500),
    ],
)
def test_a_table_that_does_not_answer_is_told_apart_from_a_fault(
    world: World, error: Exception, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_request: Any) -> None:
        raise error

    for call in ("query", "get_item", "put_item"):
        monkeypatch.setattr(world.dynamodb, call, fail)

    replies = (world.get("/cart"), world.get("/orders"), world.get(f"/orders/{order_id()}"), world.put())
    for operation, reply in zip(OPERATIONS, replies, strict=True):
        check_reply(operation, reply)
        assert reply.status == status
        assert "dynamodb" not in reply.body.lower()


def test_the_function_makes_its_client_of_step_functions_once() -> None:
    assert entry.open_machine() is entry.open_machine()
