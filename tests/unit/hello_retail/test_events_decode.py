"""What a record decodes to, and the reason that each kind of bad record gets."""

from __future__ import annotations

import base64
import gzip
import json
import random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from hello_retail.events import (
    PRODUCT_CREATE,
    PRODUCT_IMAGE,
    PRODUCT_PURCHASE,
    Event,
    Rejection,
    decode_base64_event,
    decode_event,
    registry,
)
from support.events import (
    PLACE,
    REDRIVEN,
    TIME,
    create,
    egress,
    image,
    ingress,
    payload,
    payload_base64,
    price,
    purchase,
    redriven,
    stock,
)

ORIGIN = "hello-retail/web-client/ann/Ann"
UUID = "0193e5a0-7c1b-7d3e-8f00-0123456789ab"
SALE = purchase("p1", "ann", "Ann")
NOISE = random.Random(2).randbytes(1024 * 1024)  # noqa: S311 - the same noise in every run


def decoded(document: object) -> Event:
    event = decode_event(payload(document))
    assert isinstance(event, Event), event
    return event


def code(record: bytes) -> str:
    rejection = decode_event(record)
    assert isinstance(rejection, Rejection), rejection
    return rejection.code


def reason(document: object) -> str:
    rejection = decode_event(payload(document))
    assert isinstance(rejection, Rejection), rejection
    return rejection.reason


def test_a_purchase_decodes_to_an_event() -> None:
    assert decode_base64_event(payload_base64(SALE)) == Event(
        kind=PRODUCT_PURCHASE,
        user_id="ann",
        display_name="Ann",
        data={"schema": PRODUCT_PURCHASE, "id": "p1"},
        time_origin=TIME,
        event_id=None,
    )


@pytest.mark.parametrize(
    ("envelope", "kind"),
    [
        (create("p1", "ann"), PRODUCT_CREATE),
        (image("p1", "ann"), PRODUCT_IMAGE),
        (purchase("p1", "ann"), PRODUCT_PURCHASE),
        (price("p1", "ann", 2495), registry.PRODUCT_PRICE),
        (stock("p1", "ann", 40), registry.PRODUCT_STOCK),
        (ingress({"schema": registry.USER_LOGIN, "id": "ann", "name": "Ann"}, ORIGIN), registry.USER_LOGIN),
        (
            ingress({"schema": registry.USER_UPDATE_PHONE, "id": "ann", "phone": "+15550123456"}, ORIGIN),
            registry.USER_UPDATE_PHONE,
        ),
        (
            ingress({"schema": registry.USER_REGISTER_PHOTOGRAPHER, "id": "ann"}, ORIGIN),
            registry.USER_REGISTER_PHOTOGRAPHER,
        ),
        (
            ingress({"schema": registry.USER_UNREGISTER_PHOTOGRAPHER, "id": "ann"}, ORIGIN),
            registry.USER_UNREGISTER_PHOTOGRAPHER,
        ),
        (
            ingress({"schema": registry.USER_ADD_ROLE, "id": "ann", "role": "merchant"}, ORIGIN),
            registry.USER_ADD_ROLE,
        ),
        (ingress({"schema": registry.CART_ADD, "id": "p1"}, ORIGIN), registry.CART_ADD),
        (ingress({"schema": registry.CART_REMOVE, "id": "p1"}, ORIGIN), registry.CART_REMOVE),
        (ingress({"schema": registry.CART_SET, "id": "p1", "quantity": 0}, ORIGIN), registry.CART_SET),
    ],
)
def test_every_data_event_of_the_registry_decodes(envelope: dict[str, Any], kind: str) -> None:
    event = decoded(envelope)
    assert (event.kind, event.user_id, event.data) == (kind, "ann", envelope["data"])


