"""The catalog API over moto's tables, which the shop view filled, held against its part of the contract."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest
from moto import mock_aws

from hello_retail.aws_failures import Unavailable
from hello_retail.catalog_api import api
from hello_retail.catalog_api import handler as entry
from hello_retail.catalog_api.api import LIMIT, ROUTES, CatalogApi
from hello_retail.catalog_api.listing import (
    MAX_CATEGORY,
    ProductPlace,
    encode_category_cursor,
    encode_product_cursor,
)
from hello_retail.catalog_api.store import CatalogApiStore
from hello_retail.events.registry import PRODUCT_CREATE, PRODUCT_PRICE, read_schema
from hello_retail.http_api.cursor import CURSOR_REMEDY, MAX_CHARACTERS
from hello_retail.http_api.parameters import MAX_LIMIT
from hello_retail.http_api.protocol import CACHE_SECONDS
from support.event_source import LogRecord, kinesis_event
from support.events import image, payload, price, purchase, stock
from support.http import REQUEST_ID, Client, http_event
from support.openapi import SPEC, check_examples, check_reply, paths_of, reads_of, resolved
from support.shop import create_tables, offer, warm_instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

READS = reads_of("catalog_api.json")
CATEGORIES, PRODUCTS, PRODUCT = "/categories", "/products", "/products/{id}"


class World:
    """The tables, the shop view that fills them, and a client of the API; ``now`` is the function's clock."""

    def __init__(self, dynamodb: DynamoDBClient) -> None:
        self.dynamodb = dynamodb
        self.view = warm_instance(dynamodb)
        self.number = 0
        self.now = 0.0
        self.client = Client(entry.handler)

    def log(self, *documents: Any) -> None:
        """Put events on the log, have them folded, and let the API's answers grow old."""
        records = []
        for document in documents:
            self.number += 1
            records.append(LogRecord("shardId-000000000000", str(self.number), "p", payload(document)))
        assert self.view(kinesis_event(records)) == {"batchItemFailures": []}
        self.now += CACHE_SECONDS

    def follow(self, path: str, **query: Any) -> Iterator[list[Any]]:
        """Yield page after page, as the Link header leads."""
        while True:
            reply = self.client.get(path, **query)
            check_reply(READS[path], reply)
            yield reply.json()
            link = re.fullmatch(r'<([^>]+)>; rel="next"', reply.headers.get("link", ""))
            if not link:
                return
            target = urlsplit(link[1])
            assert f"/{target.path}" == path
            query = dict(parse_qsl(target.query))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        create_tables(dynamodb)
        world = World(dynamodb)
        store = CatalogApiStore(dynamodb, "catalog", "categories", "stock")
        monkeypatch.setattr(entry, "api", CatalogApi(store, lambda: world.now))
        yield world


def schema_of(path: str, name: str) -> Any:
    return next(each["schema"] for each in READS[path]["parameters"] if each.get("name") == name)


def test_its_part_of_the_contract_has_the_routes_and_the_limits_of_the_code() -> None:
    paths = {path: set(item) for path, item in paths_of("catalog_api.json").items()}

    assert paths == {route.path: {"get"} for route in ROUTES}
    for route in ROUTES:
        named = {each["name"] for each in READS[route.path]["parameters"] if each.get("in") == "query"}
        assert named == {parameter.name for parameter in route.parameters}
    for path in (CATEGORIES, PRODUCTS):
        assert schema_of(path, "limit") == {
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_LIMIT,
            "default": LIMIT.default,
        }
        assert schema_of(path, "cursor")["maxLength"] == MAX_CHARACTERS
    assert schema_of(PRODUCTS, "category")["maxLength"] == MAX_CATEGORY
    assert "catalog" in {tag["name"] for tag in SPEC["tags"]}


