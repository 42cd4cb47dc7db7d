"""Turn an HTTP request into a stream record, or refuse it.

Nothing here talks to AWS, reads a clock or draws a random number.
"""

from __future__ import annotations

import json
import re
from binascii import Error as NotBase64
from binascii import a2b_base64
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from hello_retail.event_writer.actor import Actor, NotSignedIn, clean_display_name, parse_actor
from hello_retail.event_writer.identifiers import Identifiers, derive_identifiers, hash_json
from hello_retail.event_writer.kinds import KINDS, Kind
from hello_retail.events import Event, decode_event
from hello_retail.events.registry import INGRESS_1_1, USER_UPDATE_PHONE, Violation, list_violations
from hello_retail.events.strict_json import NotStrictJson, parse_strict_json
from hello_retail.http_api.problems import Problem, WrongMember
from hello_retail.visibility import is_visible

if TYPE_CHECKING:
    from collections.abc import Mapping

MAXIMUM_BODY: Final = 64 * 1024
"""Bytes. The largest valid event takes an eighth of it."""
MAXIMUM_KEY: Final = 255
"""Characters of an Idempotency-Key."""
BUSY_SECONDS: Final = 1
"""After how long a client should ask again what became of its first attempt."""

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = rf'({_WORD})=({_WORD}|"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f])*")'
_MEDIA_TYPE = re.compile(
    rf"application/json((?:[ \t]*+;[ \t]*+(?:{_PARAMETER})?)*)", re.ASCII | re.IGNORECASE
)
"""A media type by RFC 9110, section 8.3.1: any parameters, empty ones among them."""
_PARAMETERS = re.compile(rf";[ \t]*{_PARAMETER}")
_UTF_8 = frozenset({"utf-8", "utf8"})
_KEY = re.compile(rf"(?=.*\S)[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{{1,{MAXIMUM_KEY}}}")
_TRACE_ROOT = re.compile(r"(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")