@pytest.mark.parametrize(
    "envelope",
    [
        SALE,
        SALE | {"followsFrom": PLACE},
        purchase("p1", "ann", "Ann", event_id=UUID),
        purchase("p1", "ann", "Ann", event_id=UUID) | {"traceId": "1-5759e988-bd862e3fe1be46a994272793"},
        redriven(purchase("p1", "ann", "Ann", event_id=UUID)),
        egress(SALE),
        egress(SALE, version="1-1-0"),
        egress(SALE, version="1-1-0") | {"traceId": "1-5759e988", "hop": {"stage": "dev"}},
    ],
)
def test_every_envelope_gives_the_same_contributor_and_data(envelope: dict[str, Any]) -> None:
    event = decoded(envelope)
    assert (event.user_id, event.display_name, event.data) == ("ann", "Ann", SALE["data"])


def test_an_ingress_event_id_comes_out_in_lower_case() -> None:
    assert decoded(purchase("p1", "ann", event_id=UUID.upper())).event_id == UUID
    assert decoded(redriven(purchase("p1", "ann", event_id=UUID.upper()))).event_id == UUID


@pytest.mark.parametrize(
    "of", ["", "s", "s/shardId-000000000000", "s/shardId-000000000000/007", "s/1/2", f"{REDRIVEN}\n", None]
)
def test_a_copy_must_name_the_record_that_it_stands_for(of: str | None) -> None:
    assert code(payload(redriven(purchase("p1", "ann", event_id=UUID), of))) == "invalid-envelope"
    assert code(payload(redriven(SALE))) == "invalid-envelope"
    assert code(payload(purchase("p1", "ann", event_id=UUID) | {"redriveOf": REDRIVEN})) == "invalid-envelope"


@pytest.mark.parametrize(
    "event_id", [UUID, str(uuid5(NAMESPACE_URL, "ann")), UUID.replace("-7d3e-", "-4d3e-")]
)
def test_any_version_of_uuid_can_be_an_event_id(event_id: str) -> None:
    assert decoded(purchase("p1", "ann", event_id=event_id)).event_id == event_id


@pytest.mark.parametrize(
    "event_id",
    ["", PLACE, "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", f"{UUID}\n"],
)
def test_an_ingress_event_id_that_many_events_could_share_is_refused(event_id: str) -> None:
    assert code(payload(purchase("p1", "ann", event_id=event_id))) == "invalid-envelope"


def test_an_egress_event_id_counts_as_minted_only_in_1_1_0_and_only_as_a_uuid() -> None:
    assert decoded(egress(SALE, UUID.upper(), version="1-1-0")).event_id == UUID
    assert decoded(egress(SALE, PLACE, version="1-1-0")).event_id is None
    assert decoded(egress(SALE, UUID, version="1-0-0")).event_id is None
    assert decoded(egress(SALE, PLACE, version="1-0-0")).event_id is None


@pytest.mark.parametrize(
    "schema",
    [
        "com.nordstrom/product/cart/1-0-0",
        "com.nordstrom/product/purchase/2-0-0",
        "org.example/something/else/entirely/1-0-10",
    ],
)
def test_a_data_event_that_the_registry_does_not_know_is_an_event_with_its_data_as_it_came(
    schema: str,
) -> None:
    data = {"schema": schema, "id": "", "price": 1.5, "tags": ["new", None], "nested": {"deep": [{}]}}
    event = decoded(ingress(data, ORIGIN))
    assert (event.kind, event.data) == (schema, data)


