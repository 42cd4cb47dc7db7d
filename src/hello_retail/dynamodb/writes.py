"""Conditional writes of DynamoDB, from attributes by name.

Every name becomes a placeholder: ``name``, ``state`` and ``until`` are among DynamoDB's reserved words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hello_retail.stream_consumer.ledger import Move

Value = str | int | bool | frozenset[str] | Mapping[str, Any]
"""What an attribute may be; a mapping is one as DynamoDB has it, such as ``{"L": […]}``."""
Condition = Mapping[str, "Value | None"]
"""What attributes must be; ``None``: absent."""


def build_value(value: Value) -> dict[str, Any]:
    """Return a value as DynamoDB has it."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, frozenset):
        return {"SS": sorted(value)}
    if isinstance(value, Mapping):
        return dict(value)
    return {"S": str(value)}


def build_item(key: Mapping[str, Any], attributes: Mapping[str, Value | None]) -> dict[str, Any]:
    """Return an item; what is ``None`` or an empty set is left out, as DynamoDB holds neither."""
    return {**key} | {
        name: build_value(value)
        for name, value in attributes.items()
        if value is not None and value != frozenset()
    }


def build_update(
    table: str,
    key: Mapping[str, Any],
    *,
    sets: Mapping[str, Value | None] | None = None,
    adds: Mapping[str, Value] | None = None,
    condition: Condition,
    at_least: Mapping[str, int] | None = None,
    move: Move | None = None,
) -> dict[str, Any]:
    """Return the update of an item; what ``sets`` sets to ``None`` is removed.

    ``at_least`` names numbers that must be there and not be smaller. ``move`` is a ledger's, which brings its
    condition.
    """
    adds = adds or {}
    given = {name: value for name, value in (sets or {}).items() if value is not None}
    removed = [name for name, value in (sets or {}).items() if value is None]
    assignments = [f"#{name} = :{name}" for name in given]
    conditions, values = _build_conditions(condition)
    for name, least in (at_least or {}).items():
        conditions.append(f"#{name} >= :least_{name}")
        values[f":least_{name}"] = build_value(least)
    names = {f"#{name}": name for name in (*given, *removed, *adds, *condition, *(at_least or ()))}
    values |= {f":{name}": build_value(value) for name, value in given.items()}
    values |= {f":add_{name}": build_value(value) for name, value in adds.items()}
    if move:
        assignments.append(move.expression)
        conditions.append(move.condition)
        names |= move.names
        values |= move.values
    clauses = [
        ("SET", assignments),
        ("REMOVE", [f"#{name}" for name in removed]),
        ("ADD", [f"#{name} :add_{name}" for name in adds]),
    ]
    update: dict[str, Any] = {
        "TableName": table,
        "Key": dict(key),
        "UpdateExpression": " ".join(f"{verb} {', '.join(parts)}" for verb, parts in clauses if parts),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
    return update | ({"ConditionExpression": " AND ".join(conditions)} if conditions else {})


def build_put(table: str, item: Mapping[str, Any], condition: Condition | None = None) -> dict[str, Any]:
    """Return the put of an item."""
    return {"TableName": table, "Item": dict(item), **_build_checked(condition)}


def build_delete(table: str, key: Mapping[str, Any]) -> dict[str, Any]:
    """Return the deletion of an item."""
    return {"TableName": table, "Key": dict(key)}


def _build_checked(condition: Condition | None) -> dict[str, Any]:
    if not condition:
        return {}
    conditions, values = _build_conditions(condition)
    checked: dict[str, Any] = {
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": {f"#{name}": name for name in condition},
    }
    return checked | ({"ExpressionAttributeValues": values} if values else {})


def _build_conditions(condition: Condition) -> tuple[list[str], dict[str, Any]]:
    conditions = list(_list_conditions(condition))
    values = {f":if_{name}": build_value(value) for name, value in condition.items() if value is not None}
    return conditions, values


def _list_conditions(condition: Condition) -> Iterable[str]:
    for name, value in condition.items():
        yield f"attribute_not_exists(#{name})" if value is None else f"#{name} = :if_{name}"
