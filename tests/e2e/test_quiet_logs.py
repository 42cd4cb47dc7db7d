"""What the logs of a whole local cloud hold once people have played: nothing of theirs.

It comes after the tests that play (conftest.py), and searches for all that their players typed, were given or are
called. The emulator writes no access log of API Gateway, which is the one line that a request leaves; its format is
in modules/http-api.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from support import pictures
from support.asking import ask
from support.e2e import eventually
from support.log_search import NEEDLES, Line, found_in, read_lines
from support.names import PROJECT
from support.photographing import StudioDoor
from support.players import IMAGE, FrontDoor

if TYPE_CHECKING:
    from retailctl.emulator.cloud import Cloud

pytestmark = pytest.mark.slow

LAMBDA_S_OWN = re.compile(r"(START|END|REPORT|INIT_START) ")
"""How the emulator's lines of each invocation begin; AWS writes none below the system log level."""


def own_lines(searched: list[Line], function: str) -> list[str]:
    """Return what a function wrote itself."""
    group = f"/aws/lambda/{function}"
    return [line.message for line in searched if line.group == group and not LAMBDA_S_OWN.match(line.message)]


@pytest.fixture(scope="module")
def played(door: FrontDoor) -> FrontDoor:
    """The front door after a round of the game, refusals among it, that every function has taken part in."""
    merchant, photographer, customer = (door.admit(role) for role in ("merchant", "photographer", "customer"))
    strangely_called = door.admit("merchant", name=f'Łucja "{secrets.token_hex(4)}" Żak\\')
    assert door.offer(strangely_called)
    product = door.offer(merchant, idempotency_key=f"offer {secrets.token_hex(6)}")
    image = f"photos/{secrets.token_hex(6)}"
    key = f"click {secrets.token_hex(6)}"
    door.told |= {image: "a payload", key: "a key"}
    assert door.send({"schema": IMAGE, "id": product, "image": image}, photographer.token).status == 202
    assert door.buy(customer, product, idempotency_key=key).status == 202
    refused = [
        door.send({"schema": IMAGE, "id": product, "image": image}, customer.token),
        door.send({"schema": IMAGE, "id": product, "picture": image}, photographer.token),
        door.send(f"{{{image}", customer.token),
        door.buy(customer, "another", idempotency_key=key),
        door.send({"schema": IMAGE}, f"{customer.token[:-6]}AAAAAA"),
    ]
    assert [answer.status for answer in refused] == [403, 400, 400, 422, 401]
    assert eventually(lambda: door.sales_of(merchant), 1) == 1
    assert ask(f"{door.api_url}/trending").status == 200
    picture_something(door)
    return door


def picture_something(door: FrontDoor) -> None:
    """Let somebody register, send what is no picture and then one, of whatever they are asked for."""
    studio, newcomer = StudioDoor(door), door.admit("photographer")
    door.offer(door.admit("merchant"))
    studio.register(newcomer)
    task = studio.find_task(newcomer)
    studio.upload(task, b"no picture")
    assert eventually(lambda: studio.product(task.product).problem, "not-an-image") == "not-an-image"
    studio.upload(task, pictures.jpeg())
    studio.becomes(task.product, "pictured")
    studio.leave(newcomer)


@contextmanager
def planted(cloud: Cloud, group: str, messages: list[str]) -> Iterator[None]:
    """Let a function's log hold what it should not, for a while."""
    logs, stream = (
        cloud.client("logs"),
        {"logGroupName": group, "logStreamName": f"planted-{secrets.token_hex(4)}"},
    )
    logs.create_log_stream(**stream)
    try:
        now = time.time_ns() // 1_000_000
        events = [{"timestamp": now, "message": message} for message in messages]
        logs.put_log_events(**stream, logEvents=events)
        yield
    finally:
        logs.delete_log_stream(**stream)


def test_no_log_holds_a_token_password_name_user_id_or_payload(played: FrontDoor) -> None:
    searched = read_lines(played.cloud)

    assert found_in(searched, played.told) == set()
    assert set(played.told.values()) >= {
        "a token",
        "a password",
        "a display name",
        "a user id",
        "a product's name",
    }