@pytest.mark.parametrize(
    ("origin", "contributor"),
    [
        ("app/action/ann/Ann", ("ann", "Ann")),
        ("app/action/amzn1.account.7B3811E20B8F/Grace 5", ("amzn1.account.7B3811E20B8F", "Grace 5")),
        ("app/action/ann/A/n.n", ("ann", "A/n.n")),
        ("app/action/ann//", ("ann", "/")),
        ("app/action/ann/", ("ann", "ann")),
        ("app/action/ann/  ", ("ann", "ann")),
        ("app/action/ann", ("ann", "ann")),
        ("//ann/Ann", ("ann", "Ann")),
        ("app/action/ann@example.org/Ann", ("ann@example.org", "Ann")),
        ("app/action/Ann Lee/Ann", ("Ann Lee", "Ann")),
        ("app/action/unknown/Unknown", ("unknown", "Unknown")),
        ("app/action/安/\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}", ("安", "👩\u200d💻")),
        (f"app/action/{'u' * 128}/{'n' * 128}", ("u" * 128, "n" * 128)),
    ],
)
def test_the_contributor_is_the_third_part_of_the_origin_and_the_name_is_the_rest(
    origin: str, contributor: tuple[str, str]
) -> None:
    event = decoded(ingress(SALE["data"], origin))
    assert (event.user_id, event.display_name) == contributor


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("app", "no-user"),
        ("app/action", "no-user"),
        ("app/action/", "no-user"),
        ("app/action//Ann", "no-user"),
        ("app/action/ \u2003/Ann", "no-user"),
        ("app/action/UNKNOWN/Ann", "reserved-user"),
        ("app/action/UNKNOWN", "reserved-user"),
        (f"app/action/{'u' * 129}/Ann", "invalid-user"),
        ("app/action/ann /Ann", "invalid-user"),
        ("app/action/\u00a0ann/Ann", "invalid-user"),
        (f"app/action/ann/{'n' * 129}", "invalid-name"),
        ("", "invalid-envelope"),
        ("app/action/a\u0000nn/Ann", "invalid-envelope"),
        ("app/action/ann/An\nn", "invalid-envelope"),
        ("app/action/ann/\u202ennA", "invalid-envelope"),
        (f"{'a' * 500}/action/ann/Ann", "invalid-envelope"),
    ],
)
def test_an_origin_that_names_nobody_who_could_be_credited_is_refused(origin: str, expected: str) -> None:
    assert code(payload(ingress(SALE["data"], origin))) == expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (b"", "empty"),
        (b" ", "not-json"),
        (b"\xf3\x89\x9a\xc2\x0a\x02p1\x1a\x10", "aggregated"),
        (b"\xf3\x89\x9a\xc2", "aggregated"),
        (gzip.compress(payload(SALE), mtime=0), "compressed"),
        (b"\xff\xfe" + payload(SALE), "not-utf-8"),
        (payload(SALE).decode().encode("utf-16"), "not-utf-8"),
        (b'{"schema": "\xed\xa0\x80"}', "not-utf-8"),
        (NOISE, "not-utf-8"),
        (b"x" * 1024 * 1024, "not-json"),
        (b"\xef\xbb\xbf" + payload(SALE), "not-json"),
        (payload(SALE)[:-1], "not-json"),
        (payload(SALE) * 2, "not-json"),
        (payload(SALE).replace(b'"', b"'"), "not-json"),
        (payload(SALE).replace(b"p1", b"p\n1"), "not-json"),
        (b"null", "not-object"),
        (b"true", "not-object"),
        (b"17", "not-object"),
        (b'"text"', "not-object"),
        (b"[]", "not-object"),
        (b"[" + payload(SALE) + b"]", "not-object"),
        (b"NaN", "bad-number"),
        (b'{"schema": Infinity}', "bad-number"),
        (b'{"schema": -Infinity}', "bad-number"),
        (b'{"schema": 1e999}', "bad-number"),
        (b'{"schema": -1e999}', "bad-number"),
        (b'{"schema": ' + b"9" * 5000 + b"}", "bad-number"),
        (b'{"schema": 1, "schema": 1}', "duplicate-name"),
        (payload(SALE).replace(b'"id":"p1"', b'"id":"p1","id":"p2"'), "duplicate-name"),
        (b"[" * 100_000 + b"]" * 100_000, "too-deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too-deep"),
        (b"[" * 33 + b"]" * 33, "too-deep"),
        (b"[" * 32 + b"]" * 32, "not-object"),
        (b"[" * 1024 * 1024, "too-deep"),
        (b'{"schema": "\\ud800"}', "bad-text"),
        (b'{"\\uDFFF": 1}', "bad-text"),
        (b"{}", "unknown-envelope"),
        (b'{"schema": null}', "unknown-envelope"),
        (b'{"schema": ["com.nordstrom/retail-stream-ingress/1-0-0"]}', "unknown-envelope"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:20]),
)
def test_bytes_that_are_no_json_object_are_refused_with_their_own_reason(
    record: bytes, expected: str
) -> None:
    assert code(record) == expected


