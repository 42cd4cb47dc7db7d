"""Opaque, URL-safe cursors for a position in a list.

The checksum detects a cursor that was cut, mistyped or made for another kind of list. It is not a signature: a
cursor contains only what the answer before it showed, and any position is a harmless one to start from.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b

MAX_CHARACTERS = 2800
CURSOR_REMEDY = (
    "take it unchanged from the Link header of the page before, or leave it out to get the first page."
)
_CHECK_BYTES = 6
_CURSOR_FORM = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_CHARACTERS}}}")


class BadCursor(ValueError):
    """A text that :func:`seal_cursor` never made for this kind of list."""


def seal_cursor(kind: bytes, place: str) -> str:
    """Return the cursor of a position; ``kind`` has at most 16 bytes."""
    key = place.encode()
    check = blake2b(key, digest_size=_CHECK_BYTES, person=kind).digest()
    return urlsafe_b64encode(check + key).decode().rstrip("=")


def open_cursor(kind: bytes, cursor: str) -> str:
    """Return the position that :func:`seal_cursor` was given.

    Raises:
        BadCursor: for every text that ``seal_cursor`` does not make for this kind.

    """
    if not _CURSOR_FORM.fullmatch(cursor) or len(cursor) % 4 == 1:
        raise BadCursor
    content = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    try:
        place = content[_CHECK_BYTES:].decode()
    except UnicodeDecodeError as error:
        raise BadCursor from error
    if seal_cursor(kind, place) != cursor:
        raise BadCursor
    return place
