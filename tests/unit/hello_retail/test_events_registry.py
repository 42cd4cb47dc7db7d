"""The schemas as files, and how the registry finds and applies them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator

import hello_retail.events
from hello_retail.events import registry
from hello_retail.events.registry import (
    CART_SET,
    DATA_EVENTS,
    EGRESS_1_1,
    ENVELOPES,
    INGRESS_1_1,
    ORDER_CONFIRMED,
    PRODUCT_CREATE,
    PRODUCT_PRICE,
    PRODUCT_PURCHASE,
    PRODUCT_STOCK,
    SCHEMAS,
    UnknownSchema,
    Violation,
    compile_validators,
    find_violation,
    list_violations,
    read_schema,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(hello_retail.events.__file__).parent / "schemas"
FILES = {path.relative_to(FOLDER).with_suffix("").as_posix(): path for path in FOLDER.rglob("*.json")}


def nodes(node: Any, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema in a schema with its place."""
    yield pointer, node
    for name, child in node.get("properties", {}).items():
        yield from nodes(child, f"{pointer}/{name}")
    if "items" in node:
        yield from nodes(node["items"], f"{pointer}/0")


EVERY_NODE = [
    pytest.param(node, id=f"{schema_id}{pointer}")
    for schema_id in sorted(SCHEMAS)
    for pointer, node in nodes(read_schema(schema_id))
]
EVERY_TEXT = [
    case for case in EVERY_NODE if case.values[0]["type"] == "string" and "const" not in case.values[0]
]


def test_every_schema_has_one_file_and_every_file_one_schema() -> None:
    assert set(FILES) == SCHEMAS
    assert ENVELOPES.isdisjoint(DATA_EVENTS)


