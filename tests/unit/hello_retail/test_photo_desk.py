"""What becomes of an upload: checked, cleaned, handed over once, whatever stops, repeats or comes late."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from hello_retail.photo_desk import handler as entry
from hello_retail.photo_desk.notification import Upload, parse_notification
from hello_retail.pictures import clean_picture
from hello_retail.pictures.places import UploadPlace
from hello_retail.studio.items import build_product_key
from support.fake_aws import client_error
from support.pictures import SOI, frame, jpeg, png, scan, tables
from support.pictures import exif as exif_segment
from support.stepping import Crash
from support.studio import STUDIO
from support.studio_desk import (
    MAX_BYTES,
    PRODUCT,
    TOKEN,
    UNTIL,
    DeskWorld,
    notification,
    upload_key,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET = b"N 52.2297 E 21.0122"
PHOTO = jpeg(head=exif_segment(6, SECRET))
OTHER = jpeg(208, 200)
NO_METRIC: dict[str, Any] = {}


def path_of(content: bytes, content_type: str = "image/jpeg") -> str:
    picture = clean_picture(content, content_type, MAX_BYTES)
    return f"/pictures/{PRODUCT}/{sha256(picture.content).hexdigest()}.{picture.suffix}"


def answer_of(content: bytes) -> tuple[str, str]:
    return TOKEN, json.dumps({"image": path_of(content)})


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> DeskWorld:
    return install(DeskWorld(), monkeypatch)


def install(world: DeskWorld, monkeypatch: pytest.MonkeyPatch) -> DeskWorld:
    monkeypatch.setattr(entry, "desk", world.desk)
    return world


def tell(event: Mapping[str, Any]) -> None:
    entry.handler(event, None)


def counted(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the metrics written so far, by name."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert all(line["Environment"] == "test" for line in lines)
    return {
        metric["Name"]: line[metric["Name"]]
        for line in lines
        for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    }


def test_a_picture_is_cleaned_stored_noted_and_answered_in_this_order(
    world: DeskWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(world.upload(PHOTO))

    names = [
        "get_item",
        "get_object",
        "put_object",
        "update_item",
        "get_item",
        "send_task_success",
        "delete_object",
    ]
    assert world.calls.names == names
    assert (world.product().state, world.product().image) == ("delivered", path_of(PHOTO))
    assert world.machine.answers == [answer_of(PHOTO)]
    assert world.bucket.uploads == {}
    assert counted(capsys) == {"PicturesDelivered": [1.0]}


def test_a_stored_picture_has_a_type_a_cache_header_and_nothing_of_its_photographer(world: DeskWorld) -> None:
    tell(world.upload(PHOTO))

    (stored,) = world.bucket.pictures.values()
    assert stored == {
        "Body": clean_picture(PHOTO, "image/jpeg", MAX_BYTES).content,
        "ContentType": "image/jpeg",
        "CacheControl": "public, max-age=31536000, immutable",
    }
    assert SECRET not in stored["Body"]
    assert list(world.bucket.pictures) == [path_of(PHOTO)[1:]]


def test_a_png_is_stored_as_one(world: DeskWorld) -> None:
    tell(world.upload(png(), "image/png"))

    assert world.product().image == path_of(png(), "image/png")
    assert world.bucket.pictures[path_of(png(), "image/png")[1:]]["ContentType"] == "image/png"


def test_the_log_says_what_became_of_which_attempt(world: DeskWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(entry.logger, "debug", lambda _text, *, extra: lines.append(extra))

    tell(world.upload(b"text"))

    about = {"product": PRODUCT, "attempt": 2, "outcome": "refused", "problem": "not-an-image"}
    assert lines == [about], "and nothing of the file or its photographer"


@pytest.mark.parametrize(
    ("content", "content_type", "problem"),
    [
        (b"just text that says it is a JPEG", "image/jpeg", "not-an-image"),
        (PHOTO, "image/png", "wrong-type"),
        (jpeg(199, 400), "image/jpeg", "too-small"),
        (SOI + tables() + frame(30_000, 30_000) + scan(200, 200), "image/jpeg", "too-large"),
        (PHOTO + bytes(MAX_BYTES), "image/jpeg", "too-large"),
        (PHOTO[: len(PHOTO) // 2], "image/jpeg", "cut-short"),
        (PHOTO + b"<script>alert(1)</script>", "image/jpeg", "extra-bytes"),
    ],
)
def test_what_is_no_picture_is_deleted_its_reason_is_in_the_inbox_and_the_clock_goes_on(
    world: DeskWorld, content: bytes, content_type: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(world.upload(content, content_type))

    assert world.bucket.uploads == {}
    assert world.bucket.pictures == {}
    assert world.machine.answers == []
    product = world.product()
    assert (product.state, product.problem, product.until, product.attempt) == ("asked", problem, UNTIL, 2)
    assert counted(capsys) == {"RefusedPictures": [1.0]}

    tell(world.upload(PHOTO))
    assert (world.product().state, world.product().problem) == ("delivered", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"attempt": 3},
        {"state": "assigned", "attempt": 3},
        {"state": "waiting"},
        {"state": "released"},
        {"state": "given-up"},
        {"state": "delivered", "attempt": 3, "image": "/pictures/p1/other.jpg"},
        {"state": "pictured", "attempt": 3, "image": "/pictures/p1/other.jpg"},
    ],
)
def test_a_picture_after_its_time_is_deleted_unseen_and_counted(
    world: DeskWorld, changes: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    world.change_product(**changes)
    before = world.product()

    tell(world.upload(PHOTO))

    assert world.calls.names == ["get_item", "delete_object"]
    assert world.product() == before
    assert world.bucket.uploads == world.bucket.pictures == {}
    assert counted(capsys) == {"LatePictures": [1.0]}


def test_a_picture_of_a_product_that_the_studio_does_not_know_is_late(world: DeskWorld) -> None:
    tell(world.upload(PHOTO, key=upload_key("p2")))

    assert world.bucket.uploads == {}
    assert world.machine.answers == []


@pytest.mark.parametrize("call", ["put_object", "update_item"])
def test_a_picture_whose_time_runs_out_while_it_is_looked_at_is_late(
    world: DeskWorld, call: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.calls.before[call] = lambda: world.change_product(state="released")

    tell(world.upload(PHOTO))

    assert world.product().state == "released"
    assert world.product().image is None
    assert world.machine.answers == []
    assert world.bucket.uploads == {}
    assert counted(capsys) == {"LatePictures": [1.0]}


def test_what_is_no_picture_and_late_leaves_no_reason(
    world: DeskWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.calls.before["update_item"] = lambda: world.change_product(state="waiting")

    tell(world.upload(b"text"))

    assert world.product().problem is None
    assert world.bucket.uploads == {}
    assert counted(capsys) == {"LatePictures": [1.0]}


@pytest.mark.parametrize("content", [PHOTO, b"text"])
@pytest.mark.parametrize("version", ["v1", None])
def test_an_event_that_comes_twice_changes_nothing(
    world: DeskWorld, content: bytes, version: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    event = world.upload(content, version=version)
    tell(event)
    after, pictures = world.product(), dict(world.bucket.pictures)
    capsys.readouterr()

    tell(event)

    assert world.product() == after
    assert world.bucket.pictures == pictures
    assert set(world.machine.answers) <= {answer_of(PHOTO)}
    assert counted(capsys) == NO_METRIC, "neither late nor delivered again"


def test_an_event_that_comes_again_after_all_is_done_answers_nobody(world: DeskWorld) -> None:
    event = world.upload(PHOTO)
    tell(event)
    world.change_product(state="pictured")
    world.machine.answers.clear()

    tell(event)

    assert world.machine.answers == []
    assert world.product().state == "pictured"


@pytest.mark.parametrize("call", ["get_object", "put_object", "update_item"])
def test_of_two_pictures_at_once_the_first_that_is_noted_wins_and_both_answer_with_it(
    world: DeskWorld, call: str, capsys: pytest.CaptureFixture[str]
) -> None:
    second = world.upload(OTHER, version="v2")
    world.calls.before[call] = lambda: tell(second)

    tell(world.upload(PHOTO))

    assert world.product().image == path_of(OTHER)
    assert world.machine.answers == [answer_of(OTHER), answer_of(OTHER)]
    assert world.bucket.uploads == {}
    assert counted(capsys) == {"PicturesDelivered": [1.0]}


def test_a_second_picture_to_the_same_key_is_looked_at_for_itself(world: DeskWorld) -> None:
    """A ticket may be used twice: what is deleted are the bytes that were looked at."""
    first, second = world.upload(b"text", version="v1"), world.upload(PHOTO, version="v2")

    tell(first)
    assert list(world.bucket.uploads) == [(upload_key(), "v2")]
    tell(second)

    assert world.product().image == path_of(PHOTO)


@pytest.mark.parametrize("content", [PHOTO, b"just text"], ids=["a picture", "no picture"])
def test_a_crash_between_any_two_steps_heals_on_the_next_try(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = install(DeskWorld(), monkeypatch)
    tell(whole.upload(content))
    steps = len(whole.calls.names)
    assert steps >= 4

    for number in range(steps):
        for after in (False, True):
            world = install(DeskWorld(), monkeypatch)
            event = world.upload(content)
            world.calls.crash = (number, after)
            with pytest.raises(Crash):
                tell(event)

            tell(event)

            assert _without_time(world) == _without_time(whole), (
                f"crash {'after' if after else 'before'} {number}"
            )
            assert world.bucket == whole.bucket
            assert set(world.machine.answers) == set(whole.machine.answers)


def _without_time(world: DeskWorld) -> dict[str, Any]:
    item = world.table.items[STUDIO][world.table.key(STUDIO, build_product_key(PRODUCT))]
    return {name: value for name, value in item.items() if name != "deliveredAt"}


@pytest.mark.parametrize("refusal", ["TaskTimedOut", "TaskDoesNotExist"])
def test_a_machine_that_has_gone_on_is_no_failure(world: DeskWorld, refusal: str) -> None:
    world.machine.refusal = refusal

    tell(world.upload(PHOTO))

    assert world.product().state == "delivered", "whoever settles finds it"
    assert world.bucket.uploads == {}


def test_a_machine_that_cannot_be_answered_is_a_failure_and_the_upload_stays(world: DeskWorld) -> None:
    world.machine.refusal = "AccessDeniedException"
    event = world.upload(PHOTO)

    with pytest.raises(ClientError):
        tell(event)
    assert world.bucket.uploads

    world.machine.refusal = None
    tell(event)
    assert world.machine.answers == [answer_of(PHOTO)]
    assert world.bucket.uploads == {}


def test_an_upload_that_cannot_be_read_is_a_failure_and_stays(
    world: DeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_request: Any) -> None:
        raise client_error("AccessDenied", "GetObject")

    monkeypatch.setattr(world.bucket, "get_object", refuse)

    with pytest.raises(ClientError):
        tell(world.upload(PHOTO))
    assert world.bucket.uploads
    assert world.product().problem is None


def test_one_object_that_fails_does_not_hold_up_the_others(world: DeskWorld) -> None:
    world.upload(PHOTO, version="v1")
    world.upload(OTHER, key=upload_key("p2"), version="v1")
    world.machine.refusal = "AccessDeniedException"

    with pytest.raises(ClientError):
        tell(notification((upload_key(), "v1"), (upload_key("p2"), "v1")))

    assert list(world.bucket.uploads) == [(upload_key(), "v1")]


@pytest.mark.parametrize(
    "key",
    [
        "incoming/p1/2",
        "incoming/p1/0/" + "a" * 36,
        "pictures/p1/x.jpg",
        f"{upload_key()}/more",
        "incoming/p1/-1/x",
    ],
)
def test_an_object_that_is_no_upload_is_left_alone(world: DeskWorld, key: str) -> None:
    tell(world.upload(PHOTO, key=key))

    assert world.calls.names == []
    assert world.bucket.uploads


def test_keys_arrive_encoded_as_in_a_form() -> None:
    event = notification((upload_key("a+b c%2F"), None), (upload_key(), "v1"))
    assert "a%2Bb+c%252F" in json.dumps(event)

    place = UploadPlace("a+b c%2F", 2)
    assert list(parse_notification(event)) == [
        Upload(upload_key("a+b c%2F"), None, place),
        Upload(upload_key(), "v1", UploadPlace(PRODUCT, 2)),
    ]


def test_s3_s_test_message_is_taken_quietly(world: DeskWorld) -> None:
    tell({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "pictures"})

    assert world.calls.names == []
