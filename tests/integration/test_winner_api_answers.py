"""The winner API's handler over moto's tables, from API Gateway's event to its response."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from moto import mock_aws

from hello_retail import contract
from hello_retail.aws_failures import AWS_CONFIG
from hello_retail.http_api.mask import mask_user_id
from hello_retail.read_models.scores import format_board_key
from hello_retail.winner_api import handler as entry
from hello_retail.winner_api.api import WinnerApi
from hello_retail.winner_api.store import WinnerApiStore
from support.http import REQUEST_ID, Client, http_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.slow

BUCKETS = 4
SCORES = json.loads((Path(__file__).parents[1] / "fixtures" / "workshop-day.scores.json").read_text())
OPENAPI = contract.read_openapi_document()
MARKER = "mArKeR7f3a"


class World:
    """The tables, and a client of the API over them; ``now`` is the function's clock."""

    def __init__(self, dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.dynamodb = dynamodb
        self.monkeypatch = monkeypatch
        self.client = Client(entry.handler)
        self.log = StringIO()
        monkeypatch.setattr(entry.telemetry.logger.registered_handler, "stream", self.log)
        self.answer_from(dynamodb)

    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def answer_from(self, dynamodb: DynamoDBClient | Broken) -> None:
        store = WinnerApiStore(
            dynamodb,  # type: ignore[arg-type] # Broken has every method
            scores_table="scores",
            contributions_table="contributions",
            score_buckets=BUCKETS,
        )
        self.monkeypatch.setattr(entry, "api", WinnerApi(store, lambda: self.now))

    def score(self, role: str, user_id: str, score: int, name: str = "Somebody") -> None:
        item = {
            "board": {"S": format_board_key(role, user_id, BUCKETS)},
            "userId": {"S": user_id},
            "score": {"N": str(score)},
            "name": {"S": name},
            "updated": {"S": "2026-11-22T12:00:00Z"},
            "w0": {"B": b"\x01\x01"},
        }
        self.dynamodb.put_item(TableName="scores", Item=item)

    def contribution(self, product_id: str, creator: str, photographer: str | None = None) -> None:
        item = {"productId": {"S": product_id}, "creator": {"S": creator}, "creatorName": {"S": "Somebody"}}
        if photographer:
            item |= {"photographer": {"S": photographer}, "photographerName": {"S": "Somebody"}}
        self.dynamodb.put_item(TableName="contributions", Item=item)


def make_table(dynamodb: DynamoDBClient, name: str, hash_key: str, range_key: str | None = None) -> None:
    keys = [(hash_key, "HASH")] + ([(range_key, "RANGE")] if range_key else [])
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],  # type: ignore[misc] # literals
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with mock_aws():
        dynamodb = boto3.client("dynamodb", config=AWS_CONFIG)
        make_table(dynamodb, "scores", "board", "userId")
        make_table(dynamodb, "contributions", "productId")
        yield World(dynamodb, monkeypatch)