def test_every_function_that_has_played_has_written_a_log_that_was_searched(played: FrontDoor) -> None:
    searched = read_lines(played.cloud)

    for function in played.found["functions"].values():
        messages = [line.message for line in searched if line.group == f"/aws/lambda/{function}"]
        assert any(message.startswith("REPORT RequestId: ") for message in messages), function


def test_what_is_refused_has_its_line_with_the_reason_and_the_requests_id(played: FrontDoor) -> None:
    refused = [
        json.loads(message)
        for message in own_lines(read_lines(played.cloud), played.found["functions"]["event_writer"])
        if "EventsRefused" in message
    ]

    assert {"wrong-group", "invalid-data", "not-json", "key-reused"} <= {line["Code"] for line in refused}
    assert all(re.fullmatch(r"[0-9a-f-]{36}", line["request_id"]) for line in refused)


def test_what_succeeds_leaves_no_line_in_a_functions_log(played: FrontDoor) -> None:
    functions = [played.found["functions"][name] for name in ("event_writer", "winner_api", "trending_api")]
    before = read_lines(played.cloud)
    customer = played.admit("customer")
    product = played.offer(played.admit("merchant"))
    assert played.buy(customer, product).status == 202
    assert played.buy(customer, product, idempotency_key=f"click {secrets.token_hex(6)}").status == 202
    for path in ("/winners", "/scores?role=creator", "/contributions", "/trending", "/openapi.json"):
        assert ask(f"{played.api_url}{path}").status == 200

    def invocations() -> dict[str, int]:
        after = read_lines(played.cloud)
        return {
            name: sum(
                line.message.startswith("REPORT ") for line in after if line.group == f"/aws/lambda/{name}"
            )
            - sum(
                line.message.startswith("REPORT ") for line in before if line.group == f"/aws/lambda/{name}"
            )
            for name in functions
        }

    assert eventually(lambda: min(invocations().values()) >= 1, wanted=True)
    after = read_lines(played.cloud)
    assert {name: own_lines(after, name)[len(own_lines(before, name)) :] for name in functions} == {
        name: [] for name in functions
    }


def test_the_access_log_has_the_class_that_costs_half_and_its_own_retention(played: FrontDoor) -> None:
    logs = played.cloud.client("logs")
    name = f"/aws/vendedlogs/apigateway/{PROJECT}-{played.environment}-api-requests"
    (group,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]

    assert (group["logGroupName"], group["logGroupClass"]) == (name, "INFREQUENT_ACCESS")
    assert group["retentionInDays"] == 7


@pytest.mark.parametrize(
    "line",
    [
        'Got Łucja "L" Żak.',
        r'{"message":"Got Łucja \"L\" Żak."}',
        r'{"message":"Got \u0141ucja \"L\" \u017bak."}',
        r'{"event":"{\"name\":\"Łucja \\\"L\\\" Żak\"}"}',
        r'{"event":"{\"name\":\"\u0141ucja \\\"L\\\" \u017bak\"}"}',
        r'{"event":"{\"name\":\"\\u0141ucja \\\"L\\\" \\u017bak\"}"}',
    ],
)
def test_a_name_is_found_however_json_escapes_it(line: str) -> None:
    told = {'Łucja "L" Żak': "a display name"}

    assert found_in([Line("group", line)], told) == {("group", "a display name")}
    assert found_in([Line("group", line.replace("ak", "ek"))], told) == set()


def test_what_is_in_a_log_would_be_found(played: FrontDoor) -> None:
    group = f"/aws/lambda/{played.found['functions']['event_writer']}"
    secret = {word: what for word, what in played.told.items() if len(word) > 3}
    messages = [
        json.dumps({"message": f"Got {word}."}, ensure_ascii=ascii_only)
        for word in secret
        for ascii_only in (False, True)
    ]
    strange = [
        json.dumps({"authorization": "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2lnbmF0dXJl"}),
        json.dumps({"event": json.dumps({"body": json.dumps({"description": "x"})})}),
    ]

    with planted(played.cloud, group, [*messages, *strange]):
        found = found_in(read_lines(played.cloud), played.told)
        unknown = found_in(read_lines(played.cloud), {})

    assert found == {(group, what) for what in {*secret.values(), *NEEDLES.values()}}
    assert unknown == {(group, what) for what in NEEDLES.values()}
    assert found_in(read_lines(played.cloud), played.told) == set()
