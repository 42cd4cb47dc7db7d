"""The law of the desk: whatever stops, repeats or comes late, an attempt has one picture, and no upload stays.

One ``random.Random`` makes every choice, so a seed is a history. Uploads are dealt with side by side, call by call;
each call may be the last of its process, before or after it is made, and Lambda then tries the event again. In
between the machine may end the attempt and ask somebody else.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from hashlib import sha256
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hello_retail.photo_desk.desk import Dealt, Outcome, PhotoDesk
from hello_retail.photo_desk.notification import Upload, parse_notification
from hello_retail.photo_desk.store import PictureBucket
from hello_retail.pictures import clean_picture
from hello_retail.pictures.places import UploadPlace
from support.laws import histories
from support.pictures import jpeg
from support.stepping import Crash, Stepped
from support.studio_desk import MAX_BYTES, PRODUCT, Calls, DeskWorld, upload_key

pytestmark = pytest.mark.slow

PHOTOS = (jpeg(), jpeg(208, 200), jpeg(200, 208))
RUBBISH = b"just text"
CRASHES = (0.0, 0.05, 0.2)


def image_of(content: bytes) -> str:
    picture = clean_picture(content, "image/jpeg", MAX_BYTES)
    return f"/pictures/{PRODUCT}/{sha256(picture.content).hexdigest()}.jpg"


class SteppedCalls(Calls):
    """Calls that wait for their turn, and may be the last of their process."""

    def __init__(self, random: Random, crash: float, note: Any) -> None:
        super().__init__()
        self.random, self.rate, self.note = random, crash, note

    def make(self, client: object, name: str, request: dict[str, Any]) -> Any:
        Stepped.pause()
        if self.random.random() < self.rate / 2:
            raise Crash
        answer = getattr(client, name)(**request)
        self.note()
        if self.random.random() < self.rate / 2:
            raise Crash
        return answer


class History:
    """A product, its uploads and its machine, from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random = Random(seed)  # noqa: S311 - a history, no secret
        self.world = DeskWorld()
        self.world.calls = SteppedCalls(random, random.choice(CRASHES), self.note_image)
        for told in (self.world.desk.dynamodb, self.world.desk.bucket.client, self.world.desk.machine):
            told._calls = self.world.calls  # type: ignore[union-attr]
        self.images: dict[int, set[str]] = defaultdict(set)
        self.sent: dict[int, set[str]] = defaultdict(set)
        self.ends = random.choice((0, 0, 1, 2))
        """How many attempts the machine ends."""
        self.events: list[Upload] = []
        self.running: list[tuple[Upload, Stepped]] = []
        for number in range(random.randint(1, 4)):
            self.send(random.choice((*PHOTOS, PHOTOS[0], RUBBISH)), random.choice((2, 2, 2, 3, 1)), number)

    def send(self, content: bytes, attempt: int, number: int) -> None:
        """Upload a file; S3 tells of it once or twice. Some go to the same key."""
        key = upload_key(attempt=attempt, upload_id=f"{number % 3:036}")
        upload = list(parse_notification(self.world.upload(content, key=key, version=f"v{number}")))
        self.events += upload * self.random.choice((1, 1, 2))
        if content != RUBBISH:
            self.sent[attempt].add(image_of(content))

    def note_image(self) -> None:
        product = self.world.product()
        if product.state in {"delivered", "pictured"}:
            assert product.image is not None
            self.images[product.attempt].add(product.image)

    def run(self) -> None:
        """Let everything happen, in any order, until every event is dealt with."""
        while self.events or self.running:
            choice = self.random.random()
            if choice < 0.1 and self.ends:
                self.end_attempt()
            elif self.events and (choice < 0.4 or not self.running):
                upload = self.events.pop(self.random.randrange(len(self.events)))
                self.running.append((upload, Stepped(lambda upload=upload: self.desk.deal_with(upload))))
            else:
                self.step(self.random.randrange(len(self.running)))

    @property
    def desk(self) -> PhotoDesk:
        return self.world.desk

    def step(self, number: int) -> None:
        upload, invocation = self.running[number]
        invocation.step()
        if not invocation.ended:
            return
        self.running.pop(number)
        if isinstance(invocation.error, Crash):
            self.events.append(upload)
        else:
            assert invocation.error is None

    def end_attempt(self) -> None:
        """Settle as the machine does: a delivered picture stays, else the next one is asked, by another token."""
        self.ends -= 1
        product = self.world.product()
        if product.state == "delivered":
            self.world.change_product(state="pictured")
        elif product.state == "asked":
            self.world.change_product(
                state="asked", attempt=product.attempt + 1, asker=f"token-{product.attempt + 1}"
            )