@pytest.mark.parametrize("schema_id", sorted(SCHEMAS))
def test_every_file_is_a_draft_07_schema_of_the_id_that_names_it(schema_id: str) -> None:
    document = json.loads(FILES[schema_id].read_text(encoding="ascii"))
    Draft7Validator.check_schema(document)
    assert document["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert document["$id"] == schema_id
    assert document["properties"]["schema"]["const"] == schema_id
    assert "schema" in document["required"]
    assert set(document["required"]) <= set(document["properties"])


@pytest.mark.parametrize("schema_id", sorted(SCHEMAS))
def test_a_schema_is_open_to_other_fields_only_where_the_original_is(schema_id: str) -> None:
    assert read_schema(schema_id)["additionalProperties"] is (schema_id == EGRESS_1_1)


@pytest.mark.parametrize("schema_id", sorted(ENVELOPES))
def test_an_envelope_leaves_its_data_to_the_datas_own_schema(schema_id: str) -> None:
    assert read_schema(schema_id)["properties"]["data"]["additionalProperties"] is True


@pytest.mark.parametrize("node", EVERY_TEXT)
def test_every_text_has_bounds_a_pattern_and_words_for_it(node: dict[str, Any]) -> None:
    assert 1 <= node["minLength"] <= node["maxLength"] <= 2000
    assert node["pattern"].startswith("^")
    assert node["pattern"].endswith("$")
    assert node["description"].split()[0] in {"a", "an", "the", "prose"}


@pytest.mark.parametrize("node", EVERY_NODE)
def test_every_rule_can_be_told_in_words(node: dict[str, Any]) -> None:
    annotations = {"$schema", "$id", "description", "items", "properties"}
    assert set(node) - annotations <= set(registry._DETAILS)


@pytest.mark.parametrize(
    "schema_id",
    [
        "product/create",
        "product/image",
        "product/purchase",
        "product/price",
        "product/stock",
        "cart/add",
        "cart/set",
    ],
)
def test_a_product_id_fits_a_dynamodb_key_and_an_execution_name(schema_id: str) -> None:
    node = read_schema(f"com.nordstrom/{schema_id}/1-0-0")["properties"]["id"]
    assert (node["minLength"], node["maxLength"]) == (1, 80)


@pytest.mark.parametrize(("field", "limit_bytes"), [("category", 2048), ("name", 1024), ("id", 1024)])
def test_what_becomes_a_key_fits_it_in_the_widest_script(field: str, limit_bytes: int) -> None:
    assert read_schema(PRODUCT_CREATE)["properties"][field]["maxLength"] * len("😀".encode()) <= limit_bytes


@pytest.mark.parametrize(
    "schema_id",
    [
        "",
        f"{PRODUCT_PURCHASE}#",
        f"{PRODUCT_PURCHASE}#/properties",
        f"{PRODUCT_PURCHASE}.json",
        f"/{PRODUCT_PURCHASE}",
        f"./{PRODUCT_PURCHASE}",
        PRODUCT_PURCHASE.upper(),
        "com.nordstrom/product/purchase",
        "../schemas/com.nordstrom/product/purchase/1-0-0",
        "http://json-schema.org/draft-07/schema",
        "http://json-schema.org/draft-07/schema#",
        "http://json-schema.org/draft-04/schema#",
    ],
)
def test_only_an_exact_id_finds_a_schema(schema_id: str) -> None:
    with pytest.raises(UnknownSchema, match=f"the registry knows .*{PRODUCT_PURCHASE}"):
        read_schema(schema_id)
    with pytest.raises(UnknownSchema):
        find_violation(schema_id, {})
    with pytest.raises(UnknownSchema):
        list_violations(schema_id, {})
    with pytest.raises(UnknownSchema):
        compile_validators(schema_id)


def test_a_prepared_schema_is_not_compiled_again() -> None:
    compile_validators(*SCHEMAS)
    compiled = registry._validator.cache_info().misses
    for schema_id in SCHEMAS:
        assert find_violation(schema_id, {}) is not None
    assert registry._validator.cache_info().misses == compiled


def test_a_changed_copy_of_a_schema_changes_no_validator() -> None:
    read_schema(PRODUCT_PURCHASE)["properties"]["id"]["maxLength"] = 1
    assert find_violation(PRODUCT_PURCHASE, {"schema": PRODUCT_PURCHASE, "id": "p1"}) is None


@pytest.mark.parametrize(
    ("document", "violation"),
    [
        (None, Violation("", "must be of type object")),
        ([], Violation("", "must be of type object")),
        ({}, Violation("", "lacks schema, id")),
        ({"schema": "x", "id": "p1"}, Violation("/schema", f"must be {PRODUCT_PURCHASE}")),
        ({"schema": PRODUCT_PURCHASE}, Violation("", "lacks id")),
        ({"schema": PRODUCT_PURCHASE, "id": 1}, Violation("/id", "must be of type string")),
        ({"schema": PRODUCT_PURCHASE, "id": ""}, Violation("/id", "must be 1 or more characters long")),
        (
            {"schema": PRODUCT_PURCHASE, "id": "x" * 81},
            Violation("/id", "must be at most 80 characters long"),
        ),
        (
            {"schema": PRODUCT_PURCHASE, "id": "p1", "a.b[c]": 1},
            Violation("", "has a property that its schema does not list"),
        ),
    ],
)
def test_a_violation_says_where_and_what_would_do(document: object, violation: Violation) -> None:
    assert find_violation(PRODUCT_PURCHASE, document) == violation


@pytest.mark.parametrize(
    ("schema_id", "member", "least", "most"),
    [
        (PRODUCT_PRICE, "cents", 1, 100_000_000),
        (PRODUCT_STOCK, "added", 1, 1_000_000),
        (CART_SET, "quantity", 0, 99),
    ],
)
def test_an_amount_is_an_integer_within_its_bounds(
    schema_id: str, member: str, least: int, most: int
) -> None:
    def violations(amount: object) -> tuple[Violation, ...]:
        document = {"schema": schema_id, "id": "p1", member: amount}
        first = find_violation(schema_id, document)
        assert list_violations(schema_id, document) == (() if first is None else (first,))
        return list_violations(schema_id, document)

    written_as_float = Violation(
        f"/{member}", "must be an integer, written without a decimal point or an exponent"
    )
    assert violations(least) == violations(most) == ()
    assert violations(least - 1) == (Violation(f"/{member}", f"must be {least} or more"),)
    assert violations(most + 1) == (Violation(f"/{member}", f"must be at most {most}"),)
    assert violations(1.0) == violations(1e1) == (written_as_float,)
    for other in (1.5, "1", True, None):
        assert violations(other) == (Violation(f"/{member}", "must be of type integer"),)


def test_a_violation_inside_points_into_the_document() -> None:
    envelope = {
        "schema": INGRESS_1_1,
        "origin": "a/b/c/d",
        "timeOrigin": "2026-11-22T00:03:37Z",
        "eventId": "0193e5a0-7c1b-7d3e-8f00-0123456789ab",
        "data": {"schema": "#"},
    }
    violation = find_violation(INGRESS_1_1, envelope)
    assert violation == Violation("/data/schema", "must be the id of a schema: vendor/name/version")
    assert str(violation) == "/data/schema must be the id of a schema: vendor/name/version"


def confirmed(**changes: object) -> dict[str, object]:
    line = {"product": "p1", "quantity": 1, "cents": 500}
    order = {"id": "019aae00-0000-7000-8000-000000000001", "lines": [line], "totalCents": 500}
    return {"schema": ORDER_CONFIRMED, **order, **changes}


@pytest.mark.parametrize(
    ("changes", "violation"),
    [
        ({}, None),
        ({"id": "019aae00-0000-4000-8000-000000000001"}, "/id must be an order id: a UUID"),
        ({"lines": []}, "/lines must have 1 or more items"),
        ({"lines": confirmed()["lines"] * 26}, "/lines must have at most 25 items"),  # type: ignore[operator]
        ({"lines": {}}, "/lines must be of type array"),
        ({"lines": [{"product": "p1", "quantity": 100, "cents": 5}]}, "/lines/0/quantity must be at most 99"),
        ({"lines": [{"product": "p1", "quantity": 1.0, "cents": 5}]}, "/lines/0/quantity must be an integer"),
        ({"lines": [{"product": "p1", "quantity": 1}]}, "/lines/0 lacks cents"),
        ({"lines": [7]}, "/lines/0 must be of type object"),
        ({"totalCents": 5e2}, "/totalCents must be an integer"),
    ],
)
def test_a_violation_inside_an_array_points_to_the_item(
    changes: dict[str, object], violation: str | None
) -> None:
    document = confirmed(**changes)
    first = find_violation(ORDER_CONFIRMED, document)
    assert list_violations(ORDER_CONFIRMED, document) == (() if first is None else (first,))
    assert str(first).startswith(str(violation))


def test_all_violations_are_those_of_every_place() -> None:
    offer = {"schema": PRODUCT_CREATE, "id": "", "brand": "B", "name": 7, "a.b[c]": 1, "d": 2}
    assert list_violations(PRODUCT_CREATE, offer) == (
        Violation("/id", "must be 1 or more characters long"),
        Violation("/name", "must be of type string"),
        Violation("/description", "is missing"),
        Violation("/category", "is missing"),
        Violation("", "has a property that its schema does not list"),
    )


def test_all_violations_inside_point_into_the_document() -> None:
    envelope = {"schema": INGRESS_1_1, "origin": "a/b/c/d", "data": {"schema": "#", "more": 1}}
    assert list_violations(INGRESS_1_1, envelope) == (
        Violation("/timeOrigin", "is missing"),
        Violation("/data/schema", "must be the id of a schema: vendor/name/version"),
        Violation("/eventId", "is missing"),
    )


@pytest.mark.parametrize("document", [None, [], "x", 7])
def test_what_is_no_object_is_one_violation(document: object) -> None:
    assert list_violations(PRODUCT_PURCHASE, document) == (Violation("", "must be of type object"),)


def test_importing_events_compiles_nothing_and_reads_no_schema() -> None:
    program = """
import sys
import hello_retail.events
from hello_retail.events import registry
assert "fastjsonschema" not in sys.modules
assert registry._validator.cache_info().currsize == 0
registry.compile_validators(registry.PRODUCT_PURCHASE)
assert "fastjsonschema" in sys.modules
assert registry._validator.cache_info().currsize == 1
"""
    source = str(FOLDER.parents[2])
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "PYTHONPATH": source})


def test_decoding_compiles_only_what_the_records_need() -> None:
    program = """
from hello_retail.events import decode_event, registry
from support.events import payload, purchase
decode_event(payload(purchase("p1", "ann")))
assert registry._validator.cache_info().currsize == 2
"""
    path = os.pathsep.join([str(FOLDER.parents[2]), str(Path(__file__).parents[2])])
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "PYTHONPATH": path})
