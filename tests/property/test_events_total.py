"""Laws of decoding: any input gives an event or a rejection, and what is valid comes through whole."""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hello_retail.events import Event, Rejection, decode_base64_event, decode_event, registry
from support.events import TIME, create, egress, image, ingress, payload, purchase

CODES = {
    "aggregated",
    "bad-number",
    "bad-text",
    "compressed",
    "duplicate-name",
    "empty",
    "invalid-data",
    "invalid-envelope",
    "invalid-name",
    "invalid-user",
    "no-user",
    "not-base64",
    "not-json",
    "not-object",
    "not-utf-8",
    "reserved-user",
    "too-deep",
    "unknown-envelope",
}
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
documents = st.recursive(
    scalars,
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4)
    ),
    max_leaves=20,
)
product_ids = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}", fullmatch=True)
visible = st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Zs"])
users = st.text(visible.filter(lambda char: char != "/"), min_size=1, max_size=128).filter(
    lambda user: user != "UNKNOWN"
)
names = st.text(visible, min_size=1, max_size=128)
event_ids = (
    st.none() | st.uuids(version=4).map(str) | st.uuids(version=5).map(lambda value: str(value).upper())
)
times = st.datetimes(min_value=datetime(1000, 1, 1)).map(lambda time: f"{time.isoformat()}Z")  # noqa: DTZ001 - any


@st.composite
def envelopes(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a valid envelope of any kind around a product event."""
    build = draw(st.sampled_from([create, image, purchase]))
    event_id = draw(event_ids)
    minted = {} if event_id is None else {"event_id": event_id}
    envelope = build(draw(product_ids), draw(users), draw(names), time_origin=draw(times), **minted)
    passed_on = draw(st.sampled_from(["", "1-0-0", "1-1-0"])) if event_id is None else ""
    return egress(envelope, version=passed_on) if passed_on else envelope


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a valid envelope and spoil some of it: fields lost, replaced, added, in it or in its data."""
    envelope = draw(envelopes())
    for _ in range(draw(st.integers(1, 3))):
        target = draw(st.sampled_from([envelope, envelope.get("data", envelope)]))
        if not isinstance(target, dict):
            continue
        name = (
            draw(st.sampled_from(sorted(target)) | st.text(max_size=8))
            if target
            else draw(st.text(max_size=8))
        )
        how = draw(st.sampled_from(["lose", "replace", "schema", "origin"]))
        if how == "lose":
            target.pop(name, None)
        elif how == "schema":
            target["schema"] = draw(st.sampled_from(sorted(registry.SCHEMAS)) | st.text(max_size=30))
        elif how == "origin":
            envelope["origin"] = draw(st.text(st.sampled_from("a/. \x00UNKOW"), max_size=40))
        else:
            target[name] = draw(documents)
    return envelope


def assert_law(outcome: Event | Rejection) -> None:
    if isinstance(outcome, Rejection):
        assert outcome.code in CODES
        assert re.fullmatch(r"[A-Z][^\n]+\.", outcome.reason)
        return
    assert isinstance(outcome, Event)
    assert 1 <= len(outcome.user_id) <= 128
    assert outcome.user_id != "UNKNOWN"
    assert outcome.user_id == outcome.user_id.strip()
    assert "/" not in outcome.user_id
    assert 1 <= len(outcome.display_name) <= 128
    assert not CONTROL.search(outcome.user_id + outcome.display_name)
    assert outcome.data["schema"] == outcome.kind
    assert datetime.fromisoformat(outcome.time_origin).tzinfo is not None
    assert outcome.kind not in registry.ENVELOPES
    if outcome.kind in registry.DATA_EVENTS:
        assert registry.find_violation(outcome.kind, outcome.data) is None
        assert not any(isinstance(value, str) and "\x00" in value for value in outcome.data.values())
    json.dumps(outcome.data, allow_nan=False, ensure_ascii=False).encode()


@given(st.binary(max_size=2000))
def test_any_bytes_give_an_event_or_a_rejection(record: bytes) -> None:
    assert_law(decode_event(record))


@given(st.text(max_size=2000) | st.text(st.sampled_from("AZaz09+/=-_ \n"), max_size=200))
def test_any_text_gives_an_event_or_a_rejection(text: str) -> None:
    assert_law(decode_base64_event(text))


@given(documents)
def test_any_json_gives_an_event_or_a_rejection(document: object) -> None:
    assert_law(decode_event(json.dumps(document).encode()))


@given(documents, st.sampled_from(sorted(registry.SCHEMAS)), st.sampled_from(sorted(registry.SCHEMAS)))
def test_any_json_in_any_envelope_gives_an_event_or_a_rejection(
    document: object, envelope: str, kind: str
) -> None:
    data = {**document, "schema": kind} if isinstance(document, dict) else document
    assert_law(decode_event(json.dumps(ingress(data, "a/b/c/d") | {"schema": envelope}).encode()))


@given(mutated())
def test_a_spoilt_event_gives_an_event_or_a_rejection(envelope: dict[str, Any]) -> None:
    assert_law(decode_event(json.dumps(envelope).encode()))


@given(mutated(), st.sampled_from(sorted(registry.SCHEMAS)))
def test_all_violations_are_told_exactly_where_there_is_one(envelope: dict[str, Any], other: str) -> None:
    for document in (envelope, envelope.get("data")):
        named = document.get("schema") if isinstance(document, dict) else other
        for schema_id in {each for each in (named, other) if isinstance(each, str)} & registry.SCHEMAS:
            first = registry.find_violation(schema_id, document)
            every = registry.list_violations(schema_id, document)
            assert (first is None) == (every == ())
            assert first is None or first in every or first.detail.startswith("lacks ")
            assert len({violation.pointer for violation in every}) == len(every)


@given(envelopes().map(payload), st.data())
def test_an_event_cut_flipped_or_stuffed_gives_an_event_or_a_rejection(
    record: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(record)))
    until = data.draw(st.integers(at, min(len(record), at + 20)))
    assert_law(decode_event(record[:at] + data.draw(st.binary(max_size=20)) + record[until:]))


