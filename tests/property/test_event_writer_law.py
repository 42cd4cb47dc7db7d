"""Laws of the front door, whatever is sent to it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hello_retail.event_writer.identifiers import RANDOM_BYTES, create_identifiers, create_uuid7
from hello_retail.event_writer.kinds import KINDS
from hello_retail.event_writer.submission import (
    EventRecord,
    build_event_record,
    parse_submission,
)
from hello_retail.events import SCHEMAS, Event, decode_event
from hello_retail.http_api.problems import Problem
from support.event_writer import CART, IMAGE, LOGIN, OFFER, PHONE, PURCHASE, SUB, claims, post

TIME = "2026-11-22T12:00:00.000Z"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
VALID = st.sampled_from([OFFER, IMAGE, PURCHASE, LOGIN, PHONE, CART])
MEMBERS = st.sampled_from(
    ["id", "name", "brand", "phone", "image", "category", "description", "price", "origin"]
)
NEARLY = st.builds(
    lambda body, changes, left_out: {k: v for k, v in {**body, **changes}.items() if k not in left_out},
    VALID,
    st.dictionaries(MEMBERS, st.text() | JSON, max_size=2),
    st.sets(MEMBERS, max_size=1),
)
BODIES = (
    NEARLY
    | st.dictionaries(st.text(max_size=9), JSON, max_size=4)
    | st.builds(
        lambda schema, more: {**more, "schema": schema}, st.sampled_from(sorted(SCHEMAS)) | JSON, NEARLY
    )
)
SUBJECTS = st.just(SUB) | st.text(st.sampled_from("aZ9._:@+=|-/ "), min_size=1, max_size=140)
KEYS = st.text(st.characters(codec="ascii", exclude_categories=["C", "Z"]), min_size=1, max_size=255)
NAMES = st.none() | st.text(max_size=300) | JSON
TOKENS = st.builds(
    lambda name, sub, groups: claims(name=name, sub=sub, **{"cognito:groups": groups}),
    NAMES,
    st.just(SUB) | st.text(max_size=140) | st.just("a" * 128),
    st.just("[merchant photographer customer]") | NAMES,
)


def taken(request: dict[str, Any]) -> EventRecord | Problem:
    """Return what becomes of a request; anything but a record or a refusal fails the test."""
    try:
        submission = parse_submission(request)
        if submission.key is None:
            return build_event_record(
                submission, create_identifiers(1_795_348_800_000, bytes(2 * RANDOM_BYTES)), TIME, "shop"
            )
        return build_event_record(submission, submission.derive_own_identifiers(submission.key), TIME, "shop")
    except Problem as refused:
        return refused


@settings(max_examples=300)
@given(body=VALID | NEARLY, name=NAMES, sub=SUBJECTS, key=st.none() | KEYS)
def test_whatever_is_accepted_decodes_to_an_event_of_the_token(
    body: dict[str, Any], name: object, sub: str, key: str | None
) -> None:
    own = {"id": sub} if body.get("id") == SUB else {}
    made = taken(post(body | own, token=claims(name=name, sub=sub), key=key))
    if isinstance(made, EventRecord):
        event = decode_event(made.payload)
        assert isinstance(event, Event)
        assert event.kind in KINDS
        assert (event.user_id, event.event_id) == (sub, made.event_id)
        assert 1 <= len(made.partition_key) <= 256
        assert made.partition_key == event.data["id"]


@given(body=BODIES, token=TOKENS, key=st.none() | st.text(max_size=300))
def test_any_request_is_a_record_or_a_refusal(body: object, token: dict[str, Any], key: str | None) -> None:
    made = taken(post(body, token=token, key=key))
    assert isinstance(made, EventRecord) or 400 <= made.status < 500


@given(text=st.text() | st.binary().map(lambda raw: raw.decode("latin-1")), encoded=st.booleans())
def test_any_text_is_a_record_or_a_refusal(text: str, encoded: bool) -> None:
    request = post("")
    request |= {"body": text, "isBase64Encoded": encoded}
    assert isinstance(taken(request), Problem)


@given(name=NAMES)
def test_every_name_can_buy(name: object) -> None:
    assert isinstance(taken(post(PURCHASE, token=claims(name=name))), EventRecord)


@given(body=NEARLY, marker=st.text(st.sampled_from("ΔΘΛΞ"), min_size=6, max_size=9))
def test_no_refusal_repeats_what_was_sent(body: dict[str, Any], marker: str) -> None:
    for tainted in (body | {marker: 1}, body | {"schema": marker}, body | {"id": f"{marker} "}):
        made = taken(post(tainted))
        assert isinstance(made, Problem)
        assert marker not in made.build_response().body


@given(
    body=VALID,
    key=KEYS,
)
def test_every_attempt_under_a_key_is_the_same_event(body: dict[str, Any], key: str) -> None:
    backwards = json.dumps(dict(reversed(body.items())), indent=2)
    first, again = taken(post(body, key=key)), taken(post(backwards, key=key))
    assert isinstance(first, EventRecord)
    assert isinstance(again, EventRecord)
    assert first.event_id == again.event_id


@given(st.integers(0, 2**48 - 1), st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES))
def test_a_uuid7_holds_its_time(milliseconds: int, randomness: bytes) -> None:
    minted = create_uuid7(milliseconds, randomness)
    assert (minted.int >> 80, minted.version) == (milliseconds, 7)
