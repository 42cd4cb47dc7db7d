"""The photo desk over fakes that tell its calls, and stop it before or after any of them."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from hello_retail.photo_desk.desk import PhotoDesk
from hello_retail.photo_desk.store import PictureBucket
from hello_retail.studio.items import Product, build_product_key, parse_product
from support.fake_aws import client_error
from support.stepping import Crash
from support.studio import STUDIO, studio_table

BUCKET = "pictures"
PRODUCT, PHOTOGRAPHER = "p1", "ada"
TOKEN = "token-of-attempt-2"
UNTIL = "2026-11-28T12:15:00.000Z"
UPLOAD_ID = "5b6f0c1e-3d2a-4f0b-8f53-7c2f6f0e9a11"
MAX_BYTES = 1_000_000


def upload_key(product: str = PRODUCT, attempt: int = 2, upload_id: str = UPLOAD_ID) -> str:
    return f"incoming/{product}/{attempt}/{upload_id}"


FIRST_KEY = upload_key()


def notification(*objects: tuple[str, str | None]) -> dict[str, Any]:
    """Return S3's event for objects by key and version."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Post",
                "s3": {
                    "bucket": {"name": BUCKET},
                    "object": {"key": quote_plus(key, safe="/"), "size": 1}
                    | ({} if version is None else {"versionId": version}),
                },
            }
            for key, version in objects
        ]
    }


@dataclass
class FakeBucket:
    """A bucket that keeps versions: uploads by key and version, pictures by key."""

    uploads: dict[tuple[str, str | None], tuple[bytes, str]] = field(default_factory=dict)
    pictures: dict[str, dict[str, Any]] = field(default_factory=dict)

    def get_object(self, *, Bucket: str, Key: str, VersionId: str | None = None) -> dict[str, Any]:
        assert Bucket == BUCKET
        if (Key, VersionId) not in self.uploads:
            raise client_error("NoSuchKey" if VersionId is None else "NoSuchVersion", "GetObject")
        content, content_type = self.uploads[Key, VersionId]
        return {"Body": io.BytesIO(content), "ContentType": content_type}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **headers: str) -> dict[str, Any]:
        assert Bucket == BUCKET
        self.pictures[Key] = {"Body": Body, **headers}
        return {}

    def delete_object(self, *, Bucket: str, Key: str, VersionId: str | None = None) -> dict[str, Any]:
        assert Bucket == BUCKET
        self.uploads.pop((Key, VersionId), None)
        return {}


@dataclass
class FakeMachine:
    """A machine that keeps the answers to its callbacks, and may refuse them."""

    answers: list[tuple[str, str]] = field(default_factory=list)
    refusal: str | None = None

    def send_task_success(self, *, taskToken: str, output: str) -> dict[str, Any]:
        if self.refusal:
            raise client_error(self.refusal, "SendTaskSuccess")
        self.answers.append((taskToken, output))
        return {}


@dataclass
class Calls:
    """The calls of AWS so far; ``crash`` is the number of one and whether the process ends after or before it."""

    names: list[str] = field(default_factory=list)
    crash: tuple[int, bool] | None = None
    before: dict[str, Any] = field(default_factory=dict)
    """What happens elsewhere before the next call of a name."""

    def make(self, client: object, name: str, request: dict[str, Any]) -> Any:
        number = len(self.names)
        self.names.append(name)
        self.before.pop(name, lambda: None)()
        if self.crash == (number, False):
            raise Crash
        answer = getattr(client, name)(**request)
        if self.crash == (number, True):
            raise Crash
        return answer


class Told:
    """A client that tells its calls."""

    def __init__(self, client: object, calls: Calls) -> None:
        self._client, self._calls = client, calls

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if not callable(attribute) or name == "exceptions":
            return attribute
        return lambda **request: self._calls.make(self._client, name, request)


class DeskWorld:
    """A product that is asked for its picture, and a desk."""

    def __init__(self, **changes: Any) -> None:
        self.calls = Calls()
        self.table = studio_table()
        self.bucket = FakeBucket()
        self.machine = FakeMachine()
        self.change_product(state="asked", attempt=2, asker=TOKEN, **changes)
        self.desk = PhotoDesk(
            Told(self.table, self.calls),  # type: ignore[arg-type]
            STUDIO,
            PictureBucket(Told(self.bucket, self.calls), BUCKET),  # type: ignore[arg-type]
            Told(self.machine, self.calls),
            MAX_BYTES,
        )

    def change_product(self, **changes: Any) -> None:
        """Give the product's item other attributes."""
        key = build_product_key(PRODUCT)
        new = {
            name: {"N": str(value)} if isinstance(value, int) else {"S": value}
            for name, value in changes.items()
        }
        item = self.table.items[STUDIO].get(self.table.key(STUDIO, key))
        first = {**key, "since": {"S": UNTIL}, "until": {"S": UNTIL}, "photographer": {"S": PHOTOGRAPHER}}
        self.table.put_item(TableName=STUDIO, Item={**(item or first), **new})

    def upload(
        self,
        content: bytes,
        content_type: str = "image/jpeg",
        *,
        key: str = FIRST_KEY,
        version: str | None = "v1",
    ) -> dict[str, Any]:
        """Put an upload, and return S3's event of it."""
        self.bucket.uploads[key, version] = (content, content_type)
        return notification((key, version))

    def product(self) -> Product:
        return parse_product(self.table.items[STUDIO][self.table.key(STUDIO, build_product_key(PRODUCT))])
