"""Turn an HTTP request into a stream record, or refuse it.

Nothing here talks to AWS, reads a clock or draws a random number.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from hello_retail.event_writer.actor import Actor, clean_display_name, parse_actor
from hello_retail.event_writer.identifiers import Identifiers, derive_identifiers
from hello_retail.event_writer.kinds import KINDS, Kind
from hello_retail.events import Event, decode_event
from hello_retail.events.registry import (
    INGRESS_1_1,
    PRODUCT_IMAGE,
    PRODUCT_PURCHASE,
    USER_UPDATE_PHONE,
    Violation,
    list_violations,
)
from hello_retail.http_api.identity import require_group, require_signed_in
from hello_retail.http_api.json_body import hash_json, read_json_object
from hello_retail.http_api.methods import POST, get_method, refuse_other_methods
from hello_retail.http_api.problems import Problem, WrongMember, build_data_problem
from hello_retail.visibility import is_visible

if TYPE_CHECKING:
    from collections.abc import Mapping

MAXIMUM_BODY: Final = 64 * 1024
"""Bytes. The largest valid event takes an eighth of it."""
MAXIMUM_KEY: Final = 255
"""Characters of an Idempotency-Key."""
BUSY_SECONDS: Final = 1
"""After how long a client should ask again what became of its first attempt."""

_KEY = re.compile(rf"(?=.*\S)[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{{1,{MAXIMUM_KEY}}}")
_TRACE_ROOT = re.compile(r"(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")


class NotDecodable(Exception):
    """A finished record that consumers would quarantine: a defect here."""


@dataclass(frozen=True, slots=True)
class EventSubmission:
    """What somebody asks to be put on the stream.

    Attributes:
        actor: who acts, from the token.
        kind: the schema id, one of ``KINDS``.
        data: the event's data as sent: a JSON object, not yet checked.
        key: the Idempotency-Key, or None.
        trace_id: the root of the X-Ray trace, or None.

    """

    actor: Actor
    kind: str
    data: Mapping[str, Any]
    key: str | None
    trace_id: str | None

    def hash_body(self) -> str:
        """Return what tells this body from another under the same key."""
        return hash_json(self.data)

    def derive_own_identifiers(self, key: str) -> Identifiers:
        """Return the ids of every attempt at this request under its key."""
        return derive_identifiers(self.actor.user_id, key, self.hash_body())


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event as it goes on the stream.

    Attributes:
        event_id: the envelope's ``eventId``.
        product_id: the product that it is about; None for a user's own events.
        partition_key: what keeps events in order: the product's id, or the user's.
        payload: the envelope, JSON in UTF-8.

    """

    event_id: str
    product_id: str | None
    partition_key: str
    payload: bytes

    def build_receipt(self) -> dict[str, str]:
        """Return the receipt that the client gets."""
        return {"eventId": self.event_id} | ({"productId": self.product_id} if self.product_id else {})


def parse_submission(event: Mapping[str, Any], trace_header: str = "") -> EventSubmission:
    """Return what a request of payload format 2.0 asks for.

    ``trace_header`` is Lambda's own, if any.

    Raises:
        Problem: 405, 401, 415, 413, 400 or 403, in this order.

    """
    refuse_other_methods(get_method(event), POST)
    actor = require_signed_in(event, parse_actor)
    data = read_json_object(event, MAXIMUM_BODY)
    kind = data.get("schema")
    if not isinstance(kind, str) or kind not in KINDS:
        accepted = Violation("/schema", f"must be one of {', '.join(KINDS)}")
        raise _build_data_refusal((accepted,), "unknown-schema")
    group = KINDS[kind].group
    if group is not None:
        require_group(actor.groups, group, "may send this event")
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return EventSubmission(actor, kind, data, _read_key(headers), _trace_id(trace_header, headers))


def check_phone(submission: EventSubmission) -> None:
    """Refuse a telephone number that the user has not shown to be theirs.

    Where texts are sent, nobody can have a stranger's telephone ring.

    Raises:
        Problem: 403.

    """
    if submission.kind == USER_UPDATE_PHONE and submission.data.get("phone") != submission.actor.phone:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "The phone must be the one that the user pool has verified: the token's phone_number.",
            code="unverified-phone",
        )