@pytest.mark.parametrize(
    "text",
    [
        "A",
        "AAA",
        "====",
        "e30=e30=",
        "e30\n=",
        " e30=",
        "e30=\n",
        "e3-_",
        "e30",
        "\u00e9",
        "e30==",
        "{}",
        "e30=x",
    ],
)
def test_text_that_is_not_base64_is_refused(text: str) -> None:
    rejection = decode_base64_event(text)
    assert isinstance(rejection, Rejection)
    assert rejection.code == "not-base64"


def test_a_record_whose_data_is_no_text_at_all_is_refused() -> None:
    rejection = decode_base64_event(None)  # type: ignore[arg-type]
    assert isinstance(rejection, Rejection)
    assert rejection.code == "not-base64"


def test_no_text_is_an_empty_record() -> None:
    rejection = decode_base64_event("")
    assert isinstance(rejection, Rejection)
    assert rejection.code == "empty"


def test_a_payload_in_the_url_safe_alphabet_is_refused() -> None:
    text = base64.urlsafe_b64encode(payload(purchase("p1", "ann", "???>>>"))).decode()
    assert "_" in text or "-" in text
    assert isinstance(decode_base64_event(text), Rejection)


@pytest.mark.parametrize(
    "schema",
    [
        "com.nordstrom/retail-stream-ingress/2-0-0",
        "com.nordstrom/retail-stream-ingress/1-0-0#",
        "com.nordstrom/retail-stream-ingress/1-0-0#/properties",
        "COM.NORDSTROM/retail-stream-ingress/1-0-0",
        "http://json-schema.org/draft-07/schema#",
        PRODUCT_PURCHASE,
        "",
    ],
)
def test_an_envelope_of_any_other_id_is_unknown(schema: str) -> None:
    assert code(payload(SALE | {"schema": schema})) == "unknown-envelope"


@pytest.mark.parametrize("field", ["origin", "timeOrigin", "data"])
@pytest.mark.parametrize("value", [None, 1, "", [], {}, True])
def test_an_envelope_with_a_field_of_the_wrong_type_is_not_valid(field: str, value: object) -> None:
    assert code(payload(SALE | {field: value})) == "invalid-envelope"


@pytest.mark.parametrize(
    ("envelope", "field"),
    [
        *[(SALE, field) for field in ("origin", "timeOrigin", "data")],
        *[(purchase("p1", "ann", event_id=UUID), "eventId")],
        *[(egress(SALE), field) for field in ("eventId", "timeIngest", "timeProcess", "origin")],
        *[
            (egress(SALE, version="1-1-0"), field)
            for field in ("eventId", "timeIngest", "timeProcess", "data")
        ],
    ],
)
def test_an_envelope_that_lacks_a_field_is_not_valid(envelope: dict[str, Any], field: str) -> None:
    without = {name: value for name, value in envelope.items() if name != field}
    assert reason(without) == f"The envelope is not valid: it lacks {field}."


@pytest.mark.parametrize(
    "envelope", [SALE, purchase("p1", "ann", event_id=UUID), egress(SALE)], ids=["ingress", "1-1-0", "egress"]
)
def test_an_envelope_with_another_field_is_not_valid(envelope: dict[str, Any]) -> None:
    assert code(payload(envelope | {"hop": 1})) == "invalid-envelope"


