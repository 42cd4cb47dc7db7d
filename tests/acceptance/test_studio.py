"""The studio of an applied environment by plain requests: a picture's whole way, and what bad input gets.

It is staging's, where nobody else plays and a photographer has a quarter of an hour: the test says whose time is
over. The products are offered at once, and each test takes one with the photographer who was asked.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from retailctl.photos.stored import read_stored_studio
from support import log_search, pictures, studio_days
from support.asking import ask
from support.command import Operator
from support.e2e import eventually
from support.events import image, payload
from support.kept_texts import collect_texts
from support.photographing import JPEG, StudioDoor, Task, post
from support.players import OFFER, FrontDoor

if TYPE_CHECKING:
    from support.e2e import Landscape
    from support.players import Player

pytestmark = pytest.mark.slow

PLAYED_IN = "staging"
PRODUCTS, PHOTOGRAPHERS = 11, 14
"""Some are free while every product has its photographer."""
PHONE = "+12065550187"
GPS = f"52.{secrets.randbelow(10**8):08}N 13.{secrets.randbelow(10**8):08}E"
"""Where a picture was taken."""
JPEG_ORIENTATION = 6


def photo(shade: int = 0) -> bytes:
    """Return a picture as a camera takes it: turned, and with the place where it was taken."""
    place = pictures.exif(JPEG_ORIENTATION, GPS.encode())
    return pictures.jpeg(640, 480 + 8 * shade, head=place + pictures.segment(pictures.COM, GPS.encode()))


@pytest.fixture(scope="module")
def studio(there: Landscape) -> StudioDoor:
    return StudioDoor(FrontDoor(there, PLAYED_IN))


@pytest.fixture(scope="module")
def merchant(studio: StudioDoor) -> Player:
    return studio.door.admit("merchant")


@pytest.fixture(scope="module")
def photographers(studio: StudioDoor) -> dict[str, Player]:
    """Photographers who have registered, by their ids."""
    with ThreadPoolExecutor(4) as pool:
        admitted = list(pool.map(lambda _: studio.door.admit("photographer"), range(PHOTOGRAPHERS)))
        list(pool.map(studio.register, admitted))
    assert eventually(lambda: all(studio.photographer(each).slot for each in admitted), wanted=True)
    return {each.user_id: each for each in admitted}


@pytest.fixture(scope="module")
def tasks(studio: StudioDoor, merchant: Player, photographers: dict[str, Player]) -> list[Task]:
    """Products that were offered at once, each with the photographer who is asked for its picture."""
    with ThreadPoolExecutor(4) as pool:
        products = list(pool.map(lambda _: studio.door.offer(merchant), range(PRODUCTS)))
    return [find_task(studio, photographers, product) for product in products]


@pytest.fixture
def task(tasks: list[Task]) -> Task:
    """A product that nothing has become of yet."""
    return tasks.pop()


def find_task(studio: StudioDoor, photographers: dict[str, Player], product: str, besides: int = 0) -> Task:
    """Return who is asked for a product's picture, at a later attempt than one."""

    def is_asked() -> bool:
        found = studio.product(product)
        return found.state == "asked" and found.attempt > besides

    assert eventually(is_asked, wanted=True)
    found = studio.product(product)
    return Task(product, photographers[found.photographer or ""], found.attempt)


def serve(studio: StudioDoor, path: str) -> Any:
    """Ask for a path of the page's own address."""
    domain = str(studio.door.found["site_url"]).removeprefix("https://")
    return ask(f"{studio.door.cloud.endpoint}{path}", host=domain, x_forwarded_proto="https")


def free_again(studio: StudioDoor, player: Player) -> bool:
    """Say whether nobody has somebody locked."""
    found = studio.photographer(player)
    return found.assignment is None and (found.slot is not None or found.allowance == 0)


# The way of a product


def test_each_product_has_a_photographer_of_its_own(studio: StudioDoor, tasks: list[Task]) -> None:
    assert len({task.photographer.user_id for task in tasks}) == PRODUCTS
    assert {task.attempt for task in tasks} == {1}
    inbox = studio.look(tasks[0].photographer)
    assert (inbox["registered"], inbox["left"], inbox["completed"]) == (True, 2, 0)
    given = inbox["assignment"]
    assert (given["product"], given["attempt"], given["state"], given["problem"]) == (
        tasks[0].product,
        1,
        "asked",
        None,
    )
    assert given["name"].startswith("name ")


