"""The schemas of envelopes and data events, found by exact id.

The files under ``schemas/`` are named by the ids they hold. A validator is compiled when its schema is first
asked for: importing this module reads no file and leaves fastjsonschema unloaded.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fastjsonschema import JsonSchemaValueException

INGRESS_1_0 = "com.nordstrom/retail-stream-ingress/1-0-0"
INGRESS_1_1 = "com.nordstrom/retail-stream-ingress/1-1-0"
INGRESS_1_2 = "com.nordstrom/retail-stream-ingress/1-2-0"
EGRESS_1_0 = "com.nordstrom/retail-stream-egress/1-0-0"
EGRESS_1_1 = "com.nordstrom/retail-stream-egress/1-1-0"
PRODUCT_CREATE = "com.nordstrom/product/create/1-0-0"
PRODUCT_IMAGE = "com.nordstrom/product/image/1-0-0"
PRODUCT_PURCHASE = "com.nordstrom/product/purchase/1-0-0"
PRODUCT_PRICE = "com.nordstrom/product/price/1-0-0"
PRODUCT_STOCK = "com.nordstrom/product/stock/1-0-0"
USER_LOGIN = "com.nordstrom/user-info/login/1-0-0"
USER_UPDATE_PHONE = "com.nordstrom/user-info/update-phone/1-0-0"
USER_REGISTER_PHOTOGRAPHER = "com.nordstrom/user-info/register-photographer/1-0-0"
USER_UNREGISTER_PHOTOGRAPHER = "com.nordstrom/user-info/unregister-photographer/1-0-0"
USER_ADD_ROLE = "com.nordstrom/user-info/add-role/1-0-0"
CART_ADD = "com.nordstrom/cart/add/1-0-0"
CART_REMOVE = "com.nordstrom/cart/remove/1-0-0"
CART_SET = "com.nordstrom/cart/set/1-0-0"
ORDER_CONFIRMED = "com.nordstrom/order/confirmed/1-0-0"

ENVELOPES = frozenset({INGRESS_1_0, INGRESS_1_1, INGRESS_1_2, EGRESS_1_0, EGRESS_1_1})
DATA_EVENTS = frozenset(
    {
        PRODUCT_CREATE,
        PRODUCT_IMAGE,
        PRODUCT_PURCHASE,
        PRODUCT_PRICE,
        PRODUCT_STOCK,
        USER_LOGIN,
        USER_UPDATE_PHONE,
        USER_REGISTER_PHOTOGRAPHER,
        USER_UNREGISTER_PHOTOGRAPHER,
        USER_ADD_ROLE,
        CART_ADD,
        CART_REMOVE,
        CART_SET,
        ORDER_CONFIRMED,
    }
)
SCHEMAS = ENVELOPES | DATA_EVENTS
"""Every id that the registry knows."""

_MemberPath = tuple[str | None, ...]
_FOLDER = Path(__file__).parent / "schemas"


class UnknownSchema(LookupError):
    """The id is not exactly one of ``SCHEMAS``."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule of its schema that a document breaks.

    Attributes:
        pointer: where, as a JSON Pointer (RFC 6901) into the document; only names that the schema lists.
        detail: what is wrong or would do, as the end of a sentence about that place; it quotes nothing.

    """

    pointer: str
    detail: str

    def __str__(self) -> str:
        return f"{self.pointer or 'it'} {self.detail}"


def read_schema(schema_id: str) -> dict[str, Any]:
    """Read the JSON Schema (draft-07) of exactly this id from its file.

    Raises:
        UnknownSchema: where the registry has no such id.

    """
    if schema_id not in SCHEMAS:
        raise UnknownSchema(f"No schema has this id; the registry knows {', '.join(sorted(SCHEMAS))}.")
    document: dict[str, Any] = json.loads((_FOLDER / f"{schema_id}.json").read_bytes())
    return document


def find_violation(schema_id: str, document: object) -> Violation | None:
    """Return the first violation of the schema in ``document``, or ``None``.

    Raises:
        UnknownSchema: where the registry has no such id.

    """
    return _validator(schema_id)(document)


def list_violations(schema_id: str, document: object) -> tuple[Violation, ...]:
    """Return the violations of the schema in ``document``, one for each place.

    For whoever explains a refusal: a document that is not valid takes longer than with ``find_violation``. A member
    that is missing has a place of its own; all that the schema does not list are one violation, of the object
    that they are in; an array has at most one. So there are at most as many as the schema has properties and
    objects.

    Raises:
        UnknownSchema: where the registry has no such id.

    """
    if find_violation(schema_id, document) is None:
        return ()
    return tuple(_walk_violations(schema_id, (), read_schema(schema_id), document))


def compile_validators(*schema_ids: str) -> None:
    """Compile the validators of these ids in advance (about 1 ms each).

    Raises:
        UnknownSchema: where the registry has no such id.

    """
    for schema_id in schema_ids:
        _validator(schema_id)


@cache
def _validator(schema_id: str) -> Callable[[object], Violation | None]:
    return _compile_schema(read_schema(schema_id))


@cache
def _member_validator(schema_id: str, path: tuple[str, ...]) -> Callable[[object], Violation | None]:
    node = read_schema(schema_id)
    for name in path:
        node = node["properties"][name]
    return _compile_schema(node)


def _compile_schema(node: dict[str, Any]) -> Callable[[object], Violation | None]:
    import fastjsonschema  # noqa: PLC0415 - a cold start that decodes nothing need not load it

    validate = fastjsonschema.compile(node, use_default=False)
    integers = tuple(_list_integers(node))

    def check_document(document: object) -> Violation | None:
        try:
            validate(document)
        except fastjsonschema.JsonSchemaValueException as broken:
            return _violation(broken)
        return _find_float(integers, document)

    return check_document


def _list_integers(node: dict[str, Any], path: _MemberPath = ()) -> Iterator[_MemberPath]:
    """Yield the path of every integer in a schema; ``None`` in a path is each member of an array."""
    if node.get("type") == "integer":
        yield path
    for name, member in node.get("properties", {}).items():
        yield from _list_integers(member, (*path, name))
    if "items" in node:
        yield from _list_integers(node["items"], (*path, None))


def _find_float(integers: Iterable[_MemberPath], document: object) -> Violation | None:
    """Return the first integer that is written as a float, or None.

    JSON Schema takes 1.0 and 1e2 for integers; other readers of the log need not.
    """
    for path in integers:
        for pointer, member in _select_members(document, path):
            if isinstance(member, float):
                return Violation(pointer, _NOT_AN_INTEGER)
    return None


def _select_members(document: object, path: _MemberPath, pointer: str = "") -> Iterator[tuple[str, object]]:
    """Yield the members of a document at a path, each with its place."""
    if not path:
        yield pointer, document
        return
    name, *rest = path
    if isinstance(document, dict) and name in document:
        yield from _select_members(document[name], tuple(rest), f"{pointer}/{name}")
    elif isinstance(document, list) and name is None:
        for number, member in enumerate(document):
            yield from _select_members(member, tuple(rest), f"{pointer}/{number}")


def _walk_violations(
    schema_id: str, path: tuple[str, ...], node: dict[str, Any], document: object
) -> Iterator[Violation]:
    pointer = "".join(f"/{name}" for name in path)
    if "properties" not in node or not isinstance(document, dict):
        violation = _member_validator(schema_id, path)(document)
        if violation:
            yield Violation(f"{pointer}{violation.pointer}", violation.detail)
        return
    for name, member in node["properties"].items():
        if name in document:
            yield from _walk_violations(schema_id, (*path, name), member, document[name])
        elif name in node["required"]:
            yield Violation(f"{pointer}/{name}", "is missing")
    if not node["additionalProperties"] and document.keys() - node["properties"].keys():
        yield Violation(pointer, _DETAILS["additionalProperties"])


def _violation(broken: JsonSchemaValueException) -> Violation:
    rule, expected = str(broken.rule), broken.rule_definition
    if rule == "required":
        expected = ", ".join(name for name in expected if name not in broken.value)
    elif rule == "pattern":
        expected = broken.definition["description"]
    pointer = "".join(f"/{name}" for name in broken.path[1:])
    return Violation(pointer, _DETAILS[rule].format(expected))


_NOT_AN_INTEGER = "must be an integer, written without a decimal point or an exponent"
_DETAILS = {
    "additionalProperties": "has a property that its schema does not list",
    "const": "must be {}",
    "format": "must be a {} that exists",
    "maxItems": "must have at most {} items",
    "maxLength": "must be at most {} characters long",
    "maximum": "must be at most {}",
    "minItems": "must have {} or more items",
    "minLength": "must be {} or more characters long",
    "minimum": "must be {} or more",
    "pattern": "must be {}",
    "required": "lacks {}",
    "type": "must be of type {}",
}