def test_an_event_id_has_no_place_in_ingress_1_0_0() -> None:
    assert code(payload(SALE | {"eventId": UUID})) == "invalid-envelope"


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-22T00:03:37Z",
        "2026-11-22T00:03:37.000Z",
        "2026-11-22T00:03:37.123456789+05:30",
        "2024-02-29T23:59:59-00:00",
        "2000-02-29T00:00:00Z",
    ],
)
def test_a_time_of_rfc_3339_is_kept_as_received(time: str) -> None:
    assert decoded(purchase("p1", "ann", time_origin=time)).time_origin == time


@pytest.mark.parametrize(
    "time",
    [
        "",
        "now",
        "1700000000",
        "2026-11-22",
        "2026-11-22 00:03:37Z",
        "2026-11-22T00:03:37",
        "2026-11-22T00:03:37z",
        "2026-11-22T00:03:60Z",
        "2026-11-22T24:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-11-22T00:03:37+24:00",
        "2026-11-22T00:03:37+0530",
        "2026-11-22T00:03:37.Z",
        "\uff12\uff10\uff12\uff16-11-22T00:03:37Z",
        "2026-11-22T00:03:37Z\n",
    ],
)
def test_a_time_that_some_parser_downstream_would_choke_on_is_refused(time: str) -> None:
    assert code(payload(purchase("p1", "ann", time_origin=time))) == "invalid-envelope"


@pytest.mark.parametrize(
    "product_id",
    ["1", "6706306", "0193e5a0-7c1b-7d3e-8f00-0123456789ab", "a.b_c-D", "_", "-", "x" * 80],
)
def test_a_product_id_that_every_service_takes_is_valid(product_id: str) -> None:
    assert decoded(purchase(product_id, "ann")).data["id"] == product_id


@pytest.mark.parametrize(
    "product_id",
    [
        "",
        " ",
        ".",
        "..",
        ".x",
        "a b",
        "a/b",
        "a#b",
        "a:b",
        "a\u0000b",
        "a\n",
        "é",
        "\u0661",
        "x" * 81,
        "x" * 1_000_000,
    ],
)
def test_a_product_id_that_some_service_would_refuse_is_not_valid(product_id: str) -> None:
    assert code(payload(purchase(product_id, "ann"))) == "invalid-data"


@pytest.mark.parametrize("schema", sorted(registry.ENVELOPES))
def test_an_envelope_in_an_envelope_is_not_valid_data(schema: str) -> None:
    assert code(payload(ingress(SALE | {"schema": schema}, ORIGIN))) == "invalid-data"


@pytest.mark.parametrize(
    "schema",
    [
        f"{PRODUCT_PURCHASE}#",
        f"{PRODUCT_PURCHASE}#/properties",
        "http://json-schema.org/draft-07/schema#",
        "../../../etc/passwd",
        "purchase",
        "com.nordstrom/purchase",
        "com.nordstrom//1-0-0",
        "com.nordstrom/purchase/1.0.0",
        "com.nordstrom/purchase/1-0-0/",
        f"com.nordstrom/{'x' * 128}/1-0-0",
        "",
        None,
    ],
)
def test_data_of_an_ill_formed_schema_id_makes_the_envelope_invalid(schema: object) -> None:
    assert code(payload(ingress({"schema": schema, "id": "p1"}, ORIGIN))) == "invalid-envelope"


def test_a_known_data_event_must_be_valid() -> None:
    data = SALE["data"]
    kind = f"The data is not a valid {PRODUCT_PURCHASE}"
    assert reason(ingress({"schema": PRODUCT_PURCHASE}, ORIGIN)) == f"{kind}: it lacks id."
    assert reason(ingress(data | {"id": 7}, ORIGIN)) == f"{kind}: /id must be of type string."
    assert reason(ingress(data | {"id": ""}, ORIGIN)) == f"{kind}: /id must be 1 or more characters long."
    assert (
        reason(ingress(data | {"id": "x" * 81}, ORIGIN)) == f"{kind}: /id must be at most 80 characters long."
    )
    assert reason(ingress(data | {"id": "a b"}, ORIGIN)).startswith(
        f"{kind}: /id must be a product id: letters,"
    )
    assert (
        reason(ingress(data | {"origin": "x"}, ORIGIN))
        == f"{kind}: it has a property that its schema does not list."
    )