def test_the_bounds_are_those_of_the_events() -> None:
    cents = SPEC["components"]["schemas"]["CatalogProduct"]["properties"]["cents"]
    paid = read_schema(PRODUCT_PRICE)["properties"]["cents"]

    assert (cents["minimum"], cents["maximum"]) == (paid["minimum"], paid["maximum"])
    assert read_schema(PRODUCT_CREATE)["properties"]["category"]["maxLength"] == MAX_CATEGORY


def test_every_example_is_what_its_schema_says() -> None:
    for read in READS.values():
        for answer in map(resolved, read["responses"].values()):
            check_examples(answer)


def test_a_product_is_shown_as_its_merchant_has_it(world: World) -> None:
    pictured = image("p1", "bob")
    pictured["data"]["image"] = "photos/pictures/p1/0f3a.jpg"
    world.log(offer("p1", "ann", time_origin="2026-11-22T01:00:00Z"), pictured)
    world.log(
        price("p1", "ann", 2495), stock("p1", "ann", 4), offer("p1", "eve", "Bed"), price("p1", "eve", 1)
    )

    reply = world.client.get("/products/p1")

    check_reply(READS[PRODUCT], reply)
    listed = {
        "id": "p1",
        "brand": "Brand 1",
        "name": "Lamp",
        "description": "Description of item p1",
        "cents": 2495,
        "image": "pictures/p1/0f3a.jpg",
    }
    more = {"category": "Light", "offeredAt": "2026-11-22T01:00:00Z", "inStock": True}
    shown = reply.json()
    assert re.fullmatch(r"\*\*\*-[a-z2-7]{8}", shown.pop("merchant"))
    assert shown == listed | more
    assert world.client.get(PRODUCTS, category="Light").json() == [listed]
    assert "ann" not in reply.body


def test_price_picture_and_stock_may_be_missing(world: World) -> None:
    world.log(offer("p1", "ann"), image("p1", "bob"))

    reply = world.client.get("/products/p1")

    check_reply(READS[PRODUCT], reply)
    shown = reply.json()
    assert (shown["cents"], shown["image"], shown["inStock"]) == (None, None, False)


def test_nobody_is_shown_half_a_product_and_it_is_whole_once_the_offer_comes(world: World) -> None:
    pictured = image("p1", "bob")
    pictured["data"]["image"] = "photos/pictures/p1/0f3a.jpg"
    world.log(pictured, purchase("p1", "cy"), price("p2", "ann", 1), stock("p1", "ann", 7))
    for product in ("p1", "p2", "never", "x" * 5000, "%00", "ä"):
        reply = world.client.get(f"/products/{product}")
        assert reply.status == 404
        check_reply(READS[PRODUCT], reply)
    assert world.client.get(CATEGORIES).json() == []

    world.log(offer("p1", "ann"))

    shown = world.client.get("/products/p1").json()
    assert (shown["image"], shown["inStock"]) == ("pictures/p1/0f3a.jpg", False)
    assert [each["id"] for each in world.client.get(PRODUCTS, category="Light").json()] == ["p1"]


def test_categories_are_those_that_have_products_by_name(world: World) -> None:
    world.log(*(offer(f"p{number}", "ann", category) for number, category in enumerate("CABBA")))
    world.log(offer("p0", "ann", "B"))

    reply = world.client.get(CATEGORIES)

    check_reply(READS[CATEGORIES], reply)
    assert reply.json() == [{"category": "A", "products": 2}, {"category": "B", "products": 3}]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_empty_categories_leave_no_gap_in_the_pages(world: World, limit: int) -> None:
    world.log(*(offer(f"p{number}", "ann", f"c{number:02}") for number in range(12)))
    world.log(*(offer(f"p{number}", "ann", "c11") for number in (0, 3, 4, 5, 6, 10)))

    pages = list(world.follow(CATEGORIES, limit=limit))

    listed = [each["category"] for page in pages for each in page]
    assert listed == ["c01", "c02", "c07", "c08", "c09", "c11"]
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1], "no page is empty"