def test_a_picture_goes_from_the_camera_to_the_shop_and_leaves_its_place_behind(
    studio: StudioDoor, task: Task
) -> None:
    taken = photo()
    studio.upload(task, taken)
    product = studio.becomes(task.product, "pictured")

    path = product.image or ""
    assert path.startswith(f"/pictures/{task.product}/")
    (event,) = studio.pictures_on_the_log(task.product)
    assert event["data"]["image"] == f"{studio.bucket}{path}"
    assert event["origin"].split("/")[1:] == [
        "studio-report",
        task.photographer.user_id,
        task.photographer.name,
    ]
    assert studio.objects(f"incoming/{task.product}/") == []
    assert studio.objects(f"pictures/{task.product}/") == [path.removeprefix("/")]
    inbox = studio.look(task.photographer)
    assert (inbox["left"], inbox["completed"], inbox["assignment"]) == (2, 1, None)
    assert free_again(studio, task.photographer)

    served = serve(studio, path)
    assert served.status == 200
    assert serve(studio, path[:-5] + "0.jpg").status in {403, 404}
    assert ask(f"{studio.door.cloud.endpoint}/{studio.bucket}{path}").status == 403
    assert GPS.encode() in taken
    assert GPS.encode() not in served.body
    assert b"GPS" not in served.body
    assert JPEG_ORIENTATION.to_bytes(2) in served.body[:100]
    expected = {
        "content-type": JPEG,
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
        "cache-control": "public, max-age=31536000, immutable",
    }
    assert {name: served.headers.get(name) for name in expected} == expected
    told = " ".join(f"{name}: {value}" for name, value in served.headers.items())
    assert task.photographer.user_id not in told
    assert task.photographer.name not in told
    assert "x-amz-meta" not in told

    def in_the_shop() -> str | None:
        answer = ask(f"{studio.door.api_url}/products/{task.product}")
        return answer.json().get("image") if answer.status == 200 else None

    assert eventually(in_the_shop, path[1:]) == path[1:]


# Tickets


def test_there_is_no_ticket_for_what_is_not_one_s_own(
    studio: StudioDoor, task: Task, tasks: list[Task]
) -> None:
    another, customer = tasks[-1].photographer, studio.door.admit("customer")
    asked = {
        "another's product": studio.request_ticket(another, task.product, b"x"),
        "no product": studio.request_ticket(another, "nothing", b"x"),
        "a customer": studio.request_ticket(customer, task.product, b"x"),
        "nobody": studio.request_ticket(None, task.product, b"x"),
        "another type": studio.request_ticket(task.photographer, task.product, b"x", "image/svg+xml"),
        "no bytes": studio.request_ticket(task.photographer, task.product, b""),
        "too many": studio.request_ticket(task.photographer, task.product, bytes(10 * 1024**2 + 1)),
    }

    assert {what: answer.status for what, answer in asked.items()} == {
        "another's product": 404,
        "no product": 404,
        "a customer": 403,
        "nobody": 401,
        "another type": 400,
        "no bytes": 400,
        "too many": 400,
    }
    inbox = ask(f"{studio.door.api_url}/assignments")
    assert inbox.status == 401

    studio.upload(task, photo())
    studio.becomes(task.product, "pictured")
    assert studio.request_ticket(task.photographer, task.product, b"x").status == 410