@given(st.integers(1, 5_000), st.sampled_from([(b"[", b"]"), (b'{"a":', b"}"), (b'{"data":[', b"]}")]))
@settings(max_examples=50)
def test_any_nesting_gives_a_rejection(depth: int, brackets: tuple[bytes, bytes]) -> None:
    opening, closing = brackets
    for record in (opening * depth, opening * depth + b"1" + closing * depth):
        outcome = decode_event(record)
        assert isinstance(outcome, Rejection)
        assert_law(outcome)


@given(envelopes())
def test_a_valid_event_comes_through_whole(envelope: dict[str, Any]) -> None:
    event = decode_event(payload(envelope))
    assert isinstance(event, Event)
    assert_law(event)
    _app, _action, user_id, name = envelope["origin"].split("/", 3)
    assert (event.user_id, event.display_name) == (user_id, name)
    assert (event.data, event.time_origin) == (envelope["data"], envelope["timeOrigin"])
    if envelope["schema"] == registry.INGRESS_1_1:
        assert event.event_id == envelope["eventId"].lower()
    else:
        assert event.event_id is None


@given(
    envelopes(),
    st.sampled_from([{}, {"ensure_ascii": False}, {"indent": 1}, {"indent": "\t"}]),
    st.randoms(use_true_random=False),
)
def test_how_the_json_is_written_makes_no_difference(
    envelope: dict[str, Any], style: dict[str, Any], random: Any
) -> None:
    names = random.sample(sorted(envelope), len(envelope))
    shuffled = {name: envelope[name] for name in names}
    record = json.dumps(shuffled, **style).encode()
    assert decode_event(record) == decode_event(payload(envelope))


@given(
    st.one_of(
        st.binary(max_size=200), envelopes().map(payload), mutated().map(lambda e: json.dumps(e).encode())
    )
)
def test_base64_decodes_to_what_its_bytes_decode_to(record: bytes) -> None:
    text = base64.b64encode(record).decode()
    assert decode_base64_event(text) == decode_event(record)


@given(envelopes().map(payload), st.data())
def test_base64_with_a_character_too_many_or_too_few_is_refused(record: bytes, data: st.DataObject) -> None:
    text = base64.b64encode(record).decode()
    at = data.draw(st.integers(0, len(text)))
    stray = data.draw(st.sampled_from("\n =-_%\u00e9\x00"))
    for spoilt in (text[:at] + stray + text[at:], text[:-1]):
        outcome = decode_base64_event(spoilt)
        assert isinstance(outcome, Rejection)
        assert outcome.code == "not-base64"


def test_base64_with_a_pad_after_a_whole_group_is_refused() -> None:
    outcome = decode_base64_event(base64.b64encode(b"{} ").decode() + "=")
    assert isinstance(outcome, Rejection)
    assert outcome.code == "not-base64"


@given(mutated(), st.from_regex(r"s3cret-[a-z]{8}", fullmatch=True), st.data())
def test_a_reason_never_quotes_the_record(envelope: dict[str, Any], secret: str, data: st.DataObject) -> None:
    target = data.draw(st.sampled_from([envelope, envelope.get("data")]))
    if isinstance(target, dict):
        target[data.draw(st.sampled_from([*sorted(target), secret]))] = secret
    outcome = decode_event(json.dumps(envelope).encode())
    if isinstance(outcome, Rejection):
        assert secret not in outcome.reason


@pytest.mark.parametrize("kind", ["com.nordstrom/product/cart/1-0-0", "org.example/a-b/c_d/12-0-3"])
@given(document=st.dictionaries(st.text(max_size=8), documents, max_size=5))
def test_unknown_data_comes_through_as_it_is_where_strict_json_can_carry_it(
    kind: str, document: dict[str, Any]
) -> None:
    data = document | {"schema": kind}
    outcome = decode_event(json.dumps(ingress(data, f"a/b/c/{TIME}")).encode())
    assert_law(outcome)
    if isinstance(outcome, Event):
        assert outcome.data == data
    else:
        assert outcome.code in {"bad-number", "bad-text", "too-deep"}