def test_products_are_listed_by_name_without_regard_to_case(world: World) -> None:
    names = {"p1": "lamp", "p2": "Chair", "p3": "Äpfel", "p4": "LAMP", "p5": "bed"}
    world.log(*(offer(id_, "ann", name=name) for id_, name in names.items()))

    listed = [each["name"] for each in world.client.get(PRODUCTS, category="Light").json()]

    assert [name.casefold() for name in listed] == ["bed", "chair", "lamp", "lamp", "äpfel"]


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_pages_are_complete_without_gap_or_repeat_while_products_are_added(world: World, limit: int) -> None:
    """Many names are equal: within a name the id leads on."""
    world.log(*(offer(f"p{number:02}", "ann", name=f"Lamp {number // 6 % 2}") for number in range(20)))
    listed: list[str] = []
    for turn, page in enumerate(world.follow(PRODUCTS, category="Light", limit=limit)):
        listed += [each["id"] for each in page]
        if turn < 20:
            world.log(offer(f"new-{turn}", "ann", name=f"Lamp {turn % 2}"), offer(f"{turn}", "ann", "Desk"))

    assert len(listed) == len(set(listed))
    assert {f"p{number:02}" for number in range(20)} <= set(listed)


def test_an_unknown_category_is_an_empty_list(world: World) -> None:
    reply = world.client.get(PRODUCTS, category="Nothing")

    assert (reply.status, reply.json()) == (200, [])
    check_reply(READS[PRODUCTS], reply)


FORGED = ["x", "", "AAAA", "ä", "x" * 3000, encode_category_cursor("Light")]
ELSEWHERE = encode_product_cursor(ProductPlace("Desk", "lamp", "p1"))


@pytest.mark.parametrize(
    ("path", "query", "wrong"),
    [
        (PRODUCTS, {}, ["category"]),
        (PRODUCTS, {"category": ""}, ["category"]),
        (PRODUCTS, {"category": "x" * 101}, ["category"]),
        (PRODUCTS, {"limit": "0", "cursor": "x"}, ["category", "limit", "cursor"]),
        *((PRODUCTS, {"category": "Light", "limit": limit}, ["limit"]) for limit in ("0", "101", "1.5", "")),
        *((PRODUCTS, {"category": "Light", "cursor": each}, ["cursor"]) for each in (*FORGED, ELSEWHERE)),
        *((CATEGORIES, {"cursor": cursor}, ["cursor"]) for cursor in (*FORGED[:-1], ELSEWHERE)),
        (CATEGORIES, {"limit": "101"}, ["limit"]),
    ],
)
def test_what_is_missing_or_wrong_is_refused_in_words(
    world: World, path: str, query: dict[str, str], wrong: list[str]
) -> None:
    reply = world.client.get(path, **query)

    assert reply.status == 400
    check_reply(READS[path], reply)
    assert [error["parameter"] for error in reply.json()["errors"]] == wrong


def test_a_forged_cursor_is_told_what_would_do(world: World) -> None:
    for cursor in ("x", ELSEWHERE):
        reply = world.client.get(PRODUCTS, category="Light", cursor=cursor)
        assert reply.json()["errors"] == [{"parameter": "cursor", "detail": CURSOR_REMEDY}]


def test_a_category_of_any_text_leads_on_to_the_next_page(world: World) -> None:
    category = "Café & <b>100 %</b>, 50/50+?#"
    world.log(*(offer(f"p{number}", "ann", category) for number in range(3)))

    assert [len(page) for page in world.follow(PRODUCTS, category=category, limit=2)] == [2, 1]


def test_a_cursor_stays_good_when_its_product_is_gone_from_the_category(world: World) -> None:
    world.log(*(offer(f"p{number}", "ann", name=f"Lamp {number}") for number in range(4)))
    pages = world.follow(PRODUCTS, category="Light", limit=2)
    assert [each["id"] for each in next(pages)] == ["p0", "p1"]

    world.log(offer("p1", "ann", "Desk"))

    assert [each["id"] for each in next(pages)] == ["p2", "p3"]