def test_s3_refuses_what_the_ticket_does_not_say(studio: StudioDoor, task: Task) -> None:
    taken = photo()
    ticket = studio.take_ticket(task, taken)
    until = studio.product(task.product).until
    studio.set_deadline(task.product, 2)
    expiring = studio.take_ticket(task, taken)
    studio.set_deadline(task.product, -1)
    over = studio.request_ticket(task.photographer, task.product, taken)
    studio.set_deadline(task.product, 600)
    elsewhere = ticket["fields"]["key"].replace(task.product, "another")

    refused = {
        "one byte more": post(ticket, taken + b"x"),
        "another type": post(ticket, taken, Content_Type="image/png"),
        "a script's type": post(ticket, taken, Content_Type="text/html"),
        "another key": post(ticket, taken, key=elsewhere),
        "where pictures are": post(ticket, taken, key=f"pictures/{task.product}/x.jpg"),
        "another signature": post(ticket, taken, x_amz_signature="0" * 64),
        "a field that was not signed": post(ticket, taken, x_amz_meta_note="x"),
    }
    time.sleep(2)
    refused["too late"] = post(expiring, taken)

    assert over.status == 410
    assert {what: answer.status for what, answer in refused.items()} == {
        **dict.fromkeys(refused, 403),
        "one byte more": 400,
    }
    assert studio.objects(f"incoming/{task.product}/") == studio.objects("incoming/another/") == []
    assert studio.objects(f"pictures/{task.product}/") == []
    assert until is not None
    assert post(ticket, taken).status == 201
    studio.becomes(task.product, "pictured")


# Pictures that are none


def test_what_is_no_picture_is_deleted_told_and_the_clock_goes_on(studio: StudioDoor, task: Task) -> None:
    good = photo()
    huge = pictures.jpeg(head=pictures.frame(30_000, 30_000))
    bad = {
        "not-an-image": (b"Text that is called a JPEG.", JPEG),
        "too-large": (huge, JPEG),
        "cut-short": (good[:-200], JPEG),
        "extra-bytes": (good + b"<script>alert(1)</script>", JPEG),
        "too-small": (pictures.jpeg(100, 100), JPEG),
        "wrong-type": (pictures.png(), JPEG),
    }
    before = studio.product(task.product)
    found = {}
    for problem, (content, content_type) in bad.items():
        studio.upload(task, content, content_type)
        eventually(lambda problem=problem: studio.product(task.product).problem, problem, 20)
        given = studio.look(task.photographer)["assignment"]
        found[problem] = (given["problem"], given["state"], given["until"])

    assert found == {problem: (problem, "asked", before.until) for problem in bad}
    assert eventually(lambda: studio.objects(f"incoming/{task.product}/"), []) == []
    assert studio.objects(f"pictures/{task.product}/") == []

    studio.upload(task, good)
    assert studio.becomes(task.product, "pictured").attempt == before.attempt
    assert studio.product(task.product).problem is None
    assert len(studio.pictures_on_the_log(task.product)) == 1


# Late, twice, at once


def late_pictures(studio: StudioDoor) -> int:
    """Return how many pictures the desk has counted as late."""
    name = studio.door.found["functions"]["photo_desk"]
    lines = log_search.read_lines(studio.door.cloud, f"/aws/lambda/{name}")
    return sum('"LatePictures"' in line.message for line in lines)


def test_a_picture_after_its_time_is_late_and_the_next_one_s_stands(
    studio: StudioDoor, task: Task, photographers: dict[str, Player]
) -> None:
    ticket, before = studio.take_ticket(task, photo()), late_pictures(studio)
    studio.let_time_pass(task.product)
    next_task = find_task(studio, photographers, task.product, besides=task.attempt)

    assert next_task.photographer != task.photographer
    found = studio.photographer(task.photographer)
    assert (found.missed, found.in_a_row, found.allowance, found.assignment) == (1, 1, 3, None)
    assert studio.request_ticket(task.photographer, task.product, photo()).status == 410
    assert post(ticket, photo()).status == 201
    assert eventually(lambda: late_pictures(studio) - before, 1) == 1
    assert studio.objects(f"incoming/{task.product}/") == []
    assert studio.state(task.product) == "asked"

    studio.upload(next_task, photo(1))
    assert studio.becomes(task.product, "pictured").photographer == next_task.photographer.user_id
    (event,) = studio.pictures_on_the_log(task.product)
    assert event["origin"].split("/")[2] == next_task.photographer.user_id


