"""What S3 tells about new objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from hello_retail.pictures.places import UploadPlace, parse_upload_key


@dataclass(frozen=True, slots=True)
class Upload:
    """An object that a photographer sent.

    ``version`` names its bytes where the bucket keeps versions: an upload that is sent again to the same key is
    another one. ``place`` is ``None`` where the key is no upload's.
    """

    key: str
    version: str | None
    place: UploadPlace | None


def parse_notification(event: Mapping[str, Any]) -> Iterator[Upload]:
    """Yield the objects of a notification; S3's test message has none.

    Keys arrive encoded as in a form: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    for record in event.get("Records", ()):
        s3_object = record["s3"]["object"]
        key = unquote_plus(s3_object["key"])
        yield Upload(key, s3_object.get("versionId"), parse_upload_key(key))
