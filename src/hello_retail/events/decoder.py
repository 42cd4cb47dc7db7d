"""Decode a stream record into an event or a rejection.

Both functions take any input, raise nothing, and answer from the bytes alone.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from typing import Any

from hello_retail.events.event import Event, Rejection
from hello_retail.events.registry import (
    DATA_EVENTS,
    EGRESS_1_1,
    ENVELOPES,
    INGRESS_1_1,
    INGRESS_1_2,
    find_violation,
)
from hello_retail.events.strict_json import NotStrictJson, parse_strict_json
from hello_retail.unknown import UNKNOWN

MAXIMUM_NAME = 128
"""Longest user id and display name, in characters: at most 512 of the 1,024 bytes of a sort key."""

_MINTING = frozenset({INGRESS_1_1, INGRESS_1_2, EGRESS_1_1})
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

_MAGIC = {
    b"\xf3\x89\x9a\xc2": Rejection(
        "The record is an aggregate of the Kinesis Producer Library: put one event per record.",
        "aggregated",
    ),
    b"\x1f\x8b": Rejection("The record is compressed with gzip: put plain JSON.", "compressed"),
}
_EMPTY = Rejection("The record is empty.", "empty")
_NOT_BASE64 = Rejection("The record's data is not base64.", "not-base64")
_NOT_OBJECT = Rejection("The record is JSON, but not an object.", "not-object")
_UNKNOWN_ENVELOPE = Rejection(
    f"The record's schema is none of the envelopes {', '.join(sorted(ENVELOPES))}.", "unknown-envelope"
)
_NESTED_ENVELOPE = Rejection("The record's data is itself an envelope.", "invalid-data")
_NO_USER = Rejection("The origin names no user: it must read app/action/user id/display name.", "no-user")
_INVALID_USER = Rejection(
    f"The origin's user id must have at most {MAXIMUM_NAME} characters and no space around it.",
    "invalid-user",
)
_RESERVED_USER = Rejection(
    f"The origin's user id is {UNKNOWN}: that name stands for whoever the log does not name.", "reserved-user"
)
_INVALID_NAME = Rejection(
    f"The origin's display name has more than {MAXIMUM_NAME} characters.", "invalid-name"
)


class _RecordRefused(Exception):
    def __init__(self, rejection: Rejection) -> None:
        super().__init__(rejection.reason)
        self.rejection = rejection


def decode_base64_event(text: str) -> Event | Rejection:
    """Decode a Kinesis record's ``data`` as Lambda delivers it.

    That is base64 with padding, in the standard alphabet.
    """
    try:
        payload = a2b_base64(text, strict_mode=True)
        is_padded = len(text) % 4 == 0  # Python takes one "=" too many after a whole group of four
    except (ValueError, TypeError):  # TypeError: a hand-made record may hold anything
        return _NOT_BASE64
    if not is_padded:
        return _NOT_BASE64
    return decode_event(payload)


def decode_event(payload: bytes) -> Event | Rejection:
    """Decode the bytes of one record.

    It is an ingress or egress envelope around a data event, in strict JSON.

    A data event whose schema id is well formed, but not in the registry, gives an event with its data as it
    came: it belongs to other views. One that the registry knows must be valid.
    """
    try:
        document = parse_strict_json(payload)
    except NotStrictJson as refused:
        return _explain_unreadable(payload, refused)
    try:
        return _build_event(document)
    except _RecordRefused as refused:
        return refused.rejection


def _explain_unreadable(payload: bytes, refused: NotStrictJson) -> Rejection:
    if not payload:
        return _EMPTY
    for magic, rejection in _MAGIC.items():
        if payload.startswith(magic):
            return rejection
    return Rejection(refused.reason, refused.code)


def _build_event(document: object) -> Event:
    if not isinstance(document, dict):
        raise _RecordRefused(_NOT_OBJECT)
    envelope: dict[str, Any] = document
    schema_id = envelope.get("schema")
    if not isinstance(schema_id, str) or schema_id not in ENVELOPES:
        raise _RecordRefused(_UNKNOWN_ENVELOPE)
    violation = find_violation(schema_id, envelope)
    if violation:
        raise _RecordRefused(Rejection(f"The envelope is not valid: {violation}.", "invalid-envelope"))
    data: dict[str, Any] = envelope["data"]
    kind: str = data["schema"]
    if kind in DATA_EVENTS:
        violation = find_violation(kind, data)
        if violation:
            raise _RecordRefused(Rejection(f"The data is not a valid {kind}: {violation}.", "invalid-data"))
    elif kind in ENVELOPES:
        raise _RecordRefused(_NESTED_ENVELOPE)
    user_id, display_name = _parse_contributor(envelope["origin"])
    return Event(kind, user_id, display_name, data, envelope["timeOrigin"], _minted_id(schema_id, envelope))


def _parse_contributor(origin: str) -> tuple[str, str]:
    """Return user id and display name, neither of which may be UNKNOWN."""
    _app, _action, user_id, display_name = (*origin.split("/", 3), "", "", "")[:4]
    if not user_id or user_id.isspace():
        raise _RecordRefused(_NO_USER)
    if len(user_id) > MAXIMUM_NAME or user_id != user_id.strip():
        raise _RecordRefused(_INVALID_USER)
    if user_id == UNKNOWN:
        raise _RecordRefused(_RESERVED_USER)
    if len(display_name) > MAXIMUM_NAME:
        raise _RecordRefused(_INVALID_NAME)
    if not display_name or display_name.isspace():
        return user_id, user_id
    return user_id, display_name


def _minted_id(schema_id: str, envelope: dict[str, Any]) -> str | None:
    if schema_id in _MINTING:
        event_id: str = envelope["eventId"].lower()
        if _UUID.fullmatch(event_id):
            return event_id
    return None
