from __future__ import annotations

import json
from uuid import UUID

import pytest

from hello_retail.event_writer.identifiers import (
    create_identifiers,
    create_uuid7,
    derive_identifiers,
)
from hello_retail.events.decoder import _UUID
from hello_retail.http_api.json_body import hash_json


def test_a_uuid7_is_the_example_of_rfc_9562() -> None:
    # Appendix A.6: time 0x017F22E279B0, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
    randomness = (0xCC3 << 64 | 0x18C4DC0C0C07398F).to_bytes(10)
    assert create_uuid7(0x017F22E279B0, randomness) == UUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")


@pytest.mark.parametrize("filler", [b"\x00", b"\xff"])
def test_a_uuid7_has_version_and_variant_whatever_is_drawn(filler: bytes) -> None:
    minted = create_uuid7(1_795_348_800_000, filler * 10)
    assert (minted.version, minted.variant) == (7, "specified in RFC 4122")
    assert minted.int >> 80 == 1_795_348_800_000


def test_uuid7s_sort_by_time() -> None:
    assert str(create_uuid7(1, b"\xff" * 10)) < str(create_uuid7(2, b"\x00" * 10))


def test_fresh_ids_of_event_and_product_differ() -> None:
    ids = create_identifiers(1_795_348_800_000, bytes(range(20)))
    assert ids.event_id != ids.product_id
    assert all(_UUID.fullmatch(minted) for minted in (ids.event_id, ids.product_id))


def test_the_same_request_derives_the_same_ids() -> None:
    ids = derive_identifiers("ann", "key", "digest")
    assert ids == derive_identifiers("ann", "key", "digest")
    assert ids.event_id != ids.product_id
    assert {UUID(ids.event_id).version, UUID(ids.product_id).version} == {5}


@pytest.mark.parametrize(
    "other",
    [("bob", "key", "digest"), ("ann", "yek", "digest"), ("ann", "key", "other"), ("annk", "ey", "digest")],
)
def test_another_user_key_or_body_derives_other_ids(other: tuple[str, str, str]) -> None:
    ids = derive_identifiers("ann", "key", "digest")
    assert {ids.event_id, ids.product_id}.isdisjoint(
        {derive_identifiers(*other).event_id, derive_identifiers(*other).product_id}
    )


def test_derived_ids_never_change_between_releases() -> None:
    assert derive_identifiers("ann", "key", "digest").event_id == "94b99cd0-5807-583c-a408-ff6379576dee"


def test_a_digest_minds_neither_order_nor_white_space() -> None:
    assert hash_json(json.loads('{"a": 1, "b": "x"}')) == hash_json(json.loads('{"b":"x","a":1}'))
    assert hash_json({"a": 1}) != hash_json({"a": "1"})