@dataclass(eq=False)
class SubmissionRefused(Problem):
    """A client error; ``code`` is a stable id of the reason."""

    code: str = "refused"


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
        Refused: 405, 401, 415, 413, 400 or 403, in this order.

    """
    context = event.get("requestContext") or {}
    if (context.get("http") or {}).get("method") != "POST":
        raise SubmissionRefused(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "This resource takes POST only.",
            headers={"allow": "POST"},
            code="wrong-method",
        )
    actor = _require_actor(context)
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    if not _is_json(headers.get("content-type", "")):
        raise SubmissionRefused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "Send JSON in UTF-8: Content-Type: application/json.",
            headers={"accept-post": "application/json"},
            code="wrong-content-type",
        )
    data = _json_object(_read_body(event))
    kind = data.get("schema")
    if not isinstance(kind, str) or kind not in KINDS:
        accepted = Violation("/schema", f"must be one of {', '.join(KINDS)}")
        raise _build_data_refusal((accepted,), "unknown-schema")
    group = KINDS[kind].group
    if group is not None and group not in actor.groups:
        raise SubmissionRefused(
            HTTPStatus.FORBIDDEN, f"Only users of the group {group} may send this event.", code="wrong-group"
        )
    return EventSubmission(actor, kind, data, _read_key(headers), _trace_id(trace_header, headers))


def check_phone(submission: EventSubmission) -> None:
    """Refuse a telephone number that the user has not shown to be theirs.

    Where texts are sent, nobody can have a stranger's telephone ring.

    Raises:
        Refused: 403.

    """
    if submission.kind == USER_UPDATE_PHONE and submission.data.get("phone") != submission.actor.phone:
        raise SubmissionRefused(
            HTTPStatus.FORBIDDEN,
            "The phone must be the one that the user pool has verified: the token's phone_number.",
            code="unverified-phone",
        )


def is_preflight(event: Mapping[str, Any]) -> bool:
    """Return whether the request is a CORS preflight, which has no token."""
    if ((event.get("requestContext") or {}).get("http") or {}).get("method") != "OPTIONS":
        return False
    return {name.lower() for name in event.get("headers") or {}} >= {
        "origin",
        "access-control-request-method",
    }


def _is_json(content_type: str) -> bool:
    """Return whether a Content-Type is JSON, in UTF-8."""
    media_type = _MEDIA_TYPE.fullmatch(content_type.strip(" \t"))
    if not media_type:
        return False
    parameters = _PARAMETERS.findall(media_type[1])
    charsets = (_unquote(value) for name, value in parameters if name.lower() == "charset")
    return all(charset.lower() in _UTF_8 for charset in charsets)


def _unquote(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _require_actor(context: Mapping[str, Any]) -> Actor:
    claims = ((context.get("authorizer") or {}).get("jwt") or {}).get("claims") or {}
    try:
        return parse_actor(claims)
    except NotSignedIn as refused:
        error = ' error="invalid_token"' if claims else ""
        raise SubmissionRefused(
            HTTPStatus.UNAUTHORIZED,
            str(refused),
            headers={"www-authenticate": f"Bearer{error}"},
            code="not-signed-in",
        ) from None


def _read_body(event: Mapping[str, Any]) -> bytes:
    text: str = event.get("body") or ""
    if len(text) <= 2 * MAXIMUM_BODY:
        try:
            encoded = event.get("isBase64Encoded")
            body = a2b_base64(text, strict_mode=True) if encoded else text.encode(errors="surrogatepass")
        except (NotBase64, ValueError):
            raise SubmissionRefused(
                HTTPStatus.BAD_REQUEST, "The body is marked as base64, and is not.", code="not-base64"
            ) from None
        if len(body) <= MAXIMUM_BODY:
            return body
    raise SubmissionRefused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"The body is larger than {MAXIMUM_BODY // 1024} KiB.",
        code="too-large",
    )


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        document = parse_strict_json(body)
    except NotStrictJson as refused:
        detail = refused.reason.replace("The record", "The body")
        raise SubmissionRefused(HTTPStatus.BAD_REQUEST, detail, code=refused.code) from None
    if not isinstance(document, dict):
        raise SubmissionRefused(
            HTTPStatus.BAD_REQUEST, "The body is JSON, but not an object.", code="not-object"
        )
    return document


def _read_key(headers: Mapping[str, str]) -> str | None:
    key = headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise SubmissionRefused(
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
        Refused: 400 where the data break their schema, 403 where they are about somebody else.
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
        raise SubmissionRefused(
            HTTPStatus.FORBIDDEN,
            "This event must be about the signed-in user: its id is the token's sub.",
            code="about-another",
        )
    if "name" in data and clean_display_name(data["name"]) != actor.name:
        raise SubmissionRefused(
            HTTPStatus.FORBIDDEN,
            "This event must be about the signed-in user: its name is the token's name.",
            code="about-another",
        )


def _build_data_refusal(broken: tuple[Violation, ...], code: str) -> SubmissionRefused:
    detail = " ".join(f"{each.pointer.removeprefix('/') or 'The body'} {each.detail}." for each in broken)
    wrong = tuple(WrongMember(each.pointer, each.detail) for each in broken)
    return SubmissionRefused(HTTPStatus.BAD_REQUEST, detail, wrong, code=code)


def build_reused_key_refusal() -> SubmissionRefused:
    """Return the refusal of a key that came with another body before."""
    return SubmissionRefused(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "This Idempotency-Key has been used with another body: take a new key for a new event.",
        code="key-reused",
    )


def build_in_progress_refusal() -> SubmissionRefused:
    """Return the refusal of a retry while the first attempt is under way."""
    return SubmissionRefused(
        HTTPStatus.CONFLICT,
        "A request with this Idempotency-Key is under way: ask again in a moment for its answer.",
        headers={"retry-after": str(BUSY_SECONDS)},
        code="in-progress",
    )
