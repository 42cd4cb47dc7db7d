"""The steps of the studio's machine, one after another."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from hello_retail.dynamodb import transactions
from hello_retail.dynamodb.transactions import Contended
from hello_retail.events import PRODUCT_IMAGE, Event, decode_event
from hello_retail.studio import table
from hello_retail.studio.events import (
    NotDecodable,
    build_picture_event,
    derive_picture_event_id,
    is_own_picture,
)
from hello_retail.studio.items import Photographer, Product, build_photographer_key
from hello_retail.studio_tasks import handler
from hello_retail.studio_tasks.message import clean_name, write_message
from hello_retail.times import format_time
from support.fake_aws import client_error
from support.studio import MACHINE_ARN, STUDIO, own_act
from support.studio_scene import OFFER_ID, Scene, before_each

EXECUTION_ARN = MACHINE_ARN.replace("stateMachine:photos:live", "execution:photos:p1")
FOUND = {"photographer": "ann", "attempt": 1}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "FIRST_PAUSE", 0)


@pytest.fixture
def scene() -> Scene:
    return Scene()


# Find


def test_a_product_finds_who_is_free(scene: Scene) -> None:
    scene.register("ann")
    scene.offer("p1")

    scene.work.find_photographer("p1", "token")

    assert scene.machine.answers == [("token", FOUND)]
    assert (scene.product().state, scene.photographer().assignment) == ("assigned", "p1")
    assert (scene.waiting(), scene.free()) == ([], [])


def test_a_product_waits_until_somebody_registers(scene: Scene) -> None:
    scene.offer("p1")
    scene.work.find_photographer("p1", "token")
    assert scene.waiting() == ["p1"]

    scene.register("ann")

    assert scene.machine.answers == [("token", FOUND)]


def test_finding_again_answers_with_the_photographer_that_it_has(scene: Scene) -> None:
    scene.ask()
    scene.work.find_photographer("p1", "another token")
    assert scene.machine.answers[-1] == ("another token", FOUND)


def test_the_newest_token_of_a_product_that_waits_is_answered(scene: Scene) -> None:
    scene.offer("p1")
    scene.work.find_photographer("p1", "old")
    scene.work.find_photographer("p1", "new")
    scene.register("ann")
    assert scene.machine.answers == [("new", FOUND)]


@pytest.mark.parametrize("action", ["find", "ask"])
def test_a_step_of_a_product_that_is_over_ends_the_machine(scene: Scene, action: str) -> None:
    scene.offer("p1")
    scene.picture_from_elsewhere("p1")
    for product in ("p1", "unheard of"):
        handler.run_action({"action": action, "product": product, "attempt": 1, "token": product}, scene.work)
    assert scene.machine.answers == [("p1", "Over"), ("unheard of", "Over")]


def test_the_least_loaded_is_asked_and_who_missed_goes_to_the_back(scene: Scene) -> None:
    scene.ask()
    scene.register("bob")
    scene.work.settle("p1", 1, timed_out=True)
    assert (scene.photographer().missed, scene.photographer().in_a_row) == (1, 1)
    assert scene.free() == ["bob", "ann"]

    scene.work.find_photographer("p1", "second")

    assert scene.product().photographer == "bob"
    assert scene.product().tried == {"ann", "bob"}


def test_after_three_misses_in_a_row_nobody_is_asked_until_they_register_again(scene: Scene) -> None:
    scene.ask()
    for attempt in (1, 2, 3):
        scene.work.settle("p1", attempt, timed_out=True)
        scene.work.find_photographer("p1", f"finder {attempt}")
    assert (scene.product().state, scene.free()) == ("waiting", [])
    assert "expiresAt" in scene.photographer().item

    scene.register("ann")

    assert (scene.product().state, scene.product().attempt) == ("assigned", 4)
    assert "expiresAt" not in scene.photographer().item


def test_lines_longer_than_what_is_read_at_once_are_served_to_their_ends(scene: Scene) -> None:
    """Only their heads are read (P11)."""
    several = table.LINE_READ + 10
    for number in range(several):
        scene.offer(f"p{number}")
        scene.work.find_photographer(f"p{number}", f"finder of p{number}")

    scene.register(*(f"user-{number}" for number in range(several)))

    assert (scene.waiting(), scene.free()) == ([], [])
    assert len({scene.product(f"p{number}").photographer for number in range(several)}) == several


def test_a_place_in_line_whose_photographer_is_no_more_makes_no_new_one(scene: Scene) -> None:
    """An assignment is made to who is there, free and in that place (P12)."""
    scene.register("ann")
    scene.dynamodb.delete_item(TableName=STUDIO, Key=build_photographer_key("ann"))
    scene.offer("p1")

    with pytest.raises(Contended):
        scene.work.find_photographer("p1", "token")

    assert table.read_photographer(scene.dynamodb, STUDIO, "ann") is None
    assert (scene.product().state, scene.machine.answers) == ("waiting", [])


def test_pictures_are_shared_out_evenly(scene: Scene) -> None:
    people = ("ann", "bob", "cy", "dee")
    scene.register(*people)
    for number in range(8):
        product = f"p{number}"
        scene.offer(product)
        scene.work.find_photographer(product, "finder")
        scene.work.ask_photographer(product, 1, "asker")
        scene.deliver(product, f"/pictures/{product}/0a.jpg")
        scene.work.settle(product, 1, timed_out=False)
    assert [scene.photographer(user).completed for user in people] == [2, 2, 2, 2]


def test_a_matcher_that_lost_still_asks_who_has_the_least_load(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.ask()
    scene.deliver()
    scene.work.settle("p1", 1, timed_out=False)
    scene.register("bob")
    scene.offer("p2")
    losses = [False, False, False]
    monkeypatch.setattr(
        "hello_retail.studio.matching.assign_product",
        lambda *given: losses.pop() if losses else table.assign_product(*given),
    )
    scene.work.find_photographer("p2", "finder")
    assert scene.product("p2").photographer == "bob"


# Ask


def test_asking_notes_token_and_deadline(scene: Scene) -> None:
    scene.ask()
    product = scene.product()
    assert (product.state, product.asker, product.finder) == ("asked", "asker of p1", None)
    assert product.until == format_time(scene.now + 15 * 60)


def test_a_text_is_sent_once_an_attempt_and_only_where_messages_are_on() -> None:
    on, off = Scene(messages=True), Scene()
    for scene in (on, off):
        assert scene.put(own_act("update-phone", "ann", phone="+15550123456")) == []
        scene.offer("p1")
        scene.work.find_photographer("p1", "finder")
        scene.work.ask_photographer("p1", 1, "first")
        scene.work.ask_photographer("p1", 1, "second")
        assert scene.product().asker == "second"
    assert on.topic.sent == [
        ("+15550123456", "Hello, Retail! asks you for a picture: Item p1. https://shop.example/")
    ]
    assert off.topic.sent == []
    assert off.photographer().phone is None, "a number that nobody sends to is not kept"


def test_a_text_is_sent_after_token_and_deadline_are_noted_and_not_without() -> None:
    """Whoever answers a text at once is known (defects P5 and P14 of the original)."""
    scene, noted = Scene(messages=True), []
    scene.put(own_act("update-phone", "ann", phone="+15550123456"))
    scene.offer("p1")
    scene.work.find_photographer("p1", "finder")
    scene.topic.publish = lambda **_: noted.append(scene.product())  # type: ignore[method-assign]
    update, scene.dynamodb.update_item = scene.dynamodb.update_item, refused_update

    with pytest.raises(ClientError):
        scene.work.ask_photographer("p1", 1, "asker")
    assert noted == []

    scene.dynamodb.update_item = update
    scene.work.ask_photographer("p1", 1, "asker")
    assert [(each.state, each.asker, each.until) for each in noted] == [
        ("asked", "asker", scene.product().until)
    ]


def refused_update(**_: Any) -> None:
    raise client_error("InternalServerError", "UpdateItem")


def test_two_people_with_one_phone_have_an_assignment_each() -> None:
    """A phone is no key (P6)."""
    scene = Scene(messages=True)
    for user in ("ann", "bob"):
        scene.put(own_act("update-phone", user, phone="+15550123456"))
    for product in ("p1", "p2"):
        scene.offer(product)
        scene.work.find_photographer(product, f"finder of {product}")
        scene.work.ask_photographer(product, 1, f"asker of {product}")
    scene.work.settle("p1", 1, timed_out=True)

    assert {scene.product(product).photographer for product in ("p1", "p2")} == {None, "bob"}
    assert scene.photographer("bob").assignment == "p2"
    assert scene.deliver("p2", "/pictures/p2/0a.jpg") == "asker of p2"


def test_no_phone_and_no_name_reaches_an_execution_and_no_phone_the_log() -> None:
    """Ids only (P20)."""
    scene = Scene(messages=True)
    scene.put(own_act("update-phone", "ann", phone="+15550123456"))
    scene.offer("p1")
    scene.work.find_photographer("p1", "finder")
    scene.work.ask_photographer("p1", 1, "asker")
    scene.deliver()
    scene.work.settle("p1", 1, timed_out=False)

    told = json.dumps([scene.machine.started, scene.machine.answers])
    assert "5550123456" not in told
    assert "Name of ann" not in told
    assert all(b"5550123456" not in record["Data"] for record in scene.log.records)


def test_a_photographer_without_a_phone_is_asked_on_the_page() -> None:
    scene = Scene(messages=True)
    scene.ask()
    assert (scene.product().state, scene.topic.sent) == ("asked", [])


def test_a_text_that_cannot_be_sent_harms_nobody() -> None:
    scene = Scene(messages=True)
    scene.topic.error = client_error("ThrottlingException", "Publish")
    assert scene.put(own_act("update-phone", "ann", phone="+15550123456")) == []
    scene.offer("p1")
    scene.work.find_photographer("p1", "finder")
    scene.work.ask_photographer("p1", 1, "asker")
    assert scene.product().state == "asked"
    assert scene.unsent == [scene.topic.error]


def test_whoever_left_before_they_were_asked_is_not(scene: Scene) -> None:
    scene.register("ann")
    scene.offer("p1")
    scene.work.find_photographer("p1", "finder")
    scene.leave("ann")

    scene.work.ask_photographer("p1", 1, "asker")

    assert scene.machine.answers[-1] == ("asker", "Withdrawn")


def test_asking_for_an_attempt_that_is_no_more_is_withdrawn(scene: Scene) -> None:
    scene.ask()
    scene.work.settle("p1", 1, timed_out=False)
    scene.work.ask_photographer("p1", 1, "late")
    assert scene.machine.answers[-1] == ("late", "Withdrawn")


def test_asking_for_what_was_delivered_answers_with_the_picture(scene: Scene) -> None:
    scene.ask()
    scene.deliver()
    scene.work.ask_photographer("p1", 1, "again")
    assert scene.machine.answers[-1] == ("again", {"image": "/pictures/p1/0a.jpg"})


# Deliver


def test_the_first_picture_wins_and_the_second_is_told_the_same_token(scene: Scene) -> None:
    scene.ask()
    assert scene.deliver() == "asker of p1"
    assert scene.deliver(picture="/pictures/p1/0b.jpg") == "asker of p1"
    assert scene.product().image == "/pictures/p1/0a.jpg"


def test_a_picture_after_its_time_is_late(scene: Scene) -> None:
    scene.ask()
    scene.work.settle("p1", 1, timed_out=True)
    assert table.deliver(scene.dynamodb, STUDIO, "p1", 1, "/pictures/p1/0a.jpg") is None
    assert table.deliver(scene.dynamodb, STUDIO, "unheard of", 1, "/pictures/p1/0a.jpg") is None


def test_a_problem_is_noted_while_the_attempt_is_asked_for_and_goes_with_the_next_picture(
    scene: Scene,
) -> None:
    scene.ask()
    assert table.note_problem(scene.dynamodb, STUDIO, "p1", 1, "cut-short")
    assert scene.product().problem == "cut-short"
    assert not table.note_problem(scene.dynamodb, STUDIO, "p1", 2, "cut-short")
    scene.deliver()
    assert scene.product().problem is None
    assert not table.note_problem(scene.dynamodb, STUDIO, "p1", 1, "cut-short")


@pytest.mark.parametrize("refused", [transactions.ATTEMPTS - 1, transactions.ATTEMPTS])
def test_a_delivery_waits_for_other_writes_and_is_never_taken_for_late(scene: Scene, refused: int) -> None:
    scene.ask()
    update, left = (
        scene.dynamodb.update_item,
        [client_error("TransactionConflictException", "UpdateItem")] * refused,
    )

    def busy(**request: Any) -> Any:
        if left:
            raise left.pop()
        return update(**request)

    scene.dynamodb.update_item = busy
    if refused < transactions.ATTEMPTS:
        assert scene.deliver() == "asker of p1"
    else:
        with pytest.raises(Contended, match="12 writes: try again later"):
            scene.deliver()
        left += [client_error("TransactionConflictException", "UpdateItem")] * refused
        with pytest.raises(Contended):
            table.note_problem(scene.dynamodb, STUDIO, "p1", 1, "cut-short")


# Settle


def test_a_delivered_picture_is_published_and_its_photographer_is_free_again(scene: Scene) -> None:
    scene.ask()
    scene.deliver()

    scene.work.settle("p1", 1, timed_out=False)

    [record] = scene.log.records
    event = decode_event(record["Data"])
    assert isinstance(event, Event)
    assert (record["StreamName"], record["PartitionKey"]) == ("retail", "p1")
    assert (event.kind, event.user_id, event.display_name) == (PRODUCT_IMAGE, "ann", "Name of ann")
    assert event.data["image"] == "pictures/pictures/p1/0a.jpg"
    assert is_own_picture(event)
    assert json.loads(record["Data"])["followsFrom"] == OFFER_ID
    photographer = scene.photographer()
    assert (photographer.completed, photographer.allowance, photographer.assignment) == (1, 1, None)
    assert scene.free() == ["ann"]
    product = scene.product()
    assert (product.state, product.photographer, product.image) == ("pictured", "ann", "/pictures/p1/0a.jpg")
    assert (product.finder, product.asker, product.tried, product.until) == (None, None, frozenset(), None)


def test_settling_again_changes_nothing(scene: Scene) -> None:
    scene.ask()
    scene.deliver()
    for _ in range(2):
        scene.work.settle("p1", 1, timed_out=False)
    assert len(scene.log.records) == scene.photographer().completed == 1


def test_a_crash_between_publishing_and_noting_publishes_the_same_bytes_again(scene: Scene) -> None:
    scene.ask()
    scene.deliver()
    transact = scene.dynamodb.transact_write_items
    scene.dynamodb.transact_write_items = lambda **_: (_ for _ in ()).throw(
        client_error("InternalServerError", "x")
    )
    with pytest.raises(ClientError):
        scene.work.settle("p1", 1, timed_out=False)
    scene.dynamodb.transact_write_items = transact
    scene.work.settle("p1", 1, timed_out=False)
    first, second = scene.log.records
    assert first == second


def test_a_picture_that_comes_while_it_is_released_is_published(scene: Scene) -> None:
    scene.ask()
    scene.dynamodb.transact_write_items = before_each(scene.dynamodb.transact_write_items, scene.deliver)
    scene.work.settle("p1", 1, timed_out=True)
    assert scene.product().state == "pictured"
    assert scene.photographer().missed == 0


def test_an_assignment_that_is_withdrawn_is_no_miss_and_costs_nothing(scene: Scene) -> None:
    scene.ask()
    assert scene.photographer().allowance == 1
    scene.work.settle("p1", 1, timed_out=False)
    assert (scene.photographer().allowance, scene.photographer().missed) == (2, 0)


def test_the_allowance_is_never_more_than_a_registration_gives(scene: Scene) -> None:
    scene.ask()
    for _ in range(10):
        scene.register("ann")
    scene.work.settle("p1", 1, timed_out=True)
    assert scene.photographer().allowance == 2


def test_whoever_has_used_up_their_allowance_is_asked_no_more_until_they_register(scene: Scene) -> None:
    for number in (1, 2):
        scene.offer(f"p{number}")
        if number == 1:
            scene.register("ann")
        scene.work.find_photographer(f"p{number}", "finder")
        scene.work.ask_photographer(f"p{number}", 1, "asker")
        scene.deliver(f"p{number}", f"/pictures/p{number}/0a.jpg")
        scene.work.settle(f"p{number}", 1, timed_out=False)
    assert (scene.photographer().completed, scene.free()) == (2, [])
    scene.register("ann")
    assert (scene.photographer().completed, scene.free()) == (2, ["ann"])


@pytest.mark.parametrize("step", ["find", "ask", "settle", "end"])
def test_a_step_that_others_always_forestall_is_left_to_a_later_attempt(scene: Scene, step: str) -> None:
    scene.ask()
    if step == "find":
        scene.offer("p2")
    conflict = client_error("TransactionConflictException", "x")

    def busy(**_: Any) -> Any:
        raise conflict

    scene.dynamodb.update_item = scene.dynamodb.transact_write_items = busy
    steps = {
        "find": lambda: scene.work.find_photographer("p2", "token"),
        "ask": lambda: scene.work.ask_photographer("p1", 1, "token"),
        "settle": lambda: scene.work.settle("p1", 1, timed_out=True),
        "end": lambda: scene.work.end_execution("p1", "p1"),
    }
    with pytest.raises(Contended):
        steps[step]()


def test_a_matcher_that_always_loses_leaves_it_to_a_later_attempt(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.register("ann")
    scene.offer("p1")
    monkeypatch.setattr("hello_retail.studio.matching.assign_product", lambda *_: False)
    with pytest.raises(Contended):
        scene.work.find_photographer("p1", "token")
    assert scene.waiting() == ["p1"]


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist"])
def test_an_answer_that_nobody_waits_for_is_no_failure(scene: Scene, code: str) -> None:
    scene.machine.fails = {"send_task_success": code, "send_task_failure": code}
    scene.register("ann")
    scene.offer("p1")
    scene.work.find_photographer("p1", "token")
    scene.work.find_photographer("unheard of", "token")
    assert scene.product().state == "assigned"


def test_an_answer_that_fails_otherwise_fails_the_step(scene: Scene) -> None:
    scene.machine.fails = {"send_task_failure": "ThrottlingException"}
    with pytest.raises(ClientError, match="ThrottlingException"):
        scene.work.find_photographer("unheard of", "token")


# Ends


def end(scene: Scene, name: str = "p1", **detail: str) -> None:
    arn = EXECUTION_ARN.replace(":p1", f":{name}")
    event = {
        "source": "aws.states",
        "detail": {"executionArn": arn, "name": name, "status": "ABORTED", **detail},
    }
    handler.run_action(event, scene.work)


def test_what_an_execution_held_is_given_up_when_it_ends(scene: Scene) -> None:
    scene.ask()
    end(scene, input='{"product":"p1"}')
    assert (scene.product().state, scene.product().photographer) == ("given-up", None)
    assert (scene.photographer().assignment, scene.photographer().allowance, scene.free()) == (
        None,
        2,
        ["ann"],
    )


def test_a_product_that_waits_leaves_the_line_when_its_execution_ends(scene: Scene) -> None:
    scene.offer("p1")
    scene.work.find_photographer("p1", "token")
    end(scene, input='{"product":"p1"}')
    assert (scene.product().state, scene.waiting()) == ("given-up", [])


def test_a_picture_that_was_delivered_is_published_when_its_execution_ends(scene: Scene) -> None:
    scene.ask()
    scene.deliver()
    end(scene, input='{"product":"p1"}')
    assert (scene.product().state, len(scene.log.records)) == ("pictured", 1)


def test_an_end_that_leaves_its_input_out_is_looked_up(scene: Scene) -> None:
    scene.ask()
    scene.machine.executions[EXECUTION_ARN] = {"status": "ABORTED", "input": '{"product": "p1"}'}
    end(scene)
    assert scene.product().state == "given-up"


def test_an_end_of_an_execution_that_nobody_knows_changes_nothing(scene: Scene) -> None:
    scene.ask()
    end(scene)
    assert scene.product().state == "asked"


def test_the_end_of_an_earlier_execution_leaves_the_one_that_runs_alone(scene: Scene) -> None:
    scene.ask()
    end(scene, name="p1.0c9f.r1", input='{"product":"p1"}')
    assert scene.product().state == "asked"


@pytest.mark.parametrize(
    ("status", "state"), [("RUNNING", "asked"), ("ABORTED", "given-up"), (None, "given-up")]
)
def test_reconciling_ends_what_has_ended_and_was_not_told(
    scene: Scene, status: str | None, state: str
) -> None:
    scene.ask()
    if status:
        scene.machine.executions[EXECUTION_ARN] = {"status": status}
    scene.now += 15 * 60 + 5
    scene.dynamodb.stale = scene.dynamodb.items
    handler.run_action({"action": "reconcile"}, scene.work)
    assert scene.product().state == state


def test_reconciling_leaves_alone_what_is_in_time_or_was_not_started_yet(scene: Scene) -> None:
    scene.ask()
    scene.offer("p2")
    scene.dynamodb.stale = scene.dynamodb.items
    handler.run_action({"action": "reconcile"}, scene.work)
    assert (scene.product().state, scene.product("p2").state) == ("asked", "offered")


def test_the_longest_wait_for_a_picture_is_measured(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    scene.dynamodb.stale = scene.dynamodb.items
    handler.run_action({"action": "reconcile"}, scene.work)
    assert "LongestWait" not in capsys.readouterr().out, "nothing waits"
    scene.offer("p1")
    scene.now += 3600
    scene.offer("p2")
    scene.now += 60
    scene.dynamodb.stale = scene.dynamodb.items
    handler.run_action({"action": "reconcile"}, scene.work)
    (written,) = capsys.readouterr().out.splitlines()
    metric = json.loads(written)
    assert 3660 <= metric["LongestWait"][0] < 3670, "the clock of the scene goes on"
    assert metric["Environment"] == "test"


@pytest.mark.parametrize(
    "given",
    [{"action": "guess"}, {}, {"source": "aws.states", "detail": {"status": "RUNNING", "name": "p1"}}],
)
def test_an_input_that_is_none_of_its_own_is_refused(scene: Scene, given: dict[str, Any]) -> None:
    with pytest.raises(handler.UnknownAction, match="no find, ask, settle"):
        handler.run_action(given, scene.work)


def test_lambda_s_entry_does_the_step_that_it_is_called_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(handler, "get_work", lambda: scene.work)
    scene.ask()
    handler.handler({"action": "settle", "product": "p1", "attempt": 1, "timedOut": True}, None)
    assert (scene.product().state, scene.photographer().missed) == ("released", 1)
    scene.dynamodb.stale = scene.dynamodb.items
    handler.handler({"action": "reconcile"}, None)
    assert scene.product().state == "given-up"
    assert "Executions had ended and were not told" in caplog.text


@pytest.mark.parametrize("messages", ["none", "sms"])
def test_phones_are_reached_only_where_messages_are_on(
    monkeypatch: pytest.MonkeyPatch, messages: str
) -> None:
    monkeypatch.setattr(handler, "SETTINGS", replace(handler.SETTINGS, messages=messages))
    assert (handler.get_work.__wrapped__().messages is not None) is (messages == "sms")


def test_a_text_that_was_not_sent_is_logged_without_its_number(caplog: pytest.LogCaptureFixture) -> None:
    handler.note_unsent(client_error("InvalidParameter", "+15550123456"))
    assert "A photographer's text was not sent" in caplog.text
    assert "+15550123456" not in caplog.text


# Event and message


def test_the_same_picture_is_the_same_event_and_another_is_another() -> None:
    places = ["pictures/pictures/p1/0a.jpg", "pictures/pictures/p1/0b.jpg"]
    assert len({derive_picture_event_id("p1", place) for place in places * 2}) == 2
    assert derive_picture_event_id("p1", places[0]) != derive_picture_event_id("p2", places[0])


def test_an_offer_without_an_event_id_is_followed_from_nothing() -> None:
    product = Product("p1", "delivered", 1, "", delivered_at="2026-11-28T12:00:00.000Z")
    event = json.loads(
        build_picture_event(product, Photographer("ann", "Ann"), "b/pictures/p1/0a.jpg", "shop")
    )
    assert event["origin"] == "shop/studio-report/ann/Ann"
    assert "followsFrom" not in event


def test_a_picture_that_no_consumer_would_take_is_not_published() -> None:
    product = Product("p1", "delivered", 1, "", delivered_at="2026-11-28T12:00:00.000Z")
    with pytest.raises(NotDecodable):
        build_picture_event(product, Photographer("ann", "Ann"), "/pictures/p1/0a.jpg", "shop")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Amber Desk Lamp", "Amber Desk Lamp"),
        ("Lamp http://evil.example/x now", "Lamp now"),
        ("see www.evil.example", "see"),
        ("evil.example/login", "a product"),
        ("two\nlines\u202e and\x00more", "two lines and more"),
        ("x" * 200, "x" * 40),
        ("Size 2.5 shoes", "Size 2.5 shoes"),
    ],
)
def test_a_name_is_cleaned_of_what_a_telephone_makes_a_link_of(name: str, shown: str) -> None:
    assert clean_name(name) == shown
    assert write_message(name, "https://shop.example/").endswith(f"{shown}. https://shop.example/")