@pytest.mark.parametrize("second", [0, 1], ids=["the same one", "two different ones"])
def test_of_two_pictures_at_once_the_first_wins_and_there_is_one_event(
    studio: StudioDoor, task: Task, second: int
) -> None:
    taken = [photo(), photo(second)]
    tickets = [studio.take_ticket(task, content) for content in taken]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(post, tickets, taken))
    product = studio.becomes(task.product, "pictured")

    assert [answer.status for answer in answers] == [201, 201]
    assert eventually(lambda: studio.objects(f"incoming/{task.product}/"), []) == []
    (event,) = studio.pictures_on_the_log(task.product)
    assert event["data"]["image"] == f"{studio.bucket}{product.image}"
    assert studio.product(task.product) == product
    assert studio.photographer(task.photographer).completed == 1
    assert free_again(studio, task.photographer)
    assert serve(studio, product.image or "").status == 200


# Who leaves, ignores, registers often


def test_who_leaves_is_asked_for_nothing_more_and_the_next_one_is(
    studio: StudioDoor, task: Task, photographers: dict[str, Player]
) -> None:
    studio.leave(task.photographer)
    next_task = find_task(studio, photographers, task.product, besides=task.attempt)

    assert next_task.photographer != task.photographer
    gone = studio.photographer(task.photographer)
    assert (gone.gone, gone.assignment, gone.slot, gone.missed) == (True, None, None, 0)
    assert studio.look(task.photographer)["registered"] is False

    for _ in range(10):
        studio.register(task.photographer)
    assert eventually(lambda: studio.photographer(task.photographer).gone, wanted=False) is False
    assert eventually(lambda: studio.photographer(task.photographer).allowance, 3) == 3

    held = studio.door.cloud.client("dynamodb").update_item(
        TableName=studio.table,
        Key={"line": {"S": f"photographer#{next_task.photographer.user_id}"}, "place": {"S": "-"}},
        UpdateExpression="SET inARow = :two",
        ExpressionAttributeValues={":two": {"N": "2"}},
    )
    assert held
    studio.let_time_pass(task.product)
    third = find_task(studio, photographers, task.product, besides=next_task.attempt)
    silent = studio.photographer(next_task.photographer)
    assert (silent.in_a_row, silent.slot, silent.assignment) == (3, None, None)
    studio.register(next_task.photographer)
    assert eventually(lambda: studio.photographer(next_task.photographer).slot is not None, wanted=True)
    assert studio.photographer(next_task.photographer).allowance == 3

    studio.upload(third, photo())
    studio.becomes(task.product, "pictured")


# Executions


def test_the_same_offer_twice_makes_one_execution(studio: StudioDoor, merchant: Player, task: Task) -> None:
    (offer,) = (
        envelope
        for envelope in studio.door.envelopes()
        if envelope["data"]["schema"] == OFFER and envelope["data"].get("id") == task.product
    )
    before = studio.product(task.product)
    marker = f"after-{task.product}"
    kinesis, stream = studio.door.cloud.client("kinesis"), studio.door.found["stream_name"]
    for event in (offer, image(marker, "somebody")):
        kinesis.put_record(StreamName=stream, PartitionKey=task.product, Data=payload(event))
    studio.becomes(marker, "pictured")  # what came before it on the shard was taken

    client = studio.door.cloud.client("stepfunctions")
    pages = client.get_paginator("list_executions").paginate(stateMachineArn=studio.machine)
    names = [each["name"] for page in pages for each in page["executions"]]
    assert names.count(task.product) == 1
    assert studio.product(task.product) == before
    studio.upload(task, photo())
    studio.becomes(task.product, "pictured")


def test_an_execution_that_is_stopped_gives_its_product_up_and_locks_nobody(
    studio: StudioDoor, task: Task, photographers: dict[str, Player], operator: Operator
) -> None:
    where = studio.where
    assert studio.executions.stop(task.product, "by hand")
    studio.becomes(task.product, "given-up")

    assert free_again(studio, task.photographer)
    assert studio.photographer(task.photographer).allowance == 3
    assert studio.request_ticket(task.photographer, task.product, b"x").status in {404, 410}

    # Retried; then its execution ends and nobody is told.
    assert "offered again" in operator.do("photos", "retry", task.product, "--yes", *where)
    find_task(studio, photographers, task.product, besides=task.attempt)
    rule, events = f"{studio.machine.rpartition(':')[2]}.ended", studio.door.cloud.client("events")
    events.disable_rule(Name=rule)
    try:
        held = studio.product(task.product)
        assert studio.executions.stop(held.execution, "unheard")
        studio.set_deadline(task.product, -1)
        assert studio.state(task.product) == "asked"
        reconcile(studio)
    finally:
        events.enable_rule(Name=rule)
    assert studio.state(task.product) == "given-up"
    assert free_again(studio, photographers[held.photographer or ""])

    operator.do("photos", "retry", task.product, "--yes", *where)
    again = find_task(studio, photographers, task.product, besides=held.attempt)
    studio.upload(again, photo())
    studio.becomes(task.product, "pictured")


