"""Where pictures are: uploads under ``incoming/``, cleaned ones under ``pictures/`` of the same bucket."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hello_retail.pictures.picture import Picture

_UPLOAD = re.compile(r"incoming/(?P<product>[^/]+)/(?P<attempt>[1-9][0-9]{0,8})/[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True)
class UploadPlace:
    """Which attempt at which product's picture an upload is for."""

    product_id: str
    attempt: int


def format_upload_key(place: UploadPlace, upload_id: str) -> str:
    """Return the key of an upload; ``upload_id`` is a UUID."""
    return f"incoming/{place.product_id}/{place.attempt}/{upload_id}"


def parse_upload_key(key: str) -> UploadPlace | None:
    """Return what an upload is for; ``None`` for a key that is no upload's."""
    upload = _UPLOAD.fullmatch(key)
    return UploadPlace(upload["product"], int(upload["attempt"])) if upload else None


def format_picture_key(product_id: str, picture: Picture) -> str:
    """Return the key of a picture: named by its content, so that nothing else is ever written over it."""
    return f"pictures/{product_id}/{sha256(picture.content).hexdigest()}.{picture.suffix}"