def refuse_shortcut(submission: EventSubmission) -> None:
    """Refuse a picture that is not uploaded and a sale without an order, which only a workshop takes.

    Raises:
        Problem: 403.

    """
    if submission.kind == PRODUCT_IMAGE:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "Pictures come from the photographer who is asked for them: register, and upload the picture of the "
            "product in GET /assignments.",
            code="unasked-picture",
        )
    if submission.kind == PRODUCT_PURCHASE:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "Sales come from confirmed orders: order the product with PUT /orders/{orderId}.",
            code="unordered-sale",
        )


def _read_key(headers: Mapping[str, str]) -> str | None:
    key = headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            f"Idempotency-Key: give 1 to {MAXIMUM_KEY} characters, no control characters among them.",
            code="bad-key",
        )
    return key


def _trace_id(trace_header: str, headers: Mapping[str, str]) -> str | None:
    root = _TRACE_ROOT.search(trace_header) or _TRACE_ROOT.search(headers.get("x-amzn-trace-id", ""))
    return root[1] if root else None


def build_event_record(
    submission: EventSubmission, identifiers: Identifiers, time_origin: str, origin: str
) -> EventRecord:
    """Return the record for a submission; ``time_origin`` is RFC 3339, ``origin`` names the system.

    Raises:
        Problem: 400 where the data break their schema, 403 where they are about somebody else.
        NotDecodable: where a consumer would not take the record.

    """
    rules, data = KINDS[submission.kind], dict(submission.data)
    if rules.gets_id:
        data.setdefault("id", identifiers.product_id)
    broken = list_violations(submission.kind, data) or _list_blank_texts(rules, data)
    if broken:
        raise _build_data_refusal(broken, "invalid-data")
    if rules.about_actor:
        _check_about_actor(submission.actor, data)
    envelope = {
        "schema": INGRESS_1_1,
        "eventId": identifiers.event_id,
        "timeOrigin": time_origin,
        "origin": f"{origin}/web-client-{rules.action}/{submission.actor.user_id}/{submission.actor.name}",
        "data": data,
    }
    if submission.trace_id is not None:
        envelope["traceId"] = submission.trace_id
    payload = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
    decoded = decode_event(payload)
    if not isinstance(decoded, Event) or decoded.user_id != submission.actor.user_id:
        raise NotDecodable(f"The finished {submission.kind} is not one that consumers take.")
    product_id = None if rules.about_actor else data["id"]
    return EventRecord(identifiers.event_id, product_id, data["id"], payload)


def _list_blank_texts(rules: Kind, data: Mapping[str, Any]) -> tuple[Violation, ...]:
    """Return the texts that would be blank on the board."""
    return tuple(
        Violation(f"/{name}", "must have a visible character")
        for name in rules.texts
        if name in data and not is_visible(data[name])
    )


def _check_about_actor(actor: Actor, data: Mapping[str, Any]) -> None:
    if data["id"] != actor.user_id:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "This event must be about the signed-in user: its id is the token's sub.",
            code="about-another",
        )
    if "name" in data and clean_display_name(data["name"]) != actor.name:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "This event must be about the signed-in user: its name is the token's name.",
            code="about-another",
        )


def _build_data_refusal(broken: tuple[Violation, ...], code: str) -> Problem:
    return build_data_problem(tuple(WrongMember(each.pointer, each.detail) for each in broken), code)


def build_reused_key_refusal() -> Problem:
    """Return the refusal of a key that came with another body before."""
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "This Idempotency-Key has been used with another body: take a new key for a new event.",
        code="key-reused",
    )


def build_in_progress_refusal() -> Problem:
    """Return the refusal of a retry while the first attempt is under way."""
    return Problem(
        HTTPStatus.CONFLICT,
        "A request with this Idempotency-Key is under way: ask again in a moment for its answer.",
        headers={"retry-after": str(BUSY_SECONDS)},
        code="in-progress",
    )