def reconcile(studio: StudioDoor) -> None:
    """Do what the schedule does."""
    name = studio.door.found["functions"]["studio_tasks"]
    answer = studio.door.cloud.client("lambda").invoke(
        FunctionName=name, Qualifier="live", Payload=json.dumps({"action": "reconcile"})
    )
    assert "FunctionError" not in answer, answer["Payload"].read()


@pytest.fixture(scope="module")
def operator(there: Landscape, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return Operator(there.here, tmp_path_factory.mktemp("operator"))


# In the end


def test_a_phone_number_and_a_place_are_nowhere_but_where_they_belong(
    studio: StudioDoor, photographers: dict[str, Player]
) -> None:
    player = next(iter(photographers.values()))
    studio.leave(player)
    assert eventually(lambda: studio.photographer(player).gone, wanted=True)
    answer = studio.door.send({"schema": UPDATE_PHONE, "id": player.user_id, "phone": PHONE}, player.token)
    assert answer.status == 202, answer.body
    assert eventually(lambda: studio.photographer(player).gone, wanted=False) is False

    texts = collect_texts(studio.door, studio.machine)

    def find(word: str) -> set[str]:
        return {where for where, text in texts if word in text}

    # No texts are sent here, so that the number is where its owner wrote it down and nowhere else.
    assert find(PHONE) == find(PHONE.removeprefix("+")) == {"stream: user-info/update-phone"}
    assert find(GPS) == set()
    own = {"stream: user-info/register-photographer", "stream: user-info/update-phone", "table: studio"}
    assert find(player.user_id) >= own | {"history"}
    assert find("/pictures/") >= {"object: pictures", "stream: product/image", "table: studio"}
    assert {where for where, _ in texts} >= {"log: studio-tasks", "log: photo-desk", "log: event-writer"}

    logs = [log_search.Line(where, text) for where, text in texts if where.startswith("log: ")]
    assert log_search.found_in(logs, studio.door.told) == set()
    histories = " ".join(text for where, text in texts if where == "history")
    assert {what for word, what in studio.door.told.items() if word in histories} == {"a user id"}


UPDATE_PHONE = "com.nordstrom/user-info/update-phone/1-0-0"


def test_nobody_and_nothing_is_held_and_every_picture_is_in_the_log_once(
    studio: StudioDoor, photographers: dict[str, Player], tasks: list[Task], operator: Operator
) -> None:
    for task in tasks:
        studio.upload(task, photo())
        studio.becomes(task.product, "pictured")
    assert all(free_again(studio, player) for player in photographers.values())
    assert studio.executions.list_running() == frozenset()

    operator.do("photos", "check", *studio.where)


def test_a_day_of_simulated_photographers_has_every_product_pictured(
    studio: StudioDoor, photographers: dict[str, Player], operator: Operator
) -> None:
    for player in photographers.values():
        studio.leave(player)
    assert eventually(
        lambda: all(studio.photographer(each).gone for each in photographers.values()), wanted=True
    )
    day = studio_days.SMALL

    done = operator.run("play", *day.options, *studio.where)

    assert done.returncode == 0, done.stderr
    assert studio_days.read_outcome(done.stderr) == {"offered": day.products, "pictured": day.products}
    # Which of the habits so few assignments meet is up to who is asked when.
    assert re.search(rf"dealt with otherwise: \d+ ({'|'.join(day.shares)})", done.stderr), done.stderr
    found = read_stored_studio(studio.door.cloud.client("dynamodb"), studio.table)
    assert studio_days.measure_spread(found) <= 2
    assert studio_days.list_locks(found) == []
    operator.do("photos", "check", *studio.where)