def test_an_answer_is_as_new_as_two_seconds_ago(world: World) -> None:
    world.log(offer("p1", "ann"))
    before = world.client.get(PRODUCTS, category="Light").body
    world.log(offer("p2", "ann"))
    world.now -= 0.1

    assert world.client.get(PRODUCTS, category="Light").body == before
    world.now += 0.1
    assert len(world.client.get(PRODUCTS, category="Light").json()) == 2


def test_a_function_keeps_no_more_answers_than_it_has_room_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "ANSWERS_KEPT", 2)
    for category in "abc":
        world.client.get(PRODUCTS, category=category)

    assert len(entry.api._answers) == 1


def test_a_copy_that_still_holds_is_not_sent_again(world: World) -> None:
    world.log(offer("p1", "ann"), offer("p2", "ann"))
    asked: list[tuple[str, str, dict[str, Any]]] = [
        (CATEGORIES, CATEGORIES, {}),
        (PRODUCTS, PRODUCTS, {"category": "Light", "limit": 1}),
        ("/products/p1", PRODUCT, {}),
    ]
    for path, read, query in asked:
        first = world.client.get(path, **query)
        world.now += CACHE_SECONDS

        again = world.client.get(path, headers={"if-none-match": first.headers["etag"]}, **query)

        assert (again.status, again.body) == (304, "")
        check_reply(READS[read], again)


def test_other_methods_and_other_paths_are_refused_in_words(world: World) -> None:
    for path, read in ((CATEGORIES, CATEGORIES), (PRODUCTS, PRODUCTS), ("/products/p1", PRODUCT)):
        other = world.client.send(http_event("DELETE", path))
        assert (other.status, other.headers["allow"]) == (405, "GET, HEAD")
        check_reply(READS[read], other)
    for path in ("/product", "/products/a/b"):
        elsewhere = world.client.get(path)
        assert (elsewhere.status, elsewhere.json()["detail"]) == (
            404,
            "There is no such resource; there are /categories, /products, /products/{id}.",
        )


def test_head_answers_as_get_does_without_the_body(world: World) -> None:
    world.log(offer("p1", "ann"))
    got, head = (world.client.send(http_event(method, "/products/p1")) for method in ("GET", "HEAD"))

    assert (head.status, head.headers, head.body) == (200, got.headers, "")


@pytest.mark.parametrize(
    ("error", "status"), [(Unavailable("ThrottlingException"), 503), (KeyError("name"), 500)]
)
@pytest.mark.parametrize(
    ("method", "path"), [("categories", CATEGORIES), ("products", PRODUCTS), ("product", "/products/p1")]
)
def test_failures_are_problem_documents_that_the_log_explains(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, method: str, path: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(CatalogApiStore, f"read_{method}", fail)

    reply = world.client.get(path, category="Light")

    assert (reply.status, reply.json()["requestId"]) == (status, REQUEST_ID)
    check_reply(READS.get(path, READS[PRODUCT]), reply)


def test_that_a_product_is_not_there_is_not_kept(world: World) -> None:
    assert world.client.get("/products/p1").status == 404
    world.log(offer("p1", "ann"))
    world.now -= CACHE_SECONDS

    assert world.client.get("/products/p1").status == 200


def test_a_read_that_is_answered_writes_nothing(
    world: World, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.log(offer("p1", "ann"))
    capfd.readouterr()
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")

    assert world.client.get("/products/p1").status == 200
    assert tuple(capfd.readouterr()) == ("", "")


def test_a_read_that_fails_has_its_metric(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")

    def fail(*_: object) -> None:
        raise Unavailable("ThrottlingException")

    monkeypatch.setattr(CatalogApiStore, "read_categories", fail)
    world.client.get(CATEGORIES)

    [metric] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert metric["Unavailable"] == [1.0]