@histories(2000)
@given(seed=st.integers(0, 2**32))
def test_an_attempt_has_one_picture_and_nothing_stays(seed: int) -> None:
    check_history(seed)


def check_history(seed: int) -> None:
    history = History(seed)
    first_token = history.world.product().asker

    history.run()

    world, product = history.world, history.world.product()
    assert world.bucket.uploads == {}, "every upload is deleted"
    for attempt, images in history.images.items():
        assert len(images) == 1, "an attempt's picture never changes"
        assert images <= history.sent[attempt], "and was sent for that attempt"
    tokens = {first_token: 2} | {f"token-{attempt}": attempt for attempt in range(3, 6)}
    for token, output in world.machine.answers:
        assert {json.loads(output)["image"]} == history.images[tokens[token]], "answered as the table has it"
    if product.state == "asked":
        assert not (history.sent[product.attempt] and product.attempt == 2), "a picture in time is delivered"
    else:
        assert product.image is not None
        assert product.image[1:] in world.bucket.pictures
        assert product.problem is None
    if product.state == "delivered":
        assert any(tokens[token] == product.attempt for token, _ in world.machine.answers), (
            "the machine knows"
        )


def test_histories_reach_what_the_law_is_about() -> None:
    reached: set[str] = set()
    for seed in range(150):
        history = History(seed)
        history.run()
        reached.add(history.world.product().state)
        reached |= {f"attempt {history.world.product().attempt}"}
        if len(history.world.bucket.pictures) > 1:
            reached.add("two pictures for one")
        if len(history.world.machine.answers) > 1:
            reached.add("answered again")
        if history.world.product().problem:
            reached.add("refused")

    assert reached >= {"asked", "delivered", "pictured", "attempt 2", "attempt 3", "two pictures for one"}
    assert reached >= {"answered again", "refused"}


def answer_with_own_picture(desk: Any, product: Any, place: Any, image: str | None) -> Outcome:
    own = product if image is None else replace(product, image=image)
    return CONCLUDE(desk, own, place, image)


def answer_nobody_again(desk: Any, product: Any, place: Any, image: str | None) -> Outcome:
    return Outcome.REPEATED if image is None else CONCLUDE(desk, product, place, image)


def delete_first(desk: Any, upload: Upload) -> Dealt:
    uploaded = desk.bucket.read_upload(upload, MAX_BYTES)
    desk.bucket.delete_upload(upload)
    return DEAL_WITH(replace(desk, bucket=InHand(desk.bucket, uploaded)), upload)


@dataclass
class InHand:
    """A bucket whose upload has been read and deleted."""

    bucket: PictureBucket
    uploaded: Any

    def read_upload(self, *_: Any) -> Any:
        return self.uploaded

    def delete_upload(self, _upload: Upload) -> None: ...

    def write_picture(self, *request: Any) -> None:
        self.bucket.write_picture(*request)


def forget_the_version(bucket: Any, upload: Upload) -> dict[str, Any]:
    newest = max(
        (version for key, version in bucket.client._client.uploads if key == upload.key), default="v0"
    )
    return {"Bucket": bucket.name, "Key": upload.key, "VersionId": newest}


def forget_the_attempt(desk: Any, place: UploadPlace, picture: Any) -> str:
    product = desk._read_product(place)
    return DELIVER(desk, UploadPlace(place.product_id, product.attempt), picture)


CONCLUDE, DEAL_WITH, DELIVER = PhotoDesk._conclude, PhotoDesk.deal_with, PhotoDesk._deliver


@pytest.mark.parametrize(
    ("owner", "name", "broken"),
    [
        (PhotoDesk, "_conclude", answer_with_own_picture),
        (PhotoDesk, "_conclude", answer_nobody_again),
        (PhotoDesk, "deal_with", delete_first),
        (PhotoDesk, "_deliver", forget_the_attempt),
        (PictureBucket, "_locate", forget_the_version),
    ],
)
def test_the_law_notices_a_desk_that_breaks_a_rule(owner: Any, name: str, broken: Any) -> None:
    with patch.object(owner, name, broken):
        for seed in range(400):
            try:
                check_history(seed)
            except AssertionError:
                return
    pytest.fail("400 histories, and none of them wrong")
