"""The studio's API over its table, held against its part of the contract, and its tickets by their policy."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError

from hello_retail.pictures import CONTENT_TYPES, PictureProblem
from hello_retail.pictures.places import UploadPlace, parse_upload_key
from hello_retail.studio.items import ASKED, DELIVERED, build_photographer_key, build_product_key
from hello_retail.studio_api import handler as entry
from hello_retail.studio_api import tickets
from hello_retail.studio_api.api import PATHS, StudioApi
from hello_retail.studio_api.inbox import TICKET_SECONDS
from hello_retail.studio_api.tickets import MAXIMUM_BODY, TicketOffice
from support.event_writer import SUB, claims
from support.fake_aws import client_error
from support.http import Client, Reply, http_event
from support.openapi import SPEC, check, check_examples, check_reply, paths_of, problem_example, resolved
from support.studio import STUDIO, studio_table

if TYPE_CHECKING:
    from collections.abc import Mapping

PATH_ITEMS = paths_of("studio_api.json")
READ = PATH_ITEMS["/assignments"]["get"]
UPLOAD = PATH_ITEMS["/assignments/{productId}/uploads"]["post"]
PHOTOGRAPHER = claims(**{"cognito:groups": "[photographer]"})
OTHER = "7b3811e2-0b8f-4a57-9d1c-0a3e3d0f9c12"
NOW = datetime(2026, 11, 28, 12, 0, 0, 250_000, tzinfo=UTC)
MAX_BYTES = 10 * 2**20
PHOTO = {"contentType": "image/jpeg", "bytes": 183_204}


class World:
    """The studio's table and its API; ``now`` is the function's clock."""

    def __init__(self) -> None:
        self.table = studio_table()
        self.now = NOW
        self.api = StudioApi(self.table, STUDIO, MAX_BYTES, self.open_office, lambda: self.now)  # type: ignore[arg-type]

    def open_office(self) -> TicketOffice:
        return TicketOffice(
            boto3.client("s3", config=tickets.AWS_CONFIG, region_name="us-east-1"), "pictures"
        )

    def put(self, key: Any, **attributes: Any) -> None:
        kinds = {int: lambda value: {"N": str(value)}, str: lambda value: {"S": value}}
        typed = {name: kinds[type(value)](value) for name, value in attributes.items() if value is not None}
        if "tried" in typed:
            typed["tried"] = {"SS": [attributes["tried"]]}
        self.table.put_item(TableName=STUDIO, Item={**key, **typed})

    def register(self, user: str = SUB, **changes: Any) -> None:
        standing: dict[str, Any] = {"name": "Ada", "allowance": 2, "completed": 5, "missed": 0, "inARow": 0}
        self.put(build_photographer_key(user), **{**standing, **changes})

    def ask(self, product: str = "p1", user: str | None = SUB, minutes: float = 15, **changes: Any) -> None:
        until = (NOW + timedelta(minutes=minutes)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        asked: dict[str, Any] = {"state": ASKED, "attempt": 2, "since": until, "until": until}
        asked |= {"name": "Lamp", "brand": "Brand 1", "photographer": user, "asker": "secret-token"}
        self.put(build_product_key(product), **{**asked, **changes})
        if user:
            self.register(user, assignment=product)

    def get(
        self, token: Mapping[str, Any] | None = PHOTOGRAPHER, method: str = "GET", **headers: str
    ) -> Reply:
        return send(http_event(method, "/assignments", headers=headers), token)

    def post(
        self,
        body: object = None,
        product: str = "p1",
        token: Mapping[str, Any] | None = PHOTOGRAPHER,
        content_type: str = "application/json",
        **changes: Any,
    ) -> Reply:
        text = body if isinstance(body, str) else json.dumps(PHOTO if body is None else body)
        event = http_event(
            "POST", f"/assignments/{product}/uploads", headers={"content-type": content_type}, body=text
        )
        return send(event | changes, token)


def send(event: dict[str, Any], token: Mapping[str, Any] | None) -> Reply:
    if token is not None:
        event["requestContext"]["authorizer"] = {"jwt": {"claims": dict(token), "scopes": None}}
    return Client(entry.handler).send(event)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(entry, "api", world.api)
    return world


def test_its_part_of_the_contract_has_the_routes_and_the_bounds_of_the_code() -> None:
    assert {path: set(item) for path, item in PATH_ITEMS.items()} == dict(
        zip(PATHS, ({"get"}, {"post"}), strict=True)
    )
    schemas = SPEC["components"]["schemas"]
    assert schemas["Assignment"]["properties"]["problem"]["enum"] == [None, *PictureProblem]
    assert schemas["Assignment"]["properties"]["state"]["enum"] == [ASKED, DELIVERED]
    assert schemas["UploadRequest"]["properties"]["contentType"]["enum"] == list(CONTENT_TYPES)
    assert schemas["UploadRequest"]["properties"]["bytes"]["maximum"] == MAX_BYTES
    assert f"{MAXIMUM_BODY // 1024} KiB" in UPLOAD["requestBody"]["description"]
    assert "studio" in {tag["name"] for tag in SPEC["tags"]}
    assert READ["security"] == UPLOAD["security"] == [{"idToken": []}]


def test_every_example_is_what_its_schema_says() -> None:
    for operation in (READ, UPLOAD):
        for answer in map(resolved, operation["responses"].values()):
            check_examples(answer)
    check_examples(UPLOAD["requestBody"])


def test_the_examples_of_errors_are_the_errors_of_the_code(world: World) -> None:
    assert world.get(claims(**{"cognito:groups": "[customer]"})).json() == problem_example("NotAPhotographer")
    assert world.post().json() == problem_example("NoAssignment")
    world.ask(minutes=0)
    assert world.post().json() == problem_example("AssignmentOver")
    assert world.post({"contentType": "image/gif"}).json() == problem_example("InvalidUpload")
    assert world.post({"more": "x" * MAXIMUM_BODY}).json() == problem_example("UploadRequestTooLarge")


def test_an_inbox_shows_the_one_assignment(world: World) -> None:
    world.ask(problem="too-small")

    reply = world.get()

    check_reply(READ, reply)
    assert reply.json() == {
        "registered": True,
        "left": 2,
        "completed": 5,
        "assignment": {
            "product": "p1",
            "name": "Lamp",
            "brand": "Brand 1",
            "attempt": 2,
            "until": "2026-11-28T12:15:00.250Z",
            "problem": "too-small",
            "state": "asked",
        },
    }
    assert "secret-token" not in reply.body
    assert "etag" not in reply.headers


def test_a_delivered_picture_is_shown_as_such(world: World) -> None:
    world.ask(state="delivered", image="/pictures/p1/x.jpg")

    reply = world.get()

    check_reply(READ, reply)
    assert reply.json()["assignment"]["state"] == "delivered"


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "assigned", "until": None},
        {"state": "released", "photographer": None},
        {"state": "asked", "photographer": OTHER},
        {"state": "pictured"},
        {"state": "given-up"},
    ],
)
def test_an_assignment_that_is_not_asked_for_or_another_s_is_not_shown(
    world: World, changes: dict[str, Any]
) -> None:
    world.ask(**changes)

    reply = world.get()

    check_reply(READ, reply)
    assert reply.json() == {"registered": True, "left": 2, "completed": 5, "assignment": None}


def test_an_assignment_that_the_table_no_longer_knows_is_none(world: World) -> None:
    world.register(assignment="gone")

    assert world.get().json()["assignment"] is None


def test_who_was_never_here_and_who_has_left_are_not_registered(world: World) -> None:
    reply = world.get()
    check_reply(READ, reply)
    assert reply.json() == {"registered": False, "left": 0, "completed": 0, "assignment": None}

    world.register(gone="yes")
    assert world.get().json() == {"registered": False, "left": 0, "completed": 5, "assignment": None}


def test_no_cache_keeps_an_inbox(world: World) -> None:
    world.register()

    assert world.get(**{"if-none-match": "*"}).status == 200
    assert world.get().headers["cache-control"] == "private, no-store"
    head = world.get(method="HEAD")
    assert (head.status, head.body, head.headers) == (200, "", world.get().headers)


def read_policy(ticket: dict[str, Any]) -> tuple[datetime, list[Any]]:
    policy = json.loads(b64decode(ticket["fields"]["policy"]))
    return datetime.fromisoformat(policy["expiration"]), policy["conditions"]


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_a_ticket_is_for_one_key_one_type_and_no_more_bytes_than_announced(
    world: World, content_type: str
) -> None:
    world.ask()

    reply = world.post({"contentType": content_type, "bytes": 4711})

    check_reply(UPLOAD, reply)
    assert reply.status == 201
    ticket = reply.json()
    assert ticket["url"] == "https://pictures.s3.us-east-1.amazonaws.com/"
    fields, (_, conditions) = ticket["fields"], read_policy(ticket)
    place = parse_upload_key(fields["key"])
    assert place is not None
    assert (place.product_id, place.attempt) == ("p1", 2)
    assert fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    assert fields["success_action_status"] == "201"
    assert ["content-length-range", 1, 4711] in conditions
    exact = {name: text for name, text in fields.items() if name not in {"policy", "x-amz-signature"}}
    named = {name: text for each in conditions if isinstance(each, dict) for name, text in each.items()}
    assert named == exact | {"bucket": "pictures"}, "every field is in the policy, to the letter"
    assert fields["Content-Type"] == content_type


def test_the_function_opens_its_ticket_office_once() -> None:
    assert entry.open_office() is entry.open_office()
    assert entry.open_office().bucket == "pictures"


def test_each_ticket_has_a_key_of_its_own(world: World) -> None:
    world.ask()

    assert world.post().json()["fields"]["key"] != world.post().json()["fields"]["key"]


@pytest.mark.parametrize(("minutes", "seconds"), [(15, TICKET_SECONDS), (2, 120), (1.999, 119), (0.5, 30)])
def test_a_ticket_is_good_for_ten_minutes_or_until_the_deadline(
    world: World, minutes: float, seconds: int
) -> None:
    world.ask(minutes=minutes)
    before = datetime.now(UTC)

    ticket = world.post().json()

    expires, _ = read_policy(ticket)
    assert ticket["expires"] == expires.isoformat().replace("+00:00", "Z")
    assert -1 <= (expires - before).total_seconds() - seconds < 5


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_a_ticket_leads_to_the_bucket_in_its_region(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)

    ticket = tickets.open_ticket_office("pictures").issue_ticket(
        UploadPlace("p1", 1), tickets.UploadRequest("image/png", 1), 60
    )

    assert ticket["url"] == f"https://pictures.s3.{region}.amazonaws.com/"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"user": OTHER}, 404),
        ({"user": None, "state": "waiting"}, 404),
        ({"user": OTHER, "tried": SUB}, 410),
        ({"user": None, "state": "released", "tried": SUB}, 410),
        ({"minutes": 0}, 410),
        ({"minutes": -1}, 410),
        ({"state": "assigned", "until": None}, 410),
        ({"state": "delivered"}, 410),
        ({"state": "pictured"}, 410),
        ({"state": "given-up"}, 410),
    ],
)
def test_who_is_not_asked_gets_no_ticket(world: World, changes: dict[str, Any], status: int) -> None:
    world.ask(**changes)

    reply = world.post()

    check_reply(UPLOAD, reply)
    assert reply.status == status


@pytest.mark.parametrize("product", ["p2", "x" * 5000, "%00", "ä", ".x", "\ud800"])
def test_an_unknown_product_is_404(world: World, product: str) -> None:
    world.ask()

    reply = world.post(product=product)

    check_reply(UPLOAD, reply)
    assert reply.status == 404


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/contentType", "/bytes"]),
        ({**PHOTO, "contentType": "image/gif"}, ["/contentType"]),
        ({**PHOTO, "contentType": ["image/jpeg"]}, ["/contentType"]),
        *(({**PHOTO, "bytes": size}, ["/bytes"]) for size in (0, -1, MAX_BYTES + 1, 1.5, "1", True, None)),
        ({**PHOTO, "<script>": 1}, [""]),
    ],
)
def test_a_wrong_member_is_named_and_nothing_of_the_request_is_said_again(
    world: World, body: dict[str, Any], pointers: list[str]
) -> None:
    world.ask()

    reply = world.post(body)

    check_reply(UPLOAD, reply)
    assert reply.status == 400
    assert [error["pointer"] for error in reply.json()["errors"]] == pointers
    assert "script" not in reply.body


@pytest.mark.parametrize("size", [1, MAX_BYTES])
def test_the_bounds_of_a_size_are_taken(world: World, size: int) -> None:
    world.ask()

    assert world.post({**PHOTO, "bytes": size}).status == 201


@pytest.mark.parametrize(
    ("body", "request_changes", "status"),
    [
        ("[]", {}, 400),
        ("{", {}, 400),
        ('{"bytes": 1, "bytes": 2}', {}, 400),
        ("%", {"isBase64Encoded": True}, 400),
        (None, {"content_type": "text/plain"}, 415),
        ("x" * (MAXIMUM_BODY + 1), {}, 413),
    ],
)
def test_a_body_that_is_no_json_object_is_refused_in_words(
    world: World, body: object, request_changes: dict[str, Any], status: int
) -> None:
    reply = world.post(body, **request_changes)

    check_reply(UPLOAD, reply)
    assert reply.status == status


def test_a_body_may_come_encoded(world: World) -> None:
    world.ask()
    encoded = b64encode(json.dumps(PHOTO).encode()).decode()

    assert world.post(encoded, isBase64Encoded=True).status == 201


@pytest.mark.parametrize(
    ("token", "status"),
    [
        (None, 401),
        (claims(token_use="access"), 401),
        (claims(sub="a/b"), 401),
        (claims(**{"cognito:groups": None}), 403),
        (claims(**{"cognito:groups": "[merchant customer]"}), 403),
    ],
)
def test_only_photographers_are_answered(world: World, token: dict[str, Any] | None, status: int) -> None:
    for operation, reply in ((READ, world.get(token)), (UPLOAD, world.post(token=token))):
        check_reply(operation, reply)
        assert reply.status == status


@pytest.mark.parametrize(
    ("path", "operation", "methods"),
    [
        ("/assignments", READ, ["POST", "PUT", "DELETE", "OPTIONS"]),
        ("/assignments/p1/uploads", UPLOAD, ["GET", "HEAD", "PUT", "OPTIONS"]),
    ],
)
def test_other_methods_are_refused_in_words(path: str, operation: dict[str, Any], methods: list[str]) -> None:
    for method in methods:
        reply = send(http_event(method, path), None)
        assert reply.status == 405
        if method != "HEAD":
            check_reply(operation, reply)


def test_a_preflight_is_answered_without_a_token() -> None:
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}

    reply = send(http_event("OPTIONS", "/assignments/p1/uploads", headers=headers), None)

    assert (reply.status, reply.body) == (204, "")


@pytest.mark.parametrize(
    "path", ["/", "/assignments/", "/assignments/p1", "/assignments//uploads", "/uploads"]
)
def test_other_paths_are_404(path: str) -> None:
    reply = send(http_event("GET", path), PHOTOGRAPHER)

    assert reply.status == 404
    check(reply.json(), SPEC["components"]["schemas"]["Problem"])


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (client_error("ProvisionedThroughputExceededException", "GetItem"), 503),
        (ConnectTimeoutError(endpoint_url="https://dynamodb.example"), 503),
        (client_error("AccessDeniedException", "GetItem"), 500),
    ],
)
def test_a_table_that_does_not_answer_is_told_apart_from_a_fault(
    world: World, error: Exception, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_request: Any) -> None:
        raise error

    monkeypatch.setattr(world.table, "get_item", fail)

    for operation, reply in ((READ, world.get()), (UPLOAD, world.post())):
        check_reply(operation, reply)
        assert reply.status == status
        assert "dynamodb" not in reply.body.lower()
