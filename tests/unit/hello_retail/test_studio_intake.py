"""What the intake makes of the log: people, products, pictures from elsewhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hello_retail.dynamodb import transactions
from hello_retail.studio.events import derive_picture_event_id
from hello_retail.studio_intake import handler
from support.event_source import LogRecord, kinesis_event
from support.events import create, image, payload, purchase
from support.fake_aws import client_error
from support.studio import own_act
from support.studio_scene import SHARD, Scene, before_each

REGISTRATION = "6f1c2a52-8c3e-4a57-9d1c-0a3e3d0f9c77"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "FIRST_PAUSE", 0)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_registering_gives_an_allowance_and_a_place_in_line(scene: Scene) -> None:
    scene.register("ann")
    ann = scene.photographer()
    assert (ann.name, ann.allowance, ann.gone, ann.phone) == ("Name of ann", 2, False, None)
    assert scene.free() == ["ann"]


def test_registering_with_a_phone_keeps_it_where_messages_are_on_and_without_one_forgets_it() -> None:
    scene = Scene(messages=True)
    scene.put(own_act("update-phone", "ann", phone="+15550123456"))
    assert scene.photographer().phone == "+15550123456"
    scene.register("ann")
    assert scene.photographer().phone is None
    scene.put(own_act("update-phone", "ann", phone="+15550123456"))
    scene.leave("ann")
    assert scene.photographer().phone is None


def test_an_event_put_twice_or_delivered_twice_registers_once(scene: Scene) -> None:
    act = own_act("register-photographer", "ann", REGISTRATION)
    scene.put(act)
    scene.leave("ann")
    scene.put(act)
    assert scene.photographer().gone, "a repeat does not bring back who left since"
    scene.number -= 2
    scene.put(own_act("register-photographer", "ann"))
    assert scene.photographer().gone, "nor does what was delivered before"


def test_registering_ten_times_is_good_for_as_many_pictures_as_once(scene: Scene) -> None:
    for _ in range(10):
        scene.register("ann")
    assert (scene.photographer().allowance, scene.free()) == (2, ["ann"])


def test_registering_while_busy_gives_the_allowance_and_no_second_place(scene: Scene) -> None:
    scene.ask()
    scene.register("ann")
    assert (scene.photographer().allowance, scene.photographer().assignment, scene.free()) == (2, "p1", [])


def test_the_last_act_of_a_batch_decides(scene: Scene) -> None:
    scene.put(own_act("register-photographer", "ann"), own_act("unregister-photographer", "ann"))
    assert scene.free() == []
    scene.put(own_act("unregister-photographer", "ann"), own_act("register-photographer", "ann"))
    assert scene.free() == ["ann"]


def test_leaving_takes_the_place_away_and_the_item_expires(scene: Scene) -> None:
    scene.register("ann")
    scene.leave("ann")
    assert (scene.photographer().gone, scene.photographer().slot, scene.free()) == (True, None, [])
    assert int(scene.photographer().item["expiresAt"]["N"]) == int(scene.now) + 1000


def test_leaving_withdraws_an_open_assignment_and_the_next_one_is_asked(scene: Scene) -> None:
    scene.ask()
    scene.register("bob")
    scene.leave("ann")
    assert scene.machine.answers[-1] == ("asker of p1", "Withdrawn")
    assert "expiresAt" not in scene.photographer().item, "nobody expires who has a product"

    scene.work.settle("p1", 1, timed_out=False)
    scene.work.find_photographer("p1", "again")

    assert (scene.product().photographer, scene.photographer().missed) == ("bob", 0)
    assert (scene.photographer().assignment, scene.free()) == (None, [])


def test_a_picture_that_came_before_its_photographer_left_stays(scene: Scene) -> None:
    scene.ask()
    scene.deliver()
    scene.leave("ann")
    assert scene.machine.answers[-1] != ("asker of p1", "Withdrawn")
    scene.work.settle("p1", 1, timed_out=False)
    assert (scene.product().state, scene.photographer().completed) == ("pictured", 1)


def test_whoever_was_never_registered_may_leave_too(scene: Scene) -> None:
    scene.leave("eve")
    assert scene.free() == []


def test_leaving_again_after_a_crash_withdraws_again(scene: Scene) -> None:
    scene.ask()
    scene.machine.fails = {"send_task_failure": "ThrottlingException"}
    left = own_act("unregister-photographer", "ann")
    [failure] = scene.put(left)
    assert failure == {"itemIdentifier": str(scene.number)}
    scene.machine.fails = {}
    scene.number -= 1
    assert scene.put(left) == []
    assert scene.machine.answers[-1] == ("asker of p1", "Withdrawn")


def test_an_offer_starts_one_execution_named_for_its_product(scene: Scene) -> None:
    scene.offer("p1")
    assert scene.machine.started == [("p1", {"product": "p1"})]
    assert (scene.product().state, scene.product().name, scene.product().brand) == (
        "offered",
        "Item p1",
        "Brand 1",
    )


def test_while_a_product_is_only_offered_its_execution_is_started_again(scene: Scene) -> None:
    scene.machine.fails = {"start_execution": "ThrottlingException"}
    assert scene.put(payload(create("p1", "merchant"))) == [{"itemIdentifier": str(scene.number)}]
    scene.machine.fails = {"start_execution": "ExecutionAlreadyExists"}
    scene.offer("p1")
    scene.machine.fails = {}
    scene.offer("p1")
    assert scene.machine.started == [("p1", {"product": "p1"})]


def test_a_later_offer_starts_nothing(scene: Scene) -> None:
    scene.offer("p1")
    scene.work.find_photographer("p1", "token")
    scene.offer("p1")
    assert len(scene.machine.started) == 1


def test_a_picture_from_elsewhere_ends_a_product_and_frees_whoever_holds_it(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.ask()
    scene.picture_from_elsewhere("p1")
    assert (scene.product().state, scene.product().image) == ("pictured", "photos/i/p/p1")
    assert scene.machine.answers[-1] == ("asker of p1", "Over")
    assert (scene.photographer().allowance, scene.photographer().completed, scene.free()) == (2, 0, ["ann"])
    metric = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (metric["ForeignPictures"], metric["Environment"]) == ([1.0], "test")


def test_a_picture_from_elsewhere_takes_a_product_out_of_the_line(scene: Scene) -> None:
    scene.offer("p1")
    scene.work.find_photographer("p1", "finder")
    scene.picture_from_elsewhere("p1")
    assert (scene.waiting(), scene.machine.answers) == ([], [("finder", "Over")])


def test_a_picture_from_elsewhere_that_is_delivered_again_is_told_again_and_counted_once(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.ask()
    scene.machine.fails = {"send_task_failure": "ThrottlingException"}
    assert scene.put(payload(image("p1", "workshop"))) != []
    scene.machine.fails = {}
    capsys.readouterr()
    scene.picture_from_elsewhere("p1")
    assert scene.machine.answers[-1] == ("asker of p1", "Over")
    assert "ForeignPictures" not in capsys.readouterr().out


@pytest.mark.parametrize("together", [True, False])
def test_a_product_with_a_picture_from_elsewhere_is_not_started(scene: Scene, together: bool) -> None:
    offer, picture = payload(create("p1", "merchant")), payload(image("p1", "workshop"))
    for batch in [(offer, picture)] if together else [(picture,), (offer,)]:
        assert scene.put(*batch) == []
    assert (scene.product().state, scene.machine.started) == ("pictured", [])


def test_the_studio_s_own_picture_comes_back_and_changes_nothing(scene: Scene) -> None:
    scene.ask()
    scene.deliver()
    scene.work.settle("p1", 1, timed_out=False)
    before = scene.product()
    assert scene.put(scene.log.records[0]["Data"]) == []
    assert scene.product() == before


def test_a_delivered_picture_is_published_though_one_from_elsewhere_came_meanwhile(scene: Scene) -> None:
    scene.ask()
    scene.deliver()
    scene.picture_from_elsewhere("p1")
    assert scene.product().state == "delivered"
    scene.work.settle("p1", 1, timed_out=False)
    assert (scene.product().state, scene.photographer().completed) == ("pictured", 1)


def test_a_given_up_product_is_pictured_from_elsewhere(scene: Scene) -> None:
    scene.ask()
    scene.work.end_execution("p1", "p1")
    scene.picture_from_elsewhere("p1")
    assert scene.product().state == "pictured"


def test_who_is_free_again_after_a_picture_from_elsewhere_is_asked_for_the_next_product(scene: Scene) -> None:
    scene.ask()
    scene.offer("p2")
    scene.work.find_photographer("p2", "finder of p2")
    scene.picture_from_elsewhere("p1")
    assert scene.product("p2").photographer == "ann"


def test_what_changes_meanwhile_is_looked_at_again(scene: Scene) -> None:
    scene.dynamodb.transact_write_items = before_each(
        scene.dynamodb.transact_write_items, lambda: scene.offer("p1")
    )
    scene.picture_from_elsewhere("p1")
    assert scene.product().state == "pictured"


@pytest.mark.parametrize(
    "record", [own_act("register-photographer", "ann"), payload(create("p1", "m")), payload(image("p1", "w"))]
)
def test_a_batch_that_aws_fails_comes_again_from_its_first_unfinished_record(
    scene: Scene, record: bytes
) -> None:
    def fail(**_: Any) -> Any:
        raise client_error("InternalServerError", "x")

    update, put, transact = (
        getattr(scene.dynamodb, name) for name in ("update_item", "put_item", "transact_write_items")
    )
    for name in ("update_item", "put_item", "transact_write_items"):
        setattr(scene.dynamodb, name, fail)
    assert scene.put(payload(purchase("p9", "cy")), record, record) == [
        {"itemIdentifier": str(scene.number - 1)}
    ]
    scene.dynamodb.update_item, scene.dynamodb.put_item = update, put
    scene.dynamodb.transact_write_items = transact
    scene.number -= 2
    assert scene.put(record, record) == []


@pytest.mark.parametrize("record", [own_act("register-photographer", "ann"), payload(image("p1", "w"))])
def test_what_others_always_forestall_comes_again(scene: Scene, record: bytes) -> None:
    def busy(**_: Any) -> Any:
        raise client_error("TransactionConflictException", "x")

    scene.dynamodb.update_item = scene.dynamodb.transact_write_items = busy
    assert scene.put(record) == [{"itemIdentifier": str(scene.number)}]


def test_garbage_and_what_belongs_to_other_views_is_passed_over(scene: Scene) -> None:
    assert scene.put(b"garbage", payload(purchase("p1", "cy"))) == []
    assert scene.dynamodb.items["studio"] == {}


def test_a_picture_with_another_place_is_not_the_studio_s_own(scene: Scene) -> None:
    forged = image("p1", "eve", event_id=derive_picture_event_id("p1", "pictures/pictures/p1/0a.jpg"))
    assert scene.put(payload(forged)) == []
    assert scene.product().image == "photos/i/p/p1"


def test_a_repeat_alone_moves_the_watermark(scene: Scene) -> None:
    act = own_act("register-photographer", "ann", REGISTRATION)
    scene.put(act)
    before = scene.photographer().item["w0"]
    scene.put(act)
    assert scene.photographer().item["w0"] != before


def test_lambda_s_entry_takes_a_batch(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "get_intake", lambda: scene.intake)
    record = LogRecord(SHARD, "4711", "ann", own_act("register-photographer", "ann"))
    assert handler.handler(kinesis_event([record]), None) == {"batchItemFailures": []}
    assert scene.free() == ["ann"]