class Broken:
    """A DynamoDB client whose every call fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, name: str) -> Callable[..., None]:
        def fail(**_: object) -> None:
            raise self.error.with_traceback(None)

        return fail


def aws_error(code: str, status: int) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": f"AWS's words {MARKER}"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "Query")


def follow(link: str, base: str) -> tuple[str, dict[str, str]]:
    """Return path and query of the next page, resolved as a browser does."""
    assert link.endswith('>; rel="next"')
    address = urlsplit(urljoin(base, link[1 : link.index(">")]))
    return address.path, dict(parse_qsl(address.query))


def pages(world: World, limit: int) -> list[list[str]]:
    """Return the product ids of every page, following the links."""
    found = []
    path, query = "/contributions", {"limit": str(limit)}
    while True:
        reply = world.client.get(path, **query)
        assert reply.status == 200
        found.append([product["productId"] for product in reply.json()])
        if "link" not in reply.headers:
            return found
        path, query = follow(reply.headers["link"], f"https://api.example.com{path}")


@pytest.mark.parametrize("role", ["creator", "photographer"])
def test_the_board_of_the_workshop_day_is_merged_over_the_buckets(world: World, role: str) -> None:
    for user_id, score in SCORES[role].items():
        world.score(role, user_id, score)
    expected = sorted(SCORES[role].items(), key=lambda entry: (-entry[1], entry[0]))
    expected = [(mask_user_id(user_id), score) for user_id, score in expected if user_id != "UNKNOWN"]
    board = world.client.get("/scores", role=role, limit=100).json()
    assert [(line["userId"], line["score"]) for line in board] == expected
    assert [line["rank"] for line in board] == list(range(1, len(expected) + 1))


def test_ties_go_by_user_id_over_the_buckets(world: World) -> None:
    users = [f"user-{letter}" for letter in "fbdaec"]
    for user_id in users:
        world.score("creator", user_id, 7, name=user_id.upper())
    assert len({format_board_key("creator", user_id, BUCKETS) for user_id in users}) > 1
    board = world.client.get("/scores", role="merchant", limit=100).json()
    assert [line["name"] for line in board] == [user_id.upper() for user_id in sorted(users)]


def test_a_bucket_that_takes_several_reads_is_read_to_its_end(world: World) -> None:
    in_one_bucket = [
        user_id
        for user_id in (f"user-{n:03}" for n in range(60))
        if format_board_key("creator", user_id, BUCKETS) == "creator#0"
    ]
    for score, user_id in enumerate(in_one_bucket, start=1):
        world.score("creator", user_id, score, name=user_id + "x" * 200_000)
    board = world.client.get("/scores", role="creator", limit=100).json()
    assert [line["score"] for line in board] == list(range(len(in_one_bucket), 0, -1))


def test_the_winners_are_the_first_of_each_board(world: World) -> None:
    world.score("creator", "user-a", 3, name="Ada")
    world.score("creator", "UNKNOWN", 9, name="UNKNOWN")
    assert world.client.get("/winners").json() == {
        "merchant": {"rank": 1, "userId": mask_user_id("user-a"), "name": "Ada", "score": 3},
        "photographer": None,
    }


def test_a_board_is_as_new_as_two_seconds_ago(world: World) -> None:
    world.score("creator", "user-a", 1)
    before = world.client.get("/scores", role="creator")
    world.score("creator", "user-a", 2)
    assert world.client.get("/scores", role="creator") == before
    world.now = 2.0
    after = world.client.get("/scores", role="creator", headers={"if-none-match": before.headers["etag"]})
    assert (after.status, after.json()[0]["score"]) == (200, 2)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_the_pages_hold_every_contribution_once_and_only_the_last_may_be_short(
    world: World, limit: int
) -> None:
    products = {f"product/{number} ü" for number in range(7)}
    for product_id in products:
        world.contribution(product_id, "user-a")
    found = pages(world, limit)
    assert sorted(product_id for page in found for product_id in page) == sorted(products)
    assert all(len(page) == limit for page in found[:-1])
    assert found[-1] != []


def test_no_contributions_are_one_empty_page(world: World) -> None:
    assert pages(world, 5) == [[]]


def test_a_page_that_dynamodb_cuts_short_still_leads_on(world: World) -> None:
    for number in range(9):
        world.contribution(str(number), "user-a" + "x" * 200_000)
    found = pages(world, 9)
    assert len(found) > 1
    assert sorted(product_id for page in found for product_id in page) == [str(number) for number in range(9)]


def test_a_cursor_whose_product_is_gone_still_leads_on(world: World) -> None:
    for number in range(4):
        world.contribution(str(number), "user-a")
    first = world.client.get("/contributions", limit=2)
    last_id = first.json()[-1]["productId"]
    world.dynamodb.delete_item(TableName="contributions", Key={"productId": {"S": last_id}})
    path, query = follow(first.headers["link"], "https://api.example.com/contributions")
    assert world.client.get(path, **query).status == 200


@pytest.mark.parametrize(
    "base",
    [
        "https://api.example.com/contributions",
        "http://127.0.0.1:4566/_aws/execute-api/a1/s/contributions?limit=1",
    ],
)
def test_the_next_page_is_reached_behind_any_address(world: World, base: str) -> None:
    world.contribution("1", "user-a")
    world.contribution("2", "user-a")
    path, query = follow(world.client.get("/contributions", limit=1).headers["link"], base)
    assert path == urlsplit(base).path
    assert set(query) == {"limit", "cursor"}


def test_one_contribution_shows_who_offered_and_photographed_it(world: World) -> None:
    world.contribution("6706306", "amzn1.account.7B3811E20B8F", "amzn1.account.257AFAECBD38")
    world.contribution("1989091", "UNKNOWN")
    assert world.client.get("/contributions/6706306").json() == {
        "productId": "6706306",
        "creator": mask_user_id("amzn1.account.7B3811E20B8F"),
        "photographer": mask_user_id("amzn1.account.257AFAECBD38"),
    }
    assert world.client.get("/contributions/1989091").json() == {
        "productId": "1989091",
        "creator": None,
        "photographer": None,
    }


def test_a_product_id_of_any_characters_is_found_by_its_path(world: World) -> None:
    world.contribution("100% wool ü", "user-a")
    assert world.client.get("/contributions/100%25 wool ü").json()["productId"] == "100% wool ü"


@pytest.mark.parametrize("path", ["/scores?role=creator", "/winners", "/contributions", "/contributions/1"])
def test_a_copy_that_still_holds_is_not_sent_again(world: World, path: str) -> None:
    world.score("creator", "user-a", 1)
    world.contribution("1", "user-a")
    path, _, text = path.partition("?")
    query = dict(parse_qsl(text))
    whole = world.client.get(path, **query)
    assert whole.headers["cache-control"] == "public, max-age=2"
    again = world.client.get(path, headers={"If-None-Match": f'"old", W/{whole.headers["etag"]}'}, **query)
    assert (again.status, again.body) == (304, "")
    assert again.headers["etag"] == whole.headers["etag"]


def test_a_page_that_gets_a_successor_is_another_page(world: World) -> None:
    world.contribution("1", "user-a")
    alone = world.client.get("/contributions", limit=1)
    world.contribution("2", "user-a")
    etag = alone.headers["etag"]
    assert world.client.get("/contributions", limit=1).json() == alone.json()
    assert world.client.get("/contributions", limit=1, headers={"if-none-match": etag}).status == 200


BAD_INPUT = [
    ("/scores", {}, 400, "role"),
    ("/scores", {"role": "customer"}, 400, "role"),
    ("/scores", {"role": "creator", "limit": "0"}, 400, "limit"),
    ("/scores", {"role": "creator", "limit": "101"}, 400, "limit"),
    ("/scores", {"role": "creator", "limit": "many"}, 400, "limit"),
    ("/contributions", {"limit": "0"}, 400, "limit"),
    ("/contributions", {"cursor": "tampered"}, 400, "cursor"),
    ("/contributions/unheard-of", {}, 404, None),
    ("/unheard-of", {}, 404, None),
]


@pytest.mark.parametrize(("path", "query", "status", "parameter"), BAD_INPUT)
def test_bad_input_gets_a_problem_document(
    world: World, path: str, query: dict[str, str], status: int, parameter: str | None
) -> None:
    reply = world.client.get(path, **query)
    problem = reply.json()
    assert reply.status == problem["status"] == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"
    assert [error["parameter"] for error in problem.get("errors", [])] == ([parameter] if parameter else [])
    assert (parameter or "") in problem["detail"]


def test_another_method_gets_a_problem_document_with_what_is_allowed(world: World) -> None:
    reply = world.client.send(http_event("POST", "/scores", {"role": "creator"}, body="{}"))
    assert (reply.status, reply.headers["allow"], reply.json()["title"]) == (
        405,
        "GET, HEAD",
        "Method Not Allowed",
    )


def marked_events() -> Iterator[Mapping[str, Any]]:
    headers = dict.fromkeys(
        ("if-none-match", "host", "cookie", "user-agent", MARKER, "x-forwarded-proto"), MARKER
    )
    for path in (
        "/scores",
        "/winners",
        "/contributions",
        "/contributions/1",
        f"/contributions/{MARKER}",
        f"/{MARKER}",
    ):
        for method in ("GET", "HEAD", "POST", MARKER):
            for query in (
                {},
                {"role": MARKER, "limit": MARKER, "cursor": MARKER, MARKER: MARKER},
                {"role": "creator", "limit": "1", MARKER: "1"},
            ):
                event = http_event(method, path, query, headers, body=MARKER)
                event["cookies"] = [MARKER]
                event["requestContext"]["domainName"] = MARKER
                event["requestContext"]["http"]["userAgent"] = MARKER
                event["pathParameters"] = {"productId": MARKER}
                yield event
                yield event | {
                    "rawPath": f"/{MARKER}{path}",
                    "requestContext": event["requestContext"] | {"stage": MARKER},
                }


BROKEN = {
    "throttled": aws_error("ProvisionedThroughputExceededException", 400),
    "throttled by request": aws_error("ThrottlingException", 400),
    "down": aws_error("InternalServerError", 500),
    "unreachable": EndpointConnectionError(endpoint_url=MARKER),
    "slow to connect": ConnectTimeoutError(endpoint_url=MARKER),
    "slow to answer": ReadTimeoutError(endpoint_url=MARKER),
    "cut off": ConnectionClosedError(endpoint_url=MARKER),
}
FAULTS = {
    "refused": aws_error("AccessDeniedException", 400),
    "table missing": aws_error("ResourceNotFoundException", 400),
    "a bug": KeyError(MARKER),
}


@pytest.mark.parametrize(
    "broken", [None, BROKEN["throttled"], FAULTS["a bug"]], ids=["well", "throttled", "a bug"]
)
def test_nothing_that_a_client_sent_ever_comes_back_or_is_logged(
    world: World,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    broken: Exception | None,
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    world.contribution("1", "user-a")
    if broken:
        world.answer_from(Broken(broken))
    events = list(marked_events())
    for event in events:
        assert MARKER not in json.dumps(entry.handler(event, None))
    written = world.log.getvalue() + "".join(capsys.readouterr())
    assert MARKER.lower() not in written.lower()
    assert bool(world.logged()) is (broken is not None)


@pytest.mark.parametrize("path", ["/scores?role=creator", "/winners", "/contributions", "/contributions/1"])
@pytest.mark.parametrize("error", BROKEN.values(), ids=BROKEN)
def test_while_dynamodb_does_not_answer_clients_are_asked_to_come_back(
    world: World, error: Exception, path: str
) -> None:
    world.answer_from(Broken(error))
    path, _, text = path.partition("?")
    reply = world.client.get(path, **dict(parse_qsl(text)))
    assert (reply.status, reply.headers["retry-after"]) == (503, "2")
    assert reply.json()["requestId"] == REQUEST_ID
    [logged] = world.logged()
    assert (logged["level"], logged["request_id"]) == ("WARNING", REQUEST_ID)


@pytest.mark.parametrize("error", FAULTS.values(), ids=FAULTS)
def test_a_fault_of_ours_tells_the_client_only_the_request_id(world: World, error: Exception) -> None:
    world.answer_from(Broken(error))
    reply = world.client.get("/winners")
    assert reply.status == 500
    assert reply.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "Something went wrong on our side; the requestId finds it in our log.",
        "requestId": REQUEST_ID,
    }
    [logged] = world.logged()
    assert (logged["level"], logged["request_id"], logged["error"]) == (
        "ERROR",
        REQUEST_ID,
        type(error).__name__,
    )
    assert any("store.py" in place for place in logged["stack"])


@pytest.mark.parametrize(
    "path", ["/scores?role=creator", "/winners", "/contributions", "/contributions/1", "/openapi.json"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_read_that_is_answered_writes_nothing(
    world: World,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    world.score("creator", "user-a", 1)
    world.contribution("1", "user-a")
    path, _, text = path.partition("?")
    reply = world.client.send(http_event(method, path, query=dict(parse_qsl(text))))
    assert reply.status == 200
    again = {"if-none-match": reply.headers["etag"]}
    assert (
        world.client.send(http_event(method, path, query=dict(parse_qsl(text)), headers=again)).status == 304
    )
    assert (world.log.getvalue(), capsys.readouterr().out) == ("", "")


@pytest.mark.parametrize(
    ("error", "name"), [(BROKEN["throttled"], "Unavailable"), (FAULTS["a bug"], "Faults")]
)
def test_a_read_that_fails_has_its_line_and_its_metric(
    world: World,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    name: str,
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    world.answer_from(Broken(error))
    world.client.get("/winners")
    [metric] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert metric["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "HelloRetail"
    assert (metric["Environment"], metric[name]) == ("test", [1.0])
    assert len(world.logged()) == 1


def test_the_sdk_gives_a_call_up_before_the_function_is_stopped() -> None:
    attempts = AWS_CONFIG.retries["total_max_attempts"]  # type: ignore[index] # set above
    assert attempts * (AWS_CONFIG.connect_timeout + AWS_CONFIG.read_timeout) + 1 <= 7


def test_no_answer_holds_a_user_id(world: World) -> None:
    user_id = "amzn1.account.7B3811E20B8F"
    world.score("creator", user_id, 1, name=user_id)
    world.score("photographer", user_id, 1, name=f"I am {user_id}")
    world.contribution("1", user_id, user_id)
    for path, query in (
        ("/scores", {"role": "creator"}),
        ("/winners", {}),
        ("/contributions", {}),
        ("/contributions/1", {}),
    ):
        body = world.client.get(path, **query).body
        assert user_id not in body
        assert mask_user_id(user_id) in body