def test_a_time_that_no_calendar_has_is_named_as_such() -> None:
    sale = purchase("p1", "ann", time_origin="2026-02-30T00:00:00Z")
    assert reason(sale) == "The envelope is not valid: /timeOrigin must be a date-time that exists."


@pytest.mark.parametrize("field", ["brand", "name", "description", "category", "price"])
@pytest.mark.parametrize(
    "value", ["", " ", "a\u0000", "a\u001b[31m", "a\u0085", "a\u202eb", "a\u2028b", "x" * 2001, 1]
)
def test_a_products_texts_are_visible_bounded_and_free_of_control_characters(
    field: str, value: object
) -> None:
    envelope = create("p1", "ann")
    assert code(payload(envelope | {"data": envelope["data"] | {field: value}})) == "invalid-data"


def test_a_products_texts_may_hold_any_script_and_a_description_line_breaks() -> None:
    envelope = create("p1", "ann")
    texts = {"name": " naïve 安 👩‍💻 <script>", "description": "one\r\n\ttwo", "price": "1.50"}
    event = decoded(envelope | {"data": envelope["data"] | texts})
    assert event.data.items() >= texts.items()
    assert code(payload(envelope | {"data": envelope["data"] | {"name": "one\ntwo"}})) == "invalid-data"


@pytest.mark.parametrize(
    "place", ["", "x", "/x", "b//x", "b/../x", "b/.x", "javascript:alert(1)/x", f"b/{'x' * 1023}"]
)
def test_a_picture_must_be_in_a_bucket(place: str) -> None:
    envelope = image("p1", "ann")
    assert code(payload(envelope | {"data": envelope["data"] | {"image": place}})) == "invalid-data"


def test_escaped_characters_beyond_the_basic_plane_are_text() -> None:
    record = json.dumps(purchase("p1", "ann", "👩‍💻"), ensure_ascii=True).encode()
    event = decode_event(record)
    assert isinstance(event, Event)
    assert event.display_name == "👩‍💻"


def test_a_backslash_before_ud_is_no_surrogate() -> None:
    assert decoded(purchase("p1", "ann", "\\ud800")).display_name == "\\ud800"


def test_half_a_surrogate_pair_is_refused_wherever_it_is() -> None:
    unknown = {"schema": "org.example/other/1-0-0", "text": ["\ud83d"]}
    assert code(json.dumps(ingress(unknown, ORIGIN)).encode()) == "bad-text"


def test_nesting_is_bounded_by_a_number_and_not_by_the_stack() -> None:
    def nested(levels: int) -> bytes:
        data = b'{"schema":"org.example/other/1-0-0","a":' + b"[" * levels + b"]" * levels + b"}"
        return payload(ingress("DATA", ORIGIN)).replace(b'"DATA"', data)

    assert isinstance(decode_event(nested(30)), Event)
    assert code(nested(31)) == "too-deep"
    assert isinstance(decode_event(nested(1).replace(b"[]", b"[" + b"[]," * 100 + b"1]")), Event)


def test_a_reason_quotes_nothing_of_the_record() -> None:
    secret = "hunter2"
    sale = purchase("p1", "ann")
    for document in (
        secret,
        {"schema": secret},
        sale | {secret: 1},
        sale | {"timeOrigin": secret},
        sale | {"origin": secret},
        sale | {"origin": f"a/b/ {secret}/c"},
        sale | {"data": {"schema": secret}},
        sale | {"data": sale["data"] | {secret: secret}},
        sale | {"data": sale["data"] | {"id": f" {secret}"}},
    ):
        assert secret not in reason(document)
